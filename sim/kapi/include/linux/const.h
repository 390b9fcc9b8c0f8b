/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _LINUX_CONST_H
#define _LINUX_CONST_H

#define _AC(x, suffix) x##suffix
#define _UL(x) x##UL
#define _ULL(x) x##ULL
#define UL(x) _UL(x)
#define ULL(x) _ULL(x)
#define _BITUL(x) (1UL << (x))
#define _BITULL(x) (1ULL << (x))

#endif

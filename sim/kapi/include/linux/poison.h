/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _LINUX_POISON_H
#define _LINUX_POISON_H

/* Addresses that fault, in what list_del() leaves behind. */
#define LIST_POISON1 ((void *)0xdead000000000100UL)
#define LIST_POISON2 ((void *)0xdead000000000122UL)
/* What fills freed memory. */
#define POISON_FREE 0x6b

#endif

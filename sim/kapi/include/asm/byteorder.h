/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _ASM_BYTEORDER_H
#define _ASM_BYTEORDER_H

/* Little-endian hosts only. */
#define cpu_to_le16(x) (x)
#define cpu_to_le32(x) (x)
#define cpu_to_le64(x) (x)
#define le16_to_cpu(x) (x)
#define le32_to_cpu(x) (x)
#define le64_to_cpu(x) (x)

#endif

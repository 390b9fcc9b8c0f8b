/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which pinsim this is, and which kernels it knows. */
#ifndef PINSIM_VERSION_H
#define PINSIM_VERSION_H

#include <pinsim/base.h>

PINSIM_C_BEGIN

/* "0.1.0". Static. */
PINSIM_API const char *pinsim_version(void);
/*
 * A hash over every row of the table of kernels and its cells: two libraries with the same one model the same rules
 * on every kernel. What `pinsim --version` prints in hexadecimal.
 */
PINSIM_API unsigned long long pinsim_kernel_table_hash(void);
/* The rows by index from 0, releases before proposals: "v5.4". NULL behind the last. Static. */
PINSIM_API const char *pinsim_kernel(size_t index);
/* What that row is, in a line: "6.12.117, measured". NULL behind the last. Static. */
PINSIM_API const char *pinsim_kernel_what(size_t index);

PINSIM_C_END

#endif

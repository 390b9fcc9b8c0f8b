/* SPDX-License-Identifier: GPL-2.0-or-later */
/* As the kernel's: 64 slots a node. */
#define XA_CHUNK_SHIFT 6

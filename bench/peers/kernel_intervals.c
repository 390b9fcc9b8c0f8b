// SPDX-License-Identifier: GPL-2.0-or-later
/* The kernel's interval tree and the red-black tree below it, their files included. */
#include <shared.h>
#include <tools/lib/rbtree.c>
#include <lib/interval_tree.c>
#include "kernel.h"

#define PREFIX(name) kernel_##name
#include "intervals.h"

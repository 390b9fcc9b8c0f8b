// SPDX-License-Identifier: GPL-2.0-or-later
/* The interval tree of sim/kapi. */
#include <linux/interval_tree.h>
#include "kernel.h"

#define PREFIX(name) own_##name
#include "intervals.h"

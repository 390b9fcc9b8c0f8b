/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_EXPLORE_FREED_H
#define TESTS_EXPLORE_FREED_H

#include "programs.h"

/* One task frees, the other uses what is in the object: wrong where it comes second. */
extern const struct program freed_count, freed_lock, freed_plain;
/* Nothing is wrong in any order. */
extern const struct program freed_put, freed_own;

#endif

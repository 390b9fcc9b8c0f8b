/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_LIBRARY_SUITE_H
#define TESTS_LIBRARY_SUITE_H

#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <pinsim/pinsim.h>

#define PAGE PINSIM_PAGE_BYTES

TCase *world_tests(void);
TCase *calls_tests(void);
TCase *explore_tests(void);
TCase *scenario_tests(void);

#endif

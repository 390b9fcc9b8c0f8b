/* SPDX-License-Identifier: GPL-2.0-or-later */
/* In front of every file of the kernel, in a build with PINSIM_PLANTED: which mistake is on; 0: none. */
#ifndef BENCH_PLANTED_NUMBER_H
#define BENCH_PLANTED_NUMBER_H

extern unsigned int planted_number;
#define PLANTED(number) (planted_number == (number))

#endif

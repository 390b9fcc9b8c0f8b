/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A program as the text of a .pin file. What is parsed from that text is the same
 * program: same steps, same run. Comments and layout of a file are not kept, and
 * what `repeat` and `include` hold is printed as it stands in the tree.
 */
#ifndef SCENARIO_PRINT_H
#define SCENARIO_PRINT_H

#include <stdio.h>
#include <scenario/program.h>

/* Which statements are left out: the answer for each, asked in the order of the tree. */
struct print_choice {
	bool (*leave_out)(void *arg, const struct stmt *stmt);
	void *arg;
};

/* @choice: NULL prints all. */
void program_print(const struct program *program, const struct print_choice *choice, FILE *out);
/* "a: m0 = mmap(16K)" without a line end. */
void step_print(const struct step *step, FILE *out);

#endif

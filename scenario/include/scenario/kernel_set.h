/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sets of kernels: `kernels SET`, `@ SET` and `--kernel SET`.
 *
 * Two questions are asked of a set. Does it hold a given kernel? Then releases,
 * ranges, names and quirks are predicates, and a proposal also answers to its
 * base. Which kernels does it name? Then a release or a range stands for
 * releases only, and a proposal must be named or meant by `proposals`.
 */
#ifndef SCENARIO_KERNEL_SET_H
#define SCENARIO_KERNEL_SET_H

#include <accounting/kernels.h>
#include <scenario/source.h>

enum set_element_kind {
	SET_RANGE,	/* low..high, both inclusive; one release is low == high */
	SET_NAME,	/* a proposal */
	SET_PROPOSALS,
};

struct set_quirk {
	struct set_quirk *next;
	const char *name;
	bool away;		/* -NAME: taken out of a kernel that has it */
	struct pin_pos pos;
};

struct set_element {
	struct set_element *next;
	struct pin_pos pos;
	enum set_element_kind kind;
	bool negated;
	bool single;		/* a release written alone: must be listed */
	int low, high;		/* as RELEASE() */
	const char *name;
	struct set_quirk *quirks;
};

struct kernel_set {
	struct set_element *elements;
	struct pin_pos pos;
};

/* A kernel as a run takes it: the row with its quirks in. */
struct chosen_kernel {
	struct kernel kernel;
	char name[128];		/* "v6.12+type1_exec_underflow" */
};

struct kernel_list {
	struct chosen_kernel **kernels;
	size_t nr;
};

/* Names, quirks and ranges stand; says what does not. Returns whether all did. */
bool kernel_set_check(struct kernel_set *set, struct diagnostics *diag);
/* @kernel: as kernel_lookup() filled it, its name with the quirks. A NULL set holds all. */
bool kernel_set_holds(const struct kernel_set *set, const struct kernel *kernel);
/*
 * The kernels that @set names, in the table's order, those of `+QUIRK` after
 * their row; a NULL set: all releases, and with @proposals the proposals too.
 */
void kernel_set_list(const struct kernel_set *set, bool proposals, struct kernel_list *list);
/* Adds one by its full name. Returns what kernel_lookup() does. */
int kernel_list_add(struct kernel_list *list, const char *name);
void kernel_list_free(struct kernel_list *list);
/* Names of kernels, releases that follow each other in the table as a range: "v5.4..v6.2, v6.12". malloc'd. */
char *kernel_names_folded(const char *const *names, size_t nr);

#endif

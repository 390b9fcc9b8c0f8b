// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The search: what it finds runs as a scenario, and what it spares itself is held
 * against a search that spares nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <scenario/search.h>
#include "harness.h"

#define KINDS_MAX 64
/* Calls that the longest search here makes; fewer where every instruction is watched. */
#ifndef SEARCH_DEPTH
#define SEARCH_DEPTH 4
#endif

struct finds {
	char *kind[KINDS_MAX];		/* "mlock -> 0 @ B | ENOMEM @ A", sorted */
	char *pin[KINDS_MAX];
	unsigned int calls[KINDS_MAX];
	unsigned int nr;
	struct search_result result;
};

/* The operation and the results of the last call. */
static char *kind_of(const char *pin)
{
	const char *expects = strstr(pin, "\nexpect");
	size_t at = expects ? (size_t)(expects - pin) : strlen(pin) - 1, name;
	char *kind = NULL;

	while (at && pin[at - 1] != '\n')
		at--;
	for (at += 3; strcspn(pin + at, "=") < strcspn(pin + at, "("); at++)
		;
	at += strspn(pin + at, " =");
	name = strcspn(pin + at, "(");
	ck_assert_int_gt(asprintf(&kind, "%.*s %.*s", (int)name, pin + at, (int)strcspn(strchr(pin + at, ')'), "\n"),
				  strchr(pin + at, ')')), 0);
	return kind;
}

static void keep(void *arg, const struct search_found *found)
{
	struct finds *finds = arg;

	ck_assert_uint_lt(finds->nr, KINDS_MAX);
	finds->kind[finds->nr] = kind_of(found->pin);
	finds->pin[finds->nr] = strdup(found->pin);
	finds->calls[finds->nr++] = found->calls;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static struct finds *searched(const char *a, const char *b, unsigned int calls, bool all, bool plain)
{
	struct finds *finds = calloc(1, sizeof(*finds));
	struct kernel kernel[2];
	char name[2][128];
	struct search_options options = {
		.kernel = { &kernel[0], &kernel[1] },
		.calls_max = calls,
		.all = all,
		.plain = plain,
		.found = keep,
		.arg = finds,
	};

	ck_assert_int_eq(kernel_lookup(a, &kernel[0], name[0], sizeof(name[0])), 0);
	ck_assert_int_eq(kernel_lookup(b, &kernel[1], name[1], sizeof(name[1])), 0);
	search_run(&options, &finds->result);
	return finds;
}

static void finds_free(struct finds *finds)
{
	for (unsigned int i = 0; i < finds->nr; i++) {
		free(finds->kind[i]);
		free(finds->pin[i]);
	}
	free(finds);
}

struct pair {
	char a[64], b[64];
	unsigned int shortest;	/* calls; 0: none */
};

static const struct pair known[] = {
	/* map, exec, unmap: the counter wraps, and then everything fits */
	{ "v6.2", "v6.3", 4 },
	{ "v6.12", "v6.12+type1_exec_underflow", 4 },
	{ "v6.12", "v6.12", 0 },
};
#define PAIRS_MAX 32
static struct pair pairs[PAIRS_MAX];

/* The known ones, and behind them those of the proposals. Returns how many. */
static int read_pairs(void)
{
	int nr = (int)(sizeof(known) / sizeof(known[0]));
	char line[256], shortest[16];
	FILE *file = fopen(PINSIM_SCENARIOS "/proposals/shortest", "r");

	if (!file)
		abort();
	memcpy(pairs, known, sizeof(known));
	while (fgets(line, sizeof(line), file)) {
		struct pair *pair = &pairs[nr];

		if (line[0] == '#')
			continue;
		if (nr == PAIRS_MAX || sscanf(line, "%63s %63s %15s", pair->a, pair->b, shortest) != 3)
			abort();
		pair->shortest = (unsigned int)strtoul(shortest, NULL, 10);
		nr++;
	}
	fclose(file);
	return nr;
}

/* Every proposal has its line, against the kernel that it is derived from. */
START_TEST(each_proposal_is_there)
{
	for (size_t i = 0; i < kernels(); i++) {
		const struct kernel *kernel = kernel_at(i);
		bool there = !kernel->base;

		for (int k = 0; k < PAIRS_MAX && !there; k++)
			there = !strcmp(pairs[k].b, kernel->name) && !strcmp(pairs[k].a, kernel->base);
		ck_assert_msg(there, "scenarios/proposals/shortest has no line for %s", kernel->name);
	}
}
END_TEST

/* Each pair's shortest program is as long as is known of it, and up to there the search is complete. */
START_TEST(finds_the_shortest)
{
	const struct pair *pair = &pairs[_i];
	struct finds *finds = searched(pair->a, pair->b, SEARCH_DEPTH, false, false);

	if (pair->shortest && pair->shortest <= SEARCH_DEPTH) {
		ck_assert_uint_eq(finds->nr, 1);
		ck_assert_uint_eq(finds->calls[0], pair->shortest);
		ck_assert_uint_eq(finds->result.complete, pair->shortest - 1);
	} else {
		ck_assert_uint_eq(finds->nr, 0);
		ck_assert_uint_eq(finds->result.complete, SEARCH_DEPTH);
	}
	ck_assert(finds->result.ended);
	finds_free(finds);
}
END_TEST

/* What is found holds as a scenario on both kernels as it is written, and names each of them. */
START_TEST(what_is_found_runs)
{
	const struct pair *pair = &pairs[_i];
	struct finds *finds = searched(pair->a, pair->b, SEARCH_DEPTH - 1, true, false);

	for (unsigned int i = 0; i < finds->nr; i++) {
		enum verdict on_a = verdict_on(finds->pin[i], pair->a), on_b = verdict_on(finds->pin[i], pair->b);

		/* one of them may not have the call */
		ck_assert(on_a == VERDICT_PASS || on_a == VERDICT_NA);
		ck_assert(on_b == VERDICT_PASS || on_b == VERDICT_NA);
		ck_assert(on_a == VERDICT_PASS || on_b == VERDICT_PASS);
		ck_assert_ptr_nonnull(strstr(finds->pin[i], pair->a));
		ck_assert_ptr_nonnull(strstr(finds->pin[i], pair->b));
	}
	finds_free(finds);
}
END_TEST

/*
 * Merging what is alike and sparing calls loses no kind of difference: a search
 * that tries every program in every order finds the same ones, at the same lengths.
 */
START_TEST(nothing_is_lost)
{
	const struct pair *pair = &pairs[_i];
	/* three calls, hundreds of thousands of programs, for the one pair that shows something only then */
	unsigned int calls = SEARCH_DEPTH > 3 && pair->shortest == 3 ? 3 : 2;
	struct finds *quick = searched(pair->a, pair->b, calls, true, false);
	struct finds *plain = searched(pair->a, pair->b, calls, true, true);

	ck_assert_uint_gt(plain->result.states, 2 * quick->result.states);
	ck_assert_uint_eq(quick->nr, plain->nr);
	qsort(quick->kind, quick->nr, sizeof(*quick->kind), by_text);
	qsort(plain->kind, plain->nr, sizeof(*plain->kind), by_text);
	for (unsigned int i = 0; i < quick->nr; i++)
		ck_assert_str_eq(quick->kind[i], plain->kind[i]);
	finds_free(quick);
	finds_free(plain);
}
END_TEST

/* A call that one of the two does not have is a difference of its own, and the shortest there is. */
START_TEST(a_new_call_is_a_difference)
{
	struct finds *finds = searched("v6.1", "v6.2", 1, false, false);

	ck_assert_uint_eq(finds->nr, 1);
	ck_assert_uint_eq(finds->calls[0], 0);
	ck_assert_ptr_nonnull(strstr(finds->pin[0], "iommufd_open()"));
	assert_pass(finds->pin[0], "v6.2");
	ck_assert_int_eq(verdict_on(finds->pin[0], "v6.1"), VERDICT_NA);
	finds_free(finds);
}
END_TEST

Suite *search_suite(void)
{
	const int all = read_pairs(), nr = SEARCH_DEPTH > 2 ? all : (int)(sizeof(known) / sizeof(known[0]));
	Suite *suite = suite_create("search");
	TCase *tcase = tcase_create("search");

	/* some hundred thousand calls each, and Valgrind is slow */
	tcase_set_timeout(tcase, 600);
	tcase_add_loop_test(tcase, finds_the_shortest, 0, nr);
	tcase_add_loop_test(tcase, what_is_found_runs, 0, nr);
	tcase_add_loop_test(tcase, nothing_is_lost, 0, nr);
	tcase_add_test(tcase, each_proposal_is_there);
	tcase_add_test(tcase, a_new_call_is_a_difference);
	suite_add_tcase(suite, tcase);
	return suite;
}

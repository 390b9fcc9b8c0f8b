// SPDX-License-Identifier: GPL-2.0-or-later
/* SETs: what they hold, and what they name. */
#include <string.h>
#include "harness.h"

static bool holds(const char *text, const char *kernel)
{
	struct kernel_list list = { NULL, 0 };
	struct diagnostics diag;
	struct parsed_set *set;
	bool answer;

	diagnostics_init(&diag);
	set = kernel_set_parse("SET", text, &diag);
	ck_assert_msg(set, "%s", diag.text);
	ck_assert_int_eq(kernel_list_add(&list, kernel), 0);
	answer = kernel_set_holds(parsed_set(set), &list.kernels[0]->kernel);
	kernel_list_free(&list);
	parsed_set_free(set);
	diagnostics_free(&diag);
	return answer;
}

/* The names that @text stands for, parted by blanks. */
static void assert_names(const char *text, const char *expected)
{
	struct kernel_list list;
	struct diagnostics diag;
	struct parsed_set *set;
	char names[1024] = "";
	size_t i;

	diagnostics_init(&diag);
	set = kernel_set_parse("SET", text, &diag);
	ck_assert_msg(set, "%s", diag.text);
	kernel_set_list(parsed_set(set), false, &list);
	for (i = 0; i < list.nr; i++)
		snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s%s", i ? " " : "",
			 list.kernels[i]->name);
	ck_assert_str_eq(names, expected);
	kernel_list_free(&list);
	parsed_set_free(set);
	diagnostics_free(&diag);
}

static void assert_bad(const char *text, const char *what)
{
	struct diagnostics diag;

	diagnostics_init(&diag);
	ck_assert_ptr_null(kernel_set_parse("SET", text, &diag));
	ck_assert_msg(strstr(diag.text, what), "%s", diag.text);
	diagnostics_free(&diag);
}

/* Releases and ranges, whose ends need not be listed. */
START_TEST(ranges)
{
	ck_assert(holds("v6.12", "v6.12"));
	ck_assert(!holds("v6.12", "v6.6"));
	ck_assert(holds("v6.2..v6.12", "v6.2") && holds("v6.2..v6.12", "v6.12") && !holds("v6.2..v6.12", "v6.1"));
	ck_assert(holds("..v6.2", "v5.4") && !holds("..v6.2", "v6.3"));
	ck_assert(holds("v6.3..", "v7.0") && !holds("v6.3..", "v6.2"));
	ck_assert(holds("v5.19..v6.2", "v6.1") && holds("v5.19..v99.0", "v7.0"));
	ck_assert(holds("v5.4, v6.12", "v6.12") && !holds("v5.4,v6.12", "v6.6"));
	assert_names("v6.12", "v6.12");
	assert_names("v6.2..v6.4", "v6.2 v6.3");
	assert_names("v6.7..v6.8", "");
	assert_names("v7.0,v6.12", "v6.12 v7.0");
}
END_TEST

/* '!' takes away, last; only '!' elements take away from all. */
START_TEST(negated)
{
	ck_assert(!holds("v6.2..,!v6.12", "v6.12") && holds("v6.2..,!v6.12", "v6.6"));
	ck_assert(!holds("!v6.12,v6.12", "v6.12"));
	ck_assert(holds("!v6.2..", "v6.1") && !holds("!v6.2..", "v6.2"));
	assert_names("v6.2..v6.12,!v6.3..v6.6", "v6.2 v6.12");
	assert_names("!v5.6..", "v5.4");
}
END_TEST

/* A release and a range hold it with a quirk too; with +QUIRK only that. No kernel where the quirk does not apply. */
START_TEST(with_quirk)
{
	ck_assert(holds("v6.12", "v6.12+type1_exec_underflow"));
	ck_assert(holds("v6.3..", "v6.12+type1_exec_underflow"));
	ck_assert(holds("v6.12+type1_exec_underflow", "v6.12+type1_exec_underflow"));
	ck_assert(!holds("v6.12+type1_exec_underflow", "v6.12"));
	ck_assert(!holds("!v6.12+type1_exec_underflow", "v6.12+type1_exec_underflow"));
	ck_assert(holds("!v6.12+type1_exec_underflow", "v6.12"));
	assert_names("v6.12+type1_exec_underflow", "v6.12+type1_exec_underflow");
	assert_names("v6.2+type1_exec_underflow", "");
	assert_names("v6.2..v6.3+type1_exec_underflow", "v6.3+type1_exec_underflow");
}
END_TEST

/* Proposals: by name, by `proposals`, by their base; none of them is meant by a release where kernels are named. */
START_TEST(proposals)
{
	size_t i;

	for (i = 0; i < kernels(); i++) {
		const struct kernel *kernel = kernel_at(i);

		if (!kernel->base)
			continue;
		ck_assert(holds(kernel->name, kernel->name));
		ck_assert(holds("proposals", kernel->name));
		ck_assert(holds(kernel->base, kernel->name));
		assert_names(kernel->name, kernel->name);
	}
	ck_assert(!holds("proposals", "v6.12"));
	assert_names("v7.0", "v7.0");
}
END_TEST

START_TEST(bad)
{
	assert_bad("v6.4", "no kernel v6.4");
	assert_bad("v6.6..v6.2", "ends before it begins");
	assert_bad("nonsense", "no kernel \"nonsense\"");
	assert_bad("proposal", "did you mean \"proposals\"?");
	assert_bad("v6.12+type1_exec_underflo", "did you mean \"type1_exec_underflow\"?");
	assert_bad("", "expected");
	assert_bad("v6.12,", "expected");
	assert_bad("..", "expected");
	assert_bad("v6.12 v6.6", "unexpected");
	assert_bad("v6.12\nv6.6", "unexpected");
	assert_bad("6.12", "unexpected");
	assert_bad("v1000.1", "not a kernel release");
	assert_bad("v99999999999999999999.1", "not a kernel release");
}
END_TEST

/* Which kernels a file is for. */
START_TEST(file_kernels)
{
	struct program *program = parsed("kernels v6.2..v6.12\nkernels !v6.6\n");
	struct kernel_list list = { NULL, 0 };

	kernel_list_add(&list, "v6.3");
	kernel_list_add(&list, "v6.6");
	kernel_list_add(&list, "v6.14");
	ck_assert(program_runs_on(program, &list.kernels[0]->kernel));
	ck_assert(!program_runs_on(program, &list.kernels[1]->kernel));
	ck_assert(!program_runs_on(program, &list.kernels[2]->kernel));
	kernel_list_free(&list);
	program_free(program);
	assert_refused("kernels v6.5\n", "1:9", "no kernel v6.5");
}
END_TEST

Suite *sets_suite(void)
{
	Suite *suite = suite_create("sets");
	TCase *tcase = tcase_create("sets");

	tcase_add_test(tcase, ranges);
	tcase_add_test(tcase, negated);
	tcase_add_test(tcase, with_quirk);
	tcase_add_test(tcase, proposals);
	tcase_add_test(tcase, bad);
	tcase_add_test(tcase, file_kernels);
	suite_add_tcase(suite, tcase);
	return suite;
}

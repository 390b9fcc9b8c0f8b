// SPDX-License-Identifier: GPL-2.0-or-later
/* Scenarios in memory: runs, reports, exploring, and damage. */
#include "suite.h"

static const char holds[] = "title \"a map\"\n"
			    "task a uid=1000 memlock=64p\n"
			    "a: m = mmap(16p)\n"
			    "a: c = vfio_open()\n"
			    "a: vfio_map(c, iova=0, va=m, len=16p)\n"
			    "expect a.locked_vm == 16p\n";
static const char race[] = "task a uid=1000 memlock=16p\n"
			   "a: m = mmap(16p)\n"
			   "a: thread(b)\n"
			   "parallel {\n"
			   "	a: mlock(m, 8p) -> 0/ENOMEM\n"
			   "	b: munmap(m, 8p)\n"
			   "}\n"
			   "expect a.locked_vm == 8p\n";

static struct pinsim_scenario *parse(const char *text)
{
	struct pinsim_scenario *scenario = pinsim_scenario_parse("text.pin", text, strlen(text));

	ck_assert_msg(scenario != NULL, "%s", pinsim_error());
	return scenario;
}

START_TEST(runs)
{
	struct pinsim_scenario *scenario = parse(holds);
	struct pinsim_scenario_options options = { .kernels = "v6.2..v6.12", .format = PINSIM_REPORT_JSON };
	struct pinsim_scenario_report *report = pinsim_scenario_run(scenario, NULL);

	ck_assert_str_eq(pinsim_scenario_title(scenario), "a map");
	ck_assert_int_eq(report->verdict, PINSIM_HOLDS);
	ck_assert_uint_eq(report->runs, report->pass);
	ck_assert_uint_ge(report->runs, 13);
	ck_assert_ptr_nonnull(strstr(report->text, "text.pin on v5.4"));
	pinsim_scenario_report_free(report);
	report = pinsim_scenario_run(scenario, &options);
	ck_assert_uint_eq(report->runs, 4);
	ck_assert_ptr_nonnull(strstr(report->text, "\"verdict\""));
	pinsim_scenario_report_free(report);
	options.kernels = "v9.9";
	report = pinsim_scenario_run(scenario, &options);
	ck_assert_int_eq(report->verdict, PINSIM_ERROR);
	ck_assert_ptr_nonnull(strstr(report->text, "v9.9"));
	pinsim_scenario_report_free(report);
	pinsim_scenario_free(scenario);
}
END_TEST

START_TEST(fails)
{
	struct pinsim_scenario *scenario = parse("task a uid=1000 memlock=1p\na: m = mmap(2p)\na: mlock(m, 2p)\n");
	struct pinsim_scenario_options options = { .kernels = "v6.12" };
	struct pinsim_scenario_report *report = pinsim_scenario_run(scenario, &options);

	ck_assert_int_eq(report->verdict, PINSIM_FAILS);
	ck_assert_uint_eq(report->fail, 1);
	ck_assert_ptr_nonnull(strstr(report->text, "ENOMEM"));
	pinsim_scenario_report_free(report);
	pinsim_scenario_free(scenario);
	scenario = parse("task a\na: f = iommufd_open()\n");
	options.kernels = "v6.1";
	report = pinsim_scenario_run(scenario, &options);
	ck_assert_int_eq(report->verdict, PINSIM_ABSENT);
	pinsim_scenario_report_free(report);
	pinsim_scenario_free(scenario);
}
END_TEST

/* Wrong text, wrong bytes, no file: a message with a position, and no scenario. */
START_TEST(damaged)
{
	ck_assert_ptr_null(pinsim_scenario_parse("bad.pin", "task a\na: mlok(1, 2)\n", 20));
	ck_assert_ptr_nonnull(strstr(pinsim_error(), "bad.pin:2:4: no operation \"mlok\""));
	ck_assert_ptr_null(pinsim_scenario_parse("bad.pin", "\0\377\1", 3));
	ck_assert_ptr_null(pinsim_scenario_load("/nonexistent/file.pin"));
	ck_assert_ptr_nonnull(strstr(pinsim_error(), "/nonexistent/file.pin"));
	pinsim_scenario_free(NULL);
	pinsim_scenario_report_free(NULL);
}
END_TEST

START_TEST(explores)
{
	struct pinsim_scenario *scenario = parse(race);
	struct pinsim_result *result = pinsim_scenario_explore(scenario, "v6.12", NULL);

	ck_assert_msg(result->verdict == PINSIM_FAILS, "%s", result->text);
	ck_assert_str_eq(result->failure, "a.locked_vm == 8p");
	ck_assert_ptr_nonnull(result->token);
	ck_assert_ptr_nonnull(strstr(result->lanes, "munmap"));
	pinsim_result_free(result);
	result = pinsim_scenario_explore(scenario, "v6.2..", NULL);
	ck_assert_int_eq(result->verdict, PINSIM_ERROR);
	ck_assert_ptr_nonnull(strstr(result->text, "one kernel"));
	pinsim_result_free(result);
	pinsim_scenario_free(scenario);
}
END_TEST

TCase *scenario_tests(void)
{
	TCase *tcase = tcase_create("scenario");

	tcase_add_test(tcase, runs);
	tcase_add_test(tcase, fails);
	tcase_add_test(tcase, damaged);
	tcase_add_test(tcase, explores);
	return tcase;
}

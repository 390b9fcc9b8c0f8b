// SPDX-License-Identifier: GPL-2.0-or-later
/* Reports: the schema of the JSON lines, TAP, JUnit, the text of a failure, the matrix. */
#include <stdlib.h>
#include <string.h>
#include <jansson.h>
#include <scenario/matrix.h>
#include <scenario/report.h>
#include "harness.h"

static const char scenario[] = "task a uid=1000 memlock=4p\n"
			       "a: m = mmap(8p)\n"
			       "a: mlock(m, 2p)\n"
			       "a: mlock(m, 8p) -> ENOMEM\n"
			       "a: x = mmap(0) -> EINVAL\n"
			       "a: mlock(x, 1p)\n"
			       "expect a.locked_vm == 2p\n"
			       "expect a.locked_vm == 3p\n";

/* What the report of @format writes about @text on v6.12. */
static char *reported(const char *text, enum report_format format)
{
	struct report_options options = { .format = format };
	struct report_totals totals = { .files = 1, .runs = 1, .fail = 1 };
	struct program *program = parsed(text);
	struct kernel_list list = { NULL, 0 };
	struct run_options run = { .backend = &backend_model, .events = &report_events, .counters = true };
	struct run_result result;
	struct report *report;
	char *out = NULL;
	size_t bytes;

	options.out = open_memstream(&out, &bytes);
	report = report_create(&options);
	kernel_list_add(&list, "v6.12");
	run.kernel = &list.kernels[0]->kernel;
	run.arg = report;
	report_file_begin(report, program);
	report_run_begin(report, program, run.kernel);
	scenario_run(program, &run, &result);
	report_run_end(report, &result);
	report_file_end(report);
	report_finish(report, &totals);
	report_free(report);
	fclose(options.out);
	run_result_free(&result);
	kernel_list_free(&list);
	program_free(program);
	return out;
}

static json_t *next_line(char **at)
{
	char *end = strchr(*at, '\n');
	json_t *object;

	ck_assert_ptr_nonnull(end);
	*end = '\0';
	object = json_loads(*at, 0, NULL);
	ck_assert_msg(json_is_object(object), "%s", *at);
	*at = end + 1;
	return object;
}

static void assert_step(json_t *step, int number, int line, const char *op, bool skipped, const char *error)
{
	ck_assert_int_eq(json_integer_value(json_object_get(step, "schema")), 1);
	ck_assert_str_eq(json_string_value(json_object_get(step, "file")), "t.pin");
	ck_assert_int_eq(json_integer_value(json_object_get(step, "line")), line);
	ck_assert_int_eq(json_integer_value(json_object_get(step, "step")), number);
	ck_assert_str_eq(json_string_value(json_object_get(step, "kernel")), "v6.12");
	ck_assert_str_eq(json_string_value(json_object_get(step, "task")), "a");
	ck_assert_str_eq(json_string_value(json_object_get(step, "op")), op);
	ck_assert(json_boolean_value(json_object_get(step, "skipped")) == skipped);
	ck_assert(json_is_null(json_object_get(step, "ret")) == (skipped || error));
	if (error)
		ck_assert_str_eq(json_string_value(json_object_get(step, "errno")), error);
	else
		ck_assert(json_is_null(json_object_get(step, "errno")));
	ck_assert_uint_eq(json_object_size(step), 11);
}

/* The schema of the language page, line by line. */
START_TEST(json)
{
	char *out = reported(scenario, REPORT_JSON), *at = out;
	json_t *line, *counters;

	line = next_line(&at);
	assert_step(line, 1, 2, "mmap", false, NULL);
	ck_assert(json_integer_value(json_object_get(line, "ret")) > 0);
	json_decref(line);
	line = next_line(&at);
	assert_step(line, 2, 3, "mlock", false, NULL);
	counters = json_object_get(json_object_get(line, "tasks"), "a");
	ck_assert_int_eq(json_integer_value(json_object_get(counters, "locked_vm")), 2);
	ck_assert_int_eq(json_integer_value(json_object_get(counters, "pinned_vm")), 0);
	ck_assert_int_eq(json_integer_value(json_object_get(counters, "user_locked_vm")), 0);
	json_decref(line);
	line = next_line(&at);
	assert_step(line, 3, 4, "mlock", false, "ENOMEM");
	json_decref(line);
	line = next_line(&at);
	assert_step(line, 4, 5, "mmap", false, "EINVAL");
	json_decref(line);
	line = next_line(&at);
	assert_step(line, 5, 6, "mlock", true, NULL);
	json_decref(line);
	line = next_line(&at);
	ck_assert_int_eq(json_integer_value(json_object_get(line, "line")), 7);
	ck_assert_str_eq(json_string_value(json_object_get(line, "expect")), "a.locked_vm == 2p");
	ck_assert_int_eq(json_integer_value(json_object_get(line, "got")), 8192);
	ck_assert_int_eq(json_integer_value(json_object_get(line, "want")), 8192);
	ck_assert(json_is_true(json_object_get(line, "held")));
	json_decref(line);
	line = next_line(&at);
	ck_assert(json_is_false(json_object_get(line, "held")));
	json_decref(line);
	line = next_line(&at);
	ck_assert_str_eq(json_string_value(json_object_get(line, "verdict")), "fail");
	ck_assert_str_eq(json_string_value(json_object_get(line, "file")), "t.pin");
	ck_assert_str_eq(json_string_value(json_object_get(line, "kernel")), "v6.12");
	ck_assert_uint_eq(json_array_size(json_object_get(line, "violations")), 0);
	ck_assert_int_eq(json_integer_value(json_object_get(line, "warnings")), 0);
	ck_assert(!strncmp(json_string_value(json_object_get(line, "schedule")), "p1.", 3));
	json_decref(line);
	ck_assert_str_eq(at, "");
	free(out);
}
END_TEST

/* Text: where, what, got and want in pages, on which kernel, and the steps before it with the reason of a refusal. */
START_TEST(text)
{
	char *out = reported(scenario, REPORT_TEXT);

	ck_assert_msg(strstr(out, "FAIL  t.pin on v6.12"), "%s", out);
	ck_assert_msg(strstr(out, "t.pin:8: expect a.locked_vm == 3p\n"), "%s", out);
	ck_assert_msg(strstr(out, "got 2p, want 3p"), "%s", out);
	ck_assert_msg(strstr(out, "a: mlock(m, 8p)"), "%s", out);
	ck_assert_msg(strstr(out, "ENOMEM: a.locked_vm 2p + 6p > a's 4p (mlock)") || strstr(out, "ENOMEM: a.locked_vm"),
		      "%s", out);
	ck_assert_msg(strstr(out, "1 file, 1 run: 0 pass, 1 fail, 0 n/a"), "%s", out);
	free(out);
}
END_TEST

START_TEST(tap_and_junit)
{
	char *out = reported(scenario, REPORT_TAP);

	ck_assert_msg(
		!strncmp(out, "TAP version 13\nnot ok 1 - t.pin v6.12\n# t.pin:8: expect a.locked_vm == 3p\n", 40),
		"%s", out);
	ck_assert(strstr(out, "\n1..1\n"));
	free(out);
	out = reported(scenario, REPORT_JUNIT);
	ck_assert(strstr(out, "<testsuite name=\"pinsim\" tests=\"1\" failures=\"1\""));
	ck_assert(strstr(out, "<testcase classname=\"t.pin\" name=\"v6.12\"><failure"));
	free(out);
}
END_TEST

/* Values: pages, bytes, signs, and what no 64 bits hold. */
START_TEST(values)
{
	char buf[64];

	ck_assert_str_eq(bytes_text(0, buf, sizeof(buf)), "0");
	ck_assert_str_eq(bytes_text(8192, buf, sizeof(buf)), "2p");
	ck_assert_str_eq(bytes_text(-8192, buf, sizeof(buf)), "-2p");
	ck_assert_str_eq(bytes_text(4095, buf, sizeof(buf)), "4095 bytes");
	ck_assert_str_eq(bytes_text((wide)~0ul, buf, sizeof(buf)), "unlimited");
	ck_assert_str_eq(bytes_text((wide)~0ul * 4096, buf, sizeof(buf)), "18446744073709551615p");
	ck_assert_str_eq(wide_text(-(wide)~0ul, buf, sizeof(buf)), "-18446744073709551615");
}
END_TEST

/* A cell for each kernel: passed, the bug it shows, n/a, failed, kept out. */
START_TEST(matrix)
{
	struct kernel_list kernels = { NULL, 0 };
	struct program *program = parsed("kernels v6.1..v6.12\n"
					 "task a uid=1000 memlock=64p\n"
					 "a: m = mmap(16p)\n"
					 "a: c = vfio_open()\n"
					 "a: vfio_map(c, iova=0, va=m, len=8p)\n"
					 "a: exec()\n"
					 "a: vfio_unmap(c, iova=0, len=8p)\n"
					 "expect violation locked_vm_negative @ ..v6.2\n"
					 "expect a.locked_vm == 1p @ v6.3\n"
					 "a: fd = iommufd_open()\n");
	static const struct matrix_view narrow = { .rows = true, .columns = true, .width = 50 };
	struct matrix matrix;
	char *out = NULL;
	size_t bytes;
	FILE *file;

	kernel_list_add(&kernels, "v6.0");
	kernel_list_add(&kernels, "v6.1");
	kernel_list_add(&kernels, "v6.2");
	kernel_list_add(&kernels, "v6.3");
	kernel_list_add(&kernels, "v6.12");
	matrix_init(&matrix, &kernels, kernels.nr);
	ck_assert(matrix_add(&matrix, program, true, &backend_model, 0, NULL));
	ck_assert_int_eq(matrix.rows[0].cells[0].kind, CELL_EXCLUDED);
	ck_assert_int_eq(matrix.rows[0].cells[1].kind, CELL_NA);
	ck_assert_int_eq(matrix.rows[0].cells[2].kind, CELL_BUG);
	ck_assert_str_eq(matrix.rows[0].cells[2].text, "locked_vm_negative");
	ck_assert_int_eq(matrix.rows[0].cells[3].kind, CELL_FAIL);
	ck_assert_int_eq(matrix.rows[0].cells[4].kind, CELL_PASS);
	ck_assert(matrix.failed);
	file = open_memstream(&out, &bytes);
	matrix_print(&matrix, &narrow, file);
	/* Too narrow for the violation's name, which then stands below the table. */
	matrix_print_markdown(&matrix, &narrow, file);
	matrix_print_json(&matrix, file);
	matrix_print_summary(&matrix, file);
	fclose(file);
	ck_assert_msg(strstr(out, "\n[1] locked_vm_negative\n"), "%s", out);
	ck_assert_msg(strstr(out, "FAIL t.pin on v6.3"), "%s", out);
	ck_assert_msg(strstr(out, "| scenario | v6.0 | v6.1 | v6.2 | v6.3 | v6.12 | changed in |"), "%s", out);
	ck_assert_msg(strstr(out, "locked\\_vm\\_negative"), "%s", out);
	ck_assert_msg(strstr(out, "\"cell\":\"bug\",\"what\":\"locked_vm_negative\""), "%s", out);
	/* The iommufd is what v6.2 has and v6.1 has not, and from then on nothing returns another result. */
	ck_assert_ptr_null(matrix.rows[0].cells[1].change);
	ck_assert_str_eq(matrix.rows[0].cells[1].since, "v6.1");
	ck_assert_msg(strstr(matrix.rows[0].cells[2].change, "fd = iommufd_open(): 0, was n/a"), "%s",
		      matrix.rows[0].cells[2].change);
	ck_assert_str_eq(matrix.rows[0].cells[2].since, "v6.2");
	ck_assert_msg(strstr(out, "1 scenario on 5 kernels: 2 pass (1 of them show a known bug), 1 fail, 1 n/a"), "%s",
		      out);
	free(out);
	matrix_free(&matrix);
	program_free(program);
}
END_TEST

Suite *report_suite(void)
{
	Suite *suite = suite_create("report");
	TCase *tcase = tcase_create("formats");

	tcase_add_test(tcase, json);
	tcase_add_test(tcase, text);
	tcase_add_test(tcase, tap_and_junit);
	tcase_add_test(tcase, values);
	tcase_add_test(tcase, matrix);
	suite_add_tcase(suite, tcase);
	return suite;
}

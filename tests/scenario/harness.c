// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>
#include "harness.h"

struct program *parsed(const char *text)
{
	struct diagnostics diag;
	struct program *program;

	diagnostics_init(&diag);
	program = program_parse("t.pin", text, strlen(text), &diag);
	ck_assert_msg(program, "refused: %s", diag.text);
	diagnostics_free(&diag);
	return program;
}

void assert_accepted(const char *text)
{
	program_free(parsed(text));
}

void assert_refused(const char *text, const char *place, const char *what)
{
	struct diagnostics diag;
	struct program *program;
	char start[64];

	diagnostics_init(&diag);
	program = program_parse("t.pin", text, strlen(text), &diag);
	ck_assert_msg(!program, "accepted: %s", text);
	snprintf(start, sizeof(start), "t.pin:%s: ", place);
	ck_assert_msg(!strncmp(diag.text, start, strlen(start)), "expected it at %s: %s", place, diag.text);
	ck_assert_msg(strstr(diag.text, what), "expected it to say '%s': %s", what, diag.text);
	ck_assert_msg(strstr(diag.text, "expected"), "does not say what was expected: %s", diag.text);
	ck_assert_msg(strstr(diag.text, "^"), "has no caret: %s", diag.text);
	diagnostics_free(&diag);
}

static void on_step(void *arg, const struct step_report *step)
{
	struct ran *ran = arg;

	ran->events++;
	if (step->index >= STEPS_SEEN)
		return;
	ran->step[step->index].seen = true;
	ran->step[step->index].skip = step->skip;
	ran->step[step->index].returned = step->returned;
	ran->step[step->index].ret = step->ret;
	ran->step[step->index].number = step->value.number;
	ran->step[step->index].judged = step->judged;
	ran->step[step->index].held = step->held;
}

static void on_expect(void *arg, const struct expect_report *expect)
{
	struct ran *ran = arg;

	ran->expects++;
	if (!expect->held && expect->applies)
		ran->failed_expects++;
}

static const struct run_events events = { on_step, on_expect };

struct ran run_seed(const char *text, const char *kernel, unsigned long seed)
{
	struct program *program = parsed(text);
	struct kernel_list list = { NULL, 0 };
	struct ran ran = { .events = 0 };
	struct run_options options = {
		.backend = &backend_model,
		.seed = seed,
		.events = &events,
		.arg = &ran,
		.counters = true,
	};

	ck_assert_int_eq(kernel_list_add(&list, kernel), 0);
	options.kernel = &list.kernels[0]->kernel;
	scenario_run(program, &options, &ran.result);
	/* Statements go with the program: what is left of the result must not point there. */
	ran.result.failed = NULL;
	ran.result.missing = ran.result.missing ? "some" : NULL;
	program_free(program);
	kernel_list_free(&list);
	return ran;
}

struct ran run_on(const char *text, const char *kernel)
{
	return run_seed(text, kernel, 0);
}

void ran_free(struct ran *ran)
{
	run_result_free(&ran->result);
}

enum verdict verdict_on(const char *text, const char *kernel)
{
	struct ran ran = run_on(text, kernel);
	enum verdict verdict = ran.result.verdict;

	ran_free(&ran);
	return verdict;
}

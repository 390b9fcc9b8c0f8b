// SPDX-License-Identifier: GPL-2.0-or-later
/* One JSON object a line: a step, an expect, and at the end of a run its verdict; the schema of the language page. */
#include <limits.h>
#include <stdlib.h>
#include <scenario/json.h>
#include <sim/verdict.h>
#include "report.h"

/* What has no place in 64 bits is a string of digits. */
static json_t *number(wide value)
{
	char buf[64];

	if (value >= LLONG_MIN && value <= LLONG_MAX)
		return json_integer((json_int_t)value);
	return json_string(wide_text(value, buf, sizeof(buf)));
}

static json_t *counters(const struct step_report *step)
{
	json_t *tasks = json_object();
	unsigned int i;

	for (i = 0; i < step->nr_tasks; i++) {
		const struct task_counters *task = &step->tasks[i];

		json_object_set_new(tasks, task->name,
				    json_pack("{s:I, s:I, s:I}", "locked_vm", (json_int_t)task->locked_vm, "pinned_vm",
					      (json_int_t)task->pinned_vm, "user_locked_vm",
					      (json_int_t)task->user_locked_vm));
	}
	return tasks;
}

static void on_step(struct report *report, const struct step_report *step)
{
	const struct stmt *stmt = step->stmt;
	json_t *ret = json_null(), *error = json_null();
	char buf[32];

	if (step->returned && step->ret < 0)
		error = json_string(error_text(step->ret, buf, sizeof(buf)));
	else if (step->returned)
		ret = number(step->value.kind == VALUE_NUMBER ? step->value.number : 0);
	json_line(report->options.out,
		  json_pack("{s:i, s:o, s:I, s:I, s:s, s:s, s:s, s:o, s:o, s:b, s:o}", "schema", 1, "file",
			    json_text(stmt->pos.source->path), "line", (json_int_t)stmt->pos.line, "step",
			    (json_int_t)step->index, "kernel", report->kernel->name, "task", stmt->step.task_name,
			    "op", stmt->step.op_name, "ret", ret, "errno", error, "skipped", step->skip != STEP_RAN,
			    "tasks", counters(step)));
}

static void on_expect(struct report *report, const struct expect_report *expect)
{
	const struct stmt *stmt = expect->stmt;
	json_t *got = json_null(), *want = json_null(), *held = json_null();

	if (stmt->expect.kind == EXPECT_VIOLATION) {
		got = json_boolean(expect->seen);
		want = json_true();
	} else if (expect->comparable) {
		got = number(expect->got);
		want = number(expect->want);
	}
	if (expect->applies)
		held = json_boolean(expect->held);
	json_line(report->options.out,
		  json_pack("{s:o, s:I, s:s, s:s, s:o, s:o, s:o}", "file", json_text(stmt->pos.source->path), "line",
			    (json_int_t)stmt->pos.line, "kernel", report->kernel->name, "expect", stmt->expect.text,
			    "got", got, "want", want, "held", held));
}

static bool named_before(const struct run_result *result, size_t index)
{
	size_t i;

	for (i = 0; i < index; i++)
		if (result->violations[i].violation == result->violations[index].violation)
			return true;
	return false;
}

static void run_end(struct report *report, const struct run_result *result)
{
	static const char *const verdicts[] = {[VERDICT_PASS] = "pass", [VERDICT_FAIL] = "fail", [VERDICT_NA] = "n/a"};
	json_t *names;
	char hash[32];
	size_t i;

	if (result->verdict == VERDICT_ERROR)
		return;
	names = json_array();
	for (i = 0; i < result->nr_violations; i++)
		if (!named_before(result, i))
			json_array_append_new(names, json_string(sim_violation_name(result->violations[i].violation)));
	snprintf(hash, sizeof(hash), "%016llx", result->hash);
	json_line(report->options.out,
		  json_pack("{s:o, s:s, s:s, s:o, s:I, s:s?, s:s}", "file", json_text(report->program->path), "kernel",
			    report->kernel->name, "verdict", verdicts[result->verdict], "violations", names,
			    "warnings", (json_int_t)result->warnings, "schedule", result->token, "hash", hash));
}

const struct report_format_ops report_json = {
	.step = on_step,
	.expect = on_expect,
	.run_end = run_end,
};

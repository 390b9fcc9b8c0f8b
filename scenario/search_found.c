// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a search has found, as a program: run once more from the start on both
 * kernels, without the lines that the difference does not need, and printed with
 * what each of them says. So that the file stands by itself, nothing here looks at the
 * search's worlds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <mm_model/syscalls.h>
#include <scenario/report.h>
#include <sim/verdict.h>
#include "arena.h"
#include "search_found.h"

bool same_outcome(const struct outcome *a, const struct outcome *b)
{
	return a->skip == b->skip && a->ret == b->ret && a->number == b->number;
}

/* The outcomes of a program's steps on one kernel. */
struct outcomes {
	struct outcome *outcome;
	unsigned int nr;
	char refusal[200];		/* of the last one */
	bool violated[VIOLATION_NR];
};

static void note_step(void *arg, const struct step_report *report)
{
	struct outcomes *outcomes = arg;
	struct outcome *outcome;

	outcomes->outcome = xrealloc(outcomes->outcome, (outcomes->nr + 1) * sizeof(*outcomes->outcome));
	outcome = &outcomes->outcome[outcomes->nr++];
	*outcome = (struct outcome){ .skip = report->skip, .ret = report->ret };
	if (report->skip == STEP_RAN && report->ret >= 0 && report->value.kind == VALUE_NUMBER)
		outcome->number = report->value.number;
	snprintf(outcomes->refusal, sizeof(outcomes->refusal), "%s", report->refusal ? report->refusal : "");
}

static bool outcomes_of(const struct search_pair *pair, const char *text, const struct kernel *kernel,
			struct outcomes *outcomes)
{
	static const struct run_events events = { .step = note_step };
	struct run_options options = {
		.kernel = kernel, .backend = pair->backend, .strategy = &sim_strategy_in_order,
		.events = &events, .arg = outcomes,
	};
	struct diagnostics diag;
	struct program *program;
	struct run_result result;

	*outcomes = (struct outcomes){ 0 };
	diagnostics_init(&diag);
	program = program_parse("found", text, strlen(text), &diag);
	diagnostics_free(&diag);
	if (!program)
		return false;
	scenario_run(program, &options, &result);
	for (size_t i = 0; i < result.nr_violations; i++)
		outcomes->violated[result.violations[i].violation] = true;
	run_result_free(&result);
	program_free(program);
	return true;
}

/* Do both kernels agree on every step of @text but the last? */
static bool differs_at_end(const struct search_pair *pair, const char *text, struct outcomes outcomes[2])
{
	unsigned int nr = 0, i;
	bool good = true;

	for (unsigned int k = 0; k < 2; k++)
		good &= outcomes_of(pair, text, pair->kernel[k], &outcomes[k]);
	if (good && outcomes[0].nr && outcomes[0].nr == outcomes[1].nr) {
		nr = outcomes[0].nr;
		for (i = 0; i < nr && same_outcome(&outcomes[0].outcome[i], &outcomes[1].outcome[i]); i++)
			;
		good = i == nr - 1;
	} else {
		good = false;
	}
	return good;
}

static void outcomes_free(struct outcomes outcomes[2])
{
	free(outcomes[0].outcome);
	free(outcomes[1].outcome);
}

/* Does the program still end in a difference with these setup lines and calls? */
static bool still_differs(const struct search_pair *pair, const struct stage *stage, unsigned long setup,
			  const unsigned short *calls, unsigned int nr)
{
	char *text = stage_text(stage, "", setup, calls, nr, NULL);
	struct outcomes outcomes[2];
	bool differs = differs_at_end(pair, text, outcomes);

	outcomes_free(outcomes);
	free(text);
	return differs;
}

/* Of the setup lines those that the difference needs: from the last back, as later ones use earlier ones. */
static unsigned long least_setup(const struct search_pair *pair, const struct stage *stage, unsigned long setup,
				 const unsigned short *calls, unsigned int nr)
{
	for (unsigned int i = stage->nr_setup; i-- > 0;)
		if (setup & 1ul << i && still_differs(pair, stage, setup & ~(1ul << i), calls, nr))
			setup &= ~(1ul << i);
	return setup;
}

unsigned int search_least_calls(const struct search_pair *pair, const struct stage *stage, unsigned short *calls,
				unsigned int nr)
{
	const unsigned long setup = all_setup(stage);
	unsigned short fewer[CALLS_MAX];

	for (unsigned int i = nr - 1; i-- > 0;) {
		memcpy(fewer, calls, i * sizeof(*calls));
		memcpy(fewer + i, calls + i + 1, (nr - 1 - i) * sizeof(*calls));
		if (still_differs(pair, stage, setup, fewer, nr - 1)) {
			memcpy(calls, fewer, (nr - 1) * sizeof(*calls));
			nr--;
		}
	}
	return nr;
}

/* As a RESULT of the language; NULL: not called at all. */
static const char *result_text(const struct outcome *outcome, const struct stmt *stmt, char *buf, size_t size)
{
	if (outcome->skip != STEP_RAN)
		return NULL;
	if (outcome->ret <= -MM_KILLED_BASE)
		return "fail";
	if (outcome->ret < 0)
		return error_text(outcome->ret, buf, size);
	snprintf(buf, size, stmt->step.op->returns_address ? "0x%lx" : "%lu", outcome->number);
	return buf;
}

/* Whose clause has to stand first: a release matches its own quirks and proposals too. */
static unsigned int more_special(const struct kernel *const kernel[2])
{
	return kernel[1]->base || strlen(kernel[1]->name) > strlen(kernel[0]->name);
}

static char *clause_text(const struct search_pair *pair, const struct stmt *stmt, const struct outcome *a,
			 const struct outcome *b)
{
	const struct outcome *outcome[2] = { a, b };
	unsigned int first = more_special(pair->kernel);
	char buf[2][64], *text = NULL, *clauses[2] = { NULL, NULL };
	const char *result[2];

	for (unsigned int k = 0; k < 2; k++)
		result[k] = result_text(outcome[k], stmt, buf[k], sizeof(buf[k]));
	if (same_outcome(a, b))
		return a->ret < 0 && result[0] ? xstrdup(result[0]) : NULL;
	for (unsigned int k = 0; k < 2; k++)
		if (result[k])
			clauses[k] = xasprintf("%s @ %s", result[k], pair->kernel[k]->name);
	if (clauses[0] && clauses[1]) {
		text = xasprintf("%s | %s", clauses[first], clauses[!first]);
		free(clauses[0]);
		free(clauses[1]);
		return text;
	}
	return clauses[0] ? clauses[0] : clauses[1];
}

/* What breaks on either kernel, as expects: a program that differs may well show a bug. */
static char *violations_text(const struct search_pair *pair, const struct outcomes outcomes[2])
{
	const struct kernel *const *kernel = pair->kernel;
	char *text = xstrdup(""), *more;

	for (unsigned int k = 0; k < 2; k++) {
		unsigned int nr = 0;

		for (unsigned int i = 0; i < VIOLATION_NR; i++) {
			if (!outcomes[k].violated[i])
				continue;
			more = xasprintf("%s%s%s", text, nr++ ? ", " : "expect violation ", sim_violation_name(i));
			free(text);
			text = more;
		}
		if (!nr)
			continue;
		/* a release's name is meant for its proposals and quirks too */
		more = xasprintf("%s @ %s%s%s\n", text, kernel[k]->name, more_special(kernel) != k ? ", !" : "",
				 more_special(kernel) != k ? kernel[!k]->name : "");
		free(text);
		text = more;
	}
	return text;
}

/* "0 on v6.12", "ENOMEM on v6.18 (user(1000).locked_vm ...)", "no such call on v6.1" */
static void say_outcome(char *buf, size_t size, const struct kernel *kernel, const struct stmt *stmt,
			const struct outcome *outcome, const char *refusal)
{
	char number[64];
	const char *result = result_text(outcome, stmt, number, sizeof(number));

	snprintf(buf, size, "%s on %s%s%s%s", result ? result : "no such call", kernel->name, *refusal ? " (" : "",
		 refusal, *refusal ? ")" : "");
}

char *search_program(const struct search_pair *pair, const struct stage *stage, unsigned long setup,
		     const unsigned short *calls, unsigned int nr, char *what, size_t size)
{
	const struct kernel *const *kernel = pair->kernel;
	char side[2][320], *head, *text, *violations, **results;
	const struct stmt *last = NULL;
	struct outcomes outcomes[2];
	unsigned int at = 0;

	setup = least_setup(pair, stage, setup, calls, nr);
	text = stage_text(stage, "", setup, calls, nr, NULL);
	if (!differs_at_end(pair, text, outcomes)) {
		fprintf(stderr, "pinsim: a difference did not show again when its program was run from the start:\n%s",
			text);
		exit(3);
	}
	free(text);
	results = xzalloc((stage->nr_setup + nr) * sizeof(*results));
	for (unsigned int i = 0; i < stage->nr_setup + nr; i++) {
		const struct stmt *stmt = i < stage->nr_setup ? stage->program->items[i].stmt :
								stage_call(stage, calls[i - stage->nr_setup]);

		if (i < stage->nr_setup && !(setup & 1ul << i))
			continue;
		results[i] = clause_text(pair, stmt, &outcomes[0].outcome[at], &outcomes[1].outcome[at]);
		at++;
		last = stmt;
	}
	for (unsigned int k = 0; k < 2; k++)
		say_outcome(side[k], sizeof(side[k]), kernel[k], last, &outcomes[k].outcome[at - 1],
			    outcomes[k].refusal);
	snprintf(what, size, "%s: %s is %s, %s", last->step.task_name, last->step.text, side[0], side[1]);
	head = xasprintf("title \"%s\"\nref \"pinsim search %s %s\"\nkernels %s, %s\n\n", what, kernel[0]->name,
			 kernel[1]->name, kernel[0]->name, kernel[1]->name);
	text = stage_text(stage, head, setup, calls, nr, results);
	free(head);
	violations = violations_text(pair, outcomes);
	head = xasprintf("%s%s", text, violations);
	free(text);
	free(violations);
	for (unsigned int i = 0; i < stage->nr_setup + nr; i++)
		free(results[i]);
	free(results);
	outcomes_free(outcomes);
	return head;
}

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A difference in the words of a release note: who meets it, at which call, and by
 * which rule. Nothing in it is of one file only (no sizes, no names of tasks), so
 * scenarios that show the same change say the same.
 */
#include <stdlib.h>
#include <string.h>
#include <sim/verdict.h>
#include "arena.h"
#include "diff.h"

static const struct observable *observable_of(const struct stmt *expect)
{
	const struct term *term = expect->expect.left->terms;

	return term ? term->observable : NULL;
}

bool is_frame(const struct stmt *expect)
{
	const struct observable *observable = observable_of(expect);

	return observable && (observable->kind == OBS_TASK_PFN || observable->kind == OBS_DEVICE_PFN);
}

static bool looks_at_dma(const struct stmt *expect)
{
	const struct sum *sides[] = {expect->expect.left, expect->expect.right};

	for (int i = 0; i < 2; i++)
		for (const struct term *term = sides[i] ? sides[i]->terms : NULL; term; term = term->next)
			if (term->observable && term->observable->kind == OBS_DEVICE_PFN)
				return true;
	return false;
}

static const char *observable_words(const struct stmt *expect)
{
	static const char *const words[] = {
		[OBS_LOCKED_VM] = "mm->locked_vm",
		[OBS_PINNED_VM] = "mm->pinned_vm",
		[OBS_TASK_USER_LOCKED_VM] = "user->locked_vm",
		[OBS_TASK_MEMLOCK] = "the limit",
		[OBS_TASK_ALIVE] = "whether the process lives",
		[OBS_TASK_PINS] = "the number of a page's pins",
		[OBS_USER_LOCKED_VM] = "user->locked_vm",
		[OBS_USER_PERF_MLOCK] = "user->perf_mlock",
		[OBS_UCOUNTS_MEMLOCK] = "the user's SHM_LOCK count",
		[OBS_NPINNED] = "the number of pages that an object pins",
		[OBS_CHARGED] = "what an object is charged",
		[OBS_PAGES_PINNED] = "the number of pinned pages",
		[OBS_PAGES_UNACCOUNTED] = "the number of pages that nobody is charged for",
		[OBS_WARNINGS] = "the number of warnings",
		[OBS_VIOLATIONS] = "the number of broken invariants",
	};
	const struct observable *observable = observable_of(expect);
	const char *text = NULL;

	if (observable && observable->kind < sizeof(words) / sizeof(words[0]))
		text = words[observable->kind];
	return text ? text : "what a call returned";
}

static bool is_guest_memory(const char *op)
{
	static const char *const prefixes[] = {"vfio_", "ioas_", "vdpa_", "mdev_"};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (!strncmp(op, prefixes[i], strlen(prefixes[i])))
			return true;
	return false;
}

/* By how much the counter that @user chooses of the caller rose in the step. */
static bool step_charged(const struct record *record, unsigned int step, bool user)
{
	const struct step_record *now = step_at(record, step), *before = step_at(record, step - 1);
	const struct task_counters *x = counters_of(now, now->stmt->step.task_name), *y;

	if (now->skip != STEP_RAN || now->ret < 0 || !x)
		return false;
	y = before ? counters_of(before, x->name) : NULL;
	if (user)
		return x->user_locked_vm > (y ? y->user_locked_vm : 0);
	return (y && y->mm == x->mm) ? x->locked_vm > y->locked_vm || x->pinned_vm > y->pinned_vm
				     : x->locked_vm > 0 || x->pinned_vm > 0;
}

/* Who is refused at @step, by what came before it. */
static void subject(const struct record *record, unsigned int step, char *buf, size_t size)
{
	const struct step_record *at = step_at(record, step), *other;
	const char *name = at->stmt->step.task_name, *op = at->stmt->step.op_name;
	const char *what = is_guest_memory(op) ? "VM" : "process";
	const struct task_counters *own = counters_of(at, name), *theirs;
	bool user = at->refusal && !strncmp(at->refusal, "user(", 5);

	snprintf(buf, size, "a %s", what);
	for (unsigned int i = 1; i < step && own; i++) {
		other = step_at(record, i);
		theirs = counters_of(other, other->stmt->step.task_name);
		if (!strcmp(other->stmt->step.task_name, name)) {
			if (!strcmp(other->stmt->step.op_name, "exec"))
				snprintf(buf, size, "a %s after exec", what);
			else if (at->refusal && strcmp(other->stmt->step.op_name, op) && step_charged(record, i, user))
				snprintf(buf, size, "a %s that has used %s", what, other->stmt->step.op_name);
		} else if (user && theirs && theirs->uid == own->uid && theirs->mm != own->mm &&
			   step_charged(record, i, true)) {
			snprintf(buf, size, "a second %s of the same user", what);
			return;
		} else if (other->stmt->step.made_task == at->stmt->step.task) {
			snprintf(buf, size, "a child made by %s", other->stmt->step.op_name);
		}
	}
}

/* ", over mm->locked_vm (vfio type1)" from "a.locked_vm 64p + 1p > a's 64p (vfio type1)". */
static void rule(const struct step_record *step, char *buf, size_t size)
{
	const char *refusal = step->refusal, *end, *dot, *open;

	buf[0] = '\0';
	if (!refusal)
		return;
	end = strchrnul(refusal, ' ');
	dot = memrchr(refusal, '.', (size_t)(end - refusal));
	open = strrchr(refusal, '(');
	if (!dot)
		return;
	snprintf(buf, size, ": %s->%.*s is over the limit%s%s",
		 !strncmp(refusal, "user(", 5)	    ? "user"
		 : !strncmp(refusal, "ucounts(", 8) ? "ucounts"
						    : "mm",
		 (int)(end - dot - 1), dot + 1, open ? " " : "", open && *end ? open : "");
}

/* Both succeeded: the numbers that they returned. */
static char *value_words(const struct step_record *a, const struct step_record *b)
{
	const char *op = a->stmt->step.op_name;

	if (!a->value.number)
		return xasprintf("%s, which did nothing and returned 0, now does its work", op);
	if (!b->value.number)
		return xasprintf("%s now does nothing and returns 0", op);
	return xasprintf("%s now returns %s", op, b->value.number > a->value.number ? "more" : "less");
}

static char *result_words(const struct question *question, const struct record *pair[2])
{
	const struct step_record *a = step_at(pair[0], question->step), *b = step_at(pair[1], question->step);
	const char *op = a->stmt->step.op_name;
	char who[128], why[160];

	if (question->kind == DIFFER_CALL)
		return xasprintf(a->skip == STEP_SKIP_ABSENT ? "%s is there now" : "%s is not there", op);
	if (a->returned != b->returned)
		return xasprintf(b->returned ? "%s no longer hangs" : "%s now hangs", op);
	if (a->skip != b->skip)
		return xasprintf(b->skip == STEP_RAN ? "%s is reached now" : "%s is no longer reached", op);
	if (a->ret >= 0 && b->ret >= 0)
		return value_words(a, b);
	if (b->ret < 0) {
		subject(pair[1], question->step, who, sizeof(who));
		rule(b, why, sizeof(why));
		if (a->ret < 0)
			return xasprintf("%s now fails with %s at %s, not with %s%s", who, b->outcome, op, a->outcome,
					 why);
		return xasprintf("%s now fails with %s at %s%s", who, b->outcome, op, why);
	}
	subject(pair[0], question->step, who, sizeof(who));
	rule(a, why, sizeof(why));
	return xasprintf("%s no longer fails with %s at %s%s", who, a->outcome, op, why);
}

/* "is now lower", and what is remarkable in a number below zero. */
static const char *moved(wide a, wide b)
{
	if (a < 0 && b >= 0)
		return "no longer goes below zero";
	if (b < 0 && a >= 0)
		return "now goes below zero";
	if (!a)
		return "now counts something";
	if (!b)
		return "is now 0";
	return b > a ? "is now higher" : "is now lower";
}

/*
 * A counter of one task, which on both kernels was the same before the call: what the
 * call does with it. Before an exec there was another one.
 */
static char *charge_words(const char *op, const char *counter, const char *whose, long before, long a, long b)
{
	if (a < 0 || b < 0)
		return xasprintf("after %s %s%s %s", op, counter, whose, moved(a, b));
	if (a == before && b > before)
		return xasprintf("%s is now counted in %s%s", op, counter, whose);
	if (b == before && a > before)
		return xasprintf("%s is no longer counted in %s%s", op, counter, whose);
	if (a > before && b > before)
		return xasprintf("%s now counts %s in %s%s", op, b > a ? "more" : "less", counter, whose);
	if (a == before && b < before)
		return xasprintf("%s now gives back what %s%s counts", op, counter, whose);
	if (b == before && a < before)
		return xasprintf("%s no longer gives back what %s%s counts", op, counter, whose);
	return xasprintf("after %s %s%s %s", op, counter, whose, moved(a, b));
}

static char *counter_words(const struct question *question, const struct record *pair[2])
{
	const struct step_record *a = step_at(pair[0], question->step), *b = step_at(pair[1], question->step);
	const struct step_record *before = step_at(pair[0], question->step - 1);
	const char *op = a->stmt->step.op_name;

	for (unsigned int i = 0; i < a->nr_tasks; i++) {
		const struct task_counters *x = &a->tasks[i], *y = counters_of(b, x->name);
		const struct task_counters *z = before ? counters_of(before, x->name) : NULL;
		bool same_mm = z && z->mm == x->mm;
		const char *whose = strcmp(x->name, a->stmt->step.task_name) ? " of another process" : "";

		if (!y)
			continue;
		if (x->locked_vm != y->locked_vm)
			return charge_words(op, "mm->locked_vm", whose, same_mm ? z->locked_vm : 0, x->locked_vm,
					    y->locked_vm);
		if (x->pinned_vm != y->pinned_vm)
			return charge_words(op, "mm->pinned_vm", whose, same_mm ? z->pinned_vm : 0, x->pinned_vm,
					    y->pinned_vm);
		if (x->user_locked_vm != y->user_locked_vm)
			return charge_words(op, "user->locked_vm", "", z ? z->user_locked_vm : 0, x->user_locked_vm,
					    y->user_locked_vm);
	}
	return xasprintf("after %s another process lives", op);
}

static char *expect_words(const struct question *question, const struct record *pair[2])
{
	const struct expect_record *a = &pair[0]->expect[question->expect], *b = &pair[1]->expect[question->expect];
	const struct step_record *step = step_at(pair[0], question->step);
	const char *op = step ? step->stmt->step.op_name : "the start";

	if (is_frame(a->stmt)) {
		bool same = (a->stmt->expect.comparison == CMP_EQ) == b->held;

		if (!looks_at_dma(a->stmt))
			return xasprintf("after %s the process has %s page", op, same ? "the same" : "another");
		return xasprintf(same ? "after %s DMA now reaches the page that the process sees"
				: "after %s DMA no longer reaches the page that the process sees",
			   op);
	}
	if (!a->comparable || !b->comparable)
		return xasprintf("%s is %s", observable_words(a->stmt), b->comparable ? "there now" : "not there");
	return xasprintf("after %s %s%s %s", op,
		   observable_of(a->stmt) && observable_of(a->stmt)->peak >= 0 ? "the peak of " : "",
		   observable_words(a->stmt), moved(a->got, b->got));
}

static char *violation_words(const struct question *question, const struct record *pair[2])
{
	const struct step_record *step = step_at(pair[0], question->step);
	const char *op = step ? step->stmt->step.op_name : "the end", *text;
	unsigned long a = violations_of(&pair[0]->result, question->step, &text);
	unsigned long b = violations_of(&pair[1]->result, question->step, &text);
	unsigned long only = b & ~a ? b & ~a : a & ~b;

	return xasprintf("%s %s the invariant %s", op, b & ~a ? "now breaks" : "no longer breaks",
		   sim_violation_name((enum sim_violation)__builtin_ctzl(only)));
}

char *difference_words(const struct question *question, const struct record *pair[2])
{
	switch (question->kind) {
	case DIFFER_CALL:
	case DIFFER_RESULT:
		return result_words(question, pair);
	case DIFFER_COUNTER:
		return counter_words(question, pair);
	case DIFFER_EXPECT:
		return expect_words(question, pair);
	case DIFFER_PAGES:
		return xasprintf("after %s %s pages are pinned", step_at(pair[0], question->step)->stmt->step.op_name,
			   step_at(pair[1], question->step)->pages_pinned >
					   step_at(pair[0], question->step)->pages_pinned
				   ? "more"
				   : "fewer");
	case DIFFER_VIOLATION:
		return violation_words(question, pair);
	default:
		return xstrdup("");
	}
}

// SPDX-License-Identifier: GPL-2.0-or-later
/* Checking an expect: which observable each path means, and which violations are named. */
#include <stdlib.h>
#include <string.h>
#include "check.h"

#define NO_SLOT (-1)

/* What may stand behind the dot, by what stands before it. */
enum holder { HOLDER_TASK, HOLDER_MM, HOLDER_USER, HOLDER_UCOUNTS, HOLDER_VARIABLE, HOLDER_PAGES };

struct attribute {
	enum holder holder;
	const char *name;
	enum observable_kind kind;
	bool plain;
	bool takes_address;
};
#define COUNTER(holder, name, kind) { holder, name, kind, false, false }
#define NUMBER(holder, name, kind) { holder, name, kind, true, false }
#define OF_ADDRESS(holder, name, kind) { holder, name, kind, true, true }

static const struct attribute attributes[] = {
	COUNTER(HOLDER_TASK, "locked_vm", OBS_LOCKED_VM),
	COUNTER(HOLDER_TASK, "pinned_vm", OBS_PINNED_VM),
	COUNTER(HOLDER_TASK, "user_locked_vm", OBS_TASK_USER_LOCKED_VM),
	COUNTER(HOLDER_TASK, "memlock", OBS_TASK_MEMLOCK),
	NUMBER(HOLDER_TASK, "alive", OBS_TASK_ALIVE),
	OF_ADDRESS(HOLDER_TASK, "pins", OBS_TASK_PINS),
	OF_ADDRESS(HOLDER_TASK, "pfn", OBS_TASK_PFN),
	COUNTER(HOLDER_MM, "locked_vm", OBS_LOCKED_VM),
	COUNTER(HOLDER_MM, "pinned_vm", OBS_PINNED_VM),
	COUNTER(HOLDER_USER, "locked_vm", OBS_USER_LOCKED_VM),
	COUNTER(HOLDER_USER, "perf_mlock", OBS_USER_PERF_MLOCK),
	COUNTER(HOLDER_UCOUNTS, "memlock", OBS_UCOUNTS_MEMLOCK),
	COUNTER(HOLDER_VARIABLE, "npinned", OBS_NPINNED),
	COUNTER(HOLDER_VARIABLE, "charged", OBS_CHARGED),
	OF_ADDRESS(HOLDER_VARIABLE, "pfn", OBS_DEVICE_PFN),
	COUNTER(HOLDER_PAGES, "pinned", OBS_PAGES_PINNED),
	COUNTER(HOLDER_PAGES, "unaccounted", OBS_PAGES_UNACCOUNTED),
};
#define NR_ATTRIBUTES (sizeof(attributes) / sizeof(attributes[0]))

#define OBSERVABLES_TEXT                                                                                               \
	"a task's locked_vm, pinned_vm, user_locked_vm, memlock, alive, pins(VA), pfn(VA) or mm(K), user(N)'s "        \
	"locked_vm or "                                                                                                \
	"perf_mlock, ucounts(N).memlock, a variable's npinned, charged or pfn(IOVA), pages.pinned, "                   \
	"pages.unaccounted, "                                                                                          \
	"warnings, violations or peak(...)"

static bool no_observable(struct checker *check, const struct path *path, struct suggestion *best)
{
	char did_you_mean[96];

	diag_error(check->diag, &path->pos, "no observable \"%s\", expected " OBSERVABLES_TEXT "%s", path->name,
		   suggestion_text(best, did_you_mean, sizeof(did_you_mean)));
	return false;
}

/* What kinds of object a variable needs to be for the attribute to mean something. */
static unsigned int kinds_with(enum observable_kind kind)
{
	switch (kind) {
	case OBS_NPINNED:
		return KIND(IOAS);
	case OBS_DEVICE_PFN:
		return KIND(DEVICE) | KIND(CDEV) | KIND(CONTAINER);
	default:
		return ~(KIND(NONE) | KIND(NUMBER) | KIND(MEMFD));
	}
}

static bool bind_holder(struct checker *check, struct observable *obs, enum holder holder, const struct path *path)
{
	char got[512], wanted[512];
	unsigned int kinds;

	if (holder == HOLDER_TASK || holder == HOLDER_MM) {
		obs->slot = check_task(check, path->name, &path->pos);
		return obs->slot != NO_SLOT;
	}
	if (holder != HOLDER_VARIABLE)
		return true;
	obs->slot = check_variable(check, path->name, &path->pos);
	if (obs->slot == NO_SLOT)
		return false;
	kinds = check->variable_facts[obs->slot].kinds;
	if (kinds & kinds_with(obs->kind))
		return true;
	diag_error(check->diag, &path->pos, "\"%s\" is %s, expected %s", path->name,
		   value_kinds_text(kinds, got, sizeof(got)),
		   obs->kind == OBS_CHARGED ? "an object that is charged for"
					    : value_kinds_text(kinds_with(obs->kind), wanted, sizeof(wanted)));
	return false;
}

/* @part: the last part of the path; @path: its first. */
static bool bind_attribute(struct checker *check, struct observable *obs, enum holder holder, const struct path *path,
			   const struct path *part)
{
	struct suggestion best = { .text = NULL };
	size_t i;

	for (i = 0; i < NR_ATTRIBUTES; i++) {
		if (attributes[i].holder != holder)
			continue;
		if (!strcmp(attributes[i].name, part->name))
			break;
		suggest(&best, part->name, attributes[i].name);
	}
	if (i == NR_ATTRIBUTES)
		return no_observable(check, part, &best);
	obs->kind = attributes[i].kind;
	obs->plain = attributes[i].plain;
	if (part->next) {
		diag_error(check->diag, &part->next->pos, "a name with too many parts, expected nothing behind \"%s\"",
			   part->name);
		return false;
	}
	if (attributes[i].takes_address != (part->argument != NULL)) {
		diag_error(check->diag, &part->pos, "\"%s\" %s an address, expected %s%s", part->name,
			   part->argument ? "with" : "without", part->name, part->argument ? " alone" : "(ADDRESS)");
		return false;
	}
	obs->address = part->argument;
	return (!part->argument || check_address(check, part->argument)) && bind_holder(check, obs, holder, path);
}

/* Is there a task or a variable of this name that has this attribute? Tasks first. */
static enum holder holder_of_name(const struct checker *check, const struct path *path)
{
	const char *attribute = path->next->name;
	bool is_task = name_find(&check->tasks, path->name) != NO_SLOT;
	bool is_variable = name_find(&check->variables, path->name) != NO_SLOT;
	size_t i;

	for (i = 0; i < NR_ATTRIBUTES; i++) {
		if (strcmp(attributes[i].name, attribute))
			continue;
		if ((attributes[i].holder == HOLDER_TASK && is_task) ||
		    (attributes[i].holder == HOLDER_VARIABLE && is_variable))
			return attributes[i].holder;
		if (attributes[i].holder == HOLDER_PAGES && !strcmp(path->name, "pages"))
			return HOLDER_PAGES;
	}
	if (is_task || is_variable)
		return is_task ? HOLDER_TASK : HOLDER_VARIABLE;
	return strcmp(path->name, "pages") ? HOLDER_TASK : HOLDER_PAGES;
}

/* user(N).x, ucounts(N).x */
static bool bind_uid(struct checker *check, struct observable *obs, enum holder holder, const struct path *path)
{
	unsigned long uid;

	if (!check_constant(check, path->argument, "a uid", &uid))
		return false;
	if (uid > 0xffffffffu) {
		diag_error(check->diag, &path->argument->pos, "not a uid, expected less than 2^32");
		return false;
	}
	obs->uid = (unsigned int)uid;
	return bind_attribute(check, obs, holder, path, path->next);
}

/* T.mm(K).x */
static bool bind_mm(struct checker *check, struct observable *obs, const struct path *path)
{
	const struct path *mm = path->next;
	unsigned long index;

	if (!mm->argument || !mm->next) {
		diag_error(check->diag, &mm->pos,
			   "which mm of the task, and what of it, expected mm(K).locked_vm or mm(K).pinned_vm");
		return false;
	}
	if (!check_constant(check, mm->argument, "the number of an mm", &index))
		return false;
	if (index > 0x7fffffff) {
		diag_error(check->diag, &mm->argument->pos, "not the number of an mm, expected less than 2^31");
		return false;
	}
	obs->mm_index = (long)index;
	return bind_attribute(check, obs, HOLDER_MM, path, mm->next);
}

static bool bind_single(struct checker *check, struct observable *obs, const struct path *path)
{
	struct suggestion best = { .text = NULL };
	unsigned int i;

	obs->plain = true;
	if (!strcmp(path->name, "warnings")) {
		obs->kind = OBS_WARNINGS;
		return true;
	}
	if (!strcmp(path->name, "violations")) {
		obs->kind = OBS_VIOLATIONS;
		return true;
	}
	if (name_find(&check->variables, path->name) != NO_SLOT) {
		obs->kind = OBS_VARIABLE;
		obs->plain = false;
		obs->slot = check_variable(check, path->name, &path->pos);
		return obs->slot != NO_SLOT;
	}
	suggest(&best, path->name, "warnings");
	suggest(&best, path->name, "violations");
	for (i = 0; i < check->variables.nr; i++)
		suggest(&best, path->name, check->variables.names[i]);
	return no_observable(check, path, &best);
}

static bool bind_path(struct checker *check, struct observable *obs, const struct path *path)
{
	if (path->argument && path->next && !strcmp(path->name, "user"))
		return bind_uid(check, obs, HOLDER_USER, path);
	if (path->argument && path->next && !strcmp(path->name, "ucounts"))
		return bind_uid(check, obs, HOLDER_UCOUNTS, path);
	if (path->argument) {
		struct suggestion best = { .text = NULL };

		suggest(&best, path->name, "user");
		suggest(&best, path->name, "ucounts");
		suggest(&best, path->name, "peak");
		return no_observable(check, path, &best);
	}
	if (!path->next)
		return bind_single(check, obs, path);
	if (!strcmp(path->next->name, "mm"))
		return bind_mm(check, obs, path);
	return bind_attribute(check, obs, holder_of_name(check, path), path, path->next);
}

static void add_peak(struct checker *check, struct observable *obs)
{
	struct program *program = check->program;
	struct observable **more;

	/* Doubles: the arena cannot take back what was too small. */
	if (!(program->nr_peaks & (program->nr_peaks - 1))) {
		more = arena_alloc(check->arena, (program->nr_peaks ? 2 * program->nr_peaks : 1) * sizeof(*more));
		if (program->nr_peaks)
			memcpy(more, program->peaks, program->nr_peaks * sizeof(*more));
		program->peaks = more;
	}
	obs->peak = (int)program->nr_peaks;
	program->peaks[program->nr_peaks++] = obs;
}

/* peak(OBS), or OBS. */
static bool bind_observable(struct checker *check, struct term *term)
{
	struct observable *obs = arena_alloc(check->arena, sizeof(*obs));
	const struct path *path = term->path;
	bool is_peak = !strcmp(path->name, "peak") && path->argument && !path->next;
	const struct term *inner = is_peak ? path->argument->terms : NULL;

	obs->slot = NO_SLOT;
	obs->mm_index = -1;
	obs->peak = -1;
	term->observable = obs;
	if (!is_peak)
		return bind_path(check, obs, path);
	if (inner->next || inner->negative || inner->is_number || !strcmp(inner->path->name, "peak")) {
		diag_error(check->diag, &path->argument->pos,
			   "not an observable, expected one, as in peak(a.locked_vm)");
		return false;
	}
	if (!bind_path(check, obs, inner->path))
		return false;
	if (obs->kind == OBS_DEVICE_PFN || obs->kind == OBS_VARIABLE) {
		diag_error(check->diag, &path->argument->pos, "peak() of what is no count, expected a counter");
		return false;
	}
	add_peak(check, obs);
	return true;
}

static void check_observed(struct checker *check, struct sum *sum)
{
	struct term *term;

	for (term = sum->terms; term; term = term->next) {
		const struct path *path = term->path;

		if (term->is_number)
			continue;
		if (!path->next && !path->argument && !strcmp(path->name, "unlimited")) {
			term->is_number = true;
			term->number = MM_UNLIMITED;
			continue;
		}
		bind_observable(check, term);
	}
}

static bool observes_something(const struct sum *sum)
{
	const struct term *term;

	for (term = sum->terms; term; term = term->next)
		if (!term->is_number)
			return true;
	return false;
}

static void check_violations(struct checker *check, struct expect *expect)
{
	const struct violation_name *name;
	char did_you_mean[96];
	int i;

	for (name = expect->names; name; name = name->next) {
		enum sim_violation violation = sim_violation_by_name(name->name);
		struct suggestion best = { .text = NULL };

		if (!strcmp(name->name, "any") && expect->names == name && !name->next) {
			expect->any = true;
			continue;
		}
		if (violation != VIOLATION_NR) {
			expect->wanted[violation] = true;
			continue;
		}
		if (!strcmp(name->name, "any")) {
			diag_error(check->diag, &name->pos, "\"any\" beside other names, expected it alone, or names");
			continue;
		}
		for (i = 0; i < VIOLATION_NR; i++)
			suggest(&best, name->name, sim_violation_name(i));
		diag_error(check->diag, &name->pos,
			   "no violation \"%s\", expected one of `pinsim list invariants`, or any%s", name->name,
			   suggestion_text(&best, did_you_mean, sizeof(did_you_mean)));
	}
}

void check_expect(struct checker *check, struct stmt *stmt)
{
	struct expect *expect = &stmt->expect;

	kernel_set_check(expect->set, check->diag);
	if (expect->kind == EXPECT_VIOLATION) {
		check_violations(check, expect);
		return;
	}
	check_observed(check, expect->left);
	check_observed(check, expect->right);
	if (!observes_something(expect->left) && !observes_something(expect->right))
		diag_error(check->diag, &expect->left->pos, "nothing to observe, expected " OBSERVABLES_TEXT);
}

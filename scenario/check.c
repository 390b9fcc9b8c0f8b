// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The checker: gives every name its meaning, and refuses what cannot be meant.
 *
 * Four passes over the tree: collect what is made (tasks, variables and what they
 * may hold), bind every statement to it, and unroll into the flat list that runs.
 * A name that nothing makes is a mistake. One that is made only later is one too,
 * save inside a block, where the order of the text is not the order of the run.
 */
#include <stdlib.h>
#include <string.h>
#include <mm_model/machine.h>
#include "check.h"

#define NO_SLOT (-1)

static unsigned int name_hash(const char *name)
{
	unsigned int hash = 2166136261u;

	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * 16777619u;
	return hash;
}

static int *name_bucket(const struct name_table *table, const char *name)
{
	unsigned int at = name_hash(name) & (table->nr_buckets - 1);

	while (table->buckets[at] != NO_SLOT && strcmp(table->names[table->buckets[at]], name))
		at = (at + 1) & (table->nr_buckets - 1);
	return &table->buckets[at];
}

int name_find(const struct name_table *table, const char *name)
{
	return table->nr_buckets ? *name_bucket(table, name) : NO_SLOT;
}

static void name_table_grow(struct name_table *table)
{
	unsigned int nr = table->nr_buckets ? table->nr_buckets * 2 : 64, i;

	table->buckets = xrealloc(table->buckets, nr * sizeof(*table->buckets));
	table->names = xrealloc(table->names, nr * sizeof(*table->names));
	table->nr_buckets = nr;
	for (i = 0; i < nr; i++)
		table->buckets[i] = NO_SLOT;
	for (i = 0; i < table->nr; i++)
		*name_bucket(table, table->names[i]) = (int)i;
}

int name_add(struct name_table *table, const char *name)
{
	int *bucket;

	if (table->nr * 2 >= table->nr_buckets)
		name_table_grow(table);
	bucket = name_bucket(table, name);
	if (*bucket == NO_SLOT) {
		*bucket = (int)table->nr;
		table->names[table->nr++] = name;
	}
	return *bucket;
}

void name_table_free(struct name_table *table)
{
	free(table->names);
	free(table->buckets);
}

const char *sum_word(const struct sum *sum)
{
	const struct term *term = sum->terms;

	if (term->next || term->negative || term->is_number || term->path->next || term->path->argument)
		return NULL;
	return term->path->name;
}

static void suggest_from(const struct name_table *table, const char *name, struct suggestion *best)
{
	unsigned int i;

	for (i = 0; i < table->nr; i++)
		suggest(best, name, table->names[i]);
}

int check_task(struct checker *check, const char *name, const struct pin_pos *pos)
{
	int slot = name_find(&check->tasks, name);
	struct suggestion best = { .text = NULL };
	char did_you_mean[96];

	if (slot == NO_SLOT) {
		suggest_from(&check->tasks, name, &best);
		diag_error(check->diag, pos, "no task \"%s\", expected one that a task statement or a fork makes%s",
			   name, suggestion_text(&best, did_you_mean, sizeof(did_you_mean)));
	} else if (!check->task_facts[slot].made) {
		diag_error(check->diag, pos, "task \"%s\" is made only later, expected it to stand here", name);
		slot = NO_SLOT;
	}
	return slot;
}

int check_variable(struct checker *check, const char *name, const struct pin_pos *pos)
{
	int slot = name_find(&check->variables, name);
	struct suggestion best = { .text = NULL };
	char did_you_mean[96];

	if (slot == NO_SLOT) {
		suggest_from(&check->variables, name, &best);
		diag_error(check->diag, pos, "no variable \"%s\", expected one that a call sets%s", name,
			   suggestion_text(&best, did_you_mean, sizeof(did_you_mean)));
	} else if (!check->variable_facts[slot].made) {
		diag_error(check->diag, pos, "variable \"%s\" is set only later, expected it to be set here", name);
		slot = NO_SLOT;
	}
	return slot;
}

static bool check_address_term(struct checker *check, struct term *term)
{
	char text[256];
	unsigned int kinds;

	if (term->is_number)
		return true;
	if (term->path->next || term->path->argument) {
		diag_error(check->diag, &term->pos, "not a number, expected sizes and variables, parted by + and -");
		return false;
	}
	if (!strcmp(term->path->name, "unlimited")) {
		term->is_number = true;
		term->number = MM_UNLIMITED;
		return true;
	}
	term->variable = check_variable(check, term->path->name, &term->pos);
	if (term->variable == NO_SLOT)
		return false;
	kinds = check->variable_facts[term->variable].kinds;
	if (kinds & KIND(NUMBER))
		return true;
	diag_error(check->diag, &term->pos, "\"%s\" is %s, expected a number or address", term->path->name,
		   value_kinds_text(kinds, text, sizeof(text)));
	return false;
}

bool check_address(struct checker *check, struct sum *sum)
{
	bool good = true, is_literal = true;
	struct term *term;
	__int128 total = 0;

	for (term = sum->terms; term; term = term->next) {
		if (!check_address_term(check, term))
			good = false;
		is_literal &= term->is_number;
		if (term->is_number)
			total += term->negative ? -(__int128)term->number : (__int128)term->number;
	}
	/* Addresses wrap as the machine's do; numbers that were written down do not. */
	if (good && is_literal && (total < 0 || total > (__int128)MM_UNLIMITED)) {
		diag_error(check->diag, &sum->pos, "a sum below zero or too large, expected 64 bits");
		good = false;
	}
	return good;
}

bool check_constant(struct checker *check, struct sum *sum, const char *what, unsigned long *value)
{
	unsigned long total = 0;
	struct term *term;

	for (term = sum->terms; term; term = term->next) {
		if (!term->is_number && !term->path->next && !term->path->argument &&
		    !strcmp(term->path->name, "unlimited")) {
			term->is_number = true;
			term->number = MM_UNLIMITED;
		}
		if (!term->is_number ||
		    (term->negative ? __builtin_sub_overflow(total, term->number, &total) :
				      __builtin_add_overflow(total, term->number, &total))) {
			diag_error(check->diag, &sum->pos, "not %s, expected a number", what);
			return false;
		}
	}
	*value = total;
	return true;
}

/* Collecting: what is made anywhere, so that a name can be told from a mistake. */

static void grow_facts(struct name_facts **facts, unsigned int *room, unsigned int nr)
{
	unsigned int more = *room ? *room * 2 : 64;

	if (nr <= *room)
		return;
	while (more < nr)
		more *= 2;
	*facts = xrealloc(*facts, more * sizeof(**facts));
	memset(*facts + *room, 0, (more - *room) * sizeof(**facts));
	*room = more;
}

struct collector {
	struct checker *check;
	unsigned int task_room;
	unsigned int variable_room;
};

static int collect_task(struct collector *collect, const char *name, const struct pin_pos *pos)
{
	struct checker *check = collect->check;
	unsigned int before = check->tasks.nr;
	int slot = name_add(&check->tasks, name);

	if (before == PIN_TASKS_MAX && check->tasks.nr > before)
		diag_error(check->diag, pos, "too many tasks, expected at most %u", PIN_TASKS_MAX);
	grow_facts(&check->task_facts, &collect->task_room, check->tasks.nr);
	return slot;
}

/* The task that a call like fork(CHILD) makes; NULL where it makes none. */
static const char *new_task_of(const struct step *step)
{
	const struct pin_arg *arg = step->args;
	unsigned int i;

	for (i = 0; step->op && step->op->args[i].name && arg; i++, arg = arg->next)
		if (step->op->args[i].type == ARG_NEW_TASK && !arg->key && arg->values->kind == PIN_SUM)
			return sum_word(arg->values->first);
	return NULL;
}

static void collect_step(struct collector *collect, struct step *step)
{
	struct checker *check = collect->check;
	const char *child;
	int slot;

	step->op = op_by_name(step->op_name);
	step->made_task = NO_SLOT;
	step->variable = NO_SLOT;
	child = new_task_of(step);
	if (child)
		step->made_task = collect_task(collect, child, &step->op_pos);
	if (!step->variable_name)
		return;
	slot = name_add(&check->variables, step->variable_name);
	grow_facts(&check->variable_facts, &collect->variable_room, check->variables.nr);
	/* An unknown operation is a message of its own: what it sets could be anything. */
	check->variable_facts[slot].kinds |= !step->op ? ~0u : step->op->makes ? step->op->makes : KIND(NUMBER);
	step->variable = slot;
}

static void collect_stmts(struct collector *collect, struct stmt *stmt)
{
	for (; stmt; stmt = stmt->next)
		switch (stmt->kind) {
		case STMT_TASK:
			stmt->task.slot = collect_task(collect, stmt->task.name, &stmt->pos);
			break;
		case STMT_STEP:
			collect_step(collect, &stmt->step);
			break;
		case STMT_PARALLEL:
		case STMT_REPEAT:
		case STMT_INCLUDE:
			collect_stmts(collect, stmt->block.body);
			break;
		default:
			break;
		}
}

/* Binding */

/* What a block makes may be used anywhere in it. */
static void mark_made(struct checker *check, const struct stmt *stmt)
{
	for (; stmt; stmt = stmt->next) {
		if (stmt->kind == STMT_STEP) {
			if (stmt->step.made_task != NO_SLOT)
				check->task_facts[stmt->step.made_task].made = true;
			if (stmt->step.variable != NO_SLOT)
				check->variable_facts[stmt->step.variable].made = true;
		} else if (stmt->kind == STMT_REPEAT || stmt->kind == STMT_PARALLEL || stmt->kind == STMT_INCLUDE) {
			mark_made(check, stmt->block.body);
		}
	}
}

static void check_task_decl(struct checker *check, struct stmt *stmt)
{
	struct task_decl *task = &stmt->task;
	const struct pin_arg *arg, *before;
	bool has_caps = false;
	unsigned long uid = 1000;

	task->memlock_cur_bytes = MM_UNLIMITED;
	task->memlock_max_bytes = MM_UNLIMITED;
	for (arg = task->args; arg; arg = arg->next) {
		const struct pin_value *value = arg->values;
		struct suggestion best = { .text = NULL };
		char did_you_mean[96];

		for (before = task->args; before != arg; before = before->next)
			if (!strcmp(before->key, arg->key))
				diag_error(check->diag, &arg->pos, "\"%s\" a second time, expected it once", arg->key);
		if (!strcmp(arg->key, "uid") && !value->next && value->kind == PIN_SUM) {
			if (check_constant(check, value->first, "a uid", &uid) && uid >= 0xffffffffu)
				diag_error(check->diag, &value->pos, "not a uid, expected less than 2^32 - 1");
		} else if (!strcmp(arg->key, "memlock") && !value->next) {
			check_limit(check, value, &task->memlock_cur_bytes, &task->memlock_max_bytes);
			if (task->memlock_cur_bytes > task->memlock_max_bytes)
				diag_error(check->diag, &value->pos,
					   "a soft limit above the hard one, expected memlock=SOFT:HARD");
		} else if (!strcmp(arg->key, "caps")) {
			has_caps = true;
			for (; value; value = value->next)
				if (value->kind != PIN_SUM)
					diag_error(check->diag, &value->pos,
						   "not a capability, expected ipc_lock, sys_resource, "
						   "setuid or all");
				else
					check_caps_words(check, value->first, &task->caps);
		} else {
			suggest(&best, arg->key, "uid");
			suggest(&best, arg->key, "memlock");
			suggest(&best, arg->key, "caps");
			diag_error(check->diag, &arg->pos,
				   "unexpected \"%s\", expected uid=N, memlock=SIZE[:SIZE] or caps=a,b%s", arg->key,
				   suggestion_text(&best, did_you_mean, sizeof(did_you_mean)));
		}
	}
	task->uid = (unsigned int)uid;
	if (!has_caps && !uid)
		task->caps = MM_CAP_EVERY;
	if (check->task_facts[task->slot].made)
		diag_error(check->diag, &stmt->pos, "task \"%s\" a second time, expected one of each name at the start",
			   task->name);
	check->task_facts[task->slot].made = true;
}

/* Tasks stand from the start, wherever their statement is. */
static void check_task_decls(struct checker *check, struct stmt *stmt, unsigned int *nr)
{
	for (; stmt; stmt = stmt->next) {
		if (stmt->kind == STMT_INCLUDE)
			check_task_decls(check, stmt->block.body, nr);
		if (stmt->kind != STMT_TASK)
			continue;
		check_task_decl(check, stmt);
		if (*nr < PIN_TASKS_MAX)
			check->program->tasks[(*nr)++] = &stmt->task;
	}
}

static void check_settings(struct checker *check, struct stmt *stmt)
{
	struct world_settings *settings = &check->program->settings;
	const struct {
		const char *key;
		unsigned long *value;
		unsigned long least;
	} known[] = {
		{ "pages", &settings->pages, 1 },
		{ "cpus", &settings->cpus, 1 },
		{ "hugepages", &settings->hugepages, 0 },
		{ "contig", &settings->contig_pages, 4096 },
		{ "perf_mlock_kb", &settings->perf_mlock_kb, 0 },
		{ "dma_entry_limit", &settings->dma_entry_limit, 1 },
	};
	const struct pin_arg *arg;
	size_t i;

	for (arg = stmt->settings; arg; arg = arg->next) {
		struct suggestion best = { .text = NULL };
		char did_you_mean[96];

		for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
			if (!strcmp(known[i].key, arg->key))
				break;
			suggest(&best, arg->key, known[i].key);
		}
		if (i == sizeof(known) / sizeof(known[0])) {
			diag_error(check->diag, &arg->pos,
				   "no setting \"%s\", expected pages, cpus, hugepages, contig, "
				   "perf_mlock_kb or dma_entry_limit%s",
				   arg->key, suggestion_text(&best, did_you_mean, sizeof(did_you_mean)));
			continue;
		}
		if (arg->values->next || arg->values->kind != PIN_SUM) {
			diag_error(check->diag, &arg->values->pos, "not a setting, expected one number");
			continue;
		}
		if (!check_constant(check, arg->values->first, "a setting", known[i].value))
			continue;
		if (*known[i].value < known[i].least)
			diag_error(check->diag, &arg->values->pos, "too small, expected at least %lu", known[i].least);
		if (known[i].value == &settings->contig_pages) {
			if (*known[i].value % 4096 && *known[i].value > 4096)
				diag_error(check->diag, &arg->values->pos,
					   "not a run of pages, expected a multiple of 4K");
			settings->contig_pages >>= 12;
		}
		if (known[i].value == &settings->cpus && settings->cpus > 8192)
			diag_error(check->diag, &arg->values->pos, "too many, expected at most 8192 CPUs");
	}
}

static const char *stmt_word(enum stmt_kind kind)
{
	static const char *const words[] = {
		[STMT_TITLE] = "title", [STMT_REF] = "ref",	  [STMT_KERNELS] = "kernels",
		[STMT_TASK] = "task",	[STMT_SET] = "set",	  [STMT_EXPECT] = "expect",
		[STMT_PARALLEL] = "parallel", [STMT_REPEAT] = "repeat", [STMT_INCLUDE] = "include",
	};

	return words[kind];
}

enum place { PLACE_FILE, PLACE_REPEAT, PLACE_PARALLEL };

/* May a statement of this kind stand here? Says so where not. */
static bool check_place(struct checker *check, const struct stmt *stmt, enum place place)
{
	if (place == PLACE_PARALLEL && stmt->kind != STMT_STEP) {
		diag_error(check->diag, &stmt->pos, "\"%s\" inside a parallel block, expected task lines only",
			   stmt_word(stmt->kind));
		return false;
	}
	if (place == PLACE_REPEAT &&
	    (stmt->kind == STMT_TITLE || stmt->kind == STMT_REF || stmt->kind == STMT_KERNELS ||
	     stmt->kind == STMT_TASK || stmt->kind == STMT_SET)) {
		diag_error(check->diag, &stmt->pos, "\"%s\" inside a repeat block, expected it outside",
			   stmt_word(stmt->kind));
		return false;
	}
	return true;
}

static void check_title(struct checker *check, struct stmt *stmt)
{
	/* What an included file is called is not what this one is called. */
	if (stmt->pos.source != check->program->sources)
		return;
	if (check->titled)
		diag_error(check->diag, &stmt->pos, "a second title, expected one");
	check->titled = true;
	check->program->title = stmt->text;
}

static void check_kernels(struct checker *check, struct stmt *stmt)
{
	struct kernels_stmt *kernels;

	if (!kernel_set_check(stmt->set, check->diag))
		return;
	kernels = arena_alloc(check->arena, sizeof(*kernels));
	kernels->set = stmt->set;
	kernels->next = check->program->kernels;
	check->program->kernels = kernels;
}

static void check_stmts(struct checker *check, struct stmt *stmt, enum place place)
{
	for (; stmt && check->diag->errors < DIAGNOSTICS_MAX; stmt = stmt->next) {
		if (!check_place(check, stmt, place))
			continue;
		switch (stmt->kind) {
		case STMT_TITLE:
			check_title(check, stmt);
			break;
		case STMT_REF:
			if (!check->program->ref && stmt->pos.source == check->program->sources)
				check->program->ref = stmt->text;
			break;
		case STMT_KERNELS:
			check_kernels(check, stmt);
			break;
		case STMT_TASK:
			break;
		case STMT_SET:
			check_settings(check, stmt);
			break;
		case STMT_STEP:
			check_step(check, stmt);
			break;
		case STMT_EXPECT:
			check_expect(check, stmt);
			break;
		case STMT_PARALLEL:
			mark_made(check, stmt->block.body);
			check->program->has_parallel = true;
			check_stmts(check, stmt->block.body, PLACE_PARALLEL);
			break;
		case STMT_REPEAT:
			mark_made(check, stmt->block.body);
			check_stmts(check, stmt->block.body, PLACE_REPEAT);
			break;
		case STMT_INCLUDE:
			check_stmts(check, stmt->block.body, place);
			break;
		}
	}
}

/* Unrolling */

struct size {
	unsigned long steps;
	unsigned long expects;
	unsigned long blocks;
};

static unsigned long add_capped(unsigned long a, unsigned long b)
{
	unsigned long sum;

	return __builtin_add_overflow(a, b, &sum) ? ~0ul : sum;
}

static unsigned long mul_capped(unsigned long a, unsigned long b)
{
	unsigned long product;

	return __builtin_mul_overflow(a, b, &product) ? ~0ul : product;
}

/* How long the list will be; counted before it is made, so that no repeat can ask for more than is allowed. */
static struct size measure(const struct stmt *stmt)
{
	struct size size = { 0 }, inner;
	unsigned long times;

	for (; stmt; stmt = stmt->next) {
		switch (stmt->kind) {
		case STMT_STEP:
			size.steps = add_capped(size.steps, 1);
			break;
		case STMT_EXPECT:
			size.expects = add_capped(size.expects, 1);
			break;
		case STMT_PARALLEL:
		case STMT_REPEAT:
		case STMT_INCLUDE:
			inner = measure(stmt->block.body);
			times = stmt->kind == STMT_REPEAT ? stmt->block.count : 1;
			size.steps = add_capped(size.steps, mul_capped(inner.steps, times));
			size.expects = add_capped(size.expects, mul_capped(inner.expects, times));
			size.blocks = add_capped(size.blocks, mul_capped(inner.blocks, times));
			if (stmt->kind == STMT_PARALLEL)
				size.blocks = add_capped(size.blocks, 1);
			break;
		default:
			break;
		}
	}
	return size;
}

static void unroll(struct program *program, const struct stmt *stmt)
{
	unsigned long i;
	struct size inner;

	for (; stmt; stmt = stmt->next)
		switch (stmt->kind) {
		case STMT_STEP:
			program->items[program->nr_items++] = (struct item){ ITEM_STEP, stmt };
			program->nr_steps++;
			if (!stmt->step.op->run && !program->not_modelled)
				program->not_modelled = stmt;
			break;
		case STMT_EXPECT:
			program->items[program->nr_items++] = (struct item){ ITEM_EXPECT, stmt };
			break;
		case STMT_PARALLEL:
			program->items[program->nr_items++] = (struct item){ ITEM_PARALLEL, stmt };
			unroll(program, stmt->block.body);
			program->items[program->nr_items++] = (struct item){ ITEM_PARALLEL_END, stmt };
			break;
		case STMT_REPEAT:
			inner = measure(stmt->block.body);
			if (!inner.steps && !inner.expects && !inner.blocks)
				break;
			for (i = 0; i < stmt->block.count; i++)
				unroll(program, stmt->block.body);
			break;
		case STMT_INCLUDE:
			unroll(program, stmt->block.body);
			break;
		default:
			break;
		}
}

/* Is the whole within the bounds? Says so at the statement that goes beyond them. */
static bool check_size(struct checker *check, struct size *size)
{
	const struct stmt *stmt;

	memset(size, 0, sizeof(*size));
	for (stmt = check->program->stmts; stmt; stmt = stmt->next) {
		struct stmt alone = *stmt;
		struct size more;

		alone.next = NULL;
		more = measure(&alone);
		size->steps = add_capped(size->steps, more.steps);
		size->expects = add_capped(size->expects, more.expects);
		size->blocks = add_capped(size->blocks, more.blocks);
		if (size->steps > PIN_STEPS_MAX) {
			diag_error(check->diag, &stmt->pos, "too many steps after expansion, expected at most %u",
				   PIN_STEPS_MAX);
			return false;
		}
		if (size->expects > PIN_EXPECTS_MAX || size->blocks > PIN_STEPS_MAX) {
			diag_error(check->diag, &stmt->pos,
				   "too much after expansion, expected at most %u expects and %u blocks",
				   PIN_EXPECTS_MAX, PIN_STEPS_MAX);
			return false;
		}
	}
	return true;
}

static void unroll_program(struct checker *check)
{
	struct program *program = check->program;
	struct size size;

	if (!check_size(check, &size))
		return;
	program->items = arena_alloc(program->arena,
				     (size.steps + size.expects + 2 * size.blocks) * sizeof(*program->items));
	unroll(program, program->stmts);
}

static const char **keep_names(struct arena *arena, const struct name_table *table)
{
	const char **names = arena_alloc(arena, (table->nr + 1) * sizeof(*names));

	if (table->nr)
		memcpy(names, table->names, table->nr * sizeof(*names));
	return names;
}

bool program_check(struct program *program, struct diagnostics *diag)
{
	struct checker check = { .program = program, .arena = program->arena, .diag = diag };
	struct collector collect = { .check = &check };
	unsigned int errors_before = diag->errors;

	program->title = program->path;
	program->settings = (struct world_settings)WORLD_SETTINGS_INIT;
	collect_stmts(&collect, program->stmts);
	program->tasks = arena_alloc(program->arena, PIN_TASKS_MAX * sizeof(struct task_decl *));
	check_task_decls(&check, program->stmts, &program->nr_tasks);
	check_stmts(&check, program->stmts, PLACE_FILE);
	if (check.compat_open && check.plain_open)
		diag_error(diag, &check.compat_open->step.op_pos,
			   "compat=1 and a plain container in one file, expected one kind: "
			   "/dev/vfio/vfio is served by iommufd or by vfio (line %u)",
			   check.plain_open->pos.line);
	if (diag->errors == errors_before)
		unroll_program(&check);
	program->task_names = keep_names(program->arena, &check.tasks);
	program->nr_task_names = check.tasks.nr;
	program->variable_names = keep_names(program->arena, &check.variables);
	program->nr_variables = check.variables.nr;
	name_table_free(&check.tasks);
	name_table_free(&check.variables);
	free(check.task_facts);
	free(check.variable_facts);
	return diag->errors == errors_before;
}

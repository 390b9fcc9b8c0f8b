// SPDX-License-Identifier: GPL-2.0-or-later
/* Finding the least limits; scenario/limit.h says what they are and why this finds them. */
#include <stdlib.h>
#include <string.h>
#include <scenario/limit.h>
#include <scenario/report.h>
#include "arena.h"
#include "record.h"
#include "schedules.h"

#define PAGE_BYTES 4096ul
/* As much as anybody may like. Not RLIM_INFINITY, by which some calls are not charged at all. */
#define PAGES_MOST (1ul << 50)
/* Steps for one answer, over all runs: more than any program with a use needs. */
#define STEPS_MAX 20000000ul

struct search {
	const struct program *program;
	struct run_options run;
	unsigned long *memlock_bytes; /* by slot */
	int slot;
	unsigned long first_seed;
	unsigned int schedules; /* at most, of a program with parallel blocks */
	bool all_schedules; /* those of the last question were all that there are */
	unsigned long steps; /* of all runs for one answer */
	bool gave_up; /* STEPS_MAX, or an error */
	char *error; /* a message ready to print */
	bool states_refusal; /* the file has calls that a limit is to refuse */
};

static bool run_at(struct search *search, unsigned long pages, struct record *record)
{
	search->memlock_bytes[search->slot] = pages * PAGE_BYTES;
	record_run(search->program, &search->run, false, record);
	search->steps += record->nr + 1;
	if (record->result.error || search->steps > STEPS_MAX)
		search->gave_up = true;
	if (record->result.error && !search->error)
		search->error = xstrdup(record->result.error);
	return !search->gave_up;
}

static bool failed(const struct step_record *step)
{
	return step->skip == STEP_RAN && (!step->returned || step->ret < 0);
}

static bool required(const struct step_record *step)
{
	return !step->stated_errno;
}

/* The first step from index @from on that failed, whether or not it may; of all that must not, with @only_required. */
static const struct step_record *first_failed(const struct record *record, unsigned int from, bool only_required)
{
	for (unsigned int i = from ? from - 1 : 0; i < record->nr; i++)
		if (failed(&record->step[i]) && (!only_required || required(&record->step[i])))
			return &record->step[i];
	return NULL;
}

/*
 * Runs with @pages, under every schedule until one fails: with @index 0 by any call
 * that is required, else by that one. @record: of that run, or of the last one;
 * filled in any case.
 */
static bool fails_in(struct search *search, unsigned int index, unsigned long pages, struct record *record)
{
	struct schedules schedules;
	bool fails = false;

	memset(record, 0, sizeof(*record));
	schedules_begin(&schedules, search->program, search->first_seed, search->schedules);
	while (!fails && !search->gave_up && schedules_next(&schedules, &search->run)) {
		struct record now;

		if (run_at(search, pages, &now) && !schedules_cut(&schedules))
			fails = index ? index <= now.nr && failed(&now.step[index - 1])
				      : first_failed(&now, 1, true) != NULL;
		record_free(record);
		*record = now;
	}
	schedules_end(&schedules);
	search->all_schedules = schedules.all;
	search->run.seed = search->first_seed;
	search->run.strategy = NULL;
	search->run.context = NULL;
	return fails || search->gave_up;
}

static bool fails_at(struct search *search, unsigned int index, unsigned long pages)
{
	struct record record;
	bool fails = fails_in(search, index, pages, &record);

	record_free(&record);
	return fails;
}

/*
 * What a counter shows after the call, where it has room: mostly that is what it
 * needs. @index 0: the highest that each counter ever shows.
 */
struct guesses {
	unsigned long pages[8];
	unsigned int nr;
};

static void guess(struct guesses *guesses, long pages)
{
	if (pages <= 0)
		return;
	for (unsigned int i = 0; i < guesses->nr; i++)
		if (guesses->pages[i] == (unsigned long)pages)
			return;
	if (guesses->nr < sizeof(guesses->pages) / sizeof(guesses->pages[0]))
		guesses->pages[guesses->nr++] = (unsigned long)pages;
}

static void guess_from(struct guesses *guesses, const struct record *record, unsigned int index)
{
	struct task_counters most = {.name = NULL};

	for (unsigned int i = index ? index - 1 : 0; i < record->nr && (!index || i < index); i++)
		for (unsigned int j = 0; j < record->step[i].nr_tasks; j++) {
			const struct task_counters *task = &record->step[i].tasks[j];

			if (index) {
				guess(guesses, task->user_locked_vm);
				guess(guesses, task->locked_vm);
				guess(guesses, task->pinned_vm);
			}
			most.user_locked_vm =
				task->user_locked_vm > most.user_locked_vm ? task->user_locked_vm : most.user_locked_vm;
			most.locked_vm = task->locked_vm > most.locked_vm ? task->locked_vm : most.locked_vm;
			most.pinned_vm = task->pinned_vm > most.pinned_vm ? task->pinned_vm : most.pinned_vm;
		}
	guess(guesses, most.user_locked_vm);
	guess(guesses, most.locked_vm);
	guess(guesses, most.pinned_vm);
}

/* As fails_at(), and what it takes where it does not. */
static bool fails_with_room(struct search *search, unsigned int index, unsigned long pages, struct guesses *guesses)
{
	struct record record;
	bool fails;

	guesses->nr = 0;
	search->run.counters = true;
	fails = fails_in(search, index, pages, &record);
	search->run.counters = false;
	guess_from(guesses, &record, index);
	record_free(&record);
	return fails;
}

/*
 * It fails at @low: the least limit below @high at which it does not; @high where
 * there is none. Bisection, where no guess is right.
 */
static unsigned long least_without_failure(struct search *search, unsigned int index, unsigned long low,
					   unsigned long high)
{
	struct guesses guesses;
	unsigned long good = high - 1;

	if (low + 1 >= high || fails_with_room(search, index, high - 1, &guesses))
		return high;
	for (unsigned int i = 0; i < guesses.nr && !search->gave_up; i++) {
		unsigned long pages = guesses.pages[i];

		if (pages <= low || pages >= good)
			continue;
		if (fails_at(search, index, pages))
			low = pages;
		else if (pages == low + 1 || fails_at(search, index, pages - 1))
			return pages;
		else
			good = pages - 1;
	}
	while (!search->gave_up && low + 1 < good) {
		unsigned long middle = low + (good - low) / 2;

		if (fails_at(search, index, middle))
			low = middle;
		else
			good = middle;
	}
	return good;
}

/* What the two ends of an interval of limits tell of it. */
struct ends {
	unsigned int differs; /* index of the first step that fails at the lower one only; 0: none */
	bool may; /* it is one that may */
	bool refused; /* a required one before it fails at both */
};

static void compare_ends(struct search *search, unsigned long low, unsigned long high, unsigned int from,
			 struct ends *ends)
{
	struct record a, b;

	*ends = (struct ends){.differs = 0};
	run_at(search, low, &a);
	run_at(search, high - 1, &b);
	for (unsigned int i = from - 1; i < a.nr && i < b.nr && !ends->differs; i++) {
		if (failed(&a.step[i]) == failed(&b.step[i])) {
			ends->refused |= failed(&a.step[i]) && required(&a.step[i]);
		} else {
			ends->differs = i + 1;
			ends->may = !required(&a.step[i]);
		}
	}
	record_free(&a);
	record_free(&b);
}

/*
 * The least limit in [@low, @high) with which all required steps succeed, @high
 * where none is. All over that interval the steps before @from come to the same, and
 * so do those behind it up to the first that comes to something else at its ends.
 */
static unsigned long least(struct search *search, unsigned long low, unsigned long high, unsigned int from)
{
	while (low < high && !search->gave_up) {
		unsigned long edge, found;
		struct ends ends;

		compare_ends(search, low, high, from, &ends);
		if (search->gave_up || ends.refused)
			return high;
		if (!ends.differs)
			return low;
		edge = least_without_failure(search, ends.differs, low, high);
		from = ends.differs + 1;
		if (ends.may) {
			found = least(search, low, edge, from);
			if (found < edge)
				return found;
		}
		low = edge;
	}
	return high;
}

static char *call_text(const struct stmt *stmt)
{
	return xasprintf("%s: %s", stmt->step.task_name, stmt->step.text);
}

/* What stands before the count: "user(107).locked_vm", "qemu.locked_vm + pinned_vm". */
static char *bucket_name(const char *refusal)
{
	const char *end = strchr(refusal, ' ');

	while (end && !strchr("-0123456789", end[1]))
		end = strchr(end + 1, ' ');
	return end ? xasprintf("%.*s", (int)(end - refusal), refusal) : xstrdup(refusal);
}

static void name_step(struct limit_task *task, const struct step_record *step)
{
	task->line = step->stmt->pos.line;
	task->call = call_text(step->stmt);
	task->refusal = xasprintf("%s%s%s", step->outcome, step->refusal ? ": " : "",
				  step->refusal ? step->refusal : "");
	if (step->refusal)
		task->bucket = bucket_name(step->refusal);
}

/* The counter that the bucket's name means, for one task; false: not one of the task's, or none that is shown. */
static bool in_bucket(const char *bucket, const struct task_counters *task, long *pages)
{
	size_t name = strlen(task->name);
	unsigned int uid;

	if (sscanf(bucket, "user(%u).locked_vm", &uid) == 1) {
		*pages = task->user_locked_vm;
		return task->uid == uid;
	}
	if (strncmp(bucket, task->name, name))
		return false;
	if (!strcmp(bucket + name, ".locked_vm"))
		*pages = task->locked_vm;
	else if (!strcmp(bucket + name, ".pinned_vm"))
		*pages = task->pinned_vm;
	else if (!strcmp(bucket + name, ".locked_vm + pinned_vm"))
		*pages = task->locked_vm + task->pinned_vm;
	else
		return false;
	return true;
}

static bool bucket_after(const char *bucket, const struct step_record *step, const struct task_counters **of,
			 long *pages)
{
	for (unsigned int i = 0; i < step->nr_tasks; i++)
		if (in_bucket(bucket, &step->tasks[i], pages)) {
			*of = &step->tasks[i];
			return true;
		}
	return false;
}

/* What is taken back as it was added, the last one first, is not in the bucket any more. */
static void add_part(struct limit_task *task, const struct stmt *stmt, long pages)
{
	for (unsigned int i = task->nr_parts; i-- && pages < 0;) {
		if (task->parts[i].pages != -pages)
			continue;
		free(task->parts[i].call);
		memmove(&task->parts[i], &task->parts[i + 1], (--task->nr_parts - i) * sizeof(*task->parts));
		return;
	}
	task->parts = xrealloc(task->parts, (task->nr_parts + 1) * sizeof(*task->parts));
	task->parts[task->nr_parts++] = (struct limit_part){
		.line = stmt->pos.line,
		.call = call_text(stmt),
		.pages = pages,
	};
}

/* Which steps filled the bucket, up to the one that needs the limit. */
static void add_parts(struct limit_task *task, const struct record *record, unsigned int last)
{
	const struct task_counters *before = NULL, *now;
	long was = 0, is;

	for (unsigned int i = 0; i < last && i < record->nr; i++) {
		const struct step_record *step = &record->step[i];

		if (!bucket_after(task->bucket, step, &now, &is))
			continue;
		if (task->bucket[0] != 'u' && before && before->mm != now->mm) {
			while (task->nr_parts)
				free(task->parts[--task->nr_parts].call);
			was = 0;
		}
		before = now;
		if (is != was)
			add_part(task, step->stmt, is - was);
		was = is;
	}
	if (before && was >= 0 && (unsigned long)was < task->pages)
		task->moment_pages = task->pages - (unsigned long)was;
}

/* What one task has mapped for devices, gathered from its calls as they return. */
struct range {
	unsigned long file; /* of a file; below FILES: of the addresses of the how-manyth image */
	unsigned long first, bytes;
};

#define FILES (1ul << 32)

struct maps {
	int slot;
	unsigned long image; /* counts execs, which leave addresses behind */
	struct limit_task *task;
	struct range *seen, *device; /* memory that was mapped; ranges that are no memory */
	unsigned int nr_seen, nr_device;
	unsigned long *spaces;
	unsigned int nr_spaces;
};

static void add_range(struct range **ranges, unsigned int *nr, struct range range)
{
	*ranges = xrealloc(*ranges, (*nr + 1) * sizeof(**ranges));
	(*ranges)[(*nr)++] = range;
}

/* Adds what is not in @ranges yet. */
static void add_new(struct range **ranges, unsigned int *nr, struct range range)
{
	for (unsigned int i = 0; i < *nr && range.bytes; i++) {
		const struct range *old = &(*ranges)[i];
		unsigned long last = range.first + range.bytes;

		if (old->file != range.file || old->first >= last || old->first + old->bytes <= range.first)
			continue;
		if (old->first > range.first)
			add_new(ranges, nr, (struct range){range.file, range.first, old->first - range.first});
		old = &(*ranges)[i];
		if (old->first + old->bytes >= last)
			return;
		range.bytes = last - (old->first + old->bytes);
		range.first = old->first + old->bytes;
	}
	if (range.bytes)
		add_range(ranges, nr, range);
}

static void add_space(struct maps *maps, unsigned long space, unsigned int *counter)
{
	for (unsigned int i = 0; i < maps->nr_spaces; i++)
		if (maps->spaces[i] == space)
			return;
	maps->spaces = xrealloc(maps->spaces, (maps->nr_spaces + 1) * sizeof(*maps->spaces));
	maps->spaces[maps->nr_spaces++] = space;
	(*counter)++;
}

static const struct op_value *argument(const struct stmt *stmt, const struct op_call *call, const char *name)
{
	const struct op_arg *args = stmt->step.op->args;

	for (unsigned int i = 0; args[i].name; i++)
		if (!strcmp(args[i].name, name))
			return call->arg[i].given ? &call->arg[i] : NULL;
	return NULL;
}

static bool is_device_memory(const struct maps *maps, unsigned long address)
{
	for (unsigned int i = 0; i < maps->nr_device; i++)
		if (address - maps->device[i].first < maps->device[i].bytes)
			return true;
	return false;
}

/* A container by its file, an IOAS by its number in its iommufd's. */
static unsigned long space_of(const struct op_value *arg)
{
	return arg->value->file * 4096 + arg->value->id;
}

static void note_map(struct maps *maps, const struct stmt *stmt, const struct op_call *call)
{
	const struct op_value *len = argument(stmt, call, "len"), *va = argument(stmt, call, "va");
	const struct op_value *file = argument(stmt, call, "file"), *off = argument(stmt, call, "off");
	struct range range = {0, 0, len->number};

	range.file = file ? FILES + file->value->file : maps->image;
	range.first = file ? (off ? off->number : 0) : va ? va->number : 0;
	if (!file && is_device_memory(maps, range.first))
		return;
	add_new(&maps->seen, &maps->nr_seen, range);
	maps->task->mapped_bytes += range.bytes;
	maps->task->maps++;
}

static void on_call(void *arg, const struct stmt *stmt, const struct op_call *call, long ret)
{
	static const char *const map_ops[] = {"vfio_map", "ioas_map", "ioas_map_file", "ioas_copy", "vdpa_map"};
	const char *op = stmt->step.op_name;
	struct maps *maps = arg;
	unsigned int i;

	if (stmt->step.task != maps->slot || ret < 0)
		return;
	if (!strcmp(op, "exec"))
		maps->image++;
	if (!strcmp(op, "mmap")) {
		for (i = 0; stmt->step.op->args[i].name; i++)
			if (!strcmp(stmt->step.op->args[i].name, "kind") && step_operand(&stmt->step, i) &&
			    !strcmp(stmt->step.operand[i].word, "pfnmap"))
				add_range(&maps->device, &maps->nr_device,
					  (struct range){0, call->made.number, call->arg[0].number});
		return;
	}
	for (i = 0; i < sizeof(map_ops) / sizeof(map_ops[0]) && strcmp(op, map_ops[i]); i++)
		;
	if (i == sizeof(map_ops) / sizeof(map_ops[0]))
		return;
	add_space(maps, space_of(&call->arg[0]), strcmp(op, "vdpa_map") ? &maps->task->spaces : &maps->task->vdpas);
	if (strcmp(op, "ioas_copy"))
		note_map(maps, stmt, call);
}

static const struct run_events call_events = {.call = on_call};

static void gather_maps(struct search *search, struct limit_task *task)
{
	struct maps maps = {.slot = search->slot, .task = task};
	struct run_options run = search->run;
	struct run_result result;

	run.events = &call_events;
	run.arg = &maps;
	scenario_run(search->program, &run, &result);
	run_result_free(&result);
	for (unsigned int i = 0; i < maps.nr_seen; i++)
		task->memory_bytes += maps.seen[i].bytes;
	free(maps.seen);
	free(maps.device);
	free(maps.spaces);
}

/* Who needs it, and what it is made of: the refusal with a page less, and the run with the limit. */
static void explain(struct search *search, struct limit_task *task)
{
	unsigned long refused = task->answer == LIMIT_NONE ? PAGES_MOST - 1 : task->pages - 1;
	unsigned int last = 0;
	struct record record;

	if (task->answer == LIMIT_NONE || task->pages) {
		const struct step_record *step;

		fails_in(search, 0, refused, &record);
		step = first_failed(&record, 1, true);
		if (step) {
			name_step(task, step);
			last = step->index;
		}
		record_free(&record);
	}
	if (task->bucket && task->answer == LIMIT_FOUND && !search->program->has_parallel) {
		search->run.counters = true;
		run_at(search, task->pages, &record);
		search->run.counters = false;
		add_parts(task, &record, last);
		record_free(&record);
	}
	search->memlock_bytes[search->slot] = (task->answer == LIMIT_NONE ? PAGES_MOST : task->pages) * PAGE_BYTES;
	gather_maps(search, task);
}

static enum limit_answer find(struct search *search, struct limit_task *task, unsigned long *pages)
{
	search->steps = 0;
	search->gave_up = false;
	if (!search->program->has_parallel)
		*pages = least(search, 0, PAGES_MOST, 1);
	else
		*pages = fails_at(search, 0, 0) ? least_without_failure(search, 0, 0, PAGES_MOST) : 0;
	if (search->gave_up)
		return search->error ? LIMIT_ERROR : LIMIT_UNDECIDED;
	if (*pages == PAGES_MOST)
		return LIMIT_NONE;
	task->all_schedules = !fails_at(search, 0, *pages) && search->all_schedules;
	return LIMIT_FOUND;
}

static void limit_of(struct search *search, struct limit_task *task)
{
	enum limit_answer lean = LIMIT_NONE;

	task->answer = find(search, task, &task->pages);
	if (search->states_refusal && (task->answer == LIMIT_FOUND || task->answer == LIMIT_NONE)) {
		search->run.leave_out_refused = true;
		lean = find(search, task, &task->lean_pages);
		task->left_out = task->answer == LIMIT_NONE && lean == LIMIT_FOUND;
		task->has_lean = task->answer == LIMIT_FOUND && lean == LIMIT_FOUND && task->lean_pages != task->pages;
		search->run.leave_out_refused = task->left_out;
	}
	if (task->left_out) {
		task->pages = task->lean_pages;
		task->answer = lean;
	}
	if (task->answer == LIMIT_FOUND || task->answer == LIMIT_NONE)
		explain(search, task);
	search->run.leave_out_refused = false;
	search->memlock_bytes[search->slot] = PAGES_MOST * PAGE_BYTES;
}

/* A name of a process: made by other than thread(). */
static bool is_process(const struct program *program, int slot)
{
	for (unsigned int i = 0; i < program->nr_tasks; i++)
		if (program->tasks[i]->slot == slot)
			return true;
	for (unsigned int i = 0; i < program->nr_items; i++) {
		const struct stmt *stmt = program->items[i].stmt;

		if (program->items[i].kind == ITEM_STEP && stmt->step.made_task == slot &&
		    strcmp(stmt->step.op_name, "thread"))
			return true;
	}
	return false;
}

void limit_program(const struct program *program, const struct limit_options *options, struct limit_kernel *limit)
{
	struct search search = {
		.program = program,
		.run =
			{
				.kernel = options->kernel,
				.backend = options->backend,
				.seed = options->seed,
				.stop = options->stop,
			},
		.first_seed = options->seed,
		.schedules = options->schedules,
	};
	struct record record;
	char missing[64];

	*limit = (struct limit_kernel){.kernel = xstrdup(options->kernel->name)};
	search.memlock_bytes = xzalloc((program->nr_task_names + 1) * sizeof(*search.memlock_bytes));
	search.run.memlock_bytes = search.memlock_bytes;
	limit->tasks = xzalloc((program->nr_task_names + 1) * sizeof(*limit->tasks));
	for (unsigned int i = 0; i < program->nr_task_names; i++)
		search.memlock_bytes[i] = PAGES_MOST * PAGE_BYTES;
	search.run.leave_out_refused = true;
	run_at(&search, PAGES_MOST, &record);
	search.run.leave_out_refused = false;
	for (unsigned int i = 0; i < record.nr; i++)
		search.states_refusal |= record.step[i].skip == STEP_SKIP_LEFT_OUT;
	if (record.result.missing)
		limit->missing = xstrdup(missing_text(&record.result, missing, sizeof(missing)));
	record_free(&record);
	for (search.slot = 0; (unsigned int)search.slot < program->nr_task_names; search.slot++) {
		struct limit_task *task;

		if (!is_process(program, search.slot))
			continue;
		task = &limit->tasks[limit->nr_tasks++];
		task->name = program->task_names[search.slot];
		task->answer = limit->missing ? LIMIT_NA : LIMIT_ERROR;
		if (task->answer != LIMIT_NA && !search.error)
			limit_of(&search, task);
	}
	limit->error = search.error;
	free(search.memlock_bytes);
}

void limit_kernel_free(struct limit_kernel *limit)
{
	for (unsigned int i = 0; i < limit->nr_tasks; i++) {
		struct limit_task *task = &limit->tasks[i];

		for (unsigned int j = 0; j < task->nr_parts; j++)
			free(task->parts[j].call);
		free(task->parts);
		free(task->call);
		free(task->refusal);
		free(task->bucket);
	}
	free(limit->tasks);
	free(limit->kernel);
	free(limit->missing);
	free(limit->error);
}

#define GIB (1ul << 30)

unsigned long limit_by_libvirt_bytes(const struct limit_task *task)
{
	unsigned long factor = task->spaces + task->vdpas;

	return task->memory_bytes && factor ? task->memory_bytes * factor + GIB : 0;
}

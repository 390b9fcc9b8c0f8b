// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Worlds, tasks and bodies.
 *
 * A body is one body of its task's actor (sim/sched.h). Alone it is the only one that
 * runs, so nothing is open; at once each actor gets its bodies and the strategy decides. A
 * child's body that a call makes goes the same way: to its actor at once, or to what
 * waits for the next run.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <accounting/kernels.h>
#include <mm_model/syscalls.h>
#include <sim/invariant.h>
#include <sim/kapi.h>
#include <sim/sched.h>
#include <sim/trace.h>
#include <sim/verdict.h>
#include "lib.h"

bool lib_in_body(void)
{
	return sim_this && sim_self();
}

struct lib_run *lib_enter(const struct pinsim_world *world)
{
	if (!world) {
		lib_nothing();
		return NULL;
	}
	if (lib_in_body() && sim_this != world->sim) {
		lib_misuse("a body of another world is under way, expected its own world");
		return NULL;
	}
	sim_this = world->sim;
	return sim_slot(SIM_SLOT_SCENARIO);
}

const struct backend *lib_backend(const char *name)
{
	const struct backend *backend = name ? backend_by_name(name) : &backend_model;

	if (!backend)
		lib_misuse("no backend \"%s\" in this libpinsim, expected model%s", name,
			   backend_by_name("upstream") ? " or upstream" : "");
	return backend;
}

static bool kernel_find(struct pinsim_world *world, const char *name)
{
	struct suggestion best = { NULL, 0 };
	char text[160];
	int err;

	if (!name) {
		lib_misuse("no kernel was named, expected one such as \"v6.12\"");
		return false;
	}
	err = kernel_lookup(name, &world->kernel, world->kernel_name, sizeof(world->kernel_name));
	if (!err)
		return true;
	for (size_t i = 0; i < kernels(); i++)
		suggest(&best, name, kernel_at(i)->name);
	if (err == -ENOENT)
		lib_misuse("no kernel \"%s\", expected one of `pinsim list kernels` or `list proposals`%s", name,
			   suggestion_text(&best, text, sizeof(text)));
	else
		lib_misuse("\"%s\": %s, expected one of `pinsim list bugs`", name,
			   err == -ESRCH ? "no such quirk" : "that quirk does not apply to that kernel");
	return false;
}

static void settings_take(struct world_settings *settings, const struct pinsim_world_options *options)
{
	*settings = (struct world_settings)WORLD_SETTINGS_INIT;
	settings->pages = options->host_pages;
	if (options->huge_pages)
		settings->hugepages = options->huge_pages;
	if (options->contig_pages)
		settings->contig_pages = options->contig_pages;
	if (options->perf_mlock_kb)
		settings->perf_mlock_kb = options->perf_mlock_kb;
	if (options->dma_entries)
		settings->dma_entry_limit = options->dma_entries;
	if (options->cpus)
		settings->cpus = options->cpus;
}

static struct pinsim_world *world_describe(const char *kernel, const struct pinsim_world_options *options)
{
	struct pinsim_world *world = calloc(1, sizeof(*world));

	if (!world) {
		lib_misuse("out of memory");
		return NULL;
	}
	world->options.backend = lib_backend(options->backend);
	if (!world->options.backend || !kernel_find(world, kernel)) {
		free(world);
		return NULL;
	}
	world->options.kernel = &world->kernel;
	settings_take(&world->settings, options);
	if (backend_runs(world->options.backend, &world->kernel))
		return world;
	lib_misuse("the backend %s is %s and no other, expected it instead of %s", world->options.backend->name,
		   world->options.backend->kernel, kernel);
	free(world);
	return NULL;
}

struct pinsim_world *lib_world_create(const char *kernel, const struct pinsim_world_options *options,
				      struct sim_config *config)
{
	static const struct pinsim_world_options defaults;
	struct pinsim_world *world;
	struct lib_run *run;

	if (lib_in_body()) {
		lib_misuse("a body is under way, expected a world to be made outside of bodies");
		return NULL;
	}
	world = world_describe(kernel, options ? options : &defaults);
	if (!world)
		return NULL;
	world->sim = sim_world_create(config);
	if (!world->sim) {
		lib_misuse("out of memory");
		free(world);
		return NULL;
	}
	machine_build(&world->settings, &world->options);
	run = sim_zalloc(sizeof(*run));
	run->world = world;
	run->last_waiting = &run->waiting;
	sim_slot_set(SIM_SLOT_SCENARIO, run, NULL);
	return world;
}

struct pinsim_world *pinsim_world_create(const char *kernel, const struct pinsim_world_options *options)
{
	struct sim_config config = { .strategy = &sim_strategy_random, .seed = options ? options->seed : 0 };

	return lib_world_create(kernel, options, &config);
}

void pinsim_world_destroy(struct pinsim_world *world)
{
	if (!world)
		return;
	if (lib_in_body()) {
		lib_misuse("a body is under way, expected a world to be destroyed outside of bodies");
		return;
	}
	sim_this = world->sim;
	sim_world_destroy(world->sim);
	free(world);
}

const char *pinsim_world_kernel(const struct pinsim_world *world)
{
	return world ? world->kernel.name : "";
}

/*
 * Tasks
 */

static struct pinsim_task *task_add(struct lib_run *run, struct task_struct *task)
{
	struct pinsim_task *made = sim_zalloc(sizeof(*made));

	made->world = run->world;
	made->task = task;
	made->name = mm_task_name(task);
	run->tasks = sim_realloc(run->tasks, (run->nr_tasks + 1) * sizeof(struct pinsim_task *));
	run->tasks[run->nr_tasks++] = made;
	return made;
}

struct pinsim_task *pinsim_task_create(struct pinsim_world *world, const char *name, unsigned int uid,
				       unsigned long memlock_bytes, unsigned int caps)
{
	struct lib_run *run = lib_enter(world);

	if (!run)
		return NULL;
	if (lib_in_body() || run->ended) {
		lib_misuse("task \"%s\": %s, expected tasks to be made outside of bodies and before the end", name,
			   run->ended ? "this world has ended" : "a body is under way");
		return NULL;
	}
	return task_add(run, mm_task_create(name, uid, memlock_bytes, MM_UNLIMITED, caps & MM_CAP_EVERY));
}

struct pinsim_task *pinsim_current(void)
{
	const struct task_struct *task = lib_in_body() ? mm_current() : NULL;
	const struct lib_run *run = task ? sim_slot(SIM_SLOT_SCENARIO) : NULL;

	for (unsigned int i = run ? run->nr_tasks : 0; i--;)
		if (run->tasks[i]->task == task)
			return run->tasks[i];
	return NULL;
}

long pinsim_task_result(const struct pinsim_task *task)
{
	return task ? task->result : 0;
}

bool pinsim_task_alive(const struct pinsim_task *task)
{
	return task && mm_task_alive(task->task);
}

int pinsim_task_killed_by(const struct pinsim_task *task)
{
	return task ? task->killed_by : 0;
}

const char *pinsim_task_name(const struct pinsim_task *task)
{
	return task ? task->name : "";
}

/*
 * Bodies
 */

static void job_run(void *arg)
{
	struct lib_job *job = arg;
	struct pinsim_task *task = job->task;
	jmp_buf way_out;

	if (!mm_task_alive(task->task))
		return;
	task->way_out = &way_out;
	if (!setjmp(way_out)) {
		task->result = job->body(job->arg);
		job->over = true;
	}
	task->way_out = NULL;
}

void lib_leave(struct pinsim_task *task)
{
	longjmp(*task->way_out, 1);
}

static struct lib_job *job_make(struct pinsim_task *task, pinsim_body body, void *arg)
{
	struct lib_job *job = sim_zalloc(sizeof(*job));

	job->task = task;
	job->body = body;
	job->arg = arg;
	return job;
}

static void job_submit(struct lib_job *job)
{
	sim_actor_submit(mm_task_actor(job->task->task), job_run, job);
}

static void job_wait(struct lib_run *run, struct lib_job *job)
{
	*run->last_waiting = job;
	run->last_waiting = &job->next;
}

struct pinsim_task *lib_task_made(struct lib_run *run, struct task_struct *task, const char *name, pinsim_body body,
				  void *arg)
{
	struct pinsim_task *made = task_add(run, task);
	struct lib_job *job = body ? job_make(made, body, arg) : NULL;

	if (job && run->at_once)
		job_submit(job);
	else if (job)
		job_wait(run, job);
	return made;
}

/* For a function that only makes sense outside of bodies: the run of @task's world, NULL with a note. */
static struct lib_run *enter_for_body(struct pinsim_task *task, const char *what)
{
	struct lib_run *run = lib_enter_task(task);

	if (!run)
		return NULL;
	if (lib_in_body())
		lib_misuse("%s in a body, expected it outside of bodies", what);
	else if (!run->ended && !mm_task_alive(task->task))
		lib_misuse("%s: task \"%s\" is dead, expected one that lives", what, task->name);
	else
		return run;
	return NULL;
}

/* Runs what was submitted. Returns whether the world is quiet behind it. */
static bool run_until_quiet(struct lib_run *run)
{
	if (machine_run() == SIM_QUIET)
		sim_invariants_check(SIM_QUIESCENT);
	else
		run->ended = true;
	return !run->ended;
}

long pinsim_call(struct pinsim_task *task, pinsim_body body, void *arg)
{
	struct lib_run *run = enter_for_body(task, "pinsim_call()");
	struct lib_job *job;

	if (!run)
		return -PINSIM_EMISUSE;
	if (run->ended)
		return -PINSIM_EENDED;
	sim_step_set(++run->step);
	job = job_make(task, body, arg);
	job_submit(job);
	return run_until_quiet(run) && job->over ? task->result : -PINSIM_EENDED;
}

int pinsim_start(struct pinsim_task *task, pinsim_body body, void *arg)
{
	struct lib_run *run = enter_for_body(task, "pinsim_start()");

	if (!run)
		return -PINSIM_EMISUSE;
	job_wait(run, job_make(task, body, arg));
	return 0;
}

int pinsim_run(struct pinsim_world *world)
{
	struct lib_run *run = lib_enter(world);
	bool quiet;

	if (!run)
		return -PINSIM_EMISUSE;
	if (lib_in_body())
		return lib_misuse("pinsim_run() in a body, expected it outside of bodies");
	if (run->ended)
		return -PINSIM_EENDED;
	sim_step_set(++run->step);
	machine_settle_beside(&run->deferred);
	for (struct lib_job *job = run->waiting; job; job = job->next)
		job_submit(job);
	run->waiting = NULL;
	run->last_waiting = &run->waiting;
	run->at_once = true;
	if (world->lanes)
		lanes_block(world->lanes, !run->in_order);
	if (!run->in_order)
		sim_window(true);
	quiet = run_until_quiet(run);
	if (!run->in_order)
		sim_window(false);
	if (world->lanes)
		lanes_block(world->lanes, false);
	run->at_once = false;
	return quiet ? 0 : -PINSIM_EENDED;
}

long pinsim_world_end(struct pinsim_world *world)
{
	struct lib_run *run = lib_enter(world);
	struct task_struct **tasks;

	if (!run)
		return -PINSIM_EMISUSE;
	if (lib_in_body())
		return lib_misuse("pinsim_world_end() in a body, expected it outside of bodies");
	if (run->ended)
		return -PINSIM_EENDED;
	sim_step_set(++run->step);
	tasks = sim_alloc((run->nr_tasks + 1) * sizeof(struct task_struct *));
	for (unsigned int i = 0; i < run->nr_tasks; i++)
		tasks[i] = run->tasks[i]->task;
	machine_end(tasks, run->nr_tasks, run->deferred);
	run->ended = true;
	return (long)sim_reports();
}

struct lib_question {
	void (*body)(void *arg);
	void *arg;
	bool answered;
};

static void question_run(void *arg)
{
	struct lib_question *question = arg;

	question->body(question->arg);
	question->answered = true;
}

bool lib_ask(struct pinsim_task *task, void (*body)(void *arg), void *arg)
{
	struct lib_run *run = lib_enter_task(task);
	struct lib_question question = { body, arg, false };

	if (!run)
		return false;
	if (lib_in_body()) {
		if (pinsim_current() != task) {
			lib_misuse("asked for task \"%s\" in the body of another, expected its own", task->name);
			return false;
		}
		question_run(&question);
		return true;
	}
	if (run->ended || !mm_task_alive(task->task)) {
		lib_misuse("task \"%s\" is over, expected one that lives", task->name);
		return false;
	}
	sim_actor_submit(mm_task_actor(task->task), question_run, &question);
	machine_run();
	return question.answered;
}

/*
 * What bodies share, and what they find
 */

void *pinsim_alloc(struct pinsim_world *world, size_t bytes)
{
	return lib_enter(world) ? sim_zalloc(bytes) : NULL;
}

long pinsim_load(const long *at)
{
	if (lib_in_body())
		sim_point_at(SIM_POINT_ATOMIC_READ, at, 0);
	return *at;
}

void pinsim_store(long *at, long value)
{
	if (lib_in_body())
		sim_point_at(SIM_POINT_ATOMIC_WRITE, at, 0);
	*at = value;
}

long pinsim_add(long *at, long value)
{
	if (lib_in_body())
		sim_point_at(SIM_POINT_ATOMIC_RMW, at, 0);
	*at += value;
	return *at;
}

void pinsim_fail(const char *format, ...)
{
	struct lib_run *run = sim_this ? sim_slot(SIM_SLOT_SCENARIO) : NULL;
	char text[1024];
	va_list args;

	if (!run) {
		lib_misuse("pinsim_fail() without a world");
		return;
	}
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (run->world->lanes)
		lanes_broken(run->world->lanes, text);
	if (run->failure)
		return;
	run->failure = sim_strdup(text);
	run->failure_format = format;
}

const char *pinsim_failure(const struct pinsim_world *world)
{
	struct lib_run *run = lib_enter(world);

	return run ? run->failure : NULL;
}

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A run from the making of its world to the verdict.
 *
 * Outside of parallel blocks one step is one body on its task's actor, and
 * between two steps the world is quiet: then expects look, and the invariants of
 * quiescence are checked. At the end tasks exit in the order of their making, then
 * what is left runs as deferred work, and the invariants of the end are checked.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <iopt/iommufd.h>
#include <sim/invariant.h>
#include <sim/kapi.h>
#include <sim/sched.h>
#include <sim/trace.h>
#include <sim/verdict.h>
#include <subsys/pinners.h>
#include <subsys/subsys.h>
#include "run.h"

enum sim_outcome machine_run(void)
{
	enum sim_outcome outcome = kapi_run();
	char report[4096];
	int bytes;

	if (outcome != SIM_STUCK)
		return outcome;
	bytes = sim_stuck_report(report, sizeof(report));
	if (bytes > 0 && (size_t)bytes < sizeof(report) && report[bytes - 1] == '\n')
		report[bytes - 1] = '\0';
	sim_violate(sim_stuck_on_holder() ? VIOLATION_DEADLOCK : VIOLATION_LOST_WAKEUP, "%s", report);
	return outcome;
}

bool run_until_quiet(struct run *run)
{
	enum sim_outcome outcome = machine_run();

	run->ended |= outcome != SIM_QUIET;
	run->fatal |= outcome == SIM_FATAL;
	return outcome == SIM_QUIET;
}

static void settle_body(void *arg)
{
	mm_settle();
}

void machine_settle_beside(struct sim_actor **deferred)
{
	if (!mm_deferred_pending())
		return;
	if (!*deferred)
		*deferred = sim_actor_create("deferred", NULL);
	if (sim_actor_idle(*deferred))
		sim_actor_submit(*deferred, settle_body, NULL);
}

static void on_record(void *arg, const struct sim_record *record)
{
	const struct run *run = arg;
	const struct run_events *events = run->options->events;

	if (run->program->nr_peaks)
		sample_peaks(arg);
	if (events && events->record)
		events->record(run->options->arg, record);
}

void machine_build(const struct world_settings *settings, const struct run_options *options)
{
	struct mm_config mm = {
		.pages = settings->pages,
		.hugepages = settings->hugepages,
		.contig_pages = settings->contig_pages,
		.cpus = (unsigned int)settings->cpus,
	};

	accounting_init(options->kernel, &mm);
	mm_machine_init(&mm);
	iopt_init();
	subsys_init();
	pinners_init(&(struct pinner_settings){
		.perf_mlock_kb = settings->perf_mlock_kb,
		.dma_entry_limit = settings->dma_entry_limit,
		.cpus = (unsigned int)settings->cpus,
	});
	if (options->backend->init)
		options->backend->init(settings);
}

struct run *run_begin(const struct program *program, const struct run_options *options)
{
	struct run *run = sim_zalloc(sizeof(*run));
	unsigned int i;

	sim_slot_set(SIM_SLOT_SCENARIO, run, NULL);
	run->program = program;
	run->options = options;
	run->next_index = 1;
	diagnostics_init(&run->error);
	run->variables = sim_zalloc((program->nr_variables + 1) * sizeof(*run->variables));
	run->tasks = sim_zalloc((program->nr_task_names + 1) * sizeof(struct task_struct *));
	run->made = sim_zalloc((program->nr_tasks + 1) * sizeof(struct task_struct *));
	run->peaks = sim_zalloc((program->nr_peaks + 1) * sizeof(*run->peaks));
	run->levels = sim_zalloc((program->nr_peaks + 1) * sizeof(*run->levels));
	run->peak_seen = sim_zalloc(program->nr_peaks + 1);
	for (i = 0; i < program->nr_tasks; i++) {
		const struct task_decl *decl = program->tasks[i];
		struct task_struct *task;

		task = mm_task_create(decl->name, decl->uid, decl->memlock_cur_bytes, decl->memlock_max_bytes,
				      decl->caps);
		if (run->options->memlock_bytes)
			mm_task_memlock_set(task, run->options->memlock_bytes[decl->slot]);
		run->tasks[decl->slot] = task;
		run->made[run->nr_made++] = task;
	}
	if (!run->options->events)
		sim_refusals_unread();
	if (run->options->checked_in_full)
		sim_invariants_in_full();
	if (program->nr_peaks)
		sample_peaks(run);
	if (program->nr_peaks || (run->options->events && run->options->events->record))
		sim_trace_sink(on_record, run);
	return run;
}

/* A sweep counts the calls of each step from 1, so that what comes before need not be taken apart. */
void run_step_begins(struct run *run, unsigned long index)
{
	const struct run_sweep *sweep = run->options->sweep;

	sim_step_set(index);
	if (!sweep)
		return;
	if (sweep->count)
		sim_fault_sweep_count(sweep->count[index].of);
	else if (sweep->step == index)
		sim_fault_sweep(sweep->site, sweep->nth, sweep->persistent);
	else
		sim_fault_sweep_end();
}

static void run_step(struct run *run, const struct stmt *stmt)
{
	struct step_state state;

	step_state_init(&state, run, stmt, run->next_index++);
	run_step_begins(run, state.index);
	state.ready = step_ready(&state);
	if (state.ready) {
		sim_actor_submit(mm_task_actor(run->tasks[stmt->step.task]), step_body, &state);
		if (run_until_quiet(run)) {
			sim_invariants_check(SIM_QUIESCENT);
			/* The task died in the call, of a signal that ended it on the spot. */
			if (state.started && !state.returned) {
				state.ret = MM_KILLED(9);
				state.returned = true;
			}
		}
	} else if (stmt->step.variable >= 0) {
		run->variables[stmt->step.variable] = (struct value){ .kind = VALUE_NONE };
	}
	judge_step(run, &state);
	step_state_free(&state);
}

static bool stopped(const struct run *run)
{
	return run->error.errors || (run->options->stop && *run->options->stop);
}

void run_items(struct run *run, unsigned int end)
{
	while (run->next_item < end && !stopped(run)) {
		const struct item *item = &run->program->items[run->next_item];

		if (item->kind == ITEM_PARALLEL) {
			run_parallel(run);
			continue;
		}
		run->next_item++;
		if (item->kind == ITEM_STEP)
			run_step(run, item->stmt);
		else if (item->kind == ITEM_EXPECT)
			judge_expect(run, item->stmt);
	}
}

static void exit_body(void *arg)
{
	sys_exit();
}

static void pinners_body(void *arg)
{
	pinners_tear_down();
}

enum sim_outcome machine_end(struct task_struct *const *tasks, unsigned int nr, struct sim_actor *deferred)
{
	enum sim_outcome outcome = SIM_QUIET;
	unsigned int i;

	for (i = 0; i < nr && outcome == SIM_QUIET; i++) {
		if (!mm_task_alive(tasks[i]))
			continue;
		sim_actor_submit(mm_task_actor(tasks[i]), exit_body, NULL);
		outcome = machine_run();
	}
	if (outcome != SIM_QUIET)
		return outcome;
	if (!deferred)
		deferred = sim_actor_create("deferred", NULL);
	sim_actor_submit(deferred, pinners_body, NULL);
	outcome = machine_run();
	if (outcome == SIM_QUIET) {
		sim_actor_submit(deferred, settle_body, NULL);
		outcome = machine_run();
	}
	if (outcome == SIM_QUIET)
		sim_invariants_check(SIM_END);
	return outcome;
}

static void tear_down(struct run *run)
{
	enum sim_outcome outcome;

	run_step_begins(run, run->next_index);
	if (run->ended)
		return;
	outcome = machine_end(run->made, run->nr_made, run->deferred);
	run->ended |= outcome != SIM_QUIET;
	run->fatal |= outcome == SIM_FATAL;
}

static void note_schedule(struct run *run, bool with_token)
{
	struct sim_tape_id id = { .file_hash = run->program->hash, .kernel = run->options->kernel->name };
	char token[SIM_TOKEN_CHARS_MAX + 4];
	struct sim_tape *tape;

	run->result.choices = sim_choices();
	run->result.hash = sim_trace_hash();
	run->result.trace_length = sim_trace_length();
	if (!with_token)
		return;
	tape = sim_tape_copy();
	if (!sim_tape_encode(tape, &id, token))
		run->result.token = xstrdup(token);
	sim_tape_free(tape);
}

static enum verdict verdict_of(const struct run *run)
{
	if (run->error.errors || stopped(run))
		return VERDICT_ERROR;
	if (run->result.failures)
		return VERDICT_FAIL;
	return run->na ? VERDICT_NA : VERDICT_PASS;
}

void run_end(struct run *run, bool token, struct run_result *result)
{
	if (!run->error.errors) {
		tear_down(run);
		judge_violations(run);
	}
	sim_trace_sink(NULL, NULL);
	run->result.verdict = verdict_of(run);
	note_schedule(run, token || run->result.verdict != VERDICT_PASS);
	if (run->error.errors)
		run->result.error = xstrdup(run->error.text);
	else if (run->result.verdict == VERDICT_ERROR)
		run->result.error = xstrdup("interrupted\n");
	diagnostics_free(&run->error);
	*result = run->result;
}

bool run_refused(const struct program *program, struct run_result *result)
{
	const struct stmt *stmt = program->not_modelled;
	struct diagnostics diag;

	if (!stmt)
		return false;
	diagnostics_init(&diag);
	diag_error(&diag, &stmt->step.op_pos, "\"%s\" is not modelled yet, expected an operation that is",
		   stmt->step.op_name);
	*result = (struct run_result){ .verdict = VERDICT_ERROR, .error = xstrdup(diag.text) };
	diagnostics_free(&diag);
	return true;
}

const struct sim_strategy *run_strategy(const struct run_options *options)
{
	if (options->strategy)
		return options->strategy;
	return options->tape ? &sim_strategy_replay : &sim_strategy_random;
}

void scenario_run(const struct program *program, const struct run_options *options, struct run_result *result)
{
	struct sim_config config = {
		.strategy = run_strategy(options),
		.seed = options->seed,
		.tape = options->tape,
		.context = options->context,
		.points_max = options->points_max,
		.races = options->races,
		.preempt_access = options->preempt_access,
	};
	struct sim_world *world;
	struct run *run;

	if (run_refused(program, result))
		return;
	world = sim_world_create(&config);
	if (!world)
		out_of_memory();
	machine_build(&program->settings, options);
	run = run_begin(program, options);
	run_items(run, program->nr_items);
	run->result.swept = sim_fault_swept();
	run_end(run, true, result);
	sim_world_destroy(world);
}

void run_result_free(struct run_result *result)
{
	size_t i;

	for (i = 0; i < result->nr_violations; i++)
		free(result->violations[i].text);
	free(result->violations);
	free(result->error);
	free(result->token);
	memset(result, 0, sizeof(*result));
}

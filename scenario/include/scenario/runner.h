/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The runner: one program on one kernel under one schedule, in a world of its own.
 *
 * A run is a pure function of (program, kernel, strategy and seed or tape,
 * backend). Outside of `parallel` one call is under way at a time: it is handed to
 * its task's actor, and the world runs until it is quiet. Inside, each task's
 * lines are queued on its actor and the strategy decides; deferred work is one
 * more actor.
 *
 * What happens is passed on as it happens (struct run_events), so that a report
 * may look at the world while it stands; what is left at the end is a
 * struct run_result that needs no world.
 */
#ifndef SCENARIO_RUNNER_H
#define SCENARIO_RUNNER_H

#include <signal.h>
#include <accounting/kernels.h>
#include <iopt/iommufd.h>
#include <scenario/op.h>
#include <scenario/program.h>
#include <sim/fault.h>
#include <sim/sched.h>
#include <sim/trace.h>
#include <subsys/vfio.h>

/* What stands behind the operations of iommufd and vfio. */
struct backend {
	const char *name;
	const struct iommufd_calls *iommufd;
	const struct vfio_calls *vfio;		/* NULL: its operations are n/a */
	const char *kernel;			/* the only one that it is; NULL: all of the table */
	void (*init)(const struct world_settings *settings);	/* for each world, after every layer's; or NULL */
};
extern const struct backend backend_model;
/* The one of that name that this build has, or NULL. */
const struct backend *backend_by_name(const char *name);
bool backend_runs(const struct backend *backend, const struct kernel *kernel);

struct task_counters {
	const char *name;
	bool alive;
	long locked_vm;		/* in signed pages; of a dead task: its last mm's */
	long pinned_vm;
	long user_locked_vm;
	unsigned int uid;
	const void *mm;		/* whose counters these are: only to be compared, within one run */
};

enum step_skip {
	STEP_RAN,
	STEP_SKIP_ABSENT,	/* the kernel does not have the call: n/a */
	STEP_SKIP_UNSET,	/* uses a variable that a failed or skipped call left unset */
	STEP_SKIP_TASK,		/* its task is dead, or was never made */
	STEP_SKIP_ENDED,	/* the world came to its end before (deadlock, BUG) */
	STEP_SKIP_LEFT_OUT,	/* with options->leave_out_refused */
};

struct step_report {
	unsigned int index;		/* of the step in the run, from 1 */
	const struct stmt *stmt;
	enum step_skip skip;
	long ret;			/* as the kernel returned it: 0, -errno or MM_KILLED() */
	bool returned;			/* false: the call never came back */
	struct value value;		/* where it succeeded */
	const char *refusal;		/* why a limit refused it, or NULL */
	bool judged;			/* its result was compared with what was stated */
	bool held;
	bool may_fail;			/* an errno is stated for this kernel, or anything goes */
	const char *want;		/* what was stated, where it did not hold */
	const struct task_counters *tasks;	/* with options->counters, else NULL */
	unsigned int nr_tasks;
};

/* Wide enough for any sum of 64-bit sizes and counts in bytes. */
typedef __int128 wide;

struct expect_report {
	const struct stmt *stmt;
	bool judged;		/* false: its SET leaves this kernel out, with options->all_expects */
	bool applies;		/* false: the kernel does not have this counter */
	bool comparable;	/* false: a side has no value (an unset variable, a task never made) */
	bool plain;		/* numbers, not bytes */
	wide got, want;		/* EXPECT_COMPARE */
	bool seen;		/* EXPECT_VIOLATION: each one named showed */
	bool held;
	const char *note;	/* why there is no value, or which violation did not show */
};

enum verdict { VERDICT_PASS, VERDICT_FAIL, VERDICT_NA, VERDICT_ERROR };

struct violation_report {
	enum sim_violation violation;
	unsigned long step;	/* 0: before the first; above the last: teardown */
	bool expected;		/* stated, or in the same step as one that is */
	bool stated;		/* the file names it */
	unsigned long record;	/* behind which record of the trace */
	unsigned int actor;	/* who was running; ~0u: nobody */
	char *text;
};

/* What failed first, for a matrix cell or a one-line summary. */
enum failure_kind { FAILURE_NONE, FAILURE_STEP, FAILURE_EXPECT, FAILURE_VIOLATION };

struct run_result {
	enum verdict verdict;
	char *error;			/* VERDICT_ERROR: a message with its position, ready to print */
	const char *missing;		/* VERDICT_NA: the first call that the kernel does not have */
	const char *missing_key;	/* where it has it without this argument; or NULL */
	enum failure_kind failure;	/* the first one */
	const struct stmt *failed;	/* FAILURE_STEP, FAILURE_EXPECT */
	enum sim_violation failed_violation;
	long failed_ret;		/* FAILURE_STEP: what it returned */
	unsigned int failures;
	/* Of the failures, those of statements without a SET: matrix's "differs". */
	unsigned int unconditioned;
	struct violation_report *violations;
	size_t nr_violations;
	size_t nr_expected;		/* of them, covered by `expect violation` */
	unsigned long warnings;
	unsigned long swept;		/* calls that the sweep failed */
	unsigned int steps;
	unsigned int steps_run;
	unsigned int expects;
	unsigned int expects_held;
	unsigned int expects_na;
	unsigned long shown;		/* bit i: program_open_statement(i) holds in this schedule */
	unsigned long long hash;	/* of the trace */
	unsigned long trace_length;
	size_t choices;
	char *token;			/* for --schedule; NULL where the tape is too long for one */
};

/* Each may be NULL. */
/*
 * The statements that need one schedule of all that shows them, by index from 0:
 * `expect sometimes`, and `expect violation` behind a parallel block. NULL: no more.
 */
#define OPEN_STATEMENTS_MAX 64
const struct stmt *program_open_statement(const struct program *program, unsigned int index);

struct run_events {
	void (*step)(void *arg, const struct step_report *step);
	void (*expect)(void *arg, const struct expect_report *expect);
	/* The moment in which a call begins and returns, on its task's actor: in a block steps are judged behind it. */
	void (*enter)(void *arg, const struct step_report *step);
	void (*leave)(void *arg, const struct step_report *step);
	/* Every record of the trace, as it is made. */
	void (*record)(void *arg, const struct sim_record *record);
	/* Each call as it returned, on its task's actor, with what its arguments came to; or NULL. */
	void (*call)(void *arg, const struct stmt *stmt, const struct op_call *call, long ret);
};

/* Calls at the fault sites. */
struct run_sweep_calls {
	unsigned long of[SIM_FAULT_NR];
};

/* Which call at a fault site fails: sim_fault_sweep(). Or only how many there are. */
struct run_sweep {
	enum sim_fault_site site;
	unsigned long step;		/* of the calls of this step; those of a parallel block are its first line's */
	unsigned long nth;
	bool persistent;		/* and all behind it, also of later steps */
	struct run_sweep_calls *count;	/* by step, from 1, room for one behind the last: none fails; or NULL */
};

struct run_options {
	const struct kernel *kernel;
	const struct backend *backend;
	const struct sim_strategy *strategy;	/* NULL: sim_strategy_random */
	unsigned long seed;
	const struct sim_tape *tape;		/* for sim_strategy_replay */
	void *context;				/* for the strategy's begin() */
	unsigned long points_max;		/* as in struct sim_config; 0: its default */
	bool races;				/* look for data races, where the build can: sim_races_built() */
	bool preempt_access;			/* and plain accesses are scheduling points */
	bool counters;				/* events carry every task's counters */
	bool all_expects;			/* expects of other kernels are looked at too, and not judged */
	const unsigned long *memlock_bytes;	/* by task slot, in place of every limit that the file sets; or NULL */
	bool leave_out_refused;			/* calls that are stated to be refused by a limit are not made */
	const struct run_sweep *sweep;		/* in scenario_run() only; or NULL */
	bool checked_in_full;		/* invariants look at everything after each step: for tests, slow */
	const struct run_events *events;	/* or NULL */
	void *arg;
	const volatile sig_atomic_t *stop;	/* set: the run ends at the next step, as an error; or NULL */
};

/*
 * The machine in sim_this, for who runs on it something else than a program
 * (libpinsim): made with every layer, no task yet; run until nobody can go on, a
 * deadlock or lost wake-up told; its deferred work handed to *@deferred, an actor
 * that is made at need, where there is some; and its end, as at that of a program:
 * @tasks exit in this order, what is left runs, the invariants of the end.
 */
void machine_build(const struct world_settings *settings, const struct run_options *options);
enum sim_outcome machine_run(void);
void machine_settle_beside(struct sim_actor **deferred);
enum sim_outcome machine_end(struct task_struct *const *tasks, unsigned int nr, struct sim_actor *deferred);

/* @result: filled in every case; freed with run_result_free(). */
void scenario_run(const struct program *program, const struct run_options *options, struct run_result *result);
void run_result_free(struct run_result *result);

#endif

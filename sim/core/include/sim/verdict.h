/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Verdicts: what went wrong in a run, and why a call was refused.
 *
 * The names are the language's (`expect violation NAME`). Every detector, from
 * lockdep to the ledger, reports here and goes on; the runner decides whether
 * the file expected it.
 */
#ifndef SIM_VERDICT_H
#define SIM_VERDICT_H

#include <stdbool.h>
#include <stddef.h>

/* In the order of the language page. sim_violation_name() spells them in lower case. */
enum sim_violation {
	/* invariants of the model; their checks live in the room that owns the state */
	VIOLATION_LOCKED_VM_NEGATIVE,
	VIOLATION_PINNED_VM_NEGATIVE,
	VIOLATION_USER_LOCKED_VM_NEGATIVE,
	VIOLATION_LOCKED_VM_LEDGER,
	VIOLATION_PINNED_VM_LEDGER,
	VIOLATION_USER_LEDGER,
	VIOLATION_RESIDUE,
	VIOLATION_FAILED_CALL_RESIDUE,
	VIOLATION_OVER_LIMIT,
	VIOLATION_SPURIOUS_REFUSAL,
	VIOLATION_WRONG_BUCKET,
	VIOLATION_OBJECT_BALANCE,
	VIOLATION_DMA_SUM,
	VIOLATION_DMA_PAGES,
	VIOLATION_NPINNED_COVERAGE,
	VIOLATION_XARRAY_COVERAGE,
	VIOLATION_PIN_COUNT,
	VIOLATION_UNPIN_WHILE_MAPPED,
	VIOLATION_AREA_PAGES_NULL,
	VIOLATION_MM_REFS,
	VIOLATION_USER_REFS,
	VIOLATION_EXEC_COUNTERS,
	VIOLATION_FORK_COUNTERS,
	VIOLATION_COPY_FREE,
	VIOLATION_MODE_IMMUTABLE,
	/* the machine's own detectors */
	VIOLATION_WARNING,
	VIOLATION_BUG,
	VIOLATION_USE_AFTER_FREE,
	VIOLATION_DOUBLE_FREE,
	VIOLATION_REFCOUNT,
	VIOLATION_LEAK,
	VIOLATION_DEADLOCK,
	VIOLATION_LOCK_ORDER,
	VIOLATION_LOCK_HELD,
	VIOLATION_LOCK_MISUSE,
	VIOLATION_SLEEP_IN_ATOMIC,
	VIOLATION_LOST_WAKEUP,
	VIOLATION_DATA_RACE,
	VIOLATION_STEP_BOUND,
	VIOLATION_NR,
};

const char *sim_violation_name(enum sim_violation violation);
/* VIOLATION_NR where there is none of that name. */
enum sim_violation sim_violation_by_name(const char *name);

/*
 * Reports one violation, with a sentence for people. Bounded: after 1,000 a world only counts.
 * VIOLATION_BUG also ends the run: nobody is picked any more and sim_run() returns SIM_FATAL.
 */
void sim_violate(enum sim_violation violation, const char *format, ...) __attribute__((cold, format(printf, 2, 3)));
/* Nobody is picked any more: what was found leaves nothing that can go on. As behind VIOLATION_BUG. */
void sim_end_run(void);
/* WARN_ON_ONCE: @site ("pages.c:612") counts once a run. Returns true the first time. */
bool sim_warn_once(const char *site, const char *text) __attribute__((cold));
/* WARN_ON: counts each time. */
void sim_warn(const char *site, const char *text) __attribute__((cold));

struct sim_report {
	enum sim_violation violation;
	unsigned long step;		/* sim_step() at the time */
	unsigned int actor;		/* index; ~0u: outside */
	unsigned long record;		/* sim_trace_length() at the time: behind which record of the trace */
	const char *text;
};
size_t sim_reports(void);
const struct sim_report *sim_report(size_t index);
unsigned long sim_violations(enum sim_violation violation);
/* The observable `warnings`. */
unsigned long sim_warnings(void);

/* The scenario's step number, for reports; set by the runner. */
void sim_step_set(unsigned long step);
unsigned long sim_step(void);

/*
 * Why the running call was refused, in the words of its subsystem:
 *	user(1000).locked_vm 64p + 1p > a's 64p (iommufd, user mode)
 * The last one of a call wins. sim_refusal() is NULL where none was noted since
 * sim_refusal_clear(). Per actor.
 */
void sim_refusal_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Nobody will read them in this world: notes are not made, which a call that is refused often would notice. */
void sim_refusals_unread(void);
bool sim_refusals_read(void);
const char *sim_refusal(void);
void sim_refusal_clear(void);

#endif

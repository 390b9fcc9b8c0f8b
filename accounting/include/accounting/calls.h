/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the runner tells accounting about calls.
 *
 * Some invariants speak of a whole call: one that failed must leave every counter
 * and every pin as it found them. The runner brackets each operation of a
 * scenario with these two, on the calling task's actor:
 *
 *	accounting_call_begin(task, "ioas_map");
 *	ret = the operation
 *	accounting_call_end(task, ret);
 *
 * and has the invariants checked afterwards (sim_invariants_check()). Calls that
 * overlap in time are not judged: the difference would be another task's too.
 */
#ifndef ACCOUNTING_CALLS_H
#define ACCOUNTING_CALLS_H

#include <stddef.h>
#include <sim/verdict.h>

struct task_struct;

/* @op: the language's name of the operation; static, or valid until the end of the call. */
void accounting_call_begin(const struct task_struct *task, const char *op);
/* @ret: what the operation returned; -errno, or MM_KILLED() where it ended the process. */
void accounting_call_end(const struct task_struct *task, long ret);

/*
 * The known exceptions (facts §16, last column): situations in which the kernel
 * breaks an invariant by design. Each is a predicate on the kernel's rules and on
 * the object; where it holds nothing is reported, but counted here.
 */
struct accounting_exception {
	enum sim_violation violation;	/* the invariant that it excuses */
	const char *what;		/* "the holder is dead: its charge is dropped" */
	unsigned long times;		/* in this world */
};
size_t accounting_exceptions(void);
const struct accounting_exception *accounting_exception(size_t index);

#endif

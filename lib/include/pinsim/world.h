/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Worlds, the tasks in them, and what runs on them.
 *
 *	struct pinsim_world *world = pinsim_world_create("v6.12", NULL);
 *	struct pinsim_task *vmm = pinsim_task_create(world, "vmm", 1000, 64 * PINSIM_PAGE_BYTES, PINSIM_CAP_NONE);
 *
 *	pinsim_call(vmm, open_and_map, &args);		alone, to its end
 *	pinsim_start(vmm, mapper, &args);		both at once,
 *	pinsim_start(other, mapper, &args);		in an order that the seed decides
 *	pinsim_run(world);
 *	pinsim_world_end(world);			tasks exit; the last invariants
 *	pinsim_world_destroy(world);
 *
 * A body is a plain C function that makes the modelled system calls (<pinsim/memory.h>
 * and its neighbours) as the task that it runs on. It runs on a stack of its own, of
 * 64 KiB, and is switched away from at the locks and atomics inside those calls and nowhere
 * else. A call in which its task ends (pinsim_exit(), a fatal signal, another thread's
 * exec) does not return, and nothing of the body behind it is run, as in a real process: a
 * body keeps nothing that only its end gives back. No C++ exception and no longjmp() may
 * leave a body.
 *
 * A run is a pure function of kernel, options, seed and bodies, as long as the bodies are
 * functions of their arguments.
 *
 * After each pinsim_call() and pinsim_run() the invariants of a quiet world are checked,
 * behind each call inside pinsim_run() those that always hold. What they find is listed by
 * <pinsim/observe.h>.
 */
#ifndef PINSIM_WORLD_H
#define PINSIM_WORLD_H

#include <pinsim/base.h>

PINSIM_C_BEGIN

struct pinsim_world;	/* one machine with its run; owned by who created it */
struct pinsim_task;	/* one task; belongs to its world and is valid until the world is destroyed */

/* A member that is 0 means its default. */
struct pinsim_world_options {
	unsigned long seed;		/* decides the order in pinsim_run() */
	unsigned long host_pages;	/* the machine's memory (as many as are asked for) */
	unsigned long huge_pages;	/* hugetlb pool, in pages of 2 MiB (as many as are asked for) */
	unsigned long contig_pages;	/* physical run that a touch allocates (1) */
	unsigned long perf_mlock_kb;	/* sysctl perf_event_mlock_kb (516) */
	unsigned long dma_entries;	/* vfio_iommu_type1.dma_entry_limit (65535) */
	unsigned int cpus;		/* (2) */
	const char *backend;		/* "model" (the default), or "upstream" where this library was built with it */
};

/*
 * @kernel: "v6.12", a proposal's name, "v6.12+type1_exec_underflow"; what there is
 * lists pinsim_kernel(). @options: NULL for all defaults.
 * Returns the world, to be freed by pinsim_world_destroy(); NULL where the kernel or
 * the backend is not known: pinsim_error().
 */
PINSIM_API struct pinsim_world *pinsim_world_create(const char *kernel, const struct pinsim_world_options *options);

/* Frees the world in whatever state it is, tasks and pinsim_alloc() with it. @world: may be NULL. Not in a body. */
PINSIM_API void pinsim_world_destroy(struct pinsim_world *world);

/* The kernel's full name, as it was given. */
PINSIM_API const char *pinsim_world_kernel(const struct pinsim_world *world);

/* Capabilities, for a mask. */
enum pinsim_cap {
	PINSIM_CAP_NONE = 0,
	PINSIM_CAP_IPC_LOCK = 1,
	PINSIM_CAP_SYS_RESOURCE = 2,
	PINSIM_CAP_SETUID = 4,
	PINSIM_CAP_OTHERS = 8,
	PINSIM_CAP_EVERY = 15,		/* what root has */
};

/*
 * A process that stands from now on: a fresh mm, no open file. @name: copied, for reports.
 * @memlock_bytes: its soft RLIMIT_MEMLOCK, or PINSIM_UNLIMITED; the hard one is unlimited.
 * @caps: of enum pinsim_cap, permitted and effective. Tasks of one @uid share the user's
 * counters. NULL in a body, and in a world that has ended.
 */
PINSIM_API struct pinsim_task *pinsim_task_create(struct pinsim_world *world, const char *name, unsigned int uid,
						  unsigned long memlock_bytes, unsigned int caps);

/* What runs on a task. What it returns is its own business, and passed on. */
typedef long (*pinsim_body)(void *arg);

/*
 * Runs @body(@arg) on @task alone and to its end. Deferred work (a closed ring's release)
 * stays until pinsim_run(), pinsim_settle() or the end; what was started waits, too.
 * Returns what @body returned; -PINSIM_EENDED where it did not come to its end: the task
 * died in it, or the world came to an end. -PINSIM_EMISUSE in a body, or for a task that is
 * dead.
 */
PINSIM_API long pinsim_call(struct pinsim_task *task, pinsim_body body, void *arg);

/*
 * Queues @body(@arg) for pinsim_run(). Several of one task run one after the other. @arg has
 * to stand until then. Returns 0, or -PINSIM_EMISUSE in a body or for a task that is dead.
 */
PINSIM_API int pinsim_start(struct pinsim_task *task, pinsim_body body, void *arg);

/*
 * Runs all that was started, at the same time, until nothing is left to run; deferred work is
 * one more that runs beside. Returns 0; -PINSIM_EENDED where the world came to an end, which
 * is a violation (pinsim_violation()); -PINSIM_EMISUSE in a body.
 */
PINSIM_API int pinsim_run(struct pinsim_world *world);

/*
 * The end of the machine: tasks exit in the order of their making, deferred work runs, and the
 * invariants of the end are checked: nothing may still be charged or allocated. Once; nothing
 * can run behind it, nor does what was started and not run. Returns the number of violations
 * in the whole run; -PINSIM_EENDED where the world had come to an end before;
 * -PINSIM_EMISUSE in a body.
 */
PINSIM_API long pinsim_world_end(struct pinsim_world *world);

/* What the last body of @task returned that came to its end; 0 before. */
PINSIM_API long pinsim_task_result(const struct pinsim_task *task);
PINSIM_API bool pinsim_task_alive(const struct pinsim_task *task);
/* The fatal signal that ended the task (SIGBUS, SIGSEGV, SIGKILL), 0 where none did. */
PINSIM_API int pinsim_task_killed_by(const struct pinsim_task *task);
PINSIM_API const char *pinsim_task_name(const struct pinsim_task *task);
/* The task whose body runs; NULL outside of bodies. */
PINSIM_API struct pinsim_task *pinsim_current(void);

/* @bytes of zeroed memory that goes with the world, for what bodies keep: in a body or outside. */
PINSIM_API void *pinsim_alloc(struct pinsim_world *world, size_t bytes);

/*
 * A word that several bodies read and write: each access is a place to switch, and a search
 * knows that their order matters. In plain memory it is neither. @at: in the memory of the
 * world (pinsim_alloc(), or the state of a test). Outside of bodies a plain access.
 */
PINSIM_API long pinsim_load(const long *at);
PINSIM_API void pinsim_store(long *at, long value);
/* Adds @value and returns the sum, in one step. */
PINSIM_API long pinsim_add(long *at, long value);

/*
 * This run is not as it should be: noted with a sentence, and the run goes on. In a body, or
 * outside for the world that a function was called for last. pinsim_failure() tells the
 * first; a search stops there.
 */
PINSIM_API void pinsim_fail(const char *format, ...) PINSIM_PRINTF(1, 2);
/* The sentence of the first pinsim_fail() in this run, or NULL. */
PINSIM_API const char *pinsim_failure(const struct pinsim_world *world);

/* Where it does not hold the run failed. */
#define PINSIM_EXPECT(condition)                                                                     \
	((condition) ? (void)0 :                                                                     \
		       pinsim_fail("%s:%d: expected %s", __FILE__, __LINE__, #condition))

PINSIM_C_END

#endif

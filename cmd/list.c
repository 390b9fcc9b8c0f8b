// SPDX-License-Identifier: GPL-2.0-or-later
/* pinsim list kernels|proposals|ops|invariants|bugs */
#include <stdlib.h>
#include <string.h>
#include <accounting/proposal.h>
#include <iopt/iommufd.h>
#include <scenario/op.h>
#include <sim/invariant.h>
#include <sim/world.h>
#include <subsys/subsys.h>
#include "commands.h"

/* The changes against the row before, one a line. */
static void print_differences(const struct kernel *kernel)
{
	char text[4096];

	kernel_differences(kernel, text, sizeof(text));
	for (const char *at = text; *at; at += strspn(at, ", ")) {
		size_t bytes = strcspn(at, ",");

		printf("%-24s   %.*s\n", "", (int)bytes, at);
		at += bytes;
	}
}

static void print_kernel(const struct kernel *kernel)
{
	printf("%-24s %s\n", kernel->name, kernel->what);
	if (kernel->base)
		printf("%-24s on %s\n", "", kernel->base);
	if (kernel->source)
		printf("%-24s from %s\n", "", kernel->source);
	print_differences(kernel);
}

static void list_kernels(void)
{
	size_t i;

	for (i = 0; i < kernels(); i++)
		if (!kernel_at(i)->base)
			print_kernel(kernel_at(i));
}

/* The operations that come with it, and the defects that -NAME takes away or +NAME puts in. */
static void print_brought(const struct kernel *kernel)
{
	const struct proposal *proposal = kernel->rules.proposal;
	size_t i;

	for (i = 0; i < proposal->nr_ops; i++)
		printf("%-24s   with %s()\n", "", proposal->ops[i].name);
	for (i = 0; i < proposal->nr_quirks; i++)
		printf("%-24s   %c%s\n", "", kernel->rules.defects & proposal->quirks[i].defects ? '-' : '+',
		       proposal->quirks[i].name);
}

static void list_proposals(void)
{
	size_t i;

	for (i = 0; i < kernels(); i++)
		if (kernel_at(i)->base) {
			print_kernel(kernel_at(i));
			print_brought(kernel_at(i));
		}
}

/* The first release that has the argument; NULL: none has. */
static const struct kernel *argument_since(const struct op_arg *arg)
{
	for (size_t i = 0; i < kernels(); i++)
		if (!kernel_at(i)->base && arg->exists(&kernel_at(i)->rules))
			return kernel_at(i);
	return NULL;
}

static void print_later_arguments(const struct op *op)
{
	for (const struct op_arg *arg = op->args; arg->name; arg++) {
		const struct kernel *since = arg->exists ? argument_since(arg) : NULL;

		if (since)
			printf("; %s= since %s", arg->name, since->name);
	}
}

static void list_ops(void)
{
	char usage[512];
	size_t area, i;

	for (area = 0; area < op_areas_nr; area++) {
		printf("%s%s\n", area ? "\n" : "", op_areas[area]->name);
		for (i = 0; i < op_areas[area]->nr; i++) {
			const struct op *op = &op_areas[area]->ops[i];
			const struct kernel *since = op_since(op);

			printf("  %s\n", op_usage(op, usage, sizeof(usage)));
			printf("      %s\n", op->what);
			printf("      %s; %s%s%s", op->source,
			       op->of ? "a proposal's"
			       : !op->exists ? "all kernels"
			       : since	   ? "since "
					   : "no release",
			       op->exists && since ? since->name : "", op->run ? "" : "; not modelled yet");
			print_later_arguments(op);
			putchar('\n');
		}
	}
}

/* What no invariant looks for: the machine notices it where it happens. */
static const struct {
	enum sim_violation violation;
	const char *sentence;
	const char *source;
} detectors[] = {
	{ VIOLATION_WARNING, "a WARN of the kernel's fires; each place counts once a run",
	  "include/asm-generic/bug.h" },
	{ VIOLATION_BUG, "a BUG of the kernel's, or an access to no memory at all; it ends the run",
	  "include/asm-generic/bug.h, arch/x86/mm/fault.c" },
	{ VIOLATION_USE_AFTER_FREE, "memory, a lock or a page is used after it was freed, or past its end",
	  "mm/kasan, mm/slub.c" },
	{ VIOLATION_DOUBLE_FREE, "what is freed was freed before, or never allocated",
	  "mm/kasan, mm/slub.c" },
	{ VIOLATION_REFCOUNT, "a count of references falls below zero or rises from it; a page is put too often",
	  "lib/refcount.c, mm/gup.c" },
	{ VIOLATION_DEADLOCK, "a task waits for itself, or all wait and nobody can wake one",
	  "kernel/locking/lockdep.c" },
	{ VIOLATION_LOCK_ORDER, "two locks are taken in both orders, or two of one kind without any",
	  "kernel/locking/lockdep.c" },
	{ VIOLATION_LOCK_HELD, "a call returns with a lock held, within an RCU section or with preemption off",
	  "kernel/locking/lockdep.c:lockdep_sys_exit" },
	{ VIOLATION_LOCK_MISUSE, "a lock is released by who does not hold it, used before it is set up, or freed held",
	  "kernel/locking/lockdep.c, lib/debugobjects.c" },
	{ VIOLATION_SLEEP_IN_ATOMIC, "what may sleep is called where nothing may",
	  "kernel/sched/core.c:__might_sleep" },
	{ VIOLATION_LOST_WAKEUP, "a task sleeps for good, though what it waits for is true",
	  "kernel/sched/wait.c" },
	{ VIOLATION_DATA_RACE, "two plain accesses, one of them a write, that nothing orders; --races looks for it",
	  "tools/memory-model, kernel/kcsan" },
	{ VIOLATION_STEP_BOUND, "a call goes on for ever: it is cut off after a bound of scheduling points",
	  "kernel/hung_task.c" },
};

/* Invariants are registered with a world: that of any kernel serves. */
static void list_invariants(void)
{
	static const char *const when[] = {
		[SIM_STEP] = "after every step",
		[SIM_QUIESCENT] = "when no call is under way",
		[SIM_END] = "at the end",
	};
	struct sim_config config = { .strategy = NULL };
	struct sim_world *world = sim_world_create(&config);
	struct mm_config mm = { .cpus = 2, .hugepages = ~0ul };
	size_t i;

	if (!world)
		exit_out_of_memory();
	accounting_init(kernel_at(0), &mm);
	mm_machine_init(&mm);
	iopt_init();
	subsys_init();
	for (i = 0; i < sim_invariants(); i++) {
		const struct sim_invariant *invariant = sim_invariant(i);

		printf("%-26s %s\n%-26s %s; %s\n", sim_violation_name(invariant->violation), invariant->sentence, "",
		       when[invariant->when], invariant->source);
	}
	puts("\nWhat the machine itself notices, at any time:");
	for (i = 0; i < sizeof(detectors) / sizeof(detectors[0]); i++)
		printf("%-26s %s\n%-26s %s\n", sim_violation_name(detectors[i].violation), detectors[i].sentence, "",
		       detectors[i].source);
	sim_world_destroy(world);
}

static void list_bugs(void)
{
	size_t i;

	for (i = 0; i < quirks(); i++) {
		const struct quirk *quirk = quirk_at(i);

		printf("%s\n    %s\n    shows as: %s\n    from %s\n", quirk->name, quirk->what, quirk->symptom,
		       quirk->source);
	}
}

static const struct {
	const char *name;
	void (*list)(void);
} lists[] = {
	{ "kernels", list_kernels },
	{ "proposals", list_proposals },
	{ "ops", list_ops },
	{ "invariants", list_invariants },
	{ "bugs", list_bugs },
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	size_t *chosen = state->input;

	switch (key) {
	case ARGP_KEY_ARG:
		if (state->arg_num)
			argp_error(state, "one list at a time, expected nothing behind it");
		for (*chosen = 0; *chosen < sizeof(lists) / sizeof(lists[0]); ++*chosen)
			if (!strcmp(lists[*chosen].name, arg))
				return 0;
		argp_error(state, "no list '%s', expected kernels, proposals, ops, invariants or bugs", arg);
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "which list, expected kernels, proposals, ops, invariants or bugs");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	NULL,
	parse_option,
	"kernels|proposals|ops|invariants|bugs",
	"What there is, each with a line of what it is and where it comes from."
	"\vExamples:\n"
	"  pinsim list ops\n"
	"  pinsim list bugs\n",
	NULL,
	NULL,
	NULL,
};

int command_list(int argc, char **argv)
{
	size_t chosen = 0;

	parse_arguments(&argp, "list", argc, argv, &chosen);
	lists[chosen].list();
	return EXIT_HELD;
}

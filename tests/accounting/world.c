// SPDX-License-Identifier: GPL-2.0-or-later
#include <check.h>
#include <sim/sched.h>
#include "world.h"

void world_begin(const char *kernel, unsigned long seed)
{
	const struct sim_config config = {
		.strategy = seed ? &sim_strategy_random : &sim_strategy_in_order,
		.seed = seed,
	};
	struct mm_config mm = { .hugepages = ~0ul };
	struct kernel row;
	char name[128];

	ck_assert_int_eq(kernel_lookup(kernel, &row, name, sizeof(name)), 0);
	ck_assert_ptr_nonnull(sim_world_create(&config));
	accounting_init(&row, &mm);
	mm_machine_init(&mm);
}

void world_end(void)
{
	sim_world_destroy(sim_this);
}

struct task_struct *world_task(const char *name, unsigned long memlock_pages, unsigned int caps)
{
	unsigned long bytes = memlock_pages == MM_UNLIMITED ? MM_UNLIMITED : memlock_pages * PAGE;

	return mm_task_create(name, 1000, bytes, bytes, caps);
}

void world_in(struct task_struct *task, void (*fn)(void *arg), void *arg)
{
	sim_actor_submit(mm_task_actor(task), fn, arg);
	ck_assert_int_eq(sim_run(), SIM_QUIET);
}

long world_step(struct task_struct *task, struct acct_step *step)
{
	world_in(task, acct_step_run, step);
	return step->ret;
}

long world_do(struct task_struct *task, enum acct_step_kind kind, struct ledger_object *object, unsigned long pages)
{
	struct acct_step step = { .kind = kind, .object = object, .pages = pages, .rule = "vfio type1" };

	return world_step(task, &step);
}

struct memory {
	unsigned long pages;
	unsigned long va;
};

static void memory_body(void *arg)
{
	struct memory *memory = arg;
	const struct mm_mmap_args args = {
		.len = memory->pages * PAGE,
		.kind = MM_ANON,
		.prot = MM_PROT_READ | MM_PROT_WRITE,
		.fd = -1,
	};

	memory->va = (unsigned long)sys_mmap(&args);
	sys_touch(memory->va, memory->pages * PAGE, true);
}

unsigned long world_memory(struct task_struct *task, unsigned long pages)
{
	struct memory memory = { .pages = pages };

	world_in(task, memory_body, &memory);
	return memory.va;
}

static void exit_body(void *arg)
{
	sys_exit();
}

void world_exit(struct task_struct *task)
{
	world_in(task, exit_body, NULL);
}

static void exec_body(void *arg)
{
	sys_exec();
}

void world_exec(struct task_struct *task)
{
	world_in(task, exec_body, NULL);
}

static void settle_body(void *arg)
{
	mm_settle();
}

void world_settle(struct task_struct *task)
{
	world_in(task, settle_body, NULL);
}

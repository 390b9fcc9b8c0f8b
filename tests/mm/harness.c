// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include "harness.h"

const struct mm_rules rules_v5_4 = {
	.zero_page_pin = GZ_REF, .ro_unshare = G_NONE, .fork_pinned = FK_NO, .mlock_delta_is_int = true,
};
const struct mm_rules rules_v5_10 = {
	.zero_page_pin = GZ_PIN, .ro_unshare = G_NONE, .fork_pinned = FK_MM, .mlock_delta_is_int = true,
};
const struct mm_rules rules_v5_19 = {
	.zero_page_pin = GZ_PIN, .ro_unshare = G_ANON, .fork_pinned = FK_EXCL, .mlock_delta_is_int = true,
};
const struct mm_rules rules_v6_1 = {
	.zero_page_pin = GZ_PIN, .ro_unshare = G_ANON, .fork_pinned = FK_EXCL, .mlock_delta_is_int = true,
};
const struct mm_rules rules_v6_18 = {
	.zero_page_pin = GZ_NONE, .ro_unshare = G_COW, .fork_pinned = FK_EXCL, .dontunmap = DU_DBL,
	.secretmem = SM_VMA1, .merge_faulted = true, .reuse_large_folio = true, .mlock_delta_is_int = true,
};
const struct mm_rules rules_v6_12 = {
	.zero_page_pin = GZ_NONE, .ro_unshare = G_COW, .fork_pinned = FK_EXCL, .dontunmap = DU_OK,
	.secretmem = SM_USER,
};

void world_up(const struct mm_rules *rules, const struct mm_config *config)
{
	const struct sim_config sim = { .strategy = &sim_strategy_in_order };
	struct mm_config mm = config ? *config : (struct mm_config){ .hugepages = ~0ul };

	ck_assert(sim_world_create(&sim) != NULL);
	mm.rules = *rules;
	mm_machine_init(&mm);
}

struct teardown {
	struct task_struct *task[256];
	unsigned int nr;
};

static void gather(struct task_struct *task, void *arg)
{
	struct teardown *down = arg;

	down->task[down->nr++] = task;
}

static void teardown(void)
{
	struct teardown down = { .nr = 0 };
	unsigned int i;

	mm_for_each_task(gather, &down);
	for (i = 0; i < down.nr; i++)
		if (mm_task_alive(down.task[i]))
			ON(down.task[i], exit, 0);
	mm_settle();
	sim_invariants_check(SIM_END);
}

static void report(void)
{
	size_t i;

	for (i = 0; i < sim_reports(); i++)
		fprintf(stderr, "%s: %s\n", sim_violation_name(sim_report(i)->violation), sim_report(i)->text);
}

void world_down(void)
{
	size_t reports;

	teardown();
	report();
	reports = sim_reports();
	sim_world_destroy(sim_this);
	ck_assert_uint_eq(reports, 0);
}

void world_down_with(enum sim_violation violation)
{
	size_t reports, expected;

	teardown();
	reports = sim_reports();
	expected = sim_violations(violation);
	if (reports != expected)
		report();
	sim_world_destroy(sim_this);
	ck_assert_uint_gt(expected, 0);
	ck_assert_uint_eq(reports, expected);
}

struct job {
	call_fn fn;
	const unsigned long *arg;
	long ret;
};

static void job_body(void *arg)
{
	struct job *job = arg;

	job->ret = job->fn(job->arg);
}

long on_task(struct task_struct *task, call_fn fn, const unsigned long *arg)
{
	struct job job = { .fn = fn, .arg = arg, .ret = -ENOSYS };

	sim_actor_submit(mm_task_actor(task), job_body, &job);
	ck_assert_int_eq(sim_run(), SIM_QUIET);
	sim_invariants_check(SIM_QUIESCENT);
	return job.ret;
}

#define CALL(name, expr) \
	long call_##name(const unsigned long *a) \
	{ \
		(void)a; \
		return expr; \
	}

CALL(mmap, sys_mmap((const struct mm_mmap_args *)a[0]))
CALL(munmap, sys_munmap(a[0], a[1]))
CALL(mprotect, sys_mprotect(a[0], a[1], a[2]))
CALL(dontneed, sys_madvise_dontneed(a[0], a[1]))
CALL(touch, sys_touch(a[0], a[1], a[2]))
CALL(mlock, sys_mlock(a[0], a[1]))
CALL(mlock2, sys_mlock2(a[0], a[1], a[2]))
CALL(munlock, sys_munlock(a[0], a[1]))
CALL(mlockall, sys_mlockall(a[0], a[1], a[2]))
CALL(munlockall, sys_munlockall())
CALL(mremap, sys_mremap(a[0], a[1], a[2], false))
CALL(fork, sys_fork((const char *)a[0], (struct task_struct **)a[1]))
CALL(clone_vm, sys_clone_vm((const char *)a[0], (struct task_struct **)a[1]))
CALL(thread, sys_thread((const char *)a[0], (struct task_struct **)a[1]))
CALL(exec, sys_exec())
CALL(exit, sys_exit())
CALL(setuid, sys_setuid(a[0], a[1]))
CALL(seteuid, sys_seteuid(a[0]))
CALL(unshare_user, sys_unshare_user())
CALL(capset, sys_capset(a[0]))
CALL(prlimit, sys_prlimit((struct task_struct *)a[0], a[1], a[2], a[3]))
CALL(memfd, sys_memfd(a[0], a[1]))
CALL(close, sys_close(a[0]))
CALL(cloexec, sys_cloexec(a[0]))
CALL(send_fd, sys_send_fd((struct task_struct *)a[0], a[1]))
CALL(pin, mm_syscall(kernel_pin(a[0], a[1], a[2], (struct pins *)a[3])))
CALL(pin_remote, mm_syscall(kernel_pin_remote((struct task_struct *)a[0], a[1], a[2], a[3], (struct pins *)a[4])))
CALL(unpin, (kernel_unpin((struct pins *)a[0]), mm_syscall(0)))
CALL(pin_memfd, mm_syscall(kernel_pin_memfd(a[0], a[1], a[2], (struct pins *)a[3])))
CALL(counted_fd, mm_syscall(kernel_counted_fd((unsigned int *)a[0], (bool *)a[1])))
CALL(fget_fput, mm_syscall(kernel_fget_fput(a[0], (unsigned int *)a[1], (unsigned int *)a[2])))
CALL(capable, kernel_capable(a[0]))
CALL(pin_again, mm_syscall(kernel_pin_again(a[0], a[1], (struct pins *)a[2])))
CALL(pin_few, mm_syscall(kernel_pin_few(a[0], a[1], a[2], (struct pins *)a[3])))
CALL(follow, kernel_follow(a[0], a[1], a[2], (unsigned long *)a[3]))
CALL(device_mmap, mm_syscall(kernel_device_mmap(a[0], (unsigned int *)a[1])))
CALL(hold_file, (*(void **)a[1] = kernel_hold_file(a[0])) ? 0 : -EBADF)
CALL(charge_ucounts, kernel_charge_ucounts(a[0]))
CALL(uncharge_ucounts, kernel_uncharge_ucounts(a[0]))
CALL(settle, (mm_settle(), mm_syscall(0)))

struct task_struct *task_new(const char *name, unsigned int uid, unsigned long limit_pages)
{
	unsigned long limit = limit_pages == FINI ? MM_UNLIMITED : limit_pages * P;

	return mm_task_create(name, uid, limit, MM_UNLIMITED, uid ? 0 : MM_CAP_EVERY);
}

unsigned long map_kind(struct task_struct *task, unsigned long len, enum mm_mmap_kind kind, unsigned int prot, long fd)
{
	const struct mm_mmap_args args = { .len = len, .kind = kind, .prot = prot, .fd = fd };
	long addr = ON(task, mmap, (unsigned long)&args);

	ck_assert_int_gt(addr, 0);
	return addr;
}

unsigned long map_prot(struct task_struct *task, unsigned long pages, unsigned int prot)
{
	return map_kind(task, pages * P, MM_ANON, prot, -1);
}

unsigned long map_anon(struct task_struct *task, unsigned long pages)
{
	return map_prot(task, pages, RW);
}

struct task_struct *fork_task(struct task_struct *task, const char *name)
{
	struct task_struct *child = NULL;

	ck_assert_int_eq(ON(task, fork, (unsigned long)name, (unsigned long)&child), 0);
	ck_assert(child != NULL);
	return child;
}

long locked(const struct task_struct *task)
{
	return mm_record_locked_vm(mm_task_mm(task, mm_task_mms(task) - 1));
}

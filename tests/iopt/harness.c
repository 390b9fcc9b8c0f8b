/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include "harness.h"

#define TASKS_MAX 16

/* The tasks that stand, to be ended with the machine; of the running test. */
struct machine {
	struct sim_world *world;
	struct task_struct *task[TASKS_MAX];
	unsigned int tasks;
};
static struct machine machine;

static void machine_build(const char *kernel, unsigned long contig_pages, const struct sim_config *sim)
{
	struct mm_config mm = { .contig_pages = contig_pages };
	struct kernel running;
	char name[128];

	machine = (struct machine){ .world = sim_world_create(sim) };
	ck_assert_ptr_nonnull(machine.world);
	ck_assert_int_eq(kernel_lookup(kernel, &running, name, sizeof(name)), 0);
	accounting_init(&running, &mm);
	mm_machine_init(&mm);
	iopt_init();
}

void machine_begin_contig(const char *kernel, unsigned long contig_pages)
{
	const struct sim_config sim = { .strategy = &sim_strategy_in_order };

	machine_build(kernel, contig_pages, &sim);
}

void machine_begin_random(const char *kernel, unsigned long contig_pages, unsigned long seed)
{
	const struct sim_config sim = { .strategy = &sim_strategy_random, .seed = seed };

	machine_build(kernel, contig_pages, &sim);
}

void spawn(struct task_struct *task, void (*fn)(void *arg), void *arg)
{
	sim_actor_submit(mm_task_actor(task), fn, arg);
}

void machine_drop(void)
{
	sim_world_destroy(machine.world);
}

void machine_begin(const char *kernel)
{
	machine_begin_contig(kernel, 1);
}

static void machine_teardown(void)
{
	unsigned int i;

	for (i = 0; i < machine.tasks; i++)
		if (mm_task_alive(machine.task[i]))
			t_exit(machine.task[i]);
	mm_settle();
	ck_assert_int_eq(sim_run(), SIM_QUIET);
	sim_invariants_check(SIM_END);
}

unsigned long machine_end(void)
{
	unsigned long violations = 0;
	int violation;

	machine_teardown();
	for (violation = 0; violation < VIOLATION_NR; violation++)
		violations += sim_violations(violation);
	sim_world_destroy(machine.world);
	return violations;
}

void machine_end_but(enum sim_violation known)
{
	size_t i;

	machine_teardown();
	for (i = 0; i < sim_reports(); i++) {
		const struct sim_report *report = sim_report(i);

		ck_assert_msg(report->violation == known, "%s: %s", sim_violation_name(report->violation),
			      report->text);
	}
	sim_world_destroy(machine.world);
}

void machine_end_clean(void)
{
	machine_end_but(VIOLATION_NR);
}

struct task_struct *proc(const char *name, unsigned int uid, unsigned long limit_pages, unsigned int caps)
{
	struct task_struct *task = mm_task_create(name, uid, limit_pages * PG, MM_UNLIMITED, caps);

	machine.task[machine.tasks++] = task;
	return task;
}

struct call {
	long (*fn)(const unsigned long *arg);
	const unsigned long *arg;
	long ret;
};

static void call_body(void *arg)
{
	struct call *call = arg;

	call->ret = call->fn(call->arg);
}

long on_task(struct task_struct *task, long (*fn)(const unsigned long *arg), const unsigned long *arg)
{
	struct call call = { .fn = fn, .arg = arg };

	sim_actor_submit(mm_task_actor(task), call_body, &call);
	ck_assert_int_eq(sim_run(), SIM_QUIET);
	sim_invariants_check(SIM_QUIESCENT);
	return call.ret;
}

bool fault_left(struct task_struct *task)
{
	return sim_fault_pending(mm_task_actor(task));
}

static long call_mmap(const unsigned long *arg)
{
	const struct mm_mmap_args args = {
		.len = arg[0], .kind = MM_ANON, .prot = MM_PROT_READ | MM_PROT_WRITE, .fd = -1,
	};
	long va = sys_mmap(&args);

	if (va > 0 && sys_touch(va, arg[0], true))
		return -EFAULT;
	return va;
}

long t_mmap(struct task_struct *task, unsigned long len)
{
	return ON(task, call_mmap, len);
}

static long call_open(const unsigned long *arg)
{
	return iommufd_model.open();
}

long t_open(struct task_struct *task)
{
	return ON(task, call_open, 0);
}

static long call_ioas(const unsigned long *arg)
{
	unsigned int id;
	long rc = iommufd_model.ioas_alloc(arg[0], &id);

	return rc ? rc : id;
}

long t_ioas(struct task_struct *task, long fd)
{
	return ON(task, call_ioas, fd);
}

static long call_attach(const unsigned long *arg)
{
	const struct iommufd_attach args = { .ioas_id = arg[1], .pgsize = arg[2] };
	unsigned int id;
	long rc = iommufd_model.attach_mock(arg[0], &args, &id);

	return rc ? rc : id;
}

long t_attach(struct task_struct *task, long fd, long ioas)
{
	return ON(task, call_attach, fd, ioas, 0);
}

long t_attach_4k(struct task_struct *task, long fd, long ioas)
{
	return ON(task, call_attach, fd, ioas, PG);
}

static long call_detach(const unsigned long *arg)
{
	return iommufd_model.detach(arg[0], arg[1]);
}

long t_detach(struct task_struct *task, long fd, long dev)
{
	return ON(task, call_detach, fd, dev);
}

static long call_map(const unsigned long *arg)
{
	const struct iommufd_map args = {
		.ioas_id = arg[1], .va = arg[2], .len = arg[3], .fixed = arg[4], .iova = arg[4],
		.prot = IOPT_READ | IOPT_WRITE,
	};
	unsigned long iova;

	return iommufd_model.ioas_map(arg[0], &args, &iova);
}

long t_map(struct task_struct *task, long fd, long ioas, unsigned long va, unsigned long len, unsigned long iova)
{
	return ON(task, call_map, fd, ioas, va, len, iova);
}

static long call_map_file(const unsigned long *arg)
{
	const struct iommufd_map args = {
		.ioas_id = arg[1], .memfd = arg[2], .off = arg[3], .len = arg[4], .fixed = true, .iova = arg[5],
		.prot = IOPT_READ | IOPT_WRITE,
	};
	unsigned long iova;

	return iommufd_model.ioas_map_file(arg[0], &args, &iova);
}

long t_map_file(struct task_struct *task, long fd, long ioas, long memfd, unsigned long off, unsigned long len,
		 unsigned long iova)
{
	return ON(task, call_map_file, fd, ioas, memfd, off, len, iova);
}

static long call_unmap(const unsigned long *arg)
{
	unsigned long unmapped = 0;
	long rc = iommufd_model.ioas_unmap(arg[0], arg[1], arg[2], arg[3], &unmapped);

	return rc ? rc : (long)unmapped;
}

long t_unmap(struct task_struct *task, long fd, long ioas, unsigned long iova, unsigned long len)
{
	return ON(task, call_unmap, fd, ioas, iova, len);
}

static long call_copy(const unsigned long *arg)
{
	unsigned long iova = arg[5];

	return iommufd_model.ioas_copy(arg[0], arg[1], arg[2], arg[3], arg[4], true, &iova, IOPT_READ | IOPT_WRITE);
}

long t_copy(struct task_struct *task, long fd, long dst, long src, unsigned long src_iova, unsigned long len,
	     unsigned long iova)
{
	return ON(task, call_copy, fd, dst, src, src_iova, len, iova);
}

static long call_access(const unsigned long *arg)
{
	unsigned int id;

	return iommufd_model.access_create(arg[0], arg[1], &id);
}

long t_access(struct task_struct *task, long fd, long ioas)
{
	return ON(task, call_access, fd, ioas);
}

static long call_pin(const unsigned long *arg)
{
	return iommufd_model.access_pin(arg[0], arg[1], arg[2], true);
}

long t_pin(struct task_struct *task, long access_fd, unsigned long iova, unsigned long len)
{
	return ON(task, call_pin, access_fd, iova, len);
}

static long call_unpin(const unsigned long *arg)
{
	return iommufd_model.access_unpin(arg[0], arg[1], arg[2]);
}

long t_unpin(struct task_struct *task, long access_fd, unsigned long iova, unsigned long len)
{
	return ON(task, call_unpin, access_fd, iova, len);
}

static long call_rw(const unsigned long *arg)
{
	return iommufd_model.access_rw(arg[0], arg[1], arg[2], arg[3]);
}

long t_rw(struct task_struct *task, long access_fd, unsigned long iova, unsigned long len, bool write)
{
	return ON(task, call_rw, access_fd, iova, len, write);
}

static long call_destroy(const unsigned long *arg)
{
	return iommufd_model.destroy(arg[0], arg[1]);
}

long t_destroy(struct task_struct *task, long fd, long id)
{
	return ON(task, call_destroy, fd, id);
}

static long call_rlimit_mode(const unsigned long *arg)
{
	return iommufd_model.option_rlimit_mode(arg[0], true, arg[1]);
}

long t_rlimit_mode(struct task_struct *task, long fd, unsigned long value)
{
	return ON(task, call_rlimit_mode, fd, value);
}

static long call_huge_pages(const unsigned long *arg)
{
	return iommufd_model.option_huge_pages(arg[0], arg[1], true, arg[2]);
}

long t_huge_pages(struct task_struct *task, long fd, long ioas, unsigned long value)
{
	return ON(task, call_huge_pages, fd, ioas, value);
}

static long call_change_process(const unsigned long *arg)
{
	return iommufd_model.change_process(arg[0]);
}

long t_change_process(struct task_struct *task, long fd)
{
	return ON(task, call_change_process, fd);
}

static long call_npinned(const unsigned long *arg)
{
	return iommufd_model.npinned(arg[0], arg[1]);
}

long t_npinned(struct task_struct *task, long fd, long ioas)
{
	return ON(task, call_npinned, fd, ioas);
}

static long call_charged(const unsigned long *arg)
{
	return iommufd_model.charged(arg[0], arg[1]);
}

long t_charged(struct task_struct *task, long fd, long id)
{
	return ON(task, call_charged, fd, id);
}

static long call_close(const unsigned long *arg)
{
	return sys_close(arg[0]);
}

long t_close(struct task_struct *task, long fd)
{
	return ON(task, call_close, fd);
}

static long call_exec(const unsigned long *arg)
{
	return sys_exec();
}

long t_exec(struct task_struct *task)
{
	return ON(task, call_exec, 0);
}

static long call_exit(const unsigned long *arg)
{
	return sys_exit();
}

long t_exit(struct task_struct *task)
{
	return ON(task, call_exit, 0);
}

static long call_fork(const unsigned long *arg)
{
	struct task_struct **child = (struct task_struct **)arg[1];

	return sys_fork((const char *)arg[0], child);
}

struct task_struct *t_fork(struct task_struct *task, const char *name)
{
	struct task_struct *child = NULL;
	long rc = ON(task, call_fork, (unsigned long)name, (unsigned long)&child);

	ck_assert_int_ge(rc, 0);
	machine.task[machine.tasks++] = child;
	return child;
}

static const struct mm_record *mm_now(struct task_struct *task)
{
	return mm_task_mm(task, mm_task_mms(task) - 1);
}

long locked_vm(struct task_struct *task)
{
	return mm_record_locked_vm(mm_now(task));
}

long pinned_vm(struct task_struct *task)
{
	return mm_record_pinned_vm(mm_now(task));
}

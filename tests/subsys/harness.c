// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <iopt/iommufd.h>
#include <sim/invariant.h>
#include <sim/world.h>
#include <subsys/subsys.h>

/* Tests run one world at a time, in a process of their own. */
static struct sim_world *world;
static struct task_struct *tasks[16];
static unsigned int nr_tasks;
static bool ignored[VIOLATION_NR];

static void start(const char *kernel_name, unsigned long contig_pages, const struct sim_config *config)
{
	struct mm_config mm = { .contig_pages = contig_pages };
	struct kernel kernel;
	char name[128];

	nr_tasks = 0;
	memset(ignored, 0, sizeof(ignored));
	world = sim_world_create(config);
	ck_assert_ptr_nonnull(world);
	ck_assert_int_eq(kernel_lookup(kernel_name, &kernel, name, sizeof(name)), 0);
	accounting_init(&kernel, &mm);
	mm_machine_init(&mm);
	iopt_init();
	subsys_init();
}

void world_start_contig(const char *kernel, unsigned long contig_pages)
{
	struct sim_config config = { .strategy = &sim_strategy_in_order };

	start(kernel, contig_pages, &config);
}

void world_start_seed(const char *kernel, unsigned long contig_pages, unsigned long seed)
{
	struct sim_config config = { .seed = seed };

	start(kernel, contig_pages, &config);
}

void world_drop(void)
{
	sim_world_destroy(world);
}

void world_start(const char *kernel)
{
	world_start_contig(kernel, 1);
}

void world_ignore(enum sim_violation violation)
{
	ignored[violation] = true;
}

void world_excuse(enum sim_violation violation)
{
	ck_assert_msg(sim_violations(violation) > 0, "no %s", sim_violation_name(violation));
	world_ignore(violation);
}

void world_end(void)
{
	size_t i;

	for (i = 0; i < nr_tasks; i++)
		if (mm_task_alive(tasks[i]))
			CALL(tasks[i], op_exit);
	mm_settle();
	sim_invariants_check(SIM_END);
	for (i = 0; i < sim_reports(); i++) {
		const struct sim_report *report = sim_report(i);

		ck_assert_msg(ignored[report->violation], "%s: %s", sim_violation_name(report->violation),
			      report->text);
	}
	sim_world_destroy(world);
}

static void add_task(struct task_struct *task)
{
	ck_assert_uint_lt(nr_tasks, 16);
	tasks[nr_tasks++] = task;
}

struct task_struct *world_task(const char *name, unsigned int uid, unsigned long limit_pages, unsigned int caps)
{
	unsigned long bytes = limit_pages == MM_UNLIMITED ? MM_UNLIMITED : limit_pages * P;
	struct task_struct *task = mm_task_create(name, uid, bytes, MM_UNLIMITED, caps);

	ck_assert_ptr_nonnull(task);
	add_task(task);
	return task;
}

static void body(void *arg)
{
	struct pending *pending = arg;

	pending->ret = pending->fn(pending->a);
	pending->done = true;
}

void queue(struct task_struct *task, struct pending *pending)
{
	sim_actor_submit(mm_task_actor(task), body, pending);
}

enum sim_outcome run_all(void)
{
	enum sim_outcome outcome = sim_run();

	ck_assert_int_ne(outcome, SIM_FATAL);
	sim_invariants_check(SIM_QUIESCENT);
	return outcome;
}

long call(struct task_struct *task, long (*fn)(const long *a), const long *a)
{
	struct pending pending = { .fn = fn };

	memcpy(pending.a, a, sizeof(pending.a));
	queue(task, &pending);
	ck_assert_int_eq(run_all(), SIM_QUIET);
	return pending.ret;
}

long call_stuck(struct task_struct *task, long (*fn)(const long *a), const long *a)
{
	struct pending pending = { .fn = fn };

	memcpy(pending.a, a, sizeof(pending.a));
	queue(task, &pending);
	ck_assert_int_eq(run_all(), SIM_STUCK);
	ck_assert(pending.done);
	return pending.ret;
}

long op_mmap_file(const long *a)
{
	struct mm_mmap_args args = { .len = a[0] * P, .kind = a[1], .prot = a[2], .fd = a[3] };

	return sys_mmap(&args);
}

long op_mmap(const long *a)
{
	return op_mmap_file((const long[]){ a[0], a[1], a[2], -1 });
}

long op_munmap(const long *a)
{
	return sys_munmap(a[0], a[1] * P);
}

long op_touch(const long *a)
{
	return sys_touch(a[0], a[1] * P, true);
}

long op_mlock(const long *a)
{
	return sys_mlock(a[0], a[1] * P);
}

long op_munlockall(const long *a)
{
	return sys_munlockall();
}

long op_memfd(const long *a)
{
	return sys_memfd(a[0] * P, false);
}

long op_capset(const long *a)
{
	return sys_capset(a[0]);
}

long op_prlimit(const long *a)
{
	return sys_prlimit((struct task_struct *)a[0], a[1] * P, 0, false);
}

long op_fork(const long *a)
{
	struct task_struct **child = (struct task_struct **)a[0];
	long ret = sys_fork("child", child);

	if (!ret)
		add_task(*child);
	return ret;
}

long op_thread(const long *a)
{
	struct task_struct **child = (struct task_struct **)a[0];
	long ret = sys_thread("thread", child);

	if (!ret)
		add_task(*child);
	return ret;
}

long op_exec(const long *a)
{
	return sys_exec();
}

long op_exit(const long *a)
{
	return sys_exit();
}

long op_close(const long *a)
{
	return sys_close(a[0]);
}

long op_cloexec(const long *a)
{
	return sys_cloexec(a[0]);
}

long op_fail(const long *a)
{
	sim_fault_arm(sim_self(), a[0], a[1]);
	return 0;
}

long op_open(const long *a)
{
	struct vfio_open args = { .version = a[0], .iommufd = -1, .device = a[1] };

	return vfio_model.open(&args);
}

long op_open_compat(const long *a)
{
	struct vfio_open args = { .version = a[0], .iommufd = -1, .compat = true, .device = a[1] };

	return vfio_model.open(&args);
}

long op_open_on(const long *a)
{
	struct vfio_open args = { .version = a[0], .iommufd = a[2], .device = a[1] };

	return vfio_model.open(&args);
}

long op_iommufd(const long *a)
{
	return iommufd_model.open();
}

long op_cdev(const long *a)
{
	return vfio_model.cdev_open(a[0], (unsigned int *)a[1]);
}

long op_ioas_alloc(const long *a)
{
	return iommufd_model.ioas_alloc(a[0], (unsigned int *)a[1]);
}

long op_iommufd_attach(const long *a)
{
	return iommufd_model.attach(a[0], a[1], a[2]);
}

long op_ioas_map(const long *a)
{
	unsigned long iova = a[2];
	struct iommufd_map args = { .ioas_id = a[1], .va = a[3], .memfd = -1, .len = a[4] * P, .fixed = true,
				    .iova = a[2], .prot = RW };

	return iommufd_model.ioas_map(a[0], &args, &iova);
}

long op_attach(const long *a)
{
	return vfio_model.attach(a[0]);
}

long op_detach(const long *a)
{
	return vfio_model.detach(a[0]);
}

long op_map(const long *a)
{
	return vfio_model.map(a[0], a[1], a[2], a[3] * P, a[4]);
}

long op_map_bytes(const long *a)
{
	return vfio_model.map(a[0], a[1], a[2], a[3], a[4]);
}

long op_unmap_bytes(const long *a)
{
	unsigned long unmapped;
	long ret = vfio_model.unmap(a[0], a[1], a[2], false, &unmapped);

	return ret ? ret : (long)unmapped;
}

static long pages(long ret, unsigned long unmapped)
{
	return ret ? ret : (long)(unmapped / P);
}

long op_unmap(const long *a)
{
	unsigned long unmapped;
	long ret = vfio_model.unmap(a[0], a[1], a[2] * P, false, &unmapped);

	return pages(ret, unmapped);
}

long op_unmap_all(const long *a)
{
	unsigned long unmapped;
	long ret = vfio_model.unmap(a[0], 0, 0, true, &unmapped);

	return pages(ret, unmapped);
}

long op_unmap_vaddr(const long *a)
{
	unsigned long unmapped;
	long ret = vfio_model.unmap_vaddr(a[0], a[1], a[2] * P, false, &unmapped);

	return pages(ret, unmapped);
}

long op_unmap_vaddr_all(const long *a)
{
	unsigned long unmapped;
	long ret = vfio_model.unmap_vaddr(a[0], 0, 0, true, &unmapped);

	return pages(ret, unmapped);
}

long op_map_vaddr(const long *a)
{
	return vfio_model.map_vaddr(a[0], a[1], a[2], a[3] * P);
}

long op_mdev_attach(const long *a)
{
	return vfio_model.mdev_attach(a[0]);
}

long op_mdev_pin(const long *a)
{
	return vfio_model.mdev_pin(a[0], a[1], a[2] * P);
}

long op_mdev_unpin(const long *a)
{
	return vfio_model.mdev_unpin(a[0], a[1], a[2] * P);
}

long op_charged(const long *a)
{
	return vfio_model.charged(a[0]);
}

long op_device_pfn(const long *a)
{
	return vfio_model.device_pfn(a[0], a[1]);
}

unsigned long ram(struct task_struct *task, unsigned long nr)
{
	long va = CALL(task, op_mmap, nr, MM_ANON, MM_PROT_READ | MM_PROT_WRITE);

	ck_assert_int_gt(va, 0);
	ck_assert_int_eq(CALL(task, op_touch, va, nr), 0);
	return va;
}

int container(struct task_struct *task)
{
	long fd = CALL(task, op_open, 2, true);

	ck_assert_int_ge(fd, 0);
	return fd;
}

long locked_of(struct task_struct *task, unsigned int k)
{
	const struct mm_record *record = mm_task_mm(task, k);

	ck_assert_ptr_nonnull(record);
	return mm_record_locked_vm(record);
}

long locked(struct task_struct *task)
{
	return locked_of(task, mm_task_mms(task) - 1);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Calls that run beside each other, in many orders. Whatever the order: no call is
 * stuck, no detector speaks, the invariants hold when all is quiet, and once
 * everything is unmapped nothing is charged or pinned.
 */
#include "harness.h"
#include "suite.h"

#define TASKS 4
#define CALLS 24
#define AREAS 4
#define AREA_PAGES 12UL

struct shared {
	long fd, ioas[2], acc[2];
	long file;		/* map this instead of ram, and change processes too; or -1 */
	unsigned long ram;
};

struct work {
	struct shared *shared;
	unsigned long rng;
};

static unsigned int draw(struct work *work, unsigned int bound)
{
	work->rng = work->rng * 6364136223846793005UL + 1442695040888963407UL;
	return (work->rng >> 33) % bound;
}

static void one_call(struct work *work, long *dev)
{
	struct shared *s = work->shared;
	unsigned int i = draw(work, 2), area = draw(work, AREAS), other = draw(work, AREAS);
	unsigned long at = IOVA + area * AREA_PAGES * PG, to = IOVA + other * AREA_PAGES * PG, bytes;
	const struct iommufd_attach attach = { .ioas_id = s->ioas[i], .pgsize = draw(work, 2) ? PG : 0 };
	const struct iommufd_map map = {
		.ioas_id = s->ioas[i], .va = s->ram + area * AREA_PAGES * PG, .len = AREA_PAGES * PG,
		.memfd = s->file, .off = area * AREA_PAGES * PG,
		.fixed = true, .iova = at, .prot = IOPT_READ | IOPT_WRITE,
	};
	unsigned int id;

	switch (draw(work, s->file < 0 ? 9 : 10)) {
	case 0:
	case 1:
		if (s->file < 0)
			iommufd_model.ioas_map(s->fd, &map, &bytes);
		else
			iommufd_model.ioas_map_file(s->fd, &map, &bytes);
		break;
	case 2:
		iommufd_model.ioas_unmap(s->fd, s->ioas[i], at, draw(work, 3) * AREA_PAGES * PG, &bytes);
		break;
	case 3:
		iommufd_model.ioas_copy(s->fd, s->ioas[i], s->ioas[!i], at, AREA_PAGES * PG, true, &to, IOPT_READ);
		break;
	case 4:
		if (!*dev && !iommufd_model.attach_mock(s->fd, &attach, &id))
			*dev = id;
		break;
	case 5:
		if (*dev && !iommufd_model.detach(s->fd, *dev))
			*dev = 0;
		break;
	case 6:
		iommufd_model.access_pin(s->acc[i], at + draw(work, 4) * PG, (1 + draw(work, 20)) * PG, draw(work, 2));
		break;
	case 7:
		iommufd_model.access_rw(s->acc[i], at, (1 + draw(work, 20)) * PG, draw(work, 2));
		break;
	case 8:
		iommufd_model.access_unpin(s->acc[i], at, (1 + draw(work, 20)) * PG);
		break;
	case 9:
		iommufd_model.change_process(s->fd);
		break;
	}
}

static void calls(void *arg)
{
	struct work *work = arg;
	long dev = 0;
	int i;

	for (i = 0; i < CALLS; i++)
		one_call(work, &dev);
}

static long call_memfd(const unsigned long *arg)
{
	return sys_memfd(arg[0], false);
}

/* Two address spaces with an access each, and what may be mapped there, shared by a process and its children. */
static void shared_init(struct shared *shared, struct task_struct **task, bool file)
{
	int i;

	task[0] = proc("a", 1000, 200, 0);
	shared->fd = t_open(task[0]);
	for (i = 0; i < 2; i++) {
		shared->ioas[i] = t_ioas(task[0], shared->fd);
		shared->acc[i] = t_access(task[0], shared->fd, shared->ioas[i]);
	}
	shared->ram = t_mmap(task[0], AREAS * AREA_PAGES * PG);
	shared->file = file ? ON(task[0], call_memfd, AREAS * AREA_PAGES * PG) : -1;
	for (i = 1; i < TASKS; i++)
		task[i] = t_fork(task[0], "child");
}

static void run_calls(struct shared *shared, struct task_struct **task, unsigned long seed)
{
	struct work work[TASKS];
	int i;

	for (i = 0; i < TASKS; i++) {
		work[i] = (struct work){ .shared = shared, .rng = seed * TASKS + i };
		spawn(task[i], calls, &work[i]);
	}
	ck_assert_int_eq(sim_run(), SIM_QUIET);
	sim_invariants_check(SIM_QUIESCENT);
	for (i = 0; i < 2; i++)
		ck_assert_int_ge(t_unmap(task[0], shared->fd, shared->ioas[i], 0, ~0UL), 0);
}

static void check_order(const char *kernel, unsigned long contig_pages, unsigned long seed)
{
	struct task_struct *task[TASKS];
	struct shared shared;

	machine_begin_random(kernel, contig_pages, seed);
	shared_init(&shared, task, false);
	run_calls(&shared, task, seed);
	ck_counters(task[0], 0, 0, 0);
	ck_assert_int_eq(mm_pages_pinned(), 0);
	/* memory in physical runs: the mock WARNs of a look at what is unmapped (iopt_area_unpin_domain) */
	machine_end_but(contig_pages > 1 ? VIOLATION_WARNING : VIOLATION_NR);
}

/* Three kernels with different unmap rules, some hundred orders each; scattered memory and physical runs. */
START_TEST(any_order)
{
	static const char *const kernels[] = { "v6.6", "v6.12", "v7.0" };
	unsigned long seed;

	for (seed = 0; seed < 300; seed++)
		check_order(kernels[_i / 2], _i % 2 ? 4 : 1, seed);
}
END_TEST

/*
 * With changes of the process in between: its locks do not keep out who fills or
 * empties an area of shared pages (facts 5.3, D12), so charges may go astray; but
 * nothing hangs, and nothing stays pinned.
 */
START_TEST(change_process_in_any_order)
{
	struct task_struct *task[TASKS];
	struct shared shared;
	unsigned long seed;

	for (seed = 0; seed < 300; seed++) {
		machine_begin_random("v7.0", 1, seed);
		shared_init(&shared, task, true);
		run_calls(&shared, task, seed);
		ck_assert_int_eq(mm_pages_pinned(), 0);
		ck_assert_int_eq(sim_violations(VIOLATION_LOCK_ORDER), 0);
		ck_assert_int_eq(sim_violations(VIOLATION_USE_AFTER_FREE), 0);
		machine_end();
	}
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("parallel");

	tcase_set_timeout(tc, 300);
	tcase_add_loop_test(tc, any_order, 0, 6);
	tcase_add_test(tc, change_process_in_any_order);
	return run_suite("iopt_parallel", tc);
}

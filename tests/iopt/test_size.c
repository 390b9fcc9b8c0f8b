/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest of 1 TiB costs as many steps as it has runs. */
#include <stdio.h>
#include <time.h>
#include "harness.h"
#include "suite.h"

#define GUEST (1UL << 40)

static long call_attach_wide(const unsigned long *arg)
{
	const struct iommufd_attach args = {
		.ioas_id = arg[1], .aperture_start = 0, .aperture_last = (1UL << 48) - 1, .pgsize = PG,
	};
	unsigned int id;
	long rc = iommufd_model.attach_mock(arg[0], &args, &id);

	return rc ? rc : id;
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec * 1e-9;
}

/* Mapped, copied to a second address space with a device of its own, unmapped from both. */
START_TEST(one_tebibyte)
{
	struct task_struct *a;
	long fd, io1, io2, ram;
	double start;

	machine_begin_contig("v6.12", 512);
	a = proc("a", 1000, GUEST / PG, 0);
	fd = t_open(a);
	io1 = t_ioas(a, fd);
	io2 = t_ioas(a, fd);
	ck_assert_int_gt(ON(a, call_attach_wide, fd, io1), 0);
	ck_assert_int_gt(ON(a, call_attach_wide, fd, io2), 0);
	ram = t_mmap(a, GUEST);

	start = seconds();
	ck_assert_int_eq(t_map(a, fd, io1, ram, GUEST, 1UL << 32), 0);
	ck_assert_int_eq(t_copy(a, fd, io2, io1, 1UL << 32, GUEST, 1UL << 32), 0);
	ck_counters(a, 0, GUEST / PG, GUEST / PG);
	ck_assert_int_eq(t_unmap(a, fd, io1, 1UL << 32, GUEST), GUEST);
	ck_assert_int_eq(t_unmap(a, fd, io2, 1UL << 32, GUEST), GUEST);
	printf("1 TiB mapped, copied and unmapped in %.0f ms\n", (seconds() - start) * 1000);
	ck_counters(a, 0, 0, 0);
	/* far above what it takes, for slow machines and sanitizers; the figure is the benchmark's */
	ck_assert(seconds() - start < 20);
	machine_end_clean();
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("size");

	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, one_tebibyte);
	return run_suite("iopt_size", tc);
}

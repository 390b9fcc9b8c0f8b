/* SPDX-License-Identifier: GPL-2.0-or-later */
/* In-kernel accesses: what they pin, how long they hold it, and what an unmap does to them. */
#include "harness.h"
#include "suite.h"

struct setup {
	struct task_struct *a;
	long fd, ioas, ram;
};

/* A process with a limit of 100 pages that has mapped 60 in an address space without a domain. */
static struct setup setup(const char *kernel)
{
	struct setup s;

	machine_begin(kernel);
	s.a = proc("a", 1000, 100, 0);
	s.fd = t_open(s.a);
	s.ioas = t_ioas(s.a, s.fd);
	s.ram = t_mmap(s.a, 60 * PG);
	ck_assert_int_eq(t_map(s.a, s.fd, s.ioas, s.ram, 60 * PG, IOVA), 0);
	return s;
}

/* Only what is pinned is charged; a second pin of the same range costs nothing, and holds as long as either. */
START_TEST(pin_charges_holes)
{
	struct setup s = setup("v6.12");
	long acc = t_access(s.a, s.fd, s.ioas);

	ck_assert_int_eq(t_pin(s.a, acc, IOVA + 10 * PG, 10 * PG), 0);
	ck_counters(s.a, 0, 10, 10);
	ck_assert_int_eq(t_pin(s.a, acc, IOVA + 10 * PG, 10 * PG), 0);
	ck_counters(s.a, 0, 10, 10);
	/* overlaps: five more pages */
	ck_assert_int_eq(t_pin(s.a, acc, IOVA + 15 * PG, 10 * PG), 0);
	ck_counters(s.a, 0, 15, 15);
	ck_assert_int_eq(t_unpin(s.a, acc, IOVA + 10 * PG, 10 * PG), 0);
	ck_counters(s.a, 0, 15, 15);
	ck_assert_int_eq(t_unpin(s.a, acc, IOVA + 10 * PG, 10 * PG), 0);
	ck_counters(s.a, 0, 10, 10);
	/* not a range that was pinned */
	ck_assert_int_eq(t_unpin(s.a, acc, IOVA + 16 * PG, PG), -ENOENT);
	ck_assert_int_eq(t_close(s.a, acc), 0);
	ck_counters(s.a, 0, 0, 0);
	machine_end_clean();
}
END_TEST

/* A page that a domain and an access hold is pinned once, and stays until both have let go, in either order. */
START_TEST(domain_and_access)
{
	struct setup s = setup("v6.12");
	long acc = t_access(s.a, s.fd, s.ioas), dev;

	dev = t_attach(s.a, s.fd, s.ioas);
	ck_assert_int_eq(t_pin(s.a, acc, IOVA + 20 * PG, PG), 0);
	ck_counters(s.a, 0, 60, 60);
	ck_assert_int_eq(mm_task_pins(s.a, s.ram + 20 * PG), 1);
	ck_assert_int_eq(t_detach(s.a, s.fd, dev), 0);
	ck_counters(s.a, 0, 1, 1);
	ck_assert_int_eq(mm_task_pins(s.a, s.ram + 20 * PG), 1);
	ck_assert_int_eq(mm_task_pins(s.a, s.ram + 21 * PG), 0);
	dev = t_attach(s.a, s.fd, s.ioas);
	ck_counters(s.a, 0, 60, 60);
	ck_assert_int_eq(t_unpin(s.a, acc, IOVA + 20 * PG, PG), 0);
	ck_counters(s.a, 0, 60, 60);
	ck_assert_int_eq(t_detach(s.a, s.fd, dev), 0);
	ck_counters(s.a, 0, 0, 0);
	machine_end_clean();
}
END_TEST

/* An unmap has the access let go; on every kernel, as long as the access does so at once. */
START_TEST(unmap_notifies)
{
	static const char *const kernels[] = { "v6.2", "v6.3", "v6.6", "v6.12", "v6.18" };
	struct setup s = setup(kernels[_i]);
	long acc = t_access(s.a, s.fd, s.ioas);

	ck_assert_int_eq(t_pin(s.a, acc, IOVA, 30 * PG), 0);
	ck_assert_int_eq(t_pin(s.a, acc, IOVA + 10 * PG, 50 * PG), 0);
	ck_counters(s.a, 0, 60, 60);
	ck_assert_int_eq(t_unmap(s.a, s.fd, s.ioas, IOVA, 60 * PG), 60 * PG);
	ck_counters(s.a, 0, 0, 0);
	ck_assert_int_eq(t_unpin(s.a, acc, IOVA, 30 * PG), -ENOENT);
	ck_assert_int_eq(t_pin(s.a, acc, IOVA, PG), -ENOENT);
	machine_end_clean();
}
END_TEST

/* Which arguments are refused, in the kernel's order; nothing is left pinned. */
START_TEST(pin_errors)
{
	struct setup s = setup("v6.12");
	long acc = t_access(s.a, s.fd, s.ioas);

	ck_assert_int_eq(t_pin(s.a, acc, IOVA, 0), -EINVAL);
	ck_assert_int_eq(t_pin(s.a, acc, ~0UL - PG + 1, 2 * PG), -EOVERFLOW);
	ck_assert_int_eq(t_pin(s.a, acc, IOVA + 1, PG), -EINVAL);
	ck_assert_int_eq(t_pin(s.a, acc, IOVA - PG, PG), -ENOENT);
	ck_assert_int_eq(t_pin(s.a, acc, IOVA + 59 * PG, 2 * PG), -ENOENT);
	ck_assert_int_eq(t_pin(s.a, acc, IOVA, (16UL << 20) + PG), -ENOMEM);
	ck_assert_int_eq(t_pin(s.a, s.fd, IOVA, PG), -EBADFD);
	ck_counters(s.a, 0, 0, 0);
	/* an access keeps its address space from going */
	ck_assert_int_eq(t_destroy(s.a, s.fd, s.ioas), -EBUSY);
	ck_assert_int_eq(t_close(s.a, acc), 0);
	ck_assert_int_eq(t_destroy(s.a, s.fd, s.ioas), 0);
	machine_end_clean();
}
END_TEST

/* Pinning whole pages needs whole pages to be mapped: an access changes what may be mapped. */
START_TEST(access_alignment)
{
	struct setup s = setup("v6.12");
	long acc;

	ck_assert_int_eq(t_map(s.a, s.fd, s.ioas, s.ram + 1, 100, IOVA + (1UL << 20) + 1), 0);
	ck_assert_int_eq(t_access(s.a, s.fd, s.ioas), -EADDRINUSE);
	ck_assert_int_eq(t_unmap(s.a, s.fd, s.ioas, IOVA + (1UL << 20) + 1, 100), 100);
	acc = t_access(s.a, s.fd, s.ioas);
	ck_assert_int_gt(acc, 0);
	ck_assert_int_eq(t_map(s.a, s.fd, s.ioas, s.ram + 1, 100, IOVA + (1UL << 20) + 1), -EINVAL);
	ck_assert_int_eq(t_close(s.a, acc), 0);
	ck_assert_int_eq(t_map(s.a, s.fd, s.ioas, s.ram + 1, 100, IOVA + (1UL << 20) + 1), 0);
	machine_end_clean();
}
END_TEST

/* Reading and writing is never charged: from the owner, from a child, and once the owner is dead. */
START_TEST(rw_is_free)
{
	struct setup s = setup("v6.12");
	long acc = t_access(s.a, s.fd, s.ioas);
	struct task_struct *b;

	ck_assert_int_eq(t_rw(s.a, acc, IOVA, 60 * PG, true), 0);
	ck_counters(s.a, 0, 0, 0);
	b = t_fork(s.a, "b");
	ck_assert_int_eq(t_rw(b, acc, IOVA, PG, false), 0);
	ck_assert_int_eq(t_rw(b, acc, IOVA + 10, 60 * PG - 10, true), 0);
	ck_counters(s.a, 0, 0, 0);
	ck_assert_int_eq(mm_pages_pinned(), 0);
	ck_assert_int_eq(t_rw(b, acc, IOVA, 61 * PG, true), -ENOENT);
	/* what is pinned can still be read when the memory's owner is gone; the rest cannot */
	ck_assert_int_eq(t_pin(s.a, acc, IOVA, 2 * PG), 0);
	t_exit(s.a);
	ck_assert_int_eq(t_rw(b, acc, IOVA, 2 * PG, false), 0);
	ck_assert_int_eq(t_rw(b, acc, IOVA, 3 * PG, false), -EFAULT);
	machine_end_clean();
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("access");

	tcase_add_test(tc, pin_charges_holes);
	tcase_add_test(tc, domain_and_access);
	tcase_add_loop_test(tc, unmap_notifies, 0, 5);
	tcase_add_test(tc, pin_errors);
	tcase_add_test(tc, access_alignment);
	tcase_add_test(tc, rw_is_free);
	return run_suite("iopt_access", tc);
}

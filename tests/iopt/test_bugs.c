/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The historic bugs of iommufd: each shows on the kernels that had it and where it
 * is put back, and nowhere else.
 */
#include "harness.h"
#include "suite.h"

struct setup {
	struct task_struct *a;
	long fd, ioas, ram, dev;
};

/* 16 pages in physical runs of @contig_pages, mapped into a domain. */
static struct setup setup(const char *kernel, unsigned long contig_pages)
{
	struct setup s;

	machine_begin_contig(kernel, contig_pages);
	s.a = proc("a", 1000, 100, 0);
	s.fd = t_open(s.a);
	s.ioas = t_ioas(s.a, s.fd);
	s.dev = t_attach(s.a, s.fd, s.ioas);
	s.ram = t_mmap(s.a, 16 * PG);
	ck_assert_int_eq(t_map(s.a, s.fd, s.ioas, s.ram, 16 * PG, IOVA), 0);
	return s;
}

/*
 * The domain goes while an access holds a page in the middle of a physical run:
 * that page alone stays pinned. The run is unmapped whole and its rest carried on;
 * with the carry worked out wrongly other pages are unpinned in its place. To miss
 * where a batch ends it takes a second run behind the carry.
 */
START_TEST(access_in_the_middle)
{
	static const struct {
		const char *kernel;
		unsigned long contig_pages;
		bool bug;
	} rows[] = {
		{ "v6.2", 16, true },
		{ "v6.2", 12, true },
		{ "v6.12+iommufd_carry_order", 16, true },
		{ "v6.12+iommufd_carry_order", 12, true },
		{ "v6.12+iommufd_carry_end_zero", 12, true },
		{ "v6.12+iommufd_unpin_while_access", 12, true },
		{ "v6.3", 12, true },		/* carry_end_zero */
		{ "v6.6", 12, false },
		{ "v6.12", 12, false },
		{ "v6.12", 16, false },
		{ "v6.12", 1, false },
		{ "v6.18", 12, false },
	};
	struct setup s = setup(rows[_i].kernel, rows[_i].contig_pages);
	long acc = t_access(s.a, s.fd, s.ioas);
	unsigned long violations;
	bool right;

	ck_assert_int_eq(t_pin(s.a, acc, IOVA + 8 * PG, PG), 0);
	ck_assert_int_eq(t_detach(s.a, s.fd, s.dev), 0);
	right = mm_task_pins(s.a, s.ram + 8 * PG) == 1 && mm_pages_pinned() == 1;
	violations = machine_end();
	if (rows[_i].bug)
		ck_assert_msg(!right || violations, "%s: no trace of the bug", rows[_i].kernel);
	else
		ck_assert_msg(right && !violations, "%s: %lu violations", rows[_i].kernel, violations);
}
END_TEST

/*
 * Two accesses in one physical run: between them the kernel reads on from the domain
 * where it has unmapped already. The mock WARNs, and nothing else comes of it.
 */
START_TEST(look_ahead_after_unmap)
{
	struct setup s = setup("v6.12", 16);
	long acc = t_access(s.a, s.fd, s.ioas);

	ck_assert_int_eq(t_pin(s.a, acc, IOVA + 1 * PG, PG), 0);
	ck_assert_int_eq(t_pin(s.a, acc, IOVA + 3 * PG, PG), 0);
	ck_assert_int_eq(sim_warnings(), 0);
	ck_assert_int_eq(t_detach(s.a, s.fd, s.dev), 0);
	ck_assert_int_eq(sim_warnings(), 1);
	ck_counters(s.a, 0, 2, 2);
	ck_assert_int_eq(mm_pages_pinned(), 2);
	ck_assert_int_eq(mm_task_pins(s.a, s.ram + 1 * PG), 1);
	ck_assert_int_eq(mm_task_pins(s.a, s.ram + 3 * PG), 1);
	machine_end_but(VIOLATION_WARNING);
}
END_TEST

/*
 * Process mode: the mm that paid is dead when the last device goes, so the charge
 * stays noted for pages that are no longer pinned. A device that comes then finds
 * no memory to pin, and the kernel WARNs of the difference.
 */
START_TEST(attach_after_lost_uncharge)
{
	struct task_struct *a;
	long fd, ioas, ram, dev;

	machine_begin("v6.12");
	a = proc("a", 1000, 100, MM_CAP_SYS_RESOURCE);
	fd = t_open(a);
	ck_assert_int_eq(t_rlimit_mode(a, fd, 1), 0);
	ioas = t_ioas(a, fd);
	dev = t_attach(a, fd, ioas);
	ram = t_mmap(a, 8 * PG);
	ck_assert_int_eq(t_map(a, fd, ioas, ram, 8 * PG, IOVA), 0);
	ck_assert_int_eq(t_exec(a), 0);
	ck_assert_int_eq(t_detach(a, fd, dev), 0);
	ck_assert_int_eq(mm_pages_pinned(), 0);
	ck_assert_int_eq(mm_record_locked_vm(mm_task_mm(a, 0)), 8);
	ck_assert_int_eq(sim_warnings(), 0);
	ck_assert_int_eq(t_attach(a, fd, ioas), -EFAULT);
	ck_assert_int_eq(sim_warnings(), 1);
	ck_counters(a, 0, 0, 0);
	machine_end_but(VIOLATION_WARNING);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("bugs");

	tcase_add_loop_test(tc, access_in_the_middle, 0, 12);
	tcase_add_test(tc, look_ahead_after_unmap);
	tcase_add_test(tc, attach_after_lost_uncharge);
	return run_suite("iopt_bugs", tc);
}

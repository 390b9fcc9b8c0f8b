/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every call fails at each place where it can, one after the other: after each
 * failure nothing is charged, pinned or mapped that was not before, and the same
 * call succeeds when it is made again.
 */
#include "harness.h"
#include "suite.h"

#define PAGES 9000UL	/* two calls of GUP, two batches */

struct setup {
	struct task_struct *a;
	long fd, ioas, other, acc, ram;
};

static long op_map(struct setup *s)
{
	return t_map(s->a, s->fd, s->ioas, s->ram, PAGES * PG, IOVA);
}

static long op_attach(struct setup *s)
{
	long rc = t_attach(s->a, s->fd, s->ioas);

	return rc < 0 ? rc : 0;
}

static long op_attach_4k(struct setup *s)
{
	long rc = t_attach_4k(s->a, s->fd, s->ioas);

	return rc < 0 ? rc : 0;
}

static long op_copy(struct setup *s)
{
	return t_copy(s->a, s->fd, s->other, s->ioas, IOVA, PAGES * PG, IOVA);
}

static long op_pin(struct setup *s)
{
	return t_pin(s->a, s->acc, IOVA + PG, 4000 * PG);
}

static long op_ioas(struct setup *s)
{
	long rc = t_ioas(s->a, s->fd);

	return rc < 0 ? rc : 0;
}

static long op_access(struct setup *s)
{
	long rc = t_access(s->a, s->fd, s->ioas);

	return rc < 0 ? rc : 0;
}

static void two_domains(struct setup *s)
{
	ck_assert_int_gt(t_attach(s->a, s->fd, s->ioas), 0);
	ck_assert_int_gt(t_attach_4k(s->a, s->fd, s->ioas), 0);
}

static void mapped(struct setup *s)
{
	ck_assert_int_eq(op_map(s), 0);
}

/* mapped in two pieces that a copy takes as two areas, the other address space with a domain */
static void mapped_twice(struct setup *s)
{
	unsigned long half = PAGES / 2 * PG;

	ck_assert_int_eq(t_map(s->a, s->fd, s->ioas, s->ram, half, IOVA), 0);
	ck_assert_int_eq(t_map(s->a, s->fd, s->ioas, s->ram + half, PAGES * PG - half, IOVA + half), 0);
	ck_assert_int_gt(t_attach(s->a, s->fd, s->other), 0);
}

static void mapped_and_accessed(struct setup *s)
{
	mapped(s);
	s->acc = t_access(s->a, s->fd, s->ioas);
	ck_assert_int_eq(t_pin(s->a, s->acc, IOVA + 2000 * PG, 1000 * PG), 0);
}

static void mapped_attached_and_accessed(struct setup *s)
{
	mapped_and_accessed(s);
	ck_assert_int_gt(t_attach(s->a, s->fd, s->ioas), 0);
}

static const struct {
	const char *what;
	void (*before)(struct setup *s);
	long (*op)(struct setup *s);
	enum sim_violation known;
} sweeps[] = {
	{ "map into two domains", two_domains, op_map, VIOLATION_UNPIN_WHILE_MAPPED },
	{ "map without a domain", NULL, op_map, VIOLATION_NR },
	{ "attach to what is mapped", mapped, op_attach, VIOLATION_NR },
	{ "attach to what is mapped and partly pinned by an access", mapped_and_accessed, op_attach, VIOLATION_NR },
	{ "a second domain", mapped_attached_and_accessed, op_attach_4k, VIOLATION_NR },
	{ "copy of two areas into a domain", mapped_twice, op_copy, VIOLATION_NR },
	{ "copy of pinned pages", mapped_attached_and_accessed, op_copy, VIOLATION_NR },
	{ "pin by an access", mapped_and_accessed, op_pin, VIOLATION_NR },
	{ "pin by an access of what a domain maps", mapped_attached_and_accessed, op_pin, VIOLATION_NR },
	{ "a new address space", NULL, op_ioas, VIOLATION_NR },
	{ "a new access", mapped, op_access, VIOLATION_NR },
};

static struct setup setup(void (*before)(struct setup *s), unsigned long contig_pages)
{
	struct setup s;

	machine_begin_contig("v6.12", contig_pages);
	s.a = proc("a", 1000, 2 * PAGES, 0);
	s.fd = t_open(s.a);
	s.ioas = t_ioas(s.a, s.fd);
	s.other = t_ioas(s.a, s.fd);
	s.ram = t_mmap(s.a, PAGES * PG);
	if (before)
		before(&s);
	return s;
}

/* The n-th place that fails, for n = 1, 2, ... until the call has no n-th place; scattered and contiguous memory. */
START_TEST(nth_fault)
{
	unsigned long contig_pages = _i % 2 ? 512 : 1;
	unsigned long nth, failures = 0;
	bool left = false;

	for (nth = 1; !left; nth++) {
		struct setup s = setup(sweeps[_i / 2].before, contig_pages);
		long pinned = pinned_vm(s.a), user = mm_task_user_locked_vm(s.a);
		unsigned long pages = mm_pages_pinned();
		long npinned = t_npinned(s.a, s.fd, s.ioas), rc;

		sim_fault_arm_nth(mm_task_actor(s.a), nth);
		rc = sweeps[_i / 2].op(&s);
		left = fault_left(s.a);
		if (left)
			ck_assert_msg(rc == 0, "%s, nothing failed: %ld", sweeps[_i / 2].what, rc);
		if (rc) {
			failures++;
			ck_counters(s.a, 0, pinned, user);
			ck_assert_int_eq(mm_pages_pinned(), pages);
			ck_assert_int_eq(t_npinned(s.a, s.fd, s.ioas), npinned);
			rc = sweeps[_i / 2].op(&s);
			ck_assert_msg(rc == 0, "%s, again after failure %lu: %ld", sweeps[_i / 2].what, nth, rc);
		}
		machine_end_but(sweeps[_i / 2].known);
		ck_assert_int_lt(nth, 1000);
	}
	ck_assert_int_gt(failures, 0);
}
END_TEST

/*
 * A page that cannot be pinned, or mapped, in the middle of a batch and at its ends.
 * When the second domain cannot take a batch, the kernel unpins it before it is
 * unmapped from the first (iopt_area_fill_domains: pfn_reader_release_pins).
 */
START_TEST(fault_at_page)
{
	static const unsigned long at[] = { 0, 1, 4095, 5460, 5461, 8191, 8192, 8999 };
	enum sim_fault_site site = _i % 2 ? SIM_FAULT_IOMMU_MAP : SIM_FAULT_GUP;
	struct setup s = setup(two_domains, _i / 2 % 2 ? 512 : 1);
	long rc;

	sim_fault_arm(mm_task_actor(s.a), site, at[_i / 4]);
	rc = op_map(&s);
	ck_assert_int_lt(rc, 0);
	ck_assert(!fault_left(s.a));
	ck_counters(s.a, 0, 0, 0);
	ck_assert_int_eq(mm_pages_pinned(), 0);
	ck_assert_int_eq(op_map(&s), 0);
	ck_counters(s.a, 0, PAGES, PAGES);
	machine_end_but(site == SIM_FAULT_IOMMU_MAP ? VIOLATION_UNPIN_WHILE_MAPPED : VIOLATION_NR);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("unwind");

	tcase_set_timeout(tc, 300);
	tcase_add_loop_test(tc, nth_fault, 0, 2 * sizeof(sweeps) / sizeof(sweeps[0]));
	tcase_add_loop_test(tc, fault_at_page, 0, 32);
	return run_suite("iopt_unwind", tc);
}

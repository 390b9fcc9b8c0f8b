/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The IO page table: which IOVAs may be used, how ranges are unmapped, who keeps whom alive. */
#include "harness.h"
#include "suite.h"

#define NR(array) (sizeof(array) / sizeof((array)[0]))

struct setup {
	struct task_struct *a;
	long fd, ioas, ram;
};

static struct setup setup(const char *kernel)
{
	struct setup s;

	machine_begin(kernel);
	s.a = proc("a", 1000, 10000, 0);
	s.fd = t_open(s.a);
	s.ioas = t_ioas(s.a, s.fd);
	s.ram = t_mmap(s.a, 1024 * PG);
	return s;
}

/* The chosen IOVA, or -errno. */
static long call_map_any(const unsigned long *arg)
{
	const struct iommufd_map args = {
		.ioas_id = arg[1], .va = arg[2], .len = arg[3], .prot = IOPT_READ,
	};
	unsigned long iova;
	long rc = iommufd_model.ioas_map(arg[0], &args, &iova);

	return rc ? rc : (long)iova;
}

static long map_any(struct setup *s, unsigned long va, unsigned long len)
{
	return ON(s->a, call_map_any, s->fd, s->ioas, va, len);
}

static long call_allow(const unsigned long *arg)
{
	const struct iommufd_range ranges[] = { { arg[2], arg[3] }, { arg[4], arg[5] } };

	return iommufd_model.ioas_allow_iovas(arg[0], arg[1], ranges, arg[4] ? 2 : 1);
}

/* Never 0; aligned as the memory is, up to the length; behind what is mapped; not outside the aperture. */
START_TEST(iova_allocation)
{
	struct setup s = setup("v6.12");
	unsigned long odd = s.ram + PG;

	/* without a domain: the first place, at the alignment that the address gives */
	ck_assert_int_eq(map_any(&s, odd, PG), PG);
	ck_assert_int_eq(map_any(&s, odd + 10, 100), 2 * PG + 10);
	ck_assert_int_eq(t_unmap(s.a, s.fd, s.ioas, 0, ~0UL), PG + 100);
	/* with one: from 16M on */
	ck_assert_int_gt(t_attach(s.a, s.fd, s.ioas), 0);
	ck_assert_int_eq(map_any(&s, odd, PG), IOVA);
	ck_assert_int_eq(map_any(&s, odd, PG), IOVA + PG);
	ck_assert_int_eq(map_any(&s, odd, 1UL << 63), -EOVERFLOW);
	ck_assert_int_eq(map_any(&s, odd, 1UL << 40), -ENOSPC);
	ck_assert_int_eq(map_any(&s, odd + 1, 2048), -EINVAL);
	machine_end_clean();
}
END_TEST

/* Allowed ranges bind the allocator and keep domains from reserving there; a fixed IOVA may lie elsewhere. */
START_TEST(allowed_iovas)
{
	struct setup s = setup("v6.12");
	unsigned long odd = s.ram + PG;

	ck_assert_int_eq(ON(s.a, call_allow, s.fd, s.ioas, 0x2000000, 0x2001fff, 0x3000000, 0x30fffff), 0);
	ck_assert_int_eq(map_any(&s, odd, PG), 0x2000000);
	/* no room in the first range beside the last byte rule */
	ck_assert_int_eq(map_any(&s, odd, 3 * PG), 0x3000000);
	ck_assert_int_eq(t_map(s.a, s.fd, s.ioas, odd, PG, 0x5000000), 0);
	ck_assert_int_eq(ON(s.a, call_allow, s.fd, s.ioas, 0x1000, 0x1000, 0), -EINVAL);
	ck_assert_int_eq(ON(s.a, call_allow, s.fd, s.ioas, 0x1000, 0x2fff, 0x2000, 0x3fff), -EINVAL);
	/* below the aperture: the device cannot come, nor the range once it has */
	ck_assert_int_eq(ON(s.a, call_allow, s.fd, s.ioas, 0x1000, 0x1fff, 0), 0);
	ck_assert_int_eq(t_attach(s.a, s.fd, s.ioas), -EADDRINUSE);
	ck_assert_int_eq(ON(s.a, call_allow, s.fd, s.ioas, 0x2000000, 0x2001fff, 0), 0);
	ck_assert_int_gt(t_attach(s.a, s.fd, s.ioas), 0);
	ck_assert_int_eq(ON(s.a, call_allow, s.fd, s.ioas, 0x1000, 0x1fff, 0), -EADDRINUSE);
	machine_end_clean();
}
END_TEST

/* Which maps are refused, and what is tested first. */
START_TEST(map_errors)
{
	struct setup s = setup("v6.12");
	static const struct {
		unsigned long off, len, iova;
		long rc;
	} maps[] = {
		{ 0, PG, ~0UL, -EOVERFLOW },
		{ 0, ~0UL, IOVA, -EOVERFLOW },
		{ 0, 0, IOVA, -EINVAL },
		{ 0, PG, IOVA - PG, -EINVAL },		/* outside the aperture */
		{ 0, PG, IOVA + 1, -EINVAL },
		{ 0, 100, IOVA, -EINVAL },
		{ 1, PG, IOVA, -EINVAL },
		{ 0, PG, IOVA, 0 },
		{ PG, 2 * PG, IOVA - PG, -EINVAL },	/* reserved before mapped */
		{ PG, 2 * PG, IOVA, -EEXIST },
		{ 1024 * PG, PG, IOVA + PG, -EFAULT },
		{ 2048, PG, IOVA + PG + 2048, 0 },	/* half pages: the mock's IO page */
	};
	unsigned int i;

	ck_assert_int_gt(t_attach(s.a, s.fd, s.ioas), 0);
	for (i = 0; i < NR(maps); i++)
		ck_assert_msg(t_map(s.a, s.fd, s.ioas, s.ram + maps[i].off, maps[i].len, maps[i].iova) == maps[i].rc,
			      "map %u", i);
	ck_assert_int_eq(t_map(s.a, s.fd, 99, s.ram, PG, IOVA), -ENOENT);
	ck_assert_int_eq(t_map(s.a, s.fd + 99, s.ioas, s.ram, PG, IOVA), -EBADF);
	ck_counters(s.a, 0, 3, 3);
	machine_end_clean();
}
END_TEST

/* An address that wraps is refused, but on 6.2. */
START_TEST(uptr_wrap)
{
	static const struct {
		const char *kernel;
		long rc;
	} kernels[] = { { "v6.2", 0 }, { "v6.3", -EOVERFLOW }, { "v6.12", -EOVERFLOW }, { "v6.18", -EOVERFLOW },
			{ "v6.12+iommufd_uptr_wrap", 0 } };
	struct setup s = setup(kernels[_i].kernel);

	ck_assert_int_eq(t_map(s.a, s.fd, s.ioas, -PG, 2 * PG, IOVA), kernels[_i].rc);
	machine_end_clean();
}
END_TEST

/*
 * A range must hold each area that it touches whole; those before one that it cuts
 * stay unmapped. Nothing mapped is ENOENT, save for everything.
 */
START_TEST(unmap_rules)
{
	static const char *const kernels[] = { "v6.2", "v6.6", "v6.12", "v6.14", "v6.18", "v7.0" };
	struct setup s = setup(kernels[_i]);

	ck_assert_int_gt(t_attach(s.a, s.fd, s.ioas), 0);
	ck_assert_int_eq(t_unmap(s.a, s.fd, s.ioas, IOVA, 16 * PG), -ENOENT);
	ck_assert_int_eq(t_unmap(s.a, s.fd, s.ioas, 0, ~0UL), 0);
	ck_assert_int_eq(t_map(s.a, s.fd, s.ioas, s.ram, 16 * PG, IOVA), 0);
	ck_assert_int_eq(t_map(s.a, s.fd, s.ioas, s.ram + 16 * PG, 16 * PG, IOVA + 16 * PG), 0);
	ck_assert_int_eq(t_unmap(s.a, s.fd, s.ioas, IOVA + PG, 31 * PG), -ENOENT);
	ck_counters(s.a, 0, 32, 32);
	ck_assert_int_eq(t_unmap(s.a, s.fd, s.ioas, IOVA, 31 * PG), -ENOENT);
	ck_counters(s.a, 0, 16, 16);
	ck_assert_int_eq(t_unmap(s.a, s.fd, s.ioas, IOVA, 0), -EINVAL);
	ck_assert_int_eq(t_unmap(s.a, s.fd, s.ioas, IOVA, -IOVA + 1), -EOVERFLOW);
	ck_assert_int_eq(t_unmap(s.a, s.fd, s.ioas, 1, ~0UL), -EOVERFLOW);
	ck_assert_int_eq(t_unmap(s.a, s.fd, s.ioas, 0, ~0UL - 1), 16 * PG);
	ck_counters(s.a, 0, 0, 0);
	machine_end_clean();
}
END_TEST

/* Large pages cannot be switched off under what is mapped in a domain; then everything is in whole pages. */
START_TEST(huge_pages_option)
{
	struct setup s = setup("v6.12");
	long dev;

	ck_assert_int_eq(t_huge_pages(s.a, s.fd, s.ioas, 2), -EINVAL);
	ck_assert_int_eq(t_huge_pages(s.a, s.fd, 99, 0), -ENOENT);
	dev = t_attach(s.a, s.fd, s.ioas);
	ck_assert_int_eq(t_map(s.a, s.fd, s.ioas, s.ram + 2048, PG, IOVA + 2048), 0);
	ck_assert_int_eq(t_huge_pages(s.a, s.fd, s.ioas, 0), -EINVAL);
	ck_assert_int_eq(t_detach(s.a, s.fd, dev), 0);
	/* half a page is mapped */
	ck_assert_int_eq(t_huge_pages(s.a, s.fd, s.ioas, 0), -EADDRINUSE);
	ck_assert_int_eq(t_unmap(s.a, s.fd, s.ioas, 0, ~0UL), PG);
	ck_assert_int_eq(t_huge_pages(s.a, s.fd, s.ioas, 0), 0);
	ck_assert_int_eq(t_map(s.a, s.fd, s.ioas, s.ram + 2048, PG, IOVA + 2048), -EINVAL);
	ck_assert_int_gt(t_attach(s.a, s.fd, s.ioas), 0);
	ck_assert_int_eq(t_map(s.a, s.fd, s.ioas, s.ram, 1024 * PG, IOVA), 0);
	ck_assert_int_eq(t_huge_pages(s.a, s.fd, s.ioas, 1), 0);
	ck_assert_int_eq(t_unmap(s.a, s.fd, s.ioas, IOVA, 1024 * PG), 1024 * PG);
	machine_end_clean();
}
END_TEST

/* An address space cannot go while a device or an access uses it; closing the file takes all down. */
START_TEST(lifetimes)
{
	struct setup s = setup("v6.12");
	long dev = t_attach(s.a, s.fd, s.ioas), dev2 = t_attach(s.a, s.fd, s.ioas), acc, fd2;

	ck_assert_int_eq(t_map(s.a, s.fd, s.ioas, s.ram, 16 * PG, IOVA), 0);
	ck_assert_int_eq(t_destroy(s.a, s.fd, s.ioas), -EBUSY);
	ck_assert_int_eq(t_destroy(s.a, s.fd, dev), 0);
	ck_assert_int_eq(t_destroy(s.a, s.fd, dev), -ENOENT);
	ck_assert_int_eq(t_destroy(s.a, s.fd, s.ioas), -EBUSY);
	ck_counters(s.a, 0, 16, 16);
	ck_assert_int_eq(t_detach(s.a, s.fd, dev2), 0);
	ck_assert_int_eq(t_destroy(s.a, s.fd, s.ioas), 0);
	ck_assert_int_eq(t_destroy(s.a, s.fd, s.ioas), -ENOENT);
	ck_assert_int_eq(t_npinned(s.a, s.fd, s.ioas), -ENOENT);

	/* an access keeps the context alive behind the closed file */
	fd2 = t_open(s.a);
	s.ioas = t_ioas(s.a, fd2);
	ck_assert_int_gt(t_attach(s.a, fd2, s.ioas), 0);
	ck_assert_int_eq(t_map(s.a, fd2, s.ioas, s.ram, 16 * PG, IOVA), 0);
	acc = t_access(s.a, fd2, s.ioas);
	ck_assert_int_eq(t_close(s.a, fd2), 0);
	ck_counters(s.a, 0, 16, 16);
	ck_assert_int_eq(t_pin(s.a, acc, IOVA, PG), 0);
	ck_assert_int_eq(t_close(s.a, acc), 0);
	ck_counters(s.a, 0, 0, 0);
	machine_end_clean();
}
END_TEST

/* What the device reaches is what the task sees; by another domain too, after a replace. */
static long call_device_pfn(const unsigned long *arg)
{
	return iommufd_model.device_pfn(arg[0], arg[1], arg[2]);
}

static long call_replace(const unsigned long *arg)
{
	return iommufd_model.replace(arg[0], arg[1], arg[2]);
}

START_TEST(replace)
{
	struct setup s = setup("v6.12");
	long other = t_ioas(s.a, s.fd), dev = t_attach(s.a, s.fd, s.ioas);

	ck_assert_int_eq(t_map(s.a, s.fd, s.ioas, s.ram, 16 * PG, IOVA), 0);
	ck_assert_int_eq(t_map(s.a, s.fd, other, s.ram + 16 * PG, 16 * PG, IOVA), 0);
	ck_counters(s.a, 0, 16, 16);
	ck_assert_int_eq(ON(s.a, call_device_pfn, s.fd, dev, IOVA + 3 * PG), mm_task_pfn(s.a, s.ram + 3 * PG));
	ck_assert_int_eq(ON(s.a, call_device_pfn, s.fd, dev, IOVA + 16 * PG), -1);
	ck_assert_int_eq(ON(s.a, call_replace, s.fd, dev, 99), -ENOENT);
	ck_assert_int_eq(ON(s.a, call_replace, s.fd, dev, dev), -EINVAL);
	ck_assert_int_eq(ON(s.a, call_replace, s.fd, s.ioas, other), -ENOENT);
	ck_assert_int_eq(ON(s.a, call_replace, s.fd, dev, other), 0);
	ck_counters(s.a, 0, 16, 16);
	ck_assert_int_eq(ON(s.a, call_device_pfn, s.fd, dev, IOVA + 3 * PG), mm_task_pfn(s.a, s.ram + 19 * PG));
	ck_assert_int_eq(ON(s.a, call_replace, s.fd, dev, other), 0);
	ck_assert_int_eq(t_npinned(s.a, s.fd, s.ioas), 0);
	ck_assert_int_eq(t_npinned(s.a, s.fd, other), 16);
	ck_assert_int_eq(t_destroy(s.a, s.fd, s.ioas), 0);
	machine_end_clean();
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("table");

	tcase_add_test(tc, iova_allocation);
	tcase_add_test(tc, allowed_iovas);
	tcase_add_test(tc, map_errors);
	tcase_add_loop_test(tc, uptr_wrap, 0, 5);
	tcase_add_loop_test(tc, unmap_rules, 0, 6);
	tcase_add_test(tc, huge_pages_option);
	tcase_add_test(tc, lifetimes);
	tcase_add_test(tc, replace);
	return run_suite("iopt_table", tc);
}

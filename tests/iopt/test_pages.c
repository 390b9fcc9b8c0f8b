/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The pages behind the counters: what DMA reaches is compared, page by page and
 * over whole ranges, with what the task sees, through everything that may part
 * the two.
 *
 * Each case runs with pages that lie apart and with physical runs of 2 MiB, since
 * batches, domains and copies are kept as runs and break at their borders.
 */
#include "harness.h"
#include "suite.h"

#define PAGES 1300UL		/* two whole 2 MiB blocks and a part */
#define OTHER (IOVA + (64UL << 20))

static const unsigned long contig_pages[] = { 1, 512 };

static long call_pfn(const unsigned long *arg)
{
	return iommufd_model.device_pfn(arg[0], arg[1], arg[2]);
}

static long call_replace(const unsigned long *arg)
{
	return iommufd_model.replace(arg[0], arg[1], arg[2]);
}

static long call_touch(const unsigned long *arg)
{
	return sys_touch(arg[0], arg[1], arg[2]);
}

static long call_munmap(const unsigned long *arg)
{
	return sys_munmap(arg[0], arg[1]);
}

static long call_mmap_at(const unsigned long *arg)
{
	const struct mm_mmap_args args = {
		.len = arg[1], .prot = MM_PROT_READ | MM_PROT_WRITE, .fd = -1, .fixed = true, .addr = arg[0],
	};

	return sys_mmap(&args);
}

static long call_map_read_only(const unsigned long *arg)
{
	const struct iommufd_map args = {
		.ioas_id = arg[1], .va = arg[2], .memfd = -1, .len = arg[3], .fixed = true, .iova = arg[4],
		.prot = IOPT_READ,
	};
	unsigned long iova;

	return iommufd_model.ioas_map(arg[0], &args, &iova);
}

/* One process, one context, an IOAS with a device. */
struct dma {
	struct task_struct *a;
	long fd, ioas, dev, ram;
};

static struct dma dma_begin(int i)
{
	struct dma d;

	machine_begin_contig("v6.12", contig_pages[i]);
	d.a = proc("a", 1000, 16 * PAGES, 0);
	d.fd = t_open(d.a);
	d.ioas = t_ioas(d.a, d.fd);
	d.dev = t_attach(d.a, d.fd, d.ioas);
	d.ram = t_mmap(d.a, PAGES * PG);
	return d;
}

static long dev_pfn(const struct dma *d, long dev, unsigned long iova)
{
	return ON(d->a, call_pfn, d->fd, dev, iova);
}

/* The device reaches at @iova, page by page, what @task sees at @va. */
static void ck_same(const struct dma *d, long dev, unsigned long iova, struct task_struct *task, unsigned long va,
		    unsigned long pages)
{
	for (unsigned long i = 0; i < pages; i++) {
		long pfn = mm_task_pfn(task, va + i * PG);

		ck_assert_int_ge(pfn, 0);
		ck_assert_int_eq(dev_pfn(d, dev, iova + i * PG), pfn);
	}
}

/* ... and nowhere the page that @task sees. */
static void ck_apart(const struct dma *d, long dev, unsigned long iova, struct task_struct *task, unsigned long va,
		     unsigned long pages)
{
	for (unsigned long i = 0; i < pages; i++) {
		ck_assert_int_ge(dev_pfn(d, dev, iova + i * PG), 0);
		ck_assert_int_ne(dev_pfn(d, dev, iova + i * PG), mm_task_pfn(task, va + i * PG));
	}
}

static void ck_nothing(const struct dma *d, long dev, unsigned long iova, unsigned long pages)
{
	for (unsigned long i = 0; i < pages; i++)
		ck_assert_int_eq(dev_pfn(d, dev, iova + i * PG), -1);
}

/* A map reaches exactly its range; after the unmap nothing is reached. */
START_TEST(map)
{
	struct dma d = dma_begin(_i);

	ck_assert_int_eq(t_map(d.a, d.fd, d.ioas, d.ram, PAGES * PG, IOVA), 0);
	ck_same(&d, d.dev, IOVA, d.a, d.ram, PAGES);
	ck_nothing(&d, d.dev, IOVA + PAGES * PG, 3);
	ck_assert_int_eq(t_unmap(d.a, d.fd, d.ioas, IOVA, PAGES * PG), PAGES * PG);
	ck_nothing(&d, d.dev, IOVA, PAGES);
	machine_end_clean();
}
END_TEST

/* From the middle of a page on: the first and the last page are reached in part. */
START_TEST(unaligned)
{
	struct dma d = dma_begin(_i);

	ck_assert_int_eq(t_map(d.a, d.fd, d.ioas, d.ram + 2048, 20 * PG, IOVA + 2048), 0);
	ck_same(&d, d.dev, IOVA + 2048, d.a, d.ram + 2048, 20);
	ck_assert_int_eq(dev_pfn(&d, d.dev, IOVA), -1);
	ck_assert_int_eq(dev_pfn(&d, d.dev, IOVA + 20 * PG), mm_task_pfn(d.a, d.ram + 20 * PG));
	machine_end_clean();
}
END_TEST

/* A copy of a part, in another IOAS with its own domain: the same pages, also once the source is unmapped. */
START_TEST(copy)
{
	struct dma d = dma_begin(_i);
	long ioas2 = t_ioas(d.a, d.fd), dev2 = t_attach_4k(d.a, d.fd, ioas2);

	ck_assert_int_eq(t_map(d.a, d.fd, d.ioas, d.ram, PAGES * PG, IOVA), 0);
	ck_assert_int_eq(t_copy(d.a, d.fd, ioas2, d.ioas, IOVA + 300 * PG, 700 * PG, OTHER), 0);
	ck_same(&d, dev2, OTHER, d.a, d.ram + 300 * PG, 700);
	ck_nothing(&d, dev2, OTHER + 700 * PG, 3);
	ck_assert_int_eq(t_unmap(d.a, d.fd, d.ioas, IOVA, PAGES * PG), PAGES * PG);
	ck_nothing(&d, d.dev, IOVA, PAGES);
	ck_same(&d, dev2, OTHER, d.a, d.ram + 300 * PG, 700);
	ck_counters(d.a, 0, 700, 700);
	machine_end_clean();
}
END_TEST

/* A second device with a domain of its own is filled from the first; the first may then go. */
START_TEST(second_domain)
{
	struct dma d = dma_begin(_i);
	long dev2;

	ck_assert_int_eq(t_map(d.a, d.fd, d.ioas, d.ram, PAGES * PG, IOVA), 0);
	dev2 = t_attach_4k(d.a, d.fd, d.ioas);
	ck_same(&d, dev2, IOVA, d.a, d.ram, PAGES);
	ck_assert_int_eq(t_detach(d.a, d.fd, d.dev), 0);
	ck_same(&d, dev2, IOVA, d.a, d.ram, PAGES);
	machine_end_clean();
}
END_TEST

/* A device replaced into another IOAS reaches what is mapped there, and nothing of before. */
START_TEST(replace)
{
	struct dma d = dma_begin(_i);
	long ioas2 = t_ioas(d.a, d.fd);

	ck_assert_int_eq(t_map(d.a, d.fd, d.ioas, d.ram, 600 * PG, IOVA), 0);
	ck_assert_int_eq(t_map(d.a, d.fd, ioas2, d.ram + 600 * PG, 700 * PG, OTHER), 0);
	ck_assert_int_eq(ON(d.a, call_replace, d.fd, d.dev, ioas2), 0);
	ck_nothing(&d, d.dev, IOVA, 600);
	ck_same(&d, d.dev, OTHER, d.a, d.ram + 600 * PG, 700);
	machine_end_clean();
}
END_TEST

/* fork: the child has copies of what was pinned, the parent keeps the pages, also when either writes. */
START_TEST(fork_of_pinned)
{
	struct dma d = dma_begin(_i);
	struct task_struct *child;

	ck_assert_int_eq(t_map(d.a, d.fd, d.ioas, d.ram, PAGES * PG, IOVA), 0);
	child = t_fork(d.a, "child");
	ck_same(&d, d.dev, IOVA, d.a, d.ram, PAGES);
	ck_apart(&d, d.dev, IOVA, child, d.ram, PAGES);
	ck_assert_int_eq(ON(child, call_touch, d.ram, PAGES * PG, true), 0);
	ck_assert_int_eq(ON(d.a, call_touch, d.ram, PAGES * PG, true), 0);
	ck_same(&d, d.dev, IOVA, d.a, d.ram, PAGES);
	machine_end_clean();
}
END_TEST

/* COW: pages shared with a child are pinned by a writing map as the pinner's own copies. */
START_TEST(cow_before_the_pin)
{
	struct dma d = dma_begin(_i);
	struct task_struct *child = t_fork(d.a, "child");

	for (unsigned long i = 0; i < PAGES; i++)
		ck_assert_int_eq(mm_task_pfn(d.a, d.ram + i * PG), mm_task_pfn(child, d.ram + i * PG));
	ck_assert_int_eq(t_map(d.a, d.fd, d.ioas, d.ram, PAGES * PG, IOVA), 0);
	ck_same(&d, d.dev, IOVA, d.a, d.ram, PAGES);
	ck_apart(&d, d.dev, IOVA, child, d.ram, PAGES);
	machine_end_clean();
}
END_TEST

/* A read-only map of pages shared with a child unshares them first: a later write stays visible to the device. */
START_TEST(read_only_unshares)
{
	struct dma d = dma_begin(_i);
	struct task_struct *child = t_fork(d.a, "child");

	ck_assert_int_eq(ON(d.a, call_map_read_only, d.fd, d.ioas, d.ram, PAGES * PG, IOVA), 0);
	ck_apart(&d, d.dev, IOVA, child, d.ram, PAGES);
	ck_assert_int_eq(ON(d.a, call_touch, d.ram, PAGES * PG, true), 0);
	ck_same(&d, d.dev, IOVA, d.a, d.ram, PAGES);
	machine_end_clean();
}
END_TEST

/*
 * Remap: memory put in place of pinned memory is other memory. The device goes on
 * with the old pages until the range is unmapped and mapped once more.
 */
START_TEST(remap)
{
	struct dma d = dma_begin(_i);

	ck_assert_int_eq(t_map(d.a, d.fd, d.ioas, d.ram, PAGES * PG, IOVA), 0);
	ck_assert_int_eq(ON(d.a, call_mmap_at, d.ram + 100 * PG, 600 * PG), d.ram + 100 * PG);
	ck_assert_int_eq(ON(d.a, call_touch, d.ram, PAGES * PG, true), 0);
	ck_same(&d, d.dev, IOVA, d.a, d.ram, 100);
	ck_apart(&d, d.dev, IOVA + 100 * PG, d.a, d.ram + 100 * PG, 600);
	ck_same(&d, d.dev, IOVA + 700 * PG, d.a, d.ram + 700 * PG, PAGES - 700);
	ck_assert_int_eq(t_unmap(d.a, d.fd, d.ioas, IOVA, PAGES * PG), PAGES * PG);
	ck_assert_int_eq(t_map(d.a, d.fd, d.ioas, d.ram, PAGES * PG, IOVA), 0);
	ck_same(&d, d.dev, IOVA, d.a, d.ram, PAGES);
	machine_end_clean();
}
END_TEST

/* Pages outlive the mapping that they were pinned through, and come back to nobody. */
START_TEST(munmap_of_pinned)
{
	struct dma d = dma_begin(_i);
	long first, last;

	ck_assert_int_eq(t_map(d.a, d.fd, d.ioas, d.ram, PAGES * PG, IOVA), 0);
	first = mm_task_pfn(d.a, d.ram);
	last = mm_task_pfn(d.a, d.ram + (PAGES - 1) * PG);
	ck_assert_int_eq(ON(d.a, call_munmap, d.ram, PAGES * PG), 0);
	ck_assert_int_eq(mm_task_pfn(d.a, d.ram), -1);
	ck_assert_int_eq(dev_pfn(&d, d.dev, IOVA), first);
	ck_assert_int_eq(dev_pfn(&d, d.dev, IOVA + (PAGES - 1) * PG), last);
	ck_assert_uint_eq(mm_pages_pinned(), PAGES);
	ck_assert_int_eq(t_unmap(d.a, d.fd, d.ioas, IOVA, PAGES * PG), PAGES * PG);
	ck_assert_uint_eq(mm_pages_pinned(), 0);
	machine_end_clean();
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("pages");
	const int nr = sizeof(contig_pages) / sizeof(contig_pages[0]);

	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, map, 0, nr);
	tcase_add_loop_test(tc, unaligned, 0, nr);
	tcase_add_loop_test(tc, copy, 0, nr);
	tcase_add_loop_test(tc, second_domain, 0, nr);
	tcase_add_loop_test(tc, replace, 0, nr);
	tcase_add_loop_test(tc, fork_of_pinned, 0, nr);
	tcase_add_loop_test(tc, cow_before_the_pin, 0, nr);
	tcase_add_loop_test(tc, read_only_unshares, 0, nr);
	tcase_add_loop_test(tc, remap, 0, nr);
	tcase_add_loop_test(tc, munmap_of_pinned, 0, nr);
	return run_suite("iopt_pages", tc);
}

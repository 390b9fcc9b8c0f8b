// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a VMM's or a kernel developer's tests may look like: how much memory may be
 * mapped for devices before RLIMIT_MEMLOCK says no, on each kernel, and what happens
 * when two threads map at once.
 */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <pinsim/pinsim.h>

#define PAGES(nr) ((nr) * PINSIM_PAGE_BYTES)
#define RAM PAGES(48)

static const char *const kernels[] = { "v5.4", "v5.15", "v6.2", "v6.12", "v7.0" };
#define NR_KERNELS ((int)(sizeof(kernels) / sizeof(kernels[0])))

/*
 * One VMM, one device by vfio: its RAM is mapped once, and fits.
 */

static long map_guest(void *arg)
{
	long ram = pinsim_mmap(RAM, NULL), container = pinsim_vfio_open(NULL);

	ck_assert_int_gt(ram, 0);
	ck_assert_int_ge(container, 0);
	return pinsim_vfio_map((int)container, 0, (unsigned long)ram, RAM, PINSIM_DMA_RW);
}

START_TEST(one_device_fits)
{
	struct pinsim_world *world = pinsim_world_create(kernels[_i], NULL);
	struct pinsim_task *vmm = pinsim_task_create(world, "vmm", 1000, PAGES(64), PINSIM_CAP_NONE);

	ck_assert_int_eq(pinsim_call(vmm, map_guest, NULL), 0);
	ck_assert_int_eq(pinsim_locked_vm_pages(vmm), 48);
	ck_assert_uint_eq(pinsim_pinned_pages(world), 48);
	/* no invariant was broken, and the end gives everything back */
	ck_assert_int_eq(pinsim_world_end(world), 0);
	pinsim_world_destroy(world);
}
END_TEST

/*
 * A second container for a second device: the same RAM is pinned and counted again, and does not fit.
 */

static long map_guest_twice(void *arg)
{
	long ram = pinsim_mmap(RAM, NULL), first = pinsim_vfio_open(NULL), second = pinsim_vfio_open(NULL);

	ck_assert_int_eq(pinsim_vfio_map((int)first, 0, (unsigned long)ram, RAM, PINSIM_DMA_RW), 0);
	return pinsim_vfio_map((int)second, 0, (unsigned long)ram, RAM, PINSIM_DMA_RW);
}

START_TEST(second_map_fails_at_the_limit)
{
	struct pinsim_world *world = pinsim_world_create(kernels[_i], NULL);
	struct pinsim_task *vmm = pinsim_task_create(world, "vmm", 1000, PAGES(64), PINSIM_CAP_NONE);

	ck_assert_int_eq(pinsim_call(vmm, map_guest_twice, NULL), -ENOMEM);
	/* "vmm.locked_vm 64p + 1p > vmm's 64p (vfio type1)": it is counted as it is pinned, page by page here */
	ck_assert_ptr_nonnull(strstr(pinsim_refusal(vmm), "> vmm's 64p (vfio type1)"));
	/* what the refused call had pinned on its way is given back */
	ck_assert_int_eq(pinsim_locked_vm_pages(vmm), 48);
	ck_assert_int_eq(pinsim_world_end(world), 0);
	pinsim_world_destroy(world);
}
END_TEST

/*
 * With iommufd two address spaces share the pages, which count once; on kernels that have it.
 */

static long share_guest(void *arg)
{
	long fd = pinsim_iommufd_open(), ram = pinsim_mmap(RAM, NULL), ret;
	unsigned int first, second, device;
	unsigned long iova = 1ul << 30, copied = 1ul << 30;

	if (fd < 0)
		return fd;
	pinsim_ioas_alloc((int)fd, &first);
	pinsim_ioas_alloc((int)fd, &second);
	pinsim_attach_mock((int)fd, first, &device);
	pinsim_attach_mock((int)fd, second, &device);
	ret = pinsim_ioas_map((int)fd, first, (unsigned long)ram, RAM, PINSIM_DMA_RW, true, &iova);
	return ret ? ret : pinsim_ioas_copy((int)fd, second, first, iova, RAM, PINSIM_DMA_RW, true, &copied);
}

START_TEST(iommufd_counts_once)
{
	struct pinsim_world *world = pinsim_world_create(kernels[_i], NULL);
	struct pinsim_task *vmm = pinsim_task_create(world, "vmm", 1000, PAGES(64), PINSIM_CAP_NONE);
	long ret = pinsim_call(vmm, share_guest, NULL);

	if (ret != -PINSIM_EABSENT) {
		ck_assert_msg(ret == 0, "%s: %s", kernels[_i], pinsim_result_name(ret));
		ck_assert_int_eq(pinsim_user_locked_vm_pages(world, 1000), 48);
	}
	ck_assert_int_eq(pinsim_world_end(world), 0);
	pinsim_world_destroy(world);
}
END_TEST

/*
 * Two threads map at once, and the limit has room for one of them.
 */

struct mappers {
	struct pinsim_task *thread[2];
	unsigned long ram;
	int container;
	long ret[2];
};

static long open_and_split(void *arg)
{
	struct mappers *mappers = arg;

	mappers->ram = (unsigned long)pinsim_mmap(PAGES(12), NULL);
	mappers->container = (int)pinsim_vfio_open(NULL);
	return pinsim_thread("b", NULL, NULL, &mappers->thread[1]);
}

static long map_first_half(void *arg)
{
	struct mappers *mappers = arg;

	return mappers->ret[0] = pinsim_vfio_map(mappers->container, 0, mappers->ram, PAGES(6), PINSIM_DMA_RW);
}

static long map_second_half(void *arg)
{
	struct mappers *mappers = arg;

	return mappers->ret[1] = pinsim_vfio_map(mappers->container, 1ul << 30, mappers->ram + PAGES(6), PAGES(6),
						 PINSIM_DMA_RW);
}

static int two_mappers(struct pinsim_world *world, void *state)
{
	struct mappers *mappers = state;

	mappers->thread[0] = pinsim_task_create(world, "a", 1000, PAGES(10), PINSIM_CAP_NONE);
	if (pinsim_call(mappers->thread[0], open_and_split, mappers))
		return 1;
	pinsim_start(mappers->thread[0], map_first_half, mappers);
	pinsim_start(mappers->thread[1], map_second_half, mappers);
	return 0;
}

static void one_of_two(struct pinsim_world *world, void *state)
{
	const struct mappers *mappers = state;

	PINSIM_EXPECT((mappers->ret[0] == 0) + (mappers->ret[1] == 0) == 1);
	PINSIM_EXPECT(mappers->ret[0] + mappers->ret[1] == -ENOMEM);
	PINSIM_EXPECT(pinsim_locked_vm_pages(mappers->thread[0]) == 6);
}

START_TEST(race_of_two_mappers)
{
	const struct pinsim_test test = {
		.name = "two mappers", .kernel = kernels[_i], .state_bytes = sizeof(struct mappers),
		.setup = two_mappers, .check = one_of_two,
	};
	struct pinsim_result *result = pinsim_explore(&test, NULL);

	/* where it fails, this shows the schedule, a column a thread, and the token to run it again */
	ck_assert_msg(result->verdict == PINSIM_HOLDS, "%s\n%s", result->text, result->lanes);
	ck_assert(result->finished);
	pinsim_result_free(result);
}
END_TEST

/*
 * RDMA adds to the counter before it looks at the limit. Of a registration that can never fit and one that
 * does, some orders refuse both: the search finds one, and its token brings it back.
 */

static long register_large(void *arg)
{
	struct mappers *mappers = arg;

	return mappers->ret[0] = pinsim_rdma_reg_mr(mappers->ram, PAGES(12), PINSIM_RDMA_UMEM, false);
}

static long register_small(void *arg)
{
	struct mappers *mappers = arg;

	return mappers->ret[1] = pinsim_rdma_reg_mr(mappers->ram, PAGES(6), PINSIM_RDMA_UMEM, false);
}

static int two_registrations(struct pinsim_world *world, void *state)
{
	struct mappers *mappers = state;

	mappers->thread[0] = pinsim_task_create(world, "a", 1000, PAGES(10), PINSIM_CAP_NONE);
	if (pinsim_call(mappers->thread[0], open_and_split, mappers))
		return 1;
	pinsim_start(mappers->thread[0], register_large, mappers);
	pinsim_start(mappers->thread[1], register_small, mappers);
	return 0;
}

static void small_one_fits(struct pinsim_world *world, void *state)
{
	const struct mappers *mappers = state;

	PINSIM_EXPECT(mappers->ret[1] >= 0);
}

START_TEST(rdma_refuses_what_fits)
{
	const struct pinsim_test test = {
		.name = "two registrations", .kernel = "v6.12", .state_bytes = sizeof(struct mappers),
		.setup = two_registrations, .check = small_one_fits,
	};
	struct pinsim_result *result = pinsim_explore(&test, NULL), *again;

	ck_assert_int_eq(result->verdict, PINSIM_FAILS);
	again = pinsim_replay(&test, result->token);
	ck_assert_int_eq(again->verdict, PINSIM_FAILS);
	ck_assert_str_eq(again->failure, result->failure);
	if (getenv("SHOW"))
		puts(result->lanes);
	pinsim_result_free(again);
	pinsim_result_free(result);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("pinning");
	TCase *tcase = tcase_create("pinning");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(tcase, one_device_fits, 0, NR_KERNELS);
	tcase_add_loop_test(tcase, second_map_fails_at_the_limit, 0, NR_KERNELS);
	tcase_add_loop_test(tcase, iommufd_counts_once, 0, NR_KERNELS);
	tcase_add_loop_test(tcase, race_of_two_mappers, 0, NR_KERNELS);
	tcase_add_test(tcase, rdma_refuses_what_fits);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

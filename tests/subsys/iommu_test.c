// SPDX-License-Identifier: GPL-2.0-or-later
/* The IOMMU: tables as runs, large pages, the mock's rule about unmaps, ownership, faults. */
#include "harness.h"
#include "iommu_ops.h"

#define LARGE (1ul << 21)

static struct task_struct *task;
static long device, domain;
static unsigned long pfn;		/* of memory that is physically contiguous as far as the world says */

static void start(bool mock, unsigned long contig_pages, unsigned long pages)
{
	unsigned long va;

	world_start_contig("v6.12", contig_pages);
	task = world_task("a", 1000, MM_UNLIMITED, 0);
	va = ram(task, pages);
	pfn = mm_task_pfn(task, va);
	device = CALL(task, iommu_op_device, mock);
	ck_assert_int_ne(device, 0);
	domain = CALL(task, iommu_op_domain, device);
	ck_assert(domain > 0 || domain < -4095);
}

static void end(void)
{
	CALL(task, iommu_op_free, domain);
	CALL(task, iommu_op_destroy_device, device);
	world_end();
}

static void ck_map(unsigned long iova, unsigned long frame, unsigned long bytes, long ret)
{
	ck_assert_int_eq(CALL(task, iommu_op_map, domain, iova, frame, bytes, false), ret);
}

static void ck_unmap(unsigned long iova, unsigned long bytes, long ret)
{
	ck_assert_int_eq(CALL(task, iommu_op_unmap, domain, iova, bytes), ret);
}

/* An aligned 2M run is one large page: a part of it takes all of it out. */
START_TEST(large_page)
{
	start(false, 1024, 1024);
	ck_map(LARGE, pfn, 2 * LARGE, 0);
	ck_unmap(LARGE + 5 * P, P, LARGE);
	ck_assert_int_eq(CALL(task, iommu_op_pfn, domain, LARGE), -1);
	ck_assert_int_eq(CALL(task, iommu_op_pfn, domain, 2 * LARGE), (long)pfn + 512);
	/* from its start on too, and what follows is asked for no more */
	ck_unmap(2 * LARGE, P, LARGE);
	ck_unmap(2 * LARGE, P, 0);
	end();
}
END_TEST

/* Not aligned alike, shorter than 2M, cut by a map call or by physical memory, or mapped by page: small pages. */
START_TEST(small_pages)
{
	start(false, _i == 3 ? 256 : 1024, 1024);
	switch (_i) {
	case 0:
		ck_map(LARGE + P, pfn, LARGE, 0);
		break;
	case 1:
		ck_map(LARGE, pfn, LARGE - P, 0);
		break;
	case 2:
		ck_map(LARGE, pfn, 3 * P, 0);
		ck_map(LARGE + 3 * P, pfn + 3, LARGE - 3 * P, 0);
		break;
	case 3:
		ck_assert_int_eq(CALL(task, iommu_op_map, domain, LARGE, pfn, LARGE, false), 0);
		break;
	default:
		ck_assert_int_eq(CALL(task, iommu_op_map, domain, LARGE, pfn, LARGE, true), 0);
	}
	ck_unmap(LARGE + 5 * P, P, P);
	ck_assert_int_eq(CALL(task, iommu_op_pfn, domain, LARGE + 5 * P), -1);
	ck_assert_int_ne(CALL(task, iommu_op_pfn, domain, LARGE + 4 * P), -1);
	ck_assert_int_ne(CALL(task, iommu_op_pfn, domain, LARGE + 6 * P), -1);
	end();
}
END_TEST

/* By physical address and by frame a domain is the same. */
START_TEST(by_physical_address)
{
	unsigned long i;

	start(false, 64, 64);
	ck_assert_int_eq(CALL(task, iommu_op_map_phys, domain, LARGE, pfn, 64 * P), 0);
	for (i = 0; i < 64; i++)
		ck_assert_int_eq(CALL(task, iommu_op_pfn, domain, LARGE + i * P), (long)(pfn + i));
	ck_assert_int_eq(CALL(task, iommu_op_runs, domain), 1);
	ck_unmap(LARGE, 64 * P, 64 * P);
	ck_assert_int_eq(CALL(task, iommu_op_runs, domain), 0);
	end();
}
END_TEST

/* What is mapped cannot be mapped again; misaligned, nothing can. */
START_TEST(refused_maps)
{
	start(false, 1024, 1024);
	ck_map(LARGE, pfn, 4 * P, 0);
	ck_map(LARGE + 3 * P, pfn, P, -EADDRINUSE);
	ck_map(LARGE - P, pfn, 2 * P, -EADDRINUSE);
	ck_assert_int_eq(CALL(task, iommu_op_pfn, domain, LARGE - P), -1);
	ck_map(LARGE + 5 * P + 2048, pfn, P, -EINVAL);
	ck_map(LARGE + 5 * P, pfn, 2048, -EINVAL);
	ck_unmap(LARGE, 2048, 0);
	end();
}
END_TEST

/* A fault at the K-th page leaves nothing of the call. */
START_TEST(fault)
{
	unsigned long k;

	start(false, 8, 8);
	for (k = 0; k < 8; k++) {
		CALL(task, op_fail, SIM_FAULT_IOMMU_MAP, k);
		ck_map(LARGE, pfn, 8 * P, -ENOMEM);
		ck_assert_int_eq(CALL(task, iommu_op_runs, domain), 0);
	}
	CALL(task, op_fail, SIM_FAULT_IOMMU_MAP, 8);
	ck_map(LARGE, pfn, 8 * P, 0);
	end();
}
END_TEST

/* The mock warns where an unmap cuts a map call, and only there. */
START_TEST(mock_whole_calls)
{
	start(true, 16, 16);
	ck_map(LARGE * 8, pfn, 4 * P, 0);
	ck_map(LARGE * 8 + 4 * P, pfn + 4, 4 * P, 0);
	ck_map(LARGE * 8 + 9 * P + 2048, pfn, 2048, 0);
	ck_unmap(LARGE * 8, 4 * P, 4 * P);
	ck_unmap(LARGE * 8, 12 * P, 12 * P);
	ck_assert_uint_eq(sim_warnings(), 0);
	ck_map(LARGE * 8, pfn, 4 * P, 0);
	ck_unmap(LARGE * 8 + P, 2 * P, 2 * P);
	ck_assert_uint_eq(sim_warnings(), 2);
	ck_unmap(LARGE * 8, 4 * P, 4 * P);
	world_excuse(VIOLATION_WARNING);
	end();
}
END_TEST

/* Where physical memory ends a run, so did the kernel's map call. */
START_TEST(mock_ends_with_memory)
{
	start(true, 4, 16);
	ck_map(LARGE * 8, pfn, 16 * P, 0);
	ck_unmap(LARGE * 8 + 4 * P, 8 * P, 8 * P);
	ck_unmap(LARGE * 8, 16 * P, 16 * P);
	ck_assert_uint_eq(sim_warnings(), 0);
	end();
}
END_TEST

/* A frame is mapped as long as any domain maps it. */
START_TEST(frames_mapped)
{
	long other;

	start(false, 8, 8);
	other = CALL(task, iommu_op_domain, device);
	ck_map(LARGE, pfn, 8 * P, 0);
	ck_map(2 * LARGE, pfn + 2, P, 0);
	ck_assert_int_eq(CALL(task, iommu_op_map, other, LARGE, pfn + 2, 2 * P, false), 0);
	ck_unmap(LARGE, 8 * P, 8 * P);
	ck_assert(!CALL(task, iommu_op_frames_mapped, pfn, 2));
	ck_assert(CALL(task, iommu_op_frames_mapped, pfn, 3));
	ck_unmap(2 * LARGE, P, P);
	ck_assert(CALL(task, iommu_op_frames_mapped, pfn + 3, 1));
	CALL(task, iommu_op_free, other);
	ck_assert(!CALL(task, iommu_op_frames_mapped, pfn, 8));
	end();
}
END_TEST

/* One owner a group, counted; a group is in one domain; a device sees its domain. */
START_TEST(ownership)
{
	long other;

	start(false, 8, 8);
	other = CALL(task, iommu_op_domain, device);
	ck_assert_int_eq(CALL(task, iommu_op_claim, device, 1), 0);
	ck_assert_int_eq(CALL(task, iommu_op_claim, device, 2), -EPERM);
	ck_assert_int_eq(CALL(task, iommu_op_claim, device, 1), 0);
	ck_assert_int_eq(CALL(task, iommu_op_attach, device, domain), 0);
	ck_assert_int_eq(CALL(task, iommu_op_attach, device, other), -EBUSY);
	ck_map(LARGE, pfn, P, 0);
	ck_assert_int_eq(CALL(task, iommu_op_device_pfn, device, LARGE), (long)pfn);
	CALL(task, iommu_op_detach, device, domain);
	ck_assert_int_eq(CALL(task, iommu_op_device_pfn, device, LARGE), -1);
	CALL(task, iommu_op_release, device);
	ck_assert_int_eq(CALL(task, iommu_op_claim, device, 2), -EPERM);
	CALL(task, iommu_op_release, device);
	ck_assert_int_eq(CALL(task, iommu_op_claim, device, 2), 0);
	CALL(task, iommu_op_release, device);
	CALL(task, iommu_op_free, other);
	ck_assert_int_eq(CALL(task, iommu_op_resv_bytes, device), 1 << 20);
	end();
}
END_TEST

/* A handle stands for who attached; replacing moves both; a busy group is refused. */
START_TEST(handles)
{
	long other;

	start(false, 8, 8);
	other = CALL(task, iommu_op_domain, device);
	ck_map(LARGE, pfn, P, 0);
	ck_assert_int_eq(CALL(task, iommu_op_handle, device, 0), -ENOENT);
	ck_assert_int_eq(CALL(task, iommu_op_attach_handle, device, domain, 1), 0);
	ck_assert_int_eq(CALL(task, iommu_op_handle, device, 0), 1);
	ck_assert_int_eq(CALL(task, iommu_op_handle, device, 99), -EBUSY);
	ck_assert_int_eq(CALL(task, iommu_op_device_pfn, device, LARGE), (long)pfn);
	ck_assert_int_eq(CALL(task, iommu_op_attach_handle, device, other, 2), -EBUSY);
	ck_assert_int_eq(CALL(task, iommu_op_claim, device, 1), -EBUSY);
	ck_assert_int_eq(CALL(task, iommu_op_replace_handle, device, 0, 2), -EINVAL);
	ck_assert_int_eq(CALL(task, iommu_op_replace_handle, device, other, 2), 0);
	ck_assert_int_eq(CALL(task, iommu_op_handle, device, 0), 2);
	ck_assert_int_eq(CALL(task, iommu_op_device_pfn, device, LARGE), -1);
	CALL(task, iommu_op_detach_handle, device, other);
	ck_assert_int_eq(CALL(task, iommu_op_handle, device, 0), -ENOENT);
	CALL(task, iommu_op_free, other);
	end();
}
END_TEST

/* A domain of another driver does not fit; the page size can be set. */
START_TEST(other_device)
{
	long mock, other;

	start(false, 8, 8);
	mock = CALL(task, iommu_op_device, true, 0xffffff, 2 * P);
	other = CALL(task, iommu_op_domain, mock);
	ck_assert_int_eq(CALL(task, iommu_op_attach, device, other), -EINVAL);
	ck_assert_int_eq(CALL(task, iommu_op_map, other, 4 * P, pfn, 2 * P, false), 0);
	ck_assert_int_eq(CALL(task, iommu_op_map, other, 6 * P, pfn, P, false), -EINVAL);
	ck_assert_int_eq(CALL(task, iommu_op_unmap, other, 4 * P, 2 * P), (long)(2 * P));
	CALL(task, iommu_op_free, other);
	ck_assert_int_eq(CALL(task, iommu_op_resv_bytes, mock), 0);
	CALL(task, iommu_op_destroy_device, mock);
	end();
}
END_TEST

/* A terabyte that is one run of frames costs no more than a page. */
START_TEST(terabyte)
{
	unsigned long pages = 1ul << 28;

	start(false, 512, 1);
	ck_map(1ul << 40, pfn, pages * P, 0);
	ck_assert_int_eq(CALL(task, iommu_op_runs, domain), 1);
	ck_assert(CALL(task, iommu_op_frames_mapped, pfn, 1));
	ck_unmap(1ul << 40, pages * P, (long)(pages * P));
	ck_assert_int_eq(CALL(task, iommu_op_runs, domain), 0);
	end();
}
END_TEST

Suite *iommu_suite(void)
{
	Suite *suite = suite_create("iommu");
	TCase *tcase = tcase_create("iommu");

	tcase_add_test(tcase, large_page);
	tcase_add_loop_test(tcase, small_pages, 0, 5);
	tcase_add_test(tcase, by_physical_address);
	tcase_add_test(tcase, refused_maps);
	tcase_add_test(tcase, fault);
	tcase_add_test(tcase, mock_whole_calls);
	tcase_add_test(tcase, mock_ends_with_memory);
	tcase_add_test(tcase, frames_mapped);
	tcase_add_test(tcase, ownership);
	tcase_add_test(tcase, handles);
	tcase_add_test(tcase, other_device);
	tcase_add_test(tcase, terabyte);
	suite_add_tcase(suite, tcase);
	return suite;
}

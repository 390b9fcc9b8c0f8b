// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The smaller pinners, one after the other: what each charges and where, what it
 * refuses and with which errno, who gives back, and that a failed allocation or pin
 * at any point of their lives leaves nothing behind.
 */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <sim/fault.h>
#include <sim/sched.h>
#include <subsys/io_uring.h>
#include <subsys/pinners.h>
#include "world.h"

struct pinner_call {
	long (*fn)(const unsigned long *arg);
	unsigned long arg[4];
	long ret;
};

static struct task_struct *a;

static void call_body(void *arg)
{
	struct pinner_call *call = arg;

	call->ret = call->fn(call->arg);
}

static long call_in(struct task_struct *task, long (*fn)(const unsigned long *arg), const unsigned long *arg)
{
	struct pinner_call call = { .fn = fn, .arg = { arg[0], arg[1], arg[2], arg[3] } };

	world_in(task, call_body, &call);
	return call.ret;
}
#define CALL(task, fn, ...) call_in(task, fn, (const unsigned long[4]){ __VA_ARGS__ })

static long do_perf_open(const unsigned long *arg) { return perf_open(); }
static long do_perf_mmap(const unsigned long *arg) { return perf_mmap((int)arg[0], arg[1]); }
static long do_xdp(const unsigned long *arg) { return xdp_reg_umem(arg[0], arg[1]); }
static long do_send(const unsigned long *arg) { return sendmsg_zerocopy(arg[0], arg[1], false); }
static long do_sent(const unsigned long *arg) { return zerocopy_done((unsigned int)arg[0]); }
static long do_reg_mr(const unsigned long *arg) { return rdma_reg_mr(arg[0], arg[1], (enum rdma_driver)arg[2], false); }
static long do_dereg_mr(const unsigned long *arg) { return rdma_dereg_mr((int)arg[0]); }
static long do_vdpa_open(const unsigned long *arg) { return vdpa_open(); }
static long do_vdpa_map(const unsigned long *arg) { return vdpa_map((int)arg[0], arg[1], arg[2], arg[3]); }
static long do_vdpa_unmap(const unsigned long *arg) { return vdpa_unmap((int)arg[0], arg[1], arg[2]); }
static long do_sev_pin(const unsigned long *arg) { return sev_pin(arg[0], arg[1]); }
static long do_sev_unpin(const unsigned long *arg) { return sev_unpin((unsigned int)arg[0]); }
static long do_bpf(const unsigned long *arg) { return bpf_map(arg[0]); }
static long do_shm_get(const unsigned long *arg) { return shm_get(arg[0], false); }
static long do_shm_lock(const unsigned long *arg) { return shm_lock((unsigned int)arg[0]); }
static long do_shm_unlock(const unsigned long *arg) { return shm_unlock((unsigned int)arg[0]); }
static long do_secretmem(const unsigned long *arg) { return secretmem_open(arg[0]); }
static long do_munmap(const unsigned long *arg) { return sys_munmap(arg[0], arg[1]); }
static long do_close(const unsigned long *arg) { return sys_close((int)arg[0]); }
static long do_touch(const unsigned long *arg) { return sys_touch(arg[0], arg[1], true); }
static long do_charged(const unsigned long *arg) { return pinner_charged((int)arg[0]); }

static long do_huge(const unsigned long *arg)
{
	const struct mm_mmap_args args = {
		.len = arg[0],
		.kind = MM_HUGETLB,
		.prot = MM_PROT_READ | MM_PROT_WRITE,
		.fd = -1,
	};

	return sys_mmap(&args);
}

static long do_map_file(const unsigned long *arg)
{
	const struct mm_mmap_args args = {
		.len = arg[1],
		.kind = MM_SHARED,
		.prot = MM_PROT_READ | MM_PROT_WRITE,
		.fd = (int)arg[0],
	};

	return sys_mmap(&args);
}

static long user(void)
{
	return mm_user_locked_vm(1000);
}

static long pinned_vm(void)
{
	return mm_record_pinned_vm(mm_task_mm(a, mm_task_mms(a) - 1));
}

static long locked_vm(void)
{
	return mm_record_locked_vm(mm_task_mm(a, 0));
}

static void begin(const char *kernel, unsigned long limit_pages, unsigned int caps)
{
	const struct pinner_settings settings = { .perf_mlock_kb = 516, .cpus = 1 };

	world_begin(kernel, 0);
	pinners_init(&settings);
	a = world_task("a", limit_pages, caps);
}

/* Tasks are gone, then data in flight and segments; @known must have shown, and nothing else. */
static void end_with(enum sim_violation known)
{
	if (mm_task_alive(a))
		world_exit(a);
	world_settle(a);
	pinners_tear_down();
	sim_invariants_check(SIM_END);
	acct_leak_check();
	if (known == VIOLATION_NR)
		for (size_t i = 0; i < sim_reports(); i++)
			ck_abort_msg("%s: %s", sim_violation_name(sim_report(i)->violation), sim_report(i)->text);
	else
		ck_assert_uint_ge(sim_violations(known), 1);
	ck_assert_uint_eq(mm_pages_pinned(), 0);
	world_end();
}

static void end_clean(void)
{
	end_with(VIOLATION_NR);
}

/* One CPU allows 129 pages; beyond them pinned_vm pays and is tested, and each share goes back where it was. */
START_TEST(test_perf)
{
	long first, second, event;

	begin("v6.12", 100, 0);
	event = CALL(a, do_perf_open, 0);
	first = CALL(a, do_perf_mmap, event, 64);
	ck_assert_int_gt(first, 0);
	ck_assert_int_eq(pinned_vm(), 0);
	ck_assert_int_eq(user(), 0);
	ck_assert_int_eq(CALL(a, do_charged, event), 65);
	event = CALL(a, do_perf_open, 0);
	second = CALL(a, do_perf_mmap, event, 128);
	ck_assert_int_gt(second, 0);
	ck_assert_int_eq(pinned_vm(), 65);
	ck_assert_int_eq(CALL(a, do_charged, event), 129);
	ck_assert_int_eq(CALL(a, do_perf_mmap, CALL(a, do_perf_open, 0), 64), -EPERM);
	/* not a power of two; parts of a buffer */
	ck_assert_int_eq(CALL(a, do_perf_mmap, CALL(a, do_perf_open, 0), 3), -EINVAL);
	ck_assert_int_eq(CALL(a, do_munmap, second, PAGE), -EINVAL);
	ck_assert_int_eq(CALL(a, do_munmap, first, 65 * PAGE), 0);
	ck_assert_int_eq(pinned_vm(), 65);
	ck_assert_int_eq(CALL(a, do_munmap, second, 129 * PAGE), 0);
	ck_assert_int_eq(pinned_vm(), 0);
	end_clean();

	/* 5.4 gives all of a buffer to pinned_vm once the allowance is used up */
	begin("v5.4", 100, 0);
	CALL(a, do_perf_mmap, CALL(a, do_perf_open, 0), 128);
	ck_assert_int_eq(user(), 129);
	CALL(a, do_perf_mmap, CALL(a, do_perf_open, 0), 8);
	ck_assert_int_eq(user(), 129);
	ck_assert_int_eq(pinned_vm(), 9);
	end_clean();

	/* 6.18 charges a buffer that is mapped again, and gives it back once */
	begin("v6.18", 100, 0);
	event = CALL(a, do_perf_open, 0);
	first = CALL(a, do_perf_mmap, event, 8);
	second = CALL(a, do_perf_mmap, event, 8);
	ck_assert_int_eq(user(), 18);
	CALL(a, do_munmap, first, 9 * PAGE);
	CALL(a, do_munmap, second, 9 * PAGE);
	ck_assert_int_eq(user(), 9);
	end_with(VIOLATION_OBJECT_BALANCE);
}
END_TEST

/* Charged before it is pinned, given back as deferred work; a short pin leaves the difference. */
START_TEST(test_xdp)
{
	unsigned long ram;
	long fd;

	begin("v6.12", 100, 0);
	ram = world_memory(a, 30);
	ck_assert_int_eq(CALL(a, do_xdp, ram, 101 * PAGE), -ENOBUFS);
	ck_assert_int_eq(CALL(a, do_xdp, ram + 8, PAGE), -EINVAL);
	ck_assert_int_eq(CALL(a, do_xdp, ram, PAGE + 1), -EINVAL);
	ck_assert_int_eq(CALL(a, do_xdp, 0, PAGE), -EFAULT);
	ck_assert_int_eq(user(), 0);
	fd = CALL(a, do_xdp, ram, 30 * PAGE);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(user(), 30);
	ck_assert_int_eq(pinned_vm(), 0);
	CALL(a, do_close, fd);
	ck_assert_int_eq(user(), 30);
	world_settle(a);
	ck_assert_int_eq(user(), 0);
	end_clean();

	/* the capability: no user, no charge */
	begin("v6.12", 1, MM_CAP_IPC_LOCK);
	ck_assert_int_ge(CALL(a, do_xdp, world_memory(a, 30), 30 * PAGE), 0);
	ck_assert_int_eq(user(), 0);
	end_clean();

	begin("v7.0", 100, 0);
	ram = world_memory(a, 30);
	ck_assert_int_eq(CALL(a, do_xdp, ram, 100 * PAGE), -ENOMEM);
	ck_assert_int_eq(user(), 70);
	ck_assert_uint_eq(mm_pages_pinned(), 0);
	end_with(VIOLATION_OBJECT_BALANCE);
}
END_TEST

/* Two pages more than the data; an unlimited sender pays up to 6.2 only; the charge outlives the sender. */
START_TEST(test_zerocopy)
{
	unsigned long ram;
	long id;

	begin("v6.12", 12, 0);
	ram = world_memory(a, 30);
	id = CALL(a, do_send, ram, 10 * PAGE);
	ck_assert_int_eq(user(), 12);
	ck_assert_int_eq(CALL(a, do_send, ram, 1), -ENOBUFS);
	ck_assert_int_eq(CALL(a, do_sent, id), 0);
	ck_assert_int_eq(CALL(a, do_sent, id), -ENOENT);
	ck_assert_int_eq(user(), 0);
	ck_assert_int_ge(CALL(a, do_send, ram, 1), 0);
	world_exit(a);
	ck_assert_int_eq(user(), 2);
	end_clean();

	begin("v6.2", MM_UNLIMITED, 0);
	ck_assert_int_ge(CALL(a, do_send, world_memory(a, 10), 10 * PAGE), 0);
	ck_assert_int_eq(user(), 12);
	end_clean();

	begin("v6.3", MM_UNLIMITED, 0);
	ck_assert_int_ge(CALL(a, do_send, world_memory(a, 10), 10 * PAGE), 0);
	ck_assert_int_eq(user(), 0);
	end_clean();
}
END_TEST

/* ib_umem adds, then tests; usnic forgets what it had pinned; hfi1 takes a quarter of the limit; qib the mm at hand. */
START_TEST(test_rdma)
{
	unsigned long ram;
	long fd;

	begin("v6.12", 1000, 0);
	ram = world_memory(a, 600);
	fd = CALL(a, do_reg_mr, ram, 600 * PAGE, RDMA_UMEM, false);
	ck_assert_int_eq(pinned_vm(), 600);
	ck_assert_int_eq(CALL(a, do_reg_mr, ram, 401 * PAGE, RDMA_UMEM), -ENOMEM);
	ck_assert_int_eq(CALL(a, do_reg_mr, ram, 0, RDMA_UMEM), -EINVAL);
	ck_assert_int_eq(CALL(a, do_reg_mr, ram, ~0ul, RDMA_UMEM), -EINVAL);
	ck_assert_int_eq(pinned_vm(), 600);
	ck_assert_int_eq(CALL(a, do_dereg_mr, fd), 0);
	ck_assert_int_eq(pinned_vm(), 0);
	ck_assert_int_eq(CALL(a, do_reg_mr, ram, 251 * PAGE, RDMA_HFI1), -ENOMEM);
	ck_assert_int_ge(CALL(a, do_reg_mr, ram, 250 * PAGE, RDMA_HFI1), 0);
	ck_assert_int_eq(pinned_vm(), 250);
	end_clean();

	begin("v6.12", 0, 0);
	ck_assert_int_eq(CALL(a, do_reg_mr, world_memory(a, 1), PAGE, RDMA_UMEM), -EPERM);
	end_clean();

	begin("v6.12", 1000, 0);
	ram = world_memory(a, 600);
	CALL(a, do_munmap, ram + 512 * PAGE, 88 * PAGE);
	ck_assert_int_eq(CALL(a, do_reg_mr, ram, 600 * PAGE, RDMA_UMEM), -EFAULT);
	ck_assert_int_eq(pinned_vm(), 0);
	ck_assert_int_eq(CALL(a, do_reg_mr, ram, 600 * PAGE, RDMA_USNIC), -EFAULT);
	ck_assert_int_eq(pinned_vm(), 512);
	end_with(VIOLATION_OBJECT_BALANCE);

	begin("v6.12", 1000, 0);
	fd = CALL(a, do_reg_mr, world_memory(a, 10), 10 * PAGE, RDMA_QIB);
	world_exec(a);
	CALL(a, do_dereg_mr, fd);
	ck_assert_int_eq(pinned_vm(), -10);
	end_with(VIOLATION_WRONG_BUCKET);
}
END_TEST

/* Tested without a way round for the capability; unmapped by physical runs; only the owner's mm may. */
START_TEST(test_vdpa)
{
	unsigned long ram;
	long fd;

	begin("v6.12", 600, MM_CAP_IPC_LOCK);
	ram = world_memory(a, 600);
	fd = CALL(a, do_vdpa_open, 0);
	ck_assert_int_eq(CALL(a, do_vdpa_map, fd, 0, ram, 601 * PAGE), -ENOMEM);
	ck_assert_int_eq(CALL(a, do_vdpa_map, fd, 0, ram, 600 * PAGE), 0);
	ck_assert_int_eq(CALL(a, do_vdpa_map, fd, PAGE, ram, PAGE), -EEXIST);
	ck_assert_int_eq(pinned_vm(), 600);
	/* each page is a run of its own here; an end inside a page takes the page */
	ck_assert_int_eq(CALL(a, do_vdpa_unmap, fd, 10 * PAGE + 1, 2 * PAGE), 0);
	ck_assert_int_eq(pinned_vm(), 597);
	ck_assert_int_eq(CALL(a, do_vdpa_unmap, fd, 0, 11 * PAGE), 0);
	ck_assert_int_eq(pinned_vm(), 587);
	ck_assert_int_eq(CALL(a, do_vdpa_unmap, fd, 599 * PAGE, PAGE), 0);
	ck_assert_int_eq(pinned_vm(), 586);
	/* one page counts twice where the IOVA starts within one */
	ck_assert_int_eq(CALL(a, do_vdpa_map, fd, 2000 * PAGE + 1, ram, PAGE), 0);
	ck_assert_int_eq(pinned_vm(), 588);
	world_exec(a);
	ck_assert_int_eq(CALL(a, do_vdpa_unmap, fd, 0, PAGE), -EPERM);
	end_clean();

	/* the first page of a second batch gives GUP's error, a page within a batch ENOMEM */
	begin("v6.12", 1000, 0);
	ram = world_memory(a, 600);
	fd = CALL(a, do_vdpa_open, 0);
	CALL(a, do_munmap, ram + 512 * PAGE, PAGE);
	ck_assert_int_eq(CALL(a, do_vdpa_map, fd, 0, ram, 600 * PAGE), -EFAULT);
	CALL(a, do_munmap, ram + 511 * PAGE, PAGE);
	ck_assert_int_eq(CALL(a, do_vdpa_map, fd, 0, ram, 600 * PAGE), -ENOMEM);
	ck_assert_int_eq(pinned_vm(), 0);
	end_clean();
}
END_TEST

/* Physical runs of several pages are unmapped whole. */
START_TEST(test_vdpa_runs)
{
	unsigned long map;
	long fd;

	begin("v6.12", 2000, 0);
	fd = CALL(a, do_vdpa_open, 0);
	map = (unsigned long)CALL(a, do_huge, 4ul << 20);
	ck_assert_int_eq(CALL(a, do_vdpa_map, fd, 0, map, 1024 * PAGE), 0);
	ck_assert_int_eq(pinned_vm(), 1024);
	ck_assert_int_eq(CALL(a, do_vdpa_unmap, fd, 700 * PAGE, PAGE), 0);
	ck_assert_int_eq(pinned_vm() % 512, 0);
	ck_assert_int_lt(pinned_vm(), 1024);
	end_clean();
}
END_TEST

/* A count by VM that no other counter knows. */
START_TEST(test_sev)
{
	unsigned long ram;
	long first, second;

	begin("v6.12", 100, 0);
	ram = world_memory(a, 100);
	first = CALL(a, do_sev_pin, ram, 60 * PAGE);
	ck_assert_int_ge(first, 0);
	ck_assert_int_eq(CALL(a, do_sev_pin, ram, 41 * PAGE), -ENOMEM);
	second = CALL(a, do_sev_pin, ram, 40 * PAGE);
	ck_assert_int_ge(second, 0);
	ck_assert_int_eq(pinned_vm() + locked_vm() + user(), 0);
	ck_assert_uint_eq(ledger_pages_unaccounted(), 0);
	ck_assert_int_eq(CALL(a, do_sev_unpin, first), 0);
	ck_assert_int_eq(CALL(a, do_sev_unpin, first), -ENOENT);
	/* short, and failing at once: the same errno */
	CALL(a, do_munmap, ram + 50 * PAGE, PAGE);
	ck_assert_int_eq(CALL(a, do_sev_pin, ram + 40 * PAGE, 20 * PAGE), -ENOMEM);
	ck_assert_int_eq(CALL(a, do_sev_pin, ram + 50 * PAGE, PAGE), -ENOMEM);
	ck_assert_int_eq(CALL(a, do_sev_pin, ram, 0), -EINVAL);
	end_clean();
}
END_TEST

/* Up to 5.10 maps count to their maker, capability or not; later nowhere here. */
START_TEST(test_bpf)
{
	long fd;

	begin("v5.10", 10, MM_CAP_IPC_LOCK);
	fd = CALL(a, do_bpf, 10 * PAGE);
	ck_assert_int_eq(user(), 10);
	ck_assert_int_eq(CALL(a, do_bpf, 1), -EPERM);
	ck_assert_int_eq(CALL(a, do_bpf, 1ul << 32), -E2BIG);
	CALL(a, do_close, fd);
	ck_assert_int_eq(user(), 0);
	end_clean();

	begin("v5.15", 10, 0);
	ck_assert_int_ge(CALL(a, do_bpf, 100 * PAGE), 0);
	ck_assert_int_eq(user(), 0);
	end_clean();
}
END_TEST

/* Pool by version; the capability overrides the test and keeps the charge; a segment outlives its maker. */
START_TEST(test_shm)
{
	static const char *const kernels[] = { "v5.4", "v5.15", "v6.12" };
	long id;

	for (size_t k = 0; k < sizeof(kernels) / sizeof(kernels[0]); k++) {
		begin(kernels[k], 8, 0);
		id = CALL(a, do_shm_get, 10 * PAGE);
		ck_assert_int_eq(CALL(a, do_shm_lock, id), -ENOMEM);
		ck_assert_int_eq(pinner_object_charged((unsigned int)id), 0);
		id = CALL(a, do_shm_get, 7 * PAGE + 1);
		ck_assert_int_eq(CALL(a, do_shm_lock, id), 0);
		ck_assert_int_eq(CALL(a, do_shm_lock, id), 0);
		ck_assert_int_eq(pinner_object_charged((unsigned int)id), 8);
		ck_assert_int_eq(user(), 0);
		ck_assert_int_eq(CALL(a, do_shm_unlock, id), 0);
		ck_assert_int_eq(CALL(a, do_shm_lock, id), 0);
		world_exit(a);
		ck_assert_int_eq(pinner_object_charged((unsigned int)id), 8);
		end_clean();

		begin(kernels[k], 8, MM_CAP_IPC_LOCK);
		id = CALL(a, do_shm_get, 10 * PAGE);
		ck_assert_int_eq(CALL(a, do_shm_lock, id), 0);
		ck_assert_int_eq(pinner_object_charged((unsigned int)id), 10);
		end_clean();
	}
}
END_TEST

/* 6.12.117 charges each fault to the maker's user; the others the mapping's length to the mm. */
START_TEST(test_secretmem)
{
	unsigned long at;
	long fd;

	begin("v6.12", 10, 0);
	fd = CALL(a, do_secretmem, 20 * PAGE);
	at = (unsigned long)CALL(a, do_map_file, fd, 20 * PAGE);
	ck_assert_int_eq(user(), 0);
	ck_assert_int_eq(CALL(a, do_touch, at, 10 * PAGE), 0);
	ck_assert_int_eq(user(), 10);
	ck_assert_int_eq(locked_vm(), 0);
	ck_assert_int_eq(CALL(a, do_munmap, at, 20 * PAGE), 0);
	ck_assert_int_eq(user(), 10);
	CALL(a, do_close, fd);
	ck_assert_int_eq(user(), 0);
	end_clean();

	begin("v6.14", 10, 0);
	fd = CALL(a, do_secretmem, 20 * PAGE);
	ck_assert_int_eq(CALL(a, do_map_file, fd, 11 * PAGE), -EAGAIN);
	at = (unsigned long)CALL(a, do_map_file, fd, 10 * PAGE);
	ck_assert_int_eq(locked_vm(), 10);
	ck_assert_int_eq(user(), 0);
	CALL(a, do_munmap, at, 10 * PAGE);
	ck_assert_int_eq(locked_vm(), 0);
	end_clean();
}
END_TEST

/* A life of every pinner, whatever fails on the way. */
static void life(void *arg)
{
	unsigned long ram = *(unsigned long *)arg;
	long event = perf_open(), fd, id;

	if (event >= 0)
		perf_mmap((int)event, 64);
	xdp_reg_umem(ram, 4 * PAGE);
	sendmsg_zerocopy(ram, 4 * PAGE, false);
	fd = rdma_reg_mr(ram, 20 * PAGE, RDMA_UMEM, false);
	if (fd >= 0)
		rdma_dereg_mr((int)fd);
	rdma_reg_mr(ram, 20 * PAGE, RDMA_HFI1, false);
	fd = vdpa_open();
	if (fd >= 0) {
		vdpa_map((int)fd, 0, ram, 20 * PAGE);
		vdpa_unmap((int)fd, 5 * PAGE, PAGE);
	}
	id = sev_pin(ram, 20 * PAGE);
	if (id >= 0)
		sev_unpin((unsigned int)id);
	sev_pin(ram, 4 * PAGE);
	bpf_map(4 * PAGE);
	id = shm_get(4 * PAGE, false);
	if (id >= 0)
		shm_lock((unsigned int)id);
	secretmem_open(4 * PAGE);
}

/* And of the rarer ones. Not of a POWER table, which keeps its charge when it cannot be made. */
static void rare_life(void *arg)
{
	unsigned long ram = *(unsigned long *)arg;
	long fd = vduse_open(), id;

	if (fd >= 0) {
		vduse_reg_umem((int)fd, ram, 8 * PAGE);
		vduse_dereg_umem((int)fd);
		vduse_reg_umem((int)fd, ram, 4 * PAGE);
	}
	fd = afu_open();
	if (fd >= 0) {
		afu_map((int)fd, ram, PAGE);
		id = afu_map((int)fd, ram + PAGE, PAGE);
		if (id >= 0)
			afu_unmap((int)fd, (unsigned long)id);
		sys_close((int)fd);
	}
	fd = tce_open();
	if (fd >= 0) {
		tce_call((int)fd, TCE_ENABLE, 8 * PAGE, 0);
		tce_call((int)fd, TCE_REGISTER, ram, 4 * PAGE);
		tce_call((int)fd, TCE_UNREGISTER, ram, 4 * PAGE);
		tce_call((int)fd, TCE_REGISTER, ram, 8 * PAGE);
	}
	fd = zpci_open();
	if (fd >= 0) {
		zpci_aif((int)fd, true, ram, ram + PAGE);
		zpci_aif((int)fd, false, 0, 0);
		zpci_aif((int)fd, true, ram, 0);
		sys_close((int)fd);
	}
	pin_uncharged(ram, 20 * PAGE);
	rdma_reg_mr(ram, 20 * PAGE, RDMA_SIW, true);
	sendmsg_zerocopy(ram, 4 * PAGE, true);
	fd = uring_setup(4);
	if (fd >= 0)
		uring_send_zc((int)fd, ram, 4 * PAGE);
	fd = perf_open();
	if (fd >= 0 && perf_mmap((int)fd, 16) >= 0)
		perf_mmap_aux((int)fd, 64);
	shm_get(4 * PAGE, true);
}

static void sweep(void (*body)(void *arg))
{
	static const char *const kernels[] = { "v5.10", "v6.2", "v6.12", "v7.0" };

	for (size_t k = 0; k < sizeof(kernels) / sizeof(kernels[0]); k++) {
		bool delivered = true;
		unsigned long n;

		for (n = 1; delivered; n++) {
			unsigned long ram;

			ck_assert_uint_lt(n, 200);
			begin(kernels[k], 400, 0);
			ram = world_memory(a, 20);
			sim_fault_arm_nth(mm_task_actor(a), n);
			world_in(a, body, &ram);
			delivered = !sim_fault_pending(mm_task_actor(a));
			end_clean();
		}
		ck_assert_uint_gt(n, 15);
	}
}

START_TEST(test_fault_sweep)
{
	sweep(life);
}
END_TEST

START_TEST(test_rare_fault_sweep)
{
	sweep(rare_life);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("subsys: pinners");
	TCase *tc = tcase_create("pinners");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, test_perf);
	tcase_add_test(tc, test_xdp);
	tcase_add_test(tc, test_zerocopy);
	tcase_add_test(tc, test_rdma);
	tcase_add_test(tc, test_vdpa);
	tcase_add_test(tc, test_vdpa_runs);
	tcase_add_test(tc, test_sev);
	tcase_add_test(tc, test_bpf);
	tcase_add_test(tc, test_shm);
	tcase_add_test(tc, test_secretmem);
	tcase_add_test(tc, test_fault_sweep);
	tcase_add_test(tc, test_rare_fault_sweep);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

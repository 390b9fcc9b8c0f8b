// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * io_uring's rings and fixed buffers: what they cost, on which kernel, whom, and
 * when they give it back.
 */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <sim/fault.h>
#include <sim/sched.h>
#include <subsys/io_uring.h>
#include "world.h"

enum uring_call {
	SETUP,
	REGISTER,
	UNREGISTER,
	UPDATE,
	CLONE,
	CHARGED,
	CLOSE,
	SETTLE,
	SETUID,
	FORK,
	MEMFD,
	MMAP,
};

struct uring_args {
	enum uring_call call;
	int fd, src;
	unsigned int nr;		/* entries, buffers, slot, uid */
	struct uring_iovec iov[3];
	const struct uring_iovec *many;
	struct mm_mmap_args mmap;
	struct task_struct *child;
	long ret;
};

static struct task_struct *a;

static void uring_body(void *arg)
{
	struct uring_args *args = arg;

	switch (args->call) {
	case SETUP:
		args->ret = uring_setup(args->nr);
		break;
	case REGISTER:
		args->ret = uring_register(args->fd, args->many ? args->many : args->iov, args->nr);
		break;
	case UNREGISTER:
		args->ret = uring_unregister(args->fd);
		break;
	case UPDATE:
		args->ret = uring_update(args->fd, args->nr, args->iov);
		break;
	case CLONE:
		args->ret = uring_clone_buffers(args->fd, args->src);
		break;
	case CHARGED:
		args->ret = uring_charged(args->fd);
		break;
	case CLOSE:
		args->ret = sys_close(args->fd);
		break;
	case SETTLE:
		mm_settle();
		break;
	case SETUID:
		args->ret = sys_setuid(args->nr, false);
		break;
	case FORK:
		args->ret = sys_fork("b", &args->child);
		break;
	case MEMFD:
		args->ret = sys_memfd(args->nr * PAGE, false);
		break;
	case MMAP:
		args->ret = sys_mmap(&args->mmap);
		break;
	}
}

static long call_on(struct task_struct *task, struct uring_args *args)
{
	world_in(task, uring_body, args);
	return args->ret;
}

static long setup(unsigned int entries)
{
	struct uring_args args = { .call = SETUP, .nr = entries };

	return call_on(a, &args);
}

static long reg_on(struct task_struct *task, long fd, unsigned long va, unsigned long len)
{
	struct uring_args args = { .call = REGISTER, .fd = (int)fd, .nr = 1, .iov = { { va, len } } };

	return call_on(task, &args);
}

static long reg(long fd, unsigned long va, unsigned long pages)
{
	return reg_on(a, fd, va, pages * PAGE);
}

static long reg2(long fd, struct uring_iovec first, struct uring_iovec second)
{
	struct uring_args args = { .call = REGISTER, .fd = (int)fd, .nr = 2, .iov = { first, second } };

	return call_on(a, &args);
}

static long update(long fd, unsigned int slot, unsigned long va, unsigned long len)
{
	struct uring_args args = { .call = UPDATE, .fd = (int)fd, .nr = slot, .iov = { { va, len } } };

	return call_on(a, &args);
}

static long plain(struct task_struct *task, enum uring_call call, long fd)
{
	struct uring_args args = { .call = call, .fd = (int)fd };

	return call_on(task, &args);
}

static long clone(struct task_struct *task, long dst, long src)
{
	struct uring_args args = { .call = CLONE, .fd = (int)dst, .src = (int)src };

	return call_on(task, &args);
}

static long user(void)
{
	return mm_user_locked_vm(1000);
}

static long pinned_vm(void)
{
	return mm_record_pinned_vm(mm_task_mm(a, 0));
}

static long locked_vm(void)
{
	return mm_record_locked_vm(mm_task_mm(a, 0));
}

/* One 2M folio, touched; its first address. */
static unsigned long huge_memory(unsigned long bytes)
{
	struct uring_args args = {
		.call = MMAP,
		.mmap = { .len = bytes, .kind = MM_HUGETLB, .prot = MM_PROT_READ | MM_PROT_WRITE, .fd = -1 },
	};

	return (unsigned long)call_on(a, &args);
}

static void begin(const char *kernel, unsigned long limit_pages, unsigned int caps)
{
	world_begin(kernel, 0);
	a = world_task("a", limit_pages, caps);
}

/* Everything is closed, every invariant holds, nothing is left. */
static void end_clean(void)
{
	if (mm_task_alive(a))
		world_exit(a);
	world_settle(a);
	sim_invariants_check(SIM_END);
	acct_leak_check();
	for (size_t i = 0; i < sim_reports(); i++)
		ck_abort_msg("%s: %s", sim_violation_name(sim_report(i)->violation), sim_report(i)->text);
	ck_assert_int_eq(user(), 0);
	ck_assert_uint_eq(mm_pages_pinned(), 0);
	world_end();
}

/* What a ring of N entries costs, from the sizes of its two areas. */
START_TEST(test_ring_pages)
{
	static const struct {
		const char *kernel;
		long pages[6];		/* of 1, 64, 128, 256, 1024, 4096 entries */
	} kernels[] = {
		{ "v5.4", { 2, 2, 4, 8, 32, 128 } },	/* two compound allocations */
		{ "v5.9", { 2, 2, 4, 8, 32, 128 } },
		{ "v5.15", { 0, 0, 0, 0, 0, 0 } },
		{ "v6.12", { 0, 0, 0, 0, 0, 0 } },
		{ "v6.14", { 2, 2, 4, 7, 26, 101 } },	/* two regions of whole pages */
		{ "v7.0", { 2, 2, 4, 7, 26, 101 } },
	};
	static const unsigned int entries[6] = { 1, 64, 128, 256, 1024, 4096 };

	for (size_t k = 0; k < sizeof(kernels) / sizeof(kernels[0]); k++) {
		long sum = 0;

		begin(kernels[k].kernel, 4096, 0);
		for (int i = 0; i < 6; i++) {
			long ring = setup(entries[i]);

			ck_assert_int_ge(ring, 0);
			sum += kernels[k].pages[i];
			ck_assert_msg(user() == sum, "%s: a ring of %u costs %ld", kernels[k].kernel, entries[i],
				      user() - sum + kernels[k].pages[i]);
			ck_assert_int_eq(plain(a, CHARGED, ring), kernels[k].pages[i]);
		}
		ck_assert_int_eq(pinned_vm(), 0);
		end_clean();
	}
}
END_TEST

/* 0 and more than 32768 entries are refused; others are rounded up. */
START_TEST(test_entries)
{
	begin("v7.0", MM_UNLIMITED, 0);
	ck_assert_int_eq(setup(0), -EINVAL);
	ck_assert_int_eq(setup(32769), -EINVAL);
	ck_assert_int_eq(user(), 0);
	ck_assert_int_ge(setup(65), 0);
	ck_assert_int_eq(user(), 4);
	ck_assert_int_ge(setup(32768), 0);
	end_clean();
}
END_TEST

/* A ring over the limit changes nothing, also where its first area fits and its second does not. */
START_TEST(test_ring_limit)
{
	static const char *const kernels[] = { "v5.4", "v5.10", "v6.14", "v7.0" };

	for (size_t k = 0; k < sizeof(kernels) / sizeof(kernels[0]); k++) {
		begin(kernels[k], 3, 0);
		ck_assert_int_ge(setup(8), 0);
		ck_assert_int_eq(setup(8), -ENOMEM);
		ck_assert_int_eq(user(), 2);
		end_clean();
	}
}
END_TEST

/*
 * 5.9 to 5.11: the ring counts in locked_vm too, untested, and both go back at the
 * close and not with the deferred work. 5.4 gives back with the work.
 */
START_TEST(test_ring_in_locked_vm)
{
	long ring;

	begin("v5.10", 2, 0);
	ring = setup(8);
	ck_assert_int_eq(locked_vm(), 2);
	ck_assert_int_eq(user(), 2);
	plain(a, CLOSE, ring);
	ck_assert_int_eq(locked_vm(), 0);
	ck_assert_int_eq(user(), 0);
	end_clean();

	begin("v5.4", 2, 0);
	ring = setup(8);
	ck_assert_int_eq(locked_vm(), 0);
	plain(a, CLOSE, ring);
	ck_assert_int_eq(user(), 2);
	plain(a, SETTLE, 0);
	ck_assert_int_eq(user(), 0);
	end_clean();

	/* with the capability the user pays nothing, the mm still does */
	begin("v5.10", 0, MM_CAP_IPC_LOCK);
	ck_assert_int_ge(setup(8), 0);
	ck_assert_int_eq(locked_vm(), 2);
	ck_assert_int_eq(user(), 0);
	end_clean();
}
END_TEST

/* 5.9-rc1: each create and close takes the ring's pages from locked_vm. */
START_TEST(test_ring_underflow)
{
	long ring;

	begin("v5.9+uring_ring_p1_underflow", 64, 0);
	ring = setup(8);
	ck_assert_int_eq(locked_vm(), 0);
	plain(a, CLOSE, ring);
	ck_assert_int_eq(locked_vm(), -2);
	sim_invariants_check(SIM_QUIESCENT);
	ck_assert_uint_gt(sim_violations(VIOLATION_LOCKED_VM_NEGATIVE), 0);
	ck_assert_uint_gt(sim_violations(VIOLATION_LOCKED_VM_LEDGER), 0);
	world_end();
}
END_TEST

/* Buffers count by the pages that they touch. */
START_TEST(test_buffer_pages)
{
	unsigned long buf;
	long ring;

	begin("v6.12", 64, 0);
	buf = world_memory(a, 100);
	ring = setup(8);
	ck_assert_int_eq(reg(ring, buf, 64), 0);
	ck_assert_int_eq(user(), 64);
	ck_assert_int_eq(pinned_vm(), 64);
	ck_assert_uint_eq(mm_pages_pinned(), 64);
	ck_assert_int_eq(plain(a, CHARGED, ring), 64);
	ck_assert_int_eq(plain(a, UNREGISTER, ring), 0);
	ck_assert_int_eq(user(), 0);
	ck_assert_int_eq(reg_on(a, ring, buf + 100, PAGE), 0);
	ck_assert_int_eq(user(), 2);
	plain(a, UNREGISTER, ring);
	ck_assert_int_eq(reg_on(a, ring, buf, 1), 0);
	ck_assert_int_eq(user(), 1);
	plain(a, UNREGISTER, ring);
	/* the same small pages twice cost twice */
	ck_assert_int_eq(reg2(ring, (struct uring_iovec){ buf, 30 * PAGE }, (struct uring_iovec){ buf, 30 * PAGE }), 0);
	ck_assert_int_eq(user(), 60);
	ck_assert_uint_eq(mm_task_pins(a, buf), 2);
	ck_assert_uint_eq(mm_pages_pinned(), 30);
	end_clean();
}
END_TEST

/* All or nothing: the second buffer does not fit, or is not there, and the first is given back. */
START_TEST(test_register_atomic)
{
	unsigned long buf;
	long ring;

	begin("v6.12", 64, 0);
	buf = world_memory(a, 100);
	ring = setup(8);
	ck_assert_int_eq(reg2(ring, (struct uring_iovec){ buf, 60 * PAGE }, (struct uring_iovec){ buf, 5 * PAGE }),
			 -ENOMEM);
	ck_assert_int_eq(user(), 0);
	ck_assert_int_eq(pinned_vm(), 0);
	ck_assert_uint_eq(mm_pages_pinned(), 0);
	ck_assert_int_eq(reg2(ring, (struct uring_iovec){ buf, 10 * PAGE },
			      (struct uring_iovec){ buf + 95 * PAGE, 10 * PAGE }), -EFAULT);
	ck_assert_int_eq(user(), 0);
	ck_assert_uint_eq(mm_pages_pinned(), 0);
	/* and the ring can register again */
	ck_assert_int_eq(reg(ring, buf, 64), 0);
	end_clean();
}
END_TEST

START_TEST(test_register_errors)
{
	static struct uring_iovec sparse[16385];
	struct uring_args none = { .call = REGISTER, .nr = 0 }, many = { .call = REGISTER, .many = sparse };
	struct uring_args ro = {
		.call = MMAP,
		.mmap = { .len = 8 * PAGE, .kind = MM_ANON, .prot = MM_PROT_READ, .fd = -1 },
	};
	struct uring_args memfd = { .call = MEMFD, .nr = 4 };
	unsigned long buf;
	long ring, other;

	begin("v6.12", MM_UNLIMITED, 0);
	buf = world_memory(a, 8);
	ring = setup(8);
	other = call_on(a, &memfd);
	ck_assert_int_eq(reg(99, buf, 1), -EBADF);
	ck_assert_int_eq(reg(other, buf, 1), -EOPNOTSUPP);
	ck_assert_int_eq(plain(a, UNREGISTER, ring), -ENXIO);
	ck_assert_int_eq(plain(a, UNREGISTER, other), -EOPNOTSUPP);
	none.fd = (int)ring;
	ck_assert_int_eq(call_on(a, &none), -EINVAL);
	many.fd = (int)ring;
	many.nr = 16385;
	ck_assert_int_eq(call_on(a, &many), -EINVAL);
	ck_assert_int_eq(reg_on(a, ring, 0, PAGE), -EFAULT);
	ck_assert_int_eq(reg_on(a, ring, buf, 0), -EFAULT);
	ck_assert_int_eq(reg_on(a, ring, buf, (1ul << 30) + 1), -EFAULT);
	ck_assert_int_eq(reg_on(a, ring, -4096ul, 8192), -EOVERFLOW);
	ck_assert_int_eq(reg(ring, buf, 9), -EFAULT);
	ck_assert_int_eq(reg(ring, (unsigned long)call_on(a, &ro), 8), -EFAULT);
	/* 16384 empty slots are a table */
	many.nr = 16384;
	ck_assert_int_eq(call_on(a, &many), 0);
	ck_assert_int_eq(user(), 0);
	ck_assert_int_eq(reg(ring, buf, 1), -EBUSY);
	end_clean();

	/* before 5.13 there are no empty slots, and at most 1024 buffers */
	begin("v5.10", MM_UNLIMITED, 0);
	ring = setup(8);
	ck_assert_int_eq(reg_on(a, ring, 0, 0), -EFAULT);
	many.fd = (int)ring;
	many.nr = 1025;
	ck_assert_int_eq(call_on(a, &many), -EINVAL);
	end_clean();
}
END_TEST

/* Up to 5.9 the charge comes before the pin, so a buffer over the limit and over a hole is ENOMEM; then EFAULT. */
START_TEST(test_order_of_charge_and_pin)
{
	static const struct {
		const char *kernel;
		long error;
		long pinned_vm;
	} kernels[] = {
		{ "v5.4", -ENOMEM, 0 }, { "v5.9", -ENOMEM, 8 }, { "v5.10", -EFAULT, 8 }, { "v6.12", -EFAULT, 8 },
	};

	for (size_t k = 0; k < sizeof(kernels) / sizeof(kernels[0]); k++) {
		unsigned long buf;
		long ring;

		begin(kernels[k].kernel, 12, 0);
		buf = world_memory(a, 10);
		ring = setup(8);
		ck_assert_int_eq(reg(ring, buf, 20), kernels[k].error);
		ck_assert_int_eq(reg(ring, buf, 8), 0);
		ck_assert_int_eq(pinned_vm(), kernels[k].pinned_vm);
		end_clean();
	}
}
END_TEST

/* V22: a folio is charged whole, once a ring, and its charge goes with the buffer that came first. */
START_TEST(test_huge_folio)
{
	unsigned long huge;
	long ring, other;

	begin("v6.12", 600, 0);
	huge = huge_memory(2ul << 20);
	ring = setup(8);
	ck_assert_int_eq(reg2(ring, (struct uring_iovec){ huge, PAGE }, (struct uring_iovec){ huge + PAGE, PAGE }), 0);
	ck_assert_int_eq(user(), 512);
	ck_assert_int_eq(pinned_vm(), 512);
	/* the empty slot takes the first one's charge with it */
	ck_assert_int_eq(update(ring, 0, 0, 0), 1);
	ck_assert_int_eq(user(), 0);
	ck_assert_uint_eq(mm_pages_pinned(), 1);
	ck_assert_uint_eq(ledger_pages_unaccounted(), 1);
	/* another ring pays for the same folio by itself */
	other = setup(8);
	ck_assert_int_eq(reg(other, huge, 2), 0);
	ck_assert_int_eq(user(), 512);
	ck_assert_uint_eq(ledger_pages_unaccounted(), 0);
	end_clean();

	/* a page more than the folio's limit leaves: whole folios or nothing */
	begin("v6.12", 511, 0);
	huge = huge_memory(2ul << 20);
	ring = setup(8);
	ck_assert_int_eq(reg(ring, huge, 1), -ENOMEM);
	ck_assert_int_eq(user(), 0);
	end_clean();

	/* up to 5.9: pages, not folios */
	begin("v5.9", 600, 0);
	huge = huge_memory(2ul << 20);
	ring = setup(8);
	ck_assert_int_eq(reg(ring, huge, 3), 0);
	ck_assert_int_eq(user(), 2 + 3);
	end_clean();
}
END_TEST

/* V23: the ring's user pays for whoever registers; after setuid it is still the maker's. */
START_TEST(test_user_is_the_makers)
{
	struct uring_args uid = { .call = SETUID, .nr = 2000 };
	unsigned long buf;
	long ring;

	world_begin("v6.12", 0);
	a = mm_task_create("a", 1000, 100 * PAGE, 100 * PAGE, MM_CAP_SETUID);
	buf = world_memory(a, 20);
	ring = setup(8);
	ck_assert_int_eq(call_on(a, &uid), 0);
	ck_assert_int_eq(reg(ring, buf, 10), 0);
	ck_assert_int_eq(mm_user_locked_vm(1000), 10);
	ck_assert_int_eq(mm_user_locked_vm(2000), 0);
	end_clean();
}
END_TEST

/* A child through the inherited ring: the parent's mm counts, the child's limit decides. */
START_TEST(test_fork)
{
	struct uring_args child = { .call = FORK };
	unsigned long buf;
	long ring;

	begin("v6.12", 64, 0);
	buf = world_memory(a, 64);
	ring = setup(8);
	ck_assert_int_ge(call_on(a, &child), 0);
	ck_assert_int_eq(reg_on(child.child, ring, buf, 20 * PAGE), 0);
	ck_assert_int_eq(pinned_vm(), 20);
	ck_assert_int_eq(mm_record_pinned_vm(mm_task_mm(child.child, 0)), 0);
	ck_assert_int_eq(user(), 20);
	world_exit(child.child);
	ck_assert_int_eq(pinned_vm(), 20);
	ck_assert_int_eq(plain(a, UNREGISTER, ring), 0);
	ck_assert_int_eq(pinned_vm(), 0);
	end_clean();
}
END_TEST

/* With CAP_IPC_LOCK at setup the ring is free for good; pinned_vm counts all the same. */
START_TEST(test_capability)
{
	unsigned long buf;
	long ring;

	begin("v7.0", 0, MM_CAP_IPC_LOCK);
	buf = world_memory(a, 20);
	ring = setup(8);
	ck_assert_int_ge(ring, 0);
	ck_assert_int_eq(reg(ring, buf, 20), 0);
	ck_assert_int_eq(user(), 0);
	ck_assert_int_eq(pinned_vm(), 20);
	end_clean();
}
END_TEST

/* An update charges the new buffer while the old one still is: there must be room for both. */
START_TEST(test_update)
{
	unsigned long buf;
	long ring;

	begin("v6.12", 64, 0);
	buf = world_memory(a, 100);
	ring = setup(8);
	ck_assert_int_eq(update(ring, 0, buf, PAGE), -ENXIO);
	ck_assert_int_eq(reg(ring, buf, 40), 0);
	ck_assert_int_eq(update(ring, 1, buf, PAGE), -EINVAL);
	ck_assert_int_eq(update(ring, 0, 0, PAGE), -EFAULT);
	ck_assert_int_eq(update(ring, 0, buf, 25 * PAGE), -ENOMEM);
	ck_assert_int_eq(user(), 40);
	ck_assert_int_eq(update(ring, 0, buf, 24 * PAGE), 1);
	ck_assert_int_eq(user(), 24);
	ck_assert_int_eq(pinned_vm(), 24);
	ck_assert_uint_eq(mm_pages_pinned(), 24);
	ck_assert_int_eq(update(ring, 0, 0, 0), 1);
	ck_assert_int_eq(user(), 0);
	ck_assert_int_eq(update(ring, 0, buf, 64 * PAGE), 1);
	end_clean();
}
END_TEST

/* Clones share: no charge, and what is shared goes with the last ring that has it. */
START_TEST(test_clone)
{
	unsigned long buf;
	long ring, copy, third;

	begin("v6.12", 64, 0);
	buf = world_memory(a, 64);
	ring = setup(8);
	copy = setup(8);
	third = setup(8);
	ck_assert_int_eq(clone(a, copy, ring), -ENXIO);
	ck_assert_int_eq(clone(a, copy, 99), -EBADF);
	ck_assert_int_eq(clone(a, 99, ring), -EBADF);
	ck_assert_int_eq(reg(ring, buf, 40), 0);
	ck_assert_int_eq(clone(a, ring, ring), -EBUSY);
	ck_assert_int_eq(clone(a, copy, ring), 0);
	ck_assert_int_eq(user(), 40);
	ck_assert_uint_eq(mm_task_pins(a, buf), 1);
	ck_assert_int_eq(plain(a, UNREGISTER, ring), 0);
	ck_assert_int_eq(user(), 40);
	ck_assert_int_eq(plain(a, CHARGED, copy), 40);
	ck_assert_int_eq(clone(a, third, copy), 0);
	plain(a, CLOSE, copy);
	plain(a, SETTLE, 0);
	ck_assert_int_eq(user(), 40);
	ck_assert_int_eq(plain(a, UNREGISTER, third), 0);
	ck_assert_int_eq(user(), 0);
	ck_assert_uint_eq(mm_pages_pinned(), 0);
	end_clean();
}
END_TEST

/*
 * A ring of another mm: refused, unless the kernel is one without the check; then
 * the clone's ring gives back what the first one paid.
 */
START_TEST(test_clone_foreign)
{
	static const char *const kernels[] = { "v6.12", "v6.12+uring_clone_foreign" };

	for (int k = 0; k < 2; k++) {
		struct uring_args child = { .call = FORK };
		struct uring_args make = { .call = SETUP, .nr = 8 };
		unsigned long buf;
		long ring, copy;

		begin(kernels[k], 64, 0);
		buf = world_memory(a, 64);
		ring = setup(8);
		ck_assert_int_eq(reg(ring, buf, 10), 0);
		call_on(a, &child);
		copy = call_on(child.child, &make);
		if (!k) {
			ck_assert_int_eq(clone(child.child, copy, ring), -EINVAL);
			world_exit(child.child);
			end_clean();
			continue;
		}
		ck_assert_int_eq(clone(child.child, copy, ring), 0);
		plain(a, UNREGISTER, ring);
		ck_assert_int_eq(pinned_vm(), 10);
		plain(child.child, UNREGISTER, copy);
		ck_assert_int_eq(pinned_vm(), 10);
		ck_assert_int_eq(mm_record_pinned_vm(mm_task_mm(child.child, 0)), -10);
		ck_assert_uint_gt(sim_violations(VIOLATION_WRONG_BUCKET), 0);
		world_end();
	}
}
END_TEST

/* close() kills, the work gives back; an exec keeps the ring and its charges on the dead mm. */
START_TEST(test_deferred_release)
{
	unsigned long buf;
	long ring;

	begin("v7.0", 64, 0);
	buf = world_memory(a, 64);
	ring = setup(8);
	ck_assert_int_eq(reg(ring, buf, 32), 0);
	world_exec(a);
	ck_assert_int_eq(user(), 34);
	ck_assert_int_eq(pinned_vm(), 32);
	ck_assert_int_eq(mm_record_pinned_vm(mm_task_mm(a, 1)), 0);
	plain(a, CLOSE, ring);
	ck_assert_int_eq(user(), 34);
	ck_assert_uint_eq(mm_pages_pinned(), 32);
	plain(a, SETTLE, 0);
	ck_assert_int_eq(user(), 0);
	ck_assert_int_eq(pinned_vm(), 0);
	ck_assert_uint_eq(mm_pages_pinned(), 0);
	end_clean();
}
END_TEST

/* One bracketed call, as the runner makes it. */
static long bracketed(const char *op, struct uring_args *args)
{
	accounting_call_begin(a, op);
	uring_body(args);
	accounting_call_end(a, args->ret);
	sim_invariants_check(SIM_QUIESCENT);
	return args->ret;
}

/* A whole life of two rings, run once for each n with the n-th fault: no call leaves a trace, nothing leaks. */
static void life(void *arg)
{
	const struct uring_iovec *iov = arg;
	struct uring_args setup_args = { .call = SETUP, .nr = 128 }, other_args = { .call = SETUP, .nr = 8 };
	struct uring_args reg_args = { .call = REGISTER, .nr = 3, .many = iov };
	struct uring_args update_args = { .call = UPDATE, .nr = 1, .iov = { iov[2] } };
	struct uring_args clone_args = { .call = CLONE }, args = { 0 };
	long ring, copy;

	ring = bracketed("uring_setup", &setup_args);
	if (ring < 0)
		return;
	reg_args.fd = update_args.fd = clone_args.src = (int)ring;
	bracketed("uring_register", &reg_args);
	if (kernel_rules()->uring.register_update)
		bracketed("uring_update", &update_args);
	copy = bracketed("uring_setup", &other_args);
	if (copy >= 0 && kernel_rules()->uring.clone_buffers) {
		clone_args.fd = (int)copy;
		bracketed("uring_clone_buffers", &clone_args);
	}
	args.call = UNREGISTER;
	args.fd = (int)ring;
	bracketed("uring_unregister", &args);
	args.call = CLOSE;
	bracketed("close", &args);
}

START_TEST(test_fault_sweep)
{
	static const char *const kernels[] = { "v5.4", "v5.9", "v5.10", "v6.12", "v7.0" };

	for (size_t k = 0; k < sizeof(kernels) / sizeof(kernels[0]); k++) {
		bool delivered = true;
		unsigned long n;

		for (n = 1; delivered; n++) {
			struct uring_iovec iov[3];
			unsigned long buf;

			ck_assert_uint_lt(n, 200);
			begin(kernels[k], 400, 0);
			buf = world_memory(a, 64);
			iov[0] = (struct uring_iovec){ buf, 20 * PAGE };
			iov[1] = (struct uring_iovec){ buf + 20 * PAGE, PAGE };
			iov[2] = (struct uring_iovec){ buf + 5, 40 * PAGE };
			sim_fault_arm_nth(mm_task_actor(a), n);
			world_in(a, life, iov);
			delivered = !sim_fault_pending(mm_task_actor(a));
			end_clean();
		}
		ck_assert_uint_gt(n, 5);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("subsys: io_uring");
	TCase *tc = tcase_create("io_uring");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, test_ring_pages);
	tcase_add_test(tc, test_entries);
	tcase_add_test(tc, test_ring_limit);
	tcase_add_test(tc, test_ring_in_locked_vm);
	tcase_add_test(tc, test_ring_underflow);
	tcase_add_test(tc, test_buffer_pages);
	tcase_add_test(tc, test_register_atomic);
	tcase_add_test(tc, test_register_errors);
	tcase_add_test(tc, test_order_of_charge_and_pin);
	tcase_add_test(tc, test_huge_folio);
	tcase_add_test(tc, test_user_is_the_makers);
	tcase_add_test(tc, test_fork);
	tcase_add_test(tc, test_capability);
	tcase_add_test(tc, test_update);
	tcase_add_test(tc, test_clone);
	tcase_add_test(tc, test_clone_foreign);
	tcase_add_test(tc, test_deferred_release);
	tcase_add_test(tc, test_fault_sweep);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

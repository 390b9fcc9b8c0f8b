// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * io_uring's memory: rings and fixed buffers.
 *
 *	ring (struct io_ring_ctx)
 *	  user        whose locked_vm pays; NULL for the ring's whole life where its
 *	              maker had CAP_IPC_LOCK
 *	  mm_account  the maker's mm, grabbed: its pinned_vm counts the buffers, also
 *	              when it is dead or another process registers
 *	  slots       each empty, or one mapped buffer (struct io_mapped_ubuf), which a
 *	              clone in another ring may share
 *
 * The limit is always that of the task that registers, the counter always that of
 * the ring. How much the ring's own memory costs, and where, changed four times
 * (uring_ring); buffers are charged before the pin up to 5.9 and after it since
 * (uring_buffers). From then on a compound page is charged whole, once for each
 * ring: a buffer in a folio that another buffer of the ring holds costs nothing,
 * and the folio's charge goes with the buffer that came first.
 *
 * close() only kills the ring. What it holds is given back by work queued then.
 *
 * Left out: requests. Nothing is ever in flight, so an unregister never waits. A
 * buffer keeps one pin for each page; the kernel's coalescing of huge pages keeps
 * one for each folio, which holds the same memory.
 *
 * Locks: uring_lock of one ring at a time; inside it mmap_lock (GUP, and the ring's
 * pages in locked_vm).
 */
#include <linux/anon_inodes.h>
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/overflow.h>
#include <linux/refcount.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/sched/user.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include <accounting/charge.h>
#include <accounting/kernels.h>
#include <accounting/ledger.h>
#include <mm_model/digest.h>
#include <sim/digest.h>
#include <sim/sched.h>
#include <subsys/io_uring.h>
#include "pinners_private.h"

#define RING_ENTRIES_MAX 32768u
#define FIXED_BUFFERS_MAX (1u << 14)
#define FIXED_BUFFERS_MAX_BEFORE_UPDATE 1024u	/* UIO_MAXIOV, up to 5.12 */

/* The two areas that a ring maps: sizes from the UAPI's structures. */
#define SQE_BYTES 64ul
#define CQE_BYTES 16ul
#define CACHE_LINE 64ul
/* struct io_rings up to cqes[]: the heads and tails on four cache lines, and nine words */
#define RINGS_HEADER_BYTES ALIGN(4 * CACHE_LINE + 9 * sizeof(u32), CACHE_LINE)

/* Ring memory as mm_account's locked_vm or the user saw it: one region from 6.14 on. */
struct io_region {
	unsigned long pages;
};

struct io_mapped_ubuf {
	refcount_t refs;		/* slots that hold it */
	unsigned long acct_pages;	/* charged for it */
	struct page_runs pinned;
	struct ledger_object *ledger;
};

struct io_ring_ctx {
	struct mutex uring_lock;
	struct user_struct *user;
	struct mm_struct *mm_account;
	unsigned int nr_user_bufs;	/* slots; uring_lock */
	struct io_mapped_ubuf **user_bufs;	/* NULL: no table registered */
	struct io_region *ring_region;	/* R_REGION */
	struct io_region *sq_region;
	unsigned long ring_pages;	/* R_P3, R_P3P1: what setup charged */
	struct work_struct exit_work;
	struct ledger_object *ledger;
};

static const struct uring_rules *rules(void)
{
	return &kernel_rules()->uring;
}

/* --- charging ------------------------------------------------------------------- */

/* io_uring/rsrc.c:io_account_mem. The limit is current's. */
static int io_account_mem(struct io_ring_ctx *ctx, struct ledger_object *object, unsigned long pages)
{
	const struct charge_by by = { .object = object, .rule = "io_uring" };

	if (ctx->user && charge_user_locked_vm(ctx->user, pages, &by))
		return -ENOMEM;
	if (pins_charge(object, pages)) {
		if (ctx->user)
			uncharge_user_locked_vm(ctx->user, pages, &by);
		return -ENOMEM;
	}
	if (rules()->buffers_pinned_vm)
		charge_pinned_vm(ctx->mm_account, pages, &by);
	return 0;
}

static void io_unaccount_mem(struct io_ring_ctx *ctx, struct ledger_object *object, unsigned long pages)
{
	const struct charge_by by = { .object = object, .rule = "io_uring" };

	pins_uncharge(object, pages);

	if (ctx->user)
		uncharge_user_locked_vm(ctx->user, pages, &by);
	if (rules()->buffers_pinned_vm)
		uncharge_pinned_vm(ctx->mm_account, pages, &by);
}

/* --- ring memory ------------------------------------------------------------------ */

static unsigned long rings_bytes(unsigned int sq_entries, unsigned int cq_entries)
{
	unsigned long cq = ALIGN(RINGS_HEADER_BYTES + cq_entries * CQE_BYTES, CACHE_LINE);

	return cq + sq_entries * sizeof(u32);
}

static unsigned long sqes_bytes(unsigned int sq_entries)
{
	return sq_entries * SQE_BYTES;
}

/* Two compound allocations, each of a power of two pages (up to 5.11). */
static unsigned long ring_pages_compound(unsigned int sq_entries)
{
	return roundup_pow_of_two(PFN_UP(rings_bytes(sq_entries, 2 * sq_entries))) +
	       roundup_pow_of_two(PFN_UP(sqes_bytes(sq_entries)));
}

/*
 * 5.9 to 5.11: the ring also counts in the maker's locked_vm, untested. Written
 * without mmap_lock up to 5.10, so a concurrent mlock may be lost or lose it.
 */
static void io_ring_locked_vm(struct io_ring_ctx *ctx, unsigned long pages, bool inc)
{
	struct mm_struct *mm = ctx->mm_account;
	unsigned long locked_vm;

	if (rules()->ring != R_P3P1)
		return;
	if (rules()->ring_p1_locked)
		mmap_write_lock(mm);
	else
		sim_point(SIM_POINT_ATOMIC_READ, mm->locked_vm_id, 0);
	locked_vm = READ_ONCE(mm->locked_vm);
	if (!rules()->ring_p1_locked)
		sim_point(SIM_POINT_ATOMIC_WRITE, mm->locked_vm_id, 0);	/* no atomic sum: another CPU's turn */
	locked_vm = inc ? locked_vm + pages : locked_vm - pages;
	WRITE_ONCE(mm->locked_vm, locked_vm);
	sim_record(SIM_POINT_COUNTER, mm->locked_vm_id, (long)locked_vm);
	ledger_enter(ctx->ledger, BUCKET_LOCKED_VM, mm, inc ? (long)pages : -(long)pages);
	if (rules()->ring_p1_locked)
		mmap_write_unlock(mm);
}

/* io_uring/memmap.c:io_create_region of 6.14: charged first, then allocated. */
static struct io_region *io_create_region(struct io_ring_ctx *ctx, unsigned long bytes)
{
	const struct charge_by by = { .object = ctx->ledger, .rule = "io_uring" };
	struct io_region *region;
	unsigned long pages = PFN_UP(bytes);

	if (ctx->user && charge_user_locked_vm(ctx->user, pages, &by))
		return ERR_PTR(-ENOMEM);
	region = kzalloc(sizeof(*region), GFP_KERNEL_ACCOUNT);
	if (!region) {
		if (ctx->user)
			uncharge_user_locked_vm(ctx->user, pages, &by);
		return ERR_PTR(-ENOMEM);
	}
	region->pages = pages;
	return region;
}

static void io_free_region(struct io_ring_ctx *ctx, struct io_region **region)
{
	const struct charge_by by = { .object = ctx->ledger, .rule = "io_uring" };

	if (!*region)
		return;
	if (ctx->user)
		uncharge_user_locked_vm(ctx->user, (*region)->pages, &by);
	kfree(*region);
	*region = NULL;
}

static void io_rings_free(struct io_ring_ctx *ctx)
{
	io_free_region(ctx, &ctx->sq_region);
	io_free_region(ctx, &ctx->ring_region);
}

static int io_allocate_scq_urings(struct io_ring_ctx *ctx, unsigned int sq_entries)
{
	struct io_region *region;

	if (rules()->ring != R_REGION)
		return 0;
	region = io_create_region(ctx, rings_bytes(sq_entries, 2 * sq_entries));
	if (IS_ERR(region))
		return PTR_ERR(region);
	ctx->ring_region = region;
	region = io_create_region(ctx, sqes_bytes(sq_entries));
	if (IS_ERR(region)) {
		io_rings_free(ctx);
		return PTR_ERR(region);
	}
	ctx->sq_region = region;
	return 0;
}

/* --- fixed buffers ------------------------------------------------------------------ */

static unsigned long pages_of(const struct uring_iovec *iov)
{
	return PFN_UP(iov->base + iov->len) - PFN_DOWN(iov->base);
}

static void enter_pins(const struct io_mapped_ubuf *imu, bool pin)
{
	for (unsigned int i = 0; i < imu->pinned.nr; i++)
		ledger_pins(imu->ledger, imu->pinned.run[i].frame, imu->pinned.run[i].nr, pin);
}

static void io_buffer_free(struct io_mapped_ubuf *imu)
{
	ledger_object_destroy(imu->ledger);
	kvfree(imu->pinned.run);
	kfree(imu);
}

static struct io_mapped_ubuf *io_buffer_alloc(void)
{
	struct io_mapped_ubuf *imu = kzalloc(sizeof(*imu), GFP_KERNEL_ACCOUNT);

	if (!imu)
		return NULL;
	/* not below the ring: a clone may outlive it */
	imu->ledger = ledger_object_create("io_mapped_ubuf", NULL);
	refcount_set(&imu->refs, 1);
	return imu;
}

static bool grow_runs(struct page_runs *runs)
{
	unsigned int max = runs->max ? 4 * runs->max : 16;
	struct page_run *run = kvmalloc_array(max, sizeof(*run), GFP_KERNEL);

	if (!run)
		return false;
	for (unsigned int i = 0; i < runs->nr; i++)
		run[i] = runs->run[i];
	kvfree(runs->run);
	runs->run = run;
	runs->max = max;
	return true;
}

/*
 * io_uring/memmap.c:io_pin_pages: all or nothing. A short pin is EFAULT, whatever
 * stopped it; only the first page's own error shows. The vector of runs grows
 * while pages keep coming.
 */
static int io_pin_pages(struct io_mapped_ubuf *imu, const struct uring_iovec *iov)
{
	unsigned long nr_pages = pages_of(iov), done = 0;
	long ret = 0;

	while (done < nr_pages) {
		if (imu->pinned.nr == imu->pinned.max && !grow_runs(&imu->pinned)) {
			ret = -ENOMEM;
			break;
		}
		ret = pin_user_runs_fast((iov->base & PAGE_MASK) + (done << PAGE_SHIFT), nr_pages - done,
					 FOLL_WRITE | FOLL_LONGTERM, &imu->pinned);
		if (ret <= 0)
			break;
		done += ret;
		if (imu->pinned.nr < imu->pinned.max)
			break;
	}
	if (done == nr_pages) {
		enter_pins(imu, true);
		return 0;
	}
	if (done) {
		unpin_user_runs(imu->pinned.run, imu->pinned.nr, false);
		return ret == -ENOMEM && imu->pinned.nr == imu->pinned.max ? -ENOMEM : -EFAULT;
	}
	return ret < 0 ? ret : -EFAULT;
}

static void io_unpin_pages(struct io_mapped_ubuf *imu)
{
	enter_pins(imu, false);
	unpin_user_runs(imu->pinned.run, imu->pinned.nr, false);
}

/* Does one of the runs hold a frame of the folio? */
static bool runs_touch_folio(const struct page_run *run, unsigned int nr, unsigned long head, unsigned long size)
{
	for (unsigned int i = 0; i < nr; i++)
		if (run[i].frame < head + size && head < run[i].frame + run[i].nr)
			return true;
	return false;
}

/* io_uring/rsrc.c:headpage_already_acct: earlier in this buffer, or in any buffer of the ring. */
static bool headpage_already_acct(const struct io_ring_ctx *ctx, const struct io_mapped_ubuf *imu, unsigned int run,
				  unsigned long frame, unsigned long head, unsigned long size)
{
	struct page_run part = { .frame = imu->pinned.run[run].frame };

	part.nr = frame - part.frame;
	if (runs_touch_folio(imu->pinned.run, run, head, size) ||
	    (part.nr && runs_touch_folio(&part, 1, head, size)))
		return true;
	if (!rules()->hpage_cross_buffer)
		return false;
	for (unsigned int i = 0; i < ctx->nr_user_bufs; i++) {
		const struct io_mapped_ubuf *other = ctx->user_bufs[i];

		if (other && runs_touch_folio(other->pinned.run, other->pinned.nr, head, size))
			return true;
	}
	return false;
}

/*
 * What the pinned buffer costs: plain pages one by one, a folio whole where it is
 * met first. @last_hpage: the folio met last, over all buffers of one call.
 */
static unsigned long io_buffer_cost(const struct io_ring_ctx *ctx, struct io_mapped_ubuf *imu,
				    unsigned long *last_hpage)
{
	unsigned long cost = 0, head, size;

	if (!rules()->hpage_cross_buffer)
		*last_hpage = ~0UL;
	for (unsigned int i = 0; i < imu->pinned.nr; i++) {
		unsigned long frame = imu->pinned.run[i].frame, end = frame + imu->pinned.run[i].nr;

		while (frame < end) {
			size = frame_small_pages(frame, end - frame);
			if (size) {
				cost += size;
				frame += size;
				continue;
			}
			size = frame_folio(frame, &head);
			ledger_object_whole_folios(imu->ledger);
			if (head != *last_hpage && !headpage_already_acct(ctx, imu, i, frame, head, size))
				cost += size;
			*last_hpage = head;
			frame = head + size < end ? head + size : end;
		}
	}
	return cost;
}

/* 5.10 and later: pin, count, charge. */
static int io_buffer_pin_then_charge(struct io_ring_ctx *ctx, struct io_mapped_ubuf *imu,
				     const struct uring_iovec *iov, unsigned long *last_hpage)
{
	unsigned long cost;
	int ret;

	ret = io_pin_pages(imu, iov);
	if (ret)
		return ret;
	cost = io_buffer_cost(ctx, imu, last_hpage);
	if (cost) {
		ret = io_account_mem(ctx, imu->ledger, cost);
		if (ret) {
			io_unpin_pages(imu);
			return ret;
		}
	}
	imu->acct_pages = cost;
	return 0;
}

/* Up to 5.9: charge the pages as they come, then pin. */
static int io_buffer_charge_then_pin(struct io_ring_ctx *ctx, struct io_mapped_ubuf *imu,
				     const struct uring_iovec *iov)
{
	unsigned long nr_pages = pages_of(iov);
	int ret;

	ret = io_account_mem(ctx, imu->ledger, nr_pages);
	if (ret)
		return ret;
	ret = io_pin_pages(imu, iov);
	if (ret) {
		io_unaccount_mem(ctx, imu->ledger, nr_pages);
		return ret;
	}
	imu->acct_pages = nr_pages;
	return 0;
}

/* One slot: NULL in *@slot for an empty one. */
static int io_sqe_buffer_register(struct io_ring_ctx *ctx, const struct uring_iovec *iov,
				  struct io_mapped_ubuf **slot, unsigned long *last_hpage)
{
	struct io_mapped_ubuf *imu;
	int ret;

	*slot = NULL;
	if (!iov->base)
		return 0;
	imu = io_buffer_alloc();
	if (!imu)
		return -ENOMEM;
	if (rules()->buffers == B_PRE)
		ret = io_buffer_charge_then_pin(ctx, imu, iov);
	else
		ret = io_buffer_pin_then_charge(ctx, imu, iov, last_hpage);
	if (ret) {
		io_buffer_free(imu);
		return ret;
	}
	*slot = imu;
	return 0;
}

/* Empties a slot. The last one gives the pages back, to the counters of @ctx. */
static void io_buffer_unmap(struct io_ring_ctx *ctx, struct io_mapped_ubuf **slot)
{
	struct io_mapped_ubuf *imu = *slot;

	*slot = NULL;
	if (!imu || !refcount_dec_and_test(&imu->refs))
		return;
	io_unpin_pages(imu);
	if (imu->acct_pages)
		io_unaccount_mem(ctx, imu->ledger, imu->acct_pages);
	io_buffer_free(imu);
}

/* io_uring/rsrc.c:io_buffer_validate; before 5.13 there are no empty slots. */
static int io_buffer_validate(const struct uring_iovec *iov)
{
	unsigned long end;

	if (!iov->base)
		return iov->len || !rules()->register_update ? -EFAULT : 0;
	if (!iov->len || iov->len > SZ_1G)
		return -EFAULT;
	if (check_add_overflow(iov->base, iov->len + (PAGE_SIZE - 1), &end))
		return rules()->register_update ? -EOVERFLOW : -EFAULT;
	return 0;
}

static void io_sqe_buffers_free(struct io_ring_ctx *ctx)
{
	for (unsigned int i = 0; i < ctx->nr_user_bufs; i++)
		io_buffer_unmap(ctx, &ctx->user_bufs[i]);
	kvfree(ctx->user_bufs);
	ctx->user_bufs = NULL;
	ctx->nr_user_bufs = 0;
}

static int io_sqe_buffers_register(struct io_ring_ctx *ctx, const struct uring_iovec *iov, unsigned int nr)
{
	unsigned int nr_max = rules()->register_update ? FIXED_BUFFERS_MAX : FIXED_BUFFERS_MAX_BEFORE_UPDATE;
	unsigned long last_hpage = ~0UL;
	int ret = 0;

	if (ctx->user_bufs)
		return -EBUSY;
	if (!nr || nr > nr_max)
		return -EINVAL;
	ctx->user_bufs = kvcalloc(nr, sizeof(*ctx->user_bufs), GFP_KERNEL);
	if (!ctx->user_bufs)
		return -ENOMEM;
	for (unsigned int i = 0; i < nr && !ret; i++) {
		ret = io_buffer_validate(&iov[i]);
		if (!ret)
			ret = io_sqe_buffer_register(ctx, &iov[i], &ctx->user_bufs[i], &last_hpage);
		/* from 6.13 on the ring gets its table when that is complete */
		if (!ret && !rules()->hpage_again_in_call)
			ctx->nr_user_bufs++;
	}
	if (rules()->hpage_again_in_call)
		ctx->nr_user_bufs = nr;
	if (ret)
		io_sqe_buffers_free(ctx);
	return ret;
}

static int io_sqe_buffers_update(struct io_ring_ctx *ctx, unsigned int slot, const struct uring_iovec *iov)
{
	unsigned long last_hpage = ~0UL;
	struct io_mapped_ubuf *imu;
	int ret;

	if (!ctx->user_bufs)
		return -ENXIO;
	if (slot >= ctx->nr_user_bufs)
		return -EINVAL;
	ret = io_buffer_validate(iov);
	if (ret)
		return ret;
	/* the new one is charged while the old one still is */
	ret = io_sqe_buffer_register(ctx, iov, &imu, &last_hpage);
	if (ret)
		return ret;
	io_buffer_unmap(ctx, &ctx->user_bufs[slot]);
	ctx->user_bufs[slot] = imu;
	return 1;
}

/* A reference to each buffer of @src, or -errno. */
static struct io_mapped_ubuf **io_buffers_share(struct io_ring_ctx *src, unsigned int *nr)
{
	struct io_mapped_ubuf **bufs;

	if (!src->nr_user_bufs)
		return ERR_PTR(-ENXIO);
	bufs = kvcalloc(src->nr_user_bufs, sizeof(*bufs), GFP_KERNEL);
	if (!bufs)
		return ERR_PTR(-ENOMEM);
	for (unsigned int i = 0; i < src->nr_user_bufs; i++) {
		bufs[i] = src->user_bufs[i];
		if (bufs[i])
			refcount_inc(&bufs[i]->refs);
	}
	*nr = src->nr_user_bufs;
	return bufs;
}

/*
 * io_uring/rsrc.c:io_clone_buffers. @ctx->uring_lock is dropped while the source
 * is locked: somebody else may set up buffers meanwhile.
 */
static int io_clone_buffers(struct io_ring_ctx *ctx, struct io_ring_ctx *src)
{
	struct io_mapped_ubuf **bufs;
	unsigned int nr = 0;

	if (rules()->clone_checked && (ctx->user != src->user || ctx->mm_account != src->mm_account))
		return -EINVAL;
	mutex_unlock(&ctx->uring_lock);

	mutex_lock(&src->uring_lock);
	bufs = io_buffers_share(src, &nr);
	mutex_unlock(&src->uring_lock);

	mutex_lock(&ctx->uring_lock);
	if (IS_ERR(bufs))
		return PTR_ERR(bufs);
	if (!ctx->user_bufs) {
		ctx->user_bufs = bufs;
		ctx->nr_user_bufs = nr;
		return 0;
	}
	for (unsigned int i = 0; i < nr; i++)
		io_buffer_unmap(ctx, &bufs[i]);
	kvfree(bufs);
	return -EBUSY;
}

/* --- the ring's life -------------------------------------------------------------------- */

static void io_ring_ctx_free(struct io_ring_ctx *ctx)
{
	const struct charge_by by = { .object = ctx->ledger, .rule = "io_uring" };

	mutex_lock(&ctx->uring_lock);
	if (ctx->user_bufs)
		io_sqe_buffers_free(ctx);
	mutex_unlock(&ctx->uring_lock);
	io_rings_free(ctx);
	if (rules()->ring == R_P3 && ctx->user && ctx->ring_pages)
		uncharge_user_locked_vm(ctx->user, ctx->ring_pages, &by);
	if (ctx->mm_account)
		mmdrop(ctx->mm_account);
	if (ctx->user)
		free_uid(ctx->user);
	ledger_object_destroy(ctx->ledger);
	kfree(ctx);
}

static void io_ring_exit_work(struct work_struct *work)
{
	io_ring_ctx_free(container_of(work, struct io_ring_ctx, exit_work));
}

/*
 * No new user from here on; the rest is queued. 5.9 to 5.11 give the ring's pages
 * back at once, so that a ring made right after a close does not fail.
 */
static void io_ring_ctx_wait_and_kill(struct io_ring_ctx *ctx)
{
	const struct charge_by by = { .object = ctx->ledger, .rule = "io_uring" };

	if (rules()->ring == R_P3P1 && ctx->ring_pages) {
		if (ctx->user)
			uncharge_user_locked_vm(ctx->user, ctx->ring_pages, &by);
		io_ring_locked_vm(ctx, ctx->ring_pages, false);
	}
	INIT_WORK(&ctx->exit_work, io_ring_exit_work);
	queue_work(system_wq, &ctx->exit_work);
}

static int io_uring_release(struct inode *inode, struct file *file)
{
	struct io_ring_ctx *ctx = file->private_data;

	file->private_data = NULL;
	io_ring_ctx_wait_and_kill(ctx);
	return 0;
}

static void io_uring_digest(struct file *file, struct sim_digest *digest)
{
	const struct io_ring_ctx *ctx = file->private_data;
	unsigned int i;

	mm_digest_user(digest, ctx->user);
	mm_digest_mm(digest, ctx->mm_account);
	sim_digest_add(digest, ctx->ring_pages);
	sim_digest_add(digest, ctx->ring_region ? ctx->ring_region->pages + 1 : 0);
	sim_digest_add(digest, ctx->sq_region ? ctx->sq_region->pages + 1 : 0);
	ledger_digest(digest, ctx->ledger);
	sim_digest_add(digest, ctx->user_bufs ? ctx->nr_user_bufs + 1 : 0);
	for (i = 0; ctx->user_bufs && i < ctx->nr_user_bufs; i++) {
		const struct io_mapped_ubuf *imu = ctx->user_bufs[i];

		if (!sim_digest_name(digest, imu))
			continue;
		sim_digest_add(digest, imu->acct_pages);
		for (unsigned int k = 0; k < imu->pinned.nr; k++)
			mm_digest_frames(digest, imu->pinned.run[k].frame, imu->pinned.run[k].nr);
		ledger_digest(digest, imu->ledger);
	}
}

static const struct file_operations io_uring_fops = {
	.name = "io_uring",
	.digest = io_uring_digest,
	.release = io_uring_release,
};

static struct io_ring_ctx *io_ring_ctx_alloc(void)
{
	struct io_ring_ctx *ctx = kzalloc(sizeof(*ctx), GFP_KERNEL);

	if (!ctx)
		return NULL;
	mutex_init(&ctx->uring_lock);
	ctx->ledger = ledger_object_create("io_ring", NULL);
	return ctx;
}

/*
 * Up to 5.11 the ring is charged to the user before there is a ring. The ledger's
 * object comes first here: an allocation that fails gives the charge back.
 */
static int io_account_compound_ring(struct io_ring_ctx *ctx, unsigned int sq_entries)
{
	const struct charge_by by = { .object = ctx->ledger, .rule = "io_uring" };
	unsigned long pages = ring_pages_compound(sq_entries);

	if (rules()->ring != R_P3 && rules()->ring != R_P3P1)
		return 0;
	if (ctx->user && charge_user_locked_vm(ctx->user, pages, &by))
		return -ENOMEM;
	ctx->ring_pages = pages;
	/* 5.9-rc1 stored the mm only after this, so the charge was skipped and its return was not */
	if (!rules()->ring_p1_underflow)
		io_ring_locked_vm(ctx, pages, true);
	return 0;
}

long uring_setup(unsigned int entries)
{
	struct io_ring_ctx *ctx;
	unsigned int sq_entries;
	long ret;

	if (!entries || entries > RING_ENTRIES_MAX)
		return -EINVAL;
	sq_entries = roundup_pow_of_two(entries);
	ctx = io_ring_ctx_alloc();
	if (!ctx)
		return -ENOMEM;
	if (!capable(CAP_IPC_LOCK))
		ctx->user = get_uid(current_user());
	mmgrab(current->mm);
	ctx->mm_account = current->mm;
	ret = io_account_compound_ring(ctx, sq_entries);
	if (!ret)
		ret = io_allocate_scq_urings(ctx, sq_entries);
	if (!ret)
		ret = anon_inode_getfd("[io_uring]", &io_uring_fops, ctx, O_RDWR);
	if (ret < 0)
		io_ring_ctx_wait_and_kill(ctx);
	return ret;
}

/* --- IORING_REGISTER_* ------------------------------------------------------------------------ */

/* The ring behind an fd of current, with a reference to its file; ERR_PTR(-EBADF), or -EOPNOTSUPP for another file. */
static struct file *io_uring_register_get_file(int fd)
{
	struct file *file = fget(fd);

	if (!file)
		return ERR_PTR(-EBADF);
	if (file->f_op == &io_uring_fops)
		return file;
	fput(file);
	return ERR_PTR(-EOPNOTSUPP);
}

long uring_register(int fd, const struct uring_iovec *iov, unsigned int nr)
{
	struct file *file = io_uring_register_get_file(fd);
	struct io_ring_ctx *ctx;
	long ret;

	if (IS_ERR(file))
		return PTR_ERR(file);
	ctx = file->private_data;
	mutex_lock(&ctx->uring_lock);
	ret = io_sqe_buffers_register(ctx, iov, nr);
	mutex_unlock(&ctx->uring_lock);
	fput(file);
	return ret;
}

long uring_unregister(int fd)
{
	struct file *file = io_uring_register_get_file(fd);
	struct io_ring_ctx *ctx;
	long ret = -ENXIO;

	if (IS_ERR(file))
		return PTR_ERR(file);
	ctx = file->private_data;
	mutex_lock(&ctx->uring_lock);
	if (ctx->user_bufs) {
		io_sqe_buffers_free(ctx);
		ret = 0;
	}
	mutex_unlock(&ctx->uring_lock);
	fput(file);
	return ret;
}

long uring_update(int fd, unsigned int slot, const struct uring_iovec *iov)
{
	struct file *file = io_uring_register_get_file(fd);
	struct io_ring_ctx *ctx;
	long ret;

	if (IS_ERR(file))
		return PTR_ERR(file);
	ctx = file->private_data;
	mutex_lock(&ctx->uring_lock);
	ret = io_sqe_buffers_update(ctx, slot, iov);
	mutex_unlock(&ctx->uring_lock);
	fput(file);
	return ret;
}

long uring_clone_buffers(int dst_fd, int src_fd)
{
	struct file *dst = io_uring_register_get_file(dst_fd);
	struct io_ring_ctx *ctx;
	struct file *src;
	long ret = -EBUSY;

	if (IS_ERR(dst))
		return PTR_ERR(dst);
	ctx = dst->private_data;
	mutex_lock(&ctx->uring_lock);
	if (!ctx->user_bufs) {
		src = io_uring_register_get_file(src_fd);
		ret = PTR_ERR_OR_ZERO(src);
		if (!ret) {
			ret = io_clone_buffers(ctx, src->private_data);
			fput(src);
		}
	}
	mutex_unlock(&ctx->uring_lock);
	fput(dst);
	return ret;
}

int io_uring_user(int fd, struct user_struct **user)
{
	struct file *file = io_uring_register_get_file(fd);
	const struct io_ring_ctx *ctx;

	if (IS_ERR(file))
		return PTR_ERR(file);
	ctx = file->private_data;
	*user = ctx->user ? get_uid(ctx->user) : NULL;
	fput(file);
	return 0;
}

/* The ring's own memory and its buffers; one that a clone shares shows in both. */
long uring_charged(int fd)
{
	struct file *file = io_uring_register_get_file(fd);
	struct io_ring_ctx *ctx;
	long pages;

	if (IS_ERR(file))
		return PTR_ERR(file);
	ctx = file->private_data;
	pages = ledger_charged(ctx->ledger);
	for (unsigned int i = 0; i < ctx->nr_user_bufs; i++)
		if (ctx->user_bufs[i])
			pages += ledger_charged(ctx->user_bufs[i]->ledger);
	fput(file);
	return pages;
}

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Between the container and the kernel's type1: the same driver to either, that
 * notes each call. So the ledger knows for which container a charge is, the
 * invariants find every mapping, and an ioctl that outlives its vfio_iommu is told.
 *
 * That last is the kernel's own use after free (subsys/vfio_type1_group.c): an
 * ioctl takes neither lock nor reference, and the last group may leave meanwhile.
 * It is a violation, and the memory goes only when the ioctl is over, so that the
 * run can go on.
 */
#include <linux/err.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <accounting/charge.h>
#include <kapi/iommu.h>
#include <mm_model/machine.h>
#include <sim/invariant.h>
#include <sim/sched.h>
#include <sim/verdict.h>
#include <sim/world.h>
#include <stdarg.h>
#include <drivers/vfio/vfio.h>
#include "machine.h"
#include "type1.h"

/* The kernel's own table; one driver a world. */
static const struct vfio_iommu_driver_ops *real_ops(void)
{
	return upstream()->type1_ops;
}

struct type1_call *type1_current(void)
{
	struct type1_call *call;

	list_for_each_entry(call, &upstream()->type1_calls, node)
		if (call->task == current)
			return call;
	return NULL;
}

struct ledger_object *type1_ledger(void)
{
	return type1_current()->type1->ledger;
}

/* Calls lie on the stacks of those who make them, and so do those that they are linked with. */
static void begin(struct type1_call *call, struct type1 *type1)
{
	sim_stacks_written();
	call->task = current;
	call->type1 = type1;
	list_add(&call->node, &upstream()->type1_calls);
}

static void end(struct type1_call *call)
{
	call->type1->touched = true;
	sim_stacks_written();
	list_del(&call->node);
}

static void type1_carried(void *type1, struct sim_run_tree *frames);

/* What the driver is asked to do. */

static void *type1_open(unsigned long arg)
{
	void *iommu = real_ops()->open(arg);
	struct type1 *type1;

	if (IS_ERR(iommu))
		return iommu;
	type1 = sim_zalloc(sizeof(*type1));
	type1->iommu = iommu;
	type1->opener = current;
	type1->ledger = ledger_object_create("vfio_iommu", NULL);
	ledger_object_parts(type1->ledger, type1_carried, type1);
	list_add(&type1->node, &upstream()->type1s);
	return type1;
}

void type1_claim(struct type1 **owner)
{
	struct type1 *type1;

	list_for_each_entry(type1, &upstream()->type1s, node)
		if (!type1->owner && type1->opener == current) {
			type1->owner = owner;
			*owner = type1;
			return;
		}
}

void type1_disown(struct type1 *type1)
{
	type1->owner = NULL;
	type1->opener = NULL;
}

static void type1_free(struct type1 *type1)
{
	struct type1_call call;

	begin(&call, type1);
	real_ops()->release(type1->iommu);
	end(&call);
	ledger_object_destroy(type1->ledger);
	list_del(&type1->node);
	sim_free(type1);
}

static void type1_release(void *data)
{
	struct type1 *type1 = data;

	if (type1->owner)
		*type1->owner = NULL;
	type1_disown(type1);
	if (!type1->ioctls) {
		type1_free(type1);
		return;
	}
	sim_violate(VIOLATION_USE_AFTER_FREE, "the last group leaves a container while %u ioctls are under way on it",
		    type1->ioctls);
	type1->released = true;
}

static long type1_ioctl(void *data, unsigned int cmd, unsigned long arg)
{
	struct type1 *type1 = data;
	struct type1_call call;
	long ret;

	if (!type1)
		return real_ops()->ioctl(NULL, cmd, arg);
	begin(&call, type1);
	type1->ioctls++;
	ret = real_ops()->ioctl(type1->iommu, cmd, arg);
	type1->ioctls--;
	end(&call);
	if (cmd == VFIO_IOMMU_MAP_DMA && ret == -ENOSPC)
		sim_refusal_note("no more mappings than dma_entry_limit (vfio type1)");
	if (type1->released && !type1->ioctls)
		type1_free(type1);
	return ret;
}

static int type1_attach_group(void *data, struct iommu_group *group, enum vfio_group_type type)
{
	struct type1_call call;
	int ret;

	begin(&call, data);
	ret = real_ops()->attach_group(call.type1->iommu, group, type);
	end(&call);
	return ret;
}

struct iommu_domain *type1_group_domain(struct type1 *type1, struct iommu_group *group)
{
	struct iommu_domain *domain;
	struct type1_call call;

	begin(&call, type1);
	domain = real_ops()->group_iommu_domain(type1->iommu, group);
	end(&call);
	return domain;
}

static void type1_detach_group(void *data, struct iommu_group *group)
{
	struct type1_call call;

	begin(&call, data);
	real_ops()->detach_group(call.type1->iommu, group);
	end(&call);
}

static int type1_pin_pages(void *data, struct iommu_group *group, dma_addr_t iova, int npage, int prot,
			   struct page **pages)
{
	struct type1_call call;
	int ret;

	begin(&call, data);
	ret = real_ops()->pin_pages(call.type1->iommu, group, iova, npage, prot, pages);
	end(&call);
	return ret;
}

static void type1_unpin_pages(void *data, dma_addr_t iova, int npage)
{
	struct type1_call call;

	begin(&call, data);
	real_ops()->unpin_pages(call.type1->iommu, iova, npage);
	end(&call);
}

static int type1_dma_rw(void *data, dma_addr_t iova, void *bytes, size_t count, bool write)
{
	struct type1_call call;
	int ret;

	begin(&call, data);
	ret = real_ops()->dma_rw(call.type1->iommu, iova, bytes, count, write);
	end(&call);
	return ret;
}

static void type1_register_device(void *data, struct vfio_device *device)
{
	struct type1 *type1 = data;

	real_ops()->register_device(type1->iommu, device);
}

static void type1_unregister_device(void *data, struct vfio_device *device)
{
	struct type1 *type1 = data;

	real_ops()->unregister_device(type1->iommu, device);
}

static const struct vfio_iommu_driver_ops noting_ops = {
	.name = "type1",
	.open = type1_open,
	.release = type1_release,
	.ioctl = type1_ioctl,
	.attach_group = type1_attach_group,
	.detach_group = type1_detach_group,
	.pin_pages = type1_pin_pages,
	.unpin_pages = type1_unpin_pages,
	.register_device = type1_register_device,
	.unregister_device = type1_unregister_device,
	.dma_rw = type1_dma_rw,
};

int type1_register(const struct vfio_iommu_driver_ops *ops)
{
	upstream()->type1_ops = ops;
	return vfio_register_iommu_driver(&noting_ops);
}

/* What it says on the way. */

/* From within a dma_unmap() the caller's own call is under way below this one. */
static bool nested(void)
{
	const struct type1_call *call, *mine = type1_current();

	list_for_each_entry(call, &upstream()->type1_calls, node)
		if (call != mine && call->task == current)
			return true;
	return false;
}

void type1_mutex_lock(struct mutex *lock)
{
	mutex_lock_nested(lock, nested() ? SINGLE_DEPTH_NESTING : 0);
}

int type1_mmap_write_lock_killable(struct mm_struct *mm, long npage)
{
	int ret = mmap_write_lock_killable(mm);

	if (ret && npage < 0) {
		type1_current()->type1->uncharge_lost = true;
		ledger_dropped(type1_ledger(), BUCKET_LOCKED_VM, mm, -npage);
	}
	return ret;
}

/* Nobody gives back what a dead mm is charged for a mapping, and nobody holds it any more. */
void type1_mmdrop(struct mm_struct *mm, long locked_vm)
{
	if (locked_vm > 0 && !mm_record_alive(mm->record) && !type1_current()->type1->uncharge_lost)
		ledger_enter(type1_ledger(), BUCKET_LOCKED_VM, mm, -locked_vm);
	mmdrop(mm);
}

/*
 * "%s: RLIMIT_MEMLOCK (%ld) exceeded": the pre-check, against the limit and the mm
 * of the caller. The other warnings stand where the charge itself was refused,
 * which has told it (charge.c).
 */
int type1_warn(long lock_acct, const char *format, ...)
{
	const struct charge_by by = { .object = type1_ledger(), .rule = "vfio type1", .limit_task = current };
	unsigned long limit;
	va_list args;

	if (lock_acct < 0)
		return 0;
	va_start(args, format);
	(void)va_arg(args, const char *);
	limit = va_arg(args, unsigned long) >> PAGE_SHIFT;
	va_end(args);
	charge_refused(BUCKET_LOCKED_VM, current->mm, current->mm->locked_vm, (unsigned long)lock_acct + 1, limit,
		       &by);
	return 0;
}

/* Invariants: those of subsys/vfio_invariants.c, over the kernel's own structures. */

/* Beyond so many mappings only every so-many-th call is looked at: a look visits all. */
#define DMAS_CHEAP 256

struct dma_look {
	struct type1 *type1;
	unsigned long dmas;
	const struct mm_struct *mm;	/* dma_sum: the sum of one mm's */
	long sum;
};

/* The pages in the IOMMU's table, but for reserved ones, into @frames if that is there; and how many. */
static unsigned long mapped_pages(const struct type1_dma *dma, struct sim_run_tree *frames)
{
	struct iommu_domain *table = upstream_domain_table(dma->domain);
	unsigned long at = dma->iova, last = dma->iova + dma->size - 1, nr = 0;
	struct sim_run run;

	while (at <= last && iommu_lookup_frames(table, at, last, &run)) {
		unsigned long frame = PFN_DOWN(run.value), left = PFN_DOWN(run.last - run.start + 1), same;

		for (; left; frame += same, left -= same) {
			bool rsvd = frame_reserved(frame, &same);

			same = min(same, left);
			if (rsvd)
				continue;
			nr += same;
			if (frames)
				sim_run_set(frames, frame, frame + same - 1, 1, 0);
		}
		if (run.last == last)
			break;
		at = run.last + 1;
	}
	return nr;
}

static void add_held(unsigned long pfn, void *arg)
{
	unsigned long frame = phys_to_frame(PFN_PHYS(pfn));

	sim_run_set(arg, frame, frame, 1, 0);
}

static void add_carried(const struct type1_dma *dma, void *arg)
{
	if (dma->locked_vm <= 0 || !mm_record_alive(dma->mm->record))
		return;
	if (dma->domain)
		mapped_pages(dma, arg);
	type1_for_each_held(dma, add_held, arg);
}

/* For the observable pages.unaccounted: each mapping has an mm of its own that pays for it. */
static void type1_carried(void *type1, struct sim_run_tree *frames)
{
	type1_for_each_dma(((struct type1 *)type1)->iommu, add_carried, frames);
}

static void add_locked(const struct type1_dma *dma, void *arg)
{
	struct dma_look *look = arg;

	if (dma->mm == look->mm)
		look->sum += dma->locked_vm;
}

/* What the mappings of the mm charge together, over all containers. */
static void check_dma_sum(struct mm_struct *mm)
{
	struct dma_look look = { .mm = mm };
	struct type1 *type1;

	list_for_each_entry(type1, &upstream()->type1s, node)
		type1_for_each_dma(type1->iommu, add_locked, &look);
	if (mm_record_alive(mm->record) && look.sum > 0 && look.sum > (long)mm->locked_vm)
		sim_violate(VIOLATION_DMA_SUM, "the dmas of an mm charge %ldp, its locked_vm is %ldp", look.sum,
			    (long)mm->locked_vm);
}

static void check_dma(const struct type1_dma *dma, void *arg)
{
	struct dma_look *look = arg;
	unsigned long pages;

	look->dmas++;
	if (dma->mm != look->mm) {
		look->mm = dma->mm;
		check_dma_sum(dma->mm);
	}
	/* where the owner is dead an uncharge comes to nothing, by design */
	if (look->type1->uncharge_lost || !mm_record_alive(dma->mm->record))
		return;
	pages = dma->domain ? mapped_pages(dma, NULL) : dma->held;
	if (dma->locked_vm != (long)pages)
		sim_violate(VIOLATION_DMA_PAGES, "the dma at %#lx charges %ldp for %lup", dma->iova, dma->locked_vm,
			    pages);
}

static void check_dmas(void)
{
	struct type1 *type1;

	list_for_each_entry(type1, &upstream()->type1s, node) {
		struct dma_look look = { .type1 = type1 };

		if (!type1->touched)
			continue;
		if (type1->unchecked) {
			type1->unchecked--;
			continue;
		}
		type1_for_each_dma(type1->iommu, check_dma, &look);
		type1->touched = false;
		type1->unchecked = look.dmas / DMAS_CHEAP;
	}
}

static const struct sim_invariant dma_invariants = {
	.violation = VIOLATION_DMA_PAGES,
	.sentence = "dma_pages and dma_sum, over the structures of the kernel's own type1",
	.source = "facts I11, I12; vfio_iommu_type1.c:vfio_lock_acct",
	.when = SIM_QUIESCENT,
	.check = check_dmas,
};

void upstream_type1_invariants_register(void)
{
	sim_invariant_register(&dma_invariants);
}

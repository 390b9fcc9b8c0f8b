// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The hugetlb pool (mm/hugetlb.c): so many 2M pages, and reservations in it.
 *
 * A mapping or file reserves its pages when it is made (ENOMEM where the pool
 * cannot promise them) and uses them up as it faults; what it did not use goes back
 * when it ends. A private mapping's reservation belongs to the process that made it:
 * a forked child has none and gets SIGBUS where the pool has nothing unpromised.
 * Without `hugepages=` the pool is as large as is asked for.
 */
#include "internal.h"

struct hugetlb_resv {
	refcount_t refs;		/* VMAs that split off from the mapping */
	struct sim_run_tree consumed;	/* 2M page index of the mapping -> used up or given back */
};

static bool pool_unlimited(void)
{
	return machine()->config.hugepages == ~0UL;
}

static unsigned long pool_unpromised(void)
{
	const struct mm_machine *m = machine();
	unsigned long taken = m->huge_used + m->huge_reserved;

	return m->config.hugepages > taken ? m->config.hugepages - taken : 0;
}

/* For a search: who gets the pool's last page depends on what others took and gave back. */
static void pool_matters(void)
{
	if (!pool_unlimited())
		sim_touch(&machine()->huge_used, true);
}

int hugetlb_reserve(unsigned long nr2m)
{
	pool_matters();
	if (!pool_unlimited() && pool_unpromised() < nr2m)
		return -ENOMEM;
	machine()->huge_reserved += nr2m;
	return 0;
}

void hugetlb_unreserve(unsigned long nr2m)
{
	pool_matters();
	machine()->huge_reserved -= nr2m;
}

/* Up to @nr2m folios, from a reservation or not. Returns how many; 0: the pool has none. */
unsigned long hugetlb_alloc(unsigned long nr2m, bool reserved, unsigned long maps, unsigned long flags,
			    unsigned long *frame)
{
	struct mm_machine *m = machine();

	pool_matters();
	if (!reserved && !pool_unlimited())
		nr2m = min(nr2m, pool_unpromised());
	nr2m = folios_alloc(nr2m, maps, flags, frame);
	m->huge_used += nr2m;
	if (reserved)
		m->huge_reserved -= nr2m;
	return nr2m;
}

void hugetlb_freed(unsigned long nr2m)
{
	pool_matters();
	machine()->huge_used -= nr2m;
}

struct hugetlb_resv *hugetlb_resv_reserve(unsigned long nr2m)
{
	struct hugetlb_resv *resv = kzalloc(sizeof(*resv), GFP_KERNEL);

	if (!resv)
		return ERR_PTR(-ENOMEM);
	if (hugetlb_reserve(nr2m)) {
		kfree(resv);
		return ERR_PTR(-ENOMEM);
	}
	refcount_set(&resv->refs, 1);
	sim_run_tree_init(&resv->consumed, SIM_RUN_CONSTANT);
	return resv;
}

/* Does the 2M page @index have its reservation still? *@same: for how many of the @nr2m that holds. */
bool hugetlb_resv_has(struct hugetlb_resv *resv, unsigned long index, unsigned long nr2m, unsigned long *same)
{
	struct sim_run run;

	*same = nr2m;
	if (!resv || !sim_run_clip(&resv->consumed, index, index + nr2m - 1, &run))
		return resv;
	if (run.start == index) {
		*same = run.last - index + 1;
		return false;
	}
	*same = run.start - index;
	return true;
}

void hugetlb_resv_consume(struct hugetlb_resv *resv, unsigned long index, unsigned long nr2m)
{
	sim_run_set(&resv->consumed, index, index + nr2m - 1, 0, 0);
}

/* Without mmap_lock, as by the reverse map: nothing can change the tree between two scheduling points. */
void hugetlb_mark_unmapped(struct mm_struct *mm, unsigned long addr)
{
	struct rb_node *node;

	for (node = rb_first(&mm->mm_rb); node; node = rb_next(node)) {
		struct vm_area_struct *vma = rb_entry(node, struct vm_area_struct, vm_rb);

		if (addr < vma->vm_start || addr >= vma->vm_end)
			continue;
		sim_touch(&vma->hugetlb_unmapped, true);
		vma->hugetlb_unmapped = true;
	}
}

void hugetlb_vm_op_open(struct vm_area_struct *vma)
{
	if (vma->hugetlb_resv)
		refcount_inc(&vma->hugetlb_resv->refs);
}

void hugetlb_vm_op_close(struct vm_area_struct *vma)
{
	struct hugetlb_resv *resv = vma->hugetlb_resv;
	unsigned long first = vma->vm_pgoff / HPAGE_PMD_NR, nr2m = vma_pages(vma) / HPAGE_PMD_NR;

	if (!resv)
		return;
	hugetlb_unreserve(nr2m - sim_run_covered(&resv->consumed, first, first + nr2m - 1));
	hugetlb_resv_consume(resv, first, nr2m);
	if (refcount_dec_and_test(&resv->refs)) {
		sim_run_tree_destroy(&resv->consumed);
		kfree(resv);
	}
}

const struct vm_operations_struct hugetlb_vm_ops = {
	.open = hugetlb_vm_op_open,
	.close = hugetlb_vm_op_close,
};

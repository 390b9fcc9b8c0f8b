// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SysV SHM_LOCK (ipc/shm.c: shmctl_do_lock; mm/mlock.c: user_shm_lock).
 *
 * Up to 5.13 a pool of its own in the user_struct, tested before the add. Since
 * then the caller's ucounts, added first, here and in every namespace above, and
 * taken off again if that is too much; a task with CAP_IPC_LOCK keeps the charge
 * all the same. The segment remembers whom it charged, under the lock of its ipc
 * object, stays charged after its maker's death, and gives back on SHM_UNLOCK or
 * when it is destroyed.
 *
 * An infinite limit is not tested at all up to 5.17 (SH_USER, SH_UC14); from 5.18
 * on only the overflow is.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/uidgid.h>
#include <linux/user_namespace.h>
#include <accounting/charge.h>
#include <accounting/kernels.h>
#include <sim/fault.h>
#include <sim/verdict.h>
#include "pinners_private.h"

struct shm_segment {
	struct pinner_object object;
	spinlock_t lock;		/* the ipc object's: who locks and unlocks takes turns */
	kuid_t owner;
	unsigned long pages;
	bool huge;			/* SHM_HUGETLB */
	struct ucounts *ucounts;	/* charged there; NULL: not locked, or charged to the user */
	struct user_struct *user;	/* up to 5.13 */
};

static void shm_refused(unsigned int uid, unsigned long used, unsigned long request, unsigned long limit)
{
	const char *holder = kernel_rules()->other.shm == SH_USER ? "user(%u).locked_shm" : "ucounts(%u).memlock";
	char name[40];

	snprintf(name, sizeof(name), holder, uid);
	sim_refusal_note("%s %lup + %lup > %s's %lup (SHM_LOCK)", name, used, request, current->comm,
			 limit);
}

/* user_struct.locked_shm, tested first. */
static int shm_lock_user(struct shm_segment *seg)
{
	struct user_struct *user = current_user();
	unsigned long limit = memlock_limit_pages(current);

	if (rlimit(RLIMIT_MEMLOCK) != RLIM_INFINITY && user->locked_shm + seg->pages > limit &&
	    !capable(CAP_IPC_LOCK)) {
		shm_refused(__kuid_val(user->uid), user->locked_shm, seg->pages, limit);
		return -ENOMEM;
	}
	user->locked_shm += seg->pages;
	ledger_elsewhere(seg->object.charged, seg->pages);
	seg->user = get_uid(user);
	return 0;
}

static bool shm_over_limit(long memlock, unsigned long limit)
{
	if (rlimit(RLIMIT_MEMLOCK) == RLIM_INFINITY && kernel_rules()->other.shm == SH_UC14)
		return false;
	return memlock == LONG_MAX || (unsigned long)memlock > limit;
}

static int shm_lock_ucounts(struct shm_segment *seg)
{
	struct ucounts *ucounts = current_cred()->ucounts;
	unsigned long limit = rlimit(RLIMIT_MEMLOCK);
	long memlock;

	if (limit != RLIM_INFINITY)
		limit >>= PAGE_SHIFT;
	memlock = inc_rlimit_ucounts(ucounts, UCOUNT_RLIMIT_MEMLOCK, seg->pages);
	if (shm_over_limit(memlock, limit) && !capable(CAP_IPC_LOCK)) {
		dec_rlimit_ucounts(ucounts, UCOUNT_RLIMIT_MEMLOCK, seg->pages);
		shm_refused(__kuid_val(ucounts->uid), memlock - seg->pages, seg->pages, limit);
		return -ENOMEM;
	}
	seg->ucounts = get_ucounts(ucounts);
	/* the count of references is full; stands in for it: an allocation that fails */
	if (sim_fault(SIM_FAULT_ALLOC)) {
		dec_rlimit_ucounts(ucounts, UCOUNT_RLIMIT_MEMLOCK, seg->pages);
		if (kernel_rules()->other.shm_ref_fail_ok && rlimit(RLIMIT_MEMLOCK) == RLIM_INFINITY)
			return 0;
		put_ucounts(seg->ucounts);
		seg->ucounts = NULL;
		return -ENOMEM;
	}
	ledger_enter(seg->object.charged, BUCKET_UCOUNTS_MEMLOCK, ucounts, seg->pages);
	return 0;
}

static void shm_uncharge(struct shm_segment *seg)
{
	if (seg->user) {
		seg->user->locked_shm -= seg->pages;
		ledger_elsewhere(seg->object.charged, -(long)seg->pages);
		free_uid(seg->user);
		seg->user = NULL;
	}
	if (seg->ucounts) {
		dec_rlimit_ucounts(seg->ucounts, UCOUNT_RLIMIT_MEMLOCK, seg->pages);
		ledger_enter(seg->object.charged, BUCKET_UCOUNTS_MEMLOCK, seg->ucounts, -(long)seg->pages);
		put_ucounts(seg->ucounts);
		seg->ucounts = NULL;
	}
}

static void shm_destroy(struct pinner_object *object)
{
	struct shm_segment *seg = container_of(object, struct shm_segment, object);

	shm_uncharge(seg);
	kfree(seg);
}

const struct pinner_ops shm_ops = {
	.destroy = shm_destroy,
};

/* The segment, if the caller may lock and unlock it: its owner, or CAP_IPC_LOCK. */
static int shm_find(unsigned int id, struct shm_segment **seg)
{
	struct pinner_object *object = pinner_object_find(id, &shm_ops);

	if (!object)
		return -EINVAL;
	*seg = container_of(object, struct shm_segment, object);
	if (!capable(CAP_IPC_LOCK) && !uid_eq(current_euid(), (*seg)->owner))
		return -EPERM;
	return 0;
}

static int shm_charge(struct shm_segment *seg)
{
	return kernel_rules()->other.shm == SH_USER ? shm_lock_user(seg) : shm_lock_ucounts(seg);
}

/*
 * fs/hugetlbfs/inode.c:hugetlb_file_setup. Who may not use huge pages could, up to
 * 5.15, as far as the segment fits the limit for locked ones, and pays for its whole
 * life. Since then the pool is only asked for the words of a warning.
 */
static int shm_may_be_huge(struct shm_segment *seg)
{
	if (!seg->huge || capable(CAP_IPC_LOCK))
		return 0;
	return kernel_rules()->other.shm_hugetlb_charge && !shm_charge(seg) ? 0 : -EPERM;
}

long shm_get(unsigned long len, bool hugetlb)
{
	struct shm_segment *seg;
	int ret;

	if (!len)
		return -EINVAL;
	seg = kzalloc(sizeof(*seg), GFP_KERNEL);
	if (!seg)
		return -ENOMEM;
	pinner_object_init(&seg->object, &shm_ops, "shm_segment");
	spin_lock_init(&seg->lock);
	seg->owner = current_euid();
	seg->huge = hugetlb;
	seg->pages = PFN_UP(hugetlb ? ALIGN(len, HPAGE_PMD_SIZE) : len);
	ret = shm_may_be_huge(seg);
	if (!ret)
		return seg->object.id;
	pinner_object_destroy(&seg->object);
	return ret;
}

long shm_lock(unsigned int id)
{
	struct shm_segment *seg;
	int ret = shm_find(id, &seg);

	if (ret)
		return ret;
	if (!capable(CAP_IPC_LOCK) && !rlimit(RLIMIT_MEMLOCK)) {
		charge_limit_is_zero("SHM_LOCK");
		return -EPERM;
	}
	spin_lock(&seg->lock);
	/* huge pages stay where they are; what is locked already is charged once */
	if (!seg->huge && !seg->user && !seg->ucounts)
		ret = shm_charge(seg);
	spin_unlock(&seg->lock);
	return ret;
}

long shm_unlock(unsigned int id)
{
	struct shm_segment *seg;
	int ret = shm_find(id, &seg);

	if (ret || seg->huge)
		return ret;
	spin_lock(&seg->lock);
	shm_uncharge(seg);
	spin_unlock(&seg->lock);
	return 0;
}

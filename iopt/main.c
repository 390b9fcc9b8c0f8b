// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The context behind an open /dev/iommu and the life of its objects
 * (iommufd/main.c).
 *
 * An id is taken first and the object published under it last, when nothing can
 * fail any more; until then others see the id as taken and the object as absent.
 * Destroying takes the object out of the table if the table is its only user.
 */
#include <linux/anon_inodes.h>
#include <linux/capability.h>

#include "io_pagetable.h"

struct iommufd_object_ops {
	void (*destroy)(struct iommufd_object *obj);
};

static const struct iommufd_object_ops iommufd_object_ops[IOMMUFD_OBJ_MAX] = {
	[IOMMUFD_OBJ_DEVICE] = { .destroy = iommufd_device_destroy },
	[IOMMUFD_OBJ_HWPT_PAGING] = { .destroy = iommufd_hwpt_paging_destroy },
	[IOMMUFD_OBJ_IOAS] = { .destroy = iommufd_ioas_destroy },
	[IOMMUFD_OBJ_ACCESS] = { .destroy = iommufd_access_destroy_object },
	[IOMMUFD_OBJ_SELFTEST] = { .destroy = iommufd_selftest_destroy },
};

struct iommufd_object *_iommufd_object_alloc(struct iommufd_ctx *ictx, size_t size, enum iommufd_object_type type)
{
	struct iommufd_object *obj = kzalloc(size, GFP_KERNEL_ACCOUNT);
	int rc;

	if (!obj)
		return ERR_PTR(-ENOMEM);
	obj->type = type;
	refcount_set(&obj->users, 1);
	/* the table's own share, taken back when the object leaves it */
	refcount_set(&obj->shortterm_users, 1);
	rc = xa_alloc(&ictx->objects, &obj->id, XA_ZERO_ENTRY, xa_limit_31b, GFP_KERNEL_ACCOUNT);
	if (rc) {
		kfree(obj);
		return ERR_PTR(rc);
	}
	return obj;
}

void iommufd_object_finalize(struct iommufd_ctx *ictx, struct iommufd_object *obj)
{
	WARN_ON(xa_store(&ictx->objects, obj->id, obj, GFP_KERNEL));
}

void iommufd_object_abort(struct iommufd_ctx *ictx, struct iommufd_object *obj)
{
	WARN_ON(xa_erase(&ictx->objects, obj->id));
	kfree(obj);
}

bool iommufd_lock_obj(struct iommufd_object *obj)
{
	if (!refcount_inc_not_zero(&obj->users))
		return false;
	if (refcount_inc_not_zero(&obj->shortterm_users))
		return true;
	refcount_dec(&obj->users);
	return false;
}

struct iommufd_object *iommufd_get_object(struct iommufd_ctx *ictx, u32 id, enum iommufd_object_type type)
{
	struct iommufd_object *obj;

	xa_lock(&ictx->objects);
	obj = xa_load(&ictx->objects, id);
	if (!obj || (type != IOMMUFD_OBJ_ANY && obj->type != type) || !iommufd_lock_obj(obj))
		obj = NULL;
	xa_unlock(&ictx->objects);
	return obj ? obj : ERR_PTR(-ENOENT);
}

/* In this order, so that who waits for the last call under way finds no user either. */
void iommufd_put_object(struct iommufd_ctx *ictx, struct iommufd_object *obj)
{
	refcount_dec(&obj->users);
	if (refcount_dec_and_test(&obj->shortterm_users))
		wake_up_interruptible_all(&ictx->destroy_wait);
}

/* Until no call is under way with the object. The kernel gives up after a minute; here every call ends. */
static void iommufd_object_wait_shortterm(struct iommufd_ctx *ictx, struct iommufd_object *obj)
{
	if (!refcount_dec_and_test(&obj->shortterm_users))
		wait_event(ictx->destroy_wait, refcount_read(&obj->shortterm_users) == 0);
}

/*
 * @to_destroy: an object that the caller is a user of, which it gives up even on
 * failure; NULL: whatever stands under @id. ENOENT, or EBUSY if it has other users.
 */
int iommufd_object_remove(struct iommufd_ctx *ictx, struct iommufd_object *to_destroy, u32 id, unsigned int flags)
{
	bool waited = flags & REMOVE_WAIT_SHORTTERM;
	struct iommufd_object *obj;
	int rc = 0;

	if (waited)
		iommufd_object_wait_shortterm(ictx, to_destroy);

	xa_lock(&ictx->objects);
	obj = xa_load(&ictx->objects, id);
	if (to_destroy) {
		WARN_ON(obj != to_destroy);
		obj = to_destroy;
		refcount_dec(&obj->users);
	}
	if (!obj)
		rc = -ENOENT;
	else if (!refcount_dec_if_one(&obj->users))
		rc = -EBUSY;
	if (rc) {
		if (waited)
			refcount_set(&obj->shortterm_users, 1);
		xa_unlock(&ictx->objects);
		return rc;
	}
	__xa_erase(&ictx->objects, id);
	if (ictx->vfio_ioas && &ictx->vfio_ioas->obj == obj)
		ictx->vfio_ioas = NULL;
	xa_unlock(&ictx->objects);

	if (!waited)
		iommufd_object_wait_shortterm(ictx, obj);
	iommufd_object_ops[obj->type].destroy(obj);
	kfree(obj);
	return 0;
}

/* By the driver that made it: no other long-term user is left, and calls under way are waited for. */
void iommufd_object_destroy_user(struct iommufd_ctx *ictx, struct iommufd_object *obj)
{
	WARN_ON(iommufd_object_remove(ictx, obj, obj->id, REMOVE_WAIT_SHORTTERM));
}

/*
 * The file is gone: objects go leaves first. Each round destroys those that
 * nobody but the table uses, which frees those that they used for a later one.
 */
static int iommufd_fops_release(struct inode *inode, struct file *file)
{
	struct iommufd_ctx *ictx = file->private_data;
	struct iommufd_object *obj;
	unsigned long id;
	bool progress;

	do {
		progress = false;
		xa_for_each(&ictx->objects, id, obj) {
			if (!refcount_dec_if_one(&obj->users))
				continue;
			progress = true;
			xa_erase(&ictx->objects, id);
			iommufd_object_ops[obj->type].destroy(obj);
			kfree(obj);
		}
	} while (progress);
	WARN_ON(!xa_empty(&ictx->objects));
	WARN_ON(!xa_empty(&ictx->groups));
	xa_destroy(&ictx->objects);
	xa_destroy(&ictx->groups);
	ledger_object_destroy(ictx->ledger);
	sim_race_unseen(list_del(&ictx->world_item));
	kfree(ictx);
	return 0;
}

static void iommufd_digest(struct file *file, struct sim_digest *digest)
{
	iommufd_ctx_digest(digest, file->private_data);
}

static const struct file_operations iommufd_fops = {
	.name = "iommufd",
	.digest = iommufd_digest,
	.release = iommufd_fops_release,
};

long iommufd_open(u8 account_mode)
{
	struct iommufd_ctx *ictx = kzalloc(sizeof(*ictx), GFP_KERNEL_ACCOUNT);
	int fd;

	if (!ictx)
		return -ENOMEM;
	ictx->account_mode = account_mode;
	xa_init_flags(&ictx->objects, XA_FLAGS_ALLOC1 | XA_FLAGS_ACCOUNT);
	xa_init(&ictx->groups);
	init_rwsem(&ictx->ioas_creation_lock);
	init_waitqueue_head(&ictx->destroy_wait);

	fd = get_unused_fd_flags(0);
	if (fd < 0)
		goto err_free;
	ictx->file = anon_inode_getfile("iommufd", &iommufd_fops, ictx, O_RDWR);
	if (IS_ERR(ictx->file)) {
		put_unused_fd(fd);
		fd = PTR_ERR(ictx->file);
		goto err_free;
	}
	ictx->ledger = ledger_object_create("iommufd", NULL);
	sim_race_unseen(list_add_tail(&ictx->world_item, &iopt_world()->contexts));
	fd_install(fd, ictx->file);
	return fd;

err_free:
	kfree(ictx);
	return fd;
}

long iommufd_open_as_vfio(void)
{
	return iommufd_open(IOPT_PAGES_ACCOUNT_MM);
}

void iommufd_ctx_get(struct iommufd_ctx *ictx)
{
	get_file(ictx->file);
}

void iommufd_ctx_put(struct iommufd_ctx *ictx)
{
	fput(ictx->file);
}

struct iommufd_ctx *iommufd_ctx_from_file(struct file *file)
{
	if (file->f_op != &iommufd_fops)
		return ERR_PTR(-EBADFD);
	get_file(file);
	return file->private_data;
}

struct iommufd_ctx *iommufd_ctx_from_fd(int fd)
{
	struct file *file = fget(fd);

	if (!file)
		return ERR_PTR(-EBADF);
	if (file->f_op != &iommufd_fops) {
		fput(file);
		return ERR_PTR(-ENOTTY);
	}
	return file->private_data;
}

/* How maps of this context will be charged; only before it has any object, even one that is still being made. */
long iommufd_option_rlimit_mode(struct iommufd_ctx *ictx, bool set, unsigned long value)
{
	int rc = 0;

	if (!set)
		return ictx->account_mode == IOPT_PAGES_ACCOUNT_MM;
	if (!capable(CAP_SYS_RESOURCE))
		return -EPERM;

	xa_lock(&ictx->objects);
	if (!xa_empty(&ictx->objects))
		rc = -EBUSY;
	else if (value > 1)
		rc = -EINVAL;
	else
		ictx->account_mode = value ? IOPT_PAGES_ACCOUNT_MM : IOPT_PAGES_ACCOUNT_USER;
	xa_unlock(&ictx->objects);
	return rc;
}

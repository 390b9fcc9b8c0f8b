// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vfio as the scenario layer calls it: what a process does with /dev/vfio, one
 * call an operation.
 *
 * A container variable is one file here that stands for the fds a process has:
 * container, groups, devices. They are shared, inherited and closed together; the
 * last close lets go of them in the order in which exit closes fds: container,
 * then each group with its device. The container is either type1's, or a context
 * of iommufd in the same role: /dev/iommu itself (the caller must then still have
 * that fd), or /dev/vfio/vfio where iommufd serves it.
 *
 * The order of calls is that of every user: group into the container,
 * VFIO_SET_IOMMU once there is a group, then the device's fd.
 */
#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <iopt/vfio_compat.h>
#include <kapi/iommu.h>
#include <mm_model/digest.h>
#include <mm_model/syscalls.h>
#include <sim/digest.h>
#include <sim/sched.h>
#include <sim/world.h>
#include <subsys/subsys.h>
#include <subsys/vfio.h>
#include "vfio_private.h"

/* One group with its device, as a container variable has it. */
struct vfio_user_group {
	struct list_head node;
	struct vfio_group group;
	struct iommufd_device *idev;		/* container served by iommufd */
};

struct vfio_fd {
	struct mutex lock;			/* groups */
	unsigned int version;
	struct vfio_container *container;	/* type1, else NULL */
	struct iommufd_ctx *ictx;		/* served by iommufd, else NULL */
	bool iommu_set;				/* VFIO_SET_IOMMU was done on the context */
	struct file *context_file;		/* /dev/vfio/vfio served by iommufd: ours alone */
	unsigned long context_id;		/* /dev/iommu: the file that the caller must have, else 0 */
	struct list_head groups;		/* in order of attaching */
};

struct vfio_cdev {
	struct device *dev;
	struct iommufd_ctx *ictx;
	struct iommufd_device *idev;
};

static void user_group_close(struct vfio_user_group *user)
{
	if (user->idev) {
		if (iommufd_device_is_attached(user->idev))
			iommufd_device_detach(user->idev);
		iommufd_device_unbind(user->idev);
	}
	if (user->group.container)
		vfio_group_detach_container(&user->group);
	if (user->group.iommu_group)
		iommu_group_put(user->group.iommu_group);
	kapi_device_destroy(user->group.dev);
	list_del(&user->node);
	kfree(user);
}

static void vfio_fd_free(struct vfio_fd *vfd)
{
	struct vfio_user_group *user, *next;

	if (vfd->container)
		vfio_container_close(vfd->container);
	list_for_each_entry_safe(user, next, &vfd->groups, node)
		user_group_close(user);
	if (vfd->ictx)
		iommufd_ctx_put(vfd->ictx);
	if (vfd->context_file)
		fput(vfd->context_file);
	mutex_destroy(&vfd->lock);
	kfree(vfd);
}

static int vfio_fd_release(struct inode *inode, struct file *file)
{
	vfio_fd_free(file->private_data);
	return 0;
}

static void vfio_fd_digest(struct file *file, struct sim_digest *digest)
{
	struct vfio_fd *vfd = file->private_data;
	const struct vfio_user_group *user;

	sim_digest_add(digest, vfd->version);
	sim_digest_add(digest, vfd->iommu_set);
	sim_digest_add(digest, vfd->container && vfd->container->iommu);
	if (vfd->container)
		vfio_iommu_digest(digest, vfd->container->iommu);
	mm_digest_file_id(digest, vfd->context_id);
	mm_digest_file(digest, vfd->context_file);
	list_for_each_entry(user, &vfd->groups, node) {
		sim_digest_name(digest, user->group.dev);
		if (user->idev)
			sim_digest_add(digest, iommufd_device_is_attached(user->idev));
	}
}

static const struct file_operations vfio_fd_fops = {
	.name = "vfio",
	.digest = vfio_fd_digest,
	.release = vfio_fd_release,
};

static void vfio_mdev_free(struct vfio_mdev *mdev)
{
	if (mdev->access) {
		vfio_mdev_unbind_iommufd(mdev);
	} else {
		vfio_mdev_close(mdev);
		vfio_group_detach_container(&mdev->group);
	}
	kfree(mdev);
}

static int vfio_mdev_release(struct inode *inode, struct file *file)
{
	vfio_mdev_free(file->private_data);
	return 0;
}

static const struct file_operations vfio_mdev_fops = {
	.name = "vfio_mdev",
	.release = vfio_mdev_release,
};

static void vfio_cdev_free(struct vfio_cdev *cdev)
{
	if (cdev->idev) {
		if (iommufd_device_is_attached(cdev->idev))
			iommufd_device_detach(cdev->idev);
		iommufd_device_unbind(cdev->idev);
	}
	if (cdev->ictx)
		iommufd_ctx_put(cdev->ictx);
	if (cdev->dev)
		kapi_device_destroy(cdev->dev);
	kfree(cdev);
}

static int vfio_cdev_release(struct inode *inode, struct file *file)
{
	vfio_cdev_free(file->private_data);
	return 0;
}

static const struct file_operations vfio_cdev_fops = {
	.name = "vfio_cdev",
	.release = vfio_cdev_release,
};

/* The file of the caller's @fd, with a reference, if it is of that kind: EBADF, ENOTTY. */
static struct file *vfio_fget(int fd, const struct file_operations *fops)
{
	struct file *file = fd < 0 ? NULL : fget(fd);

	if (!file)
		return ERR_PTR(-EBADF);
	if (file->f_op != fops) {
		fput(file);
		return ERR_PTR(-ENOTTY);
	}
	return file;
}

/* A container's file, for an ioctl on it. Of /dev/iommu used as a container the caller needs that very fd. */
static struct file *container_fget(int fd, struct vfio_fd **vfd)
{
	struct file *file = vfio_fget(fd, &vfio_fd_fops);

	if (IS_ERR(file))
		return file;
	*vfd = file->private_data;
	if ((*vfd)->context_id && mm_fd_of(current, (*vfd)->context_id) < 0) {
		fput(file);
		return ERR_PTR(-EBADF);
	}
	return file;
}

/* The device's fd is asked for: bound to the context and attached to its IOAS. */
static int open_compat_device(struct vfio_fd *vfd, struct vfio_user_group *user)
{
	struct iommufd_device *idev;
	u32 id;
	int ret;

	idev = iommufd_device_bind(vfd->ictx, user->group.dev, &id);
	if (IS_ERR(idev))
		return PTR_ERR(idev);
	ret = iommufd_vfio_compat_ioas_get_id(vfd->ictx, &id);
	if (!ret)
		ret = iommufd_device_attach(idev, &id);
	if (ret) {
		iommufd_device_unbind(idev);
		return ret;
	}
	user->idev = idev;
	return 0;
}

/* A group comes into a container that iommufd serves: its IOAS, and VFIO_SET_IOMMU if that is still to be done. */
static int join_compat(struct vfio_fd *vfd)
{
	int ret;

	ret = iommufd_vfio_compat_ioas_create(vfd->ictx);
	if (!ret && !vfd->iommu_set) {
		ret = iommufd_vfio_set_iommu(vfd->ictx, vfd->version);
		vfd->iommu_set = !ret;
	}
	return ret;
}

/* Into a type1 container, and VFIO_SET_IOMMU if that is still to be done. On an error out of it again. */
static int join_container(struct vfio_container *container, struct vfio_group *group, unsigned int version)
{
	int ret;

	ret = vfio_container_attach_group(container, group);
	if (ret || container->iommu)
		return ret;
	ret = vfio_container_set_iommu(container, version);
	if (ret)
		vfio_group_detach_container(group);
	return ret;
}

/* One more device, with its group. vfd->lock held, or not yet shared. */
static int attach_device(struct vfio_fd *vfd)
{
	static const struct kapi_iommu_options options = { .kind = KAPI_IOMMU_VFIO };
	struct vfio_user_group *user = kzalloc(sizeof(*user), GFP_KERNEL);
	int ret;

	if (!user)
		return -ENOMEM;
	user->group.dev = kapi_device_create(&options);
	if (!user->group.dev) {
		kfree(user);
		return -ENOMEM;
	}
	user->group.iommu_group = iommu_group_get(user->group.dev);
	list_add_tail(&user->node, &vfd->groups);
	if (vfd->container) {
		ret = join_container(vfd->container, &user->group, vfd->version);
	} else {
		ret = join_compat(vfd);
		if (!ret)
			ret = open_compat_device(vfd, user);
	}
	if (ret)
		user_group_close(user);
	return ret;
}

/* What is behind the container's fd: a container of type1, or a context of iommufd. */
static int open_container(struct vfio_fd *vfd, const struct vfio_open *args)
{
	struct iommufd_ctx *ictx;
	struct file *file;
	long fd = args->iommufd;

	if (!args->compat && fd < 0) {
		vfd->container = vfio_container_create();
		return vfd->container ? 0 : -ENOMEM;
	}
	if (args->compat) {
		fd = iommufd_open_as_vfio();
		if (fd < 0)
			return fd;
	}
	file = fget(fd);
	if (!file)
		return -EBADF;
	ictx = iommufd_ctx_from_file(file);
	if (!IS_ERR(ictx))
		vfd->ictx = ictx;
	if (args->compat) {
		vfd->context_file = file;
		sys_close(fd);
	} else {
		vfd->context_id = file->f_id;
		fput(file);
	}
	return PTR_ERR_OR_ZERO(ictx);
}

static long model_open(const struct vfio_open *args)
{
	struct vfio_fd *vfd = kzalloc(sizeof(*vfd), GFP_KERNEL);
	long ret;

	if (!vfd)
		return -ENOMEM;
	mutex_init(&vfd->lock);
	INIT_LIST_HEAD(&vfd->groups);
	vfd->version = args->version;
	ret = open_container(vfd, args);
	if (!ret && args->device)
		ret = attach_device(vfd);
	if (!ret)
		ret = anon_inode_getfd("vfio", &vfio_fd_fops, vfd, 0);
	if (ret < 0)
		vfio_fd_free(vfd);
	return ret;
}

static long model_attach(int fd)
{
	struct vfio_fd *vfd;
	struct file *file = container_fget(fd, &vfd);
	long ret;

	if (IS_ERR(file))
		return PTR_ERR(file);
	mutex_lock(&vfd->lock);
	ret = attach_device(vfd);
	mutex_unlock(&vfd->lock);
	fput(file);
	return ret;
}

static long model_detach(int fd)
{
	struct vfio_fd *vfd;
	struct file *file = container_fget(fd, &vfd);
	long ret = -EINVAL;

	if (IS_ERR(file))
		return PTR_ERR(file);
	mutex_lock(&vfd->lock);
	if (!list_empty(&vfd->groups)) {
		user_group_close(list_last_entry(&vfd->groups, struct vfio_user_group, node));
		ret = 0;
	}
	mutex_unlock(&vfd->lock);
	fput(file);
	return ret;
}

static long do_map(int fd, unsigned long iova, unsigned long va, unsigned long len, unsigned int prot, bool set_vaddr)
{
	struct vfio_fd *vfd;
	struct file *file = container_fget(fd, &vfd);
	struct vfio_iommu *iommu;
	long ret;

	if (IS_ERR(file))
		return PTR_ERR(file);
	if (vfd->container) {
		iommu = vfio_type1_ioctl_begin(vfd->container);
		ret = PTR_ERR_OR_ZERO(iommu);
		if (!ret) {
			ret = vfio_type1_map(iommu, iova, va, len, prot, set_vaddr);
			vfio_type1_ioctl_end(iommu);
		}
	} else if (set_vaddr) {
		ret = -EINVAL;
	} else {
		ret = iommufd_vfio_map_dma(vfd->ictx, iova, va, len, prot & VFIO_READ, prot & VFIO_WRITE);
	}
	fput(file);
	return ret;
}

static long do_unmap(int fd, unsigned long iova, unsigned long len, bool all, bool vaddr, unsigned long *unmapped)
{
	struct vfio_fd *vfd;
	struct file *file = container_fget(fd, &vfd);
	struct vfio_iommu *iommu;
	u64 bytes = 0;
	long ret;

	*unmapped = 0;
	if (IS_ERR(file))
		return PTR_ERR(file);
	if (vfd->container) {
		iommu = vfio_type1_ioctl_begin(vfd->container);
		ret = PTR_ERR_OR_ZERO(iommu);
		if (!ret) {
			ret = vfio_type1_unmap(iommu, iova, len, all, vaddr, unmapped);
			vfio_type1_ioctl_end(iommu);
		}
	} else if (vaddr) {
		ret = -EINVAL;
	} else {
		ret = iommufd_vfio_unmap_dma(vfd->ictx, iova, len, all, &bytes);
		*unmapped = bytes;
	}
	fput(file);
	return ret;
}

static long model_map(int fd, unsigned long iova, unsigned long va, unsigned long len, unsigned int prot)
{
	return do_map(fd, iova, va, len, prot, false);
}

static long model_map_vaddr(int fd, unsigned long iova, unsigned long va, unsigned long len)
{
	return do_map(fd, iova, va, len, 0, true);
}

static long model_unmap(int fd, unsigned long iova, unsigned long len, bool all, unsigned long *unmapped)
{
	return do_unmap(fd, iova, len, all, false, unmapped);
}

static long model_unmap_vaddr(int fd, unsigned long iova, unsigned long len, bool all, unsigned long *unmapped)
{
	return do_unmap(fd, iova, len, all, true, unmapped);
}

static struct vfio_mdev *mdev_create(struct vfio_fd *vfd)
{
	struct vfio_mdev *mdev = kzalloc(sizeof(*mdev), GFP_KERNEL);
	int ret;

	if (!mdev)
		return ERR_PTR(-ENOMEM);
	sim_run_tree_init(&mdev->pins, SIM_RUN_CONSTANT);
	if (vfd->container) {
		ret = join_container(vfd->container, &mdev->group, vfd->version);
		if (!ret)
			vfio_mdev_register(mdev);
	} else {
		ret = join_compat(vfd);
		if (!ret)
			ret = vfio_mdev_bind_iommufd(mdev, vfd->ictx);
	}
	if (!ret)
		return mdev;
	kfree(mdev);
	return ERR_PTR(ret);
}

static long model_mdev_attach(int fd)
{
	struct vfio_fd *vfd;
	struct file *file = container_fget(fd, &vfd);
	struct vfio_mdev *mdev;
	long ret;

	if (IS_ERR(file))
		return PTR_ERR(file);
	mutex_lock(&vfd->lock);
	mdev = mdev_create(vfd);
	mutex_unlock(&vfd->lock);
	fput(file);
	if (IS_ERR(mdev))
		return PTR_ERR(mdev);
	ret = anon_inode_getfd("vfio_mdev", &vfio_mdev_fops, mdev, 0);
	if (ret < 0)
		vfio_mdev_free(mdev);
	return ret;
}

static long model_mdev_pin(int mdev_fd, unsigned long iova, unsigned long len)
{
	struct file *file = vfio_fget(mdev_fd, &vfio_mdev_fops);
	long ret;

	if (IS_ERR(file))
		return PTR_ERR(file);
	ret = vfio_pin_pages(file->private_data, iova, len);
	fput(file);
	return ret;
}

static long model_mdev_unpin(int mdev_fd, unsigned long iova, unsigned long len)
{
	struct file *file = vfio_fget(mdev_fd, &vfio_mdev_fops);
	long ret;

	if (IS_ERR(file))
		return PTR_ERR(file);
	ret = vfio_unpin_pages(file->private_data, iova, len);
	fput(file);
	return ret;
}

long vfio_type1_call(int fd, long (*call)(struct vfio_iommu *iommu))
{
	struct vfio_iommu *iommu;
	struct vfio_fd *vfd;
	struct file *file = container_fget(fd, &vfd);
	long ret = -ENOTTY;

	if (IS_ERR(file))
		return PTR_ERR(file);
	if (vfd->container) {
		iommu = vfio_type1_ioctl_begin(vfd->container);
		ret = PTR_ERR_OR_ZERO(iommu);
		if (!ret) {
			ret = call(iommu);
			vfio_type1_ioctl_end(iommu);
		}
	}
	fput(file);
	return ret;
}

static long model_cdev_open(int iommufd, unsigned int *id)
{
	static const struct kapi_iommu_options options = { .kind = KAPI_IOMMU_VFIO };
	struct vfio_cdev *cdev = kzalloc(sizeof(*cdev), GFP_KERNEL);
	struct file *file;
	long ret = -ENOMEM;

	if (!cdev)
		return -ENOMEM;
	cdev->dev = kapi_device_create(&options);
	if (!cdev->dev)
		goto out_free;
	file = fget(iommufd);
	ret = -EBADF;
	if (!file)
		goto out_free;
	cdev->ictx = iommufd_ctx_from_file(file);
	fput(file);
	if (IS_ERR(cdev->ictx)) {
		ret = PTR_ERR(cdev->ictx);
		cdev->ictx = NULL;
		goto out_free;
	}
	cdev->idev = iommufd_device_bind(cdev->ictx, cdev->dev, id);
	if (IS_ERR(cdev->idev)) {
		ret = PTR_ERR(cdev->idev);
		cdev->idev = NULL;
		goto out_free;
	}
	ret = get_unused_fd_flags(0);
	if (ret < 0)
		goto out_free;
	file = anon_inode_getfile("vfio_cdev", &vfio_cdev_fops, cdev, O_RDWR);
	if (IS_ERR(file)) {
		put_unused_fd(ret);
		ret = PTR_ERR(file);
		goto out_free;
	}
	iommufd_device_set_file(cdev->idev, file);
	fd_install(ret, file);
	return ret;

out_free:
	vfio_cdev_free(cdev);
	return ret;
}

/* Observers: no place where another task may go first. */

static long vfd_charged(const struct vfio_fd *vfd)
{
	if (!vfd->container)
		return iommufd_ctx_charged(vfd->ictx);
	return vfd->container->iommu ? ledger_charged(vfd->container->iommu->ledger) : 0;
}

static long model_charged(int fd)
{
	struct file *file;
	long ret;

	sim_nopreempt_begin();
	file = vfio_fget(fd, &vfio_fd_fops);
	ret = IS_ERR(file) ? -ENOENT : vfd_charged(file->private_data);
	if (!IS_ERR(file))
		fput(file);
	sim_nopreempt_end();
	return ret;
}

static struct device *file_device(const struct file *file)
{
	struct vfio_fd *vfd = file->private_data;
	struct vfio_cdev *cdev = file->private_data;

	if (file->f_op == &vfio_cdev_fops)
		return cdev->dev;
	if (file->f_op == &vfio_fd_fops && !list_empty(&vfd->groups))
		return list_first_entry(&vfd->groups, struct vfio_user_group, node)->group.dev;
	return NULL;
}

static long model_device_pfn(int fd, unsigned long iova)
{
	struct device *dev;
	struct file *file;
	long ret = -ENOENT;

	sim_nopreempt_begin();
	file = fget(fd);
	if (file) {
		dev = file_device(file);
		if (dev)
			ret = kapi_device_pfn(dev, iova);
		fput(file);
	}
	sim_nopreempt_end();
	return ret;
}

const struct vfio_calls vfio_model = {
	.open = model_open,
	.attach = model_attach,
	.detach = model_detach,
	.map = model_map,
	.unmap = model_unmap,
	.unmap_vaddr = model_unmap_vaddr,
	.map_vaddr = model_map_vaddr,
	.mdev_attach = model_mdev_attach,
	.mdev_pin = model_mdev_pin,
	.mdev_unpin = model_mdev_unpin,
	.cdev_open = model_cdev_open,
	.charged = model_charged,
	.device_pfn = model_device_pfn,
};

struct vfio_state *vfio_state(void)
{
	return sim_slot(SIM_SLOT_SUBSYS);
}

void subsys_init(void)
{
	struct vfio_state *state = sim_zalloc(sizeof(*state));

	mutex_init(&state->iommu_drivers_lock);
	vfio_invariants_init(state);
	sim_slot_set(SIM_SLOT_SUBSYS, state, sim_free);
	vfio_invariants_register();
}

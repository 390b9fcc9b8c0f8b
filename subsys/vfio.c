// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vfio as the scenario layer calls it: what a process does with /dev/vfio, one
 * call an operation, of the model. Its files are those of iopt/vfio_fds.h.
 *
 * The order of calls is that of every user: group into the container,
 * VFIO_SET_IOMMU once there is a group, then the device's fd.
 */
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <iopt/vfio_compat.h>
#include <iopt/vfio_fds.h>
#include <kapi/iommu.h>
#include <mm_model/digest.h>
#include <mm_model/syscalls.h>
#include <sim/digest.h>
#include <sim/sched.h>
#include <sim/world.h>
#include <subsys/subsys.h>
#include <subsys/vfio.h>
#include "vfio_private.h"

#include <iopt/state_hash.h>
#define state_held(vpfn) ((vpfn)->frame)
#define STATE_HASH_TYPE1
#include <iopt/state_hash.h>

/* A device and its group, as a container variable has them. */
struct vfio_user_group {
	struct vfio_fds_device fds;
	struct vfio_group group;
	struct iommufd_device *idev;		/* container served by iommufd */
};

struct vfio_fd {
	struct vfio_fds fds;
	struct vfio_container *container;	/* type1, else NULL */
	struct iommufd_ctx *ictx;		/* served by iommufd, else NULL */
	bool iommu_set;				/* VFIO_SET_IOMMU was done on the context */
	struct file *context_file;		/* /dev/vfio/vfio served by iommufd: ours alone */
	unsigned long context_id;		/* /dev/iommu: the file that the caller must have, else 0 */
};

struct vfio_cdev {
	struct vfio_fds_cdev fds;
	struct iommufd_ctx *ictx;
	struct iommufd_device *idev;
};

static struct vfio_fd *to_vfd(struct vfio_fds *fds)
{
	return container_of(fds, struct vfio_fd, fds);
}

static struct vfio_user_group *to_user_group(struct vfio_fds_device *device)
{
	return container_of(device, struct vfio_user_group, fds);
}

static void model_device_detach(struct vfio_fds_device *device)
{
	struct vfio_user_group *user = to_user_group(device);

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
	list_del(&device->node);
	kfree(user);
}

static void model_close(struct vfio_fds *fds)
{
	if (to_vfd(fds)->container)
		vfio_container_close(to_vfd(fds)->container);
}

static void model_put(struct vfio_fds *fds)
{
	struct vfio_fd *vfd = to_vfd(fds);

	if (vfd->ictx)
		iommufd_ctx_put(vfd->ictx);
	if (vfd->context_file)
		fput(vfd->context_file);
}

static bool model_reachable(const struct vfio_fds *fds)
{
	const struct vfio_fd *vfd = container_of(fds, const struct vfio_fd, fds);

	return !vfd->context_id || mm_fd_of(current, vfd->context_id) >= 0;
}

static void model_digest(const struct vfio_fds *fds, struct sim_digest *digest)
{
	const struct vfio_fd *vfd = container_of(fds, const struct vfio_fd, fds);
	const struct vfio_user_group *user;

	sim_digest_add(digest, fds->version);
	sim_digest_add(digest, vfd->iommu_set);
	sim_digest_add(digest, vfd->container && vfd->container->iommu);
	if (vfd->container)
		vfio_iommu_digest(digest, vfd->container->iommu);
	mm_digest_file_id(digest, vfd->context_id);
	mm_digest_file(digest, vfd->context_file);
	list_for_each_entry(user, &fds->devices, fds.node) {
		sim_digest_name(digest, user->group.dev);
		if (user->idev)
			sim_digest_add(digest, iommufd_device_is_attached(user->idev));
	}
}

static void model_mdev_free(struct vfio_fds_mdev *fds)
{
	struct vfio_mdev *mdev = container_of(fds, struct vfio_mdev, fds);

	if (mdev->access) {
		vfio_mdev_unbind_iommufd(mdev);
	} else {
		vfio_mdev_close(mdev);
		vfio_group_detach_container(&mdev->group);
	}
	kfree(mdev);
}

static void model_cdev_free(struct vfio_fds_cdev *fds)
{
	struct vfio_cdev *cdev = container_of(fds, struct vfio_cdev, fds);

	if (cdev->idev) {
		if (iommufd_device_is_attached(cdev->idev))
			iommufd_device_detach(cdev->idev);
		iommufd_device_unbind(cdev->idev);
	}
	if (cdev->ictx)
		iommufd_ctx_put(cdev->ictx);
	if (fds->dev)
		kapi_device_destroy(fds->dev);
	kfree(cdev);
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
		ret = iommufd_vfio_set_iommu(vfd->ictx, vfd->fds.version);
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

/* All IOMMUs are alike here (kapi/iommu.h), so @own is NULL. */
static long model_device_attach(struct vfio_fds *fds, const struct vfio_iommu_options *own)
{
	static const struct kapi_iommu_options options = { .kind = KAPI_IOMMU_VFIO };
	struct vfio_user_group *user = kzalloc(sizeof(*user), GFP_KERNEL);
	struct vfio_fd *vfd = to_vfd(fds);
	int ret;

	if (!user)
		return -ENOMEM;
	user->group.dev = kapi_device_create(&options);
	if (!user->group.dev) {
		kfree(user);
		return -ENOMEM;
	}
	user->fds.dev = user->group.dev;
	user->group.iommu_group = iommu_group_get(user->group.dev);
	list_add_tail(&user->fds.node, &fds->devices);
	if (vfd->container) {
		ret = join_container(vfd->container, &user->group, fds->version);
	} else {
		ret = join_compat(vfd);
		if (!ret)
			ret = open_compat_device(vfd, user);
	}
	if (ret)
		model_device_detach(&user->fds);
	return ret;
}

/* What is behind the container's fd: a container of type1, or a context of iommufd. */
static long model_container_open(struct vfio_fds *fds, const struct vfio_open *args)
{
	struct vfio_fd *vfd = to_vfd(fds);
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
		close_fd(fd);
	} else {
		vfd->context_id = file->f_id;
		fput(file);
	}
	return PTR_ERR_OR_ZERO(ictx);
}

static long do_map(int fd, unsigned long iova, unsigned long va, unsigned long len, unsigned int prot, bool set_vaddr)
{
	struct vfio_fds *fds;
	struct file *file = vfio_fds_get(fd, &fds);
	struct vfio_iommu *iommu;
	struct vfio_fd *vfd;
	long ret;

	if (IS_ERR(file))
		return PTR_ERR(file);
	vfd = to_vfd(fds);
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
	struct vfio_fds *fds;
	struct file *file = vfio_fds_get(fd, &fds);
	struct vfio_iommu *iommu;
	struct vfio_fd *vfd;
	u64 bytes = 0;
	long ret;

	*unmapped = 0;
	if (IS_ERR(file))
		return PTR_ERR(file);
	vfd = to_vfd(fds);
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

static struct vfio_fds_mdev *model_mdev_create(struct vfio_fds *fds)
{
	struct vfio_mdev *mdev = kzalloc(sizeof(*mdev), GFP_KERNEL);
	struct vfio_fd *vfd = to_vfd(fds);
	int ret;

	if (!mdev)
		return ERR_PTR(-ENOMEM);
	mdev->fds.backend = fds->backend;
	sim_run_tree_init(&mdev->pins, SIM_RUN_CONSTANT);
	if (vfd->container) {
		ret = join_container(vfd->container, &mdev->group, fds->version);
		if (!ret)
			vfio_mdev_register(mdev);
	} else {
		ret = join_compat(vfd);
		if (!ret)
			ret = vfio_mdev_bind_iommufd(mdev, vfd->ictx);
	}
	if (!ret)
		return &mdev->fds;
	kfree(mdev);
	return ERR_PTR(ret);
}

static long model_mdev_pin(struct vfio_fds_mdev *fds, unsigned long iova, unsigned long len)
{
	return vfio_pin_pages(container_of(fds, struct vfio_mdev, fds), iova, len);
}

static long model_mdev_unpin(struct vfio_fds_mdev *fds, unsigned long iova, unsigned long len)
{
	return vfio_unpin_pages(container_of(fds, struct vfio_mdev, fds), iova, len);
}

long vfio_type1_call(int fd, long (*call)(struct vfio_iommu *iommu))
{
	struct vfio_fds *fds;
	struct file *file = vfio_fds_get(fd, &fds);
	struct vfio_iommu *iommu;
	struct vfio_fd *vfd;
	long ret = -ENOTTY;

	if (IS_ERR(file))
		return PTR_ERR(file);
	vfd = to_vfd(fds);
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

static long model_charged(const struct vfio_fds *fds)
{
	const struct vfio_fd *vfd = container_of(fds, const struct vfio_fd, fds);

	if (!vfd->container)
		return iommufd_ctx_charged(vfd->ictx);
	return vfd->container->iommu ? ledger_charged(vfd->container->iommu->ledger) : 0;
}

static const struct vfio_backend model_backend = {
	.bytes = sizeof(struct vfio_fd),
	.open = model_container_open,
	.reachable = model_reachable,
	.close = model_close,
	.put = model_put,
	.attach = model_device_attach,
	.detach = model_device_detach,
	.mdev_create = model_mdev_create,
	.mdev_free = model_mdev_free,
	.mdev_pin = model_mdev_pin,
	.mdev_unpin = model_mdev_unpin,
	.cdev_free = model_cdev_free,
	.charged = model_charged,
	.device_pfn = kapi_device_pfn,
	.digest = model_digest,
};

static long model_open(const struct vfio_open *args)
{
	return vfio_fds_open(&model_backend, args);
}

static long model_cdev_open(int iommufd, unsigned int *id)
{
	static const struct kapi_iommu_options options = { .kind = KAPI_IOMMU_VFIO };
	struct vfio_cdev *cdev = kzalloc(sizeof(*cdev), GFP_KERNEL);
	struct file *file;
	long ret = -ENOMEM;

	if (!cdev)
		return -ENOMEM;
	cdev->fds.backend = &model_backend;
	cdev->fds.dev = kapi_device_create(&options);
	if (!cdev->fds.dev)
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
	cdev->idev = iommufd_device_bind(cdev->ictx, cdev->fds.dev, id);
	if (IS_ERR(cdev->idev)) {
		ret = PTR_ERR(cdev->idev);
		cdev->idev = NULL;
		goto out_free;
	}
	ret = get_unused_fd_flags(0);
	if (ret < 0)
		goto out_free;
	file = vfio_cdev_file(&cdev->fds);
	if (IS_ERR(file)) {
		put_unused_fd(ret);
		ret = PTR_ERR(file);
		goto out_free;
	}
	iommufd_device_set_file(cdev->idev, file);
	fd_install(ret, file);
	return ret;

out_free:
	model_cdev_free(&cdev->fds);
	return ret;
}

static unsigned long model_state(void)
{
	struct vfio_iommu *iommu;
	unsigned long sum = 0;

	list_for_each_entry(iommu, &vfio_state()->iommus, world_item)
		sum += state_type1(iommu);
	return sum;
}

const struct vfio_calls vfio_model = {
	.open = model_open,
	.attach = vfio_fds_attach,
	.detach = vfio_fds_detach,
	.map = model_map,
	.unmap = model_unmap,
	.unmap_vaddr = model_unmap_vaddr,
	.map_vaddr = model_map_vaddr,
	.mdev_attach = vfio_fds_mdev_attach,
	.mdev_pin = vfio_fds_mdev_pin,
	.mdev_unpin = vfio_fds_mdev_unpin,
	.cdev_open = model_cdev_open,
	.charged = vfio_fds_charged,
	.device_pfn = vfio_fds_device_pfn,
	.state = model_state,
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

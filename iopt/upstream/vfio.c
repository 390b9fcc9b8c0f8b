// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vfio_upstream: the scenario's vfio operations on the kernel's own container.c,
 * vfio_iommu_type1.c and vfio/iommufd.c, or on the container that its
 * vfio_compat.c serves. What a process does, by ioctl where there is one.
 *
 * The files of a process are those of iopt/vfio_fds.h. Groups and devices have no file
 * of their own: what vfio's group.c and vfio_main.c do on the way of the calls below is
 * done here.
 */
#include <linux/anon_inodes.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/iommufd.h>
#include <linux/miscdevice.h>
#include <linux/slab.h>
#include <linux/vfio.h>
#include <iopt/upstream.h>
#include <iopt/vfio_fds.h>
#include <kapi/iommu_group.h>
#include <mm_model/syscalls.h>
#include <sim/sched.h>
#include <sim/world.h>
#include "machine.h"
#include "type1.h"
#include "vfio.h"

#define VERSION_UNKNOWN 99	/* to any driver */

/* A real device in the container. */
struct vfio_user {
	struct vfio_fds_device fds;
	struct upstream_vfio vfio;
	bool bound;				/* container served by iommufd: it is open */
};

struct vfio_fd {
	struct vfio_fds fds;
	struct file *container;			/* /dev/vfio/vfio of vfio, else NULL */
	struct type1 *type1;			/* its IOMMU, while it has one */
	struct iommufd_ctx *ictx;		/* served by iommufd, else NULL */
	struct file *context_file;		/* that one's */
	bool own;				/* /dev/vfio/vfio served by iommufd: ours alone */
	bool iommu_set;				/* VFIO_SET_IOMMU was done on the context */
};

struct vfio_cdev {
	struct vfio_fds_cdev fds;
	struct list_head node;			/* upstream_machine.cdevs */
	struct upstream_vfio vfio;
	struct iommufd_ctx *ictx;
	struct file *file;
	u32 id;
};

static struct vfio_fd *to_vfd(struct vfio_fds *fds)
{
	return container_of(fds, struct vfio_fd, fds);
}

static struct vfio_mdev *to_mdev(struct vfio_fds_mdev *fds)
{
	return container_of(fds, struct vfio_mdev, fds);
}

static const struct vfio_device_ops physical_ops = {
	.name = "physical",
	.bind_iommufd = vfio_iommufd_physical_bind,
	.unbind_iommufd = vfio_iommufd_physical_unbind,
	.attach_ioas = vfio_iommufd_physical_attach_ioas,
	.detach_ioas = vfio_iommufd_physical_detach_ioas,
};

void upstream_vfio_init(struct upstream_vfio *vfio, const struct vfio_device_ops *ops, enum vfio_group_type type,
			struct device *dev, struct iommu_group *iommu_group)
{
	mutex_init(&vfio->group.group_lock);
	mutex_init(&vfio->dev_set.lock);
	vfio->group.type = type;
	vfio->group.iommu_group = iommu_group;
	vfio->vdev.ops = ops;
	vfio->vdev.dev = dev;
	vfio->vdev.group = &vfio->group;
	vfio->vdev.dev_set = &vfio->dev_set;
}

void upstream_vfio_fini(struct upstream_vfio *vfio)
{
	iommu_group_put(vfio->group.iommu_group);
	mutex_destroy(&vfio->dev_set.lock);
	mutex_destroy(&vfio->group.group_lock);
}

void upstream_vfio_leave(struct upstream_vfio *vfio)
{
	mutex_lock(&vfio->group.group_lock);
	vfio_group_detach_container(&vfio->group);
	mutex_unlock(&vfio->group.group_lock);
}

/* A new real device in @vfio, outside of any container. @own: of its IOMMU, or NULL. */
static int physical_create(struct upstream_vfio *vfio, const struct vfio_iommu_options *own)
{
	struct device *dev = upstream_vfio_device_create(own);

	if (!dev)
		return -ENOMEM;
	upstream_vfio_init(vfio, &physical_ops, VFIO_IOMMU, dev, iommu_group_get(dev));
	return 0;
}

static void physical_destroy(struct upstream_vfio *vfio)
{
	struct device *dev = vfio->vdev.dev;

	upstream_vfio_fini(vfio);
	upstream_vfio_device_destroy(dev);
}

static void physical_unbind(struct upstream_vfio *vfio)
{
	mutex_lock(&vfio->dev_set.lock);
	vfio->vdev.ops->unbind_iommufd(&vfio->vdev);
	mutex_unlock(&vfio->dev_set.lock);
}

static void upstream_detach(struct vfio_fds_device *device)
{
	struct vfio_user *user = container_of(device, struct vfio_user, fds);

	if (user->bound)
		physical_unbind(&user->vfio);
	if (user->vfio.group.container)
		upstream_vfio_leave(&user->vfio);
	list_del(&device->node);
	physical_destroy(&user->vfio);
	kfree(user);
}

static void upstream_close(struct vfio_fds *fds)
{
	if (to_vfd(fds)->container)
		__fput_sync(to_vfd(fds)->container);
}

static void upstream_put(struct vfio_fds *fds)
{
	struct vfio_fd *vfd = to_vfd(fds);

	if (vfd->type1)
		type1_disown(vfd->type1);
	if (vfd->ictx)
		iommufd_ctx_put(vfd->ictx);
	if (vfd->own)
		fput(vfd->context_file);
}

static bool upstream_reachable(const struct vfio_fds *fds)
{
	const struct vfio_fd *vfd = container_of(fds, const struct vfio_fd, fds);

	return !vfd->ictx || vfd->own || mm_fd_of(current, vfd->context_file->f_id) >= 0;
}

static void upstream_mdev_free(struct vfio_fds_mdev *fds)
{
	upstream_mdev_close(to_mdev(fds));
	upstream_mdev_destroy(to_mdev(fds));
}

static void upstream_cdev_free(struct vfio_fds_cdev *fds)
{
	struct vfio_cdev *cdev = container_of(fds, struct vfio_cdev, fds);

	list_del(&cdev->node);
	physical_unbind(&cdev->vfio);
	iommufd_ctx_put(cdev->ictx);
	physical_destroy(&cdev->vfio);
	kfree(cdev);
}

static long container_ioctl(struct vfio_fd *vfd, unsigned int cmd, unsigned long arg)
{
	struct miscdevice *misc = vfd->container ? upstream()->vfio_misc : upstream()->iommu_misc;
	struct file *file = vfd->container ? vfd->container : vfd->context_file;
	long ret = misc->fops->unlocked_ioctl(file, cmd, arg);

	return ret == -ENOIOCTLCMD ? -ENOTTY : ret;
}

static long set_iommu(struct vfio_fd *vfd)
{
	unsigned long type = vfd->fds.version == 1 ? VFIO_TYPE1_IOMMU :
			     vfd->fds.version == 2 ? VFIO_TYPE1v2_IOMMU : VERSION_UNKNOWN;
	long ret = container_ioctl(vfd, VFIO_SET_IOMMU, type);

	if (!ret && vfd->container)
		type1_claim(&vfd->type1);
	return ret;
}

/* A group comes into a container that iommufd serves: its IOAS, and VFIO_SET_IOMMU if that is still to be done. */
static long join_compat(struct vfio_fd *vfd)
{
	long ret = iommufd_vfio_compat_ioas_create(vfd->ictx);

	if (!ret && !vfd->iommu_set) {
		ret = set_iommu(vfd);
		vfd->iommu_set = !ret;
	}
	return ret;
}

/* Into a type1 container, and VFIO_SET_IOMMU if that is still to be done. On an error out of it again. */
static long join_container(struct vfio_fd *vfd, struct upstream_vfio *vfio)
{
	long ret;

	mutex_lock(&vfio->group.group_lock);
	ret = vfio_container_attach_group(vfio_container_from_file(vfd->container), &vfio->group);
	mutex_unlock(&vfio->group.group_lock);
	if (ret || vfd->type1)
		return ret;
	ret = set_iommu(vfd);
	if (ret)
		upstream_vfio_leave(vfio);
	return ret;
}

/* The device's fd is asked for: bound to the context and attached to its IOAS. */
static long open_compat(struct vfio_fd *vfd, struct vfio_user *user)
{
	struct vfio_device *vdev = &user->vfio.vdev;
	u32 id;
	long ret;

	mutex_lock(&vdev->dev_set->lock);
	ret = vdev->ops->bind_iommufd(vdev, vfd->ictx, &id);
	if (!ret) {
		ret = vfio_iommufd_compat_attach_ioas(vdev, vfd->ictx);
		if (ret)
			vdev->ops->unbind_iommufd(vdev);
	}
	mutex_unlock(&vdev->dev_set->lock);
	user->bound = !ret;
	return ret;
}

static long upstream_attach(struct vfio_fds *fds, const struct vfio_iommu_options *own)
{
	struct vfio_user *user = kzalloc(sizeof(*user), GFP_KERNEL);
	struct vfio_fd *vfd = to_vfd(fds);
	long ret;

	if (!user)
		return -ENOMEM;
	ret = physical_create(&user->vfio, own);
	if (ret) {
		kfree(user);
		return ret;
	}
	user->fds.dev = user->vfio.vdev.dev;
	list_add_tail(&user->fds.node, &fds->devices);
	if (vfd->container) {
		ret = join_container(vfd, &user->vfio);
	} else {
		ret = join_compat(vfd);
		if (!ret)
			ret = open_compat(vfd, user);
	}
	if (ret)
		upstream_detach(&user->fds);
	else
		upstream_vfio_device_open(user->fds.dev);
	return ret;
}

static struct file *open_vfio_misc(void)
{
	struct miscdevice *misc = upstream()->vfio_misc;
	struct file *file = anon_inode_getfile("vfio", misc->fops, misc, O_RDWR);
	int ret;

	if (IS_ERR(file))
		return file;
	ret = misc->fops->open(NULL, file);
	if (!ret)
		return file;
	kfree(file);
	return ERR_PTR(ret);
}

/* What is behind the container's fd: vfio's own file, or a context of iommufd. */
static long upstream_open(struct vfio_fds *fds, const struct vfio_open *args)
{
	struct vfio_fd *vfd = to_vfd(fds);
	struct iommufd_ctx *ictx;
	struct file *file;

	if (!args->compat && args->iommufd < 0) {
		file = open_vfio_misc();
		if (!IS_ERR(file))
			vfd->container = file;
		return PTR_ERR_OR_ZERO(file);
	}
	file = args->compat ? upstream_open_misc(upstream()->iommu_vfio_misc) : fget(args->iommufd);
	if (IS_ERR_OR_NULL(file))
		return file ? PTR_ERR(file) : -EBADF;
	ictx = upstream_ctx_from_file(file);
	if (!IS_ERR(ictx)) {
		vfd->ictx = ictx;
		vfd->context_file = file;
	}
	vfd->own = args->compat;
	/* the context's reference holds the file, too */
	if (!vfd->own)
		fput(file);
	return PTR_ERR_OR_ZERO(ictx);
}

static long fd_ioctl(int fd, unsigned int cmd, void *arg)
{
	struct vfio_fds *fds;
	struct file *file = vfio_fds_get(fd, &fds);
	long ret;

	if (IS_ERR(file))
		return PTR_ERR(file);
	ret = container_ioctl(to_vfd(fds), cmd, HOST(arg));
	fput(file);
	return ret;
}

static long do_map(int fd, unsigned long iova, unsigned long va, unsigned long len, u32 flags)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = flags,
		.vaddr = va,
		.iova = iova,
		.size = len,
	};

	return fd_ioctl(fd, VFIO_IOMMU_MAP_DMA, &map);
}

static long upstream_vfio_map(int fd, unsigned long iova, unsigned long va, unsigned long len, unsigned int prot)
{
	return do_map(fd, iova, va, len,
		      (prot & VFIO_READ ? VFIO_DMA_MAP_FLAG_READ : 0) |
		      (prot & VFIO_WRITE ? VFIO_DMA_MAP_FLAG_WRITE : 0));
}

static long upstream_vfio_map_vaddr(int fd, unsigned long iova, unsigned long va, unsigned long len)
{
	return do_map(fd, iova, va, len, VFIO_DMA_MAP_FLAG_VADDR);
}

static long do_unmap(int fd, unsigned long iova, unsigned long len, u32 flags, unsigned long *unmapped)
{
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap),
		.flags = flags,
		.iova = iova,
		.size = len,
	};
	long ret = fd_ioctl(fd, VFIO_IOMMU_UNMAP_DMA, &unmap);

	*unmapped = ret ? 0 : unmap.size;
	return ret;
}

static long upstream_vfio_unmap(int fd, unsigned long iova, unsigned long len, bool all, unsigned long *unmapped)
{
	return do_unmap(fd, iova, len, all ? VFIO_DMA_UNMAP_FLAG_ALL : 0, unmapped);
}

static long upstream_vfio_unmap_vaddr(int fd, unsigned long iova, unsigned long len, bool all,
				      unsigned long *unmapped)
{
	return do_unmap(fd, iova, len, VFIO_DMA_UNMAP_FLAG_VADDR | (all ? VFIO_DMA_UNMAP_FLAG_ALL : 0), unmapped);
}

static long upstream_vfio_dirty_log(int fd, bool on)
{
	struct vfio_iommu_type1_dirty_bitmap dirty = {
		.argsz = sizeof(dirty),
		.flags = on ? VFIO_IOMMU_DIRTY_PAGES_FLAG_START : VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP,
	};

	return fd_ioctl(fd, VFIO_IOMMU_DIRTY_PAGES, &dirty);
}

/* The longest range whose dirty pages are asked for: its bitmap has 32 KiB. */
#define DIRTY_PAGES_MAX (1UL << 18)

static long dirty_ioctl(int fd, unsigned long iova, unsigned long len, bool unmap, struct vfio_bitmap *bitmap)
{
	struct {
		struct vfio_iommu_type1_dirty_bitmap head;
		struct vfio_iommu_type1_dirty_bitmap_get range;
	} get = {
		.head.argsz = sizeof(get),
		.head.flags = VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP,
		.range = { .iova = iova, .size = len, .bitmap = *bitmap },
	};
	struct {
		struct vfio_iommu_type1_dma_unmap head;
		struct vfio_bitmap bitmap;
	} take = {
		.head = {
			.argsz = sizeof(take),
			.flags = VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP,
			.iova = iova,
			.size = len,
		},
		.bitmap = *bitmap,
	};

	return unmap ? fd_ioctl(fd, VFIO_IOMMU_UNMAP_DMA, &take) : fd_ioctl(fd, VFIO_IOMMU_DIRTY_PAGES, &get);
}

/* In pages of the CPU, which are the least that type1 offers unless every IOMMU has larger ones. */
static long upstream_vfio_dirty(int fd, unsigned long iova, unsigned long len, bool unmap, unsigned long *dirty)
{
	size_t nr = len >> PAGE_SHIFT, longs = BITS_TO_LONGS(nr), i;
	unsigned long *bits;
	struct vfio_bitmap bitmap;
	long ret;

	if (nr > DIRTY_PAGES_MAX)
		return -EINVAL;
	bits = sim_zalloc((longs + 1) * sizeof(*bits));
	bitmap = (struct vfio_bitmap){ .pgsize = PAGE_SIZE, .size = longs * sizeof(*bits), .data = (void *)HOST(bits) };
	ret = dirty_ioctl(fd, iova, len, unmap, &bitmap);
	*dirty = 0;
	/* behind the range lies what earlier answers have left in the log */
	if (nr % BITS_PER_LONG)
		bits[longs - 1] &= (1UL << nr % BITS_PER_LONG) - 1;
	for (i = 0; !ret && i < longs; i++)
		*dirty += (unsigned long)__builtin_popcountl(bits[i]) << PAGE_SHIFT;
	sim_free(bits);
	return ret;
}

static struct vfio_fds_mdev *upstream_mdev_attach(struct vfio_fds *fds)
{
	struct vfio_mdev *mdev = upstream_mdev_create();
	struct vfio_fd *vfd = to_vfd(fds);
	long ret;

	if (IS_ERR(mdev))
		return ERR_CAST(mdev);
	mdev->fds.backend = fds->backend;
	if (vfd->container) {
		ret = join_container(vfd, &mdev->vfio);
		if (!ret)
			upstream_mdev_open(mdev);
	} else {
		ret = join_compat(vfd);
		if (!ret)
			ret = upstream_mdev_bind(mdev, vfd->ictx);
	}
	if (!ret)
		return &mdev->fds;
	upstream_mdev_destroy(mdev);
	return ERR_PTR(ret);
}

static long mdev_pin(struct vfio_fds_mdev *fds, unsigned long iova, unsigned long len)
{
	return upstream_mdev_pin(to_mdev(fds), iova, len);
}

static long mdev_unpin(struct vfio_fds_mdev *fds, unsigned long iova, unsigned long len)
{
	return upstream_mdev_unpin(to_mdev(fds), iova, len);
}

static long mdev_rw(struct vfio_fds_mdev *fds, unsigned long iova, unsigned long len, bool write)
{
	return upstream_mdev_rw(to_mdev(fds), iova, len, write);
}

/* VFIO_DEVICE_BIND_IOMMUFD. On an error nothing is left. */
static long bind_cdev(struct vfio_cdev *cdev, int iommufd)
{
	struct vfio_device *vdev = &cdev->vfio.vdev;
	struct file *file = fget(iommufd);
	long ret;

	if (!file)
		return -EBADF;
	cdev->ictx = upstream_ctx_from_file(file);
	fput(file);
	if (IS_ERR(cdev->ictx))
		return PTR_ERR(cdev->ictx);
	mutex_lock(&vdev->dev_set->lock);
	ret = vdev->ops->bind_iommufd(vdev, cdev->ictx, &cdev->id);
	mutex_unlock(&vdev->dev_set->lock);
	if (ret)
		iommufd_ctx_put(cdev->ictx);
	return ret;
}

static long charged(const struct vfio_fds *fds)
{
	const struct vfio_fd *vfd = container_of(fds, const struct vfio_fd, fds);

	return vfd->ictx ? upstream_ctx_charged(vfd->ictx) : vfd->type1 ? ledger_charged(vfd->type1->ledger) : 0;
}

static const struct vfio_backend upstream_backend = {
	.bytes = sizeof(struct vfio_fd),
	.open = upstream_open,
	.reachable = upstream_reachable,
	.close = upstream_close,
	.put = upstream_put,
	.attach = upstream_attach,
	.detach = upstream_detach,
	.mdev_create = upstream_mdev_attach,
	.mdev_free = upstream_mdev_free,
	.mdev_pin = mdev_pin,
	.mdev_unpin = mdev_unpin,
	.mdev_rw = mdev_rw,
	.cdev_free = upstream_cdev_free,
	.charged = charged,
	.device_pfn = upstream_device_pfn,
};

static long upstream_vfio_open(const struct vfio_open *args)
{
	return vfio_fds_open(&upstream_backend, args);
}

static long upstream_cdev_open(int iommufd, unsigned int *id)
{
	struct vfio_cdev *cdev = kzalloc(sizeof(*cdev), GFP_KERNEL);
	long ret = -ENOMEM;
	int fd;

	if (!cdev)
		return -ENOMEM;
	ret = physical_create(&cdev->vfio, NULL);
	if (ret)
		goto out_free;
	ret = bind_cdev(cdev, iommufd);
	if (ret)
		goto out_destroy;
	fd = get_unused_fd_flags(0);
	ret = fd;
	if (fd < 0)
		goto out_unbind;
	cdev->file = vfio_cdev_file(&cdev->fds);
	if (IS_ERR(cdev->file)) {
		put_unused_fd(fd);
		ret = PTR_ERR(cdev->file);
		goto out_unbind;
	}
	cdev->fds = (struct vfio_fds_cdev){ .backend = &upstream_backend, .dev = cdev->vfio.vdev.dev };
	list_add(&cdev->node, &upstream()->cdevs);
	*id = cdev->id;
	fd_install(fd, cdev->file);
	return fd;

out_unbind:
	physical_unbind(&cdev->vfio);
	iommufd_ctx_put(cdev->ictx);
out_destroy:
	physical_destroy(&cdev->vfio);
out_free:
	kfree(cdev);
	return ret;
}

/* The device by its object, with a reference on its file, or NULL. */
static struct vfio_cdev *cdev_get(int fd, unsigned int dev_id)
{
	struct iommufd_ctx *ictx = upstream_ctx(fd);
	struct vfio_cdev *cdev;

	list_for_each_entry(cdev, &upstream()->cdevs, node)
		if (cdev->ictx == ictx && cdev->id == dev_id && atomic_long_inc_not_zero(&cdev->file->f_count))
			return cdev;
	return NULL;
}

bool upstream_cdev_attach(int fd, unsigned int dev_id, unsigned int ioas_id, long *ret)
{
	struct vfio_cdev *cdev = cdev_get(fd, dev_id);
	u32 pt_id = ioas_id;

	if (!cdev)
		return false;
	mutex_lock(&cdev->vfio.dev_set.lock);
	*ret = cdev->vfio.vdev.ops->attach_ioas(&cdev->vfio.vdev, &pt_id);
	mutex_unlock(&cdev->vfio.dev_set.lock);
	fput(cdev->file);
	return true;
}

bool upstream_cdev_detach(int fd, unsigned int dev_id, long *ret)
{
	struct vfio_cdev *cdev = cdev_get(fd, dev_id);

	if (!cdev)
		return false;
	mutex_lock(&cdev->vfio.dev_set.lock);
	cdev->vfio.vdev.ops->detach_ioas(&cdev->vfio.vdev);
	mutex_unlock(&cdev->vfio.dev_set.lock);
	fput(cdev->file);
	*ret = 0;
	return true;
}

/*
 * A list of capabilities in one buffer, each with the offset of the next (vfio_main.c).
 * ERR_PTR(-ENOMEM) with the buffer freed.
 */
struct vfio_info_cap_header *vfio_info_cap_add(struct vfio_info_cap *caps, size_t size, u16 id, u16 version)
{
	size_t at = caps->size, bytes = ALIGN(size, sizeof(u64));
	struct vfio_info_cap_header *header;
	char *buf = krealloc(caps->buf, at + bytes, GFP_KERNEL);
	size_t last;

	if (!buf) {
		kfree(caps->buf);
		*caps = (struct vfio_info_cap){ 0 };
		return ERR_PTR(-ENOMEM);
	}
	memset(buf + at, 0, bytes);
	caps->buf = (void *)buf;
	caps->size = at + bytes;
	if (at) {
		for (last = 0; ((struct vfio_info_cap_header *)(buf + last))->next;
		     last = ((struct vfio_info_cap_header *)(buf + last))->next)
			;
		((struct vfio_info_cap_header *)(buf + last))->next = (u32)at;
	}
	header = (void *)(buf + at);
	header->id = id;
	header->version = version;
	return header;
}

/* The list will lie @offset behind what it is copied with. */
void vfio_info_cap_shift(struct vfio_info_cap *caps, size_t offset)
{
	char *buf = (void *)caps->buf;
	struct vfio_info_cap_header *header;
	size_t at, next;

	for (at = 0; caps->size; at = next) {
		header = (void *)(buf + at);
		next = header->next;
		if (!next)
			break;
		header->next += (u32)offset;
	}
}

int vfio_info_add_capability(struct vfio_info_cap *caps, struct vfio_info_cap_header *cap, size_t size)
{
	struct vfio_info_cap_header *header = vfio_info_cap_add(caps, size, cap->id, cap->version);

	if (IS_ERR(header))
		return PTR_ERR(header);
	memcpy(header + 1, cap + 1, size - sizeof(*header));
	return 0;
}

/* VFIO_IOMMU_GET_INFO as programs ask: how much there is, then all of it. The second answer, to be freed. */
static struct vfio_iommu_type1_info *get_info(int fd)
{
	struct vfio_iommu_type1_info head = { .argsz = offsetof(struct vfio_iommu_type1_info, iova_pgsizes) }, *info;
	long ret = fd_ioctl(fd, VFIO_IOMMU_GET_INFO, &head);

	/* it has not as much room as there ever was */
	WARN_ON(!ret);
	if (ret != -EINVAL)
		return ERR_PTR(ret);
	head.argsz = sizeof(head);
	ret = fd_ioctl(fd, VFIO_IOMMU_GET_INFO, &head);
	if (ret)
		return ERR_PTR(ret);
	if (WARN_ON(head.cap_offset || head.argsz < sizeof(head)))
		return ERR_PTR(-EINVAL);
	info = sim_zalloc(head.argsz);
	info->argsz = head.argsz;
	ret = fd_ioctl(fd, VFIO_IOMMU_GET_INFO, info);
	if (!ret && !WARN_ON(info->argsz != head.argsz || info->flags != head.flags ||
			     !info->cap_offset != !(info->flags & VFIO_IOMMU_INFO_CAPS)))
		return info;
	sim_free(info);
	return ERR_PTR(ret ?: -EINVAL);
}

/* The capability of that id, or NULL; one that is not in the buffer is none. */
static void *find_cap(struct vfio_iommu_type1_info *info, u16 id, size_t bytes)
{
	u32 at, next;

	for (at = info->cap_offset; at; at = next) {
		struct vfio_info_cap_header *cap = (void *)info + at;

		if (WARN_ON(at < sizeof(*info) || at + sizeof(*cap) > info->argsz))
			return NULL;
		if (cap->id == id)
			return WARN_ON(at + bytes > info->argsz || cap->version != 1) ? NULL : cap;
		next = cap->next;
		if (WARN_ON(next && next <= at))
			return NULL;
	}
	return NULL;
}

static long info_of_windows(struct vfio_iommu_type1_info *info, enum vfio_info what, unsigned long window,
			    unsigned long *value)
{
	struct vfio_iommu_type1_info_cap_iova_range *cap =
		find_cap(info, VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE, sizeof(*cap));
	unsigned long nr = cap ? cap->nr_iovas : 0;

	if (cap && WARN_ON((void *)&cap->iova_ranges[nr] > (void *)info + info->argsz))
		return -EINVAL;
	*value = nr;
	if (what == VFIO_INFO_WINDOWS)
		return 0;
	if (window >= nr)
		return -EINVAL;
	*value = what == VFIO_INFO_START ? cap->iova_ranges[window].start : cap->iova_ranges[window].end;
	return 0;
}

static long info_of(struct vfio_iommu_type1_info *info, enum vfio_info what, unsigned long window,
		    unsigned long *value)
{
	struct vfio_iommu_type1_info_cap_migration *log;
	struct vfio_iommu_type1_info_dma_avail *avail;

	switch (what) {
	case VFIO_INFO_PGSIZES:
		*value = info->flags & VFIO_IOMMU_INFO_PGSIZES ? info->iova_pgsizes : 0;
		return 0;
	case VFIO_INFO_AVAIL:
		avail = find_cap(info, VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL, sizeof(*avail));
		*value = avail ? avail->avail : 0;
		return avail ? 0 : -EINVAL;
	case VFIO_INFO_LOG_PGSIZES:
	case VFIO_INFO_LOG_BYTES:
		log = find_cap(info, VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION, sizeof(*log));
		if (!log || log->flags)
			return -EINVAL;
		*value = what == VFIO_INFO_LOG_BYTES ? log->max_dirty_bitmap_size : log->pgsize_bitmap;
		return 0;
	default:
		return info_of_windows(info, what, window, value);
	}
}

/* Is the domain of @user's group that of no device before it? What type1 says of it must be so. */
static bool is_first_in_domain(const struct vfio_fd *vfd, const struct vfio_user *user)
{
	const struct iommu_group *group = user->vfio.group.iommu_group;
	const struct vfio_user *before;

	WARN_ON(type1_group_domain(vfd->type1, user->vfio.group.iommu_group) != group->domain);
	list_for_each_entry(before, &vfd->fds.devices, fds.node) {
		if (before == user)
			return true;
		if (before->vfio.group.iommu_group->domain == group->domain)
			return false;
	}
	return true;
}

static long count_domains(int fd, unsigned long *value)
{
	struct vfio_fds *fds;
	struct file *file = vfio_fds_get(fd, &fds);
	const struct vfio_user *user;
	long ret = -EINVAL;

	if (IS_ERR(file))
		return PTR_ERR(file);
	mutex_lock(&fds->lock);
	if (to_vfd(fds)->type1) {
		list_for_each_entry(user, &fds->devices, fds.node)
			*value += is_first_in_domain(to_vfd(fds), user);
		ret = 0;
	}
	mutex_unlock(&fds->lock);
	fput(file);
	return ret;
}

static long upstream_vfio_info(int fd, enum vfio_info what, unsigned long window, unsigned long *value)
{
	struct vfio_iommu_type1_info *info;
	long ret;

	*value = 0;
	if (what == VFIO_INFO_DOMAINS)
		return count_domains(fd, value);
	info = get_info(fd);
	if (IS_ERR(info))
		return PTR_ERR(info);
	ret = info_of(info, what, window, value);
	sim_free(info);
	return ret;
}

static long upstream_vfio_extension(int fd, unsigned long extension)
{
	struct vfio_fds *fds;
	struct file *file = vfio_fds_get(fd, &fds);
	long ret;

	if (IS_ERR(file))
		return PTR_ERR(file);
	ret = container_ioctl(to_vfd(fds), VFIO_CHECK_EXTENSION, extension);
	fput(file);
	return ret;
}

static unsigned long upstream_vfio_state(void)
{
	struct type1 *type1;
	unsigned long sum = 0;

	list_for_each_entry(type1, &upstream()->type1s, node)
		sum += type1_state(type1->iommu);
	return sum;
}

const struct vfio_calls vfio_upstream = {
	.open = upstream_vfio_open,
	.attach = vfio_fds_attach,
	.attach_other = vfio_fds_attach_other,
	.detach = vfio_fds_detach,
	.map = upstream_vfio_map,
	.unmap = upstream_vfio_unmap,
	.unmap_vaddr = upstream_vfio_unmap_vaddr,
	.map_vaddr = upstream_vfio_map_vaddr,
	.dirty_log = upstream_vfio_dirty_log,
	.dirty = upstream_vfio_dirty,
	.info = upstream_vfio_info,
	.extension = upstream_vfio_extension,
	.mdev_attach = vfio_fds_mdev_attach,
	.mdev_pin = vfio_fds_mdev_pin,
	.mdev_unpin = vfio_fds_mdev_unpin,
	.mdev_rw = vfio_fds_mdev_rw,
	.cdev_open = upstream_cdev_open,
	.charged = vfio_fds_charged,
	.device_pfn = vfio_fds_device_pfn,
	.state = upstream_vfio_state,
};

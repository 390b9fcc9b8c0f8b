// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * iommufd_upstream: the scenario's operations as the ioctls that a program makes.
 * The arguments lie in the harness's memory, which UPSTREAM_HOST marks
 * (include/linux/uaccess.h); current is the scenario's task.
 */
#include <linux/anon_inodes.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <uapi/linux/iommufd.h>
#include <iopt/upstream.h>
#include <sim/sched.h>
#include <sim/world.h>
#include "iommufd_private.h"
#include "iommufd_test.h"
#include "machine.h"

/* /dev/iommu's operations, and one more of our own: that the context is gone. */
static int upstream_release(struct inode *inode, struct file *file)
{
	struct upstream_context *context, *next;

	list_for_each_entry_safe(context, next, &upstream()->contexts, node)
		if (context->file == file) {
			list_del(&context->node);
			sim_free(context);
		}
	return upstream()->iommu_misc->fops->release(inode, file);
}

/* @arg as the caller's user space has it; upstream_file_ioctl() is for arguments of the harness. */
static long upstream_unlocked_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	return upstream()->iommu_misc->fops->unlocked_ioctl(file, cmd, arg);
}

static const struct file_operations upstream_fops = {
	.name = "iommufd",
	.release = upstream_release,
	.unlocked_ioctl = upstream_unlocked_ioctl,
};

void __fput_sync(struct file *file)
{
	if (!atomic_long_dec_and_test(&file->f_count))
		return;
	if (file->f_op->release)
		file->f_op->release(file->f_inode, file);
	kfree(file);
}

/* Positions of files mean nothing here. */
int nonseekable_open(struct inode *inode, struct file *file)
{
	return 0;
}

struct file *upstream_open_misc(struct miscdevice *misc)
{
	struct upstream_context *context;
	struct file *file;
	int ret;

	/* as misc_open() leaves it, by which the driver knows its devices apart */
	file = anon_inode_getfile("iommufd", &upstream_fops, misc, O_RDWR);
	if (IS_ERR(file))
		return file;
	ret = misc->fops->open(NULL, file);
	if (ret) {
		kfree(file);
		return ERR_PTR(ret);
	}
	context = sim_zalloc(sizeof(*context));
	context->file = file;
	context->ictx = file->private_data;
	list_add_tail(&context->node, &upstream()->contexts);
	return file;
}

static long upstream_open(void)
{
	struct file *file;
	int fd;

	fd = get_unused_fd_flags(0);
	if (fd < 0)
		return fd;
	file = upstream_open_misc(upstream()->iommu_misc);
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		return PTR_ERR(file);
	}
	fd_install(fd, file);
	return fd;
}

struct iommufd_ctx *upstream_ctx_from_file(struct file *file)
{
	if (file->f_op != &upstream_fops)
		return ERR_PTR(-EBADFD);
	iommufd_ctx_get(file->private_data);
	return file->private_data;
}

long upstream_file_ioctl(struct file *file, unsigned int cmd, void *arg)
{
	long ret = upstream()->iommu_misc->fops->unlocked_ioctl(file, cmd, HOST(arg));

	return ret == -ENOIOCTLCMD ? -ENOTTY : ret;
}

long upstream_ioctl(int fd, unsigned int cmd, void *arg)
{
	struct file *file = fget(fd);
	long ret = -ENOTTY;

	if (!file)
		return -EBADF;
	if (file->f_op == &upstream_fops)
		ret = upstream_file_ioctl(file, cmd, arg);
	fput(file);
	return ret;
}

struct iommufd_ctx *upstream_ctx(int fd)
{
	struct upstream_context *context;
	struct file *file = fget(fd);
	struct iommufd_ctx *ictx = NULL;

	if (!file)
		return NULL;
	list_for_each_entry(context, &upstream()->contexts, node)
		if (context->file == file)
			ictx = context->ictx;
	fput(file);
	return ictx;
}

static long upstream_ioas_alloc(int fd, unsigned int *id)
{
	struct iommu_ioas_alloc cmd = { .size = sizeof(cmd) };
	long ret = upstream_ioctl(fd, IOMMU_IOAS_ALLOC, &cmd);

	if (!ret)
		*id = cmd.out_ioas_id;
	return ret;
}

/* The device that the driver makes on the way, on this task, gets the scenario's options. */
static long upstream_attach_mock(int fd, const struct iommufd_attach *args, unsigned int *id)
{
	struct iommu_test_cmd cmd = {
		.size = sizeof(cmd),
		.op = IOMMU_TEST_OP_MOCK_DOMAIN,
		.id = args->ioas_id,
	};
	struct attach_call call = { .task = current, .args = args };
	struct mock_ids *ids;
	long ret;

	/* Others' calls lie on their stacks. */
	sim_stacks_written();
	list_add(&call.node, &upstream()->attaching);
	ret = upstream_ioctl(fd, IOMMU_TEST_CMD, &cmd);
	sim_stacks_written();
	list_del(&call.node);
	if (ret)
		return ret;
	*id = cmd.mock_domain.out_stdev_id;
	ids = sim_zalloc(sizeof(*ids));
	ids->ictx = upstream_ctx(fd);
	ids->stdev_id = *id;
	ids->idev_id = cmd.mock_domain.out_idev_id;
	list_add(&ids->node, &upstream()->mocks);
	return 0;
}

/* Mock devices change their IOAS by the driver's replace; they have no other way. */
static long upstream_attach(int fd, unsigned int dev_id, unsigned int ioas_id)
{
	struct iommu_test_cmd cmd = {
		.size = sizeof(cmd),
		.op = IOMMU_TEST_OP_MOCK_DOMAIN_REPLACE,
		.id = dev_id,
		.mock_domain_replace.pt_id = ioas_id,
	};
	long ret;

	if (upstream_cdev_attach(fd, dev_id, ioas_id, &ret))
		return ret;
	return upstream_ioctl(fd, IOMMU_TEST_CMD, &cmd);
}

static long upstream_destroy(int fd, unsigned int id)
{
	struct iommu_destroy cmd = { .size = sizeof(cmd), .id = id };

	return upstream_ioctl(fd, IOMMU_DESTROY, &cmd);
}

static long upstream_detach(int fd, unsigned int dev_id)
{
	long ret;

	return upstream_cdev_detach(fd, dev_id, &ret) ? ret : upstream_destroy(fd, dev_id);
}

static u32 map_flags(unsigned int prot, bool fixed)
{
	return (prot & IOPT_READ ? IOMMU_IOAS_MAP_READABLE : 0) | (prot & IOPT_WRITE ? IOMMU_IOAS_MAP_WRITEABLE : 0) |
	       (fixed ? IOMMU_IOAS_MAP_FIXED_IOVA : 0);
}

static long upstream_ioas_map(int fd, const struct iommufd_map *args, unsigned long *iova)
{
	struct iommu_ioas_map cmd = {
		.size = sizeof(cmd),
		.flags = map_flags(args->prot, args->fixed),
		.ioas_id = args->ioas_id,
		.user_va = args->va,
		.length = args->len,
		.iova = args->iova,
	};
	long ret = upstream_ioctl(fd, IOMMU_IOAS_MAP, &cmd);

	if (!ret)
		*iova = cmd.iova;
	return ret;
}

/* Came with v6.13; 6.12 has no such ioctl. */
static long upstream_ioas_map_file(int fd, const struct iommufd_map *args, unsigned long *iova)
{
	return -ENOTTY;
}

static long upstream_ioas_unmap(int fd, unsigned int ioas_id, unsigned long iova, unsigned long len,
				unsigned long *unmapped)
{
	struct iommu_ioas_unmap cmd = { .size = sizeof(cmd), .ioas_id = ioas_id, .iova = iova, .length = len };
	long ret = upstream_ioctl(fd, IOMMU_IOAS_UNMAP, &cmd);

	if (!ret)
		*unmapped = cmd.length;
	return ret;
}

static long upstream_ioas_copy(int fd, unsigned int dst_id, unsigned int src_id, unsigned long src_iova,
			       unsigned long len, bool fixed, unsigned long *iova, unsigned int prot)
{
	struct iommu_ioas_copy cmd = {
		.size = sizeof(cmd),
		.flags = map_flags(prot, fixed),
		.dst_ioas_id = dst_id,
		.src_ioas_id = src_id,
		.length = len,
		.dst_iova = *iova,
		.src_iova = src_iova,
	};
	long ret = upstream_ioctl(fd, IOMMU_IOAS_COPY, &cmd);

	if (!ret)
		*iova = cmd.dst_iova;
	return ret;
}

static long upstream_ioas_allow_iovas(int fd, unsigned int ioas_id, const struct iommufd_range *ranges,
				      unsigned int nr)
{
	struct iommu_iova_range *list = sim_zalloc((nr + 1) * sizeof(*list));
	struct iommu_ioas_allow_iovas cmd = {
		.size = sizeof(cmd),
		.ioas_id = ioas_id,
		.num_iovas = nr,
		.allowed_iovas = HOST(list),
	};
	unsigned int i;
	long ret;

	for (i = 0; i < nr; i++)
		list[i] = (struct iommu_iova_range){ .start = ranges[i].start, .last = ranges[i].last };
	ret = upstream_ioctl(fd, IOMMU_IOAS_ALLOW_IOVAS, &cmd);
	sim_free(list);
	return ret;
}

static long upstream_option(int fd, u32 option, u32 object, bool set, unsigned long value)
{
	struct iommu_option cmd = {
		.size = sizeof(cmd),
		.option_id = option,
		.op = set ? IOMMU_OPTION_OP_SET : IOMMU_OPTION_OP_GET,
		.object_id = object,
		.val64 = value,
	};
	long ret = upstream_ioctl(fd, IOMMU_OPTION, &cmd);

	return ret || set ? ret : (long)cmd.val64;
}

static long upstream_option_rlimit_mode(int fd, bool set, unsigned long value)
{
	return upstream_option(fd, IOMMU_OPTION_RLIMIT_MODE, 0, set, value);
}

static long upstream_option_huge_pages(int fd, unsigned int ioas_id, bool set, unsigned long value)
{
	return upstream_option(fd, IOMMU_OPTION_HUGE_PAGES, ioas_id, set, value);
}

/* Came with v6.18. */
static long upstream_change_process(int fd)
{
	return -ENOTTY;
}

static struct mock_ids *find_mock(int fd, unsigned int dev_id)
{
	struct iommufd_ctx *ictx = upstream_ctx(fd);
	struct mock_ids *ids;

	list_for_each_entry(ids, &upstream()->mocks, node)
		if (ids->ictx == ictx && ids->stdev_id == dev_id)
			return ids;
	return NULL;
}

static long upstream_dirty_domain(int fd, unsigned int dev_id, unsigned int ioas_id)
{
	struct iommu_hwpt_alloc cmd = {
		.size = sizeof(cmd),
		.flags = IOMMU_HWPT_ALLOC_DIRTY_TRACKING,
		.pt_id = ioas_id,
	};
	struct mock_ids *ids = find_mock(fd, dev_id);
	long ret;

	if (!ids)
		return -ENOENT;
	cmd.dev_id = ids->idev_id;
	ret = upstream_ioctl(fd, IOMMU_HWPT_ALLOC, &cmd);
	if (ret)
		return ret;
	ret = upstream_attach(fd, dev_id, cmd.out_hwpt_id);
	if (ret)
		upstream_destroy(fd, cmd.out_hwpt_id);
	else
		ids->dirty_id = cmd.out_hwpt_id;
	return ret;
}

static long upstream_dirty_log(int fd, unsigned int dev_id, bool on)
{
	struct iommu_hwpt_set_dirty_tracking cmd = {
		.size = sizeof(cmd),
		.flags = on ? IOMMU_HWPT_DIRTY_TRACKING_ENABLE : 0,
	};
	struct mock_ids *ids = find_mock(fd, dev_id);

	if (!ids)
		return -ENOENT;
	cmd.hwpt_id = ids->dirty_id;
	return upstream_ioctl(fd, IOMMU_HWPT_SET_DIRTY_TRACKING, &cmd);
}

#define MOCK_PAGE_BYTES (PAGE_SIZE / 2)	/* selftest.c's */
#define DMA_BYTES_MAX (1UL << 32)		/* longer than its aperture */

static long upstream_dma_write(int fd, unsigned int dev_id, unsigned long iova, unsigned long len,
			       unsigned long *bytes)
{
	struct iommu_test_cmd cmd = {
		.size = sizeof(cmd),
		.op = IOMMU_TEST_OP_DIRTY,
		.dirty = { .iova = iova, .length = len, .page_size = MOCK_PAGE_BYTES },
	};
	struct mock_ids *ids = find_mock(fd, dev_id);
	size_t longs = BITS_TO_LONGS(len / MOCK_PAGE_BYTES) + 1;
	void *bits;
	long ret;

	if (!ids)
		return -ENOENT;
	if (len > DMA_BYTES_MAX)
		return -EINVAL;
	bits = sim_alloc(longs * sizeof(unsigned long));
	memset(bits, 0xff, longs * sizeof(unsigned long));
	cmd.id = ids->dirty_id;
	cmd.dirty.uptr = HOST(bits);
	ret = upstream_ioctl(fd, IOMMU_TEST_CMD, &cmd);
	*bytes = cmd.dirty.out_nr_dirty * MOCK_PAGE_BYTES;
	sim_free(bits);
	return ret;
}

static long upstream_dirty(int fd, unsigned int dev_id, const struct iommufd_dirty *args, unsigned long *bytes)
{
	struct iommu_hwpt_get_dirty_bitmap cmd = {
		.size = sizeof(cmd),
		.flags = args->keep ? IOMMU_HWPT_GET_DIRTY_BITMAP_NO_CLEAR : 0,
		.iova = args->iova,
		.length = args->len,
		.page_size = args->pgsize,
		.data = args->bitmap,
	};
	struct mock_ids *ids = find_mock(fd, dev_id);
	unsigned long *words, i, bits = 0;
	long ret;

	if (!ids)
		return -ENOENT;
	if (args->pgsize && args->len / args->pgsize > (PAGE_SIZE - offset_in_page(args->bitmap)) * BITS_PER_BYTE)
		return -EINVAL;
	cmd.hwpt_id = ids->dirty_id;
	/* what the kernel writes to user pages that have no content of their own */
	words = upstream_scratch();
	memset(words, 0, PAGE_SIZE);
	ret = upstream_ioctl(fd, IOMMU_HWPT_GET_DIRTY_BITMAP, &cmd);
	for (i = 0; i < PAGE_SIZE / sizeof(*words); i++)
		bits += (unsigned long)__builtin_popcountl(words[i]);
	*bytes = bits * args->pgsize;
	return ret;
}

const struct iommufd_calls iommufd_upstream = {
	.open = upstream_open,
	.ioas_alloc = upstream_ioas_alloc,
	.attach_mock = upstream_attach_mock,
	.attach = upstream_attach,
	.detach = upstream_detach,
	.replace = upstream_attach,
	.ioas_map = upstream_ioas_map,
	.ioas_map_file = upstream_ioas_map_file,
	.ioas_unmap = upstream_ioas_unmap,
	.ioas_copy = upstream_ioas_copy,
	.ioas_allow_iovas = upstream_ioas_allow_iovas,
	.access_create = upstream_access_create,
	.access_pin = upstream_access_pin,
	.access_unpin = upstream_access_unpin,
	.access_rw = upstream_access_rw,
	.option_rlimit_mode = upstream_option_rlimit_mode,
	.option_huge_pages = upstream_option_huge_pages,
	.change_process = upstream_change_process,
	.destroy = upstream_destroy,
	.dirty_domain = upstream_dirty_domain,
	.dirty_log = upstream_dirty_log,
	.dma_write = upstream_dma_write,
	.dirty = upstream_dirty,
	.npinned = upstream_npinned,
	.charged = upstream_charged,
	.device_pfn = upstream_iova_pfn,
	.state = upstream_state,
};

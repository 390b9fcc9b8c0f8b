// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Accesses of selftest.c. Its commands name an access by its fd and a pin by a
 * number; the scenario names a pin by its range. So each pin's number is kept here
 * until it is given back, by the scenario or behind its back by an unmap: one that
 * is gone meanwhile is passed over.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/slab.h>
#include <uapi/linux/iommufd.h>
#include <sim/world.h>
#include "iommufd_private.h"
#include "iommufd_test.h"
#include "machine.h"

#define ACCESS_BYTES_MAX (16UL << 20)	/* selftest.c refuses more before it looks at the fd */

struct access_item {
	struct list_head node;
	unsigned long file_id;
	u32 id;
	unsigned long iova;
	unsigned long len;
};

/* The access whose driver data is @data, with its context's file in *@file; NULL: there is none. */
static struct iommufd_access *find_access(const void *data, struct file **file)
{
	struct upstream_context *context;
	struct iommufd_object *obj;
	unsigned long id;

	list_for_each_entry(context, &upstream()->contexts, node)
		xa_for_each(&context->ictx->objects, id, obj) {
			struct iommufd_access *access = container_of(obj, struct iommufd_access, obj);

			if (obj->type != IOMMUFD_OBJ_ACCESS || access->data != data)
				continue;
			*file = context->file;
			return access;
		}
	return NULL;
}

/* A command that names an access by its fd. EBADFD where that is none. */
static long access_ioctl(int access_fd, struct iommu_test_cmd *cmd, unsigned long *file_id)
{
	struct file *access_file = fget(access_fd), *file;
	long ret = -EBADFD;

	if (!access_file)
		return -EBADFD;
	sim_nopreempt_begin();
	if (access_file->private_data && find_access(access_file->private_data, &file))
		ret = 0;
	sim_nopreempt_end();
	if (!ret) {
		*file_id = access_file->f_id;
		ret = upstream_file_ioctl(file, IOMMU_TEST_CMD, cmd);
	}
	fput(access_file);
	return ret;
}

long upstream_access_create(int fd, unsigned int ioas_id, unsigned int *id)
{
	struct iommu_test_cmd cmd = {
		.size = sizeof(cmd),
		.op = IOMMU_TEST_OP_CREATE_ACCESS,
		.id = ioas_id,
		.create_access.flags = MOCK_FLAGS_ACCESS_CREATE_NEEDS_PIN_PAGES,
	};
	struct iommufd_access *access;
	struct file *access_file, *file;
	long ret;

	ret = upstream_ioctl(fd, IOMMU_TEST_CMD, &cmd);
	if (ret)
		return ret;
	access_file = fget(cmd.create_access.out_access_fd);
	if (!access_file)
		return -EBADFD;
	sim_nopreempt_begin();
	access = find_access(access_file->private_data, &file);
	if (access)
		*id = access->obj.id;
	sim_nopreempt_end();
	fput(access_file);
	return cmd.create_access.out_access_fd;
}

long upstream_access_pin(int access_fd, unsigned long iova, unsigned long len, bool write)
{
	struct iommu_test_cmd cmd = {
		.size = sizeof(cmd),
		.op = IOMMU_TEST_OP_ACCESS_PAGES,
		.id = access_fd,
		.access_pages = {
			.flags = write ? MOCK_FLAGS_ACCESS_WRITE : 0,
			.iova = iova,
			.length = len,
		},
	};
	struct access_item *item;
	unsigned long file_id;
	long ret;

	if (len > ACCESS_BYTES_MAX)
		return -ENOMEM;
	ret = access_ioctl(access_fd, &cmd, &file_id);
	if (ret)
		return ret;
	item = sim_zalloc(sizeof(*item));
	*item = (struct access_item){
		.file_id = file_id,
		.id = cmd.access_pages.out_access_pages_id,
		.iova = iova,
		.len = len,
	};
	list_add_tail(&item->node, &upstream()->items);
	return 0;
}

/* The oldest pin of this range that still stands. */
long upstream_access_unpin(int access_fd, unsigned long iova, unsigned long len)
{
	struct file *access_file = fget(access_fd);
	struct access_item *item, *found;
	unsigned long file_id;
	long ret;

	if (!access_file)
		return -EBADFD;
	file_id = access_file->f_id;
	fput(access_file);
	do {
		struct iommu_test_cmd cmd = {
			.size = sizeof(cmd),
			.op = IOMMU_TEST_OP_DESTROY_ACCESS_PAGES,
			.id = access_fd,
			.destroy_access_pages.access_pages_id = ~0u,
		};

		found = NULL;
		list_for_each_entry(item, &upstream()->items, node) {
			if (item->file_id != file_id || item->iova != iova || item->len != len)
				continue;
			found = item;
			break;
		}
		if (found) {
			cmd.destroy_access_pages.access_pages_id = found->id;
			list_del(&found->node);
			sim_free(found);
		}
		ret = access_ioctl(access_fd, &cmd, &file_id);
	} while (found && ret == -ENOENT);
	return ret;
}

long upstream_access_rw(int access_fd, unsigned long iova, unsigned long len, bool write)
{
	struct iommu_test_cmd cmd = {
		.size = sizeof(cmd),
		.op = IOMMU_TEST_OP_ACCESS_RW,
		.id = access_fd,
		.access_rw = {
			.flags = write ? MOCK_ACCESS_RW_WRITE : 0,
			.iova = iova,
			.length = len,
		},
	};
	unsigned long file_id;
	void *buffer;
	long ret;

	if (len > ACCESS_BYTES_MAX)
		return -ENOMEM;
	buffer = sim_zalloc(len + 1);
	cmd.access_rw.uptr = HOST(buffer);
	ret = access_ioctl(access_fd, &cmd, &file_id);
	sim_free(buffer);
	return ret;
}

// SPDX-License-Identifier: GPL-2.0-or-later
/* vfio: containers by version or served by iommufd, mdevs, and the device's character device. */
#include <errno.h>
#include <scenario/runner.h>
#include "ops.h"

static bool has_iommufd(const struct kernel_rules *rules)
{
	return rules->iommufd.present;
}

static bool has_cdev(const struct kernel_rules *rules)
{
	return rules->iommufd.vfio_cdev;
}

/* UNMAP's flags ALL and VADDR, and MAP's VADDR, came together. */
static bool has_vaddr(const struct kernel_rules *rules)
{
	return rules->type1.vaddr != V_NONE;
}

static long op_vfio_open(struct op_call *call)
{
	struct vfio_open args = {
		.version = !call->arg[0].given ? 2 : call->arg[0].number > 2 ? 3 : (unsigned int)call->arg[0].number,
		.iommufd = call->arg[1].given ? call->arg[1].fd : -1,
		.compat = call->arg[2].number,
		.device = !call->arg[3].given || call->arg[3].number,
	};

	return op_made_file(call, VALUE_CONTAINER, call->backend->vfio->open(&args));
}

static const char *open_shape(const struct step *step)
{
	if (step_operand(step, 1) && step_operand(step, 2))
		return "iommufd= together with compat=, expected one of them";
	return NULL;
}

static long op_vfio_attach(struct op_call *call)
{
	long ret = call->backend->vfio->attach(call->arg[0].fd);

	return ret < 0 ? ret : 0;
}

static bool has_other_iommus(const struct backend *backend)
{
	return backend->vfio->attach_other;
}

static long op_vfio_attach_other(struct op_call *call)
{
	const struct vfio_iommu_options options = {
		.aperture_start = call->arg[1].number,
		.aperture_last = call->arg[1].second,
		.pgsize = call->arg[2].number,
		.reserved_start = call->arg[3].number,
		.reserved_last = call->arg[3].second,
		.msi = call->arg[4].number,
	};
	long ret;

	if (call->arg[2].given && !op_is_page_size(options.pgsize))
		return -EINVAL;
	ret = call->backend->vfio->attach_other(call->arg[0].fd, &options);
	return ret < 0 ? ret : 0;
}

static long op_vfio_detach(struct op_call *call)
{
	return call->backend->vfio->detach(call->arg[0].fd);
}

static long op_vfio_cdev_open(struct op_call *call)
{
	unsigned int id = 0;
	long ret = call->backend->vfio->cdev_open(call->arg[0].fd, &id);

	if (ret < 0)
		return ret;
	op_made_file(call, VALUE_CDEV, ret);
	call->made.context = call->arg[0].value->file;
	call->made.id = id;
	return 0;
}

static long op_vfio_map(struct op_call *call)
{
	unsigned int prot = call->arg[4].given ? (unsigned int)call->arg[4].number : VFIO_READ | VFIO_WRITE;

	return call->backend->vfio->map(call->arg[0].fd, call->arg[1].number, call->arg[2].number,
					call->arg[3].number, prot);
}

typedef long (*unmap_call)(int fd, unsigned long iova, unsigned long len, bool all, unsigned long *unmapped);

static long unmap_with(struct op_call *call, unmap_call unmap, bool all)
{
	unsigned long unmapped = 0;
	long ret = unmap(call->arg[0].fd, all ? 0 : call->arg[1].number, all ? 0 : call->arg[2].number, all, &unmapped);

	return ret < 0 ? ret : op_made_number(call, unmapped);
}

static long op_vfio_unmap(struct op_call *call)
{
	return unmap_with(call, call->backend->vfio->unmap, false);
}

static long op_vfio_unmap_all(struct op_call *call)
{
	return unmap_with(call, call->backend->vfio->unmap, true);
}

static long op_vfio_unmap_vaddr(struct op_call *call)
{
	return unmap_with(call, call->backend->vfio->unmap_vaddr, false);
}

static long op_vfio_unmap_vaddr_all(struct op_call *call)
{
	return unmap_with(call, call->backend->vfio->unmap_vaddr, true);
}

static long op_vfio_map_vaddr(struct op_call *call)
{
	return call->backend->vfio->map_vaddr(call->arg[0].fd, call->arg[1].number, call->arg[2].number,
					      call->arg[3].number);
}

static bool has_dirty_log(const struct backend *backend)
{
	return backend->vfio->dirty_log;
}

static long op_vfio_dirty_log(struct op_call *call)
{
	return call->backend->vfio->dirty_log(call->arg[0].fd, call->arg[1].number);
}

static long op_vfio_dirty(struct op_call *call)
{
	unsigned long dirty = 0;
	long ret = call->backend->vfio->dirty(call->arg[0].fd, call->arg[1].number, call->arg[2].number,
					      call->arg[3].number, &dirty);

	return ret < 0 ? ret : op_made_number(call, dirty);
}

static bool has_info(const struct backend *backend)
{
	return backend->vfio->info;
}

static const struct op_word info_words[] = {
	{ "pgsizes", VFIO_INFO_PGSIZES }, { "avail", VFIO_INFO_AVAIL },
	{ "windows", VFIO_INFO_WINDOWS }, { "start", VFIO_INFO_START },
	{ "last", VFIO_INFO_LAST }, { "log_pgsizes", VFIO_INFO_LOG_PGSIZES },
	{ "log_bytes", VFIO_INFO_LOG_BYTES }, { "domains", VFIO_INFO_DOMAINS }, { NULL, 0 },
};

static long op_vfio_info(struct op_call *call)
{
	unsigned long value = 0;
	long ret = call->backend->vfio->info(call->arg[0].fd, (enum vfio_info)call->arg[1].number,
					     call->arg[2].number, &value);

	return ret < 0 ? ret : op_made_number(call, value);
}

/* By the numbers of <linux/vfio.h>. */
static const struct op_word extension_words[] = {
	{ "type1", 1 }, { "spapr", 2 }, { "type1v2", 3 }, { "dma_cc", 4 }, { "nesting", 6 },
	{ "unmap_all", 9 }, { "update_vaddr", 10 }, { NULL, 0 },
};

static long op_vfio_extension(struct op_call *call)
{
	long ret = call->backend->vfio->extension(call->arg[0].fd, call->arg[1].number);

	return ret < 0 ? ret : op_made_number(call, (unsigned long)ret);
}

static long op_mdev_rw(struct op_call *call)
{
	return call->backend->vfio->mdev_rw(call->arg[0].fd, call->arg[1].number, call->arg[2].number,
					    call->arg[3].number);
}

static long op_mdev_attach(struct op_call *call)
{
	return op_made_file(call, VALUE_MDEV, call->backend->vfio->mdev_attach(call->arg[0].fd));
}

static long op_mdev_pin(struct op_call *call)
{
	long ret = call->backend->vfio->mdev_pin(call->arg[0].fd, call->arg[1].number, call->arg[2].number);

	return ret < 0 ? ret : 0;
}

static long op_mdev_unpin(struct op_call *call)
{
	long ret = call->backend->vfio->mdev_unpin(call->arg[0].fd, call->arg[1].number, call->arg[2].number);

	return ret < 0 ? ret : 0;
}

#define CONTAINER { "c", ARG_VARIABLE, 0, KIND(CONTAINER) }
#define MDEV { "m", ARG_VARIABLE, 0, KIND(MDEV) }
#define KEY_NUMBER(name, how) { name, ARG_NUMBER, ARG_KEY, .draw = how }

static const struct op ops[] = {
	{
		.name = "vfio_open",
		.what = "a container with one device attached; iommufd= or compat=1: served by iommufd",
		.source = "drivers/vfio/container.c, drivers/iommu/iommufd/vfio_compat.c",
		.makes = KIND(CONTAINER),
		.args = {
			{ "version", ARG_NUMBER, ARG_KEY | ARG_OPTIONAL, .least = 1, .most = 2 },
			{ "iommufd", ARG_VARIABLE, ARG_KEY | ARG_OPTIONAL, KIND(IOMMUFD), .exists = has_iommufd },
			{ "compat", ARG_FLAG, ARG_KEY | ARG_OPTIONAL, .exists = has_iommufd, .draw = DRAW_SERVED },
			{ "device", ARG_FLAG, ARG_KEY | ARG_OPTIONAL, .odds = 8, .holds = true },
		},
		.shape = open_shape,
		.run = op_vfio_open,
		.random = { .weight = 3 },
	},
	{
		.name = "vfio_attach",
		.what = "one more group with a device into the container",
		.source = "drivers/vfio/vfio_iommu_type1.c:vfio_iommu_type1_attach_group",
		.args = { CONTAINER },
		.run = op_vfio_attach,
		.random = { .weight = 2, .charges = true },
	},
	{
		.name = "vfio_attach_other",
		.what = "one more group, with a device behind another IOMMU (backend upstream)",
		.source = "drivers/vfio/vfio_iommu_type1.c:vfio_iommu_type1_attach_group",
		.args = {
			CONTAINER,
			{ "aperture", ARG_RANGE, ARG_KEY | ARG_OPTIONAL },
			{ "pgsize", ARG_NUMBER, ARG_KEY | ARG_OPTIONAL },
			{ "reserved", ARG_RANGE, ARG_KEY | ARG_OPTIONAL },
			{ "msi", ARG_NUMBER, ARG_KEY | ARG_OPTIONAL },
		},
		.served = has_other_iommus,
		.run = op_vfio_attach_other,
	},
	{
		.name = "vfio_detach",
		.what = "the group attached last out of the container",
		.source = "drivers/vfio/vfio_iommu_type1.c:vfio_iommu_type1_detach_group",
		.args = { CONTAINER },
		.run = op_vfio_detach,
		.random = { .weight = 1 },
	},
	{
		.name = "vfio_cdev_open",
		.what = "a vfio device bound to an iommufd, then attach(IOAS, dev=D)",
		.source = "drivers/vfio/device_cdev.c:vfio_df_ioctl_bind_iommufd",
		.makes = KIND(CDEV),
		.args = { { "fd", ARG_VARIABLE, 0, KIND(IOMMUFD) } },
		.exists = has_cdev,
		.run = op_vfio_cdev_open,
		.random = { .weight = 2 },
	},
	{
		.name = "vfio_map",
		.what = "VFIO_IOMMU_MAP_DMA: pins, charges and maps",
		.source = "drivers/vfio/vfio_iommu_type1.c:vfio_dma_do_map",
		.args = {
			CONTAINER,
			KEY_NUMBER("iova", DRAW_FREE),
			KEY_NUMBER("va", DRAW_MEMORY),
			KEY_NUMBER("len", DRAW_LENGTH),
			{ "prot", ARG_WORD, ARG_KEY | ARG_OPTIONAL, .words = map_prot_words },
		},
		.probes = OP_PROBES("@container, iova=@iova, va=@va, len=@len",
				    "@container, iova=@iova_too, va=@va, len=1p",
				    "+@container, iova=@iova, va=@bar, len=@len"),
		.run = op_vfio_map,
		.random = { .weight = 26, .charges = true, .effect = EFFECT_MAP },
	},
	{
		.name = "vfio_unmap",
		.what = "VFIO_IOMMU_UNMAP_DMA; returns the bytes",
		.source = "drivers/vfio/vfio_iommu_type1.c:vfio_dma_do_unmap",
		.makes = KIND(NUMBER),
		.args = { CONTAINER, KEY_NUMBER("iova", DRAW_MAPPED), KEY_NUMBER("len", DRAW_LENGTH) },
		.probes = OP_PROBES("@container, iova=@iova, len=2p", "@container, iova=@iova_too, len=2p"),
		.run = op_vfio_unmap,
		.random = { .weight = 8, .effect = EFFECT_UNMAP },
	},
	{
		.name = "vfio_unmap_all",
		.what = "the same with the flag ALL",
		.source = "drivers/vfio/vfio_iommu_type1.c:vfio_dma_do_unmap, VFIO_DMA_UNMAP_FLAG_ALL (v5.12)",
		.makes = KIND(NUMBER),
		.args = { CONTAINER },
		.exists = has_vaddr,
		.run = op_vfio_unmap_all,
		.random = { .weight = 1, .effect = EFFECT_UNMAP_ALL },
	},
	{
		.name = "vfio_unmap_vaddr",
		.what = "the flag VADDR: forgets the addresses, keeps the mapping; returns the bytes",
		.source = "drivers/vfio/vfio_iommu_type1.c:vfio_dma_do_unmap, VFIO_DMA_UNMAP_FLAG_VADDR (c3cbab24db38)",
		.makes = KIND(NUMBER),
		.args = { CONTAINER, KEY_NUMBER("iova", DRAW_MAPPED), KEY_NUMBER("len", DRAW_LENGTH) },
		.exists = has_vaddr,
		.run = op_vfio_unmap_vaddr,
		.random = { .weight = 1 },
	},
	{
		.name = "vfio_unmap_vaddr_all",
		.what = "the flags VADDR and ALL",
		.source = "drivers/vfio/vfio_iommu_type1.c:vfio_dma_do_unmap",
		.makes = KIND(NUMBER),
		.args = { CONTAINER },
		.exists = has_vaddr,
		.run = op_vfio_unmap_vaddr_all,
		.random = { .weight = 1 },
	},
	{
		.name = "vfio_map_vaddr",
		.what = "MAP with the flag VADDR: a new address for a mapping, and a new owner where the caller is one",
		.source = "drivers/vfio/vfio_iommu_type1.c:vfio_change_dma_owner (90fdd158a695)",
		.args = {
			CONTAINER,
			KEY_NUMBER("iova", DRAW_MAPPED),
			KEY_NUMBER("va", DRAW_MEMORY),
			KEY_NUMBER("len", DRAW_LENGTH),
		},
		.exists = has_vaddr,
		.run = op_vfio_map_vaddr,
		.random = { .weight = 2 },
	},
	{
		.name = "vfio_dirty_log",
		.what = "starts or stops the log of dirty pages (backend upstream)",
		.source = "drivers/vfio/vfio_iommu_type1.c:vfio_iommu_type1_dirty_pages (v5.8)",
		.args = { CONTAINER, { "on", ARG_FLAG, 0 } },
		.served = has_dirty_log,
		.run = op_vfio_dirty_log,
	},
	{
		.name = "vfio_dirty",
		.what = "the bytes in the range that the log calls dirty; unmap=1: and unmaps it (backend upstream)",
		.source = "drivers/vfio/vfio_iommu_type1.c:vfio_iova_dirty_bitmap (v5.8)",
		.makes = KIND(NUMBER),
		.args = {
			CONTAINER,
			KEY_NUMBER("iova", DRAW_MAPPED),
			KEY_NUMBER("len", DRAW_LENGTH),
			{ "unmap", ARG_FLAG, ARG_KEY | ARG_OPTIONAL },
		},
		.served = has_dirty_log,
		.run = op_vfio_dirty,
	},
	{
		.name = "vfio_info",
		.what = "one number of what the container says of itself; a window by its index (backend upstream)",
		.source = "drivers/vfio/vfio_iommu_type1.c:vfio_iommu_type1_get_info",
		.makes = KIND(NUMBER),
		.args = {
			CONTAINER,
			{ "what", ARG_WORD, 0, .words = info_words },
			{ "window", ARG_NUMBER, ARG_KEY | ARG_OPTIONAL },
		},
		.served = has_info,
		.run = op_vfio_info,
	},
	{
		.name = "vfio_extension",
		.what = "1 where the container has it, else 0 (backend upstream)",
		.source = "drivers/vfio/vfio_iommu_type1.c:vfio_iommu_type1_check_extension",
		.makes = KIND(NUMBER),
		.args = { CONTAINER, { "what", ARG_WORD, 0, .words = extension_words } },
		.served = has_info,
		.run = op_vfio_extension,
	},
	{
		.name = "mdev_rw",
		.what = "the emulated device reads or writes a range without pinning it (backend upstream)",
		.source = "drivers/vfio/vfio_iommu_type1.c:vfio_iommu_type1_dma_rw",
		.args = {
			MDEV,
			KEY_NUMBER("iova", DRAW_MAPPED),
			KEY_NUMBER("len", DRAW_LENGTH),
			{ "write", ARG_FLAG, ARG_KEY | ARG_OPTIONAL },
		},
		.served = has_info,
		.run = op_mdev_rw,
	},
	{
		.name = "mdev_attach",
		.what = "an emulated device in the container, which pins what it uses",
		.source = "drivers/vfio/vfio_iommu_type1.c:vfio_iommu_type1_attach_group, VFIO_EMULATED_IOMMU",
		.makes = KIND(MDEV),
		.args = { CONTAINER },
		.run = op_mdev_attach,
		.random = { .weight = 2 },
	},
	{
		.name = "mdev_pin",
		.what = "the emulated device pins a range",
		.source = "drivers/vfio/vfio_iommu_type1.c:vfio_iommu_type1_pin_pages",
		.args = {
			MDEV,
			KEY_NUMBER("iova", DRAW_MAPPED),
			{ "len", ARG_NUMBER, ARG_KEY, .draw = DRAW_LENGTH, .most = 4 },
		},
		.run = op_mdev_pin,
		.random = { .weight = 14, .charges = true },
	},
	{
		.name = "mdev_unpin",
		.what = "and gives it back",
		.source = "drivers/vfio/vfio_iommu_type1.c:vfio_iommu_type1_unpin_pages",
		.args = { MDEV, KEY_NUMBER("iova", DRAW_MAPPED), KEY_NUMBER("len", DRAW_LENGTH) },
		.run = op_mdev_unpin,
		.random = { .weight = 2 },
	},
};

OP_AREA(ops_vfio, "vfio", ops);

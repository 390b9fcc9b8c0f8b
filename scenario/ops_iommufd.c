// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * iommufd's ioctls, with the mock devices and in-kernel accesses of its test
 * driver. They go through the backend, so that the model and the kernel's own
 * files stand behind the same words.
 */
#include <errno.h>
#include <scenario/runner.h>
#include <sim/world.h>
#include "ops.h"

static bool has_iommufd(const struct kernel_rules *rules)
{
	return rules->iommufd.present;
}

/* Devices can change their IOAS at once since the release that brought the vfio cdev. */
static bool has_replace(const struct kernel_rules *rules)
{
	return rules->iommufd.present && rules->iommufd.vfio_cdev;
}

static bool has_map_file(const struct kernel_rules *rules)
{
	return rules->iommufd.map_file;
}

static bool has_change_process(const struct kernel_rules *rules)
{
	return rules->iommufd.change_process;
}

const struct op_word map_prot_words[] = {
	{ "rw", IOPT_READ | IOPT_WRITE }, { "r", IOPT_READ }, { "w", IOPT_WRITE }, { "none", 0 }, { NULL, 0 },
};

static unsigned int prot_of(const struct op_value *arg)
{
	return arg->given ? (unsigned int)arg->number : IOPT_READ | IOPT_WRITE;
}

/* The object @id of the iommufd behind the first argument's fd. */
static long made_object(struct op_call *call, enum value_kind kind, unsigned int id)
{
	call->made = (struct value){
		.kind = kind,
		.file = call->arg[0].value->file,
		.id = id,
	};
	return 0;
}

static long op_iommufd_open(struct op_call *call)
{
	return op_made_file(call, VALUE_IOMMUFD, call->backend->iommufd->open());
}

static long op_ioas_alloc(struct op_call *call)
{
	unsigned int id = 0;
	long ret = call->backend->iommufd->ioas_alloc(call->arg[0].fd, &id);

	return ret < 0 ? ret : made_object(call, VALUE_IOAS, id);
}

/* A power of two; the mock maps in steps of half a page of the CPU, and knows no smaller ones. */
#define IOMMU_PAGE_BYTES_MIN 2048ul

bool op_is_page_size(unsigned long bytes)
{
	return bytes >= IOMMU_PAGE_BYTES_MIN && !(bytes & (bytes - 1));
}

static long op_attach(struct op_call *call)
{
	const struct iommufd_calls *iommufd = call->backend->iommufd;
	struct op_value *ioas = &call->arg[0], *device = &call->arg[1];
	struct iommufd_attach args = {
		.ioas_id = ioas->value->id,
		.aperture_start = call->arg[2].number,
		.aperture_last = call->arg[2].second,
		.pgsize = call->arg[3].number,
	};
	unsigned int id = 0;
	long ret;

	if (call->arg[3].given && !op_is_page_size(args.pgsize))
		return -EINVAL;
	if (device->given) {
		ret = iommufd->attach(device->context_fd, device->value->id, args.ioas_id);
		if (ret >= 0)
			call->made = *device->value;
		return ret < 0 ? ret : 0;
	}
	ret = iommufd->attach_mock(ioas->fd, &args, &id);
	return ret < 0 ? ret : made_object(call, VALUE_DEVICE, id);
}

static const char *attach_shape(const struct step *step)
{
	if (step_operand(step, 1) && (step_operand(step, 2) || step_operand(step, 3)))
		return "dev= together with aperture= or pgsize=, expected those for a new mock device only";
	return NULL;
}

static long op_detach(struct op_call *call)
{
	return call->backend->iommufd->detach(call->arg[0].context_fd, call->arg[0].value->id);
}

static long op_replace(struct op_call *call)
{
	return call->backend->iommufd->replace(call->arg[0].context_fd, call->arg[0].value->id,
					       call->arg[1].value->id);
}

static long op_ioas_map(struct op_call *call)
{
	struct iommufd_map args = {
		.ioas_id = call->arg[0].value->id,
		.va = call->arg[1].number,
		.memfd = -1,
		.len = call->arg[2].number,
		.fixed = call->arg[3].given,
		.iova = call->arg[3].number,
		.prot = prot_of(&call->arg[4]),
	};
	unsigned long iova = args.iova;
	long ret = call->backend->iommufd->ioas_map(call->arg[0].fd, &args, &iova);

	return ret < 0 ? ret : op_made_number(call, iova);
}

static long op_ioas_map_file(struct op_call *call)
{
	struct iommufd_map args = {
		.ioas_id = call->arg[0].value->id,
		.memfd = call->arg[1].fd,
		.off = call->arg[2].number,
		.len = call->arg[3].number,
		.fixed = call->arg[4].given,
		.iova = call->arg[4].number,
		.prot = prot_of(&call->arg[5]),
	};
	unsigned long iova = args.iova;
	long ret = call->backend->iommufd->ioas_map_file(call->arg[0].fd, &args, &iova);

	return ret < 0 ? ret : op_made_number(call, iova);
}

static long unmap(struct op_call *call, unsigned long iova, unsigned long len)
{
	unsigned long unmapped = 0;
	long ret = call->backend->iommufd->ioas_unmap(call->arg[0].fd, call->arg[0].value->id, iova, len, &unmapped);

	return ret < 0 ? ret : op_made_number(call, unmapped);
}

static long op_ioas_unmap(struct op_call *call)
{
	return unmap(call, call->arg[1].number, call->arg[2].number);
}

/* The range that the ioctl takes for everything. */
static long op_ioas_unmap_all(struct op_call *call)
{
	return unmap(call, 0, ~0ul);
}

static long op_ioas_copy(struct op_call *call)
{
	unsigned long iova = call->arg[4].number;
	long ret = call->backend->iommufd->ioas_copy(call->arg[0].fd, call->arg[0].value->id, call->arg[1].value->id,
						     call->arg[2].number, call->arg[3].number, call->arg[4].given,
						     &iova, prot_of(&call->arg[5]));

	return ret < 0 ? ret : op_made_number(call, iova);
}

static long op_ioas_allow_iovas(struct op_call *call)
{
	const struct op_value *ranges = &call->arg[1];
	struct iommufd_range *list = sim_zalloc((ranges->nr + 1) * sizeof(*list));
	unsigned int i;
	long ret;

	for (i = 0; i < ranges->nr; i++)
		list[i] = (struct iommufd_range){ ranges->pairs[i].first, ranges->pairs[i].second };
	ret = call->backend->iommufd->ioas_allow_iovas(call->arg[0].fd, call->arg[0].value->id, list, ranges->nr);
	sim_free(list);
	return ret;
}

static long op_access_create(struct op_call *call)
{
	unsigned int id = 0;
	long ret = call->backend->iommufd->access_create(call->arg[0].fd, call->arg[0].value->id, &id);

	if (ret < 0)
		return ret;
	op_made_file(call, VALUE_ACCESS, ret);
	call->made.context = call->arg[0].value->file;
	call->made.id = id;
	return 0;
}

static long op_access_pin(struct op_call *call)
{
	long ret = call->backend->iommufd->access_pin(call->arg[0].fd, call->arg[1].number, call->arg[2].number,
						      call->arg[3].number);

	return ret < 0 ? ret : 0;
}

static long op_access_unpin(struct op_call *call)
{
	return call->backend->iommufd->access_unpin(call->arg[0].fd, call->arg[1].number, call->arg[2].number);
}

static long op_access_rw(struct op_call *call)
{
	return call->backend->iommufd->access_rw(call->arg[0].fd, call->arg[1].number, call->arg[2].number,
						 call->arg[3].number);
}

static long op_option_rlimit_mode(struct op_call *call)
{
	long ret = call->backend->iommufd->option_rlimit_mode(call->arg[0].fd, call->arg[1].given,
							      call->arg[1].number);

	return ret < 0 ? ret : op_made_number(call, call->arg[1].given ? 0 : (unsigned long)ret);
}

static long op_option_huge_pages(struct op_call *call)
{
	long ret = call->backend->iommufd->option_huge_pages(call->arg[0].fd, call->arg[0].value->id,
							     call->arg[1].given, call->arg[1].number);

	return ret < 0 ? ret : op_made_number(call, call->arg[1].given ? 0 : (unsigned long)ret);
}

static long op_change_process(struct op_call *call)
{
	return call->backend->iommufd->change_process(call->arg[0].fd);
}

static long op_destroy(struct op_call *call)
{
	return call->backend->iommufd->destroy(call->arg[0].context_fd, call->arg[0].value->id);
}

static bool has_dirty_log(const struct backend *backend)
{
	return backend->iommufd->dirty_domain;
}

static long op_dirty_domain(struct op_call *call)
{
	return call->backend->iommufd->dirty_domain(call->arg[0].context_fd, call->arg[0].value->id,
						    call->arg[1].value->id);
}

static long op_dirty_log(struct op_call *call)
{
	return call->backend->iommufd->dirty_log(call->arg[0].context_fd, call->arg[0].value->id,
						 call->arg[1].number);
}

static long op_dma_write(struct op_call *call)
{
	unsigned long bytes = 0;
	long ret = call->backend->iommufd->dma_write(call->arg[0].context_fd, call->arg[0].value->id,
						     call->arg[1].number, call->arg[2].number, &bytes);

	return ret < 0 ? ret : op_made_number(call, bytes);
}

static long op_dirty(struct op_call *call)
{
	const struct iommufd_dirty args = {
		.iova = call->arg[1].number,
		.len = call->arg[2].number,
		.bitmap = call->arg[3].number,
		.pgsize = call->arg[4].given ? call->arg[4].number : 4096,
		.keep = call->arg[5].number,
	};
	unsigned long bytes = 0;
	long ret = call->backend->iommufd->dirty(call->arg[0].context_fd, call->arg[0].value->id, &args, &bytes);

	return ret < 0 ? ret : op_made_number(call, bytes);
}

#define IOAS_ARG(name) { name, ARG_VARIABLE, 0, KIND(IOAS) }
#define KEY_NUMBER(name, how) { name, ARG_NUMBER, ARG_KEY, .draw = how }
/* Where it is given, or not, the address space is that of the first argument. */
#define KEY_IOVA { "iova", ARG_NUMBER, ARG_KEY | ARG_OPTIONAL, .draw = DRAW_FREE, .odds = 2 }
#define MAPPED KEY_NUMBER("iova", DRAW_MAPPED), KEY_NUMBER("len", DRAW_LENGTH)
#define KEY_PROT { "prot", ARG_WORD, ARG_KEY | ARG_OPTIONAL, .words = map_prot_words }
#define KEY_WRITE { "write", ARG_FLAG, ARG_KEY | ARG_OPTIONAL }
#define KINDS_DEVICE (KIND(DEVICE) | KIND(CDEV))
#define KINDS_OBJECT (KIND(IOAS) | KIND(DEVICE) | KIND(CDEV) | KIND(ACCESS))

static const struct op ops[] = {
	{
		.name = "iommufd_open",
		.what = "opens /dev/iommu",
		.source = "drivers/iommu/iommufd/main.c:iommufd_fops_open",
		.makes = KIND(IOMMUFD),
		.exists = has_iommufd,
		.run = op_iommufd_open,
		.random = { .weight = 2 },
	},
	{
		.name = "ioas_alloc",
		.what = "an address space without devices: mapping into it costs nothing yet",
		.source = "drivers/iommu/iommufd/ioas.c:iommufd_ioas_alloc_ioctl",
		.makes = KIND(IOAS),
		.args = { { "fd", ARG_VARIABLE, 0, KIND(IOMMUFD) } },
		.exists = has_iommufd,
		.on_container = "vfio_open",
		.run = op_ioas_alloc,
		.random = { .weight = 3 },
	},
	{
		.name = "attach",
		.what = "a new mock device, or dev=, on an IOAS: its first domain pins and charges what is mapped",
		.source = "drivers/iommu/iommufd/device.c:iommufd_device_attach, selftest.c",
		.makes = KINDS_DEVICE,
		.args = {
			IOAS_ARG("ioas"),
			{ "dev", ARG_VARIABLE, ARG_KEY | ARG_OPTIONAL, KINDS_DEVICE },
			{ "aperture", ARG_RANGE, ARG_KEY | ARG_OPTIONAL, .odds = 12 },
			{ "pgsize", ARG_NUMBER, ARG_KEY | ARG_OPTIONAL,
			  .draw = DRAW_POWER, .least = 11, .most = 16, .odds = 12 },
		},
		.exists = has_iommufd,
		.shape = attach_shape,
		.run = op_attach,
		.random = { .weight = 12, .charges = true },
	},
	{
		.name = "detach",
		.what = "takes a device off its IOAS; the last one lets the pages go",
		.source = "drivers/iommu/iommufd/device.c:iommufd_device_detach",
		.args = { { "dev", ARG_VARIABLE, 0, KINDS_DEVICE } },
		.exists = has_iommufd,
		.run = op_detach,
		.random = { .weight = 2, .effect = EFFECT_END },
	},
	{
		.name = "replace",
		.what = "moves a device to another IOAS in one go",
		.source = "drivers/iommu/iommufd/device.c:iommufd_device_replace (v6.6)",
		.args = { { "dev", ARG_VARIABLE, 0, KINDS_DEVICE }, IOAS_ARG("ioas") },
		.exists = has_replace,
		.run = op_replace,
		.random = { .weight = 2, .charges = true },
	},
	{
		.name = "ioas_map",
		.what = "maps memory; returns the IOVA, which is chosen where none is given",
		.source = "drivers/iommu/iommufd/ioas.c:iommufd_ioas_map",
		.makes = KIND(NUMBER),
		.returns_address = true,
		.args = {
			IOAS_ARG("ioas"),
			KEY_NUMBER("va", DRAW_MEMORY),
			KEY_NUMBER("len", DRAW_LENGTH),
			KEY_IOVA,
			KEY_PROT,
		},
		.exists = has_iommufd,
		.probes = OP_PROBES("@ioas, va=@va, len=@len, iova=@iova",
				    "@ioas, va=@va, len=1p, iova=@iova_too",
				    "+@ioas, va=@bar, len=@len, iova=@iova"),
		.on_container = "vfio_map",
		.run = op_ioas_map,
		.random = { .weight = 40, .charges = true, .effect = EFFECT_MAP },
	},
	{
		.name = "ioas_map_file",
		.what = "maps a memfd: pins need no mm, so they outlive it",
		.source = "drivers/iommu/iommufd/ioas.c:iommufd_ioas_map_file (f4986a72d6e4)",
		.makes = KIND(NUMBER),
		.returns_address = true,
		.args = {
			IOAS_ARG("ioas"),
			{ "file", ARG_VARIABLE, ARG_KEY, KINDS_FD, .likely = KIND(MEMFD) },
			KEY_NUMBER("off", DRAW_OFFSET),
			KEY_NUMBER("len", DRAW_LENGTH),
			KEY_IOVA,
			KEY_PROT,
		},
		.exists = has_map_file,
		.run = op_ioas_map_file,
		.random = { .weight = 14, .charges = true, .effect = EFFECT_MAP },
	},
	{
		.name = "ioas_unmap",
		.what = "unmaps whole mappings in a range; returns the bytes",
		.source = "drivers/iommu/iommufd/ioas.c:iommufd_ioas_unmap",
		.makes = KIND(NUMBER),
		.args = { IOAS_ARG("ioas"), MAPPED },
		.exists = has_iommufd,
		.probes = OP_PROBES("@ioas, iova=@iova, len=2p", "@ioas, iova=@iova_too, len=2p"),
		.on_container = "vfio_unmap",
		.run = op_ioas_unmap,
		.random = { .weight = 8, .effect = EFFECT_UNMAP },
	},
	{
		.name = "ioas_unmap_all",
		.what = "unmaps everything; returns the bytes",
		.source = "drivers/iommu/iommufd/ioas.c:iommufd_ioas_unmap, (0, U64_MAX)",
		.makes = KIND(NUMBER),
		.args = { IOAS_ARG("ioas") },
		.exists = has_iommufd,
		.on_container = "vfio_unmap_all",
		.run = op_ioas_unmap_all,
		.random = { .weight = 1, .effect = EFFECT_UNMAP_ALL },
	},
	{
		.name = "ioas_copy",
		.what = "shares mapped pages with another IOAS: no further charge; returns the IOVA",
		.source = "drivers/iommu/iommufd/ioas.c:iommufd_ioas_copy",
		.makes = KIND(NUMBER),
		.returns_address = true,
		.args = {
			IOAS_ARG("dst"),
			IOAS_ARG("src"),
			{ "src_iova", ARG_NUMBER, ARG_KEY, .draw = DRAW_MAPPED, .space = 1 },
			KEY_NUMBER("len", DRAW_LENGTH),
			KEY_IOVA,
			KEY_PROT,
		},
		.exists = has_iommufd,
		.run = op_ioas_copy,
		.random = { .weight = 16, .charges = true, .effect = EFFECT_MAP },
	},
	{
		.name = "ioas_allow_iovas",
		.what = "restricts what the allocator of IOVAs may choose",
		.source = "drivers/iommu/iommufd/ioas.c:iommufd_ioas_allow_iovas",
		.args = { IOAS_ARG("ioas"), { "range", ARG_RANGE, ARG_MANY } },
		.exists = has_iommufd,
		.run = op_ioas_allow_iovas,
		.random = { .weight = 1 },
	},
	{
		.name = "access_create",
		.what = "an in-kernel user that may pin; it lets go of a range that is being unmapped",
		.source = "drivers/iommu/iommufd/device.c:iommufd_access_create, selftest.c",
		.makes = KIND(ACCESS),
		.args = { IOAS_ARG("ioas") },
		.exists = has_iommufd,
		.on_container = "mdev_attach",
		.run = op_access_create,
		.random = { .weight = 3 },
	},
	{
		.name = "access_pin",
		.what = "pins a range for the access",
		.source = "drivers/iommu/iommufd/device.c:iommufd_access_pin_pages",
		.args = { { "acc", ARG_VARIABLE, 0, KIND(ACCESS) }, MAPPED, KEY_WRITE },
		.exists = has_iommufd,
		.on_container = "mdev_pin",
		.run = op_access_pin,
		.random = { .weight = 30, .charges = true },
	},
	{
		.name = "access_unpin",
		.what = "gives such a range back",
		.source = "drivers/iommu/iommufd/device.c:iommufd_access_unpin_pages",
		.args = { { "acc", ARG_VARIABLE, 0, KIND(ACCESS) }, MAPPED },
		.exists = has_iommufd,
		.on_container = "mdev_unpin",
		.run = op_access_unpin,
		.random = { .weight = 8 },
	},
	{
		.name = "access_rw",
		.what = "reads or writes a range; pins in passing, uncharged",
		.source = "drivers/iommu/iommufd/device.c:iommufd_access_rw",
		.args = { { "acc", ARG_VARIABLE, 0, KIND(ACCESS) }, MAPPED, KEY_WRITE },
		.exists = has_iommufd,
		.run = op_access_rw,
		.random = { .weight = 2, .charges = true },
	},
	{
		.name = "option_rlimit_mode",
		.what = "0: charge the user, 1: charge the process; without a value returns it",
		.source = "drivers/iommu/iommufd/main.c:iommufd_option, IOMMU_OPTION_RLIMIT_MODE",
		.makes = KIND(NUMBER),
		.args = {
			{ "fd", ARG_VARIABLE, 0, KIND(IOMMUFD) },
			{ "value", ARG_NUMBER, ARG_OPTIONAL, .most = 1, .odds = 1 },
		},
		.exists = has_iommufd,
		.run = op_option_rlimit_mode,
		.random = { .weight = 1, .setting = true },
	},
	{
		.name = "option_huge_pages",
		.what = "0: map page by page; without a value returns it",
		.source = "drivers/iommu/iommufd/ioas.c:iommufd_ioas_option, IOMMU_OPTION_HUGE_PAGES",
		.makes = KIND(NUMBER),
		.args = { IOAS_ARG("ioas"), { "value", ARG_NUMBER, ARG_OPTIONAL, .most = 1, .odds = 1 } },
		.exists = has_iommufd,
		.run = op_option_huge_pages,
		.random = { .weight = 1, .setting = true },
	},
	{
		.name = "change_process",
		.what = "moves the charges of file mappings to the caller",
		.source = "drivers/iommu/iommufd/ioas.c:iommufd_ioas_change_process (829ed626499c)",
		.args = { { "fd", ARG_VARIABLE, 0, KIND(IOMMUFD) } },
		.exists = has_change_process,
		.probes = OP_PROBES("@iommufd"),
		.run = op_change_process,
		.random = { .weight = 8, .charges = true },
	},
	{
		.name = "destroy",
		.what = "destroys an object of an iommufd that is not in use",
		.source = "drivers/iommu/iommufd/main.c:iommufd_destroy",
		.args = { { "obj", ARG_VARIABLE, 0, KINDS_OBJECT } },
		.exists = has_iommufd,
		.run = op_destroy,
		.random = { .weight = 1, .effect = EFFECT_END },
	},
	{
		.name = "dirty_domain",
		.what = "moves a mock device to a new domain of the IOAS that can log dirty pages (backend upstream)",
		.source = "drivers/iommu/iommufd/hw_pagetable.c:iommufd_hwpt_alloc, DIRTY_TRACKING (v6.7)",
		.args = { { "dev", ARG_VARIABLE, 0, KIND(DEVICE) }, IOAS_ARG("ioas") },
		.served = has_dirty_log,
		.run = op_dirty_domain,
	},
	{
		.name = "dirty_log",
		.what = "starts or stops the log of that domain (backend upstream)",
		.source = "drivers/iommu/iommufd/io_pagetable.c:iopt_set_dirty_tracking (v6.7)",
		.args = { { "dev", ARG_VARIABLE, 0, KIND(DEVICE) }, { "on", ARG_FLAG, 0 } },
		.served = has_dirty_log,
		.run = op_dirty_log,
	},
	{
		.name = "dma_write",
		.what = "the device writes to what is mapped in the range; returns the bytes (backend upstream)",
		.source = "drivers/iommu/iommufd/selftest.c:iommufd_test_dirty",
		.makes = KIND(NUMBER),
		.args = { { "dev", ARG_VARIABLE, 0, KIND(DEVICE) }, MAPPED },
		.served = has_dirty_log,
		.run = op_dma_write,
	},
	{
		.name = "dirty",
		.what = "the bytes in the range that the log calls dirty; keep=1: they stay so (backend upstream)",
		.source = "drivers/iommu/iommufd/io_pagetable.c:iopt_read_and_clear_dirty_data (v6.7)",
		.makes = KIND(NUMBER),
		.args = {
			{ "dev", ARG_VARIABLE, 0, KIND(DEVICE) },
			MAPPED,
			KEY_NUMBER("bitmap", DRAW_MEMORY),
			{ "pgsize", ARG_NUMBER, ARG_KEY | ARG_OPTIONAL },
			{ "keep", ARG_FLAG, ARG_KEY | ARG_OPTIONAL },
		},
		.served = has_dirty_log,
		.run = op_dirty,
	},
};

OP_AREA(ops_iommufd, "iommufd", ops);

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The ioctls of VFIO and iommufd.
 *
 * strace (6.1) names these ioctls, some of them, and shows no argument. A member is
 * taken from the argument where a newer strace decodes it, else from the bytes that
 * import/ioctl_args.c had the program show before the call. What the kernel answered
 * (ids, an IOVA that it chose) comes after it and is learnt then.
 */
#include <string.h>
#include "importer.h"

enum {
	GROUP_SET_CONTAINER = 104, GROUP_UNSET_CONTAINER = 105, GROUP_GET_DEVICE_FD = 106, SET_IOMMU = 102,
	MAP_DMA = 113, UNMAP_DMA = 114, BIND_IOMMUFD = 118, ATTACH_PT = 119, DETACH_PT = 120,
	DESTROY = 0x80, IOAS_ALLOC, ALLOW_IOVAS, IOAS_COPY, IOVA_RANGES, IOAS_MAP, IOAS_UNMAP, OPTION, VFIO_IOAS,
	HWPT_ALLOC, GET_HW_INFO, MAP_FILE = 0x8f, CHANGE_PROCESS = 0x92,
};

static const struct { const char *name; unsigned int nr; } names[] = {
	{ "VFIO_SET_IOMMU", SET_IOMMU },
	{ "VFIO_GROUP_SET_CONTAINER", GROUP_SET_CONTAINER },
	{ "VFIO_GROUP_UNSET_CONTAINER", GROUP_UNSET_CONTAINER },
	{ "VFIO_GROUP_GET_DEVICE_FD", GROUP_GET_DEVICE_FD },
	{ "VFIO_IOMMU_MAP_DMA", MAP_DMA },
	{ "VFIO_IOMMU_UNMAP_DMA", UNMAP_DMA },
	{ "VFIO_DEVICE_BIND_IOMMUFD", BIND_IOMMUFD },
	{ "VFIO_DEVICE_ATTACH_IOMMUFD_PT", ATTACH_PT },
	{ "VFIO_DEVICE_DETACH_IOMMUFD_PT", DETACH_PT },
	{ "IOMMU_DESTROY", DESTROY },
	{ "IOMMU_IOAS_ALLOC", IOAS_ALLOC },
	{ "IOMMU_IOAS_ALLOW_IOVAS", ALLOW_IOVAS },
	{ "IOMMU_IOAS_COPY", IOAS_COPY },
	{ "IOMMU_IOAS_MAP", IOAS_MAP },
	{ "IOMMU_IOAS_MAP_FILE", MAP_FILE },
	{ "IOMMU_IOAS_UNMAP", IOAS_UNMAP },
	{ "IOMMU_IOAS_CHANGE_PROCESS", CHANGE_PROCESS },
	{ "IOMMU_OPTION", OPTION },
	{ "IOMMU_HWPT_ALLOC", HWPT_ALLOC },
};

/* By its name ("A or B" where two share the number), or by _IOC(...)'s third argument. */
static unsigned int command(const struct strace_call *call)
{
	const struct strace_value *request = strace_arg(call, 1), *item;
	unsigned long nr;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strace_has(request, names[i].name))
			return names[i].nr;
	if (!request || !request->parts || request->parts->kind != PART_WORD || !request->parts->items)
		return 0;
	item = request->parts->items->next;
	return item && item->next && strace_number(item->next, &nr) ? (unsigned int)nr : 0;
}

/* An ioctl's argument: decoded, or as bytes. */
struct argument {
	const struct strace_value *decoded;
	const struct ioctl_bytes *raw;
};

static bool member_of_bytes(const struct ioctl_bytes *raw, unsigned int offset, unsigned int bytes,
			    unsigned long *number)
{
	unsigned int i;

	if (!raw || offset + bytes > raw->nr)
		return false;
	*number = 0;
	for (i = 0; i < bytes; i++)
		*number |= (unsigned long)raw->bytes[offset + i] << (8 * i);
	return true;
}

/* The member of that name, @bytes long at @offset. */
static bool member(const struct argument *argument, const char *name, unsigned int offset, unsigned int bytes,
		   unsigned long *number)
{
	return strace_number(strace_member(argument->decoded, name), number) ||
	       member_of_bytes(argument->raw, offset, bytes, number);
}

static const char not_shown[] = "the log does not show its argument: see `pinsim import --help`";

/*
 * An IOAS, or a page table made on one, by its id. Ids belong to an iommufd.
 */
static struct object *by_id(struct importer *importer, const struct object *iommufd, unsigned long id)
{
	struct object *object = importer->objects;

	while (object && !(object->kind == OBJECT_IOAS && object->id == id && object->container == iommufd))
		object = object->next;
	return object;
}

/* --- the type1 container --- */

static void write_open(struct importer *importer, struct thread *thread, const struct strace_call *call,
		       struct object *container, unsigned long version)
{
	struct draft *step = add_step(importer, thread, call, "vfio_open");
	unsigned int i;

	step->variable = container->name;
	if (version == 1)
		draft_number(&importer->steps, step, "version", 1);
	if (container->container) {
		draft_text(&importer->steps, step, "iommufd", container->container->name);
	}
	if (!succeeded(call))
		return;
	container->open = true;
	container->used = true;
	for (i = 1; i < container->groups; i++)
		draft_text(&importer->steps, draft_add(&importer->steps, call->line, thread->name, "vfio_attach"), NULL,
			  container->name);
}

static void set_iommu(struct importer *importer, struct thread *thread, const struct strace_call *call,
		      struct object *container)
{
	unsigned long type = 3;

	strace_number(strace_arg(call, 2), &type);
	if (strace_has(strace_arg(call, 2), "VFIO_TYPE1_IOMMU"))
		type = 1;
	if (!container->open && (type == 1 || type == 3))
		write_open(importer, thread, call, container, type == 1 ? 1 : 2);
}

static struct object *last_of(struct importer *importer, enum object_kind kind)
{
	struct object *object = importer->objects;

	while (object && object->kind != kind)
		object = object->next;
	return object;
}

static void group_ioctl(struct importer *importer, struct thread *thread, const struct strace_call *call,
			struct object *group, const struct argument *argument)
{
	unsigned int nr = command(call);
	struct object *container = NULL;
	struct object *device;
	unsigned long fd;

	if (nr == GROUP_SET_CONTAINER && succeeded(call)) {
		if (strace_number(strace_items(strace_arg(call, 2)), &fd) || member_of_bytes(argument->raw, 0, 4, &fd))
			container = fd_table_find(thread->files, (int)fd);
		group->container = container ? container : last_of(importer, OBJECT_CONTAINER);
		if (group->container && !group->container->open)
			group->container->groups++;
		else if (group->container)
			draft_text(&importer->steps, add_step(importer, thread, call, "vfio_attach"), NULL,
				  group->container->name);
	} else if (nr == GROUP_UNSET_CONTAINER && group->container && group->container->open) {
		draft_text(&importer->steps, add_step(importer, thread, call, "vfio_detach"), NULL,
			  group->container->name);
		if (succeeded(call))
			group->container = NULL;
	} else if (nr == GROUP_GET_DEVICE_FD && succeeded(call)) {
		device = object_add(importer, OBJECT_DEVICE_MEMORY, "x");
		device->container = group->container;
		install(importer, thread, call, (int)call->ret, device, true);
	}
}

static void map_dma(struct importer *importer, struct thread *thread, const struct strace_call *call,
		    const struct object *container, const struct argument *argument)
{
	enum { READ = 1, WRITE = 2, VADDR = 4 };
	unsigned long flags, va, iova, bytes;
	struct draft *step;

	if (!member(argument, "flags", 4, 4, &flags) || !member(argument, "vaddr", 8, 8, &va) ||
	    !member(argument, "iova", 16, 8, &iova) || !member(argument, "size", 24, 8, &bytes)) {
		lose(importer, call, not_shown);
		return;
	}
	step = add_step(importer, thread, call, flags & VADDR ? "vfio_map_vaddr" : "vfio_map");
	draft_text(&importer->steps, step, NULL, container->name);
	draft_number(&importer->steps, step, "iova", iova);
	draft_address(importer, thread, call, step, "va", va, bytes);
	draft_number(&importer->steps, step, "len", bytes);
	if (!(flags & VADDR) && (flags & (READ | WRITE)) != (READ | WRITE))
		draft_text(&importer->steps, step, "prot", flags & READ ? "r" : flags & WRITE ? "w" : "none");
}

static void unmap_dma(struct importer *importer, struct thread *thread, const struct strace_call *call,
		      const struct object *container, const struct argument *argument)
{
	static const char *const ops[2][2] = {
		{ "vfio_unmap", "vfio_unmap_all" }, { "vfio_unmap_vaddr", "vfio_unmap_vaddr_all" },
	};
	enum { ALL = 2, VADDR = 4 };
	unsigned long flags, iova, bytes;
	struct draft *step;

	if (!member(argument, "flags", 4, 4, &flags) || !member(argument, "iova", 8, 8, &iova) ||
	    !member(argument, "size", 16, 8, &bytes)) {
		lose(importer, call, not_shown);
		return;
	}
	step = add_step(importer, thread, call, ops[!!(flags & VADDR)][!!(flags & ALL)]);
	draft_text(&importer->steps, step, NULL, container->name);
	if (!(flags & ALL)) {
		draft_number(&importer->steps, step, "iova", iova);
		draft_number(&importer->steps, step, "len", bytes);
	}
}

static void container_ioctl(struct importer *importer, struct thread *thread, const struct strace_call *call,
			    struct object *container, const struct argument *argument)
{
	unsigned int nr = command(call);

	if (nr == SET_IOMMU)
		set_iommu(importer, thread, call, container);
	else if (container->open && nr == MAP_DMA)
		map_dma(importer, thread, call, container, argument);
	else if (container->open && nr == UNMAP_DMA)
		unmap_dma(importer, thread, call, container, argument);
}

/* --- a device of iommufd --- */

static void cdev_ioctl(struct importer *importer, struct thread *thread, const struct strace_call *call,
		       struct object *device, const struct argument *argument)
{
	unsigned int nr = command(call);
	struct object *iommufd, *ioas;
	unsigned long number;
	struct draft *step;

	if (nr == BIND_IOMMUFD) {
		iommufd = member(argument, "iommufd", 8, 4, &number) ? fd_table_find(thread->files, (int)number) :
			last_of(importer, OBJECT_IOMMUFD);
		if (!iommufd || iommufd->kind != OBJECT_IOMMUFD)
			return;
		step = add_step(importer, thread, call, "vfio_cdev_open");
		step->variable = device->name;
		draft_text(&importer->steps, step, NULL, iommufd->name);
		device->container = iommufd;
		device->open = succeeded(call);
		device->used |= device->open;
	} else if (nr == ATTACH_PT && device->open) {
		ioas = member(argument, "pt_id", 8, 4, &number) ? by_id(importer, device->container, number) : NULL;
		if (!ioas) {
			lose(importer, call, not_shown);
			return;
		}
		step = add_step(importer, thread, call, "attach");
		draft_text(&importer->steps, step, NULL, ioas->name);
		draft_text(&importer->steps, step, "dev", device->name);
	} else if (nr == DETACH_PT && device->open) {
		draft_text(&importer->steps, add_step(importer, thread, call, "detach"), NULL, device->name);
	}
}

/* --- iommufd --- */

/* An id of the kernel's is known once it was shown: IOAS_ALLOC's at 8, HWPT_ALLOC's at 16. */
static void learn_ioas(struct importer *importer, struct thread *thread, const struct ioctl_bytes *answer)
{
	struct object *ioas = thread->learning;

	member_of_bytes(answer, 8, 4, &ioas->id);
}

static void ioas_alloc(struct importer *importer, struct thread *thread, const struct strace_call *call,
		       struct object *iommufd, const struct argument *argument)
{
	struct draft *step = add_step(importer, thread, call, "ioas_alloc");
	struct object *ioas;

	draft_text(&importer->steps, step, NULL, iommufd->name);
	if (!succeeded(call))
		return;
	ioas = object_add(importer, OBJECT_IOAS, "ioas");
	ioas->container = iommufd;
	step->variable = ioas->name;
	if (!strace_number(strace_member(argument->decoded, "out_ioas_id"), &ioas->id)) {
		thread->learn = learn_ioas;
		thread->learning = ioas;
	}
}

/* A page table made on an IOAS stands for it: the scenario makes them by itself. */
static void learn_hwpt(struct importer *importer, struct thread *thread, const struct ioctl_bytes *answer)
{
	struct object *table = thread->learning;

	member_of_bytes(answer, 16, 4, &table->id);
}

static void hwpt_alloc(struct importer *importer, struct thread *thread, const struct strace_call *call,
		       struct object *iommufd, const struct argument *argument)
{
	struct object *ioas, *table;
	unsigned long id;

	if (!succeeded(call) || !member(argument, "pt_id", 12, 4, &id))
		return;
	ioas = by_id(importer, iommufd, id);
	if (!ioas)
		return;
	table = object_add(importer, OBJECT_IOAS, "ioas");
	table->container = iommufd;
	table->name = ioas->name;
	if (!strace_number(strace_member(argument->decoded, "out_hwpt_id"), &table->id)) {
		thread->learn = learn_hwpt;
		thread->learning = table;
	}
}

/* The IOVA that the kernel chose: steps that name it name the variable. */
struct chosen {
	struct chosen *next;
	const struct object *ioas;
	const char *variable;
	unsigned long iova, bytes;
};

static void learn_iova(struct importer *importer, struct thread *thread, const struct ioctl_bytes *answer)
{
	struct chosen *chosen = thread->learning;

	if (member_of_bytes(answer, chosen->iova, 8, &chosen->iova)) {
		chosen->next = importer->chosen;
		importer->chosen = chosen;
	}
}

static void draft_iova(struct importer *importer, struct draft *step, const char *key, const struct object *ioas,
		      unsigned long iova)
{
	struct chosen *chosen = importer->chosen;
	struct draft_arg *arg;

	while (chosen && !(chosen->ioas == ioas && iova >= chosen->iova && iova - chosen->iova < chosen->bytes))
		chosen = chosen->next;
	arg = draft_arg(&importer->steps, step, key, chosen ? ARG_TEXT : ARG_NUMBER);
	arg->text = chosen ? chosen->variable : NULL;
	arg->number = chosen ? iova - chosen->iova : iova;
}

/* Of a map or copy: the IOVA asked for, or a variable for the one that the kernel will choose. */
static void target_iova(struct importer *importer, struct thread *thread, const struct strace_call *call,
			struct draft *step, const struct object *ioas, const struct argument *argument,
			const char *name, unsigned int offset, unsigned long bytes)
{
	enum { FIXED_IOVA = 1 };
	unsigned long flags = FIXED_IOVA, iova = 0;
	struct chosen *chosen;

	member(argument, "flags", 4, 4, &flags);
	member(argument, name, offset, 8, &iova);
	if (flags & FIXED_IOVA) {
		draft_number(&importer->steps, step, "iova", iova);
		return;
	}
	if (!succeeded(call))
		return;
	chosen = obstack_alloc(&importer->steps.memory, sizeof(*chosen));
	*chosen = (struct chosen){ .ioas = ioas, .bytes = bytes, .iova = offset };
	chosen->variable = list_printf(&importer->steps, "iova%u", ++importer->nr_variables);
	step->variable = chosen->variable;
	thread->learn = learn_iova;
	thread->learning = chosen;
}

static void draft_prot(struct importer *importer, struct draft *step, const struct argument *argument)
{
	enum { WRITEABLE = 2, READABLE = 4 };
	unsigned long flags = WRITEABLE | READABLE;

	member(argument, "flags", 4, 4, &flags);
	if ((flags & (WRITEABLE | READABLE)) != (WRITEABLE | READABLE))
		draft_text(&importer->steps, step, "prot",
			  flags & READABLE ? "r" : flags & WRITEABLE ? "w" : "none");
}

static void ioas_map(struct importer *importer, struct thread *thread, const struct strace_call *call,
		     const struct object *iommufd, const struct argument *argument)
{
	unsigned long id, va, bytes;
	struct object *ioas = NULL;
	struct draft *step;

	if (member(argument, "ioas_id", 8, 4, &id))
		ioas = by_id(importer, iommufd, id);
	if (!ioas || !member(argument, "user_va", 16, 8, &va) || !member(argument, "length", 24, 8, &bytes)) {
		lose(importer, call, not_shown);
		return;
	}
	step = add_step(importer, thread, call, "ioas_map");
	draft_text(&importer->steps, step, NULL, ioas->name);
	draft_address(importer, thread, call, step, "va", va, bytes);
	draft_number(&importer->steps, step, "len", bytes);
	target_iova(importer, thread, call, step, ioas, argument, "iova", 32, bytes);
	draft_prot(importer, step, argument);
}

static void map_file(struct importer *importer, struct thread *thread, const struct strace_call *call,
		     const struct object *iommufd, const struct argument *argument)
{
	unsigned long id, fd, start, bytes;
	struct object *ioas = NULL, *file = NULL;
	struct draft *step;

	if (member(argument, "ioas_id", 8, 4, &id))
		ioas = by_id(importer, iommufd, id);
	if (member(argument, "fd", 12, 4, &fd))
		file = fd_table_find(thread->files, (int)fd);
	if (!ioas || !file || !member(argument, "start", 16, 8, &start) ||
	    !member(argument, "length", 24, 8, &bytes)) {
		lose(importer, call, not_shown);
		return;
	}
	file->used = true;
	step = add_step(importer, thread, call, "ioas_map_file");
	draft_text(&importer->steps, step, NULL, ioas->name);
	draft_text(&importer->steps, step, "file", file->name);
	draft_number(&importer->steps, step, "off", start);
	draft_number(&importer->steps, step, "len", bytes);
	target_iova(importer, thread, call, step, ioas, argument, "iova", 32, bytes);
	draft_prot(importer, step, argument);
}

static void ioas_unmap(struct importer *importer, struct thread *thread, const struct strace_call *call,
		       const struct object *iommufd, const struct argument *argument)
{
	unsigned long id, iova, bytes;
	struct object *ioas = NULL;
	struct draft *step;

	if (member(argument, "ioas_id", 4, 4, &id))
		ioas = by_id(importer, iommufd, id);
	if (!ioas || !member(argument, "iova", 8, 8, &iova) || !member(argument, "length", 16, 8, &bytes)) {
		lose(importer, call, not_shown);
		return;
	}
	step = add_step(importer, thread, call, !iova && bytes == ~0ul ? "ioas_unmap_all" : "ioas_unmap");
	draft_text(&importer->steps, step, NULL, ioas->name);
	if (iova || bytes != ~0ul) {
		draft_iova(importer, step, "iova", ioas, iova);
		draft_number(&importer->steps, step, "len", bytes);
	}
	/* how many bytes went is not in the call's result */
}

static void ioas_copy(struct importer *importer, struct thread *thread, const struct strace_call *call,
		      const struct object *iommufd, const struct argument *argument)
{
	struct object *destination = NULL, *source = NULL;
	unsigned long id, bytes, iova;
	struct draft *step;

	if (member(argument, "dst_ioas_id", 8, 4, &id))
		destination = by_id(importer, iommufd, id);
	if (member(argument, "src_ioas_id", 12, 4, &id))
		source = by_id(importer, iommufd, id);
	if (!destination || !source || !member(argument, "length", 16, 8, &bytes) ||
	    !member(argument, "src_iova", 32, 8, &iova)) {
		lose(importer, call, not_shown);
		return;
	}
	step = add_step(importer, thread, call, "ioas_copy");
	draft_text(&importer->steps, step, NULL, destination->name);
	draft_text(&importer->steps, step, NULL, source->name);
	draft_iova(importer, step, "src_iova", source, iova);
	draft_number(&importer->steps, step, "len", bytes);
	target_iova(importer, thread, call, step, destination, argument, "dst_iova", 24, bytes);
	draft_prot(importer, step, argument);
}

static void option(struct importer *importer, struct thread *thread, const struct strace_call *call,
		   const struct object *iommufd, const struct argument *argument)
{
	enum { RLIMIT_MODE = 0, SET = 0 };
	unsigned long which, op, id, value;
	struct object *ioas;
	struct draft *step;

	if (!member(argument, "option_id", 4, 4, &which) || !member(argument, "op", 8, 2, &op) ||
	    !member(argument, "object_id", 12, 4, &id) || !member(argument, "val64", 16, 8, &value)) {
		lose(importer, call, not_shown);
		return;
	}
	ioas = by_id(importer, iommufd, id);
	if (op != SET || (which != RLIMIT_MODE && !ioas))
		return;
	step = add_step(importer, thread, call, which == RLIMIT_MODE ? "option_rlimit_mode" : "option_huge_pages");
	draft_text(&importer->steps, step, NULL, which == RLIMIT_MODE ? iommufd->name : ioas->name);
	draft_number(&importer->steps, step, NULL, value);
}

static void destroy(struct importer *importer, struct thread *thread, const struct strace_call *call,
		    const struct object *iommufd, const struct argument *argument)
{
	struct object *ioas;
	unsigned long id;

	if (!member(argument, "id", 4, 4, &id)) {
		lose(importer, call, not_shown);
		return;
	}
	ioas = by_id(importer, iommufd, id);
	if (ioas)
		draft_text(&importer->steps, add_step(importer, thread, call, "destroy"), NULL, ioas->name);
}

static void iommufd_ioctl(struct importer *importer, struct thread *thread, const struct strace_call *call,
			  struct object *iommufd, const struct argument *argument)
{
	switch (command(call)) {
	case DESTROY:
		destroy(importer, thread, call, iommufd, argument);
		break;
	case IOAS_ALLOC:
		ioas_alloc(importer, thread, call, iommufd, argument);
		break;
	case ALLOW_IOVAS:
		lose(importer, call, "its ranges lie behind a pointer that nobody shows");
		break;
	case IOAS_COPY:
		ioas_copy(importer, thread, call, iommufd, argument);
		break;
	case IOAS_MAP:
		ioas_map(importer, thread, call, iommufd, argument);
		break;
	case MAP_FILE:
		map_file(importer, thread, call, iommufd, argument);
		break;
	case IOAS_UNMAP:
		ioas_unmap(importer, thread, call, iommufd, argument);
		break;
	case OPTION:
		option(importer, thread, call, iommufd, argument);
		break;
	case HWPT_ALLOC:
		hwpt_alloc(importer, thread, call, iommufd, argument);
		break;
	case CHANGE_PROCESS:
		draft_text(&importer->steps, add_step(importer, thread, call, "change_process"), NULL, iommufd->name);
		break;
	}
}

void call_ioctl(struct importer *importer, struct thread *thread, const struct strace_call *call)
{
	struct object *object = fd_table_find(thread->files, (int)arg_number(call, 0));
	const struct strace_value *decoded = strace_arg(call, 2);
	const struct argument argument = { .decoded = decoded, .raw = &thread->argument };

	thread->learn = NULL;
	if (object && object->kind == OBJECT_IOMMUFD)
		iommufd_ioctl(importer, thread, call, object, &argument);
	else if (object && object->kind == OBJECT_CONTAINER)
		container_ioctl(importer, thread, call, object, &argument);
	else if (object && object->kind == OBJECT_GROUP)
		group_ioctl(importer, thread, call, object, &argument);
	else if (object && object->kind == OBJECT_CDEV)
		cdev_ioctl(importer, thread, call, object, &argument);
	thread->argument.nr = 0;
}

/* What import/ioctl_args.c has the program write: the argument to -1, the answer to -2. */
void call_write(struct importer *importer, struct thread *thread, const struct strace_call *call)
{
	const struct strace_part *text = strace_string(strace_arg(call, 1));
	int fd = (int)arg_number(call, 0);
	struct ioctl_bytes shown;

	if ((fd != -1 && fd != -2) || !text || text->cut)
		return;
	shown.nr = text->bytes < sizeof(shown.bytes) ? text->bytes : sizeof(shown.bytes);
	memcpy(shown.bytes, text->text, shown.nr);
	if (fd == -1) {
		thread->argument = shown;
	} else if (thread->learn) {
		thread->learn(importer, thread, &shown);
		thread->learn = NULL;
	}
}

// SPDX-License-Identifier: GPL-2.0-or-later
/* Memory and its locking: mm_model's system calls. */
#include <mm_model/syscalls.h>
#include <subsys/pinners.h>
#include "ops.h"

static const struct op_word kind_words[] = {
	{ "anon", MM_ANON },	   { "shared", MM_SHARED }, { "hugetlb", MM_HUGETLB },
	{ "pfnmap", MM_PFNMAP },   { "thp", MM_THP },	    { "droppable", MM_DROPPABLE },
	{ NULL, 0 },
};

static const struct op_word prot_words[] = {
	{ "rw", MM_PROT_READ | MM_PROT_WRITE },
	{ "r", MM_PROT_READ },
	{ "none", 0 },
	{ NULL, 0 },
};

static long op_mmap(struct op_call *call)
{
	struct mm_mmap_args args = {
		.len = call->arg[0].number,
		.kind = call->arg[1].given ? (enum mm_mmap_kind)call->arg[1].number : MM_ANON,
		.fd = call->arg[2].given ? call->arg[2].fd : -1,
		.off = call->arg[3].number,
		.prot = call->arg[4].given ? (unsigned int)call->arg[4].number : MM_PROT_READ | MM_PROT_WRITE,
		.fixed = call->arg[5].given,
		.addr = call->arg[5].number,
		.locked = call->arg[6].number,
	};
	long ret = sys_mmap(&args);

	return ret < 0 ? ret : op_made_number(call, (unsigned long)ret);
}

static const char *mmap_shape(const struct step *step)
{
	return step_operand(step, 3) && !step_operand(step, 2) ? "off= without a file, expected file= with it" : NULL;
}

static long op_memfd(struct op_call *call)
{
	return op_made_file(call, VALUE_MEMFD, sys_memfd(call->arg[0].number, call->arg[1].number));
}

static long op_munmap(struct op_call *call)
{
	return sys_munmap(call->arg[0].number, call->arg[1].number);
}

static long op_mprotect(struct op_call *call)
{
	return sys_mprotect(call->arg[0].number, call->arg[1].number, (unsigned int)call->arg[2].number);
}

static long op_madvise_dontneed(struct op_call *call)
{
	return sys_madvise_dontneed(call->arg[0].number, call->arg[1].number);
}

static long op_touch(struct op_call *call)
{
	return sys_touch(call->arg[0].number, call->arg[1].number, call->arg[2].number);
}

static long op_mlock(struct op_call *call)
{
	return sys_mlock(call->arg[0].number, call->arg[1].number);
}

static long op_mlock2(struct op_call *call)
{
	return sys_mlock2(call->arg[0].number, call->arg[1].number, call->arg[2].number);
}

static long op_munlock(struct op_call *call)
{
	return sys_munlock(call->arg[0].number, call->arg[1].number);
}

static long op_mlockall(struct op_call *call)
{
	return sys_mlockall(call->arg[0].number, call->arg[1].number, call->arg[2].number);
}

static long op_munlockall(struct op_call *call)
{
	return sys_munlockall();
}

static bool has_dontunmap(const struct kernel_rules *rules)
{
	return rules->mm.dontunmap != DU_NONE;
}

static long op_mremap(struct op_call *call)
{
	long ret = sys_mremap(call->arg[0].number, call->arg[1].number, call->arg[2].number, call->arg[3].number);

	return ret < 0 ? ret : op_made_number(call, (unsigned long)ret);
}

static bool secretmem_exists(const struct kernel_rules *rules)
{
	/* up to 6.4 it is there, but switched off: ENOSYS */
	return rules->mm.secretmem != SM_NONE && rules->mm.secretmem != SM_VMA0;
}

static long op_secretmem(struct op_call *call)
{
	return op_made_file(call, VALUE_SECRETMEM, secretmem_open(call->arg[0].number));
}

static long op_shmget(struct op_call *call)
{
	return op_made_object(call, VALUE_SEGMENT, shm_get(call->arg[0].number, call->arg[1].number));
}

static long op_shm_lock(struct op_call *call)
{
	return shm_lock(call->arg[0].value->id);
}

static long op_shm_unlock(struct op_call *call)
{
	return shm_unlock(call->arg[0].value->id);
}

#define VA { "va", ARG_NUMBER, .draw = DRAW_MEMORY }
#define LEN { "len", ARG_NUMBER, .draw = DRAW_LENGTH }

static const struct op ops[] = {
	{
		.name = "mmap",
		.what = "maps memory; at= replaces what is there, file= without kind is private and copy-on-write",
		.source = "mm/mmap.c:do_mmap",
		.makes = KIND(NUMBER),
		.returns_address = true,
		.args = {
			{ "len", ARG_NUMBER, .draw = DRAW_SIZE },
			{ "kind", ARG_WORD, ARG_KEY | ARG_OPTIONAL, .words = kind_words },
			{ "file", ARG_VARIABLE, ARG_KEY | ARG_OPTIONAL, KIND(MEMFD) | KIND(SECRETMEM), .odds = 3 },
			{ "off", ARG_NUMBER, ARG_KEY | ARG_OPTIONAL, .draw = DRAW_OFFSET, .odds = 2 },
			{ "prot", ARG_WORD, ARG_KEY | ARG_OPTIONAL, .words = prot_words, .odds = 8 },
			{ "at", ARG_NUMBER, ARG_KEY | ARG_OPTIONAL, .draw = DRAW_MEMORY, .odds = 12 },
			{ "locked", ARG_FLAG, ARG_KEY | ARG_OPTIONAL, .odds = 8 },
		},
		.shape = mmap_shape,
		.probes = OP_PROBES("2p, at=@va", "@len, at=@free, locked=1", "+@len, kind=pfnmap, at=@bar"),
		.run = op_mmap,
		.random = { .weight = 10, .effect = EFFECT_MEMORY },
	},
	{
		.name = "memfd",
		.what = "a memory file",
		.source = "mm/memfd.c:SYSCALL memfd_create",
		.makes = KIND(MEMFD),
		.args = {
			{ "len", ARG_NUMBER, .draw = DRAW_SIZE },
			{ "hugetlb", ARG_FLAG, ARG_KEY | ARG_OPTIONAL, .odds = 6 },
		},
		.run = op_memfd,
		.random = { .weight = 2 },
	},
	{
		.name = "secretmem",
		.what = "a file of secret memory; a fault over the limit is SIGBUS",
		.source = "mm/secretmem.c:SYSCALL memfd_secret",
		.makes = KIND(SECRETMEM),
		.args = { { "len", ARG_NUMBER, .draw = DRAW_SIZE } },
		.exists = secretmem_exists,
		.run = op_secretmem,
		.random = { .weight = 1 },
	},
	{
		.name = "munmap",
		.what = "unmaps a range",
		.source = "mm/vma.c:do_vmi_munmap",
		.args = { VA, LEN },
		.probes = OP_PROBES("+@va, 2p"),
		.run = op_munmap,
		.random = { .weight = 2, .effect = EFFECT_MEMORY_GONE },
	},
	{
		.name = "mprotect",
		.what = "changes what the range may be used for",
		.source = "mm/mprotect.c:do_mprotect_pkey",
		.args = {
			VA,
			LEN,
			{ "prot", ARG_WORD, ARG_KEY, .words = prot_words },
		},
		.run = op_mprotect,
		.random = { .weight = 1 },
	},
	{
		.name = "madvise_dontneed",
		.what = "drops the pages of the range; the next touch brings fresh ones",
		.source = "mm/madvise.c:madvise_dontneed_free",
		.args = { VA, LEN },
		.run = op_madvise_dontneed,
		.random = { .weight = 1 },
	},
	{
		.name = "touch",
		.what = "the task's own loads over the range, or stores with write=1: faults pages in",
		.source = "mm/memory.c:handle_mm_fault",
		.args = { VA, LEN, { "write", ARG_FLAG, ARG_KEY | ARG_OPTIONAL } },
		.run = op_touch,
		.random = { .weight = 2 },
	},
	{
		.name = "mlock",
		.what = "locks a range: limit first, then charge, then fault in",
		.source = "mm/mlock.c:do_mlock",
		.args = { VA, LEN },
		.probes = OP_PROBES("@va, @len"),
		.run = op_mlock,
		.random = { .weight = 52, .charges = true },
	},
	{
		.name = "mlock2",
		.what = "mlock, with onfault=1 without faulting in",
		.source = "mm/mlock.c:SYSCALL mlock2",
		.args = {
			VA,
			LEN,
			{ "onfault", ARG_FLAG, ARG_KEY | ARG_OPTIONAL },
		},
		.run = op_mlock2,
		.random = { .weight = 16, .charges = true },
	},
	{
		.name = "munlock",
		.what = "unlocks a range",
		.source = "mm/mlock.c:SYSCALL munlock",
		.args = { VA, LEN },
		.probes = OP_PROBES("@va, @len"),
		.run = op_munlock,
		.random = { .weight = 3 },
	},
	{
		.name = "mlockall",
		.what = "locks all memory: what is there, what comes, or both",
		.source = "mm/mlock.c:SYSCALL mlockall",
		.args = {
			{ "current", ARG_FLAG, ARG_KEY | ARG_OPTIONAL },
			{ "future", ARG_FLAG, ARG_KEY | ARG_OPTIONAL },
			{ "onfault", ARG_FLAG, ARG_KEY | ARG_OPTIONAL },
		},
		.probes = OP_PROBES("+current=1, future=1"),
		.run = op_mlockall,
		.random = { .weight = 1, .charges = true },
	},
	{
		.name = "munlockall",
		.what = "unlocks all memory",
		.source = "mm/mlock.c:SYSCALL munlockall",
		.run = op_munlockall,
		.random = { .weight = 1 },
	},
	{
		.name = "mremap",
		.what = "resizes a mapping, which may move",
		.source = "mm/mremap.c:SYSCALL mremap, MREMAP_MAYMOVE",
		.makes = KIND(NUMBER),
		.returns_address = true,
		.args = {
			VA,
			{ "old", ARG_NUMBER, .draw = DRAW_LENGTH },
			{ "new", ARG_NUMBER, .draw = DRAW_SIZE },
			{ "dontunmap", ARG_FLAG, ARG_KEY | ARG_OPTIONAL, .odds = 8, .exists = has_dontunmap },
		},
		.run = op_mremap,
		.random = { .weight = 2, .effect = EFFECT_MEMORY_MOVED },
	},
	{
		.name = "shmget",
		.what = "a SysV segment",
		.source = "ipc/shm.c:newseg",
		.makes = KIND(SEGMENT),
		.args = {
			{ "len", ARG_NUMBER, .draw = DRAW_SIZE },
			{ "hugetlb", ARG_FLAG, ARG_KEY | ARG_OPTIONAL, .odds = 8 },
		},
		.run = op_shmget,
		.random = { .weight = 2 },
	},
	{
		.name = "shm_lock",
		.what = "SHM_LOCK: charges the segment to the caller's ucounts",
		.source = "mm/mlock.c:user_shm_lock",
		.args = { { "seg", ARG_VARIABLE, 0, KIND(SEGMENT) } },
		.run = op_shm_lock,
		.random = { .weight = 16, .charges = true },
	},
	{
		.name = "shm_unlock",
		.what = "SHM_UNLOCK: the charge goes back to who paid it",
		.source = "mm/mlock.c:user_shm_unlock",
		.args = { { "seg", ARG_VARIABLE, 0, KIND(SEGMENT) } },
		.run = op_shm_unlock,
		.random = { .weight = 2 },
	},
};

OP_AREA(ops_memory, "memory", ops);

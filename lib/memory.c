// SPDX-License-Identifier: GPL-2.0-or-later
/* Memory and its locking: mm_model's system calls. */
#include <mm_model/syscalls.h>
#include <subsys/pinners.h>
#include "lib.h"

_Static_assert((int)PINSIM_MAP_ANON == MM_ANON && (int)PINSIM_MAP_SHARED == MM_SHARED &&
	       (int)PINSIM_MAP_HUGETLB == MM_HUGETLB && (int)PINSIM_MAP_PFNMAP == MM_PFNMAP &&
	       (int)PINSIM_MAP_DROPPABLE == MM_DROPPABLE && (int)PINSIM_MAP_THP == MM_THP, "the kinds of mappings");
_Static_assert((int)PINSIM_PROT_READ == MM_PROT_READ && (int)PINSIM_PROT_WRITE == MM_PROT_WRITE, "protections");

long pinsim_mmap(unsigned long len, const struct pinsim_mmap *how)
{
	static const struct pinsim_mmap plain;
	struct mm_mmap_args args;

	if (!how)
		how = &plain;
	if (how->kind < PINSIM_MAP_ANON || how->kind > PINSIM_MAP_THP)
		return lib_misuse("pinsim_mmap(): kind %d, expected one of enum pinsim_mmap_kind", (int)how->kind);
	args = (struct mm_mmap_args){
		.len = len,
		.kind = (enum mm_mmap_kind)how->kind,
		.prot = how->has_prot ? how->prot & PINSIM_PROT_RW : PINSIM_PROT_RW,
		.fd = how->has_file ? how->fd : -1,
		.off = how->off,
		.fixed = how->at != 0,
		.addr = how->at,
		.locked = how->locked,
	};
	return LIB_CALL(mmap, sys_mmap(&args), "%s%s", LIB_BYTES(len), how->locked ? ", locked" : "");
}

long pinsim_munmap(unsigned long va, unsigned long len)
{
	return LIB_CALL(munmap, sys_munmap(va, len), "%#lx, %s", va, LIB_BYTES(len));
}

long pinsim_mprotect(unsigned long va, unsigned long len, unsigned int prot)
{
	return LIB_CALL(mprotect, sys_mprotect(va, len, prot & PINSIM_PROT_RW),
			"%#lx, %s, %u", va, LIB_BYTES(len), prot);
}

long pinsim_madvise_dontneed(unsigned long va, unsigned long len)
{
	return LIB_CALL(madvise_dontneed, sys_madvise_dontneed(va, len), "%#lx, %s", va, LIB_BYTES(len));
}

long pinsim_mremap(unsigned long va, unsigned long old_len, unsigned long new_len, bool dontunmap)
{
	return LIB_CALL(mremap,
			!dontunmap || lib_call_has(&call_, "dontunmap") ? sys_mremap(va, old_len, new_len, dontunmap) :
									  -PINSIM_EABSENT,
			"%#lx, %s, %s", va, LIB_BYTES(old_len), LIB_BYTES(new_len));
}

long pinsim_touch(unsigned long va, unsigned long len, bool write)
{
	return LIB_CALL(touch, sys_touch(va, len, write), "%#lx, %s%s", va, LIB_BYTES(len), write ? ", write" : "");
}

long pinsim_mlock(unsigned long va, unsigned long len)
{
	return LIB_CALL(mlock, sys_mlock(va, len), "%#lx, %s", va, LIB_BYTES(len));
}

long pinsim_mlock2(unsigned long va, unsigned long len, bool onfault)
{
	return LIB_CALL(mlock2, sys_mlock2(va, len, onfault),
			"%#lx, %s%s", va, LIB_BYTES(len), onfault ? ", onfault" : "");
}

long pinsim_munlock(unsigned long va, unsigned long len)
{
	return LIB_CALL(munlock, sys_munlock(va, len), "%#lx, %s", va, LIB_BYTES(len));
}

long pinsim_mlockall(bool current, bool future, bool onfault)
{
	return LIB_CALL(mlockall, sys_mlockall(current, future, onfault), "%d, %d, %d", current, future, onfault);
}

long pinsim_munlockall(void)
{
	return LIB_CALL(munlockall, sys_munlockall(), "%s", "");
}

long pinsim_memfd(unsigned long len, bool hugetlb)
{
	return LIB_CALL(memfd, sys_memfd(len, hugetlb), "%s", LIB_BYTES(len));
}

long pinsim_secretmem(unsigned long len)
{
	return LIB_CALL(secretmem, secretmem_open(len), "%s", LIB_BYTES(len));
}

long pinsim_shmget(unsigned long len, bool hugetlb)
{
	return LIB_CALL(shmget, shm_get(len, hugetlb), "%s", LIB_BYTES(len));
}

long pinsim_shm_lock(unsigned int segment)
{
	return LIB_CALL(shm_lock, shm_lock(segment), "%u", segment);
}

long pinsim_shm_unlock(unsigned int segment)
{
	return LIB_CALL(shm_unlock, shm_unlock(segment), "%u", segment);
}

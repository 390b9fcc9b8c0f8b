/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory and its locking, as the running body's task calls it. Lengths and addresses
 * are bytes. Each returns >= 0 or -errno as Linux does; outside of a body
 * -PINSIM_EMISUSE. A fatal signal ends the task, and the call does not return
 * (pinsim_task_killed_by()).
 */
#ifndef PINSIM_MEMORY_H
#define PINSIM_MEMORY_H

#include <pinsim/base.h>

PINSIM_C_BEGIN

enum pinsim_mmap_kind {
	PINSIM_MAP_ANON,	/* private and anonymous; with a file private and copy-on-write */
	PINSIM_MAP_SHARED,	/* shared, of a file or anonymous */
	PINSIM_MAP_HUGETLB,	/* private, of 2 MiB pages */
	PINSIM_MAP_PFNMAP,	/* a device's BAR */
	PINSIM_MAP_DROPPABLE,	/* private and anonymous, may vanish (v6.12) */
	PINSIM_MAP_THP,		/* private and anonymous, 2 MiB folios where aligned */
};

enum pinsim_prot {
	PINSIM_PROT_NONE = 0,
	PINSIM_PROT_READ = 1,
	PINSIM_PROT_WRITE = 2,
	PINSIM_PROT_RW = 3,
};

/* A member that is 0 is as if it was not there. */
struct pinsim_mmap {
	enum pinsim_mmap_kind kind;
	bool has_file;
	int fd;			/* with has_file: a memfd's or secret memory's */
	unsigned long off;	/* into it */
	bool has_prot;
	unsigned int prot;	/* of enum pinsim_prot; without has_prot read and write */
	unsigned long at;	/* MAP_FIXED: replaces what is there */
	bool locked;		/* MAP_LOCKED */
};

/* @how: NULL for private anonymous memory. Returns the address. EAGAIN where a locked one is over the limit. */
PINSIM_API long pinsim_mmap(unsigned long len, const struct pinsim_mmap *how);
PINSIM_API long pinsim_munmap(unsigned long va, unsigned long len);
/* @prot: of enum pinsim_prot. */
PINSIM_API long pinsim_mprotect(unsigned long va, unsigned long len, unsigned int prot);
PINSIM_API long pinsim_madvise_dontneed(unsigned long va, unsigned long len);
/* MREMAP_MAYMOVE. @dontunmap: MREMAP_DONTUNMAP too (v5.9). Returns the address. */
PINSIM_API long pinsim_mremap(unsigned long va, unsigned long old_len, unsigned long new_len, bool dontunmap);
/* The task's own loads over the range, with @write stores. SIGSEGV, SIGBUS. */
PINSIM_API long pinsim_touch(unsigned long va, unsigned long len, bool write);

/* ENOMEM over the limit, EPERM with a limit of 0 and no CAP_IPC_LOCK, ENOMEM where nothing is mapped. */
PINSIM_API long pinsim_mlock(unsigned long va, unsigned long len);
PINSIM_API long pinsim_mlock2(unsigned long va, unsigned long len, bool onfault);
PINSIM_API long pinsim_munlock(unsigned long va, unsigned long len);
PINSIM_API long pinsim_mlockall(bool current, bool future, bool onfault);
PINSIM_API long pinsim_munlockall(void);

/* memfd_create() and ftruncate(). Returns the fd. */
PINSIM_API long pinsim_memfd(unsigned long len, bool hugetlb);
/* memfd_secret() and ftruncate() (v6.6). Returns the fd; who goes over the limit is told by SIGBUS at a fault. */
PINSIM_API long pinsim_secretmem(unsigned long len);

/*
 * A SysV segment; returns its number, which is the world's and not the task's. EPERM for
 * @hugetlb without CAP_IPC_LOCK.
 */
PINSIM_API long pinsim_shmget(unsigned long len, bool hugetlb);
/* SHM_LOCK: charges the user. ENOMEM, EPERM. */
PINSIM_API long pinsim_shm_lock(unsigned int segment);
PINSIM_API long pinsim_shm_unlock(unsigned int segment);

PINSIM_C_END

#endif

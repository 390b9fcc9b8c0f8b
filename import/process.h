/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the processes of a log have: tasks, what each address space maps, what each
 * descriptor stands for. Threads share both, clone() as its flags say.
 */
#ifndef IMPORT_PROCESS_H
#define IMPORT_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <obstack.h>

#define IMPORT_PAGE 4096ul

/* Bounds for logs that nobody's program wrote; what comes on top is not followed. */
#define IMPORT_DESCRIPTORS_MAX 4096u	/* of a process */
#define IMPORT_PIECES_MAX 16384u	/* of an address space */

/* A variable of the scenario that is an address: what an mmap returned. */
struct mapping {
	unsigned int number;		/* m1, m2, ... */
	unsigned long start;
	unsigned long bytes;
	bool used;			/* something that pins or locks reaches it, so it is in the scenario */
	bool replaces_several;		/* MAP_FIXED over more than one other */
	struct mapping *base;		/* its address is this one's + base_offset, or it was moved from there */
	unsigned long base_offset;
	bool thp;			/* madvise(MADV_HUGEPAGE) */
};

enum object_kind {
	OBJECT_FILE,		/* memory or anything else that has a length */
	OBJECT_SECRETMEM,
	OBJECT_DEVICE_MEMORY,	/* what an mmap of shows device registers or a ring: never pinned */
	OBJECT_IOMMUFD,
	OBJECT_IOAS,
	OBJECT_CONTAINER,
	OBJECT_GROUP,
	OBJECT_CDEV,
	OBJECT_RING,
	OBJECT_PERF,
	OBJECT_SEGMENT,
};

/* A variable that is an object. */
struct object {
	struct object *next;		/* of all */
	enum object_kind kind;
	const char *name;
	bool used;			/* printed; the kinds that always are have it from the start */
	bool hugetlb;
	unsigned long bytes;		/* OBJECT_FILE, OBJECT_SECRETMEM: the longest that it was */
	struct object *container;	/* of a group or device; of an IOAS, its iommufd */
	unsigned long id;		/* IOAS, segment: what the kernel calls it */
	bool open;			/* OBJECT_CONTAINER: vfio_open() was written */
	unsigned int groups;		/* that were attached before the container had an IOMMU */
};

struct descriptor {
	int fd;
	struct object *object;
	bool cloexec;
};

struct fd_table {
	unsigned int refs;
	struct descriptor *descriptors;
	size_t nr;
};

struct piece {
	unsigned long start, end;
	struct mapping *mapping;
};

struct space {
	unsigned int refs;
	struct piece *pieces;		/* in order, none overlapping */
	size_t nr;
	bool lock_future;		/* mlockall(MCL_FUTURE) */
	unsigned long brk;
};

/* What a program told of an ioctl's argument beside it (import/ioctl_args.c). */
struct ioctl_bytes {
	unsigned char bytes[256];
	size_t nr;			/* 0: nothing was told */
};

struct importer;
struct strace_call;

struct thread {
	struct thread *next;
	long pid;
	const char *name;		/* the task's; NULL: one more than a scenario holds */
	struct fd_table *files;
	struct space *space;
	bool keepcaps;
	/* a clone() that has not returned: its child may be heard of before */
	bool clones, clones_vm, clones_files, clones_thread;
	struct ioctl_bytes argument;
	/* an ioctl whose answer is still to be told, and what is to be done with it */
	void (*learn)(struct importer *importer, struct thread *thread, const struct ioctl_bytes *answer);
	void *learning;
};

struct fd_table *fd_table_create(void);
struct fd_table *fd_table_copy(const struct fd_table *files);
void fd_table_put(struct fd_table *files);
struct object *fd_table_find(const struct fd_table *files, int fd);
void fd_table_install(struct fd_table *files, int fd, struct object *object, bool cloexec);
/* Returns what the descriptor stood for, or NULL. */
struct object *fd_table_remove(struct fd_table *files, int fd);
bool fd_table_have(const struct fd_table *files, const struct object *object);
void fd_table_exec(struct fd_table *files);

struct space *space_create(void);
struct space *space_copy(const struct space *space);
void space_put(struct space *space);
/* The piece that @va lies in, or NULL; *@next: the first behind @va, or NULL. */
struct piece *space_find(struct space *space, unsigned long va, struct piece **next);
void space_insert(struct space *space, unsigned long start, unsigned long end, struct mapping *mapping);
void space_remove(struct space *space, unsigned long start, unsigned long end);

/* Memory that cannot be had ends the command, exit status 3. */
void *import_alloc(void *ptr, size_t bytes);

#endif

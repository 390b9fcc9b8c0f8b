// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Content for simulated memory.
 *
 * mm_model knows which frame is behind an address, but frames have no content. Here
 * they get one: a page of a memory file each, from the first time that somebody looks.
 * The simulated kernel reaches it through one mapping of the whole file (what the
 * kernel calls the direct map); the program, at the addresses that it got from its
 * mmap(), through the host's own page tables, which are treated as a TLB is:
 *
 *	nothing is loaded	the host faults, the simulated kernel makes the page good
 *				or not, and what its page table then says is loaded
 *	an entry changes	mm_model says so (mm_hooks), and what was loaded there goes
 *	another process runs	everything goes
 *
 * So copy-on-write, unsharing and the loss of a mapping are what mm_model makes of
 * the program's own loads and stores, not what the host does.
 *
 * State is the process's: there is one world in it.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <mm_model/machine.h>
#include <sim/run_tree.h>
#include <sim/world.h>
#include "selftests.h"

#if __has_include(<valgrind/memcheck.h>)
#include <valgrind/memcheck.h>
#else
#define VALGRIND_MAKE_MEM_DEFINED(at, bytes) ((void)(at), (void)(bytes))
#endif

#define PAGE_BYTES 4096UL
#define ARENA_BYTES (2UL << 30)
#define CONTENT_BYTES (16UL << 20)

static struct {
	unsigned char *arena;
	size_t reserved;		/* bytes of the arena that were given out */
	int file;
	unsigned char *content;
	unsigned long contents;		/* pages of the file that belong to a frame; the first is the zero page's */
	struct sim_run_tree *of_frame;	/* frame -> page of the file */
	struct sim_run_tree *loaded;	/* page of the arena -> nothing */
	const struct task_struct *task;
} memory;

static _Noreturn void die(const char *what)
{
	perror(what);
	abort();
}

void memory_init(void)
{
	if (memory.arena)
		return;
	memory.arena = mmap(NULL, ARENA_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory.arena == MAP_FAILED)
		die("arena");
}

/* memcheck: an access may go well in the end, although the host has nothing there yet. */
static void may_fault(const void *at, size_t bytes)
{
	VALGRIND_MAKE_MEM_DEFINED(at, bytes);
}

void *memory_reserve(size_t bytes, size_t align)
{
	uintptr_t at = (uintptr_t)memory.arena + memory.reserved;

	at = (at + align - 1) & ~(uintptr_t)(align - 1);
	bytes = (bytes + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
	if (at - (uintptr_t)memory.arena + bytes > ARENA_BYTES)
		die("the arena is full");
	memory.reserved = at - (uintptr_t)memory.arena + bytes;
	may_fault((void *)at, bytes);
	return (void *)at;
}

bool memory_in_arena(const void *addr, size_t bytes)
{
	uintptr_t offset = (uintptr_t)addr - (uintptr_t)memory.arena;

	return (uintptr_t)addr >= (uintptr_t)memory.arena && offset < ARENA_BYTES && bytes <= ARENA_BYTES - offset;
}

static unsigned char *arena_page(unsigned long index)
{
	return (unsigned char *)(index * PAGE_BYTES);
}

static struct sim_run_tree *tree_new(enum sim_run_kind kind)
{
	struct sim_run_tree *tree = sim_zalloc(sizeof(*tree));

	sim_run_tree_init(tree, kind);
	return tree;
}

static void unload(unsigned long first, unsigned long last)
{
	struct sim_run run;

	while (first <= last && sim_run_clip(memory.loaded, first, last, &run)) {
		size_t bytes = (run.last - run.start + 1) * PAGE_BYTES;

		if (mmap(arena_page(run.start), bytes, PROT_NONE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) == MAP_FAILED)
			die("unload");
		may_fault(arena_page(run.start), bytes);
		sim_run_clear(memory.loaded, run.start, run.last);
		first = run.last + 1;
	}
}

/* Whose entries they are does not matter: what is loaded once too seldom is loaded again. */
static void ptes_changed(const struct mm_struct *mm, unsigned long index, unsigned long nr)
{
	unload(index, index + nr - 1);
}

static void pages_copied(unsigned long from, unsigned long to, unsigned long nr)
{
	unsigned long i;
	struct sim_run run;

	for (i = 0; i < nr; i++)
		if (sim_run_find(memory.of_frame, from + i, &run))
			memcpy(memory_content(to + i), memory_content(from + i), PAGE_BYTES);
}

void memory_boot(struct mm_hooks *hooks)
{
	memory.file = memfd_create("frames", MFD_CLOEXEC);
	if (memory.file < 0 || ftruncate(memory.file, CONTENT_BYTES))
		die("memfd_create");
	memory.content = mmap(NULL, CONTENT_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, memory.file, 0);
	if (memory.content == MAP_FAILED)
		die("the frames' content");
	memory.contents = 1;
	memory.of_frame = tree_new(SIM_RUN_LINEAR);
	memory.loaded = tree_new(SIM_RUN_CONSTANT);
	hooks->ptes_changed = ptes_changed;
	hooks->pages_copied = pages_copied;
}

static unsigned long content_page(unsigned long frame)
{
	struct sim_run run;

	if (mm_frame_is_zero(frame))
		return 0;
	if (sim_run_find(memory.of_frame, frame, &run))
		return run.value + (frame - run.start);
	if (memory.contents == CONTENT_BYTES / PAGE_BYTES)
		die("more pages have content than there is room for");
	sim_run_set(memory.of_frame, frame, frame, memory.contents, 0);
	return memory.contents++;
}

void *memory_content(unsigned long frame)
{
	return memory.content + content_page(frame) * PAGE_BYTES;
}

void memory_switch(const struct task_struct *task)
{
	if (memory.task)
		unload(0, ~0UL / PAGE_BYTES);
	memory.task = task;
}

void memory_load(const void *addr)
{
	unsigned long index = (uintptr_t)addr / PAGE_BYTES;
	long frame = mm_task_frame(memory.task, index * PAGE_BYTES, true);
	int prot = PROT_READ | PROT_WRITE;

	if (frame < 0) {
		frame = mm_task_frame(memory.task, index * PAGE_BYTES, false);
		prot = PROT_READ;
	}
	if (frame < 0)
		return;
	if (mmap(arena_page(index), PAGE_BYTES, prot, MAP_SHARED | MAP_FIXED, memory.file,
		 (off_t)(content_page((unsigned long)frame) * PAGE_BYTES)) == MAP_FAILED)
		die("load");
	sim_run_set(memory.loaded, index, index, 0, 0);
}

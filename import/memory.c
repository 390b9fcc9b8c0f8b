// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Addresses. Each mmap of the log is remembered with where it lay; it becomes a line
 * of the scenario when something pins or locks in it. What a log does not show being
 * mapped, the stack or memory from before the trace, is mapped where it is first needed.
 */
#include "importer.h"

#define VA_END (1ul << 47)

static unsigned long page_floor(unsigned long va)
{
	return va & ~(IMPORT_PAGE - 1);
}

static unsigned long page_ceil(unsigned long va)
{
	return page_floor(va + IMPORT_PAGE - 1);
}

static void use(struct mapping *mapping)
{
	mapping->used = true;
}

/* Memory at [start, end) that nobody saw being mapped. */
static void add_unseen(struct importer *importer, struct thread *thread, const struct strace_call *call,
		       unsigned long start, unsigned long end)
{
	struct draft *step = draft_add(&importer->steps, call->line, thread->name, "mmap");

	step->makes = mapping_add(&importer->steps, start, end - start);
	step->is_mmap = true;
	step->comment = "was there: its mmap is not in the log";
	draft_number(&importer->steps, step, NULL, end - start);
	use(step->makes);
	space_insert(thread->space, start, end, step->makes);
}

/* Sees to it that [va, va + bytes) is mapped and used. False where it cannot be memory. */
static bool reach(struct importer *importer, struct thread *thread, const struct strace_call *call, unsigned long va,
		  unsigned long bytes)
{
	unsigned long at = page_floor(va), end = page_ceil(va + (bytes ? bytes : 1));
	struct mapping *first = NULL;

	if (va >= VA_END || bytes >= VA_END || end > VA_END || !va)
		return false;
	while (at < end) {
		struct piece *next, *piece = space_find(thread->space, at, &next);

		if (!piece && !succeeded(call))
			return first != NULL;
		if (!piece) {
			add_unseen(importer, thread, call, at, next && next->start < end ? next->start : end);
			continue;
		}
		use(piece->mapping);
		if (first && piece->mapping != first)
			importer->steps.fixed = true;
		first = first ? first : piece->mapping;
		at = piece->end;
	}
	return true;
}

static void fill_address(struct thread *thread, struct draft_arg *arg, unsigned long va, bool mapped)
{
	struct piece *piece = mapped ? space_find(thread->space, va, NULL) : NULL;

	arg->mapping = piece ? piece->mapping : NULL;
	arg->number = piece ? va - piece->mapping->start : va;
}

void draft_address(struct importer *importer, struct thread *thread, const struct strace_call *call, struct draft *step,
		  const char *key, unsigned long va, unsigned long bytes)
{
	struct draft_arg *arg = draft_arg(&importer->steps, step, key, ARG_NUMBER);

	fill_address(thread, arg, va, reach(importer, thread, call, va, bytes));
	if (arg->mapping)
		arg->kind = ARG_ADDRESS;
	draft_move_last(&importer->steps, step);	/* behind what had to be mapped for it */
}

void draft_buffer(struct importer *importer, struct thread *thread, const struct strace_call *call, struct draft *step,
		 unsigned long va, unsigned long bytes)
{
	struct draft_arg *arg = draft_arg(&importer->steps, step, NULL, ARG_BUFFER);

	fill_address(thread, arg, va, reach(importer, thread, call, va, bytes));
	arg->bytes = bytes;
	draft_move_last(&importer->steps, step);	/* behind what had to be mapped for it */
}

static const char *prot_word(const struct strace_value *prot)
{
	bool write = strace_has(prot, "PROT_WRITE");

	return write ? "rw" : strace_has(prot, "PROT_READ") || strace_has(prot, "PROT_EXEC") ? "r" : "none";
}

/* Which of the mappings that a new one replaces it lies in. */
static void note_base(struct thread *thread, struct mapping *mapping)
{
	struct piece *piece = space_find(thread->space, mapping->start, NULL);

	if (!piece)
		return;
	if (piece->end < mapping->start + mapping->bytes)
		mapping->replaces_several = true;
	mapping->base = piece->mapping;
	mapping->base_offset = mapping->start - piece->mapping->start;
}

static void map_perf(struct importer *importer, struct thread *thread, const struct strace_call *call,
		     struct object *event, unsigned long bytes)
{
	struct draft *step = add_step(importer, thread, call, "perf_mmap");

	event->used = true;
	draft_text(&importer->steps, step, NULL, event->name);
	draft_number(&importer->steps, step, NULL, bytes / IMPORT_PAGE ? bytes / IMPORT_PAGE - 1 : 0);
	if (!succeeded(call))
		return;
	step->makes = mapping_add(&importer->steps, (unsigned long)call->ret, bytes);
	use(step->makes);
	space_insert(thread->space, step->makes->start, step->makes->start + bytes, step->makes);
}

static void mmap_args(struct importer *importer, struct draft *step, const struct strace_call *call,
		      struct object *file, unsigned long bytes)
{
	const struct strace_value *flags = strace_arg(call, 3);
	struct draft_list *list = &importer->steps;
	unsigned long offset = arg_number(call, 5);
	const char *prot = prot_word(strace_arg(call, 2));
	struct draft_arg *arg;

	draft_number(list, step, NULL, bytes);
	if (strace_has(flags, "MAP_HUGETLB"))
		draft_text(list, step, "kind", "hugetlb");
	else if (file && file->kind == OBJECT_DEVICE_MEMORY)
		draft_text(list, step, "kind", "pfnmap");
	else if (!strace_has(flags, "MAP_PRIVATE"))
		draft_text(list, step, "kind", "shared");
	if (file && file->kind != OBJECT_DEVICE_MEMORY) {
		arg = draft_arg(list, step, "file", ARG_TEXT);
		arg->text = file->name;
		arg->object = file;
		if (offset)
			draft_number(list, step, "off", offset);
		if (offset + bytes > file->bytes && offset + bytes > bytes)
			file->bytes = offset + bytes;
	}
	if (prot[0] != 'r' || prot[1] != 'w')
		draft_text(list, step, "prot", prot);
	if (strace_has(flags, "MAP_LOCKED"))
		draft_number(list, step, "locked", 1);
}

void call_mmap(struct importer *importer, struct thread *thread, const struct strace_call *call)
{
	const struct strace_value *flags = strace_arg(call, 3);
	unsigned long bytes = page_ceil(arg_number(call, 1));
	struct object *file = NULL;
	struct mapping *mapping;
	struct draft *step;

	if (!strace_has(flags, "MAP_ANONYMOUS"))
		file = fd_table_find(thread->files, (int)arg_number(call, 4));
	if (file && file->kind == OBJECT_PERF) {
		map_perf(importer, thread, call, file, bytes);
		return;
	}
	if (!bytes || bytes >= VA_END || (!succeeded(call) && !strace_has(flags, "MAP_LOCKED")))
		return;
	step = add_step(importer, thread, call, "mmap");
	step->is_mmap = true;
	step->makes = mapping_add(&importer->steps, succeeded(call) ? (unsigned long)call->ret : 0, bytes);
	mmap_args(importer, step, call, file, bytes);
	step->makes->used = strace_has(flags, "MAP_LOCKED") || thread->space->lock_future;
	if (!succeeded(call))
		return;
	if (strace_has(flags, "MAP_FIXED"))
		note_base(thread, step->makes);
	space_insert(thread->space, step->makes->start, step->makes->start + bytes, step->makes);
	if (strace_has(flags, "MAP_POPULATE")) {
		mapping = step->makes;
		step = draft_add(&importer->steps, call->line, thread->name, "touch");
		step->needs = mapping;
		draft_arg(&importer->steps, step, NULL, ARG_ADDRESS)->mapping = mapping;
		draft_number(&importer->steps, step, NULL, bytes);
		if (strace_has(strace_arg(call, 2), "PROT_WRITE"))
			draft_number(&importer->steps, step, "write", 1);
	}
}

/* One step for each mapping in [va, va + bytes), for only those that are used will be written. */
static void each_piece(struct importer *importer, struct thread *thread, const struct strace_call *call,
		       const char *op, const char *key, const char *word)
{
	unsigned long va = arg_number(call, 0), bytes = page_ceil(arg_number(call, 1)), end = va + bytes;

	if (!succeeded(call) || va >= VA_END || end > VA_END || end <= va)
		return;
	while (va < end) {
		struct piece *next, *piece = space_find(thread->space, va, &next);
		unsigned long upto;
		struct draft *step;

		if (!piece) {
			if (!next)
				return;
			va = next->start;
			continue;
		}
		upto = piece->end < end ? piece->end : end;
		step = add_step(importer, thread, call, op);
		step->needs = piece->mapping;
		fill_address(thread, draft_arg(&importer->steps, step, NULL, ARG_ADDRESS), va, true);
		draft_number(&importer->steps, step, NULL, upto - va);
		if (key)
			draft_text(&importer->steps, step, key, word);
		va = upto;
	}
}

void call_munmap(struct importer *importer, struct thread *thread, const struct strace_call *call)
{
	unsigned long va = arg_number(call, 0);

	each_piece(importer, thread, call, "munmap", NULL, NULL);
	if (succeeded(call) && va < VA_END && arg_number(call, 1) < VA_END)
		space_remove(thread->space, va, va + page_ceil(arg_number(call, 1)));
}

void call_mprotect(struct importer *importer, struct thread *thread, const struct strace_call *call)
{
	each_piece(importer, thread, call, "mprotect", "prot", prot_word(strace_arg(call, 2)));
}

void call_mremap(struct importer *importer, struct thread *thread, const struct strace_call *call)
{
	unsigned long va = arg_number(call, 0), old_bytes = page_ceil(arg_number(call, 1));
	unsigned long bytes = page_ceil(arg_number(call, 2));
	struct piece *piece = va < VA_END ? space_find(thread->space, va, NULL) : NULL;
	struct draft *step;

	if (!piece || !bytes || bytes >= VA_END || old_bytes >= VA_END)
		return;
	if (strace_has(strace_arg(call, 3), "MREMAP_DONTUNMAP")) {
		lose(importer, call, "MREMAP_DONTUNMAP has no operation");
		return;
	}
	step = add_step(importer, thread, call, "mremap");
	step->needs = piece->mapping;
	fill_address(thread, draft_arg(&importer->steps, step, NULL, ARG_ADDRESS), va, true);
	draft_number(&importer->steps, step, NULL, old_bytes);
	draft_number(&importer->steps, step, NULL, bytes);
	if (!succeeded(call))
		return;
	step->makes = mapping_add(&importer->steps, (unsigned long)call->ret, bytes);
	step->makes->used = piece->mapping->used;
	space_remove(thread->space, va, va + old_bytes);
	space_insert(thread->space, step->makes->start, step->makes->start + bytes, step->makes);
}

void call_madvise(struct importer *importer, struct thread *thread, const struct strace_call *call)
{
	const struct strace_value *advice = strace_arg(call, 2);
	unsigned long va = arg_number(call, 0);
	struct piece *piece = va < VA_END ? space_find(thread->space, va, NULL) : NULL;

	if (strace_has(advice, "MADV_DONTNEED"))
		each_piece(importer, thread, call, "madvise_dontneed", NULL, NULL);
	else if (strace_has(advice, "MADV_POPULATE_READ"))
		each_piece(importer, thread, call, "touch", NULL, NULL);
	else if (strace_has(advice, "MADV_POPULATE_WRITE"))
		each_piece(importer, thread, call, "touch", "write", "1");
	else if (strace_has(advice, "MADV_HUGEPAGE") && piece && succeeded(call))
		piece->mapping->thp = true;
}

void call_brk(struct importer *importer, struct thread *thread, const struct strace_call *call)
{
	unsigned long was = page_ceil(thread->space->brk), is = page_ceil((unsigned long)call->ret);
	struct draft *step;

	if (!succeeded(call) || is >= VA_END)
		return;
	if (was && is > was) {
		step = draft_add(&importer->steps, call->line, thread->name, "mmap");
		step->is_mmap = true;
		step->makes = mapping_add(&importer->steps, was, is - was);
		step->makes->used = thread->space->lock_future;
		step->comment = "brk";
		draft_number(&importer->steps, step, NULL, is - was);
		space_insert(thread->space, was, is, step->makes);
	} else if (was && is < was) {
		space_remove(thread->space, is, was);
	}
	thread->space->brk = (unsigned long)call->ret;
}

static struct draft *lock_step(struct importer *importer, struct thread *thread, const struct strace_call *call,
			      const char *op)
{
	struct draft *step = add_step(importer, thread, call, op);

	draft_address(importer, thread, call, step, NULL, arg_number(call, 0), arg_number(call, 1));
	draft_number(&importer->steps, step, NULL, arg_number(call, 1));
	return step;
}

void call_mlock(struct importer *importer, struct thread *thread, const struct strace_call *call)
{
	lock_step(importer, thread, call, "mlock");
}

void call_mlock2(struct importer *importer, struct thread *thread, const struct strace_call *call)
{
	bool onfault = strace_has(strace_arg(call, 2), "MLOCK_ONFAULT");
	struct draft *step = lock_step(importer, thread, call, onfault ? "mlock2" : "mlock");

	if (onfault)
		draft_number(&importer->steps, step, "onfault", 1);
}

void call_munlock(struct importer *importer, struct thread *thread, const struct strace_call *call)
{
	lock_step(importer, thread, call, "munlock");
}

void call_mlockall(struct importer *importer, struct thread *thread, const struct strace_call *call)
{
	static const struct { const char *flag, *key; } flags[] = {
		{ "MCL_CURRENT", "current" }, { "MCL_FUTURE", "future" }, { "MCL_ONFAULT", "onfault" },
	};
	struct draft *step = add_step(importer, thread, call, "mlockall");
	size_t i;

	for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (strace_has(strace_arg(call, 0), flags[i].flag))
			draft_number(&importer->steps, step, flags[i].key, 1);
	step->comment = "the program's own text, data and stack are not in the log";
	if (strace_has(strace_arg(call, 0), "MCL_CURRENT"))
		for (i = 0; i < thread->space->nr; i++)
			use(thread->space->pieces[i].mapping);
	if (succeeded(call))
		thread->space->lock_future = strace_has(strace_arg(call, 0), "MCL_FUTURE");
}

void call_munlockall(struct importer *importer, struct thread *thread, const struct strace_call *call)
{
	add_step(importer, thread, call, "munlockall");
	thread->space->lock_future = false;
}

void call_shmget(struct importer *importer, struct thread *thread, const struct strace_call *call)
{
	struct object *segment;
	struct draft *step;

	if (!succeeded(call))
		return;
	segment = object_add(importer, OBJECT_SEGMENT, "seg");
	segment->id = (unsigned long)call->ret;
	step = add_step(importer, thread, call, "shmget");
	step->variable = segment->name;
	step->object = segment;
	draft_number(&importer->steps, step, NULL, arg_number(call, 1));
}

void call_shmctl(struct importer *importer, struct thread *thread, const struct strace_call *call)
{
	bool lock = strace_has(strace_arg(call, 1), "SHM_LOCK"), unlock = strace_has(strace_arg(call, 1), "SHM_UNLOCK");
	struct object *segment = importer->objects;
	struct draft *step;

	if (!lock && !unlock)
		return;
	while (segment && !(segment->kind == OBJECT_SEGMENT && segment->id == arg_number(call, 0)))
		segment = segment->next;
	if (!segment) {
		lose(importer, call, "its segment is not in the log");
		return;
	}
	segment->used = true;
	step = add_step(importer, thread, call, lock ? "shm_lock" : "shm_unlock");
	draft_text(&importer->steps, step, NULL, segment->name);
}

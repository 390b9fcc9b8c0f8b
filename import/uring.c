// SPDX-License-Identifier: GPL-2.0-or-later
/* io_uring: rings and the buffers that are registered with them. */
#include "importer.h"

void call_io_uring_setup(struct importer *importer, struct thread *thread, const struct strace_call *call)
{
	struct draft *step = add_step(importer, thread, call, "uring_setup");
	struct object *ring;

	draft_number(&importer->steps, step, NULL, arg_number(call, 0));
	if (!succeeded(call))
		return;
	ring = object_add(importer, OBJECT_RING, "ring");
	step->variable = ring->name;
	install(importer, thread, call, (int)call->ret, ring, true);
}

static bool buffer(const struct strace_value *iovec, unsigned long *va, unsigned long *bytes)
{
	return strace_number(strace_member(iovec, "iov_base"), va) &&
	       strace_number(strace_member(iovec, "iov_len"), bytes);
}

static void register_buffers(struct importer *importer, struct thread *thread, const struct strace_call *call,
			     const struct object *ring, const struct strace_value *iovec)
{
	struct draft *step;
	unsigned long va, bytes;

	if (!iovec) {
		lose(importer, call, "the log does not show its buffers");
		return;
	}
	step = add_step(importer, thread, call, "uring_register");
	draft_text(&importer->steps, step, NULL, ring->name);
	for (; iovec; iovec = iovec->next)
		if (buffer(iovec, &va, &bytes))
			draft_buffer(importer, thread, call, step, va, bytes);
		else
			lose(importer, call, "strace cut its list of buffers: give it -s 4096");
}

/* Each buffer is a call of its own here, the slots one after the other. */
static void update_buffers(struct importer *importer, struct thread *thread, const struct strace_call *call,
			   const struct object *ring)
{
	const struct strace_value *update = strace_arg(call, 2), *iovec = strace_items(strace_member(update, "data"));
	unsigned long slot = 0, va, bytes;

	strace_number(strace_member(update, "offset"), &slot);
	if (!iovec)
		lose(importer, call, "the log does not show its buffers");
	for (; iovec && buffer(iovec, &va, &bytes); iovec = iovec->next) {
		struct draft *step = add_step(importer, thread, call, "uring_update");

		draft_text(&importer->steps, step, NULL, ring->name);
		draft_number(&importer->steps, step, NULL, slot++);
		if (va) {
			draft_address(importer, thread, call, step, "va", va, bytes);
		} else {
			draft_number(&importer->steps, step, "va", 0);
		}
		draft_number(&importer->steps, step, "len", bytes);
	}
}

static void clone_buffers(struct importer *importer, struct thread *thread, const struct strace_call *call,
			  const struct object *ring)
{
	unsigned long fd;
	struct object *source = NULL;
	struct draft *step;

	if (strace_number(strace_member(strace_arg(call, 2), "src_fd"), &fd))
		source = fd_table_find(thread->files, (int)fd);
	if (!source || source->kind != OBJECT_RING) {
		lose(importer, call, "the log does not show which ring its buffers come from");
		return;
	}
	step = add_step(importer, thread, call, "uring_clone_buffers");
	draft_text(&importer->steps, step, NULL, ring->name);
	draft_text(&importer->steps, step, NULL, source->name);
}

void call_io_uring_register(struct importer *importer, struct thread *thread, const struct strace_call *call)
{
	const struct strace_value *opcode = strace_arg(call, 1), *argument = strace_arg(call, 2);
	const struct object *ring = arg_object(thread, call, 0, OBJECT_RING);
	struct draft *step;

	if (!ring)
		return;
	if (strace_has(opcode, "IORING_REGISTER_BUFFERS")) {
		register_buffers(importer, thread, call, ring, strace_items(argument));
	} else if (strace_has(opcode, "IORING_REGISTER_BUFFERS2")) {
		register_buffers(importer, thread, call, ring, strace_items(strace_member(argument, "data")));
	} else if (strace_has(opcode, "IORING_REGISTER_BUFFERS_UPDATE")) {
		update_buffers(importer, thread, call, ring);
	} else if (strace_has(opcode, "IORING_REGISTER_CLONE_BUFFERS")) {
		clone_buffers(importer, thread, call, ring);
	} else if (strace_has(opcode, "IORING_UNREGISTER_BUFFERS")) {
		step = add_step(importer, thread, call, "uring_unregister");
		draft_text(&importer->steps, step, NULL, ring->name);
	}
}

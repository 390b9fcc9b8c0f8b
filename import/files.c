// SPDX-License-Identifier: GPL-2.0-or-later
/* Descriptors: what is opened, passed on and closed. */
#include <string.h>
#include "importer.h"

struct in_flight {
	struct in_flight *next;
	struct object *object;
	const struct thread *sender;
};

/* Objects that stand in the scenario whether or not something pins through them. */
static bool always_used(enum object_kind kind)
{
	return kind == OBJECT_IOMMUFD || kind == OBJECT_IOAS || kind == OBJECT_RING;
}

struct object *object_add(struct importer *importer, enum object_kind kind, const char *prefix)
{
	struct object *object = memset(obstack_alloc(&importer->steps.memory, sizeof(*object)), 0, sizeof(*object));

	object->kind = kind;
	object->name = list_printf(&importer->steps, "%s%u", prefix, ++importer->nr_objects);
	object->used = always_used(kind);
	object->next = importer->objects;
	importer->objects = object;
	return object;
}

struct object *arg_object(const struct thread *thread, const struct strace_call *call, unsigned int index,
			  enum object_kind kind)
{
	struct object *object = fd_table_find(thread->files, (int)arg_number(call, index));

	return object && object->kind == kind ? object : NULL;
}

void add_cloexec(struct importer *importer, struct thread *thread, const struct strace_call *call,
		 struct object *object)
{
	struct draft *step;

	if (object->kind == OBJECT_GROUP || object->kind == OBJECT_DEVICE_MEMORY || object->kind == OBJECT_CONTAINER)
		return;
	step = draft_add(&importer->steps, call->line, thread->name, "cloexec");
	step->object = object;
	step->if_exec = true;
	draft_text(&importer->steps, step, NULL, object->name);
}

void install(struct importer *importer, struct thread *thread, const struct strace_call *call, int fd,
	     struct object *object, bool cloexec)
{
	fd_table_install(thread->files, fd, object, cloexec);
	if (cloexec)
		add_cloexec(importer, thread, call, object);
}

static struct draft *make(struct importer *importer, struct thread *thread, const struct strace_call *call,
			 struct object *object, const char *op)
{
	struct draft *step = add_step(importer, thread, call, op);

	step->variable = object->name;
	step->object = object;
	return step;
}

/* A file of any kind; what of it is mapped and pinned stands for a memfd. */
static struct object *add_file(struct importer *importer, struct thread *thread, const struct strace_call *call,
			       bool hugetlb)
{
	struct object *file = object_add(importer, OBJECT_FILE, "f");
	struct draft *step = make(importer, thread, call, file, "memfd");

	draft_arg(&importer->steps, step, NULL, ARG_LENGTH)->object = file;
	if (hugetlb)
		draft_number(&importer->steps, step, "hugetlb", 1);
	file->hugetlb = hugetlb;
	return file;
}

static void opened(struct importer *importer, struct thread *thread, const struct strace_call *call,
		   unsigned int path_index)
{
	const struct strace_part *path = strace_string(strace_arg(call, path_index));
	bool cloexec = strace_has(strace_arg(call, path_index + 1), "O_CLOEXEC");
	struct object *object;

	if (!path || !succeeded(call) || strace_has(strace_arg(call, path_index + 1), "O_DIRECTORY"))
		return;
	if (!strcmp(path->text, "/dev/iommu")) {
		object = object_add(importer, OBJECT_IOMMUFD, "iommufd");
		make(importer, thread, call, object, "iommufd_open");
	} else if (!strcmp(path->text, "/dev/vfio/vfio")) {
		object = object_add(importer, OBJECT_CONTAINER, "c");
	} else if (!strncmp(path->text, "/dev/vfio/devices/", 18)) {
		object = object_add(importer, OBJECT_CDEV, "d");
	} else if (!strncmp(path->text, "/dev/vfio/", 10)) {
		object = object_add(importer, OBJECT_GROUP, "g");
	} else if (!strncmp(path->text, "/dev/", 5) && strncmp(path->text, "/dev/shm/", 9) &&
		   strncmp(path->text, "/dev/hugepages/", 15)) {
		object = object_add(importer, OBJECT_DEVICE_MEMORY, "x");
	} else {
		object = add_file(importer, thread, call, !strncmp(path->text, "/dev/hugepages/", 15));
	}
	install(importer, thread, call, (int)call->ret, object, cloexec);
}

void call_open(struct importer *importer, struct thread *thread, const struct strace_call *call)
{
	opened(importer, thread, call, 0);
}

void call_openat(struct importer *importer, struct thread *thread, const struct strace_call *call)
{
	opened(importer, thread, call, 1);
}

void call_memfd_create(struct importer *importer, struct thread *thread, const struct strace_call *call)
{
	const struct strace_value *flags = strace_arg(call, 1);

	if (succeeded(call))
		install(importer, thread, call, (int)call->ret,
			add_file(importer, thread, call, strace_has(flags, "MFD_HUGETLB")),
			strace_has(flags, "MFD_CLOEXEC"));
}

void call_memfd_secret(struct importer *importer, struct thread *thread, const struct strace_call *call)
{
	struct object *secret;
	struct draft *step;

	if (!succeeded(call))
		return;
	secret = object_add(importer, OBJECT_SECRETMEM, "s");
	step = make(importer, thread, call, secret, "secretmem");
	draft_arg(&importer->steps, step, NULL, ARG_LENGTH)->object = secret;
	install(importer, thread, call, (int)call->ret, secret,
		strace_has(strace_arg(call, 0), "FD_CLOEXEC") || strace_has(strace_arg(call, 0), "O_CLOEXEC"));
}

static void grown(struct thread *thread, const struct strace_call *call, unsigned long bytes)
{
	struct object *file = fd_table_find(thread->files, (int)arg_number(call, 0));

	if (file && succeeded(call) && bytes > file->bytes && bytes < 1ul << 62)
		file->bytes = (bytes + IMPORT_PAGE - 1) & ~(IMPORT_PAGE - 1);
}

void call_ftruncate(struct importer *importer, struct thread *thread, const struct strace_call *call)
{
	grown(thread, call, arg_number(call, 1));
}

void call_fallocate(struct importer *importer, struct thread *thread, const struct strace_call *call)
{
	if (!strace_has(strace_arg(call, 1), "FALLOC_FL_KEEP_SIZE"))
		grown(thread, call, arg_number(call, 2) + arg_number(call, 3));
}

void call_perf_event_open(struct importer *importer, struct thread *thread, const struct strace_call *call)
{
	struct object *event;

	if (!succeeded(call))
		return;
	event = object_add(importer, OBJECT_PERF, "e");
	make(importer, thread, call, event, "perf_open");
	install(importer, thread, call, (int)call->ret, event, strace_has(strace_arg(call, 4), "PERF_FLAG_FD_CLOEXEC"));
}

/* A container, its groups and devices are one object of the scenario. */
static const struct object *whole(const struct object *object)
{
	bool part = object->kind == OBJECT_GROUP || (object->kind == OBJECT_DEVICE_MEMORY && object->container);

	return part && object->container ? object->container : object;
}

static bool still_open(const struct fd_table *files, const struct object *object)
{
	size_t i;

	for (i = 0; i < files->nr; i++)
		if (whole(files->descriptors[i].object) == object)
			return true;
	return false;
}

static void closed(struct importer *importer, struct thread *thread, const struct strace_call *call, int fd)
{
	struct object *removed = fd_table_remove(thread->files, fd);
	const struct object *object = removed ? whole(removed) : NULL;
	struct draft *step;

	if (!object || still_open(thread->files, object) || object->kind == OBJECT_DEVICE_MEMORY ||
	    object->kind == OBJECT_GROUP || (object->kind == OBJECT_CONTAINER && !object->open))
		return;
	step = draft_add(&importer->steps, call->line, thread->name, "close");
	step->object = (struct object *)object;
	draft_text(&importer->steps, step, NULL, object->name);
}

void call_close(struct importer *importer, struct thread *thread, const struct strace_call *call)
{
	if (succeeded(call))
		closed(importer, thread, call, (int)arg_number(call, 0));
}

void call_close_range(struct importer *importer, struct thread *thread, const struct strace_call *call)
{
	unsigned long first = arg_number(call, 0), last = arg_number(call, 1);
	size_t i = 0;

	if (!succeeded(call))
		return;
	while (i < thread->files->nr) {
		struct descriptor *descriptor = &thread->files->descriptors[i];

		if ((unsigned int)descriptor->fd < first || (unsigned int)descriptor->fd > (unsigned int)last) {
			i++;
		} else if (strace_has(strace_arg(call, 2), "CLOSE_RANGE_CLOEXEC")) {
			descriptor->cloexec = true;
			add_cloexec(importer, thread, call, descriptor->object);
			i++;
		} else {
			closed(importer, thread, call, descriptor->fd);
		}
	}
}

static void duplicate(struct importer *importer, struct thread *thread, const struct strace_call *call)
{
	struct object *object = fd_table_find(thread->files, (int)arg_number(call, 0));

	if (!succeeded(call) || call->ret == (long)arg_number(call, 0))
		return;
	closed(importer, thread, call, (int)call->ret);
	if (object)
		fd_table_install(thread->files, (int)call->ret, object, false);
}

void call_dup(struct importer *importer, struct thread *thread, const struct strace_call *call)
{
	duplicate(importer, thread, call);
}

void call_dup2(struct importer *importer, struct thread *thread, const struct strace_call *call)
{
	duplicate(importer, thread, call);
}

void call_fcntl(struct importer *importer, struct thread *thread, const struct strace_call *call)
{
	struct object *object = fd_table_find(thread->files, (int)arg_number(call, 0));
	const struct strace_value *command = strace_arg(call, 1);

	if (!object || !succeeded(call))
		return;
	if (strace_has(command, "F_DUPFD") || strace_has(command, "F_DUPFD_CLOEXEC")) {
		duplicate(importer, thread, call);
	} else if (strace_has(command, "F_SETFD") && strace_has(strace_arg(call, 2), "FD_CLOEXEC")) {
		fd_table_install(thread->files, (int)arg_number(call, 0), object, true);
		add_cloexec(importer, thread, call, object);
	}
}

/* The descriptors that a message carries, each told to @each. */
static void each_right(struct importer *importer, struct thread *thread, const struct strace_call *call,
		       void (*each)(struct importer *, struct thread *, const struct strace_call *, int fd))
{
	const struct strace_value *control = strace_member(strace_arg(call, 1), "msg_control"), *message, *fd;
	unsigned long number;

	for (message = strace_items(control); message; message = message->next) {
		if (!strace_has(strace_member(message, "cmsg_type"), "SCM_RIGHTS"))
			continue;
		for (fd = strace_items(strace_member(message, "cmsg_data")); fd; fd = fd->next)
			if (strace_number(fd, &number))
				each(importer, thread, call, (int)number);
	}
}

static void send_right(struct importer *importer, struct thread *thread, const struct strace_call *call, int fd)
{
	struct object *object = fd_table_find(thread->files, fd);
	struct in_flight *message = obstack_alloc(&importer->steps.memory, sizeof(*message));

	/* one that is not followed has its place in the queue too */
	*message = (struct in_flight){ .object = object, .sender = thread };
	*(importer->in_flight ? &importer->in_flight_last->next : &importer->in_flight) = message;
	importer->in_flight_last = message;
}

/* Messages arrive in the order in which they were sent: which socket they went through is not followed. */
static void receive_right(struct importer *importer, struct thread *thread, const struct strace_call *call, int fd)
{
	struct in_flight *message = importer->in_flight;
	struct draft *step;

	if (!message)
		return;
	importer->in_flight = message->next;
	if (!message->object)
		return;
	fd_table_install(thread->files, fd, message->object, strace_has(strace_arg(call, 2), "MSG_CMSG_CLOEXEC"));
	if (message->sender->files == thread->files || !thread->name || !message->sender->name)
		return;
	step = draft_add(&importer->steps, call->line, message->sender->name, "send_fd");
	step->object = message->object;
	draft_text(&importer->steps, step, NULL, thread->name);
	draft_text(&importer->steps, step, NULL, message->object->name);
}

void call_sendmsg(struct importer *importer, struct thread *thread, const struct strace_call *call)
{
	if (succeeded(call))
		each_right(importer, thread, call, send_right);
}

void call_recvmsg(struct importer *importer, struct thread *thread, const struct strace_call *call)
{
	if (succeeded(call))
		each_right(importer, thread, call, receive_right);
}

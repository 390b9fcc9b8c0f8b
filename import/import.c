// SPDX-License-Identifier: GPL-2.0-or-later
/* The import as a whole: which system calls there are, and the scenario around the steps. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <scenario/program.h>
#include "importer.h"

static const struct { const char *name; call_handler *handle; } calls[] = {
	{ "brk", call_brk },
	{ "capset", call_capset },
	{ "clone", call_clone },
	{ "clone3", call_clone },
	{ "close", call_close },
	{ "close_range", call_close_range },
	{ "dup", call_dup },
	{ "dup2", call_dup2 },
	{ "dup3", call_dup2 },
	{ "execve", call_execve },
	{ "execveat", call_execve },
	{ "fallocate", call_fallocate },
	{ "fcntl", call_fcntl },
	{ "fork", call_clone },
	{ "ftruncate", call_ftruncate },
	{ "geteuid", call_getuid },
	{ "getrlimit", call_getrlimit },
	{ "getuid", call_getuid },
	{ "io_uring_register", call_io_uring_register },
	{ "io_uring_setup", call_io_uring_setup },
	{ "ioctl", call_ioctl },
	{ "madvise", call_madvise },
	{ "memfd_create", call_memfd_create },
	{ "memfd_secret", call_memfd_secret },
	{ "mlock", call_mlock },
	{ "mlock2", call_mlock2 },
	{ "mlockall", call_mlockall },
	{ "mmap", call_mmap },
	{ "mprotect", call_mprotect },
	{ "mremap", call_mremap },
	{ "munlock", call_munlock },
	{ "munlockall", call_munlockall },
	{ "munmap", call_munmap },
	{ "open", call_open },
	{ "openat", call_openat },
	{ "perf_event_open", call_perf_event_open },
	{ "prctl", call_prctl },
	{ "prlimit64", call_prlimit },
	{ "recvmsg", call_recvmsg },
	{ "sendmsg", call_sendmsg },
	{ "setresuid", call_setresuid },
	{ "setreuid", call_setreuid },
	{ "setrlimit", call_setrlimit },
	{ "setuid", call_setuid },
	{ "shmctl", call_shmctl },
	{ "shmget", call_shmget },
	{ "unshare", call_unshare },
	{ "vfork", call_clone },
	{ "write", call_write },
};

void import_print_calls(FILE *out)
{
	size_t i;

	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		fprintf(out, "%s%s", i ? "," : "", calls[i].name);
	fputc('\n', out);
}

/* Steps that are kept while the log is read; those that nothing depends on are not written. */
#define STEPS_KEPT_MAX 200000u
#define LOST_SHOWN_MAX 20u
/* Room for the longest line below the bound: a call with 16384 buffers */
#define BYTES_MAX ((long)PIN_BYTES_MAX - 600000)

struct lost {
	struct lost *next;
	unsigned long line;
	const char *call;
	const char *why;
};

unsigned long arg_number(const struct strace_call *call, unsigned int index)
{
	unsigned long number = 0;

	strace_number(strace_arg(call, index), &number);
	return number;
}

bool succeeded(const struct strace_call *call)
{
	return call->returned && !call->error;
}

struct draft *add_step(struct importer *importer, const struct thread *thread, const struct strace_call *call,
		      const char *op)
{
	struct draft *step = draft_add(&importer->steps, call->line, thread->name, op);

	if (call->error)
		step->error = errno_by_name(call->error) ? list_printf(&importer->steps, "%.20s", call->error) : "fail";
	return step;
}

void lose(struct importer *importer, const struct strace_call *call, const char *why)
{
	struct lost *lost;

	if (importer->summary->lost++ >= LOST_SHOWN_MAX)
		return;
	lost = obstack_alloc(&importer->steps.memory, sizeof(*lost));
	*lost = (struct lost){ .line = call->line, .why = why };
	lost->call = list_printf(&importer->steps, "%.40s", call->name);
	*importer->lost_end = lost;
	importer->lost_end = &lost->next;
}

static call_handler *handler(const char *name, size_t bytes)
{
	size_t low = 0, high = sizeof(calls) / sizeof(calls[0]);

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strncmp(name, calls[middle].name, bytes);

		if (!order && calls[middle].name[bytes])
			order = -1;
		if (!order)
			return calls[middle].handle;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

static bool wanted(void *arg, const char *name, size_t bytes)
{
	return handler(name, bytes) != NULL;
}

/* The program's name, from the execve() that a log begins with. */
static void note_title(struct importer *importer, const struct strace_call *call)
{
	const struct strace_part *path = strace_string(strace_arg(call, 0));
	const char *name;

	if (importer->root)
		return;
	if (!path || strcmp(call->name, "execve")) {
		importer->title = "program";
		importer->began = true;
		return;
	}
	name = strrchr(path->text, '/');
	importer->title = list_printf(&importer->steps, "%.60s", name ? name + 1 : path->text);
}

static void on_call(void *arg, const struct strace_call *call)
{
	struct importer *importer = arg;
	struct thread *thread;

	note_title(importer, call);
	thread = thread_get(importer, call->pid, call->line);
	if (thread->name && (call->returned || !strcmp(call->name, "execve")))
		handler(call->name, strlen(call->name))(importer, thread, call);
}

static void on_begun(void *arg, const struct strace_call *call)
{
	note_title(arg, call);
	clone_begins(arg, call);
}

static void on_exited(void *arg, long pid, unsigned long line)
{
	thread_exit(arg, pid, line);
}

static bool stop(void *arg)
{
	struct importer *importer = arg;

	importer->summary->full = importer->steps.nr >= STEPS_KEPT_MAX;
	return importer->summary->full || (importer->options->stop && *importer->options->stop);
}

static const struct strace_listener listener = {
	.call = on_call, .begun = on_begun, .exited = on_exited, .wanted = wanted, .stop = stop,
};

static void print_limit(unsigned long bytes, unsigned long max_bytes, FILE *out)
{
	fputs(" memlock=", out);
	print_size(bytes, out);
	if (max_bytes != bytes) {
		fputc(':', out);
		print_size(max_bytes, out);
	}
}

/* A string of the language: what it cannot hold is left out. */
static void print_string(const char *text, FILE *out)
{
	fputc('"', out);
	for (; *text; text++)
		if (*text >= ' ' && *text <= '~' && *text != '"' && *text != '\\')
			fputc(*text, out);
	fputc('"', out);
}

static void print_head(struct importer *importer, FILE *out)
{
	const struct import_options *options = importer->options;
	const char *path = strrchr(options->path, '/');
	const struct lost *lost;

	fputs("title ", out);
	print_string(list_printf(&importer->steps, "%s, as strace saw it", importer->title), out);
	fputs("\nref   ", out);
	print_string(path ? path + 1 : options->path, out);
	fputs("\n", out);
	for (lost = importer->lost; lost; lost = lost->next)
		fprintf(out, "# line %lu of the log: %s is not here: %s\n", lost->line, lost->call, lost->why);
	if (importer->summary->lost > LOST_SHOWN_MAX)
		fprintf(out, "# and %lu more\n", importer->summary->lost - LOST_SHOWN_MAX);
	fprintf(out, "\ntask %s", importer->first_name);
	if (importer->uid_known)
		fprintf(out, " uid=%u", (unsigned int)importer->uid);
	if (importer->memlock_known)
		print_limit(importer->memlock_bytes, importer->memlock_max_bytes, out);
	fputs("\n\n", out);
}

static void take_options(struct importer *importer)
{
	const struct import_options *options = importer->options;

	if (options->uid_given) {
		importer->uid = options->uid;
		importer->uid_known = true;
	}
	if (options->memlock_given) {
		importer->memlock_bytes = options->memlock_bytes;
		importer->memlock_max_bytes = options->memlock_bytes;
		importer->memlock_known = true;
	}
}

int import_strace(FILE *in, FILE *out, const struct import_options *options, struct import_summary *summary)
{
	struct importer importer = { .options = options, .summary = summary };
	struct strace_counts counts = { .lines = 0 };
	int ret;

	*summary = (struct import_summary){ .lines = 0 };
	importer.lost_end = &importer.lost;
	draft_list_init(&importer.steps);
	take_options(&importer);
	ret = strace_read(in, &listener, &importer, &counts);
	summary->lines = counts.lines;
	summary->calls = counts.calls;
	summary->unread = counts.unread;
	summary->uid_known = importer.uid_known;
	summary->memlock_known = importer.memlock_known;
	if (!ret && !importer.first_name)
		ret = -ENODATA;
	if (!ret) {
		print_head(&importer, out);
		summary->steps = draft_list_print(&importer.steps, PIN_STEPS_MAX, BYTES_MAX, out);
		summary->full |= summary->steps == PIN_STEPS_MAX || ftell(out) >= BYTES_MAX;
		if (ferror(out))
			ret = -EIO;
	}
	threads_free(&importer);
	draft_list_free(&importer.steps);
	return ret;
}

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The lines of an strace log.
 *
 * Before a call may stand a process id ("1234 " or "[pid 1234] ") and a time of any
 * of strace's forms. A call that another process interrupts in the log is two lines,
 * "NAME(... <unfinished ...>" and "<... NAME resumed>...", which are put together:
 * the call counts where it ends. One that makes a process is told when it begins too,
 * for its child's first line may come before its end.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include "strace.h"

#define obstack_chunk_alloc malloc
#define obstack_chunk_free free

#define UNFINISHED " <unfinished ...>"
#define UNFINISHED_BYTES_MAX (64u << 20)

struct unfinished {
	struct unfinished *next;
	long pid;
	size_t bytes;
	char text[];
};

struct reading {
	const struct strace_listener *listener;
	void *arg;
	struct strace_counts *counts;
	struct obstack memory;		/* of one line */
	struct unfinished *unfinished;
	size_t unfinished_bytes;
};

static const char *skip_blanks(const char *text)
{
	while (*text == ' ' || *text == '\t')
		text++;
	return text;
}

/* 12:34:56, 12:34:56.789012, 1690000000.123456, 0.000123, and (+ 0.000123) */
static const char *skip_time(const char *text)
{
	const char *end = text + strspn(text, "0123456789:.(+)");

	return end > text && *end == ' ' && strcspn(text, ":.") < (size_t)(end - text) ? skip_blanks(end) : text;
}

static const char *skip_prefix(const char *text, long *pid)
{
	char *end;

	*pid = 0;
	text = skip_blanks(text);
	if (!strncmp(text, "[pid", 4)) {
		*pid = strtol(text + 4, &end, 10);
		while (*end && *end != ']')
			end++;
		text = skip_blanks(*end ? end + 1 : end);
	} else if (isdigit((unsigned char)*text) && skip_time(text) == text) {
		*pid = strtol(text, &end, 10);
		if (*end == '<')	/* -Y: the name of the command */
			end += strcspn(end, "> ") + 1;
		if (*end != ' ')
			return text;
		text = skip_blanks(end);
	}
	return skip_time(text);
}

static size_t name_bytes(const char *text)
{
	size_t bytes = 0;

	while (isalnum((unsigned char)text[bytes]) || text[bytes] == '_')
		bytes++;
	return bytes;
}

static void tell_call(struct reading *reading, long pid, const char *text, size_t bytes, bool over)
{
	struct strace_call call = { .pid = pid, .line = reading->counts->lines };
	void *mark = obstack_alloc(&reading->memory, 1);

	if (!strace_parse_call(text, bytes, &reading->memory, &call))
		reading->counts->unread++;
	else if (over)
		reading->listener->call(reading->arg, &call);
	else
		reading->listener->begun(reading->arg, &call);
	obstack_free(&reading->memory, mark);
}

static bool makes_process(const char *text)
{
	return !strncmp(text, "clone", 5) || !strncmp(text, "fork(", 5) || !strncmp(text, "vfork(", 6);
}

static struct unfinished *take_unfinished(struct reading *reading, long pid)
{
	struct unfinished **at = &reading->unfinished, *found;

	while (*at && (*at)->pid != pid)
		at = &(*at)->next;
	found = *at;
	if (found) {
		*at = found->next;
		reading->unfinished_bytes -= found->bytes;
	}
	return found;
}

/* @text without what says that it goes on. */
static void keep_unfinished(struct reading *reading, long pid, const char *text, size_t bytes)
{
	struct unfinished *unfinished;

	free(take_unfinished(reading, pid));
	if (reading->unfinished_bytes + bytes > UNFINISHED_BYTES_MAX) {
		reading->counts->unread++;
		return;
	}
	unfinished = malloc(sizeof(*unfinished) + bytes + 2);
	if (!unfinished) {
		reading->counts->unread++;
		return;
	}
	*unfinished = (struct unfinished){ .next = reading->unfinished, .pid = pid, .bytes = bytes };
	memcpy(unfinished->text, text, bytes);
	reading->unfinished = unfinished;
	reading->unfinished_bytes += bytes;
	if (makes_process(text)) {
		memcpy(unfinished->text + bytes, ")", 2);
		tell_call(reading, pid, unfinished->text, bytes + 1, false);
	}
}

static void resume(struct reading *reading, long pid, const char *rest)
{
	struct unfinished *begun = take_unfinished(reading, pid), *whole;
	size_t bytes = strlen(rest);

	whole = begun ? realloc(begun, sizeof(*begun) + begun->bytes + bytes + 1) : NULL;
	if (!whole) {
		free(begun);
		reading->counts->unread++;
		return;
	}
	memcpy(whole->text + whole->bytes, rest, bytes + 1);
	reading->counts->calls++;
	tell_call(reading, pid, whole->text, whole->bytes + bytes, true);
	free(whole);
}

static void read_line(struct reading *reading, char *line, size_t bytes)
{
	const char *text, *rest;
	size_t name;
	long pid;

	text = skip_prefix(line, &pid);
	bytes -= (size_t)(text - line);
	if (!strncmp(text, "+++ ", 4)) {
		reading->listener->exited(reading->arg, pid, reading->counts->lines);
		return;
	}
	if (!strncmp(text, "--- ", 4) || !strncmp(text, "strace: ", 8) || !*text)
		return;
	if (!strncmp(text, "<... ", 5)) {
		rest = strstr(text, " resumed>");
		name = name_bytes(text + 5);
		if (!rest)
			reading->counts->unread++;
		else if (reading->listener->wanted(reading->arg, text + 5, name))
			resume(reading, pid, rest + strlen(" resumed>"));
		else
			reading->counts->calls++;
		return;
	}
	name = name_bytes(text);
	if (!name || text[name] != '(') {
		reading->counts->unread++;
		return;
	}
	rest = bytes > strlen(UNFINISHED) ? text + bytes - strlen(UNFINISHED) : NULL;
	if (rest && !strcmp(rest, UNFINISHED)) {
		if (reading->listener->wanted(reading->arg, text, name))
			keep_unfinished(reading, pid, text, (size_t)(rest - text));
		return;
	}
	reading->counts->calls++;
	if (reading->listener->wanted(reading->arg, text, name))
		tell_call(reading, pid, text, bytes, true);
}

/* Up to the end of the line; of one that is longer than the bound, the rest is passed over. */
static ssize_t next_line(FILE *in, char *line, bool *whole)
{
	size_t bytes = 0;
	int byte;

	*whole = true;
	while ((byte = getc_unlocked(in)) != EOF && byte != '\n') {
		if (bytes < STRACE_LINE_MAX)
			line[bytes++] = (char)(byte ? byte : ' ');
		else
			*whole = false;
	}
	line[bytes] = '\0';
	return byte == EOF && !bytes ? -1 : (ssize_t)bytes;
}

int strace_read(FILE *in, const struct strace_listener *listener, void *arg, struct strace_counts *counts)
{
	struct reading reading = { .listener = listener, .arg = arg, .counts = counts };
	char *line = malloc(STRACE_LINE_MAX + 1);
	struct unfinished *unfinished;
	ssize_t bytes;
	bool whole;

	if (!line)
		return -ENOMEM;
	obstack_init(&reading.memory);
	while (!listener->stop(arg) && (bytes = next_line(in, line, &whole)) >= 0) {
		counts->lines++;
		if (whole)
			read_line(&reading, line, (size_t)bytes);
		else
			counts->unread++;
	}
	while ((unfinished = reading.unfinished)) {
		reading.unfinished = unfinished->next;
		free(unfinished);
	}
	obstack_free(&reading.memory, NULL);
	free(line);
	return ferror(in) ? -EIO : 0;
}

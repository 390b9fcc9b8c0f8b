// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From files to a checked program: reading within the bounds of the language,
 * parsing, following includes, checking.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "parse.h"

struct loader {
	struct program *program;
	struct diagnostics *diag;
	struct pin_source **last_source;
	unsigned int nr_sources;
	size_t total_bytes;
};

/* Says it at the include statement where there is one, else of the file itself. */
#define complain(loader, from, path, ...) \
	((from) ? diag_error((loader)->diag, from, __VA_ARGS__) : diag_error_file((loader)->diag, path, __VA_ARGS__))

static void too_large(struct loader *loader, const struct pin_pos *from, const char *path)
{
	struct pin_source empty = { .path = path, .text = "" };
	struct pin_pos first = { &empty, 1, 0, 0 };

	diag_error(loader->diag, from ? from : &first, "\"%s\" is too large, expected at most 1 MiB", path);
}

static char *read_bytes(struct loader *loader, int fd, const struct pin_pos *from, const char *path, size_t *bytes)
{
	char *text = xrealloc(NULL, PIN_BYTES_MAX + 2);
	size_t used = 0;
	ssize_t got;

	do {
		got = read(fd, text + used, PIN_BYTES_MAX + 1 - used);
		if (got > 0)
			used += (size_t)got;
	} while (got > 0 || (got < 0 && errno == EINTR));
	if (got < 0) {
		complain(loader, from, path, "cannot read \"%s\": %s", path, strerror(errno));
		free(text);
		return NULL;
	}
	if (used > PIN_BYTES_MAX) {
		too_large(loader, from, path);
		free(text);
		return NULL;
	}
	*bytes = used;
	return text;
}

/* A malloc'd copy of the file's bytes, or NULL with a message. Never waits on what is not a regular file. */
static char *read_file(struct loader *loader, const struct pin_pos *from, const char *path, size_t *bytes)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	char *text = NULL;
	struct stat st;

	if (fd < 0 || fstat(fd, &st)) {
		complain(loader, from, path, "cannot open \"%s\": %s", path, strerror(errno));
	} else if (!S_ISREG(st.st_mode)) {
		complain(loader, from, path, "\"%s\" is not a regular file, expected one", path);
	} else if (st.st_size > (off_t)PIN_BYTES_MAX) {
		too_large(loader, from, path);
	} else {
		text = read_bytes(loader, fd, from, path, bytes);
	}
	if (fd >= 0)
		close(fd);
	return text;
}

/* Text it must be: no NUL, no other control character than tab and line end, and UTF-8. */
static bool check_bytes(struct loader *loader, const struct pin_source *source)
{
	const unsigned char *text = (const unsigned char *)source->text;
	struct pin_pos pos = { source, 1, 0, 1 };
	size_t at = 0;

	if (source->bytes >= 3 && !memcmp(text, "\xef\xbb\xbf", 3)) {
		diag_error(loader->diag, &pos, "a byte order mark, expected text that begins without one");
		return false;
	}
	while (at < source->bytes) {
		unsigned int sequence = utf8_sequence(source->text + at, source->bytes - at);

		pos.offset = (unsigned int)at;
		if (!sequence) {
			diag_error(loader->diag, &pos, "a byte that is not UTF-8 (0x%02x), expected text", text[at]);
			return false;
		}
		if ((text[at] < ' ' && text[at] != '\t' && text[at] != '\n' && text[at] != '\r') || text[at] == 0x7f) {
			diag_error(loader->diag, &pos, "a control character (0x%02x), expected text", text[at]);
			return false;
		}
		if (text[at] == '\n')
			pos.line++;
		at += sequence;
	}
	return true;
}

static void hash_bytes(struct program *program, const char *text, size_t bytes)
{
	unsigned long long hash = program->hash;
	size_t i;

	for (i = 0; i < bytes; i++)
		hash = (hash ^ (unsigned char)text[i]) * 0x100000001b3ull;
	program->hash = hash;
}

static struct stmt *load_text(struct loader *loader, const char *path, const char *text, size_t bytes,
			      unsigned int depth);

/* What the file of the include statement says, in place of it. */
static void follow_include(struct loader *loader, struct stmt *stmt, unsigned int depth)
{
	const char *file = stmt->block.file, *including = stmt->pos.source->path;
	const char *slash = strrchr(including, '/');
	char *path, *text;
	size_t bytes;

	if (depth > PIN_INCLUDE_DEPTH_MAX) {
		diag_error(loader->diag, &stmt->pos, "includes nested too deeply, expected at most %u levels",
			   PIN_INCLUDE_DEPTH_MAX);
		return;
	}
	if (loader->nr_sources >= PIN_SOURCES_MAX || loader->total_bytes > PIN_TOTAL_BYTES_MAX) {
		diag_error(loader->diag, &stmt->pos, "too many includes, expected at most %u files of 16 MiB together",
			   PIN_SOURCES_MAX);
		return;
	}
	if (!*file) {
		diag_error(loader->diag, &stmt->pos, "an empty file name, expected one relative to this file");
		return;
	}
	if (*file == '/' || !slash)
		path = arena_printf(loader->program->arena, "%s", file);
	else
		path = arena_printf(loader->program->arena, "%.*s/%s", (int)(slash - including), including, file);
	text = read_file(loader, &stmt->pos, path, &bytes);
	if (!text)
		return;
	stmt->block.body = load_text(loader, path, text, bytes, depth);
	free(text);
}

static void follow_includes(struct loader *loader, struct stmt *stmt, unsigned int depth)
{
	for (; stmt && loader->diag->errors < DIAGNOSTICS_MAX; stmt = stmt->next) {
		if (stmt->kind == STMT_INCLUDE)
			follow_include(loader, stmt, depth + 1);
		else if (stmt->kind == STMT_REPEAT)
			follow_includes(loader, stmt->block.body, depth);
	}
}

static struct pin_source *new_source(struct loader *loader, const char *path, const char *text, size_t bytes)
{
	struct pin_source *source = arena_alloc(loader->program->arena, sizeof(*source));

	source->path = arena_strndup(loader->program->arena, path, strlen(path));
	source->text = arena_strndup(loader->program->arena, text, bytes);
	source->bytes = bytes;
	*loader->last_source = source;
	loader->last_source = &source->next;
	loader->nr_sources++;
	loader->total_bytes += bytes;
	hash_bytes(loader->program, text, bytes);
	return source;
}

static struct stmt *load_text(struct loader *loader, const char *path, const char *text, size_t bytes,
			      unsigned int depth)
{
	struct parse_state state = { .arena = loader->program->arena, .diag = loader->diag };

	state.source = new_source(loader, path, text, bytes);
	if (!check_bytes(loader, state.source) || parse_source(&state, false) || loader->diag->errors)
		return NULL;
	follow_includes(loader, state.stmts, depth);
	return state.stmts;
}

static struct loader new_loader(const char *path, struct diagnostics *diag)
{
	struct program *program;
	struct arena *arena = arena_create();

	program = arena_alloc(arena, sizeof(*program));
	program->arena = arena;
	program->hash = 0xcbf29ce484222325ull;
	program->path = arena_strndup(arena, path, strlen(path));
	return (struct loader){ .program = program, .diag = diag, .last_source = &program->sources };
}

static struct program *finish(struct loader *loader, unsigned int errors_before)
{
	struct program *program = loader->program;

	if (loader->diag->errors == errors_before && program_check(program, loader->diag))
		return program;
	program_free(program);
	return NULL;
}

struct program *program_parse(const char *path, const char *text, size_t bytes, struct diagnostics *diag)
{
	struct loader loader = new_loader(path, diag);
	unsigned int errors_before = diag->errors;

	if (bytes > PIN_BYTES_MAX)
		too_large(&loader, NULL, path);
	else
		loader.program->stmts = load_text(&loader, path, text, bytes, 0);
	return finish(&loader, errors_before);
}

struct program *program_load(const char *path, struct diagnostics *diag)
{
	struct loader loader = new_loader(path, diag);
	unsigned int errors_before = diag->errors;
	size_t bytes;
	char *text = read_file(&loader, NULL, path, &bytes);

	if (text)
		loader.program->stmts = load_text(&loader, path, text, bytes, 0);
	free(text);
	return finish(&loader, errors_before);
}

void program_free(struct program *program)
{
	if (program)
		arena_destroy(program->arena);
}

bool program_runs_on(const struct program *program, const struct kernel *kernel)
{
	const struct kernels_stmt *stmt;

	for (stmt = program->kernels; stmt; stmt = stmt->next)
		if (!kernel_set_holds(stmt->set, kernel))
			return false;
	return true;
}

struct parsed_set {
	struct arena *arena;
	struct kernel_set *set;
};

struct parsed_set *kernel_set_parse(const char *name, const char *text, struct diagnostics *diag)
{
	struct loader loader = new_loader(name, diag);
	struct parse_state state = { .arena = loader.program->arena, .diag = diag };
	unsigned int errors_before = diag->errors;
	struct parsed_set *parsed;
	size_t bytes = strlen(text);

	if (bytes > PIN_SET_BYTES_MAX)
		diag_error_file(diag, name, "too long, expected a SET of kernels");
	else {
		state.source = new_source(&loader, name, text, bytes);
		if (check_bytes(&loader, state.source) && !parse_source(&state, true))
			kernel_set_check(state.set, diag);
	}
	if (diag->errors != errors_before) {
		program_free(loader.program);
		return NULL;
	}
	parsed = arena_alloc(state.arena, sizeof(*parsed));
	parsed->arena = state.arena;
	parsed->set = state.set;
	return parsed;
}

struct kernel_set *parsed_set(struct parsed_set *parsed)
{
	return parsed ? parsed->set : NULL;
}

void parsed_set_free(struct parsed_set *parsed)
{
	if (parsed)
		arena_destroy(parsed->arena);
}

/* The kernels that the file's statements name, as far as all of them hold. */
static void named_kernels(const struct program *program, struct kernel_list *list)
{
	struct kernel_list named;
	size_t i;

	memset(list, 0, sizeof(*list));
	kernel_set_list(program->kernels->set, false, &named);
	for (i = 0; i < named.nr; i++)
		if (program_runs_on(program, &named.kernels[i]->kernel))
			kernel_list_add(list, named.kernels[i]->name);
	kernel_list_free(&named);
}

void default_kernels(const struct program *program, bool proposals, struct kernel_list *list)
{
	if (program->kernels)
		named_kernels(program, list);
	else
		kernel_set_list(NULL, proposals, list);
}

// SPDX-License-Identifier: GPL-2.0-or-later
/* The least limits as text and as JSON. */
#include <stdlib.h>
#include <string.h>
#include <scenario/json.h>
#include <scenario/limit.h>
#include "arena.h"
#include "report.h"

#define PAGE_BYTES 4096ul
/* Of what a bucket counts, the first and the last ones. */
#define PARTS_SHOWN 16u

/* Exactly: "4 GiB", "1 GiB 4 KiB", "0". */
static const char *size_text(unsigned long bytes, char *buf, size_t size)
{
	static const char units[] = "TGMK";
	unsigned int shift = 40;
	size_t used = 0;

	buf[0] = '\0';
	for (unsigned int i = 0; units[i]; i++, shift -= 10) {
		unsigned long count = bytes >> shift;

		bytes -= count << shift;
		if (count)
			used += (size_t)snprintf(buf + used, size - used, "%s%lu %ciB", used ? " " : "", count,
						 units[i]);
	}
	if (bytes)
		snprintf(buf + used, size - used, "%s%lu bytes", used ? " " : "", bytes);
	else if (!used)
		snprintf(buf, size, "0");
	return buf;
}

/* "twice the 1 GiB that it maps for devices" */
static void print_times(char **text, size_t *length, const struct limit_task *task)
{
	static const char *const words[] = {"", "as much as", "twice", "three times", "four times"};
	unsigned long need = task->pages * PAGE_BYTES, memory = task->memory_bytes;
	char buf[64];

	if (!memory || !need)
		return;
	append_text(text, length, "      that is ");
	if (!(need % memory) && need / memory < sizeof(words) / sizeof(words[0]))
		append_format(text, length, "%s", words[need / memory]);
	else
		append_format(text, length, "%.*f times", need % memory ? 2 : 0, (double)need / (double)memory);
	append_format(text, length, " the %s of guest memory that it maps for devices",
		      size_text(memory, buf, sizeof(buf)));
	if (task->mapped_bytes > memory && need > memory)
		append_format(text, length,
			      ": the same memory is mapped by %u calls%s, and each map is counted by itself",
			      task->maps, task->spaces > 1 ? " into several address spaces" : "");
	append_text(text, length, "\n");
}

static void print_parts(char **text, size_t *length, const struct limit_task *task)
{
	char buf[64];

	if (!task->nr_parts && !task->moment_pages)
		return;
	append_format(text, length, "      %s counts", task->bucket);
	for (unsigned int i = 0; i < task->nr_parts; i++) {
		const struct limit_part *part = &task->parts[i];
		unsigned long pages = (unsigned long)(part->pages < 0 ? -part->pages : part->pages);

		if (i == PARTS_SHOWN / 2 && task->nr_parts > PARTS_SHOWN) {
			append_format(text, length, "\n        ... %u more", task->nr_parts - PARTS_SHOWN);
			i = task->nr_parts - PARTS_SHOWN / 2 - 1;
			continue;
		}
		append_format(text, length, "\n        %s%s by line %u, %s", part->pages < 0 ? "-" : "+",
			      size_text(pages * PAGE_BYTES, buf, sizeof(buf)), part->line, part->call);
	}
	if (task->moment_pages)
		append_format(text, length, "\n        +%s for the moment of that call",
			      size_text(task->moment_pages * PAGE_BYTES, buf, sizeof(buf)));
	append_text(text, length, "\n");
}

/* "too little", "exact", "1 GiB 1 MiB more than needed" */
static const char *verdict_of(const struct limit_task *task, char *buf, size_t size)
{
	unsigned long need = task->pages * PAGE_BYTES, libvirt = limit_by_libvirt_bytes(task);
	char more[64];

	if (libvirt < need)
		return "too little";
	if (libvirt == need)
		return "exact";
	snprintf(buf, size, "%s more than needed", size_text(libvirt - need, more, sizeof(more)));
	return buf;
}

static void print_libvirt(char **text, size_t *length, const struct limit_task *task)
{
	unsigned long libvirt = limit_by_libvirt_bytes(task);
	char set[64], memory[64], verdict[96];

	if (!libvirt)
		return;
	append_format(text, length, "      libvirt would set %s (%s x %u + 1 GiB): %s\n",
		      size_text(libvirt, set, sizeof(set)), size_text(task->memory_bytes, memory, sizeof(memory)),
		      task->spaces + task->vdpas, verdict_of(task, verdict, sizeof(verdict)));
}

static void print_found(char **text, size_t *length, const struct limit_task *task)
{
	char buf[64];

	append_format(text, length, "    %-12s %s", task->name, size_text(task->pages * PAGE_BYTES, buf, sizeof(buf)));
	if (!task->pages) {
		append_format(text, length, ": no call of it needs any\n");
		print_libvirt(text, length, task);
		return;
	}
	append_format(text, length, " (%lu pages)", task->pages);
	if (task->call)
		append_format(text, length, ", which line %u needs: %s\n      with one page less: %s\n", task->line,
			      task->call, task->refusal);
	else
		append_text(text, length, "\n");
	if (task->has_lean)
		append_format(text, length,
			      "      %s (%lu pages) without the calls that the file lets a limit refuse\n",
			      size_text(task->lean_pages * PAGE_BYTES, buf, sizeof(buf)), task->lean_pages);
	if (task->left_out)
		append_text(text, length,
			    "      without the calls that the file lets a limit refuse: no limit is enough "
			    "with them\n");
	if (!task->all_schedules)
		append_text(text, length,
			    "      in the schedules that were run, which are not all: --schedules N runs more\n");
	print_parts(text, length, task);
	print_times(text, length, task);
	print_libvirt(text, length, task);
}

static void print_task(char **text, size_t *length, const struct limit_task *task)
{
	switch (task->answer) {
	case LIMIT_FOUND:
		print_found(text, length, task);
		break;
	case LIMIT_NONE:
		append_format(text, length, "    %-12s no limit is enough: line %u fails with any: %s\n      %s\n",
			      task->name, task->line, task->call ? task->call : "?",
			      task->refusal ? task->refusal : "?");
		break;
	case LIMIT_UNDECIDED:
		append_format(text, length, "    %-12s not decided: too many steps\n", task->name);
		break;
	case LIMIT_NA:
	case LIMIT_ERROR:
		break;
	}
}

static char *kernel_text(const struct limit_kernel *limit)
{
	char *text = NULL;
	size_t length = 0;

	append_text(&text, &length, "");
	if (limit->missing)
		append_format(&text, &length, "    n/a: no %s\n", limit->missing);
	else
		for (unsigned int i = 0; i < limit->nr_tasks; i++)
			print_task(&text, &length, &limit->tasks[i]);
	return text;
}

static bool all_found(const struct limit_kernel *limits, size_t nr)
{
	bool found = true;

	for (size_t i = 0; i < nr; i++)
		for (unsigned int j = 0; j < limits[i].nr_tasks; j++)
			found &= limits[i].tasks[j].answer == LIMIT_FOUND || limits[i].tasks[j].answer == LIMIT_NA;
	return found;
}

bool limit_print(FILE *out, const struct program *program, const struct limit_kernel *limits, size_t nr, bool colour)
{
	const char **names = xzalloc((nr + 1) * sizeof(*names));
	char **text = xzalloc((nr + 1) * sizeof(*text));

	fprintf(out, "%s%s", colour ? "\033[1m" : "", program->path);
	if (program->title != program->path)
		fprintf(out, ": %s", program->title);
	fprintf(out, "%s\n", colour ? "\033[0m" : "");
	for (size_t i = 0; i < nr; i++)
		text[i] = kernel_text(&limits[i]);
	for (size_t i = 0; i < nr; i++) {
		size_t same = 0;
		char *folded;

		if (!text[i])
			continue;
		for (size_t j = nr; j-- > i;)
			if (text[j] && (j == i || !strcmp(text[i], text[j])))
				names[nr - 1 - same++] = limits[j].kernel;
		folded = kernel_names_folded(names + nr - same, same);
		fprintf(out, "  %s\n%s", folded, text[i]);
		free(folded);
		for (size_t j = nr; j-- > i;)
			if (j != i && text[j] && !strcmp(text[i], text[j])) {
				free(text[j]);
				text[j] = NULL;
			}
		free(text[i]);
		text[i] = NULL;
	}
	free(text);
	free(names);
	return all_found(limits, nr);
}

static json_t *task_json(const char *path, const char *kernel, const struct limit_task *task)
{
	static const char *const answers[] = {
		[LIMIT_FOUND] = "found",	 [LIMIT_NONE] = "none",	  [LIMIT_NA] = "n/a",
		[LIMIT_UNDECIDED] = "undecided", [LIMIT_ERROR] = "error",
	};
	unsigned long libvirt = limit_by_libvirt_bytes(task);
	json_t *parts = json_array(), *object;
	bool found = task->answer == LIMIT_FOUND;
	char buf[96];

	for (unsigned int i = 0; i < task->nr_parts; i++)
		json_array_append_new(parts, json_pack("{s:I, s:o, s:I}", "line", (json_int_t)task->parts[i].line,
						       "call", json_text(task->parts[i].call), "pages",
						       (json_int_t)task->parts[i].pages));
	object = json_pack("{s:i, s:o, s:s, s:s, s:s, s:o, s:I, s:o, s:o, s:o, s:o, s:I}", "schema", 1, "file",
			   json_text(path), "kernel", kernel, "task", task->name, "answer", answers[task->answer],
			   "limit_pages", found ? json_integer((json_int_t)task->pages) : json_null(), "line",
			   (json_int_t)task->line, "call", json_text_or_null(task->call), "with_one_page_less",
			   json_text_or_null(task->refusal), "bucket", json_text_or_null(task->bucket), "counts", parts,
			   "moment_pages", (json_int_t)task->moment_pages);
	json_object_set_new(object, "all_schedules", json_boolean(task->all_schedules));
	json_object_set_new(object, "without_refused_calls", json_boolean(task->left_out));
	json_object_set_new(object, "limit_pages_without_refused_calls",
			    task->has_lean || task->left_out ? json_integer((json_int_t)task->lean_pages)
							     : json_null());
	json_object_set_new(object, "memory_bytes", json_integer((json_int_t)task->memory_bytes));
	json_object_set_new(object, "factor", json_integer((json_int_t)(task->spaces + task->vdpas)));
	json_object_set_new(object, "libvirt_bytes", libvirt ? json_integer((json_int_t)libvirt) : json_null());
	json_object_set_new(object, "verdict",
			    found && libvirt ? json_string(verdict_of(task, buf, sizeof(buf))) : json_null());
	return object;
}

bool limit_print_json(FILE *out, const struct program *program, const struct limit_kernel *limits, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		for (unsigned int j = 0; j < limits[i].nr_tasks; j++)
			json_line(out, task_json(program->path, limits[i].kernel, &limits[i].tasks[j]));
	return all_found(limits, nr);
}

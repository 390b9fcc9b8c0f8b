// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The probes of the operation table, spelled out for one and two tasks.
 *
 * A probe is an argument list in which a word behind '@' stands for one of a few
 * values: @len for one page and two, @container for the container of one of the
 * tasks. Each combination is one line of the stage. Every
 * task has its buffer at the same address, so a forked child and a task of its own
 * are spoken to in the same words.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "arena.h"
#include "ops.h"
#include "search_calls.h"

#define ELEMENTS(array) (sizeof(array) / sizeof((array)[0]))

/* Words that mean the same for each task. */
static const struct {
	const char *word;
	const char *values[4];
} words[] = {
	{ "@va", { "0x100000" } },		/* the task's buffer, of two pages */
	{ "@free", { "0x200000" } },		/* where nothing is mapped at first */
	{ "@bar", { "0x300000" } },		/* where a device's registers may be mapped */
	{ "@len", { "1p", "2p" } },
	{ "@iova", { "0x1000000" } },
	{ "@iova_too", { "0x1010000" } },	/* asked for only where the first was */
	{ "@limit", { "1p", "2p" } },
	{ "@uid", { "1001" } },
	{ "@child", { "b" } },
};

/* What each task opens before the calls that count, in this order; %1$c is the task's name. */
struct opening {
	const char *word;	/* how probes name it */
	const char *variable;
	const char *call;
};
static const struct opening openings[] = {
	{ NULL, NULL, "mmap(2p, at=0x100000)" },
	{ "@container", "%cc", "vfio_open()" },
	{ "@iommufd", "%cf", "iommufd_open()" },
	{ "@ioas", "%ci", "ioas_alloc(%cf)" },
	{ NULL, NULL, "attach(%ci)" },
	{ "@ring", "%cr", "uring_setup(1)" },
};

static const struct stage_setting settings[] = {
	{ .forks = true, .limit_pages = { 1 } },
	{ .forks = true, .limit_pages = { 2 } },
	{ .pair = true, .alike = true, .uid_b = 1000, .limit_pages = { 1, 1 } },
	{ .pair = true, .uid_b = 1000, .limit_pages = { 1, 2 } },
	{ .pair = true, .alike = true, .uid_b = 1000, .limit_pages = { 2, 2 } },
	{ .pair = true, .uid_b = 1001, .limit_pages = { 1, 1 } },
	{ .pair = true, .uid_b = 1001, .limit_pages = { 1, 2 } },
	{ .pair = true, .uid_b = 1001, .limit_pages = { 2, 2 } },
	/* Many more calls: that many fewer of them. */
	{ .forks = true, .limit_pages = { 1 }, .wide = true, .calls_max = 3 },
	{ .forks = true, .limit_pages = { 2 }, .wide = true, .calls_max = 3 },
};

const struct stage_setting *stage_settings(unsigned int *nr)
{
	*nr = ELEMENTS(settings);
	return settings;
}

struct text {
	char *at;
	size_t used, room;
	/* of the calls among the lines */
	struct stage_hint *hints;
	unsigned int nr_hints;
	unsigned short next_kind;
};

static void __attribute__((format(printf, 2, 3))) add(struct text *text, const char *format, ...)
{
	va_list args;
	int more;

	va_start(args, format);
	more = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (text->used + (size_t)more + 1 > text->room) {
		text->room = 2 * (text->used + (size_t)more + 1);
		text->at = xrealloc(text->at, text->room);
	}
	va_start(args, format);
	text->used += (size_t)vsnprintf(text->at + text->used, text->room - text->used, format, args);
	va_end(args);
}

/* @template with each % followed by c as @task. */
static void add_for_task(struct text *text, const char *template, char task)
{
	for (; *template; template++) {
		if (template[0] == '%' && template[1] == 'c') {
			add(text, "%c", task);
			template++;
		} else {
			add(text, "%c", *template);
		}
	}
}

static void add_task(struct text *text, char name, unsigned int uid, unsigned int limit_pages)
{
	add(text, "task %c uid=%u memlock=%up:%up caps=setuid\n", name, uid, limit_pages, STAGE_HARD_PAGES);
}

static void add_tasks(struct text *text, const struct stage_setting *setting)
{
	add_task(text, 'a', 1000, setting->limit_pages[0]);
	if (setting->pair)
		add_task(text, 'b', setting->uid_b, setting->limit_pages[1]);
}

static void add_openings(struct text *text, char task)
{
	for (size_t i = 0; i < ELEMENTS(openings); i++) {
		add(text, "%c: ", task);
		if (openings[i].variable) {
			add_for_task(text, openings[i].variable, task);
			add(text, " = ");
		}
		add_for_task(text, openings[i].call, task);
		add(text, "\n");
	}
}

/* The values that the word at @at may take for @task, and how long the word is. */
static unsigned int values_of(const char *at, size_t *length, const struct stage_setting *setting, char task,
			      char buf[4][16])
{
	unsigned int nr = 0;

	*length = 1 + strspn(at + 1, "abcdefghijklmnopqrstuvwxyz_");
	for (size_t i = 0; i < ELEMENTS(words); i++)
		if (strlen(words[i].word) == *length && !strncmp(words[i].word, at, *length))
			for (; nr < 4 && words[i].values[nr]; nr++)
				snprintf(buf[nr], sizeof(buf[nr]), "%s", words[i].values[nr]);
	for (size_t i = 0; i < ELEMENTS(openings); i++) {
		const struct opening *opening = &openings[i];

		if (!opening->word || strlen(opening->word) != *length || strncmp(opening->word, at, *length))
			continue;
		/* A child has what its parent opened, a task that stands what it opened itself. */
		snprintf(buf[nr++], sizeof(buf[0]), "%c%c", setting->forks ? 'a' : task, opening->variable[2]);
	}
	return nr;
}

/* Which opening the word at @at names, from 1; 0: none. */
static unsigned int object_of(const char *at, size_t length)
{
	for (unsigned int i = 0; i < ELEMENTS(openings); i++)
		if (openings[i].word && strlen(openings[i].word) == length && !strncmp(openings[i].word, at, length))
			return i + 1;
	return 0;
}

/* Every way to spell @rest out, behind @line. @hint: of what is spelled out so far. */
static void add_probe(struct text *text, const struct stage_setting *setting, char task, const char *line,
		      const char *rest, struct stage_hint hint)
{
	const char *at = strchr(rest, '@');
	char values[4][16], *longer;
	size_t length;
	unsigned int nr;

	if (!at) {
		add(text, "%s%s)\n", line, rest);
		text->hints = xrealloc(text->hints, (text->nr_hints + 1) * sizeof(*text->hints));
		hint.kind = text->next_kind++;
		text->hints[text->nr_hints++] = hint;
		return;
	}
	nr = values_of(at, &length, setting, task, values);
	hint.own &= strncmp(at, "@uid", length) && strncmp(at, "@child", length);
	for (unsigned int i = 0; i < nr; i++) {
		longer = xasprintf("%s%.*s%s", line, (int)(at - rest), rest, values[i]);
		if (!strncmp(at, "@iova", strlen("@iova")))
			hint.place = length == strlen("@iova") ? 1 : 2;
		else if (object_of(at, length))
			hint.object = (unsigned char)(2 * object_of(at, length) + (values[i][0] == 'b'));
		add_probe(text, setting, task, longer, at + length, hint);
		free(longer);
	}
}

/*
 * What a proposal's own operation is tried with: it says the types of its arguments
 * and no more. False where one of them is an object that would have to be made first.
 */
static bool probe_of_types(const struct op *op, char task, char *buf, size_t size)
{
	size_t used = 0;

	buf[0] = '\0';
	for (unsigned int i = 0; op->args[i].name; i++) {
		const struct op_arg *arg = &op->args[i];
		const char own[] = { task, '\0' };
		const char *word = arg->type == ARG_NUMBER ? "@len" : arg->type == ARG_TASK ? own : NULL;

		if (arg->flags & ARG_OPTIONAL)
			continue;
		if (arg->type == ARG_VARIABLE && arg->kinds & KIND(CONTAINER))
			word = "@container";
		if (!word)
			return false;
		used += (size_t)snprintf(buf + used, size - used, "%s%s", used ? ", " : "", word);
	}
	return true;
}

static void add_op(struct text *text, const struct stage_setting *setting, char task, const struct op *op)
{
	const char *const *probe = op->probes;
	char line[64], typed[64];

	snprintf(line, sizeof(line), "%c: %s(", task, op->name);
	for (; probe && *probe; probe++) {
		bool wide = **probe == '+', makes = strstr(*probe, "@child");

		if ((!wide || setting->wide) && (!makes || (setting->forks && task == 'a')))
			add_probe(text, setting, task, line, *probe + wide, (struct stage_hint){ .own = true });
	}
	if (op->of && !op->probes && probe_of_types(op, task, typed, sizeof(typed)))
		add_probe(text, setting, task, line, typed, (struct stage_hint){ 0 });
}

/* The calls of @task. What exists on neither kernel, as other proposals' operations, is skipped there. */
static void add_calls(struct text *text, const struct stage_setting *setting, char task)
{
	text->next_kind = 0;
	for (size_t area = 0; area < op_areas_nr; area++)
		for (size_t i = 0; i < op_areas[area]->nr; i++)
			add_op(text, setting, task, &op_areas[area]->ops[i]);
}

struct stage *stage_create(const struct stage_setting *setting)
{
	struct stage *stage = xzalloc(sizeof(*stage));
	struct diagnostics diag;
	struct text text = { NULL, 0, 0 };

	stage->setting = *setting;
	add_tasks(&text, setting);
	add_openings(&text, 'a');
	if (setting->pair)
		add_openings(&text, 'b');
	stage->nr_setup = (unsigned int)ELEMENTS(openings) * (1 + setting->pair);
	add_calls(&text, setting, 'a');
	if (setting->pair || setting->forks)
		add_calls(&text, setting, 'b');
	diagnostics_init(&diag);
	stage->program = program_parse("the calls of a search", text.at, text.used, &diag);
	if (!stage->program) {
		fprintf(stderr, "pinsim: %s", diag.text);
		exit(3);
	}
	diagnostics_free(&diag);
	free(text.at);
	stage->nr_calls = stage->program->nr_items - stage->nr_setup;
	stage->hints = text.hints;
	return stage;
}

void stage_free(struct stage *stage)
{
	program_free(stage->program);
	free(stage->hints);
	free(stage);
}

static void add_step(struct text *text, const struct step *step, const char *result)
{
	size_t before = text->used;

	add(text, "%s: %s", step->task_name, step->text);
	if (result)
		add(text, "%*s -> %s", text->used - before < 36 ? (int)(36 - (text->used - before)) : 0, "", result);
	add(text, "\n");
}

char *stage_text(const struct stage *stage, const char *head, unsigned long setup, const unsigned short *calls,
		 unsigned int nr, char *const *results)
{
	const struct program *program = stage->program;
	bool uses[2] = { true, false }, setuid = false;
	struct text text = { NULL, 0, 0 };
	unsigned int i;

	for (i = 0; i < nr; i++) {
		const struct step *step = &stage_call(stage, calls[i])->step;

		uses[step->task_name[0] == 'b'] = true;
		setuid |= !strcmp(step->op_name, "setuid");
	}
	for (i = 0; i < stage->nr_setup; i++)
		if (setup & 1ul << i)
			uses[program->items[i].stmt->step.task_name[0] == 'b'] = true;
	add(&text, "%s", head);
	for (i = 0; i < program->nr_tasks; i++) {
		const struct task_decl *task = program->tasks[i];

		if (!uses[i])
			continue;
		add(&text, "task %s uid=%u memlock=%lup:%lup%s\n", task->name, task->uid,
		    task->memlock_cur_bytes / 4096, task->memlock_max_bytes / 4096, setuid ? " caps=setuid" : "");
	}
	if (setup)
		add(&text, "\n");
	for (i = 0; i < stage->nr_setup; i++)
		if (setup & 1ul << i)
			add_step(&text, &program->items[i].stmt->step, results ? results[i] : NULL);
	if (nr)
		add(&text, "\n");
	for (i = 0; i < nr; i++)
		add_step(&text, &stage_call(stage, calls[i])->step, results ? results[stage->nr_setup + i] : NULL);
	return text.at;
}

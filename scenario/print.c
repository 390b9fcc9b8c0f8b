// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The tree back as text. Calls are printed from the tree, for that is what the
 * shrinker changes; sets of kernels and expects, which nobody changes, as they were
 * written.
 */
#include <string.h>
#include <scenario/op.h>
#include <scenario/print.h>

/* In the largest unit that leaves no rest; addresses and the like in hex. */
static void print_number(unsigned long number, FILE *out)
{
	static const struct { unsigned int shift; char unit; } units[] = { { 30, 'G' }, { 20, 'M' }, { 10, 'K' } };
	unsigned int i;

	if (number == ~0ul) {
		fputs("unlimited", out);
		return;
	}
	for (i = 0; i < 3; i++)
		if (number && !(number & ((1ul << units[i].shift) - 1)) && number >> units[i].shift < 1ul << 20) {
			fprintf(out, "%lu%c", number >> units[i].shift, units[i].unit);
			return;
		}
	fprintf(out, number < 1ul << 20 ? "%lu" : "0x%lx", number);
}

static void print_sum(const struct sum *sum, FILE *out);

static void print_path(const struct path *path, FILE *out)
{
	for (; path; path = path->next) {
		fputs(path->name, out);
		if (path->argument) {
			fputc('(', out);
			print_sum(path->argument, out);
			fputc(')', out);
		}
		if (path->next)
			fputc('.', out);
	}
}

static void print_sum(const struct sum *sum, FILE *out)
{
	const struct term *term;

	for (term = sum->terms; term; term = term->next) {
		if (term != sum->terms)
			fputs(term->negative ? " - " : " + ", out);
		else if (term->negative)
			fputc('-', out);
		/* `unlimited` is a path until it is checked, then a number */
		if (term->is_number)
			print_number(term->number, out);
		else
			print_path(term->path, out);
	}
}

static void print_value(const struct pin_value *value, FILE *out)
{
	const struct sum *sum;

	switch (value->kind) {
	case PIN_SUM:
		print_sum(value->first, out);
		break;
	case PIN_PAIR:
	case PIN_RANGE:
		print_sum(value->first, out);
		fputs(value->kind == PIN_PAIR ? ":" : "..", out);
		print_sum(value->second, out);
		break;
	case PIN_LIST:
		fputc('[', out);
		for (sum = value->first; sum; sum = sum->next) {
			print_sum(sum, out);
			if (sum->next)
				fputs(", ", out);
		}
		fputc(']', out);
		break;
	}
}

/* KEY=VALUE[,VALUE...] of task and set. */
static void print_keys(const struct pin_arg *arg, FILE *out)
{
	const struct pin_value *value;

	for (; arg; arg = arg->next) {
		fprintf(out, " %s=", arg->key);
		for (value = arg->values; value; value = value->next) {
			print_value(value, out);
			if (value->next)
				fputc(',', out);
		}
	}
}

static void print_set(const struct kernel_set *set, const char *before, FILE *out)
{
	if (set)
		fprintf(out, "%s%.*s", before, (int)set->pos.bytes, set->pos.source->text + set->pos.offset);
}

static void print_cases(const struct result_case *result_case, FILE *out)
{
	const struct result *result;

	fputs(result_case ? " -> " : "", out);
	for (; result_case; result_case = result_case->next) {
		for (result = result_case->results; result; result = result->next) {
			print_sum(result->value, out);
			fputs(result->next ? "/" : "", out);
		}
		print_set(result_case->set, " @ ", out);
		fputs(result_case->next ? " | " : "", out);
	}
}

void step_print(const struct step *step, FILE *out)
{
	const struct pin_arg *arg;

	fprintf(out, "%s: ", step->task_name);
	if (step->variable_name)
		fprintf(out, "%s = ", step->variable_name);
	fprintf(out, "%s(", step->op_name);
	for (arg = step->args; arg; arg = arg->next) {
		if (arg->key)
			fprintf(out, "%s=", arg->key);
		print_value(arg->values, out);
		fputs(arg->next ? ", " : "", out);
	}
	fputc(')', out);
	print_cases(step->cases, out);
}

struct printer {
	const struct print_choice *choice;
	const struct pin_source *main;
	FILE *out;
	unsigned int depth;
};

static void print_stmts(struct printer *printer, const struct stmt *stmt);

static void print_block(struct printer *printer, const struct stmt *stmt)
{
	if (stmt->kind == STMT_PARALLEL)
		fputs("parallel {\n", printer->out);
	else
		fprintf(printer->out, "repeat %lu {\n", stmt->block.count);
	printer->depth++;
	print_stmts(printer, stmt->block.body);
	printer->depth--;
	fprintf(printer->out, "%*s}", (int)printer->depth * 4, "");
}

static void print_stmt(struct printer *printer, const struct stmt *stmt)
{
	FILE *out = printer->out;

	switch (stmt->kind) {
	case STMT_TITLE:
		fprintf(out, "title \"%s\"", stmt->text);
		break;
	case STMT_REF:
		fprintf(out, "ref \"%s\"", stmt->text);
		break;
	case STMT_KERNELS:
		print_set(stmt->set, "kernels ", out);
		break;
	case STMT_TASK:
		fprintf(out, "task %s", stmt->task.name);
		print_keys(stmt->task.args, out);
		break;
	case STMT_SET:
		fputs("set", out);
		print_keys(stmt->settings, out);
		break;
	case STMT_STEP:
		step_print(&stmt->step, out);
		break;
	case STMT_EXPECT:
		fprintf(out, "expect %s%s", stmt->expect.sometimes ? "sometimes " : "", stmt->expect.text);
		print_set(stmt->expect.set, " @ ", out);
		break;
	case STMT_PARALLEL:
	case STMT_REPEAT:
		print_block(printer, stmt);
		break;
	case STMT_INCLUDE:
		break;
	}
	fputc('\n', out);
}

static void print_stmts(struct printer *printer, const struct stmt *stmt)
{
	for (; stmt; stmt = stmt->next) {
		if (printer->choice && printer->choice->leave_out(printer->choice->arg, stmt))
			continue;
		/* what is included stands in the place of the statement; titles of its own do not */
		if (stmt->kind == STMT_INCLUDE) {
			print_stmts(printer, stmt->block.body);
			continue;
		}
		if (stmt->kind == STMT_TITLE && stmt->pos.source != printer->main)
			continue;
		fprintf(printer->out, "%*s", (int)printer->depth * 4, "");
		print_stmt(printer, stmt);
	}
}

void program_print(const struct program *program, const struct print_choice *choice, FILE *out)
{
	struct printer printer = { .choice = choice, .main = program->sources, .out = out };

	print_stmts(&printer, program->stmts);
}

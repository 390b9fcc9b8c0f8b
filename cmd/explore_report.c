// SPDX-License-Identifier: GPL-2.0-or-later
/* pinsim explore: what a search came to, as text with lanes, as JSON, and as files. */
#include <stdlib.h>
#include <string.h>
#include <scenario/json.h>
#include <scenario/lanes.h>
#include <scenario/report.h>
#include "explore.h"

#define ROWS_MAX 300

/* Above 2^53 a double is no count any more. */
static const char *count_text(double count, char *buf, size_t size)
{
	snprintf(buf, size, count < 9007199254740992.0 ? "%.0f" : "about %.3g", count);
	return buf;
}

/* How far the search came, in words that say no more than it knows. */
static void print_explored(const struct explore_report *report, bool races)
{
	const struct sim_explored *explored = &report->explored;
	char buf[32];

	if (explored->finished && explored->interleavings == 1)
		fputs("the only interleaving explored", stdout);
	else if (explored->finished && explored->traces && explored->interleavings > 0)
		printf("all %s interleavings (%lu trace%s) explored",
		       count_text(explored->interleavings, buf, sizeof(buf)), explored->traces,
		       explored->traces == 1 ? "" : "s");
	else if (explored->finished && explored->traces)
		printf("all %lu traces explored", explored->traces);
	else if (explored->finished && explored->states)
		printf("all %lu states explored%s", explored->states,
		       explored->reduced ? ", with partial-order reduction" : "");
	else if (explored->finished)
		printf("all %s interleavings explored", count_text(explored->interleavings, buf, sizeof(buf)));
	else if (explored->bound_known)
		printf("all with at most %u preemption%s explored, more were not", explored->bound,
		       explored->bound == 1 ? "" : "s");
	else
		printf("not all explored");
	printf("; %lu run%s in %.1f s", explored->runs, explored->runs == 1 ? "" : "s", report->seconds);
	if (explored->unfit)
		printf(" (%s)", explored->unfit);
	if (explored->finished && explored->frees_open && !races)
		printf(" (freed memory: plain accesses %s)",
		       explored->traces && explored->runs > explored->traces ? "sampled" : "not seen");
}

static struct lanes *lanes_of(const struct explored_file *explored, const struct program *program,
			      const struct explore_report *report)
{
	const struct run_options options = {
		.kernel = explored->options->kernel,
		.backend = explored->options->backend,
		.strategy = &sim_strategy_replay,
		.tape = report->tape,
		.races = explored->options->races,
		.preempt_access = explored->options->preempt_access,
	};

	return lanes_replay(program, &options);
}

static void write_page(const void *lanes, FILE *out)
{
	lanes_html(lanes, out);
}

/* The smaller file's schedule where that is written, else the file's own. */
static int write_files(const struct explore_arguments *args, const struct explored_file *explored)
{
	const struct explore_small *small = args->out ? explored->small : NULL;
	int status = EXIT_HELD, page;
	struct lanes *lanes;

	if (small)
		status = write_file("--out", args->out, write_text, small->text);
	if (!args->html)
		return status;
	lanes = small ? lanes_of(explored, small->program, &small->report) :
			lanes_of(explored, explored->program, explored->report);
	page = write_file("--html", args->html, write_page, lanes);
	lanes_free(lanes);
	return status ? status : page;
}

static const char *const end_names[] = {
	[EXPLORE_HOLDS] = "holds",	 [EXPLORE_FAILS] = "fails",   [EXPLORE_UNFINISHED] = "unfinished",
	[EXPLORE_NA] = "n/a",		 [EXPLORE_ERROR] = "error",   [EXPLORE_DIFFERS] = "differs",
};

static json_t *count_json(double count)
{
	char digits[32];

	if (count < 9007199254740992.0)
		return json_integer((json_int_t)count);
	/* In which order it was added up is to make no difference. */
	snprintf(digits, sizeof(digits), "%.9e", count);
	return json_real(strtod(digits, NULL));
}

/* What failed, in a few words of the file; NULL where nothing did. */
static const char *failed_text(const struct explore_report *report)
{
	const struct run_result *result = &report->result;

	if (report->end != EXPLORE_FAILS)
		return NULL;
	if (report->never)
		return report->never->expect.text;
	if (result->failed)
		return result->failed->kind == STMT_EXPECT ? result->failed->expect.text : result->failed->step.text;
	return sim_violation_name(result->failed_violation);
}

static void print_json(const struct explored_file *explored, const struct explore_small *small)
{
	const struct explore_report *report = explored->report;
	const struct sim_explored *search = &report->explored;
	json_t *object = json_pack("{s:o, s:s, s:s, s:b, s:I, s:I, s:I, s:I, s:o, s:f}",
				   "file", json_text(explored->program->path),
				   "kernel", explored->options->kernel->name,
				   "verdict", end_names[report->end],
				   "finished", search->finished,
				   "runs", (json_int_t)search->runs,
				   "cut", (json_int_t)search->cut,
				   "traces", (json_int_t)(search->finished ? search->traces : 0),
				   "states", (json_int_t)search->states,
				   "interleavings", count_json(search->finished ? search->interleavings : 0),
				   "seconds", (double)(long)(report->seconds * 1e3) / 1e3);

	if (search->finished && search->frees_open)
		json_object_set_new(object, "frees_open", json_true());
	if (search->reduced)
		json_object_set_new(object, "reduced", json_true());
	if (search->bound_known)
		json_object_set_new(object, "preemptions", json_integer(search->bound));
	if (search->unfit)
		json_object_set_new(object, "unfit", json_text(search->unfit));
	if (report->failed_at)
		json_object_set_new(object, "failed_at", json_integer((json_int_t)report->failed_at));
	if (failed_text(report))
		json_object_set_new(object, "failed", json_text(failed_text(report)));
	if (report->result.nr_violations)
		json_object_set_new(object, "violation",
				    json_text(sim_violation_name(report->result.violations[0].violation)));
	if (report->result.token && report->end != EXPLORE_NA)
		json_object_set_new(object, "token", json_text(report->result.token));
	if (small)
		json_object_set_new(object, "small",
				    json_pack("{s:i, s:o, s:o}", "calls", (int)small->calls,
					      "text", json_text(small->text),
					      "token", json_text_or_null(small->report.result.token)));
	json_line(stdout, object);
}

static const char *plural(size_t nr, const char *many)
{
	return nr == 1 ? "" : many;
}

static void print_schedule(const struct explore_report *report)
{
	size_t nr = sim_tape_deviations(report->tape);

	printf("%zu switch%s out of order", nr, plural(nr, "es"));
	if (nr != report->deviations)
		printf(" (found with %zu)", report->deviations);
}

/* The smaller file where it is written, else the file as it is, and what a smaller one says. */
static void print_failure(const struct explore_arguments *args, const struct explored_file *explored, bool written)
{
	const struct lanes_style style = { .ascii = args->ascii, .colour = use_colour(stdout), .rows_max = ROWS_MAX };
	const struct explore_small *small = explored->small;
	struct lanes *lanes;

	printf("in schedule %lu, with ", explored->report->failed_at);
	print_schedule(explored->report);
	putchar('\n');
	if (written && small) {
		printf("      %u call%s of %u fail%s alike: %s, with ", small->calls, plural(small->calls, "s"),
		       small->calls_before, small->calls == 1 ? "s" : "", args->out);
		print_schedule(&small->report);
		putchar('\n');
		lanes = lanes_of(explored, small->program, &small->report);
	} else {
		lanes = lanes_of(explored, explored->program, explored->report);
	}
	lanes_text(lanes, &style, stdout);
	lanes_free(lanes);
	if (written || !small || small->calls >= small->calls_before)
		return;
	printf("%u call%s of %u fail%s alike%s; --out FILE writes and draws this:\n\n%s", small->calls,
	       plural(small->calls, "s"), small->calls_before, small->calls == 1 ? "s" : "",
	       small->finished ? "" : " (there may be fewer)", small->text);
}

static void print_text(const struct explore_arguments *args, const struct explored_file *explored, bool written)
{
	const struct explore_report *report = explored->report;
	char missing[64];

	printf("%-5s %s on %s: ", end_names[report->end], explored->program->path, explored->options->kernel->name);
	switch (report->end) {
	case EXPLORE_FAILS:
		if (!report->never) {
			print_failure(args, explored, written);
			break;
		}
		printf("no schedule shows line %u: %s\n      ", report->never->pos.line, report->never->expect.text);
		print_explored(report, explored->options->races);
		putchar('\n');
		break;
	case EXPLORE_NA:
		printf("the kernel has no %s\n", missing_text(&report->result, missing, sizeof(missing)));
		break;
	case EXPLORE_DIFFERS:
		printf("schedule %lu was another run the second time\n", report->failed_at);
		break;
	default:
		print_explored(report, explored->options->races);
		putchar('\n');
		break;
	}
}

int explore_print(const struct explore_arguments *args, const struct explored_file *explored, bool first)
{
	const struct explore_report *report = explored->report;
	bool fails = report->end == EXPLORE_FAILS && !report->never;
	int status = EXIT_HELD;

	if (report->end == EXPLORE_ERROR) {
		if (!interrupted)
			tell_mistake(report->result.error);
		return EXIT_HELD;
	}
	if (fails && first)
		status = write_files(args, explored);
	if (args->json)
		print_json(explored, explored->small);
	else
		print_text(args, explored, args->out && first && !status);
	fflush(stdout);
	return status;
}

// SPDX-License-Identifier: GPL-2.0-or-later
/* pinsim search A B */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <scenario/json.h>
#include <scenario/search.h>
#include "commands.h"

struct search_arguments {
	struct search_options options;
	const char *name[2];
	const char *out;		/* folder for what is found, or NULL */
	bool json;
	unsigned long shown;
};

enum { OPT_CALLS = 256, OPT_ALL, OPT_TIME, OPT_WALKS, OPT_SEED, OPT_JSON };

static const struct argp_option options[] = {
	{ "calls", OPT_CALLS, "N", 0, "enumerate programs of up to N calls (6)", 0 },
	{ "all", OPT_ALL, NULL, 0, "go on: one program for each kind of difference", 0 },
	{ "time", OPT_TIME, "S", 0, "stop after S seconds of CPU time", 0 },
	{ "walks", OPT_WALKS, "N", 0, "behind the enumeration N longer programs at random (0)", 0 },
	{ "seed", OPT_SEED, "N", 0, "of these (1)", 0 },
	{ "out", 'o', "DIR", 0, "write each program to a file in DIR, not to the output", 0 },
	{ "json", OPT_JSON, NULL, 0, "one JSON object for each program, one at the end", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct search_arguments *args = state->input;

	switch (key) {
	case OPT_CALLS:
		args->options.calls_max = (unsigned int)parse_within("--calls", arg, 1, 12);
		break;
	case OPT_ALL:
		args->options.all = true;
		break;
	case OPT_TIME:
		args->options.seconds = parse_seconds("--time", arg);
		break;
	case OPT_WALKS:
		args->options.walks = parse_number("--walks", arg);
		break;
	case OPT_SEED:
		args->options.seed = parse_number("--seed", arg);
		break;
	case 'o':
		args->out = arg;
		break;
	case OPT_JSON:
		args->json = true;
		break;
	case ARGP_KEY_ARG:
		if (state->arg_num > 1)
			argp_error(state, "'%s' is one too many, expected two kernels", arg);
		args->name[state->arg_num] = arg;
		break;
	case ARGP_KEY_END:
		if (state->arg_num < 2)
			argp_error(state, "expected two kernels, as in: pinsim search v6.2 v6.3");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp argp = {
	options,
	parse_option,
	"A B",
	"Finds the shortest program of ordinary calls in which some call's result is not the same on the kernels A and "
	"B, and prints it as a scenario that runs. Programs are enumerated in order of length: one or two tasks, "
	"ranges and limits of one or two pages, over the calls that have probes (docs/search.md lists them). What a "
	"task opens beforehand, a container, an IOAS with a device, a ring, does not count.\n"
	"Exit status: 0 found; 1 none, and then it says up to which length that is certain; 4 stopped before."
	"\vExamples:\n"
	"  pinsim search v6.2 v6.3\n"
	"  pinsim search v6.12 v6.18 --all --calls 3\n"
	"  pinsim search v6.12 v6.12+type1_exec_underflow\n",
	NULL,
	NULL,
	NULL,
};

static void show_progress(void *arg, const struct search_progress *now)
{
	char text[80];

	snprintf(text, sizeof(text), "programs of %u calls, %lu states", now->calls, now->states);
	progress(text, 0, 0);
}

static void write_program(struct search_arguments *args, const struct search_found *found)
{
	char *path;
	int status;

	if (asprintf(&path, "%s/%s-%s-%lu.pin", args->out, args->name[0], args->name[1], args->shown) < 0)
		exit_out_of_memory();
	status = write_file("--out", path, write_text, found->pin);
	if (status != EXIT_HELD)
		exit(status);
	printf("%s: %s\n", path, found->what);
	free(path);
}

static void print_found(struct search_arguments *args, const struct search_found *found)
{
	if (args->json) {
		json_line(stdout, json_pack("{sisssssssIsbssss}", "schema", 1, "search", "found", "a", args->name[0],
					    "b", args->name[1], "calls", (json_int_t)found->calls, "shortest",
					    found->shortest, "what", found->what, "pin", found->pin));
		return;
	}
	printf("%s# %u call%s; %s\n%s", args->shown > 1 ? "\n" : "", found->calls, found->calls == 1 ? "" : "s",
	       found->shortest ? "no shorter program differs like this" : "found at random, perhaps not the shortest",
	       found->pin);
}

static void on_found(void *arg, const struct search_found *found)
{
	struct search_arguments *args = arg;

	progress_end();
	args->shown++;
	if (args->out)
		write_program(args, found);
	else
		print_found(args, found);
	fflush(stdout);
}

/* No need to look: nothing that is modelled is otherwise on the one than on the other. */
static bool are_same(const struct search_arguments *args)
{
	const struct kernel *const *kernel = args->options.kernel;

	return kernel_rules_same(&kernel[0]->rules, &kernel[1]->rules);
}

static void print_end(const struct search_arguments *args, const struct search_result *result)
{
	FILE *out = args->json ? stderr : stdout;

	if (args->json)
		printf("{\"schema\":1,\"search\":\"end\",\"found\":%lu,\"complete\":%u,\"ended\":%s,\"states\":%lu,"
		       "\"calls_made\":%lu}\n",
		       result->found, result->complete, result->ended ? "true" : "false", result->states,
		       result->steps);
	if (are_same(args)) {
		fprintf(out, "no program tells %s and %s apart: they are equal in all that is modelled\n",
			args->name[0], args->name[1]);
		return;
	}
	if (!result->found && result->complete)
		fprintf(out, "no program of up to %u call%s tells %s and %s apart", result->complete,
			result->complete == 1 ? "" : "s", args->name[0], args->name[1]);
	else if (!result->found)
		fprintf(out, "nothing found");
	else
		fprintf(out, "# %lu found", result->found);
	if (result->walks)
		fprintf(out, "%s %lu longer ones were drawn at random", result->found ? "," : ", and", result->walks);
	fprintf(out, "; %lu states, %lu calls made, %.1f s%s\n", result->states, result->steps, result->cpu_s,
		result->ended ? "" : "; stopped before the end");
}

int command_search(int argc, char **argv)
{
	struct search_arguments args = {
		.options = {
			.calls_max = 6, .seed = 1, .progress = show_progress, .found = on_found, .stop = &interrupted,
		},
	};
	static struct kernel kernel[2];
	static char name[2][128];
	struct search_result result;

	parse_arguments(&argp, "search", argc, argv, &args);
	args.options.arg = &args;
	for (unsigned int k = 0; k < 2; k++) {
		int err = kernel_lookup(args.name[k], &kernel[k], name[k], sizeof(name[k]));

		if (err) {
			fprintf(stderr, "pinsim: '%s': %s, expected one of `pinsim list kernels` or `proposals`, "
					"with +QUIRK of `list bugs` if wanted\n",
				args.name[k], err == -ENOENT ? "there is no such kernel" :
					      err == -ESRCH  ? "there is no such quirk" :
							       "the quirk changes nothing there");
			return EXIT_USAGE;
		}
		args.options.kernel[k] = &kernel[k];
	}
	if (args.out)
		make_folder("--out", args.out);
	catch_interrupt();
	if (are_same(&args))
		result = (struct search_result){ .complete = args.options.calls_max, .ended = true };
	else
		search_run(&args.options, &result);
	progress_end();
	print_end(&args, &result);
	if (result.found)
		return EXIT_HELD;
	return result.ended ? EXIT_BROKE : EXIT_UNFINISHED;
}

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The fuzz target: any bytes as a scenario. They are parsed and checked, and where
 * they make a program, it runs on two kernels; whatever comes of it, nothing may
 * crash, hang or leak. For libFuzzer and AFL++, and for mutate.c.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <scenario/program.h>
#include <scenario/runner.h>

/* Steps in a program that is run: what repeats itself a thousand times shows nothing new. */
#define STEPS_MAX 400

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void run(const struct program *program, const char *kernel)
{
	struct kernel_list list = { NULL, 0 };
	struct run_options options = { .backend = &backend_model, .seed = 1, .points_max = 2000000, .counters = true };
	struct run_result result;

	if (kernel_list_add(&list, kernel))
		abort();
	options.kernel = &list.kernels[0]->kernel;
	scenario_run(program, &options, &result);
	run_result_free(&result);
	kernel_list_free(&list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct diagnostics diag;
	struct program *program;

	diagnostics_init(&diag);
	program = program_parse("/nowhere/fuzz.pin", (const char *)data, size, &diag);
	/* One or the other: a program, or a message. */
	if (!program == !diag.errors)
		abort();
	if (program && program->nr_steps <= STEPS_MAX) {
		run(program, "v6.12");
		run(program, "v6.2");
	}
	program_free(program);
	diagnostics_free(&diag);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The fuzz target of operation sequences: bytes are the choices of the program
 * generator (scenario/gen.h), so every input is a program, and a changed byte changes a
 * choice. It runs on the kernel that it chose; what nothing explains is a crash here.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <scenario/explain.h>
#include <scenario/gen.h>
#include <scenario/print.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void judge(const struct program *program, const struct kernel *kernel, const struct run_result *result)
{
	for (size_t i = 0; i < result->nr_violations; i++) {
		if (explain(program, kernel, result, i) >= 0)
			continue;
		fprintf(stderr, "%s on %s: %s\n", sim_violation_name(result->violations[i].violation), kernel->name,
			result->violations[i].text);
		program_print(program, NULL, stderr);
		abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kernel_list kernels = { NULL, 0 };
	struct gen_options options = { &kernels, .steps_min = 1, .steps_max = 200, .fault_percent = 30 };
	struct run_options run = { .backend = &backend_model, .points_max = 5000000 };
	struct run_result result;
	struct gen_facts facts;
	struct program *program;

	kernel_set_list(NULL, false, &kernels);
	program = gen_program_from_bytes(&options, data, size, &facts);
	run.kernel = facts.config.kernel;
	scenario_run(program, &run, &result);
	if (result.verdict == VERDICT_ERROR)
		abort();
	judge(program, run.kernel, &result);
	run_result_free(&result);
	program_free(program);
	kernel_list_free(&kernels);
	return 0;
}

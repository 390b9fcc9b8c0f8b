// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Random programs and what is made of them: the generator, the printer, the fuzzer's
 * verdicts, the shrinker and the fault sweep. Each holds for many programs, so a
 * case takes a few dozen of fixed numbers.
 */
#include <scenario/explain.h>
#include <scenario/fuzz.h>
#include <scenario/gen.h>
#include <scenario/print.h>
#include <scenario/shrink.h>
#include <scenario/sweep.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "harness.h"

#define PROGRAMS 60ul

static struct kernel_list releases;
static struct gen_options options;

static void setup(void)
{
	kernel_set_list(NULL, false, &releases);
	options = (struct gen_options){ &releases, .steps_min = 10, .steps_max = 60, .fault_percent = 30 };
}

static void teardown(void)
{
	kernel_list_free(&releases);
}

static char *text_of(const struct program *program)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	program_print(program, NULL, out);
	fclose(out);
	return text;
}

static unsigned long long hash_on(const struct program *program, const struct kernel *kernel)
{
	const struct run_options run = { .kernel = kernel, .backend = &backend_model, .seed = 1 };
	unsigned long long hash;
	struct run_result result;

	scenario_run(program, &run, &result);
	ck_assert_int_ne(result.verdict, VERDICT_ERROR);
	hash = result.hash;
	run_result_free(&result);
	return hash;
}

/* Which invariants broke, and in which step each did first. */
struct broken {
	unsigned long step[VIOLATION_NR];	/* plus one; 0: it held */
};

static struct broken broken_in(const struct program *program, const struct run_options *run)
{
	struct broken broken = { { 0 } };
	struct run_result result;
	size_t i;

	scenario_run(program, run, &result);
	for (i = 0; i < result.nr_violations; i++)
		if (!broken.step[result.violations[i].violation])
			broken.step[result.violations[i].violation] = result.violations[i].step + 1;
	run_result_free(&result);
	return broken;
}

/*
 * Invariants that look only at what changed find what those find that look at
 * everything after each step, in the same step. By hand with more programs:
 * PINSIM_CHECKED_PROGRAMS=100000.
 */
START_TEST(what_changed_is_enough)
{
	const char *more = getenv("PINSIM_CHECKED_PROGRAMS");
	unsigned long nr = more ? strtoul(more, NULL, 10) : 20 * PROGRAMS, seed, with_breaks = 0;

	for (seed = 0; seed < nr; seed++) {
		struct gen_facts facts;
		struct program *program = gen_program(&options, seed, &facts);
		struct run_options run = { .kernel = facts.config.kernel, .backend = &backend_model, .seed = seed };
		struct broken some = broken_in(program, &run), all;

		run.checked_in_full = true;
		all = broken_in(program, &run);
		for (int violation = 0; violation < VIOLATION_NR; violation++) {
			ck_assert_msg(some.step[violation] == all.step[violation], "seed %lu: %s in step %ld, or %ld",
				      seed, sim_violation_name(violation), (long)some.step[violation] - 1,
				      (long)all.step[violation] - 1);
			with_breaks += all.step[violation] != 0;
		}
		program_free(program);
	}
	ck_assert_uint_gt(with_breaks, 0);
}
END_TEST

/* The same seed gives the same text, another seed another one. */
START_TEST(generator_is_deterministic)
{
	char *before = NULL;

	for (unsigned long seed = 0; seed < PROGRAMS; seed++) {
		struct program *first = gen_program(&options, seed, NULL), *second = gen_program(&options, seed, NULL);
		char *text = text_of(first), *again = text_of(second);

		ck_assert_str_eq(text, again);
		ck_assert(!before || strcmp(before, text));
		free(before);
		before = text;
		free(again);
		program_free(first);
		program_free(second);
	}
	free(before);
}
END_TEST

/*
 * What is parsed from a program's text prints as that text, and runs as the program does, and so does the program that
 * is not spelled out; with blocks too.
 */
START_TEST(text_is_the_program)
{
	options.parallel = _i;
	for (unsigned long seed = 0; seed < PROGRAMS; seed++) {
		struct gen_facts facts;
		struct program *program = gen_program(&options, seed, &facts), *again, *bare;
		char *text = text_of(program), *printed;

		options.only_run = true;
		bare = gen_program(&options, seed, NULL);
		options.only_run = false;
		again = parsed(text);
		printed = text_of(again);
		ck_assert_str_eq(text, printed);
		ck_assert_uint_eq(program->nr_steps, again->nr_steps);
		ck_assert(hash_on(program, facts.config.kernel) == hash_on(again, facts.config.kernel));
		ck_assert(!bare->stmts && hash_on(bare, facts.config.kernel) == hash_on(again, facts.config.kernel));
		program_free(program);
		program_free(again);
		program_free(bare);
		free(text);
		free(printed);
	}
}
END_TEST

/* Files of people print as what they say too: a repeat, a block, alternatives, sets, expects, lists. */
START_TEST(printed_file_says_the_same)
{
	static const char text[] = "title \"all of it\"\n"
				   "kernels v6.2..\n"
				   "set contig=16K cpus=4\n"
				   "task a uid=1000 memlock=64K:128K caps=ipc_lock,setuid\n"
				   "task b uid=0 caps=all\n"
				   "a: m = mmap(64K, prot=rw)\n"
				   "a: ring = uring_setup(4)\n"
				   "a: uring_register(ring, [m, 4K], [m + 8K, 8K])\n"
				   "a: mlock(m, 4K) -> ENOMEM @ ..v6.3 | 0/ENOMEM\n"
				   "repeat 3 {\n"
				   "    a: touch(m, 4K, write=1)\n"
				   "}\n"
				   "parallel {\n"
				   "    a: munlock(m, 4K)\n"
				   "    b: capset([ipc_lock, setuid])\n"
				   "}\n"
				   "expect a.locked_vm == 0 @ v6.3..\n"
				   "expect sometimes peak(a.locked_vm) <= 1p + 0p\n";
	struct program *program = parsed(text), *again;
	char *once = text_of(program), *twice;

	again = parsed(once);
	twice = text_of(again);
	ck_assert_str_eq(once, twice);
	ck_assert_str_eq(once, text);
	ck_assert_uint_eq(program->nr_steps, again->nr_steps);
	program_free(program);
	program_free(again);
	free(once);
	free(twice);
}
END_TEST

/* Any bytes make a program that can be run; the same bytes the same one; none makes an empty one. */
START_TEST(bytes_make_programs)
{
	uint8_t bytes[512];

	for (unsigned int i = 0; i < PROGRAMS; i++) {
		struct program *first, *second;
		struct gen_facts facts;
		char *text, *again;

		for (unsigned int at = 0; at < sizeof(bytes); at++)
			bytes[at] = (uint8_t)(at * 131 + i * 71 + at * at * i);
		first = gen_program_from_bytes(&options, bytes, i * 8, &facts);
		second = gen_program_from_bytes(&options, bytes, i * 8, NULL);
		text = text_of(first);
		again = text_of(second);
		ck_assert_str_eq(text, again);
		ck_assert(i || !first->nr_steps);
		hash_on(first, facts.config.kernel);
		free(text);
		free(again);
		program_free(first);
		program_free(second);
	}
}
END_TEST

/* The swarm: programs use different operations, and every operation that has a weight is used by some. */
START_TEST(every_operation_is_drawn)
{
	bool seen[1024] = { false };

	for (unsigned long seed = 0; seed < 40 * PROGRAMS; seed++) {
		struct program *program = gen_program(&options, seed, NULL);

		for (unsigned int i = 0; i < program->nr_items; i++) {
			const struct op *op = program->items[i].stmt->step.op;
			unsigned int number = 0;

			for (size_t area = 0; area < op_areas_nr; number += (unsigned int)op_areas[area++]->nr)
				if (op >= op_areas[area]->ops && op < op_areas[area]->ops + op_areas[area]->nr)
					seen[number + (unsigned int)(op - op_areas[area]->ops)] = true;
		}
		program_free(program);
	}
	for (size_t area = 0, number = 0; area < op_areas_nr; area++)
		for (size_t i = 0; i < op_areas[area]->nr; i++, number++) {
			const struct op *op = &op_areas[area]->ops[i];
			bool exists = false;

			for (size_t k = 0; k < releases.nr; k++)
				exists |= op_exists(op, &releases.kernels[k]->kernel.rules);
			ck_assert_msg(seen[number] || !exists || !op->random.weight, "%s is never drawn", op->name);
		}
}
END_TEST

struct told {
	unsigned int failures;
	char what[64];
	char text[8192];
	unsigned int calls;
};

static void tell(void *arg, const struct fuzz_failure *failure)
{
	struct told *told = arg;

	if (told->failures++)
		return;
	snprintf(told->what, sizeof(told->what), "%s", failure->what);
	snprintf(told->text, sizeof(told->text), "%s", failure->text);
	told->calls = failure->calls;
}

static const struct fuzz_events events = { .failure = tell };

static struct fuzz_stats fuzz_on(const char *kernel, unsigned long runs, struct told *told)
{
	struct kernel_list list = { NULL, 0 };
	struct fuzz_options fuzz_options = {
		.gen = { .steps_min = 10, .steps_max = 60 },
		.backend = { &backend_model },
		.seed = 1,
		.runs = runs,
		.jobs = 1,
		.shrink = true,
	};
	struct fuzz_stats stats;

	memset(told, 0, sizeof(*told));
	ck_assert_int_eq(kernel_list_add(&list, kernel), 0);
	fuzz_options.gen.kernels = &list;
	ck_assert_int_eq(fuzz(&fuzz_options, &events, told, &stats), 0);
	kernel_list_free(&list);
	return stats;
}

/* A kernel with a bug put back is told, by a short file that states it and passes; the kernel itself is clean. */
START_TEST(planted_bug_is_found)
{
	struct told told;
	struct fuzz_stats stats = fuzz_on("v6.12", 600, &told);

	ck_assert_uint_eq(told.failures, 0);
	ck_assert_uint_eq(stats.programs, 600);
	ck_assert_uint_gt(stats.sampled_succeeded * 2, stats.sampled_steps);
	fuzz_on("v6.12+type1_exec_underflow", 600, &told);
	ck_assert_uint_gt(told.failures, 0);
	ck_assert_uint_le(told.calls, 8);
	ck_assert(strstr(told.text, "expect violation "));
	assert_pass(told.text, "v6.12+type1_exec_underflow");
	assert_fail(told.text, "v6.12");
}
END_TEST

/* What a release is known for is explained there; where it was put back it is not. */
START_TEST(explanations_are_of_releases)
{
	static const char text[] = "task a\n"
				   "a: m = mmap(4K)\n"
				   "a: c = vfio_open()\n"
				   "a: vfio_map(c, iova=0, va=m, len=4K)\n"
				   "a: exec()\n"
				   "a: vfio_unmap(c, iova=0, len=4K)\n";
	static const struct { const char *kernel; bool explained; } on[] = {
		{ "v6.2", true }, { "v6.12+type1_exec_underflow", false },
	};

	for (unsigned int i = 0; i < 2; i++) {
		struct kernel_list list = { NULL, 0 };
		struct program *program = parsed(text);
		struct ran ran = run_on(text, on[i].kernel);

		ck_assert_int_eq(kernel_list_add(&list, on[i].kernel), 0);
		ck_assert_uint_gt(ran.result.nr_violations, 0);
		for (size_t v = 0; v < ran.result.nr_violations; v++)
			ck_assert_int_eq(explain(program, &list.kernels[0]->kernel, &ran.result, v) >= 0,
					 on[i].explained);
		ran_free(&ran);
		program_free(program);
		kernel_list_free(&list);
	}
}
END_TEST

/* Runs @program in one schedule after another until @name explains what it violates; what nothing explains fails. */
static bool is_named(const struct program *program, const struct kernel *kernel, const char *name)
{
	struct sim_pct_context pct = { .depth = 2, .points = 32 };
	struct run_options run = { .kernel = kernel, .backend = &backend_model };
	struct run_result result;
	bool named = false;
	size_t i;
	int known;

	for (run.seed = 1; run.seed <= (program->has_parallel ? 100 : 1) && !named; run.seed++) {
		/* one task long in front of another, or all by turns */
		run.strategy = program->has_parallel && run.seed % 2 ? &sim_strategy_pct : NULL;
		run.context = run.strategy ? &pct : NULL;
		scenario_run(program, &run, &result);
		for (i = 0; i < result.nr_violations; i++) {
			known = explain(program, kernel, &result, i);
			ck_assert_msg(known >= 0, "%s on %s: nothing explains %s", program->path, kernel->name,
				      result.violations[i].text);
			named |= !strcmp(explanation_at((size_t)known)->name, name);
		}
		run_result_free(&result);
	}
	return named;
}

/* Does the model have all that it calls? What only the kernel's files show, only they can be asked. */
static bool is_modelled(const struct program *program)
{
	for (unsigned int i = 0; i < program->nr_items; i++) {
		const struct op *op = program->items[i].kind == ITEM_STEP ? program->items[i].stmt->step.op : NULL;

		if (op && op->served && !op->served(&backend_model))
			return false;
	}
	return true;
}

/* Every explanation has its scenario, and what that shows on its kernels is told under that name. */
START_TEST(explanations_have_scenarios)
{
	for (size_t i = 0; i < explanations(); i++) {
		const char *name = explanation_at(i)->name;
		struct kernel_list list = { NULL, 0 };
		struct diagnostics diag;
		struct program *program;
		char path[512];

		snprintf(path, sizeof(path), "%s/known/%s.pin", PINSIM_SCENARIOS, name);
		diagnostics_init(&diag);
		program = program_load(path, &diag);
		ck_assert_msg(program != NULL, "%s: %s", path, diag.text);
		kernel_set_list(program->kernels->set, false, &list);
		ck_assert_uint_gt(list.nr, 0);
		for (size_t k = 0; k < list.nr && is_modelled(program); k++)
			ck_assert_msg(is_named(program, &list.kernels[k]->kernel, name), "%s on %s is told otherwise",
				      path, list.kernels[k]->name);
		kernel_list_free(&list);
		program_free(program);
		diagnostics_free(&diag);
	}
}
END_TEST

/* --- shrinking ------------------------------------------------------------------------ */

struct asked {
	const struct kernel *kernel;
	enum sim_violation violation;
};

static bool violates(void *arg, const struct program *program)
{
	const struct asked *asked = arg;
	const struct run_options run = { .kernel = asked->kernel, .backend = &backend_model, .seed = 1 };
	struct run_result result;
	bool found = false;

	scenario_run(program, &run, &result);
	for (size_t i = 0; i < result.nr_violations; i++)
		found |= result.violations[i].violation == asked->violation;
	run_result_free(&result);
	return found;
}

/* Of a counter, a limit, an object and pages. */
static const struct {
	const char *kernel;
	enum sim_violation violation;
} five_hundred[] = {
	{ "v6.12+type1_exec_underflow", VIOLATION_LOCKED_VM_NEGATIVE },
	{ "v6.12+mlock_overlap_counts", VIOLATION_SPURIOUS_REFUSAL },
	{ "v6.12+perf_reattach_charge", VIOLATION_OBJECT_BALANCE },
	{ "v6.12+iommufd_carry_order", VIOLATION_PIN_COUNT },
};
#define FIVE_HUNDRED ((int)(sizeof(five_hundred) / sizeof(five_hundred[0])))

/* A failure among 500 calls: the verdict stays, nothing more can be left out, twice the same, in time. */
START_TEST(five_hundred_calls_shrink)
{
	struct kernel_list list = { NULL, 0 };
	struct asked asked = { .violation = five_hundred[_i].violation };
	struct shrink_options shrink_options = { .fails = violates, .arg = &asked };
	struct shrink_result first, second;
	struct program *program = NULL, *small;
	unsigned long seed = 0;
	clock_t begin;

	ck_assert_int_eq(kernel_list_add(&list, five_hundred[_i].kernel), 0);
	asked.kernel = &list.kernels[0]->kernel;
	options = (struct gen_options){ &list, .steps_min = 500, .steps_max = 500 };
	do {
		program_free(program);
		program = gen_program(&options, seed++, NULL);
	} while (program->nr_steps < 490 || !violates(&asked, program));
	begin = clock();
	ck_assert(shrink(program, &shrink_options, &first));
	ck_assert_msg(clock() - begin < 10 * CLOCKS_PER_SEC, "took longer than 10 s");
	ck_assert(first.finished);
	ck_assert_uint_le(first.steps, 8);
	small = parsed(first.text);
	ck_assert(violates(&asked, small));
	ck_assert(shrink(program, &shrink_options, &second));
	ck_assert_str_eq(first.text, second.text);
	free(first.text);
	free(second.text);
	program_free(small);
	program_free(program);
	kernel_list_free(&list);
}
END_TEST

/*
 * Nothing can be left out of these, and no value made simpler: a smaller one is found by
 * calls in another order and one IOAS for two, by an exec in the place of a task that
 * exits, by one capability for all, and by a container for an iommufd and its IOAS.
 */
static const struct {
	const char *kernel;
	enum sim_violation violation;
	unsigned int calls;
	const char *text;
} minima[] = {
	{ "v6.14-change_process_none_p2+change_process_none_p2", VIOLATION_WRONG_BUCKET, 7,
	  "task a caps=ipc_lock\n"
	  "a: fd = iommufd_open()\n"
	  "a: ioas = ioas_alloc(fd)\n"
	  "a: file = memfd(4K)\n"
	  "a: fork(d)\n"
	  "d: ioas_map_file(ioas, file=file, off=0, len=4K)\n"
	  "d: second = ioas_alloc(fd)\n"
	  "d: attach(second)\n"
	  "d: ioas_copy(second, ioas, src_iova=4K, len=4K)\n"
	  "a: change_process(fd)\n" },
	{ "v6.14-change_process_mm_dead+change_process_mm_dead", VIOLATION_WARNING, 7,
	  "task a caps=sys_resource\n"
	  "a: fd = iommufd_open()\n"
	  "a: option_rlimit_mode(fd, 1)\n"
	  "a: ioas = ioas_alloc(fd)\n"
	  "a: file = memfd(0)\n"
	  "a: ioas_map_file(ioas, file=file, off=0, len=4K)\n"
	  "a: fork(g)\n"
	  "g: change_process(fd)\n"
	  "g: exit()\n"
	  "a: change_process(fd)\n" },
	{ "v6.14-change_process_mm_dead+change_process_mm_dead", VIOLATION_WARNING, 7,
	  "task b caps=all\n"
	  "b: fd = iommufd_open()\n"
	  "b: option_rlimit_mode(fd, 1)\n"
	  "b: exec()\n"
	  "b: ioas = ioas_alloc(fd)\n"
	  "b: file = memfd(0)\n"
	  "b: ioas_map_file(ioas, file=file, off=0, len=4K)\n"
	  "b: exec()\n"
	  "b: change_process(fd)\n" },
	{ "v6.12+iommufd_carry_order", VIOLATION_PIN_COUNT, 5,
	  "set contig=64K\n"
	  "task a\n"
	  "a: m = mmap(64K)\n"
	  "a: fd = iommufd_open()\n"
	  "a: ioas = ioas_alloc(fd)\n"
	  "a: dev = attach(ioas)\n"
	  "a: ioas_map(ioas, va=m, len=64K)\n"
	  "a: acc = access_create(ioas)\n"
	  "a: access_pin(acc, iova=16M + 32K, len=4K)\n"
	  "a: detach(dev)\n" },
};
#define MINIMA ((int)(sizeof(minima) / sizeof(minima[0])))

START_TEST(ways_round_a_minimum)
{
	struct kernel_list list = { NULL, 0 };
	struct asked asked = { .violation = minima[_i].violation };
	struct shrink_options shrink_options = { .fails = violates, .arg = &asked };
	struct program *program = parsed(minima[_i].text), *small;
	struct shrink_result result;

	ck_assert_int_eq(kernel_list_add(&list, minima[_i].kernel), 0);
	asked.kernel = &list.kernels[0]->kernel;
	ck_assert(shrink(program, &shrink_options, &result));
	ck_assert(result.finished);
	ck_assert_msg(result.steps == minima[_i].calls, "%u calls are left:\n%s", result.steps, result.text);
	small = parsed(result.text);
	ck_assert(violates(&asked, small));
	free(result.text);
	program_free(small);
	program_free(program);
	kernel_list_free(&list);
}
END_TEST

/* What does not fail is not shrunk. */
START_TEST(what_holds_does_not_shrink)
{
	struct asked asked = { &releases.kernels[0]->kernel, VIOLATION_LOCKED_VM_NEGATIVE };
	struct shrink_options shrink_options = { .fails = violates, .arg = &asked };
	struct program *program = parsed("task a\na: m = mmap(4K)\na: mlock(m, 4K)\n");
	struct shrink_result result;

	ck_assert(!shrink(program, &shrink_options, &result));
	program_free(program);
}
END_TEST

/* --- the sweep --------------------------------------------------------------------------- */

static void count_failure(void *arg, const struct sweep_failure *failure)
{
	(*(unsigned int *)arg)++;
}

static struct sweep_stats sweep_on(const char *text, const char *kernel, unsigned int *failures)
{
	struct kernel_list list = { NULL, 0 };
	struct sweep_stats stats = { 0 };
	struct program *program = parsed(text);
	struct sweep_options sweep_options = {
		.backend = &backend_model, .dense = SWEEP_DENSE, .failure = count_failure, .arg = failures,
	};

	*failures = 0;
	ck_assert_int_eq(kernel_list_add(&list, kernel), 0);
	sweep_options.kernel = &list.kernels[0]->kernel;
	sweep(program, &sweep_options, &stats);
	program_free(program);
	kernel_list_free(&list);
	return stats;
}

/* Each page chunk, allocation and lock of a map fails once, and nothing breaks; a kernel that leaks then is told. */
START_TEST(sweep_fails_each_call)
{
	static const char map[] = "task a\n"
				  "a: m = mmap(16K)\n"
				  "a: fd = iommufd_open()\n"
				  "a: ioas = ioas_alloc(fd)\n"
				  "a: attach(ioas)\n"
				  "a: ioas_map(ioas, va=m, len=16K)\n";
	static const char change[] = "task a\n"
				     "a: fd = iommufd_open()\n"
				     "a: ioas = ioas_alloc(fd)\n"
				     "a: file = memfd(16K)\n"
				     "a: attach(ioas)\n"
				     "a: ioas_map_file(ioas, file=file, off=0, len=16K)\n"
				     "a: exec()\n"
				     "a: change_process(fd)\n";
	unsigned int failures;
	struct sweep_stats stats = sweep_on(map, "v6.12", &failures);

	ck_assert_uint_eq(failures, 0);
	for (int site = 0; site < SIM_FAULT_NR; site++)
		ck_assert_msg(stats.faults[site] > 0 || site == SIM_FAULT_LOCK_KILL, "nothing failed at %s",
			      sim_fault_site_name((enum sim_fault_site)site));
	ck_assert_uint_ge(stats.runs, 2 * (stats.faults[SIM_FAULT_GUP] + stats.faults[SIM_FAULT_ALLOC]));
	/* v6.14 leaks a lock there by itself, which is explained */
	stats = sweep_on(change, "v6.14", &failures);
	ck_assert_uint_eq(failures, 0);
	ck_assert_uint_gt(stats.explained, 0);
}
END_TEST

Suite *fuzz_suite(void)
{
	Suite *suite = suite_create("fuzz");
	TCase *tests = tcase_create("fuzz");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, what_changed_is_enough);
	tcase_add_test(tests, generator_is_deterministic);
	tcase_add_loop_test(tests, text_is_the_program, 0, 2);
	tcase_add_test(tests, printed_file_says_the_same);
	tcase_add_test(tests, bytes_make_programs);
	tcase_add_test(tests, every_operation_is_drawn);
	tcase_add_test(tests, planted_bug_is_found);
	tcase_add_test(tests, explanations_are_of_releases);
	tcase_add_test(tests, explanations_have_scenarios);
	tcase_add_loop_test(tests, five_hundred_calls_shrink, 0, FIVE_HUNDRED);
	tcase_add_loop_test(tests, ways_round_a_minimum, 0, MINIMA);
	tcase_add_test(tests, what_holds_does_not_shrink);
	tcase_add_test(tests, sweep_fails_each_call);
	suite_add_tcase(suite, tests);
	return suite;
}

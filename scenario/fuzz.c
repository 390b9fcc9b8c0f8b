// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The fuzzer: programs by number, each run and judged (fuzz_check.c), failures shrunk and
 * told (fuzz_failure.c), and a folder that remembers (fuzz_state.c).
 *
 * Jobs are processes that take every JOBS-th number; sums, and what they have found, are
 * in memory that they share. Which failures are shrunk depends on which came before, so
 * the process that made the jobs does that, in the order of the numbers: a failing
 * program's turn comes when all before it have been run. So what is told, and what a
 * folder remembers, is the same by any number of jobs.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "fuzz.h"

/* One program in so many is run twice; one in so many is looked at call by call. */
#define TWICE_EVERY 256
#define SAMPLE_EVERY 32
/* So many failures of one rough signature are shrunk. */
#define ROUGH_TRIES 4

static double now(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

unsigned long fuzz_program_seed(unsigned long seed, unsigned long number)
{
	unsigned long mixed = (seed + 1) * 0x9e3779b97f4a7c15ul ^ (number + 1) * 0xbf58476d1ce4e5b9ul;

	return mixed ^ mixed >> 29;
}

static struct fuzz_check check_of(const struct fuzz *fuzz, const struct gen_facts *facts, unsigned long number)
{
	const struct fuzz_options *options = fuzz->options;

	return (struct fuzz_check){
		.kernel = facts->config.kernel,
		.backend = { options->backend[0], options->backend[1] },
		.seed = fuzz_program_seed(options->seed, number),
		.twice = number % TWICE_EVERY == 0,
		.count = number % SAMPLE_EVERY == 0,
		.stats = fuzz->stats,
		.known = options->known,
		.ignored = options->ignored,
		.nowhere = fuzz->nowhere,
		.stop = options->stop,
	};
}

/* Most programs are run once and never seen: they are not spelled out. */
static struct program *draw(const struct fuzz *fuzz, unsigned long number, bool only_run, struct gen_facts *facts)
{
	struct gen_options options = fuzz->options->gen;

	options.only_run = only_run;
	return gen_program(&options, fuzz_program_seed(fuzz->options->seed, number), facts);
}

static void add_program(struct fuzz_stats *stats, const struct gen_facts *facts, const struct fuzz_check *check)
{
	stats->programs++;
	stats->steps += facts->steps;
	stats->live += facts->live;
	stats->tasks += facts->tasks;
	stats->twice += check->twice;
	stats->compared += check->backend[1] != NULL;
}

/* Is a failure with that signature one too many to be shrunk? Counts it. */
static bool is_common(struct fuzz *fuzz, unsigned long rough)
{
	return fuzz_seen_before(fuzz->shared, rough) >= ROUGH_TRIES;
}

static bool over(const struct fuzz *fuzz)
{
	const struct fuzz_options *options = fuzz->options;

	return (options->stop && *options->stop) ||
	       (options->failures && atomic_load(&fuzz->shared->failures) >= options->failures) ||
	       (options->seconds && now(CLOCK_MONOTONIC) - fuzz->start >= options->seconds);
}

/* The failing program @index waits for its turn. Returns false where there was no room for it until all was over. */
static bool hand_over(struct fuzz *fuzz, struct fuzz_job *job, unsigned long index, unsigned long rough)
{
	const struct timespec pause = { 0, 10 * 1000 * 1000 };
	unsigned long found = atomic_load(&job->found);

	while (found - atomic_load(&job->told) == FOUND_MAX) {
		if (over(fuzz))
			return false;
		nanosleep(&pause, NULL);
	}
	job->failing[found % FOUND_MAX].program = index;
	job->failing[found % FOUND_MAX].rough = rough;
	atomic_store(&job->found, found + 1);
	return true;
}

/* The @index-th program. @job: what finds it tells nobody itself; NULL: it does. False: it was cut off. */
static bool one(struct fuzz *fuzz, struct fuzz_job *job, unsigned long index)
{
	unsigned long number = fuzz->first + index, rough;
	bool only_run = number % TWICE_EVERY && !fuzz->options->backend[1];
	struct gen_facts facts;
	struct program *program = draw(fuzz, number, only_run, &facts);
	struct fuzz_check check = check_of(fuzz, &facts, number);
	struct fuzz_verdict verdict = fuzz_check(&check, program);
	/* it may have been cut off: the next session runs it again */
	bool done = !fuzz_leaves_off(fuzz);

	if (done && verdict.kind != FUZZ_HOLDS) {
		rough = fuzz_rough_signature(&verdict, program) & ~1ul;
		if (job) {
			done = hand_over(fuzz, job, index, rough);
		} else if (!is_common(fuzz, rough)) {
			program_free(program);
			program = draw(fuzz, number, false, &facts);
			done = fuzz_fail(fuzz, &check, verdict, rough, program, number);
		}
		fuzz->stats->failing += done;
	}
	if (done)
		add_program(fuzz->stats, &facts, &check);
	program_free(program);
	return done;
}

/* What process @number of all does. @job: for those who work for another; NULL: the only one. */
static void work(struct fuzz *fuzz, struct fuzz_job *job, unsigned int number)
{
	const struct fuzz_options *options = fuzz->options;
	double told = now(CLOCK_MONOTONIC), started = now(CLOCK_PROCESS_CPUTIME_ID), time;
	unsigned long i;

	fuzz->stats = &fuzz->shared->stats[number];
	for (i = number; (!options->runs || i < options->runs) && !over(fuzz); i += options->jobs) {
		if (!one(fuzz, job, i))
			break;
		if (job) {
			atomic_store(&job->next, i + options->jobs);
			continue;
		}
		fuzz->through = i + 1;
		/* looking at the clock costs as much as a small program */
		if (i % 64)
			continue;
		time = now(CLOCK_MONOTONIC);
		if (time - told < 1 || !fuzz->events || !fuzz->events->progress)
			continue;
		told = time;
		fuzz->stats->seconds = time - fuzz->start;
		fuzz->stats->failures = atomic_load(&fuzz->shared->failures);
		fuzz->events->progress(fuzz->arg, fuzz->stats);
	}
	fuzz->stats->cpu_seconds = now(CLOCK_PROCESS_CPUTIME_ID) - started;
}

static void add_up(const struct fuzz *fuzz, struct fuzz_stats *sum)
{
	unsigned int job, i;

	memset(sum, 0, sizeof(*sum));
	for (job = 0; job < fuzz->options->jobs; job++) {
		const struct fuzz_stats *stats = &fuzz->shared->stats[job];

		sum->programs += stats->programs;
		sum->steps += stats->steps;
		sum->live += stats->live;
		sum->tasks += stats->tasks;
		sum->sampled_steps += stats->sampled_steps;
		sum->sampled_ran += stats->sampled_ran;
		sum->sampled_succeeded += stats->sampled_succeeded;
		sum->sampled_charging += stats->sampled_charging;
		sum->twice += stats->twice;
		sum->compared += stats->compared;
		sum->failing += stats->failing;
		sum->cpu_seconds += stats->cpu_seconds;
		for (i = 0; i < EXPLANATIONS_MAX; i++)
			sum->explained[i] += stats->explained[i];
	}
	sum->failures = atomic_load(&fuzz->shared->failures);
	sum->seconds = now(CLOCK_MONOTONIC) - fuzz->start;
}

/* A child that dies of what it simulates has found something too. */
static void note_death(struct fuzz *fuzz, int status)
{
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return;
	fprintf(stderr, "pinsim: a job died (status %x), which no program may bring about\n", (unsigned int)status);
	atomic_fetch_add(&fuzz->shared->failures, 1);
}

/* How far all jobs have come. */
static unsigned long all_run(const struct fuzz *fuzz)
{
	unsigned long least = ~0ul, next;
	unsigned int job;

	for (job = 0; job < fuzz->options->jobs; job++) {
		next = atomic_load(&fuzz->shared->job[job].next);
		if (next < least)
			least = next;
	}
	return least;
}

/* The job whose failing program is the first that waits, below the @end-th; NULL: none does. */
static struct fuzz_job *first_found(struct fuzz *fuzz, unsigned long end)
{
	struct fuzz_job *first = NULL;
	unsigned int i;

	for (i = 0; i < fuzz->options->jobs; i++) {
		struct fuzz_job *job = &fuzz->shared->job[i];
		unsigned long told = atomic_load(&job->told), program;

		if (told == atomic_load(&job->found))
			continue;
		program = job->failing[told % FOUND_MAX].program;
		if (program < end) {
			end = program;
			first = job;
		}
	}
	return first;
}

/* Runs the failing program @index once more, shrinks it and tells. False: cut off. */
static bool tell_again(struct fuzz *fuzz, unsigned long index, unsigned long rough)
{
	unsigned long number = fuzz->first + index;
	struct gen_facts facts;
	struct program *program;
	struct fuzz_check check;
	bool done;

	if (is_common(fuzz, rough))
		return true;
	program = draw(fuzz, number, false, &facts);
	check = check_of(fuzz, &facts, number);
	check.count = false;
	check.stats = NULL;
	done = fuzz_fail(fuzz, &check, fuzz_check(&check, program), rough, program, number);
	program_free(program);
	return done;
}

/* Tells of the failing programs, in their order, those below the @end-th. */
static void tell_in_order(struct fuzz *fuzz, unsigned long end)
{
	const struct fuzz_options *options = fuzz->options;
	struct fuzz_job *job;

	while ((job = first_found(fuzz, end))) {
		unsigned long told = atomic_load(&job->told), program = job->failing[told % FOUND_MAX].program;

		fuzz->through = program;
		/* with a folder the next session comes to it */
		if ((options->failures && atomic_load(&fuzz->shared->failures) >= options->failures) ||
		    (options->folder && over(fuzz)))
			return;
		if (!tell_again(fuzz, program, job->failing[told % FOUND_MAX].rough))
			return;
		atomic_store(&job->told, told + 1);
		fuzz->through = program + 1;
	}
	fuzz->through = end;
}

static int start_jobs(struct fuzz *fuzz, unsigned int *left)
{
	unsigned int job;
	int err = 0;

	for (job = 0; job < fuzz->options->jobs; job++)
		atomic_store(&fuzz->shared->job[job].next, job);
	for (job = 0; job < fuzz->options->jobs; job++) {
		pid_t child = fork();

		if (!child) {
			work(fuzz, &fuzz->shared->job[job], job);
			fflush(NULL);
			_exit(0);
		}
		if (child < 0)
			err = -errno;
		else
			++*left;
	}
	return err;
}

/* All jobs have ended. What waits behind a program that one has not run is told too where nobody comes to it again. */
static void tell_the_rest(struct fuzz *fuzz)
{
	unsigned long through;

	tell_in_order(fuzz, all_run(fuzz));
	through = fuzz->through;
	if (!fuzz->options->folder)
		tell_in_order(fuzz, ~0ul);
	fuzz->through = through;
}

static int work_in_children(struct fuzz *fuzz)
{
	const struct timespec pause = { 0, 20 * 1000 * 1000 };
	unsigned int left = 0, turn;
	struct fuzz_stats sum;
	int status, err = start_jobs(fuzz, &left);

	for (turn = 1; left; turn++) {
		pid_t child = waitpid(-1, &status, WNOHANG);

		if (child > 0) {
			left--;
			note_death(fuzz, status);
			continue;
		}
		tell_in_order(fuzz, all_run(fuzz));
		nanosleep(&pause, NULL);
		if (turn % 50 || !fuzz->events || !fuzz->events->progress)
			continue;
		add_up(fuzz, &sum);
		fuzz->events->progress(fuzz->arg, &sum);
	}
	tell_the_rest(fuzz);
	return err;
}

int fuzz(const struct fuzz_options *options, const struct fuzz_events *events, void *arg, struct fuzz_stats *stats)
{
	struct fuzz fuzz = { .options = options, .events = events, .arg = arg, .start = now(CLOCK_MONOTONIC) };
	int err = 0;

	memset(stats, 0, sizeof(*stats));
	if (options->folder && mkdir(options->folder, 0777) && errno != EEXIST)
		return -errno;
	fuzz.shared = mmap(NULL, sizeof(*fuzz.shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (fuzz.shared == MAP_FAILED)
		return -ENOMEM;
	fuzz.first = fuzz_first_program(options, fuzz.shared);
	fuzz.nowhere = fopen("/dev/null", "w");
	fuzz.difference = stdout;
	if (!fuzz.nowhere)
		err = -errno;
	else if (options->jobs > 1)
		err = work_in_children(&fuzz);
	else
		work(&fuzz, NULL, 0);
	add_up(&fuzz, stats);
	stats->first = fuzz.first;
	fuzz_keep_state(&fuzz);
	if (fuzz.nowhere)
		fclose(fuzz.nowhere);
	munmap(fuzz.shared, sizeof(*fuzz.shared));
	return err;
}

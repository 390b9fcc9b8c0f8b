/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the programs of bench/ share: a program measures its rows once, each for a
 * part of a second, and prints a line for each:
 *
 *	name <TAB> value <TAB> unit <TAB> goal
 *
 * The goal is ">=N", "<=N" or "-". bench/run starts all of them in turn, several times,
 * and makes the table. Given a row's name and a count, a program does that row's work
 * so many times and prints nothing: for counting instructions.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BENCH_SECONDS 0.25

struct bench_row {
	const char *name;
	const char *unit;		/* of the rate: "runs/s" */
	const char *goal;
	/* Makes ready what work() needs; NULL: this build does not have it, and the row is left out. */
	void *(*prepare)(const struct bench_row *row);
	/* Does it @nr times; returns how many units that was. */
	double (*work)(void *state, unsigned long nr);
	void (*done)(void *state);
	const void *arg;
	/* In place of work(), the value itself where it is no rate; or NULL. */
	double (*measure)(void *state);
};

static inline double bench_cpu_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

static inline void bench_measure(const struct bench_row *row, void *state)
{
	unsigned long nr = 1;
	double begin, seconds, units;

	if (row->measure) {
		printf("%s\t%.6g\t%s\t%s\n", row->name, row->measure(state), row->unit, row->goal);
		return;
	}
	/* The first times warm caches up, and say how many fill the time. */
	for (;;) {
		begin = bench_cpu_seconds();
		units = row->work(state, nr);
		seconds = bench_cpu_seconds() - begin;
		if (seconds >= BENCH_SECONDS)
			break;
		nr = seconds > BENCH_SECONDS / 50 ? (unsigned long)(nr * BENCH_SECONDS / seconds * 1.05) + 1 : nr * 4;
	}
	printf("%s\t%.6g\t%s\t%s\n", row->name, units / seconds, row->unit, row->goal);
}

static inline int bench_main(const struct bench_row *rows, size_t nr, int argc, char **argv)
{
	int status = argc > 1 ? 2 : 0;

	for (size_t i = 0; i < nr; i++) {
		void *state;

		if (argc > 1 && strcmp(argv[1], rows[i].name))
			continue;
		state = rows[i].prepare(&rows[i]);
		if (!state)
			continue;
		if (argc > 2)
			rows[i].work(state, strtoul(argv[2], NULL, 10));
		else
			bench_measure(&rows[i], state);
		rows[i].done(state);
		status = 0;
	}
	return status;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Test cases in the kernel's include world, where Check cannot be seen. A suite is
 * a kernel file with a table of cases; main.c runs each in a world of its own, and
 * fails it for any violation that it did not expect.
 */
#ifndef TESTS_KAPI_KT_H
#define TESTS_KAPI_KT_H

#include <linux/kernel.h>
#include <linux/string.h>
#include <sim/kapi.h>
#include <sim/fault.h>
#include <sim/sched.h>
#include <sim/trace.h>
#include <sim/verdict.h>
#include <sim/world.h>

struct kt_case {
	const char *name;
	void (*run)(void);
	unsigned int seeds;	/* 0: the sequential order; else as many random schedules */
};

extern const struct kt_case kt_cases[];
extern const unsigned int kt_nr_cases;
extern const char kt_suite[];

/* Ends the test as failed. */
void kt_fail(const char *file, int line, const char *what);
/* This case makes @nr of them, no more and no fewer. */
void kt_expect(enum sim_violation violation, unsigned long nr);
/* Does the text of any report of @violation hold @words? */
bool kt_reported(enum sim_violation violation, const char *words);
/* The case's own random numbers; another stream for each seed. */
unsigned long kt_random(unsigned long below);

#define kt_check(cond) do { if (!(cond)) kt_fail(__FILE__, __LINE__, #cond); } while (0)

/* A new actor with @body to run. */
static inline struct sim_actor *kt_actor(const char *name, void (*body)(void *), void *arg)
{
	struct sim_actor *actor = sim_actor_create(name, NULL);

	sim_actor_submit(actor, body, arg);
	return actor;
}

/* What happened, one letter each, in order. */
struct kt_log {
	char text[64];
	unsigned int len;
};

static inline void kt_note(struct kt_log *log, char what)
{
	kt_check(log->len < sizeof(log->text) - 1);
	log->text[log->len++] = what;
}

#define KT_SUITE(name, table)                                                                                          \
	const char kt_suite[] = name;                                                                                  \
	const unsigned int kt_nr_cases = ARRAY_SIZE(table)

#endif

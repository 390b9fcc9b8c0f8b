/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A .pin file as a program: parsed, included files read in, every name checked
 * and bound, repeats unrolled into one flat list of items.
 *
 * A program is immutable once it is loaded, and any number of runs may use it. All of it
 * lies in one arena and goes with program_free(). Nothing in a program is
 * recursive but blocks, whose depth is bounded, so no input can exhaust a stack.
 */
#ifndef SCENARIO_PROGRAM_H
#define SCENARIO_PROGRAM_H

#include <stdio.h>
#include <scenario/kernel_set.h>
#include <scenario/source.h>
#include <sim/verdict.h>

/* The bounds of the language page. */
#define PIN_BYTES_MAX (1024u * 1024)
#define PIN_STEPS_MAX 100000u
#define PIN_TASKS_MAX 256u
#define PIN_INCLUDE_DEPTH_MAX 16u
/* Bounds of our own, where the page's leave a way to unbounded work. */
#define PIN_EXPECTS_MAX 1000000u
#define PIN_BLOCK_DEPTH_MAX 64u
#define PIN_SOURCES_MAX 1024u
#define PIN_TOTAL_BYTES_MAX (16u * 1024 * 1024)
#define PIN_SET_BYTES_MAX 4096u

struct op;
struct path;

/* Lists are chained through the first member, which the parser relies on. */

/* A term of a sum. Terms are numbers, or paths; a path of one plain name may be a variable, a word or `unlimited`. */
struct term {
	struct term *next;
	struct pin_pos pos;
	bool negative;
	bool is_number;
	unsigned long number;
	struct path *path;
	/* bound by the checker */
	int variable;				/* slot, or -1 */
	struct observable *observable;		/* in an expect */
};

struct sum {
	struct sum *next;
	struct pin_pos pos;
	struct term *terms;
	struct term *last;
};

/* NAME or NAME(SUM), parted by dots. */
struct path {
	struct path *next;	/* the part behind the dot */
	struct pin_pos pos;
	const char *name;
	struct sum *argument;
};

enum pin_value_kind {
	PIN_SUM,	/* A */
	PIN_PAIR,	/* A:B */
	PIN_RANGE,	/* A..B */
	PIN_LIST,	/* [A, B, ...] */
};

/* What stands behind a key, or between the commas of a call. */
struct pin_value {
	struct pin_value *next;
	struct pin_pos pos;
	enum pin_value_kind kind;
	struct sum *first;	/* of a list: all, chained */
	struct sum *second;
};

/* An argument of a call (key NULL: positional), or KEY=VALUE[,VALUE...] of a task or set statement. */
struct pin_arg {
	struct pin_arg *next;
	struct pin_pos pos;
	const char *key;
	struct pin_value *values;
};

enum result_kind { RESULT_ERRNO, RESULT_FAIL, RESULT_ANY, RESULT_VALUE };

/* One of several that are parted by '/'. */
struct result {
	struct result *next;
	enum result_kind kind;
	int errnum;		/* RESULT_ERRNO: positive; a signal as RESULT_SIGNAL(n) */
	struct sum *value;
};
#define RESULT_SIGNAL(signal) (0x10000 + (signal))

/* One of several that are parted by '|': the first whose set holds counts. */
struct result_case {
	struct result_case *next;
	struct result *results;
	struct kernel_set *set;
};

/*
 * An argument of a call, as a run reads it. A number is a constant, and a variable may be added to it; a sum that is
 * more than that is gone through term by term.
 */
struct operand {
	bool given;
	bool has_second;		/* of a pair, a range or a buffer */
	bool is_sums;			/* its numbers are more than that: those of .written */
	int variable;			/* slot: what the number is counted from, or is named, variable or task; -1 */
	unsigned long number;		/* of a word what it stands for, of capabilities MM_CAP_* */
	unsigned long second;
	const char *word;		/* a word, or the name of a new task */
	const struct pin_value *written;	/* NULL: drawn, and not spelled out */
};

struct step {
	const char *task_name;
	const char *variable_name;	/* NULL: none, or not spelled out */
	const char *op_name;
	struct result_case *cases;
	/* bound by the checker */
	int task;			/* slots */
	int variable;
	int made_task;			/* what fork and its like make, or -1 */
	unsigned int nr_operands, nr_rest;
	const struct op *op;
	const struct kernel_rules *exists_on;	/* the call is known to exist there; NULL: nobody has asked */
	const struct operand *operand;	/* by the op's argument index; see step_operand() */
	const struct operand *rest;	/* of a variadic last argument, all */
	/* As it is written. A program that is not spelled out ends here: nothing that runs it may look. */
	struct pin_arg *args;
	const char *text;		/* the call */
	struct pin_pos task_pos;
	struct pin_pos variable_pos;
	struct pin_pos op_pos;
};

/* The argument of that index; NULL where it is not given. Of a variadic one: the last. */
static inline const struct operand *step_operand(const struct step *step, unsigned int index)
{
	return index < step->nr_operands && step->operand[index].given ? &step->operand[index] : NULL;
}

enum observable_kind {
	OBS_LOCKED_VM,		/* of a task's mm: the current one, or mm(K) */
	OBS_PINNED_VM,
	OBS_TASK_USER_LOCKED_VM,
	OBS_TASK_MEMLOCK,
	OBS_TASK_ALIVE,
	OBS_TASK_PINS,
	OBS_TASK_PFN,
	OBS_USER_LOCKED_VM,
	OBS_USER_PERF_MLOCK,
	OBS_UCOUNTS_MEMLOCK,
	OBS_NPINNED,
	OBS_CHARGED,
	OBS_DEVICE_PFN,
	OBS_PAGES_PINNED,
	OBS_PAGES_UNACCOUNTED,
	OBS_WARNINGS,
	OBS_VIOLATIONS,
	OBS_VARIABLE,		/* what a call returned */
};

struct observable {
	enum observable_kind kind;
	int slot;		/* of the task or variable */
	long mm_index;		/* mm(K); -1: the current one */
	unsigned int uid;
	const struct sum *address;
	int peak;		/* peak(): index among the program's peaks; -1 */
	bool plain;		/* a plain number, not pages in bytes */
};

enum comparison { CMP_EQ, CMP_NE, CMP_LT, CMP_LE, CMP_GT, CMP_GE };

enum expect_kind { EXPECT_COMPARE, EXPECT_VIOLATION };

struct violation_name {
	struct violation_name *next;
	struct pin_pos pos;
	const char *name;
};

struct expect {
	enum expect_kind kind;
	bool sometimes;
	struct kernel_set *set;
	/* EXPECT_COMPARE */
	struct sum *left;
	struct sum *right;
	enum comparison comparison;
	/* EXPECT_VIOLATION */
	struct violation_name *names;
	bool any;
	bool wanted[VIOLATION_NR];
	const char *text;		/* for reports */
};

struct task_decl {
	const char *name;
	struct pin_arg *args;
	/* checked */
	int slot;
	unsigned int uid;
	unsigned long memlock_cur_bytes;
	unsigned long memlock_max_bytes;
	unsigned int caps;		/* MM_CAP_* */
};

struct block {
	struct stmt *body;
	unsigned long count;		/* repeat N */
	const char *file;		/* include */
};

enum stmt_kind {
	STMT_TITLE,
	STMT_REF,
	STMT_KERNELS,
	STMT_TASK,
	STMT_SET,
	STMT_STEP,
	STMT_EXPECT,
	STMT_PARALLEL,
	STMT_REPEAT,
	STMT_INCLUDE,
};

struct stmt {
	struct stmt *next;
	struct pin_pos pos;
	enum stmt_kind kind;
	union {
		const char *text;
		struct kernel_set *set;
		struct task_decl task;
		struct pin_arg *settings;
		struct step step;
		struct expect expect;
		struct block block;
	};
};

enum item_kind { ITEM_STEP, ITEM_EXPECT, ITEM_PARALLEL, ITEM_PARALLEL_END };

struct item {
	enum item_kind kind;
	const struct stmt *stmt;
};

struct kernels_stmt {
	struct kernels_stmt *next;
	struct kernel_set *set;
};

struct world_settings {
	unsigned long pages;
	unsigned long cpus;
	unsigned long hugepages;
	unsigned long contig_pages;
	unsigned long perf_mlock_kb;
	unsigned long dma_entry_limit;
};
/* What the language page says of a file that sets nothing. */
#define WORLD_SETTINGS_INIT { .cpus = 2, .hugepages = ~0ul, .contig_pages = 1, .perf_mlock_kb = 516, \
			      .dma_entry_limit = 65535 }

struct arena;
struct program {
	struct arena *arena;
	struct pin_source *sources;	/* the main file first */
	unsigned long long hash;	/* of all sources' bytes: what a token belongs to */
	const char *path;
	const char *title;		/* the path where none is given */
	const char *ref;		/* or NULL */
	struct kernels_stmt *kernels;	/* a kernel must be in each of them */
	struct world_settings settings;
	struct stmt *stmts;		/* NULL: not spelled out; it can be run, and nothing else */
	struct task_decl **tasks;	/* that stand at the start, in order */
	unsigned int nr_tasks;
	const char **task_names;	/* by slot */
	unsigned int nr_task_names;
	const char **variable_names;	/* by slot; NULL: not spelled out */
	unsigned int nr_variables;
	struct observable **peaks;
	unsigned int nr_peaks;
	struct item *items;
	unsigned int nr_items;
	unsigned int nr_steps;
	bool has_parallel;
	const struct stmt *not_modelled;	/* the first step whose op has no model yet, or NULL */
};

/*
 * Reads, parses and checks. NULL where anything is wrong: @diag then says what.
 * Any file and any bytes end in one or the other, in bounded time and memory.
 */
struct program *program_load(const char *path, struct diagnostics *diag);
/* The same of bytes in memory; @path names them in messages and is where includes are relative to. */
struct program *program_parse(const char *path, const char *text, size_t bytes, struct diagnostics *diag);
void program_free(struct program *program);

/* May @kernel run this file, by its `kernels` statements? */
bool program_runs_on(const struct program *program, const struct kernel *kernel);
/*
 * Those that a run takes where nobody names any: of the file's `kernels`, else all releases, and with @proposals those.
 * Freed with kernel_list_free().
 */
void default_kernels(const struct program *program, bool proposals, struct kernel_list *list);

/* A SET from the command line, named @name in messages; freed with parsed_set_free(). NULL: see @diag. */
struct parsed_set;
struct parsed_set *kernel_set_parse(const char *name, const char *text, struct diagnostics *diag);
struct kernel_set *parsed_set(struct parsed_set *parsed);
void parsed_set_free(struct parsed_set *parsed);

/* Errno names of the language: "ENOMEM" <-> 12; 0 and NULL where there is none. Signals as RESULT_SIGNAL(). */
int errno_by_name(const char *name);
const char *errno_name(int errnum);

#endif

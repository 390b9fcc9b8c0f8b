/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of operations: the one place that says what an operation of the
 * language is. The checker reads the arguments from it, the runner how to run it,
 * `pinsim list ops` its documentation.
 *
 * An area is a file ops_AREA.c with one struct op_area, named in op_table.c. A
 * subsystem that comes later brings such a file; nothing else changes.
 */
#ifndef SCENARIO_OP_H
#define SCENARIO_OP_H

#include <stdbool.h>
#include <stddef.h>
#include <accounting/kernels.h>
#include <scenario/program.h>

struct backend;
struct run;
struct task_struct;

/* What a variable may hold. Those from VALUE_IOMMUFD to VALUE_FD_LAST are open files. */
enum value_kind {
	VALUE_NONE,		/* unset */
	VALUE_NUMBER,		/* an address, an IOVA, a count of bytes or slots */
	VALUE_IOMMUFD,
	VALUE_CONTAINER,
	VALUE_CDEV,		/* a vfio device's fd; and its object in an iommufd */
	VALUE_MDEV,
	VALUE_ACCESS,		/* an access's fd; and its object in an iommufd */
	VALUE_MEMFD,
	VALUE_SECRETMEM,
	VALUE_RING,
	VALUE_PERF,
	VALUE_XSK,
	VALUE_VDPA,
	VALUE_MR,
	VALUE_BPF,
	VALUE_PINNER,		/* VDUSE, AFU, SPAPR TCE, zPCI, those that charge nothing */
	VALUE_FD_LAST = VALUE_PINNER,
	VALUE_IOAS,		/* objects of an iommufd */
	VALUE_DEVICE,
	VALUE_SEGMENT,		/* objects of no file */
	VALUE_ZEROCOPY,
	VALUE_SEV,
	VALUE_PROPOSED,		/* what a proposal brought */
	VALUE_KINDS,
};
#define KIND(name) (1u << VALUE_##name)
#define KINDS_FD (((2u << VALUE_FD_LAST) - 1) & ~(KIND(NONE) | KIND(NUMBER)))
/* "an iommufd", "an IOAS or a device": for messages, by mask. */
const char *value_kinds_text(unsigned int kinds, char *buf, size_t size);

struct value {
	enum value_kind kind;
	unsigned long number;
	unsigned long file;	/* identity of the open file; of an object: of its iommufd */
	unsigned long context;	/* CDEV, ACCESS: identity of the iommufd */
	unsigned int id;	/* the object's in its iommufd */
};

enum arg_type {
	ARG_NUMBER,		/* a sum of sizes, addresses and variables */
	ARG_FLAG,		/* 0 or 1 */
	ARG_VARIABLE,		/* one of .kinds */
	ARG_TASK,		/* a task that stands */
	ARG_NEW_TASK,		/* the name of one to be made */
	ARG_WORD,		/* one of .words */
	ARG_LIMIT,		/* SIZE[:SIZE] */
	ARG_CAPS,		/* [CAP, ...] */
	ARG_RANGE,		/* A..B, both inclusive; as the last one also several */
	ARG_IOVECS,		/* [VA, LEN], the last one, any number */
};

struct op_word {
	const char *word;	/* NULL ends the list */
	unsigned long value;
};

#define ARG_KEY 1u		/* KEY=VALUE only, else by position */
#define ARG_OPTIONAL 2u
#define ARG_MANY 4u		/* the last one by position: any number of them */

/*
 * What a random program puts in the place of a number (gen_values.c). Arguments are
 * drawn in the order of the table, so a length knows the address before it.
 */
enum op_draw {
	DRAW_BELOW,	/* up to .most, mostly the small ones, now and then more */
	DRAW_POWER,	/* 1 << n, n from .least to .most; now and then one off */
	DRAW_SIZE,	/* bytes of new memory */
	DRAW_MEMORY,	/* an address of the caller's memory */
	DRAW_OFFSET,	/* into the file drawn before */
	DRAW_FREE,	/* an IOVA where the address space of argument .space has nothing yet */
	DRAW_MAPPED,	/* an IOVA that is mapped there */
	DRAW_LENGTH,	/* from the address, offset or IOVA drawn before; where optional, given exactly if that was */
	DRAW_UID,
	DRAW_SERVED,	/* a flag: is /dev/vfio/vfio served by iommufd in this program? */
};

struct op_arg {
	const char *name;	/* as the key; in upper case for `list ops` where it goes by position */
	enum arg_type type;
	unsigned int flags;
	unsigned int kinds;
	const struct op_word *words;
	/* The call with this argument exists on a kernel where this holds; NULL: wherever the operation does. */
	bool (*exists)(const struct kernel_rules *rules);
	enum op_draw draw;
	unsigned char odds;		/* an optional one is there in one of so many calls; 0: of four */
	unsigned char space;		/* index of the argument whose address space is meant */
	unsigned char least, most;	/* DRAW_LENGTH: pages, mostly no more; 0: as many as there are */
	bool holds;			/* a flag that is 1 where it is not given: what there is to say is 0 */
	unsigned int likely;		/* of .kinds, those that it mostly is; 0: any */
	const char *made_by;		/* mostly what this operation made; NULL: whichever did */
};

/* What a call changes in a random program's picture of what there is (gen_picture.c), if it succeeds. */
enum op_effect {
	EFFECT_NONE,		/* nothing but what VAR names */
	EFFECT_MEMORY,		/* VAR is memory of the length drawn */
	EFFECT_MEMORY_GONE,	/* the memory drawn is unmapped */
	EFFECT_MEMORY_MOVED,	/* the same, and VAR is memory of the size drawn */
	EFFECT_MAP,		/* what was drawn is mapped in the address space of the first argument */
	EFFECT_UNMAP,		/* and is no more */
	EFFECT_UNMAP_ALL,
	EFFECT_HOLD,		/* the first argument holds memory until it ends */
	EFFECT_END,		/* the first argument is over */
	EFFECT_CLOSE,		/* the caller's fd of it is */
	EFFECT_COPY_TASK,	/* a task with a copy of memory and fds */
	EFFECT_SHARE_TASK,	/* a task with the same ones */
	EFFECT_EXEC,
	EFFECT_EXIT,
	EFFECT_UID,
	EFFECT_LIMIT,
	EFFECT_SEND,		/* another task gets the fd */
};

struct op_random {
	unsigned char weight;	/* how often, against the others; 0: never by itself */
	bool charges;		/* its success charges or pins */
	enum op_effect effect;
	bool setting;		/* of what the first argument names: often the first that is done with that */
};

#define OP_ARGS_MAX 8

struct op_pair {
	unsigned long first;
	unsigned long second;
};

/* An argument as the operation gets it. */
struct op_value {
	bool given;
	bool has_second;	/* LIMIT */
	unsigned long number;	/* NUMBER, FLAG, WORD, CAPS (MM_CAP_*), LIMIT (soft), RANGE (first) */
	unsigned long second;	/* LIMIT (hard), RANGE (last) */
	const struct value *value;	/* VARIABLE */
	int fd;			/* VARIABLE: the caller's fd of its file */
	int context_fd;		/* VARIABLE: the caller's fd of its iommufd; of an object of one the same as .fd */
	struct task_struct *task;	/* TASK */
	const char *name;	/* NEW_TASK */
	const struct op_pair *pairs;	/* IOVECS, and RANGE where there are many */
	unsigned int nr;
};

struct op_call {
	const struct op *op;
	const struct backend *backend;
	struct task_struct *task;	/* the caller: runs on its actor */
	struct op_value arg[OP_ARGS_MAX];
	/* out */
	struct value made;		/* what VAR names; its .number is what the call returned */
	struct task_struct *child;
	bool child_is_thread;		/* and so has gone where the caller was killed */
};

struct op {
	const char *name;
	const char *what;		/* one line */
	const char *source;		/* file:function, or commit */
	unsigned int makes;		/* mask of kinds that VAR may then hold; 0: nothing but the number 0 */
	bool returns_address;		/* reports show it in hex */
	struct op_arg args[OP_ARGS_MAX + 1];	/* by position first; a NULL name ends them */
	const char *on_container;	/* of an IOAS's: what a container has in its place; NULL: nothing */
	bool sets_limit;		/* of a task: put aside where a plan of limits stands in its place */
	/* NULL: exists on every kernel. */
	bool (*exists)(const struct kernel_rules *rules);
	/* Does the backend have it? NULL: each that has its area. */
	bool (*served)(const struct backend *backend);
	const struct proposal *of;	/* comes with it, and exists nowhere else; NULL: of releases */
	/* What stands in the way of this combination of arguments, as "X, expected Y"; NULL: nothing. */
	const char *(*shape)(const struct step *step);
	/*
	 * The calls of it that `search` tries: argument lists in which @WORD stands for each of
	 * its values in turn (search_calls.c). Behind a '+': only in a wide search. NULL: none.
	 */
	const char *const *probes;
	/* 0, -errno or MM_KILLED(). NULL: there is no model of it yet. */
	long (*run)(struct op_call *call);
	struct op_random random;	/* for generated programs */
};

#define OP_PROBES(...) ((const char *const []){ __VA_ARGS__, NULL })

struct op_area {
	const char *name;
	const struct op *ops;
	size_t nr;
};

extern const struct op_area *const op_areas[];
extern const size_t op_areas_nr;

const struct op *op_by_name(const char *name);
/* "mmap(LEN, [kind=anon|shared|...], ...)" */
char *op_usage(const struct op *op, char *buf, size_t size);
/* The first release that has it, or NULL where none does. */
const struct kernel *op_since(const struct op *op);
/* Does it exist on a kernel of these rules? */
bool op_exists(const struct op *op, const struct kernel_rules *rules);
/* Does this call exist on a kernel of these rules, with the arguments that it has? */
bool step_exists(const struct step *step, const struct kernel_rules *rules);
/* The first of its arguments without which it would, or NULL. */
const char *step_missing_key(const struct step *step, const struct kernel_rules *rules);

/* One of type1's and vfio's. */
bool op_is_vfio(const struct op *op);
/* Does the backend have it? vfio's not every one has. */
bool op_served(const struct op *op, const struct backend *backend);

/* The capability of that name as MM_CAP_*, or 0. */
unsigned int cap_by_name(const char *name);

#endif

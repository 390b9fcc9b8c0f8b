/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From what a real program did to a scenario: an strace log becomes a .pin file.
 *
 * A log names addresses, file descriptors and process ids; a scenario names
 * variables and tasks. The import follows what each process had open and mapped,
 * so that an address becomes `m2 + 64K` and a descriptor the object behind it, and
 * keeps the calls that bear on pinned and locked memory. What a call answered in the
 * log is what the scenario expects of it.
 */
#ifndef IMPORT_IMPORT_H
#define IMPORT_IMPORT_H

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>

struct import_options {
	const char *path;		/* of the log, for messages and the title */
	bool uid_given;
	unsigned long uid;		/* of the first process, where the log does not tell */
	bool memlock_given;
	unsigned long memlock_bytes;	/* its RLIMIT_MEMLOCK, likewise */
	/* Asked at each line; true: stop, what was read so far becomes the scenario. May be NULL. */
	volatile sig_atomic_t *stop;
};

struct import_summary {
	unsigned long lines;		/* of the log */
	unsigned long calls;		/* that ended, of any kind */
	unsigned long unread;		/* lines that are none of strace's */
	unsigned long steps;		/* lines of tasks in the scenario */
	unsigned long lost;		/* calls that bear on pinned memory and could not be translated */
	bool uid_known;			/* from the log or the options */
	bool memlock_known;
	bool full;			/* the log has more than a scenario may hold */
};

/*
 * Reads the log @in to its end and writes the scenario to @out. Any bytes end in an
 * answer; memory is bounded by what a scenario may hold and the longest line kept (1 MiB).
 * Returns 0; -EIO where @in could not be read or @out not be written; -ENODATA where no
 * line of it is strace's.
 */
int import_strace(FILE *in, FILE *out, const struct import_options *options, struct import_summary *summary);

/* The system calls that the import understands, parted by commas: what `strace -e trace=` is to be given. */
void import_print_calls(FILE *out);

#endif

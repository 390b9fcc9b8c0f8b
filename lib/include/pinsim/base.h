/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What all headers of libpinsim share: units, results, and how errors are told.
 *
 * Units: lengths, addresses, IOVAs and limits are bytes, counters are pages of 4 KiB
 * and say so in their names.
 *
 * Results: a modelled system call returns what the kernel's would, >= 0 or -errno by
 * the numbers of <errno.h>. Two numbers that are no errno of any kernel stand for
 * what no kernel says: the call does not exist there (PINSIM_EABSENT), or it was
 * used in a way that nothing can be made of (PINSIM_EMISUSE); pinsim_error() then
 * says what was wrong. No mistake of the caller ends the process. Where the host is
 * out of memory it does end, with status 3, as nothing sensible can follow.
 *
 * Threads: a world stays on the OS thread that made it; several threads may each have
 * worlds of their own.
 */
#ifndef PINSIM_BASE_H
#define PINSIM_BASE_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
#define PINSIM_C_BEGIN extern "C" {
#define PINSIM_C_END }
#else
#define PINSIM_C_BEGIN
#define PINSIM_C_END
#endif

#define PINSIM_API __attribute__((__visibility__("default")))
#define PINSIM_PRINTF(at, first) __attribute__((__format__(__printf__, at, first)))

#define PINSIM_PAGE_BYTES 4096ul
#define PINSIM_UNLIMITED (~0ul)		/* RLIM_INFINITY */

/* Above every errno; returned negative. */
#define PINSIM_EABSENT 6001		/* this kernel does not have the call */
#define PINSIM_EMISUSE 6002		/* see pinsim_error() */
#define PINSIM_EENDED 6003		/* the world came to its end: deadlock, BUG, too many steps */

PINSIM_C_BEGIN

/*
 * Why the last function on this thread failed that returned -PINSIM_EMISUSE, NULL or
 * a result with PINSIM_ERROR: a sentence that says what was expected. NULL where a world or
 * a task is wanted is such a failure, and leaves what was said before: why there is none.
 * Never NULL; stands until the next such failure.
 */
PINSIM_API const char *pinsim_error(void);

/*
 * "ENOMEM" for -ENOMEM, "absent", "misuse", "ended" for the three above, "success"
 * for what is not negative, "unknown" else. Static.
 */
PINSIM_API const char *pinsim_result_name(long result);

PINSIM_C_END

#endif

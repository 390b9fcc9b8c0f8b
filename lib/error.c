// SPDX-License-Identifier: GPL-2.0-or-later
/* How mistakes are told: a number, and a sentence that stands until the next one of this thread. */
#include <stdarg.h>
#include <stdio.h>
#include "lib.h"

static __thread char lib_error[2048];

int lib_misuse(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(lib_error, sizeof(lib_error), format, args);
	va_end(args);
	return -PINSIM_EMISUSE;
}

const char *pinsim_error(void)
{
	return lib_error;
}

const char *pinsim_result_name(long result)
{
	const char *name;

	switch (result) {
	case -PINSIM_EABSENT:
		return "absent";
	case -PINSIM_EMISUSE:
		return "misuse";
	case -PINSIM_EENDED:
		return "ended";
	}
	if (result >= 0)
		return "success";
	name = result > -4096 ? errno_name((int)-result) : NULL;
	return name ? name : "unknown";
}

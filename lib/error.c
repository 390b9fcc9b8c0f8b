// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How mistakes are told: a number, and a sentence that stands until the next one of this
 * thread. It is kept on the heap and only pointed to by the thread, for a library that is loaded
 * late has little room for what each thread has.
 */
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include "lib.h"

static __thread char *lib_error;
static pthread_key_t lib_error_key;
static pthread_once_t lib_error_once = PTHREAD_ONCE_INIT;

static void make_key(void)
{
	pthread_key_create(&lib_error_key, free);
}

int lib_misuse(const char *format, ...)
{
	char *text = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	free(lib_error);
	lib_error = text;
	/* freed with the thread */
	pthread_once(&lib_error_once, make_key);
	pthread_setspecific(lib_error_key, text);
	return -PINSIM_EMISUSE;
}

int lib_nothing(void)
{
	return lib_error ? -PINSIM_EMISUSE : lib_misuse("NULL, expected a world or a task");
}

const char *pinsim_error(void)
{
	return lib_error ? lib_error : "";
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

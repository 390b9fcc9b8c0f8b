// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Counters of those who die early.
 *
 * gcov writes its counters when a process exits by exit(). The jobs of a search
 * end by _exit(), a test of an oops by a signal, a command that takes too long by
 * SIGTERM: what these ran counts as well. So the linker turns _exit() and raise()
 * into the functions below, and deadly signals that the program does not handle
 * are handled here: written first, then died of. SIGKILL alone leaves nothing.
 */
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

void __gcov_dump(void);
void __gcov_reset(void);
_Noreturn void __real__exit(int status);
_Noreturn void __wrap__exit(int status);
int __real_raise(int number);
int __wrap_raise(int number);
void coverage_catch(void);

/* What is written is cleared, so that a process that lives on adds what comes after. */
static void flush(void)
{
	__gcov_dump();
	__gcov_reset();
}

_Noreturn void __wrap__exit(int status)
{
	flush();
	__real__exit(status);
}

int __wrap_raise(int number)
{
	flush();
	return __real_raise(number);
}

static void die_of(int number)
{
	/* Writing allocates: whom the signal met inside malloc() waits for himself, though not for long. */
	signal(SIGALRM, SIG_DFL);
	alarm(5);
	flush();
	__real_raise(number);
}

__attribute__((constructor)) void coverage_catch(void)
{
	static const int deadly[] = {
		SIGHUP, SIGINT, SIGQUIT, SIGILL, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGPIPE, SIGALRM, SIGTERM,
	};

	for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++) {
		struct sigaction action = { .sa_handler = die_of, .sa_flags = (int)SA_RESETHAND }, was;

		/* The raise() above meets no mask, so that it kills at once. */
		action.sa_flags |= SA_NODEFER;
		sigaction(deadly[i], NULL, &was);
		if (was.sa_handler == SIG_DFL)
			sigaction(deadly[i], &action, NULL);
	}
}

// SPDX-License-Identifier: GPL-2.0-or-later
/* Ends in the way that its argument names, by a function of that name, so that gcov can say whether it was counted. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void by_underscore_exit(void)
{
	_exit(0);
}

static void by_child(void)
{
	pid_t child = fork();

	if (!child)
		by_underscore_exit();
	waitpid(child, NULL, 0);
	kill(getpid(), SIGKILL);
}

static void by_abort(void)
{
	abort();
}

static void by_raise(void)
{
	signal(SIGSEGV, SIG_DFL);
	raise(SIGSEGV);
}

static void by_fault(void)
{
	*(volatile int *)8 = 1;
}

/* As `timeout` ends a command. */
static void by_term(void)
{
	kill(getpid(), SIGTERM);
}

static void by_kill(void)
{
	kill(getpid(), SIGKILL);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*die)(void);
	} ways[] = {
		{ "by_underscore_exit", by_underscore_exit },
		{ "by_child", by_child },
		{ "by_abort", by_abort },
		{ "by_raise", by_raise },
		{ "by_fault", by_fault },
		{ "by_term", by_term },
		{ "by_kill", by_kill },
	};

	for (size_t i = 0; argc == 2 && i < sizeof(ways) / sizeof(ways[0]); i++)
		if (!strcmp(argv[1], ways[i].name))
			ways[i].die();
	return 2;
}

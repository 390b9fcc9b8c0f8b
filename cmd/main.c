// SPDX-License-Identifier: GPL-2.0-or-later
/* pinsim: what pinned and locked memory costs, on each kernel. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <accounting/kernels.h>
#include <sim/sched.h>
#include <scenario/json.h>
#include "commands.h"
#include "version.h"

const struct command commands[] = {
	{ "run", "runs scenarios, each on every kernel that it is for", command_run },
	{ "matrix", "a table: a row a scenario, a column a kernel or proposal", command_matrix },
	{ "explore", "runs a scenario in every order of its parallel blocks", command_explore },
	{ "diff", "what a program sees differently on one kernel than on another", command_diff },
	{ "limit", "the least RLIMIT_MEMLOCK of each task, on each kernel", command_limit },
	{ "fuzz", "random programs against the invariants, or against another backend", command_fuzz },
	{ "search", "the shortest program whose results differ between two kernels", command_search },
	{ "shrink", "a smaller scenario with the same failure", command_shrink },
	{ "sweep", "scenarios with every allocation, pin, map and lock failing in turn", command_sweep },
	{ "import", "a scenario from an strace log of a real program", command_import },
	{ "list", "lists kernels, proposals, ops, invariants or bugs", command_list },
	{ NULL, NULL, NULL },
};

static const char help_text[] =
	"pinsim runs Linux' accounting of pinned and locked memory in userspace: mm->locked_vm,\n"
	"mm->pinned_vm, user->locked_vm and their like, by the rules of each kernel version.\n"
	"A scenario is a small .pin file: tasks, the calls that they make, and what the counters\n"
	"must then show.\n"
	"\n"
	"  $ cat exec.pin\n"
	"  task qemu uid=1000 memlock=64M\n"
	"  qemu: ram = mmap(16M)\n"
	"  qemu: c = vfio_open()\n"
	"  qemu: vfio_map(c, iova=0, va=ram, len=8M)\n"
	"  expect qemu.locked_vm == 8M\n"
	"\n"
	"  $ pinsim run exec.pin                     on every released kernel\n"
	"  $ pinsim run exec.pin --kernel v6.12 --trace\n"
	"                                            one kernel, each step with the counters\n"
	"  $ pinsim run exec.pin --kernel v6.2..v6.6,v6.12+type1_exec_underflow\n"
	"                                            some, one of them with a historic bug put back\n"
	"  $ pinsim matrix scenarios/                what each kernel does with each scenario\n"
	"  $ pinsim diff v6.2 v6.3 scenarios/        what programs see differently\n"
	"  $ pinsim limit scenarios/field/kubevirt-viommu-2dev.pin\n"
	"                                            the least RLIMIT_MEMLOCK, and which call needs it\n"
	"  $ pinsim list ops                         what a task can do, and since which kernel\n"
	"\n"
	"A file or folder that is not there is looked for among the installed scenarios, so\n"
	"`scenarios/` names them from anywhere; PINSIM_DATA names another place to look in.\n"
	"\n"
	"Exit status: 0 all held; 1 an expectation or invariant did not; 2 bad usage or a bad\n"
	"file; 3 pinsim itself failed; 4 a search was stopped before its end, and found nothing\n"
	"so far; 130 Ctrl-C cut short what else was to run.\n";

static void print_commands(FILE *out)
{
	const struct command *command;

	fputs("Commands (`pinsim COMMAND --help` tells more):\n", out);
	for (command = commands; command->name; command++)
		fprintf(out, "  %-8s %s\n", command->name, command->what);
}

static void print_help(void)
{
	fputs("Usage: pinsim COMMAND [ARGUMENT...]\n\n", stdout);
	print_commands(stdout);
	fputc('\n', stdout);
	fputs(help_text, stdout);
}

/* The second line says by which rules: two pinsims with the same one come to the same on every kernel. */
static void print_version(void)
{
	size_t releases = 0;

	for (size_t i = 0; i < kernels(); i++)
		releases += !kernel_at(i)->base;
	printf("pinsim %s\nkernel table %016llx, %zu releases and %zu proposals\n", PINSIM_VERSION, kernel_table_hash(),
	       releases, kernels() - releases);
}

/* What nobody could read is no answer, however it was come to: argp, too, prints its help and exits. */
static void check_output(void)
{
	if (!fflush(stdout) && !ferror(stdout))
		return;
	fputs("pinsim: cannot write the report\n", stderr);
	_exit(EXIT_OURS);
}

static const struct command *command_by_name(const char *name)
{
	for (const struct command *command = commands; command->name; command++)
		if (!strcmp(command->name, name))
			return command;
	return NULL;
}

static int run_command(int argc, char **argv)
{
	const struct command *command = command_by_name(argv[0]);

	if (!command) {
		fprintf(stderr, "pinsim: no command '%s'\n", argv[0]);
		print_commands(stderr);
		return EXIT_USAGE;
	}
	json_memory_or_exit();
	/* a wild access of what is simulated is that run's BUG, and the others still run */
	sim_catch_oopses();
	return command->run(argc, argv);
}

int main(int argc, char **argv)
{
	const char *first = argc < 2 ? NULL : argv[1];
	bool help = first && !strcmp(first, "help");

	atexit(check_output);
	if (!first) {
		fputs("Usage: pinsim COMMAND [ARGUMENT...]\n", stderr);
		print_commands(stderr);
		return EXIT_USAGE;
	}
	if (help && argc > 2)
		return run_command(2, (char *[]){ argv[2], "--help", NULL });
	if (help || !strcmp(first, "--help") || !strcmp(first, "-h") || !strcmp(first, "-?")) {
		print_help();
		return EXIT_HELD;
	}
	if (!strcmp(first, "--version") || !strcmp(first, "-V")) {
		print_version();
		return EXIT_HELD;
	}
	return run_command(argc - 1, argv + 1);
}

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * usage: mutate [--runs N] [--seed N] FILE|DIR...
 *
 * Feeds the fuzz target with damaged files of the library, where no fuzzer is at
 * hand. The damage is a pure function of the seed, so what fails fails again:
 * before each input its number is noted, and a crash leaves it in mutant.pin.
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FILE_BYTES_MAX 8192
#define TEXT_BYTES_MAX (4 * FILE_BYTES_MAX)
#define FILES_MAX 2048
#define SECONDS_MAX 20

struct text {
	char *bytes;
	size_t length;
};

static struct text files[FILES_MAX];
static size_t nr_files;
static char mutant[TEXT_BYTES_MAX];
static size_t length;
static uint64_t state;

static uint64_t draw(uint64_t bound)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (state * 0x2545f4914f6cdd1dull >> 16) % bound;
}

static void add_file(const char *path)
{
	struct stat st;
	FILE *file;
	char *bytes;

	if (nr_files == FILES_MAX || stat(path, &st) || st.st_size > FILE_BYTES_MAX)
		return;
	file = fopen(path, "r");
	bytes = malloc((size_t)st.st_size + 1);
	if (!file || !bytes)
		exit(3);
	files[nr_files++] = (struct text){ bytes, fread(bytes, 1, (size_t)st.st_size, file) };
	fclose(file);
}

static void add(const char *path, int depth)
{
	struct dirent **entries;
	struct stat st;
	char below[4096];
	int nr, i;

	if (stat(path, &st) || depth > 16)
		return;
	if (!S_ISDIR(st.st_mode)) {
		if (strlen(path) > 4 && !strcmp(path + strlen(path) - 4, ".pin"))
			add_file(path);
		return;
	}
	nr = scandir(path, &entries, NULL, alphasort);
	for (i = 0; i < nr; i++) {
		if (entries[i]->d_name[0] != '.') {
			snprintf(below, sizeof(below), "%s/%s", path, entries[i]->d_name);
			add(below, depth + 1);
		}
		free(entries[i]);
	}
	if (nr >= 0)
		free(entries);
}

static void cut(size_t at, size_t bytes)
{
	if (bytes > length - at)
		bytes = length - at;
	memmove(mutant + at, mutant + at + bytes, length - at - bytes);
	length -= bytes;
}

static void paste(size_t at, const char *bytes, size_t nr)
{
	if (nr > TEXT_BYTES_MAX - length)
		nr = TEXT_BYTES_MAX - length;
	memmove(mutant + at + nr, mutant + at, length - at);
	memcpy(mutant + at, bytes, nr);
	length += nr;
}

/* The line that @at lies in. */
static void line_at(const struct text *text, size_t at, const char **start, size_t *nr)
{
	size_t from = at, to = at;

	while (from && text->bytes[from - 1] != '\n')
		from--;
	while (to < text->length && text->bytes[to] != '\n')
		to++;
	*start = text->bytes + from;
	*nr = to - from + (to < text->length);
}

static void damage(void)
{
	static const char *const words[] = {
		"0",
		"-1",
		"1p",
		"0xffffffffffffffff",
		"18446744073709551615",
		"99999999999999999999",
		"unlimited",
		"1T",
		" -> ",
		" @ ",
		"..",
		"v6.12",
		"!v6.2..",
		"|",
		"ENOMEM",
		"fail",
		"_",
		"expect ",
		"parallel {\n",
		"}\n",
		"repeat 3 {\n",
		"include \"x\"\n",
		"task ",
		"a: fork(x)\n",
		"x: exec()\n",
		"a: exit()\n",
		"b: exit()\n",
		"set pages=64\n",
		"\"",
		"\\",
		"#",
		"(",
		")",
		"=",
		"==",
		"expect violation any\n",
		"a.mm(9).locked_vm",
		"peak(",
		"\xff",
		"\n",
		"\t",
		"+ 4095",
		"- 1",
		"=0",
		"=1",
		"a: fail_nth(1)\n",
		"a: fail_nth(3)\n",
		"a: fail(gup, 1)\n",
		"a: fail(iommu_map, 0)\n",
		"a: fail(alloc, 1)\n",
		"a: fail(lock_kill, 1)\n",
		"locked=1",
		"kind=thp",
		"kind=pfnmap",
		"kind=hugetlb",
		"prot=none",
		"a: thread(t)\n",
		"a: clone_vm(v)\n",
		"a: mlockall(current=1, future=1)\n",
		"a: setuid(0)\n",
		"a: unshare_user()\n",
	};
	size_t at = draw(length + 1), nr;
	const struct text *other = &files[draw(nr_files)];
	const char *line;

	switch (draw(8)) {
	case 0:
		if (at < length)
			mutant[at] = (char)draw(256);
		break;
	case 1:
		cut(at, 1 + draw(draw(2) ? 8 : 80));
		break;
	case 2:
	case 3:
		line = words[draw(sizeof(words) / sizeof(words[0]))];
		/* Whole lines between lines, words anywhere. */
		if (line[strlen(line) - 1] == '\n')
			while (at && mutant[at - 1] != '\n')
				at--;
		paste(at, line, strlen(line));
		break;
	default:
		/* A line of this or another file, put between two lines. */
		if (!other->length)
			break;
		line_at(other, draw(other->length), &line, &nr);
		while (at && mutant[at - 1] != '\n')
			at--;
		if (draw(3))
			paste(at, line, nr);
		else
			cut(at, nr);
	}
}

static void make(uint64_t seed, uint64_t number)
{
	uint64_t rounds;

	state = (seed + 1) * 0x9e3779b97f4a7c15ull ^ (number + 1) * 0xbf58476d1ce4e5b9ull;
	draw(2);
	length = 0;
	paste(0, files[number % nr_files].bytes, files[number % nr_files].length);
	for (rounds = 1 + draw(draw(2) ? 2 : 6); rounds; rounds--)
		damage();
}

/* What is left of a crash or a hang: the input. */
static void keep(int signal)
{
	int fd = open("mutant.pin", O_WRONLY | O_CREAT | O_TRUNC, 0600);
	static const char text[] = "mutate: the input is in mutant.pin\n";

	if (fd < 0 || write(fd, mutant, length) < 0 || write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
		_exit(3);
	_exit(128 + signal);
}

int main(int argc, char **argv)
{
	unsigned long runs = 1000, seed = 1, number;
	int i;

	for (i = 1; i < argc; i++)
		if (!strcmp(argv[i], "--runs") && i + 1 < argc)
			runs = strtoul(argv[++i], NULL, 10);
		else if (!strcmp(argv[i], "--seed") && i + 1 < argc)
			seed = strtoul(argv[++i], NULL, 10);
		else
			add(argv[i], 0);
	if (!nr_files) {
		fprintf(stderr, "usage: %s [--runs N] [--seed N] FILE|DIR...\n", argv[0]);
		return 2;
	}
	signal(SIGSEGV, keep);
	signal(SIGBUS, keep);
	signal(SIGABRT, keep);
	signal(SIGALRM, keep);
	for (number = 0; number < runs; number++) {
		make(seed, number);
		alarm(SECONDS_MAX);
		LLVMFuzzerTestOneInput((const uint8_t *)mutant, length);
	}
	printf("%lu mutants of %zu files, seed %lu\n", runs, nr_files, seed);
	while (nr_files)
		free(files[--nr_files].bytes);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-or-later
/* Whatever the bytes, an answer: the bounds of the language, and input that was never meant to be a scenario. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "harness.h"

static char *filled(const char *head, const char *piece, unsigned int times, const char *tail)
{
	size_t bytes = strlen(head) + strlen(piece) * times + strlen(tail) + 1;
	char *text = malloc(bytes), *at = text;

	at += sprintf(at, "%s", head);
	while (times--)
		at = stpcpy(at, piece);
	strcpy(at, tail);
	return text;
}

static void refused_bytes(const char *text, size_t bytes, const char *place)
{
	struct diagnostics diag;

	diagnostics_init(&diag);
	ck_assert_ptr_null(program_parse("t.pin", text, bytes, &diag));
	ck_assert_msg(strstr(diag.text, place), "%s", diag.text);
	diagnostics_free(&diag);
}

/* 100,000 steps after expansion are allowed, one more is not; what repeats nothing costs nothing. */
START_TEST(steps)
{
	struct program *program = parsed("task a\nrepeat 1000 {\nrepeat 100 {\na: mmap(1p)\n}\n}\n");

	ck_assert_uint_eq(program->nr_steps, PIN_STEPS_MAX);
	program_free(program);
	assert_refused("task a\na: exit()\nrepeat 1000 {\nrepeat 100 {\na: mmap(1p)\n}\n}\n", "3:1", "too many steps");
	assert_refused("task a\nrepeat 18446744073709551615 {\nrepeat 18446744073709551615 {\na: exit()\n}\n}\n", "2:1",
		       "too many steps");
	assert_refused("task a\nrepeat 1000001 {\nexpect a.alive == 1\n}\n", "2:1", "too much");
	assert_refused("task a\nrepeat 100001 {\nparallel {\n}\n}\n", "2:1", "too much");
	assert_accepted("repeat 18446744073709551615 {\nrepeat 18446744073709551615 {\n}\n}\n");
}
END_TEST

/* 256 tasks, by name: a name that is used again is no further task. */
START_TEST(tasks)
{
	char *text = malloc(1 << 16), *at = text;
	int i;

	for (i = 0; i < 256; i++)
		at += sprintf(at, "task t%d\n", i);
	assert_accepted(text);
	strcpy(at, "t0: fork(t256)\n");
	assert_refused(text, "257:5", "too many tasks");
	strcpy(at, "t1: exit()\nt0: fork(t1)\nt1: exit()\nt0: fork(t1)\n");
	assert_accepted(text);
	free(text);
}
END_TEST

/* 1 MiB of text, and not a byte more. */
START_TEST(bytes)
{
	char *text = malloc(PIN_BYTES_MAX + 2);
	struct diagnostics diag;
	struct program *program;

	memset(text, '\n', PIN_BYTES_MAX + 1);
	diagnostics_init(&diag);
	program = program_parse("t.pin", text, PIN_BYTES_MAX, &diag);
	ck_assert_ptr_nonnull(program);
	program_free(program);
	diagnostics_free(&diag);
	refused_bytes(text, PIN_BYTES_MAX + 1, "t.pin:1:1: ");
	free(text);
}
END_TEST

/* Bytes that are no text are named with their place. */
START_TEST(no_text)
{
	refused_bytes("task a\0b\n", 9, "t.pin:1:7: ");
	refused_bytes("task a\n\xff\n", 9, "t.pin:2:1: ");
	refused_bytes("# \xc3\x28\n", 5, "t.pin:1:3: ");
	refused_bytes("# \xed\xa0\x80\n", 6, "t.pin:1:3: ");
	refused_bytes("# \xc0\x80\n", 5, "t.pin:1:3: ");
	refused_bytes("# \xf5\x80\x80\x80\n", 7, "t.pin:1:3: ");
	refused_bytes("# \xe2\x82", 4, "t.pin:1:3: ");
	refused_bytes("title \"\x1b[31m\"\n", 14, "t.pin:1:8: ");
	refused_bytes("task a\rtask b\n", 14, "t.pin:1:7: ");
}
END_TEST

/* Depth and length: neither the parser's nor our own stack grows with the input. */
START_TEST(depth)
{
	static const struct {
		const char *head, *piece;
		unsigned int times;
		const char *tail;
	} deep[] = {
		{ "", "repeat 1 {\n", 80000, "" },
		{ "task a\na: mmap(", "x(", 300000, "" },
		{ "task a\nexpect peak(", "peak(", 150000, "" },
		{ "task a\nexpect a", ".a", 300000, " == 0\n" },
		{ "task a\na: capset(", "[", 300000, "" },
		{ "", "}", 300000, "" },
		{ "", "-", 300000, "" },
		{ "", "\"", 300001, "" },
		{ "task a\na: x = mmap(1p) -> ", "!", 300000, "\n" },
	};
	struct diagnostics diag;
	size_t i;

	for (i = 0; i < sizeof(deep) / sizeof(deep[0]); i++) {
		char *text = filled(deep[i].head, deep[i].piece, deep[i].times, deep[i].tail);

		diagnostics_init(&diag);
		ck_assert_ptr_null(program_parse("t.pin", text, strlen(text), &diag));
		ck_assert(strstr(diag.text, "t.pin:") && diag.length < 65536);
		diagnostics_free(&diag);
		free(text);
	}
}
END_TEST

/* A long sum, a long list and a long name are only long. */
START_TEST(length)
{
	char *text = filled("task a\na: x = mmap(0", " + 1", 200000, ")\n");

	assert_accepted(text);
	free(text);
	text = filled("task a\na: m = mmap(1p)\na: r = uring_setup(1)\na: uring_register(r", ", [m, 1]", 100000, ")\n");
	assert_accepted(text);
	free(text);
	text = filled("task ", "a", 1000000, "\n");
	assert_accepted(text);
	free(text);
	text = filled("task a\na: mmap(1p) -> 0", " | 0 @ v6.12", 60000, "\n");
	assert_accepted(text);
	free(text);
}
END_TEST

static char dir[64];

static void write_file(const char *name, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	fclose(file);
}

static void make_dir(void)
{
	strcpy(dir, "/tmp/pinsim-test.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void remove_dir(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", dir);
	ck_assert_int_eq(system(command), 0);
}

static struct program *loaded(const char *name, struct diagnostics *diag)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	diagnostics_init(diag);
	return program_load(path, diag);
}

/* Relative to the including file; the title is the outer one's; a mistake is told with the inner file's name. */
START_TEST(includes)
{
	struct diagnostics diag;
	struct program *program;
	char sub[128];

	snprintf(sub, sizeof(sub), "%s/sub", dir);
	mkdir(sub, 0700);
	write_file("outer.pin", "title \"outer\"\ninclude \"sub/one.pin\"\na: exit()\n");
	write_file("sub/one.pin", "title \"inner\"\ntask a\ninclude \"two.pin\"\n");
	write_file("sub/two.pin", "a: mmap(1p)\n");
	program = loaded("outer.pin", &diag);
	ck_assert_msg(program, "%s", diag.text);
	ck_assert_str_eq(program->title, "outer");
	ck_assert_uint_eq(program->nr_steps, 2);
	program_free(program);
	diagnostics_free(&diag);

	write_file("sub/two.pin", "\na: nothing()\n");
	ck_assert_ptr_null(loaded("outer.pin", &diag));
	ck_assert(strstr(diag.text, "sub/two.pin:2:4: "));
	diagnostics_free(&diag);
}
END_TEST

/* 16 levels and no more; a circle ends there; what is not a regular file is refused at the statement. */
START_TEST(include_bounds)
{
	struct diagnostics diag;
	struct program *program;
	char name[32], text[64];
	int i;

	for (i = 0; i <= 17; i++) {
		snprintf(name, sizeof(name), "%d.pin", i);
		snprintf(text, sizeof(text), i < 17 ? "include \"%d.pin\"\n" : "task a\n", i + 1);
		write_file(name, text);
	}
	program = loaded("1.pin", &diag);
	ck_assert_msg(program, "%s", diag.text);
	program_free(program);
	diagnostics_free(&diag);
	ck_assert_ptr_null(loaded("0.pin", &diag));
	ck_assert(strstr(diag.text, "16.pin:1:9: ") && strstr(diag.text, "16 levels"));
	diagnostics_free(&diag);

	write_file("self.pin", "include \"self.pin\"\ninclude \"self.pin\"\n");
	ck_assert_ptr_null(loaded("self.pin", &diag));
	diagnostics_free(&diag);

	write_file("odd.pin", "include \"/dev/zero\"\ninclude \".\"\ninclude \"none.pin\"\ninclude \"\"\n");
	ck_assert_ptr_null(loaded("odd.pin", &diag));
	ck_assert(strstr(diag.text, "odd.pin:1:9: ") && strstr(diag.text, "odd.pin:2:9: ") &&
		  strstr(diag.text, "odd.pin:3:9: ") && strstr(diag.text, "odd.pin:4:9: "));
	diagnostics_free(&diag);
}
END_TEST

/* Two includes a file, sixteen levels deep: the number of files is bounded, not only the depth. */
START_TEST(include_bomb)
{
	struct diagnostics diag;
	char name[32], text[64];
	int i;

	for (i = 0; i < 16; i++) {
		snprintf(name, sizeof(name), "%d.pin", i);
		snprintf(text, sizeof(text), "include \"%d.pin\"\ninclude \"%d.pin\"\n", i + 1, i + 1);
		write_file(name, text);
	}
	write_file("16.pin", "");
	ck_assert_ptr_null(loaded("0.pin", &diag));
	ck_assert(strstr(diag.text, "too many includes"));
	diagnostics_free(&diag);
}
END_TEST

/* A FIFO must not make us wait, nor a folder or a missing file do worse than a message. */
START_TEST(odd_files)
{
	struct diagnostics diag;
	char path[128];

	snprintf(path, sizeof(path), "%s/fifo", dir);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert_ptr_null(loaded("fifo", &diag));
	ck_assert(strstr(diag.text, "regular file"));
	diagnostics_free(&diag);
	ck_assert_ptr_null(loaded("", &diag));
	ck_assert(strstr(diag.text, "regular file"));
	diagnostics_free(&diag);
	ck_assert_ptr_null(loaded("missing", &diag));
	ck_assert(strstr(diag.text, "cannot open"));
	diagnostics_free(&diag);
}
END_TEST

Suite *bounds_suite(void)
{
	Suite *suite = suite_create("bounds");
	TCase *tcase = tcase_create("text"), *files = tcase_create("files");

	tcase_add_test(tcase, steps);
	tcase_add_test(tcase, tasks);
	tcase_add_test(tcase, bytes);
	tcase_add_test(tcase, no_text);
	tcase_add_test(tcase, depth);
	tcase_add_test(tcase, length);
	tcase_set_timeout(tcase, 30);
	suite_add_tcase(suite, tcase);
	tcase_add_checked_fixture(files, make_dir, remove_dir);
	tcase_add_test(files, includes);
	tcase_add_test(files, include_bounds);
	tcase_add_test(files, include_bomb);
	tcase_add_test(files, odd_files);
	suite_add_tcase(suite, files);
	return suite;
}

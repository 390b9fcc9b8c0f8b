// SPDX-License-Identifier: GPL-2.0-or-later
/* Lanes: what is drawn of a schedule, how wide, and that the page carries it all. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <scenario/kernel_set.h>
#include <scenario/lanes.h>
#include "harness.h"

#define KERNEL "v6.12"

/* Two tasks come for the same mm's lock; the second registration does not fit. */
static const char two[] = "task a uid=1000 memlock=8p\n"
			  "a: m = mmap(6p)\n"
			  "a: thread(b)\n"
			  "parallel {\n"
			  "a: mlock(m, 6p)\n"
			  "b: x = rdma_reg_mr(m, 5p)\n"
			  "b: y = rdma_reg_mr(m, 5p)\n"
			  "}\n"
			  "expect a.locked_vm == 6p\n";

struct drawn {
	char *text;
	size_t bytes;
	struct run_result result;
	char *token;
};

/* In place of a seed: each task runs as far as it gets. */
#define IN_ORDER (~0ul)

static struct drawn draw(const char *scenario, unsigned long seed, bool ascii, unsigned int rows_max, bool html)
{
	struct program *program = parsed(scenario);
	struct kernel_list list = { NULL, 0 };
	struct run_options options = {
		.backend = &backend_model,
		.seed = seed,
		.strategy = seed == IN_ORDER ? &sim_strategy_in_order : NULL,
	};
	struct lanes_style style = { .ascii = ascii, .rows_max = rows_max };
	struct drawn drawn = { NULL };
	struct lanes *lanes;
	FILE *out;

	ck_assert_int_eq(kernel_list_add(&list, KERNEL), 0);
	options.kernel = &list.kernels[0]->kernel;
	lanes = lanes_replay(program, &options);
	out = open_memstream(&drawn.text, &drawn.bytes);
	ck_assert_ptr_nonnull(out);
	if (html)
		lanes_html(lanes, out);
	else
		lanes_text(lanes, &style, out);
	fclose(out);
	drawn.result = *lanes_result(lanes);
	drawn.token = strdup(drawn.result.token);
	lanes_free(lanes);
	kernel_list_free(&list);
	program_free(program);
	return drawn;
}

static void drawn_free(struct drawn *drawn)
{
	free(drawn->text);
	free(drawn->token);
}

#define assert_has(drawn, words) ck_assert_msg(strstr((drawn)->text, words), "no \"%s\" in:\n%s", words, (drawn)->text)

/* Characters of the longest line, UTF-8 sequences as one; a token, which cannot be broken, is none. */
static size_t width(const char *text)
{
	size_t at = 0, most = 0;

	for (; *text && strncmp(text, "p1.", 3); text++) {
		if (*text == '\n')
			at = 0;
		else if ((*text & 0xc0) != 0x80)
			at++;
		if (at > most)
			most = at;
	}
	return most;
}

/* The calls, the counters as they change and the refusal are there, in at most 78 columns, with the token. */
START_TEST(rows)
{
	unsigned long seed;

	for (seed = 0; seed < 20; seed++) {
		struct drawn drawn = draw(two, seed, seed & 1, 0, false);

		ck_assert_uint_le(width(drawn.text), 78);
		assert_has(&drawn, "m = mmap(6p) = 0x");
		assert_has(&drawn, "mlock(m, 6p)");
		assert_has(&drawn, "a.locked_vm -> 6p");
		assert_has(&drawn, "a.pinned_vm -> 5p");
		assert_has(&drawn, "a.pinned_vm 5p -> 10p");
		assert_has(&drawn, "ENOMEM");
		assert_has(&drawn, drawn.token);
		if (seed & 1)
			for (const char *at = drawn.text; *at; at++)
				ck_assert_int_gt(*at, 0);
		drawn_free(&drawn);
	}
}
END_TEST

/* What a replay draws is the run of that seed, and drawing changes nothing. */
START_TEST(replays)
{
	struct ran ran = run_seed(two, KERNEL, 5);
	struct drawn first = draw(two, 5, true, 0, false), second = draw(two, 5, true, 0, false);

	ck_assert(first.result.hash == ran.result.hash);
	ck_assert_str_eq(first.token, ran.result.token);
	ck_assert_str_eq(first.text, second.text);
	drawn_free(&first);
	drawn_free(&second);
	ran_free(&ran);
}
END_TEST

/* A lock of the mm that both come for: in some schedule the second has to wait, and that is said with the holder. */
START_TEST(waits)
{
	static const char locks[] = "task a\na: m = mmap(4p)\na: thread(b)\n"
				    "parallel {\na: mlock(m, 2p)\nb: munlock(m, 4p)\n}\n";
	bool waited = false;
	unsigned long seed;

	for (seed = 0; seed < 40 && !waited; seed++) {
		struct drawn drawn = draw(locks, seed, true, 0, false);

		waited = strstr(drawn.text, "waits for mmap_lock") != NULL;
		assert_has(&drawn, "takes mmap_lock");
		assert_has(&drawn, "releases mmap_lock");
		drawn_free(&drawn);
	}
	ck_assert(waited);
}
END_TEST

/* A violation stands across the lanes, and the row in which it was found is marked. */
START_TEST(fatal)
{
	static const char wrong[] = "task a\na: m = mmap(4p)\nparallel {\na: mlock(m, 2p)\n}\n"
				    "expect a.locked_vm == 3p\n";
	struct drawn drawn = draw(wrong, 0, true, 0, false);

	assert_has(&drawn, "! t.pin:6: expect a.locked_vm == 3p");
	assert_has(&drawn, "got 2p, want 3p");
	assert_has(&drawn, "this run failed");
	drawn_free(&drawn);
}
END_TEST

/* What a map does page by page while another task is there is told once, with the first value and the last. */
START_TEST(loops)
{
	static const char loop[] = "task a uid=1000 memlock=64p\na: m = mmap(16p)\na: touch(m, 16p, write=1)\n"
				   "a: c = vfio_open()\na: thread(b)\nparallel {\n"
				   "a: vfio_map(c, iova=0, va=m, len=16p)\nb: mlock(m, 1p)\n}\n";
	struct drawn drawn = draw(loop, IN_ORDER, true, 0, false);

	assert_has(&drawn, "a.locked_vm 0p -> 16p, 16 times");
	ck_assert_ptr_null(strstr(drawn.text, "a.locked_vm 7p -> 8p"));
	drawn_free(&drawn);
}
END_TEST

/* Of a long schedule the end; the page has everything. Eight tasks are too many for columns. */
START_TEST(many)
{
	char text[2048] = "", *at = text;
	struct drawn drawn;
	int i;

	for (i = 0; i < 8; i++)
		at += sprintf(at, "task t%d\n", i);
	for (i = 0; i < 8; i++)
		at += sprintf(at, "t%d: m%d = mmap(4p)\n", i, i);
	at += sprintf(at, "parallel {\n");
	for (i = 0; i < 8; i++)
		at += sprintf(at, "t%d: mlock(m%d, 2p)\n", i, i);
	sprintf(at, "}\n");
	drawn = draw(text, 1, false, 0, false);
	ck_assert_uint_le(width(drawn.text), 78);
	assert_has(&drawn, "t7: mlock(m7, 2p)");
	drawn_free(&drawn);
	drawn = draw(text, 1, false, 4, false);
	assert_has(&drawn, "rows before");
	ck_assert_ptr_null(strstr(drawn.text, "m0 = mmap"));
	drawn_free(&drawn);
	drawn = draw(text, 1, false, 4, true);
	assert_has(&drawn, "m0 = mmap");
	drawn_free(&drawn);
}
END_TEST

/* One page: it asks for nothing beside itself, and what is in the file cannot end its script. */
START_TEST(page)
{
	static const char hostile[] = "title \"</script><b>\"\ntask a\na: m = mmap(4p)\n"
				      "parallel {\na: mlock(m, 2p)\n}\n";
	struct drawn drawn = draw(hostile, 0, false, 0, true);
	const char *script = strstr(drawn.text, "<script>");

	ck_assert(!strncmp(drawn.text, "<!DOCTYPE html>", 15));
	ck_assert_ptr_nonnull(script);
	ck_assert_str_eq(strstr(script, "</script>"), "</script>\n");
	ck_assert_ptr_null(strstr(drawn.text, "http"));
	ck_assert_ptr_null(strstr(drawn.text, "src="));
	/* the arrow's head is no tag's end: only '<' is dangerous */
	assert_has(&drawn, "a.locked_vm -> 2p");
	drawn_free(&drawn);
}
END_TEST

Suite *lanes_suite(void)
{
	Suite *suite = suite_create("lanes");
	TCase *tcase = tcase_create("lanes");

	tcase_add_test(tcase, rows);
	tcase_add_test(tcase, replays);
	tcase_add_test(tcase, waits);
	tcase_add_test(tcase, fatal);
	tcase_add_test(tcase, loops);
	tcase_add_test(tcase, many);
	tcase_add_test(tcase, page);
	tcase_set_timeout(tcase, 60);
	suite_add_tcase(suite, tcase);
	return suite;
}

// SPDX-License-Identifier: GPL-2.0-or-later
/* Observables: what each one shows, and how it compares. */
#include "harness.h"

#define KERNEL "v6.12"
#define HEAD \
	"task a uid=1000 memlock=64p:128p\n" \
	"a: m = mmap(32p)\n" \
	"a: touch(m, 32p, write=1)\n" \
	"a: fd = iommufd_open()\n" \
	"a: io = ioas_alloc(fd)\n" \
	"a: d = attach(io)\n" \
	"a: iova = ioas_map(io, va=m, len=8p)\n"

static void assert_holds(const char *expect, bool holds)
{
	char text[1024];

	snprintf(text, sizeof(text), HEAD "expect %s\n", expect);
	ck_assert_msg(verdict_on(text, KERNEL) == (holds ? VERDICT_PASS : VERDICT_FAIL), "expect %s", expect);
}

/* The page's observables of a world in which 8 pages are pinned and charged to the user. */
START_TEST(observables)
{
	static const char *const hold[] = {
		"a.pinned_vm == 8p",
		"a.locked_vm == 0",
		"a.mm(0).pinned_vm == 8p",
		"a.user_locked_vm == 8p",
		"user(1000).locked_vm == 32K",
		"user(1).locked_vm == 0",
		"a.memlock == 64p",
		"io.npinned == 8p",
		"io.charged == 8p",
		"fd.charged == 8p",
		"pages.pinned == 8p",
		"pages.unaccounted == 0",
		"peak(a.pinned_vm) == 8p",
		"a.pins(m) == 1",
		"a.pins(m + 7p) == 1",
		"a.pins(m + 8p) == 0",
		"a.pins(4096) == 0",
		"a.pfn(m) == d.pfn(iova)",
		"a.pfn(m + 3p + 5) == d.pfn(iova + 3p)",
		"d.pfn(iova + 8p) == -1",
		"a.pfn(4096) == -1",
		"a.alive == 1",
		"warnings == 0",
		"violations == 0",
		"iova == 16M",
		"user(1000) locked_vm=8p",
		"a locked_vm=0 pinned_vm=8p memlock=64p",
		"ucounts(1000).memlock == 0",
		"user(1000).perf_mlock == 0",
	};
	static const char *const fail[] = {
		"a.pinned_vm == 8", "a.mm(1).pinned_vm == 8p",	  "io.npinned == 7p",	    "peak(a.pinned_vm) == 7p",
		"a.alive == 0",	    "a locked_vm=0 pinned_vm=9p", "a.memlock == unlimited",
	};
	size_t i;

	for (i = 0; i < sizeof(hold) / sizeof(hold[0]); i++)
		assert_holds(hold[i], true);
	for (i = 0; i < sizeof(fail) / sizeof(fail[0]); i++)
		assert_holds(fail[i], false);
}
END_TEST

/* Six comparisons, sums on both sides, signs, and nothing wraps on the way. */
START_TEST(comparisons)
{
	assert_holds("a.pinned_vm != 7p", true);
	assert_holds("a.pinned_vm < 9p", true);
	assert_holds("a.pinned_vm <= 8p", true);
	assert_holds("a.pinned_vm > 8p", false);
	assert_holds("a.pinned_vm >= 8p", true);
	assert_holds("a.pinned_vm + a.pinned_vm - 1p == 15p", true);
	assert_holds("8p == a.pinned_vm", true);
	assert_holds("-a.pinned_vm == -8p", true);
	assert_holds("a.pinned_vm == user(1000).locked_vm + a.locked_vm", true);
	assert_holds("a.pinned_vm > -1p", true);
	assert_holds("a.pinned_vm < unlimited", true);
	assert_holds("a.pinned_vm - unlimited < 0", true);
	assert_holds("a.pinned_vm + unlimited > unlimited", true);
}
END_TEST

/* A counter below zero is below zero, in bytes too. */
START_TEST(negative)
{
	assert_pass("task a memlock=64p\n"
		    "a: m = mmap(8p)\n"
		    "a: c = vfio_open()\n"
		    "a: vfio_map(c, iova=0, va=m, len=8p)\n"
		    "a: exec()\n"
		    "a: vfio_unmap(c, iova=0, len=8p)\n"
		    "expect a.locked_vm == -32K\n"
		    "expect a.locked_vm < 0\n"
		    "expect a.locked_vm + 8p == 0\n"
		    "expect warnings == 1\n"
		    "expect violations >= 1\n"
		    "expect violation locked_vm_negative\n",
		    "v6.2");
}
END_TEST

/* The highest a counter has been, also between two steps; from the start of the run. */
START_TEST(peaks)
{
	assert_pass("task a memlock=64p\n"
		    "a: m = mmap(32p)\n"
		    "a: mlock(m, 32p)\n"
		    "a: munlock(m, 32p)\n"
		    "expect peak(a.locked_vm) == 32p\n"
		    "expect a.locked_vm == 0\n",
		    KERNEL);
	/* A map that the limit refuses at its end has pinned all of it before. */
	assert_pass("task a uid=1000 memlock=16p\n"
		    "a: m = mmap(64p)\n"
		    "a: fd = iommufd_open()\n"
		    "a: io = ioas_alloc(fd)\n"
		    "a: d = attach(io)\n"
		    "a: ioas_map(io, va=m, len=64p) -> ENOMEM\n"
		    "expect pages.pinned == 0\n"
		    "expect peak(pages.pinned) == 64p\n"
		    "expect peak(user(1000).locked_vm) == 0\n"
		    "expect peak(io.charged) == 0\n",
		    KERNEL);
	assert_pass(HEAD "a: ioas_unmap_all(io)\nexpect peak(io.charged) == 8p\nexpect peak(fd.charged) == 8p\nexpect "
			 "io.charged == 0\n",
		    KERNEL);
}
END_TEST

/* Sets choose which expects are judged. */
START_TEST(conditioned)
{
	struct ran ran = run_on(
		"task a\nexpect a.alive == 0 @ ..v6.6\nexpect a.alive == 1 @ v6.12\nexpect a.alive == 0 @ !v6.12\n",
		KERNEL);

	ck_assert_int_eq(ran.result.verdict, VERDICT_PASS);
	ck_assert_uint_eq(ran.expects, 1);
	ran_free(&ran);
	ran = run_on("task a\nexpect a.alive == 0 @ v6.12\nexpect a.alive == 0\n", KERNEL);
	ck_assert_uint_eq(ran.result.failures, 2);
	ck_assert_uint_eq(ran.result.unconditioned, 1);
	ran_free(&ran);
}
END_TEST

/* What is closed or destroyed shows nothing. */
START_TEST(gone)
{
	assert_pass(HEAD "a: close(fd)\nexpect io.charged == 0\nexpect io.npinned == 0\nexpect d.pfn(iova) == -1\n",
		    KERNEL);
	assert_pass(HEAD "a: exit()\nexpect a.pinned_vm == 0\nexpect a.alive == 0\nexpect user(1000).locked_vm == 0\n",
		    KERNEL);
}
END_TEST

Suite *expect_suite(void)
{
	Suite *suite = suite_create("expect");
	TCase *tcase = tcase_create("observables");

	tcase_add_test(tcase, observables);
	tcase_add_test(tcase, comparisons);
	tcase_add_test(tcase, negative);
	tcase_add_test(tcase, peaks);
	tcase_add_test(tcase, conditioned);
	tcase_add_test(tcase, gone);
	tcase_set_timeout(tcase, 60);
	suite_add_tcase(suite, tcase);
	return suite;
}

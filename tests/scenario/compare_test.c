// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Two backends, of which the second is the model with one call put in another's
 * place: what comparing says where they part, and where it must not look any further.
 */
#include <errno.h>
#include <scenario/compare.h>
#include <sim/invariant.h>
#include <sim/verdict.h>
#include <stdlib.h>
#include <string.h>
#include "harness.h"

#define MAP \
	"task a uid=1 memlock=64p\na: m = mmap(8p)\na: fd = iommufd_open()\na: io = ioas_alloc(fd)\n"              \
	"a: d = attach(io)\n"                                                                              \
	"a: ioas_map(io, va=m, len=4p, iova=0x1000000)\na: ioas_unmap(io, iova=0x1000000, len=4p)\n"

struct compared_text {
	enum compared compared;
	char *text;
};

static struct compared_text compare_with(const char *text, const struct backend *other,
					 const volatile sig_atomic_t *stop)
{
	struct kernel_list list = { NULL, 0 };
	struct program *program = parsed(text);
	struct compared_text result = { .text = NULL };
	size_t bytes;
	FILE *out = open_memstream(&result.text, &bytes);

	ck_assert_int_eq(kernel_list_add(&list, "v6.12"), 0);
	result.compared = compare_backends(program, &(struct compare_options){
		.kernel = &list.kernels[0]->kernel,
		.backend = { &backend_model, other },
		.out = out,
		.stop = stop,
	});
	fclose(out);
	kernel_list_free(&list);
	program_free(program);
	return result;
}

static void assert_compared(const char *text, const struct backend *other, enum compared compared, const char *said)
{
	struct compared_text result = compare_with(text, other, NULL);

	ck_assert_msg(result.compared == compared, "%d, not %d: %s", result.compared, compared, result.text);
	ck_assert_msg(strstr(result.text, said), "expected '%s': %s", said, result.text);
	free(result.text);
}

static long refused(int fd, const struct iommufd_map *args, unsigned long *iova)
{
	return -EIO;
}

static long not_mapped(int fd, const struct iommufd_map *args, unsigned long *iova)
{
	return 0;
}

static long with_a_violation(int fd, const struct iommufd_map *args, unsigned long *iova)
{
	sim_violate(VIOLATION_DMA_SUM, "made up");
	return iommufd_model.ioas_map(fd, args, iova);
}

static void always_broken(void)
{
	sim_violate(VIOLATION_LEAK, "made up");
}

static void break_at_the_end(const struct world_settings *settings)
{
	static const struct sim_invariant invariant = {
		.violation = VIOLATION_LEAK, .sentence = "never", .source = "here", .when = SIM_END,
		.check = always_broken,
	};

	sim_invariant_register(&invariant);
}

/* The model and itself, alone and in eight orders of a parallel block. */
START_TEST(the_same)
{
	assert_compared(MAP, &backend_model, COMPARED_SAME, "same  t.pin on v6.12: 6 of 6 steps compared, 1 order\n");
	assert_compared("task a memlock=8p\na: m = mmap(2p)\na: thread(b)\n"
			"parallel {\na: mlock(m, 1p)\nb: munlock(m, 1p)\n}\n",
			&backend_model, COMPARED_SAME, "4 of 4 steps compared, 8 orders");
}
END_TEST

/* A result: the step is named, both answers stand side by side, with a star where they differ. */
START_TEST(other_result)
{
	struct iommufd_calls calls = iommufd_model;
	const struct backend other = { .name = "other", .iommufd = &calls, .vfio = &vfio_model };

	calls.ioas_map = refused;
	assert_compared(MAP, &other, COMPARED_DIFFERENT,
			"DIFF  t.pin on v6.12, step 5: a: ioas_map(io, va=m, len=4p, iova=0x1000000)\n");
	assert_compared(MAP, &other, COMPARED_DIFFERENT, "* result                                   0x1000000");
	assert_compared(MAP, &other, COMPARED_DIFFERENT, "EIO\n");
	assert_compared(MAP, &other, COMPARED_DIFFERENT, "  a.locked_vm                              0p");
	assert_compared(MAP, &other, COMPARED_DIFFERENT, "* pages pinned                             4");
}
END_TEST

/* The same result, but nothing is pinned and charged; the limit refuses with another reason. */
START_TEST(other_counters)
{
	struct iommufd_calls calls = iommufd_model;
	const struct backend other = { .name = "other", .iommufd = &calls, .vfio = &vfio_model };

	calls.ioas_map = not_mapped;
	assert_compared(MAP, &other, COMPARED_DIFFERENT, "* a.pinned_vm                              4p");
	assert_compared(MAP, &other, COMPARED_DIFFERENT, "* a.user_locked_vm                         4p");
	calls.ioas_map = refused;
	assert_compared("task a uid=1 memlock=2p\na: m = mmap(8p)\na: fd = iommufd_open()\na: io = ioas_alloc(fd)\n"
			"a: d = attach(io)\na: ioas_map(io, va=m, len=4p, iova=0x1000000)\n",
			&other, COMPARED_DIFFERENT, "* why");
}
END_TEST

/* What breaks in a step, and at the end, of one of them. */
START_TEST(other_violations)
{
	struct iommufd_calls calls = iommufd_model;
	const struct backend other = { .name = "other", .iommufd = &calls, .vfio = &vfio_model };
	const struct backend ends = { "ends", &iommufd_model, &vfio_model, .init = break_at_the_end };

	calls.ioas_map = with_a_violation;
	assert_compared(MAP, &other, COMPARED_DIFFERENT,
			"* violation                                -                            made up");
	assert_compared(MAP, &ends, COMPARED_DIFFERENT, "DIFF  t.pin on v6.12, step 7\n");
	assert_compared(MAP, &ends, COMPARED_DIFFERENT,
			"* violation at the end                     -                            made up");
}
END_TEST

/* Behind a call that one does not have, and after an allocation was made to fail, nothing is compared. */
START_TEST(no_further)
{
	struct iommufd_calls calls = iommufd_model;
	const struct backend other = { .name = "other", .iommufd = &calls, .vfio = NULL };

	calls.ioas_map = refused;
	assert_compared("task a uid=1 memlock=64p\na: m = mmap(8p)\na: c = vfio_open()\na: fd = iommufd_open()\n"
			"a: io = ioas_alloc(fd)\na: ioas_map(io, va=m, len=4p, iova=0x1000000)\n",
			&other, COMPARED_SAME, "same  t.pin on v6.12: 1 of 5 steps compared");
	assert_compared("task a uid=1 memlock=64p\na: m = mmap(8p)\na: fd = iommufd_open()\na: io = ioas_alloc(fd)\n"
			"a: d = attach(io)\na: fail(alloc, 9)\na: ioas_map(io, va=m, len=4p, iova=0x1000000)\n",
			&other, COMPARED_SAME, "same  t.pin on v6.12: 5 of 6 steps compared");
	/* the other sites are the same on both */
	assert_compared("task a uid=1 memlock=64p\na: m = mmap(8p)\na: fd = iommufd_open()\na: io = ioas_alloc(fd)\n"
			"a: d = attach(io)\na: fail(gup, 9)\na: ioas_map(io, va=m, len=4p, iova=0x1000000)\n",
			&other, COMPARED_DIFFERENT, "step 6");
}
END_TEST

/* Ctrl-C: no verdict. */
START_TEST(interrupted_run)
{
	static const volatile sig_atomic_t stop = 1;
	struct compared_text result = compare_with(MAP, &backend_model, &stop);

	ck_assert_int_eq(result.compared, COMPARED_ERROR);
	ck_assert_str_eq(result.text, "");
	free(result.text);
}
END_TEST

Suite *compare_suite(void)
{
	Suite *suite = suite_create("compare");
	TCase *tcase = tcase_create("compare");

	tcase_add_test(tcase, the_same);
	tcase_add_test(tcase, other_result);
	tcase_add_test(tcase, other_counters);
	tcase_add_test(tcase, other_violations);
	tcase_add_test(tcase, no_further);
	tcase_add_test(tcase, interrupted_run);
	suite_add_tcase(suite, tcase);
	return suite;
}

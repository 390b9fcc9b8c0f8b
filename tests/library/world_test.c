// SPDX-License-Identifier: GPL-2.0-or-later
/* Worlds, tasks, bodies, and how mistakes are told. */
#include <pthread.h>
#include "suite.h"

/* A kernel or backend that there is not: no world, and the sentence names what was asked for. */
START_TEST(unknown_names)
{
	static const struct pinsim_world_options other = { .backend = "nonsense" };

	ck_assert_ptr_null(pinsim_world_create("v6.21", NULL));
	ck_assert_ptr_nonnull(strstr(pinsim_error(), "\"v6.21\""));
	ck_assert_ptr_nonnull(strstr(pinsim_error(), "did you mean"));
	ck_assert_ptr_null(pinsim_world_create("v6.12+nonsense", NULL));
	ck_assert_ptr_nonnull(strstr(pinsim_error(), "no such quirk"));
	ck_assert_ptr_null(pinsim_world_create(NULL, NULL));
	ck_assert_ptr_null(pinsim_world_create("v6.12", &other));
	ck_assert_ptr_nonnull(strstr(pinsim_error(), "\"nonsense\""));
	pinsim_world_destroy(NULL);
}
END_TEST

/* A call outside of any body is answered, whether a world stands or not. */
START_TEST(call_outside)
{
	struct pinsim_world *world;

	ck_assert_int_eq(pinsim_mmap(PAGE, NULL), -PINSIM_EMISUSE);
	ck_assert_ptr_nonnull(strstr(pinsim_error(), "outside of a body"));
	ck_assert_ptr_null(pinsim_current());
	world = pinsim_world_create("v6.12", NULL);
	ck_assert_int_eq(pinsim_mlock(0, PAGE), -PINSIM_EMISUSE);
	ck_assert_int_eq(pinsim_world_end(world), 0);
	ck_assert_int_eq(pinsim_world_end(world), -PINSIM_EENDED);
	pinsim_world_destroy(world);
}
END_TEST

struct nested {
	struct pinsim_world *world;
	struct pinsim_task *task;
	struct pinsim_world *other;
	struct pinsim_task *others;
};

static long nothing(void *arg)
{
	return 7;
}

/* Everything that only makes sense outside is refused inside, and the body goes on. */
static long misuses(void *arg)
{
	struct nested *nested = arg;

	ck_assert_ptr_eq(pinsim_current(), nested->task);
	ck_assert_int_eq(pinsim_call(nested->task, nothing, NULL), -PINSIM_EMISUSE);
	ck_assert_int_eq(pinsim_start(nested->task, nothing, NULL), -PINSIM_EMISUSE);
	ck_assert_int_eq(pinsim_run(nested->world), -PINSIM_EMISUSE);
	ck_assert_int_eq(pinsim_world_end(nested->world), -PINSIM_EMISUSE);
	ck_assert_ptr_null(pinsim_task_create(nested->world, "late", 0, 0, 0));
	ck_assert_ptr_null(pinsim_world_create("v6.12", NULL));
	pinsim_world_destroy(nested->world);
	/* nor is there anything to be seen of another world */
	ck_assert_int_eq(pinsim_call(nested->others, nothing, NULL), -PINSIM_EMISUSE);
	ck_assert_uint_eq(pinsim_pinned_pages(nested->other), 0);
	ck_assert_ptr_nonnull(strstr(pinsim_error(), "another world"));
	ck_assert_int_eq(pinsim_prlimit(nested->others, 0, 0), -PINSIM_EMISUSE);
	ck_assert_int_eq(pinsim_charged_pages(nested->others, 0), -PINSIM_EMISUSE);
	return 3;
}

START_TEST(call_inside)
{
	struct nested nested = { .world = pinsim_world_create("v6.12", NULL) };

	nested.other = pinsim_world_create("v6.1", NULL);
	nested.others = pinsim_task_create(nested.other, "other", 0, PAGE, PINSIM_CAP_NONE);
	nested.task = pinsim_task_create(nested.world, "a", 1000, PAGE, PINSIM_CAP_NONE);
	ck_assert_int_eq(pinsim_call(nested.task, misuses, &nested), 3);
	ck_assert_int_eq(pinsim_task_result(nested.task), 3);
	ck_assert_int_eq(pinsim_call(nested.others, nothing, NULL), 7);
	ck_assert_str_eq(pinsim_world_kernel(nested.other), "v6.1");
	pinsim_world_destroy(nested.world);
	pinsim_world_destroy(nested.other);
}
END_TEST

/* NULL for what could not be made goes through everything, and the first reason stays. */
START_TEST(nothing_is_an_answer)
{
	struct pinsim_world *world = pinsim_world_create("v6.21", NULL);
	struct pinsim_task *task = pinsim_task_create(world, "a", 1000, PAGE, PINSIM_CAP_NONE);
	struct pinsim_violation violation;

	ck_assert_ptr_null(task);
	ck_assert_int_eq(pinsim_call(task, nothing, NULL), -PINSIM_EMISUSE);
	ck_assert_int_eq(pinsim_start(task, nothing, NULL), -PINSIM_EMISUSE);
	ck_assert_int_eq(pinsim_run(world), -PINSIM_EMISUSE);
	ck_assert_int_eq(pinsim_locked_vm_pages(task), 0);
	ck_assert_int_eq(pinsim_charged_pages(task, 3), -PINSIM_EMISUSE);
	ck_assert(!pinsim_task_alive(task));
	ck_assert_ptr_null(pinsim_refusal(task));
	ck_assert_uint_eq(pinsim_violations(world), 0);
	ck_assert(!pinsim_violation(world, 0, &violation));
	ck_assert_ptr_null(pinsim_alloc(world, 8));
	ck_assert_int_eq(pinsim_world_end(world), -PINSIM_EMISUSE);
	ck_assert_ptr_nonnull(strstr(pinsim_error(), "\"v6.21\""));
}
END_TEST

static void *runs_one(void *arg)
{
	struct pinsim_world *world = pinsim_world_create("v6.12", NULL);
	struct pinsim_task *task = pinsim_task_create(world, "a", 1000, PAGE, PINSIM_CAP_NONE);
	unsigned long long *hash = arg;

	ck_assert_ptr_null(pinsim_world_create("v9.9", NULL));
	for (unsigned int i = 0; i < 50; i++)
		if (pinsim_call(task, nothing, NULL) != 7)
			return NULL;
	*hash = pinsim_world_end(world) ? 0 : pinsim_trace_hash(world);
	pinsim_world_destroy(world);
	return pinsim_error()[0] ? arg : NULL;
}

/* Threads of the host with a world each: they do not know of each other, and come to the same. */
START_TEST(threads_of_the_host)
{
	unsigned long long hash[4] = { 0 };
	pthread_t threads[4];
	void *ok;

	for (unsigned int i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, runs_one, &hash[i]), 0);
	for (unsigned int i = 0; i < 4; i++) {
		ck_assert_int_eq(pthread_join(threads[i], &ok), 0);
		ck_assert_ptr_nonnull(ok);
		ck_assert_uint_ne(hash[i], 0);
		ck_assert_uint_eq(hash[i], hash[0]);
	}
	ck_assert_str_eq(pinsim_error(), "");
}
END_TEST

static long exits(void *arg)
{
	pinsim_exit();
	*(int *)arg = 1;
	return 1;
}

static long touches_nothing(void *arg)
{
	pinsim_touch(0x1000, PAGE, true);
	*(int *)arg = 1;
	return 1;
}

/* A call in which the task ends does not return, and nothing behind it is run. */
START_TEST(body_ends_with_its_task)
{
	struct pinsim_world *world = pinsim_world_create("v6.12", NULL);
	struct pinsim_task *leaver = pinsim_task_create(world, "leaver", 1000, PAGE, PINSIM_CAP_NONE);
	struct pinsim_task *killed = pinsim_task_create(world, "killed", 1000, PAGE, PINSIM_CAP_NONE);
	int behind = 0;

	ck_assert_int_eq(pinsim_call(leaver, exits, &behind), -PINSIM_EENDED);
	ck_assert(!pinsim_task_alive(leaver));
	ck_assert_int_eq(pinsim_task_killed_by(leaver), 0);
	ck_assert_int_eq(pinsim_call(killed, touches_nothing, &behind), -PINSIM_EENDED);
	ck_assert(!pinsim_task_alive(killed));
	ck_assert_int_eq(pinsim_task_killed_by(killed), SIGSEGV);
	ck_assert_int_eq(behind, 0);
	ck_assert_int_eq(pinsim_call(killed, nothing, NULL), -PINSIM_EMISUSE);
	ck_assert_ptr_nonnull(strstr(pinsim_error(), "dead"));
	ck_assert_int_eq(pinsim_world_end(world), 0);
	pinsim_world_destroy(world);
}
END_TEST

static long exec_while_others_lock(void *arg)
{
	return pinsim_exec();
}

static long locks_on_and_on(void *arg)
{
	long va = pinsim_mmap(4 * PAGE, NULL);

	for (;;) {
		pinsim_mlock((unsigned long)va, PAGE);
		pinsim_munlock((unsigned long)va, PAGE);
	}
	return 0;
}

static long makes_thread(void *arg)
{
	return pinsim_thread("second", locks_on_and_on, NULL, arg);
}

/* A thread that another one's exec ends leaves its body at its next call, even one that would never end. */
START_TEST(exec_ends_threads)
{
	struct pinsim_world *world = pinsim_world_create("v6.12", NULL);
	struct pinsim_task *first = pinsim_task_create(world, "first", 1000, 8 * PAGE, PINSIM_CAP_NONE), *second;

	ck_assert_int_eq(pinsim_call(first, makes_thread, &second), 0);
	ck_assert_int_eq(pinsim_start(first, exec_while_others_lock, NULL), 0);
	ck_assert_int_eq(pinsim_run(world), 0);
	ck_assert(pinsim_task_alive(first));
	ck_assert(!pinsim_task_alive(second));
	ck_assert_int_eq(pinsim_task_killed_by(second), SIGKILL);
	ck_assert_int_eq(pinsim_world_end(world), 0);
	pinsim_world_destroy(world);
}
END_TEST

static long adds(void *arg)
{
	long seen = pinsim_load(arg);

	pinsim_store(arg, seen + 1);
	return pinsim_add(arg, 0);
}

/* The seed decides the order and nothing else does: one seed, one trace; among some there are two. */
START_TEST(seeds)
{
	unsigned long long hash[8];
	bool differ = false;

	for (unsigned int i = 0; i < 8; i++) {
		struct pinsim_world_options options = { .seed = i / 2 };
		struct pinsim_world *world = pinsim_world_create("v6.12", &options);
		long *word = pinsim_alloc(world, sizeof(*word));

		for (unsigned int task = 0; task < 2; task++)
			pinsim_start(pinsim_task_create(world, task ? "b" : "a", 1000, PAGE, PINSIM_CAP_NONE), adds,
				     word);
		ck_assert_int_eq(pinsim_run(world), 0);
		ck_assert(*word == 1 || *word == 2);
		hash[i] = pinsim_trace_hash(world);
		if (i % 2)
			ck_assert_uint_eq(hash[i], hash[i - 1]);
		differ |= hash[i] != hash[0];
		pinsim_world_destroy(world);
	}
	ck_assert(differ);
}
END_TEST

/* Each number has a name, and one that nobody gives has none. */
START_TEST(names)
{
	ck_assert_str_eq(pinsim_result_name(0), "success");
	ck_assert_str_eq(pinsim_result_name(-ENOMEM), "ENOMEM");
	ck_assert_str_eq(pinsim_result_name(-PINSIM_EABSENT), "absent");
	ck_assert_str_eq(pinsim_result_name(-PINSIM_EMISUSE), "misuse");
	ck_assert_str_eq(pinsim_result_name(-PINSIM_EENDED), "ended");
	ck_assert_str_eq(pinsim_result_name(-5999), "unknown");
	ck_assert_str_eq(pinsim_result_name((long)(1ul << 63)), "unknown");
}
END_TEST

START_TEST(versions)
{
	size_t i = 0;

	ck_assert_str_eq(pinsim_version(), PINSIM_VERSION_WANTED);
	ck_assert_uint_ne(pinsim_kernel_table_hash(), 0);
	ck_assert_uint_eq(pinsim_kernel_table_hash(), pinsim_kernel_table_hash());
	for (; pinsim_kernel(i); i++) {
		struct pinsim_world *world = pinsim_world_create(pinsim_kernel(i), NULL);

		ck_assert_ptr_nonnull(world);
		ck_assert_ptr_nonnull(pinsim_kernel_what(i));
		pinsim_world_destroy(world);
	}
	ck_assert_uint_ge(i, 13);
	ck_assert_ptr_null(pinsim_kernel_what(i));
}
END_TEST

TCase *world_tests(void)
{
	TCase *tcase = tcase_create("world");

	tcase_add_test(tcase, unknown_names);
	tcase_add_test(tcase, call_outside);
	tcase_add_test(tcase, call_inside);
	tcase_add_test(tcase, nothing_is_an_answer);
	tcase_add_test(tcase, threads_of_the_host);
	tcase_add_test(tcase, body_ends_with_its_task);
	tcase_add_test(tcase, exec_ends_threads);
	tcase_add_test(tcase, seeds);
	tcase_add_test(tcase, names);
	tcase_add_test(tcase, versions);
	return tcase;
}

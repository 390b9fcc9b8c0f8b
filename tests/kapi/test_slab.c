// SPDX-License-Identifier: GPL-2.0-or-later
/* The allocator: what it grants, what it refuses, and what it finds out. */
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include "kt.h"

/* A store that ASan does not see: the wild write of a buggy kernel. */
__attribute__((__no_sanitize__("address"), __noinline__)) static void wild_write(void *ptr, long offset)
{
	((volatile char *)ptr)[offset] = 0x41;
}

/*
 * Situation: two objects of one place and one of another stay. Expectation: one report a place, with bytes and
 * number.
 */
static void leaks(void)
{
	void *kept[2];

	for (int i = 0; i < 2; i++)
		kept[i] = kmalloc(100, GFP_KERNEL);
	kt_check(kept[0] && kept[1] && kzalloc(7, GFP_KERNEL));
	kfree(kmalloc(50, GFP_KERNEL));
	kt_check(kapi_allocated_objects() == 3 && kapi_allocated_bytes() == 207);
	kapi_leak_check();
	kt_expect(VIOLATION_LEAK, 2);
	kt_check(kt_reported(VIOLATION_LEAK, "200 bytes in 2 objects from test_slab.c:"));
	kt_check(kt_reported(VIOLATION_LEAK, "7 bytes in 1 objects from test_slab.c:"));
}

/* Situation: everything is freed, NULL and the empty object too. Expectation: nothing to say. */
static void no_leak(void)
{
	void *ptr = kmalloc(64, GFP_KERNEL);

	kfree(NULL);
	kt_check(kmalloc(0, GFP_KERNEL) == ZERO_SIZE_PTR && ksize(ZERO_SIZE_PTR) == 0);
	kfree(ZERO_SIZE_PTR);
	kt_check(ksize(ptr) == 64);
	kfree(ptr);
	kapi_leak_check();
	kt_check(!kapi_allocated_objects());
}

/*
 * Situation: what the kernel would allocate and nobody uses: two are freed, one of them twice, and one stays.
 * Expectation: an object like any other, of the size asked for, to whoever counts, frees again or looks for leaks.
 */
static void unused(void)
{
	void *freed = kmalloc_unused(8192, GFP_KERNEL), *last = kmalloc_unused(100, GFP_KERNEL);

	kt_check(kmalloc_unused(4096, GFP_KERNEL) && kapi_allocated_bytes() == 12388);
	kfree(last);
	kfree(freed);
	kfree(freed);
	kt_expect(VIOLATION_DOUBLE_FREE, 1);
	kapi_leak_check();
	kt_expect(VIOLATION_LEAK, 1);
	kt_check(kt_reported(VIOLATION_LEAK, "4096 bytes in 1 objects from test_slab.c:"));
}

/* Situation: an object is freed twice. Expectation: told, with where it came from, and the object is not harmed. */
static void double_free(void)
{
	void *ptr = kmalloc(32, GFP_KERNEL);

	kfree(ptr);
	kfree(ptr);
	kapi_leak_check();
	kt_expect(VIOLATION_DOUBLE_FREE, 1);
	kt_check(kt_reported(VIOLATION_DOUBLE_FREE, "32 bytes from test_slab.c:"));
}

struct with_lock {
	long before;
	spinlock_t lock;
};

static void free_with_lock(void *arg)
{
	struct with_lock *object = kzalloc(sizeof(*object), GFP_KERNEL), *other = kzalloc(sizeof(*other), GFP_KERNEL);

	spin_lock_init(&object->lock);
	spin_lock_init(&other->lock);
	spin_lock(&object->lock);
	kfree(other);
	kt_check(!sim_violations(VIOLATION_LOCK_MISUSE));
	kfree(object);
}

/* Situation: an object is freed by who holds a lock in it. Expectation: told, and not of its neighbour. */
static void freed_with_lock(void)
{
	kt_actor("a", free_with_lock, NULL);
	kt_check(kapi_run() == SIM_QUIET);
	kt_expect(VIOLATION_LOCK_MISUSE, 1);
	kt_check(kt_reported(VIOLATION_LOCK_MISUSE, "a frees lock while it holds it"));
}

/*
 * Situation: a write to a freed object. Expectation: found when the quarantine is looked through; not where it is
 * clean.
 */
static void use_after_free(void)
{
	char *ptr = kmalloc(200, GFP_KERNEL);

	kfree(kmalloc(200, GFP_KERNEL));
	kfree(ptr);
	wild_write(ptr, 150);
	kt_check(!sim_violations(VIOLATION_USE_AFTER_FREE));
	kapi_leak_check();
	kt_expect(VIOLATION_USE_AFTER_FREE, 1);
	kt_check(kt_reported(VIOLATION_USE_AFTER_FREE, "written after it was freed"));
}

/* Situation: the same, and then many other objects come and go. Expectation: found when it leaves the quarantine. */
static void use_after_free_later(void)
{
	char *ptr = kmalloc(24, GFP_KERNEL);

	kfree(ptr);
	wild_write(ptr, 0);
	for (int i = 0; i < 2000; i++)
		kfree(kmalloc(24, GFP_KERNEL));
	kt_expect(VIOLATION_USE_AFTER_FREE, 1);
	kt_check(sim_violations(VIOLATION_USE_AFTER_FREE) == 1);
}

/* Situation: one byte behind an object is written, of one that is freed and one that stays. Expectation: both found. */
static void overflow(void)
{
	char *freed = kmalloc(13, GFP_KERNEL), *stays = kmalloc(13, GFP_KERNEL);

	wild_write(freed, 12);
	kfree(kmemdup(freed, 13, GFP_KERNEL));
	kt_check(!sim_violations(VIOLATION_USE_AFTER_FREE));
	wild_write(freed, 13);
	kfree(freed);
	wild_write(stays, 13);
	kapi_leak_check();
	kt_expect(VIOLATION_USE_AFTER_FREE, 2);
	kt_expect(VIOLATION_LEAK, 1);
	kt_check(kt_reported(VIOLATION_USE_AFTER_FREE, "written past its end"));
}

/* Situation: the byte before an object is written. Expectation: kfree() no longer knows it. */
static void underflow(void)
{
	char *ptr = kmalloc(16, GFP_KERNEL);

	wild_write(ptr, -1);
	kfree(ptr);
	kt_expect(VIOLATION_DOUBLE_FREE, 1);
	kt_check(kt_reported(VIOLATION_DOUBLE_FREE, "before its start"));
}

static void faulty_allocations(void *arg)
{
	void *ptr;

	sim_fault_arm(sim_self(), SIM_FAULT_ALLOC, 2);
	ptr = kmalloc(8, GFP_KERNEL);
	kt_check(ptr && !kmalloc(8, GFP_KERNEL));
	kfree(ptr);
	sim_fault_arm(sim_self(), SIM_FAULT_ALLOC, 1);
	/* must not fail, and does not use the fault up */
	ptr = kmalloc(8, GFP_KERNEL | __GFP_NOFAIL);
	kt_check(ptr && sim_fault_pending(sim_self()));
	kt_check(!krealloc(ptr, 800, GFP_KERNEL) && ksize(ptr) == 8);
	kfree(ptr);
	sim_fault_arm_nth(sim_self(), 3);
	for (int i = 0; i < 5; i++) {
		ptr = kcalloc(2, 8, GFP_KERNEL);
		kt_check(!ptr == (i == 2));
		kfree(ptr);
	}
}

/* Situation: faults are armed at allocations. Expectation: exactly that one fails, never one with __GFP_NOFAIL. */
static void faults(void)
{
	kt_actor("a", faulty_allocations, NULL);
	kt_check(kapi_run() == SIM_QUIET);
	kt_check(!kapi_allocated_objects());
}

/* Situation: sizes at and beyond the limits. Expectation: NULL, not a wrapped size. */
static void sizes(void)
{
	char *zeroed = kcalloc(10, 10, GFP_KERNEL), *grown;
	size_t half = SIZE_MAX / 2 + 1;

	kt_check(zeroed && ksize(zeroed) == 100 && !memchr_inv(zeroed, 0, 100));
	kt_check(!kcalloc(half, 2, GFP_KERNEL) && !kvmalloc_array(half, 4, GFP_KERNEL));
	kt_check(!kmalloc(KMALLOC_MAX_SIZE + 1, GFP_KERNEL));
	memset(zeroed, 'x', 100);
	grown = krealloc(zeroed, 300, GFP_KERNEL);
	kt_check(grown && !memchr_inv(grown, 'x', 100) && ksize(grown) == 300);
	grown = krealloc(grown, 10, GFP_KERNEL);
	kt_check(grown && !memchr_inv(grown, 'x', 10) && ksize(grown) == 10);
	kt_check(krealloc(grown, 0, GFP_KERNEL) == ZERO_SIZE_PTR);
	grown = kvzalloc(KMALLOC_MAX_SIZE + 1, GFP_KERNEL);
	kt_check(grown && !grown[KMALLOC_MAX_SIZE]);
	kvfree(grown);
	kt_check(!kapi_allocated_objects());
}

/* Situation: whole pages. Expectation: aligned, usable to the end, zeroed where asked for, freed without a trace. */
static void pages(void)
{
	unsigned long one = get_zeroed_page(GFP_KERNEL), four = __get_free_pages(GFP_KERNEL, 2);

	kt_check(one && four && IS_ALIGNED(one, PAGE_SIZE) && IS_ALIGNED(four, PAGE_SIZE));
	kt_check(!memchr_inv((void *)one, 0, PAGE_SIZE));
	memset((void *)four, 1, PAGE_SIZE << 2);
	free_page(one);
	free_pages(four, 2);
	free_page(0);
	kapi_leak_check();
}

static void count_constructed(void *object)
{
	*(int *)object = 42;
}

/*
 * Situation: a cache with a constructor is destroyed empty, another with an object in it. Expectation: the second
 * is told.
 */
static void caches(void)
{
	struct kmem_cache *cache = kmem_cache_create("numbers", sizeof(int), 0, 0, count_constructed);
	int *number = kmem_cache_alloc(cache, GFP_KERNEL);

	kt_check(*number == 42);
	kmem_cache_free(cache, number);
	kmem_cache_destroy(cache);
	cache = kmem_cache_create("kept", 24, 0, 0, NULL);
	number = kmem_cache_zalloc(cache, GFP_KERNEL);
	kt_check(*number == 0);
	kmem_cache_destroy(cache);
	kfree(number);
	kt_expect(VIOLATION_LEAK, 1);
	kt_check(kt_reported(VIOLATION_LEAK, "kept is destroyed with 1 objects"));
	kapi_leak_check();
}

/* Situation: the string helpers. Expectation: what fits, and the errno of what does not. */
static void strings(void)
{
	char buf[4], *text = kasprintf(GFP_KERNEL, "%s-%d", "ab", 7), *copy = kstrdup(text, GFP_KERNEL);

	kt_check(!strcmp(text, "ab-7") && !strcmp(copy, text) && copy != text);
	kt_check(strscpy(buf, "abc", sizeof(buf)) == 3 && strscpy(buf, "abcd") == -E2BIG && !strcmp(buf, "abc"));
	kt_check(!memchr_inv("aaaa", 'a', 4) && *(char *)memchr_inv("aaba", 'a', 4) == 'b');
	kfree(text);
	kfree(copy);
	kt_check(!kstrdup(NULL, GFP_KERNEL));
	pr_info("%d lines\n", 2);
	kt_check(!strcmp(kapi_log(), "2 lines\n"));
	for (int i = 0; i < 2000; i++)
		pr_info("line %d\n", i);
	kt_check(strstr(kapi_log(), "line 1999\n") && !strstr(kapi_log(), "2 lines\n"));
}

const struct kt_case kt_cases[] = {
	{ "leaks", leaks },
	{ "no_leak", no_leak },
	{ "unused", unused },
	{ "double_free", double_free },
	{ "freed_with_lock", freed_with_lock },
	{ "use_after_free", use_after_free },
	{ "use_after_free_later", use_after_free_later },
	{ "overflow", overflow },
	{ "underflow", underflow },
	{ "faults", faults },
	{ "sizes", sizes },
	{ "pages", pages },
	{ "caches", caches },
	{ "strings", strings },
};
KT_SUITE("kapi_slab", kt_cases);

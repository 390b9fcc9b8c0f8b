// SPDX-License-Identifier: GPL-2.0-or-later
/* Atomics, reference counts, bits and bitmaps; user copies. */
#include <linux/atomic.h>
#include <linux/bitmap.h>
#include <linux/iommu.h>
#include <linux/kref.h>
#include <linux/log2.h>
#include <linux/mutex.h>
#include <linux/overflow.h>
#include <linux/refcount.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/uaccess.h>
#include "kt.h"

static struct atomic_fixture {
	atomic_t counter;
	atomic_long_t total;
	refcount_t refs, more_refs;
	struct mutex lock;
	spinlock_t spin;
	int released;
} *fx;

static void setup(void)
{
	fx = sim_zalloc(sizeof(*fx));
	mutex_init(&fx->lock);
	spin_lock_init(&fx->spin);
}

/*
 * Situation: each operation once. Expectation: the value it returns and the value it leaves, as the kernel's names
 * say.
 */
static void operations(void)
{
	atomic_t v = ATOMIC_INIT(5);
	atomic64_t w = ATOMIC64_INIT(S64_MAX);
	int old = 4;

	kt_check(atomic_add_return(3, &v) == 8 && atomic_fetch_add(1, &v) == 8 && atomic_read(&v) == 9);
	kt_check(atomic_sub_return(4, &v) == 5 && atomic_fetch_sub(1, &v) == 5 && atomic_read(&v) == 4);
	kt_check(atomic_inc_return(&v) == 5 && atomic_dec_return(&v) == 4);
	kt_check(atomic_xchg(&v, 6) == 4 && atomic_cmpxchg(&v, 5, 7) == 6 && atomic_read(&v) == 6);
	kt_check(!atomic_try_cmpxchg(&v, &old, 9) && old == 6);
	kt_check(atomic_try_cmpxchg(&v, &old, 1) && atomic_read(&v) == 1);
	kt_check(!atomic_add_unless(&v, 1, 1) && atomic_add_unless(&v, 1, 0) && atomic_read(&v) == 2);
	kt_check(!atomic_dec_and_test(&v) && atomic_dec_and_test(&v) && !atomic_inc_not_zero(&v));
	kt_check(atomic_dec_if_positive(&v) == -1 && atomic_read(&v) == 0);
	kt_check(atomic_add_negative(-1, &v) && atomic_inc_and_test(&v));
	atomic_set(&v, 0xf0);
	kt_check(atomic_fetch_or(0x0f, &v) == 0xf0 && atomic_fetch_and(0x3c, &v) == 0xff && atomic_read(&v) == 0x3c);
	/* counters wrap, they do not saturate */
	kt_check(atomic64_inc_return(&w) == S64_MIN && atomic64_sub_return(1, &w) == S64_MAX);
}

static void add_often(void *arg)
{
	long old;

	for (int i = 0; i < 20; i++) {
		atomic_inc(&fx->counter);
		old = atomic_long_read(&fx->total);
		while (!atomic_long_try_cmpxchg(&fx->total, &old, old + 3))
			;
	}
}

/*
 * Situation: four tasks add in random schedules. Expectation: no addition is lost, by add or by compare and
 * exchange.
 */
static void no_lost_update(void)
{
	setup();
	for (int i = 0; i < 4; i++)
		kt_actor("t", add_often, NULL);
	kt_check(kapi_run() == SIM_QUIET);
	kt_check(atomic_read(&fx->counter) == 80 && atomic_long_read(&fx->total) == 240);
}

static void count_failed_cmpxchg(void *arg, const struct sim_record *record)
{
	unsigned int *counts = arg;

	counts[0] += record->kind == SIM_POINT_ATOMIC_READ;
	counts[1] += record->kind == SIM_POINT_ATOMIC_RMW;
}

/* Situation: a compare-and-exchange that fails and one that does not. Expectation: a read each, one modification. */
static void recorded_as(void)
{
	atomic_t v = ATOMIC_INIT(1);
	unsigned int counts[2] = { 0 };

	sim_trace_sink(count_failed_cmpxchg, counts);
	atomic_cmpxchg(&v, 2, 3);
	kt_check(counts[0] == 1 && counts[1] == 0);
	atomic_cmpxchg(&v, 1, 3);
	kt_check(counts[0] == 2 && counts[1] == 1);
	sim_trace_sink(NULL, NULL);
}

/* Situation: a count that goes up from zero, below zero, or overflows. Expectation: told, and saturated for good. */
static void saturation(void)
{
	refcount_t r = REFCOUNT_INIT(1);

	kt_check(refcount_inc_not_zero(&r) && !refcount_dec_and_test(&r) && refcount_dec_and_test(&r));
	kt_check(!refcount_inc_not_zero(&r) && !sim_violations(VIOLATION_REFCOUNT));
	refcount_inc(&r);
	kt_check(sim_violations(VIOLATION_REFCOUNT) == 1 && (int)refcount_read(&r) == REFCOUNT_SATURATED);
	kt_check(!refcount_dec_and_test(&r) && (int)refcount_read(&r) == REFCOUNT_SATURATED);
	refcount_set(&r, 0);
	kt_check(!refcount_dec_and_test(&r) && kt_reported(VIOLATION_REFCOUNT, "underflow"));
	refcount_set(&r, 1);
	refcount_dec(&r);
	kt_check(kt_reported(VIOLATION_REFCOUNT, "decrement hit 0"));
	refcount_set(&r, REFCOUNT_MAX);
	refcount_inc(&r);
	kt_check(kt_reported(VIOLATION_REFCOUNT, "saturated") && (int)refcount_read(&r) == REFCOUNT_SATURATED);
	kt_expect(VIOLATION_REFCOUNT, 5);
}

/* Situation: the forms that stop at one. Expectation: only the last reference takes the lock. */
static void last_reference(void)
{
	setup();
	refcount_set(&fx->refs, 2);
	kt_check(!refcount_dec_if_one(&fx->refs) && !refcount_dec_and_mutex_lock(&fx->refs, &fx->lock));
	kt_check(!mutex_is_locked(&fx->lock) && refcount_read(&fx->refs) == 1 && !refcount_dec_not_one(&fx->refs));
	kt_check(refcount_dec_and_mutex_lock(&fx->refs, &fx->lock) && !refcount_read(&fx->refs));
	mutex_unlock(&fx->lock);
	refcount_set(&fx->refs, 2);
	kt_check(!refcount_dec_and_lock(&fx->refs, &fx->spin) && refcount_dec_and_lock(&fx->refs, &fx->spin));
	kt_check(spin_is_locked(&fx->spin) && in_atomic());
	spin_unlock(&fx->spin);
	atomic_set(&fx->counter, 2);
	kt_check(!atomic_dec_and_mutex_lock(&fx->counter, &fx->lock));
	kt_check(atomic_dec_and_mutex_lock(&fx->counter, &fx->lock) && mutex_is_locked(&fx->lock));
	mutex_unlock(&fx->lock);
	refcount_set(&fx->refs, 1);
	kt_check(refcount_dec_if_one(&fx->refs) && !refcount_read(&fx->refs));
}

static void drop_one(void *arg)
{
	if (refcount_dec_and_mutex_lock(&fx->refs, &fx->lock)) {
		fx->released++;
		mutex_unlock(&fx->lock);
	}
	if (atomic_dec_and_mutex_lock(&fx->counter, &fx->lock)) {
		fx->released++;
		mutex_unlock(&fx->lock);
	}
	if (refcount_dec_and_lock(&fx->more_refs, &fx->spin)) {
		fx->released++;
		spin_unlock(&fx->spin);
	}
}

/* Situation: three drop the three counts in random schedules. Expectation: each count ends once, whoever is last. */
static void last_one_locks(void)
{
	setup();
	refcount_set(&fx->refs, 3);
	refcount_set(&fx->more_refs, 3);
	atomic_set(&fx->counter, 3);
	for (int i = 0; i < 3; i++)
		kt_actor("d", drop_one, NULL);
	kt_check(kapi_run() == SIM_QUIET);
	kt_check(fx->released == 3 && !refcount_read(&fx->refs) && !refcount_read(&fx->more_refs));
}

struct counted {
	struct kref ref;
};

static void counted_release(struct kref *ref)
{
	kfree(container_of(ref, struct counted, ref));
	fx->released++;
}

static void get_and_put(void *arg)
{
	struct counted *counted = arg;

	for (int i = 0; i < 5; i++) {
		kref_get(&counted->ref);
		kt_check(!kref_put(&counted->ref, counted_release));
	}
	kref_put(&counted->ref, counted_release);
}

/* Situation: three owners get and put one object in random schedules. Expectation: released once, by the last. */
static void kref_released_once(void)
{
	struct counted *counted = kmalloc(sizeof(*counted), GFP_KERNEL);

	setup();
	kref_init(&counted->ref);
	kref_get(&counted->ref);
	kref_get(&counted->ref);
	for (int i = 0; i < 3; i++)
		kt_actor("o", get_and_put, counted);
	kt_check(kapi_run() == SIM_QUIET);
	kt_check(fx->released == 1);
	kapi_leak_check();
}

/* Situation: random ranges set and cleared in a bitmap. Expectation: each query agrees with an array of bools. */
static void bitmaps(void)
{
	DECLARE_BITMAP(map, 200);
	DECLARE_BITMAP(moved, 200);
	bool naive[200] = { false };

	bitmap_zero(map, 200);
	for (int round = 0; round < 200; round++) {
		unsigned int start = kt_random(200), nr = kt_random(200 - start + 1), weight = 0, from = kt_random(201);
		unsigned int next_set = 200, next_clear = 200;
		bool set = kt_random(2);

		(set ? bitmap_set : bitmap_clear)(map, start, nr);
		for (unsigned int i = 0; i < nr; i++)
			naive[start + i] = set;
		for (unsigned int i = 200; i--;) {
			weight += naive[i];
			kt_check(test_bit(i, map) == naive[i]);
			if (i >= from)
				*(naive[i] ? &next_set : &next_clear) = i;
		}
		kt_check(bitmap_weight(map, 200) == weight);
		kt_check(bitmap_empty(map, 200) == !weight && bitmap_full(map, 200) == (weight == 200));
		kt_check(find_next_bit(map, 200, from) == next_set && find_next_zero_bit(map, 200, from) == next_clear);
		bitmap_zero(moved, 200);
		bitmap_shift_left(moved, map, start, 200);
		for (unsigned int i = 0; i < 200; i++)
			kt_check(test_bit(i, moved) == (i >= start && naive[i - start]));
		bitmap_or(moved, moved, map, 200);
		for (unsigned int i = 0; i < 200; i++)
			kt_check(test_bit(i, moved) == (naive[i] || (i >= start && naive[i - start])));
	}
}

/* Situation: the numbers at the edges of types. Expectation: sizes saturate, checks tell, logs round as named. */
static void arithmetic(void)
{
	size_t bytes;
	s64 x = S64_MAX;
	u32 small;

	kt_check(size_mul(1UL << 33, 1UL << 33) == SIZE_MAX && size_add(SIZE_MAX, 1) == SIZE_MAX);
	kt_check(size_sub(3, 4) == SIZE_MAX && array_size(6, 7) == 42);
	kt_check(check_add_overflow(x, 1, &x) && !check_mul_overflow(6UL, 7UL, &bytes) && bytes == 42);
	kt_check(check_shl_overflow(1UL, 40, &small) && !check_shl_overflow(3u, 4, &small) && small == 48);
	kt_check(type_max(u32) == U32_MAX && type_min(s64) == S64_MIN && type_max(int) == INT_MAX);
	kt_check(ilog2(1) == 0 && ilog2(4097) == 12 && roundup_pow_of_two(4097) == 8192);
	kt_check(order_base_2(1) == 0 && order_base_2(5) == 3 && is_power_of_2(64) && !is_power_of_2(0));
	kt_check(min(3, 4) == 3 && max_t(u64, 3, 4) == 4 && clamp(9, 1, 5) == 5 && min_not_zero(0, 7) == 7);
	kt_check(ALIGN(5000, 4096) == 8192 && ALIGN_DOWN(5000, 4096) == 4096 && DIV_ROUND_UP(5, 2) == 3);
	kt_check(round_up(9, 8) == 16 && GENMASK(5, 4) == 0x30 && get_order(4097) == 1);
}

struct grown {
	u32 a, b;
};

/*
 * Situation: a caller's structure that is shorter, longer with zeroes, longer with more. Expectation: filled,
 * taken, E2BIG.
 */
static void struct_from_user(void)
{
	u32 user[4] = { 1, 2, 0, 0 }, *copy;
	struct grown g = { 9, 9 };

	kt_check(!copy_struct_from_user(&g, sizeof(g), user, 4) && g.a == 1 && g.b == 0);
	kt_check(!copy_struct_from_user(&g, sizeof(g), user, sizeof(user)) && g.b == 2);
	user[3] = 5;
	kt_check(copy_struct_from_user(&g, sizeof(g), user, sizeof(user)) == -E2BIG);
	kt_check(check_zeroed_user(user + 2, 4) == 1 && check_zeroed_user(user + 2, 8) == 0);
	kt_check(copy_from_user(&g, NULL, sizeof(g)) == sizeof(g) && copy_to_user(NULL, &g, 3) == 3);
	kt_check(!put_user(77, &user[0]) && user[0] == 77 && !get_user(g.a, &user[0]) && g.a == 77);
	kt_check(!clear_user(user, sizeof(user)) && user[3] == 0);
	kt_check(clear_user(NULL, 8) == 8 && check_zeroed_user(NULL, 8) == -EFAULT);
	user[1] = 8;
	copy = memdup_user(user, sizeof(user));
	kt_check(!IS_ERR(copy) && copy != user && copy[1] == 8 && memdup_user(NULL, 4) == ERR_PTR(-EFAULT));
	kfree(copy);
	kapi_leak_check();
}

/* Situation: a driver's structure of the right and the wrong type and size. Expectation: EINVAL for the wrong ones. */
static void iommu_user_data(void)
{
	u32 user[4] = { 1, 2, 3, 4 };
	struct iommu_user_data data = { .type = 7, .uptr = user, .len = 4 };
	struct iommu_user_data_array array = { .type = 7, .uptr = user, .entry_len = 8, .entry_num = 2 };
	struct grown g = { 9, 9 };

	kt_check(!iommu_copy_struct_from_user(&g, &data, 7, a) && g.a == 1 && g.b == 0);
	kt_check(iommu_copy_struct_from_user(&g, &data, 7, b) == -EINVAL);
	kt_check(iommu_copy_struct_from_user(&g, &data, 8, a) == -EINVAL);
	data.len = 16;
	kt_check(iommu_copy_struct_from_user(&g, &data, 7, a) == -EINVAL);
	kt_check(!iommu_copy_struct_from_user_array(&g, &array, 7, 1, b) && g.a == 3 && g.b == 4);
	kt_check(iommu_copy_struct_from_user_array(&g, &array, 7, 2, b) == -EINVAL);
}

const struct kt_case kt_cases[] = {
	{ "operations", operations },
	{ "no_lost_update", no_lost_update, 30 },
	{ "recorded_as", recorded_as },
	{ "saturation", saturation },
	{ "last_reference", last_reference },
	{ "last_one_locks", last_one_locks, 60 },
	{ "kref_released_once", kref_released_once, 30 },
	{ "bitmaps", bitmaps, 5 },
	{ "arithmetic", arithmetic },
	{ "struct_from_user", struct_from_user },
	{ "iommu_user_data", iommu_user_data },
};
KT_SUITE("kapi_atomic", kt_cases);

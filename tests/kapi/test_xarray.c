// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The xarray against an array: each index has an entry, marks, and a group for
 * indices that are tied together. Indices are spread so that runs of values,
 * single entries and holes of all sizes come up.
 */
#include <linux/idr.h>
#include <linux/slab.h>
#include <linux/xarray.h>
#include "kt.h"

#define NR 256

struct naive {
	void *entry[NR];
	unsigned int marks[NR];
	unsigned int first[NR], last[NR];	/* of what is tied to it */
};

static struct xarray_fixture {
	struct xarray xa;
	struct naive naive;
	unsigned long scale;			/* index i of the oracle is i * scale */
	char objects[NR * 4];			/* their addresses are the pointers stored */
} *fx;

static void setup(unsigned long scale)
{
	fx = sim_zalloc(sizeof(*fx));
	fx->scale = scale;
	xa_init(&fx->xa);
}

static void naive_set(unsigned int index, void *entry)
{
	struct naive *n = &fx->naive;
	bool there = n->entry[index];
	unsigned int first = there ? n->first[index] : index, last = there ? n->last[index] : index;

	for (unsigned int i = first; i <= last; i++) {
		n->entry[i] = entry;
		n->first[i] = entry ? first : i;
		n->last[i] = entry ? last : i;
		if (!entry)
			n->marks[i] = 0;
	}
}

/* What a load shows. */
static void *visible(void *entry)
{
	return xa_is_zero(entry) ? NULL : entry;
}

static unsigned int next_naive(unsigned int from, unsigned int marks)
{
	while (from < NR && !(visible(fx->naive.entry[from]) && (!marks || fx->naive.marks[from] & marks)))
		from++;
	return from;
}

static void *random_entry(unsigned int index)
{
	switch (kt_random(4)) {
	case 0:
		return fx->objects + 4 * kt_random(NR);
	case 1:
		return XA_ZERO_ENTRY;
	default:
		/* often the one that continues its neighbours */
		return xa_mk_value(index + 7 * (kt_random(4) == 0));
	}
}

static void check_all(void)
{
	unsigned int at = next_naive(0, 0), marked;
	unsigned long index;
	void *entry;

	xa_for_each(&fx->xa, index, entry) {
		kt_check(at < NR && index == at * fx->scale && entry == fx->naive.entry[at]);
		/* a tied entry comes once */
		at = next_naive(fx->naive.last[at] + 1, 0);
	}
	kt_check(at == NR);
	for (xa_mark_t mark = 0; mark <= XA_MARK_MAX; mark++) {
		bool any = false;

		marked = next_naive(0, 1 << mark);
		xa_for_each_marked(&fx->xa, index, entry, mark) {
			kt_check(marked < NR && index == marked * fx->scale && entry == fx->naive.entry[marked]);
			marked = next_naive(fx->naive.last[marked] + 1, 1 << mark);
		}
		kt_check(marked == NR);
		for (unsigned int i = 0; i < NR; i++) {
			kt_check(xa_get_mark(&fx->xa, i * fx->scale, mark) == !!(fx->naive.marks[i] & 1 << mark));
			any |= fx->naive.marks[i] & 1 << mark;
		}
		kt_check(xa_marked(&fx->xa, mark) == any);
	}
	for (unsigned int i = 0; i < NR; i++)
		kt_check(xa_load(&fx->xa, i * fx->scale) == visible(fx->naive.entry[i]));
}

static void random_step(void)
{
	unsigned int i = kt_random(NR);
	unsigned long index = i * fx->scale;
	void *entry = random_entry(i), *old = fx->naive.entry[i], *ret, *expected;
	xa_mark_t mark = kt_random(3);

	switch (kt_random(8)) {
	case 0:
	case 1:
		ret = xa_store(&fx->xa, index, entry, GFP_KERNEL);
		kt_check(ret == visible(old));
		naive_set(i, entry);
		break;
	case 2:
		kt_check(xa_erase(&fx->xa, index) == visible(old));
		naive_set(i, NULL);
		break;
	case 3:
		expected = kt_random(2) ? old : random_entry(i);
		ret = xa_cmpxchg(&fx->xa, index, expected, entry, GFP_KERNEL);
		kt_check(ret == visible(old));
		if (expected == old)
			naive_set(i, entry);
		break;
	case 4:
		kt_check(xa_insert(&fx->xa, index, entry, GFP_KERNEL) == (old ? -EBUSY : 0));
		if (!old)
			naive_set(i, entry);
		break;
	case 5:
	case 6:
		xa_set_mark(&fx->xa, index, mark);
		for (unsigned int t = fx->naive.first[i]; old && t <= fx->naive.last[i]; t++)
			fx->naive.marks[t] |= 1 << mark;
		break;
	case 7:
		xa_clear_mark(&fx->xa, index, mark);
		for (unsigned int t = fx->naive.first[i]; old && t <= fx->naive.last[i]; t++)
			fx->naive.marks[t] &= ~(1u << mark);
		break;
	}
}

static void tie_some(void)
{
	unsigned int order = kt_random(5), first = kt_random(NR >> order) << order, last = first + (1 << order) - 1;
	XA_STATE_ORDER(xas, &fx->xa, first, order);
	void *entry = kt_random(3) ? random_entry(first) : NULL;

	/* only over what does not reach beyond: the array has its own word on that */
	for (unsigned int i = first; i <= last; i++)
		if (fx->naive.entry[i] && (fx->naive.first[i] < first || fx->naive.last[i] > last))
			return;
	xas_lock(&xas);
	xas_store(&xas, entry);
	xas_unlock(&xas);
	kt_check(!xas_error(&xas));
	if (order == 0) {
		naive_set(first, entry);
		return;
	}
	for (unsigned int i = first; i <= last; i++) {
		/* one entry over exactly these keeps its marks, as a store to one index does */
		bool same = entry && fx->naive.entry[first] && fx->naive.first[first] == first &&
			    fx->naive.last[first] == last;

		if (!same)
			fx->naive.marks[i] = 0;
	}
	for (unsigned int i = first; i <= last; i++) {
		fx->naive.entry[i] = entry;
		fx->naive.first[i] = entry ? first : i;
		fx->naive.last[i] = entry ? last : i;
	}
}

static void random_ops(unsigned long scale, bool ties)
{
	setup(scale);
	for (unsigned int i = 0; i < NR; i++)
		fx->naive.first[i] = fx->naive.last[i] = i;
	for (int round = 0; round < 60; round++) {
		for (int step = 0; step < 10; step++) {
			if (ties && !kt_random(6))
				tie_some();
			else
				random_step();
		}
		check_all();
	}
	xa_destroy(&fx->xa);
	kt_check(xa_empty(&fx->xa));
	kapi_leak_check();
}

/* Situation: random single-index operations, dense. Expectation: everything that can be asked agrees with the array. */
static void against_oracle(void)
{
	random_ops(1, false);
}

/* Situation: the same with holes of 1000 and of a million between all. Expectation: the same. */
static void against_oracle_sparse(void)
{
	random_ops(1000, false);
	random_ops(1000000, false);
}

/* Situation: entries over 2, 4, 8 and 16 indices as well. Expectation: any index of one is as good as any other. */
static void against_oracle_tied(void)
{
	random_ops(1, true);
}

/*
 * Situation: a million values that continue each other are stored, one is erased and put back. Expectation: few
 * runs.
 */
static void runs_stay_runs(void)
{
	const unsigned long start = 1UL << 40, nr = 1000000;
	size_t bytes;
	void *entry;

	setup(1);
	XA_STATE(xas, &fx->xa, start);
	bytes = kapi_allocated_bytes();
	xas_lock(&xas);
	for (unsigned long i = 0; i < nr; i++) {
		xas_store(&xas, xa_mk_value(5000 + i));
		xas_next(&xas);
	}
	xas_set(&xas, start);
	entry = xas_load(&xas);
	for (unsigned long i = 0; i < nr; i++, entry = xas_next(&xas))
		kt_check(xa_to_value(entry) == 5000 + i);
	kt_check(!entry);
	xas_unlock(&xas);
	kt_check(xa_to_value(xa_erase(&fx->xa, start + 77)) == 5077);
	kt_check(!xa_load(&fx->xa, start + 77) && xa_to_value(xa_load(&fx->xa, start + 78)) == 5078);
	kt_check(!xa_store(&fx->xa, start + 77, xa_mk_value(5077), GFP_KERNEL));
	kt_check(!fx->xa.xa_runs.rb_node->rb_left && !fx->xa.xa_runs.rb_node->rb_right);
	kt_check(kapi_allocated_bytes() == bytes);
	xa_destroy(&fx->xa);
}

/*
 * Situation: ids are taken and given back at random. Expectation: always the lowest free one in the limits, or
 * EBUSY.
 */
static void alloc_lowest(void)
{
	bool taken[64] = { false }, from_one;
	u32 id, low;

	setup(1);
	xa_init_flags(&fx->xa, kt_random(2) ? XA_FLAGS_ALLOC1 : XA_FLAGS_ALLOC);
	from_one = fx->xa.xa_flags == XA_FLAGS_ALLOC1;
	taken[0] = from_one;
	for (int step = 0; step < 600; step++) {
		u32 min = kt_random(3) ? 0 : kt_random(64), max = kt_random(2) ? 63 : kt_random(64);

		if (kt_random(5) < 2) {
			id = kt_random(64);
			kt_check(!!xa_erase(&fx->xa, id) == (taken[id] && !(id == 0 && from_one)));
			taken[id] = id == 0 && from_one;
			continue;
		}
		for (low = min; low <= max && taken[low]; low++)
			;
		id = 99;
		if (low > max) {
			kt_check(xa_alloc(&fx->xa, &id, fx->objects, XA_LIMIT(min, max), GFP_KERNEL) == -EBUSY);
			kt_check(id == 99);
			continue;
		}
		kt_check(!xa_alloc(&fx->xa, &id, fx->objects + 4 * low, XA_LIMIT(min, max), GFP_KERNEL) && id == low);
		taken[low] = true;
	}
	xa_destroy(&fx->xa);
}

/* Situation: cyclic ids in 10 to 12. Expectation: on from the last one, around with 1, EBUSY when all are taken. */
static void alloc_cyclic(void)
{
	struct xa_limit limit = XA_LIMIT(10, 12);
	u32 id, next = 0;

	setup(1);
	xa_init_flags(&fx->xa, XA_FLAGS_ALLOC);
	for (u32 want = 10; want <= 12; want++)
		kt_check(xa_alloc_cyclic(&fx->xa, &id, fx->objects, limit, &next, GFP_KERNEL) == 0 && id == want);
	kt_check(xa_alloc_cyclic(&fx->xa, &id, fx->objects, limit, &next, GFP_KERNEL) == -EBUSY);
	xa_erase(&fx->xa, 11);
	kt_check(xa_alloc_cyclic(&fx->xa, &id, fx->objects, limit, &next, GFP_KERNEL) == 1 && id == 11 && next == 12);
	xa_erase(&fx->xa, 10);
	xa_erase(&fx->xa, 12);
	kt_check(xa_alloc_cyclic(&fx->xa, &id, fx->objects, limit, &next, GFP_KERNEL) == 0 && id == 12);
	xa_destroy(&fx->xa);
}

/* Situation: each entry is erased, or its follower stored, while it is visited. Expectation: each is visited once. */
static void changed_while_walked(void)
{
	unsigned long index, seen = 0;
	void *entry;

	setup(1);
	for (unsigned long i = 0; i < 100; i++)
		xa_store(&fx->xa, i, xa_mk_value(i), GFP_KERNEL);
	xa_for_each(&fx->xa, index, entry) {
		kt_check(index == seen && (index == 200 || xa_to_value(entry) == index));
		seen++;
		if (index % 3 == 0)
			xa_erase(&fx->xa, index);
		if (index % 3 == 1)
			xa_store(&fx->xa, index, fx->objects, GFP_KERNEL);
		if (index == 99)
			xa_store(&fx->xa, 200, fx->objects, GFP_KERNEL);
		if (index == 99)
			seen = 200;
	}
	kt_check(seen == 201);
	XA_STATE(xas, &fx->xa, 0);
	seen = 0;
	xas_lock(&xas);
	xas_for_each(&xas, entry, 150) {
		seen++;
		xas_store(&xas, NULL);
		if (seen % 10)
			continue;
		xas_pause(&xas);
		xas_unlock(&xas);
		xas_lock(&xas);
	}
	xas_unlock(&xas);
	kt_check(seen == 66 && !xa_empty(&fx->xa) && xa_erase(&fx->xa, 200) && xa_empty(&fx->xa));
}

/* Situation: walking back and forth, over the edges, over what is in the way. Expectation: as the kernel's walker. */
static void walker(void)
{
	unsigned long seen = 0;
	void *entry;

	setup(1);
	xa_store(&fx->xa, 8, fx->objects, GFP_KERNEL);
	xa_store(&fx->xa, 10, xa_mk_value(1), GFP_KERNEL);
	xa_store(&fx->xa, ULONG_MAX, xa_mk_value(2), GFP_KERNEL);
	XA_STATE_ORDER(xas, &fx->xa, 13, 3);
	kt_check(xas.xa_index == 8);
	xas_lock(&xas);
	xas_for_each_conflict(&xas, entry)
		seen++;
	kt_check(seen == 2);
	xas_set_order(&xas, 9, 0);
	kt_check(!xas_next(&xas) && xas.xa_index == 9 && xa_is_value(xas_next(&xas)));
	kt_check(!xas_prev(&xas) && xas_prev(&xas) == fx->objects && xas.xa_index == 8);
	xas_set(&xas, 11);
	kt_check(xas_find(&xas, ULONG_MAX) == xa_mk_value(2) && xas.xa_index == ULONG_MAX);
	kt_check(!xas_find(&xas, ULONG_MAX) && xas_invalid(&xas));
	/* what another one erased or changed meanwhile is not there any more */
	xas_set(&xas, 8);
	kt_check(xas_load(&xas) == fx->objects && __xa_erase(&fx->xa, 8) == fx->objects && !xas_load(&xas));
	xas_set(&xas, 10);
	kt_check(xas_load(&xas) && __xa_store(&fx->xa, 10, fx->objects, 0) && xas_reload(&xas) == fx->objects);
	/* an error stays until the state is set anew, and nothing is done meanwhile */
	xas_set_err(&xas, -EINVAL);
	kt_check(!xas_load(&xas) && !xas_store(&xas, fx->objects) && xas_error(&xas) == -EINVAL);
	xas_unlock(&xas);
	kt_check(xa_err(xa_store(&fx->xa, 1, XA_RETRY_ENTRY, GFP_KERNEL)) == -EINVAL);
	kt_expect(VIOLATION_WARNING, 1);
	xa_destroy(&fx->xa);
}

/*
 * Situation: a walk by mark, the state left in the middle of it. Expectation: what carries the mark, in order, up
 * to the bound; a mark taken away under the walk is not met any more; an error ends each kind of walk.
 */
static void walk_by_mark(void)
{
	void *entry;

	setup(1);
	for (unsigned long i = 0; i < 100; i++)
		xa_store(&fx->xa, i, fx->objects + 4 * i, GFP_KERNEL);
	for (unsigned long i = 10; i < 100; i += 10)
		xa_set_mark(&fx->xa, i, XA_MARK_1);
	XA_STATE(xas, &fx->xa, 0);
	xas_lock(&xas);
	kt_check(xas_find_marked(&xas, 95, XA_MARK_1) == fx->objects + 40 && xas.xa_index == 10);
	kt_check(xas_get_mark(&xas, XA_MARK_1) && !xas_get_mark(&xas, XA_MARK_0));
	__xa_clear_mark(&fx->xa, 20, XA_MARK_1);
	kt_check(xas_find_marked(&xas, 95, XA_MARK_1) == fx->objects + 120 && xas.xa_index == 30);
	/* as new: no mark, and still an entry */
	xas_init_marks(&xas);
	kt_check(!xas_get_mark(&xas, XA_MARK_1) && xas_load(&xas) == fx->objects + 120);
	xas_set(&xas, 91);
	kt_check(!xas_find_marked(&xas, ULONG_MAX, XA_MARK_1));
	xas_set(&xas, 0);
	kt_check(!xas_find_marked(&xas, ULONG_MAX, XA_MARK_0));
	xas_set(&xas, 40);
	xas_set_err(&xas, -EBUSY);
	kt_check(!xas_next(&xas) && !xas_prev(&xas) && !xas_find(&xas, ULONG_MAX));
	kt_check(!xas_find_marked(&xas, ULONG_MAX, XA_MARK_1));
	xas_for_each_conflict(&xas, entry)
		kt_check(false);
	xas_pause(&xas);
	kt_check(xas_error(&xas) == -EBUSY);
	xas_unlock(&xas);
	xas_destroy(&xas);
	xa_destroy(&fx->xa);
}

/* Situation: entries and bounds that are nobody's to give. Expectation: an error, a warning, nothing stored. */
static void misuse(void)
{
	DEFINE_IDA(ida);
	struct idr idr;
	u32 id = 7;

	setup(1);
	idr_init(&idr);
	kt_check(xa_err(xa_cmpxchg(&fx->xa, 3, NULL, XA_RETRY_ENTRY, GFP_KERNEL)) == -EINVAL);
	kt_check(xa_insert(&fx->xa, 3, XA_RETRY_ENTRY, GFP_KERNEL) == -EINVAL);
	/* no array of ids */
	kt_check(xa_alloc(&fx->xa, &id, fx->objects, xa_limit_32b, GFP_KERNEL) == -EINVAL && id == 7);
	kt_check(xa_empty(&fx->xa));
	kt_check(idr_alloc(&idr, fx->objects, -1, 0, GFP_KERNEL) == -EINVAL && !idr_find(&idr, 0));
	/* ids are an int's */
	kt_check(ida_alloc_range(&ida, 0x80000000u, ~0u, GFP_KERNEL) == -ENOSPC && ida_is_empty(&ida));
	kt_expect(VIOLATION_WARNING, 4);
}

static void store_until_fault(void *arg)
{
	u32 id;

	/* index 0 of an empty array needs nothing; the next chunk does */
	sim_fault_arm(sim_self(), SIM_FAULT_ALLOC, 1);
	kt_check(!xa_err(xa_store(&fx->xa, 0, xa_mk_value(0), GFP_KERNEL)));
	kt_check(xa_err(xa_store(&fx->xa, 5, fx->objects, GFP_KERNEL)) == -ENOMEM && !xa_load(&fx->xa, 5));
	sim_fault_arm(sim_self(), SIM_FAULT_ALLOC, 1);
	kt_check(xa_err(xa_store(&fx->xa, 100, fx->objects, GFP_KERNEL)) == -ENOMEM && !xa_load(&fx->xa, 100));
	kt_check(!xa_err(xa_store(&fx->xa, 100, fx->objects, GFP_KERNEL)));
	/* beside an entry there is room; erasing and overwriting never fail */
	sim_fault_arm(sim_self(), SIM_FAULT_ALLOC, 1);
	for (unsigned long i = 64; i < 128; i++)
		kt_check(!xa_err(xa_store(&fx->xa, i, xa_mk_value(i), GFP_KERNEL)));
	kt_check(xa_erase(&fx->xa, 90) && !xa_err(xa_store(&fx->xa, 80, fx->objects, GFP_KERNEL)));
	kt_check(sim_fault_pending(sim_self()) && xa_reserve(&fx->xa, 1000, GFP_KERNEL) == -ENOMEM);
	/* reserved: a store there cannot fail any more */
	kt_check(!xa_reserve(&fx->xa, 1000, GFP_KERNEL) && !xa_load(&fx->xa, 1000));
	sim_fault_arm(sim_self(), SIM_FAULT_ALLOC, 1);
	kt_check(!xa_err(xa_store(&fx->xa, 1000, fx->objects, GFP_KERNEL)));
	kt_check(xa_insert(&fx->xa, 2000, fx->objects, GFP_KERNEL) == -ENOMEM);
	kt_check(!xa_reserve(&fx->xa, 3000, GFP_KERNEL));
	xa_release(&fx->xa, 3000);
	xa_destroy(&fx->xa);
	xa_init_flags(&fx->xa, XA_FLAGS_ALLOC1);
	sim_fault_arm(sim_self(), SIM_FAULT_ALLOC, 1);
	kt_check(xa_alloc(&fx->xa, &id, fx->objects, xa_limit_32b, GFP_KERNEL) == -ENOMEM && xa_empty(&fx->xa));
	kt_check(!xa_alloc(&fx->xa, &id, NULL, xa_limit_32b, GFP_KERNEL) && id == 1 && !xa_load(&fx->xa, 1));
	kapi_leak_check();
	kt_expect(VIOLATION_LEAK, 1);
	kt_check(kt_reported(VIOLATION_LEAK, "1 runs of entries"));
}

/*
 * Situation: faults at the array's allocations. Expectation: ENOMEM where the kernel lacks a node, and nothing is
 * changed.
 */
static void faults(void)
{
	setup(1);
	kt_actor("a", store_until_fault, NULL);
	kt_check(kapi_run() == SIM_QUIET);
}

/* Situation: one entry over an odd range. Expectation: there at each index, met once, gone at once. */
static void store_range(void)
{
	unsigned long index, seen = 0;
	void *entry;

	setup(1);
	xa_store(&fx->xa, 5, xa_mk_value(5), GFP_KERNEL);
	kt_check(!xa_err(xa_store_range(&fx->xa, 3, 70, fx->objects, GFP_KERNEL)));
	for (unsigned long i = 0; i < 80; i++)
		kt_check(!!xa_load(&fx->xa, i) == (i >= 3 && i <= 70));
	xa_for_each(&fx->xa, index, entry)
		seen++;
	kt_check(seen == 1 && xa_err(xa_store_range(&fx->xa, 4, 3, fx->objects, GFP_KERNEL)) == -EINVAL);
	kt_check(xa_erase(&fx->xa, 44) == fx->objects && xa_empty(&fx->xa));
}

static void ids_until_fault(void *arg)
{
	struct ida ida;

	ida_init(&ida);
	sim_fault_arm(sim_self(), SIM_FAULT_ALLOC, 1);
	for (int i = 0; i < 63; i++)
		kt_check(ida_alloc(&ida, GFP_KERNEL) == i);
	kt_check(sim_fault_pending(sim_self()) && ida_alloc(&ida, GFP_KERNEL) == -ENOMEM);
	kt_check(ida_alloc(&ida, GFP_KERNEL) == 63);
	sim_fault_arm(sim_self(), SIM_FAULT_ALLOC, 1);
	for (int i = 64; i < 1024; i++)
		kt_check(ida_alloc(&ida, GFP_KERNEL) == i);
	kt_check(sim_fault_pending(sim_self()) && ida_alloc(&ida, GFP_KERNEL) == -ENOMEM);
	ida_destroy(&ida);
}

/*
 * Situation: an allocation fails while ids are taken. Expectation: the first 63 need none, then each 1024 do once.
 */
static void ida_memory(void)
{
	setup(1);
	kt_actor("a", ids_until_fault, NULL);
	kt_check(kapi_run() == SIM_QUIET);
}

/*
 * Situation: ids from an IDA and pointers in an IDR. Expectation: lowest first, ENOSPC at the end, a wrong free
 * warns.
 */
static void ida_and_idr(void)
{
	struct ida ida;
	struct idr idr;
	void *entry;
	int id, seen = 0;

	setup(1);
	ida_init(&ida);
	for (int i = 0; i < 70; i++)
		kt_check(ida_alloc(&ida, GFP_KERNEL) == i);
	ida_free(&ida, 13);
	ida_free(&ida, 64);
	kt_check(ida_alloc_min(&ida, 20, GFP_KERNEL) == 64 && ida_alloc(&ida, GFP_KERNEL) == 13);
	kt_check(ida_alloc_range(&ida, 5, 9, GFP_KERNEL) == -ENOSPC && !ida_is_empty(&ida));
	ida_free(&ida, 1000);
	kt_expect(VIOLATION_WARNING, 1);
	ida_destroy(&ida);
	idr_init(&idr);
	kt_check(idr_alloc(&idr, fx->objects, 3, 5, GFP_KERNEL) == 3);
	kt_check(idr_alloc_cyclic(&idr, fx->objects + 4, 3, 5, GFP_KERNEL) == 4);
	kt_check(idr_alloc(&idr, fx->objects, 3, 5, GFP_KERNEL) == -ENOSPC);
	kt_check(idr_find(&idr, 4) == fx->objects + 4 && !idr_find(&idr, 5));
	idr_for_each_entry(&idr, entry, id)
		seen += id;
	kt_check(seen == 7 && idr_remove(&idr, 3) == fx->objects);
	kt_check(idr_alloc_cyclic(&idr, fx->objects, 3, 5, GFP_KERNEL) == 3);
	idr_destroy(&idr);
	kapi_leak_check();
}

static struct xarray shared;

static void alloc_and_erase(void *arg)
{
	u32 id;

	for (int i = 0; i < 10; i++) {
		kt_check(!xa_alloc(&shared, &id, arg, XA_LIMIT(0, 100), GFP_KERNEL));
		kt_check(xa_load(&shared, id) == arg);
		kt_check(xa_erase(&shared, id) == arg);
	}
}

/* Situation: three tasks take and give ids in random schedules. Expectation: no id is anybody else's. */
static void alloc_in_parallel(void)
{
	static char owners[12];

	xa_init_flags(&shared, XA_FLAGS_ALLOC);
	for (int i = 0; i < 3; i++)
		kt_actor("t", alloc_and_erase, owners + 4 * i);
	kt_check(kapi_run() == SIM_QUIET);
	kt_check(xa_empty(&shared));
}

const struct kt_case kt_cases[] = {
	{ "against_oracle", against_oracle, 8 },
	{ "against_oracle_sparse", against_oracle_sparse, 3 },
	{ "against_oracle_tied", against_oracle_tied, 8 },
	{ "runs_stay_runs", runs_stay_runs },
	{ "alloc_lowest", alloc_lowest, 10 },
	{ "alloc_cyclic", alloc_cyclic },
	{ "changed_while_walked", changed_while_walked },
	{ "walker", walker },
	{ "walk_by_mark", walk_by_mark },
	{ "misuse", misuse },
	{ "faults", faults },
	{ "store_range", store_range },
	{ "ida_memory", ida_memory },
	{ "ida_and_idr", ida_and_idr },
	{ "alloc_in_parallel", alloc_in_parallel, 20 },
};
KT_SUITE("kapi_xarray", kt_cases);

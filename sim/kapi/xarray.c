// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The xarray (<linux/xarray.h>) as an ordered tree of runs.
 *
 * A run is one entry at one index; or consecutive values at consecutive indices
 * (what an array of frame numbers is made of); or one entry that covers many
 * indices ("multi": stored with an order or over a range). Runs do not overlap, and
 * neighbours that continue each other with the same marks are one. All indices
 * of a run have the same marks.
 *
 * The kernel's array is made of nodes for 64 indices each, and only a store that
 * needs a new node can fail. Here a store can fail where the kernel would lack the
 * lowest node: when the 64 indices around hold nothing yet. Everything else that
 * needs memory (splitting a run by an erase) gets it without fail. The entry at
 * index 0 of an otherwise empty array needs none and is not counted as one. The
 * kernel tries without sleeping first and then again outside the lock; here the
 * two are one allocation, and an injected fault fails both.
 *
 * The xa_lock protects the tree. Readers under RCU alone are safe because nothing
 * here lets another actor run, and come behind the storing of what they find. A
 * walker's cursor is good as long as xa_version is.
 */
#include <linux/idr.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/xarray.h>
#include <sim/fault.h>
#include <sim/race.h>
#include "internal.h"

#define CHUNK_SHIFT 6
#define IDA_VALUE_IDS 63UL
#define IDA_BITMAP_IDS 1024UL

struct xa_run {
	struct rb_node rb;
	unsigned long first;
	unsigned long last;
	void *entry;			/* at first */
	unsigned char marks;
	bool multi;
	bool counted;
};

#define RUN(node) rb_entry(node, struct xa_run, rb)
#define RUN_SAFE(node) rb_entry_safe(node, struct xa_run, rb)

/*
 * The tree of runs.
 */

static struct xa_run *run_new(bool counted)
{
	struct xa_run *run = sim_alloc(sizeof(*run));

	run->counted = counted;
	kapi_state_write()->nr_xa_runs += counted;
	return run;
}

static void run_free(struct xa_run *run)
{
	kapi_state_write()->nr_xa_runs -= run->counted;
	sim_free(run);
}

static void *entry_at(const struct xa_run *run, unsigned long index)
{
	return run->multi ? run->entry : (void *)((unsigned long)run->entry + 2 * (index - run->first));
}

/* The first run that ends at @index or above. */
static struct xa_run *run_from(struct xarray *xa, unsigned long index)
{
	struct rb_node *node = xa->xa_runs.rb_node;
	struct xa_run *found = xa->xa_last;

	if (found && found->first <= index && index <= found->last)
		return found;
	for (found = NULL; node;) {
		if (RUN(node)->last < index) {
			node = node->rb_right;
		} else {
			found = RUN(node);
			node = node->rb_left;
		}
	}
	if (found)
		xa->xa_last = found;
	return found;
}

static struct xa_run *run_at(struct xarray *xa, unsigned long index)
{
	struct xa_run *run = run_from(xa, index);

	return run && run->first <= index ? run : NULL;
}

static void run_link(struct xarray *xa, struct xa_run *run)
{
	struct rb_node **link = &xa->xa_runs.rb_node, *parent = NULL;

	while (*link) {
		parent = *link;
		link = run->first < RUN(parent)->first ? &parent->rb_left : &parent->rb_right;
	}
	rb_link_node(&run->rb, parent, link);
	rb_insert_color(&run->rb, &xa->xa_runs);
	xa->xa_version++;
}

static void run_drop(struct xarray *xa, struct xa_run *run)
{
	rb_erase(&run->rb, &xa->xa_runs);
	xa->xa_version++;
	if (xa->xa_last == run)
		xa->xa_last = NULL;
	run_free(run);
}

static bool continues(const struct xa_run *run, const struct xa_run *next)
{
	return !run->multi && !next->multi && run->last + 1 == next->first && run->marks == next->marks &&
	       xa_is_value(run->entry) && xa_is_value(next->entry) && entry_at(run, next->first) == next->entry;
}

/* @run with the neighbours that it continues, as one. */
static void run_merge(struct xarray *xa, struct xa_run *run)
{
	struct xa_run *prev = RUN_SAFE(rb_prev(&run->rb)), *next = RUN_SAFE(rb_next(&run->rb));

	if (next && continues(run, next)) {
		run->last = next->last;
		run_drop(xa, next);
	}
	if (prev && continues(prev, run)) {
		prev->last = run->last;
		run_drop(xa, run);
	}
}

/* Cuts @run, which is not multi, before @index; the second part. */
static struct xa_run *run_split(struct xarray *xa, struct xa_run *run, unsigned long index)
{
	struct xa_run *rest = run_new(true);

	rest->first = index;
	rest->last = run->last;
	rest->entry = entry_at(run, index);
	rest->marks = run->marks;
	rest->multi = false;
	run->last = index - 1;
	run_link(xa, rest);
	return rest;
}

/* The part of @run in [@first, @last] as a run of its own; a multi entry stays whole. */
static struct xa_run *run_cut(struct xarray *xa, struct xa_run *run, unsigned long first, unsigned long last)
{
	if (run->multi)
		return run;
	if (run->first < first)
		run = run_split(xa, run, first);
	if (run->last > last)
		run_split(xa, run, last + 1);
	return run;
}

static void clear_range(struct xarray *xa, unsigned long first, unsigned long last)
{
	struct xa_run *run;

	while ((run = run_from(xa, first)) && run->first <= last) {
		run = run_cut(xa, run, first, last);
		xa->xa_taken = min(xa->xa_taken, run->first);
		run_drop(xa, run);
	}
}

bool xa_empty(const struct xarray *xa)
{
	return RB_EMPTY_ROOT(&xa->xa_runs);
}

bool xa_marked(const struct xarray *xa, xa_mark_t mark)
{
	for (struct rb_node *node = rb_first(&xa->xa_runs); node; node = rb_next(node))
		if (RUN(node)->marks & 1 << mark)
			return true;
	return false;
}

/*
 * Walking.
 */

static struct xa_run *xas_run(const struct xa_state *xas)
{
	struct xa_run *run = xas->xa_cursor;

	if (run && xas->xa_version == xas->xa->xa_version && run->first <= xas->xa_index && xas->xa_index <= run->last)
		return run;
	return run_at(xas->xa, xas->xa_index);
}

/* The state stands on @run (or on nothing) at its index. */
static void *xas_stand(struct xa_state *xas, struct xa_run *run)
{
	sim_race_acquire(xas->xa, true);
	sim_touch(xas->xa, false);
	xas->xa_where = XAS_KEEP_WALK;
	xas->xa_cursor = run;
	xas->xa_version = xas->xa->xa_version;
	return run ? entry_at(run, xas->xa_index) : NULL;
}

static void *xas_off_the_end(struct xa_state *xas)
{
	xas->xa_where = XAS_KEEP_BOUNDS;
	return NULL;
}

void *xas_load(struct xa_state *xas)
{
	return xas_error(xas) ? NULL : xas_stand(xas, xas_run(xas));
}

void *xas_next(struct xa_state *xas)
{
	if (xas_error(xas))
		return NULL;
	if (xas->xa_where != XAS_KEEP_RESTART)
		xas->xa_index++;
	return xas_load(xas);
}

void *xas_prev(struct xa_state *xas)
{
	if (xas_error(xas))
		return NULL;
	if (xas->xa_where != XAS_KEEP_RESTART)
		xas->xa_index--;
	return xas_load(xas);
}

/* Behind the entry at the state's index, which may be of many; false at the end of the indices. */
static bool step_behind(struct xa_state *xas)
{
	struct xa_run *run = xas_run(xas);

	xas->xa_index = (run && run->multi ? run->last : xas->xa_index) + 1;
	return xas->xa_index;
}

/* @marks: 0 for any entry. */
static void *find(struct xa_state *xas, unsigned long max, unsigned int marks)
{
	struct xa_run *run;

	if (xas_error(xas) || xas->xa_where == XAS_KEEP_BOUNDS)
		return NULL;
	if (xas->xa_where == XAS_KEEP_WALK && !step_behind(xas))
		return xas_off_the_end(xas);
	run = run_from(xas->xa, xas->xa_index);
	while (run && marks && !(run->marks & marks))
		run = RUN_SAFE(rb_next(&run->rb));
	if (!run || max(run->first, xas->xa_index) > max)
		return xas_off_the_end(xas);
	xas->xa_index = max(run->first, xas->xa_index);
	return xas_stand(xas, run);
}

void *xas_find(struct xa_state *xas, unsigned long max)
{
	return find(xas, max, 0);
}

void *xas_find_marked(struct xa_state *xas, unsigned long max, xa_mark_t mark)
{
	return find(xas, max, 1 << mark);
}

static unsigned long last_of(const struct xa_state *xas)
{
	return xas->xa_order >= BITS_PER_LONG ? ~0UL : xas->xa_index | ((1UL << xas->xa_order) - 1);
}

void *xas_find_conflict(struct xa_state *xas)
{
	unsigned long from = xas->xa_where == XAS_KEEP_RESTART ? xas->xa_index : xas->xa_conflict;
	struct xa_run *run;
	void *entry;

	if (xas_error(xas) || (xas->xa_where != XAS_KEEP_RESTART && !from))
		return NULL;
	run = run_from(xas->xa, from);
	if (!run || run->first > last_of(xas)) {
		xas_reset(xas);
		return NULL;
	}
	from = max(run->first, from);
	entry = entry_at(run, from);
	xas->xa_where = XAS_KEEP_WALK;
	xas->xa_cursor = NULL;
	xas->xa_conflict = (run->multi ? run->last : from) + 1;
	return entry;
}

void xas_pause(struct xa_state *xas)
{
	if (xas_invalid(xas))
		return;
	xas->xa_where = step_behind(xas) ? XAS_KEEP_RESTART : XAS_KEEP_BOUNDS;
}

/*
 * Storing.
 */

/* Of an IDA the first ids are bits of an entry at index 0, and from there on a bitmap serves many. */
static bool id_bitmap_stands(struct xarray *xa, unsigned long id)
{
	unsigned long first = id & ~(IDA_BITMAP_IDS - 1);
	struct xa_run *run;

	if (id < IDA_VALUE_IDS)
		return true;
	run = run_from(xa, max(first, IDA_VALUE_IDS));
	return run && run->first < first + IDA_BITMAP_IDS;
}

/* Does the kernel have the lowest node for @index? Not for index 0 alone. */
static bool node_stands(struct xarray *xa, unsigned long index)
{
	struct xa_run *next, *prev;

	if (xa->xa_flags & XA_FLAGS_IDS)
		return id_bitmap_stands(xa, index);
	next = run_from(xa, index);
	prev = RUN_SAFE(next ? rb_prev(&next->rb) : rb_last(&xa->xa_runs));

	if (next && next->first >> CHUNK_SHIFT <= index >> CHUNK_SHIFT)
		return true;
	if (!prev || prev->last >> CHUNK_SHIFT != index >> CHUNK_SHIFT)
		return false;
	return prev->last || next;
}

/* The run for a new entry; NULL, and the error in the state, where the kernel would have found no memory. */
static struct xa_run *run_for(struct xa_state *xas)
{
	bool at_root = xa_empty(xas->xa) && !xas->xa_index && !xas->xa_order;

	if (!at_root && !node_stands(xas->xa, xas->xa_index) && sim_fault(SIM_FAULT_ALLOC)) {
		xas_set_err(xas, -ENOMEM);
		return NULL;
	}
	return run_new(!at_root);
}

/* @entry at all of [xa_index, @last], which holds nothing, or what it replaces. */
static void store_new(struct xa_state *xas, unsigned long last, void *entry)
{
	struct xa_run *run = run_for(xas);

	if (!run)
		return;
	clear_range(xas->xa, xas->xa_index, last);
	run->first = xas->xa_index;
	run->last = last;
	run->entry = entry;
	run->marks = 0;
	run->multi = last != run->first;
	run_link(xas->xa, run);
	run_merge(xas->xa, run);
}

/* Replaces the entry at the state's index, in a run that covers it all; marks stay. */
static void store_over(struct xa_state *xas, struct xa_run *run, void *entry)
{
	if (!run->multi)
		run = run_cut(xas->xa, run, xas->xa_index, xas->xa_index);
	run->entry = entry;
	if (!run->multi)
		run_merge(xas->xa, run);
}

static void *store_last(struct xa_state *xas, unsigned long last, void *entry)
{
	struct xa_run *run = xas_run(xas);
	void *old = run ? entry_at(run, xas->xa_index) : NULL;

	if (xas_error(xas))
		return NULL;
	if (!entry)
		clear_range(xas->xa, xas->xa_index, last);
	else if (run && (run->multi ? run->first <= xas->xa_index && run->last >= last : last == xas->xa_index))
		store_over(xas, run, entry);
	else
		store_new(xas, last, entry);
	if (!xas_error(xas))
		xas_stand(xas, NULL);
	return old;
}

void *xas_store(struct xa_state *xas, void *entry)
{
	sim_race_release(xas->xa, false);
	sim_touch(xas->xa, true);
	return store_last(xas, last_of(xas), entry);
}

/* The second try: fails like the first, unless it must not. */
bool xas_nomem(struct xa_state *xas, gfp_t gfp)
{
	if (xas_error(xas) != -ENOMEM)
		return false;
	if (gfpflags_allow_blocking(gfp))
		kapi_might_sleep("an allocation");
	sim_point(SIM_POINT_ALLOC, 0, 0);
	if (!(gfp & __GFP_NOFAIL))
		return false;
	xas_reset(xas);
	return true;
}

/* Nothing is kept in a state beyond the walk. */
void xas_destroy(struct xa_state *xas)
{
}

/* The same under the xa_lock, which is dropped where @gfp may sleep. */
static bool nomem_locked(struct xa_state *xas, gfp_t gfp)
{
	bool drop = xas_error(xas) == -ENOMEM && gfpflags_allow_blocking(gfp);
	bool again;

	if (drop)
		xas_unlock(xas);
	again = xas_nomem(xas, gfp);
	if (drop)
		xas_lock(xas);
	return again;
}

static void *xas_result(const struct xa_state *xas, void *entry)
{
	if (xas_error(xas))
		return xa_mk_internal(xas_error(xas));
	return xa_is_zero(entry) ? NULL : entry;
}

static bool tracks_free(const struct xarray *xa)
{
	return xa->xa_flags & XA_FLAGS_TRACK_FREE;
}

/*
 * Marks.
 */

static void change_marks(const struct xa_state *xas, unsigned int clear, unsigned int set)
{
	struct xa_run *run = xas_run(xas);

	if (!run || ((run->marks & ~clear) | set) == run->marks)
		return;
	run = run_cut(xas->xa, run, xas->xa_index, xas->xa_index);
	run->marks = (run->marks & ~clear) | set;
	if (!run->multi)
		run_merge(xas->xa, run);
}

bool xas_get_mark(const struct xa_state *xas, xa_mark_t mark)
{
	struct xa_run *run = xas_run(xas);

	return run && run->marks & 1 << mark;
}

void xas_set_mark(const struct xa_state *xas, xa_mark_t mark)
{
	change_marks(xas, 0, 1 << mark);
}

void xas_clear_mark(const struct xa_state *xas, xa_mark_t mark)
{
	change_marks(xas, 1 << mark, 0);
}

void xas_init_marks(const struct xa_state *xas)
{
	change_marks(xas, ~0U, 0);
}

/*
 * The simple interface.
 */

void *xa_load(struct xarray *xa, unsigned long index)
{
	struct xa_run *run;
	void *entry = NULL;

	rcu_read_lock();
	sim_race_acquire(xa, true);
	sim_touch(xa, false);
	run = run_at(xa, index);
	if (run)
		entry = entry_at(run, index);
	rcu_read_unlock();
	return xa_is_zero(entry) ? NULL : entry;
}

void *__xa_erase(struct xarray *xa, unsigned long index)
{
	XA_STATE(xas, xa, index);

	return xas_result(&xas, xas_store(&xas, NULL));
}

void *__xa_store(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp)
{
	XA_STATE(xas, xa, index);
	void *old;

	if (WARN_ON_ONCE(xa_is_advanced(entry)))
		return xa_mk_internal(-EINVAL);
	if (!entry && tracks_free(xa))
		entry = XA_ZERO_ENTRY;
	do {
		old = xas_store(&xas, entry);
	} while (nomem_locked(&xas, gfp));
	return xas_result(&xas, old);
}

/* What was there as it is: the zero entry shows. */
static void *cmpxchg_raw(struct xa_state *xas, void *old, void *entry, gfp_t gfp)
{
	void *found;

	do {
		found = xas_load(xas);
		if (found == old)
			xas_store(xas, entry);
	} while (nomem_locked(xas, gfp));
	return found;
}

void *__xa_cmpxchg(struct xarray *xa, unsigned long index, void *old, void *entry, gfp_t gfp)
{
	XA_STATE(xas, xa, index);
	void *found;

	if (WARN_ON_ONCE(xa_is_advanced(entry)))
		return xa_mk_internal(-EINVAL);
	found = cmpxchg_raw(&xas, old, entry, gfp);
	return xas_result(&xas, found);
}

int __xa_insert(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp)
{
	XA_STATE(xas, xa, index);
	void *found;

	if (WARN_ON_ONCE(xa_is_advanced(entry)))
		return -EINVAL;
	found = cmpxchg_raw(&xas, NULL, entry ? entry : XA_ZERO_ENTRY, gfp);
	return xas_error(&xas) ? xas_error(&xas) : (found ? -EBUSY : 0);
}

/* The lowest free index from @index on; false where there is none up to @max. */
static bool find_free(struct xarray *xa, unsigned long *index, unsigned long max)
{
	unsigned long base = xa->xa_flags & XA_FLAGS_ZERO_BUSY ? 1 : 0;
	unsigned long at = max(*index, base);
	bool from_taken = at <= max(xa->xa_taken, base);
	struct xa_run *run;

	if (from_taken)
		at = max(xa->xa_taken, base);
	while (at <= max && (run = run_from(xa, at)) && run->first <= at) {
		if (run->last >= max)
			return false;
		at = run->last + 1;
	}
	if (from_taken)
		xa->xa_taken = at;
	*index = at;
	return at <= max;
}

int __xa_alloc(struct xarray *xa, u32 *id, void *entry, struct xa_limit limit, gfp_t gfp)
{
	XA_STATE(xas, xa, 0);

	if (WARN_ON_ONCE(xa_is_advanced(entry) || !tracks_free(xa)))
		return -EINVAL;
	if (!entry)
		entry = XA_ZERO_ENTRY;
	do {
		xas_set(&xas, limit.min);
		if (find_free(xa, &xas.xa_index, limit.max)) {
			*id = xas.xa_index;
			xas_store(&xas, entry);
		} else {
			xas_set_err(&xas, -EBUSY);
		}
	} while (nomem_locked(&xas, gfp));
	return xas_error(&xas);
}

int __xa_alloc_cyclic(struct xarray *xa, u32 *id, void *entry, struct xa_limit limit, u32 *next, gfp_t gfp)
{
	struct xa_limit ahead = XA_LIMIT(max(limit.min, *next), limit.max);
	int ret = __xa_alloc(xa, id, entry, ahead, gfp);
	int wrapped = xa->xa_flags & XA_FLAGS_ALLOC_WRAPPED ? 1 : 0;

	if (!ret) {
		xa->xa_flags &= ~XA_FLAGS_ALLOC_WRAPPED;
	} else if (ahead.min > limit.min) {
		ret = __xa_alloc(xa, id, entry, limit, gfp);
		wrapped = 1;
	}
	if (ret)
		return ret;
	*next = *id + 1;
	if (!*next)
		xa->xa_flags |= XA_FLAGS_ALLOC_WRAPPED;
	return wrapped;
}

#define LOCKED(type, gfp, call) ({                                                                                     \
	type __ret;                                                                                                    \
	if (gfpflags_allow_blocking(gfp))                                                                              \
		kapi_might_sleep("a store that may allocate");                                                         \
	xa_lock(xa);                                                                                                   \
	__ret = call;                                                                                                  \
	xa_unlock(xa);                                                                                                 \
	__ret; })

void *xa_store(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp)
{
	return LOCKED(void *, gfp, __xa_store(xa, index, entry, gfp));
}

void *xa_erase(struct xarray *xa, unsigned long index)
{
	return LOCKED(void *, 0, __xa_erase(xa, index));
}

void *xa_cmpxchg(struct xarray *xa, unsigned long index, void *old, void *entry, gfp_t gfp)
{
	return LOCKED(void *, gfp, __xa_cmpxchg(xa, index, old, entry, gfp));
}

int xa_insert(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp)
{
	return LOCKED(int, gfp, __xa_insert(xa, index, entry, gfp));
}

int xa_alloc(struct xarray *xa, u32 *id, void *entry, struct xa_limit limit, gfp_t gfp)
{
	return LOCKED(int, gfp, __xa_alloc(xa, id, entry, limit, gfp));
}

int xa_alloc_cyclic(struct xarray *xa, u32 *id, void *entry, struct xa_limit limit, u32 *next, gfp_t gfp)
{
	return LOCKED(int, gfp, __xa_alloc_cyclic(xa, id, entry, limit, next, gfp));
}

void *xa_store_range(struct xarray *xa, unsigned long first, unsigned long last, void *entry, gfp_t gfp)
{
	XA_STATE(xas, xa, first);

	if (WARN_ON_ONCE(xa_is_internal(entry)) || last < first)
		return xa_mk_internal(-EINVAL);
	do {
		xas_lock(&xas);
		store_last(&xas, last, entry);
		xas_unlock(&xas);
	} while (xas_nomem(&xas, gfp));
	return xas_result(&xas, NULL);
}

void xa_destroy(struct xarray *xa)
{
	struct rb_node *node;

	xa_lock(xa);
	while ((node = xa->xa_runs.rb_node))
		run_drop(xa, RUN(node));
	xa->xa_taken = 0;
	xa_unlock(xa);
}

static void *find_visible(struct xa_state *xas, unsigned long *index, unsigned long max, xa_mark_t filter)
{
	void *entry;

	rcu_read_lock();
	do {
		entry = find(xas, max, filter == XA_PRESENT ? 0 : 1 << filter);
	} while (xa_is_zero(entry));
	rcu_read_unlock();
	if (entry)
		*index = xas->xa_index;
	return entry;
}

void *xa_find(struct xarray *xa, unsigned long *index, unsigned long max, xa_mark_t filter)
{
	XA_STATE(xas, xa, *index);

	return find_visible(&xas, index, max, filter);
}

void *xa_find_after(struct xarray *xa, unsigned long *index, unsigned long max, xa_mark_t filter)
{
	XA_STATE(xas, xa, *index);

	/* stands on the entry at *index, so that the walk goes on behind all of it */
	xas.xa_where = XAS_KEEP_WALK;
	return find_visible(&xas, index, max, filter);
}

bool xa_get_mark(struct xarray *xa, unsigned long index, xa_mark_t mark)
{
	XA_STATE(xas, xa, index);

	return xas_get_mark(&xas, mark);
}

void __xa_set_mark(struct xarray *xa, unsigned long index, xa_mark_t mark)
{
	XA_STATE(xas, xa, index);

	xas_set_mark(&xas, mark);
}

void __xa_clear_mark(struct xarray *xa, unsigned long index, xa_mark_t mark)
{
	XA_STATE(xas, xa, index);

	xas_clear_mark(&xas, mark);
}

void xa_set_mark(struct xarray *xa, unsigned long index, xa_mark_t mark)
{
	xa_lock(xa);
	__xa_set_mark(xa, index, mark);
	xa_unlock(xa);
}

void xa_clear_mark(struct xarray *xa, unsigned long index, xa_mark_t mark)
{
	xa_lock(xa);
	__xa_clear_mark(xa, index, mark);
	xa_unlock(xa);
}

/*
 * IDA and IDR. An allocated id is a value in the array that continues its
 * neighbours, so that any number of ids in a row is one run.
 */

int ida_alloc_range(struct ida *ida, unsigned int min, unsigned int max, gfp_t gfp)
{
	XA_STATE(xas, &ida->xa, min);

	if ((int)min < 0)
		return -ENOSPC;
	if ((int)max < 0)
		max = INT_MAX;
	do {
		xas_lock(&xas);
		xas_set(&xas, min);
		if (find_free(xas.xa, &xas.xa_index, max))
			xas_store(&xas, xa_mk_value(xas.xa_index));
		else
			xas_set_err(&xas, -ENOSPC);
		xas_unlock(&xas);
	} while (xas_nomem(&xas, gfp));
	return xas_error(&xas) ? xas_error(&xas) : (int)xas.xa_index;
}

void ida_free(struct ida *ida, unsigned int id)
{
	WARN(!xa_erase(&ida->xa, id), "ida_free called for id=%u which is not allocated.\n", id);
}

void ida_destroy(struct ida *ida)
{
	xa_destroy(&ida->xa);
}

int idr_alloc(struct idr *idr, void *ptr, int start, int end, gfp_t gfp)
{
	u32 id, max = end > 0 ? end - 1 : INT_MAX;
	int ret;

	if (WARN_ON_ONCE(start < 0))
		return -EINVAL;
	ret = xa_alloc(&idr->idr_xa, &id, ptr, XA_LIMIT(start, max), gfp);
	return ret ? (ret == -EBUSY ? -ENOSPC : ret) : (int)id;
}

int idr_alloc_cyclic(struct idr *idr, void *ptr, int start, int end, gfp_t gfp)
{
	int id = idr_alloc(idr, ptr, max(start, (int)idr->idr_next), end, gfp);

	if (id == -ENOSPC && (int)idr->idr_next > start)
		id = idr_alloc(idr, ptr, start, end, gfp);
	if (id >= 0)
		idr->idr_next = id + 1;
	return id;
}

void *idr_find(const struct idr *idr, unsigned long id)
{
	return xa_load((struct xarray *)&idr->idr_xa, id);
}

void *idr_remove(struct idr *idr, unsigned long id)
{
	return xa_erase(&idr->idr_xa, id);
}

void idr_destroy(struct idr *idr)
{
	xa_destroy(&idr->idr_xa);
}

// SPDX-License-Identifier: GPL-2.0-or-later
/* The xarray as an ordered vector: object tables are small, and runs have a tree of their own (sim_run_tree). */
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/xarray.h>

/* Where @index is, or would go. */
static unsigned long position(const struct xarray *xa, unsigned long index)
{
	unsigned long low = 0, high = xa->nr;

	while (low < high) {
		unsigned long mid = low + (high - low) / 2;

		if (xa->slot[mid].index < index)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool present(const struct xarray *xa, unsigned long at, unsigned long index)
{
	return at < xa->nr && xa->slot[at].index == index;
}

static void *visible(void *entry)
{
	return entry == XA_ZERO_ENTRY ? NULL : entry;
}

/*
 * Room for @index, with the lock held; it is dropped while memory is found, as the
 * kernel does, so what stands in the array may change. What is there, even as a
 * reservation, needs none.
 */
static int make_room(struct xarray *xa, unsigned long index, gfp_t gfp)
{
	while (xa->nr == xa->room && !present(xa, position(xa, index), index)) {
		unsigned long room = xa->room ? xa->room * 2 : 8;
		struct kapi_xa_entry *slot, *unused;

		xa_unlock(xa);
		slot = kmalloc_array(room, sizeof(*slot), gfp);
		xa_lock(xa);
		if (!slot)
			return -ENOMEM;
		unused = slot;
		if (xa->room < room) {
			if (xa->nr)
				memcpy(slot, xa->slot, xa->nr * sizeof(*slot));
			unused = xa->slot;
			xa->slot = slot;
			xa->room = room;
		}
		kfree(unused);
	}
	return 0;
}

static void put(struct xarray *xa, unsigned long at, unsigned long index, void *entry)
{
	if (!present(xa, at, index)) {
		memmove(&xa->slot[at + 1], &xa->slot[at], (xa->nr - at) * sizeof(*xa->slot));
		xa->nr++;
		xa->slot[at].index = index;
	}
	xa->slot[at].entry = entry;
}

void *xa_load(struct xarray *xa, unsigned long index)
{
	unsigned long at = position(xa, index);

	return present(xa, at, index) ? visible(xa->slot[at].entry) : NULL;
}

void *__xa_erase(struct xarray *xa, unsigned long index)
{
	unsigned long at = position(xa, index);
	void *old;

	if (!present(xa, at, index))
		return NULL;
	old = visible(xa->slot[at].entry);
	xa->nr--;
	memmove(&xa->slot[at], &xa->slot[at + 1], (xa->nr - at) * sizeof(*xa->slot));
	if (!xa->nr) {
		kfree(xa->slot);
		xa->slot = NULL;
		xa->room = 0;
	}
	return old;
}

void *xa_erase(struct xarray *xa, unsigned long index)
{
	void *old;

	xa_lock(xa);
	old = __xa_erase(xa, index);
	xa_unlock(xa);
	return old;
}

void *xa_store(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp)
{
	unsigned long at;
	void *old;

	if (!entry)
		return xa_erase(xa, index);
	xa_lock(xa);
	if (make_room(xa, index, gfp)) {
		old = ERR_PTR(-ENOMEM);
	} else {
		at = position(xa, index);
		old = present(xa, at, index) ? visible(xa->slot[at].entry) : NULL;
		put(xa, at, index, entry);
	}
	xa_unlock(xa);
	return old;
}

void *__xa_cmpxchg(struct xarray *xa, unsigned long index, void *old, void *entry, gfp_t gfp)
{
	unsigned long at;
	void *now;

	if (entry && make_room(xa, index, gfp))
		return ERR_PTR(-ENOMEM);
	at = position(xa, index);
	now = present(xa, at, index) ? xa->slot[at].entry : NULL;
	if (now != old)
		return now;
	if (entry)
		put(xa, at, index, entry);
	else
		__xa_erase(xa, index);
	return now;
}

void *xa_cmpxchg(struct xarray *xa, unsigned long index, void *old, void *entry, gfp_t gfp)
{
	void *now;

	xa_lock(xa);
	now = __xa_cmpxchg(xa, index, old, entry, gfp);
	xa_unlock(xa);
	return now;
}

int xa_insert(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp)
{
	unsigned long at;
	int ret;

	xa_lock(xa);
	ret = make_room(xa, index, gfp);
	at = position(xa, index);
	if (!ret && present(xa, at, index))
		ret = -EBUSY;
	if (!ret)
		put(xa, at, index, entry ? entry : XA_ZERO_ENTRY);
	xa_unlock(xa);
	return ret;
}

int xa_reserve(struct xarray *xa, unsigned long index, gfp_t gfp)
{
	void *old = xa_cmpxchg(xa, index, NULL, XA_ZERO_ENTRY, gfp);

	return xa_err(old);
}

void xa_release(struct xarray *xa, unsigned long index)
{
	xa_cmpxchg(xa, index, XA_ZERO_ENTRY, NULL, GFP_KERNEL);
}

/* The least index from @index on that nothing stands at. */
static unsigned long first_free(const struct xarray *xa, unsigned long index)
{
	unsigned long at = position(xa, index);

	while (present(xa, at++, index))
		index++;
	return index;
}

int xa_alloc(struct xarray *xa, u32 *id, void *entry, struct xa_limit limit, gfp_t gfp)
{
	unsigned long index = limit.min;
	int ret;

	if ((xa->xa_flags & XA_FLAGS_ALLOC1) == XA_FLAGS_ALLOC1 && !index)
		index = 1;
	xa_lock(xa);
	/* ids have 32 bits: for one more, wherever it will be */
	ret = make_room(xa, ~0UL, gfp);
	index = first_free(xa, index);
	if (!ret && index > limit.max)
		ret = -EBUSY;
	if (!ret) {
		put(xa, position(xa, index), index, entry ? entry : XA_ZERO_ENTRY);
		*id = index;
	}
	xa_unlock(xa);
	return ret;
}

void xa_destroy(struct xarray *xa)
{
	xa_lock(xa);
	kfree(xa->slot);
	xa->slot = NULL;
	xa->nr = xa->room = 0;
	xa_unlock(xa);
}

void *xa_find(struct xarray *xa, unsigned long *index, unsigned long max, unsigned int filter)
{
	for (unsigned long at = position(xa, *index); at < xa->nr && xa->slot[at].index <= max; at++) {
		if (!visible(xa->slot[at].entry))
			continue;
		*index = xa->slot[at].index;
		return xa->slot[at].entry;
	}
	return NULL;
}

void *xa_find_after(struct xarray *xa, unsigned long *index, unsigned long max, unsigned int filter)
{
	if (*index == ~0UL || *index >= max)
		return NULL;
	++*index;
	return xa_find(xa, index, max, filter);
}

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kmalloc and its kin: see <linux/slab.h>.
 *
 * An object is a header, the caller's bytes and a red zone. Headers are linked in
 * the order of allocation, so that what leaked is told in that order. A freed
 * object stays in the quarantine, filled with POISON_FREE (its first 4 KiB),
 * until enough others were freed; only then is its memory used again. Under ASan
 * the quarantine is closed to instrumented code, so that a read is found as well.
 */
#include <linux/bug.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/poison.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <sim/fault.h>
#include <sim/race.h>
#include "asan.h"
#include "internal.h"

#define MAGIC_LIVE 0x6b6d616c6c6f6321UL
#define MAGIC_FREE 0x6672656564212121UL
#define REDZONE 0xbb
#define REDZONE_BYTES 16
#define POISON_BYTES_MAX 4096UL
#define QUARANTINE_OBJECTS 512
#define QUARANTINE_BYTES (1UL << 20)

struct kapi_object {
	union {
		struct list_head live;
		struct kapi_object *next_freed;
	};
	size_t bytes;
	const char *site;
	bool told;			/* in a leak report, or excepted from it */
	bool unused;			/* there is no memory behind it */
	unsigned long magic;		/* last: a write before the object damages it */
};

_Static_assert(sizeof(struct kapi_object) % 16 == 0, "an object is aligned as sim_alloc() aligns");

struct kmem_cache {
	const char *name;
	unsigned int object_bytes;
	unsigned long nr_objects;
	void (*ctor)(void *object);
};

static struct kapi_object *object_of(const void *ptr)
{
	return (struct kapi_object *)ptr - 1;
}

/* Behind the header. */
static size_t memory_bytes(const struct kapi_object *object)
{
	return object->unused ? 0 : object->bytes;
}

static unsigned char *redzone_of(struct kapi_object *object)
{
	return (unsigned char *)(object + 1) + memory_bytes(object);
}

/* All the same as the first: that is what comparing them with themselves, one further on, says, and says fast. */
static bool filled(const void *at, unsigned char byte, size_t bytes)
{
	return !bytes || (*(const unsigned char *)at == byte && !memcmp(at, (const char *)at + 1, bytes - 1));
}

static inline void *object_alloc(size_t bytes, gfp_t gfp, const char *site, bool unused)
{
	struct kapi_state *state = kapi_state_write();
	struct kapi_object *object = sim_alloc(sizeof(*object) + (unused ? 0 : bytes) + REDZONE_BYTES);

	object->bytes = bytes;
	object->site = site;
	object->told = false;
	object->unused = unused;
	object->magic = MAGIC_LIVE;
	list_add_tail(&object->live, &state->objects);
	state->nr_objects++;
	state->object_bytes += bytes;
	if (gfp & __GFP_ZERO)
		memset(object + 1, 0, bytes);
	memset(redzone_of(object), REDZONE, REDZONE_BYTES);
	return object + 1;
}

/* The point and the fault site. */
static inline bool may_have(size_t bytes, gfp_t gfp)
{
	if (gfpflags_allow_blocking(gfp))
		kapi_might_sleep("an allocation");
	sim_point(SIM_POINT_ALLOC, 0, bytes);
	return bytes <= INT_MAX && ((gfp & __GFP_NOFAIL) || !sim_fault(SIM_FAULT_ALLOC));
}

void *kapi_kvmalloc(size_t bytes, gfp_t gfp, const char *site)
{
	if (!bytes)
		return ZERO_SIZE_PTR;
	return may_have(bytes, gfp) ? object_alloc(bytes, gfp, site, false) : NULL;
}

void *kapi_kmalloc_unused(size_t bytes, gfp_t gfp, const char *site)
{
	return may_have(bytes, gfp) ? object_alloc(bytes, 0, site, true) : NULL;
}

void *kapi_kmalloc(size_t bytes, gfp_t gfp, const char *site)
{
	return bytes > KMALLOC_MAX_SIZE ? NULL : kapi_kvmalloc(bytes, gfp, site);
}

size_t ksize(const void *ptr)
{
	return ZERO_OR_NULL_PTR(ptr) ? 0 : object_of(ptr)->bytes;
}

/* Of @bytes behind a header, what is filled. */
static size_t poison_bytes(size_t bytes)
{
	return min(bytes, POISON_BYTES_MAX);
}

/* Out of line, as the library's memset() is faster than what a compiler that knows the bound puts in its place. */
static noinline void poison(void *at, size_t bytes)
{
	OPTIMIZER_HIDE_VAR(bytes);
	memset(at, POISON_FREE, bytes);
}

static __cold noinline void report_stale_write(const struct kapi_object *object)
{
	sim_violate(VIOLATION_USE_AFTER_FREE, "an object of %zu bytes from %s was written after it was freed",
		    object->bytes, kapi_basename(object->site));
}

/* Out of the quarantine, in which nobody may have written to it. */
static inline void release(struct kapi_object *object, size_t bytes)
{
	kapi_asan_unpoison(object + 1, bytes);
	if (unlikely(!filled(object + 1, POISON_FREE, poison_bytes(bytes))))
		report_stale_write(object);
	object->magic = 0;
	sim_free(object);
}

static inline bool quarantine_is_full(const struct kapi_state *state)
{
	return state->nr_freed > QUARANTINE_OBJECTS || state->freed_bytes > QUARANTINE_BYTES;
}

static noinline void release_oldest(struct kapi_state *state)
{
	do {
		struct kapi_object *object = state->freed_first;
		size_t bytes = memory_bytes(object);

		state->freed_first = object->next_freed;
		if (!state->freed_first)
			state->freed_last = &state->freed_first;
		state->nr_freed--;
		state->freed_bytes -= bytes;
		release(object, bytes);
	} while (quarantine_is_full(state));
}

static void release_all(struct kapi_state *state)
{
	struct kapi_object *object = state->freed_first, *next;

	state->freed_first = NULL;
	state->freed_last = &state->freed_first;
	state->nr_freed = state->freed_bytes = 0;
	for (; object; object = next) {
		next = object->next_freed;
		release(object, memory_bytes(object));
	}
}

static __cold noinline void report_overrun(const struct kapi_object *object)
{
	sim_violate(VIOLATION_USE_AFTER_FREE, "an object of %zu bytes from %s was written past its end",
		    object->bytes, kapi_basename(object->site));
}

static inline void check_redzone(struct kapi_object *object)
{
	if (unlikely(!filled(redzone_of(object), REDZONE, REDZONE_BYTES)))
		report_overrun(object);
}

/* Of what kfree() is given, and is no object in use. */
static __cold noinline void report_misfree(const struct kapi_object *object)
{
	if (object->magic == MAGIC_FREE)
		sim_violate(VIOLATION_DOUBLE_FREE, "%s frees an object of %zu bytes from %s again", kapi_self_name(),
			    object->bytes, kapi_basename(object->site));
	else
		sim_violate(VIOLATION_DOUBLE_FREE, "%s frees what was never allocated, or was written before its start",
			    kapi_self_name());
}

void kfree(const void *ptr)
{
	struct kapi_state *state;
	struct kapi_object *object;
	size_t bytes;

	if (ZERO_OR_NULL_PTR(ptr))
		return;
	object = object_of(ptr);
	sim_record(SIM_POINT_FREE, 0, 0);
	if (unlikely(object->magic != MAGIC_LIVE)) {
		report_misfree(object);
		return;
	}
	check_redzone(object);
	bytes = memory_bytes(object);
	if (kapi_actor()->nr_held)
		kapi_locks_freed_check(object + 1, bytes);
	sim_touch_freed(object + 1, bytes);
	sim_race_freed(object + 1, bytes, __builtin_return_address(0));
	object->magic = MAGIC_FREE;
	state = kapi_state_write();
	list_del(&object->live);
	state->nr_objects--;
	state->object_bytes -= object->bytes;
	poison(object + 1, poison_bytes(bytes));
	kapi_asan_poison(object + 1, bytes);
	object->next_freed = NULL;
	*state->freed_last = object;
	state->freed_last = &object->next_freed;
	state->nr_freed++;
	state->freed_bytes += bytes;
	if (unlikely(quarantine_is_full(state)))
		release_oldest(state);
}

void *kapi_krealloc(const void *ptr, size_t bytes, gfp_t gfp, const char *site)
{
	void *grown;

	if (!bytes) {
		kfree(ptr);
		return ZERO_SIZE_PTR;
	}
	grown = kapi_kmalloc(bytes, gfp, site);
	if (!grown || ZERO_OR_NULL_PTR(ptr))
		return grown;
	memcpy(grown, ptr, min(ksize(ptr), bytes));
	kfree(ptr);
	return grown;
}

/* The page-aligned part of a larger object, whose address lies before it. */
unsigned long kapi_get_free_pages(gfp_t gfp, unsigned int order, const char *site)
{
	size_t bytes = PAGE_SIZE << order;
	void **aligned, *raw = kapi_kvmalloc(bytes + PAGE_SIZE + sizeof(raw), gfp, site);

	if (!raw)
		return 0;
	aligned = (void **)ALIGN((unsigned long)raw + sizeof(raw), PAGE_SIZE);
	aligned[-1] = raw;
	return (unsigned long)aligned;
}

void free_pages(unsigned long addr, unsigned int order)
{
	if (addr)
		kfree(((void **)addr)[-1]);
}

struct kmem_cache *kapi_kmem_cache_create(const char *name, unsigned int bytes, void (*ctor)(void *object),
					  const char *site)
{
	struct kmem_cache *cache = kapi_kmalloc(sizeof(*cache), GFP_KERNEL, site);

	if (cache)
		*cache = (struct kmem_cache){ .name = name, .object_bytes = bytes, .ctor = ctor };
	return cache;
}

void kmem_cache_destroy(struct kmem_cache *cache)
{
	if (!cache)
		return;
	if (cache->nr_objects)
		sim_violate(VIOLATION_LEAK, "the cache %s is destroyed with %lu objects in it", cache->name,
			    cache->nr_objects);
	kfree(cache);
}

void *kapi_kmem_cache_alloc(struct kmem_cache *cache, gfp_t gfp, const char *site)
{
	void *object = kapi_kmalloc(cache->object_bytes, gfp, site);

	if (!object)
		return NULL;
	cache->nr_objects++;
	if (cache->ctor)
		cache->ctor(object);
	return object;
}

void kmem_cache_free(struct kmem_cache *cache, void *object)
{
	if (!object)
		return;
	cache->nr_objects--;
	kfree(object);
}

size_t kapi_allocated_objects(void)
{
	return kapi_state()->nr_objects;
}

size_t kapi_allocated_bytes(void)
{
	return kapi_state()->object_bytes;
}

/* Everything from @first's site, as one report. */
static void report_leak(struct kapi_state *state, struct kapi_object *first)
{
	struct kapi_object *object = first;
	size_t nr = 0, bytes = 0;

	list_for_each_entry_from(object, &state->objects, live) {
		if (object->site != first->site)
			continue;
		object->told = true;
		nr++;
		bytes += object->bytes;
	}
	sim_violate(VIOLATION_LEAK, "%zu bytes in %zu objects from %s are still allocated", bytes, nr,
		    kapi_basename(first->site));
}

void kapi_leak_except(void)
{
	struct kapi_object *object;

	list_for_each_entry(object, &kapi_state()->objects, live)
		object->told = true;
}

void kapi_leak_check(void)
{
	struct kapi_state *state = kapi_state_write();
	struct kapi_object *object;

	list_for_each_entry(object, &state->objects, live)
		check_redzone(object);
	list_for_each_entry(object, &state->objects, live)
		if (!object->told)
			report_leak(state, object);
	if (state->nr_xa_runs)
		sim_violate(VIOLATION_LEAK, "%zu runs of entries are left in xarrays", state->nr_xa_runs);
	release_all(state);
}

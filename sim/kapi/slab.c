// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kmalloc: every object is on a list with its size and site; a freed one is
 * poisoned and waits in a bounded quarantine, where a later write is found.
 */
#include <linux/slab.h>
#include <linux/string.h>
#include <sim/fault.h>
#include "internal.h"

#define MAGIC_LIVE 0x6b6d616c6c6f6321UL
#define MAGIC_FREE 0x6672656564212121UL
#define POISON 0x6b
#define REDZONE 0xbb
#define REDZONE_BYTES 16
#define QUARANTINE 256

struct kapi_object {
	struct kapi_object *next, **prev;
	size_t bytes;
	const char *site;
	unsigned long magic;
	unsigned long pad;
};

static struct kapi_object *object_of(const void *ptr)
{
	return (struct kapi_object *)ptr - 1;
}

static bool filled(const void *at, unsigned char byte, size_t bytes)
{
	const unsigned char *p = at;

	for (size_t i = 0; i < bytes; i++)
		if (p[i] != byte)
			return false;
	return true;
}

void *kapi_kmalloc(size_t bytes, gfp_t flags, const char *site)
{
	struct kapi_state *state = kapi_state();
	struct kapi_object *object;

	if (flags & __GFP_DIRECT_RECLAIM)
		kapi_might_sleep("kmalloc");
	sim_point(SIM_POINT_ALLOC, 0, bytes);
	if (!(flags & __GFP_NOFAIL) && sim_fault(SIM_FAULT_ALLOC))
		return NULL;
	object = sim_alloc(sizeof(*object) + bytes + REDZONE_BYTES);
	object->bytes = bytes;
	object->site = site;
	object->magic = MAGIC_LIVE;
	object->next = state->objects;
	object->prev = &state->objects;
	if (object->next)
		object->next->prev = &object->next;
	state->objects = object;
	if (flags & __GFP_ZERO)
		memset(object + 1, 0, bytes);
	memset((char *)(object + 1) + bytes, REDZONE, REDZONE_BYTES);
	return object + 1;
}

size_t ksize(const void *ptr)
{
	return object_of(ptr)->bytes;
}

static void release_oldest(struct kapi_state *state)
{
	struct kapi_object *object = state->freed_first;

	state->freed_first = object->next;
	if (!state->freed_first)
		state->freed_last = &state->freed_first;
	state->freed--;
	if (!filled(object + 1, POISON, object->bytes))
		sim_violate(VIOLATION_USE_AFTER_FREE, "an object of %lu bytes from %s was written after it was freed",
			    object->bytes, object->site);
	sim_free(object);
}

void kfree(const void *ptr)
{
	struct kapi_state *state = kapi_state();
	struct kapi_object *object;

	if (!ptr)
		return;
	object = object_of(ptr);
	sim_record(SIM_POINT_FREE, 0, 0);
	if (object->magic != MAGIC_LIVE) {
		sim_violate(VIOLATION_DOUBLE_FREE, "an object is freed that is not allocated");
		return;
	}
	if (!filled((char *)(object + 1) + object->bytes, REDZONE, REDZONE_BYTES))
		sim_violate(VIOLATION_USE_AFTER_FREE, "an object of %lu bytes from %s was written past its end",
			    object->bytes, object->site);
	object->magic = MAGIC_FREE;
	*object->prev = object->next;
	if (object->next)
		object->next->prev = object->prev;
	memset(object + 1, POISON, object->bytes);
	object->next = NULL;
	*state->freed_last = object;
	state->freed_last = &object->next;
	if (++state->freed > QUARANTINE)
		release_oldest(state);
}

void *kapi_krealloc(const void *ptr, size_t bytes, gfp_t flags, const char *site)
{
	void *new = kapi_kmalloc(bytes, flags, site);

	if (!new || !ptr)
		return new;
	memcpy(new, ptr, ksize(ptr) < bytes ? ksize(ptr) : bytes);
	kfree(ptr);
	return new;
}

void kapi_leak_check(void)
{
	for (struct kapi_object *object = kapi_state()->objects; object; object = object->next)
		sim_violate(VIOLATION_LEAK, "%lu bytes from %s are still allocated", object->bytes, object->site);
	while (kapi_state()->freed)
		release_oldest(kapi_state());
}

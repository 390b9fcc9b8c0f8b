// SPDX-License-Identifier: GPL-2.0-or-later
/* Two tasks and an object that one of them frees: what else is done to it decides which orders differ. */
#include <linux/atomic.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include "freed.h"

struct object {
	atomic_t count;
	spinlock_t lock;
	long plain;
};

static struct {
	struct object *object;
	atomic_t other;
} shared;

static void setup(unsigned int tasks)
{
	shared.object = kzalloc(sizeof(*shared.object), GFP_KERNEL);
	spin_lock_init(&shared.object->lock);
	atomic_set(&shared.object->count, (int)tasks);
	atomic_set(&shared.other, 0);
}

static void count(void *number)
{
	if (number)
		kfree(shared.object);
	else
		atomic_inc(&shared.object->count);
}

static void lock(void *number)
{
	if (number) {
		kfree(shared.object);
	} else {
		spin_lock(&shared.object->lock);
		spin_unlock(&shared.object->lock);
	}
}

static void plain(void *number)
{
	struct object *object = shared.object;

	if (number) {
		kfree(object);
	} else {
		atomic_inc(&shared.other);
		object->plain = 1;
	}
}

static void put(void *number)
{
	if (atomic_dec_and_test(&shared.object->count))
		kfree(shared.object);
}

static void own(void *number)
{
	struct object *object = kzalloc(sizeof(*object), GFP_KERNEL);

	atomic_inc(&object->count);
	kfree(object);
	if (number)
		kfree(shared.object);
}

const struct program freed_count = { .name = "an atomic in it", .tasks = 2, .setup = setup, .task = count };
const struct program freed_lock = { .name = "a lock in it", .tasks = 2, .setup = setup, .task = lock };
const struct program freed_plain = { .name = "a plain word in it", .tasks = 2, .setup = setup, .task = plain };
const struct program freed_put = { .name = "the last one frees it", .tasks = 2, .setup = setup, .task = put };
const struct program freed_own = { .name = "each has its own", .tasks = 2, .setup = setup, .task = own };

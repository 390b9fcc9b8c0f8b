// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The wait-for graph of a stuck world, as text:
 *
 *	stuck: 2 actors wait and nobody can run
 *	  a waits for rwsem iova_rwsem, held by b
 *	  b waits for mutex pages, held by a
 *	cycle: a -> b -> a
 *
 * Who sleeps on a queue or a completion waits for nobody in particular. Where all
 * do so, what is missing is a wake-up and not a lock:
 *
 *	stuck: 1 actor waits and nobody can run
 *	  a waits for done
 *	nobody is left who could wake it
 */
#include "core.h"

#include <stdarg.h>
#include <stdio.h>

struct text {
	char *buf;
	size_t size;
	size_t length;	/* of the whole text, whether it fits or not */
};

__attribute__((format(printf, 2, 3))) static void add(struct text *text, const char *format, ...)
{
	size_t room = text->length < text->size ? text->size - text->length : 0;
	va_list args;
	int nr;

	va_start(args, format);
	nr = vsnprintf(room ? text->buf + text->length : NULL, room, format, args);
	va_end(args);
	if (nr > 0)
		text->length += nr;
}

static void add_waiter(struct text *text, const struct sim_actor *actor)
{
	const char *object = sim_object_name_get(actor->wait_object);
	const struct sim_actor *holder = actor->wait_holder;

	add(text, "  %s waits for %s", actor->rare->name, actor->wait_why);
	if (object)
		add(text, " (%s)", object);
	if (holder)
		add(text, ", held by %s", holder->rare->name);
	if (holder && holder->state == ACTOR_IDLE)
		add(text, ", which has nothing left to do");
	add(text, "\n");
}

static const struct sim_actor *waits_for(const struct sim_actor *actor)
{
	return actor->state == ACTOR_BLOCKED ? actor->wait_holder : NULL;
}

/* Is @actor on a cycle, and its oldest member? Each cycle has one such, so it is told once. */
static bool leads_cycle(const struct sim_world *world, const struct sim_actor *actor)
{
	const struct sim_actor *at = waits_for(actor);

	for (unsigned int steps = 0; at && steps < world->rare.nr_actors; steps++) {
		if (at == actor)
			return true;
		if (at->view.index < actor->view.index)
			return false;
		at = waits_for(at);
	}
	return false;
}

bool sim_wait_holder_set(struct sim_actor *actor, struct sim_actor *holder)
{
	const struct sim_actor *at = holder;

	sim_actor_written(sim_this, actor);
	actor->wait_holder = holder;
	for (unsigned int steps = 0; at && steps < sim_this->rare.nr_actors; steps++) {
		if (at == actor)
			return true;
		at = waits_for(at);
	}
	return false;
}

bool sim_stuck_on_holder(void)
{
	const struct sim_world *world = sim_this;

	for (unsigned int i = 0; i < world->rare.nr_actors; i++) {
		if (waits_for(world->rare.actors[i]))
			return true;
	}
	return false;
}

static void add_cycle(struct text *text, const struct sim_actor *first)
{
	const struct sim_actor *at = first;

	add(text, "cycle: %s", first->rare->name);
	do {
		at = waits_for(at);
		add(text, " -> %s", at->rare->name);
	} while (at != first);
	add(text, "\n");
}

int sim_stuck_report(char *buf, size_t size)
{
	const struct sim_world *world = sim_this;
	struct text text = { .buf = buf, .size = size };

	add(&text, "stuck: %u actor%s and nobody can run\n", world->nr_blocked,
	    world->nr_blocked == 1 ? " waits" : "s wait");
	for (unsigned int i = 0; i < world->rare.nr_actors; i++) {
		if (world->rare.actors[i]->state == ACTOR_BLOCKED)
			add_waiter(&text, world->rare.actors[i]);
	}
	for (unsigned int i = 0; i < world->rare.nr_actors; i++) {
		if (leads_cycle(world, world->rare.actors[i]))
			add_cycle(&text, world->rare.actors[i]);
	}
	if (world->nr_blocked && !sim_stuck_on_holder())
		add(&text, "nobody is left who could wake %s\n", world->nr_blocked == 1 ? "it" : "them");
	return text.length;
}

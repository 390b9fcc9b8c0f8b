// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Data races by vector clocks (FastTrack's idea, without its shortcuts: a schedule
 * here has thousands of accesses and not billions).
 *
 * Each actor has a clock for itself and what it knows of the others'. A place that
 * orders (a lock, an atomic) keeps what was known to those that released it. Shadow
 * memory, by words of 8 bytes, keeps of each word the accesses that something to
 * come may still race with: one that the present access is ordered behind, and
 * covers, is forgotten.
 *
 * All of it is world memory, so that snapshots carry it. The actors' own stacks are
 * private and not looked at. What was found becomes a report behind sim_run(), on
 * the OS's stack, where places in the code can be given names (symbol.c); there the
 * races that the kernel's authors know and have documented are put aside.
 */
#include "core.h"
#include "fiber.h"

#include <stdio.h>
#include <string.h>

#undef sim_race_acquire
#undef sim_race_release
#undef sim_race_saw
#undef sim_race_freed
#undef sim_race_off
#undef sim_race_on

#define WORD_SHIFT 3
#define WORD_BYTES 8u
#define PAGE_SHIFT 12
#define WORDS_IN_PAGE (1u << (PAGE_SHIFT - WORD_SHIFT))
#define FREED_BYTES_MAX 4096	/* of a freed object as much is watched as the allocator poisons */

/* What an actor knows: of each actor, by index, the clock up to which it comes behind it. */
struct clocks {
	uint32_t *at;
	unsigned int nr;
};

struct access {
	uintptr_t pc;
	uint32_t clock;			/* the actor's own at the time */
	unsigned int actor;
	unsigned int call;		/* the step of the scenario that it was in */
	unsigned char mask;		/* of the word's bytes */
	bool write, marked, freed;
};

struct cell {
	unsigned int nr, room;
	struct access access[];
};

struct sync {
	struct sync *next;		/* of the same page */
	uintptr_t at;
	struct clocks writers;		/* released for everybody */
	struct clocks readers;		/* released by readers, for who acquires all */
};

struct page {
	uintptr_t number;
	struct cell *cells[WORDS_IN_PAGE];
	struct sync *syncs;
};

/* A race or use after free, until it is reported. */
struct finding {
	struct finding *next;
	struct access now, before;
	size_t bytes;
	unsigned long step, record;
};

struct race_actor {
	struct clocks knows;
	struct clocks inbox;		/* from who queued its bodies */
	struct clocks seen;		/* released at what it has read without acquiring: comes before what it frees */
	unsigned int off;
};

struct sim_race {
	struct race_actor *actors;
	unsigned int nr_actors;
	struct clocks outside;
	struct page **pages;		/* open addressing, by number */
	size_t nr_pages, room_pages;
	struct finding *findings, **last_finding;
};

/*
 * Races that the kernel's own source says are intended, or whose outcome it allows
 * for, by the functions of both sides; NULL: any. One place in docs/data-races.md
 * for each, with the reason.
 */
static const struct {
	const char *function[2];
} known[] = {
	/* vfio type1's early look at mm->locked_vm without mmap_lock: the charge looks again, with it */
	{ { "payer_counter", NULL } },
	{ { "vfio_pin_pages_remote", "__account_locked_vm" } },
	{ { "vfio_pin_pages_remote", "charge_locked_vm" } },
	{ { "vfio_pin_pages_remote", "locked_vm_add" } },
};

bool sim_races_built(void)
{
	return SIM_RACES;
}

/*
 * Clocks
 */

static uint32_t *clock_of(struct clocks *clocks, unsigned int actor)
{
	if (actor >= clocks->nr) {
		unsigned int nr = actor + 8;

		clocks->at = sim_realloc(clocks->at, nr * sizeof(*clocks->at));
		memset(clocks->at + clocks->nr, 0, (nr - clocks->nr) * sizeof(*clocks->at));
		clocks->nr = nr;
	}
	return &clocks->at[actor];
}

static void join(struct clocks *clocks, const struct clocks *more)
{
	for (unsigned int i = more->nr; i--;) {
		if (more->at[i] > *clock_of(clocks, i))
			clocks->at[i] = more->at[i];
	}
}

static struct race_actor *race_actor(struct sim_race *race, unsigned int index)
{
	if (index >= race->nr_actors) {
		unsigned int nr = index + 8;

		race->actors = sim_realloc(race->actors, nr * sizeof(*race->actors));
		memset(race->actors + race->nr_actors, 0, (nr - race->nr_actors) * sizeof(*race->actors));
		for (unsigned int i = race->nr_actors; i < nr; i++)
			*clock_of(&race->actors[i].knows, i) = 1;
		race->nr_actors = nr;
	}
	return &race->actors[index];
}

/* The running actor, where races are looked for and one runs; else NULL. */
static struct race_actor *running(struct sim_world *world)
{
	if (!world || !world->race || world->current == &world->outside)
		return NULL;
	return race_actor(world->race, world->current->view.index);
}

/* What comes next is behind what was given away. */
static void tick(struct race_actor *self, unsigned int index)
{
	++*clock_of(&self->knows, index);
}

/*
 * Shadow memory
 */

static struct page **page_slot(struct sim_race *race, uintptr_t number)
{
	size_t at = number * 0x9e3779b97f4a7c15ull >> 32;

	for (;; at++) {
		struct page **slot = &race->pages[at & (race->room_pages - 1)];

		if (!*slot || (*slot)->number == number)
			return slot;
	}
}

static struct page *page_find(struct sim_race *race, uintptr_t number)
{
	return race->room_pages ? *page_slot(race, number) : NULL;
}

static void pages_grow(struct sim_race *race)
{
	struct page **old = race->pages;
	size_t room = race->room_pages;

	race->room_pages = room ? room * 2 : 256;
	race->pages = sim_zalloc(race->room_pages * sizeof(*race->pages));
	for (size_t i = 0; i < room; i++) {
		if (old[i])
			*page_slot(race, old[i]->number) = old[i];
	}
	sim_free(old);
}

static struct page *page_get(struct sim_race *race, uintptr_t number)
{
	struct page *page = page_find(race, number);

	if (page)
		return page;
	if (race->nr_pages * 2 >= race->room_pages)
		pages_grow(race);
	page = sim_zalloc(sizeof(*page));
	page->number = number;
	*page_slot(race, number) = page;
	race->nr_pages++;
	return page;
}

static void cell_add(struct cell **cell, const struct access *access)
{
	struct cell *grown = *cell;

	if (!grown || grown->nr == grown->room) {
		unsigned int room = grown ? grown->room * 2 : 2;

		grown = sim_realloc(grown, sizeof(*grown) + room * sizeof(grown->access[0]));
		if (!*cell)
			grown->nr = 0;
		grown->room = room;
		*cell = grown;
	}
	grown->access[grown->nr++] = *access;
}

/* The memory goes back to the host side: whoever gets it next has nothing to do with what was done there. */
void sim_race_forget(struct sim_world *world, const void *at, size_t bytes)
{
	struct sim_race *race = world->race;
	uintptr_t first = (uintptr_t)at, last = first + bytes - 1, number;

	if (!race || !bytes)
		return;
	world->race = NULL;	/* what is freed here comes back here otherwise */
	for (number = first >> PAGE_SHIFT; number <= last >> PAGE_SHIFT; number++) {
		struct page *page = page_find(race, number);
		uintptr_t base = number << PAGE_SHIFT;
		struct sync **link;

		if (!page)
			continue;
		for (unsigned int word = 0; word < WORDS_IN_PAGE; word++) {
			uintptr_t address = base + word * WORD_BYTES;

			if (page->cells[word] && address + WORD_BYTES > first && address <= last) {
				sim_free(page->cells[word]);
				page->cells[word] = NULL;
			}
		}
		for (link = &page->syncs; *link;) {
			struct sync *sync = *link;

			if (sync->at < first || sync->at > last) {
				link = &sync->next;
				continue;
			}
			*link = sync->next;
			sim_free(sync->writers.at);
			sim_free(sync->readers.at);
			sim_free(sync);
		}
	}
	world->race = race;
}

static struct sync *sync_get(struct sim_race *race, const void *at)
{
	struct page *page = page_get(race, (uintptr_t)at >> PAGE_SHIFT);
	struct sync *sync;

	for (sync = page->syncs; sync; sync = sync->next) {
		if (sync->at == (uintptr_t)at)
			return sync;
	}
	sync = sim_zalloc(sizeof(*sync));
	sync->at = (uintptr_t)at;
	sync->next = page->syncs;
	page->syncs = sync;
	return sync;
}

/*
 * What orders
 */

void sim_race_acquire(const void *at, bool all)
{
	struct sim_world *world = sim_this;
	struct race_actor *self = running(world);
	struct sync *sync;

	if (!self)
		return;
	sync = sync_get(world->race, at);
	join(&self->knows, &sync->writers);
	if (all)
		join(&self->knows, &sync->readers);
}

void sim_race_release(const void *at, bool shared)
{
	struct sim_world *world = sim_this;
	struct race_actor *self = running(world);
	struct sync *sync;

	if (!self)
		return;
	sync = sync_get(world->race, at);
	join(shared ? &sync->readers : &sync->writers, &self->knows);
	tick(self, world->current->view.index);
}

void sim_race_saw(const void *at)
{
	struct sim_world *world = sim_this;
	struct race_actor *self = running(world);

	if (self)
		join(&self->seen, &sync_get(world->race, at)->writers);
}

void sim_race_submit(struct sim_world *world, const struct sim_actor *to)
{
	struct race_actor *self = running(world), *other = race_actor(world->race, to->view.index);

	/* Making room for the other may have moved this one. */
	self = self ? running(world) : NULL;
	join(&other->inbox, self ? &self->knows : &world->race->outside);
	if (self)
		tick(self, world->current->view.index);
}

void sim_race_begin(struct sim_world *world)
{
	struct race_actor *self = running(world);

	join(&self->knows, &self->inbox);
}

void sim_race_wake(struct sim_world *world, const struct sim_actor *whom)
{
	struct race_actor *other = race_actor(world->race, whom->view.index), *self = running(world);

	join(&other->knows, self ? &self->knows : &world->race->outside);
	if (self)
		tick(self, world->current->view.index);
}

/* Nobody runs: what comes next is behind all of them. */
void sim_race_quiet(struct sim_world *world)
{
	struct sim_race *race = world->race;

	for (unsigned int i = 0; i < race->nr_actors; i++) {
		join(&race->outside, &race->actors[i].knows);
		tick(&race->actors[i], i);
	}
}

void sim_race_off(void)
{
	struct race_actor *self = running(sim_this);

	if (self)
		self->off++;
}

void sim_race_on(void)
{
	struct race_actor *self = running(sim_this);

	if (self && self->off)
		self->off--;
}

/*
 * Accesses
 */

static bool same_places(const struct finding *finding, const struct access *now, const struct access *before)
{
	return (finding->now.pc == now->pc && finding->before.pc == before->pc) ||
	       (finding->now.pc == before->pc && finding->before.pc == now->pc);
}

static void found(struct sim_world *world, const struct access *now, const struct access *before, size_t bytes)
{
	struct sim_race *race = world->race;
	struct finding *finding;

	for (finding = race->findings; finding; finding = finding->next) {
		if (same_places(finding, now, before))
			return;
	}
	finding = sim_alloc(sizeof(*finding));
	*finding = (struct finding){
		.now = *now,
		.before = *before,
		.bytes = bytes,
		.step = world->step,
		.record = world->nr_records,
	};
	if (!race->findings)
		race->last_finding = &race->findings;
	*race->last_finding = finding;
	race->last_finding = &finding->next;
}

static bool knows(const struct clocks *clocks, const struct access *before)
{
	return before->actor < clocks->nr && before->clock <= clocks->at[before->actor];
}

/*
 * A count that was read as zero, and only then is the object freed: no acquire, but a store cannot come before the
 * read that it depends on. To free is to store.
 */
static bool ordered(const struct race_actor *self, const struct access *before, const struct access *now)
{
	return knows(&self->knows, before) || (now->freed && knows(&self->seen, before));
}

/* One access to the bytes @now->mask of a word. */
static void access_word(struct sim_world *world, const struct race_actor *self, struct cell **cell,
			const struct access *now, size_t bytes)
{
	struct cell *known = *cell;
	unsigned int kept = 0;

	for (unsigned int i = 0; known && i < known->nr; i++) {
		struct access before = known->access[i];
		bool covered = !(before.mask & ~now->mask);

		if (!(before.mask & now->mask)) {
			known->access[kept++] = before;
			continue;
		}
		if (before.freed)
			found(world, now, &before, bytes);
		else if (before.actor != now->actor && (before.write || now->write) &&
			 !(before.marked && now->marked) && !ordered(self, &before, now))
			found(world, now, &before, bytes);
		/* Whatever would race with it races with this one as well. */
		if (!before.freed && covered && (before.actor == now->actor || ordered(self, &before, now)) &&
		    (now->write || !before.write) && (!now->marked || before.marked))
			continue;
		known->access[kept++] = before;
	}
	if (known)
		known->nr = kept;
	cell_add(cell, now);
}

static bool on_a_stack(const struct sim_world *world, uintptr_t at)
{
	for (unsigned int i = 0; i < world->rare.nr_actors; i++) {
		const struct sim_fiber *fiber = world->rare.actors[i]->fiber;
		uintptr_t low, high;

		if (!fiber)
			continue;
		sim_fiber_stack(fiber, &low, &high);
		if (at >= low && at < high)
			return true;
	}
	return false;
}

static void access_all(struct sim_world *world, const struct race_actor *self, uintptr_t at, size_t bytes,
		       struct access *now)
{
	uintptr_t end = at + bytes, word = at & ~(uintptr_t)(WORD_BYTES - 1);

	for (; word < end; word += WORD_BYTES) {
		struct page *page = page_get(world->race, word >> PAGE_SHIFT);
		unsigned int first = word < at ? at - word : 0;
		unsigned int last = end - word < WORD_BYTES ? end - word : WORD_BYTES;

		now->mask = (0xff << first) & (0xff >> (WORD_BYTES - last));
		access_word(world, self, &page->cells[(word >> WORD_SHIFT) % WORDS_IN_PAGE], now, bytes);
	}
}

/* A search decides by these too which steps depend on each other. */
static void touch_all(struct sim_world *world, uintptr_t at, size_t bytes, bool write)
{
	if (!world->strategy->record)
		return;
	for (uintptr_t word = at >> WORD_SHIFT; word <= (at + bytes - 1) >> WORD_SHIFT; word++)
		sim_touch((const void *)(word << WORD_SHIFT), write);
}

void sim_race_access(const void *at, size_t bytes, unsigned int flags, const void *pc)
{
	struct sim_world *world = sim_this;
	struct race_actor *self = running(world);
	struct access now;

	if (!self || self->off || !bytes || on_a_stack(world, (uintptr_t)at))
		return;
	if (world->preempt_access && !(flags & SIM_RACE_MARKED)) {
		sim_point_at(flags & SIM_RACE_WRITE ? SIM_POINT_PLAIN_WRITE : SIM_POINT_PLAIN_READ, at, (long)bytes);
		self = running(world);
	}
	touch_all(world, (uintptr_t)at, bytes, flags & SIM_RACE_WRITE);
	now = (struct access){
		.pc = (uintptr_t)pc,
		.clock = self->knows.at[world->current->view.index],
		.actor = world->current->view.index,
		.call = world->current->call,
		.write = flags & SIM_RACE_WRITE,
		.marked = flags & SIM_RACE_MARKED,
	};
	access_all(world, self, (uintptr_t)at, bytes, &now);
}

void sim_race_freed(const void *at, size_t bytes, const void *pc)
{
	struct sim_world *world = sim_this;
	struct race_actor *self = running(world);
	struct access now;

	if (!self || !bytes)
		return;
	now = (struct access){
		.pc = (uintptr_t)pc,
		.clock = self->knows.at[world->current->view.index],
		.actor = world->current->view.index,
		.call = world->current->call,
		.write = true,
		.freed = true,
	};
	access_all(world, self, (uintptr_t)at, bytes < FREED_BYTES_MAX ? bytes : FREED_BYTES_MAX, &now);
}

/*
 * Reports
 */

static bool in_function(const char *site, const char *function)
{
	size_t length;

	if (!function)
		return true;
	length = strlen(function);
	return !strncmp(site, function, length) && site[length] == '(';
}

static bool is_known(const char *one, const char *other)
{
	for (unsigned int i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		const char *const *function = known[i].function;

		if ((in_function(one, function[0]) && in_function(other, function[1])) ||
		    (in_function(other, function[0]) && in_function(one, function[1])))
			return true;
	}
	return false;
}

static const char *verb(const struct access *access, bool past)
{
	if (access->freed)
		return past ? "freed" : "frees";
	if (access->write)
		return access->marked ? (past ? "wrote, marked," : "writes, marked,") : (past ? "wrote" : "writes");
	return access->marked ? (past ? "read, marked," : "reads, marked,") : (past ? "read" : "reads");
}

static const char *doing(const struct access *access, char *buf, size_t size)
{
	if (access->call)
		snprintf(buf, size, "%s in step %u", sim_actor_name_at(access->actor), access->call);
	else
		snprintf(buf, size, "%s", sim_actor_name_at(access->actor));
	return buf;
}

static void report(struct sim_world *world, const struct finding *finding)
{
	const struct access *now = &finding->now, *before = &finding->before;
	char one[160], other[160], who[64], whom[64];

	sim_symbol(now->pc - 1, one, sizeof(one));
	sim_symbol(before->pc - 1, other, sizeof(other));
	if (!before->freed && is_known(one, other))
		return;
	/* What frees, and is ordered with no access of another's, might as well have come before it. */
	sim_violate_as(before->freed || now->freed ? VIOLATION_USE_AFTER_FREE : VIOLATION_DATA_RACE, now->actor,
		       finding->step, finding->record, "%s %s %zu bytes in %s; %s %s them in %s%s",
		       doing(now, who, sizeof(who)), verb(now, false), finding->bytes, one,
		       doing(before, whom, sizeof(whom)), verb(before, true), other,
		       before->freed ? "" : "; nothing orders the two");
}

void sim_race_report(struct sim_world *world)
{
	struct sim_race *race = world->race;

	while (race->findings) {
		struct finding *finding = race->findings;

		race->findings = finding->next;
		report(world, finding);
		sim_free(finding);
	}
}

void sim_race_init(struct sim_world *world)
{
	world->race = sim_zalloc(sizeof(*world->race));
}

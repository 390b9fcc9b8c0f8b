/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of sim/core share, and nobody else sees: the world itself.
 *
 * One struct sim_world owns the arena, the actors with their fibers, the trace
 * hash, the tape, the reports and the registries. Everything that a run changes
 * is reachable from here; what an OS thread keeps between runs (stacks and arena
 * chunks, no state of any run) is in cache.c.
 *
 * "Outside" is an actor too: code that runs outside any actor (the runner, a
 * test) has its own refusal, faults and preemption depth, so no function needs a
 * second path for it. It never is on the ready list and sim_self() hides it.
 */
#ifndef SIM_CORE_H
#define SIM_CORE_H

#include <stdint.h>
#include <sim/digest.h>
#include <sim/fault.h>
#include <sim/invariant.h>
#include <sim/race.h>
#include <sim/sched.h>
#include <sim/threads.h>
#include <sim/trace.h>
#include <sim/verdict.h>
#include <sim/world.h>

_Static_assert(sizeof(long) == 8, "the simulated machine has 64-bit longs, and so must the host");

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

/* The index under which "outside any actor" is recorded. */
#define OUTSIDE_INDEX (~0u)
/* Rooms with a digest, with some to spare. */
#define SIM_DIGESTS_MAX 16

#if defined(__SANITIZE_ADDRESS__)
#define SIM_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SIM_ASAN 1
#endif
#endif
#ifndef SIM_ASAN
#define SIM_ASAN 0
#endif
/* Set by the build: these files themselves are not instrumented for TSan, whose business is the simulated kernel. */
#ifndef SIM_TSAN
#define SIM_TSAN 0
#endif

/* Machines without a context switch of our own. */
#if !defined(SIM_UCONTEXT) && !defined(__x86_64__) && !defined(__aarch64__)
#define SIM_UCONTEXT 1
#endif

struct sim_fiber;

/* cache.c, fiber.c, alloc.c: the host's side. */

/* Ends the process with "pinsim: ..." and exit status 3: the host failed, or a layer broke the contract. */
_Noreturn void sim_die(const char *format, ...) __attribute__((cold, format(printf, 1, 2)));
bool sim_on_valgrind(void);
bool sim_on_memcheck(void);

struct sim_chunk {
	struct sim_chunk *next;
	size_t used;		/* of bytes, once a later chunk is in use */
	_Alignas(16) unsigned char bytes[];
};
#define SIM_CHUNK_BYTES ((size_t)64 << 10)

struct sim_chunk *sim_cache_chunk_get(void);
void sim_cache_chunk_put(struct sim_chunk *chunk);
/* This thread's, made when first asked for and freed when the thread ends. */
void *sim_cache_handler_stack(size_t bytes);
/* symbol.c's, kept for the next world of this thread; NULL: not read yet. */
void *sim_cache_symbols(void);
void sim_cache_symbols_keep(void *symbols);

/* symbol.c. Not on a fiber's stack. "function() file.c:12", as much of it as is known. */
void sim_symbol(uintptr_t address, char *buf, size_t size);
void sim_symbols_free(void *symbols);

/*
 * What content something has, so that a snapshot need not copy what is as it was: the
 * same number, the same content. Who changes it says so by a single store, and the
 * number is a new one when somebody next asks for it.
 */
struct sim_version {
	unsigned long number;
	unsigned long last;	/* given so far; no snapshot brings it back */
	bool changed;		/* since it had that number */
};

static inline unsigned long sim_version_number(struct sim_version *version)
{
	if (version->changed)
		version->number = ++version->last;
	version->changed = false;
	return version->number;
}

#define SIM_ARENA_CLASSES 52
struct sim_big;
struct sim_arena {
	unsigned char *at;	/* the free rest of the last chunk */
	unsigned char *end;
	struct sim_chunk *last;	/* in use; behind it are those that a restored snapshot gave back */
	uint32_t last_big;
	bool individual;	/* every block is: under memcheck and the sanitizers */
	/* What follows snapshots hold in ways of their own. */
	struct sim_version lists;	/* of free[] */
	struct sim_chunk *first;	/* in the order in which the world got them */
	struct sim_big *bigs;	/* blocks that are the host's own, each */
	struct sim_big *retired;	/* freed, but of a snapshot */
	void *free[SIM_ARENA_CLASSES];
};

/*
 * Memory that is hardly ever written, in chunks of its own so that snapshots need not
 * copy it each time: nothing of it is given back before the world ends.
 */
struct sim_pool {
	unsigned char *at, *end;	/* the free rest of the last chunk in use */
	struct sim_chunk *last;
};
/*
 * Actors lie on their own, and are copied with their stacks: not where tools know more
 * about each byte, nor where a fiber is more than its stack.
 */
static inline bool sim_arena_has_no_actors(const struct sim_arena *arena)
{
#ifdef SIM_UCONTEXT
	return false;
#else
	return !arena->individual;
#endif
}
void sim_arena_init(struct sim_arena *arena);
void sim_arena_destroy(struct sim_arena *arena);
void sim_chunks_put(struct sim_chunk *chunk);
/* Of chunk->bytes, up to arena->last. */
size_t sim_arena_chunk_used(const struct sim_arena *arena, const struct sim_chunk *chunk);
/* Free blocks have no content, and are given out in the order of their addresses. */
void sim_arena_tidy(struct sim_arena *arena);
/* The number of the big block that @at lies in, by order of allocation from 1, and how far in; 0: in none. */
uint64_t sim_arena_big_at(const struct sim_arena *arena, const void *at, size_t *offset);
size_t sim_arena_count_bigs(const struct sim_arena *arena);
/* Lists all big blocks in @bigs; each keeps its address until it is dropped. */
void sim_arena_hold_bigs(struct sim_arena *arena, struct sim_big **bigs);
/* Makes the held @bigs the ones in use, and no others; their content is the caller's business. */
void sim_arena_bring_bigs(struct sim_arena *arena, struct sim_big **bigs, size_t nr);
void sim_arena_drop_bigs(struct sim_arena *arena, struct sim_big **bigs, size_t nr);
/* Returns how many bytes lie at *@at. */
size_t sim_big_payload(struct sim_big *big, unsigned char **at);

/* tape.c: the open choices as deviations from the sequential order. */
struct sim_tape {
	uint64_t *words;	/* the deviations, as bits: see tape.c */
	size_t nr_bits;
	size_t nr_words;	/* room */
	size_t nr_deviations;
	size_t nr_choices;
	size_t zeros;		/* choices since the last deviation */
};
struct sim_tape_reader {
	const struct sim_tape *tape;
	size_t bit;
	size_t left;		/* deviations not yet read */
	size_t zeros;		/* choices before the next deviation */
	uint64_t value;		/* of the next deviation; 0: none left */
};
void sim_tape_append_deviation(struct sim_tape *tape, uint64_t value);
static inline void sim_tape_append(struct sim_tape *tape, uint64_t value)
{
	tape->nr_choices++;
	if (value)
		sim_tape_append_deviation(tape, value);
	else
		tape->zeros++;
}
void sim_tape_reader_init(struct sim_tape_reader *reader, const struct sim_tape *tape);
/* The next choice; 0 (as in_order) behind the end. */
uint64_t sim_tape_read(struct sim_tape_reader *reader);
/* Appends @value as the code of the tape; false and nothing read where the bits end first (token.c). */
bool sim_tape_get_code(const struct sim_tape *tape, size_t *bit, uint64_t *value);

/* For sim_tape_cut(): how many words are written of it, and a copy of them. */
size_t sim_tape_words(const struct sim_tape *tape);
void sim_tape_words_copy(const struct sim_tape *tape, uint64_t *words);
/* @tape's counts are those of an earlier time, when it held @words; since then it had grown to @nr_bits. */
void sim_tape_cut(struct sim_tape *tape, size_t nr_bits, const uint64_t *words);

/*
 * How a pick stands on the tape: 0 is what the sequential order would do, k the
 * k-th of the others. @fallback: index of the sequential order's choice.
 */
static inline unsigned int pick_default(int current)
{
	return current < 0 ? 0 : current;
}

static inline uint64_t pick_to_choice(unsigned int pick, unsigned int fallback)
{
	if (pick == fallback)
		return 0;
	return pick < fallback ? pick + 1 : pick;
}

static inline unsigned int choice_to_pick(uint64_t choice, unsigned int nr, unsigned int fallback)
{
	if (choice == 0 || choice >= nr)
		return fallback;
	return choice <= fallback ? choice - 1 : choice;
}

/* sched.c */
struct sim_body {
	struct sim_body *next;
	void (*run)(void *arg);
	void *arg;
	uint64_t by_actor;	/* 1: submitted inside one, as others may; a word, as a state has no gaps */
};

enum __attribute__((packed)) actor_state {
	ACTOR_IDLE,
	ACTOR_READY,	/* also while it runs */
	ACTOR_BLOCKED,
};

/* Of an actor, what a run hardly ever changes: behind sim_rare_write(). */
struct sim_actor_rare {
	const char *name;
	struct sim_thread *thread;	/* of the threads engine, in a fiber's place */
	unsigned long fault_left[SIM_FAULT_NR];
	unsigned long fault_nth;
};

/*
 * Behind each but the outside lie SIM_ACTOR_ROOM bytes for the layer above, and both with
 * its stack are what snapshots copy where it was written: whoever writes there and is not
 * the actor itself says so by sim_actor_written().
 */
struct sim_actor {
	SIM_ACTOR_FRONT;		/* faults: bit SITE: armed; then fail_nth(), then a sweep */
	uint64_t mixed;			/* sim_trace_mixed() of its index */
	struct sim_actor_view view;	/* what strategies get to see */
	uint64_t bit;			/* in world->written, ready_bits; 0: the outside, and behind SIM_ACTOR_BITS */
	enum actor_state state;
	bool refused;
	unsigned int call;		/* the scenario's step that it runs; 0: none */
	struct sim_fiber *fiber;	/* while a body is under way */
	struct sim_body *first, **tail;
	struct sim_actor_rare *rare;
	char *refusal;			/* a buffer, once there was one */
	/* what it waits for, while blocked */
	unsigned long wait_object;
	const char *wait_why;
	struct sim_actor *wait_holder;
};

/* fault.c: what sim_fault_sweep() asked for */
struct fault_sweep {
	enum sim_fault_site site;
	unsigned long left;		/* calls up to the one that fails; 0: none is to fail, or it has */
	bool persistent;
	unsigned long delivered;
	unsigned long *count;		/* by site, of what counts only; or NULL */
};

/* verdict.c */

/* A report, and the places in the code that its text leaves open: see sim_violate_at(). */
#define SITES_MAX 2
struct report {
	struct sim_report told;
	uintptr_t sites[SITES_MAX];
};
/* As sim_violate(); "@1" and "@2" in the text become names of the places @sites. */
void sim_violate_at(enum sim_violation violation, const uintptr_t sites[SITES_MAX], const char *format, ...)
	__attribute__((cold, format(printf, 3, 4)));
/* As sim_violate(), of something that happened before: by whom, in which step, behind which record. */
void sim_violate_as(enum sim_violation violation, unsigned int actor, unsigned long step, unsigned long record,
		    const char *format, ...) __attribute__((cold, format(printf, 5, 6)));
/* Gives the places their names. Outside of any actor. */
void sim_reports_resolve(struct sim_world *world);

/* invariant.c: what is checked at one kind of time. */
#define SIM_ROUNDS (SIM_END + 1)
struct sim_check {
	void (*check)(void);
	const unsigned long *changed;	/* nothing to look at where it points to zero */
	unsigned int alike;		/* from this one on, so many with the same .changed */
};
struct sim_round {
	struct sim_check *checks;
	unsigned int nr, room;
};

/*
 * The part of a world that a run hardly ever changes, so that snapshots need not copy
 * it each time: written through sim_rare_write() alone, and so are what sim_rare_grow()
 * gave, the world's holds, room_holds and slots, and what its struct has from ready on.
 */
struct sim_rare {
	struct sim_pool pool;
	struct sim_pool actor_pool;
	struct sim_actor_rare outside;

	void (*slot_fini[SIM_SLOT_NR])(void *state);
	unsigned char slot_order[SIM_SLOT_NR];
	unsigned int nr_slots;

	struct sim_actor **actors;
	unsigned int nr_actors;
	unsigned int room_actors;

	const char **names;		/* by object id */
	unsigned long room_names;

	struct report *reports;
	size_t nr_reports;
	size_t room_reports;
	size_t nr_resolved;		/* reports whose places in the code have their names */
	unsigned long violations[VIOLATION_NR];
	unsigned long warnings;
	struct sim_warned *warned;

	const struct sim_invariant **invariants;
	size_t nr_invariants;
	size_t room_invariants;
	struct sim_round rounds[SIM_ROUNDS];
	void (*digests[SIM_DIGESTS_MAX])(struct sim_digest *digest);
	unsigned int nr_digests;
	bool refusals_unread;

	struct fault_sweep sweep;
	const char *oops_what;		/* for oops(): what the signal meant */
	unsigned long oops_offset;	/* from NULL; ~0: not so */
	uintptr_t oops_pc;
	bool oops_poison;		/* a register held what freed memory is filled with */

	struct sim_region *regions;	/* snapshot.c; newest first */
};

/* Those behind are taken for written. */
#define SIM_ACTOR_BITS 64u

struct sim_world {
	SIM_WORLD_FRONT;		/* from nr_ready on: what a snapshot copies each time */
	bool closed;			/* the strategy has a window, which is not open */
	bool fatal;			/* a BUG or the step bound: nobody is picked any more */
	unsigned int nr_blocked;
	uint64_t ready_bits;		/* of those in ready[] */
	unsigned long silent;		/* bit KIND: whoever is about to do this does it, and nobody is asked */
	struct sim_fiber *abandoned;	/* their stacks may still be pointed into: kept until destroy */
	struct sim_body *free_bodies;
	unsigned long last_object;
	unsigned long step;

	/* How it came here, on which no step depends: no part of its digest (snapshot.c), up to arena. */
	uint64_t hash;
	unsigned long nr_records;
	unsigned long points;
	unsigned int current_pos;	/* of current in ready[]; valid while an actor that is on it runs */
	int paused_pos;			/* who was running at the pause: as pick()'s current */
	bool paused;			/* at a choice: sim_run() goes on with it */
	struct sim_tape tape;

	struct sim_arena arena;		/* the first part is the last thing that a snapshot copies each time */

	struct sim_version kept;	/* of outside and its room */
	_Alignas(16) struct sim_actor outside;
	_Alignas(16) unsigned char outside_room[SIM_OUTSIDE_ROOM];

	/* No part of a snapshot, or by a version. */
	const struct sim_strategy *strategy;
	void *strategy_state;
	unsigned long watched;		/* bit KIND: what is heard, and all where there is a sink */
	unsigned long points_unwatched;	/* up to so many nobody looks on: points_max, or none where somebody does */
	struct sim_fiber *spare;	/* between bodies */
	struct sim_version fibers;	/* of who is on which, and which are spare */
	struct sim_snapshot *snapshots, *spare_snapshots;
	unsigned int nr_spare_snapshots;
	unsigned long last_region;
	size_t stack_bytes;
	struct sim_chunk *rare_chunks;	/* in the order in which the world got them */
	struct sim_chunk *actor_chunks;
	struct sim_snapshot *base;	/* taken or restored last; NULL: none, or it is gone */
	uint64_t written;		/* bits by actor: may not be as base holds it */
	unsigned long rare_version;	/* another number each time that rare changes */
	unsigned long last_rare_version;

	/* By rare_version. */
	const struct sim_actor_view **ready;	/* in order of creation; room for all actors */
	unsigned long points_max;
	void (*sink)(void *arg, const struct sim_record *record);
	void *sink_arg;
	struct sim_race *race;		/* race.c; NULL: nobody looks for races */
	bool preempt_access;		/* a plain access is a scheduling point */
	struct sim_rare rare;
};

static inline struct sim_rare *sim_rare_write(struct sim_world *world)
{
	world->rare_version = ++world->last_rare_version;
	return &world->rare;
}

static inline void sim_actor_written(struct sim_world *world, const struct sim_actor *actor)
{
	world->written |= actor->bit;
}

/* Whoever runs writes to its struct: an actor is known to, as it runs, and the outside says so. */
static inline void sim_self_written(struct sim_world *world)
{
	if (world->current == &world->outside)
		world->kept.changed = true;
}

/* alloc.c: zeroed, with its room, and out of what snapshots copy as the world's memory. */
struct sim_actor *sim_actor_alloc(struct sim_world *world);

/*
 * alloc.c. @bytes that begin with the @had bytes at @from, which becomes nobody's; NULL, 0: new. Written like struct
 * sim_rare: behind sim_rare_write().
 */
void *sim_rare_grow(void *from, size_t had, size_t bytes);

/* world.c. Ends the world's strategy; @strategy goes on with @state, which it had before. */
void sim_strategy_put(const struct sim_strategy *strategy, void *state);

/* From now on sim_lock_holds() is kept, of the objects that there are and those to come. */
void sim_holds_keep(struct sim_world *world);

/* Not taken inside by the compiler: see <sim/threads.h>. */
#define SIM_BARE __attribute__((no_instrument_function))

/* threads.c, with that engine: what takes the place of switching. All of it from inside. */
void sim_threads_begin(struct sim_world *world);
void sim_threads_end(struct sim_world *world);
/* Waits until nobody can go on. */
void sim_threads_run(struct sim_world *world);
/* @actor has something to do, or was woken. */
void sim_threads_ready(struct sim_actor *actor);
void sim_threads_sleep(struct sim_world *world, struct sim_actor *actor);
_Noreturn void sim_threads_abandon(struct sim_actor *actor);
void sim_threads_point(void);
/* The next body of @actor, from its beginning to its end. */
void sim_sched_body(struct sim_actor *actor);

void sim_sched_init(struct sim_world *world);
void sim_sched_destroy(struct sim_world *world);
/* Who is on which stack, and what else is on it, follows from what the actors are doing. Outside any actor. */
void sim_sched_tidy(struct sim_world *world);
/* Forgets what the fiber was doing, so that it may be spare. */
void sim_sched_fiber_reset(struct sim_fiber *fiber);

/* race.c: what orders, said by the scheduler itself. All but init() only where world->race is set. */
void sim_race_init(struct sim_world *world);
/* The running actor, or the outside, queues a body of @to; it begins; somebody blocked is woken; nobody can go on. */
void sim_race_submit(struct sim_world *world, const struct sim_actor *to);
void sim_race_begin(struct sim_world *world);
void sim_race_wake(struct sim_world *world, const struct sim_actor *whom);
void sim_race_quiet(struct sim_world *world);
/* What was found becomes violations. Outside of any actor. */
void sim_race_report(struct sim_world *world);
/* The memory is nobody's now; also where races are not looked for. */
void sim_race_forget(struct sim_world *world, const void *at, size_t bytes);

/* snapshot.c: before the world's memory goes. */
void sim_snapshots_destroy(struct sim_world *world);

/* trace.c */
void sim_trace_tell(struct sim_world *world, enum sim_point kind, unsigned long object, const void *at, long result,
		    bool ahead);

/* The strategy's record() is to hear of these @kinds. */
static inline void sim_trace_hear(struct sim_world *world, unsigned long kinds)
{
	world->heard = kinds;
	world->watched = world->sink ? ~0ul : kinds;
	world->points_unwatched = world->watched ? 0 : world->points_max;
}
/* Behind a change of the strategy or the sink. */
void sim_trace_watch(struct sim_world *world);

#define SIM_TRACE_SPREAD 0x9e3779b97f4a7c15ull

/* An actor's part of the hash of each of its records. */
static inline uint64_t sim_trace_mixed(unsigned int index)
{
	return ((uint64_t)index << 32) * SIM_TRACE_SPREAD;
}

/*
 * One record into the hash. The record is mixed on its own, off the chain of
 * dependencies, and then folded in by a bijection of the state: two runs whose
 * hashes differ can only meet again by chance, and the chain costs one multiply.
 */
static inline void sim_trace_mix(struct sim_world *world, enum sim_point kind, unsigned long object, long result)
{
	uint64_t mixed = object ^ (world->current->mixed + kind * SIM_TRACE_SPREAD);

	mixed = (mixed ^ mixed >> 32) * 0xd6e8feb86659fd93ull;
	mixed = ((mixed ^ mixed >> 29) + (uint64_t)result) * 0xbf58476d1ce4e5b9ull;
	mixed ^= mixed >> 32;
	world->hash = ((world->hash << 23 | world->hash >> 41) ^ mixed) * 0x94d049bb133111ebull;
	world->nr_records++;
}

static inline void sim_trace_add_access(struct sim_world *world, enum sim_point kind, unsigned long object,
					const void *at, long result, bool ahead)
{
	sim_trace_mix(world, kind, object, result);
	if (unlikely(world->watched >> kind & 1))
		sim_trace_tell(world, kind, object, at, result, ahead);
}

static inline void sim_trace_add(struct sim_world *world, enum sim_point kind, unsigned long object, long result)
{
	sim_trace_add_access(world, kind, object, NULL, result, false);
}

#endif

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The ledger.
 *
 *	object (dma, iopt_pages, buffer, ring)        holder (mm, user)
 *	  entry: bucket, pages  ───────────────────►    sum by bucket
 *	  pins: frame runs      ───────────────────►    (all pins of the world)
 *
 * An object's entry is the net of what was charged for it to one bucket of one
 * holder. A holder's sum adds the nets of all objects, each from zero up: what an
 * object gives back to a holder that it never charged is an error of the one who
 * gives (wrong_bucket), and must not make the ledger agree with a counter that
 * went wrong by it.
 *
 * Nothing here is a scheduling point, so an entry made right after its counter
 * changed is one step with that change. State is world memory and needs no lock:
 * one actor runs at a time.
 *
 * Cost: a charge is a hash lookup that nearly always hits the one-entry cache, and
 * a scan of the one to three entries of its object; a pin is two range updates in
 * trees of runs.
 */
#include "internal.h"
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/string.h>
#include <mm_model/digest.h>
#include <mm_model/machine.h>
#include <mm_model/state.h>
#include <sim/digest.h>
#include <sim/verdict.h>
#include <sim/world.h>

static enum holder_kind kind_of(enum ledger_bucket bucket)
{
	switch (bucket) {
	case BUCKET_LOCKED_VM:
	case BUCKET_PINNED_VM:
		return HOLDER_MM;
	case BUCKET_UCOUNTS_MEMLOCK:
		return HOLDER_UCOUNTS;
	default:
		return HOLDER_USER;
	}
}

static struct ledger_holder **bucket_of(const struct accounting *acct, const void *key)
{
	unsigned long bits = (unsigned long)key >> 4;

	return &acct->hash[(bits ^ bits >> 10 ^ bits >> 20) & (acct->hash_size - 1)];
}

static void hash_insert(struct accounting *acct, struct ledger_holder *holder)
{
	struct ledger_holder **bucket = bucket_of(acct, holder->key);

	holder->hash_next = *bucket;
	*bucket = holder;
}

static void hash_grow(struct accounting *acct)
{
	struct ledger_holder *holder;

	sim_free(acct->hash);
	acct->hash_size = acct->hash_size ? acct->hash_size * 2 : HOLDER_HASH_MIN;
	acct->hash = sim_zalloc(acct->hash_size * sizeof(*acct->hash));
	for (holder = acct->holders; holder; holder = holder->next)
		hash_insert(acct, holder);
}

struct ledger_holder *ledger_holder_find(const void *key)
{
	struct accounting *acct = accounting();
	struct ledger_holder *holder;

	if (!acct->hash)
		return NULL;
	for (holder = *bucket_of(acct, key); holder; holder = holder->hash_next)
		if (holder->key == key)
			return holder;
	return NULL;
}

static struct ledger_holder *holder_create(enum holder_kind kind, const void *key)
{
	struct accounting *acct = accounting();
	struct ledger_holder *holder = sim_zalloc(sizeof(*holder));

	holder->key = key;
	holder->kind = kind;
	if (kind == HOLDER_MM)
		holder->mm = (struct mm_struct *)key;
	else if (kind == HOLDER_USER)
		holder->user = (struct user_struct *)key;
	if (acct->nr_holders++ == acct->hash_size)
		hash_grow(acct);
	hash_insert(acct, holder);
	holder->next = acct->holders;
	if (holder->next)
		holder->next->pprev = &holder->next;
	holder->pprev = &acct->holders;
	acct->holders = holder;
	return holder;
}

struct ledger_holder *ledger_holder(enum ledger_bucket bucket, const void *key)
{
	enum holder_kind kind = kind_of(bucket);
	struct ledger_holder **last = kind == HOLDER_UCOUNTS ? NULL : &accounting()->last[kind];
	struct ledger_holder *holder;

	if (last && *last && (*last)->key == key)
		return *last;
	holder = ledger_holder_find(key);
	if (!holder)
		holder = holder_create(kind, key);
	if (last)
		*last = holder;
	return holder;
}

static void holder_free_if_unused(struct ledger_holder *holder)
{
	if (holder->key || holder->nr_entries || holder->dirty || holder->call == accounting()->call_number)
		return;
	sim_free(holder);
}

/* The struct is freed: nothing can find the record by pointer any more. Objects may still hold entries. */
void ledger_holder_gone(const void *key)
{
	struct accounting *acct = accounting();
	struct ledger_holder **slot, *holder;

	if (!acct->hash)
		return;
	slot = bucket_of(acct, key);
	while (*slot && (*slot)->key != key)
		slot = &(*slot)->hash_next;
	holder = *slot;
	if (!holder)
		return;
	*slot = holder->hash_next;
	acct->nr_holders--;
	*holder->pprev = holder->next;
	if (holder->next)
		holder->next->pprev = holder->pprev;
	for (unsigned int i = 0; i < ARRAY_SIZE(acct->last); i++)
		if (acct->last[i] == holder)
			acct->last[i] = NULL;
	holder->key = NULL;
	holder->mm = NULL;
	holder->user = NULL;
	holder_free_if_unused(holder);
}

void ledger_holder_dirty(struct ledger_holder *holder)
{
	struct accounting *acct = accounting();

	if (holder->dirty)
		return;
	holder->dirty = true;
	acct->any_dirty = 1;
	holder->dirty_next = acct->dirty;
	acct->dirty = holder;
}

void ledger_holder_clean(struct ledger_holder *holder)
{
	holder->dirty = false;
	holder_free_if_unused(holder);
}

bool ledger_holder_alive(const struct ledger_holder *holder)
{
	if (!holder->key)
		return false;
	return holder->kind != HOLDER_MM || mm_record_alive(holder->mm->record);
}

const char *ledger_holder_name(const struct ledger_holder *holder, enum ledger_bucket bucket, char *buf, size_t size)
{
	static const char *const bucket_names[BUCKET_NR] = {
		[BUCKET_LOCKED_VM] = "locked_vm",
		[BUCKET_PINNED_VM] = "pinned_vm",
		[BUCKET_USER_LOCKED_VM] = "locked_vm",
		[BUCKET_PERF_MLOCK] = "perf_mlock",
		[BUCKET_UCOUNTS_MEMLOCK] = "memlock",
	};
	const struct task_struct *task = mm_current();
	const char *name = "ucounts";

	if (holder->kind == HOLDER_USER && holder->user) {
		snprintf(buf, size, "user(%u).%s", __kuid_val(holder->user->uid), bucket_names[bucket]);
		return buf;
	}
	if (!holder->key)
		name = "freed";
	else if (holder->kind == HOLDER_MM)
		name = task && task->mm == holder->mm ? task->comm : mm_name(holder->mm);
	snprintf(buf, size, "%s.%s", name, bucket_names[bucket]);
	return buf;
}

long ledger_counter(const struct ledger_holder *holder, enum ledger_bucket bucket)
{
	switch (bucket) {
	case BUCKET_LOCKED_VM:
		return (long)holder->mm->locked_vm;
	case BUCKET_PINNED_VM:
		return mm_record_pinned_vm(holder->mm->record);
	case BUCKET_USER_LOCKED_VM:
		return holder->user->locked_vm.counter;
	case BUCKET_PERF_MLOCK:
		return holder->user->perf_mlock.counter;
	default:
		return holder->sum[bucket];
	}
}

/* --- objects -------------------------------------------------------------- */

static void object_link(struct ledger_object *object, struct ledger_object *parent)
{
	object->parent = parent;
	object->next = NULL;
	object->pprev = NULL;
	if (!parent)
		return;
	object->next = parent->child;
	if (object->next)
		object->next->pprev = &object->next;
	object->pprev = &parent->child;
	parent->child = object;
}

static void object_unlink(struct ledger_object *object)
{
	if (!object->pprev)
		return;
	*object->pprev = object->next;
	if (object->next)
		object->next->pprev = object->pprev;
	object->pprev = NULL;
	object->next = NULL;
	object->parent = NULL;
}

struct ledger_object *ledger_object_create(const char *kind, struct ledger_object *parent)
{
	struct ledger_object *object = sim_zalloc(sizeof(*object));

	object->kind = kind;
	object->iopt_pages = !strcmp(kind, "iopt_pages");
	object->io_ring = !strcmp(kind, "io_ring");
	object->id = sim_object_id();
	object->entry = object->own;
	object->max_entries = OWN_ENTRIES;
	sim_run_tree_init(&object->pins, SIM_RUN_CONSTANT);
	object_link(object, parent);
	return object;
}

void ledger_object_parts(struct ledger_object *object, void (*carried)(void *arg, struct sim_run_tree *frames),
			 void *arg)
{
	object->carried = carried;
	object->carried_arg = arg;
}

void ledger_object_whole_folios(struct ledger_object *object)
{
	object->whole_folios = true;
}

void ledger_object_disjoint(struct ledger_object *object)
{
	object->disjoint = true;
}

void ledger_elsewhere(struct ledger_object *object, long pages)
{
	object->elsewhere += pages;
}

static struct ledger_entry *entry_find(struct ledger_object *object, const struct ledger_holder *holder,
				       enum ledger_bucket bucket)
{
	for (unsigned int i = 0; i < object->nr_entries; i++)
		if (object->entry[i].holder == holder && object->entry[i].bucket == bucket)
			return &object->entry[i];
	return NULL;
}

static struct ledger_entry *entry_add(struct ledger_object *object, struct ledger_holder *holder,
				      enum ledger_bucket bucket)
{
	struct ledger_entry *entry;

	if (object->nr_entries == object->max_entries) {
		unsigned int max = 2 * object->max_entries;

		if (object->entry == object->own) {
			object->entry = sim_alloc(max * sizeof(*entry));
			memcpy(object->entry, object->own, sizeof(object->own));
		} else {
			object->entry = sim_realloc(object->entry, max * sizeof(*entry));
		}
		object->max_entries = max;
	}
	entry = &object->entry[object->nr_entries++];
	entry->holder = holder;
	entry->bucket = bucket;
	entry->pages = 0;
	holder->nr_entries++;
	return entry;
}

static void entry_remove(struct ledger_object *object, struct ledger_entry *entry)
{
	struct ledger_holder *holder = entry->holder;

	*entry = object->entry[--object->nr_entries];
	holder->nr_entries--;
	holder_free_if_unused(holder);
}

static long from_zero(long pages)
{
	return pages > 0 ? pages : 0;
}

static __cold noinline void report_wrong_bucket(const struct ledger_object *object, const struct ledger_holder *holder,
						enum ledger_bucket bucket, long pages, long held)
{
	char name[96];

	sim_violate(VIOLATION_WRONG_BUCKET, "%s %lu uncharges %ldp from %s, which holds %ldp for it", object->kind,
		    object->id, pages, ledger_holder_name(holder, bucket, name, sizeof(name)), held);
}

static void enter(struct ledger_object *object, struct ledger_holder *holder, enum ledger_bucket bucket, long pages)
{
	struct ledger_entry *entry = entry_find(object, holder, bucket);
	long net;

	if (!entry)
		entry = entry_add(object, holder, bucket);
	net = entry->pages + pages;
	accounting_touch(holder);
	holder->entered[bucket] += pages;
	holder->sum[bucket] += from_zero(net) - from_zero(entry->pages);
	if (unlikely(pages < 0 && net < 0))
		report_wrong_bucket(object, holder, bucket, -pages, entry->pages);
	entry->pages = net;
	if (!net)
		entry_remove(object, entry);
}

void ledger_enter(struct ledger_object *object, enum ledger_bucket bucket, void *key, long pages)
{
	struct ledger_holder *holder = ledger_holder(bucket, key);

	if (!pages)
		return;
	enter(object, holder, bucket, pages);
	ledger_holder_dirty(holder);
	accounting_call_entered(object, pages);
}

void ledger_move(struct ledger_object *from, struct ledger_object *to, enum ledger_bucket bucket, void *key,
		 long pages)
{
	struct ledger_holder *holder = ledger_holder(bucket, key);

	enter(to, holder, bucket, pages);
	enter(from, holder, bucket, -pages);
}

void ledger_carry(const char *kind, enum ledger_bucket bucket, void *old, void *new)
{
	struct ledger_holder *from = ledger_holder(bucket, old), *to = ledger_holder(bucket, new);

	for (struct ledger_object *object = accounting()->pinning; object; object = object->pins_next) {
		const struct ledger_entry *entry = entry_find(object, from, bucket);
		long pages = entry ? entry->pages : 0;

		if (!pages || strcmp(object->kind, kind))
			continue;
		enter(object, to, bucket, pages);
		enter(object, from, bucket, -pages);
	}
	ledger_holder_dirty(to);
}

void ledger_dropped(struct ledger_object *object, enum ledger_bucket bucket, void *key, long pages)
{
	struct ledger_holder *holder = ledger_holder(bucket, key);

	enter(object, holder, bucket, -pages);
	holder->dropped[bucket] += pages;
	accounting_excepted(EXCEPT_BALANCE_DROPPED);
}

long ledger_bucket_pages(enum ledger_bucket bucket, const void *key)
{
	struct ledger_holder *holder = ledger_holder_find(key);

	return holder ? holder->sum[bucket] : 0;
}

/*
 * The pages charged for one object. locked_vm and the user's count hold the same
 * pages where a rule uses both (rings of 5.9), and pinned_vm holds them once more,
 * unless the object says that its buckets are disjoint.
 */
static long object_charged(const struct ledger_object *object)
{
	long sum[BUCKET_NR] = { 0 }, own, tested;

	for (unsigned int i = 0; i < object->nr_entries; i++)
		sum[object->entry[i].bucket] += object->entry[i].pages;
	own = sum[BUCKET_PERF_MLOCK] + sum[BUCKET_UCOUNTS_MEMLOCK] + object->elsewhere;
	if (object->disjoint)
		return own + sum[BUCKET_LOCKED_VM] + sum[BUCKET_USER_LOCKED_VM] + sum[BUCKET_PINNED_VM];
	tested = max(sum[BUCKET_LOCKED_VM], sum[BUCKET_USER_LOCKED_VM]);
	return own + (tested ? tested : sum[BUCKET_PINNED_VM]);
}

/* The tree is walked without recursion: a container has up to 65535 dmas, and a fiber's stack is small. */
long ledger_charged(const struct ledger_object *top)
{
	const struct ledger_object *object = top;
	long charged = 0;

	for (;;) {
		charged += object_charged(object);
		if (object->child) {
			object = object->child;
			continue;
		}
		while (object != top && !object->next)
			object = object->parent;
		if (object == top)
			return charged;
		object = object->next;
	}
}

/* --- pins ----------------------------------------------------------------- */

static void pinning_link(struct ledger_object *object)
{
	struct accounting *acct = accounting();

	if (object->pins_pprev)
		return;
	object->pins_next = acct->pinning;
	if (object->pins_next)
		object->pins_next->pins_pprev = &object->pins_next;
	object->pins_pprev = &acct->pinning;
	acct->pinning = object;
}

static void pinning_unlink(struct ledger_object *object)
{
	if (!object->pins_pprev)
		return;
	*object->pins_pprev = object->pins_next;
	if (object->pins_next)
		object->pins_next->pins_pprev = object->pins_pprev;
	object->pins_pprev = NULL;
}

static void note_dirty_run(unsigned long frame, unsigned long nr)
{
	struct accounting *acct = accounting();
	struct page_run *last = acct->nr_dirty_runs ? &acct->dirty_run[acct->nr_dirty_runs - 1] : NULL;

	if (acct->nr_dirty_runs > DIRTY_RUNS)
		return;
	if (last && last->frame + last->nr == frame) {
		last->nr += nr;
		return;
	}
	if (acct->nr_dirty_runs < DIRTY_RUNS)
		acct->dirty_run[acct->nr_dirty_runs] = (struct page_run){ .frame = frame, .nr = nr };
	acct->nr_dirty_runs++;
}

void ledger_pins(struct ledger_object *object, unsigned long frame, unsigned long nr, bool pin)
{
	struct accounting *acct = accounting();

	if (!nr)
		return;
	if (frame_is_zero(frame)) {
		object->zero_pins += pin ? (long)nr : -(long)nr;
		return;
	}
	if (pin)
		pinning_link(object);
	accounting_call_pinned(object, frame, nr, pin);
	sim_run_count(&acct->pins, frame, frame + nr - 1, pin);
	if (!sim_run_count(&object->pins, frame, frame + nr - 1, pin))
		sim_violate(VIOLATION_PIN_COUNT, "%s %lu unpins frames %lu to %lu, which it has not all pinned",
			    object->kind, object->id, frame, frame + nr - 1);
	if (!object->pins.nr_keys)
		pinning_unlink(object);
	note_dirty_run(frame, nr);
	if (!pin)
		invariant_unpinned(object, frame, nr);
}

/* What dies with the object: pins that it never gave back stay on the pages, but nobody answers for them. */
static void forget_pins(struct ledger_object *object)
{
	struct accounting *acct = accounting();
	struct sim_run run;

	if (object->zero_pins)
		accounting_excepted(EXCEPT_PINS_ZERO_PAGE);
	while (sim_run_next(&object->pins, 0, &run)) {
		for (unsigned long i = 0; i < run.value; i++)
			sim_run_count(&acct->pins, run.start, run.last, false);
		note_dirty_run(run.start, run.last - run.start + 1);
		sim_run_clear(&object->pins, run.start, run.last);
	}
	pinning_unlink(object);
}

void ledger_object_destroy(struct ledger_object *object)
{
	char name[96];

	while (object->nr_entries) {
		struct ledger_entry *entry = &object->entry[object->nr_entries - 1];
		struct ledger_holder *holder = entry->holder;

		if (!ledger_holder_alive(holder))
			accounting_excepted(EXCEPT_BALANCE_DEAD_MM);
		else if (entry->pages > 0)	/* what went below zero was told as wrong_bucket */
			sim_violate(VIOLATION_OBJECT_BALANCE, "%s %lu goes with %ldp still charged to %s",
				    object->kind, object->id, entry->pages,
				    ledger_holder_name(holder, entry->bucket, name, sizeof(name)));
		holder->sum[entry->bucket] -= from_zero(entry->pages);
		if (holder->key)
			ledger_holder_dirty(holder);
		entry_remove(object, entry);
	}
	forget_pins(object);
	while (object->child)
		object_unlink(object->child);
	object_unlink(object);
	sim_run_tree_destroy(&object->pins);
	if (object->entry != object->own)
		sim_free(object->entry);
	sim_free(object);
}

/* Does a bucket of a live holder carry what this object pins? */
static bool carried(const struct ledger_object *object)
{
	if (object->elsewhere > 0)
		return true;
	for (unsigned int i = 0; i < object->nr_entries; i++)
		if (object->entry[i].pages > 0 && ledger_holder_alive(object->entry[i].holder))
			return true;
	return false;
}

/* The frames of one object into @tree; whole folios where it pays for them whole. */
static void add_frames(struct sim_run_tree *tree, const struct ledger_object *object)
{
	unsigned long at = 0, head, size;
	struct sim_run run;

	while (sim_run_next(&object->pins, at, &run)) {
		if (run.start < at)
			run.start = at;
		at = run.last + 1;
		if (object->whole_folios) {
			size = frame_folio(run.start, &head);
			if (size > 1) {
				run.start = head;
				run.last = head + size - 1;
				at = run.last + 1;
			} else {
				run.last = run.start;
				at = run.start + 1;
			}
		}
		sim_run_set(tree, run.start, run.last, 1, 0);
		if (!at)
			break;
	}
}

/* Frames that the ledger has pinned in [@start, @last] but that @carried_frames does not have. */
static unsigned long frames_outside(const struct sim_run_tree *pins, const struct sim_run_tree *carried_frames)
{
	unsigned long outside = 0, at = 0;
	struct sim_run run;

	while (sim_run_next(pins, at, &run)) {
		outside += run.last - run.start + 1 - sim_run_covered(carried_frames, run.start, run.last);
		at = run.last + 1;
		if (!at)
			break;
	}
	return outside;
}

unsigned long ledger_pages_unaccounted(void)
{
	struct accounting *acct = accounting();
	unsigned long pinned = mm_pages_pinned(), unaccounted;
	struct sim_run_tree frames;

	sim_run_tree_init(&frames, SIM_RUN_CONSTANT);
	for (const struct ledger_object *object = acct->pinning; object; object = object->pins_next)
		if (object->carried)
			object->carried(object->carried_arg, &frames);
		else if (carried(object))
			add_frames(&frames, object);
	unaccounted = frames_outside(&acct->pins, &frames);
	sim_run_tree_destroy(&frames);
	/* what nobody enters: the zero page before 6.5, and pins of those who keep no ledger object */
	if (pinned > acct->pins.nr_keys)
		unaccounted += pinned - acct->pins.nr_keys;
	return unaccounted;
}

/* Entries of one object are few; their order is that of the first charge, which two histories may have differently. */
static void entry_digest(struct sim_digest *digest, const struct ledger_entry *entry)
{
	const struct ledger_holder *holder = entry->holder;

	sim_digest_add(digest, entry->bucket);
	sim_digest_add(digest, (unsigned long)entry->pages);
	if (!holder->key || holder->kind == HOLDER_UCOUNTS)
		sim_digest_name(digest, holder);
	else if (holder->kind == HOLDER_MM)
		mm_digest_mm(digest, holder->mm);
	else
		mm_digest_user(digest, holder->user);
}

void ledger_digest(struct sim_digest *digest, const struct ledger_object *object)
{
	struct sim_run run;
	unsigned long at = 0;

	if (!object) {
		sim_digest_add(digest, 0);
		return;
	}
	sim_digest_text(digest, object->kind);
	sim_digest_add(digest, (unsigned long)object->zero_pins);
	sim_digest_add(digest, (unsigned long)object->elsewhere);
	for (unsigned int i = 0; i < object->nr_entries; i++)
		if (object->entry[i].pages)
			entry_digest(digest, &object->entry[i]);
	sim_digest_add(digest, object->pins.nr_runs);
	for (; sim_run_next(&object->pins, at, &run); at = run.last + 1) {
		mm_digest_frames(digest, run.start, run.last - run.start + 1);
		sim_digest_add(digest, run.value);
	}
}

// SPDX-License-Identifier: GPL-2.0-or-later
/* Locks: who waits, who comes next, and what the detectors say of misuse. */
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/uaccess.h>
#include <linux/wait.h>
#include "kt.h"

static struct lock_fixture {
	struct mutex a, b, c;
	struct rw_semaphore sem;
	spinlock_t spin;
	struct kt_log log;
	int inside, readers, most_readers;
} *fx;

static void setup(void)
{
	fx = sim_zalloc(sizeof(*fx));
	mutex_init(&fx->a);
	mutex_init(&fx->b);
	mutex_init(&fx->c);
	init_rwsem(&fx->sem);
	spin_lock_init(&fx->spin);
}

/* Until nobody else can go on. */
static void let_others_run(void)
{
	schedule_timeout(1);
}

static void take_and_note(void *arg)
{
	mutex_lock(&fx->a);
	kt_note(&fx->log, (char)(long)arg);
	mutex_unlock(&fx->a);
}

static void hold_a_for_three(void *arg)
{
	mutex_lock(&fx->a);
	kt_actor("x", take_and_note, (void *)'x');
	kt_actor("y", take_and_note, (void *)'y');
	kt_actor("z", take_and_note, (void *)'z');
	let_others_run();
	kt_note(&fx->log, '-');
	mutex_unlock(&fx->a);
	/* who comes back stands behind those who wait */
	mutex_lock(&fx->a);
	kt_note(&fx->log, '+');
	mutex_unlock(&fx->a);
}

/*
 * Situation: three tasks queue for a mutex. Expectation: nobody gets in before the holder leaves, then in their
 * order.
 */
static void mutex_order(void)
{
	setup();
	kt_actor("holder", hold_a_for_three, NULL);
	kt_check(kapi_run() == SIM_QUIET);
	kt_check(!strcmp(fx->log.text, "-xyz+"));
	kt_check(!mutex_is_locked(&fx->a));
}

static void enter_often(void *arg)
{
	for (int i = 0; i < 10; i++) {
		if (kt_random(2))
			mutex_lock(&fx->a);
		else if (!mutex_trylock(&fx->a))
			continue;
		kt_check(fx->inside++ == 0);
		sim_point(SIM_POINT_YIELD, 0, 0);
		fx->inside--;
		mutex_unlock(&fx->a);
	}
}

/* Situation: four tasks lock and trylock a mutex in random schedules. Expectation: never two inside. */
static void mutex_excludes(void)
{
	setup();
	for (int i = 0; i < 4; i++)
		kt_actor("t", enter_often, NULL);
	kt_check(kapi_run() == SIM_QUIET);
}

static void read_or_write_often(void *arg)
{
	for (int i = 0; i < 8; i++) {
		if (kt_random(3)) {
			down_read(&fx->sem);
			fx->readers++;
			kt_check(!fx->inside);
			sim_point(SIM_POINT_YIELD, 0, 0);
			fx->readers--;
			up_read(&fx->sem);
			continue;
		}
		down_write(&fx->sem);
		kt_check(!fx->inside++ && !fx->readers);
		sim_point(SIM_POINT_YIELD, 0, 0);
		fx->inside--;
		if (kt_random(2)) {
			downgrade_write(&fx->sem);
			kt_check(!fx->inside);
			up_read(&fx->sem);
		} else {
			up_write(&fx->sem);
		}
	}
}

/* Situation: readers, writers and downgrades in random schedules. Expectation: a writer is alone. */
static void rwsem_excludes(void)
{
	setup();
	for (int i = 0; i < 4; i++)
		kt_actor("t", read_or_write_often, NULL);
	kt_check(kapi_run() == SIM_QUIET);
	kt_check(!rwsem_is_locked(&fx->sem));
}

static void reader(void *arg)
{
	down_read(&fx->sem);
	kt_note(&fx->log, (char)(long)arg);
	fx->most_readers = max(fx->most_readers, ++fx->readers);
	let_others_run();
	fx->readers--;
	up_read(&fx->sem);
}

static void writer(void *arg)
{
	down_write(&fx->sem);
	kt_note(&fx->log, (char)(long)arg);
	up_write(&fx->sem);
}

static void read_while_a_writer_waits(void *arg)
{
	down_read(&fx->sem);
	kt_actor("writer", writer, (void *)'w');
	kt_actor("late", reader, (void *)'r');
	let_others_run();
	/* a reader holds it, but the writer in front closes it also for a try */
	kt_check(!down_read_trylock(&fx->sem));
	kt_check(!down_write_trylock(&fx->sem));
	kt_note(&fx->log, '-');
	up_read(&fx->sem);
}

/* Situation: a reader holds, a writer waits, another reader comes. Expectation: the writer goes first. */
static void rwsem_writer_first(void)
{
	setup();
	kt_actor("first", read_while_a_writer_waits, NULL);
	kt_check(kapi_run() == SIM_QUIET);
	kt_check(!strcmp(fx->log.text, "-wr"));
}

static void downgrade_with_queue(void *arg)
{
	down_write(&fx->sem);
	kt_actor("r1", reader, (void *)'1');
	kt_actor("r2", reader, (void *)'2');
	kt_actor("w", writer, (void *)'w');
	let_others_run();
	kt_check(!fx->log.len);
	downgrade_write(&fx->sem);
	/* held for reading now: the two readers run, the writer does not */
	let_others_run();
	kt_check(!strcmp(fx->log.text, "12"));
	up_read(&fx->sem);
}

/* Situation: a writer with two readers and a writer behind it downgrades. Expectation: the readers get in with it. */
static void rwsem_downgrade(void)
{
	setup();
	kt_actor("first", downgrade_with_queue, NULL);
	kt_check(kapi_run() == SIM_QUIET);
	kt_check(!strcmp(fx->log.text, "12w") && fx->most_readers == 2);
}

static void lock_a_then_b(void *arg)
{
	mutex_lock(&fx->a);
	sim_point(SIM_POINT_YIELD, 0, 0);
	mutex_lock(&fx->b);
	mutex_unlock(&fx->b);
	mutex_unlock(&fx->a);
}

static void lock_b_then_a(void *arg)
{
	mutex_lock(&fx->b);
	sim_point(SIM_POINT_YIELD, 0, 0);
	mutex_lock(&fx->a);
	mutex_unlock(&fx->a);
	mutex_unlock(&fx->b);
}

/*
 * Situation: two tasks take two mutexes crosswise. Expectation: where the schedule makes them stick, the cycle is
 * named; the inversion is told in any case.
 */
static void cross_deadlock(void)
{
	char text[400];

	setup();
	kt_actor("p", lock_a_then_b, NULL);
	kt_actor("q", lock_b_then_a, NULL);
	kt_expect(VIOLATION_LOCK_ORDER, 1);
	if (kapi_run() == SIM_STUCK) {
		sim_stuck_report(text, sizeof(text));
		kt_check(strstr(text, "p waits for b") && strstr(text, "q waits for a") && strstr(text, "cycle"));
		kt_check(sim_stuck_on_holder());
	}
}

static void read_and_go(void *arg)
{
	down_read(&fx->sem);
	sim_point(SIM_POINT_YIELD, 0, 0);
	sim_point(SIM_POINT_YIELD, 0, 0);
	up_read(&fx->sem);
}

static void read_then_lock(void *arg)
{
	down_read(&fx->sem);
	sim_point(SIM_POINT_YIELD, 0, 0);
	mutex_lock(&fx->a);
	mutex_unlock(&fx->a);
	up_read(&fx->sem);
}

static void lock_then_write(void *arg)
{
	mutex_lock(&fx->a);
	down_write(&fx->sem);
	up_write(&fx->sem);
	mutex_unlock(&fx->a);
}

/*
 * Situation: a writer waits for two readers; the first goes, the other waits for what the writer holds. Expectation:
 * the cycle goes through the reader that is left, whoever was told when the wait began.
 */
static void deadlock_through_second_reader(void)
{
	char text[400];

	setup();
	kt_actor("first", read_and_go, NULL);
	kt_actor("second", read_then_lock, NULL);
	kt_actor("writer", lock_then_write, NULL);
	/* which is an inversion, too, whether it sticks or not */
	kt_expect(VIOLATION_LOCK_ORDER, 1);
	if (kapi_run() == SIM_STUCK) {
		sim_stuck_report(text, sizeof(text));
		kt_check(strstr(text, "cycle: second -> writer -> second"));
		kt_check(sim_stuck_on_holder());
	}
}

static void one_after_the_other(void *arg)
{
	lock_a_then_b(NULL);
	lock_b_then_a(NULL);
	lock_b_then_a(NULL);
}

/*
 * Situation: one task uses both orders, one after the other. Expectation: told once, with both chains; nothing
 * sticks.
 */
static void inversion(void)
{
	setup();
	kt_actor("p", one_after_the_other, NULL);
	kt_check(kapi_run() == SIM_QUIET);
	kt_expect(VIOLATION_LOCK_ORDER, 1);
	kt_check(kt_reported(VIOLATION_LOCK_ORDER, "p takes a under b; but before, b under a (by p)"));
}

static void three_locks(void *arg)
{
	mutex_lock(&fx->a);
	mutex_lock(&fx->b);
	mutex_unlock(&fx->b);
	mutex_unlock(&fx->a);
	mutex_lock(&fx->b);
	mutex_lock(&fx->c);
	mutex_unlock(&fx->c);
	mutex_unlock(&fx->b);
	mutex_lock(&fx->c);
	mutex_lock(&fx->a);
	mutex_unlock(&fx->a);
	mutex_unlock(&fx->c);
}

/* Situation: a before b, b before c, then a under c. Expectation: the inversion is found through b. */
static void inversion_of_three(void)
{
	setup();
	kt_actor("p", three_locks, NULL);
	kt_check(kapi_run() == SIM_QUIET);
	kt_expect(VIOLATION_LOCK_ORDER, 1);
	kt_check(kt_reported(VIOLATION_LOCK_ORDER, "c under b (by p), b under a (by p)"));
}

static void init_same_class(struct mutex *lock)
{
	mutex_init(lock);
}

static void nest_in_class(void *arg)
{
	struct mutex m[3];

	for (int i = 0; i < 3; i++)
		init_same_class(&m[i]);
	/* with an order of their own: nothing to say */
	mutex_lock(&m[0]);
	mutex_lock_nested(&m[1], SINGLE_DEPTH_NESTING);
	mutex_unlock(&m[1]);
	mutex_unlock(&m[0]);
	mutex_lock(&fx->a);
	mutex_lock_nest_lock(&m[1], &fx->a);
	mutex_lock_nest_lock(&m[0], &fx->a);
	mutex_unlock(&m[0]);
	mutex_unlock(&m[1]);
	mutex_unlock(&fx->a);
	kt_check(!sim_violations(VIOLATION_LOCK_ORDER));
	mutex_lock(&m[0]);
	mutex_lock(&m[1]);
	mutex_unlock(&m[1]);
	mutex_unlock(&m[0]);
}

/* Situation: two locks made at one place are nested. Expectation: fine with a subclass or a nest lock, told without. */
static void nesting(void)
{
	setup();
	kt_actor("p", nest_in_class, NULL);
	kt_check(kapi_run() == SIM_QUIET);
	kt_expect(VIOLATION_LOCK_ORDER, 1);
}

static const struct lock_class_key outer_key, inner_key;

static void classes_by_key(void *arg)
{
	struct mutex m[2];

	for (int i = 0; i < 2; i++)
		init_same_class(&m[i]);
	lockdep_set_class(&m[0], &outer_key);
	lockdep_set_class_and_name(&m[1], &inner_key, "inner");
	mutex_lock(&m[0]);
	mutex_lock_nested(&m[1], 2);
	mutex_unlock(&m[1]);
	mutex_unlock(&m[0]);
	mutex_lock_nested(&m[1], 2);
	mutex_lock(&m[0]);
	mutex_unlock(&m[0]);
	mutex_unlock(&m[1]);
}

/* Situation: two locks of one place get classes of their own, then both orders. Expectation: told by the new names. */
static void explicit_classes(void)
{
	setup();
	kt_actor("p", classes_by_key, NULL);
	kt_check(kapi_run() == SIM_QUIET);
	kt_expect(VIOLATION_LOCK_ORDER, 1);
	kt_check(kt_reported(VIOLATION_LOCK_ORDER, "takes outer_key under inner/2; but before, inner/2 under outer"));
}

static void bug_inside(void *arg)
{
	mutex_lock(&fx->a);
	BUG_ON(mutex_is_locked(&fx->a));
	kt_check(!"reached");
}

/* Situation: a BUG under a lock. Expectation: told with place and condition; the task ends there and the lock stays. */
static void bug(void)
{
	setup();
	kt_actor("p", bug_inside, NULL);
	kt_check(kapi_run() == SIM_FATAL);
	kt_expect(VIOLATION_BUG, 1);
	kt_check(kt_reported(VIOLATION_BUG, "p at test_lock.c:"));
	kt_check(kt_reported(VIOLATION_BUG, "mutex_is_locked(&fx->a)"));
	kt_check(mutex_is_locked(&fx->a));
}

static void outside_and_inside(void *arg)
{
	kt_check(!mutex_trylock(&fx->a));
	mutex_unlock(&fx->a);
}

/*
 * Situation: code outside any task holds a lock. Expectation: it is held as by anybody, and only that code lets it
 * go.
 */
static void outside_tasks(void)
{
	setup();
	mutex_lock(&fx->a);
	kt_actor("p", outside_and_inside, NULL);
	kt_check(kapi_run() == SIM_QUIET);
	kt_expect(VIOLATION_LOCK_MISUSE, 1);
	kt_check(mutex_is_locked(&fx->a));
	kt_check(kapi_lock_held(&fx->a.lock, true));
	mutex_unlock(&fx->a);
	kt_check(!mutex_is_locked(&fx->a));
}

static void take_guarded(void *arg)
{
	{
		guard(mutex)(&fx->a);
		kt_check(mutex_is_locked(&fx->a));
		scoped_guard(rwsem_read, &fx->sem)
			kt_check(rwsem_is_locked(&fx->sem));
		kt_check(!rwsem_is_locked(&fx->sem));
	}
	kt_check(!mutex_is_locked(&fx->a));
}

/* Situation: locks by scope. Expectation: held in it, free behind it. */
static void guards(void)
{
	setup();
	kt_actor("p", take_guarded, NULL);
	kt_check(kapi_run() == SIM_QUIET);
}

static void try_both_orders(void *arg)
{
	mutex_lock(&fx->a);
	kt_check(mutex_trylock(&fx->b));
	mutex_unlock(&fx->b);
	mutex_unlock(&fx->a);
	mutex_lock(&fx->b);
	mutex_lock(&fx->a);
	mutex_unlock(&fx->a);
	mutex_unlock(&fx->b);
}

/* Situation: b is only tried under a, then a is taken under b. Expectation: no inversion, a try cannot wait. */
static void trylock_has_no_order(void)
{
	setup();
	kt_actor("p", try_both_orders, NULL);
	kt_check(kapi_run() == SIM_QUIET);
}

static void order_under_a_try(void *arg)
{
	mutex_lock(&fx->a);
	kt_check(mutex_trylock(&fx->b));
	mutex_lock(&fx->c);
	/* not in the order of taking */
	mutex_unlock(&fx->a);
	mutex_unlock(&fx->b);
	mutex_unlock(&fx->c);
	mutex_lock(&fx->c);
	mutex_lock(&fx->a);
	mutex_unlock(&fx->a);
	mutex_unlock(&fx->c);
}

/*
 * Situation: c is taken under a tried b under a, then a under c. Expectation: the try does not hide that c came
 * under a.
 */
static void trylock_hides_nothing(void)
{
	setup();
	kt_actor("p", order_under_a_try, NULL);
	kt_check(kapi_run() == SIM_QUIET);
	kt_expect(VIOLATION_LOCK_ORDER, 1);
	kt_check(kt_reported(VIOLATION_LOCK_ORDER, "c under a (by p)"));
}

static void might_take(void *arg)
{
	mutex_lock(&fx->a);
	might_lock(&fx->b);
	kt_check(!mutex_is_locked(&fx->b));
	mutex_unlock(&fx->a);
	mutex_lock(&fx->b);
	mutex_lock(&fx->a);
	mutex_unlock(&fx->a);
	mutex_unlock(&fx->b);
	spin_lock(&fx->spin);
	might_lock(&fx->c);
	spin_unlock(&fx->spin);
}

/* Situation: a place says that it might take a lock. Expectation: order and sleeping are checked as if it did. */
static void might_lock_checks(void)
{
	setup();
	kt_actor("p", might_take, NULL);
	kt_check(kapi_run() == SIM_QUIET);
	kt_expect(VIOLATION_LOCK_ORDER, 1);
	kt_expect(VIOLATION_SLEEP_IN_ATOMIC, 1);
}

static void lock_twice(void *arg)
{
	mutex_lock(&fx->a);
	mutex_lock(&fx->a);
}

/* Situation: a task takes its own mutex again. Expectation: told at once; it waits for itself for ever. */
static void recursion(void)
{
	char text[200];

	setup();
	kt_actor("p", lock_twice, NULL);
	kt_check(kapi_run() == SIM_STUCK);
	kt_expect(VIOLATION_DEADLOCK, 1);
	sim_stuck_report(text, sizeof(text));
	kt_check(strstr(text, "held by p"));
}

static void read_twice(void *arg)
{
	down_read(&fx->sem);
	down_read(&fx->sem);
	up_read(&fx->sem);
	kapi_locks_held_check();
	up_read(&fx->sem);
	kapi_locks_held_check();
}

/* Situation: a reader reads again. Expectation: told, for a writer in between would stick it; it goes on here. */
static void read_recursion(void)
{
	setup();
	kt_actor("p", read_twice, NULL);
	kt_check(kapi_run() == SIM_QUIET);
	kt_expect(VIOLATION_DEADLOCK, 1);
	kt_expect(VIOLATION_LOCK_HELD, 1);
}

static void return_with_locks(void *arg)
{
	mutex_lock(&fx->a);
	spin_lock(&fx->spin);
	preempt_disable();
	kapi_locks_held_check();
	preempt_enable();
	spin_unlock(&fx->spin);
	mutex_unlock(&fx->a);
	kapi_locks_held_check();
}

/*
 * Situation: a call returns with a mutex, a spinlock and preemption off. Expectation: each is told; without,
 * nothing.
 */
static void held_at_return(void)
{
	setup();
	kt_actor("p", return_with_locks, NULL);
	kt_check(kapi_run() == SIM_QUIET);
	kt_expect(VIOLATION_LOCK_HELD, 3);
	kt_check(kt_reported(VIOLATION_LOCK_HELD, "p returns with a held"));
}

static void only_unlock(void *arg)
{
	mutex_unlock(&fx->a);
}

static void misuse_all(void *arg)
{
	mutex_unlock(&fx->b);
	mutex_lock(&fx->a);
	kt_actor("other", only_unlock, NULL);
	let_others_run();
	mutex_destroy(&fx->a);
	kt_check(mutex_is_locked(&fx->a));
	mutex_unlock(&fx->a);
	down_write(&fx->sem);
	up_read(&fx->sem);
	kt_check(rwsem_is_locked(&fx->sem));
	up_write(&fx->sem);
	downgrade_write(&fx->sem);
	preempt_enable();
}

/*
 * Situation: unlock of a free lock, of another's lock, in the other mode; destroying a held one, downgrading a
 * free one, preemption on twice. Expectation: each told, and no lock changes hands by it.
 */
static void misuse(void)
{
	setup();
	kt_actor("p", misuse_all, NULL);
	kt_check(kapi_run() == SIM_QUIET);
	kt_expect(VIOLATION_LOCK_MISUSE, 6);
}

static void killed_lockers(void *arg)
{
	sim_fault_arm(sim_self(), SIM_FAULT_LOCK_KILL, 2);
	kt_check(mutex_lock_killable(&fx->a) == 0);
	kt_check(down_write_killable(&fx->sem) == -EINTR);
	kt_check(!rwsem_is_locked(&fx->sem));
	kt_check(down_read_killable(&fx->sem) == 0);
	up_read(&fx->sem);
	mutex_unlock(&fx->a);
	kapi_locks_held_check();
}

/*
 * Situation: the second killable lock is to be interrupted. Expectation: EINTR there alone, and the lock is not
 * held.
 */
static void killable(void)
{
	setup();
	kt_actor("p", killed_lockers, NULL);
	kt_check(kapi_run() == SIM_QUIET);
}

static void sleepers(void *arg)
{
	char byte = 1, copy = 0;

	spin_lock(&fx->spin);
	kfree(kmalloc(8, GFP_ATOMIC));
	kt_check(in_atomic() && !sim_violations(VIOLATION_SLEEP_IN_ATOMIC));
	mutex_lock(&fx->a);
	mutex_unlock(&fx->a);
	kfree(kmalloc(8, GFP_KERNEL));
	cond_resched();
	kt_check(!copy_from_user(&copy, &byte, 1) && copy == 1);
	kt_check(mutex_trylock(&fx->b));
	mutex_unlock(&fx->b);
	kt_check(sim_violations(VIOLATION_SLEEP_IN_ATOMIC) == 4);
	spin_unlock(&fx->spin);
	cond_resched();
	preempt_disable();
	might_sleep();
	preempt_enable();
	kt_check(!in_atomic());
}

/*
 * Situation: under a spinlock a mutex, GFP_KERNEL, cond_resched and a user copy. Expectation: each is told, but not
 * GFP_ATOMIC and not a try.
 */
static void sleep_in_atomic(void)
{
	setup();
	kt_actor("p", sleepers, NULL);
	kt_check(kapi_run() == SIM_QUIET);
	kt_expect(VIOLATION_SLEEP_IN_ATOMIC, 5);
	kt_check(kt_reported(VIOLATION_SLEEP_IN_ATOMIC, "spin"));
}

static void assert_held(void *arg)
{
	lockdep_assert_not_held(&fx->sem);
	down_read(&fx->sem);
	lockdep_assert_held(&fx->sem);
	lockdep_assert_held_read(&fx->sem);
	kt_check(!sim_warnings());
	lockdep_assert_held_write(&fx->sem);
	up_read(&fx->sem);
	lockdep_assert_held(&fx->sem);
}

/* Situation: assertions in and outside of a read lock. Expectation: two warnings, for the writer and for afterwards. */
static void assertions(void)
{
	setup();
	kt_actor("p", assert_held, NULL);
	kt_check(kapi_run() == SIM_QUIET);
	kt_expect(VIOLATION_WARNING, 2);
}

static DEFINE_MUTEX(static_lock);

static void use_static_lock(void *arg)
{
	mutex_lock(&static_lock);
	mutex_unlock(&static_lock);
}

/* Situation: a lock that its definition initialised is used in one world after another. Expectation: the same trace. */
static void static_locks(void)
{
	static unsigned long long first_hash;

	kt_check(!static_lock.lock.id && !static_lock.lock.class);
	kt_actor("p", use_static_lock, NULL);
	kt_check(kapi_run() == SIM_QUIET);
	kt_check(static_lock.lock.id);
	if (!first_hash)
		first_hash = sim_trace_hash();
	kt_check(sim_trace_hash() == first_hash);
}

static void use_unmade(void *arg)
{
	struct mutex *lock = kzalloc(sizeof(*lock), GFP_KERNEL);
	struct rw_semaphore *sem = kzalloc(sizeof(*sem), GFP_KERNEL);

	mutex_lock(lock);
	kt_check(mutex_is_locked(lock));
	mutex_unlock(lock);
	mutex_lock(lock);
	mutex_unlock(lock);
	down_read(sem);
	up_read(sem);
	kfree(sem);
	kfree(lock);
}

/* Situation: a mutex and an rwsem in zeroed memory, never initialised. Expectation: each told once, and they lock. */
static void unmade(void)
{
	kt_actor("p", use_unmade, NULL);
	kt_check(kapi_run() == SIM_QUIET);
	kt_expect(VIOLATION_LOCK_MISUSE, 2);
}

const struct kt_case kt_cases[] = {
	{ "mutex_order", mutex_order },
	{ "mutex_excludes", mutex_excludes, 30 },
	{ "rwsem_excludes", rwsem_excludes, 60 },
	{ "rwsem_writer_first", rwsem_writer_first },
	{ "rwsem_downgrade", rwsem_downgrade },
	{ "cross_deadlock", cross_deadlock, 20 },
	{ "deadlock_through_second_reader", deadlock_through_second_reader, 60 },
	{ "inversion", inversion },
	{ "inversion_of_three", inversion_of_three },
	{ "nesting", nesting },
	{ "explicit_classes", explicit_classes },
	{ "bug", bug },
	{ "outside_tasks", outside_tasks },
	{ "guards", guards },
	{ "trylock_has_no_order", trylock_has_no_order },
	{ "trylock_hides_nothing", trylock_hides_nothing },
	{ "might_lock_checks", might_lock_checks },
	{ "recursion", recursion },
	{ "read_recursion", read_recursion },
	{ "held_at_return", held_at_return },
	{ "misuse", misuse },
	{ "unmade", unmade },
	{ "killable", killable },
	{ "sleep_in_atomic", sleep_in_atomic },
	{ "assertions", assertions },
	{ "static_locks", static_locks, 2 },
};
KT_SUITE("kapi_lock", kt_cases);

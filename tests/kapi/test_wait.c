// SPDX-License-Identifier: GPL-2.0-or-later
/* Sleeping and being woken: wait queues, completions, the clock, RCU, deferred work. */
#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include "kt.h"

struct item {
	struct rcu_head rcu;
	char letter;
};

static struct wait_fixture {
	wait_queue_head_t wq;
	struct completion done;
	atomic_t flag;
	long result, left;
	struct kt_log log;
	struct item *item;
	struct work_struct work[3];
} *fx;

static void setup(void)
{
	fx = sim_zalloc(sizeof(*fx));
	init_waitqueue_head(&fx->wq);
	init_completion(&fx->done);
}

static void let_others_run(void)
{
	schedule_timeout(1);
}

static void wait_for_flag(void *arg)
{
	wait_event(fx->wq, atomic_read(&fx->flag));
	kt_note(&fx->log, (char)(long)arg);
}

static void set_flag_and_wake(void *arg)
{
	atomic_set(&fx->flag, 1);
	wake_up(&fx->wq);
}

/*
 * Situation: two wait for a flag that a third sets before it wakes, in random schedules. Expectation: no wake-up
 * is lost.
 */
static void no_wakeup_lost(void)
{
	setup();
	kt_actor("a", wait_for_flag, (void *)'a');
	kt_actor("b", wait_for_flag, (void *)'b');
	kt_actor("w", set_flag_and_wake, NULL);
	kt_check(kapi_run() == SIM_QUIET);
	/* neither is exclusive: one wake_up() is for both */
	kt_check(fx->log.len == 2);
	kt_check(!waitqueue_active(&fx->wq));
}

static void set_flag_only(void *arg)
{
	let_others_run();
	atomic_set(&fx->flag, 1);
}

/*
 * Situation: the flag is set, but nobody wakes the sleeper. Expectation: told when nothing can go on, and it goes
 * on.
 */
static void lost_wakeup(void)
{
	setup();
	kt_actor("a", wait_for_flag, (void *)'a');
	kt_actor("s", set_flag_only, NULL);
	kt_check(kapi_run() == SIM_QUIET);
	kt_expect(VIOLATION_LOST_WAKEUP, 1);
	kt_check(kt_reported(VIOLATION_LOST_WAKEUP, "a sleeps on wq"));
	kt_check(fx->log.len == 1);
}

static void wait_exclusively(void *arg)
{
	wait_queue_entry_t wait;

	init_wait(&wait);
	prepare_to_wait_exclusive(&fx->wq, &wait, TASK_UNINTERRUPTIBLE);
	kapi_wait(&fx->wq, &wait, 100);
	finish_wait(&fx->wq, &wait);
	kt_note(&fx->log, (char)(long)arg);
}

static void wake_one(void *arg)
{
	let_others_run();
	atomic_set(&fx->flag, 1);
	wake_up(&fx->wq);
	let_others_run();
	kt_check(strchr(fx->log.text, 'n') && strchr(fx->log.text, '1') && fx->log.len == 2);
}

/* Situation: two exclusive waiters, then one that is not; one wake-up. Expectation: for the first, and the last. */
static void exclusive(void)
{
	setup();
	kt_actor("x", wait_exclusively, (void *)'1');
	kt_actor("y", wait_exclusively, (void *)'2');
	kt_actor("n", wait_for_flag, (void *)'n');
	kt_actor("w", wake_one, NULL);
	kt_check(kapi_run() == SIM_QUIET);
	kt_check(fx->log.text[2] == '2');
}

/* Situation: nobody ever sets the flag. Expectation: stuck, and no word of a lost wake-up. */
static void never_woken(void)
{
	setup();
	kt_actor("a", wait_for_flag, (void *)'a');
	kt_check(kapi_run() == SIM_STUCK);
	kt_check(!fx->log.len && waitqueue_active(&fx->wq));
	kt_check(!sim_stuck_on_holder());
}

static void wait_with_timeout(void *arg)
{
	fx->left = wait_event_timeout(fx->wq, atomic_read(&fx->flag), (long)arg);
	kt_note(&fx->log, 'w');
}

static void sleep_and_note(void *arg)
{
	schedule_timeout((long)arg);
	kt_note(&fx->log, (char)('0' + (long)arg));
}

/* Situation: sleeps of 5, 2 and 9 ticks beside a wait of 7. Expectation: they end by time, the wait with 0 left. */
static void timeouts_by_time(void)
{
	setup();
	kt_actor("five", sleep_and_note, (void *)5);
	kt_actor("two", sleep_and_note, (void *)2);
	kt_actor("nine", sleep_and_note, (void *)9);
	kt_actor("wait", wait_with_timeout, (void *)7);
	kt_check(kapi_run() == SIM_QUIET);
	kt_check(!strcmp(fx->log.text, "25w9"));
	kt_check(fx->left == 0 && jiffies == 9);
}

static void wake_after_three(void *arg)
{
	schedule_timeout(3);
	set_flag_and_wake(NULL);
}

/* Situation: woken in time; and the condition true from the start. Expectation: the rest of the time; all of it. */
static void timeout_not_reached(void)
{
	setup();
	kt_actor("wait", wait_with_timeout, (void *)7);
	kt_actor("wake", wake_after_three, NULL);
	kt_check(kapi_run() == SIM_QUIET);
	kt_check(fx->left == 4);
	kt_actor("wait", wait_with_timeout, (void *)7);
	kt_check(kapi_run() == SIM_QUIET);
	kt_check(fx->left == 7);
	/* no time at all, but true: 1 */
	kt_actor("wait", wait_with_timeout, (void *)0);
	kt_check(kapi_run() == SIM_QUIET);
	kt_check(fx->left == 1);
}

static void wait_killable(void *arg)
{
	sim_fault_arm(sim_self(), SIM_FAULT_LOCK_KILL, 1);
	fx->result = wait_event_killable(fx->wq, atomic_read(&fx->flag));
	kt_check(!waitqueue_active(&fx->wq));
	atomic_set(&fx->flag, 1);
	/* true at once: nobody asks for signals */
	kt_check(wait_event_killable(fx->wq, atomic_read(&fx->flag)) == 0);
}

/* Situation: a killable sleep that a signal ends. Expectation: EINTR, and it is off the queue. */
static void killed(void)
{
	setup();
	kt_actor("a", wait_killable, NULL);
	kt_check(kapi_run() == SIM_QUIET);
	kt_check(fx->result == -EINTR);
}

static void wait_done(void *arg)
{
	wait_for_completion(&fx->done);
	kt_note(&fx->log, (char)(long)arg);
}

static void complete_by_and_by(void *arg)
{
	let_others_run();
	complete(&fx->done);
	let_others_run();
	kt_check(!strcmp(fx->log.text, "a"));
	complete_all(&fx->done);
	kt_check(completion_done(&fx->done));
	/* for good */
	kt_check(try_wait_for_completion(&fx->done) && try_wait_for_completion(&fx->done));
}

/*
 * Situation: three wait for a completion; one complete(), then complete_all(). Expectation: the first, then the
 * others.
 */
static void completions(void)
{
	setup();
	kt_actor("a", wait_done, (void *)'a');
	kt_actor("b", wait_done, (void *)'b');
	kt_actor("c", wait_done, (void *)'c');
	kt_actor("x", complete_by_and_by, NULL);
	kt_check(kapi_run() == SIM_QUIET);
	kt_check(!strcmp(fx->log.text, "abc"));
}

static void complete_first(void *arg)
{
	complete(&fx->done);
	kt_check(wait_for_completion_timeout(&fx->done, 5) == 5);
	kt_check(!try_wait_for_completion(&fx->done));
	kt_check(wait_for_completion_timeout(&fx->done, 5) == 0);
	sim_fault_arm(sim_self(), SIM_FAULT_LOCK_KILL, 1);
	kt_check(wait_for_completion_killable(&fx->done) == -EINTR);
	msleep(4);
}

/* Situation: completed before anybody waits; then nobody does. Expectation: no wait; then timeout; then EINTR. */
static void completion_alone(void)
{
	setup();
	kt_actor("a", complete_first, NULL);
	kt_check(kapi_run() == SIM_QUIET);
	kt_check(jiffies == 5 + 2);
}

static void read_item_slowly(void *arg)
{
	struct item *item;

	rcu_read_lock();
	item = rcu_dereference(fx->item);
	for (int i = 0; i < 5; i++) {
		sim_point(SIM_POINT_YIELD, 0, 0);
		rcu_read_lock();
		kt_check(!item || item->letter == 'i');
		rcu_read_unlock();
	}
	rcu_read_unlock();
}

static void replace_item(void *arg)
{
	struct item *old = fx->item;
	bool later = kt_random(2);

	rcu_assign_pointer(fx->item, NULL);
	if (later) {
		kfree_rcu(old, rcu);
	} else {
		synchronize_rcu();
		kfree(old);
	}
}

/*
 * Situation: readers use what an updater frees after a grace period, in random schedules. Expectation: always
 * still there.
 */
static void rcu_protects(void)
{
	setup();
	fx->item = kzalloc(sizeof(*fx->item), GFP_KERNEL);
	fx->item->letter = 'i';
	for (int i = 0; i < 3; i++)
		kt_actor("r", read_item_slowly, NULL);
	kt_actor("u", replace_item, NULL);
	kt_check(kapi_run() == SIM_QUIET);
	kapi_leak_check();
	kt_check(!kapi_allocated_objects());
}

static void long_reader(void *arg)
{
	rcu_read_lock();
	kt_note(&fx->log, '(');
	/* not allowed for a reader, but the only way to keep one inside for certain */
	let_others_run();
	kt_note(&fx->log, ')');
	rcu_read_unlock();
}

static void synchronize(void *arg)
{
	synchronize_rcu();
	kt_note(&fx->log, 's');
}

static void longer_reader(void *arg)
{
	rcu_read_lock();
	kt_note(&fx->log, '[');
	schedule_timeout(9);
	kt_note(&fx->log, ']');
	rcu_read_unlock();
}

/*
 * Situation: a reader is inside when a grace period begins, another comes later. Expectation: only the first is
 * waited for.
 */
static void rcu_waits_for_older(void)
{
	setup();
	kt_actor("old", long_reader, NULL);
	kt_actor("sync", synchronize, NULL);
	kt_actor("new", longer_reader, NULL);
	kt_check(kapi_run() == SIM_QUIET);
	kt_check(!strcmp(fx->log.text, "([)s]"));
	/* both readers slept */
	kt_expect(VIOLATION_SLEEP_IN_ATOMIC, 2);
}

static void note_callback(struct rcu_head *head)
{
	struct item *item = container_of(head, struct item, rcu);

	kt_check(in_atomic());
	kt_note(&fx->log, item->letter);
	kfree(item);
}

static void call_two(void *arg)
{
	for (char letter = '1'; letter <= '2'; letter++) {
		struct item *item = kmalloc(sizeof(*item), GFP_KERNEL);

		item->letter = letter;
		call_rcu(&item->rcu, note_callback);
	}
	kt_note(&fx->log, '-');
	rcu_barrier();
	kt_note(&fx->log, 'b');
}

/* Situation: two callbacks and a barrier. Expectation: later, in order, and before the barrier ends. */
static void rcu_callbacks(void)
{
	setup();
	kt_actor("c", call_two, NULL);
	kt_check(kapi_run() == SIM_QUIET);
	kt_check(!strcmp(fx->log.text, "-12b"));
	kt_check(!kapi_allocated_objects());
}

static void rcu_misuse_body(void *arg)
{
	rcu_read_unlock();
	rcu_read_lock();
	might_sleep();
	kapi_locks_held_check();
	rcu_read_unlock();
	kt_check(!rcu_read_lock_held());
	/* a pointer of RCU's without a reader around it, and with another protection that does not hold */
	kt_check(!rcu_dereference(fx->item));
	kt_check(!rcu_dereference_protected(fx->item, false));
	kt_check(!rcu_dereference_check(fx->item, true) && !rcu_access_pointer(fx->item));
}

static void sync_inside(void *arg)
{
	rcu_read_lock();
	synchronize_rcu();
}

/*
 * Situation: an exit without entry, a sleep inside, a return inside, a pointer read outside, a grace period inside.
 * Expectation: each is told; the last one waits for itself.
 */
static void rcu_misuse(void)
{
	setup();
	kt_actor("m", rcu_misuse_body, NULL);
	kt_check(kapi_run() == SIM_QUIET);
	kt_expect(VIOLATION_LOCK_MISUSE, 1);
	kt_expect(VIOLATION_LOCK_HELD, 1);
	kt_expect(VIOLATION_WARNING, 2);
	kt_actor("s", sync_inside, NULL);
	kt_check(kapi_run() == SIM_STUCK);
	kt_expect(VIOLATION_DEADLOCK, 1);
	/* might_sleep(), and wait_event()'s own checks */
	kt_check(sim_violations(VIOLATION_SLEEP_IN_ATOMIC) >= 2);
	kt_expect(VIOLATION_SLEEP_IN_ATOMIC, sim_violations(VIOLATION_SLEEP_IN_ATOMIC));
}

static void slow_work(struct work_struct *work)
{
	kt_note(&fx->log, '<');
	let_others_run();
	kt_note(&fx->log, '>');
}

static void flush_all(void *arg)
{
	flush_workqueue(system_wq);
	kt_note(&fx->log, (char)(long)arg);
}

static void cancel_running(void *arg)
{
	/* it runs already: not taken off, but waited for */
	kt_check(!cancel_work_sync(&fx->work[0]));
	kt_note(&fx->log, 'c');
}

/* Situation: work runs while others flush and cancel it. Expectation: they wait for its end; it runs once. */
static void work_waited_for(void)
{
	setup();
	INIT_WORK(&fx->work[0], slow_work);
	schedule_work(&fx->work[0]);
	kt_actor("f", flush_all, (void *)'f');
	kt_actor("g", flush_all, (void *)'g');
	kt_actor("c", cancel_running, NULL);
	kt_check(kapi_run() == SIM_QUIET);
	kt_check(!strncmp(fx->log.text, "<>", 2) && strlen(fx->log.text) == 5);
}

static DEFINE_SPINLOCK(forgotten);

static void forgetful_work(struct work_struct *work)
{
	spin_lock(&forgotten);
}

static void forget(void *arg)
{
	INIT_WORK(&fx->work[0], forgetful_work);
	schedule_work(&fx->work[0]);
	flush_workqueue(system_wq);
}

/* Situation: a work function returns with a spinlock. Expectation: told, and that sleeping is not allowed any more. */
static void work_keeps_lock(void)
{
	setup();
	kt_actor("f", forget, NULL);
	kt_check(kapi_run() == SIM_QUIET);
	kt_expect(VIOLATION_LOCK_HELD, 1);
	kt_expect(VIOLATION_SLEEP_IN_ATOMIC, sim_violations(VIOLATION_SLEEP_IN_ATOMIC));
	kt_check(sim_violations(VIOLATION_SLEEP_IN_ATOMIC));
}

static void work_fn(struct work_struct *work)
{
	long nr = work - fx->work;

	kt_note(&fx->log, (char)('0' + nr));
	if (nr == 0)
		kt_check(schedule_work(&fx->work[2]));
}

static void queue_two(void *arg)
{
	for (int i = 0; i < 3; i++)
		INIT_WORK(&fx->work[i], work_fn);
	kt_check(schedule_work(&fx->work[1]));
	kt_check(schedule_work(&fx->work[0]));
	kt_check(!schedule_work(&fx->work[1]));
}

/* Situation: work is queued, one queues more. Expectation: nothing until the run settles, then in order, all of it. */
static void work_when_settled(void)
{
	setup();
	kt_actor("q", queue_two, NULL);
	kt_check(kapi_run() == SIM_QUIET);
	kt_check(!fx->log.len && kapi_work_pending());
	kt_check(kapi_settle());
	kt_check(kapi_run() == SIM_QUIET);
	kt_check(!strcmp(fx->log.text, "102"));
	kt_check(!kapi_work_pending() && !kapi_settle());
}

static void flush_and_cancel(void *arg)
{
	queue_two(NULL);
	kt_check(flush_work(&fx->work[0]));
	kt_check(!strcmp(fx->log.text, "0"));
	kt_check(!flush_work(&fx->work[0]));
	kt_check(cancel_work_sync(&fx->work[1]) && !cancel_work_sync(&fx->work[1]));
	flush_workqueue(system_wq);
	kt_check(!strcmp(fx->log.text, "02"));
}

/* Situation: one work flushed, one cancelled. Expectation: the first runs at once, the second never. */
static void work_flushed(void)
{
	setup();
	kt_actor("f", flush_and_cancel, NULL);
	kt_check(kapi_run() == SIM_QUIET);
}

const struct kt_case kt_cases[] = {
	{ "no_wakeup_lost", no_wakeup_lost, 100 },
	{ "lost_wakeup", lost_wakeup },
	{ "exclusive", exclusive },
	{ "never_woken", never_woken },
	{ "timeouts_by_time", timeouts_by_time },
	{ "timeout_not_reached", timeout_not_reached },
	{ "killed", killed },
	{ "completions", completions },
	{ "completion_alone", completion_alone },
	{ "rcu_protects", rcu_protects, 60 },
	{ "rcu_waits_for_older", rcu_waits_for_older },
	{ "rcu_callbacks", rcu_callbacks },
	{ "rcu_misuse", rcu_misuse },
	{ "work_when_settled", work_when_settled },
	{ "work_flushed", work_flushed },
	{ "work_waited_for", work_waited_for },
	{ "work_keeps_lock", work_keeps_lock },
};
KT_SUITE("kapi_wait", kt_cases);

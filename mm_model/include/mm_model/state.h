/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the layer above may enumerate for its invariants: address spaces, users
 * and pinned frames. For observers: takes no lock and reaches no scheduling
 * point, so call it between steps. Neutral header.
 */
#ifndef MM_MODEL_STATE_H
#define MM_MODEL_STATE_H

#include <stdbool.h>
#include <stddef.h>

struct mm_struct;
struct task_struct;
struct user_struct;

/* Every mm with mm_users > 0. @mlocked_pages: the pages of its VM_LOCKED VMAs, mlock's part of locked_vm. */
void mm_for_each_mm(void (*fn)(struct mm_struct *mm, unsigned long mlocked_pages, void *arg), void *arg);
/* Every user_struct that stands. */
void mm_for_each_user(void (*fn)(struct user_struct *user, void *arg), void *arg);
/* Every task that has not exited, in order of making. */
void mm_for_each_task(void (*fn)(struct task_struct *task, void *arg), void *arg);
/* mm_users > 0; false for a struct that is gone is not asked for: @mm must be referenced. */
bool mm_alive(const struct mm_struct *mm);
/* For people: the name of the first task that used it ("qemu", "qemu.mm(1)" from the second mm on). */
const char *mm_name(const struct mm_struct *mm);

struct mm_pin_run {
	unsigned long frame;
	unsigned long nr;
	unsigned long pins;	/* FOLL_PIN pins of each frame of the run */
};
/* How many frames have pins, the zero page not among them. */
unsigned long mm_frames_pinned(void);
/*
 * The first run at or after @frame whose frames have pins; false: none that begins up to
 * @last. The zero page comes last, as one frame (frame_is_zero()) with all its pins, by
 * the rules under which pins of it count at all.
 */
bool mm_pin_state(unsigned long frame, unsigned long last, struct mm_pin_run *run);

#endif

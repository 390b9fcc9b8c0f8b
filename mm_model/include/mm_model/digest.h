/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What this room adds to the digest of a world (sim/digest.h), for the rooms whose
 * objects point here. Each adds the object's name and, where it is mentioned for
 * the first time, the whole of it. NULL is a name too.
 */
#ifndef MM_MODEL_DIGEST_H
#define MM_MODEL_DIGEST_H

struct file;
struct mm_struct;
struct sim_digest;
struct task_struct;
struct user_struct;

void mm_digest_mm(struct sim_digest *digest, const struct mm_struct *mm);
void mm_digest_user(struct sim_digest *digest, const struct user_struct *user);
void mm_digest_task(struct sim_digest *digest, const struct task_struct *task);
void mm_digest_file(struct sim_digest *digest, struct file *file);
/* The same for a file that is known by its identity (mm_file_id()); 0 where no task has it any more. */
void mm_digest_file_id(struct sim_digest *digest, unsigned long file_id);
/* Frames with their states: what maps and pins them. */
void mm_digest_frames(struct sim_digest *digest, unsigned long frame, unsigned long nr);

#endif

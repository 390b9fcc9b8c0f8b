// SPDX-License-Identifier: GPL-2.0-or-later
/* A kernel file: whose account a task's is in the ledger, which only the kernel's own structures say. */
#include <linux/cred.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <accounting/ledger.h>

long lib_ledger_pages(const struct task_struct *task, int bucket);

long lib_ledger_pages(const struct task_struct *task, int bucket)
{
	const void *holder = NULL;

	if (bucket == BUCKET_LOCKED_VM || bucket == BUCKET_PINNED_VM)
		holder = task->mm;
	else if (task->cred)
		holder = task->cred->user;
	return holder ? ledger_bucket_pages((enum ledger_bucket)bucket, holder) : 0;
}

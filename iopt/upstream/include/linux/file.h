/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _UPSTREAM_FILE_H
#define _UPSTREAM_FILE_H

#include_next <linux/file.h>

/*
 * The language's fds stay over exec until the scenario says otherwise: its programs
 * clear the flag that the test driver sets on an access's fd.
 */
#undef O_CLOEXEC
#define O_CLOEXEC 0

/* The last fput() of a file that was never installed: its ->release() runs at once. */
void __fput_sync(struct file *file);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The test driver's own fault attribute: it follows the run's faults at allocations. */
#ifndef _LINUX_FAULT_INJECT_H
#define _LINUX_FAULT_INJECT_H

#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/types.h>

struct fault_attr {
	bool verbose;
};

#define DECLARE_FAULT_ATTR(name) struct fault_attr name = { false }
bool should_fail(struct fault_attr *attr, ssize_t size);

static inline struct dentry *fault_create_debugfs_attr(const char *name, struct dentry *parent,
						       struct fault_attr *attr)
{
	return ERR_PTR(-ENODEV);
}

#endif

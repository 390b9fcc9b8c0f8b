/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's own fault attributes are never armed: faults come from the scenario, by the sites of sim/fault.h. */
#ifndef _LINUX_FAULT_INJECT_H
#define _LINUX_FAULT_INJECT_H

#include <linux/debugfs.h>
#include <linux/types.h>

struct fault_attr {
	unsigned long probability;
};
#define DECLARE_FAULT_ATTR(name) struct fault_attr name = { 0 }

static inline bool should_fail(struct fault_attr *attr, ssize_t size)
{
	return attr->probability;
}

static inline struct dentry *fault_create_debugfs_attr(const char *name, struct dentry *parent,
						       struct fault_attr *attr)
{
	return (struct dentry *)0;
}

#endif

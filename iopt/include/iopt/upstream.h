/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's own iommufd and vfio as a backend (iopt/upstream), where it was built in:
 * PINSIM_UPSTREAM is defined then.
 */
#ifndef IOPT_UPSTREAM_H
#define IOPT_UPSTREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <iopt/iommufd.h>
#include <iopt/vfio_calls.h>

extern const struct iommufd_calls iommufd_upstream;
extern const struct vfio_calls vfio_upstream;

/*
 * Builds SIM_SLOT_UPSTREAM and loads the modules into this world. After
 * accounting_init() and mm_machine_init(). One such world a process at a time.
 */
void upstream_init(void);
/* The parameter of vfio_iommu_type1 of that name, for this world. After upstream_init(). */
void upstream_dma_entry_limit(unsigned int limit);

/*
 * Who runs real programs on it (tests/upstream/selftests) has user memory with a
 * content. Without these the ioctls' arguments are the harness's, and everything
 * else of a task's memory is reached through its page tables but has no content.
 */
struct upstream_user {
	/* copy_from_user() and its kin on the current task's addresses: false is EFAULT. May sleep. */
	bool (*read)(void *to, unsigned long from, size_t bytes);
	bool (*write)(unsigned long to, const void *from, size_t bytes);
	/* Where the content of a page lies, by frame number. */
	void *(*content)(unsigned long frame);
	/* The test driver's own fault attribute (should_fail()): does this call fail? */
	bool (*fails)(void);
};
/* @user: static. After upstream_init(), for this world. */
void upstream_user_set(const struct upstream_user *user);

#endif

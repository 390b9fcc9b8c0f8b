// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * BPF maps before v5.11 (kernel/bpf/syscall.c: bpf_map_charge_init).
 *
 * The pages are added to the creator's bucket, then looked at: above the limit
 * they are taken off again and the call fails with EPERM, whatever the
 * capability. The user is stored with the map. From v5.11 on maps are charged to
 * the memory cgroup and no longer here.
 */
#include <linux/anon_inodes.h>
#include <linux/cred.h>
#include <linux/errno.h>
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <accounting/charge.h>
#include <accounting/kernels.h>
#include <subsys/pinners.h>
#include "pinners_private.h"

struct bpf_map {
	unsigned long pages;
	struct user_struct *user;	/* NULL: nothing was charged */
	struct ledger_object *charged;
};

#define BPF_MAP_BYTES_MAX (0xffffffffUL - PAGE_SIZE)

static int bpf_map_charge(struct bpf_map *map)
{
	struct charge_by by = { .object = map->charged, .rule = "BPF" };
	unsigned long limit = memlock_limit_pages(current);
	struct user_struct *user = current_user();
	unsigned long now;

	now = charge_user_locked_vm_return(user, map->pages, &by);
	if (now > limit) {
		uncharge_user_locked_vm(user, map->pages, &by);
		charge_refused(BUCKET_USER_LOCKED_VM, user, now - map->pages, map->pages, limit, &by);
		return -EPERM;
	}
	map->user = get_uid(user);
	return 0;
}

static int bpf_map_release(struct inode *inode, struct file *file)
{
	struct bpf_map *map = file->private_data;
	struct charge_by by = { .object = map->charged, .rule = "BPF" };

	if (map->user) {
		uncharge_user_locked_vm(map->user, map->pages, &by);
		free_uid(map->user);
	}
	ledger_object_destroy(map->charged);
	kfree(map);
	return 0;
}

const struct file_operations bpf_map_fops = {
	.name = "bpf-map",
	.release = bpf_map_release,
};

struct ledger_object *bpf_map_ledger(const struct file *file)
{
	const struct bpf_map *map = file->private_data;

	return map->charged;
}

long bpf_map(unsigned long len)
{
	struct bpf_map *map;
	long ret = 0;

	if (!len)
		return -EINVAL;
	if (len >= BPF_MAP_BYTES_MAX)
		return -E2BIG;
	map = kzalloc(sizeof(*map), GFP_KERNEL);
	if (!map)
		return -ENOMEM;
	map->pages = PFN_UP(len);
	map->charged = ledger_object_create("bpf_map", NULL);
	if (kernel_rules()->other.bpf_memlock)
		ret = bpf_map_charge(map);
	if (!ret) {
		ret = anon_inode_getfd("bpf-map", &bpf_map_fops, map, O_RDWR);
		if (ret >= 0)
			return ret;
		if (map->user) {
			struct charge_by by = { .object = map->charged, .rule = "BPF" };

			uncharge_user_locked_vm(map->user, map->pages, &by);
			free_uid(map->user);
		}
	}
	ledger_object_destroy(map->charged);
	kfree(map);
	return ret;
}

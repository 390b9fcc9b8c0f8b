/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's integer types, on LP64 hosts (x86-64, aarch64). */
#ifndef _LINUX_TYPES_H
#define _LINUX_TYPES_H

#include <linux/kconfig.h>
#include <stdbool.h>
#include <stddef.h>

typedef signed char s8;
typedef unsigned char u8;
typedef short s16;
typedef unsigned short u16;
typedef int s32;
typedef unsigned int u32;
typedef long long s64;
typedef unsigned long long u64;

typedef s8 __s8, int8_t;
typedef u8 __u8, uint8_t, u_int8_t;
typedef s16 __s16, int16_t;
typedef u16 __u16, uint16_t, u_int16_t;
typedef s32 __s32, int32_t;
typedef u32 __u32, uint32_t, u_int32_t;
typedef s64 __s64;
typedef u64 __u64;
/* As the C library's on LP64, for neutral headers that meet both. */
typedef long int64_t;
typedef unsigned long uint64_t;
typedef unsigned long uintptr_t;

typedef u64 __aligned_u64 __attribute__((aligned(8)));
typedef s64 __aligned_s64 __attribute__((aligned(8)));
typedef u16 __le16, __be16;
typedef u32 __le32, __be32;
typedef u64 __le64, __be64;

typedef long ssize_t;
typedef long long loff_t;
typedef long off_t;
typedef int pid_t;
typedef unsigned short umode_t;
typedef unsigned int gfp_t;
typedef unsigned int fmode_t;
typedef u64 phys_addr_t;
typedef u64 dma_addr_t;
typedef u64 resource_size_t;
typedef unsigned long pgoff_t;
typedef unsigned long irq_hw_number_t;
typedef u64 sector_t;
typedef u32 dev_t;
typedef unsigned int __poll_t;
typedef unsigned int slab_flags_t;
typedef unsigned int uid_t;
typedef unsigned int gid_t;
typedef long time64_t;

/* User ids of the initial namespace's numbering. */
typedef struct {
	uid_t val;
} kuid_t;
typedef struct {
	gid_t val;
} kgid_t;

struct list_head {
	struct list_head *next, *prev;
};

struct hlist_node {
	struct hlist_node *next, **pprev;
};

struct hlist_head {
	struct hlist_node *first;
};

/* One call put off until a grace period has passed (linux/rcupdate.h). */
struct rcu_head {
	struct rcu_head *next;
	void (*func)(struct rcu_head *head);
};
typedef void (*rcu_callback_t)(struct rcu_head *head);

#include <linux/compiler.h>
#include <linux/uidgid.h>

#endif

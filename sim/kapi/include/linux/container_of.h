/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _LINUX_CONTAINER_OF_H
#define _LINUX_CONTAINER_OF_H

#include <linux/build_bug.h>
#include <linux/stddef.h>

#define typeof_member(type, member) typeof(((type *)0)->member)

#define container_of(ptr, type, member) ({                                                                             \
	static_assert(__same_type(*(ptr), ((type *)0)->member) || __same_type(*(ptr), void),                           \
		      "container_of: the pointer is not of the member's type");                                        \
	(type *)((char *)(ptr) - offsetof(type, member)); })

#define container_of_const(ptr, type, member) container_of(ptr, type, member)

#endif

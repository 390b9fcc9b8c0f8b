/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Capabilities, as far as accounting asks: of current, in effect, against the initial user namespace. */
#ifndef _LINUX_CAPABILITY_H
#define _LINUX_CAPABILITY_H

#include <linux/types.h>

#define CAP_SETUID 7
#define CAP_IPC_LOCK 14
#define CAP_SYS_RAWIO 17
#define CAP_SYS_ADMIN 21
#define CAP_SYS_RESOURCE 24

struct user_namespace;

bool capable(int cap);
/* The same against @ns: in effect there, or the owner of a namespace below one's own. */
bool ns_capable(struct user_namespace *ns, int cap);

#endif

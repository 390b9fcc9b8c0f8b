/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _UPSTREAM_MM_H
#define _UPSTREAM_MM_H

#include_next <linux/mm.h>
#include <linux/mutex.h>
#include <linux/sched/mm.h>

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _LINUX_OF_H
#define _LINUX_OF_H

struct device_node;
struct of_phandle_args;

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libpinsim: Linux' accounting of pinned and locked memory, run in userspace and
 * deterministically, by the rules of each kernel version; for tests written in C
 * or C++. docs/library.md is the way in, examples/check a test suite that
 * uses nothing else.
 */
#ifndef PINSIM_PINSIM_H
#define PINSIM_PINSIM_H

#include <pinsim/base.h>
#include <pinsim/explore.h>
#include <pinsim/io_uring.h>
#include <pinsim/iommufd.h>
#include <pinsim/memory.h>
#include <pinsim/observe.h>
#include <pinsim/pinners.h>
#include <pinsim/process.h>
#include <pinsim/scenario.h>
#include <pinsim/version.h>
#include <pinsim/vfio.h>
#include <pinsim/world.h>

#endif

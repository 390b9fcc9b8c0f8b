/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The model's vfio, as the scenario layer calls it. */
#ifndef SUBSYS_VFIO_H
#define SUBSYS_VFIO_H

#include <iopt/vfio_calls.h>

extern const struct vfio_calls vfio_model;

#endif

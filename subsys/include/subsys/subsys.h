/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What all subsystems share. */
#ifndef SUBSYS_SUBSYS_H
#define SUBSYS_SUBSYS_H

/* Builds SIM_SLOT_SUBSYS and registers the invariants of every subsystem. After iopt_init(). */
void subsys_init(void);

#endif

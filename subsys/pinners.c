// SPDX-License-Identifier: GPL-2.0-or-later
/* The pinners' common state, and what is charged for one of their files. */
#include <linux/errno.h>
#include <linux/file.h>
#include <linux/kernel.h>
#include <sim/world.h>
#include "pinners_private.h"

struct pinners_state *pinners_state(void)
{
	return sim_slot(SIM_SLOT_PINNERS);
}

void pinners_init(const struct pinner_settings *settings)
{
	struct pinners_state *state = sim_zalloc(sizeof(*state));

	state->settings = *settings;
	INIT_LIST_HEAD(&state->sev_vms);
	sim_slot_set(SIM_SLOT_PINNERS, state, sim_free);
}

/* What each kind of file is charged for; SEV counts in a number of its own that no bucket sees. */
static const struct {
	const struct file_operations *fops;
	struct ledger_object *(*ledger)(const struct file *file);
} kinds[] = {
	{ &perf_fops, perf_ledger },
	{ &xdp_fops, xdp_ledger },
	{ &zerocopy_fops, zerocopy_ledger },
	{ &rdma_fops, rdma_ledger },
	{ &vdpa_fops, vdpa_ledger },
	{ &bpf_map_fops, bpf_map_ledger },
};

long pinner_charged(int fd)
{
	struct file *file = fget(fd);
	long pages = -EINVAL;

	if (!file)
		return -EBADF;
	for (unsigned int i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct ledger_object *object;

		if (file->f_op != kinds[i].fops)
			continue;
		object = kinds[i].ledger(file);
		pages = object ? ledger_charged(object) : 0;
	}
	fput(file);
	return pages;
}

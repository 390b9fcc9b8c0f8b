// SPDX-License-Identifier: GPL-2.0-or-later
/* The pinners' common state, their objects that are no files, and what is charged for one of either. */
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/file.h>
#include <linux/kernel.h>
#include <sim/race.h>
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
	INIT_LIST_HEAD(&state->objects);
	INIT_LIST_HEAD(&state->sev_vms);
	spin_lock_init(&state->sev_lock);
	sim_slot_set(SIM_SLOT_PINNERS, state, sim_free);
}

void pinner_object_init(struct pinner_object *object, const struct pinner_ops *ops, const char *kind)
{
	object->ops = ops;
	sim_race_unseen(object->id = ++pinners_state()->next_id);
	object->charged = ledger_object_create(kind, NULL);
	sim_race_unseen(list_add_tail(&object->list, &pinners_state()->objects));
}

struct pinner_object *pinner_object_find(unsigned int id, const struct pinner_ops *ops)
{
	struct pinner_object *object, *found = NULL;

	/* whether it is there yet is seen by nobody else: who made it says its number */
	sim_touch(&pinners_state()->objects, false);
	sim_race_unseen(
		list_for_each_entry(object, &pinners_state()->objects, list) {
			if (object->id != id || (ops && object->ops != ops))
				continue;
			found = object;
			break;
		}
	);
	return found;
}

void pinner_object_destroy(struct pinner_object *object)
{
	struct ledger_object *charged = object->charged;

	sim_touch(&pinners_state()->objects, true);
	sim_race_unseen(list_del(&object->list));
	object->ops->destroy(object);
	ledger_object_destroy(charged);
}

static void destroy_all(const struct pinner_ops *ops)
{
	struct pinner_object *object, *next;

	list_for_each_entry_safe(object, next, &pinners_state()->objects, list)
		if (object->ops == ops)
			pinner_object_destroy(object);
}

void pinners_tear_down(void)
{
	destroy_all(&sev_ops);
	destroy_all(&zerocopy_ops);
	destroy_all(&shm_ops);
	/* and what a proposal brought */
	while (!list_empty(&pinners_state()->objects))
		pinner_object_destroy(list_first_entry(&pinners_state()->objects, struct pinner_object, list));
}

struct file *pinner_fget(int fd, const struct file_operations *fops)
{
	struct file *file = fget(fd);

	if (!file)
		return ERR_PTR(-EBADF);
	if (file->f_op == fops)
		return file;
	fput(file);
	return ERR_PTR(-ENOTTY);
}

static struct ledger_object *first_member(const struct file *file)
{
	return *(struct ledger_object **)file->private_data;
}

static const struct {
	const struct file_operations *fops;
	struct ledger_object *(*ledger)(const struct file *file);
} kinds[] = {
	{ &perf_fops, perf_ledger },
	{ &xdp_fops, xdp_ledger },
	{ &rdma_fops, rdma_ledger },
	{ &vdpa_fops, vdpa_ledger },
	{ &bpf_map_fops, bpf_map_ledger },
	{ &secretmem_fops, secretmem_ledger },
	{ &vduse_fops, first_member },
	{ &afu_fops, first_member },
	{ &tce_fops, first_member },
	{ &zpci_fops, first_member },
	{ &uncharged_fops, first_member },
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

long pinner_object_charged(unsigned int id)
{
	const struct pinner_object *object = pinner_object_find(id, NULL);

	return object ? ledger_charged(object->charged) : -ENOENT;
}

// SPDX-License-Identifier: GPL-2.0-or-later
/* A program, in C and in C++, that has names of its own where the library has some inside. */
#include <pinsim/pinsim.h>

#ifdef __cplusplus
extern "C" {
#endif
int mutex_lock(void);
int kmalloc(void);
int sim_run(void);
int mutex_lock(void) { return 1; }
int kmalloc(void) { return 2; }
int sim_run(void) { return 3; }
#ifdef __cplusplus
}
#endif

static long lock(void *arg)
{
	return pinsim_mlock((unsigned long)pinsim_mmap(PINSIM_PAGE_BYTES, NULL), PINSIM_PAGE_BYTES);
}

int main(void)
{
	struct pinsim_world *world = pinsim_world_create("v6.12", NULL);
	struct pinsim_task *task = pinsim_task_create(world, "a", 1000, PINSIM_PAGE_BYTES, PINSIM_CAP_NONE);
	int bad = pinsim_call(task, lock, NULL) != 0 || pinsim_locked_vm_pages(task) != 1;

	bad |= pinsim_world_end(world) != 0 || mutex_lock() + kmalloc() + sim_run() != 6;
	pinsim_world_destroy(world);
	return bad;
}

// SPDX-License-Identifier: GPL-2.0-or-later
/* What bench/planted/plant puts into the kernel's files, and which of it is on. */
#include "upstream.h"
#ifdef PINSIM_PLANTED
#include "number.h"

const struct planted_edit planted_edits[] = {
	{ "test, then add", "the user's limit is tested, and the charge added behind it", "two_maps",
	  VIOLATION_NR, 1, 1, false },
	{ "nobody woken", "the last short-term user of an object wakes nobody", "destroy_in_use",
	  VIOLATION_LOST_WAKEUP, 2, 2, false },
	{ "nobody awaited", "an object is freed while an ioctl puts it", "destroy_in_use", VIOLATION_USE_AFTER_FREE,
	  2, 3, false },
	{ "half an area", "an area that is being unmapped is taken for a whole one", "copy_unmap", VIOLATION_BUG, 1,
	  4, false },
	{ "unmapped twice", "an area that is being unmapped is unmapped", "two_unmaps", VIOLATION_BUG, 1, 5, false },
	{ "wrong order", "unmap takes its two locks in the other order", "attach_unmap", VIOLATION_DEADLOCK, 2, 6,
	  false },
	{ "bare store", "an area's pages are set without its lock", "map_copy", VIOLATION_DATA_RACE, 1, 7, true },
	{ "late reference", "a copy takes its reference behind the lock", "copy_unmap", VIOLATION_USE_AFTER_FREE, 1,
	  8, false },
	{ "wrong exit", "a refused unmap leaves its locks held", "two_unmaps", VIOLATION_LOCK_HELD, 1, 9, false },
	{ "lock let go", "the xarray's lock is let go between the search and the removal", "two_destroys",
	  VIOLATION_USE_AFTER_FREE, 2, 10, true },
	{ "lost update", "the user's charge is read, and what is left stored", "map_unmap", VIOLATION_USER_LEDGER, 1,
	  11, false },
	{ "room taken", "the lock is let go between the search for room and taking it", "same_iova",
	  VIOLATION_WARNING, 1, 12, false },
	{ "gap", "a domain comes between the filling of the others and the area's being whole", "map_attach",
	  VIOLATION_WARNING, 3, 13, false },
	{ "late lock", "the xarray's lock is let go between the search and the reference", "destroy_in_use",
	  VIOLATION_USE_AFTER_FREE, 2, 14, true },
	{ "early put", "the reference is put before the work is done", "destroy_in_use", VIOLATION_USE_AFTER_FREE, 2,
	  15, false },
};
const unsigned int planted_nr_edits = sizeof(planted_edits) / sizeof(planted_edits[0]);

void planted_select(unsigned int number)
{
	planted_number = number;
}

#else

const struct planted_edit planted_edits[] = {
	{ 0 },
};
const unsigned int planted_nr_edits = 0;

void planted_select(unsigned int number)
{
}

#endif

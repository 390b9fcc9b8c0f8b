// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * type1 charges the user who mapped, in user->locked_vm, by the mapper's limit.
 *
 * The user outlives every exec, so an uncharge always has somebody to go to. But
 * the limit, set for each process, now counts against what all processes of the
 * user have mapped, and against io_uring, AF_XDP, MSG_ZEROCOPY and iommufd: two
 * guests of one uid, each with a limit for itself, do not both fit.
 */
#include <accounting/charge.h>

static int charge(const struct payer *payer, long pages, const struct charge_by *by)
{
	if (pages < 0)
		uncharge_user_locked_vm(payer->user, -pages, by);
	else if (payer->cap)
		charge_user_locked_vm_return(payer->user, pages, by);
	else
		return charge_user_locked_vm(payer->user, pages, by);
	return 0;
}

static const struct charge_scheme by_user = {
	.rule = "vfio type1, by user",
	.bucket = BUCKET_USER_LOCKED_VM,
	.charge = charge,
};

const struct proposal vfio_user_locked = { .type1 = &by_user };

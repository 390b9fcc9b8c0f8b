/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What change_process.c shares with proposals of other ways to do the same. */
#ifndef IOPT_CHANGE_PROCESS_H
#define IOPT_CHANGE_PROCESS_H

#include "io_pagetable.h"

/* All areas of an xarray of IOASes, each of which is locked against mapping. */
#define for_each_ioas_area(ioas_list, index, ioas, area) \
	xa_for_each(ioas_list, index, ioas)              \
		iopt_for_each_area(area, &(ioas)->iopt)

/* Charges current for @npinned pages, a number for each mode, by one charge each; all or none. ENOMEM. */
int iommufd_charge_current(struct iommufd_ctx *ictx, const size_t *npinned);
/* In the ledger: of what was so charged to the context, pages->moving are the charge of @pages. */
void iommufd_ledger_hand_over(struct iommufd_ctx *ictx, struct iopt_pages *pages);

#endif

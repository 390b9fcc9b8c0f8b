/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The areas of the operation table, and what their files share. */
#ifndef SCENARIO_OPS_H
#define SCENARIO_OPS_H

#include <scenario/op.h>

extern const struct op_area ops_process;
extern const struct op_area ops_memory;
extern const struct op_area ops_iommufd;
extern const struct op_area ops_vfio;
extern const struct op_area ops_io_uring;
extern const struct op_area ops_others;
extern const struct op_area ops_pinners;
extern const struct op_area ops_fault;
extern struct op_area ops_proposals;	/* filled in before main() */

#define OP_AREA(id, area_name, table) \
	const struct op_area id = { area_name, table, sizeof(table) / sizeof((table)[0]) }

/* prot=rw|r|w|none of a map, in the bits that iommufd_calls and vfio_calls share. */
extern const struct op_word map_prot_words[];

/* May an IOMMU's least page have so many bytes? */
bool op_is_page_size(unsigned long bytes);

/* The call opened a file: @ret is its fd, or an error. Fills call->made. */
long op_made_file(struct op_call *call, enum value_kind kind, long ret);
/* The call made an object of no file: @ret is its number, or an error. Fills call->made. */
long op_made_object(struct op_call *call, enum value_kind kind, long ret);
/* The call returned a number: an address, bytes, a value. */
long op_made_number(struct op_call *call, unsigned long number);

#endif

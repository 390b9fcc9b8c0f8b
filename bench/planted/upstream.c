// SPDX-License-Identifier: GPL-2.0-or-later
/* What is planted in the kernel's files, and which of it is on. */
#include "upstream.h"

const struct planted_edit planted_edits[] = {
	{ 0 },
};
const unsigned int planted_nr_edits = 0;

void planted_select(unsigned int number)
{
}

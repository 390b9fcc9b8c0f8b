// SPDX-License-Identifier: GPL-2.0-or-later
#include <accounting/kernels.h>
#include <pinsim/version.h>

const char *pinsim_version(void)
{
	return PINSIM_VERSION;
}

unsigned long long pinsim_kernel_table_hash(void)
{
	return kernel_table_hash();
}

const char *pinsim_kernel(size_t index)
{
	return index < kernels() ? kernel_at(index)->name : NULL;
}

const char *pinsim_kernel_what(size_t index)
{
	return index < kernels() ? kernel_at(index)->what : NULL;
}

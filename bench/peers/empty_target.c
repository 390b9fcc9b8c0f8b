// SPDX-License-Identifier: GPL-2.0-or-later
/* A target for libFuzzer that does nothing: bench/fuzz.c. */
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t nr);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t nr)
{
	(void)bytes;
	(void)nr;
	return 0;
}

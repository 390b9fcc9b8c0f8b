// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What -fsanitize=thread makes the compiler call, answered by race.c instead of the
 * compiler's own library. Only builds with PINSIM_RACES have it. The volatile forms
 * are those of marked accesses (tsan-distinguish-volatile), the unaligned ones are
 * no different here, and what an atomic orders is said by <linux/atomic.h>.
 */
#include "core.h"

#define ENTRY(name, bytes, flags)                                                                                      \
	void name(const void *at);                                                                                     \
	void name(const void *at)                                                                                      \
	{                                                                                                              \
		sim_race_access(at, bytes, flags, __builtin_return_address(0));                                        \
	}

#define ENTRIES(bytes)                                                                                                 \
	ENTRY(__tsan_read##bytes, bytes, 0)                                                                            \
	ENTRY(__tsan_write##bytes, bytes, SIM_RACE_WRITE)                                                              \
	ENTRY(__tsan_unaligned_read##bytes, bytes, 0)                                                                  \
	ENTRY(__tsan_unaligned_write##bytes, bytes, SIM_RACE_WRITE)                                                    \
	ENTRY(__tsan_read_write##bytes, bytes, SIM_RACE_WRITE)                                                         \
	ENTRY(__tsan_unaligned_read_write##bytes, bytes, SIM_RACE_WRITE)                                               \
	ENTRY(__tsan_volatile_read##bytes, bytes, SIM_RACE_MARKED)                                                     \
	ENTRY(__tsan_volatile_write##bytes, bytes, SIM_RACE_WRITE | SIM_RACE_MARKED)                                   \
	ENTRY(__tsan_unaligned_volatile_read##bytes, bytes, SIM_RACE_MARKED)                                           \
	ENTRY(__tsan_unaligned_volatile_write##bytes, bytes, SIM_RACE_WRITE | SIM_RACE_MARKED)

ENTRIES(1)
ENTRIES(2)
ENTRIES(4)
ENTRIES(8)
ENTRIES(16)

void __tsan_read_range(const void *at, unsigned long bytes);
void __tsan_read_range(const void *at, unsigned long bytes)
{
	sim_race_access(at, bytes, 0, __builtin_return_address(0));
}

void __tsan_write_range(const void *at, unsigned long bytes);
void __tsan_write_range(const void *at, unsigned long bytes)
{
	sim_race_access(at, bytes, SIM_RACE_WRITE, __builtin_return_address(0));
}

void __tsan_func_entry(const void *caller);
void __tsan_func_entry(const void *caller)
{
}

void __tsan_func_exit(void);
void __tsan_func_exit(void)
{
}

void __tsan_init(void);
void __tsan_init(void)
{
}

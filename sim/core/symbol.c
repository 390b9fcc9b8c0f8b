// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where in the program an instruction lies, for people: "iopt_unmap_iova() io_pagetable.c:655".
 *
 * The debug information of the running program knows (elfutils' libdw); built
 * without that library, or stripped, nobody does. It is read when the first place
 * is asked for, and kept by the thread: an exploration asks often. It needs more
 * stack than a fiber has, so reports keep the addresses until sim_run() is back on
 * the OS's stack (verdict.c), and only then become text.
 */
#include "core.h"

#include <stdio.h>
#include <string.h>

#if SIM_LIBDW
#include <elfutils/libdwfl.h>
#include <unistd.h>

static const Dwfl_Callbacks callbacks = {
	.find_elf = dwfl_linux_proc_find_elf,
	.find_debuginfo = dwfl_standard_find_debuginfo,
};

static Dwfl *debug_information(void)
{
	Dwfl *dwfl = sim_cache_symbols();

	if (dwfl)
		return dwfl;
	dwfl = dwfl_begin(&callbacks);
	if (!dwfl)
		return NULL;
	if (dwfl_linux_proc_report(dwfl, getpid()) || dwfl_report_end(dwfl, NULL, NULL)) {
		dwfl_end(dwfl);
		return NULL;
	}
	sim_cache_symbols_keep(dwfl);
	return dwfl;
}

void sim_symbols_free(void *symbols)
{
	dwfl_end(symbols);
}

void sim_symbol(uintptr_t address, char *buf, size_t size)
{
	Dwfl *dwfl = debug_information();
	Dwfl_Module *module = dwfl ? dwfl_addrmodule(dwfl, address) : NULL;
	const char *function = module ? dwfl_module_addrname(module, address) : NULL;
	Dwfl_Line *line = module ? dwfl_module_getsrc(module, address) : NULL;
	const char *file = NULL, *slash;
	int number = 0;

	if (line)
		file = dwfl_lineinfo(line, NULL, &number, NULL, NULL, NULL);
	slash = file ? strrchr(file, '/') : NULL;
	if (slash)
		file = slash + 1;
	if (file)
		snprintf(buf, size, "%s() %s:%d", function ? function : "?", file, number);
	else
		snprintf(buf, size, "%s()", function ? function : "?");
}

#else

void sim_symbols_free(void *symbols)
{
}

void sim_symbol(uintptr_t address, char *buf, size_t size)
{
	snprintf(buf, size, "?()");
}

#endif

# SPDX-License-Identifier: GPL-2.0-or-later
#
# pinsim_layer(NAME [HOST files...] [KERNEL files...] [NEEDS layers...])
#
# A static library of one layer. KERNEL files are compiled in the kernel's
# include world with the kernel's language flags; HOST files in the C library's.
# NEEDS names the layers below that it may use: their neutral headers come with
# them, so an include upward does not compile.

set(PINSIM_WARNINGS -Wall -Wextra -Wno-unused-parameter -Wno-sign-compare -Wmissing-prototypes
    -Wno-missing-field-initializers -Wstrict-prototypes -Wpointer-arith -Wundef)
option(PINSIM_WERROR "Warnings are errors" OFF)
if(PINSIM_WERROR)
	list(APPEND PINSIM_WARNINGS -Werror)
endif()

# The same objects make the command and libpinsim: code for a shared library, of which nothing is seen
# from outside but what <pinsim/...> declares, and that is loaded with the program. Where files are optimised as one
# there is no libpinsim (lib/), and each look at sim_this is one instruction less.
set(CMAKE_C_VISIBILITY_PRESET hidden)
if(NOT CMAKE_INTERPROCEDURAL_OPTIMIZATION)
	set(CMAKE_POSITION_INDEPENDENT_CODE ON)
	add_compile_options(-ftls-model=initial-exec)
endif()

# Left alone, gcc clears and copies a structure by a string instruction, whose start takes longer than the library's
# function; by a profile even a small one.
include(CheckCCompilerFlag)
check_c_compiler_flag(-mstringop-strategy=libcall PINSIM_HAS_STRINGOP_STRATEGY)
if(PINSIM_HAS_STRINGOP_STRATEGY)
	add_compile_options(-mstringop-strategy=libcall)
endif()

# The compiler's own headers (stddef.h, stdarg.h, stdbool.h) stay visible to kernel files.
execute_process(COMMAND ${CMAKE_C_COMPILER} -print-file-name=include
	OUTPUT_VARIABLE PINSIM_COMPILER_INCLUDE OUTPUT_STRIP_TRAILING_WHITESPACE)
set(PINSIM_KERNEL_FLAGS -nostdinc -isystem ${PINSIM_COMPILER_INCLUDE} -fno-builtin-printf
	-fno-strict-aliasing -fwrapv -funsigned-char -D__KERNEL__
	-I${PROJECT_SOURCE_DIR}/sim/kapi/include)

# Where files are optimised as one, what calls go through takes more inside than the compiler would by itself, as it is
# many small functions, each called from few places: fewer instructions, in code a quarter larger. The kernel API is
# not to: what it has is called from everywhere, and a search lives in little of it.
set(PINSIM_INLINE_FLAGS)
if(CMAKE_INTERPROCEDURAL_OPTIMIZATION AND CMAKE_C_COMPILER_ID STREQUAL GNU)
	set(PINSIM_INLINE_FLAGS --param=max-inline-insns-auto=60 --param=max-inline-insns-single=200
		--param=inline-unit-growth=200)
endif()

# Data races (sim/race.h): the compiler's thread instrumentation in kernel files, answered by
# sim/core/race_entry.c. What looks on, the ledger and the invariants, is no part of the kernel, and
# mm_model/page.c is the machine's memory itself.
option(PINSIM_RACES "Instrument kernel files, so that data races are found (pinsim run --races)" OFF)
set(PINSIM_RACE_FLAGS -fsanitize=thread)
if(CMAKE_C_COMPILER_ID STREQUAL GNU)
	list(APPEND PINSIM_RACE_FLAGS --param=tsan-distinguish-volatile=1 --param=tsan-instrument-func-entry-exit=0)
else()
	list(APPEND PINSIM_RACE_FLAGS "SHELL:-mllvm -tsan-distinguish-volatile=1"
		"SHELL:-mllvm -tsan-instrument-func-entry-exit=0")
endif()
# Which engine runs actors: fibers, or the threads of sim/threads.h, for stress; those with PINSIM_RACES under
# ThreadSanitizer, the compiler's own library.
set(PINSIM_ENGINE fibers CACHE STRING "fibers, or threads: each actor a pthread, for stress")
if(PINSIM_ENGINE STREQUAL threads)
	add_compile_definitions(SIM_THREADS=1)
	set(PINSIM_RACE_FLAGS -fsanitize=thread)
endif()
# Functions of @target are the simulator's, one at a time; with FILES... only those of these files are.
function(pinsim_inside target)
	set(flags -finstrument-functions)
	if(ARGN)
		set_property(SOURCE ${ARGN} APPEND PROPERTY COMPILE_OPTIONS ${flags})
	else()
		target_compile_options(${target} PRIVATE ${flags})
	endif()
endfunction()
set(PINSIM_ONLOOKERS "(ledger|accounting|invariants|observe|digest|mm_model/page|^page)\\.c$")
if(PINSIM_RACES)
	add_compile_definitions(SIM_RACES=1)
endif()

# Instruments the kernel files of @target, where this build does so.
function(pinsim_watch_races target)
	if(NOT PINSIM_RACES)
		return()
	endif()
	target_compile_options(${target} PRIVATE ${PINSIM_RACE_FLAGS})
	get_target_property(files ${target} SOURCES)
	list(FILTER files INCLUDE REGEX ${PINSIM_ONLOOKERS})
	if(files)
		set_source_files_properties(${files} PROPERTIES COMPILE_OPTIONS -fno-sanitize=thread)
	endif()
endfunction()

function(pinsim_layer name)
	cmake_parse_arguments(L "" "" "HOST;KERNEL;NEEDS" ${ARGN})
	set(objects)
	foreach(world HOST KERNEL)
		if(L_${world})
			string(TOLOWER ${world} suffix)
			set(target ${name}_${suffix})
			add_library(${target} OBJECT ${L_${world}})
			target_compile_options(${target} PRIVATE ${PINSIM_WARNINGS})
			if(world STREQUAL KERNEL)
				target_compile_options(${target} PRIVATE ${PINSIM_KERNEL_FLAGS})
				if(NOT name STREQUAL sim_kapi)
					target_compile_options(${target} PRIVATE ${PINSIM_INLINE_FLAGS})
					pinsim_watch_races(${target})
				endif()
				if(PINSIM_ENGINE STREQUAL threads)
					set(onlookers ${L_KERNEL})
					list(FILTER onlookers INCLUDE REGEX ${PINSIM_ONLOOKERS})
					if(name STREQUAL sim_kapi)
						pinsim_inside(${target})
					elseif(onlookers)
						pinsim_inside(${target} ${onlookers})
					endif()
				endif()
			else()
				target_compile_definitions(${target} PRIVATE _GNU_SOURCE)
			endif()
			if(IS_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR}/include)
				target_include_directories(${target} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/include)
			endif()
			target_include_directories(${target} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
			foreach(need ${L_NEEDS})
				target_include_directories(${target} PRIVATE
					$<TARGET_PROPERTY:${need},INTERFACE_INCLUDE_DIRECTORIES>)
			endforeach()
			list(APPEND objects $<TARGET_OBJECTS:${target}>)
			set_property(GLOBAL APPEND PROPERTY PINSIM_OBJECTS $<TARGET_OBJECTS:${target}>)
		endif()
	endforeach()
	add_library(${name} STATIC ${objects})
	set_target_properties(${name} PROPERTIES LINKER_LANGUAGE C)
	# The kernel's own headers are for kernel files, which name them by PINSIM_KERNEL_FLAGS: a host
	# file that saw them would find the kernel's <linux/errno.h> behind the C library's <errno.h>.
	set(headers ${CMAKE_CURRENT_SOURCE_DIR}/include)
	if(IS_DIRECTORY ${headers} AND NOT IS_DIRECTORY ${headers}/linux)
		target_include_directories(${name} INTERFACE ${headers})
	endif()
	target_link_libraries(${name} PUBLIC ${L_NEEDS})
endfunction()

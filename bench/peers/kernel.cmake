# SPDX-License-Identifier: GPL-2.0-or-later
#
# bench_kernel: the kernel's xarray and interval tree (peers/kernel.h), unpacked into the build folder from
# the package linux-source-6.12 or taken from PINSIM_KERNEL_SRC. Without either the target is not made.

set(tree ${CMAKE_CURRENT_BINARY_DIR}/linux)
set(tarball /usr/src/linux-source-6.12.tar.xz)
option(PINSIM_PEERS "Build what bench/ measures beside our own" OFF)
if(NOT PINSIM_PEERS)
	return()
elseif(PINSIM_KERNEL_SRC AND EXISTS ${PINSIM_KERNEL_SRC}/tools/lib/rbtree.c)
	set(tree ${PINSIM_KERNEL_SRC})
elseif(NOT EXISTS ${tarball})
	return()
elseif(NOT EXISTS ${tree}/unpacked OR ${tarball} IS_NEWER_THAN ${tree}/unpacked)
	message(STATUS "Unpacking the kernel's xarray and interval tree")
	file(MAKE_DIRECTORY ${tree})
	set(members tools/include tools/testing/shared tools/lib
		lib/interval_tree.c lib/radix-tree.h lib/xarray.c include/linux/gfp_types.h include/linux/interval_tree.h
		include/linux/kconfig.h include/linux/xarray.h)
	list(TRANSFORM members PREPEND linux-source-6.12/)
	execute_process(COMMAND tar -xJf ${tarball} -C ${tree} --strip-components=1 ${members} RESULT_VARIABLE failed)
	if(failed)
		message(WARNING "${tarball} lacks files of the kernel's xarray: bench_store goes without")
		return()
	endif()
	file(TOUCH ${tree}/unpacked)
endif()

add_library(bench_kernel OBJECT peers/kernel_intervals.c peers/kernel_xarray.c)
target_compile_definitions(bench_kernel PRIVATE _GNU_SOURCE)
# The kernel builds with what it builds with; of ours only errors count there.
target_compile_options(bench_kernel PRIVATE -w -fno-strict-aliasing
	"SHELL:-idirafter ${tree}/include" "SHELL:-include linux/kconfig.h")
target_include_directories(bench_kernel PRIVATE peers peers/include peers/include/generated
	${tree}/tools/testing/shared ${tree}/tools/include ${tree} ${tree}/lib)
# The names of its functions are those of sim/kapi: only the peers' are seen from outside.
set_target_properties(bench_kernel PROPERTIES INTERPROCEDURAL_OPTIMIZATION OFF)
set(BENCH_KERNEL ${CMAKE_CURRENT_BINARY_DIR}/kernel.o)
add_custom_command(OUTPUT ${BENCH_KERNEL}
	COMMAND ${CMAKE_LINKER} -r -o ${BENCH_KERNEL} $<TARGET_OBJECTS:bench_kernel>
	COMMAND ${CMAKE_OBJCOPY} --wildcard --keep-global-symbol=kernel_* ${BENCH_KERNEL}
	DEPENDS bench_kernel $<TARGET_OBJECTS:bench_kernel>
	COMMAND_EXPAND_LISTS VERBATIM)

# SPDX-License-Identifier: GPL-2.0-or-later
#
# A build with gcov's counters. What dies by a signal or by _exit() writes them too (flush.c).
option(PINSIM_COVERAGE "Count what runs, for gcov" OFF)
if(NOT PINSIM_COVERAGE)
	return()
endif()
add_compile_options(-fprofile-arcs -ftest-coverage)
add_link_options(--coverage)
add_library(coverage_flush STATIC ${CMAKE_CURRENT_LIST_DIR}/flush.c)
target_compile_options(coverage_flush PRIVATE -fno-profile-arcs -fno-test-coverage)
link_libraries(coverage_flush)
add_link_options(-Wl,--wrap=_exit -Wl,--wrap=raise -Wl,--undefined=coverage_catch)

# SPDX-License-Identifier: GPL-2.0-or-later
#
# pinsim_check_suite(NAME FILES files... [KERNEL files...] [NEEDS layers...])
#
# One test program, test_NAME, that ctest runs as NAME. FILES are host files that
# use Check and bring the main(); KERNEL files are compiled in the kernel's
# include world, for tests that call the simulated kernel in its own words. NEEDS
# names the layers under test; those below come with them.
#
# The program runs by itself, under Valgrind (CMAKE_CROSSCOMPILING_EMULATOR, as
# the preset `valgrind` sets it) and under the sanitizers: Check forks for each
# case, so an error in one ends that case alone. Without Check there are no suites
# (`make run` does not need it); a cross build finds one in its sysroot
# (tools/aarch64-sysroot).

find_package(PkgConfig QUIET)
if(PkgConfig_FOUND)
	pkg_check_modules(CHECK QUIET IMPORTED_TARGET check)
endif()
if(NOT CHECK_FOUND)
	message(STATUS "Check is not there: no test suites")
endif()

function(pinsim_check_suite name)
	cmake_parse_arguments(S "" "" "FILES;KERNEL;NEEDS" ${ARGN})
	if(NOT CHECK_FOUND)
		return()
	endif()
	add_executable(test_${name} ${S_FILES})
	target_compile_options(test_${name} PRIVATE ${PINSIM_WARNINGS})
	target_compile_definitions(test_${name} PRIVATE _GNU_SOURCE)
	target_link_libraries(test_${name} PRIVATE ${S_NEEDS} PkgConfig::CHECK)
	if(S_KERNEL)
		add_library(test_${name}_kernel OBJECT ${S_KERNEL})
		target_compile_options(test_${name}_kernel PRIVATE ${PINSIM_WARNINGS} ${PINSIM_KERNEL_FLAGS})
		target_link_libraries(test_${name}_kernel PRIVATE ${S_NEEDS})
		target_sources(test_${name} PRIVATE $<TARGET_OBJECTS:test_${name}_kernel>)
	endif()
	add_test(NAME ${name} COMMAND test_${name})
	# Valgrind is 20 to 50 times slower; a case that hangs is still ended by its own timeout.
	set_tests_properties(${name} PROPERTIES TIMEOUT 900)
	if(CMAKE_CROSSCOMPILING_EMULATOR)
		set_tests_properties(${name} PROPERTIES ENVIRONMENT CK_TIMEOUT_MULTIPLIER=30)
	endif()
endfunction()

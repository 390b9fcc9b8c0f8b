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

# The compiler's own headers (stddef.h, stdarg.h, stdbool.h) stay visible to kernel files.
execute_process(COMMAND ${CMAKE_C_COMPILER} -print-file-name=include
	OUTPUT_VARIABLE PINSIM_COMPILER_INCLUDE OUTPUT_STRIP_TRAILING_WHITESPACE)
set(PINSIM_KERNEL_FLAGS -nostdinc -isystem ${PINSIM_COMPILER_INCLUDE} -fno-builtin-printf
	-fno-strict-aliasing -fwrapv -funsigned-char -D__KERNEL__
	-I${PROJECT_SOURCE_DIR}/sim/kapi/include)

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

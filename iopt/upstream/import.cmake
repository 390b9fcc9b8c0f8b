# SPDX-License-Identifier: GPL-2.0-or-later
#
# pinsim_upstream_import(OUT): brings the files of MANIFEST to OUT, from the tree
# PINSIM_KERNEL_SRC or else from the package's tarball, and compares them with
# MANIFEST. Sets PINSIM_UPSTREAM_EXACT where all of them are those of its version.
# A tree may do without the test programs, those below tools/.

set(PINSIM_KERNEL_TARBALL /usr/src/linux-source-6.12.tar.xz CACHE FILEPATH
	"Where the package linux-source-6.12 has the kernel's source")

function(pinsim_upstream_import out)
	file(STRINGS ${CMAKE_CURRENT_SOURCE_DIR}/MANIFEST lines REGEX "^[0-9a-f]")
	file(STRINGS ${CMAKE_CURRENT_SOURCE_DIR}/MANIFEST version REGEX "^version ")
	string(REPLACE "version " "" version "${version}")
	set(paths)
	foreach(line ${lines})
		string(REGEX REPLACE "^[0-9a-f]+ +" "" path "${line}")
		list(APPEND paths ${path})
	endforeach()
	set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/MANIFEST)

	if(PINSIM_KERNEL_SRC)
		foreach(path ${paths})
			if(NOT EXISTS ${PINSIM_KERNEL_SRC}/${path})
				if(path MATCHES "^tools/")
					list(FILTER lines EXCLUDE REGEX " ${path}$")
					continue()
				endif()
				message(FATAL_ERROR "PINSIM_KERNEL_SRC: ${PINSIM_KERNEL_SRC} has no ${path}")
			endif()
			configure_file(${PINSIM_KERNEL_SRC}/${path} ${out}/${path} COPYONLY)
		endforeach()
	else()
		if(NOT EXISTS ${PINSIM_KERNEL_TARBALL})
			message(FATAL_ERROR "the upstream backend needs the package linux-source-6.12 or PINSIM_KERNEL_SRC")
		endif()
		list(TRANSFORM paths PREPEND linux-source-6.12/ OUTPUT_VARIABLE members)
		set(stamp ${out}/unpacked)
		if(NOT EXISTS ${stamp} OR ${PINSIM_KERNEL_TARBALL} IS_NEWER_THAN ${stamp}
		   OR ${CMAKE_CURRENT_SOURCE_DIR}/MANIFEST IS_NEWER_THAN ${stamp})
			message(STATUS "Unpacking the kernel's iommufd and vfio")
			file(MAKE_DIRECTORY ${out})
			execute_process(COMMAND tar -xJf ${PINSIM_KERNEL_TARBALL} -C ${out} --strip-components=1
				--occurrence=1 ${members} RESULT_VARIABLE failed)
			if(failed)
				message(FATAL_ERROR "${PINSIM_KERNEL_TARBALL} has not all files of iopt/upstream/MANIFEST")
			endif()
			file(TOUCH ${stamp})
		endif()
	endif()

	set(other)
	foreach(line ${lines})
		string(REGEX MATCH "^[0-9a-f]+" wanted "${line}")
		string(REGEX REPLACE "^[0-9a-f]+ +" "" path "${line}")
		file(SHA256 ${out}/${path} found)
		if(NOT found STREQUAL wanted)
			list(APPEND other ${path})
		endif()
	endforeach()
	if(other)
		list(JOIN other " " other)
		message(WARNING "The upstream backend is not ${version}: ${other}")
		set(PINSIM_UPSTREAM_EXACT OFF CACHE INTERNAL "")
	else()
		message(STATUS "The upstream backend is iommufd and vfio type1 of ${version}")
		set(PINSIM_UPSTREAM_EXACT ON CACHE INTERNAL "")
	endif()
endfunction()

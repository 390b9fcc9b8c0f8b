# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the policy of Debian asks for beside what is installed: copyright and changelog in each
# package, manual pages compressed, no debugging information in a static library.
foreach(part ${CPACK_COMPONENTS_ALL})
	string(TOUPPER ${part} PART)
	set(name ${CPACK_DEBIAN_${PART}_PACKAGE_NAME})
	set(root ${CPACK_TEMPORARY_DIRECTORY}/${part}/usr)
	file(MAKE_DIRECTORY ${root}/share/doc/${name})
	file(COPY_FILE ${CMAKE_CURRENT_LIST_DIR}/copyright ${root}/share/doc/${name}/copyright)
	file(WRITE ${root}/share/doc/${name}/changelog
		"pinsim (${CPACK_PACKAGE_VERSION}) unstable; urgency=low\n\n"
		"  * Made by CPack from the release of that name.\n\n"
		" -- ${CPACK_DEBIAN_PACKAGE_MAINTAINER}  Thu, 01 Jan 2026 00:00:00 +0000\n")
	file(GLOB_RECURSE pages ${root}/share/man/*)
	file(GLOB archives ${root}/lib/*.a ${root}/lib/*/*.a)
	foreach(file ${pages} ${root}/share/doc/${name}/changelog)
		execute_process(COMMAND gzip -9nf ${file} COMMAND_ERROR_IS_FATAL ANY)
	endforeach()
	foreach(file ${archives})
		execute_process(COMMAND strip --strip-debug ${file} COMMAND_ERROR_IS_FATAL ANY)
	endforeach()
	# The licence stands in copyright, as in every package.
	file(REMOVE ${root}/share/doc/${name}/LICENSE)
	execute_process(COMMAND chmod -R u+rwX,go+rX,go-w ${root} COMMAND_ERROR_IS_FATAL ANY)
endforeach()

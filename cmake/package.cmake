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
	file(READ ${CMAKE_CURRENT_LIST_DIR}/changelog.in changelog)
	string(CONFIGURE "${changelog}" changelog @ONLY)
	file(WRITE ${root}/share/doc/${name}/changelog "${changelog}")
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

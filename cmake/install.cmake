# SPDX-License-Identifier: GPL-2.0-or-later
#
# What `cmake --install` puts where, and the Debian packages that CPack makes of it. Nothing of
# what is installed knows its prefix: the command looks beside itself for the scenarios
# (cmd/select.c), pinsim.pc and the CMake package beside themselves for the library.
#
#	command		pinsim with its documents, manual pages and completions
#	scenarios	the library of .pin files
#	library		libpinsim.so.X.Y
#	development	<pinsim/...>, both libraries to link with, pinsim.pc, the CMake package, the example
include(CMakePackageConfigHelpers)

install(TARGETS pinsim RUNTIME COMPONENT command)
install(DIRECTORY scenarios DESTINATION ${CMAKE_INSTALL_DATADIR}/pinsim COMPONENT scenarios)
install(FILES README.md LICENSE TYPE DOC COMPONENT command)
install(DIRECTORY docs/ TYPE DOC COMPONENT command FILES_MATCHING PATTERN *.md PATTERN man EXCLUDE)
if(TARGET pinsim-ioctl-args)
	install(TARGETS pinsim-ioctl-args LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/pinsim COMPONENT command)
endif()

if(TARGET pinsim_static)
	set(cmakedir ${CMAKE_INSTALL_LIBDIR}/cmake/pinsim)
	foreach(kind static shared)
		if(TARGET pinsim_${kind})
			install(TARGETS pinsim_${kind} EXPORT pinsim-${kind}
				ARCHIVE COMPONENT development
				LIBRARY COMPONENT library NAMELINK_COMPONENT development)
			install(EXPORT pinsim-${kind} NAMESPACE pinsim:: DESTINATION ${cmakedir} COMPONENT development)
		endif()
	endforeach()
	install(DIRECTORY lib/include/pinsim TYPE INCLUDE COMPONENT development)
	install(DIRECTORY examples/check DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples COMPONENT development)

	# From where pinsim.pc lies to the prefix.
	file(RELATIVE_PATH up /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
	string(REGEX REPLACE "/$" "" up ${up})
	configure_file(cmake/pinsim.pc.in pinsim.pc @ONLY)
	install(FILES ${PROJECT_BINARY_DIR}/pinsim.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig
		COMPONENT development)
	configure_package_config_file(cmake/pinsim-config.cmake.in pinsim-config.cmake INSTALL_DESTINATION ${cmakedir})
	write_basic_package_version_file(pinsim-config-version.cmake COMPATIBILITY SameMinorVersion)
	install(FILES ${PROJECT_BINARY_DIR}/pinsim-config.cmake ${PROJECT_BINARY_DIR}/pinsim-config-version.cmake
		DESTINATION ${cmakedir} COMPONENT development)
endif()

# Debian packages: `cpack -G DEB` in the build folder makes pinsim, pinsim-scenarios, libpinsimX.Y and
# libpinsim-dev. What a package depends on is asked of dpkg-shlibdeps where there is something to ask.
set(soversion ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
set(CPACK_PACKAGE_NAME pinsim)
set(CPACK_PACKAGE_VENDOR pinsim)
set(CPACK_PACKAGE_DIRECTORY ${PROJECT_BINARY_DIR}/packages)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_CURRENT_LIST_DIR}/package.cmake)
set(CPACK_COMPONENTS_ALL command scenarios library development)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_MAINTAINER "pinsim maintainers <pinsim@localhost>" CACHE STRING "Who answers for the packages")
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(about "Linux charges pinned and locked memory against RLIMIT_MEMLOCK in at least
six places, each by a rule of its own. pinsim runs these rules in
userspace, deterministically, as each kernel version has them.")
set(CPACK_DEBIAN_COMMAND_PACKAGE_NAME pinsim)
set(CPACK_DEBIAN_COMMAND_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_COMMAND_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_COMMAND_PACKAGE_DEPENDS "pinsim-scenarios (= ${PROJECT_VERSION})")
set(CPACK_COMPONENT_COMMAND_DESCRIPTION "${about}
.
This package has the command and its manual pages.")
set(CPACK_DEBIAN_SCENARIOS_PACKAGE_NAME pinsim-scenarios)
set(CPACK_DEBIAN_SCENARIOS_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_SCENARIOS_PACKAGE_ARCHITECTURE all)
set(CPACK_COMPONENT_SCENARIOS_DESCRIPTION "${about}
.
This package has the library of scenarios, many of them measured on running
kernels.")
set(CPACK_DEBIAN_LIBRARY_PACKAGE_NAME libpinsim${soversion})
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SHLIBDEPS ON)
file(WRITE ${PROJECT_BINARY_DIR}/debian/shlibs "libpinsim ${soversion} libpinsim${soversion} (= ${PROJECT_VERSION})\n")
file(WRITE ${PROJECT_BINARY_DIR}/debian/triggers "activate-noawait ldconfig\n")
set(CPACK_DEBIAN_LIBRARY_PACKAGE_CONTROL_EXTRA
	${PROJECT_BINARY_DIR}/debian/shlibs ${PROJECT_BINARY_DIR}/debian/triggers)
set(CPACK_COMPONENT_LIBRARY_DESCRIPTION "${about}
.
This package has the library that tests in C are linked with.")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libpinsim-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS
	"libpinsim${soversion} (= ${PROJECT_VERSION}), libjansson-dev, libdw-dev")
set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION "${about}
.
This package has headers, libraries, pkg-config and CMake files, and an
example, for tests in C and C++.")
include(CPack)

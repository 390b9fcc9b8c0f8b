# SPDX-License-Identifier: GPL-2.0-or-later
#
# PINSIM_PROFILE (`make profiled`): built with `train`, what runs notes beside its objects where it goes; built again
# in the same folder with `use`, code is laid out by these notes. gcc's; what does not change is what a run does.
set(PINSIM_PROFILE "" CACHE STRING "train: notes what a run goes through; use: is laid out by these notes")
if(PINSIM_PROFILE STREQUAL "train")
	# the notes are of functions as they stand in one file
	set(CMAKE_INTERPROCEDURAL_OPTIMIZATION OFF)
	add_compile_options(-fprofile-generate)
	add_link_options(-fprofile-generate)
elseif(PINSIM_PROFILE STREQUAL "use")
	# what no training run came to is compiled for size, and lies apart
	add_compile_options(-fprofile-use -Wno-missing-profile)
endif()

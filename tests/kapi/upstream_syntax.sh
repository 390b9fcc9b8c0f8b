#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# usage: upstream_syntax.sh SOURCE_DIR BUILD_DIR CC
#
# The kernel API must carry the kernel's own files: each of those below is compiled,
# unmodified, against sim/kapi/include with nothing but its private headers and the
# UAPI beside it. No code is made; a missing declaration or one that does not fit is
# an error. Exit 77 (skipped) where the package linux-source-6.12 is not installed;
# PINSIM_KERNEL_SRC names an unpacked tree to check in its place.
set -eu
source=$1 build=$2 cc=$3
tarball=/usr/src/linux-source-6.12.tar.xz
tree=${PINSIM_KERNEL_SRC:-$build/upstream/linux-source-6.12}
headers='include/linux/iommufd.h include/linux/vfio.h include/uapi/linux/iommufd.h include/uapi/linux/vfio.h'
files='drivers/iommu/iommufd/pages.c drivers/iommu/iommufd/io_pagetable.c drivers/iommu/iommufd/device.c
	drivers/iommu/iommufd/main.c drivers/iommu/iommufd/ioas.c drivers/iommu/iommufd/hw_pagetable.c
	drivers/iommu/iommufd/vfio_compat.c drivers/iommu/iommufd/fault.c drivers/iommu/iommufd/iova_bitmap.c
	drivers/iommu/iommufd/selftest.c drivers/vfio/vfio_iommu_type1.c'

if [ ! -d "$tree/drivers/iommu/iommufd" ]; then
	if [ ! -f $tarball ]; then
		echo "$tarball is not there (apt-get install linux-source-6.12)"
		exit 77
	fi
	mkdir -p "$build/upstream"
	# read to its end for what lies last in it: about half a minute, once a build folder
	tar -C "$build/upstream" -xJf $tarball linux-source-6.12/drivers/iommu linux-source-6.12/drivers/vfio \
		linux-source-6.12/include/linux linux-source-6.12/include/uapi/linux
fi

# Only these headers of the kernel's may be seen.
seen=$build/upstream/include
rm -rf "$seen"
mkdir -p "$seen/linux" "$seen/uapi/linux"
for header in $headers; do
	cp "$tree/$header" "$seen/${header#include/}"
done

failed=0
for file in $files; do
	if "$cc" -std=gnu11 -fsyntax-only -nostdinc -isystem "$("$cc" -print-file-name=include)" \
		-Wall -Werror -Wno-unused-parameter -Wno-sign-compare -Wno-pointer-sign -Wno-unknown-warning-option \
		-Wno-format-overflow -fno-strict-aliasing -funsigned-char -D__KERNEL__ -DKBUILD_MODNAME='"upstream"' \
		-I"$source/sim/kapi/include" -I"$source/sim/core/include" -I"$seen" "$tree/$file"; then
		echo "ok $file"
	else
		echo "not ok $file"
		failed=1
	fi
done
exit $failed

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Shows strace what it does not decode: the arguments of VFIO's and iommufd's ioctls.
 *
 *   strace -E LD_PRELOAD=.../pinsim-ioctl-args.so -s 256 -f -o LOG PROGRAM
 *
 * Before such an ioctl the program writes its argument to descriptor -1, after it to
 * -2. Both writes fail and change nothing, and the log has the bytes. The limits and
 * the user that the program starts with are asked for too, for the log to have them.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

enum { TYPE = ';', GROUP_SET_CONTAINER = 104, IOMMU_MAP_DMA = 113, IOMMU_UNMAP_DMA = 114, BIND_IOMMUFD = 118,
       DETACH_IOMMUFD_PT = 120, IOMMUFD_FIRST = 0x80, IOMMUFD_LAST = 0x94, ARGUMENT_MAX = 256 };

__attribute__((constructor)) static void tell_start(void)
{
	struct rlimit limit;

	getrlimit(RLIMIT_MEMLOCK, &limit);
	geteuid();
}

/* Bytes behind @arg, by the length that such a structure begins with. */
static size_t argument_bytes(unsigned long request, const void *arg)
{
	unsigned int nr = _IOC_NR(request);
	uint32_t bytes;

	if (_IOC_TYPE(request) != TYPE || !arg)
		return 0;
	if (nr == GROUP_SET_CONTAINER)
		return sizeof(int);
	if (!(nr == IOMMU_MAP_DMA || nr == IOMMU_UNMAP_DMA || (nr >= BIND_IOMMUFD && nr <= DETACH_IOMMUFD_PT) ||
	      (nr >= IOMMUFD_FIRST && nr <= IOMMUFD_LAST)))
		return 0;
	memcpy(&bytes, arg, sizeof(bytes));
	return bytes < ARGUMENT_MAX ? bytes : ARGUMENT_MAX;
}

static void show(int fd, const void *arg, size_t bytes)
{
	int error = errno;

	if (bytes && write(fd, arg, bytes) < 0)
		errno = error;
}

int ioctl(int fd, unsigned long request, ...)
{
	static int (*next)(int, unsigned long, ...);
	va_list args;
	size_t bytes;
	void *arg;
	int ret;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "ioctl");
	bytes = argument_bytes(request, arg);
	show(-1, arg, bytes);
	ret = next(fd, request, arg);
	show(-2, arg, bytes);
	return ret;
}

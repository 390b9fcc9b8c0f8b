// SPDX-License-Identifier: GPL-2.0-or-later
/* iommufd's ioctls, through the backend of the world. */
#include <errno.h>
#include <iopt/iommufd.h>
#include "lib.h"

_Static_assert((int)PINSIM_DMA_READ == IOPT_READ && (int)PINSIM_DMA_WRITE == IOPT_WRITE, "protections");
_Static_assert(sizeof(struct pinsim_iova_range) == sizeof(struct iommufd_range), "ranges");

/* A mock's IO page, at least half a page of the CPU. */
#define IO_PAGE_BYTES_MIN 2048ul

static const struct iommufd_calls *iommufd(void)
{
	return lib_this_backend()->iommufd;
}

long pinsim_iommufd_open(void)
{
	return LIB_CALL(iommufd_open, iommufd()->open(), "%s", "");
}

/* Where an id goes that nobody wants to know. */
static unsigned int *wanted(unsigned int *id, unsigned int *unwanted)
{
	return id ? id : unwanted;
}

long pinsim_ioas_alloc(int fd, unsigned int *ioas)
{
	unsigned int unwanted;

	return LIB_CALL(ioas_alloc, iommufd()->ioas_alloc(fd, wanted(ioas, &unwanted)), "%d", fd);
}

static long attach_mock(int fd, const struct iommufd_attach *args, unsigned int *device)
{
	unsigned int unwanted;

	if (args->pgsize && (args->pgsize < IO_PAGE_BYTES_MIN || args->pgsize & (args->pgsize - 1)))
		return -EINVAL;
	return iommufd()->attach_mock(fd, args, wanted(device, &unwanted));
}

long pinsim_attach_mock(int fd, unsigned int ioas, unsigned int *device)
{
	struct iommufd_attach args = { .ioas_id = ioas };

	return LIB_CALL(attach, attach_mock(fd, &args, device), "%d, ioas %u", fd, ioas);
}

long pinsim_attach_mock_with(int fd, unsigned int ioas, struct pinsim_iova_range aperture, unsigned long page_bytes,
			     unsigned int *device)
{
	struct iommufd_attach args = {
		.ioas_id = ioas,
		.aperture_start = aperture.first,
		.aperture_last = aperture.last,
		.pgsize = page_bytes,
	};

	return LIB_CALL(attach, attach_mock(fd, &args, device), "%d, ioas %u, %#lx..%#lx", fd, ioas, aperture.first,
			aperture.last);
}

long pinsim_attach(int fd, unsigned int device, unsigned int ioas)
{
	return LIB_CALL(attach, iommufd()->attach(fd, device, ioas), "%d, device %u, ioas %u", fd, device, ioas);
}

long pinsim_detach(int fd, unsigned int device)
{
	return LIB_CALL(detach, iommufd()->detach(fd, device), "%d, device %u", fd, device);
}

long pinsim_replace(int fd, unsigned int device, unsigned int ioas)
{
	return LIB_CALL(replace, iommufd()->replace(fd, device, ioas), "%d, device %u, ioas %u", fd, device, ioas);
}

/* Maps into *@iova; where nobody wants to know it, too. */
static long map(long (*call)(int fd, const struct iommufd_map *args, unsigned long *iova), int fd,
		struct iommufd_map *args, unsigned long *iova)
{
	unsigned long chosen = args->iova = iova ? *iova : 0;
	long ret;

	if (args->fixed && !iova)
		return lib_misuse("a fixed IOVA without one, expected *iova");
	ret = call(fd, args, &chosen);
	if (ret >= 0 && iova)
		*iova = chosen;
	return ret < 0 ? ret : 0;
}

long pinsim_ioas_map(int fd, unsigned int ioas, unsigned long va, unsigned long len, unsigned int prot, bool fixed,
		     unsigned long *iova)
{
	struct iommufd_map args = {
		.ioas_id = ioas, .va = va, .memfd = -1, .len = len, .fixed = fixed, .prot = prot & PINSIM_DMA_RW,
	};

	return LIB_CALL(ioas_map, map(iommufd()->ioas_map, fd, &args, iova), "%d, ioas %u, va=%#lx, len=%s", fd, ioas,
			va, LIB_BYTES(len));
}

long pinsim_ioas_map_file(int fd, unsigned int ioas, int memfd, unsigned long off, unsigned long len, unsigned int prot,
			  bool fixed, unsigned long *iova)
{
	struct iommufd_map args = {
		.ioas_id = ioas, .memfd = memfd, .off = off, .len = len, .fixed = fixed, .prot = prot & PINSIM_DMA_RW,
	};

	return LIB_CALL(ioas_map_file, map(iommufd()->ioas_map_file, fd, &args, iova),
			"%d, ioas %u, file=%d, off=%#lx, len=%s", fd, ioas, memfd, off, LIB_BYTES(len));
}

static long unmap(int fd, unsigned int ioas, unsigned long iova, unsigned long len)
{
	unsigned long unmapped = 0;
	long ret = iommufd()->ioas_unmap(fd, ioas, iova, len, &unmapped);

	return ret < 0 ? ret : (long)unmapped;
}

long pinsim_ioas_unmap(int fd, unsigned int ioas, unsigned long iova, unsigned long len)
{
	return LIB_CALL(ioas_unmap, unmap(fd, ioas, iova, len), "%d, ioas %u, iova=%#lx, len=%s", fd, ioas,
			iova, LIB_BYTES(len));
}

/* The range that the ioctl takes for everything. */
long pinsim_ioas_unmap_all(int fd, unsigned int ioas)
{
	return LIB_CALL(ioas_unmap_all, unmap(fd, ioas, 0, ~0ul), "%d, ioas %u", fd, ioas);
}

static long copy(int fd, unsigned int to, unsigned int from, unsigned long from_iova, unsigned long len,
		 unsigned int prot, bool fixed, unsigned long *iova)
{
	unsigned long chosen = iova ? *iova : 0;
	long ret;

	if (fixed && !iova)
		return lib_misuse("a fixed IOVA without one, expected *iova");
	ret = iommufd()->ioas_copy(fd, to, from, from_iova, len, fixed, &chosen, prot & PINSIM_DMA_RW);
	if (ret >= 0 && iova)
		*iova = chosen;
	return ret < 0 ? ret : 0;
}

long pinsim_ioas_copy(int fd, unsigned int to, unsigned int from, unsigned long from_iova, unsigned long len,
		      unsigned int prot, bool fixed, unsigned long *iova)
{
	return LIB_CALL(ioas_copy, copy(fd, to, from, from_iova, len, prot, fixed, iova),
			"%d, ioas %u, ioas %u, %#lx, len=%s", fd, to, from, from_iova, LIB_BYTES(len));
}

long pinsim_ioas_allow_iovas(int fd, unsigned int ioas, const struct pinsim_iova_range *ranges, unsigned int nr)
{
	return LIB_CALL(ioas_allow_iovas,
			iommufd()->ioas_allow_iovas(fd, ioas, (const struct iommufd_range *)ranges, nr),
			"%d, ioas %u, %u ranges", fd, ioas, nr);
}

long pinsim_access_create(int fd, unsigned int ioas, unsigned int *access)
{
	unsigned int unwanted;

	return LIB_CALL(access_create, iommufd()->access_create(fd, ioas, wanted(access, &unwanted)), "%d, ioas %u", fd,
			ioas);
}

static long nothing_more(long ret)
{
	return ret < 0 ? ret : 0;
}

long pinsim_access_pin(int access_fd, unsigned long iova, unsigned long len, bool write)
{
	return LIB_CALL(access_pin, nothing_more(iommufd()->access_pin(access_fd, iova, len, write)),
			"%d, iova=%#lx, len=%s", access_fd, iova, LIB_BYTES(len));
}

long pinsim_access_unpin(int access_fd, unsigned long iova, unsigned long len)
{
	return LIB_CALL(access_unpin, iommufd()->access_unpin(access_fd, iova, len), "%d, iova=%#lx, len=%s",
			access_fd, iova, LIB_BYTES(len));
}

long pinsim_access_rw(int access_fd, unsigned long iova, unsigned long len, bool write)
{
	return LIB_CALL(access_rw, iommufd()->access_rw(access_fd, iova, len, write), "%d, iova=%#lx, len=%s",
			access_fd, iova, LIB_BYTES(len));
}

long pinsim_option_rlimit_mode(int fd, unsigned long value)
{
	return LIB_CALL(option_rlimit_mode, nothing_more(iommufd()->option_rlimit_mode(fd, true, value)), "%d, %lu", fd,
			value);
}

long pinsim_option_huge_pages(int fd, unsigned int ioas, unsigned long value)
{
	return LIB_CALL(option_huge_pages, nothing_more(iommufd()->option_huge_pages(fd, ioas, true, value)),
			"%d, ioas %u, %lu", fd, ioas, value);
}

long pinsim_change_process(int fd)
{
	return LIB_CALL(change_process, iommufd()->change_process(fd), "%d", fd);
}

long pinsim_iommufd_destroy(int fd, unsigned int object)
{
	return LIB_CALL(destroy, iommufd()->destroy(fd, object), "%d, %u", fd, object);
}

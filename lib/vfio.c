// SPDX-License-Identifier: GPL-2.0-or-later
/* vfio's containers, devices and mdevs, through the backend of the world. */
#include <iopt/vfio_calls.h>
#include "lib.h"

_Static_assert((int)PINSIM_DMA_READ == VFIO_READ && (int)PINSIM_DMA_WRITE == VFIO_WRITE, "protections");

static const struct vfio_calls *vfio(void)
{
	return lib_this_backend()->vfio;
}

static long nothing_more(long ret)
{
	return ret < 0 ? ret : 0;
}

static long open_container(struct lib_call *call, const struct pinsim_vfio *how)
{
	struct vfio_open args = {
		.version = how->version ? how->version : 2,
		.iommufd = how->on_iommufd ? how->iommufd : -1,
		.compat = how->compat,
		.device = !how->without_device,
	};

	if ((how->on_iommufd && !lib_call_has(call, "iommufd")) || (how->compat && !lib_call_has(call, "compat")))
		return -PINSIM_EABSENT;
	if (how->on_iommufd && how->compat)
		return lib_misuse("pinsim_vfio_open(): on_iommufd together with compat, expected one of them");
	return vfio()->open(&args);
}

long pinsim_vfio_open(const struct pinsim_vfio *how)
{
	static const struct pinsim_vfio plain;

	return LIB_CALL(vfio_open, open_container(&call_, how ? how : &plain), "%s",
			how && how->compat ? "compat" : "");
}

long pinsim_vfio_attach(int container)
{
	return LIB_CALL(vfio_attach, nothing_more(vfio()->attach(container)), "%d", container);
}

long pinsim_vfio_detach(int container)
{
	return LIB_CALL(vfio_detach, vfio()->detach(container), "%d", container);
}

long pinsim_vfio_cdev_open(int iommufd, unsigned int *device)
{
	unsigned int unwanted;

	return LIB_CALL(vfio_cdev_open, vfio()->cdev_open(iommufd, device ? device : &unwanted), "%d", iommufd);
}

long pinsim_vfio_map(int container, unsigned long iova, unsigned long va, unsigned long len, unsigned int prot)
{
	return LIB_CALL(vfio_map, vfio()->map(container, iova, va, len, prot & PINSIM_DMA_RW),
			"%d, iova=%#lx, va=%#lx, len=%s", container, iova, va, LIB_BYTES(len));
}

typedef long (*unmap_call)(int fd, unsigned long iova, unsigned long len, bool all, unsigned long *unmapped);

static long unmap(unmap_call call, int container, unsigned long iova, unsigned long len, bool all)
{
	unsigned long unmapped = 0;
	long ret = call(container, iova, len, all, &unmapped);

	return ret < 0 ? ret : (long)unmapped;
}

long pinsim_vfio_unmap(int container, unsigned long iova, unsigned long len)
{
	return LIB_CALL(vfio_unmap, unmap(vfio()->unmap, container, iova, len, false), "%d, iova=%#lx, len=%s",
			container, iova, LIB_BYTES(len));
}

long pinsim_vfio_unmap_all(int container)
{
	return LIB_CALL(vfio_unmap_all, unmap(vfio()->unmap, container, 0, 0, true), "%d", container);
}

long pinsim_vfio_unmap_vaddr(int container, unsigned long iova, unsigned long len)
{
	return LIB_CALL(vfio_unmap_vaddr, unmap(vfio()->unmap_vaddr, container, iova, len, false),
			"%d, iova=%#lx, len=%s", container, iova, LIB_BYTES(len));
}

long pinsim_vfio_unmap_vaddr_all(int container)
{
	return LIB_CALL(vfio_unmap_vaddr_all, unmap(vfio()->unmap_vaddr, container, 0, 0, true), "%d", container);
}

long pinsim_vfio_map_vaddr(int container, unsigned long iova, unsigned long va, unsigned long len)
{
	return LIB_CALL(vfio_map_vaddr, vfio()->map_vaddr(container, iova, va, len), "%d, iova=%#lx, va=%#lx, len=%s",
			container, iova, va, LIB_BYTES(len));
}

long pinsim_mdev_attach(int container)
{
	return LIB_CALL(mdev_attach, vfio()->mdev_attach(container), "%d", container);
}

long pinsim_mdev_pin(int mdev, unsigned long iova, unsigned long len)
{
	return LIB_CALL(mdev_pin, nothing_more(vfio()->mdev_pin(mdev, iova, len)), "%d, iova=%#lx, len=%s", mdev,
			iova, LIB_BYTES(len));
}

long pinsim_mdev_unpin(int mdev, unsigned long iova, unsigned long len)
{
	return LIB_CALL(mdev_unpin, nothing_more(vfio()->mdev_unpin(mdev, iova, len)), "%d, iova=%#lx, len=%s", mdev,
			iova, LIB_BYTES(len));
}

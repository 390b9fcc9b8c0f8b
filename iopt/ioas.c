// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The calls on an IO address space (iommufd/ioas.c): their arguments, in the
 * order in which the kernel looks at them, around what io_pagetable.c does. The
 * address space is held only for the time of a call; pages move from one to
 * another by reference.
 */
#include "io_pagetable.h"

void iommufd_ioas_destroy(struct iommufd_object *obj)
{
	struct iommufd_ioas *ioas = container_of(obj, struct iommufd_ioas, obj);
	unsigned long unmapped;

	WARN_ON(iopt_unmap_all(&ioas->iopt, &unmapped));
	iopt_destroy_table(&ioas->iopt);
	mutex_destroy(&ioas->mutex);
}

struct iommufd_ioas *iommufd_ioas_alloc(struct iommufd_ctx *ictx)
{
	struct iommufd_ioas *ioas = NULL;

	ioas = iommufd_object_alloc(ictx, ioas, IOMMUFD_OBJ_IOAS);
	if (!IS_ERR(ioas)) {
		mutex_init(&ioas->mutex);
		INIT_LIST_HEAD(&ioas->hwpt_list);
		iopt_init_table(&ioas->iopt);
	}
	return ioas;
}

int iommufd_ioas_alloc_id(struct iommufd_ctx *ictx, u32 *id)
{
	bool locked = iommufd_rules()->change_process;
	struct iommufd_ioas *ioas = iommufd_ioas_alloc(ictx);

	if (IS_ERR(ioas))
		return PTR_ERR(ioas);
	*id = ioas->obj.id;
	if (locked)
		down_read(&ictx->ioas_creation_lock);
	iommufd_object_finalize(ictx, &ioas->obj);
	if (locked)
		up_read(&ictx->ioas_creation_lock);
	return 0;
}

static int conv_iommu_prot(unsigned int prot)
{
	int iommu_prot = IOMMU_CACHE;

	if (prot & IOPT_READ)
		iommu_prot |= IOMMU_READ;
	if (prot & IOPT_WRITE)
		iommu_prot |= IOMMU_WRITE;
	return iommu_prot;
}

/* What MAP, MAP_FILE and COPY refuse before they look for the address space. */
static int iommufd_check_map_args(unsigned long iova, unsigned long length, unsigned int prot)
{
	if (iova == ULONG_MAX || length == ULONG_MAX)
		return -EOVERFLOW;
	return prot & (IOPT_READ | IOPT_WRITE) ? 0 : -EINVAL;
}

int iommufd_ioas_map(struct iommufd_ctx *ictx, const struct iommufd_map *args, unsigned long *iova)
{
	struct iommufd_ioas *ioas;
	int rc;

	*iova = args->iova;
	rc = iommufd_check_map_args(args->iova, args->len, args->prot);
	if (rc)
		return rc;
	ioas = iommufd_get_ioas(ictx, args->ioas_id);
	if (IS_ERR(ioas))
		return PTR_ERR(ioas);
	rc = iopt_map_user_pages(ictx, &ioas->iopt, iova, args->va, args->len, conv_iommu_prot(args->prot),
				 !args->fixed);
	iommufd_put_object(ictx, &ioas->obj);
	return rc;
}

int iommufd_ioas_map_file(struct iommufd_ctx *ictx, const struct iommufd_map *args, unsigned long *iova)
{
	struct iommufd_ioas *ioas;
	int rc;

	if (!iommufd_rules()->map_file)
		return -ENOTTY;
	*iova = args->iova;
	rc = iommufd_check_map_args(args->iova, args->len, args->prot);
	if (rc)
		return rc;
	ioas = iommufd_get_ioas(ictx, args->ioas_id);
	if (IS_ERR(ioas))
		return PTR_ERR(ioas);
	rc = iopt_map_file_pages(ictx, &ioas->iopt, iova, args->memfd, args->off, args->len,
				 conv_iommu_prot(args->prot), !args->fixed);
	iommufd_put_object(ictx, &ioas->obj);
	return rc;
}

int iommufd_ioas_copy(struct iommufd_ctx *ictx, u32 dst_id, u32 src_id, unsigned long src_iova, unsigned long length,
		      bool fixed, unsigned long *iova, unsigned int prot)
{
	struct iommufd_ioas *src, *dst;
	LIST_HEAD(pages_list);
	int rc;

	if (src_iova == ULONG_MAX)
		return -EOVERFLOW;
	rc = iommufd_check_map_args(*iova, length, prot);
	if (rc)
		return rc;

	src = iommufd_get_ioas(ictx, src_id);
	if (IS_ERR(src))
		return PTR_ERR(src);
	rc = iopt_get_pages(&src->iopt, src_iova, length, &pages_list);
	iommufd_put_object(ictx, &src->obj);
	if (rc)
		return rc;

	dst = iommufd_get_ioas(ictx, dst_id);
	if (IS_ERR(dst)) {
		rc = PTR_ERR(dst);
	} else {
		rc = iopt_map_pages(&dst->iopt, &pages_list, length, iova, conv_iommu_prot(prot), !fixed);
		iommufd_put_object(ictx, &dst->obj);
	}
	iopt_free_pages_list(&pages_list);
	return rc;
}

static int iommufd_ioas_unmap_range(struct iommufd_ioas *ioas, unsigned long iova, unsigned long length,
				    unsigned long *unmapped)
{
	int rc;

	if (iova == 0 && length == ULONG_MAX)
		return iopt_unmap_all(&ioas->iopt, unmapped);
	if (iova == ULONG_MAX || length == ULONG_MAX)
		return -EOVERFLOW;
	rc = iopt_unmap_iova(&ioas->iopt, iova, length, unmapped);
	return !rc && !*unmapped ? -ENOENT : rc;
}

int iommufd_ioas_unmap(struct iommufd_ctx *ictx, u32 id, unsigned long iova, unsigned long length,
		       unsigned long *unmapped)
{
	struct iommufd_ioas *ioas = iommufd_get_ioas(ictx, id);
	int rc;

	*unmapped = 0;
	if (IS_ERR(ioas))
		return PTR_ERR(ioas);
	rc = iommufd_ioas_unmap_range(ioas, iova, length, unmapped);
	iommufd_put_object(ictx, &ioas->obj);
	return rc;
}

static int iommufd_ioas_load_iovas(struct rb_root_cached *itree, const struct iommufd_range *ranges, unsigned int nr)
{
	struct iopt_allowed *allowed;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		if (ranges[i].start >= ranges[i].last ||
		    interval_tree_iter_first(itree, ranges[i].start, ranges[i].last))
			return -EINVAL;
		allowed = kzalloc(sizeof(*allowed), GFP_KERNEL_ACCOUNT);
		if (!allowed)
			return -ENOMEM;
		allowed->node.start = ranges[i].start;
		allowed->node.last = ranges[i].last;
		interval_tree_insert(&allowed->node, itree);
	}
	return 0;
}

/* The new ranges replace the old ones at once, or not at all. */
int iommufd_ioas_allow_iovas(struct iommufd_ctx *ictx, u32 id, const struct iommufd_range *ranges, unsigned int nr)
{
	struct rb_root_cached itree = RB_ROOT_CACHED;
	struct iommufd_ioas *ioas = iommufd_get_ioas(ictx, id);
	struct interval_tree_node *node;
	int rc;

	if (IS_ERR(ioas))
		return PTR_ERR(ioas);
	rc = iommufd_ioas_load_iovas(&itree, ranges, nr);
	if (!rc)
		rc = iopt_set_allow_iova(&ioas->iopt, &itree);
	while ((node = interval_tree_iter_first(&itree, 0, ULONG_MAX))) {
		interval_tree_remove(node, &itree);
		kfree(container_of(node, struct iopt_allowed, node));
	}
	iommufd_put_object(ictx, &ioas->obj);
	return rc;
}

long iommufd_ioas_option_huge_pages(struct iommufd_ctx *ictx, u32 id, bool set, unsigned long value)
{
	struct iommufd_ioas *ioas = iommufd_get_ioas(ictx, id);
	long rc = 0;

	if (IS_ERR(ioas))
		return PTR_ERR(ioas);
	if (!set)
		rc = !ioas->iopt.disable_large_pages;
	else if (value == 0)
		rc = iopt_disable_large_pages(&ioas->iopt);
	else if (value == 1)
		iopt_enable_large_pages(&ioas->iopt);
	else
		rc = -EINVAL;
	iommufd_put_object(ictx, &ioas->obj);
	return rc;
}

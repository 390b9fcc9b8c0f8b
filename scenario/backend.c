// SPDX-License-Identifier: GPL-2.0-or-later
/* What stands behind the operations of iommufd and vfio, by name. */
#include <string.h>
#include <iopt/upstream.h>
#include <scenario/runner.h>

const struct backend backend_model = {
	.name = "model",
	.iommufd = &iommufd_model,
	.vfio = &vfio_model,
};

#ifdef PINSIM_UPSTREAM
static void init_upstream(const struct world_settings *settings)
{
	upstream_init();
	upstream_dma_entry_limit((unsigned int)settings->dma_entry_limit);
}

static const struct backend backend_upstream = {
	.name = "upstream",
	.iommufd = &iommufd_upstream,
	.vfio = &vfio_upstream,
	.kernel = "v6.12",
	.init = init_upstream,
};
#endif

const struct backend *backend_by_name(const char *name)
{
#ifdef PINSIM_UPSTREAM
	if (!strcmp(name, backend_upstream.name))
		return &backend_upstream;
#endif
	return strcmp(name, backend_model.name) ? NULL : &backend_model;
}

bool backend_runs(const struct backend *backend, const struct kernel *kernel)
{
	return !backend->kernel || !strcmp(backend->kernel, kernel->name);
}

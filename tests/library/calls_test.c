// SPDX-License-Identifier: GPL-2.0-or-later
/* The modelled calls through the library, each room once, and what there is to see behind them. */
#include "suite.h"

/* A world with one task of user 1000 and @pages of limit, and a body alone on it. */
struct scene {
	struct pinsim_world *world;
	struct pinsim_task *task;
};

static struct scene scene_make(const char *kernel, unsigned long pages)
{
	struct scene scene = { .world = pinsim_world_create(kernel, NULL) };

	ck_assert_msg(scene.world != NULL, "%s", pinsim_error());
	scene.task = pinsim_task_create(scene.world, "a", 1000, pages * PAGE, PINSIM_CAP_NONE);
	return scene;
}

static void scene_end(struct scene *scene, long violations)
{
	ck_assert_int_eq(pinsim_world_end(scene->world), violations);
	pinsim_world_destroy(scene->world);
}

static long locks(void *arg)
{
	long va = pinsim_mmap(64 * PAGE, NULL);

	ck_assert_int_gt(va, 0);
	ck_assert_int_eq(pinsim_mlock((unsigned long)va, 64 * PAGE), 0);
	ck_assert_int_eq(pinsim_locked_vm_pages(pinsim_current()), 64);
	ck_assert_int_eq(pinsim_munlock((unsigned long)va, 16 * PAGE), 0);
	ck_assert_int_eq(pinsim_mlock2((unsigned long)va, PAGE, true), 0);
	ck_assert_int_eq(pinsim_munlockall(), 0);
	ck_assert_int_eq(pinsim_mlockall(true, true, false), 0);
	va = pinsim_mmap(PAGE, NULL);
	ck_assert_int_eq(va, -EAGAIN);
	return pinsim_locked_vm_pages(pinsim_current());
}

/* mlock up to the limit, and one page more; the ledger is of pinners and has nothing of it. */
START_TEST(memory)
{
	struct scene scene = scene_make("v6.12", 64);

	ck_assert_int_eq(pinsim_call(scene.task, locks, NULL), 64);
	ck_assert_int_eq(pinsim_locked_vm_pages(scene.task), 64);
	ck_assert_int_eq(pinsim_ledger_pages(scene.task, PINSIM_LOCKED_VM), 0);
	ck_assert_uint_eq(pinsim_memlock_bytes(scene.task), 64 * PAGE);
	scene_end(&scene, 0);
}
END_TEST

struct mapped {
	struct pinsim_world *world;
	int fd, container;
	unsigned int ioas;
	long va;
};

static long maps_by_iommufd(void *arg)
{
	struct mapped *mapped = arg;
	unsigned int device, second, access;
	unsigned long iova = 32ul << 20, chosen = 0;
	long access_fd, memfd;

	mapped->va = pinsim_mmap(16 * PAGE, NULL);
	mapped->fd = (int)pinsim_iommufd_open();
	ck_assert_int_ge(mapped->fd, 0);
	ck_assert_int_eq(pinsim_ioas_alloc(mapped->fd, &mapped->ioas), 0);
	ck_assert_int_eq(pinsim_attach_mock(mapped->fd, mapped->ioas, &device), 0);
	ck_assert_int_eq(pinsim_ioas_map(mapped->fd, mapped->ioas, (unsigned long)mapped->va, 8 * PAGE, PINSIM_DMA_RW,
					 true, &iova), 0);
	ck_assert_int_eq(pinsim_ioas_map(mapped->fd, mapped->ioas, (unsigned long)mapped->va, PAGE, PINSIM_DMA_RW, true,
					 &iova), -EEXIST);
	ck_assert_int_eq(pinsim_ioas_map(mapped->fd, mapped->ioas, (unsigned long)mapped->va, 9 * PAGE, PINSIM_DMA_RW,
					 false, &chosen), -ENOMEM);
	ck_assert_ptr_nonnull(strstr(pinsim_refusal(pinsim_current()), "user(1000).locked_vm 8p + 9p > a's 16p"));
	ck_assert_int_eq(pinsim_charged_pages(pinsim_current(), mapped->fd), 8);
	ck_assert_int_eq(pinsim_ioas_pinned_pages(pinsim_current(), mapped->fd, mapped->ioas), 8);

	ck_assert_int_eq(pinsim_ioas_alloc(mapped->fd, &second), 0);
	ck_assert_int_eq(pinsim_ioas_alloc(mapped->fd, NULL), 0);
	ck_assert_int_eq(pinsim_option_huge_pages(mapped->fd, second, 0), 0);
	ck_assert_int_eq(pinsim_ioas_copy(mapped->fd, second, mapped->ioas, iova, 8 * PAGE, PINSIM_DMA_RW, false,
					  &chosen), 0);
	access_fd = pinsim_access_create(mapped->fd, second, &access);
	ck_assert_int_ge(access_fd, 0);
	ck_assert_int_eq(pinsim_access_pin((int)access_fd, chosen, PAGE, true), 0);
	ck_assert_int_eq(pinsim_access_unpin((int)access_fd, chosen, PAGE), 0);
	ck_assert_int_eq(pinsim_access_rw((int)access_fd, chosen, PAGE, false), 0);
	ck_assert_int_eq(pinsim_close((int)access_fd), 0);
	ck_assert_int_eq(pinsim_ioas_unmap_all(mapped->fd, second), 8 * (long)PAGE);
	ck_assert_int_eq(pinsim_iommufd_destroy(mapped->fd, second), 0);

	memfd = pinsim_memfd(4 * PAGE, false);
	ck_assert_int_eq(pinsim_ioas_map_file(mapped->fd, mapped->ioas, (int)memfd, 0, PAGE, PINSIM_DMA_READ, false,
					      NULL), -PINSIM_EABSENT);
	ck_assert_int_eq(pinsim_ioas_unmap(mapped->fd, mapped->ioas, iova, PAGE), -ENOENT);
	ck_assert_int_eq(pinsim_detach(mapped->fd, device), 0);
	return pinsim_ioas_unmap(mapped->fd, mapped->ioas, iova, 8 * PAGE);
}

/* Maps at the limit, one over it, a copy for nothing; what the kernel does not have is absent and no errno. */
START_TEST(iommufd)
{
	struct scene scene = scene_make("v6.12", 16);
	struct mapped mapped;

	ck_assert_int_eq(pinsim_call(scene.task, maps_by_iommufd, &mapped), 8 * (long)PAGE);
	ck_assert_int_eq(pinsim_user_locked_vm_pages(scene.world, 1000), 0);
	ck_assert_int_eq(pinsim_charged_pages(scene.task, mapped.fd), 0);
	ck_assert_int_eq(pinsim_charged_pages(scene.task, 99), -EBADF);
	scene_end(&scene, 0);
}
END_TEST

static long opens_iommufd(void *arg)
{
	return pinsim_iommufd_open();
}

START_TEST(iommufd_absent)
{
	struct scene scene = scene_make("v6.1", 16);

	ck_assert_int_eq(pinsim_call(scene.task, opens_iommufd, NULL), -PINSIM_EABSENT);
	scene_end(&scene, 0);
}
END_TEST

static long maps_by_vfio(void *arg)
{
	struct mapped *mapped = arg;

	mapped->va = pinsim_mmap(50 * PAGE, NULL);
	mapped->container = (int)pinsim_vfio_open(NULL);
	ck_assert_int_eq(pinsim_vfio_map(mapped->container, 0, (unsigned long)mapped->va, 50 * PAGE, PINSIM_DMA_RW), 0);
	ck_assert_uint_eq(pinsim_pinned_pages(mapped->world), 50);
	ck_assert_int_eq(pinsim_ledger_pages(pinsim_current(), PINSIM_LOCKED_VM), 50);
	ck_assert_int_eq(pinsim_charged_pages(pinsim_current(), mapped->container), 50);
	return pinsim_exec();
}

static long unmaps_by_vfio(void *arg)
{
	const struct mapped *mapped = arg;

	return pinsim_vfio_unmap(mapped->container, 0, 50 * PAGE);
}

/* The history of CVE-2023-53171: up to v6.2 the new mm's counter is taken below zero, which an invariant tells. */
START_TEST(vfio_exec)
{
	static const struct {
		const char *kernel;
		long locked_vm_pages;
	} rows[] = { { "v6.2", -50 }, { "v6.3", 0 }, { "v6.3+type1_exec_underflow", -50 } };

	for (unsigned int i = 0; i < 3; i++) {
		struct scene scene = scene_make(rows[i].kernel, 64);
		struct mapped arg = { .world = scene.world };
		struct pinsim_violation violation;

		ck_assert_int_eq(pinsim_call(scene.task, maps_by_vfio, &arg), 0);
		ck_assert_uint_eq(pinsim_mms(scene.task), 2);
		ck_assert_int_eq(pinsim_call(scene.task, unmaps_by_vfio, &arg), 50 * (long)PAGE);
		ck_assert_int_eq(pinsim_locked_vm_pages(scene.task), rows[i].locked_vm_pages);
		ck_assert_int_eq(pinsim_mm_locked_vm_pages(scene.task, 1), rows[i].locked_vm_pages);
		ck_assert_int_eq(pinsim_violations_of(scene.world, "locked_vm_negative") > 0,
				 rows[i].locked_vm_pages < 0);
		ck_assert_int_eq(pinsim_violation(scene.world, 0, &violation), rows[i].locked_vm_pages < 0);
		if (rows[i].locked_vm_pages < 0) {
			ck_assert_uint_eq(violation.step, 2);
			ck_assert_int_gt((int)strlen(violation.text), 0);
		}
		ck_assert(!pinsim_violation(scene.world, pinsim_violations(scene.world), &violation));
		ck_assert_uint_eq(pinsim_violations_of(scene.world, "no such thing"), 0);
		pinsim_world_destroy(scene.world);
	}
}
END_TEST

static long registers(void *arg)
{
	long va = pinsim_mmap(16 * PAGE, NULL), ring = pinsim_uring_setup(8), other = pinsim_uring_setup(8);
	struct pinsim_iovec buffers[] = { { (unsigned long)va, 4 * PAGE }, { (unsigned long)va + 8 * PAGE, 4 * PAGE } };

	ck_assert_int_eq(pinsim_uring_register((int)ring, NULL, 0), -PINSIM_EMISUSE);
	ck_assert_int_eq(pinsim_uring_register((int)ring, buffers, 2), 0);
	ck_assert_int_eq(pinsim_uring_register((int)ring, buffers, 2), -EBUSY);
	ck_assert_int_eq(pinsim_charged_pages(pinsim_current(), (int)ring), 8);
	ck_assert_int_eq(pinsim_uring_update((int)ring, 1, (struct pinsim_iovec){ (unsigned long)va, PAGE }), 1);
	ck_assert_int_eq(pinsim_uring_clone_buffers((int)other, (int)ring), 0);
	ck_assert_int_eq(pinsim_uring_unregister((int)ring), 0);
	ck_assert_int_eq(pinsim_uring_unregister((int)ring), -ENXIO);
	ck_assert_int_eq(pinsim_close((int)other), 0);
	return pinsim_settle();
}

START_TEST(io_uring)
{
	struct scene scene = scene_make("v6.12", 64);

	ck_assert_int_eq(pinsim_call(scene.task, registers, NULL), 0);
	ck_assert_int_eq(pinsim_user_locked_vm_pages(scene.world, 1000), 0);
	scene_end(&scene, 0);
}
END_TEST

static long pins_otherwise(void *arg)
{
	unsigned long va = (unsigned long)pinsim_mmap(16 * PAGE, NULL);
	long mr = pinsim_rdma_reg_mr(va, 2 * PAGE, PINSIM_RDMA_UMEM, false), vdpa = pinsim_vdpa_open();
	long event = pinsim_perf_open(), data, region, vduse;

	ck_assert_int_ge(mr, 0);
	ck_assert_int_eq(pinsim_charged_pages(pinsim_current(), (int)mr), 2);
	ck_assert_int_eq(pinsim_rdma_dereg_mr((int)mr), 0);
	ck_assert_int_eq(pinsim_rdma_reg_mr(va, PAGE, (enum pinsim_rdma)77, false), -PINSIM_EMISUSE);
	ck_assert_int_eq(pinsim_vdpa_map((int)vdpa, 0, va, PAGE), 0);
	ck_assert_int_eq(pinsim_vdpa_unmap((int)vdpa, 0, PAGE), 0);
	ck_assert_int_gt(pinsim_perf_mmap((int)event, 2), 0);
	ck_assert_int_ge(pinsim_xdp_reg_umem(va, PAGE), 0);
	data = pinsim_sendmsg_zerocopy(va, PAGE, false);
	ck_assert_int_ge(data, 0);
	ck_assert_int_eq(pinsim_zerocopy_done((unsigned int)data), 0);
	region = pinsim_sev_pin(va, PAGE);
	ck_assert_int_eq(pinsim_sev_unpin((unsigned int)region), 0);
	vduse = pinsim_vduse_open();
	ck_assert_int_ge(vduse, 0);
	ck_assert_int_ge(pinsim_bpf_map(PAGE), 0);
	ck_assert_int_ge(pinsim_pin_uncharged(va, PAGE), 0);
	ck_assert_uint_gt(pinsim_page_pins(pinsim_current(), va), 0);
	ck_assert_int_gt(pinsim_shmget(PAGE, false), 0);
	return 0;
}

START_TEST(other_pinners)
{
	struct scene scene = scene_make("v6.12", 64);

	ck_assert_int_eq(pinsim_call(scene.task, pins_otherwise, NULL), 0);
	scene_end(&scene, 0);
}
END_TEST

struct family {
	struct pinsim_task *child;
	int fd;
};

static long in_the_child(void *arg)
{
	/* the fd came with the fork, the charge did not */
	return pinsim_close(((struct family *)arg)->fd) ?: pinsim_locked_vm_pages(pinsim_current());
}

static long has_child(void *arg)
{
	struct family *family = arg;

	pinsim_mlock((unsigned long)pinsim_mmap(4 * PAGE, NULL), 4 * PAGE);
	family->fd = (int)pinsim_memfd(PAGE, false);
	return pinsim_fork("child", in_the_child, family, &family->child);
}

/* Alone a call's child waits for the next run; it has the fds and a counter of 0. */
START_TEST(forks)
{
	struct scene scene = scene_make("v6.12", 64);
	struct family family;

	ck_assert_int_eq(pinsim_call(scene.task, has_child, &family), 0);
	ck_assert_str_eq(pinsim_task_name(family.child), "child");
	ck_assert_int_eq(pinsim_locked_vm_pages(scene.task), 4);
	ck_assert_int_eq(pinsim_run(scene.world), 0);
	ck_assert_int_eq(pinsim_task_result(family.child), 0);
	ck_assert_int_eq(pinsim_locked_vm_pages(family.child), 0);
	scene_end(&scene, 0);
}
END_TEST

static long injected(void *arg)
{
	long va = pinsim_mmap(4 * PAGE, NULL), container = pinsim_vfio_open(NULL);

	ck_assert_int_eq(pinsim_inject(PINSIM_FAULT_GUP, 2), 0);
	ck_assert_int_eq(pinsim_inject((enum pinsim_fault)9, 2), -PINSIM_EMISUSE);
	return pinsim_vfio_map((int)container, 0, (unsigned long)va, 4 * PAGE, PINSIM_DMA_RW);
}

/* A pin that fails at its third page: the map fails, and leaves nothing behind. */
START_TEST(faults)
{
	struct scene scene = scene_make("v6.12", 64);

	ck_assert_int_lt(pinsim_call(scene.task, injected, NULL), 0);
	ck_assert_int_eq(pinsim_locked_vm_pages(scene.task), 0);
	ck_assert_uint_eq(pinsim_pinned_pages(scene.world), 0);
	scene_end(&scene, 0);
}
END_TEST

static long credentials(void *arg)
{
	ck_assert_int_eq(pinsim_setrlimit(8 * PAGE, 4 * PAGE), -EINVAL);
	ck_assert_int_eq(pinsim_setrlimit(8 * PAGE, 8 * PAGE), 0);
	ck_assert_int_eq(pinsim_capset(PINSIM_CAP_NONE), 0);
	ck_assert_int_eq(pinsim_setrlimit(9 * PAGE, 9 * PAGE), -EPERM);
	ck_assert_int_eq(pinsim_capset(PINSIM_CAP_EVERY), 0);
	ck_assert_int_eq(pinsim_setrlimit(9 * PAGE, 9 * PAGE), 0);
	ck_assert_int_eq(pinsim_setuid(1000, false), 0);
	return pinsim_setrlimit(10 * PAGE, 10 * PAGE);
}

START_TEST(limits)
{
	struct pinsim_world *world = pinsim_world_create("v6.12", NULL);
	struct pinsim_task *root = pinsim_task_create(world, "root", 0, PINSIM_UNLIMITED, PINSIM_CAP_EVERY);

	ck_assert_int_eq(pinsim_call(root, credentials, NULL), -EPERM);
	ck_assert_uint_eq(pinsim_memlock_bytes(root), 9 * PAGE);
	ck_assert_int_eq(pinsim_world_end(world), 0);
	pinsim_world_destroy(world);
}
END_TEST

/* What memory calls do to memory: moved, taken away, dropped; each leaves what it should of a lock. */
static long moves(void *arg)
{
	struct pinsim_mmap fixed = { .at = 0x10000000, .has_prot = true, .prot = PINSIM_PROT_READ };
	long va = pinsim_mmap(8 * PAGE, NULL), at;

	ck_assert_int_eq(pinsim_mmap(PAGE, &(struct pinsim_mmap){ .kind = (enum pinsim_mmap_kind)9 }), -PINSIM_EMISUSE);
	ck_assert_int_eq(pinsim_mmap(2 * PAGE, &fixed), (long)fixed.at);
	ck_assert_int_eq(pinsim_mprotect(fixed.at, PAGE, PINSIM_PROT_RW), 0);
	ck_assert_int_eq(pinsim_touch((unsigned long)va, 8 * PAGE, true), 0);
	ck_assert_int_ge(pinsim_page_frame(pinsim_current(), (unsigned long)va), 0);
	ck_assert_int_eq(pinsim_madvise_dontneed((unsigned long)va, PAGE), 0);
	ck_assert_int_eq(pinsim_page_frame(pinsim_current(), (unsigned long)va), -1);
	ck_assert_int_eq(pinsim_mlock((unsigned long)va, 8 * PAGE), 0);
	ck_assert_int_eq(pinsim_munmap((unsigned long)va, 2 * PAGE), 0);
	at = pinsim_mremap((unsigned long)va + 2 * PAGE, 6 * PAGE, 4 * PAGE, false);
	ck_assert_int_eq(at, va + 2 * (long)PAGE);
	ck_assert_int_ge(pinsim_secretmem(PAGE), 0);
	return pinsim_locked_vm_pages(pinsim_current());
}

static long remaps(void *arg)
{
	return pinsim_mremap((unsigned long)pinsim_mmap(PAGE, NULL), PAGE, PAGE, true);
}

START_TEST(memory_moves)
{
	struct scene scene = scene_make("v6.12", 64), old = scene_make("v5.4", 64);

	ck_assert_int_eq(pinsim_call(scene.task, moves, NULL), 4);
	ck_assert_int_gt(pinsim_call(scene.task, remaps, NULL), 0);
	ck_assert_int_eq(pinsim_call(old.task, remaps, NULL), -PINSIM_EABSENT);
	scene_end(&scene, 0);
	scene_end(&old, 0);
}
END_TEST

static long locks_segment(void *arg)
{
	long segment = pinsim_shmget(4 * PAGE, false);

	ck_assert_int_eq(pinsim_shm_lock((unsigned int)segment), 0);
	ck_assert_int_eq(pinsim_ucounts_memlock_pages(arg, 1000), 4);
	ck_assert_int_eq(pinsim_shm_unlock((unsigned int)segment), 0);
	return pinsim_ucounts_memlock_pages(arg, 1000);
}

START_TEST(segments)
{
	struct scene scene = scene_make("v6.12", 64);

	ck_assert_int_eq(pinsim_call(scene.task, locks_segment, scene.world), 0);
	scene_end(&scene, 0);
}
END_TEST

struct others {
	struct pinsim_world *world;
	struct pinsim_task *task;
	struct pinsim_task *vm, *second;
	long fd;
};

static long shares(void *arg)
{
	struct others *others = arg;

	ck_assert_int_eq(pinsim_clone_vm("vm", NULL, NULL, &others->vm), 0);
	ck_assert_int_eq(pinsim_fork("fork", NULL, NULL, NULL), 0);
	others->fd = pinsim_memfd(PAGE, false);
	ck_assert_int_eq(pinsim_cloexec((int)others->fd), 0);
	ck_assert_int_ge(pinsim_send_fd(others->second, (int)others->fd), 0);
	ck_assert_int_eq(pinsim_prlimit(others->task, 2 * PAGE, 2 * PAGE), 0);
	ck_assert_int_eq(pinsim_exec(), 0);
	ck_assert_int_eq(pinsim_unshare_user(), 0);
	return pinsim_close((int)others->fd);
}

static long becomes_another(void *arg)
{
	ck_assert_int_eq(pinsim_seteuid(7), 0);
	ck_assert_int_eq(pinsim_setuid(7, false), -EPERM);
	return pinsim_inject_nth(1);
}

/* The kinds of children, an fd that is sent and gone behind exec, another's limit, other ids. */
START_TEST(processes)
{
	struct scene scene = scene_make("v6.12", 64);
	struct others others = { .world = scene.world, .task = scene.task };
	struct pinsim_task *root = pinsim_task_create(scene.world, "root", 0, PINSIM_UNLIMITED, PINSIM_CAP_EVERY);

	others.second = pinsim_task_create(scene.world, "b", 1000, PAGE, PINSIM_CAP_NONE);
	ck_assert_int_eq(pinsim_call(scene.task, shares, &others), -EBADF);
	ck_assert_uint_eq(pinsim_memlock_bytes(scene.task), 2 * PAGE);
	ck_assert_uint_eq(pinsim_mms(scene.task), 2);
	ck_assert(pinsim_task_alive(others.vm));
	ck_assert_int_eq(pinsim_call(root, becomes_another, NULL), 0);
	scene_end(&scene, 0);
}
END_TEST

static long maps_more(void *arg)
{
	struct others *others = arg;
	struct pinsim_iova_range range = { 1ul << 20, (1ul << 22) - 1 };
	unsigned int ioas, second, device, cdev;
	unsigned long iova = 1ul << 20;
	long ram = pinsim_mmap(8 * PAGE, NULL), fd = pinsim_iommufd_open(), memfd = pinsim_memfd(4 * PAGE, false);

	ck_assert_int_eq(pinsim_option_rlimit_mode((int)fd, 1), -EPERM);
	ck_assert_int_eq(pinsim_ioas_alloc((int)fd, &ioas), 0);
	ck_assert_int_eq(pinsim_ioas_alloc((int)fd, &second), 0);
	ck_assert_int_eq(pinsim_ioas_allow_iovas((int)fd, second, &range, 1), 0);
	ck_assert_int_eq(pinsim_attach_mock_with((int)fd, ioas, range, 3000, &device), -EINVAL);
	ck_assert_int_eq(pinsim_attach_mock_with((int)fd, ioas, range, PAGE, &device), 0);
	ck_assert_int_eq(pinsim_ioas_map((int)fd, ioas, (unsigned long)ram, PAGE, PINSIM_DMA_RW, true, NULL),
			 -PINSIM_EMISUSE);
	ck_assert_int_eq(pinsim_ioas_map((int)fd, ioas, (unsigned long)ram, 4 * PAGE, PINSIM_DMA_RW, true, &iova), 0);
	ck_assert_int_eq(pinsim_object_charged_pages(others->task, (int)fd, ioas), 4);
	ck_assert_int_eq(pinsim_task_user_locked_vm_pages(others->task), 4);
	ck_assert_int_eq(pinsim_pinned_vm_pages(others->task), 4);
	ck_assert_int_eq(pinsim_mm_pinned_vm_pages(others->task, 0), 4);
	ck_assert_int_eq(pinsim_ioas_map_file((int)fd, ioas, (int)memfd, 0, 2 * PAGE, PINSIM_DMA_RW, false, NULL), 0);
	ck_assert_int_eq(pinsim_change_process((int)fd), -EINVAL);
	ck_assert_int_eq(pinsim_replace((int)fd, device, second), 0);
	ck_assert_int_eq(pinsim_object_charged_pages(others->task, (int)fd, ioas), 0);
	ck_assert_int_ge(pinsim_vfio_cdev_open((int)fd, &cdev), 0);
	return pinsim_attach((int)fd, cdev, ioas);
}

/* Another aperture, files, a device that moves and one that comes by vfio. */
START_TEST(iommufd_more)
{
	struct scene scene = scene_make("v7.0", 64);
	struct others others = { .world = scene.world, .task = scene.task };

	ck_assert_int_eq(pinsim_call(scene.task, maps_more, &others), 0);
	ck_assert_uint_eq(pinsim_unaccounted_pages(scene.world), 0);
	ck_assert_uint_eq(pinsim_warnings(scene.world), 0);
	scene_end(&scene, 0);
}
END_TEST

static long vfio_more(void *arg)
{
	struct pinsim_vfio compat = { .compat = true, .on_iommufd = true };
	unsigned long ram = (unsigned long)pinsim_mmap(8 * PAGE, NULL);
	long c = pinsim_vfio_open(&(struct pinsim_vfio){ .without_device = true }), mdev;

	ck_assert_int_eq(pinsim_vfio_open(&compat), -PINSIM_EMISUSE);
	ck_assert_int_eq(pinsim_vfio_detach((int)c), -EINVAL);
	ck_assert_int_eq(pinsim_vfio_attach((int)c), 0);
	ck_assert_int_eq(pinsim_vfio_map((int)c, 0, ram, 4 * PAGE, PINSIM_DMA_RW), 0);
	ck_assert_int_eq(pinsim_vfio_unmap_vaddr((int)c, 0, 4 * PAGE), 4 * (long)PAGE);
	ck_assert_int_eq(pinsim_vfio_map_vaddr((int)c, 0, ram, 4 * PAGE), 0);
	ck_assert_int_eq(pinsim_vfio_unmap_vaddr_all((int)c), 4 * (long)PAGE);
	ck_assert_int_eq(pinsim_vfio_unmap_all((int)c), 4 * (long)PAGE);
	mdev = pinsim_mdev_attach((int)c);
	ck_assert_int_ge(mdev, 0);
	ck_assert_int_eq(pinsim_vfio_map((int)c, 0, ram, 2 * PAGE, PINSIM_DMA_RW), 0);
	ck_assert_int_eq(pinsim_mdev_pin((int)mdev, 0, PAGE), 0);
	ck_assert_int_eq(pinsim_mdev_unpin((int)mdev, 0, PAGE), 0);
	return pinsim_close((int)mdev);
}

START_TEST(vfio)
{
	struct scene scene = scene_make("v6.12", 64);

	ck_assert_int_eq(pinsim_call(scene.task, vfio_more, NULL), 0);
	scene_end(&scene, 0);
}
END_TEST

static long pins_more(void *arg)
{
	struct others *others = arg;
	unsigned long ram = (unsigned long)pinsim_mmap(16 * PAGE, NULL);
	long ring = pinsim_uring_setup(8), data = pinsim_uring_send_zc((int)ring, ram, PAGE);
	long event = pinsim_perf_open(), vduse = pinsim_vduse_open();

	ck_assert_int_ge(data, 0);
	ck_assert_int_eq(pinsim_zerocopy_done((unsigned int)data), 0);
	ck_assert_int_gt(pinsim_perf_mmap((int)event, 2), 0);
	ck_assert_int_gt(pinsim_perf_mmap_aux((int)event, 2), 0);
	ck_assert_int_eq(pinsim_user_perf_mlock_pages(others->world, 1000), 5);
	ck_assert_int_ne(pinsim_vduse_reg_umem((int)vduse, ram, PAGE), -PINSIM_EMISUSE);
	ck_assert_int_ne(pinsim_vduse_dereg_umem((int)vduse), -PINSIM_EMISUSE);
	ck_assert_int_eq(pinsim_sev_move(NULL), -PINSIM_EMISUSE);
	ck_assert_int_ge(pinsim_sev_pin(ram, PAGE), 0);
	return pinsim_sev_move(others->second);
}

START_TEST(pinners_more)
{
	struct scene scene = scene_make("v6.12", 64);
	struct others others = { .world = scene.world, .task = scene.task };

	others.second = pinsim_task_create(scene.world, "b", 1000, PAGE, PINSIM_CAP_NONE);
	/* the caller has an encrypted guest of its own already */
	ck_assert_int_eq(pinsim_call(scene.task, pins_more, &others), -EINVAL);
	scene_end(&scene, 0);
}
END_TEST

/* The first failure stands, and is the run's. */
START_TEST(failures)
{
	struct scene scene = scene_make("v6.12", 64);

	ck_assert_ptr_null(pinsim_failure(scene.world));
	PINSIM_EXPECT(2 > 1);
	ck_assert_ptr_null(pinsim_failure(scene.world));
	pinsim_fail("first of %d", 2);
	pinsim_fail("second");
	ck_assert_str_eq(pinsim_failure(scene.world), "first of 2");
	scene_end(&scene, 0);
	pinsim_fail("no world");
}
END_TEST

TCase *calls_tests(void)
{
	TCase *tcase = tcase_create("calls");

	tcase_add_test(tcase, memory);
	tcase_add_test(tcase, iommufd);
	tcase_add_test(tcase, iommufd_absent);
	tcase_add_test(tcase, vfio_exec);
	tcase_add_test(tcase, io_uring);
	tcase_add_test(tcase, other_pinners);
	tcase_add_test(tcase, forks);
	tcase_add_test(tcase, faults);
	tcase_add_test(tcase, limits);
	tcase_add_test(tcase, memory_moves);
	tcase_add_test(tcase, segments);
	tcase_add_test(tcase, processes);
	tcase_add_test(tcase, iommufd_more);
	tcase_add_test(tcase, vfio);
	tcase_add_test(tcase, pinners_more);
	tcase_add_test(tcase, failures);
	return tcase;
}

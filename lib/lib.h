/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of libpinsim share.
 *
 * A struct pinsim_world is the host's: it names the simulated world, and what that was
 * made of. What a run changes, tasks and their bodies, what was started, what failed, is a
 * struct lib_run in the memory of the simulated world, so that a snapshot of the one
 * is one of the other.
 *
 * Every function from outside makes its world sim_this first (lib_enter()); every call
 * from a body finds its run there.
 */
#ifndef LIB_LIB_H
#define LIB_LIB_H

#include <setjmp.h>
#include <pinsim/pinsim.h>
#include <scenario/lanes.h>
#include <scenario/op.h>
#include <scenario/report.h>
#include <scenario/runner.h>

/* The calls, by the names that the table of operations has for them: it says which kernel has which. */
#define LIB_CALLS(X)                                                                                                  \
	X(fork) X(clone_vm) X(thread) X(exec) X(exit) X(setuid) X(seteuid) X(unshare_user) X(capset) X(setrlimit)     \
	X(prlimit) X(close) X(cloexec) X(send_fd) X(settle) X(mmap) X(memfd) X(secretmem) X(munmap) X(mprotect)       \
	X(madvise_dontneed) X(touch) X(mlock) X(mlock2) X(munlock) X(mlockall) X(munlockall) X(mremap) X(shmget)      \
	X(shm_lock) X(shm_unlock) X(iommufd_open) X(ioas_alloc) X(attach) X(detach) X(replace) X(ioas_map)            \
	X(ioas_map_file) X(ioas_unmap) X(ioas_unmap_all) X(ioas_copy) X(ioas_allow_iovas) X(access_create)            \
	X(access_pin) X(access_unpin) X(access_rw) X(option_rlimit_mode) X(option_huge_pages) X(change_process)       \
	X(destroy) X(vfio_open) X(vfio_attach) X(vfio_detach) X(vfio_cdev_open) X(vfio_map) X(vfio_unmap)             \
	X(vfio_unmap_all) X(vfio_unmap_vaddr) X(vfio_unmap_vaddr_all) X(vfio_map_vaddr) X(mdev_attach) X(mdev_pin)    \
	X(mdev_unpin) X(uring_setup) X(uring_register) X(uring_unregister) X(uring_update) X(uring_clone_buffers)     \
	X(uring_send_zc) X(rdma_reg_mr) X(rdma_dereg_mr) X(vdpa_open) X(vdpa_map) X(vdpa_unmap) X(perf_open)          \
	X(perf_mmap) X(perf_mmap_aux) X(xdp_reg_umem) X(sendmsg_zerocopy) X(zerocopy_done) X(bpf_map) X(sev_pin)      \
	X(sev_unpin) X(sev_move) X(vduse_open) X(vduse_reg_umem) X(vduse_dereg_umem) X(pin_uncharged) X(fail_nth)     \
	X(fail)
#define LIB_CALL_ENUM(name) CALL_##name,
enum lib_call_id { LIB_CALLS(LIB_CALL_ENUM) CALL_NR };

struct lib_run;

struct pinsim_world {
	struct sim_world *sim;
	struct kernel kernel;
	char kernel_name[128];
	struct world_settings settings;
	struct run_options options;	/* kernel and backend, as machine_build() wants them */
	const struct op *ops[CALL_NR];	/* as far as they were looked for */
	struct lanes *lanes;		/* this run is drawn, or NULL */
};

struct pinsim_task {
	struct pinsim_world *world;
	struct task_struct *task;
	const char *name;
	jmp_buf *way_out;		/* of the body under way */
	long result;
	int killed_by;
	char *refusal;
};

/* A body that was started. */
struct lib_job {
	struct lib_job *next;
	struct pinsim_task *task;
	pinsim_body body;
	void *arg;
	bool over;			/* it came to its end */
};

struct lib_run {
	struct pinsim_world *world;
	struct pinsim_task **tasks;
	unsigned int nr_tasks;
	struct lib_job *waiting, **last_waiting;	/* for the next pinsim_run() */
	struct sim_actor *deferred;
	unsigned long step;		/* the pinsim_call() or pinsim_run() under way, or the last one */
	bool at_once;			/* it is a pinsim_run() */
	bool in_order;			/* the setup of a test that is explored: no order is open */
	bool ended;			/* nothing can run any more */
	const char *absent;		/* the first call that this kernel does not have */
	const char *failure;		/* the first pinsim_fail() */
	const char *failure_format;	/* tells it from others, whatever its numbers */
};

/* error.c */

/* Notes why, for pinsim_error(); returns -PINSIM_EMISUSE. */
int lib_misuse(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same for NULL in the place of a world or a task: why there is none was mostly noted before, and that stays. */
int lib_nothing(void);

/* world.c */

bool lib_in_body(void);
/* Makes @world sim_this; NULL, with a note, where there is none or a body of another one is under way. */
struct lib_run *lib_enter(const struct pinsim_world *world);
static inline struct lib_run *lib_enter_task(const struct pinsim_task *task)
{
	return lib_enter(task ? task->world : NULL);
}
/* As pinsim_world_create(), with a strategy of its own in @config. */
struct pinsim_world *lib_world_create(const char *kernel, const struct pinsim_world_options *options,
				      struct sim_config *config);
/* Runs @body(@arg) on the task's actor, for a question that only it can ask; false where nothing can run. */
bool lib_ask(struct pinsim_task *task, void (*body)(void *arg), void *arg);
/* The model or upstream by name, NULL for the model; NULL with a note where it is not there. */
const struct backend *lib_backend(const char *name);
/* The running body's task ended in a call: the body goes no further. */
_Noreturn void lib_leave(struct pinsim_task *task);
/* A task that a call made; its @body runs now or next, as the run is. */
struct pinsim_task *lib_task_made(struct lib_run *run, struct task_struct *task, const char *name, pinsim_body body,
				  void *arg);

/* call.c */

struct lib_call {
	enum lib_call_id id;
	struct lib_run *run;
	struct pinsim_task *task;
	long ret;
};

/* The running body makes this call; false: it does not, and call->ret says why. */
bool lib_call_begin(struct lib_call *call, enum lib_call_id id);
/* Where the run is drawn: the call with its arguments, as text. */
void lib_call_draw(const struct lib_call *call, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* It returned @ret; returns what the caller gets, unless its task ended in it. */
long lib_call_end(struct lib_call *call, long ret);
/* For a call with an argument that not every kernel has, by the name that the table has for it. */
bool lib_call_has(struct lib_call *call, const char *argument);

/* One call from begin to end; @made is evaluated between the two, and what is to be drawn only where it is. */
#define LIB_CALL(name, made, ...)                                                                                     \
	({                                                                                                            \
		struct lib_call call_;                                                                                \
		bool begun_ = lib_call_begin(&call_, CALL_##name);                                                    \
		if (begun_ && call_.run->world->lanes)                                                                \
			lib_call_draw(&call_, __VA_ARGS__);                                                           \
		begun_ ? lib_call_end(&call_, made) : call_.ret;                                                      \
	})
/* Bytes as pages where they are, for what is drawn. */
#define LIB_BYTES(bytes) bytes_text((wide)(bytes), (char[64]){ "" }, 64)

/* What stands behind the iommufd's and vfio's calls of the running body. */
const struct backend *lib_this_backend(void);

/* ledger.c, a kernel file: of the task's mm or user; 0 where it has none. @bucket: enum ledger_bucket. */
long lib_ledger_pages(const struct task_struct *task, int bucket);

#endif

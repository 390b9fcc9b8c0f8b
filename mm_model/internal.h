/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of mm_model share. Kernel world.
 *
 * Lock order, outer to inner (as the kernel's):
 *	mmap_lock (the parent's, then nested the child's, in fork)
 *	  -> page_table_lock
 *	task_lock(group_leader) -> nothing
 *	files->file_lock -> nothing
 *	uidhash_lock, ucounts_lock -> nothing
 *
 * Frames and page tables change under page_table_lock and without a scheduling
 * point in between; the frame states themselves belong to the machine and are
 * atomic by that.
 */
#ifndef MM_MODEL_INTERNAL_H
#define MM_MODEL_INTERNAL_H

#include <linux/bug.h>
#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/user.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/user_namespace.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <mm_model/machine.h>
#include <mm_model/state.h>
#include <mm_model/syscalls.h>
#include <mm_model/task_work.h>
#include <sim/fault.h>
#include <sim/race.h>
#include <sim/run_tree.h>
#include <sim/sched.h>
#include <sim/trace.h>
#include <sim/verdict.h>
#include <sim/world.h>

#define MMAP_MIN_ADDR 65536UL
/* Where the search for a hole begins. Above lies the stack's gap, into which the first mapping may grow. */
#define MMAP_BASE (TASK_SIZE - (128UL << 20))
#define MAX_MAP_COUNT 65530
#define HPAGE_SIZE (HPAGE_PMD_NR << PAGE_SHIFT)
#define VM_NONE 0UL

/* machine.c: SIM_SLOT_MM */
struct mm_machine {
	struct mm_config config;
	/* frame -> state: value and attr by frame_*() of page.c */
	struct sim_run_tree frames;
	unsigned long small_next, file_next, huge_next, device_next;	/* never given out from here on */
	unsigned long touches;		/* calls that touch memory */
	unsigned long pages_used;
	unsigned long huge_used, huge_reserved;			/* hugetlb pool, in 2M pages */
	unsigned long zero_pins;
	unsigned long frames_pinned;		/* that have a pin, the zero page not among them */
	unsigned long anon_vma_last;
	unsigned long file_last;
	int pid_last;
	struct list_head tasks, dead_tasks, mms, users, ucounts;
	spinlock_t uidhash_lock, ucounts_lock;
	struct user_namespace init_user_ns;
	struct ucounts *init_ucounts;
	struct cred *init_cred;
	struct task_struct *kthread;				/* current where no task runs */
	struct sim_actor *kworker;				/* runs deferred work for mm_settle() */
	struct list_head delayed_fput;				/* files dropped by kernel threads */
	struct work_struct delayed_fput_work;
	struct exec_check {					/* what exec and fork saw, for the invariants */
		unsigned long exec_breaks, fork_breaks;
	} seen;
	unsigned long refs_round;				/* of the check of user_refs */
	bool holds_changed;					/* which task holds which mm and cred, since then */
};

static inline struct mm_machine *machine(void)
{
	return sim_slot(SIM_SLOT_MM);
}

/* Another mm or cred of a task, or another task: the checks of references count anew. */
static inline void task_holds_changed(void)
{
	sim_race_unseen(machine()->holds_changed = true);
}

/*
 * Threads of a process, and who is killed or gone, the kernel has under tasklist_lock and
 * siglock, which are no points here: each look and each change is one step.
 */
static inline int signal_threads(const struct signal_struct *signal)
{
	int nr;

	sim_race_unseen(nr = signal->nr_threads);
	return nr;
}

/* Whether @task is killed is about to be looked at: for a search, where another thread may kill it, or did and left. */
static inline void task_kill_matters(const struct task_struct *task)
{
	bool matters;

	sim_race_unseen(matters = task->sigkill ||
			(!task->exited && task->signal && task->signal->nr_threads > 1));
	if (matters)
		sim_touch(&task->sigkill, false);
}

/* A uid_t of the language and the kernel's kuid_t: one mapping, the identity. */
static inline unsigned int kuid_number(kuid_t uid)
{
	return __kuid_val(uid);
}

/* page.c */
#define PTE_READ 1UL	/* the task may read: not PROT_NONE */
#define PTE_WRITE 2UL	/* the task may write without a fault */

#define FRAME_ANON 1UL		/* belongs to a private mapping */
#define FRAME_EXCLUSIVE 2UL	/* ... and to one process only (PageAnonExclusive) */
#define FRAME_CACHED 4UL	/* a file holds it */
#define FRAME_HUGETLB 8UL	/* from the hugetlb pool */
#define FRAME_DRIVER 16UL	/* of a file that is no memfd: the lockless walk leaves it to the slow path */

struct frame_run {
	unsigned long frame;
	unsigned long nr;
	unsigned long maps;	/* page table entries, each */
	unsigned long pins;	/* FOLL_PIN pins, each */
	unsigned long flags;	/* FRAME_* */
};

void page_init(struct mm_machine *m);
bool frame_in_small(unsigned long frame);
bool frame_in_huge(unsigned long frame);
bool frame_in_device(unsigned long frame);
unsigned long frame_of_zero(unsigned long index);
/* The state of the run that begins at @frame, up to @nr frames. False: nothing stands there. */
bool frame_state(unsigned long frame, unsigned long nr, struct frame_run *run);
/* How many pages of the 2M folio are mapped, where none is mapped twice or pinned; else 0. */
unsigned long frame_folio_mapped_once(unsigned long frame);
/* For a search: who else holds a page, and whether it is pinned, is about to decide. */
void frame_looks(void);
/* May the folio of @run be pinned? For a large folio any pin counts (folio_maybe_dma_pinned). */
bool frame_maybe_pinned(const struct frame_run *run);
/* Adds @maps and @pins and changes flags, frame by frame; frees what nobody holds any more. */
void frames_adjust(unsigned long frame, unsigned long nr, long maps, long pins, unsigned long set,
		   unsigned long clear);
/*
 * Up to @nr new small frames, mapped @maps times, in one run. They go on the
 * physical block of the last ones where @index goes on from @cursor (NULL: a new
 * block). Returns how many; 0: out of memory. With FRAME_CACHED they are a file's.
 */
unsigned long frames_alloc(struct frame_cursor *cursor, unsigned long index, unsigned long nr, unsigned long maps,
			   unsigned long flags, unsigned long *frame);
/* @nr2m whole 2M folios, or as many as there is memory for. Returns 2M pages. */
unsigned long folios_alloc(unsigned long nr2m, unsigned long maps, unsigned long flags, unsigned long *frame);
unsigned long device_frames_alloc(unsigned long nr);
/* Pins or unpins a run of a page table or file: knows the zero page's rules. */
void frames_pin(unsigned long frame, unsigned long nr);
void frames_unpin(unsigned long frame, unsigned long nr);
bool page_runs_room(const struct page_runs *runs, unsigned long frame);

/* hugetlb.c: the pool and its reservations, all in 2M pages */
int hugetlb_reserve(unsigned long nr2m);
void hugetlb_unreserve(unsigned long nr2m);
unsigned long hugetlb_alloc(unsigned long nr2m, bool reserved, unsigned long maps, unsigned long flags,
			    unsigned long *frame);
void hugetlb_freed(unsigned long nr2m);
bool hugetlb_resv_has(struct hugetlb_resv *resv, unsigned long index, unsigned long nr2m, unsigned long *same);
void hugetlb_mark_unmapped(struct mm_struct *mm, unsigned long addr);
void hugetlb_vm_op_open(struct vm_area_struct *vma);
void hugetlb_vm_op_close(struct vm_area_struct *vma);
/* What a private mapping of @nr2m pages reserves; ERR_PTR(-ENOMEM). */
struct hugetlb_resv *hugetlb_resv_reserve(unsigned long nr2m);
void hugetlb_resv_consume(struct hugetlb_resv *resv, unsigned long index, unsigned long nr2m);

/* vma.c */
extern const struct vm_operations_struct hugetlb_vm_ops;
struct vma_desc {		/* a mapping that is to be */
	unsigned long start, end;
	vm_flags_t flags;
	unsigned long pgoff;
	struct file *file;
	unsigned long anon_vma;		/* of the memory that comes with it */
	unsigned int anon_vma_links;
	bool moved;			/* a move's new place: its VMA goes afterwards */
	const struct vm_area_struct *apart;	/* no merge with this one; or NULL */
};
struct vm_area_struct *vm_area_alloc(struct mm_struct *mm);
struct vm_area_struct *vm_area_dup(const struct vm_area_struct *orig);
void vm_area_free(struct vm_area_struct *vma);
void vma_insert(struct mm_struct *mm, struct vm_area_struct *vma);
struct vm_area_struct *vma_next(struct vm_area_struct *vma);
struct vm_area_struct *vma_prev(struct vm_area_struct *vma);
struct vm_area_struct *vma_first(struct mm_struct *mm);
struct vm_area_struct *find_vma_prev(struct mm_struct *mm, unsigned long addr, struct vm_area_struct **prev);
struct vm_area_struct *find_vma_intersection(struct mm_struct *mm, unsigned long start, unsigned long end);
struct vm_area_struct *vma_merge_new_range(struct mm_struct *mm, const struct vma_desc *desc);
struct vm_area_struct *vma_modify_flags(struct vm_area_struct *vma, unsigned long start, unsigned long end,
					vm_flags_t flags);
int split_vma(struct vm_area_struct *vma, unsigned long addr);
int do_vmi_munmap(struct mm_struct *mm, unsigned long start, unsigned long len, bool downgrade);
int do_munmap(struct mm_struct *mm, unsigned long start, unsigned long len);
void remove_vma(struct vm_area_struct *vma);
void anon_vma_prepare(struct vm_area_struct *vma);
static inline bool vma_is_anonymous(const struct vm_area_struct *vma)
{
	return !vma->vm_ops;
}
static inline bool is_vm_hugetlb_page(const struct vm_area_struct *vma)
{
	return vma->vm_flags & VM_HUGETLB;
}
/* mlock.c: 0, or EPERM for who has a limit of 0, noted; @why: who asks. */
int may_mlock(const char *why);
static inline bool vma_supports_mlock(const struct vm_area_struct *vma)
{
	return !(vma->vm_flags & (VM_SPECIAL | VM_HUGETLB | VM_DROPPABLE));
}

/* mmap.c: the highest hole for @len bytes, or -errno. mmap_lock held. */
unsigned long mremap_unmapped_area(struct mm_struct *mm, unsigned long len, bool hugetlb);

/* fault.c */
#define FAULT_WRITE 1u
#define FAULT_UNSHARE 2u	/* a read that needs a page of its own */
#define VM_FAULT_OOM 1
#define VM_FAULT_SIGBUS 2
/*
 * Faults in the pages [@first, @last] (page indexes within @vma), as if the task
 * touched one after the other. Returns 0 or VM_FAULT_*; *@done: pages that are good.
 */
int mm_fault_range(struct vm_area_struct *vma, unsigned long first, unsigned long last, unsigned int flags,
		   unsigned long *done);
void zap_page_range(struct mm_struct *mm, unsigned long start, unsigned long end);
void change_protection(struct vm_area_struct *vma, unsigned long start, unsigned long end);
void move_page_tables(struct mm_struct *mm, unsigned long old, unsigned long new, unsigned long len);
int copy_page_range(struct vm_area_struct *dst, struct vm_area_struct *src);

/* gup.c */
long populate_vma_page_range(struct vm_area_struct *vma, unsigned long start, unsigned long end);
int __mm_populate(unsigned long start, unsigned long len, bool ignore_errors);
static inline void mm_populate(unsigned long start, unsigned long len)
{
	(void)__mm_populate(start, len, true);
}

/* mlock.c */
void locked_vm_add(struct mm_struct *mm, long pages);
unsigned long mlock_used(const struct mm_struct *mm);

/* mm.c */
struct mm_struct *mm_alloc(void);
struct mm_struct *dup_mm(struct mm_struct *oldmm);
void task_mm_record(struct task_struct *task, struct mm_struct *mm);

/* fork.c, exec.c, exit.c */
struct task_struct *task_create(const char *name);
void do_exit(void);
void do_group_exit(void);
void task_kill(struct task_struct *task);
/* current's process: all threads but this one. */
void task_kill_others(void);
struct signal_struct *signal_alloc(void);
void signal_put(struct signal_struct *signal);

/* cred.c */
struct cred *cred_alloc(void);
struct cred *prepare_exec_creds(void);

/* files.c */
struct files_struct *files_alloc(void);
struct files_struct *files_dup(struct files_struct *files);
struct files_struct *files_get(struct files_struct *files);
void files_put(struct files_struct *files);
/* The open file of that identity, without a reference, or NULL. */
struct file *files_find(const struct files_struct *files, unsigned long file_id);
void files_digest(struct sim_digest *digest, const struct files_struct *files);
int unshare_files(void);
void do_close_on_exec(struct files_struct *files);
void task_work_add(struct task_struct *task, struct callback_head *work, void (*func)(struct callback_head *));
void task_work_run(void);
void delayed_fput_run(struct work_struct *work);
struct file *file_alloc(const struct file_operations *fops, void *priv);

/* memfd.c */
struct file *memfd_file_create(unsigned long pages, bool hugetlb);
bool file_is_memfd(const struct file *file);
bool file_is_hugetlb(const struct file *file);
unsigned long memfd_pages(const struct file *file);
/* Pages from @pgoff on in one run of the cache; negative: so many are missing there; 0: past the end. At most @nr. */
long memfd_cached_run(const struct file *file, unsigned long pgoff, unsigned long nr, unsigned long *frame);
bool memfd_cached(const struct file *file, unsigned long pgoff, unsigned long *frame);
/* As vm_operations_struct.fault_run, by file. */
long memfd_get_run(struct file *file, unsigned long pgoff, unsigned long nr, unsigned long *frame);

/* observe.c */
struct mm_record *mm_record_create(struct mm_struct *mm);
void mm_record_close(struct mm_record *record);
void mm_invariants_register(void);

/* digest.c */
void mm_digest_register(void);
void task_snapshot(struct task_struct *task);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The proposals: PROPOSAL(name, release of its base kernel, what it is, where it
 * comes from, rules that it has otherwise...). The code of each is the struct proposal of
 * that name, in the one file of that name (docs/new-proposal.md).
 */
PROPOSAL(vfio_user_locked, 6, 12,
	 "type1 charges user->locked_vm: one count for all processes of a user, which exec does not touch",
	 "prototyped for vfio in December 2022 (\"One changes vfio to use user->locked_vm\")")
PROPOSAL(vfio_pinned_exec, 6, 12,
	 "type1 charges mm->pinned_vm, and exec carries that counter over to the new mm",
	 "prototyped for vfio in December 2022 (\"Another changes to mm->pinned_vm and preserves it during exec\")")
PROPOSAL(vfio_locked_exec, 6, 12,
	 "exec carries mm->locked_vm over to the new mm, what was mlocked included",
	 "prototyped for vfio in December 2022, and called not practical there")
PROPOSAL(vm_pinned, 6, 12,
	 "every test of a process's counters compares locked_vm and pinned_vm together with the limit",
	 "the VM_PINNED series of May 2014: two counters, one limit")
PROPOSAL(atomic_locked, 6, 12,
	 "mm->locked_vm is atomic: pinners add, compare and take back, without mmap_lock",
	 "the series of April 2019 that turns locked_vm into an atomic64_t")
PROPOSAL(change_process_2022, 6, 2,
	 "IOAS_CHANGE_PROCESS as first drafted, for memory of any kind, with the draft's defects",
	 "Jason Gunthorpe's draft of December 2022 (seed 001); merged in another form as 829ed626499c (6.13)",
	 .iommufd.change_process = true, .defects = ~0u)
PROPOSAL(pfnmap_free, 6, 18,
	 "iommufd maps device memory, and counts nothing for it",
	 "NVIDIA's patch of 2025 (NV-Kernels 249)")
PROPOSAL(change_dma_owner, 6, 12,
	 "one call moves all mappings of a container and their charges to the caller, at addresses staged before",
	 "[PATCH V1 7/8] vfio: change dma owner, December 2022 (seed 001); dropped for 90fdd158a695 (6.3)")
PROPOSAL(pins_cgroup, 6, 12,
	 "a cgroup controller for pinned and locked memory, beside the limits of tasks",
	 "RFC v2, mm: introduce a cgroup for pinned memory, Alistair Popple, February 2023")

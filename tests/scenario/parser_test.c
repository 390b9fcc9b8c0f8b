// SPDX-License-Identifier: GPL-2.0-or-later
/* Every statement as the language page writes it, and every mistake with its place. */
#include <string.h>
#include "harness.h"

/* The page's own example is a program: steps, expects and title are where they belong. */
START_TEST(page_example)
{
	struct program *program = parsed("title  \"exec drops it\"\n"
					 "ref    \"seed 000\"\n"
					 "\n"
					 "task qemu uid=1000 memlock=64M\n"
					 "\n"
					 "qemu: ram = mmap(16M)\n"
					 "qemu: c = vfio_open()\n"
					 "qemu: vfio_map(c, iova=0, va=ram, len=8M)\n"
					 "expect qemu.locked_vm == 8M\n"
					 "qemu: vfio_unmap(c, iova=0, len=8M)      -> 8M\n"
					 "expect qemu.locked_vm == -8M             @ ..v6.2     # the bug\n"
					 "expect violation locked_vm_negative      @ ..v6.2\n");

	ck_assert_str_eq(program->title, "exec drops it");
	ck_assert_str_eq(program->ref, "seed 000");
	ck_assert_uint_eq(program->nr_steps, 4);
	ck_assert_uint_eq(program->nr_items, 7);
	ck_assert_uint_eq(program->nr_tasks, 1);
	ck_assert_uint_eq(program->tasks[0]->uid, 1000);
	ck_assert_uint_eq(program->tasks[0]->memlock_cur_bytes, 64ul << 20);
	ck_assert(program->tasks[0]->memlock_max_bytes == ~0ul);
	ck_assert(!program->has_parallel);
	program_free(program);
}
END_TEST

/* Sizes: decimal and hex, each suffix, and the largest that 64 bits hold. */
START_TEST(sizes)
{
	struct program *program =
		parsed("set pages=0x10\nset hugepages=3K\nset cpus=4\nset contig=2M\nset perf_mlock_kb=1p\n");

	ck_assert_uint_eq(program->settings.pages, 16);
	ck_assert_uint_eq(program->settings.hugepages, 3072);
	ck_assert_uint_eq(program->settings.cpus, 4);
	ck_assert_uint_eq(program->settings.contig_pages, 512);
	ck_assert_uint_eq(program->settings.perf_mlock_kb, 4096);
	program_free(program);
	assert_accepted("task a\na: mmap(18446744073709551615)\na: mmap(0xffffffffffffffff)\na: mmap(16777215T)\n");
	assert_refused("task a\na: mmap(18446744073709551616)\n", "2:9", "too large");
	assert_refused("task a\na: mmap(0x10000000000000000)\n", "2:9", "too large");
	assert_refused("task a\na: mmap(16777216T)\n", "2:9", "too large");
	assert_refused("task a\na: mmap(18446744073709551615 + 1)\n", "2:9", "too large");
	assert_refused("task a\na: mmap(1p - 2p)\n", "2:9", "below zero");
	assert_accepted("task a\na: mmap(1p - 2p + 1p)\n");
	assert_refused("task a\na: mmap(12k)\n", "2:9", "not a number");
	assert_refused("task a\na: mmap(1Mp)\n", "2:9", "not a number");
	assert_refused("task a\na: mmap(0x)\n", "2:9", "digits");
	assert_refused("task a\na: mmap(09z)\n", "2:9", "not a number");
}
END_TEST

/* Limits, capabilities and uids of tasks, with the page's defaults. */
START_TEST(tasks)
{
	struct program *program =
		parsed("task a\ntask b uid=0\ntask c uid=0 caps=ipc_lock,setuid\ntask d memlock=64p:128p caps=all\n"
		       "task e memlock=unlimited\n");

	ck_assert_uint_eq(program->tasks[0]->caps, 0);
	ck_assert(program->tasks[0]->memlock_cur_bytes == ~0ul);
	ck_assert_uint_eq(program->tasks[1]->caps, MM_CAP_EVERY);
	ck_assert_uint_eq(program->tasks[2]->caps, MM_CAP_IPC_LOCK | MM_CAP_SETUID);
	ck_assert_uint_eq(program->tasks[3]->memlock_max_bytes, 128 * 4096);
	ck_assert_uint_eq(program->tasks[3]->caps, MM_CAP_EVERY);
	program_free(program);
	assert_refused("task a\ntask a\n", "2:6", "second time");
	assert_refused("task a uid=1 uid=2\n", "1:14", "second time");
	assert_refused("task a memlok=1p\n", "1:8", "did you mean \"memlock\"?");
	assert_refused("task a caps=sys_resorce\n", "1:13", "did you mean \"sys_resource\"?");
	assert_refused("task a memlock=2p:1p\n", "1:16", "above the hard one");
	assert_refused("task a uid=4294967295\n", "1:12", "uid");
	assert_refused("task\n", "1:5", "a name");
}
END_TEST

/* No word is reserved: tasks and variables may be called as keywords are. */
START_TEST(no_reserved_words)
{
	assert_accepted("task task\ntask set\ntask expect\ntask violation\ntask v6\n"
			"task: ref = mmap(1p)\nset: title = mmap(ref)\nexpect: any = mmap(1p)\nv6: kernels = mmap(1p)\n"
			"expect task.locked_vm == 0\nexpect expect.alive == 1\nexpect violation.alive == 1\nexpect "
			"v6.alive == 1\n"
			"task : mlock(ref, 1p)\n");
}
END_TEST

/* Comments, empty lines, continued lines, blanks anywhere, no line end at the end. */
START_TEST(layout)
{
	struct program *program = parsed(
		"# a comment \\\n\n  \t\ntask a # more\n\ta :x=mmap( 1p ,\\\n   kind = shared ) -> 0 | \\\n _ # \"\n"
		"a: exit()");

	ck_assert_uint_eq(program->nr_steps, 2);
	program_free(program);
	assert_accepted("task a\r\na: exit()\r\n");
	assert_accepted("");
	assert_accepted("\n\n# nothing\n");
	assert_accepted("title \"\u00e4\u20ac\" # \u00fc\n");
	assert_refused("task a \\ \n", "1:8", "'\\'");
	assert_refused("task \u00e4\n", "1:6", "ASCII");
	assert_refused("title \"abc\n", "1:7", "without an end");
	assert_refused("task a ; task b\n", "1:8", "no part of");
	assert_refused("task a task b\n", "1:13", "unexpected");
}
END_TEST

/* Blocks: on lines of their own or on one line; task lines only in parallel; nothing global in repeat. */
START_TEST(blocks)
{
	struct program *program =
		parsed("task a\nrepeat 3 {\n a: mmap(1p)\n repeat 2 { a: mmap(2p) }\n expect a.alive == 1\n}\n"
		       "parallel {\n a: mmap(1p)\n}\nrepeat 0 { a: exit() }\n");

	ck_assert_uint_eq(program->nr_steps, 3 * (1 + 2) + 1);
	ck_assert(program->has_parallel);
	program_free(program);
	assert_refused("task a\nparallel {\nexpect a.alive == 1\n}\n", "3:1", "parallel");
	assert_refused("task a\nparallel {\nrepeat 2 {\na: exit()\n}\n}\n", "3:1", "task lines only");
	assert_refused("repeat 2 {\ntask a\n}\n", "2:6", "repeat");
	assert_refused("task a\nparallel {\na: exit()\n", "4:1", "'}'");
	assert_refused("task a\n}\n", "2:1", "unexpected");
	assert_refused("repeat {\n}\n", "1:8", "a number");
}
END_TEST

/* Calls: what is unknown, missing, too much, doubled or of the wrong kind, and what was meant. */
START_TEST(calls)
{
	static const char head[] = "task a\na: ram = mmap(1p)\na: c = vfio_open()\na: f = memfd(1p)\n";
	static const struct {
		const char *line, *place, *what;
	} wrong[] = {
		{ "a: mmapp(1p)", "5:4", "did you mean \"mmap\"?" },
		{ "a: frobnicate()", "5:4", "pinsim list ops" },
		{ "b: mmap(1p)", "5:1", "no task \"b\"" },
		{ "a: mlock(rum, 1p)", "5:10", "did you mean \"ram\"?" },
		{ "a: mlock(ram)", "5:4", "missing argument \"len\", expected mlock(VA, LEN)\n" },
		{ "a: mlock(ram, 1p, 1p)", "5:19", "too many" },
		{ "a: mlock2(ram, 1p, onfualt=1)", "5:20", "did you mean \"onfault\"?" },
		{ "a: touch(ram, 1p, write=2)", "5:25", "0 or 1" },
		{ "a: touch(ram, 1p, write=1, write=1)", "5:28", "second argument" },
		{ "a: touch(write=1, ram, 1p)", "5:19", "without a key" },
		{ "a: mmap(1p, kind=shred)", "5:18", "did you mean \"shared\"?" },
		{ "a: mmap(1p, prot=x)", "5:18", "rw, r or none" },
		{ "a: mmap(1p, off=0)", "5:4", "off= without a file" },
		{ "a: close(ram)", "5:10", "\"ram\" is a number or address" },
		{ "a: vfio_map(f, iova=0, va=ram, len=1p)", "5:13", "\"f\" is a memfd, expected a vfio container" },
		{ "a: mlock(c, 1p)", "5:10", "\"c\" is a vfio container" },
		{ "a: vfio_map(c, iova=0, va=ram)", "5:4", "missing argument \"len\"" },
		{ "a: vfio_map(c, 0, ram, 1p)", "5:16", "too many" },
		{ "a: fork(a)", "5:9", "is the caller" },
		{ "a: fork(1)", "5:9", "not a name" },
		{ "a: fail(gap, 1)", "5:9", "did you mean \"gup\"?" },
		{ "a: capset(all)", "5:11", "[CAP, ...]" },
		{ "a: capset([ipc_lok])", "5:12", "did you mean \"ipc_lock\"?" },
		{ "a: setrlimit(memlock=ram)", "5:22", "a limit" },
		{ "a: prlimit(b, memlock=1p)", "5:12", "no task \"b\"" },
		{ "a: uring_register(ram, va=ram, len=1p)", "5:19", "a ring" },
		{ "a: mmap(1p) -> ENOMEN", "5:16", "did you mean \"ENOMEM\"?" },
		{ "a: mmap(1p) -> 0/", "5:18", "expected" },
		{ "a: mmap(1p) @ v6.12", "5:13", "unexpected" },
		{ "a: mmap(1p", "5:11", "')'" },
		{ "a: = mmap(1p)", "5:4", "a name" },
		{ "a: unlimited = mmap(1p)", "5:4", "another name" },
		{ "a: x = mmap(1p)\na: y = mmap(z)", "6:13", "no variable \"z\"" },
		{ "a: mlock(late, 1p)\na: late = mmap(1p)", "5:10", "set only later" },
		{ "b: exit()\na: fork(b)", "5:1", "made only later" },
	};
	char text[512];
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		snprintf(text, sizeof(text), "%s%s\n", head, wrong[i].line);
		assert_refused(text, wrong[i].place, wrong[i].what);
	}
	/* In a block the order of the text is not the order of the run. */
	assert_accepted("task a\nparallel {\nb: exit()\na: mlock(x, 1p)\na: x = mmap(1p)\na: fork(b)\n}\n");
	assert_accepted("task a\nrepeat 2 {\na: mlock(x, 1p)\na: x = mmap(1p)\n}\n");
}
END_TEST

/* Both forms of uring_register, and nothing between them. */
START_TEST(uring_forms)
{
	static const char head[] = "task a\na: r = uring_setup(8)\na: m = mmap(8p)\n";
	char text[256];

	snprintf(text, sizeof(text),
		 "%sa: uring_register(r, va=m, len=1p)\na: uring_register(r, [m, 1p], [m + 1p, 100])\n", head);
	assert_accepted(text);
	snprintf(text, sizeof(text), "%sa: uring_register(r)\n", head);
	assert_refused(text, "4:4", "no buffers");
	snprintf(text, sizeof(text), "%sa: uring_register(r, [m, 1p], va=m, len=1p)\n", head);
	assert_refused(text, "4:4", "one of the two forms");
	snprintf(text, sizeof(text), "%sa: uring_register(r, [m])\n", head);
	assert_refused(text, "4:22", "[VA, LEN]");
}
END_TEST

/* /dev/vfio/vfio is served by iommufd or by vfio, never by both in one file; an iommufd as container is neither. */
START_TEST(one_server)
{
	assert_refused("task a\na: c = vfio_open(compat=1)\na: d = vfio_open()\n", "2:8", "one kind");
	assert_refused("task a\na: fd = iommufd_open()\na: c = vfio_open(iommufd=fd, compat=1)\n", "3:8",
		       "one of them");
	assert_accepted("task a\na: fd = iommufd_open()\na: c = vfio_open(iommufd=fd)\na: d = vfio_open(compat=1)\n");
	assert_accepted("task a\na: c = vfio_open(compat=1)\na: d = vfio_open(version=1, compat=1, device=0)\n");
}
END_TEST

/* Expects: every observable of the page, and what looks like one. */
START_TEST(expects)
{
	static const char head[] =
		"task a\na: m = mmap(1p)\na: fd = iommufd_open()\na: io = ioas_alloc(fd)\na: d = attach(io)\n";
	static const char *const good[] = {
		"a.locked_vm == 0",
		"a.pinned_vm != 1p",
		"a.mm(0).locked_vm < 1",
		"a.mm(1).pinned_vm <= 1",
		"a.user_locked_vm > -1",
		"user(1000).locked_vm >= 0",
		"user(0).perf_mlock == 0",
		"ucounts(7).memlock == 0",
		"a.memlock == unlimited",
		"io.npinned == 0",
		"fd.charged == 0",
		"io.charged == 0",
		"d.charged == 0",
		"pages.pinned == 0",
		"pages.unaccounted == 0",
		"peak(a.locked_vm) == 0",
		"peak(user(1000).locked_vm) == 0",
		"peak(pages.pinned) >= 0",
		"peak(io.npinned) >= 0",
		"peak(fd.charged) >= 0",
		"a.pins(m) == 0",
		"a.pins(m + 4K - 1) == 0",
		"a.pfn(m) == d.pfn(16M)",
		"d.pfn(m) != -1",
		"a.alive == 1",
		"warnings == 0",
		"violations == 0",
		"m != 0",
		"a.locked_vm + a.pinned_vm == user(1000).locked_vm - 8M + 2p",
		"a locked_vm=0 pinned_vm=0 user_locked_vm=64p memlock=1p",
		"user(1000) locked_vm=64p perf_mlock=-1p",
		"a.mm(0) locked_vm=32p pinned_vm=0",
		"io npinned=0 charged=0",
		"a locked_vm=a.pinned_vm + 1p pinned_vm=m",
		"pages pinned=0",
		"sometimes a.locked_vm == 8M",
		"violation any",
		"violation leak, residue, step_bound",
		"sometimes violation deadlock",
	};
	static const struct {
		const char *line, *place, *what;
	} wrong[] = {
		{ "a.locked == 0", "6:10", "did you mean \"locked_vm\"?" },
		{ "b.locked_vm == 0", "6:8", "no task \"b\"" },
		{ "a.locked_vm = 0", "6:20", "'='" },
		{ "a.locked_vm", "6:19", "'=='" },
		{ "a == 0", "6:8", "no observable" },
		{ "warning == 0", "6:8", "did you mean \"warnings\"?" },
		{ "a.pins == 0", "6:10", "(ADDRESS)" },
		{ "a.locked_vm(m) == 0", "6:10", "alone" },
		{ "a.mm.locked_vm == 0", "6:10", "which mm" },
		{ "a.mm(0) == 0", "6:10", "which mm" },
		{ "a.mm(m).locked_vm == 0", "6:13", "a number" },
		{ "m.npinned == 0", "6:8", "expected an IOAS" },
		{ "fd.npinned == 0", "6:8", "expected an IOAS" },
		{ "usr(0).locked_vm == 0", "6:8", "did you mean \"user\"?" },
		{ "peak(peak(a.locked_vm)) == 0", "6:13", "not an observable" },
		{ "peak(d.pfn(m)) == 0", "6:13", "peak()" },
		{ "peak(1) == 0", "6:13", "not an observable" },
		{ "1 == 1", "6:8", "nothing to observe" },
		{ "violation lek", "6:18", "did you mean \"leak\"?" },
		{ "violation any, leak", "6:18", "\"any\" beside other names" },
		{ "violation", "6:17", "a name" },
		{ "a.locked_vm == 0 @ v6.4", "6:27", "no kernel v6.4" },
		{ "a lockd_vm=0", "6:10", "did you mean \"locked_vm\"?" },
	};
	char text[512];
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		snprintf(text, sizeof(text), "%sexpect %s\n", head, good[i]);
		assert_accepted(text);
	}
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		snprintf(text, sizeof(text), "%sexpect %s\n", head, wrong[i].line);
		assert_refused(text, wrong[i].place, wrong[i].what);
	}
}
END_TEST

/* Several mistakes are told in one go, each at its place. */
START_TEST(several)
{
	const char text[] = "task a\na: mmap(\na: foo()\nexpect ==\n";
	struct diagnostics diag;

	diagnostics_init(&diag);
	ck_assert_ptr_null(program_parse("t.pin", text, strlen(text), &diag));
	ck_assert_uint_eq(diag.errors, 2);
	ck_assert(strstr(diag.text, "t.pin:2:9: ") && strstr(diag.text, "t.pin:4:8: "));
	diagnostics_free(&diag);
}
END_TEST

/* The caret stands under the word also behind tabs and letters of several bytes. */
START_TEST(caret)
{
	const char text[] = "title \"\u00e4\u00e4\" nonsense\n\ttask\t!\n";
	struct diagnostics diag;

	diagnostics_init(&diag);
	ck_assert_ptr_null(program_parse("t.pin", text, strlen(text), &diag));
	ck_assert(strstr(diag.text, "t.pin:1:12: "));
	ck_assert(strstr(diag.text, "      |            ^~~~~~~~\n"));
	ck_assert(strstr(diag.text, "      | \t    \t^\n"));
	diagnostics_free(&diag);
}
END_TEST

/* Every operation of the page is known, and in the table with what it does and where that comes from. */
START_TEST(table)
{
	static const char *const names[] = {
		"fork",
		"clone_vm",
		"thread",
		"exec",
		"exit",
		"setuid",
		"seteuid",
		"unshare_user",
		"capset",
		"setrlimit",
		"prlimit",
		"close",
		"cloexec",
		"send_fd",
		"settle",
		"mmap",
		"memfd",
		"secretmem",
		"munmap",
		"mprotect",
		"madvise_dontneed",
		"touch",
		"mlock",
		"mlock2",
		"munlock",
		"mlockall",
		"munlockall",
		"mremap",
		"shmget",
		"shm_lock",
		"shm_unlock",
		"iommufd_open",
		"ioas_alloc",
		"attach",
		"detach",
		"replace",
		"ioas_map",
		"ioas_map_file",
		"ioas_unmap",
		"ioas_unmap_all",
		"ioas_copy",
		"ioas_allow_iovas",
		"access_create",
		"access_pin",
		"access_unpin",
		"access_rw",
		"option_rlimit_mode",
		"option_huge_pages",
		"change_process",
		"destroy",
		"vfio_open",
		"vfio_attach",
		"vfio_detach",
		"vfio_cdev_open",
		"vfio_map",
		"vfio_unmap",
		"vfio_unmap_all",
		"vfio_unmap_vaddr",
		"vfio_unmap_vaddr_all",
		"vfio_map_vaddr",
		"mdev_attach",
		"mdev_pin",
		"mdev_unpin",
		"uring_send_zc",
		"perf_mmap_aux",
		"sev_move",
		"vduse_open",
		"vduse_reg_umem",
		"vduse_dereg_umem",
		"afu_open",
		"afu_map",
		"afu_unmap",
		"tce_open",
		"tce_enable",
		"tce_disable",
		"tce_register",
		"tce_unregister",
		"tce_create",
		"tce_remove",
		"zpci_open",
		"zpci_enable",
		"zpci_disable",
		"pin_uncharged",
		"uring_setup",
		"uring_register",
		"uring_unregister",
		"uring_update",
		"uring_clone_buffers",
		"rdma_reg_mr",
		"rdma_dereg_mr",
		"vdpa_open",
		"vdpa_map",
		"vdpa_unmap",
		"perf_open",
		"perf_mmap",
		"xdp_reg_umem",
		"sendmsg_zerocopy",
		"zerocopy_done",
		"bpf_map",
		"sev_pin",
		"sev_unpin",
		"fail_nth",
		"fail",
		"vfio_attach_other",
		"vfio_dirty_log",
		"vfio_dirty",
		"vfio_info",
		"vfio_extension",
		"mdev_rw",
		"dirty_domain",
		"dirty_log",
		"dma_write",
		"dirty",
	};
	size_t i, area, nr = 0;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct op *op = op_by_name(names[i]);

		ck_assert_msg(op, "no operation %s", names[i]);
		ck_assert(op->what && *op->what && op->source && *op->source);
	}
	for (area = 0; area < op_areas_nr; area++)
		for (i = 0; i < op_areas[area]->nr; i++)
			nr += !op_areas[area]->ops[i].of;
	ck_assert_uint_eq(nr, sizeof(names) / sizeof(names[0]));
}
END_TEST

Suite *parser_suite(void)
{
	Suite *suite = suite_create("parser");
	TCase *tcase = tcase_create("language");

	tcase_add_test(tcase, page_example);
	tcase_add_test(tcase, sizes);
	tcase_add_test(tcase, tasks);
	tcase_add_test(tcase, no_reserved_words);
	tcase_add_test(tcase, layout);
	tcase_add_test(tcase, blocks);
	tcase_add_test(tcase, calls);
	tcase_add_test(tcase, uring_forms);
	tcase_add_test(tcase, one_server);
	tcase_add_test(tcase, expects);
	tcase_add_test(tcase, several);
	tcase_add_test(tcase, caret);
	tcase_add_test(tcase, table);
	suite_add_tcase(suite, tcase);
	return suite;
}

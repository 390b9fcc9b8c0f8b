// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The table of kernels against the matrix of facts/kernel-versions.md, and the
 * historic bugs against the table.
 */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <accounting/kernels.h>

#define KERNELS 13

static const char *const names[KERNELS] = {
	"v5.4", "v5.9", "v5.10", "v5.15", "v6.0", "v6.1", "v6.2", "v6.3", "v6.6", "v6.12", "v6.14", "v6.18", "v7.0",
};

/* A row of the matrix: one rule, by kernel in the order of the table. */
#define RULE(member, ...)									\
	do {											\
		static const int want[KERNELS] = { __VA_ARGS__ };				\
												\
		for (int i = 0; i < KERNELS; i++)						\
			ck_assert_msg((int)kernel_at(i)->rules.member == want[i],		\
				      "%s: " #member " is %d, the matrix has %d", names[i],	\
				      (int)kernel_at(i)->rules.member, want[i]);		\
	} while (0)

/* The releases stand in order, each with what it is and where it was read; none has a base. */
START_TEST(test_rows_in_order)
{
	ck_assert_uint_ge(kernels(), KERNELS);
	for (int i = 0; i < KERNELS; i++) {
		const struct kernel *kernel = kernel_at(i);

		ck_assert_str_eq(kernel->name, names[i]);
		ck_assert_ptr_null(kernel->base);
		ck_assert_int_gt((int)strlen(kernel->what), 0);
		ck_assert_int_gt((int)strlen(kernel->source), 0);
		if (i)
			ck_assert_int_gt(kernel->release, kernel_at(i - 1)->release);
	}
	ck_assert_ptr_null(kernel_at(kernels()));
}
END_TEST

START_TEST(test_type1_rows)
{
	RULE(type1.charge, T_TASK, T_TASK, T_TASK, T_TASK, T_TASK, T_TASK, T_TASK, T_MM, T_MM, T_MM, T_MM, T_MM, T_MM);
	RULE(type1.unmap, X_GUARD, X_GUARD, X_GUARD, X_GUARD, X_TASK, X_TASK, X_TASK, X_MM, X_MM, X_MM, X_MM, X_MM,
	     X_MM);
	RULE(type1.vaddr, V_NONE, V_NONE, V_NONE, V_BLOCK, V_BLOCK, V_BLOCK, V_BLOCK, V_OWNER, V_OWNER, V_OWNER,
	     V_OWNER, V_OWNER, V_OWNER);
	RULE(type1.pin, P_ONE, P_ONE, P_ONE, P_BATCH, P_BATCH, P_BATCH, P_BATCH, P_BATCH, P_BATCH, P_BATCH, P_BATCH,
	     P_RUN, P_RUN);
	RULE(type1.zero, Z_LEAK, Z_LEAK, Z_LEAK, Z_LEAK, Z_DROP, Z_DROP, Z_COW, Z_COW, Z_COW, Z_COW, Z_COW, Z_COW,
	     Z_COW);
	RULE(type1.overflow, O_INVAL, O_INVAL, O_INVAL, O_INVAL, O_INVAL, O_INVAL, O_INVAL, O_INVAL, O_INVAL, O_INVAL,
	     O_INVAL, O_OVF, O_OVF);
	RULE(type1.notify, NT_CHAIN, NT_CHAIN, NT_CHAIN, NT_CHAIN, NT_LIST, NT_LIST, NT_LIST, NT_LIST, NT_LIST, NT_LIST,
	     NT_LIST, NT_LIST, NT_LIST);
	RULE(type1.dma_entries_max, 65535, 65535, 65535, 65535, 65535, 65535, 65535, 65535, 65535, 65535, 65535, 65535,
	     65535);
}
END_TEST

START_TEST(test_iommufd_rows)
{
	RULE(iommufd.present, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1);
	RULE(type1.mdev_pages_only, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1);
	RULE(iommufd.vfio_cdev, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1);
	RULE(iommufd.unmap, 0, 0, 0, 0, 0, 0, N_WARN, N_WARN, N_RETRY, N_EMPTY_ADV, N_RETRY, N_EMPTY, N_EMPTY);
	RULE(iommufd.map_file, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1);
	RULE(iommufd.change_process, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1);
	RULE(iommufd.unpin_while_access, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0);
	RULE(iommufd.carry_order, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0);
	RULE(iommufd.carry_end_zero, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0);
	RULE(iommufd.uptr_wrap, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0);
	/* e7250ab7ca49 is missing in 6.6.0, and a row stands for the .0 */
	RULE(iommufd.split_stale_itree, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0);
	RULE(iommufd.change_process_mm_dead, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1);
	RULE(iommufd.change_process_none_p2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1);
	RULE(iommufd.change_process_lock_leak, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1);
}
END_TEST

START_TEST(test_uring_rows)
{
	RULE(uring.ring, R_P3, R_P3P1, R_P3P1, R_FREE, R_FREE, R_FREE, R_FREE, R_FREE, R_FREE, R_FREE, R_REGION,
	     R_REGION, R_REGION);
	RULE(uring.buffers, B_PRE, B_PRE, B_POST, B_POST, B_POST, B_POST, B_POST, B_POST, B_POST, B_POST, B_POST,
	     B_POST, B_POST);
	RULE(uring.buffers_pinned_vm, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1);
	/* both rows of 5.9 and 5.10 write locked_vm without the lock, none has the rc1 bug */
	RULE(uring.ring_p1_locked, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
	RULE(uring.ring_p1_underflow, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
	RULE(uring.clone_buffers, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1);
	RULE(uring.clone_checked, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1);
	RULE(uring.register_update, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1);
	RULE(uring.send_zc, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1);
	RULE(uring.hpage_cross_buffer, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1);
}
END_TEST

START_TEST(test_mm_rows)
{
	RULE(mm.zero_page_pin, GZ_REF, GZ_PIN, GZ_PIN, GZ_PIN, GZ_PIN, GZ_PIN, GZ_PIN, GZ_PIN, GZ_NONE, GZ_NONE,
	     GZ_NONE, GZ_NONE, GZ_NONE);
	RULE(mm.ro_unshare, G_NONE, G_NONE, G_NONE, G_NONE, G_ANON, G_ANON, G_COW, G_COW, G_COW, G_COW, G_COW, G_COW,
	     G_COW);
	RULE(mm.fork_pinned, FK_NO, FK_MM, FK_MM, FK_MM, FK_EXCL, FK_EXCL, FK_EXCL, FK_EXCL, FK_EXCL, FK_EXCL, FK_EXCL,
	     FK_EXCL, FK_EXCL);
	RULE(mm.dontunmap, DU_NONE, DU_PART, DU_PART, DU_PART, DU_PART, DU_PART, DU_PART, DU_PART, DU_PART, DU_OK,
	     DU_PART, DU_DBL, DU_DBL);
	RULE(mm.secretmem, SM_NONE, SM_NONE, SM_NONE, SM_VMA0, SM_VMA0, SM_VMA0, SM_VMA0, SM_VMA0, SM_VMA1, SM_USER,
	     SM_VMA1, SM_VMA1, SM_VMA1);
	RULE(mm.mlock_delta_is_int, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1);
	RULE(mm.mmap_locks_unlockable, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1);
}
END_TEST

START_TEST(test_other_rows)
{
	RULE(other.perf, PF_SPLIT, PF_CLAMP, PF_CLAMP, PF_CLAMP, PF_CLAMP, PF_CLAMP, PF_CLAMP, PF_CLAMP, PF_CLAMP,
	     PF_OWN, PF_CLAMP, PF_REATT, PF_REATT);
	RULE(other.shm, SH_USER, SH_USER, SH_USER, SH_UC14, SH_UC18, SH_UC18, SH_UC18, SH_UC18, SH_UC18, SH_UC18,
	     SH_UC18, SH_UC18, SH_UC18);
	RULE(other.zerocopy_infinity_skips, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1);
	RULE(other.vdpa, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1);
	RULE(other.bpf_memlock, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
}
END_TEST

/* What `list kernels` says: the changes between two rows and no other, clipped like snprintf where it must be. */
START_TEST(test_differences)
{
	char text[2000], small[8];
	int needed;

	kernel_differences(kernel_at(0), text, sizeof(text));
	ck_assert_str_eq(text, "first in the table");
	kernel_differences(kernel_at(5), text, sizeof(text));
	ck_assert_str_eq(text, "equal to v6.0 in all that is modelled");
	needed = kernel_differences(kernel_at(7), text, sizeof(text));
	ck_assert_int_eq(needed, (int)strlen(text));
	ck_assert_ptr_nonnull(strstr(text, "type1 charge T_MM (was T_TASK; 046eca5018f8"));
	ck_assert_ptr_nonnull(strstr(text, "iommufd_carry_order no (was yes; 13a0d1ae7ee6)"));
	ck_assert_ptr_null(strstr(text, "SHM_LOCK"));
	ck_assert_int_eq(kernel_differences(kernel_at(7), small, sizeof(small)), needed);
	ck_assert_int_eq((int)strlen(small), (int)sizeof(small) - 1);
	ck_assert_int_eq(kernel_differences(kernel_at(7), NULL, 0), needed);
}
END_TEST

/* Each difference between releases says where it comes from. */
START_TEST(test_differences_have_sources)
{
	char text[8000];

	for (int i = 1; i < KERNELS; i++) {
		kernel_differences(kernel_at(i), text, sizeof(text));
		for (char *at = strtok(text, ","); at && strstr(at, "(was"); at = strtok(NULL, ","))
			ck_assert_msg(strchr(at, ';') != NULL, "%s:%s: no commit or mail in accounting/changes.c",
				      names[i], at);
	}
}
END_TEST

static int lookup(const char *name, struct kernel *kernel)
{
	static char buf[128];

	return kernel_lookup(name, kernel, buf, sizeof(buf));
}

START_TEST(test_lookup)
{
	struct kernel kernel;
	char buf[8];

	ck_assert_int_eq(lookup("v6.12", &kernel), 0);
	ck_assert_str_eq(kernel.name, "v6.12");
	ck_assert_int_eq(kernel.release, RELEASE(6, 12));
	ck_assert_int_eq(lookup("v6.12+type1_exec_underflow", &kernel), 0);
	ck_assert_str_eq(kernel.name, "v6.12+type1_exec_underflow");
	ck_assert_int_eq(kernel.rules.type1.charge, T_TASK);
	/* nothing else of the row has changed */
	ck_assert_int_eq(kernel.rules.type1.pin, P_BATCH);
	ck_assert_int_eq(kernel_at(9)->rules.type1.charge, T_MM);
	ck_assert_int_eq(lookup("v6.12+fork_shares_pinned+uring_clone_foreign", &kernel), 0);
	ck_assert(!kernel.rules.uring.clone_checked);
	ck_assert_int_eq(kernel.rules.mm.fork_pinned, FK_NO);

	ck_assert_int_eq(lookup("v6.13", &kernel), -ENOENT);
	ck_assert_int_eq(lookup("v6.1.2", &kernel), -ENOENT);
	ck_assert_int_eq(lookup("v6", &kernel), -ENOENT);
	ck_assert_int_eq(lookup("", &kernel), -ENOENT);
	ck_assert_int_eq(lookup("+type1_exec_underflow", &kernel), -ENOENT);
	ck_assert_int_eq(lookup("v6.12+", &kernel), -ESRCH);
	ck_assert_int_eq(lookup("v6.12+type1", &kernel), -ESRCH);
	ck_assert_int_eq(lookup("v6.12+type1_exec_underflow+", &kernel), -ESRCH);
	/* twice the same is once too often; an old kernel has it already */
	ck_assert_int_eq(lookup("v6.12+type1_exec_underflow+type1_exec_underflow", &kernel), -EINVAL);
	ck_assert_int_eq(lookup("v5.15+type1_exec_underflow", &kernel), -EINVAL);
	/* a name that does not fit the caller's buffer */
	ck_assert_int_eq(kernel_lookup("v6.12+mlock_delta_int", &kernel, buf, sizeof(buf)), -ENOENT);
}
END_TEST

/* Bugs that every kernel of the table has which could have them: listed, and refused everywhere. */
static bool everywhere_already(const char *name)
{
	static const char *const have[] = {
		"change_process_mm_dead", "change_process_none_p2", "change_process_lock_leak", "uring_p1_unlocked",
		"uring_hpage_cross_buffer", "xdp_partial_pin_leak", "usnic_partial_pin_leak", "perf_close_wrong_mm",
		"spapr_table_leak",
	};

	for (size_t i = 0; i < sizeof(have) / sizeof(have[0]); i++)
		if (!strcmp(name, have[i]))
			return true;
	return false;
}

/* Each bug applies where it can be and changes the rules; applied again it says no. */
START_TEST(test_quirks)
{
	for (size_t q = 0; q < quirks(); q++) {
		const struct quirk *quirk = quirk_at(q);
		int applied = 0;

		ck_assert(quirk->name && quirk->what && quirk->source && quirk->symptom);
		for (size_t other = 0; other < q; other++)
			ck_assert_str_ne(quirk->name, quirk_at(other)->name);
		if (quirk->defects)
			continue;
		for (size_t k = 0; k < kernels(); k++) {
			struct kernel_rules rules = kernel_at(k)->rules, before = rules;

			if (!quirk_change(quirk, false, &rules)) {
				ck_assert_int_eq(memcmp(&rules, &before, sizeof(rules)), 0);
				continue;
			}
			applied++;
			ck_assert_msg(memcmp(&rules, &before, sizeof(rules)) != 0, "%s changes nothing on %s",
				      quirk->name, kernel_at(k)->name);
			ck_assert_msg(!quirk_change(quirk, false, &rules), "%s applies twice on %s", quirk->name,
				      kernel_at(k)->name);
		}
		ck_assert_msg((applied == 0) == everywhere_already(quirk->name), "%s applies on %d kernels",
			      quirk->name, applied);
	}
	ck_assert_ptr_null(quirk_at(quirks()));
}
END_TEST

/* A proposal's defects: what is in can be taken away, and put back; what is not the other way round. Its own only. */
START_TEST(test_defects)
{
	struct kernel kernel;
	char name[128], all[64];
	bool in;

	for (size_t q = 0; q < quirks(); q++) {
		const struct quirk *quirk = quirk_at(q);
		const struct kernel *row = kernel_at(0);

		if (!quirk->defects)
			continue;
		for (size_t k = 0; k < kernels() && row->rules.proposal != quirk->of; k++)
			row = kernel_at(k);
		ck_assert_ptr_eq(row->rules.proposal, quirk->of);
		in = row->rules.defects & quirk->defects;
		snprintf(name, sizeof(name), "%s%c%s", row->name, in ? '-' : '+', quirk->name);
		ck_assert_int_eq(lookup(name, &kernel), 0);
		ck_assert_uint_eq(kernel.rules.defects, row->rules.defects ^ quirk->defects);
		snprintf(name, sizeof(name), "%s%c%s", row->name, in ? '+' : '-', quirk->name);
		ck_assert_int_eq(lookup(name, &kernel), -EINVAL);
		snprintf(name, sizeof(name), "%s%c%s%c%s", row->name, in ? '-' : '+', quirk->name, in ? '+' : '-',
			 quirk->name);
		ck_assert_int_eq(lookup(name, &kernel), 0);
		ck_assert_uint_eq(kernel.rules.defects, row->rules.defects);
		snprintf(all, sizeof(all), "v6.12+%s", quirk->name);
		ck_assert_int_eq(lookup(all, &kernel), -EINVAL);
	}
	/* what releases have can be put in, not taken out */
	ck_assert_int_eq(lookup("v6.2-type1_exec_underflow", &kernel), -EINVAL);
	ck_assert_int_eq(lookup("v6.12-", &kernel), -ESRCH);
}
END_TEST

/* Where a bug cannot be: without its subsystem, without the page that it leaks. */
START_TEST(test_quirks_refused)
{
	static const char *const refused[] = {
		"v6.1+iommufd_carry_order", "v5.4+iommufd_unmap_warn_once", "v6.12+change_process_mm_dead",
		"v6.6+change_process_none_p2", "v6.12+uring_ring_p1_underflow", "v5.15+uring_clone_foreign",
		"v6.12+type1_zero_page_leak", "v6.2+type1_zero_page_leak", "v5.15+type1_vaddr_free_ride",
		"v5.4+type1_gup_error_partial", "v7.0+change_process_mm_dead", "v6.6+secretmem_vma_charge",
		"v6.14+mlock_delta_int", "v5.15+type1_unmap_fork_guard", "v6.14+iommufd_unmap_no_advance",
		"v5.4+gup_ro_shared", "v5.4+fork_shares_pinned", "v6.14+perf_shares_p3", "v7.0+perf_reattach_charge",
		"v5.4+perf_negative_extra", "v6.2+zerocopy_infinity_counts",
	};
	static const char *const taken[] = {
		"v6.1+type1_zero_page_leak", "v6.0+type1_unmap_fork_guard", "v6.12+type1_vaddr_free_ride",
		"v6.12+iommufd_empty_unmap_enoent", "v6.12+iommufd_unmap_no_advance", "v5.10+uring_ring_p1_underflow",
		"v6.14+uring_clone_foreign", "v6.12+secretmem_vma_charge", "v6.12+mlock_delta_int",
		"v7.0+iommufd_carry_end_zero", "v7.0+iommufd_empty_unmap_enoent",
		"v6.12+perf_shares_p3", "v6.12+perf_reattach_charge", "v6.1+perf_negative_extra",
		"v5.4+perf_double_charge", "v6.12+zerocopy_infinity_counts",
	};
	struct kernel kernel;

	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		ck_assert_msg(lookup(refused[i], &kernel) == -EINVAL, "%s", refused[i]);
	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		ck_assert_msg(lookup(taken[i], &kernel) == 0, "%s", taken[i]);
}
END_TEST

#define ROWS_MAX 64

/* The table's rows, to be changed. */
static size_t rows_copy(struct kernel *rows)
{
	ck_assert_uint_le(kernels(), ROWS_MAX);
	for (size_t i = 0; i < kernels(); i++)
		rows[i] = *kernel_at(i);
	return kernels();
}

/* A row's name, release, base or place, one row more or less: each is another hash; words that explain are not. */
START_TEST(test_hash_of_rows)
{
	struct kernel rows[ROWS_MAX], row;
	size_t nr = rows_copy(rows);
	unsigned long long hash = kernel_table_hash();

	ck_assert_uint_eq(kernel_rows_hash(rows, nr), hash);
	ck_assert_uint_ne(kernel_rows_hash(rows, nr - 1), hash);
	rows[3].name = "v5.16";
	ck_assert_uint_ne(kernel_rows_hash(rows, nr), hash);
	rows_copy(rows);
	rows[3].release++;
	ck_assert_uint_ne(kernel_rows_hash(rows, nr), hash);
	rows_copy(rows);
	rows[nr - 1].base = "v5.4";
	ck_assert_uint_ne(kernel_rows_hash(rows, nr), hash);
	rows_copy(rows);
	row = rows[0];
	rows[0] = rows[1];
	rows[1] = row;
	ck_assert_uint_ne(kernel_rows_hash(rows, nr), hash);
	rows_copy(rows);
	rows[3].what = rows[3].source = "other words";
	ck_assert_uint_eq(kernel_rows_hash(rows, nr), hash);
}
END_TEST

/*
 * Every cell of every row is in it: each byte of the rules that is not 0 in some row counts, and
 * changing a cell there changes the hash. What no row uses at all is nobody's cell.
 */
START_TEST(test_hash_of_cells)
{
	const size_t proposal = offsetof(struct kernel_rules, proposal);
	struct kernel rows[ROWS_MAX];
	size_t nr = rows_copy(rows), counted = 0;

	for (size_t i = 0; i < nr; i++)
		for (size_t at = 0; at < sizeof(struct kernel_rules); at++) {
			unsigned char *byte = (unsigned char *)&rows[i].rules + at;

			if (at - proposal < sizeof(rows[i].rules.proposal) || !*byte)
				continue;
			*byte ^= 1;
			ck_assert_msg(kernel_rows_hash(rows, nr) != kernel_table_hash(),
				      "%s: byte %zu of its rules is in no cell", rows[i].name, at);
			*byte ^= 1;
			counted++;
		}
	ck_assert_uint_gt(counted, nr);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("accounting: kernels");
	TCase *tc = tcase_create("table");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_test(tc, test_rows_in_order);
	tcase_add_test(tc, test_type1_rows);
	tcase_add_test(tc, test_iommufd_rows);
	tcase_add_test(tc, test_uring_rows);
	tcase_add_test(tc, test_mm_rows);
	tcase_add_test(tc, test_other_rows);
	tcase_add_test(tc, test_differences);
	tcase_add_test(tc, test_differences_have_sources);
	tcase_add_test(tc, test_lookup);
	tcase_add_test(tc, test_quirks);
	tcase_add_test(tc, test_defects);
	tcase_add_test(tc, test_quirks_refused);
	tcase_add_test(tc, test_hash_of_rows);
	tcase_add_test(tc, test_hash_of_cells);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

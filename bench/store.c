// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The store for runs (sim/run_tree.h) beside what else keeps page -> frame: the kernel's
 * xarray, JudyL, glib's GTree and liburcu's lfht; and our interval tree beside the kernel's.
 *
 * 64 GiB of memory, 16,777,216 pages, in four layouts: one extent, runs of 2 MiB and of
 * 64 KiB, and single pages, none of which continues the one before. Each store is
 * filled in order of index, asked for pages in no order, gone through, and emptied in runs.
 * It lives in a child process of its own, so that what it takes of memory is what the
 * child grows by. The kernel's array has an entry a page whatever the layout; there
 * are two ways to fill it: xa_store() for each page, and one walk as iommufd's is.
 *
 * Lookups are asked in two ways. A "lookup" waits for the one before, whose frame
 * says where it goes, as what it is made for does. Of "lookups at once" none needs
 * another's result, and a processor works on as many as it can look ahead to: there
 * the shorter code wins.
 */
#include <sim/run_tree.h>
#include <sim/world.h>
#include "bench.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef HAVE_KERNEL
#include "kernel.h"
#endif
#ifdef HAVE_JUDY
#include <Judy.h>
#endif
#ifdef HAVE_GLIB
#include <glib.h>
#endif
#ifdef HAVE_URCU
#include <urcu.h>
#include <urcu/rculfhash.h>
#endif

#define PAGES (1ul << 24)
#define PAGES_SMALL (1ul << 20)		/* for those that would take minutes */
#define LOOKUPS (1ul << 20)
#define FRAME_BASE (1ul << 20)

struct layout {
	const char *name;
	unsigned long pages;	/* in a run */
};

static const struct layout extent = { "one extent", PAGES }, two_mib = { "2 MiB runs", 512 },
			   kib64 = { "64 KiB runs", 16 }, single = { "1-page runs", 1 };

/* What is measured of one store, in ns a page or a lookup, and bytes a page. */
struct figures {
	double insert, lookup, at_once, scan, erase, bytes;
	bool right;		/* every lookup and the scan gave what was put in */
};

struct store {
	const char *name;
	void *(*create)(void);
	void (*insert)(void *store, unsigned long index, unsigned long nr, unsigned long frame);
	unsigned long (*lookup)(void *store, unsigned long index);	/* the frame */
	unsigned long (*scan)(void *store);				/* sum of frames; NULL: no such */
	void (*erase)(void *store, unsigned long index, unsigned long nr);
};

/* A hole of one run's size lies behind each run of frames. */
static unsigned long frame_of(const struct layout *layout, unsigned long index)
{
	return FRAME_BASE + index + index / layout->pages * layout->pages;
}

/*
 * The stores
 */

static void *runs_create(void)
{
	struct sim_run_tree *tree;

	sim_world_create(NULL);
	tree = sim_alloc(sizeof(*tree));
	sim_run_tree_init(tree, SIM_RUN_LINEAR);
	return tree;
}

static void runs_insert(void *tree, unsigned long index, unsigned long nr, unsigned long frame)
{
	sim_run_set(tree, index, index + nr - 1, frame, 0);
}

static unsigned long runs_lookup(void *tree, unsigned long index)
{
	struct sim_run run;

	return sim_run_find(tree, index, &run) ? run.value + (index - run.start) : ~0ul;
}

static unsigned long runs_scan(void *tree)
{
	unsigned long sum = 0, at = 0, pages;
	struct sim_run runs[32];
	unsigned int nr;

	while ((nr = sim_run_list(tree, at, runs, 32)) != 0) {
		for (unsigned int i = 0; i < nr; i++) {
			pages = runs[i].last - runs[i].start + 1;
			sum += pages * runs[i].value + pages * (pages - 1) / 2;
		}
		at = runs[nr - 1].last + 1;
	}
	return sum;
}

static void runs_erase(void *tree, unsigned long index, unsigned long nr)
{
	sim_run_clear(tree, index, index + nr - 1);
}

static const struct store runs = {
	"runs", runs_create, runs_insert, runs_lookup, runs_scan, runs_erase,
};

#ifdef HAVE_KERNEL
static void *xarray_create(void)
{
	return kernel_xarray_create();
}

static void xarray_insert(void *xarray, unsigned long index, unsigned long nr, unsigned long frame)
{
	kernel_xarray_store(xarray, index, nr, frame);
}

static void xarray_fill(void *xarray, unsigned long index, unsigned long nr, unsigned long frame)
{
	kernel_xarray_fill(xarray, index, nr, frame);
}

static unsigned long xarray_lookup(void *xarray, unsigned long index)
{
	return kernel_xarray_load(xarray, index);
}

static unsigned long xarray_scan(void *xarray)
{
	return kernel_xarray_scan(xarray);
}

static void xarray_erase(void *xarray, unsigned long index, unsigned long nr)
{
	kernel_xarray_erase(xarray, index, nr);
}

static const struct store xarray = {
	"xarray", xarray_create, xarray_insert, xarray_lookup, xarray_scan, xarray_erase,
}, xarray_walked = {
	"xarray, one walk", xarray_create, xarray_fill, xarray_lookup, xarray_scan, xarray_erase,
};
#endif

#ifdef HAVE_JUDY
static void *judy_create(void)
{
	return calloc(1, sizeof(Pvoid_t));
}

static void judy_insert(void *judy, unsigned long index, unsigned long nr, unsigned long frame)
{
	for (unsigned long i = 0; i < nr; i++) {
		Word_t *value;

		JLI(value, *(Pvoid_t *)judy, index + i);
		*value = frame + i;
	}
}

static unsigned long judy_lookup(void *judy, unsigned long index)
{
	Word_t *value;

	JLG(value, *(Pvoid_t *)judy, index);
	return value ? *value : ~0ul;
}

static unsigned long judy_scan(void *judy)
{
	Word_t index = 0, *value;
	unsigned long sum = 0;

	JLF(value, *(Pvoid_t *)judy, index);
	while (value) {
		sum += *value;
		JLN(value, *(Pvoid_t *)judy, index);
	}
	return sum;
}

static void judy_erase(void *judy, unsigned long index, unsigned long nr)
{
	for (unsigned long i = 0; i < nr; i++) {
		int found;

		JLD(found, *(Pvoid_t *)judy, index + i);
		(void)found;
	}
}

static const struct store judy = {
	"JudyL", judy_create, judy_insert, judy_lookup, judy_scan, judy_erase,
};
#endif

#ifdef HAVE_GLIB
static int by_key(const void *a, const void *b, void *arg)
{
	return (a > b) - (a < b);
}

static void *gtree_create(void)
{
	return g_tree_new_with_data(by_key, NULL);
}

static void gtree_insert(void *tree, unsigned long index, unsigned long nr, unsigned long frame)
{
	for (unsigned long i = 0; i < nr; i++)
		g_tree_insert(tree, (void *)(index + i), (void *)(frame + i));
}

static unsigned long gtree_lookup(void *tree, unsigned long index)
{
	return (unsigned long)g_tree_lookup(tree, (void *)index);
}

static int gtree_add(void *key, void *value, void *sum)
{
	*(unsigned long *)sum += (unsigned long)value;
	return 0;
}

static unsigned long gtree_scan(void *tree)
{
	unsigned long sum = 0;

	g_tree_foreach(tree, gtree_add, &sum);
	return sum;
}

static void gtree_erase(void *tree, unsigned long index, unsigned long nr)
{
	for (unsigned long i = 0; i < nr; i++)
		g_tree_remove(tree, (void *)(index + i));
}

static const struct store gtree = {
	"GTree", gtree_create, gtree_insert, gtree_lookup, gtree_scan, gtree_erase,
};
#endif

#ifdef HAVE_URCU
struct lfht_page {
	struct cds_lfht_node node;
	unsigned long index, frame;
};

/* As many buckets as pages from the start: it grows by threads of its own otherwise. */
static void *lfht_create(void)
{
	rcu_register_thread();
	return cds_lfht_new(PAGES_SMALL, PAGES_SMALL, 0, 0, NULL);
}

static unsigned long lfht_hash(unsigned long index)
{
	return index * 0x9e3779b97f4a7c15 >> 20;
}

static int lfht_match(struct cds_lfht_node *node, const void *index)
{
	return caa_container_of(node, struct lfht_page, node)->index == *(const unsigned long *)index;
}

static struct cds_lfht_node *lfht_find(void *table, unsigned long index)
{
	struct cds_lfht_iter iter;

	cds_lfht_lookup(table, lfht_hash(index), lfht_match, &index, &iter);
	return cds_lfht_iter_get_node(&iter);
}

static void lfht_insert(void *table, unsigned long index, unsigned long nr, unsigned long frame)
{
	rcu_read_lock();
	for (unsigned long i = 0; i < nr; i++) {
		struct lfht_page *page = malloc(sizeof(*page));

		*page = (struct lfht_page){ .index = index + i, .frame = frame + i };
		cds_lfht_add(table, lfht_hash(index + i), &page->node);
	}
	rcu_read_unlock();
}

static unsigned long lfht_lookup(void *table, unsigned long index)
{
	struct cds_lfht_node *node;
	unsigned long frame;

	rcu_read_lock();
	node = lfht_find(table, index);
	frame = node ? caa_container_of(node, struct lfht_page, node)->frame : ~0ul;
	rcu_read_unlock();
	return frame;
}

/* Nobody reads meanwhile, so pages are freed at once. */
static void lfht_erase(void *table, unsigned long index, unsigned long nr)
{
	rcu_read_lock();
	for (unsigned long i = 0; i < nr; i++) {
		struct cds_lfht_node *node = lfht_find(table, index + i);

		if (node && !cds_lfht_del(table, node))
			free(caa_container_of(node, struct lfht_page, node));
	}
	rcu_read_unlock();
}

static const struct store lfht = {
	"lfht", lfht_create, lfht_insert, lfht_lookup, NULL, lfht_erase,
};
#endif

/*
 * Measuring
 */

static unsigned long resident_bytes(void)
{
	unsigned long total = 0, resident = 0;
	FILE *file = fopen("/proc/self/statm", "r");

	if (!file || fscanf(file, "%lu %lu", &total, &resident) != 2)
		abort();
	fclose(file);
	return resident * sysconf(_SC_PAGESIZE);
}

static double lookups(const struct store *store, void *state, const struct layout *layout, unsigned long pages,
		      bool wait, bool *right)
{
	unsigned long at = 1;
	double begin = bench_cpu_seconds();

	for (unsigned long i = 0; i < LOOKUPS; i++) {
		unsigned long index, frame;

		at = at * 6364136223846793005 + 1442695040888963407;
		index = (at >> 33) & (pages - 1);
		frame = store->lookup(state, index);
		if (frame != frame_of(layout, index))
			*right = false;
		/* Nothing, but only the frame tells so. */
		if (wait)
			at += frame >> 48;
	}
	return (bench_cpu_seconds() - begin) * 1e9 / LOOKUPS;
}

static void measure(const struct store *store, const struct layout *layout, unsigned long pages, bool shuffled,
		    struct figures *figures)
{
	unsigned long sum = 0, before = resident_bytes(), run_pages = layout->pages < pages ? layout->pages : pages;
	unsigned long nr = pages / run_pages;
	void *state = store->create();
	double begin = bench_cpu_seconds();

	/* Both are powers of two, so the odd factor makes a permutation. */
	for (unsigned long i = 0; i < nr; i++) {
		unsigned long at = (shuffled ? i * 0x9e3779b1 % nr : i) * run_pages;

		store->insert(state, at, run_pages, frame_of(layout, at));
	}
	figures->insert = (bench_cpu_seconds() - begin) * 1e9 / pages;
	figures->bytes = (double)(resident_bytes() - before) / pages;
	figures->right = true;
	figures->lookup = lookups(store, state, layout, pages, true, &figures->right);
	figures->at_once = lookups(store, state, layout, pages, false, &figures->right);
	if (store->scan) {
		begin = bench_cpu_seconds();
		sum = store->scan(state);
		figures->scan = (bench_cpu_seconds() - begin) * 1e9 / pages;
		for (unsigned long at = 0; at < pages; at += run_pages)
			sum -= run_pages * frame_of(layout, at) + run_pages * (run_pages - 1) / 2;
		if (sum)
			figures->right = false;
	}
	begin = bench_cpu_seconds();
	for (unsigned long at = 0; at < pages; at += run_pages)
		store->erase(state, at, run_pages);
	figures->erase = (bench_cpu_seconds() - begin) * 1e9 / pages;
	if (store->lookup(state, 0) == frame_of(layout, 0))
		figures->right = false;
}

/* In a process of its own. */
static struct figures measured(const struct store *store, const struct layout *layout, unsigned long pages,
			       bool shuffled)
{
	struct figures *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct figures figures;
	int status = -1;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		measure(store, layout, pages, shuffled, shared);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	figures = *shared;
	munmap(shared, sizeof(*shared));
	if (status || !figures.right) {
		fprintf(stderr, "%s, %s: lost pages\n", store->name, layout->name);
		exit(1);
	}
	return figures;
}

#if defined(HAVE_KERNEL) || defined(HAVE_JUDY) || defined(HAVE_GLIB) || defined(HAVE_URCU)
struct goals {
	const char *memory, *insert, *lookup;
};

static void print_ratio(const char *of, const char *what, double theirs, double ours, const char *goal)
{
	printf("%s: %s\t%.4g\ttimes\t%s\n", of, what, theirs / ours, goal);
}

static void print_ratios(const char *of, const struct figures *theirs, const struct figures *ours,
			 const struct goals *goals)
{
	print_ratio(of, "bytes a page", theirs->bytes, ours->bytes, goals->memory);
	print_ratio(of, "insert", theirs->insert, ours->insert, goals->insert);
	print_ratio(of, "lookup", theirs->lookup, ours->lookup, goals->lookup);
	print_ratio(of, "lookups at once", theirs->at_once, ours->at_once, goals->lookup);
	if (theirs->scan)
		print_ratio(of, "scan", theirs->scan, ours->scan, "-");
	print_ratio(of, "erase", theirs->erase, ours->erase, "-");
}
#endif

static void beside_xarray(void)
{
	static const struct layout *const layouts[] = { &extent, &two_mib, &kib64, &single };
	struct figures ours[4];
#ifdef HAVE_KERNEL
	static const struct goals goals[] = {
		{ "-", "-", ">=1" }, { ">=250", ">=500", ">=1" }, { ">=8", "-", ">=1" }, { ">=1.1", "-", ">=1" },
	};
	struct figures theirs = measured(&xarray, &single, PAGES, false);
	struct figures walked = measured(&xarray_walked, &single, PAGES, false);
	char of[100];
#endif

	for (int i = 0; i < 4; i++)
		ours[i] = measured(&runs, layouts[i], PAGES, false);
	for (int i = 0; i < 4; i++) {
		printf("store, %s\t%.4g\tB/page\t-\n", layouts[i]->name, ours[i].bytes);
#ifdef HAVE_KERNEL
		snprintf(of, sizeof(of), "B6 B7 xarray / ours, %s", layouts[i]->name);
		print_ratios(of, &theirs, &ours[i], &goals[i]);
		print_ratio(of, "insert, xarray in one walk", walked.insert, ours[i].insert, "-");
#endif
	}
}

/* 4 GiB in single pages, which is the worst that a store for runs can be asked. */
static void beside_others(void)
{
#if defined(HAVE_KERNEL) || defined(HAVE_JUDY) || defined(HAVE_GLIB) || defined(HAVE_URCU)
	static const struct store *const others[] = {
#ifdef HAVE_JUDY
		&judy,
#endif
#ifdef HAVE_GLIB
		&gtree,
#endif
#ifdef HAVE_URCU
		&lfht,
#endif
	};
	static const struct goals none = { "-", "-", "-" };
	struct figures ours = measured(&runs, &single, PAGES_SMALL, false), theirs;
	char of[100];

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		theirs = measured(others[i], &single, PAGES_SMALL, false);
		snprintf(of, sizeof(of), "%s / ours, 1M single pages", others[i]->name);
		print_ratios(of, &theirs, &ours, &none);
	}
#ifdef HAVE_KERNEL
	ours = measured(&runs, &single, PAGES_SMALL, true);
	theirs = measured(&xarray, &single, PAGES_SMALL, true);
	print_ratios("xarray / ours, 1M single pages in no order", &theirs, &ours, &none);
#endif
#endif
}

/*
 * Interval trees: ranges of 16 pages, put in, asked for and taken out in no order.
 */

#ifdef HAVE_KERNEL
struct interval_figures {
	double insert, stab, remove;
};

#define INTERVALS(prefix)                                                                                             \
static struct interval_figures prefix##_figures(unsigned long nr)                                                     \
{                                                                                                                     \
	struct prefix##_intervals *intervals = prefix##_intervals_create(nr);                                         \
	struct interval_figures figures;                                                                              \
	double begin = bench_cpu_seconds();                                                                           \
                                                                                                                      \
	for (unsigned long i = 0; i < nr; i++)                                                                        \
		prefix##_intervals_insert(intervals, i * 0x9e3779b1 % nr);                                            \
	figures.insert = bench_cpu_seconds() - begin;                                                                 \
	begin = bench_cpu_seconds();                                                                                  \
	for (unsigned long i = 0; i < nr; i++)                                                                        \
		if (!prefix##_intervals_stab(intervals, i * 0x7feb352d % nr * 16 + 5))                                \
			exit(1);                                                                                      \
	figures.stab = bench_cpu_seconds() - begin;                                                                   \
	begin = bench_cpu_seconds();                                                                                  \
	for (unsigned long i = 0; i < nr; i++)                                                                        \
		prefix##_intervals_remove(intervals, i * 0x846ca68b % nr);                                            \
	figures.remove = bench_cpu_seconds() - begin;                                                                 \
	prefix##_intervals_destroy(intervals);                                                                        \
	return figures;                                                                                               \
}
INTERVALS(kernel)
INTERVALS(own)

static void beside_intervals(void)
{
	static const unsigned long sizes[] = { 1ul << 14, 1ul << 19 };
	char of[100];

	for (int i = 0; i < 2; i++) {
		struct interval_figures theirs = kernel_figures(sizes[i]), ours = own_figures(sizes[i]);

		snprintf(of, sizeof(of), "interval tree, %luK ranges, kernel's / ours", sizes[i] >> 10);
		print_ratio(of, "insert", theirs.insert, ours.insert, "-");
		print_ratio(of, "stab", theirs.stab, ours.stab, "-");
		print_ratio(of, "remove", theirs.remove, ours.remove, "-");
	}
}
#endif

int main(int argc, char **argv)
{
	beside_xarray();
	beside_others();
#ifdef HAVE_KERNEL
	beside_intervals();
#endif
	return 0;
}

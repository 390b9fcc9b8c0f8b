// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How the cost grows: of iommufd's map, copy and unmap with the guest, from 4 MiB to
 * 16 TiB, and of a search with its tasks and steps. Curves, not figures: a point is a line
 *
 *	curve <TAB> graph <TAB> series <TAB> x <TAB> y
 *
 * with x in bytes, tasks or calls and y in ms, of which bench/run takes the median of all rounds
 * and makes a plot. The calls are timed in the task that makes them, with libpinsim.
 */
#include <pinsim/pinsim.h>
#include "bench.h"

#define GUEST_LEAST (4ul << 20)
#define GUEST_MOST (16ul << 40)
#define IOVA (1ul << 40)
/* Of CPU: after a search that takes as long the next one would take minutes. */
#define SEARCH_SECONDS 0.5
#define SEARCH_SECONDS_MAX 60.0

struct guest {
	unsigned long bytes;
	double map, copy, unmap;	/* ms */
};

static double milliseconds(double *begin)
{
	double now = bench_cpu_seconds(), spent = now - *begin;

	*begin = now;
	return spent * 1000;
}

static long guest_body(void *arg)
{
	unsigned int first, second, device;
	unsigned long iova = IOVA;
	struct guest *guest = arg;
	double begin;
	long fd, ram;

	fd = pinsim_iommufd_open();
	PINSIM_EXPECT(!pinsim_ioas_alloc(fd, &first) && !pinsim_ioas_alloc(fd, &second));
	PINSIM_EXPECT(pinsim_vfio_cdev_open(fd, &device) >= 0 && !pinsim_attach(fd, device, first));
	PINSIM_EXPECT(pinsim_vfio_cdev_open(fd, &device) >= 0 && !pinsim_attach(fd, device, second));
	ram = pinsim_mmap(guest->bytes, NULL);
	PINSIM_EXPECT(ram > 0 && !pinsim_touch(ram, guest->bytes, true));
	begin = bench_cpu_seconds();
	PINSIM_EXPECT(!pinsim_ioas_map(fd, first, ram, guest->bytes, PINSIM_DMA_RW, true, &iova));
	guest->map = milliseconds(&begin);
	PINSIM_EXPECT(!pinsim_ioas_copy(fd, second, first, IOVA, guest->bytes, PINSIM_DMA_RW, true, &iova));
	guest->copy = milliseconds(&begin);
	PINSIM_EXPECT(pinsim_ioas_unmap(fd, second, IOVA, guest->bytes) == (long)guest->bytes);
	PINSIM_EXPECT(pinsim_ioas_unmap(fd, first, IOVA, guest->bytes) == (long)guest->bytes);
	guest->unmap = milliseconds(&begin) / 2;
	return 0;
}

static void must_hold(struct pinsim_world *world, const char *what)
{
	if (pinsim_failure(world)) {
		fprintf(stderr, "%s: %s\n", what, pinsim_failure(world));
		exit(1);
	}
}

/* A guest before the first point, which is not shown: the memory of the process is new to it. */
static void guest_curve(const char *backing, unsigned long contig_pages)
{
	for (unsigned long bytes = GUEST_LEAST / 4; bytes <= GUEST_MOST; bytes *= 4) {
		const struct pinsim_world_options options = {
			.host_pages = 2 * GUEST_MOST / PINSIM_PAGE_BYTES, .contig_pages = contig_pages,
		};
		struct pinsim_world *world = pinsim_world_create("v6.12", &options);
		struct guest guest = { .bytes = bytes };

		pinsim_call(pinsim_task_create(world, "vmm", 1000, GUEST_MOST, PINSIM_CAP_NONE), guest_body, &guest);
		must_hold(world, "guest");
		pinsim_world_destroy(world);
		if (bytes < GUEST_LEAST)
			continue;
		printf("curve\tguest\tmap, %s\t%lu\t%.6g\n", backing, bytes, guest.map);
		printf("curve\tguest\tcopy, %s\t%lu\t%.6g\n", backing, bytes, guest.copy);
		printf("curve\tguest\tunmap, %s\t%lu\t%.6g\n", backing, bytes, guest.unmap);
	}
}

/*
 * Tasks of one user, each with an iommufd and a device of its own, map pages: what they meet
 * at is the user's counter. A point is a search by dpor that saw every schedule.
 */
#define TASKS_MAX 8

static struct search {
	unsigned int tasks, calls;
} searched;

struct mapper {
	struct search what;
	int fd;
	unsigned int ioas;
	unsigned long ram;
};

static long mapper_open(void *arg)
{
	struct mapper *mapper = arg;
	unsigned int device;

	mapper->fd = pinsim_iommufd_open();
	PINSIM_EXPECT(!pinsim_ioas_alloc(mapper->fd, &mapper->ioas));
	PINSIM_EXPECT(!pinsim_attach_mock(mapper->fd, mapper->ioas, &device));
	mapper->ram = pinsim_mmap(1ul << 20, NULL);
	return 0;
}

static long mapper_map(void *arg)
{
	struct mapper *mapper = arg;

	for (unsigned long i = 0; i < mapper->what.calls; i++) {
		unsigned long iova = (32ul << 20) + i * PINSIM_PAGE_BYTES;

		PINSIM_EXPECT(!pinsim_ioas_map(mapper->fd, mapper->ioas, mapper->ram + i * PINSIM_PAGE_BYTES,
					       PINSIM_PAGE_BYTES, PINSIM_DMA_RW, true, &iova));
	}
	return 0;
}

static int search_setup(struct pinsim_world *world, void *arg)
{
	struct mapper *mapper = arg;

	for (unsigned int i = 0; i < searched.tasks; i++) {
		const char name[] = { 'a' + i, 0 };
		struct pinsim_task *task = pinsim_task_create(world, name, 1000, 1ul << 20, PINSIM_CAP_NONE);

		mapper[i].what = searched;
		pinsim_call(task, mapper_open, &mapper[i]);
		pinsim_start(task, mapper_map, &mapper[i]);
	}
	return 0;
}

static const struct pinsim_test search_test = {
	.name = "mappers", .kernel = "v6.12", .state_bytes = TASKS_MAX * sizeof(struct mapper), .setup = search_setup,
};

/* Returns false where more of it would take too long. */
static bool search_point(const char *graph, unsigned int x, unsigned int tasks, unsigned int calls)
{
	const struct pinsim_explore_options options = { .strategy = "dpor", .seconds_max = SEARCH_SECONDS_MAX };
	double begin = bench_cpu_seconds(), spent;
	struct pinsim_result *result;
	bool finished;

	searched = (struct search){ tasks, calls };
	result = pinsim_explore(&search_test, &options);
	if (result->verdict != PINSIM_HOLDS && result->verdict != PINSIM_UNFINISHED) {
		fprintf(stderr, "%s: %s\n", graph, result->text);
		exit(1);
	}
	finished = result->verdict == PINSIM_HOLDS;
	spent = milliseconds(&begin);
	if (finished) {
		printf("curve\t%s\tms of CPU\t%u\t%.6g\n", graph, x, spent);
		printf("curve\t%s\tschedules run\t%u\t%lu\n", graph, x, result->runs);
	}
	pinsim_result_free(result);
	return finished && spent < SEARCH_SECONDS * 1000;
}

int main(int argc, char **argv)
{
	guest_curve("2 MiB runs", 512);
	guest_curve("4 KiB pages", 1);
	for (unsigned int tasks = 1; tasks <= TASKS_MAX; tasks++)
		if (!search_point("tasks", tasks, tasks, 1))
			break;
	for (unsigned int calls = 1; calls <= 16; calls++)
		if (!search_point("calls", calls, 2, calls))
			break;
	return 0;
}

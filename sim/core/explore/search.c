// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The searches by name, and the portfolio of them.
 *
 * The portfolio runs its parts in turn, a schedule each: no one of them is best on
 * every bug, and one that comes to an end ends all. PCT takes another depth each
 * time.
 */
#include "explore.h"

#include <stdlib.h>
#include <string.h>

#define DEPTH_DEFAULT 3

struct sim_search {
	const struct sim_search_kind *kind;
	struct sim_search_options options;
	struct tree tree;
	unsigned long samples;			/* begun */
	struct sim_pct_context pct;
	unsigned int part;			/* of a portfolio: which one it is */
	struct sim_search *parts[SIM_SEARCH_PARTS];
	unsigned int nr_parts, turn;
	unsigned long beyond;			/* runs since dpor has seen all */
	struct sim_search *last;		/* the part whose run it was */
};

const struct sim_search_kind sim_search_naive = {
	.name = "naive",
	.what = "every interleaving",
};
const struct sim_search_kind sim_search_dpor = {
	.name = "dpor",
	.what = "one of all interleavings that differ only in the order of independent steps",
};
const struct sim_search_kind sim_search_bounded = {
	.name = "bounded",
	.what = "every interleaving with at most k preemptions, for k = 0, 1, 2 and so on",
};
const struct sim_search_kind sim_search_stateful = {
	.name = "stateful",
	.what = "every state once: what was seen from there is not run again",
};
const struct sim_search_kind sim_search_random = {
	.name = "random",
	.what = "at each point each task that can go on is equally likely",
	.samples = true,
};
const struct sim_search_kind sim_search_pct = {
	.name = "pct",
	.what = "random priorities, which change at depth - 1 random points",
	.samples = true,
};
const struct sim_search_kind sim_search_portfolio = {
	.name = "portfolio",
	.what = "dpor, bounded, random and pct in turn, until one has seen all",
};

static const struct sim_search_kind *const kinds[] = {
	&sim_search_portfolio, &sim_search_dpor, &sim_search_bounded,
	&sim_search_pct, &sim_search_random, &sim_search_naive, &sim_search_stateful,
};

const struct sim_search_kind *sim_search_kind_at(unsigned int index)
{
	return index < sizeof(kinds) / sizeof(kinds[0]) ? kinds[index] : NULL;
}

const struct sim_search_kind *sim_search_kind_by_name(const char *name)
{
	const struct sim_search_kind *kind;

	for (unsigned int i = 0; (kind = sim_search_kind_at(i)) != NULL; i++)
		if (!strcmp(kind->name, name))
			return kind;
	return NULL;
}

static const struct sim_search_kind *const portfolio[SIM_SEARCH_PARTS] = {
	&sim_search_dpor, &sim_search_bounded, &sim_search_random, &sim_search_pct,
};

static void add_parts(struct sim_search *search)
{
	struct sim_search_options options = search->options;

	for (unsigned int i = 0; i < SIM_SEARCH_PARTS; i++) {
		if (search->options.parts && !(search->options.parts >> i & 1))
			continue;
		options.kind = portfolio[i];
		search->parts[search->nr_parts] = sim_search_create(&options);
		search->parts[search->nr_parts++]->part = i;
	}
}

struct sim_search *sim_search_create(const struct sim_search_options *options)
{
	struct sim_search *search = calloc(1, sizeof(*search));

	if (!search)
		sim_die("the host is out of memory (a search)");
	search->kind = options->kind ? options->kind : &sim_search_portfolio;
	search->options = *options;
	search->pct.depth = options->depth ? options->depth : DEPTH_DEFAULT;
	if (search->kind == &sim_search_naive)
		tree_init(&search->tree, &naive_ops, options);
	else if (search->kind == &sim_search_dpor)
		tree_init(&search->tree, &dpor_ops, options);
	else if (search->kind == &sim_search_bounded)
		tree_init(&search->tree, &bounded_ops, options);
	else if (search->kind == &sim_search_stateful && options->state)
		tree_init(&search->tree, &stateful_ops, options);
	else if (search->kind == &sim_search_stateful)
		tree_init(&search->tree, &whole_ops, options);
	if (search->kind == &sim_search_portfolio)
		add_parts(search);
	return search;
}

void sim_search_destroy(struct sim_search *search)
{
	if (!search)
		return;
	for (unsigned int i = 0; i < search->nr_parts; i++)
		sim_search_destroy(search->parts[i]);
	if (search->tree.ops)
		tree_fini(&search->tree);
	free(search);
}

unsigned int sim_search_part(const struct sim_search *search)
{
	return search->last ? search->last->part : search->part;
}

static bool sample_next(struct sim_search *search, struct sim_config *config)
{
	bool pct = search->kind == &sim_search_pct;

	config->strategy = pct ? &sim_strategy_pct : &sim_strategy_random;
	config->seed = search->options.seed + search->samples++;
	config->context = pct ? &search->pct : NULL;
	if (pct && !search->options.depth)
		search->pct.depth = DEPTH_DEFAULT - 1 + search->samples % 4;
	return true;
}

/* Every trace was run, and there is no more to be proved; but a plain access to what was freed shows by luck alone. */
static bool goes_beyond(struct sim_search *search)
{
	const struct tree *dpor = &search->parts[0]->tree;

	return dpor->ended && dpor->explored.frees_open && search->beyond++ < search->options.beyond;
}

static bool portfolio_next(struct sim_search *search, struct sim_config *config)
{
	if (search->parts[0]->tree.explored.finished && !goes_beyond(search))
		return false;
	/* What its part has seen all of is over, also where the others could go on. */
	for (unsigned int tried = 0; tried < search->nr_parts; tried++) {
		struct sim_search *part = search->parts[search->turn++ % search->nr_parts];

		if (part->tree.ops && (part->tree.ended || part->tree.explored.unfit))
			continue;
		if (sim_search_next(part, config)) {
			search->last = part;
			return true;
		}
		if (part->tree.explored.finished && (part != search->parts[0] || !goes_beyond(search)))
			return false;
	}
	return false;
}

/* No search of one tree. */
static __attribute__((noinline)) bool other_next(struct sim_search *search, struct sim_config *config)
{
	return search->nr_parts ? portfolio_next(search, config) : sample_next(search, config);
}

bool sim_search_next(struct sim_search *search, struct sim_config *config)
{
	if (unlikely(!search->tree.ops))
		return other_next(search, config);
	if (!tree_next(&search->tree))
		return false;
	config->strategy = search->tree.strategy;
	config->context = &search->tree;
	return true;
}

bool sim_search_resume(struct sim_search *search)
{
	struct tree *tree = &search->tree;

	if (unlikely(search->nr_parts))
		return search->last && sim_search_resume(search->last);
	if (unlikely(!tree->ops || !search->options.resumes) || !marks_resume(tree))
		return false;
	if (unlikely(sim_this->strategy_state != tree))
		sim_strategy_put(tree->strategy, tree);
	if (tree->ample)
		ample_listen(tree);
	return true;
}

void sim_search_forget(struct sim_search *search)
{
	for (unsigned int i = 0; i < search->nr_parts; i++)
		sim_search_forget(search->parts[i]);
	marks_forget(&search->tree);
}

bool sim_search_cut(const struct sim_search *search)
{
	if (search->nr_parts)
		return search->last && sim_search_cut(search->last);
	return search->tree.ops && search->tree.cut && (!search->tree.ops->remembers || search->tree.anew);
}

bool sim_search_skipped(struct sim_search *search)
{
	return search->tree.ops && tree_skipped(&search->tree);
}

static void portfolio_explored(const struct sim_search *search, struct sim_explored *explored)
{
	for (unsigned int i = 0; i < search->nr_parts; i++) {
		struct sim_explored part;
		unsigned long runs = explored->runs, cut = explored->cut;

		sim_search_explored(search->parts[i], &part);
		if (part.finished)
			*explored = part;
		else if (part.bound_known && !explored->finished) {
			explored->bound = part.bound;
			explored->bound_known = true;
		}
		explored->runs = runs + part.runs;
		explored->cut = cut + part.cut;
	}
}

void sim_search_explored(const struct sim_search *search, struct sim_explored *explored)
{
	*explored = search->tree.explored;
	/* The last run counts, too, where nobody asks for a next one. */
	explored->runs += search->tree.running && !search->tree.skipped && !sim_search_cut(search);
	if (!search->tree.ops && !search->nr_parts)
		*explored = (struct sim_explored){ .runs = search->samples };
	explored->by = search->kind->name;
	explored->reduced = search->tree.ample != NULL;
	if (search->nr_parts)
		portfolio_explored(search, explored);
}

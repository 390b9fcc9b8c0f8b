// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The search: both kernels' worlds stand side by side and make the same calls.
 *
 * A node is a program, by the program that it continues and its last call. To
 * continue it, its calls are made once more on two fresh worlds, a snapshot is
 * taken, and from there each call of the stage is tried. A call whose results
 * differ ends the program: it is found, and since programs are tried in order of
 * length there is no shorter one. Else the two worlds together have a digest; where
 * that was seen before, the program is like one that was at most as long, and what
 * continues the one continues the other. So when all programs of a length are
 * through, every one of that length was looked at or is like one that was.
 *
 * Behind the enumeration programs are drawn at random: from nodes at which the
 * kernels' counters have parted though no result has, continued by random calls.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <mm_model/digest.h>
#include <mm_model/syscalls.h>
#include <scenario/search.h>
#include <sim/digest.h>
#include <sim/rng.h>
#include <sim/snapshot.h>
#include "run.h"
#include "search_calls.h"
#include "search_found.h"

#define NO_NODE (~0u)

/* One kernel's world. */
struct side {
	struct sim_world *world;
	struct run *run;		/* in its memory */
	struct run_options options;
	struct sim_snapshot *start;	/* behind the setup lines */
	struct outcome *setup;		/* what they came to */
	struct sim_digest_value digest;
	struct sim_digest_value mirror;		/* with the tasks in each other's place */
	struct sim_digest_value reach[2];	/* what each task can reach */
};

struct node {
	unsigned int parent;		/* NO_NODE: the empty program */
	unsigned short call;
	unsigned short stage;
	unsigned long local;		/* calls behind it that the other task cannot tell, as bits */
};
#define LOCAL_MAX 64u			/* of calls with a number from here on nothing is known */

struct seen {
	unsigned long long word[2];
};

struct search {
	const struct search_options *options;
	struct search_result *result;
	struct search_pair pair;
	struct stage **stages;
	bool *apart;			/* by stage: its tasks have nothing in common at first */
	unsigned int nr_stages;
	struct node *nodes;
	unsigned int nr_nodes, room_nodes;
	struct seen *seen;		/* a hash set of open addressing; {0, 0} is free */
	size_t nr_seen, room_seen;
	char **kinds;			/* of differences found so far */
	size_t nr_kinds;
	double began_s, told_s;
	bool over;
};

static double cpu_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/*
 * One side
 */

static void side_use(struct side *side)
{
	sim_this = side->world;
}

static struct outcome side_call(struct side *side, const struct stmt *stmt)
{
	struct run *run = side->run;
	struct step_state state = { .run = run, .stmt = stmt, .index = run->next_index++ };
	struct outcome outcome = { 0 };

	side_use(side);
	if (step_ready(&state)) {
		sim_actor_submit(mm_task_actor(run->tasks[stmt->step.task]), step_body, &state);
		if (run_until_quiet(run) && state.started && !state.returned)
			state.ret = MM_KILLED(9);
	} else if (stmt->step.variable >= 0) {
		run->variables[stmt->step.variable] = (struct value){ .kind = VALUE_NONE };
	}
	outcome.skip = state.skip;
	outcome.ret = state.ret;
	if (state.ret >= 0 && state.value.kind == VALUE_NUMBER)
		outcome.number = state.value.number;
	step_state_free(&state);
	/* What a call of the search may do wrong (a name that is taken) is told to nobody, and outlives a restore. */
	diagnostics_free(&run->error);
	return outcome;
}

static void side_open(struct side *side, const struct search *search, const struct stage *stage, unsigned int which)
{
	const struct sim_config config = { .strategy = &sim_strategy_in_order };
	const struct program *program = stage->program;

	side->options = (struct run_options){
		.kernel = search->options->kernel[which], .backend = search->pair.backend,
	};
	side->world = sim_world_create(&config);
	if (!side->world)
		out_of_memory();
	machine_build(&program->settings, &side->options);
	side->run = run_begin(program, &side->options);
	side->setup = xzalloc((stage->nr_setup + 1) * sizeof(*side->setup));
	for (unsigned int i = 0; i < stage->nr_setup; i++)
		side->setup[i] = side_call(side, program->items[i].stmt);
	side->start = sim_snapshot_take();
}

static void side_close(struct side *side)
{
	side_use(side);
	sim_snapshot_free(side->start);
	diagnostics_free(&side->run->error);
	sim_world_destroy(side->world);
	free(side->setup);
}

/*
 * What the names of the language stand for, ahead of what the rooms have: the
 * variables of one task and the task, then the other's. With the tasks in the other
 * order two worlds agree of which each is the other's mirror image.
 */
struct names {
	const struct run *run;
	bool mirrored;
};

static void add_variable(struct sim_digest *digest, const struct value *value)
{
	sim_digest_add(digest, value->kind);
	sim_digest_add(digest, value->number);
	sim_digest_add(digest, value->id);
	mm_digest_file_id(digest, value->file);
}

static void add_names(struct sim_digest *digest, void *arg)
{
	const struct names *names = arg;
	const struct run *run = names->run;
	const struct program *program = run->program;

	for (unsigned int i = 0; i < program->nr_task_names; i++) {
		unsigned int task = names->mirrored ? program->nr_task_names - 1 - i : i;

		for (unsigned int k = 0; k < program->nr_variables; k++)
			if (program->variable_names[k][0] == program->task_names[task][0])
				add_variable(digest, &run->variables[k]);
		sim_digest_add(digest, run->tasks[task] ? 1 + mm_task_alive(run->tasks[task]) : 0);
		if (run->tasks[task])
			mm_digest_task(digest, run->tasks[task]);
	}
}

/* Programs of the stage have at most so many calls. */
static unsigned int calls_max_of(const struct search *search, const struct stage *stage)
{
	unsigned int most = stage->setting.calls_max;

	return most && most < search->options->calls_max ? most : search->options->calls_max;
}

/* Stages with the same calls: what continues a program of one continues its like of the other. */
static unsigned int class_of(const struct stage *stage)
{
	return stage->setting.forks | stage->setting.wide << 1;
}

/* Not where what the call uses was never made on one of them: that was a difference before. */
static bool comparable(const struct outcome outcome[2])
{
	return outcome[0].skip != STEP_SKIP_UNSET && outcome[1].skip != STEP_SKIP_UNSET;
}

/* Both make the call; do they see the same? */
static bool pair_call(struct search *search, struct side pair[2], const struct stmt *stmt, struct outcome outcome[2])
{
	for (unsigned int k = 0; k < 2; k++)
		outcome[k] = side_call(&pair[k], stmt);
	search->result->steps += 2;
	return same_outcome(&outcome[0], &outcome[1]);
}

static void pair_restore(struct side pair[2], struct sim_snapshot *const to[2])
{
	for (unsigned int k = 0; k < 2; k++) {
		side_use(&pair[k]);
		sim_snapshot_restore(to[k]);
	}
}

/*
 * Nodes, and the states that were seen
 */

static unsigned int node_add(struct search *search, unsigned int parent, unsigned short stage, unsigned short call)
{
	if (search->nr_nodes == search->room_nodes) {
		search->room_nodes = search->room_nodes ? search->room_nodes * 2 : 1024;
		search->nodes = xrealloc(search->nodes, search->room_nodes * sizeof(*search->nodes));
	}
	search->nodes[search->nr_nodes] = (struct node){ .parent = parent, .stage = stage, .call = call };
	return search->nr_nodes++;
}

/* The calls of the node's program, oldest first; returns how many. */
static unsigned int node_calls(const struct search *search, unsigned int node, unsigned short *calls)
{
	unsigned int nr = 0;

	for (; search->nodes[node].parent != NO_NODE; node = search->nodes[node].parent)
		calls[nr++] = search->nodes[node].call;
	for (unsigned int i = 0; i < nr / 2; i++) {
		unsigned short call = calls[i];

		calls[i] = calls[nr - 1 - i];
		calls[nr - 1 - i] = call;
	}
	return nr;
}

static struct seen *seen_slot(const struct search *search, const struct seen *value)
{
	size_t slot = (size_t)value->word[0] & (search->room_seen - 1);

	while ((search->seen[slot].word[0] || search->seen[slot].word[1]) &&
	       memcmp(&search->seen[slot], value, sizeof(*value)))
		slot = (slot + 1) & (search->room_seen - 1);
	return &search->seen[slot];
}

static void seen_grow(struct search *search)
{
	struct seen *old = search->seen;
	size_t room = search->room_seen;

	search->room_seen = room ? room * 2 : 1 << 16;
	search->seen = xzalloc(search->room_seen * sizeof(*search->seen));
	for (size_t i = 0; i < room; i++)
		if (old[i].word[0] || old[i].word[1])
			*seen_slot(search, &old[i]) = old[i];
	free(old);
}

struct reach_of {
	const struct run *run;
	unsigned int task;
};

static void add_reach(struct sim_digest *digest, void *arg)
{
	const struct reach_of *of = arg;

	if (of->task < of->run->program->nr_task_names && of->run->tasks[of->task])
		mm_digest_task(digest, of->run->tasks[of->task]);
}

static void pair_digest(struct side pair[2])
{
	for (unsigned int k = 0; k < 2; k++) {
		struct names names = { .run = pair[k].run };
		struct reach_of of = { .run = pair[k].run };

		side_use(&pair[k]);
		pair[k].digest = sim_digest(add_names, &names);
		names.mirrored = true;
		pair[k].mirror = sim_digest(add_names, &names);
		for (of.task = 0; of.task < 2; of.task++) {
			pair[k].reach[of.task] = sim_digest_of(add_reach, &of);
			/* other rooms' digests are not asked by task, and may be of what all share */
			pair[k].reach[of.task].unknown |= sim_digests() > 1;
		}
	}
}

static bool same_digest(const struct sim_digest_value *a, const struct sim_digest_value *b)
{
	return !a->unknown && !b->unknown && !memcmp(a->word, b->word, sizeof(a->word));
}

static bool pair_apart(struct side pair[2])
{
	bool apart = true;

	for (unsigned int k = 0; k < 2; k++) {
		struct reach_of a = { pair[k].run, 0 }, b = { pair[k].run, 1 };

		side_use(&pair[k]);
		apart &= sim_digests() == 1 && sim_digest_apart(add_reach, &a, &b);
	}
	return apart;
}

/* Is what the other task can reach as it was @before, on both kernels? */
static bool stays_local(const struct side pair[2], struct sim_digest_value before[2][2], int task)
{
	return same_digest(&pair[0].reach[!task], &before[0][!task]) &&
	       same_digest(&pair[1].reach[!task], &before[1][!task]);
}

/* Did @call, behind the program that @node continues, change nothing in reach of the other task? */
static bool is_local(const struct search *search, unsigned int node, unsigned int call)
{
	unsigned int parent = search->nodes[node].parent;

	return parent != NO_NODE && call < LOCAL_MAX && search->nodes[parent].local & 1ul << call;
}

/* Two 128-bit values and a small number as one; each is well mixed already. */
static struct seen both(const struct sim_digest_value *a, const struct sim_digest_value *b, unsigned int class)
{
	struct seen value;

	for (unsigned int i = 0; i < 2; i++)
		value.word[i] = (a->word[i] * 0x9e3779b97f4a7c15ull ^ b->word[i]) + class + 1;
	return value;
}

/*
 * Is the state of both worlds, by their digests, a new one? Where each task has the
 * calls of the other, the mirror image of a state is like it: of the two values
 * the lower one stands for both.
 */
static bool state_is_new(struct search *search, const struct side pair[2], const struct stage *stage)
{
	struct seen value, mirror, *slot;

	if (search->options->plain || pair[0].digest.unknown || pair[1].digest.unknown)
		return true;
	value = both(&pair[0].digest, &pair[1].digest, class_of(stage));
	mirror = both(&pair[0].mirror, &pair[1].mirror, class_of(stage));
	if (stage->setting.pair && memcmp(&mirror, &value, sizeof(value)) < 0)
		value = mirror;
	if (search->nr_seen * 2 >= search->room_seen)
		seen_grow(search);
	slot = seen_slot(search, &value);
	if (slot->word[0] || slot->word[1])
		return false;
	*slot = value;
	search->nr_seen++;
	return true;
}

static bool is_over(struct search *search)
{
	const struct search_options *options = search->options;
	double now = cpu_seconds() - search->began_s;

	if ((options->stop && *options->stop) || (options->seconds > 0 && now >= options->seconds))
		search->over = true;
	search->result->cpu_s = now;
	return search->over;
}

static void tell(struct search *search, unsigned int calls)
{
	const struct search_progress progress = {
		.calls = calls, .states = search->nr_nodes, .steps = search->result->steps,
		.cpu_s = search->result->cpu_s,
	};

	if (!search->options->progress || search->result->cpu_s < search->told_s + 0.3)
		return;
	search->told_s = search->result->cpu_s;
	search->options->progress(search->options->arg, &progress);
}

static void found(struct search *search, const struct stage *stage, unsigned long setup,
		  const unsigned short *calls, unsigned int nr, bool shortest)
{
	const struct search_options *options = search->options;
	char what[800], *pin = search_program(&search->pair, stage, setup, calls, nr, what, sizeof(what));

	options->found(options->arg, &(struct search_found){
		.calls = nr, .shortest = shortest, .what = what, .pin = pin,
	});
	free(pin);
	search->result->found++;
	if (!options->all)
		search->over = true;
}

/* The kind of a difference: which operation, and what it came to on each side. Is it a new one? */
static bool kind_is_new(struct search *search, const struct stmt *stmt, const struct outcome outcome[2])
{
	char text[160];

	snprintf(text, sizeof(text), "%s %d %ld %d %ld", stmt->step.op_name, outcome[0].skip,
		 outcome[0].ret, outcome[1].skip, outcome[1].ret);
	for (size_t i = 0; i < search->nr_kinds; i++)
		if (!strcmp(search->kinds[i], text))
			return false;
	search->kinds = xrealloc(search->kinds, (search->nr_kinds + 1) * sizeof(*search->kinds));
	search->kinds[search->nr_kinds++] = xstrdup(text);
	return true;
}

/*
 * The enumeration
 */

/* Makes the calls of @node's program on two worlds that stand behind their setup lines. */
static void replay(struct search *search, struct side pair[2], const struct stage *stage, const unsigned short *calls,
		   unsigned int nr)
{
	struct sim_snapshot *const start[2] = { pair[0].start, pair[1].start };
	struct outcome outcome[2];

	pair_restore(pair, start);
	for (unsigned int i = 0; i < nr; i++)
		pair_call(search, pair, stage_call(stage, calls[i]), outcome);
}

/*
 * Calls that need not be tried behind a program, because another program of at most
 * the same length is like it:
 * - that use the second place in an object of which the first was never used;
 * - the first one of b, where a is alike;
 * - of tasks that had nothing in common at first: the last ones, as long as none
 *   reached for more than its own task's (setuid). What each of them comes to, it
 *   comes to alone, and one task alone is another stage;
 * - behind a call x of one task that changed nothing in reach of the other, a call y of
 *   that other one comes to what it came to without x. Of the last calls nothing else is
 *   asked. Of others it must not be lost what comes behind: where y in turn changed
 *   nothing in reach of the first task, x and y come to the same in both orders, and
 *   the one is kept in which the kind of call goes up. Is x itself left out behind y, for
 *   what came before, then another order is kept; the kind of the last call only goes up,
 *   so one is. (The kind is the same in the mirror image.)
 */
static bool is_spared(const struct search *search, const struct stage *stage, unsigned int node,
		      const unsigned short *calls, unsigned int nr, unsigned int call, bool keep)
{
	const struct stage_hint *hint = &stage->hints[call];
	int task = stage_call(stage, (unsigned short)call)->step.task;
	unsigned int i;

	if (hint->place == 2) {
		for (i = 0; i < nr; i++)
			if (stage->hints[calls[i]].object == hint->object && stage->hints[calls[i]].place == 1)
				break;
		if (i == nr)
			return true;
	}
	if (search->apart[search->nodes[node].stage] && nr + 2 >= calls_max_of(search, stage)) {
		for (i = 0; i < nr; i++)
			if (!stage->hints[calls[i]].own)
				break;
		if (i == nr && (hint->own || nr + 1 == calls_max_of(search, stage)))
			return true;
	}
	if (!nr)
		return stage->setting.pair && stage->setting.alike && task == 1;
	if (stage_call(stage, calls[nr - 1])->step.task != task && is_local(search, node, calls[nr - 1]) &&
	    hint->own && stage->hints[calls[nr - 1]].own)
		return !keep || (hint->kind < stage->hints[calls[nr - 1]].kind && is_local(search, node, call));
	return false;
}

/* Tries each call behind @node. @keep: the programs are to be continued later. */
static void expand(struct search *search, struct side pair[2], unsigned int which, unsigned int node, bool keep)
{
	const struct stage *stage = search->stages[which];
	unsigned short calls[CALLS_MAX];
	unsigned int nr = node_calls(search, node, calls);
	struct sim_digest_value before[2], reach[2][2];
	struct sim_snapshot *here[2];
	struct outcome outcome[2];

	replay(search, pair, stage, calls, nr);
	pair_digest(pair);
	memcpy(reach, (struct sim_digest_value[2][2]){
		{ pair[0].reach[0], pair[0].reach[1] }, { pair[1].reach[0], pair[1].reach[1] } }, sizeof(reach));
	for (unsigned int k = 0; k < 2; k++) {
		before[k] = pair[k].digest;
		side_use(&pair[k]);
		here[k] = sim_snapshot_take();
	}
	for (unsigned int i = 0; i < stage->nr_calls && !search->over; i++) {
		const struct stmt *stmt = stage_call(stage, (unsigned short)i);
		bool same;

		if (!search->options->plain && is_spared(search, stage, node, calls, nr, i, keep))
			continue;
		same = pair_call(search, pair, stmt, outcome);
		if (!comparable(outcome) || (same && outcome[0].skip != STEP_RAN))
			continue;
		if (!same) {
			calls[nr] = (unsigned short)i;
			if (kind_is_new(search, stmt, outcome))
				found(search, stage, all_setup(stage), calls, nr + 1, true);
			pair_restore(pair, here);
			continue;
		}
		if (keep) {
			/* Most calls fail or change nothing: then there is nothing to go back to. */
			pair_digest(pair);
			if (i < LOCAL_MAX && stays_local(pair, reach, stmt->step.task))
				search->nodes[node].local |= 1ul << i;
			if (!search->options->plain && same_digest(&pair[0].digest, &before[0]) &&
			    same_digest(&pair[1].digest, &before[1]))
				continue;
			if (state_is_new(search, pair, stage))
				node_add(search, node, (unsigned short)which, (unsigned short)i);
		}
		pair_restore(pair, here);
	}
	for (unsigned int k = 0; k < 2; k++) {
		side_use(&pair[k]);
		sim_snapshot_free(here[k]);
	}
}

static void pair_open(struct search *search, struct side pair[2], unsigned int which)
{
	for (unsigned int k = 0; k < 2; k++)
		side_open(&pair[k], search, search->stages[which], k);
}

static void pair_close(struct side pair[2])
{
	side_close(&pair[1]);
	side_close(&pair[0]);
	sim_this = NULL;
}

/* The empty program. A setup line on which the two differ is found with it. */
static void begin_stage(struct search *search, unsigned int which)
{
	const struct stage *stage = search->stages[which];
	struct side pair[2];

	pair_open(search, pair, which);
	for (unsigned int i = 0; i < stage->nr_setup && !search->over; i++) {
		const struct outcome outcome[2] = { pair[0].setup[i], pair[1].setup[i] };
		const struct stmt *stmt = stage->program->items[i].stmt;

		if (!comparable(outcome) || same_outcome(&outcome[0], &outcome[1]))
			continue;
		if (kind_is_new(search, stmt, outcome))
			found(search, stage, (2ul << i) - 1, NULL, 0, true);
	}
	for (unsigned int k = 0; k < 2; k++) {
		side_use(&pair[k]);
		sim_snapshot_restore(pair[k].start);
	}
	search->apart[which] = stage->setting.pair && pair_apart(pair);
	pair_digest(pair);
	if (state_is_new(search, pair, stage))
		node_add(search, NO_NODE, (unsigned short)which, 0);
	pair_close(pair);
}

/* All programs of @calls calls: those of one less, from @first on, each continued. */
static void enumerate(struct search *search, unsigned int first, unsigned int calls)
{
	unsigned int last = search->nr_nodes, open = ~0u;
	struct side pair[2];

	for (unsigned int node = first; node < last && !search->over; node++) {
		unsigned int which = search->nodes[node].stage;

		if (calls > calls_max_of(search, search->stages[which]))
			continue;
		if (which != open) {
			if (open != ~0u)
				pair_close(pair);
			pair_open(search, pair, which);
			open = which;
		}
		expand(search, pair, which, node,
		       calls < calls_max_of(search, search->stages[which]) || search->options->walks);
		if (is_over(search))
			break;
		tell(search, calls);
	}
	if (open != ~0u)
		pair_close(pair);
}

/*
 * The random search behind it
 */

static void walk(struct search *search, struct side pair[2], unsigned int which, unsigned int node,
		 struct sim_rng *rng)
{
	const struct stage *stage = search->stages[which];
	unsigned short calls[CALLS_MAX];
	unsigned int nr = node_calls(search, node, calls), more = 2 + (unsigned int)sim_rng_below(rng, 14);
	struct outcome outcome[2];

	replay(search, pair, stage, calls, nr);
	while (more-- && nr < CALLS_MAX && !search->over) {
		const struct stmt *stmt;

		calls[nr] = (unsigned short)sim_rng_below(rng, stage->nr_calls);
		stmt = stage_call(stage, calls[nr]);
		if (!pair_call(search, pair, stmt, outcome) && comparable(outcome)) {
			if (kind_is_new(search, stmt, outcome))
				found(search, stage, all_setup(stage), calls,
				      search_least_calls(&search->pair, stage, calls, nr + 1), false);
			return;
		}
		if (outcome[0].skip == STEP_RAN)
			nr++;
	}
}

static void draw_programs(struct search *search)
{
	struct side pair[2];
	struct sim_rng rng;

	sim_rng_init(&rng, search->options->seed);
	while (search->result->walks < search->options->walks && !search->over) {
		unsigned int which = (unsigned int)sim_rng_below(&rng, search->nr_stages);
		unsigned int batch = 256;

		pair_open(search, pair, which);
		while (batch-- && search->result->walks < search->options->walks && !search->over) {
			unsigned int node = (unsigned int)sim_rng_below(&rng, search->nr_nodes);

			if (search->nodes[node].stage != which)
				continue;
			walk(search, pair, which, node, &rng);
			search->result->walks++;
		}
		pair_close(pair);
		is_over(search);
		tell(search, search->options->calls_max);
	}
}

void search_run(const struct search_options *options, struct search_result *result)
{
	struct search search = {
		.options = options, .result = result, .pair = { options->kernel, &backend_model },
		.began_s = cpu_seconds(),
	};
	const struct stage_setting *settings = stage_settings(&search.nr_stages);
	unsigned int calls, first = 0;

	memset(result, 0, sizeof(*result));
	search.stages = xzalloc(search.nr_stages * sizeof(*search.stages));
	search.apart = xzalloc(search.nr_stages * sizeof(*search.apart));
	for (unsigned int i = 0; i < search.nr_stages; i++) {
		search.stages[i] = stage_create(&settings[i]);
		begin_stage(&search, i);
	}
	for (calls = 1; calls <= options->calls_max && !search.over; calls++) {
		unsigned int next = search.nr_nodes;

		enumerate(&search, first, calls);
		if (!search.over || (result->found && !options->all))
			result->complete = search.over ? calls - 1 : calls;
		first = next;
	}
	if (!search.over)
		draw_programs(&search);
	is_over(&search);
	result->ended = !search.over || (result->found && !options->all);
	result->states = search.nr_nodes;
	for (unsigned int i = 0; i < search.nr_stages; i++)
		stage_free(search.stages[i]);
	for (size_t i = 0; i < search.nr_kinds; i++)
		free(search.kinds[i]);
	free(search.kinds);
	free(search.stages);
	free(search.apart);
	free(search.nodes);
	free(search.seen);
}

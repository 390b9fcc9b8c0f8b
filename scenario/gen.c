// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A random program: first what it may use at all (the swarm), then call by call. What
 * comes out is what the parser and checker would have made of the program's text, so
 * runner, printer and shrinker need not know where it is from; of a program that is only
 * to be run, the part that a run reads.
 */
#include <string.h>
#include <mm_model/machine.h>
#include <sim/fault.h>
#include "gen.h"

unsigned long gen_choose(struct gen *gen, unsigned long bound)
{
	struct gen_choices *choices = &gen->choices;
	unsigned long number = 0, most;

	if (!choices->bytes)
		return sim_rng_below(&choices->rng, bound);
	for (most = bound - 1; most && choices->left; most >>= 8, choices->left--)
		number = number << 8 | *choices->bytes++;
	return number % bound;
}

void gen_choices_refill(struct gen_choices *choices)
{
	choices->buffer = sim_rng_next(&choices->rng);
	choices->buffered = 4;
}

static bool at_end(const struct gen *gen)
{
	return gen->choices.bytes && !gen->choices.left;
}

/* --- the swarm ------------------------------------------------------------------------ */

static bool op_is_possible(const struct gen *gen, const struct op *op)
{
	if (!op->run || !op->random.weight || (gen->options->no_vfio && op_is_vfio(op)))
		return false;
	return op_exists(op, &gen->config.kernel->rules);
}

/* An area is on as a whole or not. In one that is, what makes objects and memory stays, and some of the rest. */
static void draw_ops(struct gen *gen)
{
	struct gen_config *config = &gen->config;
	unsigned int stays = 2 + (unsigned int)gen_below(gen, 4);
	size_t area, i;
	bool on;

	for (area = 0; area < op_areas_nr; area++) {
		/* calls need tasks and memory; what is vast would take pinners too long */
		on = op_areas[area]->ops->random.effect == EFFECT_COPY_TASK ||
		     op_areas[area]->ops->random.effect == EFFECT_MEMORY || (!config->vast && gen_once_in(gen, 2));
		for (i = 0; on && i < op_areas[area]->nr; i++) {
			const struct op *op = &op_areas[area]->ops[i];
			bool makes = op->makes & ~KIND(NUMBER) || op_makes_memory(op);

			if (op_is_possible(gen, op) && config->nr_ops < GEN_OPS_MAX && (makes || gen_below(gen, stays)))
				config->op[config->nr_ops++] = op;
		}
	}
}

/* Does its success leave less than there was? */
static bool op_ends(const struct op *op)
{
	switch (op->random.effect) {
	case EFFECT_MEMORY_GONE:
	case EFFECT_UNMAP:
	case EFFECT_END:
	case EFFECT_CLOSE:
	case EFFECT_EXIT:
		return true;
	default:
		return false;
	}
}

static void note_makers_and_settings(struct gen *gen)
{
	unsigned int i, makes;

	memset(gen->maker, 0xff, sizeof(gen->maker));
	for (i = 0; i < gen->config.nr_ops; i++)
		if (gen->config.op[i]->random.setting)
			gen->setting[gen->nr_settings++] = (uint8_t)i;
	for (i = gen->config.nr_ops; i--;) {
		const struct op *op = gen->config.op[i];

		makes = op->makes & ~KIND(NUMBER);
		if (op->random.effect == EFFECT_MEMORY && !op->args[0].kinds)
			makes |= KIND(NUMBER);
		for (; makes; makes &= makes - 1)
			gen->maker[__builtin_ctz(makes)] = (uint8_t)i;
	}
}

/* As many of them as there is room for. */
static void add_times(uint8_t *list, unsigned int room, unsigned int *nr, uint8_t index, unsigned int times)
{
	if (times > room - *nr)
		times = room - *nr;
	memset(list + *nr, index, times);
	*nr += times;
}

/*
 * Each operation as often as its weight, which the swarm shifts too. Weights make most programs do what memory and
 * devices are for; one in eight has them drawn, and so does often what is rare.
 */
static void fill_picks(struct gen *gen)
{
	bool flat = gen_once_in(gen, 8);
	unsigned int i, times;

	for (i = 0; i < gen->config.nr_ops; i++) {
		const struct op *op = gen->config.op[i];
		bool ends = op_ends(op);

		if (op->args[0].type == ARG_VARIABLE && op->random.effect != EFFECT_CLOSE)
			gen->user[gen->nr_users++] = (uint8_t)i;
		times = flat ? (op->random.charges ? 3u : 1u) << gen_below(gen, 4) :
			       op->random.weight * (1 + (gen_below(gen, 3) < 1u + op->random.charges));
		add_times(gen->pick, sizeof(gen->pick), &gen->nr_picks, (uint8_t)i, times);
		if (ends)
			add_times(gen->ending, sizeof(gen->ending), &gen->nr_endings, (uint8_t)i, times);
	}
}

static unsigned long draw_start_limit(struct gen *gen)
{
	/* in turns most is to succeed; who meets meets at a limit, too */
	switch (gen_below(gen, gen->config.parallel ? 6 : 12)) {
	case 0:
		return gen_below(gen, 3);
	case 1:
		return 8 + gen_below(gen, 24);
	case 2:
		return 16ul << gen_below(gen, 10);
	case 3:
		return 16384;
	default:
		return ~0ul;
	}
}

static unsigned int draw_some_caps(struct gen *gen)
{
	unsigned int caps = 0, i;

	if (gen_once_in(gen, 4))
		return MM_CAP_EVERY;
	if (gen_once_in(gen, 2))
		return (unsigned int)gen_caps[gen_below(gen, GEN_SINGLE_CAPS)].value;
	for (i = 0; i < GEN_SINGLE_CAPS; i++)
		if (gen_once_in(gen, 2))
			caps |= (unsigned int)gen_caps[i].value;
	return caps;
}

static void draw_tasks(struct gen *gen)
{
	struct gen_config *config = &gen->config;
	unsigned int users = 1 + (unsigned int)gen_below(gen, 3), i;

	config->nr_tasks = 1 + (unsigned int)gen_below(gen, GEN_START_TASKS);
	for (i = 0; i < config->nr_tasks; i++) {
		config->uid[i] = gen_once_in(gen, 12) ? 0 : 1000 + (unsigned int)gen_below(gen, users);
		config->limit_pages[i] = draw_start_limit(gen);
		config->caps[i] = config->uid[i] ? 0 : MM_CAP_EVERY;
		if (gen_once_in(gen, 3))
			config->caps[i] = draw_some_caps(gen);
	}
}

/* What the administrator set, which is far away for a short program: so it is often near. */
static void draw_sysctls(struct gen *gen)
{
	const struct world_settings usual = WORLD_SETTINGS_INIT;
	struct gen_config *config = &gen->config;

	config->perf_mlock_kb = gen_once_in(gen, 3) ? 4 * gen_below(gen, 16) : usual.perf_mlock_kb;
	config->dma_entry_limit = gen_once_in(gen, 16) ? 1 + gen_below(gen, 4) : usual.dma_entry_limit;
}

static void draw_config(struct gen *gen)
{
	const struct gen_options *options = gen->options;
	struct gen_config *config = &gen->config;

	config->kernel = &options->kernels->kernels[gen_below(gen, options->kernels->nr)]->kernel;
	config->steps = options->steps_min +
			(unsigned int)gen_below(gen, options->steps_max - options->steps_min + 1ul);
	config->served = config->kernel->rules.iommufd.present && gen_once_in(gen, 4);
	config->wild = gen_once_in(gen, 4);
	config->vast = gen_once_in(gen, 64);
	config->contig_pages = gen_below(gen, 3) ? 1 : 1ul << gen_below(gen, 10);
	if (gen_below(gen, 100) < options->fault_percent)
		config->fault_odds = 4 + (unsigned int)gen_below(gen, 16);
	config->parallel = options->parallel;
	draw_sysctls(gen);
	draw_tasks(gen);
	draw_ops(gen);
	note_makers_and_settings(gen);
	fill_picks(gen);
}

void gen_config_print(const struct gen_config *config, FILE *out)
{
	unsigned int i;

	fprintf(out, "%s, %u task%s", config->kernel->name, config->nr_tasks, config->nr_tasks == 1 ? "" : "s");
	for (i = 0; i < config->nr_tasks; i++) {
		fprintf(out, "%s uid %u ", i ? "," : ":", config->uid[i]);
		if (config->limit_pages[i] == ~0ul)
			fputs("unlimited", out);
		else
			fprintf(out, "%lup", config->limit_pages[i]);
		if (config->caps[i])
			fprintf(out, " caps %x", config->caps[i]);
	}
	fprintf(out, "; %u steps, contig %lup, perf %luK a CPU, %lu DMA entries, %s", config->steps,
		config->contig_pages, config->perf_mlock_kb, config->dma_entry_limit, config->wild ? "wild, " : "");
	if (config->fault_odds)
		fprintf(out, "a fault in 1 of %u, ", config->fault_odds);
	fprintf(out, "%u operations:", config->nr_ops);
	for (i = 0; i < config->nr_ops; i++)
		fprintf(out, " %s", config->op[i]->name);
	fputc('\n', out);
}

/* --- the tree around the calls ------------------------------------------------------------ */

static const char *const task_names[GEN_TASKS_MAX] = { "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l" };

static struct stmt *new_stmt(struct gen *gen, enum stmt_kind kind)
{
	struct stmt *stmt = arena_alloc(gen->arena, sizeof(*stmt));

	stmt->kind = kind;
	stmt->pos.source = gen->source;
	return stmt;
}

static struct pin_arg *new_key(struct gen *gen, const char *key, struct pin_value *value)
{
	struct pin_arg *arg = arena_alloc(gen->arena, sizeof(*arg));

	arg->key = key;
	arg->values = value;
	return arg;
}

static unsigned long limit_bytes(unsigned long pages)
{
	return pages == ~0ul ? MM_UNLIMITED : pages * GEN_PAGE;
}

static struct pin_value *caps_values(struct gen *gen, unsigned int caps)
{
	struct node_list list = { NULL, NULL };
	unsigned int i;

	if (caps == MM_CAP_EVERY)
		return gen_word_value(gen, "all", NO_THING);
	for (i = 0; i < GEN_SINGLE_CAPS; i++)
		if (caps & gen_caps[i].value)
			node_append(&list, gen_word_value(gen, gen_caps[i].word, NO_THING));
	return list.head;
}

static void spell_task(struct gen *gen, struct task_decl *task)
{
	struct pin_value *caps = caps_values(gen, gen->config.caps[task->slot]);
	struct node_list args = { NULL, NULL };

	node_append(&args, new_key(gen, "uid", gen_number_value(gen, task->uid)));
	node_append(&args, new_key(gen, "memlock", gen_number_value(gen, task->memlock_cur_bytes)));
	if (caps)
		node_append(&args, new_key(gen, "caps", caps));
	task->args = args.head;
}

static void declare_tasks(struct gen *gen, struct node_list *stmts)
{
	const struct gen_config *config = &gen->config;
	struct program *program = gen->program;
	unsigned int i;

	program->task_names = arena_alloc(gen->arena, GEN_TASKS_MAX * sizeof(*program->task_names));
	memcpy(program->task_names, task_names, sizeof(task_names));
	program->nr_task_names = GEN_TASKS_MAX;
	program->tasks = arena_alloc(gen->arena, config->nr_tasks * sizeof(struct task_decl *));
	for (i = 0; i < config->nr_tasks; i++) {
		struct stmt *stmt = new_stmt(gen, STMT_TASK);
		struct task_decl *task = &stmt->task;

		*task = (struct task_decl){
			.name = task_names[i],
			.slot = (int)i,
			.uid = config->uid[i],
			.memlock_cur_bytes = limit_bytes(config->limit_pages[i]),
			.memlock_max_bytes = MM_UNLIMITED,
			.caps = config->caps[i],
		};
		/* uid 0 has all of them unless it is said; without any there is no way to say it but uid */
		if (!task->caps && !task->uid)
			task->caps = MM_CAP_EVERY;
		if (!gen->options->only_run)
			spell_task(gen, task);
		program->tasks[program->nr_tasks++] = task;
		node_append(stmts, stmt);
	}
}

static void add_setting(struct gen *gen, struct stmt *stmt, const char *name, unsigned long number)
{
	struct pin_arg *key = new_key(gen, name, gen_number_value(gen, number));

	key->next = stmt->settings;
	stmt->settings = key;
}

/* Memory that is far more than the machine has: counts of pages as large as they come. */
#define VAST_MACHINE_PAGES 16384ul

static void spell_world(struct gen *gen, struct node_list *stmts)
{
	const struct world_settings usual = WORLD_SETTINGS_INIT, *settings = &gen->program->settings;
	struct stmt *stmt = new_stmt(gen, STMT_SET);

	if (settings->perf_mlock_kb != usual.perf_mlock_kb)
		add_setting(gen, stmt, "perf_mlock_kb", settings->perf_mlock_kb);
	if (settings->dma_entry_limit != usual.dma_entry_limit)
		add_setting(gen, stmt, "dma_entry_limit", settings->dma_entry_limit);
	if (settings->contig_pages != 1)
		add_setting(gen, stmt, "contig", settings->contig_pages * GEN_PAGE);
	if (gen->config.vast)
		add_setting(gen, stmt, "pages", VAST_MACHINE_PAGES);
	if (stmt->settings)
		node_append(stmts, stmt);
}

static void declare_world(struct gen *gen, struct node_list *stmts)
{
	const struct world_settings usual = WORLD_SETTINGS_INIT;
	struct world_settings *settings = &gen->program->settings;

	*settings = usual;
	settings->contig_pages = gen->config.contig_pages;
	settings->perf_mlock_kb = gen->config.perf_mlock_kb;
	settings->dma_entry_limit = gen->config.dma_entry_limit;
	if (gen->config.vast)
		settings->pages = VAST_MACHINE_PAGES;
	if (!gen->options->only_run)
		spell_world(gen, stmts);
}

/* --- calls ------------------------------------------------------------------------------------ */

static bool meets(const struct gen *gen, const struct gen_task *task)
{
	const struct gen_task *with = gen->meeting;

	return task->alive && (!with || task->mm == with->mm || task->table == with->table);
}

/* The one that called last goes on, mostly. */
static struct gen_task *pick_task(struct gen *gen)
{
	struct gen_picture *picture = &gen->picture;
	unsigned int nth, nr = 0, i;

	if (!gen->in_block && picture->task[gen->current].alive && gen_below(gen, 4))
		return &picture->task[gen->current];
	for (i = 0; gen->meeting && i < picture->nr_tasks; i++)
		nr += meets(gen, &picture->task[i]);
	if (!nr)
		gen->meeting = NULL;
	nth = (unsigned int)gen_below(gen, nr ? nr : picture->nr_alive);
	for (gen->current = 0;; gen->current++)
		if (meets(gen, &picture->task[gen->current]) && !nth--)
			return &picture->task[gen->current];
}

/* One that could not be drawn to its end is begun again: everything in it is set here or while it is drawn. */
static struct stmt *new_step(struct gen *gen, const struct gen_task *task, const struct op *op)
{
	size_t bytes = gen->options->only_run ? offsetof(struct stmt, step.args) : sizeof(struct stmt);
	struct stmt *stmt = gen->spare;
	struct step *step;

	if (!stmt) {
		stmt = arena_alloc(gen->arena, bytes);
		stmt->kind = STMT_STEP;
		stmt->pos.source = gen->source;
		gen->spare = stmt;
	}
	step = &stmt->step;
	step->task_name = task_names[task->slot];
	step->op_name = op->name;
	step->cases = gen->any;
	step->task = task->slot;
	step->variable = NO_THING;
	step->made_task = NO_THING;
	step->op = op;
	step->exists_on = &gen->config.kernel->rules;
	step->operand = gen->operand;
	step->rest = gen->rest;
	step->nr_operands = step->nr_rest = 0;
	return stmt;
}

static bool draw_call(struct gen *gen, struct gen_task *task, const struct op *op)
{
	/* copied, which takes a few moves; to clear it gcc writes a string instruction, as long as all the rest */
	static const struct gen_call nothing_drawn = { .memory = NO_THING, .mapping = NO_THING, .iova = ~0ul };
	struct gen_call *call = &gen->call;

	*call = nothing_drawn;
	call->task = task;
	call->op = op;
	call->stmt = new_step(gen, task, op);
	if (!gen_args(gen))
		return false;
	/* exec needs a number for its mm, and one for its fds */
	if (op->random.effect == EFFECT_EXEC && (gen->picture.nr_mms == GEN_SPACES_MAX ||
						 gen->picture.nr_tables == GEN_SPACES_MAX))
		return false;
	if (op->makes && gen->picture.nr_things < GEN_THINGS_MAX) {
		unsigned int kinds = op->makes & KIND(DEVICE) ? KIND(DEVICE) : op->makes;

		call->makes = (enum value_kind)__builtin_ctz(kinds);
		call->stmt->step.variable = (int)gen->picture.nr_things;
	}
	return true;
}

static const struct operand *kept(struct gen *gen, const struct operand *operand, unsigned int nr)
{
	return nr ? memcpy(arena_alloc(gen->arena, nr * sizeof(*operand)), operand, nr * sizeof(*operand)) : NULL;
}

static void append_step(struct gen *gen, struct node_list *stmts)
{
	struct program *program = gen->program;
	struct step *step = &gen->call.stmt->step;

	gen->spare = NULL;
	if (!gen->options->only_run)
		gen_spell_call(gen);
	step->operand = kept(gen, gen->operand, step->nr_operands);
	step->rest = kept(gen, gen->rest, step->nr_rest);
	node_append(stmts, gen->call.stmt);
	program->items[program->nr_items++] = (struct item){ ITEM_STEP, gen->call.stmt };
	program->nr_steps++;
}

/* fail(SITE, K) or fail_nth(N), which the next call of the task will meet. */
static bool draw_fault(struct gen *gen, struct gen_task *task)
{
	const struct op *op = op_by_name(!gen->options->shared_faults && gen_once_in(gen, 3) ? "fail_nth" : "fail");
	const struct op_word *words = op->args[0].words;

	do {
		if (!draw_call(gen, task, op))
			return false;
	} while (words && gen->options->shared_faults &&
		 !strcmp(gen->operand[0].word, sim_fault_site_name(SIM_FAULT_ALLOC)));
	return true;
}

/*
 * A long program is no larger than a short one: the more there is beyond what a program
 * should have, the more often something ends, and so it goes on making and ending things.
 */
static bool is_crowded(struct gen *gen)
{
	unsigned int live = gen_live(&gen->picture);

	return live > GEN_LIVE && gen->nr_endings && gen_below(gen, live) >= GEN_LIVE;
}

static const struct op *pick_op(struct gen *gen)
{
	const struct op *op;

	if (gen->nr_focus)
		return gen->focus[gen_below(gen, gen->nr_focus)];
	if (gen->succession) {
		gen->succession--;
		return gen->config.op[gen->user[gen_below(gen, gen->nr_users)]];
	}
	if (is_crowded(gen)) {
		op = gen->config.op[gen->ending[gen_below(gen, gen->nr_endings)]];
		if (op->random.effect != EFFECT_EXIT || gen->picture.nr_alive > GEN_LIVE_TASKS)
			return op;
	}
	return gen->config.op[gen->pick[gen_below(gen, gen->nr_picks)]];
}

/* A call that can be made; what has to come first is drawn in its place. */
static bool draw_some_call(struct gen *gen, struct gen_task *task)
{
	const struct op *op = NULL;
	unsigned int attempt;

	for (attempt = 0; attempt < 12; attempt++) {
		if (!op)
			op = pick_op(gen);
		if (draw_call(gen, task, op))
			return true;
		op = gen->call.missing;
	}
	return false;
}

/* The call is taken for failed: its names are taken all the same. */
static void skip_names(struct gen *gen)
{
	struct gen_picture *picture = &gen->picture;
	const struct step *step = &gen->call.stmt->step;

	if (step->made_task >= 0) {
		picture->task[picture->nr_tasks] = *gen->call.task;
		picture->task[picture->nr_tasks++].alive = false;
	}
	if (step->variable >= 0) {
		picture->thing[picture->nr_things] = (struct gen_thing){
			.file = step->variable,
			.space = NO_THING,
		};
		picture->nr_things++;
	}
}

/*
 * Who pays and who has the fd are two as soon as a task forks, execs, exits, passes an fd or becomes another user:
 * then what there is is often used at once, by the one that came to it.
 */
static void draw_succession(struct gen *gen)
{
	const struct gen_picture *picture = &gen->picture;
	const struct gen_call *call = &gen->call;

	switch (call->op->random.effect) {
	case EFFECT_COPY_TASK:
	case EFFECT_SHARE_TASK:
		if (gen_once_in(gen, 2))
			gen->current = picture->nr_tasks - 1;
		break;
	case EFFECT_SEND:
		if (call->other)
			gen->current = (unsigned int)(call->other - picture->task);
		break;
	case EFFECT_EXEC:
	case EFFECT_EXIT:
	case EFFECT_UID:
		break;
	default:
		return;
	}
	if (gen->nr_users && gen_once_in(gen, 2))
		gen->succession = 1 + (unsigned int)gen_below(gen, 4);
}

/* The call that was drawn is the program's; @fails: what it would make is not there. */
static void take_call(struct gen *gen, struct node_list *stmts, bool fails)
{
	append_step(gen, stmts);
	gen->before = &gen->call.stmt->step;
	if (gen->call.op->random.charges && gen->facts)
		gen->facts->charging++;
	if (fails || gen->call.doubtful)
		skip_names(gen);
	else
		gen_picture_apply(gen);
	if (!gen->in_block)
		draw_succession(gen);
	if (gen->facts) {
		gen->facts->live += gen_live(&gen->picture);
		gen->facts->tasks += gen->picture.nr_alive;
	}
}

/* What can only be set as long as nothing was done with it: now and then the first thing done with what was made. */
static void draw_setting(struct gen *gen, struct gen_task *task, struct node_list *stmts)
{
	unsigned int makes = gen->call.op->makes, i;

	for (i = 0; i < gen->nr_settings; i++) {
		const struct op *op = gen->config.op[gen->setting[i]];

		if (op->args[0].kinds & makes && gen_once_in(gen, 2) && draw_call(gen, task, op))
			take_call(gen, stmts, false);
	}
}

/* Word by word what was just called, by whoever is next: two that do the same to the same. */
static bool repeat_call(struct gen *gen, const struct gen_task *task)
{
	struct gen_call *call = &gen->call;
	const struct step *before = gen->before;
	unsigned int i;

	if (!gen->in_block || !before || before->made_task >= 0 || !gen_once_in(gen, 3))
		return false;
	call->stmt = new_step(gen, task, before->op);
	for (i = 0; i < before->nr_operands; i++)
		gen->operand[i] = before->operand[i];
	for (i = 0; i < before->nr_rest; i++)
		gen->rest[i] = before->rest[i];
	call->stmt->step.nr_operands = before->nr_operands;
	call->stmt->step.nr_rest = before->nr_rest;
	if (before->variable >= 0 && gen->picture.nr_things < GEN_THINGS_MAX) {
		call->makes = VALUE_NUMBER;
		call->stmt->step.variable = (int)gen->picture.nr_things;
	}
	return true;
}

static void draw_step(struct gen *gen, struct node_list *stmts)
{
	struct gen_task *task = pick_task(gen);
	bool fault = gen->config.fault_odds && gen_once_in(gen, gen->config.fault_odds);

	/* what it makes is of no use to the picture: it may well fail */
	if (repeat_call(gen, task)) {
		take_call(gen, stmts, true);
		return;
	}
	if (fault && draw_fault(gen, task))
		append_step(gen, stmts);
	if (!draw_some_call(gen, task))
		return;
	take_call(gen, stmts, fault);
	if (gen->call.op->makes & ~KIND(NUMBER) && task->alive)
		draw_setting(gen, task, stmts);
}

static void draw_steps(struct gen *gen, struct node_list *stmts, unsigned int steps)
{
	unsigned int nr = gen->program->nr_steps + steps, tries;

	for (tries = 0; gen->program->nr_steps < nr && tries < 2 * steps; tries++)
		if (gen->picture.nr_alive && !at_end(gen))
			draw_step(gen, stmts);
}

/* Often only a few operations: who does the same at the same time meets more than who does anything. */
static void draw_focus(struct gen *gen)
{
	unsigned int nr = 1 + (unsigned int)gen_below(gen, GEN_FOCUS_MAX), i;
	bool rare = gen_once_in(gen, 2);

	gen->in_block = true;
	gen->before = NULL;
	if (gen_once_in(gen, 3))
		return;
	for (i = 0; i < nr; i++)
		gen->focus[i] = rare ? gen->config.op[gen_below(gen, gen->config.nr_ops)] : pick_op(gen);
	gen->nr_focus = nr;
}

/*
 * Who shares memory or files meets, and most tasks share nothing: often one more is made of one that is there, and
 * then these are the ones that act. A copy has fds of its own, of the same files.
 */
static void draw_meeting(struct gen *gen, struct node_list *stmts)
{
	struct gen_task *task = pick_task(gen);
	const struct op *op, *chosen = NULL;
	unsigned int i, nr = 0;

	for (i = 0; i < gen->config.nr_ops; i++) {
		op = gen->config.op[i];
		if ((op->random.effect == EFFECT_SHARE_TASK || op->random.effect == EFFECT_COPY_TASK) &&
		    gen_once_in(gen, ++nr))
			chosen = op;
	}
	if (!chosen || !draw_call(gen, task, chosen))
		return;
	take_call(gen, stmts, false);
	if (chosen->random.effect == EFFECT_SHARE_TASK)
		gen->meeting = task;
}

/* What overlaps: a dozen calls at most, or no strategy finds its way through them. */
static void draw_parallel(struct gen *gen, struct node_list *stmts)
{
	struct program *program = gen->program;
	struct stmt *stmt = new_stmt(gen, STMT_PARALLEL);
	struct node_list body = { NULL, NULL };
	unsigned int before;

	if (gen->picture.nr_alive && gen_below(gen, 4))
		draw_meeting(gen, stmts);
	gen->succession = 0;
	before = program->nr_steps;
	program->items[program->nr_items++] = (struct item){ ITEM_PARALLEL, stmt };
	draw_focus(gen);
	draw_steps(gen, &body, 2 + (unsigned int)gen_below(gen, 9));
	gen->in_block = false;
	gen->meeting = NULL;
	gen->nr_focus = 0;
	if (program->nr_steps == before) {
		program->nr_items--;
		return;
	}
	stmt->block.body = body.head;
	program->items[program->nr_items++] = (struct item){ ITEM_PARALLEL_END, stmt };
	program->has_parallel = true;
	node_append(stmts, stmt);
}

static struct result_case *any_result(struct gen *gen)
{
	struct result_case *any = arena_alloc(gen->arena, sizeof(*any));

	any->results = arena_alloc(gen->arena, sizeof(*any->results));
	any->results->kind = RESULT_ANY;
	any->results->value = gen_word_value(gen, "_", NO_THING)->first;
	return any;
}

static void start_program(struct gen *gen)
{
	static const struct pin_source nowhere = { .path = "random program", .text = "" };
	struct pin_source *source;

	gen->arena = arena_create();
	gen->program = arena_alloc(gen->arena, sizeof(*gen->program));
	source = arena_alloc(gen->arena, sizeof(*source));
	*source = nowhere;
	gen->source = source;
	*gen->program = (struct program){
		.arena = gen->arena,
		.sources = source,
		.path = nowhere.path,
		.title = nowhere.path,
	};
	gen->any = any_result(gen);
	if (!gen->options->only_run)
		gen->program->variable_names = arena_alloc(gen->arena, GEN_THINGS_MAX * sizeof(const char *));
}

static struct program *draw_program(struct gen *gen)
{
	struct node_list stmts = { NULL, NULL };
	unsigned int steps;

	draw_config(gen);
	/* the configuration is complete here, and the sums begin */
	if (gen->facts)
		*gen->facts = (struct gen_facts){ .config = gen->config };
	start_program(gen);
	declare_world(gen, &stmts);
	declare_tasks(gen, &stmts);
	gen_picture_init(gen);
	steps = gen->config.steps;
	/* each step may have a fault before it, and a block has two ends */
	gen->program->items = arena_alloc(gen->arena, (2 * steps + 32) * sizeof(struct item));
	if (gen->config.parallel) {
		/* what matters is the block: more before it is another schedule less */
		draw_steps(gen, &stmts, steps / 3);
		draw_parallel(gen, &stmts);
		draw_steps(gen, &stmts, steps / 8);
	} else {
		draw_steps(gen, &stmts, steps);
	}
	if (!gen->options->only_run)
		gen->program->stmts = stmts.head;
	gen->program->nr_variables = gen->picture.nr_things;
	if (gen->facts)
		gen->facts->steps = gen->program->nr_steps;
	return gen->program;
}

static void gen_init(struct gen *gen, const struct gen_options *options, struct gen_facts *facts)
{
	memset(gen, 0, GEN_ZEROED_BYTES);
	gen->options = options;
	gen->facts = facts;
}

struct program *gen_program(const struct gen_options *options, unsigned long seed, struct gen_facts *facts)
{
	struct program *program;
	struct gen gen;

	gen_init(&gen, options, facts);
	sim_rng_init(&gen.choices.rng, seed);
	program = draw_program(&gen);
	program->hash = seed;
	return program;
}

struct program *gen_program_from_bytes(const struct gen_options *options, const uint8_t *bytes, size_t nr,
				       struct gen_facts *facts)
{
	struct gen gen;

	gen_init(&gen, options, facts);
	gen.choices.bytes = bytes;
	gen.choices.left = nr;
	return draw_program(&gen);
}

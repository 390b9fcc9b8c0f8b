// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The operations that proposals bring. A proposal describes its own in neutral
 * words (accounting/proposal.h), as its file cannot see this room; here they
 * become operations like all others. Nothing here knows one by name.
 */
#include <stdlib.h>
#include <string.h>
#include <accounting/proposal.h>
#include "ops.h"

#define BROUGHT_MAX 32

static struct op brought[BROUGHT_MAX];
struct op_area ops_proposals = { "proposals", brought, 0 };

static const struct proposal_op *description(const struct op *op)
{
	for (size_t i = 0; i < op->of->nr_ops; i++)
		if (!strcmp(op->of->ops[i].name, op->name))
			return &op->of->ops[i];
	abort();
}

static long run_brought(struct op_call *call)
{
	const struct proposal_op *proposed = description(call->op);
	unsigned long arg[PROPOSAL_ARGS_MAX];
	long ret;

	for (int i = 0; i < PROPOSAL_ARGS_MAX; i++) {
		const struct op_value *value = &call->arg[i];

		arg[i] = ~0UL;
		if (!proposed->args[i].name || !value->given)
			continue;
		switch (proposed->args[i].type) {
		case PROPOSAL_ARG_CONTAINER:
			arg[i] = (unsigned long)value->fd;
			break;
		case PROPOSAL_ARG_TASK:
			arg[i] = (unsigned long)value->task;
			break;
		case PROPOSAL_ARG_OBJECT:
			arg[i] = value->value->id;
			break;
		default:
			arg[i] = value->number;
			break;
		}
	}
	ret = proposed->run(arg);
	if (ret >= 0 && proposed->makes_object)
		return op_made_object(call, VALUE_PROPOSED, ret);
	return ret > 0 ? op_made_number(call, (unsigned long)ret) : ret;
}

static void bring_arg(struct op_arg *arg, const struct proposal_arg *proposed)
{
	arg->name = proposed->name;
	arg->flags = proposed->optional ? ARG_KEY | ARG_OPTIONAL : 0;
	switch (proposed->type) {
	case PROPOSAL_ARG_CONTAINER:
		arg->type = ARG_VARIABLE;
		arg->kinds = KIND(CONTAINER);
		break;
	case PROPOSAL_ARG_TASK:
		arg->type = ARG_TASK;
		break;
	case PROPOSAL_ARG_OBJECT:
		arg->type = ARG_VARIABLE;
		arg->kinds = KIND(PROPOSED);
		break;
	default:
		arg->type = ARG_NUMBER;
		break;
	}
}

static void bring(const struct proposal *proposal, const struct proposal_op *proposed)
{
	struct op *op = &brought[ops_proposals.nr++];

	op->name = proposed->name;
	op->what = proposed->what;
	op->source = proposed->source;
	op->of = proposal;
	op->makes = proposed->makes_object ? KIND(PROPOSED) : KIND(NUMBER);
	op->run = run_brought;
	op->random = (struct op_random){ .weight = 2, .charges = true };
	for (int i = 0; i < PROPOSAL_ARGS_MAX && proposed->args[i].type; i++)
		bring_arg(&op->args[i], &proposed->args[i]);
}

__attribute__((constructor)) static void bring_all(void)
{
	for (size_t i = 0; i < kernels(); i++) {
		const struct proposal *proposal = kernel_at(i)->rules.proposal;

		for (size_t k = 0; proposal && k < proposal->nr_ops && ops_proposals.nr < BROUGHT_MAX; k++)
			bring(proposal, &proposal->ops[k]);
	}
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What lexer, parser, loader and checker share. The parser only builds the tree
 * and knows no name; the checker (check.c) gives every name its meaning.
 */
#ifndef SCENARIO_PARSE_H
#define SCENARIO_PARSE_H

#include <scenario/program.h>
#include "arena.h"

/* A list under construction: nodes are chained through their first member. */
struct node {
	struct node *next;
};

struct node_list {
	void *head;
	void *tail;
};

static inline void node_append(struct node_list *list, void *node)
{
	((struct node *)node)->next = NULL;
	if (list->tail)
		((struct node *)list->tail)->next = node;
	else
		list->head = node;
	list->tail = node;
}

/* A location as the parser passes it: a run of bytes and its first line. */
struct pin_loc {
	unsigned int offset;
	unsigned int bytes;
	unsigned int line;
};

/* A word with its place. */
struct word {
	const char *text;
	struct pin_pos pos;
};

struct parse_state {
	struct arena *arena;
	struct diagnostics *diag;
	const struct pin_source *source;
	/* lexer */
	unsigned int offset;
	unsigned int line;
	int first_token;	/* which grammar: a file or a set */
	bool line_open;		/* a token of the line was seen, so its end counts */
	int pending;		/* a token put back behind a line end that we made up */
	unsigned int depth;	/* of blocks */
	unsigned int opened[PIN_BLOCK_DEPTH_MAX];	/* their lines */
	/* result */
	struct stmt *stmts;
	struct kernel_set *set;
};

/* parser.y and lexer.l. Returns 0, or not, with state->diag saying why. */
int parse_source(struct parse_state *state, bool is_set);

static inline struct pin_pos state_pos(const struct parse_state *state, const struct pin_loc *loc)
{
	return (struct pin_pos){ state->source, loc->line, loc->offset, loc->bytes };
}

/* check.c: binds and unrolls. Returns whether nothing was wrong. */
bool program_check(struct program *program, struct diagnostics *diag);

#endif

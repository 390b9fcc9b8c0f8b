/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The grammar of the .pin language. It knows shapes, not names: which operations,
 * observables, kernels and keys there are is the checker's business, so that all
 * the messages about them are of one make.
 *
 * A line that does not parse is skipped to its end, and parsing goes on: several
 * mistakes are told in one go.
 */
%define api.prefix {pin}
%define api.pure full
%define api.location.type {struct pin_loc}
%define parse.error custom
%locations
%param { void *scanner }
%parse-param { struct parse_state *state }

%code requires {
#include "parse.h"
}

%code {
#include <string.h>

#define YYLLOC_DEFAULT(current, rhs, n) \
	do { \
		if (n) { \
			(current).offset = YYRHSLOC(rhs, 1).offset; \
			(current).line = YYRHSLOC(rhs, 1).line; \
			(current).bytes = YYRHSLOC(rhs, n).offset + YYRHSLOC(rhs, n).bytes - (current).offset; \
		} else { \
			(current) = YYRHSLOC(rhs, 0); \
			(current).offset += (current).bytes; \
			(current).bytes = 0; \
		} \
	} while (0)

int pinlex(PINSTYPE *value, struct pin_loc *loc, void *scanner);
static void pinerror_text(const struct pin_loc *loc, void *scanner, struct parse_state *state, const char *text);
#define pinerror(loc, scanner, state, text) pinerror_text(loc, scanner, state, text)

#define NEW(type) ((type *)arena_alloc(state->arena, sizeof(type)))
#define POS(loc) state_pos(state, &(loc))

static struct stmt *new_stmt(struct parse_state *state, enum stmt_kind kind, struct pin_loc loc);
static struct expect new_expect(struct parse_state *state, enum expect_kind kind);
static struct term *new_term(struct parse_state *state, bool negative, struct term *term);
static const char *slice(struct parse_state *state, struct pin_loc loc);
static void short_expects(struct parse_state *state, struct path *holder, const struct node_list *pairs,
			  struct node_list *stmts, struct pin_loc holder_loc);
}

%union {
	const char *name;
	unsigned long number;
	int release;
	bool flag;
	enum comparison comparison;
	struct node_list list;
	struct stmt *stmt;
	struct path *path;
	struct term *term;
	struct sum *sum;
	struct pin_value *value;
	struct pin_arg *arg;
	struct result_case *result_case;
	struct kernel_set *set;
	struct set_element *element;
	struct violation_name *violation;
}

%token START_FILE START_SET
%token END_OF_LINE "end of line"
%token TITLE "'title'" REF "'ref'" KERNELS "'kernels'" TASK "'task'" SET "'set'" EXPECT_WORD "'expect'"
%token PARALLEL "'parallel'" REPEAT "'repeat'" INCLUDE "'include'"
%token SOMETIMES "'sometimes'" VIOLATION "'violation'"
%token <name> NAME "a name" STRING "a string in \"\""
%token <number> NUMBER "a number"
%token <release> VERSION "a kernel release"
%token ARROW "'->'" DOTDOT "'..'" EQ "'=='" NE "'!='" LT "'<'" LE "'<='" GT "'>'" GE "'>='"

%type <list> stmts stmt block params args arg_list values sums pairs results cases elements quirks names
%type <path> path selector
%type <term> term
%type <sum> sum
%type <value> value
%type <arg> param arg pair
%type <result_case> result_case
%type <set> set at_set
%type <element> element range
%type <comparison> comparison
%type <flag> sometimes
%type <list> result
%type <list> call

%start start

%%

start:
	START_FILE stmts	{ state->stmts = $2.head; }
|	START_SET set END_OF_LINE	{ state->set = $2; }
;

stmts:
	%empty		{ memset(&$$, 0, sizeof($$)); }
|	stmts stmt END_OF_LINE {
		struct stmt *stmt, *next;

		$$ = $1;
		for (stmt = $2.head; stmt; stmt = next) {
			next = stmt->next;
			node_append(&$$, stmt);
		}
	}
|	stmts error END_OF_LINE	{
		$$ = $1;
		if (state->diag->errors >= DIAGNOSTICS_MAX)
			YYABORT;
		yyerrok;
	}
;

stmt:
	TITLE STRING {
		struct stmt *stmt = new_stmt(state, STMT_TITLE, @$);

		stmt->text = $2;
		memset(&$$, 0, sizeof($$));
		node_append(&$$, stmt);
	}
|	REF STRING {
		struct stmt *stmt = new_stmt(state, STMT_REF, @$);

		stmt->text = $2;
		memset(&$$, 0, sizeof($$));
		node_append(&$$, stmt);
	}
|	KERNELS set {
		struct stmt *stmt = new_stmt(state, STMT_KERNELS, @$);

		stmt->set = $2;
		memset(&$$, 0, sizeof($$));
		node_append(&$$, stmt);
	}
|	TASK NAME params {
		struct stmt *stmt = new_stmt(state, STMT_TASK, @2);

		stmt->task.name = $2;
		stmt->task.args = $3.head;
		memset(&$$, 0, sizeof($$));
		node_append(&$$, stmt);
	}
|	SET param params {
		struct stmt *stmt = new_stmt(state, STMT_SET, @$);

		$2->next = $3.head;
		stmt->settings = $2;
		memset(&$$, 0, sizeof($$));
		node_append(&$$, stmt);
	}
|	NAME ':' call cases {
		struct stmt *stmt = $3.head;

		stmt->pos = POS(@1);
		stmt->step.task_name = $1;
		stmt->step.task_pos = POS(@1);
		stmt->step.cases = $4.head;
		stmt->step.text = slice(state, @3);
		$$ = $3;
	}
|	EXPECT_WORD sometimes sum comparison sum at_set {
		struct stmt *stmt = new_stmt(state, STMT_EXPECT, @$);

		stmt->expect = new_expect(state, EXPECT_COMPARE);
		stmt->expect.sometimes = $2;
		stmt->expect.left = $3;
		stmt->expect.comparison = $4;
		stmt->expect.right = $5;
		stmt->expect.set = $6;
		stmt->expect.text = arena_printf(state->arena, "%s %s %s", slice(state, @3), slice(state, @4),
						 slice(state, @5));
		memset(&$$, 0, sizeof($$));
		node_append(&$$, stmt);
	}
|	EXPECT_WORD sometimes path pairs at_set {
		struct stmt *stmt;

		memset(&$$, 0, sizeof($$));
		short_expects(state, $3, &$4, &$$, @3);
		for (stmt = $$.head; stmt; stmt = stmt->next) {
			stmt->expect.sometimes = $2;
			stmt->expect.set = $5;
		}
	}
|	EXPECT_WORD sometimes VIOLATION names at_set {
		struct stmt *stmt = new_stmt(state, STMT_EXPECT, @$);

		stmt->expect = new_expect(state, EXPECT_VIOLATION);
		stmt->expect.sometimes = $2;
		stmt->expect.names = $4.head;
		stmt->expect.set = $5;
		stmt->expect.text = arena_printf(state->arena, "violation %s", slice(state, @4));
		memset(&$$, 0, sizeof($$));
		node_append(&$$, stmt);
	}
|	PARALLEL block {
		struct stmt *stmt = new_stmt(state, STMT_PARALLEL, @1);

		stmt->block.body = $2.head;
		memset(&$$, 0, sizeof($$));
		node_append(&$$, stmt);
	}
|	REPEAT NUMBER block {
		struct stmt *stmt = new_stmt(state, STMT_REPEAT, @1);

		stmt->block.body = $3.head;
		stmt->block.count = $2;
		memset(&$$, 0, sizeof($$));
		node_append(&$$, stmt);
	}
|	INCLUDE STRING {
		struct stmt *stmt = new_stmt(state, STMT_INCLUDE, @2);

		stmt->block.file = $2;
		memset(&$$, 0, sizeof($$));
		node_append(&$$, stmt);
	}
;

block:
	'{' stmts '}'	{ $$ = $2; }
;

sometimes:
	%empty		{ $$ = false; }
|	SOMETIMES	{ $$ = true; }
;

call:
	NAME '(' args ')' {
		struct stmt *stmt = new_stmt(state, STMT_STEP, @1);

		stmt->step.op_name = $1;
		stmt->step.op_pos = POS(@1);
		stmt->step.args = $3.head;
		memset(&$$, 0, sizeof($$));
		node_append(&$$, stmt);
	}
|	NAME '=' NAME '(' args ')' {
		struct stmt *stmt = new_stmt(state, STMT_STEP, @1);

		stmt->step.variable_name = $1;
		stmt->step.variable_pos = POS(@1);
		stmt->step.op_name = $3;
		stmt->step.op_pos = POS(@3);
		stmt->step.args = $5.head;
		memset(&$$, 0, sizeof($$));
		node_append(&$$, stmt);
	}
;

args:
	%empty		{ memset(&$$, 0, sizeof($$)); }
|	arg_list
;

arg_list:
	arg		{ memset(&$$, 0, sizeof($$)); node_append(&$$, $1); }
|	arg_list ',' arg	{ $$ = $1; node_append(&$$, $3); }
;

arg:
	value {
		$$ = NEW(struct pin_arg);
		$$->pos = POS(@$);
		$$->values = $1;
	}
|	NAME '=' value {
		$$ = NEW(struct pin_arg);
		$$->pos = POS(@1);
		$$->key = $1;
		$$->values = $3;
	}
;

params:
	%empty		{ memset(&$$, 0, sizeof($$)); }
|	params param	{ $$ = $1; node_append(&$$, $2); }
;

param:
	NAME '=' values {
		$$ = NEW(struct pin_arg);
		$$->pos = POS(@1);
		$$->key = $1;
		$$->values = $3.head;
	}
;

values:
	value			{ memset(&$$, 0, sizeof($$)); node_append(&$$, $1); }
|	values ',' value	{ $$ = $1; node_append(&$$, $3); }
;

value:
	sum {
		$$ = NEW(struct pin_value);
		$$->pos = POS(@$);
		$$->kind = PIN_SUM;
		$$->first = $1;
	}
|	sum ':' sum {
		$$ = NEW(struct pin_value);
		$$->pos = POS(@$);
		$$->kind = PIN_PAIR;
		$$->first = $1;
		$$->second = $3;
	}
|	sum DOTDOT sum {
		$$ = NEW(struct pin_value);
		$$->pos = POS(@$);
		$$->kind = PIN_RANGE;
		$$->first = $1;
		$$->second = $3;
	}
|	'[' ']' {
		$$ = NEW(struct pin_value);
		$$->pos = POS(@$);
		$$->kind = PIN_LIST;
	}
|	'[' sums ']' {
		$$ = NEW(struct pin_value);
		$$->pos = POS(@$);
		$$->kind = PIN_LIST;
		$$->first = $2.head;
	}
;

sums:
	sum		{ memset(&$$, 0, sizeof($$)); node_append(&$$, $1); }
|	sums ',' sum	{ $$ = $1; node_append(&$$, $3); }
;

sum:
	term {
		$$ = NEW(struct sum);
		$$->pos = POS(@$);
		$$->terms = new_term(state, false, $1);
		$$->last = $1;
	}
|	'-' term {
		$$ = NEW(struct sum);
		$$->pos = POS(@$);
		$$->terms = new_term(state, true, $2);
		$$->last = $2;
	}
|	sum '+' term {
		$$ = $1;
		$1->last->next = new_term(state, false, $3);
		$$->last = $3;
		$$->pos = POS(@$);
	}
|	sum '-' term {
		$$ = $1;
		$1->last->next = new_term(state, true, $3);
		$$->last = $3;
		$$->pos = POS(@$);
	}
;

term:
	NUMBER {
		$$ = NEW(struct term);
		$$->pos = POS(@$);
		$$->is_number = true;
		$$->number = $1;
	}
|	path {
		$$ = NEW(struct term);
		$$->pos = POS(@$);
		$$->path = $1;
	}
;

path:
	selector	{ $$ = $1; }
|	path '.' selector {
		struct path *last = $1;

		/* Paths are short by what they can mean; a long one is refused here, before it costs. */
		while (last->next)
			last = last->next;
		last->next = $3;
		$$ = $1;
		if (@$.bytes > 4096) {
			struct pin_pos pos = POS(@3);

			diag_error(state->diag, &pos, "a name with too many parts, expected at most three");
			YYABORT;
		}
	}
;

selector:
	NAME {
		$$ = NEW(struct path);
		$$->pos = POS(@1);
		$$->name = $1;
	}
|	NAME '(' sum ')' {
		$$ = NEW(struct path);
		$$->pos = POS(@1);
		$$->name = $1;
		$$->argument = $3;
	}
;

cases:
	%empty				{ memset(&$$, 0, sizeof($$)); }
|	ARROW result_case		{ memset(&$$, 0, sizeof($$)); node_append(&$$, $2); }
|	cases '|' result_case		{ $$ = $1; node_append(&$$, $3); }
;

result_case:
	results at_set {
		$$ = NEW(struct result_case);
		$$->results = $1.head;
		$$->set = $2;
	}
;

results:
	result			{ $$ = $1; }
|	results '/' result	{ $$ = $1; node_append(&$$, $3.head); }
;

result:
	sum {
		struct result *result = NEW(struct result);

		result->value = $1;
		result->kind = RESULT_VALUE;
		memset(&$$, 0, sizeof($$));
		node_append(&$$, result);
	}
;

comparison:
	EQ	{ $$ = CMP_EQ; }
|	NE	{ $$ = CMP_NE; }
|	LT	{ $$ = CMP_LT; }
|	LE	{ $$ = CMP_LE; }
|	GT	{ $$ = CMP_GT; }
|	GE	{ $$ = CMP_GE; }
;

pairs:
	pair		{ memset(&$$, 0, sizeof($$)); node_append(&$$, $1); }
|	pairs pair	{ $$ = $1; node_append(&$$, $2); }
;

pair:
	NAME '=' sum {
		$$ = NEW(struct pin_arg);
		$$->pos = POS(@$);
		$$->key = $1;
		$$->values = NEW(struct pin_value);
		$$->values->pos = POS(@3);
		$$->values->first = $3;
	}
;

names:
	NAME {
		struct violation_name *name = NEW(struct violation_name);

		name->name = $1;
		name->pos = POS(@1);
		memset(&$$, 0, sizeof($$));
		node_append(&$$, name);
	}
|	names ',' NAME {
		struct violation_name *name = NEW(struct violation_name);

		name->name = $3;
		name->pos = POS(@3);
		$$ = $1;
		node_append(&$$, name);
	}
;

at_set:
	%empty		{ $$ = NULL; }
|	'@' set		{ $$ = $2; }
;

set:
	elements {
		$$ = NEW(struct kernel_set);
		$$->elements = $1.head;
		$$->pos = POS(@$);
	}
;

elements:
	element			{ memset(&$$, 0, sizeof($$)); node_append(&$$, $1); }
|	elements ',' element	{ $$ = $1; node_append(&$$, $3); }
;

element:
	range quirks {
		$$ = $1;
		$$->quirks = $2.head;
		$$->pos = POS(@$);
	}
|	'!' range quirks {
		$$ = $2;
		$$->negated = true;
		$$->quirks = $3.head;
		$$->pos = POS(@$);
	}
;

range:
	VERSION {
		$$ = NEW(struct set_element);
		$$->kind = SET_RANGE;
		$$->single = true;
		$$->low = $1;
		$$->high = $1;
	}
|	VERSION DOTDOT VERSION {
		$$ = NEW(struct set_element);
		$$->kind = SET_RANGE;
		$$->low = $1;
		$$->high = $3;
	}
|	VERSION DOTDOT {
		$$ = NEW(struct set_element);
		$$->kind = SET_RANGE;
		$$->low = $1;
		$$->high = RELEASE(1000, 0);
	}
|	DOTDOT VERSION {
		$$ = NEW(struct set_element);
		$$->kind = SET_RANGE;
		$$->low = 0;
		$$->high = $2;
	}
|	NAME {
		$$ = NEW(struct set_element);
		$$->kind = strcmp($1, "proposals") ? SET_NAME : SET_PROPOSALS;
		$$->name = $1;
	}
;

quirks:
	%empty		{ memset(&$$, 0, sizeof($$)); }
|	quirks '+' NAME {
		struct set_quirk *quirk = NEW(struct set_quirk);

		quirk->name = $3;
		quirk->pos = POS(@3);
		$$ = $1;
		node_append(&$$, quirk);
	}
|	quirks '-' NAME {
		struct set_quirk *quirk = NEW(struct set_quirk);

		quirk->name = $3;
		quirk->away = true;
		quirk->pos = POS(@3);
		$$ = $1;
		node_append(&$$, quirk);
	}
;

%%

static struct stmt *new_stmt(struct parse_state *state, enum stmt_kind kind, struct pin_loc loc)
{
	struct stmt *stmt = NEW(struct stmt);

	stmt->kind = kind;
	stmt->pos = POS(loc);
	return stmt;
}

static struct expect new_expect(struct parse_state *state, enum expect_kind kind)
{
	return (struct expect){ .kind = kind };
}

static struct term *new_term(struct parse_state *state, bool negative, struct term *term)
{
	term->negative = negative;
	term->variable = -1;
	return term;
}

/* What was written, with a continued line made one. */
static const char *slice(struct parse_state *state, struct pin_loc loc)
{
	char *text = arena_strndup(state->arena, state->source->text + loc.offset, loc.bytes);
	char *from, *to = text;

	for (from = text; *from; from++)
		if (*from == '\\' || *from == '\n' || *from == '\r')
			*to++ = ' ';
		else
			*to++ = *from;
	return text;
}

/* "HOLDER KEY=VALUE ..." becomes "HOLDER.KEY == VALUE" for each pair. */
static void short_expects(struct parse_state *state, struct path *holder, const struct node_list *pairs,
			  struct node_list *stmts, struct pin_loc holder_loc)
{
	const char *holder_text = slice(state, holder_loc);
	struct pin_arg *pair, *next;

	for (pair = pairs->head; pair; pair = next) {
		struct stmt *stmt = NEW(struct stmt);
		struct term *term = NEW(struct term);
		struct path **link = &term->path;
		struct path *part;

		next = pair->next;
		for (part = holder; part; part = part->next) {
			*link = NEW(struct path);
			**link = *part;
			link = &(*link)->next;
		}
		*link = NEW(struct path);
		(*link)->name = pair->key;
		(*link)->pos = pair->pos;
		(*link)->pos.bytes = (unsigned int)strlen(pair->key);
		term->pos = holder->pos;
		term->variable = -1;
		stmt->kind = STMT_EXPECT;
		stmt->pos = pair->pos;
		stmt->expect.kind = EXPECT_COMPARE;
		stmt->expect.comparison = CMP_EQ;
		stmt->expect.left = NEW(struct sum);
		stmt->expect.left->pos = holder->pos;
		stmt->expect.left->terms = term;
		stmt->expect.right = pair->values->first;
		stmt->expect.text = arena_printf(state->arena, "%s.%s == %.*s", holder_text, pair->key,
						 (int)pair->values->pos.bytes,
						 state->source->text + pair->values->pos.offset);
		node_append(stmts, stmt);
	}
}

#define EXPECTED_MAX 64
#define STATEMENT_TEXT \
	"a statement: 'TASK: operation(...)', 'expect ...', 'task NAME ...' or one of title, ref, kernels, set, " \
	"parallel, repeat, include"

static bool among(const yysymbol_kind_t *symbols, int nr, yysymbol_kind_t symbol)
{
	while (nr--)
		if (symbols[nr] == symbol)
			return true;
	return false;
}

/* One of several tokens that mean one thing to people, when the first of them is there to speak for all. */
static bool is_spoken_for(const yysymbol_kind_t *symbols, int nr, yysymbol_kind_t symbol)
{
	bool statement = among(symbols, nr, YYSYMBOL_TITLE);

	switch (symbol) {
	case YYSYMBOL_NE:
	case YYSYMBOL_LT:
	case YYSYMBOL_LE:
	case YYSYMBOL_GT:
	case YYSYMBOL_GE:
		return among(symbols, nr, YYSYMBOL_EQ);
	case YYSYMBOL_REF:
	case YYSYMBOL_KERNELS:
	case YYSYMBOL_TASK:
	case YYSYMBOL_SET:
	case YYSYMBOL_EXPECT_WORD:
	case YYSYMBOL_PARALLEL:
	case YYSYMBOL_REPEAT:
	case YYSYMBOL_INCLUDE:
	case YYSYMBOL_NAME:
		return statement;
	default:
		return symbol == YYSYMBOL_YYEOF;
	}
}

static const char *symbol_text(yysymbol_kind_t symbol)
{
	switch (symbol) {
	case YYSYMBOL_YYEOF:
		return "end of file";
	case YYSYMBOL_TITLE:
		return STATEMENT_TEXT;
	case YYSYMBOL_EQ:
		return "a comparison ('==', '!=', '<', '<=', '>', '>=')";
	default:
		return yysymbol_name(symbol);
	}
}

static void expected_text(const yypcontext_t *context, char *buf, size_t size)
{
	yysymbol_kind_t all[EXPECTED_MAX], told[EXPECTED_MAX];
	int nr = yypcontext_expected_tokens(context, all, EXPECTED_MAX), nr_told = 0, i;
	size_t used = 0;

	for (i = 0; i < nr; i++)
		if (!is_spoken_for(all, nr, all[i]))
			told[nr_told++] = all[i];
	buf[0] = '\0';
	for (i = 0; i < nr_told && used < size; i++)
		used += (size_t)snprintf(buf + used, size - used, "%s%s", !i ? "" : i + 1 < nr_told ? ", " : " or ",
					 symbol_text(told[i]));
	if (!nr_told)
		snprintf(buf, size, "%s", STATEMENT_TEXT);
}

/* Where a task's name and ':' had to stand: the statement that the line's first word may have been meant to be. */
static const char *meant_statement(const yypcontext_t *context, const struct pin_pos *pos, char *buf, size_t size)
{
	static const char *const statements[] = {
		"title", "ref", "kernels", "task", "set", "expect", "parallel", "repeat", "include",
	};
	const char *text = pos->source->text, *line = text + pos->offset;
	struct suggestion best = { .text = NULL };
	yysymbol_kind_t expected[2];
	char word[16];

	buf[0] = '\0';
	if (yypcontext_expected_tokens(context, expected, 2) != 1 || strcmp(symbol_text(expected[0]), "':'"))
		return buf;
	while (line > text && line[-1] != '\n')
		line--;
	line += strspn(line, " \t");
	snprintf(word, sizeof(word), "%.*s", (int)strcspn(line, " \t\r\n\"{"), line);
	for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++)
		suggest(&best, word, statements[i]);
	return best.distance > 1 && strlen(word) < 5 ? buf : suggestion_text(&best, buf, size);
}

static int yyreport_syntax_error(const yypcontext_t *context, void *scanner, struct parse_state *state)
{
	const struct pin_loc *loc = yypcontext_location(context);
	yysymbol_kind_t found = yypcontext_token(context);
	struct pin_pos pos = POS(*loc);
	char wanted[512], got[160], did_you_mean[96];

	if (found == YYSYMBOL_END_OF_LINE || found == YYSYMBOL_YYEOF || !loc->bytes || loc->bytes > 40) {
		snprintf(got, sizeof(got), "%s", found == YYSYMBOL_YYEMPTY ? "nothing" : symbol_text(found));
		/* The caret of a line's end stands behind the line, not on the next one. */
		if (found == YYSYMBOL_END_OF_LINE)
			pos.bytes = 0;
	} else {
		snprintf(got, sizeof(got), "'%.*s'", (int)loc->bytes, state->source->text + loc->offset);
	}
	if (found == YYSYMBOL_YYEOF && state->depth && state->depth <= PIN_BLOCK_DEPTH_MAX) {
		diag_error(state->diag, &pos, "the file ends inside a block, expected a '}' to the '{' in line %u",
			   state->opened[state->depth - 1]);
		return 0;
	}
	expected_text(context, wanted, sizeof(wanted));
	diag_error(state->diag, &pos, "unexpected %s, expected %s%s", got, wanted,
		   meant_statement(context, &pos, did_you_mean, sizeof(did_you_mean)));
	return 0;
}

static void pinerror_text(const struct pin_loc *loc, void *scanner, struct parse_state *state, const char *text)
{
	struct pin_pos pos = POS(*loc);

	diag_error(state->diag, &pos, "%s, expected something simpler", text);
}

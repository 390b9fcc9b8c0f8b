// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a SET holds and what it names. The table of kernels is the only source of
 * names; nothing here knows one.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <scenario/kernel_set.h>
#include "arena.h"

static bool is_proposal(const struct kernel *kernel)
{
	return kernel->base;
}

static bool check_quirks(const struct set_element *element, struct diagnostics *diag)
{
	const struct set_quirk *quirk;
	char did_you_mean[96];
	bool good = true;
	size_t i;

	for (quirk = element->quirks; quirk; quirk = quirk->next) {
		struct suggestion best = { .text = NULL };

		for (i = 0; i < quirks(); i++) {
			if (!strcmp(quirk_at(i)->name, quirk->name))
				break;
			suggest(&best, quirk->name, quirk_at(i)->name);
		}
		if (i < quirks())
			continue;
		diag_error(diag, &quirk->pos, "no quirk \"%s\", expected one of `pinsim list bugs`%s", quirk->name,
			   suggestion_text(&best, did_you_mean, sizeof(did_you_mean)));
		good = false;
	}
	return good;
}

static bool release_is_listed(int release)
{
	size_t i;

	for (i = 0; i < kernels(); i++)
		if (!is_proposal(kernel_at(i)) && kernel_at(i)->release == release)
			return true;
	return false;
}

static bool check_element(const struct set_element *element, struct diagnostics *diag)
{
	struct suggestion best = { .text = NULL };
	char did_you_mean[96];
	size_t i;

	if (element->kind == SET_PROPOSALS)
		return true;
	if (element->kind == SET_RANGE) {
		if (element->low > element->high) {
			diag_error(diag, &element->pos,
				   "a range that ends before it begins, expected the older release first");
			return false;
		}
		if (!element->single || release_is_listed(element->low))
			return true;
		diag_error(diag, &element->pos,
			   "no kernel v%d.%d here, expected one of `pinsim list kernels` (a range may "
			   "end at any release)",
			   element->low / 1000, element->low % 1000);
		return false;
	}
	suggest(&best, element->name, "proposals");
	for (i = 0; i < kernels(); i++) {
		if (is_proposal(kernel_at(i)) && !strcmp(kernel_at(i)->name, element->name))
			return true;
		suggest(&best, element->name, kernel_at(i)->name);
	}
	diag_error(diag, &element->pos,
		   "no kernel \"%s\", expected a release like v6.12, a range like v6.2.., a proposal of "
		   "`pinsim list proposals`, or `proposals`%s",
		   element->name, suggestion_text(&best, did_you_mean, sizeof(did_you_mean)));
	return false;
}

bool kernel_set_check(struct kernel_set *set, struct diagnostics *diag)
{
	const struct set_element *element;
	bool good = true;

	if (!set)
		return true;
	for (element = set->elements; element; element = element->next)
		if (!check_element(element, diag) || !check_quirks(element, diag))
			good = false;
	return good;
}

static bool ends_name(char c)
{
	return !c || c == '+' || c == '-';
}

static char quirk_sign(const struct set_quirk *quirk)
{
	return quirk->away ? '-' : '+';
}

/* Is @quirk, with its sign, among those of @full, a name like "v6.12+a-b"? */
static bool has_quirk(const char *full, const struct set_quirk *quirk)
{
	size_t length = strlen(quirk->name);
	const char *at;

	for (at = strpbrk(full, "+-"); at; at = strpbrk(at + 1, "+-"))
		if (*at == quirk_sign(quirk) && !strncmp(at + 1, quirk->name, length) && ends_name(at[1 + length]))
			return true;
	return false;
}

static bool named(const char *full, const char *name)
{
	size_t length = strlen(name);

	return !strncmp(full, name, length) && ends_name(full[length]);
}

static bool row_matches(const struct set_element *element, const struct kernel *kernel)
{
	switch (element->kind) {
	case SET_RANGE:
		return kernel->release >= element->low && kernel->release <= element->high;
	case SET_NAME:
		return is_proposal(kernel) && named(kernel->name, element->name);
	case SET_PROPOSALS:
		return is_proposal(kernel);
	}
	return false;
}

static bool element_holds(const struct set_element *element, const struct kernel *kernel)
{
	const struct set_quirk *quirk;

	if (!row_matches(element, kernel))
		return false;
	for (quirk = element->quirks; quirk; quirk = quirk->next)
		if (!has_quirk(kernel->name, quirk))
			return false;
	return true;
}

bool kernel_set_holds(const struct kernel_set *set, const struct kernel *kernel)
{
	const struct set_element *element;
	bool any_positive = false, holds = false;

	if (!set)
		return true;
	for (element = set->elements; element; element = element->next) {
		if (element_holds(element, kernel)) {
			if (element->negated)
				return false;
			holds = true;
		}
		any_positive |= !element->negated;
	}
	return holds || !any_positive;
}

int kernel_list_add(struct kernel_list *list, const char *name)
{
	struct chosen_kernel *chosen = xzalloc(sizeof(*chosen));
	int err = kernel_lookup(name, &chosen->kernel, chosen->name, sizeof(chosen->name));
	size_t i;

	for (i = 0; !err && i < list->nr; i++)
		if (!strcmp(list->kernels[i]->name, chosen->name)) {
			free(chosen);
			return 0;
		}
	if (err) {
		free(chosen);
		return err;
	}
	chosen->kernel.name = chosen->name;
	list->kernels = xrealloc(list->kernels, (list->nr + 1) * sizeof(*list->kernels));
	list->kernels[list->nr++] = chosen;
	return 0;
}

void kernel_list_free(struct kernel_list *list)
{
	while (list->nr)
		free(list->kernels[--list->nr]);
	free(list->kernels);
	list->kernels = NULL;
}

/* Does @element name the row, as a kernel to be run: releases by number, proposals by name only. */
static bool element_names(const struct set_element *element, const struct kernel *row)
{
	if (element->kind == SET_RANGE && is_proposal(row))
		return false;
	return row_matches(element, row);
}

/* The row with the quirks of @element; where one does not apply, there is no such kernel to add. */
static void add_with_quirks(const struct set_element *element, const struct kernel *row, struct kernel_list *list)
{
	const struct set_quirk *quirk;
	char name[128];
	size_t used = strlen(row->name);

	if (used >= sizeof(name))
		return;
	memcpy(name, row->name, used + 1);
	for (quirk = element->quirks; quirk; quirk = quirk->next) {
		size_t length = strlen(quirk->name);

		if (used + 1 + length >= sizeof(name))
			return;
		name[used] = quirk_sign(quirk);
		memcpy(name + used + 1, quirk->name, length + 1);
		used += 1 + length;
	}
	kernel_list_add(list, name);
}

static void remove_negated(const struct kernel_set *set, struct kernel_list *list)
{
	const struct set_element *element;
	size_t i, kept = 0;

	for (i = 0; i < list->nr; i++) {
		bool removed = false;

		for (element = set->elements; element; element = element->next)
			if (element->negated && element_holds(element, &list->kernels[i]->kernel))
				removed = true;
		if (removed)
			free(list->kernels[i]);
		else
			list->kernels[kept++] = list->kernels[i];
	}
	list->nr = kept;
}

void kernel_set_list(const struct kernel_set *set, bool proposals, struct kernel_list *list)
{
	const struct set_element *element;
	bool any_positive = false;
	size_t i;

	memset(list, 0, sizeof(*list));
	for (element = set ? set->elements : NULL; element; element = element->next)
		any_positive |= !element->negated;
	for (i = 0; i < kernels(); i++) {
		const struct kernel *row = kernel_at(i);

		if (!any_positive) {
			if (proposals || !is_proposal(row))
				kernel_list_add(list, row->name);
			continue;
		}
		for (element = set->elements; element; element = element->next)
			if (!element->negated && element_names(element, row))
				add_with_quirks(element, row, list);
	}
	if (set)
		remove_negated(set, list);
}

/* The row of that name, or -1. */
static int row_of(const char *name)
{
	for (size_t i = 0; i < kernels(); i++)
		if (!strcmp(kernel_at(i)->name, name))
			return (int)i;
	return -1;
}

char *kernel_names_folded(const char *const *names, size_t nr)
{
	char *text = xstrdup("");
	size_t i, last;

	for (i = 0; i < nr; i = last + 1) {
		int row = row_of(names[i]);
		char *longer;

		for (last = i; row >= 0 && !is_proposal(kernel_at((size_t)row)) && last + 1 < nr; last++) {
			int next = row_of(names[last + 1]);

			if (next != row_of(names[last]) + 1 || is_proposal(kernel_at((size_t)next)))
				break;
		}
		longer = xasprintf("%s%s%s%s%s", text, i ? ", " : "", names[i], last > i ? ".." : "",
				   last > i ? names[last] : "");
		free(text);
		text = longer;
	}
	return text;
}

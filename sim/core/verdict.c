// SPDX-License-Identifier: GPL-2.0-or-later
/* Verdicts: the names, the bounded list of reports, WARN, and why a call was refused. */
#include "core.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define REPORTS_MAX 1000
#define TEXT_BYTES_MAX 1024
#define REFUSAL_BYTES 256

static const char *const names[] = {
	[VIOLATION_LOCKED_VM_NEGATIVE] = "locked_vm_negative",
	[VIOLATION_PINNED_VM_NEGATIVE] = "pinned_vm_negative",
	[VIOLATION_USER_LOCKED_VM_NEGATIVE] = "user_locked_vm_negative",
	[VIOLATION_LOCKED_VM_LEDGER] = "locked_vm_ledger",
	[VIOLATION_PINNED_VM_LEDGER] = "pinned_vm_ledger",
	[VIOLATION_USER_LEDGER] = "user_ledger",
	[VIOLATION_RESIDUE] = "residue",
	[VIOLATION_FAILED_CALL_RESIDUE] = "failed_call_residue",
	[VIOLATION_OVER_LIMIT] = "over_limit",
	[VIOLATION_SPURIOUS_REFUSAL] = "spurious_refusal",
	[VIOLATION_WRONG_BUCKET] = "wrong_bucket",
	[VIOLATION_OBJECT_BALANCE] = "object_balance",
	[VIOLATION_DMA_SUM] = "dma_sum",
	[VIOLATION_DMA_PAGES] = "dma_pages",
	[VIOLATION_NPINNED_COVERAGE] = "npinned_coverage",
	[VIOLATION_XARRAY_COVERAGE] = "xarray_coverage",
	[VIOLATION_PIN_COUNT] = "pin_count",
	[VIOLATION_UNPIN_WHILE_MAPPED] = "unpin_while_mapped",
	[VIOLATION_AREA_PAGES_NULL] = "area_pages_null",
	[VIOLATION_MM_REFS] = "mm_refs",
	[VIOLATION_USER_REFS] = "user_refs",
	[VIOLATION_EXEC_COUNTERS] = "exec_counters",
	[VIOLATION_FORK_COUNTERS] = "fork_counters",
	[VIOLATION_COPY_FREE] = "copy_free",
	[VIOLATION_MODE_IMMUTABLE] = "mode_immutable",
	[VIOLATION_WARNING] = "warning",
	[VIOLATION_BUG] = "bug",
	[VIOLATION_USE_AFTER_FREE] = "use_after_free",
	[VIOLATION_DOUBLE_FREE] = "double_free",
	[VIOLATION_REFCOUNT] = "refcount",
	[VIOLATION_LEAK] = "leak",
	[VIOLATION_DEADLOCK] = "deadlock",
	[VIOLATION_LOCK_ORDER] = "lock_order",
	[VIOLATION_LOCK_HELD] = "lock_held",
	[VIOLATION_LOCK_MISUSE] = "lock_misuse",
	[VIOLATION_SLEEP_IN_ATOMIC] = "sleep_in_atomic",
	[VIOLATION_LOST_WAKEUP] = "lost_wakeup",
	[VIOLATION_DATA_RACE] = "data_race",
	[VIOLATION_STEP_BOUND] = "step_bound",
};
_Static_assert(sizeof(names) / sizeof(names[0]) == VIOLATION_NR, "every violation has a name");

/* A site that has warned once. Few do, so a list will do. */
struct sim_warned {
	struct sim_warned *next;
	char site[];
};

const char *sim_violation_name(enum sim_violation violation)
{
	return violation < VIOLATION_NR ? names[violation] : "?";
}

enum sim_violation sim_violation_by_name(const char *name)
{
	unsigned int violation = 0;

	while (violation < VIOLATION_NR && strcmp(names[violation], name))
		violation++;
	return violation;
}

static void report_add(struct sim_world *world, enum sim_violation violation, const uintptr_t *sites,
		       const char *format, va_list args)
{
	struct sim_rare *rare = sim_rare_write(world);
	char text[TEXT_BYTES_MAX];
	struct report *report;

	rare->violations[violation]++;
	if (violation == VIOLATION_BUG)
		world->fatal = true;
	if (rare->nr_reports == REPORTS_MAX)
		return;
	vsnprintf(text, sizeof(text), format, args);
	if (rare->nr_reports == rare->room_reports) {
		rare->room_reports = rare->room_reports ? rare->room_reports * 2 : 4;
		rare->reports = sim_realloc(rare->reports, rare->room_reports * sizeof(*rare->reports));
	}
	report = &rare->reports[rare->nr_reports++];
	*report = (struct report){
		.told = {
			.violation = violation,
			.step = world->step,
			.actor = world->current->view.index,
			.record = world->nr_records,
			.text = sim_strdup(text),
		},
	};
	if (sites)
		memcpy(report->sites, sites, sizeof(report->sites));
}

void sim_violate(enum sim_violation violation, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	report_add(sim_this, violation, NULL, format, args);
	va_end(args);
}

void sim_end_run(void)
{
	sim_this->fatal = true;
}

void sim_violate_as(enum sim_violation violation, unsigned int actor, unsigned long step, unsigned long record,
		    const char *format, ...)
{
	struct sim_world *world = sim_this;
	size_t before = world->rare.nr_reports;
	va_list args;

	va_start(args, format);
	report_add(world, violation, NULL, format, args);
	va_end(args);
	if (world->rare.nr_reports == before)
		return;
	world->rare.reports[before].told.actor = actor;
	world->rare.reports[before].told.step = step;
	world->rare.reports[before].told.record = record;
}

void sim_violate_at(enum sim_violation violation, const uintptr_t sites[SITES_MAX], const char *format, ...)
{
	va_list args;

	va_start(args, format);
	report_add(sim_this, violation, sites, format, args);
	va_end(args);
}

static void resolve(struct report *report)
{
	char text[TEXT_BYTES_MAX], site[128];
	size_t used = 0;

	for (const char *at = report->told.text; *at && used < sizeof(text) - 1; at++) {
		unsigned int index = at[0] == '@' ? (unsigned int)(at[1] - '1') : SITES_MAX;

		if (index >= SITES_MAX) {
			text[used++] = *at;
			continue;
		}
		at++;
		sim_symbol(report->sites[index], site, sizeof(site));
		snprintf(text + used, sizeof(text) - used, "%s", site);
		used += strlen(text + used);
	}
	text[used] = '\0';
	report->told.text = sim_strdup(text);
}

void sim_reports_resolve(struct sim_world *world)
{
	struct sim_rare *rare = &world->rare;

	if (likely(rare->nr_resolved == rare->nr_reports))
		return;
	rare = sim_rare_write(world);
	for (; rare->nr_resolved < rare->nr_reports; rare->nr_resolved++) {
		if (rare->reports[rare->nr_resolved].sites[0])
			resolve(&rare->reports[rare->nr_resolved]);
	}
}

void sim_warn(const char *site, const char *text)
{
	sim_rare_write(sim_this)->warnings++;
	if (text && *text)
		sim_violate(VIOLATION_WARNING, "%s: %s", site, text);
	else
		sim_violate(VIOLATION_WARNING, "%s", site);
}

bool sim_warn_once(const char *site, const char *text)
{
	struct sim_world *world = sim_this;
	struct sim_warned *warned;
	size_t bytes = strlen(site) + 1;

	for (warned = world->rare.warned; warned; warned = warned->next) {
		if (!strcmp(warned->site, site))
			return false;
	}
	warned = sim_alloc(sizeof(*warned) + bytes);
	memcpy(warned->site, site, bytes);
	warned->next = world->rare.warned;
	sim_rare_write(world)->warned = warned;
	sim_warn(site, text);
	return true;
}

size_t sim_reports(void)
{
	return sim_this->rare.nr_reports;
}

const struct sim_report *sim_report(size_t index)
{
	return index < sim_this->rare.nr_reports ? &sim_this->rare.reports[index].told : NULL;
}

unsigned long sim_violations(enum sim_violation violation)
{
	return violation < VIOLATION_NR ? sim_this->rare.violations[violation] : 0;
}

unsigned long sim_warnings(void)
{
	return sim_this->rare.warnings;
}

void sim_step_set(unsigned long step)
{
	sim_this->step = step;
}

unsigned long sim_step(void)
{
	return sim_this->step;
}

void sim_refusal_note(const char *format, ...)
{
	struct sim_actor *current = sim_this->current;
	va_list args;

	if (sim_this->rare.refusals_unread)
		return;
	sim_self_written(sim_this);
	if (!current->refusal)
		current->refusal = sim_alloc(REFUSAL_BYTES);
	va_start(args, format);
	vsnprintf(current->refusal, REFUSAL_BYTES, format, args);
	va_end(args);
	current->refused = true;
}

void sim_refusals_unread(void)
{
	sim_rare_write(sim_this)->refusals_unread = true;
}

bool sim_refusals_read(void)
{
	return !sim_this->rare.refusals_unread;
}

const char *sim_refusal(void)
{
	const struct sim_actor *current = sim_this->current;

	return current->refused ? current->refusal : NULL;
}

void sim_refusal_clear(void)
{
	sim_self_written(sim_this);
	sim_this->current->refused = false;
}

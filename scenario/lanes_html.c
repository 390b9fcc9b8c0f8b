// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Lanes as one page of HTML that needs nothing beside itself: the rows as a table,
 * the counters and held locks as they are at the row under the cursor, and keys and
 * buttons to step.
 *
 * What varies goes in as one JSON object; the script that draws it is the same
 * for every page.
 */
#include <stdlib.h>
#include <string.h>
#include <jansson.h>
#include <scenario/json.h>
#include "arena.h"
#include "lanes.h"
#include "report.h"

static const char head[] =
	"<!DOCTYPE html>\n"
	"<html lang=\"en\">\n"
	"<meta charset=\"utf-8\">\n"
	"<meta name=\"viewport\" content=\"width=device-width\">\n"
	"<title>pinsim: a schedule</title>\n"
	"<style>\n"
	":root{color-scheme:light dark;--line:#8884;--now:#f5c54255;--bad:#d33}\n"
	"body{font:14px/1.4 system-ui,sans-serif;margin:0 auto;max-width:1200px;padding:0 1em}\n"
	"header{position:sticky;top:0;background:Canvas;padding:.6em 0;border-bottom:1px solid var(--line);z-index:1}\n"
	"h1{font-size:1.1em;margin:0}p{margin:.3em 0}button{font:inherit;padding:.1em .7em}\n"
	"main{display:grid;grid-template-columns:minmax(0,1fr) 17em;gap:1.5em}\n"
	"table{border-collapse:collapse;width:100%;table-layout:fixed}\n"
	"th{text-align:left;padding:.2em .5em}td{padding:.1em .5em;vertical-align:top;overflow-wrap:anywhere}\n"
	"td.n,th.n{width:3em;text-align:right;color:GrayText}\n"
	"td.in{border-left:3px solid #58a}td.out{border-left:3px solid transparent}\n"
	"tr{cursor:pointer}tr.now{background:var(--now)}tr.later{opacity:.35}\n"
	"tr.rule td{color:GrayText;border-top:1px solid var(--line);font-size:.85em}\n"
	".bad{color:var(--bad);font-weight:600;white-space:pre-wrap}.counter{color:#287a3e}.waits{color:#b06a00}\n"
	".call{font-family:ui-monospace,monospace;font-size:.95em}\n"
	"aside{position:sticky;top:6.5em;align-self:start}aside h2{font-size:1em;margin:.6em 0 .2em}\n"
	"aside li{margin:0}ul{padding-left:1.1em;margin:0}code{overflow-wrap:anywhere;font-size:.85em}\n"
	"@media(max-width:760px){main{grid-template-columns:1fr}aside{position:static}}\n"
	"</style>\n"
	"<header><h1 id=\"title\"></h1><p id=\"what\"></p>\n"
	"<p><button id=\"first\">|&lt;</button> <button id=\"back\">&lt; back</button> "
	"<button id=\"on\">on &gt;</button> <button id=\"bad\">to the failure</button> "
	"<span id=\"at\"></span> (also with the arrow keys, Home and End)</p></header>\n"
	"<main><table><thead></thead><tbody></tbody></table>\n"
	"<aside><h2>Counters, in pages</h2><ul id=\"counters\"></ul><h2>Locks held</h2><ul id=\"locks\"></ul>\n"
	"<h2>Waiting</h2><ul id=\"waits\"></ul><h2>Once more</h2><code id=\"again\"></code></aside></main>\n"
	"<script>\nconst run = ";

static const char tail[] =
	";\n"
	"const $ = id => document.getElementById(id);\n"
	"const make = (tag, text, cls) => { const e = document.createElement(tag);\n"
	"  if (text !== undefined) e.textContent = text; if (cls) e.className = cls; return e; };\n"
	"const body = document.querySelector('tbody'), rows = [];\n"
	"let now = 0;\n"
	"$('title').textContent = run.title;\n"
	"$('what').textContent = run.file + ' on ' + run.kernel + ': ' + run.verdict;\n"
	"$('again').textContent = run.again;\n"
	"{ const tr = make('tr'); tr.append(make('th', '', 'n'));\n"
	"  for (const name of run.lanes) tr.append(make('th', name));\n"
	"  document.querySelector('thead').append(tr); }\n"
	"{ const inside = run.lanes.map(() => false); let block = false;\n"
	"  run.events.forEach((e, i) => {\n"
	"    if (e.lane >= 0 && e.block !== block) { block = e.block;\n"
	"      const r = make('tr', undefined, 'rule');\n"
	"      const td = make('td', block ? 'parallel' : 'in order'); td.colSpan = run.lanes.length + 1;\n"
	"      r.append(td); body.append(r); }\n"
	"    const tr = make('tr'); tr.append(make('td', i + 1, 'n'));\n"
	"    if (e.lane < 0) { const td = make('td', e.text, 'bad'); td.colSpan = run.lanes.length; tr.append(td); }\n"
	"    else { if (e.what === 'enter') inside[e.lane] = true;\n"
	"      run.lanes.forEach((name, lane) => {\n"
	"        const td = make('td', lane === e.lane ? e.text : '', inside[lane] ? 'in' : 'out');\n"
	"        if (lane === e.lane) { td.classList.add(e.what === 'enter' || e.what === 'call' ? 'call' : e.what);\n"
	"          if (e.fatal) td.classList.add('bad'); if (e.line) td.title = 'line ' + e.line; }\n"
	"        tr.append(td); });\n"
	"      if (e.what === 'leave') inside[e.lane] = false; }\n"
	"    tr.onclick = () => go(i); rows.push(tr); body.append(tr); }); }\n"
	"const list = (id, entries) => { $(id).replaceChildren(...(entries.length ? entries : ['none'])\n"
	"  .map(text => make('li', text))); };\n"
	"function go(to) {\n"
	"  now = Math.max(0, Math.min(rows.length - 1, to));\n"
	"  const counters = new Map(), held = [], waits = new Map();\n"
	"  rows.forEach((tr, i) => {\n"
	"    tr.classList.toggle('now', i === now); tr.classList.toggle('later', i > now); });\n"
	"  run.events.slice(0, now + 1).forEach(e => {\n"
	"    if (e.what === 'counter') counters.set(e.object, e.value);\n"
	"    if (e.what === 'waits') waits.set(e.lane, e.object);\n"
	"    if (e.what === 'takes' && e.held) { held.push([e.lane, e.object]); waits.delete(e.lane); }\n"
	"    if (e.what === 'releases') { const at = held.findIndex(h => h[0] === e.lane && h[1] === e.object);\n"
	"      if (at >= 0) held.splice(at, 1); } });\n"
	"  list('counters', [...counters].map(([name, value]) => name + ' = ' + value));\n"
	"  list('locks', held.map(([lane, name]) => run.lanes[lane] + ' holds ' + name));\n"
	"  list('waits', [...waits].map(([lane, name]) => run.lanes[lane] + ' waits for ' + name));\n"
	"  $('at').textContent = rows.length ? (now + 1) + ' of ' + rows.length : 'nothing to draw';\n"
	"  if (rows[now]) rows[now].scrollIntoView({ block: 'nearest' }); }\n"
	"$('first').onclick = () => go(0);\n"
	"$('back').onclick = () => go(now - 1); $('on').onclick = () => go(now + 1);\n"
	"$('bad').onclick = () => { const at = run.events.findIndex(e => e.fatal); if (at >= 0) go(at); };\n"
	"document.onkeydown = e => { const to = { ArrowRight: now + 1, ArrowDown: now + 1, ArrowLeft: now - 1,\n"
	"  ArrowUp: now - 1, Home: 0, End: rows.length - 1 }[e.key];\n"
	"  if (to !== undefined) { e.preventDefault(); go(to); } };\n"
	"go(Math.max(0, location.hash ? Number(location.hash.slice(1)) - 1 : run.events.findIndex(e => e.fatal)));\n"
	"</script>\n";

static const char *const whats[] = {
	[LANE_ENTER] = "enter",
	[LANE_LEAVE] = "leave",
	[LANE_CALL] = "call",
	[LANE_WAITS] = "waits",
	[LANE_TAKES] = "takes",
	[LANE_RELEASES] = "releases",
	[LANE_COUNTER] = "counter",
	[LANE_OTHER] = "other",
	[LANE_BROKEN] = "broken",
};

static void set(json_t *object, const char *key, json_t *value)
{
	if (!value || json_object_set_new(object, key, value))
		out_of_memory();
}

static json_t *text_json(const char *text)
{
	char *plain = plain_text(text);
	json_t *json = json_text(plain);

	free(plain);
	return json;
}

static const char *name_of(const struct lanes *lanes, unsigned long object)
{
	size_t i;

	for (i = 0; i < lanes->nr_objects; i++)
		if (lanes->objects[i].object == object)
			return lanes->objects[i].name;
	return "";
}

static json_t *event_json(const struct lanes *lanes, const struct lane_event *event)
{
	json_t *json = json_object();

	set(json, "what", json_string(whats[event->what]));
	set(json, "lane", json_integer(event->lane));
	set(json, "block", json_boolean(event->block));
	set(json, "text", text_json(event->text));
	if (event->fatal)
		set(json, "fatal", json_true());
	if (event->line)
		set(json, "line", json_integer(event->line));
	if (event->object)
		set(json, "object", text_json(name_of(lanes, event->object)));
	if (event->what == LANE_COUNTER)
		set(json, "value", json_integer(event->value));
	if (event->what == LANE_TAKES)
		set(json, "held", json_boolean(event->held));
	return json;
}

static json_t *run_json(const struct lanes *lanes)
{
	json_t *json = json_object(), *names = json_array(), *events = json_array();
	char *again = NULL, *path = shell_word(lanes->program->path);
	size_t length = 0, i;

	append_format(&again, &length, "pinsim run %s --lanes --schedule %s", path,
		      lanes->result.token ? lanes->result.token : "(too long for a token)");
	free(path);
	set(json, "title", text_json(lanes->program->title));
	set(json, "file", text_json(lanes->program->path));
	set(json, "kernel", text_json(lanes->kernel->name));
	set(json, "verdict", json_string(lanes->result.failures ? "failed" : "held"));
	set(json, "again", text_json(again));
	for (i = 0; i < lanes->nr_lanes; i++)
		json_array_append_new(names, text_json(lanes->lanes[i].name));
	for (i = 0; i < lanes->nr_events; i++)
		json_array_append_new(events, event_json(lanes, &lanes->events[i]));
	set(json, "lanes", names);
	set(json, "events", events);
	free(again);
	return json;
}

void lanes_html(const struct lanes *lanes, FILE *out)
{
	json_t *json = run_json(lanes);
	char *text = json_dumps(json, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_ESCAPE_SLASH), *at;

	if (!text)
		out_of_memory();
	fputs(head, out);
	/* Nothing in a string may end the script that it stands in. */
	for (at = text; *at; at++) {
		if (*at == '<')
			fputs("\\u003c", out);
		else
			fputc(*at, out);
	}
	fputs(tail, out);
	free(text);
	json_decref(json);
}

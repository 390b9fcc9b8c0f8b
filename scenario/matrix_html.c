// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The matrix as one page of HTML that needs nothing beside itself. The table stands
 * in the page, so it can be read and searched without a script; the script filters
 * and folds. What changed against the release before is marked in the cell and said
 * in its tooltip.
 */
#include <stdlib.h>
#include <string.h>
#include "matrix_view.h"

static const char head[] =
	"<!DOCTYPE html>\n"
	"<html lang=\"en\">\n"
	"<meta charset=\"utf-8\">\n"
	"<meta name=\"viewport\" content=\"width=device-width\">\n"
	"<title>pinsim: what each kernel does</title>\n"
	"<style>\n"
	":root{color-scheme:light dark;--line:#8884;--pass:#1a7f37;--bug:#9a6700;--fail:#cf222e;--differs:#0969da;"
	"--back:#fff;--head:#f6f8fa}\n"
	"@media(prefers-color-scheme:dark){:root{--pass:#57ab5a;--bug:#d4a72c;--fail:#f47067;--differs:#6cb6ff;"
	"--back:#1c2128;--head:#2d333b}}\n"
	"body{font:14px/1.45 system-ui,sans-serif;margin:0;background:var(--back)}\n"
	"header{padding:.8em 1em .4em}h1{font-size:1.2em;margin:0 0 .4em}p{margin:.3em 0;max-width:70em}\n"
	"input,button{font:inherit}input[type=search]{min-width:18em;padding:.2em "
	".4em}label{margin-left:1em;white-space:nowrap}\n"
	"table{border-collapse:separate;border-spacing:0;margin:0 1em 2em}\n"
	"th,td{padding:.15em .6em;border-bottom:1px solid var(--line);text-align:left;white-space:nowrap}\n"
	"thead th{position:sticky;top:0;background:var(--head);z-index:2}\n"
	"th:first-child{position:sticky;left:0;background:var(--back);font-weight:400;max-width:28em;overflow:hidden;"
	"text-overflow:ellipsis}thead th:first-child{background:var(--head);font-weight:600;z-index:3}\n"
	"tr.folder{cursor:pointer}tr.folder th,tr.folder td{background:var(--head)}tr.folder th{font-weight:600}\n"
	"tr.folder th::before{content:'\\25be\\a0'}tbody.shut tr.folder th::before{content:'\\25b8\\a0'}\n"
	"tbody.shut tr.row{display:none}tr.hide{display:none!important}\n"
	".pass{color:var(--pass)}.bug{color:var(--bug);font-weight:600}.fail{color:var(--fail);font-weight:700}\n"
	".differs{color:var(--differs);font-weight:600}.na,.none{color:GrayText}\n"
	"td.new{box-shadow:inset 2px 0 var(--differs)}tr:hover td,tr:hover th{background:var(--head)}\n"
	"@media print{header input,header button,header label{display:none}thead th{position:static}}\n"
	"</style>\n";

static const char controls[] =
	"<p><input id=\"text\" type=\"search\" placeholder=\"a file, a title, a bug, an errno\" aria-label=\"filter\">"
	"<label><input type=\"checkbox\" data-kind=\"fail\"> fails</label>"
	"<label><input type=\"checkbox\" data-kind=\"bug\"> a known bug</label>"
	"<label><input type=\"checkbox\" data-kind=\"differs\"> a proposal differs</label>"
	"<label><input type=\"checkbox\" data-kind=\"new\"> changed on the way</label> "
	"<button id=\"shut\">fold all</button> <button id=\"open\">unfold all</button> <span id=\"count\"></span></p>\n"
	"<p>A cell is what the scenario comes to on that kernel; it says itself what it expects there. A bar on the "
	"left "
	"of a cell: results or counters are others than on the release before, or than on the proposal's base; the "
	"tooltip "
	"says which.</p></header>\n";

static const char script[] =
	"<script>\n"
	"const $ = id => document.getElementById(id), rows = [...document.querySelectorAll('tr.row')];\n"
	"const kinds = [...document.querySelectorAll('[data-kind]')];\n"
	"const filter = () => {\n"
	"  const words = $('text').value.toLowerCase().split(/\\s+/).filter(w => w);\n"
	"  const wanted = kinds.filter(k => k.checked).map(k => k.dataset.kind);\n"
	"  let shown = 0;\n"
	"  for (const row of rows) {\n"
	"    row.text = row.text || (row.textContent + ' ' + row.cells[0].title).toLowerCase();\n"
	"    const good = words.every(w => row.text.includes(w)) && wanted.every(k => row.querySelector('td.' + k));\n"
	"    row.classList.toggle('hide', !good); shown += good; }\n"
	"  for (const body of document.querySelectorAll('tbody')) {\n"
	"    const any = body.querySelector('tr.row:not(.hide)');\n"
	"    body.querySelector('tr.folder')?.classList.toggle('hide', !any);\n"
	"    if (words.length || wanted.length) body.classList.remove('shut'); }\n"
	"  $('count').textContent = shown + ' of ' + rows.length + ' rows'; };\n"
	"$('text').oninput = filter; kinds.forEach(k => k.onchange = filter);\n"
	"const all = shut => document.querySelectorAll('tr.folder')\n"
	"  .forEach(f => f.parentNode.classList.toggle('shut', shut));\n"
	"$('shut').onclick = () => all(true); $('open').onclick = () => all(false);\n"
	"for (const f of document.querySelectorAll('tr.folder'))\n"
	"  f.onclick = () => f.parentNode.classList.toggle('shut');\n"
	"if (rows.length > 100) all(true);\n"
	"filter();\n"
	"</script>\n";

static void put(FILE *out, const char *text)
{
	unsigned int bytes;

	for (; *text; text += bytes ? bytes : 1) {
		bytes = utf8_sequence(text, strlen(text));
		switch (*text) {
		case '&':
			fputs("&amp;", out);
			break;
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		default:
			fwrite(bytes ? text : "?", 1, bytes ? bytes : 1, out);
		}
	}
}

static const char *const classes[CELL_KINDS] = {
	[CELL_EXCLUDED] = "none", [CELL_PASS] = "pass",	      [CELL_BUG] = "bug",	    [CELL_FAIL] = "fail",
	[CELL_NA] = "na",	  [CELL_DIFFERS] = "differs", [CELL_NOT_MODELLED] = "none", [CELL_ERROR] = "fail",
};

static void put_cell(FILE *out, const struct cell *cell)
{
	fprintf(out, "<td class=\"%s%s\"", classes[cell->kind], cell->change ? " new" : "");
	if (cell->why || cell->change || cell->since) {
		fputs(" title=\"", out);
		if (cell->why)
			put(out, cell->why);
		if (cell->why && cell->change)
			fputs("; ", out);
		if (cell->change)
			put(out, cell->change);
		else if (cell->since && !cell->why)
			fprintf(out, "so since %s", cell->since);
		fputc('"', out);
	}
	fputc('>', out);
	put(out, cell->text);
	fputs("</td>", out);
}

static void put_row(const struct matrix *matrix, FILE *out, const struct matrix_row *row, const char *name)
{
	fputs("<tr class=\"row\"><th title=\"", out);
	put(out, row->title);
	fputs("\">", out);
	put(out, name);
	fputs("</th>", out);
	for (size_t i = 0; i < matrix->nr_for_all; i++)
		put_cell(out, &row->cells[i]);
	fputs("</tr>\n", out);
}

static void put_folder(const struct matrix *matrix, FILE *out, size_t first, size_t nr, size_t skip)
{
	size_t bytes = folder_bytes(matrix->rows[first].path);

	fputs("<tbody><tr class=\"folder\"><th>", out);
	if (bytes > skip)
		for (size_t i = skip; i <= bytes; i++)
			put(out, (char[]){matrix->rows[first].path[i], '\0'});
	else
		fputs("./", out);
	fprintf(out, " (%zu)</th>", nr);
	for (size_t i = 0; i < matrix->nr_for_all; i++) {
		struct shown_cell cell;

		sum_up(matrix, first, nr, i, &cell);
		fprintf(out, "<td class=\"%s\">%s</td>", classes[cell.kind], cell.text);
		free(cell.text);
	}
	fputs("</tr>\n", out);
	for (size_t i = first; i < first + nr; i++)
		put_row(matrix, out, &matrix->rows[i], matrix->rows[i].path + (bytes ? bytes + 1 : 0));
	fputs("</tbody>\n", out);
}

static void put_folders(const struct matrix *matrix, FILE *out)
{
	size_t skip = shared_folder(matrix), i, nr;

	for (i = 0; i < matrix->nr_rows; i += nr) {
		const char *path = matrix->rows[i].path;
		size_t bytes = folder_bytes(path);

		for (nr = 1; i + nr < matrix->nr_rows && folder_bytes(matrix->rows[i + nr].path) == bytes &&
			     !memcmp(matrix->rows[i + nr].path, path, bytes);
		     nr++)
			;
		put_folder(matrix, out, i, nr, skip);
	}
}

/* Kernels with a bug put back or taken away, which are for the files that name them. */
static void put_own(const struct matrix *matrix, FILE *out)
{
	size_t skip = shared_folder(matrix);

	if (matrix->nr_for_all == matrix->columns.nr)
		return;
	fputs("<table><thead><tr><th>with a bug put back, or taken away</th><th>kernel</th><th></th></tr></thead>\n"
	      "<tbody>\n",
	      out);
	for (size_t row = 0; row < matrix->nr_rows; row++)
		for (size_t i = matrix->nr_for_all; i < matrix->columns.nr; i++) {
			if (matrix->rows[row].cells[i].kind == CELL_EXCLUDED)
				continue;
			fputs("<tr class=\"row\"><th title=\"", out);
			put(out, matrix->rows[row].title);
			fputs("\">", out);
			put(out, matrix->rows[row].path + skip);
			fprintf(out, "</th><td>%s</td>", matrix->columns.kernels[i]->name);
			put_cell(out, &matrix->rows[row].cells[i]);
			fputs("</tr>\n", out);
		}
	fputs("</tbody></table>\n", out);
}

void matrix_print_html(const struct matrix *matrix, FILE *out)
{
	fputs(head, out);
	fputs("<header><h1>What each kernel does with each scenario</h1>\n<p>", out);
	matrix_print_summary(matrix, out);
	fputs("</p>\n", out);
	fputs(controls, out);
	fputs("<table><thead><tr><th>scenario</th>", out);
	for (size_t i = 0; i < matrix->nr_for_all; i++) {
		fputs("<th title=\"", out);
		put(out, matrix->columns.kernels[i]->kernel.what);
		fprintf(out, "\">%s</th>", matrix->columns.kernels[i]->name);
	}
	fputs("</tr></thead>\n", out);
	put_folders(matrix, out);
	fputs("</table>\n", out);
	put_own(matrix, out);
	fputs(script, out);
	fputs("</html>\n", out);
}

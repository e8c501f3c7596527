/* What lies over a page: help, the search, how a value came about. */
#include "base/arena.h"
#include "base/lang.h"
#include "base/text.h"
#include "ctl/draw_i.h"
#include "ctl/keys.h"
#include "ctl/search.h"

#include <stdlib.h>
#include <string.h>

/* Lines that are wrapped take more rows than they are lines: the last half screen is the furthest.
 */
static size_t
scroll_top(size_t scroll, size_t count, size_t rows)
{
	size_t most = count > rows / 2 ? count - rows / 2 : 0;

	return scroll < most ? scroll : most;
}

void
draw_help(const struct shot *s, const struct area *a)
{
	size_t count = key_count + 1 + sign_count,
	       top = scroll_top(s->live->scroll, count, a->rows);
	size_t row = 0;

	for (size_t i = top; i < count && row < a->rows; i++) {
		const char *name = i < key_count    ? _(keys[i].name)
				   : i == key_count ? ""
						    : _(signs[i - key_count - 1].sign);
		const char *what = i < key_count    ? _(keys[i].what)
				   : i == key_count ? ""
						    : _(signs[i - key_count - 1].what);

		area_put(a, row, 1, STYLE_KEY, "%s", name);
		size_t next = area_wrap(a, row, 13, STYLE_PLAIN, what);
		row = next > row ? next : row + 1;
	}
	draw_more(a, 0, top, a->rows, count);
}

void
draw_explain(const struct shot *s, const struct area *a)
{
	const struct live *l = s->live;
	struct area text = area_part(a, 1, 0, a->rows, a->columns);
	size_t top = scroll_top(l->scroll, l->explain_count, text.rows), row = 0;

	draw_heading(a, 0, _("%s   (Esc: back)"), l->explain_path);
	if (l->explain_count == 0)
		area_put(&text, 0, 1, STYLE_DIM, _("Asking facilityd ..."));
	for (size_t i = top; i < l->explain_count && row < text.rows; i++) {
		const char *line = l->explain[i];
		size_t indent = strspn(line, " ");
		size_t next = area_wrap(&text, row, 1 + indent, STYLE_PLAIN, line + indent);

		row = next > row ? next : row + 1;
	}
}

/* ---- search --------------------------------------------------------------------------------- */

static void
draw_hit(const struct shot *s, const struct area *a, size_t row, const struct hit *h)
{
	static const char *const kinds[] = {[HIT_ALARM] = N_("alarm"),
	    [HIT_DEVICE] = N_("device"),
	    [HIT_ZONE] = N_("zone"),
	    [HIT_POINT] = N_("point")};
	const struct view_point *p = h->kind == HIT_POINT ? view_point_at(s->view, h->path) : NULL;
	size_t title = a->columns >= WIDE_COLUMNS ? 60 : 44;

	area_put(a, row, 1, STYLE_DIM, "%s", _(kinds[h->kind]));
	area_cut(a, row, 9, STYLE_PLAIN, title - 10, h->path);
	size_t column = area_rest(a, row, title, STYLE_DIM, h->title);
	if (p != NULL)
		area_rest(a, row, column + 2, p->good ? STYLE_PLAIN : STYLE_WARN, p->value);
}

void
draw_search(const struct shot *s, const struct area *a)
{
	const struct search *find = &s->live->search;
	struct hit *hits = xcalloc(SEARCH_HITS_MAX, sizeof(*hits));
	size_t count = search(s->view, find->text, hits, SEARCH_HITS_MAX);
	size_t column = area_put(a, 0, 1, STYLE_KEY, _("Search: "));
	struct area list = area_part(a, 2, 0, a->rows, a->columns);
	struct pick pick = find->pick;
	struct rows rows = {0};

	column = area_rest(a, 0, column, STYLE_PLAIN, find->text);
	a->canvas->has_caret = true;
	a->canvas->caret_row = a->top;
	a->canvas->caret_column = a->left + (column < a->columns ? column : a->columns - 1);
	area_put(a, 1, 1, STYLE_DIM, "%s",
	    find->text[0] == '\0' ? _("a part of a name or title; Enter goes there, Esc back")
	    : count == 0          ? _("nothing has such a name")
				  : "");
	for (size_t i = 0; i < count; i++)
		rows_add(&rows, ROW_HIT, hits[i].key, &hits[i]);
	pick_settle(&pick, &rows);
	size_t top = pick_top(&pick, count, list.rows);
	for (size_t i = 0; i < list.rows && top + i < count; i++) {
		draw_hit(s, &list, i, &hits[top + i]);
		if (strcmp(hits[top + i].key, pick.name) == 0 ||
		    (pick.name[0] == '\0' && top + i == 0))
			area_bar(&list, i, STYLE_SELECTED);
	}
	if (count > 0)
		draw_more(a, 1, top, list.rows, count);
	rows_free(&rows);
	free(hits);
}

#include "ctl/pick.h"

#include "base/arena.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct row *
add(struct rows *r)
{
	if (r->count == r->room) {
		r->room = r->room * 2 + 64;
		r->row = xrealloc(r->row, r->room, sizeof(*r->row));
	}
	struct row *row = &r->row[r->count++];
	memset(row, 0, sizeof(*row));
	return row;
}

struct row *
rows_add(struct rows *r, enum row_kind kind, const char *name, const void *thing)
{
	struct row *row = add(r);

	row->kind = kind;
	row->name = name;
	row->thing = thing;
	return row;
}

void
rows_heading(struct rows *r, const char *fmt, ...)
{
	struct row *row = add(r);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(row->heading, sizeof(row->heading), fmt, ap);
	va_end(ap);
}

void
rows_free(struct rows *r)
{
	free(r->row);
	*r = (struct rows){0};
}

static bool
is_at(const struct pick *p, const struct rows *r, size_t i)
{
	return i < r->count && r->row[i].name != NULL && strcmp(r->row[i].name, p->name) == 0;
}

void
pick_settle(struct pick *p, const struct rows *r)
{
	if (p->name[0] == '\0' || is_at(p, r, p->index))
		return;
	for (size_t i = 0; i < r->count; i++)
		if (is_at(p, r, i)) {
			p->index = i;
			return;
		}
	p->name[0] = '\0';
}

static void
choose(struct pick *p, const struct rows *r, size_t i)
{
	p->index = i;
	text_copy(p->name, sizeof(p->name), r->row[i].name);
}

/* The nearest row that can be chosen, from i on in this direction; count: there is none. */
static size_t
nearest(const struct rows *r, size_t i, int direction)
{
	while (i < r->count && r->row[i].name == NULL)
		i = direction > 0 ? i + 1 : i > 0 ? i - 1 : r->count;
	return i;
}

void
pick_move(struct pick *p, const struct rows *r, int step)
{
	long long last = (long long)r->count - 1;
	long long at = (long long)p->index < last ? (long long)p->index : last;

	if (r->count == 0)
		return;
	if (step == PICK_FIRST || step == PICK_LAST)
		at = step == PICK_FIRST ? 0 : last;
	else if (p->name[0] != '\0')
		at += step;
	at = at < 0 ? 0 : at > last ? last : at;
	int direction = step == PICK_FIRST ? 1 : step == PICK_LAST ? -1 : step;
	size_t i = nearest(r, (size_t)at, direction);
	if (i == r->count)
		i = nearest(r, (size_t)at, -direction);
	if (i != r->count)
		choose(p, r, i);
}

void
pick_name(struct pick *p, const struct rows *r, const char *name)
{
	text_copy(p->name, sizeof(p->name), name);
	pick_settle(p, r);
}

const struct row *
pick_row(const struct pick *p, const struct rows *r)
{
	return is_at(p, r, p->index) ? &r->row[p->index] : NULL;
}

size_t
pick_top(const struct pick *p, size_t count, size_t shown)
{
	size_t half = shown / 2;

	if (count <= shown || p->index < half)
		return 0;
	return p->index - half + shown > count ? count - shown : p->index - half;
}

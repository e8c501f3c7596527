/* What the pages have in common: times, alarms and devices in few columns. */
#include "base/lang.h"
#include "base/text.h"
#include "ctl/draw_i.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *
draw_time(wall_t t, wall_t now, char buf[WALL_TEXT_MAX])
{
	char today[WALL_TEXT_MAX];

	if (t.us == 0) {
		text_copy(buf, WALL_TEXT_MAX, "--:--:--");
		return buf;
	}
	wall_local(t, buf);
	wall_local(now, today);
	if (strncmp(buf, today, 10) == 0)
		memmove(buf, buf + 11, strlen(buf + 11) + 1);
	else {
		memmove(buf, buf + 5, 11); /* "11-21 18:00" */
		buf[11] = '\0';
	}
	return buf;
}

const char *
draw_age(wall_t t, wall_t now, char buf[DURATION_MAX])
{
	buf[0] = '\0';
	return t.us != 0 ? words_duration((now.us - t.us) / 1000000, buf) : buf;
}

const char *
draw_word(const char *word)
{
	/* Those that the agent's own tables do not mark for the catalogues. */
	static const char *const marked[] = {N_("online"), N_("failing"), N_("lost"), N_("unknown"),
	    N_("operator"), N_("system"), N_("trap"), N_("access"), N_("gap"), N_("green"),
	    N_("amber"), N_("red"), N_("buzzer"), N_("relay")};

	(void)marked;
	return _(word);
}

const char *
draw_name(const struct area *a, const char *title, const char *name)
{
	return title[0] != '\0' && canvas_has(a->canvas, title) ? title : name;
}

/* ---- alarms --------------------------------------------------------------------------------- */

const char *
draw_priority(enum priority p)
{
	static const char *const words[PRIORITY_COUNT] = {
	    [PRIORITY_LOW] = N_("low"),
	    [PRIORITY_MEDIUM] = N_("medium"),
	    [PRIORITY_HIGH] = N_("HIGH"),
	    [PRIORITY_CRITICAL] = N_("CRITICAL"),
	};
	return _(words[p]);
}

wall_t
draw_alarm_begin(const struct view_alarm *a)
{
	return a->raised.us != 0 ? a->raised : a->order.since;
}

/* What stands in the place of the priority of an alarm that asks for nothing now; NULL: it asks. */
static const char *
aside_word(enum alarm_phase phase)
{
	static const char *const words[ALARM_PHASE_COUNT] = {
	    [ALARM_SUPPRESSED] = N_("symptom"),
	    [ALARM_SHELVED] = N_("shelved"),
	    [ALARM_OUT_OF_SERVICE] = N_("service"),
	};
	return words[phase] != NULL ? _(words[phase]) : NULL;
}

const char *
draw_alarm_word(const struct view_alarm *a)
{
	const char *aside = aside_word(a->order.phase);

	return aside != NULL ? aside : draw_priority(a->order.priority);
}

enum style
draw_alarm_style(const struct view_alarm *a)
{
	if (view_aside(a))
		return STYLE_DIM;
	if (a->order.priority < PRIORITY_HIGH)
		return STYLE_WARN;
	return words_alarm_waits(a->order.phase) ? STYLE_NEW : STYLE_ALARM;
}

size_t
draw_alarm_mark(const struct area *a, size_t row, size_t column, const struct view_alarm *alarm)
{
	if (!words_alarm_waits(alarm->order.phase))
		return column + 1;
	return area_put(a, row, column, STYLE_BLINK, "!");
}

void
draw_alarm_row(
    const struct shot *s, const struct area *a, size_t row, const struct view_alarm *alarm)
{
	char age[DURATION_MAX], more[48] = "";
	size_t edge = a->columns;

	draw_alarm_mark(a, row, 1, alarm);
	area_put(a, row, 2, draw_alarm_style(alarm), "%-8s", draw_alarm_word(alarm));
	area_right(a, row, 21, STYLE_DIM, draw_age(draw_alarm_begin(alarm), s->now, age));
	if (alarm->symptom_count > 0) {
		text_printf(more, sizeof(more),
		    lang_count(alarm->symptom_count, " +%zu symptom", " +%zu symptoms"),
		    alarm->symptom_count);
		edge = edge > words_width(more) + 30 ? edge - words_width(more) : edge;
	}
	area_cut(a, row, 23, STYLE_PLAIN, edge > 23 ? edge - 23 : 0,
	    draw_name(a, alarm->text, alarm->path));
	if (edge < a->columns)
		area_put(a, row, edge, STYLE_DIM, "%s", more);
}

/* ---- devices -------------------------------------------------------------------------------- */

enum style
draw_device_style(const struct shot *s, const struct view_device *d)
{
	if (!s->view->connected || strcmp(d->state, "unknown") == 0)
		return STYLE_DIM;
	if (!view_device_bad(d))
		return STYLE_GOOD;
	return strcmp(d->state, "lost") == 0 ? STYLE_ALARM : STYLE_WARN;
}

size_t
draw_device_mark(const struct shot *s, const struct area *a, size_t row, size_t column,
    const struct view_device *d)
{
	static const struct {
		const char *state, *mark;
	} marks[] = {
	    {"online", "●"},
	    {"failing", "◐"},
	    {"lost", "✕"},
	    {"unknown", "○"},
	};
	const struct view_alarm *alarm =
	    d->worst_alarm != VIEW_NONE ? &s->view->alarms[d->worst_alarm] : NULL;
	size_t i = 0;

	if (alarm != NULL && words_alarm_waits(alarm->order.phase))
		return area_put(a, row, column, STYLE_BLINK, "!");
	if (d->service_until.us != 0)
		return area_put(a, row, column, STYLE_WARN, "◇");
	if (alarm != NULL && !view_device_bad(d))
		return area_put(a, row, column, draw_alarm_style(alarm), "▲");
	while (i + 1 < sizeof(marks) / sizeof(marks[0]) && strcmp(marks[i].state, d->state) != 0)
		i++;
	return area_put(a, row, column, draw_device_style(s, d), "%s", marks[i].mark);
}

void
draw_key_points(
    const struct area *a, size_t row, size_t column, const struct view_device *d, bool titles)
{
	char text[VIEW_VALUE_MAX + 128];

	for (size_t k = 0; k < VIEW_KEY_POINTS && d->key_points[k][0] != '\0'; k++) {
		const struct view_point *p = view_point(d, d->key_points[k]);

		if (p == NULL)
			continue;
		text_printf(text, sizeof(text), "%s ", draw_name(a, p->title, p->name));
		size_t wide = (titles ? words_width(text) : 0) + words_width(p->value);
		if (column + wide > a->columns)
			continue;
		if (titles)
			column = area_put(a, row, column, STYLE_DIM, "%s", text);
		column =
		    area_put(a, row, column, p->good ? STYLE_PLAIN : STYLE_WARN, "%s", p->value);
		column += titles ? 3 : 2;
	}
}

/* ---- pieces --------------------------------------------------------------------------------- */

void
draw_heading(const struct area *a, size_t row, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	area_rest(a, row, 1, STYLE_SECTION, text);
	area_bar(a, row, STYLE_SECTION);
}

size_t
draw_labelled(const struct area *a, size_t row, const char *label, const char *text)
{
	if (text[0] == '\0')
		return row;
	area_put(a, row, 1, STYLE_DIM, "%s", label);
	return area_wrap(a, row, 10, STYLE_PLAIN, text);
}

void
draw_more(const struct area *a, size_t row, size_t top, size_t shown, size_t count)
{
	char text[64];

	if (count <= shown)
		return;
	text_printf(text, sizeof(text), _(" %zu-%zu of %zu "), top + 1, top + shown, count);
	area_right(a, row, a->columns, STYLE_SECTION, text);
}

size_t
draw_filter(const struct area *a, size_t row, const struct filter *f)
{
	size_t column;

	if (f->text[0] == '\0' && f->least == PRIORITY_LOW)
		return row;
	column = area_put(a, row, 1, STYLE_WARN, _("only"));
	if (f->text[0] != '\0')
		column = area_put(a, row, column, STYLE_WARN, " \"%s\"", f->text);
	if (f->least != PRIORITY_LOW)
		column = area_put(a, row, column, STYLE_WARN, _(" priority %s and above"),
		    _(priority_word(f->least)));
	area_put(a, row, column, STYLE_DIM, _("   (Esc: everything)"));
	return row + 1;
}

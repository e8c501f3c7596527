/* Keys of the live screen, but for those of a prompt and of the search. */
#include "base/lang.h"
#include "base/text.h"
#include "ctl/live_i.h"

#include <stdio.h>
#include <string.h>

#define OLDER_EVENTS 200
/* After so long without a key the end of what was pasted is not waited for any more. */
#define PASTE_MS 1000

void
live_go(struct live *l, enum page page)
{
	if (l->page != PAGE_HELP)
		l->back = l->page;
	l->page = page;
	l->open = false;
	l->scroll = 0;
	l->explain_path[0] = '\0';
	l->asked_at = (mono_t){0}; /* what this page wants is asked for at once */
	if (page != PAGE_ALARMS || l->pick[PAGE_ALARMS].name[0] != '\0')
		return;
	/* Who comes to the alarms wants to know about the first one. */
	struct rows rows = live_rows(l);
	pick_move(&l->pick[PAGE_ALARMS], &rows, PICK_FIRST);
	rows_free(&rows);
}

void
live_open_device(struct live *l, const char *device)
{
	live_go(l, PAGE_DEVICES);
	text_copy(l->device, sizeof(l->device), device);
	text_copy(l->pick[PAGE_DEVICES].name, sizeof(l->pick[PAGE_DEVICES].name), device);
	l->point = (struct pick){0};
}

/* ---- moving --------------------------------------------------------------------------------- */

static void
ask_older(struct live *l)
{
	const struct view *v = l->view;

	if (v->event_count == 0 || v->events_all || asks_has(&l->asks, ASK_EVENTS))
		return;
	if (v->event_count == VIEW_EVENTS) {
		live_say(l, false, _("older events: facilityctl events -n 100000"));
		return;
	}
	asks_add(&l->asks, ASK_EVENTS, "",
	    json_pack("{s:s, s:I, s:i}", "cmd", "events", "before", (json_int_t)v->events[0].first,
		"n", OLDER_EVENTS));
}

/* Up and down of a text that is longer than the screen. */
static void
scroll(struct live *l, int step)
{
	if (step == PICK_FIRST)
		l->scroll = 0;
	else if (step < 0)
		l->scroll = l->scroll > (size_t)-step ? l->scroll - (size_t)-step : 0;
	else if (step != PICK_LAST && l->scroll < 10000)
		l->scroll += (size_t)step;
}

static void
move(struct live *l, int step)
{
	struct pick *p = live_pick(l);

	if (p == NULL || l->open || l->explain_path[0] != '\0') {
		scroll(l, step);
		return;
	}
	/* The end of the events is the newest one, whichever that will be. */
	if (l->page == PAGE_EVENTS && step == PICK_LAST) {
		*p = (struct pick){0};
		return;
	}
	struct rows rows = live_rows(l);
	pick_settle(p, &rows);
	if (l->page == PAGE_EVENTS && p->name[0] == '\0' && rows.count > 0)
		p->index = rows.count - 1;
	pick_move(p, &rows, step);
	if (l->page == PAGE_EVENTS && p->index < l->page_rows)
		ask_older(l);
	rows_free(&rows);
}

/* ---- deeper and back ------------------------------------------------------------------------ */

static void
enter_overview(struct live *l)
{
	const struct pick *p = &l->pick[PAGE_OVERVIEW];

	if (p->name[0] == '@') {
		text_copy(l->filter[PAGE_DEVICES].text, sizeof(l->filter[PAGE_DEVICES].text),
		    p->name + 1);
		live_go(l, PAGE_DEVICES);
		l->device[0] = '\0';
	} else if (view_device(l->view, p->name) != NULL)
		live_open_device(l, p->name);
}

static void
enter(struct live *l)
{
	const char *name = live_chosen(l);

	if (name[0] == '\0') {
		live_say(l, false, _("choose something with the arrow keys first"));
		return;
	}
	l->scroll = 0;
	if (l->page == PAGE_OVERVIEW)
		enter_overview(l);
	else if (l->page == PAGE_ALARMS)
		l->open = !l->open;
	else if (l->page == PAGE_DEVICES && l->device[0] == '\0')
		live_open_device(l, name);
}

static void
back(struct live *l)
{
	struct filter *f = &l->filter[l->page];

	l->scroll = 0;
	if (l->explain_path[0] != '\0')
		l->explain_path[0] = '\0';
	else if (l->open)
		l->open = false;
	else if (l->page == PAGE_HELP)
		l->page = l->back;
	else if (l->page == PAGE_DEVICES && l->device[0] != '\0')
		l->device[0] = '\0';
	else if (f->text[0] != '\0' || f->least != PRIORITY_LOW)
		*f = (struct filter){0};
}

/* ---- keys of one page ----------------------------------------------------------------------- */

static void
set_filter(struct live *l, const char *text)
{
	text_copy(l->filter[l->page].text, sizeof(l->filter[l->page].text), text);
}

static void
ask_filter(struct live *l)
{
	if (l->page == PAGE_ALARMS || l->page == PAGE_EVENTS ||
	    (l->page == PAGE_DEVICES && l->device[0] == '\0'))
		live_ask_person(l, _("Show only lines with these words:"), l->filter[l->page].text,
		    set_filter, set_filter);
	else
		live_say(
		    l, false, _("alarms, devices and events have a filter; / searches everything"));
}

static void
next_priority(struct live *l)
{
	struct filter *f = &l->filter[l->page];

	if (l->page != PAGE_ALARMS && l->page != PAGE_EVENTS)
		return;
	f->least = f->least + 1 < PRIORITY_COUNT ? f->least + 1 : PRIORITY_LOW;
	live_say(l, false,
	    f->least == PRIORITY_LOW ? _("every priority") : _("priority %s and above"),
	    _(priority_word(f->least)));
}

/* "device/point" of the point that is chosen; false: none is. */
static bool
chosen_point(const struct live *l, char path[VIEW_PATH_MAX])
{
	const struct view_alarm *a = live_alarm(l);
	const char *name = live_chosen(l);

	path[0] = '\0';
	if (l->page == PAGE_TRENDS)
		text_copy(path, VIEW_PATH_MAX, name);
	else if (l->page == PAGE_DEVICES && l->device[0] != '\0' && name[0] != '\0')
		text_printf(path, VIEW_PATH_MAX, "%s/%s", l->device, name);
	else if (a != NULL && a->point[0] != '\0')
		text_printf(path, VIEW_PATH_MAX, "%s/%s", a->device, a->point);
	return path[0] != '\0';
}

static void
ask_explain(struct live *l)
{
	char path[VIEW_PATH_MAX];

	if (!chosen_point(l, path)) {
		live_say(l, false, _("choose a point of a device first (3, enter, arrow keys)"));
		return;
	}
	text_copy(l->explain_path, sizeof(l->explain_path), path);
	l->explain_count = 0;
	l->scroll = 0;
	asks_add(
	    &l->asks, ASK_EXPLAIN, path, json_pack("{s:s, s:s}", "cmd", "explain", "point", path));
}

static void
toggle_trend(struct live *l)
{
	char path[VIEW_PATH_MAX];

	if (!chosen_point(l, path))
		live_say(l, false, _("choose a point of a device first (3, enter, arrow keys)"));
	else if (trends_find(&l->trends, path) != NULL) {
		trends_drop(&l->trends, path);
		live_say(l, false, _("%s is no longer among the trends"), path);
	} else if (trends_add(&l->trends, path) == NULL)
		live_say(l, true, _("there are %d trends already; t on page 4 takes one away"),
		    TRENDS_MAX);
	else
		live_say(l, false, _("%s is drawn on page 4"), path);
}

static void
change_window(struct live *l, int step)
{
	struct trends *t = &l->trends;

	if (l->page != PAGE_TRENDS)
		return;
	if (step > 0 && t->window + 1 < trend_window_count)
		t->window++;
	else if (step < 0 && t->window > 0)
		t->window--;
	else
		return;
	for (size_t i = 0; i < t->count; i++)
		t->list[i].has_past = t->list[i].too_much = false;
}

static void
walk(struct live *l, int step)
{
	int pages = PAGE_HELP; /* not among those that are walked through */
	int page = l->page == PAGE_HELP ? (int)l->back : (int)l->page;

	live_go(l, (enum page)((page + step + pages) % pages));
}

static bool
moving_key(struct live *l, int key)
{
	int rows = l->page_rows > 1 ? (int)l->page_rows - 1 : 1;

	switch (key) {
	case LIVE_KEY_UP:
	case 'k':
		move(l, -1);
		return true;
	case LIVE_KEY_DOWN:
	case 'j':
		move(l, 1);
		return true;
	case LIVE_KEY_PAGE_UP:
	case 2: /* ^B */
		move(l, -rows);
		return true;
	case LIVE_KEY_PAGE_DOWN:
	case 6: /* ^F */
	case ' ':
		move(l, rows);
		return true;
	case LIVE_KEY_HOME:
	case 'g':
		move(l, PICK_FIRST);
		return true;
	case LIVE_KEY_END:
	case 'G':
		move(l, PICK_LAST);
		return true;
	default:
		return false;
	}
}

static bool
page_key(struct live *l, int key)
{
	switch (key) {
	case LIVE_KEY_TAB:
	case LIVE_KEY_RIGHT:
		walk(l, 1);
		return true;
	case LIVE_KEY_BACK_TAB:
	case LIVE_KEY_LEFT:
		walk(l, -1);
		return true;
	case '?':
	case 'h':
		if (l->page != PAGE_HELP)
			live_go(l, PAGE_HELP);
		return true;
	case LIVE_KEY_ENTER:
	case 'd':
		enter(l);
		return true;
	case LIVE_KEY_ESCAPE:
	case LIVE_KEY_ERASE:
		back(l);
		return true;
	default:
		break;
	}
	if (key < '1' || key > '5')
		return false;
	/* The number of the page that is shown already leads to its beginning. */
	if ((int)l->page == key - '1')
		l->device[0] = '\0';
	live_go(l, (enum page)(key - '1'));
	return true;
}

static void
other_key(struct live *l, int key)
{
	switch (key) {
	case 'q':
		l->quit = true;
		break;
	case '/':
		l->search = (struct search){.open = true};
		break;
	case 'N':
		live_ask_name(l);
		break;
	case 'f':
		ask_filter(l);
		break;
	case 'p':
		next_priority(l);
		break;
	case 'e':
		ask_explain(l);
		break;
	case 't':
		toggle_trend(l);
		break;
	case '+':
	case '=':
		change_window(l, -1);
		break;
	case '-':
		change_window(l, 1);
		break;
	default:
		break;
	}
}

/*
 * What is pasted is no row of keys: an "A" and a "y" in it would acknowledge every alarm. Into a
 * line that is being typed it goes, without what would end the line. true: the key is done with.
 */
static bool
take_pasted(struct live *l, int key)
{
	bool typing = l->search.open || (l->prompt.done != NULL && !l->prompt.one_key);

	if (key == LIVE_KEY_PASTE_END) {
		l->paste_until = (mono_t){0};
		return true;
	}
	if (key != LIVE_KEY_PASTE && !mono_before(l->now, l->paste_until))
		return false;
	l->paste_until = mono_add_ms(l->now, PASTE_MS);
	if (!typing)
		live_say(l, false, _("what is pasted does nothing here: press keys"));
	return !typing || key < ' ' || key >= LIVE_KEY_UP;
}

void
live_key(struct live *l, int key)
{
	view_settle(l->view);
	live_close_ended(l);
	if (take_pasted(l, key))
		return;
	l->message[0] = '\0';
	if (l->prompt.done != NULL)
		live_prompt_key(l, key);
	else if (l->search.open)
		live_search_key(l, key);
	else if (!moving_key(l, key) && !page_key(l, key) && !live_act_key(l, key))
		other_key(l, key);
}

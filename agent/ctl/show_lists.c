/* Devices, points, alarms and events. */
#include "base/arena.h"
#include "base/lang.h"
#include "base/text.h"
#include "ctl/grid.h"
#include "ctl/show.h"
#include "ctl/words.h"

#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

void
show_text_cell(struct grid *t, const json_t *object, const char *key)
{
	char text[WORDS_MAX];

	grid_cell(t, "%s", words_text(object, key, text, sizeof(text)));
}

/* "DEVICE/name" of two keys. */
static void
path_cell(struct grid *t, const json_t *object, const char *key)
{
	char device[128], name[128];

	grid_cell(t, "%s/%s", words_text(object, "device", device, sizeof(device)),
	    words_text(object, key, name, sizeof(name)));
}

/* Empty but for a device that people work on. */
static void
maintenance_cell(struct grid *t, const json_t *device)
{
	const json_t *m = json_object_get(device, "maintenance");
	char until[WALL_TEXT_MAX];

	grid_cell(t, "%s", m != NULL ? words_local(m, "until", until) : "");
}

void
show_devices_text(const json_t *answer, FILE *out)
{
	static const struct column columns[] = {
	    {N_("DEVICE"), 0},
	    {N_("STATE"), 0},
	    {N_("SINCE"), 0},
	    {N_("MAINTENANCE UNTIL"), 0},
	    {N_("GOOD"), 1},
	    {N_("KIND"), 0},
	    {N_("LINK"), 0},
	    {N_("ZONE"), 0},
	    {N_("TITLE"), 0},
	    {N_("WHY"), 0},
	};
	struct grid *t = grid_new(columns, COUNT(columns));
	const json_t *d;
	char since[WALL_TEXT_MAX], state[64];
	size_t i;

	json_array_foreach(json_object_get(answer, "devices"), i, d)
	{
		show_text_cell(t, d, "device");
		grid_cell(t, "%s", words_word(d, "state", state, sizeof(state)));
		grid_cell(t, "%s", words_local(d, "since", since));
		maintenance_cell(t, d);
		grid_cell(t, "%lld/%lld", words_count(d, "points_good"), words_count(d, "points"));
		show_text_cell(t, d, "kind");
		show_text_cell(t, d, "link");
		show_text_cell(t, d, "zone");
		show_text_cell(t, d, "title");
		show_text_cell(t, d, "fault");
	}
	grid_print(t, out);
	grid_free(t);
}

void
show_points_text(const json_t *answer, FILE *out)
{
	static const struct column columns[] = {
	    {N_("POINT"), 0},
	    {N_("VALUE"), 1},
	    {N_("READ"), 0},
	    {N_("QUALITY"), 0},
	    {N_("TITLE"), 0},
	};
	const json_t *points = json_object_get(answer, "points"), *p;
	struct grid *t = grid_new(columns, COUNT(columns));
	char text[WORDS_MAX], time[WALL_TEXT_MAX];
	size_t i;

	json_array_foreach(points, i, p)
	{
		path_cell(t, p, "point");
		grid_cell(t, "%s", words_value(p, text, sizeof(text)));
		grid_cell(t, "%s", words_local(p, "time", time));
		grid_cell(t, "%s", words_quality(p, text, sizeof(text)));
		show_text_cell(t, p, "title");
	}
	if (json_array_size(points) > 0)
		grid_print(t, out);
	else
		fprintf(out, _("no point has such a name\n"));
	grid_free(t);
}

static void
upper(char *s)
{
	for (; *s != '\0'; s++)
		if (*s >= 'a' && *s <= 'z')
			*s = (char)(*s - 'a' + 'A');
}

/* "  Remedy:  ..." where there is something to say. */
static void
labelled(const json_t *object, const char *key, const char *label, FILE *out)
{
	char text[WORDS_MAX], padded[64];

	words_text(object, key, text, sizeof(text));
	if (text[0] != '\0')
		fprintf(out, "  %s %s\n", words_pad(label, 8, padded, sizeof(padded)), text);
}

static void
alarm_text(const json_t *a, FILE *out)
{
	char device[128], name[128], state[64], word[64], priority[64], who[128],
	    since[WALL_TEXT_MAX], text[WORDS_MAX];

	words_text(a, "device", device, sizeof(device));
	words_text(a, "alarm", name, sizeof(name));
	words_text(a, "state", state, sizeof(state));
	words_word(a, "state", word, sizeof(word));
	words_word(a, "priority", text, sizeof(text));
	upper(text);
	words_pad(text, 8, priority, sizeof(priority));
	words_text(a, "who", who, sizeof(who));
	words_text(a, "text", text, sizeof(text));
	fprintf(out, "%s  %s/%s  %s", priority, device, name, word);
	if (strcmp(state, "normal") != 0)
		fprintf(out, _(" since %s"), words_local(a, "since", since));
	if (who[0] != '\0' && strstr(state, "unacknowledged") == NULL)
		fprintf(out, " (%s)", who);
	fprintf(out, "\n  %s\n", text);
	if (strcmp(state, "normal") == 0)
		return;
	labelled(a, "cause", _("cause:"), out);
	labelled(a, "impact", _("impact:"), out);
	labelled(a, "remedy", _("remedy:"), out);
}

struct listed {
	const json_t *alarm;
};

/* Waiting ones first, then the graver, then the newer, as on the live screen. */
static int
compare_alarms(const void *a, const void *b)
{
	struct alarm_order x = words_alarm_order(((const struct listed *)a)->alarm);
	struct alarm_order y = words_alarm_order(((const struct listed *)b)->alarm);

	return words_alarm_compare(&x, &y);
}

void
show_alarms_text(const json_t *answer, FILE *out)
{
	const json_t *alarms = json_object_get(answer, "alarms");
	size_t count = json_array_size(alarms);
	struct listed *sorted = xcalloc(count > 0 ? count : 1, sizeof(*sorted));

	for (size_t i = 0; i < count; i++)
		sorted[i].alarm = json_array_get(alarms, i);
	qsort(sorted, count, sizeof(*sorted), compare_alarms);
	if (count == 0)
		fprintf(out, _("no active alarm\n"));
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			fputc('\n', out);
		alarm_text(sorted[i].alarm, out);
	}
	free(sorted);
}

void
show_event_text(const json_t *e, FILE *out)
{
	char time[WALL_TEXT_MAX], priority[64], text[WORDS_MAX], what[128], clock[32];

	words_word(e, "priority", text, sizeof(text));
	words_pad(text, 8, priority, sizeof(priority));
	words_text(e, "device", what, sizeof(what));
	if (what[0] == '\0')
		words_text(e, "type", what, sizeof(what));
	words_text(e, "clock", clock, sizeof(clock));
	words_text(e, "text", text, sizeof(text));
	fprintf(out, "%6lld  %s%s  %s  %-10s  %s\n", words_count(e, "seq"),
	    words_local(e, "time", time), strcmp(clock, "unsynced") == 0 ? "?" : " ", priority,
	    what, text);
}

void
show_events_text(const json_t *answer, FILE *out)
{
	const json_t *events = json_object_get(answer, "events"), *e;
	bool unsure = false;
	size_t i;

	if (json_array_size(events) == 0)
		fprintf(out, _("no events\n"));
	json_array_foreach(events, i, e)
	{
		const char *clock = json_string_value(json_object_get(e, "clock"));

		show_event_text(e, out);
		unsure |= clock != NULL && strcmp(clock, "unsynced") == 0;
	}
	if (unsure)
		fprintf(out,
		    _("(?: the clock was not synchronised then; the order by number is right)\n"));
}

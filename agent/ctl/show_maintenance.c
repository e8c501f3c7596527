/* `maintenance list`: what is worked on now, and what is planned. */
#include "base/lang.h"
#include "base/text.h"
#include "ctl/grid.h"
#include "ctl/show.h"
#include "ctl/words.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void
time_cell(struct grid *t, const json_t *object, const char *key)
{
	char time[WALL_TEXT_MAX];

	grid_cell(t, "%s", words_local(object, key, time));
}

static void
now_lines(const json_t *list, FILE *out)
{
	static const struct column columns[] = {{N_("DEVICE"), 0}, {N_("SINCE"), 0},
	    {N_("UNTIL"), 0}, {N_("TITLE"), 0}, {N_("WHO AND WHY"), 0}};
	struct grid *t = grid_new(columns, COUNT(columns));
	const json_t *m;
	size_t i;

	json_array_foreach(list, i, m)
	{
		show_text_cell(t, m, "device");
		time_cell(t, m, "since");
		time_cell(t, m, "until");
		show_text_cell(t, m, "title");
		show_text_cell(t, m, "reason");
	}
	grid_print(t, out);
	grid_free(t);
}

static void
devices_cell(struct grid *t, const json_t *plan)
{
	char all[WORDS_MAX] = "", clean[WORDS_MAX];
	const json_t *d;
	size_t i;

	json_array_foreach(json_object_get(plan, "devices"), i, d)
	{
		const char *name = json_string_value(d);

		text_append(all, sizeof(all), "%s%s", i > 0 ? " " : "",
		    words_clean(name != NULL ? name : "?", clean, sizeof(clean)));
	}
	grid_cell(t, "%s", all);
}

static void
planned_lines(const json_t *list, FILE *out)
{
	static const struct column columns[] = {{N_("PLANNED FROM"), 0}, {N_("TO"), 0},
	    {N_("WHO"), 0}, {N_("WHY"), 0}, {N_("DEVICES"), 0}};
	struct grid *t = grid_new(columns, COUNT(columns));
	const json_t *p;
	size_t i;

	json_array_foreach(list, i, p)
	{
		time_cell(t, p, "from");
		time_cell(t, p, "to");
		show_text_cell(t, p, "who");
		show_text_cell(t, p, "reason");
		devices_cell(t, p);
	}
	grid_print(t, out);
	grid_free(t);
}

void
show_maintenance_text(const json_t *answer, FILE *out)
{
	const json_t *now = json_object_get(answer, "maintenance"),
		     *planned = json_object_get(answer, "planned");

	if (now == NULL) { /* begin or end */
		show_done_text(answer, out);
		return;
	}
	if (json_array_size(now) > 0)
		now_lines(now, out);
	else
		fprintf(out, _("no device is in maintenance\n"));
	if (json_array_size(planned) > 0) {
		fputc('\n', out);
		planned_lines(planned, out);
	}
}

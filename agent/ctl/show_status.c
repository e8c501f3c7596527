/* `status`: the agent at a glance, and the short answers. */
#include "base/arena.h"
#include "base/lang.h"
#include "base/text.h"
#include "ctl/show.h"
#include "ctl/words.h"
#include "model/profile.h"

#include <stdlib.h>
#include <string.h>

static void
agent_lines(const json_t *agent, FILE *out)
{
	char site[128], title[WORDS_MAX], version[128], since[WALL_TEXT_MAX], time[WALL_TEXT_MAX],
	    clock[32], up[DURATION_MAX];

	words_text(agent, "site", site, sizeof(site));
	words_text(agent, "title", title, sizeof(title));
	words_text(agent, "version", version, sizeof(version));
	words_text(agent, "clock", clock, sizeof(clock));
	fprintf(out, "%s (%s)\n", title[0] != '\0' ? title : site, site);
	fprintf(out, _("  agent    running since %s (%s), facilityd %s\n"),
	    words_local(agent, "started", since),
	    words_duration(words_count(agent, "uptime_s"), up), version);
	fprintf(out, _("  clock    %s, %s\n"), words_local(agent, "time", time),
	    strcmp(clock, "synced") == 0 ? _("synchronised")
					 : _("not synchronised: times of events may be wrong"));
}

static void
count_lines(const json_t *answer, FILE *out)
{
	const json_t *devices = json_object_get(answer, "devices");
	const json_t *points = json_object_get(answer, "points");
	long long lost = words_count(devices, "lost"), unknown = words_count(devices, "unknown");
	long long good = words_count(points, "good"), bad = words_count(points, "not_good");

	fprintf(out, _("  devices  %lld of %lld online"), words_count(devices, "online"),
	    words_count(devices, "total"));
	if (lost > 0)
		fprintf(out, _(", %lld lost"), lost);
	if (unknown > 0)
		fprintf(out, _(", %lld not asked yet"), unknown);
	if (words_count(devices, "maintenance") > 0)
		fprintf(out, _(", %lld in maintenance"), words_count(devices, "maintenance"));
	fprintf(out, _("\n  points   %lld of %lld good\n"), good, good + bad);
}

/* "1 critical, 2 high", or "none". */
static void
priorities(const json_t *counts, char *buf, size_t size)
{
	buf[0] = '\0';
	for (int p = PRIORITY_COUNT - 1; p >= 0; p--) {
		const char *word = priority_word((enum priority)p);
		long long n = words_count(counts, word);

		if (n > 0)
			text_append(
			    buf, size, buf[0] != '\0' ? _(", %lld %s") : _("%lld %s"), n, _(word));
	}
	if (buf[0] == '\0')
		text_copy(buf, size, _("none"));
}

static void
alarm_line(const json_t *alarms, FILE *out)
{
	char active[128], waiting[128];

	priorities(json_object_get(alarms, "active"), active, sizeof(active));
	priorities(json_object_get(alarms, "unacknowledged"), waiting, sizeof(waiting));
	fprintf(
	    out, _("  alarms   active: %s; waiting for an acknowledgement: %s"), active, waiting);
	if (words_count(alarms, "shelved") > 0)
		fprintf(out, _("; shelved: %lld"), words_count(alarms, "shelved"));
	if (words_count(alarms, "out_of_service") > 0)
		fprintf(out, _("; put aside for maintenance: %lld"),
		    words_count(alarms, "out_of_service"));
	fputc('\n', out);
}

static void
part_lines(const json_t *parts, FILE *out)
{
	const json_t *part;
	char name[80], text[WORDS_MAX];
	size_t i;

	json_array_foreach(parts, i, part)
	{
		long long waiting = words_count(part, "waiting"), lost = words_count(part, "lost");

		words_text(part, "part", name, sizeof(name));
		fprintf(out, "  %-8s %s%s", name, words_true(part, "ok") ? "" : _("FAULT: "),
		    words_text(part, "text", text, sizeof(text)));
		if (waiting > 0)
			fprintf(out,
			    lang_count((unsigned long long)waiting, "; %lld event waiting",
				"; %lld events waiting"),
			    waiting);
		if (lost > 0)
			fprintf(out,
			    lang_count((unsigned long long)lost, "; %lld event lost",
				"; %lld events lost"),
			    lost);
		fputc('\n', out);
	}
}

/* A lamp of the panel, or how it burns, in the language of the user. */
static const char *
panel_word(const char *word)
{
	static const char *const words[] = {N_("green"), N_("amber"), N_("red"), N_("buzzer"),
	    N_("relay"), N_("off"), N_("steady"), N_("slow"), N_("fast")};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(word, words[i]) == 0)
			return _(words[i]);
	return word;
}

static void
panel_line(json_t *panel, FILE *out)
{
	const char *name;
	json_t *look;

	if (panel == NULL)
		return;
	fprintf(out, _("  panel   "));
	json_object_foreach(panel, name, look)
	{
		char line[32], word[32];

		words_clean(name, line, sizeof(line));
		words_clean(
		    json_is_string(look) ? json_string_value(look) : "?", word, sizeof(word));
		fprintf(out, " %s %s %s  ", strcmp(word, "off") == 0 ? "○" : "●", panel_word(line),
		    panel_word(word));
	}
	fputc('\n', out);
}

void
show_status_text(const json_t *answer, FILE *out)
{
	agent_lines(json_object_get(answer, "agent"), out);
	count_lines(answer, out);
	alarm_line(json_object_get(answer, "alarms"), out);
	part_lines(json_object_get(answer, "parts"), out);
	panel_line(json_object_get(answer, "panel"), out);
}

void
show_done_text(const json_t *answer, FILE *out)
{
	char text[WORDS_MAX], who[128];

	fprintf(out, "%s", words_text(answer, "text", text, sizeof(text)));
	if (words_count(answer, "done") > 0)
		fprintf(out, _(", recorded as %s"), words_text(answer, "who", who, sizeof(who)));
	fputc('\n', out);
}

void
show_lines_text(const json_t *answer, FILE *out)
{
	const json_t *line;
	size_t i;

	json_array_foreach(json_object_get(answer, "lines"), i, line)
	{
		/* Whole: what helps most often stands at the end ("did you mean ..."). */
		size_t size = json_string_length(line) + 1;
		char *clean = xcalloc(size, 1);

		if (json_is_string(line))
			words_clean(json_string_value(line), clean, size);
		fprintf(out, "%s\n", clean);
		free(clean);
	}
}

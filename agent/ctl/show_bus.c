/* `bus`: how the wires do, and each device on them. */
#include "base/lang.h"
#include "base/text.h"
#include "ctl/grid.h"
#include "ctl/show.h"
#include "ctl/words.h"

#include <string.h>

#define COUNT(a)  (sizeof(a) / sizeof((a)[0]))
#define SNMP_PORT 161 /* RFC 3417, 3.1 */

static const char *
load_words(const json_t *link, char *buf, size_t size)
{
	const json_t *load = json_object_get(link, "load_percent");

	if (!json_is_number(load))
		text_copy(buf, size, _("not measured yet"));
	else
		text_printf(
		    buf, size, _("busy %.1f %% of the last minute"), json_number_value(load));
	return buf;
}

/* "2 timeouts, 1 garbled" of those that are not 0; "no failures". */
static const char *
failure_words(const json_t *link, char *buf, size_t size)
{
	static const struct {
		const char *key, *words;
	} kinds[] = {
	    {"timeouts", N_("without an answer")},
	    {"garbled", N_("garbled")},
	    {"refused", N_("refused by the device")},
	    {"fences", N_("fence reads")},
	    {"reconnects", N_("reconnects")},
	};

	buf[0] = '\0';
	for (size_t i = 0; i < COUNT(kinds); i++) {
		long long n = words_count(link, kinds[i].key);

		if (n > 0)
			text_append(buf, size, "%s%lld %s", buf[0] != '\0' ? ", " : "", n,
			    _(kinds[i].words));
	}
	if (buf[0] == '\0')
		text_copy(buf, size, _("no failures"));
	return buf;
}

static void
link_text(const json_t *l, FILE *out)
{
	/* The agent's words for the state of a link. */
	static const char *const marked[] = {N_("up"), N_("down"), N_("fencing")};
	char name[128], kind[32], where[128], state[32], text[WORDS_MAX], buf[WORDS_MAX];

	(void)marked;
	words_text(l, "link", name, sizeof(name));
	words_text(l, "kind", kind, sizeof(kind));
	words_word(l, "state", state, sizeof(state));
	words_text(l, "text", text, sizeof(text));
	words_text(l, "address", where, sizeof(where));
	if (where[0] == '\0')
		words_text(l, "port", where, sizeof(where));
	else
		text_append(where, sizeof(where), _(" port %lld"), words_count(l, "port"));
	fprintf(out, "%s  %s%s%s", name, kind, where[0] != '\0' ? ", " : "", where);
	if (words_count(l, "baud") > 0)
		fprintf(out, _(" at %lld baud"), words_count(l, "baud"));
	fprintf(out, "\n  %s%s%s\n", state[0] != '\0' ? state : _("state not known"),
	    text[0] != '\0' ? ": " : "", text);
	fprintf(out, "  %s; ", load_words(l, buf, sizeof(buf)));
	fprintf(out, _("%lld transactions, %s\n"), words_count(l, "transactions"),
	    failure_words(l, buf, sizeof(buf)));
}

/* What the doctor guesses, on what evidence, and what to do. */
static void
findings_text(const json_t *l, FILE *out)
{
	const json_t *f;
	char text[WORDS_MAX];
	size_t i;

	json_array_foreach(json_object_get(l, "findings"), i, f)
	{
		fprintf(out, "  ! %s\n", words_text(f, "text", text, sizeof(text)));
		fprintf(out, _("    seen:    %s in the last %lld min\n"),
		    words_text(f, "evidence", text, sizeof(text)),
		    (words_count(l, "window_s") + 59) / 60);
		fprintf(out, _("    remedy:  %s\n"), words_text(f, "remedy", text, sizeof(text)));
	}
}

/* A count of the driver's, where it counts. */
static void
wire_cell(struct grid *t, const json_t *slave, const char *key)
{
	const json_t *v = json_object_get(json_object_get(slave, "wire"), key);

	if (json_is_integer(v))
		grid_cell(t, "%lld", (long long)json_integer_value(v));
	else
		grid_cell(t, "%s", NOTHING);
}

static void
round_trip_cell(struct grid *t, const json_t *slave, const char *key)
{
	const json_t *v = json_object_get(json_object_get(slave, "round_trip_ms"), key);

	if (json_is_number(v))
		grid_cell(t, "%.*f", json_number_value(v) < 10 ? 2 : 1, json_number_value(v));
	else
		grid_cell(t, "%s", NOTHING);
}

static void
slave_row(struct grid *t, const json_t *s)
{
	static const char *const counts[] = {"timeouts", "garbled", "refused", "no_link"};
	char text[128];

	grid_cell(t, "  %s", words_text(s, "device", text, sizeof(text)));
	words_text(s, "address", text, sizeof(text));
	if (text[0] == '\0' && json_object_get(s, "unit_id") == NULL)
		grid_cell(t, "%s", NOTHING);
	else if (text[0] == '\0')
		grid_cell(t, _("unit %lld"), words_count(s, "unit_id"));
	else if (words_count(s, "port") == SNMP_PORT)
		grid_cell(t, "%s", text);
	else
		grid_cell(t, _("%s port %lld"), text, words_count(s, "port"));
	grid_cell(t, "%s", words_word(s, "state", text, sizeof(text)));
	grid_cell(t, "%lld", words_count(s, "questions"));
	for (size_t i = 0; i < COUNT(counts); i++)
		grid_cell(t, "%lld", words_count(s, counts[i]));
	round_trip_cell(t, s, "p50");
	round_trip_cell(t, s, "p99");
	round_trip_cell(t, s, "max");
	wire_cell(t, s, "timeout_ms");
	wire_cell(t, s, "checksum");
	wire_cell(t, s, "late");
}

static void
slaves_text(const json_t *answer, const char *link, FILE *out)
{
	static const struct column columns[] = {
	    {N_("  DEVICE"), 0},
	    {N_("AT"), 0},
	    {N_("STATE"), 0},
	    {N_("ASKED"), 1},
	    {N_("NO ANSWER"), 1},
	    {N_("GARBLED"), 1},
	    {N_("REFUSED"), 1},
	    {N_("NO LINK"), 1},
	    {N_("MEDIAN ms"), 1},
	    {"99 % ms", 1},
	    {N_("MAX ms"), 1},
	    {N_("WAIT ms"), 1},
	    {N_("CRC"), 1},
	    {N_("LATE"), 1},
	};
	struct grid *t = grid_new(columns, COUNT(columns));
	const json_t *s;
	size_t i, n = 0;

	json_array_foreach(json_object_get(answer, "devices"), i, s)
	{
		const char *on = json_string_value(json_object_get(s, "link"));

		if (on != NULL && strcmp(on, link) == 0) {
			slave_row(t, s);
			n++;
		}
	}
	if (n > 0)
		grid_print(t, out);
	grid_free(t);
}

void
show_bus_text(const json_t *answer, FILE *out)
{
	const json_t *l;
	size_t i;

	json_array_foreach(json_object_get(answer, "links"), i, l)
	{
		const char *name = json_string_value(json_object_get(l, "link"));

		if (i > 0)
			fputc('\n', out);
		link_text(l, out);
		findings_text(l, out);
		slaves_text(answer, name != NULL ? name : "", out);
	}
}

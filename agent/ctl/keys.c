#include "ctl/keys.h"

#include "base/lang.h"

#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define ON(page) (1u << (page))
#define ALL      (~0u)
#define LISTS    (ON(PAGE_ALARMS) | ON(PAGE_DEVICES) | ON(PAGE_EVENTS))

/* Those at the foot come first where they matter most: what does not fit is left out. */
const struct key keys[] = {
    {"1 ... 5", NULL, N_("overview, alarms, devices, trends, events"), 0},
    {"Tab", NULL, N_("the next page; Shift-Tab the one before"), 0},
    {N_("up, down"), NULL, N_("choose a line; Page up, Page down, Home, End go further"), 0},
    {"Enter", N_("details"),
	N_("open what is chosen: all of an alarm, all points of a device, the devices of a zone"),
	ON(PAGE_OVERVIEW) | ON(PAGE_ALARMS) | ON(PAGE_DEVICES)},
    {"a", N_("acknowledge"),
	N_("say that you have seen the chosen alarm and take care; your name is asked for once"),
	ON(PAGE_OVERVIEW) | ON(PAGE_ALARMS)},
    {"A", N_("all"), N_("the same for all on the page; when none waits the buzzer is silent"),
	ON(PAGE_ALARMS)},
    {"s", N_("shelve"), N_("put the alarm aside for a time, with a reason; u takes it back"),
	ON(PAGE_ALARMS)},
    {"u", NULL, N_("take a shelved alarm back now"), 0},
    {"r", NULL, N_("reset a latched alarm whose condition is gone"), 0},
    {"m", N_("maintenance"),
	N_("begin or end the maintenance of a device or, on the plan, of a zone: its alarms call "
	   "nobody"),
	ON(PAGE_DEVICES)},
    {"t", N_("trend"), N_("draw the chosen point on page 4, or take it away"),
	ON(PAGE_DEVICES) | ON(PAGE_TRENDS)},
    {"e", N_("explain"), N_("how the value of the chosen point came about, from the wire up"),
	ON(PAGE_DEVICES) | ON(PAGE_TRENDS)},
    {"+ -", N_("time"), N_("trends: less or more of the past"), ON(PAGE_TRENDS)},
    {"f", N_("filter"), N_("show only lines with these words: a zone, a device, a kind, a text"),
	LISTS},
    {"p", N_("priority"), N_("alarms, events: only this priority and above"),
	ON(PAGE_ALARMS) | ON(PAGE_EVENTS)},
    {"/", N_("search"), N_("look for an alarm, device, zone or point; Enter goes there"), ALL},
    {"N", NULL, N_("change the name that is recorded"), 0},
    {"Esc", N_("back"), N_("one step back; a filter goes as well"), ON(PAGE_HELP)},
    {"?", N_("help"), N_("this page"), ALL & ~ON(PAGE_HELP)},
    {"q", N_("quit"), N_("leave"), ALL},
};
const size_t key_count = COUNT(keys);

const struct sign signs[] = {
    {"!", N_("an alarm that waits for a person; nothing else blinks")},
    {"▲", N_("a device with an alarm that somebody has seen")},
    {"● ◐ ✕ ○ ◇", N_("a device: online, failing (missed a poll), lost, unknown, in maintenance")},
    {"[24.3 °C]", N_("a value that is too old or was put in by a person")},
    {NOTHING, N_("no value that could be relied upon; the details say why")},
    {"18:00:01?", N_("the agent's clock was not synchronised then")},
    {N_("symptom"), N_("follows from another alarm: mend that one")},
    {N_("shelved"), N_("put aside by a person, until the time in its text")},
};
const size_t sign_count = COUNT(signs);

bool
key_is_on(const struct key *k, const struct live *l)
{
	bool points = l->page == PAGE_DEVICES && l->device[0] != '\0';
	bool of_points = strcmp(k->name, "t") == 0 || strcmp(k->name, "e") == 0;
	bool of_list = strcmp(k->name, "f") == 0 || strcmp(k->name, "Enter") == 0;

	if (l->page == PAGE_DEVICES && (points ? of_list : of_points))
		return false;
	return (k->pages & ON(l->page)) != 0 ||
	       (strcmp(k->name, "Esc") == 0 && (points || l->explain_path[0] != '\0'));
}

static void
print_line(FILE *out, const char *name, const char *what)
{
	char padded[64];

	fprintf(out, "  %s %s\n", words_pad(_(name), 10, padded, sizeof(padded)), _(what));
}

void
keys_print(FILE *out)
{
	for (size_t i = 0; i < key_count; i++)
		print_line(out, keys[i].name, keys[i].what);
	fputc('\n', out);
	for (size_t i = 0; i < sign_count; i++)
		print_line(out, signs[i].sign, signs[i].what);
}

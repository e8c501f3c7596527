#include "ctl/keys.h"

#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define ON(page) (1u << (page))
#define ALL      (~0u)
#define LISTS    (ON(PAGE_ALARMS) | ON(PAGE_DEVICES) | ON(PAGE_EVENTS))

/* Those at the foot come first where they matter most: what does not fit is left out. */
const struct key keys[] = {
    {"1 ... 5", NULL, "overview, alarms, devices, trends, events", 0},
    {"Tab", NULL, "the next page; Shift-Tab the one before", 0},
    {"up, down", NULL, "choose a line; Page up, Page down, Home, End go further", 0},
    {"Enter", "details",
	"open what is chosen: all of an alarm, all points of a device, the devices of a zone",
	ON(PAGE_OVERVIEW) | ON(PAGE_ALARMS) | ON(PAGE_DEVICES)},
    {"a", "acknowledge",
	"say that you have seen the chosen alarm and take care; your name is asked for once",
	ON(PAGE_OVERVIEW) | ON(PAGE_ALARMS)},
    {"A", "all", "the same for all alarms on the page", ON(PAGE_ALARMS)},
    {"s", "shelve", "put the alarm aside for a time, with a reason; u takes it back",
	ON(PAGE_ALARMS)},
    {"u", NULL, "take a shelved alarm back now", 0},
    {"r", NULL, "reset a latched alarm whose condition is gone", 0},
    {"m", "maintenance",
	"begin or end the maintenance of a device or, on the plan, of a zone: its alarms call "
	"nobody",
	ON(PAGE_DEVICES)},
    {"t", "trend", "draw the chosen point on page 4, or take it away",
	ON(PAGE_DEVICES) | ON(PAGE_TRENDS)},
    {"e", "explain", "how the value of the chosen point came about, from the wire up",
	ON(PAGE_DEVICES) | ON(PAGE_TRENDS)},
    {"+ -", "time", "trends: less or more of the past", ON(PAGE_TRENDS)},
    {"f", "filter", "show only lines with these words: a zone, a device, a kind, a text", LISTS},
    {"p", "priority", "alarms, events: only this priority and above",
	ON(PAGE_ALARMS) | ON(PAGE_EVENTS)},
    {"/", "search", "look for an alarm, device, zone or point; Enter goes there", ALL},
    {"N", NULL, "change the name that is recorded", 0},
    {"Esc", "back", "one step back; a filter goes as well", ON(PAGE_HELP)},
    {"?", "help", "this page", ALL & ~ON(PAGE_HELP)},
    {"q", "quit", "leave", ALL},
};
const size_t key_count = COUNT(keys);

const struct sign signs[] = {
    {"!", "an alarm that waits for a person; nothing else blinks"},
    {"▲", "a device with an alarm that somebody has seen"},
    {"● ◐ ✕ ○ ◇", "a device: online, failing (missed a poll), lost, unknown, in maintenance"},
    {"[24.3 °C]", "a value that is too old or was put in by a person"},
    {NOTHING, "no value that could be relied upon; the details say why"},
    {"18:00:01?", "the agent's clock was not synchronised then"},
    {"symptom", "follows from another alarm: mend that one"},
    {"shelved", "put aside by a person, until the time in its text"},
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

void
keys_print(FILE *out)
{
	for (size_t i = 0; i < key_count; i++)
		fprintf(out, "  %-10s %s\n", keys[i].name, keys[i].what);
	fputc('\n', out);
	for (size_t i = 0; i < sign_count; i++)
		fprintf(out, "  %s%*s %s\n", signs[i].sign,
		    (int)(words_width(signs[i].sign) < 10 ? 10 - words_width(signs[i].sign) : 0),
		    "", signs[i].what);
}

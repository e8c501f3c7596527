#include "story.h"

#include "command.h"
#include "truth.h"

#include <stdio.h>
#include <string.h>

#define MIN 60.0

static const struct story_step hvac_failure[] = {
    {0, "crac1 fail", "Cooling unit 1 stands still; unit 2 alone is too little."},
    {10 * MIN, "crac2 fail", "Unit 2 gives up under full load: nothing cools any more."},
    {13 * MIN, "access1 badge sato door1 granted", "The duty technician comes in."},
    {17 * MIN, "crac2 restore", "Unit 2 is reset by hand and starts."},
    {19 * MIN, "crac1 restore", "A fuse is changed; unit 1 starts."},
    {40 * MIN, "access1 exit door1", "The room is as it was; the technician leaves."},
    {42 * MIN, NULL, "over"},
};

static const struct story_step power_failure[] = {
    {0, "ups1 on-battery", "Mains are lost: the UPS runs on its battery."},
    {0, "ups1 trap on-battery", "The UPS says so by itself."},
    {1, "ats1 lose B", "The feed of the building is gone as well: rack A1 hangs on the UPS alone."},
    {1, "ats1 trap lost-redundancy", "The transfer switch says so."},
    {2, "access1 mains-lost", "The access controller runs on its battery."},
    {3, "crac1 fail", "The cooling units have no mains either."},
    {3, "crac2 fail", "Nothing cools any more."},
    {4 * MIN, "access1 badge sato door1 granted", "The duty technician comes in."},
    {7 * MIN, "ups1 low-battery", "An old battery string gives way: minutes are left."},
    /* Empty some 3 min later: all of rack A1 goes dark. */
    {13 * MIN, "ups1 restore", "Mains are back; the UPS takes the load again."},
    {13 * MIN, "ats1 restore", "So is the feed of the building."},
    {13 * MIN, "ats1 trap redundancy-restored", "The transfer switch says so."},
    {13 * MIN + 2, "access1 restore", "The access controller is on mains again."},
    {13 * MIN + 5, "crac1 restore", "Cooling starts."},
    {13 * MIN + 20, "crac2 restore", "The second unit follows."},
    {40 * MIN, "access1 exit door1", "The battery is full; the technician leaves."},
    {42 * MIN, NULL, "over"},
};

static const struct story_step burglary[] = {
    {0, "access1 badge 990001 door2 unknown-card", "Somebody tries a card at the back door."},
    {10, "access1 badge 990002 door2 unknown-card", "And another one."},
    {20, "access1 badge 4400 door2 out-of-hours", "And a stolen one, at night."},
    {40, "nvr1 trap video-loss", "The camera at the back door is covered."},
    {60, "door2 force", "The back door is levered open."},
    {2 * MIN, "handles1 force 1", "So is the front door of rack A1."},
    {2 * MIN, "handles1 trap forced-open", "The handle says so."},
    {3 * MIN, "keycab1 tamper", "Somebody is at the key cabinet."},
    {4 * MIN, "server1 cover open", "The server is opened."},
    {6 * MIN, "access1 badge guard door1 granted", "The guard comes; the burglar has gone."},
    {8 * MIN, "door2 restore", "The back door is closed and locked."},
    {8 * MIN, "handles1 restore", "The rack is closed."},
    {9 * MIN, "keycab1 restore", "The key cabinet is whole."},
    {9 * MIN, "server1 restore", "The server is closed."},
    {11 * MIN, "access1 exit door1", "The guard leaves."},
    {12 * MIN, NULL, "over"},
};

static const struct story_step flood[] = {
    {0, "leak1 contaminate", "It is damp below the floor."},
    {4 * MIN, "leak1 wet 42.5", "Water at 42.5 m of the cable, below the air conditioners."},
    {6 * MIN, "leak1 wet 31", "It spreads: 31 m."},
    {8 * MIN, "leak1 wet 12.5", "It spreads: 12.5 m, before the racks."},
    {9 * MIN, "crac2 fail", "Water in the pan: cooling unit 2 shuts itself down."},
    {11 * MIN, "access1 badge sato door1 granted", "The duty technician comes with a pump."},
    {16 * MIN, "leak1 dry", "The water is gone; the cable is still dirty."},
    {20 * MIN, "crac2 restore", "Cooling unit 2 runs again."},
    {22 * MIN, "leak1 restore", "The cable is cleaned and dry."},
    {30 * MIN, "access1 exit door1", "The technician leaves."},
    {32 * MIN, NULL, "over"},
};

static const struct story table[] = {
    {"hvac-failure", "Both cooling units fail, one after the other", hvac_failure},
    {"power-failure", "Mains are lost for longer than the battery lasts", power_failure},
    {"burglary", "Somebody breaks in by the back door", burglary},
    {"flood", "Water spreads below the floor", flood},
};

const struct story *
stories(size_t *n)
{
	*n = sizeof table / sizeof *table;
	return table;
}

/* Carries out one line of plantctl. What is not served by this plant cannot happen. */
static void
act(struct plant *p, const char *command)
{
	char line[COMMAND_LINE], reply[COMMAND_REPLY];

	snprintf(line, sizeof line, "%s", command);
	command_run(p, line, reply);
	if (strncmp(reply, "error: ", 7) == 0)
		fprintf(stderr, "plant: story %s: %s: %s", p->story.tale->name, command, reply);
}

const char *
story_begin(struct plant *p, const struct story *tale)
{
	if (p->story.tale)
		return "another story is being told (story stop)";
	p->story = (struct story_run){.tale = tale, .began_s = p->room.time_s};
	truth_story(tale->name, "begin", tale->title);
	return NULL;
}

void
story_stop(struct plant *p)
{
	char restore[COMMAND_LINE];

	if (!p->story.tale)
		return;
	for (const struct story_step *s = p->story.tale->steps; s->command; s++) {
		snprintf(restore, sizeof restore, "restore %.*s", (int)strcspn(s->command, " "),
		    s->command);
		act(p, restore);
	}
	truth_story(p->story.tale->name, "stop", "stopped");
	p->story.tale = NULL;
}

void
story_advance(struct plant *p)
{
	while (p->story.tale) {
		const struct story_step *s = &p->story.tale->steps[p->story.next];

		if (p->room.time_s - p->story.began_s < s->at_s)
			return;
		if (!s->command) {
			truth_story(p->story.tale->name, "end", s->says);
			p->story.tale = NULL;
			return;
		}
		truth_story(p->story.tale->name, "step", s->says);
		p->story.next++;
		act(p, s->command);
	}
}

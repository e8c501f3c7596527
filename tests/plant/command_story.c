/* plantctl's words for stories. */
#include "command_i.h"

#include <string.h>

static void
say_list(struct call *c)
{
	size_t n;
	const struct story *s = stories(&n);

	for (size_t i = 0; i < n; i++) {
		const struct story_step *last = s[i].steps;

		while (last->command)
			last++;
		say(c, "%-14s %s; %.0f min\n", s[i].name, s[i].title, last->at_s / 60.0);
	}
}

void
run_story(struct call *c)
{
	size_t n;
	const struct story *s = stories(&n);
	const char *name = c->words[1];

	if (strcmp(name, "list") == 0) {
		say_list(c);
		return;
	}
	if (strcmp(name, "stop") == 0) {
		if (c->plant->story.tale)
			say(c, "%s is stopped\n", c->plant->story.tale->name);
		else
			say(c, "error: no story is being told\n");
		story_stop(c->plant);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		if (strcmp(s[i].name, name) != 0)
			continue;
		const char *why_not = story_begin(c->plant, &s[i]);
		if (why_not)
			say(c, "error: %s\n", why_not);
		else
			say(c, "%s: %s\n", s[i].name, s[i].title);
		return;
	}
	say(c, "error: there is no story %s; there are", name);
	for (size_t i = 0; i < n; i++)
		say(c, " %s", s[i].name);
	say(c, "\n");
}

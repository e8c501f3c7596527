#include "ctl/follow.h"
#include "base/lang.h"

#include "base/text.h"
#include "ctl/connect.h"
#include "ctl/show.h"
#include "ctl/words.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The agent says something every two seconds; three times that is silence. */
#define SILENCE_MS 6000
#define RETRY_S    2

struct follow {
	const char *run_dir;
	long long n;
	bool json;
	bool lost; /* it has been said, and nobody has answered since */
	char epoch[64];
	long long seq;       /* of the last event shown; -1: none */
	char why[WORDS_MAX]; /* the connection was given up */
};

static json_t *
watch_request(const struct follow *f)
{
	json_t *r = json_pack("{s:s, s:[s]}", "cmd", "watch", "only", "events");

	if (f->seq >= 0)
		json_object_set_new(r, "since", json_integer(f->seq));
	else if (f->n >= 0)
		json_object_set_new(r, "n", json_integer(f->n));
	return r;
}

/*
 * The first line of a watch. Another epoch means another store: the numbers start again, and what
 * was seen last says nothing. false: begin again without it.
 */
static bool
same_epoch(struct follow *f, const json_t *line)
{
	char epoch[64];

	words_text(line, "epoch", epoch, sizeof(epoch));
	bool same = f->seq < 0 || strcmp(epoch, f->epoch) == 0;
	text_copy(f->epoch, sizeof(f->epoch), epoch);
	if (!same) {
		f->seq = -1;
		text_copy(f->why, sizeof(f->why),
		    _("facilityd has a new store: its events are counted from 1 again"));
	}
	return same;
}

/* false: the connection is of no more use. */
static bool
take_line(struct follow *f, const char *text)
{
	json_t *line = json_loads(text, 0, NULL);
	const char *kind = json_string_value(json_object_get(line, "watch"));
	bool go_on = kind != NULL;

	if (kind == NULL)
		words_text(line, "error", f->why, sizeof(f->why));
	else if (f->lost) {
		f->lost = false;
		fprintf(stderr, _("facilityctl: facilityd answers again\n"));
	}
	if (kind != NULL && strcmp(kind, "begin") == 0)
		go_on = same_epoch(f, line);
	else if (kind != NULL && strcmp(kind, "event") == 0) {
		f->seq = words_count(line, "seq");
		if (f->json)
			printf("%s\n", text);
		else
			show_event_text(line, stdout);
		fflush(stdout);
		go_on = !ferror(stdout);
	}
	json_decref(line);
	return go_on;
}

/* One connection, until it ends; f->why says why it did. */
static enum ctl_exit
follow_once(struct follow *f)
{
	struct connection c;
	enum ctl_exit code = ctl_connect(&c, f->run_dir, SILENCE_MS, f->why, sizeof(f->why));

	if (code != CTL_DONE)
		return code;
	text_copy(f->why, sizeof(f->why), _("the connection to facilityd is lost"));
	if (ctl_send(&c, watch_request(f))) {
		for (const char *line; (line = ctl_line(&c, SILENCE_MS)) != NULL;)
			if (!take_line(f, line))
				break;
	}
	ctl_close(&c);
	return CTL_DONE;
}

enum ctl_exit
follow_events(const char *run_dir, long long n, bool json)
{
	struct follow f = {.run_dir = run_dir, .n = n, .json = json, .seq = -1};
	enum ctl_exit code = follow_once(&f);

	if (code != CTL_DONE) {
		fprintf(stderr, "facilityctl: %s\n", f.why);
		return code;
	}
	while (!ferror(stdout)) {
		if (!f.lost)
			fprintf(stderr, _("facilityctl: %s; trying again\n"), f.why);
		f.lost = true;
		sleep(RETRY_S);
		follow_once(&f);
	}
	return CTL_DONE;
}

enum ctl_exit
follow_json(const char *run_dir)
{
	struct connection c;
	char err[512];
	enum ctl_exit code = ctl_connect(&c, run_dir, SILENCE_MS, err, sizeof(err));
	const char *line;

	if (code != CTL_DONE) {
		fprintf(stderr, "facilityctl: %s\n", err);
		return code;
	}
	if (ctl_send(&c, json_pack("{s:s}", "cmd", "watch"))) {
		while ((line = ctl_line(&c, SILENCE_MS)) != NULL && !ferror(stdout)) {
			printf("%s\n", line);
			fflush(stdout);
		}
	}
	ctl_close(&c);
	fprintf(stderr, _("facilityctl: the connection to facilityd is lost\n"));
	return CTL_AWAY;
}

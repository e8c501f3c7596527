/* Commands that do something: acknowledge and reset. Only those who may get here. */
#include "base/text.h"
#include "sinks/console/request.h"

#include <string.h>

static void
answer_done(struct client *c, size_t done, const char *who, const char *text)
{
	struct writer w = client_writer(c);

	writer_open(&w, NULL, '{');
	writer_bool(&w, "ok", true);
	writer_uint(&w, "done", done);
	writer_string(&w, "who", who);
	writer_string(&w, "text", text);
	writer_close(&w, '}');
	writer_text(&w, "\n");
	client_written(c, &w);
}

/* The name for the record; false: refused. */
static bool
take_who(struct client *c, const json_t *request, char who[EVENT_NAME_MAX])
{
	char err[160];

	if (peer_who(&c->peer, request_text(request, "as"), who, EVENT_NAME_MAX, err, sizeof(err)))
		return true;
	client_refuse(c, "bad_request", "%s", err);
	return false;
}

void
run_ack(struct client *c, const json_t *request, const struct now *now)
{
	const char *path = request_text(request, "alarm");
	char who[EVENT_NAME_MAX], text[256];

	if (!take_who(c, request, who))
		return;
	if (strcmp(path, "all") == 0) {
		size_t n = core_ack_all(c->show->core, who, now);

		text_printf(text, sizeof(text),
		    n == 0 ? "no alarm waits for an acknowledgement" : "%zu alarm%s acknowledged",
		    n, n == 1 ? "" : "s");
		answer_done(c, n, who, text);
		return;
	}
	int alarm = site_find_alarm(c->show->site, path);
	if (alarm == NO_INDEX) {
		request_no_path(c, path, false);
		return;
	}
	bool done = core_ack(c->show->core, (size_t)alarm, who, now) == ACK_DONE;
	text_printf(text, sizeof(text),
	    done ? "%s acknowledged" : "%s is %s: there is nothing to acknowledge", path,
	    alarm_phase_word(core_alarms(c->show->core)[alarm].phase));
	answer_done(c, done, who, text);
}

/* Why an alarm cannot be reset, by its phase. */
static const char *const no_reset[ALARM_PHASE_COUNT] = {
    [ALARM_NORMAL] = "it is normal: there is nothing to reset",
    [ALARM_UNACKNOWLEDGED] = "its condition is still there, and nobody has acknowledged it",
    [ALARM_ACKNOWLEDGED] = "its condition is still there",
    [ALARM_RETURNED] = "it is not latched: acknowledging it is enough",
    [ALARM_LATCHED_UNACKNOWLEDGED] = "acknowledge it first",
    [ALARM_LATCHED_ACKNOWLEDGED] = "its condition is still there",
    [ALARM_SUPPRESSED] = "it is a symptom of another alarm: look at its cause",
};

void
run_reset(struct client *c, const json_t *request, const struct now *now)
{
	const char *path = request_text(request, "alarm");
	char who[EVENT_NAME_MAX], text[256];

	if (!take_who(c, request, who))
		return;
	int alarm = site_find_alarm(c->show->site, path);
	if (alarm == NO_INDEX) {
		request_no_path(c, path, false);
		return;
	}
	enum alarm_phase before = core_alarms(c->show->core)[alarm].phase;
	if (core_reset(c->show->core, (size_t)alarm, who, now) != ACK_DONE) {
		client_refuse(c, "refused", "%s cannot be reset: %s", path, no_reset[before]);
		return;
	}
	text_printf(text, sizeof(text), "%s reset", path);
	answer_done(c, 1, who, text);
}

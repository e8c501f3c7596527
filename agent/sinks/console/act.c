/* Commands that do something: acknowledge, reset, shelve. Only those who may get here. */
#include "base/lang.h"
#include "base/moment.h"
#include "base/text.h"
#include "sinks/console/request.h"

#include <stdlib.h>
#include <string.h>

void
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

bool
request_who(struct client *c, const json_t *request, char who[EVENT_NAME_MAX])
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

	if (!request_who(c, request, who))
		return;
	if (strcmp(path, "all") == 0) {
		size_t n = core_ack_all(c->show->core, who, now);

		text_printf(text, sizeof(text),
		    n == 0 ? _("no alarm waits for an acknowledgement")
			   : lang_count(n, "%zu alarm acknowledged", "%zu alarms acknowledged"),
		    n);
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
	    done ? _("%s acknowledged") : _("%s is %s: there is nothing to acknowledge"), path,
	    _(alarm_phase_word(core_alarms(c->show->core)[alarm].phase)));
	answer_done(c, done, who, text);
}

/* Why an alarm cannot be reset, by its phase. */
static const char *const no_reset[ALARM_PHASE_COUNT] = {
    [ALARM_NORMAL] = N_("it is normal: there is nothing to reset"),
    [ALARM_UNACKNOWLEDGED] = N_("its condition is still there, and nobody has acknowledged it"),
    [ALARM_ACKNOWLEDGED] = N_("its condition is still there"),
    [ALARM_RETURNED] = N_("it is not latched: acknowledging it is enough"),
    [ALARM_LATCHED_UNACKNOWLEDGED] = N_("acknowledge it first"),
    [ALARM_LATCHED_ACKNOWLEDGED] = N_("its condition is still there"),
    [ALARM_SHELVED] = N_("it is shelved: unshelve it first"),
    [ALARM_OUT_OF_SERVICE] = N_("its device is in maintenance"),
    [ALARM_SUPPRESSED] = N_("it is a symptom of another alarm: look at its cause"),
};

void
run_reset(struct client *c, const json_t *request, const struct now *now)
{
	const char *path = request_text(request, "alarm");
	char who[EVENT_NAME_MAX], text[256];

	if (!request_who(c, request, who))
		return;
	int alarm = site_find_alarm(c->show->site, path);
	if (alarm == NO_INDEX) {
		request_no_path(c, path, false);
		return;
	}
	enum alarm_phase before = core_alarms(c->show->core)[alarm].phase;
	if (core_reset(c->show->core, (size_t)alarm, who, now) != ACK_DONE) {
		client_refuse(c, "refused", _("%s cannot be reset: %s"), path, _(no_reset[before]));
		return;
	}
	text_printf(text, sizeof(text), _("%s reset"), path);
	answer_done(c, 1, who, text);
}

/* Why an alarm cannot be shelved. */
static const char *const no_shelf[] = {
    [SHELVE_DONE] = "",
    [SHELVE_NO_SUCH] = N_("there is no such alarm"),
    [SHELVE_NOTHING] = N_("it is put aside already"),
    [SHELVE_CRITICAL] = N_("a critical alarm stays in sight; acknowledge it to stop the buzzer"),
    [SHELVE_RANGE] = N_("say for how long, from 1min to 8h, such as \"2h\""),
    [SHELVE_REASON] = N_("say why, in about a hundred characters at most"),
};

/* The alarm that the request names; NO_INDEX: refused. */
static int
take_alarm(struct client *c, const json_t *request)
{
	const char *path = request_text(request, "alarm");
	int alarm = site_find_alarm(c->show->site, path);

	if (alarm == NO_INDEX)
		request_no_path(c, path, false);
	return alarm;
}

void
run_shelve(struct client *c, const json_t *request, const struct now *now)
{
	const char *path = request_text(request, "alarm");
	const char *reason = request_text(request, "reason");
	char who[EVENT_NAME_MAX], text[256], until[WALL_TEXT_MAX];
	int alarm;

	if (!request_who(c, request, who) || (alarm = take_alarm(c, request)) == NO_INDEX)
		return;
	enum shelve_result result = core_shelve(c->show->core, (size_t)alarm, who,
	    span_parse(request_text(request, "for")), reason != NULL ? reason : "", now);
	if (result != SHELVE_DONE) {
		client_refuse(
		    c, "refused", _("%s cannot be shelved: %s"), path, _(no_shelf[result]));
		return;
	}
	text_printf(text, sizeof(text), _("%s shelved until %s"), path,
	    wall_local(core_alarms(c->show->core)[alarm].shelved_until, until));
	answer_done(c, 1, who, text);
}

void
run_unshelve(struct client *c, const json_t *request, const struct now *now)
{
	const char *path = request_text(request, "alarm");
	char who[EVENT_NAME_MAX], text[256];
	int alarm;

	if (!request_who(c, request, who) || (alarm = take_alarm(c, request)) == NO_INDEX)
		return;
	if (core_unshelve(c->show->core, (size_t)alarm, who, now) != SHELVE_DONE) {
		client_refuse(c, "refused", _("%s is %s: it is not shelved"), path,
		    _(alarm_phase_word(core_alarms(c->show->core)[alarm].phase)));
		return;
	}
	text_printf(text, sizeof(text), _("%s is back: %s"), path,
	    _(alarm_phase_word(core_alarms(c->show->core)[alarm].phase)));
	answer_done(c, 1, who, text);
}

/* ---- reload ---------------------------------------------------------------------------------- */

void
run_reload(struct client *c, const json_t *request, const struct now *now)
{
	const struct console_sources *s = c->show->sources;
	char who[EVENT_NAME_MAX], err[256];

	(void)now;
	if (!request_who(c, request, who))
		return;
	if (s->reload == NULL)
		client_refuse(c, "unavailable", _("this agent cannot reload: restart it instead"));
	else if (!s->reload(s->arg, who, err, sizeof(err)))
		client_refuse(c, "refused", "%s", err);
	else
		c->waits = WAIT_RELOAD; /* the answer comes when the files have been checked */
}

void
run_noc_test(struct client *c, const json_t *request, const struct now *now)
{
	const struct console_sources *s = c->show->sources;
	char who[EVENT_NAME_MAX], err[256];

	if (!request_who(c, request, who))
		return;
	if (s->noc_test == NULL)
		client_refuse(c, "unavailable", _("this site has no receivers at a NOC"));
	else if (!s->noc_test(
		     s->arg, request_text(request, "receiver"), who, now, err, sizeof(err)))
		client_refuse(c, "refused", "%s", err);
	else
		c->waits = WAIT_NOC_TEST;
}

static void
write_lines(struct writer *w, const char *text)
{
	char line[512];

	writer_open(w, "lines", '[');
	while (*text != '\0') {
		size_t n = strcspn(text, "\n");

		text_clean(line, sizeof(line), text, n);
		writer_string(w, NULL, line);
		text += n + (text[n] == '\n');
	}
	writer_close(w, ']');
}

void
run_noc_resend(struct client *c, const json_t *request, const struct now *now)
{
	const struct console_sources *s = c->show->sources;
	char who[EVENT_NAME_MAX], text[2000];

	if (!request_who(c, request, who))
		return;
	if (s->noc_resend == NULL)
		client_refuse(c, "unavailable", _("this site has no receivers at a NOC"));
	else if (!s->noc_resend(
		     s->arg, request_text(request, "receiver"), who, now, text, sizeof(text)))
		client_refuse(c, "refused", "%s", text);
	else
		answer_waiting(c, true, text);
}

/* What is refused, by what the client waited for. */
static const char *const refusals[] = {
    [WAIT_NOTHING] = "",
    [WAIT_RELOAD] = N_("the new configuration was not taken"),
    [WAIT_NOC_TEST] = N_("the test did not reach everybody"),
};

void
answer_waiting(struct client *c, bool good, const char *text)
{
	struct writer w = client_writer(c);

	writer_open(&w, NULL, '{');
	writer_bool(&w, "ok", good);
	if (!good) {
		writer_string(&w, "code", "refused");
		writer_string(&w, "error", _(refusals[c->waits]));
	}
	write_lines(&w, text);
	writer_close(&w, '}');
	writer_text(&w, "\n");
	client_written(c, &w);
	c->waits = WAIT_NOTHING;
}

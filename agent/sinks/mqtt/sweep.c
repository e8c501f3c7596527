/*
 * Retained topics of what has left the site. A device that was renamed, or a point after
 * `publish:` was changed, would stay "good" at the broker for ever: nobody publishes there again.
 * So after each login we look once at what is retained on our topics and clear what the roster
 * does not have.
 *
 * Rounds of subscribing, until one finds nothing: that is the proof that the broker took it. What
 * does not fit into SWEEP_FLIGHT is found again in the next round, so no list is needed. Only a
 * message with the retain flag counts; our own of this moment come back without it. (Not with the
 * No Local option of MQTT 5: it may hide what we have published ourselves yesterday.)
 */
#include "base/text.h"
#include "sinks/mqtt/session_priv.h"

#include <mqtt_protocol.h>
#include <string.h>

static const char *const patterns[] = {"device/+", "alarm/+/+", "point/+/+", "points/+"};
#define PATTERNS (sizeof(patterns) / sizeof(patterns[0]))

struct filters {
	char text[PATTERNS][TOPIC_MAX];
	char *list[PATTERNS];
};

static void
make_filters(const struct mqtt_session *s, struct filters *f)
{
	for (size_t i = 0; i < PATTERNS; i++) {
		text_printf(f->text[i], TOPIC_MAX, "%s/%s", s->config->base, patterns[i]);
		f->list[i] = f->text[i];
	}
}

static void
finish(struct mqtt_session *s)
{
	struct filters f = {0};

	s->sweep.running = false;
	make_filters(s, &f);
	/* A connection that is broken shows elsewhere; one that stays up only hears its own echo.
	 */
	mosquitto_unsubscribe_multiple(s->mosq, NULL, (int)PATTERNS, f.list, NULL);
	s->hooks.swept(s->hooks.arg, &s->sweep.result);
}

static void
start_round(struct mqtt_session *s, mono_t now)
{
	struct sweep *w = &s->sweep;
	struct filters f = {0};

	make_filters(s, &f);
	w->before = w->found;
	w->found = 0;
	w->quiet_at = mono_add_ms(now, SWEEP_QUIET_MS);
	if (mosquitto_subscribe_multiple(
		s->mosq, &w->subscription, (int)PATTERNS, f.list, 0, 0, NULL) != 0) {
		w->result.denied = true; /* too long for this broker */
		finish(s);
	}
}

void
mqtt_sweep_start(struct mqtt_session *s, mono_t now)
{
	s->sweep = (struct sweep){.running = true};
	start_round(s, now);
}

void
mqtt_sweep_step(struct mqtt_session *s, mono_t now)
{
	struct sweep *w = &s->sweep;

	if (!w->running || mono_before(now, w->quiet_at))
		return;
	if (w->round > 0 && w->before > w->found)
		w->result.cleared += w->before - w->found;
	if (w->found > 0 && (w->round == 0 || w->found < w->before)) {
		w->round++;
		start_round(s, now);
		return;
	}
	w->result.left = w->found;
	finish(s);
}

static bool
is_covered(const char *base, const char *topic)
{
	size_t n = strlen(base);
	bool match = false;

	if (strncmp(topic, base, n) != 0 || topic[n] != '/')
		return false;
	for (size_t i = 0; i < PATTERNS && !match; i++)
		mosquitto_topic_matches_sub(patterns[i], topic + n + 1, &match);
	return match;
}

bool
mqtt_sweep_message(struct mqtt_session *s, const struct mosquitto_message *m, mono_t now)
{
	struct sweep *w = &s->sweep;
	int mid;

	if (!is_covered(s->config->base, m->topic))
		return false;
	if (!w->running || !m->retain)
		return true;
	w->quiet_at = mono_add_ms(now, SWEEP_QUIET_MS);
	if (roster_has(&s->config->roster, m->topic))
		return true;
	w->found++;
	if (w->flying < SWEEP_FLIGHT &&
	    mosquitto_publish(s->mosq, &mid, m->topic, 0, NULL, 0, true) == 0)
		w->flight[w->flying++] = mid;
	return true;
}

bool
mqtt_sweep_subscribed(struct mqtt_session *s, int mid, int count, const int *granted)
{
	struct sweep *w = &s->sweep;

	if (w->subscription == 0 || mid != w->subscription)
		return false;
	for (int i = 0; i < count; i++)
		if (granted[i] >= MQTT_RC_UNSPECIFIED)
			w->result.denied = true;
	return true;
}

void
mqtt_sweep_written(struct mqtt_session *s, int mid)
{
	struct sweep *w = &s->sweep;

	for (size_t i = 0; i < w->flying; i++) {
		if (w->flight[i] == mid) {
			w->flight[i] = w->flight[--w->flying];
			return;
		}
	}
}

/*
 * Retained topics of what has left the site. A device that was renamed, or a point after
 * `publish:` was changed, would stay "good" at the broker for ever: nobody publishes there again.
 * So after each login we look once at what is retained on our topics and clear what the roster
 * does not have.
 *
 * Below our own base, and below our node at Home Assistant, all is ours. A point whose topic is of
 * the site's own form stands among those of others: there a mark below our base says which are ours
 * (mark/<topic>), and a mark that the roster does not have is cleared with its topic.
 *
 * Rounds of subscribing, until one finds nothing: that is the proof that the broker took it. What
 * does not fit into SWEEP_FLIGHT is found again in the next round, so no list is needed. Only a
 * message with the retain flag counts; our own of this moment come back without it. (Not with the
 * No Local option of MQTT 5: it may hide what we have published ourselves yesterday.)
 *
 * That echo is of use as well: MQTT does not tell who has published a state (QoS 0, and even QoS 1
 * in version 3.1.1) that the broker's rules refuse it. A topic with an old state where we have
 * published without hearing it is one that shows yesterday for ever, and is told.
 */
#include "base/arena.h"
#include "base/text.h"
#include "sinks/mqtt/hass.h"
#include "sinks/mqtt/session_priv.h"

#include <mqtt_protocol.h>
#include <stdlib.h>
#include <string.h>

static const char *const below_base[] = {
    "device/+", "alarm/+/+", "point/+/+", "points/+", "alarms/+", "mark/#"};
#define BELOW_BASE (sizeof(below_base) / sizeof(below_base[0]))
_Static_assert(BELOW_BASE + 1 == SWEEP_FILTERS, "one more filter is for Home Assistant");

static void
make_filters(struct mqtt_session *s)
{
	const struct session_config *c = s->config;
	char node[HASS_NODE_MAX];

	for (size_t i = 0; i < BELOW_BASE; i++)
		text_printf(s->sweep.filters[i], TOPIC_MAX, "%s/%s", c->base, below_base[i]);
	hass_node(c->base, node);
	text_printf(
	    s->sweep.filters[BELOW_BASE], TOPIC_MAX, "%s/+/%s/+/config", c->hass_prefix, node);
}

static void
list_filters(struct mqtt_session *s, char *list[SWEEP_FILTERS])
{
	for (size_t i = 0; i < SWEEP_FILTERS; i++)
		list[i] = s->sweep.filters[i];
}

static void
count_kept(struct mqtt_session *s)
{
	struct sweep *w = &s->sweep;

	for (size_t i = 0; i < s->config->roster.count; i++) {
		if (w->flags[i] != (SWEEP_OLD | SWEEP_SENT))
			continue;
		if (w->result.kept++ == 0)
			text_copy(w->result.first, TOPIC_MAX, s->config->roster.topics[i]);
	}
}

static void
finish(struct mqtt_session *s)
{
	char *list[SWEEP_FILTERS];

	s->sweep.running = false;
	list_filters(s, list);
	/* A connection that is broken shows elsewhere; one that stays up only hears its own echo.
	 */
	mosquitto_unsubscribe_multiple(s->mosq, NULL, SWEEP_FILTERS, list, NULL);
	count_kept(s);
	s->hooks.swept(s->hooks.arg, &s->sweep.result);
}

static void
start_round(struct mqtt_session *s, mono_t now)
{
	struct sweep *w = &s->sweep;
	char *list[SWEEP_FILTERS];

	list_filters(s, list);
	w->before = w->found;
	w->found = 0;
	w->quiet_at = mono_add_ms(now, SWEEP_QUIET_MS);
	if (mosquitto_subscribe_multiple(
		s->mosq, &w->subscription, SWEEP_FILTERS, list, 0, 0, NULL) != 0) {
		w->result.denied = true; /* too long for this broker */
		finish(s);
	}
}

void
mqtt_sweep_start(struct mqtt_session *s, mono_t now)
{
	s->sweep = (struct sweep){.running = true};
	s->sweep.flags = xcalloc(s->config->roster.count + 1, sizeof(*s->sweep.flags));
	make_filters(s);
	start_round(s, now);
}

void
mqtt_sweep_free(struct mqtt_session *s)
{
	free(s->sweep.flags);
	s->sweep.flags = NULL;
}

/* Each flag counts once, and puts the end off: all has been told when nothing new comes. */
static void
set_flag(struct mqtt_session *s, long topic, enum sweep_flag flag, mono_t now)
{
	struct sweep *w = &s->sweep;

	if (topic == NO_INDEX || (w->flags[topic] & flag) != 0)
		return;
	w->flags[topic] |= (uint8_t)flag;
	w->quiet_at = mono_add_ms(now, SWEEP_QUIET_MS);
}

void
mqtt_sweep_sent(struct mqtt_session *s, const char *topic, mono_t now)
{
	if (s->sweep.running)
		set_flag(s, roster_find(&s->config->roster, topic), SWEEP_SENT, now);
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
is_covered(const struct sweep *w, const char *topic)
{
	bool match = false;

	for (size_t i = 0; i < SWEEP_FILTERS && !match; i++)
		mosquitto_topic_matches_sub(w->filters[i], topic, &match);
	return match;
}

/* Where the topic is a mark of ours: the topic that it is of; else NULL. */
static const char *
marked(const struct mqtt_session *s, const char *topic)
{
	static const char word[] = "/mark/";
	size_t n = strlen(s->config->base);

	if (strncmp(topic, s->config->base, n) != 0 ||
	    strncmp(topic + n, word, sizeof(word) - 1) != 0)
		return NULL;
	return topic + n + sizeof(word) - 1;
}

static void
clear(struct mqtt_session *s, const char *topic)
{
	struct sweep *w = &s->sweep;
	const char *other = marked(s, topic);
	int mid;

	w->found++;
	if (w->flying + 1 >= SWEEP_FLIGHT)
		return; /* in the next round */
	if (other != NULL && mosquitto_publish(s->mosq, &mid, other, 0, NULL, 0, true) == 0)
		w->flight[w->flying++] = mid;
	if (mosquitto_publish(s->mosq, &mid, topic, 0, NULL, 0, true) == 0)
		w->flight[w->flying++] = mid;
}

bool
mqtt_sweep_message(struct mqtt_session *s, const struct mosquitto_message *m, mono_t now)
{
	struct sweep *w = &s->sweep;
	long topic;

	if (!is_covered(w, m->topic))
		return false;
	if (!w->running)
		return true;
	topic = roster_find(&s->config->roster, m->topic);
	if (m->retain)
		w->quiet_at = mono_add_ms(now, SWEEP_QUIET_MS);
	if (topic != NO_INDEX)
		set_flag(s, topic, m->retain ? SWEEP_OLD : SWEEP_ECHO, now);
	else if (m->retain)
		clear(s, m->topic);
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

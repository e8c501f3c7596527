/*
 * The stream of events, who has them, and replay.
 *
 * Without consumers an event has arrived when the broker has confirmed it (PUBACK); that is all
 * that can be known then, and nobody subscribed (MQTT 5 reason 16) counts too: the site says that
 * nobody has to have it. With consumers only their `ack` frees an event; the broker's word is then
 * just a reason to go on, and reason 16 is a reason to wait: the broker threw the event away, so it
 * is offered again until somebody is there. A refusal is waited out in both cases.
 *
 * After each connection the stream starts behind the slowest consumer. Duplicates are possible,
 * loss is not: (epoch, seq) tells them apart.
 */
#include "sinks/mqtt/mqtt_priv.h"

#include "base/text.h"
#include "model/json.h"

#include <inttypes.h>
#include <string.h>

static bool
has_consumers(const struct mqtt *m)
{
	return m->site->mqtt.consumer_count > 0;
}

/* Everything up to here has arrived where it must. */
static uint64_t
arrived(const struct mqtt *m)
{
	uint64_t least = m->published;

	for (size_t i = 0; i < m->site->mqtt.consumer_count; i++)
		if (i == 0 || m->acked[i] < least)
			least = m->acked[i];
	return least;
}

void
mqtt_events_init(struct mqtt *m, const struct mqtt_start *start)
{
	size_t n = m->site->mqtt.consumer_count;

	m->published = start->published;
	m->acked = arena_array(m->arena, n, sizeof(*m->acked));
	m->owed_since = arena_array(m->arena, n, sizeof(*m->owed_since));
	for (size_t i = 0; i < n; i++) {
		m->acked[i] = start->consumers[i];
		m->owed_since[i] = clock_mono();
	}
	stream_init(&m->live, arrived(m), start->durable);
	stream_init(&m->replay.stream, 0, 0);
	/* What an earlier life of the agent has sent may be acknowledged in this one. */
	m->live.sent = m->published;
	for (size_t i = 0; i < n; i++)
		if (m->acked[i] > m->live.sent)
			m->live.sent = m->acked[i];
}

void
mqtt_events_restart(struct mqtt *m)
{
	stream_rewind(&m->live, arrived(m));
	if (m->replay.order != NULL)
		stream_rewind(&m->replay.stream, m->replay.stream.confirmed);
	m->hold[0] = '\0';
	/* Nobody could confirm anything meanwhile. */
	for (size_t i = 0; i < m->site->mqtt.consumer_count; i++)
		m->owed_since[i] = clock_mono();
}

void
mqtt_events_fetch(struct mqtt *m, mono_t now)
{
	const struct outbox *o = m->outbox;
	uint64_t after;
	unsigned max;

	if (stream_fetch(&m->live, now, &after, &max))
		o->fetch(o->arg, OUTBOX_MQTT, after, max);
	if (m->replay.order != NULL && stream_fetch(&m->replay.stream, now, &after, &max))
		o->fetch(o->arg, OUTBOX_MQTT_REPLAY, after, max);
}

void
mqtt_events(
    struct mqtt *m, int tag, const struct event *events, size_t count, const struct now *now)
{
	struct stream *s = tag == OUTBOX_MQTT ? &m->live : &m->replay.stream;

	stream_add(s, events, count, now->mono);
	mqtt_flush(m, now);
}

/* ---- out ----------------------------------------------------------------------------------- */

/* {...} becomes {...,"replayed":true} */
static size_t
mark_replayed(char *payload, size_t length, size_t room)
{
	static const char mark[] = ",\"replayed\":true}";

	if (length < 2 || length + sizeof(mark) > room)
		return 0;
	memcpy(payload + length - 1, mark, sizeof(mark));
	return length - 1 + sizeof(mark) - 1;
}

static bool
send_event(struct mqtt *m, struct stream *s, enum message_use use, mono_t now)
{
	const struct event *e = stream_next(s, now);
	struct message *msg = e != NULL ? mqtt_message(&m->pool) : NULL;

	if (msg == NULL)
		return false;
	msg->use = use;
	msg->seq = e->seq;
	msg->life = s->life;
	msg->qos = 1;
	msg->retain = false;
	msg->expiry_s = 0; /* the past stays what it was */
	text_printf(msg->topic, sizeof(msg->topic), "%s/event", m->site->mqtt.base);
	msg->length = json_event(e, m->outbox->epoch, msg->payload, msg->room);
	if (use == USE_REPLAY)
		msg->length = mark_replayed(msg->payload, msg->length, msg->room);
	stream_sent(s);
	if (msg->length == 0) {
		/* Cannot happen while JSON_EVENT_MAX holds. An event is never dropped in silence.
		 */
		log_err("mqtt: event %" PRIu64 " is longer than a message can be and is not sent",
		    msg->seq);
		stream_confirm(s, s->life, msg->seq);
		mqtt_put_back(m, msg);
		return true;
	}
	mqtt_hand_over(m, msg);
	return true;
}

bool
mqtt_events_send_live(struct mqtt *m, mono_t now)
{
	return send_event(m, &m->live, USE_LIVE, now);
}

static void
replay_end(struct mqtt *m, const char *trouble)
{
	struct replay *r = &m->replay;
	const struct command *c = &r->order->command;

	if (trouble == NULL)
		reply_replay(r->order->answer, c->from, r->stream.last);
	else
		reply_refused(r->order->answer, trouble);
	wire_order_done(m->wire, r->order);
	r->order = NULL;
}

static bool
replay_is_over(const struct stream *s)
{
	return !s->fetching && s->count == 0 && s->flying == 0 && (s->fetched >= s->last || s->dry);
}

bool
mqtt_events_send_replay(struct mqtt *m, mono_t now)
{
	struct replay *r = &m->replay;

	if (r->order == NULL)
		return false;
	if (replay_is_over(&r->stream)) {
		log_info("mqtt: replay for %s is complete",
		    m->site->mqtt.consumers[r->order->command.consumer]);
		replay_end(m, NULL);
		return false;
	}
	if (!mono_before(now, r->next_at)) {
		r->allowed = REPLAY_BURST;
		r->next_at = mono_add_ms(now, REPLAY_PAUSE_MS);
	}
	if (r->allowed == 0 || m->replay_flying >= REPLAY_FLIGHT ||
	    !send_event(m, &r->stream, USE_REPLAY, now))
		return false;
	r->allowed--;
	m->replay_flying++;
	return true;
}

/* ---- home again ---------------------------------------------------------------------------- */

static void
live_arrived(struct mqtt *m, const struct message *msg, mono_t now)
{
	const struct outbox *o = m->outbox;

	m->sent_count++;
	m->confirmed_count++;
	if (msg->life == m->live.life && m->hold[0] != '\0') {
		fault_over(&m->hold_fault, now, "mqtt: the broker takes events again");
		m->hold[0] = '\0';
	}
	if (!stream_confirm(&m->live, msg->life, msg->seq) || m->live.confirmed <= m->published)
		return;
	m->published = m->live.confirmed;
	o->passed(o->arg, "mqtt", m->published);
}

/* An event did not get through: wait, and offer it again with all that follow it. */
static void
hold(struct mqtt *m, const struct message *msg, mono_t now)
{
	if (msg->life != m->live.life)
		return;
	if (msg->delivery == DELIVERY_NOBODY)
		text_printf(m->hold, sizeof(m->hold), "nobody is subscribed to %s", msg->topic);
	else
		text_printf(m->hold, sizeof(m->hold), "the broker refuses %s: %s", msg->topic,
		    msg->refusal);
	fault_say(&m->hold_fault, now, LOG_LEVEL_WARN, "mqtt: events wait: %s", m->hold);
	stream_rewind(&m->live, m->live.confirmed);
	m->live.pause_until = mono_add_ms(now, HOLD_MS);
}

static void
replay_returned(struct mqtt *m, const struct message *msg)
{
	struct replay *r = &m->replay;
	const char *why;

	m->replay_flying--;
	if (r->order == NULL || msg->life != r->stream.life)
		return;
	if (msg->delivery == DELIVERY_DONE)
		stream_confirm(&r->stream, msg->life, msg->seq);
	else if (msg->delivery != DELIVERY_LOST) {
		why = msg->refusal != NULL ? msg->refusal : "nobody is subscribed any more";
		log_warn("mqtt: replay for %s is given up at event %" PRIu64 ": %s",
		    m->site->mqtt.consumers[r->order->command.consumer], msg->seq, why);
		replay_end(m, why);
	}
}

void
mqtt_events_returned(struct mqtt *m, const struct message *msg, mono_t now)
{
	if (msg->use == USE_REPLAY)
		replay_returned(m, msg);
	else if (msg->delivery == DELIVERY_DONE ||
		 (msg->delivery == DELIVERY_NOBODY && !has_consumers(m)))
		live_arrived(m, msg, now);
	else if (msg->delivery != DELIVERY_LOST)
		hold(m, msg, now);
	/* lost: the next connection starts behind what has arrived */
}

/* ---- what consumers ask for ---------------------------------------------------------------- */

static void
refuse(struct mqtt *m, struct order *order, mono_t now, const char *why)
{
	const struct command *c = &order->command;

	reply_refused(order->answer, why);
	throttle_warn(&m->orders, now, "mqtt: %s of %s is refused: %s",
	    c->kind == COMMAND_ACK ? "the ack" : "the replay", m->site->mqtt.consumers[c->consumer],
	    why);
}

static void
take_ack(struct mqtt *m, struct order *order, mono_t now)
{
	const struct command *c = &order->command;
	const struct outbox *o = m->outbox;
	char text[160];

	if (c->to > m->live.sent) {
		text_printf(text, sizeof(text),
		    "it says \"upto\":%" PRIu64 ", but only events up to %" PRIu64 " were sent",
		    c->to, m->live.sent);
		refuse(m, order, now, text);
		if (o->beyond != NULL)
			o->beyond(o->arg, m->site->mqtt.consumers[c->consumer], c->to);
		return;
	}
	if (c->to > m->acked[c->consumer]) {
		m->acked[c->consumer] = c->to;
		m->owed_since[c->consumer] = now;
		text_printf(text, sizeof(text), "mqtt/%s", m->site->mqtt.consumers[c->consumer]);
		o->passed(o->arg, text, c->to);
	}
	reply_ack(order->answer, m->acked[c->consumer]);
}

/* Why it cannot be, in text; false: it can. */
static bool
replay_is_impossible(
    const struct mqtt *m, const struct command *c, uint64_t to, char *text, size_t size)
{
	if (c->from < 1 || c->from > to)
		text_printf(text, size,
		    "it asks for %" PRIu64 " to %" PRIu64 ", but there is 1 to %" PRIu64, c->from,
		    c->to, m->live.last);
	else if (to - c->from >= REPLAY_MAX)
		text_printf(text, size,
		    "it asks for %" PRIu64 " events, at most %d at a time are possible",
		    to - c->from + 1, REPLAY_MAX);
	else if (m->replay.order != NULL)
		text_copy(text, size, "another one is running");
	else
		return false;
	return true;
}

/* true: it has begun, and the order stays until it is over. */
static bool
take_replay(struct mqtt *m, struct order *order, mono_t now)
{
	const struct command *c = &order->command;
	uint64_t to = c->to < m->live.last ? c->to : m->live.last;
	char text[160];

	if (replay_is_impossible(m, c, to, text, sizeof(text))) {
		refuse(m, order, now, text);
		return false;
	}
	log_info("mqtt: replay of events %" PRIu64 " to %" PRIu64 " for %s", c->from, to,
	    m->site->mqtt.consumers[c->consumer]);
	m->replay.order = order;
	m->replay.next_at = now;
	m->replay.stream.last = to;
	stream_rewind(&m->replay.stream, c->from - 1);
	return true;
}

void
mqtt_events_order(struct mqtt *m, struct order *order, mono_t now)
{
	const struct command *c = &order->command;
	char text[160];
	bool keep = false;

	if (strcmp(c->epoch, m->outbox->epoch) != 0) {
		text_printf(
		    text, sizeof(text), "its epoch is %s, ours is %s", c->epoch, m->outbox->epoch);
		refuse(m, order, now, text);
	} else if (c->kind == COMMAND_ACK)
		take_ack(m, order, now);
	else
		keep = take_replay(m, order, now);
	if (!keep)
		wire_order_done(m->wire, order);
}

uint64_t
mqtt_events_waiting(const struct mqtt *m)
{
	uint64_t done = arrived(m);

	return m->live.last > done ? m->live.last - done : 0;
}

void
mqtt_events_durable(struct mqtt *m, uint64_t upto, mono_t now)
{
	if (upto <= m->live.last)
		return;
	for (size_t i = 0; i < m->site->mqtt.consumer_count; i++)
		if (m->acked[i] >= m->live.last)
			m->owed_since[i] = now;
	m->live.last = upto;
}

int
mqtt_events_late(const struct mqtt *m, mono_t now)
{
	int late = NO_INDEX;

	for (size_t i = 0; i < m->site->mqtt.consumer_count; i++)
		if (m->acked[i] < m->live.last &&
		    mono_ms_between(now, m->owed_since[i]) >= CONSUMER_LATE_MS &&
		    (late == NO_INDEX || m->acked[i] < m->acked[late]))
			late = (int)i;
	return late;
}

static mono_t
later(mono_t a, mono_t b)
{
	return mono_before(a, b) ? b : a;
}

mono_t
mqtt_events_next(const struct mqtt *m)
{
	const struct stream *s = &m->live;
	mono_t at = MONO_NEVER;

	if (!s->fetching && s->count == 0 && s->fetched < s->last)
		at = later(s->pause_until, s->fetch_from);
	if (m->replay.order != NULL && m->replay.allowed == 0)
		at = mono_min(at, m->replay.next_at);
	return at;
}

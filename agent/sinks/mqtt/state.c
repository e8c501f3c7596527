/* Topics that show a state: dirty bits in, messages out. */
#include "base/text.h"
#include "sinks/mqtt/hass.h"
#include "sinks/mqtt/mqtt_priv.h"

static bool
is_batch(const struct mqtt *m)
{
	return m->site->mqtt.batch == MQTT_PER_DEVICE;
}

void
mqtt_state_init(struct mqtt *m)
{
	const struct site *s = m->site;

	for (int k = 0; k < TOPIC_KIND_COUNT; k++) {
		bits_init(&m->dirty.kind[k], m->arena, topic_count(s, (enum topic_kind)k));
		bits_init(&m->owed.kind[k], m->arena, topic_count(s, (enum topic_kind)k));
		bits_init(&m->unfit.kind[k], m->arena, topic_count(s, (enum topic_kind)k));
		bits_init(&m->clear.kind[k], m->arena, topic_count(s, (enum topic_kind)k));
	}
	m->told_facts = arena_array(m->arena, s->device_count, sizeof(*m->told_facts));
	m->behind_at = MONO_NEVER;
	if (is_batch(m)) {
		bits_init(&m->changed, m->arena, s->point_count);
		bits_init(&m->complete, m->arena, s->device_count);
		bits_init(&m->behind, m->arena, s->device_count);
		m->complete_at = arena_array(m->arena, s->device_count, sizeof(mono_t));
	}
}

static void
point_changed(struct mqtt *m, size_t point)
{
	const struct device_spec *d;
	const struct point_state *p = &m->view.points[point];
	size_t device;

	if (!is_batch(m)) {
		bits_add(&m->dirty.kind[TOPIC_POINT], point);
		return;
	}
	d = site_point_device(m->site, point);
	device = (size_t)(d - m->site->devices);
	bits_add(&m->changed, point);
	bits_add(&m->dirty.kind[TOPIC_BATCH], device);
	/* The retained message must never call good what is good no more, nor show a state that
	 * has ended; a measurement may be COMPLETE_MS old there. */
	if (p->quality != p->told_quality ||
	    d->profile->points[point - d->first_point].words != NULL)
		bits_add(&m->complete, device);
}

/* Model and firmware are known after the first answers; Home Assistant has them in each message. */
static void
tell_facts(struct mqtt *m, size_t device)
{
	const struct device_spec *d = &m->site->devices[device];
	uint64_t mark;

	if (m->site->mqtt.home_assistant == NULL)
		return;
	mark = hass_device_mark(&m->view, device);
	if (mark == m->told_facts[device])
		return;
	m->told_facts[device] = mark;
	for (size_t i = 0; i < d->profile->point_count; i++)
		bits_add(&m->dirty.kind[TOPIC_HASS_POINT], d->first_point + i);
	for (size_t i = 0; i < d->alarm_count; i++)
		bits_add(&m->dirty.kind[TOPIC_HASS_ALARM], d->first_alarm + i);
}

void
mqtt_state_changes(struct mqtt *m, const struct core_changes *c)
{
	for (size_t i = 0; i < c->point_count; i++)
		point_changed(m, c->points[i]);
	for (size_t i = 0; i < c->device_count; i++) {
		bits_add(&m->dirty.kind[TOPIC_DEVICE], c->devices[i]);
		tell_facts(m, c->devices[i]);
	}
	for (size_t i = 0; i < c->alarm_count; i++) {
		bits_add(&m->dirty.kind[TOPIC_ALARM], c->alarms[i]);
		if (m->site->mqtt.home_assistant != NULL)
			bits_add(&m->dirty.kind[TOPIC_ALARMS],
			    (size_t)(site_alarm_device(m->site, c->alarms[i]) - m->site->devices));
	}
}

void
mqtt_state_all_dirty(struct mqtt *m)
{
	for (int k = TOPIC_DEVICE; k < TOPIC_KIND_COUNT; k++) {
		bits_add_all(&m->dirty.kind[k]);
		bits_add_all(&m->owed.kind[k]);
		bits_remove_all(&m->unfit.kind[k]); /* the next broker may be wider */
		bits_remove_all(&m->clear.kind[k]);
	}
	bits_remove(&m->dirty.kind[TOPIC_AGENT], 0);
	m->greeted = false;
	if (is_batch(m)) {
		bits_add_all(&m->changed);
		bits_add_all(&m->complete);
	}
}

/*
 * "online" makes everything else on the broker the present. So it goes out behind the state that
 * takes the place of yesterday's; on one connection nothing overtakes.
 */
static void
greet(struct mqtt *m)
{
	if (m->greeted || dirty_count(&m->owed) > 0)
		return;
	m->greeted = true;
	bits_add(&m->dirty.kind[TOPIC_AGENT], 0);
}

/* Devices whose retained message has been behind for long enough. */
static void
complete_behind(struct mqtt *m, mono_t now)
{
	mono_t next = MONO_NEVER;

	for (size_t i = 0; i < m->behind.count; i++) {
		mono_t due = mono_add_ms(m->complete_at[i], COMPLETE_MS);

		if (!bits_has(&m->behind, i))
			continue;
		if (mono_before(now, due)) {
			next = mono_min(next, due);
			continue;
		}
		bits_remove(&m->behind, i);
		bits_add(&m->complete, i);
		bits_add(&m->dirty.kind[TOPIC_BATCH], i);
	}
	m->behind_at = next;
}

/* Whether it is to be told again at agent_due(). */
static bool
agent_waits(const struct mqtt *m)
{
	return m->greeted && !bits_has(&m->dirty.kind[TOPIC_AGENT], 0);
}

static mono_t
agent_due(const struct mqtt *m)
{
	bool news = m->agent_last != m->live.last;

	return mono_add_ms(m->agent_at, news ? AGENT_MS : AGENT_AGAIN_MS);
}

void
mqtt_state_due(struct mqtt *m, mono_t now)
{
	if (agent_waits(m) && !mono_before(now, agent_due(m)))
		bits_add(&m->dirty.kind[TOPIC_AGENT], 0);
	if (!mono_before(now, m->behind_at))
		complete_behind(m, now);
}

mono_t
mqtt_state_next(const struct mqtt *m)
{
	mono_t at = m->behind_at;

	return agent_waits(m) ? mono_min(at, agent_due(m)) : at;
}

static size_t
agent_payload(struct mqtt *m, struct message *msg, mono_t now)
{
	m->facts.last = m->agent_last = m->live.last;
	m->agent_at = now;
	return payload_agent(m->site, &m->facts, msg->payload, msg->room);
}

/*
 * A message with all points is retained, for those who subscribe later. One with only what has
 * changed is not, or it would take its place; then a complete one follows soon.
 */
static size_t
batch_payload(struct mqtt *m, struct message *msg, const struct now *now)
{
	size_t device = msg->index;
	const struct device_spec *d = &m->site->devices[device];
	bool complete = bits_has(&m->complete, device) ||
			mono_ms_between(now->mono, m->complete_at[device]) >= COMPLETE_EARLY_MS;
	size_t n = payload_batch(
	    &m->view, device, complete ? NULL : &m->changed, now->wall, msg->payload, msg->room);

	bits_remove_range(&m->changed, d->first_point, d->profile->point_count);
	bits_remove(&m->complete, device);
	bits_remove(&m->behind, device);
	if (complete) {
		m->complete_at[device] = now->mono;
	} else {
		bits_add(&m->behind, device);
		m->behind_at =
		    mono_min(m->behind_at, mono_add_ms(m->complete_at[device], COMPLETE_MS));
	}
	msg->retain = complete;
	return n;
}

static size_t
alarm_payload(const struct mqtt *m, struct message *msg)
{
	/* An empty one would say "normal". */
	return bits_has(&m->unfit.kind[TOPIC_ALARM], msg->index)
		   ? payload_alarm_short(&m->view, msg->index, msg->payload, msg->room)
		   : payload_alarm(&m->view, msg->index, msg->payload, msg->room);
}

/* Fills the payload; 0: it did not fit, or an alarm is normal. */
static size_t
fill(struct mqtt *m, struct message *msg, const struct now *now)
{
	size_t i = msg->index;

	switch (msg->kind) {
	case TOPIC_AGENT:
		return agent_payload(m, msg, now->mono);
	case TOPIC_DEVICE:
		return payload_device(&m->view, i, msg->payload, msg->room);
	case TOPIC_ALARM:
		return alarm_payload(m, msg);
	case TOPIC_ALARMS:
		return payload_alarms(&m->view, i, msg->payload, msg->room);
	case TOPIC_MARK:
		return text_printf(msg->payload, msg->room, "{}");
	case TOPIC_POINT:
		return point_is_hidden(&m->view.points[i])
			   ? 0
			   : payload_point(&m->view, i, msg->payload, msg->room);
	case TOPIC_BATCH:
		return batch_payload(m, msg, now);
	case TOPIC_HASS_POINT:
		return hass_point(&m->view, &m->facts, i, msg->payload, msg->room);
	case TOPIC_HASS_ALARM:
		return hass_alarm(&m->view, &m->facts, i, msg->payload, msg->room);
	case TOPIC_KIND_COUNT:
		break;
	}
	return 0;
}

/* A normal alarm, and a row that the device does not have: the empty message is meant so. */
static bool
is_nothing(const struct mqtt *m, const struct message *msg)
{
	return (msg->kind == TOPIC_ALARM && m->view.alarms[msg->index].phase == ALARM_NORMAL) ||
	       (msg->kind == TOPIC_POINT && point_is_hidden(&m->view.points[msg->index]));
}

/* What an MQTT 5 broker shall forget when nothing new comes: what we tell again and again. */
static bool
expires(enum topic_kind kind)
{
	return kind == TOPIC_AGENT || kind == TOPIC_POINT || kind == TOPIC_BATCH;
}

/* A new value that cannot be told must not leave the old one at the broker: it goes out empty. */
static void
fill_or_clear(struct mqtt *m, struct message *msg, const struct now *now)
{
	struct bits *clear = &m->clear.kind[msg->kind];

	msg->length = 0;
	msg->retain = true;
	if (bits_has(clear, msg->index)) {
		bits_remove(clear, msg->index);
		return;
	}
	msg->length = fill(m, msg, now);
	if (msg->length > 0 || is_nothing(m, msg))
		return;
	bits_add(&m->unfit.kind[msg->kind], msg->index);
	throttle_warn(&m->refused, now->mono,
	    "mqtt: %s is cleared: its text is too long to be published", msg->topic);
}

/* Room for the state that is told next; NULL: not now. */
static struct message *
next_message(struct mqtt *m)
{
	enum topic_kind kind;

	if (!dirty_first(&m->dirty, &kind))
		return NULL;
	if (kind == TOPIC_POINT)
		return mqtt_message(&m->points);
	return m->state_flying < STATE_FLIGHT ? mqtt_message(&m->pool) : NULL;
}

bool
mqtt_state_send(struct mqtt *m, const struct now *now)
{
	struct message *msg;

	greet(m);
	msg = next_message(m);
	if (msg == NULL)
		return false;
	dirty_take(&m->dirty, &msg->kind, &msg->index);
	bits_remove(&m->owed.kind[msg->kind], msg->index);
	msg->use = USE_STATE;
	msg->qos = 0;
	msg->seq = 0;
	msg->expiry_s = expires(msg->kind) ? MQTT_EXPIRY_S : 0;
	topic_text(m->site, msg->kind, msg->index, msg->topic, sizeof(msg->topic));
	fill_or_clear(m, msg, now);
	m->state_flying += msg->kind != TOPIC_POINT;
	mqtt_hand_over(m, msg);
	return true;
}

/*
 * The library refuses what is larger than the broker allows, before anything is sent. What stood
 * there before is old now: an alarm is told without its sentences, anything else is cleared.
 */
static void
refused(struct mqtt *m, const struct message *msg, mono_t now)
{
	bool was = bits_has(&m->unfit.kind[msg->kind], msg->index);

	throttle_warn(
	    &m->refused, now, "mqtt: %s cannot be published: %s", msg->topic, msg->refusal);
	if (msg->length == 0)
		return;
	bits_add(&m->unfit.kind[msg->kind], msg->index);
	if (msg->kind == TOPIC_ALARM && was)
		return; /* not even the short one: an old alarm is better than none */
	if (msg->kind != TOPIC_ALARM)
		bits_add(&m->clear.kind[msg->kind], msg->index);
	bits_add(&m->dirty.kind[msg->kind], msg->index);
}

void
mqtt_state_returned(struct mqtt *m, const struct message *msg, mono_t now)
{
	m->state_flying -= msg->kind != TOPIC_POINT;
	switch (msg->delivery) {
	case DELIVERY_DONE:
	case DELIVERY_NOBODY:
		m->sent_count++;
		if (msg->kind != TOPIC_ALARM ? msg->length > 0 : is_nothing(m, msg))
			bits_remove(&m->unfit.kind[msg->kind], msg->index);
		break;
	case DELIVERY_LOST: /* the next connection starts with everything dirty */
		break;
	case DELIVERY_REFUSED:
		refused(m, msg, now);
		break;
	}
}

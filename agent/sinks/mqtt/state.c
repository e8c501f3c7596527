/* Topics that show a state: dirty bits in, messages out. */
#include "sinks/mqtt/mqtt_priv.h"

static bool
is_batch(const struct mqtt *m)
{
	return m->site->mqtt.batch == MQTT_PER_DEVICE;
}

static size_t
device_index(const struct mqtt *m, size_t point)
{
	return (size_t)(site_point_device(m->site, point) - m->site->devices);
}

void
mqtt_state_init(struct mqtt *m)
{
	const struct site *s = m->site;

	for (int k = 0; k < TOPIC_KIND_COUNT; k++) {
		bits_init(&m->dirty.kind[k], m->arena, topic_count(s, (enum topic_kind)k));
		bits_init(&m->owed.kind[k], m->arena, topic_count(s, (enum topic_kind)k));
	}
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
	const struct point_state *p = &m->view.points[point];
	size_t device;

	if (!is_batch(m)) {
		bits_add(&m->dirty.kind[TOPIC_POINT], point);
		return;
	}
	device = device_index(m, point);
	bits_add(&m->changed, point);
	bits_add(&m->dirty.kind[TOPIC_BATCH], device);
	/* The retained message must never call good what is good no more, nor show a state that
	 * has ended; a measurement may be COMPLETE_MS old there. */
	if (p->quality != p->told_quality || site_point(m->site, point)->words != NULL)
		bits_add(&m->complete, device);
}

void
mqtt_state_changes(struct mqtt *m, const struct core_changes *c)
{
	for (size_t i = 0; i < c->point_count; i++)
		point_changed(m, c->points[i]);
	for (size_t i = 0; i < c->device_count; i++)
		bits_add(&m->dirty.kind[TOPIC_DEVICE], c->devices[i]);
	for (size_t i = 0; i < c->alarm_count; i++)
		bits_add(&m->dirty.kind[TOPIC_ALARM], c->alarms[i]);
}

void
mqtt_state_all_dirty(struct mqtt *m)
{
	for (int k = TOPIC_DEVICE; k < TOPIC_KIND_COUNT; k++) {
		bits_add_all(&m->dirty.kind[k]);
		bits_add_all(&m->owed.kind[k]);
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

static bool
agent_is_behind(const struct mqtt *m)
{
	return m->greeted && m->agent_last != m->live.last &&
	       !bits_has(&m->dirty.kind[TOPIC_AGENT], 0);
}

void
mqtt_state_due(struct mqtt *m, mono_t now)
{
	if (agent_is_behind(m) && mono_ms_between(now, m->agent_at) >= AGENT_MS)
		bits_add(&m->dirty.kind[TOPIC_AGENT], 0);
	if (!mono_before(now, m->behind_at))
		complete_behind(m, now);
}

mono_t
mqtt_state_next(const struct mqtt *m)
{
	mono_t at = m->behind_at;

	return agent_is_behind(m) ? mono_min(at, mono_add_ms(m->agent_at, AGENT_MS)) : at;
}

static size_t
agent_payload(struct mqtt *m, struct message *msg, mono_t now)
{
	m->facts.last = m->agent_last = m->live.last;
	m->agent_at = now;
	return payload_agent(m->site, &m->facts, msg->payload, m->room);
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
	bool complete = bits_has(&m->complete, device);
	size_t n = payload_batch(
	    &m->view, device, complete ? NULL : &m->changed, now->wall, msg->payload, m->room);

	for (size_t i = 0; i < d->profile->point_count; i++)
		bits_remove(&m->changed, d->first_point + i);
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

/* Fills the payload; false: it did not fit. */
static bool
fill(struct mqtt *m, struct message *msg, const struct now *now)
{
	size_t i = msg->index, n = 0;

	switch (msg->kind) {
	case TOPIC_AGENT:
		n = agent_payload(m, msg, now->mono);
		break;
	case TOPIC_DEVICE:
		n = payload_device(&m->view, i, msg->payload, m->room);
		break;
	case TOPIC_ALARM:
		n = payload_alarm(&m->view, i, msg->payload, m->room);
		break;
	case TOPIC_POINT:
		n = payload_point(&m->view, i, msg->payload, m->room);
		break;
	case TOPIC_BATCH:
		n = batch_payload(m, msg, now);
		break;
	case TOPIC_KIND_COUNT:
		break;
	}
	msg->length = n;
	return n > 0 || (msg->kind == TOPIC_ALARM && m->view.alarms[i].phase == ALARM_NORMAL);
}

bool
mqtt_state_send(struct mqtt *m, const struct now *now)
{
	struct message *msg;

	greet(m);
	if (m->state_flying >= STATE_FLIGHT || dirty_count(&m->dirty) == 0 ||
	    (msg = mqtt_message(m)) == NULL)
		return false;
	dirty_take(&m->dirty, &msg->kind, &msg->index);
	bits_remove(&m->owed.kind[msg->kind], msg->index);
	msg->use = USE_STATE;
	msg->qos = 0;
	msg->retain = true;
	topic_text(m->site, msg->kind, msg->index, msg->topic, sizeof(msg->topic));
	if (!fill(m, msg, now)) {
		throttle_warn(&m->refused, now->mono,
		    "mqtt: %s is not published: its text is too long", msg->topic);
		mqtt_put_back(m, msg);
		return true;
	}
	m->state_flying++;
	mqtt_hand_over(m, msg);
	return true;
}

void
mqtt_state_returned(struct mqtt *m, const struct message *msg, mono_t now)
{
	m->state_flying--;
	switch (msg->delivery) {
	case DELIVERY_DONE:
	case DELIVERY_NOBODY:
		m->sent_count++;
		break;
	case DELIVERY_LOST: /* the next connection starts with everything dirty */
		break;
	case DELIVERY_REFUSED:
		throttle_warn(
		    &m->refused, now, "mqtt: %s cannot be published: %s", msg->topic, msg->refusal);
		break;
	}
}

/* Life of the sink, the window of messages, and health. */
#include "base/lang.h"
#include "base/text.h"
#include "sinks/mqtt/mqtt_priv.h"

#include <stdlib.h>
#include <string.h>

#define STOP_MS 2000

/* ---- the window ---------------------------------------------------------------------------- */

struct message *
mqtt_message(struct pool *p)
{
	return p->count > 0 ? p->unused[--p->count] : NULL;
}

void
mqtt_put_back(struct mqtt *m, struct message *msg)
{
	struct pool *p = msg < m->messages + WINDOW ? &m->pool : &m->points;

	p->unused[p->count++] = msg;
}

void
mqtt_hand_over(struct mqtt *m, struct message *msg)
{
	msg->generation = m->status.generation;
	msg->mail.kind = WIRE_MESSAGE;
	msg->mail.next = NULL;
	*m->going_end = &msg->mail;
	m->going_end = &msg->mail.next;
}

/* All that was handed over in this turn, with one wake-up. */
static void
send_off(struct mqtt *m)
{
	if (m->going == NULL)
		return;
	wire_send(
	    m->wire, m->going, (struct mail *)((char *)m->going_end - offsetof(struct mail, next)));
	m->going = NULL;
	m->going_end = &m->going;
}

static void
fill_pool(struct mqtt *m, struct pool *p, struct message *first, size_t count, size_t room)
{
	p->size = count;
	for (size_t i = 0; i < count; i++) {
		first[i].room = room;
		first[i].payload = arena_alloc(m->arena, room);
		mqtt_put_back(m, &first[i]);
	}
}

static void
message_returned(struct mqtt *m, struct message *msg, mono_t now)
{
	if (msg->use == USE_STATE)
		mqtt_state_returned(m, msg, now);
	else
		mqtt_events_returned(m, msg, now);
	mqtt_put_back(m, msg);
}

/* ---- mail from the thread ------------------------------------------------------------------ */

static void
status_changed(struct mqtt *m)
{
	unsigned before = m->status.generation;

	wire_status(m->wire, &m->status);
	if (m->status.generation == before)
		return;
	mqtt_state_all_dirty(m);
	mqtt_events_restart(m);
}

static void
take_mail(struct mqtt *m, struct mail *first, mono_t now)
{
	for (struct mail *mail = first, *next; mail != NULL; mail = next) {
		next = mail->next;
		switch ((enum wire_mail)mail->kind) {
		case WIRE_MESSAGE:
			message_returned(m, (struct message *)mail, now);
			break;
		case WIRE_ORDER:
			mqtt_events_order(m, (struct order *)mail, now);
			break;
		case WIRE_STATUS:
			status_changed(m);
			break;
		case WIRE_STOPPED:
			m->stopped = true;
			break;
		case WIRE_STOP: /* goes the other way */
			break;
		}
	}
}

static void
on_mail(void *arg, struct mail *first, const struct now *now)
{
	struct mqtt *m = arg;

	take_mail(m, first, now->mono);
	mqtt_flush(m, now);
}

static void
on_timer(void *arg, const struct now *now)
{
	struct mqtt *m = arg;

	m->timer_at = MONO_NEVER; /* it was a single shot */
	mqtt_flush(m, now);
}

/* ---- every turn ---------------------------------------------------------------------------- */

void
mqtt_changes(struct mqtt *m, const struct core_changes *changes, const struct now *now)
{
	/* What was written and came home quietly is room for these. */
	take_mail(m, mailbox_take_all(m->in), now->mono);
	mqtt_state_changes(m, changes);
}

void
mqtt_durable(struct mqtt *m, uint64_t upto, const struct now *now)
{
	mqtt_events_durable(m, upto, now->mono);
	mqtt_flush(m, now);
}

static void
set_timer(struct mqtt *m)
{
	mono_t at = MONO_NEVER;

	if (m->status.online)
		at = mono_min(mqtt_events_next(m), mqtt_state_next(m));
	if (at.us == m->timer_at.us)
		return;
	m->timer_at = at;
	loop_timer_set(m->timer, at);
}

/* Events and state take turns, so that a flood of one does not hold up the other. */
void
mqtt_flush(struct mqtt *m, const struct now *now)
{
	bool event = true, state = true;

	if (m->status.online) {
		mqtt_state_due(m, now->mono);
		while (event || state) {
			event = mqtt_events_send_live(m, now->mono);
			state = mqtt_state_send(m, now);
		}
		while (mqtt_events_send_replay(m, now->mono))
			;
		mqtt_events_fetch(m, now->mono);
		send_off(m);
		/* What is left waits for room; else nobody has to come when messages are home. */
		if (m->pool.count == 0 || dirty_count(&m->dirty) > 0)
			mailbox_want(m->in);
	}
	set_timer(m);
}

/* ---- life ---------------------------------------------------------------------------------- */

struct mqtt *
mqtt_open(const struct mqtt_start *start, const struct mqtt_view *view, char *err, size_t err_size)
{
	struct arena *arena;
	struct mqtt *m;

	if (strlen(view->site->mqtt.base) > TOPIC_BASE_MAX) {
		text_printf(
		    err, err_size, "mqtt: base is longer than %d characters", TOPIC_BASE_MAX);
		return NULL;
	}
	arena = arena_new();
	m = arena_alloc(arena, sizeof(*m));
	m->arena = arena;
	m->site = view->site;
	m->view = *view;
	m->outbox = start->outbox;
	m->facts = (struct agent_facts){
	    .version = start->version, .epoch = start->outbox->epoch, .started = clock_wall()};
	m->room = payload_room(m->site);
	m->going_end = &m->going;
	fill_pool(m, &m->pool, m->messages, WINDOW, m->room);
	if (m->site->mqtt.batch == MQTT_PER_DEVICE)
		m->view.frames = payload_frames(m->site, m->arena);
	else
		fill_pool(m, &m->points, m->messages + WINDOW, WINDOW_POINT, PAYLOAD_POINT_ROOM);
	m->timer_at = MONO_NEVER;
	mqtt_state_init(m);
	mqtt_events_init(m, start);
	m->in = mailbox_new();
	loop_mailbox_add(start->loop, "mqtt", m->in, LOOP_NORMAL, on_mail, m);
	m->timer = loop_timer_add(start->loop, "mqtt", LOOP_NORMAL, on_timer, m);
	m->wire = wire_new(m->site, start->outbox->epoch, m->in);
	return m;
}

void
mqtt_free(struct mqtt *m)
{
	mono_t until = mono_add_ms(clock_mono(), STOP_MS), now = clock_mono();
	struct arena *arena;

	if (m == NULL)
		return;
	wire_stop(m->wire);
	while (!m->stopped && mono_before(now, until)) {
		mailbox_wait(m->in, (int)mono_ms_between(until, now) + 1);
		now = clock_mono();
		take_mail(m, mailbox_take_all(m->in), now);
	}
	if (!m->stopped) {
		/* It may come back to its mailboxes: they stay, as the process ends anyway. */
		log_warn("mqtt: the connection did not end within %d s (name look-up hangs?), left "
			 "alone",
		    STOP_MS / 1000);
		return;
	}
	wire_free(m->wire);
	mailbox_free(m->in);
	arena = m->arena;
	arena_free(arena);
}

/* ---- health -------------------------------------------------------------------------------- */

static void
say_what_is_held(const struct mqtt *m, int late, mono_t now, struct mqtt_health *out)
{
	const struct wire_status *s = &m->status;

	if (m->hold[0] != '\0')
		text_append(out->text, sizeof(out->text), _(", but events wait: %s"), m->hold);
	else if (s->deaf)
		text_append(out->text, sizeof(out->text),
		    _(", but events cannot be acknowledged: the broker does not let us read "
		      "consumer/+/ack (ACL)"));
	else if (late != NO_INDEX)
		text_append(out->text, sizeof(out->text),
		    _(", but %s has confirmed none of %llu events for %lld min"),
		    m->site->mqtt.consumers[late],
		    (unsigned long long)(m->live.last - m->acked[late]),
		    (long long)mono_ms_between(now, m->owed_since[late]) / 60000);
	if (s->kept > 0)
		text_append(out->text, sizeof(out->text),
		    _(", but the broker shows an old state on %zu topics, such as %s, and does not "
		      "take ours (ACL)"),
		    s->kept, s->kept_topic);
	if (dirty_count(&m->unfit) > 0)
		text_append(out->text, sizeof(out->text),
		    _(", but %zu states are too long for the broker and are missing there"),
		    dirty_count(&m->unfit));
}

void
mqtt_health(struct mqtt *m, struct mqtt_health *out)
{
	const struct wire_status *s = &m->status;
	struct now now = clock_now();
	int late;

	take_mail(m, mailbox_take_all(m->in), now.mono);
	mqtt_flush(m, &now);
	late = mqtt_events_late(m, now.mono);
	*out = (struct mqtt_health){
	    .connected = s->online,
	    .holding = s->online && (m->hold[0] != '\0' || s->deaf || late != NO_INDEX),
	    .refused = (unsigned)(s->online ? dirty_count(&m->unfit) + s->kept : 0),
	    .published = m->sent_count,
	    .confirmed = m->confirmed_count,
	    .waiting_events = mqtt_events_waiting(m),
	    .in_flight =
		(unsigned)(m->pool.size + m->points.size - m->pool.count - m->points.count),
	    .dirty = (unsigned)dirty_count(&m->dirty),
	    .reconnects = s->connects > 0 ? s->connects - 1 : 0,
	};
	text_copy(out->text, sizeof(out->text),
	    s->text[0] != '\0' ? s->text : _("connecting for the first time"));
	if (s->online)
		say_what_is_held(m, late, now.mono, out);
	else if (mono_before(now.mono, s->retry_at) && s->retry_at.us != MONO_NEVER.us)
		text_append(out->text, sizeof(out->text), _(", next try in %lld s"),
		    (long long)(mono_ms_between(s->retry_at, now.mono) + 999) / 1000);
}

/* The MQTT thread: connects, waits, connects again, and carries messages. */
#include "sinks/mqtt/wire_priv.h"

#include "base/lang.h"
#include "base/text.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

/* The library's clock for keepalive has seconds. */
#define TICK_MS 1000

/* ---- status and log ------------------------------------------------------------------------ */

/* One wake-up of the core for all that came of a turn; none for states that were written, as long
 * as it has messages left to fill. */
static void
send_home(struct wire *w)
{
	struct mail *last;

	if (w->home == NULL)
		return;
	last = (struct mail *)((char *)w->home_end - offsetof(struct mail, next));
	if (w->news)
		mailbox_put_all(w->out, w->home, last);
	else
		mailbox_put_quietly(w->out, w->home, last);
	w->home = NULL;
	w->home_end = &w->home;
	w->news = false;
}

static void
goes_home(struct wire *w, struct message *m)
{
	w->news = w->news || m->qos > 0 || m->delivery != DELIVERY_DONE;
	m->mail.next = NULL;
	*w->home_end = &m->mail;
	w->home_end = &m->mail.next;
}

static void
tell(struct wire *w, const char *text)
{
	send_home(w); /* what became of the messages first, then the news */
	pthread_mutex_lock(&w->lock);
	if (w->online && !w->status.online) {
		w->status.generation++;
		w->status.connects++;
	}
	w->status.online = w->online;
	w->status.deaf = w->deaf;
	w->status.kept = w->online ? w->kept : 0;
	text_copy(w->status.kept_topic, sizeof(w->status.kept_topic), w->kept_topic);
	w->status.retry_at = w->session != NULL ? MONO_NEVER : w->retry_at;
	if (text != NULL)
		text_copy(w->status.text, sizeof(w->status.text), text);
	pthread_mutex_unlock(&w->lock);
	if (!atomic_exchange(&w->waking, true))
		mailbox_put(w->out, &w->wake);
}

/* One line for each new reason; the same one again is only counted. */
static void
say_fault(struct wire *w, const char *text, mono_t now)
{
	struct fault_log *f = &w->fault;
	mono_t since = f->since;
	bool was = f->on;

	if (strcmp(text, w->said) != 0)
		f->on = false;
	fault_say(f, now, LOG_LEVEL_WARN, "mqtt: %s", text);
	if (was)
		f->since = since;
	text_copy(w->said, sizeof(w->said), text);
}

/* ---- hooks of the session ------------------------------------------------------------------ */

static void
on_settled(void *arg, struct message *m)
{
	goes_home(arg, m);
}

static void
hand_over(struct wire *w, struct desk *d)
{
	d->order.command = d->next;
	d->waiting = false;
	d->out = true;
	mailbox_put(w->out, &d->order.mail);
}

static void
on_odd(void *arg, const char *text)
{
	struct wire *w = arg;

	throttle_warn(&w->odd, clock_mono(), "mqtt: %s", text);
}

static void
on_deaf(void *arg)
{
	struct wire *w = arg;

	on_odd(w, "the broker does not let us subscribe to consumer/+/ack and /replay: events "
		  "cannot be acknowledged; check its rules (ACL)");
	w->deaf = true;
	tell(w, NULL);
}

static void
on_swept(void *arg, const struct sweep_result *r)
{
	struct wire *w = arg;

	if (r->cleared > 0)
		log_info("mqtt: cleared %zu retained topic%s below %s of what this site does not "
			 "publish any more",
		    r->cleared, r->cleared == 1 ? "" : "s", w->config.base);
	if (r->left > 0)
		log_warn("mqtt: %zu retained topic%s below %s of what this site does not publish "
			 "any more cannot be cleared: check the broker's rules (ACL)",
		    r->left, r->left == 1 ? "" : "s", w->config.base);
	if (r->denied && !w->blind)
		log_debug("mqtt: the broker does not let us read what is retained below %s: topics "
			  "of things that have left the site stay there",
		    w->config.base);
	w->blind = w->blind || r->denied;
	w->unswept = 0;
	w->sweeping = false;
	if (r->kept > 0)
		log_warn("mqtt: the broker shows an old state on %zu topic%s, such as %s: it does "
			 "not take what we publish there; check its rules (ACL)",
		    r->kept, r->kept == 1 ? "" : "s", r->first);
	w->kept = r->kept;
	text_copy(w->kept_topic, sizeof(w->kept_topic), r->first);
	tell(w, NULL);
}

static void
answer_at_once(struct wire *w, const struct command *c, const char *why)
{
	char text[REPLY_TEXT_MAX];

	reply_refused(text, why);
	mqtt_session_answer(w->session, &c->reply, text);
}

/* Several acks are as good as the highest; replays are for different events each. */
static void
on_ordered(void *arg, const struct command *c)
{
	struct wire *w = arg;
	struct desk *d = &w->desks[c->consumer * COMMAND_KIND_COUNT + (size_t)c->kind];
	char text[160];

	if (d->waiting && c->kind == COMMAND_REPLAY) {
		text_printf(text, sizeof(text),
		    "a replay for %s is refused: one is running and one waits already",
		    w->config.consumers[c->consumer]);
		on_odd(w, text);
		answer_at_once(w, c, "one is running and one waits already");
		return;
	}
	if (d->waiting && c->to <= d->next.to && strcmp(c->epoch, d->next.epoch) == 0) {
		answer_at_once(w, c, "a higher one waits already");
		return;
	}
	if (d->waiting)
		answer_at_once(w, &d->next, "another one came before it was its turn");
	d->next = *c;
	d->waiting = true;
	if (!d->out)
		hand_over(w, d);
}

/* ---- connecting ---------------------------------------------------------------------------- */

static uint64_t
next_random(struct wire *w)
{
	w->random ^= w->random << 13;
	w->random ^= w->random >> 7;
	w->random ^= w->random << 17;
	return w->random;
}

/*
 * Full jitter: anywhere below the cap, so that a hundred agents do not come at once when their
 * broker returns; but a broker that hangs up at once is not hammered.
 */
static int64_t
backoff_ms(struct wire *w)
{
	int64_t cap = BACKOFF_MIN_MS;

	for (unsigned i = 1; i < w->failures && cap < BACKOFF_MAX_MS; i++)
		cap *= 2;
	if (cap > BACKOFF_MAX_MS)
		cap = BACKOFF_MAX_MS;
	return BACKOFF_FLOOR_MS + (int64_t)(next_random(w) % (uint64_t)(cap - BACKOFF_FLOOR_MS));
}

/* Every second try is for the other IP version: that it is not reachable is no news. */
static bool
is_news(const struct wire *w, const char *text)
{
	static const char unreachable[] = "cannot reach";
	size_t n = sizeof(unreachable) - 1;

	return w->failures % 2 == 0 || strncmp(text, unreachable, n) != 0 ||
	       strncmp(w->said, unreachable, n) != 0;
}

/*
 * The connection that was is over. A broker that closes again and again does so mostly because two
 * clients have one name and throw each other out; MQTT 3.1.1 cannot say that, and mosquitto does
 * not.
 */
static void
note_end(struct wire *w, char *text, size_t size, mono_t now)
{
	if (mono_ms_between(now, w->online_at) >= STABLE_MS)
		w->failures = w->brief = 0;
	else if (++w->brief > 1)
		text_append(text, size, " again, soon after the login: is another client \"%s\"?",
		    w->config.client_id);
}

static void
failed(struct wire *w, const char *why, mono_t now)
{
	char text[WIRE_TEXT_MAX];
	bool news;

	text_copy(text, sizeof(text), why);
	if (w->online && !w->stopping) {
		note_end(w, text, sizeof(text), now);
		w->unswept += w->sweeping;
	}
	w->sweeping = false;
	news = is_news(w, text);
	w->online = w->deaf = false;
	w->failures++;
	w->retry_at = mono_add_ms(now, backoff_ms(w));
	if (!w->stopping)
		say_fault(w, news ? text : w->said, now);
	tell(w, news ? text : NULL);
}

static void
try_connect(struct wire *w)
{
	static const struct session_hooks hooks = {.settled = on_settled,
	    .ordered = on_ordered,
	    .odd = on_odd,
	    .deaf = on_deaf,
	    .swept = on_swept};
	struct session_hooks mine = hooks;
	char err[WIRE_TEXT_MAX];

	mine.arg = w;
	/* Some brokers end a connection that asks for what it may not read. */
	w->config.sweep = w->unswept < SWEEP_TRIES;
	if (w->unswept == SWEEP_TRIES) {
		log_warn("mqtt: the connection ended %d times while we looked at what is retained; "
			 "we do not look any more: topics of things that have left the site stay",
		    SWEEP_TRIES);
		w->unswept++;
	}
	w->session = mqtt_session_open(&w->config, &mine, w->failures, err, sizeof(err));
	if (w->session == NULL)
		failed(w, err, clock_mono());
	else
		tell(w, NULL);
}

static void
came_online(struct wire *w, mono_t now)
{
	char text[WIRE_TEXT_MAX];

	text_printf(text, sizeof(text), "connected to %s:%d", w->config.broker, w->config.port);
	if (w->fault.on)
		fault_over(&w->fault, now, "mqtt: %s", text);
	else
		log_info("mqtt: %s", text);
	text_printf(text, sizeof(text), _("connected to %s:%d"), w->config.broker, w->config.port);
	w->said[0] = '\0';
	w->online = true;
	w->kept = 0;
	w->online_at = now;
	w->sweeping = w->config.sweep;
	tell(w, text);
}

static void
drop_session(struct wire *w)
{
	mqtt_session_close(w->session);
	w->session = NULL;
}

static void
step(struct wire *w, short revents, mono_t now)
{
	char text[WIRE_TEXT_MAX];

	switch (mqtt_session_step(w->session, revents, now)) {
	case SESSION_CONNECTING:
		break;
	case SESSION_ONLINE:
		if (!w->online)
			came_online(w, now);
		break;
	case SESSION_OVER:
		text_copy(text, sizeof(text), mqtt_session_text(w->session));
		drop_session(w); /* first the messages go home, then the news */
		failed(w, text, now);
		break;
	}
}

/* ---- mail from the core -------------------------------------------------------------------- */

static void
take_message(struct wire *w, struct message *m, mono_t now)
{
	if (w->online && !w->leaving && m->generation == w->status.generation) {
		mqtt_session_publish(w->session, m, now);
		return;
	}
	m->delivery = DELIVERY_LOST;
	goes_home(w, m);
}

static void
take_order(struct wire *w, struct order *o)
{
	struct desk *d = (struct desk *)o; /* first member */

	d->out = false;
	if (w->online && !w->leaving && o->answer[0] != '\0')
		mqtt_session_answer(w->session, &o->command.reply, o->answer);
	o->answer[0] = '\0';
	if (d->waiting)
		hand_over(w, d);
}

static void
take_mail(struct wire *w, mono_t now)
{
	struct mail *first = mailbox_take_all(w->in), *next;
	bool several = first != NULL && first->next != NULL && w->online;

	if (several)
		mqtt_session_gather(w->session, true);
	for (struct mail *m = first; m != NULL; m = next) {
		next = m->next;
		if (m->kind == WIRE_MESSAGE)
			take_message(w, (struct message *)m, now);
		else if (m->kind == WIRE_ORDER)
			take_order(w, (struct order *)m);
		else
			w->stopping = true;
	}
	if (several)
		mqtt_session_gather(w->session, false);
}

/* ---- the thread ---------------------------------------------------------------------------- */

static void
start_leaving(struct wire *w, mono_t now)
{
	if (w->session == NULL)
		return;
	if (w->online) {
		w->leaving = true;
		mqtt_session_farewell(w->session, now);
	} else
		drop_session(w);
}

/* Waits for the broker or the core; what poll() found at the broker's socket. */
static short
wait_for_work(struct wire *w, mono_t now)
{
	struct pollfd p[2] = {
	    {.fd = mailbox_fd(w->in), .events = POLLIN},
	    {.fd = -1},
	};
	int64_t timeout_ms = TICK_MS;

	if (w->session != NULL) {
		p[1].fd = mqtt_session_fd(w->session);
		p[1].events = mqtt_session_events(w->session);
		if (!w->online || w->leaving)
			timeout_ms = TICK_MS / 10; /* deadlines are near */
	} else
		timeout_ms = mono_ms_between(w->retry_at, now) + 1;
	if (poll(p, 2, timeout_ms > 0 ? (int)timeout_ms : 0) < 0 && errno != EINTR)
		log_err("mqtt: poll: %s", strerror(errno));
	return p[1].revents;
}

void *
wire_main(void *arg)
{
	struct wire *w = arg;
	short revents = 0;
	mono_t now;

	for (;;) {
		now = clock_mono();
		pulse_beat(&w->pulse, now);
		take_mail(w, now);
		if (w->stopping && !w->leaving)
			start_leaving(w, now);
		if (w->session != NULL)
			step(w, revents, now);
		if (w->stopping && w->session == NULL)
			break;
		if (w->session == NULL && !mono_before(now, w->retry_at))
			try_connect(w);
		send_home(w);
		pulse_rest(&w->pulse);
		revents = wait_for_work(w, now);
	}
	send_home(w);
	mailbox_put(w->out, &w->stopped);
	return NULL;
}

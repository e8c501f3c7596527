/* Questions of versions 1 and 2c on the wire, and what became of them. */
#include "drivers/snmp/community.h"

#include "base/arena.h"
#include "base/log.h"
#include "base/text.h"
#include "drivers/snmp/udp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

/* Sockets looked at in one turn: a millisecond of work, and everybody else's turn comes. */
#define TURN_MAX 64
/* Datagrams looked at before a question counts as unanswered. */
#define WAITING_MAX 8

enum phase {
	PHASE_IDLE,
	PHASE_ASKING,
	PHASE_OVER /* could not be sent: told from the timer, so not from inside community_ask() */
};

struct community {
	struct communities *all;
	const struct snmp_target *target;
	asker_fn *fn;
	void *arg;
	struct community *next, **prev; /* among those that are not idle */

	int fd; /* -1: opened when there is something to send */
	enum phase phase;
	int error; /* PHASE_OVER: errno; 0: the message cannot be made */
	int32_t id;
	struct peer_try try;
	mono_t sent_at, due; /* due: of the timer */
	uint8_t *message;    /* the question, kept for its retries */
	size_t length, room;

	uint64_t sent, timeouts, garbled, opened;
};

struct communities {
	struct loop *loop;
	int epoll; /* of all sockets: the loop watches this one alone */
	struct loop_io *io;
	struct loop_timer *timer;
	mono_t timer_at;        /* never later than what is due first */
	struct community *busy; /* those that wait for the timer, or for an answer */
	uint32_t random[64];
	size_t random_left;
	uint8_t question[UDP_PAYLOAD_MAX], answer[UDP_PAYLOAD_MAX]; /* while they are looked at */
};

/* ---- the timer: one for all ------------------------------------------------------------------ */

static void
set_timer(struct communities *all, mono_t at)
{
	if (!mono_before(at, all->timer_at))
		return;
	all->timer_at = at;
	loop_timer_set(all->timer, at);
}

static void
wait_until(struct community *c, enum phase phase, mono_t due)
{
	struct communities *all = c->all;

	if (c->phase == PHASE_IDLE) {
		c->next = all->busy;
		c->prev = &all->busy;
		if (c->next != NULL)
			c->next->prev = &c->next;
		all->busy = c;
	}
	c->phase = phase;
	c->due = due;
	set_timer(all, due);
}

static void
wait_no_more(struct community *c)
{
	if (c->phase == PHASE_IDLE)
		return;
	*c->prev = c->next;
	if (c->next != NULL)
		c->next->prev = c->prev;
	c->phase = PHASE_IDLE;
}

/* ---- outcomes -------------------------------------------------------------------------------- */

static void
tell(struct community *c, const struct asker_answer *a, const struct now *now)
{
	wait_no_more(c);
	c->fn(c->arg, a, now); /* which may ask again */
}

static void
close_socket(struct community *c)
{
	if (c->fd >= 0)
		close(c->fd); /* which takes it out of the epoll */
	c->fd = -1;
}

static void
tell_failed(struct community *c, int error, const struct now *now)
{
	struct asker_answer a = {.outcome = PEER_UNREACHABLE};
	char text[192];

	a.text = text;
	if (error == 0) {
		a.outcome = PEER_UNSENDABLE;
		text_printf(text, sizeof(text), "the message cannot be made: too long");
	} else {
		udp_error_text(c->target, error, text, sizeof(text));
		close_socket(c);
	}
	tell(c, &a, now);
}

static void
tell_silent(struct community *c, const struct now *now)
{
	struct asker_answer a = {.outcome = PEER_SILENT};
	char text[192];

	a.text = text;
	udp_silence_text(c->target, text, sizeof(text));
	/*
	 * It was connected from an address that may not be the way there any more (another route,
	 * another prefix), and no error would ever say so: the next question chooses anew.
	 */
	close_socket(c);
	tell(c, &a, now);
}

/* ---- out ------------------------------------------------------------------------------------- */

static int
open_socket(struct community *c)
{
	struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};

	if (c->fd >= 0)
		return 0;
	c->fd = udp_connect(c->target);
	if (c->fd < 0)
		return errno;
	if (epoll_ctl(c->all->epoll, EPOLL_CTL_ADD, c->fd, &e) != 0)
		return errno;
	c->opened++;
	return 0;
}

/* 0, or the errno that says that this cannot come to anything. */
static int
send_message(struct community *c)
{
	int error = open_socket(c);

	if (error != 0)
		return error;
	c->sent_at = clock_mono();
	c->sent++;
	if (send(c->fd, c->message, c->length, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
		return 0;
	/* No room for the moment: as good as lost on the way. */
	return errno == EAGAIN || errno == ENOBUFS ? 0 : errno;
}

/* Puts the question on the wire, or fails later, from the timer. */
static void
put(struct community *c)
{
	c->error = send_message(c);
	if (c->error == 0)
		wait_until(c, PHASE_ASKING, mono_add_ms(c->sent_at, c->try.timeout_ms));
	else
		wait_until(c, PHASE_OVER, clock_mono());
}

/* Who cannot see the question cannot guess it. */
static int32_t
random_id(struct communities *all)
{
	uint32_t r;

	if (all->random_left == 0) {
		if (getrandom(all->random, sizeof(all->random), 0) != sizeof(all->random))
			log_fatal("no random numbers: %s", strerror(errno));
		all->random_left = sizeof(all->random) / sizeof(all->random[0]);
	}
	r = all->random[--all->random_left];
	return (int32_t)(PDU_ID_MIN + r % ((uint32_t)PDU_ID_MAX - PDU_ID_MIN + 1));
}

static bool
make_message(struct community *c, const struct pdu_question *q)
{
	struct pdu_message m;

	if (!pdu_write(q, c->target->version, c->target->community, c->all->question,
		sizeof(c->all->question), &m))
		return false;
	if (m.length > c->room) {
		c->message = xrealloc(c->message, m.length, 1);
		c->room = m.length;
	}
	memcpy(c->message, m.octets, m.length);
	c->length = m.length;
	c->id = random_id(c->all);
	pdu_put_id(c->message + m.id_at, c->id);
	return true;
}

void
community_ask(struct community *c, const struct pdu_question *q, const struct peer_try *t)
{
	c->try = *t;
	if (make_message(c, q)) {
		put(c);
		return;
	}
	c->error = 0;
	wait_until(c, PHASE_OVER, clock_mono());
}

/* ---- in -------------------------------------------------------------------------------------- */

static bool
same_community(const struct community *c, struct ber said)
{
	const char *ours = c->target->community;

	return said.left == strlen(ours) && memcmp(said.at, ours, said.left) == 0;
}

static void
take_datagram(struct community *c, const uint8_t *octets, size_t n, const struct now *now)
{
	struct pdu_response r;
	struct asker_answer a = {.outcome = PEER_ANSWERED};

	if (c->phase != PHASE_ASKING)
		return; /* late */
	if (!pdu_read(octets, n, &r) || r.version != c->target->version ||
	    !same_community(c, r.community)) {
		c->garbled++;
		return;
	}
	if (r.id != c->id)
		return; /* to a question before */
	a.error_status = r.error_status;
	a.error_index = r.error_index;
	a.variables = r.variables;
	a.took_us = (int32_t)(clock_mono().us - c->sent_at.us);
	tell(c, &a, now);
}

/* false: there was no datagram. */
static bool
receive(struct community *c, const struct now *now)
{
	uint8_t *octets = c->all->answer;
	ssize_t n = recv(c->fd, octets, sizeof(c->all->answer), MSG_DONTWAIT);

	if (n >= 0)
		take_datagram(c, octets, (size_t)n, now);
	else if (errno != EAGAIN && errno != EINTR && c->phase == PHASE_ASKING)
		tell_failed(c, errno, now);
	return n >= 0;
}

static void
on_io(void *arg, int fd, uint32_t events, const struct now *now)
{
	struct epoll_event ready[TURN_MAX];
	int n = epoll_wait(fd, ready, TURN_MAX, 0);

	(void)arg;
	(void)events;
	for (int i = 0; i < n; i++)
		(void)receive(ready[i].data.ptr, now);
}

/* ---- time ------------------------------------------------------------------------------------ */

static bool
is_due(const struct community *c, const struct now *now)
{
	return c->phase != PHASE_IDLE && !mono_before(now->mono, c->due);
}

/*
 * Where we were held up ourselves, the answer may have come in time and wait at the socket: the
 * device is not silent.
 */
static void
take_what_waits(struct community *c, const struct now *now)
{
	for (int i = 0; i < WAITING_MAX && c->phase == PHASE_ASKING && is_due(c, now); i++)
		if (!receive(c, now))
			return;
}

static void
expire(struct community *c, const struct now *now)
{
	if (c->phase == PHASE_OVER) {
		tell_failed(c, c->error, now);
		return;
	}
	take_what_waits(c, now);
	if (c->phase != PHASE_ASKING || !is_due(c, now))
		return;
	c->timeouts++;
	if (c->try.retries <= 0 || !mono_before(now->mono, c->try.give_up)) {
		tell_silent(c, now);
		return;
	}
	/* Under the same request-id: a late answer to the first try is as good. */
	c->try.retries--;
	put(c);
}

static void
on_timer(void *arg, const struct now *now)
{
	struct communities *all = arg;
	struct community *c, *next;
	mono_t first = MONO_NEVER;

	all->timer_at = MONO_NEVER;
	/* Who asks again meanwhile goes to the front, and sets the timer by himself. */
	for (c = all->busy; c != NULL; c = next) {
		next = c->next;
		if (is_due(c, now))
			expire(c, now);
		else
			first = mono_min(first, c->due);
	}
	set_timer(all, first);
}

/* ---- life ------------------------------------------------------------------------------------ */

struct communities *
communities_new(struct loop *loop)
{
	struct communities *all = xcalloc(1, sizeof(*all));

	all->loop = loop;
	all->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (all->epoll < 0)
		log_fatal("cannot make an epoll: %s", strerror(errno));
	all->io = loop_io_add(loop, "snmp", all->epoll, EPOLLIN, LOOP_NORMAL, on_io, all);
	all->timer = loop_timer_add(loop, "snmp timeout", LOOP_NORMAL, on_timer, all);
	all->timer_at = MONO_NEVER;
	return all;
}

void
communities_free(struct communities *all)
{
	if (all == NULL)
		return;
	loop_io_free(all->io);
	loop_timer_free(all->timer);
	close(all->epoll);
	free(all);
}

struct community *
community_open(struct communities *all, const struct snmp_target *target, asker_fn *fn, void *arg,
    char *err, size_t err_size)
{
	struct community *c;

	if (!udp_address_fits(target, err, err_size))
		return NULL;
	c = xcalloc(1, sizeof(*c));
	c->all = all;
	c->target = target;
	c->fn = fn;
	c->arg = arg;
	c->fd = -1;
	return c;
}

void
community_close(struct community *c)
{
	if (c == NULL)
		return;
	wait_no_more(c);
	close_socket(c);
	free(c->message);
	free(c);
}

void
community_stats(const struct community *c, struct peer_stats *out)
{
	*out = (struct peer_stats){
	    .sent = c->sent, .timeouts = c->timeouts, .garbled = c->garbled, .opened = c->opened};
}

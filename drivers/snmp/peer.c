/* One message to the other end, its tries and timeouts, and what became of it. */
#include "drivers/snmp/peer.h"

#include "base/arena.h"
#include "base/log.h"
#include "base/text.h"
#include "drivers/snmp/peer_i.h"

#include <stdlib.h>
#include <sys/epoll.h>

/* The library's clock and ours may differ by a rounding; it wants to see "later than". */
#define TIMER_MARGIN_MS 2

/* ---- session -------------------------------------------------------------------------------- */

static void on_io(void *arg, int fd, uint32_t events, const struct now *now);

bool
peer_open_session(struct peer *p)
{
	const struct own_engine *self = library_engine();
	struct session_settings settings = {.target = p->target, .security = &p->security};

	if (p->session.handle != NULL)
		return true;
	if (peer_is_v3(p) && !p->keyed) {
		p->keyed = security_make(&p->security, p->target, p->text, sizeof(p->text));
		if (!p->keyed)
			return false;
	}
	if (p->role != PEER_ASKED)
		settings.context = self->id;
	if (!session_open(&p->session, &settings, p->text, sizeof(p->text)))
		return false;
	if (peer_is_v3(p))
		peer_set_engine(p);
	p->io = loop_io_add(self->loop, "snmp", p->session.udp.fd, EPOLLIN, LOOP_NORMAL, on_io, p);
	p->opened++;
	return true;
}

void
peer_close_session(struct peer *p)
{
	loop_io_free(p->io);
	p->io = NULL;
	session_close(&p->session);
}

/* ---- one question --------------------------------------------------------------------------- */

void
peer_settle(struct peer *p, enum peer_outcome outcome)
{
	p->phase = PHASE_OVER;
	p->outcome = outcome;
	p->session.udp.awaiting = false;
	loop_timer_set(p->timer, clock_mono());
}

static void
settle_unreachable(struct peer *p, int error)
{
	udp_error_text(p->target, error, p->text, sizeof(p->text));
	peer_close_session(p);
	peer_settle(p, PEER_UNREACHABLE);
}

static void
arm(struct peer *p)
{
	loop_timer_set(p->timer, mono_add_ms(p->sent_at, p->try.timeout_ms + TIMER_MARGIN_MS));
}

void
peer_put(struct peer *p, netsnmp_pdu *pdu, enum phase phase)
{
	int error;

	p->phase = phase;
	p->sent_at = clock_mono();
	p->sent++;
	if (!session_send(&p->session, pdu, p->try.timeout_ms, p->try.retries)) {
		text_printf(p->text, sizeof(p->text), "the message cannot be made: %s",
		    session_error(&p->session));
		/* Its user may have gone from the library with another device's claim: it is
		 * looked up anew. */
		p->engine_doubtful = peer_is_v3(p);
		peer_settle(p, PEER_UNSENDABLE);
		return;
	}
	error = udp_take_error(&p->session.udp);
	if (error != 0)
		settle_unreachable(p, error);
	else if (p->role == PEER_TRAPPED)
		peer_settle(p, PEER_SENT);
	else
		arm(p);
}

void
peer_send_question(struct peer *p)
{
	netsnmp_pdu *pdu;

	if (peer_must_discover(p)) {
		peer_discover(p);
		return;
	}
	/* The library frees it. Over version 3 it may be needed again, under another engine or
	 * clock; a copy of 50 variables is 60 kB. */
	pdu = peer_is_v3(p) ? snmp_clone_pdu(p->pdu) : p->pdu;
	if (pdu == NULL)
		log_fatal("out of memory");
	if (pdu == p->pdu)
		p->pdu = NULL;
	peer_put(p, pdu, PHASE_ASKING);
}

void
peer_ask(struct peer *p, netsnmp_pdu *pdu, const struct peer_try *t)
{
	int bounced = p->bounced;

	p->pdu = pdu;
	p->try = *t;
	p->discoveries = 0;
	p->disbelieved = 0;
	p->bounced = 0;
	p->text[0] = '\0';
	if (bounced != 0)
		settle_unreachable(p, bounced);
	else if (peer_open_session(p))
		peer_send_question(p);
	else
		peer_settle(p, PEER_UNREACHABLE);
}

/* Tells the asker. Afterwards p may be busy again. */
static void
tell(struct peer *p, const struct now *now)
{
	struct session *s = &p->session;
	netsnmp_variable_list *vars = s->vars;
	struct peer_answer a = {.outcome = p->outcome, .text = p->text};

	if (p->outcome == PEER_ANSWERED) {
		a.error_status = s->error_status;
		a.error_index = s->error_index;
		a.vars = vars;
		a.took_us = (int32_t)(s->heard_at.us - p->sent_at.us);
	}
	loop_timer_set(p->timer, MONO_NEVER);
	snmp_free_pdu(p->pdu);
	p->pdu = NULL;
	s->vars = NULL;
	p->phase = PHASE_IDLE;
	p->fn(p->arg, &a, now);
	snmp_free_varbind(vars);
}

static void
settle_silent(struct peer *p)
{
	const struct snmp_target *t = p->target;

	if (!peer_is_v3(p))
		udp_silence_text(t, p->text, sizeof(p->text));
	else if (p->phase == PHASE_DISCOVERING || p->discoveries == 0)
		text_printf(p->text, sizeof(p->text),
		    "no reply from %s port %d (off, unplugged, or no SNMPv3)", t->address, t->port);
	else
		security_silence_text(t, p->text, sizeof(p->text));
	p->engine_doubtful = true;
	/* As in community.c: the address that it was opened from may not be the way there now. */
	peer_close_session(p);
	peer_settle(p, PEER_SILENT);
}

/* After each call into the library: what has it brought? */
static void
judge(struct peer *p)
{
	enum heard heard = p->session.heard;

	p->session.heard = HEARD_NOTHING;
	if (heard == HEARD_NOTHING && p->session.resent) {
		p->session.resent = false;
		p->sent_at = clock_mono();
		p->sent++;
		arm(p);
		return;
	}
	switch (heard) {
	case HEARD_NOTHING:
		break;
	case HEARD_RESPONSE:
		if (p->phase == PHASE_ASKING)
			peer_settle(p, PEER_ANSWERED);
		else
			peer_judge_report(p);
		break;
	case HEARD_UNREADABLE:
		peer_judge_unreadable(p);
		break;
	case HEARD_REPORT:
		peer_judge_report(p);
		break;
	case HEARD_SILENCE:
		p->timeouts++;
		settle_silent(p);
		break;
	case HEARD_UNSENDABLE:
		text_printf(p->text, sizeof(p->text), "the message cannot be made: %s",
		    session_error(&p->session));
		peer_settle(p, PEER_UNSENDABLE);
		break;
	}
}

static bool
waiting(const struct peer *p)
{
	return p->phase == PHASE_DISCOVERING || p->phase == PHASE_ASKING;
}

/* What waits at the socket: an answer, or an error. */
static void
hear(struct peer *p, const struct now *now)
{
	int error;

	session_receive(&p->session);
	error = udp_take_error(&p->session.udp);
	if (!waiting(p)) {
		if (p->role == PEER_TRAPPED)
			p->bounced = error;
		return;
	}
	judge(p);
	if (error != 0 && waiting(p))
		settle_unreachable(p, error);
	if (p->phase == PHASE_OVER)
		tell(p, now);
}

static void
on_io(void *arg, int fd, uint32_t events, const struct now *now)
{
	(void)fd;
	(void)events;
	hear(arg, now);
}

static bool
is_late(const struct peer *p, const struct now *now)
{
	return waiting(p) && !mono_before(now->mono, mono_add_ms(p->sent_at, p->try.timeout_ms));
}

static void
on_timer(void *arg, const struct now *now)
{
	struct peer *p = arg;
	int error;

	if (p->phase == PHASE_OVER) {
		/* A trap that nobody listens for comes back at once on the same machine. */
		if (p->outcome == PEER_SENT && (error = udp_take_error(&p->session.udp)) != 0)
			settle_unreachable(p, error);
		tell(p, now);
		return;
	}
	/* Where we were held up ourselves, the answer may have come in time. */
	if (is_late(p, now))
		hear(p, now);
	if (!is_late(p, now))
		return;
	session_expire(&p->session, !mono_before(now->mono, p->try.give_up));
	if (p->session.resent)
		p->timeouts++;
	else if (p->session.heard == HEARD_NOTHING)
		loop_timer_set(p->timer, mono_add_ms(now->mono, TIMER_MARGIN_MS));
	judge(p);
	if (p->phase == PHASE_OVER)
		tell(p, now);
}

/* ---- life ----------------------------------------------------------------------------------- */

static bool
settings_fit(struct peer *p, char *err, size_t err_size)
{
	const struct engine_claim *clash;

	if (library_engine()->loop == NULL) {
		text_printf(err, err_size, "the SNMP engine was not started");
		return false;
	}
	library_need();
	if (!udp_address_fits(p->target, err, err_size))
		return false;
	if (p->target->version == SNMP_V1 && p->role != PEER_ASKED) {
		text_printf(err, err_size, "SNMPv1 traps are not sent: choose version 2c or 3");
		return false;
	}
	if (!peer_is_v3(p))
		return true;
	if (p->role != PEER_TRAPPED)
		return security_check(&p->security, p->target, err, err_size);
	p->keyed = security_make(&p->security, p->target, err, err_size);
	if (!p->keyed)
		return false;
	/* Traps of one user all go out under our own engine. */
	clash = engines_clash(&p->claim, &library_engine()->id);
	if (clash == NULL)
		engines_claim(&p->claim, &library_engine()->id);
	else
		text_printf(err, err_size,
		    "receiver %s has the user \"%s\" with other passphrases; SNMPv3 traps need one "
		    "user name for each set",
		    clash->name, p->target->user);
	return clash == NULL;
}

struct peer *
peer_open(enum peer_role role, const char *name, const struct snmp_target *target, peer_fn *fn,
    void *arg, char *err, size_t err_size)
{
	struct peer *p = xcalloc(1, sizeof(*p));

	p->role = role;
	p->name = name;
	p->target = target;
	p->fn = fn;
	p->arg = arg;
	p->session.udp.fd = -1;
	p->claim.name = name;
	p->claim.target = target;
	p->claim.security = &p->security;
	p->claim.device = role == PEER_ASKED;
	if (!settings_fit(p, err, err_size)) {
		free(p);
		return NULL;
	}
	p->timer = loop_timer_add(library_engine()->loop, "snmp timeout", LOOP_NORMAL, on_timer, p);
	return p;
}

void
peer_close(struct peer *p)
{
	if (p == NULL)
		return;
	peer_close_session(p);
	engines_release(&p->claim);
	loop_timer_free(p->timer);
	snmp_free_pdu(p->pdu);
	snmp_free_varbind(p->session.vars);
	free(p);
}

void
peer_stats(const struct peer *p, struct peer_stats *out)
{
	*out = (struct peer_stats){.sent = p->sent,
	    .timeouts = p->timeouts,
	    .garbled = p->session.unreadable + p->session.udp.strays,
	    .opened = p->opened};
}

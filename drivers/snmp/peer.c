#include "drivers/snmp/peer.h"

#include "base/arena.h"
#include "base/log.h"
#include "base/text.h"
#include "drivers/snmp/engines.h"
#include "drivers/snmp/session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

/* The library's clock and ours may differ by a rounding; it wants to see "later than". */
#define TIMER_MARGIN_MS 2
/* Discoveries inside one question: the first, and a second one that confirms a change. */
#define DISCOVERIES_MAX 3

enum phase {
	PHASE_IDLE,
	PHASE_DISCOVERING, /* an empty question is out: the answer is a REPORT with the engine ID */
	PHASE_ASKING,
	PHASE_OVER /* the outcome is known, and told when the library is out of the way */
};

struct peer {
	struct peer *next; /* in the list of all */
	enum peer_role role;
	const char *name;
	const struct snmp_target *target;
	struct security security;
	peer_fn *fn;
	void *arg;

	struct session session;
	struct loop_io *io;
	struct loop_timer *timer;
	uint64_t sent, timeouts, opened;
	int bounced; /* errno that came back for a trap after it had left */

	struct engine_id engine;    /* the one believed */
	struct engine_id candidate; /* another one, seen once */
	bool engine_doubtful;       /* find it again before the next question */
	struct fault_log twin_fault;

	enum phase phase;
	netsnmp_pdu *pdu; /* the question */
	struct peer_try try;
	int discoveries;
	bool disbelieved; /* an answer to this question could not be believed */
	mono_t sent_at;
	enum peer_outcome outcome; /* PHASE_OVER */
	char text[192];
};

static struct peer *peers;

static bool
is_v3(const struct peer *p)
{
	return p->target->version == SNMP_V3;
}

/* ---- engines -------------------------------------------------------------------------------- */

static bool
shares_user(const struct peer *a, const struct peer *b)
{
	return a != b && is_v3(b) && engine_id_equal(&a->engine, &b->engine) &&
	       strcmp(a->target->user, b->target->user) == 0;
}

static void
forget_user(const struct peer *p)
{
	if (!is_v3(p))
		return;
	for (const struct peer *o = peers; o != NULL; o = o->next)
		if (shares_user(p, o))
			return;
	engines_forget_user(&p->engine, p->target->user);
}

static bool
same_place(const struct peer *a, const struct peer *b)
{
	return a->target->port == b->target->port &&
	       strcmp(a->target->address, b->target->address) == 0;
}

static void
warn_of_twin(struct peer *p)
{
	if (p->role != PEER_ASKED)
		return;
	for (const struct peer *o = peers; o != NULL; o = o->next) {
		if (o == p || o->role != PEER_ASKED || !is_v3(o) || same_place(p, o) ||
		    !engine_id_equal(&o->engine, &p->engine))
			continue;
		fault_say(&p->twin_fault, clock_mono(), LOG_LEVEL_WARN,
		    "%s and %s have the same SNMP engine ID: SNMPv3 takes them for one and may "
		    "refuse either; give each its own",
		    p->name, o->name);
		return;
	}
}

static void
set_engine(struct peer *p, const struct engine_id *id)
{
	if (!session_set_engine(&p->session, id, p->role != PEER_ASKED))
		log_err(
		    "%s: the SNMP library cannot take the user \"%s\"", p->name, p->target->user);
}

static void
believe_engine(struct peer *p, const struct engine_id *id)
{
	char before[ENGINE_ID_TEXT_MAX], after[ENGINE_ID_TEXT_MAX];

	if (!engine_id_equal(&p->engine, id)) {
		if (p->engine.length > 0)
			log_notice("%s: its SNMP engine ID changed from %s to %s (replaced, or set "
				   "back to factory settings?)",
			    p->name, engine_id_text(&p->engine, before), engine_id_text(id, after));
		forget_user(p);
		p->engine = *id;
		warn_of_twin(p);
	}
	p->candidate.length = 0;
	p->engine_doubtful = false;
	set_engine(p, id);
}

/* ---- session -------------------------------------------------------------------------------- */

static void on_io(void *arg, int fd, uint32_t events, const struct now *now);

static bool
open_session(struct peer *p)
{
	const struct own_engine *self = library_engine();
	struct session_settings settings = {.target = p->target,
	    .security = &p->security,
	    .context = p->role == PEER_ASKED ? NULL : &self->id};

	if (p->session.handle != NULL)
		return true;
	if (!session_open(&p->session, &settings, p->text, sizeof(p->text)))
		return false;
	if (is_v3(p) && p->engine.length > 0)
		set_engine(p, &p->engine);
	p->io = loop_io_add(self->loop, "snmp", p->session.udp.fd, EPOLLIN, LOOP_NORMAL, on_io, p);
	p->opened++;
	return true;
}

static void
close_session(struct peer *p)
{
	loop_io_free(p->io);
	p->io = NULL;
	session_close(&p->session);
}

/* ---- one question --------------------------------------------------------------------------- */

/* The outcome is told from the timer, so that nobody is called from inside his own call. */
static void
settle(struct peer *p, enum peer_outcome outcome)
{
	p->phase = PHASE_OVER;
	p->outcome = outcome;
	p->session.udp.awaiting = false;
	loop_timer_set(p->timer, clock_mono());
}

static void
settle_unreachable(struct peer *p, int error)
{
	const struct snmp_target *t = p->target;

	if (error == ECONNREFUSED)
		text_printf(
		    p->text, sizeof(p->text), "nobody listens at %s port %d", t->address, t->port);
	else
		text_printf(p->text, sizeof(p->text), "cannot send to %s port %d: %s", t->address,
		    t->port, strerror(error));
	close_session(p);
	settle(p, PEER_UNREACHABLE);
}

static void
arm(struct peer *p)
{
	loop_timer_set(p->timer, mono_add_ms(p->sent_at, p->try.timeout_ms + TIMER_MARGIN_MS));
}

/* Puts pdu on the wire, or settles. */
static void
put(struct peer *p, netsnmp_pdu *pdu, enum phase phase)
{
	int error;

	p->phase = phase;
	p->sent_at = clock_mono();
	p->sent++;
	if (!session_send(&p->session, pdu, p->try.timeout_ms, p->try.retries)) {
		text_printf(p->text, sizeof(p->text), "the message cannot be made: %s",
		    session_error(&p->session));
		settle(p, PEER_UNSENDABLE);
		return;
	}
	error = udp_take_error(&p->session.udp);
	if (error != 0)
		settle_unreachable(p, error);
	else if (p->role == PEER_TRAPPED)
		settle(p, PEER_SENT);
	else
		arm(p);
}

/* RFC 3414 section 4: a question without engine ID, user and variables. */
static void
discover(struct peer *p)
{
	netsnmp_pdu *pdu = snmp_pdu_create(SNMP_MSG_GET);

	if (pdu == NULL)
		log_fatal("out of memory");
	engines_forget_clock(&p->engine);
	set_engine(p, NULL);
	pdu->version = SNMP_VERSION_3;
	pdu->securityModel = SNMP_SEC_MODEL_USM;
	pdu->securityLevel = SNMP_SEC_LEVEL_NOAUTH;
	pdu->securityName = xstrdup("");
	p->discoveries++;
	put(p, pdu, PHASE_DISCOVERING);
}

static void
send_question(struct peer *p)
{
	netsnmp_pdu *pdu;

	if (is_v3(p) && p->role != PEER_TRAPPED && (p->engine.length == 0 || p->engine_doubtful)) {
		discover(p);
		return;
	}
	pdu = snmp_clone_pdu(p->pdu); /* the library frees it, and it may be needed again */
	if (pdu == NULL)
		log_fatal("out of memory");
	put(p, pdu, PHASE_ASKING);
}

void
peer_ask(struct peer *p, netsnmp_pdu *pdu, const struct peer_try *t)
{
	int bounced = p->bounced;

	p->pdu = pdu;
	p->try = *t;
	p->discoveries = 0;
	p->disbelieved = false;
	p->bounced = 0;
	p->text[0] = '\0';
	if (bounced != 0)
		settle_unreachable(p, bounced);
	else if (open_session(p))
		send_question(p);
	else
		settle(p, PEER_UNREACHABLE);
}

bool
peer_busy(const struct peer *p)
{
	return p->phase != PHASE_IDLE;
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

	if (!is_v3(p))
		text_printf(p->text, sizeof(p->text),
		    "no reply from %s port %d (off, unplugged, or another community than ours)",
		    t->address, t->port);
	else if (p->phase == PHASE_DISCOVERING || p->discoveries == 0)
		text_printf(p->text, sizeof(p->text),
		    "no reply from %s port %d (off, unplugged, or no SNMPv3)", t->address, t->port);
	else
		text_printf(p->text, sizeof(p->text),
		    "%s port %d tells its engine ID, but does not reply to user \"%s\": wrong "
		    "password (privacy passphrase or protocol)?",
		    t->address, t->port, t->user);
	p->engine_doubtful = true;
	settle(p, PEER_SILENT);
}

static void
settle_denied(struct peer *p)
{
	security_report_text(p->session.report, p->target, p->text, sizeof(p->text));
	p->engine_doubtful = true;
	settle(p, PEER_DENIED);
}

static void
found_engine(struct peer *p)
{
	struct engine_id id = session_engine(&p->session);

	if (id.length == 0) {
		text_printf(p->text, sizeof(p->text), "%s port %d gives no usable SNMPv3 engine ID",
		    p->target->address, p->target->port);
		settle(p, PEER_DENIED);
		return;
	}
	if (p->engine.length > 0 && !engine_id_equal(&p->engine, &id) &&
	    !engine_id_equal(&p->candidate, &id)) {
		/* One REPORT can be forged or strayed: it has to say so twice. */
		p->candidate = id;
		if (p->discoveries < DISCOVERIES_MAX)
			discover(p);
		else
			settle_denied(p);
		return;
	}
	believe_engine(p, &id);
	send_question(p);
}

static void
judge_report(struct peer *p)
{
	if (p->phase == PHASE_DISCOVERING) {
		found_engine(p);
	} else if (p->session.report == SNMPERR_UNKNOWN_ENG_ID &&
		   p->discoveries < DISCOVERIES_MAX) {
		p->engine_doubtful = true;
		send_question(p);
	} else {
		settle_denied(p);
	}
}

/*
 * An answer under an engine ID, a time or a key that does not fit what we believe: most often the
 * other end was replaced or set back. It is looked up anew, once.
 */
static void
judge_unreadable(struct peer *p)
{
	if (p->phase != PHASE_ASKING)
		return;
	if (p->disbelieved) {
		text_printf(p->text, sizeof(p->text),
		    "its answers cannot be believed with the passphrases of user \"%s\" (%s)",
		    p->target->user, snmp_api_errstring(p->session.error));
		close_session(p);
		p->engine_doubtful = true;
		settle(p, PEER_DENIED);
		return;
	}
	p->disbelieved = true;
	p->engine_doubtful = true;
	close_session(p); /* the question that is out must not come back */
	if (open_session(p))
		send_question(p);
	else
		settle(p, PEER_UNREACHABLE);
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
			settle(p, PEER_ANSWERED);
		else
			judge_report(p);
		break;
	case HEARD_UNREADABLE:
		judge_unreadable(p);
		break;
	case HEARD_REPORT:
		judge_report(p);
		break;
	case HEARD_SILENCE:
		p->timeouts++;
		settle_silent(p);
		break;
	case HEARD_UNSENDABLE:
		text_printf(p->text, sizeof(p->text), "the message cannot be made: %s",
		    session_error(&p->session));
		settle(p, PEER_UNSENDABLE);
		break;
	}
}

static bool
waiting(const struct peer *p)
{
	return p->phase == PHASE_DISCOVERING || p->phase == PHASE_ASKING;
}

static void
on_io(void *arg, int fd, uint32_t events, const struct now *now)
{
	struct peer *p = arg;
	int error;

	(void)fd;
	(void)events;
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
	if (!waiting(p))
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

/* Traps of one user name all go out under our own engine: one name, one set of keys. */
static const struct peer *
find_clash(const struct peer *p)
{
	for (const struct peer *o = peers; o != NULL; o = o->next)
		if (o->role == PEER_TRAPPED && shares_user(p, o) &&
		    !security_equal(&p->security, &o->security))
			return o;
	return NULL;
}

static bool
settings_fit(struct peer *p, char *err, size_t err_size)
{
	const struct peer *clash;

	if (library_engine()->loop == NULL) {
		text_printf(err, err_size, "the SNMP engine was not started");
		return false;
	}
	if (!udp_address_fits(p->target, err, err_size))
		return false;
	if (p->target->version == SNMP_V1 && p->role != PEER_ASKED) {
		text_printf(err, err_size, "SNMPv1 traps are not sent: choose version 2c or 3");
		return false;
	}
	if (!is_v3(p))
		return true;
	if (!security_make(&p->security, p->target, err, err_size))
		return false;
	if (p->role != PEER_TRAPPED)
		return true;
	p->engine = library_engine()->id;
	clash = find_clash(p);
	if (clash != NULL)
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
	if (!settings_fit(p, err, err_size)) {
		free(p);
		return NULL;
	}
	p->timer = loop_timer_add(library_engine()->loop, "snmp timeout", LOOP_NORMAL, on_timer, p);
	p->next = peers;
	peers = p;
	return p;
}

void
peer_close(struct peer *p)
{
	if (p == NULL)
		return;
	for (struct peer **at = &peers; *at != NULL; at = &(*at)->next) {
		if (*at == p) {
			*at = p->next;
			break;
		}
	}
	close_session(p);
	forget_user(p);
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

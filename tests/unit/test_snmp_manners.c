/*
 * The SNMP driver against an agent with bad manners: too big, too long, wrong OIDs, objects that
 * silence it. The agent is a thread that speaks just enough BER, and counts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* cmocka wants the above first */
#include <cmocka.h>

#include "core/decode.h"
#include "drivers/snmp/pdu.h"
#include "snmp_site.h"

#include <poll.h>

/* ---- the agent ------------------------------------------------------------------------------ */

#define VARBINDS_MAX 64

struct manners {
	atomic_int too_big_above;  /* answers tooBig to more variables; 0: never */
	atomic_int silent_above;   /* answers nothing to more variables */
	atomic_int silent_on;      /* the last sub-identifier of an object that silences it */
	atomic_int error_on;       /* ... that it refuses the whole GET for, naming it */
	atomic_int anonymous_on;   /* ... that it refuses the whole GET for, without naming it */
	atomic_int error;          /* with which error-status */
	atomic_int swap, cut, odd; /* answers in another order; one variable less; with a type
				      that is no value */
	atomic_int tag;            /* ... that it gives its values, where not 0; 8 octets */
	atomic_int other_id;       /* answers under another request-id */
	atomic_int other_version, other_community, other_kind; /* not as in the question */
	atomic_int other_port;                                 /* answers from another port */
	atomic_int short_by;   /* the datagram ends so many octets early */
	atomic_int trailing;   /* so many octets of nonsense after the message */
	atomic_int giant;      /* the value is so long a text, with what a terminal obeys */
	atomic_int lose;       /* so many requests are lost */
	atomic_int late_ms;    /* answers so late */
	atomic_int room;       /* puts no more variables into an answer, without a word; 0: all */
	atomic_int long_from;  /* objects from this one on have values so long ... */
	atomic_int long_error; /* ... that of two or more nothing is heard, or this error-status */
	atomic_int rows;       /* of the table that it has */
	atomic_int mute_bulk;  /* answers no GETBULK for more rows; 0: all */
	atomic_int mute_row;   /* ... and none for several rows from this one on; 0: all */
	atomic_int requests, variables_max;
	int fd, port, other_fd;
	pthread_t thread;
	atomic_bool quit;
};

struct tlv {
	uint8_t tag;
	const uint8_t *value;
	size_t length;
};

/* Reads one value and moves on. Requests come from the library, so nothing is checked twice. */
static struct tlv
take(const uint8_t **at)
{
	struct tlv t = {.tag = (*at)[0], .length = (*at)[1]};

	*at += 2;
	if (t.length >= 0x80) {
		size_t n = t.length & 0x7f;

		for (t.length = 0; n > 0; n--)
			t.length = t.length << 8 | *(*at)++;
	}
	t.value = *at;
	*at += t.length;
	return t;
}

/* Built from the end to the front. */
struct builder {
	uint8_t bytes[4096];
	size_t at;
};

static void
put_bytes(struct builder *b, const void *bytes, size_t n)
{
	b->at -= n;
	memcpy(b->bytes + b->at, bytes, n);
}

static void
wrap(struct builder *b, uint8_t tag, size_t end)
{
	size_t n = end - b->at;
	uint8_t head[4] = {tag, 0x82, (uint8_t)(n >> 8), (uint8_t)n};

	put_bytes(b, head, 4);
}

static void
put_tlv(struct builder *b, uint8_t tag, const void *value, size_t n)
{
	size_t end = b->at;

	put_bytes(b, value, n);
	wrap(b, tag, end);
}

struct request {
	struct tlv version, community, id;
	uint8_t kind;
	int repetitions; /* GETBULK; GETNEXT: 1 */
	struct tlv oids[VARBINDS_MAX];
	int count;
};

static void
parse(const uint8_t *packet, struct request *r)
{
	const uint8_t *at = packet, *end;
	struct tlv t = take(&at);

	at = t.value;
	r->version = take(&at);
	r->community = take(&at);
	t = take(&at);
	r->kind = t.tag;
	at = t.value;
	r->id = take(&at);
	take(&at);
	t = take(&at);
	r->repetitions = r->kind == PDU_GET_BULK ? *t.value : 1;
	t = take(&at);
	at = t.value;
	end = at + t.length;
	for (r->count = 0; at < end && r->count < VARBINDS_MAX; r->count++) {
		const uint8_t *in = take(&at).value;

		r->oids[r->count] = take(&in);
	}
}

static int
last_sub(const struct tlv *oid)
{
	return oid->value[oid->length - 2]; /* before the instance 0 */
}

static int
position_of(const struct request *r, int sub)
{
	for (int i = 0; sub != 0 && i < r->count; i++)
		if (last_sub(&r->oids[i]) == sub)
			return i + 1;
	return 0;
}

/* ESC [ 2 J and a bell, then letters without end. */
static void
put_giant(struct builder *b, size_t n)
{
	static const uint8_t obeyed[] = {0x1b, '[', '2', 'J', 0x07, '\n', 0xff};
	size_t end = b->at;

	b->at -= n - sizeof(obeyed);
	memset(b->bytes + b->at, 'G', n - sizeof(obeyed));
	put_bytes(b, obeyed, sizeof(obeyed));
	wrap(b, 0x04, end);
}

/* ---- the agent's table: a column 1.3.6.1.4.1.32473.2 of texts, indices from 1 ---------------- */

static const uint8_t column_ber[] = {0x2b, 6, 1, 4, 1, 0x81, 0xfd, 0x59, 2};

/* The row after which is asked; 0: before the first. */
static int
row_of(const struct request *r)
{
	return r->oids[0].length > sizeof(column_ber) ? r->oids[0].value[sizeof(column_ber)] : 0;
}

static bool
is_mute_walk(const struct manners *m, const struct request *r)
{
	bool several = r->repetitions > 1;

	return (m->mute_bulk != 0 && several && r->repetitions > m->mute_bulk) ||
	       (m->mute_row != 0 && several && row_of(r) + r->repetitions >= m->mute_row);
}

/* So many rows after that one; behind the last, another column. */
static void
answer_walk(const struct manners *m, const struct request *r, const struct sockaddr_in *to)
{
	struct builder b = {.at = sizeof(b.bytes)};
	const uint8_t zero = 0;
	size_t end = b.at;
	int last = row_of(r) + r->repetitions;

	for (int row = last > m->rows ? m->rows + 1 : last; row > row_of(r); row--) {
		uint8_t oid[sizeof(column_ber) + 1];
		size_t var_end = b.at;

		memcpy(oid, column_ber, sizeof(column_ber));
		oid[sizeof(column_ber) - 1] = row > m->rows ? 3 : 2;
		oid[sizeof(column_ber)] = (uint8_t)row;
		put_tlv(&b, 0x04, "row", 3);
		put_tlv(&b, 0x06, oid, sizeof(oid));
		wrap(&b, 0x30, var_end);
	}
	wrap(&b, 0x30, end);
	put_tlv(&b, 0x02, &zero, 1);
	put_tlv(&b, 0x02, &zero, 1);
	put_tlv(&b, 0x02, r->id.value, r->id.length);
	wrap(&b, 0xa2, end);
	put_tlv(&b, 0x04, r->community.value, r->community.length);
	put_tlv(&b, 0x02, r->version.value, 1);
	wrap(&b, 0x30, end);
	sendto(m->fd, b.bytes + b.at, sizeof(b.bytes) - b.at, 0, (const struct sockaddr *)to,
	    sizeof(*to));
}

static bool
is_too_long(const struct manners *m, const struct request *r)
{
	int n = 0;

	for (int i = 0; m->long_from != 0 && i < r->count; i++)
		n += last_sub(&r->oids[i]) >= m->long_from;
	return n > 1;
}

static void
answer(const struct manners *m, const struct request *r, const struct sockaddr_in *to)
{
	struct builder b = {.at = sizeof(b.bytes) - (size_t)m->trailing};
	uint8_t status = 0, index = 0, id[8], version = *r->version.value;
	size_t end = b.at, pdu_end = b.at, list_end = b.at;
	int first = m->cut, count = r->count;

	if (m->too_big_above != 0 && r->count > m->too_big_above) {
		status = 1;
	} else if (position_of(r, m->error_on) != 0) {
		status = (uint8_t)m->error;
		index = (uint8_t)position_of(r, m->error_on);
	} else if (position_of(r, m->anonymous_on) != 0) {
		status = (uint8_t)m->error;
	} else if (is_too_long(m, r)) {
		status = (uint8_t)m->long_error;
	}
	if (status == 0 && m->room != 0 && count > m->room)
		count = m->room;
	for (int i = count - 1; i >= first; i--) {
		const struct tlv *oid = &r->oids[m->swap ? count - 1 - i + first : i];
		uint8_t value = (uint8_t)last_sub(oid);
		const uint8_t wide[8] = {0xff, 0, 0, 0, 0, 0, 0, value};
		size_t var_end = b.at;

		if (status == 0 && m->giant > 0)
			put_giant(&b, (size_t)m->giant);
		else if (status == 0 && m->tag != 0)
			put_tlv(&b, (uint8_t)m->tag, wide,
			    m->tag >= SNMP_REFUSED_NO_OBJECT ? 0 : sizeof(wide));
		else
			put_tlv(&b,
			    status != 0 ? 0x05
			    : m->odd    ? 0x45
					: 0x02,
			    &value, status != 0 ? 0 : 1);
		put_tlv(&b, 0x06, oid->value, oid->length);
		wrap(&b, 0x30, var_end);
	}
	wrap(&b, 0x30, list_end);
	put_tlv(&b, 0x02, &index, 1);
	put_tlv(&b, 0x02, &status, 1);
	memcpy(id, r->id.value, r->id.length < sizeof(id) ? r->id.length : sizeof(id));
	id[r->id.length - 1] ^= (uint8_t)(m->other_id != 0);
	put_tlv(&b, 0x02, id, r->id.length);
	wrap(&b, m->other_kind ? 0xa8 : 0xa2, pdu_end);
	put_tlv(&b, 0x04, m->other_community ? (const uint8_t *)"d" : r->community.value,
	    r->community.length);
	version ^= (uint8_t)(m->other_version != 0);
	put_tlv(&b, 0x02, &version, 1);
	wrap(&b, 0x30, end);
	sendto(m->other_port ? m->other_fd : m->fd, b.bytes + b.at,
	    sizeof(b.bytes) - b.at - (size_t)m->short_by, 0, (const struct sockaddr *)to,
	    sizeof(*to));
}

static void *
serve(void *arg)
{
	struct manners *m = arg;
	struct pollfd p = {m->fd, POLLIN, 0};
	uint8_t packet[4096];
	struct request r;

	while (!m->quit) {
		struct sockaddr_in from;
		socklen_t n = sizeof(from);

		if (poll(&p, 1, 20) <= 0 ||
		    recvfrom(m->fd, packet, sizeof(packet), 0, (struct sockaddr *)&from, &n) <= 0)
			continue;
		parse(packet, &r);
		m->requests++;
		if (r.count > m->variables_max)
			m->variables_max = r.count;
		if (m->lose > 0) {
			m->lose--;
			continue;
		}
		if ((m->silent_above != 0 && r.count > m->silent_above) ||
		    position_of(&r, m->silent_on) != 0 ||
		    (m->long_error == 0 && is_too_long(m, &r)))
			continue;
		if (m->late_ms > 0)
			rest_ms(m->late_ms);
		if (r.kind == PDU_GET)
			answer(m, &r, &from);
		else if (!is_mute_walk(m, &r))
			answer_walk(m, &r, &from);
	}
	return NULL;
}

/* ---- the test ------------------------------------------------------------------------------- */

#define OIDS 24

static struct core_thread core;
static struct test_oid oids[OIDS];

struct scene {
	struct manners m;
	struct snmp_target target;
	struct test_site s;
	struct profile *profile;
};

static int
scene_make(void **state)
{
	struct scene *c = xcalloc(1, sizeof(*c));

	c->m.other_fd = udp_socket(&c->m.port);
	c->m.fd = udp_socket(&c->m.port);
	c->m.error = 5;
	c->target = (struct snmp_target){
	    .address = "127.0.0.1", .port = c->m.port, .version = SNMP_V2C, .community = "c"};
	site_make(&c->s, &core);
	c->profile = site_add(&c->s, &c->target);
	c->profile->snmp.timeout_ms = 100;
	c->profile->snmp.max_varbinds = 16;
	if (pthread_create(&c->m.thread, NULL, serve, &c->m) != 0)
		return -1;
	*state = c;
	return 0;
}

static int
scene_free(void **state)
{
	struct scene *c = *state;

	if (c->s.link != NULL)
		site_close(&c->s);
	c->m.quit = true;
	pthread_join(c->m.thread, NULL);
	close(c->m.fd);
	close(c->m.other_fd);
	free(c);
	return 0;
}

/* Polls the first n objects; each answer has to be its own number unless expected otherwise. */
static void
poll_all(struct scene *c, struct poll *p, size_t n, int64_t budget_ms)
{
	c->m.requests = 0;
	c->m.variables_max = 0;
	if (c->s.link == NULL)
		assert_true(site_open(&c->s));
	assert_true(poll_once(&c->s, p, 0, oids, n, budget_ms));
}

static size_t
count(const struct poll *p, size_t n, enum answer_status status)
{
	size_t found = 0;

	for (size_t i = 0; i < n; i++) {
		found += p->answers[i].status == status;
		if (p->answers[i].status == ANSWER_OK)
			assert_int_equal(p->values[i].i, i + 1);
	}
	return found;
}

static void
too_big_is_learned_once(void **state)
{
	struct scene *c = *state;
	struct poll p;

	c->m.too_big_above = 5;
	poll_all(c, &p, 20, 2000);
	assert_int_equal(count(&p, 20, ANSWER_OK), 20);
	assert_int_equal(c->m.requests, 2 + 5); /* 16 and 8 are too big, then 5 times 4 */
	poll_all(c, &p, 20, 2000);
	assert_int_equal(count(&p, 20, ANSWER_OK), 20);
	assert_int_equal(c->m.requests, 5);
}

static void
silence_over_size_is_learned_too(void **state)
{
	struct scene *c = *state;
	struct poll p;

	c->m.silent_above = 3;
	/* one retry a cycle: 16, 8; 4, 2 */
	poll_all(c, &p, 20, 2000);
	assert_int_equal(count(&p, 20, ANSWER_OK), 0);
	poll_all(c, &p, 20, 2000);
	assert_int_equal(count(&p, 20, ANSWER_OK), 20);
	poll_all(c, &p, 20, 2000);
	assert_int_equal(count(&p, 20, ANSWER_OK), 20);
	assert_int_equal(c->m.requests, 10);
	assert_int_equal(c->m.variables_max, 2);
}

static void
a_lost_datagram_does_not_shrink_a_proven_size(void **state)
{
	struct scene *c = *state;
	struct poll p;

	poll_all(c, &p, 16, 2000);
	assert_int_equal(c->m.requests, 1);
	c->m.lose = 1;
	poll_all(c, &p, 16, 2000);
	assert_int_equal(count(&p, 16, ANSWER_OK), 16);
	assert_int_equal(c->m.requests, 2);
	poll_all(c, &p, 16, 2000);
	assert_int_equal(c->m.requests, 1);
}

static void
a_poisonous_object_is_set_aside(void **state)
{
	struct scene *c = *state;
	struct poll p;

	poll_all(c, &p, 16, 2000);
	c->m.silent_on = 3;
	/* it takes its batch along at first; afterwards only itself is missing */
	for (int i = 0; i < 8; i++)
		poll_all(c, &p, 20, 2000);
	assert_int_equal(count(&p, 20, ANSWER_OK), 19);
	assert_int_equal(p.answers[2].status, ANSWER_TIMEOUT);
	c->m.silent_on = 0;
	poll_all(c, &p, 20, 2000);
	assert_int_equal(count(&p, 20, ANSWER_OK), 20);
}

static void
a_refused_object_is_asked_ever_less_often(void **state)
{
	struct scene *c = *state;
	struct poll p;

	c->m.error_on = 3;
	poll_all(c, &p, 16, 2000);
	assert_int_equal(count(&p, 16, ANSWER_OK), 15);
	assert_int_equal(p.answers[2].status, ANSWER_REFUSED);
	assert_int_equal(p.answers[2].code, 5);
	assert_int_equal(c->m.requests, 2);
	poll_all(c, &p, 16, 2000); /* once more, alone */
	assert_int_equal(c->m.requests, 2);
	poll_all(c, &p, 16, 2000);
	assert_int_equal(c->m.requests, 1);
	assert_int_equal(p.answers[2].status, ANSWER_REFUSED);
	assert_int_equal(count(&p, 16, ANSWER_OK), 15);
}

static void
an_error_that_passes_costs_one_cycle(void **state)
{
	struct scene *c = *state;
	struct poll p;

	c->m.error_on = 3;
	poll_all(c, &p, 16, 2000);
	c->m.error_on = 0;
	poll_all(c, &p, 16, 2000);
	assert_int_equal(count(&p, 16, ANSWER_OK), 16);
	poll_all(c, &p, 16, 2000);
	assert_int_equal(c->m.requests, 1);
}

static void
an_error_without_a_name_is_found(void **state)
{
	struct scene *c = *state;
	struct poll p;

	c->m.anonymous_on = 3;
	poll_all(c, &p, 16, 2000);
	assert_int_equal(count(&p, 16, ANSWER_OK), 15);
	assert_int_equal(p.answers[2].status, ANSWER_REFUSED);
	assert_int_equal(c->m.requests, 17);
	poll_all(c, &p, 16, 2000);
	assert_int_equal(count(&p, 16, ANSWER_OK), 15);
	assert_int_equal(c->m.requests, 2);
}

/* A refusal is a sign of life, so it must never come from memory alone. */
static void
a_dead_device_refuses_nothing(void **state)
{
	struct scene *c = *state;
	struct poll p;

	c->s.targets[0].version = SNMP_V1;
	c->m.error = 2; /* noSuchName */
	c->m.error_on = 3;
	for (int i = 0; i < 2; i++) {
		poll_all(c, &p, 16, 2000);
		assert_int_equal(count(&p, 16, ANSWER_OK), 15);
		assert_int_equal(p.answers[2].status, ANSWER_REFUSED);
		assert_int_equal(p.answers[2].code, 2);
	}
	assert_int_equal(c->m.requests, 1);

	/* alone in its baton it is really asked */
	c->m.requests = 0;
	assert_true(poll_once(&c->s, &p, 0, oids + 2, 1, 2000));
	assert_int_equal(p.answers[0].status, ANSWER_REFUSED);
	assert_int_equal(c->m.requests, 1);

	c->m.lose = 1000;
	for (int i = 0; i < 3; i++) {
		poll_all(c, &p, 16, 2000);
		assert_true(count(&p, 16, ANSWER_TIMEOUT) > 0);
		assert_int_equal(count(&p, 16, ANSWER_TIMEOUT) + count(&p, 16, ANSWER_NONE), 16);
		assert_int_equal(p.answers[2].status, ANSWER_NONE);
		c->m.requests = 0;
		assert_true(poll_once(&c->s, &p, 0, oids + 2, 1, 2000));
		assert_int_equal(p.answers[0].status, ANSWER_TIMEOUT);
		assert_true(c->m.requests > 0);
	}

	/* back: it is refused again, by the device */
	c->m.lose = 0;
	poll_all(c, &p, 16, 2000);
	assert_int_equal(p.answers[2].status, ANSWER_REFUSED);
}

static void
answers_to_other_questions_are_no_answers(void **state)
{
	struct scene *c = *state;
	struct poll p;

	c->m.swap = 1;
	poll_all(c, &p, 4, 2000);
	assert_int_equal(count(&p, 4, ANSWER_GARBLED), 4);
	c->m.swap = 0;
	c->m.cut = 1;
	poll_all(c, &p, 4, 2000);
	assert_int_equal(count(&p, 4, ANSWER_GARBLED), 4);
	c->m.cut = 0;
	c->m.odd = 1;
	poll_all(c, &p, 4, 2000);
	assert_int_equal(count(&p, 4, ANSWER_GARBLED), 4);
	c->m.odd = 0;
	poll_all(c, &p, 4, 2000);
	assert_int_equal(count(&p, 4, ANSWER_OK), 4);
}

static void
another_requests_answer_is_none(void **state)
{
	struct scene *c = *state;
	struct poll p;

	c->m.other_id = 1;
	poll_all(c, &p, 4, 1200);
	assert_int_equal(count(&p, 4, ANSWER_OK), 0);
	assert_true(count(&p, 4, ANSWER_TIMEOUT) > 0);
	c->m.other_id = 0;
	poll_all(c, &p, 4, 2000);
	assert_int_equal(count(&p, 4, ANSWER_OK), 4);
}

/* Each of them alone makes it no answer; the health counts what was no message of ours. */
static void
what_is_no_answer_is_silence(void **state)
{
	struct scene *c = *state;
	struct {
		const char *what;
		atomic_int *flaw;
		int value;
		bool garbled; /* of others, nothing reaches us, or it was an answer once */
	} flaws[] = {
	    {"version", &c->m.other_version, 1, true},
	    {"community", &c->m.other_community, 1, true},
	    {"kind", &c->m.other_kind, 1, true},
	    {"length", &c->m.short_by, 1, true},
	    {"half", &c->m.short_by, 20, true},
	    {"port", &c->m.other_port, 1, false},
	    {"id", &c->m.other_id, 1, false},
	};
	struct poll p;

	poll_all(c, &p, 4, 2000);
	for (size_t i = 0; i < sizeof(flaws) / sizeof(flaws[0]); i++) {
		uint64_t before = site_health(&c->s).garbled;

		*flaws[i].flaw = flaws[i].value;
		poll_all(c, &p, 4, 1200);
		print_message("another %s\n", flaws[i].what);
		assert_int_equal(count(&p, 4, ANSWER_TIMEOUT), 4);
		assert_int_equal(c->m.requests, 2);
		assert_int_equal(site_health(&c->s).garbled - before, flaws[i].garbled ? 2 : 0);
		*flaws[i].flaw = 0;
		poll_all(c, &p, 4, 2000);
		assert_int_equal(count(&p, 4, ANSWER_OK), 4);
	}
}

static void
wide_counters_and_ends_are_told_apart(void **state)
{
	struct scene *c = *state;
	struct poll p;

	c->m.tag = 0x46; /* Counter64, without the zero that belongs before it */
	poll_all(c, &p, 3, 2000);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(p.answers[i].status, ANSWER_OK);
		assert_int_equal(p.values[i].type, SNMP_TYPE_UNSIGNED);
		assert_true(p.values[i].u == (0xffULL << 56) + i + 1);
	}
	c->m.tag = 0x42; /* a Gauge32 that is too large for one */
	poll_all(c, &p, 3, 2000);
	assert_int_equal(count(&p, 3, ANSWER_GARBLED), 3);
	for (int code = SNMP_REFUSED_NO_OBJECT; code <= SNMP_REFUSED_END_OF_MIB; code++) {
		c->m.tag = code;
		poll_all(c, &p, 3, 2000);
		assert_int_equal(count(&p, 3, ANSWER_REFUSED), 3);
		assert_int_equal(p.answers[1].code, code);
	}
}

/* What follows the message is not looked at: the values are right, or there are none. */
static void
nonsense_after_a_message_makes_no_wrong_value(void **state)
{
	struct scene *c = *state;
	struct poll p;

	for (int n = 1; n <= 300; n += 13) {
		c->m.trailing = n;
		poll_all(c, &p, 4, 1200);
		for (size_t i = 0; i < 4; i++)
			if (p.answers[i].status == ANSWER_OK)
				assert_int_equal(
				    p.values[i].i, oids[i].sub[oids[i].oid.length - 2]);
		if (count(&p, 4, ANSWER_OK) == 0)
			break; /* refused as a whole: as good */
	}
	c->m.trailing = 0;
	poll_all(c, &p, 4, 2000);
	assert_int_equal(count(&p, 4, ANSWER_OK), 4);
}

/* Cut to what a baton holds; a terminal is protected where it becomes text. */
static void
a_giant_text_is_cut(void **state)
{
	struct scene *c = *state;
	struct poll p;
	char text[200];

	c->m.giant = 3000;
	poll_all(c, &p, 1, 2000);
	assert_int_equal(p.answers[0].status, ANSWER_OK);
	assert_int_equal(p.values[0].type, SNMP_TYPE_BYTES);
	assert_int_equal(p.values[0].length, SNMP_BYTES_MAX);
	decode_raw_text(&(struct source){.table = TABLE_OID}, (struct raw){.snmp = &p.values[0]},
	    text, sizeof(text));
	for (const char *at = text; *at != '\0'; at++)
		assert_true((unsigned char)*at >= 0x20 && *at != 0x7f);
	decode_label(&p.values[0], text, 64);
	for (const char *at = text; *at != '\0'; at++)
		assert_true((unsigned char)*at >= 0x20 && *at != 0x7f);
}

/* The rest is asked again, and fewer at once from then on. */
static void
an_answer_cut_short_is_learned(void **state)
{
	struct scene *c = *state;
	struct poll p;

	c->m.room = 5;
	poll_all(c, &p, 20, 2000);
	assert_int_equal(count(&p, 20, ANSWER_OK), 20);
	poll_all(c, &p, 20, 2000);
	assert_int_equal(count(&p, 20, ANSWER_OK), 20);
	assert_int_equal(c->m.variables_max, 4);
	assert_int_equal(c->m.requests, 5);
}

/* So many objects had their answer before: some are longer than others. */
static void
a_size_that_only_short_values_fit_is_learned(struct scene *c)
{
	struct poll p;
	int polls = 0;

	c->profile->snmp.max_varbinds = 8;
	c->m.long_from = 9;
	do {
		poll_all(c, &p, 20, 5000);
		assert_int_equal(count(&p, 8, ANSWER_OK), 8);
		assert_true(++polls < 12);
	} while (count(&p, 20, ANSWER_OK) < 20 || c->m.variables_max > 1);
	for (int i = 0; i < 5; i++) {
		poll_all(c, &p, 20, 5000);
		assert_int_equal(count(&p, 20, ANSWER_OK), 20);
	}
}

static void
a_size_that_some_values_do_not_fit_is_learned(void **state)
{
	a_size_that_only_short_values_fit_is_learned(*state);
}

static void
a_size_with_an_error_that_names_none_is_learned(void **state)
{
	struct scene *c = *state;

	c->m.long_error = 5;
	a_size_that_only_short_values_fit_is_learned(c);
}

/* The long ones are polled apart: no answer ever comes in that poll. */
static void
a_poll_that_is_too_big_as_a_whole_is_learned(void **state)
{
	struct scene *c = *state;
	struct poll p;
	int polls = 0;

	c->profile->snmp.max_varbinds = 8;
	c->m.long_from = 9;
	do {
		poll_all(c, &p, 8, 2000);
		assert_int_equal(count(&p, 8, ANSWER_OK), 8);
		assert_true(poll_once(&c->s, &p, 0, oids + 8, 8, 2000));
		assert_true(++polls < 12);
	} while (p.answers[0].status != ANSWER_OK || p.answers[7].status != ANSWER_OK);
	for (int i = 0; i < 4; i++) {
		poll_all(c, &p, 20, 5000);
		assert_int_equal(count(&p, 8, ANSWER_OK), 8);
	}
	assert_int_equal(count(&p, 20, ANSWER_OK), 20);
}

/* Two outages at one and the same poll, which is answered in between: no fault of its size. */
static void
outages_blame_no_size(void **state)
{
	struct scene *c = *state;
	struct poll p;

	for (int i = 0; i < 3; i++) {
		poll_all(c, &p, 16, 2000);
		assert_int_equal(count(&p, 16, ANSWER_OK), 16);
		assert_int_equal(c->m.requests, 1);
		c->m.lose = 2;
		assert_true(poll_once(&c->s, &p, 0, oids + 8, 8, 2000));
		assert_int_equal(p.answers[0].status, ANSWER_TIMEOUT);
	}
}

#define ROWS 20

/* Walks the agent's table, which has to be whole or not there. */
static enum answer_status
walk(struct scene *c)
{
	static struct test_oid column;
	struct walk_row rows[ROWS];
	struct column_walk out = {.rows = rows};
	struct poll p;

	oid_parse(&column, "1.3.6.1.4.1.32473.2");
	c->m.rows = ROWS;
	c->m.requests = 0;
	if (c->s.link == NULL)
		assert_true(site_open(&c->s));
	poll_walk(&c->s, &p, 0, &column, &out, ROWS);
	if (p.answers[0].status == ANSWER_OK)
		assert_int_equal(out.count, ROWS);
	return p.answers[0].status;
}

static void
silence_over_a_bulk_is_learned(void **state)
{
	struct scene *c = *state;

	c->m.mute_bulk = 5;
	assert_int_equal(walk(c), ANSWER_TIMEOUT); /* 16 and 8 rows at once, then out of tries */
	assert_int_equal(c->m.requests, 2);
	assert_int_equal(walk(c), ANSWER_OK);
	assert_int_equal(walk(c), ANSWER_OK);
	assert_int_equal(c->m.requests, ROWS / 4 + 1);
}

/* Its last rows are so long that no answer with several of them arrives. */
static void
silence_over_long_rows_is_learned(void **state)
{
	struct scene *c = *state;
	int walks = 0;

	assert_int_equal(walk(c), ANSWER_OK);
	assert_int_equal(c->m.requests, 2);
	c->m.mute_row = ROWS;
	while (walk(c) != ANSWER_OK)
		assert_true(++walks < 5);
	assert_int_equal(walk(c), ANSWER_OK);
}

static void
a_late_answer_still_counts(void **state)
{
	struct scene *c = *state;
	struct poll p;

	/* the retry has the same request-id, so that the first answer is as good */
	c->m.late_ms = 150;
	poll_all(c, &p, 1, 2000);
	assert_int_equal(p.answers[0].status, ANSWER_OK);
}

/* The loop was held up, or the whole machine was: the answer waits at the socket. */
static void
our_own_delay_is_no_silence(void **state)
{
	struct scene *c = *state;
	struct poll p;

	poll_all(c, &p, 4, 2000);
	for (int i = 0; i < 5; i++) {
		c->m.requests = 0;
		poll_and_hold(&c->s, &p, oids, 4, 350);
		assert_true(poll_wait(&p, 2000));
		assert_int_equal(count(&p, 4, ANSWER_OK), 4);
		assert_int_equal(c->m.requests, 1);
	}
	assert_int_equal(site_health(&c->s).timeouts, 0);
}

static void
a_cycle_costs_no_more_than_its_budget(void **state)
{
	struct scene *c = *state;
	struct poll p;

	/* every answer takes 60 ms: 20 objects one by one would take 1.2 s */
	c->m.too_big_above = 1;
	c->m.late_ms = 60;
	poll_all(c, &p, 20, 400);
	assert_true(p.took_ms < 400 + 100 + 200);
	assert_true(count(&p, 20, ANSWER_NONE) > 8);
	assert_true(count(&p, 20, ANSWER_OK) >= 1);

	/* dead: one request and its retry, whatever the number of objects */
	c->m.late_ms = 0;
	c->m.too_big_above = 0;
	poll_all(c, &p, 20, 2000);
	c->m.lose = 1000;
	poll_all(c, &p, 20, 5000);
	assert_true(p.took_ms < 500);
	assert_int_equal(c->m.requests, 2);
	assert_true(count(&p, 20, ANSWER_TIMEOUT) > 0);
	assert_int_equal(count(&p, 20, ANSWER_TIMEOUT) + count(&p, 20, ANSWER_NONE), 20);
}

static void
the_urgent_baton_goes_first(void **state)
{
	struct scene *c = *state;
	struct poll p[3];

	c->m.late_ms = 50;
	assert_true(site_open(&c->s));
	for (int i = 0; i < 3; i++) {
		poll_start_class(&c->s, &p[i], 0, oids, 1, 2000, i == 2 ? POLL_FAST : POLL_SLOW);
	}
	for (int i = 0; i < 3; i++)
		assert_true(poll_wait(&p[i], 3000));
	/* the first is on its way already, the last one overtakes the second */
	assert_true(mono_before(p[2].answers[0].at, p[1].answers[0].at));
}

static int
start_core(void **state)
{
	uint8_t id[12];
	char text[40];

	(void)state;
	for (int i = 0; i < OIDS; i++) {
		snprintf(text, sizeof(text), "1.3.6.1.4.1.32473.1.%d.0", i + 1);
		oid_parse(&oids[i], text);
	}
	engine_id_for_test(id);
	core_start(&core, id, 1);
	return 0;
}

static int
stop_core(void **state)
{
	(void)state;
	core_stop(&core);
	return 0;
}

#define SCENE(f) cmocka_unit_test_setup_teardown(f, scene_make, scene_free)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    SCENE(too_big_is_learned_once),
	    SCENE(silence_over_size_is_learned_too),
	    SCENE(a_lost_datagram_does_not_shrink_a_proven_size),
	    SCENE(a_poisonous_object_is_set_aside),
	    SCENE(a_refused_object_is_asked_ever_less_often),
	    SCENE(an_error_that_passes_costs_one_cycle),
	    SCENE(an_error_without_a_name_is_found),
	    SCENE(a_dead_device_refuses_nothing),
	    SCENE(answers_to_other_questions_are_no_answers),
	    SCENE(another_requests_answer_is_none),
	    SCENE(what_is_no_answer_is_silence),
	    SCENE(wide_counters_and_ends_are_told_apart),
	    SCENE(nonsense_after_a_message_makes_no_wrong_value),
	    SCENE(a_giant_text_is_cut),
	    SCENE(an_answer_cut_short_is_learned),
	    SCENE(a_size_that_some_values_do_not_fit_is_learned),
	    SCENE(a_size_with_an_error_that_names_none_is_learned),
	    SCENE(a_poll_that_is_too_big_as_a_whole_is_learned),
	    SCENE(outages_blame_no_size),
	    SCENE(silence_over_a_bulk_is_learned),
	    SCENE(silence_over_long_rows_is_learned),
	    SCENE(a_late_answer_still_counts),
	    SCENE(our_own_delay_is_no_silence),
	    SCENE(a_cycle_costs_no_more_than_its_budget),
	    SCENE(the_urgent_baton_goes_first),
	};
	return cmocka_run_group_tests(tests, start_core, stop_core);
}

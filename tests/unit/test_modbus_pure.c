/* drivers/modbus: frames, the fence, doubt and the order of jobs, without any wire. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/arena.h"
#include "drivers/modbus/doubt.h"
#include "drivers/modbus/fence.h"
#include "drivers/modbus/frame.h"
#include "drivers/modbus/identity.h"
#include "drivers/modbus/jobs.h"
#include "drivers/modbus/rs485.h"

#include <stdlib.h>
#include <string.h>

/* ---- frames ------------------------------------------------------------------------------ */

static void
requests_are_as_in_the_standard(void **state)
{
	/* Application Protocol V1.1b3, 6.3: read holding registers 108..110 */
	const struct ask ask = {.table = TABLE_HOLDING, .address = 0x6b, .count = 3};
	const uint8_t rtu[] = {17, 3, 0, 0x6b, 0, 3};
	const uint8_t tcp[] = {0x12, 0x34, 0, 0, 0, 6, 17, 3, 0, 0x6b, 0, 3};
	uint8_t out[FRAME_TCP_REQUEST_BYTES];

	(void)state;
	frame_rtu_request(&ask, 17, out);
	assert_memory_equal(out, rtu, sizeof(rtu));
	frame_tcp_request(&ask, 17, 0x1234, out);
	assert_memory_equal(out, tcp, sizeof(tcp));
	assert_int_equal(frame_rtu_reply_bytes(&ask), 11);
	assert_int_equal(frame_tcp_reply_bytes(&ask), 15);
}

static void
only_what_the_protocol_knows_is_asked(void **state)
{
	static const struct {
		struct ask ask;
		bool can;
	} cases[] = {
	    {{.table = TABLE_COIL, .address = 0, .count = 2000}, true},
	    {{.table = TABLE_COIL, .address = 0, .count = 2001}, false},
	    {{.table = TABLE_INPUT, .address = 0, .count = 125}, true},
	    {{.table = TABLE_INPUT, .address = 0, .count = 126}, false},
	    {{.table = TABLE_HOLDING, .address = 65535, .count = 1}, true},
	    {{.table = TABLE_HOLDING, .address = 65535, .count = 2}, false},
	    {{.table = TABLE_HOLDING, .address = 0, .count = 0}, false},
	    {{.table = TABLE_NONE, .address = 0, .count = 1}, false},
	    {{.table = TABLE_OID, .address = 0, .count = 1}, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(frame_can_ask(&cases[i].ask), cases[i].can);
}

static void
rtu_replies_are_judged(void **state)
{
	const struct ask two = {.table = TABLE_INPUT, .address = 9, .count = 2};
	const struct ask bits = {.table = TABLE_COIL, .address = 0x0300, .count = 20};
	/* The last two bytes stand for the CRC, which has been checked before. */
	static const struct {
		uint8_t bytes[12];
		size_t n;
		enum answer_status status;
		uint8_t code;
	} cases[] = {
	    {{5, 4, 4, 1, 2, 3, 4, 0, 0}, 9, ANSWER_OK, 0},
	    {{6, 4, 4, 1, 2, 3, 4, 0, 0}, 9, ANSWER_GARBLED, 0}, /* unit */
	    {{5, 3, 4, 1, 2, 3, 4, 0, 0}, 9, ANSWER_GARBLED, 0}, /* function */
	    {{5, 4, 2, 1, 2, 0, 0}, 7, ANSWER_GARBLED, 0},       /* count */
	    {{5, 4, 4, 1, 2, 3, 4, 5, 0, 0}, 10, ANSWER_GARBLED, 0},
	    {{5, 4, 6, 1, 2, 3, 4, 0, 0}, 9, ANSWER_GARBLED, 0},
	    {{5, 0x84, 2, 0, 0}, 5, ANSWER_REFUSED, 2},
	    {{5, 0x84, 200, 0, 0}, 5, ANSWER_REFUSED, 200},
	    {{5, 0x84, 0, 0, 0}, 5, ANSWER_GARBLED, 0}, /* there is no exception 0 */
	    {{5, 0x83, 2, 0, 0}, 5, ANSWER_GARBLED, 0}, /* of another function */
	    {{5, 0x84, 2, 2, 0, 0}, 6, ANSWER_GARBLED, 0},
	    {{5, 0x84, 0, 0}, 4, ANSWER_GARBLED, 0},
	    {{0}, 0, ANSWER_GARBLED, 0},
	};
	uint8_t echo[8] = {5};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct verdict v = frame_rtu_check(&two, 5, cases[i].bytes, cases[i].n);

		assert_int_equal(v.status, cases[i].status);
		assert_int_equal(v.code, cases[i].code);
		assert_true((v.why != NULL) == (v.status == ANSWER_GARBLED));
	}
	/* The one request that looks like its own reply: 5 1 | 3 | 0 0 20. */
	frame_rtu_request(&bits, 5, echo);
	assert_int_equal(frame_rtu_check(&bits, 5, echo, 8).status, ANSWER_GARBLED);
	echo[5] = 21;
	assert_int_equal(frame_rtu_check(&bits, 5, echo, 8).status, ANSWER_OK);
}

static void
tcp_replies_are_judged(void **state)
{
	const struct ask one = {.table = TABLE_HOLDING, .address = 9, .count = 1};
	const uint8_t good[] = {0, 7, 0, 0, 0, 5, 1, 3, 2, 0xab, 0xcd};
	const uint8_t refusal[] = {0, 7, 0, 0, 0, 3, 1, 0x83, 11};
	uint8_t bytes[sizeof(good)];
	uint16_t word;

	(void)state;
	assert_int_equal(frame_tcp_check(&one, 1, 7, good, sizeof(good)).status, ANSWER_OK);
	frame_words(&one, good + FRAME_TCP_DATA, &word);
	assert_int_equal(word, 0xabcd);
	assert_int_equal(frame_tcp_check(&one, 1, 7, refusal, sizeof(refusal)).code, 11);
	assert_int_equal(
	    frame_tcp_check(&one, 1, 7, good, sizeof(good) - 1).status, ANSWER_GARBLED);
	/* Each byte of the head matters. */
	for (size_t i = 0; i < FRAME_TCP_DATA; i++) {
		memcpy(bytes, good, sizeof(good));
		bytes[i] ^= 1;
		assert_int_equal(
		    frame_tcp_check(&one, 1, 7, bytes, sizeof(bytes)).status, ANSWER_GARBLED);
	}
}

static void
bits_and_registers_come_apart(void **state)
{
	const struct ask bits = {.table = TABLE_DISCRETE, .address = 0, .count = 11};
	const struct ask words = {.table = TABLE_HOLDING, .address = 0, .count = 2};
	/* 6.1: bits 27..38 of the standard's example begin CD 6B: least significant first */
	const uint8_t data[] = {0xcd, 0x6b, 0xb2, 0x05};
	const uint16_t want[] = {1, 0, 1, 1, 0, 0, 1, 1, 1, 1, 0};
	uint16_t out[12] = {0};

	(void)state;
	frame_words(&bits, data, out);
	assert_memory_equal(out, want, sizeof(want));
	assert_int_equal(out[11], 0); /* not one more */
	frame_words(&words, data, out);
	assert_int_equal(out[0], 0xcd6b);
	assert_int_equal(out[1], 0xb205);
}

static void
silences_follow_the_speed(void **state)
{
	(void)state;
	assert_int_equal(frame_char_us(9600, PARITY_NONE, 1), 1042); /* 10 bits */
	assert_int_equal(frame_char_us(9600, PARITY_EVEN, 1), 1146); /* 11 bits */
	assert_int_equal(frame_gap_us(9600, PARITY_NONE, 1), 3647);
	assert_int_equal(frame_gap_us(19200, PARITY_EVEN, 1), 2005);
	assert_int_equal(frame_gap_us(38400, PARITY_EVEN, 1), 1750);
	assert_int_equal(frame_gap_us(115200, PARITY_EVEN, 1), 1750);
}

/* ---- the fence --------------------------------------------------------------------------- */

static const struct fence_limits limits = {.max_registers = 100, .max_bits = 800};

static struct ask
registers(unsigned address, unsigned count)
{
	return (struct ask){
	    .table = TABLE_HOLDING, .address = (uint16_t)address, .count = (uint16_t)count};
}

static void
each_fence_read_has_a_new_length(void **state)
{
	struct fence f = {0};
	struct ask hint = registers(100, 20), got;
	bool seen[256] = {false};

	(void)state;
	fence_owe(&f, &hint, (mono_t){1});
	seen[20] = true;
	/* 19 shorter ones and two longer ones; then another function. */
	for (int i = 0; i < 21; i++) {
		fence_next(&f, &hint, &limits, &got);
		assert_int_equal(got.table, TABLE_HOLDING);
		assert_int_equal(got.address, 100);
		assert_in_range(got.count, 1, 22);
		assert_false(seen[got.count]);
		seen[got.count] = true;
		assert_false(fence_wants_silence(&f));
		assert_false(fence_judge(&f, &got, ANSWER_TIMEOUT, (mono_t){1}));
		assert_true(fence_is_dirty(&f));
	}
	fence_next(&f, &hint, &limits, &got);
	assert_int_equal(got.table, TABLE_INPUT);
	assert_true(fence_judge(&f, &got, ANSWER_REFUSED, (mono_t){1})); /* proof all the same */
	assert_false(f.up);
	assert_false(fence_is_dirty(&f));
}

static void
what_a_device_is_known_to_answer_comes_first(void **state)
{
	struct fence f = {0};
	struct ask one = registers(10, 1), known = registers(500, 7), got;

	(void)state;
	fence_know(&f, &known);
	fence_owe(&f, &one, (mono_t){1});
	fence_next(&f, &one, &limits, &got);
	assert_memory_equal(&got, &known, sizeof(got));
	assert_true(fence_judge(&f, &got, ANSWER_OK, (mono_t){1}));
	/* Not right after an opening: a process before us asks the same. */
	fence_start(&f, 5);
	assert_true(f.up);
	fence_next(&f, &one, &limits, &got);
	assert_int_equal(got.address, 500);
	assert_int_equal(got.count, 6);
}

static void
an_exception_that_may_be_older_proves_nothing(void **state)
{
	struct fence f = {0};
	struct ask hint = registers(10, 5), got;

	(void)state;
	fence_owe(&f, &hint, (mono_t){1});
	fence_next(&f, &hint, &limits, &got);
	assert_false(fence_judge(&f, &got, ANSWER_REFUSED, (mono_t){1}));
	assert_true(f.up);
}

static void
a_length_used_before_must_fit_three_times(void **state)
{
	struct fence f = {0};
	struct ask hint = registers(10, 1), got;
	int tries = 0;

	(void)state;
	fence_start(&f, 9);
	fence_owe(&f, &hint, (mono_t){1});
	do {
		fence_next(&f, &hint, &limits, &got);
		if (!fence_wants_silence(&f))
			assert_false(fence_judge(&f, &got, ANSWER_TIMEOUT, (mono_t){1}));
		assert_true(tries++ < 10);
	} while (!fence_wants_silence(&f));
	assert_false(fence_judge(&f, &got, ANSWER_OK, (mono_t){1}));
	fence_next(&f, &hint, &limits, &got);
	assert_false(fence_judge(&f, &got, ANSWER_OK, (mono_t){1}));
	fence_next(&f, &hint, &limits, &got);
	assert_false(fence_judge(&f, &got, ANSWER_GARBLED, (mono_t){1})); /* from the start */
	for (int i = 0; i < 3; i++) {
		fence_next(&f, &hint, &limits, &got);
		assert_int_equal(fence_judge(&f, &got, ANSWER_OK, (mono_t){1}), i == 2);
	}
	assert_false(f.up);
}

static void
lateness_is_told_by_length(void **state)
{
	struct fence f = {0};
	struct ask a = registers(10, 5), b = registers(10, 6);
	const uint8_t reply_a[] = {3, 10}, reply_b[] = {3, 12}, refusal[] = {0x83, 2},
		      other[] = {4, 10};
	int64_t late_us;

	(void)state;
	fence_owe(&f, &a, (mono_t){1000});
	fence_owe(&f, &b, (mono_t){5000});
	fence_owe(&f, &b, (mono_t){7000});
	assert_false(fence_late(&f, other, (mono_t){9000}, &late_us));
	assert_true(fence_late(&f, reply_b, (mono_t){9000}, &late_us));
	assert_int_equal(late_us, 4000);
	assert_true(fence_late(&f, reply_a, (mono_t){9000}, &late_us));
	assert_int_equal(late_us, 8000);
	assert_false(fence_late(&f, reply_a, (mono_t){9000}, &late_us));
	assert_true(fence_awaits(&f));
	assert_true(fence_late(&f, refusal, (mono_t){9000}, &late_us));
	assert_int_equal(late_us, 2000);
	assert_false(fence_awaits(&f));
	assert_true(f.up); /* all the same */
}

/*
 * A device that answers in order but late, drops, freezes and then answers everything at once; the
 * bus as rtu.c runs it. Time is in ticks; a usual reply takes 1 to 5, the timeout is 10.
 */
#define T_TIMEOUT 10
#define T_USUAL   5
#define LIE_MAX   8192

struct model {
	uint32_t random;
	unsigned late_percent, lost_percent, freeze_permille;
	unsigned map_from, map_count; /* holding registers that exist; others are refused */
	bool only_holding;            /* other functions: not even a refusal */
	bool whole;                   /* refuses all but exactly what is polled */

	int64_t now, busy_until, frozen_until;
	int64_t asked, heard, late; /* as rtu.c keeps them */
	bool silent;
	struct fence fence;
	struct {
		struct ask ask;
		int64_t at;
		bool refused;
	} line[LIE_MAX]; /* replies under way, in order */
	size_t first, last;
};

static uint32_t
model_draw(struct model *m, uint32_t n)
{
	m->random ^= m->random << 13;
	m->random ^= m->random >> 17;
	m->random ^= m->random << 5;
	return m->random % n;
}

static bool
model_has(const struct model *m, const struct ask *a)
{
	if (a->table != TABLE_HOLDING || a->address < m->map_from ||
	    a->address + a->count > m->map_from + m->map_count)
		return false;
	return !m->whole || a->count == (a->address % 2 ? 1 : 2);
}

static void
model_request(struct model *m, const struct ask *ask)
{
	int64_t service = 1 + (int64_t)model_draw(m, T_USUAL);

	if (model_draw(m, 1000) < m->freeze_permille)
		m->frozen_until = m->now + (int64_t)model_draw(m, 3000);
	if (model_draw(m, 100) < m->lost_percent ||
	    (m->only_holding && ask->table != TABLE_HOLDING) || m->last == LIE_MAX)
		return;
	if (model_draw(m, 100) < m->late_percent)
		service += (int64_t)model_draw(m, 60);
	if (m->busy_until < m->now)
		m->busy_until = m->now;
	if (m->frozen_until > m->now)
		service = 0; /* all at once when it thaws, below */
	m->busy_until += service;
	m->line[m->last].ask = *ask;
	m->line[m->last].refused = !model_has(m, ask);
	m->line[m->last++].at = m->busy_until > m->frozen_until ? m->busy_until : m->frozen_until;
}

/* A reply is taken from the line: late ones teach. */
static size_t
model_take(struct model *m)
{
	size_t i = m->first++;
	uint8_t head[2] = {(uint8_t)m->line[i].ask.table, frame_data_bytes(&m->line[i].ask)};
	int64_t late;

	if (m->line[i].at > m->now)
		m->now = m->line[i].at;
	if (m->line[i].refused)
		head[0] |= 0x80;
	if (fence_late(&m->fence, head, (mono_t){m->now}, &late) && late > m->late)
		m->late = late < 10 * T_TIMEOUT ? late : 10 * T_TIMEOUT;
	m->heard = m->now;
	return i;
}

/* Throws away what comes until `silence` ticks are silent; tells whether anything did. */
static bool
model_drain(struct model *m, int64_t silence)
{
	int64_t end = m->now + silence;
	bool any = false;

	while (m->first < m->last && m->line[m->first].at <= end) {
		if (m->line[model_take(m)].at >= m->now)
			end = m->now + silence;
		any = true;
	}
	m->now = end;
	return any;
}

static enum answer_status
model_transact(struct model *m, const struct ask *ask, struct ask *answered)
{
	int64_t deadline, began;
	size_t i;

	model_drain(m, 1); /* t3.5 */
	deadline = m->now + T_TIMEOUT;
	began = m->now;
	model_request(m, ask);
	if (m->first == m->last || m->line[m->first].at > deadline) {
		m->now = deadline;
		m->asked = began;
		m->silent = true;
		return ANSWER_TIMEOUT;
	}
	i = model_take(m);
	*answered = m->line[i].ask;
	if (m->line[i].ask.table == ask->table && m->line[i].refused)
		return ANSWER_REFUSED;
	if (m->line[i].ask.table == ask->table && m->line[i].ask.count == ask->count)
		return ANSWER_OK;
	m->asked = began;
	m->silent = false;
	return ANSWER_GARBLED;
}

/* When the unit may be asked: rtu.c, quiet_until(). */
static int64_t
model_quiet(const struct model *m, const struct ask *ask)
{
	int64_t from = m->asked, quiet = m->silent && fence_awaits(&m->fence) ? m->late : 0;

	if (m->asked != 0 && fence_is_worn(&m->fence, ask, &limits)) {
		if (quiet < 4 * T_TIMEOUT)
			quiet = 4 * T_TIMEOUT;
		if (from < m->heard)
			from = m->heard;
	}
	return from + quiet;
}

static void
model_poll(struct model *m, const struct ask *ask, unsigned *good, unsigned *wrong)
{
	struct fence *f = &m->fence;
	struct ask answered = {0}, read;
	enum answer_status s;

	for (int i = 0; i < 4 && f->up; i++) {
		model_drain(m, 0);
		if (m->now < model_quiet(m, ask))
			return;
		fence_next(f, ask, &limits, &read);
		s = model_transact(m, &read, &answered);
		if (s == ANSWER_OK && fence_wants_silence(f) && model_drain(m, T_USUAL))
			s = ANSWER_GARBLED;
		if (fence_judge(f, &read, s, (mono_t){m->asked}))
			break;
		if (s == ANSWER_TIMEOUT || s == ANSWER_GARBLED)
			model_drain(m, s == ANSWER_GARBLED ? T_USUAL : 1);
		if (s == ANSWER_TIMEOUT)
			return;
	}
	if (f->up)
		return;
	s = model_transact(m, ask, &answered);
	if (s == ANSWER_OK) {
		fence_know(f, ask);
		*good += answered.address == ask->address;
		*wrong += answered.address != ask->address;
	} else if (s != ANSWER_REFUSED) {
		fence_owe(f, ask, (mono_t){m->asked});
		model_drain(m, s == ANSWER_GARBLED ? T_USUAL : 1);
	}
}

static void
no_lateness_gets_through_the_fence(void **state)
{
	static const struct model kinds[] = {
	    {.late_percent = 20, .map_count = 30},
	    {.late_percent = 60, .map_count = 30},
	    {.late_percent = 20, .lost_percent = 10, .map_count = 30, .whole = true},
	    {.late_percent = 10, .freeze_permille = 10, .map_count = 30},
	    {.late_percent = 10, .freeze_permille = 10, .map_count = 30, .only_holding = true},
	    {.late_percent = 10, .freeze_permille = 10, .map_count = 4, .whole = true},
	};
	uint32_t seed = 20261122;

	(void)state;
	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		unsigned good = 0, wrong = 0, polls = 0;

		for (int run = 0; run < 60; run++) {
			struct model *m = xcalloc(1, sizeof(*m));

			*m = kinds[k];
			m->random = seed++ * 2654435761U | 1;
			m->now = 1;
			fence_start(&m->fence, m->random);
			while (m->last < LIE_MAX / 2) {
				unsigned at = model_draw(m, m->map_count - 1);
				struct ask ask = registers(at, at % 2 ? 1 : 2);

				m->now += (int64_t)model_draw(m, 40);
				model_poll(m, &ask, &good, &wrong);
				polls++;
			}
			free(m);
		}
		print_message(
		    "[   INFO   ] kind %zu: %u polls, %u good, %u wrong\n", k, polls, good, wrong);
		assert_int_equal(wrong, 0);
		assert_true(good > polls / 40); /* late as it is, it is believed now and then */
	}
}

/* ---- jobs -------------------------------------------------------------------------------- */

static void
the_most_urgent_goes_first_and_none_starves(void **state)
{
	struct baton slow = {.urgency = POLL_SLOW}, fast = {.urgency = POLL_FAST},
		     normal = {.urgency = POLL_NORMAL}, fast2 = {.urgency = POLL_FAST};
	const mono_t now = {1000};
	unsigned turns[3] = {0};
	struct jobs j;
	mono_t wake;

	(void)state;
	jobs_init(&j, 4);
	assert_null(jobs_pick(&j, now, &wake));
	assert_true(wake.us == MONO_NEVER.us);
	assert_true(jobs_add(&j, &slow, 1));
	assert_true(jobs_add(&j, &fast, 2));
	assert_true(jobs_add(&j, &normal, 3));
	assert_true(jobs_add(&j, &fast2, 2));
	assert_false(jobs_add(&j, &fast2, 2));
	for (int i = 0; i < 80; i++)
		turns[jobs_pick(&j, now, &wake)->baton->urgency]++;
	assert_int_equal(turns[POLL_FAST], 70);
	assert_int_equal(turns[POLL_SLOW], 10);
	assert_ptr_equal(jobs_remove(&j, jobs_pick(&j, now, &wake)), &fast);
	assert_ptr_equal(jobs_remove(&j, jobs_pick(&j, now, &wake)), &fast2);
	assert_ptr_equal(jobs_remove(&j, jobs_pick(&j, now, &wake)), &normal);
	assert_ptr_equal(jobs_remove(&j, jobs_pick(&j, now, &wake)), &slow);
	assert_null(jobs_pick(&j, now, &wake));
	jobs_free(&j);
}

static void
a_unit_that_is_held_waits_and_others_do_not(void **state)
{
	struct baton fast = {.urgency = POLL_FAST}, slow = {.urgency = POLL_SLOW};
	struct jobs j;
	struct job *job;
	mono_t wake;

	(void)state;
	jobs_init(&j, 2);
	jobs_add(&j, &fast, 1);
	jobs_add(&j, &slow, 2);
	jobs_hold(&j, 1, (mono_t){5000});
	assert_ptr_equal(jobs_pick(&j, (mono_t){1000}, &wake)->baton, &slow);
	assert_int_equal(wake.us, 5000);
	job = jobs_pick(&j, (mono_t){1000}, &wake);
	job->not_before = (mono_t){3000};
	assert_null(jobs_pick(&j, (mono_t){1000}, &wake));
	assert_int_equal(wake.us, 3000);
	assert_ptr_equal(jobs_pick(&j, (mono_t){5000}, &wake)->baton, &fast);
	jobs_free(&j);
}

/* ---- the device identification ------------------------------------------------------------- */

static void
an_identification_is_read_as_it_is_written(void **state)
{
	static const uint8_t reply[] = {0x2b, 0x0e, 1, 0x81, 0xff, 2, 2, 0, 3, 'A', 'B', 'C', 1, 0};
	uint8_t request[IDENTITY_PDU_BYTES], next = 0;
	struct snmp_value v = {0};

	(void)state;
	identity_request(2, 1, request);
	assert_memory_equal(request, ((uint8_t[]){0x2b, 0x0e, 1, 1}), 4);
	identity_request(6, 0, request);
	assert_memory_equal(request, ((uint8_t[]){0x2b, 0x0e, 2, 0}), 4);
	for (size_t n = 0; n < sizeof(reply); n++)
		assert_int_equal(identity_bytes(reply, n), 0);
	assert_int_equal(identity_bytes(reply, sizeof(reply)), sizeof(reply));
	assert_int_equal(identity_read(reply, sizeof(reply), 0, 0, &v, &next), IDENTITY_HERE);
	assert_int_equal(v.length, 3);
	assert_memory_equal(v.bytes, "ABC", 3);
	assert_int_equal(identity_read(reply, sizeof(reply), 1, 0, &v, &next), IDENTITY_HERE);
	assert_int_equal(v.length, 0); /* there, and empty */
	assert_int_equal(identity_read(reply, sizeof(reply), 2, 0, &v, &next), IDENTITY_GO_ON);
	assert_int_equal(next, 2);
	assert_int_equal(
	    identity_read(reply, sizeof(reply), 2, 2, &v, &next), IDENTITY_NOWHERE); /* a circle */
	assert_int_equal(identity_read(reply, sizeof(reply), 5, 0, &v, &next),
	    IDENTITY_MALFORMED); /* category */
	assert_int_equal(
	    identity_read(reply, sizeof(reply) - 1, 0, 0, &v, &next), IDENTITY_MALFORMED);
	assert_int_equal(
	    identity_read((const uint8_t[]){0xab, 1}, 2, 0, 0, &v, &next), IDENTITY_REFUSED);
	assert_int_equal(identity_bytes((const uint8_t[]){3, 4}, 2), IDENTITY_NONE);
	assert_int_equal(
	    identity_bytes((const uint8_t[]){0x2b, 14, 1, 1, 0, 0, 1, 0, 250}, 9), IDENTITY_NONE);
}

/* Whatever comes: no byte beyond the end is looked at (ASan sees it), and no text is longer. */
static void
an_identification_of_noise_does_no_harm(void **state)
{
	uint32_t x = 1;

	(void)state;
	for (int i = 0; i < 200000; i++) {
		size_t n = (size_t)i % 60;
		uint8_t *p = xcalloc(n + 1, 1), next = 0;
		struct snmp_value v = {0};

		for (size_t k = 0; k < n; k++) {
			x = x * 1664525 + 1013904223;
			p[k] = (uint8_t)(k == 0 ? 0x2b : k == 1 ? 0x0e : k == 2 ? 1 : x >> 28);
		}
		p = xrealloc(p, n > 0 ? n : 1, 1);
		identity_bytes(p, n);
		if (identity_read(p, n, (uint8_t)(x >> 30), 0, &v, &next) == IDENTITY_HERE)
			assert_true(v.length < n);
		free(p);
	}
}

/* ---- the RS-485 driver --------------------------------------------------------------------- */

static void
the_kernel_is_told_how_to_switch(void **state)
{
	const struct rs485_spec usual = {.wanted = true, .rts = RTS_ON_SEND};
	const struct rs485_spec turned = {
	    .wanted = true, .rts = RTS_AFTER_SEND, .delay_before_ms = 3, .delay_after_ms = 1};
	struct serial_rs485 how;

	(void)state;
	rs485_flags(&usual, &how);
	assert_int_equal(how.flags, SER_RS485_ENABLED | SER_RS485_RTS_ON_SEND);
	assert_int_equal(how.delay_rts_before_send + how.delay_rts_after_send, 0);
	rs485_flags(&turned, &how);
	assert_int_equal(how.flags, SER_RS485_ENABLED | SER_RS485_RTS_AFTER_SEND);
	assert_int_equal(how.delay_rts_before_send, 3);
	assert_int_equal(how.delay_rts_after_send, 1);
}

/* ---- doubt -------------------------------------------------------------------------------- */

/* The verdicts on up to three readings of three registers, as "a" again, "+" believed, "-" not. */
static const char *
verdicts(const char *readings, bool strict)
{
	static char out[4];
	struct readings r = {0};
	size_t n = 0;

	for (const char *p = readings; *p != '\0'; p += 6 + (p[6] == ' '))
		out[n++] = "a+-"[readings_take(&r, (const uint8_t *)p, 6, strict)];
	out[n] = '\0';
	return out;
}

static void
two_readings_agree_or_a_third_decides(void **state)
{
	(void)state;
	for (int strict = 0; strict < 2; strict++) {
		assert_string_equal(verdicts("aabbcc aabbcc", strict), "a+");
		/* One was wrong. */
		assert_string_equal(verdicts("aaXbcc aabbcc aabbcc", strict), "aa+");
		assert_string_equal(verdicts("aabbcc aaXbcc aabbcc", strict), "aa+");
		/* It never stands still, and then is damaged, or of elsewhere. */
		assert_string_equal(verdicts("aabbc1 aabbc2 aabbc3", strict), "aa+");
		assert_string_equal(verdicts("aabbc1 aabbc2 aaXbc3", strict), "aa-");
		assert_string_equal(verdicts("aabbc1 XXXXXX aabbc2", strict), "aa+");
		assert_string_equal(verdicts("aabbc1 aabbc2 XXXXXX", strict), "aa-");
	}
	/* Of two elsewheres, or in motion altogether: it depends on whether others were heard. */
	assert_string_equal(verdicts("XXXXXX aabbcc YYYYYY", true), "aa-");
	assert_string_equal(verdicts("a1b1c1 a2b2c2 a3b3c3", true), "aa-");
	assert_string_equal(verdicts("a1b1c1 a2b2c2 a3b3c3", false), "aa+");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_identification_is_read_as_it_is_written),
	    cmocka_unit_test(an_identification_of_noise_does_no_harm),
	    cmocka_unit_test(the_kernel_is_told_how_to_switch),
	    cmocka_unit_test(requests_are_as_in_the_standard),
	    cmocka_unit_test(only_what_the_protocol_knows_is_asked),
	    cmocka_unit_test(rtu_replies_are_judged),
	    cmocka_unit_test(tcp_replies_are_judged),
	    cmocka_unit_test(bits_and_registers_come_apart),
	    cmocka_unit_test(silences_follow_the_speed),
	    cmocka_unit_test(each_fence_read_has_a_new_length),
	    cmocka_unit_test(what_a_device_is_known_to_answer_comes_first),
	    cmocka_unit_test(an_exception_that_may_be_older_proves_nothing),
	    cmocka_unit_test(a_length_used_before_must_fit_three_times),
	    cmocka_unit_test(lateness_is_told_by_length),
	    cmocka_unit_test(no_lateness_gets_through_the_fence),
	    cmocka_unit_test(two_readings_agree_or_a_third_decides),
	    cmocka_unit_test(the_most_urgent_goes_first_and_none_starves),
	    cmocka_unit_test(a_unit_that_is_held_waits_and_others_do_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

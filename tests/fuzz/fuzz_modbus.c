/*
 * Any bytes as the reply to any Modbus question: only a frame of this unit, function and length is
 * an answer, nothing beyond its end is looked at, and a device identification is no longer than
 * what came.
 */
#include "fuzz.h"

#include "drivers/modbus/frame.h"
#include "drivers/modbus/identity.h"
#include "drivers/modbus/pace.h"

static struct ask
make_ask(struct bytes *b)
{
	struct ask a = {.table = (enum table)(TABLE_COIL + pick(b, 4)),
	    .address = (uint16_t)take(b, 2),
	    .count = (uint16_t)(1 + pick(b, 125))};

	if (!frame_can_ask(&a))
		a.address = 0;
	return a;
}

/* A copy of exactly that size, so that a byte too far is seen. */
static uint8_t *
exact(const uint8_t *p, size_t n)
{
	uint8_t *copy = malloc(n > 0 ? n : 1);

	if (copy == NULL)
		abort();
	memcpy(copy, p, n);
	return copy;
}

/* Where a frame ends, by its own head; and whether it is what we have sent. */
static void
check_head(const struct ask *a, const uint8_t *frame, size_t n, bool tcp, uint8_t unit)
{
	size_t bytes = frame_tcp_bytes(frame, n);

	FUZZ_CHECK(bytes == 0 || (bytes >= 7 && bytes <= FRAME_MAX_BYTES));
	if (!tcp && frame_rtu_is_echo(a, unit, frame, n))
		FUZZ_CHECK(n >= FRAME_RTU_REFUSAL_BYTES && frame[0] == unit);
}

static void
check_words(const struct ask *a, const uint8_t *reply, size_t n, bool tcp, uint8_t unit)
{
	uint16_t words[FRAME_MAX_REGISTERS];
	struct verdict v =
	    tcp ? frame_tcp_check(a, unit, 7, reply, n) : frame_rtu_check(a, unit, reply, n);

	check_head(a, reply, n, tcp, unit);
	FUZZ_CHECK(v.status == ANSWER_OK || v.status == ANSWER_REFUSED || v.why != NULL);
	FUZZ_CHECK(v.outcome != OUTCOME_NONE && v.outcome < OUTCOME_COUNT);
	if (v.status != ANSWER_OK)
		return;
	FUZZ_CHECK(n == (tcp ? frame_tcp_reply_bytes(a) : frame_rtu_reply_bytes(a)));
	FUZZ_CHECK(!tcp || n == frame_tcp_bytes(reply, n));
	FUZZ_CHECK(reply[tcp ? 6 : 0] == unit && reply[tcp ? 7 : 1] == (uint8_t)a->table);
	frame_words(a, reply + (tcp ? FRAME_TCP_DATA : FRAME_RTU_DATA), words);
}

static void
check_identity(const uint8_t *pdu, size_t n, uint8_t wanted)
{
	struct snmp_value v = {.type = SNMP_TYPE_NONE};
	uint8_t object = wanted;
	bool more = false;
	struct verdict what;
	size_t bytes = identity_bytes(pdu, n);

	FUZZ_CHECK(bytes <= 253 || bytes == IDENTITY_NONE);
	what = frame_identity(pdu, n, wanted, &object, &v, &more);
	FUZZ_CHECK(!more || what.status == ANSWER_OK);
	if (what.status == ANSWER_OK && !more)
		FUZZ_CHECK(v.type == SNMP_TYPE_BYTES && v.length < n && bytes == n);
}

/*
 * Whatever a unit does, the timeout stays within its bounds and its profile's is given in time; a
 * question that decides lasts until that has passed since the first one without a reply.
 */
static void
check_pace(struct bytes *b)
{
	const int64_t full_us = 800000;
	struct pace p = {
	    .full_every = (unsigned)take(b, 1) % 20, .verdict_after = (unsigned)take(b, 1) % 5};
	mono_t now = {1};

	while (b->left > 0) {
		int64_t wire_us = (int64_t)take(b, 2);
		int64_t us = pace_timeout_us(&p, now, wire_us, full_us);
		mono_t asked = now;

		FUZZ_CHECK(us <= full_us && us >= PACE_FLOOR_US);
		FUZZ_CHECK(!pace_is_early(&p, us, full_us) || p.missed == 0);
		FUZZ_CHECK(!pace_decides(&p) || us >= pace_left_us(&p, now, full_us));
		if (take(b, 1) % 3 == 0) {
			now.us += us;
			pace_missed(&p, asked);
			us = pace_timeout_us(&p, now, wire_us, full_us);
			FUZZ_CHECK(p.missed > 2 || us == full_us || us >= PACE_DOUBT_US);
		} else {
			int64_t took_us = (int64_t)take(b, 3);

			now.us += took_us;
			pace_answered(&p, wire_us, took_us);
		}
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes b = {data, size};
	unsigned what = (unsigned)pick(&b, 4);
	struct ask a = make_ask(&b);
	uint8_t unit = (uint8_t)take(&b, 1);
	size_t n = b.left < FRAME_MAX_BYTES ? b.left : FRAME_MAX_BYTES;
	uint8_t *reply = exact(b.at, n);

	if (what == 0)
		check_words(&a, reply, n, false, unit);
	else if (what == 1)
		check_words(&a, reply, n, true, unit);
	else if (what == 2)
		check_identity(reply, n, unit % (IDENTITY_LAST + 1));
	else
		check_pace(&b);
	free(reply);
	return 0;
}

/* Our own messages of versions 1 and 2c: what is written, what is read, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* cmocka wants the above first */
#include <cmocka.h>

#include "drivers/snmp/pdu.h"

#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- numbers and names ----------------------------------------------------------------------- */

static void
integers_take_as_few_octets_as_keep_the_sign(void **state)
{
	static const struct {
		int32_t value;
		size_t n;
		uint8_t octets[6];
	} cases[] = {
	    {0, 3, {0x02, 1, 0}},
	    {127, 3, {0x02, 1, 0x7f}},
	    {128, 4, {0x02, 2, 0, 0x80}},
	    {256, 4, {0x02, 2, 1, 0}},
	    {-1, 3, {0x02, 1, 0xff}},
	    {-128, 3, {0x02, 1, 0x80}},
	    {-129, 4, {0x02, 2, 0xff, 0x7f}},
	    {0x00800000, 6, {0x02, 4, 0, 0x80, 0, 0}},
	    {INT32_MAX, 6, {0x02, 4, 0x7f, 0xff, 0xff, 0xff}},
	    {INT32_MIN, 6, {0x02, 4, 0x80, 0, 0, 0}},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint8_t room[8];
		struct ber_out o = {room, sizeof(room), false};
		struct ber in;
		int32_t back;

		ber_add_int32(&o, cases[i].value);
		assert_false(o.full);
		in = (struct ber){room + o.start, sizeof(room) - o.start};
		assert_int_equal(in.left, cases[i].n);
		assert_memory_equal(in.at, cases[i].octets, cases[i].n);
		assert_true(ber_take_int32(&in, &back));
		assert_int_equal(back, cases[i].value);
		assert_int_equal(in.left, 0);
	}
}

/* More octets than 32 bits need are read, more value is not. */
static void
integers_beyond_32_bits_are_refused_in_a_header(void **state)
{
	static const uint8_t padded[] = {0x02, 6, 0, 0, 0, 0, 1, 2};
	static const uint8_t large[] = {0x02, 5, 0, 0x80, 0, 0, 0}, none[] = {0x02, 0};
	struct ber in = {padded, sizeof(padded)};
	int32_t v;

	(void)state;
	assert_true(ber_take_int32(&in, &v));
	assert_int_equal(v, 258);
	in = (struct ber){large, sizeof(large)};
	assert_false(ber_take_int32(&in, &v));
	in = (struct ber){none, sizeof(none)};
	assert_false(ber_take_int32(&in, &v));
}

static void
unsigned_numbers_mean_one_thing_or_nothing(void **state)
{
	static const struct {
		size_t octets; /* of the type */
		size_t n;
		uint8_t content[10];
		bool good;
		uint64_t value;
	} cases[] = {
	    {4, 1, {5}, true, 5},
	    {4, 5, {0, 0xff, 0xff, 0xff, 0xff}, true, UINT32_MAX},
	    {4, 4, {0xff, 0xff, 0xff, 0xfe}, true, UINT32_MAX - 1}, /* the zero forgotten */
	    {4, 7, {0, 0, 0, 0, 0, 1, 0}, true, 256},
	    {4, 1, {0xff}, false, 0}, /* 255, or -1? */
	    {4, 3, {0x80, 0, 0}, false, 0},
	    {4, 5, {1, 0, 0, 0, 0}, false, 0},
	    {4, 5, {0xff, 0, 0, 0, 0}, false, 0},
	    {4, 0, {0}, false, 0},
	    {8, 9, {0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, true, UINT64_MAX},
	    {8, 8, {0x80, 0, 0, 0, 0, 0, 0, 0}, true, 1ULL << 63},
	    {8, 9, {1, 0, 0, 0, 0, 0, 0, 0, 0}, false, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct ber content = {cases[i].content, cases[i].n};
		uint64_t v = 0;

		assert_int_equal(ber_unsigned(content, cases[i].octets, &v), cases[i].good);
		if (cases[i].good)
			assert_true(v == cases[i].value);
	}
}

static void
names_come_back_as_they_went(void **state)
{
	static const uint32_t subs[][OID_SUBS_MAX] = {{1, 3, 6, 1, 2, 1, 1, 3, 0}, {0, 0},
	    {2, UINT32_MAX - 80}, {2, 999, UINT32_MAX, 127, 128, 16383, 16384, 0}, {1, 39, 1}};
	static const size_t lengths[] = {9, 2, 2, 8, OID_SUBS_MAX};
	uint8_t room[1000];

	(void)state;
	for (size_t i = 0; i < COUNT(subs); i++) {
		const struct oid oid = {lengths[i], subs[i]};
		struct oid other = {lengths[i] - 1, subs[i]};
		struct ber_out o = {room, sizeof(room), false};
		struct ber in, content;
		uint32_t back[OID_SUBS_MAX];
		size_t n;

		ber_add_oid(&o, &oid);
		assert_false(o.full);
		in = (struct ber){room + o.start, sizeof(room) - o.start};
		assert_true(ber_take(&in, BER_OID, &content));
		assert_true(ber_oid(content, back, &n));
		assert_int_equal(n, oid.length);
		assert_memory_equal(back, subs[i], n * sizeof(*back));
		assert_true(ber_oid_is(content, &oid));
		back[n - 1]++;
		other = (struct oid){n, back};
		assert_false(ber_oid_is(content, &other));
		back[n - 1]--;
		other = (struct oid){n - 1, back};
		if (n > 2)
			assert_false(ber_oid_is(content, &other)); /* it goes on */
		content.left--;
		assert_false(ber_oid_is(content, &oid)); /* it is cut */
	}
}

static void
names_that_cannot_be_are_refused(void **state)
{
	static const uint32_t subs[][3] = {{3, 1, 1}, {1, 40, 1}, {2, UINT32_MAX, 1}, {1, 3, 6}};
	static const size_t lengths[] = {3, 3, 3, 1};
	static const uint8_t too_large[] = {0x2b, 0x90, 0x80, 0x80, 0x80, 0x00};
	static const uint8_t open_end[] = {0x2b, 0x86};
	uint8_t room[1000], long_one[OID_SUBS_MAX];
	uint32_t back[OID_SUBS_MAX];
	size_t n;

	(void)state;
	for (size_t i = 0; i < COUNT(subs); i++) {
		const struct oid oid = {lengths[i], subs[i]};
		struct ber_out o = {room, sizeof(room), false};

		ber_add_oid(&o, &oid);
		assert_true(o.full);
	}
	assert_false(ber_oid((struct ber){too_large, sizeof(too_large)}, back, &n));
	assert_false(ber_oid((struct ber){open_end, sizeof(open_end)}, back, &n));
	assert_false(ber_oid((struct ber){open_end, 0}, back, &n));
	memset(long_one, 1, sizeof(long_one)); /* the first octet is two sub-identifiers */
	assert_false(ber_oid((struct ber){long_one, sizeof(long_one)}, back, &n));
	assert_true(ber_oid((struct ber){long_one, sizeof(long_one) - 1}, back, &n));
	assert_int_equal(n, OID_SUBS_MAX);
}

static void
lengths_are_definite_and_inside(void **state)
{
	static const struct {
		size_t n;
		uint8_t octets[8];
		bool good;
		size_t length;
	} cases[] = {
	    {3, {0x04, 1, 9}, true, 1},
	    {4, {0x04, 0x81, 1, 9}, true, 1},
	    {7, {0x04, 0x84, 0, 0, 0, 1, 9}, true, 1},
	    {8, {0x04, 0x85, 0, 0, 0, 0, 1, 9}, false, 0}, /* longer than any */
	    {4, {0x04, 0x80, 0, 0}, false, 0},             /* indefinite */
	    {3, {0x04, 2, 9}, false, 0},
	    {6, {0x04, 0x84, 0xff, 0xff, 0xff, 0xff}, false, 0},
	    {3, {0x04, 0x84, 1}, false, 0},
	    {3, {0x1f, 1, 9}, false, 0}, /* a tag of more octets */
	    {1, {0x04}, false, 0},
	    {0, {0}, false, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct ber in = {cases[i].octets, cases[i].n}, content;
		uint8_t tag;

		assert_int_equal(ber_take_any(&in, &tag, &content), cases[i].good);
		assert_int_equal(in.left, 0); /* spent, also where it is bad: no loop is endless */
		if (cases[i].good)
			assert_int_equal(content.left, cases[i].length);
	}
}

/* ---- questions ------------------------------------------------------------------------------- */

static const uint32_t uptime_subs[] = {1, 3, 6, 1, 2, 1, 1, 3, 0};
static const uint32_t outlet_subs[] = {1, 3, 6, 1, 4, 1, 13742, 6, 5, 4, 3, 1, 4, 1, 1, 4};
static const struct oid uptime = {COUNT(uptime_subs), uptime_subs};
static const struct oid outlet = {COUNT(outlet_subs), outlet_subs};
static const struct oid *const both[] = {&uptime, &outlet};

/* As snmpget -v1 -c c asks for the same. */
static const uint8_t get_v1[] = {0x30, 0x3a, 0x02, 0x01, 0x00, 0x04, 0x01, 'c', 0xa0, 0x32, 0x02,
    0x04, 0x01, 0x02, 0x03, 0x04, 0x02, 0x01, 0x00, 0x02, 0x01, 0x00, 0x30, 0x24, 0x30, 0x0c, 0x06,
    0x08, 0x2b, 0x06, 0x01, 0x02, 0x01, 0x01, 0x03, 0x00, 0x05, 0x00, 0x30, 0x14, 0x06, 0x10, 0x2b,
    0x06, 0x01, 0x04, 0x01, 0xeb, 0x2e, 0x06, 0x05, 0x04, 0x03, 0x01, 0x04, 0x01, 0x01, 0x04, 0x05,
    0x00};
/* As snmpbulkget -v2c -Cn0 -Cr10 does, for the first. */
static const uint8_t bulk_v2[] = {0x30, 0x22, 0x02, 0x01, 0x01, 0x04, 0x01, 'c', 0xa5, 0x1a, 0x02,
    0x04, 0x7f, 0xff, 0xff, 0xff, 0x02, 0x01, 0x00, 0x02, 0x01, 0x0a, 0x30, 0x0c, 0x30, 0x0a, 0x06,
    0x06, 0x2b, 0x06, 0x01, 0x02, 0x01, 0x01, 0x05, 0x00};

static void
check_question(const struct pdu_question *q, enum snmp_version version, int32_t id,
    const uint8_t *want, size_t n)
{
	uint8_t room[512];
	struct pdu_message m;

	assert_true(pdu_write(q, version, "c", room, sizeof(room), &m));
	pdu_put_id(room + (m.octets - room) + m.id_at, id);
	assert_int_equal(m.length, n);
	assert_memory_equal(m.octets, want, n);
}

static void
questions_are_what_agents_know(void **state)
{
	static const struct oid system = {7, uptime_subs};
	static const struct oid *const one[] = {&system};
	const struct pdu_question get = {.kind = PDU_GET, .oids = both, .count = 2};
	const struct pdu_question bulk = {
	    .kind = PDU_GET_BULK, .repetitions = 10, .oids = one, .count = 1};

	(void)state;
	check_question(&get, SNMP_V1, 0x01020304, get_v1, sizeof(get_v1));
	check_question(&bulk, SNMP_V2C, PDU_ID_MAX, bulk_v2, sizeof(bulk_v2));
}

static void
a_question_without_room_is_none(void **state)
{
	const struct pdu_question get = {.kind = PDU_GET, .oids = both, .count = 2};
	struct pdu_message m;

	(void)state;
	for (size_t n = 0; n <= sizeof(get_v1); n++) {
		uint8_t *room = malloc(n + 2);

		assert_non_null(room);
		room[0] = room[n + 1] = 0xee;
		assert_int_equal(
		    pdu_write(&get, SNMP_V1, "c", room + 1, n, &m), n == sizeof(get_v1));
		assert_int_equal(room[0], 0xee);
		assert_int_equal(room[n + 1], 0xee);
		free(room);
	}
}

/* ---- responses ------------------------------------------------------------------------------- */

/* Version 2c, community "c", id 0x01020304, no error; sysUpTime.0 = 300 ticks, outlet: no object.
 */
static const uint8_t good[] = {0x30, 0x3c, 0x02, 0x01, 0x01, 0x04, 0x01, 'c', 0xa2, 0x34, 0x02,
    0x04, 0x01, 0x02, 0x03, 0x04, 0x02, 0x01, 0x00, 0x02, 0x01, 0x00, 0x30, 0x26, 0x30, 0x0e, 0x06,
    0x08, 0x2b, 0x06, 0x01, 0x02, 0x01, 0x01, 0x03, 0x00, 0x43, 0x02, 0x01, 0x2c, 0x30, 0x14, 0x06,
    0x10, 0x2b, 0x06, 0x01, 0x04, 0x01, 0xeb, 0x2e, 0x06, 0x05, 0x04, 0x03, 0x01, 0x04, 0x01, 0x01,
    0x04, 0x80, 0x00, /* beyond the message: */ 0x05, 0x00};
#define GOOD_LENGTH (sizeof(good) - 2)

static void
a_response_is_read(void **state)
{
	struct pdu_response r;
	struct pdu_variable v;

	(void)state;
	/* Octets after the message, as some devices send them, change nothing. */
	for (size_t n = GOOD_LENGTH; n <= sizeof(good); n++) {
		assert_true(pdu_read(good, n, &r));
		assert_int_equal(r.version, SNMP_V2C);
		assert_int_equal(r.community.left, 1);
		assert_int_equal(*r.community.at, 'c');
		assert_int_equal(r.id, 0x01020304);
		assert_int_equal(r.error_status, PDU_NO_ERROR);
		assert_int_equal(r.error_index, 0);
		assert_true(pdu_next(&r.variables, &v));
		assert_true(ber_oid_is(v.name, &uptime));
		assert_int_equal(v.tag, BER_TIME_TICKS);
		assert_int_equal(v.value.left, 2);
		assert_true(pdu_next(&r.variables, &v));
		assert_true(ber_oid_is(v.name, &outlet));
		assert_int_equal(v.tag, 0x80);
		assert_false(pdu_next(&r.variables, &v));
	}
	for (size_t n = 0; n < GOOD_LENGTH; n++)
		assert_false(pdu_read(good, n, &r));
}

static void
a_damaged_response_is_none(void **state)
{
	static const struct {
		size_t at;
		uint8_t octet;
	} cases[] = {
	    {0, 0x31},      /* no SEQUENCE */
	    {1, 0x3d},      /* an octet more than the PDU, inside the message */
	    {1, 0x3b},      /* an octet less */
	    {4, 2}, {4, 3}, /* version 2*, 3 */
	    {5, 0x24},      /* a community in pieces */
	    {8, 0xa0},      /* a question */
	    {8, 0xa4},      /* a trap */
	    {8, 0xa8},      /* a report */
	    {9, 0x35},      /* the list goes beyond */
	    {10, 0x04},     /* an id that is no number */
	    {17, 0},        /* an error-status without octets */
	    {23, 0x25},     /* a list that is shorter than its variables */
	    {23, 0x10},     /* ... that leaves one out */
	    {25, 0x0c},     /* a variable that is shorter than its value */
	    {26, 0x04},     /* a name that is none */
	    {27, 0x0a},     /* a name that leaves no value */
	    {37, 0x01},     /* two values */
	    {37, 0x7f},     /* a value that goes beyond */
	    {41, 0x15},     /* a variable that goes beyond */
	    {61, 0x01},     /* a value beyond the message */
	};
	struct pdu_response r;
	uint8_t copy[sizeof(good)];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		memcpy(copy, good, sizeof(copy));
		assert_int_not_equal(copy[cases[i].at], cases[i].octet);
		copy[cases[i].at] = cases[i].octet;
		if (pdu_read(copy, sizeof(copy), &r))
			fail_msg("octet %zu as 0x%02x is read", cases[i].at, cases[i].octet);
	}
}

static bool
inside(const struct ber *b, const uint8_t *copy, size_t n)
{
	return b->left == 0 || (b->at >= copy && b->at + b->left <= copy + n);
}

/* Whatever comes: within the message, and no further (for AddressSanitizer as well). */
static void
nothing_beyond_a_damaged_response_is_read(void **state)
{
	static const uint8_t odd[] = {
	    0x00, 0x01, 0x02, 0x05, 0x06, 0x30, 0x7f, 0x80, 0x81, 0x84, 0xff};
	unsigned seed = 7, read = 0;

	(void)state;
	for (int i = 0; i < 300000; i++) {
		size_t n =
		    rand_r(&seed) % 4 ? GOOD_LENGTH : (size_t)rand_r(&seed) % (sizeof(good) + 1);
		uint8_t *copy = malloc(n > 0 ? n : 1);
		uint32_t subs[OID_SUBS_MAX];
		struct pdu_response r;
		struct pdu_variable v;
		size_t length;

		assert_non_null(copy);
		memcpy(copy, good, n);
		for (int k = rand_r(&seed) % 3; n > 0 && k >= 0; k--)
			copy[(size_t)rand_r(&seed) % n] =
			    rand_r(&seed) % 2 ? odd[(size_t)rand_r(&seed) % sizeof(odd)]
					      : (uint8_t)rand_r(&seed);
		if (pdu_read(copy, n, &r)) {
			read++;
			assert_true(inside(&r.community, copy, n));
			while (pdu_next(&r.variables, &v)) {
				assert_true(inside(&v.name, copy, n));
				assert_true(inside(&v.value, copy, n));
				(void)ber_oid_is(v.name, &outlet);
				(void)ber_oid(v.name, subs, &length);
			}
			assert_int_equal(r.variables.left, 0);
		}
		free(copy);
	}
	assert_in_range(read, 10000, 290000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(integers_take_as_few_octets_as_keep_the_sign),
	    cmocka_unit_test(integers_beyond_32_bits_are_refused_in_a_header),
	    cmocka_unit_test(unsigned_numbers_mean_one_thing_or_nothing),
	    cmocka_unit_test(names_come_back_as_they_went),
	    cmocka_unit_test(names_that_cannot_be_are_refused),
	    cmocka_unit_test(lengths_are_definite_and_inside),
	    cmocka_unit_test(questions_are_what_agents_know),
	    cmocka_unit_test(a_question_without_room_is_none),
	    cmocka_unit_test(a_response_is_read),
	    cmocka_unit_test(a_damaged_response_is_none),
	    cmocka_unit_test(nothing_beyond_a_damaged_response_is_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

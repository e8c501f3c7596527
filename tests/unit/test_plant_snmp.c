/* The plant's BER, keys and PDUs against the RFCs' own examples and rules. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/plant/ber.c"
#include "tests/plant/device.c"
#include "tests/plant/mib.c"
#include "tests/plant/oid.c"
#include "tests/plant/snmp_pdu.c"
#include "tests/plant/usm.c"

void
truth_value(const struct device *d, size_t i, int64_t raw)
{
	(void)d, (void)i, (void)raw;
}

static void
integers_take_as_many_octets_as_needed(void **state)
{
	static const struct {
		int64_t value;
		size_t n;
		uint8_t bytes[8];
	} cases[] = {
	    {0, 3, {2, 1, 0}},
	    {127, 3, {2, 1, 0x7f}},
	    {128, 4, {2, 2, 0x00, 0x80}},
	    {-128, 3, {2, 1, 0x80}},
	    {-129, 4, {2, 2, 0xff, 0x7f}},
	    {-9999, 4, {2, 2, 0xd8, 0xf1}},
	    {INT32_MIN, 6, {2, 4, 0x80, 0, 0, 0}},
	    {UINT32_MAX, 7, {2, 5, 0x00, 0xff, 0xff, 0xff, 0xff}},
	};
	uint8_t buf[16];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct ber_out out;
		int32_t back;
		ber_begin(&out, buf, sizeof buf);
		ber_put_int(&out, BER_INTEGER, cases[i].value);
		assert_int_equal(ber_written(&out), cases[i].n);
		assert_memory_equal(out.p, cases[i].bytes, cases[i].n);
		struct ber_in in = {out.p, out.end};
		if (cases[i].value == (int32_t)cases[i].value) {
			assert_true(ber_get_int(&in, &back));
			assert_int_equal(back, cases[i].value);
		}
	}
}

static void
identifiers_go_there_and_back(void **state)
{
	struct oid o = {0}, back;
	struct ber_out out;
	uint8_t buf[64];

	(void)state;
	assert_true(oid_append(&o, "1.3.6.1.4.1.21796.4.9.3.1.5.4294967295"));
	ber_begin(&out, buf, sizeof buf);
	ber_put_oid(&out, &o);
	assert_false(out.full);
	struct ber_in in = {out.p, out.end};
	assert_true(ber_get_oid(&in, &back));
	assert_int_equal(oid_compare(&o, &back), 0);
	o = (struct oid){0};
	assert_false(oid_append(&o, "1.3.x"));
	o = (struct oid){0};
	assert_false(oid_append(&o, "1.4294967296"));
}

static void
what_is_cut_off_is_not_read(void **state)
{
	static const uint8_t message[] = {0x30, 0x82, 0x00, 0x05, 0x02, 0x01, 0x07, 0x05, 0x00};
	struct ber_in content;
	int32_t value;

	(void)state;
	for (size_t n = 0; n < sizeof message; n++) {
		struct ber_in in = {message, message + n};
		assert_false(ber_get(&in, BER_SEQUENCE, &content));
	}
	struct ber_in in = {message, message + sizeof message};
	assert_true(ber_get(&in, BER_SEQUENCE, &content));
	assert_true(ber_get_int(&content, &value));
	assert_int_equal(value, 7);
	assert_false(ber_get_int(&content, &value));
}

static void
a_full_buffer_is_said(void **state)
{
	struct ber_out out;
	uint8_t buf[4];

	(void)state;
	ber_begin(&out, buf, sizeof buf);
	for (int64_t v = -5; v < 5; v++)
		ber_put_int(&out, BER_INTEGER, v * (INT64_C(1) << 40));
	assert_true(out.full);
}

/* RFC 3414 A.3.2; with SHA-256 (RFC 7860) the same steps as made by hashlib of Python. */
static void
keys_are_those_of_the_rfc(void **state)
{
	static const struct engine e = {.id = {[11] = 2}, .id_length = 12};
	static const struct {
		enum snmp_auth auth;
		size_t size, digest;
		uint8_t key[USM_KEY_MAX];
	} cases[] = {
	    {SNMP_AUTH_SHA, 20, 12,
		{0x66, 0x95, 0xfe, 0xbc, 0x92, 0x88, 0xe3, 0x62, 0x82, 0x23, 0x5f, 0xc7, 0x15, 0x1f,
		    0x12, 0x84, 0x97, 0xb3, 0x8f, 0x3f}},
	    {SNMP_AUTH_SHA_256, 32, 24,
		{0x89, 0x82, 0xe0, 0xe5, 0x49, 0xe8, 0x66, 0xdb, 0x36, 0x1a, 0x6b, 0x62, 0x5d, 0x84,
		    0xcc, 0xcc, 0x11, 0x16, 0x2d, 0x45, 0x3e, 0xe8, 0xce, 0x3a, 0x64, 0x45, 0xc2,
		    0xd6, 0x77, 0x6f, 0x0f, 0x8b}},
	};
	struct usm_user u;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_true(
		    usm_make_user(&u, &e, cases[i].auth, "user", "maplesyrup", "maplesyrup"));
		assert_memory_equal(u.auth_key, cases[i].key, cases[i].size);
		assert_memory_equal(u.priv_key, cases[i].key, cases[i].size);
		assert_int_equal(usm_digest_size(&u), cases[i].digest);
	}
}

static void
what_was_encrypted_comes_back(void **state)
{
	static const struct engine e = {.id = {1, 2, 3, 4, 5}, .id_length = 5};
	uint8_t salt[USM_SALT], next[USM_SALT], text[] = "thirty-one degrees";
	struct usm_user u;

	(void)state;
	assert_true(usm_make_user(&u, &e, SNMP_AUTH_SHA, "user", "authphrase", "privphrase"));
	usm_next_salt(&u, salt);
	usm_next_salt(&u, next);
	assert_memory_not_equal(salt, next, USM_SALT);
	assert_true(usm_crypt(&u, true, 1, 100, salt, text, sizeof text));
	assert_string_not_equal((const char *)text, "thirty-one degrees");
	assert_true(usm_crypt(&u, false, 1, 100, salt, text, sizeof text));
	assert_string_equal((const char *)text, "thirty-one degrees");
}

/* ---- A small MIB: two scalars, a column of two rows of which one comes and goes. ---- */

static bool
second_row(const int64_t *raw)
{
	return raw[0] > 1;
}

static const struct point_def points[] = {{"rows", "1", 0, true}};
static const struct object objects[] = {
    {.column = "1.3.9.2", .index = "2", .kind = OBJECT_NUMBER, .number = 22, .present = second_row},
    {.column = "1.3.9.1", .index = "0", .kind = OBJECT_INTEGER, .point = 0},
    {.column = "1.3.9.2", .index = "1", .kind = OBJECT_NUMBER, .number = 21},
    {.column = "1.3.9.5", .index = "0", .kind = OBJECT_TEXT, .text = "end"},
};
static const struct device_type type = {
    .points = points, .n_points = 1, .objects = objects, .n_objects = 4};
static const struct engine engine;
static struct device device;
static struct mib mib;

static int
setup(void **state)
{
	(void)state;
	device = (struct device){.name = "d", .type = &type, .raw = {1}};
	return mib_load(&mib, &device, &engine) ? 0 : -1;
}

enum { REQUEST_ID = 77 };

static int32_t reply_id = REQUEST_ID; /* that an answer must have */

/* Asks for these names (NULL ends) and takes the answer apart: "name=value" with blanks between. */
static void
exchange(enum snmp_version version, unsigned pdu, int first, int second, size_t limit,
    const char *const *names, char *text, size_t size)
{
	uint8_t request[512], reply[2048];
	struct ber_out q, out;
	struct ber_in in, list, pair, content;
	struct snmp_request r;
	int32_t id, error = 0, index = 0;
	unsigned tag;
	int n = 0;

	ber_begin(&q, request, sizeof request);
	while (names[n])
		n++;
	while (n-- > 0) {
		struct oid o = {0};
		size_t start = ber_written(&q);
		assert_true(oid_append(&o, names[n]));
		ber_put_empty(&q, BER_NULL);
		ber_put_oid(&q, &o);
		ber_put_header(&q, BER_SEQUENCE, start);
	}
	snmp_put_pdu(&q, pdu, REQUEST_ID, (enum snmp_error)first, (unsigned)second, 0);
	in = (struct ber_in){q.p, q.end};
	assert_true(snmp_request_read(&in, &r));
	ber_begin(&out, reply, sizeof reply);
	snmp_answer(&device, &mib, version, &r, limit, 0, &out);
	assert_false(out.full);
	in = (struct ber_in){out.p, out.end};
	assert_true(ber_get_any(&in, &tag, &content) && tag == PDU_RESPONSE);
	assert_true(ber_get_int(&content, &id) && id == reply_id);
	assert_true(ber_get_int(&content, &error) && ber_get_int(&content, &index));
	assert_true(ber_get(&content, BER_SEQUENCE, &list));
	size_t used = (size_t)snprintf(text, size, "%d,%d", error, index);
	while (ber_left(&list)) {
		struct oid o;
		assert_true(ber_get(&list, BER_SEQUENCE, &pair) && ber_get_oid(&pair, &o));
		assert_true(ber_get_any(&pair, &tag, &content));
		used += (size_t)snprintf(
		    text + used, size - used, " %u.%u=", o.sub[o.n - 2], o.sub[o.n - 1]);
		if (tag == BER_INTEGER)
			used += (size_t)snprintf(text + used, size - used, "%d", *content.p);
		else if (tag == BER_STRING)
			used += (size_t)snprintf(text + used, size - used, "%.*s",
			    (int)ber_left(&content), (const char *)content.p);
		else
			used += (size_t)snprintf(text + used, size - used, "(%02x)", tag);
	}
}

#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})

static void
check(enum snmp_version version, unsigned pdu, int first, int second, size_t limit,
    const char *const *names, const char *expected)
{
	char text[512];

	exchange(version, pdu, first, second, limit, names, text, sizeof text);
	assert_string_equal(text, expected);
}

static void
get_tells_object_from_instance(void **state)
{
	(void)state;
	check(SNMP_V2C, PDU_GET, 0, 0, 1400,
	    NAMES("1.3.9.1.0", "1.3.9.1.1", "1.3.9.2.2", "1.3.9.7.0"),
	    "0,0 1.0=1 1.1=(81) 2.2=(81) 7.0=(80)");
	device.raw[0] = 2;
	check(SNMP_V2C, PDU_GET, 0, 0, 1400, NAMES("1.3.9.2.2", "1.3.9.1.0"), "0,0 2.2=22 1.0=2");
}

static void
version_one_refuses_the_whole(void **state)
{
	(void)state;
	check(
	    SNMP_V1, PDU_GET, 0, 0, 1400, NAMES("1.3.9.1.0", "1.3.9.1.1"), "2,2 1.0=(05) 1.1=(05)");
	check(SNMP_V1, PDU_GETNEXT, 0, 0, 1400, NAMES("1.3.9.5.0"), "2,1 5.0=(05)");
	check(SNMP_V1, PDU_SET, 0, 0, 1400, NAMES("1.3.9.1.0"), "2,1 1.0=(05)");
	check(SNMP_V2C, PDU_SET, 0, 0, 1400, NAMES("1.3.9.1.0"), "17,1 1.0=(05)");
	assert_int_equal(device.counters.exceptions, 4);
}

static void
next_walks_in_order_to_the_end(void **state)
{
	(void)state;
	check(SNMP_V2C, PDU_GETNEXT, 0, 0, 1400,
	    NAMES("1.3", "1.3.9.1.0", "1.3.9.2.1", "1.3.9.5.0"),
	    "0,0 1.0=1 2.1=21 5.0=end 5.0=(82)");
	device.raw[0] = 2;
	check(SNMP_V2C, PDU_GETNEXT, 0, 0, 1400, NAMES("1.3.9.2.1"), "0,0 2.2=22");
}

static void
bulk_repeats(void **state)
{
	(void)state;
	check(SNMP_V2C, PDU_GETBULK, 1, 2, 1400, NAMES("1.3.9.1", "1.3.9.1.0"),
	    "0,0 1.0=1 2.1=21 5.0=end");
	check(SNMP_V2C, PDU_GETBULK, 0, 50, 1400, NAMES("1.3.9.2.1"), "0,0 5.0=end 5.0=(82)");
	check(SNMP_V2C, PDU_GETBULK, 5, 0, 1400, NAMES("1.3.9.1"), "0,0 1.0=1");
	check(SNMP_V2C, PDU_GETBULK, 0, 0, 1400, NAMES("1.3.9.1"), "0,0");
}

static void
what_is_too_long_is_said(void **state)
{
	(void)state;
	check(SNMP_V2C, PDU_GET, 0, 0, 30, NAMES("1.3.9.1.0", "1.3.9.2.1"), "1,0");
	check(SNMP_V1, PDU_GET, 0, 0, 30, NAMES("1.3.9.1.0", "1.3.9.2.1"), "1,0 1.0=(05) 2.1=(05)");
	check(SNMP_V2C, PDU_GETBULK, 0, 9, 30, NAMES("1.3.9.1"), "0,0 1.0=1");
}

/* Asks for two numbers of a device that gets it wrong in that way. */
static void
check_lie(enum lie lie, int32_t id, const char *expected)
{
	device.wire.lie = lie;
	reply_id = id;
	check(SNMP_V2C, PDU_GET, 0, 0, 1400, NAMES("1.3.9.1.0", "1.3.9.2.1"), expected);
	reply_id = REQUEST_ID;
}

static void
lies_can_be_known_from_the_message(void **state)
{
	(void)state;
	check_lie(LIE_NONE, REQUEST_ID, "0,0 1.0=1 2.1=21");
	check_lie(LIE_OID, REQUEST_ID, "0,0 2.1=21 5.0=end");
	check_lie(LIE_REQUEST_ID, REQUEST_ID + 1, "0,0 1.0=1 2.1=21");
	check_lie(LIE_TYPE, REQUEST_ID, "0,0 1.0=(05) 2.1=(40)");
	check_lie(LIE_SHORT, REQUEST_ID, "0,0 1.0=1");
	check_lie(LIE_ORDER, REQUEST_ID, "0,0 2.1=21 1.0=1");
	/* only by the time of the message around it (version 3) */
	device.stale = true;
	check_lie(LIE_WINDOW, REQUEST_ID, "0,0 1.0=21 2.1=end");
	device.stale = false;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(integers_take_as_many_octets_as_needed),
	    cmocka_unit_test(identifiers_go_there_and_back),
	    cmocka_unit_test(what_is_cut_off_is_not_read),
	    cmocka_unit_test(a_full_buffer_is_said),
	    cmocka_unit_test(keys_are_those_of_the_rfc),
	    cmocka_unit_test(what_was_encrypted_comes_back),
	    cmocka_unit_test_setup(get_tells_object_from_instance, setup),
	    cmocka_unit_test_setup(version_one_refuses_the_whole, setup),
	    cmocka_unit_test_setup(next_walks_in_order_to_the_end, setup),
	    cmocka_unit_test_setup(bulk_repeats, setup),
	    cmocka_unit_test_setup(what_is_too_long_is_said, setup),
	    cmocka_unit_test_setup(lies_can_be_known_from_the_message, setup),
	};

	return cmocka_run_group_tests_name("plant snmp", tests, NULL, NULL);
}

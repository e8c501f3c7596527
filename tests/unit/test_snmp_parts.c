/* The pure parts of the SNMP driver: batch sizes, shunned objects, the look at a v3 message. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* cmocka wants the above first */
#include <cmocka.h>

#include "drivers/snmp/batch.h"
#include "drivers/snmp/message.h"
#include "drivers/snmp/shun.h"

#include <stdlib.h>
#include <string.h>

#define AT(ms) ((mono_t){(ms)*1000LL})
#define DAY_MS (24 * 60 * 60 * 1000LL)

static void
too_big_halves_and_settles(void **state)
{
	struct batch b;

	(void)state;
	batch_init(&b, 16);
	assert_int_equal(batch_size(&b, AT(0)), 16);
	batch_too_big(&b, 16, AT(0));
	assert_int_equal(batch_size(&b, AT(1)), 8);
	batch_answered(&b, 8, AT(2));
	assert_int_equal(b.good, 8);
	assert_int_equal(b.bad, 16);
	for (int i = 0; i < 100; i++)
		batch_answered(&b, batch_size(&b, AT(3)), AT(3));
	assert_int_equal(batch_size(&b, AT(4)), 8);       /* 16 is not tried again ... */
	assert_int_equal(batch_size(&b, AT(DAY_MS)), 16); /* ... today */
}

static void
one_is_the_least(void **state)
{
	struct batch b;

	(void)state;
	batch_init(&b, 0);
	assert_int_equal(batch_size(&b, AT(0)), 1);
	batch_init(&b, 3);
	batch_too_big(&b, 3, AT(0));
	assert_int_equal(batch_size(&b, AT(0)), 1);
	batch_silent(&b, 1);
	assert_int_equal(batch_size(&b, AT(0)), 1);
	assert_true(batch_proven(&b, 1));
}

static void
silence_at_a_proven_size_is_a_lost_datagram(void **state)
{
	struct batch b;

	(void)state;
	batch_init(&b, 10);
	assert_false(batch_proven(&b, 10));
	batch_answered(&b, 10, AT(0));
	assert_true(batch_proven(&b, 10));
	batch_silent(&b, 10);
	assert_int_equal(batch_size(&b, AT(1)), 10);
}

static void
silence_then_an_answer_finds_the_size(void **state)
{
	struct batch b;

	(void)state;
	batch_init(&b, 10);
	batch_silent(&b, 10);
	assert_int_equal(batch_size(&b, AT(0)), 5);
	batch_answered(&b, 5, AT(1));
	assert_int_equal(b.bad, 10);
	assert_int_equal(batch_size(&b, AT(2)), 5);
}

static void
a_size_blamed_for_silence_is_tried_again_ever_later(void **state)
{
	struct batch b;
	int64_t now = 0, pauses[12];

	(void)state;
	batch_init(&b, 10);
	for (int i = 0; i < 12; i++) {
		int64_t began = now;

		assert_int_equal(batch_size(&b, AT(now)), 10);
		batch_silent(&b, 10);
		batch_answered(&b, batch_size(&b, AT(now)), AT(now));
		assert_int_equal(batch_size(&b, AT(now)), 5);
		while (batch_size(&b, AT(now)) == 5)
			now += 60 * 1000;
		pauses[i] = now - began;
	}
	assert_int_equal(pauses[0], 10 * 60 * 1000);
	assert_int_equal(pauses[1], 20 * 60 * 1000);
	assert_int_equal(pauses[11], DAY_MS);
}

static void
a_dead_device_comes_back_at_full_size(void **state)
{
	struct batch b;

	(void)state;
	batch_init(&b, 10);
	batch_answered(&b, 10, AT(0));
	for (int cycle = 0; cycle < 6; cycle++) {
		batch_silent(&b, batch_size(&b, AT(cycle)));
		batch_lost(&b);
	}
	assert_int_equal(batch_size(&b, AT(10)), 1);
	for (int i = 0; i < 4; i++)
		batch_answered(&b, batch_size(&b, AT(20)), AT(20));
	assert_int_equal(batch_size(&b, AT(21)), 10);
	assert_int_equal(b.bad, 0);
}

static void
shunned_objects_are_kept_by_identity(void **state)
{
	static const uint32_t sub[] = {1, 3, 6};
	struct oid a = {3, sub}, b = {3, sub}, c = {3, sub};
	struct shun items[2];
	struct shun_list l = {.items = items, .room = 2};

	(void)state;
	assert_null(shun_find(&l, &a));
	shun_put(&l, &a, 2, AT(0), 5);
	shun_put(&l, &b, 0, AT(0), 0);
	shun_put(&l, &c, 2, AT(0), 0); /* full */
	assert_null(shun_find(&l, &c));
	assert_int_equal(shun_find(&l, &a)->code, 2);
	shun_put(&l, &a, 5, AT(1), 6);
	assert_int_equal(shun_find(&l, &a)->code, 5);
	assert_int_equal(shun_find(&l, &a)->until.us, 7000);
	assert_int_equal(l.count, 2);
	shun_drop(&l, &a);
	assert_null(shun_find(&l, &a));
	assert_non_null(shun_find(&l, &b));
	shun_drop(&l, &a);
	assert_int_equal(l.count, 1);
}

/* All of them answered alone: it was the size. One that is not explains it. */
static void
a_size_is_to_blame_where_no_object_is(void **state)
{
	const struct oid a = {0, NULL}, b = {0, NULL}, c = {0, NULL};
	const struct oid *const all[] = {&a, &b, &c};
	struct shun items[3];
	struct shun_list l = {.items = items, .room = 3};

	(void)state;
	shun_doubt(&l, all, 3, AT(0));
	assert_int_equal(l.count, 3);
	assert_int_equal(shun_alone(&l, &a, true), 0);
	shun_drop(&l, &a);
	assert_int_equal(shun_alone(&l, &a, true), 0); /* it is done with */
	assert_int_equal(shun_alone(&l, &c, true), 0);
	shun_drop(&l, &c);
	assert_int_equal(shun_alone(&l, &b, true), 3);

	shun_doubt(&l, all, 3, AT(1));
	assert_int_equal(shun_alone(&l, &a, true), 0);
	assert_int_equal(shun_alone(&l, &b, false), 0);
	assert_int_equal(shun_alone(&l, &c, true), 0);

	shun_doubt(&l, all, 2, AT(2)); /* another one: c is of the doubt before */
	assert_int_equal(shun_alone(&l, &c, true), 0);
	assert_int_equal(shun_alone(&l, &a, true), 0);
	assert_int_equal(shun_alone(&l, &b, true), 2);
}

static void
the_id_of_a_v3_message_is_found(void **state)
{
	/* SEQUENCE { INTEGER 3, SEQUENCE { INTEGER 0x01020304, ... */
	static const uint8_t good[] = {
	    0x30, 0x81, 0x0b, 0x02, 0x01, 0x03, 0x30, 0x06, 0x02, 0x04, 0x01, 0x02, 0x03, 0x04};
	uint8_t bad[sizeof(good)];
	int32_t id = 0;

	(void)state;
	assert_true(message_v3_id(good, sizeof(good), &id));
	assert_int_equal(id, 0x01020304);
	for (size_t n = 0; n < sizeof(good); n++)
		assert_false(message_v3_id(good, n, &id));
	memcpy(bad, good, sizeof(bad));
	bad[5] = 1; /* SNMPv2c */
	assert_false(message_v3_id(bad, sizeof(bad), &id));
	memcpy(bad, good, sizeof(bad));
	bad[10] = 0x80; /* negative */
	assert_false(message_v3_id(bad, sizeof(bad), &id));
}

/* A v3 header as snmptrap writes it, up to the user name. */
static const uint8_t v3_head[] = {0x30, 0x2f, 0x02, 0x01, 0x03, 0x30, 0x0f, 0x02, 0x02, 0x12, 0x34,
    0x02, 0x03, 0x00, 0xff, 0xe3, 0x04, 0x01, 0x03, 0x02, 0x01, 0x03, 0x04, 0x19, 0x30, 0x17, 0x04,
    0x05, 0x80, 0x00, 0x1f, 0x88, 0x04, 0x02, 0x01, 0x07, 0x02, 0x02, 0x03, 0x84, 0x04, 0x03, 's',
    'h', 'a', 0x04, 0x00, 0x04, 0x00};

static void
who_a_v3_message_says_it_is_from(void **state)
{
	struct message_v3 m;
	uint8_t bad[sizeof(v3_head)];

	(void)state;
	assert_int_equal(message_version(v3_head, sizeof(v3_head)), MESSAGE_V3);
	assert_true(message_v3_read(v3_head, sizeof(v3_head), &m));
	assert_int_equal(m.id, 0x1234);
	assert_int_equal(m.engine_length, 5);
	assert_memory_equal(m.engine, "\x80\x00\x1f\x88\x04", 5);
	assert_int_equal(m.user_length, 3);
	assert_memory_equal(m.user, "sha", 3);
	for (size_t n = 0; n < sizeof(v3_head);
	     n++) /* cut anywhere: what it says of its length is wrong */
		assert_false(message_v3_read(v3_head, n, &m));
	memcpy(bad, v3_head, sizeof(bad));
	bad[21] = 2; /* the community-based model: nothing to read here */
	assert_false(message_v3_read(bad, sizeof(bad), &m));
}

/* Whatever comes: within the message, and no further (for AddressSanitizer as well). */
static void
nothing_beyond_a_damaged_message_is_read(void **state)
{
	static const uint8_t odd[] = {
	    0x00, 0x01, 0x02, 0x04, 0x30, 0x7f, 0x80, 0x81, 0x82, 0x84, 0xff};
	unsigned seed = 99;

	(void)state;
	for (int i = 0; i < 200000; i++) {
		size_t n = (size_t)rand_r(&seed) % (sizeof(v3_head) + 1);
		uint8_t *copy = malloc(n > 0 ? n : 1);
		struct message_v3 m;
		int32_t id;

		assert_non_null(copy);
		memcpy(copy, v3_head, n);
		for (int k = rand_r(&seed) % 4; n > 0 && k >= 0; k--)
			copy[(size_t)rand_r(&seed) % n] =
			    rand_r(&seed) % 2 ? odd[(size_t)rand_r(&seed) % sizeof(odd)]
					      : (uint8_t)rand_r(&seed);
		(void)message_version(copy, n);
		(void)message_v3_id(copy, n, &id);
		if (message_v3_read(copy, n, &m)) {
			assert_true(m.engine >= copy && m.engine + m.engine_length <= copy + n);
			assert_true(m.user >= copy && m.user + m.user_length <= copy + n);
		}
		free(copy);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(too_big_halves_and_settles),
	    cmocka_unit_test(one_is_the_least),
	    cmocka_unit_test(silence_at_a_proven_size_is_a_lost_datagram),
	    cmocka_unit_test(silence_then_an_answer_finds_the_size),
	    cmocka_unit_test(a_size_blamed_for_silence_is_tried_again_ever_later),
	    cmocka_unit_test(a_dead_device_comes_back_at_full_size),
	    cmocka_unit_test(shunned_objects_are_kept_by_identity),
	    cmocka_unit_test(a_size_is_to_blame_where_no_object_is),
	    cmocka_unit_test(the_id_of_a_v3_message_is_found),
	    cmocka_unit_test(who_a_v3_message_says_it_is_from),
	    cmocka_unit_test(nothing_beyond_a_damaged_message_is_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

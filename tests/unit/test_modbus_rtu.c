/* drivers/modbus on a real pty: reading, refusals, garbage, dead and absent devices, closing. */
#include "tests/unit/modbus_room.h"

#include "drivers/modbus/doubt.h"

#include "base/log.h"

#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#define TIMEOUT_MS 300

/* Each reading is another one: a fast counter, an input that is never quiet. */
static void
in_motion(struct bus *bus, struct act *a)
{
	a->reply[3] = (uint8_t)bus_random(bus);
	a->reply[4] = (uint8_t)bus_random(bus);
	a->bytes -= 2;
	act_seal(a);
}

/* A newcomer is doubted, and a bad cable too; what never stands still is read all the same. */
static void
a_value_in_motion_is_read(void **state)
{
	struct room r;
	struct bus bus;
	struct baton *b = baton_make(0, POLL_NORMAL, 5000);

	(void)state;
	rtu_begin(&r, &bus, TIMEOUT_MS, in_motion);
	baton_add(b, TABLE_HOLDING, 7, 1);
	for (int i = 0; i < 2 * DOUBT_NEWCOMER; i++) {
		room_ask(&r, b);
		assert_int_equal(b->answers[0].status, ANSWER_OK);
	}
	rtu_end(&r, &bus);
	baton_free(b);
}

static void
all_four_functions_read(void **state)
{
	static const struct {
		enum table table;
		unsigned address, count;
	} asks[] = {{TABLE_COIL, 0, 1}, {TABLE_COIL, 19, 77}, {TABLE_DISCRETE, 1013, 2},
	    {TABLE_DISCRETE, 65535 - 1999, 2000}, {TABLE_HOLDING, 1170, 27}, {TABLE_HOLDING, 0, 1},
	    {TABLE_INPUT, 8000, 4}, {TABLE_INPUT, 65535 - 124, 125}, {TABLE_INPUT, 65535, 1}};
	struct room r;
	struct bus bus;
	struct baton *b = baton_make(0, POLL_NORMAL, 10000);
	struct link_health h;
	unsigned good = 0;

	(void)state;
	rtu_begin(&r, &bus, TIMEOUT_MS, NULL);
	for (size_t i = 0; i < sizeof(asks) / sizeof(asks[0]); i++)
		baton_add(b, asks[i].table, asks[i].address, asks[i].count);
	room_ask(&r, b);
	assert_int_equal(baton_wrong(&r, b, &good), 0);
	assert_int_equal(good, b->ask_count);
	for (size_t i = 0; i < b->ask_count; i++)
		assert_in_range(b->answers[i].took_us, 1, TIMEOUT_MS * 1000);
	h = room_health(&r);
	assert_true(h.up);
	assert_false(h.dirty);
	assert_int_equal(h.fences, 0);
	/* A newcomer is fenced once, and its first replies are asked twice. */
	assert_int_equal(h.transactions, b->ask_count + 1 + DOUBT_NEWCOMER);
	assert_int_equal(h.timeouts + h.garbled + h.refused + h.reconnects, 0);
	assert_non_null(strstr(h.text, bus.port));
	rtu_end(&r, &bus);
	baton_free(b);
}

/* t3.5 at 9600 8N1 is 3.6 ms, and a profile may want more. */
static void
the_line_is_quiet_before_each_request(void **state)
{
	static const int64_t quiet_ms[] = {0, 12};

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct room r;
		struct bus bus = {0};
		struct baton *b = baton_make(0, POLL_NORMAL, 10000);
		long long gap;

		bus_plug(&bus);
		bus_start(&bus);
		room_init(&r, LINK_MODBUS_RTU, TIMEOUT_MS);
		r.link_spec.port = bus.port;
		r.link_spec.baud = 9600;
		r.profiles[0].modbus.quiet_ms = quiet_ms[i];
		room_open(&r);
		for (unsigned k = 0; k < 20; k++)
			baton_add(b, TABLE_HOLDING, k, 1);
		room_ask(&r, b);
		gap = atomic_load(&bus.min_gap_us);
		assert_true(gap >= (quiet_ms[i] > 0 ? quiet_ms[i] * 1000 : 3640));
		assert_true(gap < 40000);
		rtu_end(&r, &bus);
		baton_free(b);
	}
}

static void
refusing(struct bus *bus, struct act *a)
{
	(void)bus;
	if (a->address >= 100)
		act_refuse(a, (uint8_t)(a->address - 100));
}

static void
refusals_keep_their_code(void **state)
{
	static const uint8_t codes[] = {1, 2, 3, 4, 12, 128, 255};
	struct room r;
	struct bus bus;
	struct baton *b = baton_make(0, POLL_NORMAL, 10000);

	(void)state;
	rtu_begin(&r, &bus, TIMEOUT_MS * 2, refusing);
	for (size_t i = 0; i < sizeof(codes); i++) {
		baton_add(b, TABLE_HOLDING, 100U + codes[i], 4);
		baton_add(b, TABLE_HOLDING, (unsigned)i, 3); /* the rest goes on */
	}
	room_ask(&r, b);
	for (size_t i = 0; i < sizeof(codes); i++) {
		assert_int_equal(b->answers[i * 2].status, ANSWER_REFUSED);
		assert_int_equal(b->answers[i * 2].code, codes[i]);
		assert_int_equal(b->answers[i * 2 + 1].status, ANSWER_OK);
	}
	assert_int_equal(room_health(&r).timeouts + room_health(&r).garbled, 0);
	rtu_end(&r, &bus);
	baton_free(b);
}

/* Refuses with "busy" the first time that an address is asked. */
static void
busy_once(struct bus *bus, struct act *a)
{
	static bool seen[65536];

	(void)bus;
	if (a->address >= 200 && !seen[a->address])
		act_refuse(a, a->address % 2 ? 5 : 6);
	seen[a->address] = true;
}

static void
a_busy_device_is_asked_again(void **state)
{
	struct room r;
	struct bus bus;
	struct baton *b = baton_make(0, POLL_NORMAL, 10000), *small = baton_make(0, POLL_FAST, 50);
	unsigned good = 0;
	mono_t start;

	(void)state;
	rtu_begin(&r, &bus, TIMEOUT_MS * 2, busy_once);
	baton_add(b, TABLE_HOLDING, 10, 3);
	room_ask(&r, b);
	baton_empty(b);
	baton_add(b, TABLE_HOLDING, 200, 4);
	baton_add(b, TABLE_HOLDING, 201, 4);
	start = clock_mono();
	room_ask(&r, b);
	assert_int_equal(baton_wrong(&r, b, &good), 0);
	assert_int_equal(good, 2);
	assert_in_range(mono_ms_between(clock_mono(), start), 200, 2000);
	baton_add(small, TABLE_HOLDING, 202, 4); /* no budget left for a second try */
	room_ask(&r, small);
	assert_int_equal(small->answers[0].status, ANSWER_REFUSED);
	assert_int_equal(small->answers[0].code, 6);
	rtu_end(&r, &bus);
	baton_free(b);
	baton_free(small);
}

/* ---- garbage ------------------------------------------------------------------------------- */

enum mischief {
	WRONG_UNIT,
	WRONG_FUNCTION,
	ONE_LESS,
	ONE_MORE,
	ECHO_ONLY,
	ECHO_THEN_REPLY,
	NOISE_BEFORE,
	NOISE_AFTER,
	TWICE,
	BIT_FLIP,
	CUT,
	EMPTY_EXCEPTION,
	MISCHIEF_COUNT
};

static void
append(struct act *a, const void *p, size_t n)
{
	memcpy(a->reply + a->bytes, p, n);
	a->bytes += n;
}

static void
prepend(struct act *a, const void *p, size_t n)
{
	memmove(a->reply + n, a->reply, a->bytes);
	memcpy(a->reply, p, n);
	a->bytes += n;
}

static void
request_of(const struct act *a, uint8_t q[8])
{
	uint16_t c;

	q[0] = a->unit;
	q[1] = a->function;
	q[2] = (uint8_t)(a->address >> 8);
	q[3] = (uint8_t)a->address;
	q[4] = (uint8_t)(a->count >> 8);
	q[5] = (uint8_t)a->count;
	c = crc_of(q, 6);
	q[6] = (uint8_t)c;
	q[7] = (uint8_t)(c >> 8);
}

static void
misbehave(struct bus *bus, struct act *a, enum mischief m)
{
	uint8_t q[8], noise[3] = {0xff, 0x00, (uint8_t)bus_random(bus)};
	struct act copy = *a;
	unsigned step;

	request_of(a, q);
	switch (m) {
	case WRONG_UNIT:
		a->bytes =
		    true_reply(a->reply, a->unit % UNITS + 1U, a->function, a->address, a->count);
		act_seal(a);
		break;
	case WRONG_FUNCTION:
		a->bytes = true_reply(a->reply, a->unit, a->function ^ 7U, a->address, a->count);
		act_seal(a);
		break;
	case ONE_LESS:
	case ONE_MORE:
		step = a->function <= 2 ? 8 : 1;
		a->bytes = true_reply(a->reply, a->unit, a->function, a->address,
		    m == ONE_LESS && a->count > step ? a->count - step : a->count + step);
		act_seal(a);
		break;
	case ECHO_ONLY:
		memcpy(a->reply, q, 8);
		a->bytes = 8;
		break;
	case ECHO_THEN_REPLY:
		prepend(a, q, 8);
		break;
	case NOISE_BEFORE:
		prepend(a, noise, 1 + bus_random(bus) % 3);
		break;
	case NOISE_AFTER:
		append(a, noise, 1 + bus_random(bus) % 3);
		break;
	case TWICE:
		append(a, copy.reply, copy.bytes);
		break;
	case BIT_FLIP:
		for (unsigned i = bus_random(bus) % 3 + 1; i > 0; i--) {
			unsigned bit = bus_random(bus) % (unsigned)(a->bytes * 8);

			a->reply[bit / 8] ^= (uint8_t)(1U << bit % 8);
		}
		break;
	case CUT:
		a->bytes = bus_random(bus) % a->bytes;
		break;
	case EMPTY_EXCEPTION:
		a->reply[1] = a->function | 0x80;
		a->bytes = 2;
		act_seal(a);
		break;
	case MISCHIEF_COUNT:
		break;
	}
}

/* arg: the mischief, for half of the requests. */
static void
one_mischief(struct bus *bus, struct act *a)
{
	if (bus_random(bus) % 2 == 0)
		misbehave(bus, a, *(const enum mischief *)bus->arg);
}

static void
no_mischief_makes_a_wrong_value(void **state)
{
	static const unsigned mixed[][2] = {
	    {3, 0x10}, {4, 0x20}, {3, 0x300}, {1, 0x310}, {2, 0x300}};

	(void)state;
	for (enum mischief m = 0; m < MISCHIEF_COUNT; m++) {
		struct room r;
		struct bus bus = {.rule = one_mischief, .arg = &m, .random = 77U + (uint32_t)m};
		struct baton *b = baton_make(0, POLL_NORMAL, 10000);
		unsigned good = 0;

		bus_plug(&bus);
		bus_start(&bus);
		room_init(&r, LINK_MODBUS_RTU, 30);
		r.link_spec.port = bus.port;
		room_open(&r);
		for (int cycle = 0; cycle < 2; cycle++) {
			baton_empty(b);
			for (unsigned k = 0; k < 5; k++)
				baton_add(b, (enum table)mixed[k][0], mixed[k][1] + (unsigned)cycle,
				    k < 3 ? 2 : 20);
			room_ask(&r, b);
			assert_int_equal(baton_wrong(&r, b, &good), 0);
		}
		print_message("[   INFO   ] mischief %d: %u good, %llu garbled, %llu fences\n",
		    (int)m, good, (unsigned long long)room_health(&r).garbled,
		    (unsigned long long)room_health(&r).fences);
		assert_true(m == ECHO_ONLY || m == ECHO_THEN_REPLY ||
			    room_health(&r).garbled + room_health(&r).timeouts + good > 0);
		rtu_end(&r, &bus);
		baton_free(b);
	}
}

static void
now_and_then(struct bus *bus, struct act *a)
{
	if (bus_random(bus) % 8 == 0)
		misbehave(bus, a, (enum mischief)(bus_random(bus) % MISCHIEF_COUNT));
}

/* Every kind of garbage in a row, two units: nothing wrong gets through, most gets through. */
static void
a_bad_cable_gives_no_wrong_value(void **state)
{
	struct room r;
	struct bus bus = {.rule = now_and_then};
	struct baton *b[2] = {baton_make(0, POLL_NORMAL, 5000), baton_make(1, POLL_NORMAL, 5000)};
	unsigned good = 0, asked = 0, wrong = 0;
	mono_t end;

	(void)state;
	bus.random = (uint32_t)us_now() | 1;
	print_message("[   INFO   ] seed %u\n", (unsigned)bus.random);
	bus_plug(&bus);
	bus_start(&bus);
	room_init(&r, LINK_MODBUS_RTU, 30);
	r.link_spec.port = bus.port;
	room_open(&r);
	end = mono_add_ms(clock_mono(), 2000);
	for (unsigned n = 0; mono_before(clock_mono(), end); n++) {
		struct baton *x = b[n % 2];

		baton_empty(x);
		for (unsigned k = 0; k < 4; k++)
			baton_add(x, TABLE_HOLDING, (n * 4 + k) % 1000, 1 + k % 2);
		room_ask(&r, x);
		wrong += baton_wrong(&r, x, &good);
		asked += 4;
	}
	print_message("[   INFO   ] %u asked, %u good, %llu fences\n", asked, good,
	    (unsigned long long)room_health(&r).fences);
	assert_int_equal(wrong, 0);
	assert_true(good > asked / 2);
	rtu_end(&r, &bus);
	baton_free(b[0]);
	baton_free(b[1]);
}

/* A single garbled reply costs a fence and a second try, not the value. */
static void
garble_fifth(struct bus *bus, struct act *a)
{
	if (atomic_load(&bus->requests) == 5)
		misbehave(bus, a, BIT_FLIP);
}

static void
one_garbled_reply_is_asked_again(void **state)
{
	struct room r;
	struct bus bus;
	struct baton *b = baton_make(0, POLL_NORMAL, 5000);
	unsigned good = 0;

	(void)state;
	rtu_begin(&r, &bus, TIMEOUT_MS, garble_fifth);
	for (unsigned k = 0; k < 8; k++)
		baton_add(b, TABLE_HOLDING, k * 10, 4);
	room_ask(&r, b);
	assert_int_equal(baton_wrong(&r, b, &good), 0);
	assert_int_equal(good, 8);
	assert_int_equal(room_health(&r).garbled + room_health(&r).timeouts, 1);
	assert_int_equal(room_health(&r).fences, 1);
	rtu_end(&r, &bus);
	baton_free(b);
}

static void
dribble(struct bus *bus, struct act *a)
{
	(void)bus;
	if (a->unit == 1)
		a->byte_gap_us = 40000;
}

static void
a_dribbling_device_is_cut_at_the_deadline(void **state)
{
	struct room r;
	struct bus bus;
	struct baton *b = baton_make(0, POLL_NORMAL, 5000),
		     *live = baton_make(1, POLL_NORMAL, 5000);
	struct stalls stalls;
	unsigned good = 0;
	int64_t took_ms;
	mono_t start;

	(void)state;
	rtu_begin(&r, &bus, TIMEOUT_MS, dribble);
	baton_add(b, TABLE_HOLDING, 100, 2);
	baton_add(b, TABLE_HOLDING, 200, 2);
	baton_add(live, TABLE_HOLDING, 300, 2);
	stalls_begin(&stalls);
	start = clock_mono();
	room_ask(&r, b);
	took_ms = mono_ms_between(clock_mono(), start);
	assert_int_equal(b->answers[0].status, ANSWER_TIMEOUT);
	assert_int_equal(b->answers[1].status, ANSWER_NONE);
	/* One timeout, and silence after the dribble, at most one timeout again. */
	assert_in_range(took_ms, TIMEOUT_MS, TIMEOUT_MS * 3 + STALLS_CHAIN * stalls_end(&stalls));
	for (int i = 0; i < 5; i++) {
		room_ask(&r, live);
		assert_int_equal(baton_wrong(&r, live, &good), 0);
	}
	assert_true(good >= 4);
	rtu_end(&r, &bus);
	baton_free(b);
	baton_free(live);
}

/* ---- dead devices -------------------------------------------------------------------------- */

static void
unit_1_dead(struct bus *bus, struct act *a)
{
	(void)bus;
	a->silent = a->unit == 1;
}

/* A dead device costs one timeout for all its batons, and the live one keeps its period. */
static void
a_dead_device_slows_nobody(void **state)
{
	struct room r;
	struct bus bus;
	struct baton *dead[3], *live = baton_make(1, POLL_FAST, 1000), *x;
	unsigned good = 0, dead_home = 0, dead_timeouts = 0, asked_dead = 0;
	struct stalls stalls;
	int64_t worst_ms = 0;

	(void)state;
	rtu_begin(&r, &bus, TIMEOUT_MS, unit_1_dead);
	stalls_begin(&stalls);
	for (int i = 0; i < 3; i++) {
		dead[i] = baton_make(0, (enum poll_class)i, 2000);
		for (unsigned k = 0; k < 5; k++)
			baton_add(dead[i], TABLE_HOLDING, k, 4);
	}
	baton_add(live, TABLE_HOLDING, 50, 3);
	for (int cycle = 0; cycle < 3; cycle++) {
		mono_t end = mono_add_ms(clock_mono(), 450);

		for (int i = 0; i < 3; i++)
			r.driver->submit(r.link, dead[i]);
		asked_dead = atomic_load(&bus.unit_requests[1]);
		while (mono_before(clock_mono(), end)) {
			int64_t before = stalls_ms(&stalls);
			mono_t start = clock_mono();

			r.driver->submit(r.link, live);
			while ((x = room_take(&r, 2000)) != live) {
				assert_non_null(x);
				dead_home++;
				dead_timeouts += x->answers[0].status == ANSWER_TIMEOUT;
				for (size_t k = 1; k < x->ask_count; k++)
					assert_int_equal(x->answers[k].status, ANSWER_NONE);
			}
			good += baton_answered(&r, live, &stalls, before);
			if (mono_ms_between(clock_mono(), start) > worst_ms)
				worst_ms = mono_ms_between(clock_mono(), start);
			usleep(20000);
		}
		assert_int_equal(atomic_load(&bus.unit_requests[1]) - asked_dead, 1);
	}
	assert_int_equal(dead_home, 9);
	assert_int_equal(dead_timeouts, 3); /* one a cycle */
	print_message("[   INFO   ] live: %u good, slowest %lld ms\n", good, (long long)worst_ms);
	assert_in_range(worst_ms, 0, TIMEOUT_MS * 3 + STALLS_CHAIN * stalls_end(&stalls));
	rtu_end(&r, &bus);
	for (int i = 0; i < 3; i++)
		baton_free(dead[i]);
	baton_free(live);
}

static void
the_budget_is_obeyed(void **state)
{
	struct room r;
	struct bus bus;
	struct baton *b = baton_make(0, POLL_NORMAL, 60);
	struct stalls stalls;
	mono_t start = clock_mono();
	size_t i = 0;
	int64_t took_ms;

	(void)state;
	stalls_begin(&stalls);
	rtu_begin(&r, &bus, TIMEOUT_MS, NULL);
	r.profiles[0].modbus.quiet_ms = 15;
	for (unsigned k = 0; k < 20; k++)
		baton_add(b, TABLE_HOLDING, k, 1);
	room_ask(&r, b);
	took_ms = mono_ms_between(clock_mono(), start);
	assert_in_range(took_ms, 0, 60 + TIMEOUT_MS + 100 + STALLS_CHAIN * stalls_end(&stalls));
	while (i < b->ask_count && b->answers[i].status == ANSWER_OK)
		i++;
	assert_in_range(i, 1, 6);
	for (; i < b->ask_count; i++)
		assert_int_equal(b->answers[i].status, ANSWER_NONE);
	rtu_end(&r, &bus);
	baton_free(b);
}

static void
slowly(struct bus *bus, struct act *a)
{
	(void)bus;
	a->delay_us = 10000;
}

/* A door contact goes between the questions of a long baton; the slow one is served as well. */
static void
urgent_batons_go_between(void **state)
{
	struct room r;
	struct bus bus;
	struct baton *slow = baton_make(0, POLL_SLOW, 9000), *x;
	struct baton *fast[2] = {baton_make(1, POLL_FAST, 9000), baton_make(2, POLL_FAST, 9000)};
	unsigned fast_home = 0;

	(void)state;
	rtu_begin(&r, &bus, 2000, slowly);
	for (unsigned k = 0; k < 20; k++)
		baton_add(slow, TABLE_HOLDING, k * 3, 2);
	r.driver->submit(r.link, slow);
	for (int i = 0; i < 2; i++) {
		baton_add(fast[i], TABLE_DISCRETE, 7, 9);
		r.driver->submit(r.link, fast[i]);
	}
	while ((x = room_take(&r, 3000)) != slow) {
		assert_non_null(x);
		assert_int_equal(baton_wrong(&r, x, NULL), 0);
		assert_int_equal(x->answers[0].status, ANSWER_OK);
		fast_home++;
		r.driver->submit(r.link, x); /* at once: one of the two always waits */
	}
	assert_int_equal(baton_wrong(&r, slow, NULL), 0);
	print_message("[   INFO   ] 20 slow turns among %u fast ones\n", fast_home);
	assert_in_range(fast_home, 80, 7 * 20 + 2);
	assert_non_null(room_take(&r, 1000));
	assert_non_null(room_take(&r, 1000));
	rtu_end(&r, &bus);
	baton_free(slow);
	baton_free(fast[0]);
	baton_free(fast[1]);
}

static void
nonsense_is_not_asked(void **state)
{
	struct room r;
	struct bus bus;
	struct baton *b = baton_make(0, POLL_NORMAL, 1000), *none = baton_make(0, POLL_FAST, 1000);

	(void)state;
	rtu_begin(&r, &bus, TIMEOUT_MS, NULL);
	baton_add(b, TABLE_HOLDING, 0, 126);
	baton_add(b, TABLE_OID, 0, 1);
	baton_add(b, TABLE_HOLDING, 65535, 2);
	baton_add(b, TABLE_COIL, 0, 0);
	baton_add(b, TABLE_HOLDING, 5, 2);
	room_ask(&r, b);
	for (int i = 0; i < 4; i++)
		assert_int_equal(b->answers[i].status, ANSWER_NONE);
	assert_int_equal(b->answers[4].status, ANSWER_OK);
	room_ask(&r, none); /* no questions at all */
	rtu_end(&r, &bus);
	baton_free(b);
	baton_free(none);
}

/* ---- damage is not another unit ------------------------------------------------------------ */

/* The number of the unit damaged, after the CRC was made; of every fourth it is a real stranger. */
static void
damaged_number(struct bus *bus, struct act *a)
{
	unsigned n = atomic_load(&bus->requests) % 8;

	if (n == 1 || n == 3)
		a->reply[0] ^= 2;
	if (n == 5) {
		a->bytes -= 2;
		a->reply[0] = 200;
		act_seal(a);
	}
}

static void
a_damaged_number_is_damage(void **state)
{
	struct room r;
	struct bus bus;
	struct baton *b = baton_make(0, POLL_NORMAL, 1500);
	struct slave_health h;

	(void)state;
	rtu_begin(&r, &bus, TIMEOUT_MS, damaged_number);
	baton_add(b, TABLE_HOLDING, 10, 4);
	for (unsigned n = 0; n < 24; n++) {
		room_ask(&r, b);
		assert_int_equal(baton_wrong(&r, b, NULL), 0);
	}
	r.driver->slave(r.link, 0, &h);
	print_message("[   INFO   ] %u damaged, %u of another unit\n", (unsigned)h.checksum,
	    (unsigned)h.foreign);
	assert_true(h.checksum > 3 && h.foreign > 1);
	assert_true(h.checksum > h.foreign);
	rtu_end(&r, &bus);
	baton_free(b);
}

/* ---- the device identification ------------------------------------------------------------- */

static void
assert_text(const struct answer *a, const char *text)
{
	assert_int_equal(a->status, ANSWER_OK);
	assert_int_equal(a->value->type, SNMP_TYPE_BYTES);
	assert_int_equal(a->value->length, strlen(text));
	assert_memory_equal(a->value->bytes, text, strlen(text));
}

static void
a_device_says_what_it_is(void **state)
{
	struct room r;
	struct bus bus;
	struct baton *b = baton_make(2, POLL_NORMAL, 4000);
	struct snmp_value v[7] = {0};

	(void)state;
	rtu_begin(&r, &bus, TIMEOUT_MS, NULL);
	for (unsigned i = 0; i < 7; i++)
		baton_add_identity(b, i, &v[i]);
	baton_add(b, TABLE_HOLDING, 40, 3);
	room_ask(&r, b);
	assert_text(&b->answers[0], "Maker of 3");
	assert_text(&b->answers[1], "PC-7 of 3");
	assert_text(&b->answers[2], "V4.19 of 3");
	assert_text(&b->answers[5], "Model of 3");
	assert_text(&b->answers[6], "App of 3");
	/* It has no object 3: the stream begins anew, is read to its end, and it is not there. */
	assert_int_equal(b->answers[3].status, ANSWER_REFUSED);
	assert_int_equal(b->answers[3].code, 2);
	assert_int_equal(b->answers[7].status, ANSWER_OK);
	assert_int_equal(baton_wrong(&r, b, NULL), 0);
	assert_int_equal(room_health(&r).timeouts + room_health(&r).garbled, 0);
	rtu_end(&r, &bus);
	baton_free(b);
}

/* Late in one of three, and other things in the place of it: never another text. */
static void
late_identification(struct bus *bus, struct act *a)
{
	a->delay_us = bus_random(bus) % 3 == 0 ? 90000 : 1000;
	if (a->function == 0x2b && bus_random(bus) % 6 == 0)
		a->reply[a->bytes - 3] ^= 0x10;
}

static void
a_late_identification_is_no_register(void **state)
{
	static const char *const texts[] = {"Maker of 1", "PC-7 of 1", "V4.19 of 1"};
	struct room r;
	struct bus bus;
	struct baton *b = baton_make(0, POLL_NORMAL, 1500);
	struct snmp_value v = {0};
	unsigned good = 0, read = 0;

	(void)state;
	rtu_begin(&r, &bus, 60, late_identification);
	for (unsigned n = 0; n < 80; n++) {
		baton_empty(b);
		baton_add_identity(b, n % 3, &v);
		baton_add(b, TABLE_HOLDING, n * 7, 4);
		room_ask(&r, b);
		assert_int_equal(baton_wrong(&r, b, &good), 0);
		if (b->answers[0].status == ANSWER_OK) {
			assert_text(&b->answers[0], texts[n % 3]);
			read++;
		}
	}
	print_message("[   INFO   ] %u of 80 texts, %u of 80 registers\n", read, good);
	assert_true(read > 3 && good > 3);
	rtu_end(&r, &bus);
	baton_free(b);
}

static void
no_such_function(struct bus *bus, struct act *a)
{
	(void)bus;
	if (a->function == 0x2b)
		act_refuse(a, 1);
}

static void
a_device_without_identification_refuses(void **state)
{
	struct room r;
	struct bus bus;
	struct baton *b = baton_make(0, POLL_NORMAL, 1500);
	struct snmp_value v = {0};

	(void)state;
	rtu_begin(&r, &bus, TIMEOUT_MS, no_such_function);
	baton_add_identity(b, 0, &v);
	baton_add(b, TABLE_HOLDING, 1, 4);
	room_ask(&r, b);
	assert_int_equal(b->answers[0].status, ANSWER_REFUSED);
	assert_int_equal(b->answers[0].code, 1);
	assert_int_equal(b->answers[1].status, ANSWER_OK);
	rtu_end(&r, &bus);
	baton_free(b);
}

/* ---- the port ------------------------------------------------------------------------------ */

static void
all_wrong(struct bus *bus, struct act *a)
{
	(void)bus;
	a->bytes -= 2;
	a->reply[3] ^= 1;
	act_seal(a);
}

/* arg: the bus. Bytes without a pause, until it is stopped. */
static void *
babble(void *arg)
{
	static const uint8_t bytes[] = {0x55, 0x00, 0xff, 0x13};
	struct bus *bus = arg;

	while (!atomic_load(&bus->frozen)) {
		if (write(bus->master, bytes, sizeof(bytes)) < 0 && errno != EAGAIN)
			break;
		usleep(1000);
	}
	return NULL;
}

/* Nothing can be asked then; so nothing is counted either, and only the text can tell why. */
static void
a_line_that_is_never_silent_is_told(void **state)
{
	struct room r;
	struct bus bus = {0};
	struct baton *b = baton_make(0, POLL_NORMAL, 1000);
	pthread_t thread;

	(void)state;
	bus_plug(&bus);
	bus_start(&bus);
	room_init(&r, LINK_MODBUS_RTU, 300);
	r.link_spec.port = bus.port;
	r.link_spec.baud = 1200; /* a pause is 29 ms */
	room_open(&r);
	baton_add(b, TABLE_HOLDING, 10, 4);
	room_ask(&r, b);
	assert_int_equal(b->answers[0].status, ANSWER_OK);
	assert_int_equal(pthread_create(&thread, NULL, babble, &bus), 0);
	usleep(50000);
	for (int i = 0; i < 3; i++) {
		room_ask(&r, b);
		assert_int_equal(b->answers[0].status, ANSWER_GARBLED);
	}
	assert_non_null(strstr(room_health(&r).text, "crac1: the line is never silent"));
	atomic_store(&bus.frozen, true);
	pthread_join(thread, NULL);
	atomic_store(&bus.frozen, false);
	for (int i = 0; i < 3 && b->answers[0].status != ANSWER_OK; i++)
		room_ask(&r, b);
	assert_int_equal(b->answers[0].status, ANSWER_OK);
	assert_null(strstr(room_health(&r).text, "never silent"));
	rtu_end(&r, &bus);
	baton_free(b);
}

static void
a_port_vanishes_and_returns(void **state)
{
	char dir[] = "/tmp/test_modbus_XXXXXX", path[64];
	struct room r;
	struct bus bus = {0};
	struct baton *b = baton_make(0, POLL_NORMAL, 1000);
	struct link_health h;
	mono_t start;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/rs485", dir);
	room_init(&r, LINK_MODBUS_RTU, TIMEOUT_MS);
	r.link_spec.port = path;
	room_open(&r); /* absent at start is normal */
	baton_add(b, TABLE_HOLDING, 10, 4);
	baton_add(b, TABLE_HOLDING, 20, 4);
	start = clock_mono();
	room_ask(&r, b);
	assert_true(mono_ms_between(clock_mono(), start) < 100);
	assert_int_equal(b->answers[0].status, ANSWER_NO_LINK);
	assert_int_equal(b->answers[1].status, ANSWER_NO_LINK);
	h = room_health(&r);
	assert_false(h.up);
	assert_non_null(strstr(h.text, "cannot open"));
	assert_non_null(strstr(h.text, "No such file"));

	for (int i = 0; i < 2; i++) {
		bus_plug(&bus);
		bus_start(&bus);
		assert_int_equal(symlink(bus.port, path), 0);
		room_until(&r, true, "open");
		room_ask(&r, b);
		assert_int_equal(baton_wrong(&r, b, NULL), 0);
		assert_int_equal(b->answers[1].status, ANSWER_OK);
		assert_int_equal(room_health(&r).reconnects, i);
		bus_stop(&bus);
		unlink(path);
		room_until(&r, false, ""); /* seen also while nobody asks */
		room_ask(&r, b);
		assert_int_equal(b->answers[0].status, ANSWER_NO_LINK);
	}
	room_close(&r);
	rmdir(dir);
	baton_free(b);
}

/*
 * /dev/serial/by-id/... leads to another ttyUSB after an adapter was pulled and put in again, and
 * another adapter may have taken the number that was free.
 */
static void
a_port_is_found_by_its_name(void **state)
{
	char dir[] = "/tmp/test_modbus_XXXXXX", path[64];
	struct room r;
	struct bus old = {0}, new = {0}, other = {.rule = all_wrong};
	struct baton *b = baton_make(0, POLL_NORMAL, 1000);

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/usb-FTDI-if00-port0", dir);
	bus_plug(&old);
	bus_start(&old);
	assert_int_equal(symlink(old.port, path), 0);
	room_init(&r, LINK_MODBUS_RTU, TIMEOUT_MS);
	r.link_spec.port = path;
	room_open(&r);
	baton_add(b, TABLE_HOLDING, 10, 4);
	room_ask(&r, b);
	assert_int_equal(b->answers[0].status, ANSWER_OK);

	bus_stop(&old);
	unlink(path);
	room_until(&r, false, path); /* which one, by the name that a person wrote */
	bus_plug(&other);            /* gets the number that is free now */
	bus_start(&other);
	bus_plug(&new);
	bus_start(&new);
	assert_string_not_equal(new.port, old.port);
	room_until(&r, false, "No such file");
	assert_int_equal(symlink(new.port, path), 0);
	room_until(&r, true, "open");
	for (unsigned n = 0; n < 10; n++) {
		room_ask(&r, b);
		assert_int_equal(b->answers[0].status, ANSWER_OK);
		assert_int_equal(baton_wrong(&r, b, NULL), 0);
	}
	assert_int_equal(atomic_load(&other.requests), 0);
	room_close(&r);
	bus_stop(&new);
	bus_stop(&other);
	unlink(path);
	rmdir(dir);
	baton_free(b);
}

/* A pty has no RS-485 driver: it works, and people are told what to do. */
static void
a_port_without_a_driver_to_switch_says_so(void **state)
{
	struct room r;
	struct bus bus = {0};
	struct baton *b = baton_make(0, POLL_NORMAL, 1000);

	(void)state;
	bus_plug(&bus);
	bus_start(&bus);
	room_init(&r, LINK_MODBUS_RTU, TIMEOUT_MS);
	r.link_spec.port = bus.port;
	r.link_spec.rs485.wanted = true;
	room_open(&r);
	room_until(&r, true, "this port cannot switch an RS-485 driver");
	assert_non_null(strstr(room_health(&r).text, "take `rs485` out of the link"));
	baton_add(b, TABLE_HOLDING, 10, 4);
	room_ask(&r, b);
	assert_int_equal(b->answers[0].status, ANSWER_OK);
	rtu_end(&r, &bus);
	baton_free(b);
}

static void
vanish_in_the_middle(struct bus *bus, struct act *a)
{
	(void)bus;
	a->silent = a->address == 50;
}

static void
a_port_vanishes_while_waiting(void **state)
{
	struct room r;
	struct bus bus;
	struct baton *b = baton_make(0, POLL_NORMAL, 9000), *other = baton_make(1, POLL_SLOW, 9000);
	mono_t start;

	(void)state;
	rtu_begin(&r, &bus, 5000, vanish_in_the_middle);
	baton_add(b, TABLE_HOLDING, 10, 4);
	baton_add(b, TABLE_HOLDING, 50, 4);
	baton_add(b, TABLE_HOLDING, 60, 4);
	baton_add(other, TABLE_HOLDING, 50, 4);
	r.driver->submit(r.link, b);
	r.driver->submit(r.link, other);
	while (atomic_load(&bus.requests) < 4) /* fence, 10 twice, 50 */
		usleep(1000);
	start = clock_mono();
	bus_stop(&bus);
	assert_non_null(room_take(&r, 1000));
	assert_non_null(room_take(&r, 1000));
	assert_true(mono_ms_between(clock_mono(), start) < 1000);
	assert_int_equal(b->answers[0].status, ANSWER_OK);
	assert_int_equal(b->answers[1].status, ANSWER_NO_LINK);
	assert_int_equal(b->answers[2].status, ANSWER_NO_LINK);
	assert_int_equal(other->answers[0].status, ANSWER_NO_LINK);
	room_close(&r);
	baton_free(b);
	baton_free(other);
}

static void
settings_that_cannot_work_are_said(void **state)
{
	struct room r;
	struct link_env env = {.site = &r.site};
	char err[200];

	(void)state;
	room_init(&r, LINK_MODBUS_RTU, TIMEOUT_MS);
	r.link_spec.port = "/dev/null";
	r.link_spec.baud = 12345;
	assert_null(r.driver->open(&env, err, sizeof(err)));
	assert_non_null(strstr(err, "12345 baud"));
	r.link_spec.baud = 9600;
	r.devices[1].unit = 248;
	assert_null(r.driver->open(&env, err, sizeof(err)));
	assert_non_null(strstr(err, "leak1 has unit 248"));
	r.devices[1].unit = 2;
	room_open(&r); /* no serial port: may change, so no reason not to start */
	room_until(&r, false, "not a serial port");
	room_close(&r);
}

static void
one_program_has_the_port(void **state)
{
	struct room r, second;
	struct bus bus;

	(void)state;
	rtu_begin(&r, &bus, TIMEOUT_MS, NULL);
	room_until(&r, true, "open");
	room_init(&second, LINK_MODBUS_RTU, TIMEOUT_MS);
	second.link_spec.port = bus.port;
	room_open(&second);
	room_until(&second, false, "another program");
	assert_null(strstr(room_health(&second).text, "Resource"));
	room_close(&second);
	assert_true(room_health(&r).up);
	rtu_end(&r, &bus);
}

/* The owner's reply lies in the port: whoever only tries must not touch it, nor the settings. */
static void
a_second_program_disturbs_nothing(void **state)
{
	struct room r;
	struct bus bus = {0};
	struct termios before, after;
	int bytes = 0;

	(void)state;
	bus_plug(&bus);
	assert_int_equal(flock(bus.slave, LOCK_EX | LOCK_NB), 0);
	tcgetattr(bus.slave, &before);
	assert_int_equal(write(bus.master, "reply", 5), 5);
	while (ioctl(bus.slave, FIONREAD, &bytes) == 0 && bytes < 5)
		usleep(1000); /* another thread of the kernel brings it */
	room_init(&r, LINK_MODBUS_RTU, TIMEOUT_MS);
	r.link_spec.port = bus.port;
	room_open(&r);
	room_until(&r, false, "another program");
	tcgetattr(bus.slave, &after);
	assert_int_equal(before.c_cflag, after.c_cflag);
	assert_int_equal(cfgetispeed(&before), cfgetispeed(&after));
	assert_int_equal(ioctl(bus.slave, FIONREAD, &bytes), 0);
	assert_int_equal(bytes, 5);

	/* the owner ends, and the port is taken over */
	close(bus.slave);
	room_until(&r, true, "open");
	room_close(&r);
	close(bus.master);
}

/* ---- closing ------------------------------------------------------------------------------- */

static void
all_silent(struct bus *bus, struct act *a)
{
	(void)bus;
	a->silent = true;
}

static void
all_dribble(struct bus *bus, struct act *a)
{
	(void)bus;
	a->byte_gap_us = 30000;
}

/* In the middle of a transaction with a timeout of minutes, with batons waiting. */
static void
closing_sends_every_baton_home(void **state)
{
	static rule_fn *const rules[] = {all_silent, all_dribble, NULL};

	(void)state;
	for (size_t n = 0; n < sizeof(rules) / sizeof(rules[0]); n++) {
		struct room r;
		struct bus bus;
		struct baton *b[UNITS * 3];
		bool home[UNITS * 3] = {false};
		mono_t start;

		rtu_begin(&r, &bus, 60000, rules[n]);
		for (int i = 0; i < UNITS * 3; i++) {
			b[i] = baton_make(i % UNITS, (enum poll_class)(i / UNITS), 100000);
			for (unsigned k = 0; k < 20; k++)
				baton_add(b[i], TABLE_HOLDING, k * 100, 100);
			r.driver->submit(r.link, b[i]);
		}
		usleep(n == 2 ? 20000 : 100000);
		start = clock_mono();
		r.driver->close(r.link);
		r.link = NULL;
		assert_true(mono_ms_between(clock_mono(), start) < 1000);
		for (int i = 0; i < UNITS * 3; i++) {
			struct baton *x = room_take(&r, 0);
			int k = 0;

			assert_non_null(x);
			while (b[k] != x)
				k++;
			assert_false(home[k]); /* exactly once */
			home[k] = true;
			assert_int_equal(x->answers[19].status, ANSWER_NONE);
			assert_int_equal(baton_wrong(&r, x, NULL), 0);
		}
		assert_null(room_take(&r, 0));
		rtu_end(&r, &bus);
		for (int i = 0; i < UNITS * 3; i++)
			baton_free(b[i]);
	}
}

static atomic_bool hangs; /* the kernel, in each lock that is tried */
static atomic_int held;

int
flock(int fd, int operation)
{
	atomic_fetch_add(&held, 1);
	while (atomic_load(&hangs))
		usleep(1000);
	atomic_fetch_sub(&held, 1);
	return (int)syscall(SYS_flock, fd, operation);
}

#define HUNG 3

/* Three drivers that hang cost one second together, and nothing is touched when they come back. */
static void
links_that_hang_are_left_behind(void **state)
{
	struct room *r[HUNG];
	struct bus bus[HUNG] = {0};
	mono_t start;

	(void)state;
	atomic_store(&hangs, true);
	for (int i = 0; i < HUNG; i++) {
		r[i] = xcalloc(1, sizeof(*r[i]));
		bus_plug(&bus[i]);
		room_init(r[i], LINK_MODBUS_RTU, TIMEOUT_MS);
		r[i]->link_spec.port = bus[i].port;
		room_open(r[i]);
	}
	while (atomic_load(&held) < HUNG)
		usleep(1000);
	start = clock_mono();
	for (int i = 0; i < HUNG; i++)
		r[i]->driver->stop(r[i]->link);
	for (int i = 0; i < HUNG; i++)
		room_close(r[i]);
	assert_in_range(mono_ms_between(clock_mono(), start), 1000, 1500);
	for (int i = 0; i < HUNG; i++) {
		memset(r[i], 0xff, sizeof(*r[i]));
		free(r[i]);
	}
	atomic_store(&hangs, false);
	while (atomic_load(&held) > 0)
		usleep(1000);
	usleep(100000); /* they have come back, and would do harm now */
	for (int i = 0; i < HUNG; i++) {
		close(bus[i].master);
		close(bus[i].slave);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    MODBUS_TEST(all_four_functions_read),
	    MODBUS_TEST(a_value_in_motion_is_read),
	    MODBUS_TEST(the_line_is_quiet_before_each_request),
	    MODBUS_TEST(refusals_keep_their_code),
	    MODBUS_TEST(a_busy_device_is_asked_again),
	    MODBUS_TEST(no_mischief_makes_a_wrong_value),
	    MODBUS_TEST(a_bad_cable_gives_no_wrong_value),
	    MODBUS_TEST(one_garbled_reply_is_asked_again),
	    MODBUS_TEST(a_dribbling_device_is_cut_at_the_deadline),
	    MODBUS_TEST(a_dead_device_slows_nobody),
	    MODBUS_TEST(the_budget_is_obeyed),
	    MODBUS_TEST(urgent_batons_go_between),
	    MODBUS_TEST(nonsense_is_not_asked),
	    MODBUS_TEST(a_damaged_number_is_damage),
	    MODBUS_TEST(a_device_says_what_it_is),
	    MODBUS_TEST(a_late_identification_is_no_register),
	    MODBUS_TEST(a_device_without_identification_refuses),
	    MODBUS_TEST(a_line_that_is_never_silent_is_told),
	    MODBUS_TEST(a_port_vanishes_and_returns),
	    MODBUS_TEST(a_port_is_found_by_its_name),
	    MODBUS_TEST(a_port_without_a_driver_to_switch_says_so),
	    MODBUS_TEST(a_port_vanishes_while_waiting),
	    MODBUS_TEST(settings_that_cannot_work_are_said),
	    MODBUS_TEST(one_program_has_the_port),
	    MODBUS_TEST(a_second_program_disturbs_nothing),
	    MODBUS_TEST(closing_sends_every_baton_home),
	    MODBUS_TEST(links_that_hang_are_left_behind),
	};

	log_set_level(LOG_LEVEL_ERR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

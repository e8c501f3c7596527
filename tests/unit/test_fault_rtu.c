/*
 * A hostile RTU bus against the real driver: damaged, late, foreign, repeated and replayed frames,
 * as many as can be. What a register holds changes with each poll and tells its unit, function,
 * address and poll, so a value from elsewhere or from before is seen. Many buses run side by side,
 * because a bus that is wronged mostly waits.
 *
 * LONG=1: until 1,000,000 transactions were wronged; KIND=n: by one kind of fault alone; SEED=n
 * repeats a run, as far as threads do.
 *
 * What is played again is played once. What RTU cannot tell (doubt.h): foreign frames that fit the
 * question and are twice the same, in the place of two lost replies in a row.
 */
#include "tests/unit/modbus_room.h"

#include "base/log.h"

#define BUSES       96
#define TIMEOUT_MS  20
#define PAST        512 /* replies of the bus that can be played again */
#define FRAME_BYTES 300
#define QUICK_MS    12000
#define SHARE       50 /* of 100 transactions are wronged */
#define LONG_FAULTS 1000000
#define ASKS        6

/* What a unit is asked, in batons of one to three. Two of them have one shape. */
static const struct ask asks[ASKS] = {
    {.table = TABLE_HOLDING, .address = 100, .count = 4},
    {.table = TABLE_HOLDING, .address = 200, .count = 4},
    {.table = TABLE_HOLDING, .address = 1000, .count = 60},
    {.table = TABLE_HOLDING, .address = 2000, .count = 120},
    {.table = TABLE_INPUT, .address = 7, .count = 2},
    {.table = TABLE_DISCRETE, .address = 16, .count = 40},
};

enum fault {
	NONE,
	FLIP,     /* each bit of the reply with a probability of 1/1000, one at least */
	BURST,    /* noise in place of some bytes, the first three are whole */
	NOISE,    /* bytes before the reply */
	TAIL,     /* bytes after it */
	LATE,     /* up to three timeouts */
	CUT,      /* an end is missing */
	TWICE,    /* the reply once more */
	ECHOED,   /* the request comes back before the reply */
	BEFORE,   /* an earlier frame of this bus is played again, then the reply comes */
	INSTEAD,  /* the same, but no reply comes */
	BEHIND,   /* the same, some time after the reply */
	UNIT,     /* wrong in a frame with a good CRC */
	FUNCTION, /* so */
	COUNT,    /* so */
	REFUSED,  /* exception of any code */
	SILENT,   /* the request was not understood */
	TWO,      /* two slaves speak at once: what both hold low is low */
	FAULTS
};
static const char *const names[FAULTS] = {"none", "bits flipped", "burst", "noise before",
    "noise behind", "late", "cut", "twice", "echo", "replay before the reply",
    "replay in its place", "replay behind it", "wrong unit", "wrong function", "wrong count",
    "refused", "silent", "two at once"};

struct frame {
	size_t bytes;
	uint8_t data[FRAME_BYTES];
};

struct hostile {
	struct bus bus;
	struct room room;
	atomic_uint poll[UNITS]; /* which poll of this unit it is: part of what registers hold */
	atomic_ulong faults[FAULTS];
	struct frame past[PAST]; /* true replies of before */
	size_t past_count;
	struct baton *batons[UNITS];
};

static atomic_int only; /* this fault alone; NONE: all */

/* What `address` holds at the n-th poll of the unit: any other place or time has another value. */
static uint16_t
held(unsigned unit, unsigned function, unsigned address, unsigned poll)
{
	uint64_t x = (uint64_t)poll << 32 ^ address << 8 ^ unit << 4 ^ function;

	x *= UINT64_C(0x9e3779b97f4a7c15);
	x ^= x >> 29;
	x *= UINT64_C(0xbf58476d1ce4e5b9);
	x ^= x >> 32;
	return (uint16_t)(function <= 2 ? x & 1 : x);
}

static size_t
put_reply(
    uint8_t *p, unsigned unit, unsigned function, unsigned address, unsigned count, unsigned poll)
{
	size_t data = function <= 2 ? (count + 7) / 8 : count * 2;

	memset(p, 0, 3 + data);
	p[0] = (uint8_t)unit;
	p[1] = (uint8_t)function;
	p[2] = (uint8_t)data;
	for (unsigned i = 0; i < count; i++) {
		unsigned v = held(unit, function, address + i, poll);

		if (function <= 2)
			p[3 + i / 8] = (uint8_t)(p[3 + i / 8] | v << i % 8);
		else {
			p[3 + i * 2] = (uint8_t)(v >> 8);
			p[4 + i * 2] = (uint8_t)v;
		}
	}
	return 3 + data;
}

/* ---- what is done to a reply ------------------------------------------------------------------
 */

/* Another one speaks, whom the unit's own order does not bind. */
static void
also(struct bus *bus, const struct frame *f, int64_t delay_us)
{
	struct act x = {.bytes = f->bytes, .delay_us = delay_us};

	memcpy(x.reply, f->data, f->bytes);
	bus_schedule(bus, &x, us_now());
}

static void
junk(struct bus *bus, struct frame *f)
{
	f->bytes = 1 + bus_random(bus) % 12;
	for (size_t i = 0; i < f->bytes; i++)
		f->data[i] = (uint8_t)bus_random(bus);
}

static void
flip(struct bus *bus, struct act *a)
{
	bool any = false;

	while (!any) {
		for (size_t i = 0; i < a->bytes * 8; i++) {
			if (bus_random(bus) % 1000 != 0)
				continue;
			a->reply[i / 8] ^= (uint8_t)(1 << i % 8);
			any = true;
		}
	}
}

static void
burst(struct bus *bus, struct act *a)
{
	size_t from = 3 + bus_random(bus) % (a->bytes - 5);

	for (size_t i = from; i < a->bytes; i++)
		a->reply[i] = (uint8_t)bus_random(bus);
}

static void
reseal(struct act *a)
{
	a->bytes -= 2;
	act_seal(a);
}

/* The lie in a frame with a good CRC. */
static void
lie(struct bus *bus, struct act *a, enum fault f)
{
	if (f == UNIT)
		a->reply[0] = (uint8_t)(1 + (a->unit + bus_random(bus) % 3) % UNITS);
	if (f == FUNCTION)
		a->reply[1] = (uint8_t)(1 + (a->function + bus_random(bus) % 3) % 4);
	if (f == COUNT) {
		unsigned count = 1 + bus_random(bus) % 20;

		if (count == a->count)
			count++;
		a->bytes = 2 + put_reply(a->reply, a->unit, a->function, a->address, count, 0);
	}
	reseal(a);
}

/* The other one has another mind about everything but what was asked. */
static void
two_at_once(struct bus *bus, struct act *a)
{
	struct act x = *a;

	put_reply(x.reply, a->unit, a->function, a->address, a->count, bus_random(bus));
	x.bytes -= 2;
	act_seal(&x);
	for (size_t i = 0; i < a->bytes; i++)
		a->reply[i] &= x.reply[i];
}

static void
wrong_it(struct hostile *h, struct act *a, enum fault f)
{
	struct bus *bus = &h->bus;
	struct frame x = {0}, *again;

	switch (f) {
	case FLIP:
		flip(bus, a);
		break;
	case BURST:
		burst(bus, a);
		break;
	case NOISE:
		junk(bus, &x);
		also(bus, &x, a->delay_us / 2);
		break;
	case TAIL:
		junk(bus, &x);
		memcpy(a->reply + a->bytes, x.data, x.bytes);
		a->bytes += x.bytes;
		break;
	case LATE:
		a->delay_us = TIMEOUT_MS * (1000 + (int64_t)(bus_random(bus) % 2000));
		break;
	case CUT:
		a->bytes -= 1 + bus_random(bus) % (a->bytes - 1);
		break;
	case TWICE:
		x.bytes = a->bytes;
		memcpy(x.data, a->reply, a->bytes);
		also(bus, &x, a->delay_us + (int64_t)(bus_random(bus) % 8000));
		break;
	case ECHOED:
		x.bytes = 8;
		x.data[0] = a->unit;
		x.data[1] = a->function;
		x.data[2] = (uint8_t)(a->address >> 8);
		x.data[3] = (uint8_t)a->address;
		x.data[5] = (uint8_t)a->count;
		x.data[6] = (uint8_t)crc_of(x.data, 6);
		x.data[7] = (uint8_t)(crc_of(x.data, 6) >> 8);
		also(bus, &x, 0);
		break;
	case BEFORE:
	case INSTEAD:
	case BEHIND:
		again = &h->past[bus_random(bus) % h->past_count];
		also(bus, again,
		    f == BEHIND ? a->delay_us + (int64_t)(bus_random(bus) % 20000)
				: a->delay_us / 2);
		again->bytes = 0;
		a->silent = f == INSTEAD;
		break;
	case UNIT:
	case FUNCTION:
	case COUNT:
		lie(bus, a, f);
		break;
	case REFUSED:
		act_refuse(a, (uint8_t)(1 + bus_random(bus) % 255));
		break;
	case SILENT:
		a->silent = true;
		break;
	case TWO:
		two_at_once(bus, a);
		break;
	case NONE:
	case FAULTS:
		break;
	}
}

/* Once each: a reply that was asked for twice in one poll is the same. */
static void
record(struct hostile *h, const struct act *a)
{
	struct frame *into = &h->past[bus_random(&h->bus) % PAST];

	for (size_t i = 0; i < h->past_count; i++)
		if (h->past[i].bytes == a->bytes &&
		    memcmp(h->past[i].data, a->reply, a->bytes) == 0)
			return;
	if (h->past_count < PAST)
		into = &h->past[h->past_count++];
	into->bytes = a->bytes;
	memcpy(into->data, a->reply, a->bytes);
}

static void
hostile_rule(struct bus *bus, struct act *a)
{
	struct hostile *h = bus->arg;
	unsigned poll = atomic_load(&h->poll[a->unit - 1]);
	enum fault f = (enum fault)atomic_load(&only);

	a->bytes = put_reply(a->reply, a->unit, a->function, a->address, a->count, poll);
	act_seal(a);
	a->delay_us = 300 + bus_random(bus) % 2000;
	record(h, a);
	if (f == NONE)
		f = (enum fault)(1 + bus_random(bus) % (FAULTS - 1));
	if (bus_random(bus) % 100 >= SHARE)
		f = NONE;
	wrong_it(h, a, f);
	atomic_fetch_add(&h->faults[f], 1);
}

/* ---- who asks ---------------------------------------------------------------------------------
 */

struct figures {
	unsigned long answers, good, wrong, faults[FAULTS], wronged, asked;
};

static void
put(struct hostile *h, int unit, uint32_t random)
{
	struct baton *b = h->batons[unit];

	atomic_fetch_add(&h->poll[unit], 1);
	baton_empty(b);
	for (uint32_t i = 0; i < 1 + random % 3; i++) {
		const struct ask *q = &asks[(random / 3 + i) % ASKS];

		baton_add(b, q->table, q->address, q->count);
	}
	h->room.driver->submit(h->room.link, b);
}

static bool
is_true(const struct baton *b, size_t i, unsigned poll)
{
	const struct ask *q = &b->asks[i];

	for (unsigned k = 0; k < q->count; k++)
		if (b->answers[i].words[k] !=
		    held((unsigned)b->device + 1, (unsigned)q->table, q->address + k, poll))
			return false;
	return true;
}

/* Where a wrong value came from: another question of the same bus, up to 1000 polls ago. */
static void
tell_whose(const struct hostile *h, const struct baton *b, size_t i)
{
	const uint16_t *w = b->answers[i].words;

	for (unsigned n = 0; n < UNITS * ASKS * 1000; n++) {
		const struct ask *q = &asks[n / 1000 % ASKS];
		unsigned u = n / 1000 / ASKS, poll = atomic_load(&h->poll[u]) - n % 1000;

		if (q->table > TABLE_DISCRETE &&
		    w[0] == held(u + 1, (unsigned)q->table, q->address, poll) &&
		    w[1] == held(u + 1, (unsigned)q->table, q->address + 1, poll))
			print_message("[   INFO   ]   of unit %u, address %u, %u polls ago\n",
			    u + 1, q->address, n % 1000);
	}
}

static void
judge(struct hostile *h, const struct baton *b, struct figures *f)
{
	unsigned poll = atomic_load(&h->poll[b->device]);

	for (size_t i = 0; i < b->ask_count; i++) {
		f->answers++;
		if (b->answers[i].status != ANSWER_OK)
			continue;
		if (is_true(b, i, poll)) {
			f->good++;
			continue;
		}
		f->wrong++;
		print_message("[   INFO   ] WRONG: unit %d poll %u: table %d address %u count %u\n",
		    b->device + 1, poll, (int)b->asks[i].table, b->asks[i].address,
		    b->asks[i].count);
		tell_whose(h, b, i);
	}
}

static void
hostile_begin(struct hostile *h, uint32_t seed, struct mailbox *home)
{
	h->bus = (struct bus){.rule = hostile_rule, .arg = h, .random = seed};
	bus_plug(&h->bus);
	bus_start(&h->bus);
	room_init(&h->room, LINK_MODBUS_RTU, TIMEOUT_MS);
	mailbox_free(h->room.answers);
	h->room.answers = home;
	h->room.link_spec.port = h->bus.port;
	room_open(&h->room);
	for (int u = 0; u < UNITS; u++) {
		h->batons[u] = baton_make(u, POLL_NORMAL, 500);
		put(h, u, seed + (uint32_t)u);
	}
}

static void
hostile_end(struct hostile *h, struct figures *f)
{
	bus_stop(&h->bus);
	for (int u = 0; u < UNITS; u++)
		baton_free(h->batons[u]);
	for (int i = 0; i < FAULTS; i++)
		f->faults[i] += atomic_load(&h->faults[i]);
}

static unsigned long
wronged(const struct hostile *h)
{
	unsigned long n = 0;

	for (int b = 0; b < BUSES; b++)
		for (int i = NONE + 1; i < FAULTS; i++)
			n += atomic_load(&h[b].faults[i]);
	return n;
}

/* Until `faults` transactions were wronged, or for_ms have passed. */
static void
run_hostile(enum fault which, unsigned long faults, int64_t for_ms, struct figures *f)
{
	struct hostile *h = xcalloc(BUSES, sizeof(*h));
	struct mailbox *home = mailbox_new();
	const char *given = getenv("SEED");
	uint32_t seed = given != NULL ? (uint32_t)strtoul(given, NULL, 10) : (uint32_t)us_now() | 1;
	uint32_t random = seed;
	mono_t began = clock_mono(), end = mono_add_ms(began, for_ms);

	memset(f, 0, sizeof(*f));
	atomic_store(&only, which);
	print_message("[   INFO   ] seed %u\n", seed);
	for (int i = 0; i < BUSES; i++)
		hostile_begin(&h[i], seed + (uint32_t)i * 2, home);
	for (bool more = true; more;) {
		assert_true(mailbox_wait(home, 20000));
		more = mono_before(clock_mono(), end) && wronged(h) < faults;
		for (struct mail *m = mailbox_take_all(home), *next; m != NULL; m = next) {
			struct baton *b = (struct baton *)m;
			int bus = 0;

			next = m->next;
			while (h[bus].batons[b->device] != b)
				bus++;
			judge(&h[bus], b, f);
			random = random * 1664525 + 1013904223;
			if (more)
				put(&h[bus], b->device, random >> 8);
		}
	}
	for (int i = 0; i < BUSES; i++)
		h[i].room.driver->close(h[i].room.link);
	mailbox_take_all(home);
	f->wronged = wronged(h);
	for (int i = 0; i < BUSES; i++)
		hostile_end(&h[i], f);
	mailbox_free(home);
	free(h);
	for (int i = 0; i < FAULTS; i++)
		f->asked += f->faults[i];
	print_message("[   INFO   ] %lu transactions, %lu wronged, %.0f a second; %lu answers, %lu "
		      "good, %lu WRONG\n",
	    f->asked, f->wronged,
	    (double)f->asked * 1000 / (double)mono_ms_between(clock_mono(), began), f->answers,
	    f->good, f->wrong);
}

static void
all_faults_together(void **state)
{
	const char *kind = getenv("KIND");
	bool is_long = getenv("LONG") != NULL;
	struct figures f;

	(void)state;
	run_hostile(kind != NULL ? (enum fault)atoi(kind) : NONE, LONG_FAULTS,
	    is_long ? INT64_C(7200000) : QUICK_MS, &f);
	for (int i = NONE; i < FAULTS; i++)
		print_message("[   INFO   ] %9lu %s\n", f.faults[i], names[i]);
	assert_int_equal(f.wrong, 0);
	/* What was answered at once, because a unit is lost, says nothing here. */
	assert_true(f.good > f.asked / 100);
	assert_true(f.wronged >= (is_long ? LONG_FAULTS : 2000));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(all_faults_together),
	};

	log_set_level(LOG_LEVEL_ERR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * For the Modbus tests: a small site, batons, and simulated slaves on a real pty. A slave knows
 * nothing of the driver: own framing, own CRC.
 *
 * Each register and bit has a value that tells unit, function and address, so a value that was
 * meant for another question is always seen.
 */
#ifndef TESTS_UNIT_MODBUS_ROOM_H
#define TESTS_UNIT_MODBUS_ROOM_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/arena.h"
#include "drivers/driver.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <pty.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <termios.h>
#include <unistd.h>

#define UNITS       4 /* devices: units 1..4 */
#define ASKS_MAX    24
#define WORDS_MAX   2000
#define PENDING_MAX 4096
#define BUS_HELD_US 300

static inline uint16_t
true_word(unsigned unit, unsigned function, unsigned address)
{
	if (function <= 2)
		return (uint16_t)((unit * 7 + function * 3 + address * 5 + address / 8) >> 1 & 1);
	return (uint16_t)(address * 16 + function % 4 * 4 + unit % 4);
}

/* ---- the site ---------------------------------------------------------------------------- */

struct room {
	struct profile profiles[UNITS];
	struct device_spec devices[UNITS];
	struct link_spec link_spec;
	struct site site;
	const struct driver *driver;
	struct mailbox *answers;
	struct link *link;
};

static inline void
room_init(struct room *r, enum link_kind kind, int64_t timeout_ms)
{
	static const char *const names[UNITS] = {"crac1", "leak1", "crac2", "leak2"};

	memset(r, 0, sizeof(*r));
	for (int i = 0; i < UNITS; i++) {
		r->profiles[i].name = "test-profile";
		r->profiles[i].modbus.max_registers = 125;
		r->profiles[i].modbus.max_bits = 2000;
		r->profiles[i].modbus.timeout_ms = timeout_ms;
		r->devices[i].name = names[i];
		r->devices[i].profile = &r->profiles[i];
		r->devices[i].unit = i + 1;
		r->devices[i].lost_after = 2;
	}
	r->link_spec.name = "bus";
	r->link_spec.kind = kind;
	r->link_spec.baud = 115200;
	r->link_spec.stop_bits = 1;
	r->site.links = &r->link_spec;
	r->site.link_count = 1;
	r->site.devices = r->devices;
	r->site.device_count = UNITS;
	r->driver = driver_find(kind);
	r->answers = mailbox_new();
}

static inline void
room_open(struct room *r)
{
	struct link_env env = {.site = &r->site, .answers = r->answers};
	char err[200] = "";

	r->link = r->driver->open(&env, err, sizeof(err));
	if (r->link == NULL)
		fail_msg("open: %s", err);
}

static inline void
room_close(struct room *r)
{
	if (r->link != NULL)
		r->driver->close(r->link);
	mailbox_free(r->answers);
}

static inline int
threads_now(void)
{
	DIR *d = opendir("/proc/self/task");
	int n = 0;

	while (d != NULL && readdir(d) != NULL)
		n++;
	if (d != NULL)
		closedir(d);
	return n;
}

static inline void *
no_work(void *arg)
{
	return arg;
}

/*
 * A test that failed has left threads that look at its stack: what came after it would fail for
 * that, or never end. Those of good ones may take a moment.
 */
static inline int
no_thread_is_left(void **state)
{
	static int first;
	pthread_t any;

	(void)state;
	/* With the first thread comes one of ThreadSanitizer's own, which stays. */
	if (first == 0) {
		assert_int_equal(pthread_create(&any, NULL, no_work, NULL), 0);
		pthread_join(any, NULL);
		usleep(10000); /* until it is out of the list */
		first = threads_now();
	}
	for (int i = 0; i < 200 && threads_now() > first; i++)
		usleep(10000);
	if (threads_now() <= first)
		return 0;
	print_message("[   INFO   ] not tried: the test before it has left a thread\n");
	return -1;
}
#define MODBUS_TEST(test) cmocka_unit_test_setup(test, no_thread_is_left)

static inline struct link_health
room_health(struct room *r)
{
	struct link_health h;

	r->driver->health(r->link, &h);
	return h;
}

/* Until the health says `up` and contains `text`, at most 5 s: no sleep is right on every machine.
 */
static inline void
room_until(struct room *r, bool up, const char *text)
{
	mono_t end = mono_add_ms(clock_mono(), 5000);

	for (;;) {
		struct link_health h = room_health(r);

		if (h.up == up && strstr(h.text, text) != NULL)
			return;
		if (!mono_before(clock_mono(), end))
			fail_msg("waited for \"%s\", have \"%s\"", text, h.text);
		usleep(5000);
	}
}

/* ---- batons ------------------------------------------------------------------------------ */

static inline struct baton *
baton_make(int device, enum poll_class urgency, int64_t budget_ms)
{
	struct baton *b = xcalloc(1, sizeof(*b));

	b->device = device;
	b->urgency = urgency;
	b->budget_ms = budget_ms;
	b->ask_room = ASKS_MAX;
	b->asks = xcalloc(ASKS_MAX, sizeof(*b->asks));
	b->answers = xcalloc(ASKS_MAX, sizeof(*b->answers));
	return b;
}

static inline void
baton_add(struct baton *b, enum table table, unsigned address, unsigned count)
{
	struct answer *a = &b->answers[b->ask_count];

	b->asks[b->ask_count++] =
	    (struct ask){.table = table, .address = (uint16_t)address, .count = (uint16_t)count};
	free(a->words);
	a->words = xcalloc(count > 0 ? count : 1, sizeof(*a->words)); /* no more: ASan sees it */
	a->room = (uint16_t)count;
}

/* A question for an object of the identification; the answer stands in `value`. */
static inline void
baton_add_identity(struct baton *b, unsigned object, struct snmp_value *value)
{
	b->answers[b->ask_count].value = value;
	b->answers[b->ask_count].room = 0;
	b->asks[b->ask_count++] =
	    (struct ask){.table = TABLE_IDENTITY, .address = (uint16_t)object, .count = 1};
}

static inline void
baton_empty(struct baton *b)
{
	b->ask_count = 0;
}

static inline void
baton_free(struct baton *b)
{
	for (size_t i = 0; i < ASKS_MAX; i++)
		free(b->answers[i].words);
	free(b->answers);
	free(b->asks);
	free(b);
}

/* The next baton that comes home, or NULL after timeout_ms. */
static inline struct baton *
room_take(struct room *r, int timeout_ms)
{
	static struct mail *rest; /* one test at a time */
	struct mail *m;

	if (rest == NULL && mailbox_wait(r->answers, timeout_ms))
		rest = mailbox_take_all(r->answers);
	m = rest;
	if (m != NULL)
		rest = m->next;
	return (struct baton *)m;
}

static inline void
room_ask(struct room *r, struct baton *b)
{
	r->driver->submit(r->link, b);
	assert_ptr_equal(room_take(r, 20000), b);
}

/*
 * Asks as the poller does where two failed polls are a loss: again and again until an answer is
 * there (0) or two in a row were in vain. Gives the ms from the first question to that verdict.
 */
static inline int64_t
room_lose(struct room *r, struct baton *b)
{
	mono_t start = clock_mono();

	for (int fails = 0;;) {
		room_ask(r, b);
		if (b->answers[0].status == ANSWER_OK)
			return 0;
		fails += b->answers[0].status != ANSWER_NONE;
		if (fails == 2)
			return mono_ms_between(clock_mono(), start);
	}
}

/* Wrong values among the OK answers: must be 0, always. *good: how many answers were OK. */
static inline unsigned
baton_wrong(const struct room *r, const struct baton *b, unsigned *good)
{
	unsigned wrong = 0, unit = (unsigned)r->devices[b->device].unit;

	for (size_t i = 0; i < b->ask_count; i++) {
		const struct ask *q = &b->asks[i];
		bool bad = false;

		if (b->answers[i].status != ANSWER_OK || q->table == TABLE_IDENTITY)
			continue;
		for (unsigned k = 0; k < q->count; k++)
			bad |= b->answers[i].words[k] !=
			       true_word(unit, (unsigned)q->table, q->address + k);
		wrong += bad;
		if (good != NULL)
			*good += !bad;
	}
	return wrong;
}

/* ---- a machine that others use as well ------------------------------------------------------- */

/*
 * How much too late those who sleep are woken, in sum: what a bound may be exceeded by. On a
 * machine with nothing else to do that is next to nothing.
 */
struct stalls {
	pthread_t thread;
	atomic_bool over;
	atomic_llong us;
	atomic_uint beats;
};

#define STALLS_CHAIN 3  /* whoever asks, the driver, the device: each of them may be held up */
#define STALLED_MS   20 /* more than that in one question: who simulates the device had no CPU */

static inline void *
stalls_run(void *arg)
{
	struct stalls *s = arg;

	while (!atomic_load(&s->over)) {
		int64_t began = clock_mono().us, late;

		usleep(1000);
		late = clock_mono().us - began - 1000;
		if (late > 1000)
			atomic_fetch_add(&s->us, late);
		atomic_fetch_add(&s->beats, 1);
	}
	return NULL;
}

static inline void
stalls_begin(struct stalls *s)
{
	atomic_store(&s->over, false);
	atomic_store(&s->us, 0);
	if (pthread_create(&s->thread, NULL, stalls_run, s) != 0)
		fail_msg("no thread");
}

/* So far, in ms, rounded up; a stall that has not ended yet is not in it. */
static inline int64_t
stalls_ms(struct stalls *s)
{
	return (atomic_load(&s->us) + 999) / 1000;
}

/* The same with the one that is just under way. */
static inline int64_t
stalls_ms_whole(struct stalls *s)
{
	unsigned beats = atomic_load(&s->beats);

	while (atomic_load(&s->beats) == beats)
		usleep(1000);
	return stalls_ms(s);
}

static inline int64_t
stalls_end(struct stalls *s)
{
	atomic_store(&s->over, true);
	pthread_join(s->thread, NULL);
	return stalls_ms(s);
}

/* A question put when stalls_ms() was `before`: OK, unless whoever answers it had no CPU. */
static inline bool
baton_answered(const struct room *r, const struct baton *b, struct stalls *s, int64_t before)
{
	int64_t stalled_ms;

	assert_int_equal(baton_wrong(r, b, NULL), 0);
	if (b->answers[0].status == ANSWER_OK)
		return true;
	stalled_ms = stalls_ms_whole(s) - before;
	print_message("[   INFO   ] no answer, %lld ms stalled\n", (long long)stalled_ms);
	assert_int_equal(b->answers[0].status, ANSWER_TIMEOUT);
	assert_true(stalled_ms >= STALLED_MS);
	return false;
}

/* ---- slaves on a pty --------------------------------------------------------------------- */

/* What a slave is about to do with one request; filled in as a well-behaved one would. */
struct act {
	uint8_t unit, function;
	uint16_t address, count;
	uint8_t reply[600];
	size_t bytes;
	int64_t delay_us;    /* after the request; a unit answers in order */
	int64_t byte_gap_us; /* between two bytes: a dribbling device */
	bool silent;
};

struct bus;
typedef void rule_fn(struct bus *bus, struct act *a);

struct piece {
	int64_t due_us;
	unsigned long order;
	size_t bytes;
	uint8_t data[600];
};

struct bus {
	int master, slave; /* slave is kept open, so that a closing driver is no hang-up */
	char port[64];
	rule_fn *rule;
	void *arg;
	uint32_t random;
	atomic_bool frozen; /* reads nothing, answers nothing: like SIGSTOP */
	atomic_uint requests, unit_requests[8];
	atomic_llong min_gap_us; /* between the end of a reply and the next request */
	int stop;
	pthread_t thread;
	bool running;

	/* the thread's */
	struct piece *pending;
	size_t pending_count;
	unsigned long order;
	int64_t unit_free_us[256];
	int64_t replied_us;
	uint8_t in[8];
	size_t in_bytes;
};

static inline uint32_t
bus_random(struct bus *b)
{
	b->random ^= b->random << 13;
	b->random ^= b->random >> 17;
	b->random ^= b->random << 5;
	return b->random;
}

static inline uint16_t
crc_of(const uint8_t *p, size_t n)
{
	uint16_t c = 0xffff;

	while (n-- > 0) {
		c = (uint16_t)(c ^ *p++);
		for (int i = 0; i < 8; i++)
			c = (uint16_t)(c & 1 ? c >> 1 ^ 0xa001 : c >> 1);
	}
	return c;
}

static inline void
act_seal(struct act *a)
{
	uint16_t c = crc_of(a->reply, a->bytes);

	a->reply[a->bytes++] = (uint8_t)c;
	a->reply[a->bytes++] = (uint8_t)(c >> 8);
}

static inline size_t
true_reply(uint8_t *p, unsigned unit, unsigned function, unsigned address, unsigned count)
{
	size_t data = function <= 2 ? (count + 7) / 8 : count * 2;

	memset(p, 0, 3 + data);
	p[0] = (uint8_t)unit;
	p[1] = (uint8_t)function;
	p[2] = (uint8_t)data;
	for (unsigned i = 0; i < count; i++) {
		uint16_t v = true_word(unit, function, address + i);

		if (function <= 2) {
			p[3 + i / 8] = (uint8_t)(p[3 + i / 8] | v << i % 8);
		} else {
			p[3 + i * 2] = (uint8_t)(v >> 8);
			p[4 + i * 2] = (uint8_t)v;
		}
	}
	return 3 + data;
}

/*
 * What unit says of itself from `object` on: two objects a reply, object 3 it does not have, and a
 * stream that begins with what it does not have begins with 0 (V1.1b3, 6.21).
 */
static inline size_t
true_identity(uint8_t *p, unsigned unit, unsigned category, unsigned object)
{
	static const char *const texts[] = {
	    "Maker", "PC-7", "V4.19", NULL, "Product", "Model", "App"};
	unsigned last = category == 1 ? 2 : 6, count = 0;
	size_t n = 8;

	if (object > 6 || texts[object] == NULL)
		object = 0;
	p[0] = (uint8_t)unit;
	p[1] = 0x2b;
	p[2] = 0x0e;
	p[3] = (uint8_t)category;
	p[4] = 0x82;
	for (; object <= last && count < 2; object++) {
		char text[32];

		if (texts[object] == NULL)
			continue;
		snprintf(text, sizeof(text), "%s of %u", texts[object], unit);
		p[n] = (uint8_t)object;
		p[n + 1] = (uint8_t)strlen(text);
		memcpy(p + n + 2, text, strlen(text));
		n += 2 + strlen(text);
		count++;
	}
	while (object <= last && texts[object] == NULL)
		object++;
	p[5] = object <= last ? 0xff : 0;
	p[6] = object <= last ? (uint8_t)object : 0;
	p[7] = (uint8_t)count;
	return n;
}

/* Makes the act the refusal `code`. */
static inline void
act_refuse(struct act *a, uint8_t code)
{
	a->reply[0] = a->unit;
	a->reply[1] = a->function | 0x80;
	a->reply[2] = code;
	a->bytes = 3;
	act_seal(a);
}

static inline int64_t
us_now(void)
{
	return clock_mono().us;
}

static inline void
bus_schedule(struct bus *b, const struct act *a, int64_t now)
{
	int64_t due = now + a->delay_us;
	size_t step = a->byte_gap_us > 0 ? 1 : a->bytes;

	if (due < b->unit_free_us[a->unit])
		due = b->unit_free_us[a->unit];
	for (size_t i = 0; i < a->bytes; i += step) {
		struct piece *p = &b->pending[b->pending_count];

		if (b->pending_count == PENDING_MAX)
			abort();
		b->pending_count++;
		p->due_us = due + (int64_t)i * a->byte_gap_us;
		p->order = b->order++;
		p->bytes = step;
		memcpy(p->data, a->reply + i, step);
		b->unit_free_us[a->unit] = p->due_us;
	}
}

static inline void
bus_request(struct bus *b, const uint8_t q[8], int64_t now)
{
	struct act a = {.unit = q[0], .function = q[1]};

	if (a.function == 0x2b) {
		a.address = q[4];
		a.count = q[3]; /* the category */
		a.bytes = true_identity(a.reply, a.unit, a.count, a.address);
	} else if (a.function >= 1 && a.function <= 4) {
		a.address = (uint16_t)(q[2] << 8 | q[3]);
		a.count = (uint16_t)(q[4] << 8 | q[5]);
		a.bytes = true_reply(a.reply, a.unit, a.function, a.address, a.count);
	} else {
		return;
	}
	act_seal(&a);
	atomic_fetch_add(&b->requests, 1);
	atomic_fetch_add(&b->unit_requests[a.unit % 8], 1);
	if (b->replied_us != 0 && now - b->replied_us < atomic_load(&b->min_gap_us))
		atomic_store(&b->min_gap_us, now - b->replied_us);
	if (b->rule != NULL)
		b->rule(b, &a);
	if (!a.silent)
		bus_schedule(b, &a, now);
}

/* Requests are taken byte by byte; what does not end in a good CRC is shifted out. */
static inline void
bus_input(struct bus *b)
{
	uint8_t c[256];
	ssize_t n = read(b->master, c, sizeof(c));

	for (ssize_t i = 0; i < n; i++) {
		if (b->in_bytes == 8) {
			memmove(b->in, b->in + 1, 7);
			b->in_bytes = 7;
		}
		b->in[b->in_bytes++] = c[i];
		if (b->in_bytes >= 7 && b->in[b->in_bytes - 6] == 0x2b &&
		    crc_of(b->in + b->in_bytes - 7, 7) == 0) {
			bus_request(b, b->in + b->in_bytes - 7, us_now());
			b->in_bytes = 0;
		}
		if (b->in_bytes == 8 && crc_of(b->in, 6) == (b->in[6] | b->in[7] << 8)) {
			bus_request(b, b->in, us_now());
			b->in_bytes = 0;
		}
	}
}

/* Sends what is due; gives microseconds until the next, or -1. */
static inline int64_t
bus_output(struct bus *b)
{
	for (;;) {
		size_t next = 0;
		int64_t left;

		if (b->pending_count == 0)
			return -1;
		for (size_t i = 1; i < b->pending_count; i++)
			if (b->pending[i].due_us < b->pending[next].due_us ||
			    (b->pending[i].due_us == b->pending[next].due_us &&
				b->pending[i].order < b->pending[next].order))
				next = i;
		left = b->pending[next].due_us - us_now();
		if (left > 0)
			return left;
		b->replied_us = us_now();
		if (write(b->master, b->pending[next].data, b->pending[next].bytes) < 0 &&
		    errno != EIO && errno != EAGAIN)
			abort();
		/* Held up here, nobody knows when the bytes went: such a gap is not measured. */
		left = us_now();
		b->replied_us = left - b->replied_us < BUS_HELD_US ? left : 0;
		b->pending[next] = b->pending[--b->pending_count];
	}
}

static inline void *
bus_run(void *arg)
{
	struct bus *b = arg;
	struct pollfd p[2] = {{.fd = b->stop, .events = POLLIN}, {.events = POLLIN}};

	while (p[0].revents == 0) {
		bool frozen = atomic_load(&b->frozen);
		int64_t left = frozen ? 2000 : bus_output(b);
		struct timespec ts = {left / 1000000, left % 1000000 * 1000};

		p[1].fd = frozen ? -1 : b->master;
		if (ppoll(p, 2, left < 0 ? NULL : &ts, NULL) > 0 && (p[1].revents & POLLIN) != 0)
			bus_input(b);
	}
	return NULL;
}

static inline void
bus_plug(struct bus *b)
{
	struct termios t;

	if (openpty(&b->master, &b->slave, b->port, NULL, NULL) != 0)
		fail_msg("openpty: %s", strerror(errno));
	fcntl(b->master, F_SETFD, FD_CLOEXEC);
	fcntl(b->slave, F_SETFD, FD_CLOEXEC);
	tcgetattr(b->slave, &t);
	cfmakeraw(&t);
	tcsetattr(b->slave, TCSANOW, &t);
}

static inline void
bus_start(struct bus *b)
{
	b->stop = eventfd(0, EFD_CLOEXEC);
	b->pending = xcalloc(PENDING_MAX, sizeof(*b->pending));
	atomic_store(&b->min_gap_us, INT64_MAX);
	if (b->random == 0)
		b->random = 1;
	if (pthread_create(&b->thread, NULL, bus_run, b) != 0)
		fail_msg("no thread");
	b->running = true;
}

/* Pulls the cable: the pty vanishes. */
static inline void
bus_stop(struct bus *b)
{
	if (!b->running)
		return;
	eventfd_write(b->stop, 1);
	pthread_join(b->thread, NULL);
	b->running = false;
	close(b->stop);
	close(b->master);
	close(b->slave);
	free(b->pending);
	b->pending = NULL;
	b->pending_count = 0;
}

/* Room and bus together, the driver on the port. */
static inline void
rtu_begin(struct room *r, struct bus *b, int64_t timeout_ms, rule_fn *rule)
{
	memset(b, 0, sizeof(*b));
	b->rule = rule;
	bus_plug(b);
	bus_start(b);
	room_init(r, LINK_MODBUS_RTU, timeout_ms);
	r->link_spec.port = b->port;
	room_open(r);
}

static inline void
rtu_end(struct room *r, struct bus *b)
{
	room_close(r);
	bus_stop(b);
}

#endif

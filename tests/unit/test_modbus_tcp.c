/* drivers/modbus over real sockets: reading, late and wrong replies, refused, silent, closing. */
#include "tests/unit/modbus_room.h"

#include "base/log.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <dlfcn.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>

#define TIMEOUT_MS 120
#define CLIENTS    16

/* ---- a name server ------------------------------------------------------------------------ */

/* Of the name "device.test": an address of this machine, nothing, or silence. */
enum { NAMES_KNOWN, NAMES_GONE, NAMES_SILENT };
static atomic_int names;
static atomic_uint names_asked;

int
getaddrinfo(
    const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **res)
{
	int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);

	*(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
	if (strcmp(node, "device.test") != 0 || (hints->ai_flags & AI_NUMERICHOST) != 0)
		return real(node, service, hints, res);
	atomic_fetch_add(&names_asked, 1);
	if (atomic_load(&names) == NAMES_SILENT)
		sleep(2);
	return atomic_load(&names) == NAMES_KNOWN ? real("127.0.0.1", service, hints, res)
						  : EAI_AGAIN;
}

/* ---- a slave on a socket ----------------------------------------------------------------- */

/* What it is about to do with one request; filled in as a well-behaved one would. */
struct tcp_act {
	uint16_t tid;
	uint8_t unit, function;
	uint16_t address, count;
	uint8_t reply[600];
	size_t bytes;
	int64_t delay_us;
	size_t piece; /* bytes in one go, 0: all */
	int64_t piece_gap_us;
	bool silent, hang_up; /* hang_up: after the reply, or instead of it */
};

struct server;
typedef void tcp_rule_fn(struct server *s, struct tcp_act *a);

struct server {
	int listener, port, stop;
	int clients[CLIENTS];
	tcp_rule_fn *rule;
	const void *arg;
	bool drop; /* accepts and hangs up */
	uint32_t random;
	atomic_uint accepted, requests;
	pthread_t thread;
	bool running;
};

static void
seal(struct tcp_act *a)
{
	a->reply[4] = (uint8_t)((a->bytes - 6) >> 8);
	a->reply[5] = (uint8_t)(a->bytes - 6);
}

static void
reply_well(struct tcp_act *a, unsigned count)
{
	memset(a->reply, 0, 6);
	a->reply[0] = (uint8_t)(a->tid >> 8);
	a->reply[1] = (uint8_t)a->tid;
	a->bytes = 6 + true_reply(a->reply + 6, a->unit, a->function, a->address, count);
	seal(a);
}

static void
reply_refusal(struct tcp_act *a, uint8_t code)
{
	a->reply[7] = a->function | 0x80;
	a->reply[8] = code;
	a->bytes = 9;
	seal(a);
}

static bool
server_serve(struct server *s, int fd)
{
	uint8_t q[12];
	struct tcp_act a = {0};

	if (recv(fd, q, sizeof(q), MSG_WAITALL) != sizeof(q))
		return false;
	a.tid = (uint16_t)(q[0] << 8 | q[1]);
	a.unit = q[6];
	a.function = q[7];
	a.address = (uint16_t)(q[8] << 8 | q[9]);
	a.count = (uint16_t)(q[10] << 8 | q[11]);
	reply_well(&a, a.count);
	atomic_fetch_add(&s->requests, 1);
	if (s->rule != NULL)
		s->rule(s, &a);
	usleep((useconds_t)a.delay_us);
	if (a.silent)
		return !a.hang_up;
	if (a.piece == 0)
		a.piece = a.bytes;
	for (size_t i = 0; i < a.bytes; i += a.piece) {
		size_t n = a.bytes - i < a.piece ? a.bytes - i : a.piece;

		if (i > 0)
			usleep((useconds_t)a.piece_gap_us);
		if (send(fd, a.reply + i, n, MSG_NOSIGNAL) < 0)
			return false;
	}
	return !a.hang_up;
}

static void
server_accept(struct server *s)
{
	int fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC), one = 1;

	if (fd < 0)
		return;
	atomic_fetch_add(&s->accepted, 1);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	for (int i = 0; i < CLIENTS && !s->drop; i++)
		if (s->clients[i] < 0) {
			s->clients[i] = fd;
			return;
		}
	close(fd);
}

static void *
server_run(void *arg)
{
	struct server *s = arg;
	struct pollfd p[2 + CLIENTS];

	for (;;) {
		p[0] = (struct pollfd){.fd = s->stop, .events = POLLIN};
		p[1] = (struct pollfd){.fd = s->listener, .events = POLLIN};
		for (int i = 0; i < CLIENTS; i++)
			p[2 + i] = (struct pollfd){.fd = s->clients[i], .events = POLLIN};
		poll(p, 2 + CLIENTS, -1);
		if (p[0].revents != 0)
			return NULL;
		for (int i = 0; i < CLIENTS; i++)
			if (p[2 + i].revents != 0 && !server_serve(s, s->clients[i])) {
				close(s->clients[i]);
				s->clients[i] = -1;
			}
		if (p[1].revents != 0)
			server_accept(s);
	}
}

/* port 0: a free one. */
static void
server_start(struct server *s, int port)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(a);
	int one = 1;

	for (int i = 0; i < CLIENTS; i++)
		s->clients[i] = -1;
	s->random |= 1;
	s->stop = eventfd(0, EFD_CLOEXEC);
	s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(s->listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	assert_int_equal(bind(s->listener, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(s->listener, CLIENTS), 0);
	getsockname(s->listener, (struct sockaddr *)&a, &size);
	s->port = ntohs(a.sin_port);
	assert_int_equal(pthread_create(&s->thread, NULL, server_run, s), 0);
	s->running = true;
}

static void
server_stop(struct server *s)
{
	if (!s->running)
		return;
	eventfd_write(s->stop, 1);
	pthread_join(s->thread, NULL);
	s->running = false;
	for (int i = 0; i < CLIENTS; i++)
		if (s->clients[i] >= 0)
			close(s->clients[i]);
	close(s->listener);
	close(s->stop);
}

static void
tcp_begin(struct room *r, struct server *s, int64_t timeout_ms, tcp_rule_fn *rule)
{
	memset(s, 0, sizeof(*s));
	s->rule = rule;
	server_start(s, 0);
	room_init(r, LINK_MODBUS_TCP, timeout_ms);
	r->link_spec.address = "127.0.0.1";
	r->link_spec.tcp_port = s->port;
	room_open(r);
}

static void
tcp_end(struct room *r, struct server *s)
{
	room_close(r);
	server_stop(s);
}

static uint32_t
server_random(struct server *s)
{
	s->random ^= s->random << 13;
	s->random ^= s->random >> 17;
	s->random ^= s->random << 5;
	return s->random;
}

/* ---- reading ----------------------------------------------------------------------------- */

static void
all_four_functions_read_on_one_connection(void **state)
{
	struct room r;
	struct server s;
	struct baton *b[2] = {baton_make(0, POLL_NORMAL, 5000), baton_make(2, POLL_NORMAL, 5000)};
	unsigned good = 0;

	(void)state;
	tcp_begin(&r, &s, TIMEOUT_MS, NULL);
	for (int n = 0; n < 20; n++) {
		struct baton *x = b[n % 2];

		baton_empty(x);
		baton_add(x, TABLE_COIL, 1013, 9);
		baton_add(x, TABLE_DISCRETE, 63536, 2000);
		baton_add(x, TABLE_HOLDING, 99, 125);
		baton_add(x, TABLE_INPUT, 65535, 1);
		room_ask(&r, x);
		assert_int_equal(baton_wrong(&r, x, &good), 0);
	}
	assert_int_equal(good, 80);
	assert_int_equal(atomic_load(&s.accepted), 1);
	assert_int_equal(room_health(&r).transactions, 80);
	assert_int_equal(room_health(&r).reconnects, 0);
	assert_true(room_health(&r).up);
	assert_non_null(strstr(room_health(&r).text, "127.0.0.1"));
	tcp_end(&r, &s);
	baton_free(b[0]);
	baton_free(b[1]);
}

static void
refuse_all(struct server *s, struct tcp_act *a)
{
	(void)s;
	if (a->address >= 100)
		reply_refusal(a, (uint8_t)(a->address - 100));
}

static void
refusals_keep_the_connection(void **state)
{
	static const uint8_t codes[] = {1, 2, 12, 255};
	struct room r;
	struct server s;
	struct baton *b = baton_make(0, POLL_NORMAL, 5000);

	(void)state;
	tcp_begin(&r, &s, TIMEOUT_MS, refuse_all);
	for (size_t i = 0; i < sizeof(codes); i++)
		baton_add(b, TABLE_HOLDING, 100U + codes[i], 4);
	baton_add(b, TABLE_HOLDING, 1, 4);
	room_ask(&r, b);
	for (size_t i = 0; i < sizeof(codes); i++) {
		assert_int_equal(b->answers[i].status, ANSWER_REFUSED);
		assert_int_equal(b->answers[i].code, codes[i]);
	}
	assert_int_equal(b->answers[sizeof(codes)].status, ANSWER_OK);
	assert_int_equal(atomic_load(&s.accepted), 1);
	tcp_end(&r, &s);
	baton_free(b);
}

/* Each costs the gateway's own timeout, so the rest of the unit is not asked. */
static void
a_unit_that_the_gateway_cannot_reach_is_asked_once(void **state)
{
	static const uint8_t codes[] = {10, 11};
	struct room r;
	struct server s;
	struct baton *b = baton_make(0, POLL_FAST, 5000), *slow = baton_make(0, POLL_SLOW, 5000),
		     *other = baton_make(1, POLL_SLOW, 5000);

	(void)state;
	tcp_begin(&r, &s, TIMEOUT_MS, refuse_all);
	baton_add(slow, TABLE_HOLDING, 1, 4);
	baton_add(other, TABLE_HOLDING, 1, 4);
	for (size_t i = 0; i < sizeof(codes); i++) {
		unsigned before = atomic_load(&s.requests);

		baton_empty(b);
		for (unsigned k = 0; k < 5; k++)
			baton_add(b, TABLE_HOLDING, 100U + codes[i], 4);
		r.driver->submit(r.link, b);
		r.driver->submit(r.link, slow);
		r.driver->submit(r.link, other);
		for (int k = 0; k < 3; k++)
			assert_non_null(room_take(&r, 1000));
		assert_int_equal(b->answers[0].status, ANSWER_REFUSED);
		assert_int_equal(b->answers[0].code, codes[i]);
		for (int k = 1; k < 5; k++)
			assert_int_equal(b->answers[k].status, ANSWER_NONE);
		assert_int_equal(other->answers[0].status, ANSWER_OK);
		/* `slow` may have come in only after the refusal, or have had its fair turn */
		assert_in_range(atomic_load(&s.requests) - before, 2, 3);
	}
	tcp_end(&r, &s);
	baton_free(b);
	baton_free(slow);
	baton_free(other);
}

static void
in_pieces(struct server *s, struct tcp_act *a)
{
	(void)s;
	a->piece = 3;
	a->piece_gap_us = a->address == 50 ? 40000 : 1000;
}

static void
pieces_are_put_together_until_the_deadline(void **state)
{
	struct room r;
	struct server s;
	struct baton *b = baton_make(0, POLL_NORMAL, 5000);
	mono_t start;

	(void)state;
	tcp_begin(&r, &s, TIMEOUT_MS, in_pieces);
	baton_add(b, TABLE_HOLDING, 10, 4);
	baton_add(b, TABLE_HOLDING, 50, 4); /* 17 bytes: 200 ms */
	baton_add(b, TABLE_HOLDING, 60, 4);
	start = clock_mono();
	room_ask(&r, b);
	assert_in_range(mono_ms_between(clock_mono(), start), TIMEOUT_MS, TIMEOUT_MS + 250);
	assert_int_equal(b->answers[0].status, ANSWER_OK);
	assert_int_equal(b->answers[1].status, ANSWER_TIMEOUT);
	assert_int_equal(b->answers[2].status, ANSWER_NONE);
	tcp_end(&r, &s);
	baton_free(b);
}

/* ---- wrong and late ---------------------------------------------------------------------- */

enum tcp_mischief {
	TCP_OTHER_TID,
	TCP_OTHER_PROTOCOL,
	TCP_OTHER_UNIT,
	TCP_OTHER_FUNCTION,
	TCP_ONE_LESS,
	TCP_ONE_MORE,
	TCP_LENGTH_LIES,
	TCP_REPLY_TWICE,
	TCP_PREVIOUS_FIRST,
	TCP_MISCHIEF_COUNT
};

static void
tcp_misbehave(struct server *s, struct tcp_act *a)
{
	unsigned step = a->function <= 2 ? 8 : 1;

	if (server_random(s) % 3 != 0)
		return;
	switch (*(const enum tcp_mischief *)s->arg) {
	case TCP_OTHER_TID:
		a->reply[1]--;
		break;
	case TCP_OTHER_PROTOCOL:
		a->reply[3] = 1;
		break;
	case TCP_OTHER_UNIT:
		a->reply[6]++;
		break;
	case TCP_OTHER_FUNCTION:
		a->reply[7] ^= 7;
		break;
	case TCP_ONE_LESS:
		reply_well(a, a->count > step ? a->count - step : a->count + step);
		break;
	case TCP_ONE_MORE:
		reply_well(a, a->count + step);
		break;
	case TCP_LENGTH_LIES:
		a->reply[5]++;
		break;
	case TCP_REPLY_TWICE:
		memcpy(a->reply + a->bytes, a->reply, a->bytes);
		a->bytes *= 2;
		break;
	case TCP_PREVIOUS_FIRST:
		memmove(a->reply + a->bytes, a->reply, a->bytes);
		a->reply[1]--;
		a->reply[a->bytes - 1] ^= 1;
		a->bytes *= 2;
		break;
	case TCP_MISCHIEF_COUNT:
		break;
	}
}

static void
no_mischief_makes_a_wrong_value(void **state)
{
	(void)state;
	for (enum tcp_mischief m = 0; m < TCP_MISCHIEF_COUNT; m++) {
		struct room r;
		struct server s = {.rule = tcp_misbehave, .arg = &m, .random = 5U + (uint32_t)m};
		struct baton *b = baton_make(0, POLL_NORMAL, 5000);
		unsigned good = 0;

		server_start(&s, 0);
		room_init(&r, LINK_MODBUS_TCP, 50);
		r.link_spec.address = "127.0.0.1";
		r.link_spec.tcp_port = s.port;
		room_open(&r);
		for (unsigned n = 0; n < 10; n++) {
			baton_empty(b);
			for (unsigned k = 0; k < 5; k++)
				baton_add(b, (enum table)(1 + k % 4), n * 50 + k, 1 + k * 5);
			room_ask(&r, b);
			assert_int_equal(baton_wrong(&r, b, &good), 0);
		}
		print_message("[   INFO   ] mischief %d: %u of 50 good, %llu garbled, %llu "
			      "reconnects\n",
		    (int)m, good, (unsigned long long)room_health(&r).garbled,
		    (unsigned long long)room_health(&r).reconnects);
		assert_true(good >= 15);
		tcp_end(&r, &s);
		baton_free(b);
	}
}

static void
late_at_times(struct server *s, struct tcp_act *a)
{
	if (server_random(s) % 100 < 10)
		a->delay_us = (int64_t)(server_random(s) % 200000);
}

static void
late_replies_die_with_their_connection(void **state)
{
	struct room r;
	struct server s = {.rule = late_at_times};
	struct baton *b = baton_make(0, POLL_NORMAL, 5000);
	unsigned good = 0, asked = 0;
	mono_t end;

	(void)state;
	s.random = (uint32_t)us_now() | 1;
	print_message("[   INFO   ] seed %u\n", (unsigned)s.random);
	server_start(&s, 0);
	room_init(&r, LINK_MODBUS_TCP, 60);
	r.link_spec.address = "127.0.0.1";
	r.link_spec.tcp_port = s.port;
	room_open(&r);
	end = mono_add_ms(clock_mono(), 2000);
	for (; mono_before(clock_mono(), end); asked += 5) {
		baton_empty(b);
		for (unsigned k = 0; k < 5; k++)
			baton_add(b, TABLE_HOLDING, (asked + k) % 4000, 1);
		room_ask(&r, b);
		assert_int_equal(baton_wrong(&r, b, &good), 0);
	}
	print_message("[   INFO   ] %u of %u good, %llu timeouts, %llu reconnects\n", good, asked,
	    (unsigned long long)room_health(&r).timeouts,
	    (unsigned long long)room_health(&r).reconnects);
	assert_true(good > 20);
	assert_true(room_health(&r).timeouts > 0);
	tcp_end(&r, &s);
	baton_free(b);
}

/* ---- slow is not lost ---------------------------------------------------------------------- */

#define FULL_MS 1000

/* What the server does to unit 1: the next reply after so many ms, each one, or none. */
struct mood {
	atomic_int once_ms, each_ms;
	atomic_bool is_silent;
};

struct quick {
	struct server server; /* first */
	struct mood mood;
	struct room room;
	struct baton *b;
};

static void
moody(struct server *s, struct tcp_act *a)
{
	struct mood *m = &((struct quick *)s)->mood;

	if (a->unit != 1)
		return;
	a->delay_us = (atomic_exchange(&m->once_ms, 0) + atomic_load(&m->each_ms)) * 1000;
	a->silent = atomic_load(&m->is_silent);
}

/* One device, or several behind a gateway; the first one is known to be quick. */
static void
quick_begin(struct quick *q, size_t devices)
{
	memset(q, 0, sizeof(*q));
	q->server.rule = moody;
	server_start(&q->server, 0);
	room_init(&q->room, LINK_MODBUS_TCP, FULL_MS);
	q->room.site.device_count = devices;
	q->room.link_spec.address = "127.0.0.1";
	q->room.link_spec.tcp_port = q->server.port;
	room_open(&q->room);
	q->b = baton_make(0, POLL_NORMAL, FULL_MS);
	for (unsigned n = 0; n < 30; n++) {
		baton_empty(q->b);
		baton_add(q->b, TABLE_HOLDING, n * 9, 4);
		room_ask(&q->room, q->b);
		assert_int_equal(q->b->answers[0].status, ANSWER_OK);
	}
}

static void
quick_end(struct quick *q)
{
	tcp_end(&q->room, &q->server);
	baton_free(q->b);
}

/* Whatever it was used to: it has the timeout that a person gave it, and not much more. */
static void
a_pause_is_no_loss(void **state)
{
	struct quick q;
	int64_t ms;

	(void)state;
	quick_begin(&q, 1);
	atomic_store(&q.mood.once_ms, 400);
	assert_int_equal(room_lose(&q.room, q.b), 0);
	assert_int_equal(baton_wrong(&q.room, q.b, NULL), 0);
	assert_int_equal(atomic_load(&q.server.accepted), 1);
	quick_end(&q);

	quick_begin(&q, 1);
	atomic_store(&q.mood.is_silent, true);
	ms = room_lose(&q.room, q.b);
	print_message("[   INFO   ] lost after %lld ms of silence\n", (long long)ms);
	assert_in_range(ms, FULL_MS, FULL_MS + 200);
	quick_end(&q);
}

/* From one moment on it needs longer for each reply: on the connection that it has. */
static void
a_device_that_grows_slow_keeps_its_connection(void **state)
{
	static const int slow_ms[] = {100, 300, 450};

	(void)state;
	for (size_t i = 0; i < sizeof(slow_ms) / sizeof(slow_ms[0]); i++) {
		struct quick q;

		quick_begin(&q, 1);
		atomic_store(&q.mood.each_ms, slow_ms[i]);
		for (unsigned n = 0; n < 5; n++) {
			baton_empty(q.b);
			baton_add(q.b, TABLE_HOLDING, 700 + n * 5, 3 + n % 2);
			assert_int_equal(room_lose(&q.room, q.b), 0);
			assert_int_equal(baton_wrong(&q.room, q.b, NULL), 0);
		}
		assert_int_equal(atomic_load(&q.server.accepted), 1);
		assert_int_equal(room_health(&q.room).garbled, 0);
		quick_end(&q);
	}
}

/* The wire is another unit's when the short time is over, and no time is left for a second try. */
static void
a_budget_that_ends_is_no_verdict(void **state)
{
	struct quick q;
	struct baton *other = baton_make(1, POLL_NORMAL, FULL_MS);

	(void)state;
	quick_begin(&q, 2);
	q.b->budget_ms = 120;
	baton_add(other, TABLE_HOLDING, 40, 4);
	atomic_store(&q.mood.once_ms, 300);
	q.room.driver->submit(q.room.link, q.b);
	while (atomic_load(&q.server.requests) < 31)
		usleep(1000);
	q.room.driver->submit(q.room.link, other);
	for (int i = 0; i < 2; i++)
		assert_non_null(room_take(&q.room, 2000));
	assert_int_equal(other->answers[0].status, ANSWER_OK);
	assert_int_equal(baton_wrong(&q.room, other, NULL), 0);
	assert_int_equal(q.b->answers[0].status, ANSWER_NONE);
	room_ask(&q.room, q.b);
	assert_int_equal(q.b->answers[0].status, ANSWER_OK);
	assert_int_equal(baton_wrong(&q.room, q.b, NULL), 0);
	assert_int_equal(atomic_load(&q.server.accepted), 1);
	quick_end(&q);
	baton_free(other);
}

/* Until the verdict on unit 1 its timeout must pass, but the gateway is the others' meanwhile. */
static void
waiting_for_a_verdict_holds_up_nobody(void **state)
{
	struct quick q;
	struct stalls stalls;
	struct baton *other = baton_make(1, POLL_NORMAL, FULL_MS), *x;
	int64_t longest_ms = 0;
	unsigned fails = 0;
	mono_t start;

	(void)state;
	quick_begin(&q, 2);
	atomic_store(&q.mood.is_silent, true);
	baton_add(other, TABLE_HOLDING, 40, 4);
	stalls_begin(&stalls);
	start = clock_mono();
	q.room.driver->submit(q.room.link, q.b);
	while (fails < 2) {
		mono_t began = clock_mono();

		q.room.driver->submit(q.room.link, other);
		while ((x = room_take(&q.room, 5000)) == q.b)
			if (++fails < 2)
				q.room.driver->submit(q.room.link, q.b);
		assert_ptr_equal(x, other);
		assert_int_equal(other->answers[0].status, ANSWER_OK);
		if (mono_ms_between(clock_mono(), began) > longest_ms)
			longest_ms = mono_ms_between(clock_mono(), began);
	}
	print_message("[   INFO   ] the other waited for %lld ms at most, the verdict for %lld\n",
	    (long long)longest_ms, (long long)mono_ms_between(clock_mono(), start));
	assert_true(mono_ms_between(clock_mono(), start) >= FULL_MS);
	assert_in_range(longest_ms, 0, 400 + STALLS_CHAIN * stalls_end(&stalls));
	quick_end(&q);
	baton_free(other);
}

/* It comes when nobody waits for it any more: known, thrown away, and the next reply is right. */
static void
a_late_reply_between_questions_costs_nothing(void **state)
{
	struct quick q;

	(void)state;
	quick_begin(&q, 1);
	q.b->budget_ms = 20;
	atomic_store(&q.mood.once_ms, 100);
	room_ask(&q.room, q.b);
	assert_int_equal(q.b->answers[0].status, ANSWER_NONE);
	usleep(200000);
	baton_empty(q.b);
	baton_add(q.b, TABLE_HOLDING, 1000, 4);
	room_ask(&q.room, q.b);
	assert_int_equal(q.b->answers[0].status, ANSWER_OK);
	assert_int_equal(baton_wrong(&q.room, q.b, NULL), 0);
	assert_int_equal(atomic_load(&q.server.accepted), 1);
	quick_end(&q);
}

/* ---- the connection ---------------------------------------------------------------------- */

static void
hang_up_each_time(struct server *s, struct tcp_act *a)
{
	(void)s;
	a->hang_up = true;
}

static void
a_device_that_hangs_up_after_each_reply_is_read(void **state)
{
	struct room r;
	struct server s;
	struct baton *b = baton_make(0, POLL_NORMAL, 5000);
	unsigned good = 0;

	(void)state;
	tcp_begin(&r, &s, TIMEOUT_MS, hang_up_each_time);
	for (unsigned k = 0; k < 20; k++)
		baton_add(b, TABLE_HOLDING, k, 3);
	room_ask(&r, b);
	assert_int_equal(baton_wrong(&r, b, &good), 0);
	assert_int_equal(good, 20);
	assert_int_equal(room_health(&r).timeouts + room_health(&r).garbled, 0);
	tcp_end(&r, &s);
	baton_free(b);
}

static void
a_device_that_was_away_is_read_again(void **state)
{
	struct room r;
	struct server s;
	struct baton *b = baton_make(0, POLL_NORMAL, 5000), *other = baton_make(1, POLL_SLOW, 5000);
	mono_t start;
	int port;

	(void)state;
	tcp_begin(&r, &s, TIMEOUT_MS, NULL);
	baton_add(b, TABLE_HOLDING, 1, 3);
	baton_add(b, TABLE_HOLDING, 9, 3);
	baton_add(other, TABLE_HOLDING, 1, 3);
	room_ask(&r, b);
	assert_int_equal(b->answers[1].status, ANSWER_OK);
	port = s.port;
	server_stop(&s);
	for (int i = 0; i < 3; i++) {
		start = clock_mono();
		r.driver->submit(r.link, b);
		r.driver->submit(r.link, other);
		assert_non_null(room_take(&r, 1000));
		assert_non_null(room_take(&r, 1000));
		assert_true(mono_ms_between(clock_mono(), start) < 100);
		assert_int_equal(b->answers[0].status, ANSWER_NO_LINK);
		assert_int_equal(b->answers[1].status, ANSWER_NO_LINK);
		assert_int_equal(other->answers[0].status, ANSWER_NO_LINK);
	}
	assert_false(room_health(&r).up);
	assert_non_null(strstr(room_health(&r).text, "refused"));
	server_start(&s, port);
	room_ask(&r, b);
	assert_int_equal(baton_wrong(&r, b, NULL), 0);
	assert_int_equal(b->answers[0].status, ANSWER_OK);
	assert_true(room_health(&r).up);
	tcp_end(&r, &s);
	baton_free(b);
	baton_free(other);
}

static void
silent(struct server *s, struct tcp_act *a)
{
	(void)s;
	a->silent = true;
}

static void
accepting_and_saying_nothing_costs_one_timeout(void **state)
{
	struct room r;
	struct server s;
	struct baton *b = baton_make(0, POLL_NORMAL, 5000), *slow = baton_make(0, POLL_SLOW, 5000);
	mono_t start;

	(void)state;
	tcp_begin(&r, &s, TIMEOUT_MS, silent);
	for (unsigned k = 0; k < 5; k++) {
		baton_add(b, TABLE_HOLDING, k, 3);
		baton_add(slow, TABLE_HOLDING, k, 3);
	}
	start = clock_mono();
	r.driver->submit(r.link, b);
	r.driver->submit(r.link, slow);
	assert_non_null(room_take(&r, 1000));
	assert_non_null(room_take(&r, 1000));
	assert_in_range(mono_ms_between(clock_mono(), start), TIMEOUT_MS, TIMEOUT_MS + 250);
	assert_int_equal(b->answers[0].status, ANSWER_TIMEOUT);
	assert_int_equal(b->answers[1].status, ANSWER_NONE);
	assert_int_equal(slow->answers[0].status, ANSWER_NONE);
	assert_int_equal(atomic_load(&s.requests), 1);
	room_ask(&r, b);
	assert_int_equal(atomic_load(&s.accepted), 2); /* a new connection each time */
	tcp_end(&r, &s);
	baton_free(b);
	baton_free(slow);
}

static void
accepting_and_hanging_up_is_said(void **state)
{
	struct room r;
	struct server s;
	struct baton *b = baton_make(0, POLL_NORMAL, 5000);

	(void)state;
	memset(&s, 0, sizeof(s));
	s.drop = true;
	server_start(&s, 0);
	room_init(&r, LINK_MODBUS_TCP, TIMEOUT_MS);
	r.link_spec.address = "127.0.0.1";
	r.link_spec.tcp_port = s.port;
	room_open(&r);
	baton_add(b, TABLE_HOLDING, 1, 3);
	baton_add(b, TABLE_HOLDING, 9, 3);
	room_ask(&r, b);
	assert_int_equal(b->answers[0].status, ANSWER_NO_LINK);
	assert_int_equal(b->answers[1].status, ANSWER_NO_LINK);
	usleep(20000);
	assert_int_equal(atomic_load(&s.accepted), 1); /* one try for a baton */
	assert_non_null(strstr(room_health(&r).text, "too many clients"));
	tcp_end(&r, &s);
	baton_free(b);
}

static void
hang_up_on_units(struct server *s, struct tcp_act *a)
{
	const atomic_uint *first_dead = s->arg;

	a->silent = a->unit >= atomic_load(first_dead);
	a->hang_up = a->silent;
}

static void
a_gateway_that_hangs_up_on_a_dead_unit_serves_the_others(void **state)
{
	struct room r;
	struct server s;
	struct baton *b[UNITS];
	atomic_uint first_dead = UNITS; /* the last one */

	(void)state;
	tcp_begin(&r, &s, TIMEOUT_MS, hang_up_on_units);
	s.arg = &first_dead;
	for (int i = 0; i < UNITS; i++) {
		b[i] = baton_make(i, i == UNITS - 1 ? POLL_FAST : POLL_SLOW, 5000);
		baton_add(b[i], TABLE_HOLDING, 1, 3);
		baton_add(b[i], TABLE_HOLDING, 9, 3);
	}
	room_ask(&r, b[0]);
	for (int turn = 0; turn < 2 * UNITS; turn++) {
		for (int i = UNITS - 1; i >= 0; i--)
			r.driver->submit(r.link, b[i]);
		for (int i = 0; i < UNITS; i++)
			assert_non_null(room_take(&r, 1000));
		for (int i = 0; i < UNITS - 1; i++) {
			assert_int_equal(b[i]->answers[0].status, ANSWER_OK);
			assert_int_equal(b[i]->answers[1].status, ANSWER_OK);
		}
		assert_int_equal(b[UNITS - 1]->answers[0].status, ANSWER_TIMEOUT);
		assert_int_equal(b[UNITS - 1]->answers[1].status, ANSWER_NONE);
	}

	/* all of them: then it is the link */
	room_ask(&r, b[0]);
	atomic_store(&first_dead, 1);
	for (int i = 0; i < UNITS; i++) {
		room_ask(&r, b[i]);
		assert_int_equal(b[i]->answers[0].status, ANSWER_TIMEOUT);
	}
	room_ask(&r, b[0]);
	assert_int_equal(b[0]->answers[0].status, ANSWER_NO_LINK);
	assert_false(room_health(&r).up);
	tcp_end(&r, &s);
	for (int i = 0; i < UNITS; i++)
		baton_free(b[i]);
}

/* A listener that is never emptied: the next connect gets no answer at all. */
static int
black_hole(int *port, int fill[4])
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(fd, 0), 0);
	getsockname(fd, (struct sockaddr *)&a, &size);
	*port = ntohs(a.sin_port);
	for (int i = 0; i < 4; i++) {
		fill[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		(void)connect(fill[i], (struct sockaddr *)&a, sizeof(a));
	}
	usleep(20000);
	return fd;
}

static void
connecting_has_a_deadline_and_can_be_given_up(void **state)
{
	struct room r;
	struct baton *b = baton_make(0, POLL_NORMAL, 5000);
	int fill[4], port, hole = black_hole(&port, fill);
	mono_t start;

	(void)state;
	for (int i = 0; i < 2; i++) {
		room_init(&r, LINK_MODBUS_TCP, i == 0 ? TIMEOUT_MS : 60000);
		r.link_spec.address = "127.0.0.1";
		r.link_spec.tcp_port = port;
		room_open(&r);
		baton_empty(b);
		baton_add(b, TABLE_HOLDING, 1, 3);
		start = clock_mono();
		if (i == 0) {
			room_ask(&r, b);
			assert_in_range(
			    mono_ms_between(clock_mono(), start), TIMEOUT_MS, TIMEOUT_MS + 400);
			assert_int_equal(b->answers[0].status, ANSWER_NO_LINK);
			assert_non_null(strstr(room_health(&r).text, "does not answer"));
		} else {
			r.driver->submit(r.link, b);
			usleep(100000);
			r.driver->close(r.link);
			r.link = NULL;
			assert_true(mono_ms_between(clock_mono(), start) < 1000);
			assert_ptr_equal(room_take(&r, 0), b);
			assert_int_equal(b->answers[0].status, ANSWER_NONE);
		}
		room_close(&r);
	}
	for (int i = 0; i < 4; i++)
		close(fill[i]);
	close(hole);
	baton_free(b);
}

static void
names_are_looked_up(void **state)
{
	struct room r;
	struct server s;
	struct baton *b = baton_make(0, POLL_NORMAL, 5000);
	mono_t start;

	(void)state;
	memset(&s, 0, sizeof(s));
	server_start(&s, 0);
	room_init(&r, LINK_MODBUS_TCP, 2000);
	r.link_spec.address = "localhost";
	r.link_spec.tcp_port = s.port;
	room_open(&r);
	baton_add(b, TABLE_HOLDING, 1, 3);
	room_ask(&r, b);
	if (b->answers[0].status == ANSWER_NO_LINK)
		room_ask(&r, b); /* ::1 came first: the next try takes the next address */
	assert_int_equal(b->answers[0].status, ANSWER_OK);
	tcp_end(&r, &s);

	room_init(&r, LINK_MODBUS_TCP, 300);
	r.link_spec.address = "no-such-host.invalid";
	r.link_spec.tcp_port = 502;
	room_open(&r);
	start = clock_mono();
	room_ask(&r, b);
	assert_int_equal(b->answers[0].status, ANSWER_NO_LINK);
	assert_true(mono_ms_between(clock_mono(), start) < 1000);
	print_message("[   INFO   ] %s\n", room_health(&r).text);
	room_close(&r);
	baton_free(b);
}

/* A device that was off is read again, though nobody can say any more where its name lives. */
static void
a_name_server_that_is_down_hides_nobody(void **state)
{
	struct room r;
	struct server s = {0};
	struct baton *b = baton_make(0, POLL_NORMAL, 5000);
	int port;

	(void)state;
	for (int silent = 0; silent < 2; silent++) {
		atomic_store(&names, NAMES_KNOWN);
		server_start(&s, 0);
		port = s.port;
		room_init(&r, LINK_MODBUS_TCP, 800);
		r.link_spec.address = "device.test";
		r.link_spec.tcp_port = port;
		room_open(&r);
		baton_empty(b);
		baton_add(b, TABLE_HOLDING, 1, 3);
		room_ask(&r, b);
		assert_int_equal(b->answers[0].status, ANSWER_OK);
		server_stop(&s);
		atomic_store(&names, silent ? NAMES_SILENT : NAMES_GONE);
		for (int i = 0; i < 3; i++) {
			room_ask(&r, b);
			assert_int_not_equal(b->answers[0].status, ANSWER_OK);
		}
		assert_true(atomic_exchange(&names_asked, 0) >= 2);
		memset(&s, 0, sizeof(s));
		server_start(&s, port);
		room_ask(&r, b);
		assert_int_equal(b->answers[0].status, ANSWER_OK);
		tcp_end(&r, &s);
	}
	baton_free(b);
	sleep(2); /* whoever still looks it up */
}

static void
settings_that_cannot_work_are_said(void **state)
{
	struct room r;
	struct link_env env = {.site = &r.site};
	char err[200];

	(void)state;
	room_init(&r, LINK_MODBUS_TCP, TIMEOUT_MS);
	r.link_spec.address = "127.0.0.1";
	r.link_spec.tcp_port = 70000;
	assert_null(r.driver->open(&env, err, sizeof(err)));
	assert_non_null(strstr(err, "port"));
	r.link_spec.tcp_port = 502;
	r.devices[0].unit = 256;
	assert_null(r.driver->open(&env, err, sizeof(err)));
	assert_non_null(strstr(err, "crac1 has unit 256"));
	room_close(&r);
}

/* The low descriptors are for libmodbus alone, which never sees this socket. */
static void
a_large_descriptor_is_as_good_as_any(void **state)
{
	struct rlimit old, few = {256, 0};
	struct room r;
	struct server s;
	struct baton *b = baton_make(0, POLL_NORMAL, 5000);
	int fds[256], n = 0, fd;

	(void)state;
	getrlimit(RLIMIT_NOFILE, &old);
	few.rlim_max = old.rlim_max;
	if (old.rlim_max < 2 * FD_SETSIZE || setrlimit(RLIMIT_NOFILE, &few) != 0) {
		print_message("SKIPPED: the hard limit of open files is too low\n");
		skip();
	}
	tcp_begin(&r, &s, TIMEOUT_MS, NULL);
	/* Room for the server's side, and for a moment for ours. */
	do
		fds[n] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	while (fds[n++] < 250);
	baton_add(b, TABLE_HOLDING, 1, 3);
	for (int i = 0; i < 3; i++) {
		room_ask(&r, b);
		assert_int_equal(b->answers[0].status, ANSWER_OK);
	}
	fd = fcntl(0, F_DUPFD, 0); /* the limit is as it was: what others open stays low */
	assert_in_range(fd, 3, 255);
	assert_true(fcntl(FD_SETSIZE, F_GETFD) >= 0);
	close(fd);
	while (n > 0)
		close(fds[--n]);
	tcp_end(&r, &s);
	setrlimit(RLIMIT_NOFILE, &old);
	baton_free(b);
}

static void
closing_sends_every_baton_home(void **state)
{
	struct room r;
	struct server s;
	struct baton *b[UNITS * 4];
	mono_t start;

	(void)state;
	tcp_begin(&r, &s, 60000, silent);
	for (int i = 0; i < UNITS * 4; i++) {
		b[i] = baton_make(i % UNITS, (enum poll_class)(i / UNITS % 3), 100000);
		for (unsigned k = 0; k < 20; k++)
			baton_add(b[i], TABLE_HOLDING, k * 100, 100);
		r.driver->submit(r.link, b[i]);
	}
	usleep(50000);
	start = clock_mono();
	r.driver->close(r.link);
	r.link = NULL;
	assert_true(mono_ms_between(clock_mono(), start) < 500);
	for (int i = 0; i < UNITS * 4; i++) {
		struct baton *x = room_take(&r, 0);

		assert_non_null(x);
		assert_int_equal(x->budget_ms, 100000);
		x->budget_ms = 0; /* seen */
		assert_int_equal(x->answers[0].status, ANSWER_NONE);
	}
	assert_null(room_take(&r, 0));
	tcp_end(&r, &s);
	for (int i = 0; i < UNITS * 4; i++)
		baton_free(b[i]);
}

/* ---- many connections ---------------------------------------------------------------------- */

#define LINKS 12

static size_t
thread_count(void)
{
	DIR *d = opendir("/proc/self/task");
	size_t n = 0;

	assert_non_null(d);
	for (struct dirent *e; (e = readdir(d)) != NULL;)
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

/* Links of their own to one server, and one to a device that never says a word. */
static void
many_connections_share_a_thread_and_slow_nobody(void **state)
{
	struct server s = {0}, dead = {.rule = silent};
	struct link_spec specs[LINKS];
	struct device_spec devices[LINKS];
	struct link *links[LINKS];
	struct baton *b[LINKS], *x;
	struct room r;
	size_t threads;
	unsigned good = 0, home = 0;
	char err[200];

	(void)state;
	server_start(&s, 0);
	server_start(&dead, 0);
	room_init(&r, LINK_MODBUS_TCP, 800);
	r.site.links = specs;
	r.site.link_count = LINKS;
	r.site.devices = devices;
	r.site.device_count = LINKS;
	threads = thread_count();
	for (int i = 0; i < LINKS; i++) {
		specs[i] = r.link_spec;
		specs[i].address = "127.0.0.1";
		specs[i].tcp_port = i == 0 ? dead.port : s.port;
		devices[i] = r.devices[0];
		devices[i].link = i;
	}
	for (int i = 0; i < LINKS; i++) {
		struct link_env env = {.site = &r.site, .link = i, .answers = r.answers};

		links[i] = r.driver->open(&env, err, sizeof(err));
		assert_non_null(links[i]);
		b[i] = baton_make(i, POLL_NORMAL, 5000);
		b[i]->link = i;
		baton_add(b[i], TABLE_HOLDING, (unsigned)i * 20, 10);
	}
	assert_int_equal(thread_count(), threads + 1);
	for (int i = 0; i < LINKS; i++)
		r.driver->submit(links[i], b[i]);
	/* The living are home before the silent one's timeout. */
	while (home < LINKS) {
		x = room_take(&r, 3000);
		assert_non_null(x);
		assert_int_equal(x == b[0], ++home == LINKS);
	}
	assert_int_equal(b[0]->answers[0].status, ANSWER_TIMEOUT);
	for (int i = 1; i < LINKS; i++)
		for (int k = 0; k < 10; k++)
			good +=
			    b[i]->answers[0].words[k] == true_word(1, 3, (unsigned)(i * 20 + k));
	assert_int_equal(good, (LINKS - 1) * 10);
	for (int i = 0; i < LINKS; i++) {
		r.driver->close(links[i]);
		baton_free(b[i]);
	}
	assert_int_equal(thread_count(), threads);
	mailbox_free(r.answers);
	server_stop(&s);
	server_stop(&dead);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    MODBUS_TEST(all_four_functions_read_on_one_connection),
	    MODBUS_TEST(refusals_keep_the_connection),
	    MODBUS_TEST(a_unit_that_the_gateway_cannot_reach_is_asked_once),
	    MODBUS_TEST(pieces_are_put_together_until_the_deadline),
	    MODBUS_TEST(no_mischief_makes_a_wrong_value),
	    MODBUS_TEST(late_replies_die_with_their_connection),
	    MODBUS_TEST(a_pause_is_no_loss),
	    MODBUS_TEST(a_device_that_grows_slow_keeps_its_connection),
	    MODBUS_TEST(a_budget_that_ends_is_no_verdict),
	    MODBUS_TEST(waiting_for_a_verdict_holds_up_nobody),
	    MODBUS_TEST(a_late_reply_between_questions_costs_nothing),
	    MODBUS_TEST(a_device_that_hangs_up_after_each_reply_is_read),
	    MODBUS_TEST(a_device_that_was_away_is_read_again),
	    MODBUS_TEST(accepting_and_saying_nothing_costs_one_timeout),
	    MODBUS_TEST(accepting_and_hanging_up_is_said),
	    MODBUS_TEST(a_gateway_that_hangs_up_on_a_dead_unit_serves_the_others),
	    MODBUS_TEST(connecting_has_a_deadline_and_can_be_given_up),
	    MODBUS_TEST(names_are_looked_up),
	    MODBUS_TEST(a_name_server_that_is_down_hides_nobody),
	    MODBUS_TEST(settings_that_cannot_work_are_said),
	    MODBUS_TEST(a_large_descriptor_is_as_good_as_any),
	    MODBUS_TEST(closing_sends_every_baton_home),
	    MODBUS_TEST(many_connections_share_a_thread_and_slow_nobody),
	};

	log_set_level(LOG_LEVEL_ERR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

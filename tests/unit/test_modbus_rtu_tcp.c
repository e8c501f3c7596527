/*
 * RTU frames in a TCP stream: a real socket, a serial server behind it, and slaves on a pty behind
 * that. A late reply comes out of whatever connection there is by then.
 */
#include "tests/unit/serial_server.h"

#include "base/log.h"

#include <fcntl.h>
#include <sys/resource.h>

#define TIMEOUT_MS 120

struct scene {
	struct room room;
	struct bus bus;
	struct serial_server server;
};

/* arg: of the rule. */
static void
begin_with(struct scene *p, int64_t timeout_ms, rule_fn *rule, void *arg)
{
	memset(p, 0, sizeof(*p));
	p->bus.rule = rule;
	p->bus.arg = arg;
	p->bus.random = (uint32_t)us_now() | 1;
	bus_plug(&p->bus);
	bus_start(&p->bus);
	server_reserve(&p->server);
	server_start(&p->server, p->bus.port);
	room_init(&p->room, LINK_MODBUS_RTU_TCP, timeout_ms);
	p->room.link_spec.address = "127.0.0.1";
	p->room.link_spec.tcp_port = p->server.port;
	p->room.link_spec.parity = PARITY_EVEN;
	room_open(&p->room);
}

static void
begin(struct scene *p, int64_t timeout_ms, rule_fn *rule)
{
	begin_with(p, timeout_ms, rule, NULL);
}

static void
end(struct scene *p)
{
	room_close(&p->room);
	server_stop(&p->server);
	bus_stop(&p->bus);
}

/* Asks a unit for two tables and one register that it refuses; gives the good ones. */
static unsigned
ask_all(struct scene *p, struct baton *b, unsigned at)
{
	unsigned good = 0;

	baton_empty(b);
	baton_add(b, TABLE_HOLDING, at, 5);
	baton_add(b, TABLE_DISCRETE, at, 11);
	baton_add(b, TABLE_INPUT, at + 1, 2);
	room_ask(&p->room, b);
	assert_int_equal(baton_wrong(&p->room, b, &good), 0);
	return good;
}

static void
refuse_beyond_3000(struct bus *bus, struct act *a)
{
	(void)bus;
	if (a->address >= 3000)
		act_refuse(a, 2);
}

static void
several_units_are_read(void **state)
{
	struct scene p;
	struct baton *b[UNITS], *no;
	int64_t began;

	(void)state;
	begin(&p, TIMEOUT_MS, refuse_beyond_3000);
	no = baton_make(2, POLL_NORMAL, 2000);
	for (int u = 0; u < UNITS; u++)
		b[u] = baton_make(u, POLL_NORMAL, 2000);
	for (unsigned n = 0; n < 20; n++)
		for (int u = 0; u < UNITS; u++)
			assert_int_equal(ask_all(&p, b[u], n * 7), 3);
	/* A refusal is five bytes; on a socket it is known at once. */
	baton_add(no, TABLE_HOLDING, 3000, 100);
	began = us_now();
	room_ask(&p.room, no);
	assert_int_equal(no->answers[0].status, ANSWER_REFUSED);
	assert_int_equal(no->answers[0].code, 2);
	assert_true(us_now() - began < 40000);
	assert_int_equal(atomic_load(&p.server.accepted), 1);
	assert_non_null(strstr(room_health(&p.room).text, "connected, RTU frames"));
	for (int u = 0; u < UNITS; u++)
		baton_free(b[u]);
	baton_free(no);
	end(&p);
}

/* arg: delay in us. Unit 1 is late in one of five replies. */
static void
late_at_times(struct bus *bus, struct act *a)
{
	a->delay_us = a->unit == 1 && bus_random(bus) % 5 == 0 ? *(const int64_t *)bus->arg : 1000;
}

/* Also across connections: now and then the serial server closes them all. */
static void
late_replies_never_become_values(void **state)
{
	static const int64_t delays_ms[] = {160, 260, 600};

	(void)state;
	for (int n = 0; n < 6; n++) {
		struct scene p;
		struct baton *a = baton_make(0, POLL_NORMAL, 900);
		struct baton *b = baton_make(1, POLL_NORMAL, 900);
		int64_t delay_us = delays_ms[n % 3] * 1000;
		unsigned good = 0, other = 0, asked = 0;
		mono_t until, last;

		begin_with(&p, 100, late_at_times, &delay_us);
		until = mono_add_ms(clock_mono(), 1200);
		last = mono_add_ms(until, 6000);
		for (; mono_before(clock_mono(), until) ||
		       (good == 0 && mono_before(clock_mono(), last));
		     asked++) {
			good += ask_all(&p, a, asked * 13 % 2000);
			other += ask_all(&p, b, asked * 11 % 2000);
			if (n >= 3 && asked % 4 == 3)
				atomic_store(&p.server.hang_up, 1);
		}
		print_message("[   INFO   ] late %lld ms, %u connections: %u and %u of %u good\n",
		    (long long)delay_us / 1000, atomic_load(&p.server.accepted), good, other,
		    asked * 3);
		assert_true(good > 0);
		assert_true(other * 10 >= asked * 3 * 8);
		baton_free(a);
		baton_free(b);
		end(&p);
	}
}

/* libmodbus takes these frames, and aborts in FD_SET on a descriptor of 1024 and above. */
static void
a_large_descriptor_is_an_error_not_an_abort(void **state)
{
	struct rlimit old, more = {2048, 0};
	struct scene p;
	struct baton *b = baton_make(0, POLL_NORMAL, 5000);
	int fds[1100], n = 0;

	(void)state;
	getrlimit(RLIMIT_NOFILE, &old);
	more.rlim_max = old.rlim_max;
	if (old.rlim_max < more.rlim_cur || setrlimit(RLIMIT_NOFILE, &more) != 0) {
		print_message("SKIPPED: the hard limit of open files is too low\n");
		skip();
	}
	begin(&p, 400, NULL);
	do
		fds[n] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	while (fds[n++] < 1030);
	baton_add(b, TABLE_HOLDING, 1, 3);
	room_ask(&p.room, b);
	assert_int_equal(b->answers[0].status, ANSWER_NO_LINK);
	assert_non_null(strstr(room_health(&p.room).text, "open files"));
	while (n > 0)
		close(fds[--n]);
	/* It is tried again after a pause. */
	for (int i = 0; i < 50 && b->answers[0].status != ANSWER_OK; i++) {
		usleep(100000);
		room_ask(&p.room, b);
	}
	assert_int_equal(b->answers[0].status, ANSWER_OK);
	end(&p);
	setrlimit(RLIMIT_NOFILE, &old);
	baton_free(b);
}

static void
an_absent_server_is_told_and_found(void **state)
{
	struct scene p;
	struct baton *b = baton_make(0, POLL_NORMAL, 900);
	struct serial_server *s = &p.server;
	int64_t began;

	(void)state;
	memset(&p, 0, sizeof(p));
	bus_plug(&p.bus);
	bus_start(&p.bus);
	server_reserve(s);
	room_init(&p.room, LINK_MODBUS_RTU_TCP, TIMEOUT_MS);
	p.room.link_spec.address = "127.0.0.1";
	p.room.link_spec.tcp_port = s->port;
	room_open(&p.room);
	began = us_now();
	assert_int_equal(ask_all(&p, b, 1), 0);
	assert_int_equal(b->answers[0].status, ANSWER_NO_LINK);
	assert_true(us_now() - began < 100000);
	room_until(&p.room, false, "Connection refused");
	/* Not tried again before a second has passed: everybody on the link is told at once. */
	began = us_now();
	assert_int_equal(ask_all(&p, b, 1), 0);
	assert_true(us_now() - began < 20000);
	server_start(s, p.bus.port);
	usleep(1100000);
	assert_int_equal(ask_all(&p, b, 1), 3);
	room_until(&p.room, true, "connected");
	baton_free(b);
	end(&p);
}

/* Serial servers close idle connections: no fault, no pause, nothing wrong. */
static void
an_idle_connection_may_be_closed(void **state)
{
	struct scene p;
	struct baton *b = baton_make(1, POLL_NORMAL, 900);

	(void)state;
	begin(&p, TIMEOUT_MS, NULL);
	for (unsigned n = 0; n < 5; n++) {
		assert_int_equal(ask_all(&p, b, n), 3);
		assert_true(room_health(&p.room).up);
		atomic_store(&p.server.hang_up, 1);
		while (atomic_load(&p.server.hang_up) != 0)
			usleep(1000);
		usleep(30000); /* it is noticed while nobody asks */
	}
	assert_int_equal(atomic_load(&p.server.accepted), 5);
	assert_int_equal(room_health(&p.room).timeouts, 0);
	baton_free(b);
	end(&p);
}

/* Reset after four bytes of a reply: asked again on a new connection, never half a value. */
static void
a_reset_in_mid_reply_is_asked_again(void **state)
{
	struct scene p;
	struct baton *b = baton_make(0, POLL_NORMAL, 2000);
	unsigned good = 0;

	(void)state;
	begin(&p, TIMEOUT_MS, NULL);
	assert_int_equal(ask_all(&p, b, 1), 3);
	for (unsigned n = 0; n < 20; n++) {
		atomic_store(&p.server.hang_up, 2);
		good += ask_all(&p, b, n * 3);
	}
	print_message(
	    "[   INFO   ] %u of 60 good, %u connections\n", good, atomic_load(&p.server.accepted));
	assert_true(good >= 50);
	assert_true(atomic_load(&p.server.accepted) >= 20);
	baton_free(b);
	end(&p);
}

static void
pieces_make_a_whole(void **state)
{
	static const unsigned pauses_us[] = {500, 3000, 60000};
	struct scene p;
	struct baton *b = baton_make(3, POLL_NORMAL, 4000);

	(void)state;
	begin(&p, 1500, NULL);
	atomic_store(&p.server.piece, 5); /* the first piece is as long as a refusal */
	for (int i = 0; i < 3; i++) {
		atomic_store(&p.server.pause_us, pauses_us[i]);
		assert_int_equal(ask_all(&p, b, 50), 3);
	}
	assert_int_equal(room_health(&p.room).timeouts + room_health(&p.room).garbled, 0);
	baton_free(b);
	end(&p);
}

/* A gateway that was restarted may know nothing of our connection, and say nothing either. */
static void
a_connection_without_a_word_is_made_anew(void **state)
{
	struct scene p;
	struct baton *b = baton_make(0, POLL_NORMAL, 900);

	(void)state;
	begin(&p, 50, NULL);
	assert_int_equal(ask_all(&p, b, 1), 3);
	atomic_store(&p.server.deaf, true);
	for (int i = 0; i < 7; i++) {
		assert_int_equal(ask_all(&p, b, 1), 0);
		assert_int_equal(b->answers[0].status, ANSWER_TIMEOUT);
	}
	assert_in_range(atomic_load(&p.server.accepted), 2, 4);
	atomic_store(&p.server.deaf, false);
	for (int i = 0; i < 20 && ask_all(&p, b, 9) < 3; i++)
		usleep(50000);
	assert_int_equal(ask_all(&p, b, 10), 3);
	baton_free(b);
	end(&p);
}

static void
closing_waits_for_nobody(void **state)
{
	struct scene p;
	struct baton *b = baton_make(0, POLL_NORMAL, 60000);
	int64_t began;

	(void)state;
	begin(&p, 30000, NULL);
	atomic_store(&p.server.deaf, true);
	baton_add(b, TABLE_HOLDING, 10, 4);
	p.room.driver->submit(p.room.link, b);
	usleep(100000);
	began = us_now();
	p.room.driver->close(p.room.link);
	p.room.link = NULL;
	assert_true(us_now() - began < 500000);
	assert_ptr_equal(room_take(&p.room, 100), b);
	assert_int_equal(b->answers[0].status, ANSWER_NONE);
	end(&p);
	baton_free(b);
}

static void
settings_that_cannot_work_are_said(void **state)
{
	struct room r;
	struct link_env env = {.site = &r.site};
	char err[200];

	(void)state;
	room_init(&r, LINK_MODBUS_RTU_TCP, TIMEOUT_MS);
	assert_null(r.driver->open(&env, err, sizeof(err)));
	assert_non_null(strstr(err, "needs an address"));
	r.link_spec.address = "127.0.0.1";
	r.link_spec.tcp_port = 4001;
	r.devices[1].unit = 255;
	assert_null(r.driver->open(&env, err, sizeof(err)));
	assert_non_null(strstr(err, "leak1 has unit 255"));
	mailbox_free(r.answers);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    MODBUS_TEST(several_units_are_read),
	    MODBUS_TEST(late_replies_never_become_values),
	    MODBUS_TEST(an_absent_server_is_told_and_found),
	    MODBUS_TEST(an_idle_connection_may_be_closed),
	    MODBUS_TEST(a_reset_in_mid_reply_is_asked_again),
	    MODBUS_TEST(a_large_descriptor_is_an_error_not_an_abort),
	    MODBUS_TEST(pieces_make_a_whole),
	    MODBUS_TEST(a_connection_without_a_word_is_made_anew),
	    MODBUS_TEST(closing_waits_for_nobody),
	    MODBUS_TEST(settings_that_cannot_work_are_said),
	};

	log_set_level(LOG_LEVEL_ERR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

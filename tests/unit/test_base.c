/* base/: clocks, text, arena, mailbox, loop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/descriptor.h"
#include "base/loop.h"
#include "base/moment.h"
#include "base/pulse.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void
wall_times_read_like_rfc3339(void **state)
{
	char buf[WALL_TEXT_MAX];

	(void)state;
	assert_string_equal(wall_text((wall_t){0}, buf), "1970-01-01T00:00:00.000Z");
	assert_string_equal(wall_text((wall_t){-1}, buf), "1969-12-31T23:59:59.999Z");
	assert_string_equal(
	    wall_text((wall_t){INT64_C(1763715601250000)}, buf), "2025-11-21T09:00:01.250Z");
	/* past 2038 */
	assert_string_equal(
	    wall_text((wall_t){INT64_C(4102444800000000)}, buf), "2100-01-01T00:00:00.000Z");
}

static void
exact_moments(void **state)
{
	static const struct {
		const char *text;
		const char *utc; /* NULL: refused */
	} cases[] = {
	    {"2026-12-01T09:00+09:00", "2026-12-01T00:00:00.000Z"},
	    {"2026-12-01T00:00:30.5Z", "2026-12-01T00:00:30.500Z"},
	    {"2026-12-01T00:00:30.123456789Z", "2026-12-01T00:00:30.123Z"},
	    {"2024-02-29T23:30:00-03:30", "2024-03-01T03:00:00.000Z"},
	    {"2026-02-29T09:00Z", NULL},
	    {"2026-12-01T09:00", NULL},
	    {"2026-12-01 09:00+09:00", "2026-12-01T00:00:00.000Z"},
	    {"2026-12-01T25:00Z", NULL},
	    {"2026-12-01T09:00+9:00", NULL},
	    {"2026-12-01T09:00+24:00", NULL},
	    {"2026-12-01T09:00Zx", NULL},
	    {"2026-12-01", NULL},
	    {"", NULL},
	};
	char buf[WALL_TEXT_MAX];
	wall_t t;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (moment_exact(cases[i].text, &t) != (cases[i].utc != NULL))
			fail_msg("%s", cases[i].text);
		if (cases[i].utc != NULL)
			assert_string_equal(wall_text(t, buf), cases[i].utc);
	}
}

static void
lengths_of_time(void **state)
{
	static const struct {
		const char *text;
		int64_t ms;
	} cases[] = {{"2h", 7200000}, {"90min", 5400000}, {"90m", 5400000}, {"1.5 h", 5400000},
	    {"30 s", 30000}, {"2w", 1209600000}, {"2", -1}, {"h", -1}, {"0s", -1}, {"-1h", -1},
	    {"2 fortnights", -1}, {"999999w", -1}, {NULL, -1}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(span_parse(cases[i].text), cases[i].ms);
}

static void
never_stays_never(void **state)
{
	(void)state;
	assert_true(mono_add_ms(MONO_NEVER, 5).us == MONO_NEVER.us);
	assert_true(mono_add_ms((mono_t){1000}, 5).us == 6000);
}

static void
cutting_keeps_utf8_whole(void **state)
{
	char buf[8];

	(void)state;
	assert_false(text_copy(buf, sizeof(buf), "空調機器")); /* 12 bytes, 3 each */
	assert_string_equal(buf, "空調");
	text_printf(buf, sizeof(buf), "%s", "a空調機");
	assert_string_equal(buf, "a空調");
	text_printf(buf, sizeof(buf), "%s", "ab空調機");
	assert_string_equal(buf, "ab空");
	assert_true(text_copy(buf, sizeof(buf), "1234567"));
	assert_string_equal(buf, "1234567");
	text_shorten(buf, sizeof(buf), "1234567");
	assert_string_equal(buf, "1234567");
	text_shorten(buf, sizeof(buf), "12345678");
	assert_string_equal(buf, "1234...");
	text_shorten(buf, sizeof(buf), "空調機器");
	assert_string_equal(buf, "空...");
	text_shorten(buf, 4, "空調機器");
	assert_string_equal(buf, "...");
}

static void
foreign_text_is_made_harmless(void **state)
{
	static const struct {
		const char *in;
		size_t n;
		const char *out;
	} cases[] = {
	    {"UNIT-CA1       ", 15, "UNIT-CA1"},
	    {"a\x1b[31mred", 9, "a?[31mred"},
	    {"line\nline", 9, "line?line"},
	    {"\xff\xfe", 2, "??"},
	    {"\xc0\xaf", 2, "??"},      /* overlong slash */
	    {"\xed\xa0\x80", 3, "???"}, /* surrogate */
	    {"\xc2\x9b", 2, "?"},       /* C1 control sequence introducer */
	    {"\xe7\xa9", 2, "??"},      /* cut in the middle */
	    {"25\xc2\xb0\x43", 5, "25°C"},
	    {"", 0, ""},
	    {"abc\0\0", 5, "abc"},
	};
	char buf[64];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		text_clean(buf, sizeof(buf), cases[i].in, cases[i].n);
		assert_string_equal(buf, cases[i].out);
	}
}

static void
numbers_are_short(void **state)
{
	static const struct {
		double value;
		const char *text;
	} cases[] = {
	    {0, "0"},
	    {-0.0, "0"},
	    {24.3, "24.3"},
	    {243 * 0.1, "24.3"},
	    {-0.5, "-0.5"},
	    {100, "100"},
	    {1e6, "1000000"},
	    {0.001, "0.001"},
	    {50.1 * 3, "150.3"},
	    {-32768, "-32768"},
	    {4294967295.0, "4294967295"},
	    {0.00002, "0.00002"},
	    {123456.7, "123456.7"},
	};
	char buf[NUMBER_TEXT_MAX], want[NUMBER_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(number_text(cases[i].value, buf), cases[i].text);
	for (long long power = 1; power <= 100000000000000; power *= 10) {
		for (long long n = power - 2; n <= power; n++) {
			snprintf(want, sizeof(want), "%lld", n);
			assert_string_equal(number_text((double)n, buf), want);
			snprintf(want, sizeof(want), "%lld", -n);
			assert_string_equal(number_text((double)-n, buf), want);
		}
	}
	assert_string_equal(number_text((double)NAN, buf), "nan");
}

static void
nearest_helps_only_where_near(void **state)
{
	static const char *const names[] = {"address", "port", "kind", "title"};

	(void)state;
	assert_string_equal(text_nearest("adress", names, 4), "address");
	assert_string_equal(text_nearest("prot", names, 4), "port");
	assert_null(text_nearest("humidity", names, 4));
}

static void
arena_gives_zeroed_aligned_memory(void **state)
{
	struct arena *a = arena_new();

	(void)state;
	for (size_t n = 1; n < 40000; n = n * 3 + 1) {
		unsigned char *p = arena_alloc(a, n);

		assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(p[i], 0);
		memset(p, 0xAA, n);
	}
	assert_string_equal(arena_printf(a, "%s-%d", "crac", 1), "crac-1");
	arena_free(a);
}

#define SENDERS 4
#define LETTERS 20000

struct letter {
	struct mail mail;
	int from, number;
};

struct sender {
	struct mailbox *mb;
	struct letter *letters;
};

static void *
send_all(void *arg)
{
	struct sender *s = arg;

	for (int i = 0; i < LETTERS; i++)
		mailbox_put(s->mb, &s->letters[i].mail);
	return NULL;
}

/* Every letter arrives once, in the order of its sender. */
static void
mail_arrives_once_and_in_order(void **state)
{
	struct mailbox *mb = mailbox_new();
	struct sender senders[SENDERS];
	pthread_t threads[SENDERS];
	int next[SENDERS] = {0}, total = 0;

	(void)state;
	for (int s = 0; s < SENDERS; s++) {
		senders[s] = (struct sender){mb, xcalloc(LETTERS, sizeof(struct letter))};
		for (int i = 0; i < LETTERS; i++)
			senders[s].letters[i] = (struct letter){.from = s, .number = i};
		pthread_create(&threads[s], NULL, send_all, &senders[s]);
	}
	while (total < SENDERS * LETTERS) {
		assert_true(mailbox_wait(mb, 5000));
		for (struct mail *m = mailbox_take_all(mb), *after; m != NULL; m = after) {
			struct letter *l = (struct letter *)m;

			after = m->next;
			assert_int_equal(l->number, next[l->from]++);
			total++;
		}
	}
	assert_false(mailbox_wait(mb, 0));
	for (int s = 0; s < SENDERS; s++) {
		pthread_join(threads[s], NULL);
		free(senders[s].letters);
	}
	mailbox_free(mb);
}

/* What is put quietly wakes only who has said that he waits for it. */
static void
quiet_mail_wakes_who_wants_it(void **state)
{
	struct mailbox *mb = mailbox_new();
	struct mail letters[4] = {{0}};

	(void)state;
	mailbox_put_quietly(mb, &letters[0], &letters[0]);
	assert_false(mailbox_wait(mb, 0));
	mailbox_put_quietly(mb, &letters[1], &letters[1]);
	mailbox_put(mb, &letters[2]);
	assert_true(mailbox_wait(mb, 0));
	assert_ptr_equal(mailbox_take_all(mb), &letters[0]);
	assert_ptr_equal(letters[0].next, &letters[1]);
	assert_ptr_equal(letters[1].next, &letters[2]);
	assert_null(letters[2].next);
	assert_false(mailbox_wait(mb, 0));
	/* it waits for what comes */
	mailbox_want(mb);
	assert_false(mailbox_wait(mb, 0));
	mailbox_put_quietly(mb, &letters[0], &letters[0]);
	assert_true(mailbox_wait(mb, 0));
	assert_ptr_equal(mailbox_take_all(mb), &letters[0]);
	mailbox_put_quietly(mb, &letters[0], &letters[0]);
	assert_false(mailbox_wait(mb, 0));
	/* or for what is there already */
	mailbox_want(mb);
	assert_true(mailbox_wait(mb, 0));
	assert_ptr_equal(mailbox_take_all(mb), &letters[0]);
	assert_false(mailbox_wait(mb, 0));
	mailbox_free(mb);
}

struct loop_probe {
	struct loop *loop;
	struct loop_io *io;
	struct loop_timer *timer;
	int posts, timers, reads, mails;
};

static void
probe_post(void *arg, const struct now *now)
{
	(void)now;
	((struct loop_probe *)arg)->posts++;
}

static void
probe_timer(void *arg, const struct now *now)
{
	struct loop_probe *p = arg;

	if (++p->timers == 3)
		loop_quit(p->loop, 7);
	else
		loop_timer_set(p->timer, mono_add_ms(now->mono, 2));
}

static void
probe_read(void *arg, int fd, uint32_t events, const struct now *now)
{
	struct loop_probe *p = arg;
	char c;

	(void)events;
	(void)now;
	assert_int_equal(read(fd, &c, 1), 1);
	p->reads++;
	loop_io_free(p->io); /* inside its own handler */
	p->io = NULL;
}

static void
probe_mail(void *arg, struct mail *first, const struct now *now)
{
	struct loop_probe *p = arg;

	(void)now;
	for (; first != NULL; first = first->next)
		p->mails++;
}

static void
loop_serves_all_kinds_of_source(void **state)
{
	struct loop_probe p = {.loop = loop_new()};
	struct mailbox *mb = mailbox_new();
	struct mail letters[2] = {{0}};
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], "x", 1), 1);
	p.io = loop_io_add(p.loop, "pipe", fds[0], EPOLLIN, LOOP_NORMAL, probe_read, &p);
	p.timer = loop_timer_add(p.loop, "timer", LOOP_NORMAL, probe_timer, &p);
	loop_mailbox_add(p.loop, "mail", mb, LOOP_URGENT, probe_mail, &p);
	loop_post_add(p.loop, "post", probe_post, &p);
	mailbox_put(mb, &letters[0]);
	mailbox_put(mb, &letters[1]);
	loop_timer_set(p.timer, mono_add_ms(clock_mono(), 2));
	assert_int_equal(loop_run(p.loop), 7);
	assert_int_equal(p.reads, 1);
	assert_int_equal(p.mails, 2);
	assert_int_equal(p.timers, 3);
	assert_true(p.posts >= 3);
	loop_free(p.loop);
	mailbox_free(mb);
	close(fds[0]);
	close(fds[1]);
}

/* Who was called, a letter each. */
struct turn_probe {
	struct loop *loop;
	char said[16];
	size_t count;
};

static void
say(struct turn_probe *p, char who)
{
	assert_true(p->count < sizeof(p->said) - 1);
	p->said[p->count++] = who;
}

static void
turn_urgent(void *arg, struct mail *first, const struct now *now)
{
	(void)first, (void)now;
	say(arg, 'u');
}

static void
turn_normal(void *arg, struct mail *first, const struct now *now)
{
	(void)first, (void)now;
	say(arg, 'n');
}

static void
turn_idle(void *arg, struct mail *first, const struct now *now)
{
	(void)first, (void)now;
	say(arg, 'i');
}

static void
turn_end(void *arg, const struct now *now)
{
	struct turn_probe *p = arg;

	(void)now;
	say(p, '.');
	if (p->count > 4)
		loop_quit(p->loop, 0);
}

/* What comes together is one turn, the urgent first; what is idle comes after its end. */
static void
loop_takes_together_what_is_there(void **state)
{
	static loop_mail_fn *const fns[] = {turn_idle, turn_normal, turn_normal, turn_urgent};
	static const enum loop_priority priorities[] = {
	    LOOP_IDLE, LOOP_NORMAL, LOOP_NORMAL, LOOP_URGENT};
	struct turn_probe p = {.loop = loop_new()};
	struct mailbox *boxes[4];
	struct mail letters[4] = {{0}};

	(void)state;
	for (int i = 0; i < 4; i++) {
		boxes[i] = mailbox_new();
		loop_mailbox_add(p.loop, "box", boxes[i], priorities[i], fns[i], &p);
		mailbox_put(boxes[i], &letters[i]);
	}
	loop_post_add(p.loop, "end", turn_end, &p);
	assert_int_equal(loop_run(p.loop), 0);
	assert_string_equal(p.said, "unn.i.");
	loop_free(p.loop);
	for (int i = 0; i < 4; i++)
		mailbox_free(boxes[i]);
}

struct busy {
	struct loop *loop;
	mono_t began;
	int calls, ends;
};

static void
busy_io(void *arg, int fd, uint32_t events, const struct now *now)
{
	struct busy *b = arg;

	(void)fd, (void)events, (void)now;
	b->calls++;
}

static void
busy_end(void *arg, const struct now *now)
{
	struct busy *b = arg;

	if (++b->ends == 5 || mono_ms_between(now->mono, b->began) > 5000)
		loop_quit(b->loop, 0);
}

/* A loop that always has something to do comes to the end of a turn all the same. */
static void
a_busy_loop_ends_its_turns(void **state)
{
	struct busy b = {.loop = loop_new(), .began = clock_mono()};
	int always = eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC);

	(void)state;
	loop_io_add(b.loop, "always", always, EPOLLIN, LOOP_NORMAL, busy_io, &b);
	loop_post_add(b.loop, "end", busy_end, &b);
	loop_run(b.loop);
	assert_int_equal(b.ends, 5);
	assert_true(b.calls >= b.ends);
	loop_free(b.loop);
	close(always);
}

struct systemd {
	int fd, fed;
};

/* Always has work; listens as systemd does, whose queue is short. */
static void
spin(void *arg, int fd, uint32_t events, const struct now *now)
{
	struct systemd *s = arg;
	char text[64];

	(void)fd;
	(void)events;
	(void)now;
	while (recv(s->fd, text, sizeof(text), 0) > 0)
		s->fed++;
}

static void
stop(void *arg, const struct now *now)
{
	(void)now;
	loop_quit(arg, 0);
}

/* How often the watchdog (due every 25 ms) is fed in 400 ms, while a handler always has work. */
static int
fed_beside(enum loop_priority priority)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	socklen_t length =
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
			(size_t)snprintf(name.sun_path + 1, 64, "test_base.%d", getpid()));
	char env[128];
	struct systemd s = {.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
	int always = eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC);
	struct loop *l = loop_new();
	struct loop_timer *end = loop_timer_add(l, "end", LOOP_URGENT, stop, l);

	assert_int_equal(bind(s.fd, (struct sockaddr *)&name, length), 0);
	snprintf(env, sizeof(env), "@%s", name.sun_path + 1);
	setenv("NOTIFY_SOCKET", env, 1);
	setenv("WATCHDOG_USEC", "50000", 1);
	loop_io_add(l, "always", always, EPOLLIN, priority, spin, &s);
	loop_watchdog(l);
	loop_timer_set(end, mono_add_ms(clock_mono(), 400));
	loop_run(l);
	loop_free(l);
	close(always);
	close(s.fd);
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	return s.fed;
}

/* Busy with its work it lives; when something before all work turns in a circle, nothing is done.
 */
static void
the_watchdog_is_fed_while_work_is_done(void **state)
{
	(void)state;
	assert_in_range(fed_beside(LOOP_IDLE), 3, 17);
	assert_in_range(fed_beside(LOOP_NORMAL), 3, 17);
	assert_int_equal(fed_beside(LOOP_URGENT), 0);
}

/* A worker that is at one piece of work for too long is named; one that rests may do so for ever.
 */
static void
test_pulse(void **state)
{
	struct pulse a, b;
	int64_t ms = 0;
	bool vital;

	(void)state;
	pulse_add(&a, "a", 1000, false);
	pulse_add(&b, "b", 2000, true);
	assert_null(pulse_stuck((mono_t){INT64_C(1000000000000)}, &ms, &vital));
	pulse_beat(&a, (mono_t){5000000});
	pulse_beat(&b, (mono_t){5000000});
	assert_null(pulse_stuck((mono_t){6000000}, &ms, &vital));
	assert_string_equal(pulse_stuck((mono_t){6002000}, &ms, &vital), "a");
	assert_int_equal(ms, 1002);
	assert_false(vital);
	assert_string_equal(
	    pulse_stuck((mono_t){7002000}, &ms, &vital), "b"); /* before all others */
	assert_true(vital);
	pulse_beat(&a, (mono_t){6002000}); /* it came on */
	assert_null(pulse_stuck((mono_t){7000000}, &ms, &vital));
	pulse_rest(&a);
	assert_null(pulse_stuck((mono_t){7000000}, &ms, &vital));
	assert_string_equal(pulse_stuck((mono_t){7100000}, &ms, &vital), "b");
	pulse_remove(&b);
	assert_null(pulse_stuck((mono_t){INT64_C(1000000000000)}, &ms, &vital));
	pulse_remove(&b);
	pulse_remove(&a);
}

/* More descriptors than the limit allows, because those that may are put above it. */
static void
descriptors_make_room_for_others(void **state)
{
	struct rlimit whole, limit;
	int fds[300];

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &whole), 0);
	if (whole.rlim_max < 2 * FD_SETSIZE) {
		print_message("SKIPPED: the hard limit of open files is too low\n");
		skip();
	}
	limit = whole;
	limit.rlim_cur = 200;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	for (int i = 0; i < 300; i++) {
		int low = dup(0);

		assert_true(low >= 0);
		errno = EINTR;
		fds[i] = descriptor_move_up(low);
		assert_int_equal(errno, EINTR);
		assert_true(fds[i] == low || fds[i] >= FD_SETSIZE);
		assert_true(fcntl(fds[i], F_GETFD) >= 0);
		assert_true(fds[i] == low || fcntl(low, F_GETFD) < 0);
	}
	assert_true(fds[0] < FD_SETSIZE);
	assert_true(fds[299] >= FD_SETSIZE);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(limit.rlim_cur, 200);
	assert_int_equal(descriptor_move_up(-1), -1);
	for (int i = 0; i < 300; i++)
		close(fds[i]);
	setrlimit(RLIMIT_NOFILE, &whole);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_pulse),
	    cmocka_unit_test(wall_times_read_like_rfc3339),
	    cmocka_unit_test(exact_moments),
	    cmocka_unit_test(lengths_of_time),
	    cmocka_unit_test(never_stays_never),
	    cmocka_unit_test(cutting_keeps_utf8_whole),
	    cmocka_unit_test(foreign_text_is_made_harmless),
	    cmocka_unit_test(numbers_are_short),
	    cmocka_unit_test(nearest_helps_only_where_near),
	    cmocka_unit_test(descriptors_make_room_for_others),
	    cmocka_unit_test(arena_gives_zeroed_aligned_memory),
	    cmocka_unit_test(mail_arrives_once_and_in_order),
	    cmocka_unit_test(quiet_mail_wakes_who_wants_it),
	    cmocka_unit_test(loop_serves_all_kinds_of_source),
	    cmocka_unit_test(loop_takes_together_what_is_there),
	    cmocka_unit_test(a_busy_loop_ends_its_turns),
	    cmocka_unit_test(the_watchdog_is_fed_while_work_is_done),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

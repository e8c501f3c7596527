/*
 * Late replies on a real pty: the fault that makes libmodbus hand out another register's value as
 * good, for ever. Times are a fifth of real ones: timeout 100 ms, replies after 160, 260, 600 ms.
 * `a_plain_client_goes_wrong` shows that the slave of these tests really sets the trap.
 */
#include "tests/unit/modbus_room.h"

#include "base/log.h"
#include "drivers/modbus/pace.h"

#include <modbus.h>

#define TIMEOUT_MS 100

/* arg: int64_t[2]: delay of a late reply in us, and how many of 100 are late. */
static void
late(struct bus *bus, struct act *a)
{
	const int64_t *how = bus->arg;

	if (a->unit == 1 && bus_random(bus) % 100 < (uint32_t)how[1])
		a->delay_us = how[0] > 0 ? how[0] : (int64_t)(bus_random(bus) % 500000);
	else
		a->delay_us = 2000;
}

struct figures {
	unsigned asked, good, wrong, other_good, other_asked;
	int64_t stalled_ms;
};

/*
 * Asks unit 1 (late at times) and unit 2 (never) in turn; longer where nothing was good yet. What
 * unit 2 has no CPU to answer in time is not counted.
 */
static void
poll_both(struct room *r, int64_t run_ms, bool some_good, struct figures *f)
{
	struct baton *b[2] = {baton_make(0, POLL_NORMAL, 2000), baton_make(1, POLL_NORMAL, 2000)};
	mono_t end = mono_add_ms(clock_mono(), run_ms);
	mono_t last = mono_add_ms(end, some_good ? 15000 : 0);
	struct stalls stalls;

	stalls_begin(&stalls);
	for (unsigned n = 0;
	     mono_before(clock_mono(), end) || (f->good == 0 && mono_before(clock_mono(), last));
	     n++) {
		int64_t before = stalls_ms(&stalls);
		unsigned other_before = f->other_good;

		for (int i = 0; i < 2; i++) {
			baton_empty(b[i]);
			for (unsigned k = 0; k < 3; k++)
				baton_add(b[i], TABLE_HOLDING, (n * 3 + k) * 4 % 4000, 2);
			r->driver->submit(r->link, b[i]);
		}
		for (int i = 0; i < 2; i++) {
			struct baton *x = room_take(r, 8000);

			assert_non_null(x);
			f->wrong += baton_wrong(r, x, x == b[0] ? &f->good : &f->other_good);
			*(x == b[0] ? &f->asked : &f->other_asked) += 3;
		}
		if (f->other_good < other_before + 3 &&
		    stalls_ms_whole(&stalls) >= before + STALLED_MS)
			f->other_asked -= 3 - (f->other_good - other_before);
	}
	f->stalled_ms = stalls_end(&stalls);
	baton_free(b[0]);
	baton_free(b[1]);
}

static void
run_late(int64_t delay_us, int64_t percent, int64_t run_ms, struct figures *f)
{
	int64_t how[2] = {delay_us, percent};
	struct bus bus = {.rule = late, .arg = how};
	uint32_t seed = (uint32_t)us_now() | 1;
	struct link_health h;
	struct room r;

	bus.random = seed;
	bus_plug(&bus);
	bus_start(&bus);
	room_init(&r, LINK_MODBUS_RTU, TIMEOUT_MS);
	r.link_spec.port = bus.port;
	room_open(&r);
	memset(f, 0, sizeof(*f));
	poll_both(&r, run_ms, percent < 100, f);
	h = room_health(&r);
	print_message(
	    "[   INFO   ] late %lld ms, %lld %%, seed %u: %u of %u good, other unit %u of "
	    "%u; %llu timeouts, %llu garbled, %llu fences\n",
	    (long long)(delay_us / 1000), (long long)percent, (unsigned)seed, f->good, f->asked,
	    f->other_good, f->other_asked, (unsigned long long)h.timeouts,
	    (unsigned long long)h.garbled, (unsigned long long)h.fences);
	assert_int_equal(f->wrong, 0);
	rtu_end(&r, &bus);
}

static void
a_plain_client_goes_wrong(void **state)
{
	int64_t how[2] = {160000, 10};
	struct bus bus = {.rule = late, .arg = how, .random = 3};
	unsigned wrong = 0;
	modbus_t *ctx;

	(void)state;
	bus_plug(&bus);
	bus_start(&bus);
	ctx = modbus_new_rtu(bus.port, 115200, 'N', 8, 1);
	modbus_set_slave(ctx, 1);
	modbus_set_response_timeout(ctx, 0, TIMEOUT_MS * 1000);
	assert_int_equal(modbus_connect(ctx), 0);
	for (int i = 0; i < 60; i++) {
		uint16_t word = 0;

		if (modbus_read_registers(ctx, i, 1, &word) == 1)
			wrong += word != true_word(1, 3, (unsigned)i);
	}
	modbus_close(ctx);
	modbus_free(ctx);
	print_message("[   INFO   ] plain libmodbus: %u of 60 values wrong\n", wrong);
	assert_true(wrong > 0);
	bus_stop(&bus);
}

static void
late_replies_never_become_values(void **state)
{
	static const int64_t delays_ms[] = {160, 260, 600};
	struct figures f;

	(void)state;
	for (int i = 0; i < 3; i++) {
		run_late(delays_ms[i] * 1000, 15, 1100, &f);
		assert_true(f.good > 0);
		assert_true(f.other_good * 10 >= f.other_asked * 8);
	}
}

static void
always_late_is_never_believed(void **state)
{
	struct figures f;

	(void)state;
	run_late(160000, 100, 900, &f);
	/* Held up for the 60 ms between its timeout and its reply, the driver has it in time. */
	assert_true(f.good == 0 || f.stalled_ms >= 60);
	assert_true(f.other_good * 10 >= f.other_asked * 8);
}

static void
random_lateness_never_becomes_a_value(void **state)
{
	struct figures f;

	(void)state;
	run_late(0, 20, 2000, &f);
	assert_true(f.good > 0);
	assert_true(f.other_good * 10 >= f.other_asked * 7);
}

/* Stopped like a hanging process: requests pile up in the pty and are all answered at once. */
static void
a_device_that_wakes_up_answers_for_the_past(void **state)
{
	struct room r;
	struct bus bus;
	struct baton *b = baton_make(0, POLL_NORMAL, 60);
	unsigned good = 0, wrong = 0, n = 0;

	(void)state;
	rtu_begin(&r, &bus, 30, NULL);
	for (int phase = 0; phase < 6; phase++) {
		mono_t end = mono_add_ms(clock_mono(), 400), last = mono_add_ms(end, 5000);
		unsigned before = good;
		bool awake = phase % 2 == 0;

		atomic_store(&bus.frozen, !awake);
		for (; mono_before(clock_mono(), end) ||
		       (awake && good < before + 8 && mono_before(clock_mono(), last));
		     n++) {
			baton_empty(b);
			for (unsigned k = 0; k < 4; k++)
				baton_add(b, TABLE_HOLDING, n % 900 * 4 + k, 1);
			room_ask(&r, b);
			wrong += baton_wrong(&r, b, &good);
		}
		if (awake)
			assert_true(good >= before + 8); /* believed again soon */
	}
	print_message("[   INFO   ] %u of %u good\n", good, n * 4);
	assert_int_equal(wrong, 0);
	rtu_end(&r, &bus);
	baton_free(b);
}

/* One register, nothing else: no other length, no other function. */
static void
one_register_only(struct bus *bus, struct act *a)
{
	a->silent = a->function != 3;
	if (a->address != 7 || a->count != 1)
		act_refuse(a, 2);
	if (bus_random(bus) % 100 < 10)
		a->delay_us = 60000;
}

static void
a_device_with_one_register_is_believed_again(void **state)
{
	struct bus bus = {.rule = one_register_only, .random = 11};
	struct room r;
	struct baton *b = baton_make(0, POLL_NORMAL, 1000);
	unsigned good = 0, asked = 0;
	mono_t end;

	(void)state;
	bus_plug(&bus);
	bus_start(&bus);
	room_init(&r, LINK_MODBUS_RTU, 40);
	r.link_spec.port = bus.port;
	room_open(&r);
	end = mono_add_ms(clock_mono(), 1000);
	baton_add(b, TABLE_HOLDING, 7, 1);
	for (; mono_before(clock_mono(), end); asked++) {
		room_ask(&r, b);
		assert_int_equal(baton_wrong(&r, b, &good), 0);
	}
	print_message("[   INFO   ] %u of %u good\n", good, asked);
	assert_true(good > 10);
	rtu_end(&r, &bus);
	baton_free(b);
}

/* Late as it is, unit 1 does not make unit 2 wait while its reply is awaited. */
static void
waiting_for_a_late_unit_holds_up_nobody(void **state)
{
	int64_t how[2] = {600000, 100};
	struct bus bus = {.rule = late, .arg = how, .random = 5};
	struct room r;
	struct baton *a = baton_make(0, POLL_NORMAL, 3000), *b = baton_make(1, POLL_NORMAL, 3000),
		     *x;
	mono_t end;
	unsigned good = 0, late_home = 0;

	(void)state;
	bus_plug(&bus);
	bus_start(&bus);
	room_init(&r, LINK_MODBUS_RTU, TIMEOUT_MS);
	r.link_spec.port = bus.port;
	room_open(&r);
	baton_add(a, TABLE_HOLDING, 10, 2);
	baton_add(b, TABLE_HOLDING, 20, 2);
	r.driver->submit(r.link, a);
	end = mono_add_ms(clock_mono(), 1500);
	while (mono_before(clock_mono(), end)) {
		r.driver->submit(r.link, b);
		while ((x = room_take(&r, 2000)) == a) {
			late_home++;
			assert_int_not_equal(a->answers[0].status, ANSWER_OK);
			r.driver->submit(r.link, a); /* at once again */
		}
		assert_ptr_equal(x, b);
		assert_int_equal(baton_wrong(&r, b, &good), 0);
	}
	print_message(
	    "[   INFO   ] late unit home %u times, the other good %u times\n", late_home, good);
	/* Waiting 600 ms between its questions, the late unit gets one in 600 ms. */
	assert_in_range(late_home, 2, 7);
	assert_true(good > 15);
	rtu_end(&r, &bus);
	baton_free(a);
	baton_free(b);
}

/* ---- learned timeouts ------------------------------------------------------------------------ */

/* arg: atomic_int: 0 all answer in 3 ms; 1 unit 1 is dead; 2 unit 1 needs 300 ms; 3 only unit 2
 * lives.
 */
static void
dead_or_slow(struct bus *bus, struct act *a)
{
	int how = atomic_load((atomic_int *)bus->arg);

	a->delay_us = a->unit == 1 && how == 2 ? 300000 : 3000;
	a->silent = (a->unit == 1 && how == 1) || (a->unit != 2 && how == 3);
}

struct learned {
	struct room room;
	struct bus bus;
	atomic_int how;
	struct baton *a, *b;
	struct stalls stalls;
	int64_t stalled_ms; /* while the driver learned */
};

static void
learned_begin_with(struct learned *t, unsigned rounds, int64_t timeout_ms)
{
	memset(t, 0, sizeof(*t));
	t->bus.rule = dead_or_slow;
	t->bus.arg = &t->how;
	bus_plug(&t->bus);
	bus_start(&t->bus);
	room_init(&t->room, LINK_MODBUS_RTU, timeout_ms);
	t->room.link_spec.port = t->bus.port;
	room_open(&t->room);
	t->a = baton_make(0, POLL_NORMAL, 3000);
	t->b = baton_make(1, POLL_NORMAL, 3000);
	stalls_begin(&t->stalls);
	for (unsigned n = 0; n < rounds;) {
		int64_t before = stalls_ms(&t->stalls);

		baton_empty(t->a);
		baton_add(t->a, TABLE_HOLDING, n * 9, 60);
		room_ask(&t->room, t->a);
		n += baton_answered(&t->room, t->a, &t->stalls, before);
	}
	t->stalled_ms = stalls_ms_whole(&t->stalls);
}

static void
learned_begin(struct learned *t, unsigned rounds)
{
	learned_begin_with(t, rounds, 800);
}

static void
learned_end(struct learned *t)
{
	(void)stalls_end(&t->stalls);
	rtu_end(&t->room, &t->bus);
	baton_free(t->a);
	baton_free(t->b);
}

struct beside {
	unsigned rounds, verdicts; /* of unit 2; of unit 1: did not answer */
	int64_t longest_us, sum_us, stalled_us;
};

/* Unit 2 is asked again and again for run_ms, unit 1 whenever it has been given up. */
static struct beside
ask_beside(struct learned *t, int64_t run_ms)
{
	struct beside s = {0};
	mono_t end = mono_add_ms(clock_mono(), run_ms);
	int64_t stalled_ms = -stalls_ms(&t->stalls);
	bool a_out = false;

	while (mono_before(clock_mono(), end) || a_out) {
		int64_t before = stalls_ms(&t->stalls), began = us_now();
		struct baton *x;

		if (!a_out)
			t->room.driver->submit(t->room.link, t->a);
		a_out = true;
		baton_empty(t->b);
		baton_add(t->b, TABLE_HOLDING, s.rounds * 5 % 3000, 3);
		t->room.driver->submit(t->room.link, t->b);
		for (int home = 0; home == 0 || (home == 1 && !mono_before(clock_mono(), end));) {
			x = room_take(&t->room, 5000);
			assert_non_null(x);
			home += x == t->b;
			if (x == t->a) {
				a_out = false;
				s.verdicts += x->answers[0].status == ANSWER_TIMEOUT;
			}
			if (home == 1 && !a_out)
				break;
		}
		began = us_now() - began;
		(void)baton_answered(&t->room, t->b, &t->stalls, before);
		s.sum_us += began;
		if (began > s.longest_us)
			s.longest_us = began;
		s.rounds++;
	}
	stalled_ms += stalls_ms_whole(&t->stalls);
	s.stalled_us = stalled_ms * 1000;
	return s;
}

static void
say_beside(const char *what, const struct beside *s)
{
	print_message(
	    "[   INFO   ] beside a dead unit, %s: %u rounds in 6 s, %.0f ms in mean, %.0f ms "
	    "at most; %u verdicts\n",
	    what, s->rounds, (double)s->sum_us / s->rounds / 1000, (double)s->longest_us / 1000,
	    s->verdicts);
}

/* Asked without a pause, which the poller never does: so the bus is all its own, or the others'. */
static void
a_dead_unit_costs_the_others_less(void **state)
{
	struct learned t;
	struct slave_health h;
	struct beside plain, learned;
	unsigned tries = 0;

	(void)state;
	learned_begin(&t, 1);
	atomic_store(&t.how, 1);
	plain = ask_beside(&t, 6000);
	say_beside("nothing learned", &plain);
	learned_end(&t);

	learned_begin(&t, 30);
	t.room.driver->slave(t.room.link, 0, &h);
	assert_in_range(h.timeout_ms, 50, 120 + PACE_TIMES * t.stalled_ms);
	atomic_store(&t.how, 1);
	learned = ask_beside(&t, 6000);
	say_beside("learned", &learned);
	assert_true(plain.verdicts >= 2 && learned.verdicts >= 2);
	assert_true((learned.sum_us - STALLS_CHAIN * learned.stalled_us) / learned.rounds <
		    plain.sum_us / plain.rounds);
	assert_true((plain.sum_us - STALLS_CHAIN * plain.stalled_us) / plain.rounds < 60000);
	atomic_store(&t.how, 0);
	do
		room_ask(&t.room, t.a);
	while (t.a->answers[0].status != ANSWER_OK && tries++ < 3);
	assert_int_equal(t.a->answers[0].status, ANSWER_OK);
	learned_end(&t);
}

static unsigned
asked_dead(struct bus *bus)
{
	return atomic_load(&bus->unit_requests[1]) + atomic_load(&bus->unit_requests[3]) +
	       atomic_load(&bus->unit_requests[4]);
}

/* Units 1, 3 and 4 are dead and asked without a pause: nine tenths of the time are unit 2's. */
static void
many_dead_units_share_their_part(void **state)
{
	struct learned t;
	struct baton *dead[] = {baton_make(0, POLL_FAST, 4000), baton_make(2, POLL_FAST, 4000),
	    baton_make(3, POLL_FAST, 4000)};
	unsigned rounds = 0, verdicts[UNITS] = {0}, asked = 0;
	int64_t lost_us = 0;

	(void)state;
	learned_begin(&t, 1);
	atomic_store(&t.how, 3);
	for (size_t i = 0; i < sizeof(dead) / sizeof(dead[0]); i++) {
		baton_add(dead[i], TABLE_HOLDING, 7, 2);
		t.room.driver->submit(t.room.link, dead[i]);
	}
	/* The first ones tell that they are dead, and use up what was saved. */
	for (mono_t start = clock_mono(), now = start; mono_ms_between(now, start) < 20000;
	     now = clock_mono()) {
		bool counts = mono_ms_between(now, start) >= 10000;
		struct baton *x;
		int64_t before = stalls_ms(&t.stalls), began_us = us_now();

		baton_empty(t.b);
		baton_add(t.b, TABLE_HOLDING, rounds * 5 % 3000, 3);
		t.room.driver->submit(t.room.link, t.b);
		while ((x = room_take(&t.room, 5000)) != t.b) {
			assert_non_null(x);
			verdicts[x->device] += counts;
			t.room.driver->submit(t.room.link, x);
		}
		(void)baton_answered(&t.room, t.b, &t.stalls, before);
		rounds += counts;
		/* Long without a question to a dead unit: others had the machine, not the bus. */
		if (counts && us_now() - began_us > 50000 && asked_dead(&t.bus) != asked)
			lost_us += us_now() - began_us;
		asked = asked_dead(&t.bus);
		usleep(1000);
	}
	print_message(
	    "[   INFO   ] beside three dead units: %u rounds in 10 s, %.1f %% of the time not its "
	    "own; verdicts %u, %u, %u\n",
	    rounds, (double)lost_us / 1e5, verdicts[0], verdicts[2], verdicts[3]);
	assert_true(lost_us <= 1200000);
	for (int d = 0; d < UNITS; d++)
		assert_true(d == 1 || verdicts[d] >= 1); /* none is forgotten */
	t.room.driver->close(t.room.link);
	t.room.link = NULL;
	learned_end(&t);
	for (size_t i = 0; i < sizeof(dead) / sizeof(dead[0]); i++)
		baton_free(dead[i]);
}

/* From 3 to 300 ms: no poll fails for it, and no reply goes to another question. */
static void
a_unit_that_grows_slow_is_not_given_up(void **state)
{
	struct learned t;
	struct slave_health h;
	unsigned stalled = 0;

	(void)state;
	learned_begin(&t, 30);
	t.room.driver->slave(t.room.link, 0, &h);
	stalled += (unsigned)h.silent;
	atomic_store(&t.how, 2);
	for (unsigned n = 0; n < 12; n++) {
		int64_t before = stalls_ms(&t.stalls);

		baton_empty(t.a);
		baton_add(t.a, TABLE_HOLDING, 500 + n * 3, 4 + n % 3);
		room_ask(&t.room, t.a);
		stalled += baton_answered(&t.room, t.a, &t.stalls, before) ? 0 : 2;
	}
	t.room.driver->slave(t.room.link, 0, &h);
	assert_int_equal(h.timeout_ms, 800);
	assert_in_range(h.late + h.silent, 1, 3 + stalled);
	atomic_store(&t.how, 0);
	learned_end(&t);
}

/* ---- nobody is lost for a moment ------------------------------------------------------------- */

struct thaw {
	struct bus *bus;
	int64_t after_ms;
};

static void *
thaw_later(void *arg)
{
	const struct thaw *t = arg;

	usleep((useconds_t)t->after_ms * 1000);
	atomic_store(&t->bus->frozen, false);
	return NULL;
}

/* Stands still for so long, whoever asks. */
static pthread_t
freeze(struct learned *t, struct thaw *thaw)
{
	pthread_t thread;

	thaw->bus = &t->bus;
	atomic_store(&t->bus.frozen, true);
	usleep(5000); /* it is seen within 2 ms */
	assert_int_equal(pthread_create(&thread, NULL, thaw_later, thaw), 0);
	return thread;
}

/* A timeout of 1200 ms is 1200 ms, however quick the unit has always been. */
static void
a_pause_is_no_loss(void **state)
{
	struct thaw thaw = {.after_ms = 1000};
	pthread_t thread;
	struct learned t;
	int64_t ms = 1, stalled_ms = STALLED_MS;

	(void)state;
	/* Where it was frozen for longer, because nobody had CPU to thaw it, again. */
	for (int tries = 0; ms > 0 && stalled_ms >= STALLED_MS && tries < 10; tries++) {
		learned_begin_with(&t, 30, 1200);
		thread = freeze(&t, &thaw);
		stalled_ms = -stalls_ms(&t.stalls);
		ms = room_lose(&t.room, t.a);
		stalled_ms += stalls_ms_whole(&t.stalls);
		pthread_join(thread, NULL);
		learned_end(&t);
	}
	assert_int_equal(ms, 0);

	learned_begin_with(&t, 30, 1200);
	atomic_store(&t.how, 1);
	stalled_ms = -stalls_ms(&t.stalls);
	ms = room_lose(&t.room, t.a);
	stalled_ms += stalls_ms_whole(&t.stalls);
	print_message("[   INFO   ] lost after %lld ms of silence\n", (long long)ms);
	assert_in_range(ms, 1200, 1600 + STALLS_CHAIN * stalled_ms);
	learned_end(&t);
}

/* Until the verdict on unit 1 its timeout must pass, but not on the bus: that is the others'. */
static void
waiting_for_a_verdict_holds_up_nobody(void **state)
{
	struct learned t;
	struct beside s;

	(void)state;
	learned_begin_with(&t, 30, 2000);
	atomic_store(&t.how, 1);
	s = ask_beside(&t, 2500);
	print_message("[   INFO   ] the other waited for %lld ms at most; %u verdicts\n",
	    (long long)s.longest_us / 1000, s.verdicts);
	assert_true(s.verdicts >= 2);
	assert_in_range(s.longest_us / 1000, 1, 450 + STALLS_CHAIN * s.stalled_us / 1000);
	learned_end(&t);
}

/* Somebody spoke unasked, so the unit is fenced: a fence read has a learned timeout as well. */
static void
a_fence_read_is_no_verdict(void **state)
{
	struct thaw thaw = {.after_ms = 300};
	struct act stray = {.unit = 1, .function = 3};
	pthread_t thread;
	struct learned t;
	bool good = false;

	(void)state;
	stray.bytes = true_reply(stray.reply, 1, 3, 7, 2);
	act_seal(&stray);
	for (int tries = 0; !good && tries < 10; tries++) {
		int64_t before;

		learned_begin(&t, 30);
		assert_int_equal(
		    write(t.bus.master, stray.reply, stray.bytes), (ssize_t)stray.bytes);
		usleep(100000);
		thread = freeze(&t, &thaw);
		before = stalls_ms(&t.stalls);
		room_ask(&t.room, t.a);
		good = baton_answered(&t.room, t.a, &t.stalls, before);
		pthread_join(thread, NULL);
		learned_end(&t);
	}
	assert_true(good);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    MODBUS_TEST(a_plain_client_goes_wrong),
	    MODBUS_TEST(late_replies_never_become_values),
	    MODBUS_TEST(always_late_is_never_believed),
	    MODBUS_TEST(random_lateness_never_becomes_a_value),
	    MODBUS_TEST(a_device_that_wakes_up_answers_for_the_past),
	    MODBUS_TEST(a_device_with_one_register_is_believed_again),
	    MODBUS_TEST(waiting_for_a_late_unit_holds_up_nobody),
	    MODBUS_TEST(a_dead_unit_costs_the_others_less),
	    MODBUS_TEST(many_dead_units_share_their_part),
	    MODBUS_TEST(a_unit_that_grows_slow_is_not_given_up),
	    MODBUS_TEST(a_pause_is_no_loss),
	    MODBUS_TEST(waiting_for_a_verdict_holds_up_nobody),
	    MODBUS_TEST(a_fence_read_is_no_verdict),
	};

	log_set_level(LOG_LEVEL_ERR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

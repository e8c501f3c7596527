/* core/poller, poll, timers: beats, phases, back-off, confirming, what a refusal means. */
#include "heart_room.h"

#include "core/poll.h"
#include "core/poller.h"
#include "core/timers.h"

static struct point_spec points[3];
static struct profile profile;
static struct room *r;

/* One point of each class, each a question of its own. */
static int
setup(void **state)
{
	(void)state;
	points[0] = room_point("fast", 0, POLL_FAST);
	points[1] = room_point("normal", 20, POLL_NORMAL);
	points[2] = room_point("slow", 40, POLL_SLOW);
	profile = room_profile(points, COUNT(points));
	r = room_new();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	room_free(r);
	return 0;
}

static const struct device_state *
device(int d)
{
	return &core_devices(r->core)[d];
}

/* ---- timers ---------------------------------------------------------------------------------- */

static void
timers_come_in_order(void **state)
{
	struct arena *a = arena_new();
	struct timers t;
	unsigned seed = 11;
	int64_t shadow[50];
	size_t id;

	(void)state;
	timers_init(&t, a, COUNT(shadow));
	assert_int_equal(timers_next(&t).us, MONO_NEVER.us);
	assert_false(timers_take(&t, MONO_NEVER, &id));
	for (size_t i = 0; i < COUNT(shadow); i++)
		shadow[i] = INT64_MAX;
	for (int step = 0; step < 20000; step++) {
		size_t i = (seed = seed * 1103515245u + 12345u) / 65536 % COUNT(shadow);
		int64_t at = (seed = seed * 1103515245u + 12345u) / 65536 % 1000;
		int64_t least = INT64_MAX;

		shadow[i] = at < 100 ? INT64_MAX : at;
		timers_set(&t, i, (mono_t){shadow[i]});
		for (size_t k = 0; k < COUNT(shadow); k++)
			least = shadow[k] < least ? shadow[k] : least;
		assert_int_equal(timers_next(&t).us, least);
		if (at % 3 == 0 && timers_take(&t, (mono_t){at}, &id)) {
			assert_int_equal(shadow[id], least);
			assert_true(least <= at);
			shadow[id] = INT64_MAX;
		}
	}
	arena_free(a);
}

/* ---- one poll -------------------------------------------------------------------------------- */

static void
what_an_answer_says_of_the_device(void **state)
{
	static const struct {
		enum answer_status status[2];
		uint8_t code;
		enum poll_result result;
		enum answer_status worst;
	} cases[] = {
	    {{ANSWER_OK, ANSWER_OK}, 0, POLL_ALIVE, ANSWER_OK},
	    {{ANSWER_OK, ANSWER_TIMEOUT}, 0, POLL_ALIVE, ANSWER_TIMEOUT},
	    {{ANSWER_TIMEOUT, ANSWER_NONE}, 0, POLL_DEAD, ANSWER_TIMEOUT},
	    {{ANSWER_GARBLED, ANSWER_GARBLED}, 0, POLL_DEAD, ANSWER_GARBLED},
	    {{ANSWER_NO_LINK, ANSWER_NONE}, 0, POLL_DEAD, ANSWER_NO_LINK},
	    {{ANSWER_REFUSED, ANSWER_REFUSED}, 2, POLL_ALIVE, ANSWER_REFUSED},
	    {{ANSWER_REFUSED, ANSWER_NONE}, 6, POLL_ALIVE, ANSWER_REFUSED},
	    {{ANSWER_REFUSED, ANSWER_REFUSED}, 11, POLL_DEAD, ANSWER_REFUSED},
	    {{ANSWER_REFUSED, ANSWER_TIMEOUT}, 10, POLL_DEAD, ANSWER_TIMEOUT},
	    {{ANSWER_NONE, ANSWER_TIMEOUT}, 0, POLL_DEAD, ANSWER_TIMEOUT},
	    {{ANSWER_NONE, ANSWER_NONE}, 0, POLL_UNASKED, ANSWER_NONE},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct ask asks[2] = {{.table = TABLE_INPUT}, {.table = TABLE_INPUT}};
		struct answer answers[2] = {
		    {.status = cases[i].status[0], .code = cases[i].code},
		    {.status = cases[i].status[1], .code = cases[i].code},
		};
		struct baton b = {.asks = asks, .answers = answers, .ask_count = 2};
		struct poll_verdict v = poll_judge(&b);

		assert_int_equal(v.result, cases[i].result);
		assert_int_equal(v.worst, cases[i].worst);
	}
}

static void
refusals_by_code(void **state)
{
	/* Modbus Application Protocol V1.1b3, 7; there is no 7 and no 9 any more. */
	static const enum refusal by_code[] = {[0] = REFUSAL_NOT_NOW,
	    [1] = REFUSAL_FUNCTION,
	    [2] = REFUSAL_ADDRESS,
	    [3] = REFUSAL_ADDRESS,
	    [4] = REFUSAL_NOT_NOW,
	    [5] = REFUSAL_NOT_NOW,
	    [6] = REFUSAL_NOT_NOW,
	    [7] = REFUSAL_NOT_NOW,
	    [8] = REFUSAL_NOT_NOW,
	    [9] = REFUSAL_NOT_NOW,
	    [10] = REFUSAL_ABSENT,
	    [11] = REFUSAL_ABSENT};

	(void)state;
	for (unsigned code = 0; code < 256; code++)
		for (enum table table = TABLE_COIL; table <= TABLE_INPUT; table++)
			assert_int_equal(refusal_of(table, (uint8_t)code),
			    code < sizeof(by_code) / sizeof(by_code[0]) ? by_code[code]
									: REFUSAL_NOT_NOW);
	assert_int_equal(refusal_of(TABLE_OID, 2), REFUSAL_ADDRESS);
	assert_int_equal(refusal_of(TABLE_OID, SNMP_REFUSED_NO_INSTANCE), REFUSAL_ADDRESS);
	assert_int_equal(refusal_of(TABLE_OID, 5), REFUSAL_NOT_NOW);
	assert_int_equal(refusal_of(TABLE_OID, 16), REFUSAL_FUNCTION);
}

static void
budgets(void **state)
{
	static const struct snmp_target target = {.address = "10.0.0.7", .port = 161};
	struct rooms rooms[3] = {{0}};
	struct arena *a = rooms[0].arena = rooms[1].arena = rooms[2].arena = arena_new();
	struct poll q[3] = {{.index = 0}};

	(void)state;
	points[0].poll = POLL_NORMAL; /* two questions of 800 ms, a second for each round */
	room_device(r, &profile, NULL, 0);
	poll_init(&q[0], &rooms[0], &r->site, 0, POLL_NORMAL, NULL, NULL);
	rooms_open(&rooms[0]);
	poll_load(&q[0], (mono_t){1});
	assert_int_equal(q[0].baton.ask_count, 2);
	assert_int_equal(q[0].baton.budget_ms, 800);
	r->devices[0].period_ms[POLL_NORMAL] = 60000;
	poll_init(&q[1], &rooms[1], &r->site, 0, POLL_NORMAL, NULL, NULL);
	rooms_open(&rooms[1]);
	poll_load(&q[1], (mono_t){1});
	assert_int_equal(q[1].baton.budget_ms, 1600);
	r->devices[0].snmp = &target; /* its tries, however many OIDs */
	r->devices[0].period_ms[POLL_NORMAL] = 2000;
	poll_init(&q[2], &rooms[2], &r->site, 0, POLL_NORMAL, NULL, NULL);
	rooms_open(&rooms[2]);
	poll_load(&q[2], (mono_t){1});
	assert_int_equal(q[2].baton.budget_ms, 2000);
	poll_load_probe(&q[0]);
	assert_int_equal(q[0].baton.ask_count, 1);
	room_start(r, 1);
	arena_free(a);
}

/* ---- beats ----------------------------------------------------------------------------------- */

static int64_t starts_us[16][4000];
static size_t start_count[16];

/* Notes when batons of this class start, by device. */
static enum poll_class noted_class;

static void
note_submit(void *arg, struct baton *b)
{
	struct room *room = arg;

	if (b->urgency == noted_class && !b->facts && start_count[b->device] < 4000)
		starts_us[b->device][start_count[b->device]++] = room->now.mono.us;
	room_submit(arg, b);
}

static void
start_noting(enum poll_class class, uint32_t seed)
{
	const struct core_out out = {.arg = r, .submit = note_submit, .event = room_event};

	noted_class = class;
	memset(start_count, 0, sizeof(start_count));
	r->core = core_new(&r->site, &out, 1, seed);
}

static void
beats_keep_their_grid(void **state)
{
	int64_t grid;

	(void)state;
	room_device(r, &profile, NULL, 0);
	r->fakes[0].latency_ms = 313;
	start_noting(POLL_NORMAL, 5);
	room_run(r, 600000);
	assert_in_range(start_count[0], 600, 603);
	grid = starts_us[0][10] % 1000000;
	for (size_t i = 3; i < start_count[0]; i++) {
		assert_int_equal(starts_us[0][i] % 50000, 0);      /* on a tick */
		assert_int_equal(starts_us[0][i] % 1000000, grid); /* no drift in ten minutes */
	}
}

static void
devices_are_spread(void **state)
{
	unsigned in_tick[20] = {0}, busiest = 0;

	(void)state;
	for (int i = 0; i < 8; i++)
		room_device(r, &profile, NULL, 0);
	start_noting(POLL_NORMAL, 9);
	room_run(r, 10000);
	for (int d = 0; d < 8; d++)
		in_tick[starts_us[d][5] / 50000 % 20]++;
	for (size_t i = 0; i < COUNT(in_tick); i++)
		busiest = in_tick[i] > busiest ? in_tick[i] : busiest;
	assert_in_range(busiest, 1, 2); /* eight devices over twenty ticks of a second */
}

/* Eight fast devices wake the program once; eight more at another time of the period. */
static void
fast_polls_go_together(void **state)
{
	static const struct snmp_target target;
	int64_t grid[2];

	(void)state;
	for (int i = 0; i < 16; i++)
		r->devices[room_device(r, &profile, NULL, 0)].snmp = &target;
	start_noting(POLL_FAST, 9);
	room_run(r, 10000);
	grid[0] = starts_us[0][5] % 200000;
	grid[1] = starts_us[8][5] % 200000;
	assert_int_not_equal(grid[0], grid[1]);
	for (int d = 0; d < 16; d++) {
		assert_int_equal(starts_us[d][20] % POLLER_TICK_US, 0);
		assert_int_equal(starts_us[d][20] % 200000, grid[d / 8]);
	}
}

/* On one wire they would wait for each other. */
static void
fast_polls_of_one_wire_stay_apart(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++)
		room_device(r, &profile, NULL, 0);
	start_noting(POLL_FAST, 9);
	room_run(r, 10000);
	for (int d = 1; d < 4; d++)
		assert_int_not_equal(starts_us[d][20] % 200000, starts_us[0][20] % 200000);
}

/* A room of eight devices sleeps through most of the second. */
static void
normal_polls_go_together(void **state)
{
	static const struct snmp_target target;

	(void)state;
	for (int i = 0; i < 8; i++)
		r->devices[room_device(r, &profile, NULL, 0)].snmp = &target;
	start_noting(POLL_NORMAL, 9);
	room_run(r, 10000);
	for (int d = 1; d < 8; d++)
		assert_int_equal(starts_us[d][5] % 1000000, starts_us[0][5] % 1000000);
}

static void
the_seed_decides(void **state)
{
	int64_t first[2];

	(void)state;
	room_device(r, &profile, NULL, 0);
	for (int i = 0; i < 2; i++) {
		mono_t began = r->now.mono;

		start_noting(POLL_FAST, 1234);
		room_run(r, 3000);
		first[i] = starts_us[0][0] - began.us;
		r->now.mono = began;
		r->out_count = 0;
		r->event_count = 0;
		r->event_total = 0;
		core_free(r->core);
	}
	assert_int_equal(first[0], first[1]);
	start_noting(POLL_FAST, 1234);
}

/* A poll that is still out at its next beat skips it; two are never out (room_submit checks). */
static void
late_polls_skip_beats(void **state)
{
	(void)state;
	room_device(r, &profile, NULL, 0);
	r->fakes[0].latency_ms = 450;
	start_noting(POLL_FAST, 5);
	room_run(r, 60000);
	/* 200 ms asked for, 450 ms needed: two beats of three are skipped. */
	assert_in_range(start_count[0], 99, 103);
	assert_in_range(device(0)->stats.skipped, 195, 203);
}

/* A loop that was held for a while does not fire everything that it missed. */
static void
a_late_loop_asks_once(void **state)
{
	size_t before;

	(void)state;
	room_device(r, &profile, NULL, 0);
	start_noting(POLL_NORMAL, 5);
	room_run(r, 10000);
	before = start_count[0];
	r->now.mono.us += 30000000;
	room_turn(r);
	assert_int_equal(start_count[0], before + 1);
	room_run(r, 3000);
	assert_in_range(start_count[0], before + 3, before + 4);
}

static void
the_loop_may_sleep(void **state)
{
	(void)state;
	points[0].poll = POLL_SLOW;
	room_device(r, &profile, NULL, 0);
	room_start(r, 5);
	room_run(r, 10000);
	r->turns = 0;
	room_run(r, 60000);
	/* 60 normal and 12 slow polls, out and home, and a little housekeeping. */
	assert_true(r->turns <= 2 * (60 + 12) + 60);
}

/* ---- phases ---------------------------------------------------------------------------------- */

static void
a_failure_is_confirmed_at_once(void **state)
{
	int64_t failed_us, lost_us;

	(void)state;
	room_device(r, &profile, NULL, 0);
	room_start(r, 5);
	room_run(r, 10000);
	r->fakes[0].silent = true;
	while (room_phase(r, 0) == DEVICE_ONLINE)
		room_run(r, 1);
	failed_us = r->now.mono.us;
	assert_int_equal(room_phase(r, 0), DEVICE_FAILING);
	while (room_phase(r, 0) == DEVICE_FAILING)
		room_run(r, 1);
	lost_us = r->now.mono.us;
	assert_int_equal(room_phase(r, 0), DEVICE_LOST);
	/* One timeout and at most a tick: nobody waited for the next beat. */
	assert_in_range(lost_us - failed_us, 800000, 850000);
	assert_int_equal(device(0)->fails, 2);
	assert_int_equal(device(0)->fault, ANSWER_TIMEOUT);
}

static void
one_missed_poll_is_no_event(void **state)
{
	size_t events;

	(void)state;
	room_device(r, &profile, NULL, 0);
	room_start(r, 5);
	room_run(r, 10000);
	events = r->event_count;
	r->fakes[0].silent = true;
	while (room_phase(r, 0) == DEVICE_ONLINE)
		room_run(r, 1);
	r->fakes[0].silent = false;
	room_run(r, 20000);
	assert_int_equal(room_phase(r, 0), DEVICE_ONLINE);
	assert_int_equal(r->event_count, events);
	for (size_t p = 0; p < COUNT(points); p++)
		assert_int_equal(room_state(r, 0, p)->quality, QUALITY_GOOD);
}

/* A slow poll that was missed once is not left until its next beat. */
static void
a_missed_slow_poll_is_repeated(void **state)
{
	mono_t read;

	(void)state;
	room_device(r, &profile, NULL, 0);
	/* Another on its wire: no two of its classes go out, and come home, in one instant. */
	room_device(r, &profile, NULL, 0);
	r->devices[0].period_ms[POLL_SLOW] = 60000;
	r->devices[0].stale_after_ms[POLL_SLOW] = 180000;
	room_start(r, 5);
	room_run(r, 200000);
	read = room_state(r, 0, 2)->read_at;
	r->fakes[0].dead[40] = true;
	while (room_phase(r, 0) == DEVICE_ONLINE)
		room_run(r, 1);
	r->fakes[0].dead[40] = false;
	room_run(r, 1000);
	assert_true(mono_before(read, room_state(r, 0, 2)->read_at));
}

/* A silent device holds its wire with one question round at a time. */
static void
one_at_a_time_while_in_doubt(void **state)
{
	size_t most = 0;

	(void)state;
	room_device(r, &profile, NULL, 0);
	r->devices[0].lost_after = 5;
	r->fakes[0].silent = true;
	room_start(r, 5);
	for (int i = 0; i < 60000; i++) {
		room_run(r, 1);
		most = r->out_count > most ? r->out_count : most;
	}
	assert_int_equal(room_phase(r, 0), DEVICE_LOST);
	assert_int_equal(most, 1);
	r->fakes[0].silent = false;
	room_run(r, 61000);
	assert_int_equal(room_phase(r, 0), DEVICE_ONLINE);
	r->fakes[0].silent = true;
	while (room_phase(r, 0) == DEVICE_ONLINE || r->out_count > 1)
		room_run(r, 1);
	while (room_phase(r, 0) == DEVICE_FAILING) {
		assert_true(r->out_count <= 1);
		room_run(r, 1);
	}
}

/* Polls that were out together fail together: that is one silence, not two. */
static void
polls_out_together_count_once(void **state)
{
	(void)state;
	room_device(r, &profile, NULL, 0);
	r->devices[0].lost_after = 3;
	room_start(r, 5);
	r->fakes[0].latency_ms = 700;
	room_run(r, 20000);
	r->fakes[0].silent = true;
	while (room_phase(r, 0) == DEVICE_ONLINE)
		room_run(r, 1);
	assert_int_equal(device(0)->fails, 1);
	while (r->out_count > 1)
		room_run(r, 1);
	assert_int_equal(room_phase(r, 0), DEVICE_FAILING);
	assert_in_range(device(0)->fails, 1, 2);
	room_run(r, 10000);
	assert_int_equal(room_phase(r, 0), DEVICE_LOST);
}

/* However long it was away: between two tries are four seconds at most, and each is one question.
 */
static void
what_is_lost_is_tried_every_four_seconds(void **state)
{
	int64_t last, longest = 0, shortest = INT64_MAX;
	unsigned polls, probes;

	(void)state;
	room_device(r, &profile, NULL, 0);
	room_start(r, 5);
	room_run(r, 10000);
	r->fakes[0].silent = true;
	room_run(r, 15000);
	assert_int_equal(room_phase(r, 0), DEVICE_LOST);
	polls = r->fakes[0].polls;
	probes = r->fakes[0].probes;
	last = r->fakes[0].last_ms;
	for (int i = 0; i < 3600 * 20; i++) {
		room_run(r, 50);
		if (r->fakes[0].last_ms != last) {
			int64_t gap = r->fakes[0].last_ms - last;

			last = r->fakes[0].last_ms;
			longest = gap > longest ? gap : longest;
			shortest = gap < shortest ? gap : shortest;
		}
	}
	assert_in_range(longest, 3900, 4050); /* from start to start, and a tick */
	assert_in_range(shortest, 3000, 3100);
	assert_int_equal(device(0)->backoff_ms, POLLER_BACKOFF_MAX_MS);
	polls = r->fakes[0].polls - polls;
	assert_in_range(polls, 900, 1200);
	assert_int_equal(r->fakes[0].probes - probes, polls); /* one question each */

	r->fakes[0].silent = false;
	room_run(r, 61000);
	assert_int_equal(room_phase(r, 0), DEVICE_ONLINE);
	assert_int_equal(device(0)->backoff_ms, 0);
	assert_int_equal(device(0)->fails, 0);
}

/* From the return of a device to good values of all its points, at whatever moment it returns. */
static void
back_within_five_seconds(void **state)
{
	(void)state;
	room_device(r, &profile, NULL, 0);
	room_start(r, 5);
	room_run(r, 10000);
	for (int i = 0; i < 40; i++) {
		int64_t back_us;

		r->fakes[0].silent = true;
		room_run(r, 60000 + i * 611 + (i == 39 ? 86400000 : 0));
		r->fakes[0].silent = false;
		back_us = r->now.mono.us;
		for (size_t p = 0; p < COUNT(points); p++)
			while (room_state(r, 0, p)->quality != QUALITY_GOOD)
				room_run(r, 10);
		assert_true(r->now.mono.us - back_us <= 5000000);
	}
}

/* The first sign of life: everything at once, not at the next beat of each. */
static void
back_means_all_at_once(void **state)
{
	mono_t back;

	(void)state;
	room_device(r, &profile, NULL, 0);
	/* Another on its wire: no two of its classes go out, and come home, in one instant. */
	room_device(r, &profile, NULL, 0);
	r->devices[0].period_ms[POLL_SLOW] = 60000;
	r->devices[0].stale_after_ms[POLL_SLOW] = 180000;
	room_start(r, 5);
	room_run(r, 90000);
	r->fakes[0].silent = true;
	room_run(r, 30000);
	r->fakes[0].silent = false;
	while (room_phase(r, 0) != DEVICE_ONLINE)
		room_run(r, 1);
	back = r->now.mono;
	room_run(r, 100);
	for (size_t p = 0; p < COUNT(points); p++) {
		assert_int_equal(room_state(r, 0, p)->quality, QUALITY_GOOD);
		assert_true(mono_ms_between(room_state(r, 0, p)->read_at, back) >= -1);
	}
}

/* An edge or a trap while the question is out: what comes home may be older than the news. */
static void
poll_now_is_not_lost_while_a_poll_is_out(void **state)
{
	struct point_spec slow = room_point("slow", 0, POLL_SLOW);
	struct profile single = room_profile(&slow, 1);
	unsigned polls;

	(void)state;
	room_device(r, &single, NULL, 0);
	r->fakes[0].latency_ms = 300;
	room_start(r, 3);
	room_run(r, 15000);
	while (r->out_count == 0)
		room_run(r, 10);
	polls = r->fakes[0].polls;
	for (int i = 0; i < 5; i++)
		core_poll_now(r->core, 0, &r->now); /* once is enough for all of them */
	room_run(r, 2000);
	assert_int_equal(r->fakes[0].polls, polls + 2);
}

static void
poll_now_overrides_the_backoff(void **state)
{
	(void)state;
	room_device(r, &profile, NULL, 0);
	room_start(r, 5);
	r->fakes[0].silent = true;
	room_run(r, 3600000);
	r->fakes[0].silent = false;
	core_poll_now(r->core, 0, &r->now);
	core_poll_now(r->core, 7, &r->now); /* no such device */
	core_poll_now(r->core, NO_INDEX, &r->now);
	room_run(r, 900); /* a probe may have been out: one more follows it at once */
	assert_int_equal(room_phase(r, 0), DEVICE_ONLINE);
}

/* A baton that comes home unasked (its link was closing) says nothing about the device. */
static void
unasked_is_no_failure(void **state)
{
	(void)state;
	room_device(r, &profile, NULL, 0);
	room_start(r, 5);
	room_run(r, 10000);
	r->fakes[0].mute = true;
	room_run(r, 2000);
	assert_int_equal(room_phase(r, 0), DEVICE_ONLINE);
	assert_int_equal(device(0)->fails, 0);
	room_run(r, 30000);
	assert_int_equal(room_state(r, 0, 1)->quality, QUALITY_STALE); /* but values get old */
	r->fakes[0].mute = false;
	room_run(r, 6000);
	assert_int_equal(room_state(r, 0, 1)->quality, QUALITY_GOOD);
}

/* A class that never answers is no reason to give up the device. */
static void
a_dead_class_takes_nothing_down(void **state)
{
	(void)state;
	room_device(r, &profile, NULL, 0);
	r->fakes[0].dead[40] = true;
	room_start(r, 5);
	room_run(r, 600000);
	assert_int_equal(room_count(r, EVENT_DEVICE, 0), 1);
	assert_true(mono_ms_between(r->now.mono, room_state(r, 0, 0)->read_at) <= 1100);
	assert_int_equal(room_state(r, 0, 2)->quality, QUALITY_NEVER);
}

/* Four questions, of which the budget lets two through each time: all are read in turn. */
static void
nothing_starves_at_the_tail(void **state)
{
	struct point_spec many[4];
	struct profile slow;
	int d;

	(void)state;
	for (size_t i = 0; i < COUNT(many); i++)
		many[i] = room_point("value", (uint16_t)(i * 15), POLL_NORMAL);
	slow = room_profile(many, COUNT(many));
	d = room_device(r, &slow, NULL, 0);
	r->fakes[d].most = 2;
	room_start(r, 1);
	room_run(r, 10000);
	for (int i = 0; i < 60; i++) {
		room_run(r, 1000);
		for (size_t p = 0; p < COUNT(many); p++)
			assert_int_equal(room_state(r, d, p)->quality, QUALITY_GOOD);
	}
}

/* The class that a device refuses is not the one that finds out whether it is back. */
static void
a_refused_class_is_no_probe(void **state)
{
	size_t probes = 0;
	int d;

	(void)state;
	d = room_device(r, &profile, NULL, 0);
	r->fakes[d].refuse[0] = 2;
	room_start(r, 1);
	room_run(r, 5000);
	assert_int_equal(room_phase(r, d), DEVICE_ONLINE);
	r->fakes[d].silent = true;
	room_run(r, 10000);
	assert_int_equal(room_phase(r, d), DEVICE_LOST);
	for (int i = 0; i < 300000; i++) {
		room_run(r, 1);
		for (size_t k = 0; k < r->out_count; k++, probes++)
			assert_int_not_equal(r->out[k].baton->asks[0].address, 0);
	}
	assert_true(probes > 0);
}

static void
one_dead_device_slows_no_other(void **state)
{
	uint64_t polls;

	(void)state;
	for (int i = 0; i < 4; i++)
		room_device(r, &profile, NULL, 0);
	room_start(r, 5);
	room_run(r, 10000);
	r->fakes[2].silent = true;
	room_run(r, 10000);
	polls = device(1)->stats.polls;
	room_run(r, 60000);
	assert_in_range(device(1)->stats.polls - polls, 300 + 60 + 12 - 3, 300 + 60 + 12 + 3);
	assert_int_equal(device(1)->stats.skipped, 0);
}

static void
figures_of_a_device(void **state)
{
	const struct device_stats *s;
	uint32_t binned = 0;

	(void)state;
	room_device(r, &profile, NULL, 0);
	room_start(r, 5);
	room_run(r, 10000);
	s = &device(0)->stats;
	assert_int_equal(s->good, s->questions);
	assert_int_equal(s->round_trip_max_us, 20000);
	assert_int_equal(s->round_trip_sum_us, (int64_t)s->good * 20000);
	for (size_t i = 0; i < ROUND_TRIP_BINS; i++)
		binned += s->bins[i];
	assert_int_equal(binned, s->good);
	assert_int_equal(s->bins[15], s->good); /* 16384 <= 20000 < 32768 */
	assert_int_equal(device(0)->trace[0].asked, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(timers_come_in_order),
	    cmocka_unit_test(what_an_answer_says_of_the_device),
	    cmocka_unit_test(refusals_by_code),
	    TEST(budgets),
	    TEST(beats_keep_their_grid),
	    TEST(devices_are_spread),
	    TEST(fast_polls_go_together),
	    TEST(fast_polls_of_one_wire_stay_apart),
	    TEST(normal_polls_go_together),
	    TEST(the_seed_decides),
	    TEST(late_polls_skip_beats),
	    TEST(a_late_loop_asks_once),
	    TEST(the_loop_may_sleep),
	    TEST(a_failure_is_confirmed_at_once),
	    TEST(one_missed_poll_is_no_event),
	    TEST(a_missed_slow_poll_is_repeated),
	    TEST(one_at_a_time_while_in_doubt),
	    TEST(polls_out_together_count_once),
	    TEST(what_is_lost_is_tried_every_four_seconds),
	    TEST(back_within_five_seconds),
	    TEST(back_means_all_at_once),
	    TEST(poll_now_is_not_lost_while_a_poll_is_out),
	    TEST(poll_now_overrides_the_backoff),
	    TEST(unasked_is_no_failure),
	    TEST(a_dead_class_takes_nothing_down),
	    TEST(nothing_starves_at_the_tail),
	    TEST(a_refused_class_is_no_probe),
	    TEST(one_dead_device_slows_no_other),
	    TEST(figures_of_a_device),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

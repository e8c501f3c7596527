/*
 * core: hours of a room with random faults, in virtual time. The seed is printed; SEED=n repeats
 * one run, HOURS=n makes it longer. What must hold at every moment is checked at every turn.
 */
#include "heart_room.h"

#include <math.h>

#define DEVICES 24
#define HISTORY 16
#define LIMIT   30.0

enum { AIR, SLOW_AIR, LAST };

static struct point_spec points[3];
static struct profile profile;
static struct alarm_rule rules[3];

/* What the world knows, to hold against what the core says. */
struct truth {
	struct {
		int16_t raw;
		int64_t until_us; /* INT64_MAX: now */
	} history[ROOM_REGS][HISTORY];
	enum alarm_phase mirror[ROOM_ALARMS]; /* by the events alone */
	bool above;                           /* condition of the HIGH rule, by the good values */
	int64_t above_us;                     /* how long it has been known to hold */
	int64_t told_missing;
};

static struct truth truths[DEVICES];
static uint32_t dice;
static struct room *r;

static uint32_t
roll(uint32_t n)
{
	dice ^= dice << 13;
	dice ^= dice >> 17;
	dice ^= dice << 5;
	return dice % n;
}

/* ---- the world ------------------------------------------------------------------------------- */

static void
set_register(int d, size_t reg, int16_t raw)
{
	struct truth *t = &truths[d];

	memmove(
	    &t->history[reg][1], &t->history[reg][0], sizeof(t->history[reg][0]) * (HISTORY - 1));
	t->history[reg][1].until_us = r->now.mono.us;
	t->history[reg][0].raw = raw;
	t->history[reg][0].until_us = INT64_MAX;
	r->fakes[d].regs[reg] = (uint16_t)raw;
}

static const uint16_t addresses[] = {[AIR] = 0, [SLOW_AIR] = 30, [LAST] = 2};

static void
heal(struct fake *f)
{
	struct fake well = {.latency_ms = 20, .last_ms = f->last_ms};

	memcpy(well.regs, f->regs, sizeof(well.regs));
	*f = well;
}

static void
disturb(void)
{
	int d = (int)roll(DEVICES);
	struct fake *f = &r->fakes[d];

	switch (roll(12)) {
	case 0:
		f->silent = true;
		break;
	case 1:
		f->no_link = true;
		break;
	case 2:
		f->garbled = true;
		break;
	case 3:
		f->dead[addresses[roll(3)]] = true;
		break;
	case 4:
		f->refuse[addresses[roll(3)]] = (uint8_t)(1 + roll(11));
		break;
	case 5:
		f->latency_ms = (int)roll(780);
		break;
	case 6:
		f->mute = true;
		break;
	case 7:
		core_ack_all(r->core, "somebody", &r->now);
		break;
	case 8:
		core_poll_now(r->core, d, &r->now);
		break;
	default:
		heal(f);
	}
}

static void
weather(void)
{
	static const int16_t specials[] = {-32768, 2000, 301, 300, 291, 290, 289};
	int d = (int)roll(DEVICES);
	int16_t raw = (int16_t)(240 + roll(100));

	if (roll(10) == 0)
		raw = specials[roll(COUNT(specials))];
	set_register(d, addresses[roll(3)], raw);
}

/* ---- what must hold -------------------------------------------------------------------------- */

static void
check_event(struct room *room, const struct event *e)
{
	struct truth *t;
	int d, a;
	char path[160];

	if (e->type != EVENT_ALARM && e->type != EVENT_OPERATOR)
		return;
	d = site_find_device(&room->site, e->device);
	snprintf(path, sizeof(path), "%s/%s", e->device, e->alarm);
	a = site_find_alarm(&room->site, path) - (int)room->devices[d].first_alarm;
	assert_true(d >= 0 && a >= 0);
	t = &truths[d];
	/* Each event continues where the last one ended, and none is said twice. */
	assert_string_equal(alarm_phase_word(t->mirror[a]), e->from);
	assert_string_not_equal(e->from, e->to);
	t->mirror[a] = alarm_phase_find(e->to);
	if (strcmp(e->alarm, "air_high") == 0 && t->mirror[a] == ALARM_UNACKNOWLEDGED)
		assert_true(t->above_us >= rules[0].on_delay_ms * 1000);
	if (room->event_count == ROOM_EVENTS)
		room->event_count = 0;
}

static bool
truth_had(int d, size_t reg, double value, int64_t since_us)
{
	for (size_t i = 0; i < HISTORY; i++) {
		if (fabs(truths[d].history[reg][i].raw / 10.0 - value) < 1e-9 &&
		    truths[d].history[reg][i].until_us >= since_us)
			return true;
		if (truths[d].history[reg][i].until_us < since_us)
			break;
	}
	return false;
}

static void
check_point(int d, size_t p)
{
	const struct point_state *s = room_state(r, d, p);
	const struct device_spec *spec = &r->devices[d];
	int64_t age_ms = mono_ms_between(r->now.mono, s->read_at);

	assert_true((s->quality == QUALITY_COMM_LOST) == (room_phase(r, d) == DEVICE_LOST) ||
		    (room_phase(r, d) != DEVICE_LOST && s->quality == QUALITY_COMM_LOST));
	assert_int_equal(s->told_quality, s->quality);
	if (s->quality != QUALITY_GOOD)
		return;
	assert_true(age_ms <= spec->stale_after_ms[points[p].poll] + 51);
	assert_true(fabs(s->value - s->told_value) <= points[p].deadband + 1e-6);
	assert_true(fabs(s->value) < 100); /* the sentinel and 200 °C never look good */
	if (!truth_had(d, addresses[p], s->value, s->read_at.us))
		fail_msg("device %d point %zu: %g is good, but was never true", d, p, s->value);
}

/* The condition of air_high as a person with a stop watch would see it. */
static void
watch_condition(int d, int64_t passed_us)
{
	const struct point_state *s = room_state(r, d, AIR);
	struct truth *t = &truths[d];

	if (s->quality != QUALITY_GOOD)
		return;
	if (t->above)
		t->above_us += passed_us;
	t->above = s->value > LIMIT - (t->above ? 1 : 0);
	if (!t->above)
		t->above_us = 0;
}

static void
check_device(int d)
{
	const struct device_state *s = &core_devices(r->core)[d];
	int64_t settled_ms = mono_ms_between(r->now.mono, s->since);
	int64_t asked_ms = r->now.mono.us / 1000 - r->fakes[d].last_ms;

	if (s->phase == DEVICE_ONLINE && settled_ms > 2000)
		if (asked_ms > 2 * 1000 + 800)
			fail_msg("device %d asked %lld settled %lld now %lld", d,
			    (long long)asked_ms, (long long)settled_ms, (long long)r->now.mono.us);
	if (s->phase == DEVICE_LOST)
		assert_true(asked_ms <= 60000 + 1600 || settled_ms < 60000);
	assert_true(s->fails >= 0);
	for (size_t a = 0; a < r->devices[d].alarm_count; a++)
		assert_int_equal(room_alarm(r, d, a)->phase, truths[d].mirror[a]);
}

static void
check_silence(void)
{
	for (size_t i = 0; i < r->site.point_count; i++)
		assert_true(mono_ms_between(r->now.mono, core_points(r->core)[i].told_at) <=
			    CORE_MAX_SILENCE_MS + 51);
}

static void
run_hours(uint32_t seed, int hours)
{
	mono_t end, before, disturbed, looked;

	dice = seed;
	memset(truths, 0, sizeof(truths));
	for (int d = 0; d < DEVICES; d++) {
		for (size_t p = 0; p < COUNT(points); p++) {
			for (size_t i = 0; i < HISTORY; i++)
				truths[d].history[addresses[p]][i].until_us = -1;
			set_register(d, addresses[p], 240);
		}
	}
	room_start(r, seed);
	r->on_event = check_event;
	end = mono_add_ms(r->now.mono, hours * 3600000LL);
	disturbed = looked = before = r->now.mono;
	while (mono_before(r->now.mono, end)) {
		mono_t next = room_next(r);

		if (mono_before(r->now.mono, next)) {
			r->now.wall.us += next.us - r->now.mono.us;
			r->now.mono = next;
		}
		for (int d = 0; d < DEVICES; d++)
			watch_condition(d, r->now.mono.us - before.us);
		before = r->now.mono;
		room_turn(r);
		for (int d = 0; d < DEVICES; d++)
			watch_condition(d, 0);
		assert_int_equal(r->made, r->home + r->out_count);
		if (mono_ms_between(r->now.mono, disturbed) > 700) {
			disturbed = r->now.mono;
			weather();
			if (roll(8) == 0)
				disturb();
		}
		if (mono_ms_between(r->now.mono, looked) < 97)
			continue;
		looked = r->now.mono;
		for (int d = 0; d < DEVICES; d++) {
			check_device(d);
			for (size_t p = 0; p < COUNT(points); p++)
				check_point(d, p);
		}
		if (mono_ms_between(end, r->now.mono) < hours * 3600000LL - 70000)
			check_silence();
	}
}

static void
build(void)
{
	r = room_new();
	for (int d = 0; d < DEVICES; d++) {
		room_device(r, &profile, rules, COUNT(rules));
		if (d % 4 != 0)
			r->devices[d].parent = d / 4 * 4; /* families of four */
		r->devices[d].lost_after = 1 + d % 3;
	}
}

static void
hours_of_faults(void **state)
{
	const char *given = getenv("SEED"), *hours = getenv("HOURS");
	uint32_t seed = given != NULL ? (uint32_t)strtoul(given, NULL, 0) : 20261121;

	(void)state;
	for (int i = 0; i < (given != NULL ? 1 : 3); i++, seed += 77) {
		build();
		printf("SEED=%u: ", seed);
		fflush(stdout);
		run_hours(seed, hours != NULL ? atoi(hours) : 2);
		printf("%llu polls, %llu events, %llu points told\n", (unsigned long long)r->made,
		    (unsigned long long)r->event_total, (unsigned long long)r->told_points);
		assert_true(r->event_total > 200);
		room_free(r);
	}
}

/* After all faults are gone: everything comes back by itself. */
static void
heals_completely(void **state)
{
	struct core_summary sum;

	(void)state;
	build();
	run_hours(4711, 1);
	for (int d = 0; d < DEVICES; d++) {
		heal(&r->fakes[d]);
		for (size_t p = 0; p < COUNT(points); p++)
			set_register(d, addresses[p], 280);
	}
	room_run(r, 11 * 60000); /* refused registers are asked again within ten minutes */
	core_ack_all(r->core, "sato", &r->now);
	core_summary(r->core, &sum);
	assert_int_equal(sum.devices_online, DEVICES);
	assert_int_equal(sum.points_not_good, 0);
	for (int p = 0; p < PRIORITY_COUNT; p++)
		assert_int_equal(sum.alarms[p], 0);
	room_free(r);
}

/* A core that is started anew in the middle goes on from the records as if nothing had been. */
static void
restart_in_the_middle(void **state)
{
	struct alarm_record last[DEVICES * ROOM_ALARMS];
	size_t count = 0;
	struct room *old;

	(void)state;
	build();
	run_hours(99, 1);
	for (size_t i = 0; i < r->record_count; i++) {
		size_t k = 0;

		while (k < count && (strcmp(last[k].device, r->records[i].device) != 0 ||
					strcmp(last[k].alarm, r->records[i].alarm) != 0))
			k++;
		last[k] = r->records[i];
		count += k == count;
	}
	old = r;
	build();
	memcpy(r->fakes, old->fakes, sizeof(r->fakes));
	r->first_seq = old->first_seq + old->event_total;
	r->now = old->now;
	room_start(r, 5);
	for (size_t i = 0; i < count; i++)
		assert_true(core_restore(r->core, &last[i]));
	for (size_t a = 0; a < r->site.alarm_count; a++)
		assert_int_equal(core_alarms(r->core)[a].phase, core_alarms(old->core)[a].phase);
	room_run(r, 3600000);
	room_free(old);
	room_free(r);
}

int
main(void)
{
	static const double no_sensor = -32768;
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(hours_of_faults),
	    cmocka_unit_test(heals_completely),
	    cmocka_unit_test(restart_in_the_middle),
	};

	points[AIR] = room_point("air", addresses[AIR], POLL_NORMAL);
	points[AIR].deadband = 0.3;
	points[SLOW_AIR] = room_point("slow_air", addresses[SLOW_AIR], POLL_SLOW);
	points[LAST] = room_point("last", addresses[LAST], POLL_NORMAL);
	for (size_t p = 0; p < COUNT(points); p++) {
		points[p].sentinels = &no_sensor;
		points[p].sentinel_count = 1;
		points[p].has_range = true;
		points[p].min = -40;
		points[p].max = 60;
	}
	profile = room_profile(points, COUNT(points));
	rules[0] = (struct alarm_rule){.name = "air_high",
	    .title = {.en = "Air too warm"},
	    .kind = RULE_HIGH,
	    .point = AIR,
	    .limit = LIMIT,
	    .hysteresis = 1,
	    .on_delay_ms = 10000,
	    .off_delay_ms = 5000,
	    .when = "air > 30"};
	rules[1] = (struct alarm_rule){.name = "air_missing",
	    .title = {.en = "No air temperature"},
	    .kind = RULE_MISSING,
	    .point = SLOW_AIR,
	    .on_delay_ms = 3000,
	    .when = "slow_air missing"};
	rules[2] = (struct alarm_rule){.name = "last_low",
	    .title = {.en = "Last one too cold"},
	    .kind = RULE_LOW,
	    .point = LAST,
	    .limit = 25,
	    .hysteresis = 2,
	    .when = "last < 25"};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

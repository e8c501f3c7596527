/*
 * A small room for the tests of the control socket: one Modbus link, two devices, a real core whose
 * batons are answered here. No thread, no clock: `now` is moved by hand.
 */
#ifndef TESTS_UNIT_CONSOLE_SITE_H
#define TESTS_UNIT_CONSOLE_SITE_H

#include "core/core.h"

#include <string.h>

enum { FAN_STATE, RETURN_AIR, SPARE, POINT_COUNT };
enum { COMM_LOST, RETURN_AIR_HIGH, FAN_STOPPED, ALARM_COUNT };

static const struct word room_words[] = {
    {.raw = 0, .text = "stopped", .title = {.en = "stopped"}},
    {.raw = 1, .text = "running", .title = {.en = "running", .ja = "運転"}},
};

static const double room_sentinel[] = {-32768};
static struct point_spec room_points[POINT_COUNT] = {
    [FAN_STATE] = {.name = "fan_state",
	.title = {.en = "Fan"},
	.at = {.table = TABLE_DISCRETE, .address = 6902, .count = 1},
	.codec = {.type = TYPE_BIT, .scale = 1},
	.poll = POLL_NORMAL,
	.words = room_words,
	.word_count = 2},
    [RETURN_AIR] = {.name = "return_air_temperature",
	.title = {.en = "Return air", .ja = "還気温度"},
	.at = {.table = TABLE_HOLDING, .address = 1192, .count = 1},
	.codec = {.type = TYPE_S16, .scale = 0.1},
	.sentinels = room_sentinel,
	.sentinel_count = 1,
	.poll = POLL_NORMAL},
    [SPARE] = {.name = "spare_temperature",
	.title = {.en = "Spare"},
	.at = {.table = TABLE_HOLDING, .address = 1193, .count = 1},
	.codec = {.type = TYPE_S16, .scale = 0.1},
	.sentinels = room_sentinel,
	.sentinel_count = 1,
	.poll = POLL_NORMAL},
};

static const struct alarm_rule room_rules[ALARM_COUNT] = {
    [COMM_LOST] = {.name = "comm_lost",
	.title = {.en = "Does not answer"},
	.kind = RULE_DEVICE_LOST,
	.priority = PRIORITY_MEDIUM,
	.when = "device lost",
	.remedy = {.en = "Check power and cable."}},
    [RETURN_AIR_HIGH] = {.name = "return_air_high",
	.title = {.en = "Return air too warm"},
	.kind = RULE_HIGH,
	.point = RETURN_AIR,
	.limit = 30,
	.hysteresis = 1,
	.priority = PRIORITY_HIGH,
	.when = "return_air_temperature > 30",
	.remedy = {.en = "Check fan and filter."}},
    [FAN_STOPPED] = {.name = "fan_stopped",
	.title = {.en = "Fan stands still"},
	.kind = RULE_EQUALS,
	.point = FAN_STATE,
	.limit = 0,
	.priority = PRIORITY_CRITICAL,
	.latch = true,
	.when = "fan_state == stopped",
	.remedy = {.en = "Start the stand-by unit."}},
};

static struct profile room_profile = {
    .name = "test-unit",
    .kind = "hvac",
    .title = {.en = "Test unit"},
    .modbus = {.max_registers = 100, .max_bits = 100, .max_gap = 8, .timeout_ms = 500},
    .points = room_points,
    .point_count = POINT_COUNT,
};
static const struct zone room_zones[] = {{.name = "room", .in = NO_INDEX}};
static const struct link_spec room_links[] = {
    {.name = "io_1", .kind = LINK_MODBUS_TCP, .address = "127.0.0.1", .tcp_port = 502}};
static const struct device_spec room_devices[] = {
    {.name = "crac1",
	.title = {.en = "Cooling unit 1"},
	.profile = &room_profile,
	.unit = 1,
	.parent = NO_INDEX,
	.impact = {.en = "Row A warms up."},
	.period_ms = {200, 1000, 5000},
	.stale_after_ms = {600, 3000, 15000},
	.lost_after = 2,
	.alarms = room_rules,
	.alarm_count = ALARM_COUNT},
    {.name = "crac2",
	.profile = &room_profile,
	.unit = 2,
	.parent = NO_INDEX,
	.period_ms = {200, 1000, 5000},
	.stale_after_ms = {600, 3000, 15000},
	.lost_after = 2,
	.alarms = room_rules,
	.alarm_count = ALARM_COUNT,
	.first_point = POINT_COUNT,
	.first_alarm = ALARM_COUNT},
};
static const struct site room_site = {
    .name = "test-room",
    .title = {.en = "Test room"},
    .language = LANGUAGE_EN,
    .zones = room_zones,
    .zone_count = 1,
    .links = room_links,
    .link_count = 1,
    .devices = room_devices,
    .device_count = 2,
    .point_count = 2 * POINT_COUNT,
    .alarm_count = 2 * ALARM_COUNT,
    .board = {.name = "virtual", .is_virtual = true},
};

#define ROOM_BATONS 16
#define ROOM_EVENTS 256

struct room {
	struct core *core;
	struct now now;
	struct baton *batons[ROOM_BATONS]; /* out, not answered yet */
	size_t baton_count;
	struct event events[ROOM_EVENTS];
	size_t event_count;
	/* What the devices hold; the second one can be silent. */
	int16_t return_air, spare;
	uint16_t fan;
	bool crac2_silent;
};

static void
room_submit(void *arg, struct baton *b)
{
	struct room *r = arg;

	r->batons[r->baton_count++] = b;
}

static void
room_event(
    void *arg, const struct event *e, const struct alarm_record *record, const struct mark *mark)
{
	struct room *r = arg;

	(void)record;
	(void)mark;
	if (r->event_count < ROOM_EVENTS)
		r->events[r->event_count++] = *e;
}

static uint16_t
room_word(const struct room *r, const struct ask *q, uint16_t address)
{
	if (q->table == TABLE_DISCRETE)
		return address == 6902 ? r->fan : 0;
	return (uint16_t)(address == 1192 ? r->return_air : address == 1193 ? r->spare : 0);
}

static void
room_answer(struct room *r, struct baton *b, const struct now *now)
{
	bool silent = b->device == 1 && r->crac2_silent;

	for (size_t i = 0; i < b->ask_count; i++) {
		struct answer *a = &b->answers[i];

		a->status = silent ? ANSWER_TIMEOUT : ANSWER_OK;
		a->took_us = 5000;
		a->at = now->mono;
		for (uint16_t w = 0; !silent && w < b->asks[i].count; w++)
			a->words[w] = room_word(r, &b->asks[i], (uint16_t)(b->asks[i].address + w));
	}
	core_answer(r->core, b, now);
}

/* One turn of the core, with everything that is asked answered at once. */
static void
room_turn(struct room *r, const struct now *now)
{
	core_turn(r->core, now);
	while (r->baton_count > 0)
		room_answer(r, r->batons[--r->baton_count], now);
}

/*
 * A core whose devices have been asked once: they are spread over their first second, which passes
 * here on the monotonic clock alone, so that all values are of the same wall time.
 */
static void
room_start(struct room *r, struct now now)
{
	const struct core_out out = {.arg = r, .submit = room_submit, .event = room_event};

	room_points[FAN_STATE].unit = unit_find("1");
	room_points[RETURN_AIR].unit = room_points[SPARE].unit = unit_find("Cel");
	memset(r, 0, sizeof(*r));
	r->return_air = 243;
	r->spare = -32768;
	r->fan = 1;
	r->core = core_new(&room_site, &out, 1, 1);
	r->now = now;
	for (int i = 0; i <= 20; i++) {
		room_turn(r, &r->now);
		r->now.mono = mono_add_ms(r->now.mono, 50);
	}
}

#endif

/* core: values, alarms, events and restore, over devices that behave as told, in virtual time. */
#include "heart_room.h"

#include "base/lang.h"

#include <math.h>

static const struct word fan_words[] = {
    {.raw = 0, .text = "stopped", .title = {.en = "stopped", .ja = "停止"}},
    {.raw = 1, .text = "running", .title = {.en = "running", .ja = "運転"}},
};

enum { RETURN_AIR, FAN, HUMIDITY };

static struct point_spec points[3];
static struct profile profile;
static struct alarm_rule rules[4];
static struct room *r;

/* A CRAC: return air at register 0, fan at 1, humidity at 30 (slow, a question of its own). */
static int
setup(void **state)
{
	(void)state;
	points[RETURN_AIR] = room_point("return_air_temperature", 0, POLL_NORMAL);
	points[RETURN_AIR].title = (struct label){.en = "Return air temperature", .ja = "還気温度"};
	points[RETURN_AIR].deadband = 0.2;
	points[RETURN_AIR].has_range = true;
	points[RETURN_AIR].min = -30;
	points[RETURN_AIR].max = 90;
	points[FAN] = room_point("fan_state", 1, POLL_NORMAL);
	points[FAN].title = (struct label){.en = "Fan"};
	points[FAN].codec = (struct codec){.type = TYPE_U16, .scale = 1};
	points[FAN].unit = NULL;
	points[FAN].words = fan_words;
	points[FAN].word_count = COUNT(fan_words);
	points[HUMIDITY] = room_point("return_air_humidity", 30, POLL_SLOW);
	profile = room_profile(points, COUNT(points));
	rules[0] = (struct alarm_rule){.name = "return_air_high",
	    .title = {.en = "Return air too warm", .ja = "還気温度高"},
	    .kind = RULE_HIGH,
	    .point = RETURN_AIR,
	    .limit = 30,
	    .hysteresis = 1,
	    .on_delay_ms = 30000,
	    .off_delay_ms = 60000,
	    .priority = PRIORITY_HIGH,
	    .when = "return_air_temperature > 30",
	    .remedy = {.en = "Check fan and filter; start the stand-by unit."}};
	rules[1] = (struct alarm_rule){.name = "fan_stopped",
	    .title = {.en = "Fan stands still"},
	    .kind = RULE_EQUALS,
	    .point = FAN,
	    .limit = 0,
	    .priority = PRIORITY_CRITICAL,
	    .latch = true,
	    .when = "fan_state = stopped"};
	rules[2] = (struct alarm_rule){.name = "return_air_missing",
	    .title = {.en = "No return air temperature"},
	    .kind = RULE_MISSING,
	    .point = RETURN_AIR,
	    .on_delay_ms = 10000,
	    .priority = PRIORITY_LOW,
	    .when = "return_air_temperature missing"};
	r = room_new();
	room_device(r, &profile, rules, 3);
	r->devices[0].title = (struct label){.en = "CRAC 1", .ja = "空調機1"};
	r->devices[0].impact = (struct label){.en = "Racks A1 to A6 get warm within 20 minutes."};
	r->fakes[0].regs[0] = 243;
	r->fakes[0].regs[1] = 1;
	r->fakes[0].regs[30] = 455;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	room_free(r);
	return 0;
}

static void
start(void)
{
	room_start(r, 1);
	room_run(r, 5000);
	assert_int_equal(room_phase(r, 0), DEVICE_ONLINE);
}

static const struct event *
alarm_event(const char *alarm)
{
	return room_last(r, EVENT_ALARM, 0, alarm);
}

/* ---- values ---------------------------------------------------------------------------------- */

static void
values_come_in(void **state)
{
	char text[VALUE_TEXT_MAX];
	struct core_summary sum;

	(void)state;
	start();
	assert_int_equal(room_state(r, 0, RETURN_AIR)->quality, QUALITY_GOOD);
	assert_true(fabs(room_state(r, 0, RETURN_AIR)->value - 24.3) < 1e-9);
	assert_int_equal(room_state(r, 0, HUMIDITY)->quality, QUALITY_GOOD);
	assert_string_equal(core_value_text(r->core, FAN, text), "running");
	assert_string_equal(core_value_text(r->core, RETURN_AIR, text), "24.3");
	r->fakes[0].regs[1] = 7;
	room_run(r, 2000);
	assert_int_equal(room_state(r, 0, FAN)->quality, QUALITY_BAD);
	assert_int_equal(room_state(r, 0, FAN)->defect, DEFECT_UNKNOWN_WORD);
	assert_string_equal(core_value_text(r->core, FAN, text), "unknown(7)");
	core_summary(r->core, &sum);
	assert_int_equal(sum.devices_online, 1);
	assert_int_equal(sum.points_good, 2);
	assert_int_equal(sum.points_not_good, 1);
	assert_int_equal(room_count(r, EVENT_DEVICE, 0), 1);
	assert_string_equal(
	    room_last(r, EVENT_DEVICE, 0, NULL)->text, "CRAC 1 answers on rs485_1 (unit 1).");
}

static void
no_value_before_the_first_answer(void **state)
{
	char text[VALUE_TEXT_MAX];

	(void)state;
	room_start(r, 1);
	assert_string_equal(core_value_text(r->core, RETURN_AIR, text), "");
	assert_int_equal(room_state(r, 0, RETURN_AIR)->quality, QUALITY_NEVER);
	assert_int_equal(core_next(r->core).us, 0); /* turn me now */
}

static void
changes_are_told_once(void **state)
{
	struct core_changes ch;

	(void)state;
	start();
	r->keep_changes = true;
	room_run(r, 3000);
	assert_int_equal(core_changes(r->core).point_count, 0);
	r->fakes[0].regs[0] = 244; /* inside the deadband */
	room_run(r, 3000);
	assert_int_equal(core_changes(r->core).point_count, 0);
	r->fakes[0].regs[0] = 246;
	room_run(r, 3000);
	ch = core_changes(r->core);
	assert_int_equal(ch.point_count, 1);
	assert_int_equal(ch.points[0], RETURN_AIR);
	core_changes_clear(r->core, &r->now);
	assert_true(fabs(room_state(r, 0, RETURN_AIR)->told_value - 24.6) < 1e-9);
	room_run(r, 70000); /* heartbeat, though nothing changed */
	ch = core_changes(r->core);
	assert_int_equal(ch.point_count, 3);
	assert_int_equal(ch.device_count, 0);
}

/* A device that answers, but not about one register: the others stay fresh, that one gets old. */
static void
a_register_without_answer_goes_stale(void **state)
{
	(void)state;
	start();
	r->fakes[0].dead[30] = true;
	room_run(r, 25000);
	assert_int_equal(room_phase(r, 0), DEVICE_ONLINE);
	assert_int_equal(room_state(r, 0, HUMIDITY)->quality, QUALITY_STALE);
	assert_true(fabs(room_state(r, 0, HUMIDITY)->value - 45.5) < 1e-9);
	assert_int_equal(room_state(r, 0, RETURN_AIR)->quality, QUALITY_GOOD);
	r->fakes[0].dead[30] = false;
	room_run(r, 10000);
	assert_int_equal(room_state(r, 0, HUMIDITY)->quality, QUALITY_GOOD);
	assert_int_equal(room_count(r, EVENT_DEVICE, 0), 1); /* never said to be lost */
}

/* While answers come, the core sleeps from poll to answer and from answer to poll. */
static void
nobody_wakes_for_fresh_values(void **state)
{
	uint64_t turns, polls;

	(void)state;
	points[HUMIDITY].poll = POLL_NORMAL;
	start();
	turns = r->turns;
	polls = r->made;
	room_run(r, 120000);
	polls = r->made - polls;
	assert_in_range(polls, 119, 121);
	assert_true(r->turns - turns <= 2 * polls + 2);
}

/* Register 1 is not there: the read of 0 and 1 is split, 0 is served at once. */
static void
a_refused_register_is_bad_the_others_good(void **state)
{
	unsigned questions;

	(void)state;
	r->fakes[0].refuse[1] = 2;
	start();
	assert_int_equal(room_state(r, 0, RETURN_AIR)->quality, QUALITY_GOOD);
	assert_int_equal(room_state(r, 0, FAN)->quality, QUALITY_BAD);
	assert_int_equal(room_state(r, 0, FAN)->defect, DEFECT_REFUSED);
	room_explains(r, FAN, "decode    refused (2)\n");
	assert_int_equal(room_phase(r, 0), DEVICE_ONLINE);
	/* From now on it is not asked for a minute: one question a second, and one in five. */
	questions = r->fakes[0].questions;
	room_run(r, 40000);
	assert_in_range(r->fakes[0].questions - questions, 46, 50);
	/* It is found when it is there, within ten minutes. */
	r->fakes[0].refuse[1] = 0;
	room_run(r, 600000);
	assert_int_equal(room_state(r, 0, FAN)->quality, QUALITY_GOOD);
}

/* Devices of one profile share what they are asked, not what they refuse. */
static void
each_of_a_profile_learns_for_itself(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++)
		room_device(r, &profile, NULL, 0);
	r->fakes[2].refuse[1] = r->fakes[3].refuse[0] = 2;
	start();
	for (int d = 0; d < 4; d++) {
		assert_int_equal(room_phase(r, d), DEVICE_ONLINE);
		assert_int_equal(
		    room_state(r, d, RETURN_AIR)->quality, d == 3 ? QUALITY_BAD : QUALITY_GOOD);
		assert_int_equal(
		    room_state(r, d, FAN)->quality, d == 2 ? QUALITY_BAD : QUALITY_GOOD);
	}
	room_explains(r, FAN, "2 from 0 in one read, for 2 points");
	room_explains(r, r->devices[1].first_point + FAN, "2 from 0 in one read, for 2 points");
	room_explains(
	    r, r->devices[2].first_point + RETURN_AIR, "1 from 0 in one read, for 1 points");
	room_explains(r, r->devices[3].first_point + FAN, "1 from 1 in one read, for 1 points");
}

static void
no_retry_storm_on_a_device_that_refuses_all(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROOM_REGS; i++)
		r->fakes[0].refuse[i] = 2;
	room_start(r, 1);
	room_run(r, 600000);
	assert_int_equal(room_phase(r, 0), DEVICE_ONLINE); /* a refusal is a sign of life */
	assert_int_equal(room_state(r, 0, RETURN_AIR)->defect, DEFECT_REFUSED);
	assert_int_equal(room_state(r, 0, HUMIDITY)->defect, DEFECT_REFUSED);
	assert_true(r->fakes[0].questions < 600 + 120 + 20);
}

/* A device that was away may be another one, or have started up by now. */
static void
refused_is_asked_again_after_a_loss(void **state)
{
	(void)state;
	r->fakes[0].refuse[1] = r->fakes[0].refuse[30] = 2;
	start();
	room_run(r, 600000); /* the pause has grown to minutes */
	r->fakes[0].silent = true;
	room_run(r, 5000);
	r->fakes[0].silent = false;
	r->fakes[0].refuse[1] = r->fakes[0].refuse[30] = 0;
	core_poll_now(r->core, 0, &r->now);
	room_run(r, 200);
	assert_int_equal(room_state(r, 0, FAN)->quality, QUALITY_GOOD);
	assert_int_equal(room_state(r, 0, HUMIDITY)->quality, QUALITY_GOOD);
}

/* A driver that does not send what was refused lately: the value is refused, not "lost". */
static void
refused_stays_refused_while_it_is_left_out(void **state)
{
	(void)state;
	r->fakes[0].refuse[30] = 2; /* all of its class */
	start();
	assert_int_equal(room_state(r, 0, HUMIDITY)->defect, DEFECT_REFUSED);
	r->fakes[0].silent = true;
	room_run(r, 10000);
	assert_int_equal(room_state(r, 0, HUMIDITY)->quality, QUALITY_COMM_LOST);
	r->fakes[0].silent = false;
	r->fakes[0].remembers = true;
	room_run(r, 30000);
	assert_int_equal(room_phase(r, 0), DEVICE_ONLINE);
	assert_int_equal(room_state(r, 0, HUMIDITY)->quality, QUALITY_BAD);
	assert_int_equal(room_state(r, 0, HUMIDITY)->defect, DEFECT_REFUSED);
	room_explains(r, HUMIDITY, "decode    refused (2)\n");
	r->fakes[0].remembers = false;
	r->fakes[0].refuse[30] = 0;
	room_run(r, 10000);
	assert_int_equal(room_state(r, 0, HUMIDITY)->quality, QUALITY_GOOD);
}

static void
illegal_function_is_refused_whole(void **state)
{
	(void)state;
	r->fakes[0].refuse[0] = 1;
	start();
	assert_int_equal(room_state(r, 0, RETURN_AIR)->defect, DEFECT_REFUSED);
	assert_int_equal(room_state(r, 0, FAN)->defect, DEFECT_REFUSED);
	assert_int_equal(room_state(r, 0, HUMIDITY)->quality, QUALITY_GOOD);
}

static void
busy_is_asked_again(void **state)
{
	(void)state;
	start();
	r->fakes[0].refuse[0] = 6;
	room_run(r, 2000);
	assert_int_equal(room_state(r, 0, RETURN_AIR)->quality, QUALITY_GOOD); /* not old yet */
	r->fakes[0].refuse[0] = 0;
	room_run(r, 1100);
	assert_true(mono_ms_between(r->now.mono, room_state(r, 0, RETURN_AIR)->read_at) < 1100);
}

/* ---- alarms ---------------------------------------------------------------------------------- */

static void
an_alarm_lives(void **state)
{
	const struct event *e;
	struct event standing;
	int64_t began_us;

	(void)state;
	start();
	r->fakes[0].regs[0] = 304;
	room_run(r, 1000);
	began_us = room_alarm(r, 0, 1)->pending_since.us;
	assert_true(began_us <= r->now.mono.us);
	room_run(r, 28000);
	assert_null(alarm_event("return_air_high"));
	assert_int_equal(room_alarm(r, 0, 1)->phase, ALARM_NORMAL);
	assert_true(room_alarm(r, 0, 1)->condition);
	room_run(r, 2000);
	e = alarm_event("return_air_high");
	assert_non_null(e);
	assert_int_equal(e->mono.us, began_us + 30000000); /* not a tick late */
	assert_string_equal(
	    e->text, "CRAC 1: return air temperature 30.4 °C is above 30 °C for 30 s.");
	assert_string_equal(e->impact, "Racks A1 to A6 get warm within 20 minutes.");
	assert_string_equal(e->remedy, "Check fan and filter; start the stand-by unit.");
	assert_string_equal(e->from, "normal");
	assert_string_equal(e->to, "unacknowledged");
	assert_string_equal(e->zone, "room");
	assert_string_equal(e->point, "return_air_temperature");
	assert_string_equal(e->unit, "Cel");
	assert_true(e->has_value && fabs(e->value - 30.4) < 1e-9);
	assert_int_equal(r->records[r->record_count - 1].phase, ALARM_UNACKNOWLEDGED);

	assert_int_equal(core_ack(r->core, 1, "tanaka", &r->now), ACK_DONE);
	assert_int_equal(core_ack(r->core, 1, "tanaka", &r->now), ACK_NOTHING);
	assert_int_equal(core_ack(r->core, 99, "tanaka", &r->now), ACK_NO_SUCH);
	e = room_last(r, EVENT_OPERATOR, 0, "return_air_high");
	assert_string_equal(e->text, "CRAC 1: \"Return air too warm\" acknowledged by tanaka.");
	assert_string_equal(e->who, "tanaka");
	assert_string_equal(r->records[r->record_count - 1].who, "tanaka");
	core_alarm_event(r->core, 1, &standing);
	assert_string_equal(standing.to, "acknowledged");
	assert_string_equal(standing.who, "tanaka");
	assert_string_equal(
	    standing.text, "CRAC 1: return air temperature 30.4 °C is above 30 °C for 30 s.");

	r->fakes[0].regs[0] = 291; /* still inside the hysteresis */
	room_run(r, 120000);
	assert_int_equal(room_alarm(r, 0, 1)->phase, ALARM_ACKNOWLEDGED);
	r->fakes[0].regs[0] = 289;
	room_run(r, 58000);
	assert_int_equal(room_alarm(r, 0, 1)->phase, ALARM_ACKNOWLEDGED);
	room_run(r, 5000);
	assert_int_equal(room_alarm(r, 0, 1)->phase, ALARM_NORMAL);
	assert_string_equal(alarm_event("return_air_high")->text,
	    "CRAC 1: return air temperature is back at 28.9 °C (limit 30 °C).");
	assert_string_equal(alarm_event("return_air_high")->who, ""); /* nobody did that */
	core_alarm_event(r->core, 1, &standing);
	assert_string_equal(standing.text,
	    "CRAC 1: watching for \"Return air too warm\", that is return_air_temperature > 30.");
}

/* One sample above the limit and then a value inside the hysteresis: never was it above for 30 s.
 */
static void
hysteresis_raises_no_alarm(void **state)
{
	(void)state;
	start();
	r->fakes[0].regs[0] = 301;
	room_run(r, 1100);
	assert_true(room_alarm(r, 0, 1)->condition);
	r->fakes[0].regs[0] = 295;
	room_run(r, 1100);
	assert_false(room_alarm(r, 0, 1)->condition);
	room_run(r, 120000);
	assert_int_equal(room_alarm(r, 0, 1)->phase, ALARM_NORMAL);
	assert_null(alarm_event("return_air_high"));
}

/* Judged on every sample, also on those that the deadband keeps from being told. */
static void
alarms_see_what_the_deadband_hides(void **state)
{
	(void)state;
	points[RETURN_AIR].deadband = 50;
	start();
	r->told_points = 0;
	r->fakes[0].regs[0] = 301;
	room_run(r, 32000);
	assert_int_equal(room_alarm(r, 0, 1)->phase, ALARM_UNACKNOWLEDGED);
	assert_int_equal(r->told_points, 0);
}

static void
a_latched_alarm_waits_for_reset(void **state)
{
	(void)state;
	start();
	r->fakes[0].regs[1] = 0;
	room_run(r, 1100);
	assert_int_equal(room_alarm(r, 0, 2)->phase, ALARM_UNACKNOWLEDGED); /* no delay: at once */
	assert_string_equal(
	    alarm_event("fan_stopped")->text, "CRAC 1: Fan stands still (fan: stopped).");
	assert_string_equal(alarm_event("fan_stopped")->word, "stopped");
	r->fakes[0].regs[1] = 1;
	room_run(r, 1100);
	assert_int_equal(room_alarm(r, 0, 2)->phase, ALARM_LATCHED_UNACKNOWLEDGED);
	assert_string_equal(alarm_event("fan_stopped")->text,
	    "CRAC 1: Fan stands still is over (fan: running). The alarm stays until somebody "
	    "resets "
	    "it.");
	assert_int_equal(core_reset(r->core, 2, "sato", &r->now), ACK_NOTHING);
	assert_int_equal(core_ack_all(r->core, "sato", &r->now), 1);
	assert_int_equal(core_reset(r->core, 2, "sato", &r->now), ACK_DONE);
	assert_int_equal(room_alarm(r, 0, 2)->phase, ALARM_NORMAL);
	assert_string_equal(room_last(r, EVENT_OPERATOR, 0, "fan_stopped")->text,
	    "CRAC 1: \"Fan stands still\" reset by sato.");
}

/* Unknown is a state: a sample that is not good neither raises nor clears. */
static void
bad_values_freeze_an_alarm(void **state)
{
	(void)state;
	start();
	r->fakes[0].regs[0] = 304;
	room_run(r, 20000);
	r->fakes[0].regs[0] = 5000; /* 500 °C: out of range */
	room_run(r, 3600000);
	assert_int_equal(room_alarm(r, 0, 1)->phase, ALARM_NORMAL);
	assert_int_equal(room_alarm(r, 0, 3)->phase, ALARM_UNACKNOWLEDGED); /* missing */
	assert_string_equal(alarm_event("return_air_missing")->text,
	    "CRAC 1: return air temperature has no good value for 10 s: outside what is physically "
	    "possible here.");
	r->fakes[0].regs[0] = 304;
	room_run(r, 5000);
	assert_int_equal(room_alarm(r, 0, 1)->phase, ALARM_NORMAL);
	assert_int_equal(room_alarm(r, 0, 3)->phase, ALARM_RETURNED);
	room_run(r, 10000); /* 20 s before the gap and 10 s after it */
	assert_int_equal(room_alarm(r, 0, 1)->phase, ALARM_UNACKNOWLEDGED);
	r->fakes[0].regs[0] = 5000;
	room_run(r, 600000);
	assert_int_equal(room_alarm(r, 0, 1)->phase, ALARM_UNACKNOWLEDGED);
}

static void
a_value_that_never_came_is_missing(void **state)
{
	(void)state;
	r->fakes[0].dead[0] = true; /* 0 and 1 are one question: both never come */
	room_start(r, 1);
	room_run(r, 60000);
	assert_int_equal(room_phase(r, 0), DEVICE_ONLINE);
	assert_int_equal(room_state(r, 0, RETURN_AIR)->quality, QUALITY_NEVER);
	assert_int_equal(room_alarm(r, 0, 3)->phase, ALARM_UNACKNOWLEDGED);
	assert_string_equal(alarm_event("return_air_missing")->text,
	    "CRAC 1: return air temperature has no good value for 10 s: it could not be read yet.");
}

/* ---- devices --------------------------------------------------------------------------------- */

static void
a_lost_device_says_so_once(void **state)
{
	size_t before;

	(void)state;
	start();
	before = r->event_count;
	r->fakes[0].silent = true;
	room_run(r, 4000);
	assert_int_equal(room_phase(r, 0), DEVICE_LOST);
	for (size_t p = 0; p < COUNT(points); p++)
		assert_int_equal(room_state(r, 0, p)->quality, QUALITY_COMM_LOST);
	assert_string_equal(room_last(r, EVENT_DEVICE, 0, NULL)->text,
	    "CRAC 1 does not answer on rs485_1 (unit 1): no reply in 800 ms, 2 polls in a row.");
	assert_string_equal(room_last(r, EVENT_DEVICE, 0, NULL)->from, "failing");
	assert_int_equal(room_alarm(r, 0, 0)->phase, ALARM_UNACKNOWLEDGED);
	room_run(r, 3600000);
	assert_int_equal(r->event_count, before + 2); /* no missing alarm beside it */
	r->fakes[0].silent = false;
	room_run(r, 61000);
	assert_int_equal(room_phase(r, 0), DEVICE_ONLINE);
	assert_int_equal(room_alarm(r, 0, 0)->phase, ALARM_RETURNED);
	assert_int_equal(room_state(r, 0, HUMIDITY)->quality, QUALITY_GOOD);
	assert_string_equal(
	    alarm_event("comm_lost")->text, "CRAC 1 answers again on rs485_1 (unit 1).");
	assert_memory_equal(room_last(r, EVENT_DEVICE, 0, NULL)->text,
	    "CRAC 1 answers again on rs485_1 (unit 1) after ", 47);
}

static void
the_sentence_names_the_fault(void **state)
{
	(void)state;
	start();
	r->fakes[0].no_link = true;
	room_run(r, 2000);
	assert_string_equal(room_last(r, EVENT_DEVICE, 0, NULL)->text,
	    "CRAC 1 does not answer on rs485_1 (unit 1): the link itself is down (port or "
	    "connection), 2 polls in a row.");
	r->fakes[0].no_link = false;
	room_run(r, 10000);
	assert_int_equal(room_phase(r, 0), DEVICE_ONLINE);
	r->fakes[0].gateway = 11;
	room_run(r, 2000);
	assert_int_equal(room_phase(r, 0), DEVICE_LOST);
	assert_string_equal(alarm_event("comm_lost")->text,
	    "CRAC 1 does not answer on rs485_1 (unit 1): the gateway cannot reach it (exception "
	    "11), 2 polls in a row.");
}

static void
absent_at_start_is_an_event_like_any(void **state)
{
	(void)state;
	r->fakes[0].silent = true;
	room_start(r, 1);
	room_run(r, 500);
	assert_int_equal(room_phase(r, 0), DEVICE_UNKNOWN);
	room_run(r, 4000);
	assert_int_equal(room_phase(r, 0), DEVICE_LOST);
	assert_string_equal(room_last(r, EVENT_DEVICE, 0, NULL)->from, "unknown");
	assert_int_equal(room_alarm(r, 0, 0)->phase, ALARM_UNACKNOWLEDGED);
	r->fakes[0].silent = false;
	core_poll_now(r->core, 0, &r->now); /* "ask it now": no need to wait for the back-off */
	room_run(r, 100);
	assert_int_equal(room_phase(r, 0), DEVICE_ONLINE);
	assert_int_equal(room_state(r, 0, RETURN_AIR)->quality, QUALITY_GOOD);
}

/* ---- facts ----------------------------------------------------------------------------------- */

static void
a_changed_identity_is_an_event(void **state)
{
	static const struct fact_spec facts[] = {
	    {.name = "hardware_type",
		.at = {.table = TABLE_HOLDING, .address = 40, .count = 1},
		.codec = {.type = TYPE_U16, .scale = 1}},
	    {.name = "firmware",
		.at = {.table = TABLE_HOLDING, .address = 41, .count = 1},
		.codec = {.type = TYPE_U16, .scale = 0.01}},
	};

	(void)state;
	profile.facts = facts;
	profile.fact_count = COUNT(facts);
	r->fakes[0].regs[40] = 7;
	r->fakes[0].regs[41] = 419;
	start();
	assert_string_equal(core_devices(r->core)[0].facts[1], "4.19");
	assert_int_equal(room_count(r, EVENT_DEVICE, 0), 1);
	r->fakes[0].silent = true;
	room_run(r, 10000);
	r->fakes[0].silent = false;
	room_run(r, 60000);
	assert_int_equal(room_count(r, EVENT_DEVICE, 0), 3); /* lost, online; the same device */
	r->fakes[0].silent = true;
	room_run(r, 10000);
	r->fakes[0].silent = false;
	r->fakes[0].regs[41] = 420;
	room_run(r, 60000);
	assert_string_equal(room_last(r, EVENT_DEVICE, 0, NULL)->to, "identity_changed");
	assert_string_equal(room_last(r, EVENT_DEVICE, 0, NULL)->text,
	    "CRAC 1 is not the same as before: firmware \"4.19\" -> \"4.2\". Was it replaced or "
	    "updated?");
}

/* ---- SNMP ------------------------------------------------------------------------------------ */

static void
a_missing_oid_spoils_no_other(void **state)
{
	static const uint32_t oids[][3] = {{1, 3, 5}, {1, 3, 6}, {1, 3, 7}};
	static const struct snmp_target target = {.address = "10.0.0.7", .port = 161};
	struct point_spec snmp[3];
	struct profile ups;
	char text[2048];
	int d;

	(void)state;
	for (size_t i = 0; i < COUNT(snmp); i++) {
		snmp[i] = room_point("reading", 0, POLL_NORMAL);
		snmp[i].at = (struct source){.table = TABLE_OID, .count = 1, .oid = {3, oids[i]}};
		snmp[i].codec = (struct codec){.type = TYPE_NUMBER, .scale = 0.1};
	}
	ups = room_profile(snmp, COUNT(snmp));
	d = room_device(r, &ups, NULL, 0);
	r->devices[d].snmp = &target;
	r->fakes[d].regs[5] = 203;
	r->fakes[d].regs[7] = (uint16_t)-41;
	r->fakes[d].refuse[6] = SNMP_REFUSED_NO_INSTANCE;
	start();
	assert_true(fabs(room_state(r, d, 0)->value - 20.3) < 1e-9);
	core_explain(r->core, r->devices[d].first_point, &r->now, text, sizeof(text));
	assert_non_null(strstr(text, "answer 203 -> 203 -> x 0.1 -> 20.3 Cel"));
	assert_int_equal(room_state(r, d, 1)->defect, DEFECT_REFUSED);
	assert_true(fabs(room_state(r, d, 2)->value + 4.1) < 1e-9);
	core_explain(r->core, r->devices[d].first_point + 2, &r->now, text, sizeof(text));
	assert_non_null(strstr(text, "OID 1.3.7 of 10.0.0.7:161"));
	assert_non_null(strstr(text, "answer -41 -> -41 -> x 0.1 -> -4.1 Cel"));
	core_explain(r->core, r->devices[d].first_point + 1, &r->now, text, sizeof(text));
	assert_non_null(strstr(text, "refused by the device, asked again in"));
	room_explains(r, r->devices[d].first_point + 1, "decode    refused (129)\n");
	/* Texts, short and long: kept for each point, and no more once it says numbers again. */
	for (int i = 0; i < 2; i++) {
		r->fakes[d].text = "20.5 PERCENT";
		room_run(r, 2000);
		room_explains(r, r->devices[d].first_point, "answer 20.5 PERCENT -> 20.5 ->");
		room_explains(r, r->devices[d].first_point + 2, "answer 20.5 PERCENT -> 20.5 ->");
		r->fakes[d].text = "21.5";
		room_run(r, 2000);
		room_explains(r, r->devices[d].first_point, "answer 21.5 -> 21.5 ->");
		r->fakes[d].text = NULL;
		room_run(r, 2000);
		room_explains(r, r->devices[d].first_point + 2, "answer -41 -> -41");
	}
	r->fakes[d].silent = true;
	room_run(r, 5000);
	assert_string_equal(room_last(r, EVENT_DEVICE, d, NULL)->text,
	    "dev1 does not answer on SNMP 10.0.0.7:161: no reply in 1 s, 2 polls in a row.");
}

/* What a device says instead of a state is shown, never the state before. */
static void
a_text_that_is_not_listed_is_no_state(void **state)
{
	static const uint32_t oid[] = {1, 3, 5};
	static const struct snmp_target target = {.address = "10.0.0.7", .port = 161};
	static const struct word words[] = {
	    {.raw = 1, .text = "normal", .title = {.en = "Normal"}}, {.raw = 2, .text = "alarm"}};
	static const char *const texts[] = {"OK", "Alarm"};
	struct point_spec contact = room_point("contact", 0, POLL_NORMAL);
	struct profile unit = room_profile(&contact, 1);
	char text[VALUE_TEXT_MAX];
	size_t point;
	int d;

	(void)state;
	contact.at = (struct source){.table = TABLE_OID, .count = 1, .oid = {3, oid}};
	contact.codec = (struct codec){.type = TYPE_NUMBER, .scale = 1};
	contact.unit = NULL;
	contact.words = words;
	contact.word_count = COUNT(words);
	contact.texts = texts;
	d = room_device(r, &unit, NULL, 0);
	point = r->devices[d].first_point;
	r->devices[d].snmp = &target;
	r->fakes[d].text = "Probe lost";
	start();
	assert_int_equal(room_state(r, d, 0)->defect, DEFECT_UNKNOWN_WORD);
	assert_string_equal(core_value_text(r->core, point, text), "unknown(Probe lost)");
	r->fakes[d].text = "ok";
	room_run(r, 2000);
	assert_string_equal(core_value_text(r->core, point, text), "normal");
	r->fakes[d].text = "High Alarm";
	room_run(r, 2000);
	assert_int_equal(room_state(r, d, 0)->quality, QUALITY_BAD);
	assert_string_equal(core_value_text(r->core, point, text), "unknown(High Alarm)");
	room_explains(r, point, "value     (unknown(High Alarm)), bad");
	room_explains(r, point, "answer High Alarm; not in the profile's list of states");
}

/* A fault that the profile does not know is a fault. One that it knows does not end by it. */
static void
a_state_that_is_not_listed_is_another(void **state)
{
	(void)state;
	r->rules[0][3] = (struct alarm_rule){.name = "fan_not_running",
	    .title = {.en = "Fan does not run"},
	    .kind = RULE_DIFFERS,
	    .point = FAN,
	    .limit = 1,
	    .on_delay_ms = 10000,
	    .priority = PRIORITY_HIGH,
	    .when = "fan_state != running"};
	r->fakes[0].regs[1] = 7;
	start();
	assert_int_equal(room_alarm(r, 0, 3)->phase, ALARM_NORMAL);
	room_run(r, 12000);
	assert_int_equal(room_alarm(r, 0, 3)->phase, ALARM_UNACKNOWLEDGED);
	assert_string_equal(alarm_event("fan_not_running")->text,
	    "CRAC 1: Fan does not run (fan: unknown(7), not running for 10 s).");
	assert_int_equal(alarm_event("fan_not_running")->quality, QUALITY_BAD);
	assert_int_equal(room_alarm(r, 0, 2)->phase, ALARM_NORMAL); /* == stopped */
	r->fakes[0].regs[1] = 0;
	room_run(r, 2000);
	assert_int_equal(room_alarm(r, 0, 2)->phase, ALARM_UNACKNOWLEDGED);
	assert_int_equal(room_alarm(r, 0, 3)->phase, ALARM_UNACKNOWLEDGED);
	r->fakes[0].regs[1] = 7;
	room_run(r, 2000);
	assert_int_equal(room_alarm(r, 0, 2)->phase, ALARM_UNACKNOWLEDGED);
	r->fakes[0].regs[1] = 1;
	room_run(r, 2000);
	assert_int_equal(room_alarm(r, 0, 3)->phase, ALARM_RETURNED);
}

/* ---- restart --------------------------------------------------------------------------------- */

static struct alarm_record
record(const char *alarm, enum alarm_phase phase)
{
	struct alarm_record rec = {.phase = phase,
	    .since = {1000},
	    .raised = {900},
	    .seq = 17,
	    .has_value = true,
	    .value = 31};

	strcpy(rec.device, "dev0");
	strcpy(rec.alarm, alarm);
	strcpy(rec.who, "tanaka");
	return rec;
}

static void
alarms_stand_as_they_were(void **state)
{
	struct alarm_record recs[] = {
	    record("return_air_high", ALARM_ACKNOWLEDGED),
	    record("fan_stopped", ALARM_LATCHED_UNACKNOWLEDGED),
	    record("comm_lost", ALARM_RETURNED),
	};
	struct alarm_record gone = record("no_such_alarm", ALARM_UNACKNOWLEDGED);

	(void)state;
	r->fakes[0].regs[0] = 310;
	r->first_seq = 18;
	room_start(r, 1);
	for (size_t i = 0; i < COUNT(recs); i++)
		assert_true(core_restore(r->core, &recs[i]));
	assert_false(core_restore(r->core, &gone));
	room_run(r, 600000);
	/* Nothing has changed, so nothing is said but that the device answers. */
	assert_int_equal(r->event_count, 1);
	assert_int_equal(r->events[0].seq, 18);
	assert_int_equal(room_alarm(r, 0, 1)->phase, ALARM_ACKNOWLEDGED);
	assert_int_equal(room_alarm(r, 0, 1)->seq, 17);
	assert_int_equal(room_alarm(r, 0, 1)->since.us, 1000);
	assert_string_equal(room_alarm(r, 0, 1)->who, "tanaka");
	assert_int_equal(room_alarm(r, 0, 2)->phase, ALARM_LATCHED_UNACKNOWLEDGED);
	assert_int_equal(room_alarm(r, 0, 0)->phase, ALARM_RETURNED);
	r->fakes[0].regs[0] = 243;
	room_run(r, 62000);
	assert_int_equal(room_alarm(r, 0, 1)->phase, ALARM_NORMAL);
}

/* The rule was taken out of the site: whoever heard of the alarm hears of its end, once. */
static void
an_alarm_without_its_rule_ends(void **state)
{
	struct alarm_record gone = record("no_such_alarm", ALARM_UNACKNOWLEDGED);
	struct alarm_record here = record("fan_stopped", ALARM_ACKNOWLEDGED);
	struct alarm_record end;

	(void)state;
	r->first_seq = 18;
	room_start(r, 1);
	assert_false(core_restore(r->core, &gone));
	assert_true(core_restore(r->core, &here));
	core_forget(r->core, &here, &r->now);
	assert_int_equal(r->event_count, 0);
	core_forget(r->core, &gone, &r->now);
	assert_int_equal(r->event_count, 1);
	assert_int_equal(r->events[0].type, EVENT_ALARM);
	assert_string_equal(r->events[0].device, "dev0");
	assert_string_equal(r->events[0].alarm, "no_such_alarm");
	assert_string_equal(r->events[0].from, "unacknowledged");
	assert_string_equal(r->events[0].to, "normal");
	assert_string_equal(
	    r->events[0].text, "dev0/no_such_alarm is no longer watched: the site has it no more.");
	assert_int_equal(r->record_count, 1);
	end = r->records[0];
	assert_int_equal(end.phase, ALARM_NORMAL);
	assert_int_equal(end.seq, 18);
	assert_int_equal(end.since.us, r->now.wall.us);
	assert_string_equal(end.alarm, "no_such_alarm");
	core_forget(r->core, &end, &r->now); /* the next start */
	assert_int_equal(r->event_count, 1);
}

static void
restored_alarm_that_is_over_returns(void **state)
{
	struct alarm_record rec = record("return_air_high", ALARM_UNACKNOWLEDGED);

	(void)state;
	room_start(r, 1);
	assert_true(core_restore(r->core, &rec));
	room_run(r, 58000);
	assert_int_equal(room_alarm(r, 0, 1)->phase, ALARM_UNACKNOWLEDGED);
	room_run(r, 5000);
	assert_int_equal(room_alarm(r, 0, 1)->phase, ALARM_RETURNED);
}

/* The first sample finds the alarm as it was: inside the hysteresis it stands. */
static void
restored_alarm_inside_its_hysteresis_stands(void **state)
{
	struct alarm_record rec = record("return_air_high", ALARM_UNACKNOWLEDGED);

	(void)state;
	r->fakes[0].regs[0] = 295;
	room_start(r, 1);
	assert_true(core_restore(r->core, &rec));
	room_run(r, 600000);
	assert_int_equal(room_alarm(r, 0, 1)->phase, ALARM_UNACKNOWLEDGED);
}

static void
lost_before_and_after_is_no_news(void **state)
{
	struct alarm_record rec = record("comm_lost", ALARM_ACKNOWLEDGED);

	(void)state;
	r->fakes[0].silent = true;
	room_start(r, 1);
	assert_true(core_restore(r->core, &rec));
	room_run(r, 600000);
	assert_int_equal(room_phase(r, 0), DEVICE_LOST);
	assert_int_equal(r->event_count, 0);
	assert_int_equal(room_alarm(r, 0, 0)->phase, ALARM_ACKNOWLEDGED);
	r->fakes[0].silent = false;
	room_run(r, 61000);
	assert_int_equal(room_alarm(r, 0, 0)->phase, ALARM_NORMAL);
}

/* Is this alarm of device 0 among those to be told? Clears the list. */
static bool
is_told(size_t rule)
{
	struct core_changes changes = core_changes(r->core);
	bool found = false;

	for (size_t i = 0; i < changes.alarm_count; i++)
		found |= changes.alarms[i] == r->devices[0].first_alarm + rule;
	core_changes_clear(r->core, &r->now);
	return found;
}

/* What a restored alarm says before its device was asked must not stay on the topic. */
static void
restored_alarms_are_told_again_when_they_are_sure(void **state)
{
	struct alarm_record lost = record("comm_lost", ALARM_UNACKNOWLEDGED);
	struct alarm_record missing = record("return_air_missing", ALARM_ACKNOWLEDGED);
	struct event e;

	(void)state;
	r->fakes[0].silent = true;
	r->keep_changes = true;
	room_start(r, 1);
	assert_true(core_restore(r->core, &lost) && core_restore(r->core, &missing));
	core_alarm_event(r->core, 0, &e);
	assert_string_equal(e.text,
	    "CRAC 1 does not answer on rs485_1 (unit 1): it has not been asked since the agent "
	    "started.");
	assert_true(is_told(0));
	room_run(r, 5000);
	assert_int_equal(room_phase(r, 0), DEVICE_LOST);
	core_alarm_event(r->core, 0, &e);
	assert_non_null(strstr(e.text, "(unit 1): no reply in 800 ms, "));
	core_alarm_event(r->core, 3, &e);
	assert_non_null(strstr(e.text, "the device does not answer"));
	assert_true(core_changes(r->core).alarm_count == 2);
	assert_true(is_told(0));
	room_run(r, 600000);
	assert_false(is_told(3)); /* once is enough */
	r->fakes[0].silent = false;
	r->fakes[0].regs[0] = 5000;
	room_run(r, 61000);
	assert_true(is_told(3));
	core_alarm_event(r->core, 3, &e);
	assert_non_null(strstr(e.text, "outside what is physically possible"));
	room_run(r, 60000);
	assert_false(is_told(3));
}

/* ---- the rest -------------------------------------------------------------------------------- */

static void
notes_are_numbered_with_the_rest(void **state)
{
	(void)state;
	room_start(r, 1);
	core_note(
	    r->core, &r->now, EVENT_SYSTEM, PRIORITY_LOW, "", "stopped", "running", "Starts.");
	room_run(r, 5000);
	core_note(
	    r->core, &r->now, EVENT_SYSTEM, PRIORITY_LOW, "sato", "", "lamp_test", "Lamp test.");
	assert_int_equal(r->event_count, 3);
	assert_int_equal(r->events[2].seq, 3);
	assert_string_equal(r->events[2].who, "sato");
	assert_int_equal(r->events[2].type, EVENT_SYSTEM);
}

static void
batons_that_are_not_awaited_are_ignored(void **state)
{
	struct baton foreign = {.device = 0, .cycle = 1}, nowhere = {.device = 99};
	struct baton *own;
	uint64_t polls;
	uint32_t cycle;

	(void)state;
	start();
	polls = core_devices(r->core)[0].stats.polls;
	core_answer(r->core, &foreign, &r->now);
	core_answer(r->core, &nowhere, &r->now);
	while (r->out_count == 0)
		room_run(r, 1);
	polls = core_devices(r->core)[0].stats.polls;
	own = r->out[0].baton;
	cycle = own->cycle;
	own->cycle = cycle - 1; /* an answer to an earlier question */
	core_answer(r->core, own, &r->now);
	assert_int_equal(core_devices(r->core)[0].stats.polls, polls);
	own->cycle = cycle;
	room_run(r, 2000);                  /* comes home as usual */
	core_answer(r->core, own, &r->now); /* and once only */
	room_run(r, 5000);
	assert_int_equal(room_phase(r, 0), DEVICE_ONLINE);
}

static void
explains(void **state)
{
	char text[4096];
	size_t length;

	(void)state;
	start();
	r->fakes[0].regs[0] = 304;
	room_run(r, 3000);
	length = core_explain(r->core, RETURN_AIR, &r->now, text, sizeof(text));
	assert_int_equal(length, strlen(text));
	assert_non_null(strstr(text, "dev0/return_air_temperature"));
	assert_non_null(strstr(text, "30.4 °C, good"));
	assert_non_null(
	    strstr(text, "holding register 0 (function 3, counted from 0) of unit 1 on rs485_1"));
	assert_non_null(strstr(text, "2 from 0 in one read, for 2 points"));
	assert_non_null(
	    strstr(text, "register 0x0130 -> 304 (s16) -> x 0.1 -> 30.4 Cel; in range -30..90"));
	assert_non_null(
	    strstr(text, "return_air_high (high): return_air_temperature > 30, on after 30 s"));
	assert_non_null(strstr(text, "its condition holds since"));
	assert_non_null(strstr(text, "1 of 1 answered in 20 ms"));
	assert_non_null(strstr(text, "next      in "));
	if (getenv("SHOW") != NULL)
		fputs(text, stdout);
	assert_true(core_explain(r->core, FAN, &r->now, text, 40) < 40); /* bounded */
}

static void
speaks_japanese(void **state)
{
	char err[256];

	(void)state;
	r->site.language = LANGUAGE_JA;
	assert_true(lang_use("ja", err, sizeof(err)));
	start();
	r->fakes[0].regs[0] = 304;
	room_run(r, 32000);
	assert_string_equal(alarm_event("return_air_high")->text,
	    "空調機1：還気温度が30.4 °Cで、30 °Cを超えています（30秒継続）。");
	assert_string_equal(alarm_event("return_air_high")->remedy,
	    "Check fan and filter; start the stand-by unit."); /* no Japanese: English */
	assert_true(lang_use("en", err, sizeof(err)));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(values_come_in),
	    TEST(no_value_before_the_first_answer),
	    TEST(changes_are_told_once),
	    TEST(a_register_without_answer_goes_stale),
	    TEST(nobody_wakes_for_fresh_values),
	    TEST(a_refused_register_is_bad_the_others_good),
	    TEST(each_of_a_profile_learns_for_itself),
	    TEST(no_retry_storm_on_a_device_that_refuses_all),
	    TEST(refused_is_asked_again_after_a_loss),
	    TEST(refused_stays_refused_while_it_is_left_out),
	    TEST(illegal_function_is_refused_whole),
	    TEST(busy_is_asked_again),
	    TEST(an_alarm_lives),
	    TEST(hysteresis_raises_no_alarm),
	    TEST(alarms_see_what_the_deadband_hides),
	    TEST(a_latched_alarm_waits_for_reset),
	    TEST(bad_values_freeze_an_alarm),
	    TEST(a_value_that_never_came_is_missing),
	    TEST(a_lost_device_says_so_once),
	    TEST(the_sentence_names_the_fault),
	    TEST(absent_at_start_is_an_event_like_any),
	    TEST(a_changed_identity_is_an_event),
	    TEST(a_missing_oid_spoils_no_other),
	    TEST(a_text_that_is_not_listed_is_no_state),
	    TEST(a_state_that_is_not_listed_is_another),
	    TEST(alarms_stand_as_they_were),
	    TEST(an_alarm_without_its_rule_ends),
	    TEST(restored_alarm_that_is_over_returns),
	    TEST(restored_alarm_inside_its_hysteresis_stands),
	    TEST(lost_before_and_after_is_no_news),
	    TEST(restored_alarms_are_told_again_when_they_are_sure),
	    TEST(notes_are_numbered_with_the_rest),
	    TEST(batons_that_are_not_awaited_are_ignored),
	    TEST(explains),
	    TEST(speaks_japanese),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

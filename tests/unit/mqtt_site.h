/* A small site with its state, by hand, for the tests of sinks/mqtt. */
#ifndef TESTS_MQTT_SITE_H
#define TESTS_MQTT_SITE_H

#include "base/text.h"
#include "sinks/mqtt/mqtt_priv.h"

#include <string.h>

enum { CRAC1_TEMPERATURE, CRAC1_FAN, DOOR1_OPEN, POINTS };
enum { CRAC1, DOOR1, DEVICES };
enum { CRAC1_LOST, CRAC1_HOT, DOOR1_LOST, DOOR1_LEFT_OPEN, ALARMS };

static const struct word fan_words[] = {
    {.raw = 0, .text = "stopped", .title = {.en = "stopped"}},
    {.raw = 1, .text = "running", .title = {.en = "running"}},
};
static const struct word door_words[] = {
    {.raw = 0, .text = "not open", .title = {.en = "not open"}},
    {.raw = 1, .text = "open", .title = {.en = "open"}},
};

/* Everything that the sink looks at; made by test_site(). */
struct test_site {
	struct unit celsius, one;
	struct point_spec crac_points[2], door_points[1];
	struct fact_spec crac_facts[1];
	struct profile crac, door;
	struct alarm_rule crac_alarms[2], door_alarms[2];
	struct zone zones[1];
	struct link_spec links[1];
	struct device_spec devices[DEVICES];
	struct site site;

	struct point_state points[POINTS];
	struct device_state device_states[DEVICES];
	struct alarm_state alarms[ALARMS];
	char facts[1][FACT_TEXT_MAX];
};

static inline void
test_site(struct test_site *t)
{
	memset(t, 0, sizeof(*t));
	t->celsius = (struct unit){"Cel", "°C", "temperature"};
	t->one = (struct unit){"1", "", "state"};
	t->crac_points[0] = (struct point_spec){
	    .name = "return_air_temperature", .unit = &t->celsius, .deadband = 0.2};
	t->crac_points[1] = (struct point_spec){
	    .name = "fan_state", .unit = &t->one, .words = fan_words, .word_count = 2};
	t->door_points[0] = (struct point_spec){
	    .name = "door_open", .unit = &t->one, .words = door_words, .word_count = 2};
	t->crac_facts[0] = (struct fact_spec){.name = "firmware"};
	t->crac_alarms[0] = (struct alarm_rule){.name = "comm_lost", .kind = RULE_DEVICE_LOST};
	t->crac_alarms[1] = (struct alarm_rule){.name = "return_air_high", .kind = RULE_HIGH};
	t->door_alarms[0] = t->crac_alarms[0];
	t->door_alarms[1] = (struct alarm_rule){.name = "door_left_open", .kind = RULE_EQUALS};
	t->crac = (struct profile){.name = "stulz-c7000",
	    .kind = "hvac",
	    .points = t->crac_points,
	    .point_count = 2,
	    .facts = t->crac_facts,
	    .fact_count = 1};
	t->door = (struct profile){
	    .name = "door-contacts", .kind = "door", .points = t->door_points, .point_count = 1};
	t->links[0] = (struct link_spec){.name = "rs485_1", .kind = LINK_MODBUS_RTU};
	t->zones[0] = (struct zone){.name = "room", .in = NO_INDEX};
	t->devices[CRAC1] = (struct device_spec){.name = "crac1",
	    .title = {.en = "CRAC 1", .ja = "空調機１"},
	    .profile = &t->crac,
	    .parent = NO_INDEX,
	    .alarms = t->crac_alarms,
	    .alarm_count = 2};
	t->devices[DOOR1] = (struct device_spec){.name = "door1",
	    .title = {.en = "Main door"},
	    .profile = &t->door,
	    .parent = NO_INDEX,
	    .alarms = t->door_alarms,
	    .alarm_count = 2,
	    .first_point = 2,
	    .first_alarm = 2};
	t->site = (struct site){.name = "annex-2f",
	    .zones = t->zones,
	    .zone_count = 1,
	    .links = t->links,
	    .link_count = 1,
	    .devices = t->devices,
	    .device_count = DEVICES,
	    .point_count = POINTS,
	    .alarm_count = ALARMS};
	t->site.mqtt = (struct mqtt_spec){.enabled = true,
	    .broker = "127.0.0.1",
	    .base = "facility/annex-2f",
	    .client_id = "facilityd-annex-2f",
	    .version = 3,
	    .keepalive_s = 5};
	memcpy(t->facts[0], "4.19", 5);
	t->device_states[CRAC1] = (struct device_state){
	    .phase = DEVICE_ONLINE, .since_wall = {INT64_C(1763715601250000)}, .facts = t->facts};
	t->device_states[DOOR1].phase = DEVICE_ONLINE;
	t->points[CRAC1_TEMPERATURE] = (struct point_state){
	    .value = 24.3, .quality = QUALITY_GOOD, .read_wall = {INT64_C(1763715601250000)}};
	t->points[CRAC1_FAN] = t->points[DOOR1_OPEN] = t->points[CRAC1_TEMPERATURE];
	t->points[CRAC1_FAN].value = 1;
	t->points[DOOR1_OPEN].value = 0;
}

/* ---- what the core would say ----------------------------------------------------------------- */

static inline void
test_alarm_event(const void *arg, size_t alarm, struct event *out)
{
	const struct test_site *t = arg;
	const struct alarm_state *a = &t->alarms[alarm];

	memset(out, 0, sizeof(*out));
	out->type = EVENT_ALARM;
	out->priority = PRIORITY_HIGH;
	out->wall = a->since;
	out->has_value = a->has_value;
	out->value = a->value;
	text_copy(out->unit, sizeof(out->unit), "Cel");
	text_copy(out->to, sizeof(out->to), alarm_phase_word(a->phase));
	text_copy(out->who, sizeof(out->who), a->who);
	text_copy(out->text, sizeof(out->text), "CRAC 1: return air too warm.");
	text_copy(out->impact, sizeof(out->impact), "Rows A and B are cooled by it.");
	text_copy(out->remedy, sizeof(out->remedy), "Check fan and filter.");
}

static inline struct mqtt_view
test_view(const struct test_site *t)
{
	return (struct mqtt_view){.site = &t->site,
	    .points = t->points,
	    .devices = t->device_states,
	    .alarms = t->alarms,
	    .arg = t,
	    .alarm_event = test_alarm_event};
}

#endif

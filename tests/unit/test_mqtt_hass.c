/*
 * What sinks/mqtt tells Home Assistant, topics of the site's own form, and states that the broker
 * does not take: the messages as JSON, and on a real mosquitto.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "mqtt_room.h"

#include "sinks/mqtt/hass.h"
#include "sinks/mqtt/hass_class.h"

#include <jansson.h>

/* The look at what is retained is over: two quiet times and the thread's second. */
#define SWEEP_WAIT_MS 4000

static const char config_fan[] =
    "homeassistant/binary_sensor/facility_annex-2f/crac1-fan_state/config";
static const char config_temperature[] =
    "homeassistant/sensor/facility_annex-2f/crac1-return_air_temperature/config";
static const char config_alarm[] =
    "homeassistant/binary_sensor/facility_annex-2f/crac1-alarm-return_air_high/config";

/* ---- one message ----------------------------------------------------------------------------- */

static const char *
text_of(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));

	assert_non_null(text);
	return text;
}

/* What Home Assistant wants of each (its documentation: a device with an identifier, an origin with
 * a name, a topic for each availability). */
static void
check_common(const json_t *o, const char *id)
{
	const json_t *device = json_object_get(o, "device"), *list;

	assert_string_equal(text_of(o, "unique_id"), id);
	text_of(o, "name");
	text_of(o, "state_topic");
	text_of(o, "value_template");
	list = json_object_get(device, "identifiers");
	assert_int_equal(json_array_size(list), 1);
	assert_string_equal(text_of(device, "name"), "CRAC 1");
	assert_string_equal(text_of(json_object_get(o, "origin"), "name"), "facilityd");
	list = json_object_get(o, "availability");
	assert_true(json_array_size(list) >= 1);
	assert_string_equal(text_of(json_array_get(list, 0), "topic"), "facility/annex-2f/agent");
	assert_string_equal(text_of(o, "availability_mode"), "all");
}

static struct test_site *
hass_site(void)
{
	static struct test_site t;

	test_site(&t);
	t.site.mqtt.home_assistant = MQTT_HASS_PREFIX;
	t.site.device_count = DEVICES;
	return &t;
}

static const struct agent_facts facts = {.version = "1.2", .epoch = "e"};

static void
a_measurement_has_unit_and_class(void **state)
{
	struct test_site *t = hass_site();
	struct mqtt_view v = test_view(t);
	char buf[8192];
	json_t *o;

	(void)state;
	assert_true(hass_point(&v, &facts, CRAC1_TEMPERATURE, buf, sizeof(buf)) > 0);
	o = json_loads(buf, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(o);
	check_common(o, "facility_annex-2f-crac1-return_air_temperature");
	assert_string_equal(text_of(o, "device_class"), "temperature");
	assert_string_equal(text_of(o, "unit_of_measurement"), "°C");
	assert_string_equal(text_of(o, "state_class"), "measurement");
	assert_string_equal(
	    text_of(o, "state_topic"), "facility/annex-2f/point/crac1/return_air_temperature");
	assert_string_equal(text_of(o, "value_template"),
	    "{{ value_json.value if value_json.quality == 'good' else None }}");
	assert_string_equal(text_of(json_object_get(o, "device"), "sw_version"), "4.19");
	assert_string_equal(text_of(json_object_get(o, "device"), "suggested_area"), "room");
	assert_int_equal(json_array_size(json_object_get(o, "availability")), 2);
	json_decref(o);
	/* it fits exactly or not at all */
	for (size_t size = 1; size < 600; size += 7)
		assert_int_equal(hass_point(&v, &facts, CRAC1_TEMPERATURE, buf, size), 0);
}

static void
states_are_words_or_on_and_off(void **state)
{
	static const struct word odd[] = {
	    {.raw = 1, .text = "it's"}, {.raw = 2, .text = "b\\c"}, {.raw = 3, .text = "stopped"}};
	struct test_site *t = hass_site();
	struct mqtt_view v = test_view(t);
	char buf[8192];
	json_t *o;

	(void)state;
	assert_true(hass_point(&v, &facts, CRAC1_FAN, buf, sizeof(buf)) > 0);
	o = json_loads(buf, 0, NULL);
	check_common(o, "facility_annex-2f-crac1-fan_state");
	assert_string_equal(text_of(o, "device_class"), "running");
	assert_string_equal(text_of(o, "value_template"),
	    "{{ {'stopped': 'OFF', 'running': 'ON'}.get(value_json.text) if value_json.quality == "
	    "'good' else None }}");
	assert_null(json_object_get(o, "unit_of_measurement"));
	json_decref(o);

	t->crac_points[1].words = odd;
	t->crac_points[1].word_count = 3;
	assert_true(hass_point(&v, &facts, CRAC1_FAN, buf, sizeof(buf)) > 0);
	o = json_loads(buf, 0, NULL);
	assert_string_equal(text_of(o, "device_class"), "enum");
	assert_int_equal(json_array_size(json_object_get(o, "options")), 3);
	assert_string_equal(text_of(o, "value_template"),
	    "{{ value_json.text if value_json.text in ['it\\'s', 'b\\\\c', 'stopped'] and "
	    "value_json.quality == 'good' else None }}");
	json_decref(o);
}

static void
alarms_are_problems(void **state)
{
	struct test_site *t = hass_site();
	struct mqtt_view v = test_view(t);
	char buf[8192];
	json_t *o;

	(void)state;
	assert_true(hass_alarm(&v, &facts, CRAC1_HOT, buf, sizeof(buf)) > 0);
	o = json_loads(buf, JSON_REJECT_DUPLICATES, NULL);
	check_common(o, "facility_annex-2f-crac1-alarm-return_air_high");
	assert_string_equal(text_of(o, "device_class"), "problem");
	assert_string_equal(text_of(o, "state_topic"), "facility/annex-2f/alarms/crac1");
	json_decref(o);

	t->alarms[CRAC1_HOT].phase = ALARM_RETURNED;
	t->alarms[CRAC1_LOST].phase = ALARM_SHELVED;
	assert_true(payload_alarms(&v, CRAC1, buf, sizeof(buf)) > 0);
	assert_string_equal(buf,
	    "{\"comm_lost\":{\"active\":false,\"state\":\"shelved\",\"priority\":\"low\"},"
	    "\"return_air_high\":{\"active\":true,\"state\":\"returned_unacknowledged\","
	    "\"priority\":\"low\"}}");
}

/* The same name with other words in another profile; a door that is only called so. */
static void
a_state_is_judged_by_its_words(void **state)
{
	static const struct word yes[] = {{.raw = 0, .text = "no"}, {.raw = 1, .text = "yes"}};
	static const struct word alarm[] = {
	    {.raw = 0, .text = "normal"}, {.raw = 1, .text = "alarm"}};
	struct point_spec p = {.name = "fan_fault", .words = yes, .word_count = 2};

	(void)state;
	assert_string_equal(hass_binary(&p)->on, "yes");
	p.words = alarm;
	assert_string_equal(hass_binary(&p)->on, "alarm");
	p.name = "outlet_3_state";
	assert_null(hass_binary(&p));
	p.name = "door_open";
	assert_null(hass_binary(&p));
	p.words = door_words;
	assert_string_equal(hass_binary(&p)->device_class, "door");
	p.word_count = 1;
	assert_null(hass_binary(&p));
}

/* A unit that gets lost on its way would make volts of amperes. */
static void
every_unit_has_its_place(void **state)
{
	struct point_spec p = {.name = "x"};

	(void)state;
	for (size_t i = 0; i < unit_count; i++) {
		p.unit = &unit_table[i];
		assert_non_null(hass_measure(&p).state_class);
		assert_true(strcmp(unit_table[i].code, "1") == 0 ||
			    (hass_measure(&p).unit != NULL && hass_measure(&p).unit[0] != '\0'));
	}
	p.unit = unit_find("K"); /* a difference: as a temperature it would lose 273 */
	assert_null(hass_measure(&p).device_class);
}

/* ---- on a broker ----------------------------------------------------------------------------- */

/* The newest message on a whole topic; false: there was none. */
static bool
newest(struct watcher *w, const char *topic, struct seen *out)
{
	bool found = false;

	pthread_mutex_lock(&w->lock);
	for (size_t i = 0; i < w->count; i++) {
		if (strcmp(w->seen[i].topic, topic) != 0)
			continue;
		*out = w->seen[i];
		found = true;
	}
	pthread_mutex_unlock(&w->lock);
	return found;
}

/* What a client that comes now finds retained there; "" where nothing is. */
static struct seen
kept(const struct broker *b, const char *topic)
{
	struct watcher *w = watcher_start(b->port, NULL, NULL);
	struct seen s = {0};

	watcher_ready(w);
	pause_ms(150);
	if (newest(w, topic, &s) && !s.retained)
		s.text[0] = '\0';
	watcher_stop(w);
	return s;
}

static bool
becomes(const struct broker *b, const char *topic, const char *part, int timeout_ms)
{
	mono_t until = mono_add_ms(clock_mono(), timeout_ms);
	struct seen s;

	do {
		s = kept(b, topic);
		if (part[0] == '\0' ? s.text[0] == '\0' : strstr(s.text, part) != NULL)
			return true;
	} while (mono_before(clock_mono(), until));
	print_message("%s has: %s\n", topic, s.text);
	return false;
}

static void
it_is_told_and_untold(void **state)
{
	static const char other[] = "homeassistant/sensor/somebody/crac1-fan_state/config";
	static const char gone[] = "homeassistant/sensor/facility_annex-2f/crac9-power/config";
	struct broker *b = broker_make();
	struct watcher *w;
	struct room *r;

	(void)state;
	broker_start(b, NULL);
	w = watcher_start(b->port, NULL, NULL);
	watcher_ready(w);
	watcher_leave(w, other, "{}");
	watcher_leave(w, gone, "{}");
	r = room_make(b->port);
	r->t.site.mqtt.home_assistant = MQTT_HASS_PREFIX;
	room_start(r, 0, NULL);
	assert_true(becomes(b, config_temperature, "\"unique_id\"", 5000));
	assert_true(becomes(b, config_fan, "\"device_class\":\"running\"", 1000));
	assert_true(becomes(b, config_alarm, "\"device_class\":\"problem\"", 1000));
	assert_true(becomes(b, "facility/annex-2f/alarms/crac1", "\"active\":false", 1000));
	room_alarm(r, CRAC1_HOT, ALARM_UNACKNOWLEDGED);
	assert_true(becomes(b, "facility/annex-2f/alarms/crac1", "\"active\":true", 3000));
	assert_true(becomes(b, gone, "", SWEEP_WAIT_MS));
	assert_true(becomes(b, other, "{}", 0));
	room_stop(r);

	/* the device leaves the site */
	r = room_make(b->port);
	r->t.site.mqtt.home_assistant = MQTT_HASS_PREFIX;
	r->t.crac_points[1].name = "fan_speed_state";
	room_start(r, 0, NULL);
	assert_true(becomes(b, config_fan, "", 2 * SWEEP_WAIT_MS));
	assert_true(becomes(b, config_temperature, "\"unique_id\"", 0));
	room_stop(r);

	/* and nobody wants to know any more */
	r = room_make(b->port);
	room_start(r, 0, NULL);
	assert_true(becomes(b, config_temperature, "", 2 * SWEEP_WAIT_MS));
	assert_true(becomes(b, config_alarm, "", 0));
	assert_true(becomes(b, "facility/annex-2f/alarms/crac1", "", 0));
	assert_true(becomes(b, other, "{}", 0));
	room_stop(r);
	watcher_stop(w);
	broker_free(b);
}

static void
points_stand_where_the_site_wants_them(void **state)
{
	static const char topic[] = "plant/annex-2f/room/hvac/crac1/fan_state";
	static const char old[] = "facility/annex-2f/point/crac1/fan_state";
	static const char theirs[] = "plant/annex-2f/room/hvac/crac9/fan_state";
	struct broker *b = broker_make();
	struct watcher *w;
	struct room *r;

	(void)state;
	broker_start(b, NULL);
	w = watcher_start(b->port, NULL, NULL);
	watcher_ready(w);
	watcher_leave(w, theirs, "{}");
	watcher_leave(w, old, "{}");
	r = room_make(b->port);
	r->t.site.mqtt.topics = "plant/{site}/{zone}/{kind}/{device}/{point}";
	r->t.site.mqtt.home_assistant = MQTT_HASS_PREFIX;
	room_start(r, 0, NULL);
	assert_true(becomes(b, topic, "\"text\":\"running\"", 5000));
	assert_true(becomes(b, config_fan, topic, 1000)); /* and Home Assistant looks there */
	assert_true(becomes(b, old, "", SWEEP_WAIT_MS));
	room_stop(r);

	/* another form: the topics before are ours to clear, and only they */
	r = room_make(b->port);
	r->t.site.mqtt.topics = "plant/{site}/{device}/{point}";
	room_start(r, 0, NULL);
	assert_true(becomes(b, "plant/annex-2f/crac1/fan_state", "running", 5000));
	assert_true(becomes(b, topic, "", 2 * SWEEP_WAIT_MS));
	assert_true(becomes(b, theirs, "{}", 0));
	room_stop(r);

	r = room_make(b->port);
	room_start(r, 0, NULL);
	assert_true(becomes(b, old, "running", 5000));
	assert_true(becomes(b, "plant/annex-2f/crac1/fan_state", "", 2 * SWEEP_WAIT_MS));
	assert_true(
	    becomes(b, "facility/annex-2f/mark/plant/annex-2f/crac1/fan_state", "", SWEEP_WAIT_MS));
	assert_true(becomes(b, theirs, "{}", 0));
	room_stop(r);
	watcher_stop(w);
	broker_free(b);
}

/* ---- what the broker does not take ----------------------------------------------------------- */

static void
an_old_state_that_stays_is_told(void **state)
{
	struct broker *b = broker_make();
	struct watcher *w;
	struct room *r;
	char conf[256];

	(void)state;
	broker_file(b, "acl", "topic readwrite #\n");
	snprintf(conf, sizeof(conf), "allow_anonymous true\nacl_file %s/acl\n", b->dir);
	broker_start(b, conf);
	w = watcher_start(b->port, NULL, NULL);
	watcher_ready(w);
	watcher_leave(w, "facility/annex-2f/point/door1/door_open", "{\"value\":1}");
	broker_file(b, "acl",
	    "topic read #\ntopic readwrite facility/annex-2f/agent\n"
	    "topic readwrite facility/annex-2f/point/crac1/#\n");
	kill(b->pid, SIGHUP);
	pause_ms(200);
	for (int version = 3; version <= 5; version += 2) {
		r = room_make(b->port);
		r->t.site.mqtt.version = version;
		room_start(r, 0, NULL);
		assert_true(room_says(r,
		    "the broker shows an old state on 1 topics, such as "
		    "facility/annex-2f/point/door1/door_open",
		    2 * SWEEP_WAIT_MS));
		assert_int_equal(room_health(r).refused, 1);
		room_stop(r);
	}
	/* once the rules are right a new login says so */
	broker_file(b, "acl", "topic readwrite #\n");
	kill(b->pid, SIGHUP);
	pause_ms(200);
	r = room_make(b->port);
	room_start(r, 0, NULL);
	pause_ms(SWEEP_WAIT_MS);
	assert_int_equal(room_health(r).refused, 0);
	assert_true(becomes(b, "facility/annex-2f/point/door1/door_open", "not open", 1000));
	room_stop(r);
	watcher_stop(w);
	broker_free(b);
}

/* Too long for the broker: the old one is cleared; an alarm comes without its sentences. */
static void
a_state_that_is_too_long_leaves_nothing_old(void **state)
{
	static const char device[] = "facility/annex-2f/device/crac1";
	struct broker *b = broker_make();
	struct watcher *w;
	struct room *r;

	(void)state;
	broker_start(b, "allow_anonymous true\nmax_packet_size 160\n");
	w = watcher_start(b->port, NULL, NULL);
	watcher_ready(w);
	watcher_leave(w, device, "{\"state\":\"online\"}");
	r = room_make(b->port);
	r->t.site.mqtt.version = 5;
	memset(r->t.facts[0], 'x', 60);
	r->t.alarms[CRAC1_HOT].phase = ALARM_UNACKNOWLEDGED;
	room_start(r, 0, NULL);
	assert_true(becomes(b, device, "", 5000));
	assert_true(becomes(b, "facility/annex-2f/alarm/crac1/return_air_high",
	    "\"state\":\"unacknowledged\",\"priority\":\"high\"", 2000));
	assert_null(strstr(kept(b, "facility/annex-2f/alarm/crac1/return_air_high").text, "text"));
	assert_true(room_says(r, "too long for the broker", 1000));
	assert_true(room_health(r).refused > 0);
	room_stop(r);
	watcher_stop(w);
	broker_free(b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_measurement_has_unit_and_class),
	    cmocka_unit_test(states_are_words_or_on_and_off),
	    cmocka_unit_test(alarms_are_problems),
	    cmocka_unit_test(a_state_is_judged_by_its_words),
	    cmocka_unit_test(every_unit_has_its_place),
	    MQTT_TEST(it_is_told_and_untold),
	    MQTT_TEST(points_stand_where_the_site_wants_them),
	    MQTT_TEST(an_old_state_that_stays_is_told),
	    MQTT_TEST(a_state_that_is_too_long_leaves_nothing_old),
	};

	mosquitto_lib_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

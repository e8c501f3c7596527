/*
 * The rack of the plant: what is done to it, what follows from that in its power, and what its
 * devices then say on the wire (PDUs of version 2c, as those who ask see them).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/plant/plant.h"
#include "tests/plant/scenario_rack.h"
#include "tests/plant/truth.h"

#include <stdio.h>

void
truth_value(const struct device *d, size_t i, int64_t raw)
{
	(void)d, (void)i, (void)raw;
}

static struct plant plant;
static struct mib mib[PLANT_DEVICES];
static const struct engine engine = {.id = {0x80, 0, 0x4d, 0x0b, 5}, .id_length = 5};

static const struct {
	enum plant_device device;
	const char *name;
	const struct device_type *type;
} rack[] = {
    {ATS1, "ats1", &apc_ats},
    {PDU1, "pdu1", &raritan_px3},
    {HANDLES1, "handles1", &raritan_dx2},
    {SWITCH1, "switch1", &if_mib_switch},
    {NVR1, "nvr1", &dahua_nvr},
    {SERVER1, "server1", &dell_idrac},
};

enum { RACK_DEVICES = sizeof rack / sizeof *rack };

static void
pass(double seconds)
{
	room_step(&plant.room, seconds);
	for (size_t i = 0; i < RACK_DEVICES; i++)
		device_refresh(&plant.devices[rack[i].device], &plant.room);
}

static int
setup(void **state)
{
	(void)state;
	plant = (struct plant){.speed = 1.0};
	room_init(&plant.room, 7);
	for (size_t i = 0; i < RACK_DEVICES; i++) {
		struct device *d = &plant.devices[rack[i].device];
		*d = (struct device){.name = rack[i].name, .type = rack[i].type, .served = true};
		if (!mib_load(&mib[rack[i].device], d, &engine))
			return -1;
	}
	pass(1.0);
	return 0;
}

/* Asks for one object. The tag of what came; its content in *content, in a static buffer. */
static unsigned
get(enum plant_device device, const char *name, struct ber_in *content)
{
	static uint8_t reply[2048];
	uint8_t request[256];
	struct ber_in in, pdu, list, pair, skip;
	struct ber_out q, out;
	struct snmp_request r;
	struct oid o = {0};
	int32_t number;
	unsigned tag;

	assert_true(oid_append(&o, name));
	ber_begin(&q, request, sizeof request);
	ber_put_empty(&q, BER_NULL);
	ber_put_oid(&q, &o);
	ber_put_header(&q, BER_SEQUENCE, 0);
	snmp_put_pdu(&q, PDU_GET, 1, NO_ERROR, 0, 0);
	in = (struct ber_in){q.p, q.end};
	assert_true(snmp_request_read(&in, &r));
	ber_begin(&out, reply, sizeof reply);
	snmp_answer(&plant.devices[device], &mib[device], SNMP_V2C, &r, 1400, 0, &out);
	in = (struct ber_in){out.p, out.end};
	assert_true(ber_get_any(&in, &tag, &pdu) && ber_get_int(&pdu, &number) &&
		    ber_get_int(&pdu, &number) && number == NO_ERROR &&
		    ber_get_int(&pdu, &number) && ber_get(&pdu, BER_SEQUENCE, &list) &&
		    ber_get(&list, BER_SEQUENCE, &pair) && ber_get(&pair, BER_OID, &skip) &&
		    ber_get_any(&pair, &tag, content));
	return tag;
}

static int64_t
number_of(enum plant_device device, const char *name, enum ber_tag tag)
{
	struct ber_in content;
	int64_t value = 0;

	assert_int_equal(get(device, name, &content), tag);
	assert_true(ber_left(&content) > 0 && ber_left(&content) <= 9);
	if (*content.p & 0x80)
		value = -1;
	while (content.p < content.end)
		value = (int64_t)((uint64_t)value << 8 | *content.p++);
	return value;
}

static int64_t
integer(enum plant_device device, const char *name)
{
	return number_of(device, name, BER_INTEGER);
}

/* Does it; the words of plantctl after the action. */
static void
act(rack_action *action, enum plant_device device, const char *first, const char *second)
{
	char one[16] = "", two[16] = "", *args[] = {one, two};

	snprintf(one, sizeof one, "%s", first);
	snprintf(two, sizeof two, "%s", second);
	assert_null(action(&plant, device, 2, args));
	pass(4.0);
}

#define ATS_STATUS   "1.3.6.1.4.1.318.1.1.8.5.1."
#define PX           "1.3.6.1.4.1.13742.6."
#define DELL         "1.3.6.1.4.1.674.10892."
#define OUTLET_STATE PX "5.4.3.1.3.1.1.14"
#define OUTLET_POWER PX "5.4.3.1.4.1.1.5"

static void
a_lost_source_is_left(void **state)
{
	(void)state;
	assert_int_equal(integer(ATS1, ATS_STATUS "2.0"), 1);
	assert_int_equal(integer(ATS1, ATS_STATUS "3.0"), 2);
	act(ats_lose, ATS1, "A", "");
	assert_int_equal(integer(ATS1, ATS_STATUS "2.0"), 2);
	assert_int_equal(integer(ATS1, ATS_STATUS "3.0"), 1);
	assert_int_equal(integer(ATS1, ATS_STATUS "12.0"), 1);
	assert_int_equal(integer(ATS1, ATS_STATUS "13.0"), 2);
	assert_int_equal(integer(ATS1, "1.3.6.1.4.1.318.1.1.8.5.3.3.1.3.1.1.1"), 0);
	/* the strip behind it goes on */
	assert_true(number_of(PDU1, PX "5.2.3.1.4.1.1.4", BER_GAUGE32) > 200);
	rack_restore(&plant.room.rack, ATS1);
	pass(2.0);
	assert_int_equal(integer(ATS1, ATS_STATUS "2.0"), 1);
	act(ats_source, ATS1, "B", "");
	assert_int_equal(integer(ATS1, ATS_STATUS "2.0"), 2);
	assert_int_equal(integer(ATS1, ATS_STATUS "3.0"), 2);
}

static void
an_outlet_takes_the_machine_with_it(void **state)
{
	int64_t before = number_of(PDU1, PX "5.2.3.1.4.1.1.5", BER_GAUGE32);

	(void)state;
	assert_int_equal(integer(PDU1, OUTLET_STATE), 7);
	assert_true(number_of(PDU1, OUTLET_POWER, BER_GAUGE32) > 100);
	assert_int_equal(integer(SERVER1, DELL "2.2.1.0"), 3);
	act(pdu_outlet, PDU1, "1", "off");
	assert_int_equal(integer(PDU1, OUTLET_STATE), 8);
	assert_int_equal(number_of(PDU1, OUTLET_POWER, BER_GAUGE32), 0);
	assert_true(number_of(PDU1, PX "5.2.3.1.4.1.1.5", BER_GAUGE32) < before - 80);
	/* the value column of a switch says 0 whatever it is */
	assert_int_equal(integer(PDU1, PX "5.4.3.1.4.1.1.14"), 0);
	assert_int_equal(integer(SERVER1, DELL "5.4.600.12.1.5.1.1"), 5);
	assert_int_equal(integer(SERVER1, DELL "5.4.600.12.1.16.1.1"), 0);
	assert_int_equal(integer(SERVER1, DELL "2.2.1.0"), 5);
	act(pdu_outlet, PDU1, "1", "on");
	assert_int_equal(integer(SERVER1, DELL "2.2.1.0"), 3);
}

static void
too_much_load_is_a_state(void **state)
{
	(void)state;
	assert_int_equal(integer(PDU1, PX "5.2.3.1.3.1.1.1"), 4);
	act(pdu_overload, PDU1, "", "");
	assert_int_equal(integer(PDU1, PX "5.2.3.1.3.1.1.1"), 6);
	assert_true(number_of(PDU1, PX "5.2.3.1.4.1.1.1", BER_GAUGE32) > 16000);
}

static void
energy_only_grows(void **state)
{
	int64_t wh = number_of(PDU1, PX "5.2.3.1.4.1.1.8", BER_GAUGE32), later;

	(void)state;
	pass(3600.0);
	later = number_of(PDU1, PX "5.2.3.1.4.1.1.8", BER_GAUGE32);
	assert_in_range(later - wh, 1200, 1500);
}

static void
handles_tell_force_from_a_key(void **state)
{
	(void)state;
	act(handle_open, HANDLES1, "2", "");
	assert_int_equal(integer(HANDLES1, PX "5.5.3.1.3.1.3"), 1);
	assert_int_equal(integer(HANDLES1, PX "5.5.3.1.3.1.6"), 0);
	assert_int_equal(integer(HANDLES1, PX "5.5.3.1.3.1.7"), 0);
	act(handle_close, HANDLES1, "2", "");
	assert_int_equal(integer(HANDLES1, PX "5.5.3.1.3.1.6"), 1);
	act(handle_force, HANDLES1, "1", "");
	assert_int_equal(integer(HANDLES1, PX "5.5.3.1.3.1.3"), 0);
	assert_int_equal(integer(HANDLES1, PX "5.5.3.1.3.1.4"), 1);
	assert_int_equal(integer(HANDLES1, PX "5.5.3.1.4.1.3"), 0);
}

#define IN_32  "1.3.6.1.2.1.2.2.1.10.10101"
#define IN_64  "1.3.6.1.2.1.31.1.1.1.6.10101"
#define ERRORS "1.3.6.1.2.1.2.2.1.14.10102"

static void
ports_count_in_32_and_64_bits(void **state)
{
	int64_t first = number_of(SWITCH1, IN_64, BER_COUNTER64), second;
	struct ber_in name;

	(void)state;
	assert_true(first > UINT32_MAX);
	assert_int_equal(number_of(SWITCH1, IN_32, BER_COUNTER32), first & UINT32_MAX);
	pass(10.0);
	second = number_of(SWITCH1, IN_64, BER_COUNTER64);
	assert_in_range(second - first, 20000000, 60000000);
	act(port_link, SWITCH1, "1", "down");
	assert_int_equal(integer(SWITCH1, "1.3.6.1.2.1.2.2.1.8.10101"), 2);
	second = number_of(SWITCH1, IN_64, BER_COUNTER64);
	pass(10.0);
	assert_int_equal(number_of(SWITCH1, IN_64, BER_COUNTER64), second);
	assert_int_equal(number_of(SWITCH1, ERRORS, BER_COUNTER32), 0);
	act(port_noise, SWITCH1, "2", "");
	assert_true(number_of(SWITCH1, ERRORS, BER_COUNTER32) > 0);
	assert_int_equal(get(SWITCH1, "1.3.6.1.2.1.31.1.1.1.1.10101", &name), BER_STRING);
	assert_memory_equal(name.p, "Gi1/0/1", 7);
	/* a port that the switch does not have */
	assert_int_equal(get(SWITCH1, "1.3.6.1.2.1.2.2.1.8.1", &name), BER_NO_SUCH_INSTANCE);
}

static void
machines_report_themselves(void **state)
{
	(void)state;
	assert_int_equal(integer(NVR1, "1.3.6.1.4.1.1004849.2.1.2.8.0"), 1);
	act(nvr_disk_fail, NVR1, "", "");
	assert_int_equal(integer(NVR1, "1.3.6.1.4.1.1004849.2.1.2.8.0"), 0);
	act(server_lamp, SERVER1, "on", "");
	assert_int_equal(integer(SERVER1, DELL "2.2.1.0"), 4);
	act(server_cover, SERVER1, "open", "");
	assert_int_equal(integer(SERVER1, DELL "5.4.300.70.1.6.1.1"), 2);
	act(server_supply_fail, SERVER1, "", "");
	assert_int_equal(integer(SERVER1, DELL "5.4.600.12.1.5.1.2"), 5);
	assert_int_equal(integer(SERVER1, DELL "2.2.1.0"), 5);
	rack_restore(&plant.room.rack, SERVER1);
	rack_restore(&plant.room.rack, NVR1);
	pass(2.0);
	assert_int_equal(integer(SERVER1, DELL "2.2.1.0"), 3);
	assert_int_equal(integer(NVR1, "1.3.6.1.4.1.1004849.2.1.2.8.0"), 1);
}

static void
nonsense_is_refused_with_a_reason(void **state)
{
	static const struct {
		rack_action *action;
		const char *words[2], *why;
	} cases[] = {
	    {ats_source, {"C", ""}, "the source is A or B"},
	    {pdu_outlet, {"9", "on"}, "the outlet is 1 to 8"},
	    {pdu_outlet, {"1", "of"}, "an outlet takes on or off"},
	    {handle_open, {"3", ""}, "the door is 1 (front) or 2 (back)"},
	    {port_link, {"0", "up"}, "the port is 1 to 8"},
	    {server_lamp, {"amber", ""}, "the lamp is on or off"},
	};
	char one[16], two[16], *args[] = {one, two};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		snprintf(one, sizeof one, "%s", cases[i].words[0]);
		snprintf(two, sizeof two, "%s", cases[i].words[1]);
		assert_string_equal(cases[i].action(&plant, ATS1, 2, args), cases[i].why);
	}
}

static bool
has_power(enum plant_device device)
{
	return plant.devices[device].type->powered(&plant.room);
}

static void
what_has_no_power_is_dark(void **state)
{
	(void)state;
	act(pdu_outlet, PDU1, "4", "off");
	assert_false(has_power(NVR1));
	assert_true(has_power(SWITCH1) && has_power(SERVER1) && has_power(PDU1));
	act(server_supply_fail, SERVER1, "", "");
	assert_true(has_power(SERVER1));
	act(pdu_outlet, PDU1, "1", "off"); /* its other supply */
	assert_false(has_power(SERVER1));
	act(ats_lose, ATS1, "A", "");
	assert_true(has_power(ATS1) && has_power(PDU1) && has_power(SWITCH1));
	act(ats_lose, ATS1, "B", "");
	assert_false(has_power(ATS1) || has_power(PDU1) || has_power(HANDLES1) ||
		     has_power(SWITCH1) || has_power(NVR1));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(a_lost_source_is_left, setup),
	    cmocka_unit_test_setup(an_outlet_takes_the_machine_with_it, setup),
	    cmocka_unit_test_setup(too_much_load_is_a_state, setup),
	    cmocka_unit_test_setup(energy_only_grows, setup),
	    cmocka_unit_test_setup(handles_tell_force_from_a_key, setup),
	    cmocka_unit_test_setup(ports_count_in_32_and_64_bits, setup),
	    cmocka_unit_test_setup(machines_report_themselves, setup),
	    cmocka_unit_test_setup(what_has_no_power_is_dark, setup),
	    cmocka_unit_test_setup(nonsense_is_refused_with_a_reason, setup),
	};

	return cmocka_run_group_tests_name("plant rack", tests, NULL, NULL);
}

/*
 * What is told of a device that is set otherwise than its profile hopes, or has failed: a profile
 * that we ship, a device that says what is written here, and an hour of virtual time. A wrong value
 * is never good, what fails is told, and a healthy device raises nothing.
 */
#include "site_help.h"

#include "core/core.h"

#include <ctype.h>

/*
 * says:  PLACE=NUMBER ..., where PLACE is the end of an OID, or a letter (c, d, h, i) and an
 * address; an OID that is not named is refused, a bit or register is 0. wants: POINT=TEXT,
 * POINT=bad, +ALARM (it stands), -ALARM (it does not).
 */
struct device {
	const char *what, *profile, *says, *wants;
};

static const struct device devices[] = {
    {"an STE2 with both sensors", "hwg-ste2",
	"3.1.3.1=1 3.1.3.2=1 3.1.5.1=214 3.1.5.2=452 3.1.7.1=1 3.1.7.2=4",
	"temperature=21.4 humidity=45.2 -temperature_unknown -humidity_unknown"},
    {"an STE2 with a thermometer alone", "hwg-ste2", "3.1.3.1=1 3.1.5.1=214 3.1.7.1=1",
	"temperature=21.4 humidity=bad -temperature_unknown -humidity_unknown"},
    {"an STE2 with a flood detector and a thermometer, as recorded", "hwg-ste2",
	"3.1.3.1=1 3.1.3.2=1 3.1.5.1=0 3.1.5.2=203 3.1.7.1=5 3.1.7.2=1",
	"temperature=bad humidity=bad +temperature_unknown +humidity_unknown -temperature_low"},
    {"an STE2 in degrees Fahrenheit", "hwg-ste2",
	"3.1.3.1=1 3.1.3.2=1 3.1.5.1=750 3.1.5.2=452 3.1.7.1=2 3.1.7.2=4",
	"temperature=bad humidity=45.2 +temperature_unknown -temperature_very_high"},
    {"a Room Alert 32S with two digits", "roomalert-32s",
	"1.1.1.2.0=2080 1.1.2.1.0=2870 1.2.1.1.0=2250 1.2.2.1.0=2256 1.2.3.1.0=2810 1.2.4.1.0=2170",
	"temperature=20.8 humidity=28.7 sensor_1_temperature=22.5 -temperature_unknown "
	"-sensor_1_unknown +sensor_3_hot -sensor_1_hot"},
    {"a Room Alert 32S with whole degrees", "roomalert-32s",
	"1.1.1.2.0=21 1.1.2.1.0=29 1.2.1.1.0=85 1.2.2.1.0=-5",
	"temperature=bad humidity=bad sensor_1_temperature=bad sensor_2_temperature=bad "
	"+temperature_unknown +sensor_1_unknown +sensor_2_unknown -humidity_low"},
    {"a Stulz unit in degrees Celsius", "stulz-c7000",
	"d1013=1 d6902=1 h1192=240 h1193=150 h1194=450 h1170=240 h1175=220",
	"return_air_temperature=24 setpoint_temperature=22 -return_air_unknown "
	"-return_air_high"},
    {"a Stulz unit in degrees Fahrenheit", "stulz-c7000",
	"d1013=1 d1022=1 d6902=1 h1192=750 h1193=600 h1194=450 h1170=750 h1175=720",
	"return_air_temperature=bad supply_air_temperature=bad unit_air_temperature=bad "
	"setpoint_temperature=bad return_air_humidity=45 -return_air_very_high -supply_air_high "
	"+return_air_unknown"},
    {"a sensorProbe in Celsius", "akcp-sensorprobe",
	"16.1.4.0=2 16.1.5.0=1 16.1.12.0=1 16.1.14.0=199",
	"sensor_1_temperature=19.9 -sensor_1_unknown -sensor_1_lost -sensor_1_hot"},
    {"a sensorProbe in Fahrenheit", "akcp-sensorprobe",
	"16.1.4.0=2 16.1.5.0=1 16.1.12.0=0 16.1.14.0=750",
	"sensor_1_temperature=bad +sensor_1_unknown -sensor_1_hot"},
    {"a sensorProbe whose sensor was pulled", "akcp-sensorprobe",
	"16.1.4.0=7 16.1.5.0=2 16.1.12.0=1 16.1.14.0=0",
	"sensor_1_temperature=bad -sensor_1_unknown +sensor_1_lost"},
    {"a Poseidon in Celsius", "hwg-poseidon",
	"3.1.4.5=1 3.1.6.5=285 3.1.9.5=0 3.1.6.1=296 3.1.9.1=3",
	"sensor_1_temperature=28.5 sensor_1_humidity=29.6 -sensor_1_unknown +sensor_1_hot"},
    {"a Poseidon in Fahrenheit, a thermometer where humidity was", "hwg-poseidon",
	"3.1.4.5=1 3.1.6.5=750 3.1.9.5=1 3.1.6.1=296 3.1.9.1=0",
	"sensor_1_temperature=bad sensor_1_humidity=bad +sensor_1_unknown -sensor_1_hot"},
    {"a Poseidon without a sensor", "hwg-poseidon", "3.1.4.5=0 3.1.6.5=850 3.1.9.5=0",
	"sensor_1_temperature=bad +sensor_1_unknown -sensor_1_hot"},
    {"an InRow RC that cools", "apc-inrow-rc", "2.2.2.1.0=2 2.2.2.27.0=1 13.3.1.1.0=0",
	"operating_state=on -cooling_stopped -operating_state_unknown -unit_off"},
    {"an InRow RC that idles since cooling failed", "apc-inrow-rc",
	"2.2.2.1.0=3 2.2.2.27.0=1 13.3.1.1.0=1",
	"operating_state=idle +cooling_stopped -operating_state_unknown +common_alarm -unit_off"},
    {"an InRow RC that does not say what it does", "apc-inrow-rc", "2.2.2.27.0=1",
	"operating_state=bad -cooling_stopped +operating_state_unknown"},
    {"a Scalar i6000 on both feeds", "quantum-scalar-i6000", "5.0.49.1=3 5.0.49.2=3",
	"power_supply_2_state=ok -power_supply_1_failed -power_supply_2_failed "
	"-power_supply_2_unknown"},
    {"a Scalar i6000 with one supply", "quantum-scalar-i6000", "5.0.49.1=3 5.0.49.2=2",
	"power_supply_2_state=not_installed -power_supply_2_failed -power_supply_2_unknown"},
    {"a Scalar i6000 without feed 1", "quantum-scalar-i6000", "5.0.49.1=4 5.0.49.2=3",
	"power_supply_1_state=powered_off +power_supply_1_failed -power_supply_2_failed"},
    {"a Scalar i6000 without feed 2", "quantum-scalar-i6000", "5.0.49.1=3 5.0.49.2=4",
	"-power_supply_1_failed +power_supply_2_failed"},
    {"a Scalar i6000 with a broken supply 2", "quantum-scalar-i6000", "5.0.49.1=3 5.0.49.2=5",
	"+power_supply_2_failed"},
    {"a Poseidon whose sensor is in alarm", "hwg-poseidon", "3.1.4.5=3 3.1.6.5=200 3.1.9.5=0",
	"sensor_1_state=alarm sensor_1_temperature=20 +sensor_1_alarm -sensor_1_unknown"},
    {"a Poseidon whose sensor is well", "hwg-poseidon", "3.1.4.5=1 3.1.6.5=200 3.1.9.5=0",
	"sensor_1_state=normal -sensor_1_alarm"},
    {"the contacts of a sensorProbe", "akcp-sensorprobe",
	"18.1.3.0=2 18.1.3.1=6 18.1.3.2=4 18.1.3.3=8",
	"-contact_1_alarm +contact_2_alarm +contact_3_alarm contact_4_state=relay_on "
	"-contact_4_alarm"},
    {"a PRIMERGY on both supplies", "fujitsu-irmc", "8.1.0=1 6.2.1.5.1.1=3 6.2.1.5.1.2=3",
	"supply_1_status=ok -supply_1_failed -supply_2_failed -supply_1_unknown"},
    {"a PRIMERGY whose supplies fail without a spare", "fujitsu-irmc",
	"8.1.0=1 6.2.1.5.1.1=12 6.2.1.5.1.2=13", "+supply_1_failed +supply_2_failed"},
    {"a Daikin indoor unit that is well", "daikin-dta116a51", "i0=1 i1=1 i2000=1 i2004=240",
	"indoor_1_filter=0 -indoor_1_filter -indoor_1_error -indoor_1_unknown"},
    {"a Daikin indoor unit with another filter sign", "daikin-dta116a51",
	"i0=1 i1=1 i2000=1 i2001=32 i2004=240", "+indoor_1_filter -indoor_1_error"},
    {"a Daikin indoor unit in alarm", "daikin-dta116a51", "i0=1 i1=1 i2000=1 i2004=240 i3601=512",
	"indoor_1_alarm=alarm +indoor_1_error"},
    {"a Daikin indoor unit in error", "daikin-dta116a51", "i0=1 i1=1 i2000=1 i2004=240 i3601=256",
	"indoor_1_error=error +indoor_1_error"},
};

struct desk {
	const struct device *device;
	const struct site *site;
	struct core *core;
	struct now now;
	struct baton *out[16];
	size_t out_count;
};

static void
submit(void *arg, struct baton *b)
{
	struct desk *k = arg;

	assert_true(k->out_count < COUNT(k->out));
	k->out[k->out_count++] = b;
}

static void
event(void *arg, const struct event *e, const struct alarm_record *r, const struct mark *m)
{
	(void)arg;
	(void)e;
	(void)r;
	(void)m;
}

/* What the device says of this place; false: nothing is written of it. */
static bool
said(const char *says, const char *place, bool whole, int64_t *out)
{
	size_t n = strlen(place);

	while (*says != '\0') {
		const char *equals = strchr(says, '=');
		size_t length = (size_t)(equals - says);

		if (length <= n && strncmp(place + n - length, says, length) == 0 &&
		    (whole ? length == n : length == n || place[n - length - 1] == '.')) {
			*out = strtoll(equals + 1, NULL, 10);
			return true;
		}
		says = equals + strcspn(equals, " ");
		says += strspn(says, " ");
	}
	return false;
}

static void
say_oid(const char *says, const struct ask *ask, struct answer *a)
{
	char place[1024] = "";
	size_t used = 0;
	int64_t value;

	for (size_t i = 0; i < ask->oid->length; i++)
		used += (size_t)snprintf(place + used, sizeof(place) - used, "%s%u", i ? "." : "",
		    (unsigned)ask->oid->sub[i]);
	if (!said(says, place, false, &value)) {
		a->status = ANSWER_REFUSED;
		a->code = 129; /* noSuchInstance */
		return;
	}
	a->status = ANSWER_OK;
	a->value->type = SNMP_TYPE_SIGNED;
	a->value->i = value;
}

static void
say_registers(const char *says, const struct ask *ask, struct answer *a)
{
	static const char letters[] = {
	    [TABLE_COIL] = 'c', [TABLE_DISCRETE] = 'd', [TABLE_HOLDING] = 'h', [TABLE_INPUT] = 'i'};

	assert_true(ask->table < COUNT(letters) && a->room >= ask->count);
	for (unsigned i = 0; i < ask->count; i++) {
		char place[16];
		int64_t value = 0;

		snprintf(place, sizeof(place), "%c%u", letters[ask->table], ask->address + i);
		said(says, place, true, &value);
		a->words[i] = (uint16_t)value;
	}
	a->status = ANSWER_OK;
}

static void
answer_all(struct desk *k)
{
	while (k->out_count > 0) {
		struct baton *b = k->out[--k->out_count];

		for (size_t i = 0; i < b->ask_count; i++) {
			struct answer *a = &b->answers[i];

			a->at = k->now.mono;
			a->took_us = 1000;
			if (b->asks[i].table == TABLE_OID)
				say_oid(k->device->says, &b->asks[i], a);
			else
				say_registers(k->device->says, &b->asks[i], a);
		}
		core_answer(k->core, b, &k->now);
	}
}

static void
run_an_hour(struct desk *k)
{
	mono_t end = mono_add_ms(k->now.mono, 3600 * 1000);

	while (mono_before(k->now.mono, end)) {
		mono_t next = core_next(k->core);

		if (mono_before(k->now.mono, next)) {
			k->now.wall.us += next.us - k->now.mono.us;
			k->now.mono = next;
		}
		answer_all(k);
		core_turn(k->core, &k->now);
		core_changes_clear(k->core, &k->now);
	}
}

static void
want_alarm(const struct desk *k, const char *name, bool stands)
{
	const struct device_spec *d = &k->site->devices[0];

	for (size_t i = 0; i < d->alarm_count; i++) {
		if (strcmp(d->alarms[i].name, name) != 0)
			continue;
		if (core_alarms(k->core)[i].held != stands)
			fail_msg(
			    "%s: %s %s", k->device->what, name, stands ? "is not told" : "is told");
		return;
	}
	fail_msg("%s: no alarm %s", k->device->what, name);
}

static void
want_point(const struct desk *k, const char *name, const char *want)
{
	const struct profile *p = k->site->devices[0].profile;
	char text[VALUE_TEXT_MAX];

	for (size_t i = 0; i < p->point_count; i++) {
		const struct point_state *s = &core_points(k->core)[i];

		if (strcmp(p->points[i].name, name) != 0)
			continue;
		if (s->quality == QUALITY_GOOD)
			core_value_text(k->core, i, text);
		else
			snprintf(text, sizeof(text), "bad");
		if (strcmp(text, want) != 0)
			fail_msg("%s: %s is %s, not %s", k->device->what, name, text, want);
		return;
	}
	fail_msg("%s: no point %s", k->device->what, name);
}

static void
check_wants(const struct desk *k)
{
	char text[512], *rest = text, *want;

	snprintf(text, sizeof(text), "%s", k->device->wants);
	while ((want = strsep(&rest, " ")) != NULL) {
		char *equals = strchr(want, '=');

		if (equals == NULL) {
			want_alarm(k, want + 1, want[0] == '+');
			continue;
		}
		*equals = '\0';
		for (char *c = equals + 1; *c; c++)
			*c = *c == '_' ? ' ' : *c;
		want_point(k, want, equals + 1);
	}
}

static void
try_device(const struct device *device)
{
	struct site_options options = {
	    .config_dir = "firmware-config", .boards_dir = "boards", .secrets_may_wait = true};
	struct desk k = {
	    .device = device, .now = {{7200123456}, {INT64_C(1795000000000000)}, true}};
	const struct core_out out = {.arg = &k, .submit = submit, .event = event};
	bool snmp = isdigit((unsigned char)device->says[0]);
	struct scratch scratch;
	struct loaded loaded;
	char text[512];

	snprintf(text, sizeof(text),
	    "site: {name: hall}\nzones: {room: {}}\n%sdevices:\n  d: {profile: %s, zone: room, "
	    "%s}\n",
	    snmp ? "" : "links: {bus: {kind: modbus-rtu, port: /dev/null}}\n", device->profile,
	    snmp ? "snmp: {address: 127.0.0.1, version: 2c, secrets: none}" : "link: bus, unit: 1");
	scratch_open(&scratch);
	options.site_file = scratch_write(&scratch, "site.yaml", text, 0644);
	loaded = load_with(&options);
	if (loaded.site == NULL)
		fail_msg("%s:\n%s", device->profile, loaded.text);
	k.site = loaded.site;
	k.core = core_new(k.site, &out, 1, 7);
	run_an_hour(&k);
	check_wants(&k);
	core_free(k.core);
	loaded_free(&loaded);
	scratch_close(&scratch);
}

static void
settings_and_failures_are_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(devices); i++)
		try_device(&devices[i]);
	print_message("%zu devices\n", COUNT(devices));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(settings_and_failures_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

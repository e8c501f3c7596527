/*
 * A broken sensor is no value, and rules about values stand still without one. So every point with
 * a rule of high or critical priority needs one that says that the value is missing.
 */
#include "site_help.h"

/* One device of a profile that has all it needs, with these changes to its alarms. */
#define SITE(alarms)                                                                               \
	"site: {name: hall}\n"                                                                     \
	"zones: {room: {}}\n"                                                                      \
	"links: {bus: {kind: modbus-rtu, port: /dev/tty0}}\n"                                      \
	"devices: {a: {profile: unit-a, link: bus, unit: 1, zone: room,\n"                         \
	"  alarms: {" alarms "}}}\n"

#define SAYS(alarm, point)                                                                         \
	"warning: \"" alarm "\" stands still while " point " has no good value, and nobody is "    \
	"told"

static const struct {
	const char *site;
	unsigned warnings;
	const char *says; /* with its place; NULL: nothing */
} cases[] = {
    {SITE(""), 0, NULL},
    {SITE("return_air_high: {on_delay: 2s}"), 0, NULL},
    /* switched off by a person, who knows why */
    {SITE("return_air_unknown: {enabled: false}"), 0, NULL},
    /* the rule is about another point now: both rules of the fan are asked, one is told */
    {SITE("fan_unknown: {when: missing(return_air_temperature)},\n"
	  "    battery_low: {when: fan_state == stopped, priority: critical, remedy: Go.},\n"
	  "    fan_stopped: {when: fan_state == stopped}"),
	1, "site.yaml:7:5: " SAYS("fan_stopped", "fan_state")},
    {SITE("fan_unknown: {when: missing(return_air_temperature)},\n"
	  "    fan_stopped: {enabled: false},\n"
	  "    battery_low: {when: fan_state == stopped, priority: critical, remedy: Go.}"),
	1, "site.yaml:7:5: " SAYS("battery_low", "fan_state")},
    {SITE("fan_unknown: {when: missing(return_air_temperature)},\n"
	  "    fan_stopped: {priority: medium},\n"
	  "    battery_low: {when: fan_state == stopped, priority: low, remedy: Go.}"),
	0, NULL},
    /* what follows from a mistake is not said beside it */
    {SITE("fan_unknown: {when: missing(fan_stat)}"), 0, NULL},
};

static void
a_site_is_warned(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct site_options o = {.config_dir = "tests/golden/site/config",
		    .boards_dir = "tests/golden/site/boards"};
		struct scratch scratch;
		struct loaded l;

		scratch_open(&scratch);
		o.site_file = scratch_write(&scratch, "site.yaml", cases[i].site, 0644);
		l = load_with(&o);
		if (l.report.warnings != cases[i].warnings)
			fail_msg("case %zu: %u warnings:\n%s", i, l.report.warnings, l.text);
		if (cases[i].says)
			assert_message(&l, cases[i].says);
		loaded_free(&l);
		scratch_close(&scratch);
	}
}

/* In the profile's own file, with what to write. */
static void
a_profile_is_warned(void **state)
{
	struct site_options o = {
	    .config_dir = "tests/golden/site/config", .boards_dir = "tests/golden/site/boards"};
	struct scratch scratch;
	struct loaded l;

	(void)state;
	scratch_open(&scratch);
	o.site_file = scratch_write(&scratch, "site.yaml",
	    "site: {name: hall}\n"
	    "zones: {room: {}}\n"
	    "devices:\n"
	    "  u: {profile: ups-blind, snmp: {address: 192.0.2.1, version: 2c}, zone: room}\n"
	    "  v: {profile: ups-blind, snmp: {address: 192.0.2.2, version: 2c}, zone: room}\n",
	    0644);
	l = load_with(&o);
	assert_message(
	    &l, "profiles/ups/ups-blind.yaml:10:3: " SAYS("on_battery", "output_source"));
	assert_message(&l, "add an alarm with when: missing(output_source)");
	assert_int_equal(l.report.warnings, 1); /* once, however many devices */
	loaded_free(&l);
	scratch_close(&scratch);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_site_is_warned),
	    cmocka_unit_test(a_profile_is_warned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

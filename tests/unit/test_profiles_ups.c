/*
 * What the UPS profiles tell of a UPS in a given state: each is asked through the core as it would
 * be on the wire, and exactly the alarms that are named stand two minutes later. A healthy UPS has
 * none.
 */
#include "site_help.h"

#include "core/core.h"

#define LAPS_MS 120000
#define SAID    40

/*
 * One state. `says` is what the device answers, "AT=NUMBER ..." in raw numbers: AT is a register,
 * or an OID below 1.3.6.1.4.1. What is not said here and not in `healthy` is refused. No device:
 * the device of the line before goes on. SILENCE: it answers nothing at all.
 */
#define SILENCE ""

struct scene {
	const char *device; /* as in the site: profile and more */
	const char *healthy, *says;
	const char *stands; /* alarms in the order of the profile */
};

/* ---- the device -------------------------------------------------------------------------------
 */

struct said {
	char at[80];
	long number;
};

struct desk {
	struct scratch scratch;
	struct loaded loaded;
	struct core *core;
	struct now now;
	struct baton *out[8];
	size_t out_count;
	struct said said[SAID];
	size_t said_count;
	bool silent;
};

static void
say(struct desk *d, const char *text)
{
	while (text != NULL && *text != '\0') {
		struct said *s = &d->said[d->said_count];
		int length;

		assert_true(d->said_count < SAID);
		assert_int_equal(sscanf(text, "%79[0-9.]=%ld %n", s->at, &s->number, &length), 2);
		d->said_count++;
		text += length;
	}
}

/* The last word counts: `says` comes after `healthy`. */
static const struct said *
find(const struct desk *d, const char *at)
{
	for (size_t i = d->said_count; i > 0; i--)
		if (strcmp(d->said[i - 1].at, at) == 0)
			return &d->said[i - 1];
	return NULL;
}

static void
answer_oid(const struct desk *d, const struct ask *ask, struct answer *a)
{
	const struct said *s;
	char at[80] = "";
	size_t used = 0;

	for (size_t i = 6; i < ask->oid->length; i++)
		used += (size_t)snprintf(at + used, sizeof(at) - used, "%s%u", i > 6 ? "." : "",
		    (unsigned)ask->oid->sub[i]);
	a->status = (s = find(d, at)) != NULL ? ANSWER_OK : ANSWER_REFUSED;
	a->code = SNMP_REFUSED_NO_OBJECT;
	if (s != NULL)
		*a->value = (struct snmp_value){.type = SNMP_TYPE_SIGNED, .i = s->number};
}

/* Registers in a gap are there, or the whole read would be refused. */
static void
answer_registers(const struct desk *d, const struct ask *ask, struct answer *a)
{
	a->status = ANSWER_OK;
	for (unsigned i = 0; i < ask->count; i++) {
		const struct said *s;
		char at[80];

		snprintf(at, sizeof(at), "%u", ask->address + i);
		s = find(d, at);
		a->words[i] = s != NULL ? (uint16_t)s->number : 0;
		if (s == NULL && (ask->count == 1 || i == 0 || i + 1 == ask->count)) {
			a->status = ANSWER_REFUSED;
			a->code = 2;
			return;
		}
	}
}

static void
come_home(struct desk *d)
{
	while (d->out_count > 0) {
		struct baton *b = d->out[--d->out_count];

		for (size_t i = 0; i < b->ask_count; i++) {
			b->answers[i].at = d->now.mono;
			b->answers[i].status = ANSWER_TIMEOUT;
			if (d->silent)
				break;
			if (b->asks[i].table == TABLE_OID)
				answer_oid(d, &b->asks[i], &b->answers[i]);
			else
				answer_registers(d, &b->asks[i], &b->answers[i]);
		}
		core_answer(d->core, b, &d->now);
	}
}

/* ---- the desk ---------------------------------------------------------------------------------
 */

static void
on_submit(void *arg, struct baton *b)
{
	struct desk *d = arg;

	assert_true(d->out_count < COUNT(d->out));
	d->out[d->out_count++] = b;
}

static void
on_event(
    void *arg, const struct event *e, const struct alarm_record *record, const struct mark *mark)
{
	(void)arg;
	(void)e;
	(void)record;
	(void)mark;
}

static void
desk_open(struct desk *d, const struct scene *scene)
{
	const struct core_out out = {.arg = d, .submit = on_submit, .event = on_event};
	struct site_options options = {
	    .config_dir = "firmware-config", .boards_dir = "boards", .secrets_may_wait = true};
	bool snmp = strchr(scene->healthy, '.') != NULL;
	char text[512];

	memset(d, 0, sizeof(*d));
	snprintf(text, sizeof(text),
	    "site: {name: hall}\nzones: {room: {}}\n%sdevices:\n  d: {profile: %s, zone: room, "
	    "%s}\n",
	    snmp ? "" : "links: {bus: {kind: modbus-rtu, port: /dev/null}}\n", scene->device,
	    snmp ? "snmp: {address: 127.0.0.1, version: 2c, secrets: none}" : "link: bus, unit: 1");
	scratch_open(&d->scratch);
	options.site_file = scratch_write(&d->scratch, "site.yaml", text, 0644);
	d->loaded = load_with(&options);
	if (d->loaded.site == NULL)
		fail_msg("%s:\n%s", scene->device, d->loaded.text);
	d->now = (struct now){{7200123456}, {INT64_C(1795000000000000)}, true};
	d->core = core_new(d->loaded.site, &out, 1, 1);
}

static void
desk_close(struct desk *d)
{
	if (d->core == NULL)
		return;
	core_free(d->core);
	loaded_free(&d->loaded);
	scratch_close(&d->scratch);
	d->core = NULL;
}

static void
desk_run(struct desk *d, int64_t ms)
{
	mono_t end = mono_add_ms(d->now.mono, ms);

	while (mono_before(d->now.mono, end)) {
		mono_t next = mono_min(core_next(d->core), end);

		if (mono_before(d->now.mono, next)) {
			d->now.wall.us += next.us - d->now.mono.us;
			d->now.mono = next;
		}
		core_turn(d->core, &d->now);
		come_home(d);
		core_changes_clear(d->core, &d->now);
	}
}

static void
standing(const struct desk *d, char *buf, size_t size)
{
	const struct device_spec *device = &d->loaded.site->devices[0];
	const struct alarm_state *alarms = core_alarms(d->core);
	size_t used = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < device->alarm_count; i++)
		if (alarms[i].phase == ALARM_UNACKNOWLEDGED)
			used += (size_t)snprintf(buf + used, size - used, "%s%s", used ? " " : "",
			    device->alarms[i].name);
}

static void
play(const struct scene *scenes, size_t count)
{
	struct desk d = {0};
	const char *healthy = NULL, *device = NULL;
	char buf[512];

	for (size_t i = 0; i < count; i++) {
		if (scenes[i].device != NULL) {
			desk_close(&d);
			desk_open(&d, &scenes[i]);
			healthy = scenes[i].healthy;
			device = scenes[i].device;
		}
		d.silent = scenes[i].says != NULL && scenes[i].says[0] == '\0';
		d.said_count = 0;
		say(&d, healthy);
		say(&d, scenes[i].says);
		desk_run(&d, LAPS_MS);
		standing(&d, buf, sizeof(buf));
		if (strcmp(buf, scenes[i].stands) != 0)
			fail_msg("%s says %s: \"%s\" stands, not \"%s\"", device,
			    scenes[i].says ? scenes[i].says : "that it is well", buf,
			    scenes[i].stands);
	}
	desk_close(&d);
}

/* ---- what they say ----------------------------------------------------------------------------
 */

#define APC "318.1.1.1."
#define CPS "3808.1.1.1."

static const char apc_well[] = APC "4.1.1.0=2 " APC "2.1.1.0=2 " APC "2.2.4.0=1 " APC
				   "2.2.3.0=180000 " APC "2.3.1.0=1000 " APC "4.3.3.0=300";
static const char cps_well[] =
    CPS "4.1.1.0=2 " CPS "2.1.1.0=2 " CPS "2.2.5.0=1 " CPS "2.2.4.0=180000 " CPS "4.2.3.0=30";

/* Output off is said in three ways: switched off, and asleep until a time or until mains is back.
 */
static void
a_ups_that_sleeps_gives_no_power(void **state)
{
	static const struct scene scenes[] = {
	    {"apc-ups-nmc", apc_well, NULL, ""},
	    {.says = APC "4.1.1.0=3", .stands = "on_battery"},
	    {.says = APC "4.1.1.0=11", .stands = "output_off"},
	    {.says = APC "4.1.1.0=2", .stands = ""},
	    {.says = APC "4.1.1.0=5", .stands = "output_off"},
	    {.says = APC "4.1.1.0=7", .stands = "output_off"},
	    {"cyberpower-ups", cps_well, NULL, ""},
	    {.says = CPS "4.1.1.0=3", .stands = "on_battery"},
	    {.says = CPS "4.1.1.0=5", .stands = "output_off"},
	    {.says = CPS "4.1.1.0=6", .stands = "output_off"},
	};

	(void)state;
	play(scenes, COUNT(scenes));
}

/* 19 to 28 of upsBasicOutputStatus: the UPS works, and says how. */
static void
every_state_of_an_apc_ups_has_a_word(void **state)
{
	static const struct scene scenes[] = {
	    {"apc-ups-nmc", apc_well, APC "4.1.1.0=19", ""},
	    {.says = APC "4.1.1.0=20", .stands = ""},
	    {.says = APC "4.1.1.0=21", .stands = ""},
	    {.says = APC "4.1.1.0=22", .stands = ""},
	    {.says = APC "4.1.1.0=23", .stands = ""},
	    {.says = APC "4.1.1.0=24", .stands = ""},
	    {.says = APC "4.1.1.0=25", .stands = ""},
	    {.says = APC "4.1.1.0=26", .stands = ""},
	    {.says = APC "4.1.1.0=27", .stands = ""},
	    {.says = APC "4.1.1.0=28", .stands = ""},
	    {.says = APC "4.1.1.0=29", .stands = "output_source_unknown"},
	};

	(void)state;
	play(scenes, COUNT(scenes));
}

/* ---- the output is lost, and no state says so -------------------------------------------------
 */

#define MGE "705.1."
#define MGE_WELL                                                                                   \
	MGE "7.3.0=2 " MGE "7.4.0=2 " MGE "7.9.0=2 " MGE "5.14.0=2 " MGE "5.9.0=2 " MGE            \
	    "5.11.0=2 " MGE "5.15.0=2 " MGE "6.3.0=2 " MGE "7.10.0=2 " MGE "7.11.0=2 " MGE         \
	    "5.1.0=8226 " MGE "5.2.0=100 "
#define NMC2_WELL "3=8 5=100 6=60 7=54 8=25 12=30 14=230 17=230 18=50"
#define CS141_WELL                                                                                 \
	"97=230 98=231 99=229 100=30 101=30 102=30 103=100 104=230 105=230 106=230 107=25 "        \
	"108=60 110=400"
#define CS141_ONE                                                                                  \
	"97=230 98=0 99=0 100=30 101=0 102=0 103=100 104=230 105=0 106=0 107=25 108=60 110=400"

static void
a_ups_without_output_voltage_is_off(void **state)
{
	static const struct scene scenes[] = {
	    {"apc-nmc2-modbus", NMC2_WELL, NULL, ""},
	    {.says = "14=100", .stands = ""}, /* Japan */
	    {.says = "14=0", .stands = "output_off"},
	    {.says = "14=230", .stands = ""},
	    {.says = "14=65535", .stands = "output_off_unknown"},
	    {"generex-cs141-modbus", CS141_WELL, NULL, ""},
	    {.says = "98=0", .stands = "output_phase_2_lost"},
	    {.says = "97=0 98=0 99=0",
		.stands = "output_phase_1_lost output_phase_2_lost output_phase_3_lost"},
	    {"generex-cs141-modbus, rows: {input: 1, output: 1}", CS141_ONE, NULL, ""},
	    {.says = "97=0", .stands = "output_phase_1_lost"},
	};

	(void)state;
	play(scenes, COUNT(scenes));
}

/* By its voltage, or where it tells none by the inverter, if nothing else feeds the load. */
static void
an_mge_ups_without_output_is_off(void **state)
{
	static const struct scene scenes[] = {
	    {"eaton-mge", MGE_WELL, NULL, ""}, /* tells no voltage */
	    {.says = MGE "7.9.0=1", .stands = "output_off"},
	    {.says = MGE "7.9.0=1 " MGE "7.4.0=1", .stands = "on_bypass"}, /* it feeds the load */
	    {.says = MGE "7.9.0=3", .stands = "output_off_unknown"},
	    {"eaton-mge", MGE_WELL MGE "7.2.1.2.1=2300", NULL, ""},
	    {.says = MGE "7.9.0=1", .stands = ""}, /* line-interactive, on mains */
	    {.says = SILENCE, .stands = "comm_lost"},
	    {.says = MGE "7.2.1.2.1=0", .stands = "output_off"},
	    {.says = SILENCE, .stands = "comm_lost output_off"},
	};

	(void)state;
	play(scenes, COUNT(scenes));
}

/* ---- Socomec: the runtime says who carries the load -------------------------------------------
 */

#define JBUS_WELL                                                                                  \
	"4160=0 4192=30 4193=31 4194=32 4195=31 4196=100 4198=230 4201=230 4207=12 4210=500 "      \
	"4211=500 4212=4100 4214=25 4215=65535"
#define JBUS_ONE                                                                                   \
	"4160=0 4192=85 4193=65535 4194=65535 4195=65535 4196=100 4198=230 4201=230 4207=12 "      \
	"4210=500 4211=500 4212=4100 4214=25 4215=65535"

static void
a_runtime_means_that_the_battery_works(void **state)
{
	static const struct scene scenes[] = {
	    {"socomec-jbus", JBUS_WELL, NULL, ""},
	    {.says = "4160=32", .stands = "mains_abnormal"},
	    {.says = "4215=40", .stands = "on_battery"},
	    {.says = "4215=15", .stands = "on_battery battery_low"},
	    {.says = "4215=0", .stands = "on_battery battery_low"},
	    {.says = SILENCE, .stands = "comm_lost on_battery battery_low"},
	    {.says = NULL, .stands = ""}, /* mains is back, and 0xFFFF */
	    {.says = "4201=0", .stands = "output_off"},
	    {.says = "4201=0 4160=256", .stands = "on_bypass"},
	    {.says = "4195=85", .stands = "load_high"},
	    {.says = "4193=85", .stands = "output_phase_2_load_high"},
	    {"socomec-jbus", JBUS_ONE, NULL, "output_phase_1_load_high"},
	};

	(void)state;
	play(scenes, COUNT(scenes));
}

/* ---- Huawei: several bits are one fault -------------------------------------------------------
 */

#define UPS2000_WELL                                                                               \
	"11000=2300 11003=500 11004=2300 11007=500 11008=2300 11011=20 11014=500 11015=5 "         \
	"11021=300 11024=2 11027=300 11043=0 12000=2700 12002=3 12003=100 12004=0 12005=3600 "     \
	"41180=0 41185=0 41188=0 41194=0 41197=0 41203=0 41204=0 41206=0"

static void
every_bit_of_a_fault_is_read(void **state)
{
	static const struct scene scenes[] = {
	    {"huawei-ups2000-modbus", UPS2000_WELL, NULL, ""},
	    {.says = "41197=32", .stands = "ups_overload"},
	    {.says = "41197=8", .stands = "ups_overload"},
	    {.says = "41203=16384", .stands = "rectifier_fault"},
	    {.says = "41203=32768", .stands = "rectifier_fault"},
	    {.says = "41204=2", .stands = "rectifier_fault"},
	    {.says = "41204=64", .stands = "inverter_fault"},
	    {.says = "41204=128", .stands = "inverter_fault"},
	    {.says = "41204=1024", .stands = "inverter_fault"},
	    {.says = "41180=8", .stands = "ups_hot"},
	    {.says = "41204=2048", .stands = "ups_hot"},
	    {.says = "41204=8192", .stands = "charger_fault"},
	    {.says = "41206=16", .stands = "charger_fault"},
	    {.says = "41185=2", .stands = "bypass_abnormal"},
	    {.says = "41185=4", .stands = "bypass_abnormal"},
	    {.says = "41206=8192", .stands = "overload_shutdown"},
	    {.says = "41206=16384 11024=0", .stands = "output_off bypass_overload_shutdown"},
	    {.says = NULL, .stands = ""},
	};

	(void)state;
	play(scenes, COUNT(scenes));
}

/* ---- no battery -------------------------------------------------------------------------------
 */

#define XUPS "534.1."
#define XUPS_WELL                                                                                  \
	XUPS "4.5.0=3 " XUPS "2.5.0=4 " XUPS "2.1.0=8620 " XUPS "2.4.0=100 " XUPS "4.1.0=30 " XUPS \
	     "7.1.0=0 "
#define XUPS_NEW XUPS_WELL XUPS "2.7.0=2 " XUPS "2.8.0=2 " XUPS "2.10.0=2"

static void
a_ups_without_a_battery_says_so(void **state)
{
	static const struct scene scenes[] = {
	    {"apc-ups-nmc", apc_well, APC "2.1.1.0=5", "battery_fault"},
	    {.says = APC "2.1.1.0=4", .stands = "battery_fault"},
	    {.says = NULL, .stands = ""},
	    {"cyberpower-ups", cps_well, CPS "2.1.1.0=4", "battery_fault"},
	    {.says = NULL, .stands = ""},
	    {"eaton-xups", XUPS_NEW, NULL, ""},
	    {.says = XUPS "2.8.0=1", .stands = "battery_fault"},
	    {.says = SILENCE, .stands = "comm_lost battery_fault"},
	    {.says = XUPS "2.7.0=1", .stands = "battery_fault"},
	    {.says = XUPS "2.10.0=1", .stands = ""}, /* charges after an outage */
	    {.says = XUPS "2.10.0=1 " XUPS "4.5.0=5", .stands = "on_battery battery_low"},
	    /* an older card has no such words, and its alarms come and end without them */
	    {"eaton-xups", XUPS_WELL, NULL, ""},
	    {.says = XUPS "2.5.0=8", .stands = "battery_fault"},
	    {.says = NULL, .stands = ""},
	    {.says = XUPS "4.5.0=5", .stands = "on_battery"},
	    {.says = XUPS "2.5.0=99", .stands = "battery_status_unknown"},
	};

	(void)state;
	play(scenes, COUNT(scenes));
}

/* ---- a thermometer that is not there ----------------------------------------------------------
 */

static void
a_missing_thermometer_is_no_temperature(void **state)
{
	static const struct scene well = {"apc-ups-nmc", apc_well, NULL, ""};
	static const struct {
		const char *says;
		enum quality quality;
	} cases[] = {
	    {APC "2.2.2.0=25 " APC "2.3.2.0=255", QUALITY_GOOD},
	    {APC "2.2.2.0=255 " APC "2.3.2.0=255", QUALITY_BAD},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct profile *p;
		struct desk d;

		desk_open(&d, &well);
		p = d.loaded.site->devices[0].profile;
		say(&d, apc_well);
		say(&d, cases[i].says);
		desk_run(&d, LAPS_MS);
		for (size_t k = 0; k < p->point_count; k++)
			if (strcmp(p->points[k].name, "battery_temperature") == 0)
				assert_int_equal(core_points(d.core)[k].quality, cases[i].quality);
		desk_close(&d);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_ups_that_sleeps_gives_no_power),
	    cmocka_unit_test(every_state_of_an_apc_ups_has_a_word),
	    cmocka_unit_test(a_ups_without_output_voltage_is_off),
	    cmocka_unit_test(an_mge_ups_without_output_is_off),
	    cmocka_unit_test(a_runtime_means_that_the_battery_works),
	    cmocka_unit_test(every_bit_of_a_fault_is_read),
	    cmocka_unit_test(a_ups_without_a_battery_says_so),
	    cmocka_unit_test(a_missing_thermometer_is_no_temperature),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

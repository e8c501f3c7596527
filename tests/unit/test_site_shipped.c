/*
 * What we ship loads: every site without a finding but the secrets that are made at run time,
 * every profile without any. With FACILITY_REFERENCE the SNMP profiles are tried on recordings of
 * real devices.
 */
#include "site_help.h"

#include "core/decode.h"

#include <dirent.h>
#include <glob.h>

static struct site_options
shipped(const char *site_file)
{
	return (struct site_options){.site_file = site_file,
	    .config_dir = "firmware-config",
	    .boards_dir = "boards",
	    .secrets_may_wait = true};
}

static void
sites_load_clean(void **state)
{
	glob_t g;

	(void)state;
	assert_int_equal(glob("firmware-config/sites/*.yaml", 0, NULL, &g), 0);
	for (size_t i = 0; i < g.gl_pathc; i++) {
		struct site_options o = shipped(g.gl_pathv[i]);
		struct loaded l = load_with(&o);
		unsigned secrets = 0;

		for (const char *s = l.text; (s = strstr(s, "is not there yet")) != NULL; s++)
			secrets++;
		if (l.site == NULL || l.report.warnings != secrets)
			fail_msg("%s:\n%s", g.gl_pathv[i], l.text);
		loaded_free(&l);
	}
	globfree(&g);
}

static const struct device_spec *
device(const struct site *s, const char *name)
{
	int i = site_find_device(s, name);

	assert_int_not_equal(i, NO_INDEX);
	return &s->devices[i];
}

/* Spot checks through all layers: file, defaults, profile, numbering. */
static void
the_demo_room_is_as_written(void **state)
{
	struct site_options o = shipped("firmware-config/sites/annex-2f.yaml");
	struct loaded l = load_with(&o);
	const struct site *s = l.site;
	const struct point_spec *p;
	const struct alarm_rule *r;

	(void)state;
	assert_non_null(s);
	assert_string_equal(s->title.ja, "別館２階コンピュータ室");
	/* The site itself is the last device, the link of all SNMP devices the last link. */
	assert_string_equal(s->devices[s->device_count - 1].name, SITE_DEVICE);
	assert_int_equal(s->links[s->link_count - 1].kind, LINK_SNMP);
	assert_int_equal(device(s, "pdu1")->parent, site_find_device(s, "ats1"));
	assert_int_equal(device(s, "server1")->parent, site_find_device(s, "pdu1"));
	assert_int_equal(device(s, "door1")->period_ms[POLL_FAST], 200);
	assert_int_equal(device(s, "door1")->stale_after_ms[POLL_FAST], 200 * 5 / 2 + 500);
	assert_int_equal(device(s, "tape1")->parent, site_find_device(s, "ups1"));
	assert_int_equal(device(s, "env1")->zone, 2);
	assert_int_equal(s->zones[2].in, 1);
	assert_string_equal(s->mqtt.base, "facility/annex-2f");
	assert_int_equal(s->mqtt.version, 3);
	assert_int_equal(s->noc.receivers[0].kind, NOTIFY_INFORM);
	assert_true(s->board.is_virtual);
	assert_int_equal(s->board.leds[LED_RED].offset, 2);

	p = site_point(s, (size_t)site_find_point(s, "crac1/return_air_temperature"));
	assert_int_equal(p->at.address, 1192);
	assert_int_equal(p->codec.type, TYPE_S16);
	assert_true(p->codec.scale == 0.1 && p->min == -30 && p->max == 90);
	assert_string_equal(p->unit->code, "Cel");
	assert_string_equal(p->title.en, "Return air temperature");
	p = site_point(s, (size_t)site_find_point(s, "leak1/leak_distance"));
	assert_int_equal(p->codec.order, ORDER_LOW_FIRST);
	assert_int_equal(p->at.count, 2);
	p = site_point(s, (size_t)site_find_point(s, "leak1/cable_break"));
	assert_int_equal(p->codec.bit, 1);
	assert_int_equal(p->codec.width, 1);

	r = site_alarm(s, (size_t)site_find_alarm(s, "crac1/return_air_high"));
	assert_int_equal(r->kind, RULE_HIGH);
	assert_int_equal(r->on_delay_ms, 30000);
	assert_true(r->limit == 30 && r->hysteresis == 1);
	for (size_t i = 0; i < s->device_count; i++) {
		if (s->devices[i].link == NO_INDEX)
			continue; /* the site itself cannot be lost */
		assert_int_equal(s->devices[i].alarms[0].kind, RULE_DEVICE_LOST);
		assert_string_equal(s->devices[i].alarms[0].name, "comm_lost");
	}
	assert_int_equal(device(s, "leak1")->alarms[0].priority, PRIORITY_HIGH);
	loaded_free(&l);
}

/* People at night read both languages: every alarm has both, title and remedy. */
static void
every_alarm_has_both_languages(void **state)
{
	struct site_options o = shipped("firmware-config/sites/annex-2f.yaml");
	struct loaded l = load_with(&o);

	(void)state;
	assert_non_null(l.site);
	for (size_t i = 0; i < l.site->alarm_count; i++) {
		const struct alarm_rule *r = site_alarm(l.site, i);

		if (!r->title.en || !r->title.ja || !r->remedy.en || !r->remedy.ja)
			fail_msg("%s: a text is missing", r->name);
	}
	for (size_t i = 0; i < l.site->point_count; i++) {
		const struct point_spec *p = site_point(l.site, i);

		if (!p->title.ja)
			fail_msg("%s: no Japanese title", p->name);
		for (size_t w = 0; w < p->word_count; w++) {
			if (!p->words[w].title.ja)
				fail_msg("%s: no Japanese for \"%s\"", p->name, p->words[w].text);
		}
	}
	loaded_free(&l);
}

/* ---- recordings --------------------------------------------------------------------------------
 */

/* "1.3.6.1...|2|203": the value of an OID in a recording. */
static bool
recorded(const char *file, const struct oid *oid, struct snmp_value *out)
{
	char want[1024] = "", *line = NULL;
	size_t room = 0, used = 0;
	bool found = false;
	FILE *f = fopen(file, "r");

	assert_non_null(f);
	for (size_t i = 0; i < oid->length; i++)
		used += (size_t)snprintf(
		    want + used, sizeof(want) - used, "%s%u", i ? "." : "", (unsigned)oid->sub[i]);
	while (!found && getline(&line, &room, f) > 0) {
		char *tag = strchr(line, '|'), *value = tag ? strchr(tag + 1, '|') : NULL;

		if (value == NULL || (size_t)(tag - line) != used || strncmp(line, want, used) != 0)
			continue;
		value++;
		value[strcspn(value, "\r\n")] = '\0';
		*out = (struct snmp_value){.type = SNMP_TYPE_BYTES};
		if (tag[1] == '4') {
			out->length =
			    (uint16_t)snprintf((char *)out->bytes, sizeof(out->bytes), "%s", value);
		} else if (tag[1] == '2') {
			out->type = SNMP_TYPE_SIGNED;
			out->i = strtoll(value, NULL, 10);
		} else {
			out->type = SNMP_TYPE_UNSIGNED;
			out->u = strtoull(value, NULL, 10);
		}
		found = true;
	}
	free(line);
	fclose(f);
	return found;
}

/* Points that this recording cannot have, and why. */
static const struct {
	const char *device, *file;
	const char *absent[4];
} recordings[] = {
    {"ups1", "generex-ups_cs141.snmprec", {"alarms_present", "firmware"}},
    {"env1", "hwg-ste2.snmprec", {NULL}},
    {"tape1", "quantum_scalari6000.snmprec", {NULL}},
    {"ats1", "apc_ats.snmprec",
	{"source_a_voltage", "source_b_voltage", "output_voltage", "output_current"}},
    {"pdu1", "raritan-pdu_px3.snmprec", {NULL}},
    {"handles1", "raritan-pdu_px3.snmprec", {NULL}},
    {"nvr1", "dahua-nvr.snmprec", {"cpu_load", "video_channels"}},
    {"server1", "drac_r640.snmprec", {"supply_1_status", "supply_2_status"}},
};

static bool
is_absent(size_t i, const char *name)
{
	for (size_t j = 0; j < COUNT(recordings[i].absent) && recordings[i].absent[j]; j++) {
		if (strcmp(recordings[i].absent[j], name) == 0)
			return true;
	}
	return false;
}

static size_t
check_recording(const struct device_spec *d, const char *file, size_t i)
{
	size_t good = 0;

	for (size_t p = 0; p < d->profile->point_count; p++) {
		const struct point_spec *point = &d->profile->points[p];
		struct snmp_value v;
		struct sample sample;

		if (is_absent(i, point->name))
			continue;
		if (!recorded(file, &point->at.oid, &v))
			fail_msg("%s: no such OID in %s", point->name, file);
		decode_point(point, (struct raw){.snmp = &v}, &sample);
		if (sample.defect != DEFECT_NONE)
			fail_msg("%s: %s in %s", point->name, defect_phrase(sample.defect), file);
		good++;
	}
	for (size_t f = 0; f < d->profile->fact_count; f++) {
		const struct fact_spec *fact = &d->profile->facts[f];
		struct snmp_value v;
		char text[64];

		if (is_absent(i, fact->name))
			continue;
		if (!recorded(file, &fact->at.oid, &v) ||
		    !decode_fact(fact, (struct raw){.snmp = &v}, text, sizeof(text)))
			fail_msg("%s: not in %s", fact->name, file);
		good++;
	}
	return good;
}

static void
profiles_fit_recordings_of_real_devices(void **state)
{
	const char *reference = getenv("FACILITY_REFERENCE");
	struct site_options o = shipped("firmware-config/sites/annex-2f.yaml");
	struct loaded l;

	(void)state;
	if (reference == NULL) {
		print_message("SKIPPED: FACILITY_REFERENCE does not name the folder that has "
			      "recordings/\n");
		skip();
	}
	l = load_with(&o);
	assert_non_null(l.site);
	for (size_t i = 0; i < COUNT(recordings); i++) {
		char path[512];
		size_t good;

		snprintf(path, sizeof(path), "%s/recordings/%s", reference, recordings[i].file);
		good = check_recording(device(l.site, recordings[i].device), path, i);
		print_message("%s: %zu points and facts fit %s\n", recordings[i].device, good,
		    recordings[i].file);
	}
	loaded_free(&l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sites_load_clean),
	    cmocka_unit_test(the_demo_room_is_as_written),
	    cmocka_unit_test(every_alarm_has_both_languages),
	    cmocka_unit_test(profiles_fit_recordings_of_real_devices),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

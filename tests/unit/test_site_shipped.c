/*
 * What we ship loads: every site without a finding but the secrets that are made at run time. Each
 * profile alone is the business of test_profiles.
 */
#include "site_help.h"

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

/* Each board, under a site of one zone and nothing else. */
static void
boards_load_clean(void **state)
{
	struct scratch s;
	glob_t g;

	(void)state;
	assert_int_equal(glob("boards/*/board.yaml", 0, NULL, &g), 0);
	assert_true(g.gl_pathc >= 2);
	scratch_open(&s);
	for (size_t i = 0; i < g.gl_pathc; i++) {
		const char *name = g.gl_pathv[i] + strlen("boards/");
		struct site_options o;
		struct loaded l;
		char text[256];

		snprintf(text, sizeof(text),
		    "site: {name: a, board: %.*s}\nzones: {room: {}}\ndevices: {}\n",
		    (int)strcspn(name, "/"), name);
		o = shipped(scratch_write(&s, "site.yaml", text, 0644));
		l = load_with(&o);
		if (l.site == NULL || l.report.warnings > 0)
			fail_msg("%s:\n%s", g.gl_pathv[i], l.text);
		assert_int_not_equal(l.site->board.leds[LED_RED].offset, NO_INDEX);
		loaded_free(&l);
	}
	scratch_close(&s);
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sites_load_clean),
	    cmocka_unit_test(boards_load_clean),
	    cmocka_unit_test(the_demo_room_is_as_written),
	    cmocka_unit_test(every_alarm_has_both_languages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

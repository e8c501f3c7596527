/*
 * Every alarm of every site that we ship, in both languages: what to do is the same sentence,
 * whole, on the console, the topic, in the event and in the notification to the NOC.
 */
#include "site_help.h"

#include "base/lang.h"
#include "base/text.h"
#include "core/core.h"
#include "model/json.h"
#include "sinks/console/show.h"
#include "sinks/mqtt/payload.h"
#include "sinks/trap/mib.h"

#include <glob.h>
#include <jansson.h>

#define ROOM 16384

struct walk {
	const struct site *site;
	struct core *core;
	struct event said; /* the last event */
	struct now now;
	size_t alarms;
};

static void
on_submit(void *arg, struct baton *b)
{
	(void)arg;
	(void)b; /* never comes home: nothing is read here */
}

static void
on_event(
    void *arg, const struct event *e, const struct alarm_record *record, const struct mark *mark)
{
	struct walk *w = arg;

	(void)record;
	(void)mark;
	w->said = *e;
}

static const char *
member(json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text != NULL ? text : "";
}

/* What the varbind of this column (facilityRemedy, ...) says; NULL: it is not there. */
static const char *
varbind(const struct mib_message *m, const char *text)
{
	for (size_t i = 0; i < m->count; i++)
		if (m->varbinds[i].type == VARBIND_TEXT && strcmp(m->varbinds[i].text, text) == 0)
			return m->varbinds[i].text;
	return NULL;
}

static void
alarm_event(const void *core, size_t alarm, struct event *out)
{
	core_alarm_event(core, alarm, out);
}

/* A sentence that was cut or not filled in. */
static void
check_whole(const struct walk *w, const char *name, const char *text)
{
	bool ja = w->site->language == LANGUAGE_JA;
	size_t n = strlen(text);

	if (n >= EVENT_TEXT_MAX - 1 ||
	    (ja ? n < 3 || strcmp(text + n - 3, "。") != 0 : n < 1 || text[n - 1] != '.'))
		fail_msg("%s: \"%s\"", name, text);
}

static void
check_places(struct walk *w, size_t alarm, const char *name, const char *remedy)
{
	const struct console_sources sources = {0};
	const struct show show = {
	    .core = w->core, .site = w->site, .sources = &sources, .now = w->now};
	const struct mqtt_view view = {.site = w->site,
	    .points = core_points(w->core),
	    .devices = core_devices(w->core),
	    .alarms = core_alarms(w->core),
	    .arg = w->core,
	    .alarm_event = alarm_event};
	char topic[ROOM], console[ROOM], event[JSON_EVENT_MAX];
	struct mib_message m;
	struct event raised;
	struct writer out;
	json_t *seen[3];

	assert_true(payload_alarm(&view, alarm, topic, sizeof(topic)) > 0);
	writer_init(&out, console, sizeof(console));
	writer_open(&out, NULL, '{');
	show_alarm(&show, alarm, &out);
	writer_close(&out, '}');
	assert_true(writer_length(&out) > 0);
	assert_true(json_event(&w->said, "epoch", event, sizeof(event)) > 0);
	seen[0] = json_loads(topic, 0, NULL);
	seen[1] = json_loads(console, 0, NULL);
	seen[2] = json_loads(event, 0, NULL);
	for (size_t i = 0; i < COUNT(seen); i++) {
		if (strcmp(member(seen[i], "remedy"), remedy) != 0)
			fail_msg("%s: \"%s\" in place %zu", name, member(seen[i], "remedy"), i);
		check_whole(w, name, member(seen[i], "text"));
		if (strpbrk(member(seen[i], "text"), "{}") != NULL)
			fail_msg("%s: not filled in: \"%s\"", name, member(seen[i], "text"));
		json_decref(seen[i]);
	}
	/* An acknowledgement goes to the NOC without it; what is raised carries it. */
	core_alarm_event(w->core, alarm, &raised);
	mib_message(&raised, "epoch", w->site->name, &m);
	assert_non_null(varbind(&m, remedy));
	assert_non_null(varbind(&m, raised.text));
}

static void
check_alarm(struct walk *w, size_t alarm)
{
	const struct alarm_rule *r = site_alarm(w->site, alarm);
	const char *device = site_alarm_device(w->site, alarm)->name;
	const char *remedy = label_text(&r->remedy, w->site->language);
	char name[160];

	snprintf(name, sizeof(name), "%s/%s", device, r->name);
	if (r->remedy.ja == NULL || r->title.ja == NULL || remedy[0] == '\0')
		fail_msg("%s has no remedy or no title in Japanese", name);
	check_whole(w, name, remedy);
	assert_int_equal(core_ack(w->core, alarm, "Sato", &w->now), ACK_DONE);
	assert_string_equal(w->said.alarm, r->name);
	check_places(w, alarm, name, remedy);
	w->alarms++;
}

static void
restore_all(struct walk *w)
{
	for (size_t a = 0; a < w->site->alarm_count; a++) {
		struct alarm_record record = {
		    .phase = ALARM_UNACKNOWLEDGED, .since = {1}, .raised = {1}, .seq = 1};

		text_copy(
		    record.device, sizeof(record.device), site_alarm_device(w->site, a)->name);
		text_copy(record.alarm, sizeof(record.alarm), site_alarm(w->site, a)->name);
		assert_true(core_restore(w->core, &record));
	}
}

static void
walk_site(const struct site *site, struct walk *w)
{
	const struct core_out out = {.arg = w, .submit = on_submit, .event = on_event};

	w->site = site;
	w->now = (struct now){{INT64_C(1000000000)}, {INT64_C(1795000000000000)}, true};
	w->core = core_new(site, &out, 2, 1);
	restore_all(w);
	core_turn(w->core, &w->now);
	for (size_t a = 0; a < site->alarm_count; a++)
		check_alarm(w, a);
	core_free(w->core);
}

static void
one_remedy_everywhere(void **state)
{
	struct walk w = {0};
	char err[256];
	glob_t g;

	(void)state;
	assert_int_equal(glob("firmware-config/sites/*.yaml", 0, NULL, &g), 0);
	for (size_t i = 0; i < g.gl_pathc; i++) {
		struct site_options o = {.site_file = g.gl_pathv[i],
		    .config_dir = "firmware-config",
		    .boards_dir = "boards",
		    .secrets_may_wait = true};
		struct loaded l = load_with(&o);
		struct site spoken;

		assert_non_null(l.site);
		spoken = *l.site;
		for (int language = LANGUAGE_EN; language <= LANGUAGE_JA; language++) {
			spoken.language = (enum language)language;
			assert_true(lang_use(language_code(spoken.language), err, sizeof(err)));
			walk_site(&spoken, &w);
		}
		loaded_free(&l);
	}
	globfree(&g);
	assert_true(w.alarms > 200);
	print_message("%zu alarms, each in five places\n", w.alarms);
}

/* A profile that no site uses yet is read all the same: a rule without a remedy is refused. */
static void
a_rule_without_a_remedy_is_refused(void **state)
{
	static const char *const remedies[] = {"", ", remedy: \"\"", ", remedy: {ja: 確認}"};
	struct scratch s;

	(void)state;
	for (size_t i = 0; i < COUNT(remedies); i++) {
		char text[512];
		struct loaded l;
		struct site_options o = {.config_dir = "firmware-config",
		    .boards_dir = "boards",
		    .secrets_may_wait = true};

		scratch_open(&s);
		snprintf(text, sizeof(text),
		    "site: {name: x}\nzones: {room: {}}\n"
		    "links: {bus: {kind: modbus-rtu, port: /dev/ttyS0}}\n"
		    "devices: {crac1: {profile: stulz-c7000, link: bus, unit: 1, zone: room}}\n"
		    "alarms: {condensation_risk: {when: crac1.unit_air_temperature > 1, "
		    "priority: low%s}}\n",
		    remedies[i]);
		o.site_file = scratch_write(&s, "x.yaml", text, 0644);
		l = load_with(&o);
		if (l.site != NULL || strstr(l.text, "remedy") == NULL)
			fail_msg("%s", l.text);
		loaded_free(&l);
		scratch_close(&s);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(one_remedy_everywhere),
	    cmocka_unit_test(a_rule_without_a_remedy_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

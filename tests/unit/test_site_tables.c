/*
 * Tables of like rows: what a profile writes once comes out as plain points and alarms, in the rows
 * that the profile has or the site names.
 */
#include "site_help.h"

#define CONFIG "tests/golden/site/config"

#define HEAD                                                                                       \
	"site: {name: hall}\n"                                                                     \
	"zones: {room: {}}\n"                                                                      \
	"links: {bus_1: {kind: modbus-rtu, port: /dev/ttyUSB0}}\n"                                 \
	"devices:\n"
#define PDU "{profile: pdu-a, snmp: {address: 127.0.0.1, version: 2c, secrets: none}, zone: room"

static struct loaded
load_site(struct scratch *s, const char *text)
{
	struct site_options o = {
	    .config_dir = CONFIG, .boards_dir = "boards", .secrets_may_wait = true};
	struct loaded l;

	scratch_open(s);
	o.site_file = scratch_write(s, "site.yaml", text, 0644);
	l = load_with(&o);
	if (l.site == NULL)
		fail_msg("%s", l.text);
	return l;
}

static const struct point_spec *
point(const struct loaded *l, const char *name)
{
	int i = site_find_point(l->site, name);

	if (i == NO_INDEX)
		fail_msg("no point %s", name);
	return site_point(l->site, (size_t)i);
}

static const struct alarm_rule *
rule(const struct loaded *l, const char *name)
{
	int i = site_find_alarm(l->site, name);

	if (i == NO_INDEX)
		fail_msg("no alarm %s", name);
	return site_alarm(l->site, (size_t)i);
}

static void
assert_oid(const struct point_spec *p, const char *want)
{
	char got[256] = "";

	for (size_t i = 0; i < p->at.oid.length; i++)
		snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%u", i ? "." : "",
		    (unsigned)p->at.oid.sub[i]);
	assert_string_equal(got, want);
}

static void
rows_become_points_and_alarms(void **state)
{
	struct scratch s;
	struct loaded l = load_site(&s, HEAD "  pdu: " PDU "}\n");
	const struct profile *p = l.site->devices[0].profile;
	const struct alarm_rule *r;

	(void)state;
	assert_int_equal(p->point_count, 16);
	assert_oid(point(&l, "pdu/outlet_1_state"), "1.3.6.1.4.1.5.1.21.7");
	assert_oid(point(&l, "pdu/outlet_8_current"), "1.3.6.1.4.1.5.2.28");
	assert_string_equal(point(&l, "pdu/outlet_8_current")->title.en, "Outlet 8 current");
	assert_true(point(&l, "pdu/outlet_8_current")->codec.scale == 0.1);
	/* each row leans on its own neighbour */
	assert_string_equal(point(&l, "pdu/outlet_8_current")->needs->when, "outlet_8_state == on");
	assert_string_equal(
	    p->points[point(&l, "pdu/outlet_8_current")->needs->guard - 1].name, "outlet_8_state");
	r = rule(&l, "pdu/outlet_3_off");
	assert_string_equal(r->title.en, "Outlet 3 off");
	assert_string_equal(r->remedy.en, "Ask who switched outlet 3 off.");
	assert_string_equal(r->when, "outlet_3_state == off");
	assert_string_equal(p->points[r->point].name, "outlet_3_state");
	/* the * behind a name is a row, the one between blanks multiplies */
	r = rule(&l, "pdu/outlet_2_high");
	assert_int_equal(r->kind, RULE_EXPR);
	assert_string_equal(r->when, "outlet_2_current * 230 > 20");
	assert_int_equal(site_find_alarm(l.site, "pdu/outlet_3_high"), NO_INDEX);
	loaded_free(&l);
	scratch_close(&s);
}

/* What the driver of a device has to know to find a row's point, and the other way round. */
static void
a_table_knows_its_rows_and_columns(void **state)
{
	struct scratch s;
	struct loaded l = load_site(&s, HEAD "  pdu: " PDU ", rows: {outlet: [2, 5]}}\n");
	const struct profile *p = l.site->devices[0].profile;
	const struct table_spec *t = &p->tables[0];

	(void)state;
	assert_int_equal(p->table_count, 1);
	assert_string_equal(t->name, "outlet");
	assert_true(t->own_rows);
	assert_int_equal(t->row_count, 2);
	assert_int_equal(t->column_count, 2);
	assert_int_equal(t->rows[1].number, 5);
	assert_int_equal(t->rows[1].index.sub[0], 25);
	for (size_t r = 0; r < t->row_count; r++) {
		for (size_t c = 0; c < t->column_count; c++) {
			const struct point_spec *q =
			    &p->points[t->first_point + r * t->column_count + c];
			const struct row_column *column = &t->columns[c];

			assert_int_equal(q->table, 1);
			assert_int_equal(q->row, r);
			assert_int_equal(q->at.oid.length,
			    column->head.length + t->rows[r].index.length + column->tail.length);
			assert_memory_equal(q->at.oid.sub, column->head.sub,
			    column->head.length * sizeof(uint32_t));
		}
	}
	loaded_free(&l);
	scratch_close(&s);
}

static void
a_site_names_rows(void **state)
{
	static const char site[] = HEAD
	    "  pdu: " PDU
	    ", rows: {outlet: {1: Web server, 4: {title: {en: Mail, ja: メール}, index: 9}, "
	    "12: }},\n"
	    "        alarms: {outlet_12_off: {enabled: false}, outlet_4_off: {on_delay: 1min}, "
	    "outlet_4_high: {enabled: true}}}\n"
	    "  other: {profile: pdu-a, snmp: {address: 127.0.0.2, version: 2c, secrets: none}, "
	    "zone: "
	    "room}\n";
	struct scratch s;
	struct loaded l = load_site(&s, site);
	const struct alarm_rule *r;

	(void)state;
	assert_string_equal(
	    point(&l, "pdu/outlet_1_current")->title.en, "Outlet 1 (Web server) current");
	assert_oid(point(&l, "pdu/outlet_4_current"), "1.3.6.1.4.1.5.2.9");
	assert_oid(point(&l, "pdu/outlet_12_current"), "1.3.6.1.4.1.5.2.32");
	assert_int_equal(site_find_point(l.site, "pdu/outlet_2_state"), NO_INDEX);
	r = rule(&l, "pdu/outlet_4_off");
	assert_string_equal(r->title.en, "Outlet 4 (Mail) off");
	assert_string_equal(r->remedy.en, "Ask who switched outlet 4 (Mail) off.");
	assert_int_equal(r->on_delay_ms, 60000);
	assert_int_equal(rule(&l, "pdu/outlet_1_off")->on_delay_ms, 5000);
	assert_int_equal(site_find_alarm(l.site, "pdu/outlet_12_off"), NO_INDEX);
	rule(&l, "pdu/outlet_4_high");
	/* another device of the type is not touched */
	assert_int_equal(l.site->devices[1].profile->point_count, 16);
	assert_string_equal(point(&l, "other/outlet_1_current")->title.en, "Outlet 1 current");
	loaded_free(&l);
	scratch_close(&s);
}

static void
registers_go_on_by_their_stride(void **state)
{
	static const char site[] =
	    HEAD "  strip: {profile: pdu-b, link: bus_1, unit: 1, zone: room}\n"
		 "  short: {profile: pdu-b, link: bus_1, unit: 2, zone: room, rows: {outlet: [b1, "
		 "6]}}\n";
	struct scratch s;
	struct loaded l = load_site(&s, site);

	(void)state;
	assert_int_equal(point(&l, "strip/outlet_a1_state")->at.address, 100);
	assert_int_equal(point(&l, "strip/outlet_b1_state")->at.address, 106);
	assert_int_equal(point(&l, "strip/outlet_b1_current")->at.address, 44);
	assert_int_equal(point(&l, "strip/outlet_b1_current")->at.count, 2);
	/* rows that are bits of one register */
	assert_int_equal(point(&l, "strip/outlet_a1_fuse")->codec.bit, 3);
	assert_int_equal(point(&l, "strip/outlet_b1_fuse")->codec.bit, 7);
	assert_int_equal(point(&l, "strip/outlet_b1_fuse")->at.address, 30);
	/* b1 is the third row of the type, wherever the site writes it */
	assert_int_equal(point(&l, "short/outlet_b1_state")->at.address, 106);
	assert_int_equal(point(&l, "short/outlet_6_state")->at.address, 115);
	assert_int_equal(l.site->devices[1].profile->point_count, 6);
	loaded_free(&l);
	scratch_close(&s);
}

/* --print-config of a site with rows loads to the same site. */
static void
rows_print_and_load(void **state)
{
	static const char site[] =
	    HEAD "  pdu: " PDU
		 ", rows: {outlet: {1: {title: {en: Web, ja: ウェブ}}, 4: {index: 9.2}}}}\n";
	struct scratch s;
	struct loaded l = load_site(&s, site), again;
	struct site_options o = {
	    .config_dir = CONFIG, .boards_dir = "boards", .secrets_may_wait = true};
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	site_print(l.site, out);
	fclose(out);
	o.site_file = scratch_write(&s, "printed.yaml", text, 0644);
	again = load_with(&o);
	if (again.site == NULL)
		fail_msg("%s\n%s", again.text, text);
	assert_oid(point(&again, "pdu/outlet_4_current"), "1.3.6.1.4.1.5.2.9.2");
	assert_string_equal(point(&again, "pdu/outlet_1_state")->title.en, "Outlet 1 (Web)");
	assert_string_equal(again.site->devices[0].profile->tables[0].rows[0].title.ja, "ウェブ");
	assert_int_equal(again.site->alarm_count, l.site->alarm_count);
	free(text);
	loaded_free(&l);
	loaded_free(&again);
	scratch_close(&s);
}

/* What a device says in several ways is one state: an alarm on the word hears them all. */
static void
texts_of_one_word_are_one_state(void **state)
{
	struct scratch s;
	struct loaded l = load_site(&s,
	    HEAD "  unit: {profile: unit-texts, snmp: {address: 127.0.0.1, version: 2c, secrets: "
		 "none}, zone: room}\n");
	const struct point_spec *p = point(&l, "unit/fan_state");

	(void)state;
	assert_int_equal(p->word_count, 3);
	assert_int_equal(p->words[0].raw, 1);
	assert_int_equal(p->words[1].raw, 2);
	assert_int_equal(p->words[2].raw, 2);
	assert_string_equal(p->texts[2], "Blocked");
	assert_true(rule(&l, "unit/fan_stopped")->limit == 2);
	loaded_free(&l);
	scratch_close(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rows_become_points_and_alarms),
	    cmocka_unit_test(a_table_knows_its_rows_and_columns),
	    cmocka_unit_test(a_site_names_rows),
	    cmocka_unit_test(registers_go_on_by_their_stride),
	    cmocka_unit_test(rows_print_and_load),
	    cmocka_unit_test(texts_of_one_word_are_one_state),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

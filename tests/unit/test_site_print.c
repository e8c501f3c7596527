/* --print-config and --schema: what is printed loads again, and no key is left out. */
#include "site/keys.h"
#include "site_help.h"

static char *
printed(const struct site *s)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	site_print(s, out);
	fclose(out);
	return text;
}

static void
print_load_print(const char *site_file, const char *config, const char *boards)
{
	struct site_options o = {.site_file = site_file,
	    .config_dir = config,
	    .boards_dir = boards,
	    .secrets_may_wait = true};
	struct scratch scratch;
	struct loaded first = load_with(&o), second;
	char *a, *b;

	if (first.site == NULL)
		fail_msg("%s", first.text);
	scratch_open(&scratch);
	a = printed(first.site);
	o.site_file = scratch_write(&scratch, "printed.yaml", a, 0644);
	second = load_with(&o);
	if (second.site == NULL)
		fail_msg("%s\n%s", second.text, a);
	b = printed(second.site);
	assert_string_equal(a, b);
	assert_int_equal(first.site->alarm_count, second.site->alarm_count);
	assert_int_equal(first.report.warnings, second.report.warnings);
	free(a);
	free(b);
	loaded_free(&first);
	loaded_free(&second);
	scratch_close(&scratch);
}

static void
the_demo_room_prints_and_loads(void **state)
{
	(void)state;
	print_load_print("firmware-config/sites/annex-2f.yaml", "firmware-config", "boards");
}

/* Everything that a site can say, and texts that need quotes. */
static void
every_key_prints_and_loads(void **state)
{
	static const char site[] =
	    "site: {name: hall, title: \"a: \\\"b\\\" {c} \\\\ #d\", language: ja}\n"
	    "zones: {room: {title: 'off'}, rack: {in: room}}\n"
	    "links:\n"
	    "  bus: {kind: modbus-rtu, port: /dev/tty0, baud: 115200, parity: odd, stop_bits: 2,\n"
	    "    rs485: {rts: after_send, delay_before: 3ms, delay_after: 1ms}}\n"
	    "  far: {kind: modbus-rtu-tcp, address: moxa.example, port: 4001, baud: 19200}\n"
	    "  tcp: {kind: modbus-tcp, address: '2001:db8::1', title: {en: T, ja: 線}}\n"
	    "devices:\n"
	    "  a: {profile: unit-a, link: bus, unit: 7, zone: rack, parent: b, impact: Much.,\n"
	    "      poll: {slow: 1min}, stale_after: {slow: 5min}, lost_after: 4,\n"
	    "      alarms: {fan_stopped: {enabled: false}, comm_lost: {priority: low},\n"
	    "        return_air_high: {when: return_air_temperature > 28.5, latch: true},\n"
	    "        battery_low: {when: missing(fan_state), priority: low, remedy: 'Go: look'}}}\n"
	    "  b: {profile: unit-a, link: tcp, unit: 255, zone: room}\n"
	    "mqtt: {broker: b.example, tls: {ca: ca.pem, cert: c.pem, key: k.pem}, publish: "
	    "device,\n"
	    "       consumers: [historian, cmms-1], version: 5, keepalive: 1min}\n"
	    "noc: {receivers: [{name: n, address: 192.0.2.3, version: 2c, kind: trap}]}\n"
	    "store: {max_events: 500}\n"
	    "history: {ram: 1.5MB, disk: 40MB, keep: 30d}\n"
	    "control: {group: \"facility staff\"}\n";
	struct scratch scratch;

	(void)state;
	scratch_open(&scratch);
	print_load_print(scratch_write(&scratch, "site.yaml", site, 0644),
	    "tests/golden/site/config", "tests/golden/site/boards");
	scratch_close(&scratch);
}

static void
check_section(const char *schema, const struct section *s, int depth)
{
	assert_true(depth < 8);
	for (size_t i = 0; i < s->count; i++) {
		const struct key *k = &s->keys[i];

		if (k->says == NULL || strstr(schema, k->says) == NULL)
			fail_msg("%s of %s is not in the schema", k->name, s->what);
		if (k->section)
			check_section(schema, k->section, depth + 1);
	}
}

static void
the_schema_has_every_key(void **state)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	site_print_schema(out);
	fclose(out);
	for (size_t i = 0; i < file_kind_count; i++)
		check_section(text, file_kinds[i].section, 0);
	free(text);
}

/* What a file may hold stands in one of the two pages, key by key. */
static void
the_manual_has_every_key(void **state)
{
	static const char *const pages[] = {"facility-site", "facility-profile"};
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	for (size_t i = 0; i < 2; i++)
		assert_true(site_print_manual(out, pages[i]));
	assert_false(site_print_manual(out, "facility-other"));
	fclose(out);
	for (size_t i = 0; i < file_kind_count; i++) {
		const struct section *s = file_kinds[i].section;

		for (size_t k = 0; k < s->count; k++) {
			char item[96];

			snprintf(item, sizeof(item), ".It Cm %s\n", s->keys[k].name);
			if (strstr(text, item) == NULL)
				fail_msg("%s of %s is in no page", s->keys[k].name, s->what);
		}
	}
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_demo_room_prints_and_loads),
	    cmocka_unit_test(every_key_prints_and_loads),
	    cmocka_unit_test(the_schema_has_every_key),
	    cmocka_unit_test(the_manual_has_every_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

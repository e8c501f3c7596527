/* core/budget: wire time against numbers worked out by hand, and the table with its verdicts. */
#include "core/budget.h"

#include "site_help.h"

#include <math.h>

static struct profile
profile_with(const struct point_spec *points, size_t n)
{
	struct profile p = {.name = "p", .points = points, .point_count = n};

	p.modbus.max_registers = 125;
	p.modbus.max_bits = 2000;
	p.modbus.max_gap = 0;
	p.modbus.timeout_ms = 800;
	p.snmp.max_varbinds = 2;
	p.snmp.timeout_ms = 1000;
	return p;
}

static struct point_spec
reg(uint16_t address, enum poll_class class)
{
	return (struct point_spec){.name = "x",
	    .at = {.table = TABLE_HOLDING, .address = address, .count = 1},
	    .poll = class};
}

static struct site
site_with(const struct link_spec *link, const struct device_spec *devices, size_t n)
{
	return (struct site){.links = link, .link_count = 1, .devices = devices, .device_count = n};
}

static const int64_t periods[POLL_CLASS_COUNT] = {500, 2000, 10000};

static struct device_spec
device_of(const char *name, const struct profile *p)
{
	struct device_spec d = {.name = name, .profile = p, .link = 0};

	memcpy(d.period_ms, periods, sizeof(periods));
	return d;
}

static void
near(double got, double want)
{
	if (fabs(got - want) > 1e-6 * fabs(want) + 1e-9)
		fail_msg("got %.9g, want %.9g", got, want);
}

/*
 * 9600 baud, no parity, 1 stop bit: a character is 10 bits, 1.0416667 ms. Ten registers in one
 * read: (8 + 5 + 20) characters = 34.375 ms, two silences of 3.5 characters = 7.2916667 ms, 10 ms
 * for the device: 51.6666667 ms every 2 s = 2.5833333 %.
 */
static void
serial_at_9600(void **state)
{
	const struct link_spec link = {
	    .name = "bus", .kind = LINK_MODBUS_RTU, .baud = 9600, .stop_bits = 1};
	struct point_spec points[10];
	struct profile p = profile_with(points, COUNT(points));
	struct device_spec d = device_of("a", &p);
	struct site s = site_with(&link, &d, 1);
	struct budget b;

	(void)state;
	for (uint16_t i = 0; i < COUNT(points); i++)
		points[i] = reg(i, POLL_NORMAL);
	budget_link(&s, 0, &b);
	assert_int_equal(b.requests_per_cycle, 1);
	assert_int_equal(b.requests_per_minute, 30);
	near(b.cycle_ms, 34.375 + 2 * 3.5 * 10 / 9.6 + 10);
	near(b.load_percent, 100 * b.cycle_ms / 2000);
	assert_int_equal(b.worst_device, 0);
	near(b.worst_cycle_ms, 800);
}

/*
 * 38400 baud, even parity: 11 bits, 0.2864583 ms. Twelve bits in one read: (8 + 5 + 2) characters
 * = 4.296875 ms, two silences of 1.75 ms, 10 ms, 20 ms that the profile asks for: 37.796875 ms.
 */
static void
serial_above_19200(void **state)
{
	const struct link_spec link = {.name = "bus",
	    .kind = LINK_MODBUS_RTU,
	    .baud = 38400,
	    .parity = PARITY_EVEN,
	    .stop_bits = 1};
	struct point_spec points[12];
	struct profile p = profile_with(points, COUNT(points));
	struct device_spec d = device_of("a", &p);
	struct site s = site_with(&link, &d, 1);
	struct budget b;

	(void)state;
	p.modbus.quiet_ms = 20;
	for (uint16_t i = 0; i < COUNT(points); i++) {
		points[i] = reg(i, POLL_FAST);
		points[i].at.table = TABLE_DISCRETE;
	}
	budget_link(&s, 0, &b);
	near(b.cycle_ms, 15 * 11 / 38.4 + 3.5 + 10 + 20);
	near(b.load_percent, 100 * b.cycle_ms / 500);
}

/* A silent device costs its timeout instead of its answers; the one that costs most is named. */
static void
the_worst_device_is_named(void **state)
{
	const struct link_spec link = {.name = "bus", .kind = LINK_MODBUS_TCP};
	struct point_spec points[2] = {reg(0, POLL_NORMAL), reg(100, POLL_SLOW)};
	struct profile quick = profile_with(points, 2), slow = quick;
	struct device_spec devices[2];
	struct site s = site_with(&link, devices, 2);
	struct budget b;

	(void)state;
	slow.modbus.timeout_ms = 3000;
	devices[0] = device_of("quick", &quick);
	devices[1] = device_of("slow", &slow);
	budget_link(&s, 0, &b);
	assert_int_equal(b.requests_per_cycle, 4);
	near(b.cycle_ms, 20);
	near(b.load_percent, 2 * (5 / 20.0 + 5 / 100.0));
	assert_int_equal(b.worst_device, 1);
	near(b.worst_cycle_ms, 10 + 3000);
}

/* Five OIDs by two are three requests; a silent device costs the others nothing. */
static void
snmp_counts_requests(void **state)
{
	static const uint32_t sub[5][3] = {{1, 3, 1}, {1, 3, 2}, {1, 3, 3}, {1, 3, 4}, {1, 3, 5}};
	const struct link_spec link = {.name = "snmp", .kind = LINK_SNMP};
	struct point_spec points[5];
	struct profile p = profile_with(points, COUNT(points));
	struct device_spec d = device_of("a", &p);
	struct site s = site_with(&link, &d, 1);
	struct budget b;

	(void)state;
	for (size_t i = 0; i < COUNT(points); i++)
		points[i] = (struct point_spec){.name = "x",
		    .at = {.table = TABLE_OID, .count = 1, .oid = {3, sub[i]}},
		    .poll = POLL_SLOW};
	budget_link(&s, 0, &b);
	assert_int_equal(b.requests_per_cycle, 3);
	near(b.cycle_ms, 3);
	near(b.worst_cycle_ms, 3);
}

static void
a_link_without_devices_is_idle(void **state)
{
	const struct link_spec link = {.name = "bus", .kind = LINK_MODBUS_TCP};
	struct site s = site_with(&link, NULL, 0);
	struct budget b;

	(void)state;
	budget_link(&s, 0, &b);
	assert_int_equal(b.worst_device, NO_INDEX);
	assert_true(b.load_percent == 0 && b.cycle_ms == 0 && b.worst_cycle_ms == 0);
}

/* Loads a room with this period on a slow bus and judges it. */
static struct site_report
judged(const char *period, char **text)
{
	static const char form[] =
	    "site: {name: hall}\nzones: {room: {}}\n"
	    "links: {bus: {kind: modbus-rtu, port: /dev/ttyS0, baud: 1200, parity: none}}\n"
	    "devices: {a: {profile: unit-a, link: bus, unit: 1, zone: room, poll: {normal: %s}}}\n";
	struct scratch scratch;
	struct loaded l;
	char site[512];
	size_t size;
	FILE *out;

	snprintf(site, sizeof(site), form, period);
	scratch_open(&scratch);
	l = load_with(
	    &(struct site_options){.site_file = scratch_write(&scratch, "site.yaml", site, 0644),
		.config_dir = "tests/golden/site/config",
		.boards_dir = "tests/golden/site/boards"});
	if (l.site == NULL)
		fail_msg("%s", l.text);
	out = open_memstream(text, &size);
	site_print_budget(l.site, out, &l.report);
	fclose(out);
	loaded_free(&l);
	scratch_close(&scratch);
	return l.report;
}

/* One register and one bit at 1200 baud: 193.3 ms and 185 ms, so 380 ms is just possible. */
static void
a_busy_bus_is_judged(void **state)
{
	struct site_report r;
	char *text;

	(void)state;
	r = judged("2s", &text);
	assert_true(r.errors == 0 && r.warnings == 0);
	assert_non_null(strstr(text, "  bus              modbus-rtu"));
	free(text);
	r = judged("380ms", &text);
	if (r.errors != 0 || r.warnings != 1 ||
	    !strstr(text, ": warning: link \"bus\" would be busy"))
		fail_msg("%s", text);
	free(text);
	r = judged("100ms", &text);
	if (r.errors != 1 || r.warnings != 0 || !strstr(text, "a higher baud rate"))
		fail_msg("%s", text);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(serial_at_9600),
	    cmocka_unit_test(serial_above_19200),
	    cmocka_unit_test(the_worst_device_is_named),
	    cmocka_unit_test(snmp_counts_requests),
	    cmocka_unit_test(a_link_without_devices_is_idle),
	    cmocka_unit_test(a_busy_bus_is_judged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

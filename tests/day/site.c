/* A room from a seed: profiles, devices on wires, families, rules, planned maintenance. */
#include "day.h"

#include <string.h>

const uint32_t day_label_oid[8] = {1, 3, 6, 1, 2, 1, 31, 1};
const uint32_t day_column_oid[8] = {1, 3, 6, 1, 2, 1, 2, 10};

static const double no_sensor = -32768;
static const struct word states[] = {
    {0, "off", {"off", NULL}}, {1, "on", {"on", NULL}}, {2, "fault", {"fault", NULL}}};
static const struct word doors[] = {{1, "front", {"Door", NULL}}, {2, "back", {"Back", NULL}}};
static const struct word results[] = {
    {1, "granted", {"granted", NULL}}, {6, "forced", {"forced", NULL}}};
static const enum priority priorities[] = {PRIORITY_LOW, PRIORITY_HIGH};
static const struct unit celsius = {.code = "Cel", .label = "°C", .what = "temperature"};
static const struct unit seconds = {.code = "s", .label = "s", .what = "time"};
static const struct row_spec slots[DAY_SLOTS] = {{.key = "1"}, {.key = "2"}, {.key = "3"}};
static const struct row_column columns[] = {
    {.name = "port_*_load", .head = {COUNT(day_column_oid), day_column_oid}}};
static const struct snmp_target target = {.address = "127.0.0.1", .version = SNMP_V2C};

/* OIDs of plain points: the last number is the register. */
static uint32_t plain_oids[DAY_REGISTERS][9];

static const char *const point_names[DAY_POINTS] = {
    "p0", "p1", "p2", "p3", "p4", "p5", "p6", "p7", "p8", "p9"};
static const char *const rule_names[DAY_RULES] = {"r0", "r1", "r2", "r3", "r4", "r5"};

/* ---- points ---------------------------------------------------------------------------------- */

static struct point_spec *
add_point(struct profile *p, struct point_spec *list, enum table table, uint16_t address,
    enum poll_class poll)
{
	struct point_spec *at = &list[p->point_count];

	*at = (struct point_spec){.name = point_names[p->point_count],
	    .title = {.en = point_names[p->point_count]},
	    .at = {.table = table, .address = address, .count = 1},
	    .codec = {.type = TYPE_S16, .scale = 1},
	    .poll = poll};
	p->point_count++;
	return at;
}

static struct point_spec *
add_oid(struct profile *p, struct point_spec *list, uint16_t reg, enum poll_class poll)
{
	struct point_spec *at = add_point(p, list, TABLE_OID, reg, poll);

	memcpy(plain_oids[reg], (const uint32_t[]){1, 3, 6, 1, 4, 1, 9999, 1, reg},
	    sizeof(plain_oids[reg]));
	at->at.oid = (struct oid){9, plain_oids[reg]};
	at->codec.type = TYPE_NUMBER;
	return at;
}

static void
make_measured(struct day *w, struct point_spec *p)
{
	static const double deadbands[] = {0, 0.2, 1};

	p->codec.scale = 0.1;
	p->unit = &celsius;
	p->sentinels = &no_sensor;
	p->sentinel_count = 1;
	p->has_range = true;
	p->min = -40;
	p->max = 60;
	p->deadband = deadbands[day_roll(w, COUNT(deadbands))];
}

static enum poll_class
normal_or_slow(struct day *w)
{
	return day_chance(w, 3) ? POLL_SLOW : POLL_NORMAL;
}

static void
make_air(struct day *w, struct profile *p, struct point_spec *list)
{
	unsigned n = 2 + day_roll(w, DAY_POINTS - 3);
	uint16_t address = (uint16_t)day_roll(w, 4);
	bool snmp = day_chance(w, 4);

	for (unsigned i = 0; i < n; i++) {
		struct point_spec *s =
		    snmp ? add_oid(p, list, address, normal_or_slow(w))
			 : add_point(p, list, day_chance(w, 5) ? TABLE_INPUT : TABLE_HOLDING,
			       address, normal_or_slow(w));

		if (i + 1 == n && !snmp) {
			s->words = states;
			s->word_count = COUNT(states);
		} else {
			make_measured(w, s);
		}
		address = (uint16_t)(address + 1 + (day_chance(w, 3) ? day_roll(w, 5) : 0));
	}
}

static void
make_contacts(struct day *w, struct profile *p, struct point_spec *list)
{
	unsigned n = 1 + day_roll(w, 4);

	for (unsigned i = 0; i < n; i++) {
		struct point_spec *s =
		    add_point(p, list, TABLE_DISCRETE, (uint16_t)(8 + 2 * i), POLL_FAST);

		s->codec.type = TYPE_BIT;
		s->words = states;
		s->word_count = 2;
	}
}

static void
make_meter(struct day *w, struct profile *p, struct point_spec *list, struct needs *needs)
{
	struct point_spec *s = add_point(p, list, TABLE_HOLDING, UPTIME, POLL_NORMAL);

	s->at.count = 2;
	s->codec.type = TYPE_U32;
	s->unit = &seconds;
	s = add_point(p, list, TABLE_HOLDING, COUNTER, POLL_NORMAL);
	s->at.count = 2;
	s->codec.type = TYPE_U32;
	*needs = (struct needs){.rate = RATE_PER_SECOND, .uptime = 1};
	s->needs = needs;
	make_measured(w, add_point(p, list, TABLE_HOLDING, 6, normal_or_slow(w)));
}

static void
make_switch(struct day *w, struct profile *p, struct point_spec *list, struct table_spec *table)
{
	make_measured(w, add_oid(p, list, 0, POLL_NORMAL));
	*table = (struct table_spec){.name = "port",
	    .title = {.en = "Ports"},
	    .rows = slots,
	    .row_count = DAY_SLOTS,
	    .columns = columns,
	    .column_count = 1,
	    .first_point = 1,
	    .asked = true,
	    .label = {COUNT(day_label_oid), day_label_oid}};
	for (uint16_t i = 0; i < DAY_SLOTS; i++) {
		struct point_spec *s = add_point(p, list, TABLE_OID, 0, POLL_NORMAL);

		s->at.oid = table->label;
		s->codec.type = TYPE_NUMBER;
		s->table = 1;
		s->row = i;
	}
	p->tables = table;
	p->table_count = 1;
}

static struct record_field
field(uint16_t at, uint16_t registers, const struct word *words)
{
	return (struct record_field){.at = at,
	    .registers = registers,
	    .codec = {.type = registers == 2 ? TYPE_U32 : TYPE_U16, .scale = 1},
	    .words = words,
	    .word_count = words != NULL ? 2 : 0,
	    .priorities = priorities};
}

static void
make_door(struct profile *p, struct point_spec *list, struct ring_spec *ring)
{
	struct point_spec *s = add_point(p, list, TABLE_HOLDING, HEAD, POLL_NORMAL);

	s->at.count = 2;
	s->codec.type = TYPE_U32;
	*ring = (struct ring_spec){.name = "badge_events",
	    .title = {.en = "badge events"},
	    .table = TABLE_HOLDING,
	    .address = RING,
	    .stride = STRIDE,
	    .count = DAY_PLACES,
	    .first = 1,
	    .parts = {[RECORD_SEQUENCE] = field(AT_SEQUENCE, 2, NULL),
		[RECORD_SEQUENCE_AGAIN] = field(AT_AGAIN, 1, NULL),
		[RECORD_TIME] = field(AT_TIME, 2, NULL),
		[RECORD_DOOR] = field(AT_DOOR, 1, doors),
		[RECORD_RESULT] = field(AT_RESULT, 1, results),
		[RECORD_WHO] = field(AT_WHO, 1, NULL)}};
	p->ring = ring;
	p->modbus.max_registers = 20;
}

/* ---- rules ----------------------------------------------------------------------------------- */

static int64_t
delay(struct day *w)
{
	static const int64_t delays_ms[] = {0, 0, 1000, 10000, 30000, 300000};

	return delays_ms[day_roll(w, COUNT(delays_ms))];
}

static void
choose_condition(struct day *w, struct alarm_rule *r, const struct point_spec *p)
{
	if (day_chance(w, 5)) {
		r->kind = RULE_MISSING;
	} else if (p->words != NULL) {
		r->kind = day_chance(w, 2) ? RULE_EQUALS : RULE_DIFFERS;
		r->limit = r->kind == RULE_EQUALS;
	} else {
		r->kind = day_chance(w, 2) ? RULE_HIGH : RULE_LOW;
		r->limit = r->kind == RULE_HIGH ? 30 : 26;
		r->hysteresis = day_chance(w, 2) ? 1.5 : 0;
	}
}

static size_t
make_rules(struct day *w, const struct profile *p, struct alarm_rule *list)
{
	size_t n = 1 + day_roll(w, DAY_RULES);

	for (size_t i = 0; i < n; i++) {
		struct alarm_rule *r = &list[i];
		uint16_t point = (uint16_t)day_roll(w, (uint32_t)p->point_count);

		*r = (struct alarm_rule){.name = rule_names[i],
		    .title = {.en = "Something is wrong"},
		    .point = point,
		    .on_delay_ms = delay(w),
		    .off_delay_ms = delay(w),
		    .priority = (enum priority)day_roll(w, PRIORITY_COUNT),
		    .latch = day_chance(w, 4),
		    .in_maintenance = (enum rule_in_maintenance)day_roll(w, 3),
		    .when = "as the seed wants it"};
		choose_condition(w, r, &p->points[point]);
		r->table = p->points[point].table;
		r->row = p->points[point].row;
	}
	return n;
}

/* ---- the room -------------------------------------------------------------------------------- */

static void
make_profile(struct day *w, size_t i)
{
	static const char *const names[] = {"air", "contacts", "meter", "switch", "door"};
	struct profile *p = &w->profiles[i];
	struct point_spec *list = w->points[i];

	/* One of each, then whatever comes. */
	w->kinds[i] = i < KIND_COUNT ? (enum kind)i : KIND_AIR;
	*p = (struct profile){.name = names[w->kinds[i]],
	    .kind = "room",
	    .modbus = {.max_registers = (uint16_t)(day_chance(w, 3) ? 4 : 100),
		.max_bits = 2000,
		.max_gap = (uint16_t)day_roll(w, 9),
		.timeout_ms = 800},
	    .snmp = {.max_varbinds = 20, .timeout_ms = 1000, .retries = 1},
	    .points = list};
	switch (w->kinds[i]) {
	case KIND_AIR:
	case KIND_COUNT:
		make_air(w, p, list);
		break;
	case KIND_CONTACTS:
		make_contacts(w, p, list);
		break;
	case KIND_METER:
		make_meter(w, p, list, &w->needs[i]);
		break;
	case KIND_SWITCH:
		make_switch(w, p, list, &w->tables[i]);
		break;
	case KIND_DOOR:
		make_door(p, list, &w->rings[i]);
		break;
	}
	p->alarms = w->profile_rules[i];
	p->alarm_count = make_rules(w, p, w->profile_rules[i]);
}

static void
make_periods(struct day *w, struct device_spec *d)
{
	/* Quick devices are few: what goes wrong in time goes wrong at any pace. */
	static const int64_t fast[] = {500, 2000, 5000, 5000},
			     normal[] = {2000, 10000, 20000, 30000},
			     slow[] = {10000, 60000, 60000, 120000};
	size_t quick = day_chance(w, 6) ? 0 : 1;

	d->period_ms[POLL_FAST] = fast[quick + day_roll(w, 3)];
	d->period_ms[POLL_NORMAL] = normal[quick + day_roll(w, 3)];
	d->period_ms[POLL_SLOW] = slow[quick + day_roll(w, 3)];
	for (int i = 0; i < POLL_CLASS_COUNT; i++)
		d->stale_after_ms[i] = d->period_ms[i] * 3 + 500;
}

/* One in four; without dice, so that the rooms of old seeds are what they were. */
static int64_t
lost_delay(const struct day *w, size_t device)
{
	static const int64_t delays_ms[] = {10000, 60000, 300000};

	return (w->seed + device) % 4 == 0 ? delays_ms[(w->seed / 4 + device) % 3] : 0;
}

static void
add_device(struct day *w, size_t profiles)
{
	size_t i = w->site.device_count++, k = day_roll(w, (uint32_t)profiles);
	struct device_spec *d = &w->devices[i];
	const struct profile *p = &w->profiles[k];
	bool snmp = p->points[0].at.table == TABLE_OID;

	w->gear[i].kind = w->kinds[k];
	snprintf(w->names[i], sizeof(w->names[i]), "dev%zu", i);
	w->rules[i][0] = (struct alarm_rule){.name = "comm_lost",
	    .title = {.en = "Device does not answer"},
	    .kind = RULE_DEVICE_LOST,
	    .priority = PRIORITY_MEDIUM,
	    .on_delay_ms = lost_delay(w, i),
	    .latch = day_chance(w, 10),
	    .in_maintenance = (enum rule_in_maintenance)day_roll(w, 3)};
	for (size_t r = 0; r < p->alarm_count; r++)
		w->rules[i][r + 1] = p->alarms[r];
	*d = (struct device_spec){.name = w->names[i],
	    .title = {.en = w->names[i]},
	    .profile = p,
	    .link = snmp ? DAY_LINKS - 1 : (int)(i % (DAY_LINKS - 1)),
	    .unit = (int)i + 1,
	    .snmp = snmp ? &target : NULL,
	    .parent = i > 0 && day_chance(w, 2) ? (int)day_roll(w, (uint32_t)i) : NO_INDEX,
	    .lost_after = 1 + (int)day_roll(w, 3),
	    .alarms = w->rules[i],
	    .alarm_count = p->alarm_count + 1,
	    .first_point = w->site.point_count,
	    .first_alarm = w->site.alarm_count};
	make_periods(w, d);
	for (size_t n = 0; n < p->point_count; n++) {
		w->flat[d->first_point + n].device = d;
		w->flat[d->first_point + n].spec = &p->points[n];
	}
	for (size_t n = 0; n < d->alarm_count; n++) {
		w->flat_alarms[d->first_alarm + n].device = d;
		w->flat_alarms[d->first_alarm + n].rule = &d->alarms[n];
	}
	w->site.point_count += p->point_count;
	w->site.alarm_count += d->alarm_count;
}

static void
make_plans(struct day *w)
{
	w->site.maintenance_count = day_roll(w, DAY_PLANS + 1);
	for (size_t i = 0; i < w->site.maintenance_count; i++) {
		int64_t from = w->now.wall.us + day_roll(w, 86400) * SECOND * w->days;

		w->plan_devices[i][0] = (int)day_roll(w, (uint32_t)w->site.device_count);
		w->plan_devices[i][1] = (int)day_roll(w, (uint32_t)w->site.device_count);
		w->plans[i] = (struct maintenance_plan){.devices = w->plan_devices[i],
		    .device_count = w->plan_devices[i][0] == w->plan_devices[i][1] ? 1 : 2,
		    .from = {from},
		    .to = {from + (600 + day_roll(w, 14400)) * SECOND},
		    .by = "plan",
		    .reason = "inspection"};
	}
	w->site.maintenance = w->plans;
}

void
site_make(struct day *w)
{
	size_t devices = 2 + day_roll(w, 13), profiles = KIND_COUNT + day_roll(w, 4);

	if (day_chance(w, 40))
		devices = DAY_DEVICES; /* a hall now and then */
	w->zones[0] = (struct zone){.name = "room", .in = NO_INDEX};
	w->links[0] = (struct link_spec){.name = "bus_1", .kind = LINK_MODBUS_RTU};
	w->links[1] = (struct link_spec){.name = "bus_2", .kind = LINK_MODBUS_RTU};
	w->links[2] = (struct link_spec){.name = "tcp", .kind = LINK_MODBUS_TCP};
	w->links[3] = (struct link_spec){.name = "snmp", .kind = LINK_SNMP};
	w->site = (struct site){.name = "day",
	    .zones = w->zones,
	    .zone_count = 1,
	    .links = w->links,
	    .link_count = DAY_LINKS,
	    .devices = w->devices,
	    .history = {.ram_bytes = 65536}};
	for (size_t i = 0; i < profiles; i++)
		make_profile(w, i);
	for (size_t i = 0; i < devices; i++)
		add_device(w, profiles);
	make_plans(w);
}

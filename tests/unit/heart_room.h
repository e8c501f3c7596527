/*
 * A room in virtual time for the tests of the core: a site made by hand, devices that answer the
 * core's batons as they are told to, and a record of everything that the core does.
 */
#ifndef TESTS_UNIT_HEART_ROOM_H
#define TESTS_UNIT_HEART_ROOM_H

#include "base/text.h"
#include "core/core.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a)     (sizeof(a) / sizeof((a)[0]))
#define ROOM_DEVICES 64
#define ROOM_ALARMS  8
#define ROOM_EVENTS  4096
#define ROOM_RECORDS 65536
#define ROOM_MARKS   64
#define ROOM_REGS    64
#define ROOM_UNUSED  __attribute__((unused))

/* How a device behaves. Registers of all tables are one array. */
struct fake {
	uint16_t regs[ROOM_REGS];
	uint8_t refuse[ROOM_REGS]; /* exception code where the register is not there; 0: it is */
	bool dead[ROOM_REGS];      /* a question with this register gets no answer */
	bool remembers;            /* its driver leaves out what it refuses */
	bool silent, no_link, garbled, mute;
	const char *text; /* SNMP: what it says instead of a number; NULL: numbers */
	uint8_t gateway;  /* exception code to everything: 11 = gateway target does not respond */
	int latency_ms;
	unsigned most; /* questions that the budget of one baton lets through; 0: all */
	unsigned polls, questions, probes;
	int64_t last_ms; /* when it was asked last */
};

struct room {
	struct site site;
	struct device_spec devices[ROOM_DEVICES];
	struct alarm_rule rules[ROOM_DEVICES][ROOM_ALARMS];
	struct link_spec links[2];
	struct zone zones[1];
	struct fake fakes[ROOM_DEVICES];
	char names[ROOM_DEVICES][16];

	struct core *core;
	struct now now;
	struct {
		struct baton *baton;
		mono_t home;
	} out[ROOM_DEVICES * 4];
	size_t out_count;
	uint64_t made, home;

	struct event *events;         /* ROOM_EVENTS */
	struct alarm_record *records; /* ROOM_RECORDS */
	size_t event_count, record_count;
	struct mark marks[ROOM_MARKS];
	size_t mark_count;
	uint64_t event_total, first_seq;
	uint64_t told_points, turns;
	bool keep_changes; /* the test looks at core_changes() itself */
	void (*on_event)(struct room *r, const struct event *e);
	/* The last call of core_out.counted, and how many. */
	uint64_t counted_held, counted_seq;
	unsigned counted;
};

static const struct unit room_celsius = {.code = "Cel", .label = "°C", .what = "temperature"};

ROOM_UNUSED static struct point_spec
room_point(const char *name, uint16_t address, enum poll_class poll)
{
	return (struct point_spec){
	    .name = name,
	    .title = {.en = name},
	    .at = {.table = TABLE_HOLDING, .address = address, .count = 1},
	    .codec = {.type = TYPE_S16, .scale = 0.1},
	    .unit = &room_celsius,
	    .poll = poll,
	};
}

ROOM_UNUSED static struct profile
room_profile(const struct point_spec *points, size_t n)
{
	return (struct profile){
	    .name = "fake",
	    .kind = "hvac",
	    .modbus = {.max_registers = 100, .max_bits = 2000, .max_gap = 8, .timeout_ms = 800},
	    .snmp = {.max_varbinds = 20, .timeout_ms = 1000, .retries = 1},
	    .points = points,
	    .point_count = n,
	};
}

static void
room_submit(void *arg, struct baton *b)
{
	struct room *r = arg;
	const struct fake *f = &r->fakes[b->device];
	int64_t took_ms = f->silent ? 800 : f->latency_ms;

	assert_true(r->out_count < COUNT(r->out));
	assert_true(b->ask_count > 0 && b->ask_count <= b->ask_room);
	assert_true(b->budget_ms >= 800);
	for (size_t i = 0; i < r->out_count; i++)
		assert_ptr_not_equal(r->out[i].baton, b); /* never two at a time */
	r->out[r->out_count].baton = b;
	r->out[r->out_count++].home = mono_add_ms(r->now.mono, f->no_link ? 0 : took_ms);
	r->made++;
}

static void
room_event(
    void *arg, const struct event *e, const struct alarm_record *record, const struct mark *mark)
{
	struct room *r = arg;

	if (mark != NULL && r->mark_count < ROOM_MARKS)
		r->marks[r->mark_count++] = *mark;

	assert_int_equal(e->seq, r->first_seq + r->event_total);
	assert_true(e->text[0] != '\0' || e->type == EVENT_SYSTEM);
	r->event_total++;
	if (r->event_count < ROOM_EVENTS)
		r->events[r->event_count++] = *e;
	if (record != NULL && r->record_count < ROOM_RECORDS)
		r->records[r->record_count++] = *record;
	if (record != NULL)
		assert_int_equal(record->seq, e->seq);
	if (r->on_event != NULL)
		r->on_event(r, e);
}

static void
room_counted(void *arg, uint64_t held, uint64_t seq)
{
	struct room *r = arg;

	r->counted_held = held;
	r->counted_seq = seq;
	r->counted++;
}

ROOM_UNUSED static struct room *
room_new(void)
{
	struct room *r = calloc(1, sizeof(*r));

	assert_non_null(r);
	r->events = calloc(ROOM_EVENTS, sizeof(*r->events));
	r->records = calloc(ROOM_RECORDS, sizeof(*r->records));
	r->links[0] = (struct link_spec){.name = "rs485_1", .kind = LINK_MODBUS_RTU};
	r->zones[0] = (struct zone){.name = "room", .in = NO_INDEX};
	r->site = (struct site){
	    .name = "test",
	    .zones = r->zones,
	    .zone_count = 1,
	    .links = r->links,
	    .link_count = 1,
	    .devices = r->devices,
	};
	r->first_seq = 1;
	/* Some time after the start of the machine, on no round number. */
	r->now = (struct now){{7200123456}, {INT64_C(1795000000000000)}, true};
	return r;
}

/* Adds a device with `rules` beside comm_lost. Its index. */
ROOM_UNUSED static int
room_device(struct room *r, const struct profile *p, const struct alarm_rule *rules, size_t n)
{
	size_t i = r->site.device_count++;
	struct device_spec *d = &r->devices[i];

	assert_true(i < ROOM_DEVICES && n < ROOM_ALARMS);
	snprintf(r->names[i], sizeof(r->names[i]), "dev%zu", i);
	r->rules[i][0] = (struct alarm_rule){.name = "comm_lost",
	    .title = {.en = "Device does not answer"},
	    .kind = RULE_DEVICE_LOST,
	    .priority = PRIORITY_MEDIUM,
	    .remedy = {.en = "Check power and cable."}};
	for (size_t k = 0; k < n; k++)
		r->rules[i][k + 1] = rules[k];
	*d = (struct device_spec){
	    .name = r->names[i],
	    .title = {.en = r->names[i]},
	    .profile = p,
	    .unit = (int)i + 1,
	    .parent = NO_INDEX,
	    .period_ms = {200, 1000, 5000},
	    .stale_after_ms = {1000, 3500, 15000},
	    .lost_after = 2,
	    .alarms = r->rules[i],
	    .alarm_count = n + 1,
	    .first_point = r->site.point_count,
	    .first_alarm = r->site.alarm_count,
	};
	r->site.point_count += p->point_count;
	r->site.alarm_count += n + 1;
	r->fakes[i].latency_ms = 20;
	return (int)i;
}

ROOM_UNUSED static void
room_start(struct room *r, uint32_t seed)
{
	const struct core_out out = {
	    .arg = r, .submit = room_submit, .event = room_event, .counted = room_counted};

	r->core = core_new(&r->site, &out, r->first_seq, seed);
}

ROOM_UNUSED static void
room_free(struct room *r)
{
	core_free(r->core);
	free(r->events);
	free(r->records);
	free(r);
}

/* An OID's last number stands for the register of the same number. */
static void
room_ask_oid(const struct fake *f, const struct ask *ask, struct answer *a)
{
	uint32_t reg = ask->oid->sub[ask->oid->length - 1];

	assert_true(reg < ROOM_REGS);
	if (f->refuse[reg] != 0 && f->remembers)
		return;
	if (f->refuse[reg] != 0) {
		a->status = ANSWER_REFUSED;
		a->code = f->refuse[reg];
		return;
	}
	a->status = ANSWER_OK;
	if (f->text != NULL) {
		a->value->type = SNMP_TYPE_BYTES;
		a->value->length = (uint16_t)strlen(f->text);
		memcpy(a->value->bytes, f->text, a->value->length);
		return;
	}
	a->value->type = SNMP_TYPE_SIGNED;
	a->value->i = (int16_t)f->regs[reg];
}

/* What the device says to one question. */
static void
room_ask(const struct fake *f, const struct ask *ask, struct answer *a)
{
	assert_true(ask->table == TABLE_OID ? a->value != NULL : a->room >= ask->count);
	if (f->gateway != 0) {
		a->status = ANSWER_REFUSED;
		a->code = f->gateway;
		return;
	}
	if (ask->table == TABLE_OID) {
		room_ask_oid(f, ask, a);
		return;
	}
	for (unsigned i = ask->address; i < (unsigned)ask->address + ask->count; i++) {
		assert_true(i < ROOM_REGS);
		if (f->dead[i]) {
			a->status = ANSWER_TIMEOUT;
			return;
		}
	}
	for (unsigned i = ask->address; i < (unsigned)ask->address + ask->count; i++) {
		if (f->refuse[i] != 0 && f->remembers)
			return;
		if (f->refuse[i] != 0) {
			a->status = ANSWER_REFUSED;
			a->code = f->refuse[i];
			return;
		}
		a->words[i - ask->address] = f->regs[i];
	}
	a->status = ANSWER_OK;
}

/* Answers like a driver: after the first question without an answer it asks no further. */
static void
room_fill(struct room *r, struct baton *b)
{
	struct fake *f = &r->fakes[b->device];

	f->polls++;
	f->probes += b->ask_count == 1;
	f->last_ms = r->now.mono.us / 1000;
	for (size_t i = 0; i < b->ask_count; i++) {
		struct answer *a = &b->answers[i];

		assert_int_equal(a->status, ANSWER_NONE);
		if (f->mute || (f->most != 0 && i >= f->most))
			continue;
		f->questions++;
		a->at = r->now.mono;
		a->took_us = f->latency_ms * 1000;
		if (f->no_link)
			a->status = ANSWER_NO_LINK;
		else if (f->garbled)
			a->status = ANSWER_GARBLED;
		else if (f->silent)
			a->status = ANSWER_TIMEOUT;
		else
			room_ask(f, &b->asks[i], a);
		if (a->status == ANSWER_NO_LINK || a->status == ANSWER_TIMEOUT)
			break;
	}
}

static void
room_deliver(struct room *r)
{
	for (size_t i = 0; i < r->out_count;) {
		struct baton *b = r->out[i].baton;

		if (mono_before(r->now.mono, r->out[i].home)) {
			i++;
			continue;
		}
		r->out[i] = r->out[--r->out_count];
		r->home++;
		room_fill(r, b);
		core_answer(r->core, b, &r->now);
	}
}

static mono_t
room_next(const struct room *r)
{
	mono_t next = core_next(r->core);

	for (size_t i = 0; i < r->out_count; i++)
		next = mono_min(next, r->out[i].home);
	return next;
}

/* One turn of the loop at the present moment. */
ROOM_UNUSED static void
room_turn(struct room *r)
{
	r->turns++;
	room_deliver(r);
	core_turn(r->core, &r->now);
	r->told_points += core_changes(r->core).point_count;
	if (!r->keep_changes)
		core_changes_clear(r->core, &r->now);
}

/* Lets virtual time pass, sleeping until the next thing to do as the loop does. */
ROOM_UNUSED static void
room_run(struct room *r, int64_t ms)
{
	mono_t end = mono_add_ms(r->now.mono, ms);

	for (;;) {
		mono_t next = room_next(r);

		if (mono_before(end, next))
			break;
		if (mono_before(r->now.mono, next)) {
			r->now.wall.us += next.us - r->now.mono.us;
			r->now.mono = next;
		}
		room_turn(r);
	}
	r->now.wall.us += end.us - r->now.mono.us;
	r->now.mono = end;
}

/* The last event of this type about this device (and alarm, if not NULL); NULL: none. */
ROOM_UNUSED static const struct event *
room_last(const struct room *r, enum event_type type, int device, const char *alarm)
{
	for (size_t i = r->event_count; i > 0; i--) {
		const struct event *e = &r->events[i - 1];

		if (e->type == type && strcmp(e->device, r->devices[device].name) == 0 &&
		    (alarm == NULL || strcmp(e->alarm, alarm) == 0))
			return e;
	}
	return NULL;
}

ROOM_UNUSED static size_t
room_count(const struct room *r, enum event_type type, int device)
{
	size_t n = 0;

	for (size_t i = 0; i < r->event_count; i++)
		n += r->events[i].type == type &&
		     (device < 0 || strcmp(r->events[i].device, r->devices[device].name) == 0);
	return n;
}

ROOM_UNUSED static void
room_print(const struct room *r)
{
	for (size_t i = 0; i < r->event_count; i++) {
		const struct event *e = &r->events[i];

		printf("%4llu %10.3f %-8s %s/%s %s -> %s: %s\n", (unsigned long long)e->seq,
		    (double)(e->mono.us - 7200123456) / 1e6, event_type_word(e->type), e->device,
		    e->alarm, e->from, e->to, e->text);
	}
}

ROOM_UNUSED static enum device_phase
room_phase(const struct room *r, int device)
{
	return core_devices(r->core)[device].phase;
}

ROOM_UNUSED static const struct alarm_state *
room_alarm(const struct room *r, int device, size_t rule)
{
	return &core_alarms(r->core)[r->devices[device].first_alarm + rule];
}

ROOM_UNUSED static const struct point_state *
room_state(const struct room *r, int device, size_t point)
{
	return &core_points(r->core)[r->devices[device].first_point + point];
}

/* What is explained of a point (core_explain()) has this in it. */
ROOM_UNUSED static void
room_explains(struct room *r, size_t point, const char *part)
{
	char text[4096];

	core_explain(r->core, point, &r->now, text, sizeof(text));
	if (strstr(text, part) == NULL)
		fail_msg("no \"%s\" in:\n%s", part, text);
}

#endif

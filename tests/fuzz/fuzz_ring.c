/*
 * A ring of badge records in a device that does anything: the count jumps, goes back, records are
 * half written or others than before, reads fail or are refused, the agent is killed and goes on
 * from its mark. Each record is told once and in order, only as it was read, or told as lost.
 */
#include "fuzz.h"

#include "core/core.h"

#include <string.h>

enum { HEAD = 0, RING = 4, STRIDE = 8, PLACES = 6, REGISTERS = RING + PLACES * STRIDE };
enum { AT_SEQUENCE = 0, AT_TIME = 2, AT_DOOR = 4, AT_RESULT = 5, AT_WHO = 6, AT_AGAIN = 7 };

static const struct word doors[] = {{1, "front", {"Door", NULL}}, {2, "back", {"Back", NULL}}};
static const struct word results[] = {{1, "granted", {"granted", NULL}}, {6, "forced", {0}}};
static const enum priority priorities[] = {PRIORITY_LOW, PRIORITY_HIGH};

#define NUMBER(where, n, kind)                                                                     \
	{                                                                                          \
		.at = (where), .registers = (n), .codec = {.type = (kind), .scale = 1 }            \
	}
static const struct ring_spec ring = {
    .name = "badge_events",
    .title = {.en = "badge events"},
    .table = TABLE_HOLDING,
    .address = RING,
    .stride = STRIDE,
    .count = PLACES,
    .first = 1,
    .parts = {[RECORD_SEQUENCE] = NUMBER(AT_SEQUENCE, 2, TYPE_U32),
	[RECORD_SEQUENCE_AGAIN] = NUMBER(AT_AGAIN, 1, TYPE_U16),
	[RECORD_TIME] = NUMBER(AT_TIME, 2, TYPE_U32),
	[RECORD_DOOR] = {.at = AT_DOOR,
	    .registers = 1,
	    .codec = {.type = TYPE_U16, .scale = 1},
	    .words = doors,
	    .word_count = 2,
	    .priorities = priorities},
	[RECORD_RESULT] = {.at = AT_RESULT,
	    .registers = 1,
	    .codec = {.type = TYPE_U16, .scale = 1},
	    .words = results,
	    .word_count = 2,
	    .priorities = priorities},
	[RECORD_WHO] = NUMBER(AT_WHO, 1, TYPE_U16)},
};
static const struct point_spec points[] = {{.name = "newest",
    .title = {.en = "newest"},
    .at = {.table = TABLE_HOLDING, .address = HEAD, .count = 2},
    .codec = {.type = TYPE_U32, .scale = 1}}};
static const struct profile profile = {.name = "reader",
    .kind = "door",
    .modbus = {.max_registers = 20, .max_bits = 100, .timeout_ms = 800},
    .points = points,
    .point_count = 1,
    .ring = &ring};
static const struct link_spec links[] = {{.name = "wire", .kind = LINK_MODBUS_RTU}};
static const struct device_spec devices[] = {{.name = "door",
    .title = {.en = "Door"},
    .profile = &profile,
    .unit = 1,
    .zone = NO_INDEX,
    .parent = NO_INDEX,
    .period_ms = {1000, 1000, 1000},
    .stale_after_ms = {5000, 5000, 5000},
    .lost_after = 2}};
static const struct site site = {.name = "hall",
    .links = links,
    .link_count = 1,
    .devices = devices,
    .device_count = 1,
    .point_count = 1,
    .history = {.ram_bytes = 16384}};

struct hall {
	struct bytes in;
	struct core *core;
	struct now now;
	struct baton *out[8];
	size_t out_count;
	uint16_t registers[REGISTERS];
	uint32_t made;

	uint64_t seq;
	struct mark mark; /* as the store has it */
	bool placed;
	int64_t position; /* what the marks say was told */
	unsigned said;    /* in this turn */
};

static uint32_t
whole(const uint16_t *r)
{
	return (uint32_t)r[0] << 16 | r[1];
}

/* A record has this number by both of its ends? It was so when it was read, or it is not told. */
static bool
is_there(const struct hall *h, uint64_t number)
{
	const uint16_t *r = &h->registers[RING + (number - 1) % PLACES * STRIDE];

	return whole(r + AT_SEQUENCE) == number && r[AT_AGAIN] == (uint16_t)number;
}

static void
event(void *arg, const struct event *e, const struct alarm_record *record, const struct mark *mark)
{
	struct hall *h = arg;

	(void)record;
	FUZZ_CHECK(e->seq == ++h->seq);
	FUZZ_CHECK(++h->said <= 64);
	FUZZ_CHECK(memchr(e->text, '\0', sizeof(e->text)) != NULL && e->text[0] != '\0');
	for (const char *p = e->text; *p != '\0'; p++)
		FUZZ_CHECK((unsigned char)*p >= 0x20);
	if (mark == NULL)
		return;
	FUZZ_CHECK(strcmp(mark->key, "records/door") == 0);
	FUZZ_CHECK(mark->value >= 0 && mark->value <= UINT32_MAX);
	if (e->type == EVENT_ACCESS && e->record != 0) {
		FUZZ_CHECK(h->placed);
		FUZZ_CHECK((int64_t)e->record == h->position + 1);
		FUZZ_CHECK(mark->value == (int64_t)e->record);
		FUZZ_CHECK(is_there(h, e->record));
	}
	h->placed = true;
	h->position = mark->value;
	h->mark = *mark;
}

static void
submit(void *arg, struct baton *b)
{
	struct hall *h = arg;

	FUZZ_CHECK(h->out_count < 8);
	h->out[h->out_count++] = b;
}

static void
start(struct hall *h)
{
	const struct core_out out = {.arg = h, .submit = submit, .event = event};

	h->out_count = 0;
	h->core = core_new(&site, &out, h->seq + 1, 7);
	if (h->mark.key[0] != '\0')
		FUZZ_CHECK(core_restore_mark(h->core, &h->mark));
}

/* The registers as they are now, or whatever the input wants instead. */
static void
answer(struct hall *h, const struct ask *ask, struct answer *a, unsigned how)
{
	FUZZ_CHECK(ask->table == TABLE_HOLDING && ask->count > 0 && ask->count <= a->room);
	FUZZ_CHECK((size_t)ask->address + ask->count <= REGISTERS);
	a->at = h->now.mono;
	a->status = ANSWER_OK;
	if (how == 1) {
		a->status = (enum answer_status)pick(&h->in, ANSWER_STATUS_COUNT);
		a->code = a->status == ANSWER_REFUSED ? (uint8_t)take(&h->in, 1) : 0;
	}
	memcpy(a->words, &h->registers[ask->address], ask->count * sizeof(uint16_t));
}

static void
come_home(struct hall *h)
{
	struct baton *b = h->out[0];
	unsigned how = (unsigned)pick(&h->in, 4);

	memmove(h->out, h->out + 1, --h->out_count * sizeof(h->out[0]));
	for (size_t i = 0; i < b->ask_count; i++) {
		answer(h, &b->asks[i], &b->answers[i], how);
		if (b->answers[i].status != ANSWER_OK)
			break;
	}
	h->said = 0;
	core_answer(h->core, b, &h->now);
}

static void
make_records(struct hall *h, size_t n)
{
	for (; n > 0; n--) {
		uint16_t *r = &h->registers[RING + h->made % PLACES * STRIDE];

		h->made++;
		r[AT_SEQUENCE] = (uint16_t)(h->made >> 16);
		r[AT_SEQUENCE + 1] = (uint16_t)h->made;
		r[AT_DOOR] = (uint16_t)take(&h->in, 1);
		r[AT_RESULT] = (uint16_t)take(&h->in, 1);
		r[AT_WHO] = (uint16_t)take(&h->in, 2);
		r[AT_AGAIN] = (uint16_t)h->made;
	}
	h->registers[HEAD] = (uint16_t)(h->made >> 16);
	h->registers[HEAD + 1] = (uint16_t)h->made;
}

/* What a device, its wire or a power cut may do between two turns. */
static void
happen(struct hall *h)
{
	switch (pick(&h->in, 8)) {
	case 0:
		make_records(h, pick(&h->in, 20));
		break;
	case 1: /* any register, the count too */
		h->registers[pick(&h->in, REGISTERS)] = (uint16_t)take(&h->in, 2);
		break;
	case 2: /* the device starts anew */
		memset(h->registers, 0, sizeof(h->registers));
		h->made = 0;
		break;
	case 3: /* the agent is killed */
		core_free(h->core);
		start(h);
		break;
	case 4: /* numbers near the top */
		h->made = UINT32_MAX - (uint32_t)pick(&h->in, 30);
		make_records(h, 1);
		break;
	default:
		break;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hall h = {
	    .in = {data, size}, .now = {{7200000000}, {INT64_C(1795000000000000)}, true}};

	start(&h);
	for (unsigned turns = 0; h.in.left > 0 && turns < 400; turns++) {
		mono_t next = core_next(h.core);
		int64_t past_us = next.us > h.now.mono.us ? next.us - h.now.mono.us : 0;

		happen(&h);
		if (h.out_count > 0) {
			come_home(&h);
			continue;
		}
		h.now.mono.us += past_us;
		h.now.wall.us += past_us;
		h.said = 0;
		core_turn(h.core, &h.now);
		core_changes_clear(h.core, &h.now);
	}
	core_free(h.core);
	return 0;
}

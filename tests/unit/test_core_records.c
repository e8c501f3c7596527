/* core: records in a ring become events, each once, in order, or are told as lost. */
#include "heart_room.h"

#include "core/core_private.h"

/* Registers: head 0-1, ring of six records of eight from 4 on. */
enum { HEAD = 0, RING = 4, STRIDE = 8, PLACES = 6 };
enum { AT_SEQUENCE = 0, AT_TIME = 2, AT_DOOR = 4, AT_RESULT = 5, AT_WHO = 6, AT_AGAIN = 7 };

static struct point_spec points[2];
static struct profile profile;
static struct ring_spec ring;
static struct room *r;
static struct mark kept; /* what the store would have */
static uint32_t made;    /* newest record of the device */

static const struct word doors[] = {{1, "dev0", {"Door", NULL}}, {2, "back", {"Back door", NULL}}};
static const struct word results[] = {
    {1, "granted", {"granted", "許可"}}, {6, "forced", {"forced", "こじ開け"}}};
static const enum priority priorities[] = {PRIORITY_LOW, PRIORITY_HIGH};

static struct record_field
field(uint16_t at, enum value_type type)
{
	return (struct record_field){
	    .at = at, .registers = type == TYPE_U32 ? 2 : 1, .codec = {.type = type, .scale = 1}};
}

static int
setup(void **state)
{
	(void)state;
	points[0] = room_point("head", HEAD, POLL_FAST);
	points[0].at.count = 2;
	points[0].codec = (struct codec){.type = TYPE_U32, .scale = 1};
	points[1] = room_point("other", 60, POLL_SLOW);
	ring = (struct ring_spec){.name = "badge_events",
	    .title = {.en = "badge events"},
	    .head = 0,
	    .table = TABLE_HOLDING,
	    .address = RING,
	    .stride = STRIDE,
	    .count = PLACES,
	    .first = 1};
	ring.parts[RECORD_SEQUENCE] = field(AT_SEQUENCE, TYPE_U32);
	ring.parts[RECORD_SEQUENCE_AGAIN] = field(AT_AGAIN, TYPE_U16);
	ring.parts[RECORD_TIME] = field(AT_TIME, TYPE_U32);
	ring.parts[RECORD_DOOR] = field(AT_DOOR, TYPE_U16);
	ring.parts[RECORD_DOOR].words = doors;
	ring.parts[RECORD_DOOR].word_count = COUNT(doors);
	ring.parts[RECORD_DOOR].priorities = priorities;
	ring.parts[RECORD_RESULT] = field(AT_RESULT, TYPE_U16);
	ring.parts[RECORD_RESULT].words = results;
	ring.parts[RECORD_RESULT].word_count = COUNT(results);
	ring.parts[RECORD_RESULT].priorities = priorities;
	ring.parts[RECORD_WHO] = field(AT_WHO, TYPE_U16);
	profile = room_profile(points, 2);
	profile.modbus.max_registers = 20; /* two records a read */
	profile.ring = &ring;
	r = room_new();
	room_device(r, &profile, NULL, 0);
	made = 0;
	kept = (struct mark){.key = ""};
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	room_free(r);
	return 0;
}

/* ---- the device ------------------------------------------------------------------------------ */

static uint16_t *
place(uint32_t number)
{
	return &r->fakes[0].regs[RING + (number - 1) % PLACES * STRIDE];
}

static void
set_head(uint32_t number)
{
	made = number;
	r->fakes[0].regs[HEAD] = (uint16_t)(number >> 16);
	r->fakes[0].regs[HEAD + 1] = (uint16_t)number;
}

static void
make(unsigned count)
{
	while (count-- > 0) {
		uint16_t *p = place(made + 1);

		set_head(made + 1);
		p[AT_SEQUENCE] = (uint16_t)(made >> 16);
		p[AT_SEQUENCE + 1] = (uint16_t)made;
		p[AT_TIME] = 0x6925;
		p[AT_TIME + 1] = (uint16_t)(made * 7);
		p[AT_DOOR] = (uint16_t)(1 + made % 2);
		p[AT_RESULT] = made % 5 ? 1 : 6;
		p[AT_WHO] = (uint16_t)(made % 5 ? 4000 + made : 0);
		p[AT_AGAIN] = (uint16_t)made;
	}
}

static void
forget(void)
{
	memset(&r->fakes[0].regs[RING], 0, PLACES * STRIDE * sizeof(uint16_t));
	set_head(0);
}

/* ---- the program ----------------------------------------------------------------------------- */

/* The last mark is what the store has. */
static void
keep(void)
{
	if (r->mark_count > 0)
		kept = r->marks[r->mark_count - 1];
	r->mark_count = 0;
}

/* Ends without a word and starts again with what the store has. */
static void
start_again(uint32_t seed)
{
	keep();
	core_free(r->core);
	r->out_count = 0;
	r->first_seq += r->event_total;
	r->event_total = 0;
	room_start(r, seed);
	if (kept.key[0] != '\0')
		assert_true(core_restore_mark(r->core, &kept));
}

/* The events about the ring since the n-th: "begins", numbers of records, "lost 3-5" ... */
static char *
said_since(size_t n)
{
	static char text[4096];

	text[0] = '\0';
	for (size_t i = n; i < r->event_count; i++) {
		const struct event *e = &r->events[i];

		if (e->type != EVENT_ACCESS)
			continue;
		text_append(text, sizeof(text), "%s", text[0] != '\0' ? " " : "");
		if (e->record != 0)
			text_append(text, sizeof(text), "%d", (int)e->record);
		else if (e->has_value)
			text_append(text, sizeof(text), "%s:%d", e->to, (int)e->value);
		else
			text_append(text, sizeof(text), "%s", e->to);
	}
	return text;
}

static void
begin(unsigned count)
{
	make(count);
	room_start(r, 3);
	room_run(r, 3000);
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void
first_contact_begins_at_the_head(void **state)
{
	const struct event *e;

	(void)state;
	begin(4);
	assert_string_equal(said_since(0), "begins");
	e = room_last(r, EVENT_ACCESS, 0, NULL);
	assert_string_equal(
	    e->text, "dev0: badge events are read from now on, those up to number 4 are not.");
	assert_int_equal(r->mark_count, 1);
	assert_string_equal(r->marks[0].key, "records/dev0");
	assert_int_equal(r->marks[0].value, 4);
}

static void
a_record_becomes_an_event(void **state)
{
	const struct event *e;
	char page[4096];

	(void)state;
	begin(3);
	make(2);
	room_run(r, 1000);
	assert_string_equal(said_since(0), "begins 4 5");
	e = &r->events[r->event_count - 2];
	assert_string_equal(e->who, "4004");
	assert_string_equal(e->point, "dev0");
	assert_string_equal(e->word, "granted");
	assert_int_equal(e->priority, PRIORITY_LOW);
	assert_int_equal(e->device_wall.us, INT64_C(1000000) * (0x69250000 + 28));
	assert_non_null(strstr(e->text, "dev0: badge 4004 at dev0: granted ("));
	e++;
	assert_string_equal(e->who, "");
	assert_string_equal(e->point, "back");
	assert_string_equal(e->word, "forced");
	assert_int_equal(e->priority, PRIORITY_HIGH);
	assert_non_null(strstr(e->text, "dev0: Back door: forced ("));
	assert_int_equal(r->marks[r->mark_count - 1].value, 5);
	core_explain(r->core, 0, &r->now, page, sizeof(page));
	assert_non_null(
	    strstr(page, "badge events in a ring of 6, told up to number 5, the newest"));
}

static void
nothing_is_told_twice_over_a_restart(void **state)
{
	size_t n;

	(void)state;
	begin(3);
	make(2);
	room_run(r, 1000);
	make(4);
	start_again(5);
	n = r->event_count;
	room_run(r, 3000);
	assert_string_equal(said_since(n), "6 7 8 9");
}

static void
what_was_overwritten_is_told_with_its_number(void **state)
{
	size_t n;

	(void)state;
	begin(3);
	make(2);
	room_run(r, 1000);
	make(17); /* 22 are there, 17 to 22 can be read */
	start_again(5);
	n = r->event_count;
	room_run(r, 3000);
	assert_string_equal(said_since(n), "lost:11 17 18 19 20 21 22");
	for (size_t i = n; i < r->event_count; i++)
		if (r->events[i].has_value && r->events[i].record == 0)
			assert_string_equal(r->events[i].text,
			    "dev0: 11 of its badge events lost, numbers 6 to 16: overwritten "
			    "before "
			    "they could be read.");
}

static void
a_half_written_record_is_read_again(void **state)
{
	(void)state;
	begin(3);
	make(2);
	place(5)[AT_AGAIN] = 0;
	room_run(r, 1000);
	assert_string_equal(said_since(0), "begins 4");
	place(5)[AT_AGAIN] = 5;
	room_run(r, 1000);
	assert_string_equal(said_since(0), "begins 4 5");
}

static void
a_damaged_record_holds_up_the_others_for_seconds(void **state)
{
	(void)state;
	begin(3);
	make(3);
	place(5)[AT_AGAIN] = 0xFFFF;
	room_run(r, 1500);
	assert_string_equal(said_since(0), "begins 4");
	room_run(r, 5000);
	assert_string_equal(said_since(0), "begins 4 damaged:1 6");
}

static void
a_restarted_device_is_told(void **state)
{
	(void)state;
	begin(3);
	make(2);
	room_run(r, 1000);
	forget();
	make(3);
	room_run(r, 2000);
	assert_string_equal(said_since(0), "begins 4 5 restarted 1 2 3");
	forget();
	room_run(r, 2000);
	make(1);
	room_run(r, 2000);
	assert_string_equal(said_since(0), "begins 4 5 restarted 1 2 3 restarted 1");
}

/* Its count has come past ours: only the record that we knew tells it. */
static void
another_device_with_a_higher_count_is_told(void **state)
{
	size_t n;

	(void)state;
	begin(3);
	make(2);
	room_run(r, 1000);
	make(3);
	place(5)[AT_WHO] = 1;
	start_again(7);
	n = r->event_count;
	room_run(r, 3000);
	assert_string_equal(said_since(n), "replaced 3 4 5 6 7 8");
}

static void
a_spell_of_silence_loses_nothing(void **state)
{
	(void)state;
	begin(3);
	make(1);
	room_run(r, 1000);
	r->fakes[0].silent = true;
	make(2);
	room_run(r, 10000);
	assert_int_equal(room_phase(r, 0), DEVICE_LOST);
	make(2);
	r->fakes[0].silent = false;
	room_run(r, 20000);
	assert_string_equal(said_since(0), "begins 4 5 6 7 8");
}

static void
a_refused_ring_is_told_once(void **state)
{
	(void)state;
	begin(3);
	for (unsigned i = RING; i < RING + PLACES * STRIDE; i++)
		r->fakes[0].refuse[i] = 2;
	make(1);
	room_run(r, 200000);
	assert_string_equal(said_since(0), "begins refused");
	assert_true(r->fakes[0].polls < 1300); /* it is not asked at each beat */
	memset(r->fakes[0].refuse, 0, sizeof(r->fakes[0].refuse));
	room_run(r, 70000);
	assert_string_equal(said_since(0), "begins refused 4");
	assert_int_equal(room_state(r, 0, 0)->quality, QUALITY_GOOD);
}

/* A day of people, torn records, silences and crashes: each record once and in order, or lost. */
static void
any_day_is_told_completely(void **state)
{
	uint64_t told = 0, lost = 0, expected = 1;
	unsigned dice = 12345;

	(void)state;
	room_start(r, 9);
	room_run(r, 3000);
	for (int step = 0; step < 4000; step++) {
		dice = dice * 1103515245 + 12345;
		make(dice >> 16 & 3 ? dice >> 20 & 1 : dice >> 20 & 15);
		r->fakes[0].silent = (dice >> 8 & 63) == 0;
		if ((dice >> 9 & 63) == 1)
			start_again(dice | 1);
		else
			room_run(r, 50 + (int64_t)(dice >> 12 & 511));
		keep();
		for (size_t i = 0; i < r->event_count; i++) {
			const struct event *e = &r->events[i];

			if (e->type != EVENT_ACCESS || strcmp(e->to, "begins") == 0)
				continue;
			if (e->record != 0) {
				assert_int_equal(e->record, expected);
				expected++;
				told++;
			} else {
				assert_string_equal(e->to, "lost");
				expected += (uint64_t)e->value;
				lost += (uint64_t)e->value;
			}
		}
		r->event_count = 0;
	}
	r->fakes[0].silent = false;
	room_run(r, 70000);
	for (size_t i = 0; i < r->event_count; i++)
		if (r->events[i].type == EVENT_ACCESS)
			expected += r->events[i].record != 0 ? 1 : (uint64_t)r->events[i].value;
	assert_int_equal(expected, (uint64_t)made + 1);
	print_message("%u records: %u told, %u lost\n", made, (unsigned)told, (unsigned)lost);
	assert_true(told > 2000 && lost > 50);
}

/* What the driver hands back unasked, at once, goes out with the next look at the head, not in the
 * same instant. */
static void
what_comes_back_at_once_waits_for_the_next_look(void **state)
{
	const struct poll *q;
	uint64_t polls;

	(void)state;
	begin(3);
	q = &r->core->poller.units[0].polls[POLL_RECORDS];
	make(1);
	while (!q->out)
		room_run(r, 1);
	r->fakes[0].mute = true;
	r->fakes[0].latency_ms = 0;
	polls = r->made;
	room_run(r, 1000); /* 200 ms each */
	assert_in_range(r->made - polls, 4, 12);
	r->fakes[0].mute = false;
	room_run(r, 1000);
	assert_string_equal(said_since(0), "begins 4");
}

/* On a slow bus the time of a poll is over before all of it was asked. */
static void
what_comes_in_parts_is_taken_in_parts(void **state)
{
	size_t n;

	(void)state;
	begin(3);
	make(1);
	room_run(r, 1000);
	r->fakes[0].most = 1;
	make(5);
	room_run(r, 3000);
	assert_string_equal(said_since(0), "begins 4 5 6 7 8 9");
	n = r->event_count;
	make(20);
	room_run(r, 3000);
	assert_string_equal(said_since(n), "lost:14 24 25 26 27 28 29");
}

/* Garbage where the count should be, or a count that races: told, but not ten times a second. */
static void
a_mad_device_does_not_flood(void **state)
{
	unsigned dice = 99;

	(void)state;
	begin(3);
	for (int i = 0; i < 12000; i++) { /* an hour */
		dice = dice * 1103515245 + 12345;
		set_head(dice >> 8);
		room_run(r, 300);
	}
	print_message("%d events\n", (int)room_count(r, EVENT_ACCESS, 0));
	assert_true(room_count(r, EVENT_ACCESS, 0) < 400);
}

static void
a_racing_count_is_told_by_and_by(void **state)
{
	uint64_t expected = 4;

	(void)state;
	begin(3);
	for (int i = 0; i < 6000; i++) { /* ten minutes */
		make(13);
		room_run(r, 100);
	}
	room_run(r, 20000);
	for (size_t i = 0; i < r->event_count; i++)
		if (r->events[i].type == EVENT_ACCESS && strcmp(r->events[i].to, "begins") != 0)
			expected += r->events[i].record != 0 ? 1 : (uint64_t)r->events[i].value;
	assert_int_equal(expected, (uint64_t)made + 1);
	print_message("%u records, %d events\n", made, (int)r->event_count);
	assert_true(r->event_count < 1000);
}

static void
a_mark_of_what_is_gone_is_refused(void **state)
{
	const struct mark other = {.key = "records/dev7", .value = 3};
	const struct mark broken = {.key = "records/dev0", .value = -3};

	(void)state;
	room_start(r, 1);
	assert_false(core_restore_mark(r->core, &other));
	assert_false(core_restore_mark(r->core, &broken));
	room_run(r, 3000);
	assert_string_equal(said_since(0), "begins");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(first_contact_begins_at_the_head),
	    TEST(a_record_becomes_an_event),
	    TEST(nothing_is_told_twice_over_a_restart),
	    TEST(what_was_overwritten_is_told_with_its_number),
	    TEST(a_half_written_record_is_read_again),
	    TEST(a_damaged_record_holds_up_the_others_for_seconds),
	    TEST(a_restarted_device_is_told),
	    TEST(another_device_with_a_higher_count_is_told),
	    TEST(a_spell_of_silence_loses_nothing),
	    TEST(a_refused_ring_is_told_once),
	    TEST(any_day_is_told_completely),
	    TEST(what_comes_back_at_once_waits_for_the_next_look),
	    TEST(what_comes_in_parts_is_taken_in_parts),
	    TEST(a_mad_device_does_not_flood),
	    TEST(a_racing_count_is_told_by_and_by),
	    TEST(a_mark_of_what_is_gone_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

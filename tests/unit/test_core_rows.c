/* Rows that a device says it has, in a core: whose value is believed, and what is forgotten. */
#include "core/expr.h"
#include "core/rows.h"
#include "heart_room.h"

#define SLOTS 2

static const uint32_t name_sub[] = {1, 3, 6, 1, 2, 1, 31, 1};
static const uint32_t octets_sub[] = {1, 3, 6, 1, 2, 1, 2, 10};
static const struct row_spec slots[SLOTS] = {{.key = "1"}, {.key = "2"}};
static const struct row_column columns[] = {{.name = "port_*_octets", .head = {8, octets_sub}}};
static const struct needs per_second = {.rate = RATE_PER_SECOND};
static struct table_spec table = {.name = "port",
    .title = {.en = "Ports"},
    .rows = slots,
    .row_count = SLOTS,
    .columns = columns,
    .column_count = 1,
    .first_point = 1,
    .asked = true,
    .label = {8, name_sub}};
static const uint32_t up_sub[] = {1, 3, 6, 1, 2, 1, 1, 3, 0};
static struct point_spec points[1 + SLOTS];
static const struct snmp_target target = {.address = "127.0.0.1"};

/* What the device has now: rows by their index. */
static struct {
	uint32_t index;
	const char *label; /* NULL: no such row */
	uint64_t octets;
} has[4];

static struct profile profile;
static struct alarm_rule rules[4];
static size_t rule_count;
static struct arena *arena;
static struct room *r;
static int64_t walked_ms[ROOM_DEVICES]; /* when its rows were asked last */
static unsigned walks, gets, misplaced;

/* How it answers: so many objects in a PDU, a PDU each millisecond, and what happens meanwhile. */
static struct {
	unsigned together; /* 0: all */
	unsigned most;     /* objects until the budget is spent; 0: all */
	uint32_t fails;    /* the value of this index has no answer; 0: none */
	unsigned swaps_at; /* after so many PDUs the first two rows change places, once; 0: not */
	const uint32_t *breaks; /* the walk of this column has no end; NULL: none */
	uint32_t restless;      /* the label of this index is another at each reading; 0: none */
	uint32_t hides;         /* the label of this index is refused, but walked; 0: none */
} how;

static size_t
find(uint32_t index)
{
	for (size_t i = 0; i < COUNT(has); i++)
		if (has[i].label != NULL && has[i].index == index)
			return i;
	return COUNT(has);
}

static void
read_label(size_t i, char *buf, size_t size)
{
	static unsigned readings;

	text_copy(buf, size, has[i].label);
	if (has[i].index == how.restless)
		text_append(buf, size, " %u", ++readings);
}

static void
answer_walk(const struct ask *ask, struct answer *a)
{
	a->walk->count = a->walk->more = 0;
	a->status = ANSWER_TIMEOUT;
	if (how.breaks != NULL && memcmp(ask->oid->sub, how.breaks, sizeof(name_sub)) == 0)
		return;
	for (size_t i = 0; i < COUNT(has) && has[i].label != NULL; i++) {
		struct walk_row *row = &a->walk->rows[a->walk->count];

		if (a->walk->count++ == ask->walk)
			fail();
		*row = (struct walk_row){.length = 1, .index = {has[i].index}};
		read_label(i, row->text, sizeof(row->text));
	}
	a->status = ANSWER_OK;
}

static bool
is_label(const struct ask *ask)
{
	return memcmp(ask->oid->sub, name_sub, sizeof(name_sub)) == 0;
}

static void
answer_get(const struct ask *ask, struct answer *a)
{
	uint32_t index = ask->oid->sub[ask->oid->length - 1];
	size_t i = is_label(ask) && index == how.hides ? COUNT(has) : find(index);
	char label[WALK_TEXT_MAX];

	if (ask->oid->sub == up_sub) {
		*a->value = (struct snmp_value){.type = SNMP_TYPE_UNSIGNED, .u = 1};
		a->status = ANSWER_OK;
		return;
	}
	a->status = i < COUNT(has) ? ANSWER_OK : ANSWER_REFUSED;
	a->code = i < COUNT(has) ? 0 : SNMP_REFUSED_NO_INSTANCE;
	if (i == COUNT(has))
		return;
	*a->value = (struct snmp_value){.type = SNMP_TYPE_UNSIGNED, .u = has[i].octets};
	if (!is_label(ask))
		return;
	a->value->type = SNMP_TYPE_BYTES;
	read_label(i, label, sizeof(label));
	a->value->length = (uint16_t)strlen(label);
	memcpy(a->value->bytes, label, a->value->length);
}

static void
swap_rows(void)
{
	uint32_t first = has[0].index;

	has[0].index = has[1].index;
	has[1].index = first;
}

static void
answer_one(const struct ask *ask, struct answer *a, mono_t at, bool seen[8])
{
	uint32_t index = ask->oid->sub[ask->oid->length - 1];

	a->at = at;
	answer_get(ask, a);
	if (ask->oid->sub == up_sub)
		return;
	if (index == how.fails && !is_label(ask))
		a->status = ANSWER_TIMEOUT;
	misplaced += seen[index];
	seen[index] = is_label(ask);
}

static void
answer_walks(struct baton *b)
{
	for (size_t i = 0; i < b->ask_count; i++)
		answer_walk(&b->asks[i], &b->answers[i]);
	walked_ms[b->device] = r->now.mono.us / 1000;
	walks++;
}

/* Answers at once; the core has it in the next turn. */
static void
submit(void *arg, struct baton *b)
{
	bool seen[8] = {false}; /* the label of this index */
	size_t n = how.most > 0 && how.most < b->ask_count ? how.most : b->ask_count;

	(void)arg;
	if (b->asks[0].walk > 0) {
		answer_walks(b);
		r->out[r->out_count++].baton = b;
		return;
	}
	gets++;
	for (size_t i = 0; i < n; i++) {
		unsigned pdus = how.together > 0 ? (unsigned)i / how.together : 0;

		if (how.swaps_at > 0 && pdus == how.swaps_at) {
			swap_rows();
			how.swaps_at = 0;
		}
		answer_one(&b->asks[i], &b->answers[i], mono_add_ms(r->now.mono, pdus), seen);
	}
	r->out[r->out_count++].baton = b;
}

static void
turn(void)
{
	size_t n = r->out_count;
	struct baton *home[COUNT(r->out)];

	for (size_t i = 0; i < n; i++)
		home[i] = r->out[i].baton;
	r->out_count = 0;
	for (size_t i = 0; i < n; i++)
		core_answer(r->core, home[i], &r->now);
	core_turn(r->core, &r->now);
	core_changes_clear(r->core, &r->now);
}

static void
pass(int64_t ms)
{
	mono_t end = mono_add_ms(r->now.mono, ms);

	while (mono_before(r->now.mono, end)) {
		r->now.mono.us += 10000;
		r->now.wall.us += 10000;
		turn();
	}
}

static void
make_room(int devices)
{
	const struct core_out out = {.submit = submit, .event = room_event};
	struct core_out mine = out;

	r = room_new();
	for (int i = 0; i < devices; i++)
		r->devices[room_device(r, &profile, rules, rule_count)].snmp = &target;
	mine.arg = r;
	r->core = core_new(&r->site, &mine, 1, 7);
}

static int
set_up(void **state)
{
	(void)state;
	memset(has, 0, sizeof(has));
	memset(&how, 0, sizeof(how));
	walks = gets = misplaced = 0;
	rule_count = 0;
	arena = arena_new();
	points[0] = room_point("uptime", 0, POLL_NORMAL);
	points[0].at = (struct source){.table = TABLE_OID, .count = 1, .oid = {9, up_sub}};
	points[0].codec.type = TYPE_NUMBER;
	for (size_t i = 1; i <= SLOTS; i++) {
		points[i] = room_point(i == 1 ? "port_1_octets" : "port_2_octets", 0, POLL_NORMAL);
		points[i].at = (struct source){.table = TABLE_OID, .count = 1, .oid = table.label};
		points[i].codec = (struct codec){.type = TYPE_U64, .scale = 1};
		points[i].needs = &per_second;
	}
	profile = room_profile(points, 1 + SLOTS);
	profile.tables = &table;
	profile.table_count = 1;
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	room_free(r);
	arena_free(arena);
	return 0;
}

static void
set(size_t i, uint32_t index, const char *label, uint64_t octets)
{
	has[i].index = index;
	has[i].label = label;
	has[i].octets = octets;
}

/* A counter of another row says nothing of how fast this one counts. */
static void
a_rate_does_not_go_on_in_another_row(void **state)
{
	(void)state;
	make_room(1);
	set(0, 1, "a", 1000);
	set(1, 2, "b", 1000);
	pass(3000);
	assert_int_equal(room_state(r, 0, 1)->quality, QUALITY_GOOD);
	assert_true(room_state(r, 0, 1)->value == 0);
	set(1, 3, "c", 5000); /* b is pulled, c is new: there is no slot for it yet */
	pass(2000);
	assert_int_equal(room_state(r, 0, 2)->quality, QUALITY_BAD);
	for (int i = 0; i < 90; i++) {
		pass(1000);
		assert_true(room_state(r, 0, 2)->quality != QUALITY_GOOD ||
			    room_state(r, 0, 2)->value == 0);
	}
	assert_int_equal(room_state(r, 0, 2)->quality, QUALITY_GOOD); /* c counts nothing */
}

/* Who pulls a module in a window of maintenance calls nobody. */
static void
a_row_that_goes_in_maintenance_is_marked(void **state)
{
	const struct event *e;

	(void)state;
	make_room(1);
	set(0, 1, "a", 1);
	set(1, 2, "b", 1);
	pass(3000);
	e = room_last(r, EVENT_DEVICE, 0, NULL);
	assert_string_equal(e->to, "row_found");
	assert_string_equal(e->word, "a");
	assert_int_equal(core_maintenance_begin(r->core, 0, "Sato", 3600000, "new module", &r->now),
	    MAINTENANCE_DONE);
	has[1].label = NULL;
	pass(3000);
	e = room_last(r, EVENT_DEVICE, 0, NULL);
	assert_string_equal(e->to, "row_gone");
	assert_string_equal(e->word, "maintenance");
	assert_non_null(strstr(e->text, "(b)"));
}

/* A slot that no row has been in is not told, whatever else is told anew. */
static void
an_empty_slot_is_not_told_in_maintenance(void **state)
{
	struct core_changes changes;

	(void)state;
	make_room(1);
	set(0, 1, "a", 1);
	pass(3000);
	assert_true(point_is_hidden(room_state(r, 0, 2)));
	assert_int_equal(core_maintenance_begin(r->core, 0, "Sato", 3600000, "new module", &r->now),
	    MAINTENANCE_DONE);
	changes = core_changes(r->core);
	assert_int_equal(changes.point_count, 2);
	for (size_t i = 0; i < changes.point_count; i++)
		assert_int_not_equal(changes.points[i], r->devices[0].first_point + 2);
}

/* The proof comes last: a device that changes its rows in between is found out. */
static void
labels_are_asked_behind_the_values(void **state)
{
	(void)state;
	make_room(1);
	set(0, 1, "a", 1);
	set(1, 2, "b", 2);
	pass(10000);
	assert_int_equal(room_state(r, 0, 1)->quality, QUALITY_GOOD);
	assert_int_equal(misplaced, 0);
}

/* Both count nothing, so that any rate but 0 is made of two rows. */
static void
expect_no_mixture(void)
{
	for (size_t slot = 1; slot <= SLOTS; slot++)
		assert_true(room_state(r, 0, slot)->quality != QUALITY_GOOD ||
			    room_state(r, 0, slot)->value == 0);
}

static void
pass_unmixed(int64_t ms)
{
	for (int64_t done = 0; done < ms; done += 10) {
		pass(10);
		expect_no_mixture();
	}
}

static void
expect_all_good(void)
{
	for (size_t slot = 1; slot <= SLOTS; slot++)
		assert_int_equal(room_state(r, 0, slot)->quality, QUALITY_GOOD);
}

/*
 * A value that had no answer goes behind its label the next time, and the rows change places
 * between the two: the label was right, the value is another row's.
 */
static void
what_comes_after_its_label_is_not_believed(void **state)
{
	(void)state;
	make_room(1);
	set(0, 1, "a", 1000);
	set(1, 2, "b", 5000);
	for (uint32_t fails = 1; fails <= 2; fails++)
		for (unsigned together = 1; together <= 4; together++)
			for (unsigned swaps_at = 1; swaps_at <= 4; swaps_at++) {
				how.together = together;
				pass_unmixed(10000);
				expect_all_good();
				how.fails = fails;
				pass_unmixed(1000);
				how.fails = 0;
				how.swaps_at = swaps_at;
				pass_unmixed(1000);
				how.swaps_at = 0;
			}
	pass_unmixed(10000);
	expect_all_good();
}

/* What was not believed is asked once more at once, in front of its label. */
static void
one_missed_answer_costs_one_poll(void **state)
{
	unsigned before;
	mono_t back;

	(void)state;
	make_room(1);
	set(0, 1, "a", 1000);
	set(1, 2, "b", 5000);
	pass_unmixed(10000);
	how.together = 1;
	how.fails = 1;
	pass_unmixed(1000);
	how.fails = 0;
	for (before = gets; gets == before;)
		pass_unmixed(10);
	back = mono_add_ms(r->now.mono, -50);
	assert_true(mono_before(room_state(r, 0, 1)->read_at, back));
	pass_unmixed(100);
	assert_true(mono_before(back, room_state(r, 0, 1)->read_at));
	expect_all_good();
}

/* A device so slow that no poll brings all: its rows are read in turns, each with its label. */
static void
a_budget_that_cuts_starves_no_row(void **state)
{
	(void)state;
	make_room(1);
	set(0, 1, "a", 1000);
	set(1, 2, "b", 5000);
	for (how.most = 3; how.most <= 4; how.most++) {
		uint64_t at[SLOTS] = {0};

		pass_unmixed(10000);
		for (int i = 0; i < 10; i++) {
			pass_unmixed(3000);
			for (size_t slot = 0; slot < SLOTS; slot++) {
				const struct point_state *p = room_state(r, 0, slot + 1);

				assert_int_equal(p->quality, QUALITY_GOOD);
				assert_true((uint64_t)p->read_at.us > at[slot]);
				at[slot] = (uint64_t)p->read_at.us;
			}
		}
		assert_int_equal(misplaced, 0);
	}
}

#define WIDE 6
#define ALL  (1 + SLOTS * WIDE)

static void
make_wide_room(const struct needs *needs)
{
	static struct row_column wide_columns[WIDE];
	static uint32_t subs[WIDE][8];
	static struct point_spec wide_points[ALL];
	static struct table_spec wide;

	wide = table;
	wide.columns = wide_columns;
	wide.column_count = WIDE;
	for (uint32_t c = 0; c < WIDE; c++) {
		memcpy(subs[c], octets_sub, sizeof(octets_sub));
		subs[c][7] += c;
		wide_columns[c] =
		    (struct row_column){.name = "port_*_octets", .head = {8, subs[c]}};
	}
	wide_points[0] = points[0];
	for (size_t i = 1; i < ALL; i++) {
		wide_points[i] = points[1];
		wide_points[i].needs = needs;
	}
	profile.points = wide_points;
	profile.point_count = ALL;
	profile.tables = &wide;
	make_room(1);
	set(0, 1, "a", 1000);
	set(1, 2, "b", 5000);
}

/* Each point is read and believed in this time. */
static void
expect_all_read(int64_t ms)
{
	mono_t before = r->now.mono;

	pass(ms);
	for (size_t k = 0; k < ALL; k++)
		if (!mono_before(before, room_state(r, 0, k)->read_at))
			fail_msg("point %zu is not read where %u are", k, how.most);
}

/*
 * No poll brings a whole row: its label would never be reached, nothing of it be believed, and
 * nothing else be read. Some of its values go with the label, in turns.
 */
static void
a_row_longer_than_the_budget_is_read_in_parts(void **state)
{
	(void)state;
	make_wide_room(NULL);
	for (how.most = 2; how.most <= WIDE + 1; how.most++) {
		pass(60000);
		for (int i = 0; i < 4; i++)
			expect_all_read(60000);
	}
	assert_int_equal(misplaced, 0);
}

/*
 * A rate needs the uptime of its own poll. Where none brings all, some rows would always go in
 * those that bring no uptime.
 */
static void
what_others_need_goes_with_them(void **state)
{
	static const struct needs since = {.rate = RATE_PER_SECOND, .uptime = 1};

	(void)state;
	make_wide_room(&since);
	for (how.most = 3; how.most <= ALL + SLOTS; how.most++) {
		pass(60000);
		for (int i = 0; i < 4; i++)
			expect_all_read(60000);
	}
	assert_int_equal(misplaced, 0);
}

/* One poll that a lost datagram ended parts nothing; nor does for long what once was slow. */
static void
a_row_that_is_not_too_long_is_read_whole(void **state)
{
	(void)state;
	make_wide_room(NULL);
	pass(10000);
	expect_all_read(1100);
	how.most = 4;
	pass(1000);
	how.most = 0;
	expect_all_read(1100);
	how.most = 4;
	pass(20000);
	how.most = 0;
	pass(10000);
	expect_all_read(1100);
	assert_int_equal(misplaced, 0);
}

/* A thousand devices that walk in one and the same second would drown the wire and the core. */
static void
devices_are_walked_one_after_the_other(void **state)
{
	unsigned together = 0;

	(void)state;
	make_room(40);
	set(0, 1, "a", 1);
	pass(400000);
	for (int i = 1; i < 40; i++)
		together += llabs(walked_ms[i] - walked_ms[0]) < 500;
	assert_true(walks >= 40 * 6);
	assert_true(together < 5);
}

/* ---- labels that do not hold still ------------------------------------------------------------
 */

/* Doubt that goes on is looked at less and less often, in the end once a minute as all rows are. */
static void
expect_few_walks(void)
{
	for (int minute = 0; minute < 10; minute++) {
		unsigned walks_before = walks, gets_before = gets;
		uint64_t events_before = r->event_total;

		pass(60000);
		assert_true(walks - walks_before <= (minute == 0 ? 18 : 2));
		assert_true(gets - gets_before <= 60 + 18);
		assert_true(r->event_total - events_before <= (minute == 0 ? 40 : 4));
		assert_int_not_equal(room_state(r, 0, 2)->quality, QUALITY_GOOD);
	}
}

/* A change of rows is looked at at once. */
static void
expect_quick_look(void)
{
	unsigned before;

	swap_rows();
	before = walks;
	pass(1200);
	assert_int_equal(walks, before + 1);
	for (size_t slot = 1; slot <= SLOTS; slot++) {
		assert_int_equal(room_state(r, 0, slot)->quality, QUALITY_GOOD);
		assert_true(room_state(r, 0, slot)->value == (double)has[slot - 1].octets);
	}
}

static void
a_label_that_does_not_hold_still_is_held(void **state)
{
	(void)state;
	points[1].needs = points[2].needs = NULL;
	make_room(1);
	set(0, 1, "a", 1000); /* in one slot and the other, in turns */
	pass(10000);
	how.restless = 1;
	expect_few_walks();
}

static void
a_label_that_only_a_walk_finds_is_held(void **state)
{
	(void)state;
	points[1].needs = points[2].needs = NULL;
	make_room(1);
	set(0, 1, "a", 1000);
	set(1, 2, "b", 5000);
	pass(10000);
	how.hides = 2;
	expect_few_walks();
	assert_int_equal(room_state(r, 0, 1)->quality, QUALITY_GOOD);
	how.hides = 0;
	pass(75000);
	for (int i = 0; i < 4; i++) {
		expect_quick_look();
		pass(12000);
	}
	/* a long calm is one, however short it is since the look that comes each minute */
	how.hides = 2;
	pass(600000);
	how.hides = 0;
	pass(600000);
	for (unsigned before = walks; walks == before;)
		pass(100);
	pass(2000);
	expect_quick_look();
}

/* ---- what stands after a restart --------------------------------------------------------------
 */

/* The alarms that watch slot 2. */
enum { COMM_LOST, BUSY, MISSING, BUSY_EXPR };

static void
add_rule(const char *name, enum rule_kind kind, int64_t off_delay_ms)
{
	rules[rule_count++] = (struct alarm_rule){.name = name,
	    .title = {.en = name},
	    .remedy = {.en = "Look."},
	    .kind = kind,
	    .point = 2,
	    .limit = 100,
	    .off_delay_ms = off_delay_ms,
	    .priority = PRIORITY_MEDIUM,
	    .table = 1,
	    .row = 1};
}

static const struct point_spec *
on_octets(void *arg, const char *device, const char *name, struct expr_ref *ref, bool *no_device,
    const char *const **names, size_t *count)
{
	(void)arg;
	(void)device;
	(void)name;
	*no_device = false;
	*names = NULL;
	*count = 0;
	ref->device = EXPR_OWN;
	ref->point = 2;
	return &points[2];
}

/* Row b, which is busy, in slot 2; all are told. */
static void
begin_busy(int64_t off_delay_ms)
{
	const struct expr_scope scope = {.point = on_octets};
	struct expr_error error;

	for (size_t i = 1; i <= SLOTS; i++)
		points[i].needs = NULL;
	add_rule("port_2_busy", RULE_HIGH, off_delay_ms);
	add_rule("port_2_missing", RULE_MISSING, 0);
	rules[1].on_delay_ms = 1000; /* while the row is looked for its value is missing */
	add_rule("port_2_busy_too", RULE_EXPR, off_delay_ms);
	rules[2].expr = expr_compile(arena, &scope, "port_2_octets > 100", &error);
	assert_non_null(rules[2].expr);
	make_room(1);
	set(0, 1, "a", 5);
	set(1, 2, "b", 5000);
	pass(3000);
	assert_int_equal(room_alarm(r, 0, BUSY)->phase, ALARM_UNACKNOWLEDGED);
	assert_int_equal(room_alarm(r, 0, BUSY_EXPR)->phase, ALARM_UNACKNOWLEDGED);
	assert_int_equal(room_alarm(r, 0, MISSING)->phase, ALARM_NORMAL);
}

/* The agent starts anew and has what it wrote down. */
static void
restart(void)
{
	struct room *was = r;

	make_room(1);
	r->now = was->now;
	for (size_t i = 0; i < was->record_count; i++)
		assert_true(core_restore(r->core, &was->records[i]));
	for (size_t i = 0; i < was->mark_count; i++)
		assert_true(core_restore_mark(r->core, &was->marks[i]));
	room_free(was);
}

/* Nobody has seen them, but they hold no more. */
static void
expect_ended(void)
{
	assert_int_equal(room_alarm(r, 0, BUSY)->phase, ALARM_RETURNED);
	assert_int_equal(room_alarm(r, 0, BUSY_EXPR)->phase, ALARM_RETURNED);
	assert_int_equal(room_alarm(r, 0, MISSING)->phase, ALARM_NORMAL);
	assert_int_equal(room_count(r, EVENT_ALARM, 0), 2);
}

static void
a_row_that_vanished_meanwhile_ends_its_alarms(void **state)
{
	(void)state;
	begin_busy(0);
	restart();
	has[1].label = NULL;
	pass(3000);
	assert_string_equal(room_last(r, EVENT_DEVICE, 0, NULL)->to, "row_gone");
	expect_ended();
	pass(300000);
	expect_ended();
}

/* It was gone already, and the off-delay ran when the agent went. */
static void
a_row_that_was_gone_before_ends_its_alarms(void **state)
{
	(void)state;
	begin_busy(120000);
	has[1].label = NULL;
	pass(70000);
	assert_string_equal(room_last(r, EVENT_DEVICE, 0, NULL)->to, "row_gone");
	assert_int_equal(room_alarm(r, 0, BUSY)->phase, ALARM_UNACKNOWLEDGED);
	restart();
	pass(110000);
	assert_int_equal(room_alarm(r, 0, BUSY)->phase, ALARM_UNACKNOWLEDGED);
	pass(20000);
	expect_ended();
}

/* The walk of one table that never comes to its end says nothing about the others. */
static void
a_row_ends_its_alarms_though_another_table_is_not_walked(void **state)
{
	static struct point_spec all[1 + 2 * SLOTS];
	static const uint32_t other_sub[] = {1, 3, 6, 1, 2, 1, 47, 1};
	static struct table_spec two[2];

	(void)state;
	begin_busy(0);
	two[0] = two[1] = table;
	two[1].name = "fan";
	two[1].first_point = 1 + SLOTS;
	two[1].label = (struct oid){8, other_sub};
	memcpy(all, points, sizeof(points));
	memcpy(all + 1 + SLOTS, points + 1, SLOTS * sizeof(*points));
	profile.points = all;
	profile.point_count = COUNT(all);
	profile.tables = two;
	profile.table_count = 2;
	restart();
	how.breaks = other_sub;
	has[1].label = NULL;
	pass(3000);
	expect_ended();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_rate_does_not_go_on_in_another_row),
	    TEST(a_row_that_goes_in_maintenance_is_marked),
	    TEST(an_empty_slot_is_not_told_in_maintenance),
	    TEST(labels_are_asked_behind_the_values),
	    TEST(what_comes_after_its_label_is_not_believed),
	    TEST(one_missed_answer_costs_one_poll),
	    TEST(a_budget_that_cuts_starves_no_row),
	    TEST(a_row_longer_than_the_budget_is_read_in_parts),
	    TEST(what_others_need_goes_with_them),
	    TEST(a_row_that_is_not_too_long_is_read_whole),
	    TEST(devices_are_walked_one_after_the_other),
	    TEST(a_label_that_does_not_hold_still_is_held),
	    TEST(a_label_that_only_a_walk_finds_is_held),
	    TEST(a_row_that_vanished_meanwhile_ends_its_alarms),
	    TEST(a_row_that_was_gone_before_ends_its_alarms),
	    TEST(a_row_ends_its_alarms_though_another_table_is_not_walked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

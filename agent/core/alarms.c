/* The alarms of the site: rules judged, phases changed, events made. */
#include "core/core_private.h"

#include "base/text.h"

#include <string.h>

/* ---- life ------------------------------------------------------------------------------------ */

static bool
watches_a_point(const struct alarm_rule *r)
{
	return r->kind != RULE_DEVICE_LOST && r->kind != RULE_EXPR;
}

/* watchers[]: counting sort of the alarms by the point that they watch. */
static void
index_watchers(struct core *c)
{
	const struct site *s = c->site;
	uint32_t *first = c->first_watcher;

	for (size_t a = 0; a < s->alarm_count; a++)
		if (watches_a_point(c->rules[a]))
			first[s->devices[c->alarm_device[a]].first_point + c->rules[a]->point +
			      1]++;
	for (size_t p = 0; p < s->point_count; p++)
		first[p + 1] += first[p];
	/* Fill from the front; afterwards each start has moved to the next one's, so shift back. */
	for (size_t a = 0; a < s->alarm_count; a++)
		if (watches_a_point(c->rules[a]))
			c->watchers[first[s->devices[c->alarm_device[a]].first_point +
					  c->rules[a]->point]++] = (uint32_t)a;
	memmove(first + 1, first, s->point_count * sizeof(*first));
	first[0] = 0;
}

void
alarms_init(struct core *c)
{
	const struct site *s = c->site;

	c->alarms = arena_array(c->arena, s->alarm_count, sizeof(*c->alarms));
	c->rules = arena_array(c->arena, s->alarm_count, sizeof(const struct alarm_rule *));
	c->alarm_device = arena_array(c->arena, s->alarm_count, sizeof(*c->alarm_device));
	c->judged = arena_array(c->arena, s->alarm_count, sizeof(*c->judged));
	c->watchers = arena_array(c->arena, s->alarm_count, sizeof(*c->watchers));
	c->first_watcher = arena_array(c->arena, s->point_count + 1, sizeof(*c->first_watcher));
	changes_init(&c->changed_alarms, c->arena, s->alarm_count);
	for (size_t d = 0; d < s->device_count; d++) {
		for (size_t i = 0; i < s->devices[d].alarm_count; i++) {
			size_t a = s->devices[d].first_alarm + i;

			c->rules[a] = &s->devices[d].alarms[i];
			c->alarm_device[a] = (uint32_t)d;
			c->alarms[a].pending_since = MONO_NEVER;
			c->alarms[a].frozen_since = MONO_NEVER;
			c->alarms[a].cause = NO_INDEX;
		}
	}
	index_watchers(c);
}

/* Its condition is told by the value alone. */
static bool
has_limit(const struct alarm_rule *r)
{
	return r->kind == RULE_HIGH || r->kind == RULE_LOW || r->kind == RULE_EQUALS ||
	       r->kind == RULE_DIFFERS;
}

static int
find_recorded(const struct core *c, const struct alarm_record *r)
{
	char path[2 * EVENT_NAME_MAX + 1];

	text_printf(path, sizeof(path), "%s/%s", r->device, r->alarm);
	return site_find_alarm(c->site, path);
}

/*
 * Did it hold when it was put aside? As far as the record tells: one that had returned by then has
 * the value with which it did.
 */
static bool
held_aside(const struct alarm_rule *rule, const struct alarm_record *r)
{
	return alarm_is_aside(r->phase) && r->raised.us != 0 &&
	       !(has_limit(rule) && r->has_value && !alarm_condition(rule, false, r->value));
}

bool
core_restore(struct core *c, const struct alarm_record *r)
{
	struct alarm_state *a;
	int alarm = find_recorded(c, r);

	if (alarm == NO_INDEX || r->phase >= ALARM_PHASE_COUNT)
		return false;
	a = &c->alarms[alarm];
	a->phase = r->phase;
	a->since = r->since;
	a->raised = r->raised;
	a->seq = r->seq;
	a->has_value = r->has_value;
	a->value = r->value;
	text_copy(a->who, sizeof(a->who), r->who);
	a->shelved_until = r->shelved_until;
	text_copy(a->reason, sizeof(a->reason), r->reason);
	/* As it stood; the first good sample judges it anew. */
	a->held = alarm_stands(r->phase) || held_aside(c->rules[alarm], r);
	/* A symptom that was not raised before may have been within its delay. */
	a->condition = a->held || r->phase == ALARM_SUPPRESSED;
	changes_add(&c->changed_alarms, (size_t)alarm);
	return true;
}

static int64_t
wall_ms_left(const struct alarm_state *a, const struct now *now)
{
	int64_t made_us = a->shelved_until.us - a->since.us;
	int64_t left_us = a->shelved_until.us - now->wall.us;

	left_us = left_us < made_us ? left_us : made_us;
	if (a->shelved_until.us == 0 || left_us <= 0)
		return 0;
	return left_us / 1000 < CORE_SHELVE_MAX_MS ? left_us / 1000 : CORE_SHELVE_MAX_MS;
}

/*
 * By the wall clock as far as it can be believed: never longer than the shelf was made for, and at
 * once where its end is not known, or where the site has made the alarm critical meanwhile.
 */
void
alarms_start(struct core *c, const struct now *now)
{
	for (size_t i = 0; i < c->site->alarm_count; i++) {
		struct alarm_state *a = &c->alarms[i];
		bool may = c->rules[i]->priority != PRIORITY_CRITICAL;
		int64_t left_ms = may ? wall_ms_left(a, now) : 0;

		if (a->phase != ALARM_SHELVED)
			continue;
		a->shelf_end = mono_add_ms(now->mono, left_ms);
		a->shelf_restored = true;
		timers_set(&c->timers, core_timer(c, TIMER_ALARM, i), a->shelf_end);
	}
}

void
alarms_clock_set(struct core *c, const struct now *now)
{
	for (size_t i = 0; i < c->site->alarm_count; i++) {
		struct alarm_state *a = &c->alarms[i];
		mono_t end = mono_add_ms(now->mono, wall_ms_left(a, now));

		if (a->phase != ALARM_SHELVED || !a->shelf_restored)
			continue;
		a->shelf_end = mono_min(a->shelf_end, end);
		timers_set(
		    &c->timers, core_timer(c, TIMER_ALARM, i), alarm_deadline(a, c->rules[i]));
	}
}

void
core_forget(struct core *c, const struct alarm_record *r, const struct now *now)
{
	/* How grave it was is not known any more: the site said that. */
	struct event e = {.type = EVENT_ALARM, .priority = PRIORITY_MEDIUM};
	struct alarm_record end = {.phase = ALARM_NORMAL, .since = now->wall, .seq = c->next_seq};

	if (r->phase == ALARM_NORMAL || find_recorded(c, r) != NO_INDEX)
		return;
	text_copy(e.device, sizeof(e.device), r->device);
	text_copy(e.alarm, sizeof(e.alarm), r->alarm);
	text_copy(e.from, sizeof(e.from), alarm_phase_word(r->phase));
	text_copy(e.to, sizeof(e.to), alarm_phase_word(ALARM_NORMAL));
	sentence_unwatched(r->device, r->alarm, e.text, sizeof(e.text));
	text_copy(end.device, sizeof(end.device), r->device);
	text_copy(end.alarm, sizeof(end.alarm), r->alarm);
	core_event(c, &e, &end, now);
}

/* ---- events ---------------------------------------------------------------------------------- */

/* The point that the alarm watches; NULL: none. */
static const struct point_state *
point_of(const struct core *c, size_t alarm)
{
	const struct device_spec *d = &c->site->devices[c->alarm_device[alarm]];

	return watches_a_point(c->rules[alarm])
		   ? &c->state.points[d->first_point + c->rules[alarm]->point]
		   : NULL;
}

/*
 * What a sentence would say of an alarm that stands is not so: by the value that it names, which
 * may be inside the hysteresis, or by the condition, where the end has to last.
 */
static bool
dips(const struct core *c, size_t alarm)
{
	const struct alarm_state *a = &c->alarms[alarm];
	const struct alarm_rule *r = c->rules[alarm];

	return has_limit(r) && a->has_value ? !alarm_condition(r, false, a->value) : !a->condition;
}

static struct sentence
alarm_sentence(const struct core *c, size_t alarm)
{
	const struct alarm_state *a = &c->alarms[alarm];
	struct sentence s = core_sentence(c, c->alarm_device[alarm]);

	s.rule = c->rules[alarm];
	s.row = rows_label_of(c, alarm);
	s.point = point_of(c, alarm);
	s.has_value = a->has_value;
	s.value = a->value;
	s.dips = dips(c, alarm);
	s.came = a->came;
	s.who = a->who;
	s.until = a->shelved_until;
	s.reason = a->reason;
	if (a->phase == ALARM_OUT_OF_SERVICE) {
		const struct maintenance *w = &c->devices[c->alarm_device[alarm]].maintenance;

		s.until = w->until;
		s.reason = w->reason;
		s.holds = a->held;
	}
	s.is_wire = s.rule->kind == RULE_DEVICE_LOST && c->kin[c->alarm_device[alarm]].is_wire;
	s.of_wire = s.rule->kind == RULE_DEVICE_LOST && c->kin[c->alarm_device[alarm]].of_wire;
	if (a->cause != NO_INDEX)
		s.cause = &c->site->devices[c->alarm_device[a->cause]];
	return s;
}

/* Everything that an event says of its alarm, but the sentence and who has seen it. */
static void
describe(const struct core *c, size_t alarm, struct event *e)
{
	const struct alarm_state *a = &c->alarms[alarm];
	const struct alarm_rule *r = c->rules[alarm];
	size_t device = c->alarm_device[alarm];
	const struct device_spec *d = &c->site->devices[device];

	memset(e, 0, sizeof(*e));
	e->type = EVENT_ALARM;
	e->priority = r->priority;
	core_event_device(c, e, device);
	text_copy(e->alarm, sizeof(e->alarm), r->name);
	text_copy(e->to, sizeof(e->to), alarm_phase_word(a->phase));
	text_shorten(e->remedy, sizeof(e->remedy), label_text(&r->remedy, c->site->language));
	if (!watches_a_point(r))
		return;
	const struct point_spec *p = &d->profile->points[r->point];

	if (p->expr != NULL && p->zone != NO_INDEX)
		text_copy(e->zone, sizeof(e->zone), c->site->zones[p->zone].name);

	text_copy(e->point, sizeof(e->point), p->name);
	e->quality = c->state.points[d->first_point + r->point].quality;
	e->has_value = a->has_value;
	e->value = a->has_value ? a->value : 0;
	if (p->unit != NULL)
		text_copy(e->unit, sizeof(e->unit), p->unit->code);
	if (a->has_value)
		sentence_word(p, a->value, e->word, sizeof(e->word));
}

void
core_alarm_event(const struct core *c, size_t alarm, struct event *out)
{
	const struct alarm_state *a = &c->alarms[alarm];
	struct sentence s = alarm_sentence(c, alarm);

	describe(c, alarm, out);
	out->seq = a->seq;
	out->wall = a->since;
	text_copy(out->who, sizeof(out->who), a->who);
	sentence_alarm(&s, sentence_kind_standing(a->phase), out->text, sizeof(out->text));
}

/* A device that is a symptom no more, but whose delay is not over, is not back. */
static enum sentence_kind
kind_of_change(const struct alarm_state *a, enum alarm_phase from)
{
	if (from == ALARM_SUPPRESSED && a->condition && !alarm_is_aside(a->phase))
		return SENTENCE_RELEASED;
	return sentence_kind_of(from, a->phase);
}

static void
tell(struct core *c, size_t alarm, enum alarm_phase from, const char *who, const struct now *now)
{
	struct alarm_state *a = &c->alarms[alarm];
	struct sentence s = alarm_sentence(c, alarm);
	struct event e;
	struct alarm_record record = {
	    .phase = a->phase,
	    .since = a->since,
	    .raised = a->raised,
	    .seq = c->next_seq,
	    .has_value = a->has_value,
	    .value = a->value,
	    .shelved_until = a->shelved_until,
	};

	describe(c, alarm, &e);
	if (who != NULL) {
		e.type = EVENT_OPERATOR;
		text_copy(e.who, sizeof(e.who), who);
	}
	text_copy(e.from, sizeof(e.from), alarm_phase_word(from));
	if (from == ALARM_SHELVED)
		sentence_unshelved(&s, a->phase, who, e.text, sizeof(e.text));
	else if (from == ALARM_OUT_OF_SERVICE)
		sentence_serviced(&s, a->phase, e.text, sizeof(e.text));
	else
		sentence_alarm(&s, kind_of_change(a, from), e.text, sizeof(e.text));
	text_copy(record.device, sizeof(record.device), e.device);
	text_copy(record.alarm, sizeof(record.alarm), e.alarm);
	text_copy(record.who, sizeof(record.who), a->who);
	text_copy(record.reason, sizeof(record.reason), a->reason);
	a->seq = c->next_seq;
	core_event(c, &e, &record, now);
}

/* ---- changing -------------------------------------------------------------------------------- */

static void
take_value(struct core *c, size_t alarm)
{
	const struct point_state *p = point_of(c, alarm);
	struct alarm_state *a = &c->alarms[alarm];

	/* Nothing was read in this run: what is known from the one before. */
	if (p == NULL || (p->quality == QUALITY_NEVER && !p->absent && a->has_value))
		return;
	a->has_value = state_says_something(p);
	a->value = a->has_value ? p->value : 0;
}

/*
 * Its condition holds, or its end is not over yet. But a device that answers again and was never
 * told as lost is not told so because maintenance ends meanwhile: it would be wrong.
 */
static bool
is_held(const struct core *c, size_t alarm)
{
	const struct alarm_state *a = &c->alarms[alarm];
	bool late = c->rules[alarm]->kind == RULE_DEVICE_LOST && !a->condition && a->raised.us == 0;

	return a->held && !late;
}

bool
alarms_change(
    struct core *c, size_t alarm, enum alarm_input in, const char *who, const struct now *now)
{
	struct alarm_state *a = &c->alarms[alarm];
	enum alarm_phase from = a->phase;
	enum alarm_phase to =
	    alarm_step(from, in, alarm_before(a), c->rules[alarm]->latch, is_held(c, alarm));
	int cause = a->cause;

	if (to != ALARM_NORMAL && !alarm_is_aside(to) && maintenance_silences(c, alarm))
		to = ALARM_OUT_OF_SERVICE;
	if (to == from)
		return false;
	a->phase = to;
	a->since = now->wall;
	if (to == ALARM_UNACKNOWLEDGED || from == ALARM_NORMAL) {
		a->raised = to == ALARM_UNACKNOWLEDGED ? now->wall : (wall_t){0};
		a->who[0] = '\0';
	}
	if (from == ALARM_SHELVED) {
		a->shelved_until = (wall_t){0};
		a->reason[0] = '\0';
	}
	if (in == ALARM_IN_ACK || in == ALARM_IN_RESET)
		text_copy(a->who, sizeof(a->who), who != NULL ? who : "");
	else if (in != ALARM_IN_SHELVE && in != ALARM_IN_SERVICE_OUT &&
		 !(alarm_is_aside(from) && alarm_is_aside(to)))
		take_value(c, alarm); /* what is put aside keeps the value that made the alarm */
	if (!alarm_is_aside(to))
		alarm_hold(a, alarm_stands(to), now->mono);
	else if (in == ALARM_IN_TRUE)
		alarm_hold(a, true, now->mono);
	changes_add(&c->changed_alarms, alarm);
	tell(c, alarm, from, who, now);
	if (!alarm_is_aside(to))
		a->cause = NO_INDEX;
	if (!a->held)
		a->came = 0; /* told */
	timers_set(
	    &c->timers, core_timer(c, TIMER_ALARM, alarm), alarm_deadline(a, c->rules[alarm]));
	if (c->rules[alarm]->kind == RULE_DEVICE_LOST)
		cause_aside(c, c->alarm_device[alarm], now);
	/* It was a symptom all the while, and is one still. */
	if ((from == ALARM_SHELVED || from == ALARM_OUT_OF_SERVICE) && !alarm_is_aside(to) &&
	    a->condition && cause != NO_INDEX && cause_explains(c, alarm, (size_t)cause))
		alarms_suppress(c, alarm, cause, now);
	return true;
}

/* The condition has lasted for its delay. */
static void
delay_over(struct core *c, size_t alarm, const struct now *now)
{
	struct alarm_state *a = &c->alarms[alarm];

	if (alarm_is_aside(a->phase)) {
		alarm_hold(a, a->condition, now->mono); /* heard at the release */
		a->came = a->held ? a->came : 0;
		if (a->held)
			take_value(c, alarm);
		changes_add(&c->changed_alarms, alarm);
	} else
		alarms_change(c, alarm, a->condition ? ALARM_IN_TRUE : ALARM_IN_FALSE, NULL, now);
}

/* Does what is due, and sets the timer for what is not. */
static void
settle(struct core *c, size_t alarm, const struct now *now)
{
	struct alarm_state *a = &c->alarms[alarm];
	const struct alarm_rule *r = c->rules[alarm];

	if (!mono_before(now->mono, alarm_delay_end(a, r)))
		delay_over(c, alarm, now);
	if (a->phase == ALARM_SHELVED && !mono_before(now->mono, a->shelf_end))
		alarms_change(c, alarm, ALARM_IN_UNSHELVE, NULL, now);
	timers_set(&c->timers, core_timer(c, TIMER_ALARM, alarm), alarm_deadline(a, r));
}

void
alarms_delay_over(struct core *c, size_t alarm, const struct now *now)
{
	settle(c, alarm, now);
}

/* ---- judging --------------------------------------------------------------------------------- */

/* An alarm that is told already is told again when what it says of its point is no more so. */
static void
keep_told(struct core *c, size_t alarm, const struct point_state *p)
{
	struct judged *j = &c->judged[alarm];

	if (j->ever && j->quality == p->quality && j->defect == p->defect)
		return;
	j->ever = true;
	j->quality = p->quality;
	j->defect = p->defect;
	if (c->alarms[alarm].phase != ALARM_NORMAL)
		changes_add(&c->changed_alarms, alarm);
}

/* Has it moved since the sample before? Where there was none, `before` stands. */
static bool
is_stuck(struct judged *j, const struct point_state *p, bool before)
{
	bool stuck = j->sampled ? p->value == j->sample : before;

	j->sampled = true;
	j->sample = p->value;
	return stuck;
}

static void
judge(struct core *c, size_t alarm, const struct point_state *p, const struct now *now)
{
	struct alarm_state *a = &c->alarms[alarm];
	const struct alarm_rule *r = c->rules[alarm];
	struct judged *j = &c->judged[alarm];
	bool good = p->quality == QUALITY_GOOD;
	/* A lost device has its own alarm: that nothing is known of its points is no news. */
	bool lost = c->devices[c->alarm_device[alarm]].phase == DEVICE_LOST;
	/* Whatever a state is that the profile does not list: it is not the one that it lists. */
	bool another = r->kind == RULE_DIFFERS && p->defect == DEFECT_UNKNOWN_WORD;

	if (rows_without(c, alarm))
		alarm_judge(a, false, now->mono);
	else if (r->kind == RULE_MISSING && !lost)
		alarm_judge(a, !good, now->mono);
	else if (r->kind == RULE_STUCK && good)
		alarm_judge(a, is_stuck(j, p, a->condition), now->mono);
	else if (another)
		alarm_judge(a, true, now->mono);
	else if (good)
		alarm_judge(a, alarm_condition(r, a->condition && a->held, p->value), now->mono);
	else
		alarm_freeze(a, now->mono);
	keep_told(c, alarm, p);
	settle(c, alarm, now);
}

void
alarms_judge_point(struct core *c, size_t point, const struct now *now)
{
	derive_input(c, point, now);
	for (uint32_t i = c->first_watcher[point]; i < c->first_watcher[point + 1]; i++)
		judge(c, c->watchers[i], &c->state.points[point], now);
}

void
alarms_judge_expr(struct core *c, size_t alarm, bool known, bool condition, const struct now *now)
{
	if (rows_without(c, alarm))
		alarm_judge(&c->alarms[alarm], false, now->mono);
	else if (known)
		alarm_judge(&c->alarms[alarm], condition, now->mono);
	else
		alarm_freeze(&c->alarms[alarm], now->mono);
	settle(c, alarm, now);
}

void
alarms_judge_absent(struct core *c, size_t alarm, const struct now *now)
{
	alarm_judge(&c->alarms[alarm], false, now->mono);
	settle(c, alarm, now);
}

/* Its delay runs from the moment on in which it was lost, whosever word it waits for. */
static void
judge_lost(struct core *c, size_t alarm, bool lost, const struct now *now)
{
	const struct device_state *d = &c->devices[c->alarm_device[alarm]];

	alarm_judge(&c->alarms[alarm], lost, lost ? d->since : now->mono);
}

void
alarms_judge_lost(struct core *c, size_t alarm, bool lost, const struct now *now)
{
	judge_lost(c, alarm, lost, now);
	settle(c, alarm, now);
}

/* What holds for as long as its delay, as a symptom too. */
static void
hold_what_is_over(struct core *c, size_t alarm, const struct now *now)
{
	struct alarm_state *a = &c->alarms[alarm];

	if (!mono_before(now->mono, alarm_delay_end(a, c->rules[alarm])))
		alarm_hold(a, a->condition, now->mono);
}

void
alarms_suppress(struct core *c, size_t alarm, int cause, const struct now *now)
{
	struct alarm_state *a = &c->alarms[alarm];

	judge_lost(c, alarm, true, now);
	hold_what_is_over(c, alarm, now);
	a->cause = cause;
	changes_add(&c->changed_alarms, alarm);
	alarms_change(c, alarm, ALARM_IN_SUPPRESS, NULL, now);
	settle(c, alarm, now);
}

void
alarms_release(struct core *c, size_t alarm, bool lost, const struct now *now)
{
	judge_lost(c, alarm, lost, now);
	if (lost)
		hold_what_is_over(c, alarm, now);
	else
		alarm_hold(&c->alarms[alarm], false, now->mono);
	alarms_change(c, alarm, ALARM_IN_RELEASE, NULL, now);
}

/* ---- what people do -------------------------------------------------------------------------- */

static enum ack_result
by_person(struct core *c, size_t alarm, enum alarm_input in, const char *who, const struct now *now)
{
	if (alarm >= c->site->alarm_count)
		return ACK_NO_SUCH;
	core_watch_clock(c, now);
	return alarms_change(c, alarm, in, who, now) ? ACK_DONE : ACK_NOTHING;
}

enum ack_result
core_ack(struct core *c, size_t alarm, const char *who, const struct now *now)
{
	return by_person(c, alarm, ALARM_IN_ACK, who, now);
}

size_t
core_ack_all(struct core *c, const char *who, const struct now *now)
{
	size_t done = 0;

	for (size_t a = 0; a < c->site->alarm_count; a++)
		done += core_ack(c, a, who, now) == ACK_DONE;
	return done;
}

enum ack_result
core_reset(struct core *c, size_t alarm, const char *who, const struct now *now)
{
	return by_person(c, alarm, ALARM_IN_RESET, who, now);
}

enum shelve_result
core_shelve(struct core *c, size_t alarm, const char *who, int64_t for_ms, const char *reason,
    const struct now *now)
{
	struct alarm_state *a;
	char why[ALARM_REASON_MAX];

	if (alarm >= c->site->alarm_count)
		return SHELVE_NO_SUCH;
	a = &c->alarms[alarm];
	if (c->rules[alarm]->priority == PRIORITY_CRITICAL)
		return SHELVE_CRITICAL;
	if (for_ms < CORE_SHELVE_MIN_MS || for_ms > CORE_SHELVE_MAX_MS)
		return SHELVE_RANGE;
	if (reason[0] == '\0' || strlen(who) + 2 + strlen(reason) >= sizeof(why))
		return SHELVE_REASON;
	text_printf(why, sizeof(why), "%s: %s", who, reason);
	if (alarm_step(a->phase, ALARM_IN_SHELVE, a->phase, false, false) == a->phase)
		return SHELVE_NOTHING;
	a->shelf_end = mono_add_ms(now->mono, for_ms);
	a->shelf_restored = false;
	a->shelved_until = (wall_t){now->wall.us + for_ms * 1000};
	text_copy(a->reason, sizeof(a->reason), why);
	core_watch_clock(c, now);
	alarms_change(c, alarm, ALARM_IN_SHELVE, who, now);
	return SHELVE_DONE;
}

enum shelve_result
core_unshelve(struct core *c, size_t alarm, const char *who, const struct now *now)
{
	if (alarm >= c->site->alarm_count)
		return SHELVE_NO_SUCH;
	core_watch_clock(c, now);
	return alarms_change(c, alarm, ALARM_IN_UNSHELVE, who, now) ? SHELVE_DONE : SHELVE_NOTHING;
}

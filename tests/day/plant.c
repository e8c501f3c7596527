/* What the devices really hold, how they and their wires fail, and how they answer. */
#include "day.h"

#include <string.h>

#define RATE_MOST 100

/* ---- truth ----------------------------------------------------------------------------------- */

static void
put_long(uint16_t *at, uint32_t value)
{
	at[0] = (uint16_t)(value >> 16);
	at[1] = (uint16_t)value;
}

/* A meter counts, and the time since its start goes on. */
static void
refresh(struct day *w, struct gear *g)
{
	if (g->kind != KIND_METER)
		return;
	g->counted += g->rate * (double)(w->t - g->counted_at) / 1e6;
	g->counted_at = w->t;
	put_long(&g->registers[COUNTER], (uint32_t)g->counted);
	put_long(&g->registers[UPTIME], (uint32_t)((w->t - g->booted) / SECOND));
}

bool
plant_value(const struct day *w, size_t device, size_t point, double *value)
{
	const struct gear *g = &w->gear[device];
	const struct point_spec *p = &w->devices[device].profile->points[point];
	const uint16_t *r = &g->registers[p->at.address];

	if (p->codec.type == TYPE_U32)
		*value = (double)((uint32_t)r[0] << 16 | r[1]);
	else if (p->codec.type == TYPE_BIT)
		*value = r[0] != 0;
	else
		*value = (int16_t)r[0] * p->codec.scale;
	if (p->words != NULL)
		return *value >= 0 && *value < (double)p->word_count;
	if (p->has_range && (int16_t)r[0] == -32768)
		return false;
	return !p->has_range || (*value >= p->min - 1e-9 && *value <= p->max + 1e-9);
}

static void
restart_device(struct day *w, struct gear *g)
{
	g->booted = g->counted_at = w->t;
	g->counted = 0;
	refresh(w, g);
	if (g->kind != KIND_DOOR)
		return;
	g->records = 0;
	memset(g->registers, 0, sizeof(g->registers));
}

void
plant_start(struct day *w)
{
	for (size_t d = 0; d < w->site.device_count; d++) {
		struct gear *g = &w->gear[d];

		for (size_t i = 0; i < DAY_REGISTERS; i++)
			g->registers[i] = g->kind == KIND_CONTACTS ? 0 : 280;
		for (size_t i = 0; g->kind == KIND_AIR && i < w->devices[d].profile->point_count;
		     i++)
			if (w->devices[d].profile->points[i].words != NULL)
				g->registers[w->devices[d].profile->points[i].at.address] = 0;
		g->latency_ms = 5 + (int)day_roll(w, 30);
		g->heal_at = g->dead_at = NEVER;
		restart_device(w, g);
		for (size_t i = 0; i < DAY_ROWS - 1; i++) {
			g->rows[i].index = (uint32_t)(10 * i + 1);
			snprintf(g->rows[i].label, sizeof(g->rows[i].label), "Gi%zu", i);
			g->rows[i].value = (int16_t)(100 * (int)(i + 1));
		}
	}
}

/* ---- answers --------------------------------------------------------------------------------- */

static enum answer_status
whole_status(const struct gear *g, struct answer *a)
{
	if (g->no_link)
		return ANSWER_NO_LINK;
	if (g->silent)
		return ANSWER_TIMEOUT;
	if (g->denied)
		return ANSWER_DENIED;
	if (g->garbled)
		return ANSWER_GARBLED;
	a->code = g->busy;
	return g->busy != 0 ? ANSWER_REFUSED : ANSWER_OK;
}

static const uint32_t no_row = 0;

static const uint32_t *
row_index(const struct ask *ask)
{
	return ask->oid->length == COUNT(day_label_oid) + 1 ? &ask->oid->sub[COUNT(day_label_oid)]
							    : &no_row;
}

static void
answer_walk(const struct gear *g, const struct ask *ask, struct answer *a)
{
	a->walk->count = a->walk->more = 0;
	for (size_t i = 0; i < DAY_ROWS; i++) {
		struct walk_row *row = &a->walk->rows[a->walk->count];

		if (g->rows[i].index == 0)
			continue;
		if (a->walk->count == ask->walk) {
			a->walk->more++;
			continue;
		}
		*row = (struct walk_row){.length = 1, .index = {g->rows[i].index}};
		snprintf(row->text, sizeof(row->text), "%s", g->rows[i].label);
		a->walk->count++;
	}
}

static void
answer_row(const struct gear *g, const struct ask *ask, struct answer *a)
{
	bool is_label = memcmp(ask->oid->sub, day_label_oid, sizeof(day_label_oid)) == 0;

	for (size_t i = 0; i < DAY_ROWS; i++) {
		if (g->rows[i].index == 0 || g->rows[i].index != *row_index(ask))
			continue;
		a->value->type = is_label ? SNMP_TYPE_BYTES : SNMP_TYPE_SIGNED;
		if (is_label) {
			a->value->length = (uint16_t)strlen(g->rows[i].label);
			memcpy(a->value->bytes, g->rows[i].label, a->value->length);
		} else {
			a->value->i = g->rows[i].value;
		}
		return;
	}
	a->status = ANSWER_REFUSED;
	a->code = SNMP_REFUSED_NO_INSTANCE;
}

static void
answer_registers(const struct gear *g, const struct ask *ask, struct answer *a)
{
	unsigned first = ask->address, count = ask->count;

	if (ask->table == TABLE_OID) {
		first = ask->oid->sub[ask->oid->length - 1];
		count = 1;
	}
	for (unsigned i = first; i < first + count; i++) {
		if (g->dead[i]) {
			a->status = ANSWER_TIMEOUT;
			return;
		}
		if (g->refuse[i] != 0) {
			a->status = ANSWER_REFUSED;
			a->code = g->refuse[i];
			return;
		}
	}
	if (ask->table == TABLE_OID) {
		a->value->type = SNMP_TYPE_SIGNED;
		a->value->i = (int16_t)g->registers[first];
	} else {
		memcpy(a->words, &g->registers[first], count * sizeof(*a->words));
	}
}

static void
answer(struct day *w, const struct gear *g, const struct ask *ask, struct answer *a)
{
	a->at = day_mono(w, w->t - (w->t > 2 * SECOND ? day_roll(w, 30) * 1000 : 0));
	if (mono_before(a->at, (mono_t){1}))
		a->at = w->now.mono;
	a->took_us = g->latency_ms * 1000;
	a->status = whole_status(g, a);
	if (a->status == ANSWER_GARBLED && a->words != NULL)
		memset(a->words, 0x5a, ask->count * sizeof(*a->words));
	if (a->status != ANSWER_OK)
		return;
	if (ask->walk > 0)
		answer_walk(g, ask, a);
	else if (ask->table == TABLE_OID && *row_index(ask) != 0 && ask->oid->sub[4] == 2)
		answer_row(g, ask, a);
	else
		answer_registers(g, ask, a);
}

/* Like a driver: after the first question without an answer it asks no further. */
static void
fill(struct day *w, struct baton *b)
{
	struct gear *g = &w->gear[b->device];
	int64_t used_ms = 0;

	refresh(w, g);
	for (size_t i = 0; i < b->ask_count && !g->mute; i++) {
		struct answer *a = &b->answers[i];

		HOLDS(w, a->status == ANSWER_NONE, "a baton went out with an answer in it");
		used_ms += g->latency_ms;
		if (i > 0 && used_ms > b->budget_ms)
			break;
		answer(w, g, &b->asks[i], a);
		if (a->status == ANSWER_NO_LINK || a->status == ANSWER_TIMEOUT)
			break;
	}
}

/* ---- the wires ------------------------------------------------------------------------------- */

static int64_t
time_taken(const struct day *w, const struct baton *b)
{
	const struct gear *g = &w->gear[b->device];
	int64_t ms = g->latency_ms * (int64_t)b->ask_count;

	if (g->no_link || g->mute)
		return 0;
	if (g->silent)
		ms = b->budget_ms < 1600 ? b->budget_ms : 1600;
	for (size_t i = 0; i < DAY_REGISTERS && !g->silent; i++)
		if (g->dead[i])
			ms = b->budget_ms;
	return least(ms, b->budget_ms) * 1000;
}

void
plant_submit(void *arg, struct baton *b)
{
	struct day *w = arg;
	int64_t *free_at = &w->link_free[b->link], start = w->t;
	bool shared = w->site.links[b->link].kind != LINK_SNMP;

	HOLDS(w, w->out_count < COUNT(w->out), "more batons than there can be");
	HOLDS(w, b->ask_count > 0 && b->ask_count <= b->ask_room, "a baton that asks nothing");
	for (size_t i = 0; i < w->out_count; i++)
		HOLDS(w, w->out[i].baton != b, "one baton out twice");
	judge_asked(w, b);
	if (shared && *free_at > start)
		start = *free_at;
	w->out[w->out_count].baton = b;
	w->out[w->out_count].home = start + time_taken(w, b);
	if (shared)
		*free_at = w->out[w->out_count].home;
	w->out_count++;
	w->made++;
}

void
plant_deliver(struct day *w)
{
	for (size_t i = 0; i < w->out_count;) {
		struct baton *b = w->out[i].baton;

		if (w->out[i].home > w->t) {
			i++;
			continue;
		}
		w->out[i] = w->out[--w->out_count];
		w->home++;
		w->polls++;
		fill(w, b);
		judge_home(w, b);
		core_answer(w->core, b, &w->now);
		judge_taken(w, b);
	}
}

int64_t
plant_next(const struct day *w)
{
	int64_t next = NEVER;

	for (size_t i = 0; i < w->out_count; i++)
		next = least(next, w->out[i].home);
	return next;
}

/* ---- faults ---------------------------------------------------------------------------------- */

static bool
is_dead(const struct gear *g)
{
	return g->silent || g->no_link || g->denied || g->garbled || g->busy == 11;
}

/* From a second to an hour, short ones more often. */
static int64_t
lasting(struct day *w)
{
	int64_t t = SECOND << day_roll(w, 12);

	return t + (int64_t)day_roll(w, 1000000) * (t / SECOND);
}

static void
hurt(struct day *w, size_t device, int64_t until)
{
	struct gear *g = &w->gear[device];

	if (!is_dead(g))
		g->dead_at = NEVER;
	else if (g->dead_at == NEVER)
		g->dead_at = w->t;
	g->heal_at = g->heal_at == NEVER ? until : most(g->heal_at, until);
	g->well_at = NEVER;
	w->heal_at = least(w->heal_at, g->heal_at);
}

/* Without power: this one and all that hang on it. */
static void
cut_power(struct day *w, size_t device, int64_t until)
{
	bool off[DAY_DEVICES] = {false};

	off[device] = true;
	for (size_t d = device; d < w->site.device_count; d++) {
		int parent = w->devices[d].parent;

		off[d] |= parent != NO_INDEX && off[parent];
		if (!off[d])
			continue;
		w->gear[d].silent = true;
		hurt(w, d, until);
	}
}

static void
cut_wire(struct day *w, int link, int64_t until)
{
	bool gone = day_chance(w, 2);

	for (size_t d = 0; d < w->site.device_count; d++) {
		if (w->devices[d].link != link)
			continue;
		w->gear[d].silent |= !gone;
		w->gear[d].no_link |= gone;
		hurt(w, d, until);
	}
}

static uint16_t
some_register(struct day *w, size_t device)
{
	const struct profile *p = w->devices[device].profile;

	return p->points[day_roll(w, (uint32_t)p->point_count)].at.address;
}

void
plant_fault(struct day *w)
{
	static const uint8_t busy[] = {4, 6, 11}; /* 11: of a gateway: it is not there */
	size_t d = day_roll(w, (uint32_t)w->site.device_count);
	struct gear *g = &w->gear[d];
	int64_t until = w->t + lasting(w);

	switch (day_roll(w, 13)) {
	case 0:
		g->silent = true;
		break;
	case 1:
		g->no_link = true;
		break;
	case 2:
		g->garbled = true;
		break;
	case 3:
		g->mute = true;
		break;
	case 4:
		g->denied = true;
		break;
	case 5:
		g->busy = w->devices[d].snmp != NULL ? 5 : busy[day_roll(w, COUNT(busy))];
		break;
	case 6:
		g->refuse[some_register(w, d)] = (uint8_t)(1 + day_roll(w, 4));
		break;
	case 7:
		g->dead[some_register(w, d)] = true;
		break;
	case 8:
		g->latency_ms = 100 + (int)day_roll(w, 690);
		break;
	case 9:
		cut_power(w, d, until);
		break;
	case 10:
		cut_wire(w, (int)day_roll(w, DAY_LINKS), until);
		return;
	case 11:
		restart_device(w, g);
		return;
	default:
		g->flaps = g->kind == KIND_CONTACTS;
		return;
	}
	hurt(w, d, until);
}

void
plant_heal(struct day *w)
{
	w->heal_at = NEVER;
	for (size_t d = 0; d < w->site.device_count; d++) {
		struct gear *g = &w->gear[d];

		if (g->heal_at > w->t) {
			w->heal_at = least(w->heal_at, g->heal_at);
			continue;
		}
		if (g->silent && day_chance(w, 2))
			restart_device(w, g); /* it had no power */
		g->mute_at = g->mute ? w->t : g->mute_at;
		g->silent = g->no_link = g->garbled = g->mute = g->denied = g->flaps = false;
		g->busy = 0;
		memset(g->refuse, 0, sizeof(g->refuse));
		memset(g->dead, 0, sizeof(g->dead));
		g->latency_ms = 5 + (int)day_roll(w, 30);
		g->heal_at = g->dead_at = NEVER;
		g->well_at = w->t;
	}
}

/* ---- weather and life ------------------------------------------------------------------------ */

void
plant_weather(struct day *w)
{
	static const int16_t specials[] = {-32768, 2000, 301, 300, 286, 285, 284, 259};
	size_t d = day_roll(w, (uint32_t)w->site.device_count);
	struct gear *g = &w->gear[d];
	const struct profile *p = w->devices[d].profile;
	const struct point_spec *s = &p->points[day_roll(w, (uint32_t)p->point_count)];
	uint16_t *r = &g->registers[s->at.address];

	refresh(w, g);
	if (s->codec.type == TYPE_U32)
		g->rate = g->kind == KIND_METER ? day_roll(w, RATE_MOST + 1) : 0;
	else if (s->table != 0)
		g->rows[day_roll(w, DAY_ROWS)].value = (int16_t)day_roll(w, 1000);
	else if (s->words != NULL)
		*r = (uint16_t)day_roll(w, day_chance(w, 10) && s->codec.type != TYPE_BIT ? 5 : 2);
	else if (day_chance(w, 8))
		*r = (uint16_t)specials[day_roll(w, COUNT(specials))];
	else
		*r = (uint16_t)(240 + day_roll(w, 75));
}

void
plant_flap(struct day *w)
{
	for (size_t d = 0; d < w->site.device_count; d++) {
		struct gear *g = &w->gear[d];

		if (!g->flaps)
			continue;
		for (size_t i = 8; i < 16; i++)
			g->registers[i] = (uint16_t)day_roll(w, 2);
		g->flaps = !day_chance(w, 100);
	}
}

static void
make_record(struct day *w, struct gear *g)
{
	uint16_t *r = &g->registers[RING + g->records % DAY_PLACES * STRIDE];

	g->records++;
	put_long(r + AT_SEQUENCE, g->records);
	put_long(r + AT_TIME, (uint32_t)(w->now.wall.us / SECOND));
	r[AT_DOOR] = (uint16_t)(1 + day_roll(w, 2));
	r[AT_RESULT] = day_chance(w, 5) ? 6 : 1;
	r[AT_WHO] = (uint16_t)day_roll(w, 5000);
	r[AT_AGAIN] = (uint16_t)g->records;
	put_long(&g->registers[HEAD], g->records);
}

/* A row comes, goes, moves or takes another's name. */
static void
change_rows(struct day *w, struct gear *g)
{
	size_t i = day_roll(w, DAY_ROWS);

	switch (day_roll(w, 4)) {
	case 0:
		g->rows[i].index = 0;
		break;
	case 1:
		g->rows[i].index = (uint32_t)(10 * i + 1 + day_roll(w, 9));
		break;
	case 2:
		g->rows[i].index = (uint32_t)(10 * i + 1);
		snprintf(g->rows[i].label, sizeof(g->rows[i].label), "Gi%u", day_roll(w, 6));
		break;
	default:
		g->rows[i].value = (int16_t)day_roll(w, 1000);
	}
}

void
plant_life(struct day *w)
{
	struct gear *g = &w->gear[day_roll(w, (uint32_t)w->site.device_count)];

	if (g->kind == KIND_SWITCH)
		change_rows(w, g);
	else if (g->kind == KIND_DOOR)
		for (uint32_t n = 1 + (day_chance(w, 10) ? day_roll(w, 12) : 0); n > 0; n--)
			make_record(w, g);
}

/*
 * Every profile that we ship: it loads without a finding, it speaks both languages, and, with
 * FACILITY_REFERENCE, what it says is what the evidence that it names says: each OID is in the
 * recording and decodes to a good value, that which another program has seen there; each register
 * stands in the maker's map with the same function, type, order and scale.
 */
#include "site_help.h"

#include "core/decode.h"

#include <glob.h>
#include <math.h>

struct one {
	char name[64];
	struct scratch scratch;
	struct loaded loaded;
	const struct profile *profile;
};

static bool
has_line(const char *path, const char *word)
{
	char *line = NULL;
	size_t room = 0;
	bool found = false;
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	while (!found && getline(&line, &room, f) > 0)
		found = line[0] != '#' && strstr(line, word) != NULL;
	free(line);
	fclose(f);
	return found;
}

/* A site with one device of this type. */
static void
one_open(struct one *o, const char *path)
{
	struct site_options options = {
	    .config_dir = "firmware-config", .boards_dir = "boards", .secrets_may_wait = true};
	const char *base = strrchr(path, '/') + 1;
	char text[512];

	memset(o, 0, sizeof(*o));
	snprintf(o->name, sizeof(o->name), "%.*s", (int)(strlen(base) - strlen(".yaml")), base);
	snprintf(text, sizeof(text),
	    "site: {name: hall}\nzones: {room: {}}\n%sdevices:\n  d: {profile: %s, zone: room, "
	    "%s}\n",
	    has_line(path, "{oid:") ? "" : "links: {bus: {kind: modbus-rtu, port: /dev/null}}\n",
	    o->name,
	    has_line(path, "{oid:") ? "snmp: {address: 127.0.0.1, version: 2c, secrets: none}"
				    : "link: bus, unit: 1");
	scratch_open(&o->scratch);
	options.site_file = scratch_write(&o->scratch, "site.yaml", text, 0644);
	o->loaded = load_with(&options);
	if (o->loaded.site == NULL)
		fail_msg("%s:\n%s", path, o->loaded.text);
	o->profile = o->loaded.site->devices[0].profile;
}

static void
one_close(struct one *o)
{
	loaded_free(&o->loaded);
	scratch_close(&o->scratch);
}

typedef size_t check_fn(struct one *o);

/* Contacts are wired by the site: their profiles are tried where sites are. */
static size_t
for_each(check_fn *check)
{
	size_t done = 0;
	glob_t g;

	assert_int_equal(glob("firmware-config/profiles/*/*.yaml", 0, NULL, &g), 0);
	for (size_t i = 0; i < g.gl_pathc; i++) {
		struct one o;

		if (has_line(g.gl_pathv[i], "{contact:"))
			continue;
		one_open(&o, g.gl_pathv[i]);
		done += check(&o);
		one_close(&o);
	}
	globfree(&g);
	return done;
}

/* ---- by itself --------------------------------------------------------------------------------
 */

static void
assert_both(const struct one *o, const char *what, const struct label *label)
{
	if (!label->en || !label->ja)
		fail_msg("%s: %s has no text in both languages", o->name, what);
	if (strchr(label->en, '*') || strchr(label->ja, '*'))
		fail_msg("%s: %s: a * is left in \"%s\"", o->name, what, label->en);
}

static size_t
check_alone(struct one *o)
{
	const struct device_spec *d = &o->loaded.site->devices[0];
	const char *warning = o->loaded.text;

	/* the secret that is made at run time, and that a community is no secret */
	while ((warning = strstr(warning, "warning: ")) != NULL) {
		const char *end = strchr(warning, '\n');

		if (memmem(warning, (size_t)(end - warning), "is not there yet", 16) == NULL &&
		    memmem(warning, (size_t)(end - warning), "secrets", 7) == NULL &&
		    memmem(warning, (size_t)(end - warning), "clear", 5) == NULL)
			fail_msg("%s:\n%s", o->name, o->loaded.text);
		warning = end;
	}
	for (size_t i = 0; i < d->profile->point_count; i++) {
		const struct point_spec *p = &d->profile->points[i];

		assert_both(o, p->name, &p->title);
		for (size_t w = 0; w < p->word_count; w++)
			assert_both(o, p->words[w].text, &p->words[w].title);
		if (p->words == NULL && !p->has_range && strcmp(p->unit->code, "1") != 0 &&
		    (p->needs == NULL || p->needs->rate == RATE_NONE))
			fail_msg("%s: %s says no range", o->name, p->name);
	}
	assert_both(o, "the profile", &d->profile->title);
	for (size_t i = 0; i < d->alarm_count; i++) {
		assert_both(o, d->alarms[i].name, &d->alarms[i].title);
		assert_both(o, d->alarms[i].name, &d->alarms[i].remedy);
	}
	return 1;
}

static void
every_profile_loads_and_speaks_both_languages(void **state)
{
	(void)state;
	print_message("%zu profiles\n", for_each(check_alone));
}

/* ---- recordings -------------------------------------------------------------------------------
 */

static const char *
reference(void)
{
	const char *dir = getenv("FACILITY_REFERENCE");

	if (dir == NULL) {
		print_message("SKIPPED: FACILITY_REFERENCE does not name the folder that has "
			      "recordings/ and modbus/\n");
		skip();
	}
	return dir;
}

static char *
slurp(const char *path)
{
	char *text = NULL;
	size_t room = 0;
	FILE *f = fopen(path, "r");

	if (f == NULL)
		return NULL;
	if (getdelim(&text, &room, '\0', f) < 0) {
		free(text);
		text = NULL;
	}
	fclose(f);
	return text;
}

static bool
is_unchecked(const struct profile *p, const char *name, uint16_t table, const char *column)
{
	(void)table;
	for (size_t i = 0; i < p->unchecked_count; i++)
		if (strcmp(p->unchecked[i], name) == 0 ||
		    (column && strcmp(p->unchecked[i], column) == 0))
			return true;
	return false;
}

static void
oid_text(const struct oid *oid, char *buf, size_t size)
{
	size_t used = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < oid->length; i++)
		used += (size_t)snprintf(
		    buf + used, size - used, "%s%u", i ? "." : "", (unsigned)oid->sub[i]);
}

/* The line "OID|TAG|VALUE" of this OID; NULL: there is none. */
static const char *
find_line(const char *text, const char *oid)
{
	size_t n = strlen(oid);

	for (const char *s = text; s && *s; s = strchr(s, '\n'), s = s ? s + 1 : NULL)
		if (strncmp(s, oid, n) == 0 && s[n] == '|')
			return s + n + 1;
	return NULL;
}

static bool
recorded(const char *text, const struct oid *oid, struct snmp_value *out)
{
	char want[1024], value[512];
	const char *line, *bar;

	oid_text(oid, want, sizeof(want));
	if ((line = find_line(text, want)) == NULL)
		return false;
	bar = strchr(line, '|') + 1;
	snprintf(value, sizeof(value), "%.*s", (int)strcspn(bar, "\r\n"), bar);
	*out = (struct snmp_value){.type = SNMP_TYPE_BYTES};
	if (line[0] == '4' && (line[1] == 'x')) {
		for (const char *s = value; s[0] && s[1] && out->length < SNMP_BYTES_MAX; s += 2) {
			unsigned byte;

			assert_int_equal(sscanf(s, "%2x", &byte), 1);
			out->bytes[out->length++] = (uint8_t)byte;
		}
	} else if (line[0] == '4' || line[0] == '5') {
		out->length = (uint16_t)strnlen(value, SNMP_BYTES_MAX);
		memcpy(out->bytes, value, out->length);
	} else if (line[0] == '6' && line[1] == '|') {
		out->type = SNMP_TYPE_NAME;
		out->length = (uint16_t)strnlen(value, SNMP_BYTES_MAX);
		memcpy(out->bytes, value, out->length);
	} else if (line[0] == '2') {
		out->type = SNMP_TYPE_SIGNED;
		out->i = strtoll(value, NULL, 10);
	} else {
		out->type = SNMP_TYPE_UNSIGNED;
		out->u = strtoull(value, NULL, 10);
	}
	return true;
}

/* What another program made of the same OID, in its unit. false: it did not look at it. */
static bool
expected(const char *csv, const char *recording, const char *oid, char class[32], double *value)
{
	char want[1200];
	size_t n = strlen(recording);

	snprintf(want, sizeof(want), ".%s,", oid);
	for (const char *s = csv; s && *s; s = strchr(s, '\n'), s = s ? s + 1 : NULL) {
		const char *field, *end;
		char line[2048];
		int quoted = 0, at = 0;

		if (strncmp(s, recording, n) != 0 || s[n] != ',')
			continue;
		field = strchr(s + n + 1, ',') + 1;
		if (strncmp(field, want, strlen(want)) != 0)
			continue;
		snprintf(class, 32, "%.*s", (int)(field - (s + n + 1) - 1), s + n + 1);
		end = s + strcspn(s, "\n");
		snprintf(line, sizeof(line), "%.*s", (int)(end - s), s);
		for (char *c = line; *c; c++) {
			quoted ^= *c == '"';
			if (*c == ',' && !quoted && ++at == 10)
				return sscanf(c + 1, "%lf", value) == 1;
		}
	}
	return false;
}

/* The other program tells runtimes in minutes, energy in kWh, power and cooling in W. */
static double
in_their_unit(const struct point_spec *p, const char *class, double value)
{
	static const struct {
		const char *class, *unit;
		double factor;
	} units[] = {
	    {"delay", "min", 60},
	    {"runtime", "s", 1.0 / 60},
	    {"runtime", "h", 60},
	    {"runtime", "d", 1440},
	    {"power", "kW", 1000},
	    {"cooling", "kW", 1000},
	    {"waterflow", "l/s", 60},
	    {"pressure", "Pa", 0.001},
	    {"pressure", "bar", 100},
	    {"current", "mA", 0.001},
	};

	for (size_t i = 0; i < COUNT(units); i++)
		if (strcmp(class, units[i].class) == 0 && strcmp(p->unit->code, units[i].unit) == 0)
			return value * units[i].factor;
	return value;
}

static double
needed_number(const struct profile *p, uint16_t index, const char *text)
{
	const struct point_spec *q = &p->points[index - 1];
	struct snmp_value v;
	struct sample s;

	if (!recorded(text, &q->at.oid, &v))
		fail_msg("%s: no such OID", q->name);
	decode_point(q, (struct raw){.snmp = &v}, &s);
	return s.value;
}

/* Does the recording say that this reading means something? Only where it has the guard. */
static void
check_guard(struct one *o, const struct point_spec *p, const char *text)
{
	const struct point_spec *guard = &o->profile->points[p->needs->guard - 1];
	struct snmp_value v;
	struct sample s;
	bool valid;

	if (!recorded(text, &guard->at.oid, &v))
		return;
	decode_point(guard, (struct raw){.snmp = &v}, &s);
	valid = p->needs->kind == RULE_MISSING   ? true
		: p->needs->kind == RULE_EQUALS  ? s.value == p->needs->limit
		: p->needs->kind == RULE_DIFFERS ? s.value != p->needs->limit
		: p->needs->kind == RULE_HIGH    ? s.value > p->needs->limit
						 : s.value < p->needs->limit;
	if (s.defect != DEFECT_NONE || !valid)
		fail_msg("%s: %s is not valid in %s: %s", o->name, p->name, o->profile->recording,
		    p->needs->when);
}

static bool
check_point(
    struct one *o, const struct point_spec *p, const char *text, const char *csv, size_t *compared)
{
	struct decode_with with = {.defect = DEFECT_NONE};
	char oid[1024], class[32];
	struct snmp_value v;
	struct sample sample;
	double theirs;

	oid_text(&p->at.oid, oid, sizeof(oid));
	if (!recorded(text, &p->at.oid, &v))
		fail_msg("%s: %s: %s is not in %s", o->name, p->name, oid, o->profile->recording);
	if (p->needs && p->needs->guard)
		check_guard(o, p, text);
	if (p->needs && p->needs->rate != RATE_NONE) {
		uint64_t count;

		assert_int_equal(decode_count(p, (struct raw){.snmp = &v}, &count), DEFECT_NONE);
		return true;
	}
	if (p->needs && p->needs->exponent)
		with.exponent = (int)needed_number(o->profile, p->needs->exponent, text) *
				(p->needs->digits ? -1 : 1);
	decode_point_with(p, (struct raw){.snmp = &v}, &with, &sample);
	if (sample.defect != DEFECT_NONE)
		fail_msg("%s: %s: %s in %s", o->name, p->name, defect_phrase(sample.defect),
		    o->profile->recording);
	/* a state that we count ourselves has no number of theirs */
	if (p->texts || !expected(csv, o->profile->recording, oid, class, &theirs))
		return true;
	++*compared;
	if (fabs(in_their_unit(p, class, sample.value) - theirs) > 1e-6 * (1 + fabs(theirs)))
		fail_msg("%s: %s is %g, expected %g (%s)", o->name, p->name, sample.value, theirs,
		    class);
	return true;
}

static const char *
column_name(const struct profile *p, uint16_t table, size_t column)
{
	return table ? p->tables[table - 1].columns[column].name : NULL;
}

static size_t
check_recording(struct one *o)
{
	const struct profile *p = o->profile;
	char path[512], *text, *csv, fact[128];
	size_t good = 0, compared = 0;

	if (p->recording == NULL)
		return 0;
	snprintf(path, sizeof(path), "%s/recordings/%s.snmprec", reference(), p->recording);
	if ((text = slurp(path)) == NULL)
		fail_msg("%s: no %s", o->name, path);
	snprintf(path, sizeof(path), "%s/recordings/EXPECTED.csv", reference());
	csv = slurp(path);
	for (size_t i = 0; i < p->point_count; i++) {
		const struct point_spec *q = &p->points[i];
		const struct table_spec *t = q->table ? &p->tables[q->table - 1] : NULL;

		if (!is_unchecked(p, q->name, q->table,
			column_name(p, q->table, t ? (i - t->first_point) % t->column_count : 0)))
			good += check_point(o, q, text, csv, &compared);
	}
	for (size_t i = 0; i < p->fact_count; i++) {
		const struct fact_spec *f = &p->facts[i];
		struct snmp_value v;

		if (is_unchecked(p, f->name, 0, NULL))
			continue;
		if (!recorded(text, &f->at.oid, &v) ||
		    !decode_fact(f, (struct raw){.snmp = &v}, fact, sizeof(fact)))
			fail_msg("%s: %s is not in %s", o->name, f->name, p->recording);
		good++;
	}
	print_message("%s: %zu points and facts fit %s, %zu as another program saw them\n", o->name,
	    good, p->recording, compared);
	free(text);
	free(csv);
	return 1;
}

static void
profiles_fit_their_recordings(void **state)
{
	(void)state;
	reference();
	assert_true(for_each(check_recording) > 10);
}

/* ---- register maps ----------------------------------------------------------------------------
 */

#define FIELDS 16
enum { ADDRESS = 2, FUNCTION = 4, COUNT_FIELD, TYPE_FIELD, ORDER_FIELD, SCALE_FIELD, UNIT_FIELD };

/* The fields of a line of the map, in place. */
static size_t
split_csv(char *line, char *field[FIELDS])
{
	size_t n = 0;
	char *out = line, *s = line;

	while (n < FIELDS) {
		bool quoted = *s == '"';

		field[n++] = out;
		for (s += quoted; *s && (quoted ? !(*s == '"' && s[1] != '"') : *s != ','); s++) {
			s += quoted && *s == '"';
			*out++ = *s;
		}
		s += quoted && *s == '"';
		if (*s != ',') {
			*out = '\0';
			return n;
		}
		s++;
		*out++ = '\0';
	}
	return n;
}

/* "s32" of the map and s32 of the profile; a bit has no type of its own. */
static bool
same_type(const struct source *at, const struct codec *c, const char *theirs)
{
	static const struct {
		const char *theirs;
		enum value_type type;
	} types[] = {{"u16", TYPE_U16}, {"s16", TYPE_S16}, {"u32", TYPE_U32}, {"s32", TYPE_S32},
	    {"s64", TYPE_S64}, {"float32", TYPE_F32}, {"string", TYPE_TEXT},
	    {"s16 sign-magnitude", TYPE_SM16}, {"u16 bits", TYPE_U16},
	    {"bitfield-like enum", TYPE_U16}};
	int bit;

	if (table_is_bits(at->table) || c->width > 0)
		return sscanf(theirs, "bit %d", &bit) != 1 || bit == c->bit ||
		       at->table < TABLE_HOLDING;
	if (c->type == TYPE_DATE)
		return strcmp(theirs, "u16") == 0;
	for (size_t i = 0; i < COUNT(types); i++)
		if (strcmp(theirs, types[i].theirs) == 0)
			return types[i].type == c->type || (c->type == TYPE_TEXT && i == 0);
	return false;
}

static double
their_scale(const char *text)
{
	double scale;
	int power;

	if (sscanf(text, "2^%d", &power) == 1)
		return ldexp(1, power);
	return sscanf(text, "%lf", &scale) == 1 ? scale : 1;
}

/* Does this line of the map say the same? *why: what differs. */
static bool
same_as_map(const struct source *at, const struct codec *c, const struct unit *unit, char **field,
    const char **why)
{
	char function[8];
	double scale = their_scale(field[SCALE_FIELD]);
	bool fahrenheit = strcmp(field[UNIT_FIELD], "degF") == 0;

	snprintf(function, sizeof(function), "%d", (int)at->table);
	*why = "the function";
	if (strstr(field[FUNCTION], function) == NULL)
		return false;
	*why = "the type";
	if (!same_type(at, c, field[TYPE_FIELD]))
		return false;
	*why = "the order of the words";
	if (strstr(field[ORDER_FIELD], "LSW") || strstr(field[ORDER_FIELD], "swapped"))
		if (c->order != ORDER_LOW_FIRST && at->count > 1 && c->type != TYPE_TEXT)
			return false;
	*why = "the scale";
	if (fahrenheit)
		scale *= 5.0 / 9;
	if (unit && strcmp(unit->code, "kW") == 0 && strcmp(field[UNIT_FIELD], "W") == 0)
		scale *= 0.001;
	return c->width > 0 || c->type == TYPE_TEXT || unit == NULL ||
	       fabs(c->scale - scale) <= 1e-9 * scale;
}

/*
 * A map whose numbers are not those on the wire. huawei_ups2000 is the table of NUT's driver,
 * which adds 10000 to values and 1024 to alarms when it reads (huawei-ups2000.c, the comments at
 * ups2000_update_info and ups2000_update_alarm).
 */
static long
on_the_wire(const char *map, long number)
{
	static const struct {
		const char *map;
		long from, to, more;
	} moved[] = {
	    {"huawei_ups2000", 1000, 9999, 10000},
	    {"huawei_ups2000", 40000, 49999, 1024},
	};

	for (size_t i = 0; i < COUNT(moved); i++)
		if (strcmp(map, moved[i].map) == 0 && number >= moved[i].from &&
		    number <= moved[i].to)
			return number + moved[i].more;
	return number;
}

static void
find_in_map(struct one *o, const char *name, const struct source *at, const struct codec *c,
    const struct unit *unit, const char *map)
{
	const char *why = "the address";
	bool found = false;

	for (const char *s = map; s && *s && !found; s = strchr(s, '\n'), s = s ? s + 1 : NULL) {
		char line[2048], *field[FIELDS], *end;
		size_t n = strcspn(s, "\r\n");
		long address;

		if (n >= sizeof(line))
			continue;
		memcpy(line, s, n);
		line[n] = '\0';
		if (split_csv(line, field) <= UNIT_FIELD)
			continue;
		address = strtol(field[ADDRESS], &end, 0);
		if (end == field[ADDRESS] ||
		    on_the_wire(o->profile->register_map, address) != at->address)
			continue;
		found = same_as_map(at, c, unit, field, &why);
	}
	if (!found)
		fail_msg("%s: %s at %u: %s is not that of %s", o->name, name, at->address, why,
		    o->profile->register_map);
}

static size_t
check_map(struct one *o)
{
	const struct profile *p = o->profile;
	char path[512], *map;
	size_t good = 0;

	if (p->register_map == NULL)
		return 0;
	snprintf(path, sizeof(path), "%s/modbus/%s.csv", reference(), p->register_map);
	if ((map = slurp(path)) == NULL)
		fail_msg("%s: no %s", o->name, path);
	for (size_t i = 0; i < p->point_count; i++) {
		const struct point_spec *q = &p->points[i];
		const struct table_spec *t = q->table ? &p->tables[q->table - 1] : NULL;

		if (is_unchecked(p, q->name, q->table,
			column_name(p, q->table, t ? (i - t->first_point) % t->column_count : 0)))
			continue;
		find_in_map(o, q->name, &q->at, &q->codec, q->unit, map);
		good++;
	}
	for (size_t i = 0; i < p->fact_count; i++) {
		if (is_unchecked(p, p->facts[i].name, 0, NULL))
			continue;
		find_in_map(o, p->facts[i].name, &p->facts[i].at, &p->facts[i].codec, NULL, map);
		good++;
	}
	print_message("%s: %zu points and facts stand in %s\n", o->name, good, p->register_map);
	free(map);
	return 1;
}

static void
profiles_fit_their_register_maps(void **state)
{
	(void)state;
	reference();
	assert_true(for_each(check_map) > 5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_profile_loads_and_speaks_both_languages),
	    cmocka_unit_test(profiles_fit_their_recordings),
	    cmocka_unit_test(profiles_fit_their_register_maps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

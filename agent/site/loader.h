/* Inside site_load(): what its parts share. Everything allocated lives in the site's arena. */
#ifndef SITE_LOADER_H
#define SITE_LOADER_H

#include "site/keys.h"
#include "site/site_load.h"

/* ---- names.yaml (names.c) -----------------------------------------------------------------------
 */

struct name_entry {
	const char *name;
	const struct unit *unit; /* points; else NULL */
	struct label title;
};

struct name_list {
	const struct name_entry *at;
	const char *const *names; /* the same, for "did you mean" */
	size_t count;
};

struct names {
	bool usable; /* read without error: a name that is missing is missing */
	struct name_list points, facts, alarms, traps, words;
};

/* ---- device types (profile_load.c) --------------------------------------------------------------
 */

/* A rule as it may still be changed by the site. */
struct draft_rule {
	struct alarm_rule rule;
	bool enabled;
	const struct pair
	    *written; /* first row of a table's rule: as the table has it; else NULL */
};

/* One device is asked one way. */
enum wire { WIRE_MODBUS, WIRE_SNMP, WIRE_CONTACTS };

struct profile_slot {
	struct profile_slot *next;
	const char *name;
	const struct profile *profile; /* NULL: broken, reported once */
	enum wire wire;                /* how it is asked */
	struct draft_rule lost;        /* comm_lost */
	struct draft_rule *rules;      /* the others */
	size_t rule_count;
	const struct node *root; /* the file as read */
	const char *path;
};

/* The devices as far as they are known, for the names in expressions. */
struct placed {
	const struct site *site; /* zones */
	const struct device_spec *devices;
	size_t device_count;
};

struct loader {
	struct reader rd;
	const struct placed *placed; /* NULL: in a profile */
	const struct site_options *options;
	struct names names;
	struct profile_slot *profiles;
	struct finding *clear; /* the note about communities */
	unsigned clear_count;  /* how many targets have one */
	bool again; /* a profile is made again with other rows: what can be warned of was */
};

static inline struct doc_memory
loader_memory(const struct loader *l)
{
	return (struct doc_memory){.texts = l->rd.arena, .tree = l->rd.scratch};
}

#define ERROR(l, ...)   error_at((l)->rd.findings, __VA_ARGS__)
#define WARNING(l, ...) warning_at((l)->rd.findings, __VA_ARGS__)
#define NOTE(l, ...)    note_at((l)->rd.findings, __VA_ARGS__)
#define HINT(l, x, ...) finding_hint((l)->rd.findings, (x), __VA_ARGS__)

/* names.c */
void names_read(struct loader *l);
/* NULL where it is not registered: reported at `at` as `what`, unless names.yaml is broken. */
const struct name_entry *names_find(
    struct loader *l, const struct name_list *list, const struct node *at, const char *what);
/*
 * The same without a report. A name with * stands for all rows of a table: "outlet_5_state" is
 * found at "outlet_*_state" if it is not there itself, and its title says 5.
 */
const struct name_entry *names_look(
    struct loader *l, const struct name_list *list, const char *name);
/* The name of a column, "outlet_*_state"; reports. */
bool pattern_read(struct loader *l, const struct node *n);
/* `pattern` with `row` for each *; NULL gives NULL. */
const char *row_text(struct arena *a, const char *pattern, const char *row);

/*
 * point_load.c: false: reported. column: NULL, or it is the column of a table: the name has a *,
 * and where it stands from row to row goes to *column; out->at is then the first row's (Modbus).
 */
bool point_load(
    struct loader *l, const struct pair *p, struct point_spec *out, struct row_column *column);
bool fact_load(
    struct loader *l, const struct pair *p, struct fact_spec *out, struct row_column *column);
/* A map of raw number and word (or NULL: none) for numbers of that codec. */
bool words_load(struct loader *l, const struct node *n, const struct codec *c,
    const struct word **words, size_t *count);

/* ring_load.c: the records of a profile whose points are there. false: reported. */
bool ring_load(struct loader *l, const struct node *map, struct profile *p);

/*
 * needs_load.c: what other points say about one. First with the point alone, then, when all points
 * are there, the names; row: NULL, or what stands for * in them. false: reported.
 */
bool needs_read(
    struct loader *l, const struct pair *p, const struct point_keys *k, struct point_spec *out);
bool needs_link(struct loader *l, const struct pair *p, const char *row, const struct profile *all,
    struct point_spec *out);
/* table_load.c: `text` with the row's number for each * that is part of a name. */
const char *row_condition(struct arena *a, const char *text, const char *row);

/* rule_load.c */
/* The built-in comm_lost. */
void rule_lost(struct loader *l, struct draft_rule *out);
/* A whole rule of its own. `points`: what it may watch. false: reported. */
bool rule_load(
    struct loader *l, const struct pair *p, const struct profile *points, struct draft_rule *out);
/* The same of a table, in which `rows` is known; keys->rows as written. */
bool rule_load_row(struct loader *l, const struct pair *p, const struct profile *points,
    struct draft_rule *out, const struct node **rows);
/* Changes to a rule that is there. false: reported. */
bool rule_change(
    struct loader *l, const struct pair *p, const struct profile *points, struct draft_rule *rule);
/*
 * Warns, once for each point, where a rule of high or critical priority watches a value and no rule
 * says that the value is missing: a broken sensor would leave the point unwatched in silence.
 * `map` holds what is written here, `rules` all rules that apply, each without error.
 */
void rules_check_missing(struct loader *l, const struct node *map, const struct profile *points,
    const struct draft_rule *rules, size_t n);

/*
 * when.c: "return_air_temperature > 30" to kind, point and limit, anything larger to an expression.
 * false: reported.
 */
bool when_parse(
    struct loader *l, const struct node *n, const struct profile *points, struct alarm_rule *out);

/*
 * profile_load.c: never NULL; slot->profile is NULL where it is broken. `at` asked for it. rows:
 * the rows that the device has of the profile's tables, a map of TABLE: ROWS, or NULL. A profile
 * with rows of its own is one device's.
 */
const struct profile_slot *profile_get(
    struct loader *l, const struct node *at, const struct node *rows);
/* What only shows with the whole profile at hand; `key` is where it is written. false: reported. */
bool source_check(struct loader *l, const struct node *key, const struct source *at,
    const struct profile *p, enum wire wire);

/* table_load.c: the tables of a profile, read in this order. */
struct tables_in_work;
/* NULL: there are none, or they are wrong (*good). rows: the device's, or NULL. */
struct tables_in_work *tables_read(
    struct loader *l, const struct node *tables, const struct node *rows, bool *good);
/* How many points, facts and rules they make. */
size_t tables_points(const struct tables_in_work *t);
size_t tables_facts(const struct tables_in_work *t);
size_t tables_rules(const struct tables_in_work *t);
/* What stands for * in the names of this point's row. */
const char *tables_row_key(const struct tables_in_work *t, const struct point_spec *p);
/* Each appends to what the profile has; its arrays have the room. false: reported. */
bool tables_add_points(struct tables_in_work *t, struct profile *p, struct point_spec *points);
bool tables_add_facts(struct tables_in_work *t, struct profile *p, struct fact_spec *facts);
bool tables_add_rules(
    struct tables_in_work *t, const struct profile *p, struct draft_rule *rules, size_t *count);
/* The tables as the profile keeps them. */
void tables_keep(struct tables_in_work *t, struct profile *p);

/*
 * place_load.c: zones and links; the nodes are maps or NULL. devices: whether the common link of
 * dry contacts is wanted.
 */
void zones_load(struct loader *l, const struct node *zones, struct site *site);
void links_load(
    struct loader *l, const struct node *links, const struct node *devices, struct site *site);

/* device_load.c: after zones and links. */
void devices_load(struct loader *l, const struct site_keys *keys, struct site *site);

/*
 * contact_load.c: how the contacts of a device are wired, each terminal once on the board. Devices
 * are checked against those before them.
 */
void contacts_load(struct loader *l, const struct pair *p, const struct site *site,
    const struct profile *profile, struct device_spec *d);
void contacts_check_twice(struct loader *l, const struct pair *p, const struct site *site,
    const struct device_spec *devices, size_t index);
/* Does any of these devices have contacts? */
bool contacts_wanted(const struct node *devices);

/* derived_load.c: the device that stands for the site, its points first, when all others are there.
 */
void derived_load(
    struct loader *l, const struct site_keys *k, const struct site *site, struct device_spec *out);
void site_rules_load(struct loader *l, const struct node *map, struct device_spec *out);

/* target_load.c: somebody to talk SNMP with. `map` holds address, version ...; false: reported. */
bool target_load(struct loader *l, const struct snmp_keys *keys, const struct node *map,
    const struct node *at, struct snmp_target *out);
/* When all targets are loaded. */
void targets_finish(struct loader *l);

/* secret_load.c: fills `out`. false: reported; missing: the file is not there, reported as well. */
bool secret_load(struct loader *l, const struct section *s, const char *path, const struct node *at,
    void *out, bool *missing);

/* maintenance_load.c: after all devices. */
void maintenance_load(struct loader *l, const struct node *list, struct site *site);

/* badges_load.c: who has which badge. */
void badges_load(
    struct loader *l, const struct badges_keys *keys, const struct node *root, struct site *site);

/* sink_load.c */
void mqtt_load(
    struct loader *l, const struct mqtt_keys *keys, const struct node *root, struct site *site);
void noc_load(struct loader *l, const struct noc_keys *keys, struct site *site);

/* topic_load.c: the forms of topics; after the devices. `map` is "mqtt". */
void topics_load(
    struct loader *l, const struct mqtt_keys *keys, const struct node *map, struct site *site);
/* false: reported. At most 200 bytes. */
bool topic_prefix_check(struct loader *l, const struct node *at, const char *text);
/* trap_load.c: false: reported. `other`: the device does not speak SNMP. */
bool profile_traps_load(struct loader *l, const struct node *map, const struct node *root,
    bool other, struct profile *p);
void traps_load(const struct traps_keys *keys, const struct node *root, struct site *site);

/* board_load.c */
void board_load(
    struct loader *l, const struct head_keys *keys, const struct node *root, struct site *site);

/*
 * The index of the thing that `at` names among `names`, which are all that there are; NO_INDEX:
 * reported as 'there is no zone "rack_a"', with the nearest.
 */
int refer(struct loader *l, const struct node *at, const char *what, const char *const *names,
    size_t count);
/* The keys of a map, in the arena; count: map->count. */
const char *const *key_names(struct loader *l, const struct node *map);
/* The names, without `ending`, of the files of a folder (nested: and of the folders in it). */
size_t list_files(
    struct loader *l, const char *dir, bool nested, const char *ending, const char ***names);

#endif

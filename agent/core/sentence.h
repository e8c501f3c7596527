/*
 * The plain sentence of an event, in the language of the site: what is wrong, where, since how
 * long. Templates with named places; their translations are in the catalogue that lang_use() has
 * taken (base/lang.h), titles of devices, points and states in the site's own labels.
 */
#ifndef CORE_SENTENCE_H
#define CORE_SENTENCE_H

#include "core/core.h"

/* Fills in a template: each {name} becomes the text of that name, or nothing. */
struct sentence_piece {
	const char *name, *text;
};
void sentence_fill(const char *template, const struct sentence_piece *pieces, size_t count,
    char *buf, size_t size);

/* What a sentence about an alarm can be about. */
enum sentence_kind {
	SENTENCE_RAISED,
	SENTENCE_RETURNED, /* the condition is gone */
	SENTENCE_LATCHED,  /* the same, but the alarm stays */
	SENTENCE_ACKNOWLEDGED,
	SENTENCE_RESET,
	SENTENCE_SUPPRESSED, /* a symptom of another alarm */
	SENTENCE_RELEASED,   /* no symptom: the cause is gone, this is not */
	SENTENCE_WATCHES,    /* normal: what the rule is there for */
	SENTENCE_SHELVED,    /* put aside by a person, until a time */
	SENTENCE_OUT_OF_SERVICE,
	SENTENCE_KIND_COUNT
};
enum sentence_kind sentence_kind_of(enum alarm_phase from, enum alarm_phase to);
/* The same for an alarm as it stands. */
enum sentence_kind sentence_kind_standing(enum alarm_phase phase);

struct sentence {
	const struct site *site;
	const struct device_spec *device;
	const struct device_state *state; /* of that device: why it does not answer */
	const struct alarm_rule *rule;
	const struct point_state *point; /* of the rule; NULL for RULE_DEVICE_LOST */
	const char *row; /* what the device calls the row of the rule; NULL: in no such table */
	bool has_value;
	double value;
	bool dips;          /* raised, and not so just now: its end has to last, or it chatters */
	unsigned came;      /* returned, dips: it came so often, and told once; 0: not so */
	const char *who;    /* acknowledged, reset */
	wall_t until;       /* shelved, out of service */
	bool holds;         /* out of service: the condition holds all the same */
	const char *reason; /* the same: "NAME: WHY" */
	const struct device_spec *cause; /* suppressed, released; NULL: not known */
	bool is_wire,
	    of_wire; /* RULE_DEVICE_LOST: nobody on its wire answers; for all, or as one of them */
};
void sentence_alarm(const struct sentence *s, enum sentence_kind kind, char *buf, size_t size);

/* The end of a shelf: by whom (NULL: its time was over), and how the alarm stands now. */
void sentence_unshelved(
    const struct sentence *s, enum alarm_phase to, const char *who, char *buf, size_t size);

/* The same at the end of maintenance of its device. */
void sentence_serviced(const struct sentence *s, enum alarm_phase to, char *buf, size_t size);

/* About a device: {until}, {reason} and {who} of the sentence must be there where they are used. */
enum maintenance_sentence {
	MAINTENANCE_BEGINS,
	MAINTENANCE_PROLONGED,
	MAINTENANCE_ENDS_SOON,
	MAINTENANCE_ENDED, /* by a person */
	MAINTENANCE_OVER,  /* by time */
	MAINTENANCE_UNPLANNED,
	MAINTENANCE_SENTENCE_COUNT
};
void sentence_maintenance(
    const struct sentence *s, enum maintenance_sentence what, char *buf, size_t size);

/* "Leak detector 1 does not answer on rs485_1 (unit 2): no reply in 800 ms, 2 polls in a row." */
void sentence_lost(const struct sentence *s, char *buf, size_t size);
/* after_ms: how long it was away; 0: this is the first contact. */
void sentence_online(const struct sentence *s, int64_t after_ms, char *buf, size_t size);
/* `changes`: "firmware was "4.18", is "4.19"". */
void sentence_identity(const struct sentence *s, const char *changes, char *buf, size_t size);
/* "crac1/fan_stopped is no longer watched: the site has it no more." */
void sentence_unwatched(const char *device, const char *alarm, char *buf, size_t size);

/* A value with its unit, or the state in words: "30.4 °C", "running", "unknown(7)". */
void sentence_value(
    const struct point_spec *p, double value, enum language language, char *buf, size_t size);
/* The word on the topic for a state ("unknown(7)" where it is not listed); "" for a measurement. */
void sentence_word(const struct point_spec *p, double value, char *buf, size_t size);
/* "30 s", "800 ms", "5 min", "2.5 h". */
void sentence_duration(int64_t ms, char *buf, size_t size);

#endif

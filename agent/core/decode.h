/*
 * From what a device answered to a value with a verdict. Pure, and driven by the profile's tables:
 * a new type of device needs no code here.
 */
#ifndef CORE_DECODE_H
#define CORE_DECODE_H

#include "model/baton.h"
#include "model/quality.h"

/*
 * One answer to one point or fact. Either words (Modbus: source.count registers, or bits as 0/1;
 * high word first as they came from the wire) or an SNMP value; the other one is NULL.
 */
struct raw {
	const uint16_t *words;
	const struct snmp_value *snmp;
};

struct sample {
	enum defect defect; /* DEFECT_NONE: a good value */
	bool has_value;     /* good, or a state that the profile does not list */
	double value;       /* in the point's unit; 0 where there is none */
};

/*
 * Raw number, then sentinels (compared before scale and offset), then scale and offset, then words
 * or range. A sentinel that the point's type cannot hold (65535 for an s16, any for a NaN) is
 * compared with the bits as they came. Not finite, or no number at all, is DEFECT_TYPE.
 */
void decode_point(const struct point_spec *p, struct raw raw, struct sample *out);

/* What the points say that this one needs (p->needs). */
struct decode_with {
	enum defect
	    defect;   /* DEFECT_NOT_VALID or DEFECT_NO_SCALE: there is no value whatever came */
	int exponent; /* power of ten, with the sign that it works with */
};
/* The same for a point with needs; a rate has no range here and its value is the count itself. */
void decode_point_with(
    const struct point_spec *p, struct raw raw, const struct decode_with *with, struct sample *out);
/* The count of a point that is a rate, as the device has it. DEFECT_NONE, or why there is none. */
enum defect decode_count(const struct point_spec *p, struct raw raw, uint64_t *count);
/* At how many counts it begins anew: 65536, 10000 (bcd16), ...; 0: 2^64. */
uint64_t decode_count_modulus(const struct point_spec *p);

/*
 * A fact as text, cleaned and trimmed: a text as it is (two characters a register, up to the first
 * NUL), a number or a state in words. "" and false where the answer is neither.
 */
bool decode_fact(const struct fact_spec *f, struct raw raw, char *buf, size_t size);

/*
 * A whole number without a sign of `count` registers (at most 4), all of its bits: for what is no
 * measurement, as the number of a badge. Type and scale mean nothing here, the order does.
 */
uint64_t decode_whole(const struct codec *c, const uint16_t *words, unsigned count);

/* What an SNMP object calls something: text as it is, cleaned and trimmed, a number as digits. */
void decode_label(const struct snmp_value *v, char *buf, size_t size);

/* The raw answer as people compare it with the manual: "0x00F3 0x0001", "1", "203". */
void decode_raw_text(const struct source *at, struct raw raw, char *buf, size_t size);

/*
 * How decode_point() comes to its result, in words: "registers 0x00F3 -> 243 (s16) -> x 0.1 -> 24.3
 * Cel; in range -30..90". with: NULL, or what p->needs came to. Returns the length.
 */
size_t decode_explain(const struct point_spec *p, struct raw raw, const struct decode_with *with,
    char *buf, size_t size);

/*
 * A number that a device gives as text: "20.3", "20,9", " 29.6 %RH", "15 PERCENT". False for
 * anything that could mean something else ("1,234.5", "10.0.0.1", "20:15", "N/A", "").
 */
bool decode_number_text(const char *text, size_t length, double *out);
/* The unit behind such a number: "%RH", "kW"; of a temperature its letter, "C" of "degree C". ""
 * where there is none, or none that fits. */
void decode_unit_text(const char *text, size_t length, char *buf, size_t size);
/* "0x1A", "1A", " ff ": up to 16 digits. */
bool decode_hex_text(const char *text, size_t length, uint64_t *out);

/* "u16", "f32", ...: as written in profiles. */
const char *value_type_word(enum value_type t);

#endif

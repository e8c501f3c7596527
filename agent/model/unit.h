/* Units of measurement: SenML codes (RFC 8428) where one exists, else UCUM. */
#ifndef MODEL_UNIT_H
#define MODEL_UNIT_H

#include <stddef.h>

struct unit {
	const char *code;  /* "Cel", "%RH", "V": on topics, in the store, in YAML */
	const char *label; /* "°C", "% RH", "V": for people, UTF-8 */
	const char *what;  /* "temperature", "relative humidity", ... */
};

/* The table, for --schema and for "did you mean". */
extern const struct unit unit_table[];
extern const size_t unit_count;

/* NULL where the code is unknown. "1" is the unit of counts and states (label ""). */
const struct unit *unit_find(const char *code);

#endif

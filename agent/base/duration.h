/*
 * Numbers and lengths of time as people write them, in files and on the command line. Pure; every
 * function takes the whole word or nothing.
 */
#ifndef BASE_DURATION_H
#define BASE_DURATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "0.1", "-30", "1e3"; finite. */
bool number_parse(const char *s, double *out);

enum duration_fault {
	DURATION_OK,
	DURATION_BARE,    /* a number without a unit */
	DURATION_UNIT,    /* a number with a unit that is none of ours */
	DURATION_NONSENSE /* no number, negative, finer than 1 ms, or beyond 10 years */
};
/* "800ms", "1.5s", "5min", "1h", "2d" in milliseconds. *unit: where the unit begins. */
enum duration_fault duration_parse(const char *s, int64_t *ms, const char **unit);
extern const char *const duration_units[];
extern const size_t duration_unit_count;
/* The unit that was meant by "sec", "minutes", ...; NULL where nothing is near. */
const char *duration_unit_meant(const char *unit);
/* The shortest whole form: 90000 -> "90s", 300000 -> "5min". */
#define DURATION_TEXT_MAX 32
char *duration_text(int64_t ms, char buf[DURATION_TEXT_MAX]);

#endif

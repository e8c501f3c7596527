/* How far a value may be believed. Part of the value, everywhere. */
#ifndef MODEL_QUALITY_H
#define MODEL_QUALITY_H

enum quality {
	QUALITY_NEVER,     /* never read since the start: there is no value */
	QUALITY_GOOD,      /* read, in range, fresh */
	QUALITY_STALE,     /* was good, but too old by now */
	QUALITY_BAD,       /* the device answered, the answer is no measurement: see enum defect */
	QUALITY_COMM_LOST, /* the device does not answer */
	QUALITY_SUBSTITUTED, /* put in by a person */
	QUALITY_COUNT
};

/* Why a value is QUALITY_BAD. */
enum defect {
	DEFECT_NONE,
	DEFECT_SENTINEL,     /* the device's own word for "no sensor" */
	DEFECT_RANGE,        /* outside what the profile says is possible */
	DEFECT_TYPE,         /* wrong type, not a number, NaN, infinite */
	DEFECT_REFUSED,      /* the device has no such register or OID */
	DEFECT_UNKNOWN_WORD, /* a state that the profile does not list: "unknown(n)" */
	DEFECT_NOT_VALID,    /* another point says that this one means nothing now (valid_when) */
	DEFECT_NO_SCALE,     /* the power of ten that belongs to it is not to be had */
	DEFECT_RESTART,      /* a counter began anew or may have run over: no rate this time */
	DEFECT_NO_ROW,       /* a table whose rows come and go: the device has this one no more */
	DEFECT_COUNT
};

/* "good", "never_read", "stale", "bad", "comm_lost", "substituted": the word on the topic. */
const char *quality_word(enum quality q);
/* "sentinel", "out_of_range", ...; "" for DEFECT_NONE. */
const char *defect_word(enum defect d);
/* A plain phrase for people: "no sensor (the device reports its placeholder)". */
const char *defect_phrase(enum defect d);

#endif

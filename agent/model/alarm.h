/* The states of an alarm (ISA-18.2, IEC 62682) as nouns; the machine is in core/alarm.h. */
#ifndef MODEL_ALARM_H
#define MODEL_ALARM_H

#include "base/clock.h"
#include "model/event.h"

enum alarm_phase {
	ALARM_NORMAL,                 /* A */
	ALARM_UNACKNOWLEDGED,         /* B */
	ALARM_ACKNOWLEDGED,           /* C */
	ALARM_RETURNED,               /* D: returned to normal, unacknowledged */
	ALARM_LATCHED_UNACKNOWLEDGED, /* E: condition gone, latched, unacknowledged */
	ALARM_LATCHED_ACKNOWLEDGED,   /* F: condition gone, latched, acknowledged: wants a reset */
	ALARM_SUPPRESSED,             /* H: by design, its cause is alarmed already */
	ALARM_SHELVED,                /* G: put aside by a person, until a time */
	ALARM_OUT_OF_SERVICE,         /* I: its device is in maintenance, until a time */
	ALARM_PHASE_COUNT
};
const char *alarm_phase_word(enum alarm_phase p); /* "normal", "unacknowledged", ... */
/* The phase of a word, or ALARM_PHASE_COUNT. */
enum alarm_phase alarm_phase_find(const char *word);

#define ALARM_REASON_MAX 128

/* What survives a kill -9: written in the same transaction as the event that made it. */
struct alarm_record {
	char device[EVENT_NAME_MAX];
	char alarm[EVENT_NAME_MAX];
	enum alarm_phase phase;
	wall_t since;  /* of this phase */
	wall_t raised; /* when the condition last came true; 0 with SUPPRESSED: it was not raised
			  before, so nobody has anything to acknowledge */
	uint64_t seq;  /* of the event that made it */
	bool has_value;
	double value;                  /* at the last change */
	char who[EVENT_NAME_MAX];      /* who acknowledged */
	wall_t shelved_until;          /* 0: not shelved */
	char reason[ALARM_REASON_MAX]; /* why it is shelved or out of service, in the person's words
					*/
};

#endif

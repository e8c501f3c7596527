/* Inside of the sentences: the templates, apart from what fills them in, and the filling. */
#ifndef CORE_SENTENCE_TABLES_H
#define CORE_SENTENCE_TABLES_H

#include "core/sentence.h"

/*
 * Texts are English here and go through _() where they are used. Named places in a template:
 * {device} {title} titles of device and rule    {point} {value} {limit} of the rule's point
 * {for} the on-delay   {where} link and unit    {why} why there is no value, or no answer
 * {cause} title of the device that is to blame  {who} a person   {when} the rule as written
 * {until} {reason} of a shelf
 */
extern const char *const sentence_raised[RULE_KIND_COUNT];
/* The same with the on-delay. NULL: never with one. */
extern const char *const sentence_raised_for[RULE_KIND_COUNT];
extern const char *const sentence_returned[RULE_KIND_COUNT];
/* Whatever the kind of the rule. NULL: see the tables above. */
extern const char *const sentence_any_rule[SENTENCE_KIND_COUNT];

/* Why a device gives no answer, by the status of its last poll: {timeout} {polls} {code}. */
extern const char *const sentence_silence[ANSWER_STATUS_COUNT];
/* Why a point has no good value, where its defect does not say it. */
extern const char *const sentence_no_value[QUALITY_COUNT];

/* {device} {until} {reason} {who} */
extern const char *const sentence_maintenances[MAINTENANCE_SENTENCE_COUNT];

struct sentence_phrases {
	const char *online, *online_again;  /* {device} {where} {away} */
	const char *identity;               /* {device} {changes} */
	const char *unwatched;              /* {device} {alarm}: their names, no titles are left */
	const char *unit;                   /* {link} {unit} */
	const char *terminals;              /* {where} of dry contacts */
	const char *no_line;                /* {polls}: their silence */
	const char *no_way;                 /* {polls}: NO_LINK where the device has an address */
	const char *wire_dead;              /* {link} {device} {why}: raised for all on a wire */
	const char *of_dead_wire;           /* {device} {where}: one of these */
	const char *stays;                  /* {now}: the sentence of a latched alarm */
	const char *chattered;              /* {now} {count}: the end of an alarm that came often */
	const char *dips, *chatters;        /* {now} {count}: it stands, though it is not so now */
	const char *unshelved, *shelf_over; /* {who} {now}: the sentence of what is now */
	const char *serviced;               /* {now}: maintenance is over */
	const char *calls_nobody;           /* {now} {until} {reason}: in maintenance */
};
extern const struct sentence_phrases sentence_phrases;

/* What people call a device. */
const char *sentence_title(const struct device_spec *d, enum language language);

#endif

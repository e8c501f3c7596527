/*
 * The bus doctor: guesses from what the drivers counted what is wrong with a wire, says on what
 * evidence, and what to do. Pure: numbers in, sentences out, in the language of the site.
 *
 * A guess is made only where the numbers carry it. Its thresholds stand with the rules in doctor.c,
 * each with its reason; where two causes look alike from here, the sentence names both and says how
 * to tell them apart.
 */
#ifndef CORE_DOCTOR_H
#define CORE_DOCTOR_H

#include "model/site.h"
#include "model/slave.h"

enum doctor_guess {
	DOCTOR_ECHO,       /* our own requests come back */
	DOCTOR_SETTINGS,   /* noise from everybody: speed or parity */
	DOCTOR_NOBODY,     /* silence from everybody */
	DOCTOR_STRANGER,   /* whole frames that nobody asked for: a second master */
	DOCTOR_NOISE,      /* some replies of several units are damaged */
	DOCTOR_OVERLOAD,   /* busy for more than DOCTOR_BUSY_PERCENT */
	DOCTOR_TWIN,       /* one unit is damaged often, the others never */
	DOCTOR_DEAD,       /* one unit is silent, the others are not */
	DOCTOR_LATE,       /* it answers after its time */
	DOCTOR_REFUSES,    /* nothing but exceptions */
	DOCTOR_MIXED_UP,   /* replies that do not belong to their questions */
	DOCTOR_HANGS_UP,   /* the connection ends instead of a reply */
	DOCTOR_GUESS_COUNT /* none */
};
const char *doctor_guess_word(enum doctor_guess g); /* "echo", "settings", ... for JSON */

#define DOCTOR_BUSY_PERCENT 80.0 /* above it a poll that is asked once more has no place */

struct doctor_slave {
	const char *device; /* its name in the site file */
	int unit;
	struct slave_health recent; /* counted within the window; what is no count, as it is */
};

struct doctor_link {
	enum link_kind kind;
	int baud;            /* 0: not a serial line */
	double load_percent; /* of the last minute; NAN: not known */
	double window_s;     /* the slaves were counted for so long */
	const struct doctor_slave *slaves;
	size_t count;
};

#define DOCTOR_TEXT_MAX     512 /* Japanese takes three bytes a letter */
#define DOCTOR_FINDINGS_MAX 8
struct doctor_finding {
	enum doctor_guess guess;
	int slave; /* whom it is about, or NO_INDEX: the wire */
	/* What it seems to be, what speaks for it, what to do. */
	char text[DOCTOR_TEXT_MAX], evidence[DOCTOR_TEXT_MAX], remedy[DOCTOR_TEXT_MAX];
};

/*
 * What is wrong with the link, the most certain first; at most DOCTOR_FINDINGS_MAX. 0: nothing to
 * be seen. What explains all of the rest (echo, settings, nobody) stands alone.
 */
size_t doctor_examine(const struct doctor_link *l, struct doctor_finding out[DOCTOR_FINDINGS_MAX]);

/* Later minus earlier; what is no count is taken from the later. */
void doctor_difference(
    const struct slave_health *later, const struct slave_health *earlier, struct slave_health *out);

#endif

/* Inside of core/decode: what decode.c works out and decode_text.c tells. */
#ifndef CORE_DECODE_STEPS_H
#define CORE_DECODE_STEPS_H

#include "core/decode.h"

/* Everything that happens to one answer, so that decode_explain() cannot tell another story. */
struct steps {
	bool whole;       /* pattern and bits are meaningful */
	uint64_t pattern; /* the bits in the right order */
	bool valid;       /* number is one */
	bool text;        /* number is that of a word that was found by its text */
	bool other_unit;  /* a text that says so: no number of this point */
	double number;    /* before scale and offset; of the field where there is one */
	double min, max;  /* what number can be */
	double value;     /* after scale, power of ten and offset; what the sample is judged by */
	struct sample sample;
};

/* with: NULL, or what p->needs came to. */
void decode_steps(
    const struct point_spec *p, struct raw raw, const struct decode_with *with, struct steps *s);

/* The number is some bits of the register, not the whole of it. */
bool decode_has_field(const struct codec *c, enum table table);
/* " (low word first)", or "" for the common order. */
const char *decode_order_phrase(const struct codec *c);

#endif

/*
 * facilityctl history: what a point was, as a table, as CSV for other programs, or as a picture.
 */
#ifndef CTL_HISTORY_H
#define CTL_HISTORY_H

#include "ctl/connect.h"
#include "ctl/options.h"
#include "ctl/words.h"

#include <stdio.h>

/* A row holds from its time to that of the next one, the last one to the end. */
struct history_row {
	wall_t at;
	bool has_value;
	double value, min, max;
	const char *quality; /* the agent's word */
	int percent;         /* of good time */
	bool unsynced;
};

struct history_word {
	double value;
	const char *text, *label;
};

struct history_limit {
	double value;
	bool is_high;
	const char *name;
};

#define HISTORY_WORDS_MAX  32
#define HISTORY_LIMITS_MAX 16

/* An answer, taken apart. Texts are clean; all lives as long as it does. */
struct history_series {
	char path[128], title[256], device_title[256], language[8];
	char unit[32];       /* code */
	char unit_label[32]; /* for people; "" where there is none */
	wall_t from, until;
	int64_t step_ms; /* 0: the full rate */
	struct history_row *rows;
	size_t row_count;
	struct history_word words[HISTORY_WORDS_MAX];
	size_t word_count; /* > 0: a point with states */
	struct history_limit limits[HISTORY_LIMITS_MAX];
	size_t limit_count;
	char note[WORDS_MAX]; /* why a part is missing, or "" */
	json_t *answer;
};

/* false: it is no such answer. The answer becomes its own. */
bool history_read(struct history_series *s, json_t *answer);
void history_free(struct history_series *s);

/* The word of a state: the label for people, else the word, else the number. Returns buf. */
char *history_word(const struct history_series *s, double value, char *buf, size_t size);
/* Why there is no value, or not all the time: a phrase; "" where all is good. */
const char *history_phrase(const char *quality);

/* The length of a step: "30 s", "5 min", "1 h", "2 d". Returns buf. */
char *history_step_text(const struct history_series *s, char buf[DURATION_MAX]);

void history_print(const struct history_series *s, FILE *out);
/*
 * RFC 4180, UTF-8: time (RFC 3339, UTC), value, min, max, quality, percent of good time; nothing
 * where there is no value. with_head: the line with the names first.
 */
void history_csv(const struct history_series *s, bool with_head, FILE *out);
/* SVG, 800 x 300: history_svg.c. */
void history_svg(const struct history_series *s, FILE *out);

/* The command. */
enum ctl_exit history_run(const struct ctl_options *o);

#endif

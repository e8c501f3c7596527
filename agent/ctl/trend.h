/*
 * Values over time for the trend page: what the agent remembers and what has come since, put into
 * the columns of a plot. Where nothing is known there is a gap, never a line across. Pure.
 */
#ifndef CTL_TREND_H
#define CTL_TREND_H

#include "ctl/view.h"

#define TRENDS_MAX       8
#define TREND_LIMITS_MAX 8
#define TREND_WORDS_MAX  16
#define TREND_STEPS      600  /* as many of the past are asked for at most */
#define TREND_PAST_MAX   8192 /* more are not taken */
#define TREND_LIVE_MAX   8192 /* seconds that are kept of what has come */

/* A value from `at` on, until the next sample. */
struct trend_sample {
	wall_t at;
	bool known; /* false: a gap begins */
	double low, high;
};

struct trend_limit {
	double value;
	enum priority priority;
	char name[VIEW_NAME_MAX];
};

/* What a number means, for a point with states. */
struct trend_word {
	double value;
	char text[32];
};

struct trend {
	char path[VIEW_PATH_MAX], title[128], unit[16];
	struct trend_sample *past; /* of the agent, oldest first */
	size_t past_count;
	wall_t past_until; /* so far the answer goes; {0}: not said */
	struct trend_sample *live;
	size_t live_count;
	struct trend_limit limits[TREND_LIMITS_MAX];
	size_t limit_count;
	struct trend_word words[TREND_WORDS_MAX];
	size_t word_count;
	bool has_past; /* the agent was asked */
	bool too_much; /* the connection was lost over it: not asked again for this window */
};

struct trends {
	struct trend list[TRENDS_MAX];
	size_t count;
	size_t window; /* which of trend_windows */
};

/* Widths of the time axis in seconds, and their names. */
struct trend_window {
	long long seconds;
	const char *name;
};
extern const struct trend_window trend_windows[];
extern const size_t trend_window_count;
#define TREND_WINDOW_FIRST 1

/* The trend of this point, or NULL. */
struct trend *trends_find(struct trends *t, const char *path);
bool trends_has(const struct trends *t, const char *path);
/* NULL: there are TRENDS_MAX already. */
struct trend *trends_add(struct trends *t, const char *path);
void trends_drop(struct trends *t, const char *path);
void trends_free(struct trends *t);

/* Once a second: the values as they stand. */
void trends_tick(struct trends *t, const struct view *v, wall_t now);
/* What to ask the agent for: the point's past, as far as the window goes. */
json_t *trend_request(const struct trends *t, const struct trend *trend);
/* The answer to it: samples, limits of the rules that watch the point, words of its states. */
void trend_take_past(struct trend *t, const json_t *answer);

/* What a column of the plot has to show. */
struct trend_column {
	bool known;
	double low, high;
};

/* The time from..to in `count` columns. */
void trend_columns(
    const struct trend *t, wall_t from, wall_t to, size_t count, struct trend_column *out);

#endif

/* What the files of the live screen share. */
#ifndef CTL_LIVE_I_H
#define CTL_LIVE_I_H

#include "ctl/live.h"

/* ---- lists: live_rows.c */

/* Does this match the filter's words? The fields are those that the row shows, NULL ends. */
bool live_matches(const char *words, const char *const fields[]);

/* An opened alarm that has ended or that the filter hides leaves the list in its place. */
void live_close_ended(struct live *l);

/* ---- typing: live_prompt.c */

void live_ask_person(struct live *l, const char *label, const char *text,
    void (*done)(struct live *, const char *), void (*changed)(struct live *, const char *));
void live_prompt_key(struct live *l, int key);
/* Puts a character at the end of a text; false: it is full, or no character. */
bool live_type(char *text, size_t size, int key);
void live_erase(char *text);

/* ---- doing: live_act.c */

/* a, A, s, u, r, m: false: no such key. */
bool live_act_key(struct live *l, int key);
/* NULL: it was none that can be understood. */
void live_act_answer(struct live *l, const json_t *answer);
void live_act_drop(struct live *l);
void live_ask_name(struct live *l);

/* ---- searching: search.c */

void live_search_key(struct live *l, int key);

/* ---- going: live_keys.c */

void live_go(struct live *l, enum page page);
void live_open_device(struct live *l, const char *device);

#endif

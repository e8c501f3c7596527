/*
 * Answers of the agent as text for people: each takes the whole answer and writes to out. Pure but
 * for `out`.
 */
#ifndef CTL_SHOW_H
#define CTL_SHOW_H

#include <jansson.h>
#include <stdio.h>

void show_status_text(const json_t *answer, FILE *out);
void show_devices_text(const json_t *answer, FILE *out);
void show_points_text(const json_t *answer, FILE *out);
void show_alarms_text(const json_t *answer, FILE *out);
void show_events_text(const json_t *answer, FILE *out);
/* One event, of a list or of the watch, as a line. */
void show_event_text(const json_t *event, FILE *out);
void show_bus_text(const json_t *answer, FILE *out);
/* The lines of an answer (how a value came about, a test, a check) or of a refusal. */
void show_lines_text(const json_t *answer, FILE *out);
void show_maintenance_text(const json_t *answer, FILE *out);
/* What `ack`, `reset`, `shelve`, `unshelve` and a maintenance answer. */
void show_done_text(const json_t *answer, FILE *out);

/* The next cell of a table: the text of a key, cleaned; blank where it is not there. */
struct grid;
void show_text_cell(struct grid *t, const json_t *object, const char *key);

#endif

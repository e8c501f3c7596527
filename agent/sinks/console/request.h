/*
 * The commands of the control socket: one table, one function each. A request has been checked
 * against the table when its function runs: every key is known and of its type, the key that a
 * command needs is there, and the peer may do it.
 */
#ifndef SINKS_CONSOLE_REQUEST_H
#define SINKS_CONSOLE_REQUEST_H

#include "sinks/console/client.h"

#include <jansson.h>

/* One line, without its end. Writes an answer or begins one. */
void request_run(struct client *c, const char *line, size_t length, const struct now *now);

/* The text of a key, or NULL where it is absent. */
const char *request_text(const json_t *request, const char *key);
/* "; did you mean "x"?" into buf, or "". Returns buf. */
const char *request_hint(
    const char *word, const char *const *names, size_t n, char *buf, size_t size);
/* Refusals that name what may have been meant. is_point: of a point, else of an alarm. */
void request_no_device(struct client *c, const char *name);
void request_no_path(struct client *c, const char *path, bool is_point);

/* look.c */
void run_status(struct client *c, const json_t *request, const struct now *now);
void run_zones(struct client *c, const json_t *request, const struct now *now);
void run_devices(struct client *c, const json_t *request, const struct now *now);
void run_points(struct client *c, const json_t *request, const struct now *now);
void run_alarms(struct client *c, const json_t *request, const struct now *now);
void run_events(struct client *c, const json_t *request, const struct now *now);
void run_explain(struct client *c, const json_t *request, const struct now *now);
void run_bus(struct client *c, const json_t *request, const struct now *now);
void run_watch(struct client *c, const json_t *request, const struct now *now);

/* act.c */
void run_ack(struct client *c, const json_t *request, const struct now *now);
void run_shelve(struct client *c, const json_t *request, const struct now *now);
void run_unshelve(struct client *c, const json_t *request, const struct now *now);
/* maintain.c */
void run_maintenance(struct client *c, const json_t *request, const struct now *now);
void run_maintenance_begin(struct client *c, const json_t *request, const struct now *now);
void run_maintenance_end(struct client *c, const json_t *request, const struct now *now);
/* act.c */
/* The name for the record; false: refused. */
bool request_who(struct client *c, const json_t *request, char who[EVENT_NAME_MAX]);
/* {"ok":true,"done":..,"who":..,"text":..} */
void answer_done(struct client *c, size_t done, const char *who, const char *text);
void run_reload(struct client *c, const json_t *request, const struct now *now);
void run_noc_resend(struct client *c, const json_t *request, const struct now *now);
void run_noc_test(struct client *c, const json_t *request, const struct now *now);
/* The answer to what took a while: {"ok":true,"lines":[..]}, or refused, with lines. */
void answer_waiting(struct client *c, bool good, const char *text);
void run_reset(struct client *c, const json_t *request, const struct now *now);

#endif

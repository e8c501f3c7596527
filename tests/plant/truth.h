/*
 * The truth log: one JSON object a line, each line written at once. What is in it was so; what a
 * device shows on its wire was in it before.
 */
#ifndef PLANT_TRUTH_H
#define PLANT_TRUTH_H

#include "device.h"

/* Opens (and empties) the log at path. False: errno says why; EWOULDBLOCK: another plant has it. */
bool truth_open(const char *path);
void truth_close(void);

/* Point i of d holds this raw value from now on. */
void truth_value(const struct device *d, size_t i, int64_t raw);

/* A fault of d begins or ends. amount: milliseconds, permille, metres; NULL: none. */
void truth_fault(const struct device *d, const char *fault, bool begins, const char *amount);

/* The same of the serial bus. */
void truth_bus(const char *fault, bool begins, const char *amount);

/* Something was done to d that is no fault: a door was opened. */
void truth_action(const struct device *d, const char *action);

/* A badge record was made by d. */
void truth_record(const struct device *d, const struct access_record *r);

/* Something in a story: begin, step, end or stop; says: what, as a sentence without quotes. */
void truth_story(const char *story, const char *state, const char *says);

/* The counters of d, as they stand. */
void truth_counters(const struct device *d);

/* The start of the run. */
void truth_start(uint64_t seed, double speed);

/* The speed of the simulated time from now on. */
void truth_speed(double speed);

#endif

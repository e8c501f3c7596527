/* What can happen in the room: the words of plantctl for it, as a table. */
#ifndef PLANT_SCENARIO_H
#define PLANT_SCENARIO_H

#include "plant.h"

struct scenario {
	enum plant_device device;
	const char *action;
	const char *usage; /* its arguments, for people; "" if none */
	int args_min, args_max;
	/* Does it. args: the words after the action. NULL: done; else why it cannot be. */
	const char *(*apply)(struct plant *p, enum plant_device device, int n, char **args);
	bool is_fault;    /* goes to the truth log as a fault that lasts until restored */
	const char *ends; /* fault that it ends, or NULL */
};

/* All rows; n: how many. */
const struct scenario *scenarios(size_t *n);

/* Carries out one row, logs it. NULL: done; else why not. */
const char *scenario_apply(struct plant *p, const struct scenario *s, int n, char **args);

/* Ends all that was done to a device: the room's side of it. */
void scenario_restore(struct plant *p, enum plant_device device);

/* Names of the faults of a device that stand, with a blank before each, appended to text. */
void scenario_list(enum plant_device device, char *text, size_t size);

#endif

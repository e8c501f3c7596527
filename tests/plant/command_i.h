/* Inside of the commands: one call of plantctl, and the commands of SNMP devices. */
#ifndef PLANT_COMMAND_I_H
#define PLANT_COMMAND_I_H

#include "command.h"

enum { WORDS_MAX = 8 };

#define LIE_USAGE "lie oid|request-id|type|short|order"

/* The words of a command and where its answer goes. */
struct call {
	struct plant *plant;
	int n;
	char *words[WORDS_MAX];
	char *reply;
	size_t used;
};

/* Appends to the answer. */
void say(struct call *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The word of a lie, as truth log and status have it too. */
const char *lie_word(enum snmp_lie lie);

/* Has the device lie, or not any more; logs the change. */
void wire_lie(struct device *d, enum snmp_lie lie);

/* NAME lie WORD */
void run_lie(struct call *c, struct device *d);

/* NAME trap WORD */
void run_trap(struct call *c, const struct device *d);

#endif

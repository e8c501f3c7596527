/* Inside of the commands: one call of plantctl, and the commands of SNMP devices. */
#ifndef PLANT_COMMAND_I_H
#define PLANT_COMMAND_I_H

#include "command.h"
#include "plant.h"

enum { WORDS_MAX = 8 };

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
const char *lie_word(enum lie lie);

/* Has the device lie, or not any more; logs the change. */
void wire_lie(struct device *d, enum lie lie);

/* NAME lie WORD */
void run_lie(struct call *c, struct device *d);

/* rs485 echo|speed|twin WORD */
void run_bus(struct call *c);
/* Ends what run_bus() did to the wire of d. */
void restore_bus(struct plant *p, const struct device *d);

/* story list|stop|NAME */
void run_story(struct call *c);

/* NAME trap WORD */
void run_trap(struct call *c, const struct device *d);

#endif

/* What the files of one polled device share; nobody else includes it. */
#ifndef DRIVERS_SNMP_DEVICE_I_H
#define DRIVERS_SNMP_DEVICE_I_H

#include "base/log.h"
#include "drivers/snmp/batch.h"
#include "drivers/snmp/device.h"
#include "drivers/snmp/shun.h"
#include "drivers/snmp/walk.h"

struct device {
	const struct device_spec *spec;
	struct mailbox *answers;
	struct asker *asker;
	struct batch batch;
	struct shun_list shuns;
	const struct oid *mute; /* began a GET whose silence was a whole baton's; NULL: none */
	bool heard_since;       /* the device answered something else after it */

	struct baton *baton;  /* being worked on */
	struct mail *waiting; /* those after it */
	bool *settled;        /* per ask of the baton: not to be asked (again) */
	size_t settled_room;
	size_t *flight; /* asks in the GET that is out; room for the largest batch */
	size_t flight_count;
	const struct oid **names; /* of them, while the question is made */
	struct walk_step *walk;   /* made at the first */
	bool walking;             /* the question that is out is a step of the walk of flight[0] */
	struct batch bulk;        /* rows in a GETBULK */
	unsigned repetitions;     /* of the one that is out */
	mono_t deadline;
	int silences; /* in a row */
	bool heard;   /* the device answered something in this baton */

	enum device_condition condition;
	char text[192];
	struct fault_log fault;
	int lost_batons;
	uint64_t refused, garbled;
};

/* device.c: this ask of the baton has its answer, or never gets one. */
void device_settle(
    struct device *d, size_t ask, enum answer_status status, uint8_t code, mono_t now);
/* The baton goes home, and the next one is begun. */
void device_home(struct device *d, mono_t now);

/* device_ask.c: the next question of the baton; home with it where nothing or no time is left. */
void device_ask(struct device *d, mono_t now);
/* Of the question that is out: what learns its size, and that size. */
struct batch *device_batch_out(struct device *d);
unsigned device_size_out(const struct device *d);

/* device_answer.c: what came of the question; an asker_fn, arg: the device. */
void device_answered(void *arg, const struct asker_answer *a, const struct now *now);

#endif

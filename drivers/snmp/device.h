/*
 * One polled device: works through its batons, one GET at a time, in batches of a size that the
 * device takes. Core thread.
 */
#ifndef DRIVERS_SNMP_DEVICE_H
#define DRIVERS_SNMP_DEVICE_H

#include "base/mailbox.h"
#include "drivers/snmp/asker.h"
#include "model/baton.h"

struct device;

/*
 * spec->snmp is set. spec, answers and what versions 1 and 2c share outlive the device. NULL with a
 * sentence in err.
 */
struct device *device_open(const struct device_spec *spec, struct communities *communities,
    struct mailbox *answers, char *err, size_t err_size);
/* Batons that are here go home first. */
void device_close(struct device *d);

/* The baton goes home through the mailbox, once, whatever happens. */
void device_submit(struct device *d, struct baton *b);

enum device_condition {
	DEVICE_NOT_ASKED,
	DEVICE_ANSWERS,
	DEVICE_SILENT,
	DEVICE_GARBLES,
	DEVICE_DENIES,
	DEVICE_UNREACHABLE,
	DEVICE_CONDITION_COUNT
};

struct device_report {
	enum device_condition condition;
	const char *text; /* for people; "" while not asked */
	uint64_t refused; /* objects and questions that the device refused */
	uint64_t garbled; /* answers that fitted no question, and unreadable messages */
	unsigned batch;   /* variables in a GET, at present */
	struct peer_stats wire;
};
void device_report(const struct device *d, struct device_report *out);

#endif

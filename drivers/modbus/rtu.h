/*
 * Modbus RTU, private: the port (rtu_port.c) and what is asked through it (rtu.c).
 * Everything here is the link thread's, except rtu_port_setup() and rtu_port_shut().
 */
#ifndef DRIVERS_MODBUS_RTU_H
#define DRIVERS_MODBUS_RTU_H

#include "drivers/modbus/fence.h"
#include "drivers/modbus/frame.h"
#include "drivers/modbus/link.h"

#define SILENT_GAPS   5     /* times t3.5 until a line that went wrong counts as silent */
#define SILENT_MIN_US 20000 /* a USB adapter hands bytes over every 16 ms (FTDI default) */
#define LATE_MAX_US   INT64_C(5000000)

/* What is remembered of a unit on the bus. */
struct slave {
	const struct device_spec *device;
	struct fence fence;
	int64_t good_us; /* longest good reply, forgotten slowly */
	int64_t late_us; /* longest late reply, forgotten by a quarter at each fence passed */
	mono_t asked;    /* the latest question that got no good reply */
	bool silent;     /* it got none at all */
	mono_t heard;    /* the latest reply that came too late */
	mono_t late_at;
	struct fault_log late;
};

struct rtu {
	int64_t char_us, gap_us;
	int64_t silent_us; /* SILENT_GAPS, at least SILENT_MIN_US */
	mono_t active;     /* the line was in use until then */
	int lock_fd;       /* the port a second time, flock()ed while it is ours; or -1 */
	bool opened;       /* at least once */
	mono_t next_open;
	int64_t backoff_ms;
	struct slave *units[JOBS_UNITS]; /* NULL: not ours */
	uint8_t asked_unit;              /* the latest */

	/* What came unasked in the latest drain, from its first byte: to tell whose it was. */
	uint8_t stray[FRAME_MAX_BYTES];
	size_t stray_bytes;
	mono_t stray_at;
};

static inline mono_t
mono_add_us(mono_t t, int64_t us)
{
	return (mono_t){t.us + us};
}

/* false: the settings cannot work, a sentence in err. */
bool rtu_port_setup(struct link *l, char *err, size_t err_size);
void rtu_port_shut(struct link *l);

/* true: open. Otherwise tries, but not more often than the back-off allows. */
bool rtu_port_open(struct link *l);
/*
 * The port is gone or cannot be opened; closes it. what: "cannot open", "lost". err: an errno, 0
 * where `what` says it all.
 */
void rtu_port_lost(struct link *l, const char *what, int err);

/*
 * Throws away what comes until the line has been silent for silence_us, for bound_us at most.
 * Gives the number of bytes (counted up to FRAME_MAX_BYTES). The port may be lost afterwards.
 */
size_t rtu_drain(struct link *l, int64_t silence_us, int64_t bound_us);

/* Bytes at p that no question waited for, first seen at `at`: late replies, or unasked ones. */
void rtu_stray(struct link *l, const uint8_t *p, size_t n, mono_t at);

/* Brings health.dirty up to date. */
void rtu_show_dirty(struct link *l);

#endif

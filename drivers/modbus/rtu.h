/*
 * Modbus RTU, private: what carries the frames (rtu_serial.c, rtu_tcp.c), what both have in common
 * (rtu_port.c), what comes unasked (rtu_line.c), and what is asked (rtu.c).
 * Everything here is the link thread's, except setup and shut.
 *
 * Over TCP the frames are the same, and so is the danger: a serial server hands a late reply to
 * whatever connection there is, so a new connection cleans nothing and the fences stay up.
 */
#ifndef DRIVERS_MODBUS_RTU_H
#define DRIVERS_MODBUS_RTU_H

#include "drivers/modbus/dial.h"
#include "drivers/modbus/doubt.h"
#include "drivers/modbus/fence.h"

#define SILENT_GAPS   5     /* times t3.5 until a line that went wrong counts as silent */
#define SILENT_MIN_US 20000 /* a USB adapter hands bytes over every 16 ms (FTDI default) */
#define LATE_MAX_US   INT64_C(5000000)

/* What is remembered of a unit on the bus. */
struct slave {
	const struct device_spec *device;
	struct fence fence;
	unsigned doubt;  /* so many of its next replies are not believed at the first reading */
	int64_t good_us; /* longest good reply, forgotten slowly */
	int64_t late_us; /* longest late reply, forgotten by a quarter at each fence passed */
	mono_t asked;    /* the latest question that got no good reply */
	bool silent;     /* it got none at all */
	mono_t patient;  /* no verdict yet: it is left alone until then, its reply may still come */
	mono_t heard;    /* the latest reply that came too late */
	mono_t late_at;
	struct fault_log late;
};

/* What carries the frames. */
struct rtu_carrier {
	bool is_serial;
	/* Checks the settings; makes l->ctx, the times and the place. false: a sentence in err. */
	bool (*setup)(struct link *l, char *err, size_t err_size);
	/* Sets l->fd and says how it is open. false: rtu_port_lost() was called, or l->stopping. */
	bool (*open)(struct link *l, mono_t deadline, char *text, size_t size);
	/* Also where it is not open. */
	void (*close)(struct link *l);
	/* It ended while it was open: is that no fault, and may it be opened again at once? */
	bool (*excused)(struct link *l);
};
extern const struct rtu_carrier rtu_serial, rtu_tcp;

struct rtu {
	const struct rtu_carrier *carrier;
	char place[128]; /* for people: a device path, or address and port */
	int64_t char_us, gap_us;
	int64_t reply_char_us; /* char_us where bytes come one by one; 0: in segments */
	int64_t silent_us;     /* SILENT_GAPS, at least SILENT_MIN_US */
	mono_t active;         /* the line was in use until then */
	int lock_fd;         /* serial: the port a second time, flock()ed while it is ours; or -1 */
	struct dial dial;    /* TCP */
	uint64_t replies;    /* since it was opened */
	bool answered;       /* some unit did, ever */
	size_t devices;      /* units on this link */
	size_t drops;        /* TCP: connections in a row that ended without a reply */
	unsigned unanswered; /* questions in a row after which not one byte came */
	bool opened;         /* at least once */
	mono_t next_open;
	int64_t backoff_ms;
	struct slave *units[JOBS_UNITS]; /* NULL: not ours */
	uint8_t asked_unit;              /* the latest */
	unsigned strange; /* somebody spoke unasked: silence is wanted behind so many replies */
	uint8_t reading[DOUBT_BYTES_MAX]; /* data of the latest good reply */

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

/*
 * Takes one reply to a device identification from the port, which ends where its objects end;
 * `frame` has room for FRAME_MAX_BYTES. OK: whole, of a right CRC and of this unit; *n is its
 * length.
 */
struct verdict rtu_take_identity(
    struct link *l, uint8_t unit, mono_t deadline, uint8_t *frame, size_t *n);

/* false: the settings cannot work, a sentence in err. */
bool rtu_port_setup(struct link *l, const struct rtu_carrier *carrier, char *err, size_t err_size);
void rtu_port_shut(struct link *l);

/*
 * true: open. Otherwise tries until the deadline, but not more often than the back-off allows. A
 * port that was opened anew has all fences up.
 */
bool rtu_port_open(struct link *l, mono_t deadline);
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

/* Trouble was seen that may come of this unit or its wire (NULL: of anybody on the bus). */
void rtu_doubt(struct link *l, struct slave *u);

/* Brings health.dirty up to date. */
void rtu_show_dirty(struct link *l);

#endif

/*
 * A Modbus link: one fiber of a thread (engine.h) that is the bus. Private to drivers/modbus.
 *
 * Batons come in by the engine's mail, wait in `jobs`, and go home through env.answers; the fiber
 * serves one question at a time (link.c) and leaves the wire to rtu.c or tcp.c. It waits in one
 * place only, link_wait(), which also sees new batons and the wish to stop: so closing a link never
 * waits for a device.
 *
 * libmodbus 3.1.6 is used for the port settings, RTU framing and CRC, and the reception of a
 * frame; never for waiting (its select() cannot be woken), never for connecting (it blocks and
 * reports a timeout as EINPROGRESS) and never for recovery (MODBUS_ERROR_RECOVERY_NONE: the other
 * modes hide late replies or hang).
 */
#ifndef DRIVERS_MODBUS_LINK_H
#define DRIVERS_MODBUS_LINK_H

#include "base/log.h"
#include "drivers/driver.h"
#include "drivers/modbus/engine.h"
#include "drivers/modbus/frame.h"
#include "drivers/modbus/jobs.h"
#include "drivers/modbus/pace.h"

#include <modbus.h>
#include <pthread.h>
#include <sys/socket.h>

/* What came of one question. */
struct reply {
	enum answer_status status; /* NONE: the link is being closed */
	uint8_t code;
	int32_t took_us;
	bool give_up;   /* the rest of the baton is not asked: the device had its chance */
	bool early;     /* TIMEOUT before the profile's: to be asked once more, never an answer */
	bool unit_only; /* with NO_LINK: another unit may still answer on this link */
	mono_t hold; /* not 0: not asked, the unit must be left alone until then; status is NONE */
};

/* What is known of one unit id, whatever the wire. The thread's own, but for `shown`. */
struct member {
	struct pace pace;
	struct slave_health health;
	struct slave_health shown; /* copy of `health`, under the link's lock */
};

struct rtu;
struct tcp;

struct link {
	struct link_env env;
	const struct link_spec *spec;
	const struct wire *wire;

	/* Shared. */
	struct engine *engine;
	struct link_mail start, stop;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct link_health shown; /* copy of `health`, under `lock` */
	bool gone;                /* its fiber has ended, under `lock` */
	struct timespec stop_at;  /* it was asked to end then; 0: not yet. Core thread */

	/* The thread's own from here on. */
	struct fiber fiber;
	bool stopping;
	struct jobs jobs;
	struct member *members[JOBS_UNITS]; /* by unit id; NULL: not ours */
	mono_t grace;                       /* what dead units have used up, see link.c */
	struct link_health health;
	struct fault_log fault;  /* the link is down */
	struct fault_log misuse; /* a question that the protocol does not know */
	uint8_t trouble_unit;    /* whose trouble health.text tells of */
	char state_text[160];    /* what health.text says without trouble */
	modbus_t *ctx;
	int fd; /* of ctx, or -1 */
	struct rtu *rtu;
	struct tcp *tcp;
};

/* What differs between a bus and a connection. All but setup and shut run in the link's thread. */
struct wire {
	bool shares; /* one thread carries all links of this kind */
	/* Core thread, before the thread runs. false: a sentence in err. */
	bool (*setup)(struct link *l, char *err, size_t err_size);
	/* Core thread, after the thread has ended. Also after a setup that failed. */
	void (*shut)(struct link *l);
	/*
	 * Puts one question and brings its reply; on OK the values are in
	 * into->words or ->value. The baton can
	 * be held until `patience`, not longer.
	 */
	void (*ask)(struct link *l, const struct device_spec *d, const struct ask *ask,
	    mono_t patience, struct answer *into, struct reply *out);
	/* Nothing to ask: does what the wire needs. Gives when it wants to be called again. */
	mono_t (*idle)(struct link *l, mono_t now);
	/* While idle, the descriptor became readable or broke. */
	void (*noise)(struct link *l);
	/* The end: closes what is open, in the thread, since the kernel may hold whoever does. */
	void (*hang_up)(struct link *l);
};

/* What the engine calls: the fiber, a baton for it, and its end. */
void link_main(struct link *l);
void link_take(struct link *l, struct baton *b);
void link_gone(struct link *l);

struct link *link_open(
    const struct link_env *env, const struct wire *wire, char *err, size_t err_size);
void link_submit(struct link *l, struct baton *b);
void link_health(struct link *l, struct link_health *out);
void link_slave(struct link *l, int device, struct slave_health *out);
void link_stop(struct link *l);
void link_close(struct link *l);

/*
 * Sleeps until fd (-1: none) shows one of `events` or the time has come, taking in new batons
 * meanwhile. Looks at fd at least once, also where `until` has passed.
 */
enum waited link_wait(struct link *l, int fd, short events, mono_t until);

/*
 * Makes ctx (NULL: it could not be made, errno says why) the link's, set so that libmodbus never
 * waits and never mends anything by itself. false: a sentence in err.
 */
bool link_take_context(struct link *l, modbus_t *ctx, char *err, size_t err_size);

/* l->fd, or what else was waited for, is going to be closed. */
void link_unwatch(struct link *l);

/* Bytes that wait to be read; 0 or less after WAIT_READY: the other side is gone. */
int link_pending(const struct link *l);

/*
 * The wire is usable / unusable from now on; the text is for people. link_proven(): and it has
 * shown that it works, only then the log says that it is back.
 */
void link_up(struct link *l, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void link_proven(struct link *l);
void link_down(struct link *l, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A device had trouble / is well: for health.text, not logged (the core knows and says so). */
void link_trouble(struct link *l, const struct device_spec *d, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void link_well(struct link *l, const struct device_spec *d);

/* Counts how a question to a unit ended. reply_bytes: of the good reply to it. */
void link_count(struct link *l, struct member *u, const struct verdict *v, size_t reply_bytes);

/*
 * How long to wait for the reply to a question that is put now and takes wire_us on the wire;
 * *early: missing it is no verdict.
 */
int64_t link_timeout_us(
    struct member *u, const struct device_spec *d, int64_t wire_us, bool *early);

/* Has this unit been silent for less than its full timeout, so that nothing may be told of it? */
bool link_is_undecided(const struct member *u, const struct device_spec *d);

#endif

/*
 * The fence: why a late RTU reply can never become the value of another register. Pure.
 *
 * An RTU reply names its unit, its function and its length, but not the register that it answers.
 * After a request that got no (good) reply, a reply may still come. Whatever libmodbus, the kernel
 * or a flush do, it can arrive at any time; so for each unit we keep what may still come
 * (function and length of each unanswered request) and believe nothing from that unit until a
 * *fence read* proves that all of it is behind us. Case by case, for a late reply L of unit A:
 *
 *  - L comes while the line is idle or being drained: read and thrown away. That it came proves
 *    nothing (there may be more), so the fence stays up.
 *  - L comes in the place of another unit's reply: the unit differs and the CRC holds, so it can
 *    only make that transaction fail. The other unit's own reply is then late as well: its fence
 *    goes up too, it is fenced and asked once more.
 *  - L comes in the place of A's fence read: that read asks for a length (or, failing that, with
 *    a function) which no unanswered request of A has, so L differs from what is expected. The
 *    read counts as unanswered in its turn, the next one has another length again.
 *  - The fence read is answered with exactly its length: a device answers in the order in which it
 *    was asked, so everything older has been answered or dropped. The fence comes down.
 *  - The fence read is refused: an exception tells no length. It counts only when no unanswered
 *    request has the same function, otherwise it may belong to one of those.
 *  - L was damaged on the wire: the CRC fails, it counts as unanswered.
 *  - A was dead for so long that every length has been used (or it has one register only): the
 *    fence is worn. Then A is first left alone until nothing has come for longer than its latest
 *    reply took, so that what had piled up has run out; and then ROUNDS reads of drawn lengths in
 *    a row must fit, each with silence behind it: a device that wakes up with a pile of requests
 *    answers them one right after another, in another order.
 *  - The port was just opened: a process before us may have asked. Nobody knows what, so the fence
 *    starts up, and lengths that are asked in ordinary polls do not count as new.
 *
 * What this rests on: a device answers in order, and answers each request at most once. A second,
 * unasked reply is seen as stray bytes and raises the fence as well.
 */
#ifndef DRIVERS_MODBUS_FENCE_H
#define DRIVERS_MODBUS_FENCE_H

#include "model/baton.h"

#define FENCE_KNOWN  8
#define FENCE_SENT   8
#define FENCE_ROUNDS 3

struct fence_limits {
	uint16_t max_registers, max_bits; /* of the device type */
};

struct fence {
	bool up;

	/* private */
	bool stranger;                 /* somebody before us may have asked */
	bool reused, sole;             /* of the fence read that is out: see fence_next() */
	unsigned rounds;               /* that fitted in a row, of reads with a used length */
	uint32_t random;               /* xorshift */
	uint32_t owed[TABLE_COUNT][8]; /* [table] one bit for each length of data 0..255 */
	uint8_t known_count; /* questions that this unit has answered, one for each length */
	struct ask known[FENCE_KNOWN];
	struct {
		uint8_t function, bytes;
		mono_t at;
	} sent[FENCE_SENT]; /* the latest unanswered requests, to learn how late replies are */
	unsigned sent_next;
};

/* Up, for a unit that has just come within reach. seed: anything. Keeps what is known. */
void fence_start(struct fence *f, uint32_t seed);

/* This question was answered well: it may serve as a fence read later. */
void fence_know(struct fence *f, const struct ask *ask);

/* This question was put at `at` and has no good reply: one may still come. Raises the fence. */
void fence_owe(struct fence *f, const struct ask *ask, mono_t at);

/* A reply may still come: not just a newcomer. */
bool fence_is_dirty(const struct fence *f);

/* No new length is left: A must have been left alone before fence_next(). */
bool fence_is_worn(
    const struct fence *f, const struct ask *hint, const struct fence_limits *limits);

/* The next fence read. hint: the question that waits behind the fence. */
void fence_next(
    struct fence *f, const struct ask *hint, const struct fence_limits *limits, struct ask *out);
/* Needs silence after its reply before it counts. */
bool fence_wants_silence(const struct fence *f);
/* What became of the read that fence_next() gave, put at `at`. true: the fence is down. */
bool fence_judge(struct fence *f, const struct ask *ask, enum answer_status status, mono_t at);

/*
 * A late reply of this unit was seen at `now`: p is its function and the byte after it. true: it
 * fits an unanswered request, *late_us is the time since that was put.
 */
bool fence_late(struct fence *f, const uint8_t p[2], mono_t now, int64_t *late_us);

/* Replies are known to be outstanding that have not been seen by fence_late(). */
bool fence_awaits(const struct fence *f);

#endif

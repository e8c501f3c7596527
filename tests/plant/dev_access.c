/*
 * access1: an access controller for two doors, Modbus TCP, input registers (FC 4), addresses from
 * 0. It is of no maker: the makers of controllers with Modbus publish no common map, so this one
 * has what they have. The map for people: firmware-config/profiles/access/README.md.
 *
 *	0      mains                1 there, 0 lost
 *	1      battery              0 good, 1 low, 2 empty
 *	2      battery voltage      0.1 V
 *	3      tamper               1 box open
 *	4, 5   door 1, 2            0 closed, 1 open, 2 forced, 3 held open
 *	6, 7   reader 1, 2          1 answers, 0 does not
 *	8      people inside        as the readers counted them
 *	10-11  newest record        its sequence number, u32, high word first; 0: none yet
 *	12     records in the ring  32
 *	13     registers a record   12
 *	14     firmware             x 0.1: 23 is 2.3
 *	16-17  cards refused        u32, whole life
 *	100-   the ring             record s stands at 100 + ((s - 1) mod 32) x 12
 *
 * A record: sequence u32, time u32 (s since 1970), door u16, result u16, badge u64, an empty
 * register, and last the low word of the sequence again. A record is written from front to back,
 * so that the two differ while it is half written. Once the ring is full the newest record
 * overwrites the oldest, also one that is just being read.
 */
#include "device.h"

enum {
	CONTROLLER_POWER,
	BATTERY_STATE,
	BATTERY_VOLTAGE,
	TAMPER,
	DOOR_1_STATE,
	DOOR_2_STATE,
	READER_1_STATE,
	READER_2_STATE,
	PEOPLE_INSIDE,
	BADGE_SEQUENCE,
	BADGES_REFUSED,
	POINTS
};

static const struct point_def points[] = {
    [CONTROLLER_POWER] = {"controller_power", "", 0, false},
    [BATTERY_STATE] = {"battery_state", "", 0, false},
    [BATTERY_VOLTAGE] = {"battery_voltage", "V", 1, false},
    [TAMPER] = {"tamper", "", 0, false},
    [DOOR_1_STATE] = {"door_1_state", "", 0, false},
    [DOOR_2_STATE] = {"door_2_state", "", 0, false},
    [READER_1_STATE] = {"reader_1_state", "", 0, false},
    [READER_2_STATE] = {"reader_2_state", "", 0, false},
    [PEOPLE_INSIDE] = {"people_inside", "1", 0, false},
    [BADGE_SEQUENCE] = {"badge_sequence", "1", 0, false},
    [BADGES_REFUSED] = {"badges_refused", "1", 0, false},
};
_Static_assert(POINTS <= DEVICE_POINTS_MAX, "points");

enum { RING_ADDRESS = 100, RECORD_WORDS = 12, LAST_WORD = RECORD_WORDS - 1, HALF = 5 };

#define WORD(a, p)                                                                                 \
	{                                                                                          \
		.address = (a), .tables = TABLE_INPUT, .kind = REG_WORD, .point = (p)              \
	}
#define FIXED(a, v)                                                                                \
	{                                                                                          \
		.address = (a), .tables = TABLE_INPUT, .kind = REG_WORD, .point = REG_FIXED,       \
		.fixed = (v)                                                                       \
	}

static const struct reg regs[] = {
    WORD(0, CONTROLLER_POWER),
    WORD(1, BATTERY_STATE),
    WORD(2, BATTERY_VOLTAGE),
    WORD(3, TAMPER),
    WORD(4, DOOR_1_STATE),
    WORD(5, DOOR_2_STATE),
    WORD(6, READER_1_STATE),
    WORD(7, READER_2_STATE),
    WORD(8, PEOPLE_INSIDE),
    FIXED(9, 0),
    {.address = 10, .tables = TABLE_INPUT, .kind = REG_LONG_HI, .point = BADGE_SEQUENCE},
    FIXED(12, ACCESS_RING),
    FIXED(13, RECORD_WORDS),
    FIXED(14, 23),
    FIXED(15, 0),
    {.address = 16, .tables = TABLE_INPUT, .kind = REG_LONG_HI, .point = BADGES_REFUSED},
};

static void
sense(const struct room *room, int64_t *raw)
{
	const struct access_state *a = &room->access;

	raw[CONTROLLER_POWER] = !a->mains_lost && !ups_empty(room);
	raw[BATTERY_STATE] = a->battery_v < 10.8 ? 2 : a->battery_v < 11.8 ? 1 : 0;
	raw[BATTERY_VOLTAGE] = quantise(a->battery_v, 1, 0, 65535);
	raw[TAMPER] = a->tampered;
	for (int i = 0; i < DOOR_COUNT; i++) {
		raw[DOOR_1_STATE + i] = a->door[i];
		raw[READER_1_STATE + i] = !a->reader_lost[i];
	}
	raw[PEOPLE_INSIDE] = a->people;
	raw[BADGE_SEQUENCE] = a->head;
	raw[BADGES_REFUSED] = a->refused;
}

/* Word `at` of a record as it stands in memory. */
static uint16_t
record_word(const struct access_record *r, unsigned at)
{
	const uint64_t parts[RECORD_WORDS] = {r->sequence >> 16, r->sequence, r->time_s >> 16,
	    r->time_s, r->door, r->result, r->badge >> 48, r->badge >> 32, r->badge >> 16, r->badge,
	    0, r->spoilt ? ~r->sequence : r->sequence};

	return (uint16_t)parts[at];
}

static bool
window(const struct room *room, unsigned table, unsigned address, uint16_t *word)
{
	const struct access_state *a = &room->access;
	unsigned at = (address - RING_ADDRESS) % RECORD_WORDS;

	if (table != TABLE_INPUT || address < RING_ADDRESS ||
	    address >= RING_ADDRESS + ACCESS_RING * RECORD_WORDS)
		return false;
	const struct access_record *r = &a->ring[(address - RING_ADDRESS) / RECORD_WORDS];
	bool half = r->sequence == a->head && room->time_s - r->made_s < a->slow_s;
	*word = half && at >= HALF ? 0 : record_word(r, at);
	return true;
}

const struct device_type access_ring = {
    .model = "two-door controller",
    .points = points,
    .n_points = POINTS,
    .sense = sense,
    .summary = "people_inside badge_sequence door_1_state",
    .transport = MODBUS_TCP,
    .regs = regs,
    .n_regs = sizeof regs / sizeof *regs,
    .window = window,
};

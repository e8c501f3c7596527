/*
 * The plan of one poll: which questions bring in the points of one device and one poll class (or
 * its facts), and which question serves which point at which word. Pure.
 *
 * Points that lie near each other are read together. A device may refuse such a read because of a
 * hole in it; then the plan learns: plan_refused() splits the question at its holes, then into
 * single values, and at last marks the one value that the device does not have; plan_rejoin() finds
 * out which of several splits was needed. What was learned stays for the life of the plan. A value
 * of several registers is never split over two questions, so it cannot be torn.
 */
#ifndef CORE_PLAN_H
#define CORE_PLAN_H

#include "core/rooms.h"
#include "model/baton.h"

/* A refused value is asked again after this time, then twice as long, up to the second one. */
#define PLAN_REFUSED_FIRST_MS 60000
#define PLAN_REFUSED_MAX_MS   600000

/* One point or fact: `index` into profile->points or ->facts, `at` is its source. */
struct plan_item {
	const struct source *at;
	uint16_t index;
	uint16_t row; /* 1 + its number in core/rows.h; 0: it is in no row */
};
/* An item that is the label of a row: index is PLAN_LABEL + the row's number in core/rows.h. */
#define PLAN_LABEL 0x8000
/* A row has a point at least, so that the labels have room as well. */
_Static_assert(PROFILE_POINTS_MAX <= PLAN_LABEL && PLAN_LABEL + PROFILE_POINTS_MAX <= UINT16_MAX,
    "an item's index is a point or a label");

/* What a sample of the item is not made without: 1 + the item that the same poll must bring; 0. */
struct plan_needs {
	uint16_t items[3];
};

struct plan_ask {
	struct ask ask;
	mono_t asked;          /* when it last went to the device; 0: never */
	mono_t turn;           /* plan_choose(): the earlier, the sooner it goes */
	mono_t again;          /* refused: not asked before this */
	int32_t pause_ms;      /* refused: the pause that led to `again` */
	uint16_t first, count; /* plan->items[first .. first + count) are served by it */
	uint16_t row;          /* theirs; the questions of a row stand together, its label last */
	uint16_t joint;        /* joined on trial: so many items were the first part's; 0: not */
	uint16_t from;         /* of a label: the value of its row that goes with it next */
	uint8_t fails;         /* times in a row that nothing usable came; stops at 255 */
	uint8_t cuts : 3;      /* of a label: polls that ended before it, less those that did not */
	bool absent : 1;       /* belongs to a row that the device does not have now */
	bool refused : 1;      /* the device has no such register or OID */
	bool proven : 1;       /* was answered as it is */
	bool apart : 1;        /* was split from the one before, perhaps for nothing */
	bool later : 1;        /* plan_choose(): another part of its row goes now */
};

struct plan {
	enum poll_class class; /* POLL_CLASS_COUNT for facts */
	struct plan_item *items;
	size_t item_count;
	struct plan_ask *asks; /* ask_count of ask_room are in use */
	size_t ask_count, ask_room;
	struct room_size *more; /* for item_count of them, taken at a split that needs it */
	size_t word_room;       /* words that all answers together can take, however it is split */
	size_t value_room;      /* the same for SNMP values */
	bool needy;             /* some of its points need others (point_spec.needs) */
	struct plan_needs *needs; /* by item; NULL: none needs another in the same poll */
	uint8_t vain; /* polls in a row that brought only what others need; see VAIN_MAX */
};

/*
 * The plan for the points of one class, or for the facts. Lives in the arena; item_count 0 where
 * the profile has none. Limits are the profile's. A value that is longer than max_registers gets
 * a question of its own nevertheless (the site loader refuses such a profile).
 */
struct rows;
/* rows: of the device, where its tables are asked of it; or NULL. */
struct plan *plan_points(
    struct arena *a, const struct profile *p, enum poll_class class, struct rows *rows);
/* One walk for each table whose rows are asked of the device. */
struct plan *plan_rows(struct arena *a, const struct profile *p);
struct plan *plan_facts(struct arena *a, const struct profile *p);
/*
 * The same for another device of its profile, without rows. Where the values stand is shared; what
 * will be learned is its own. `like` has not learned anything yet, and lives as long.
 */
struct plan *plan_like(struct rooms *rooms, const struct plan *like);

/* Word (register or bit) of the answer to `k` where item `item` (of plan->items) starts. */
static inline size_t
plan_offset(const struct plan *p, size_t k, size_t item)
{
	return (size_t)(p->items[item].at->address - p->asks[k].ask.address);
}

enum plan_verdict {
	PLAN_SPLIT,  /* there are more and smaller questions now: ask again */
	PLAN_REFUSED /* it could not be made smaller: its items do not exist on this device */
};
/*
 * Question k was refused with "no such address". Changes the numbering of questions above k: go
 * through the answers of a poll from the highest k down.
 */
enum plan_verdict plan_refused(struct plan *p, size_t k, mono_t now);
/*
 * Joins two neighbours of an earlier split that were both answered since, as a trial: if the whole
 * is refused, plan_refused() parts them for good. One pair at a time. Changes the numbering: only
 * while no question is out.
 */
void plan_rejoin(struct plan *p);
/* Would plan_refused() split question k? */
bool plan_splits(const struct plan *p, size_t k);
/* Question k cannot be answered by this device at all (no such function): marked without a split.
 */
void plan_mark_refused(struct plan *p, size_t k, mono_t now);
/* Has it anything to ask now? */
bool plan_has_questions(const struct plan *p);
/* The question of exactly this OID is about a row that is there or not, from now on; what was
 * learned about it is forgotten. */
void plan_place(struct plan *p, const struct oid *oid, bool there);
/* Question k really went to the device, whatever came of it. */
void plan_asked(struct plan *p, size_t k, mono_t now);
/*
 * Question k was chosen and did not go: the poll ended before. After all plan_asked() and
 * plan_answered() of this poll that stand before it.
 */
void plan_unreached(struct plan *p, size_t k, mono_t now);
/* Question k was answered, or failed without an answer. */
void plan_answered(struct plan *p, size_t k);
void plan_failed(struct plan *p, size_t k);
/* The device is new or came back: refused values may be asked at once again. */
void plan_forgive(struct plan *p);

/*
 * The questions of the poll that starts now, as indices into p->asks; `which` has room for
 * p->item_count. Those that failed last time come last, so that one bad register never keeps the
 * others from being read; among equals those come first that were not asked for longest, so that
 * none starves when the budget cuts each poll short; the questions of a row go together, its label
 * last; what a question needs in the same poll goes before it, unless the budget has ended many
 * polls in a row before anything else; refused ones are left out until their time. Where polls end
 * again and again before the label of a row, only a part of its values goes with it, in turns. At
 * least one, if the plan has any: an answer of any kind shows that the device lives.
 */
size_t plan_choose(struct plan *p, mono_t now, uint16_t *which);
/*
 * The cheapest question that may well be answered: not refused, then fewest failures, then fewest
 * words. Only for plans with at least one.
 */
size_t plan_probe(const struct plan *p);
/* Is `a` the better of two probes, by the same order? */
bool plan_is_better_probe(const struct plan_ask *a, const struct plan_ask *b);

#endif

/* Rules that look at a wire as a technician would. */
#include "core/doctor.h"

#include "base/lang.h"
#include "base/text.h"
#include "core/sentence.h"

#include <stdio.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/*
 * Fewer failures in a row prove nothing: a plug may just have been moved. In a row, because a unit
 * that died a minute ago has answered well in the rest of the window.
 */
#define ROW_MIN 3
/* Some units refuse a few registers again and again; none refuses so many in a row that is well. */
#define REFUSED_ROW_MIN 10
/*
 * Damage: a healthy RS-485 line loses less than one frame in a thousand, so three in the window
 * are no chance. Where the others lose at least a fifth of the share that the worst one loses, it
 * is the line's; else the unit's own, if that loses more than one answer in twenty.
 */
#define DAMAGED_MIN         3
#define ELSEWHERE_FACTOR    5
#define DAMAGED_OWN_PERCENT 5
/* One late reply is an accident, two are a habit. */
#define LATE_MIN 2
/* The same for whole frames in the wrong place and for connections that end. */
#define STRANGE_MIN 3

/* ---- what is counted ------------------------------------------------------------------------- */

static uint64_t
answered(const struct slave_health *h)
{
	return h->ok + h->refused;
}

static uint64_t
damaged(const struct slave_health *h)
{
	return h->checksum + h->cut + h->mismatch;
}

static bool
is_more_than(uint64_t part, uint64_t whole, unsigned percent)
{
	return part * 100 > whole * percent;
}

/* All slaves of a link together. */
static struct slave_health
sum_of(const struct doctor_link *l)
{
	struct slave_health sum = {0};

	for (size_t i = 0; i < l->count; i++) {
		const struct slave_health *h = &l->slaves[i].recent;

		sum.asked += h->asked;
		sum.ok += h->ok;
		sum.refused += h->refused;
		sum.silent += h->silent;
		sum.cut += h->cut;
		sum.checksum += h->checksum;
		sum.foreign += h->foreign;
		sum.mismatch += h->mismatch;
		sum.echo += h->echo;
		sum.late += h->late;
		sum.long_asked += h->long_asked;
		sum.long_checksum += h->long_checksum;
	}
	return sum;
}

static bool
is_serial(const struct doctor_link *l)
{
	return l->kind == LINK_MODBUS_RTU || l->kind == LINK_MODBUS_RTU_TCP;
}

/* Units that were asked lately, and of which nothing came that could be understood. */
static size_t
failing(const struct doctor_link *l)
{
	size_t n = 0;

	for (size_t i = 0; i < l->count; i++)
		n += l->slaves[i].recent.failed_row >= ROW_MIN;
	return n;
}

/* Slaves other than `but` (NO_INDEX: all) that answer. */
static size_t
talking(const struct doctor_link *l, int but)
{
	size_t n = 0;

	for (size_t i = 0; i < l->count; i++) {
		const struct slave_health *h = &l->slaves[i].recent;

		n += (int)i != but && answered(h) > 0 && h->failed_row < ROW_MIN;
	}
	return n;
}

/* ---- rules about the wire -------------------------------------------------------------------- */

/* Half of what comes is our own, or all of late: an accident of bits cannot do that. */
static bool
is_echo(const struct doctor_link *l)
{
	struct slave_health s = sum_of(l);

	return s.echo >= STRANGE_MIN &&
	       (is_more_than(s.echo, s.asked, 50) || failing(l) == l->count);
}

/* Nobody is understood, and bytes came from each of them at least once since. */
static bool
is_settings(const struct doctor_link *l)
{
	for (size_t i = 0; i < l->count; i++) {
		const struct slave_health *h = &l->slaves[i].recent;

		if (damaged(h) == 0 || h->silent_row >= h->failed_row)
			return false;
	}
	return is_serial(l) && l->count > 0 && failing(l) == l->count;
}

/* With one unit alone it cannot be told from a dead unit. */
static bool
is_nobody(const struct doctor_link *l)
{
	for (size_t i = 0; i < l->count; i++)
		if (l->slaves[i].recent.silent_row < ROW_MIN)
			return false;
	return is_serial(l) && l->count >= 2;
}

/* But the answers of a unit that is late come in the place of others as well. */
static bool
is_stranger(const struct doctor_link *l)
{
	struct slave_health s = sum_of(l);

	return is_serial(l) && s.foreign >= STRANGE_MIN && s.late == 0;
}

/* The unit that loses the greatest share of its answers to damage. */
static struct slave_health
worst_of(const struct doctor_link *l)
{
	struct slave_health worst = {0};

	for (size_t i = 0; i < l->count; i++) {
		const struct slave_health *h = &l->slaves[i].recent;

		if (h->checksum * worst.asked > worst.checksum * h->asked || worst.asked == 0)
			worst = *h;
	}
	return worst;
}

/* It hits the others too, not only one of them; or there is one alone to be hit. */
static bool
is_noise(const struct doctor_link *l)
{
	struct slave_health s = sum_of(l), worst = worst_of(l);
	uint64_t elsewhere = s.checksum - worst.checksum;

	if (!is_serial(l) || s.checksum < DAMAGED_MIN || answered(&s) == 0)
		return false;
	if (l->count == 1)
		return talking(l, NO_INDEX) == 1;
	return elsewhere > 0 && elsewhere * worst.asked * ELSEWHERE_FACTOR >=
				    worst.checksum * (s.asked - worst.asked);
}

static bool
is_overload(const struct doctor_link *l)
{
	return l->load_percent > DOCTOR_BUSY_PERCENT; /* false where it is not known */
}

/* ---- rules about one unit -------------------------------------------------------------------- */

static bool
is_twin(const struct doctor_link *l, size_t i)
{
	const struct slave_health *h = &l->slaves[i].recent;

	return is_serial(l) && damaged(h) >= DAMAGED_MIN && h->checksum > 0 &&
	       is_more_than(damaged(h), h->asked, DAMAGED_OWN_PERCENT) && talking(l, (int)i) >= 1 &&
	       !is_noise(l);
}

/* Nothing at all, while another one answers on this wire or it is the only one. */
static bool
is_dead(const struct doctor_link *l, size_t i)
{
	const struct slave_health *h = &l->slaves[i].recent;

	return h->silent_row >= ROW_MIN && (l->count == 1 || talking(l, (int)i) >= 1);
}

static bool
is_late(const struct doctor_link *l, size_t i)
{
	const struct slave_health *h = &l->slaves[i].recent;

	/* Later than a learned timeout is no habit worth a word: that was unlearned. */
	return h->overdue >= LATE_MIN;
}

static bool
is_refusing(const struct doctor_link *l, size_t i)
{
	const struct slave_health *h = &l->slaves[i].recent;

	return h->refused_row >= REFUSED_ROW_MIN || (h->refused_row >= ROW_MIN && h->ok == 0);
}

static bool
is_mixed_up(const struct doctor_link *l, size_t i)
{
	const struct slave_health *h = &l->slaves[i].recent;
	/* On a serial line a frame of a right CRC; damage is told from it by what else there is. */
	uint64_t wrong = is_serial(l) ? h->mismatch : h->mismatch + h->foreign;

	return wrong >= STRANGE_MIN && h->checksum + h->cut < wrong && h->late == 0 &&
	       !is_twin(l, i);
}

static bool
is_hanging_up(const struct doctor_link *l, size_t i)
{
	return l->kind != LINK_MODBUS_RTU && l->slaves[i].recent.hung_up >= STRANGE_MIN;
}

/* ---- the table ------------------------------------------------------------------------------- */

struct rule {
	const char *word;
	bool (*wire)(const struct doctor_link *l);           /* of the wire as a whole, or */
	bool (*unit)(const struct doctor_link *l, size_t i); /* of one unit */
	bool alone;                                          /* it explains all of the rest */
	const char *text, *evidence, *remedy;
};

static const struct rule rules[DOCTOR_GUESS_COUNT] = {
    [DOCTOR_ECHO] = {.word = "echo",
	.wire = is_echo,
	.alone = true,
	.text = N_("The adapter hears itself: our own requests come back as answers."),
	.evidence = N_("{echo} of {asked} requests came back"),
	.remedy = N_("Switch off the echo of the RS-485 adapter: a jumper or switch, often called "
		     "ECHO or RE. With two wires the receiver must be off while it sends.")},
    [DOCTOR_SETTINGS] = {.word = "settings",
	.wire = is_settings,
	.alone = true,
	.text = N_("Only noise comes back, from every unit: the speed or the parity is not that of "
		   "the devices."),
	.evidence = N_("{damaged} of {asked} answers damaged, lately not one whole"),
	.remedy = N_("Compare baud, parity and stop_bits of the link with the menu of one device; "
		     "all devices on a bus must be set alike. If they are, wires A and B may be "
		     "swapped.")},
    [DOCTOR_NOBODY] = {.word = "nobody",
	.wire = is_nobody,
	.alone = true,
	.text = N_("Not one unit on this wire says a word."),
	.evidence =
	    N_("of {asked} requests to {units} units none was answered lately, not with a byte"),
	.remedy =
	    N_("In this order: is the plug in, do the devices have power, are wires A and B "
	       "swapped, is the speed ({baud} baud) that of the devices, can the adapter send "
	       "(rs485 of the link)?")},
    [DOCTOR_STRANGER] = {.word = "stranger",
	.wire = is_stranger,
	.text = N_("Answers come that we did not ask for: a second master asks on this wire, or a "
		   "unit answers under two numbers."),
	.evidence = N_("{foreign} whole answers of other units in {asked} requests"),
	.remedy = N_("Find the other master (a building management system, a laptop) and take it "
		     "off: a bus has one. Then look for a unit with a wrong number.")},
    [DOCTOR_NOISE] = {.word = "noise",
	.wire = is_noise,
	.text = N_("Some answers are damaged on the way: noise, or a terminator is missing or too "
		   "many."),
	.evidence = N_("{checksum} of {asked} answers with a wrong check sum; of the long ones "
		       "{long_checksum} of {long_asked}"),
	.remedy = N_("120 ohms at both ends of the cable and nowhere else, the shield earthed at "
		     "one end, no branches, no power cable beside it. If long answers suffer most, "
		     "a lower speed helps.")},
    [DOCTOR_OVERLOAD] = {.word = "overload",
	.wire = is_overload,
	.text = N_("The wire is too busy: polls wait for one another and values come late."),
	/* xgettext:no-c-format */
	.evidence = N_("busy {load} % of the last minute; up to 80 % is good"),
	.remedy = N_("Longer poll periods, a higher baud rate for all devices, or a second bus for "
		     "some of them. A unit that does not answer takes time too: see below.")},
    [DOCTOR_TWIN] = {.word = "twin",
	.unit = is_twin,
	.text = N_("{device} alone is damaged: two devices with number {unit}, or its own cable or "
		   "interface is bad."),
	.evidence = N_("{damaged} of {asked} answers damaged, those of the others are well"),
	.remedy = N_("Take {device} off the bus. If unit {unit} still answers, another device has "
		     "its number: give it its own. If not, look at its plug, its branch and its "
		     "interface.")},
    [DOCTOR_DEAD] = {.word = "dead",
	.unit = is_dead,
	.text = N_("{device} does not say a word."),
	.evidence = N_("{silent_row} requests in a row without a byte; others on this wire that "
		       "answer: {others}"),
	.remedy = N_("Has it power? Is its plug in? Is its number still {unit}? A device that was "
		     "replaced often comes with number 1 and another speed.")},
    [DOCTOR_LATE] = {.word = "late",
	.unit = is_late,
	.text = N_("{device} answers, but later than we wait."),
	.evidence = N_("{late} answers came late, one after {late_max} ms; we wait {timeout} ms"),
	.remedy = N_("Raise timeout (under modbus) in its profile above what it needs, or ask "
		     "for less at once (max_registers).")},
    [DOCTOR_REFUSES] = {.word = "refuses",
	.unit = is_refusing,
	.text = N_("{device} answers, but refuses every question."),
	.evidence = N_("{refused_row} exceptions in a row, {ok} values"),
	.remedy =
	    N_("Is it the model and the firmware of its profile? Is {unit} its number and not "
	       "that of a gateway? facilityctl explain shows which exception.")},
    [DOCTOR_MIXED_UP] = {.word = "mixed_up",
	.unit = is_mixed_up,
	.text = N_("{device} sends answers that belong to other questions."),
	.evidence = N_("{mismatch} of {asked} answers of another unit, function, length or "
		       "transaction"),
	.remedy = N_("A gateway that mixes up its clients: give the agent a connection of its own, "
		     "or ask for a newer firmware. None of these answers was believed.")},
    [DOCTOR_HANGS_UP] = {.word = "hangs_up",
	.unit = is_hanging_up,
	.text = N_("{device}: the connection ends instead of an answer."),
	.evidence = N_("{hung_up} times in {asked} requests"),
	.remedy = N_("Many devices take one to four clients: take others off. Behind a gateway, "
		     "look whether unit {unit} is alive.")},
};

const char *
doctor_guess_word(enum doctor_guess g)
{
	return (unsigned)g < DOCTOR_GUESS_COUNT ? rules[g].word : "?";
}

/* ---- sentences ------------------------------------------------------------------------------- */

static void
fill(const char *template, const struct doctor_link *l, int slave, char buf[DOCTOR_TEXT_MAX])
{
	struct slave_health h = slave == NO_INDEX ? sum_of(l) : l->slaves[slave].recent;
	const struct {
		const char *name;
		uint64_t n;
	} numbers[] = {
	    {"asked", h.asked},
	    {"ok", h.ok},
	    {"silent_row", h.silent_row},
	    {"refused_row", h.refused_row},
	    {"checksum", h.checksum},
	    {"damaged", damaged(&h)},
	    {"foreign", h.foreign},
	    {"mismatch", h.mismatch + h.foreign},
	    {"echo", h.echo},
	    {"hung_up", h.hung_up},
	    {"late", h.overdue},
	    {"late_max", (uint64_t)h.late_max_ms},
	    {"timeout", (uint64_t)h.timeout_ms},
	    {"long_asked", h.long_asked},
	    {"long_checksum", h.long_checksum},
	    {"units", l->count},
	    {"others", talking(l, slave)},
	    {"baud", (uint64_t)l->baud},
	    {"load", (uint64_t)(l->load_percent > 0 ? l->load_percent : 0)},
	    {"unit", slave == NO_INDEX ? 0 : (uint64_t)l->slaves[slave].unit},
	};
	char texts[COUNT(numbers)][24];
	struct sentence_piece pieces[COUNT(numbers) + 1];

	for (size_t i = 0; i < COUNT(numbers); i++) {
		snprintf(texts[i], sizeof(texts[i]), "%llu", (unsigned long long)numbers[i].n);
		pieces[i] = (struct sentence_piece){numbers[i].name, texts[i]};
	}
	pieces[COUNT(numbers)] =
	    (struct sentence_piece){"device", slave == NO_INDEX ? "" : l->slaves[slave].device};
	sentence_fill(template, pieces, COUNT(pieces), buf, DOCTOR_TEXT_MAX);
}

static void
tell(const struct doctor_link *l, enum doctor_guess g, int slave, struct doctor_finding *out)
{
	out->guess = g;
	out->slave = slave;
	fill(rules[g].text, l, slave, out->text);
	fill(rules[g].evidence, l, slave, out->evidence);
	fill(rules[g].remedy, l, slave, out->remedy);
}

size_t
doctor_examine(const struct doctor_link *l, struct doctor_finding out[DOCTOR_FINDINGS_MAX])
{
	size_t n = 0;

	for (unsigned g = 0; g < DOCTOR_GUESS_COUNT; g++) {
		const struct rule *r = &rules[g];

		if (r->wire != NULL && r->wire(l) && n < DOCTOR_FINDINGS_MAX) {
			tell(l, (enum doctor_guess)g, NO_INDEX, &out[n++]);
			if (r->alone)
				return n;
		}
		for (size_t i = 0; r->unit != NULL && i < l->count && n < DOCTOR_FINDINGS_MAX; i++)
			if (r->unit(l, i))
				tell(l, (enum doctor_guess)g, (int)i, &out[n++]);
	}
	return n;
}

void
doctor_difference(
    const struct slave_health *later, const struct slave_health *earlier, struct slave_health *out)
{
	*out = *later; /* timeout_ms and late_max_ms are no counts */
	out->asked -= earlier->asked;
	out->ok -= earlier->ok;
	out->refused -= earlier->refused;
	out->silent -= earlier->silent;
	out->cut -= earlier->cut;
	out->checksum -= earlier->checksum;
	out->foreign -= earlier->foreign;
	out->mismatch -= earlier->mismatch;
	out->echo -= earlier->echo;
	out->hung_up -= earlier->hung_up;
	out->late -= earlier->late;
	out->overdue -= earlier->overdue;
	out->long_asked -= earlier->long_asked;
	out->long_checksum -= earlier->long_checksum;
}

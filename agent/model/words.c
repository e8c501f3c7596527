/* The words for everything that has words: one table for each kind. */
#include "base/lang.h"
#include "model/alarm.h"
#include "model/baton.h"
#include "model/event.h"
#include "model/label.h"
#include "model/quality.h"
#include "model/site.h"

#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const char *
word_of(const char *const *words, size_t count, size_t i)
{
	return i < count ? words[i] : "?";
}

static const char *const quality_words[] = {
    [QUALITY_NEVER] = N_("never_read"),
    [QUALITY_GOOD] = N_("good"),
    [QUALITY_STALE] = N_("stale"),
    [QUALITY_BAD] = N_("bad"),
    [QUALITY_COMM_LOST] = N_("comm_lost"),
    [QUALITY_SUBSTITUTED] = N_("substituted"),
};
_Static_assert(COUNT(quality_words) == QUALITY_COUNT, "a quality without a word");

const char *
quality_word(enum quality q)
{
	return word_of(quality_words, COUNT(quality_words), q);
}

static const struct {
	const char *word, *phrase;
} defects[] = {
    [DEFECT_NONE] = {"", ""},
    [DEFECT_SENTINEL] = {"sentinel", N_("no sensor (the device reports its placeholder)")},
    [DEFECT_RANGE] = {"out_of_range", N_("outside what is physically possible here")},
    [DEFECT_TYPE] = {"wrong_type", N_("the answer is not a number")},
    [DEFECT_REFUSED] = {"refused", N_("the device does not have this register or OID")},
    [DEFECT_UNKNOWN_WORD] = {"unknown_state", N_("a state that the profile does not know")},
    [DEFECT_NOT_VALID] = {"not_valid", N_("it means nothing while another point is as it is")},
    [DEFECT_NO_SCALE] = {"no_scale", N_("the device does not tell its scale")},
    [DEFECT_RESTART] = {"counter_restart", N_("the counter began anew; the next reading counts")},
    [DEFECT_NO_ROW] = {"no_row", N_("the device does not have this row any more")},
};
_Static_assert(COUNT(defects) == DEFECT_COUNT, "a defect without a word");

const char *
defect_word(enum defect d)
{
	return d < DEFECT_COUNT ? defects[d].word : "?";
}

const char *
defect_phrase(enum defect d)
{
	return d < DEFECT_COUNT ? _(defects[d].phrase) : "?";
}

static const char *const priority_words[] = {
    [PRIORITY_LOW] = N_("low"),
    [PRIORITY_MEDIUM] = N_("medium"),
    [PRIORITY_HIGH] = N_("high"),
    [PRIORITY_CRITICAL] = N_("critical"),
};
_Static_assert(COUNT(priority_words) == PRIORITY_COUNT, "a priority without a word");

const char *
priority_word(enum priority p)
{
	return word_of(priority_words, COUNT(priority_words), p);
}

static const char *const event_type_words[] = {
    [EVENT_ALARM] = "alarm",
    [EVENT_DEVICE] = "device",
    [EVENT_OPERATOR] = "operator",
    [EVENT_SYSTEM] = "system",
    [EVENT_TRAP] = "trap",
    [EVENT_ACCESS] = "access",
    [EVENT_GAP] = "gap",
};
_Static_assert(COUNT(event_type_words) == EVENT_TYPE_COUNT, "an event type without a word");

const char *
event_type_word(enum event_type t)
{
	return word_of(event_type_words, COUNT(event_type_words), t);
}

static const char *const alarm_phase_words[] = {
    [ALARM_NORMAL] = N_("normal"),
    [ALARM_UNACKNOWLEDGED] = N_("unacknowledged"),
    [ALARM_ACKNOWLEDGED] = N_("acknowledged"),
    [ALARM_RETURNED] = N_("returned_unacknowledged"),
    [ALARM_LATCHED_UNACKNOWLEDGED] = N_("latched_unacknowledged"),
    [ALARM_LATCHED_ACKNOWLEDGED] = N_("latched_acknowledged"),
    [ALARM_SUPPRESSED] = N_("suppressed"),
    [ALARM_SHELVED] = N_("shelved"),
    [ALARM_OUT_OF_SERVICE] = N_("out_of_service"),
};
_Static_assert(COUNT(alarm_phase_words) == ALARM_PHASE_COUNT, "an alarm phase without a word");

const char *
alarm_phase_word(enum alarm_phase p)
{
	return word_of(alarm_phase_words, COUNT(alarm_phase_words), p);
}

enum alarm_phase
alarm_phase_find(const char *word)
{
	for (size_t i = 0; i < COUNT(alarm_phase_words); i++)
		if (strcmp(word, alarm_phase_words[i]) == 0)
			return (enum alarm_phase)i;
	return ALARM_PHASE_COUNT;
}

static const char *const answer_status_words[] = {
    [ANSWER_NONE] = N_("not asked"),
    [ANSWER_OK] = N_("ok"),
    [ANSWER_REFUSED] = N_("refused"),
    [ANSWER_TIMEOUT] = N_("timeout"),
    [ANSWER_GARBLED] = N_("garbled"),
    [ANSWER_NO_LINK] = N_("no link"),
    [ANSWER_DENIED] = N_("denied"),
};
_Static_assert(COUNT(answer_status_words) == ANSWER_STATUS_COUNT, "an answer without a word");

const char *
answer_status_word(enum answer_status s)
{
	return word_of(answer_status_words, COUNT(answer_status_words), s);
}

static const char *const link_kind_words[] = {
    [LINK_MODBUS_RTU] = "modbus-rtu",
    [LINK_MODBUS_RTU_TCP] = "modbus-rtu-tcp",
    [LINK_MODBUS_TCP] = "modbus-tcp",
    [LINK_SNMP] = "snmp",
    [LINK_GPIO] = "gpio",
};
_Static_assert(COUNT(link_kind_words) == LINK_KIND_COUNT, "a link kind without a word");

const char *
link_kind_word(enum link_kind k)
{
	return word_of(link_kind_words, COUNT(link_kind_words), k);
}

const char *
language_code(enum language l)
{
	return l == LANGUAGE_JA ? "ja" : "en";
}

const char *
label_text(const struct label *l, enum language lang)
{
	if (lang == LANGUAGE_JA && l->ja != NULL)
		return l->ja;
	return l->en != NULL ? l->en : "";
}

const struct word *
word_find(const struct word *words, size_t count, int64_t raw)
{
	for (size_t i = 0; i < count; i++)
		if (words[i].raw == raw)
			return &words[i];
	return NULL;
}

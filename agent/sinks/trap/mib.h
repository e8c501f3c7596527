/*
 * Events as notifications of firmware-config/mib/FACILITY-MIB.txt. Pure.
 *
 * PLACEHOLDER: MIB_ARM is not ours. It is the "playpen" of Net-SNMP (enterprises 8072.9999.9999),
 * until somebody asks IANA for a number. It stands here and at facilityMIB in the MIB file, and
 * nowhere else; change both in one commit.
 */
#ifndef SINKS_TRAP_MIB_H
#define SINKS_TRAP_MIB_H

#include "base/text.h"
#include "drivers/snmp/notify.h"
#include "model/event.h"

#define MIB_ARM 1, 3, 6, 1, 4, 1, 8072, 9999, 9999, 4211

#define MIB_VARBINDS_MAX 20

struct mib_message {
	struct oid trap;
	struct varbind varbinds[MIB_VARBINDS_MAX];
	size_t count;
	/* what varbinds point to, beside the event itself */
	char time[WALL_TEXT_MAX];
	char number[NUMBER_TEXT_MAX];
	uint32_t list, listed;
};

/*
 * Fills in out, which then points into itself, e, epoch and site: it must not be moved, and is good
 * as long as these are.
 */
void mib_message(
    const struct event *e, const char *epoch, const char *site, struct mib_message *out);

/* The same for facilityTest: only times, text and who of e are used. */
void mib_test(const struct event *e, const char *epoch, const char *site, struct mib_message *out);
enum mib_list { MIB_LIST_BEGIN, MIB_LIST_ALARM, MIB_LIST_END, MIB_LIST_COUNT };
/*
 * Of the list of alarms: its begin and end (times, seq, text, who of e), or one alarm as
 * core_alarm_event() gives it. number: of the list; listed: alarms in it so far, with this one.
 */
void mib_list(enum mib_list kind, const struct event *e, uint32_t number, uint32_t listed,
    const char *epoch, const char *site, struct mib_message *out);
/* For facilityHeartbeat: times, seq and text. */
void mib_heartbeat(
    const struct event *e, const char *epoch, const char *site, struct mib_message *out);

#endif

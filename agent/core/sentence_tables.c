/* The templates of all sentences. Other languages: firmware-config/locale/. */
#include "core/sentence_tables.h"

#include "base/lang.h"

const char *const sentence_raised[RULE_KIND_COUNT] = {
    [RULE_HIGH] = N_("{device}: {point} {value} is above {limit}."),
    [RULE_LOW] = N_("{device}: {point} {value} is below {limit}."),
    [RULE_EQUALS] = N_("{device}: {title} ({point}: {value})."),
    [RULE_DIFFERS] = N_("{device}: {title} ({point}: {value}, not {limit})."),
    [RULE_MISSING] = N_("{device}: {point} has no good value: {why}."),
    [RULE_STUCK] = N_("{device}: {point} stands still at {value}."),
    [RULE_EXPR] = N_("{device}: {title} ({when})."),
    [RULE_DEVICE_LOST] = N_("{device} does not answer on {where}: {why}."),
};

const char *const sentence_raised_for[RULE_KIND_COUNT] = {
    [RULE_HIGH] = N_("{device}: {point} {value} is above {limit} for {for}."),
    [RULE_LOW] = N_("{device}: {point} {value} is below {limit} for {for}."),
    [RULE_EQUALS] = N_("{device}: {title} ({point}: {value} for {for})."),
    [RULE_DIFFERS] = N_("{device}: {title} ({point}: {value}, not {limit} for {for})."),
    [RULE_MISSING] = N_("{device}: {point} has no good value for {for}: {why}."),
    [RULE_STUCK] =
	N_("{device}: {point} has stood still at {value} for {for}: the sensor may be dead."),
    [RULE_EXPR] = N_("{device}: {title} ({when} for {for})."),
    [RULE_DEVICE_LOST] = NULL, /* its delay is the failed polls, which {why} counts */
};

const char *const sentence_returned[RULE_KIND_COUNT] = {
    [RULE_HIGH] = N_("{device}: {point} is back at {value} (limit {limit})."),
    [RULE_LOW] = N_("{device}: {point} is back at {value} (limit {limit})."),
    [RULE_EQUALS] = N_("{device}: {title} is over ({point}: {value})."),
    [RULE_DIFFERS] = N_("{device}: {title} is over ({point}: {value})."),
    [RULE_MISSING] = N_("{device}: {point} has a good value again: {value}."),
    [RULE_STUCK] = N_("{device}: {point} moves again: {value}."),
    [RULE_EXPR] = N_("{device}: {title} is over ({when})."),
    [RULE_DEVICE_LOST] = N_("{device} answers again on {where}."),
};

const char *const sentence_any_rule[SENTENCE_KIND_COUNT] = {
    [SENTENCE_RAISED] = NULL,
    [SENTENCE_RETURNED] = NULL,
    [SENTENCE_LATCHED] = NULL,
    [SENTENCE_ACKNOWLEDGED] = N_("{device}: \"{title}\" acknowledged by {who}."),
    [SENTENCE_RESET] = N_("{device}: \"{title}\" reset by {who}."),
    [SENTENCE_SUPPRESSED] =
	N_("{device} does not answer on {where}, because {cause} does not answer either."),
    [SENTENCE_RELEASED] = N_("{device} does not answer on {where}, although {cause} does: {why}."),
    [SENTENCE_WATCHES] = N_("{device}: watching for \"{title}\", that is {when}."),
    [SENTENCE_SHELVED] = N_("{device}: \"{title}\" is shelved until {until} ({reason})."),
    [SENTENCE_OUT_OF_SERVICE] =
	N_("{device}: \"{title}\" is put aside until {until}, for maintenance ({reason})."),
};
_Static_assert(RULE_KIND_COUNT == 8 && SENTENCE_KIND_COUNT == 10, "a sentence for each is needed");

const char *const sentence_silence[ANSWER_STATUS_COUNT] = {
    [ANSWER_NONE] = N_("it has not been asked since the agent started"),
    [ANSWER_OK] = "",
    [ANSWER_REFUSED] = N_("the gateway cannot reach it (exception {code}), {polls}"),
    [ANSWER_TIMEOUT] = N_("no reply in {timeout}, {polls}"),
    [ANSWER_GARBLED] = N_("only damaged replies, {polls}"),
    [ANSWER_NO_LINK] = N_("the link itself is down (port or connection), {polls}"),
    [ANSWER_DENIED] = N_("it is there, but does not accept our user name or passphrases, {polls}"),
};

const char *const sentence_no_value[QUALITY_COUNT] = {
    [QUALITY_NEVER] = N_("it could not be read yet"),
    [QUALITY_GOOD] = N_("it came back just now"),
    [QUALITY_STALE] = N_("the last reading is too old"),
    [QUALITY_BAD] = N_("the answer is no measurement"),
    [QUALITY_COMM_LOST] = N_("the device does not answer"),
    [QUALITY_SUBSTITUTED] = N_("it was put in by hand"),
};

const char *const sentence_maintenances[MAINTENANCE_SENTENCE_COUNT] = {
    [MAINTENANCE_BEGINS] = N_("{device} is in maintenance until {until} ({reason}): its values are "
			      "shown, but its alarms call nobody until then."),
    [MAINTENANCE_PROLONGED] =
	N_("{device} stays in maintenance; it ends at {until} now ({reason})."),
    [MAINTENANCE_ENDS_SOON] = N_("The maintenance of {device} ends at {until} ({reason}). What is "
				 "wrong then is raised; begin it again if you need longer."),
    [MAINTENANCE_ENDED] =
	N_("The maintenance of {device} was ended by {who}: its alarms call again."),
    [MAINTENANCE_OVER] =
	N_("The time of the maintenance of {device} is over: its alarms call again."),
    [MAINTENANCE_UNPLANNED] =
	N_("The site file plans no maintenance of {device} for now any more: its "
	   "alarms call again."),
};

const struct sentence_phrases sentence_phrases = {
    .online = N_("{device} answers on {where}."),
    .online_again = N_("{device} answers again on {where} after {away}."),
    .identity = N_("{device} is not the same as before: {changes}. Was it replaced or updated?"),
    .unwatched = N_("{device}/{alarm} is no longer watched: the site has it no more."),
    .unit = N_("{link} (unit {unit})"),
    .terminals = N_("the terminals of the board"),
    .no_line = N_("none of its lines can be seen, {polls}"),
    .no_way = N_("nobody listens at that address, or there is no way to it, {polls}"),
    .wire_dead =
	N_("Nobody on {link} answers, as if its wire or its adapter were dead. {device}: {why}."),
    .of_dead_wire = N_("{device} does not answer on {where}, like everybody there."),
    .stays = N_("{now} The alarm stays until somebody resets it."),
    .chattered = N_("{now} It came and went {count} times before it was quiet for a minute."),
    .dips = N_("{now} The alarm stays until that is clearly so for a while."),
    .chatters = N_("{now} But it comes and goes, {count} times so far: the alarm stays until it "
		   "has been quiet for a minute."),
    .unshelved = N_("Shelving ended by {who}. {now}"),
    .shelf_over = N_("The time of the shelf is over. {now}"),
    .serviced = N_("The maintenance is over. {now}"),
    .calls_nobody = N_("{now} It calls nobody: maintenance until {until} ({reason})."),
};

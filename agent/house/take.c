/*
 * A reload, from the question to the new beginning. What is in memory alone when this process
 * begins anew is gone: a configuration is taken only when the disk has every event.
 */
#include "base/lang.h"
#include "base/log.h"
#include "base/text.h"
#include "core/traps.h"
#include "house/house_i.h"

#include <string.h>

/* Syncs of a good card take so long at worst; facilityctl waits longer than the check and this. */
#define DISK_WAIT_MS 5000

/* The first error of what the check said: for the event and the log, one line. */
static void
first_error(const char *text, char *buf, size_t size)
{
	const char *at = strstr(text, ": error: ");
	const char *begin = at != NULL ? at : text;

	while (begin > text && begin[-1] != '\n')
		begin--;
	text_clean(buf, size, begin, strcspn(begin, "\n"));
}

/* false: the disk takes events; true, with a sentence: it does not. */
static bool
disk_refuses(const struct store_health *disk, char *err, size_t err_size)
{
	if (disk->fault)
		text_copy(err, err_size,
		    _("the disk refuses, and events that are in memory alone would be lost: repair "
		      "the disk first; a restart of facilityd would give them up"));
	return disk->fault;
}

static void
note(struct house *h, const char *from, const char *to, const char *text, const struct now *now)
{
	bool goes = strcmp(to, "reloading") == 0;

	core_note(h->core, now, EVENT_SYSTEM, goes ? PRIORITY_LOW : PRIORITY_MEDIUM, h->take.who,
	    from, to, text);
}

static const char *
taken(void)
{
	return _("facilityd reloads: the configuration is good and is taken now.");
}

/* The files were good, but the disk is not. */
static void
refuse(struct house *h, const char *from, const char *why, const struct now *now)
{
	char sentence[EVENT_TEXT_MAX];

	h->take.waits = false;
	loop_timer_set(h->take.timer, MONO_NEVER);
	text_printf(sentence, sizeof(sentence),
	    _("The new configuration is good and was not taken: %s"), why);
	note(h, from, "running", sentence, now);
	console_reloaded(h->console, false, sentence, now);
}

static void
take(struct house *h, const struct now *now)
{
	h->take.waits = false;
	/* What was counted since the last word of it, most often nothing. */
	core_traps_flush(h->core, now);
	console_reloaded(h->console, true, taken(), now);
	loop_notify("RELOADING=1");
	loop_quit(h->loop, HOUSE_RELOAD);
}

/*
 * In a storm the disk never has all; one that goes on answering will have the last of them while
 * the store closes.
 */
void
take_step(void *house, const struct now *now)
{
	struct house *h = house;
	bool late = !mono_before(now->mono, h->take.until);
	struct store_health disk = {0};
	char err[256];

	if (!h->take.waits)
		return;
	store_health(h->store, &disk);
	if (disk_refuses(&disk, err, sizeof(err)))
		refuse(h, "reloading", err, now);
	else if (disk.durable >= disk.newest || (late && disk.durable >= h->take.seq))
		take(h, now);
	else if (late) {
		text_printf(err, sizeof(err),
		    _("the disk has not answered for %d s, and events that are in memory alone "
		      "would be lost: see to the disk, then reload again"),
		    DISK_WAIT_MS / 1000);
		refuse(h, "reloading", err, now);
	}
}

static void
on_checked(void *arg, bool good, const char *text, const struct now *now)
{
	struct house *h = arg;
	char line[EVENT_TEXT_MAX - 80], sentence[EVENT_TEXT_MAX], err[256];
	struct store_health disk = {0};

	store_health(h->store, &disk);
	if (!good) {
		first_error(text, line, sizeof(line));
		text_printf(sentence, sizeof(sentence),
		    _("The new configuration has errors and was not taken: %s"), line);
		note(h, "running", "running", sentence, now);
		console_reloaded(h->console, false, text, now);
		return;
	}
	if (disk_refuses(&disk, err, sizeof(err))) {
		refuse(h, "running", err, now);
		return;
	}
	/* Notifications that were only counted become events, which the disk can have. */
	core_traps_flush(h->core, now);
	note(h, "running", "reloading", taken(), now);
	store_health(h->store, &disk);
	h->take.seq = disk.newest;
	h->take.until = mono_add_ms(now->mono, DISK_WAIT_MS);
	h->take.waits = true;
	loop_timer_set(h->take.timer, h->take.until);
	take_step(h, now);
}

bool
take_start(void *house, const char *who, char *err, size_t err_size)
{
	struct house *h = house;
	struct store_health disk = {0};

	store_health(h->store, &disk);
	if (disk_refuses(&disk, err, err_size))
		return false;
	if (h->take.waits) {
		text_copy(err, err_size, _("a reload is under way already"));
		return false;
	}
	if (!reload_check(h->reload, on_checked, h, err, err_size))
		return false;
	text_copy(h->take.who, sizeof(h->take.who), who);
	log_notice("%s asks for a reload: the files are checked", who);
	return true;
}

void
house_reload(struct house *h, const char *who, const struct now *now)
{
	char err[256];

	(void)now;
	if (!take_start(h, who, err, sizeof(err)))
		log_err("no reload: %s", err);
}

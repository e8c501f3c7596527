/* Notifications of devices: heard by the SNMP room, told to the core, answered when on disk. */
#include "base/lang.h"
#include "base/text.h"
#include "core/traps.h"
#include "house/house_i.h"

/* Another program may give the port free, or the address may come. */
#define AGAIN_MS 10000

static uint64_t
on_heard(void *arg, const struct heard_trap *trap, const struct now *now)
{
	struct house *h = arg;
	uint64_t seq = core_trap(h->core, trap, now);

	loop_timer_set(
	    h->turn, core_next(h->core)); /* the poll goes out in the turn that follows */
	return seq;
}

void
hear_counted(void *arg, uint64_t held, uint64_t seq)
{
	struct house *h = arg;

	if (h->hearing != NULL)
		hearing_counted(h->hearing, held, seq);
}

static void
on_open(void *arg, const struct now *now)
{
	struct house *h = arg;
	char err[200];

	h->hearing = hearing_open(h->site, on_heard, h, err, sizeof(err));
	if (h->hearing == NULL) {
		if (!h->deaf)
			core_note(
			    h->core, now, EVENT_SYSTEM, PRIORITY_HIGH, "", "", "traps_deaf", err);
		h->deaf = true;
		loop_timer_set(h->hear_again, mono_add_ms(now->mono, AGAIN_MS));
		return;
	}
	if (h->deaf)
		core_note(h->core, now, EVENT_SYSTEM, PRIORITY_MEDIUM, "", "traps_deaf",
		    "traps_heard", _("Notifications of devices are heard again."));
	h->deaf = false;
}

void
hear_start(struct house *h, const struct now *now)
{
	if (!h->site->traps.enabled)
		return;
	h->hear_again = loop_timer_add(h->loop, "traps", LOOP_IDLE, on_open, h);
	on_open(h, now);
}

void
hear_stop(struct house *h)
{
	hearing_close(h->hearing);
	h->hearing = NULL;
	loop_timer_free(h->hear_again);
}

void
hear_part(const struct house *h, struct console_part *out)
{
	const struct traps_spec *t = &h->site->traps;
	struct hearing_stats s = {0};

	text_copy(out->name, sizeof(out->name), "traps");
	out->ok = h->hearing != NULL;
	if (h->hearing == NULL) {
		text_printf(out->text, sizeof(out->text), _("not heard: %s port %d cannot be had"),
		    t->address, t->port);
		return;
	}
	hearing_stats(h->hearing, &s);
	out->lost = s.lost;
	text_printf(out->text, sizeof(out->text),
	    _("heard at %s port %d: %llu datagrams, %llu notifications of devices, %llu informs "
	      "answered"),
	    t->address, t->port, (unsigned long long)s.heard, (unsigned long long)s.believed,
	    (unsigned long long)s.answered);
}

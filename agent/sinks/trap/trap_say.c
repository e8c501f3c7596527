/* What a receiver is told that is no event: tests that somebody asks for, and signs of life. */
#include "base/lang.h"
#include "base/text.h"
#include "sinks/trap/mib.h"
#include "sinks/trap/trap_priv.h"

/* ---- tests by hand --------------------------------------------------------------------------- */

static void
end_test(struct receiver *r, bool good, const char *text, const struct now *now)
{
	trap_test_fn *fn = r->test.fn;

	r->test.fn = NULL;
	fn(r->test.arg, (size_t)(r - r->trap->receivers), good, text, now);
}

static void
on_tested(
    void *arg, uint64_t tag, enum notify_result result, const char *why, const struct now *now)
{
	struct receiver *r = arg;
	char text[400];

	(void)tag;
	r->sending = false;
	switch (result) {
	case NOTIFY_CONFIRMED:
		text_printf(text, sizeof(text), _("%s: confirmed after %lld ms"), r->spec->name,
		    (long long)mono_ms_between(now->mono, r->test.sent));
		break;
	case NOTIFY_SENT:
		text_printf(text, sizeof(text),
		    _("%s: sent; a trap is never confirmed, so ask there whether it came"),
		    r->spec->name);
		break;
	case NOTIFY_TIMED_OUT:
		if (r->test.tries < TRAP_TEST_TRIES) {
			trap_pump(r, now);
			return;
		}
		text_printf(text, sizeof(text),
		    _("%s: no answer from %s port %d, tried %u times; is the receiver running, and "
		      "does "
		      "a firewall let UDP through?"),
		    r->spec->name, r->spec->target.address, r->spec->target.port, r->test.tries);
		break;
	case NOTIFY_FAILED:
		text_printf(text, sizeof(text), "%s: %s", r->spec->name, why);
		break;
	}
	end_test(r, result == NOTIFY_CONFIRMED || result == NOTIFY_SENT, text, now);
	trap_pump(r, now);
}

void
trap_send_test(struct receiver *r, const struct now *now)
{
	struct trap *t = r->trap;
	struct event e = {.wall = now->wall, .synced = now->synced};
	struct mib_message m;

	text_copy(e.who, sizeof(e.who), r->test.who);
	text_printf(e.text, sizeof(e.text),
	    _("Test from %s: nothing has happened, nothing is to be done."), t->site->name);
	mib_test(&e, t->outbox->epoch, t->site->name, &m);
	r->test.tries++;
	r->test.sent = now->mono;
	r->sending = notify_send(
	    r->session, &m.trap, m.varbinds, m.count, trap_uptime_cs(t, now), 0, on_tested, r);
}

bool
trap_test(struct trap *t, size_t receiver, const char *who, trap_test_fn *fn, void *arg,
    const struct now *now)
{
	struct receiver *r = &t->receivers[receiver];

	if (r->test.fn != NULL)
		return false;
	r->test.fn = fn;
	r->test.arg = arg;
	r->test.tries = 0;
	text_copy(r->test.who, sizeof(r->test.who), who);
	trap_pump(r, now);
	return true;
}

/* ---- signs of life --------------------------------------------------------------------------- */

/* One that is not confirmed is not sent again: the next one comes. */
static void
on_beat_told(
    void *arg, uint64_t tag, enum notify_result result, const char *why, const struct now *now)
{
	struct receiver *r = arg;
	bool good = result == NOTIFY_SENT || result == NOTIFY_CONFIRMED;

	(void)tag;
	r->sending = false;
	if (good)
		fault_over(&r->fault, now->mono, "NOC receiver %s answers again", r->spec->name);
	else {
		text_printf(r->text, sizeof(r->text), _("no answer to the heartbeat: %s"), why);
		fault_say(&r->fault, now->mono, LOG_LEVEL_WARN,
		    "NOC receiver %s does not answer the heartbeat: %s", r->spec->name, why);
	}
	if (good && !r->reached)
		text_printf(r->text, sizeof(r->text), _("answers; nothing waits"));
	r->reached = good;
	trap_pump(r, now);
}

void
trap_send_beat(struct receiver *r, const struct now *now)
{
	struct trap *t = r->trap;
	struct event e = {.wall = now->wall, .synced = now->synced, .seq = r->cursor};
	struct core_summary sum;
	struct mib_message m;
	size_t active = 0;

	core_summary(t->core, &sum);
	for (int p = 0; p < PRIORITY_COUNT; p++)
		active += sum.alarms[p];
	text_printf(e.text, sizeof(e.text),
	    _("%s: %zu of %zu devices answer; %zu alarms active, %zu of them critical."),
	    t->site->name, sum.devices_online, t->site->device_count, active,
	    sum.alarms[PRIORITY_CRITICAL]);
	mib_heartbeat(&e, t->outbox->epoch, t->site->name, &m);
	r->beat_due = false;
	r->sending = notify_send(
	    r->session, &m.trap, m.varbinds, m.count, trap_uptime_cs(t, now), 0, on_beat_told, r);
}

void
trap_on_heart(void *arg, const struct now *now)
{
	struct receiver *r = arg;

	loop_timer_set(r->heart, mono_add_ms(now->mono, r->spec->heartbeat_ms));
	r->beat_due = true;
	trap_pump(r, now);
}

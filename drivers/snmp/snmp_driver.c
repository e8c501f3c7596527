/* The driver of the link "snmp": batons to their devices, and the health of all. */
#include "drivers/snmp/snmp_driver.h"
#include "base/lang.h"

#include "base/arena.h"
#include "base/text.h"
#include "drivers/snmp/community.h"
#include "drivers/snmp/device.h"

#include <stdlib.h>

struct link {
	const struct site *site;
	struct mailbox *answers;
	struct device **devices; /* one per site->devices; NULL: not on this link */
	struct communities *communities;
	mono_t since;
};

static void
close_link(struct link *l)
{
	for (size_t i = 0; i < l->site->device_count; i++)
		device_close(l->devices[i]);
	free(l->devices);
	communities_free(l->communities);
	free(l);
}

static struct link *
open_link(const struct link_env *env, char *err, size_t err_size)
{
	struct link *l = xcalloc(1, sizeof(*l));
	const struct device_spec *spec;
	char why[192];

	l->site = env->site;
	l->answers = env->answers;
	l->since = clock_mono();
	l->communities = communities_new(env->loop);
	l->devices = xcalloc(env->site->device_count, sizeof(struct device *));
	for (size_t i = 0; i < env->site->device_count; i++) {
		spec = &env->site->devices[i];
		if (spec->snmp == NULL || spec->link != env->link)
			continue;
		l->devices[i] = device_open(spec, l->communities, env->answers, why, sizeof(why));
		if (l->devices[i] == NULL) {
			text_printf(err, err_size, "device %s: %s", spec->name, why);
			close_link(l);
			return NULL;
		}
	}
	return l;
}

static void
submit(struct link *l, struct baton *b)
{
	device_submit(l->devices[b->device], b);
}

static void
health(struct link *l, struct link_health *out)
{
	struct device_report r;
	size_t devices = 0, answering = 0, failing = 0;
	const char *first = "", *why = "";

	*out = (struct link_health){.since = l->since};
	for (size_t i = 0; i < l->site->device_count; i++) {
		if (l->devices[i] == NULL)
			continue;
		device_report(l->devices[i], &r);
		devices++;
		answering += r.condition == DEVICE_ANSWERS;
		out->transactions += r.wire.sent;
		out->timeouts += r.wire.timeouts;
		out->garbled += r.garbled;
		out->refused += r.refused;
		out->reconnects += r.wire.opened > 0 ? r.wire.opened - 1 : 0;
		if (r.condition <= DEVICE_ANSWERS)
			continue;
		if (failing++ > 0)
			continue;
		first = l->site->devices[i].name;
		why = r.text;
	}
	out->up = answering > 0 || failing == 0;
	text_printf(
	    out->text, sizeof(out->text), _("%zu of %zu devices answer"), answering, devices);
	if (failing == 1)
		text_append(out->text, sizeof(out->text), "; not %s: %s", first, why);
	else if (failing > 1)
		text_append(
		    out->text, sizeof(out->text), "; not %s and %zu more", first, failing - 1);
}

const struct driver snmp_driver = {
    .kind = "snmp",
    .built = true,
    .open = open_link,
    .submit = submit,
    .health = health,
    .close = close_link,
};

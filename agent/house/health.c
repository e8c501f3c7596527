/* How the rooms are, as the console asks for it. */
#include "base/lang.h"
#include "base/text.h"
#include "house/house_i.h"

void
health_link(void *house, size_t link, struct link_health *out)
{
	const struct house *h = house;

	driver_find(h->site->links[link].kind)->health(h->links[link], out);
}

bool
health_slave(void *house, size_t device, struct slave_health *out)
{
	const struct house *h = house;
	int link = h->site->devices[device].link;
	const struct driver *d;

	if (link == NO_INDEX)
		return false;
	d = driver_find(h->site->links[link].kind);
	if (d->slave == NULL)
		return false;
	d->slave(h->links[link], (int)device, out);
	return true;
}

static void
store_part(const struct house *h, struct console_part *out)
{
	struct store_health s = {0};

	store_health(h->store, &s);
	out->ok = !s.fault && h->no_disk[0] == '\0';
	out->confirmed = s.durable;
	out->lost = s.lost;
	text_copy(out->name, sizeof(out->name), "store");
	if (h->no_disk[0] != '\0') {
		text_copy(out->text, sizeof(out->text), h->no_disk);
		return;
	}
	text_printf(out->text, sizeof(out->text),
	    s.fault ? _("the disk refuses, events are kept in memory; %llu events held, %.1f MB "
			"written, slowest commit %.1f ms")
		    : _("all events are on disk, %llu events held, %.1f MB written, slowest commit "
			"%.1f ms"),
	    (unsigned long long)s.held, (double)s.bytes_written / 1e6, s.commit_max_us / 1000.0);
}

/* How much is written in a day, once there is an hour to judge by. */
static void
append_daily(const struct history_health *d, mono_t now, struct console_part *out)
{
	int64_t ms = mono_ms_between(now, d->since);

	if (ms >= 3600000)
		text_append(out->text, sizeof(out->text), _(", %.1f MB written a day"),
		    (double)d->bytes_written / 1e6 * 86400e3 / (double)ms);
	else
		text_append(out->text, sizeof(out->text), _(", %.2f MB written since the start"),
		    (double)d->bytes_written / 1e6);
}

static void
history_part(const struct house *h, struct console_part *out)
{
	struct history_health d = {0};
	char oldest[WALL_TEXT_MAX];

	history_disk_health(h->past, &d);
	out->ok = !d.fault;
	text_copy(out->name, sizeof(out->name), "history");
	if (d.fault)
		text_printf(out->text, sizeof(out->text), "%s; ", d.why);
	text_append(out->text, sizeof(out->text), _("%.1f of %.0f MB on disk"),
	    (double)d.bytes / 1e6, (double)h->site->history.disk_bytes / 1e6);
	if (d.oldest.us > 0)
		text_append(out->text, sizeof(out->text), _(", back to %.16s"),
		    wall_local(d.oldest, oldest));
	append_daily(&d, clock_mono(), out);
	if (d.batches_lost > 0)
		text_append(out->text, sizeof(out->text), _(", %llu min of values lost"),
		    (unsigned long long)d.batches_lost * 5);
}

static void
mqtt_part(const struct house *h, struct console_part *out)
{
	struct mqtt_health m = {0};

	mqtt_health(h->mqtt, &m);
	out->ok = m.connected && !m.holding && m.refused == 0;
	out->confirmed = m.confirmed;
	out->waiting = m.waiting_events;
	text_copy(out->name, sizeof(out->name), "mqtt");
	text_copy(out->text, sizeof(out->text), m.text);
}

static void
noc_part(const struct house *h, size_t receiver, struct console_part *out)
{
	struct receiver_health r = {0};

	trap_health(h->trap, receiver, &r);
	out->ok = r.reached;
	out->confirmed = r.confirmed;
	out->waiting = r.waiting;
	text_printf(out->name, sizeof(out->name), "noc/%s", h->site->noc.receivers[receiver].name);
	text_copy(out->text, sizeof(out->text), r.text);
}

static void
panel_part(const struct house *h, struct console_part *out)
{
	panel_health(h->panel, out->text, sizeof(out->text));
	out->ok = out->text[0] == '\0';
	text_copy(out->name, sizeof(out->name), "panel");
}

bool
health_part(void *house, size_t n, struct console_part *out)
{
	const struct house *h = house;

	*out = (struct console_part){0};
	if (n == 0) {
		store_part(h, out);
		return true;
	}
	n--;
	if (h->past != NULL && n-- == 0) {
		history_part(h, out);
		return true;
	}
	panel_part(h, out);
	/* Lamps that work are no news. */
	if (!out->ok && n-- == 0)
		return true;
	*out = (struct console_part){0};
	if (h->mqtt != NULL) {
		if (n == 0) {
			mqtt_part(h, out);
			return true;
		}
		n--;
	}
	if (h->site->traps.enabled) {
		if (n == 0) {
			hear_part(h, out);
			return true;
		}
		n--;
	}
	if (h->trap == NULL || n >= h->site->noc.receiver_count)
		return false;
	noc_part(h, n, out);
	return true;
}

const char *
health_panel(void *house, enum output_line o)
{
	return blink_word(panel_shows(((struct house *)house)->panel).line[o]);
}

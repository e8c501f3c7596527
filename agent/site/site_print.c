/*
 * --print-config: the site as it is after defaults, overlays and profiles, as a site file that
 * loads to the same site again. Passphrases are left out; the files that hold them are named.
 */
#include "base/text.h"
#include "site/keys.h"
#include "site/scalar.h"
#include "site/site_load.h"
#include "site/value.h"
#include "site/yaml_out.h"

#include <string.h>

/* The word that a key's choices have for a value. */
static void
flow_choice(struct flow *f, const struct section *s, const char *key, int value)
{
	for (size_t i = 0; i < s->count; i++) {
		if (strcmp(s->keys[i].name, key) == 0)
			flow_text(f, key, choice_word(s->keys[i].choices, value));
	}
}

static void
print_head(const struct site *s, FILE *out)
{
	struct flow f;

	fputs("site: ", out);
	f = flow_open(out);
	flow_text(&f, "name", s->name);
	flow_label(&f, "title", &s->title);
	flow_text(&f, "board", s->board.name);
	flow_text(&f, "language", s->language == LANGUAGE_JA ? "ja" : "en");
	flow_close(&f);
	fputc('\n', out);
}

static void
print_zones(const struct site *s, FILE *out)
{
	fputs("zones:\n", out);
	for (size_t i = 0; i < s->zone_count; i++) {
		const struct zone *z = &s->zones[i];
		struct flow f;

		fprintf(out, "  %s: ", z->name);
		f = flow_open(out);
		if (z->in != NO_INDEX)
			flow_text(&f, "in", s->zones[z->in].name);
		flow_label(&f, "title", &z->title);
		flow_close(&f);
		fputc('\n', out);
	}
}

static void
flow_rs485(struct flow *f, const struct rs485_spec *s)
{
	struct flow inner;

	if (!s->wanted)
		return;
	flow_key(f, "rs485");
	inner = flow_open(f->out);
	flow_text(&inner, "rts", s->rts == RTS_ON_SEND ? "on_send" : "after_send");
	flow_duration(&inner, "delay_before", s->delay_before_ms);
	flow_duration(&inner, "delay_after", s->delay_after_ms);
	flow_close(&inner);
}

static void
print_links(const struct site *s, FILE *out)
{
	fputs("links:\n", out);
	for (size_t i = 0; i < s->link_count; i++) {
		const struct link_spec *l = &s->links[i];
		struct flow f;

		if (l->kind == LINK_SNMP || l->kind == LINK_GPIO)
			continue; /* the loader's own */
		fprintf(out, "  %s: ", l->name);
		f = flow_open(out);
		flow_text(&f, "kind", link_kind_word(l->kind));
		flow_label(&f, "title", &l->title);
		if (l->kind == LINK_MODBUS_RTU) {
			flow_path(&f, "port", l->port);
			flow_whole(&f, "baud", l->baud);
			flow_choice(&f, &section_link_rtu, "parity", (int)l->parity);
			flow_whole(&f, "stop_bits", l->stop_bits);
			flow_rs485(&f, &l->rs485);
		} else {
			flow_text(&f, "address", l->address);
			flow_whole(&f, "port", l->tcp_port);
			if (l->kind == LINK_MODBUS_RTU_TCP)
				flow_whole(&f, "baud", l->baud);
		}
		flow_close(&f);
		fputc('\n', out);
	}
}

static void
flow_target(struct flow *f, const struct snmp_target *t)
{
	flow_text(f, "address", t->address);
	flow_whole(f, "port", t->port);
	flow_choice(f, &section_device_snmp, "version", (int)t->version);
	flow_text(f, "user", t->user);
	flow_path(f, "secrets", t->secrets);
	if (t->allow_weak)
		flow_text(f, "allow_weak", "true");
}

static void
print_times(const char *key, const int64_t ms[POLL_CLASS_COUNT], FILE *out)
{
	static const char *const classes[POLL_CLASS_COUNT] = {"fast", "normal", "slow"};
	struct flow f;

	fprintf(out, "    %s: ", key);
	f = flow_open(out);
	for (int i = 0; i < POLL_CLASS_COUNT; i++)
		flow_duration(&f, classes[i], ms[i]);
	flow_close(&f);
	fputc('\n', out);
}

static void
print_rule(const struct alarm_rule *r, FILE *out)
{
	struct flow f;

	fprintf(out, "      %s: ", r->name);
	f = flow_open(out);
	if (r->kind != RULE_DEVICE_LOST)
		flow_text(&f, "when", r->when);
	flow_label(&f, "title", &r->title);
	if (r->kind == RULE_HIGH || r->kind == RULE_LOW)
		flow_number(&f, "hysteresis", r->hysteresis);
	flow_duration(&f, "on_delay", r->on_delay_ms);
	flow_duration(&f, "off_delay", r->off_delay_ms);
	flow_text(&f, "priority", priority_word(r->priority));
	flow_bool(&f, "latch", r->latch);
	if (r->in_maintenance != MAINTENANCE_BY_PRIORITY)
		flow_text(&f, "in_maintenance",
		    r->in_maintenance == MAINTENANCE_RAISED ? "raised" : "silent");
	flow_label(&f, "remedy", &r->remedy);
	flow_close(&f);
	fputc('\n', out);
}

static bool
has_rule(const struct device_spec *d, const char *name)
{
	for (size_t i = 0; i < d->alarm_count; i++) {
		if (strcmp(d->alarms[i].name, name) == 0)
			return true;
	}
	return false;
}

/* The device's own rows, with all that is known of them. */
static void
print_rows(const struct profile *p, FILE *out)
{
	bool any = false;

	for (size_t i = 0; i < p->table_count; i++) {
		const struct table_spec *t = &p->tables[i];

		if (!t->own_rows)
			continue;
		fprintf(out, "%s      %s:%s\n", any ? "" : "    rows:\n", t->name,
		    t->asked ? " all" : "");
		any = true;
		if (t->asked)
			continue;
		for (size_t r = 0; r < t->row_count; r++) {
			const struct row_spec *row = &t->rows[r];
			struct flow f;

			fprintf(out, "        %s: ", row->key);
			f = flow_open(out);
			flow_key(&f, "index");
			for (size_t k = 0; k < row->index.length; k++)
				fprintf(out, "%s%u", k ? "." : "\"", (unsigned)row->index.sub[k]);
			fputc('"', out);
			flow_label(&f, "title", &row->title);
			flow_close(&f);
			fputc('\n', out);
		}
	}
}

static void
print_contacts(const struct site *s, const struct device_spec *d, FILE *out)
{
	fputs("    contacts:\n", out);
	for (size_t i = 0; i < d->contact_count; i++) {
		const struct contact_spec *k = &d->contacts[i];
		struct flow f;

		fprintf(out, "      %s: ", k->name);
		f = flow_open(out);
		flow_text(&f, "terminal", s->board.terminals[k->terminal].name);
		flow_bool(&f, "invert", k->invert);
		flow_duration(&f, "debounce", k->debounce_ms);
		flow_close(&f);
		fputc('\n', out);
	}
}

static void
print_device(const struct site *s, const struct device_spec *d, FILE *out)
{
	struct flow f;

	fprintf(out, "  %s:\n    profile: %s\n", d->name, d->profile->name);
	if (d->snmp) {
		fputs("    snmp: ", out);
		f = flow_open(out);
		flow_target(&f, d->snmp);
		flow_close(&f);
		fputc('\n', out);
	} else if (d->contacts) {
		print_contacts(s, d, out);
	} else {
		fprintf(out, "    link: %s\n    unit: %d\n", s->links[d->link].name, d->unit);
	}
	fprintf(out, "    zone: %s\n", s->zones[d->zone].name);
	if (d->parent != NO_INDEX)
		fprintf(out, "    parent: %s\n", s->devices[d->parent].name);
	f = (struct flow){.out = out, .first = true};
	fputs("    ", out);
	flow_label(&f, "title", &d->title);
	if (d->impact.en) {
		fputs("\n    ", out);
		f.first = true;
		flow_label(&f, "impact", &d->impact);
	}
	fputc('\n', out);
	print_times("poll", d->period_ms, out);
	print_times("stale_after", d->stale_after_ms, out);
	print_rows(d->profile, out);
	fprintf(out, "    lost_after: %d\n    alarms:\n", d->lost_after);
	for (size_t i = 0; i < d->alarm_count; i++)
		print_rule(&d->alarms[i], out);
	for (size_t i = 0; i < d->profile->alarm_count; i++) {
		if (!has_rule(d, d->profile->alarms[i].name))
			fprintf(out, "      %s: {enabled: false}\n", d->profile->alarms[i].name);
	}
}

static void
print_mqtt(const struct mqtt_spec *m, FILE *out)
{
	struct flow f, inner;

	if (!m->enabled)
		return;
	fputs("mqtt: ", out);
	f = flow_open(out);
	flow_text(&f, "broker", m->broker);
	flow_whole(&f, "port", m->port);
	flow_text(&f, "base", m->base);
	flow_text(&f, "client_id", m->client_id);
	flow_text(&f, "version", m->version == 5 ? "5" : "3.1.1");
	flow_duration(&f, "keepalive", (int64_t)m->keepalive_s * 1000);
	if (m->ca_file) {
		flow_key(&f, "tls");
		inner = flow_open(out);
		flow_path(&inner, "ca", m->ca_file);
		flow_path(&inner, "cert", m->cert_file);
		flow_path(&inner, "key", m->key_file);
		flow_close(&inner);
	}
	flow_path(&f, "secrets", m->secrets);
	flow_text(&f, "publish", m->batch == MQTT_PER_DEVICE ? "device" : "point");
	flow_text(&f, "topics", m->topics);
	if (m->hass_prefix) {
		flow_key(&f, "home_assistant");
		inner = flow_open(out);
		if (m->home_assistant == NULL)
			flow_bool(&inner, "enabled", false);
		flow_text(&inner, "prefix", m->hass_prefix);
		flow_close(&inner);
	}
	if (m->consumer_count) {
		flow_key(&f, "consumers");
		for (size_t i = 0; i < m->consumer_count; i++)
			fprintf(out, "%s%s", i ? ", " : "[", m->consumers[i]);
		fputc(']', out);
	}
	flow_close(&f);
	fputc('\n', out);
}

static void
print_traps(const struct site *s, FILE *out)
{
	struct flow f;

	if (!s->traps.enabled)
		return;
	fputs("traps: ", out);
	f = flow_open(out);
	flow_text(&f, "listen", s->traps.address);
	flow_whole(&f, "port", s->traps.port);
	flow_close(&f);
	fputc('\n', out);
}

static void
print_noc(const struct site *s, FILE *out)
{
	const struct noc_spec *noc = &s->noc;

	if (noc->receiver_count == 0)
		return;
	fputs("noc:\n  receivers:\n", out);
	for (size_t i = 0; i < noc->receiver_count; i++) {
		const struct receiver_spec *r = &noc->receivers[i];
		struct flow f;

		fputs("    - ", out);
		f = flow_open(out);
		flow_text(&f, "name", r->name);
		flow_target(&f, &r->target);
		flow_choice(&f, &section_receiver, "kind", (int)r->kind);
		flow_duration(&f, "timeout", r->timeout_ms);
		flow_duration(&f, "retry_max", r->retry_max_ms);
		flow_duration(&f, "heartbeat", r->heartbeat_ms);
		flow_duration(&f, "resend", r->resend_ms);
		flow_text(&f, "priority", priority_word(r->least_priority));
		for (size_t z = 0; z < r->zone_count; z++) {
			if (z == 0)
				flow_key(&f, "zones");
			fprintf(out, "%s%s", z ? ", " : "[", s->zones[r->zones[z]].name);
		}
		fputs(r->zone_count ? "]" : "", out);
		flow_close(&f);
		fputc('\n', out);
	}
}

static void
print_maintenance(const struct site *s, FILE *out)
{
	fputs(s->maintenance_count > 0 ? "maintenance:\n" : "", out);
	for (size_t i = 0; i < s->maintenance_count; i++) {
		const struct maintenance_plan *p = &s->maintenance[i];
		char time[WALL_TEXT_MAX];
		struct flow f;

		fputs("  - ", out);
		f = flow_open(out);
		flow_key(&f, "devices");
		for (size_t d = 0; d < p->device_count; d++)
			fprintf(out, "%s%s", d ? ", " : "[", s->devices[p->devices[d]].name);
		fputc(']', out);
		flow_text(&f, "from", wall_text(p->from, time));
		flow_text(&f, "to", wall_text(p->to, time));
		flow_text(&f, "by", p->by);
		flow_text(&f, "reason", p->reason);
		flow_close(&f);
		fputc('\n', out);
	}
}

/* The device that stands for the site: its points and alarms are keys of the file itself. */
static void
print_own(const struct site *s, const struct device_spec *d, FILE *out)
{
	struct flow f;

	fputs(d->profile->point_count ? "derived:\n" : "", out);
	for (size_t i = 0; i < d->profile->point_count; i++) {
		const struct point_spec *p = &d->profile->points[i];

		fprintf(out, "  %s: ", p->name);
		f = flow_open(out);
		flow_text(&f, "expr", p->expr->text);
		flow_label(&f, "title", &p->title);
		if (p->zone != NO_INDEX)
			flow_text(&f, "zone", s->zones[p->zone].name);
		if (p->has_range) {
			char low[NUMBER_TEXT_MAX], high[NUMBER_TEXT_MAX];

			flow_key(&f, "range");
			fprintf(
			    out, "[%s, %s]", number_text(p->min, low), number_text(p->max, high));
		}
		flow_number(&f, "deadband", p->deadband);
		flow_close(&f);
		fputc('\n', out);
	}
	fputs(d->alarm_count ? "alarms:\n" : "", out);
	for (size_t i = 0; i < d->alarm_count; i++)
		print_rule(&d->alarms[i], out);
}

static void
print_history(const struct history_spec *h, FILE *out)
{
	char size[SIZE_TEXT_MAX], keep[DURATION_TEXT_MAX];

	fputs("history: {", out);
	if (h->ram_bytes > 0)
		fprintf(out, "ram: %s, ", size_text((int64_t)h->ram_bytes, size));
	fprintf(out, "disk: %s", size_text((int64_t)h->disk_bytes, size));
	fprintf(out, ", keep: %s}\n", duration_text(h->keep_ms, keep));
}

void
site_print(const struct site *s, FILE *out)
{
	print_head(s, out);
	print_zones(s, out);
	print_links(s, out);
	fputs("devices:\n", out);
	for (size_t i = 0; i < s->device_count; i++)
		if (s->devices[i].link != NO_INDEX)
			print_device(s, &s->devices[i], out);
	if (s->device_count > 0 && s->devices[s->device_count - 1].link == NO_INDEX)
		print_own(s, &s->devices[s->device_count - 1], out);
	print_maintenance(s, out);
	print_mqtt(&s->mqtt, out);
	print_noc(s, out);
	print_traps(s, out);
	fprintf(out, "store: {max_events: %llu}\n", (unsigned long long)s->store.max_events);
	print_history(&s->history, out);
	if (s->control.group) {
		fputs("control: {group: ", out);
		yaml_text(out, s->control.group);
		fputs("}\n", out);
	}
}

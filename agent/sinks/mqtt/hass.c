#include "sinks/mqtt/hass.h"

#include "base/text.h"
#include "model/topic.h"
#include "model/writer.h"
#include "sinks/mqtt/hass_class.h"

#include <string.h>

#define ID_MAX       (HASS_NODE_MAX + 3 * EVENT_NAME_MAX)
#define TEMPLATE_MAX 2048

/* ---- ids and topics ------------------------------------------------------------------------ */

/* Its documentation, "Discovery topic": node and object id are of A-Z a-z 0-9 _ and - only. */
void
hass_node(const char *base, char buf[HASS_NODE_MAX])
{
	size_t i = 0;

	for (; base[i] != '\0' && i + 1 < HASS_NODE_MAX; i++) {
		char c = base[i];
		bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			    (c >= '0' && c <= '9') || c == '-' || c == '_';

		buf[i] = c;
		if (!fits)
			buf[i] = '_';
	}
	buf[i] = '\0';
}

void
hass_point_topic(const struct site *s, size_t point, char *buf, size_t size)
{
	const struct point_spec *p = site_point(s, point);
	const char *component = hass_binary(p) != NULL ? "binary_sensor" : "sensor";
	char node[HASS_NODE_MAX];

	hass_node(s->mqtt.base, node);
	text_printf(buf, size, "%s/%s/%s/%s-%s/config", s->mqtt.home_assistant, component, node,
	    site_point_device(s, point)->name, p->name);
}

void
hass_alarm_topic(const struct site *s, size_t alarm, char *buf, size_t size)
{
	char node[HASS_NODE_MAX];

	hass_node(s->mqtt.base, node);
	text_printf(buf, size, "%s/binary_sensor/%s/%s-alarm-%s/config", s->mqtt.home_assistant,
	    node, site_alarm_device(s, alarm)->name, site_alarm(s, alarm)->name);
}

/* ---- templates (Jinja) --------------------------------------------------------------------- */

/* Appends 'text' as a literal. */
static void
add_literal(char *dst, size_t size, const char *text)
{
	text_append(dst, size, "'");
	for (; *text != '\0'; text++)
		text_append(dst, size, *text == '\'' || *text == '\\' ? "\\%c" : "%c", *text);
	text_append(dst, size, "'");
}

/*
 * Whatever is not good, or no word of the list, becomes None, which is "unknown": Home Assistant
 * would keep the last value where it cannot use the new one. false: too many words.
 */
static bool
state_template(const struct point_spec *p, char *buf, size_t size)
{
	const struct hass_binary *binary = hass_binary(p);

	if (p->words == NULL) {
		text_copy(
		    buf, size, "{{ value_json.value if value_json.quality == 'good' else None }}");
		return true;
	}
	text_copy(buf, size, binary ? "{{ {" : "{{ value_json.text if value_json.text in [");
	for (size_t i = 0; i < p->word_count; i++) {
		text_append(buf, size, i > 0 ? ", " : "");
		add_literal(buf, size, p->words[i].text);
		if (binary != NULL)
			text_append(buf, size, ": '%s'",
			    strcmp(p->words[i].text, binary->on) == 0 ? "ON" : "OFF");
	}
	return text_append(buf, size,
		   binary ? "}.get(value_json.text) if value_json.quality == 'good' else None }}"
			  : "] and value_json.quality == 'good' else None }}") < size - 1;
}

/* ---- what all messages have ---------------------------------------------------------------- */

static const char *
fact(const struct mqtt_view *v, size_t device, const char *name)
{
	const struct profile *p = v->site->devices[device].profile;
	const struct device_state *d = &v->devices[device];

	for (size_t i = 0; d->facts != NULL && i < p->fact_count; i++)
		if (strcmp(p->facts[i].name, name) == 0)
			return d->facts[i];
	return "";
}

static const char *
or_else(const char *text, const char *otherwise)
{
	return text != NULL && text[0] != '\0' ? text : otherwise;
}

static void
write_device(struct writer *w, const struct mqtt_view *v, size_t device, const char *node)
{
	const struct site *s = v->site;
	const struct device_spec *d = &s->devices[device];
	const char *type = label_text(&d->profile->title, s->language);
	char id[ID_MAX];

	text_printf(id, sizeof(id), "%s-%s", node, d->name);
	writer_open(w, "device", '{');
	writer_open(w, "identifiers", '[');
	writer_string(w, NULL, id);
	writer_close(w, ']');
	writer_string(w, "name", or_else(label_text(&d->title, s->language), d->name));
	writer_string_if(w, "manufacturer", fact(v, device, "manufacturer"));
	writer_string_if(w, "model",
	    or_else(fact(v, device, "model"), or_else(fact(v, device, "hardware_type"), type)));
	writer_string_if(w, "sw_version", fact(v, device, "firmware"));
	if (d->zone != NO_INDEX)
		writer_string_if(w, "suggested_area",
		    or_else(
			label_text(&s->zones[d->zone].title, s->language), s->zones[d->zone].name));
	writer_close(w, '}');
}

static void
write_origin(struct writer *w, const struct agent_facts *f)
{
	writer_open(w, "origin", '{');
	writer_string(w, "name", "facilityd");
	writer_string_if(w, "sw_version", f->version);
	writer_close(w, '}');
}

static void
write_available(struct writer *w, const char *topic, const char *template)
{
	writer_open(w, NULL, '{');
	writer_string(w, "topic", topic);
	writer_string(w, "value_template", template);
	writer_close(w, '}');
}

/* Not available while the agent is away, nor (value_topic not NULL) while its value is not good. */
static void
write_availability(struct writer *w, const struct site *s, const char *value_topic)
{
	char agent[TOPIC_MAX];

	text_printf(agent, sizeof(agent), "%s/agent", s->mqtt.base);
	writer_string(w, "availability_mode", "all");
	writer_open(w, "availability", '[');
	write_available(w, agent, "{{ value_json.state }}");
	if (value_topic != NULL)
		write_available(w, value_topic,
		    "{{ 'online' if value_json.quality == 'good' else 'offline' }}");
	writer_close(w, ']');
}

/* Names, and ids that stay. `mid`: "-" or "-alarm-". */
static void
write_ids(struct writer *w, const struct site *s, const char *component, const char *node,
    const char *device, const char *mid, const char *name)
{
	char id[ID_MAX], entity[ID_MAX];

	text_printf(id, sizeof(id), "%s-%s%s%s", node, device, mid, name);
	text_printf(entity, sizeof(entity), "%s.%s_%s%s%s", component, s->name, device, mid, name);
	for (char *c = entity; *c != '\0'; c++)
		if (*c == '-')
			*c = '_';
	writer_string(w, "unique_id", id);
	writer_string(w, "default_entity_id", entity);
}

/* ---- points -------------------------------------------------------------------------------- */

/* Two raw values may have one word. */
static bool
is_first(const struct point_spec *p, size_t word)
{
	for (size_t i = 0; i < word; i++)
		if (strcmp(p->words[i].text, p->words[word].text) == 0)
			return false;
	return true;
}

static void
write_kind(struct writer *w, const struct point_spec *p)
{
	const struct hass_binary *binary = hass_binary(p);
	struct hass_measure m;

	if (binary != NULL) {
		writer_string(w, "device_class", binary->device_class);
	} else if (p->words != NULL) {
		writer_string(w, "device_class", "enum");
		writer_open(w, "options", '[');
		for (size_t i = 0; i < p->word_count; i++)
			if (is_first(p, i))
				writer_string(w, NULL, p->words[i].text);
		writer_close(w, ']');
	} else {
		m = hass_measure(p);
		writer_string_if(w, "device_class", m.device_class);
		writer_string_if(w, "state_class", m.state_class);
		writer_string_if(w, "unit_of_measurement", m.unit);
	}
}

size_t
hass_point(
    const struct mqtt_view *v, const struct agent_facts *f, size_t point, char *buf, size_t size)
{
	const struct site *s = v->site;
	const struct device_spec *d = site_point_device(s, point);
	const struct point_spec *p = site_point(s, point);
	char node[HASS_NODE_MAX], topic[TOPIC_MAX], template[TEMPLATE_MAX];
	struct writer w;

	hass_node(s->mqtt.base, node);
	topic_of_point(s, point, topic, sizeof(topic));
	if (!state_template(p, template, sizeof(template)))
		return 0;
	writer_init(&w, buf, size);
	writer_open(&w, NULL, '{');
	writer_string(&w, "name", or_else(label_text(&p->title, s->language), p->name));
	write_ids(&w, s, hass_binary(p) ? "binary_sensor" : "sensor", node, d->name, "-", p->name);
	write_kind(&w, p);
	writer_string(&w, "state_topic", topic);
	writer_string(&w, "value_template", template);
	writer_uint(&w, "expire_after", MQTT_EXPIRY_S);
	writer_string(&w, "json_attributes_topic", topic);
	write_availability(&w, s, topic);
	write_device(&w, v, (size_t)(d - s->devices), node);
	write_origin(&w, f);
	writer_close(&w, '}');
	return writer_length(&w);
}

/* ---- alarms -------------------------------------------------------------------------------- */

size_t
hass_alarm(
    const struct mqtt_view *v, const struct agent_facts *f, size_t alarm, char *buf, size_t size)
{
	const struct site *s = v->site;
	const struct device_spec *d = site_alarm_device(s, alarm);
	const struct alarm_rule *a = site_alarm(s, alarm);
	char node[HASS_NODE_MAX], topic[TOPIC_MAX], template[TEMPLATE_MAX];
	struct writer w;

	hass_node(s->mqtt.base, node);
	writer_init(&w, buf, size);
	writer_open(&w, NULL, '{');
	writer_string(&w, "name", or_else(label_text(&a->title, s->language), a->name));
	write_ids(&w, s, "binary_sensor", node, d->name, "-alarm-", a->name);
	writer_string(&w, "device_class", "problem");
	text_printf(topic, sizeof(topic), "%s/alarms/%s", s->mqtt.base, d->name);
	text_printf(template, sizeof(template),
	    "{{ 'ON' if value_json['%s']['active'] else 'OFF' }}", a->name);
	writer_string(&w, "state_topic", topic);
	writer_string(&w, "value_template", template);
	/* Its own topic has the sentences, and is empty while it is normal. */
	text_printf(topic, sizeof(topic), "%s/alarm/%s/%s", s->mqtt.base, d->name, a->name);
	writer_string(&w, "json_attributes_topic", topic);
	writer_string(&w, "json_attributes_template", "{{ value if value else '{}' }}");
	write_availability(&w, s, NULL);
	write_device(&w, v, (size_t)(d - s->devices), node);
	write_origin(&w, f);
	writer_close(&w, '}');
	return writer_length(&w);
}

/* ---- size and change ----------------------------------------------------------------------- */

uint64_t
hass_device_mark(const struct mqtt_view *v, size_t device)
{
	static const char *const names[] = {"manufacturer", "model", "hardware_type", "firmware"};
	uint64_t mark = UINT64_C(14695981039346656037); /* FNV-1a, 64 bits */

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		for (const char *p = fact(v, device, names[i]);; p++) {
			mark = (mark ^ (unsigned char)*p) * UINT64_C(1099511628211);
			if (*p == '\0')
				break;
		}
	}
	return mark;
}

/* Everything but words: topics come up to four times, titles and facts may be escaped. */
#define FRAME_ROOM                                                                                 \
	(5 * TOPIC_MAX + 6 * (4 * FACT_TEXT_MAX + 4 * EVENT_NAME_MAX) + 2 * ID_MAX + 1024)

size_t
hass_room(const struct site *s)
{
	size_t words = 0;

	for (size_t i = 0; i < s->point_count; i++)
		if (site_point(s, i)->word_count > words)
			words = site_point(s, i)->word_count;
	return FRAME_ROOM + TEMPLATE_MAX + words * 2 * EVENT_NAME_MAX;
}

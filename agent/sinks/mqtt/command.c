#include "sinks/mqtt/command.h"

#include "base/text.h"

#include <jansson.h>
#include <string.h>

static const char *const kind_words[] = {
    [COMMAND_ACK] = "ack",
    [COMMAND_REPLAY] = "replay",
};
_Static_assert(
    sizeof(kind_words) / sizeof(kind_words[0]) == COMMAND_KIND_COUNT, "a kind is missing");

/* "<base>/consumer/<name>/<word>": finds name and word in their lists. */
static bool
read_topic(const char *base, const char *const *consumers, size_t consumer_count, const char *topic,
    struct command *out, char *err, size_t err_size)
{
	static const char middle[] = "/consumer/";
	size_t base_length = strlen(base);
	const char *name, *slash;
	size_t i;

	if (strncmp(topic, base, base_length) != 0 ||
	    strncmp(topic + base_length, middle, sizeof(middle) - 1) != 0 ||
	    (slash = strrchr(topic, '/')) == NULL) {
		text_copy(err, err_size, "nothing is expected on this topic");
		return false;
	}
	name = topic + base_length + sizeof(middle) - 1;
	for (i = 0; i < COMMAND_KIND_COUNT; i++)
		if (strcmp(slash + 1, kind_words[i]) == 0)
			break;
	if (i == COMMAND_KIND_COUNT || slash < name) {
		text_copy(err, err_size, "a consumer can send ack and replay, nothing else");
		return false;
	}
	out->kind = (enum command_kind)i;
	for (i = 0; i < consumer_count; i++)
		if (strlen(consumers[i]) == (size_t)(slash - name) &&
		    memcmp(consumers[i], name, (size_t)(slash - name)) == 0)
			break;
	if (i == consumer_count) {
		text_copy(err, err_size, "the site file has no such consumer (mqtt: consumers:)");
		return false;
	}
	out->consumer = i;
	return true;
}

static bool
read_number(const json_t *o, const char *key, uint64_t *out, char *err, size_t err_size)
{
	const json_t *v = json_object_get(o, key);

	if (!json_is_integer(v) || json_integer_value(v) < 0) {
		text_printf(err, err_size, "\"%s\" is missing or no whole number", key);
		return false;
	}
	*out = (uint64_t)json_integer_value(v);
	return true;
}

static bool
read_object(const json_t *o, struct command *out, char *err, size_t err_size)
{
	const char *epoch = json_string_value(json_object_get(o, "epoch"));

	if (epoch == NULL || epoch[0] == '\0' ||
	    !text_copy(out->epoch, sizeof(out->epoch), epoch)) {
		text_copy(err, err_size, "\"epoch\" is missing or no epoch");
		return false;
	}
	if (out->kind == COMMAND_ACK) {
		if (!read_number(o, "upto", &out->to, err, err_size))
			return false;
		out->from = out->to;
		return true;
	}
	return read_number(o, "from", &out->from, err, err_size) &&
	       read_number(o, "to", &out->to, err, err_size);
}

bool
command_read(const char *base, const char *const *consumers, size_t consumer_count,
    const char *topic, const void *payload, size_t length, struct command *out, char *err,
    size_t err_size)
{
	json_t *o;
	bool ok;

	memset(out, 0, sizeof(*out));
	if (!read_topic(base, consumers, consumer_count, topic, out, err, err_size))
		return false;
	out->known = true;
	if (length > COMMAND_MAX) {
		text_printf(err, err_size, "it has %zu bytes, more than the %d allowed", length,
		    COMMAND_MAX);
		return false;
	}
	o = json_loadb(payload != NULL ? payload : "", length, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(o)) {
		json_decref(o);
		text_copy(err, err_size, "it is no JSON object");
		return false;
	}
	ok = read_object(o, out, err, err_size);
	json_decref(o);
	return ok;
}

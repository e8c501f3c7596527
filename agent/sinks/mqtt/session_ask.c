/* What others ask of us: commands in, answers out. All of it is taken for hostile. */
#include "base/text.h"
#include "sinks/mqtt/session_priv.h"

#include <mqtt_protocol.h>
#include <stdlib.h>
#include <string.h>

/* MQTT 5: where the answer is wanted. false: a phrase in why. */
static bool
read_reply(const mosquitto_property *properties, struct command_reply *r, char *why, size_t size)
{
	char *topic = NULL;
	void *data = NULL;
	uint16_t length = 0;
	bool good = true;

	if (mosquitto_property_read_string(properties, MQTT_PROP_RESPONSE_TOPIC, &topic, false) !=
	    NULL)
		good = text_copy(r->topic, sizeof(r->topic), topic);
	if (mosquitto_property_read_binary(
		properties, MQTT_PROP_CORRELATION_DATA, &data, &length, false) != NULL) {
		good = good && length <= sizeof(r->data);
		r->length = good ? length : 0;
		memcpy(r->data, data, r->length);
	}
	free(topic);
	free(data);
	if (good)
		return true;
	r->topic[0] = '\0';
	text_printf(why, size,
	    "its response topic is longer than %d bytes, or its correlation data than %d",
	    COMMAND_REPLY_MAX - 1, COMMAND_CORRELATE_MAX);
	return false;
}

/* false: a phrase in why; out->reply is set where that may be told. */
static bool
read_command(struct mqtt_session *s, const struct mosquitto_message *m,
    const mosquitto_property *properties, struct command *out, char *why, size_t size)
{
	const struct session_config *c = s->config;
	struct command_reply reply = {0};
	bool good;

	if (m->retain) {
		text_copy(why, size,
		    "it was retained: an old request must not be carried out again (clear the "
		    "topic)");
		return false;
	}
	if (!read_reply(properties, &reply, why, size))
		return false;
	good = command_read(c->base, c->consumers, c->consumer_count, m->topic, m->payload,
	    (size_t)m->payloadlen, out, why, size);
	if (reply.topic[0] == '\0' || !out->known)
		return good;
	if (!reply_topic_check(c->base, c->consumers[out->consumer], reply.topic, why, size))
		return false;
	out->reply = reply;
	return good;
}

void
mqtt_ask_message(
    struct mqtt_session *s, const struct mosquitto_message *m, const mosquitto_property *properties)
{
	struct command command = {0};
	char topic[128], why[320] = "", text[WIRE_TEXT_MAX + 320], answer[REPLY_TEXT_MAX];

	if (read_command(s, m, properties, &command, why, sizeof(why))) {
		s->hooks.ordered(s->hooks.arg, &command);
		return;
	}
	text_clean(topic, sizeof(topic), m->topic, strlen(m->topic));
	text_printf(text, sizeof(text), "a message on %s is refused: %s", topic, why);
	s->hooks.odd(s->hooks.arg, text);
	reply_refused(answer, why);
	mqtt_session_answer(s, &command.reply, answer);
}

void
mqtt_session_answer(struct mqtt_session *s, const struct command_reply *r, const char *text)
{
	mosquitto_property *p = NULL;
	int *mid;

	if (r->topic[0] == '\0' || s->phase != SESSION_ONLINE || s->answers_flying == ANSWER_FLIGHT)
		return;
	mosquitto_property_add_byte(&p, MQTT_PROP_PAYLOAD_FORMAT_INDICATOR, 1);
	mosquitto_property_add_string(&p, MQTT_PROP_CONTENT_TYPE, "application/json");
	if (r->length > 0)
		mosquitto_property_add_binary(
		    &p, MQTT_PROP_CORRELATION_DATA, r->data, (uint16_t)r->length);
	/* The library sets mid first; it may say "written" before it returns. */
	mid = &s->answers[s->answers_flying++];
	if (mosquitto_publish_v5(s->mosq, mid, r->topic, (int)strlen(text), text, 0, false, p) !=
	    MOSQ_ERR_SUCCESS)
		s->answers_flying--;
	mosquitto_property_free_all(&p);
}

bool
mqtt_ask_written(struct mqtt_session *s, int mid)
{
	for (size_t i = 0; i < s->answers_flying; i++) {
		if (s->answers[i] == mid) {
			s->answers[i] = s->answers[--s->answers_flying];
			return true;
		}
	}
	return false;
}

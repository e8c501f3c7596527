#include "sinks/mqtt/reason.h"

#include "base/text.h"

#include <mosquitto.h>
#include <mqtt_protocol.h>

struct reason {
	int code;
	const char *text;
};

static const char *
find(const struct reason *table, size_t count, int code)
{
	for (size_t i = 0; i < count; i++)
		if (table[i].code == code)
			return table[i].text;
	return NULL;
}
#define FIND(table, code) find(table, sizeof(table) / sizeof((table)[0]), code)

#define WRONG_VERSION "it does not speak this version of MQTT: set mqtt: version: to the other one"
#define WRONG_ID      "it does not like our client id: change mqtt: client_id:"
#define WRONG_LOGIN   "wrong user name or password"
#define NOT_ALLOWED   "not authorised: check user name, password and the broker's rules"
#define NOT_READY     "it is not ready"

/* MQTT 3.1.1, table 3.1 */
static const struct reason login_3[] = {
    {1, WRONG_VERSION},
    {2, WRONG_ID},
    {3, NOT_READY},
    {4, WRONG_LOGIN},
    {5, NOT_ALLOWED},
};

/* MQTT 5.0, 3.2.2.2 */
static const struct reason login_5[] = {
    {MQTT_RC_UNSUPPORTED_PROTOCOL_VERSION, WRONG_VERSION},
    {MQTT_RC_CLIENTID_NOT_VALID, WRONG_ID},
    {MQTT_RC_BAD_USERNAME_OR_PASSWORD, WRONG_LOGIN},
    {MQTT_RC_NOT_AUTHORIZED, NOT_ALLOWED},
    {MQTT_RC_SERVER_UNAVAILABLE, NOT_READY},
    {MQTT_RC_SERVER_BUSY, "it is too busy"},
    {MQTT_RC_BANNED, "it has banned us"},
    {MQTT_RC_BAD_AUTHENTICATION_METHOD, "it wants another way to log in"},
    {MQTT_RC_USE_ANOTHER_SERVER, "it wants us to use another server"},
    {MQTT_RC_SERVER_MOVED, "it has moved to another server"},
    {MQTT_RC_CONNECTION_RATE_EXCEEDED, "too many connections in a short time"},
};

void
reason_login(int version, int code, char *buf, size_t size)
{
	const char *text = version == 5 ? FIND(login_5, code) : FIND(login_3, code);

	if (text == NULL)
		text_printf(buf, size, "%s (code %d)",
		    version == 5 ? mosquitto_reason_string(code) : mosquitto_connack_string(code),
		    code);
	else
		text_copy(buf, size, text);
}

void
reason_goodbye(int code, const char *client_id, char *buf, size_t size)
{
	if (code == MQTT_RC_SESSION_TAKEN_OVER)
		text_printf(buf, size,
		    "another client has logged in as \"%s\": each needs a client_id of its own",
		    client_id);
	else if (code == MQTT_RC_SERVER_SHUTTING_DOWN)
		text_copy(buf, size, "the broker is shutting down");
	else
		text_printf(buf, size, "the broker said goodbye: %s (code %d)",
		    mosquitto_reason_string(code), code);
}

/* MQTT 5.0, 3.4.2.1 */
static const struct reason pubacks[] = {
    {MQTT_RC_NOT_AUTHORIZED, "we may not publish there: check the broker's rules (ACL)"},
    {MQTT_RC_TOPIC_NAME_INVALID, "it does not take this topic"},
    {MQTT_RC_QUOTA_EXCEEDED, "its quota is used up"},
    {MQTT_RC_PACKET_TOO_LARGE, "the message is too large for it"},
    {MQTT_RC_IMPLEMENTATION_SPECIFIC, "it gives no reason (code 131)"},
    {MQTT_RC_UNSPECIFIED, "it gives no reason (code 128)"},
};

const char *
reason_puback(int code)
{
	const char *text = FIND(pubacks, code);

	return text != NULL ? text : mosquitto_reason_string(code);
}

/* What the library refuses before anything is sent; all else means a broken connection. */
static const struct reason publishes[] = {
    {MOSQ_ERR_OVERSIZE_PACKET, "the message is larger than the broker allows"},
    {MOSQ_ERR_PAYLOAD_SIZE, "the message is too large for MQTT"},
    {MOSQ_ERR_MALFORMED_UTF8, "the topic is no valid text"},
    {MOSQ_ERR_INVAL, "the topic is not allowed in MQTT"},
    {MOSQ_ERR_QOS_NOT_SUPPORTED, "the broker does not confirm messages (QoS 1)"},
};

const char *
reason_publish(int rc)
{
	return FIND(publishes, rc);
}

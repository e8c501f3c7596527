/* Why a connection failed or ended, in words that a technician can act on. Pure. */
#ifndef SINKS_MQTT_REASON_H
#define SINKS_MQTT_REASON_H

#include <stddef.h>

/* The broker's answer to our login. version: 3 or 5, whose codes differ. */
void reason_login(int version, int code, char *buf, size_t size);
/* The broker's goodbye (MQTT 5 DISCONNECT); client_id is ours. */
void reason_goodbye(int code, const char *client_id, char *buf, size_t size);
/* Why a published message was refused: code of a PUBACK (>= 128). Static text. */
const char *reason_puback(int code);
/* The same for a return code of mosquitto_publish(), or NULL where it means that the connection
 * is gone. */
const char *reason_publish(int rc);

#endif

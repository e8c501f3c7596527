/*
 * Answers to commands (MQTT 5, 4.10 request/response). Whoever sends a command may name a topic for
 * the answer and give data that come back with it. Pure.
 *
 *	ack	{"ok":true,"upto":4211}
 *	replay	{"ok":true,"from":4000,"to":4211}, when the last event is out
 *	either	{"ok":false,"reason":"its epoch is x, ours is 7f3c"}
 */
#ifndef SINKS_MQTT_REPLY_H
#define SINKS_MQTT_REPLY_H

#include "sinks/mqtt/command.h"

#define REPLY_TEXT_MAX 512

/*
 * May an answer to this command of `consumer` go there? Only below its own consumer/<name>/, and
 * not to its commands: with our rights at the broker it could make us publish false states anywhere
 * else. false: a phrase in err.
 */
bool reply_topic_check(
    const char *base, const char *consumer, const char *topic, char *err, size_t err_size);

/* Each writes a terminated object; text of REPLY_TEXT_MAX. */
void reply_ack(char *text, uint64_t upto);
void reply_replay(char *text, uint64_t from, uint64_t to);
void reply_refused(char *text, const char *reason);

#endif

/*
 * What others may ask of the agent by MQTT, and its first check: shape and size. Pure. Everything
 * here comes from a network and is taken for hostile.
 *
 *	consumer/<name>/ack	{"epoch":"7f3c..","upto":4211}
 *	consumer/<name>/replay	{"epoch":"7f3c..","from":4000,"to":4211}
 */
#ifndef SINKS_MQTT_COMMAND_H
#define SINKS_MQTT_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Longest payload that is looked at. */
#define COMMAND_MAX (64 * 1024)

#define COMMAND_EPOCH_MAX 64

enum command_kind { COMMAND_ACK, COMMAND_REPLAY, COMMAND_KIND_COUNT };

/* Longest topic for an answer with its end, and most data to go with it. */
#define COMMAND_REPLY_MAX     200
#define COMMAND_CORRELATE_MAX 64

/* Where the answer is wanted (reply.h); topic "": nowhere. */
struct command_reply {
	char topic[COMMAND_REPLY_MAX];
	unsigned char data[COMMAND_CORRELATE_MAX];
	size_t length;
};

struct command {
	enum command_kind kind;
	size_t consumer; /* index into site->mqtt.consumers */
	char epoch[COMMAND_EPOCH_MAX];
	uint64_t from, to;          /* ack: both are upto */
	bool known;                 /* the topic is that of a consumer, whatever the payload was */
	struct command_reply reply; /* as the caller of command_read() fills it in */
};

/*
 * false: a phrase in err says what is wrong with it ("upto is missing or no whole number"). topic
 * is the whole topic; base and consumers as in struct mqtt_spec.
 */
bool command_read(const char *base, const char *const *consumers, size_t consumer_count,
    const char *topic, const void *payload, size_t length, struct command *out, char *err,
    size_t err_size);

#endif

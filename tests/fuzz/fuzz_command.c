/*
 * Any payload on any topic that the agent listens to: refused with a reason, or what it says; and
 * any topic for the answer: only below the consumer's own. The input begins with a byte that
 * chooses the topic, or (6 and 7) with topic, topic of the answer and payload in lines.
 */
#include "fuzz.h"

#include "sinks/mqtt/command.h"
#include "sinks/mqtt/reply.h"

#include <jansson.h>

#define BASE "facility/hall"

static const char *const consumers[] = {"historian", "cmms-1"};

static void
check_clean(const char *text)
{
	for (const char *p = text; *p != '\0'; p++)
		FUZZ_CHECK((unsigned char)*p >= 0x20);
}

static void
check_answer(const char *text)
{
	json_t *o = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

	FUZZ_CHECK(json_is_object(o) && json_is_boolean(json_object_get(o, "ok")));
	json_decref(o);
}

static void
check_reply(const struct command *c, const char *topic)
{
	static const char word[] = "/consumer/";
	char err[200] = "", below[128], answer[REPLY_TEXT_MAX];

	snprintf(below, sizeof(below), BASE "%s%s/", word, consumers[c->consumer]);
	if (reply_topic_check(BASE, consumers[c->consumer], topic, err, sizeof(err))) {
		FUZZ_CHECK(strncmp(topic, below, strlen(below)) == 0);
		FUZZ_CHECK(strcmp(topic + strlen(below), "ack") != 0);
		FUZZ_CHECK(strcmp(topic + strlen(below), "replay") != 0);
		FUZZ_CHECK(strpbrk(topic, "+#") == NULL);
		return;
	}
	FUZZ_CHECK(err[0] != '\0');
	check_clean(err);
	reply_refused(answer, err);
	check_answer(answer);
}

static void
check(const char *topic, const char *reply, const uint8_t *payload, size_t size)
{
	struct command c;
	char err[200] = "", answer[REPLY_TEXT_MAX];

	if (command_read(BASE, consumers, 2, topic, payload, size, &c, err, sizeof(err))) {
		FUZZ_CHECK(c.known && c.kind < COMMAND_KIND_COUNT);
		FUZZ_CHECK(memchr(c.epoch, '\0', sizeof(c.epoch)) != NULL);
		FUZZ_CHECK(c.kind == COMMAND_REPLAY || c.from == c.to);
		if (c.kind == COMMAND_ACK)
			reply_ack(answer, c.to);
		else
			reply_replay(answer, c.from, c.to);
	} else {
		FUZZ_CHECK(err[0] != '\0');
		check_clean(err);
		reply_refused(answer, err);
	}
	check_answer(answer);
	if (!c.known)
		return;
	FUZZ_CHECK(c.consumer < 2);
	check_reply(&c, reply);
}

/* The next line of the input as text; it ends at a zero as well. */
static void
line(struct bytes *b, char *text, size_t size)
{
	size_t n = 0;

	while (b->left > 0) {
		char c = (char)take(b, 1);

		if (c == '\n' || c == '\0')
			break;
		if (n + 1 < size)
			text[n++] = c;
	}
	text[n] = '\0';
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const topics[] = {BASE "/consumer/historian/ack",
	    BASE "/consumer/cmms-1/replay", BASE "/consumer/other/ack", BASE "/consumer/historian/",
	    BASE, ""};
	struct bytes b = {data, size};
	char topic[300], reply[COMMAND_REPLY_MAX];
	uint8_t first = (uint8_t)take(&b, 1);

	if (size == 0)
		return 0;
	if (first % 8 < 6) {
		check(topics[first % 8], BASE "/consumer/historian/answer", b.at, b.left);
		return 0;
	}
	line(&b, topic, sizeof(topic));
	line(&b, reply, sizeof(reply));
	check(topic, reply, b.at, b.left);
	return 0;
}

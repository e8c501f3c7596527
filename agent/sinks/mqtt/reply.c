#include "sinks/mqtt/reply.h"

#include "base/text.h"
#include "model/writer.h"

#include <string.h>

bool
reply_topic_check(
    const char *base, const char *consumer, const char *topic, char *err, size_t err_size)
{
	char own[COMMAND_REPLY_MAX + 256];
	size_t n = text_printf(own, sizeof(own), "%s/consumer/%s/", base, consumer);

	if (strncmp(topic, own, n) == 0 && topic[n] != '\0' && strpbrk(topic, "+#") == NULL &&
	    strcmp(topic + n, "ack") != 0 && strcmp(topic + n, "replay") != 0)
		return true;
	text_printf(err, err_size, "its answer cannot go elsewhere than below %s", own);
	return false;
}

static struct writer
begin(char *text, bool ok)
{
	struct writer w;

	writer_init(&w, text, REPLY_TEXT_MAX);
	w.clean = true; /* a reason may quote what came */
	writer_open(&w, NULL, '{');
	writer_bool(&w, "ok", ok);
	return w;
}

void
reply_ack(char *text, uint64_t upto)
{
	struct writer w = begin(text, true);

	writer_uint(&w, "upto", upto);
	writer_close(&w, '}');
}

void
reply_replay(char *text, uint64_t from, uint64_t to)
{
	struct writer w = begin(text, true);

	writer_uint(&w, "from", from);
	writer_uint(&w, "to", to);
	writer_close(&w, '}');
}

void
reply_refused(char *text, const char *reason)
{
	struct writer w = begin(text, false);

	writer_string(&w, "reason", reason);
	writer_close(&w, '}');
	if (writer_length(&w) == 0)
		text_copy(text, REPLY_TEXT_MAX, "{\"ok\":false}");
}

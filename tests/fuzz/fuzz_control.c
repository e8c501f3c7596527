/*
 * Any bytes on the control socket: each line gets one line of JSON for an answer, nothing a
 * terminal could obey, and the connection is of use afterwards.
 */
#include "fuzz.h"

#include "../unit/console_client.h"

#include <jansson.h>

static void
check_answers(const struct fixture *f)
{
	const char *line = f->got, *end;

	for (; (end = strchr(line, '\n')) != NULL; line = end + 1) {
		json_error_t err;
		json_t *j = json_loadb(line, (size_t)(end - line), 0, &err);

		FUZZ_CHECK(j != NULL);
		json_decref(j);
		for (const char *c = line; c < end; c++)
			FUZZ_CHECK((unsigned char)*c >= 0x20 && *c != 0x7f);
	}
	FUZZ_CHECK(*line == '\0');
}

/* Enough turns for what this room has to say. */
static void
turn(struct fixture *f)
{
	for (int i = 0; i < 12; i++) {
		f->show.durable = f->room.event_count;
		client_read(f->client, &f->room.now);
		receive(f);
		fetch_pump(&f->fetch, &f->client, 1);
		if (f->fetch.out)
			serve_fetch(f);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fixture *f;
	void *state;
	size_t sent = 0;

	setup(&state);
	f = state;
	f->length = 0;
	while (sent < size) {
		size_t n = size - sent < 3000 ? size - sent : 3000;
		ssize_t k = send(f->fd, data + sent, n, MSG_NOSIGNAL);

		if (k <= 0)
			break; /* it was thrown out, which it may be */
		sent += (size_t)k;
		turn(f);
	}
	(void)send(f->fd, "\n", 1, MSG_NOSIGNAL);
	turn(f);
	check_answers(f);
	teardown(&state);
	return 0;
}

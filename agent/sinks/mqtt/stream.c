#include "sinks/mqtt/stream.h"

#include <string.h>

void
stream_init(struct stream *s, uint64_t after, uint64_t last)
{
	memset(s, 0, sizeof(*s));
	s->last = last;
	s->sent = after;
	s->life = 1;
	s->confirmed = s->fetched = after;
}

bool
stream_fetch(struct stream *s, mono_t now, uint64_t *after, unsigned *max)
{
	if (s->fetching || s->count > 0 || s->fetched >= s->last ||
	    mono_before(now, s->pause_until) || mono_before(now, s->fetch_from))
		return false;
	s->fetching = true;
	*after = s->fetched;
	*max = STREAM_QUEUE;
	return true;
}

/*
 * A gap record stands for events that are held no more and has the seq of the last one missing,
 * which may be behind the end of a replay. As the first of a batch it is passed on whatever its
 * seq.
 */
static bool
wanted(const struct stream *s, const struct event *e, size_t i)
{
	if (e->type == EVENT_GAP)
		return i == 0 || e->seq > s->fetched;
	return e->seq > s->fetched && e->seq <= s->last;
}

void
stream_add(struct stream *s, const struct event *events, size_t count, mono_t now)
{
	bool stale = s->stale;

	s->fetching = s->stale = false;
	if (stale)
		return;
	s->dry = true;
	for (size_t i = 0; i < count && s->count < STREAM_QUEUE; i++) {
		uint64_t seq = events[i].seq;

		if (wanted(s, &events[i], i)) {
			s->queue[(s->head + s->count++) % STREAM_QUEUE] = events[i];
			s->dry = false;
		}
		/* They come in order: where one is behind the end, nothing is missing before. */
		if (seq > s->fetched)
			s->fetched = seq < s->last ? seq : s->last;
	}
	if (s->dry)
		s->fetch_from = mono_add_ms(now, STREAM_EMPTY_MS);
}

const struct event *
stream_next(const struct stream *s, mono_t now)
{
	if (s->count == 0 || s->flying == STREAM_FLIGHT || mono_before(now, s->pause_until))
		return NULL;
	return &s->queue[s->head];
}

void
stream_sent(struct stream *s)
{
	uint64_t seq = s->queue[s->head].seq;

	s->head = (s->head + 1) % STREAM_QUEUE;
	s->count--;
	s->flight[s->flying].seq = seq;
	s->flight[s->flying].done = false;
	s->flying++;
	if (seq > s->sent)
		s->sent = seq;
}

bool
stream_confirm(struct stream *s, unsigned life, uint64_t seq)
{
	uint64_t before = s->confirmed;
	size_t done = 0;

	if (life != s->life)
		return false;
	for (size_t i = 0; i < s->flying; i++) {
		if (s->flight[i].seq == seq && !s->flight[i].done) {
			s->flight[i].done = true;
			break;
		}
	}
	for (; done < s->flying && s->flight[done].done; done++)
		if (s->flight[done].seq > s->confirmed)
			s->confirmed = s->flight[done].seq;
	s->flying -= done;
	memmove(s->flight, s->flight + done, s->flying * sizeof(s->flight[0]));
	return s->confirmed != before;
}

void
stream_rewind(struct stream *s, uint64_t after)
{
	s->life++;
	s->head = s->count = s->flying = 0;
	s->stale = s->fetching;
	s->dry = false;
	s->fetch_from = s->pause_until = (mono_t){0};
	s->confirmed = s->fetched = after;
}

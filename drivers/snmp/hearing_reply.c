/* Answers to informs: they wait for the disk, and an inform that comes again gets the same. */
#include "base/arena.h"
#include "drivers/snmp/hearing_i.h"

#include <stdlib.h>
#include <string.h>

/*
 * Informs whose event is not on disk yet: a commit takes 20 to 50 ms. Those of a flood, whose event
 * is not even told yet, wait for up to 12 s: they leave room for the others.
 */
#define WAITING_MAX      64
#define WAITING_HELD_MAX 32
/* Senders give up after a few tries of a few seconds (snmpinform: 5 of 1 s). */
#define SEEN_MAX    256
#define SEEN_FOR_MS 60000

struct waiting {
	uint64_t seq, print;
	struct sockaddr_storage to;
	socklen_t to_length;
	uint8_t *bytes;
	size_t length;
};

struct seen {
	uint64_t print;
	uint64_t seq; /* of its event or, with TRAP_HELD, of a count; 0: it needs none */
	mono_t at;
};

struct hearing_replies {
	struct waiting waiting[WAITING_MAX];
	size_t count;
	struct seen seen[SEEN_MAX];
	size_t next;
	uint64_t upto; /* on disk */
};

struct hearing_replies *
replies_new(void)
{
	return xcalloc(1, sizeof(struct hearing_replies));
}

void
replies_free(struct hearing_replies *r)
{
	if (r == NULL)
		return;
	for (size_t i = 0; i < r->count; i++)
		free(r->waiting[i].bytes);
	free(r);
}

/* NULL: none that came within the last minute. */
static struct seen *
find_seen(struct hearing_replies *r, uint64_t print, mono_t now)
{
	for (size_t i = 0; i < SEEN_MAX; i++)
		if (r->seen[i].at.us != 0 && r->seen[i].print == print &&
		    mono_ms_between(now, r->seen[i].at) < SEEN_FOR_MS)
			return &r->seen[i];
	return NULL;
}

/* Its place, a new one where it has none; NULL: there is no room. */
static struct waiting *
place_of(struct hearing_replies *r, uint64_t print, bool held)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->waiting[i].print == print)
			return &r->waiting[i];
	if (r->count >= (held ? WAITING_HELD_MAX : WAITING_MAX))
		return NULL;
	r->waiting[r->count].bytes = NULL;
	return &r->waiting[r->count++];
}

/*
 * Of an inform that comes again the last answer is kept: in version 3 each repetition has a msgID
 * of its own, and its sender knows the last one only.
 */
static void
wait_for(struct hearing_replies *r, const struct hearing *l, uint64_t seq)
{
	struct waiting *w = place_of(r, l->notice.print, (seq & TRAP_HELD) != 0);

	if (w == NULL)
		return;
	*w = (struct waiting){.seq = seq,
	    .print = l->notice.print,
	    .to = l->from,
	    .to_length = l->from_length,
	    .bytes = xrealloc(w->bytes, l->reply_length, 1),
	    .length = l->reply_length};
	memcpy(w->bytes, l->reply, l->reply_length);
}

enum replies_verdict
replies_again(struct hearing_replies *r, const struct hearing *l, mono_t now)
{
	const struct seen *s = find_seen(r, l->notice.print, now);

	if (s == NULL)
		return REPLIES_NEW;
	if (s->seq <= r->upto)
		return REPLIES_DURABLE;
	wait_for(r, l, s->seq);
	return REPLIES_WAITS;
}

void
replies_keep(struct hearing_replies *r, const struct hearing *l, uint64_t seq, mono_t now)
{
	r->seen[r->next] = (struct seen){.print = l->notice.print, .seq = seq, .at = now};
	r->next = (r->next + 1) % SEEN_MAX;
	if (seq > 0)
		wait_for(r, l, seq);
}

void
replies_counted(struct hearing_replies *r, uint64_t held, uint64_t seq)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->waiting[i].seq == held)
			r->waiting[i].seq = seq;
	for (size_t i = 0; i < SEEN_MAX; i++)
		if (r->seen[i].seq == held)
			r->seen[i].seq = seq;
}

size_t
replies_send(struct hearing_replies *r, int fd, uint64_t upto)
{
	size_t kept = 0, sent = 0;

	r->upto = upto;
	for (size_t i = 0; i < r->count; i++) {
		struct waiting *w = &r->waiting[i];

		if (w->seq > upto) {
			r->waiting[kept++] = *w;
			continue;
		}
		/* One that does not leave: its sender asks again. */
		(void)sendto(fd, w->bytes, w->length, MSG_DONTWAIT | MSG_NOSIGNAL,
		    (const struct sockaddr *)&w->to, w->to_length);
		free(w->bytes);
		sent++;
	}
	r->count = kept;
	return sent;
}

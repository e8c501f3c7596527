#include "store/queue.h"

#include "base/arena.h"

#include <stdlib.h>
#include <string.h>

void
list_append(struct entry_list *l, struct entry *e)
{
	e->next = NULL;
	if (l->last != NULL)
		l->last->next = e;
	else
		l->first = e;
	l->last = e;
	l->count++;
}

struct entry *
list_shift(struct entry_list *l)
{
	struct entry *e = l->first;

	if (e == NULL)
		return NULL;
	l->first = e->next;
	if (l->first == NULL)
		l->last = NULL;
	l->count--;
	return e;
}

/* The entry used last is used first again: the memory of quiet times stays small. */
static void
release(struct queue *q, struct entry *e)
{
	e->next = q->free.first;
	q->free.first = e;
	if (q->free.last == NULL)
		q->free.last = e;
	q->free.count++;
}

void
queue_init(struct queue *q, size_t entries)
{
	memset(q, 0, sizeof(*q));
	q->entries = xcalloc(entries, sizeof(*q->entries));
	q->unused = entries;
}

void
queue_free(struct queue *q)
{
	free(q->entries);
	free(q->late);
	free(q->late_marks);
	memset(q, 0, sizeof(*q));
}

/* What can be had: durable events need not stay. */
static size_t
available(const struct queue *q)
{
	return q->free.count + q->unused + q->recent.count;
}

static struct entry *
acquire(struct queue *q)
{
	struct entry *e = list_shift(&q->free);

	if (e == NULL && q->unused > 0)
		return &q->entries[--q->unused];
	return e != NULL ? e : list_shift(&q->recent);
}

static void
put_late(struct queue *q, const struct alarm_record *r)
{
	for (size_t i = 0; i < q->late_count; i++)
		if (strcmp(q->late[i].device, r->device) == 0 &&
		    strcmp(q->late[i].alarm, r->alarm) == 0) {
			q->late[i] = *r;
			return;
		}
	if (q->late_count == q->late_room) {
		q->late_room = q->late_room > 0 ? 2 * q->late_room : 64;
		q->late = xrealloc(q->late, q->late_room, sizeof(*q->late));
	}
	q->late[q->late_count++] = *r;
}

static void
put_late_mark(struct queue *q, uint64_t seq, const struct mark *m)
{
	size_t i = 0;

	while (i < q->late_mark_count && strcmp(q->late_marks[i].mark.key, m->key) != 0)
		i++;
	if (i == q->late_mark_room) {
		q->late_mark_room = q->late_mark_room > 0 ? 2 * q->late_mark_room : 16;
		q->late_marks = xrealloc(q->late_marks, q->late_mark_room, sizeof(*q->late_marks));
	}
	if (i == q->late_mark_count)
		q->late_mark_count++;
	q->late_marks[i] = (struct late_mark){.seq = seq, .mark = *m};
}

static void
put_lost(struct queue *q, const struct event *e, const struct alarm_record *record,
    const struct mark *mark)
{
	struct entry *tail = q->pending.last;

	if (tail == NULL || !tail->lost) {
		/* There is one: queue_put() and queue_take() see to that. */
		tail = acquire(q);
		tail->lost = true;
		tail->has_record = tail->has_mark = false;
		tail->first = e->seq;
		tail->since = e->wall;
		list_append(&q->pending, tail);
	}
	tail->last = e->seq;
	tail->until = e->wall;
	q->lost++;
	if (record != NULL)
		put_late(q, record);
	if (mark != NULL)
		put_late_mark(q, e->seq, mark);
}

bool
queue_put(struct queue *q, const struct event *e, const struct alarm_record *record,
    const struct mark *mark)
{
	struct entry *entry;

	/* The last entry is for the record of what is lost. */
	if (available(q) < 2) {
		put_lost(q, e, record, mark);
		return false;
	}
	entry = acquire(q);
	entry->first = entry->last = e->seq;
	entry->lost = false;
	entry->event = *e;
	entry->has_record = record != NULL;
	if (record != NULL)
		entry->record = *record;
	entry->has_mark = mark != NULL;
	if (mark != NULL)
		entry->mark = *mark;
	list_append(&q->pending, entry);
	return true;
}

void
queue_take(struct queue *q, struct entry_list *out, size_t max)
{
	for (size_t n = 0; n < max && q->pending.first != NULL; n++) {
		/* Further losses go into this entry while there is no other for them. */
		if (q->pending.first->lost && q->pending.count == 1 && available(q) == 0)
			break;
		list_append(out, list_shift(&q->pending));
	}
}

static void
forget_late(struct queue *q, uint64_t first, uint64_t last)
{
	size_t kept = 0;

	for (size_t i = 0; i < q->late_count; i++)
		if (q->late[i].seq < first || q->late[i].seq > last)
			q->late[kept++] = q->late[i];
	q->late_count = kept;
	kept = 0;
	for (size_t i = 0; i < q->late_mark_count; i++)
		if (q->late_marks[i].seq < first || q->late_marks[i].seq > last)
			q->late_marks[kept++] = q->late_marks[i];
	q->late_mark_count = kept;
}

void
queue_done(struct queue *q, struct entry_list *l)
{
	for (struct entry *e; (e = list_shift(l)) != NULL;) {
		if (e->lost) {
			forget_late(q, e->first, e->last);
			q->lost -= e->last - e->first + 1;
			release(q, e);
			/* The recent ones must follow each other without a hole. */
			while (q->recent.first != NULL)
				release(q, list_shift(&q->recent));
			continue;
		}
		list_append(&q->recent, e);
		if (q->recent.count > QUEUE_RECENT)
			release(q, list_shift(&q->recent));
	}
}

void
queue_take_recent(struct queue *q, uint64_t after, struct entry_list *out)
{
	struct entry_list kept = {0};

	for (struct entry *e; (e = list_shift(&q->recent)) != NULL;) {
		bool spare = q->free.count + q->unused + kept.count + q->recent.count > 0;

		list_append(e->last > after && spare ? out : &kept, e);
	}
	q->recent = kept;
}

size_t
queue_late(
    const struct queue *q, uint64_t first, uint64_t last, struct alarm_record **out, size_t *room)
{
	size_t count = 0;

	if (*room < q->late_count) {
		*room = q->late_count;
		*out = xrealloc(*out, *room, sizeof(**out));
	}
	for (size_t i = 0; i < q->late_count; i++)
		if (q->late[i].seq >= first && q->late[i].seq <= last)
			(*out)[count++] = q->late[i];
	return count;
}

size_t
queue_late_marks(
    const struct queue *q, uint64_t first, uint64_t last, struct late_mark **out, size_t *room)
{
	size_t count = 0;

	if (*room < q->late_mark_count) {
		*room = q->late_mark_count;
		*out = xrealloc(*out, *room, sizeof(**out));
	}
	for (size_t i = 0; i < q->late_mark_count; i++)
		if (q->late_marks[i].seq >= first && q->late_marks[i].seq <= last)
			(*out)[count++] = q->late_marks[i];
	return count;
}

int
queue_recent(const struct queue *q, uint64_t after, unsigned max, const struct event *out[])
{
	uint64_t expected = after + 1;
	int count = 0;

	if (q->recent.first == NULL || q->recent.first->first > expected)
		return -1;
	for (const struct entry *e = q->recent.first; e != NULL && (unsigned)count < max;
	     e = e->next) {
		if (e->first < expected)
			continue;
		if (e->first > expected)
			break;
		out[count++] = &e->event;
		expected++;
	}
	return count > 0 ? count : -1;
}

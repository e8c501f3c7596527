#include "sinks/console/watch.h"

#include "base/arena.h"

#include <stdlib.h>

/* Indices that wait to be told. */
struct bits {
	uint64_t *word;
	size_t count;
};

struct watch {
	unsigned kinds;
	struct bits dirty[WATCH_KIND_COUNT]; /* none for WATCH_STATUS */
	bool any;                            /* something was marked since the round began */
	bool in_round;
	bool ready; /* the snapshot has been told as a whole */
	enum watch_kind kind;
	size_t next; /* where the round stands */
	mono_t round_at;
	mono_t status_at;
	uint64_t after;
};

static const char *const kind_words[WATCH_KIND_COUNT] = {
    [WATCH_STATUS] = "status",
    [WATCH_ALARM] = "alarm",
    [WATCH_ZONE] = "zone",
    [WATCH_DEVICE] = "device",
    [WATCH_POINT] = "point",
};

static void (*const kind_members[WATCH_KIND_COUNT])(
    const struct show *, size_t, struct writer *) = {
    [WATCH_ALARM] = show_alarm,
    [WATCH_ZONE] = show_zone,
    [WATCH_DEVICE] = show_device,
    [WATCH_POINT] = show_point,
};

static struct bits
bits_new(size_t count)
{
	return (struct bits){xcalloc(count / 64 + 1, sizeof(uint64_t)), count};
}

static void
bits_set(struct bits *b, size_t i)
{
	b->word[i / 64] |= UINT64_C(1) << (i % 64);
}

static void
bits_clear(struct bits *b, size_t i)
{
	b->word[i / 64] &= ~(UINT64_C(1) << (i % 64));
}

/* The first one set at or after i, or count. */
static size_t
bits_find(const struct bits *b, size_t i)
{
	while (i < b->count) {
		uint64_t rest = b->word[i / 64] >> (i % 64);

		if (rest != 0)
			return i + (size_t)__builtin_ctzll(rest);
		i = (i / 64 + 1) * 64;
	}
	return b->count;
}

struct watch *
watch_new(const struct show *s, unsigned kinds, uint64_t after)
{
	struct watch *w = xcalloc(1, sizeof(*w));
	const struct alarm_state *alarms = core_alarms(s->core);

	w->kinds = kinds | 1u << WATCH_STATUS;
	w->after = after;
	w->any = true;
	w->round_at = mono_add_ms(s->now.mono, -WATCH_ROUND_MS);
	w->status_at = mono_add_ms(s->now.mono, -WATCH_STATUS_MS);
	w->dirty[WATCH_ALARM] = bits_new(s->site->alarm_count);
	w->dirty[WATCH_ZONE] = bits_new(s->site->zone_count);
	w->dirty[WATCH_DEVICE] = bits_new(s->site->device_count);
	w->dirty[WATCH_POINT] = bits_new(s->site->point_count);
	for (size_t i = 0; i < s->site->alarm_count; i++)
		if (alarms[i].phase != ALARM_NORMAL)
			bits_set(&w->dirty[WATCH_ALARM], i);
	for (size_t i = 0; i < s->site->zone_count; i++)
		bits_set(&w->dirty[WATCH_ZONE], i);
	for (size_t i = 0; i < s->site->device_count; i++)
		bits_set(&w->dirty[WATCH_DEVICE], i);
	for (size_t i = 0; i < s->site->point_count; i++)
		if (!point_is_hidden(&core_points(s->core)[i]))
			bits_set(&w->dirty[WATCH_POINT], i);
	return w;
}

void
watch_free(struct watch *w)
{
	if (w == NULL)
		return;
	for (int k = 0; k < WATCH_KIND_COUNT; k++)
		free(w->dirty[k].word);
	free(w);
}

static void
mark(struct watch *w, enum watch_kind kind, const uint32_t *indices, size_t count)
{
	if ((w->kinds & 1u << kind) == 0)
		return;
	for (size_t i = 0; i < count; i++)
		bits_set(&w->dirty[kind], indices[i]);
	w->any |= count > 0;
}

void
watch_mark(struct watch *w, const struct core_changes *changes)
{
	mark(w, WATCH_ALARM, changes->alarms, changes->alarm_count);
	mark(w, WATCH_DEVICE, changes->devices, changes->device_count);
	mark(w, WATCH_POINT, changes->points, changes->point_count);
	/* The counts in the status line follow alarms and devices at once, values in their time. */
	if (changes->alarm_count + changes->device_count > 0)
		w->status_at = mono_add_ms(w->round_at, -WATCH_STATUS_MS);
}

mono_t
watch_next(const struct watch *w)
{
	if (w->in_round)
		return (mono_t){0};
	mono_t round = mono_add_ms(w->round_at, WATCH_ROUND_MS);
	mono_t status = mono_add_ms(w->status_at, WATCH_STATUS_MS);
	if (w->any || mono_before(status, round))
		return round;
	return status;
}

static void
line(struct writer *out, const char *word, const struct show *s, size_t index,
    void (*members)(const struct show *, size_t, struct writer *))
{
	writer_open(out, NULL, '{');
	writer_string(out, "watch", word);
	if (members != NULL)
		members(s, index, out);
	writer_close(out, '}');
	writer_text(out, "\n");
}

static void
status_members(const struct show *s, size_t index, struct writer *out)
{
	(void)index;
	show_status(s, out);
}

static void
begin_round(struct watch *w, mono_t now)
{
	w->in_round = true;
	w->any = false;
	w->kind = WATCH_STATUS;
	w->next = 0;
	w->round_at = now;
}

bool
watch_step(struct watch *w, const struct show *s, struct writer *out)
{
	if (!w->in_round) {
		if (mono_before(s->now.mono, watch_next(w)))
			return false;
		begin_round(w, s->now.mono);
	}
	if (w->kind == WATCH_STATUS) {
		w->kind = WATCH_ALARM;
		if (!mono_before(s->now.mono, mono_add_ms(w->status_at, WATCH_STATUS_MS))) {
			w->status_at = s->now.mono;
			line(out, kind_words[WATCH_STATUS], s, 0, status_members);
			return true;
		}
	}
	for (; w->kind < WATCH_KIND_COUNT; w->kind++, w->next = 0) {
		size_t i = bits_find(&w->dirty[w->kind], w->next);

		if ((w->kinds & 1u << w->kind) == 0 || i == w->dirty[w->kind].count)
			continue;
		bits_clear(&w->dirty[w->kind], i);
		w->next = i + 1;
		line(out, kind_words[w->kind], s, i, kind_members[w->kind]);
		return true;
	}
	w->in_round = false;
	if (w->ready)
		return false;
	w->ready = true;
	line(out, "ready", s, 0, NULL);
	return true;
}

bool
watch_wants_events(const struct watch *w, uint64_t *after)
{
	*after = w->after;
	return w->ready && (w->kinds & WATCH_EVENT_BIT) != 0;
}

void
watch_events_told(struct watch *w, uint64_t upto)
{
	if (upto > w->after)
		w->after = upto;
}

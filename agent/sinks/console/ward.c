#include "sinks/console/ward.h"

#include "base/arena.h"

#include <stdlib.h>
#include <string.h>

struct ward *
ward_new(size_t devices, mono_t started)
{
	struct ward *w = xcalloc(1, sizeof(*w));

	w->devices = devices;
	w->started = started;
	w->next_at = mono_add_ms(started, WARD_PERIOD_MS);
	w->then = xcalloc(devices > 0 ? devices * WARD_SAMPLES : 1, sizeof(*w->then));
	w->now = xcalloc(devices > 0 ? devices : 1, sizeof(*w->now));
	w->patients = xcalloc(devices > 0 ? devices : 1, sizeof(*w->patients));
	return w;
}

void
ward_free(struct ward *w)
{
	if (w == NULL)
		return;
	free(w->then);
	free(w->now);
	free(w->patients);
	free(w);
}

void
ward_sample(struct ward *w, mono_t now)
{
	w->at[w->next] = now;
	if (w->devices > 0)
		memcpy(w->then + w->next * w->devices, w->now, w->devices * sizeof(*w->now));
	w->next = (w->next + 1) % WARD_SAMPLES;
	if (w->count < WARD_SAMPLES)
		w->count++;
	w->next_at = mono_add_ms(now, WARD_PERIOD_MS);
}

static unsigned
oldest(const struct ward *w)
{
	return (w->next + WARD_SAMPLES - w->count) % WARD_SAMPLES;
}

void
ward_recent(
    const struct ward *w, size_t device, const struct slave_health *h, struct slave_health *out)
{
	static const struct slave_health nothing;
	const struct slave_health *then = &nothing;

	if (w->count == WARD_SAMPLES)
		then = &w->then[oldest(w) * w->devices + device];
	doctor_difference(h, then, out);
}

double
ward_window_s(const struct ward *w, mono_t now)
{
	mono_t from = w->count == WARD_SAMPLES ? w->at[oldest(w)] : w->started;

	return (double)(now.us - from.us) / 1e6;
}

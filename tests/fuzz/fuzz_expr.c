/* Any text as an expression: an error inside the text, or a value that has no good nonsense in it.
 */
#include "fuzz.h"

#include "core/expr.h"
#include "core/expr_run.h"

#include <math.h>

enum { TEMPERATURE, HUMIDITY, FAN, POINTS };
static const struct word fan_words[] = {{0, "stopped", {0}}, {1, "running", {0}}};
static struct point_spec specs[POINTS] = {
    [TEMPERATURE] = {.name = "temperature"},
    [HUMIDITY] = {.name = "humidity"},
    [FAN] = {.name = "fan_state", .words = fan_words, .word_count = 2},
};
static const char *const names[] = {"temperature", "humidity", "fan_state"};
static const char *const places[] = {"env1"};

static const struct point_spec *
on_point(void *arg, const char *device, const char *name, struct expr_ref *ref, bool *no_device,
    const char *const **out, size_t *count)
{
	(void)arg;
	*no_device = device != NULL && strcmp(device, "env1") != 0;
	*out = *no_device ? places : names;
	*count = *no_device ? 1 : POINTS;
	for (uint16_t i = 0; !*no_device && i < POINTS; i++) {
		if (strcmp(names[i], name) != 0)
			continue;
		*ref = (struct expr_ref){EXPR_OWN, i};
		return &specs[i];
	}
	return NULL;
}

static size_t
on_group(void *arg, const char *name, const char *zone, struct expr_ref *refs,
    const struct point_spec **out, bool *no_zone, const char *const **all, size_t *count)
{
	(void)arg;
	*all = places;
	*count = 1;
	*no_zone = strcmp(zone, "site") != 0;
	if (*no_zone || strcmp(name, "temperature") != 0)
		return 0;
	refs[0] = (struct expr_ref){EXPR_OWN, TEMPERATURE};
	out[0] = &specs[TEMPERATURE];
	return 1;
}

static void
run(struct arena *a, const struct expr *x, uint32_t seed)
{
	struct point_state points[POINTS] = {0};
	struct expr_slot *slots = arena_array(a, x->slot_count, sizeof(*slots));
	uint32_t *flat = arena_array(a, x->ref_count, sizeof(*flat));
	struct expr_value v;
	mono_t now = {1000000}, again;

	FUZZ_CHECK(x->op_count <= EXPR_OPS_MAX && x->ref_count <= EXPR_REFS_MAX);
	for (size_t i = 0; i < x->ref_count; i++)
		flat[i] = x->refs[i].point;
	for (int step = 0; step < 40; step++) {
		seed = seed * 1664525 + 1013904223;
		points[seed >> 8 & 1].value = (double)(int32_t)seed / 1e7;
		points[FAN].value = seed >> 9 & 1;
		for (int i = 0; i < POINTS; i++)
			points[i].quality =
			    seed >> (10 + i) & 1 ? QUALITY_GOOD : (enum quality)(seed >> 20) % 5;
		now.us += (int64_t)(seed >> 12 & 0x3ffff) * 1000;
		for (size_t i = 0; i < x->ref_count; i++)
			expr_feed(x, i, points, flat, slots, now);
		v = expr_run(x, points, flat, slots, now, &again);
		if (v.quality == QUALITY_GOOD)
			FUZZ_CHECK(isfinite(v.value));
		if (v.quality == QUALITY_GOOD && x->is_condition)
			FUZZ_CHECK(v.value == 0 || v.value == 1);
		FUZZ_CHECK(again.us > now.us);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct expr_scope scope = {.point = on_point, .group = on_group};
	struct arena *a = arena_new();
	struct expr_error error = {0};
	char *text = arena_strndup(a, (const char *)data, size);
	const struct expr *x;
	uint32_t seed = 1;

	specs[TEMPERATURE].unit = unit_find("Cel");
	specs[HUMIDITY].unit = unit_find("%RH");
	specs[FAN].unit = unit_find("1");
	x = expr_compile(a, &scope, text, &error);
	if (x == NULL) {
		FUZZ_CHECK(error.what[0] != '\0');
		FUZZ_CHECK(error.from + error.length <= strlen(text) + 1);
	} else {
		for (size_t i = 0; i < size; i++)
			seed = seed * 31 + data[i];
		run(a, x, seed);
	}
	arena_free(a);
	return 0;
}

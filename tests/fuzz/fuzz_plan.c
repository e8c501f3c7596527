/*
 * Any layout of points and any refusals: every point is served by exactly one question, no question
 * is longer than the device takes, and none starves.
 */
#include "fuzz.h"

#include "core/plan.h"

#define POINTS_MAX 40

static void
check_served(const struct plan *p, const struct profile *profile)
{
	size_t served = 0;

	for (size_t k = 0; k < p->ask_count; k++) {
		const struct plan_ask *q = &p->asks[k];
		uint32_t limit = table_is_bits(q->ask.table) ? profile->modbus.max_bits
							     : profile->modbus.max_registers;

		FUZZ_CHECK(q->count > 0 && q->first == served);
		served += q->count;
		FUZZ_CHECK((uint32_t)q->ask.address + q->ask.count <= 65536);
		for (size_t i = q->first; i < served; i++) {
			const struct source *at = p->items[i].at;

			FUZZ_CHECK(at->table == q->ask.table);
			FUZZ_CHECK(at->address >= q->ask.address);
			FUZZ_CHECK(at->address + at->count <= q->ask.address + q->ask.count);
			FUZZ_CHECK(q->ask.count <= limit || q->ask.count == at->count);
		}
	}
	FUZZ_CHECK(served == p->item_count);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes b = {data, size};
	struct point_spec points[POINTS_MAX] = {0};
	struct profile profile = {.points = points,
	    .modbus = {.max_registers = (uint16_t)(4 + pick(&b, 122)),
		.max_bits = (uint16_t)(1 + pick(&b, 2000)),
		.max_gap = (uint16_t)pick(&b, 125)}};
	struct arena *a = arena_new();
	uint16_t which[POINTS_MAX];
	mono_t now = {1000000};
	struct plan *p;

	profile.point_count = 1 + pick(&b, POINTS_MAX);
	for (size_t i = 0; i < profile.point_count; i++) {
		struct source *at = &points[i].at;

		at->table = (enum table)(1 + pick(&b, TABLE_INPUT));
		at->count = table_is_bits(at->table) ? 1 : (uint16_t)(1 + pick(&b, 4));
		at->address = (uint16_t)(take(&b, 1) % 2 ? pick(&b, 300) : pick(&b, 65532));
		points[i].poll = POLL_NORMAL;
	}
	p = plan_points(a, &profile, POLL_NORMAL, NULL);
	check_served(p, &profile);
	while (b.left > 0) {
		size_t n = plan_choose(p, now, which), words = 0;

		FUZZ_CHECK(n > 0 && n <= p->ask_count);
		for (size_t i = 0; i < n; i++) {
			FUZZ_CHECK(which[i] < p->ask_count);
			words += p->asks[which[i]].ask.count;
			plan_asked(p, which[i], now);
		}
		FUZZ_CHECK(words <= p->word_room);
		switch (take(&b, 1) % 5) {
		case 0:
			plan_refused(p, pick(&b, p->ask_count), now);
			break;
		case 1:
			plan_mark_refused(p, pick(&b, p->ask_count), now);
			break;
		case 2:
			plan_failed(p, pick(&b, p->ask_count));
			break;
		case 3:
			plan_answered(p, pick(&b, p->ask_count));
			break;
		default:
			plan_forgive(p);
			break;
		}
		check_served(p, &profile);
		now.us += (int64_t)take(&b, 1) * 10000000;
	}
	arena_free(a);
	return 0;
}

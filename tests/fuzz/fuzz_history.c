/*
 * Minutes that rotted: packed ones of any bytes, and a history whose file has others in some
 * places. What comes out is finite, in order, and told once; or it is left out, or the file is put
 * aside.
 */
#include "fuzz.h"

#include "base/log.h"
#include "store/history.h"
#include "store/history_db.h"

#include <math.h>

#define POINTS 4
#define FIRST  29920560 /* a minute of 2026 */

static uint8_t *original;
static size_t original_size;
static char names[POINTS * sizeof("d/p0")];
static double resolutions[POINTS];
static struct history_db_options options = {.names = names,
    .resolutions = resolutions,
    .point_count = POINTS,
    .max_bytes = 1000000,
    .keep_ms = INT64_C(86400000) * 365};

static void
check_rows(const struct stretch *rows, size_t n, int64_t *last_us)
{
	for (size_t i = 0; i < n; i++) {
		FUZZ_CHECK(rows[i].at.us > *last_us);
		*last_us = rows[i].at.us;
		FUZZ_CHECK(rows[i].percent >= 0 && rows[i].percent <= 100);
		FUZZ_CHECK(!rows[i].has_value || (isfinite(rows[i].mean) && isfinite(rows[i].min) &&
						     isfinite(rows[i].max)));
	}
}

static void
try_packed(const uint8_t *data, size_t size, int64_t step_ms)
{
	struct minutes_reader r;
	struct minute m, kept[200];
	struct stretch rows[4];
	struct fold f;
	int64_t last_us = -1;
	size_t n = 0;
	uint8_t packed[201 * MINUTE_PACKED_MAX];

	minutes_open(&r, data, size);
	fold_init(&f, step_ms, false, (wall_t){0}, (wall_t){UINT32_MAX * MINUTE_US});
	for (size_t i = 0; i < 100000 && minutes_next(&r, &m); i++) {
		FUZZ_CHECK(m.good_s <= 60 && m.quality < QUALITY_COUNT);
		FUZZ_CHECK(
		    m.good_s == 0 || (isfinite(m.mean) && m.min <= m.mean && m.mean <= m.max));
		check_rows(rows, fold_minute(&f, &m, rows), &last_us);
		if (n < 200)
			kept[n++] = m;
	}
	check_rows(rows, fold_end(&f, rows), &last_us);
	/* What was read can be written and is read again. */
	minutes_open(&r, packed, minutes_pack(kept, n, 0, packed));
	for (size_t i = 0; i < n; i++) {
		FUZZ_CHECK(minutes_next(&r, &m));
		FUZZ_CHECK(m.minute == kept[i].minute && m.good_s == kept[i].good_s);
	}
	FUZZ_CHECK(!minutes_next(&r, &m) && !r.damaged);
}

/* ---- a whole file --------------------------------------------------------------------------- */

static void
put_five(struct history_db *h, uint32_t at)
{
	static uint8_t bytes[65536];
	struct batch b = {.bytes = bytes, .clock_set = true, .newest = at + 4};
	struct minute m[5];

	for (size_t p = 0; p < POINTS; p++) {
		uint8_t packed[6 * MINUTE_PACKED_MAX];
		size_t length;

		for (uint32_t i = 0; i < 5; i++)
			m[i] = (struct minute){.minute = at + i,
			    .mean = (float)(at % 50),
			    .min = 0,
			    .max = 50,
			    .good_s = 60};
		length = minutes_pack(m, 5, 0, packed);
		b.length += varint_put(bytes + b.length, p);
		b.length += varint_put(bytes + b.length, length);
		memcpy(bytes + b.length, packed, length);
		b.length += length;
	}
	if (history_db_put(h, &b))
		(void)history_db_tidy(h);
}

static void
make_original(const char *dir)
{
	struct db_error err;
	struct history_db *h;
	char path[128];
	FILE *f;

	for (size_t i = 0; i < POINTS; i++)
		snprintf(names + (size_t)i * sizeof("d/p0"), sizeof("d/p0"), "d/p%d", (int)i % 10);
	options.dir = dir;
	h = history_db_open(&options, &err);
	FUZZ_CHECK(h != NULL);
	for (uint32_t at = FIRST; at < FIRST + 150; at += 5)
		put_five(h, at);
	history_db_close(h, true);
	snprintf(path, sizeof(path), "%s/%s", dir, HISTORY_FILE);
	f = fopen(path, "rb");
	FUZZ_CHECK(f != NULL);
	original = malloc(1 << 20);
	original_size = fread(original, 1, 1 << 20, f);
	fclose(f);
}

static void
read_all(struct history_db *h)
{
	static struct past_answer a;

	for (size_t p = 0; p < POINTS; p++) {
		struct past ask = {.point = p};
		int64_t last_us = -1;

		fold_init(&ask.fold, 60000, false, (wall_t){(FIRST - 60) * MINUTE_US},
		    (wall_t){(FIRST + 300) * MINUTE_US});
		for (int i = 0; i < 100 && !ask.done; i++) {
			if (!history_db_read(h, &ask, NULL, &a))
				return;
			FUZZ_CHECK(a.count <= PAST_ROWS_MAX);
			check_rows(a.rows, a.count, &last_us);
			ask = a.past;
		}
	}
}

static void
try_file(struct bytes *b)
{
	const char *dir = fuzz_dir();
	struct history_db *h;
	struct db_error err;
	uint8_t *rotten;
	char path[128];

	if (original == NULL)
		make_original(dir);
	fuzz_empty(dir);
	rotten = malloc(original_size);
	memcpy(rotten, original, original_size);
	while (b->left > 3) {
		size_t at = (size_t)(take(b, 3) % original_size);

		rotten[at] = (uint8_t)take(b, 1);
	}
	snprintf(path, sizeof(path), "%s/%s", dir, HISTORY_FILE);
	fuzz_write(path, rotten, original_size);
	free(rotten);
	h = history_db_open(&options, &err);
	if (h == NULL) {
		FUZZ_CHECK(err.text[0] != '\0');
		return;
	}
	read_all(h);
	for (uint32_t at = FIRST + 150; at < FIRST + 240; at += 5)
		put_five(h, at);
	read_all(h);
	history_db_close(h, false);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int64_t steps[] = {60000, 300000, 3600000, 86400000};
	struct bytes b = {data, size};
	unsigned kind = (unsigned)take(&b, 1);

	log_set_level(LOG_LEVEL_ERR);
	if (kind % 8 == 0)
		try_file(&b);
	else
		try_packed(b.at, b.left, steps[kind % 4]);
	return 0;
}

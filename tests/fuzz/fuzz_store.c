/*
 * A store whose file rotted: some of its bytes are others. It opens or is put aside with a
 * sentence; what it gives is whole, in order, and each number once. Where it opens the agent goes
 * on with it, else with a new one that has what could be saved: what is committed then is there.
 */
#include "fuzz.h"

#include "base/log.h"
#include "store/db.h"

#define EVENTS 60

static uint8_t *original;
static size_t original_size;

/* A sound store with some events, alarms and marks, as bytes. */
static void
make_original(const char *dir)
{
	struct store_start start;
	struct db_error err;
	struct db *d = db_open(dir, true, &err);
	char path[128];
	FILE *f;

	FUZZ_CHECK(d != NULL && db_new_run(d, &start, 1, (wall_t){1}));
	FUZZ_CHECK(db_begin(d));
	for (uint64_t i = 1; i <= EVENTS; i++) {
		struct event e = {.seq = i, .wall = {(int64_t)i}, .type = EVENT_ALARM};
		struct alarm_record r = {.phase = ALARM_ACKNOWLEDGED, .seq = i};
		struct mark m = {.value = (int64_t)i};

		snprintf(e.text, sizeof(e.text), "Something of number %d.", (int)i);
		snprintf(r.device, sizeof(r.device), "d%d", (int)(i % 7));
		snprintf(r.alarm, sizeof(r.alarm), "a%d", (int)(i % 3));
		snprintf(m.key, sizeof(m.key), "records/d%d", (int)(i % 5));
		FUZZ_CHECK(db_put_event(d, &e) && db_put_alarm(d, &r) && db_put_mark(d, &m));
	}
	FUZZ_CHECK(db_commit(d) && db_checkpoint(d, true));
	db_close(d, true);
	snprintf(path, sizeof(path), "%s/%s", dir, DB_FILE);
	f = fopen(path, "rb");
	original = malloc(1 << 20);
	original_size = fread(original, 1, 1 << 20, f);
	fclose(f);
	FUZZ_CHECK(original_size > 4096);
}

static void
read_all(struct db *d)
{
	static struct event events[STORE_BATCH_MAX];
	struct alarm_record *alarms = NULL;
	struct mark *marks = NULL;
	size_t n = 0;
	uint64_t after = 0;

	while (db_fetch(d, after, INT64_MAX, STORE_BATCH_MAX, events, &n) && n > 0) {
		for (size_t i = 0; i < n; i++) {
			FUZZ_CHECK(events[i].seq > after);
			after = events[i].seq;
			FUZZ_CHECK(events[i].type < EVENT_TYPE_COUNT);
			FUZZ_CHECK(memchr(events[i].text, '\0', sizeof(events[i].text)) != NULL);
		}
	}
	if (db_alarms(d, &alarms, &n))
		for (size_t i = 0; i < n; i++)
			FUZZ_CHECK(alarms[i].phase < ALARM_PHASE_COUNT);
	free(alarms);
	(void)db_marks(d, &marks, &n);
	free(marks);
}

/* What failed says why, and leaves the rest in order. */
static bool
worked(struct db *d, bool ok)
{
	if (!ok) {
		FUZZ_CHECK(db_why(d)->text[0] != '\0' && db_why(d)->trouble != TROUBLE_NONE);
		db_rollback(d);
	}
	return ok;
}

static bool
put_next(struct db *d, uint64_t seq)
{
	struct event e = {.seq = seq, .wall = {1}, .type = EVENT_SYSTEM};
	struct alarm_record r = {.phase = ALARM_UNACKNOWLEDGED, .seq = seq};
	struct mark m = {.value = 7};

	snprintf(e.text, sizeof(e.text), "The next one.");
	snprintf(r.device, sizeof(r.device), "d1");
	snprintf(r.alarm, sizeof(r.alarm), "new");
	snprintf(m.key, sizeof(m.key), "records/d1");
	return db_begin(d) && db_put_event(d, &e) && db_put_alarm(d, &r) && db_put_mark(d, &m) &&
	       db_put_cursor(d, "mqtt", seq) && db_commit(d);
}

/* As a start and the first events after it. */
static void
go_on(struct db *d)
{
	static struct event got[2];
	struct store_start start;
	struct db_bounds before, after;
	struct trim t = {.count = 5, .now = {2}};
	uint64_t cursor;
	size_t n = 0;

	if (!worked(d, db_bounds(d, &before)) ||
	    !worked(d, db_new_run(d, &start, before.last_seq + 1, (wall_t){3})))
		return;
	FUZZ_CHECK(start.epoch[0] != '\0' && start.engine_boots > 0);
	if (!worked(d, put_next(d, before.last_seq + 1)))
		return;
	FUZZ_CHECK(db_fetch(d, before.last_seq, before.last_seq + 1, 2, got, &n) && n == 1);
	FUZZ_CHECK(got[0].seq == before.last_seq + 1 && strcmp(got[0].text, "The next one.") == 0);
	FUZZ_CHECK(db_cursor_read(d, "mqtt", &cursor) && cursor == got[0].seq);
	FUZZ_CHECK(db_bounds(d, &after) && after.last_seq == got[0].seq);
	t.upto = after.last_seq - 1;
	if (!worked(d, db_begin(d) && db_trim(d, &t) && db_commit(d)))
		return;
	FUZZ_CHECK(t.gone <= t.count);
	FUZZ_CHECK(db_fetch(d, before.last_seq, before.last_seq + 1, 2, got, &n) && n == 1);
	FUZZ_CHECK(db_bounds(d, &after) && after.last_seq == got[0].seq);
}

/* A new store beside it, with what it still says. */
static void
begin_anew(const char *dir, const struct salvage *s)
{
	struct db_error err = {0};
	struct db *d;

	fuzz_empty(dir);
	d = db_open(dir, true, &err);
	FUZZ_CHECK(d != NULL);
	FUZZ_CHECK(db_adopt(d, s));
	go_on(d);
	db_close(d, true);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes b = {data, size};
	const char *dir = fuzz_dir();
	struct salvage salvage = {0};
	struct db_error err = {0};
	char path[128];
	uint8_t *copy;
	struct db *d;

	log_set_level(LOG_LEVEL_ERR);
	fuzz_empty(dir);
	if (original == NULL) {
		make_original(dir);
		fuzz_empty(dir);
	}
	copy = malloc(original_size);
	memcpy(copy, original, original_size);
	while (b.left > 0) {
		size_t at = (size_t)take(&b, 3) % original_size;

		copy[at] = (uint8_t)take(&b, 1);
	}
	snprintf(path, sizeof(path), "%s/%s", dir, DB_FILE);
	fuzz_write(path, copy, original_size);
	free(copy);
	d = db_open(dir, false, &err);
	if (d != NULL) {
		read_all(d);
		go_on(d);
		db_close(d, true);
	} else {
		FUZZ_CHECK(err.text[0] != '\0' && err.trouble != TROUBLE_NONE);
		db_salvage(path, &salvage);
		begin_anew(dir, &salvage);
	}
	free(salvage.alarms);
	free(salvage.marks);
	return 0;
}

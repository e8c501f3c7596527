/*
 * The history on disk: what is written comes back, over hours, restarts, kills and stepped clocks;
 * it stays within its limits; a full, slow or damaged disk here holds no event up.
 */
#include "test_store_help.h"

#include "store/history.h"
#include "store/history_db.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <sched.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define HOUR_US    (60 * MINUTE_US)
#define FIRST_HOUR 498676 /* 2026-11-21T04:00Z */
#define FIRST      (FIRST_HOUR * 60)
#define POINTS_MAX 1000

/* Syncs of history.db take so long, and its writes fail with this. */
static _Atomic int slow_ms, write_trouble;

static bool
is_history(int fd)
{
	char link[64], path[256];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	path[n > 0 ? n : 0] = '\0';
	return strstr(path, "history.db") != NULL;
}

int fdatasync(int fd);
int
fdatasync(int fd)
{
	if (slow_ms > 0 && is_history(fd))
		usleep((useconds_t)slow_ms * 1000);
	return (int)syscall(SYS_fdatasync, fd);
}

ssize_t pwrite64(int fd, const void *buf, size_t n, off64_t at);
ssize_t
pwrite64(int fd, const void *buf, size_t n, off64_t at)
{
	if (write_trouble != 0 && is_history(fd)) {
		errno = write_trouble;
		return -1;
	}
	return syscall(SYS_pwrite64, fd, buf, n, at);
}

static bool own_mounts;

/* ---- a file, without its thread -------------------------------------------------------------- */

struct disk {
	char dir[128];
	char names[POINTS_MAX][32], joined[POINTS_MAX * 32];
	double resolutions[POINTS_MAX];
	struct history_db_options o;
	struct history_db *db;
};

static void
disk_open(struct disk *k)
{
	struct db_error err;
	char *end = k->joined;

	for (size_t i = 0; i < POINTS_MAX; i++)
		end = stpcpy(end, k->names[i]) + 1;
	k->db = history_db_open(&k->o, &err);
	if (k->db == NULL)
		fail_msg("%s", err.text);
}

static int
disk_setup(void **state)
{
	struct disk *k = calloc(1, sizeof(*k));

	snprintf(k->dir, sizeof(k->dir), "/tmp/test_history.XXXXXX");
	assert_non_null(mkdtemp(k->dir));
	for (size_t i = 0; i < POINTS_MAX; i++) {
		snprintf(k->names[i], sizeof(k->names[i]), "device%zu/point%zu", i / 10, i);
		k->resolutions[i] = i % 2 == 0 ? 0.02 : 0;
	}
	k->o = (struct history_db_options){.dir = k->dir,
	    .names = k->joined,
	    .resolutions = k->resolutions,
	    .point_count = 10,
	    .max_bytes = 100000000,
	    .keep_ms = 400 * INT64_C(86400000)};
	disk_open(k);
	*state = k;
	return 0;
}

static int
disk_teardown(void **state)
{
	struct disk *k = *state;

	history_db_close(k->db, true);
	assert_int_equal(bench_shell("rm -rf '%s'", k->dir), 0);
	free(k);
	return 0;
}

static void
disk_again(struct disk *k, bool clean)
{
	history_db_close(k->db, clean);
	disk_open(k);
}

static struct batch *
batch_new(void)
{
	struct batch *b = calloc(1, sizeof(*b));

	b->bytes = malloc(1 << 20);
	b->clock_set = true;
	return b;
}

static void
batch_add(struct batch *b, size_t point, const struct minute *m, size_t n, double resolution)
{
	uint8_t packed[4096];
	size_t length = minutes_pack(m, n, resolution, packed);

	b->length += varint_put(b->bytes + b->length, point);
	b->length += varint_put(b->bytes + b->length, length);
	memcpy(b->bytes + b->length, packed, length);
	b->length += length;
	if (m[n - 1].minute > b->newest)
		b->newest = m[n - 1].minute;
}

static void
batch_end(struct batch *b)
{
	free(b->bytes);
	free(b);
}

static struct minute
minute(uint32_t at, double mean)
{
	return (struct minute){.minute = at,
	    .mean = (float)mean,
	    .min = (float)(mean - 0.1),
	    .max = (float)(mean + 0.1),
	    .good_s = 60};
}

static double
value_of(size_t point, uint32_t at)
{
	return (double)point + 20 + (double)(at % 97) / 10;
}

/* Five minutes of all points, beginning with `at`, as the agent hands them over. */
static void
write_five(struct disk *k, uint32_t at)
{
	struct batch *b = batch_new();
	struct minute m[5];

	for (size_t p = 0; p < k->o.point_count; p++) {
		for (uint32_t i = 0; i < 5; i++)
			m[i] = minute(at + i, value_of(p, at + i));
		batch_add(b, p, m, 5, k->resolutions[p]);
	}
	if (!history_db_put(k->db, b) || !history_db_tidy(k->db))
		fail_msg("%s", history_db_why(k->db)->text);
	batch_end(b);
}

static struct stretch rows[200000];
static size_t row_count;
static int answers;

static void
read_rows(
    struct disk *k, size_t point, uint32_t from, uint32_t until, int64_t step_ms, bool is_state)
{
	static struct past_answer a;
	struct past p = {.point = point};

	fold_init(
	    &p.fold, step_ms, is_state, (wall_t){from * MINUTE_US}, (wall_t){until * MINUTE_US});
	row_count = 0;
	answers = 0;
	do {
		assert_true(history_db_read(k->db, &p, NULL, &a));
		memcpy(rows + row_count, a.rows, a.count * sizeof(*rows));
		row_count += a.count;
		assert_true(a.past.done || a.past.hour > p.hour);
		p = a.past;
		answers++;
	} while (!p.done);
	row_count += fold_end(&p.fold, rows + row_count);
	for (size_t i = 1; i < row_count; i++)
		assert_true(rows[i].at.us > rows[i - 1].at.us);
}

/* Each minute of [from, until) is there with its value. */
static void
check_minutes(struct disk *k, size_t point, uint32_t from, uint32_t until)
{
	read_rows(k, point, from, until, 60000, false);
	assert_int_equal(row_count, until - from);
	for (uint32_t i = 0; i < until - from; i++) {
		double want = value_of(point, from + i);

		assert_true(rows[i].at.us == (from + i) * MINUTE_US);
		assert_true(rows[i].has_value && rows[i].quality == QUALITY_GOOD);
		assert_true(fabs(rows[i].mean - want) <= 0.0051);
		assert_true(fabs(rows[i].min - want + 0.1) <= 0.0101);
	}
}

static void
hours_come_back(void **state)
{
	struct disk *k = *state;

	for (uint32_t at = FIRST + 10; at < FIRST + 60 * 5 + 20; at += 5)
		write_five(k, at);
	/* As hours, as parts, and the border between them. */
	check_minutes(k, 3, FIRST + 10, FIRST + 60 * 5 + 20);
	check_minutes(k, 9, FIRST + 100, FIRST + 200);
	disk_again(k, true);
	check_minutes(k, 3, FIRST + 10, FIRST + 60 * 5 + 20);
	/* A kill leaves the log as it is. */
	for (uint32_t at = FIRST + 60 * 5 + 20; at < FIRST + 60 * 8; at += 5)
		write_five(k, at);
	disk_again(k, false);
	check_minutes(k, 4, FIRST + 10, FIRST + 60 * 8);
	/* Before and after there is nothing. */
	read_rows(k, 0, FIRST - 60, FIRST + 60 * 9, 60000, false);
	assert_true(!rows[0].has_value && rows[0].quality == QUALITY_COUNT);
	assert_true(!rows[row_count - 1].has_value);
	assert_true(rows[row_count - 1].at.us == (FIRST + 480) * MINUTE_US);
}

/* Asked again, because more has come to the disk meanwhile: of an hour only what is new. */
static void
an_hour_that_was_told_goes_on(void **state)
{
	static struct past_answer a;
	struct disk *k = *state;
	struct past p = {.point = 3};

	write_five(k, FIRST);
	write_five(k, FIRST + 5);
	fold_init(
	    &p.fold, 60000, false, (wall_t){FIRST * MINUTE_US}, (wall_t){(FIRST + 20) * MINUTE_US});
	row_count = 0;
	for (uint32_t at = FIRST + 10; at <= FIRST + 20; at += 5) {
		assert_true(history_db_read(k->db, &p, NULL, &a));
		memcpy(rows + row_count, a.rows, a.count * sizeof(*rows));
		row_count += a.count;
		assert_true(a.past.done && a.past.hour == FIRST_HOUR + 1);
		assert_int_equal(a.past.told, at - 1);
		p = a.past;
		p.hour = FIRST_HOUR;
		write_five(k, at);
	}
	row_count += fold_end(&p.fold, rows + row_count);
	assert_int_equal(row_count, 20);
	for (uint32_t i = 0; i < 20; i++) {
		assert_true(rows[i].at.us == (FIRST + i) * MINUTE_US);
		assert_true(fabs(rows[i].mean - value_of(3, FIRST + i)) <= 0.0051);
	}
}

static void
a_long_answer_comes_in_pieces(void **state)
{
	struct disk *k = *state;

	k->o.point_count = 1;
	for (uint32_t at = FIRST; at < FIRST + 60 * 24 * 20; at += 5)
		write_five(k, at);
	check_minutes(k, 0, FIRST, FIRST + 60 * 24 * 20);
	assert_true(answers > 100);
	read_rows(k, 0, FIRST, FIRST + 60 * 24 * 20, 3600000, false);
	assert_int_equal(row_count, 24 * 20);
	read_rows(k, 0, FIRST - 1440 * 3650, FIRST + 1440 * 3650, 86400000, false);
	assert_in_range(row_count, 20, 25);
}

/* A new configuration: points come, go and change their places. */
static void
names_not_places_count(void **state)
{
	struct disk *k = *state;
	char swap[32];

	write_five(k, FIRST);
	memcpy(swap, k->names[2], sizeof(swap));
	memcpy(k->names[2], k->names[7], sizeof(swap));
	memcpy(k->names[7], swap, sizeof(swap));
	disk_again(k, true);
	for (int i = 0; i < 12; i++)
		write_five(k, FIRST + 60 + 5 * (uint32_t)i);
	read_rows(k, 7, FIRST, FIRST + 5, 60000, false);
	assert_true(fabs(rows[0].mean - value_of(2, FIRST)) < 0.006);
	read_rows(k, 7, FIRST + 60, FIRST + 65, 60000, false);
	assert_true(fabs(rows[0].mean - value_of(7, FIRST + 60)) < 0.006);
}

static void
put_minutes(struct disk *k, const struct minute *m, size_t n)
{
	struct batch *b = batch_new();

	batch_add(b, 0, m, n, 0);
	assert_true(history_db_put(k->db, b) && history_db_tidy(k->db));
	batch_end(b);
}

/* A clock that was an hour ahead and not set is put right: both hours stay, the right one is told,
 * in order. */
static void
a_step_back_overwrites_nothing(void **state)
{
	struct disk *k = *state;
	struct minute m[5];
	struct minutes_reader r;
	struct minute out;
	sqlite3 *sql;
	sqlite3_stmt *stmt;
	int unsynced = 0, synced = 0;

	for (uint32_t at = 0; at < 60; at += 5) {
		for (uint32_t i = 0; i < 5; i++) {
			m[i] = minute(FIRST + at + i, 99);
			m[i].unsynced = true;
		}
		put_minutes(k, m, 5);
	}
	for (uint32_t at = 0; at < 60; at += 5) {
		for (uint32_t i = 0; i < 5; i++)
			m[i] = minute(FIRST + at + i, 20);
		put_minutes(k, m, at == 30 ? 3 : 5);
	}
	read_rows(k, 0, FIRST, FIRST + 60, 60000, false);
	assert_int_equal(row_count, 60);
	for (uint32_t i = 0; i < 60; i++) {
		bool missing = i == 33 || i == 34;

		/* Where the right clock has nothing, the other is told, with its mark. */
		assert_true(rows[i].mean == (missing ? 99 : 20));
		assert_true(rows[i].unsynced == missing);
	}
	history_db_close(k->db, true);
	k->db = NULL;
	char path[160];
	snprintf(path, sizeof(path), "%s/%s", k->dir, HISTORY_FILE);
	assert_int_equal(sqlite3_open(path, &sql), SQLITE_OK);
	assert_int_equal(
	    sqlite3_prepare_v2(sql, "SELECT data FROM hour", -1, &stmt, NULL), SQLITE_OK);
	while (sqlite3_step(stmt) == SQLITE_ROW) {
		minutes_open(
		    &r, sqlite3_column_blob(stmt, 0), (size_t)sqlite3_column_bytes(stmt, 0));
		while (minutes_next(&r, &out))
			*(out.unsynced ? &unsynced : &synced) += 1;
	}
	sqlite3_finalize(stmt);
	sqlite3_close(sql);
	assert_int_equal(unsynced, 60);
	assert_int_equal(synced, 58);
}

/* The same minute twice from a set clock (a restart inside it): joined, not replaced. */
static void
a_restart_inside_a_minute_is_joined(void **state)
{
	struct disk *k = *state;
	struct minute a = minute(FIRST + 3, 10), b = minute(FIRST + 3, 20);

	a.good_s = 30;
	a.quality = QUALITY_NEVER;
	b.good_s = 28;
	b.quality = QUALITY_NEVER;
	put_minutes(k, &a, 1);
	put_minutes(k, &b, 1);
	read_rows(k, 0, FIRST + 3, FIRST + 4, 60000, false);
	assert_int_equal(row_count, 1);
	assert_in_range(rows[0].percent, 95, 97);
	assert_true(rows[0].mean > 14 && rows[0].mean < 15.5);
	assert_int_equal(rows[0].quality, QUALITY_COUNT);
}

/* ---- limits --------------------------------------------------------------------------------- */

static void
what_is_too_old_goes(void **state)
{
	struct disk *k = *state;
	int64_t oldest;
	uint64_t bytes;

	k->o.keep_ms = 48 * INT64_C(3600000);
	for (uint32_t at = FIRST; at < FIRST + 60 * 24 * 4; at += 5)
		write_five(k, at);
	assert_true(history_db_size(k->db, &bytes, &oldest));
	assert_in_range(oldest, FIRST_HOUR + 47, FIRST_HOUR + 48);
	check_minutes(k, 0, FIRST + 60 * 49, FIRST + 60 * 24 * 4);
}

/* A clock that jumps to another year takes a day an hour at the most, and nothing while it is not
 * set. */
static void
a_wrong_clock_does_not_empty_the_file(void **state)
{
	struct disk *k = *state;
	struct minute m = minute(FIRST + 60 * 24 * 3650 + 59, 1);
	struct batch *b = batch_new();
	int64_t oldest;
	uint64_t bytes;

	for (uint32_t at = FIRST; at < FIRST + 60 * 24 * 4; at += 5)
		write_five(k, at);
	batch_add(b, 0, &m, 1, 0);
	b->clock_set = false;
	assert_true(history_db_put(k->db, b));
	assert_true(history_db_size(k->db, &bytes, &oldest));
	assert_int_equal(oldest, FIRST_HOUR);
	b->clock_set = true;
	assert_true(history_db_put(k->db, b));
	assert_true(history_db_size(k->db, &bytes, &oldest));
	assert_in_range(oldest, FIRST_HOUR + 24, FIRST_HOUR + 26);
	batch_end(b);
}

static off_t
file_size(const struct disk *k, const char *name)
{
	char path[160];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", k->dir, name);
	return stat(path, &st) == 0 ? st.st_size : 0;
}

static void
the_file_stays_within_its_limit(void **state)
{
	struct disk *k = *state;
	int64_t oldest;
	uint64_t bytes;
	off_t most = 0;

	k->o.point_count = 100;
	k->o.max_bytes = 400000;
	disk_again(k, true);
	for (uint32_t at = FIRST; at < FIRST + 60 * 24 * 2; at += 5) {
		write_five(k, at);
		off_t size = file_size(k, HISTORY_FILE);
		most = size > most ? size : most;
	}
	/* The log, and the hour that is added before one goes. */
	assert_in_range(most, 300000, 600000);
	assert_true(history_db_size(k->db, &bytes, &oldest));
	assert_true(bytes <= 400000 + 200000 && oldest > FIRST_HOUR);
	check_minutes(k, 5, FIRST + 60 * 47, FIRST + 60 * 48);
	/* The limit is lowered: the file shrinks. */
	k->o.max_bytes = 150000;
	for (uint32_t at = FIRST + 60 * 48; at < FIRST + 60 * 52; at += 5)
		write_five(k, at);
	assert_true(file_size(k, HISTORY_FILE) < 350000);
}

/* A board without a clock begins in 1970, whose first hour is a number like any other. */
static void
the_first_hour_of_1970_goes_as_well(void **state)
{
	struct disk *k = *state;
	struct minute m = minute(3, 1);
	struct batch *b = batch_new();
	int64_t oldest;
	uint64_t bytes;

	k->o.point_count = 100;
	k->o.max_bytes = 400000;
	disk_again(k, true);
	batch_add(b, 0, &m, 1, 0);
	b->clock_set = false;
	assert_true(history_db_put(k->db, b));
	batch_end(b);
	for (uint32_t at = FIRST; at < FIRST + 60 * 24 * 2; at += 5)
		write_five(k, at);
	assert_true(history_db_size(k->db, &bytes, &oldest));
	assert_true(bytes <= 400000 + 200000 && oldest > FIRST_HOUR);
}

static uint64_t
thread_writes(void)
{
	char text[256] = "";
	int fd = open("/proc/thread-self/io", O_RDONLY);
	const char *at;

	if (fd >= 0) {
		ssize_t n = read(fd, text, sizeof(text) - 1);
		text[n > 0 ? n : 0] = '\0';
		close(fd);
	}
	at = strstr(text, "wchar:");
	return at != NULL ? strtoull(at + 6, NULL, 10) : 0;
}

/* A day of a room in which two of five points are readings with noise, the others stand still most
 * of the time. Prints the figures that README.md states. */
static void
measure_day(struct disk *k, size_t points, double most_kept_mb, double most_written_mb)
{
	uint64_t before, bytes;
	int64_t oldest;
	double kept, written;

	k->o.point_count = points;
	disk_again(k, true);
	srand(1);
	before = thread_writes();
	for (uint32_t at = FIRST; at < FIRST + 1440; at += 5) {
		struct batch *b = batch_new();
		struct minute m[5];

		for (size_t p = 0; p < points; p++) {
			for (uint32_t i = 0; i < 5; i++) {
				double v = 24 + 2 * sin((at + i + (double)p) / 200.0) +
					   rand() % 100 / 1000.0;

				m[i] = p % 5 < 2 ? minute(at + i, v)
						 : (struct minute){.minute = at + i, .good_s = 60};
				if (p % 5 < 2)
					m[i].min -= (float)(rand() % 10) / 100;
				else
					m[i].mean = m[i].min = m[i].max =
					    (float)((at + i) / 400 % 2);
			}
			batch_add(b, p, m, 5, p % 5 < 2 ? 0.02 : 0);
		}
		assert_true(history_db_put(k->db, b) && history_db_tidy(k->db));
		batch_end(b);
	}
	assert_true(history_db_size(k->db, &bytes, &oldest));
	kept = (double)bytes / 1e6;
	written = (double)(thread_writes() - before) / 1e6;
	print_message(
	    "%zu points: %.2f MB kept and %.2f MB written a day\n", points, kept, written);
	assert_true(kept < most_kept_mb && written < most_written_mb);
}

static void
a_day_of_100_points(void **state)
{
	measure_day(*state, 100, 0.6, 12);
}

static void
a_day_of_1000_points(void **state)
{
	measure_day(*state, 1000, 5, 40);
}

/* ---- damage --------------------------------------------------------------------------------- */

static void
spoilt_rows_are_left_out(void **state)
{
	struct disk *k = *state;
	char path[160];
	sqlite3 *sql;

	for (uint32_t at = FIRST; at < FIRST + 180; at += 5)
		write_five(k, at);
	history_db_close(k->db, true);
	snprintf(path, sizeof(path), "%s/%s", k->dir, HISTORY_FILE);
	assert_int_equal(sqlite3_open(path, &sql), SQLITE_OK);
	char update[128];
	snprintf(update, sizeof(update), "UPDATE hour SET data = x'01fb80' WHERE hour = %d",
	    FIRST_HOUR + 1);
	assert_int_equal(sqlite3_exec(sql, update, 0, 0, 0), SQLITE_OK);
	sqlite3_close(sql);
	disk_open(k);
	read_rows(k, 1, FIRST, FIRST + 180, 60000, false);
	assert_int_equal(row_count, 121);
	assert_true(!rows[60].has_value && rows[60].quality == QUALITY_COUNT);
}

/* A row that tells of other times than its own, and of more minutes than an hour has. */
static void
a_row_tells_of_its_hour_alone(void **state)
{
	struct disk *k = *state;
	struct minute m[400];
	uint8_t packed[401 * MINUTE_PACKED_MAX];
	char path[160];
	sqlite3 *sql;
	sqlite3_stmt *stmt;

	for (uint32_t at = FIRST; at < FIRST + 120; at += 5)
		write_five(k, at);
	for (uint32_t i = 0; i < 400; i++)
		m[i] = minute(FIRST - 200 + 2 * i, 50);
	history_db_close(k->db, true);
	snprintf(path, sizeof(path), "%s/%s", k->dir, HISTORY_FILE);
	assert_int_equal(sqlite3_open(path, &sql), SQLITE_OK);
	assert_int_equal(
	    sqlite3_prepare_v2(sql, "UPDATE hour SET data = ? WHERE hour = ?", -1, &stmt, NULL),
	    SQLITE_OK);
	sqlite3_bind_blob(stmt, 1, packed, (int)minutes_pack(m, 400, 0, packed), SQLITE_STATIC);
	sqlite3_bind_int64(stmt, 2, FIRST_HOUR);
	assert_int_equal(sqlite3_step(stmt), SQLITE_DONE);
	sqlite3_finalize(stmt);
	sqlite3_close(sql);
	disk_open(k);
	read_rows(k, 1, FIRST - 300, FIRST + 900, 60000, false);
	for (size_t i = 0; i < row_count; i++)
		assert_true(!rows[i].has_value || (rows[i].at.us >= FIRST * MINUTE_US &&
						      rows[i].at.us < (FIRST + 120) * MINUTE_US));
}

/* ---- with its thread ------------------------------------------------------------------------ */

struct whole {
	struct bench b; /* the events beside it */
	struct mailbox *mail;
	struct history_disk *d;
};

static const char whole_names[] = "a/x\0a/y";

static void
whole_open(struct whole *w)
{
	char err[256], *names = malloc(sizeof(whole_names));

	memcpy(names, whole_names, sizeof(whole_names));

	w->d = history_disk_open(&(struct history_disk_options){.dir = w->b.dir,
				     .answers = w->mail,
				     .names = names,
				     .resolutions = calloc(2, sizeof(double)),
				     .point_count = 2,
				     .max_bytes = 10000000,
				     .keep_ms = 86400000},
	    err, sizeof(err));
	assert_non_null(w->d);
}

static int
whole_setup(void **state)
{
	struct whole *w = calloc(1, sizeof(*w));

	bench_make_dir(&w->b);
	w->mail = mailbox_new();
	*state = w;
	return 0;
}

static void
whole_drop_mail(struct whole *w)
{
	struct mail *next;

	for (struct mail *m = mailbox_take_all(w->mail); m != NULL; m = next) {
		next = m->next;
		free(m);
	}
}

static int
whole_teardown(void **state)
{
	struct whole *w = *state;

	slow_ms = write_trouble = 0;
	history_disk_close(w->d);
	bench_close(&w->b);
	whole_drop_mail(w);
	mailbox_free(w->mail);
	umount2(w->b.dir, MNT_DETACH);
	bench_remove_dir(&w->b);
	free(w);
	return 0;
}

static void
whole_put(struct whole *w, uint32_t at, uint32_t n)
{
	struct minute m[10];

	for (uint32_t i = 0; i < n; i++)
		m[i] = minute(at + i, 5);
	history_disk_put(w->d, 0, m, n);
	history_disk_put(w->d, 1, m, n);
	history_disk_flush(w->d, true);
}

/* The next message of this kind; the caller frees it. */
static struct history_mail *
whole_mail(struct whole *w, enum history_mail_kind kind)
{
	for (int i = 0; i < 100; i++) {
		struct mail *next;
		struct history_mail *found = NULL;

		if (!mailbox_wait(w->mail, 100))
			continue;
		for (struct mail *m = mailbox_take_all(w->mail); m != NULL; m = next) {
			next = m->next;
			if (found == NULL && m->kind == (int)kind)
				found = (struct history_mail *)m;
			else
				free(m);
		}
		if (found != NULL)
			return found;
	}
	return NULL;
}

static size_t
whole_good_minutes(struct whole *w, uint32_t from, uint32_t until, char *fault, size_t size)
{
	struct past p = {.point = 1};
	struct history_mail *m;
	size_t good = 0;

	fold_init(&p.fold, 60000, false, (wall_t){from * MINUTE_US}, (wall_t){until * MINUTE_US});
	history_disk_ask(w->d, &p);
	m = whole_mail(w, HISTORY_ANSWER);
	assert_non_null(m);
	assert_true(m->answer.past.done);
	for (size_t i = 0; i < m->answer.count; i++)
		good += m->answer.rows[i].has_value;
	good += m->answer.past.fold.pending; /* the last one is still in the fold */
	good += m->answer.past.fold.open;
	if (fault != NULL)
		snprintf(fault, size, "%s", m->answer.past.fault);
	free(m);
	return good;
}

static void
what_is_handed_over_is_there(void **state)
{
	struct whole *w = *state;

	whole_open(w);
	whole_put(w, FIRST, 5);
	assert_int_equal(whole_good_minutes(w, FIRST, FIRST + 60, NULL, 0), 5);
	whole_put(w, FIRST + 5, 3);
	history_disk_close(w->d);
	whole_open(w);
	assert_int_equal(whole_good_minutes(w, FIRST, FIRST + 60, NULL, 0), 8);
}

/* Killed in the middle of it: what was written before is there, and the file is sound. */
static void
a_kill_loses_no_written_minute(void **state)
{
	struct whole *w = *state;

	for (uint32_t round = 0; round < 5; round++) {
		int pipes[2], status;
		char ready;
		pid_t pid;

		assert_int_equal(pipe(pipes), 0);
		pid = fork();
		if (pid == 0) {
			whole_open(w);
			for (uint32_t i = 0; i < 10; i++)
				whole_put(w, FIRST + 60 * round + 5 * i, 5);
			/* What is asked after it is told after it is written. */
			whole_good_minutes(w, FIRST, FIRST + 1, NULL, 0);
			if (write(pipes[1], "!", 1) != 1)
				_exit(1);
			for (uint32_t i = 10;; i++)
				whole_put(w, FIRST + 600 + 5 * (i % 60), 5);
		}
		assert_int_equal(read(pipes[0], &ready, 1), 1);
		usleep(round * 3000);
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		close(pipes[0]);
		close(pipes[1]);
		whole_open(w);
		assert_int_equal(
		    whole_good_minutes(w, FIRST + 60 * round, FIRST + 60 * round + 60, NULL, 0),
		    50);
		history_disk_close(w->d);
		w->d = NULL;
	}
}

static void
a_damaged_file_is_put_aside(void **state)
{
	struct whole *w = *state;
	struct history_mail *m;
	struct event e = bench_event(1, EVENT_SYSTEM);
	char path[256];
	int fd;

	bench_open(&w->b);
	store_event(w->b.store, &e, NULL, NULL);
	bench_wait_durable(&w->b, 1);
	snprintf(path, sizeof(path), "%s/%s", w->b.dir, HISTORY_FILE);
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(write(fd, "no database, ", 13), 13);
	close(fd);
	whole_open(w);
	m = whole_mail(w, HISTORY_DAMAGED);
	assert_non_null(m);
	assert_non_null(strstr(m->text, "history.db.damaged-"));
	free(m);
	whole_put(w, FIRST, 5);
	assert_int_equal(whole_good_minutes(w, FIRST, FIRST + 60, NULL, 0), 5);
	assert_int_equal(bench_shell("ls '%s' | grep -q 'history.db.damaged-'", w->b.dir), 0);
	/* The events are not touched. */
	e = bench_event(2, EVENT_SYSTEM);
	store_event(w->b.store, &e, NULL, NULL);
	bench_wait_durable(&w->b, 2);
}

/* Syncs of a second each here: an event beside it is as quick as ever. */
static void
a_slow_disk_holds_no_event_up(void **state)
{
	struct whole *w = *state;

	bench_open(&w->b);
	whole_open(w);
	whole_put(w, FIRST, 5);
	assert_int_equal(whole_good_minutes(w, FIRST, FIRST + 60, NULL, 0), 5);
	slow_ms = 1000;
	whole_put(w, FIRST + 55, 5); /* an hour ends: its sync takes seconds */
	for (uint64_t seq = 1; seq <= 20; seq++) {
		struct event e = bench_event(seq, EVENT_ALARM);
		mono_t began = clock_mono();

		store_event(w->b.store, &e, NULL, NULL);
		bench_wait_durable(&w->b, seq);
		assert_true(mono_ms_between(clock_mono(), began) < 700);
	}
	slow_ms = 0;
}

static void
wait_fault(struct whole *w, bool fault)
{
	struct history_health h;

	for (int i = 0; i < 500; i++) {
		history_disk_health(w->d, &h);
		if (h.fault == fault)
			return;
		usleep(10000);
	}
	fail_msg("the history's fault is not %d: %s", fault, h.why);
}

/* Nothing can be written here: events go on, minutes wait, an hour at most, and can be read. */
static void
a_full_disk_loses_only_old_minutes(void **state)
{
	struct whole *w = *state;
	struct history_health h;

	bench_open(&w->b);
	whole_open(w);
	whole_put(w, FIRST, 5);
	assert_int_equal(whole_good_minutes(w, FIRST, FIRST + 60, NULL, 0), 5);
	write_trouble = ENOSPC;
	whole_put(w, FIRST + 5, 5);
	wait_fault(w, true);
	for (uint64_t seq = 1; seq <= 5; seq++) {
		struct event e = bench_event(seq, EVENT_ALARM);

		store_event(w->b.store, &e, NULL, NULL);
		bench_wait_durable(&w->b, seq);
	}
	for (uint32_t i = 2; i < 16; i++)
		whole_put(w, FIRST + 5 * i, 5);
	/* What waits in memory is told as well: five on disk, an hour here. */
	assert_int_equal(whole_good_minutes(w, FIRST, FIRST + 80, NULL, 0), 5 + 60);
	history_disk_health(w->d, &h);
	assert_int_equal(h.batches_lost, 3);
	write_trouble = 0;
	wait_fault(w, false);
	assert_int_equal(whole_good_minutes(w, FIRST, FIRST + 80, NULL, 0), 5 + 60);
}

/* A thread that hangs in the kernel takes nothing: what waits for it is bounded all the same. */
static void
a_disk_that_hangs_takes_no_memory(void **state)
{
	struct whole *w = *state;
	struct history_health h;

	whole_open(w);
	whole_put(w, FIRST, 5);
	assert_int_equal(whole_good_minutes(w, FIRST, FIRST + 60, NULL, 0), 5);
	slow_ms = 2000;
	whole_put(w, FIRST + 55, 5); /* an hour ends: its sync takes seconds */
	usleep(300000);
	for (uint32_t i = 12; i < 12 + 40; i++)
		whole_put(w, FIRST + 5 * i, 5);
	history_disk_health(w->d, &h);
	assert_int_equal(h.batches_lost, 40 - HISTORY_BATCHES_MAX);
	slow_ms = 0;
}

/* A file system with little space left keeps it for the events. */
static void
the_last_megabytes_are_for_events(void **state)
{
	struct whole *w = *state;
	struct history_health h;

	if (!own_mounts || mount("tmpfs", w->b.dir, "tmpfs", 0, "size=4m,mode=700") != 0) {
		print_message("SKIPPED: no tmpfs of our own here; it needs root\n");
		return;
	}
	bench_open(&w->b);
	whole_open(w);
	whole_put(w, FIRST, 5);
	wait_fault(w, true);
	history_disk_health(w->d, &h);
	assert_non_null(strstr(h.why, "for the events"));
	for (uint64_t seq = 1; seq <= 50; seq++) {
		struct event e = bench_event(seq, EVENT_ALARM);

		store_event(w->b.store, &e, NULL, NULL);
	}
	bench_wait_durable(&w->b, 50);
	history_disk_close(w->d);
	w->d = NULL;
	bench_close(&w->b);
	umount2(w->b.dir, MNT_DETACH);
}

static void
a_file_of_a_later_version_is_left_alone(void **state)
{
	struct whole *w = *state;
	char path[256], fault[160];
	sqlite3 *sql;

	whole_open(w);
	whole_put(w, FIRST, 5);
	history_disk_close(w->d);
	snprintf(path, sizeof(path), "%s/%s", w->b.dir, HISTORY_FILE);
	assert_int_equal(sqlite3_open(path, &sql), SQLITE_OK);
	assert_int_equal(sqlite3_exec(sql, "PRAGMA user_version = 99", 0, 0, 0), SQLITE_OK);
	sqlite3_close(sql);
	whole_open(w);
	wait_fault(w, true);
	assert_int_equal(whole_good_minutes(w, FIRST, FIRST + 9, fault, sizeof(fault)), 0);
	assert_non_null(strstr(fault, "newer version"));
	assert_int_equal(bench_shell("! ls '%s' | grep -q damaged", w->b.dir), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define DISK(f)  cmocka_unit_test_setup_teardown(f, disk_setup, disk_teardown)
#define WHOLE(f) cmocka_unit_test_setup_teardown(f, whole_setup, whole_teardown)
	    DISK(hours_come_back),
	    DISK(an_hour_that_was_told_goes_on),
	    DISK(a_long_answer_comes_in_pieces),
	    DISK(names_not_places_count),
	    DISK(a_step_back_overwrites_nothing),
	    DISK(a_restart_inside_a_minute_is_joined),
	    DISK(what_is_too_old_goes),
	    DISK(a_wrong_clock_does_not_empty_the_file),
	    DISK(the_file_stays_within_its_limit),
	    DISK(the_first_hour_of_1970_goes_as_well),
	    DISK(a_day_of_100_points),
	    DISK(a_day_of_1000_points),
	    DISK(spoilt_rows_are_left_out),
	    DISK(a_row_tells_of_its_hour_alone),
	    WHOLE(what_is_handed_over_is_there),
	    WHOLE(a_kill_loses_no_written_minute),
	    WHOLE(a_damaged_file_is_put_aside),
	    WHOLE(a_slow_disk_holds_no_event_up),
	    WHOLE(a_disk_that_hangs_takes_no_memory),
	    WHOLE(a_full_disk_loses_only_old_minutes),
	    WHOLE(the_last_megabytes_are_for_events),
	    WHOLE(a_file_of_a_later_version_is_left_alone),
	};

	own_mounts = getuid() == 0 && unshare(CLONE_NEWNS) == 0 &&
		     mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

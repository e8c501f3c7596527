/* The store as the core sees it: what goes in comes out, across a stop and a start. */
#include "test_store_help.h"
#include "test_store_sql.h"

#include "base/text.h"
#include "store/db.h"
#include "store/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/wait.h>

static void
test_new_store(void **state)
{
	struct bench *b = *state;
	struct store_mail *m;
	struct stat st;
	char dir[300];

	snprintf(dir, sizeof(dir), "%s/store", b->dir);
	b->options.dir = dir;
	bench_open(b);
	assert_int_equal(strlen(b->start.epoch), 32);
	assert_int_equal(b->start.last_seq, 0);
	assert_int_equal(b->start.first_held, 1);
	assert_int_equal(b->start.alarm_count, 0);
	assert_int_equal(b->start.engine_boots, 1);
	assert_false(b->start.recovered);
	assert_string_equal(b->start.text, "");
	/* RFC 3411: the first bit set, format 5, 5 to 32 octets. */
	assert_in_range(b->start.engine_id_length, 6, 32);
	assert_int_equal(b->start.engine_id[0] & 0x80, 0x80);
	assert_int_equal(b->start.engine_id[4], 5);
	assert_int_equal(stat(dir, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	m = bench_fetch(b, 3, 0, 10);
	assert_int_equal(m->event_count, 0);
	store_mail_free(m);
}

static void
test_round_trip(void **state)
{
	struct bench *b = *state;
	struct store_start before;
	struct store_mail *m;

	bench_open(b);
	before = b->start;
	for (uint64_t seq = 1; seq <= 100; seq++)
		bench_put(b, seq, seq % 10 == 0 ? EVENT_ALARM : EVENT_DEVICE);
	bench_wait_durable(b, 100);
	m = bench_fetch(b, 7, 40, 20); /* from memory */
	assert_int_equal(m->event_count, 20);
	for (uint64_t i = 0; i < 20; i++)
		bench_check_event(
		    &m->events[i], 41 + i, (41 + i) % 10 == 0 ? EVENT_ALARM : EVENT_DEVICE);
	store_mail_free(m);
	bench_close(b);

	bench_open(b);
	assert_string_equal(b->start.epoch, before.epoch);
	assert_int_equal(b->start.engine_id_length, before.engine_id_length);
	assert_memory_equal(b->start.engine_id, before.engine_id, before.engine_id_length);
	assert_int_equal(b->start.engine_boots, 2);
	assert_int_equal(b->start.last_seq, 100);
	assert_int_equal(b->start.first_held, 1);
	m = bench_fetch(b, 8, 0, STORE_BATCH_MAX); /* from the disk */
	assert_int_equal(m->event_count, STORE_BATCH_MAX);
	for (uint64_t i = 0; i < STORE_BATCH_MAX; i++)
		bench_check_event(
		    &m->events[i], 1 + i, (1 + i) % 10 == 0 ? EVENT_ALARM : EVENT_DEVICE);
	store_mail_free(m);
	/* Behind the end there is nothing, and that is an answer too. */
	m = bench_fetch(b, 9, 100, 5);
	assert_int_equal(m->event_count, 0);
	store_mail_free(m);
}

static void
test_alarms_and_cursors(void **state)
{
	static const char *const names[] = {"mqtt", "noc/a"};
	struct bench *b = *state;

	b->options.cursors = names;
	b->options.cursor_count = 2;
	bench_open(b);
	assert_int_equal(b->start.cursors[0], 0);
	for (uint64_t seq = 1; seq <= 23; seq++)
		bench_put(b, seq, EVENT_ALARM);
	bench_wait_durable(b, 23);
	store_cursor(b->store, 1, 20);
	store_cursor(b->store, 1, 12);   /* never back */
	store_cursor(b->store, 0, 5000); /* nobody has what is not durable */
	bench_close(b);

	bench_open(b);
	assert_int_equal(b->start.cursors[0], 23);
	assert_int_equal(b->start.cursors[1], 20);
	assert_int_equal(b->start.alarm_count, 5);
	for (size_t i = 0; i < 5; i++) {
		const struct alarm_record *r = &b->start.alarms[i];
		struct event e = bench_event(r->seq, EVENT_ALARM);
		struct alarm_record want = bench_record(&e);

		assert_in_range(r->seq, 19, 23);
		assert_string_equal(r->device, want.device);
		assert_string_equal(r->alarm, want.alarm);
		assert_int_equal(r->phase, want.phase);
		assert_int_equal(r->since.us, want.since.us);
		assert_int_equal(r->raised.us, want.raised.us);
		assert_int_equal(r->has_value, want.has_value);
		assert_true(r->value >= want.value && r->value <= want.value);
		assert_string_equal(r->who, want.who);
	}
}

/* A cursor that moves on its own is written within a second or so, not at the end only. */
static void
test_cursor_alone(void **state)
{
	static const char *const names[] = {"mqtt"};
	struct bench *b = *state, copy = *b;
	struct store_health h0, h;

	b->options.cursors = names;
	b->options.cursor_count = 1;
	bench_open(b);
	bench_put(b, 1, EVENT_ALARM);
	bench_wait_durable(b, 1);
	store_health(b->store, &h0);
	store_cursor(b->store, 0, 1);
	for (int i = 0; i < 30; i++) {
		usleep(100000);
		store_health(b->store, &h);
		if (h.bytes_written > h0.bytes_written)
			break;
	}
	/* A copy of the files as they are, in place of a crash. */
	assert_true(text_printf(copy.dir, sizeof(copy.dir), "%s/copy", b->dir) > 0);
	assert_int_equal(
	    bench_shell("mkdir '%s' && cp '%s'/events.db* '%s'", copy.dir, b->dir, copy.dir), 0);
	copy.options = b->options;
	copy.options.dir = copy.dir;
	bench_open(&copy);
	assert_int_equal(copy.start.cursors[0], 1);
	assert_int_equal(copy.start.last_seq, 1);
	store_close(copy.store);
}

static void
test_second_instance(void **state)
{
	struct bench *b = *state;
	struct store_start start;
	char err[256], pid[32];

	bench_open(b);
	assert_null(store_open(&b->options, &start, err, sizeof(err)));
	snprintf(pid, sizeof(pid), "pid %ld", (long)getpid());
	assert_non_null(strstr(err, pid));
	assert_non_null(strstr(err, b->dir));
	bench_close(b);
	bench_open(b);
}

static void
test_no_directory(void **state)
{
	struct bench *b = *state;

	b->options.dir = "/nowhere/at/all";
	assert_false(bench_try_open(b));
	assert_non_null(strstr(b->err, "/nowhere/at/all"));
	assert_non_null(strstr(b->err, "No such file"));
}

static void
damage(const struct bench *b, off_t at, size_t n)
{
	char path[300], junk[8192];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", b->dir, DB_FILE);
	memset(junk, 0xA5, sizeof(junk));
	fd = open(path, O_WRONLY);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, junk, n, at), n);
	close(fd);
}

static size_t
count_damaged(const struct bench *b)
{
	size_t n = 0;
	DIR *d = opendir(b->dir);

	assert_non_null(d);
	for (struct dirent *e; (e = readdir(d)) != NULL;)
		if (strstr(e->d_name, ".damaged-") != NULL)
			n++;
	closedir(d);
	return n;
}

/* At the head, in the middle of a table, cut short: put aside, said, and a new store works. */
static void
test_damaged(void **state)
{
	static const struct {
		off_t at;
		size_t n;
	} cases[] = {{0, 64}, {4096, 4096}, {0, 8192}};
	struct bench *b = *state;
	char epoch[STORE_EPOCH_MAX];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bench_open(b);
		for (uint64_t seq = b->start.last_seq + 1; seq <= 300; seq++)
			bench_put(b, seq, EVENT_DEVICE);
		bench_wait_durable(b, 300);
		memcpy(epoch, b->start.epoch, sizeof(epoch));
		bench_close(b);
		damage(b, cases[i].at, cases[i].n);
		bench_open(b);
		assert_true(b->start.recovered);
		assert_non_null(strstr(b->start.text, ".damaged-"));
		assert_int_equal(b->start.last_seq, 0);
		assert_string_not_equal(b->start.epoch, epoch);
		bench_put(b, 1, EVENT_ALARM);
		bench_wait_durable(b, 1);
		bench_close(b);
		/* Names have seconds; a test is faster. */
		assert_int_equal(count_damaged(b) > 0, 1);
		assert_int_equal(
		    bench_shell("rm -f '%s'/*.damaged-* '%s'/events.db*", b->dir, b->dir), 0);
	}
}

/*
 * A bit of the schema rotted, which no check of SQLite finds: a column that is not there any more
 * is damage. SQLite would read "text" where there is none as the text "text", of every event.
 */
static void
test_rotten_schema(void **state)
{
	static const char *const columns[][2] = {{"event", "text"}, {"event", "device"},
	    {"alarm", "phase"}, {"mark", "value"}, {"gap", "reason"}, {"cursor", "upto"}};
	struct bench *b = *state;
	char sql[96];

	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
		bench_open(b);
		bench_put(b, 1, EVENT_ALARM);
		bench_wait_durable(b, 1);
		bench_close(b);
		snprintf(sql, sizeof(sql), "ALTER TABLE %s RENAME COLUMN \"%s\" TO rotten",
		    columns[i][0], columns[i][1]);
		bench_sql(b, sql);
		bench_open(b);
		assert_true(b->start.recovered);
		assert_int_equal(b->start.last_seq, 0);
		bench_close(b);
		assert_int_equal(
		    bench_shell("rm -f '%s'/*.damaged-* '%s'/events.db*", b->dir, b->dir), 0);
	}
}

/* An epoch that nobody made is none: receivers would take it for a store that they know. */
static void
test_rotten_epoch(void **state)
{
	static const char *const epochs[] = {"", "00ff", "0123456789abcdef0123456789abcde~"};
	struct bench *b = *state;
	char sql[96];

	for (size_t i = 0; i < sizeof(epochs) / sizeof(epochs[0]); i++) {
		bench_open(b);
		bench_close(b);
		snprintf(sql, sizeof(sql), "UPDATE meta SET epoch = '%s'", epochs[i]);
		bench_sql(b, sql);
		bench_open(b);
		assert_true(b->start.recovered);
		assert_int_equal(strlen(b->start.epoch), 32);
		bench_close(b);
		assert_int_equal(
		    bench_shell("rm -f '%s'/*.damaged-* '%s'/events.db*", b->dir, b->dir), 0);
	}
}

/* Events are damaged, the rest can be read: alarms and the SNMP engine are taken over. */
static void
test_salvage(void **state)
{
	struct bench *b = *state;
	struct store_start before;
	struct store_mail *m;

	bench_open(b);
	before = b->start;
	for (uint64_t seq = 1; seq <= 2000; seq++)
		bench_put(b, seq, seq > 1990 ? EVENT_ALARM : EVENT_DEVICE);
	bench_wait_durable(b, 2000);
	bench_close(b);
	damage(b, 100 * 4096, 8192);
	bench_open(b);
	print_message("%s\n", b->start.text);
	assert_true(b->start.recovered);
	assert_string_not_equal(b->start.epoch, before.epoch);
	assert_int_equal(b->start.last_seq, 0);
	assert_int_equal(b->start.alarm_count, 5);
	for (size_t i = 0; i < 5; i++) {
		const struct alarm_record *r = &b->start.alarms[i];
		struct event e =
		    bench_event(1996 + (uint64_t)(r->device[4] - '0' + 4) % 5, EVENT_ALARM);
		struct alarm_record want = bench_record(&e);

		assert_string_equal(r->device, want.device);
		assert_int_equal(r->phase, want.phase);
		assert_int_equal(r->since.us, want.since.us);
		assert_int_equal(r->seq, 0);
	}
	assert_memory_equal(b->start.engine_id, before.engine_id, before.engine_id_length);
	assert_int_equal(b->start.engine_boots, before.engine_boots + 1);
	assert_int_equal(count_damaged(b), 2); /* with its log */
	bench_put(b, 1, EVENT_ALARM);
	bench_wait_durable(b, 1);
	m = bench_fetch(b, 1, 0, 5);
	assert_int_equal(m->event_count, 1);
	bench_check_event(&m->events[0], 1, EVENT_ALARM);
	store_mail_free(m);
	bench_close(b);
	bench_open(b);
	assert_int_equal(b->start.engine_boots, before.engine_boots + 2);
	assert_int_equal(b->start.alarm_count, 5);
	assert_false(b->start.recovered);
}

/* Evidence is kept, also of the same second, but not without end. */
static void
test_damaged_kept(void **state)
{
	struct bench *b = *state;
	char path[300], to[300], err[256];

	for (int i = 0; i < 6; i++) {
		wall_t when = {(1700000000 + i / 3) * INT64_C(1000000)}; /* three within a second */
		int fd;

		snprintf(path, sizeof(path), "%s/%s", b->dir, DB_FILE);
		fd = open(path, O_CREAT | O_WRONLY, 0600);
		assert_true(fd >= 0);
		close(fd);
		snprintf(path, sizeof(path), "%s/%s-wal", b->dir, DB_FILE);
		fd = open(path, O_CREAT | O_WRONLY, 0600);
		assert_true(fd >= 0);
		close(fd);
		assert_true(
		    files_put_aside(b->dir, DB_FILE, when, to, sizeof(to), err, sizeof(err)));
		assert_int_equal(access(to, F_OK), 0);
	}
	assert_int_equal(count_damaged(b), 2 * FILES_DAMAGED_KEPT);
}

static void
test_newer_version(void **state)
{
	struct bench *b = *state;

	bench_open(b);
	bench_close(b);
	bench_sql(b, "PRAGMA user_version = 99");
	assert_false(bench_try_open(b));
	assert_non_null(strstr(b->err, "newer version"));
	assert_int_equal(count_damaged(b), 0);
	bench_sql(b, "PRAGMA user_version = 3");
	bench_open(b);
}

/* RFC 3414, 2.2.2: boots that cannot be raised any more ask for a new engine. */
static void
test_boots_latched(void **state)
{
	struct bench *b = *state;
	struct store_start before;

	bench_open(b);
	before = b->start;
	bench_close(b);
	bench_sql(b, "UPDATE meta SET engine_boots = 2147483645");
	bench_open(b);
	assert_int_equal(b->start.engine_boots, 2147483646);
	assert_memory_equal(b->start.engine_id, before.engine_id, before.engine_id_length);
	bench_close(b);
	bench_open(b);
	assert_int_equal(b->start.engine_boots, 1);
	assert_memory_not_equal(b->start.engine_id, before.engine_id, before.engine_id_length);
	assert_string_equal(b->start.epoch, before.epoch);
}

/* Ordinary events wait for company; an alarm takes those along that wait. */
static void
test_group_commit(void **state)
{
	struct bench *b = *state;
	struct store_mail *m;

	bench_open(b);
	for (uint64_t seq = 1; seq <= 50; seq++)
		bench_put(b, seq, EVENT_DEVICE);
	bench_put(b, 51, EVENT_ALARM);
	m = bench_expect(b, STORE_DURABLE, HELP_WAIT_MS);
	assert_non_null(m);
	assert_in_range(m->upto, 50, 51);
	store_mail_free(m);
	bench_wait_durable(b, 51);
	bench_put(b, 52, EVENT_DEVICE);
	bench_wait_durable(b, 52); /* alone, after the window */
}

static int
by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

/* Not a limit, a figure: from store_event() to the word in the mailbox, and on to the event. */
static void
test_latency(void **state)
{
	enum { ROUNDS = 100 };
	struct bench *b = *state;
	int64_t durable_us[ROUNDS], fetched_us[ROUNDS];
	struct store_health h;

	bench_open(b);
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t seq = (uint64_t)i + 1;
		mono_t began = clock_mono();
		struct store_mail *m;

		bench_put(b, seq, EVENT_ALARM);
		bench_wait_durable(b, seq);
		durable_us[i] = clock_mono().us - began.us;
		began = clock_mono();
		m = bench_fetch(b, 1, seq - 1, 16);
		fetched_us[i] = clock_mono().us - began.us;
		assert_int_equal(m->event_count, 1);
		store_mail_free(m);
	}
	qsort(durable_us, ROUNDS, sizeof(durable_us[0]), by_size);
	qsort(fetched_us, ROUNDS, sizeof(fetched_us[0]), by_size);
	store_health(b->store, &h);
	print_message("alarm durable after %.2f ms (median), %.2f ms (99 of 100); its fetch "
		      "%.3f ms (median), %.3f ms (99 of 100); %.1f kB written an alarm\n",
	    (double)durable_us[50] / 1000, (double)durable_us[98] / 1000,
	    (double)fetched_us[50] / 1000, (double)fetched_us[98] / 1000,
	    (double)h.bytes_written / 1000 / ROUNDS);
	assert_true(fetched_us[50] < 5000);
	assert_true(h.commit_max_us > 0);
	assert_int_equal(h.held, ROUNDS);
	assert_int_equal(h.durable, ROUNDS);
	assert_int_equal(h.lost, 0);
	assert_false(h.fault);
}

/* Ten thousand events are on disk, and not in memory as well. */
static void
test_memory(void **state)
{
	enum { EVENTS = 10000, ROUND = 200 };
	struct bench *b = *state;
	sqlite3_int64 most_bytes;

	sqlite3_memory_highwater(1); /* forget what the tests before had */
	bench_open(b);
	for (uint64_t seq = 1; seq <= EVENTS; seq++) {
		bench_put(b, seq, EVENT_ALARM);
		if (seq % ROUND == 0)
			bench_wait_durable(b, seq);
	}
	for (uint64_t after = 0; after < EVENTS; after += STORE_BATCH_MAX)
		store_mail_free(bench_fetch(b, 1, after, STORE_BATCH_MAX));
	most_bytes = sqlite3_memory_highwater(0);
	print_message("SQLite has %lld kB at most\n", (long long)most_bytes / 1024);
	assert_true(most_bytes < 512 * 1024);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_new_store, bench_setup, bench_teardown),
	    cmocka_unit_test_setup_teardown(test_round_trip, bench_setup, bench_teardown),
	    cmocka_unit_test_setup_teardown(test_alarms_and_cursors, bench_setup, bench_teardown),
	    cmocka_unit_test_setup_teardown(test_cursor_alone, bench_setup, bench_teardown),
	    cmocka_unit_test_setup_teardown(test_second_instance, bench_setup, bench_teardown),
	    cmocka_unit_test_setup_teardown(test_no_directory, bench_setup, bench_teardown),
	    cmocka_unit_test_setup_teardown(test_damaged, bench_setup, bench_teardown),
	    cmocka_unit_test_setup_teardown(test_rotten_schema, bench_setup, bench_teardown),
	    cmocka_unit_test_setup_teardown(test_rotten_epoch, bench_setup, bench_teardown),
	    cmocka_unit_test_setup_teardown(test_salvage, bench_setup, bench_teardown),
	    cmocka_unit_test_setup_teardown(test_damaged_kept, bench_setup, bench_teardown),
	    cmocka_unit_test_setup_teardown(test_newer_version, bench_setup, bench_teardown),
	    cmocka_unit_test_setup_teardown(test_boots_latched, bench_setup, bench_teardown),
	    cmocka_unit_test_setup_teardown(test_group_commit, bench_setup, bench_teardown),
	    cmocka_unit_test_setup_teardown(test_latency, bench_setup, bench_teardown),
	    cmocka_unit_test_setup_teardown(test_memory, bench_setup, bench_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

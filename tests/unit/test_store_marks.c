/* Marks, which become durable with their event, and the way from an older schema to ours. */
#include "test_store_help.h"
#include "test_store_sql.h"

#include "core/core.h"
#include "store/queue.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* SQLite writes through here: a child can end in the midst of the n-th write. */
static long writes_left = -1;

ssize_t pwrite64(int fd, const void *buf, size_t n, off64_t at);
ssize_t
pwrite64(int fd, const void *buf, size_t n, off64_t at)
{
	if (writes_left == 0) {
		syscall(SYS_pwrite64, fd, buf, n / 2, at);
		_exit(9);
	}
	if (writes_left > 0)
		writes_left--;
	return syscall(SYS_pwrite64, fd, buf, n, at);
}

static void
put_marked(struct bench *b, uint64_t seq, const char *key, int64_t value, const char *text)
{
	struct event e = bench_event(seq, EVENT_ACCESS);
	struct mark m = {.value = value};

	snprintf(m.key, sizeof(m.key), "%s", key);
	snprintf(m.text, sizeof(m.text), "%s", text);
	store_event(b->store, &e, NULL, &m);
}

static void
check_mark(const struct bench *b, size_t i, const char *key, int64_t value, const char *text)
{
	assert_true(i < b->start.mark_count);
	assert_string_equal(b->start.marks[i].key, key);
	assert_int_equal(b->start.marks[i].value, value);
	assert_string_equal(b->start.marks[i].text, text);
}

static void
test_marks_survive(void **state)
{
	struct bench *b = *state;

	bench_open(b);
	assert_int_equal(b->start.mark_count, 0);
	put_marked(b, 1, "records/access1", 7, "");
	put_marked(b, 2, "maintenance/crac1", -1, "new \"fan\" 別館");
	put_marked(b, 3, "row/pdu1/web1", INT64_MAX, "absent");
	put_marked(b, 4, "records/access1", 9, "second");
	bench_wait_durable(b, 4);
	bench_close(b);
	bench_open(b);
	assert_int_equal(b->start.mark_count, 3);
	check_mark(b, 0, "maintenance/crac1", -1, "new \"fan\" 別館");
	check_mark(b, 1, "records/access1", 9, "second");
	check_mark(b, 2, "row/pdu1/web1", INT64_MAX, "absent");
	/* Below zero and without a text: it is over. */
	put_marked(b, 5, "records/access1", -1, "");
	bench_wait_durable(b, 5);
	bench_close(b);
	bench_open(b);
	assert_int_equal(b->start.mark_count, 2);
	check_mark(b, 0, "maintenance/crac1", -1, "new \"fan\" 別館");
}

/* The event is lost, what it changed is not; the newest of each key counts. */
static void
test_marks_of_lost_events(void **state)
{
	struct queue q;
	struct entry_list hand = {0};
	struct late_mark *late = NULL;
	size_t room = 0;

	(void)state;
	queue_init(&q, 4);
	for (uint64_t seq = 1; seq <= 40; seq++) {
		struct event e = bench_event(seq, EVENT_ACCESS);
		struct mark m = {.value = (int64_t)seq};

		snprintf(m.key, sizeof(m.key), "records/access%u", (unsigned)(seq % 20));
		queue_put(&q, &e, NULL, &m);
	}
	assert_int_equal(queue_late_marks(&q, 4, 40, &late, &room), 20);
	for (size_t i = 0; i < 20; i++) {
		assert_int_equal(late[i].mark.value, late[i].seq);
		assert_true(late[i].seq > 20);
	}
	queue_take(&q, &hand, 10);
	queue_done(&q, &hand);
	while (q.pending.count > 0) {
		queue_take(&q, &hand, 10);
		queue_done(&q, &hand);
	}
	assert_int_equal(queue_late_marks(&q, 1, 40, &late, &room), 0);
	free(late);
	queue_free(&q);
}

static void
test_marks_salvaged(void **state)
{
	struct bench *b = *state;

	bench_open(b);
	put_marked(b, 1, "records/access1", 7, "");
	bench_wait_durable(b, 1);
	bench_close(b);
	/* Damage in a table that is not the mark's. */
	bench_sql(b, "UPDATE meta SET engine_boots = -5");
	bench_open(b);
	assert_true(b->start.recovered);
	assert_int_equal(b->start.mark_count, 1);
	check_mark(b, 0, "records/access1", 7, "");
}

static void
on_no_event(
    void *arg, const struct event *e, const struct alarm_record *record, const struct mark *mark)
{
	(void)arg;
	(void)e;
	(void)record;
	(void)mark;
}

static void
test_core_knows_its_marks(void **state)
{
	static const struct site site = {.name = "none"};
	const struct core_out out = {.event = on_no_event};
	struct core *c = core_new(&site, &out, 1, 1);

	(void)state;
	assert_false(core_restore_mark(c, &(struct mark){.key = "weather/tokyo", .value = 1}));
	assert_false(core_restore_mark(c, &(struct mark){.key = "", .value = 1}));
	core_free(c);
}

/* ---- from schema 1 -------------------------------------------------------------------------- */

/* What version 1.0 made, word by word. */
static const char schema_1[] =
    "PRAGMA journal_mode = WAL; BEGIN;"
    "CREATE TABLE cursor (name TEXT PRIMARY KEY NOT NULL, upto INTEGER NOT NULL) STRICT;"
    "CREATE TABLE gap (first INTEGER PRIMARY KEY, last INTEGER NOT NULL, reason INTEGER NOT NULL,"
    " since INTEGER NOT NULL, until INTEGER NOT NULL) STRICT;"
    "CREATE TABLE run (run INTEGER PRIMARY KEY, first_seq INTEGER NOT NULL, began INTEGER NOT NULL,"
    " boot_id TEXT NOT NULL) STRICT;"
    "CREATE TABLE meta (one INTEGER PRIMARY KEY CHECK (one = 1), epoch TEXT NOT NULL,"
    " engine_id BLOB NOT NULL, engine_boots INTEGER NOT NULL) STRICT;"
    "CREATE TABLE IF NOT EXISTS \"event\" (\"seq\" INTEGER NOT NULL PRIMARY KEY,"
    " \"wall\" INTEGER NOT NULL, \"mono\" INTEGER NOT NULL, \"synced\" INTEGER NOT NULL,"
    " \"type\" TEXT NOT NULL, \"priority\" TEXT NOT NULL, \"device\" TEXT NOT NULL,"
    " \"zone\" TEXT NOT NULL, \"alarm\" TEXT NOT NULL, \"point\" TEXT NOT NULL,"
    " \"from\" TEXT NOT NULL, \"to\" TEXT NOT NULL, \"value\" REAL, \"unit\" TEXT NOT NULL,"
    " \"word\" TEXT NOT NULL, \"quality\" TEXT NOT NULL, \"who\" TEXT NOT NULL,"
    " \"text\" TEXT NOT NULL, \"impact\" TEXT NOT NULL, \"remedy\" TEXT NOT NULL) STRICT;"
    "CREATE TABLE IF NOT EXISTS \"alarm\" (\"device\" TEXT NOT NULL, \"alarm\" TEXT NOT NULL,"
    " \"phase\" TEXT NOT NULL, \"since\" INTEGER NOT NULL, \"raised\" INTEGER NOT NULL,"
    " \"seq\" INTEGER NOT NULL, \"value\" REAL, \"who\" TEXT NOT NULL,"
    " PRIMARY KEY (\"device\", \"alarm\")) STRICT;"
    "INSERT INTO meta VALUES (1, '00112233445566778899aabbccddeeff',"
    " x'80001F8805000102030405060708090A0B', 41);"
    "INSERT INTO cursor VALUES ('mqtt', 150), ('noc/a', 200);"
    "INSERT INTO gap VALUES (40, 49, 1, 5, 6);"
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)"
    " INSERT INTO event SELECT i, 1700000000000000 + i, i, 1, 'alarm', 'high', 'crac' || i,"
    " 'row_a', 'return_air_high', 'return_air', 'normal', 'unacknowledged', i * 0.5, 'Cel', '',"
    " 'good', '', 'Event ' || i || '.', '', '' FROM n WHERE i < 40 OR i > 49;"
    "INSERT INTO alarm SELECT device, alarm, 'acknowledged', wall, wall - 5, seq, value, 'sato'"
    " FROM event WHERE seq > 100;"
    "PRAGMA user_version = 1; COMMIT;";

static const char *const old_cursors[] = {"mqtt", "noc/a"};

static void
make_old(struct bench *b)
{
	char path[300], *why = NULL;
	sqlite3 *sql;

	snprintf(path, sizeof(path), "%s/%s", b->dir, DB_FILE);
	assert_int_equal(sqlite3_open(path, &sql), SQLITE_OK);
	if (sqlite3_exec(sql, schema_1, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s", why);
	/* Its log stays long, as after a kill. */
	sqlite3_db_config(sql, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	assert_int_equal(sqlite3_close(sql), SQLITE_OK);
	b->options.cursors = old_cursors;
	b->options.cursor_count = 2;
}

static void
check_old(struct bench *b)
{
	uint64_t expected = 1;

	assert_false(b->start.recovered);
	assert_string_equal(b->start.epoch, "00112233445566778899aabbccddeeff");
	assert_true(b->start.engine_boots >= 42);
	assert_int_equal(b->start.last_seq, 200);
	assert_int_equal(b->start.first_held, 1);
	assert_int_equal(b->start.cursors[0], 150);
	assert_int_equal(b->start.cursors[1], 200);
	assert_int_equal(b->start.mark_count, 0);
	assert_int_equal(b->start.alarm_count, 100);
	for (size_t i = 0; i < 100; i++) {
		const struct alarm_record *r = &b->start.alarms[i];

		assert_int_equal(r->seq, strtoul(r->device + 4, NULL, 10));
		assert_int_equal(r->phase, ALARM_ACKNOWLEDGED);
		assert_string_equal(r->who, "sato");
		assert_true(r->has_value);
		assert_int_equal(r->shelved_until.us, 0);
		assert_string_equal(r->reason, "");
	}
	while (expected <= 200) {
		struct store_mail *m = bench_fetch(b, 1, expected - 1, STORE_BATCH_MAX);

		for (size_t i = 0; i < m->event_count; i++) {
			const struct event *e = &m->events[i];

			if (expected == 40) {
				assert_int_equal(e->type, EVENT_GAP);
				expected = 49;
			} else
				assert_int_equal(e->type, EVENT_ALARM);
			assert_int_equal(e->record, 0);
			assert_int_equal(e->device_wall.us, 0);
			assert_int_equal(e->seq, expected++);
		}
		store_mail_free(m);
	}
}

static void
test_migration(void **state)
{
	struct bench *b = *state;

	make_old(b);
	bench_open(b);
	check_old(b);
	/* And it takes what the old one could not. */
	bench_put(b, 201, EVENT_ALARM); /* crac1 */
	put_marked(b, 202, "records/access1", 3, "");
	bench_wait_durable(b, 202);
	bench_close(b);
	bench_open(b);
	assert_int_equal(b->start.mark_count, 1);
	assert_int_equal(b->start.alarm_count, 101);
	assert_string_equal(b->start.alarms[0].device, "crac1");
	assert_string_equal(b->start.alarms[0].reason, "filter is on order: 201");
	assert_int_equal(b->start.alarms[0].shelved_until.us, 1700000000000000 + 201 * 1001 + 9);
}

/* The end comes in the midst of each write in turn, with half of it done. */
static void
test_migration_cut(void **state)
{
	struct bench *b = *state;
	int status = 0;
	long n = 0;

	do {
		pid_t pid;

		assert_int_equal(bench_shell("rm -f '%s'/events.db*", b->dir), 0);
		make_old(b);
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			writes_left = n;
			_exit(bench_try_open(b) ? 0 : 1);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) != 1);
		bench_open(b);
		check_old(b);
		bench_close(b);
		n++;
	} while (WEXITSTATUS(status) == 9);
	print_message("%ld ends within the migration, nothing lost\n", n - 1);
	assert_true(n > 5);
}

/* A damaged file of the old schema is read as it is. */
static void
test_old_and_damaged(void **state)
{
	struct bench *b = *state;
	struct salvage saved;
	char path[300];

	make_old(b);
	snprintf(path, sizeof(path), "%s/%s", b->dir, DB_FILE);
	db_salvage(path, &saved);
	assert_int_equal(saved.alarm_count, 100);
	assert_string_equal(saved.alarms[0].reason, "");
	assert_int_equal(saved.alarms[0].seq, 0);
	assert_int_equal(saved.mark_count, 0);
	free(saved.alarms);
	free(saved.marks);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_marks_survive, bench_setup, bench_teardown),
	    cmocka_unit_test(test_marks_of_lost_events),
	    cmocka_unit_test_setup_teardown(test_marks_salvaged, bench_setup, bench_teardown),
	    cmocka_unit_test(test_core_knows_its_marks),
	    cmocka_unit_test_setup_teardown(test_migration, bench_setup, bench_teardown),
	    cmocka_unit_test_setup_teardown(test_migration_cut, bench_setup, bench_teardown),
	    cmocka_unit_test_setup_teardown(test_old_and_damaged, bench_setup, bench_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

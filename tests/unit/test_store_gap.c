/* What the store does not keep: pruning, the limit, a disk that does not answer, and what is said
 * about each. */
#include "test_store_help.h"

#include "store/db.h"
#include "store/queue.h"

#include <pthread.h>
#include <sys/syscall.h>

/* SQLite's sync goes through here: the test can make the disk slow. */
static pthread_mutex_t stall = PTHREAD_MUTEX_INITIALIZER;

int fdatasync(int fd);
int
fdatasync(int fd)
{
	pthread_mutex_lock(&stall);
	pthread_mutex_unlock(&stall);
	return (int)syscall(SYS_fdatasync, fd);
}

static void
put_range(struct bench *b, uint64_t from, uint64_t to)
{
	for (uint64_t seq = from; seq <= to; seq++) {
		bench_put(b, seq, EVENT_DEVICE);
		/* Slower than the queue is long, as in life. */
		if (seq % 1000 == 0)
			bench_wait_durable(b, seq);
	}
	bench_wait_durable(b, to);
}

static uint64_t
wait_held(struct bench *b, uint64_t at_most)
{
	struct store_health h = {0};

	for (int i = 0; i < 300; i++) {
		store_health(b->store, &h);
		if (h.held <= at_most)
			break;
		usleep(10000);
	}
	return h.held;
}

/* What all receivers have goes, but for the newest thousand. */
static void
test_prune(void **state)
{
	static const char *const names[] = {"mqtt", "noc/a"};
	struct bench *b = *state;
	struct store_health h;
	struct store_mail *m;

	b->options.cursors = names;
	b->options.cursor_count = 2;
	bench_open(b);
	put_range(b, 1, 3000);
	store_cursor(b->store, 0, 3000);
	usleep(1200000);
	store_health(b->store, &h);
	assert_int_equal(h.held, 3000); /* one receiver still waits */
	store_cursor(b->store, 1, 1500);
	assert_in_range(wait_held(b, 1500 + 255), 1500, 1500 + 255);
	store_cursor(b->store, 1, 2900);
	assert_in_range(wait_held(b, 1000 + 255), 1000, 1000 + 255);
	store_health(b->store, &h);
	assert_int_equal(h.lost, 0);

	m = bench_fetch(b, 1, 10, 8);
	assert_int_equal(m->event_count, 8);
	assert_int_equal(m->events[0].type, EVENT_GAP);
	assert_string_equal(m->events[0].from, "11");
	assert_int_equal(m->events[0].seq, 3000 - h.held);
	assert_true(m->events[0].value == (double)(3000 - h.held - 10));
	assert_non_null(strstr(m->events[0].text, "every receiver had confirmed"));
	assert_int_equal(m->events[0].priority, PRIORITY_LOW);
	bench_check_event(&m->events[1], 3000 - h.held + 1, EVENT_DEVICE);
	store_mail_free(m);
	bench_close(b);
	bench_open(b);
	assert_int_equal(b->start.first_held, 3000 - h.held + 1);
	assert_int_equal(b->start.cursors[0], 3000);
	assert_int_equal(b->start.cursors[1], 2900);
}

/* While alarms come faster than they are written there is no quiet moment, and still the log moves
 * into the file and old events go. */
static void
test_storm(void **state)
{
	static const char *const names[] = {"mqtt"};
	struct bench *b = *state;
	struct store_health h;
	char path[160];
	struct stat st;
	off_t most = 0;

	b->options.cursors = names;
	b->options.cursor_count = 1;
	bench_open(b);
	snprintf(path, sizeof(path), "%s/events.db-wal", b->dir);
	for (uint64_t seq = 1; seq <= 40000; seq++) {
		bench_put(b, seq, EVENT_ALARM);
		if (seq % 100 != 0)
			continue;
		if (seq > 2000)
			bench_wait_durable(b, seq - 2000);
		store_cursor(b->store, 0, b->durable);
		if (stat(path, &st) == 0 && st.st_size > most)
			most = st.st_size;
	}
	store_health(b->store, &h);
	print_message("log: at most %lld bytes, %llu events held\n", (long long)most,
	    (unsigned long long)h.held);
	assert_in_range(most, 1, 6 * 1024 * 1024);
	assert_true(h.held < 10000);
	bench_wait_durable(b, 40000);
}

/* A receiver that never comes back must not fill the disk; what goes is on record. */
static void
test_limit(void **state)
{
	static const char *const names[] = {"noc/dead"};
	struct bench *b = *state;
	struct store_health h;
	struct store_mail *m;

	b->options.cursors = names;
	b->options.cursor_count = 1;
	b->options.max_events = 1200;
	bench_open(b);
	put_range(b, 1, 500);
	store_cursor(b->store, 0, 300);
	for (uint64_t seq = 501; seq <= 4000; seq += 100) {
		put_range(b, seq, seq + 99);
		store_health(b->store, &h);
		assert_true(h.held <= 1200);
	}
	assert_int_equal(h.held, 1200);
	assert_int_equal(h.lost, 2800 - 300);
	m = bench_fetch(b, 1, 300, 3);
	assert_int_equal(m->event_count, 3);
	assert_int_equal(m->events[0].type, EVENT_GAP);
	assert_string_equal(m->events[0].from, "301");
	assert_string_equal(m->events[0].to, "2800");
	assert_true(m->events[0].value == 2500.0);
	assert_int_equal(m->events[0].seq, 2800);
	assert_int_equal(m->events[0].priority, PRIORITY_HIGH);
	assert_non_null(strstr(m->events[0].text, "2500 of the events 301 to 2800 are lost"));
	assert_non_null(strstr(m->events[0].remedy, "max_events"));
	bench_check_event(&m->events[1], 2801, EVENT_DEVICE);
	store_mail_free(m);

	/* The gap alone, where one is asked for; and the record survives. */
	bench_close(b);
	bench_open(b);
	m = bench_fetch(b, 1, 0, 1);
	assert_int_equal(m->event_count, 1);
	assert_string_equal(m->events[0].from, "1");
	assert_non_null(strstr(m->events[0].text, "2500 of the events 1 to 2800 are lost"));
	store_mail_free(m);
	store_health(b->store, &h);
	assert_int_equal(h.lost, 2500);

	/* A smaller limit holds from the start on. */
	bench_close(b);
	b->options.max_events = 700;
	bench_open(b);
	assert_int_equal(wait_held(b, 700), 700);
}

/* The disk stands still: memory is bounded, the loss is counted, alarm states are not lost. */
static void
test_stalled_disk(void **state)
{
	enum { LAST = QUEUE_ENTRIES + 1500 };
	struct bench *b = *state;
	struct store_health h;
	struct store_mail *m;
	uint64_t lost;

	bench_open(b);
	put_range(b, 1, 10);
	pthread_mutex_lock(&stall);
	for (uint64_t seq = 11; seq <= LAST; seq++)
		bench_put(b, seq, seq > LAST - 5 ? EVENT_ALARM : EVENT_DEVICE);
	usleep(100000);
	store_health(b->store, &h);
	assert_int_equal(h.durable, 10);
	assert_true(h.lost > 0 && h.lost < 2000);
	lost = h.lost;
	assert_null(bench_expect(b, STORE_DURABLE, 50));
	pthread_mutex_unlock(&stall);

	bench_wait_durable(b, LAST);
	store_health(b->store, &h);
	assert_int_equal(h.lost, lost);
	assert_int_equal(h.durable, LAST);
	assert_false(h.fault);
	m = bench_fetch(b, 1, LAST - lost - 1, 10);
	assert_int_equal(m->event_count, 2);
	bench_check_event(&m->events[0], LAST - lost, EVENT_DEVICE);
	assert_int_equal(m->events[1].type, EVENT_GAP);
	assert_int_equal(m->events[1].seq, LAST);
	assert_true(m->events[1].value == (double)lost);
	assert_non_null(strstr(m->events[1].text, "the disk did not take them"));
	store_mail_free(m);
	put_range(b, LAST + 1, LAST + 20);
	m = bench_fetch(b, 1, LAST, 64);
	assert_int_equal(m->event_count, 20);
	bench_check_event(&m->events[0], LAST + 1, EVENT_DEVICE);
	store_mail_free(m);

	bench_close(b);
	bench_open(b);
	assert_int_equal(b->start.last_seq, LAST + 20);
	assert_int_equal(b->start.alarm_count, 5);
	for (size_t i = 0; i < 5; i++)
		assert_in_range(b->start.alarms[i].seq, LAST - 4, LAST);
}

/* ---- gaps in the file ----------------------------------------------------------------------- */

static void
put_gap(struct db *d, uint64_t first, uint64_t last, unsigned reason)
{
	assert_true(db_begin(d));
	assert_true(db_put_gap(
	    d, &(struct gap){
		   .first = first, .last = last, .reason = reason, .since = {1}, .until = {2}}));
	assert_true(db_commit(d));
}

static void
test_gaps_merge(void **state)
{
	struct bench *b = *state;
	struct db_error why;
	struct db *d = db_open(b->dir, true, &why);
	struct db_bounds bounds;
	struct event e[4];
	size_t n;

	assert_non_null(d);
	put_gap(d, 10, 19, GAP_FULL);
	put_gap(d, 30, 39, GAP_DISK);
	assert_true(db_bounds(d, &bounds));
	assert_int_equal(bounds.lost, 20);
	assert_int_equal(bounds.last_seq, 39);
	assert_int_equal(bounds.first_held, 40);
	put_gap(d, 20, 29, GAP_FULL); /* joins both */
	put_gap(d, 25, 45, GAP_FULL); /* overlaps */
	assert_true(db_bounds(d, &bounds));
	assert_int_equal(bounds.lost, 36);
	assert_true(db_fetch(d, 9, 45, 4, e, &n));
	assert_int_equal(n, 1);
	assert_int_equal(e[0].seq, 45);
	assert_true(e[0].value == 36.0);
	assert_int_equal(e[0].wall.us, 2);
	assert_non_null(strstr(e[0].text, "and the disk failed"));
	/* Nothing behind what is known. */
	assert_true(db_fetch(d, 45, 45, 4, e, &n));
	assert_int_equal(n, 0);
	db_close(d, true);
}

/* ---- the queue ------------------------------------------------------------------------------ */

static void
put_queue(struct queue *q, uint64_t seq, bool kept)
{
	struct event e = bench_event(seq, EVENT_ALARM);
	struct alarm_record r = bench_record(&e);

	assert_int_equal(queue_put(q, &e, &r, NULL), kept);
}

static void
test_queue_overflow(void **state)
{
	struct entry_list hand = {0};
	struct alarm_record *late = NULL;
	size_t room = 0;
	struct queue q;

	(void)state;
	queue_init(&q, 8);
	for (uint64_t seq = 1; seq <= 7; seq++)
		put_queue(&q, seq, true);
	for (uint64_t seq = 8; seq <= 20; seq++)
		put_queue(&q, seq, false);
	assert_int_equal(q.pending.count, 8);
	assert_int_equal(q.lost, 13);
	assert_int_equal(q.late_count, 5); /* one for each alarm, the newest */
	/* The place where losses are counted stays while there is no other. */
	queue_take(&q, &hand, 100);
	assert_int_equal(hand.count, 7);
	put_queue(&q, 21, false);
	assert_int_equal(q.pending.count, 1);
	queue_done(&q, &hand);
	put_queue(&q, 22, true);
	queue_take(&q, &hand, 100);
	assert_int_equal(hand.count, 2);
	assert_true(hand.first->lost);
	assert_int_equal(hand.first->first, 8);
	assert_int_equal(hand.first->last, 21);
	assert_int_equal(queue_late(&q, 8, 21, &late, &room), 5);
	assert_int_equal(queue_late(&q, 8, 17, &late, &room), 1);
	assert_int_equal(late[0].seq, 17);
	queue_done(&q, &hand);
	assert_int_equal(q.lost, 0);
	assert_int_equal(q.late_count, 0);
	free(late);
	queue_free(&q);
}

static void
test_queue_recent(void **state)
{
	const struct event *out[64];
	struct entry_list hand = {0};
	struct queue q;

	(void)state;
	queue_init(&q, 64);
	assert_int_equal(queue_recent(&q, 0, 10, out), -1);
	for (uint64_t seq = 5; seq <= 40; seq++)
		put_queue(&q, seq, true);
	assert_int_equal(queue_recent(&q, 4, 10, out), -1); /* not durable */
	queue_take(&q, &hand, 100);
	queue_done(&q, &hand);
	assert_int_equal(queue_recent(&q, 3, 10, out), -1); /* not far enough back */
	assert_int_equal(queue_recent(&q, 4, 10, out), 10);
	assert_int_equal(out[0]->seq, 5);
	assert_int_equal(queue_recent(&q, 35, 10, out), 5);
	assert_int_equal(out[4]->seq, 40);
	/* New events need the room: the oldest of the durable ones go. */
	for (uint64_t seq = 41; seq <= 90; seq++)
		put_queue(&q, seq, true);
	assert_int_equal(queue_recent(&q, 4, 10, out), -1);
	assert_int_equal(queue_recent(&q, 30, 64, out), 10);
	queue_take_recent(&q, 34, &hand);
	assert_int_equal(hand.count, 6);
	assert_int_equal(hand.first->first, 35);
	queue_free(&q);
}

/* A log that was damaged ends where the damage begins: what is gone is a gap, and no number comes
 * twice. */
static void
test_damaged_log(void **state)
{
	struct bench *b = *state;
	struct store_mail *m;
	char epoch[STORE_EPOCH_MAX];

	bench_open(b);
	memcpy(epoch, b->start.epoch, sizeof(epoch));
	for (uint64_t seq = 1; seq <= 40; seq++) {
		bench_put(b, seq, EVENT_ALARM);
		bench_wait_durable(b, seq);
	}
	/* As kill -9 leaves it: the log is not moved. Its last 20 kB are lost. */
	assert_int_equal(bench_shell("cp -r '%s' '%s.killed'", b->dir, b->dir), 0);
	bench_close(b);
	assert_int_equal(bench_shell("rm -rf '%s' && mv '%s.killed' '%s' && "
				     "truncate -s -20000 '%s/events.db-wal'",
			     b->dir, b->dir, b->dir, b->dir),
	    0);
	bench_open(b);
	assert_true(b->start.lost);
	assert_false(b->start.recovered);
	assert_string_equal(b->start.epoch, epoch);
	assert_int_equal(b->start.last_seq, 40);
	print_message("%s\n", b->start.text);
	assert_non_null(strstr(b->start.text, " to 40 "));
	bench_put(b, 41, EVENT_ALARM);
	bench_wait_durable(b, 41);
	m = bench_fetch(b, 1, 0, STORE_BATCH_MAX);
	assert_true(m->event_count > 2);
	bench_check_event(&m->events[m->event_count - 1], 41, EVENT_ALARM);
	assert_int_equal(m->events[m->event_count - 2].type, EVENT_GAP);
	assert_int_equal(m->events[m->event_count - 2].seq, 40);
	store_mail_free(m);
	bench_close(b);
	bench_open(b);
	assert_false(b->start.lost); /* said once */
	assert_int_equal(b->start.last_seq, 41);
	/* One of another store says nothing, nor does one that was written by half. */
	bench_close(b);
	assert_int_equal(bench_shell("sed -i 's/^./x/; s/41 /99 /g' '%s/witness'", b->dir), 0);
	bench_open(b);
	assert_false(b->start.lost);
	bench_close(b);
	assert_int_equal(
	    bench_shell("echo '%s 00000000000000000099 000000' >'%s/witness'", epoch, b->dir), 0);
	bench_open(b);
	assert_false(b->start.lost);
	assert_int_equal(b->start.last_seq, 41);
}

/* As kill -9 leaves it; then the beginning of the log is damaged, so all of it is lost. */
static void
lose_log(struct bench *b)
{
	assert_int_equal(bench_shell("cp -r '%s' '%s.killed'", b->dir, b->dir), 0);
	bench_close(b);
	assert_int_equal(
	    bench_shell("rm -rf '%s' && mv '%s.killed' '%s' && { [ ! -s '%s/events.db-wal' ] || "
			"printf xxxxxxxx | dd of='%s/events.db-wal' conv=notrunc status=none; }",
		b->dir, b->dir, b->dir, b->dir, b->dir),
	    0);
}

/*
 * RFC 3414, 2.2: boots that were given out are never given out again, or receivers take what we
 * send for old. Not by a log that is lost, nor by a file whose lies show in the events alone.
 */
static void
test_boots_survive_the_log(void **state)
{
	struct bench *b = *state;
	uint32_t before = 0;

	for (uint64_t run = 0; run < 4; run++) {
		bench_open(b);
		assert_true(b->start.engine_boots > before);
		before = b->start.engine_boots;
		/* The second and fourth put no event into the log. */
		if (run % 2 == 0) {
			bench_put(b, b->start.last_seq + 1, EVENT_ALARM);
			bench_wait_durable(b, b->start.last_seq + 1);
		}
		lose_log(b);
	}
	/* The file of yesterday: what the disk lost of a run is found by its events. */
	bench_open(b);
	bench_close(b);
	assert_int_equal(bench_shell("cp '%s/events.db' '%s/old'", b->dir, b->dir), 0);
	bench_open(b);
	before = b->start.engine_boots;
	bench_put(b, b->start.last_seq + 1, EVENT_ALARM);
	bench_wait_durable(b, b->start.last_seq + 1);
	bench_close(b);
	assert_int_equal(
	    bench_shell("cd '%s' && mv old events.db && rm -f events.db-wal", b->dir), 0);
	bench_open(b);
	assert_true(b->start.lost);
	assert_true(b->start.engine_boots > before);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_prune, bench_setup, bench_teardown),
	    cmocka_unit_test_setup_teardown(test_storm, bench_setup, bench_teardown),
	    cmocka_unit_test_setup_teardown(test_limit, bench_setup, bench_teardown),
	    cmocka_unit_test_setup_teardown(test_stalled_disk, bench_setup, bench_teardown),
	    cmocka_unit_test_setup_teardown(test_gaps_merge, bench_setup, bench_teardown),
	    cmocka_unit_test_setup_teardown(test_damaged_log, bench_setup, bench_teardown),
	    cmocka_unit_test_setup_teardown(
		test_boots_survive_the_log, bench_setup, bench_teardown),
	    cmocka_unit_test(test_queue_overflow),
	    cmocka_unit_test(test_queue_recent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

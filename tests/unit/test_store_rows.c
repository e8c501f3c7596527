/* Rows that make no sense to this build, and who else may read the files. */
#include "test_store_help.h"
#include "test_store_sql.h"

#include "base/text.h"

#include <dirent.h>

/* Events 1..last in a store that is closed again. */
static void
fill(struct bench *b, uint64_t last, enum event_type type)
{
	bench_open(b);
	for (uint64_t seq = 1; seq <= last; seq++)
		bench_put(b, seq, type);
	bench_wait_durable(b, last);
	bench_close(b);
}

static void
check_unreadable(const struct event *e, uint64_t seq, const char *column)
{
	struct event was = bench_event(seq, EVENT_DEVICE);
	char number[32], text[128];

	snprintf(number, sizeof(number), "%llu", (unsigned long long)seq);
	snprintf(
	    text, sizeof(text), "Event %s cannot be read: its %s makes no sense", number, column);
	assert_int_equal(e->seq, seq);
	assert_int_equal(e->type, EVENT_GAP);
	assert_string_equal(e->from, number);
	assert_string_equal(e->to, number);
	assert_true(e->has_value && e->value == 1.0);
	assert_string_equal(e->unit, "1");
	assert_int_equal(e->priority, PRIORITY_HIGH);
	assert_int_equal(e->quality, QUALITY_GOOD);
	assert_int_equal(e->wall.us, was.wall.us);
	assert_string_equal(e->device, "");
	assert_non_null(strstr(e->text, text));
	assert_true(strlen(e->remedy) > 0);
	assert_true(strlen(e->remedy) < sizeof(e->remedy) - 1);
}

/* All of them in one answer, and no word of a fault. */
static void
check_sound(struct bench *b)
{
	struct store_health h;
	struct store_mail *m;

	store_health(b->store, &h);
	assert_false(h.fault);
	assert_int_equal(h.lost, 0);
	bench_put(b, b->durable + 1, EVENT_ALARM);
	m = bench_mail(b, HELP_WAIT_MS);
	assert_non_null(m);
	assert_int_equal(m->mail.kind, STORE_DURABLE);
	store_mail_free(m);
	assert_null(bench_mail(b, 600)); /* longer than a fault waits */
}

/* What a cell can hold that quick_check lets pass. */
static const struct {
	uint64_t seq;
	const char *column, *cell;
} rotten[] = {
    {1, "type", "'weather'"},
    {4, "priority", "'utmost'"},
    {5, "quality", "'doubtful'"},
    {7, "type", "CAST(x'64E5766963' AS TEXT)"},
    {9, "text", "CAST(x'66FF' AS TEXT)"},
    {11, "device", "CAST(x'637261633100' AS TEXT)"},
    {13, "unit", "'much longer than any unit is'"},
    {20, "remedy", "CAST(x'E38182E381' AS TEXT)"},
};
#define ROTTEN_COUNT (sizeof(rotten) / sizeof(rotten[0]))

static void
rot(const struct bench *b)
{
	char sql[256];

	for (size_t i = 0; i < ROTTEN_COUNT; i++) {
		snprintf(sql, sizeof(sql), "UPDATE event SET \"%s\" = %s WHERE seq = %llu",
		    rotten[i].column, rotten[i].cell, (unsigned long long)rotten[i].seq);
		bench_sql(b, sql);
	}
}

/* Seq by seq: either the event, or the word that it cannot be read. */
static void
check_rotten(const struct event *e, uint64_t seq)
{
	for (size_t i = 0; i < ROTTEN_COUNT; i++)
		if (rotten[i].seq == seq) {
			check_unreadable(e, seq, rotten[i].column);
			return;
		}
	bench_check_event(e, seq, EVENT_DEVICE);
}

static void
test_unreadable_events(void **state)
{
	struct bench *b = *state;
	struct store_mail *m;

	fill(b, 20, EVENT_DEVICE);
	rot(b);
	bench_open(b);
	assert_false(b->start.recovered);
	assert_int_equal(b->start.last_seq, 20);
	m = bench_fetch(b, 1, 0, STORE_BATCH_MAX);
	assert_int_equal(m->event_count, 20);
	for (uint64_t seq = 1; seq <= 20; seq++)
		check_rotten(&m->events[seq - 1], seq);
	store_mail_free(m);
	/* One at a time, as a slow receiver does. */
	for (uint64_t seq = 1; seq <= 20; seq++) {
		m = bench_fetch(b, 2, seq - 1, 1);
		assert_int_equal(m->event_count, 1);
		check_rotten(&m->events[0], seq);
		store_mail_free(m);
	}
	check_sound(b);
}

/* Behind a hole: first the hole, then the one that cannot be read, in whatever room there is. */
static void
test_unreadable_after_hole(void **state)
{
	struct bench *b = *state;
	struct store_mail *m;

	fill(b, 6, EVENT_DEVICE);
	bench_sql(b, "DELETE FROM event WHERE seq IN (2, 3);"
		     "UPDATE event SET quality = 'doubtful' WHERE seq = 4");
	bench_open(b);
	m = bench_fetch(b, 1, 0, 10);
	assert_int_equal(m->event_count, 5);
	bench_check_event(&m->events[0], 1, EVENT_DEVICE);
	assert_int_equal(m->events[1].type, EVENT_GAP);
	assert_int_equal(m->events[1].seq, 3);
	check_unreadable(&m->events[2], 4, "quality");
	bench_check_event(&m->events[3], 5, EVENT_DEVICE);
	store_mail_free(m);
	m = bench_fetch(b, 1, 1, 1);
	assert_int_equal(m->event_count, 1);
	assert_int_equal(m->events[0].seq, 3);
	store_mail_free(m);
	m = bench_fetch(b, 1, 3, 1);
	assert_int_equal(m->event_count, 1);
	check_unreadable(&m->events[0], 4, "quality");
	store_mail_free(m);
	check_sound(b);
}

/* A newer build wrote it, an older one came and went: the event is there again. */
static void
test_readable_again(void **state)
{
	struct bench *b = *state;
	struct store_mail *m;

	fill(b, 3, EVENT_DEVICE);
	bench_sql(b, "UPDATE event SET type = 'weather' WHERE seq = 2");
	bench_open(b);
	m = bench_fetch(b, 1, 1, 1);
	check_unreadable(&m->events[0], 2, "type");
	store_mail_free(m);
	bench_close(b);
	bench_sql(b, "UPDATE event SET type = 'device' WHERE seq = 2 AND type = 'weather'");
	bench_open(b);
	m = bench_fetch(b, 1, 1, 1);
	bench_check_event(&m->events[0], 2, EVENT_DEVICE);
	store_mail_free(m);
}

/* Opens with standard error in a file; its text into buf. */
static void
open_and_listen(struct bench *b, char *buf, size_t size)
{
	char path[300];
	int saved = dup(STDERR_FILENO);
	FILE *f;

	snprintf(path, sizeof(path), "%s/log", b->dir);
	fflush(stderr);
	assert_non_null(f = fopen(path, "w+e"));
	assert_true(saved >= 0 && dup2(fileno(f), STDERR_FILENO) >= 0);
	bench_open(b);
	fflush(stderr);
	assert_true(dup2(saved, STDERR_FILENO) >= 0);
	close(saved);
	rewind(f);
	buf[fread(buf, 1, size - 1, f)] = '\0';
	fclose(f);
	assert_int_equal(unlink(path), 0);
}

/* One alarm state that cannot be read costs itself alone, not the store with all its events. */
static void
test_unreadable_alarms(void **state)
{
	static const char *const left[] = {"crac0", "crac3", "crac4"};
	struct bench *b = *state;
	char epoch[STORE_EPOCH_MAX], said[4096];
	struct store_mail *m;

	fill(b, 10, EVENT_ALARM);
	bench_sql(b, "UPDATE alarm SET phase = 'dozing' WHERE device = 'crac2';"
		     "UPDATE alarm SET who = CAST(x'FF' AS TEXT) WHERE device = 'crac1'");
	open_and_listen(b, said, sizeof(said));
	assert_non_null(strstr(said, "crac2/return_air_high cannot be read: its phase"));
	assert_non_null(strstr(said, "crac1/return_air_high cannot be read: its who"));
	assert_null(strstr(said, "crac3"));
	assert_false(b->start.recovered);
	assert_int_equal(b->start.last_seq, 10);
	assert_int_equal(b->start.alarm_count, 3);
	for (size_t i = 0; i < 3; i++)
		assert_string_equal(b->start.alarms[i].device, left[i]);
	memcpy(epoch, b->start.epoch, sizeof(epoch));
	m = bench_fetch(b, 1, 0, STORE_BATCH_MAX);
	assert_int_equal(m->event_count, 10);
	for (uint64_t seq = 1; seq <= 10; seq++)
		bench_check_event(&m->events[seq - 1], seq, EVENT_ALARM);
	store_mail_free(m);
	/* The next state of the same alarm takes its place. */
	bench_put(b, 11, EVENT_ALARM); /* crac1 */
	bench_put(b, 12, EVENT_ALARM); /* crac2 */
	bench_wait_durable(b, 12);
	bench_close(b);
	bench_open(b);
	assert_int_equal(b->start.alarm_count, 5);
	assert_string_equal(b->start.epoch, epoch);
}

/* Nothing in the directory gives anything to others. */
static size_t
check_private(const char *dir)
{
	size_t n = 0;
	DIR *d = opendir(dir);
	struct stat st;

	assert_non_null(d);
	for (struct dirent *e; (e = readdir(d)) != NULL;) {
		if (e->d_name[0] == '.')
			continue;
		assert_int_equal(fstatat(dirfd(d), e->d_name, &st, 0), 0);
		if ((st.st_mode & 0777) != 0600)
			fail_msg("%s has mode %03o", e->d_name, st.st_mode & 0777U);
		n++;
	}
	closedir(d);
	return n;
}

static void
test_private(void **state)
{
	struct bench *b = *state;
	char dir[300], said[4096];
	struct stat st;
	mode_t before = umask(0);

	assert_true(text_printf(dir, sizeof(dir), "%s/store", b->dir) > 0);
	b->options.dir = dir;
	bench_open(b);
	bench_put(b, 1, EVENT_ALARM);
	bench_wait_durable(b, 1);
	assert_int_equal(check_private(dir), 4); /* file, log, lock, witness */
	assert_int_equal(stat(dir, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	bench_close(b);
	/* Made by an earlier version, or opened by a person: closed again, and the directory told.
	 */
	assert_int_equal(bench_shell("chmod 644 '%s'/events.db*", dir), 0);
	assert_int_equal(chmod(dir, 0755), 0);
	open_and_listen(b, said, sizeof(said));
	assert_non_null(strstr(said, "chmod 700"));
	assert_int_equal(check_private(dir), 4);
	umask(before);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_unreadable_events, bench_setup, bench_teardown),
	    cmocka_unit_test_setup_teardown(
		test_unreadable_after_hole, bench_setup, bench_teardown),
	    cmocka_unit_test_setup_teardown(test_readable_again, bench_setup, bench_teardown),
	    cmocka_unit_test_setup_teardown(test_unreadable_alarms, bench_setup, bench_teardown),
	    cmocka_unit_test_setup_teardown(test_private, bench_setup, bench_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* A disk that is full, fails or refuses: never a false "durable", and all is well afterwards. */
#include "test_store_help.h"

#include "store/db.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/syscall.h>

/* SQLite's writes and syncs go through here; `trouble` is the error that they get. */
static _Atomic int sync_trouble, write_trouble;
static _Atomic int syncs_left = INT_MAX; /* good ones before the one bad one */

int fdatasync(int fd);
int
fdatasync(int fd)
{
	if (atomic_fetch_sub(&syncs_left, 1) == 0 || sync_trouble != 0) {
		errno = sync_trouble != 0 ? sync_trouble : EIO;
		return -1;
	}
	return (int)syscall(SYS_fdatasync, fd);
}

ssize_t pwrite64(int fd, const void *buf, size_t n, off64_t at);
ssize_t
pwrite64(int fd, const void *buf, size_t n, off64_t at)
{
	if (write_trouble != 0) {
		errno = write_trouble;
		return -1;
	}
	return syscall(SYS_pwrite64, fd, buf, n, at);
}

static _Atomic int rename_trouble;

int
rename(const char *from, const char *to)
{
	if (rename_trouble != 0) {
		errno = rename_trouble;
		return -1;
	}
	return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

static bool own_mounts;
static struct rlimit no_limit;

static int
teardown(void **state)
{
	struct bench *b = *state;

	sync_trouble = write_trouble = rename_trouble = 0;
	syncs_left = INT_MAX;
	setrlimit(RLIMIT_FSIZE, &no_limit);
	bench_close(b);
	umount2(b->dir, MNT_DETACH);
	bench_remove_dir(b);
	test_free(b);
	return 0;
}

/* All events first..last are there, once, in order. */
static void
check_all(struct bench *b, uint64_t first, uint64_t last)
{
	while (first <= last) {
		struct store_mail *m = bench_fetch(b, 1, first - 1, STORE_BATCH_MAX);

		assert_true(m->event_count > 0);
		for (size_t i = 0; i < m->event_count; i++)
			bench_check_event(&m->events[i], first++, EVENT_ALARM);
		store_mail_free(m);
	}
}

/* Puts events one by one until the store says that it cannot. Returns the last seq. */
static uint64_t
put_until_first_fault(struct bench *b, uint64_t seq, char text[256])
{
	struct store_mail *m;

	for (;;) {
		bench_put(b, ++seq, EVENT_ALARM);
		m = bench_mail(b, HELP_WAIT_MS);
		assert_non_null(m);
		if (m->mail.kind == STORE_FAULT)
			break;
		assert_int_equal(m->mail.kind, STORE_DURABLE);
		store_mail_free(m);
	}
	memcpy(text, m->text, 256);
	assert_true(m->upto < seq);
	store_mail_free(m);
	return seq;
}

/*
 * The same, and the fault stays: the store finds some space by itself as long as there is any.
 * Nothing is durable from there on, and the fault is said once. Returns the last seq.
 */
static uint64_t
put_until_fault(struct bench *b, uint64_t seq, char text[256])
{
	struct store_mail *m;
	struct store_health h;

	for (;;) {
		seq = put_until_first_fault(b, seq, text);
		for (int i = 0; i < 20; i++)
			bench_put(b, ++seq, EVENT_ALARM);
		m = bench_expect(b, STORE_HEALED, 500);
		if (m == NULL)
			break;
		store_mail_free(m);
		bench_wait_durable(b, seq);
	}
	store_health(b->store, &h);
	assert_true(h.fault);
	assert_true(h.durable < seq);
	assert_int_equal(h.durable, b->durable);
	return seq;
}

/* The disk is well again: all is written, nothing was lost. */
static void
wait_healed(struct bench *b, uint64_t seq)
{
	struct store_mail *m = bench_expect(b, STORE_HEALED, HELP_WAIT_MS);
	struct store_health h;

	assert_non_null(m);
	store_mail_free(m);
	bench_wait_durable(b, seq);
	store_health(b->store, &h);
	assert_false(h.fault);
	assert_int_equal(h.lost, 0);
}

static void
test_full_disk(void **state)
{
	struct bench *b = *state;
	char text[256];
	uint64_t seq;

	if (!own_mounts || mount("tmpfs", b->dir, "tmpfs", 0, "size=1m,mode=700") != 0) {
		print_message("SKIPPED: no tmpfs of our own here; it needs root\n");
		skip();
	}
	bench_open(b);
	assert_int_equal(bench_shell("head -c 800000 /dev/zero > '%s/filler'", b->dir), 0);
	seq = put_until_fault(b, 0, text);
	print_message("%s\n", text);
	assert_non_null(strstr(text, "no space left"));
	assert_non_null(strstr(text, b->dir));
	assert_int_equal(bench_shell("rm '%s/filler'", b->dir), 0);
	wait_healed(b, seq);
	check_all(b, 1, seq);
	bench_close(b);
	bench_open(b);
	assert_int_equal(b->start.last_seq, seq);
	assert_false(b->start.recovered);
	check_all(b, 1, seq);
}

/* The same without root: no file may grow beyond a limit. */
static void
test_file_size_limit(void **state)
{
	struct rlimit small = {.rlim_cur = 60000, .rlim_max = no_limit.rlim_max};
	struct bench *b = *state;
	char text[256];
	uint64_t seq;

	signal(SIGXFSZ, SIG_IGN);
	bench_open(b);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	seq = put_until_fault(b, 0, text);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &no_limit), 0);
	assert_non_null(strstr(text, "no space left"));
	wait_healed(b, seq);
	check_all(b, 1, seq);
}

static void
test_sync_fails(void **state)
{
	struct bench *b = *state;
	char text[256];
	uint64_t seq;

	bench_open(b);
	bench_put(b, 1, EVENT_ALARM);
	bench_wait_durable(b, 1);
	sync_trouble = EIO;
	seq = put_until_fault(b, 1, text);
	print_message("%s\n", text);
	assert_non_null(strstr(text, "the disk fails"));
	assert_non_null(strstr(text, strerror(EIO)));
	sync_trouble = 0;
	wait_healed(b, seq);
	check_all(b, 1, seq);
	bench_close(b);
	bench_open(b);
	assert_int_equal(b->start.last_seq, seq);
	check_all(b, 1, seq);
}

static void
test_read_only(void **state)
{
	struct bench *b = *state;
	char text[256];
	uint64_t seq;

	bench_open(b);
	write_trouble = EROFS;
	seq = put_until_fault(b, 0, text);
	print_message("%s\n", text);
	assert_non_null(strstr(text, "read-only"));
	write_trouble = 0;
	wait_healed(b, seq);
	check_all(b, 1, seq);
}

/* One sync fails, whichever: in a commit, in a checkpoint, in the opening anew. */
static void
test_one_sync_fails(void **state)
{
	static const int nth[] = {0, 1, 2, 60, 130, 131, 132, 133};
	struct bench *b = *state;
	uint64_t seq = 0;

	bench_open(b);
	for (size_t i = 0; i < sizeof(nth) / sizeof(nth[0]); i++) {
		syncs_left = nth[i];
		for (int n = 0; n < 140; n++) {
			bench_put(b, ++seq, EVENT_ALARM);
			bench_wait_durable(b, seq);
		}
		syncs_left = INT_MAX;
	}
	check_all(b, seq - 999, seq); /* with no receiver, older ones go */
	bench_close(b);
	bench_open(b);
	assert_int_equal(b->start.last_seq, seq);
	check_all(b, seq - 999, seq);
}

/* Someone deletes the file under a running store: that is a fault, not a new beginning. */
static void
test_file_vanishes(void **state)
{
	struct bench *b = *state;
	char text[256];

	bench_open(b);
	bench_put(b, 1, EVENT_ALARM);
	bench_wait_durable(b, 1);
	assert_int_equal(bench_shell("rm '%s'/events.db*", b->dir), 0);
	sync_trouble = EIO; /* makes the store look */
	put_until_fault(b, 1, text);
	sync_trouble = 0;
	assert_null(bench_expect(b, STORE_HEALED, 1000));
}

/* At the start a sentence, not a store that cannot keep anything. */
static void
test_read_only_at_start(void **state)
{
	struct bench *b = *state;

	if (!own_mounts || mount("tmpfs", b->dir, "tmpfs", 0, "size=1m,mode=700") != 0) {
		print_message("SKIPPED: no tmpfs of our own here; it needs root\n");
		skip();
	}
	bench_open(b);
	bench_close(b);
	assert_int_equal(mount(NULL, b->dir, NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
	assert_false(bench_try_open(b));
	print_message("%s\n", b->err);
	assert_non_null(strstr(b->err, b->dir));
	assert_non_null(strstr(b->err, strerror(EROFS)));
	assert_int_equal(mount(NULL, b->dir, NULL, MS_REMOUNT, NULL), 0);
	bench_open(b);
	assert_int_equal(b->start.engine_boots, 2);
}

/*
 * Damaged, and the disk does not even take a new file: as with any disk that refuses, the agent is
 * to begin elsewhere.
 */
static void
test_damaged_on_a_bad_disk(void **state)
{
	struct bench *b = *state;
	_Atomic int *const troubles[] = {&rename_trouble, &write_trouble, &sync_trouble};

	bench_open(b);
	bench_put(b, 1, EVENT_ALARM);
	bench_wait_durable(b, 1);
	bench_close(b);
	for (size_t i = 0; i < sizeof(troubles) / sizeof(troubles[0]); i++) {
		assert_int_equal(
		    bench_shell("head -c 20000 /dev/urandom > '%s/events.db'", b->dir), 0);
		*troubles[i] = EIO;
		assert_false(bench_try_open(b));
		assert_true(b->start.refused);
		assert_non_null(strstr(b->err, strerror(EIO)));
		*troubles[i] = 0;
	}
	bench_open(b);
	bench_put(b, b->start.last_seq + 1, EVENT_ALARM);
	bench_wait_durable(b, b->start.last_seq + 1);
}

/* Stopped while the disk refuses: one more try, then an end, soon. */
static void
test_close_in_fault(void **state)
{
	struct bench *b = *state;
	char text[256];
	mono_t began;

	bench_open(b);
	sync_trouble = EIO;
	put_until_fault(b, 0, text);
	began = clock_mono();
	bench_close(b);
	assert_true(mono_ms_between(clock_mono(), began) < 2000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_full_disk, bench_setup, teardown),
	    cmocka_unit_test_setup_teardown(test_file_size_limit, bench_setup, teardown),
	    cmocka_unit_test_setup_teardown(test_sync_fails, bench_setup, teardown),
	    cmocka_unit_test_setup_teardown(test_read_only, bench_setup, teardown),
	    cmocka_unit_test_setup_teardown(test_one_sync_fails, bench_setup, teardown),
	    cmocka_unit_test_setup_teardown(test_file_vanishes, bench_setup, teardown),
	    cmocka_unit_test_setup_teardown(test_read_only_at_start, bench_setup, teardown),
	    cmocka_unit_test_setup_teardown(test_damaged_on_a_bad_disk, bench_setup, teardown),
	    cmocka_unit_test_setup_teardown(test_close_in_fault, bench_setup, teardown),
	};

	if (getrlimit(RLIMIT_FSIZE, &no_limit) != 0)
		return 1;
	own_mounts = getuid() == 0 && unshare(CLONE_NEWNS) == 0 &&
		     mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
	return cmocka_run_group_tests(tests, NULL, NULL);
}

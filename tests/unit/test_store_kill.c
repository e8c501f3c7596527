/* kill -9 and a power cut at any instant: what was said to be durable is there afterwards. */
#include "test_store_help.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/wait.h>

#define KILLS      30
#define POWER_CUTS 3

static const char *const cursor_names[] = {"mqtt"};

/* Events without end, alarms among them; each durable seq goes into the pipe. Never returns. */
static _Noreturn void
write_for_ever(struct bench *b, int out)
{
	uint64_t seq;

	/* An eventfd is shared with the parent by fork(); the writer needs one of its own. */
	b->mb = b->options.answers = mailbox_new();
	if (!bench_try_open(b))
		_exit(2);
	seq = b->start.last_seq;
	for (;;) {
		struct store_mail *m;

		for (int burst = rand() % 5; burst >= 0; burst--) {
			seq++;
			bench_put(b, seq, seq % 3 == 0 ? EVENT_ALARM : EVENT_DEVICE);
		}
		while ((m = bench_mail(b, rand() % 3)) != NULL) {
			if (m->mail.kind == STORE_DURABLE) {
				if (write(out, &m->upto, sizeof(m->upto)) != sizeof(m->upto))
					_exit(3);
				store_cursor(b->store, 0, m->upto);
			}
			store_mail_free(m);
		}
	}
}

/* The last number in the pipe, which the writer may have left at any instant. */
static uint64_t
last_reported(int fd)
{
	uint64_t seq, last = 0;

	while (read(fd, &seq, sizeof(seq)) == sizeof(seq))
		last = seq;
	return last;
}

/* All of the newest thousand; older ones have been confirmed and go while we look. */
static void
check_events(struct bench *b)
{
	uint64_t at = b->start.last_seq > 1000 ? b->start.last_seq - 1000 : 0;

	while (at < b->start.last_seq) {
		struct store_mail *m = bench_fetch(b, 1, at, STORE_BATCH_MAX);

		assert_true(m->event_count > 0);
		for (size_t i = 0; i < m->event_count; i++) {
			at++;
			bench_check_event(
			    &m->events[i], at, at % 3 == 0 ? EVENT_ALARM : EVENT_DEVICE);
		}
		store_mail_free(m);
	}
}

/* Each alarm stands as its last event left it. */
static void
check_alarms(const struct bench *b)
{
	uint64_t last[5] = {0};

	for (uint64_t seq = 3; seq <= b->start.last_seq; seq += 3)
		last[seq % 5] = seq;
	for (size_t i = 0; i < b->start.alarm_count; i++) {
		const struct alarm_record *r = &b->start.alarms[i];
		unsigned n = (unsigned)(r->device[4] - '0');
		struct event e = bench_event(last[n], EVENT_ALARM);
		struct alarm_record want = bench_record(&e);

		assert_int_equal(r->seq, want.seq);
		assert_int_equal(r->phase, want.phase);
		assert_int_equal(r->since.us, want.since.us);
		assert_int_equal(r->shelved_until.us, want.shelved_until.us);
		assert_string_equal(r->reason, want.reason);
		last[n] = 0;
	}
	for (size_t n = 0; n < 5; n++)
		assert_int_equal(last[n], 0);
}

static pid_t
start_writer(struct bench *b, int pipe_fd[2])
{
	pid_t pid;

	assert_int_equal(pipe2(pipe_fd, O_CLOEXEC), 0);
	/* The writer must not wait for us: room for every number it can write. */
	assert_true(fcntl(pipe_fd[1], F_SETPIPE_SZ, 1 << 20) > 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(pipe_fd[0]);
		write_for_ever(b, pipe_fd[1]);
	}
	close(pipe_fd[1]);
	return pid;
}

static void
wait_for_first_report(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	assert_int_equal(poll(&p, 1, HELP_WAIT_MS), 1);
}

static void
test_kill(void **state)
{
	struct bench b;
	uint64_t reported = 0;
	uint32_t boots = 0;
	char epoch[STORE_EPOCH_MAX] = "";

	(void)state;
	bench_make_dir(&b);
	b.options.cursors = cursor_names;
	b.options.cursor_count = 1;
	for (int i = 0; i < KILLS; i++) {
		int fd[2], status;
		pid_t pid = start_writer(&b, fd);
		uint64_t now;

		/* Every tenth dies while it opens the file. */
		if (i % 10 != 9)
			wait_for_first_report(fd[0]);
		usleep((useconds_t)(rand() % 50000));
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		now = last_reported(fd[0]);
		close(fd[0]);
		if (now > reported)
			reported = now;
		bench_open(&b);
		assert_true(b.start.last_seq >= reported);
		assert_true(b.start.cursors[0] <= b.start.last_seq);
		assert_true(b.start.engine_boots > boots);
		assert_false(b.start.recovered);
		if (i > 0)
			assert_string_equal(b.start.epoch, epoch);
		memcpy(epoch, b.start.epoch, sizeof(epoch));
		boots = b.start.engine_boots;
		check_events(&b);
		check_alarms(&b);
		reported = b.start.last_seq;
		bench_close(&b);
	}
	print_message("%d kills, %llu events, none lost\n", KILLS, (unsigned long long)reported);
	bench_remove_dir(&b);
}

/* ---- power cut ------------------------------------------------------------------------------ */

/* linux/ext4.h is no header for programs: ext4's own number, and "without flushing its log". */
#define EXT4_SHUTDOWN              _IOR('X', 125, uint32_t)
#define EXT4_SHUTDOWN_NO_LOG_FLUSH 2

static bool
mount_image(const char *image, const char *dir)
{
	return bench_shell("mount -o loop '%s' '%s' 2>/dev/null", image, dir) == 0;
}

static bool
cut_power(const char *dir)
{
	uint32_t how = EXT4_SHUTDOWN_NO_LOG_FLUSH;
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool done = fd >= 0 && ioctl(fd, EXT4_SHUTDOWN, &how) == 0;

	if (fd >= 0)
		close(fd);
	return done;
}

static bool
make_image(const char *image)
{
	return bench_shell("truncate -s 32M '%s' && mkfs.ext4 -q '%s' 2>/dev/null", image, image) ==
	       0;
}

static void
test_power_cut(void **state)
{
	struct bench b;
	char image[300], dir[300];
	uint64_t reported = 0;

	(void)state;
	bench_make_dir(&b);
	snprintf(image, sizeof(image), "%s/image", b.dir);
	snprintf(dir, sizeof(dir), "%s/disk", b.dir);
	assert_int_equal(mkdir(dir, 0700), 0);
	if (getuid() != 0 || unshare(CLONE_NEWNS) != 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 || !make_image(image) ||
	    !mount_image(image, dir)) {
		print_message("SKIPPED: no power cut here; it needs root, mkfs.ext4 and a loop "
			      "device\n");
		bench_remove_dir(&b);
		skip();
	}
	b.options.dir = dir;
	b.options.cursors = cursor_names;
	b.options.cursor_count = 1;
	for (int i = 0; i < POWER_CUTS; i++) {
		int fd[2];
		pid_t pid = start_writer(&b, fd);
		bool cut;

		wait_for_first_report(fd[0]);
		usleep((useconds_t)(50000 + rand() % 200000));
		/* Stopped first, or a report after the cut would be taken for one before it. */
		kill(pid, SIGSTOP);
		assert_int_equal(waitpid(pid, NULL, WUNTRACED), pid);
		cut = cut_power(dir);
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		reported = last_reported(fd[0]);
		close(fd[0]);
		assert_int_equal(umount(dir), 0);
		assert_true(mount_image(image, dir));
		if (!cut) {
			print_message("SKIPPED: this kernel cannot shut an ext4 down\n");
			break;
		}
		bench_open(&b);
		assert_true(b.start.last_seq >= reported);
		assert_false(b.start.recovered);
		check_events(&b);
		check_alarms(&b);
		print_message("power cut %d: %llu durable, %llu found\n", i + 1,
		    (unsigned long long)reported, (unsigned long long)b.start.last_seq);
		bench_close(&b);
	}
	assert_int_equal(umount(dir), 0);
	bench_remove_dir(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_kill),
	    cmocka_unit_test(test_power_cut),
	};
	struct now now = clock_now();

	/* Another seed each time; printed, so that a failure can be had again. */
	print_message("seed %u\n", (unsigned)now.wall.us);
	srand((unsigned)now.wall.us);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The panel: what it shows, how it blinks, and the virtual lines under it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/text.h"
#include "sinks/panel/panel.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void
each_condition_has_its_look(void **state)
{
	static const struct {
		const char *what;
		struct core_summary s;
		enum blink green, amber, red, buzzer;
	} cases[] = {
	    {"all well", {.devices_online = 7}, BLINK_STEADY, BLINK_OFF, BLINK_OFF, BLINK_OFF},
	    {"device lost", {.devices_lost = 1}, BLINK_OFF, BLINK_SLOW, BLINK_OFF, BLINK_OFF},
	    {"not asked yet", {.devices_unknown = 1}, BLINK_OFF, BLINK_SLOW, BLINK_OFF, BLINK_OFF},
	    {"medium, unacknowledged",
		{.alarms[PRIORITY_MEDIUM] = 1, .unacknowledged[PRIORITY_MEDIUM] = 1}, BLINK_OFF,
		BLINK_SLOW, BLINK_OFF, BLINK_OFF},
	    {"low", {.alarms[PRIORITY_LOW] = 1}, BLINK_OFF, BLINK_SLOW, BLINK_OFF, BLINK_OFF},
	    {"critical, unacknowledged",
		{.alarms[PRIORITY_CRITICAL] = 1, .unacknowledged[PRIORITY_CRITICAL] = 1}, BLINK_OFF,
		BLINK_OFF, BLINK_FAST, BLINK_STEADY},
	    {"high, unacknowledged",
		{.alarms[PRIORITY_HIGH] = 1, .unacknowledged[PRIORITY_HIGH] = 1}, BLINK_OFF,
		BLINK_OFF, BLINK_FAST, BLINK_STEADY},
	    {"critical, acknowledged", {.alarms[PRIORITY_CRITICAL] = 1}, BLINK_OFF, BLINK_OFF,
		BLINK_STEADY, BLINK_OFF},
	    {"critical acknowledged and device lost",
		{.alarms[PRIORITY_CRITICAL] = 1, .devices_lost = 1}, BLINK_OFF, BLINK_SLOW,
		BLINK_STEADY, BLINK_OFF},
	    {"one acknowledged, one not",
		{.alarms[PRIORITY_CRITICAL] = 2, .unacknowledged[PRIORITY_CRITICAL] = 1}, BLINK_OFF,
		BLINK_OFF, BLINK_FAST, BLINK_STEADY},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct panel_look look = panel_look(&cases[i].s);

		print_message("%s\n", cases[i].what);
		assert_int_equal(look.line[OUTPUT_GREEN], cases[i].green);
		assert_int_equal(look.line[OUTPUT_AMBER], cases[i].amber);
		assert_int_equal(look.line[OUTPUT_RED], cases[i].red);
		assert_int_equal(look.line[OUTPUT_BUZZER], cases[i].buzzer);
		/* Red, however it is lit, lets the relay fall. */
		assert_int_equal(
		    look.line[OUTPUT_RELAY], cases[i].red == BLINK_OFF ? BLINK_STEADY : BLINK_OFF);
	}
}

/* Follows blink_next() for ten seconds and counts how often the line changed. */
static int
changes_in_10_s(enum blink b)
{
	mono_t t = {INT64_C(123456789)}, end = mono_add_ms(t, 10000);
	bool lit = blink_lit(b, t);
	int changes = 0;

	for (t = blink_next(b, t); mono_before(t, end); t = blink_next(b, t)) {
		assert_true(blink_lit(b, t) != lit);
		assert_true(blink_lit(b, (mono_t){t.us - 1}) == lit);
		lit = !lit;
		changes++;
	}
	return changes;
}

static void
blinking_keeps_its_rate(void **state)
{
	(void)state;
	assert_int_equal(changes_in_10_s(BLINK_SLOW), 10); /* 0.5 Hz */
	assert_int_equal(changes_in_10_s(BLINK_FAST), 80); /* 4 Hz */
	assert_true(blink_next(BLINK_STEADY, (mono_t){0}).us == MONO_NEVER.us);
	assert_true(blink_next(BLINK_OFF, (mono_t){0}).us == MONO_NEVER.us);
	assert_true(blink_lit(BLINK_STEADY, (mono_t){7}));
	assert_false(blink_lit(BLINK_OFF, (mono_t){7}));
}

/* ---- virtual lines, with a real loop and a real FIFO ---- */

struct bench {
	struct loop *loop;
	struct loop_timer *timer;
	int step;
	char dir[64];
	int presses[INPUT_COUNT], releases[INPUT_COUNT];
};

static void
on_input(void *arg, enum input_line line, bool pressed, const struct now *now)
{
	struct bench *b = arg;

	(void)now;
	if (pressed)
		b->presses[line]++;
	else
		b->releases[line]++;
}

static void
read_file(const struct bench *b, const char *name, char *buf, size_t size)
{
	char path[128];
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "%s/board/%s", b->dir, name);
	f = fopen(path, "r");
	assert_non_null(f);
	n = fread(buf, 1, size - 1, f);
	buf[n] = '\0';
	fclose(f);
}

static void
press(const struct bench *b, const char *text, size_t n)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/board/press", b->dir);
	fd = open(path, O_WRONLY | O_NONBLOCK);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, n), (ssize_t)n);
	close(fd);
}

/* What a clumsy person and a hostile program write to the FIFO; then the loop ends. */
static void
next_step(void *arg, const struct now *now)
{
	struct bench *b = arg;
	char garbage[300];

	switch (b->step++) {
	case 0:
		press(b, "ack\nlamp_test\nac", 16);
		break;
	case 1:
		press(b, "k\n", 2); /* the writer went away in the middle of a word */
		memset(garbage, '\x1b', sizeof(garbage));
		garbage[sizeof(garbage) - 1] = '\n';
		press(b, garbage, sizeof(garbage));
		press(b, "\n\nno such\nack\n", 14);
		break;
	default:
		loop_quit(b->loop, 0);
		return;
	}
	loop_timer_set(b->timer, mono_add_ms(now->mono, 30));
}

static void
remove_dir(const struct bench *b)
{
	static const char *const names[] = {"lines", "journal", "press", "lines.new"};
	char path[128];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/board/%s", b->dir, names[i]);
		unlink(path);
	}
	snprintf(path, sizeof(path), "%s/board", b->dir);
	rmdir(path);
	rmdir(b->dir);
}

static void
virtual_lines_are_files(void **state)
{
	const struct board_spec board = {.name = "virtual", .is_virtual = true};
	struct bench b = {.loop = loop_new(), .dir = "/tmp/facility-panel-XXXXXX"};
	char err[200] = "", text[4096];
	const struct lines_driver *d = lines_driver_find(&board);
	struct now now = clock_now();
	struct lines *l;

	(void)state;
	assert_non_null(mkdtemp(b.dir));
	l = d->open(&board, b.dir, b.loop, on_input, &b, err, sizeof(err));
	assert_non_null(l);
	read_file(&b, "lines", text, sizeof(text));
	assert_string_equal(text, "green 0\namber 0\nred 0\nbuzzer 0\nrelay 0\n");
	d->set(l, OUTPUT_RED, true, &now);
	d->set(l, OUTPUT_RED, true, &now); /* no change: not in the journal */
	read_file(&b, "lines", text, sizeof(text));
	assert_string_equal(text, "green 0\namber 0\nred 1\nbuzzer 0\nrelay 0\n");
	read_file(&b, "journal", text, sizeof(text));
	assert_non_null(strstr(text, " red 1\n"));
	assert_ptr_equal(strchr(text, '\n') + 1, text + strlen(text));

	b.timer = loop_timer_add(b.loop, "steps", LOOP_IDLE, next_step, &b);
	loop_timer_set(b.timer, now.mono);
	loop_run(b.loop);
	assert_int_equal(b.presses[INPUT_ACK], 3);
	assert_int_equal(b.releases[INPUT_ACK], 3);
	assert_int_equal(b.presses[INPUT_LAMP_TEST], 1);

	d->close(l);
	read_file(&b, "lines", text, sizeof(text));
	assert_string_equal(text, "green 0\namber 0\nred 0\nbuzzer 0\nrelay 0\n");
	loop_free(b.loop);
	remove_dir(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_condition_has_its_look),
	    cmocka_unit_test(blinking_keeps_its_rate),
	    cmocka_unit_test(virtual_lines_are_files),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

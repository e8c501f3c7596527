/* The panel on the real core, the real loop and the virtual board. */
#include "heart_room.h"

#include "sinks/panel/panel.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct point_spec points[] = {{.name = "return_air_temperature"}};

struct bench {
	struct room *room;
	struct loop *loop;
	struct panel *panel;
	char dir[64];
};

static void
quit(void *arg, const struct now *now)
{
	(void)now;
	loop_quit(arg, 0);
}

static void
run_for(const struct bench *b, int64_t ms)
{
	struct loop_timer *t = loop_timer_add(b->loop, "end", LOOP_IDLE, quit, b->loop);

	loop_timer_set(t, mono_add_ms(clock_mono(), ms));
	loop_run(b->loop);
	loop_timer_free(t);
}

static char *
lines_of(const struct bench *b, char text[128])
{
	char path[128];
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "%s/board/lines", b->dir);
	f = fopen(path, "r");
	assert_non_null(f);
	n = fread(text, 1, 127, f);
	text[n] = '\0';
	fclose(f);
	return text;
}

static void
press(const struct bench *b, const char *word)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/board/press", b->dir);
	fd = open(path, O_WRONLY | O_NONBLOCK);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, word, strlen(word)), (ssize_t)strlen(word));
	close(fd);
}

/* How often a line changed, by the journal. */
static int
changes_of(const struct bench *b, const char *line)
{
	char path[128], text[128];
	int n = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/board/journal", b->dir);
	f = fopen(path, "r");
	assert_non_null(f);
	while (fgets(text, sizeof(text), f) != NULL)
		n += strstr(text, line) != NULL;
	fclose(f);
	return n;
}

static void
update(const struct bench *b)
{
	struct now now = clock_now();

	panel_update(b->panel, &now);
}

/* A device that answers; its alarms are well. */
static void
start(struct bench *b, const struct profile *profile)
{
	static const struct alarm_rule rule = {.name = "return_air_high",
	    .title = {.en = "Return air too warm"},
	    .kind = RULE_HIGH,
	    .limit = 30,
	    .priority = PRIORITY_HIGH,
	    .remedy = {.en = "Check the fan."}};
	char err[200] = "";

	memset(b, 0, sizeof(*b));
	snprintf(b->dir, sizeof(b->dir), "/tmp/facility-panel-XXXXXX");
	assert_non_null(mkdtemp(b->dir));
	b->room = room_new();
	b->room->site.board = (struct board_spec){.name = "virtual", .is_virtual = true};
	room_device(b->room, profile, &rule, 1);
	room_start(b->room, 1);
	b->loop = loop_new();
	b->panel = panel_new(b->loop, b->room->core, lines_driver_find(&b->room->site.board),
	    b->dir, err, sizeof(err));
	if (b->panel == NULL)
		fail_msg("%s", err);
}

static void
stop(struct bench *b)
{
	char text[128];

	panel_free(b->panel);
	assert_string_equal(lines_of(b, text), "green 0\namber 0\nred 0\nbuzzer 0\nrelay 0\n");
	loop_free(b->loop);
	room_free(b->room);
	snprintf(text, sizeof(text), "rm -rf '%s'", b->dir);
	assert_int_equal(system(text), 0);
}

static void
from_start_to_acknowledged(void **state)
{
	struct point_spec point = room_point("return_air_temperature", 0, POLL_NORMAL);
	struct profile profile = room_profile(&point, 1);
	struct bench b;
	char text[128];
	int before;

	(void)state;
	start(&b, &profile);
	/* Every lamp, for a second, in silence. */
	assert_string_equal(lines_of(&b, text), "green 1\namber 1\nred 1\nbuzzer 0\nrelay 1\n");
	b.room->fakes[0].regs[0] = 243;
	room_run(b.room, 6000);
	update(&b);
	run_for(&b, 1100);
	assert_string_equal(lines_of(&b, text), "green 1\namber 0\nred 0\nbuzzer 0\nrelay 1\n");
	assert_int_equal(panel_shows(b.panel).line[OUTPUT_GREEN], BLINK_STEADY);

	/* Too warm: fast red and the buzzer, 8 changes a second. */
	b.room->fakes[0].regs[0] = 304;
	room_run(b.room, 3000);
	update(&b);
	lines_of(&b, text);
	assert_non_null(strstr(text, "green 0\namber 0\n"));
	assert_non_null(strstr(text, "buzzer 1\n"));
	before = changes_of(&b, " red ");
	run_for(&b, 1050);
	assert_in_range(changes_of(&b, " red ") - before, 7, 9);

	/* The button: silence, steady red, and nothing ticks any more. */
	press(&b, "ack\n");
	run_for(&b, 50);
	assert_int_equal(room_alarm(b.room, 0, 1)->phase, ALARM_ACKNOWLEDGED);
	assert_string_equal(room_alarm(b.room, 0, 1)->who, "panel");
	update(&b);
	assert_string_equal(lines_of(&b, text), "green 0\namber 0\nred 1\nbuzzer 0\nrelay 0\n");
	before = changes_of(&b, " red ");
	run_for(&b, 600);
	assert_int_equal(changes_of(&b, " red "), before);

	/* The device dies: amber beside the steady red. */
	b.room->fakes[0].silent = true;
	room_run(b.room, 10000);
	update(&b);
	assert_int_equal(panel_shows(b.panel).line[OUTPUT_AMBER], BLINK_SLOW);
	assert_int_equal(panel_shows(b.panel).line[OUTPUT_GREEN], BLINK_OFF);
	stop(&b);
}

static void
lamp_test(void **state)
{
	struct point_spec point = room_point("return_air_temperature", 0, POLL_NORMAL);
	struct profile profile = room_profile(&point, 1);
	size_t events;
	struct bench b;
	char text[128];

	(void)state;
	start(&b, &profile);
	b.room->fakes[0].regs[0] = 243;
	room_run(b.room, 6000);
	update(&b);
	run_for(&b, 1100);
	events = room_count(b.room, EVENT_OPERATOR, -1);
	for (int i = 0; i < 20; i++)
		press(&b, "lamp_test\n");
	run_for(&b, 100);
	assert_string_equal(lines_of(&b, text), "green 1\namber 1\nred 1\nbuzzer 1\nrelay 1\n");
	/* One event, however often it is pressed. */
	assert_int_equal(room_count(b.room, EVENT_OPERATOR, -1), events + 1);
	assert_string_equal(b.room->events[b.room->event_count - 1].who, "panel");
	/* What the room has to say in the meantime is shown afterwards. */
	b.room->fakes[0].regs[0] = 304;
	room_run(b.room, 3000);
	update(&b);
	assert_string_equal(lines_of(&b, text), "green 1\namber 1\nred 1\nbuzzer 1\nrelay 0\n");
	run_for(&b, 1100);
	lines_of(&b, text);
	assert_non_null(strstr(text, "green 0\namber 0\n"));
	assert_non_null(strstr(text, "buzzer 1\n"));
	stop(&b);
}

/* ---- a board of the test's own: its button hangs ----------------------------------------------
 */

static struct {
	lines_input_fn *fn;
	void *arg;
	bool on[OUTPUT_COUNT];
} own;

static struct lines *
own_open(const struct board_spec *board, const char *run_dir, struct loop *loop, lines_input_fn *fn,
    void *arg, char *err, size_t err_size)
{
	(void)board;
	(void)run_dir;
	(void)loop;
	(void)err;
	(void)err_size;
	own.fn = fn;
	own.arg = arg;
	return (struct lines *)&own;
}

static void
own_set(struct lines *l, enum output_line o, bool on, const struct now *now)
{
	(void)l;
	(void)now;
	own.on[o] = on;
}

static void
own_close(struct lines *l)
{
	(void)l;
}

static const struct lines_driver own_board = {
    .name = "own", .open = own_open, .set = own_set, .close = own_close};

/* Everything lit says nothing: it ends, though nobody lets the button go. */
static void
a_button_that_hangs_hides_nothing(void **state)
{
	struct profile profile = room_profile(points, 0);
	struct now then = clock_now();
	struct bench b;
	char err[200];

	(void)state;
	start(&b, &profile);
	panel_free(b.panel);
	b.panel = panel_new(b.loop, b.room->core, &own_board, b.dir, err, sizeof(err));
	assert_non_null(b.panel);
	own.fn(own.arg, INPUT_LAMP_TEST, true, &then);
	run_for(&b, 1200);
	assert_true(own.on[OUTPUT_RED] && own.on[OUTPUT_BUZZER]); /* held, as long as one looks */
	then.mono = mono_add_ms(then.mono, -61000);
	own.fn(own.arg, INPUT_LAMP_TEST, true, &then); /* for a minute */
	run_for(&b, 50);
	assert_false(own.on[OUTPUT_RED] || own.on[OUTPUT_BUZZER]);
	panel_free(b.panel);
	b.panel = panel_new(
	    b.loop, b.room->core, lines_driver_find(&b.room->site.board), b.dir, err, sizeof(err));
	stop(&b);
}

/* An earlier run was killed: its FIFO is there still, or something that is no FIFO. */
static void
leftovers_do_no_harm(void **state)
{
	struct profile profile = room_profile(points, 0);
	struct bench b, again;
	char path[128];
	int fd;

	(void)state;
	start(&b, &profile);
	snprintf(path, sizeof(path), "%s/board/press", b.dir);
	for (int i = 0; i < 2; i++) {
		char err[200] = "";

		if (i == 1) {
			unlink(path);
			fd = open(path, O_CREAT | O_WRONLY, 0644);
			assert_true(fd >= 0);
			close(fd);
		}
		again = b;
		again.panel = panel_new(b.loop, b.room->core,
		    lines_driver_find(&b.room->site.board), b.dir, err, sizeof(err));
		assert_non_null(again.panel);
		press(&again, "lamp_test\n");
		run_for(&again, 50);
		panel_free(again.panel);
	}
	stop(&b);
}

static void
no_place_for_the_lines(void **state)
{
	struct profile profile = room_profile(points, 0);
	struct bench b;
	char err[200] = "";

	(void)state;
	start(&b, &profile);
	assert_null(panel_new(b.loop, b.room->core, lines_driver_find(&b.room->site.board),
	    "/nowhere/at/all", err, sizeof(err)));
	assert_non_null(strstr(err, "/nowhere/at/all"));
	stop(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(from_start_to_acknowledged),
	    cmocka_unit_test(lamp_test),
	    cmocka_unit_test(a_button_that_hangs_hides_nothing),
	    cmocka_unit_test(leftovers_do_no_harm),
	    cmocka_unit_test(no_place_for_the_lines),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

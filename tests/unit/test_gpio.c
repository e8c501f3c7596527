/* Lines of a real board: bounce, bursts, lines that are not there, safe levels. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "drivers/gpio/debounce.h"
#include "drivers/gpio/input.h"
#include "drivers/gpio/real.h"
#include "gpio_kernel.h"

#include <stdio.h>

/* ---- bounce ---------------------------------------------------------------------------------- */

static mono_t
at(int64_t ms)
{
	return (mono_t){ms * 1000};
}

static void
a_level_counts_once_it_stands_still(void **state)
{
	struct debounce d = {0};

	(void)state;
	assert_int_equal(debounce_next(&d, 20).us, MONO_NEVER.us);
	assert_true(debounce_take(&d, true, false, 20, at(1)));
	assert_true(d.known && d.level);
	/* It opens, and bounces for 12 ms. */
	for (int t = 100; t <= 112; t++) {
		assert_false(debounce_take(&d, t % 2 == 1, true, 20, at(t)));
		assert_true(d.level);
	}
	assert_false(debounce_take(&d, false, true, 20, at(113)));
	assert_int_equal(debounce_next(&d, 20).us, at(133).us);
	assert_false(debounce_take(&d, false, false, 20, at(132)));
	assert_true(debounce_take(&d, false, false, 20, at(133)));
	assert_false(d.level);
	assert_int_equal(debounce_next(&d, 20).us, MONO_NEVER.us);
}

static void
a_short_pulse_is_no_state(void **state)
{
	struct debounce d = {0};

	(void)state;
	debounce_take(&d, false, false, 20, at(0));
	assert_false(debounce_take(&d, true, true, 20, at(10)));
	assert_false(debounce_take(&d, false, true, 20, at(29)));
	assert_false(debounce_take(&d, false, false, 20, at(1000)));
	assert_false(d.level);
	/* Seen twice at the same level, but it moved in between: the window begins anew. */
	assert_false(debounce_take(&d, true, true, 20, at(2000)));
	assert_false(debounce_take(&d, true, true, 20, at(2015)));
	assert_false(debounce_take(&d, true, false, 20, at(2030)));
	assert_true(debounce_take(&d, true, false, 20, at(2035)));
}

static void
no_window_takes_every_level(void **state)
{
	struct debounce d = {0};

	(void)state;
	debounce_take(&d, false, false, 0, at(0));
	assert_true(debounce_take(&d, true, true, 0, at(1)));
	assert_true(debounce_take(&d, false, true, 0, at(1)));
}

/* A contact that never stands still has no level: the last one may be long untrue. */
static void
a_contact_that_never_stands_still_is_unknown(void **state)
{
	struct debounce d = {0};
	int64_t t = 0;

	(void)state;
	debounce_take(&d, false, false, 20, at(t));
	/* It stood still until then; 100 edges a second, as of the mains. */
	for (t = 1000; t < 1000 + DEBOUNCE_UNREST_MS; t += 10)
		assert_false(debounce_take(&d, t / 10 % 2 == 0, true, 20, at(t)));
	assert_true(debounce_take(&d, true, true, 20, at(t)));
	assert_false(d.known);
	for (int64_t end = t + 5000; t < end; t += 10)
		assert_false(debounce_take(&d, t / 10 % 2 == 0, true, 20, at(t)));
	assert_false(debounce_take(&d, false, true, 20, at(t)));
	assert_int_equal(debounce_next(&d, 20).us, at(t + 20).us);
	assert_true(debounce_take(&d, false, false, 20, at(t + 20)));
	assert_true(d.known && !d.level);
	assert_int_equal(debounce_next(&d, 20).us, MONO_NEVER.us);
	/* Who wants a level to stand for 3 s has to be patient. */
	d = (struct debounce){0};
	debounce_take(&d, false, false, 3000, at(0));
	for (t = 5000; t < 30000; t += 2000)
		assert_false(debounce_take(&d, t / 2000 % 2 == 0, true, 3000, at(t)));
	assert_true(d.known);
	/* What moves often, and stands still between, is a level each time. */
	d = (struct debounce){0};
	for (t = 0; t < 10000; t += 25)
		assert_true(debounce_take(&d, t / 25 % 2 == 0, true, 20, at(t)) || t == 0 ||
			    debounce_take(&d, t / 25 % 2 == 0, false, 20, at(t + 20)));
	assert_true(d.known);
}

/* ---- an input -------------------------------------------------------------------------------- */

struct bench {
	struct loop *loop;
	struct input *input;
	int calls, known_calls, lost_calls;
	bool level;
};

static void
on_change(void *arg, bool known, bool level, const struct now *now)
{
	struct bench *b = arg;

	(void)now;
	b->calls++;
	b->known_calls += known;
	b->lost_calls += !known;
	b->level = level;
}

static const struct line_spec contact = {.chip = "soc", .offset = 4, .name = "GPIO4"};

static void
start(struct bench *b)
{
	*b = (struct bench){.loop = loop_new()};
	b->input = input_open(&(struct input_settings){.loop = b->loop,
	    .lib = &kernel_lib,
	    .want = {.spec = &contact, .label = "di1", .use = GPIO_INPUT},
	    .debounce_ms = 20,
	    .fn = on_change,
	    .arg = b});
}

static void
stop(struct bench *b)
{
	input_close(b->input);
	loop_free(b->loop);
	assert_false(kernel[4].taken);
}

static void
bouncing_contact_changes_once(void **state)
{
	struct input_counts n;
	struct bench b;
	bool level;

	(void)state;
	kernel_reset();
	kernel[4].name = "GPIO4";
	start(&b);
	assert_true(input_level(b.input, &level)); /* known at once */
	assert_false(level);
	assert_int_equal(b.calls, 0);
	for (int i = 0; i < 11; i++)
		kernel_move(4, i % 2 == 0);
	run_for(b.loop, 15);
	assert_int_equal(b.calls, 0);
	run_for(b.loop, 30);
	assert_int_equal(b.calls, 1);
	assert_true(b.level);
	input_counts(b.input, &n);
	assert_int_equal(n.edges, 11);
	assert_int_equal(n.bursts, 0);
	stop(&b);
}

/* More edges than the kernel keeps: the last one it kept says "closed", the contact is open. */
static void
after_a_burst_the_level_counts(void **state)
{
	struct input_counts n;
	struct bench b;

	(void)state;
	kernel_reset();
	kernel[4].name = "GPIO4";
	start(&b);
	for (int i = 0; i < 41; i++)
		kernel_move(4, i % 2 == 0);
	assert_int_equal(kernel[4].edges, GPIO_FIFO_EDGES);
	run_for(b.loop, 50);
	assert_int_equal(b.calls, 1);
	assert_true(b.level);
	input_counts(b.input, &n);
	assert_int_equal(n.bursts, 1);
	stop(&b);
}

/* An edge that never came is found within a second or so. */
static void
a_lost_edge_is_found(void **state)
{
	struct bench b;

	(void)state;
	kernel_reset();
	kernel[4].name = "GPIO4";
	start(&b);
	kernel[4].level = true; /* no edge is told */
	run_for(b.loop, 1100);
	assert_int_equal(b.calls, 1);
	assert_true(b.level);
	stop(&b);
}

static void
a_line_that_goes_is_unknown(void **state)
{
	struct bench b;
	bool level;

	(void)state;
	kernel_reset();
	kernel[4].name = "GPIO4";
	start(&b);
	kernel[4].there = false;
	run_for(b.loop, 1100);
	assert_false(input_level(b.input, &level));
	assert_int_equal(b.lost_calls, 1);
	assert_non_null(strstr(input_fault(b.input), "looked for again"));
	kernel[4].there = true;
	kernel[4].level = true;
	run_for(b.loop, 5100);
	assert_true(input_level(b.input, &level));
	assert_true(level && b.known_calls == 1);
	assert_string_equal(input_fault(b.input), "");
	stop(&b);
}

/* A wire in the air: edges without end. Others have their turn, and nobody believes it. */
static void
a_storm_of_edges_holds_up_nobody(void **state)
{
	struct bench b;
	bool level;

	(void)state;
	kernel_reset();
	kernel[4].name = "GPIO4";
	start(&b);
	kernel[4].noise = 1000000;
	kernel_move(4, true);
	run_for(b.loop, 2500);
	print_message("[   INFO   ] %d looks in 2.5 s\n", kernel[4].drains);
	assert_true(kernel[4].drains < 2000);
	assert_false(input_level(b.input, &level));
	assert_int_equal(b.lost_calls, 1);
	assert_non_null(strstr(input_fault(b.input), "does not stand still"));
	/* It is fixed: a level within a moment, and edges as before. */
	kernel[4].noise = 0;
	run_for(b.loop, 2100);
	assert_true(input_level(b.input, &level));
	assert_int_equal(level, kernel[4].level);
	assert_string_equal(input_fault(b.input), "");
	kernel[4].drains = b.calls = 0;
	kernel_move(4, !kernel[4].level);
	run_for(b.loop, 40);
	assert_int_equal(b.calls, 1);
	assert_int_equal(b.level, kernel[4].level);
	assert_true(kernel[4].drains <= 4);
	stop(&b);
}

static void
the_wrong_line_is_not_touched(void **state)
{
	struct bench b;
	bool level;

	(void)state;
	kernel_reset();
	kernel[4].name = "SPI_CE0";
	start(&b);
	assert_false(input_level(b.input, &level));
	assert_non_null(strstr(input_fault(b.input), "SPI_CE0"));
	assert_false(kernel[4].taken);
	stop(&b);
}

/* ---- the panel ------------------------------------------------------------------------------- */

static const struct board_spec board = {.name = "test",
    .leds = {{"soc", 0, .safe = false}, {"soc", 1, .safe = false}, {"soc", 2, .safe = true}},
    .buzzer = {.chip = NULL, .offset = NO_INDEX},
    .fault_relay = {.chip = "soc", .offset = 3},
    .ack_button = {.chip = "soc", .offset = 5},
    .lamp_test_button = {.chip = NULL, .offset = NO_INDEX}};

struct press {
	int pressed, released;
};

static void
on_press(void *arg, enum input_line line, bool pressed, const struct now *now)
{
	struct press *p = arg;

	(void)now;
	assert_int_equal(line, INPUT_ACK);
	if (pressed)
		p->pressed++;
	else
		p->released++;
}

/* The outputs of a board, and its button. */
struct lamps {
	struct loop *loop;
	struct lines *lines;
	struct press press;
	char fault[512];
};

static void
lamps_open(struct lamps *p)
{
	*p = (struct lamps){.loop = loop_new()};
	p->lines = real_lines_open(&kernel_lib, &board, p->loop, on_press, &p->press);
}

static void
lamps_set(struct lamps *p, enum output_line line, bool on)
{
	struct now now = clock_now();

	real_lines_driver.set(p->lines, line, on, &now);
}

static const char *
lamps_fault(struct lamps *p)
{
	real_lines_driver.health(p->lines, p->fault, sizeof(p->fault));
	return p->fault;
}

static void
lamps_close(struct lamps *p)
{
	real_lines_driver.close(p->lines);
	loop_free(p->loop);
}

static void
outputs_have_a_safe_level(void **state)
{
	struct lamps p;

	(void)state;
	kernel_reset();
	lamps_open(&p);
	/* From the first moment on as the board says, before anybody has set them. */
	assert_true(kernel[2].level);
	assert_false(kernel[0].level || kernel[1].level || kernel[3].level);
	assert_string_equal(lamps_fault(&p), "");
	lamps_set(&p, OUTPUT_GREEN, true);
	lamps_set(&p, OUTPUT_GREEN, true);
	lamps_set(&p, OUTPUT_RED, false);
	lamps_set(&p, OUTPUT_RELAY, true);
	lamps_set(&p, OUTPUT_BUZZER, true); /* this board has none */
	assert_true(kernel[0].level && kernel[3].level && !kernel[2].level);
	assert_int_equal(kernel[0].changes, 1);

	kernel_move(5, true);
	run_for(p.loop, 60);
	kernel_move(5, false);
	run_for(p.loop, 60);
	assert_int_equal(p.press.pressed, 1);
	assert_int_equal(p.press.released, 1);

	lamps_close(&p);
	assert_true(kernel[2].level);
	assert_false(kernel[0].level || kernel[3].level);
	for (int i = 0; i < 6; i++)
		assert_false(kernel[i].taken);
}

/* A lamp that is not there: the others work, it is said, and it comes at the level of then. */
static void
a_missing_lamp_stops_nobody(void **state)
{
	struct lamps p;

	(void)state;
	kernel_reset();
	kernel[1].taken_by = "leds-gpio";
	lamps_open(&p);
	assert_string_equal(lamps_fault(&p), "amber: line 1 is in use by \"leds-gpio\"");
	lamps_set(&p, OUTPUT_AMBER, true);
	lamps_set(&p, OUTPUT_GREEN, true);
	assert_true(kernel[0].level);
	kernel[1].taken_by = NULL;
	run_for(p.loop, 5100);
	assert_true(kernel[1].taken && kernel[1].level);
	assert_string_equal(lamps_fault(&p), "");

	/* It goes while it is in use. */
	kernel[0].there = false;
	lamps_set(&p, OUTPUT_GREEN, false);
	assert_non_null(strstr(lamps_fault(&p), "green: the line is gone"));
	lamps_close(&p);
}

/* Nobody sets a lamp that burns on: that it is gone, or went dark by itself, is seen. */
static void
a_lamp_that_goes_is_missed(void **state)
{
	struct lamps p;

	(void)state;
	kernel_reset();
	lamps_open(&p);
	lamps_set(&p, OUTPUT_GREEN, true);
	lamps_set(&p, OUTPUT_RELAY, true);
	kernel[0].there = false;
	kernel[3].level = false; /* its chip had no power for a moment */
	run_for(p.loop, 5100);
	assert_non_null(strstr(lamps_fault(&p), "green: the line is gone"));
	assert_true(kernel[3].level);
	kernel[0].there = true;
	kernel[0].level = false;
	run_for(p.loop, 5100);
	assert_true(kernel[0].taken && kernel[0].level);
	assert_string_equal(lamps_fault(&p), "");
	lamps_close(&p);
}

/* One failed write to an expander, and the stop before the line is looked for again. */
static void
a_line_that_was_just_lost_is_made_safe_at_the_end(void **state)
{
	struct lamps p;

	(void)state;
	kernel_reset();
	lamps_open(&p);
	lamps_set(&p, OUTPUT_GREEN, true);
	lamps_set(&p, OUTPUT_RELAY, true);
	kernel[3].there = false;
	lamps_set(&p, OUTPUT_RELAY, false);
	assert_non_null(strstr(lamps_fault(&p), "the line is gone"));
	kernel[3].there = true;
	assert_true(kernel[3].level);
	kernel[0].there = false; /* for good */
	lamps_close(&p);
	assert_false(kernel[3].level);
	for (int i = 0; i < 6; i++)
		assert_false(kernel[i].taken);
}

/* What libgpiod says on a machine without such a chip. */
static void
libgpiod_says_what_is_missing(void **state)
{
	const struct line_spec s = {.chip = "no-such-chip", .offset = 1};
	const struct gpio_want w = {.spec = &s, .label = "di1", .use = GPIO_INPUT};
	char err[256] = "";

	(void)state;
	assert_null(gpio_lib_libgpiod.request(&w, err, sizeof(err)));
	assert_non_null(strstr(err, "no-such-chip"));
	assert_non_null(strstr(err, "gpiodetect"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_level_counts_once_it_stands_still),
	    cmocka_unit_test(a_short_pulse_is_no_state),
	    cmocka_unit_test(no_window_takes_every_level),
	    cmocka_unit_test(a_contact_that_never_stands_still_is_unknown),
	    cmocka_unit_test(bouncing_contact_changes_once),
	    cmocka_unit_test(after_a_burst_the_level_counts),
	    cmocka_unit_test(a_lost_edge_is_found),
	    cmocka_unit_test(a_line_that_goes_is_unknown),
	    cmocka_unit_test(a_storm_of_edges_holds_up_nobody),
	    cmocka_unit_test(the_wrong_line_is_not_touched),
	    cmocka_unit_test(outputs_have_a_safe_level),
	    cmocka_unit_test(a_missing_lamp_stops_nobody),
	    cmocka_unit_test(a_lamp_that_goes_is_missed),
	    cmocka_unit_test(a_line_that_was_just_lost_is_made_safe_at_the_end),
	    cmocka_unit_test(libgpiod_says_what_is_missing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

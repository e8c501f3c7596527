/* Lamps and buttons on real lines: outputs that may be missing, inputs that bounce. */
#include "drivers/gpio/real.h"

#include "base/arena.h"
#include "base/log.h"
#include "base/text.h"
#include "drivers/gpio/input.h"

#include <stdlib.h>

#define LOOK_MS 5000 /* all outputs are looked after so often */

struct output {
	struct gpio_want want;
	struct gpio_line *line; /* NULL: the board has none, or it is not there */
	bool on;                /* as it should be */
	char fault[256];
	struct fault_log log;
};

struct button {
	struct lines *owner;
	enum input_line id;
	struct input *input; /* NULL: the board has none */
	bool pressed;
};

struct lines {
	const struct gpio_lib *lib;
	struct output outputs[OUTPUT_COUNT];
	struct button buttons[INPUT_COUNT];
	struct loop_timer *look;
	lines_input_fn *fn;
	void *arg;
};

/* ---- outputs --------------------------------------------------------------------------------- */

static void
lose_output(struct output *o, const char *why, mono_t now)
{
	text_copy(o->fault, sizeof(o->fault), why);
	fault_say(&o->log, now, LOG_LEVEL_WARN, "panel: %s: %s", o->want.label, why);
}

static void
take_output(const struct gpio_lib *lib, struct output *o, mono_t now)
{
	char why[sizeof(o->fault)];

	o->want.on = o->on;
	o->line = lib->request(&o->want, why, sizeof(why));
	if (o->line == NULL) {
		lose_output(o, why, now);
		return;
	}
	o->fault[0] = '\0';
	fault_over(&o->log, now, "panel: %s is there", o->want.label);
}

static bool
has_line(const struct output *o)
{
	return o->want.spec->chip != NULL && o->want.spec->offset != NO_INDEX;
}

static void
drive_output(const struct gpio_lib *lib, struct output *o, mono_t now)
{
	if (lib->drive(o->line, o->on))
		return;
	lib->release(o->line);
	o->line = NULL;
	lose_output(o, "the line is gone; it is looked for again", now);
}

/*
 * Looks for what is missing, and drives what is there: else nobody would see that a lamp is gone
 * that nobody sets, or that its chip came back with all lines off.
 */
static void
on_look(void *arg, const struct now *now)
{
	struct lines *l = arg;
	mono_t next = MONO_NEVER;

	for (int i = 0; i < OUTPUT_COUNT; i++) {
		struct output *o = &l->outputs[i];

		if (!has_line(o))
			continue;
		if (o->line == NULL)
			take_output(l->lib, o, now->mono);
		else
			drive_output(l->lib, o, now->mono);
		next = mono_add_ms(now->mono, LOOK_MS);
	}
	loop_timer_set(l->look, next);
}

static void
set_output(struct lines *l, enum output_line id, bool on, const struct now *now)
{
	struct output *o = &l->outputs[id];
	bool changed = o->on != on;

	o->on = on; /* a line that comes later is taken at this level */
	if (o->line != NULL && changed)
		drive_output(l->lib, o, now->mono);
}

/* ---- buttons --------------------------------------------------------------------------------- */

static void
on_button(void *arg, bool known, bool level, const struct now *now)
{
	struct button *b = arg;
	bool pressed = known && level;

	/* A button that is lost while it is held is let go: a lamp test must end. */
	if (pressed == b->pressed)
		return;
	b->pressed = pressed;
	b->owner->fn(b->owner->arg, b->id, pressed, now);
}

/* ---- life ------------------------------------------------------------------------------------ */

static const char *const button_names[INPUT_COUNT] = {
    [INPUT_ACK] = "ack_button", [INPUT_LAMP_TEST] = "lamp_test_button"};

struct lines *
real_lines_open(const struct gpio_lib *lib, const struct board_spec *board, struct loop *loop,
    lines_input_fn *fn, void *arg)
{
	struct lines *l = xcalloc(1, sizeof(*l));
	struct now now = clock_now();

	l->lib = lib;
	l->fn = fn;
	l->arg = arg;
	for (int i = 0; i < OUTPUT_COUNT; i++) {
		struct output *o = &l->outputs[i];

		o->want = (struct gpio_want){.spec = output_line_spec(board, (enum output_line)i),
		    .label = output_line_word((enum output_line)i),
		    .use = GPIO_OUTPUT};
		o->on = o->want.spec->safe;
	}
	l->look = loop_timer_add(loop, "panel lines", LOOP_NORMAL, on_look, l);
	on_look(l, &now);
	for (int i = 0; i < INPUT_COUNT; i++) {
		struct button *b = &l->buttons[i];
		const struct line_spec *spec = input_line_spec(board, (enum input_line)i);

		*b = (struct button){.owner = l, .id = (enum input_line)i};
		if (spec->chip == NULL || spec->offset == NO_INDEX)
			continue;
		b->input = input_open(&(struct input_settings){.loop = loop,
		    .lib = lib,
		    .want = {.spec = spec, .label = button_names[i], .use = GPIO_INPUT},
		    .debounce_ms = INPUT_DEBOUNCE_MS,
		    .fn = on_button,
		    .arg = b});
	}
	return l;
}

static struct lines *
open_lines(const struct board_spec *board, const char *run_dir, struct loop *loop,
    lines_input_fn *fn, void *arg, char *err, size_t err_size)
{
	(void)run_dir;
	(void)err;
	(void)err_size;
	return real_lines_open(&gpio_lib_libgpiod, board, loop, fn, arg);
}

static void
health(struct lines *l, char *text, size_t size)
{
	text[0] = '\0';
	for (int i = 0; i < OUTPUT_COUNT; i++)
		if (has_line(&l->outputs[i]) && l->outputs[i].line == NULL)
			text_append(text, size, "%s%s: %s", text[0] != '\0' ? "; " : "",
			    l->outputs[i].want.label, l->outputs[i].fault);
	for (int i = 0; i < INPUT_COUNT; i++)
		if (l->buttons[i].input != NULL && input_fault(l->buttons[i].input)[0] != '\0')
			text_append(text, size, "%s%s: %s", text[0] != '\0' ? "; " : "",
			    button_names[i], input_fault(l->buttons[i].input));
}

/* A line that was lost a moment ago may be there again: it gets its safe level with the request. */
static void
make_safe(const struct gpio_lib *lib, struct output *o)
{
	char why[sizeof(o->fault)];

	o->want.on = o->want.spec->safe;
	if (o->line != NULL && !lib->drive(o->line, o->want.on)) {
		lib->release(o->line);
		o->line = NULL;
	}
	if (o->line == NULL)
		o->line = lib->request(&o->want, why, sizeof(why));
	if (o->line != NULL)
		lib->release(o->line);
}

static void
close_lines(struct lines *l)
{
	loop_timer_free(l->look);
	for (int i = 0; i < INPUT_COUNT; i++)
		input_close(l->buttons[i].input);
	for (int i = 0; i < OUTPUT_COUNT; i++)
		if (has_line(&l->outputs[i]))
			make_safe(l->lib, &l->outputs[i]);
	free(l);
}

const struct lines_driver real_lines_driver = {
    .name = "libgpiod",
    .open = open_lines,
    .set = set_output,
    .health = health,
    .close = close_lines,
};

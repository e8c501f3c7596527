#include "sinks/panel/panel.h"

#include "base/arena.h"
#include "base/lang.h"
#include "base/log.h"

#include <stdlib.h>
#include <string.h>

#define LAMP_TEST_MS 1000 /* at start and after a press: long enough to look at every lamp */
/* A button that is held for longer hangs: all lit and sounding would hide what is wrong. */
#define LAMP_TEST_HELD_MS 60000
/* A press is an event; a button that hangs or chatters must not fill the store with them. */
#define LAMP_TEST_NOTE_MS 60000

struct panel {
	struct core *core;
	const struct lines_driver *driver;
	struct lines *lines;
	struct loop_timer *timer;
	struct panel_look look;
	mono_t look_since; /* blinking starts lit: a new alarm is seen at once */
	bool test_held;    /* the button is; its test ends at test_until all the same */
	bool test_sounds;  /* a person is there to hear it; a start at night is silent */
	mono_t test_until;
	mono_t noted; /* the last lamp test that became an event; 0 = none */
};

static bool
testing(const struct panel *p, mono_t t)
{
	return mono_before(t, p->test_until);
}

/* Drives every line as it should be now, and sets the timer to when that may change. */
static void
show(struct panel *p, const struct now *now)
{
	mono_t phase = {now->mono.us - p->look_since.us};
	bool test = testing(p, now->mono);
	mono_t next = test ? p->test_until : MONO_NEVER;

	for (int o = 0; o < OUTPUT_COUNT; o++) {
		enum blink b = p->look.line[o];
		/* The relay is somebody else's alarm line: a lamp test must not set it off. */
		bool tested = test && o != OUTPUT_RELAY && (o != OUTPUT_BUZZER || p->test_sounds);

		p->driver->set(p->lines, (enum output_line)o, tested || blink_lit(b, phase), now);
		if (!test && blink_next(b, phase).us != MONO_NEVER.us)
			next = mono_min(next, (mono_t){p->look_since.us + blink_next(b, phase).us});
	}
	loop_timer_set(p->timer, next);
}

static void
on_timer(void *arg, const struct now *now)
{
	struct panel *p = arg;

	if (p->test_held && !testing(p, now->mono)) {
		log_warn("panel: the lamp test button has been pressed for %d s: it hangs, and the "
			 "lamps show the room again",
		    LAMP_TEST_HELD_MS / 1000);
		p->test_held = false;
	}
	show(p, now);
}

static void
press_ack(struct panel *p, const struct now *now)
{
	size_t n = core_ack_all(p->core, "panel", now);

	log_notice("panel: the acknowledge button was pressed, %zu alarm%s acknowledged", n,
	    n == 1 ? "" : "s");
}

static void
press_lamp_test(struct panel *p, bool pressed, const struct now *now)
{
	if (pressed &&
	    (p->noted.us == 0 || mono_ms_between(now->mono, p->noted) >= LAMP_TEST_NOTE_MS)) {
		core_note(p->core, now, EVENT_OPERATOR, PRIORITY_LOW, "panel", "", "lamp_test",
		    _("The lamp test was pressed at the panel."));
		p->noted = now->mono;
	}
	p->test_held = pressed;
	p->test_sounds = true;
	p->test_until = mono_add_ms(now->mono, pressed ? LAMP_TEST_HELD_MS : LAMP_TEST_MS);
	show(p, now);
}

static void
on_input(void *arg, enum input_line line, bool pressed, const struct now *now)
{
	struct panel *p = arg;

	switch (line) {
	case INPUT_ACK:
		if (pressed)
			press_ack(p, now);
		break;
	case INPUT_LAMP_TEST:
		press_lamp_test(p, pressed, now);
		break;
	case INPUT_COUNT:
		break;
	}
}

struct panel *
panel_new(struct loop *loop, struct core *core, const struct lines_driver *driver,
    const char *run_dir, char *err, size_t err_size)
{
	struct panel *p = xcalloc(1, sizeof(*p));
	struct now now = clock_now();

	p->core = core;
	p->driver = driver;
	p->lines = driver->open(&core_site(core)->board, run_dir, loop, on_input, p, err, err_size);
	if (p->lines == NULL) {
		free(p);
		return NULL;
	}
	p->timer = loop_timer_add(loop, "panel", LOOP_URGENT, on_timer, p);
	p->test_until = mono_add_ms(now.mono, LAMP_TEST_MS);
	panel_update(p, &now);
	return p;
}

void
panel_free(struct panel *p)
{
	if (p == NULL)
		return;
	loop_timer_free(p->timer);
	p->driver->close(p->lines);
	free(p);
}

void
panel_update(struct panel *p, const struct now *now)
{
	struct core_summary s;
	struct panel_look look;

	core_summary(p->core, &s);
	look = panel_look(&s);
	if (memcmp(&look, &p->look, sizeof(look)) != 0) {
		p->look = look;
		p->look_since = now->mono;
	}
	show(p, now);
}

void
panel_health(const struct panel *p, char *text, size_t size)
{
	p->driver->health(p->lines, text, size);
}

struct panel_look
panel_shows(const struct panel *p)
{
	return p->look;
}

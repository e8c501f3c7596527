#include "ctl/screen.h"

#include "base/clock.h"
#include "base/text.h"
#include "ctl/connect.h"
#include "ctl/draw.h"
#include "ctl/words.h"

#include <locale.h>
#include <ncurses.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define RETRY_MS   2000
#define SILENCE_MS 6000 /* the agent says something every 2 s */
#define MESSAGE_MS 6000
#define REDRAW_MS  1000

struct screen {
	const char *run_dir, *as;
	struct view *view;
	struct cursor cursor;
	struct connection connection;
	mono_t heard_at, retry_at, message_until;
	bool quit;
};

/* Without colours, bold and reverse alone must tell. */
static const struct {
	short colour;
	attr_t with, without;
} styles[STYLE_COUNT] = {
    [STYLE_PLAIN] = {-1, A_NORMAL, A_NORMAL},
    [STYLE_HEAD] = {-1, A_REVERSE, A_REVERSE},
    [STYLE_SECTION] = {COLOR_CYAN, A_BOLD, A_UNDERLINE},
    [STYLE_DIM] = {-1, A_DIM, A_NORMAL},
    [STYLE_GOOD] = {COLOR_GREEN, A_NORMAL, A_NORMAL},
    [STYLE_WARN] = {COLOR_YELLOW, A_NORMAL, A_BOLD},
    [STYLE_ALARM] = {COLOR_RED, A_NORMAL, A_BOLD},
    [STYLE_NEW] = {COLOR_RED, A_BOLD | A_REVERSE, A_BOLD | A_REVERSE},
    [STYLE_SELECTED] = {-1, A_REVERSE, A_REVERSE},
    [STYLE_BANNER] = {COLOR_YELLOW, A_BOLD | A_REVERSE, A_BOLD | A_REVERSE},
};

static void
start_colours(void)
{
	if (!has_colors())
		return;
	start_color();
	use_default_colors();
	for (int s = 0; s < STYLE_COUNT; s++)
		init_pair((short)(s + 1), styles[s].colour, -1);
}

static attr_t
attributes(enum style s)
{
	if (!has_colors())
		return styles[s].without;
	return styles[s].with | (attr_t)COLOR_PAIR(s + 1);
}

static void
show(const struct canvas *c)
{
	erase();
	for (size_t row = 0; row < c->rows; row++) {
		const struct canvas_line *l = &c->lines[row];

		move((int)row, 0);
		for (size_t i = 0; i < l->span_count; i++) {
			attrset((int)attributes(l->spans[i].style));
			addnstr(l->text + l->spans[i].at, (int)l->spans[i].length);
		}
	}
	attrset(A_NORMAL);
	refresh();
}

static void
redraw(struct screen *s)
{
	cursor_settle(&s->cursor, s->view);
	struct canvas *c = draw(s->view, &s->cursor, (size_t)LINES, (size_t)COLS, clock_wall());
	show(c);
	canvas_free(c);
}

static void
say(struct screen *s, bool bad, const char *text)
{
	text_copy(s->cursor.message, sizeof(s->cursor.message), text);
	s->cursor.message_bad = bad;
	s->message_until = mono_add_ms(clock_mono(), MESSAGE_MS);
}

/* ---- connection ----------------------------------------------------------------------------- */

static void
lose(struct screen *s, const char *why)
{
	ctl_close(&s->connection);
	view_lost(s->view, clock_wall(), why);
	s->retry_at = mono_add_ms(clock_mono(), RETRY_MS);
}

static void
begin(struct screen *s)
{
	char err[512];

	if (ctl_connect(&s->connection, s->run_dir, err, sizeof(err)) != CTL_DONE ||
	    !ctl_send(&s->connection, json_pack("{s:s}", "cmd", "watch")))
		lose(s, err);
	s->heard_at = clock_mono();
}

static void
listen_to(struct screen *s)
{
	int r = ctl_fill(&s->connection, 0);

	for (const char *line; (line = ctl_next(&s->connection)) != NULL;)
		view_line(s->view, line);
	if (r > 0)
		s->heard_at = clock_mono();
	if (r < 0)
		lose(s, "facilityd has closed the connection");
	else if (mono_ms_between(clock_mono(), s->heard_at) > SILENCE_MS)
		lose(s, "facilityd says nothing any more");
	if (s->view->answer[0] != '\0') {
		say(s, !s->view->answer_ok, s->view->answer);
		s->view->answer[0] = '\0';
	}
}

static void
acknowledge(struct screen *s, const char *alarm)
{
	json_t *r = json_pack("{s:s, s:s}", "cmd", "ack", "alarm", alarm);

	if (s->as != NULL)
		json_object_set_new(r, "as", json_string(s->as));
	if (s->connection.fd < 0) {
		json_decref(r);
		say(s, true, "no connection to facilityd: nothing was acknowledged");
	} else if (!ctl_send(&s->connection, r))
		lose(s, "facilityd has closed the connection");
}

/* ---- keys ----------------------------------------------------------------------------------- */

static void
acknowledge_selected(struct screen *s)
{
	cursor_settle(&s->cursor, s->view);
	if (s->cursor.on_alarm && s->cursor.name[0] != '\0')
		acknowledge(s, s->cursor.name);
	else
		say(s, true, "choose an alarm with the arrow keys first");
}

static void
toggle_details(struct screen *s)
{
	if (s->cursor.page == PAGE_DETAILS)
		s->cursor.page = PAGE_MAIN;
	else if (s->cursor.name[0] != '\0')
		s->cursor.page = PAGE_DETAILS;
	else
		say(s, true, "choose an alarm or a device with the arrow keys first");
	s->cursor.scroll = 0;
}

static void
on_key(struct screen *s, int key)
{
	s->cursor.message[0] = '\0';
	if (s->cursor.page == PAGE_HELP && key != KEY_RESIZE && key != 'q') {
		s->cursor.page = PAGE_MAIN;
		return;
	}
	switch (key) {
	case 'q':
		s->quit = true;
		break;
	case 'a':
		acknowledge_selected(s);
		break;
	case 'A':
		acknowledge(s, "all");
		break;
	case KEY_UP:
	case 'k':
		cursor_move(&s->cursor, s->view, -1);
		break;
	case KEY_DOWN:
	case 'j':
		cursor_move(&s->cursor, s->view, 1);
		break;
	case KEY_ENTER:
	case '\n':
	case '\r':
	case 'd':
		toggle_details(s);
		break;
	case 27: /* escape */
		s->cursor.page = PAGE_MAIN;
		break;
	case '?':
		s->cursor.page = PAGE_HELP;
		break;
	default:
		break;
	}
}

/* ---- turn ----------------------------------------------------------------------------------- */

static void
turn(struct screen *s)
{
	struct pollfd p[2] = {
	    {.fd = STDIN_FILENO, .events = POLLIN},
	    {.fd = s->connection.fd, .events = POLLIN},
	};
	int key;

	poll(p, 2, REDRAW_MS); /* a signal, a resize: just look at everything again */
	if (p[0].revents & (POLLHUP | POLLERR))
		s->quit = true;
	while (!s->quit && (key = getch()) != ERR)
		on_key(s, key);
	if (s->connection.fd >= 0)
		listen_to(s);
	else if (!mono_before(clock_mono(), s->retry_at))
		begin(s);
	if (!mono_before(clock_mono(), s->message_until))
		s->cursor.message[0] = '\0';
	redraw(s);
}

enum ctl_exit
screen_run(const char *run_dir, const char *as)
{
	struct screen s = {.run_dir = run_dir, .as = as, .connection = {.fd = -1}};

	if (newterm(NULL, stdout, stdin) == NULL) {
		fprintf(stderr, "facilityctl: this terminal (TERM) is not known here; try "
				"TERM=xterm or facilityctl status\n");
		return CTL_USAGE;
	}
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(50);
	curs_set(0);
	start_colours();
	s.view = view_new();
	begin(&s);
	while (!s.quit)
		turn(&s);
	endwin();
	ctl_close(&s.connection);
	view_free(s.view);
	return CTL_DONE;
}

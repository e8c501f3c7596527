#include "ctl/screen.h"

#include "base/clock.h"
#include "base/lang.h"
#include "base/text.h"
#include "ctl/connect.h"
#include "ctl/draw.h"
#include "ctl/words.h"

#include <locale.h>
#include <ncurses.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define RETRY_MS   2000
#define SILENCE_MS 6000 /* the agent says something every 2 s */
#define CONNECT_MS 200  /* an agent that hangs must not hold the keys up */
#define REDRAW_MS  1000 /* the time and the ages go on */
#define ROUND_MS   200  /* what the agent tells is drawn so often at most; keys at once */
#define ESCAPE_MS  100  /* a key on a slow serial line comes in pieces */

struct screen {
	const char *run_dir;
	struct live *live;
	struct connection connection;
	enum symbols symbols;
	bool colour;
	mono_t heard_at, retry_at, drawn_at;
	bool key_came, line_came;
};

/* Keys of our own: far above those that ncurses makes up for the terminal. */
enum { KEY_PASTE = KEY_MAX + 1000, KEY_PASTE_END };

static volatile sig_atomic_t is_told_to_end;

/* Without colours, bold, reverse and underline alone must tell. */
static const struct {
	short colour;
	attr_t with, without;
} styles[STYLE_COUNT] = {
    [STYLE_PLAIN] = {-1, A_NORMAL, A_NORMAL},
    [STYLE_HEAD] = {-1, A_REVERSE, A_REVERSE},
    [STYLE_TAB] = {-1, A_REVERSE | A_BOLD, A_REVERSE | A_BOLD},
    [STYLE_SECTION] = {COLOR_CYAN, A_BOLD, A_UNDERLINE},
    [STYLE_FRAME] = {COLOR_CYAN, A_NORMAL, A_NORMAL},
    [STYLE_KEY] = {-1, A_BOLD, A_BOLD},
    [STYLE_DIM] = {-1, A_DIM, A_NORMAL},
    [STYLE_GOOD] = {COLOR_GREEN, A_NORMAL, A_NORMAL},
    [STYLE_WARN] = {COLOR_YELLOW, A_NORMAL, A_BOLD},
    [STYLE_ALARM] = {COLOR_RED, A_BOLD, A_BOLD},
    [STYLE_NEW] = {COLOR_RED, A_BOLD | A_REVERSE, A_BOLD | A_REVERSE},
    [STYLE_BLINK] = {COLOR_RED, A_BOLD | A_REVERSE | A_BLINK, A_BOLD | A_REVERSE | A_BLINK},
    [STYLE_SELECTED] = {-1, A_REVERSE, A_REVERSE},
    [STYLE_BANNER] = {COLOR_YELLOW, A_BOLD | A_REVERSE, A_BOLD | A_REVERSE},
};

/* ---- terminal ------------------------------------------------------------------------------- */

static void
start_colours(struct screen *s)
{
	const char *no = getenv("NO_COLOR"); /* no-color.org: set and not empty */

	if (!has_colors() || (no != NULL && no[0] != '\0'))
		return;
	s->colour = true;
	start_color();
	use_default_colors();
	for (int i = 0; i < STYLE_COUNT; i++)
		init_pair((short)(i + 1), styles[i].colour, -1);
}

/*
 * Old terminals have letters, but few signs. The console of the kernel has a font of at most 512
 * characters (console_codes(4)): no kanji, so names in ASCII tell more than titles.
 */
static enum symbols
symbols_of(const struct screen_options *o)
{
	const char *term = getenv("TERM");

	if (!o->utf8 || (term != NULL && strcmp(term, "linux") == 0))
		return SYMBOLS_ASCII;
	return o->plain || (term != NULL && strncmp(term, "vt", 2) == 0) ? SYMBOLS_PLAIN
									 : SYMBOLS_FULL;
}

/* Pasted text comes between marks (xterm, "Bracketed Paste Mode"); others do not know that mode. */
static void
mark_pasted(bool on)
{
	fputs(on ? "\033[?2004h" : "\033[?2004l", stdout);
	fflush(stdout);
}

static void
on_signal(int signum)
{
	(void)signum;
	is_told_to_end = 1;
}

/* false: this terminal cannot show a screen, which has been said. */
static bool
start_terminal(struct screen *s)
{
	if (newterm(NULL, stdout, stdin) == NULL) {
		fprintf(stderr, _("facilityctl: this terminal (TERM) is not known here; try "
				  "TERM=vt100, or facilityctl alarms and facilityctl events -f\n"));
		return false;
	}
	const char *cup = tigetstr("cup");
	if (cup == NULL || (intptr_t)cup == -1) {
		endwin();
		fprintf(stderr, _("facilityctl: this terminal cannot move its cursor; use "
				  "facilityctl alarms and facilityctl events -f\n"));
		return false;
	}
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(ESCAPE_MS);
	define_key("\033[200~", KEY_PASTE);
	define_key("\033[201~", KEY_PASTE_END);
	mark_pasted(true);
	curs_set(0);
	start_colours(s);
	return true;
}

static attr_t
attributes(const struct screen *s, enum style style)
{
	return s->colour ? styles[style].with | (attr_t)COLOR_PAIR(style + 1)
			 : styles[style].without;
}

/* A row, as many cells at once as have the same style. */
static void
show_row(const struct screen *s, const struct canvas *c, size_t row)
{
	char text[1024];
	size_t column = 0;

	move((int)row, 0);
	while (column < c->columns) {
		uint8_t style = canvas_at(c, row, column)->style;
		size_t length = 0;

		for (; column < c->columns && length + CANVAS_CELL_MAX < sizeof(text); column++) {
			const struct canvas_cell *cell = canvas_at(c, row, column);

			if (cell->style != style)
				break;
			if (cell->width == 0)
				continue;
			const char *shown = cell->text[0] != '\0' ? cell->text : " ";
			memcpy(text + length, shown, strlen(shown) + 1);
			length += strlen(shown);
		}
		attrset((int)attributes(s, (enum style)style));
		addnstr(text, (int)length);
	}
}

static void
redraw(struct screen *s)
{
	wall_t now = clock_wall();

	tzset(); /* localtime_r() alone would not see that the time zone was changed */
	s->drawn_at = clock_mono();
	s->key_came = s->line_came = false;
	s->live->page_rows = LINES > 6 ? (size_t)LINES - 6 : 1;
	live_tick(s->live, s->drawn_at, now);
	struct canvas *c = draw(s->live, (size_t)LINES, (size_t)COLS, s->symbols, now);
	erase();
	for (size_t row = 0; row < c->rows; row++)
		show_row(s, c, row);
	attrset(A_NORMAL);
	curs_set(c->has_caret ? 1 : 0);
	if (c->has_caret)
		move((int)c->caret_row, (int)c->caret_column);
	refresh();
	canvas_free(c);
}

/* ---- connection ----------------------------------------------------------------------------- */

static void
lose(struct screen *s, const char *why)
{
	ctl_close(&s->connection);
	live_lost(s->live, clock_wall(), why);
	s->retry_at = mono_add_ms(clock_mono(), RETRY_MS);
	s->line_came = true;
}

static void
begin(struct screen *s)
{
	char err[512];

	if (ctl_connect(&s->connection, s->run_dir, CONNECT_MS, err, sizeof(err)) != CTL_DONE)
		lose(s, err);
	else
		live_connected(s->live);
	s->heard_at = clock_mono();
}

static void
listen_to(struct screen *s)
{
	int r = ctl_fill(&s->connection, 0);

	for (const char *line; (line = ctl_next(&s->connection)) != NULL;)
		live_line(s->live, line);
	if (r > 0) {
		s->heard_at = clock_mono();
		s->line_came = true;
	}
	if (r < 0)
		lose(s, _("facilityd has closed the connection"));
	else if (mono_ms_between(clock_mono(), s->heard_at) > SILENCE_MS)
		lose(s, _("facilityd says nothing any more"));
}

static void
ask(struct screen *s)
{
	json_t *request;

	while (s->connection.fd >= 0 && (request = asks_next(&s->live->asks)) != NULL)
		if (!ctl_send(&s->connection, request))
			lose(s, _("facilityd has closed the connection"));
}

/* ---- keys ----------------------------------------------------------------------------------- */

static const struct {
	wint_t from;
	int to;
} special_keys[] = {
    {KEY_UP, LIVE_KEY_UP},
    {KEY_DOWN, LIVE_KEY_DOWN},
    {KEY_LEFT, LIVE_KEY_LEFT},
    {KEY_RIGHT, LIVE_KEY_RIGHT},
    {KEY_PPAGE, LIVE_KEY_PAGE_UP},
    {KEY_NPAGE, LIVE_KEY_PAGE_DOWN},
    {KEY_HOME, LIVE_KEY_HOME},
    {KEY_END, LIVE_KEY_END},
    {KEY_ENTER, LIVE_KEY_ENTER},
    {KEY_BTAB, LIVE_KEY_BACK_TAB},
    {KEY_BACKSPACE, LIVE_KEY_ERASE},
    {KEY_PASTE, LIVE_KEY_PASTE},
    {KEY_PASTE_END, LIVE_KEY_PASTE_END},
};

/* The key as the live screen knows it; 0: none that it knows. */
static int
key_of(int kind, wint_t c)
{
	for (size_t i = 0;
	     kind == KEY_CODE_YES && i < sizeof(special_keys) / sizeof(special_keys[0]); i++)
		if (special_keys[i].from == c)
			return special_keys[i].to;
	if (kind == KEY_CODE_YES)
		return 0;
	switch (c) {
	case '\n':
	case '\r':
		return LIVE_KEY_ENTER;
	case '\t':
		return LIVE_KEY_TAB;
	case 27:
		return LIVE_KEY_ESCAPE;
	case 8:
	case 127:
		return LIVE_KEY_ERASE;
	default:
		return (int)c;
	}
}

static void
read_keys(struct screen *s)
{
	wint_t c;

	for (int kind; !s->live->quit && (kind = get_wch(&c)) != ERR;) {
		int key = key_of(kind, c);

		s->key_came = true; /* a resize as well */
		if (key != 0)
			live_key(s->live, key);
	}
}

/* ---- turn ----------------------------------------------------------------------------------- */

/* How long there is nothing to do, if nothing comes. */
static int
pause_ms(const struct screen *s)
{
	int64_t since = mono_ms_between(clock_mono(), s->drawn_at);
	int64_t wait = (s->line_came ? ROUND_MS : REDRAW_MS) - since;

	return wait > 0 ? (int)wait : 0;
}

static void
turn(struct screen *s)
{
	struct pollfd p[2] = {
	    {.fd = STDIN_FILENO, .events = POLLIN},
	    {.fd = s->connection.fd, .events = POLLIN},
	};

	poll(p, 2, pause_ms(s)); /* a signal, a resize: just look at everything again */
	if (p[0].revents & (POLLHUP | POLLERR))
		s->live->quit = true;
	read_keys(s);
	if (s->connection.fd >= 0)
		listen_to(s);
	else if (!mono_before(clock_mono(), s->retry_at))
		begin(s);
	if (s->key_came || pause_ms(s) == 0)
		redraw(s);
	ask(s);
}

enum ctl_exit
screen_run(const struct screen_options *o)
{
	struct screen s = {.run_dir = o->run_dir, .connection = {.fd = -1}};

	/* The terminal is put back as it was; ncurses alone would leave the marks on. */
	sigaction(SIGINT, &(struct sigaction){.sa_handler = on_signal}, NULL);
	sigaction(SIGTERM, &(struct sigaction){.sa_handler = on_signal}, NULL);
	s.symbols = symbols_of(o);
	if (!start_terminal(&s))
		return CTL_USAGE;
	s.live = live_new(o->as);
	begin(&s);
	while (!s.live->quit && !is_told_to_end)
		turn(&s);
	mark_pasted(false);
	endwin();
	ctl_close(&s.connection);
	live_free(s.live);
	return CTL_DONE;
}

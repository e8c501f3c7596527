/* The board `virtual`: LEDs, buzzer and buttons as files. */
#include "drivers/gpio/virtual.h"

#include "base/arena.h"
#include "base/log.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

/* A red LED that blinks for a day makes 700,000 lines of about 40 bytes: the journal starts anew.
 */
#define JOURNAL_BYTES_MAX (4 << 20)
#define WORD_MAX_BYTES    32

struct lines {
	const struct board_spec *board;
	char dir[PATH_MAX - 32];
	bool on[OUTPUT_COUNT];
	bool stale; /* the file with the levels could not be written: at the next call again */
	int journal;
	int press; /* the FIFO, opened for reading and writing so that it never ends */
	struct loop_io *io;
	lines_input_fn *fn;
	void *arg;
	char word[WORD_MAX_BYTES]; /* what has come of a line so far */
	size_t length;
	struct fault_log write_fault, input_fault;
};

static void
path_of(const struct lines *l, const char *name, char path[PATH_MAX])
{
	text_printf(path, PATH_MAX, "%s/%s", l->dir, name);
}

/* ---- outputs --------------------------------------------------------------------------------- */

/* All levels in one small file; a reader sees the old or the new one, never half of it. */
static bool
write_levels(const struct lines *l)
{
	char path[PATH_MAX], fresh[PATH_MAX], text[128] = "";
	size_t n = 0;
	ssize_t written;
	int fd;

	path_of(l, "lines", path);
	path_of(l, "lines.new", fresh);
	for (int o = 0; o < OUTPUT_COUNT; o++)
		n = text_append(
		    text, sizeof(text), "%s %d\n", output_line_word((enum output_line)o), l->on[o]);
	fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return false;
	written = write(fd, text, n);
	close(fd);
	return written == (ssize_t)n && rename(fresh, path) == 0;
}

static bool
write_journal(struct lines *l, enum output_line o, const struct now *now)
{
	char line[96];
	struct stat st;
	size_t n = text_printf(line, sizeof(line), "%lld %lld %s %d\n", (long long)now->mono.us,
	    (long long)now->wall.us, output_line_word(o), l->on[o]);

	if (fstat(l->journal, &st) == 0 && st.st_size > JOURNAL_BYTES_MAX &&
	    ftruncate(l->journal, 0) != 0)
		return false;
	return write(l->journal, line, n) == (ssize_t)n;
}

static void
virtual_set(struct lines *l, enum output_line o, bool on, const struct now *now)
{
	bool changed = l->on[o] != on, noted = true;

	if (!changed && !l->stale)
		return;
	l->on[o] = on;
	/* The levels whatever becomes of the journal: a full one must not leave a wrong lamp. */
	l->stale = !write_levels(l);
	if (changed)
		noted = write_journal(l, o, now);
	if (noted && !l->stale)
		fault_over(&l->write_fault, now->mono, "panel: %s can be written again", l->dir);
	else
		fault_say(&l->write_fault, now->mono, LOG_LEVEL_WARN,
		    "panel: cannot write in %s: %s", l->dir, strerror(errno));
}

/* ---- inputs ---------------------------------------------------------------------------------- */

static void
take_word(struct lines *l, const struct now *now)
{
	static const char *const buttons[] = {[INPUT_ACK] = "ack", [INPUT_LAMP_TEST] = "lamp_test"};
	char clean[WORD_MAX_BYTES];

	for (int i = 0; i < INPUT_COUNT; i++) {
		if (strcmp(l->word, buttons[i]) == 0) {
			l->fn(l->arg, (enum input_line)i, true, now);
			l->fn(l->arg, (enum input_line)i, false, now);
			return;
		}
	}
	text_clean(clean, sizeof(clean), l->word, strlen(l->word));
	fault_say(&l->input_fault, now->mono, LOG_LEVEL_WARN,
	    "panel: there is no button \"%s\"; there are ack and lamp_test", clean);
}

static void
take_byte(struct lines *l, char c, const struct now *now)
{
	if (c == '\n') {
		l->word[l->length] = '\0';
		if (l->length > 0)
			take_word(l, now);
		l->length = 0;
	} else if (l->length < sizeof(l->word) - 1)
		l->word[l->length++] = c;
}

static void
on_press(void *arg, int fd, uint32_t events, const struct now *now)
{
	struct lines *l = arg;
	char bytes[64];
	ssize_t n = read(fd, bytes, sizeof(bytes));

	(void)events;
	for (ssize_t i = 0; i < n; i++)
		take_byte(l, bytes[i], now);
}

/* ---- life ------------------------------------------------------------------------------------ */

static bool
open_files(struct lines *l)
{
	char path[PATH_MAX];

	if (mkdir(l->dir, 0755) != 0 && errno != EEXIST)
		return false;
	path_of(l, "journal", path);
	l->journal = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	path_of(l, "press", path);
	/* What an earlier run, or somebody, left there may be no FIFO. */
	unlink(path);
	if (l->journal < 0 || mkfifo(path, 0660) != 0)
		return false;
	l->press = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	return l->press >= 0 && write_levels(l);
}

static void
free_lines(struct lines *l)
{
	loop_io_free(l->io);
	if (l->journal >= 0)
		close(l->journal);
	if (l->press >= 0)
		close(l->press);
	free(l);
}

static struct lines *
virtual_open(const struct board_spec *board, const char *run_dir, struct loop *loop,
    lines_input_fn *fn, void *arg, char *err, size_t err_size)
{
	struct lines *l = xcalloc(1, sizeof(*l));

	l->board = board;
	l->journal = l->press = -1;
	l->fn = fn;
	l->arg = arg;
	text_printf(l->dir, sizeof(l->dir), "%s/board", run_dir);
	for (int o = 0; o < OUTPUT_COUNT; o++)
		l->on[o] = output_line_spec(board, (enum output_line)o)->safe;
	if (!open_files(l)) {
		text_printf(err, err_size, "the virtual board cannot keep its lines in %s: %s",
		    l->dir, strerror(errno));
		free_lines(l);
		return NULL;
	}
	l->io = loop_io_add(loop, "panel buttons", l->press, EPOLLIN, LOOP_URGENT, on_press, l);
	return l;
}

static void
virtual_close(struct lines *l)
{
	struct now now = clock_now();
	char path[PATH_MAX];

	for (int o = 0; o < OUTPUT_COUNT; o++)
		virtual_set(l, (enum output_line)o,
		    output_line_spec(l->board, (enum output_line)o)->safe, &now);
	path_of(l, "press", path);
	unlink(path);
	free_lines(l);
}

static void
virtual_health(struct lines *l, char *text, size_t size)
{
	if (l->stale)
		text_printf(text, size, "the lamps cannot be written in %s", l->dir);
	else
		text[0] = '\0';
}

const struct lines_driver virtual_lines_driver = {
    .name = "virtual",
    .open = virtual_open,
    .set = virtual_set,
    .health = virtual_health,
    .close = virtual_close,
};

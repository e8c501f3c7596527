/* Lines by libgpiod 1.6: the one file that sees its header. */
#include "drivers/gpio/gpio_lib.h"

#include "base/arena.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <gpiod.h>
#include <stdlib.h>
#include <string.h>

#define CONSUMER "facilityd"

struct gpio_line {
	struct gpiod_chip
	    *chip; /* each line has the chip open for itself: they come and go alone */
	struct gpiod_line *line;
	int fd; /* inputs; -1 else */
};

/* Names of chips (gpiochip0) change with the order of loading; labels are the hardware's. */
static struct gpiod_chip *
find_chip(const struct line_spec *s, char *err, size_t err_size)
{
	struct gpiod_chip *chip = gpiod_chip_open_by_label(s->chip);

	if (chip != NULL)
		return chip;
	if (errno == EACCES || errno == EPERM)
		text_printf(err, err_size,
		    "no right to open the GPIO chips; the account must be in the group that owns "
		    "/dev/gpiochip*");
	else
		text_printf(err, err_size,
		    "there is no GPIO chip with the label \"%s\"; gpiodetect lists those that are "
		    "there",
		    s->chip);
	return NULL;
}

/* Is the line what the board file takes it for? */
static bool
check_line(const struct line_spec *s, struct gpiod_line *line, char *err, size_t err_size)
{
	const char *name = gpiod_line_name(line), *consumer = gpiod_line_consumer(line);

	if (s->name != NULL && (name == NULL || strcmp(name, s->name) != 0)) {
		text_printf(err, err_size,
		    "line %d of %s is called \"%s\" by the kernel and \"%s\" in the board file; it "
		    "is not touched until both agree",
		    s->offset, s->chip, name != NULL ? name : "", s->name);
		return false;
	}
	if (gpiod_line_is_used(line)) {
		text_printf(err, err_size, "line %d of %s is in use by \"%s\"", s->offset, s->chip,
		    consumer != NULL ? consumer : "the kernel");
		return false;
	}
	return true;
}

static int
flags_of(const struct line_spec *s)
{
	static const int pulls[] = {
	    [PULL_AS_IS] = 0,
	    [PULL_NONE] = GPIOD_LINE_REQUEST_FLAG_BIAS_DISABLE,
	    [PULL_UP] = GPIOD_LINE_REQUEST_FLAG_BIAS_PULL_UP,
	    [PULL_DOWN] = GPIOD_LINE_REQUEST_FLAG_BIAS_PULL_DOWN,
	};

	return pulls[s->pull] | (s->active_low ? GPIOD_LINE_REQUEST_FLAG_ACTIVE_LOW : 0);
}

static bool
take_line(struct gpio_line *l, const struct gpio_want *w, char *err, size_t err_size)
{
	const struct line_spec *s = w->spec;
	const struct gpiod_line_request_config config = {.consumer = CONSUMER,
	    .request_type = w->use == GPIO_OUTPUT ? GPIOD_LINE_REQUEST_DIRECTION_OUTPUT
						  : GPIOD_LINE_REQUEST_EVENT_BOTH_EDGES,
	    .flags = flags_of(s)};

	if (gpiod_line_request(l->line, &config, w->on) != 0) {
		text_printf(err, err_size, "line %d of %s cannot be taken as %s: %s", s->offset,
		    s->chip, w->use == GPIO_OUTPUT ? "an output" : "an input", strerror(errno));
		return false;
	}
	if (w->use == GPIO_OUTPUT)
		return true;
	/* The kernel's reads block otherwise. */
	l->fd = gpiod_line_event_get_fd(l->line);
	if (l->fd >= 0 && fcntl(l->fd, F_SETFL, O_NONBLOCK) == 0)
		return true;
	text_printf(
	    err, err_size, "line %d of %s tells no edges: %s", s->offset, s->chip, strerror(errno));
	gpiod_line_release(l->line);
	return false;
}

static struct gpio_line *
request(const struct gpio_want *w, char *err, size_t err_size)
{
	struct gpiod_chip *chip = find_chip(w->spec, err, err_size);
	struct gpio_line *l;

	if (chip == NULL)
		return NULL;
	l = xcalloc(1, sizeof(*l));
	l->chip = chip;
	l->fd = -1;
	l->line = gpiod_chip_get_line(chip, (unsigned)w->spec->offset);
	if (l->line == NULL)
		text_printf(err, err_size, "%s has %u lines, none with the offset %d",
		    w->spec->chip, gpiod_chip_num_lines(chip), w->spec->offset);
	else if (check_line(w->spec, l->line, err, err_size) && take_line(l, w, err, err_size))
		return l;
	gpiod_chip_close(chip);
	free(l);
	return NULL;
}

static int
line_fd(const struct gpio_line *l)
{
	return l->fd;
}

static int
drain(struct gpio_line *l)
{
	struct gpiod_line_event events[GPIO_FIFO_EDGES];
	int n, edges = 0;

	/* Bounded: a line that oscillates must not hold the loop. */
	for (int round = 0; round < 4; round++) {
		n = gpiod_line_event_read_fd_multiple(l->fd, events, GPIO_FIFO_EDGES);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return -1;
		if (n <= 0)
			break;
		edges += n;
	}
	return edges;
}

static int
line_level(struct gpio_line *l)
{
	return gpiod_line_get_value(l->line);
}

static bool
drive(struct gpio_line *l, bool on)
{
	return gpiod_line_set_value(l->line, on) == 0;
}

static void
release(struct gpio_line *l)
{
	gpiod_line_release(l->line);
	gpiod_chip_close(l->chip);
	free(l);
}

const struct gpio_lib gpio_lib_libgpiod = {
    .name = "libgpiod",
    .request = request,
    .fd = line_fd,
    .drain = drain,
    .level = line_level,
    .drive = drive,
    .release = release,
};

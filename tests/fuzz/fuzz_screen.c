/*
 * What the live screen gets: any lines on the control socket, any keys, at any size. A line of the
 * input that begins with '{' comes from the agent; of any other each byte is a key.
 */
#include "fuzz.h"

#include "ctl/draw.h"
#include "ctl/live.h"
#include "ctl/words.h"

#define LINE_MAX_BYTES 2048

static const wall_t now = {1795251610000000};

static void
check(const struct canvas *c)
{
	for (size_t row = 0; row < c->rows; row++)
		for (size_t column = 0; column < c->columns; column++) {
			const struct canvas_cell *cell = canvas_at(c, row, column);

			for (const char *p = cell->text; *p != '\0'; p++)
				FUZZ_CHECK((unsigned char)*p >= ' ' && *p != 0x7f);
			FUZZ_CHECK(cell->text[0] == '\0' || words_width(cell->text) == cell->width);
			FUZZ_CHECK(cell->width > 0 ||
				   (column > 0 && canvas_at(c, row, column - 1)->width == 2));
		}
}

static void
press(struct live *l, const uint8_t *keys, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		/* The upper half stands for the keys that are no characters. */
		live_key(l, keys[i] < 0x80 ? keys[i] : LIVE_KEY_UP + keys[i] % 16);
		l->quit = false;
	}
}

static void
one_line(struct live *l, const uint8_t *line, size_t n)
{
	char text[LINE_MAX_BYTES + 1];

	if (n > LINE_MAX_BYTES)
		n = LINE_MAX_BYTES;
	if (n == 0 || line[0] != '{') {
		press(l, line, n);
		return;
	}
	memcpy(text, line, n);
	text[n] = '\0';
	live_line(l, text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool ready;
	struct live *l = live_new(NULL);

	if (!ready)
		words_locale();
	ready = true;
	live_connected(l);
	for (size_t n; size > 0; data += n, size -= n) {
		const uint8_t *end = memchr(data, '\n', size);

		n = end != NULL ? (size_t)(end - data) + 1 : size;
		one_line(l, data, end != NULL ? n - 1 : n);
		json_decref(asks_next(&l->asks));
		live_tick(l, mono_add_ms(l->now, 500), now);
		struct canvas *c =
		    draw(l, 1 + n * 7 % 40, 1 + n * 13 % 130, (enum symbols)(n % 3), now);
		check(c);
		canvas_free(c);
	}
	live_lost(l, now, "gone");
	live_free(l);
	return 0;
}

/* The list of line drivers, and the words for outputs and inputs. */
#include "drivers/gpio/lines.h"

#include "base/text.h"
#include "drivers/gpio/virtual.h"

const char *
output_line_word(enum output_line o)
{
	static const char *const words[] = {
	    [OUTPUT_GREEN] = "green",
	    [OUTPUT_AMBER] = "amber",
	    [OUTPUT_RED] = "red",
	    [OUTPUT_BUZZER] = "buzzer",
	};
	_Static_assert(sizeof(words) / sizeof(words[0]) == OUTPUT_COUNT, "a line without a word");

	return o < OUTPUT_COUNT ? words[o] : "?";
}

const struct lines_driver *
lines_driver_find(const struct board_spec *board, char *err, size_t err_size)
{
	if (board->is_virtual)
		return &virtual_lines_driver;
	text_printf(err, err_size,
	    "board %s has real lines, and the driver for them (libgpiod) is known but not built; "
	    "use "
	    "board: virtual",
	    board->name);
	return NULL;
}

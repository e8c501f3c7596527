/* The list of line drivers, and the words for outputs and inputs. */
#include "drivers/gpio/lines.h"

#include "drivers/gpio/gpio_lib.h"
#include "drivers/gpio/real.h"
#include "drivers/gpio/virtual.h"

const char *
output_line_word(enum output_line o)
{
	static const char *const words[] = {
	    [OUTPUT_GREEN] = "green",
	    [OUTPUT_AMBER] = "amber",
	    [OUTPUT_RED] = "red",
	    [OUTPUT_BUZZER] = "buzzer",
	    [OUTPUT_RELAY] = "relay",
	};
	_Static_assert(sizeof(words) / sizeof(words[0]) == OUTPUT_COUNT, "a line without a word");

	return o < OUTPUT_COUNT ? words[o] : "?";
}

const struct line_spec *
output_line_spec(const struct board_spec *b, enum output_line o)
{
	const struct line_spec *const lines[OUTPUT_COUNT] = {
	    [OUTPUT_GREEN] = &b->leds[LED_GREEN],
	    [OUTPUT_AMBER] = &b->leds[LED_AMBER],
	    [OUTPUT_RED] = &b->leds[LED_RED],
	    [OUTPUT_BUZZER] = &b->buzzer,
	    [OUTPUT_RELAY] = &b->fault_relay,
	};

	return lines[o];
}

const struct line_spec *
input_line_spec(const struct board_spec *b, enum input_line i)
{
	return i == INPUT_ACK ? &b->ack_button : &b->lamp_test_button;
}

const struct lines_driver *
lines_driver_find(const struct board_spec *board)
{
	return board->is_virtual ? &virtual_lines_driver : &real_lines_driver;
}

const struct gpio_lib *
gpio_lib_find(const struct board_spec *board)
{
	return board->is_virtual ? &gpio_lib_virtual : &gpio_lib_libgpiod;
}

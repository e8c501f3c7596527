/*
 * The limit on a serial bus: libmodbus asks one unit after the other, with the silence that the
 * standard wants between frames, and nothing else.
 *
 *	bare_rtu PORT UNITS REGISTERS PERIOD_MS		PERIOD_MS 0: flat out
 */
#include "rounds.h"

#include <errno.h>
#include <modbus.h>
#include <stdlib.h>

#define SILENCE_NS (long)(3.5 * 10 * 1e9 / 9600 + 1)

static void
ask_all(modbus_t *bus, int units, int registers)
{
	uint16_t words[125];

	for (int u = 1; u <= units; u++) {
		modbus_set_slave(bus, u);
		if (modbus_read_registers(bus, 0, registers, words) != registers)
			modbus_flush(bus);
		nanosleep(&(struct timespec){0, SILENCE_NS}, NULL);
	}
}

int
main(int argc, char **argv)
{
	modbus_t *bus;
	long period_us;

	if (argc != 5) {
		fprintf(stderr, "usage: bare_rtu PORT UNITS REGISTERS PERIOD_MS\n");
		return 2;
	}
	period_us = strtol(argv[4], NULL, 10) * 1000;
	bus = modbus_new_rtu(argv[1], 9600, 'N', 8, 1);
	modbus_set_response_timeout(bus, 0, 500000);
	if (modbus_connect(bus) != 0) {
		fprintf(stderr, "bare_rtu: %s: %s\n", argv[1], modbus_strerror(errno));
		return 1;
	}
	for (int64_t next = clock_us();; next += period_us) {
		int64_t left = next - clock_us();

		if (left > 0)
			nanosleep(&(struct timespec){left / 1000000, left % 1000000 * 1000}, NULL);
		ask_all(bus, (int)strtol(argv[2], NULL, 10), (int)strtol(argv[3], NULL, 10));
	}
}

/*
 * A Modbus RTU bus on a pseudo terminal, 9600 8N1: what goes over it takes the time that it takes
 * on a wire, and a request that begins before 3.5 characters of silence is counted.
 *
 *	rtu_farm UNITS
 *
 * Says the name of the port on one line. Then each line of input is a command, answered by one line
 * of JSON: `figures`, `silent UNIT`, `answer UNIT`.
 */
#include "rounds.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define CHAR_US       (10 * 1000000.0 / 9600)
#define SILENCE_US    (3.5 * CHAR_US)
#define TURNAROUND_US 2000 /* beyond the silence that ends the request */
#define CHUNK         16   /* the FIFO of a serial port tells this many at a time */
#define REQUEST_BYTES 8
#define UNITS_MAX     32

struct unit {
	bool silent;
	int64_t round_us;
};

static struct unit units[UNITS_MAX + 1]; /* by address, 1 is the first */
static unsigned unit_count;
static int bus;
static int64_t free_us; /* when the last frame ended */
static int64_t busy_us, least_gap_us;
static uint64_t requests, early, bad;
static struct rounds rounds;

static void
sleep_until(double us)
{
	int64_t whole = (int64_t)us;
	struct timespec t = {whole / 1000000, whole % 1000000 * 1000};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
		;
}

static uint16_t
crc_of(const uint8_t *bytes, size_t n)
{
	unsigned crc = 0xffff;

	for (size_t i = 0; i < n; i++) {
		crc ^= bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = (crc & 1) != 0 ? crc >> 1 ^ 0xa001 : crc >> 1;
	}
	return (uint16_t)crc;
}

/* The frame, in the pieces and at the times in which a serial port would tell it. */
static void
say(uint8_t *frame, size_t n, double start_us)
{
	uint16_t crc = crc_of(frame, n);

	frame[n++] = (uint8_t)crc;
	frame[n++] = (uint8_t)(crc >> 8);
	for (size_t done = 0; done < n; done += CHUNK) {
		size_t some = n - done < CHUNK ? n - done : CHUNK;

		sleep_until(start_us + (double)(done + some) * CHAR_US);
		if (write(bus, frame + done, some) < 0)
			exit(1);
	}
	free_us = (int64_t)(start_us + (double)n * CHAR_US);
	busy_us += (int64_t)((double)n * CHAR_US);
}

static void
answer(const uint8_t *ask, int64_t began_us, double ended_us)
{
	unsigned at = (unsigned)ask[2] << 8 | ask[3], n = (unsigned)ask[4] << 8 | ask[5];
	struct unit *u = &units[ask[0]];
	unsigned second = (unsigned)(began_us / 1000000);
	uint8_t out[260] = {ask[0], ask[1], (uint8_t)(2 * n)};

	if (at == 0)
		rounds_note(&rounds, &u->round_us, began_us);
	if (ask[1] != 3 || n < 1 || n > 125) {
		bad++;
		out[1] |= 0x80;
		out[2] = 1;
		say(out, 3, ended_us + SILENCE_US + TURNAROUND_US);
		return;
	}
	for (unsigned i = 0; i < n; i++) {
		unsigned v = ((at + i) * 7 + ask[0] * 13u + second) & 0x3fff;

		out[3 + 2 * i] = (uint8_t)(v >> 8);
		out[4 + 2 * i] = (uint8_t)v;
	}
	say(out, 3 + 2 * n, ended_us + SILENCE_US + TURNAROUND_US);
}

/* A whole request; its first byte was here at began_us. */
static void
serve(const uint8_t *ask, int64_t began_us)
{
	int64_t gap = began_us - free_us;
	double ended_us = (double)began_us + REQUEST_BYTES * CHAR_US;

	requests++;
	busy_us += (int64_t)(REQUEST_BYTES * CHAR_US);
	if (free_us != 0) {
		early += (double)gap < SILENCE_US;
		least_gap_us = least_gap_us == 0 || gap < least_gap_us ? gap : least_gap_us;
	}
	if (ask[0] < 1 || ask[0] > unit_count || units[ask[0]].silent) {
		sleep_until(ended_us);
		free_us = (int64_t)ended_us;
		return;
	}
	answer(ask, began_us, ended_us);
}

static void
hear(void)
{
	static uint8_t in[256];
	static size_t have;
	static int64_t began_us;
	ssize_t n;

	if (have == 0)
		began_us = clock_us();
	n = read(bus, in + have, sizeof(in) - have);
	if (n <= 0) {
		usleep(10000); /* nobody has the port open */
		return;
	}
	have += (size_t)n;
	if (have < REQUEST_BYTES)
		return;
	if (crc_of(in, REQUEST_BYTES - 2) == (in[6] | in[7] << 8))
		serve(in, began_us);
	else
		bad++;
	have = 0;
}

static void
say_figures(void)
{
	printf("{\"requests\":%llu,\"bad\":%llu,\"early\":%llu,\"busy_us\":%lld,\"least_gap_us\":%"
	       "lld,",
	    (unsigned long long)requests, (unsigned long long)bad, (unsigned long long)early,
	    (long long)busy_us, (long long)least_gap_us);
	rounds_say(&rounds);
	printf("}\n");
	requests = bad = early = 0;
	busy_us = least_gap_us = 0;
}

static void
obey(void)
{
	char line[64] = "", word[16] = "";
	unsigned unit = 1;

	if (read(0, line, sizeof(line) - 1) <= 0)
		exit(0);
	if (sscanf(line, "%15s %u", word, &unit) < 1 || unit > UNITS_MAX)
		exit(2);
	if (strcmp(word, "figures") == 0) {
		say_figures();
	} else {
		units[unit].silent = strcmp(word, "silent") == 0;
		printf("{\"at_us\":%lld}\n", (long long)clock_us());
	}
	fflush(stdout);
}

int
main(int argc, char **argv)
{
	struct pollfd fds[2] = {{.fd = 0, .events = POLLIN}};
	struct termios t;
	int port;

	if (argc != 2 || (unit_count = (unsigned)strtoul(argv[1], NULL, 10)) > UNITS_MAX) {
		fprintf(stderr, "usage: rtu_farm UNITS\n");
		return 2;
	}
	bus = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (bus < 0 || grantpt(bus) != 0 || unlockpt(bus) != 0)
		return 1;
	/* Kept open, so that it is no hang-up when a subject closes it. */
	port = open(ptsname(bus), O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (port < 0 || tcgetattr(port, &t) != 0)
		return 1;
	cfmakeraw(&t);
	tcsetattr(port, TCSANOW, &t);
	printf("%s\n", ptsname(bus));
	fflush(stdout);
	fds[1] = (struct pollfd){.fd = bus, .events = POLLIN};
	for (;;) {
		if (poll(fds, 2, -1) < 0)
			return 1;
		if (fds[0].revents != 0)
			obey();
		if (fds[1].revents != 0)
			hear();
	}
}

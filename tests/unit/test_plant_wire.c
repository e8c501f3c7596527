/*
 * The plant's Modbus wires in time: a bus on a pseudo terminal and a TCP server in a child process,
 * a plain master here. The device is in shared memory, so that a test can break its wire.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "tests/plant/bus_rtu.c"
#include "tests/plant/delay.c"
#include "tests/plant/device.c"
#include "tests/plant/garble.c"
#include "tests/plant/loop.c"
#include "tests/plant/modbus_pdu.c"
#include "tests/plant/modbus_tcp.c"
#include "tests/plant/rng.c"

void
truth_value(const struct device *d, size_t i, int64_t raw)
{
	(void)d, (void)i, (void)raw;
}

static const struct reg regs[] = {
    {.address = 0, .tables = TABLE_HOLDING, .kind = REG_WORD, .point = REG_FIXED, .fixed = 100},
    {.address = 1, .tables = TABLE_HOLDING, .kind = REG_WORD, .point = REG_FIXED, .fixed = 101},
    {.address = 2, .run = 98, .tables = TABLE_HOLDING, .kind = REG_WORD, .point = REG_FIXED},
};

static const struct device_type type = {.regs = regs, .n_regs = sizeof regs / sizeof *regs};

enum { SLAVE_A, SLAVE_B, SERVER, DEVICES };

static struct device *devices; /* shared with the child */
static struct timer poll_server;
static struct rtu_bus bus;
static struct tcp_server server;
static char dir[] = "/tmp/test_plant_wire.XXXXXX";
static char link_path[64];
static pid_t child;
static int fd;

static void
follow_server(struct timer *t, int64_t now_us)
{
	tcp_server_update(&server);
	loop_arm(t, now_us + 5000);
}

static void
run_child(int ready_fd)
{
	bool ok = loop_open() && rtu_bus_open(&bus, link_path, true, 1);

	rtu_bus_add(&bus, &devices[SLAVE_A]);
	rtu_bus_add(&bus, &devices[SLAVE_B]);
	ok = ok && tcp_server_open(&server, &devices[SERVER]);
	poll_server.fire = follow_server;
	loop_arm(&poll_server, clock_mono_us());
	garble_seed(1);
	ok = ok && write(ready_fd, "r", 1) == 1 && loop_run();
	rtu_bus_close(&bus);
	tcp_server_close(&server);
	loop_close();
	_exit(ok ? 0 : 1);
}

static int
start(void **state)
{
	int ready[2];
	char r;

	(void)state;
	devices = mmap(NULL, DEVICES * sizeof *devices, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (devices == MAP_FAILED || !mkdtemp(dir) || pipe(ready) < 0)
		return -1;
	snprintf(link_path, sizeof link_path, "%s/bus", dir);
	devices[SLAVE_A] = (struct device){.name = "a", .type = &type, .unit = 1, .served = true};
	devices[SLAVE_B] = (struct device){.name = "b", .type = &type, .unit = 2, .served = true};
	devices[SERVER] = (struct device){.name = "s", .type = &type, .unit = 1, .served = true};
	child = fork();
	if (child == 0)
		run_child(ready[1]);
	close(ready[1]);
	if (child < 0 || read(ready[0], &r, 1) != 1)
		return -1;
	close(ready[0]);
	fd = open(link_path, O_RDWR | O_NOCTTY);
	return fd < 0 ? -1 : 0;
}

/* The child must end cleanly and leave nothing. */
static int
stop(void **state)
{
	int status;

	(void)state;
	close(fd);
	kill(child, SIGTERM);
	if (waitpid(child, &status, 0) != child || status != 0)
		return -1;
	return access(link_path, F_OK) < 0 && rmdir(dir) == 0 ? 0 : -1;
}

/* Waits until the bus is quiet and forgets what is on it. */
static int
rest(void **state)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	uint8_t bytes[256];

	(void)state;
	for (int i = 0; i < DEVICES; i++)
		devices[i].wire = (struct wire_fault){0};
	while (poll(&p, 1, 60) > 0 && read(fd, bytes, sizeof bytes) > 0)
		continue;
	return 0;
}

/* ---- A master ---- */

static void
make_read(uint8_t f[8], unsigned unit, unsigned address, unsigned count)
{
	const uint8_t head[] = {(uint8_t)unit, 3, 0, (uint8_t)address, 0, (uint8_t)count};
	uint16_t crc = crc16(head, sizeof head);

	memcpy(f, head, sizeof head);
	f[6] = (uint8_t)crc;
	f[7] = (uint8_t)(crc >> 8);
}

/* Reads `count` registers from 0 of unit a and then of unit b, with no silence between. */
static void
send_two(unsigned a, unsigned b, unsigned count)
{
	uint8_t f[16];

	make_read(f, a, 0, count);
	make_read(f + 8, b, 0, count);
	assert_int_equal(write(fd, f, sizeof f), sizeof f);
}

/* Up to n bytes, as long as no gap is longer than timeout_ms. */
static size_t
receive(int timeout_ms, uint8_t *bytes, size_t n)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	size_t have = 0;

	while (have < n && poll(&p, 1, timeout_ms) > 0) {
		ssize_t got = read(fd, bytes + have, n - have);
		assert_true(got > 0);
		have += (size_t)got;
	}
	return have;
}

/* Reads one register. -1: silence; -2: a damaged frame. */
static int
read_one(unsigned unit, unsigned address, int timeout_ms)
{
	uint8_t f[8];

	usleep(5000);
	make_read(f, unit, address, 1);
	assert_int_equal(write(fd, f, sizeof f), sizeof f);
	size_t n = receive(timeout_ms, f, 7);
	if (n == 0)
		return -1;
	if (n < 7 || crc16(f, n) != 0)
		return -2;
	assert_int_equal(f[0], unit);
	return f[3] << 8 | f[4];
}

static void
a_reply_takes_its_time(void **state)
{
	uint8_t f[105];
	int64_t begun_us = clock_mono_us();

	(void)state;
	make_read(f, 1, 0, 50);
	assert_int_equal(write(fd, f, 8), 8);
	assert_int_equal(receive(2000, f, sizeof f), sizeof f);
	/* 8 characters, t3.5, 2 ms, 105 characters */
	assert_true(clock_mono_us() - begun_us > 8333 + 3646 + 2000 + 109375);
	assert_int_equal(crc16(f, sizeof f), 0);
	assert_int_equal(f[3] << 8 | f[4], 100);
}

static void
a_late_reply_comes_after_the_next_question(void **state)
{
	(void)state;
	devices[SLAVE_A].wire.late_ms = 500;
	assert_int_equal(read_one(1, 0, 50), -1);
	assert_int_equal(read_one(1, 1, 2000), 100); /* register 0's */
	devices[SLAVE_A].wire.late_ms = 0;
	assert_int_equal(read_one(1, 0, 2000), 101); /* register 1's */
}

static void
haste_is_counted(void **state)
{
	uint64_t before = devices[SLAVE_A].counters.t35_violations;
	uint8_t f[7];

	(void)state;
	for (int i = 0; i < 5; i++) {
		usleep(5000);
		send_two(3, 1, 1); /* nobody has unit 3 */
		assert_int_equal(receive(2000, f, sizeof f), sizeof f);
		assert_int_equal(crc16(f, sizeof f), 0);
	}
	assert_int_equal(devices[SLAVE_A].counters.t35_violations, before + 5);
	for (int i = 0; i < 5; i++)
		assert_int_equal(read_one(1, 0, 2000), 100);
	assert_int_equal(devices[SLAVE_A].counters.t35_violations, before + 5);
}

static void
noise_strangers_and_wrong_speed_get_silence(void **state)
{
	struct termios t;

	(void)state;
	assert_int_equal(write(fd, "\1\3\0\0\0\1", 6), 6); /* cut off */
	usleep(200000);
	assert_int_equal(read_one(1, 0, 2000), 100);
	assert_int_equal(read_one(3, 0, 60), -1);
	assert_int_equal(tcgetattr(fd, &t), 0);
	cfsetspeed(&t, B19200);
	assert_int_equal(tcsetattr(fd, TCSANOW, &t), 0);
	assert_int_equal(read_one(1, 0, 60), -1);
	cfsetspeed(&t, B9600);
	assert_int_equal(tcsetattr(fd, TCSANOW, &t), 0);
	devices[SLAVE_A].wire.hang = true;
	assert_int_equal(read_one(1, 0, 60), -1);
	assert_int_equal(read_one(2, 0, 2000), 100);
}

static void
two_that_speak_at_once_are_not_understood(void **state)
{
	uint8_t f[106];

	(void)state;
	send_two(1, 2, 50);
	size_t n = receive(300, f, sizeof f);
	assert_int_equal(n, 105); /* one frame on the wire, of both */
	assert_true(crc16(f, n) != 0);
}

static void
damage_never_passes_the_crc(void **state)
{
	(void)state;
	devices[SLAVE_A].wire.garble_permille = 1000;
	for (int i = 0; i < 20; i++)
		assert_int_equal(read_one(1, 0, 2000), -2);
}

/* ---- TCP ---- */

static int
tcp_connect(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
	    .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)},
	    .sin_port = htons(devices[SERVER].port)};
	struct timeval timeout = {.tv_sec = 2};
	int s = socket(AF_INET, SOCK_STREAM, 0);

	setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
	if (connect(s, (struct sockaddr *)(void *)&address, sizeof address) == 0)
		return s;
	close(s);
	return -1;
}

static void
requests_may_come_in_pieces_or_together(void **state)
{
	static const uint8_t two[] = {
	    0, 1, 0, 0, 0, 6, 1, 3, 0, 0, 0, 1, 0, 2, 0, 0, 0, 6, 9, 3, 0, 1, 0, 1};
	static const uint8_t answers[] = {
	    0, 1, 0, 0, 0, 5, 1, 3, 2, 0, 100, 0, 2, 0, 0, 0, 3, 9, 0x83, 0x0b};
	uint8_t got[sizeof answers];
	int s = tcp_connect();

	(void)state;
	for (size_t piece = 1; piece <= sizeof two; piece += 5) {
		for (size_t at = 0; at < sizeof two; at += piece) {
			size_t n = sizeof two - at < piece ? sizeof two - at : piece;
			assert_int_equal(send(s, two + at, n, 0), n);
			usleep(500);
		}
		assert_int_equal(recv(s, got, sizeof got, MSG_WAITALL), sizeof got);
		assert_memory_equal(got, answers, sizeof got);
	}
	close(s);
}

static void
a_refused_connection_comes_back_on_the_same_port(void **state)
{
	int s = tcp_connect();
	uint16_t port = devices[SERVER].port;
	char c;

	(void)state;
	assert_true(s >= 0);
	devices[SERVER].wire.refuse = true;
	assert_true(recv(s, &c, 1, 0) < 0 && errno == ECONNRESET);
	close(s);
	assert_int_equal(tcp_connect(), -1);
	devices[SERVER].wire.refuse = false;
	for (int i = 0; i < 100 && (s = tcp_connect()) < 0; i++)
		usleep(20000);
	assert_true(s >= 0);
	assert_int_equal(devices[SERVER].port, port);
	close(s);
}

static void
what_is_no_modbus_ends_the_connection(void **state)
{
	int s = tcp_connect();
	char c;

	(void)state;
	assert_int_equal(send(s, "GET / HTTP/1.0\r\n", 16, 0), 16);
	assert_true(recv(s, &c, 1, 0) <= 0);
	close(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(a_reply_takes_its_time, rest),
	    cmocka_unit_test_setup(a_late_reply_comes_after_the_next_question, rest),
	    cmocka_unit_test_setup(haste_is_counted, rest),
	    cmocka_unit_test_setup(noise_strangers_and_wrong_speed_get_silence, rest),
	    cmocka_unit_test_setup(two_that_speak_at_once_are_not_understood, rest),
	    cmocka_unit_test_setup(damage_never_passes_the_crc, rest),
	    cmocka_unit_test_setup(requests_may_come_in_pieces_or_together, rest),
	    cmocka_unit_test_setup(a_refused_connection_comes_back_on_the_same_port, rest),
	    cmocka_unit_test_setup(what_is_no_modbus_ends_the_connection, rest),
	};

	return cmocka_run_group_tests_name("plant wires", tests, start, stop);
}

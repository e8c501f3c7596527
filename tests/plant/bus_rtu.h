/*
 * An RS-485 bus with Modbus RTU slaves, on a pseudo terminal. (MODBUS over Serial Line V1.02.)
 *
 * The wire has its time: at 9600 bit/s, 8N1, a character takes 1.04 ms, also where the pseudo
 * terminal hands bytes over at once. A request is on the wire from the moment it is read, and a
 * reply comes after its end, t3.5 of silence and the slave's turnaround. Who speaks while another
 * speaks spoils both (RS-485 has one pair of wires).
 */
#ifndef PLANT_BUS_RTU_H
#define PLANT_BUS_RTU_H

#include "delay.h"
#include "device.h"
#include "loop.h"

enum { RTU_SLAVES = 4, RTU_FRAME_MAX = 256, RTU_BAUD = 9600 };

struct rtu_slave {
	struct device *device;
	struct delay delay; /* its replies: it answers in order */
	int64_t free_us;    /* it has sent all of them by then */
	struct rtu_bus *bus;
	bool twin; /* another device has its unit number, and speaks at the same time */
};

struct rtu_bus {
	struct watch watch; /* master side of the pseudo terminal; or the TCP client, -1: none */
	int slave_fd;     /* kept open: the agent may come and go, its settings are read; TCP: -1 */
	const char *path; /* the link to the slave side; TCP: NULL */
	struct watch server; /* TCP: listens; else -1 */
	uint16_t port;       /* TCP */
	int baud;            /* that the slaves speak at */
	bool echo;           /* the adapter repeats what is sent */
	bool wire_time;
	struct rng rng;
	struct rtu_slave slaves[RTU_SLAVES];
	unsigned n_slaves;

	/* Request coming in. */
	uint8_t in[RTU_FRAME_MAX];
	size_t in_n;
	bool in_early;        /* begun before t3.5 of silence */
	bool in_spoiled;      /* begun while a slave was speaking */
	int64_t in_end_us;    /* its last character ends */
	struct timer silence; /* t3.5 after that */

	/* Reply going out, handed over in pieces as a UART's buffer does. */
	struct timer out_timer;
	uint8_t out[RTU_FRAME_MAX];
	size_t out_n, out_sent; /* out_n 0: nothing goes out */
	int out_dribble_ms;     /* so long between two characters */
	bool out_spoiled;       /* another one spoke at the same time */
	int64_t out_start_us;

	int64_t quiet_since_us; /* end of the last frame of either side */
};

/* Makes the pseudo terminal and the link to it at path (kept by reference). False: errno says why.
 */
bool rtu_bus_open(struct rtu_bus *b, const char *path, bool wire_time, uint64_t seed);
/*
 * The same behind a serial server: RTU frames in a TCP stream, on a free port of 127.0.0.1
 * (b->port). One client at a time; the newest gets what the bus says.
 */
bool rtu_bus_open_tcp(struct rtu_bus *b, bool wire_time, uint64_t seed);
void rtu_bus_close(struct rtu_bus *b);

/* Puts a slave on the bus. */
void rtu_bus_add(struct rtu_bus *b, struct device *d);

#endif

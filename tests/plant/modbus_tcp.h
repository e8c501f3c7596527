/*
 * One Modbus TCP server with one unit: several clients, each with a buffer of its own, so that a
 * request may come in pieces or several in one piece. (MODBUS Messaging on TCP/IP V1.0b.)
 */
#ifndef PLANT_MODBUS_TCP_H
#define PLANT_MODBUS_TCP_H

#include "delay.h"
#include "device.h"
#include "loop.h"

enum { TCP_CLIENTS = 8, TCP_BUFFER = 1024, TCP_REPLY = 260 };

struct tcp_client {
	struct watch watch; /* fd -1: free */
	struct delay delay;
	struct tcp_server *server;
	size_t n;
	uint8_t in[TCP_BUFFER];
	struct timer dribble; /* sends the next byte of a reply that goes out byte by byte */
	size_t out_n, out_sent;
	uint8_t out[TCP_REPLY];
};

struct tcp_server {
	struct watch watch; /* fd -1: not listening */
	int reserve_fd;     /* holds the port while connections are refused */
	struct device *device;
	struct tcp_client clients[TCP_CLIENTS];
};

/* Listens on a free port of 127.0.0.1 (d->port). False: errno says why. */
bool tcp_server_open(struct tcp_server *s, struct device *d);
void tcp_server_close(struct tcp_server *s);

/* Follows d->wire.refuse: resets all connections and refuses new ones, or listens again on the same
 * port. False: errno says why. */
bool tcp_server_update(struct tcp_server *s);

#endif

/*
 * A serial server for the tests: what comes from the bus goes to every TCP client, what a client
 * sends goes to the bus. It knows no frames, so a late reply reaches whoever is connected by then.
 */
#ifndef TESTS_UNIT_SERIAL_SERVER_H
#define TESTS_UNIT_SERIAL_SERVER_H

#include "tests/unit/modbus_room.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#define SERVER_CLIENTS 8

struct serial_server {
	int listener, port, bus_fd, stop;
	int clients[SERVER_CLIENTS];
	atomic_uint accepted;
	atomic_uint piece;    /* bytes in a segment, 0: as they come */
	atomic_uint pause_us; /* between two segments */
	atomic_bool deaf;     /* nothing goes either way: a gateway that forgot its clients */
	atomic_int hang_up;   /* 1: close all clients; 2: reset them after 4 bytes of a reply */
	pthread_t thread;
	bool running;
};

static inline void
server_drop(struct serial_server *s, size_t i, bool reset)
{
	struct linger now = {.l_onoff = 1, .l_linger = 0};

	if (s->clients[i] < 0)
		return;
	if (reset)
		setsockopt(s->clients[i], SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(s->clients[i]);
	s->clients[i] = -1;
}

static inline void
server_accept(struct serial_server *s)
{
	int on = 1, fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC);

	for (size_t i = 0; i < SERVER_CLIENTS && fd >= 0; i++) {
		if (s->clients[i] >= 0)
			continue;
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		s->clients[i] = fd;
		atomic_fetch_add(&s->accepted, 1);
		return;
	}
	if (fd >= 0)
		close(fd);
}

static inline void
server_send(struct serial_server *s, const uint8_t *p, size_t n)
{
	size_t piece = atomic_load(&s->piece);

	for (size_t at = 0; at<n; at += piece> 0 ? piece : n) {
		size_t more = piece > 0 && piece < n - at ? piece : n - at;

		for (size_t i = 0; i < SERVER_CLIENTS; i++)
			if (s->clients[i] >= 0)
				(void)!send(s->clients[i], p + at, more, MSG_NOSIGNAL);
		if (at + more < n)
			usleep(atomic_load(&s->pause_us));
	}
}

static inline void
server_from_bus(struct serial_server *s)
{
	uint8_t bytes[600];
	ssize_t n = read(s->bus_fd, bytes, sizeof(bytes));

	if (n <= 0 || atomic_load(&s->deaf))
		return;
	if (atomic_load(&s->hang_up) != 2 || n < 5) {
		server_send(s, bytes, (size_t)n);
		return;
	}
	atomic_store(&s->hang_up, 0);
	server_send(s, bytes, 4);
	usleep(2000);
	for (size_t i = 0; i < SERVER_CLIENTS; i++)
		server_drop(s, i, true);
}

static inline void
server_from_client(struct serial_server *s, size_t i)
{
	uint8_t bytes[300];
	ssize_t n = recv(s->clients[i], bytes, sizeof(bytes), 0);

	if (n <= 0)
		server_drop(s, i, false);
	else if (!atomic_load(&s->deaf) && write(s->bus_fd, bytes, (size_t)n) != n)
		abort();
}

static inline void *
server_run(void *arg)
{
	struct serial_server *s = arg;

	for (;;) {
		struct pollfd p[3 + SERVER_CLIENTS] = {{.fd = s->stop, .events = POLLIN},
		    {.fd = s->listener, .events = POLLIN}, {.fd = s->bus_fd, .events = POLLIN}};

		for (size_t i = 0; i < SERVER_CLIENTS; i++)
			p[3 + i] = (struct pollfd){.fd = s->clients[i], .events = POLLIN};
		poll(p, 3 + SERVER_CLIENTS, 20);
		if (p[0].revents != 0)
			return NULL;
		if (p[2].revents & POLLIN)
			server_from_bus(s);
		for (size_t i = 0; i < SERVER_CLIENTS; i++)
			if (p[3 + i].revents != 0 && s->clients[i] >= 0)
				server_from_client(s, i);
		if (atomic_load(&s->hang_up) == 1) {
			atomic_store(&s->hang_up, 0);
			for (size_t i = 0; i < SERVER_CLIENTS; i++)
				server_drop(s, i, false);
		}
		if (p[1].revents != 0)
			server_accept(s);
	}
}

/* A port that is ours, on which nobody listens before server_start(). */
static inline void
server_reserve(struct serial_server *s)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(at);
	int on = 1;

	memset(s, 0, sizeof(*s));
	for (size_t i = 0; i < SERVER_CLIENTS; i++)
		s->clients[i] = -1;
	s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(s->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	assert_int_equal(bind(s->listener, (struct sockaddr *)&at, size), 0);
	assert_int_equal(getsockname(s->listener, (struct sockaddr *)&at, &size), 0);
	s->port = ntohs(at.sin_port);
}

static inline void
server_start(struct serial_server *s, const char *bus_port)
{
	s->bus_fd = open(bus_port, O_RDWR | O_NOCTTY | O_CLOEXEC);
	s->stop = eventfd(0, EFD_CLOEXEC);
	assert_int_equal(listen(s->listener, SERVER_CLIENTS), 0);
	if (pthread_create(&s->thread, NULL, server_run, s) != 0)
		fail_msg("no thread");
	s->running = true;
}

static inline void
server_stop(struct serial_server *s)
{
	if (s->running) {
		eventfd_write(s->stop, 1);
		pthread_join(s->thread, NULL);
		for (size_t i = 0; i < SERVER_CLIENTS; i++)
			server_drop(s, i, false);
		close(s->stop);
		close(s->bus_fd);
	}
	close(s->listener);
}

#endif

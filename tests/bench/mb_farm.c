/*
 * Many Modbus TCP devices in one small program, for measuring who asks them: each has a port of
 * its own and answers function 3 for any register. Values change each second.
 *
 *	mb_farm DEVICES DELAY_MS
 *
 * Says the ports on one line. Then each line of input is a command, answered by one line of JSON:
 *
 *	figures		requests and rounds (rounds.h) since the last time
 *	silent I	device I takes requests and answers none
 *	refuse I	device I is gone: connections are reset, new ones refused
 *	answer I	it answers again
 *	set I R V	register R of device I is V from now on; says when: {"at_us":..}
 *	level I V	all registers of device I are V; V 0: they change again
 */
#include "rounds.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEAD      8 /* transaction, protocol, length, unit, function */
#define ASK_BYTES 12
#define ANSWER    (HEAD + 1 + 250)

struct peer; /* one connection */

struct device {
	int listener; /* -1: refuses */
	uint16_t port, level, set_at, set_to;
	bool silent;
	int64_t round_us;
	struct peer *peers;
};

/* What epoll points to: a listener has no device behind it but is one. */
struct peer {
	struct device *of;
	struct peer *next;
	int fd; /* -1: closed, and free once nothing is late for it */
	unsigned late;
	size_t have;
	uint8_t in[ASK_BYTES * 8];
};

/* Answers that wait; the delay is the same for all, so the first is always the next. */
struct late {
	int64_t due_us;
	struct peer *to;
	size_t length;
	uint8_t bytes[ANSWER];
};
#define LATE_MAX 8192

static struct device *devices;
static size_t count;
static struct peer *listeners;
static int epoll, delay_us;
static struct late *queue;
static size_t queue_first, queue_length;
static uint64_t requests, bad;
static struct rounds rounds;

/* ---- the protocol ------------------------------------------------------------------------------
 */

static uint16_t
value_of(const struct device *d, unsigned at, int64_t now)
{
	if (d->level != 0)
		return d->level;
	if (d->set_to != 0 && at == d->set_at)
		return d->set_to;
	return (uint16_t)((at * 7u + (unsigned)(d - devices) * 13u + (unsigned)(now / 1000000)) &
			  0x3fff);
}

static void
put_u16(uint8_t *at, unsigned v)
{
	at[0] = (uint8_t)(v >> 8);
	at[1] = (uint8_t)v;
}

/* The answer to one request; returns its length. */
static size_t
answer(struct device *d, const uint8_t *ask, uint8_t *out)
{
	unsigned at = (unsigned)ask[8] << 8 | ask[9], n = (unsigned)ask[10] << 8 | ask[11];
	int64_t now = clock_us();

	memcpy(out, ask, HEAD);
	if (ask[7] != 3 || n < 1 || n > 125) {
		bad++;
		out[7] |= 0x80;
		out[8] = 1;
		put_u16(out + 4, 3);
		return HEAD + 1;
	}
	if (at == 0)
		rounds_note(&rounds, &d->round_us, now);
	out[8] = (uint8_t)(2 * n);
	for (unsigned i = 0; i < n; i++)
		put_u16(out + 9 + 2 * i, value_of(d, at + i, now));
	put_u16(out + 4, 3 + 2 * n);
	return HEAD + 1 + 2 * n;
}

/* ---- connections -------------------------------------------------------------------------------
 */

static void
forget(struct peer *p)
{
	if (p->fd < 0 && p->late == 0)
		free(p);
}

static void
hang_up(struct peer *p, bool reset)
{
	const struct linger now = {1, 0};
	struct peer **at = &p->of->peers;

	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	if (reset)
		setsockopt(p->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(p->fd);
	p->fd = -1;
	forget(p);
}

static void
welcome(struct device *d)
{
	struct epoll_event e = {.events = EPOLLIN};
	struct peer *p;
	int on = 1, fd = accept4(d->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	p = calloc(1, sizeof(*p));
	*p = (struct peer){.of = d, .next = d->peers, .fd = fd};
	d->peers = p;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	e.data.ptr = p;
	epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e);
}

static void
reply(struct peer *p, const uint8_t *ask)
{
	uint8_t out[ANSWER];
	struct late *l;

	requests++;
	if (p->of->silent)
		return;
	if (delay_us == 0) {
		send(p->fd, out, answer(p->of, ask, out), MSG_NOSIGNAL);
		return;
	}
	if (queue_length == LATE_MAX)
		abort();
	l = &queue[(queue_first + queue_length++) % LATE_MAX];
	l->due_us = clock_us() + delay_us;
	l->to = p;
	l->length = answer(p->of, ask, l->bytes);
	p->late++;
}

static void
hear(struct peer *p)
{
	ssize_t n = recv(p->fd, p->in + p->have, sizeof(p->in) - p->have, 0);
	size_t done = 0;

	if (n <= 0) {
		if (n == 0 || errno != EAGAIN)
			hang_up(p, false);
		return;
	}
	p->have += (size_t)n;
	for (; p->have - done >= ASK_BYTES; done += ASK_BYTES)
		reply(p, p->in + done);
	memmove(p->in, p->in + done, p->have - done);
	p->have -= done;
}

/* Sends what has waited long enough; returns how long epoll may sleep. */
static int
send_late(void)
{
	for (; queue_length > 0; queue_first = (queue_first + 1) % LATE_MAX, queue_length--) {
		struct late *l = &queue[queue_first];
		int64_t left = l->due_us - clock_us();

		if (left > 0)
			return (int)(left / 1000) + 1;
		l->to->late--;
		if (l->to->fd >= 0)
			send(l->to->fd, l->bytes, l->length, MSG_NOSIGNAL);
		forget(l->to);
	}
	return -1;
}

static bool
open_device(struct device *d)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
	    .sin_addr = {htonl(INADDR_LOOPBACK)},
	    .sin_port = htons(d->port)};
	socklen_t n = sizeof(a);
	struct peer *l = &listeners[d - devices];
	struct epoll_event e = {.events = EPOLLIN, .data.ptr = l};
	int on = 1;

	*l = (struct peer){.of = d, .fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
	d->listener = l->fd;
	setsockopt(l->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(l->fd, (struct sockaddr *)&a, sizeof(a)) != 0 || listen(l->fd, 16) != 0 ||
	    getsockname(l->fd, (struct sockaddr *)&a, &n) != 0 ||
	    epoll_ctl(epoll, EPOLL_CTL_ADD, l->fd, &e) != 0)
		return false;
	d->port = ntohs(a.sin_port);
	return true;
}

/* ---- commands ----------------------------------------------------------------------------------
 */

static void
refuse(struct device *d)
{
	if (d->listener >= 0)
		close(d->listener);
	d->listener = -1;
	while (d->peers != NULL)
		hang_up(d->peers, true);
}

static void
say_figures(void)
{
	printf("{\"requests\":%llu,\"bad\":%llu,", (unsigned long long)requests,
	    (unsigned long long)bad);
	rounds_say(&rounds);
	printf("}\n");
	requests = bad = 0;
}

static void
obey(const char *line)
{
	char word[16];
	size_t i = 0;
	unsigned a = 0, b = 0;
	int n = sscanf(line, "%15s %zu %u %u", word, &i, &a, &b);
	struct device *d = &devices[i];

	if (n < 1 || i >= count)
		exit(2);
	if (strcmp(word, "figures") == 0) {
		say_figures();
		fflush(stdout);
		return;
	}
	if (strcmp(word, "silent") == 0) {
		d->silent = true;
	} else if (strcmp(word, "refuse") == 0) {
		refuse(d);
	} else if (strcmp(word, "answer") == 0) {
		d->silent = false;
		if (d->listener < 0 && !open_device(d))
			exit(1);
	} else if (strcmp(word, "set") == 0) {
		d->set_at = (uint16_t)a;
		d->set_to = (uint16_t)b;
	} else if (strcmp(word, "level") == 0) {
		d->level = (uint16_t)a;
	}
	printf("{\"at_us\":%lld}\n", (long long)clock_us());
	fflush(stdout);
}

/* Commands may come several at a time. */
static void
read_commands(void)
{
	static char text[4096];
	static size_t have;
	char *end;
	ssize_t n = read(0, text + have, sizeof(text) - have - 1);

	if (n <= 0)
		exit(0);
	have += (size_t)n;
	text[have] = '\0';
	while ((end = strchr(text, '\n')) != NULL) {
		*end = '\0';
		obey(text);
		have -= (size_t)(end + 1 - text);
		memmove(text, end + 1, have + 1);
	}
}

int
main(int argc, char **argv)
{
	struct epoll_event events[256], input = {.events = EPOLLIN, .data.ptr = NULL};

	if (argc != 3) {
		fprintf(stderr, "usage: mb_farm DEVICES DELAY_MS\n");
		return 2;
	}
	allow_files();
	signal(SIGPIPE, SIG_IGN);
	epoll = epoll_create1(EPOLL_CLOEXEC);
	count = strtoul(argv[1], NULL, 10);
	delay_us = (int)strtol(argv[2], NULL, 10) * 1000;
	devices = calloc(count + 1, sizeof(*devices));
	listeners = calloc(count + 1, sizeof(*listeners));
	queue = calloc(LATE_MAX, sizeof(*queue));
	for (size_t i = 0; i < count; i++) {
		if (!open_device(&devices[i])) {
			fprintf(stderr, "mb_farm: device %zu: %s\n", i, strerror(errno));
			return 1;
		}
		printf("%s%d", i == 0 ? "" : " ", devices[i].port);
	}
	printf("\n");
	fflush(stdout);
	epoll_ctl(epoll, EPOLL_CTL_ADD, 0, &input);
	for (;;) {
		int n = epoll_wait(epoll, events, 256, send_late());

		for (int i = 0; i < n; i++) {
			struct peer *p = events[i].data.ptr;

			if (p == NULL) {
				read_commands();
				break; /* what the rest points to may be gone; it is told again */
			}
			if (p >= listeners && p < listeners + count)
				welcome(p->of);
			else
				hear(p);
		}
	}
}

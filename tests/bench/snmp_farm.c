/*
 * Many SNMP devices in one small program, for measuring who asks them: version 2c, any OID is
 *there, its value is a number that grows with each answer. The last ones of them are silent.
 *
 *	snmp_farm DEVICES SILENT COMMUNITY
 *
 * Says the ports on one line. Then each line of input is answered by one line of JSON: `silent I`
 * and `answer I` change device I and say when; anything else asks for the figures since the last
 * time: requests and rounds (rounds.h; a round begins with a GET whose first OID ends with .1.0).
 */
#include "rounds.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define DATAGRAM_MAX 4096

struct member {
	int fd;
	bool silent;
	uint32_t answers;
	int64_t round_us; /* when the last round began */
};

static struct member *members;
static size_t count;
static const char *community;
static uint64_t requests, bad;
static struct rounds rounds;

/* ---- BER: in from the front, out from the back ------------------------------------------------
 */

struct in {
	const uint8_t *at;
	size_t left;
};

static bool
take(struct in *in, uint8_t tag, struct in *content)
{
	size_t n, octets;

	if (in->left < 2 || in->at[0] != tag)
		return false;
	n = in->at[1];
	in->at += 2;
	in->left -= 2;
	if (n >= 0x80) {
		octets = n & 0x7f;
		if (octets < 1 || octets > 2 || octets > in->left)
			return false;
		for (n = 0; octets > 0; octets--, in->at++, in->left--)
			n = n << 8 | in->at[0];
	}
	if (n > in->left)
		return false;
	*content = (struct in){in->at, n};
	in->at += n;
	in->left -= n;
	return true;
}

struct out {
	uint8_t bytes[DATAGRAM_MAX];
	size_t start;
};

static void
put(struct out *o, const void *bytes, size_t n)
{
	if (n > o->start)
		abort();
	o->start -= n;
	memcpy(o->bytes + o->start, bytes, n);
}

static void
put_header(struct out *o, uint8_t tag, size_t n)
{
	const uint8_t shorter[] = {tag, (uint8_t)n};
	const uint8_t longer[] = {tag, 0x82, (uint8_t)(n >> 8), (uint8_t)n};

	if (n < 0x80)
		put(o, shorter, sizeof(shorter));
	else
		put(o, longer, sizeof(longer));
}

/* ---- one request ------------------------------------------------------------------------------
 */

static void
put_variables(struct out *o, struct in list, uint32_t value)
{
	struct in names[256], pair;
	size_t n = 0;
	uint8_t number[] = {0x02, 0x04, (uint8_t)(value >> 24 & 0x7f), (uint8_t)(value >> 16),
	    (uint8_t)(value >> 8), (uint8_t)value};

	while (n < 256 && take(&list, 0x30, &pair) && take(&pair, 0x06, &names[n]))
		n++;
	while (n-- > 0) {
		size_t end = o->start;

		put(o, number, sizeof(number));
		put(o, names[n].at, names[n].left);
		put_header(o, 0x06, names[n].left);
		put_header(o, 0x30, end - o->start);
	}
}

/* A round begins where the first OID ends with .1.0. */
static void
note_round(struct member *m, struct in list)
{
	struct in pair, name;

	if (!take(&list, 0x30, &pair) || !take(&pair, 0x06, &name) || name.left < 2 ||
	    memcmp(name.at + name.left - 2, "\x01\x00", 2) != 0)
		return;
	rounds_note(&rounds, &m->round_us, clock_us());
}

/* Makes the answer. false: it is no GET of ours. */
static bool
answer(struct member *m, const uint8_t *bytes, size_t n, struct out *o)
{
	struct in in = {bytes, n}, message, version, who, pdu, id, status, index, list;
	size_t end;

	o->start = sizeof(o->bytes);
	if (!take(&in, 0x30, &message) || !take(&message, 0x02, &version) ||
	    !take(&message, 0x04, &who) || who.left != strlen(community) ||
	    memcmp(who.at, community, who.left) != 0 || !take(&message, 0xa0, &pdu) ||
	    !take(&pdu, 0x02, &id) || !take(&pdu, 0x02, &status) || !take(&pdu, 0x02, &index) ||
	    !take(&pdu, 0x30, &list))
		return false;
	note_round(m, list);
	end = o->start;
	put_variables(o, list, ++m->answers);
	put_header(o, 0x30, end - o->start);
	put(o, "\x02\x01\x00\x02\x01\x00", 6);
	put(o, id.at, id.left);
	put_header(o, 0x02, id.left);
	put_header(o, 0xa2, end - o->start);
	put(o, who.at, who.left);
	put_header(o, 0x04, who.left);
	put(o, version.at, version.left);
	put_header(o, 0x02, version.left);
	put_header(o, 0x30, end - o->start);
	return true;
}

static void
serve(struct member *m)
{
	uint8_t bytes[DATAGRAM_MAX];
	struct sockaddr_in from;
	struct out o;
	ssize_t n;

	for (;;) {
		socklen_t from_length = sizeof(from);

		n = recvfrom(m->fd, bytes, sizeof(bytes), MSG_DONTWAIT, (struct sockaddr *)&from,
		    &from_length);
		if (n < 0)
			return;
		requests++;
		if (m->silent)
			continue;
		if (!answer(m, bytes, (size_t)n, &o)) {
			bad++;
			continue;
		}
		sendto(m->fd, o.bytes + o.start, sizeof(o.bytes) - o.start, MSG_DONTWAIT,
		    (struct sockaddr *)&from, from_length);
	}
}

/* ---- all of them ------------------------------------------------------------------------------
 */

static void
say_figures(void)
{
	printf("{\"requests\":%llu,\"bad\":%llu,", (unsigned long long)requests,
	    (unsigned long long)bad);
	rounds_say(&rounds);
	printf("}\n");
	fflush(stdout);
	requests = bad = 0;
}

static void
obey(const char *line)
{
	char word[16] = "";
	size_t i = count;

	if (sscanf(line, "%15s %zu", word, &i) != 2 || i >= count) {
		say_figures();
		return;
	}
	members[i].silent = strcmp(word, "silent") == 0;
	printf("{\"at_us\":%lld}\n", (long long)clock_us());
	fflush(stdout);
}

static bool
open_member(struct member *m, int epoll)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t n = sizeof(a);
	struct epoll_event e = {.events = EPOLLIN, .data.ptr = m};

	m->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (m->fd < 0 || bind(m->fd, (struct sockaddr *)&a, sizeof(a)) != 0 ||
	    getsockname(m->fd, (struct sockaddr *)&a, &n) != 0 ||
	    epoll_ctl(epoll, EPOLL_CTL_ADD, m->fd, &e) != 0)
		return false;
	printf("%s%d", m == members ? "" : " ", ntohs(a.sin_port));
	return true;
}

int
main(int argc, char **argv)
{
	struct epoll_event events[256], input = {.events = EPOLLIN, .data.ptr = NULL};
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	char line[64];

	if (argc != 4) {
		fprintf(stderr, "usage: snmp_farm DEVICES SILENT COMMUNITY\n");
		return 2;
	}
	allow_files();
	count = strtoul(argv[1], NULL, 10);
	community = argv[3];
	members = calloc(count + 1, sizeof(*members));
	for (size_t i = 0; i < count; i++) {
		members[i].silent = i + strtoul(argv[2], NULL, 10) >= count;
		if (!open_member(&members[i], epoll)) {
			fprintf(stderr, "snmp_farm: device %zu: %s\n", i, strerror(errno));
			return 1;
		}
	}
	printf("\n");
	fflush(stdout);
	epoll_ctl(epoll, EPOLL_CTL_ADD, 0, &input);
	for (;;) {
		int n = epoll_wait(epoll, events, 256, -1);

		for (int i = 0; i < n; i++) {
			if (events[i].data.ptr != NULL)
				serve(events[i].data.ptr);
			else if (fgets(line, sizeof(line), stdin) == NULL)
				return 0;
			else
				obey(line);
		}
	}
}

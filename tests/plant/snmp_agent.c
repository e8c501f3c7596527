#include "snmp_agent.h"

#include "garble.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Room for the longest reply and for a request that is too long to be answered. */
enum { BUFFER = 4096 };

/* Octets around a PDU of version 1 or 2c beside the community: headers and version. */
enum { WRAPPING = 16 };

/* Versions 1 and 2c. */
static bool
community_answer(struct snmp_agent *a, struct ber_in *message, int64_t now_us, struct ber_out *out)
{
	struct device *d = a->device;
	struct ber_in community;
	struct snmp_request q;

	if (!ber_get(message, BER_STRING, &community) || !snmp_request_read(message, &q)) {
		d->counters.damaged++;
		return false;
	}
	size_t length = strlen(a->community);
	if (ber_left(&community) != length || memcmp(community.p, a->community, length) != 0) {
		d->counters.wrong_auth++;
		return false;
	}
	if (q.type != PDU_GET && q.type != PDU_GETNEXT && q.type != PDU_SET &&
	    (q.type != PDU_GETBULK || d->type->snmp_version == SNMP_V1))
		return false;
	snmp_answer(d, &a->mib, d->type->snmp_version, &q, SNMP_MESSAGE_MAX - WRAPPING - length,
	    now_us, out);
	ber_put_string(out, a->community, length);
	ber_put_int(out, BER_INTEGER, d->type->snmp_version);
	ber_put_header(out, BER_SEQUENCE, 0);
	return !out->full;
}

/* A message of another version than the device speaks is not answered. */
static bool
answer(struct snmp_agent *a, const uint8_t *bytes, size_t n, int64_t now_us, struct ber_out *out)
{
	struct ber_in in = {bytes, bytes + n}, message;
	int32_t version;

	a->device->counters.requests++;
	if (now_us < a->silent_until_us)
		return false;
	if (!ber_get(&in, BER_SEQUENCE, &message) || !ber_get_int(&message, &version)) {
		a->device->counters.damaged++;
		return false;
	}
	if (a->device->wire.hang || a->device->wire.absent || a->device->dark ||
	    version != (int32_t)a->device->type->snmp_version)
		return false;
	if (version == SNMP_V3)
		return snmp_v3_answer(a, bytes, n, now_us, out);
	return community_answer(a, &message, now_us, out);
}

/*
 * Damage that a receiver can see. Without a digest (v1, v2c) a flipped value would pass as a true
 * one, which UDP's check sum prevents on a real wire: there the request's id is hit.
 */
static void
garble(const struct snmp_agent *a, uint8_t *reply, size_t n)
{
	struct ber_in in = {reply, reply + n}, message, skip, pdu, id;
	unsigned type;

	if (!garble_due(a->device))
		return;
	if (a->device->type->snmp_version == SNMP_V3)
		garble_bit(reply, n);
	else if (ber_get(&in, BER_SEQUENCE, &message) && ber_get(&message, BER_INTEGER, &skip) &&
		 ber_get(&message, BER_STRING, &skip) && ber_get_any(&message, &type, &pdu) &&
		 ber_get(&pdu, BER_INTEGER, &id))
		garble_bit(reply + (id.p - reply), ber_left(&id));
}

static void
send_reply(struct delay *q, const struct delayed *reply)
{
	struct snmp_agent *a = OWNER(q, struct snmp_agent, delay);

	/* A datagram that cannot be sent is lost, as on any network. */
	(void)sendto(a->watch.fd, reply->bytes, reply->n, 0,
	    (const struct sockaddr *)(const void *)&reply->to, sizeof reply->to);
}

/* When the reply that was just made goes out. */
static int64_t
due_us(struct snmp_agent *a, int64_t now_us)
{
	const struct wire_fault *w = &a->device->wire;
	unsigned variables = a->device->asked > 0 ? a->device->asked : 1;

	if (w->slow_ms) {
		if (a->busy_until_us < now_us)
			a->busy_until_us = now_us;
		a->busy_until_us += (int64_t)w->slow_ms * 1000 * variables;
		return a->busy_until_us;
	}
	return now_us + (int64_t)w->late_ms * 1000;
}

static void
agent_ready(struct watch *w, uint32_t events)
{
	struct snmp_agent *a = OWNER(w, struct snmp_agent, watch);
	uint8_t request[BUFFER], reply[BUFFER];
	struct sockaddr_in from;
	socklen_t from_length = sizeof from;
	struct ber_out out;

	(void)events;
	ssize_t n = recvfrom(w->fd, request, sizeof request, MSG_DONTWAIT,
	    (struct sockaddr *)(void *)&from, &from_length);
	if (n <= 0)
		return;
	int64_t now_us = clock_mono_us();
	ber_begin(&out, reply, sizeof reply);
	if (!answer(a, request, (size_t)n, now_us, &out) || ber_written(&out) > DELAY_BYTES)
		return;
	garble(a, out.p, ber_written(&out));
	delay_send(&a->delay, due_us(a, now_us), &from, out.p, ber_written(&out));
}

bool
snmp_agent_open(struct snmp_agent *a, struct device *d)
{
	struct sockaddr_in address = {
	    .sin_family = AF_INET, .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
	socklen_t length = sizeof address;

	a->device = d;
	a->watch = (struct watch){.ready = agent_ready};
	delay_init(&a->delay, send_reply);
	if (!mib_load(&a->mib, d, &a->engine))
		return false;
	a->watch.fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (a->watch.fd < 0 ||
	    bind(a->watch.fd, (struct sockaddr *)(void *)&address, sizeof address) < 0 ||
	    getsockname(a->watch.fd, (struct sockaddr *)(void *)&address, &length) < 0)
		return false;
	d->port = ntohs(address.sin_port);
	return loop_watch(&a->watch);
}

void
snmp_agent_restart(struct snmp_agent *a, int64_t now_us, int64_t silent_until_us)
{
	delay_clear(&a->delay);
	memset(a->reports, 0, sizeof a->reports);
	a->engine.start_us = now_us;
	a->silent_until_us = silent_until_us;
	a->busy_until_us = 0;
}

void
snmp_agent_close(struct snmp_agent *a)
{
	delay_clear(&a->delay);
	loop_unwatch(&a->watch);
	close(a->watch.fd);
}

/* The device identification over Modbus TCP: the header tells the length of the reply. */
#include "drivers/modbus/tcp_identity.h"

#include "drivers/modbus/identity.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

/* Transaction, protocol, length of what follows (2 bytes each), unit. */
enum { AT_UNIT = 6, HEAD = 7 };

static struct verdict
in_vain(size_t n)
{
	return (struct verdict){.status = ANSWER_TIMEOUT,
	    .outcome = n > 0 ? OUTCOME_CUT : OUTCOME_SILENT,
	    .why = n > 0 ? "reply not complete in time" : "no answer"};
}

static struct verdict
read_frame(struct link *l, mono_t deadline, uint8_t *frame, size_t *n)
{
	for (;;) {
		size_t want = frame_tcp_bytes(frame, *n);
		ssize_t got;

		if (want == 0)
			return (struct verdict){.status = ANSWER_GARBLED,
			    .outcome = OUTCOME_MISMATCH,
			    .why = "reply of another length"};
		if (*n > HEAD && *n == want)
			return (struct verdict){.status = ANSWER_OK};
		switch (link_wait(l, l->fd, POLLIN, deadline)) {
		case WAIT_STOP:
			return (struct verdict){.status = ANSWER_NONE};
		case WAIT_TIME:
			return in_vain(*n);
		case WAIT_BROKEN:
			return (struct verdict){.status = ANSWER_NO_LINK};
		case WAIT_READY:
			break;
		}
		got = recv(l->fd, frame + *n, want - *n, MSG_DONTWAIT);
		if (got == 0 || (got < 0 && errno != EAGAIN))
			return (struct verdict){.status = ANSWER_NO_LINK};
		*n += got > 0 ? (size_t)got : 0;
	}
}

struct verdict
tcp_identity_step(struct link *l, uint8_t unit, uint16_t tid, uint8_t wanted, uint8_t *object,
    mono_t deadline, struct snmp_value *value, bool *more)
{
	uint8_t frame[FRAME_MAX_BYTES] = {0};
	uint8_t request[HEAD + IDENTITY_PDU_BYTES] = {
	    (uint8_t)(tid >> 8), (uint8_t)tid, 0, 0, 0, 1 + IDENTITY_PDU_BYTES, unit};
	struct verdict v;
	size_t n = 0;

	identity_request(wanted, *object, request + HEAD);
	if (send(l->fd, request, sizeof(request), MSG_NOSIGNAL) != sizeof(request))
		return (struct verdict){.status = ANSWER_NO_LINK};
	v = read_frame(l, deadline, frame, &n);
	if (v.status == ANSWER_OK)
		v = frame_tcp_check_head(tid, frame, n);
	if (v.status == ANSWER_OK && frame[AT_UNIT] != unit)
		v = (struct verdict){.status = ANSWER_GARBLED,
		    .outcome = OUTCOME_FOREIGN,
		    .why = "reply of another unit"};
	return v.status == ANSWER_OK
		   ? frame_identity(frame + HEAD, n - HEAD, wanted, object, value, more)
		   : v;
}

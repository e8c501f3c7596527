/* The reply to a device identification on an RTU line: it ends where its objects end. */
#include "drivers/modbus/rtu.h"

#include "drivers/modbus/identity.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

/* What has come by the deadline, and not all of it. */
static struct verdict
in_vain(size_t n)
{
	return (struct verdict){.status = ANSWER_TIMEOUT,
	    .outcome = n > 0 ? OUTCOME_CUT : OUTCOME_SILENT,
	    .why = n > 0 ? "reply not complete in time" : "no answer"};
}

static struct verdict
lost(struct link *l, int err)
{
	rtu_port_lost(l, "lost", err);
	return (struct verdict){.status = ANSWER_NO_LINK};
}

/* Reads until the frame is whole. OK: it is; its CRC has not been looked at. */
static struct verdict
read_frame(struct link *l, mono_t deadline, uint8_t *frame, size_t *n)
{
	for (;;) {
		size_t pdu = *n > 0 ? identity_bytes(frame + 1, *n - 1) : 0;
		ssize_t got;

		if (pdu > 0 && *n >= 1 + pdu + 2)
			return (struct verdict){.status = ANSWER_OK};
		if (pdu == IDENTITY_NONE || *n == FRAME_MAX_BYTES) {
			rtu_stray(l, frame, *n, clock_mono()); /* perhaps a late one */
			return (struct verdict){.status = ANSWER_GARBLED,
			    .outcome = OUTCOME_MISMATCH,
			    .why = "reply to another function"};
		}
		switch (link_wait(l, l->fd, POLLIN, deadline)) {
		case WAIT_STOP:
			return (struct verdict){.status = ANSWER_NONE};
		case WAIT_TIME:
			return in_vain(*n);
		case WAIT_BROKEN:
			return lost(l, EIO);
		case WAIT_READY:
			break;
		}
		got = read(l->fd, frame + *n, FRAME_MAX_BYTES - *n);
		if (got == 0 || (got < 0 && errno != EAGAIN))
			return lost(l, got == 0 ? EIO : errno);
		*n += got > 0 ? (size_t)got : 0;
	}
}

struct verdict
rtu_take_identity(struct link *l, uint8_t unit, mono_t deadline, uint8_t *frame, size_t *n)
{
	struct verdict v = read_frame(l, deadline, frame, n);

	l->rtu->active = clock_mono();
	if (v.status != ANSWER_OK)
		return v;
	*n = 1 + identity_bytes(frame + 1, *n - 1) + 2; /* what comes after it is drained */
	if (frame_rtu_crc(frame, *n) != 0)
		return (struct verdict){
		    .status = ANSWER_GARBLED, .outcome = OUTCOME_CHECKSUM, .why = "wrong checksum"};
	if (frame[0] != unit) {
		rtu_stray(l, frame, *n, l->rtu->active);
		return (struct verdict){.status = ANSWER_GARBLED,
		    .outcome = OUTCOME_FOREIGN,
		    .why = "reply of another unit"};
	}
	return v;
}

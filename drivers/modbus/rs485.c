/* From the site's words to the kernel's. */
#include "drivers/modbus/rs485.h"

#include <string.h>

void
rs485_flags(const struct rs485_spec *s, struct serial_rs485 *out)
{
	memset(out, 0, sizeof(*out));
	/* The line that is not named is the one that is low: RTS after sending is its opposite. */
	out->flags = SER_RS485_ENABLED |
		     (s->rts == RTS_ON_SEND ? SER_RS485_RTS_ON_SEND : SER_RS485_RTS_AFTER_SEND);
	out->delay_rts_before_send = (uint32_t)s->delay_before_ms;
	out->delay_rts_after_send = (uint32_t)s->delay_after_ms;
}

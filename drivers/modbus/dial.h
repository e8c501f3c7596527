/*
 * A TCP connection with a deadline of our own: libmodbus's connect blocks, and so would a name
 * server. Private to drivers/modbus; everything here is the link thread's.
 */
#ifndef DRIVERS_MODBUS_DIAL_H
#define DRIVERS_MODBUS_DIAL_H

#include "drivers/modbus/frame.h"
#include "drivers/modbus/link.h"
#include "drivers/modbus/resolve.h"

struct dial {
	struct resolved to;
	size_t to_next; /* a name can have several addresses: each try takes the next */
	bool doubtful;  /* none of them could be reached: the name may have others now */
	struct lookup *lookup;
};

/* false: the settings cannot work, a sentence in err. */
bool dial_settings_work(const struct link_spec *s, char *err, size_t err_size);

/*
 * Connects to l->spec->address and tcp_port until the deadline. OK: l->fd is a socket that does
 * not block, of which libmodbus knows. NO_LINK: `why` says why not. NONE: the link is being closed.
 */
struct verdict dial(struct link *l, struct dial *d, mono_t deadline);

/* Closes the connection, if there is one. */
void dial_hang_up(struct link *l);

/* Lets go of a look-up that is under way. */
void dial_free(struct dial *d);

#endif

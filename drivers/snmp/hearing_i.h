/* What hearing.c and hearing_who.c share; nobody else includes it. */
#ifndef DRIVERS_SNMP_HEARING_I_H
#define DRIVERS_SNMP_HEARING_I_H

#include "drivers/snmp/hearing.h"
#include "drivers/snmp/library.h"
#include "drivers/snmp/security.h"

#include <netinet/in.h>
#include <sys/socket.h>

/* Largest payload of a UDP datagram over IPv4 (RFC 768, RFC 791). */
#define HEARING_DATAGRAM_MAX 65507
#define HEARING_VARIABLES    12 /* that are looked at; a notification seldom has more */

/* An address without its port; IPv4 in the first four octets. */
struct hearing_address {
	int family;
	uint8_t octets[16];
};

/* A notification as the library took it apart. */
struct hearing_notice {
	bool there;  /* a notification was in it */
	bool inform; /* its answer is in hearing.reply */
	int32_t request;
	int version; /* SNMP_VERSION_* */
	int level;   /* SNMPv3: SNMP_SEC_LEVEL_* */
	char community[256];
	size_t community_length;
	bool has_agent; /* version 1: the address that it was made at */
	struct hearing_address agent;
	uint32_t trap[MAX_OID_LEN];
	size_t trap_length;
	struct heard_variable variables[HEARING_VARIABLES];
	uint32_t names[HEARING_VARIABLES][MAX_OID_LEN];
	size_t variable_count;
	uint64_t print; /* of what it says */
};

/* Informs of one device under the right key, but out of their time, since the last good one. */
struct hearing_untimely {
	mono_t since;
	unsigned count;
};

struct hearing {
	const struct site *site;
	hearing_fn *fn;
	void *arg;
	int fd;
	struct loop_io *io;
	void *handle; /* the library's session */

	/* By device of the site. */
	struct hearing_address *addresses; /* family 0: it has none */
	struct security **security;        /* made when first needed; NULL: not yet */
	struct hearing_untimely *untimely;
	int *devices; /* who may have sent what is looked at */
	size_t device_count;

	uint8_t datagram[HEARING_DATAGRAM_MAX + 1];
	size_t length; /* of what waits for the library; 0: nothing */
	struct sockaddr_storage from;
	socklen_t from_length;
	struct hearing_address address; /* the same without the port */
	char text[INET6_ADDRSTRLEN];

	struct hearing_notice notice;
	int error; /* SNMPERR_* where the library could not read it or does not believe it */
	uint8_t reply[HEARING_DATAGRAM_MAX];
	size_t reply_length; /* what the library wants sent; 0: nothing */

	struct hearing_replies *replies;
	struct hearing_stats stats;
	uint32_t dropped; /* the kernel's count */
};

/* hearing.c: has the library read the datagram; notice, error and reply say what came of it. */
void hearing_feed(struct hearing *l);
/* Sends what is in reply to where the datagram came from. */
void hearing_reply_now(struct hearing *l);

/*
 * hearing_who.c: reads the datagram, finds who may have sent it, and says how far to believe it.
 * `quiet`: it needs no word: a look-up of our engine or of our clock. It was answered.
 */
enum trap_doubt hearing_judge(struct hearing *l, mono_t now, bool *quiet);
/* The numeric address of a socket address; IPv4 inside IPv6 as IPv4. */
struct hearing_address hearing_address_of(const struct sockaddr_storage *a);
void hearing_who_open(struct hearing *l);
void hearing_who_close(struct hearing *l);

/* hearing_reply.c: answers that wait for the disk, and informs that came lately. */
struct hearing_replies *replies_new(void);
void replies_free(struct hearing_replies *r);
enum replies_verdict {
	REPLIES_NEW,     /* it did not come within the last minute */
	REPLIES_DURABLE, /* it came, and its event is on disk: to be answered */
	REPLIES_WAITS    /* it came, and its event is not on disk yet */
};
/* The inform that was just read: did the same come lately? */
enum replies_verdict replies_again(struct hearing_replies *r, const struct hearing *l, mono_t now);
/*
 * Remembers a new one. Where seq is not 0 its answer is kept until that is on disk. Where too many
 * wait: not; the sender will ask again. seq may be TRAP_HELD with a number: above all others.
 */
void replies_keep(struct hearing_replies *r, const struct hearing *l, uint64_t seq, mono_t now);
/* Those that are held under this number wait for this event. */
void replies_counted(struct hearing_replies *r, uint64_t held, uint64_t seq);
/* Sends what may go; returns how many. */
size_t replies_send(struct hearing_replies *r, int fd, uint64_t upto);

#endif

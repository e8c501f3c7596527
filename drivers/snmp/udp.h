/*
 * Connected UDP sockets of our own, and a net-snmp transport over one. Beside what the library's
 * transport does it: takes numeric addresses only (no name look-up can block), hears of ICMP
 * errors, takes datagrams from the peer's address alone, and keeps from it those SNMPv3 messages
 * that answer nothing we asked or come from another engine than the one that is believed: each
 * unknown engine costs the library a record that it never frees, and all messages time.
 */
#ifndef DRIVERS_SNMP_UDP_H
#define DRIVERS_SNMP_UDP_H

#include "drivers/snmp/library.h"
#include "model/site.h"

/* Largest payload of a UDP datagram over IPv4 (RFC 768, RFC 791). */
#define UDP_PAYLOAD_MAX 65507

struct udp {
	int fd;
	bool v3;
	int error;     /* errno of the last failed send or receive; the reader clears it */
	bool awaiting; /* a v3 message with message_id is out */
	int32_t message_id;
	struct engine_id engine; /* v3: whose answers are wanted; length 0: looked for */
	bool unreadable;         /* v3: an answer was kept from the library; the reader clears it */
	bool barred; /* v3: one of too many engines was; cleared when something is sent */
	int unknown; /* v3: engines that the library did not know */
	mono_t unknown_since;
	uint64_t strays; /* datagrams dropped */
};

/* false with a sentence in err where the address is a name, or no address at all. */
bool udp_address_fits(const struct snmp_target *target, char *err, size_t err_size);

/* A socket connected to an address that fits, the caller's to close. -1: errno says why not. */
int udp_connect(const struct snmp_target *target);

/* What an errno of such a socket means, and what silence does (versions 1, 2c), for people. */
void udp_error_text(const struct snmp_target *target, int error, char *text, size_t size);
void udp_silence_text(const struct snmp_target *target, char *text, size_t size);

/*
 * Opens the socket and a transport around it, both owned by the session that the transport is
 * given to; u must outlive it. NULL with a sentence in err.
 */
netsnmp_transport *udp_open(
    struct udp *u, const struct snmp_target *target, char *err, size_t err_size);

/* An ICMP error that waits at the socket: its errno, else 0. Takes it away. */
int udp_take_error(struct udp *u);

#endif

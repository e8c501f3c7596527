/* The socket where notifications are heard, and the library's session that reads them. */
#include "drivers/snmp/hearing.h"

#include "base/arena.h"
#include "base/text.h"
#include "drivers/snmp/hearing_i.h"
#include "drivers/snmp/values.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net-snmp/library/large_fd_set.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

/*
 * Datagrams in one turn: 1 ms of work or so, and everybody else's turn comes. Those of version 3
 * may be tried with the keys of many devices: no more of them after this time.
 */
#define TURN_MAX 32
#define TURN_US  2000
/* The kernel halves nothing of it up to net.core.rmem_max, mostly 208 KiB. */
#define ROOM_OCTETS (1 << 20)

/* ---- what the library reads ------------------------------------------------------------------ */

static const oid snmp_trap_oid[] = {1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0};
static const oid sys_up_time[] = {1, 3, 6, 1, 2, 1, 1, 3, 0};
/* RFC 3584 3.1: the traps of version 1 that are everybody's. */
static const oid generic_traps[] = {1, 3, 6, 1, 6, 3, 1, 1, 5};

static bool
is_name(const netsnmp_variable_list *v, const oid *name, size_t n)
{
	return v->name_length == n && memcmp(v->name, name, n * sizeof(*name)) == 0;
}

static void
set_trap(struct hearing_notice *n, const oid *from, size_t length)
{
	for (size_t i = 0; i < length && n->trap_length < MAX_OID_LEN; i++)
		n->trap[n->trap_length++] = (uint32_t)from[i];
}

/* RFC 3584 3.1 (2) and (3). */
static void
set_v1_trap(struct hearing_notice *n, const netsnmp_pdu *pdu)
{
	oid tail[2] = {0, (oid)(uint32_t)pdu->specific_type};

	if (pdu->trap_type != SNMP_TRAP_ENTERPRISESPECIFIC) {
		set_trap(n, generic_traps, OID_LENGTH(generic_traps));
		tail[0] = (oid)(uint32_t)pdu->trap_type + 1;
		set_trap(n, tail, 1);
		return;
	}
	set_trap(n, pdu->enterprise, pdu->enterprise_length);
	set_trap(n, tail, 2);
}

/* FNV-1a: tells an inform that comes again from another one. */
static uint64_t
mix(uint64_t print, const void *octets, size_t n)
{
	const uint8_t *at = octets;

	for (size_t i = 0; i < n; i++)
		print = (print ^ at[i]) * 0x100000001b3u;
	return print;
}

static void
take_variables(struct hearing_notice *n, const netsnmp_variable_list *vars)
{
	struct pdu_variable own;
	struct ber list;
	uint8_t *octets = library_variables(vars, &list);

	for (const netsnmp_variable_list *v = vars; v != NULL; v = v->next_variable) {
		struct heard_variable *out = &n->variables[n->variable_count];
		uint32_t *name = n->names[n->variable_count];
		bool there = pdu_next(&list, &own);

		n->print = mix(n->print, v->name, v->name_length * sizeof(*v->name));
		n->print = mix(n->print, v->val.string, v->val.string != NULL ? v->val_len : 0);
		if (is_name(v, snmp_trap_oid, OID_LENGTH(snmp_trap_oid))) {
			if (v->type == ASN_OBJECT_ID && n->trap_length == 0)
				set_trap(n, v->val.objid, v->val_len / sizeof(oid));
			continue;
		}
		if (is_name(v, sys_up_time, OID_LENGTH(sys_up_time)) ||
		    n->variable_count == HEARING_VARIABLES || v->name_length > MAX_OID_LEN ||
		    !there || !values_plain(&own, &out->value))
			continue;
		for (size_t i = 0; i < v->name_length; i++)
			name[i] = (uint32_t)v->name[i];
		out->oid = (struct oid){v->name_length, name};
		n->variable_count++;
	}
	free(octets);
}

/* Its answer: the same with another tag (RFC 3416 4.2.7). The library hands it to hearing_send().
 */
static void
make_answer(struct hearing *l, netsnmp_pdu *pdu)
{
	netsnmp_pdu *answer = snmp_clone_pdu(pdu);

	if (answer == NULL)
		return;
	answer->command = SNMP_MSG_RESPONSE;
	answer->errstat = 0;
	answer->errindex = 0;
	if (snmp_sess_send(l->handle, answer) == 0)
		snmp_free_pdu(answer);
}

static int
on_message(int operation, netsnmp_session *session, int request, netsnmp_pdu *pdu, void *arg)
{
	struct hearing *l = arg;
	struct hearing_notice *n = &l->notice;

	(void)request;
	/* The library hands over what has a wrong signature, too: this alone tells it. */
	if (session->s_snmp_errno == SNMPERR_USM_AUTHENTICATIONFAILURE)
		return 1;
	if (operation != NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE || n->there ||
	    (pdu->command != SNMP_MSG_TRAP && pdu->command != SNMP_MSG_TRAP2 &&
		pdu->command != SNMP_MSG_INFORM))
		return 1;
	n->there = true;
	n->version = (int)pdu->version;
	n->level = pdu->securityLevel;
	n->request = (int32_t)pdu->reqid;
	n->print = mix(0xcbf29ce484222325u, &l->from, l->from_length);
	n->print = mix(n->print, &pdu->reqid, sizeof(pdu->reqid));
	if (pdu->community != NULL && pdu->community_len < sizeof(n->community)) {
		memcpy(n->community, pdu->community, pdu->community_len);
		n->community_length = pdu->community_len;
	}
	if (pdu->command == SNMP_MSG_TRAP) {
		n->has_agent = true;
		n->agent.family = AF_INET;
		memcpy(n->agent.octets, pdu->agent_addr, 4);
		set_v1_trap(n, pdu);
	}
	take_variables(n, pdu->variables);
	if (pdu->command == SNMP_MSG_INFORM) {
		n->inform = true;
		make_answer(l, pdu);
	}
	return 1;
}

static int
on_parsed(netsnmp_session *session, netsnmp_pdu *pdu, int error)
{
	struct hearing *l = session->callback_magic;

	(void)pdu;
	l->error = error;
	return 1;
}

/* ---- the transport: one datagram in, what the library sends kept ----------------------------- */

static int
hearing_receive(netsnmp_transport *t, void *data, int size, void **opaque, int *opaque_size)
{
	struct hearing *l = t->data;
	size_t n = l->length;

	*opaque = NULL;
	*opaque_size = 0;
	l->length = 0;
	if (n == 0 || n > (size_t)size)
		return -1;
	memcpy(data, l->datagram, n);
	return (int)n;
}

static int
hearing_send(netsnmp_transport *t, const void *data, int size, void **opaque, int *opaque_size)
{
	struct hearing *l = t->data;

	(void)opaque;
	(void)opaque_size;
	if (size > 0 && (size_t)size <= sizeof(l->reply)) {
		memcpy(l->reply, data, (size_t)size);
		l->reply_length = (size_t)size;
	}
	return size;
}

static int
hearing_closed(netsnmp_transport *t)
{
	t->sock = -1;
	t->data = NULL; /* ours: the library would free it */
	return 0;
}

void
hearing_feed(struct hearing *l)
{
	netsnmp_large_fd_set ready;

	l->notice = (struct hearing_notice){0};
	l->error = SNMPERR_SUCCESS;
	l->reply_length = 0;
	netsnmp_large_fd_set_init(&ready, FD_SETSIZE);
	netsnmp_large_fd_setfd(l->fd, &ready);
	snmp_sess_read2(l->handle, &ready);
	netsnmp_large_fd_set_cleanup(&ready);
	l->length = 0;
}

void
hearing_reply_now(struct hearing *l)
{
	(void)sendto(l->fd, l->reply, l->reply_length, MSG_DONTWAIT | MSG_NOSIGNAL,
	    (const struct sockaddr *)&l->from, l->from_length);
	l->reply_length = 0;
}

static bool
open_session(struct hearing *l, char *err, size_t err_size)
{
	netsnmp_transport *t = xcalloc(1, sizeof(*t)); /* the library frees it */
	netsnmp_session s;

	library_need();
	t->domain = netsnmpUDPDomain;
	t->domain_length = (int)netsnmpUDPDomain_len;
	t->sock = l->fd;
	t->flags = NETSNMP_TRANSPORT_FLAG_OPENED;
	t->data = l;
	t->msgMaxSize = HEARING_DATAGRAM_MAX;
	t->f_recv = hearing_receive;
	t->f_send = hearing_send;
	t->f_close = hearing_closed;
	snmp_sess_init(&s);
	s.version = SNMP_DEFAULT_VERSION;
	s.callback = on_message;
	s.callback_magic = l;
	s.isAuthoritative = SNMP_SESS_UNKNOWNAUTH;
	l->handle = snmp_sess_add_ex(&s, t, NULL, NULL, on_parsed, NULL, NULL, NULL, NULL);
	if (l->handle == NULL)
		text_printf(err, err_size, "the SNMP library opens no session: %s",
		    snmp_api_errstring(s.s_snmp_errno));
	return l->handle != NULL;
}

/* ---- datagrams ------------------------------------------------------------------------------- */

/* An inform that came before makes no second event; it is answered when the first is on disk. */
static bool
is_repeated(struct hearing *l, const struct now *now)
{
	enum replies_verdict v = replies_again(l->replies, l, now->mono);

	if (v == REPLIES_NEW)
		return false;
	l->stats.repeated++;
	if (v == REPLIES_DURABLE)
		hearing_reply_now(l);
	return true;
}

static void
tell(struct hearing *l, enum trap_doubt doubt, uint64_t count, const struct now *now)
{
	struct hearing_notice *n = &l->notice;
	const struct heard_trap h = {.doubt = doubt,
	    .from = l->text,
	    .oid = {n->trap_length, n->trap},
	    .variables = n->variables,
	    .variable_count = n->variable_count,
	    .devices = l->devices,
	    .device_count = doubt == TRAP_BELIEVED ? l->device_count : 0,
	    .count = count};
	bool answers = doubt == TRAP_BELIEVED && n->inform && l->reply_length > 0;
	uint64_t seq;

	if (answers && is_repeated(l, now))
		return;
	l->stats.believed += doubt == TRAP_BELIEVED;
	seq = l->fn(l->arg, &h, now);
	if (!answers)
		return;
	replies_keep(l->replies, l, seq, now->mono);
	if (seq > 0)
		return;
	hearing_reply_now(l);
	l->stats.answered++;
}

static void
take_datagram(struct hearing *l, const struct now *now)
{
	enum trap_doubt doubt;
	bool quiet;

	l->stats.heard++;
	l->address = hearing_address_of(&l->from);
	inet_ntop(l->address.family, l->address.octets, l->text, sizeof(l->text));
	doubt = hearing_judge(l, now->mono, &quiet);
	if (!quiet)
		tell(l, doubt, 1, now);
}

/* The kernel counts what it had no room for. */
static void
take_drops(struct hearing *l, struct msghdr *m, const struct now *now)
{
	uint32_t dropped, more;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SO_RXQ_OVFL)
			continue;
		memcpy(&dropped, CMSG_DATA(c), sizeof(dropped));
		more = dropped - l->dropped;
		l->dropped = dropped;
		if (more == 0)
			continue;
		l->stats.lost += more;
		l->notice = (struct hearing_notice){0};
		text_copy(l->text, sizeof(l->text), "");
		tell(l, TRAP_LOST, more, now);
	}
}

static void
on_io(void *arg, int fd, uint32_t events, const struct now *now)
{
	struct hearing *l = arg;
	const mono_t end = {now->mono.us + TURN_US};

	(void)events;
	for (int i = 0; i < TURN_MAX && (i == 0 || mono_before(clock_mono(), end)); i++) {
		char control[CMSG_SPACE(sizeof(uint32_t))];
		struct iovec io = {l->datagram, sizeof(l->datagram)};
		struct msghdr m = {.msg_name = &l->from,
		    .msg_namelen = sizeof(l->from),
		    .msg_iov = &io,
		    .msg_iovlen = 1,
		    .msg_control = control,
		    .msg_controllen = sizeof(control)};
		ssize_t n = recvmsg(fd, &m, MSG_DONTWAIT);

		if (n < 0)
			return; /* nothing more; another error concerns a reply of ours */
		take_drops(l, &m, now);
		l->from_length = m.msg_namelen;
		l->length = (size_t)n;
		take_datagram(l, now);
	}
}

/* ---- life ------------------------------------------------------------------------------------ */

static bool
open_socket(struct hearing *l, char *err, size_t err_size)
{
	const struct traps_spec *t = &l->site->traps;
	struct addrinfo hints = {.ai_family = AF_UNSPEC,
	    .ai_socktype = SOCK_DGRAM,
	    .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE};
	struct addrinfo *a = NULL;
	int on = 1, off = 0, room = ROOM_OCTETS;
	char port[8];

	snprintf(port, sizeof(port), "%d", t->port);
	if (getaddrinfo(t->address, port, &hints, &a) == 0)
		l->fd = socket(a->ai_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (l->fd >= 0 && a->ai_family == AF_INET6)
		setsockopt(l->fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (l->fd < 0 || bind(l->fd, a->ai_addr, a->ai_addrlen) != 0) {
		text_printf(err, err_size,
		    "notifications of devices are not heard: %s port %d: %s%s", t->address, t->port,
		    strerror(errno),
		    errno == EACCES       ? " (a port below 1024 wants CAP_NET_BIND_SERVICE)"
		    : errno == EADDRINUSE ? " (another program listens there: snmptrapd?)"
					  : "");
		if (a != NULL)
			freeaddrinfo(a);
		return false;
	}
	freeaddrinfo(a);
	setsockopt(l->fd, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof(on));
	setsockopt(l->fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	return true;
}

struct hearing *
hearing_open(const struct site *site, hearing_fn *fn, void *arg, char *err, size_t err_size)
{
	struct hearing *l = xcalloc(1, sizeof(*l));

	l->site = site;
	l->fn = fn;
	l->arg = arg;
	l->fd = -1;
	if (!open_socket(l, err, err_size) || !open_session(l, err, err_size)) {
		hearing_close(l);
		return NULL;
	}
	hearing_who_open(l);
	l->replies = replies_new();
	l->io =
	    loop_io_add(library_engine()->loop, "snmp traps", l->fd, EPOLLIN, LOOP_IDLE, on_io, l);
	return l;
}

void
hearing_close(struct hearing *l)
{
	if (l == NULL)
		return;
	loop_io_free(l->io);
	if (l->handle != NULL)
		snmp_sess_close(l->handle);
	if (l->fd >= 0)
		close(l->fd);
	hearing_who_close(l);
	replies_free(l->replies);
	free(l);
}

void
hearing_counted(struct hearing *l, uint64_t held, uint64_t seq)
{
	replies_counted(l->replies, held, seq);
}

void
hearing_durable(struct hearing *l, uint64_t upto)
{
	l->stats.answered += replies_send(l->replies, l->fd, upto);
}

void
hearing_stats(const struct hearing *l, struct hearing_stats *out)
{
	*out = l->stats;
}

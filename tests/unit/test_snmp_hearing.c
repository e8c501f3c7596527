/*
 * Notifications heard: sent by the real snmptrap and snmpinform in every version, by strangers,
 * with wrong keys, again, damaged, and far too many.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* cmocka wants the above first */
#include <cmocka.h>

#include "drivers/snmp/hearing.h"
#include "snmp_site.h"

#define COUNT(a)  (sizeof(a) / sizeof((a)[0]))
#define KEPT_MAX  64
#define LINK_DOWN "1.3.6.1.6.3.1.1.5.3"
#define LOST      "1.3.6.1.4.1.318.0.127"
#define STATUS    "1.3.6.1.4.1.318.1.1.8.5.1.3.0"

/* What was told, as the core would be. */
struct kept {
	enum trap_doubt doubt;
	char from[48], oid[100], variable[100];
	int devices[4];
	size_t device_count;
	int64_t value;
};

static struct fixture {
	struct core_thread core;
	struct program agent; /* a device with SNMPv3 */
	char first[25], second[25], shared[25], auth[25], priv[25], engine[80], own[80];
	struct test_site site;
	struct hearing *hearing;
	char err[200];

	/* Of the core thread. */
	struct kept kept[KEPT_MAX];
	size_t count;
	uint64_t by_doubt[TRAP_DOUBT_COUNT];
	uint64_t seq; /* what is given back */
	int slow_ms;  /* each takes so long */
} f;

static struct test_oid descr[1];

static char *
oid_print(const struct oid *o, char *buf, size_t size)
{
	buf[0] = '\0';
	for (size_t i = 0; i < o->length; i++)
		text_append(buf, size, i == 0 ? "%u" : ".%u", o->sub[i]);
	return buf;
}

static uint64_t
on_heard(void *arg, const struct heard_trap *h, const struct now *now)
{
	struct kept *k = &f.kept[f.count % KEPT_MAX];

	(void)arg;
	(void)now;
	*k = (struct kept){.doubt = h->doubt, .device_count = h->device_count};
	text_copy(k->from, sizeof(k->from), h->from);
	oid_print(&h->oid, k->oid, sizeof(k->oid));
	for (size_t i = 0; i < h->device_count && i < COUNT(k->devices); i++)
		k->devices[i] = h->devices[i];
	if (h->variable_count > 0) {
		oid_print(&h->variables[0].oid, k->variable, sizeof(k->variable));
		k->value = h->variables[0].value.i;
	}
	if (f.slow_ms > 0)
		rest_ms(f.slow_ms);
	f.count++;
	f.by_doubt[h->doubt] += h->count;
	return f.seq;
}

static void
open_hearing(void *arg)
{
	(void)arg;
	f.hearing = hearing_open(&f.site.site, on_heard, NULL, f.err, sizeof(f.err));
}

static void
close_hearing(void *arg)
{
	(void)arg;
	hearing_close(f.hearing);
}

static void
read_kept(void *arg)
{
	*(struct fixture *)arg = f;
}

/* The last of them, when there are `n` since forget(). */
static struct kept
wait_for(size_t n)
{
	static struct fixture copy;

	for (int ms = 0; ms < 5000; ms += 10) {
		core_call(&f.core, read_kept, &copy);
		if (copy.count >= n)
			break;
		rest_ms(10);
	}
	assert_int_equal(copy.count, n);
	return copy.kept[(n - 1) % KEPT_MAX];
}

static void
forget_now(void *arg)
{
	f.count = 0;
	f.seq = *(uint64_t *)arg;
	memset(f.by_doubt, 0, sizeof(f.by_doubt));
}

/* Begins anew; events get this number. */
static void
forget(uint64_t seq)
{
	core_call(&f.core, forget_now, &seq);
}

static void
durable_now(void *arg)
{
	hearing_durable(f.hearing, *(uint64_t *)arg);
}

static void
stats_now(void *arg)
{
	hearing_stats(f.hearing, arg);
}

static int
start_all(void **state)
{
	struct snmp_target t = {.address = "127.0.0.1", .port = 1, .version = SNMP_V1};
	uint8_t id[12];
	char text[300];

	(void)state;
	oid_parse(&descr[0], "1.3.6.1.2.1.1.1.0");
	program_make(&f.agent);
	random_word(f.first);
	random_word(f.second);
	random_word(f.shared);
	random_word(f.auth);
	random_word(f.priv);
	snprintf(f.engine, sizeof(f.engine), "0x80001f8804%s", "626f782d6f6e65"); /* box-one */
	write_file(
	    f.agent.dir, "agent.conf", "engineID box-one\nrouser sha priv\nrouser signs auth\n");
	snprintf(text, sizeof(text),
	    "createUser sha SHA \"%s\" AES \"%s\"\ncreateUser signs SHA \"%s\"\n", f.auth, f.priv,
	    f.auth);
	write_file(f.agent.state, "snmpd.conf", text);
	snmpd_start(&f.agent);
	snmpd_wait(&f.agent);
	engine_id_for_test(id);
	core_start(&f.core, id, 3);
	text_printf(f.own, sizeof(f.own), "0x");
	for (size_t i = 0; i < sizeof(id); i++)
		text_append(f.own, sizeof(f.own), "%02x", id[i]);

	site_make(&f.site, &f.core);
	t.community = f.first;
	site_add(&f.site, &t); /* 0 */
	t.community = f.second;
	t.port = 2;
	site_add(&f.site, &t); /* 1 */
	t = (struct snmp_target){.address = "127.0.0.1",
	    .port = f.agent.port,
	    .version = SNMP_V3,
	    .user = "sha",
	    .auth = SNMP_AUTH_SHA,
	    .priv = SNMP_PRIV_AES,
	    .auth_passphrase = f.auth,
	    .priv_passphrase = f.priv};
	site_add(&f.site, &t); /* 2 */
	t.port = 3;            /* the same user with other keys */
	t.auth_passphrase = f.second;
	site_add(&f.site, &t); /* 3 */
	t = (struct snmp_target){
	    .address = "127.0.0.1", .port = 4, .version = SNMP_V2C, .community = f.shared};
	site_add(&f.site, &t); /* 4 */
	t.port = 5;
	site_add(&f.site, &t); /* 5 */
	t = (struct snmp_target){.address = "127.0.0.3",
	    .port = 6,
	    .version = SNMP_V2C,
	    .community = f.first,
	    .trap_community = f.second};
	site_add(&f.site, &t); /* 6 */
	t = (struct snmp_target){.address = "127.0.0.1",
	    .port = f.agent.port,
	    .version = SNMP_V3,
	    .user = "signs",
	    .auth = SNMP_AUTH_SHA,
	    .auth_passphrase = f.auth};
	site_add(&f.site, &t); /* 7: signs only */
	t.port = 7;
	t.auth_passphrase = f.second;
	site_add(&f.site, &t); /* 8: the same user with another key */
	f.site.site.traps =
	    (struct traps_spec){.enabled = true, .address = "127.0.0.1", .port = free_port()};
	assert_true(site_open(&f.site));
	core_call(&f.core, open_hearing, NULL);
	if (f.hearing == NULL)
		fail_msg("%s", f.err);
	return 0;
}

static int
stop_all(void **state)
{
	(void)state;
	core_call(&f.core, close_hearing, NULL);
	site_close(&f.site);
	core_stop(&f.core);
	program_free(&f.agent);
	return 0;
}

/* ---- the senders ---------------------------------------------------------------------------- */

#define WORDS_MAX 40

/* Starts snmptrap or snmpinform: options, then our address, then the rest; both end with NULL. */
static void
send_start(
    struct program *p, const char *name, const char *const options[], const char *const rest[])
{
	const char *argv[WORDS_MAX] = {name};
	char to[40];
	size_t n = 1;

	program_make(p);
	snprintf(to, sizeof(to), "127.0.0.1:%d", f.site.site.traps.port);
	for (; *options != NULL; options++)
		argv[n++] = *options;
	argv[n++] = to;
	for (; *rest != NULL; rest++)
		argv[n++] = *rest;
	program_run(p, argv);
}

/* Its exit code. */
static int
send_end(struct program *p)
{
	int status = 0;

	waitpid(p->pid, &status, 0);
	p->pid = 0;
	if (status != 0)
		print_message("%s", read_file(p->dir, "out"));
	program_free(p);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int
send_all(const char *name, const char *const options[], const char *const rest[])
{
	struct program p;

	send_start(&p, name, options, rest);
	return send_end(&p);
}

#define LIST(...)                                                                                  \
	(const char *const[])                                                                      \
	{                                                                                          \
		__VA_ARGS__, NULL                                                                  \
	}
/* snmptrap -v 1: enterprise, address, generic, specific, uptime */
#define V1(specific) LIST("1.3.6.1.4.1.318", "", "6", specific, "1", STATUS, "i", "1")
#define V2(trap)     LIST("", trap, STATUS, "i", "42")
#define SIGNED(auth, ...)                                                                          \
	LIST("-v", "3", "-u", "signs", "-a", "SHA", "-A", auth, "-l", "authNoPriv", __VA_ARGS__)
#define V3(auth, ...) LIST("-v", "3", "-u", "sha", "-a", "SHA", "-A", auth, __VA_ARGS__)

/* ---- versions 1 and 2c ---------------------------------------------------------------------- */

static void
a_v1_trap_is_told_with_its_device(void **state)
{
	struct kept k;

	(void)state;
	forget(0);
	assert_int_equal(send_all("snmptrap", LIST("-v", "1", "-c", f.first), V1("127")), 0);
	k = wait_for(1);
	assert_int_equal(k.doubt, TRAP_BELIEVED);
	assert_int_equal(k.device_count, 1);
	assert_int_equal(k.devices[0], 0);
	assert_string_equal(k.from, "127.0.0.1");
	assert_string_equal(k.oid, LOST);
	assert_string_equal(k.variable, STATUS);
	assert_int_equal(k.value, 1);

	/* a generic one, of the other device */
	assert_int_equal(send_all("snmptrap", LIST("-v", "1", "-c", f.second),
			     LIST("1.3.6.1.4.1.318", "", "2", "0", "1")),
	    0);
	k = wait_for(2);
	assert_int_equal(k.devices[0], 1);
	assert_string_equal(k.oid, LINK_DOWN);
}

static void
a_trap_that_was_sent_on_goes_by_the_address_inside(void **state)
{
	struct kept k;

	(void)state;
	forget(0);
	assert_int_equal(
	    send_all("snmptrap", LIST("-v", "1", "-c", f.second, "--clientaddr=127.0.0.9"),
		LIST("1.3.6.1.4.1.318", "127.0.0.3", "6", "127", "1")),
	    0);
	k = wait_for(1);
	assert_int_equal(k.doubt, TRAP_BELIEVED);
	assert_int_equal(k.devices[0], 6);
	assert_string_equal(k.from, "127.0.0.9");
}

static void
two_devices_with_one_community_are_both_named(void **state)
{
	struct kept k;

	(void)state;
	forget(0);
	assert_int_equal(send_all("snmptrap", LIST("-v", "2c", "-c", f.shared), V2(LOST)), 0);
	k = wait_for(1);
	assert_int_equal(k.doubt, TRAP_BELIEVED);
	assert_int_equal(k.device_count, 2);
	assert_int_equal(k.devices[0], 4);
	assert_int_equal(k.devices[1], 5);
	assert_int_equal(k.value, 42);
}

static void
strangers_and_wrong_communities_are_doubted(void **state)
{
	struct kept k;

	(void)state;
	forget(0);
	assert_int_equal(send_all("snmptrap", LIST("-v", "2c", "-c", "x"), V2(LOST)), 0);
	k = wait_for(1);
	assert_int_equal(k.doubt, TRAP_COMMUNITY);
	assert_int_equal(k.device_count, 0);
	assert_string_equal(k.oid, LOST);
	assert_int_equal(send_all("snmptrap",
			     LIST("-v", "2c", "-c", f.first, "--clientaddr=127.0.0.9"), V2(LOST)),
	    0);
	k = wait_for(2);
	assert_int_equal(k.doubt, TRAP_STRANGER);
	assert_string_equal(k.from, "127.0.0.9");
	/* an inform that is not believed is not confirmed */
	assert_int_not_equal(
	    send_all("snmpinform", LIST("-v", "2c", "-c", "x", "-t", "0.2", "-r", "0"), V2(LOST)),
	    0);
	assert_int_equal(wait_for(3).doubt, TRAP_COMMUNITY);
	/* a device whose own notifications have another community */
	assert_int_equal(send_all("snmptrap",
			     LIST("-v", "2c", "-c", f.second, "--clientaddr=127.0.0.3"), V2(LOST)),
	    0);
	assert_int_equal(wait_for(4).devices[0], 6);
	assert_int_equal(send_all("snmptrap",
			     LIST("-v", "2c", "-c", f.first, "--clientaddr=127.0.0.3"), V2(LOST)),
	    0);
	assert_int_equal(wait_for(5).doubt, TRAP_COMMUNITY);
}

static void
an_inform_is_answered_when_its_event_is_on_disk(void **state)
{
	struct program p;
	struct hearing_stats s;
	uint64_t upto;
	int status;

	(void)state;
	forget(7);
	send_start(
	    &p, "snmpinform", LIST("-v", "2c", "-c", f.first, "-t", "0.3", "-r", "9"), V2(LOST));
	assert_int_equal(wait_for(1).devices[0], 0);
	upto = 6;
	core_call(&f.core, durable_now, &upto);
	rest_ms(800); /* it is sent again meanwhile */
	assert_int_equal(waitpid(p.pid, &status, WNOHANG), 0);
	assert_int_equal(wait_for(1).devices[0], 0);
	upto = 7;
	core_call(&f.core, durable_now, &upto);
	assert_int_equal(send_end(&p), 0);
	core_call(&f.core, stats_now, &s);
	assert_true(s.repeated >= 1);
	assert_true(s.answered >= 1);
}

/* ---- version 3 ------------------------------------------------------------------------------ */

static void
v3_goes_by_engine_and_key(void **state)
{
	struct kept k;
	struct poll p;

	(void)state;
	forget(0);
	/* Before the first contact nobody knows whose engine that is. */
	assert_int_equal(
	    send_all("snmptrap",
		V3(f.auth, "-x", "AES", "-X", f.priv, "-l", "authPriv", "-e", f.engine), V2(LOST)),
	    0);
	assert_int_equal(wait_for(1).doubt, TRAP_USER);
	assert_true(poll_once(&f.site, &p, 2, descr, 1, 3000));
	assert_int_equal(p.answers[0].status, ANSWER_OK);

	assert_int_equal(send_all("snmptrap",
			     V3(f.auth, "-x", "AES", "-X", f.priv, "-l", "authPriv", "-e", f.engine,
				 "-Z", "1,900"),
			     V2(LOST)),
	    0);
	k = wait_for(2);
	assert_int_equal(k.doubt, TRAP_BELIEVED);
	assert_int_equal(k.device_count, 1);
	assert_int_equal(k.devices[0], 2);
	assert_string_equal(k.oid, LOST);
	assert_int_equal(k.value, 42);

	/* signed only, where the device encrypts; and with another key */
	assert_int_equal(
	    send_all("snmptrap", V3(f.auth, "-l", "authNoPriv", "-e", f.engine, "-Z", "1,901"),
		V2(LOST)),
	    0);
	assert_int_equal(wait_for(3).doubt, TRAP_LEVEL);
	assert_int_equal(send_all("snmptrap",
			     V3(f.first, "-x", "AES", "-X", f.priv, "-l", "authPriv", "-e",
				 f.engine, "-Z", "1,902"),
			     V2(LOST)),
	    0);
	assert_int_equal(wait_for(4).doubt, TRAP_KEY);

	/* The device is polled as before: nothing of this touched its keys. */
	assert_true(poll_once(&f.site, &p, 2, descr, 1, 3000));
	assert_int_equal(p.answers[0].status, ANSWER_OK);
}

static void
v3_informs_are_answered_with_the_devices_own_keys(void **state)
{
	struct kept k;

	(void)state;
	forget(0);
	/* Two devices at this address have the user "sha", each with keys of its own. */
	assert_int_equal(send_all("snmpinform",
			     V3(f.auth, "-x", "AES", "-X", f.priv, "-l", "authPriv"), V2(LOST)),
	    0);
	k = wait_for(1);
	assert_int_equal(k.doubt, TRAP_BELIEVED);
	assert_int_equal(k.device_count, 1);
	assert_int_equal(k.devices[0], 2);
	assert_int_equal(send_all("snmpinform",
			     V3(f.second, "-x", "AES", "-X", f.priv, "-l", "authPriv"), V2(LOST)),
	    0);
	k = wait_for(2);
	assert_int_equal(k.device_count, 1);
	assert_int_equal(k.devices[0], 3);

	/* A wrong key, and a user that nobody has: the sender hears why. */
	assert_int_not_equal(
	    send_all("snmpinform",
		V3(f.first, "-x", "AES", "-X", f.priv, "-l", "authPriv", "-t", "0.3", "-r", "0"),
		V2(LOST)),
	    0);
	assert_int_equal(wait_for(3).doubt, TRAP_KEY);
	assert_int_not_equal(send_all("snmpinform",
				 LIST("-v", "3", "-u", "nobody", "-a", "SHA", "-A", f.auth, "-l",
				     "authNoPriv", "-t", "0.3", "-r", "0"),
				 V2(LOST)),
	    0);
	assert_int_equal(wait_for(4).doubt, TRAP_USER);
}

/* A message that is not encrypted can be read without any key. */
static void
what_is_only_signed_wants_the_right_key(void **state)
{
	struct kept k;
	struct poll p;

	(void)state;
	forget(0);
	assert_true(poll_once(&f.site, &p, 7, descr, 1, 3000));
	assert_int_equal(p.answers[0].status, ANSWER_OK);
	assert_int_equal(
	    send_all("snmptrap", SIGNED(f.first, "-e", f.engine, "-Z", "1,910"), V2(LOST)), 0);
	k = wait_for(1);
	assert_int_equal(k.doubt, TRAP_KEY);
	assert_int_equal(k.device_count, 0);
	assert_int_equal(
	    send_all("snmptrap", SIGNED(f.auth, "-e", f.engine, "-Z", "1,911"), V2(LOST)), 0);
	k = wait_for(2);
	assert_int_equal(k.doubt, TRAP_BELIEVED);
	assert_int_equal(k.devices[0], 7);

	/* Informs of two devices at one address, and of nobody. */
	assert_int_equal(send_all("snmpinform", SIGNED(f.auth, "-t", "1"), V2(LOST)), 0);
	k = wait_for(3);
	assert_int_equal(k.device_count, 1);
	assert_int_equal(k.devices[0], 7);
	assert_int_equal(send_all("snmpinform", SIGNED(f.second, "-t", "1"), V2(LOST)), 0);
	k = wait_for(4);
	assert_int_equal(k.doubt, TRAP_BELIEVED);
	assert_int_equal(k.device_count, 1);
	assert_int_equal(k.devices[0], 8);
	assert_int_not_equal(
	    send_all("snmpinform", SIGNED(f.first, "-t", "0.3", "-r", "0"), V2(LOST)), 0);
	assert_int_equal(wait_for(5).doubt, TRAP_KEY);
}

/* Nobody knows at first how often we have started, and after a start of ours all are wrong. */
static void
a_sender_behind_our_start_is_put_right_without_a_word(void **state)
{
	/* our last start, and the first step of RFC 3414 section 4 (2) */
	static const char *const clocks[] = {"2,900", "0,0"};
	struct kept k;
	size_t told = 0;

	(void)state;
	forget(0);
	for (size_t i = 0; i < COUNT(clocks); i++) {
		for (int device = 2; device <= 3; device++) {
			assert_int_equal(
			    send_all("snmpinform",
				V3(device == 2 ? f.auth : f.second, "-x", "AES", "-X", f.priv, "-l",
				    "authPriv", "-e", f.own, "-Z", clocks[i], "-t", "1"),
				V2(LOST)),
			    0);
			k = wait_for(++told);
			assert_int_equal(k.doubt, TRAP_BELIEVED);
			assert_int_equal(k.device_count, 1);
			assert_int_equal(k.devices[0], device);
		}
	}
}

static uint64_t
repeated(void)
{
	struct hearing_stats s;

	core_call(&f.core, stats_now, &s);
	return s.repeated;
}

/* In version 3 each repetition has a msgID of its own; its sender knows the last one only. */
static void
what_is_answered_is_the_last_repetition(void **state)
{
	uint64_t before = repeated(), upto = 7;
	struct program p;

	(void)state;
	forget(upto);
	upto--;
	core_call(&f.core, durable_now, &upto);
	send_start(&p, "snmpinform",
	    V3(f.auth, "-x", "AES", "-X", f.priv, "-l", "authPriv", "-t", "1", "-r", "1"),
	    V2(LOST));
	for (int ms = 0; ms < 5000 && repeated() == before; ms += 10)
		rest_ms(10);
	assert_int_equal(repeated(), before + 1);
	upto++;
	core_call(&f.core, durable_now, &upto);
	assert_int_equal(send_end(&p), 0);
}

/* ---- the hostile ---------------------------------------------------------------------------- */

static int
sender(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
	    .sin_addr = {htonl(INADDR_LOOPBACK)},
	    .sin_port = htons((uint16_t)f.site.site.traps.port)};
	int port, fd = udp_socket(&port);

	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) != 0)
		abort();
	return fd;
}

#define TAG_AT(community) (7 + strlen(community)) /* of the PDU, in what make_trap() makes */

/* A v2c trap with this community, without any library. Returns its length. */
static size_t
make_trap(uint8_t *out, const char *community)
{
	static const uint8_t pdu[] = {0xa7, 0x2b, 0x02, 0x01, 0x01, 0x02, 0x01, 0x00, 0x02, 0x01,
	    0x00, 0x30, 0x20, 0x30, 0x0d, 0x06, 0x08, 0x2b, 0x06, 0x01, 0x02, 0x01, 0x01, 0x03,
	    0x00, 0x43, 0x01, 0x05, 0x30, 0x0f, 0x06, 0x0a, 0x2b, 0x06, 0x01, 0x06, 0x03, 0x01,
	    0x01, 0x04, 0x01, 0x00, 0x06, 0x01, 0x28};
	size_t c = strlen(community), n = 0;

	out[n++] = 0x30;
	out[n++] = (uint8_t)(3 + 2 + c + sizeof(pdu));
	out[n++] = 0x02;
	out[n++] = 0x01;
	out[n++] = 0x01;
	out[n++] = 0x04;
	out[n++] = (uint8_t)c;
	memcpy(out + n, community, c);
	n += c;
	memcpy(out + n, pdu, sizeof(pdu));
	return n + sizeof(pdu);
}

/* What the real snmptrap puts on the wire, caught by a socket of ours. */
static size_t
catch_trap(
    uint8_t out[1500], const char *name, const char *const options[], const char *const rest[])
{
	int port, fd = udp_socket(&port), before = f.site.site.traps.port;
	struct timeval patience = {5, 0};
	struct program p;
	ssize_t n;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	f.site.site.traps.port = port;
	send_start(&p, name, options, rest);
	f.site.site.traps.port = before;
	n = recv(fd, out, 1500, 0);
	assert_true(n > 0);
	program_kill(&p, SIGKILL);
	program_free(&p);
	close(fd);
	return (size_t)n;
}

/* How many answers come, until none has for a while. */
static int
count_answers(int fd)
{
	struct timeval patience = {0, 300000};
	uint8_t answer[1500];
	int n = 0;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	while (recv(fd, answer, sizeof(answer), 0) > 0)
		n++;
	return n;
}

/* Old informs sent again by somebody: a few may be a sender that we put right, more are told. */
static void
informs_out_of_their_time_are_told_in_the_end(void **state)
{
	enum { SENT = 9, QUIET = 5 };
	uint8_t old[1500];
	size_t n = catch_trap(old, "snmpinform",
	    SIGNED(f.auth, "-e", f.own, "-Z", "2,900", "-t", "1", "-r", "0"), V2(LOST));
	int fd = sender();

	(void)state;
	forget(0);
	for (int i = 0; i < SENT; i++)
		assert_int_equal(send(fd, old, n, 0), n);
	assert_int_equal(count_answers(fd), SENT);
	assert_int_equal(wait_for(SENT - QUIET).doubt, TRAP_KEY);
	close(fd);
}

/* Bits, octets and the end of it, at random; all of it must be counted, and nothing may fall. */
static void
throw_damaged(const uint8_t *good, size_t n, int rounds)
{
	static const uint8_t odd[] = {0x00, 0x01, 0x02, 0x04, 0x30, 0x7f, 0x80, 0x81, 0x84, 0xff};
	unsigned seed = 4711;
	uint8_t bad[1500];
	int fd = sender();

	for (int i = 0; i < rounds; i++) {
		size_t length = n;

		memcpy(bad, good, n);
		for (int k = rand_r(&seed) % 4; k >= 0; k--)
			bad[(size_t)rand_r(&seed) % n] =
			    rand_r(&seed) % 2 ? odd[(size_t)rand_r(&seed) % sizeof(odd)]
					      : (uint8_t)rand_r(&seed);
		if (rand_r(&seed) % 4 == 0)
			length = (size_t)rand_r(&seed) % (n + 1);
		assert_int_equal(send(fd, bad, length, 0), length);
		if (i % 50 == 0)
			rest_ms(2);
	}
	close(fd);
	rest_ms(200);
}

static void
damaged_ones_of_each_version_are_survived(void **state)
{
	enum { ROUNDS = 1500 };
	struct hearing_stats before, after;
	uint8_t good[1500];
	struct poll p;
	size_t n;

	(void)state;
	forget(0);
	core_call(&f.core, stats_now, &before);
	n = catch_trap(good, "snmptrap", LIST("-v", "1", "-c", f.first), V1("127"));
	throw_damaged(good, n, ROUNDS);
	n = catch_trap(good, "snmptrap",
	    V3(f.auth, "-x", "AES", "-X", f.priv, "-l", "authPriv", "-e", f.engine, "-Z", "1,950"),
	    V2(LOST));
	throw_damaged(good, n, ROUNDS);
	/* the look-up of an engine, and what snmpinform sends first */
	n = catch_trap(good, "snmpinform",
	    V3(f.auth, "-x", "AES", "-X", f.priv, "-l", "authPriv", "-t", "1", "-r", "0"),
	    V2(LOST));
	throw_damaged(good, n, ROUNDS);
	core_call(&f.core, stats_now, &after);
	assert_int_equal(after.heard - before.heard + after.lost - before.lost, 3 * ROUNDS);
	assert_true(poll_once(&f.site, &p, 2, descr, 1, 3000));
	assert_int_equal(p.answers[0].status, ANSWER_OK);
}

static void
damaged_ones_are_survived_and_counted(void **state)
{
	enum { ROUNDS = 4000 };
	uint8_t good[200];
	struct hearing_stats before, after;
	size_t n = make_trap(good, f.first);

	(void)state;
	forget(0);
	core_call(&f.core, stats_now, &before);
	throw_damaged(good, n, ROUNDS);
	core_call(&f.core, stats_now, &after);
	assert_int_equal(after.heard - before.heard + after.lost - before.lost, ROUNDS);
	print_message("%d damaged: %llu garbled, %llu doubted, %llu believed\n", ROUNDS,
	    (unsigned long long)f.by_doubt[TRAP_GARBLED],
	    (unsigned long long)f.by_doubt[TRAP_COMMUNITY],
	    (unsigned long long)f.by_doubt[TRAP_BELIEVED]);
	assert_true(f.by_doubt[TRAP_GARBLED] > ROUNDS / 4);
	forget(0);
	assert_int_equal(send_all("snmptrap", LIST("-v", "1", "-c", f.first), V1("127")), 0);
	assert_int_equal(wait_for(1).doubt, TRAP_BELIEVED);
}

static void
a_flood_is_taken_or_counted_and_holds_up_nobody(void **state)
{
	enum { FLOOD = 30000 };
	uint8_t trap[200];
	struct hearing_stats before, after;
	size_t n = make_trap(trap, f.first);
	int fd = sender();
	mono_t began;

	(void)state;
	forget(0);
	core_call(&f.core, stats_now, &before);
	atomic_store(&f.core.held_us, 0);
	began = clock_mono();
	for (int i = 0; i < FLOOD; i++)
		assert_int_equal(send(fd, trap, n, 0), n);
	rest_ms(500);
	assert_int_equal(send(fd, trap, n, 0), n); /* brings the kernel's count */
	rest_ms(100);
	core_call(&f.core, stats_now, &after);
	print_message(
	    "%d in %lld ms: %llu heard, %llu lost and counted; the loop was held for %lld us "
	    "at most\n",
	    FLOOD + 1, (long long)mono_ms_between(clock_mono(), began) - 600,
	    (unsigned long long)(after.heard - before.heard),
	    (unsigned long long)(after.lost - before.lost),
	    (long long)atomic_load(&f.core.held_us));
	assert_int_equal(after.heard - before.heard + after.lost - before.lost, FLOOD + 1);
	assert_int_equal(f.by_doubt[TRAP_LOST], after.lost - before.lost);
	assert_true(atomic_load(&f.core.held_us) < 200000);
	close(fd);
}

/* How many notifications are taken between two turns of the idlest work. */
struct idle {
	struct loop_timer *timer;
	size_t turns, before, most;
};

static void
on_idle(void *arg, const struct now *now)
{
	struct idle *i = arg;

	if (i->turns++ > 0 && f.count - i->before > i->most)
		i->most = f.count - i->before;
	i->before = f.count;
	loop_timer_set(i->timer, now->mono);
}

static void
idle_begin(void *arg)
{
	struct idle *i = arg;

	f.slow_ms = 2;
	i->timer = loop_timer_add(f.core.loop, "idle", LOOP_IDLE, on_idle, i);
	loop_timer_set(i->timer, clock_mono());
}

static void
idle_end(void *arg)
{
	struct idle *i = arg;

	f.slow_ms = 0;
	loop_timer_free(i->timer);
}

/* Version 3 tries the keys of each device at that address: 32 of them may take long. */
static void
what_takes_long_leaves_others_their_turn(void **state)
{
	enum { SENT = 200 };
	struct idle idle = {0};
	uint8_t trap[200];
	size_t n = make_trap(trap, f.first);
	int fd = sender();

	(void)state;
	forget(0);
	core_call(&f.core, idle_begin, &idle);
	for (int i = 0; i < SENT; i++)
		assert_int_equal(send(fd, trap, n, 0), n);
	wait_for(SENT);
	core_call(&f.core, idle_end, &idle);
	print_message(
	    "%zu turns of idle work, %zu notifications between two\n", idle.turns, idle.most);
	assert_true(idle.most <= 4);
	close(fd);
}

/* The informs of this many requests, as one sender sends them. */
static void
inform_all(int fd, int first, int last)
{
	uint8_t inform[200];
	size_t n = make_trap(inform, f.first);

	inform[TAG_AT(f.first)] = 0xa6;
	for (int request = first; request <= last; request++) {
		inform[TAG_AT(f.first) + 4] = (uint8_t)request;
		assert_int_equal(send(fd, inform, n, 0), n);
	}
}

/* Where too many wait for the disk, one that comes again has to wait as well. */
static void
no_inform_is_answered_before_its_event_is_on_disk(void **state)
{
	enum { INFORMS = 70, WAITING = 64 };
	uint64_t upto = 1000;
	int fd = sender();

	(void)state;
	forget(upto);
	inform_all(fd, 1, INFORMS);
	wait_for(INFORMS);
	assert_int_equal(count_answers(fd), 0);
	inform_all(fd, 1, INFORMS);
	assert_int_equal(count_answers(fd), 0);
	core_call(&f.core, durable_now, &upto);
	assert_int_equal(count_answers(fd), WAITING);
	inform_all(fd, 1, INFORMS);
	assert_int_equal(count_answers(fd), INFORMS);
	wait_for(INFORMS);
	close(fd);
}

/* One that found no room at first gets it when it comes again. */
static void
a_repeated_inform_waits_where_there_is_room_now(void **state)
{
	enum { INFORMS = 70, WAITING = 64 };
	uint64_t upto = 2000, later = 2001;
	int fd = sender();

	(void)state;
	forget(upto);
	inform_all(fd, 1, WAITING);
	wait_for(WAITING);
	forget(later);
	inform_all(fd, WAITING + 1, INFORMS);
	wait_for(INFORMS - WAITING);
	core_call(&f.core, durable_now, &upto);
	assert_int_equal(count_answers(fd), WAITING);
	inform_all(fd, WAITING + 1, INFORMS);
	assert_int_equal(count_answers(fd), 0);
	core_call(&f.core, durable_now, &later);
	assert_int_equal(count_answers(fd), INFORMS - WAITING);
	close(fd);
}

struct counted {
	uint64_t held, seq;
};

static void
counted_now(void *arg)
{
	const struct counted *c = arg;

	hearing_counted(f.hearing, c->held, c->seq);
}

/* Held back by the rate, it is in memory only until an event counts it. */
static void
an_inform_of_a_flood_waits_for_the_event_that_counts_it(void **state)
{
	enum { INFORMS = 40 };
	struct counted count = {TRAP_HELD | 5, 4500}, other = {TRAP_HELD | 6, 3001};
	uint64_t upto = 4000, later = 5000;
	int fd = sender();

	(void)state;
	forget(count.held);
	inform_all(fd, 1, INFORMS);
	wait_for(INFORMS);
	core_call(&f.core, durable_now, &upto);
	inform_all(fd, 1, INFORMS);
	core_call(&f.core, counted_now, &other);
	core_call(&f.core, durable_now, &upto);
	assert_int_equal(count_answers(fd), 0);
	wait_for(INFORMS);
	/* there is room for others */
	forget(later);
	inform_all(fd, INFORMS + 1, INFORMS + 1);
	wait_for(1);
	core_call(&f.core, counted_now, &count);
	core_call(&f.core, durable_now, &upto);
	inform_all(fd, 1, INFORMS);
	assert_int_equal(count_answers(fd), 0);
	upto = count.seq;
	core_call(&f.core, durable_now, &upto);
	assert_int_equal(count_answers(fd), INFORMS);
	inform_all(fd, 1, INFORMS);
	assert_int_equal(count_answers(fd), INFORMS);
	core_call(&f.core, durable_now, &later);
	assert_int_equal(count_answers(fd), 1);
	wait_for(1);
	close(fd);
}

/* While none of them is counted they leave half of the room. */
static void
a_flood_of_informs_leaves_room_for_others(void **state)
{
	enum { INFORMS = 70, WAITING = 32 };
	struct counted count = {TRAP_HELD | 7, 6000};
	uint64_t later = 6001;
	int fd = sender();

	(void)state;
	forget(count.held);
	inform_all(fd, 1, INFORMS);
	wait_for(INFORMS);
	forget(later);
	inform_all(fd, INFORMS + 1, INFORMS + WAITING);
	wait_for(WAITING);
	core_call(&f.core, counted_now, &count);
	core_call(&f.core, durable_now, &count.seq);
	assert_int_equal(count_answers(fd), WAITING);
	core_call(&f.core, durable_now, &later);
	assert_int_equal(count_answers(fd), WAITING);
	close(fd);
}

static void
a_port_that_is_taken_is_a_sentence(void **state)
{
	struct site site = f.site.site;
	char err[200] = "";

	(void)state;
	/* not in the core thread: it fails before anything of it is touched */
	assert_null(hearing_open(&site, on_heard, NULL, err, sizeof(err)));
	print_message("%s\n", err);
	assert_non_null(strstr(err, "another program listens there"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_v1_trap_is_told_with_its_device),
	    cmocka_unit_test(a_trap_that_was_sent_on_goes_by_the_address_inside),
	    cmocka_unit_test(two_devices_with_one_community_are_both_named),
	    cmocka_unit_test(strangers_and_wrong_communities_are_doubted),
	    cmocka_unit_test(an_inform_is_answered_when_its_event_is_on_disk),
	    cmocka_unit_test(v3_goes_by_engine_and_key),
	    cmocka_unit_test(v3_informs_are_answered_with_the_devices_own_keys),
	    cmocka_unit_test(what_is_only_signed_wants_the_right_key),
	    cmocka_unit_test(a_sender_behind_our_start_is_put_right_without_a_word),
	    cmocka_unit_test(informs_out_of_their_time_are_told_in_the_end),
	    cmocka_unit_test(what_is_answered_is_the_last_repetition),
	    cmocka_unit_test(damaged_ones_are_survived_and_counted),
	    cmocka_unit_test(damaged_ones_of_each_version_are_survived),
	    cmocka_unit_test(a_flood_is_taken_or_counted_and_holds_up_nobody),
	    cmocka_unit_test(what_takes_long_leaves_others_their_turn),
	    cmocka_unit_test(no_inform_is_answered_before_its_event_is_on_disk),
	    cmocka_unit_test(a_repeated_inform_waits_where_there_is_room_now),
	    cmocka_unit_test(an_inform_of_a_flood_waits_for_the_event_that_counts_it),
	    cmocka_unit_test(a_flood_of_informs_leaves_room_for_others),
	    cmocka_unit_test(a_port_that_is_taken_is_a_sentence),
	};
	return cmocka_run_group_tests(tests, start_all, stop_all);
}

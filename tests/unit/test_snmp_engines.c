/* Devices whose SNMPv3 engine ID is ours, or another one with each message. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* cmocka wants the above first */
#include <cmocka.h>

#include "drivers/snmp/library.h"
#include "drivers/snmp/message.h"
#include "snmp_site.h"

#include <poll.h>

#define BOOTS 7

static struct fixture {
	struct core_thread core;
	char auth[25], priv[25];
	struct test_oid descr;
} f;

static int
start_all(void **state)
{
	uint8_t id[12];

	(void)state;
	oid_parse(&f.descr, "1.3.6.1.2.1.1.1.0");
	random_word(f.auth);
	random_word(f.priv);
	engine_id_for_test(id);
	core_start(&f.core, id, BOOTS);
	return 0;
}

static int
stop_all(void **state)
{
	(void)state;
	core_stop(&f.core);
	return 0;
}

static struct snmp_target
target(int port)
{
	return (struct snmp_target){.address = "127.0.0.1",
	    .port = port,
	    .version = SNMP_V3,
	    .user = "sha",
	    .auth = SNMP_AUTH_SHA,
	    .priv = SNMP_PRIV_AES,
	    .auth_passphrase = f.auth,
	    .priv_passphrase = f.priv};
}

/* snmpd with the user "sha" and this passphrase; `engine` is a line of its settings. Port 0: any.
 */
static void
agent_start_at(struct program *p, int port, const char *engine, const char *auth)
{
	char text[300];

	program_make(p);
	if (port != 0)
		p->port = port;
	snprintf(text, sizeof(text), "%s\nrouser sha priv\n", engine);
	write_file(p->dir, "agent.conf", text);
	snprintf(text, sizeof(text), "createUser sha SHA \"%s\" AES \"%s\"\n", auth, f.priv);
	write_file(p->state, "snmpd.conf", text);
	snmpd_start(p);
	snmpd_wait(p);
}

static void
agent_start(struct program *p, const char *engine, const char *auth)
{
	agent_start_at(p, 0, engine, auth);
}

/* What the library knows of our own engine. */
struct own_record {
	u_int boots, time;
	bool has_user;
};

static void
read_own(void *arg)
{
	const struct engine_id *id = &library_engine()->id;
	struct own_record *o = arg;

	get_enginetime(id->octets, (u_int)id->length, &o->boots, &o->time, FALSE);
	o->has_user = usm_get_user(id->octets, id->length, "sha") != NULL;
}

static void
a_device_with_our_own_engine_is_refused(void **state)
{
	char line[100], id[ENGINE_ID_TEXT_MAX];
	struct own_record own = {0};
	struct snmp_target t;
	struct program agent;
	struct test_site s;
	struct poll p;

	(void)state;
	snprintf(line, sizeof(line), "exactEngineID %s", engine_id_text(&library_engine()->id, id));
	agent_start(&agent, line, f.auth);
	t = target(agent.port);
	site_make(&s, &f.core);
	site_add(&s, &t);
	assert_true(site_open(&s));
	for (int turn = 0; turn < 2; turn++) {
		assert_true(poll_once(&s, &p, 0, &f.descr, 1, 3000));
		print_message("%s\n", site_health(&s).text);
		assert_int_equal(p.answers[0].status, ANSWER_DENIED);
		assert_non_null(strstr(site_health(&s).text, "our own"));
		/* Our traps go by these. */
		core_call(&f.core, read_own, &own);
		assert_int_equal(own.boots, BOOTS);
		assert_false(own.has_user);
	}
	site_close(&s);
	program_free(&agent);
}

/* The library has one set of keys for a user at an engine: those of the device that came first. */
static void
twins_part(int leaver)
{
	char other[25];
	struct program agents[2], moved;
	struct snmp_target t;
	struct test_site s;
	struct poll p;

	random_word(other);
	site_make(&s, &f.core);
	for (int i = 0; i < 2; i++) {
		agent_start(&agents[i], "engineID one-for-both", i == 0 ? f.auth : other);
		t = target(agents[i].port);
		t.auth_passphrase = i == 0 ? f.auth : other;
		site_add(&s, &t);
	}
	assert_true(site_open(&s));
	for (int turn = 0; turn < 3; turn++) {
		assert_true(poll_once(&s, &p, 0, &f.descr, 1, 3000));
		assert_int_equal(p.answers[0].status, ANSWER_OK);
		assert_true(poll_once(&s, &p, 1, &f.descr, 1, 3000));
		assert_int_equal(p.answers[0].status, ANSWER_DENIED);
		print_message("%s\n", site_health(&s).text);
		assert_non_null(strstr(site_health(&s).text, "dev0 has the same SNMPv3 engine ID"));
	}

	/* One gets an engine ID of its own: both are read. */
	program_kill(&agents[leaver], SIGKILL);
	agent_start_at(
	    &moved, agents[leaver].port, "engineID one-of-its-own", leaver == 0 ? f.auth : other);
	assert_true(poll_once(&s, &p, (size_t)leaver, &f.descr, 1, 3000));
	assert_int_equal(p.answers[0].status, ANSWER_OK);
	/* That it left may be found by a question that cannot be made. */
	assert_true(poll_once(&s, &p, (size_t)!leaver, &f.descr, 1, 3000));
	for (int turn = 0; turn < 2; turn++) {
		assert_true(poll_once(&s, &p, (size_t)!leaver, &f.descr, 1, 3000));
		assert_int_equal(p.answers[0].status, ANSWER_OK);
		assert_true(poll_once(&s, &p, (size_t)leaver, &f.descr, 1, 3000));
		assert_int_equal(p.answers[0].status, ANSWER_OK);
	}
	site_close(&s);
	program_free(&moved);
	for (int i = 0; i < 2; i++)
		program_free(&agents[i]);
}

static void
devices_with_one_engine_and_two_keys_are_told(void **state)
{
	(void)state;
	twins_part(0);
	twins_part(1);
}

/* ---- one that comes with another engine each time ------------------------------------------- */

#define FLOOD 2000

/* A device that knows no keys. Its first answer tells the engine 0. */
static struct flooder {
	int fd, port;
	pthread_t thread;
	bool of_discoveries; /* the flood comes for them, else for questions */
	volatile bool quit;
	atomic_int next; /* engine */
} flooder;

static struct engine_id
engine_number(int n)
{
	struct engine_id id = {.length = 12, .octets = {0x80, 0x00, 0x7e, 0xd9, 0x05, 0xee}};

	for (int i = 0; i < 4; i++)
		id.octets[11 - i] = (uint8_t)(n >> 8 * i);
	return id;
}

#define PDU_REPORT   0xa8
#define PDU_RESPONSE 0xa2 /* fits no question: the library reads it and waits on */

/* Neither signed nor encrypted; nothing in it is longer than 127. */
static void
send_unsigned(const struct sockaddr_in *to, uint8_t kind, int32_t message, int engine)
{
	static const uint8_t head[] = {0x30, 105, 0x02, 1, 3, 0x30, 17, 0x02, 4, 0, 0, 0, 0, 0x02,
	    3, 0, 0xff, 0xe3, 0x04, 1, 0, 0x02, 1, 3, 0x04, 28, 0x30, 26, 0x04, 12};
	static const uint8_t middle[] = {
	    0x02, 1, 1, 0x02, 1, 5, 0x04, 0, 0x04, 0, 0x04, 0, 0x30, 51, 0x04, 12};
	static const uint8_t tail[] = {0x04, 0, 0xa8, 33, 0x02, 4, 0, 0, 0, 0, 0x02, 1, 0, 0x02, 1,
	    0, 0x30, 19, 0x30, 17, 0x06, 10, 0x2b, 6, 1, 6, 3, 15, 1, 1, 4, 0, 0x41, 3, 0, 0, 1};
	struct engine_id id = engine_number(engine);
	uint8_t out[128];
	size_t n = 0;

	memcpy(out, head, sizeof(head));
	for (int i = 0; i < 4; i++)
		out[9 + i] = (uint8_t)(message >> 8 * (3 - i));
	n += sizeof(head);
	memcpy(out + n, id.octets, id.length);
	n += id.length;
	memcpy(out + n, middle, sizeof(middle));
	n += sizeof(middle);
	memcpy(out + n, id.octets, id.length);
	n += id.length;
	memcpy(out + n, tail, sizeof(tail));
	out[n + 2] = kind;
	n += sizeof(tail);
	assert_int_equal(out[1], n - 2);
	sendto(flooder.fd, out, n, 0, (const struct sockaddr *)to, sizeof(*to));
}

static void *
flood(void *arg)
{
	struct pollfd p = {flooder.fd, POLLIN, 0};
	uint8_t packet[4096];
	struct message_v3 m;

	(void)arg;
	while (!flooder.quit) {
		struct sockaddr_in from;
		socklen_t size = sizeof(from);
		ssize_t n;

		if (poll(&p, 1, 20) <= 0)
			continue;
		n = recvfrom(
		    flooder.fd, packet, sizeof(packet), 0, (struct sockaddr *)&from, &size);
		if (n <= 0 || !message_v3_read(packet, (size_t)n, &m))
			continue;
		if (m.engine_length == 0 && !flooder.of_discoveries) {
			send_unsigned(&from, PDU_REPORT, m.id, 0);
			continue;
		}
		/* Slowly enough for each to be read. */
		for (int i = 0; i < FLOOD / 2; i++) {
			send_unsigned(
			    &from, PDU_RESPONSE, m.id, atomic_fetch_add(&flooder.next, 1));
			if (i % 20 == 0)
				rest_ms(1);
		}
	}
	return NULL;
}

static void
count_known(void *arg)
{
	int *known = arg;

	*known = 0;
	for (int i = 0; i < atomic_load(&flooder.next); i++) {
		struct engine_id id = engine_number(i);

		*known += search_enginetime_list(id.octets, (u_int)id.length) != NULL;
	}
}

/* Asks until it has sent that many; gives the last answer's text. */
static void
ask_flooder(bool of_discoveries, int first, char *text, size_t size)
{
	struct snmp_target t;
	struct test_site s;
	struct poll p;

	flooder.fd = udp_socket(&flooder.port);
	flooder.of_discoveries = of_discoveries;
	flooder.quit = false;
	atomic_store(&flooder.next, first);
	assert_int_equal(pthread_create(&flooder.thread, NULL, flood, NULL), 0);
	t = target(flooder.port);
	site_make(&s, &f.core);
	site_add(&s, &t);
	assert_true(site_open(&s));
	while (atomic_load(&flooder.next) < first + FLOOD) {
		assert_true(poll_once(&s, &p, 0, &f.descr, 1, 3000));
		assert_int_not_equal(p.answers[0].status, ANSWER_OK);
	}
	text_copy(text, size, site_health(&s).text);
	site_close(&s);
	flooder.quit = true;
	pthread_join(flooder.thread, NULL);
	close(flooder.fd);
}

static void
unknown_engines_fill_no_memory(void **state)
{
	char text[200];
	int known;

	(void)state;
	ask_flooder(false, 1, text, sizeof(text));
	core_call(&f.core, count_known, &known);
	print_message("%d engines for questions: %d kept; %s\n", FLOOD, known, text);
	assert_true(known <= 16);
	ask_flooder(true, 2 * FLOOD, text, sizeof(text));
	core_call(&f.core, count_known, &known);
	print_message("%d engines for look-ups: %d kept; %s\n", FLOOD, known, text);
	assert_in_range(known, 1, 32);
	assert_non_null(strstr(text, "ever new SNMPv3 engine IDs"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_device_with_our_own_engine_is_refused),
	    cmocka_unit_test(devices_with_one_engine_and_two_keys_are_told),
	    cmocka_unit_test(unknown_engines_fill_no_memory),
	};
	return cmocka_run_group_tests(tests, start_all, stop_all);
}

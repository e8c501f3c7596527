/*
 * The least that a program can do on the libraries that the agent uses: once a second it asks every
 * device at once (libmodbus raw requests, asynchronous Net-SNMP), and publishes each answer as it
 * comes (libmosquitto). No quality, no alarms, no memory of what was. The measure for the agent.
 *
 *	bare BROKER_PORT device|point COMMUNITY POINTS FILE
 *
 * FILE: the ports of the Modbus devices on one line, those of the SNMP devices on the next.
 */
#include "rounds.h"

#include <errno.h>
#include <modbus.h>
#include <mosquitto.h>
#include <net-snmp/net-snmp-config.h>

#include <net-snmp/library/large_fd_set.h>
#include <net-snmp/net-snmp-includes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#define PERIOD_US   1000000
#define POINTS_MAX  125
#define DEVICES_MAX 4096

struct device {
	modbus_t *modbus;          /* or */
	struct session_list *snmp; /* NULL: Modbus */
	char topic[24];
};

static struct device devices[DEVICES_MAX];
static int count, points, epoll;
static bool by_device;
static struct mosquitto *broker;

static void
fail(const char *what)
{
	fprintf(stderr, "bare: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void
send_message(const char *topic, const char *text, int length)
{
	if (mosquitto_publish(broker, NULL, topic, length, text, 0, false) != 0)
		fail("publish");
}

static void
publish(const struct device *d, const long *values, int n)
{
	static char text[POINTS_MAX * 12 + 64];
	struct timespec t;
	int length;

	clock_gettime(CLOCK_REALTIME, &t);
	if (by_device) {
		length = sprintf(text, "{\"time\":%lld.%03ld,\"values\":[", (long long)t.tv_sec,
		    t.tv_nsec / 1000000);
		for (int i = 0; i < n; i++)
			length += sprintf(text + length, i == 0 ? "%ld" : ",%ld", values[i]);
		length += sprintf(text + length, "]}");
		send_message(d->topic, text, length);
		return;
	}
	for (int i = 0; i < n; i++) {
		char topic[40];

		snprintf(topic, sizeof(topic), "%s/%d", d->topic, i + 1);
		length = sprintf(
		    text, "%lld.%03ld:%ld", (long long)t.tv_sec, t.tv_nsec / 1000000, values[i]);
		send_message(topic, text, length);
	}
}

/* ---- Modbus ------------------------------------------------------------------------------------
 */

static void
ask_modbus(struct device *d)
{
	const uint8_t ask[] = {1, 3, 0, 0, 0, (uint8_t)points};

	if (modbus_send_raw_request(d->modbus, ask, sizeof(ask)) < 0)
		fail("request");
}

static void
hear_modbus(struct device *d)
{
	uint8_t in[MODBUS_TCP_MAX_ADU_LENGTH];
	long values[POINTS_MAX];
	int n = modbus_receive_confirmation(d->modbus, in);

	if (n < 9 + 2 * points)
		fail("answer");
	for (int i = 0; i < points; i++)
		values[i] = in[9 + 2 * i] << 8 | in[10 + 2 * i];
	publish(d, values, points);
}

static void
open_modbus(struct device *d, int port)
{
	d->modbus = modbus_new_tcp("127.0.0.1", port);
	if (d->modbus == NULL || modbus_connect(d->modbus) != 0)
		fail("connect");
}

/* ---- SNMP --------------------------------------------------------------------------------------
 */

static int
heard_snmp(int what, netsnmp_session *s, int id, netsnmp_pdu *pdu, void *arg)
{
	long values[POINTS_MAX];
	int n = 0;

	(void)s, (void)id;
	if (what != NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE)
		return 1;
	for (netsnmp_variable_list *v = pdu->variables; v != NULL && n < points;
	     v = v->next_variable)
		values[n++] = v->val.integer != NULL ? *v->val.integer : 0;
	publish(arg, values, n);
	return 1;
}

static void
ask_snmp(struct device *d)
{
	netsnmp_pdu *pdu = snmp_pdu_create(SNMP_MSG_GET);
	oid name[] = {1, 3, 6, 1, 4, 1, 99999, 0, 0};

	for (int i = 1; i <= points; i++) {
		name[7] = (oid)i;
		snmp_add_null_var(pdu, name, 9);
	}
	if (snmp_sess_async_send(d->snmp, pdu, heard_snmp, d) == 0)
		snmp_free_pdu(pdu);
}

static void
hear_snmp(struct device *d)
{
	static netsnmp_large_fd_set ready;
	int fd = snmp_sess_transport(d->snmp)->sock;

	if (ready.lfs_setptr == NULL)
		netsnmp_large_fd_set_init(&ready, DEVICES_MAX);
	NETSNMP_LARGE_FD_SET(fd, &ready);
	snmp_sess_read2(d->snmp, &ready);
	NETSNMP_LARGE_FD_CLR(fd, &ready);
}

static void
open_snmp(struct device *d, int port, const char *community)
{
	netsnmp_session s;
	char peer[64];

	snmp_sess_init(&s);
	snprintf(peer, sizeof(peer), "udp:127.0.0.1:%d", port);
	s.peername = peer;
	s.version = SNMP_VERSION_2c;
	s.community = (u_char *)strdup(community);
	s.community_len = strlen(community);
	s.retries = 0;
	s.timeout = 500000;
	d->snmp = snmp_sess_open(&s);
	free(s.community);
	if (d->snmp == NULL)
		fail("session");
}

static void
start_snmp(void)
{
	setenv("MIBS", "", 1);
	netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_READ_CONFIGS, 1);
	netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DISABLE_PERSISTENT_LOAD, 1);
	netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DISABLE_PERSISTENT_SAVE, 1);
	init_snmp("bare");
}

/* ---- all of them -------------------------------------------------------------------------------
 */

static void
open_line(FILE *ports, const char *community)
{
	static char line[DEVICES_MAX * 6];
	char *at = line, *end;

	if (fgets(line, sizeof(line), ports) == NULL)
		return;
	for (long port = strtol(at, &end, 10); end != at; port = strtol(at, &end, 10)) {
		struct device *d = &devices[count];
		struct epoll_event e = {.events = EPOLLIN, .data.ptr = d};
		int fd;

		at = end;
		snprintf(d->topic, sizeof(d->topic), "bare/%d", count++);
		if (community != NULL)
			open_snmp(d, (int)port, community);
		else
			open_modbus(d, (int)port);
		fd = community != NULL ? snmp_sess_transport(d->snmp)->sock
				       : modbus_get_socket(d->modbus);
		if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e) != 0)
			fail("epoll");
	}
}

static void
ask_all(void)
{
	for (int i = 0; i < count; i++) {
		if (devices[i].snmp != NULL)
			ask_snmp(&devices[i]);
		else
			ask_modbus(&devices[i]);
	}
	mosquitto_loop_misc(broker);
}

static void
run(void)
{
	static struct epoll_event events[512];

	for (int64_t next = clock_us();;) {
		int64_t left = next - clock_us();
		int n;

		if (left <= 0) {
			ask_all();
			next += PERIOD_US;
			continue;
		}
		n = epoll_wait(epoll, events, 512, (int)(left / 1000) + 1);
		for (int i = 0; i < n; i++) {
			struct device *d = events[i].data.ptr;

			if (d->snmp != NULL)
				hear_snmp(d);
			else
				hear_modbus(d);
		}
	}
}

int
main(int argc, char **argv)
{
	FILE *ports;

	if (argc != 6) {
		fprintf(stderr, "usage: bare BROKER_PORT device|point COMMUNITY POINTS FILE\n");
		return 2;
	}
	allow_files();
	by_device = strcmp(argv[2], "device") == 0;
	points = (int)strtol(argv[4], NULL, 10);
	epoll = epoll_create1(EPOLL_CLOEXEC);
	mosquitto_lib_init();
	broker = mosquitto_new(NULL, true, NULL);
	if (mosquitto_connect(broker, "127.0.0.1", (int)strtol(argv[1], NULL, 10), 600) != 0)
		fail("broker");
	for (int i = 0; i < 5; i++)
		mosquitto_loop(broker, 50, 1);
	ports = fopen(argv[5], "r");
	if (ports == NULL)
		fail(argv[5]);
	open_line(ports, NULL); /* first: libmodbus knows descriptors below 1024 alone */
	start_snmp();
	open_line(ports, argv[3]);
	run();
}

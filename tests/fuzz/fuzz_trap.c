/*
 * Any datagram at the port where notifications are heard: version 1, 2c and 3, informs under our
 * own engine with the keys of a device. Nothing falls, and only what fits a device is believed.
 */
#include "fuzz.h"

#include "base/log.h"
#include "base/loop.h"
#include "drivers/snmp/hearing_i.h"
#include "drivers/snmp/notify.h"

static const uint8_t engine[] = {0x80, 0x00, 0x7e, 0xd9, 0x05, 1, 2, 3, 4, 5, 6, 7};
static struct snmp_target targets[] = {
    {.address = "127.0.0.1", .port = 1, .version = SNMP_V2C, .community = "fuzz"},
    {.address = "127.0.0.1",
	.port = 2,
	.version = SNMP_V3,
	.user = "fuzz",
	.auth = SNMP_AUTH_SHA,
	.priv = SNMP_PRIV_AES,
	.auth_passphrase = "not a secret 1",
	.priv_passphrase = "not a secret 2"}};
static struct device_spec devices[] = {
    {.name = "a", .snmp = &targets[0]}, {.name = "b", .snmp = &targets[1]}};
static struct site site = {.devices = devices,
    .device_count = 2,
    .traps = {.enabled = true, .address = "127.0.0.1", .port = 0}};

static uint64_t
on_heard(void *arg, const struct heard_trap *h, const struct now *now)
{
	(void)arg;
	(void)h;
	(void)now;
	return 0;
}

static struct hearing *
start(void)
{
	struct loop *loop = loop_new();
	struct hearing *l;
	char err[200];

	log_set_level(LOG_LEVEL_ERR);
	snmp_engine_start(loop, engine, sizeof(engine), 1);
	l = hearing_open(&site, on_heard, NULL, err, sizeof(err));
	FUZZ_CHECK(l != NULL);
	return l;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct hearing *l;
	struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	enum trap_doubt doubt;
	bool quiet;

	if (l == NULL)
		l = start();
	if (size > HEARING_DATAGRAM_MAX)
		return 0;
	memcpy(l->datagram, data, size);
	l->length = size;
	memset(&l->from, 0, sizeof(l->from));
	memcpy(&l->from, &from, sizeof(from));
	l->from_length = 0; /* an answer goes nowhere */
	l->address = hearing_address_of(&l->from);
	doubt = hearing_judge(l, (mono_t){1}, &quiet);
	FUZZ_CHECK(doubt < TRAP_DOUBT_COUNT);
	FUZZ_CHECK(l->length == 0 || doubt != TRAP_BELIEVED);
	FUZZ_CHECK(l->device_count <= 2 && (doubt == TRAP_BELIEVED) <= (l->device_count > 0));
	if (doubt == TRAP_BELIEVED && l->notice.version != SNMP_VERSION_3)
		FUZZ_CHECK(
		    l->notice.community_length == 4 && memcmp(l->notice.community, "fuzz", 4) == 0);
	FUZZ_CHECK(l->notice.variable_count <= HEARING_VARIABLES);
	return 0;
}

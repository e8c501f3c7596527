#include "snmp_trap.h"

#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#define UPS_TRAP    "1.3.6.1.2.1.33.2."
#define UPS         "1.3.6.1.2.1.33.1."
#define QUANTUM     "1.3.6.1.4.1.3764.1.1.200."
#define APC_TRAP    "1.3.6.1.4.1.318.0."
#define ATS_STATUS  "1.3.6.1.4.1.318.1.1.8.5.1."
#define RARITAN     "1.3.6.1.4.1.13742.6."
#define LINK_TRAP   "1.3.6.1.6.3.1.1.5."
#define IF_STATUS   "1.3.6.1.2.1.2.2.1.8."
#define DAHUA       "1.3.6.1.4.1.1004849.2."
#define IDRAC_TRAP  "1.3.6.1.4.1.674.10892.5.3.2.1.0."
#define SYSTEM_NAME "1.3.6.1.2.1.1.5.0"

static const struct trap_def table[] = {
    {&generex_ups, "on-battery", UPS_TRAP "1", {UPS "2.3.0", UPS "2.2.0"}},
    {&scalar_i6000, "io-door", QUANTUM "20.0.103",
	{QUANTUM "20.80.75.1.2.8.0.0.0.0.0.1.0.59.1.1.1.1"}},
    {&apc_ats, "source-switched", APC_TRAP "126", {ATS_STATUS "2.0"}},
    {&apc_ats, "lost-redundancy", APC_TRAP "127", {ATS_STATUS "3.0"}},
    {&apc_ats, "redundancy-restored", APC_TRAP "128", {ATS_STATUS "3.0"}},
    {&raritan_px3, "outlet-change", RARITAN "0.63", {RARITAN "5.4.3.1.3.1.1.14", SYSTEM_NAME}},
    {&raritan_dx2, "sensor-change", RARITAN "0.66", {RARITAN "5.5.3.1.3.1.3", SYSTEM_NAME}},
    {&raritan_dx2, "mechanically-unlocked", RARITAN "0.160", {SYSTEM_NAME}},
    {&raritan_dx2, "forced-open", RARITAN "0.161", {SYSTEM_NAME}},
    {&if_mib_switch, "link-down", LINK_TRAP "3", {IF_STATUS "10101"}},
    {&if_mib_switch, "link-up", LINK_TRAP "4", {IF_STATUS "10101"}},
    {&dahua_nvr, "video-loss", DAHUA "11.11.3", {NULL}},
    {&dahua_nvr, "storage-failure", DAHUA "11.13.1", {NULL}},
    {&dell_idrac, "supply-failure", IDRAC_TRAP "2185", {SYSTEM_NAME}},
    {&dell_idrac, "supply-normal", IDRAC_TRAP "2187", {SYSTEM_NAME}},
};

const struct trap_def *
traps(size_t *n)
{
	*n = sizeof table / sizeof *table;
	return table;
}

static bool
put_name(struct ber_out *out, const char *text)
{
	struct oid o = {0};

	if (!oid_append(&o, text))
		return false;
	ber_put_oid(out, &o);
	return true;
}

/* The objects with the values that they have now, last first; one that is not there is left out. */
static void
put_objects(const struct mib *m, const struct trap_def *t, int64_t now_us, struct ber_out *out)
{
	for (int i = 3; i-- > 0;) {
		size_t content = ber_written(out);
		struct oid name = {0};
		enum ber_tag missing;
		const struct mib_row *row = NULL;

		if (t->objects[i] && oid_append(&name, t->objects[i]))
			row = mib_get(m, &name, &missing);
		if (!row)
			continue;
		mib_put_value(m, row, now_us, out);
		ber_put_oid(out, &row->oid);
		ber_put_header(out, BER_SEQUENCE, content);
	}
}

static uint32_t
uptime(const struct snmp_agent *a, int64_t now_us)
{
	return (uint32_t)((now_us - a->engine.start_us) / 10000);
}

/* RFC 3416, 4.2.6: uptime and the trap's name come first. */
static bool
put_v2_pdu(const struct snmp_agent *a, const struct trap_def *t, int32_t id, int64_t now_us,
    struct ber_out *out)
{
	put_objects(&a->mib, t, now_us, out);
	size_t content = ber_written(out);
	if (!put_name(out, t->oid) || !put_name(out, "1.3.6.1.6.3.1.1.4.1.0"))
		return false;
	ber_put_header(out, BER_SEQUENCE, content);
	content = ber_written(out);
	ber_put_int(out, BER_TIMETICKS, uptime(a, now_us));
	if (!put_name(out, "1.3.6.1.2.1.1.3.0"))
		return false;
	ber_put_header(out, BER_SEQUENCE, content);
	snmp_put_pdu(out, PDU_TRAP, id, NO_ERROR, 0, 0);
	return true;
}

/* RFC 1157, 4.1.6; enterprise and specific trap as RFC 3584, 3.2 takes them from the name. */
static bool
put_v1_pdu(
    const struct snmp_agent *a, const struct trap_def *t, int64_t now_us, struct ber_out *out)
{
	enum { ENTERPRISE_SPECIFIC = 6 };
	struct oid name = {0};

	if (!oid_append(&name, t->oid) || name.n < 3)
		return false;
	uint32_t specific = name.sub[--name.n];
	if (name.sub[name.n - 1] == 0)
		name.n--;
	put_objects(&a->mib, t, now_us, out);
	ber_put_header(out, BER_SEQUENCE, 0);
	ber_put_int(out, BER_TIMETICKS, uptime(a, now_us));
	ber_put_int(out, BER_INTEGER, specific);
	ber_put_int(out, BER_INTEGER, ENTERPRISE_SPECIFIC);
	ber_put_bytes(out, "\x40\x04\x7f\x00\x00\x01", 6); /* agent-addr 127.0.0.1 */
	ber_put_oid(out, &name);
	ber_put_header(out, PDU_TRAP_V1, 0);
	return true;
}

static bool
make(struct snmp_agent *a, const struct trap_def *t, int64_t now_us, struct ber_out *out)
{
	enum snmp_version version = a->device->type->snmp_version;
	int32_t id;

	if (getrandom(&id, sizeof id, 0) != (ssize_t)sizeof id)
		return false;
	id &= INT32_MAX;
	if (version == SNMP_V1 ? !put_v1_pdu(a, t, now_us, out)
			       : !put_v2_pdu(a, t, id, now_us, out))
		return false;
	if (version == SNMP_V3)
		return snmp_v3_wrap_trap(a, id, now_us, out);
	ber_put_string(out, a->community, strlen(a->community));
	ber_put_int(out, BER_INTEGER, version);
	ber_put_header(out, BER_SEQUENCE, 0);
	return !out->full;
}

bool
snmp_trap_send(struct snmp_agent *a, const struct trap_def *t, uint16_t port, int64_t now_us)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
	    .sin_port = htons(port),
	    .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
	uint8_t message[SNMP_MESSAGE_MAX];
	struct ber_out out;

	ber_begin(&out, message, sizeof message);
	if (!make(a, t, now_us, &out))
		return false;
	/* Nobody may listen there: a trap is lost then, as on any network. */
	(void)sendto(a->watch.fd, out.p, ber_written(&out), 0,
	    (const struct sockaddr *)(const void *)&to, sizeof to);
	return true;
}

uint16_t
snmp_trap_free_port(void)
{
	struct sockaddr_in at = {
	    .sin_family = AF_INET, .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
	socklen_t length = sizeof at;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool found = fd >= 0 && bind(fd, (struct sockaddr *)(void *)&at, sizeof at) == 0 &&
		     getsockname(fd, (struct sockaddr *)(void *)&at, &length) == 0;

	if (fd >= 0)
		close(fd);
	return found ? ntohs(at.sin_port) : 0;
}

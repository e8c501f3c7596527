/* Start of net-snmp without its files, its log lines in ours, and our own engine. */
#include "drivers/snmp/library.h"

#include "base/arena.h"
#include "base/log.h"
#include "base/text.h"
#include "drivers/snmp/notify.h"

#include <stdio.h>
#include <string.h>

/* The name under which the library would look for its files, were it allowed to. */
#define LIBRARY_APPLICATION "facilityd"
/* Nothing can be read from or made in here, whatever a build of the library tries. */
#define LIBRARY_NOWHERE "/dev/null"

/* Different lines of the library that are held back when repeated. */
#define SAID_COUNT    8
#define SAID_AGAIN_MS (10 * 60 * 1000)
#define WARNED_MAX    5

struct said {
	char text[128];
	mono_t at;
};

static struct {
	bool started;
	struct own_engine self;
	struct said said[SAID_COUNT];
	size_t said_next;
	unsigned warned; /* warnings since warned_since */
	mono_t warned_since;
} library;

const struct own_engine *
library_engine(void)
{
	return &library.self;
}

bool
engine_id_equal(const struct engine_id *a, const struct engine_id *b)
{
	return a->length == b->length && memcmp(a->octets, b->octets, a->length) == 0;
}

char *
engine_id_text(const struct engine_id *id, char buf[ENGINE_ID_TEXT_MAX])
{
	size_t n = 0;

	n += text_printf(buf, ENGINE_ID_TEXT_MAX, "0x");
	for (size_t i = 0; i < id->length; i++)
		n += text_printf(buf + n, ENGINE_ID_TEXT_MAX - n, "%02x", id->octets[i]);
	return buf;
}

netsnmp_pdu *
library_pdu(int kind)
{
	netsnmp_pdu *pdu = snmp_pdu_create(kind);

	if (pdu == NULL)
		log_fatal("out of memory");
	return pdu;
}

void
library_add(netsnmp_variable_list **end, const struct oid *asked)
{
	oid name[MAX_OID_LEN];
	size_t n = asked->length < MAX_OID_LEN ? asked->length : MAX_OID_LEN;

	for (size_t i = 0; i < n; i++)
		name[i] = asked->sub[i];
	if (snmp_varlist_add_variable(end, name, n, ASN_NULL, NULL, 0) == NULL)
		log_fatal("out of memory");
}

/* More than any variable takes: a sub-identifier five octets at most, five tags and lengths. */
static size_t
room_for(const netsnmp_variable_list *v)
{
	return v->name_length * 5 + v->val_len + 64;
}

static uint8_t *
write_variable(uint8_t *at, size_t room, const netsnmp_variable_list *v)
{
	size_t name_length = v->name_length, left = room;
	uint8_t *end =
	    snmp_build_var_op(at, v->name, &name_length, v->type, v->val_len, v->val.string, &left);

	if (end != NULL)
		return end;
	left = room;
	return snmp_build_var_op(at, v->name, &name_length, ASN_NULL, 0, NULL, &left);
}

uint8_t *
library_variables(const netsnmp_variable_list *vars, struct ber *out)
{
	size_t room = 1;
	uint8_t *octets, *at, *end;

	for (const netsnmp_variable_list *v = vars; v != NULL; v = v->next_variable)
		room += room_for(v);
	octets = at = xcalloc(room, 1);
	for (const netsnmp_variable_list *v = vars; v != NULL; v = v->next_variable) {
		end = write_variable(at, room - (size_t)(at - octets), v);
		if (end == NULL)
			break; /* a name that cannot be: what follows is no answer either */
		at = end;
	}
	*out = (struct ber){octets, (size_t)(at - octets)};
	return octets;
}

/* The library repeats itself with every packet: the same line is news once in ten minutes. */
static bool
said_lately(const char *text, mono_t now)
{
	struct said *s;

	for (size_t i = 0; i < SAID_COUNT; i++) {
		s = &library.said[i];
		if (s->text[0] == '\0' || strcmp(s->text, text) != 0)
			continue;
		if (mono_ms_between(now, s->at) < SAID_AGAIN_MS)
			return true;
		s->at = now;
		return false;
	}
	s = &library.said[library.said_next];
	library.said_next = (library.said_next + 1) % SAID_COUNT;
	text_copy(s->text, sizeof(s->text), text);
	s->at = now;
	return false;
}

/* Whoever can send a datagram can make the library write lines: a few are enough. */
static enum log_level
level_for(int priority, mono_t now)
{
	if (priority > LOG_ERR)
		return LOG_LEVEL_DEBUG;
	if (library.warned == 0 || mono_ms_between(now, library.warned_since) >= SAID_AGAIN_MS) {
		library.warned = 0;
		library.warned_since = now;
	}
	return library.warned++ < WARNED_MAX ? LOG_LEVEL_WARN : LOG_LEVEL_DEBUG;
}

/*
 * What matters for people is said by peer.c, with the device's name; the library's own warnings
 * ("Authentication failed for ...") name no device and are kept for debugging.
 */
static int
on_library_log(int major, int minor, void *message, void *arg)
{
	const struct snmp_log_message *m = message;
	char text[128];
	size_t length = strcspn(m->msg, "\n");
	mono_t now = clock_mono();

	(void)major;
	(void)minor;
	(void)arg;
	text_clean(text, sizeof(text), m->msg, length);
	if (text[0] == '\0' || said_lately(text, now))
		return 0;
	log_line(level_for(m->priority, now), "net-snmp: %s", text);
	return 0;
}

static void
set_switches(void)
{
	static const int on[] = {NETSNMP_DS_LIB_DONT_READ_CONFIGS,
	    NETSNMP_DS_LIB_DISABLE_CONFIG_LOAD, NETSNMP_DS_LIB_DONT_PERSIST_STATE,
	    NETSNMP_DS_LIB_DISABLE_PERSISTENT_LOAD, NETSNMP_DS_LIB_DISABLE_PERSISTENT_SAVE};
	char no_mibs[] = "mibs :";

	for (size_t i = 0; i < sizeof(on) / sizeof(on[0]); i++)
		netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, on[i], 1);
	netsnmp_ds_set_string(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_MIBDIRS, LIBRARY_NOWHERE);
	set_configuration_directory(LIBRARY_NOWHERE);
	set_persistent_directory(LIBRARY_NOWHERE);
	netsnmp_config_remember(no_mibs);
}

/* Once in a process: the library cannot be ended cleanly (5.9.3 writes files at its end). */
static void
start_library(void)
{
	library.started = true;
	snmp_enable_calllog();
	snmp_register_callback(SNMP_CALLBACK_LIBRARY, SNMP_CALLBACK_LOGGING, on_library_log, NULL);
	set_switches();
	set_exact_engineID(library.self.id.octets, library.self.id.length);
	init_snmp(LIBRARY_APPLICATION);
}

/* What the library has to know of our own engine. */
static void
tell_engine(void)
{
	const struct own_engine *self = &library.self;
	const uint8_t *id = self->id.octets;
	size_t length = self->id.length;
	char boots_before[16];

	/* The library's reader of a stored "engineBoots" line counts one up: one start, one more.
	 */
	set_exact_engineID(id, length);
	snprintf(boots_before, sizeof(boots_before), "%u", self->boots - 1);
	engineBoots_conf("engineBoots", boots_before);
	set_enginetime(id, (u_int)length, self->boots, (u_int)snmpv3_local_snmpEngineTime(), TRUE);
}

void
library_need(void)
{
	if (library.started)
		return;
	start_library();
	tell_engine();
}

void
snmp_engine_start(
    struct loop *loop, const uint8_t *engine_id, size_t engine_id_length, uint32_t boots)
{
	struct own_engine *self = &library.self;
	char text[ENGINE_ID_TEXT_MAX];

	if (engine_id_length < ENGINE_ID_MIN || engine_id_length > ENGINE_ID_MAX || boots == 0)
		log_fatal("SNMP engine ID of %zu octets and boots %u: want %d to %d octets, and "
			  "boots from 1",
		    engine_id_length, boots, ENGINE_ID_MIN, ENGINE_ID_MAX);
	self->loop = loop;
	self->id.length = engine_id_length;
	memcpy(self->id.octets, engine_id, engine_id_length);
	self->boots = boots;
	if (library.started)
		tell_engine();
	log_info("SNMP engine ID %s, boots %u", engine_id_text(&self->id, text), boots);
}

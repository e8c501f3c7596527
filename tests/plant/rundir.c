#include "rundir.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SECRET_LETTERS = 24, NAME_MAX_BYTES = 64 };

#define OVERLAY_FILE "overlay.yaml"
#define BADGES_FILE  "badges.csv"

bool
rundir_enter(const char *dir, char absolute[PATH_MAX])
{
	if (mkdir(dir, 0755) < 0 && errno != EEXIST)
		return false;
	return chdir(dir) == 0 && realpath(".", absolute) != NULL;
}

/* Letters only: no YAML reader takes them for a number. 24 of 24 kinds: 110 bits. */
static bool
make_secret(char secret[SNMP_SECRET_MAX])
{
	uint8_t random[SECRET_LETTERS];

	if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
		return false;
	for (int i = 0; i < SECRET_LETTERS; i++)
		secret[i] = (char)('a' + random[i] % 24);
	secret[SECRET_LETTERS] = '\0';
	return true;
}

/* A new file of that mode, instead of an old one. */
static FILE *
create(const char *path, mode_t mode)
{
	(void)unlink(path);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	return fd < 0 ? NULL : fdopen(fd, "w");
}

static bool
finish(FILE *f)
{
	bool ok = !ferror(f);

	return fclose(f) == 0 && ok;
}

/* RFC 3411: enterprise number with the first bit set, format 5 (octets), eight random octets. */
static bool
make_engine_id(struct engine *e)
{
	static const uint8_t head[] = {0x80, 0x00, 0x4d, 0x0b, 5}; /* enterprise 19723 */

	memcpy(e->id, head, sizeof head);
	e->id_length = sizeof head + 8;
	return getrandom(e->id + sizeof head, 8, 0) == 8;
}

static bool
read_engine(FILE *f, struct engine *e)
{
	char hex[2 * ENGINE_ID_MAX + 1];

	if (fscanf(f, "engine_id: %64s boots: %" SCNu32, hex, &e->boots) != 2)
		return false;
	e->id_length = 0;
	for (const char *p = hex; p[0] && p[1]; p += 2) {
		char digits[] = {p[0], p[1], '\0'};
		e->id[e->id_length++] = (uint8_t)strtoul(digits, NULL, 16);
	}
	return e->id_length >= 5;
}

/* The engine ID stays, boots go up by one: as RFC 3414 wants it of an engine that was restarted. */
static bool
load_engine(struct engine *e, const char *path)
{
	FILE *f = fopen(path, "r");
	bool known = f && read_engine(f, e);

	if (f)
		fclose(f);
	if (!known) {
		e->boots = 0;
		if (!make_engine_id(e))
			return false;
	}
	e->boots++;
	f = create(path, 0600);
	if (!f)
		return false;
	fputs("engine_id: ", f);
	for (size_t i = 0; i < e->id_length; i++)
		fprintf(f, "%02x", e->id[i]);
	fprintf(f, "\nboots: %" PRIu32 "\n", e->boots);
	return finish(f);
}

bool
rundir_boot_engine(struct snmp_agent *a)
{
	char path[NAME_MAX_BYTES];

	snprintf(path, sizeof path, "%s.engine", a->device->name);
	return a->device->type->snmp_version != SNMP_V3 || load_engine(&a->engine, path);
}

bool
rundir_make_secret(struct snmp_agent *a, const struct device *d)
{
	char path[NAME_MAX_BYTES], auth[SNMP_SECRET_MAX], priv[SNMP_SECRET_MAX];

	a->engine.start_us = clock_mono_us();
	snprintf(path, sizeof path, "%s.engine", d->name);
	if (d->type->snmp_version == SNMP_V3 && !load_engine(&a->engine, path))
		return false;
	snprintf(path, sizeof path, "%s.secret", d->name);
	FILE *f = create(path, 0600);
	if (!f)
		return false;
	if (!make_secret(a->community) || !make_secret(auth) || !make_secret(priv)) {
		fclose(f);
		return false;
	}
	if (d->type->snmp_version != SNMP_V3) {
		fprintf(f, "community: %s\n", a->community);
		return finish(f);
	}
	fprintf(
	    f, "auth_protocol: %s\nauth_passphrase: %s\n", usm_auth_word(d->type->snmp_auth), auth);
	fprintf(f, "priv_protocol: AES\npriv_passphrase: %s\n", priv);
	return finish(f) &&
	       usm_make_user(&a->user, &a->engine, d->type->snmp_auth, SNMP_USER, auth, priv);
}

/* The agent's name of a device's link; NULL: the device has none of its own. */
static const char *
link_name(const struct device *d)
{
	static const char *const links[][2] = {{"crac2", "crac2_tcp"}, {"door1", "io_1"},
	    {"door2", "io_2"}, {"keycab1", "io_3"}, {"access1", "access_1"}};

	for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
		if (strcmp(d->name, links[i][0]) == 0)
			return links[i][1];
	}
	return NULL;
}

static bool
any_served(const struct device *devices, size_t n, enum transport transport)
{
	for (size_t i = 0; i < n; i++) {
		if (devices[i].served && devices[i].type->transport == transport)
			return true;
	}
	return false;
}

/* Whose badge is whose: a table about people, so nobody else may read it. */
static bool
write_badges(FILE *overlay, const char *absolute)
{
	FILE *f = create(BADGES_FILE, 0600);

	if (!f)
		return false;
	fputs("number,name\n", f);
	for (int i = 0; i < ACCESS_PEOPLE; i++)
		fprintf(f, "%" PRIu64 ",%s\n", access_people[i].badge, access_people[i].name);
	fprintf(overlay, "badges: {file: \"%s/" BADGES_FILE "\"}\n", absolute);
	return finish(f);
}

static bool
is_served(const struct device *devices, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(devices[i].name, name) == 0)
			return devices[i].served;
	}
	return false;
}

bool
rundir_write_overlay(const char *absolute, const struct device *devices, size_t n,
    uint16_t bus_port, uint16_t trap_port)
{
	bool bus = any_served(devices, n, MODBUS_RTU);
	FILE *f = create(OVERLAY_FILE, 0644);

	if (!f)
		return false;
	fprintf(f, "# traps of the devices go to 127.0.0.1 port %u\n", trap_port);
	fprintf(f, "traps: {listen: 127.0.0.1, port: %u}\n", trap_port);
	if (bus || any_served(devices, n, MODBUS_TCP))
		fputs("links:\n", f);
	if (bus && bus_port)
		fprintf(f, "  rs485_1: {address: 127.0.0.1, port: %u}\n", bus_port);
	else if (bus)
		fprintf(f, "  rs485_1: {port: \"%s/" LINK_FILE "\"}\n", absolute);
	for (size_t i = 0; i < n; i++) {
		if (devices[i].served && link_name(&devices[i]))
			fprintf(f, "  %s: {address: 127.0.0.1, port: %u}\n", link_name(&devices[i]),
			    devices[i].port);
	}
	if (any_served(devices, n, SNMP))
		fputs("devices:\n", f);
	for (size_t i = 0; i < n; i++) {
		const struct device *d = &devices[i];
		if (d->served && d->type->transport == SNMP)
			fprintf(f,
			    "  %s: {snmp: {address: 127.0.0.1, port: %u, "
			    "secrets: \"%s/%s.secret\"}}\n",
			    d->name, d->port, absolute, d->name);
	}
	bool badges = !is_served(devices, n, "access1") || write_badges(f, absolute);
	return finish(f) && badges;
}

void
rundir_leave(const struct device *devices, size_t n)
{
	char path[NAME_MAX_BYTES];

	for (size_t i = 0; i < n; i++) {
		snprintf(path, sizeof path, "%s.secret", devices[i].name);
		(void)unlink(path);
	}
	(void)unlink(OVERLAY_FILE);
	(void)unlink(BADGES_FILE);
	(void)unlink(LINK_FILE);
	(void)unlink(SOCKET_FILE);
}

/*
 * A site file, a file laid over it, names.yaml, a table of badges and a file with secrets, with
 * anything in them, parted by lines "%%": all are read and checked together, or every mistake is
 * told with its place. A part that is empty or not there is a good one.
 */
#include "fuzz_load.h"

#include <sys/stat.h>

#define GOOD "tests/golden/site/"

enum { SITE, OVER, NAMES, BADGES, SECRET, PARTS_MOST };

static const char site_text[] = "site: {name: hall, board: virtual}\n"
				"zones: {room: {}}\n"
				"links: {tcp: {kind: modbus-tcp, address: 192.0.2.1}}\n"
				"devices:\n"
				"  a: {profile: unit-a, link: tcp, unit: 1, zone: room}\n"
				"  u: {profile: ups-a, zone: room, snmp: {address: 192.0.2.2, "
				"version: 2c, secrets: u.secret}}\n"
				"badges: {file: badges.csv}\n";
static const char badges_text[] = "Number,Name\n4711,Sato\n";
static const char secret_text[] = "community: not public\n";

struct part {
	const uint8_t *at;
	size_t size;
};

/* The parts of the input between lines "%%". */
static void
split(const uint8_t *data, size_t size, struct part *parts)
{
	static const char line[] = "%%\n";
	size_t n = 0;

	for (;;) {
		const uint8_t *end = memmem(data, size, line, sizeof(line) - 1);
		size_t length = end != NULL && n + 1 < PARTS_MOST ? (size_t)(end - data) : size;

		parts[n++] = (struct part){data, length};
		if (length == size)
			return;
		data += length + sizeof(line) - 1;
		size -= length + sizeof(line) - 1;
	}
}

/* config/ with profiles of the golden tests. */
static void
make_config(const char *dir)
{
	static const char *const folders[] = {"", "/profiles", "/profiles/hvac", "/profiles/ups"};
	static const char *const profiles[] = {"hvac/unit-a", "ups/ups-a"};
	static bool made;
	char path[256], from[128];

	if (made)
		return;
	made = true;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		snprintf(path, sizeof(path), "%s/config%s", dir, folders[i]);
		FUZZ_CHECK(mkdir(path, 0700) == 0);
	}
	for (size_t i = 0; i < sizeof(profiles) / sizeof(profiles[0]); i++) {
		snprintf(path, sizeof(path), "%s/config/profiles/%s.yaml", dir, profiles[i]);
		snprintf(from, sizeof(from), GOOD "config/profiles/%s.yaml", profiles[i]);
		fuzz_copy(from, path);
	}
}

/* Theirs alone to read who may, as files with secrets must be. */
static void
write_part(const char *dir, const char *name, const struct part *p, const char *good)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fuzz_write(path, p->size > 0 ? p->at : (const uint8_t *)good,
	    p->size > 0 ? p->size : strlen(good));
	FUZZ_CHECK(chmod(path, 0600) == 0);
}

static void
read_names(char *text, size_t size)
{
	FILE *f = fopen(GOOD "config/names.yaml", "rb");

	FUZZ_CHECK(f != NULL);
	size = fread(text, 1, size - 1, f);
	fclose(f);
	text[size] = '\0';
}

static void
write_parts(const char *dir, const uint8_t *data, size_t size)
{
	static char names[16384];
	struct part parts[PARTS_MOST] = {0};

	if (names[0] == '\0')
		read_names(names, sizeof(names));
	split(data, size, parts);
	write_part(dir, "site.yaml", &parts[SITE], site_text);
	write_part(dir, "over.yaml", &parts[OVER], "");
	write_part(dir, "config/names.yaml", &parts[NAMES], names);
	write_part(dir, "badges.csv", &parts[BADGES], badges_text);
	write_part(dir, "u.secret", &parts[SECRET], secret_text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *dir = fuzz_dir();
	char site_file[128], over[128], config[128];
	const char *const overlays[] = {over};

	make_config(dir);
	write_parts(dir, data, size);
	snprintf(site_file, sizeof(site_file), "%s/site.yaml", dir);
	snprintf(over, sizeof(over), "%s/over.yaml", dir);
	snprintf(config, sizeof(config), "%s/config", dir);
	fuzz_load(&(struct site_options){.site_file = site_file,
	    .overlays = overlays,
	    .overlay_count = 1,
	    .config_dir = config,
	    .boards_dir = GOOD "boards",
	    .secrets_may_wait = true});
	return 0;
}

/* A profile with anything in it, used by a site that is good. */
#include "fuzz_load.h"

#include <sys/stat.h>

static const char site_text[] =
    "site: {name: hall, board: virtual}\n"
    "zones: {room: {}}\n"
    "links: {tcp: {kind: modbus-tcp, address: 192.0.2.1}}\n"
    "devices:\n"
    "  a: {profile: unit-f, link: tcp, unit: 1, zone: room}\n"
    "  b: {profile: unit-f, snmp: {address: 192.0.2.2, version: 2c, secrets: s}, zone: room}\n";

/* names.yaml as it is in the golden tests, and a folder for the profile. */
static void
make_config(const char *dir)
{
	static bool made;
	char path[192];

	if (made)
		return;
	made = true;
	snprintf(path, sizeof(path), "%s/profiles", dir);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/profiles/hvac", dir);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/names.yaml", dir);
	fuzz_copy("tests/golden/site/config/names.yaml", path);
	snprintf(path, sizeof(path), "%s/site.yaml", dir);
	fuzz_write(path, site_text, sizeof(site_text) - 1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *dir = fuzz_dir();
	char path[192], site_file[128];

	make_config(dir);
	snprintf(path, sizeof(path), "%s/profiles/hvac/unit-f.yaml", dir);
	snprintf(site_file, sizeof(site_file), "%s/site.yaml", dir);
	fuzz_write(path, data, size);
	fuzz_load(&(struct site_options){.site_file = site_file,
	    .config_dir = dir,
	    .boards_dir = "tests/golden/site/boards",
	    .secrets_may_wait = true});
	return 0;
}

/*
 * A site file, a file laid over it and names.yaml with anything in them, parted by lines "%%": the
 * three are merged and checked together, or every mistake is told with its place. A part that is
 * not there is the good one of the golden tests.
 */
#include "fuzz_load.h"

#include <sys/stat.h>

#define GOOD       "tests/golden/site/"
#define PARTS_MOST 3

static const char site_text[] = "site: {name: hall, board: virtual}\n"
				"zones: {room: {}}\n"
				"links: {tcp: {kind: modbus-tcp, address: 192.0.2.1}}\n"
				"devices:\n"
				"  a: {profile: unit-a, link: tcp, unit: 1, zone: room}\n";

struct part {
	const uint8_t *at;
	size_t size;
};

/* The parts of the input between lines "%%". */
static size_t
split(const uint8_t *data, size_t size, struct part *parts)
{
	static const char line[] = "%%\n";
	size_t n = 0;

	for (;;) {
		const uint8_t *end = memmem(data, size, line, sizeof(line) - 1);
		size_t length = end != NULL && n + 1 < PARTS_MOST ? (size_t)(end - data) : size;

		parts[n++] = (struct part){data, length};
		if (length == size)
			return n;
		data += length + sizeof(line) - 1;
		size -= length + sizeof(line) - 1;
	}
}

/* config/ with the profile of the golden tests. */
static void
make_config(const char *dir)
{
	static const char *const folders[] = {"", "/profiles", "/profiles/hvac"};
	static bool made;
	char path[256];

	if (made)
		return;
	made = true;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		snprintf(path, sizeof(path), "%s/config%s", dir, folders[i]);
		FUZZ_CHECK(mkdir(path, 0700) == 0);
	}
	snprintf(path, sizeof(path), "%s/config/profiles/hvac/unit-a.yaml", dir);
	fuzz_copy(GOOD "config/profiles/hvac/unit-a.yaml", path);
}

static void
write_parts(const char *dir, const uint8_t *data, size_t size)
{
	struct part parts[PARTS_MOST];
	size_t n = split(data, size, parts);
	char path[256];

	snprintf(path, sizeof(path), "%s/site.yaml", dir);
	if (parts[0].size > 0)
		fuzz_write(path, parts[0].at, parts[0].size);
	else
		fuzz_write(path, site_text, sizeof(site_text) - 1);
	snprintf(path, sizeof(path), "%s/over.yaml", dir);
	fuzz_write(path, n > 1 ? parts[1].at : (const uint8_t *)"", n > 1 ? parts[1].size : 0);
	snprintf(path, sizeof(path), "%s/config/names.yaml", dir);
	if (n > 2)
		fuzz_write(path, parts[2].at, parts[2].size);
	else
		fuzz_copy(GOOD "config/names.yaml", path);
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

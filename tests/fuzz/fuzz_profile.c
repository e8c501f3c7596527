/*
 * A profile with anything in it, used by a site that is good. The file stands where its own words
 * say, or no profile would ever be taken: a name and a kind that are none make it "x" of kind "y".
 * A device of it is asked by SNMP, by contacts or by Modbus, as the profile has it.
 */
#include "fuzz_load.h"

#include <sys/stat.h>

static const char *const ways[][2] = {
    {"oid:", "snmp: {address: 192.0.2.2, version: 2c, secrets: s}"},
    {"contact:", "contacts: {fan: {terminal: di1}, door: {terminal: di2}, a: {terminal: di3}}"},
    {"", "link: tcp, unit: 1"}};

struct input {
	const char *text;
	size_t size;
};

static bool
has(const struct input *in, const char *word)
{
	return memmem(in->text, in->size, word, strlen(word)) != NULL;
}

/* The word behind the key at the beginning of a line, as far as it may be the name of a file. */
static const char *
word_of(const struct input *in, const char *key, const char *otherwise, char *buf, size_t size)
{
	const char *at = memmem(in->text, in->size, key, strlen(key));
	size_t n = 0;

	if (at != NULL && (at == in->text || at[-1] == '\n'))
		for (at += strlen(key);
		     at < in->text + in->size && n + 1 < size &&
		     strchr("abcdefghijklmnopqrstuvwxyz0123456789_-", *at) != NULL && *at != '\0';
		     at++)
			buf[n++] = *at;
	buf[n] = '\0';
	return n > 0 ? buf : otherwise;
}

static void
write_site(const char *path, const char *name, const char *way)
{
	char text[512];
	int n = snprintf(text, sizeof(text),
	    "site: {name: hall, board: virtual}\n"
	    "zones: {room: {}}\n"
	    "links: {tcp: {kind: modbus-tcp, address: 192.0.2.1}}\n"
	    "devices: {a: {profile: %s, zone: room, %s}}\n",
	    name, way);

	fuzz_write(path, text, (size_t)n);
}

/* names.yaml of the tree, with those of its 700 lines whose names stand in the input: quick. */
static void
write_names(const struct input *in, const char *path)
{
	static char all[1 << 17], some[1 << 17];
	size_t n = 0;

	if (all[0] == '\0')
		fuzz_read("firmware-config/names.yaml", all, sizeof(all));
	for (const char *line = all, *end; *line != '\0'; line = end) {
		size_t name = strspn(line, " "), length;

		end = line + strcspn(line, "\n");
		end += *end == '\n';
		length = strcspn(line + name, "*:");
		if (name > 0 && memmem(in->text, in->size, line + name, length) == NULL)
			continue;
		memcpy(some + n, line, (size_t)(end - line));
		n += (size_t)(end - line);
	}
	fuzz_write(path, some, n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct input in = {(const char *)data, size};
	const char *dir = fuzz_dir(), *name, *kind;
	char path[256], folder[192], site_file[128], buf[2][40];
	size_t way = 0;

	snprintf(path, sizeof(path), "%s/profiles", dir);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/names.yaml", dir);
	write_names(&in, path);
	name = word_of(&in, "profile: ", "x", buf[0], sizeof(buf[0]));
	kind = word_of(&in, "kind: ", "y", buf[1], sizeof(buf[1]));
	snprintf(folder, sizeof(folder), "%s/profiles/%s", dir, kind);
	mkdir(folder, 0700);
	snprintf(path, sizeof(path), "%s/%s.yaml", folder, name);
	fuzz_write(path, data, size);
	while (!has(&in, ways[way][0]))
		way++;
	snprintf(site_file, sizeof(site_file), "%s/site.yaml", dir);
	write_site(site_file, name, ways[way][1]);
	fuzz_load(&(struct site_options){.site_file = site_file,
	    .config_dir = dir,
	    .boards_dir = "boards",
	    .secrets_may_wait = true});
	unlink(path);
	rmdir(folder);
	return 0;
}

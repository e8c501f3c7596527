#include "site/site_load.h"

#include "site/loader.h"

#include <string.h>

/* The site as handed out, and what it lives in. */
struct loaded_site {
	struct site site; /* first: site_free() finds its way back */
	struct arena *arena;
};

/* The site file with everything laid over it, or NULL: reported. */
static struct node *
read_all(struct loader *l)
{
	struct node *root =
	    doc_read(loader_memory(l), l->rd.findings, l->options->site_file, false);

	for (size_t i = 0; i < l->options->overlay_count; i++) {
		struct node *over =
		    doc_read(loader_memory(l), l->rd.findings, l->options->overlays[i], false);

		if (root && over)
			root = doc_merge(l->rd.scratch, root, over);
	}
	return root;
}

static void
load(struct loader *l, struct site *site)
{
	struct node *root = read_all(l);
	struct site_keys k = {0};

	if (root == NULL)
		return;
	names_read(l);
	section_read(&l->rd, &section_site, root, root, SECTION_WHOLE, &k);
	site->name = k.site.name ? k.site.name : "";
	site->title = k.site.title.en ? k.site.title : (struct label){.en = site->name};
	site->language = (enum language)k.site.language;
	board_load(l, &k.site, root, site);
	zones_load(l, k.zones, site);
	links_load(l, k.links, k.devices, site);
	devices_load(l, &k, site);
	maintenance_load(l, k.maintenance, site);
	mqtt_load(l, &k.mqtt, root, site);
	noc_load(l, &k.noc, site);
	traps_load(&k.traps, root, site);
	targets_finish(l);
	badges_load(l, &k.badges, root, site);
	site->store.max_events = (uint64_t)k.store.max_events;
	site->history = (struct history_spec){.ram_bytes = (uint64_t)k.history.ram,
	    .disk_bytes = (uint64_t)k.history.disk,
	    .keep_ms = k.history.keep};
	site->control.group = k.control.group;
}

const struct site *
site_load(const struct site_options *o, FILE *out, struct site_report *report)
{
	struct arena *arena = arena_new(), *scratch = arena_new();
	struct loader l = {.options = o};
	struct loaded_site *loaded = arena_alloc(arena, sizeof(*loaded));

	l.rd.arena = arena;
	l.rd.scratch = scratch;
	l.rd.findings = findings_new(scratch);
	loaded->arena = arena;
	loaded->site.file = arena_strdup(arena, o->site_file);
	load(&l, &loaded->site);
	findings_print(l.rd.findings, out);
	report->errors = findings_errors(l.rd.findings);
	report->warnings = findings_warnings(l.rd.findings);
	arena_free(scratch);
	if (report->errors == 0)
		return &loaded->site;
	arena_free(arena);
	return NULL;
}

void
site_free(const struct site *s)
{
	const struct loaded_site *loaded = (const struct loaded_site *)s;

	if (s)
		arena_free(loaded->arena);
}

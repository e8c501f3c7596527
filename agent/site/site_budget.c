/* The bus budget as a table, and what to do where a wire is too busy. */
#include "site/site_load.h"

#include "base/text.h"
#include "core/budget.h"

#include <string.h>

#define BUSY_PERCENT 80.0
#define FULL_PERCENT 100.0

static void
print_time(FILE *out, double ms)
{
	if (ms < 10000)
		fprintf(out, "%7.0f ms", ms);
	else
		fprintf(out, "%8.1f s", ms / 1000);
}

static size_t
count_devices(const struct site *s, int link)
{
	size_t n = 0;

	for (size_t i = 0; i < s->device_count; i++)
		n += s->devices[i].link == link;
	return n;
}

static void
print_row(const struct site *s, int link, const struct budget *b, FILE *out)
{
	const struct link_spec *spec = &s->links[link];

	fprintf(out, "  %-16s %-11s %7zu %9u %8u", spec->name, link_kind_word(spec->kind),
	    count_devices(s, link), b->requests_per_cycle, b->requests_per_minute);
	print_time(out, b->cycle_ms);
	fprintf(out, " %5.1f %%", b->load_percent);
	print_time(out, b->worst_cycle_ms);
	fprintf(out, "  %s\n",
	    b->worst_cycle_ms > b->cycle_ms ? s->devices[b->worst_device].name : "-");
}

/* The device that takes most of the wire could be moved; a serial line could be faster. */
static void
judge(const struct site *s, int link, const struct budget *b, FILE *out, struct site_report *report)
{
	const struct link_spec *spec = &s->links[link];
	bool full = b->load_percent > FULL_PERCENT;

	if (b->load_percent <= BUSY_PERCENT)
		return;
	if (full)
		report->errors++;
	else
		report->warnings++;
	fprintf(out, "%s:%d:%d: %s: link \"%s\" would be busy %.0f %% of the time\n",
	    spec->place.file, spec->place.line, spec->place.column, full ? "error" : "warning",
	    spec->name, b->load_percent);
	fprintf(out, "  %s: longer poll periods of its devices, %s\n",
	    full ? "its polls cannot be kept; expected at most 80 %" : "expected at most 80 %",
	    spec->kind != LINK_MODBUS_RTU && spec->kind != LINK_MODBUS_RTU_TCP ? "or fewer points"

	    : spec->baud < 115200 ? "a higher baud rate, or a second bus for some of them"
				  : "or a second bus for some of them");
}

void
site_print_budget(const struct site *s, FILE *out, struct site_report *report)
{
	struct budget b;

	fputs("bus budget, worked out from the profiles\n", out);
	fputs("  link             kind        devices  requests  per min      cycle    load  "
	      "one silent  which\n",
	    out);
	for (size_t i = 0; i < s->link_count; i++) {
		if (count_devices(s, (int)i) == 0)
			continue;
		budget_link(s, (int)i, &b);
		print_row(s, (int)i, &b, out);
	}
	for (size_t i = 0; i < s->link_count; i++) {
		budget_link(s, (int)i, &b);
		judge(s, (int)i, &b, out, report);
	}
}

/* The board: which line is which LED, button and buzzer. */
#include "site/loader.h"

#include <string.h>
#include <unistd.h>

static struct line_spec
line_from(const struct line_keys *k)
{
	return (struct line_spec){.chip = k->chip,
	    .offset = k->chip ? (int)k->line : NO_INDEX,
	    .active_low = k->active_low};
}

static void
report_missing(struct loader *l, const struct node *at, const char *name)
{
	const char **folders;
	size_t n = list_files(l, l->options->boards_dir, false, "", &folders);
	struct finding *x;

	if (at == NULL) {
		error_file(
		    l->rd.findings, l->options->boards_dir, "there is no board \"%s\"", name);
		return;
	}
	x = ERROR(l, at, "there is no board \"%s\" in %s", name, l->options->boards_dir);
	finding_choices(l->rd.findings, x, name, folders, n);
}

void
board_load(
    struct loader *l, const struct head_keys *head, const struct node *root, struct site *site)
{
	const struct node *at = node_get(node_get(root, "site"), "board"), *map;
	struct board_keys k = {0};
	const char *path;

	if (head->board == NULL)
		return;
	path = arena_printf(l->rd.arena, "%s/%s/board.yaml", l->options->boards_dir, head->board);
	if (access(path, F_OK) != 0) {
		report_missing(l, at, head->board);
		return;
	}
	map = doc_read(l->rd.arena, l->rd.findings, path, false);
	if (map == NULL)
		return;
	section_read(&l->rd, &section_board, map, map, SECTION_WHOLE, &k);
	if (k.board && strcmp(k.board, head->board) != 0)
		HINT(l, ERROR(l, node_get(map, "board"), "the folder is called %s", head->board),
		    "both must be the same");
	site->board = (struct board_spec){.name = head->board,
	    .title = k.title,
	    .is_virtual = k.is_virtual,
	    .leds = {[LED_GREEN] = line_from(&k.leds.green),
		[LED_AMBER] = line_from(&k.leds.amber),
		[LED_RED] = line_from(&k.leds.red)},
	    .buzzer = line_from(&k.buzzer),
	    .ack_button = line_from(&k.ack_button),
	    .lamp_test_button = line_from(&k.lamp_test_button),
	    .place = node_place(map)};
}

/* The board: which line is which LED, button and buzzer. */
#include "site/loader.h"

#include <string.h>
#include <unistd.h>

static struct line_spec
line_from(const struct line_keys *k)
{
	return (struct line_spec){.chip = k->chip,
	    .offset = k->chip ? (int)k->line : NO_INDEX,
	    .name = k->name,
	    .active_low = k->active_low,
	    .pull = (enum line_pull)k->pull,
	    .safe = k->safe};
}

static void
terminals_load(struct loader *l, const struct node *map, struct board_spec *board)
{
	size_t n = map ? map->count : 0;
	struct terminal_spec *all = arena_array(l->rd.arena, n, sizeof(*all));

	for (size_t i = 0; i < n; i++) {
		const struct pair *p = &map->pairs[i];
		struct line_keys k = {.line = -1};

		name_read(&l->rd, p->key, false);
		section_read(&l->rd, &section_input, p->value, p->key, SECTION_WHOLE, &k);
		all[i] = (struct terminal_spec){.name = p->key->text, .line = line_from(&k)};
	}
	board->terminals = all;
	board->terminal_count = n;
}

/* ---- one line has one use ----------------------------------------------------------------------
 */

struct used_line {
	const char *what;
	const struct line_spec *line;
};

static void
check_lines(struct loader *l, const struct node *map, const struct board_spec *b)
{
	struct used_line fixed[] = {{"green", &b->leds[LED_GREEN]}, {"amber", &b->leds[LED_AMBER]},
	    {"red", &b->leds[LED_RED]}, {"buzzer", &b->buzzer}, {"fault_relay", &b->fault_relay},
	    {"ack_button", &b->ack_button}, {"lamp_test_button", &b->lamp_test_button}};
	const size_t n = sizeof(fixed) / sizeof(fixed[0]);
	struct used_line *all = arena_array(l->rd.arena, n + b->terminal_count, sizeof(*all));

	memcpy(all, fixed, sizeof(fixed));
	for (size_t i = 0; i < b->terminal_count; i++)
		all[n + i] = (struct used_line){b->terminals[i].name, &b->terminals[i].line};
	for (size_t i = 0; i < n + b->terminal_count; i++) {
		for (size_t j = 0; all[i].line->chip && j < i; j++) {
			if (all[j].line->chip == NULL ||
			    all[j].line->offset != all[i].line->offset ||
			    strcmp(all[j].line->chip, all[i].line->chip) != 0)
				continue;
			HINT(l,
			    ERROR(l, map, "\"%s\" and \"%s\" are the same line %d of %s",
				all[j].what, all[i].what, all[i].line->offset, all[i].line->chip),
			    "each terminal, lamp and relay has a line of its own: compare with the "
			    "board's drawing");
		}
	}
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
	map = doc_read(loader_memory(l), l->rd.findings, path, false);
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
	    .fault_relay = line_from(&k.fault_relay),
	    .ack_button = line_from(&k.ack_button),
	    .lamp_test_button = line_from(&k.lamp_test_button),
	    .place = node_place(map)};
	terminals_load(l, k.terminals, &site->board);
	check_lines(l, map, &site->board);
}

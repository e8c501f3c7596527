#include "site/doc.h"

#include "site/doc_syntax.h"
#include "site/finding.h"

#include <errno.h>
#include <fcntl.h>
#include <libfyaml.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A document with more words than this cannot be a site. */
#define DOC_NODES_MAX 400000

struct open_node {
	struct node *node;
	struct node *key; /* of a map: read, its value still to come */
	struct link_cell {
		struct link_cell *next;
		struct node *key, *value;
	} * first, **last;
};

struct doc_reader {
	struct doc_memory memory;
	struct findings *findings;
	struct source_file *file;
	struct open_node stack[DOC_DEPTH_MAX];
	size_t depth, nodes;
	struct node *root;
	bool failed;
};

/* ---- the file -------------------------------------------------------------------------------- */

static bool
read_all(int fd, char *buf, size_t size)
{
	size_t got = 0;

	while (got < size) {
		ssize_t n = read(fd, buf + got, size - got);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		got += (size_t)n;
	}
	return true;
}

static struct source_file *
file_new(struct doc_memory m, struct findings *f, const char *path, bool hush)
{
	struct source_file *file = arena_alloc(m.tree, sizeof(*file));
	const char *slash = strrchr(path, '/');

	file->path = arena_strdup(m.texts, path);
	file->dir =
	    slash ? arena_strndup(m.tree, path, slash == path ? 1 : (size_t)(slash - path)) : ".";
	file->rank = findings_rank(f);
	file->hush = hush;
	return file;
}

/* The text of an open file, malloc'ed, or NULL: reported. */
static char *
slurp(struct findings *f, const char *path, int fd, size_t *size)
{
	struct stat st;
	char *text;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		error_file(f, path, "is not a file");
		return NULL;
	}
	if (st.st_size > (off_t)DOC_SIZE_MAX) {
		error_file(f, path, "is larger than %zu MiB", DOC_SIZE_MAX >> 20);
		return NULL;
	}
	*size = (size_t)st.st_size;
	text = xcalloc(*size + 1, 1);
	if (!read_all(fd, text, *size)) {
		error_file(f, path, "cannot be read to its end");
		free(text);
		return NULL;
	}
	return text;
}

/* ---- the tree -------------------------------------------------------------------------------- */

static struct node *
node_new(struct doc_reader *r, enum node_kind kind, struct fy_token *token)
{
	struct node *n = arena_alloc(r->memory.tree, sizeof(*n));
	const struct fy_mark *from = token ? fy_token_start_mark(token) : NULL;
	const struct fy_mark *to = token ? fy_token_end_mark(token) : NULL;

	n->kind = kind;
	n->file = r->file;
	n->text = "";
	if (from && to) {
		n->line = from->line + 1;
		n->column = from->column + 1;
		n->offset = from->input_pos;
		n->length = to->input_pos > from->input_pos ? to->input_pos - from->input_pos : 1;
	}
	r->nodes++;
	return n;
}

static void
refuse(struct doc_reader *r, const struct node *at, const char *what, const char *hint)
{
	finding_hint(r->findings, error_at(r->findings, at, "%s", what), "%s", hint);
	r->failed = true;
}

/* A finished node finds its place: value of a key, item of a list, or the root. */
static void
attach(struct doc_reader *r, struct node *n)
{
	struct open_node *o;
	struct link_cell *cell;

	if (r->depth == 0) {
		r->root = n;
		return;
	}
	o = &r->stack[r->depth - 1];
	if (o->node->kind == NODE_MAP && o->key == NULL) {
		if (n->kind != NODE_SCALAR)
			refuse(r, n, "a key must be a word", "write KEY: VALUE");
		o->key = n;
		return;
	}
	if (n->line == 0 && o->key) { /* nothing written: it stands where its key is */
		n->line = o->key->line;
		n->column = o->key->column;
		n->offset = o->key->offset;
		n->length = o->key->length;
	}
	cell = arena_alloc(r->memory.tree, sizeof(*cell));
	cell->key = o->key;
	cell->value = n;
	*o->last = cell;
	o->last = &cell->next;
	o->node->count++;
	o->key = NULL;
}

static void
push(struct doc_reader *r, struct node *n)
{
	if (r->depth == DOC_DEPTH_MAX) {
		refuse(r, n, "nested too deeply", "no site needs more than 32 levels");
		return;
	}
	r->stack[r->depth] = (struct open_node){.node = n};
	r->stack[r->depth].last = &r->stack[r->depth].first;
	r->depth++;
}

static int
by_key(const void *va, const void *vb)
{
	const struct pair *a = *(const struct pair *const *)va;
	const struct pair *b = *(const struct pair *const *)vb;
	int order = strcmp(a->key->text, b->key->text);

	return order ? order : a->key->offset < b->key->offset ? -1 : 1;
}

/*
 * Reports keys that are here twice, and keeps the first of them alone: who reads the map by its
 * pairs and who looks a key up must see the same.
 */
static void
drop_duplicates(struct doc_reader *r, struct node *map)
{
	struct pair **sorted;
	char shown[NODE_SHOWN_MAX];
	size_t kept = 0;

	if (map->count < 2)
		return;
	sorted = xcalloc(map->count, sizeof(struct pair *));
	for (size_t i = 0; i < map->count; i++)
		sorted[i] = &map->pairs[i];
	qsort(sorted, map->count, sizeof(struct pair *), by_key);
	for (size_t i = 1; i < map->count; i++) {
		const struct node *key = sorted[i]->key, *before = sorted[i - 1]->key;

		if (strcmp(key->text, before->text) != 0)
			continue;
		finding_hint(r->findings,
		    error_at(r->findings, key, "\"%s\" is here twice", node_shown(key, shown)),
		    "the first one is in line %d; remove one of them", before->line);
		sorted[i]->value = NULL;
	}
	free(sorted);
	for (size_t i = 0; i < map->count; i++)
		if (map->pairs[i].value != NULL)
			map->pairs[kept++] = map->pairs[i];
	map->count = kept;
}

static void
pop(struct doc_reader *r)
{
	struct open_node *o = &r->stack[r->depth - 1];
	struct node *n = o->node;
	size_t i = 0;

	if (n->kind == NODE_MAP) {
		n->pairs = arena_array(r->memory.tree, n->count, sizeof(*n->pairs));
		for (const struct link_cell *c = o->first; c; c = c->next)
			n->pairs[i++] = (struct pair){c->key, c->value};
		drop_duplicates(r, n);
	} else {
		n->items = arena_array(r->memory.tree, n->count, sizeof(struct node *));
		for (const struct link_cell *c = o->first; c; c = c->next)
			n->items[i++] = c->value;
	}
	r->depth--;
	attach(r, n);
}

static struct node *
scalar(struct doc_reader *r, struct fy_token *token)
{
	struct node *n = node_new(r, NODE_SCALAR, token);
	size_t length = 0;
	const char *text = token ? fy_token_get_text(token, &length) : NULL;
	enum fy_scalar_style style = token ? fy_token_scalar_style(token) : FYSS_PLAIN;

	while (
	    (style == FYSS_LITERAL || style == FYSS_FOLDED) && length && text[length - 1] == '\n')
		length--; /* a block of text ends with a line break that nobody means */
	if (text)
		n->text = arena_strndup(r->memory.texts, text, length);
	if (strlen(n->text) != length)
		refuse(r, n, "a text with a NUL inside", "remove it");
	n->plain = n->length == length; /* quoted without escapes is the token as well */
	n->empty = style == FYSS_PLAIN &&
		   (length == 0 || strcmp(n->text, "~") == 0 || strcmp(n->text, "null") == 0);
	return n;
}

static void
take_event(struct doc_reader *r, const struct fy_event *e, int *documents)
{
	struct node *n;

	switch (e->type) {
	case FYET_DOCUMENT_START:
		if (++*documents > 1)
			refuse(r, node_new(r, NODE_SCALAR, e->document_start.document_start),
			    "a second document begins here", "only one is allowed: remove \"---\"");
		break;
	case FYET_MAPPING_START:
		push(r, node_new(r, NODE_MAP, e->mapping_start.mapping_start));
		break;
	case FYET_SEQUENCE_START:
		push(r, node_new(r, NODE_LIST, e->sequence_start.sequence_start));
		break;
	case FYET_MAPPING_END:
	case FYET_SEQUENCE_END:
		pop(r);
		break;
	case FYET_SCALAR:
		attach(r, scalar(r, e->scalar.value));
		break;
	case FYET_ALIAS:
		n = node_new(r, NODE_SCALAR, e->alias.anchor);
		refuse(r, n, "references (*name) are not supported", "write it out");
		break;
	default:
		break;
	}
	if (r->nodes > DOC_NODES_MAX && !r->failed) {
		error_file(
		    r->findings, r->file->path, "is too large: more than %d words", DOC_NODES_MAX);
		r->failed = true;
	}
}

/* ---- the parser ----------------------------------------------------------------------------- */

static void
report_diag(struct doc_reader *r, struct fy_diag *diag)
{
	const struct node *open = r->depth ? r->stack[r->depth - 1].node : NULL;
	struct fy_diag_error *e;
	void *prev = NULL;

	e = fy_diag_errors_iterate(diag, &prev);
	if (e && e->msg)
		syntax_report(r->findings, r->file, e->msg, e->line, e->column, open);
	else
		syntax_report(r->findings, r->file, "the parser gives no reason", 1, 1, open);
	r->failed = true;
}

/* Runs the parser over text. The library writes nothing anywhere: its messages are collected. */
static void
parse(struct doc_reader *r, const char *text, size_t size)
{
	struct fy_diag_cfg diag_cfg;
	struct fy_parse_cfg cfg = {.flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG | FYPCF_JSON_NONE};
	struct fy_parser *parser;
	struct fy_event *e;
	int documents = 0;

	fy_diag_cfg_default(&diag_cfg);
	diag_cfg.fp = NULL;
	cfg.diag = fy_diag_create(&diag_cfg);
	fy_diag_set_collect_errors(cfg.diag, true);
	parser = fy_parser_create(&cfg);
	if (parser == NULL || fy_parser_set_string(parser, text, size) != 0) {
		error_file(r->findings, r->file->path, "cannot be parsed: out of memory");
		r->failed = true;
	}
	while (!r->failed && (e = fy_parser_parse(parser)) != NULL) {
		take_event(r, e, &documents);
		fy_parser_event_free(parser, e);
	}
	if (!r->failed && fy_parser_get_stream_error(parser))
		report_diag(r, cfg.diag);
	if (parser)
		fy_parser_destroy(parser);
	fy_diag_destroy(cfg.diag);
}

struct node *
doc_read_fd(struct doc_memory m, struct findings *f, const char *path, int fd, bool hush)
{
	struct doc_reader *r = xcalloc(1, sizeof(*r));
	struct node *root = NULL;
	size_t size;
	char *text = slurp(f, path, fd, &size);

	close(fd);
	if (text) {
		r->memory = m;
		r->findings = f;
		r->file = file_new(m, f, path, hush);
		r->file->size = size;
		r->file->text = hush ? NULL : arena_strndup(m.tree, text, size);
		if (syntax_is_text(f, r->file, text, size))
			parse(r, text, size);
		else
			r->failed = true;
		explicit_bzero(text, size);
		free(text);
		if (!r->failed && r->root == NULL)
			r->root = node_new(r, NODE_MAP, NULL);
		root = r->failed ? NULL : r->root;
	}
	free(r);
	return root;
}

struct node *
doc_read(struct doc_memory m, struct findings *f, const char *path, bool hush)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		error_file(f, path, "cannot be read: %s", strerror(errno));
		return NULL;
	}
	return doc_read_fd(m, f, path, fd, hush);
}

/*
 * Whose badge it is: a table NUMBER,NAME as any spreadsheet writes it, in UTF-8. It is about
 * people, so it is theirs alone to read who may, as a file with secrets.
 */
#include "base/text.h"
#include "site/loader.h"
#include "site/scalar.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX (1 << 20)

struct badge_table {
	struct loader *l;
	const char *path;
	struct badge *badges;
	size_t count;
};

/* The whole file, terminated; NULL: reported. */
static char *
read_file(struct loader *l, const struct node *at, const char *path, int fd)
{
	struct stat st;
	char *text;
	ssize_t n;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size >= FILE_MAX) {
		HINT(l, ERROR(l, at, "%s is no file of at most 1 MiB", path),
		    "expected the path of an ordinary file with NUMBER,NAME in each line");
		return NULL;
	}
	if (st.st_mode & (S_IRWXG | S_IRWXO)) {
		HINT(l,
		    ERROR(l, at, "others may read %s, which has names of people (mode %04o)", path,
			(unsigned)(st.st_mode & 07777)),
		    "chmod 600 %s", path);
		return NULL;
	}
	text = arena_alloc(l->rd.arena, (size_t)st.st_size + 1);
	n = read(fd, text, (size_t)st.st_size);
	if (n != st.st_size) {
		HINT(l, ERROR(l, at, "%s cannot be read to its end", path),
		    "it may be changing just now, or its disk fails: look at the file, then try "
		    "again");
		return NULL;
	}
	if (strlen(text) != (size_t)n) {
		HINT(l, ERROR(l, at, "%s is no text", path), "expected NUMBER,NAME in each line");
		return NULL;
	}
	return text;
}

/* Takes blanks and one pair of quotes away. */
static char *
trim(char *s)
{
	size_t n;

	s += strspn(s, " \t");
	n = strlen(s);
	while (n > 0 && strchr(" \t\r", s[n - 1]) != NULL)
		s[--n] = '\0';
	if (n >= 2 && s[0] == '"' && s[n - 1] == '"') {
		s[n - 1] = '\0';
		s++;
	}
	return s;
}

static bool
is_plain(const char *s)
{
	size_t n;

	for (; *s != '\0'; s += n) {
		n = text_utf8(s, strlen(s));
		if (n == 0 || (unsigned char)*s < 0x20 || *s == 0x7F)
			return false;
	}
	return true;
}

static bool
number_of(const char *s, uint64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoull(s, &end, 10);
	return s[0] >= '0' && s[0] <= '9' && *end == '\0' && errno == 0 && *out != 0;
}

static void
take_line(struct badge_table *t, char *line, int number)
{
	struct findings *f = t->l->rd.findings;
	char *name = strpbrk(line, ",;\t"), *first;
	struct badge *b = &t->badges[t->count];

	if (trim(line)[0] == '\0' || line[0] == '#')
		return;
	if (name != NULL)
		*name++ = '\0';
	first = trim(line);
	name = name != NULL ? trim(name) : NULL;
	if (name == NULL || name[0] == '\0')
		error_file(f, t->path, "line %d: expected NUMBER,NAME", number);
	else if (!is_plain(name))
		error_file(
		    f, t->path, "line %d: the name is not UTF-8; save the table as UTF-8", number);
	else if (number_of(first, &b->number)) {
		b->name = name;
		t->count++;
	} else if (number > 1) /* the first line may be a heading */
		error_file(f, t->path, "line %d: a badge has a number from 1 on", number);
}

static int
by_number(const void *left, const void *right)
{
	const struct badge *a = left, *b = right;

	return (a->number > b->number) - (a->number < b->number);
}

static void
check_twice(const struct badge_table *t)
{
	for (size_t i = 1; i < t->count; i++)
		if (t->badges[i].number == t->badges[i - 1].number)
			error_file(t->l->rd.findings, t->path, "badge %llu is there twice",
			    (unsigned long long)t->badges[i].number);
}

static void
take_all(struct badge_table *t, char *text)
{
	static const char mark[] = "\xEF\xBB\xBF"; /* that some programs put before UTF-8 */
	size_t lines = 1;
	int number = 0;
	char *rest = strncmp(text, mark, 3) == 0 ? text + 3 : text;

	for (const char *s = text; *s != '\0'; s++)
		lines += *s == '\n';
	t->badges = arena_array(t->l->rd.arena, lines, sizeof(*t->badges));
	while (rest != NULL)
		take_line(t, strsep(&rest, "\n"), ++number);
	if (t->count > 0)
		qsort(t->badges, t->count, sizeof(*t->badges), by_number);
	check_twice(t);
}

void
badges_load(
    struct loader *l, const struct badges_keys *keys, const struct node *root, struct site *site)
{
	const struct node *at = node_get(node_get(root, "badges"), "file");
	struct badge_table t = {.l = l, .path = keys->file};
	char *text;
	int fd;

	if (keys->file == NULL || at == NULL)
		return;
	fd = open(keys->file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0) {
		HINT(l, WARNING(l, at, "%s cannot be read: %s", keys->file, strerror(errno)),
		    "badges are told by their numbers alone");
		return;
	}
	text = read_file(l, at, keys->file, fd);
	close(fd);
	if (text == NULL)
		return;
	take_all(&t, text);
	site->badges = t.badges;
	site->badge_count = t.count;
}

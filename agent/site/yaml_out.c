#include "site/yaml_out.h"

#include "base/text.h"
#include "site/scalar.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

/* Plain is safe for words of these characters that YAML takes for nothing else. */
static bool
plain(const char *s)
{
	static const char *const special[] = {"null", "true", "false", "yes", "no", "on", "off"};

	if (*s == '\0' || *s == '-' || *s == '.')
		return false;
	for (size_t i = 0; i < sizeof(special) / sizeof(special[0]); i++) {
		if (strcmp(s, special[i]) == 0)
			return false;
	}
	return s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./")] ==
	       '\0';
}

void
yaml_text(FILE *out, const char *text)
{
	if (plain(text)) {
		fputs(text, out);
		return;
	}
	fputc('"', out);
	for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
		if (*p == '"' || *p == '\\')
			fprintf(out, "\\%c", *p);
		else if (*p < 0x20 || *p == 0x7F)
			fprintf(out, "\\x%02X", *p);
		else
			fputc(*p, out);
	}
	fputc('"', out);
}

struct flow
flow_open(FILE *out)
{
	fputc('{', out);
	return (struct flow){.out = out, .first = true};
}

void
flow_close(struct flow *f)
{
	fputc('}', f->out);
}

void
flow_key(struct flow *f, const char *key)
{
	fprintf(f->out, "%s%s: ", f->first ? "" : ", ", key);
	f->first = false;
}

void
flow_text(struct flow *f, const char *key, const char *text)
{
	if (text == NULL)
		return;
	flow_key(f, key);
	yaml_text(f->out, text);
}

void
flow_label(struct flow *f, const char *key, const struct label *label)
{
	struct flow inner;

	if (label->en == NULL)
		return;
	if (label->ja == NULL) {
		flow_text(f, key, label->en);
		return;
	}
	flow_key(f, key);
	inner = flow_open(f->out);
	flow_text(&inner, "en", label->en);
	flow_text(&inner, "ja", label->ja);
	flow_close(&inner);
}

void
flow_path(struct flow *f, const char *key, const char *path)
{
	char here[PATH_MAX], full[2 * PATH_MAX];

	if (path && path[0] != '/' && getcwd(here, sizeof(here))) {
		text_printf(full, sizeof(full), "%s/%s", here, path);
		path = full;
	}
	flow_text(f, key, path);
}

void
flow_whole(struct flow *f, const char *key, int64_t value)
{
	flow_key(f, key);
	fprintf(f->out, "%lld", (long long)value);
}

void
flow_number(struct flow *f, const char *key, double value)
{
	char text[NUMBER_TEXT_MAX];

	flow_key(f, key);
	fputs(number_text(value, text), f->out);
}

void
flow_duration(struct flow *f, const char *key, int64_t ms)
{
	char text[DURATION_TEXT_MAX];

	flow_key(f, key);
	fputs(duration_text(ms, text), f->out);
}

void
flow_bool(struct flow *f, const char *key, bool value)
{
	flow_key(f, key);
	fputs(value ? "true" : "false", f->out);
}

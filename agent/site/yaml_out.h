/* Writing YAML: flow maps in which every text is quoted where it needs to be. */
#ifndef SITE_YAML_OUT_H
#define SITE_YAML_OUT_H

#include "model/label.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* One flow map "{a: 1, b: 2}": first says whether a comma is due. */
struct flow {
	FILE *out;
	bool first;
};

struct flow flow_open(FILE *out);
void flow_close(struct flow *f);
/* "key: " with what must stand before it; the value is written by the caller. */
void flow_key(struct flow *f, const char *key);
/* Each writes nothing where the value is NULL (text, label without en). */
void flow_text(struct flow *f, const char *key, const char *text);
void flow_label(struct flow *f, const char *key, const struct label *label);
void flow_path(struct flow *f, const char *key, const char *path); /* made absolute */
void flow_whole(struct flow *f, const char *key, int64_t value);
void flow_number(struct flow *f, const char *key, double value);
void flow_duration(struct flow *f, const char *key, int64_t ms);
void flow_bool(struct flow *f, const char *key, bool value);

/* A scalar: plain where that is safe, else in double quotes. */
void yaml_text(FILE *out, const char *text);

#endif

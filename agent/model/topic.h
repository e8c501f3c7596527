/*
 * The topic of a point, whole: by the site's own form, or as every site has it. Pure.
 *
 *	company/{site}/{zone}/{device}/{point}   company/annex-2f/room/row_a/crac1/fan_state
 *
 * {zone} is the path of zones from the outermost one; where a point is in no zone, that level is
 * left out. The loader has checked that the form is a legal topic and that no two points share one.
 */
#ifndef MODEL_TOPIC_H
#define MODEL_TOPIC_H

#include "model/site.h"

/* Longest topic with its end, of points and of all else. MQTT allows 65535 bytes. */
#define TOPIC_MAX 320
/* Longest base: it leaves room for the rest of a topic. */
#define TOPIC_BASE_MAX (TOPIC_MAX - 140)

enum topic_part {
	TOPIC_PART_SITE,
	TOPIC_PART_ZONE,
	TOPIC_PART_DEVICE,
	TOPIC_PART_KIND, /* of the device: "hvac" */
	TOPIC_PART_POINT,
	TOPIC_PART_COUNT
};
/* "site", "zone", ...: what stands between the braces. */
extern const char *const topic_part_words[TOPIC_PART_COUNT];
/* The part of a word of n bytes; TOPIC_PART_COUNT where there is none. */
enum topic_part topic_part_find(const char *word, size_t n);

/* buf is always terminated. false: it was cut. point: flat index. */
bool topic_of_point(const struct site *s, size_t point, char *buf, size_t size);

#endif

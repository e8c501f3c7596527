/*
 * Stories: what happens in the room over some minutes, as a table of steps. A step is a command of
 * plantctl and a sentence about it; its time is the room's, so that --speed makes a story short.
 */
#ifndef PLANT_STORY_H
#define PLANT_STORY_H

#include <stddef.h>

struct plant;

struct story_step {
	double at_s;         /* since the story began, time of the room */
	const char *command; /* NULL: the story is over when it comes */
	const char *says;
};

struct story {
	const char *name;
	const char *title;
	const struct story_step *steps; /* in order; ends with one without a command */
};

/* The story that is being told; none: tale is NULL. */
struct story_run {
	const struct story *tale;
	size_t next;
	double began_s;
};

const struct story *stories(size_t *n);

/* Begins. NULL: done; else why not. */
const char *story_begin(struct plant *p, const struct story *tale);

/* Ends it in its midst: every device that it touches is restored. */
void story_stop(struct plant *p);

/* Takes the steps that are due. */
void story_advance(struct plant *p);

#endif

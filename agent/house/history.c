/* The history between core, disk and console. */
#include "core/history.h"
#include "base/arena.h"
#include "base/text.h"
#include "house/house_i.h"

#include <stdlib.h>
#include <string.h>

#define POINTS_A_TURN 1000

static void
on_history_mail(void *arg, struct mail *first, const struct now *now)
{
	struct house *h = arg;
	struct mail *next;

	for (struct mail *m = first; m != NULL; m = next) {
		struct history_mail *mail = (struct history_mail *)m;

		next = m->next;
		switch ((enum history_mail_kind)m->kind) {
		case HISTORY_ANSWER:
			console_past(h->console, &mail->answer, now);
			break;
		case HISTORY_DAMAGED:
			core_note(h->core, now, EVENT_SYSTEM, PRIORITY_MEDIUM, "",
			    "history_damaged", "history_new", mail->text);
			break;
		}
		free(mail);
	}
}

/* A tenth of the deadband; without one, seven digits. */
static double
resolution_of(const struct point_spec *p)
{
	return p->deadband > 0 ? p->deadband / 10 : 0;
}

static char *
names_of(const struct site *s)
{
	size_t length = 0, room = 0;
	char *names = xcalloc(1, 1);

	for (size_t i = 0; i < s->point_count; i++) {
		const char *device = site_point_device(s, i)->name, *point = site_point(s, i)->name;
		size_t n = strlen(device) + strlen(point) + 2;

		if (room - length < n) {
			room = room + room / 2 + n + 4096;
			names = xrealloc(names, room, 1);
		}
		length += text_printf(names + length, room - length, "%s/%s", device, point) + 1;
	}
	return xrealloc(names, length + 1, 1);
}

static double *
resolutions_of(const struct site *s)
{
	double *resolutions = xcalloc(s->point_count, sizeof(*resolutions));

	for (size_t i = 0; i < s->point_count; i++)
		resolutions[i] = resolution_of(site_point(s, i));
	return resolutions;
}

bool
house_history_start(struct house *h, char *err, size_t err_size)
{
	const struct site *s = h->site;

	if (s->history.disk_bytes == 0)
		return true;
	h->past_mail = mailbox_new();
	h->past = history_disk_open(&(struct history_disk_options){.dir = h->options.state_dir,
					.answers = h->past_mail,
					.names = names_of(s),
					.resolutions = resolutions_of(s),
					.point_count = s->point_count,
					.max_bytes = s->history.disk_bytes,
					.keep_ms = s->history.keep_ms},
	    err, err_size);
	if (h->past == NULL)
		return false;
	loop_mailbox_add(h->loop, "history", h->past_mail, LOOP_IDLE, on_history_mail, h);
	return true;
}

/*
 * Hands over the minutes of the next `count` points; behind the last one they go to the disk
 * together. All at once would hold the loop for 15 ms at 20,000 points.
 */
static void
hand_over(struct house *h, size_t count, bool end)
{
	struct history *history = core_history(h->core);
	struct minute minutes[HISTORY_WAITING + 1];
	size_t all = h->site->point_count;

	for (; count > 0 && h->history_next < all; count--, h->history_next++) {
		size_t n = history_take(history, h->history_next, end, minutes);

		if (h->past != NULL)
			history_disk_put(h->past, h->history_next, minutes, n);
	}
	if (h->history_next < all)
		return;
	h->history_next = 0;
	if (h->past != NULL)
		history_disk_flush(h->past, clock_now().synced);
	history_taken(history);
}

/* What was begun. */
static void
finish_hand_over(struct house *h)
{
	if (h->history_next > 0)
		hand_over(h, h->site->point_count, false);
}

void
house_history_turn(struct house *h)
{
	if (history_due(core_history(h->core)))
		hand_over(h, POINTS_A_TURN, false);
}

void
house_history_stop(struct house *h)
{
	struct mail *next;

	if (h->past == NULL) {
		mailbox_free(h->past_mail);
		return;
	}
	if (h->core != NULL) {
		finish_hand_over(h);
		hand_over(h, h->site->point_count, true);
	}
	history_disk_close(h->past);
	for (struct mail *m = mailbox_take_all(h->past_mail); m != NULL; m = next) {
		next = m->next;
		free(m);
	}
	mailbox_free(h->past_mail);
}

void
house_history_ask(void *house, const struct past *ask)
{
	struct house *h = house;

	/* What is on its way is asked for as well. */
	finish_hand_over(h);
	history_disk_ask(h->past, ask);
}

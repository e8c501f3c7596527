/* What a person types: one line at the foot of the screen. */
#include "base/lang.h"
#include "base/text.h"
#include "ctl/live_i.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>

void
live_ask_person(struct live *l, const char *label, const char *text,
    void (*done)(struct live *, const char *), void (*changed)(struct live *, const char *))
{
	l->prompt = (struct prompt){.done = done, .changed = changed};
	text_copy(l->prompt.label, sizeof(l->prompt.label), label);
	text_copy(l->prompt.text, sizeof(l->prompt.text), text);
	l->message[0] = '\0';
}

bool
live_type(char *text, size_t size, int key)
{
	char bytes[16], clean[16];
	mbstate_t state = {0};

	if (key < ' ' || key >= LIVE_KEY_UP)
		return false;
	size_t n = wcrtomb(bytes, (wchar_t)key, &state);
	if (n == (size_t)-1)
		return false;
	bytes[n] = '\0';
	words_clean(bytes, clean, sizeof(clean));
	if (strcmp(bytes, clean) != 0 || strlen(text) + n >= size)
		return false;
	memcpy(text + strlen(text), bytes, n + 1);
	return true;
}

void
live_erase(char *text)
{
	size_t n = strlen(text);

	while (n > 0 && ((unsigned char)text[n - 1] & 0xC0) == 0x80)
		n--;
	text[n > 0 ? n - 1 : 0] = '\0';
}

static void
finish(struct live *l, const char *text)
{
	void (*done)(struct live *, const char *) = l->prompt.done;
	char copy[sizeof(l->prompt.text)];

	text_copy(copy, sizeof(copy), text);
	l->prompt = (struct prompt){0};
	done(l, copy);
}

static void
give_up(struct live *l)
{
	void (*changed)(struct live *, const char *) = l->prompt.changed;

	l->prompt = (struct prompt){0};
	if (changed != NULL)
		changed(l, "");
	else
		live_say(l, false, _("nothing was done"));
	live_act_drop(l);
}

void
live_prompt_key(struct live *l, int key)
{
	struct prompt *p = &l->prompt;

	if (key == LIVE_KEY_ESCAPE || key == 7 || key == 3) {
		give_up(l);
		return;
	}
	if (p->one_key) {
		char text[2] = {(char)(key < 128 ? key : '?'), '\0'};

		if (key == 'y' || key == 'Y')
			finish(l, text);
		else
			give_up(l);
		return;
	}
	if (key == LIVE_KEY_ENTER) {
		finish(l, p->text);
		return;
	}
	if (key == LIVE_KEY_ERASE)
		live_erase(p->text);
	else if (key == 21) /* ^U */
		p->text[0] = '\0';
	else if (!live_type(p->text, sizeof(p->text), key))
		return;
	if (p->changed != NULL)
		p->changed(l, p->text);
}

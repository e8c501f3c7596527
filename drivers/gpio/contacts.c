/* Dry contacts of the board as answers. */
#include "drivers/gpio/contacts.h"
#include "base/lang.h"

#include "base/arena.h"
#include "base/text.h"
#include "drivers/gpio/input.h"

#include <stdlib.h>

struct contact {
	struct link *link;
	int device;
	const struct contact_spec *spec;
	struct input *input;
};

struct link {
	struct link_env env;
	struct contact *contacts; /* of all devices */
	size_t count;
	size_t *first; /* by device: index into contacts; one more at the end */
	uint64_t asked;
	mono_t since;
};

static void
on_change(void *arg, bool known, bool level, const struct now *now)
{
	struct contact *k = arg;
	struct link *l = k->link;

	(void)known;
	(void)level; /* the answer to the question that follows has it */
	if (l->env.poke != NULL)
		l->env.poke(l->env.poke_arg, k->device, now);
}

static bool
is_here(const struct link_env *env, size_t device)
{
	return env->site->devices[device].link == env->link;
}

static void
open_device(struct link *l, size_t device, const struct gpio_lib *lib)
{
	const struct site *site = l->env.site;
	const struct device_spec *d = &site->devices[device];

	for (size_t i = 0; i < d->contact_count; i++) {
		struct contact *k = &l->contacts[l->first[device] + i];
		const struct terminal_spec *t = &site->board.terminals[d->contacts[i].terminal];

		*k = (struct contact){.link = l, .device = (int)device, .spec = &d->contacts[i]};
		k->input = input_open(&(struct input_settings){.loop = l->env.loop,
		    .lib = lib,
		    .want = {.spec = &t->line,
			.label = t->name,
			.run_dir = l->env.run_dir,
			.use = GPIO_INPUT},
		    .debounce_ms = k->spec->debounce_ms,
		    .fn = on_change,
		    .arg = k});
	}
}

struct link *
contacts_open(const struct link_env *env, const struct gpio_lib *lib)
{
	struct link *l = xcalloc(1, sizeof(*l));
	size_t n = env->site->device_count;

	l->env = *env;
	l->since = clock_mono();
	l->first = xcalloc(n + 1, sizeof(*l->first));
	for (size_t i = 0; i < n; i++)
		l->first[i + 1] =
		    l->first[i] + (is_here(env, i) ? env->site->devices[i].contact_count : 0);
	l->count = l->first[n];
	l->contacts = xcalloc(l->count, sizeof(*l->contacts));
	for (size_t i = 0; i < n; i++)
		if (is_here(env, i))
			open_device(l, i, lib);
	return l;
}

static struct link *
open_link(const struct link_env *env, char *err, size_t err_size)
{
	(void)err;
	(void)err_size;
	return contacts_open(env, gpio_lib_find(&env->site->board));
}

static void
answer(const struct contact *k, struct answer *a)
{
	bool level;

	a->at = clock_mono();
	if (!input_level(k->input, &level)) {
		a->status = ANSWER_NO_LINK;
		return;
	}
	a->words[0] = level != k->spec->invert;
	a->status = ANSWER_OK;
}

static void
submit(struct link *l, struct baton *b)
{
	for (size_t i = 0; i < b->ask_count; i++) {
		answer(&l->contacts[l->first[b->device] + b->asks[i].address], &b->answers[i]);
		l->asked++;
	}
	mailbox_put(l->env.answers, &b->mail);
}

static void
health(struct link *l, struct link_health *out)
{
	struct input_counts n, sum = {0};
	size_t there = 0;
	const struct contact *missing = NULL;

	*out = (struct link_health){.since = l->since, .transactions = l->asked};
	for (size_t i = 0; i < l->count; i++) {
		bool level;

		input_counts(l->contacts[i].input, &n);
		sum.edges += n.edges;
		sum.bursts += n.bursts;
		if (input_level(l->contacts[i].input, &level))
			there++;
		else if (missing == NULL)
			missing = &l->contacts[i];
	}
	out->up = missing == NULL;
	text_printf(out->text, sizeof(out->text), _("%zu of %zu contacts are seen, %llu edges"),
	    there, l->count, (unsigned long long)sum.edges);
	if (sum.bursts > 0)
		text_append(out->text, sizeof(out->text),
		    ", %llu bursts longer than the kernel keeps", (unsigned long long)sum.bursts);
	if (missing != NULL)
		text_append(out->text, sizeof(out->text), "; not %s: %s", missing->spec->name,
		    input_fault(missing->input));
}

static void
close_link(struct link *l)
{
	for (size_t i = 0; i < l->count; i++)
		input_close(l->contacts[i].input);
	free(l->contacts);
	free(l->first);
	free(l);
}

const struct driver contacts_driver = {
    .kind = "gpio",
    .built = true,
    .open = open_link,
    .submit = submit,
    .health = health,
    .close = close_link,
};

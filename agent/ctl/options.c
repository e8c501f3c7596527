#include "ctl/options.h"

#include "base/lang.h"
#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define N_MOST   100000

const struct verb verbs[VERB_COUNT] = {
    [VERB_STATUS] = {"status", "", N_("the agent, the room and its connections at a glance"), 0, 0,
	""},
    [VERB_DEVICES] = {"devices", "[DEVICE]",
	N_("every device: does it answer, since when, why not"), 0, 1, ""},
    [VERB_POINTS] = {"points", "[DEVICE[/PREFIX]]", N_("values with unit, time and quality"), 0, 1,
	""},
    [VERB_ALARMS] = {"alarms", "[--all]", N_("active alarms: text, impact, remedy"), 0, 0, "a"},
    [VERB_EVENTS] = {"events", "[-n N] [-f] | --since 2h|DATE",
	N_("the newest, or of a time; -f: go on as they come"), 0, 0, "nfsu"},
    [VERB_ACK] = {"ack", "DEVICE/ALARM | --all [--as NAME]",
	N_("acknowledge; the buzzer is silent when none waits"), 0, 1, "aw"},
    [VERB_RESET] = {"reset", "DEVICE/ALARM [--as NAME]", N_("reset a latched alarm"), 1, 1, "w"},
    [VERB_SHELVE] = {"shelve", "DEVICE/ALARM 2h REASON [--as NAME]", N_("put aside, until a time"),
	3, 64, "w"},
    [VERB_UNSHELVE] = {"unshelve", "DEVICE/ALARM [--as NAME]", N_("end the shelf now"), 1, 1, "w"},
    [VERB_MAINTENANCE] = {"maintenance",
	"list | begin DEVICE|ZONE 2h REASON | end DEVICE|ZONE [--as NAME]",
	N_("work on a device: its alarms call nobody until the end"), 1, 64, "w"},
    [VERB_RELOAD] = {"reload", "[--as NAME]", N_("check the configuration, then take it"), 0, 0,
	"w"},
    [VERB_NOC] = {"noc", "test | resend [RECEIVER] [--as NAME]",
	N_("try whether notifications arrive; send alarms again"), 1, 2, "w"},
    [VERB_EXPLAIN] = {"explain", "DEVICE/POINT", N_("how a value came about, from the wire up"), 1,
	1, ""},
    [VERB_HISTORY] = {"history", "DEVICE/POINT [--since 1h|DATE]",
	N_("what it was; --until TIME --step 1min; --csv | --plot FILE.svg"), 1, 1, "sutcp"},
    [VERB_BUS] = {"bus", "", N_("links and devices: load, failures, response times"), 0, 0, ""},
    [VERB_WATCH] = {"watch", "[--plain] [--as NAME]", N_("the live screen"), 0, 0, "wP"},
    [VERB_HELP] = {"help", "[watch]", N_("this text; watch: the keys of the live screen"), 0, 1,
	""},
};

struct option {
	const char *name, *brief;
	char letter; /* in struct verb.options; 0: of every command */
	bool takes;  /* an argument */
};

static const struct option options[] = {
    {"--json", "", 0, false},
    {"--run", "", 0, true},
    {"--help", "-h", 0, false},
    {"--all", "", 'a', false},
    {"--number", "-n", 'n', true},
    {"--follow", "-f", 'f', false},
    {"--as", "", 'w', true},
    {"--plain", "", 'P', false},
    {"--since", "", 's', true},
    {"--until", "", 'u', true},
    {"--step", "", 't', true},
    {"--csv", "", 'c', false},
    {"--plot", "", 'p', true},
};

/* "; did you mean "x"?" where something is near. */
static void
append_hint(const char *word, const char *const *names, size_t n, char *err, size_t err_size)
{
	const char *near = text_nearest(word, names, n);

	if (near != NULL)
		text_append(err, err_size, _("; did you mean \"%s\"?"), near);
}

/* The option of this word; `value` gets what stands after "=", or NULL. */
static const struct option *
find_option(const char *word, const char **value, char *err, size_t err_size)
{
	const char *names[COUNT(options)];
	const char *equals = strncmp(word, "--", 2) == 0 ? strchr(word, '=') : NULL;
	size_t length = equals != NULL ? (size_t)(equals - word) : strlen(word);

	*value = equals != NULL ? equals + 1 : NULL;
	for (size_t i = 0; i < COUNT(options); i++) {
		const struct option *o = &options[i];

		names[i] = o->name;
		if ((strlen(o->name) == length && strncmp(o->name, word, length) == 0) ||
		    (o->brief[0] != '\0' && strcmp(o->brief, word) == 0))
			return o;
	}
	text_printf(err, err_size, _("there is no option \"%s\""), word);
	append_hint(word, names, COUNT(options), err, err_size);
	return NULL;
}

static bool
read_n(struct ctl_options *o, const char *value, char *err, size_t err_size)
{
	char *end;

	errno = 0;
	o->n = strtoll(value, &end, 10);
	if (errno == 0 && end != value && *end == '\0' && o->n >= 0 && o->n <= N_MOST)
		return true;
	text_printf(
	    err, err_size, _("-n takes a whole number up to %d, not \"%s\""), N_MOST, value);
	return false;
}

/*
 * The agent takes UTF-8 alone. What is not would be missing in the request: a name would not be on
 * the record, and nobody would know.
 */
static bool
check_text(const char *text, char *err, size_t err_size)
{
	size_t left = strlen(text);

	for (size_t n = 1; left > 0; text += n, left -= n) {
		n = text_utf8(text, left);
		if (n == 0) {
			text_copy(err, err_size,
			    _("a name or word is not UTF-8: set LANG and the terminal to UTF-8, or "
			      "write it in ASCII"));
			return false;
		}
	}
	return true;
}

static bool
take_option(struct ctl_options *o, const struct option *option, const char *value, char *err,
    size_t err_size)
{
	switch (option->letter) {
	case 'a':
		o->all = true;
		return true;
	case 'P':
		o->plain = true;
		return true;
	case 'f':
		o->follow = true;
		return true;
	case 'w':
		o->as = value;
		return value != NULL && check_text(value, err, err_size); /* it takes one */
	case 's':
		o->since = value;
		return true;
	case 'u':
		o->until = value;
		return true;
	case 't':
		o->step = value;
		return true;
	case 'c':
		o->csv = true;
		return true;
	case 'p':
		o->plot = value;
		return true;
	case 'n':
		return value != NULL && read_n(o, value, err, err_size); /* it takes one */
	default:
		break;
	}
	if (strcmp(option->name, "--json") == 0)
		o->json = true;
	else if (strcmp(option->name, "--run") == 0)
		o->run_dir = value;
	else
		o->help = true;
	return true;
}

static bool
find_verb(struct ctl_options *o, const char *word, char *err, size_t err_size)
{
	const char *names[VERB_COUNT];

	for (int v = 0; v < VERB_COUNT; v++) {
		names[v] = verbs[v].name;
		if (strcmp(word, verbs[v].name) == 0) {
			o->verb = (enum verb_id)v;
			return true;
		}
	}
	text_printf(err, err_size, _("there is no command \"%s\""), word);
	append_hint(word, names, VERB_COUNT, err, err_size);
	return false;
}

/* Do the options given go with the command? `given`: their letters. */
static bool
check_verb(
    const struct ctl_options *o, const char *given, size_t arguments, char *err, size_t err_size)
{
	const struct verb *v = &verbs[o->verb];

	for (const char *g = given; *g != '\0'; g++)
		for (size_t i = 0; strchr(v->options, *g) == NULL && i < COUNT(options); i++)
			if (options[i].letter == *g) {
				text_printf(err, err_size,
				    _("%s does not take %s: facilityctl %s %s"), v->name,
				    options[i].name, v->name, v->arguments);
				return false;
			}
	bool choice = o->verb != VERB_ACK || (arguments == 1) != o->all;
	if (o->verb == VERB_EVENTS && (o->since != NULL || o->until != NULL))
		choice = o->n < 0 && !o->follow;
	if (arguments >= v->least && arguments <= v->most && choice)
		return true;
	text_printf(err, err_size, _("usage: facilityctl %s %s"), v->name, v->arguments);
	return false;
}

/* An option at argv[*i], and its value if it stands in the next word. NULL: said in err. */
static const struct option *
next_option(int argc, char *const argv[], int *i, const char **value, char *err, size_t err_size)
{
	const struct option *option = find_option(argv[*i], value, err, err_size);

	if (option == NULL)
		return NULL;
	if (option->takes && *value == NULL && *i + 1 < argc)
		*value = argv[++*i];
	if (option->takes == (*value != NULL))
		return option;
	text_printf(err, err_size, option->takes ? _("%s needs a value") : _("%s takes no value"),
	    option->name);
	return NULL;
}

bool
options_read(struct ctl_options *o, int argc, char *const argv[], char *err, size_t err_size)
{
	size_t words = 0, given_count = 0;
	char given[COUNT(options) + 1] = "";
	bool only_words = false;

	*o = (struct ctl_options){.verb = VERB_HELP, .n = -1};
	for (int i = 1; i < argc; i++) {
		const char *value = NULL;

		if (only_words || argv[i][0] != '-') {
			if (!check_text(argv[i], err, err_size) ||
			    (words == 0 && !find_verb(o, argv[i], err, err_size)))
				return false;
			if (words > 0)
				o->argument = argv[i];
			if (words > 0 && words <= COUNT(o->words))
				o->words[words - 1] = argv[i];
			if (words > 2)
				text_append(o->rest, sizeof(o->rest), "%s%s",
				    o->rest[0] != '\0' ? " " : "", argv[i]);
			words++;
			continue;
		}
		only_words = strcmp(argv[i], "--") == 0;
		if (only_words)
			continue;
		const struct option *option = next_option(argc, argv, &i, &value, err, err_size);
		if (option == NULL || !take_option(o, option, value, err, err_size))
			return false;
		if (option->letter != 0 && strchr(given, option->letter) == NULL)
			given[given_count++] = option->letter;
	}
	if (o->help || (words > 0 && o->verb == VERB_HELP))
		return true;
	if (words == 0) {
		text_copy(err, err_size, _("which command? \"facilityctl help\" lists them"));
		return false;
	}
	return check_verb(o, given, words - 1, err, err_size);
}

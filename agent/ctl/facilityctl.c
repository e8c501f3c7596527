/*
 * facilityctl: the agent from the command line, and the live screen. A client of the control
 * socket and nothing else: whatever it shows, the agent has said.
 */
#include "base/lang.h"
#include "base/text.h"
#include "ctl/connect.h"
#include "ctl/events.h"
#include "ctl/follow.h"
#include "ctl/history.h"
#include "ctl/keys.h"
#include "ctl/options.h"
#include "ctl/screen.h"
#include "ctl/show.h"
#include "ctl/words.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A check of the configuration takes a while. */
#define RELOAD_MS 40000
/* Three tries of a receiver with the longest timeout (60 s), behind an event that is being sent. */
#define NOC_MS 250000

static void
print_help(void)
{
	printf(_("facilityctl: see and operate facilityd\n\n"));
	for (int v = 0; v < VERB_COUNT; v++) {
		printf("  %-11s %-36s", verbs[v].name, verbs[v].arguments);
		if (strlen(verbs[v].arguments) > 36)
			printf("\n%50s", "");
		printf(" %s\n", _(verbs[v].what));
	}
	printf(
	    _("\n  --json       the agent's own answer, one line of JSON"
	      "\n  --run DIR    where the agent runs (or FACILITY_RUN; default /run/facilityd)\n"));
	printf(
	    _("\nA value in brackets, or \"%s\", must not be relied upon: the word beside it says "
	      "why.\n"),
	    NOTHING);
	printf(_("Exit: 0 done, 1 refused or not found, 2 not understood, 3 the agent is not "
		 "reachable.\n"));
}

/* NULL: there is no such thing to do with a NOC. */
static const char *
noc_command(const struct ctl_options *o)
{
	if (strcmp(o->words[0], "test") == 0)
		return "noc_test";
	return strcmp(o->words[0], "resend") == 0 ? "noc_resend" : NULL;
}

/* What comes after "maintenance": the command, and how many words it takes; 4: or more. */
static const struct maintenance_word {
	const char *word, *command;
	size_t least, most;
} maintenance_words[] = {{"list", "maintenance", 1, 1}, {"begin", "maintenance_begin", 4, 4},
    {"end", "maintenance_end", 2, 2}};

/* NULL: there is no such word, or there are too few or too many behind it. */
static const struct maintenance_word *
maintenance_word(const struct ctl_options *o)
{
	size_t given = 0;

	while (given < sizeof(o->words) / sizeof(o->words[0]) && o->words[given] != NULL)
		given++;
	if (strchr(o->rest, ' ') != NULL) /* the third and those after it */
		given++;
	for (size_t i = 0; i < sizeof(maintenance_words) / sizeof(maintenance_words[0]); i++)
		if (o->words[0] != NULL && strcmp(o->words[0], maintenance_words[i].word) == 0)
			return given >= maintenance_words[i].least &&
				       given <= maintenance_words[i].most
				   ? &maintenance_words[i]
				   : NULL;
	return NULL;
}

static void
ask_maintenance(json_t *r, const struct ctl_options *o)
{
	const struct maintenance_word *w = maintenance_word(o);

	json_object_set_new(r, "cmd", json_string(w->command));
	if (w->least > 1)
		json_object_set_new(r, "what", json_string(o->words[1]));
	if (w->least < 4)
		return;
	json_object_set_new(r, "for", json_string(o->words[2]));
	json_object_set_new(r, "reason", json_string(strchr(o->rest, ' ') + 1));
}

/* The request of a command; never NULL. */
static json_t *
request_of(const struct ctl_options *o)
{
	json_t *r =
	    json_pack("{s:s}", "cmd", o->verb == VERB_NOC ? noc_command(o) : verbs[o->verb].name);
	const char *argument = o->argument;

	if (o->verb == VERB_POINTS && argument != NULL && strchr(argument, '/') != NULL)
		json_object_set_new(r, "prefix", json_string(argument));
	else if ((o->verb == VERB_POINTS || o->verb == VERB_DEVICES) && argument != NULL)
		json_object_set_new(r, "device", json_string(argument));
	else if (o->verb == VERB_EXPLAIN)
		json_object_set_new(r, "point", json_string(argument));
	else if (o->verb == VERB_ACK || o->verb == VERB_RESET)
		json_object_set_new(r, "alarm", json_string(o->all ? "all" : argument));
	else if (o->verb == VERB_SHELVE || o->verb == VERB_UNSHELVE)
		json_object_set_new(r, "alarm", json_string(o->words[0]));
	else if (o->verb == VERB_ALARMS && o->all)
		json_object_set_new(r, "all", json_true());
	if (o->verb == VERB_SHELVE) {
		json_object_set_new(r, "for", json_string(o->words[1]));
		json_object_set_new(r, "reason", json_string(o->rest));
	}
	if (o->verb == VERB_MAINTENANCE)
		ask_maintenance(r, o);
	if (o->verb == VERB_NOC && o->words[1] != NULL)
		json_object_set_new(r, "receiver", json_string(o->words[1]));
	if (o->as != NULL)
		json_object_set_new(r, "as", json_string(o->as));
	if (o->n >= 0)
		json_object_set_new(r, "n", json_integer(o->n));
	return r;
}

static void (*const show[VERB_COUNT])(const json_t *, FILE *) = {
    [VERB_STATUS] = show_status_text,
    [VERB_DEVICES] = show_devices_text,
    [VERB_POINTS] = show_points_text,
    [VERB_ALARMS] = show_alarms_text,
    [VERB_EVENTS] = show_events_text,
    [VERB_ACK] = show_done_text,
    [VERB_RESET] = show_done_text,
    [VERB_SHELVE] = show_done_text,
    [VERB_UNSHELVE] = show_done_text,
    [VERB_MAINTENANCE] = show_maintenance_text,
    [VERB_RELOAD] = show_lines_text,
    [VERB_NOC] = show_lines_text,
    [VERB_EXPLAIN] = show_lines_text,
    [VERB_BUS] = show_bus_text,
};

/* What an answer with "ok":false means for the caller. */
static enum ctl_exit
refused(const json_t *answer)
{
	const char *code = json_string_value(json_object_get(answer, "code"));
	char text[WORDS_MAX];

	fprintf(stderr, "facilityctl: %s\n", words_text(answer, "error", text, sizeof(text)));
	show_lines_text(answer, stderr);
	return code != NULL && strcmp(code, "bad_request") == 0 ? CTL_USAGE : CTL_REFUSED;
}

/* Points were asked for by a name, and there are none. */
static bool
is_nothing(const struct ctl_options *o, const json_t *answer)
{
	return o->verb == VERB_POINTS && o->argument != NULL &&
	       json_array_size(json_object_get(answer, "points")) == 0;
}

static enum ctl_exit
print_answer(const struct ctl_options *o, const char *line)
{
	json_t *answer = json_loads(line, 0, NULL);
	enum ctl_exit code = CTL_DONE;

	if (o->json)
		printf("%s\n", line);
	if (answer == NULL) {
		fprintf(stderr, _("facilityctl: what answers there is no facilityd\n"));
		return CTL_AWAY;
	}
	if (!words_true(answer, "ok"))
		code = refused(answer);
	else if (is_nothing(o, answer)) {
		show[o->verb](answer, stderr);
		code = CTL_REFUSED;
	} else if (!o->json)
		show[o->verb](answer, stdout);
	json_decref(answer);
	return code;
}

/* Does it do something, rather than to look? */
static bool
is_act(const struct ctl_options *o)
{
	if (o->verb == VERB_MAINTENANCE && maintenance_word(o)->least == 1)
		return false;
	return strchr(verbs[o->verb].options, 'w') != NULL;
}

/* No answer came. An agent that hangs does what it was asked for as soon as it goes on. */
static enum ctl_exit
unanswered(const struct ctl_options *o, bool sent)
{
	enum ctl_exit code = ctl_say_silent(o->run_dir);

	if (sent && is_act(o))
		fprintf(
		    stderr, _("facilityctl: it may be done later: look before you try again\n"));
	return code;
}

static int
answer_ms(const struct ctl_options *o)
{
	if (o->verb == VERB_NOC)
		return NOC_MS;
	return o->verb == VERB_RELOAD ? RELOAD_MS : CTL_ANSWER_MS;
}

/* One request, one answer. */
static enum ctl_exit
ask(const struct ctl_options *o)
{
	struct connection c;
	char err[512];
	enum ctl_exit code = ctl_connect(&c, o->run_dir, CTL_ANSWER_MS, err, sizeof(err));

	if (code != CTL_DONE) {
		fprintf(stderr, "facilityctl: %s\n", err);
		return code;
	}
	bool sent = ctl_send(&c, request_of(o));
	const char *line = sent ? ctl_line(&c, answer_ms(o)) : NULL;
	code = line != NULL ? print_answer(o, line) : unanswered(o, sent);
	ctl_close(&c);
	return code;
}

static enum ctl_exit
watch(const struct ctl_options *o, bool utf8)
{
	if (o->json)
		return follow_json(o->run_dir);
	if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
		return screen_run(&(struct screen_options){o->run_dir, o->as, utf8, o->plain});
	fprintf(stderr, _("facilityctl: watch needs a terminal; for a stream of changes use "
			  "facilityctl --json watch\n"));
	return CTL_USAGE;
}

static enum ctl_exit
help(const struct ctl_options *o)
{
	if (o->argument != NULL && strcmp(o->argument, "watch") == 0)
		keys_print(stdout);
	else
		print_help();
	return CTL_DONE;
}

static enum ctl_exit
run(const struct ctl_options *o, bool utf8)
{
	if (o->help || o->verb == VERB_HELP)
		return help(o);
	if (o->verb == VERB_NOC && noc_command(o) == NULL) {
		fprintf(stderr, _("facilityctl: usage: facilityctl noc %s\n"),
		    verbs[VERB_NOC].arguments);
		return CTL_USAGE;
	}
	if (o->verb == VERB_MAINTENANCE && maintenance_word(o) == NULL) {
		fprintf(stderr, _("facilityctl: usage: facilityctl maintenance %s\n"),
		    verbs[VERB_MAINTENANCE].arguments);
		return CTL_USAGE;
	}
	if (o->verb == VERB_WATCH)
		return watch(o, utf8);
	if (o->verb == VERB_EVENTS && o->follow)
		return follow_events(o->run_dir, o->n, o->json);
	if (o->verb == VERB_EVENTS && (o->since != NULL || o->until != NULL))
		return events_of_time(o);
	if (o->verb == VERB_HISTORY)
		return history_run(o);
	return ask(o);
}

/* A list that a full disk has cut must not pass for a whole one. */
static enum ctl_exit
written(enum ctl_exit code)
{
	errno = EIO; /* the one that was met earlier is not known any more */
	if (fflush(stdout) == 0 && !ferror(stdout))
		return code;
	if (code == CTL_DONE)
		fprintf(stderr, _("facilityctl: cannot write %s: %s\n"), "stdout", strerror(errno));
	return code == CTL_DONE ? CTL_REFUSED : code;
}

int
main(int argc, char *argv[])
{
	struct ctl_options o;
	char err[512], clean[512];

	bool utf8 = words_locale();
	lang_use_environment();
	if (!options_read(&o, argc, argv, err, sizeof(err))) {
		fprintf(stderr, "facilityctl: %s\n", words_clean(err, clean, sizeof(clean)));
		return CTL_USAGE;
	}
	if (o.run_dir == NULL)
		o.run_dir = ctl_run_dir();
	return (int)written(run(&o, utf8));
}

#include "sinks/console/request.h"
#include "base/lang.h"

#include "sinks/console/history.h"

#include "base/log.h"
#include "base/text.h"

#include <string.h>

#define KEYS_MAX  6
#define NAMES_MAX 256 /* looked at for "did you mean" */

struct key {
	const char *name;
	json_type type; /* JSON_TRUE stands for both booleans */
};

struct command {
	const char *name;
	struct key keys[KEYS_MAX]; /* besides "cmd" */
	const char *needs;         /* a key that must be there, or NULL */
	const char *act;           /* only for those who may do this; NULL: everybody may */
	void (*run)(struct client *c, const json_t *request, const struct now *now);
};

static const struct command commands[] = {
    {.name = "status", .run = run_status},
    {.name = "zones", .run = run_zones},
    {.name = "devices", .keys = {{"device", JSON_STRING}}, .run = run_devices},
    {.name = "points",
	.keys = {{"device", JSON_STRING}, {"prefix", JSON_STRING}},
	.run = run_points},
    {.name = "alarms", .keys = {{"all", JSON_TRUE}}, .run = run_alarms},
    {.name = "events",
	.keys = {{"n", JSON_INTEGER}, {"since", JSON_INTEGER}, {"before", JSON_INTEGER}},
	.run = run_events},
    {.name = "ack",
	.keys = {{"alarm", JSON_STRING}, {"as", JSON_STRING}},
	.needs = "alarm",
	.act = N_("acknowledge alarms"),
	.run = run_ack},
    {.name = "reset",
	.keys = {{"alarm", JSON_STRING}, {"as", JSON_STRING}},
	.needs = "alarm",
	.act = N_("reset alarms"),
	.run = run_reset},
    {.name = "shelve",
	.keys = {{"alarm", JSON_STRING}, {"for", JSON_STRING}, {"reason", JSON_STRING},
	    {"as", JSON_STRING}},
	.needs = "alarm",
	.act = N_("shelve alarms"),
	.run = run_shelve},
    {.name = "unshelve",
	.keys = {{"alarm", JSON_STRING}, {"as", JSON_STRING}},
	.needs = "alarm",
	.act = N_("unshelve alarms"),
	.run = run_unshelve},
    {.name = "maintenance", .run = run_maintenance},
    {.name = "maintenance_begin",
	.keys = {{"what", JSON_STRING}, {"for", JSON_STRING}, {"reason", JSON_STRING},
	    {"as", JSON_STRING}},
	.needs = "what",
	.act = N_("take devices into maintenance"),
	.run = run_maintenance_begin},
    {.name = "maintenance_end",
	.keys = {{"what", JSON_STRING}, {"as", JSON_STRING}},
	.needs = "what",
	.act = N_("end maintenance"),
	.run = run_maintenance_end},
    {.name = "reload",
	.keys = {{"as", JSON_STRING}},
	.act = N_("reload the configuration"),
	.run = run_reload},
    {.name = "noc_test",
	.keys = {{"receiver", JSON_STRING}, {"as", JSON_STRING}},
	.act = N_("send test notifications"),
	.run = run_noc_test},
    {.name = "noc_resend",
	.keys = {{"receiver", JSON_STRING}, {"as", JSON_STRING}},
	.act = N_("have the alarms sent again"),
	.run = run_noc_resend},
    {.name = "explain", .keys = {{"point", JSON_STRING}}, .needs = "point", .run = run_explain},
    {.name = "history",
	.keys = {{"point", JSON_STRING}, {"since", JSON_STRING}, {"until", JSON_STRING},
	    {"step", JSON_STRING}, {"max", JSON_INTEGER}},
	.needs = "point",
	.run = run_history},
    {.name = "bus", .run = run_bus},
    {.name = "watch",
	.keys = {{"only", JSON_ARRAY}, {"n", JSON_INTEGER}, {"since", JSON_INTEGER}},
	.run = run_watch},
};
#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

const char *
request_text(const json_t *request, const char *key)
{
	return json_string_value(json_object_get(request, key));
}

/* ", did you mean "x"?" into buf, or "". */
const char *
request_hint(const char *word, const char *const *names, size_t n, char *buf, size_t size)
{
	const char *near = text_nearest(word, names, n);

	buf[0] = '\0';
	if (near != NULL)
		text_printf(buf, size, _("; did you mean \"%s\"?"), near);
	return buf;
}

void
request_no_device(struct client *c, const char *name)
{
	const struct site *s = c->show->site;
	const char *names[NAMES_MAX];
	char buf[128];
	size_t n = 0;

	while (n < s->device_count && n < NAMES_MAX) {
		names[n] = s->devices[n].name;
		n++;
	}
	client_refuse(c, "not_found", _("there is no device \"%s\" here%s"), name,
	    request_hint(name, names, n, buf, sizeof(buf)));
}

/* "device/name" is unknown: say which half, and what may have been meant. */
void
request_no_path(struct client *c, const char *path, bool is_point)
{
	const struct site *s = c->show->site;
	const char *slash = strchr(path, '/');
	const char *names[NAMES_MAX];
	char device[EVENT_NAME_MAX], buf[128];
	size_t n = 0;

	if (slash == NULL) {
		client_refuse(c, "bad_request",
		    is_point ? _("a point is written DEVICE/NAME, not \"%s\"")
			     : _("an alarm is written DEVICE/NAME, not \"%s\""),
		    path);
		return;
	}
	text_printf(device, sizeof(device), "%.*s", (int)(slash - path), path);
	int d = site_find_device(s, device);
	if (d == NO_INDEX) {
		request_no_device(c, device);
		return;
	}
	const struct device_spec *spec = &s->devices[d];
	size_t count = is_point ? spec->profile->point_count : spec->alarm_count;
	for (; n < count && n < NAMES_MAX; n++)
		names[n] = is_point ? spec->profile->points[n].name : spec->alarms[n].name;
	client_refuse(c, "not_found",
	    is_point ? _("%s has no point \"%s\"%s") : _("%s has no alarm \"%s\"%s"), device,
	    slash + 1, request_hint(slash + 1, names, n, buf, sizeof(buf)));
}

static const struct command *
find_command(struct client *c, const char *name)
{
	const char *names[COMMAND_COUNT];
	char buf[128];

	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
		names[i] = commands[i].name;
	}
	client_refuse(c, "bad_request", _("there is no command \"%s\"%s"), name,
	    request_hint(name, names, COMMAND_COUNT, buf, sizeof(buf)));
	return NULL;
}

static const char *
type_phrase(json_type t)
{
	static const char *const phrases[] = {
	    [JSON_ARRAY] = "a list",
	    [JSON_STRING] = "a text",
	    [JSON_INTEGER] = "a whole number",
	    [JSON_TRUE] = "true or false",
	};
	return phrases[t];
}

/* One key of the request against the command's table. */
static bool
check_key(struct client *c, const struct command *cmd, const char *name, const json_t *v)
{
	const char *names[KEYS_MAX];
	char buf[128];
	size_t n = 0;

	for (; n < KEYS_MAX && cmd->keys[n].name != NULL; n++) {
		json_type t = json_typeof(v) == JSON_FALSE ? JSON_TRUE : json_typeof(v);

		names[n] = cmd->keys[n].name;
		if (strcmp(names[n], name) != 0)
			continue;
		if (t == cmd->keys[n].type)
			return true;
		client_refuse(
		    c, "bad_request", "\"%s\" must be %s", name, type_phrase(cmd->keys[n].type));
		return false;
	}
	client_refuse(c, "bad_request", "\"%s\" has no \"%s\"%s", cmd->name, name,
	    request_hint(name, names, n, buf, sizeof(buf)));
	return false;
}

static void
refuse_peer(struct client *c, const struct command *cmd, const struct now *now)
{
	const char *group = c->show->site->control.group;

	fault_say(&c->show->refusals, now->mono, LOG_LEVEL_WARN,
	    "console: %s (process %ld) may not %s: refused", c->peer.name, (long)c->peer.pid,
	    cmd->act);
	if (group != NULL)
		client_refuse(c, "refused",
		    _("%s may look but not %s: that is for root, the agent's own account and "
		      "members "
		      "of the group %s"),
		    c->peer.name, _(cmd->act), group);
	else
		client_refuse(c, "refused",
		    _("%s may look but not %s: that is for root and the agent's own account"),
		    c->peer.name, _(cmd->act));
}

static bool
check_request(struct client *c, const struct command *cmd, json_t *request, const struct now *now)
{
	const char *name;
	json_t *v;

	json_object_foreach(request, name, v)
	{
		if (strcmp(name, "cmd") != 0 && !check_key(c, cmd, name, v))
			return false;
	}
	if (cmd->needs != NULL && request_text(request, cmd->needs) == NULL) {
		client_refuse(c, "bad_request", "\"%s\" needs \"%s\"", cmd->name, cmd->needs);
		return false;
	}
	if (cmd->act != NULL && !c->peer.may_act) {
		refuse_peer(c, cmd, now);
		return false;
	}
	return true;
}

void
request_run(struct client *c, const char *line, size_t length, const struct now *now)
{
	json_error_t error;
	json_t *request = json_loadb(line, length, JSON_REJECT_DUPLICATES, &error);
	const struct command *cmd;

	if (request == NULL)
		client_refuse(c, "bad_request", "this is not a line of JSON: %s (column %d)",
		    error.text, error.column);
	else if (!json_is_object(request) || request_text(request, "cmd") == NULL)
		client_refuse(c, "bad_request",
		    "a request is one object with \"cmd\", such as {\"cmd\":\"status\"}");
	else if ((cmd = find_command(c, request_text(request, "cmd"))) != NULL &&
		 check_request(c, cmd, request, now))
		cmd->run(c, request, now);
	json_decref(request);
}

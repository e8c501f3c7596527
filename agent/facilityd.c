/* facilityd: options, signals, start and stop. What runs is in house/. */
#include "base/crypto_memory.h"
#include "base/lang.h"
#include "base/log.h"
#include "base/text.h"
#include "house/house.h"
#include "house/reload.h"
#include "site/site_load.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef FACILITY_VERSION
#define FACILITY_VERSION "unknown"
#endif

/*
 * libmodbus 3.1.6 aborts on a descriptor >= FD_SETSIZE: better EMFILE than an abort. The hard limit
 * stays: sockets that libmodbus never sees are put above it (base/descriptor.h).
 */
#define FD_LIMIT 1000

#define OVERLAY_MAX 8

enum job { JOB_RUN, JOB_CHECK, JOB_PRINT_CONFIG, JOB_SCHEMA, JOB_MANUAL, JOB_VERSION, JOB_HELP };

struct options {
	enum job job;
	const char *overlays[OVERLAY_MAX];
	struct site_options site;
	const char *state_dir, *run_dir;
	const char *page; /* JOB_MANUAL */
	enum log_level level;
	bool strict;
	char program[PATH_MAX]; /* for a reload; "" where it is not known */
	char *const *argv;
};

static const char usage_text[] =
    "usage: facilityd [options] SITE.yaml\n"
    "       facilityd --check SITE.yaml | --print-config SITE.yaml | --schema | --version\n"
    "\n"
    "  --check            say everything that is wrong with the site, and how busy each bus\n"
    "                     will be; exit 0 (fit to run) or 1\n"
    "  --strict           with --check: files with secrets must be there, too\n"
    "  --print-config     the effective site, secrets left out\n"
    "  --schema           every key of the configuration files\n"
    "  --manual PAGE      the same for facility-site or facility-profile, as mdoc source\n"
    "  --overlay FILE     lay FILE over the site file (may be given several times)\n"
    "  --config-dir DIR   names.yaml and profiles/  (default " FACILITY_PREFIX "/share/facilityd)\n"
    "  --boards-dir DIR   board descriptions        (default " FACILITY_PREFIX
    "/share/facilityd/boards)\n"
    "  --state DIR        the store                 (default /var/lib/facilityd)\n"
    "  --run DIR          control socket            (default /run/facilityd)\n"
    "  --debug            more lines in the log\n";

static int
usage_error(const char *what, const char *word)
{
	fprintf(
	    stderr, "facilityd: %s%s%s\n%s", what, word ? ": " : "", word ? word : "", usage_text);
	return 2;
}

enum {
	OPT_CHECK = 256,
	OPT_STRICT,
	OPT_PRINT,
	OPT_SCHEMA,
	OPT_MANUAL,
	OPT_VERSION,
	OPT_OVERLAY,
	OPT_CONFIG,
	OPT_BOARDS,
	OPT_STATE,
	OPT_RUN,
	OPT_DEBUG,
	OPT_HELP
};

static const struct option long_options[] = {
    {"check", no_argument, NULL, OPT_CHECK},
    {"strict", no_argument, NULL, OPT_STRICT},
    {"print-config", no_argument, NULL, OPT_PRINT},
    {"schema", no_argument, NULL, OPT_SCHEMA},
    {"manual", required_argument, NULL, OPT_MANUAL},
    {"version", no_argument, NULL, OPT_VERSION},
    {"overlay", required_argument, NULL, OPT_OVERLAY},
    {"config-dir", required_argument, NULL, OPT_CONFIG},
    {"boards-dir", required_argument, NULL, OPT_BOARDS},
    {"state", required_argument, NULL, OPT_STATE},
    {"run", required_argument, NULL, OPT_RUN},
    {"debug", no_argument, NULL, OPT_DEBUG},
    {"help", no_argument, NULL, OPT_HELP},
    {NULL, 0, NULL, 0},
};

/* One option into o; 0, or the exit code of a usage error. */
static int
take_option(struct options *o, int c)
{
	switch (c) {
	case OPT_CHECK:
		o->job = JOB_CHECK;
		return 0;
	case OPT_STRICT:
		o->strict = true;
		return 0;
	case OPT_PRINT:
		o->job = JOB_PRINT_CONFIG;
		return 0;
	case OPT_SCHEMA:
		o->job = JOB_SCHEMA;
		return 0;
	case OPT_MANUAL:
		o->job = JOB_MANUAL;
		o->page = optarg;
		return 0;
	case OPT_VERSION:
		o->job = JOB_VERSION;
		return 0;
	case OPT_HELP:
		o->job = JOB_HELP;
		return 0;
	case OPT_OVERLAY:
		if (o->site.overlay_count == OVERLAY_MAX)
			return usage_error("too many overlays", optarg);
		o->overlays[o->site.overlay_count++] = optarg;
		return 0;
	case OPT_CONFIG:
		o->site.config_dir = optarg;
		return 0;
	case OPT_BOARDS:
		o->site.boards_dir = optarg;
		return 0;
	case OPT_STATE:
		o->state_dir = optarg;
		return 0;
	case OPT_RUN:
		o->run_dir = optarg;
		return 0;
	case OPT_DEBUG:
		o->level = LOG_LEVEL_DEBUG;
		return 0;
	default:
		return usage_error("unknown option", NULL);
	}
}

static int
parse(int argc, char **argv, struct options *o)
{
	bool wants_site;
	int c, r;

	*o = (struct options){
	    .site = {.config_dir = FACILITY_PREFIX "/share/facilityd",
		.boards_dir = FACILITY_PREFIX "/share/facilityd/boards"},
	    .state_dir = "/var/lib/facilityd",
	    .run_dir = "/run/facilityd",
	    .level = LOG_LEVEL_INFO,
	    .argv = argv,
	};
	o->site.overlays = o->overlays;
	while ((c = getopt_long(argc, argv, "h", long_options, NULL)) != -1)
		if ((r = take_option(o, c == 'h' ? OPT_HELP : c)) != 0)
			return r;
	wants_site = o->job == JOB_RUN || o->job == JOB_CHECK || o->job == JOB_PRINT_CONFIG;
	if (wants_site && optind + 1 != argc)
		return usage_error("one site file is needed", NULL);
	if (wants_site)
		o->site.site_file = argv[optind];
	return 0;
}

static int
check(struct options *o)
{
	struct site_report report = {0};
	const struct site *site;

	o->site.secrets_may_wait = !o->strict;
	site = site_load(&o->site, stderr, &report);
	if (site != NULL) {
		site_print_budget(site, stdout, &report);
		printf("%s: %zu devices, %zu points, %zu alarms on %zu links\n", o->site.site_file,
		    site->device_count, site->point_count, site->alarm_count, site->link_count);
		site_free(site);
	}
	fflush(stdout);
	fprintf(stderr, "%s: %u errors, %u warnings\n", o->site.site_file, report.errors,
	    report.warnings);
	return report.errors > 0;
}

static int
print_config(struct options *o)
{
	struct site_report report = {0};
	const struct site *site;

	o->site.secrets_may_wait = true;
	site = site_load(&o->site, stderr, &report);
	if (site == NULL)
		return 1;
	site_print(site, stdout);
	site_free(site);
	return 0;
}

/* With its parents; these and what others may enter are 0755. */
static int
make_dir(const char *path, mode_t mode)
{
	char part[PATH_MAX];

	if (!text_copy(part, sizeof(part), path)) {
		log_err("the name of the directory %s is too long", path);
		return 1;
	}
	for (char *slash = strchr(part + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		(void)mkdir(part, 0755); /* what is wrong shows at the last one */
		*slash = '/';
	}
	if (mkdir(part, mode) == 0 || errno == EEXIST)
		return 0;
	log_err("cannot make the directory %s: %s", path, strerror(errno));
	return 1;
}

struct stop {
	struct loop *loop;
	struct house *house;
};

static void
on_stop_signal(void *arg, const struct now *now)
{
	struct stop *s = arg;

	house_stopping(s->house, now);
	loop_notify("STOPPING=1");
	loop_quit(s->loop, 0);
}

static void
on_reload_signal(void *arg, const struct now *now)
{
	struct stop *s = arg;

	house_reload(s->house, "SIGHUP", now);
}

/* A lower limit than this is the administrator's; a higher one is not for libmodbus. */
static void
limit_descriptors(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) != 0 || r.rlim_cur <= FD_LIMIT)
		return;
	r.rlim_cur = FD_LIMIT;
	if (setrlimit(RLIMIT_NOFILE, &r) != 0)
		log_warn("cannot limit open files to %d: %s", FD_LIMIT, strerror(errno));
}

static int
run_house(struct loop *loop, const struct house_options *o)
{
	char err[512] = "";
	struct stop stop = {.loop = loop};
	int code;

	/* Before any thread is made: the signals are for the loop alone. */
	loop_signal_add(loop, SIGTERM, on_stop_signal, &stop);
	loop_signal_add(loop, SIGINT, on_stop_signal, &stop);
	loop_signal_add(loop, SIGHUP, on_reload_signal, &stop);
	signal(SIGPIPE, SIG_IGN);
	stop.house = house_start(loop, o, err, sizeof(err));
	if (stop.house == NULL) {
		log_err("cannot start: %s", err);
		return 1;
	}
	loop_watchdog(loop);
	loop_notify("READY=1\nSTATUS=site %s: %zu devices", o->site->name, o->site->device_count);
	code = loop_run(loop);
	house_stop(stop.house);
	return code;
}

/* The path of the program as it is called: after an update a reload runs the new one. */
static void
find_program(struct options *o)
{
	ssize_t n = readlink("/proc/self/exe", o->program, sizeof(o->program) - 1);

	o->program[n > 0 ? n : 0] = '\0';
}

static int
run(struct options *o)
{
	struct site_report report = {0};
	const struct site *site;
	struct loop *loop;
	char err[512];
	int code;

	log_set_level(o->level);
	find_program(o);
	limit_descriptors();
	site = site_load(&o->site, stderr, &report);
	if (site == NULL) {
		log_err("%s has %u errors: not started", o->site.site_file, report.errors);
		return 1;
	}
	/* Before any thread is made. What is said until here, and the log, is English. */
	if (!lang_use(language_code(site->language), err, sizeof(err)))
		log_warn("%s: texts are English", err);
	loop = loop_new();
	code = make_dir(o->state_dir, 0700) || make_dir(o->run_dir, 0755);
	if (code == 0)
		code = run_house(loop, &(struct house_options){.site = site,
					   .state_dir = o->state_dir,
					   .run_dir = o->run_dir,
					   .version = FACILITY_VERSION,
					   .program = o->program,
					   .argv = o->argv});
	loop_free(loop);
	site_free(site);
	if (code == HOUSE_RELOAD) {
		reload_exec(o->program, o->argv, err, sizeof(err));
		log_err("the reload ends here: %s", err);
		code = 1;
	}
	return code;
}

int
main(int argc, char **argv)
{
	struct options o;
	int r;

	mallopt(M_ARENA_MAX, 1); /* an arena for each thread is memory that nobody gets back */
	if (!crypto_memory_use())
		log_warn("out of memory will not be said where OpenSSL meets it");
	r = parse(argc, argv, &o);
	if (r != 0)
		return r;
	switch (o.job) {
	case JOB_CHECK:
		return check(&o);
	case JOB_PRINT_CONFIG:
		return print_config(&o);
	case JOB_SCHEMA:
		site_print_schema(stdout);
		return 0;
	case JOB_MANUAL:
		return site_print_manual(stdout, o.page) ? 0 : usage_error("no such page", o.page);
	case JOB_VERSION:
		printf("facilityd %s\n", FACILITY_VERSION);
		return 0;
	case JOB_HELP:
		printf("%s", usage_text);
		return 0;
	case JOB_RUN:
		break;
	}
	return run(&o);
}

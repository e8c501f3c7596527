/*
 * What the tests of SNMP share: real snmpd and snmptrapd with random keys in a directory of their
 * own, a small agent with bad manners, and a core thread whose loop the test talks to.
 */
#ifndef TESTS_UNIT_SNMP_ROOM_H
#define TESTS_UNIT_SNMP_ROOM_H

#include "base/arena.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/text.h"
#include "drivers/snmp/notify.h"
#include "drivers/snmp/snmp_driver.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define UNUSED __attribute__((unused))

/* ---- small things --------------------------------------------------------------------------- */

static UNUSED void
rest_ms(int ms)
{
	struct timespec t = {ms / 1000, (ms % 1000) * 1000000L};

	nanosleep(&t, NULL);
}

static UNUSED char *
random_word(char buf[25])
{
	uint8_t raw[12];

	if (getrandom(raw, sizeof(raw), 0) != sizeof(raw))
		abort();
	for (size_t i = 0; i < sizeof(raw); i++)
		snprintf(buf + 2 * i, 3, "%02x", raw[i]);
	return buf;
}

static UNUSED int
udp_socket(int *port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t n = sizeof(a);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &n) < 0)
		abort();
	*port = ntohs(a.sin_port);
	return fd;
}

static UNUSED int
free_port(void)
{
	int port, fd = udp_socket(&port);

	close(fd);
	return port;
}

static UNUSED void
write_file(const char *dir, const char *name, const char *text)
{
	char path[300];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		abort();
	close(fd);
}

/* The whole file, or "". Static. */
static UNUSED const char *
read_file(const char *dir, const char *name)
{
	static char text[1 << 18];
	char path[300];
	FILE *f;
	size_t n = 0;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "re");
	if (f != NULL) {
		n = fread(text, 1, sizeof(text) - 1, f);
		fclose(f);
	}
	text[n] = '\0';
	return text;
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static UNUSED void
remove_dir(const char *dir)
{
	nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* ---- the real programs ---------------------------------------------------------------------- */

struct program {
	char dir[32];
	char state[40]; /* what the program keeps between its runs */
	pid_t pid;
	int port;
};

static UNUSED void
program_make(struct program *p)
{
	*p = (struct program){.dir = "/tmp/snmp-test-XXXXXX"};
	if (mkdtemp(p->dir) == NULL)
		abort();
	snprintf(p->state, sizeof(p->state), "%s/state", p->dir);
	if (mkdir(p->state, 0700) != 0)
		abort();
	p->port = free_port();
}

/* argv[0] is looked up in sbin too. Its output begins anew. The program dies with the test. */
static UNUSED void
program_run(struct program *p, const char *const argv[])
{
	char log[100];
	int fd;

	snprintf(log, sizeof(log), "%s/out", p->dir);
	fd = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
	p->pid = fork();
	if (fd < 0 || p->pid < 0)
		abort();
	if (p->pid > 0) {
		close(fd);
		return;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(fd, 1);
	dup2(fd, 2);
	setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1);
	setenv("SNMP_PERSISTENT_DIR", p->state, 1);
	setenv("SNMPCONFPATH", p->state, 1);
	setenv("MIBS", "", 1);
	execvp(argv[0], (char *const *)(uintptr_t)argv);
	_exit(127);
}

static UNUSED void
program_kill(struct program *p, int signo)
{
	if (p->pid <= 0)
		return;
	kill(p->pid, signo);
	waitpid(p->pid, NULL, 0);
	p->pid = 0;
}

static UNUSED void
program_free(struct program *p)
{
	program_kill(p, SIGKILL);
	remove_dir(p->dir);
}

/* The counter of its starts, as it keeps it in that file between two of them. It does not run. */
static UNUSED void
program_set_boots(const struct program *p, const char *file, const char *boots)
{
	char text[8192], path[100], *at;
	const char *rest;

	text_copy(text, sizeof(text), read_file(p->state, file));
	at = strstr(text, "engineBoots ");
	rest = at != NULL ? strchr(at, '\n') : NULL;
	if (rest == NULL)
		abort();
	*at = '\0';
	snprintf(path, sizeof(path), "%s/%s", p->state, file);
	unlink(path);
	write_file(p->state, file, text);
	write_file(p->state, file, "engineBoots ");
	write_file(p->state, file, boots);
	write_file(p->state, file, rest);
}

/* Waits until the text stands in the program's output. */
static UNUSED bool
program_says(const struct program *p, const char *text, int ms)
{
	for (; ms > 0; ms -= 20) {
		if (strstr(read_file(p->dir, "out"), text) != NULL)
			return true;
		rest_ms(20);
	}
	return false;
}

static UNUSED void
snmpd_start(struct program *p)
{
	char listen[40], conf[80];
	const char *const argv[] = {"snmpd", "-f", "-Lo", "-c", conf, "-I",
	    "system_mib,sysORTable,snmp_mib,snmpEngine,usmUser,usmConf,vacm_conf,vacm_context,"
	    "vacm_vars,loadave,ifXTable,ifTable",
	    listen, NULL};

	snprintf(listen, sizeof(listen), "udp:127.0.0.1:%d", p->port);
	snprintf(conf, sizeof(conf), "%s/agent.conf", p->dir);
	program_run(p, argv);
}

static UNUSED void
snmpd_wait(const struct program *p)
{
	if (program_says(p, "NET-SNMP version", 10000))
		return;
	fprintf(stderr, "snmpd does not start: %.2000s\n", read_file(p->dir, "out"));
	abort();
}

static UNUSED void
snmptrapd_start(struct program *p)
{
	char listen[40], conf[80];
	const char *const argv[] = {
	    "snmptrapd", "-f", "-n", "-On", "-Lo", "-c", conf, listen, NULL};

	snprintf(listen, sizeof(listen), "udp:127.0.0.1:%d", p->port);
	snprintf(conf, sizeof(conf), "%s/trapd.conf", p->dir);
	program_run(p, argv);
}

/* ---- the core thread ------------------------------------------------------------------------ */

struct core_thread {
	struct loop *loop;
	pthread_t thread;
	struct mailbox *calls, *answers;
	struct loop_timer *tick;
	mono_t ticked;
	atomic_llong held_us; /* the longest time between two ticks of 5 ms */
};

struct call {
	struct mail mail;
	void (*fn)(void *arg);
	void *arg;
	sem_t done;
};

struct test_baton {
	struct baton b; /* first */
	sem_t home;
	atomic_int returns;
};

static void
core_tick(void *arg, const struct now *now)
{
	struct core_thread *c = arg;
	long long us = now->mono.us - c->ticked.us;

	if (c->ticked.us != 0 && us > atomic_load(&c->held_us))
		atomic_store(&c->held_us, us);
	c->ticked = clock_mono();
	loop_timer_set(c->tick, mono_add_ms(c->ticked, 5));
}

static void
core_calls(void *arg, struct mail *first, const struct now *now)
{
	(void)arg;
	(void)now;
	for (struct mail *m = first, *next; m != NULL; m = next) {
		struct call *call = (struct call *)m;

		next = m->next;
		call->fn(call->arg);
		sem_post(&call->done);
	}
}

static void
core_answers(void *arg, struct mail *first, const struct now *now)
{
	(void)arg;
	(void)now;
	for (struct mail *m = first, *next; m != NULL; m = next) {
		struct test_baton *b = (struct test_baton *)m;

		next = m->next;
		atomic_fetch_add(&b->returns, 1);
		sem_post(&b->home);
	}
}

static void
core_post(void *arg, const struct now *now)
{
	(void)arg;
	(void)now;
}

static void *
core_main(void *arg)
{
	struct core_thread *c = arg;

	loop_run(c->loop);
	return NULL;
}

static UNUSED void
core_call(struct core_thread *c, void (*fn)(void *arg), void *arg)
{
	struct call call = {.fn = fn, .arg = arg};

	sem_init(&call.done, 0, 0);
	mailbox_put(c->calls, &call.mail);
	while (sem_wait(&call.done) != 0 && errno == EINTR)
		;
	sem_destroy(&call.done);
}

struct engine_start {
	struct core_thread *core;
	uint8_t id[12];
	uint32_t boots;
};

static void
start_engine(void *arg)
{
	struct engine_start *e = arg;

	snmp_engine_start(e->core->loop, e->id, sizeof(e->id), e->boots);
}

static UNUSED void
core_start(struct core_thread *c, const uint8_t id[12], uint32_t boots)
{
	struct engine_start e = {.core = c, .boots = boots};

	memset(c, 0, sizeof(*c));
	memcpy(e.id, id, sizeof(e.id));
	c->loop = loop_new();
	c->calls = mailbox_new();
	c->answers = mailbox_new();
	loop_mailbox_add(c->loop, "test calls", c->calls, LOOP_NORMAL, core_calls, c);
	loop_mailbox_add(c->loop, "test answers", c->answers, LOOP_NORMAL, core_answers, c);
	loop_post_add(c->loop, "test post", core_post, c);
	c->tick = loop_timer_add(c->loop, "test tick", LOOP_NORMAL, core_tick, c);
	loop_timer_set(c->tick, clock_mono());
	if (pthread_create(&c->thread, NULL, core_main, c) != 0)
		abort();
	core_call(c, start_engine, &e);
}

static void
quit_loop(void *arg)
{
	struct core_thread *c = arg;

	loop_quit(c->loop, 0);
}

static UNUSED void
core_stop(struct core_thread *c)
{
	core_call(c, quit_loop, c);
	pthread_join(c->thread, NULL);
	loop_free(c->loop);
	mailbox_free(c->calls);
	mailbox_free(c->answers);
}

static UNUSED void
engine_id_for_test(uint8_t id[12])
{
	/* RFC 3411: enterprise (here the documentation number 32473), format 5 = octets. */
	static const uint8_t head[] = {0x80, 0x00, 0x7e, 0xd9, 0x05};

	memcpy(id, head, sizeof(head));
	if (getrandom(id + sizeof(head), 12 - sizeof(head), 0) != 12 - (ssize_t)sizeof(head))
		abort();
}

#endif

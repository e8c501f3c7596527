/*
 * The NOC side against the real snmptrapd: traps and informs, several receivers at once, dead and
 * late ones, and an agent that was killed and starts again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* cmocka wants the above first */
#include <cmocka.h>

#include "sinks/trap/trap.h"
#include "snmp_room.h"

#include <poll.h>

#define EVENTS_MAX 64
#define SEQ_OID    ".1.3.6.1.4.1.8072.9999.9999.4211.1.2.0 = Counter64: "

static struct fixture {
	struct program noc;
	uint8_t id[12];
	char community[25], auth[25], priv[25];
} f;

static int
make_noc(void **state)
{
	char text[800], id[30] = "0x";

	(void)state;
	program_make(&f.noc);
	engine_id_for_test(f.id);
	for (size_t i = 0; i < sizeof(f.id); i++)
		snprintf(id + strlen(id), 3, "%02x", f.id[i]);
	random_word(f.community);
	random_word(f.auth);
	random_word(f.priv);
	snprintf(text, sizeof(text),
	    "authCommunity log %s\n"
	    "createUser noc SHA \"%s\" AES \"%s\"\n"
	    "createUser -e %s noc SHA \"%s\" AES \"%s\"\n"
	    "createUser middle SHA-256 \"%s\" AES \"%s\"\n"
	    "createUser strong SHA-512 \"%s\" AES-256 \"%s\"\n"
	    "authUser log noc authPriv\nauthUser log middle authPriv\n"
	    "authUser log strong authPriv\n",
	    f.community, f.auth, f.priv, id, f.auth, f.priv, f.auth, f.priv, f.auth, f.priv);
	write_file(f.noc.dir, "trapd.conf", text);
	return 0;
}

static int
free_noc(void **state)
{
	(void)state;
	program_free(&f.noc);
	return 0;
}

static void
start_noc(void)
{
	snmptrapd_start(&f.noc);
	assert_true(program_says(&f.noc, "NET-SNMP version", 5000));
}

static struct receiver_spec
receiver(const char *name, int port, enum snmp_version version, enum notify_kind kind)
{
	return (struct receiver_spec){.name = name,
	    .kind = kind,
	    .timeout_ms = 400,
	    .retry_max_ms = 1500,
	    .target = {.address = "127.0.0.1",
		.port = port,
		.version = version,
		.community = f.community,
		.user = "noc",
		.auth = SNMP_AUTH_SHA,
		.priv = SNMP_PRIV_AES,
		.auth_passphrase = f.auth,
		.priv_passphrase = f.priv}};
}

/* ---- single notifications ------------------------------------------------------------------- */

struct sending {
	struct core_thread *core;
	const struct receiver_spec *spec;
	struct notify_session *session;
	uint64_t number;
	enum notify_result result;
	char text[200];
	atomic_int told;
	bool inside, told_inside, second_refused;
	sem_t done;
};

static void
on_told(void *arg, uint64_t tag, enum notify_result result, const char *text, const struct now *now)
{
	struct sending *s = arg;

	(void)now;
	s->told_inside |= s->inside || tag != s->number;
	s->result = result;
	text_copy(s->text, sizeof(s->text), text);
	atomic_fetch_add(&s->told, 1);
	sem_post(&s->done);
}

static void
send_one(void *arg)
{
	static const uint32_t trap[] = {1, 3, 6, 1, 4, 1, 8072, 9999, 9999, 4211, 0, 1};
	static const uint32_t seq[] = {1, 3, 6, 1, 4, 1, 8072, 9999, 9999, 4211, 1, 2, 0};
	static const uint32_t text[] = {1, 3, 6, 1, 4, 1, 8072, 9999, 9999, 4211, 1, 16, 0};
	struct sending *s = arg;
	struct oid trap_oid = {12, trap};
	struct varbind vb[2] = {{.oid = {13, seq}, .type = VARBIND_COUNTER64, .u = s->number},
	    {.oid = {13, text}, .type = VARBIND_TEXT, .text = "Return air too warm: 30.4 Cel"}};
	char err[200];

	if (s->session == NULL) {
		s->session = notify_open(s->spec, err, sizeof(err));
		if (s->session == NULL) {
			fprintf(stderr, "%s\n", err);
			abort();
		}
	}
	s->inside = true;
	notify_send(s->session, &trap_oid, vb, 2, 4711, s->number, on_told, s);
	s->second_refused = !notify_send(s->session, &trap_oid, vb, 2, 4711, s->number, on_told, s);
	s->inside = false;
}

static void
close_one(void *arg)
{
	struct sending *s = arg;

	notify_close(s->session);
}

static void
send_and_wait(struct sending *s, struct core_thread *core, uint64_t number)
{
	struct timespec t;

	s->core = core;
	s->number = number;
	atomic_store(&s->told, 0);
	sem_init(&s->done, 0, 0);
	core_call(core, send_one, s);
	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_sec += 6;
	if (sem_timedwait(&s->done, &t) != 0)
		fail_msg("no outcome");
	assert_int_equal(atomic_load(&s->told), 1);
	assert_false(s->told_inside);
	assert_true(s->second_refused);
}

static bool
noc_has(uint64_t number, int ms)
{
	char want[100];

	snprintf(want, sizeof(want), SEQ_OID "%llu\t", (unsigned long long)number);
	return program_says(&f.noc, want, ms);
}

static void
every_kind_arrives(void **state)
{
	struct receiver_spec specs[] = {
	    receiver("c2", f.noc.port, SNMP_V2C, NOTIFY_TRAP),
	    receiver("c2i", f.noc.port, SNMP_V2C, NOTIFY_INFORM),
	    receiver("v3", f.noc.port, SNMP_V3, NOTIFY_TRAP),
	    receiver("v3i", f.noc.port, SNMP_V3, NOTIFY_INFORM),
	    receiver("strong", f.noc.port, SNMP_V3, NOTIFY_INFORM),
	    receiver("middle", f.noc.port, SNMP_V3, NOTIFY_INFORM),
	};
	struct core_thread core;

	(void)state;
	specs[4].target.user = "strong";
	specs[4].target.auth = SNMP_AUTH_SHA512;
	specs[4].target.priv = SNMP_PRIV_AES256;
	specs[5].target.user = "middle";
	specs[5].target.auth = SNMP_AUTH_SHA256;
	start_noc();
	core_start(&core, f.id, 3);
	for (size_t i = 0; i < 6; i++) {
		struct sending s = {.spec = &specs[i]};

		for (uint64_t n = 0; n < 2; n++) {
			send_and_wait(&s, &core, 5000000000ULL + 10 * i + n);
			assert_int_equal(s.result,
			    specs[i].kind == NOTIFY_TRAP ? NOTIFY_SENT : NOTIFY_CONFIRMED);
			assert_true(noc_has(5000000000ULL + 10 * i + n, 2000));
		}
		core_call(&core, close_one, &s);
	}
	assert_non_null(strstr(read_file(f.noc.dir, "out"), "Return air too warm: 30.4"));
	assert_non_null(strstr(read_file(f.noc.dir, "out"),
	    ".1.3.6.1.6.3.1.1.4.1.0 = OID: .1.3.6.1.4.1.8072.9999.9999.4211.0.1"));
	core_stop(&core);
	program_kill(&f.noc, SIGKILL);
}

static void
failures_are_told_apart(void **state)
{
	struct receiver_spec bad_key = receiver("a", f.noc.port, SNMP_V3, NOTIFY_INFORM),
			     no_user = bad_key,
			     nobody = receiver("b", free_port(), SNMP_V2C, NOTIFY_TRAP), silent;
	int silent_port, fd = udp_socket(&silent_port);
	struct sending s[4] = {
	    {.spec = &bad_key}, {.spec = &no_user}, {.spec = &nobody}, {.spec = &silent}};
	struct core_thread core;

	(void)state;
	bad_key.target.auth_passphrase = "quite another passphrase";
	no_user.target.user = "nobody";
	silent = receiver("c", silent_port, SNMP_V3, NOTIFY_INFORM);
	start_noc();
	core_start(&core, f.id, 3);
	for (int i = 0; i < 4; i++)
		send_and_wait(&s[i], &core, 1);
	assert_int_equal(s[0].result, NOTIFY_FAILED);
	assert_non_null(strstr(s[0].text, "authentication passphrase"));
	assert_int_equal(s[1].result, NOTIFY_FAILED);
	assert_non_null(strstr(s[1].text, "unknown user"));
	assert_int_equal(s[2].result, NOTIFY_FAILED);
	assert_non_null(strstr(s[2].text, "nobody listens"));
	assert_int_equal(s[3].result, NOTIFY_TIMED_OUT);
	for (int i = 0; i < 4; i++)
		core_call(&core, close_one, &s[i]);
	core_stop(&core);
	program_kill(&f.noc, SIGKILL);
	close(fd);
}

static void
a_new_noc_is_found_again(void **state)
{
	struct receiver_spec spec = receiver("v3i", f.noc.port, SNMP_V3, NOTIFY_INFORM);
	struct sending s = {.spec = &spec};
	struct core_thread core;

	(void)state;
	core_start(&core, f.id, 3);
	for (uint64_t n = 0; n < 3; n++) {
		/* another engine each time, as a machine that was set up anew */
		remove_dir(f.noc.state);
		mkdir(f.noc.state, 0700);
		start_noc();
		send_and_wait(&s, &core, 100 + n);
		if (s.result != NOTIFY_CONFIRMED)
			send_and_wait(&s, &core, 100 + n);
		assert_int_equal(s.result, NOTIFY_CONFIRMED);
		assert_true(noc_has(100 + n, 2000));
		program_kill(&f.noc, SIGKILL);
	}
	core_call(&core, close_one, &s);
	core_stop(&core);
}

/* The same engine with another clock: started again, then restored from a backup. */
static void
a_noc_of_another_time_is_told_again(void **state)
{
	static const char *const boots[] = {NULL, "1000", NULL, "7"};
	struct receiver_spec spec = receiver("v3i", f.noc.port, SNMP_V3, NOTIFY_INFORM);
	struct sending s = {.spec = &spec};
	struct core_thread core;

	(void)state;
	core_start(&core, f.id, 3);
	for (uint64_t n = 0; n < 4; n++) {
		if (boots[n] != NULL)
			program_set_boots(&f.noc, "snmptrapd.conf", boots[n]);
		start_noc();
		send_and_wait(&s, &core, 300 + n);
		assert_int_equal(s.result, NOTIFY_CONFIRMED);
		assert_true(noc_has(300 + n, 2000));
		program_kill(&f.noc, SIGTERM);
	}
	core_call(&core, close_one, &s);
	core_stop(&core);
}

/* Two receivers with one engine ID behind one address, which get what is sent in turn. */
struct twins {
	struct program noc[2];
	int front, back;
	struct sockaddr_in agent;
	atomic_int passed;
	atomic_bool stop;
	pthread_t thread;
};

static void *
take_turns(void *arg)
{
	struct twins *t = arg;
	struct pollfd p[2] = {
	    {.fd = t->front, .events = POLLIN}, {.fd = t->back, .events = POLLIN}};
	struct sockaddr_in noc = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t size = sizeof(noc);
	uint8_t data[2048];
	ssize_t n;

	while (!atomic_load(&t->stop)) {
		poll(p, 2, 20);
		if (p[0].revents & POLLIN) {
			n = recvfrom(
			    t->front, data, sizeof(data), 0, (struct sockaddr *)&t->agent, &size);
			noc.sin_port =
			    htons((uint16_t)t->noc[atomic_fetch_add(&t->passed, 1) % 2].port);
			sendto(t->back, data, (size_t)n, 0, (struct sockaddr *)&noc, sizeof(noc));
		}
		if (p[1].revents & POLLIN) {
			n = recv(t->back, data, sizeof(data), 0);
			sendto(t->front, data, (size_t)n, 0, (struct sockaddr *)&t->agent, size);
		}
	}
	return NULL;
}

/* Returns the port that both are reached at. */
static int
start_twins(struct twins *t)
{
	char text[200];
	int port, unused;

	*t = (struct twins){.front = udp_socket(&port), .back = udp_socket(&unused)};
	snprintf(text, sizeof(text),
	    "engineID twin\ncreateUser noc SHA \"%s\" AES \"%s\"\nauthUser log noc authPriv\n",
	    f.auth, f.priv);
	for (int i = 0; i < 2; i++) {
		struct program *p = &t->noc[i];

		program_make(p);
		write_file(p->dir, "trapd.conf", text);
		snmptrapd_start(p);
		assert_true(program_says(p, "NET-SNMP version", 5000));
		program_kill(p, SIGTERM);
		program_set_boots(p, "snmptrapd.conf", i == 0 ? "1000" : "7");
		snmptrapd_start(p);
		assert_true(program_says(p, "NET-SNMP version", 5000));
	}
	pthread_create(&t->thread, NULL, take_turns, t);
	return port;
}

static void
stop_twins(struct twins *t)
{
	atomic_store(&t->stop, true);
	pthread_join(t->thread, NULL);
	close(t->front);
	close(t->back);
	for (int i = 0; i < 2; i++)
		program_free(&t->noc[i]);
}

/* What is in the window of one is outside that of the other: said, after a few tries. */
static void
a_clock_that_does_not_settle_is_said(void **state)
{
	struct receiver_spec spec;
	struct sending s = {.spec = &spec};
	struct core_thread core;
	struct twins t;

	(void)state;
	spec = receiver("v3i", start_twins(&t), SNMP_V3, NOTIFY_INFORM);
	core_start(&core, f.id, 3);
	for (uint64_t n = 0; n < 3; n++) {
		int before = t.passed;

		send_and_wait(&s, &core, 400 + n);
		assert_int_equal(s.result, NOTIFY_FAILED);
		assert_non_null(strstr(s.text, "its SNMPv3 clock does not settle"));
		assert_in_range(t.passed - before, 3, 8);
	}
	core_call(&core, close_one, &s);
	core_stop(&core);
	stop_twins(&t);
}

/* ---- lives of an agent ---------------------------------------------------------------------- */

/* One life: sends a trap and an inform, both v3, and is killed. */
static void
live(uint32_t boots, uint64_t number)
{
	struct receiver_spec trap = receiver("trap", f.noc.port, SNMP_V3, NOTIFY_TRAP),
			     inform = receiver("inform", f.noc.port, SNMP_V3, NOTIFY_INFORM);
	struct sending s[2] = {{.spec = &trap}, {.spec = &inform}};
	struct core_thread core;

	core_start(&core, f.id, boots);
	for (int i = 0; i < 2; i++) {
		sem_init(&s[i].done, 0, 0);
		s[i].number = number + (uint64_t)i;
		core_call(&core, send_one, &s[i]);
		sem_wait(&s[i].done);
	}
	kill(getpid(), SIGKILL);
}

static void
live_and_die(uint32_t boots, uint64_t number)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0)
		live(boots, number);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void
a_killed_agent_is_heard_again(void **state)
{
	(void)state;
	start_noc();
	live_and_die(7, 700);
	assert_true(noc_has(700, 2000));
	assert_true(noc_has(701, 2000));
	live_and_die(8, 800);
	assert_true(noc_has(800, 2000));
	assert_true(noc_has(801, 2000));
	/* that it is the boots that matter: with fewer, traps vanish and informs do not */
	live_and_die(6, 600);
	assert_true(noc_has(601, 2000));
	assert_false(noc_has(600, 300));
	program_kill(&f.noc, SIGKILL);
}

/* ---- the sink ------------------------------------------------------------------------------- */

#define RECEIVERS 4

struct sink {
	struct core_thread *core;
	struct site site;
	struct receiver_spec specs[RECEIVERS];
	struct outbox outbox;
	struct trap *trap;
	struct event events[EVENTS_MAX];
	uint64_t cursors[RECEIVERS];
	uint64_t durable;
	_Atomic uint64_t passed[RECEIVERS];
	struct loop_timer *store[RECEIVERS]; /* answers fetches a little later, as the store does */
	uint64_t after[RECEIVERS];
	atomic_int fetches_open[RECEIVERS], disorder;
	struct receiver_health health[RECEIVERS];
	char err[200];
};

struct slot {
	struct sink *sink;
	int i;
};
static struct slot slots[RECEIVERS];

static void
store_answers(void *arg, const struct now *now)
{
	struct slot *slot = arg;
	struct sink *k = slot->sink;
	uint64_t n = k->durable - k->after[slot->i];

	atomic_fetch_sub(&k->fetches_open[slot->i], 1);
	trap_events(
	    k->trap, OUTBOX_NOC + slot->i, &k->events[k->after[slot->i]], n < 16 ? n : 16, now);
}

static void
on_fetch(void *arg, int tag, uint64_t after, unsigned max)
{
	struct sink *k = arg;
	int i = tag - OUTBOX_NOC;

	if (max > 16 || atomic_fetch_add(&k->fetches_open[i], 1) != 0)
		atomic_fetch_add(&k->disorder, 1);
	k->after[i] = after;
	loop_timer_set(k->store[i], mono_add_ms(clock_mono(), 1));
}

static void
on_passed(void *arg, const char *cursor, uint64_t upto)
{
	struct sink *k = arg;

	for (int i = 0; i < RECEIVERS; i++) {
		if (strcmp(cursor + strlen("noc/"), k->specs[i].name) != 0)
			continue;
		if (upto != k->passed[i] + 1)
			atomic_fetch_add(&k->disorder, 1);
		k->passed[i] = upto;
		return;
	}
	atomic_fetch_add(&k->disorder, 1);
}

static void
open_sink(void *arg)
{
	struct sink *k = arg;
	struct trap_start start = {.loop = k->core->loop,
	    .site = &k->site,
	    .outbox = &k->outbox,
	    .cursors = k->cursors,
	    .durable = k->durable,
	    .started = clock_mono()};

	for (int i = 0; i < RECEIVERS; i++) {
		slots[i] = (struct slot){k, i};
		k->store[i] = loop_timer_add(
		    k->core->loop, "test store", LOOP_NORMAL, store_answers, &slots[i]);
	}
	k->trap = trap_new(&start, k->err, sizeof(k->err));
}

static void
more_durable(void *arg)
{
	struct sink *k = arg;
	struct now now = clock_now();

	k->durable++;
	trap_durable(k->trap, k->durable, &now);
}

static void
see_health(void *arg)
{
	struct sink *k = arg;

	for (size_t i = 0; i < RECEIVERS; i++)
		trap_health(k->trap, i, &k->health[i]);
}

static void
close_sink(void *arg)
{
	struct sink *k = arg;

	trap_free(k->trap);
	for (int i = 0; i < RECEIVERS; i++)
		loop_timer_free(k->store[i]);
}

static void
make_sink(struct sink *k, struct core_thread *core)
{
	memset(k, 0, sizeof(*k));
	k->core = core;
	k->site = (struct site){
	    .name = "annex-2f", .noc = {.receivers = k->specs, .receiver_count = RECEIVERS}};
	k->outbox =
	    (struct outbox){.arg = k, .epoch = "7f3c", .fetch = on_fetch, .passed = on_passed};
	for (size_t i = 0; i < EVENTS_MAX; i++) {
		struct event *e = &k->events[i];

		e->seq = i + 1;
		e->wall = (wall_t){1795251601250000};
		e->type = EVENT_ALARM;
		snprintf(e->device, sizeof(e->device), "crac%zu", i + 1);
		snprintf(e->text, sizeof(e->text), "alarm number %zu", i + 1);
	}
}

static bool
wait_passed(struct sink *k, int i, uint64_t seq, int ms)
{
	for (; ms > 0 && k->passed[i] < seq; ms -= 10)
		rest_ms(10);
	return k->passed[i] >= seq;
}

/* How often the sequence number stands in the NOC's log. */
static int
times_in_log(uint64_t seq)
{
	char want[100];
	int n = 0;

	snprintf(want, sizeof(want), SEQ_OID "%llu\t", (unsigned long long)seq);
	for (const char *at = read_file(f.noc.dir, "out"); (at = strstr(at, want)) != NULL; at++)
		n++;
	return n;
}

static void
a_dead_receiver_keeps_nobody_waiting(void **state)
{
	enum { LIVE_INFORM, LIVE_TRAP, SILENT, LATE };
	int silent_port, late_port = free_port(), fd = udp_socket(&silent_port);
	struct core_thread core;
	struct sink k;

	(void)state;
	start_noc();
	core_start(&core, f.id, 3);
	make_sink(&k, &core);
	k.specs[LIVE_INFORM] = receiver("live", f.noc.port, SNMP_V3, NOTIFY_INFORM);
	k.specs[LIVE_TRAP] = receiver("trap", f.noc.port, SNMP_V2C, NOTIFY_TRAP);
	k.specs[SILENT] = receiver("silent", silent_port, SNMP_V3, NOTIFY_INFORM);
	k.specs[LATE] = receiver("late", late_port, SNMP_V2C, NOTIFY_INFORM);
	k.durable = 20; /* what waited while the agent was off */
	core_call(&core, open_sink, &k);
	assert_non_null(k.trap);
	assert_true(wait_passed(&k, LIVE_INFORM, 20, 3000));
	assert_true(wait_passed(&k, LIVE_TRAP, 20, 3000));
	for (int i = 0; i < 20; i++)
		core_call(&core, more_durable, &k);
	assert_true(wait_passed(&k, LIVE_INFORM, 40, 3000));
	assert_true(wait_passed(&k, LIVE_TRAP, 40, 3000));
	rest_ms(200);
	for (uint64_t n = 1; n <= 40; n++)
		assert_int_equal(times_in_log(n), 2); /* once from each */
	for (int ms = 0; ms < 3000 && k.health[SILENT].retries == 0; ms += 50) {
		rest_ms(50);
		core_call(&core, see_health, &k);
	}
	assert_int_equal(k.health[LIVE_INFORM].confirmed, 40);
	assert_int_equal(k.health[LIVE_TRAP].sent, 40);
	assert_int_equal(k.health[SILENT].waiting, 40);
	assert_false(k.health[SILENT].reached);
	assert_true(k.health[SILENT].retries > 0);
	assert_int_equal(k.passed[SILENT], 0);
	assert_int_equal(k.passed[LATE], 0);
	for (int i = 0; i < RECEIVERS; i++)
		print_message("%s: %s\n", k.specs[i].name, k.health[i].text);

	/* the late one gets all, once, in order */
	program_kill(&f.noc, SIGKILL);
	f.noc.port = late_port;
	start_noc();
	assert_true(wait_passed(&k, LATE, 40, 8000));
	rest_ms(200);
	for (uint64_t n = 1; n <= 40; n++)
		assert_int_equal(times_in_log(n), 1);
	assert_int_equal(k.disorder, 0);
	core_call(&core, close_sink, &k);
	core_stop(&core);
	program_kill(&f.noc, SIGKILL);
	close(fd);
}

static void
open_only(void *arg)
{
	struct sink *k = arg;

	open_sink(k);
	trap_free(k->trap);
	k->trap = NULL;
}

static void
settings_that_cannot_work_are_refused(void **state)
{
	struct core_thread core;
	struct sink k;

	(void)state;
	core_start(&core, f.id, 3);
	make_sink(&k, &core);
	k.site.noc.receiver_count = 2;
	k.specs[0] = receiver("one", 162, SNMP_V3, NOTIFY_TRAP);
	k.specs[1] = receiver("two", 162, SNMP_V3, NOTIFY_TRAP);
	k.specs[1].target.auth_passphrase = "another passphrase";
	core_call(&core, open_only, &k);
	print_message("%s\n", k.err);
	assert_non_null(strstr(k.err, "NOC receiver two: receiver one has the user"));
	k.specs[1] = receiver("two", 162, SNMP_V1, NOTIFY_TRAP);
	core_call(&core, open_only, &k);
	print_message("%s\n", k.err);
	assert_non_null(strstr(k.err, "SNMPv1"));
	core_stop(&core);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_killed_agent_is_heard_again),
	    cmocka_unit_test(every_kind_arrives),
	    cmocka_unit_test(failures_are_told_apart),
	    cmocka_unit_test(a_new_noc_is_found_again),
	    cmocka_unit_test(a_noc_of_another_time_is_told_again),
	    cmocka_unit_test(a_clock_that_does_not_settle_is_said),
	    cmocka_unit_test(a_dead_receiver_keeps_nobody_waiting),
	    cmocka_unit_test(settings_that_cannot_work_are_refused),
	};
	return cmocka_run_group_tests(tests, make_noc, free_noc);
}

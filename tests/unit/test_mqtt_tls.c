/* sinks/mqtt and TLS against a real mosquitto, with certificates made here by openssl(1). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "mqtt_room.h"

#include <sys/resource.h>

/* Everything that openssl makes is here; the brokers come and go. */
static struct broker *b;

/* ---- certificates ---------------------------------------------------------------------------- */

static void __attribute__((format(printf, 1, 2))) openssl(const char *fmt, ...)
{
	char line[1024];
	const char *argv[40] = {"openssl"};
	int n = 1;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	for (char *rest = line, *word; n < 39 && (word = strtok_r(rest, " ", &rest)) != NULL;)
		argv[n++] = word;
	if (run(b->dir, argv) != 0)
		fail_msg("failed: openssl %s (see %s/run.log)", argv[1], b->dir);
}

static void
make_ca(const char *name)
{
	openssl("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=%s "
		"-keyout %s/%s.key -out %s/%s.crt",
	    name, b->dir, name, b->dir, name);
}

/* start, end: YYYYMMDDHHMMSSZ */
static void
make_cert(const char *ca, const char *name, const char *alt, const char *start, const char *end)
{
	char text[512];

	snprintf(text, sizeof(text),
	    "[ca]\ndefault_ca=x\n[x]\ndatabase=%s/index\nnew_certs_dir=%s\nrand_serial=yes\n"
	    "default_md=sha256\npolicy=p\nunique_subject=no\nx509_extensions=e\n"
	    "[p]\ncommonName=supplied\n[e]\nsubjectAltName=%s\n",
	    b->dir, b->dir, alt);
	broker_file(b, "ca.conf", text);
	broker_file(b, "index", "");
	openssl("req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=%s "
		"-keyout %s/%s.key -out %s/%s.csr",
	    name, b->dir, name, b->dir, name);
	openssl("ca -batch -notext -config %s/ca.conf -cert %s/%s.crt -keyfile %s/%s.key -in "
		"%s/%s.csr -out %s/%s.crt -startdate %s -enddate %s",
	    b->dir, b->dir, ca, b->dir, ca, b->dir, name, b->dir, name, start, end);
}

static void
date(char buf[32], long days)
{
	time_t t = time(NULL) + days * 86400;
	struct tm tm;

	strftime(buf, 32, "%Y%m%d%H%M%SZ", gmtime_r(&t, &tm));
}

static int
make_all(void **state)
{
	static const char here[] = "DNS:localhost,IP:127.0.0.1";
	char past[32], recent[32], soon[32], later[32];

	(void)state;
	mosquitto_lib_init();
	b = broker_make();
	live_swap(LIVE_BROKER, b, NULL); /* lives as long as the program */
	date(past, -20);
	date(recent, -2);
	date(soon, 2);
	date(later, 20);
	make_ca("ca");
	make_ca("stranger");
	make_cert("ca", "server", here, recent, soon);
	make_cert("stranger", "impostor", here, recent, soon);
	make_cert("ca", "early", here, soon, later);
	make_cert("ca", "old", here, past, recent);
	make_cert("ca", "other", "DNS:other.example", recent, soon);
	make_cert("ca", "client", "DNS:agent", recent, soon);
	return 0;
}

static int
clean_up(void **state)
{
	broker_stop(b, SIGTERM);
	return mqtt_clean_up(state);
}

static int
remove_all(void **state)
{
	(void)state;
	live_swap(LIVE_BROKER, NULL, b);
	broker_free(b);
	return 0;
}

/* ---- brokers and rooms ----------------------------------------------------------------------- */

static void
tls_broker(const char *cert, const char *more)
{
	char conf[1024];

	snprintf(conf, sizeof(conf),
	    "allow_anonymous true\ncafile %s/ca.crt\ncertfile %s/%s.crt\nkeyfile %s/%s.key\n%s",
	    b->dir, b->dir, cert, b->dir, cert, more);
	broker_start(b, conf);
}

static char ca_path[128], client_cert[128], client_key[128];

static struct room *
tls_room(int port)
{
	struct room *r = room_make(port);

	snprintf(ca_path, sizeof(ca_path), "%s/ca.crt", b->dir);
	snprintf(client_cert, sizeof(client_cert), "%s/client.crt", b->dir);
	snprintf(client_key, sizeof(client_key), "%s/client.key", b->dir);
	r->t.site.mqtt.broker = "localhost";
	r->t.site.mqtt.ca_file = ca_path;
	return r;
}

/* A broker with this certificate is refused with this text; the right one is taken after it. */
static void
refused_then_taken(const char *cert, const char *text)
{
	struct room *r;

	tls_broker(cert, "");
	r = tls_room(b->port);
	r->durable = 30;
	room_start(r, 0, NULL);
	assert_true(room_says(r, text, 3000));
	assert_false(room_health(r).connected);
	broker_stop(b, SIGTERM);
	tls_broker("server", "");
	assert_true(room_passes(r, 30, 0, 5000));
	room_stop(r);
	broker_stop(b, SIGTERM);
}

static void
the_right_broker_is_taken(void **state)
{
	static const char *const versions[] = {
	    "", "tls_version tlsv1.2\n", "tls_version tlsv1.3\n"};
	static const char *const names[] = {"localhost", "127.0.0.1"};
	struct room *r;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		tls_broker("server", versions[i]);
		r = tls_room(b->port);
		r->t.site.mqtt.broker = names[i % 2];
		r->t.site.mqtt.version = i == 1 ? 5 : 3;
		r->durable = 500;
		room_start(r, 0, NULL);
		assert_true(room_passes(r, 500, 0, 3000));
		room_stop(r);
		broker_stop(b, SIGTERM);
	}
}

static void
a_strange_ca_is_refused(void **state)
{
	(void)state;
	refused_then_taken("impostor", "is not signed by the CA in /tmp/facility-mqtt-");
}

static void
a_certificate_of_tomorrow_points_at_the_clock(void **state)
{
	(void)state;
	refused_then_taken("early", "check the clock of this machine");
}

static void
an_old_certificate_is_called_expired(void **state)
{
	(void)state;
	refused_then_taken("old", "certificate expired on 20");
}

static void
a_certificate_for_another_name_is_refused(void **state)
{
	(void)state;
	refused_then_taken("other", "certificate is not for \"localhost\"");
}

static void
a_client_certificate_is_asked_for_and_given(void **state)
{
	struct room *r;

	(void)state;
	tls_broker("server", "require_certificate true\nuse_identity_as_username true\n");
	r = tls_room(b->port);
	room_start(r, 0, NULL);
	assert_true(room_says(r, "client certificate", 3000));
	room_stop(r);
	r = tls_room(b->port);
	r->t.site.mqtt.cert_file = client_cert;
	r->t.site.mqtt.key_file = client_key;
	r->durable = 10;
	room_start(r, 0, NULL);
	assert_true(room_passes(r, 10, 0, 3000));
	room_stop(r);
	broker_stop(b, SIGTERM);
}

static void
files_that_cannot_be_used_are_named(void **state)
{
	struct room *r;

	(void)state;
	r = tls_room(b->port);
	r->t.site.mqtt.ca_file = "/nowhere/ca.crt";
	room_start(r, 0, NULL);
	assert_true(room_says(
	    r, "cannot use the CA file /nowhere/ca.crt: No such file or directory", 2000));
	room_stop(r);
	r = tls_room(b->port);
	r->t.site.mqtt.cert_file = client_cert;
	r->t.site.mqtt.key_file = ca_path; /* a certificate is no key */
	room_start(r, 0, NULL);
	assert_true(room_says(r, "cannot use the key file", 2000));
	room_stop(r);
	r = tls_room(b->port);
	r->t.site.mqtt.broker = "no-such-host.invalid";
	room_start(r, 0, NULL);
	assert_true(room_says(r, "cannot find the broker \"no-such-host.invalid\"", 5000));
	room_stop(r);
}

static void
tls_and_plain_do_not_meet(void **state)
{
	struct room *r;

	(void)state;
	broker_start(b, NULL);
	r = tls_room(b->port);
	room_start(r, 0, NULL);
	assert_true(room_says(r, "TLS", 3000));
	assert_false(room_health(r).connected);
	room_stop(r);
	broker_stop(b, SIGTERM);
	tls_broker("server", "");
	r = room_make(b->port);
	room_start(r, 0, NULL);
	assert_true(room_says(r, "does it expect TLS", 3000));
	room_stop(r);
	broker_stop(b, SIGTERM);
}

static double
cpu_seconds(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

/* A port that takes connections and never says a word, plain and TLS: given up, without spinning.
 */
static void
a_silent_port_is_given_up(void **state)
{
	struct sockaddr_in a = loopback(0);
	socklen_t size = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct room *plain, *tls;
	double cpu;

	(void)state;
	assert_int_equal(bind(fd, (struct sockaddr *)&a, size), 0);
	assert_int_equal(listen(fd, 8), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &size), 0);
	plain = room_make(ntohs(a.sin_port));
	tls = tls_room(ntohs(a.sin_port));
	cpu = cpu_seconds();
	room_start(plain, 0, NULL);
	room_start(tls, 0, NULL);
	pause_ms(CONNECT_DEADLINE_MS - 500);
	cpu = cpu_seconds() - cpu;
	print_message("%.3f s of CPU while waiting\n", cpu);
	assert_true(cpu < 0.5);
	assert_true(room_says(plain, "no answer within 10 s", 2000));
	assert_true(room_says(tls, "no answer within 10 s", 2000));
	room_stop(plain);
	room_stop(tls);
	close(fd);
}

int
main(void)
{
#define WITH_TLS(test) cmocka_unit_test_teardown(test, clean_up)
	const struct CMUnitTest tests[] = {
	    WITH_TLS(the_right_broker_is_taken),
	    WITH_TLS(a_strange_ca_is_refused),
	    WITH_TLS(a_certificate_of_tomorrow_points_at_the_clock),
	    WITH_TLS(an_old_certificate_is_called_expired),
	    WITH_TLS(a_certificate_for_another_name_is_refused),
	    WITH_TLS(a_client_certificate_is_asked_for_and_given),
	    WITH_TLS(files_that_cannot_be_used_are_named),
	    WITH_TLS(tls_and_plain_do_not_meet),
	    WITH_TLS(a_silent_port_is_given_up),
	};

	return cmocka_run_group_tests(tests, make_all, remove_all);
}

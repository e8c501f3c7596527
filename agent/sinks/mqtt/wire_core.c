/* What the core calls: start and end of the thread, and the way to it. */
#include "sinks/mqtt/wire_priv.h"

#include "base/text.h"

#include <mosquitto.h>
#include <signal.h>
#include <string.h>
#include <sys/random.h>

static const char *
copy(struct wire *w, const char *s)
{
	return s != NULL ? arena_strdup(w->arena, s) : NULL;
}

static void
copy_config(struct wire *w, const struct site *site, const char *epoch)
{
	const struct mqtt_spec *spec = &site->mqtt;
	const char **consumers = arena_array(w->arena, spec->consumer_count, sizeof(*consumers));

	for (size_t i = 0; i < spec->consumer_count; i++)
		consumers[i] = copy(w, spec->consumers[i]);
	w->config = (struct session_config){
	    .broker = copy(w, spec->broker),
	    .port = spec->port,
	    .base = copy(w, spec->base),
	    .client_id = copy(w, spec->client_id),
	    .version = spec->version,
	    .keepalive_s = spec->keepalive_s,
	    .ca_file = copy(w, spec->ca_file),
	    .cert_file = copy(w, spec->cert_file),
	    .key_file = copy(w, spec->key_file),
	    .username = copy(w, spec->username),
	    .password = copy(w, spec->password),
	    .epoch = copy(w, epoch),
	    .hass_prefix =
		copy(w, spec->hass_prefix != NULL ? spec->hass_prefix : MQTT_HASS_PREFIX),
	    .consumers = consumers,
	    .consumer_count = spec->consumer_count,
	};
	roster_init(&w->config.roster, w->arena, site);
}

static void
make_desks(struct wire *w, size_t consumer_count)
{
	size_t n = consumer_count * COMMAND_KIND_COUNT;

	w->desks = arena_array(w->arena, n, sizeof(*w->desks));
	for (size_t i = 0; i < n; i++)
		w->desks[i].order.mail.kind = WIRE_ORDER;
}

/* Name look-up, connect and TLS block, each for a while. */
#define STUCK_MS 600000

/* Signals are for the core's loop; a thread inherits the mask of its maker. */
static void
start_thread(struct wire *w)
{
	sigset_t all, before;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pulse_add(&w->pulse, "mqtt", STUCK_MS, true);
	rc = pthread_create(&w->thread, NULL, wire_main, w);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc != 0)
		log_fatal("cannot start the MQTT thread: %s", strerror(rc));
	pthread_setname_np(w->thread, "mqtt");
}

struct wire *
wire_new(const struct site *site, const char *epoch, struct mailbox *out)
{
	const struct mqtt_spec *spec = &site->mqtt;
	struct arena *arena = arena_new();
	struct wire *w = arena_alloc(arena, sizeof(*w));

	w->arena = arena;
	w->in = mailbox_new();
	w->out = out;
	w->home_end = &w->home;
	w->wake.kind = WIRE_STATUS;
	w->stop.kind = WIRE_STOP;
	w->stopped.kind = WIRE_STOPPED;
	pthread_mutex_init(&w->lock, NULL);
	copy_config(w, site, epoch);
	make_desks(w, spec->consumer_count);
	if (getrandom(&w->random, sizeof(w->random), 0) != (ssize_t)sizeof(w->random))
		w->random = (uint64_t)clock_wall().us;
	w->random |= 1;
	w->status.retry_at = MONO_NEVER;
	text_printf(w->status.text, sizeof(w->status.text), "connecting to %s:%d", spec->broker,
	    spec->port);
	mosquitto_lib_init();
	start_thread(w);
	return w;
}

void
wire_send(struct wire *w, struct mail *first, struct mail *last)
{
	mailbox_put_all(w->in, first, last);
}

void
wire_order_done(struct wire *w, struct order *o)
{
	mailbox_put(w->in, &o->mail);
}

void
wire_status(struct wire *w, struct wire_status *out)
{
	atomic_store(&w->waking, false);
	pthread_mutex_lock(&w->lock);
	*out = w->status;
	pthread_mutex_unlock(&w->lock);
}

void
wire_stop(struct wire *w)
{
	mailbox_put(w->in, &w->stop);
}

void
wire_free(struct wire *w)
{
	struct arena *arena = w->arena;

	pthread_join(w->thread, NULL);
	pulse_remove(&w->pulse);
	pthread_mutex_destroy(&w->lock);
	mailbox_free(w->in);
	arena_free(arena);
}

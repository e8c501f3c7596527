#include "sinks/console/console.h"

#include "base/arena.h"
#include "base/lang.h"
#include "base/log.h"
#include "base/text.h"
#include "sinks/console/client.h"
#include "sinks/console/fetch.h"
#include "sinks/console/history.h"
#include "sinks/console/listen.h"
#include "sinks/console/request.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* WATCHERS_MAX of them may be screens left on; the rest is for whoever asks or acts. */
#define CLIENTS_MAX 20
/* A client that has asked nothing for so long gives way when all places are taken. */
#define IDLE_MS        60000
#define ACCEPT_REST_MS 1000
/* What the kernel holds for one client, besides CLIENT_OUT_MAX of ours. */
#define SOCKET_BUFFER 65536

struct console {
	struct loop *loop;
	struct show show;
	struct fetch fetch;
	struct history_fetch history;
	struct listener listener;
	struct loop_io *accept_io;
	mono_t accept_at; /* the listener rests until then; MONO_NEVER: it does not */
	struct fault_log accept_fault;
	struct loop_timer *timer;
	mono_t sample_at;
	struct peers peers;
	struct client *clients[CLIENTS_MAX];
};

static const struct console_sources no_sources;

/* ---- end of every turn that touched a client ------------------------------------------------ */

static void
reap(struct console *c)
{
	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		struct client *client = c->clients[i];

		if (client == NULL || !client->dead)
			continue;
		fetch_forget(&c->fetch, client);
		history_forget(&c->history, client);
		client_free(client);
		c->clients[i] = NULL;
		c->show.consoles--;
	}
}

static void
settle(struct console *c)
{
	mono_t next = mono_min(mono_min(c->sample_at, c->show.ward->next_at), c->accept_at);

	fetch_pump(&c->fetch, c->clients, CLIENTS_MAX);
	history_pump(&c->history, c->show.sources, c->clients, CLIENTS_MAX);
	reap(c);
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		if (c->clients[i] != NULL)
			next = mono_min(next, client_next(c->clients[i]));
	loop_timer_set(c->timer, next);
}

static void
on_client(void *arg, int fd, uint32_t events, const struct now *now)
{
	struct console *c = arg;
	struct client *client = NULL;

	for (size_t i = 0; i < CLIENTS_MAX && client == NULL; i++)
		if (c->clients[i] != NULL && c->clients[i]->fd == fd)
			client = c->clients[i];
	if (client == NULL)
		return;
	c->show.now = *now;
	if (events & EPOLLIN)
		client_read(client, now);
	else
		client_pump(client, now);
	/* Both directions are shut: nobody is there to read an answer. */
	if (events & (EPOLLHUP | EPOLLERR))
		client->dead = true;
	settle(c);
}

/* ---- accept --------------------------------------------------------------------------------- */

/* A free place, if need be that of the client that has been silent longest; CLIENTS_MAX: none. */
static size_t
find_place(struct console *c, const struct now *now)
{
	size_t place = CLIENTS_MAX;

	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		const struct client *client = c->clients[i];

		if (client == NULL)
			return i;
		if (client->watch == NULL && !client_busy(client) &&
		    mono_ms_between(now->mono, client->asked_at) >= IDLE_MS &&
		    (place == CLIENTS_MAX ||
			mono_before(client->asked_at, c->clients[place]->asked_at)))
			place = i;
	}
	if (place < CLIENTS_MAX) {
		c->clients[place]->dead = true;
		reap(c);
	}
	return place;
}

/* Needs no client: a catalogue's sentence without quotes, as it stands. */
static void
turn_away(int fd)
{
	char error[160], line[256];

	text_printf(error, sizeof(error), _("%d consoles are open already: close one of them"),
	    CLIENTS_MAX);
	text_printf(
	    line, sizeof(line), "{\"ok\":false,\"code\":\"busy\",\"error\":\"%s\"}\n", error);
	send(fd, line, strlen(line), MSG_DONTWAIT | MSG_NOSIGNAL);
	close(fd);
}

static void
welcome(struct console *c, int fd, const struct now *now)
{
	size_t place = find_place(c, now);
	int size = SOCKET_BUFFER;
	struct peer peer;

	if (place == CLIENTS_MAX || !peer_read(fd, &c->peers, &peer)) {
		turn_away(fd);
		return;
	}
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	struct client *client = client_new(fd, &peer, &c->show, now);
	client->io = loop_io_add(c->loop, "console client", fd, EPOLLIN, LOOP_IDLE, on_client, c);
	c->clients[place] = client;
	c->show.consoles++;
}

static void
on_accept(void *arg, int fd, uint32_t events, const struct now *now)
{
	struct console *c = arg;
	int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)events;
	c->show.now = *now;
	if (client >= 0) {
		fault_over(&c->accept_fault, now->mono, "console: takes connections again");
		welcome(c, client, now);
	} else if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
		/* Out of descriptors or memory: the caller stays readable, so look away for a
		 * while. */
		fault_say(&c->accept_fault, now->mono, LOG_LEVEL_WARN,
		    "console: cannot take a connection: %s", strerror(errno));
		loop_io_events(c->accept_io, 0);
		c->accept_at = mono_add_ms(now->mono, ACCEPT_REST_MS);
	}
	settle(c);
}

/* ---- time ----------------------------------------------------------------------------------- */

static void
sample_load(struct console *c, const struct now *now)
{
	size_t n = c->show.site->link_count;
	struct link_health h;

	c->sample_at = MONO_NEVER;
	if (c->show.sources->link == NULL || n == 0)
		return;
	for (size_t i = 0; i < n; i++) {
		memset(&h, 0, sizeof(h));
		c->show.sources->link(c->show.sources->arg, i, &h);
		c->show.load->now_us[i] = h.busy_us;
	}
	load_sample(c->show.load, now->mono);
	c->sample_at = mono_add_ms(now->mono, LOAD_PERIOD_MS);
}

static void
sample_ward(struct console *c, const struct now *now)
{
	const struct console_sources *from = c->show.sources;
	struct ward *w = c->show.ward;

	for (size_t i = 0; i < w->devices && from->slave != NULL; i++)
		if (!from->slave(from->arg, i, &w->now[i]))
			memset(&w->now[i], 0, sizeof(w->now[i]));
	ward_sample(w, now->mono);
}

static void
on_timer(void *arg, const struct now *now)
{
	struct console *c = arg;

	c->show.now = *now;
	if (!mono_before(now->mono, c->sample_at))
		sample_load(c, now);
	if (!mono_before(now->mono, c->show.ward->next_at))
		sample_ward(c, now);
	if (!mono_before(now->mono, c->accept_at)) {
		c->accept_at = MONO_NEVER;
		loop_io_events(c->accept_io, EPOLLIN);
	}
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		if (c->clients[i] != NULL && !mono_before(now->mono, client_next(c->clients[i])))
			client_pump(c->clients[i], now);
	settle(c);
}

/* ---- life ----------------------------------------------------------------------------------- */

struct console *
console_new(const struct console_start *start, char *err, size_t err_size)
{
	const struct site *site = core_site(start->core);
	struct console *c = xcalloc(1, sizeof(*c));

	c->peers = peers_load(site->control.group);
	if (site->control.group != NULL && c->peers.group == NO_GROUP)
		log_warn("console: there is no group \"%s\" on this machine: only root and this "
			 "account may acknowledge",
		    site->control.group);
	if (!listener_open(&c->listener, start->run_dir, c->peers.group, err, err_size)) {
		peers_free(&c->peers);
		free(c);
		return NULL;
	}
	c->loop = start->loop;
	c->fetch.outbox = start->outbox;
	c->accept_at = MONO_NEVER;
	c->sample_at = start->started.mono;
	c->show = (struct show){
	    .core = start->core,
	    .site = site,
	    .sources = start->sources != NULL ? start->sources : &no_sources,
	    .load = load_new(site->link_count),
	    .ward = ward_new(site->device_count, start->started.mono),
	    .version = start->version,
	    .started = start->started,
	    .now = start->started,
	    .epoch = start->outbox != NULL ? start->outbox->epoch : NULL,
	    .durable = start->durable,
	};
	c->timer = loop_timer_add(c->loop, "console timer", LOOP_IDLE, on_timer, c);
	c->accept_io = loop_io_add(
	    c->loop, "console socket", c->listener.fd, EPOLLIN, LOOP_IDLE, on_accept, c);
	settle(c);
	return c;
}

void
console_free(struct console *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		if (c->clients[i] != NULL)
			client_free(c->clients[i]);
	loop_timer_free(c->timer);
	loop_io_free(c->accept_io);
	listener_close(&c->listener);
	peers_free(&c->peers);
	load_free(c->show.load);
	ward_free(c->show.ward);
	free(c);
}

void
console_changes(struct console *c, const struct core_changes *changes, const struct now *now)
{
	c->show.now = *now;
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		if (c->clients[i] != NULL && c->clients[i]->watch != NULL)
			watch_mark(c->clients[i]->watch, changes);
	settle(c);
}

/* All clients that wait for this get the same answer. */
static void
answer_all(
    struct console *c, enum client_wait wait, bool good, const char *text, const struct now *now)
{
	c->show.now = *now;
	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		if (c->clients[i] == NULL || c->clients[i]->waits != wait)
			continue;
		answer_waiting(c->clients[i], good, text);
		client_pump(c->clients[i], now);
	}
	settle(c);
}

void
console_reloaded(struct console *c, bool good, const char *text, const struct now *now)
{
	answer_all(c, WAIT_RELOAD, good, text, now);
}

void
console_noc_tested(struct console *c, bool good, const char *text, const struct now *now)
{
	answer_all(c, WAIT_NOC_TEST, good, text, now);
}

void
console_durable(struct console *c, uint64_t upto, const struct now *now)
{
	c->show.now = *now;
	if (upto > c->show.durable)
		c->show.durable = upto;
	settle(c);
}

void
console_events(
    struct console *c, int tag, const struct event *events, size_t count, const struct now *now)
{
	if (tag != OUTBOX_CONSOLE)
		return;
	c->show.now = *now;
	struct client *client = fetch_arrived(&c->fetch, events, count);
	if (client != NULL)
		client_pump(client, now);
	settle(c);
}

void
console_past(struct console *c, const struct past_answer *a, const struct now *now)
{
	c->show.now = *now;
	struct client *client = history_arrived(&c->history, a);
	if (client != NULL)
		client_pump(client, now);
	settle(c);
}

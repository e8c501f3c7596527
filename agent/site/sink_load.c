/* Where state and events go: the broker and the NOC. */
#include "site/loader.h"

#include <string.h>

/* ---- MQTT --------------------------------------------------------------------------------------
 */

static void
tls_load(struct loader *l, const struct mqtt_keys *k, const struct node *map, struct mqtt_spec *m)
{
	const struct node *tls = node_get(map, "tls");

	m->ca_file = k->tls.ca;
	m->cert_file = k->tls.cert;
	m->key_file = k->tls.key;
	if ((k->tls.cert == NULL) == (k->tls.key == NULL))
		return;
	HINT(l,
	    ERROR(l, node_key(tls, k->tls.cert ? "cert" : "key"),
		"a certificate and its key belong together"),
	    "expected cert and key, or neither");
}

void
mqtt_load(struct loader *l, const struct mqtt_keys *k, const struct node *root, struct site *site)
{
	const struct node *map = node_get(root, "mqtt");
	struct mqtt_spec *m = &site->mqtt;
	struct mqtt_secret_keys secret = {0};
	bool missing;

	if (map == NULL)
		return;
	*m = (struct mqtt_spec){.enabled = true,
	    .broker = k->broker,
	    .port = k->port     ? (int)k->port
		    : k->tls.ca ? 8883
				: 1883,
	    .base = k->base ? k->base : arena_printf(l->rd.arena, "facility/%s", site->name),
	    .client_id =
		k->client_id ? k->client_id : arena_printf(l->rd.arena, "facility-%s", site->name),
	    .version = k->version,
	    .keepalive_s = (int)(k->keepalive / 1000),
	    .secrets = k->secrets,
	    .batch = (enum mqtt_batch)k->publish,
	    .consumers = k->consumers.at,
	    .consumer_count = k->consumers.count,
	    .place = node_place(node_key(root, "mqtt"))};
	if (k->base)
		topic_prefix_check(l, node_get(map, "base"), k->base);
	topics_load(l, k, map, site);
	tls_load(l, k, map, m);
	for (size_t i = 0; i < k->consumers.count; i++) {
		for (size_t j = 0; j < i; j++) {
			if (strcmp(k->consumers.at[i], k->consumers.at[j]) == 0)
				HINT(l,
				    ERROR(l, node_get(map, "consumers")->items[i],
					"consumer \"%s\" is here twice", k->consumers.at[i]),
				    "remove one of them");
		}
	}
	if (k->secrets == NULL || !secret_load(l, &section_mqtt_secrets, k->secrets,
				      node_get(map, "secrets"), &secret, &missing))
		return;
	m->username = secret.username;
	m->password = secret.password;
}

/* ---- NOC ---------------------------------------------------------------------------------------
 */

static void
zones_load_filter(struct loader *l, const struct node *map, const struct receiver_keys *k,
    const struct site *site, struct receiver_spec *out)
{
	const char **names = arena_array(l->rd.arena, site->zone_count, sizeof(*names));
	int *zones = arena_array(l->rd.arena, k->zones.count, sizeof(*zones));
	const struct node *list = node_get(map, "zones");

	for (size_t i = 0; i < site->zone_count; i++)
		names[i] = site->zones[i].name;
	for (size_t i = 0; i < k->zones.count && list != NULL; i++) {
		int zone = refer(l, list->items[i], "zone", names, site->zone_count);

		if (zone != NO_INDEX)
			zones[out->zone_count++] = zone;
	}
	out->zones = zones;
}

static void
receiver_load(
    struct loader *l, const struct node *map, const struct site *site, struct receiver_spec *out)
{
	struct receiver_keys k = {0};
	bool good = section_read(&l->rd, &section_receiver, map, map, SECTION_WHOLE, &k);

	*out = (struct receiver_spec){.name = k.name ? k.name : "",
	    .kind = (enum notify_kind)k.kind,
	    .timeout_ms = k.timeout,
	    .retry_max_ms = k.retry_max,
	    .heartbeat_ms = k.heartbeat,
	    .resend_ms = k.resend,
	    .least_priority = (enum priority)k.priority,
	    .place = node_place(map)};
	zones_load_filter(l, map, &k, site, out);
	if (k.snmp.address)
		target_load(l, &k.snmp, map, map, &out->target);
	if (good && k.snmp.version == SNMP_V1)
		HINT(l, ERROR(l, node_get(map, "version"), "version 1 is not sent to receivers"),
		    "expected version 2c or 3");
}

static bool
is_same(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* Traps all go out under our own engine, where a user has one set of keys (RFC 3414, 2.1). */
static bool
share_a_user(const struct receiver_spec *a, const struct receiver_spec *b)
{
	const struct snmp_target *s = &a->target, *t = &b->target;

	return a->kind == NOTIFY_TRAP && b->kind == NOTIFY_TRAP && s->version == SNMP_V3 &&
	       t->version == SNMP_V3 && s->user != NULL && is_same(s->user, t->user) &&
	       !(s->auth == t->auth && s->priv == t->priv &&
		   is_same(s->auth_passphrase, t->auth_passphrase) &&
		   is_same(s->priv_passphrase, t->priv_passphrase));
}

static void
check_receiver_twice(
    struct loader *l, const struct node *list, const struct receiver_spec *receivers, size_t i)
{
	const struct receiver_spec *r = &receivers[i];

	for (size_t j = 0; j < i; j++) {
		const struct receiver_spec *other = &receivers[j];

		if (r->name[0] && strcmp(r->name, other->name) == 0)
			HINT(l,
			    ERROR(l, node_get(list->items[i], "name"),
				"receiver \"%s\" is here twice", r->name),
			    "remove one of them, or give it another name");
		else if (r->target.address && other->target.address &&
			 r->target.port == other->target.port &&
			 strcmp(r->target.address, other->target.address) == 0)
			HINT(l,
			    ERROR(l, node_get(list->items[i], "address"),
				"%s port %d is \"%s\" already", r->target.address, r->target.port,
				other->name),
			    "one receiver is told once: remove one of the two");
		else if (share_a_user(r, other))
			HINT(l,
			    ERROR(l, node_get(list->items[i], "user"),
				"receiver \"%s\" has this user with other passphrases",
				other->name),
			    "expected one user name for each set of passphrases: traps have but "
			    "one "
			    "engine, ours");
	}
}

void
noc_load(struct loader *l, const struct noc_keys *k, struct site *site)
{
	size_t n = k->receivers ? k->receivers->count : 0;
	struct receiver_spec *receivers = arena_array(l->rd.arena, n, sizeof(*receivers));

	for (size_t i = 0; i < n; i++) {
		receiver_load(l, k->receivers->items[i], site, &receivers[i]);
		check_receiver_twice(l, k->receivers, receivers, i);
	}
	site->noc.receivers = receivers;
	site->noc.receiver_count = n;
}

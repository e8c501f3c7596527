#include "snmp_pdu.h"

enum { BINDINGS_MAX = 256 };

/* One variable of an answer: a name and the value of an object, or a tag instead of the value. */
struct binding {
	struct ber_in asked;         /* the name as it came, and what follows it */
	const struct mib_row *named; /* the object whose name is shown; NULL: the name asked for */
	const struct mib_row *row;   /* the object whose value is shown; NULL: there is none */
	unsigned missing;            /* tag that stands for the value if there is no row */
};

struct bindings {
	struct binding b[BINDINGS_MAX];
	unsigned n;
};

bool
snmp_request_read(struct ber_in *in, struct snmp_request *q)
{
	struct ber_in pdu;

	return ber_get_any(in, &q->type, &pdu) && ber_get_int(&pdu, &q->id) &&
	       ber_get_int(&pdu, &q->non_repeaters) && ber_get_int(&pdu, &q->max_repetitions) &&
	       ber_get(&pdu, BER_SEQUENCE, &q->bindings);
}

/* Takes the names out of the request. False: it is malformed or too long. */
static bool
read_names(const struct snmp_request *q, struct bindings *list)
{
	struct ber_in rest = q->bindings, pair, content;
	unsigned tag;

	list->n = 0;
	while (ber_left(&rest)) {
		if (list->n == BINDINGS_MAX || !ber_get(&rest, BER_SEQUENCE, &pair))
			return false;
		struct binding *b = &list->b[list->n++];
		*b = (struct binding){.asked = pair};
		if (!ber_get(&pair, BER_OID, &content) || !ber_get_any(&pair, &tag, &content))
			return false;
	}
	return true;
}

static bool
asked_name(const struct binding *b, struct oid *name)
{
	struct ber_in in = b->asked;

	return ber_get_oid(&in, name);
}

static bool
look_up(const struct mib *m, bool next, struct binding *b)
{
	struct oid name;
	enum ber_tag missing = BER_END_OF_MIB_VIEW;

	if (!asked_name(b, &name))
		return false;
	b->row = next ? mib_next(m, &name) : mib_get(m, &name, &missing);
	b->named = next ? b->row : NULL;
	b->missing = missing;
	return true;
}

/* Appends a round of repetitions: the successor of each of the last `repeaters` bindings. False:
 * no room, or nothing but ends. */
static bool
repeat(const struct mib *m, struct bindings *list, unsigned repeaters)
{
	bool more = false;

	if (list->n + repeaters > BINDINGS_MAX)
		return false;
	for (unsigned i = 0; i < repeaters; i++) {
		const struct binding *last = &list->b[list->n - repeaters];
		struct binding *b = &list->b[list->n++];
		*b = *last;
		if (last->row)
			b->row = mib_next(m, &last->row->oid);
		if (b->row)
			b->named = b->row; /* an end keeps the name of the object before it */
		more = more || b->row;
	}
	return more;
}

static bool
look_up_all(const struct mib *m, const struct snmp_request *q, struct bindings *list)
{
	unsigned single = list->n, rounds = 1;

	if (q->type == PDU_GETBULK) {
		unsigned wanted = q->non_repeaters > 0 ? (unsigned)q->non_repeaters : 0;
		single = wanted < list->n ? wanted : list->n;
		rounds = q->max_repetitions > 0 ? (unsigned)q->max_repetitions : 0;
	}
	unsigned repeaters = list->n - single;
	for (unsigned i = 0; i < list->n; i++) {
		if (!look_up(m, q->type != PDU_GET, &list->b[i]))
			return false;
	}
	if (rounds == 0)
		list->n = single;
	while (repeaters && rounds > 1 && repeat(m, list, repeaters))
		rounds--;
	return true;
}

/* Something that is no number; which one goes with the place in the list. */
static void
put_nonsense(unsigned place, struct ber_out *out)
{
	static const struct oid nowhere = {.n = 2};

	switch (place % 4) {
	case 0:
		ber_put_empty(out, BER_NULL);
		break;
	case 1:
		ber_put_bytes(out, "\x40\x04\x7f\x00\x00\x01", 6); /* IpAddress */
		break;
	case 2:
		ber_put_oid(out, &nowhere);
		break;
	default:
		ber_put_string(out, "", 0);
		break;
	}
}

static void
put_binding(const struct mib *m, const struct binding *b, unsigned place, int64_t now_us,
    struct ber_out *out)
{
	size_t content = ber_written(out);

	if (m->device->wire.lie == LIE_TYPE)
		put_nonsense(place, out);
	else if (b->row)
		mib_put_value(m, b->row, now_us, out);
	else
		ber_put_empty(out, b->missing);
	if (b->named) {
		ber_put_oid(out, &b->named->oid);
	} else {
		struct ber_in in = b->asked, name;
		if (!ber_get(&in, BER_OID, &name))
			out->full = true;
		ber_put_bytes(out, b->asked.p, (size_t)(in.p - b->asked.p));
	}
	ber_put_header(out, BER_SEQUENCE, content);
}

void
snmp_put_pdu(struct ber_out *out, unsigned type, int32_t id, enum snmp_error error, unsigned index,
    size_t content)
{
	ber_put_header(out, BER_SEQUENCE, content);
	ber_put_int(out, BER_INTEGER, index);
	ber_put_int(out, BER_INTEGER, error);
	ber_put_int(out, BER_INTEGER, id);
	ber_put_header(out, type, content);
}

void
snmp_answer_error(struct device *d, const struct snmp_request *q, enum snmp_error error,
    unsigned index, struct ber_out *out)
{
	size_t content = ber_written(out);

	d->counters.exceptions++;
	ber_put_bytes(out, q->bindings.p, ber_left(&q->bindings));
	snmp_put_pdu(out, PDU_RESPONSE, q->id, error, index, content);
}

static void
put_list(const struct mib *m, const struct snmp_request *q, const struct bindings *list,
    int64_t now_us, struct ber_out *out)
{
	size_t content = ber_written(out);

	enum lie lie = m->device->wire.lie;
	unsigned n = list->n - (lie == LIE_SHORT && list->n > 0);

	for (unsigned i = n; i-- > 0;)
		put_binding(m, &list->b[lie == LIE_ORDER ? n - 1 - i : i], i, now_us, out);
	snmp_put_pdu(out, PDU_RESPONSE, q->id + (lie == LIE_REQUEST_ID), NO_ERROR, 0, content);
}

/* An error instead of values: 0 if there is none. Version 1 knows only whole refusals. */
static enum snmp_error
request_error(const struct device *d, enum snmp_version version, const struct snmp_request *q,
    const struct bindings *list, unsigned *index)
{
	*index = list->n > 0;
	if (d->wire.refuse)
		return GEN_ERR;
	if (q->type == PDU_SET)
		return version == SNMP_V1 ? NO_SUCH_NAME : NOT_WRITABLE;
	for (unsigned i = 0; version == SNMP_V1 && i < list->n; i++) {
		*index = i + 1;
		if (!list->b[i].row)
			return NO_SUCH_NAME;
	}
	*index = 0;
	return NO_ERROR;
}

/* Values of the objects after those that were asked for; a stale reply keeps the asked names. */
static void
shift(const struct device *d, const struct mib *m, struct bindings *list)
{
	for (unsigned i = 0; i < list->n; i++) {
		struct binding *b = &list->b[i];
		const struct mib_row *next = b->row ? mib_next(m, &b->row->oid) : NULL;

		if (d->wire.lie == LIE_OID)
			b->row = b->named = next;
		else if (d->stale && next)
			b->row = next;
	}
}

void
snmp_answer(struct device *d, const struct mib *m, enum snmp_version version,
    const struct snmp_request *q, size_t limit, int64_t now_us, struct ber_out *out)
{
	struct bindings list;
	struct ber_out start = *out;
	unsigned index;

	d->asked = 0;
	if (!read_names(q, &list) || !look_up_all(m, q, &list)) {
		snmp_answer_error(d, q, GEN_ERR, 0, out);
		return;
	}
	d->asked = list.n;
	shift(d, m, &list);
	enum snmp_error error = request_error(d, version, q, &list, &index);
	if (error) {
		snmp_answer_error(d, q, error, index, out);
		return;
	}
	for (;;) {
		put_list(m, q, &list, now_us, out);
		if (!out->full && ber_written(out) - ber_written(&start) <= limit)
			return;
		*out = start;
		if (q->type != PDU_GETBULK || list.n == 0)
			break;
		list.n--; /* a bulk answer is cut to what fits */
	}
	if (version == SNMP_V1) {
		snmp_answer_error(d, q, TOO_BIG, 0, out);
	} else {
		d->counters.exceptions++;
		snmp_put_pdu(out, PDU_RESPONSE, q->id, TOO_BIG, 0, ber_written(out));
	}
}

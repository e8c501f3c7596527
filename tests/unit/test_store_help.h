/* What the tests of the store share: a directory, a store with its mailbox, events to put in. */
#ifndef TEST_STORE_HELP_H
#define TEST_STORE_HELP_H

#include "base/clock.h"
#include "base/mailbox.h"
#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define HELP_WAIT_MS 10000

struct bench {
	char dir[128];
	struct mailbox *mb;
	struct mail *left; /* taken from the box, not looked at yet */
	struct store *store;
	struct store_start start;
	struct store_options options;
	uint64_t durable;
	char err[256];
};

/* A shell command; its exit code. */
static inline int __attribute__((format(printf, 1, 2))) bench_shell(const char *fmt, ...)
{
	char cmd[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(cmd, sizeof(cmd), fmt, ap);
	va_end(ap);
	return system(cmd);
}

static inline void
bench_make_dir(struct bench *b)
{
	memset(b, 0, sizeof(*b));
	snprintf(b->dir, sizeof(b->dir), "%s/test_store.XXXXXX",
	    getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp");
	assert_non_null(mkdtemp(b->dir));
	b->mb = mailbox_new();
	b->options = (struct store_options){.dir = b->dir, .max_events = 100000, .answers = b->mb};
}

static inline bool
bench_try_open(struct bench *b)
{
	b->store = store_open(&b->options, &b->start, b->err, sizeof(b->err));
	if (b->store != NULL)
		b->durable = b->start.last_seq;
	return b->store != NULL;
}

static inline void
bench_open(struct bench *b)
{
	if (!bench_try_open(b))
		fail_msg("%s", b->err);
}

static inline void
bench_drop_mail(struct bench *b)
{
	for (struct mail *m = b->left != NULL ? b->left : mailbox_take_all(b->mb); m != NULL;) {
		struct mail *next = m->next;

		store_mail_free((struct store_mail *)m);
		m = next != NULL ? next : mailbox_take_all(b->mb);
	}
	b->left = NULL;
}

static inline void
bench_close(struct bench *b)
{
	store_close(b->store);
	b->store = NULL;
	bench_drop_mail(b);
}

static inline void
bench_remove_dir(struct bench *b)
{
	bench_drop_mail(b);
	mailbox_free(b->mb);
	assert_int_equal(bench_shell("rm -rf '%s'", b->dir), 0);
}

/* The next message, or NULL after wait_ms. DURABLE is noted in b->durable as well. */
static inline struct store_mail *
bench_mail(struct bench *b, int wait_ms)
{
	struct store_mail *m;

	if (b->left == NULL) {
		if (!mailbox_wait(b->mb, wait_ms))
			return NULL;
		b->left = mailbox_take_all(b->mb);
	}
	m = (struct store_mail *)b->left;
	b->left = m->mail.next;
	if (m->mail.kind == STORE_DURABLE) {
		assert_true(m->upto > b->durable);
		b->durable = m->upto;
	}
	return m;
}

/* Waits for one of this kind; others are dropped. NULL when it does not come. */
static inline struct store_mail *
bench_expect(struct bench *b, enum store_mail_kind kind, int wait_ms)
{
	mono_t until = mono_add_ms(clock_mono(), wait_ms);

	for (;;) {
		int64_t rest = mono_ms_between(until, clock_mono());
		struct store_mail *m = bench_mail(b, rest > 0 ? (int)rest : 0);

		if (m == NULL || m->mail.kind == (int)kind)
			return m;
		store_mail_free(m);
	}
}

static inline void
bench_wait_durable(struct bench *b, uint64_t seq)
{
	while (b->durable < seq) {
		struct store_mail *m = bench_expect(b, STORE_DURABLE, HELP_WAIT_MS);

		assert_non_null(m);
		store_mail_free(m);
	}
}

/* Every field filled, as a function of seq. */
static inline struct event
bench_event(uint64_t seq, enum event_type type)
{
	struct event e = {.seq = seq,
	    .wall = {1700000000000000 + (int64_t)seq * 1001},
	    .mono = {(int64_t)seq * 7},
	    .synced = seq % 2 == 0,
	    .type = type,
	    .priority = (enum priority)(seq % PRIORITY_COUNT),
	    .has_value = seq % 3 != 0,
	    .value = seq % 3 != 0 ? (double)seq / 7 : 0,
	    .quality = (enum quality)(seq % QUALITY_COUNT),
	    .record = seq % 4 == 0 ? seq + 100 : 0,
	    .device_wall = {seq % 4 == 0 ? 1600000000000000 + (int64_t)seq : 0}};

	snprintf(e.device, sizeof(e.device), "crac%u", (unsigned)(seq % 5));
	snprintf(e.zone, sizeof(e.zone), "row_a");
	snprintf(e.alarm, sizeof(e.alarm), "return_air_high");
	snprintf(e.point, sizeof(e.point), "return_air_temperature");
	snprintf(e.from, sizeof(e.from), "normal");
	snprintf(e.to, sizeof(e.to), "unacknowledged");
	snprintf(e.unit, sizeof(e.unit), "Cel");
	snprintf(e.word, sizeof(e.word), "w%llu", (unsigned long long)seq);
	snprintf(e.who, sizeof(e.who), "%s", seq % 2 ? "sato" : "");
	snprintf(
	    e.text, sizeof(e.text), "Return air 別館 \"too\" warm: %llu", (unsigned long long)seq);
	snprintf(e.impact, sizeof(e.impact), "Row A");
	snprintf(e.remedy, sizeof(e.remedy), "Check fan's filter; start the stand-by unit.");
	return e;
}

/* The state of alarm "crac<n>/return_air_high" after that event. */
static inline struct alarm_record
bench_record(const struct event *e)
{
	struct alarm_record r = {.phase = (enum alarm_phase)(e->seq % ALARM_PHASE_COUNT),
	    .since = e->wall,
	    .raised = {e->wall.us - 5},
	    .seq = e->seq,
	    .has_value = e->has_value,
	    .value = e->value};

	snprintf(r.device, sizeof(r.device), "%s", e->device);
	snprintf(r.alarm, sizeof(r.alarm), "%s", e->alarm);
	snprintf(r.who, sizeof(r.who), "%s", e->who);
	r.shelved_until.us = e->wall.us + 9;
	snprintf(
	    r.reason, sizeof(r.reason), "filter is on order: %llu", (unsigned long long)e->seq);
	return r;
}

static inline void
bench_put(struct bench *b, uint64_t seq, enum event_type type)
{
	struct event e = bench_event(seq, type);
	struct alarm_record r = bench_record(&e);

	store_event(b->store, &e, type == EVENT_ALARM ? &r : NULL, NULL);
}

/* Asks and waits; the caller frees. */
static inline struct store_mail *
bench_fetch(struct bench *b, int tag, uint64_t after, unsigned max)
{
	struct store_mail *m;

	store_fetch(b->store, tag, after, max);
	do {
		m = bench_expect(b, STORE_BATCH, HELP_WAIT_MS);
		assert_non_null(m);
	} while (m->tag != tag);
	return m;
}

static inline void
bench_check_event(const struct event *e, uint64_t seq, enum event_type type)
{
	struct event want = bench_event(seq, type);

	assert_int_equal(e->seq, want.seq);
	assert_int_equal(e->wall.us, want.wall.us);
	assert_int_equal(e->mono.us, want.mono.us);
	assert_int_equal(e->synced, want.synced);
	assert_int_equal(e->type, want.type);
	assert_int_equal(e->priority, want.priority);
	assert_int_equal(e->quality, want.quality);
	assert_int_equal(e->has_value, want.has_value);
	assert_true(e->value >= want.value && e->value <= want.value);
	assert_string_equal(e->device, want.device);
	assert_string_equal(e->zone, want.zone);
	assert_string_equal(e->alarm, want.alarm);
	assert_string_equal(e->point, want.point);
	assert_string_equal(e->from, want.from);
	assert_string_equal(e->to, want.to);
	assert_string_equal(e->unit, want.unit);
	assert_string_equal(e->word, want.word);
	assert_string_equal(e->who, want.who);
	assert_string_equal(e->text, want.text);
	assert_string_equal(e->impact, want.impact);
	assert_string_equal(e->remedy, want.remedy);
	assert_int_equal(e->record, want.record);
	assert_int_equal(e->device_wall.us, want.device_wall.us);
}

/* For tests that open the store themselves: a directory, closed and removed at the end. */
static inline int
bench_setup(void **state)
{
	struct bench *b = test_calloc(1, sizeof(*b));

	bench_make_dir(b);
	*state = b;
	return 0;
}

static inline int
bench_teardown(void **state)
{
	struct bench *b = *state;

	bench_close(b);
	bench_remove_dir(b);
	test_free(b);
	return 0;
}

#endif

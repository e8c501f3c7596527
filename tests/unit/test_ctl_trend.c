/* Values over time: what the agent remembers and what has come since, in the columns of a plot. */
#include "ctl/trend.h"
#include "ctl_live.h"

#define SECOND INT64_C(1000000)

static wall_t
ago(int seconds)
{
	return (wall_t){now.us - seconds * SECOND};
}

/* One letter a column: the value, '-' for a gap. */
static char *
letters(const struct trend *t, int seconds, size_t n, char *buf)
{
	struct trend_column columns[64];

	trend_columns(t, ago(seconds), now, n, columns);
	for (size_t i = 0; i < n; i++)
		buf[i] = columns[i].known ? (char)('0' + (int)columns[i].high) : '-';
	buf[n] = '\0';
	return buf;
}

static void
take(struct trend *t, const char *answer)
{
	json_t *o = json_loads(answer, 0, NULL);

	assert_non_null(o);
	trend_take_past(t, o);
	json_decref(o);
}

static void
the_past_and_what_has_come(void **state)
{
	struct trends all = {0};
	struct trend *t = trends_add(&all, "crac1/x");
	char answer[512], buf[65];

	(void)state;
	assert_string_equal(letters(t, 100, 10, buf), "----------");
	snprintf(answer, sizeof(answer),
	    "{\"samples\":[[1000,7,7,7,\"no_record\",49],[%lld,1,1,1,\"good\",100],[%lld,2,2,3,"
	    "\"good\",100],[%lld,null,null,"
	    "null,"
	    "\"comm_lost\",0],[%lld,4,4,4,\"comm_lost\",75],[0,9,9,9,\"good\",100],\"x\"]}",
	    (long long)ago(100).us / 1000, (long long)ago(80).us / 1000,
	    (long long)ago(60).us / 1000, (long long)ago(50).us / 1000);
	take(t, answer);
	assert_int_equal(t->past_count, 5); /* what goes back in time is left out */
	assert_string_equal(letters(t, 100, 10, buf), "1133-44444");
	/* what is live goes before what is remembered */
	t->live[t->live_count++] = (struct trend_sample){ago(20), true, 5, 5};
	t->live[t->live_count++] = (struct trend_sample){ago(10), false, 0, 0};
	assert_string_equal(letters(t, 100, 10, buf), "1133-4445-");
	/* a longer window: nothing is known of the time before */
	assert_string_equal(letters(t, 200, 10, buf), "-----13445");
	trends_free(&all);
}

static void
values_that_come_are_kept(void **state)
{
	struct live *l = example();
	struct trend *t = trends_add(&l->trends, "crac1/return_air_temperature");

	(void)state;
	wait_ms(l, 1000);
	wait_ms(l, 1000);
	assert_int_equal(t->live_count, 1); /* the same as before is no new sample */
	assert_true(t->live[0].known);
	live_line(l,
	    "{\"watch\":\"point\",\"device\":\"crac1\",\"point\":\"return_air_temperature\","
	    "\"value\":31,\"unit\":\"Cel\",\"quality\":\"good\"}");
	wait_ms(l, 1000);
	assert_int_equal(t->live_count, 2);
	live_lost(l, now, "gone");
	wait_ms(l, 1000);
	assert_int_equal(t->live_count, 3);
	assert_false(t->live[2].known); /* a gap, not a line across */
	for (int i = 0; i < 3 * TREND_LIVE_MAX; i++) {
		t->live[t->live_count - 1].known = i % 2 == 0;
		trends_tick(&l->trends, l->view, now);
	}
	assert_true(t->live_count <= TREND_LIVE_MAX);
	live_free(l);
}

/* A past that ends so many seconds ago, of one value. */
static void
take_until(struct trend *t, char value, int seconds)
{
	char answer[256], until[WALL_TEXT_MAX];

	snprintf(answer, sizeof(answer),
	    "{\"until\":\"%s\",\"samples\":[[%lld,%c,%c,%c,\"good\",100]]}",
	    wall_text(ago(seconds), until), (long long)ago(9000).us / 1000, value, value, value);
	take(t, answer);
}

/* What is dropped to make room is asked for: no line goes across the time that it was of. */
static void
what_is_dropped_is_asked_for(void **state)
{
	struct live *l = example();
	struct trend *t = trends_add(&l->trends, "crac1/return_air_temperature");
	char request[512], buf[65];

	(void)state;
	t->has_past = true;
	for (int i = 0; i < TREND_LIVE_MAX; i++)
		t->live[t->live_count++] =
		    (struct trend_sample){ago(TREND_LIVE_MAX - i), true, 5, 5};
	take_until(t, '1', TREND_LIVE_MAX + 1);
	assert_string_equal(letters(t, 9000, 9, buf), "555555555");
	wait_ms(l, 1000);
	assert_string_equal(letters(t, 9000, 9, buf), "1-5555555");
	next_request(l, request, sizeof(request));
	assert_non_null(strstr(request, "\"history\""));
	take_until(t, '7', 0);
	assert_string_equal(letters(t, 9000, 9, buf), "777555555");
	/* but not where that is more than the agent can tell in time */
	t->too_much = true;
	while (t->live_count < TREND_LIVE_MAX)
		t->live[t->live_count++] = (struct trend_sample){now, true, 5, 5};
	wait_ms(l, 1000);
	live_line(l,
	    "{\"watch\":\"point\",\"device\":\"crac1\",\"point\":\"return_air_temperature\","
	    "\"value\":31,\"unit\":\"Cel\",\"quality\":\"good\"}");
	wait_ms(l, 1000);
	assert_true(t->live_count < TREND_LIVE_MAX);
	assert_true(t->has_past);
	live_free(l);
}

static void
there_is_a_bound(void **state)
{
	struct trends all = {0};
	char path[32];

	(void)state;
	for (int i = 0; i < TRENDS_MAX; i++) {
		snprintf(path, sizeof(path), "a/%d", i);
		assert_non_null(trends_add(&all, path));
	}
	assert_null(trends_add(&all, "a/x"));
	trends_drop(&all, "a/3");
	trends_drop(&all, "nowhere");
	assert_null(trends_find(&all, "a/3"));
	assert_non_null(trends_find(&all, "a/7"));
	assert_int_equal(all.count, TRENDS_MAX - 1);
	trends_free(&all);
}

static void
states_have_their_words(void **state)
{
	struct live *l = example();
	struct trend *t = trends_add(&l->trends, "crac1/return_air_temperature");

	(void)state;
	take(
	    t, "{\"samples\":[],\"words\":[[0,\"stopped\",\"停止\"],[40,\"running\",\"運転\"],7]}");
	assert_int_equal(t->word_count, 2);
	live_key(l, '4');
	wait_ms(l, 1000);
	assert_true(shows(l, 24, 80, "停止"));
	assert_true(shows(l, 24, 80, "運転"));
	live_free(l);
}

/* Else the console would ask, lose the connection and ask again, for ever. */
static void
a_past_that_takes_too_long_is_given_up(void **state)
{
	struct live *l = example();
	char request[512];

	(void)state;
	trends_add(&l->trends, "crac1/return_air_temperature");
	wait_ms(l, 1000);
	next_request(l, request, sizeof(request));
	assert_non_null(strstr(request, "\"history\""));
	live_lost(l, now, "facilityd says nothing any more");
	live_connected(l);
	next_request(l, request, sizeof(request)); /* the watch */
	for (size_t i = 0; i < sizeof(stream) / sizeof(stream[0]); i++)
		live_line(l, stream[i]);
	wait_ms(l, 1000);
	assert_string_equal(next_request(l, request, sizeof(request)), "");
	/* another window is another question */
	live_key(l, '4');
	live_key(l, '+');
	wait_ms(l, 1000);
	next_request(l, request, sizeof(request));
	assert_non_null(strstr(request, "\"since\":\"300s\""));
	live_free(l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_past_and_what_has_come),
	    cmocka_unit_test(values_that_come_are_kept),
	    cmocka_unit_test(what_is_dropped_is_asked_for),
	    cmocka_unit_test(there_is_a_bound),
	    cmocka_unit_test(states_have_their_words),
	    cmocka_unit_test(a_past_that_takes_too_long_is_given_up),
	};

	words_locale();
	setenv("TZ", "Asia/Tokyo", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

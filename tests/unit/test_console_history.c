/* The request `history` of the control socket: parts, steps, refusals, a slow disk. */
#include "console_client.h"

#include "core/history.h"
#include "sinks/console/history.h"

#include <jansson.h>
#include <math.h>

static struct history_fetch fetch;
static struct past asked;
static int questions;
static uint32_t answered_minute; /* the last that the disk has told; 0: none */

static void
on_past(void *arg, const struct past *ask)
{
	(void)arg;
	asked = *ask;
	questions++;
}

static const struct console_sources with_disk = {.past = on_past};

static int
begin(void **state)
{
	fetch = (struct history_fetch){0};
	questions = 0;
	answered_minute = 0;
	return setup(state);
}

/* Turns the client until its answer is complete or waits for the disk; NULL: it waits. */
static json_t *
get(struct fixture *f)
{
	for (int i = 0; i < 4000 && (f->length == 0 || f->got[f->length - 1] != '\n'); i++) {
		client_read(f->client, &f->room.now);
		receive(f);
		if (!fetch.out && f->client->history != NULL)
			history_pump(&fetch, f->show.sources, &f->client, 1);
		if (fetch.out)
			return NULL;
	}
	assert_true(f->length > 0 && f->got[f->length - 1] == '\n');
	return json_loads(f->got, 0, NULL);
}

static json_t *
query(struct fixture *f, const char *line)
{
	f->length = 0;
	f->show.now = f->room.now;
	assert_int_equal(send(f->fd, line, strlen(line), 0), (ssize_t)strlen(line));
	return get(f);
}

static json_t *
rows_of(const json_t *answer)
{
	json_t *rows = json_object_get(answer, "samples");

	assert_true(json_is_true(json_object_get(answer, "ok")));
	for (size_t i = 1; i < json_array_size(rows); i++)
		assert_true(json_integer_value(json_array_get(json_array_get(rows, i), 0)) >
			    json_integer_value(json_array_get(json_array_get(rows, i - 1), 0)));
	return rows;
}

static double
number(const json_t *rows, size_t row, size_t column)
{
	return json_number_value(json_array_get(json_array_get(rows, row), column));
}

static const char *
quality(const json_t *rows, size_t row)
{
	return json_string_value(json_array_get(json_array_get(rows, row), 4));
}

static bool
is_null(const json_t *rows, size_t row)
{
	return json_is_null(json_array_get(json_array_get(rows, row), 1));
}

/* The air gets warmer by half a degree every ten seconds. */
static void
warm_up(struct fixture *f, int64_t ms)
{
	for (int64_t t = 0; t < ms; t += 1000) {
		f->room.return_air = (int16_t)(243 + t / 10000 * 5);
		pass_ms(f, 1000);
	}
}

static void
full_rate_has_each_record(void **state)
{
	struct fixture *f = *state;
	json_t *a, *rows;

	warm_up(f, 60000);
	a = query(f, "{\"cmd\":\"history\",\"point\":\"crac1/return_air_temperature\","
		     "\"since\":\"50s\"}\n");
	rows = rows_of(a);
	assert_string_equal(json_string_value(json_object_get(a, "unit")), "Cel");
	assert_int_equal(json_integer_value(json_object_get(a, "step_ms")), 0);
	assert_in_range(json_array_size(rows), 5, 7);
	/* The first is what held when the time begins, dated so. */
	assert_true(
	    number(rows, 0, 0) == (double)((f->room.now.wall.us - 50 * INT64_C(1000000)) / 1000));
	assert_true(fabs(number(rows, json_array_size(rows) - 1, 1) - 26.8) < 1e-6);
	assert_string_equal(quality(rows, 0), "good");
	/* Limits are there for who draws it. */
	json_t *limit = json_array_get(json_object_get(a, "limits"), 0);
	assert_string_equal(json_string_value(json_object_get(limit, "alarm")), "return_air_high");
	assert_true(json_number_value(json_object_get(limit, "limit")) == 30);
	json_decref(a);
}

static void
states_have_words(void **state)
{
	struct fixture *f = *state;
	json_t *a, *rows;

	warm_up(f, 5000);
	f->room.fan = 0;
	for (int i = 0; i < 3; i++)
		pass_ms(f, 1000);
	a = query(f, "{\"cmd\":\"history\",\"point\":\"crac1/fan_state\",\"since\":\"1min\"}\n");
	rows = rows_of(a);
	size_t n = json_array_size(rows);
	assert_true(n >= 3); /* no record, running, stopped */
	assert_string_equal(quality(rows, 0), "no_record");
	assert_true(number(rows, n - 2, 1) == 1 && number(rows, n - 1, 1) == 0);
	const json_t *words = json_object_get(a, "words");
	assert_string_equal(
	    json_string_value(json_array_get(json_array_get(words, 1), 1)), "running");
	json_decref(a);
}

static void
a_lost_device_is_a_gap(void **state)
{
	struct fixture *f = *state;
	json_t *a, *rows;
	bool lost = false;

	f->room.crac2_silent = true;
	for (int i = 0; i < 30; i++)
		pass_ms(f, 1000);
	f->room.crac2_silent = false;
	for (int i = 0; i < 70; i++)
		pass_ms(f, 1000);
	a = query(f, "{\"cmd\":\"history\",\"point\":\"crac2/return_air_temperature\","
		     "\"since\":\"100s\"}\n");
	rows = rows_of(a);
	for (size_t i = 0; i < json_array_size(rows); i++)
		lost = lost || (is_null(rows, i) && strcmp(quality(rows, i), "comm_lost") == 0);
	assert_true(lost);
	assert_string_equal(quality(rows, json_array_size(rows) - 1), "good");
	json_decref(a);
}

static void
steps_of_seconds_and_minutes(void **state)
{
	struct fixture *f = *state;
	json_t *a, *rows;

	warm_up(f, 240000);
	a = query(f, "{\"cmd\":\"history\",\"point\":\"crac1/return_air_temperature\","
		     "\"since\":\"3min\",\"step\":\"20s\"}\n");
	rows = rows_of(a);
	assert_in_range(json_array_size(rows), 9, 10);
	for (size_t i = 1; i + 1 < json_array_size(rows); i++) {
		assert_true(fmod(number(rows, i, 0), 20000) == 0);
		assert_true(number(rows, i, 2) < number(rows, i, 1) &&
			    number(rows, i, 1) < number(rows, i, 3));
		assert_true(number(rows, i, 5) == 100);
	}
	json_decref(a);
	a = query(f, "{\"cmd\":\"history\",\"point\":\"crac1/return_air_temperature\","
		     "\"since\":\"3min\",\"step\":\"1min\"}\n");
	rows = rows_of(a);
	assert_in_range(json_array_size(rows), 3, 4);
	json_decref(a);
	/* At most so many: the step follows. */
	a = query(f, "{\"cmd\":\"history\",\"point\":\"crac1/return_air_temperature\","
		     "\"since\":\"3min\",\"max\":10}\n");
	assert_int_equal(json_integer_value(json_object_get(a, "step_ms")), 30000);
	json_decref(a);
}

static void
refusals_say_what_is_expected(void **state)
{
	static const struct {
		const char *line, *code, *part;
	} bad[] = {
	    {"{\"cmd\":\"history\"}\n", "bad_request", "needs \"point\""},
	    {"{\"cmd\":\"history\",\"point\":\"crac1/return_air_temperatur\"}\n", "not_found",
		"did you mean \"return_air_temperature\""},
	    {"{\"cmd\":\"history\",\"point\":\"crac1/fan_state\",\"since\":\"soon\"}\n",
		"bad_request", "a time before now such as 1h"},
	    {"{\"cmd\":\"history\",\"point\":\"crac1/"
	     "fan_state\",\"since\":\"1h\",\"until\":\"2h\"}\n",
		"bad_request", "must be before"},
	    {"{\"cmd\":\"history\",\"point\":\"crac1/fan_state\",\"step\":\"5ms\"}\n",
		"bad_request", "from 1s"},
	    {"{\"cmd\":\"history\",\"point\":\"crac1/fan_state\",\"max\":0}\n", "bad_request",
		"from 1 to 100000"},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		json_t *a = query(f, bad[i].line);

		assert_string_equal(json_string_value(json_object_get(a, "code")), bad[i].code);
		assert_non_null(
		    strstr(json_string_value(json_object_get(a, "error")), bad[i].part));
		json_decref(a);
	}
}

/* ---- with a disk ---------------------------------------------------------------------------- */

static void
answer_past(struct fixture *f, int hours, bool done, const char *fault)
{
	static struct past_answer a;
	struct stretch rows[4];

	a = (struct past_answer){.past = asked};
	for (int i = 0; i < hours; i++) {
		uint32_t minute = (uint32_t)(asked.fold.from.us / MINUTE_US) + 60 * (uint32_t)i;
		struct minute m = {
		    .minute = minute, .mean = 20, .min = 19, .max = 21, .good_s = 60};
		size_t n = fold_minute(&a.past.fold, &m, rows);

		memcpy(a.rows + a.count, rows, n * sizeof(*rows));
		a.count += n;
	}
	a.past.done = done;
	a.past.hour = asked.hour + 1;
	if (answered_minute > 0) {
		a.past.told = answered_minute;
		a.past.hour = answered_minute / 60 + 1;
	}
	text_copy(a.past.fault, sizeof(a.past.fault), fault);
	assert_ptr_equal(history_arrived(&fetch, &a), f->client);
}

static void
the_disk_comes_first(void **state)
{
	struct fixture *f = *state;
	json_t *a, *rows;

	f->show.sources = &with_disk;
	warm_up(f, 120000);
	assert_null(query(f, "{\"cmd\":\"history\",\"point\":\"crac1/return_air_temperature\","
			     "\"since\":\"1d\",\"step\":\"1h\"}\n"));
	assert_int_equal(questions, 1);
	assert_true(client_busy(f->client));
	answer_past(f, 3, false, "");
	assert_null(get(f));
	assert_int_equal(questions, 2);
	assert_int_equal(asked.hour, 1);
	answer_past(f, 0, true, "");
	a = get(f);
	rows = rows_of(a);
	assert_true(json_array_size(rows) >= 5);
	/* Within the steps of an hour, one minute of which was good. */
	assert_true(number(rows, 0, 1) == 20);
	assert_string_equal(quality(rows, 0), "no_record");
	assert_true(number(rows, json_array_size(rows) - 1, 1) > 24);
	assert_null(json_object_get(a, "note"));
	json_decref(a);
}

static void
a_recent_full_rate_needs_no_disk(void **state)
{
	struct fixture *f = *state;

	f->show.sources = &with_disk;
	warm_up(f, 60000);
	json_decref(query(f, "{\"cmd\":\"history\",\"point\":\"crac1/return_air_temperature\","
			     "\"since\":\"30s\"}\n"));
	assert_int_equal(questions, 0);
}

/* A batch that goes to the disk between its answer and the minutes here would be in neither. */
static void
a_batch_on_its_way_is_not_missed(void **state)
{
	struct fixture *f = *state;
	json_t *a;

	f->show.sources = &with_disk;
	warm_up(f, 120000);
	assert_null(query(f, "{\"cmd\":\"history\",\"point\":\"crac1/return_air_temperature\","
			     "\"since\":\"1h\",\"step\":\"1min\"}\n"));
	answered_minute = 60 * 495000 + 17;
	history_taken(core_history(f->room.core));
	answer_past(f, 0, true, "");
	assert_null(get(f));
	/* It belongs to an hour that has been told: from there on once more. */
	assert_int_equal(questions, 2);
	assert_int_equal(asked.hour, 495000);
	assert_int_equal(asked.told, answered_minute);
	answer_past(f, 0, true, "");
	a = get(f);
	assert_non_null(rows_of(a));
	json_decref(a);
}

static void
a_fault_of_the_disk_is_said(void **state)
{
	struct fixture *f = *state;
	json_t *a;

	f->show.sources = &with_disk;
	warm_up(f, 10000);
	assert_null(query(f, "{\"cmd\":\"history\",\"point\":\"crac1/return_air_temperature\"}\n"));
	answer_past(f, 0, true, "the disk fails");
	a = get(f);
	assert_string_equal(json_string_value(json_object_get(a, "note")), "the disk fails");
	json_decref(a);
}

static void
a_client_that_goes_is_forgotten(void **state)
{
	struct fixture *f = *state;
	static struct past_answer a;

	f->show.sources = &with_disk;
	assert_null(query(f, "{\"cmd\":\"history\",\"point\":\"crac1/return_air_temperature\"}\n"));
	history_forget(&fetch, f->client);
	assert_null(history_arrived(&fetch, &a));
	assert_false(fetch.out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define ROOM(f) cmocka_unit_test_setup_teardown(f, begin, teardown)
	    ROOM(full_rate_has_each_record),
	    ROOM(states_have_words),
	    ROOM(a_lost_device_is_a_gap),
	    ROOM(steps_of_seconds_and_minutes),
	    ROOM(refusals_say_what_is_expected),
	    ROOM(the_disk_comes_first),
	    ROOM(a_recent_full_rate_needs_no_disk),
	    ROOM(a_batch_on_its_way_is_not_missed),
	    ROOM(a_fault_of_the_disk_is_said),
	    ROOM(a_client_that_goes_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

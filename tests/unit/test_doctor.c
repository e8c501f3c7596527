/* The bus doctor: each guess from its numbers, and none from too few or from good ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/doctor.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define UNITS 3

struct ward {
	struct doctor_slave slaves[UNITS];
	struct doctor_link link;
	struct doctor_finding found[DOCTOR_FINDINGS_MAX];
	size_t n;
};

/* Three units of a quiet bus, each asked 200 times, all well. */
static struct ward *
well(enum link_kind kind)
{
	static const char *const names[UNITS] = {"crac1", "leak1", "meter1"};
	static struct ward w;

	memset(&w, 0, sizeof(w));
	for (int i = 0; i < UNITS; i++)
		w.slaves[i] = (struct doctor_slave){.device = names[i],
		    .unit = i + 1,
		    .recent = {.asked = 200, .ok = 200, .long_asked = 100, .timeout_ms = 800}};
	w.link = (struct doctor_link){.kind = kind,
	    .baud = 9600,
	    .load_percent = 30,
	    .window_s = 300,
	    .slaves = w.slaves,
	    .count = UNITS};
	return &w;
}

static void
examine(struct ward *w)
{
	w->n = doctor_examine(&w->link, w->found);
}

static void
assert_well(struct ward *w)
{
	examine(w);
	if (w->n > 0)
		fail_msg(
		    "found %s: %s", doctor_guess_word(w->found[0].guess), w->found[0].evidence);
}

/* This and nothing else, about that unit (NO_INDEX: the wire), with that evidence. */
static void
assert_found(struct ward *w, enum doctor_guess guess, int slave, const char *evidence)
{
	examine(w);
	assert_int_equal(w->n, 1);
	assert_string_equal(doctor_guess_word(w->found[0].guess), doctor_guess_word(guess));
	assert_int_equal(w->found[0].slave, slave);
	if (strstr(w->found[0].evidence, evidence) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", evidence, w->found[0].evidence);
	assert_null(strchr(w->found[0].text, '{'));
	assert_null(strchr(w->found[0].evidence, '{'));
	assert_null(strchr(w->found[0].remedy, '{'));
	assert_true(strlen(w->found[0].remedy) > 20);
}

/* From ok to the outcome. */
static void
turn(struct ward *w, int slave, uint64_t *outcome, uint64_t n)
{
	struct slave_health *h = &w->slaves[slave].recent;

	h->ok -= n;
	*outcome += n;
	/* Where nothing is ok any more it has been so for long. */
	h->silent_row = h->silent == h->asked ? (uint32_t)h->silent : 0;
	h->refused_row = h->refused == h->asked ? (uint32_t)h->refused : 0;
	h->failed_row = h->ok + h->refused == 0 ? (uint32_t)h->asked : 0;
}
#define TURN(w, slave, outcome, n) turn(w, slave, &(w)->slaves[slave].recent.outcome, n)

static void
a_good_wire_has_nothing(void **state)
{
	struct ward *w = well(LINK_MODBUS_RTU);

	(void)state;
	assert_well(w);
	TURN(w, 0, checksum, 1); /* accidents */
	TURN(w, 1, silent, 1);
	TURN(w, 2, refused, 20); /* a register that it does not have */
	w->slaves[1].recent.late = 1;
	assert_well(w);
	w->link.load_percent = (double)NAN;
	assert_well(w);
	w->link.count = 0;
	assert_well(w);
	for (enum link_kind k = 0; k < LINK_KIND_COUNT; k++)
		assert_well(well(k));
}

static void
an_echo_explains_all(void **state)
{
	struct ward *w = well(LINK_MODBUS_RTU);

	(void)state;
	for (int i = 0; i < UNITS; i++)
		TURN(w, i, echo, 200);
	assert_found(w, DOCTOR_ECHO, NO_INDEX, "600 of 600 requests came back");
	w = well(LINK_MODBUS_RTU);
	TURN(w, 0, echo, 2);
	assert_well(w);
}

static void
noise_from_everybody_is_speed_or_parity(void **state)
{
	struct ward *w = well(LINK_MODBUS_RTU);

	(void)state;
	TURN(w, 0, checksum, 200);
	TURN(w, 1, cut, 200);
	TURN(w, 2, checksum, 150);
	TURN(w, 2, silent, 50);
	assert_found(
	    w, DOCTOR_SETTINGS, NO_INDEX, "550 of 600 answers damaged, lately not one whole");
	/* One whole answer of anybody, and it is something else. */
	w->slaves[1].recent.ok = 1;
	w->slaves[1].recent.cut--;
	w->slaves[1].recent.failed_row = 0;
	examine(w);
	for (size_t i = 0; i < w->n; i++)
		assert_int_not_equal(w->found[i].guess, DOCTOR_SETTINGS);
}

static void
silence_from_everybody_is_the_wire(void **state)
{
	struct ward *w = well(LINK_MODBUS_RTU);

	(void)state;
	for (int i = 0; i < UNITS; i++)
		TURN(w, i, silent, 200);
	assert_found(w, DOCTOR_NOBODY, NO_INDEX, "of 600 requests to 3 units none");
	assert_non_null(strstr(w->found[0].remedy, "9600 baud"));
	for (int i = 0; i < UNITS; i++)
		w->slaves[i].recent = (struct slave_health){
		    .asked = 2, .silent = 2, .silent_row = 2, .failed_row = 2};
	assert_well(w); /* too early to say */
}

static void
whole_frames_of_others_are_a_second_master(void **state)
{
	struct ward *w = well(LINK_MODBUS_RTU_TCP);

	(void)state;
	TURN(w, 0, foreign, 2);
	assert_well(w);
	TURN(w, 1, foreign, 2);
	assert_found(w, DOCTOR_STRANGER, NO_INDEX, "4 whole answers of other units in 600");
	w->slaves[2].recent.late = 1; /* or just a unit that is late */
	assert_well(w);
}

static void
damage_everywhere_is_noise(void **state)
{
	struct ward *w = well(LINK_MODBUS_RTU);

	(void)state;
	TURN(w, 0, checksum, 4);
	TURN(w, 1, checksum, 2);
	w->slaves[0].recent.long_checksum = 4;
	assert_found(w, DOCTOR_NOISE, NO_INDEX,
	    "6 of 600 answers with a wrong check sum; of the long ones 4 of 300");
	/* TCP has a check sum of its own. */
	w->link.kind = LINK_MODBUS_TCP;
	assert_well(w);
	/* One unit is asked ten times as often: what counts is the share. */
	w = well(LINK_MODBUS_RTU);
	w->slaves[0].recent.asked = w->slaves[0].recent.ok = 2000;
	TURN(w, 0, checksum, 300);
	TURN(w, 1, checksum, 25);
	TURN(w, 2, checksum, 30);
	assert_found(w, DOCTOR_NOISE, NO_INDEX, "355 of 2400");
	/* A unit that is alone on its wire. */
	w = well(LINK_MODBUS_RTU);
	w->link.count = 1;
	TURN(w, 0, checksum, 5);
	assert_found(w, DOCTOR_NOISE, NO_INDEX, "5 of 200");
}

static void
damage_of_one_unit_is_its_own(void **state)
{
	struct ward *w = well(LINK_MODBUS_RTU);

	(void)state;
	TURN(w, 1, checksum, 70);
	TURN(w, 1, cut, 30);
	TURN(w, 0, checksum, 1); /* an accident elsewhere changes nothing */
	assert_found(w, DOCTOR_TWIN, 1, "100 of 200 answers damaged");
	assert_non_null(strstr(w->found[0].text, "leak1 alone"));
	assert_non_null(strstr(w->found[0].remedy, "unit 2"));
	TURN(w, 0, checksum, 40);
	assert_found(w, DOCTOR_NOISE, NO_INDEX, "111 of 600");
}

static void
a_silent_unit_among_others_is_dead(void **state)
{
	struct ward *w = well(LINK_MODBUS_RTU);

	(void)state;
	w->slaves[2].recent = (struct slave_health){.asked = 205,
	    .ok = 200,
	    .silent = 5,
	    .silent_row = 5,
	    .failed_row = 5,
	    .timeout_ms = 800}; /* it was well until just now */
	assert_found(w, DOCTOR_DEAD, 2,
	    "5 requests in a row without a byte; others on this wire that answer: 2");
	w->slaves[2].recent.silent_row = w->slaves[2].recent.failed_row = 2;
	assert_well(w);
	w = well(LINK_MODBUS_TCP);
	w->link.count = 1;
	TURN(w, 0, silent, 200);
	assert_found(w, DOCTOR_DEAD, 0, "that answer: 0");
	w->slaves[0].recent.ok = w->slaves[0].recent.asked = 300;
	w->slaves[0].recent.silent = 100;
	w->slaves[0].recent.silent_row = w->slaves[0].recent.failed_row =
	    1; /* it comes and goes: the failing polls tell that */
	assert_well(w);
}

static void
a_late_unit_needs_a_longer_timeout(void **state)
{
	struct ward *w = well(LINK_MODBUS_RTU);

	(void)state;
	w->slaves[0].recent.late = w->slaves[0].recent.overdue = 7;
	w->slaves[0].recent.late_max_ms = 950;
	TURN(w, 0, mismatch, 9); /* its answers come in the place of others */
	TURN(w, 1, foreign, 4);
	assert_found(w, DOCTOR_LATE, 0, "7 answers came late, one after 950 ms; we wait 800 ms");
	w->slaves[0].recent.overdue = 0; /* later than what was learned, within the profile */
	assert_well(w);
}

static void
exceptions_alone_are_the_wrong_profile(void **state)
{
	struct ward *w = well(LINK_MODBUS_TCP);

	(void)state;
	TURN(w, 2, refused, 200);
	assert_found(w, DOCTOR_REFUSES, 2, "200 exceptions in a row, 0 values");
}

static void
answers_to_other_questions_are_a_gateway(void **state)
{
	struct ward *w = well(LINK_MODBUS_TCP);

	(void)state;
	TURN(w, 1, mismatch, 3);
	TURN(w, 1, foreign, 2);
	assert_found(w, DOCTOR_MIXED_UP, 1, "5 of 200 answers");
}

static void
a_connection_that_ends_is_said(void **state)
{
	struct ward *w = well(LINK_MODBUS_TCP);

	(void)state;
	TURN(w, 0, hung_up, 3);
	assert_found(w, DOCTOR_HANGS_UP, 0, "3 times in 200 requests");
}

static void
a_busy_wire_is_said(void **state)
{
	struct ward *w = well(LINK_MODBUS_RTU);

	(void)state;
	w->link.load_percent = 80;
	assert_well(w);
	w->link.load_percent = 93.4;
	assert_found(w, DOCTOR_OVERLOAD, NO_INDEX, "busy 93 % of the last minute");
	/* Together with what makes it so. */
	TURN(w, 1, silent, 200);
	examine(w);
	assert_int_equal(w->n, 2);
	assert_int_equal(w->found[1].guess, DOCTOR_DEAD);
}

static void
only_what_is_recent_counts(void **state)
{
	const struct slave_health earlier = {.asked = 100, .ok = 90, .checksum = 10, .late = 2};
	const struct slave_health later = {.asked = 150,
	    .ok = 140,
	    .checksum = 10,
	    .late = 2,
	    .late_max_ms = 900,
	    .timeout_ms = 80};
	struct slave_health d;

	(void)state;
	doctor_difference(&later, &earlier, &d);
	assert_int_equal(d.asked, 50);
	assert_int_equal(d.ok, 50);
	assert_int_equal(d.checksum + d.late, 0);
	assert_int_equal(d.timeout_ms, 80);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_good_wire_has_nothing),
	    cmocka_unit_test(an_echo_explains_all),
	    cmocka_unit_test(noise_from_everybody_is_speed_or_parity),
	    cmocka_unit_test(silence_from_everybody_is_the_wire),
	    cmocka_unit_test(whole_frames_of_others_are_a_second_master),
	    cmocka_unit_test(damage_everywhere_is_noise),
	    cmocka_unit_test(damage_of_one_unit_is_its_own),
	    cmocka_unit_test(a_silent_unit_among_others_is_dead),
	    cmocka_unit_test(a_late_unit_needs_a_longer_timeout),
	    cmocka_unit_test(exceptions_alone_are_the_wrong_profile),
	    cmocka_unit_test(answers_to_other_questions_are_a_gateway),
	    cmocka_unit_test(a_connection_that_ends_is_said),
	    cmocka_unit_test(a_busy_wire_is_said),
	    cmocka_unit_test(only_what_is_recent_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

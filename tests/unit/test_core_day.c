/*
 * core: days of rooms in simulated time (tests/day). SEED=n DAYS=n repeats one room. Under a
 * sanitizer, which is slow, there are fewer days.
 */
#include "../day/day.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <cmocka.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define DAYS 4
#define OLD  2 /* of the kept seeds those of so many days at most */
#else
#define DAYS 200
#define OLD  10
#endif
#define EACH  2 /* days of a room */
#define FIRST 20261121

/* Rooms that once found something. */
static void
old_seeds_hold(void **state)
{
	FILE *f = fopen("tests/day/seeds", "r");
	char line[256];
	unsigned rooms = 0;

	(void)state;
	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		unsigned long long seed;
		struct day_sum sum = {0};
		int days;

		if (line[0] == '#' || sscanf(line, "%llu %d", &seed, &days) != 2 || days > OLD)
			continue;
		day_rooms(seed, 1, days, 1, &sum);
		assert_int_equal(sum.good, 1);
		rooms++;
	}
	fclose(f);
	assert_true(rooms > 0);
}

static void
days_of_rooms(void **state)
{
	struct day_sum sum = {0};

	(void)state;
	day_rooms(FIRST, DAYS / EACH, EACH, 2, &sum);
	printf("%d days: %llu polls, %llu events, %llu restarts\n", DAYS,
	    (unsigned long long)sum.polls, (unsigned long long)sum.events,
	    (unsigned long long)sum.restarts);
	assert_int_equal(sum.bad, 0);
	assert_int_equal(sum.good, DAYS / EACH);
	assert_true(sum.polls > 10000u * DAYS && sum.events > 100u * DAYS);
}

/* Where no process can be made, or it is ended, its rooms are missing: they were not good. */
static void
rooms_that_are_missing_are_bad(void **state)
{
	struct rlimit whole, none;
	struct day_sum sum = {0};

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_AS, &whole), 0);
	none = (struct rlimit){.rlim_cur = 0, .rlim_max = whole.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_AS, &none), 0);
	day_rooms(FIRST, 3, 1, 2, &sum);
	assert_int_equal(setrlimit(RLIMIT_AS, &whole), 0);
	assert_int_equal(sum.good, 0);
	assert_int_equal(sum.bad, 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(old_seeds_hold),
	    cmocka_unit_test(days_of_rooms),
	    cmocka_unit_test(rooms_that_are_missing_are_bad),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

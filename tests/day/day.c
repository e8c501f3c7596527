/*
 * day DAYS [FIRST [EACH]]: so many days in all, in rooms of their own seeds (FIRST, FIRST + 1 ...),
 * each EACH days long; JOBS rooms at once. Ends with `N passed, N failed`: rooms.
 */
#include "day.h"

#include <stdlib.h>
#include <time.h>

#define AT_ONCE 50 /* rooms from one line of progress to the next */

static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
say(uint64_t first, int days, const struct day_sum *sum, double took)
{
	printf("%d days in %u rooms, seeds %llu on: %llu polls, %llu events, %llu deeds of people, "
	       "%llu restarts; %.0f s, %.0f times as fast as life\n",
	    days, sum->good + sum->bad, (unsigned long long)first, (unsigned long long)sum->polls,
	    (unsigned long long)sum->events, (unsigned long long)sum->deeds,
	    (unsigned long long)sum->restarts, took, days * 86400.0 / took);
	fflush(stdout);
}

int
main(int argc, char **argv)
{
	int days = argc > 1 ? atoi(argv[1]) : 20, each = argc > 3 ? atoi(argv[3]) : 10;
	uint64_t first = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
	int jobs = getenv("JOBS") != NULL ? atoi(getenv("JOBS")) : 1, rooms;
	double began = seconds();
	struct day_sum sum = {0};

	if (days < 1 || each < 1) {
		fprintf(stderr, "usage: day DAYS [FIRST [EACH]]\n");
		return 2;
	}
	jobs = jobs < 1 ? 1 : jobs;
	each = days < each ? days : each;
	rooms = (days + each - 1) / each;
	for (int done = 0, n; done < rooms; done += n) {
		n = rooms - done < AT_ONCE ? rooms - done : AT_ONCE;
		day_rooms(first + (uint64_t)done, n, each, jobs, &sum);
		say(first, (done + n) * each, &sum, seconds() - began);
	}
	printf("%u passed, %u failed\n", sum.good, sum.bad);
	return sum.bad == 0 && sum.good > 0 ? 0 : 1;
}

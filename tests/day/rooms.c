/* Many rooms, several at once, each in a process of its own. */
#include "day.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static void *
shared(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return p != MAP_FAILED ? p : NULL;
}

static void
add(struct day_sum *sum, const struct day *w, bool good)
{
	sum->good += good;
	sum->bad += !good;
	sum->polls += w->polls;
	sum->events += w->events;
	sum->restarts += w->restarts;
	sum->deeds += w->deeds;
}

static void
live_room(uint64_t seed, int days, struct day_sum *sum)
{
	struct day *w = shared(sizeof(*w));
	int status = 1;
	pid_t child;

	if (w == NULL)
		return;
	w->seed = seed;
	w->days = days;
	fflush(NULL);
	child = fork();
	if (child == 0) {
		day_live(w);
		_exit(0);
	}
	if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
		fprintf(stderr, "SEED %llu: the room did not live to its end\n",
		    (unsigned long long)seed);
	add(sum, w, status == 0);
	munmap(w, sizeof(*w));
}

void
day_rooms(uint64_t first, int rooms, int days, int jobs, struct day_sum *sum)
{
	struct day_sum *sums = shared((size_t)jobs * sizeof(*sums));
	unsigned lived = 0;

	fflush(NULL);
	for (int n = 0; sums != NULL && n < jobs; n++) {
		if (fork() != 0)
			continue;
		for (int i = n; i < rooms; i += jobs)
			live_room(first + (uint64_t)i, days, &sums[n]);
		_exit(0);
	}
	for (int n = 0; sums != NULL && n < jobs; n++)
		wait(NULL);
	for (int n = 0; sums != NULL && n < jobs; n++) {
		lived += sums[n].good + sums[n].bad;
		sum->good += sums[n].good;
		sum->bad += sums[n].bad;
		sum->polls += sums[n].polls;
		sum->events += sums[n].events;
		sum->restarts += sums[n].restarts;
		sum->deeds += sums[n].deeds;
	}
	/* No memory or no process for them, or somebody ended the process that was to make them. */
	sum->bad += (unsigned)rooms - lived;
	if (sums != NULL)
		munmap(sums, (size_t)jobs * sizeof(*sums));
}

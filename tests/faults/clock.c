/*
 * Another wall clock for one program: LD_PRELOAD this, CLOCK_FILE=path of a file that holds one
 * int64 of microseconds, which are added to what the kernel says and may change at any time. The
 * monotonic clocks are left alone, as they are when somebody sets the clock. (libfaketime would
 * also bend monotonic timerfds.)
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile int64_t *offset_us;

__attribute__((constructor)) static void
open_file(void)
{
	const char *path = getenv("CLOCK_FILE");
	int fd = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	offset_us = mmap(NULL, sizeof(*offset_us), PROT_READ, MAP_SHARED, fd, 0);
	if (offset_us == MAP_FAILED)
		abort();
	close(fd);
}

int
clock_gettime(clockid_t clock, struct timespec *ts)
{
	int r = (int)syscall(SYS_clock_gettime, clock, ts);

	if (r == 0 && offset_us != NULL &&
	    (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
		int64_t us = *offset_us + ts->tv_nsec / 1000;

		ts->tv_sec += us / 1000000 - (us % 1000000 < 0);
		ts->tv_nsec = (us % 1000000 + (us % 1000000 < 0) * 1000000) * 1000;
	}
	return r;
}

int
gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
	struct timespec ts;
	int r = clock_gettime(CLOCK_REALTIME, &ts);

	(void)zone;
	*tv = (struct timeval){ts.tv_sec, ts.tv_nsec / 1000};
	return r;
}

time_t
time(time_t *t)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	if (t != NULL)
		*t = ts.tv_sec;
	return ts.tv_sec;
}

/*
 * Faults of disk, clock and memory for one process: LD_PRELOAD this, with FAULTS naming a file of
 * struct control, which the test writes while the process runs (trouble.py builds and steers it).
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

/* The order is that of FIELDS in trouble.py. */
struct control {
	_Atomic int64_t sync_lies;     /* a sync says "done" and does nothing */
	_Atomic int64_t sync_delay_ms; /* each takes so long */
	_Atomic int64_t errno_wanted;  /* of the call below; 0: EIO */
	_Atomic int64_t disk_left;  /* good writes and syncs before the bad one; < 0: none is bad */
	_Atomic int64_t disk_stays; /* all after it are bad, too */
	_Atomic int64_t
	    disk_kills; /* the bad one is well, but the process dies: 1 before it, 2 behind it */
	_Atomic int64_t disk_calls; /* out: how many there were */
	_Atomic int64_t wall_us;    /* the wall clock is so much ahead */
	_Atomic int64_t
	    unsynced; /* 1: the kernel says that nobody sets the clock; -1: somebody does */
	_Atomic int64_t malloc_left; /* the same for allocations, one bad one */
	_Atomic int64_t malloc_calls;
};

static struct control none = {.disk_left = -1, .malloc_left = -1};
static struct control *faults = &none;

__attribute__((constructor)) static void
begin(void)
{
	const char *name = getenv("FAULTS");
	int fd = name != NULL ? open(name, O_RDWR | O_CLOEXEC) : -1;
	void *p;

	if (fd < 0)
		return;
	p = mmap(NULL, sizeof(struct control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (p != MAP_FAILED)
		faults = p;
}

static _Thread_local int dies; /* behind the call */

static ssize_t
done(ssize_t result)
{
	if (dies)
		kill(getpid(), SIGKILL);
	return result;
}

static int
disk_is_bad(void)
{
	int64_t left = atomic_load(&faults->disk_left);

	atomic_fetch_add(&faults->disk_calls, 1);
	if (left < 0)
		return 0;
	if (left > 0) {
		atomic_fetch_sub(&faults->disk_left, 1);
		return 0;
	}
	if (!faults->disk_stays)
		atomic_store(&faults->disk_left, -1);
	if (faults->disk_kills == 1)
		kill(getpid(), SIGKILL);
	if (faults->disk_kills == 2) {
		dies = 1;
		return 0;
	}
	errno = faults->errno_wanted != 0 ? (int)faults->errno_wanted : EIO;
	return 1;
}

static int
sync_by(long call, int fd)
{
	if (disk_is_bad())
		return -1;
	if (faults->sync_delay_ms > 0)
		usleep((useconds_t)faults->sync_delay_ms * 1000);
	return faults->sync_lies ? 0 : (int)done(syscall(call, fd));
}

int
fdatasync(int fd)
{
	return sync_by(SYS_fdatasync, fd);
}

int
fsync(int fd)
{
	return sync_by(SYS_fsync, fd);
}

ssize_t
pwrite64(int fd, const void *data, size_t size, off64_t at)
{
	return disk_is_bad() ? -1 : done(syscall(SYS_pwrite64, fd, data, size, at));
}

int
clock_gettime(clockid_t clock, struct timespec *ts)
{
	int r = (int)syscall(SYS_clock_gettime, clock, ts);
	int64_t us;

	if (r != 0 || clock != CLOCK_REALTIME || faults->wall_us == 0)
		return r;
	us = (int64_t)ts->tv_sec * 1000000 + ts->tv_nsec / 1000 + faults->wall_us;
	ts->tv_sec = us / 1000000;
	ts->tv_nsec = us % 1000000 * 1000;
	return 0;
}

int
gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
	struct timespec ts;

	(void)zone;
	clock_gettime(CLOCK_REALTIME, &ts);
	*tv = (struct timeval){.tv_sec = ts.tv_sec, .tv_usec = ts.tv_nsec / 1000};
	return 0;
}

time_t
time(time_t *out)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	if (out != NULL)
		*out = ts.tv_sec;
	return ts.tv_sec;
}

int
adjtimex(struct timex *tx)
{
	int r = (int)syscall(SYS_adjtimex, tx);

	return faults->unsynced > 0 ? TIME_ERROR : faults->unsynced < 0 ? TIME_OK : r;
}

static int
memory_is_bad(void)
{
	int64_t left = atomic_load(&faults->malloc_left);

	atomic_fetch_add(&faults->malloc_calls, 1);
	if (left < 0)
		return 0;
	atomic_fetch_sub(&faults->malloc_left, 1);
	if (left == 0)
		errno = ENOMEM;
	return left == 0;
}

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);

void *
malloc(size_t size)
{
	return memory_is_bad() ? NULL : __libc_malloc(size);
}

void *
calloc(size_t n, size_t size)
{
	return memory_is_bad() ? NULL : __libc_calloc(n, size);
}

void *
realloc(void *p, size_t size)
{
	return memory_is_bad() ? NULL : __libc_realloc(p, size);
}

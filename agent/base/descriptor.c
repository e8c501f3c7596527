/* Above FD_SETSIZE while the soft limit is raised for a moment. */
#include "base/descriptor.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <unistd.h>

#define KEPT_LOW 128 /* as many may stay low: a house of usual size moves nothing */
#define HIGHEST  65536

/* Two at once must not take each other's raised limit for the normal one. */
static pthread_mutex_t limit_lock = PTHREAD_MUTEX_INITIALIZER;

static int
copy_above(int fd)
{
	struct rlimit normal, raised;
	int high;

	if (getrlimit(RLIMIT_NOFILE, &normal) != 0)
		return -1;
	raised = normal;
	raised.rlim_cur = normal.rlim_max < HIGHEST ? normal.rlim_max : HIGHEST;
	/* Others may open files meanwhile: they get the lowest that is free, as ever. */
	if (raised.rlim_cur <= FD_SETSIZE || setrlimit(RLIMIT_NOFILE, &raised) != 0)
		return -1;
	high = fcntl(fd, F_DUPFD_CLOEXEC, FD_SETSIZE);
	setrlimit(RLIMIT_NOFILE, &normal);
	return high;
}

int
descriptor_move_up(int fd)
{
	int high, error = errno;

	if (fd < KEPT_LOW)
		return fd;
	pthread_mutex_lock(&limit_lock);
	high = copy_above(fd);
	pthread_mutex_unlock(&limit_lock);
	errno = error;
	if (high < 0)
		return fd;
	close(fd);
	return high;
}

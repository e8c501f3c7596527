#include "store/files.h"

#include "base/log.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* The files that SQLite keeps for one database; none of them may meet a new one. */
static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
#define SUFFIX_COUNT (sizeof(suffixes) / sizeof(suffixes[0]))

static bool
make_directory(const char *dir, char *err, size_t err_size)
{
	struct stat st;

	if (mkdir(dir, 0700) == 0)
		return true;
	if (errno == EEXIST && stat(dir, &st) == 0 && S_ISDIR(st.st_mode)) {
		/* It may be shared with others for a reason; the files are closed to them anyway.
		 */
		if ((st.st_mode & 0077) != 0)
			log_warn(
			    "the directory %s of the store is open to other users (mode %03o): "
			    "chmod 700 %s",
			    dir, st.st_mode & 0777U, dir);
		return true;
	}
	text_printf(
	    err, err_size, "cannot make the directory %s for the store: %s", dir, strerror(errno));
	return false;
}

/* Tells who holds the lock, as far as the file says. */
static void
say_holder(int fd, const char *dir, char *err, size_t err_size)
{
	char pid[32] = "";
	ssize_t n = pread(fd, pid, sizeof(pid) - 1, 0);

	if (n > 0)
		pid[strspn(pid, "0123456789")] = '\0';
	text_printf(err, err_size,
	    "another facilityd (pid %s) uses the store in %s: stop it, or give this one a "
	    "directory of its own",
	    pid[0] != '\0' ? pid : "unknown", dir);
}

static bool
disk_refuses(int error)
{
	return error == EROFS || error == ENOSPC || error == EDQUOT || error == EIO;
}

int
files_lock(const char *dir, bool *refused, char *err, size_t err_size)
{
	char path[PATH_MAX];
	int fd;

	if (!make_directory(dir, err, err_size)) {
		*refused = disk_refuses(errno);
		return -1;
	}
	if (snprintf(path, sizeof(path), "%s/lock", dir) >= (int)sizeof(path)) {
		text_printf(err, err_size, "the path of the store is too long: %s", dir);
		return -1;
	}
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) {
		*refused = disk_refuses(errno);
		text_printf(err, err_size, "cannot open %s: %s", path, strerror(errno));
		return -1;
	}
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		if (errno == EWOULDBLOCK)
			say_holder(fd, dir, err, err_size);
		else
			text_printf(err, err_size, "cannot lock %s: %s", path, strerror(errno));
		close(fd);
		return -1;
	}
	/* The number is only for the message above: a full disk must not keep the agent down. */
	if (ftruncate(fd, 0) != 0 || dprintf(fd, "%ld\n", (long)getpid()) < 0)
		log_warn("cannot write %s: %s", path, strerror(errno));
	return fd;
}

bool
files_make_private(const char *path, bool may_create)
{
	char side[PATH_MAX];
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | (may_create ? O_CREAT : 0), 0600);

	if (fd < 0)
		return false;
	close(fd);
	for (size_t i = 0; i < SUFFIX_COUNT; i++) {
		if (snprintf(side, sizeof(side), "%s%s", path, suffixes[i]) >= (int)sizeof(side) ||
		    stat(side, &st) != 0 || (st.st_mode & 0077) == 0)
			continue;
		if (chmod(side, st.st_mode & 0700) != 0)
			log_warn(
			    "%s is open to other users and stays so: %s", side, strerror(errno));
	}
	return true;
}

/* ---- damaged files -------------------------------------------------------------------------- */

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* A database that was put aside before, and not one of its side files. */
static bool
is_damaged(const char *entry, const char *name)
{
	size_t n = strlen(name);

	return strncmp(entry, name, n) == 0 && strncmp(entry + n, ".damaged-", 9) == 0 &&
	       strchr(entry + n + 9, '-') == NULL;
}

static void
remove_all(const char *dir, const char *entry)
{
	char path[PATH_MAX];

	for (size_t i = 0; i < SUFFIX_COUNT; i++)
		if (snprintf(path, sizeof(path), "%s/%s%s", dir, entry, suffixes[i]) <
		    (int)sizeof(path))
			unlink(path);
}

/* A card that goes bad again and again must not be filled with evidence of it. */
static void
remove_oldest(const char *dir, const char *name)
{
	char *found[64];
	size_t count = 0;
	DIR *d = opendir(dir);

	if (d == NULL)
		return;
	for (struct dirent *e; count < 64 && (e = readdir(d)) != NULL;)
		if (is_damaged(e->d_name, name) && (found[count] = strdup(e->d_name)) != NULL)
			count++;
	closedir(d);
	/* The time in the name sorts them by age. */
	qsort(found, count, sizeof(found[0]), by_name);
	for (size_t i = 0; i < count; i++) {
		if (i + FILES_DAMAGED_KEPT <= count)
			remove_all(dir, found[i]);
		free(found[i]);
	}
}

/* NAME.damaged-TIME, a later time where that is taken: what was put aside a moment ago stays. */
static bool
name_aside(const char *dir, const char *name, wall_t now, char *to, size_t to_size)
{
	time_t seconds = (time_t)(now.us / 1000000);
	char when[32];
	struct tm tm;

	do {
		gmtime_r(&seconds, &tm);
		strftime(when, sizeof(when), "%Y%m%dT%H%M%SZ", &tm);
		if (snprintf(to, to_size, "%s/%s.damaged-%s", dir, name, when) >= (int)to_size)
			return false;
		seconds++;
	} while (access(to, F_OK) == 0);
	return true;
}

bool
files_put_aside(const char *dir, const char *name, wall_t now, char *to, size_t to_size, char *err,
    size_t err_size)
{
	char from[PATH_MAX], target[PATH_MAX];

	remove_oldest(dir, name);
	if (!name_aside(dir, name, now, to, to_size)) {
		text_printf(err, err_size, "the path of the store is too long: %s", dir);
		return false;
	}
	for (size_t i = SUFFIX_COUNT; i-- > 0;) {
		if (snprintf(from, sizeof(from), "%s/%s%s", dir, name, suffixes[i]) >=
			(int)sizeof(from) ||
		    snprintf(target, sizeof(target), "%s%s", to, suffixes[i]) >=
			(int)sizeof(target)) {
			text_printf(err, err_size, "the path of the store is too long: %s", dir);
			return false;
		}
		if (rename(from, target) != 0 && errno != ENOENT) {
			text_printf(err, err_size, "cannot put %s aside as %s: %s", from, target,
			    strerror(errno));
			return false;
		}
	}
	return true;
}

/* Both numbers are the same, or a part of it was written and it says nothing. */
#define WITNESS_FORMAT "%.63s %020" PRIu64 " %020" PRIu64 "\n"

int
files_witness_open(const char *dir)
{
	char path[PATH_MAX];
	int fd;

	if (snprintf(path, sizeof(path), "%s/witness", dir) >= (int)sizeof(path))
		return -1;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		log_warn("cannot open %s: %s", path, strerror(errno));
	return fd;
}

uint64_t
files_witness_read(int fd, const char *epoch)
{
	char text[128], found[64];
	uint64_t seq, again;
	ssize_t n = fd >= 0 ? pread(fd, text, sizeof(text) - 1, 0) : 0;

	text[n > 0 ? n : 0] = '\0';
	if (sscanf(text, "%63s %20" SCNu64 " %20" SCNu64, found, &seq, &again) != 3)
		return 0;
	return strcmp(found, epoch) == 0 && seq == again && seq < INT64_MAX ? seq : 0;
}

void
files_witness_write(int fd, const char *epoch, uint64_t seq)
{
	char text[128];
	int n = snprintf(text, sizeof(text), WITNESS_FORMAT, epoch, seq, seq);

	/* Without it nothing is wrong; it only may be missed one day. */
	if (fd >= 0 && pwrite(fd, text, (size_t)n, 0) != n)
		log_debug("the witness of the store was not written: %s", strerror(errno));
}

int
files_watch_writes(void)
{
	return open("/proc/thread-self/io", O_RDONLY | O_CLOEXEC);
}

uint64_t
files_written(int fd)
{
	char text[256];
	ssize_t n = fd >= 0 ? pread(fd, text, sizeof(text) - 1, 0) : 0;
	const char *at;

	if (n <= 0)
		return 0;
	text[n] = '\0';
	at = strstr(text, "wchar:");
	return at != NULL ? strtoull(at + strlen("wchar:"), NULL, 10) : 0;
}

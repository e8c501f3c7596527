/*
 * plantctl: tells a running plant what happens next. One command, one reply; exit 0 if it was done.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define SOCKET_FILE "plant.sock"

enum { LINE = 256, REPLY_TIMEOUT_S = 5 };

static int
failed(const char *what)
{
	fprintf(stderr, "plantctl: %s: %s\n", what, strerror(errno));
	return 1;
}

/* Puts the words together to the line that the plant reads. */
static int
make_line(int argc, char **argv, char line[LINE])
{
	size_t n = 0;

	for (int i = 0; i < argc; i++) {
		int more = snprintf(line + n, LINE - n, "%s%s", i ? " " : "", argv[i]);
		if (more < 0 || n + (size_t)more + 2 > LINE) {
			fprintf(stderr, "plantctl: the command is too long\n");
			return -1;
		}
		n += (size_t)more;
	}
	line[n++] = '\n';
	return (int)n;
}

/* A connected socket. The path is short because we go to the directory: DIR may be of any length.
 */
static int
connect_plant(const char *dir)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = SOCKET_FILE};
	struct timeval timeout = {.tv_sec = REPLY_TIMEOUT_S};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
	if (chdir(dir) == 0 &&
	    connect(fd, (struct sockaddr *)(void *)&address, sizeof address) == 0)
		return fd;
	close(fd);
	return -1;
}

/* Copies the reply to the terminal. Returns the exit code. */
static int
show_reply(int fd)
{
	char reply[16384];
	size_t n = 0;
	ssize_t got;

	while ((got = read(fd, reply + n, sizeof reply - n)) > 0)
		n += (size_t)got;
	if (got < 0)
		return failed("no reply from the plant");
	int rc = n == 0 || strncmp(reply, "error: ", 7) == 0 ? 1 : 0;
	fwrite(reply, 1, n, rc ? stderr : stdout);
	return rc;
}

int
main(int argc, char **argv)
{
	const char *dir = getenv("FACILITY_RUN");
	char line[LINE];
	int first = 1;

	if (!dir || !*dir)
		dir = "./run";
	if (argc > 2 && strcmp(argv[1], "--dir") == 0) {
		dir = argv[2];
		first = 3;
	}
	if (argc <= first || strcmp(argv[first], "--help") == 0) {
		fprintf(stderr, "usage: plantctl [--dir DIR] COMMAND...   (plantctl help)\n"
				"DIR is the plant's directory: else $FACILITY_RUN, else ./run\n");
		return 1;
	}
	int n = make_line(argc - first, argv + first, line);
	if (n < 0)
		return 1;
	int fd = connect_plant(dir);
	if (fd < 0) {
		fprintf(stderr, "plantctl: no plant in %s: %s. Is it running? (--dir DIR)\n", dir,
		    strerror(errno));
		return 1;
	}
	if (write(fd, line, (size_t)n) != n)
		return failed("cannot ask the plant");
	return show_reply(fd);
}

/* Files with secrets: theirs alone to read, and never shown, not even in an error. */
#include "site/loader.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The file is not there: the agent cannot start; a mere check may go on. */
static void
report_absent(struct loader *l, const char *path, const struct node *at)
{
	struct finding *x;

	if (l->options->secrets_may_wait) {
		x = WARNING(l, at, "secrets file %s is not there yet", path);
		HINT(l, x, "the agent will not start without it");
	} else {
		x = ERROR(l, at, "secrets file %s is not there", path);
		HINT(l, x, "write it and give it mode 0600");
	}
}

bool
secret_load(struct loader *l, const struct section *s, const char *path, const struct node *at,
    void *out, bool *missing)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	const struct node *root;
	struct stat st;

	*missing = fd < 0 && errno == ENOENT;
	if (*missing) {
		report_absent(l, path, at);
		return false;
	}
	if (fd < 0 || fstat(fd, &st) != 0) {
		HINT(l, ERROR(l, at, "secrets file %s cannot be read: %s", path, strerror(errno)),
		    "it must belong to the user that the agent runs as");
		if (fd >= 0)
			close(fd);
		return false;
	}
	if (st.st_mode & (S_IRWXG | S_IRWXO)) {
		HINT(l,
		    ERROR(l, at, "others may read secrets file %s (mode %04o)", path,
			(unsigned)(st.st_mode & 07777)),
		    "chmod 600 %s", path);
		close(fd);
		return false;
	}
	root = doc_read_fd(loader_memory(l), l->rd.findings, path, fd, true);
	return root && section_read(&l->rd, s, root, root, SECTION_WHOLE, out);
}

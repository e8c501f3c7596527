#include "sinks/console/peer.h"
#include "base/lang.h"

#include "base/text.h"

#include <ctype.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define GROUPS_MAX 256
#define AS_MAX     40

/* Is one of the peer's supplementary groups `group`? More than GROUPS_MAX of them count as no. */
static bool
has_group(int fd, gid_t group)
{
	gid_t groups[GROUPS_MAX];
	socklen_t size = sizeof(groups);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) < 0)
		return false;
	for (size_t i = 0; i < size / sizeof(groups[0]); i++)
		if (groups[i] == group)
			return true;
	return false;
}

bool
peer_read(int fd, gid_t control, struct peer *out)
{
	struct ucred cred;
	socklen_t size = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &size) < 0)
		return false;
	*out = (struct peer){.uid = cred.uid, .pid = cred.pid};
	const struct passwd *pw = getpwuid(cred.uid);
	if (pw != NULL && pw->pw_name[0] != '\0')
		text_clean(out->name, sizeof(out->name), pw->pw_name, strlen(pw->pw_name));
	else
		text_printf(out->name, sizeof(out->name), "uid %u", (unsigned)cred.uid);
	out->may_act = cred.uid == 0 || cred.uid == geteuid() ||
		       (control != NO_GROUP && (cred.gid == control || has_group(fd, control)));
	return true;
}

gid_t
peer_group(const char *name)
{
	const struct group *g = name != NULL ? getgrnam(name) : NULL;

	return g != NULL ? g->gr_gid : NO_GROUP;
}

/* Bytes above 0x7f are parts of letters here: the text has been cleaned as UTF-8 before. */
static bool
is_name(const char *s)
{
	bool has_letter = false;

	for (; *s != '\0'; s++) {
		if (isalnum((unsigned char)*s) || (unsigned char)*s >= 0x80)
			has_letter = true;
		else if (strchr(" ._-'", *s) == NULL)
			return false;
	}
	return has_letter;
}

bool
peer_who(const struct peer *p, const char *as, char *who, size_t size, char *err, size_t err_size)
{
	char clean[AS_MAX + 1];

	if (as == NULL || as[0] == '\0') {
		text_copy(who, size, p->name);
		return true;
	}
	text_clean(clean, sizeof(clean), as, strlen(as));
	if (strcmp(clean, as) != 0 || !is_name(clean)) {
		text_printf(err, err_size,
		    _("\"as\" must be a person's name: letters, digits, blank . _ - ' and at most "
		      "%d bytes"),
		    AS_MAX);
		return false;
	}
	text_printf(who, size, "%s (%s)", clean, p->name);
	return true;
}

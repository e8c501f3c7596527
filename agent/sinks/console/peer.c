#include "sinks/console/peer.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/lang.h"
#include "base/log.h"
#include "base/text.h"

#include <ctype.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define GROUPS_MAX 256
#define AS_MAX     40
/* A directory that is away costs a time-out for each name, and somebody waits for the start. */
#define NAMES_MS 2000

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

/* The machine's own accounts: a file, and read anew, so that one made since the start has a name.
 */
static bool
local_name(uid_t uid, char *name, size_t size)
{
	FILE *f = fopen("/etc/passwd", "re");
	const struct passwd *pw = NULL;

	while (f != NULL && (pw = fgetpwent(f)) != NULL && pw->pw_uid != uid)
		;
	if (pw != NULL)
		text_clean(name, size, pw->pw_name, strlen(pw->pw_name));
	if (f != NULL)
		fclose(f);
	return pw != NULL && name[0] != '\0';
}

static void
name_of(uid_t uid, const struct peers *known, char *name, size_t size)
{
	if (local_name(uid, name, size))
		return;
	for (size_t i = 0; i < known->count; i++) {
		if (known->accounts[i].uid == uid) {
			text_copy(name, size, known->accounts[i].name);
			return;
		}
	}
	text_printf(name, size, "uid %u", (unsigned)uid);
}

bool
peer_read(int fd, const struct peers *known, struct peer *out)
{
	struct ucred cred;
	socklen_t size = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &size) < 0)
		return false;
	*out = (struct peer){.uid = cred.uid, .pid = cred.pid};
	name_of(cred.uid, known, out->name, sizeof(out->name));
	out->may_act =
	    cred.uid == 0 || cred.uid == geteuid() ||
	    (known->group != NO_GROUP && (cred.gid == known->group || has_group(fd, known->group)));
	return true;
}

struct peers
peers_load(const char *group)
{
	const mono_t began = clock_mono();
	struct peers p = {.group = NO_GROUP};
	const struct group *g = group != NULL ? getgrnam(group) : NULL;

	if (g == NULL)
		return p;
	p.group = g->gr_gid;
	for (char **member = g->gr_mem; *member != NULL; member++) {
		const struct passwd *pw;

		if (mono_ms_between(clock_mono(), began) > NAMES_MS) {
			log_warn("console: the system takes long to look up the members of "
				 "\"%s\": the rest of them is shown by number",
			    group);
			break;
		}
		pw = getpwnam(*member);
		struct account *a;

		if (pw == NULL)
			continue;
		p.accounts = xrealloc(p.accounts, p.count + 1, sizeof(*p.accounts));
		a = &p.accounts[p.count++];
		a->uid = pw->pw_uid;
		text_clean(a->name, sizeof(a->name), pw->pw_name, strlen(pw->pw_name));
	}
	return p;
}

void
peers_free(struct peers *p)
{
	free(p->accounts);
	*p = (struct peers){.group = NO_GROUP};
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

#include "ctl/moment.h"

#include "base/lang.h"
#include "base/moment.h"
#include "ctl/words.h"

#include <stdio.h>

bool
ctl_moment(const char *option, const char *text, wall_t now, wall_t *out)
{
	char clean[WORDS_MAX];

	if (moment_parse(text, now, out))
		return true;
	fprintf(stderr, _("facilityctl: %s takes %s, not \"%s\"\n"), option, _(MOMENT_EXPECTED),
	    words_clean(text, clean, sizeof(clean)));
	return false;
}

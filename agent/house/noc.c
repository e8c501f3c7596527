/* What people ask of the receivers at the NOC. */
#include "base/lang.h"
#include "base/text.h"
#include "house/house_i.h"

#include <string.h>

/* ---- test of the NOC ---------------------------------------------------------------------------
 */

static void
on_noc_tested(void *arg, size_t receiver, bool good, const char *text, const struct now *now)
{
	struct house *h = arg;

	(void)receiver;
	h->noc_test.good = h->noc_test.good && good;
	text_append(h->noc_test.text, sizeof(h->noc_test.text), "%s%s",
	    h->noc_test.text[0] != '\0' ? "\n" : "", text);
	if (--h->noc_test.out == 0)
		console_noc_tested(h->console, h->noc_test.good, h->noc_test.text, now);
}

bool
noc_start_test(void *house, const char *receiver, const char *who, const struct now *now, char *err,
    size_t err_size)
{
	struct house *h = house;
	const struct noc_spec *noc = &h->site->noc;
	char text[EVENT_TEXT_MAX];

	if (h->noc_test.out > 0) {
		text_copy(err, err_size, _("a test is under way already"));
		return false;
	}
	h->noc_test.good = true;
	h->noc_test.text[0] = '\0';
	for (size_t i = 0; i < noc->receiver_count; i++)
		if (receiver == NULL || strcmp(receiver, noc->receivers[i].name) == 0)
			h->noc_test.out += trap_test(h->trap, i, who, on_noc_tested, h, now);
	if (h->noc_test.out == 0) {
		text_printf(err, err_size, _("there is no receiver \"%s\"; the first is \"%s\""),
		    receiver != NULL ? receiver : "", noc->receivers[0].name);
		return false;
	}
	if (receiver != NULL)
		text_printf(text, sizeof(text), _("Test notification to %s, asked for by %s."),
		    receiver, who);
	else
		text_printf(text, sizeof(text),
		    _("Test notification to all receivers, asked for by %s."), who);
	core_note(h->core, now, EVENT_OPERATOR, PRIORITY_LOW, who, "", "noc_test", text);
	return true;
}

/* ---- alarms again ------------------------------------------------------------------------------
 */

bool
noc_start_resend(void *house, const char *receiver, const char *who, const struct now *now,
    char *text, size_t size)
{
	struct house *h = house;
	const struct noc_spec *noc = &h->site->noc;
	char line[256], note[EVENT_TEXT_MAX];
	size_t told = 0;

	text[0] = '\0';
	for (size_t i = 0; i < noc->receiver_count; i++) {
		if (receiver != NULL && strcmp(receiver, noc->receivers[i].name) != 0)
			continue;
		trap_resend(h->trap, i, who, now, line, sizeof(line));
		text_append(text, size, "%s%s", told++ > 0 ? "\n" : "", line);
	}
	if (told == 0) {
		text_printf(text, size, _("there is no receiver \"%s\"; the first is \"%s\""),
		    receiver != NULL ? receiver : "", noc->receivers[0].name);
		return false;
	}
	if (receiver != NULL)
		text_printf(note, sizeof(note),
		    _("The alarms that stand go to %s again, asked for by %s."), receiver, who);
	else
		text_printf(note, sizeof(note),
		    _("The alarms that stand go to all receivers again, asked for by %s."), who);
	core_note(h->core, now, EVENT_OPERATOR, PRIORITY_LOW, who, "", "noc_resend", note);
	return true;
}

#include "drivers/snmp/engines.h"

void
engines_forget_user(const struct engine_id *id, const char *name)
{
	struct usmUser *user;

	if (id->length == 0)
		return;
	user = usm_get_user(id->octets, id->length, name);
	if (user == NULL)
		return;
	usm_remove_user(user);
	usm_free_user(user);
}

void
engines_forget_clock(const struct engine_id *id)
{
	Enginetime e;

	if (id->length == 0)
		return;
	/* Not free_enginetime(): in 5.9.3 it forgets every engine of the same hash. */
	e = search_enginetime_list(id->octets, (u_int)id->length);
	if (e == NULL)
		return;
	e->engineBoot = 0;
	e->engineTime = 0;
	e->lastReceivedEngineTime = (time_t)snmpv3_local_snmpEngineTime();
	e->authenticatedFlag = 0;
}

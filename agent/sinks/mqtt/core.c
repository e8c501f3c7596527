/* The core as the source of what is published. */
#include "sinks/mqtt/mqtt_priv.h"

static void
alarm_event(const void *core, size_t alarm, struct event *out)
{
	core_alarm_event(core, alarm, out);
}

struct mqtt *
mqtt_new(const struct mqtt_start *start, char *err, size_t err_size)
{
	const struct mqtt_view view = {
	    .site = core_site(start->core),
	    .points = core_points(start->core),
	    .devices = core_devices(start->core),
	    .alarms = core_alarms(start->core),
	    .arg = start->core,
	    .alarm_event = alarm_event,
	};

	return mqtt_open(start, &view, err, err_size);
}

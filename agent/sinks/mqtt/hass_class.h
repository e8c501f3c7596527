/*
 * What Home Assistant calls our units and states. Pure tables, from its documentation: "Sensor"
 * (device classes with their units, state classes) and "Binary sensor" (device classes).
 */
#ifndef SINKS_MQTT_HASS_CLASS_H
#define SINKS_MQTT_HASS_CLASS_H

#include "model/profile.h"

/* A measurement. Each may be NULL: no such key. */
struct hass_measure {
	const char *unit, *device_class, *state_class;
};
struct hass_measure hass_measure(const struct point_spec *p);

/*
 * A state that is one of two: `on` is its word for what the class calls "on" (door: open, moisture:
 * wet). NULL where it is no such state: then it is a sensor with a list of options.
 */
struct hass_binary {
	const char *device_class;
	const char *on;
};
const struct hass_binary *hass_binary(const struct point_spec *p);

#endif

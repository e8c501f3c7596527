/*
 * Home Assistant's MQTT discovery: one retained message for each point and alarm that says where
 * its state is and what it means. Pure, like payload.h, whose topics it points to.
 *
 *	<prefix>/<sensor|binary_sensor>/<node>/<device>-<point>/config
 *	<prefix>/binary_sensor/<node>/<device>-alarm-<alarm>/config
 *
 * <node> is the site's base with what may not stand there made "_": nobody else has it, so all
 * below it is ours to clear. It is also the beginning of each unique_id, which must never change.
 * Names have no "-" in them, so that no two things share an id.
 */
#ifndef SINKS_MQTT_HASS_H
#define SINKS_MQTT_HASS_H

#include "sinks/mqtt/payload.h"

#define HASS_NODE_MAX TOPIC_BASE_MAX

/* base: mqtt_spec.base. */
void hass_node(const char *base, char buf[HASS_NODE_MAX]);

void hass_point_topic(const struct site *s, size_t point, char *buf, size_t size);
void hass_alarm_topic(const struct site *s, size_t alarm, char *buf, size_t size);

/* Each returns the length written, or 0 where it does not fit. */
size_t hass_point(
    const struct mqtt_view *v, const struct agent_facts *f, size_t point, char *buf, size_t size);
size_t hass_alarm(
    const struct mqtt_view *v, const struct agent_facts *f, size_t alarm, char *buf, size_t size);

/* A number that is another one when what these messages say of the device itself is. */
uint64_t hass_device_mark(const struct mqtt_view *v, size_t device);

/* Room that is enough for this site's messages. */
size_t hass_room(const struct site *s);

#endif

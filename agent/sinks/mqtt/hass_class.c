#include "sinks/mqtt/hass_class.h"

#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/*
 * By unit. Only pairs of class and unit that every release since 2023.1 knows; where a unit came to
 * its class later (kVA, l/s, uA) or would be converted to something else (K: a difference would
 * become a temperature) there is no class, and the number stays as it is.
 */
static const struct measure_row {
	const char *code;
	struct hass_measure hass;
} by_unit[] = {
    {"1", {NULL, NULL, "measurement"}},
    {"Cel", {"°C", "temperature", "measurement"}},
    {"%RH", {"%", "humidity", "measurement"}},
    {"V", {"V", "voltage", "measurement"}},
    {"A", {"A", "current", "measurement"}},
    {"mA", {"mA", "current", "measurement"}},
    {"W", {"W", "power", "measurement"}},
    {"kW", {"kW", "power", "measurement"}},
    {"VA", {"VA", "apparent_power", "measurement"}},
    {"var", {"var", "reactive_power", "measurement"}},
    {"Wh", {"Wh", "energy", "total_increasing"}},
    {"kWh", {"kWh", "energy", "total_increasing"}},
    {"Hz", {"Hz", "frequency", "measurement"}},
    {"Pa", {"Pa", "pressure", "measurement"}},
    {"hPa", {"hPa", "pressure", "measurement"}},
    {"kPa", {"kPa", "pressure", "measurement"}},
    {"bar", {"bar", "pressure", "measurement"}},
    {"m", {"m", "distance", "measurement"}},
    {"mm", {"mm", "distance", "measurement"}},
    {"m/s", {"m/s", "speed", "measurement"}},
    {"m3/h", {"m³/h", "volume_flow_rate", "measurement"}},
    {"l/min", {"L/min", "volume_flow_rate", "measurement"}},
    {"lx", {"lx", "illuminance", "measurement"}},
    {"ms", {"ms", NULL, "measurement"}},
    {"s", {"s", "duration", "measurement"}},
    {"min", {"min", "duration", "measurement"}},
    {"h", {"h", "duration", "measurement"}},
    {"d", {"d", "duration", "measurement"}},
    {"By", {"B", "data_size", "measurement"}},
    {"MBy", {"MB", "data_size", "measurement"}},
    {"GBy", {"GB", "data_size", "measurement"}},
    {"bit/s", {"bit/s", "data_rate", "measurement"}},
    {"1/min", {"rpm", NULL, "measurement"}},
    {"l/s", {"L/s", NULL, "measurement"}},
};

struct hass_measure
hass_measure(const struct point_spec *p)
{
	if (strcmp(p->name, "battery_charge") == 0)
		return (struct hass_measure){"%", "battery", "measurement"};
	for (size_t i = 0; i < COUNT(by_unit); i++)
		if (strcmp(by_unit[i].code, p->unit->code) == 0)
			return by_unit[i].hass;
	return (struct hass_measure){p->unit->label, NULL, "measurement"};
}

/* By name, as names.yaml means it, and by the word that a profile has for it. */
static const struct binary_row {
	const char *name;
	struct hass_binary hass;
} by_name[] = {
    {"back_door", {"door", "open"}},
    {"back_lock", {"lock", "open"}},
    {"battery_disconnected", {"problem", "yes"}},
    {"battery_fault", {"problem", "yes"}},
    {"battery_low", {"battery", "yes"}},
    {"battery_replace", {"problem", "yes"}},
    {"bypass_abnormal", {"problem", "yes"}},
    {"cabinet_door", {"door", "open"}},
    {"cabinet_power", {"power", "on"}},
    {"cable_break", {"problem", "broken"}},
    {"charger_fault", {"problem", "yes"}},
    {"common_alarm", {"problem", "alarm"}},
    {"compressor_state", {"running", "running"}},
    {"contamination", {"problem", "contaminated"}},
    {"dehumidification_state", {"running", "running"}},
    {"door_fault", {"problem", "fault"}},
    {"door_locked", {"lock", "unlocked"}},
    {"door_open", {"door", "open"}},
    {"door_power", {"power", "on"}},
    {"earthquake_signal", {"safety", "alarm"}},
    {"emergency_power_off", {"problem", "pressed"}},
    {"fan_fault", {"problem", "alarm"}},
    {"fan_fault", {"problem", "yes"}},
    {"fan_state", {"running", "running"}},
    {"fire_detected", {"smoke", "alarm"}},
    {"fire_release", {"safety", "released"}},
    {"fire_signal", {"smoke", "alarm"}},
    {"front_door", {"door", "open"}},
    {"front_lock", {"lock", "open"}},
    {"general_error", {"problem", "error"}},
    {"humidifier_state", {"running", "running"}},
    {"inverter_fault", {"problem", "yes"}},
    {"leak_state", {"moisture", "leak"}},
    {"mains_abnormal", {"problem", "yes"}},
    {"maintenance_due", {"problem", "yes"}},
    {"over_temperature", {"heat", "yes"}},
    {"overload", {"problem", "yes"}},
    {"overload_shutdown", {"problem", "yes"}},
    {"rectifier_fault", {"problem", "yes"}},
    {"reader_1_state", {"connectivity", "answering"}},
    {"reader_2_state", {"connectivity", "answering"}},
    {"shutdown_imminent", {"problem", "yes"}},
    {"smoke_detected", {"smoke", "alarm"}},
    {"summary_alarm", {"problem", "alarm"}},
    {"supply_air_over_temperature", {"heat", "alarm"}},
    {"supply_alarm", {"problem", "alarm"}},
    {"tamper", {"tamper", "open"}},
    {"unit_shutdown", {"problem", "alarm"}},
    {"unit_state", {"power", "on"}},
};

static bool
has_word(const struct point_spec *p, const char *text)
{
	for (size_t i = 0; i < p->word_count; i++)
		if (strcmp(p->words[i].text, text) == 0)
			return true;
	return false;
}

/* outlet_1_state, outlet_2_state ... */
static bool
is_outlet(const char *name)
{
	size_t n = strlen(name);

	return strncmp(name, "outlet_", 7) == 0 && n > 6 && strcmp(name + n - 6, "_state") == 0;
}

const struct hass_binary *
hass_binary(const struct point_spec *p)
{
	static const struct hass_binary outlet = {"outlet", "on"};

	if (p->word_count != 2)
		return NULL;
	if (is_outlet(p->name) && has_word(p, outlet.on))
		return &outlet;
	for (size_t i = 0; i < COUNT(by_name); i++)
		if (strcmp(by_name[i].name, p->name) == 0 && has_word(p, by_name[i].hass.on))
			return &by_name[i].hass;
	return NULL;
}

/* The table of units. */
#include "model/unit.h"

#include <string.h>

/* SenML registry (RFC 8428, 12.1) first; what it lacks is UCUM. */
const struct unit unit_table[] = {
    {"1", "", "count or state"},
    {"Cel", "°C", "temperature"},
    {"K", "K", "temperature difference"},
    {"%RH", "% RH", "relative humidity"},
    {"%", "%", "share"},
    {"V", "V", "voltage"},
    {"A", "A", "current"},
    {"mA", "mA", "current"},
    {"uA", "µA", "current"},
    {"W", "W", "power"},
    {"kW", "kW", "power"},
    {"VA", "VA", "apparent power"},
    {"kVA", "kVA", "apparent power"},
    {"var", "var", "reactive power"},
    {"Wh", "Wh", "energy"},
    {"kWh", "kWh", "energy"},
    {"Hz", "Hz", "frequency"},
    {"Ohm", "Ω", "resistance"},
    {"Pa", "Pa", "pressure"},
    {"hPa", "hPa", "pressure"},
    {"kPa", "kPa", "pressure"},
    {"bar", "bar", "pressure"},
    {"m", "m", "length"},
    {"mm", "mm", "length"},
    {"m/s", "m/s", "speed"},
    {"m3/h", "m³/h", "flow"},
    {"l/s", "l/s", "flow"},
    {"l/min", "l/min", "flow"},
    {"g/m3", "g/m³", "absolute humidity"},
    {"lx", "lx", "light"},
    {"dB", "dB", "level"},
    {"1/min", "1/min", "rotation"},
    {"ms", "ms", "time"},
    {"s", "s", "time"},
    {"min", "min", "time"},
    {"h", "h", "time"},
    {"d", "d", "time"},
    {"By", "B", "data"},
    {"MBy", "MB", "data"},
    {"GBy", "GB", "data"},
    {"bit/s", "bit/s", "data rate"},
};
const size_t unit_count = sizeof(unit_table) / sizeof(unit_table[0]);

const struct unit *
unit_find(const char *code)
{
	for (size_t i = 0; i < unit_count; i++)
		if (strcmp(unit_table[i].code, code) == 0)
			return &unit_table[i];
	return NULL;
}

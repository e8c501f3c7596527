/* Moist air, by the formulas that psychro.h names. */
#include "core/psychro.h"

#include <math.h>
#include <stdbool.h>

#define MAGNUS_HPA 6.112
#define MAGNUS_A   17.62
#define MAGNUS_CEL 243.12

#define ZERO_CEL_K       273.15
#define VAPOUR_G_K_PER_J 216.67 /* 1 / gas constant of water vapour, for hPa in and g/m3 out */
#define PRESSURE_HPA     1013.25
#define COEFFICIENT      6.62e-4

static bool
is_possible(double temperature_cel, double humidity_rh)
{
	return temperature_cel >= PSYCHRO_MIN_CEL && temperature_cel <= PSYCHRO_MAX_CEL &&
	       humidity_rh >= 0 && humidity_rh <= 100;
}

double
psychro_saturation(double temperature_cel)
{
	if (!is_possible(temperature_cel, 0))
		return NAN;
	return MAGNUS_HPA * exp(MAGNUS_A * temperature_cel / (MAGNUS_CEL + temperature_cel));
}

double
psychro_dew_point(double temperature_cel, double humidity_rh)
{
	double x;

	if (!is_possible(temperature_cel, humidity_rh) || humidity_rh == 0)
		return NAN;
	x = log(humidity_rh / 100) + MAGNUS_A * temperature_cel / (MAGNUS_CEL + temperature_cel);
	return MAGNUS_CEL * x / (MAGNUS_A - x);
}

double
psychro_absolute_humidity(double temperature_cel, double humidity_rh)
{
	double vapour_hpa = humidity_rh / 100 * psychro_saturation(temperature_cel);

	if (!is_possible(temperature_cel, humidity_rh))
		return NAN;
	return VAPOUR_G_K_PER_J * vapour_hpa / (ZERO_CEL_K + temperature_cel);
}

double
psychro_wet_bulb(double temperature_cel, double humidity_rh)
{
	double vapour_hpa = humidity_rh / 100 * psychro_saturation(temperature_cel);
	double low = PSYCHRO_MIN_CEL, high = temperature_cel;

	if (!is_possible(temperature_cel, humidity_rh))
		return NAN;
	/* The vapour that a wet thermometer at t would leave in the air rises with t. */
	while (high - low > 0.001) {
		double t = (low + high) / 2;
		double left_hpa =
		    psychro_saturation(t) - COEFFICIENT * PRESSURE_HPA * (temperature_cel - t);

		if (left_hpa > vapour_hpa)
			high = t;
		else
			low = t;
	}
	return (low + high) / 2;
}

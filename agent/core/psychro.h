/*
 * Moist air: dew point, wet bulb, absolute humidity. Pure.
 *
 * Saturation pressure over water by Magnus with the coefficients 6.112 hPa, 17.62, 243.12 Cel
 * (WMO-No. 8, Guide to Instruments and Methods of Observation, annex 4.B), good from -45 to 60 Cel
 * within 0.3 %. Outside of that range, and for a humidity that is not in 0..100 %RH, the result is
 * NAN: no number is better than a wrong one. Dew point and absolute humidity of air with 0 %RH: the
 * first does not exist (NAN), the second is 0.
 */
#ifndef CORE_PSYCHRO_H
#define CORE_PSYCHRO_H

#define PSYCHRO_MIN_CEL (-45.0)
#define PSYCHRO_MAX_CEL 60.0

/* hPa */
double psychro_saturation(double temperature_cel);
/* Cel */
double psychro_dew_point(double temperature_cel, double humidity_rh);
/* g/m3: vapour pressure by the gas law, 216.67 g K/J (WMO-No. 8, annex 4.B). */
double psychro_absolute_humidity(double temperature_cel, double humidity_rh);
/*
 * Cel, at 1013.25 hPa: the temperature at which a wet, well ventilated thermometer settles;
 * psychrometer coefficient 6.62e-4 /K (Assmann, WMO-No. 8). Found by bisection to 0.001 K.
 */
double psychro_wet_bulb(double temperature_cel, double humidity_rh);

#endif

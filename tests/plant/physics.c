/* Heat and moisture of the room, and the cooling units that work against them. Pure, as room.h. */
#include "room.h"

#include <math.h>

#define IT_LOAD_KW       24.0   /* mean */
#define HEAT_KJ_PER_K    1440.0 /* 24 kW with no cooling: 1 K/min */
#define WALL_KW_PER_K    0.3
#define BUILDING_C       26.0 /* behind the walls */
#define CRAC_CAPACITY_KW 16.0 /* one unit alone is too little: the room warms 0.4 K/min */
#define CRAC_BAND_K      4.0  /* proportional band, the setpoint in its middle */
#define CRAC_AIR_KG_S    1.75 /* at full fan */
#define CRAC_FAN_KW      1.5  /* at full fan */
#define CRAC_COP         3.2
#define CRAC_START_S     30.0 /* from off until normal */
#define AIR_KJ_PER_KG_K  1.006
#define SENSOR_LAG_S     20.0
#define STANDING_LAG_S   90.0 /* a sensor in air that does not move */
#define VAPOUR_HPA       13.4 /* 45 %RH at 24 degC */
#define THROTTLE_FROM_C  40.0 /* the machines slow down, and are off 10 K later */

static const double return_offset_k[CRAC_COUNT] = {0.2, -0.1};

double
wander(struct rng *rng, double value, double mean, double sigma, double tau_s, double dt_s)
{
	double k = dt_s < tau_s ? dt_s / tau_s : 1.0;

	return value + (mean - value) * k + sigma * sqrt(2.0 * k) * rng_normal(rng);
}

static double
saturation_hpa(double air_c)
{
	return 6.112 * exp(17.62 * air_c / (243.12 + air_c));
}

double
relative_humidity_pct(double vapour_hpa, double air_c)
{
	return fmin(100.0, 100.0 * vapour_hpa / saturation_hpa(air_c));
}

double
dew_point_c(double vapour_hpa)
{
	double x = log(vapour_hpa / 6.112);

	return 243.12 * x / (17.62 - x);
}

double
room_it_heat_kw(const struct room *r)
{
	double throttle = 1.0 - (r->air_c - THROTTLE_FROM_C) / 10.0;

	if (ups_empty(r))
		return 0.0;
	return r->it_load_kw * fmax(0.0, fmin(1.0, throttle));
}

static double
clamp(double value, double low, double high)
{
	return fmax(low, fmin(high, value));
}

static void
approach(double *value, double goal, double lag_s, double dt_s)
{
	*value += (goal - *value) * fmin(1.0, dt_s / lag_s);
}

/* Proportional control on the unit's own return air. */
static void
crac_control(struct crac_state *c, double dt_s)
{
	if (c->failed) {
		c->demand = c->fan = 0.0;
		c->compressor = false;
		c->starting_s = CRAC_START_S;
		return;
	}
	c->starting_s = fmax(0.0, c->starting_s - dt_s);
	c->demand = clamp(0.5 + (c->return_c - c->setpoint_c) / CRAC_BAND_K, 0.0, 1.0);
	c->fan = 0.5 + 0.4 * c->demand;
	if (c->demand > 0.08)
		c->compressor = true;
	else if (c->demand < 0.02)
		c->compressor = false;
}

static void
crac_step(struct room *r, int i, double dt_s)
{
	struct crac_state *c = &r->crac[i];
	double drawn_c = r->air_c + return_offset_k[i];
	double fan_kw;

	crac_control(c, dt_s);
	fan_kw = CRAC_FAN_KW * c->fan;
	c->cooling_kw = c->compressor ? CRAC_CAPACITY_KW * c->demand : 0.0;
	c->power_kw = 0.1 + fan_kw + c->cooling_kw / CRAC_COP;
	if (c->fan > 0.0) {
		double blown_c =
		    drawn_c - (c->cooling_kw - fan_kw) / (CRAC_AIR_KG_S * c->fan * AIR_KJ_PER_KG_K);
		approach(&c->return_c, drawn_c, SENSOR_LAG_S, dt_s);
		approach(&c->supply_c, blown_c, SENSOR_LAG_S, dt_s);
		c->fan_s += dt_s;
	} else {
		approach(&c->return_c, drawn_c + 0.5, STANDING_LAG_S, dt_s);
		approach(&c->supply_c, r->air_c, STANDING_LAG_S, dt_s);
	}
	if (c->compressor)
		c->compressor_s += dt_s;
}

/* Water in the air stays as it is but for a slow exchange; unit 1 corrects what goes too far. */
static void
humidity_step(struct room *r, double dt_s)
{
	struct crac_state *c = &r->crac[0];
	double pct = relative_humidity_pct(r->vapour_hpa, r->air_c);

	if (c->failed || pct > 42.0)
		c->humidifying = false;
	else if (pct < 36.0)
		c->humidifying = true;
	if (c->failed || pct < 52.0)
		c->dehumidifying = false;
	else if (pct > 58.0)
		c->dehumidifying = true;
	r->vapour_hpa = wander(&r->rng, r->vapour_hpa, VAPOUR_HPA, 0.15, 3600.0, dt_s);
	r->vapour_hpa += (c->humidifying - c->dehumidifying) * 0.002 * dt_s;
	r->vapour_hpa = clamp(r->vapour_hpa, 1.0, saturation_hpa(r->air_c));
}

static void
air_step(struct room *r, double dt_s)
{
	double heat_kw = room_it_heat_kw(r) + WALL_KW_PER_K * (BUILDING_C - r->air_c);

	for (int i = 0; i < CRAC_COUNT; i++)
		heat_kw += CRAC_FAN_KW * r->crac[i].fan - r->crac[i].cooling_kw;
	r->air_c += heat_kw / HEAT_KJ_PER_K * dt_s;
	r->outside_c = wander(&r->rng, r->outside_c,
	    12.0 + 4.0 * sin(r->time_s * (2.0 * 3.14159265 / 86400.0)), 0.5, 1800.0, dt_s);
	r->it_load_kw =
	    clamp(wander(&r->rng, r->it_load_kw, IT_LOAD_KW, 0.5, 900.0, dt_s), 18.0, 30.0);
}

void
room_init(struct room *r, uint64_t seed)
{
	*r = (struct room){
	    .rng = {.state = seed},
	    .it_load_kw = IT_LOAD_KW,
	    .air_c = 24.2,
	    .vapour_hpa = VAPOUR_HPA,
	    .outside_c = 12.0,
	};
	for (int i = 0; i < CRAC_COUNT; i++) {
		r->crac[i] = (struct crac_state){
		    .setpoint_c = 23.0,
		    .return_c = r->air_c + return_offset_k[i],
		    .supply_c = 16.5,
		    .compressor = true,
		    .fan_s = 41230.0 * 3600.0 + i * 1000.0,
		    .compressor_s = 28754.0 * 3600.0 + i * 1000.0,
		};
	}
	equipment_init(r);
	room_step(r, 600.0);
	r->time_s = 0.0;
}

void
room_step(struct room *r, double dt_s)
{
	while (dt_s > 0.0) {
		double step_s = fmin(dt_s, 1.0);
		for (int i = 0; i < CRAC_COUNT; i++)
			crac_step(r, i, step_s);
		humidity_step(r, step_s);
		air_step(r, step_s);
		equipment_step(r, step_s);
		r->time_s += step_s;
		dt_s -= step_s;
	}
}

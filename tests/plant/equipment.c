/* The equipment of the room in time: UPS, doors, leak cable, tape drives. Pure, as room.h. */
#include "room.h"

#include <math.h>

#define BATTERY_KWH   19.2  /* 45 min at 24 kW with the inverter below */
#define INVERTER      0.94  /* efficiency */
#define RECHARGE_S    600.0 /* from empty; quick, so that a demo comes back to normal */
#define DOOR_TRAVEL_S 1.5
#define LOADING_S     25.0
#define EJECTING_S    15.0

void
equipment_init(struct room *r)
{
	r->ups = (struct ups_state){
	    .charge = 1.0, .battery_c = 25.0, .mains_v = 230.0, .mains_hz = 50.0};
	r->door[0] = (struct door_state){.locked = true, .cycles = 1204};
	r->door[1] = (struct door_state){.locked = true, .cycles = 388};
	access_init(&r->access);
	r->leak = (struct leak_state){.current_ua = 6.0};
	r->tape = (struct tape_state){
	    .io_locked = true,
	    .drive = {DRIVE_INSERTED, DRIVE_IDLE},
	    .drive_left_s = {2400.0, 1500.0},
	    .fan_rpm = 2570.0,
	};
	rack_init(&r->rack);
}

bool
ups_empty(const struct room *r)
{
	return r->ups.mains_lost && r->ups.charge <= 0.0;
}

double
ups_output_kw(const struct room *r)
{
	return room_it_heat_kw(r);
}

double
ups_runtime_min(const struct room *r)
{
	double load_kw = fmax(0.5, ups_output_kw(r)) / INVERTER;

	return r->ups.charge * BATTERY_KWH / load_kw * 60.0;
}

static void
ups_step(struct room *r, double dt_s)
{
	struct ups_state *u = &r->ups;

	u->mains_v = wander(&r->rng, u->mains_v, 230.0, 1.2, 120.0, dt_s);
	u->mains_hz = wander(&r->rng, u->mains_hz, 50.0, 0.03, 60.0, dt_s);
	if (u->mains_lost) {
		double used_kwh = ups_output_kw(r) / INVERTER * dt_s / 3600.0;
		u->charge = fmax(0.0, u->charge - used_kwh / BATTERY_KWH);
		u->on_battery_s += dt_s;
		u->battery_c += (32.0 - u->battery_c) * dt_s / 3000.0;
	} else {
		u->charge = fmin(1.0, u->charge + dt_s / RECHARGE_S);
		u->on_battery_s = 0.0;
		u->battery_c += (25.0 - u->battery_c) * dt_s / 3000.0;
	}
}

static void
door_step(struct door_state *d, double dt_s)
{
	double way = dt_s / DOOR_TRAVEL_S;
	bool was_open = d->travel >= 1.0;

	if (d->fire)
		d->aim = DOOR_OPEN;
	if (d->release_s > 0.0) {
		d->release_s = fmax(0.0, d->release_s - dt_s);
		if (d->release_s <= 0.0 && !d->fire) {
			d->aim = DOOR_CLOSE;
			d->relock = true;
		}
	}
	if (d->fault && !d->fire)
		return;
	if (d->aim == DOOR_OPEN)
		d->travel = fmin(1.0, d->travel + way);
	else if (!d->held)
		d->travel = fmax(0.0, d->travel - way);
	if (!was_open && d->travel >= 1.0)
		d->cycles++;
	if (d->relock && d->travel <= 0.0) {
		d->locked = true;
		d->relock = false;
	}
}

static void
leak_step(struct room *r, double dt_s)
{
	struct leak_state *l = &r->leak;
	double mean_ua = l->broken ? 0.0 : l->wet ? 165.0 : l->contaminated ? 64.0 : 6.0;

	/* The controller averages over seconds; water closes the circuit at once. */
	if (fabs(l->current_ua - mean_ua) > 20.0)
		l->current_ua = mean_ua;
	l->current_ua = fmax(0.0, wander(&r->rng, l->current_ua, mean_ua, 0.6, 30.0, dt_s));
}

/* A drive goes round idle, loading, inserted, ejecting, as a night of backups has it. */
static void
drive_step(struct room *r, int i, double dt_s)
{
	struct tape_state *t = &r->tape;

	t->drive_left_s[i] -= dt_s;
	if (t->drive_left_s[i] > 0.0 || t->drive_failed[i])
		return;
	switch (t->drive[i]) {
	case DRIVE_IDLE:
		t->drive[i] = DRIVE_LOADING;
		t->drive_left_s[i] = LOADING_S;
		break;
	case DRIVE_LOADING:
		t->drive[i] = DRIVE_INSERTED;
		t->drive_left_s[i] = 1800.0 + 1800.0 * rng_unit(&r->rng);
		break;
	case DRIVE_INSERTED:
		t->drive[i] = DRIVE_EJECTING;
		t->drive_left_s[i] = EJECTING_S;
		break;
	case DRIVE_EJECTING:
		t->drive[i] = DRIVE_IDLE;
		t->drive_left_s[i] = 600.0 + 900.0 * rng_unit(&r->rng);
		break;
	}
}

void
equipment_step(struct room *r, double dt_s)
{
	struct probe_state *p = &r->probe;

	ups_step(r, dt_s);
	for (int i = 0; i < DOOR_COUNT; i++)
		door_step(&r->door[i], dt_s);
	access_step(r, dt_s);
	leak_step(r, dt_s);
	for (int i = 0; i < DRIVE_COUNT; i++)
		drive_step(r, i, dt_s);
	r->tape.fan_rpm = wander(&r->rng, r->tape.fan_rpm, 2570.0, 12.0, 120.0, dt_s);
	rack_step(&r->rack, &r->rng, ups_empty(r), dt_s);
	if (!p->temperature_held)
		p->temperature_c = r->air_c - 0.4;
	if (!p->humidity_held)
		p->humidity_pct = relative_humidity_pct(r->vapour_hpa, p->temperature_c);
}

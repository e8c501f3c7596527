#include "rack.h"

#include "room.h"

#include <math.h>

#define HEATER_W    2900.0
#define NOISE_PER_S 3.0 /* damaged frames on a bad cable */
#define METERS_S    3.0 /* such devices measure every few seconds */

static const double usual_w[OUTLETS] = {150.0, 280.0, 0.0, 410.0, 120.0, 90.0, 220.0, 60.0};

/* Octets a second, in and out, of a usual night: two uplinks, six machines. */
static const double usual_in[PORTS] = {4.1e6, 3.2e6, 9.0e5, 4.2e5, 1.1e5, 8.0e4, 6.0e3, 2.0e3};
static const double usual_out[PORTS] = {2.7e6, 1.9e6, 1.4e6, 3.3e5, 2.5e5, 4.0e4, 9.0e3, 1.0e3};

void
rack_init(struct rack_state *r)
{
	*r = (struct rack_state){
	    .pdu = {.volts = 229.0, .energy_wh = 74057676.0},
	    .nvr = {.cpu_pct = 34.0},
	    .server = {.power_w = 290.0},
	};
	for (int i = 0; i < OUTLETS; i++)
		r->pdu.load_w[i] = usual_w[i];
	/* beyond 32 bits, as after some months */
	for (int i = 0; i < PORTS; i++) {
		r->port[i] = (struct port_state){.in_rate = usual_in[i],
		    .out_rate = usual_out[i],
		    .in_octets = usual_in[i] * 9.0e6,
		    .out_octets = usual_out[i] * 9.0e6};
	}
	r->port[PORTS - 1].down = true; /* nothing plugged in */
}

bool
rack_source_live(const struct rack_state *r, int source, bool ups_dead)
{
	return !r->ats.lost[source] && !(source == 0 && ups_dead);
}

bool
rack_output_live(const struct rack_state *r, bool ups_dead)
{
	return rack_source_live(r, r->ats.selected, ups_dead);
}

bool
rack_outlet_live(const struct rack_state *r, int outlet, bool ups_dead)
{
	return rack_output_live(r, ups_dead) && !r->pdu.off[outlet];
}

double
rack_outlet_w(const struct rack_state *r, int outlet, bool ups_dead)
{
	if (!rack_outlet_live(r, outlet, ups_dead))
		return 0.0;
	return r->pdu.load_w[outlet] + (outlet == 2 && r->pdu.overload ? HEATER_W : 0.0);
}

double
rack_load_w(const struct rack_state *r, bool ups_dead)
{
	double sum_w = 0.0;

	for (int i = 0; i < OUTLETS; i++)
		sum_w += rack_outlet_w(r, i, ups_dead);
	return sum_w;
}

static void
port_step(struct port_state *p, int i, struct rng *rng, double dt_s)
{
	p->in_rate = fmax(0.0, wander(rng, p->in_rate, usual_in[i], usual_in[i] * 0.1, 30.0, dt_s));
	p->out_rate =
	    fmax(0.0, wander(rng, p->out_rate, usual_out[i], usual_out[i] * 0.1, 30.0, dt_s));
	if (p->down)
		return;
	p->in_octets += p->in_rate * dt_s;
	p->out_octets += p->out_rate * dt_s;
	if (p->noisy)
		p->errors += NOISE_PER_S * dt_s;
}

/* What the meters of strip, switch, recorder and server show. */
static void
measure(struct rack_state *r, struct rng *rng, bool ups_dead, double dt_s)
{
	struct pdu_state *p = &r->pdu;

	p->volts = wander(rng, p->volts, 229.0, 0.8, 120.0, dt_s);
	for (int i = 0; i < OUTLETS; i++)
		p->load_w[i] =
		    fmax(0.0, wander(rng, p->load_w[i], usual_w[i], usual_w[i] * 0.02, 60.0, dt_s));
	p->energy_wh += rack_load_w(r, ups_dead) * dt_s / 3600.0;
	for (int i = 0; i < PORTS; i++)
		port_step(&r->port[i], i, rng, dt_s);
	r->nvr.cpu_pct = fmin(100.0, fmax(0.0, wander(rng, r->nvr.cpu_pct, 34.0, 3.0, 20.0, dt_s)));
	r->server.power_w = wander(rng, r->server.power_w, 290.0, 6.0, 60.0, dt_s);
}

void
rack_step(struct rack_state *r, struct rng *rng, bool ups_dead, double dt_s)
{
	/* The switch goes over within a half wave, and back to the preferred source. */
	if (rack_source_live(r, r->ats.preferred, ups_dead))
		r->ats.selected = r->ats.preferred;
	else if (rack_source_live(r, !r->ats.preferred, ups_dead))
		r->ats.selected = !r->ats.preferred;
	r->measured_s += dt_s;
	if (r->measured_s >= METERS_S) {
		measure(r, rng, ups_dead, r->measured_s);
		r->measured_s = 0.0;
	}
}

void
rack_restart_switch(struct rack_state *r)
{
	for (int i = 0; i < PORTS; i++) {
		r->port[i].in_octets = r->port[i].out_octets = 0.0;
		r->port[i].errors = 0.0;
	}
}

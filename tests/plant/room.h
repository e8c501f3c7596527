/*
 * The room "Annex 2F" as physics: air, two CRAC units, UPS, door, leak cable, climate probe, tape
 * library, access control. Pure: no clock, no input or output; time enters as a step, chance as the
 * seed.
 *
 * Faults and actions are set from outside by the fields marked (set); all else is the model's.
 * Figures: a 24 kW room, lumped heat capacity such that with no cooling it warms by 1 K/min.
 */
#ifndef PLANT_ROOM_H
#define PLANT_ROOM_H

#include "access.h"
#include "rack.h"
#include "rng.h"

#include <stdbool.h>
#include <stdint.h>

enum { CRAC_COUNT = 2, DRIVE_COUNT = 2, CONTACT_COUNT = 2 };

struct crac_state {
	bool failed;         /* (set) fan and compressor stand still */
	double setpoint_c;   /* (set) */
	double demand;       /* 0..1 of the cooling capacity */
	double fan;          /* 0..1 of full speed */
	double cooling_kw;   /* heat taken out of the air */
	double power_kw;     /* electricity taken in */
	double return_c;     /* air drawn in, at the sensor */
	double supply_c;     /* air blown out, at the sensor */
	bool compressor;     /* runs */
	bool humidifying;    /* runs */
	bool dehumidifying;  /* runs */
	double starting_s;   /* time left of the start-up after a failure */
	double fan_s;        /* run time of the fan, whole life */
	double compressor_s; /* run time of the compressor, whole life */
};

struct ups_state {
	bool mains_lost;     /* (set) */
	double charge;       /* (set) 0..1 of the battery's energy */
	double on_battery_s; /* since the mains were lost; 0 on mains */
	double battery_c;
	double mains_v; /* what the mains would give */
	double mains_hz;
};

enum door_aim { DOOR_CLOSE, DOOR_OPEN };

struct door_state {
	enum door_aim aim; /* (set) where the leaf is driven to */
	double travel;     /* 0 closed .. 1 open */
	bool locked;       /* (set) */
	double release_s;  /* (set) closes and locks by itself after this; 0: stays */
	bool relock;       /* (set) locks by itself once it is closed */
	bool fault;        /* (set) controller reports a fault: the leaf stands still */
	bool fire;         /* (set) released by the fire alarm */
	bool held;         /* (set) something stands in the way: it cannot close */
	uint32_t cycles;   /* times that it became open, whole life */
};

struct leak_state {
	bool wet;          /* (set) */
	bool broken;       /* (set) */
	bool contaminated; /* (set) */
	double distance_m; /* (set) where it is wet */
	double current_ua;
};

struct probe_state {
	bool failed;                          /* (set) temperature sensor gone */
	bool temperature_held, humidity_held; /* (set) the sensor is held at the value below */
	double temperature_c;                 /* (set) while held */
	double humidity_pct;                  /* (set) while held */
	bool contact[CONTACT_COUNT];          /* (set) true: closed */
};

/* Values of AdicDriveStatus in ADIC-INTELLIGENT-STORAGE-MIB. */
enum drive_status { DRIVE_IDLE = 1, DRIVE_LOADING = 2, DRIVE_EJECTING = 3, DRIVE_INSERTED = 4 };

struct tape_state {
	bool io_open;                   /* (set) */
	bool io_locked;                 /* (set) */
	bool drive_failed[DRIVE_COUNT]; /* (set) */
	enum drive_status drive[DRIVE_COUNT];
	double drive_left_s[DRIVE_COUNT]; /* time left in that status */
	double fan_rpm;
};

struct room {
	struct rng rng;
	double time_s;     /* simulated time since the start */
	double it_load_kw; /* what the machines draw while fed */
	double air_c;      /* mean of the room */
	double vapour_hpa; /* partial pressure of water in the air */
	double outside_c;
	struct crac_state crac[CRAC_COUNT];
	struct ups_state ups;
	struct door_state door[DOOR_COUNT];
	struct leak_state leak;
	struct probe_state probe;
	struct tape_state tape;
	struct rack_state rack;
	struct access_state access;
	struct cabinet_state cabinet;
};

/* A room in balance: air near 24 degC, 45 %RH, UPS on mains with a full battery, door locked. */
void room_init(struct room *r, uint64_t seed);

/* Moves the room on by dt_s seconds of simulated time (any length; cut into steps of <= 1 s). */
void room_step(struct room *r, double dt_s);

/* Everything but the air, one step of at most 1 s. Called by room_step(). */
void equipment_init(struct room *r);
void equipment_step(struct room *r, double dt_s);

/* Heat that the machines give to the air now (kW): nothing once the UPS is empty. */
double room_it_heat_kw(const struct room *r);

/* Relative humidity (%) and dew point (degC) of air with that vapour pressure; Magnus formula
 * with 6.112 hPa, 17.62, 243.12 degC (WMO-No. 8). */
double relative_humidity_pct(double vapour_hpa, double air_c);
double dew_point_c(double vapour_hpa);

/* The UPS. Rating 20 kW on each of three lines. */
#define UPS_LINE_RATING_KW 20.0
double ups_output_kw(const struct room *r);   /* all lines; 0 when empty on battery */
double ups_runtime_min(const struct room *r); /* what the battery would last now */
bool ups_empty(const struct room *r);         /* on battery, nothing left */

/* A reading that wanders about mean: Ornstein-Uhlenbeck, deviation sigma, time constant tau_s. */
double wander(struct rng *rng, double value, double mean, double sigma, double tau_s, double dt_s);

#endif

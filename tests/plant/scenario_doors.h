/* What can happen at the doors, the access controller and the key cabinet: see struct scenario. */
#ifndef PLANT_SCENARIO_DOORS_H
#define PLANT_SCENARIO_DOORS_H

#include "plant.h"

typedef const char *doors_action(struct plant *p, enum plant_device device, int n, char **args);

doors_action door_open, door_close, door_lock, door_unlock, door_force;
doors_action door_fault, door_fire, door_held;
doors_action access_badge, access_exit, access_burst;
doors_action access_slow, access_spoil, access_restart;
doors_action access_mains_lost, access_tamper, access_reader_lost;
doors_action cabinet_open, cabinet_close, cabinet_take, cabinet_return;
doors_action cabinet_tamper, cabinet_power_lost;

/* Ends what was done to one of them. The ring of the controller stays as it is. */
void doors_restore(struct room *r, enum plant_device device);

#endif

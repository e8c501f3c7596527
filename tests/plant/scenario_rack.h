/* What can happen at the equipment of the rack: functions of struct scenario. */
#ifndef PLANT_SCENARIO_RACK_H
#define PLANT_SCENARIO_RACK_H

#include "plant.h"

typedef const char *rack_action(struct plant *p, enum plant_device device, int n, char **args);

rack_action ats_source, ats_lose;
rack_action pdu_outlet, pdu_overload;
rack_action handle_open, handle_close, handle_force;
rack_action port_link, port_noise;
rack_action nvr_disk_fail;
rack_action server_lamp, server_supply_fail, server_cover;

/* Ends all that was done to a device of the rack. */
void rack_restore(struct rack_state *r, enum plant_device device);

#endif

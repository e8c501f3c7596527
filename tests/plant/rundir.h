/*
 * The directory of a run and the files in it: secrets, the overlay of the agent's site file, the
 * SNMP engine's memory. The plant's working directory is that directory.
 */
#ifndef PLANT_RUNDIR_H
#define PLANT_RUNDIR_H

#include "snmp_agent.h"

#include <limits.h>
#include <stdbool.h>

#define LINK_FILE   "rs485-1"
#define SOCKET_FILE "plant.sock"
#define TRUTH_FILE  "truth.jsonl"

/* Makes the directory if it is missing, and goes there; absolute: its path. False: errno. */
bool rundir_enter(const char *dir, char absolute[PATH_MAX]);

/* Makes new secrets for an SNMP device, writes them to DEVICE.secret (mode 0600) and into the
 * agent; version 3 also takes its engine ID and boots from DEVICE.engine, one boot more. */
bool rundir_make_secret(struct snmp_agent *a, const struct device *d);

/* One boot more, in DEVICE.engine and in the agent; nothing to do before version 3. False: errno
 * says why. */
bool rundir_boot_engine(struct snmp_agent *a);

/* Writes overlay.yaml for the devices that are served, and says where their
 * traps go; where there is an access controller, badges.csv as well. bus_port: of the serial server
 * before the bus; 0: it is a pseudo terminal. */
bool rundir_write_overlay(const char *absolute, const struct device *devices, size_t n,
    uint16_t bus_port, uint16_t trap_port);

/* Takes away what a dead plant's directory must not have: secrets, overlay, link, socket. */
void rundir_leave(const struct device *devices, size_t n);

#endif

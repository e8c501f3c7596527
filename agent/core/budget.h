/*
 * Bus budget: how busy each link will be, worked out from the site before anything is polled.
 * Pure.
 */
#ifndef CORE_BUDGET_H
#define CORE_BUDGET_H

#include "model/site.h"

struct budget {
	unsigned requests_per_minute; /* all devices of the link */
	unsigned requests_per_cycle;  /* one poll of everything once */
	double cycle_ms;              /* wire time of that */
	double load_percent;          /* wire time asked for / wire time there is */
	double worst_cycle_ms;        /* the same cycle with the slowest-to-miss device dead */
	int worst_device;             /* that device, or NO_INDEX */
};

/*
 * Fills *out for site->links[link]. Assumed: a serial device begins its answer after 10 ms; one
 * exchange takes 5 ms over TCP and 1 ms over UDP. A silent device costs its timeout once a cycle
 * (twice in a row it is lost, and all of the lost get a small share of the wire). SNMP: requests by
 * max_varbinds; a silent device is waited for beside the others and costs them nothing.
 */
void budget_link(const struct site *s, int link, struct budget *out);

#endif

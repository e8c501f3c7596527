/* The control socket: a client sends one line, gets the reply, and the connection ends. */
#ifndef PLANT_CTL_H
#define PLANT_CTL_H

#include "plant.h"

/* Listens on SOCKET_FILE in the working directory. False: errno says why. */
bool ctl_open(struct plant *p);
void ctl_close(void);

#endif

/* Where descriptors lie: libmodbus knows those below FD_SETSIZE alone, so the others leave them to
 * it. */
#ifndef BASE_DESCRIPTOR_H
#define BASE_DESCRIPTOR_H

/*
 * Moves a descriptor that may have any number above FD_SETSIZE, beyond the limit that the process
 * has set itself. Returns the new one (the old one is closed), or fd as it is: a low one while few
 * are open, -1, or where the administrator's limit leaves no room. errno stays. Any thread.
 */
int descriptor_move_up(int fd);

#endif

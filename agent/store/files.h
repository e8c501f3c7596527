/* The directory of the store: made, locked, and what is damaged put aside. Blocks. */
#ifndef STORE_FILES_H
#define STORE_FILES_H

#include "base/clock.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Makes dir (0700, its parent must exist) if it is absent and locks it for this process. Returns a
 * descriptor that holds the lock until it is closed, or -1 with a sentence in err: who has it.
 * *refused: it is the disk that does not let us.
 */
int files_lock(const char *dir, bool *refused, char *err, size_t err_size);

/*
 * Makes the file if it may and it is absent, 0600 from its first moment; it and its side files that
 * are there lose what they give to others. SQLite makes new side files with the mode of their
 * database. false: it cannot be made or opened, errno says why. Only while no database is open on
 * it: closing a descriptor drops the locks of this process.
 */
bool files_make_private(const char *path, bool may_create);

/*
 * Renames `name` and its write-ahead log to name.damaged-<UTC time>, or the next second that none
 * has; of earlier ones the newest FILES_DAMAGED_KEPT - 1 stay. `to` gets the new path. false with a
 * sentence in err.
 */
#define FILES_DAMAGED_KEPT 3
bool files_put_aside(const char *dir, const char *name, wall_t now, char *to, size_t to_size,
    char *err, size_t err_size);

/*
 * The witness: a small file beside the database that says how far it had got. It is written without
 * a sync, so it may be older than the database, never newer; where it is newer, the disk has lost
 * what it had confirmed. files_witness_open() gives a descriptor that the caller closes, or -1
 * (then there is none); files_witness_read() gives 0 where it says nothing of this epoch.
 */
int files_witness_open(const char *dir);
uint64_t files_witness_read(int fd, const char *epoch);
void files_witness_write(int fd, const char *epoch, uint64_t seq);

/*
 * What the calling thread writes: a descriptor for files_written(), or -1 where the kernel does not
 * tell. The caller closes it.
 */
int files_watch_writes(void);
/* Bytes that it has handed to the kernel: near enough what goes to the card. 0: not told. */
uint64_t files_written(int fd);

#endif

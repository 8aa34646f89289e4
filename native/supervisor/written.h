/* Files of init's that somebody has opened for writing, and directories of init's that are gone. File systems in memory (tmpfs) stamp no change that is made through a mapping,
 * and ext4 none where blocks are exchanged (inode.h): there neither ctime nor any other time tells. */
#ifndef DAYFLY_WRITTEN_H
#define DAYFLY_WRITTEN_H

#include "known.h"

struct written {
    int descriptor; /* inotify's, 0 without a file to watch */
    uint8_t files[KNOWN_MANY / 8 + 1]; /* a bit by the number of the watch: it was closed by somebody who could write */
    uint8_t gone[KNOWN_MANY / 8 + 1];  /* so too, of directories */
};

/* Watch no file any more. */
void written_forget(struct written *written);
/* Watch the file `name` of an open directory; its number, 0 where its file system stamps all changes, -1 where it cannot be watched.
 * `is_on_disk` becomes whether it stamps what is written. */
int written_watch(struct written *written, int directory, const char *name, bool *is_on_disk);
/* Watch the directory `name` of an open one; its number, -1 where it cannot be watched. */
int written_watch_directory(struct written *written, int directory, const char *name);
/* Say whether the directory with this number was removed, and nobody works in it any more, nor has it open. */
bool written_is_gone(const struct written *written, int watch);
/* Say whether the file `name` of an open directory, on disk, is not what its stamps say. */
bool written_is_hollow(int directory, const char *name, uint64_t size);
/* A digest of the file `name` of an open directory by this key, 0 of one that is too large or cannot be read. `scratch` has
 * INODE_ATTRIBUTES_BYTES. */
uint64_t written_digest(const uint64_t key[2], int directory, const char *name, char *scratch);
/* Say whether anything was closed since it was last asked which. What a process has open is closed as it dies, a moment after it ended. */
bool written_has_news(const struct written *written);
/* Ask the kernel which. */
void written_ask(struct written *written);
/* Say whether the file with this number was. */
bool written_has(const struct written *written, int watch);
/* It is what it should be: what was done to it until now is no news. */
void written_settle(struct written *written, int watch);

#endif

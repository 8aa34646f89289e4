/* What is known of one file or directory by its descriptor: its state, its flags, its modes; follows no link.
 *
 * For writable_paths.c, which removes what an attacker made: only directories are ever opened, and names are
 * only used relative to an open one.
 */
#ifndef DAYFLY_INODE_H
#define DAYFLY_INODE_H

#include "common.h"

#include "writable_paths.h"

/* A list of extended attributes is never longer (XATTR_LIST_MAX). */
#define INODE_ATTRIBUTES_BYTES 65536

/* Read the state of `name` in an open directory, "": of the descriptor itself. 0; -1 with errno. Flags stay
 * as they are. */
int inode_read(int descriptor, const char *name, struct inode_state *out);
/* Read flags, project, generation and hint of an open directory into its state; zeroes where the file system has none. */
void inode_read_flags(int descriptor, struct inode_state *out);
/* Put the hint of an open file or directory back. */
void inode_restore_hint(int descriptor, const struct inode_state *before);
/* Put flags, project and generation of an open directory back, `before` NULL: take all that its owner may take; what is
 * written through one by one (chattr +S) takes for ever. True where they had been changed. */
bool inode_restore_flags(int descriptor, const struct inode_state *before);
/* Give an open directory, in state `now`, its mode and times of before back, and take its attributes and
 * access lists away: they can hold anything. `before` NULL: the times become now. `scratch` has
 * INODE_ATTRIBUTES_BYTES. 0; -1 where an attribute refused to go. */
int inode_restore(int descriptor, const struct inode_state *now, const struct inode_state *before,
                  char *scratch);
/* Say whether an open file has extended attributes or access lists, or they cannot be listed; `scratch` as above. */
bool inode_has_attributes(int descriptor, char *scratch);
/* Say whether blocks of an open file, within its `size`, read as zeros though they are no holes. Anybody who may write to a file on ext4 makes
 * its blocks so, and no time changes: they are exchanged for another file's (EXT4_IOC_MOVE_EXT). */
bool inode_has_unwritten(int descriptor, uint64_t size);
/* Set the mode of `name` in an open directory, which may be closed to its owner; `how` O_DIRECTORY: of a directory alone, 0: of
 * anything but a link. False where it cannot even be named. */
bool inode_set_mode(int parent, const char *name, int how, mode_t mode);
/* Open a directory for emptying, whatever its mode; -1 with errno. */
int inode_open_directory(int parent, const char *name);
/* Give the owner `uid` of an open directory these rights (S_IRWXU or fewer) where it lacks one. */
void inode_open_up(int descriptor, uid_t uid, mode_t rights);

#endif

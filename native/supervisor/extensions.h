/* Knows which processes are external extensions, which the platform has started and no sweep may end. */
#ifndef DAYFLY_EXTENSIONS_H
#define DAYFLY_EXTENSIONS_H

#include "sweep.h"

/* Find the extensions among the platform's children that are older than we are.
 *
 * An earlier, poisoned life may have left processes that are as old, have the same parent by adoption, lead a
 * group and give themselves any name. So in a later life whoever names a file of an extension, or leads a
 * group without (a script may have executed another program), claims to be one. More claims than files, and a
 * survivor is among them: then all of them are ended, and the platform, which notices, starts its extensions
 * again. */
void extensions_find(struct sweep *sweep);

#endif

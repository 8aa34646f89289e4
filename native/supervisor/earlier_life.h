/* What an earlier life of the environment left running: a platform that starts a runtime anew kills the runtime alone. */
#ifndef DAYFLY_EARLIER_LIFE_H
#define DAYFLY_EARLIER_LIFE_H

#include "announce.h"

/* Carries struct earlier_life from an execution of this program to the next. */
#define EARLIER_LIFE_VARIABLE "_DAYFLY_KILLED"
/* Says to Python that processes of an earlier life were ended, as the layer's wrapper says it to us. */
#define WRAPPERS_VARIABLE "_DAYFLY_LATER"

struct supervisor;

/* Take what an execution of this program before, or the layer's wrapper, has found and ended. */
void earlier_life_take(struct earlier_life *earlier);

/* Scope environment: note and end every process of our user; exits where one cannot be ended. */
void earlier_life_end(struct supervisor *s);

/* Leave what was found to the next execution of this program. */
void earlier_life_hand_on(const struct earlier_life *earlier);

#endif

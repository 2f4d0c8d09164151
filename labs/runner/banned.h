/* Functions that this project does not use, and what to use instead.  Included before every file of the
   runner by the build; a use fails to compile.

   These write past what they are given, hide a failure, keep state between calls, or start a shell. */

#ifndef GBX_BANNED_H
#define GBX_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#undef strcpy
#undef strcat
#undef strncpy
#undef strncat
#pragma GCC poison strcpy strcat strncpy strncat   /* snprintf() */
#pragma GCC poison sprintf vsprintf gets           /* snprintf(), getline() */
#pragma GCC poison atoi atol atof                  /* strtol() and friends, with their errors */
#pragma GCC poison strtok asctime ctime localtime gmtime    /* the ..._r forms */
#pragma GCC poison system popen tmpnam mktemp      /* driver.h; mkstemp(), memfd_create() */

#endif

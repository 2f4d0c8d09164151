/* Errors: one list of codes for the whole library, and a message for whoever has to act on it.

   A function that can fail returns 0 or a negative code from this list and fills a gbx_error that its
   caller owns.  Nothing in the library prints or exits. */

#ifndef GBX_ERROR_H
#define GBX_ERROR_H

/* X(NAME, number, "what kind of trouble") */
#define GBX_ERRORS(X)                                                      \
    X(SYSTEM,   1, "the system refused")       /* message has strerror */  \
    X(MEMORY,   2, "out of memory")                                        \
    X(FORMAT,   3, "not a trace, or a broken one")                         \
    X(VERSION,  4, "a trace of another version")                           \
    X(USAGE,    5, "wrong usage")                                          \
    X(MISSING,  6, "something is not there")                               \
    X(CHILD,    7, "a child process did not do what it had to")            \
    X(LIMIT,    8, "too large")

enum {
#define X(NAME, number, text) GBX_ERROR_##NAME = -(number),
    GBX_ERRORS(X)
#undef X
};

typedef struct {
    int code;                /* 0, or one of the above */
    char message[512];       /* lower case, no full stop, subject quoted */
} gbx_error;

/* Fill `error` (may be NULL) and return `code`: return gbx_error_set(error, GBX_ERROR_FORMAT, ...). */
int gbx_error_set(gbx_error *error, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same for a failed system call on `subject`, with errno's text: "cannot open 'x': ...". */
int gbx_error_system(gbx_error *error, const char *verb, const char *subject);

/* "out of memory", as a sentence of the list above; static. */
const char *gbx_error_text(int code);

#endif

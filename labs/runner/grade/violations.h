/* Violations: what a submission can do that ends its grading with a name, and a sentence for the person it concerns.

   A name stands in result.json and in gradebooks, so it never changes; the list is added to sparingly. */

#ifndef GBX_VIOLATIONS_H
#define GBX_VIOLATIONS_H

/* X(name, "sentence") */
#define GBX_VIOLATIONS(X)                                                                            \
    X("forbidden-call", "the program asked the system for something that no lab needs")              \
    X("forged-record", "the recording has an event that the interpreter never reported")             \
    X("altered-record", "the recording was changed after the interpreter had written it")            \
    X("missing-record", "the interpreter reported an event that is not in the recording")            \
    X("forged-mark", "a mark that only the lab's harness makes was made by other code")              \
    X("recorder-switched", "the recording was stopped or changed before the harness had ended it")   \
    X("replaced-trace", "the recording is not the file that the interpreter wrote")                  \
    X("code-written", "the interpreter's own code was changed while it ran")                         \
    X("foreign-code", "code came in that the lab has no use for, or that says it is the harness's")  \
    X("left-processes", "processes went on after the program had ended")                             \
    X("hostile-archive", "the bundle holds more than ordinary files with ordinary names")            \
    X("not-yours", "the bundle was made for another student, or from another seed")                  \
    X("altered-interpreter", "the interpreter is not the one that grading uses")

/* The sentence of a violation; NULL: there is none of this name. */
const char *gbx_violation_sentence(const char *name);

/* The same name, of this list; "forbidden-call" for one that is not in it. */
const char *gbx_violation_name(const char *name);

#endif

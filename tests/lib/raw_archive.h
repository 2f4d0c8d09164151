/* Archives as no archiver would write them: tar headers byte by byte, compressed as often as one likes; for tests of
   what reads them.  Everything that can fail fails the test. */

#ifndef RAW_ARCHIVE_H
#define RAW_ARCHIVE_H

#include <stddef.h>

typedef struct {
    char *bytes;                     /* the caller's */
    size_t size, room;
} raw_archive;

void raw_put(raw_archive *to, const void *bytes, size_t size);
void raw_pad(raw_archive *to);               /* to a whole block */
/* A header that says `size`, whatever follows; type 'S' is a sparse file of GNU tar's. */
void raw_header(raw_archive *to, const char *name, char type, const char *link, size_t size);
void raw_seal(char block[512]);              /* the sum of a header anew */
void raw_file(raw_archive *to, const char *name, const char *text);
void raw_end(raw_archive *to);

/* The bytes, compressed `times` times, as a file. */
void raw_save(const char *path, const raw_archive *tar, int times);

/* A sound bundle of lab 1, of student ann: its two files, its manifest alone, all of it, and all of it with one more
   entry. */
extern const char raw_work[], raw_answers[];
void raw_manifest(raw_archive *to);
void raw_bundle(raw_archive *to);
void raw_bundle_with(raw_archive *to, const char *name, char type, const char *link);

#endif

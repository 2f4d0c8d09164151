/* How one event is shown: a line of text, or a JSON object.  It must not decide which. */

#ifndef GBX_SHOW_H
#define GBX_SHOW_H

#include <jansson.h>
#include <stdio.h>

#include "trace.h"

/* "name=value name=value" of an event's fields, names resolved; at most `size` - 1 bytes, terminated. */
void gbx_show_fields(const gbx_trace *trace, size_t at, char *text, size_t size);

/* "file.py:12:4 in function", where the event says which instruction; else "". */
void gbx_show_place(const gbx_trace *trace, size_t at, char *text, size_t size);

/* "file.py:12" of an instruction of a code object; "" where there is none. */
void gbx_show_line(const gbx_trace *trace, uint32_t process, uint32_t code, uint32_t offset, char *text,
                   size_t size);

/* A new reference to an object with event, class, seq, t_ns, pid, thread, interp and the fields by the
   names of the trace's own table; ids come with a second member NAME_name where a name is known.  NULL
   without memory. */
json_t *gbx_show_json(const gbx_trace *trace, size_t at);

#endif

/* The tape that an experiment told of: its nodes, the ways of the gradient, and the visits of backward.

   experiments/tape_of.py marks them as text: `node INDEX NUMBER NAME`, `edge FROM TO`, `visit INDEX BEGIN END`.
   NUMBER is PyTorch's own, given to a node as it is built (-1: a leaf's has none); an edge leads where the
   gradient goes on to; BEGIN and END are CLOCK_MONOTONIC.  Text of a trace is not to be trusted: what does not
   fit is refused.  This module reads, compares and draws; it never judges. */

#ifndef GBX_STATION_6_TAPE_H
#define GBX_STATION_6_TAPE_H

#include "../part.h"

enum { GBX_TAPE_NODES = 32, GBX_TAPE_NEXT = 4, GBX_TAPE_PICTURE = 8192 };

typedef struct {
    char name[40];
    int64_t number;              /* -1: none */
    size_t next[GBX_TAPE_NEXT];  /* indices; each once */
    size_t nexts;
    size_t visits;
    size_t visited;              /* 1...: when it was visited first; 0: never */
    uint64_t begin_ns, end_ns;   /* of that visit, in the trace's time */
    size_t mark;                 /* the event that told of it */
} gbx_tape_node;

typedef struct {
    gbx_tape_node nodes[GBX_TAPE_NODES];
    size_t count;
    size_t order[GBX_TAPE_NODES];        /* of the first visits */
    size_t visited;              /* nodes that were visited */
    size_t visits;               /* all of them */
} gbx_tape;

/* What the part tells; false, and a word in `finding`, where that is no tape. */
bool gbx_tape_read(gbx_tape *tape, const gbx_part *part, gbx_finding *finding);

/* A node that was visited before one whose gradient goes on to it, *from: then the order is no reverse
   topological one.  False: there is none, and every node was visited. */
bool gbx_tape_breaks(const gbx_tape *tape, size_t *from, size_t *to);

/* The tape as text, a row for each node: in the order of the visits, or where not all were visited, each below
   those that lead to it.  Returns the length. */
size_t gbx_tape_draw(const gbx_tape *tape, char *text, size_t size);

#endif

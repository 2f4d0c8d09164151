/* The commands of the program glassbox: each parses its own arguments, does one thing with the library,
   prints, and returns an exit status.  Only commands print. */

#ifndef GBX_CMD_H
#define GBX_CMD_H

#define GBX_VERSION "0.1"

enum {                       /* exit statuses, see `glassbox --help` */
    GBX_EXIT_PASS = 0,
    GBX_EXIT_FAIL = 1,       /* a claim failed, an invariant is broken */
    GBX_EXIT_BROKEN = 2,     /* the runner failed: no verdict can be given */
    GBX_EXIT_PARTIAL = 3,    /* what was run passed, but not everything could be run */
    GBX_EXIT_USAGE = 64
};

int gbx_cmd_station(int argc, char **argv);
int gbx_cmd_explain(int argc, char **argv);
int gbx_cmd_trace(int argc, char **argv);
int gbx_cmd_show(int argc, char **argv);
int gbx_cmd_doctor(int argc, char **argv);
int gbx_cmd_stat(int argc, char **argv);
int gbx_cmd_life(int argc, char **argv);
int gbx_cmd_heap(int argc, char **argv);
int gbx_cmd_gil(int argc, char **argv);
int gbx_cmd_export(int argc, char **argv);
int gbx_cmd_refs(int argc, char **argv);

#endif

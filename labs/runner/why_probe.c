/* The text of why_probe.py, which the program carries with it.  See why_run.h. */

#include "why_run.h"

__asm__(".section .rodata\n"
        ".global gbx_why_probe_text\n"
        "gbx_why_probe_text:\n"
        ".incbin \"labs/runner/why_probe.py\"\n"
        ".byte 0\n"
        ".previous\n");

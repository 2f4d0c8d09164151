/* Quoting for whoever reads a plan's scripts. */

#include "plan_internal.h"

/* Within single quotes a shell reads nothing but their end. */
void
gbx_quote_shell(FILE *to, const char *text)
{
    fputc('\'', to);
    for (; *text != '\0'; text++) {
        fputs(*text == '\'' ? "'\\''" : (char[]){ *text, '\0' }, to);
    }
    fputc('\'', to);
}

void
gbx_quote_slurm(FILE *to, const char *text)
{
    fputc('\'', to);
    for (; *text != '\0'; text++) {
        fputs(*text == '\'' ? "'\\''" : *text == '%' ? "%%" : (char[]){ *text, '\0' }, to);
    }
    fputc('\'', to);
}

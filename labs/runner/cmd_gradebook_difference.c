/* What grading again changed, for a terminal; see cmd_gradebook.h.

   First how many, then by fact, since one fact is nearly always behind it, then each student with the reasons. */

#include "cmd_gradebook.h"

#include "clean.h"
#include "format.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

enum { WIDTH = 80, MOST_ITEMS = 400 };

static const char *
name_of(const gbx_score *mark, char name[128])
{
    static const char *const before[] = { "", "explanation ", "explanation ", "prediction " };
    snprintf(name, 128, "%s%s%s", before[mark->kind], mark->id, mark->kind == GBX_MARK_PERSON ? " (a person)" : "");
    return name;
}

/* -------------------------------------------------------------------------- by fact */

typedef struct {
    const gbx_score *mark;            /* one of them, for its name */
    size_t up, down;
    double gained, lost;
} tally;

static void
count_change(tally *all, size_t *count, const gbx_score *old, const gbx_score *now)
{
    const gbx_score *mark = now != NULL ? now : old;
    double change = (now == NULL ? 0 : now->score) - (old == NULL ? 0 : old->score);
    size_t i = 0;
    while (i < *count && (all[i].mark->kind != mark->kind || strcmp(all[i].mark->id, mark->id) != 0)) {
        i++;
    }
    if (i == MOST_ITEMS || change == 0) {
        return;
    }
    if (i == *count) {
        all[(*count)++] = (tally){ .mark = mark };
    }
    all[i].up += change > 0;
    all[i].down += change < 0;
    all[i].gained += change > 0 ? change : 0;
    all[i].lost += change < 0 ? -change : 0;
}

static void
put_tallies(FILE *to, const gbx_difference *difference)
{
    const gbx_score *old, *now;
    size_t count = 0;
    tally *all = calloc(MOST_ITEMS, sizeof(*all));
    for (size_t i = 0; all != NULL && i < difference->count; i++) {
        const gbx_regraded *student = &difference->students[i];
        bool both = student->old != NULL && student->new != NULL && student->old->graded && student->new->graded;
        for (size_t k = 0; both && gbx_difference_mark(student, k, &old, &now); k++) {
            count_change(all, &count, old, now);
        }
    }
    for (size_t i = 0; i < count; i++) {
        char name[128], a[32], b[32];
        fputs("  ", to);
        gbx_text_pad(to, name_of(all[i].mark, name), 36);
        fprintf(to, "  up %3zu by %6s   down %3zu by %6s\n", all[i].up, gbx_format_number(all[i].gained, a), all[i].down,
                gbx_format_number(all[i].lost, b));
    }
    free(all);
}

/* ------------------------------------------------------------------------ by student */

static void
put_side(FILE *to, const gbx_card *card)
{
    char text[32];
    fputs(card == NULL ? "nothing" : !card->graded ? "no score" : gbx_format_number(card->score, text), to);
}

/* "x 0 -> 20 (fail -> pass)" */
static void
put_reason(FILE *to, const gbx_score *old, const gbx_score *now)
{
    char name[128], a[32], b[32];
    fputs(name_of(now != NULL ? now : old, name), to);
    if (old == NULL || now == NULL) {
        const gbx_score *mark = now != NULL ? now : old;
        fprintf(to, " %s (%s)", now == NULL ? "is gone" : "is new", gbx_format_number(mark->score, a));
        return;
    }
    fprintf(to, " %s -> %s", gbx_format_number(old->score, a), gbx_format_number(now->score, b));
    if (strcmp(old->word, now->word) != 0) {
        fprintf(to, " (%s -> %s)", old->word, now->word);
    }
    if (old->points != now->points) {
        fprintf(to, " of %s, not %s", gbx_format_number(now->points, a), gbx_format_number(old->points, b));
    }
}

static void
put_reasons(FILE *to, const gbx_regraded *student)
{
    const gbx_score *old, *now;
    const gbx_card *a = student->old, *b = student->new;
    const char *gap = "";
    char text[32], other[32];
    if (a == NULL || b == NULL || !a->graded || !b->graded) {
        const gbx_card *without = b != NULL && !b->graded ? b : a != NULL && !a->graded ? a : NULL;
        fputs(without == NULL ? a == NULL ? "new" : "not there any more" : without->trouble, to);
        return;
    }
    for (size_t i = 0; gbx_difference_mark(student, i, &old, &now); i++) {
        fputs(gap, to);
        put_reason(to, old, now);
        gap = ", ";
    }
    if (a->deducted != b->deducted) {
        fprintf(to, "%shints took %s, not %s", gap, gbx_format_number(b->deducted, text),
                gbx_format_number(a->deducted, other));
        gap = ", ";
    }
    if (strcmp(a->word, b->word) != 0) {
        fprintf(to, "%sverdict %s -> %s", gap, a->word, b->word);
    }
}

static void
put_student(FILE *to, const gbx_regraded *student)
{
    char *line = NULL, name[40];
    size_t size = 0;
    const gbx_card *card = student->new != NULL ? student->new : student->old;
    FILE *made = open_memstream(&line, &size);
    if (made == NULL) {
        return;
    }
    fprintf(made, "%s ", gbx_clean(card->student == NULL ? "?" : card->student, name, sizeof(name)));
    put_side(made, student->old);
    fputs(" -> ", made);
    put_side(made, student->new);
    fputs(" (", made);
    put_reasons(made, student);
    fputs(")", made);
    if (fclose(made) == 0) {
        char *clean = gbx_clean_text(line, size);
        fputs("  ", to);
        gbx_text_wrap(to, 2, 6, WIDTH, clean == NULL ? "" : clean);
        free(clean);
    }
    free(line);
}

void
gbx_gradebook_difference_text(FILE *to, const gbx_gradebook_told *told)
{
    const gbx_difference *difference = told->difference;
    fprintf(to, "%zu up, %zu down, %zu the same", difference->up, difference->down, difference->same);
    const struct { size_t n; const char *what; } others[] = {
        { difference->gained, "got a score" }, { difference->lost, "lost theirs" },
        { difference->added, "new" }, { difference->missing, "gone" },
    };
    for (size_t i = 0; i < 4; i++) {
        if (others[i].n > 0) {
            fprintf(to, ", %zu %s", others[i].n, others[i].what);
        }
    }
    fputc('\n', to);
    if (difference->rubric_changed) {
        fputs("The rubric is another one.\n", to);
    }
    put_tallies(to, difference);
    if (difference->count > 0) {
        fputc('\n', to);
    }
    for (size_t i = 0; i < difference->count; i++) {
        put_student(to, &difference->students[i]);
    }
}

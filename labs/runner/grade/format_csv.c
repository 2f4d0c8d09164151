/* The book as CSV, for the gradebook of a learning management system: https://www.rfc-editor.org/rfc/rfc4180

   One line a student, sorted by `student`; the first line names the columns:

       student       the id, as on the roster
       name          as on the roster; empty without one
       lab           number and name
       verdict       of the whole
       score         empty where there is none: infrastructure is not a zero
       points        that there are
       percent       of them, to a tenth; empty without a score
       waiting       points that a person has yet to give
       taken_off     points, for hints
       hints         that were taken
       submission    its hash
       graded_at     when
       message       one sentence; where there is no score, why
       fact.ID ...   the score of each fact, then explain.ID (both parts), then predict.ID; empty where it is not in the result

   It is the instructor's: it shows hidden facts.  A cell that a spreadsheet would take for a formula begins with an
   apostrophe (https://owasp.org/www-community/attacks/CSV_Injection). */

#include "format.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_COLUMNS = 400, MOST_CELL = 500 };

typedef struct {
    gbx_mark_kind kind;
    const char *id;
} column;

typedef struct {
    column all[MOST_COLUMNS];
    size_t count;
} columns;

static gbx_mark_kind
kind_of(const gbx_score *mark)
{
    return mark->kind == GBX_MARK_PERSON ? GBX_MARK_EVIDENCE : mark->kind;
}

static void
keep_column(columns *to, const gbx_score *mark)
{
    for (size_t i = 0; i < to->count; i++) {
        if (to->all[i].kind == kind_of(mark) && strcmp(to->all[i].id, mark->id) == 0) {
            return;
        }
    }
    if (to->count < MOST_COLUMNS) {
        to->all[to->count++] = (column){ .kind = kind_of(mark), .id = mark->id };
    }
}

/* Facts first, then the others, each in the order of the first result that has them. */
static void
find_columns(columns *to, const gbx_gradebook *book)
{
    static const gbx_mark_kind order[] = { GBX_MARK_FACT, GBX_MARK_EVIDENCE, GBX_MARK_PREDICTION };
    for (size_t k = 0; k < 3; k++) {
        for (size_t i = 0; i < book->count; i++) {
            for (size_t m = 0; m < book->cards[i].count; m++) {
                if (kind_of(&book->cards[i].marks[m]) == order[k]) {
                    keep_column(to, &book->cards[i].marks[m]);
                }
            }
        }
    }
}

/* In quotes where it has to be; what would be a formula is a text. */
static void
put_cell(FILE *to, const char *text)
{
    char *clean = text == NULL ? NULL : gbx_format_clean(text, MOST_CELL);
    if (clean != NULL) {
        bool formula = strchr("=+-@\t\n", clean[0]) != NULL && clean[0] != '\0';
        bool quoted = formula || strpbrk(clean, ",\"\n\t ;'") != NULL;
        fputs(quoted ? "\"" : "", to);
        fputs(formula ? "'" : "", to);
        for (const char *at = clean; *at != '\0'; at++) {
            fputs(*at == '"' ? "\"" : "", to);
            fputc(*at, to);
        }
        fputs(quoted ? "\"" : "", to);
    }
    free(clean);
}

static void
put_number(FILE *to, double value)
{
    char text[32];
    fputs(gbx_format_number(value, text), to);
}

static void
put_marks(FILE *to, const gbx_card *card, const columns *all)
{
    for (size_t i = 0; i < all->count; i++) {
        bool there = false;
        double score = 0;
        for (size_t m = 0; m < card->count; m++) {
            const gbx_score *mark = &card->marks[m];
            if (kind_of(mark) == all->all[i].kind && strcmp(mark->id, all->all[i].id) == 0) {
                there = true;
                score += mark->score;
            }
        }
        fputc(',', to);
        if (there) {
            put_number(to, score);
        }
    }
}

static void
put_head(FILE *to, const columns *all)
{
    static const char *const before[] = { "fact.", "explain.", "explain.", "predict." };
    fputs("student,name,lab,verdict,score,points,percent,waiting,taken_off,hints,submission,graded_at,message", to);
    for (size_t i = 0; i < all->count; i++) {
        fprintf(to, ",%s%s", before[all->all[i].kind], all->all[i].id);
    }
    fputs("\r\n", to);
}

static void
put_scores(FILE *to, const gbx_card *card)
{
    char percent[32];
    put_number(to, card->score);
    fputc(',', to);
    put_number(to, card->points);
    snprintf(percent, sizeof(percent), ",%.1f,", card->points > 0 ? 100 * card->score / card->points : 0);
    fputs(percent, to);
    put_number(to, card->waiting);
    fputc(',', to);
    put_number(to, card->deducted);
    fprintf(to, ",%u,", card->hints);
    put_cell(to, card->submission);
    fputc(',', to);
    put_cell(to, card->graded_at);
    fputc(',', to);
    put_cell(to, card->message);
}

static void
put_line(FILE *to, const gbx_gradebook *book, const gbx_card *card, const char *name, const columns *all)
{
    put_cell(to, card->student);
    fputc(',', to);
    put_cell(to, name);
    fprintf(to, ",%d-%s,%s,", book->lab, book->lab_name == NULL ? "" : book->lab_name, card->word);
    if (card->graded) {
        put_scores(to, card);
    }
    else {
        fputs(",,,,,,,,", to);
        put_cell(to, card->trouble);
    }
    put_marks(to, card, all);
    fputs("\r\n", to);
}

int
gbx_format_csv(FILE *to, const gbx_gradebook *book, const gbx_gradebook_course *course, gbx_error *error)
{
    columns *all = calloc(1, sizeof(*all));
    if (all == NULL) {
        return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    find_columns(all, book);
    put_head(to, all);
    for (size_t i = 0; i < book->count; i++) {
        put_line(to, book, &book->cards[i], gbx_gradebook_name(course, book->cards[i].student), all);
    }
    free(all);
    return 0;
}

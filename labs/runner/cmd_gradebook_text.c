/* What `glassbox gradebook` prints: scores, items, what has no score; see cmd_gradebook.h. */

#include "cmd_gradebook.h"

#include "clean.h"
#include "format.h"
#include "text.h"

#include <math.h>
#include <string.h>

enum { WIDTH = 80, BAR = 40, MOST_LISTED = 20 };

static const char *
plural(size_t n)
{
    return n == 1 ? "" : "s";
}

static const char *
number(double value, char text[32])
{
    return isnan(value) ? "-" : gbx_format_number(value, text);
}

static double
share(size_t part, size_t of)
{
    return of == 0 ? 0 : 100.0 * (double)part / (double)of;
}

size_t
gbx_gradebook_absent(const gbx_gradebook_told *told, size_t i, const char **student)
{
    size_t absent = 0;
    const gbx_roster *roster = told->course == NULL ? NULL : &told->course->roster;
    for (size_t k = 0; roster != NULL && k < roster->student_count; k++) {
        if (gbx_gradebook_find(told->book, roster->students[k].id) == NULL) {
            if (absent == i && student != NULL) {
                *student = roster->students[k].id;
            }
            absent++;
        }
    }
    return absent;
}

/* ----------------------------------------------------------------------------- scores */

static void
put_head(FILE *to, const gbx_gradebook *book)
{
    char title[64];
    if (book->lab > 0) {
        fprintf(to, "lab %d  %s\n", book->lab, gbx_clean(book->lab_title, title, sizeof(title)));
    }
    fprintf(to, "%zu result%s, %zu with a score", book->count, plural(book->count), book->graded);
    if (book->graded < book->count) {
        fprintf(to, ", %zu without", book->count - book->graded);
    }
    fprintf(to, "; %s\n", book->sealed == 0 ? "no seals checked: there is no key" : "seals checked");
    if (book->unwitnessed > 0) {
        fprintf(to, "%zu graded without the witness: nobody saw whether what was recorded is true.\n", book->unwitnessed);
    }
    if (book->rubrics > 1) {
        fprintf(to, "They were judged by %zu different rubrics: grade the older ones again.\n", book->rubrics);
    }
}

static void
put_bins(FILE *to, const gbx_statistics *statistics)
{
    size_t most = 1;
    for (size_t i = 0; i < 10; i++) {
        most = statistics->bins[i] > most ? statistics->bins[i] : most;
    }
    for (size_t i = 0; i < 10; i++) {
        size_t n = statistics->bins[i], length = (n * BAR + most - 1) / most;
        fprintf(to, "  %3zu-%3zu %%  %5zu", i * 10, i == 9 ? 100 : i * 10 + 9, n);
        for (size_t k = 0; k < length; k++) {
            fputs(k == 0 ? "  #" : "#", to);
        }
        fputc('\n', to);
    }
}

static void
put_scores(FILE *to, const gbx_statistics *statistics)
{
    char a[32], b[32], c[32], d[32], e[32];
    if (statistics->students == 0) {
        fputs("\nNobody has a score that could be counted.\n", to);
        return;
    }
    if (statistics->students == 1) {
        fprintf(to, "\nScore: %s of %s points\n", number(statistics->mean, a), gbx_format_number(statistics->points, b));
        return;
    }
    fprintf(to, "\nScores, of %s points: from %s to %s, mean %s, median %s", gbx_format_number(statistics->points, a),
            number(statistics->least, b), number(statistics->most, c), number(statistics->mean, d),
            number(statistics->median, e));
    fprintf(to, ", deviation %s\n", number(statistics->deviation, a));
    if (statistics->violations > 0) {
        fprintf(to, "%zu with a violation %s not in these figures.\n", statistics->violations,
                statistics->violations == 1 ? "is" : "are");
    }
    if (statistics->students >= GBX_STATISTICS_LEAST) {
        put_bins(to, statistics);
    }
}

/* ------------------------------------------------------------------------------ items */

/* A share of students. */
static void
put_share(FILE *to, size_t part, size_t of)
{
    if (part == 0) {
        fprintf(to, "  %5s", "-");
    }
    else {
        double percent = share(part, of);
        fprintf(to, percent > 0 && percent < 1 ? "   <1 %%" : "  %3.0f %%", percent);
    }
}

static void
put_item(FILE *to, const gbx_item_statistics *item)
{
    static const char *const before[] = { "", "explain ", "", "predict " };
    char name[128], points[32];
    snprintf(name, sizeof(name), "%s%s", before[item->kind], item->id);
    fputs("  ", to);
    gbx_text_pad(to, name, 28);
    fprintf(to, " %6s", gbx_format_number(item->points, points));
    fprintf(to, isnan(item->difficulty) ? "      -" : "   %4.2f", item->difficulty);
    fprintf(to, isnan(item->discrimination) ? "      -" : "  %5.2f", item->discrimination);
    put_share(to, item->reached, item->students);
    put_share(to, item->hinted, item->students);
    put_share(to, item->flaky, item->students);
    if (item->waiting > 0) {
        fprintf(to, "  %5zu\n", item->waiting);
    }
    else {
        fprintf(to, "  %5s\n", "-");
    }
}

/* What an instructor should look at, in words. */
static void
put_doubts(FILE *to, const gbx_statistics *statistics)
{
    for (size_t i = 0; i < statistics->count; i++) {
        const gbx_item_statistics *item = &statistics->items[i];
        char text[400];
        text[0] = '\0';
        if (item->discrimination < 0) {
            snprintf(text, sizeof(text), "'%s': those who do well elsewhere lose it more often than others; is it right, and "
                     "is it said what is asked?", item->id);
        }
        else if (item->discrimination < 0.2 && item->difficulty < 0.9) {
            snprintf(text, sizeof(text), "'%s': it hardly tells who knows the matter from who does not.", item->id);
        }
        else if (item->difficulty < 0.2 && statistics->students >= GBX_STATISTICS_LEAST) {
            snprintf(text, sizeof(text), "'%s': hardly anybody has it.", item->id);
        }
        if (text[0] != '\0') {
            fputs("  look at ", to);
            gbx_text_wrap(to, 10, 4, WIDTH, text);
        }
    }
}

static void
put_items(FILE *to, const gbx_statistics *statistics)
{
    if (statistics->students == 0) {
        return;
    }
    fprintf(to, "\n  %-28s %6s %6s %6s %6s %6s %6s %6s\n", "item", "points", "earned", "tells", "judged", "hints", "flaky",
            "waits");
    for (size_t i = 0; i < statistics->count; i++) {
        put_item(to, &statistics->items[i]);
    }
    fputs("  earned: share of its points (0 hard, 1 easy); judged: not stopped before it;\n"
          "  hints, flaky: of students; waits: explanations that a person has yet to read\n", to);
    if (statistics->students < GBX_STATISTICS_LEAST) {
        fprintf(to, "  tells: nothing yet, %zu student%s %s too few (at least %d)\n", statistics->students,
                plural(statistics->students), statistics->students == 1 ? "is" : "are", GBX_STATISTICS_LEAST);
    }
    else {
        fputs("  tells: correlation of it with the rest of the score (corrected item-total, r;\n"
              "  0.3 and more is good, below 0.2 it tells little; -: all are alike)\n", to);
    }
    put_doubts(to, statistics);
}

static void
put_misconceptions(FILE *to, const gbx_statistics *statistics)
{
    if (statistics->misconception_count == 0) {
        return;
    }
    fputs("\nMisconceptions, by students whose prediction showed one\n", to);
    for (size_t i = 0; i < statistics->misconception_count; i++) {
        const gbx_misconception_count *one = &statistics->misconceptions[i];
        fprintf(to, "  %5zu  %3.0f %%  %s", one->students, share(one->students, statistics->students), one->id);
        fprintf(to, one->sure > 0 ? " (%zu sure of it)\n" : "\n", one->sure);
    }
}

/* ------------------------------------------------------------------------- what is left */

static void
put_ungraded(FILE *to, const gbx_gradebook *book)
{
    size_t listed = 0, all = book->count - book->graded;
    if (all == 0) {
        return;
    }
    fprintf(to, "\nWithout a score, no zero (grade %s again):\n", all == 1 ? "it" : "them");
    for (size_t i = 0; i < book->count && listed < MOST_LISTED; i++) {
        const gbx_card *card = &book->cards[i];
        char name[40], why[400];
        if (!card->graded) {
            fprintf(to, "  %s  ", gbx_clean(card->student == NULL ? "?" : card->student, name, sizeof(name)));
            gbx_text_wrap(to, (unsigned)gbx_text_width(name) + 4, 6, WIDTH, gbx_clean(card->trouble, why, sizeof(why)));
            listed++;
        }
    }
    if (listed < all) {
        fprintf(to, "  and %zu more: --json lists all\n", all - listed);
    }
}

/* Somebody has to talk to these. */
static void
put_violations(FILE *to, const gbx_gradebook *book, size_t all)
{
    size_t listed = 0;
    if (all == 0) {
        return;
    }
    fprintf(to, "\nWith a violation, no points (%zu):\n", all);
    for (size_t i = 0; i < book->count && listed < MOST_LISTED; i++) {
        const gbx_card *card = &book->cards[i];
        char name[40], what[600], clean[600];
        if (card->graded && card->verdict == GBX_MARK_VIOLATION) {
            snprintf(what, sizeof(what), "%s%s%s", card->violation == NULL ? "unnamed" : card->violation,
                     card->cause == NULL ? "" : ": ", card->cause == NULL ? "" : card->cause);
            fprintf(to, "  %s  ", gbx_clean(card->student, name, sizeof(name)));
            gbx_text_wrap(to, (unsigned)gbx_text_width(name) + 4, 6, WIDTH, gbx_clean(what, clean, sizeof(clean)));
            listed++;
        }
    }
    if (listed < all) {
        fprintf(to, "  and %zu more: --json lists all\n", all - listed);
    }
}

static void
put_waiting(FILE *to, const gbx_gradebook_told *told)
{
    const gbx_gradebook *book = told->book;
    size_t students = 0;
    double points = 0;
    char text[32];
    for (size_t i = 0; i < book->count; i++) {
        students += book->cards[i].waiting > 0;
        points += book->cards[i].waiting;
    }
    if (students > 0) {
        fprintf(to, "\nFor a person to read: explanations of %zu student%s, worth %s points\n", students,
                plural(students), gbx_format_number(points, text));
        if (book->folder) {
            fprintf(to, "  glassbox review %s\n", told->path);
        }
    }
    if (book->reviews_stale > 0) {
        fprintf(to, "\n%zu review%s of an earlier submission, or of nobody here: not counted\n", book->reviews_stale,
                plural(book->reviews_stale));
    }
    if (book->reviews_broken > 0) {
        fprintf(to, "\n%zu line%s of reviews.jsonl fit%s no explanation here: not counted\n", book->reviews_broken,
                plural(book->reviews_broken), book->reviews_broken == 1 ? "s" : "");
    }
}

static void
put_absent(FILE *to, const gbx_gradebook_told *told)
{
    size_t absent = gbx_gradebook_absent(told, 0, NULL);
    const char *student = NULL;
    if (absent == 0) {
        return;
    }
    fprintf(to, "\nOn the roster, and nothing is there of them: %zu\n", absent);
    for (size_t i = 0; i < absent && i < MOST_LISTED; i++) {
        gbx_gradebook_absent(told, i, &student);
        char name[40];
        fprintf(to, "  %s\n", gbx_clean(student, name, sizeof(name)));
    }
    if (absent > MOST_LISTED) {
        fprintf(to, "  and %zu more: --json lists all\n", absent - MOST_LISTED);
    }
}

void
gbx_gradebook_text(FILE *to, const gbx_gradebook_told *told)
{
    put_head(to, told->book);
    put_scores(to, told->statistics);
    put_items(to, told->statistics);
    put_misconceptions(to, told->statistics);
    put_waiting(to, told);
    put_violations(to, told->book, told->statistics->violations);
    put_ungraded(to, told->book);
    put_absent(to, told);
}

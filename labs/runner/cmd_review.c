/* glassbox review: a person reads explanations, one at a time with its evidence, and gives points. */

#include "cmd.h"
#include "cmd_review.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <pwd.h>

static const char help[] =
"usage: glassbox review [OPTION...] DIR\n"
"\n"
"Read the explanations that wait for a person, one at a time with its evidence,\n"
"and give points.  DIR is what 'glassbox grade --batch' made; what you say goes at\n"
"once to DIR/reviews.jsonl, so you can stop at any time and go on another day.\n"
"'glassbox gradebook DIR' counts it.\n"
"\n"
"Explanations with the same evidence come together: the same mechanism, place and\n"
"kinds of events.  One judgement can be given to all of them, and each can be\n"
"changed afterwards.\n"
"\n"
"      --all              those that have been judged, too\n"
"      --course=DIR       the course: its rubric, its seeds, and the key that its\n"
"                         results are sealed with; also GLASSBOX_COURSE= in the\n"
"                         environment\n"
"      --reviewer=NAME    who you are (default: your user name)\n"
"      --help             this text\n"
"\n"
"At the prompt, a line each:\n"
"  3                   3 points for this one\n"
"  3 Say which guard.  with a comment, which the learner sees\n"
"  3 #1                with comment 1 of the list\n"
"  all 3 ...           the same for all of this group that nobody has judged yet\n"
"  (nothing)           the next one, without a judgement\n"
"  back                the one before\n"
"  group               on to the next group\n"
"  go STUDENT          to this student's explanation of the same question\n"
"  list                who is in this group\n"
"  comments            the comments given so far, with their numbers\n"
"  undo                take the last judgement back (also one for all)\n"
"  quit                end; what was said is kept\n";

static const char more_help[] = "\nExit status: 0; 2 nothing can be reviewed; 64 wrong usage.\n";

static int
usage(const char *message)
{
    return gbx_cmd_usage("review", message);
}

/* ---------------------------------------------------------------------- moving */

static size_t
waiting(const gbx_review_session *now)
{
    size_t count = 0;
    for (size_t i = 0; i < now->all.count; i++) {
        count += !now->all.items[i].judged;
    }
    return count;
}

/* To the next one after `from` that waits, from the beginning again at the end; false: none does. */
static bool
go_on(gbx_review_session *now, size_t from)
{
    for (size_t i = 1; i <= now->all.count; i++) {
        size_t at = (from + i) % now->all.count;
        if (!now->all.items[at].judged || (now->judged_too && i < now->all.count)) {
            now->at = at;
            return true;
        }
    }
    return false;
}

static bool
go_to(gbx_review_session *now, const char *student)
{
    const gbx_review *here = &now->all.items[now->at];
    for (size_t i = 0; i < now->all.count; i++) {
        const gbx_review *item = &now->all.items[i];
        if (strcmp(item->student, student) == 0 && item->lab == here->lab && strcmp(item->id, here->id) == 0) {
            now->at = i;
            return true;
        }
    }
    printf("%s has no explanation of '%s' here\n", student, here->id);
    return false;
}

/* ---------------------------------------------------------------------- judging */

static bool
remember(gbx_review_session *now, size_t item)
{
    const gbx_review *before = &now->all.items[item];
    gbx_review_change *more = realloc(now->changes, (now->change_count + 1) * sizeof(*more));
    if (more == NULL) {
        return false;
    }
    now->changes = more;
    more[now->change_count++] = (gbx_review_change){ .item = item, .judged = before->judged, .given = before->given,
                                                     .step = now->step, .comment = NULL };
    if (before->comment != NULL) {
        more[now->change_count - 1].comment = strdup(before->comment);
    }
    return true;
}

static int
judge(gbx_review_session *now, size_t item, double given, const char *comment, gbx_error *error)
{
    if (!remember(now, item)) {
        return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    int code = gbx_reviewing_judge(&now->all, item, given, comment, now->reviewer, error);
    if (code != 0) {
        free(now->changes[--now->change_count].comment);
    }
    return code;
}

static int
undo(gbx_review_session *now, gbx_error *error)
{
    if (now->change_count == 0) {
        printf("nothing was judged since you began\n");
        return 0;
    }
    unsigned step = now->changes[now->change_count - 1].step;
    size_t taken = 0;
    int code = 0;
    while (code == 0 && now->change_count > 0 && now->changes[now->change_count - 1].step == step) {
        gbx_review_change *last = &now->changes[--now->change_count];
        code = gbx_reviewing_judge(&now->all, last->item, last->judged ? last->given : -1, last->comment,
                                   now->reviewer, error);
        now->at = last->item;
        free(last->comment);
        taken++;
    }
    if (code == 0) {
        printf("taken back: %zu judgement%s\n", taken, taken == 1 ? "" : "s");
    }
    return code;
}

/* "3", "3 a comment" or "3 #1", for this one or for all of the group; *moved: go on to the next. */
static int
judge_line(gbx_review_session *now, const char *line, bool group, bool *moved, gbx_error *error)
{
    char *end;
    double given = strtod(line, &end);
    const gbx_review *here = &now->all.items[now->at];
    const char *comment = end + strspn(end, " \t");
    uint32_t number = 0;
    if (end == line || (*end != '\0' && *end != ' ' && *end != '\t') || !isfinite(given) || given < 0
        || given > here->person) {
        printf("points from 0 to %g, or '?' for what else can be said\n", here->person);
        return 0;
    }
    if (comment[0] == '#' && gbx_cmd_number(comment + 1, &number, 9)) {
        comment = json_string_value(json_array_get(gbx_review_comments_of(now), number - 1));
        if (number == 0 || comment == NULL) {
            printf("there is no comment #%u: 'comments' lists them\n", number);
            return 0;
        }
    }
    char *kept = strdup(comment);                /* the list changes meanwhile */
    size_t first = now->at, last = now->at + 1, done = 0;
    int code = kept == NULL ? gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory") : 0;
    if (group) {
        last = gbx_reviewing_group(&now->all, now->at, &first);
    }
    now->step++;
    for (size_t i = first; i < last && code == 0; i++) {
        if (!group || !now->all.items[i].judged) {
            code = judge(now, i, given, kept, error);
            done += code == 0;
        }
    }
    free(kept);
    if (code == 0) {
        printf("%g point%s for %zu explanation%s\n", given, given == 1 ? "" : "s", done, done == 1 ? "" : "s");
        *moved = true;
    }
    return code;
}

/* ---------------------------------------------------------------------- the gbx_review_session */

static bool
is(const char *line, const char *word)
{
    return strcmp(line, word) == 0 || (line[0] == word[0] && line[1] == '\0');
}

/* One line of the person's.  *moved: show where we are now; *done: end. */
static int
obey(gbx_review_session *now, const char *line, bool *moved, bool *done, gbx_error *error)
{
    size_t first, end = gbx_reviewing_group(&now->all, now->at, &first);
    int code = 0;
    if (line[0] == '\0' || is(line, "next")) {
        *moved = true;
        go_on(now, now->at);
    }
    else if (is(line, "quit")) {
        *done = true;
    }
    else if (is(line, "?") || is(line, "help")) {
        fputs(strstr(help, "At the prompt"), stdout);
    }
    else if (is(line, "undo")) {
        code = undo(now, error);
        *moved = true;
    }
    else if (is(line, "back")) {
        now->at = now->at == 0 ? now->all.count - 1 : now->at - 1;
        *moved = true;
    }
    else if (is(line, "group")) {
        go_on(now, end - 1);
        *moved = true;
    }
    else if (is(line, "list")) {
        gbx_review_put_list(now);
    }
    else if (is(line, "comments")) {
        gbx_review_put_comments(now);
    }
    else if (strncmp(line, "go ", 3) == 0) {
        *moved = go_to(now, line + 3 + strspn(line + 3, " "));
    }
    else {
        bool judged = false, group = strncmp(line, "all ", 4) == 0;
        code = judge_line(now, group ? line + 4 : line, group, &judged, error);
        if (judged) {
            *moved = go_on(now, now->at);
        }
    }
    return code;
}

static int
talk(gbx_review_session *now, gbx_error *error)
{
    char *line = NULL;
    size_t room = 0;
    bool done = now->all.count == 0 || !go_on(now, now->all.count - 1), moved = true, echo = isatty(STDIN_FILENO) == 0;
    int code = 0;
    while (!done && code == 0) {
        if (moved) {
            gbx_review_put_item(now);
        }
        if (waiting(now) == 0) {
            printf("\nall are judged: 'quit' ends, 'undo' takes the last judgement back\n");
        }
        printf("points 0-%g, or ?: ", now->all.items[now->at].person);
        fflush(stdout);
        ssize_t length = getline(&line, &room, stdin);
        if (length < 0) {
            printf("\n");
            break;
        }
        while (length > 0 && strchr(" \t\r\n", line[length - 1]) != NULL) {
            line[--length] = '\0';
        }
        const char *start = line + strspn(line, " \t");
        if (echo) {
            printf("%s\n", start);               /* a transcript should show what was said */
        }
        moved = false;
        code = obey(now, start, &moved, &done, error);
    }
    free(line);
    return code;
}

static void
put_head(const gbx_review_session *now)
{
    size_t groups = 0;
    for (size_t at = 0, first; at < now->all.count; at = gbx_reviewing_group(&now->all, at, &first)) {
        groups++;
    }
    printf("%zu result%s, %zu explanation%s for a person in %zu group%s; %zu wait%s\n", now->all.results,
           now->all.results == 1 ? "" : "s", now->all.count, now->all.count == 1 ? "" : "s", groups, groups == 1 ? "" : "s",
           waiting(now), waiting(now) == 1 ? "s" : "");
    if (now->all.passed_over > 0) {
        printf("%zu passed over, the first: %s\n", now->all.passed_over, now->all.first_trouble);
    }
    if (now->all.stale > 0) {
        printf("%zu line%s of " GBX_REVIEWS " about something that is no longer here\n", now->all.stale,
               now->all.stale == 1 ? "" : "s");
    }
}

static int
review(gbx_review_session *now, const char *folder, const char *course, gbx_error *error)
{
    gbx_error local;
    int code = gbx_roster_open(&now->roster, course, error);
    if (code == 0) {
        code = gbx_reviewing_open(&now->all, folder, now->roster.key, now->roster.key_size, error);
    }
    if (code == 0 && gbx_paths_find(&now->paths, &local) == 0) {
        (void)gbx_labs_folder(now->paths.root, now->paths.installed, &now->labs, &local);
    }
    if (code == 0) {
        put_head(now);
        code = talk(now, error);
    }
    if (code == 0) {
        printf("%zu judged, %zu wait%s: %s/" GBX_REVIEWS "\n", now->all.count - waiting(now), waiting(now),
               waiting(now) == 1 ? "s" : "", folder);
    }
    return code;
}

static void
clear(gbx_review_session *now)
{
    for (size_t i = 0; i < now->change_count; i++) {
        free(now->changes[i].comment);
    }
    free(now->changes);
    for (size_t i = 0; i < GBX_REVIEW_LABS; i++) {
        gbx_lab_close(now->lab[i]);
    }
    gbx_reviewing_clear(&now->all);
    gbx_roster_clear(&now->roster);
    gbx_paths_clear(&now->paths);
    free(now->labs);
}

static const char *
user_name(void)
{
    const struct passwd *user = getpwuid(geteuid());
    return user == NULL ? "?" : user->pw_name;
}

int
gbx_cmd_review(int argc, char **argv)
{
    static const struct option options[] = {
        { "all", no_argument, NULL, 'a' }, { "course", required_argument, NULL, 'c' },
        { "reviewer", required_argument, NULL, 'r' }, { "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 },
    };
    gbx_review_session now = { .reviewer = user_name(), .shown_group = SIZE_MAX };
    const char *course = getenv("GLASSBOX_COURSE");
    gbx_error error = { 0, "out of memory" };
    optind = 1;
    opterr = 0;
    for (int option; (option = getopt_long(argc, argv, ":", options, NULL)) != -1;) {
        switch (option) {
            case 'a': now.judged_too = true; break;
            case 'c': course = optarg; break;
            case 'r': now.reviewer = optarg; break;
            case 'h': printf("%s%s", help, more_help); return GBX_EXIT_PASS;
            case ':': return usage("an option lacks its argument");
            default: return usage("unknown option");
        }
    }
    if (argc - optind != 1) {
        return usage("one folder of results, please");
    }
    int code = review(&now, argv[optind], course != NULL && course[0] != '\0' ? course : NULL, &error);
    clear(&now);
    if (code == 0 && (fflush(stdout) != 0 || ferror(stdout))) {
        code = gbx_error_system(&error, "write", "standard output");
    }
    if (code != 0) {
        fprintf(stderr, "glassbox: %s\n", error.message);
        return code == GBX_ERROR_USAGE ? GBX_EXIT_USAGE : GBX_EXIT_BROKEN;
    }
    return GBX_EXIT_PASS;
}

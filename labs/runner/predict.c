/* Predictions; see predict.h. */

#include "predict.h"

#include "text.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static size_t
count_choices(const gbx_prediction *prediction)
{
    size_t count = 0;
    while (count < GBX_COUNT(prediction->choices) && prediction->choices[count].text != NULL) {
        count++;
    }
    return count;
}

/* ------------------------------------------------------------------- asking */

/* A number from a line of its own in low...high; *empty for a line without one.  False at the end. */
static bool
read_number(FILE *in, FILE *out, const char *prompt, double low, double high, double *number,
            bool *empty)
{
    char line[128];
    for (;;) {
        fprintf(out, "  %s ", prompt);
        fflush(out);
        if (fgets(line, sizeof(line), in) == NULL) {
            fputc('\n', out);
            return false;
        }
        char *end, *start = line + strspn(line, " \t\r\n");
        *empty = *start == '\0';
        if (*empty) {
            return true;
        }
        errno = 0;
        *number = strtod(start, &end);
        end += strspn(end, " \t\r\n");
        if (end != start && *end == '\0' && errno == 0 && *number >= low && *number <= high) {
            return true;
        }
        fprintf(out, "  a number from %g to %g, or nothing to pass over it\n", low, high);
    }
}

bool
gbx_predict_ask(const gbx_claim *claim, FILE *in, FILE *out, gbx_answer *answer)
{
    const gbx_prediction *prediction = &claim->prediction;
    size_t choices = count_choices(prediction);
    char prompt[64];
    double number = 0;
    bool empty = false;
    *answer = (gbx_answer){ .given = false };
    fprintf(out, "\n%s  ", claim->id);
    gbx_text_wrap(out, (unsigned)strlen(claim->id) + 2, 6, 80, prediction->question);
    for (size_t i = 0; i < choices; i++) {
        fprintf(out, "    %zu  ", i + 1);
        gbx_text_wrap(out, 7, 7, 80, prediction->choices[i].text);
    }
    if (choices > 0) {
        snprintf(prompt, sizeof(prompt), "your prediction (1-%zu):", choices);
    }
    else {
        snprintf(prompt, sizeof(prompt), "your prediction%s%.32s:",
                 prediction->unit[0] == '\0' ? "" : ", in ", prediction->unit);
    }
    if (!read_number(in, out, prompt, choices > 0 ? 1 : 0, choices > 0 ? (double)choices : 1e12,
                     &number, &empty)) {
        return false;
    }
    if (empty) {
        return true;
    }
    answer->choice = choices > 0 ? (size_t)number - 1 : 0;
    answer->number = number;
    if (!read_number(in, out, "how sure are you? (1 a guess ... 5 certain)", 1, 5, &number, &empty)) {
        return false;
    }
    answer->confidence = empty ? 0 : (unsigned)number;
    answer->given = true;
    return true;
}

/* ----------------------------------------------------------------- comparing */

static gbx_outcome
compare_numbers(const gbx_prediction *prediction, double predicted, double observed,
                const char **misconception)
{
    double factor = prediction->tolerance > 1 ? prediction->tolerance : 1;
    if (predicted * factor < observed) {
        *misconception = prediction->too_low;
        return GBX_PREDICT_WRONG;
    }
    if (predicted > observed * factor) {
        *misconception = prediction->too_high;
        return GBX_PREDICT_WRONG;
    }
    return GBX_PREDICT_RIGHT;
}

gbx_outcome
gbx_predict_compare(const gbx_claim *claim, const gbx_answer *answer, const gbx_finding *finding,
                    const char **misconception, const char **because)
{
    const gbx_prediction *prediction = &claim->prediction;
    size_t choices = count_choices(prediction);
    *misconception = NULL;
    *because = NULL;
    if (!answer->given || !finding->observed || (choices > 0 && finding->choice >= choices)) {
        return GBX_PREDICT_UNKNOWN;
    }
    if (choices == 0) {
        return compare_numbers(prediction, answer->number, finding->number, misconception);
    }
    if (answer->choice == finding->choice) {
        return GBX_PREDICT_RIGHT;
    }
    *misconception = prediction->choices[answer->choice].misconception;
    *because = prediction->choices[answer->choice].because;
    return GBX_PREDICT_WRONG;
}

static const char *
in_words(const gbx_claim *claim, size_t choice, double number, char *text, size_t size)
{
    size_t choices = count_choices(&claim->prediction);
    if (choices > 0) {
        snprintf(text, size, "%s", choice < choices ? claim->prediction.choices[choice].text : "?");
    }
    else {
        snprintf(text, size, "%g%s%s", number, claim->prediction.unit[0] == '\0' ? "" : " ",
                 claim->prediction.unit);
    }
    return text;
}

const char *
gbx_predict_answer_text(const gbx_claim *claim, const gbx_answer *answer, char *text, size_t size)
{
    return in_words(claim, answer->choice, answer->number, text, size);
}

const char *
gbx_predict_observed_text(const gbx_claim *claim, const gbx_finding *finding, char *text, size_t size)
{
    return in_words(claim, finding->choice, finding->number, text, size);
}

/* ------------------------------------------------------------------- keeping */

/* The file to append to, its folders made; -1 with errno. */
static int
open_file(char *path, size_t size)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    bool named = state != NULL && state[0] == '/';
    if (!named && (home == NULL || home[0] != '/')) {
        errno = ENOENT;
        return -1;
    }
    if (snprintf(path, size, "%s%s/glassbox/predictions.jsonl", named ? state : home,
                 named ? "" : "/.local/state") >= (int)size) {
        errno = ENAMETOOLONG;
        return -1;
    }
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        int made = mkdir(path, 0700);
        *slash = '/';
        if (made != 0 && errno != EEXIST) {
            return -1;
        }
    }
    return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
}

/* What was predicted, before the run; and with a finding what came of it. */
static json_t *
as_json(const gbx_claim *claim, const gbx_answer *answer, const gbx_finding *finding,
        gbx_verdict verdict)
{
    char text[256], when[32];
    struct tm utc;
    time_t now = time(NULL);
    gmtime_r(&now, &utc);
    strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &utc);
    json_t *object = json_pack("{ss ss ss ss si}", "time", when, "claim", claim->id,
                               "question", claim->prediction.question, "predicted",
                               gbx_predict_answer_text(claim, answer, text, sizeof(text)),
                               "confidence", (int)answer->confidence);
    if (object != NULL && finding != NULL) {
        const char *misconception, *because;
        gbx_outcome outcome = gbx_predict_compare(claim, answer, finding, &misconception, &because);
        const char *observed = !finding->observed ? NULL
            : gbx_predict_observed_text(claim, finding, text, sizeof(text));
        json_t *after = json_pack("{ss? ss? ss}", "observed", observed, "misconception", misconception,
                                  "outcome", verdict != GBX_PASS ? "no verdict"
                                  : outcome == GBX_PREDICT_RIGHT ? "right"
                                  : outcome == GBX_PREDICT_WRONG ? "wrong" : "unknown");
        json_object_update(object, after);
        json_decref(after);
    }
    return object;
}

int
gbx_predict_keep(const gbx_claim *claim, const gbx_answer *answer, const gbx_finding *finding,
                 gbx_verdict verdict, gbx_error *error)
{
    char path[4096] = "predictions.jsonl";
    json_t *object = as_json(claim, answer, finding, verdict);
    char *line = object == NULL ? NULL : json_dumps(object, JSON_COMPACT | JSON_PRESERVE_ORDER);
    char *whole = NULL;
    int status = 0, fd = -1;
    if (line == NULL || asprintf(&whole, "%s\n", line) < 0) {
        whole = NULL;
        status = gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    else if ((fd = open_file(path, sizeof(path))) < 0) {
        status = gbx_error_system(error, "open", path);
    }
    else if (write(fd, whole, strlen(whole)) != (ssize_t)strlen(whole)) {
        status = gbx_error_system(error, "write", path);       // one write: lines of two never mix
    }
    if (fd >= 0) {
        close(fd);
    }
    free(whole);
    free(line);
    json_decref(object);
    return status;
}

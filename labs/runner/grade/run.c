/* Run: see run.h.

   A folder of ours holds what is to be /lab: lab.py and the harness, copied, and run.json, which tells lab.py what to
   record and the student's parameters.  After the run what lies in /trace is taken out of the sandbox, the witness
   compares it with what it saw, and it is opened.  Nothing of it outlives this. */

#include "run.h"

#include "check.h"
#include "driver.h"
#include "slurp.h"
#include "stage.h"
#include "toml.h"                 // GBX_TOML_MOST
#include "violations.h"
#include "walk.h"                 // GBX_LAB_FOLDER
#include "witness.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    TRACE_MOST = 64 << 20,           /* bytes of a recording */
    TRACE_ROOM = 80 << 20,           /* that the sandbox has for it, beside what the lab allows */
    TRACE_FILES = 32                 /* of processes that the work starts */
};

static int
no_memory(gbx_error *error)
{
    return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
}

/* --------------------------------------------------------------- before the run */

static int
copy_file(char *from, char *to, gbx_error *error)
{
    char *text = NULL;
    size_t size;
    int status = from == NULL || to == NULL ? no_memory(error) : gbx_slurp(from, GBX_TOML_MOST, &text, &size, error);
    if (status == 0) {
        status = gbx_spit(to, text, size, 0644, error);
    }
    free(text);
    free(from);
    free(to);
    return status;
}

/* "/trace/run.gbx:events=frame+mark:limit=..." */
static json_t *
record_spec(const gbx_lab_run *run)
{
    char text[320] = "/trace/run.gbx:events=";
    size_t used = strlen(text);
    uint32_t mask = run->events | GBX_BIT(FRAME) | GBX_BIT(MARK) | GBX_BIT(COMPILE);
    const char *plus = "";
    for (unsigned c = 0; c < GBX_CLASS_COUNT; c++) {
        if ((mask >> c & 1) != 0 && used < sizeof(text)) {
            used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s", plus, gbx_class_name(c));
            plus = "+";
        }
    }
    if (used < sizeof(text)) {
        snprintf(text + used, sizeof(text) - used, ":limit=%d", TRACE_MOST);
    }
    return json_string(text);
}

/* What lab.py reads. */
static int
write_run(const gbx_run_place *place, const gbx_lab_run *run, const json_t *variant, const char *folder, gbx_error *error)
{
    json_t *all = json_pack("{s:o, s:s, s:O, s:s, s:s}", "record", record_spec(run), "observed", "/trace/observed.json",
                            "variant", variant, "run", run->name, "student", place->student);
    char *text = all == NULL ? NULL : json_dumps(all, JSON_INDENT(1));
    char *path = gbx_paths_join(folder, "run.json", NULL);
    int status = text == NULL || path == NULL ? no_memory(error) : gbx_spit(path, text, strlen(text), 0644, error);
    json_decref(all);
    free(text);
    free(path);
    return status;
}

static int
make_lab(const gbx_run_place *place, const gbx_lab_run *run, const char *program, const json_t *variant,
         const char *folder, gbx_error *error)
{
    if (gbx_make_folder(folder, 0755, error) != 0) {
        return GBX_ERROR_SYSTEM;
    }
    int status = copy_file(gbx_paths_join(place->lab->shared, "lab.py", NULL), gbx_paths_join(folder, "lab.py", NULL), error);
    if (status == 0) {
        status = copy_file(gbx_lab_file(place->lab, program), gbx_paths_join(folder, program, NULL), error);
    }
    for (size_t i = 0; status == 0 && place->lab->beside[i] != NULL; i++) {
        const char *name = place->lab->beside[i], *slash = strrchr(name, '/');
        status = copy_file(gbx_lab_file(place->lab, name),
                           gbx_paths_join(folder, slash == NULL ? name : slash + 1, NULL), error);
    }
    return status == 0 ? write_run(place, run, variant, folder, error) : status;
}

/* ---------------------------------------------------------------- after the run */

/* Copy the ordinary files of /trace to our own folder. */
static int
collect(void *context, const char *inside, const char *outside, gbx_error *error)
{
    const char *folder = context;
    if (strcmp(inside, "/trace") != 0) {
        return 0;
    }
    DIR *all = opendir(outside);
    if (all == NULL) {
        return gbx_error_system(error, "look into", outside);
    }
    int status = 0;
    size_t count = 0;
    for (struct dirent *one; status == 0 && (one = readdir(all)) != NULL;) {
        gbx_error why = { 0, "" };
        char *text = NULL, *from = gbx_paths_join(outside, one->d_name, NULL);
        char *to = gbx_paths_join(folder, one->d_name, NULL);
        size_t size;
        if (from == NULL || to == NULL) {
            status = no_memory(error);
        }
        else if (one->d_name[0] != '.' && ++count <= 64 && gbx_slurp(from, TRACE_ROOM, &text, &size, &why) == 0) {
            status = gbx_spit(to, text, size, 0600, error);
        }
        free(text);
        free(from);
        free(to);
    }
    closedir(all);
    return status;
}

/* What the harness observed: an object, whatever is in the file. */
static int
read_observed(gbx_lab_ran *ran, const char *folder, gbx_error *error)
{
    char *text = NULL, *path = gbx_paths_join(folder, "observed.json", NULL);
    size_t size;
    if (path != NULL && gbx_slurp(path, GBX_TOML_MOST, &text, &size, NULL) == 0) {
        ran->observed = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
    }
    free(text);
    free(path);
    if (!json_is_object(ran->observed)) {
        json_decref(ran->observed);
        ran->observed = json_object();
    }
    return ran->observed == NULL ? no_memory(error) : 0;
}

static int
check_rules(gbx_lab_ran *ran, gbx_error *error)
{
    gbx_invariant rules[GBX_INVARIANTS];
    int status = gbx_check_all(ran->trace, rules, error);
    for (int i = 0; status == 0 && i < GBX_INVARIANTS; i++) {
        if (rules[i].violations != 0 && !ran->unsound) {
            ran->unsound = true;
            if (ran->violation != NULL) {
                break;
            }
            snprintf(ran->text, sizeof(ran->text), "the recording breaks a rule, '%s': %s", rules[i].name, rules[i].detail);
        }
    }
    return status;
}

/* Does the line of /lab/NAME, as it lies in our own folder (the context), have a word part( in it? */
static bool
says_part(void *context, const char *file, int line)
{
    char *text = NULL, *path = gbx_paths_join(context, file + strlen(GBX_LAB_FOLDER), NULL);
    size_t size;
    bool says = false;
    if (path != NULL && gbx_slurp(path, GBX_TOML_MOST, &text, &size, NULL) == 0) {
        const char *at = text;
        for (; line > 1 && at != NULL; line--) {
            at = strchr(at, '\n');
            at = at == NULL ? NULL : at + 1;
        }
        const char *word = at == NULL ? NULL : strstr(at, "part("), *end = at == NULL ? NULL : strchr(at, '\n');
        says = word != NULL && (end == NULL || word < end);
    }
    free(text);
    free(path);
    return says;
}

/* `lab`: our folder that was /lab. */
static int
open_trace(gbx_lab_ran *ran, const char *folder, char *lab, gbx_error *error)
{
    const gbx_marks_lines lines = { says_part, lab };
    gbx_error why = { 0, "" };
    char *path = gbx_paths_join(folder, "run.gbx", NULL);
    if (path == NULL) {
        return no_memory(error);
    }
    int status = access(path, F_OK) != 0 ? GBX_ERROR_MISSING : gbx_trace_open(&ran->trace, path, NULL, &why);
    free(path);
    if (status == GBX_ERROR_MEMORY) {
        return no_memory(error);
    }
    if (status != 0) {
        ran->unsound = status != GBX_ERROR_MISSING;
        if (ran->violation == NULL) {
            snprintf(ran->text, sizeof(ran->text), "%s", ran->unsound ? "its recording is none that can be read"
                     : "it left no recording");
        }
        return 0;
    }
    ran->lost = gbx_trace_lost(ran->trace);
    status = gbx_marks_read(&ran->marks, ran->trace, &lines, error);
    if (status == 0 && ran->violation == NULL && ran->marks.violation != NULL) {
        ran->violation = ran->marks.violation;
        snprintf(ran->text, sizeof(ran->text), "%s", ran->marks.text);
    }
    return status == 0 ? check_rules(ran, error) : status;
}

/* ------------------------------------------------------------------- the program */

/* What the witness has to say of a run that has ended by itself: of the others there is nothing more to know. */
static int
hear(gbx_witness *witness, const char *got, gbx_lab_ran *ran, gbx_error *error)
{
    const char *name, *sentence;
    char *path = gbx_paths_join(got, "run.gbx", NULL);
    bool ended = ran->result.end == GBX_END_EXITED || ran->result.end == GBX_END_LEFTOVERS;
    int status = path == NULL ? no_memory(error) : !ended ? 0 : gbx_witness_compare(witness, path, &ran->witness, error);
    free(path);
    if (status == 0 && gbx_witness_objects(witness, &name, &sentence)) {
        ran->violation = gbx_violation_name(name);
        snprintf(ran->seen, sizeof(ran->seen), "%s", sentence);
    }
    if (status == 0 && ran->witness == NULL) {
        ran->witness = json_object();
    }
    return status;
}

/* `ran` NULL: of the oracle, whom nobody has to witness. */
static int
drive(const gbx_run_place *place, const gbx_lab_run *run, gbx_stage *stage, const char *got, gbx_lab_ran *ran,
      gbx_sandbox_result *result, gbx_error *error)
{
    static const char *const writable[] = { "/tmp", "/trace", NULL };
    gbx_witness *witness = NULL;
    gbx_sandbox_options options = {
        .argv = stage->argv, .environment = stage->environment, .folder = "/lab", .binds = stage->binds,
        .bind_count = stage->bind_count, .writable = writable, .collect = collect, .context = (void *)(uintptr_t)got,
        .limits = run->limits, .require_level = place->require_level, .most_level = place->most_level,
    };
    options.limits.disk_bytes += TRACE_ROOM;
    options.limits.disk_files += TRACE_FILES;
    int status = ran == NULL || place->no_witness ? 0 : gbx_witness_open(&witness, stage->python, error);
    if (witness != NULL) {
        gbx_witness_allow_ctypes(witness, run->ctypes);
    }
    if (status == 0) {
        options.witness = witness;
        status = gbx_sandbox_run(&options, result, error);
    }
    if (status == 0 && result->interrupted != 0) {
        gbx_sandbox_result_clear(result);
        status = gbx_error_set(error, GBX_ERROR_CHILD, "stopped");
    }
    if (status == 0 && ran != NULL) {
        ran->ran = true;
    }
    if (status == 0 && witness != NULL) {
        status = hear(witness, got, ran, error);
    }
    gbx_witness_close(witness);
    return status;
}

/* Run `program` with all that stands around it; what it left is in `got`. */
static int
run_program(const gbx_run_place *place, const gbx_lab_run *run, const char *program, const json_t *variant,
            const char *folder, const char *got, gbx_lab_ran *ran, gbx_sandbox_result *result, gbx_error *error)
{
    gbx_stage stage = { .python = NULL };
    char *lab = gbx_paths_join(folder, "lab", NULL);
    int status = lab == NULL ? no_memory(error) : make_lab(place, run, program, variant, lab, error);
    if (status == 0 && mkdir(got, 0700) != 0) {
        status = gbx_error_system(error, "make", got);
    }
    if (status == 0) {
        status = gbx_stage_set(&stage, place, run, program, lab, ran != NULL ? place->folder : NULL, variant, error);
    }
    if (status == 0) {
        status = drive(place, run, &stage, got, ran, result, error);
    }
    gbx_stage_clear(&stage);
    free(lab);
    return status;
}

/* The oracle's answer; what is wrong with it is the lab's, and ours to mend. */
static int
ask_oracle(const gbx_run_place *place, const gbx_lab_run *run, const char *folder, gbx_lab_ran *ran, gbx_error *error)
{
    gbx_sandbox_result result;
    char *got = gbx_paths_join(folder, "got", NULL);
    int status = got == NULL ? no_memory(error)
        : run_program(place, run, place->lab->oracle, ran->variant, folder, got, NULL, &result, error);
    free(got);
    if (status != 0) {
        return status;
    }
    ran->expected = result.end != GBX_END_EXITED || result.status != 0 ? NULL
        : json_loadb(result.out, result.out_size, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_object(ran->expected)) {
        status = gbx_error_set(error, GBX_ERROR_CHILD, "the lab's '%s' printed no JSON object: %.200s", place->lab->oracle,
                               result.err);
    }
    gbx_sandbox_result_clear(&result);
    return status;
}

static int
make(const gbx_run_place *place, const gbx_lab_run *run, const char *folder, gbx_lab_ran *ran, gbx_error *error)
{
    char *main = gbx_paths_join(folder, "main", NULL), *oracle = gbx_paths_join(folder, "oracle", NULL);
    char *got = gbx_paths_join(folder, "main", "got", NULL), *lab = gbx_paths_join(folder, "main", "lab", NULL);
    int status = main == NULL || oracle == NULL || got == NULL || lab == NULL ? no_memory(error) : 0;
    if (status == 0) {
        status = gbx_make_folder(main, 0755, error);
    }
    if (status == 0) {
        status = gbx_make_folder(oracle, 0755, error);
    }
    if (status == 0 && place->lab->oracle != NULL) {
        status = ask_oracle(place, run, oracle, ran, error);
    }
    if (status == 0) {
        status = run_program(place, run, run->harness, ran->variant, main, got, ran, &ran->result, error);
    }
    if (status == 0) {
        status = read_observed(ran, got, error);
    }
    if (status == 0) {
        status = open_trace(ran, got, lab, error);
    }
    free(main);
    free(oracle);
    free(got);
    free(lab);
    return status;
}

int
gbx_lab_run_make(const gbx_run_place *place, const gbx_lab_run *run, gbx_lab_ran *ran, gbx_error *error)
{
    char *folder = NULL;
    *ran = (gbx_lab_ran){ .trace = NULL };
    ran->variant = gbx_lab_variant(place->lab, place->seed, run);
    int status = ran->variant == NULL ? no_memory(error) : gbx_driver_temporary(&folder, error);
    if (status == 0) {
        status = make(place, run, folder, ran, error);
    }
    (void)gbx_driver_temporary_remove(&folder, NULL);
    if (status != 0) {
        gbx_lab_run_clear(ran);
    }
    return status;
}

void
gbx_lab_run_clear(gbx_lab_ran *ran)
{
    if (ran->ran) {
        gbx_sandbox_result_clear(&ran->result);
    }
    gbx_trace_close(ran->trace);
    gbx_marks_clear(&ran->marks);
    json_decref(ran->variant);
    json_decref(ran->observed);
    json_decref(ran->expected);
    json_decref(ran->witness);
    *ran = (gbx_lab_ran){ .trace = NULL };
}

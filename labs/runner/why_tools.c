/* See why_tools.h. */

#include "why_tools.h"

#include "text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TOOL_MS     120000u
#define OUTPUT_MOST (4u << 20)

static const struct {
    const char *name, *program, *package;        /* package: a set of stations/packages; NULL none */
    gbx_why_part part;
    bool runs_program;
} list[GBX_WHY_TOOLS] = {
    { "ruff", "ruff", "ruff", GBX_WHY_SOURCE, false },
    { "basedpyright", "basedpyright", "basedpyright", GBX_WHY_AST, false },
    { "dis", NULL, NULL, GBX_WHY_BYTECODE, false },
    { "py-spy", "py-spy", "py-spy", GBX_WHY_EVAL, true },
    { "py-spy --native", "py-spy", "py-spy", GBX_WHY_C, true },
    { "nsys", "nsys", NULL, GBX_WHY_SYSTEM, true },
};

/* Of a line, the instructions: the file is compiled, not run. */
static const char dis_text[] =
"import dis, sys\n"
"file, line = sys.argv[1], int(sys.argv[2])\n"
"def codes(code):\n"
"    yield code\n"
"    for each in code.co_consts:\n"
"        if hasattr(each, 'co_code'):\n"
"            yield from codes(each)\n"
"with open(file, 'rb') as source:\n"
"    code = compile(source.read(), file, 'exec', dont_inherit=True)\n"
"print(' '.join(i.opname for c in codes(code) for i in dis.get_instructions(c) if i.line_number == line))\n";

/* Remarks that have to do with cost, and with what blocks. */
#define RUFF_RULES "PERF,ASYNC,C4,B,SIM,PLW,FURB,RUF"

/* --------------------------------------------------------------------- what there is */

static char *
find_program(const char *program, const char *package, const gbx_paths *paths)
{
    char *path = NULL, *folder = NULL;
    if (package != NULL && paths != NULL && paths->root != NULL
            && asprintf(&folder, "%s-gil", package) >= 0) {
        path = gbx_paths_join(paths->root, "build", "packages", folder, "bin", program, NULL);
        free(folder);
        if (path != NULL && access(path, X_OK) == 0) {
            return path;
        }
        free(path);
        path = NULL;
    }
    return gbx_paths_program(program, &path, NULL) == 0 ? path : NULL;
}

static void
say_command(gbx_why_tool *tool, const gbx_why_options *options)
{
    const char *program = options == NULL || options->arguments[0][0] == '-' ? "PROGRAM" : options->arguments[0];
    const char *python = options == NULL ? "python" : options->python;
    switch (tool->part) {
        case GBX_WHY_SOURCE:
            snprintf(tool->command, sizeof(tool->command), "ruff check --select=" RUFF_RULES " %s", program);
            break;
        case GBX_WHY_AST:
            snprintf(tool->command, sizeof(tool->command), "basedpyright %s", program);
            break;
        case GBX_WHY_BYTECODE:
            snprintf(tool->command, sizeof(tool->command), "%s -m dis %s", python, program);
            break;
        case GBX_WHY_EVAL: case GBX_WHY_C:
            snprintf(tool->command, sizeof(tool->command), "py-spy record%s -o flames.svg -- %s %s",
                     tool->part == GBX_WHY_C ? " --native" : "", python, program);
            break;
        case GBX_WHY_SYSTEM: default:
            snprintf(tool->command, sizeof(tool->command), "nsys profile --stats=true %s %s", python, program);
            break;
    }
}

void
gbx_why_tools_find(gbx_why_tool tools[GBX_WHY_TOOLS], const gbx_paths *paths, const gbx_why_options *options)
{
    for (size_t i = 0; i < GBX_WHY_TOOLS; i++) {
        gbx_why_tool *tool = &tools[i];
        *tool = (gbx_why_tool){ .name = list[i].name, .part = list[i].part, .runs_program = list[i].runs_program };
        tool->path = list[i].program == NULL ? NULL : find_program(list[i].program, list[i].package, paths);
        tool->installed = list[i].program == NULL || tool->path != NULL;
        if (list[i].package != NULL) {
            snprintf(tool->get, sizeof(tool->get), "scripts/packages %s gil, or pip install %s", list[i].package,
                     list[i].package);
        }
        else {
            snprintf(tool->get, sizeof(tool->get), "%s", list[i].program == NULL ? "it comes with Python"
                     : "it comes with NVIDIA's CUDA toolkit");
        }
        say_command(tool, options);
    }
}

void
gbx_why_tools_clear(gbx_why_tool tools[GBX_WHY_TOOLS])
{
    for (size_t i = 0; i < GBX_WHY_TOOLS; i++) {
        free(tools[i].path);
        tools[i].path = NULL;
    }
}

gbx_why_tool *
gbx_why_tool_of(gbx_why_tool tools[GBX_WHY_TOOLS], gbx_why_part part)
{
    for (size_t i = 0; i < GBX_WHY_TOOLS; i++) {
        if (tools[i].part == part) {
            return &tools[i];
        }
    }
    return &tools[0];
}

/* ------------------------------------------------------------------- what they say */

/* One line of it, fit for a terminal. */
static void
take_line(const char *text, size_t length, char *says, size_t size)
{
    size_t used = 0;
    for (size_t i = 0; i < length && text[i] != '\n' && used + 1 < size; i++) {
        says[used++] = iscntrl((unsigned char)text[i]) ? ' ' : text[i];
    }
    says[used] = '\0';
    gbx_text_mend(says);
}

/* Of py-spy's raw format, "frame;frame;frame COUNT" a line: the innermost frame that most samples found. */
void
gbx_why_read_samples(const char *text, char *says, size_t size)
{
    typedef struct {
        const char *frame;
        size_t length;
        unsigned long count;
    } leaf;
    leaf leaves[256];
    size_t used = 0;
    unsigned long all = 0;
    says[0] = '\0';
    for (const char *line = text; *line != '\0';) {
        size_t length = strcspn(line, "\n"), end = length;
        while (end > 0 && line[end - 1] != ' ') {
            end--;
        }
        size_t start = end;
        while (start > 0 && line[start - 1] != ';') {
            start--;
        }
        unsigned long count = end == 0 ? 0 : strtoul(line + end, NULL, 10);
        leaf this = { line + start, end > start ? end - start - 1 : 0, count < 1000000000ul ? count : 0 };
        size_t i = 0;
        while (i < used && (leaves[i].length != this.length
                            || strncmp(leaves[i].frame, this.frame, this.length) != 0)) {
            i++;
        }
        if (i < used) {
            leaves[i].count += this.count;
        }
        else if (used < sizeof(leaves) / sizeof(leaves[0])) {
            leaves[used++] = this;
        }
        all += this.count;
        line += length + (line[length] == '\n');
    }
    const leaf *most = used == 0 ? NULL : &leaves[0];
    for (size_t i = 1; i < used; i++) {
        most = leaves[i].count > most->count ? &leaves[i] : most;
    }
    if (most != NULL && all > 0 && size > 40) {
        take_line(most->frame, most->length, says, size - 40);
        size_t length = strlen(says);
        snprintf(says + length, size - length, ": %.0f%% of %lu samples",
                 100.0 * (double)most->count / (double)all, all);
    }
}

/* Of "file:LINE:COLUMN: remark" a line: the first remark on the line, else how many there are. */
void
gbx_why_read_remarks(const char *text, int line, char *says, size_t size)
{
    unsigned remarks = 0;
    for (const char *at = text; *at != '\0';) {
        size_t length = strcspn(at, "\n");
        const char *colon = memchr(at, ':', length);
        const char *next = colon == NULL ? NULL : memchr(colon + 1, ':', length - (size_t)(colon + 1 - at));
        if (next != NULL && isdigit((unsigned char)colon[1])) {
            const char *remark = strchr(next + 1, ' ');
            remarks++;
            if (strtol(colon + 1, NULL, 10) == line && remark != NULL && remark < at + length) {
                take_line(remark + 1, length - (size_t)(remark + 1 - at), says, size);
                return;
            }
        }
        at += length + (at[length] == '\n');
    }
    snprintf(says, size, remarks == 0 ? "nothing to remark" : "%u remarks, none on this line", remarks);
}

/* ---------------------------------------------------------------------- asking */

typedef struct {
    const char *argv[64];
    size_t count;
} words;

static void
add(words *to, const char *word)
{
    if (to->count + 1 < sizeof(to->argv) / sizeof(to->argv[0])) {
        to->argv[to->count++] = word;
    }
}

static void
add_program(words *to, const gbx_why_options *options)
{
    add(to, options->python);
    for (size_t i = 0; options->arguments[i] != NULL; i++) {
        add(to, options->arguments[i]);
    }
}

/* A whole file, as text; NULL: it is not there. */
static char *
read_file(const char *path)
{
    FILE *from = fopen(path, "re");
    char *text = from == NULL ? NULL : calloc(1, OUTPUT_MOST + 1);
    if (text != NULL && fread(text, 1, OUTPUT_MOST, from) == 0) {
        free(text);
        text = NULL;
    }
    if (from != NULL) {
        fclose(from);
    }
    return text;
}

static void
run(gbx_why_tool *tool, const words *these, const char *output, int line)
{
    gbx_driver_result result = { .exited = false };
    gbx_error error = { 0, "" };
    char *file = NULL;
    if (gbx_driver_run(&(gbx_driver_options){ .argv = these->argv, .timeout_ms = TOOL_MS }, &result, &error) != 0) {
        snprintf(tool->says, sizeof(tool->says), "%.190s", error.message);
        return;
    }
    switch (tool->part) {
        case GBX_WHY_SOURCE: case GBX_WHY_AST:
            gbx_why_read_remarks(result.out, line, tool->says, sizeof(tool->says));
            break;
        case GBX_WHY_EVAL: case GBX_WHY_C:
            file = read_file(output);
            gbx_why_read_samples(file == NULL ? "" : file, tool->says, sizeof(tool->says));
            free(file);
            break;
        default:
            take_line(result.out, result.out_size, tool->says, sizeof(tool->says));
            break;
    }
    if (tool->says[0] == '\0') {
        snprintf(tool->says, sizeof(tool->says), "nothing: it %s",
                 gbx_driver_explain(&result, (char[80]){ "" }, 80));
    }
    gbx_driver_result_clear(&result);
}

void
gbx_why_tool_ask(gbx_why_tool *tool, const gbx_why_options *options, const char *file, int line)
{
    words these = { .count = 0 };
    gbx_error error = { 0, "" };
    char *folder = NULL, *output = NULL, number[16];
    if (!tool->installed || tool->says[0] != '\0' || gbx_driver_temporary(&folder, &error) != 0) {
        return;
    }
    output = gbx_paths_join(folder, "output", NULL);
    snprintf(number, sizeof(number), "%d", line);
    if (tool->part == GBX_WHY_SOURCE) {
        add(&these, tool->path);
        add(&these, "check"), add(&these, "--quiet"), add(&these, "--isolated"), add(&these, "--no-cache");
        add(&these, "--output-format=concise"), add(&these, "--select=" RUFF_RULES), add(&these, file);
    }
    else if (tool->part == GBX_WHY_AST) {
        add(&these, tool->path), add(&these, file);
    }
    else if (tool->part == GBX_WHY_BYTECODE) {
        add(&these, options->python), add(&these, "-I"), add(&these, "-c"), add(&these, dis_text);
        add(&these, file), add(&these, number);
    }
    else if (tool->part == GBX_WHY_SYSTEM) {
        add(&these, tool->path), add(&these, "profile"), add(&these, "--stats=true"), add(&these, "-o");
        add(&these, output), add_program(&these, options);
    }
    else {
        add(&these, tool->path), add(&these, "record");
        if (tool->part == GBX_WHY_C) {
            add(&these, "--native");
        }
        add(&these, "-r"), add(&these, "200"), add(&these, "-f"), add(&these, "raw"), add(&these, "-o");
        add(&these, output), add(&these, "--"), add_program(&these, options);
    }
    if (output != NULL) {
        run(tool, &these, output, line);
    }
    free(output);
    gbx_driver_temporary_remove(&folder, NULL);
}

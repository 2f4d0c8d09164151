/* Addresses to C functions, by elfutils' libdw.

   An executable is opened at the first address that is asked for in it and kept: its sections are
   mapped, so only the compilation units that are looked at are ever read.  Answers are kept in a small
   table, since a trace asks for the same few addresses again and again; text is copied once, freed of
   control characters, and lives as long as the gbx_symbols.

   The file may be anything that somebody put there; libdw checks what it reads, and this file must not
   take a count, an index or a string from it unchecked. */

#include "symbols.h"
#include "images.h"

#include <dwarf.h>                // DW_TAG_..., DW_AT_...
#include <elfutils/libdw.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ANSWERS 1024              /* slots; an address that meets another in its slot replaces it */
#define NAMES 4096                /* slots of the table of text; more names than half are not kept */
#define IMAGES 64                 /* files kept open; traces of one run name a few */

typedef struct image {
    struct image *next;
    char *path;
    int64_t changed_ns;          /* when the file was last written, on the clock of gbx_instant */
    int fd;
    Elf *elf;                    /* NULL: not an executable that can be read */
    Dwarf *dwarf;                /* NULL: it has no debug information */
    uint64_t start;              /* link-time address of its ELF header */
    uint64_t end;                /* link-time address after its last segment */
} image;

typedef struct {
    const image *image;          /* NULL: the slot is free */
    uint64_t address;
    bool found;
    gbx_symbol symbol;
} answer;

struct gbx_symbols {
    image *images;
    answer *answers;
    char **names;
    size_t name_count;
};

/* -------------------------------------------------------------------- text */

static uint64_t
hash_bytes(const char *text, size_t length)
{
    uint64_t hash = 1469598103934665603u;
    for (size_t i = 0; i < length; i++) {
        hash = (hash ^ (unsigned char)text[i]) * 1099511628211u;
    }
    return hash;
}

static bool
equals(const char *name, const char *clean, size_t length)
{
    return strlen(name) == length && memcmp(name, clean, length) == 0;
}

/* A copy that lives as long as `symbols`, or NULL.  What is not printable ASCII is shown as '?': no
   compiler writes such a name for C. */
static const char *
keep_text(gbx_symbols *symbols, const char *text)
{
    char clean[512];
    size_t length = 0;
    for (; text[length] != '\0' && length < sizeof(clean) - 1; length++) {
        clean[length] = text[length] >= ' ' && text[length] <= '~' ? text[length] : '?';
    }
    clean[length] = '\0';
    size_t slot = hash_bytes(clean, length) % NAMES;
    while (symbols->names[slot] != NULL) {
        if (equals(symbols->names[slot], clean, length)) {
            return symbols->names[slot];
        }
        slot = (slot + 1) % NAMES;
    }
    if (symbols->name_count >= NAMES / 2) {
        return NULL;
    }
    symbols->names[slot] = strdup(clean);
    symbols->name_count += symbols->names[slot] != NULL;
    return symbols->names[slot];
}

/* The part of a source file's path that lies in CPython's tree: "../../src/x/Python/ceval.c" is
   "Python/ceval.c".  What lies elsewhere stays as it is, less the steps up in front. */
static const char *
tree_path(const char *path)
{
    static const char *const folders[] = {
        "Python/", "Objects/", "Modules/", "Parser/", "Include/", "Programs/",
    };
    const char *found = NULL;
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        const char *at = path;
        while ((at = strstr(at, folders[i])) != NULL) {
            if ((at == path || at[-1] == '/') && at > found) {
                found = at;
            }
            at++;
        }
    }
    if (found != NULL) {
        return found;
    }
    for (;;) {
        if (strncmp(path, "../", 3) == 0) {
            path += 3;
        }
        else if (strncmp(path, "./", 2) == 0) {
            path += 2;
        }
        else {
            return path;
        }
    }
}

/* --------------------------------------------------------------- executables */

static int
machine_here(void)
{
#if defined(__x86_64__)
    return EM_X86_64;
#elif defined(__aarch64__)
    return EM_AARCH64;
#elif defined(__riscv)
    return EM_RISCV;
#elif defined(__powerpc64__)
    return EM_PPC64;
#elif defined(__s390x__)
    return EM_S390;
#elif defined(__i386__)
    return EM_386;
#elif defined(__arm__)
    return EM_ARM;
#else
    return -1;
#endif
}

/* The range of addresses that the program's segments cover when it is linked. */
static bool
read_range(image *it)
{
    size_t count;
    GElf_Phdr segment;
    if (elf_getphdrnum(it->elf, &count) != 0 || count > 4096) {
        return false;
    }
    it->start = UINT64_MAX;
    for (size_t i = 0; i < count; i++) {
        if (gelf_getphdr(it->elf, (int)i, &segment) == NULL) {
            return false;
        }
        if (segment.p_type != PT_LOAD || segment.p_vaddr > UINT64_MAX - segment.p_memsz) {
            continue;
        }
        if (segment.p_offset == 0 && segment.p_vaddr < it->start) {
            it->start = segment.p_vaddr;
        }
        if (segment.p_vaddr + segment.p_memsz > it->end) {
            it->end = segment.p_vaddr + segment.p_memsz;
        }
    }
    return it->start < it->end;
}

static bool
is_program(Elf *elf)
{
    GElf_Ehdr header;
    return elf != NULL && elf_kind(elf) == ELF_K_ELF && gelf_getehdr(elf, &header) != NULL
        && header.e_machine == machine_here()
        && (header.e_type == ET_EXEC || header.e_type == ET_DYN);
}

/* Opens what a trace names: so no device, pipe or folder, and no waiting for one. */
static void
open_image(image *it)
{
    struct stat status;
    it->fd = open(it->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (it->fd < 0 || fstat(it->fd, &status) < 0 || !S_ISREG(status.st_mode)) {
        return;
    }
    it->changed_ns = (int64_t)status.st_mtim.tv_sec * 1000000000 + status.st_mtim.tv_nsec;
    elf_version(EV_CURRENT);
    Elf *elf = elf_begin(it->fd, ELF_C_READ_MMAP, NULL);
    if (is_program(elf)) {
        it->elf = elf;
        if (read_range(it)) {
            it->dwarf = dwarf_begin_elf(elf, DWARF_C_READ, NULL);
            return;
        }
        it->elf = NULL;
    }
    elf_end(elf);
}

static void
close_image(image *it)
{
    dwarf_end(it->dwarf);
    elf_end(it->elf);
    if (it->fd >= 0) {
        close(it->fd);
    }
    free(it->path);
    free(it);
}

static const image *
find_image(gbx_symbols *symbols, const char *path)
{
    size_t count = 0;
    for (image *it = symbols->images; it != NULL; it = it->next, count++) {
        if (strcmp(it->path, path) == 0) {
            return it;
        }
    }
    image *it = count < IMAGES ? calloc(1, sizeof(*it)) : NULL;
    if (it == NULL || (it->path = strdup(path)) == NULL) {
        free(it);
        return NULL;
    }
    it->fd = -1;
    open_image(it);
    it->next = symbols->images;
    symbols->images = it;
    return it;
}

/* ------------------------------------------------------------------- look-up */

/* The function whose symbol covers the address, where there is no debug information. */
static bool
find_in_table(gbx_symbols *symbols, const image *it, uint64_t address, gbx_symbol *out)
{
    Elf_Scn *section = NULL;
    GElf_Shdr header;
    const char *best = NULL;
    while ((section = elf_nextscn(it->elf, section)) != NULL) {
        if (gelf_getshdr(section, &header) == NULL || header.sh_entsize == 0 ||
            (header.sh_type != SHT_SYMTAB && header.sh_type != SHT_DYNSYM)) {
            continue;
        }
        Elf_Data *data = elf_getdata(section, NULL);
        GElf_Sym symbol;
        for (int i = 0; best == NULL && data != NULL && gelf_getsym(data, i, &symbol) != NULL; i++) {
            if (GELF_ST_TYPE(symbol.st_info) == STT_FUNC && address >= symbol.st_value &&
                address - symbol.st_value < symbol.st_size) {
                best = elf_strptr(it->elf, header.sh_link, symbol.st_name);
            }
        }
    }
    if (best == NULL || best[0] == '\0') {
        return false;
    }
    char name[256];              /* less what compilers add to a copy of it: "deopt.constprop.0" */
    snprintf(name, sizeof(name), "%s", best);
    name[1 + strcspn(name + 1, ".")] = '\0';
    out->levels[0] = (gbx_symbol_level){ .function = keep_text(symbols, name) };
    out->depth = 1;
    return out->levels[0].function != NULL;
}

/* File and line at which an inlined function was called. */
static void
read_call_site(gbx_symbols *symbols, Dwarf_Die *unit, Dwarf_Die *inlined, gbx_symbol_level *caller)
{
    Dwarf_Attribute attribute;
    Dwarf_Word line, file;
    Dwarf_Files *files;
    size_t count;
    if (dwarf_formudata(dwarf_attr(inlined, DW_AT_call_line, &attribute), &line) == 0 &&
        line < 10000000) {
        caller->line = (int)line;
    }
    if (dwarf_formudata(dwarf_attr(inlined, DW_AT_call_file, &attribute), &file) == 0 &&
        dwarf_getsrcfiles(unit, &files, &count) == 0 && file < count) {
        const char *name = dwarf_filesrc(files, file, NULL, NULL);
        caller->file = name == NULL ? NULL : keep_text(symbols, tree_path(name));
    }
}

static void
read_line(gbx_symbols *symbols, Dwarf_Die *unit, uint64_t address, gbx_symbol_level *level)
{
    Dwarf_Line *line = dwarf_getsrc_die(unit, address);
    int number;
    if (line == NULL) {
        return;
    }
    const char *name = dwarf_linesrc(line, NULL, NULL);
    if (dwarf_lineno(line, &number) == 0 && number > 0) {
        level->line = number;
    }
    level->file = name == NULL ? NULL : keep_text(symbols, tree_path(name));
}

/* Writes the functions among `dies`, innermost first.  Where there are more than fit, the last is kept
   free for the one whose machine code it is. */
static void
fill_levels(gbx_symbols *symbols, Dwarf_Die *unit, Dwarf_Die *dies, int count, gbx_symbol *out)
{
    for (int i = 0; i < count; i++) {
        int tag = dwarf_tag(&dies[i]);
        bool inlined = tag == DW_TAG_inlined_subroutine;
        if (!inlined && tag != DW_TAG_subprogram) {
            continue;
        }
        const char *name = dwarf_diename(&dies[i]);
        size_t at = out->depth < GBX_SYMBOL_LEVELS ? out->depth : GBX_SYMBOL_LEVELS - 1;
        gbx_symbol_level *level = &out->levels[at];
        level->function = name == NULL ? NULL : keep_text(symbols, name);
        if (level->function == NULL) {
            level->function = "?";
        }
        out->depth = at + 1;
        if (!inlined) {
            return;
        }
        gbx_symbol_level *caller =
            &out->levels[at + 1 < GBX_SYMBOL_LEVELS ? at + 1 : GBX_SYMBOL_LEVELS - 1];
        *caller = (gbx_symbol_level){ .function = "?" };
        read_call_site(symbols, unit, &dies[i], caller);
    }
}

static bool
find_in_debug_info(gbx_symbols *symbols, const image *it, uint64_t address, gbx_symbol *out)
{
    Dwarf_Die unit;
    Dwarf_Die *scopes = NULL;
    Dwarf_Die *nesting = NULL;
    if (it->dwarf == NULL || dwarf_addrdie(it->dwarf, address, &unit) == NULL) {
        return false;
    }
    int count = dwarf_getscopes(&unit, address, &scopes);
    if (count > 0) {
        count = dwarf_getscopes_die(&scopes[0], &nesting);
    }
    if (count > 0) {
        read_line(symbols, &unit, address, &out->levels[0]);
        fill_levels(symbols, &unit, nesting, count, out);
    }
    free(nesting);
    free(scopes);
    return out->depth > 0;
}

/* A program that was linked anew after the trace began may have anything at the address. */
static bool
was_this_file(const image *it, const gbx_header *header)
{
    return header->start.realtime_ns == 0 || header->start.realtime_ns > INT64_MAX ||
        it->changed_ns <= (int64_t)header->start.realtime_ns;
}

/* Known already, or found now. */
static bool
look_up(gbx_symbols *symbols, const image *it, uint64_t address, gbx_symbol *out)
{
    answer *slot = &symbols->answers[(address * 0x9e3779b97f4a7c15u >> 32) % ANSWERS];
    if (slot->image != it || slot->address != address) {
        *slot = (answer){ .image = it, .address = address };
        slot->found = find_in_debug_info(symbols, it, address, &slot->symbol)
            || find_in_table(symbols, it, address, &slot->symbol);
    }
    *out = slot->symbol;
    return slot->found;
}

bool
gbx_symbols_find(gbx_symbols *symbols, const gbx_process *process, uint64_t pc, gbx_symbol *out)
{
    const gbx_header *header = process->header;
    *out = (gbx_symbol){ .depth = 0 };
    if (header->executable[0] != '/' || pc <= header->load_base) {
        return false;
    }
    const image *it = find_image(symbols, header->executable);
    if (it == NULL || it->elf == NULL || !was_this_file(it, header) ||
        pc - header->load_base > it->end - it->start) {
        return false;
    }
    return look_up(symbols, it, pc - header->load_base + it->start - 1, out);
}

/* Where the linker put what lies at an offset of the file; 0: in no segment. */
static uint64_t
linked_at(const image *it, uint64_t offset)
{
    size_t count;
    GElf_Phdr segment;
    if (elf_getphdrnum(it->elf, &count) != 0 || count > 4096) {
        return 0;
    }
    for (size_t i = 0; i < count; i++) {
        if (gelf_getphdr(it->elf, (int)i, &segment) != NULL && segment.p_type == PT_LOAD &&
            offset >= segment.p_offset && offset - segment.p_offset < segment.p_filesz) {
            return segment.p_vaddr + (offset - segment.p_offset);
        }
    }
    return 0;
}

bool
gbx_symbols_find_anywhere(gbx_symbols *symbols, const gbx_trace *trace, uint32_t process, uint64_t pc,
                          gbx_symbol *out)
{
    gbx_image where;
    const gbx_process *of = gbx_trace_process(trace, process);
    if (gbx_symbols_find(symbols, of, pc, out)) {
        return true;
    }
    if (!gbx_image_at(trace, process, pc - 1, &where)) {
        return false;
    }
    const image *it = find_image(symbols, where.path);
    uint64_t address = it == NULL || it->elf == NULL || !was_this_file(it, of->header)
        ? 0 : linked_at(it, pc - 1 - where.start + where.offset);
    return address != 0 && look_up(symbols, it, address, out);
}

/* -------------------------------------------------------------- new and free */

gbx_symbols *
gbx_symbols_new(void)
{
    gbx_symbols *symbols = calloc(1, sizeof(*symbols));
    if (symbols == NULL) {
        return NULL;
    }
    symbols->answers = calloc(ANSWERS, sizeof(*symbols->answers));
    symbols->names = calloc(NAMES, sizeof(*symbols->names));
    if (symbols->answers == NULL || symbols->names == NULL) {
        gbx_symbols_free(symbols);
        return NULL;
    }
    return symbols;
}

void
gbx_symbols_free(gbx_symbols *symbols)
{
    if (symbols == NULL) {
        return;
    }
    for (image *it = symbols->images, *next; it != NULL; it = next) {
        next = it->next;
        close_image(it);
    }
    for (size_t i = 0; symbols->names != NULL && i < NAMES; i++) {
        free(symbols->names[i]);
    }
    free(symbols->names);
    free(symbols->answers);
    free(symbols);
}

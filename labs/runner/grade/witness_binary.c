/* Witness, the interpreter's file: its probes, and which code is the recorder's.

   Everything comes from the file that the instructor trusts, and nothing from the process.  The recorder's functions are those of
   its own source files, as the symbol table has them; a binary without one has nothing to offer.

   It must not look into a process. */

#include "witness_internal.h"

#include <fcntl.h>
#include <gelf.h>
#include <limits.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define LAYOUT_MOST 32

struct gbx_binary {
    char path[PATH_MAX];
    uint64_t device, inode;
    int fd;
    Elf *elf;
    gbx_unwind *unwind;
    const unsigned char *bytes;
    size_t size;
    uint64_t code_start, code_end, code_offset;
    uint64_t headers;
    gbx_probe_place *probes;
    size_t probe_count;
    gbx_recorder_function *functions;
    size_t function_count;
    unsigned char *expected[2];      /* the code in a process: without and with jumps at the sites of references */
    uint64_t layout[LAYOUT_MOST];
    gbx_binary_data data;
};

static int
missing(gbx_error *error, const char *path, const char *what)
{
    return gbx_error_set(error, GBX_ERROR_MISSING, "'%s' %s: build the interpreter anew (make gil)", path, what);
}

/* -------------------------------------------------------------------- sections */

/* Bytes of a section of the file; NULL: there is none. */
static const unsigned char *
section(const gbx_binary *binary, const char *name, size_t *size, uint64_t *address)
{
    size_t names;
    Elf_Scn *scn = NULL;
    if (elf_getshdrstrndx(binary->elf, &names) != 0) {
        return NULL;
    }
    while ((scn = elf_nextscn(binary->elf, scn)) != NULL) {
        GElf_Shdr header;
        const char *is = gelf_getshdr(scn, &header) == NULL ? NULL : elf_strptr(binary->elf, names, header.sh_name);
        if (is != NULL && strcmp(is, name) == 0 && header.sh_type != SHT_NOBITS &&
            header.sh_offset <= binary->size && header.sh_size <= binary->size - header.sh_offset) {
            *size = header.sh_size;
            *address = header.sh_addr;
            return binary->bytes + header.sh_offset;
        }
    }
    return NULL;
}

static int
register_number(const char *text)
{
    static const char *const names[] = {
        "rax", "rdx", "rcx", "rbx", "rsi", "rdi", "rbp", "rsp", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
    };
    text += *text == '%';
    for (int i = 0; i < (int)(sizeof(names) / sizeof(names[0])); i++) {
        if (strcmp(text, names[i]) == 0) {
            return i;
        }
    }
    return -1;
}

static int
by_address(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

static int
read_probes(gbx_binary *binary, gbx_error *error)
{
    size_t size;
    uint64_t at;
    const unsigned char *bytes = section(binary, GBX_PROBE_SECTION, &size, &at);
    if (bytes == NULL || size == 0 || size % GBX_PROBE_ENTRY != 0) {
        return missing(error, binary->path, "has no places to watch");
    }
    binary->probes = calloc(size / GBX_PROBE_ENTRY, sizeof(*binary->probes));
    if (binary->probes == NULL) {
        return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    for (; binary->probe_count < size / GBX_PROBE_ENTRY; binary->probe_count++, bytes += GBX_PROBE_ENTRY) {
        gbx_probe_place *place = &binary->probes[binary->probe_count];
        uint64_t kind;
        char text[GBX_PROBE_ENTRY - 16 + 1] = "";
        memcpy(&place->address, bytes, 8);
        memcpy(&kind, bytes + 8, 8);
        memcpy(text, bytes + 16, GBX_PROBE_ENTRY - 16);
        place->kind = (enum gbx_probe)kind;
        place->reg = register_number(text);
        place->stack = 128;
        const unsigned char *code = gbx_binary_code(binary, place->address, 1);
        if (kind < GBX_PROBE_RECORD || kind > GBX_PROBE_PATCHED || place->reg < 0 || code == NULL || *code != 0x90) {
            return missing(error, binary->path, "has places to watch that this program does not know");
        }
    }
    qsort(binary->probes, binary->probe_count, sizeof(*binary->probes), by_address);
    return 0;
}

static int
read_layout(gbx_binary *binary, gbx_error *error)
{
    size_t size;
    uint64_t at, pair[2];
    const unsigned char *bytes = section(binary, GBX_LAYOUT_SECTION, &size, &at);
    unsigned found = 0;
    for (size_t i = 0; bytes != NULL && i + sizeof(pair) <= size; i += sizeof(pair)) {
        memcpy(pair, bytes + i, sizeof(pair));
        if (pair[0] < LAYOUT_MOST) {
            binary->layout[pair[0]] = pair[1];
            found |= 1u << pair[0];
        }
    }
    unsigned all = (2u << GBX_LAYOUT_OWNER_C_STACK) - 2;
    return (found & all) == all ? 0 : missing(error, binary->path, "does not say where its frames lie");
}

/* The code as it will be in a process.  A site of glassbox_refs.h is two distances, each from its own place: to the instruction
   and to the stub that a jump over it leads to. */
static int
expect(gbx_binary *binary, gbx_error *error)
{
    size_t size = 0, length = (size_t)(binary->code_end - binary->code_start);
    uint64_t at = 0;
    const unsigned char *bytes = section(binary, "glassbox_sites", &size, &at);
    for (int i = 0; i < 2; i++) {
        binary->expected[i] = malloc(length);
        if (binary->expected[i] == NULL) {
            return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
        }
        memcpy(binary->expected[i], binary->bytes + binary->code_offset, length);
        for (size_t n = 0; n < binary->probe_count; n++) {
            binary->expected[i][binary->probes[n].address - binary->code_start] = 0xcc;
        }
    }
    for (size_t i = 0; bytes != NULL && i + 8 <= size; i += 8) {
        int32_t apart[2], jump;
        memcpy(apart, bytes + i, sizeof(apart));
        uint64_t site = at + i + (uint64_t)(int64_t)apart[0], stub = at + i + 4 + (uint64_t)(int64_t)apart[1];
        if (gbx_binary_code(binary, site, 5) == NULL) {
            return missing(error, binary->path, "has places for reference operations outside its code");
        }
        jump = (int32_t)(stub - (site + 5));
        binary->expected[1][site - binary->code_start] = 0xe9;
        memcpy(binary->expected[1] + (site - binary->code_start) + 1, &jump, sizeof(jump));
    }
    return 0;
}

/* --------------------------------------------------------------------- symbols */

static void
note_symbol(gbx_binary *binary, const char *name, const GElf_Sym *symbol, const char *file)
{
    bool local = GELF_ST_BIND(symbol->st_info) == STB_LOCAL;
    if (GELF_ST_TYPE(symbol->st_info) == STT_OBJECT) {
        uint64_t *to = strcmp(name, "_PyGlassbox_mask") == 0 ? &binary->data.mask
            : strcmp(name, "_PyGlassbox_recorder") == 0 ? &binary->data.recorder
            : strcmp(name, "_PyRuntime") == 0 ? &binary->data.runtime : NULL;
        if (to != NULL) {
            *to = symbol->st_value;
        }
        return;
    }
    /* Hidden ones are local after the last link, and no longer say whose file they were in. */
    bool ours = strncmp(name, "_PyGlassbox_", 12) == 0 || (local && strncmp(file, "glassbox", 8) == 0);
    /* The stubs are written in assembler, and have no type and no size: up to the next symbol, 256 bytes at most. */
    if (!ours || (GELF_ST_TYPE(symbol->st_info) != STT_FUNC && strstr(name, "Stub") == NULL) || symbol->st_shndx == SHN_UNDEF) {
        return;
    }
    gbx_recorder_function *function = &binary->functions[binary->function_count++];
    function->start = symbol->st_value;
    function->end = symbol->st_value + symbol->st_size;
    function->visits = local && (strcmp(file, "glassbox_census.c") == 0 || strcmp(file, "glassbox_found.c") == 0);
    function->wraps = function->visits || (local && strcmp(file, "glassbox_import.c") == 0);
    function->told = local && (strncmp(name, "thread_ends", 11) == 0 || strncmp(name, "at_fork_child", 13) == 0);
}

static void
end_functions(gbx_binary *binary)
{
    qsort(binary->functions, binary->function_count, sizeof(*binary->functions), by_address);
    for (size_t i = 0; i < binary->function_count; i++) {
        gbx_recorder_function *it = &binary->functions[i];
        if (it->end == it->start) {
            uint64_t next = i + 1 < binary->function_count ? it[1].start : it->start + 256;
            it->end = next - it->start > 256 ? it->start + 256 : next;
        }
    }
}

static int
read_symbols(gbx_binary *binary, gbx_error *error)
{
    Elf_Scn *scn = NULL;
    GElf_Shdr header = {0};
    while ((scn = elf_nextscn(binary->elf, scn)) != NULL) {
        if (gelf_getshdr(scn, &header) != NULL && header.sh_type == SHT_SYMTAB) {
            break;
        }
    }
    Elf_Data *data = scn == NULL ? NULL : elf_getdata(scn, NULL);
    if (data == NULL || header.sh_entsize == 0) {
        return missing(error, binary->path, "was stripped of its symbols");
    }
    size_t count = header.sh_size / header.sh_entsize;
    const char *file = "";
    binary->functions = calloc(count + 1, sizeof(*binary->functions));
    if (binary->functions == NULL) {
        return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    for (size_t i = 0; i < count; i++) {
        GElf_Sym symbol;
        const char *name = gelf_getsym(data, (int)i, &symbol) == NULL
            ? NULL : elf_strptr(binary->elf, header.sh_link, symbol.st_name);
        if (name == NULL) {
            continue;
        }
        if (GELF_ST_TYPE(symbol.st_info) == STT_FILE) {
            file = name;
            continue;
        }
        note_symbol(binary, name, &symbol, file);
    }
    end_functions(binary);
    if (binary->data.mask == 0 || binary->data.recorder == 0 || binary->data.runtime == 0) {
        return missing(error, binary->path, "has no recorder");
    }
    return 0;
}

/* --------------------------------------------------------------------- opening */

static int
read_segments(gbx_binary *binary, gbx_error *error)
{
    GElf_Ehdr header;
    size_t count;
    if (gelf_getehdr(binary->elf, &header) == NULL || header.e_machine != EM_X86_64 ||
        elf_getphdrnum(binary->elf, &count) != 0) {
        return missing(error, binary->path, "is no program for x86-64");
    }
    for (size_t i = 0; i < count; i++) {
        GElf_Phdr part;
        if (gelf_getphdr(binary->elf, (int)i, &part) == NULL || part.p_type != PT_LOAD) {
            continue;
        }
        if (part.p_offset == 0) {
            binary->headers = part.p_vaddr + header.e_phoff;
        }
        if ((part.p_flags & PF_X) && part.p_offset <= binary->size && part.p_filesz <= binary->size - part.p_offset) {
            binary->code_start = part.p_vaddr;
            binary->code_end = part.p_vaddr + part.p_filesz;
            binary->code_offset = part.p_offset;
        }
    }
    return binary->code_end > binary->code_start ? 0 : missing(error, binary->path, "has no code");
}

static int
open_file(gbx_binary *binary, gbx_error *error)
{
    struct stat status;
    binary->fd = open(binary->path, O_RDONLY | O_CLOEXEC);
    if (binary->fd < 0 || fstat(binary->fd, &status) < 0) {
        return gbx_error_system(error, "open", binary->path);
    }
    binary->device = (uint64_t)status.st_dev;
    binary->inode = (uint64_t)status.st_ino;
    binary->size = (size_t)status.st_size;
    void *bytes = mmap(NULL, binary->size, PROT_READ, MAP_PRIVATE, binary->fd, 0);
    if (bytes == MAP_FAILED) {
        return gbx_error_system(error, "map", binary->path);
    }
    binary->bytes = bytes;
    elf_version(EV_CURRENT);
    binary->elf = elf_begin(binary->fd, ELF_C_READ_MMAP, NULL);
    if (binary->elf == NULL || elf_kind(binary->elf) != ELF_K_ELF) {
        return missing(error, binary->path, "is no program");
    }
    return 0;
}

int
gbx_binary_open(gbx_binary **out, const char *path, gbx_error *error)
{
    gbx_binary *binary = calloc(1, sizeof(*binary));
    if (binary == NULL) {
        return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    binary->fd = -1;
    int result = realpath(path, binary->path) == NULL ? gbx_error_system(error, "open", path) : open_file(binary, error);
    if (result == 0) {
        result = read_segments(binary, error);
    }
    if (result == 0) {
        result = read_probes(binary, error);
    }
    if (result == 0) {
        result = read_layout(binary, error);
    }
    if (result == 0) {
        result = expect(binary, error);
    }
    if (result == 0) {
        result = read_symbols(binary, error);
    }
    if (result == 0 && (binary->unwind = gbx_unwind_new(binary->elf)) == NULL) {
        result = missing(error, binary->path, "does not say how to unwind its calls");
    }
    if (result != 0) {
        gbx_binary_close(binary);
        return result;
    }
    *out = binary;
    return 0;
}

void
gbx_binary_close(gbx_binary *binary)
{
    if (binary == NULL) {
        return;
    }
    gbx_unwind_free(binary->unwind);
    if (binary->elf != NULL) {
        elf_end(binary->elf);
    }
    if (binary->bytes != NULL) {
        munmap((void *)(uintptr_t)binary->bytes, binary->size);
    }
    if (binary->fd >= 0) {
        close(binary->fd);
    }
    free(binary->probes);
    free(binary->functions);
    free(binary->expected[0]);
    free(binary->expected[1]);
    free(binary);
}

/* ------------------------------------------------------------------- questions */

gbx_probe_place *
gbx_binary_probes(gbx_binary *binary, size_t *count)
{
    *count = binary->probe_count;
    return binary->probes;
}

gbx_probe_place *
gbx_binary_probe_at(gbx_binary *binary, uint64_t address)
{
    return bsearch(&address, binary->probes, binary->probe_count, sizeof(*binary->probes), by_address);
}

const gbx_recorder_function *
gbx_binary_recorder_at(const gbx_binary *binary, uint64_t address)
{
    size_t low = 0, high = binary->function_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (binary->functions[middle].start <= address) {
            low = middle + 1;
        }
        else {
            high = middle;
        }
    }
    return low > 0 && address < binary->functions[low - 1].end ? &binary->functions[low - 1] : NULL;
}

const unsigned char *
gbx_binary_code(const gbx_binary *binary, uint64_t address, size_t size)
{
    if (address < binary->code_start || address > binary->code_end || size > binary->code_end - address) {
        return NULL;
    }
    return binary->bytes + binary->code_offset + (address - binary->code_start);
}

void
gbx_binary_code_range(const gbx_binary *binary, uint64_t *start, uint64_t *end)
{
    *start = binary->code_start;
    *end = binary->code_end;
}

const unsigned char *
gbx_binary_expected(const gbx_binary *binary, uint64_t address, size_t size, bool jumps)
{
    if (gbx_binary_code(binary, address, size) == NULL) {
        return NULL;
    }
    return binary->expected[jumps] + (address - binary->code_start);
}

uint64_t gbx_binary_layout(const gbx_binary *binary, enum gbx_layout what) { return binary->layout[what]; }
uint64_t gbx_binary_headers(const gbx_binary *binary) { return binary->headers; }
const gbx_binary_data *gbx_binary_data_of(const gbx_binary *binary) { return &binary->data; }

const gbx_unwind_rule *
gbx_binary_rule(gbx_binary *binary, uint64_t address)
{
    return gbx_unwind_at(binary->unwind, address);
}

bool
gbx_binary_is(const gbx_binary *binary, uint64_t device, uint64_t inode)
{
    return device == binary->device && inode == binary->inode;
}

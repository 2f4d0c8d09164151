/* Witness, extension modules: is a call in one of them a call of the recorder?

   A module reaches the recorder through the linker's tables: a call of a stub of .plt, which jumps to what a slot holds, or a call
   through the slot itself.  The slot's relocation names the function.  All of it is read from the file, so what somebody
   wrote into the slot of another function does not count.

   It must not look into a process. */

#include "witness_internal.h"

#include <fcntl.h>
#include <gelf.h>
#include <sys/mman.h>
#include <sys/stat.h>

typedef struct {
    uint64_t offset, address, size;  /* in the file, as linked */
} code_part;

struct gbx_module {
    int fd;
    Elf *elf;
    const unsigned char *bytes;
    size_t size;
    code_part code[4];
    size_t code_count;
    uint64_t *slots;                 /* of the recorder's functions, sorted */
    size_t slot_count;
};

static int
by_value(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

static void
read_relocations(gbx_module *module, Elf_Scn *scn, const GElf_Shdr *header)
{
    Elf_Data *data = elf_getdata(scn, NULL);
    Elf_Scn *symbols = elf_getscn(module->elf, header->sh_link);
    GElf_Shdr table;
    Elf_Data *names = symbols == NULL || gelf_getshdr(symbols, &table) == NULL ? NULL : elf_getdata(symbols, NULL);
    size_t count = data == NULL || names == NULL || header->sh_entsize == 0 ? 0 : header->sh_size / header->sh_entsize;
    uint64_t *grown = realloc(module->slots, (module->slot_count + count + 1) * sizeof(*grown));
    if (grown == NULL) {
        return;
    }
    module->slots = grown;
    for (size_t i = 0; i < count; i++) {
        GElf_Rela entry;
        GElf_Sym symbol;
        if (gelf_getrela(data, (int)i, &entry) == NULL || gelf_getsym(names, (int)GELF_R_SYM(entry.r_info), &symbol) == NULL) {
            continue;
        }
        const char *name = elf_strptr(module->elf, table.sh_link, symbol.st_name);
        if (name != NULL && strncmp(name, "_PyGlassbox_", 12) == 0) {
            module->slots[module->slot_count++] = entry.r_offset;
        }
    }
}

static void
read_parts(gbx_module *module)
{
    size_t count = 0;
    Elf_Scn *scn = NULL;
    GElf_Shdr header;
    elf_getphdrnum(module->elf, &count);
    for (size_t i = 0; i < count && module->code_count < 4; i++) {
        GElf_Phdr part;
        if (gelf_getphdr(module->elf, (int)i, &part) != NULL && part.p_type == PT_LOAD && (part.p_flags & PF_X) &&
            part.p_offset <= module->size && part.p_filesz <= module->size - part.p_offset) {
            module->code[module->code_count++] = (code_part){ part.p_offset, part.p_vaddr, part.p_filesz };
        }
    }
    while ((scn = elf_nextscn(module->elf, scn)) != NULL) {
        if (gelf_getshdr(scn, &header) != NULL && header.sh_type == SHT_RELA) {
            read_relocations(module, scn, &header);
        }
    }
    qsort(module->slots, module->slot_count, sizeof(*module->slots), by_value);
}

gbx_module *
gbx_module_open(const char *path)
{
    struct stat status;
    gbx_module *module = calloc(1, sizeof(*module));
    if (module == NULL) {
        return NULL;
    }
    module->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (module->fd < 0 || fstat(module->fd, &status) < 0 || !S_ISREG(status.st_mode)) {
        gbx_module_close(module);
        return NULL;
    }
    module->size = (size_t)status.st_size;
    void *bytes = mmap(NULL, module->size, PROT_READ, MAP_PRIVATE, module->fd, 0);
    module->bytes = bytes == MAP_FAILED ? NULL : bytes;
    elf_version(EV_CURRENT);
    module->elf = module->bytes == NULL ? NULL : elf_begin(module->fd, ELF_C_READ_MMAP, NULL);
    if (module->elf == NULL || elf_kind(module->elf) != ELF_K_ELF) {
        gbx_module_close(module);
        return NULL;
    }
    read_parts(module);
    return module;
}

void
gbx_module_close(gbx_module *module)
{
    if (module == NULL) {
        return;
    }
    if (module->elf != NULL) {
        elf_end(module->elf);
    }
    if (module->bytes != NULL) {
        munmap((void *)(uintptr_t)module->bytes, module->size);
    }
    if (module->fd >= 0) {
        close(module->fd);
    }
    free(module->slots);
    free(module);
}

/* `size` bytes of code as linked at `address`, or NULL. */
static const unsigned char *
code_at(const gbx_module *module, uint64_t address, size_t size)
{
    for (size_t i = 0; i < module->code_count; i++) {
        const code_part *part = &module->code[i];
        if (address >= part->address && address - part->address <= part->size && size <= part->size - (address - part->address)) {
            return module->bytes + part->offset + (address - part->address);
        }
    }
    return NULL;
}

static uint64_t
plus_distance(uint64_t from, const unsigned char *bytes)
{
    int32_t distance;
    memcpy(&distance, bytes, sizeof(distance));
    return from + (uint64_t)(int64_t)distance;
}

static bool
is_slot(const gbx_module *module, uint64_t address)
{
    return bsearch(&address, module->slots, module->slot_count, sizeof(*module->slots), by_value) != NULL;
}

/* [endbr64] [bnd] jmp *slot(%rip) */
static bool
is_stub(const gbx_module *module, uint64_t address)
{
    const unsigned char *code = code_at(module, address, 11);
    if (code != NULL && memcmp(code, "\xf3\x0f\x1e\xfa", 4) == 0) {
        code += 4;
        address += 4;
    }
    if (code != NULL && code[0] == 0xf2) {
        code++;
        address++;
    }
    return code != NULL && code[0] == 0xff && code[1] == 0x25 && is_slot(module, plus_distance(address + 6, code + 2));
}

bool
gbx_module_calls_recorder(const gbx_module *module, uint64_t offset)
{
    for (size_t i = 0; i < module->code_count; i++) {
        const code_part *part = &module->code[i];
        if (offset < part->offset || offset - part->offset > part->size || offset - part->offset < 6) {
            continue;
        }
        uint64_t back = part->address + (offset - part->offset);
        const unsigned char *code = code_at(module, back - 6, 6);
        return code != NULL && ((code[1] == 0xe8 && is_stub(module, plus_distance(back, code + 2))) ||
                                (code[0] == 0xff && code[1] == 0x15 && is_slot(module, plus_distance(back, code + 2))));
    }
    return false;
}

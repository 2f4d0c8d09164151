/* Witness, the call chain: was the recorder called by a hook?

   From the probe outwards, through the recorder's own functions, to the first return address that is not in them.  What made that call
   has to be a hook: in the interpreter's own file a direct call of a function of the recorder, in an extension module one
   through the linker's table.  Whoever calls the recorder through a pointer (ctypes, a table of methods, a thread's start, a
   signal's handler) returns to another place.  Three doors are known besides: importlib's wrappers, which the interpreter calls
   through a pointer; the census of objects, which every type calls that has objects; and a fork and the end of a thread, which the C
   library tells.

   Return addresses once found good are remembered.  Code is read from files, the stack from the process. */

#include "witness_internal.h"

#include <limits.h>

#define LEVELS 64
#define STACK_MOST (512u * 1024)

typedef struct {
    const gbx_space *space;
    const unsigned char *bytes;      /* of the stack, from `low` */
    uint64_t low;
    size_t size;
    unsigned char *owned;
} stack_view;

/* One word of the stack; reads more of it where that is not enough. */
static bool
stack_word(stack_view *stack, uint64_t address, uint64_t *word)
{
    if (address < stack->low || address - stack->low > STACK_MOST) {
        return false;
    }
    size_t need = (size_t)(address - stack->low) + 8;
    if (need > stack->size) {
        size_t size = (need + 4095) / 4096 * 4096;
        unsigned char *bytes = malloc(size);
        if (bytes == NULL) {
            return false;
        }
        if (!gbx_space_read(stack->space, stack->low, bytes, size)) {
            size = need;
            if (!gbx_space_read(stack->space, stack->low, bytes, size)) {
                free(bytes);
                return false;
            }
        }
        free(stack->owned);
        stack->owned = bytes;
        stack->bytes = bytes;
        stack->size = size;
    }
    memcpy(word, stack->bytes + (address - stack->low), 8);
    return true;
}

/* ---------------------------------------------------------- who calls, once out */

static size_t
slot_of(const gbx_space *space, uint64_t address, size_t probe)
{
    return (size_t)((address * UINT64_C(0x9e3779b97f4a7c15) >> 40) + probe) & (space->good_room - 1);
}

static bool
known_good(const gbx_space *space, uint64_t address)
{
    for (size_t i = 0; i < 16 && space->good_room > 0; i++) {
        uint64_t is = space->good[slot_of(space, address, i)];
        if (is == address) {
            return true;
        }
        if (is == 0) {
            return false;
        }
    }
    return false;
}

static void
remember_good(gbx_space *space, uint64_t address)
{
    if (space->good_count * 2 >= space->good_room) {
        size_t room = space->good_room == 0 ? 1024 : space->good_room * 2, old = space->good_room;
        uint64_t *was = space->good, *grown = calloc(room, sizeof(*grown));
        if (grown == NULL) {
            return;
        }
        space->good = grown;
        space->good_room = room;
        space->good_count = 0;
        for (size_t i = 0; i < old; i++) {
            if (was[i] != 0) {
                remember_good(space, was[i]);
            }
        }
        free(was);
    }
    for (size_t i = 0; i < 16; i++) {
        uint64_t *slot = &space->good[slot_of(space, address, i)];
        if (*slot == 0) {
            *slot = address;
            space->good_count++;
            return;
        }
    }
}

/* In the interpreter's own code; `back` as linked. */
static bool
is_hook(const gbx_binary *binary, const gbx_recorder_function *entered, uint64_t back)
{
    const unsigned char *code = gbx_binary_code(binary, back - 5, 5);
    int32_t distance;
    if (code == NULL) {
        return false;
    }
    if (code[0] == 0xe8) {
        memcpy(&distance, code + 1, sizeof(distance));
        const gbx_recorder_function *callee = gbx_binary_recorder_at(binary, back + (uint64_t)(int64_t)distance);
        if (callee != NULL && callee->start == back + (uint64_t)(int64_t)distance) {
            return true;
        }
    }
    return entered->wraps;                 /* it is in the interpreter: that is all there is to ask */
}

static gbx_module *
module_of(const gbx_space *space, gbx_mapping *map)
{
    if (!map->looked) {
        char path[PATH_MAX];
        map->looked = true;
        snprintf(path, sizeof(path), "/proc/%d/root%s", (int)space->pid, map->path);
        map->module = gbx_module_open(path);
    }
    return map->module;
}

static bool
is_door(gbx_witness *witness, gbx_tracee *tracee, const gbx_recorder_function *entered, uint64_t back)
{
    gbx_space *space = tracee->space;
    uint64_t start, end, linked = back - space->bias;
    gbx_binary_code_range(witness->binary, &start, &end);
    if (linked > start && linked <= end) {
        if (is_hook(witness->binary, entered, linked)) {
            return true;
        }
        gbx_witness_violation(witness, "forged-record", "the recorder was called from offset %#llx of the interpreter, which is no hook",
                              (unsigned long long)linked);
        return false;
    }
    gbx_mapping *map = gbx_space_mapping(space, witness->binary, back);
    bool file = map != NULL && map->exec && !map->write && map->device != 0;
    if (file && ((map->c_library && entered->told) || (entered->visits && !map->c_library && !map->calls_anything))) {
        return true;
    }
    if (file && !map->c_library && module_of(space, map) != NULL &&
        gbx_module_calls_recorder(map->module, back - map->start + map->offset)) {
        return true;
    }
    const char *path = map == NULL || map->path == NULL ? NULL : strrchr(map->path, '/');
    gbx_witness_violation(witness, "forged-record", "the recorder was called from %s%s%s, which is no hook",
                          path == NULL ? "" : "'", path == NULL ? "memory that is no file's" : path + 1, path == NULL ? "" : "'");
    return false;
}

bool
gbx_chain_check(gbx_witness *witness, gbx_tracee *tracee, const struct user_regs_struct *regs, gbx_probe_place *place,
                const unsigned char *stack, size_t stack_size)
{
    gbx_space *space = tracee->space;
    stack_view view = { .space = space, .bytes = stack, .low = regs->rsp, .size = stack_size };
    uint64_t pc = place->address, rsp = regs->rsp, rbp = regs->rbp, back = 0;
    const gbx_recorder_function *entered = NULL, *function = gbx_binary_recorder_at(witness->binary, pc);
    bool whole = true;
    for (int level = 0; function != NULL && whole && level < LEVELS; level++) {
        const gbx_unwind_rule *rule = gbx_binary_rule(witness->binary, pc);
        uint64_t frame = (rule->cfa_reg == 7 ? rsp : rbp) + (uint64_t)(int64_t)rule->cfa_offset;
        entered = function;
        whole = rule->known && stack_word(&view, frame - 8, &back) &&
            (rule->rbp_offset == 0 || stack_word(&view, frame + (uint64_t)(int64_t)rule->rbp_offset, &rbp));
        rsp = frame;
        pc = back - space->bias - 1;       /* in the call, not behind it */
        function = gbx_binary_recorder_at(witness->binary, pc);
    }
    free(view.owned);
    if (!whole || function != NULL || entered == NULL) {
        gbx_witness_violation(witness, "forged-record", "the recorder was entered with a stack that no call leaves (offset %#llx)",
                              (unsigned long long)place->address);
        return false;
    }
    uint64_t need = rsp - regs->rsp;
    place->stack = need > place->stack && need <= 4096 ? (uint32_t)need : place->stack;
    if (!entered->wraps && !entered->told && known_good(space, back)) {
        return true;
    }
    if (!is_door(witness, tracee, entered, back)) {
        return false;
    }
    if (!entered->wraps && !entered->told) {
        remember_good(space, back);
    }
    return true;
}

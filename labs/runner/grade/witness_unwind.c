/* Witness, unwinding: how to leave a function of the interpreter, from any address in it.

   The rules are those of the file's .eh_frame, looked up once for each address and reduced to what compilers make: the frame ends at a
   distance from rsp or rbp, the caller's rbp is where it was or at a distance from there.  Anything else is not known, and then
   nobody called.

   It must not look into a process. */

#include "witness_internal.h"

#include <dwarf.h>                   // DW_OP_breg0

#define RULES 4096                   /* a power of two, several times the number of calls in the recorder */
#define RBP 6
#define RSP 7

typedef struct {
    uint64_t address;
    gbx_unwind_rule rule;
} rule_slot;

struct gbx_unwind {
    Dwarf_CFI *cfi;
    rule_slot rules[RULES];
};

/* A register and a distance, or -1. */
static int
simple_distance(const Dwarf_Op *ops, size_t count, int *reg)
{
    if (count == 1 && ops[0].atom >= DW_OP_breg0 && ops[0].atom <= DW_OP_breg31) {
        *reg = ops[0].atom - DW_OP_breg0;
        return (int)(int64_t)ops[0].number;
    }
    if (count == 1 && ops[0].atom == DW_OP_bregx) {
        *reg = (int)ops[0].number;
        return (int)(int64_t)ops[0].number2;
    }
    return -1;
}

/* Where the caller's rbp is, as a distance from the frame's end: DW_OP_call_frame_cfa, DW_OP_plus_uconst or consts and plus. */
static bool
rbp_place(Dwarf_Frame *frame, int *offset)
{
    Dwarf_Op memory[3], *ops;
    size_t count;
    if (dwarf_frame_register(frame, RBP, memory, &ops, &count) != 0) {
        return false;
    }
    *offset = 0;
    if (count == 0) {
        return true;                       /* the same value; or lost, which a compiler that keeps it does not say */
    }
    if (count >= 2 && ops[0].atom == DW_OP_call_frame_cfa && ops[count - 1].atom != DW_OP_stack_value) {
        *offset = (int)(int64_t)ops[1].number;
        return ops[1].atom == DW_OP_plus_uconst || ops[1].atom == DW_OP_consts || ops[1].atom == DW_OP_const8s;
    }
    return false;
}

static gbx_unwind_rule
find_rule(gbx_unwind *unwind, uint64_t address)
{
    gbx_unwind_rule rule = {0};
    Dwarf_Frame *frame = NULL;
    Dwarf_Op *ops;
    size_t count;
    if (dwarf_cfi_addrframe(unwind->cfi, address, &frame) != 0) {
        return rule;
    }
    if (dwarf_frame_cfa(frame, &ops, &count) == 0) {
        rule.cfa_reg = -1;
        rule.cfa_offset = simple_distance(ops, count, &rule.cfa_reg);
        rule.known = (rule.cfa_reg == RSP || rule.cfa_reg == RBP) && rule.cfa_offset >= 8 && rbp_place(frame, &rule.rbp_offset);
    }
    free(frame);
    return rule;
}

gbx_unwind *
gbx_unwind_new(Elf *elf)
{
    gbx_unwind *unwind = calloc(1, sizeof(*unwind));
    if (unwind != NULL && (unwind->cfi = dwarf_getcfi_elf(elf)) == NULL) {
        free(unwind);
        return NULL;
    }
    return unwind;
}

void
gbx_unwind_free(gbx_unwind *unwind)
{
    if (unwind != NULL) {
        dwarf_cfi_end(unwind->cfi);
        free(unwind);
    }
}

const gbx_unwind_rule *
gbx_unwind_at(gbx_unwind *unwind, uint64_t address)
{
    size_t slot = (size_t)((address * UINT64_C(0x9e3779b97f4a7c15)) >> 52) % RULES;
    rule_slot *it = &unwind->rules[slot];
    if (it->address != address) {
        it->address = address;
        it->rule = find_rule(unwind, address);
    }
    return &it->rule;
}

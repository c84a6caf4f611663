// Reset and exception entry.

    .include "soc.inc"  // generated

    .section .start, "ax"
    .global _start
_start:
    .option push
    .option norelax
    la gp, __global_pointer$
    .option pop
    la sp, __stack_top
    la t0, TrapEntry
    csrw mtvec, t0
    .if CFU_ENABLE
    // The CPU raises an illegal-instruction exception for CFU instructions until bit 31 of this
    // register is set; its other bits are LiteX's interrupt mask.
    li t0, 0x80000000
    csrs 0xBC0, t0
    .endif

    // Copy what was loaded elsewhere to its place; the linker script has the table.
    la s0, __copies_begin
    la s1, __copies_end
1:  bgeu s0, s1, 4f
    lw t0, 0(s0)
    lw t1, 4(s0)
    lw t2, 8(s0)
2:  bgeu t1, t2, 3f
    lw t3, 0(t0)
    sw t3, 0(t1)
    addi t0, t0, 4
    addi t1, t1, 4
    j 2b
3:  addi s0, s0, 12
    j 1b
4:  .word 0x0000100F  // fence.i, which not every assembler takes for part of RV32I

    la t0, __bss_begin
    la t1, __bss_end
5:  bgeu t0, t1, 6f
    sw zero, 0(t0)
    addi t0, t0, 4
    j 5b
6:
    la s0, __init_array_begin
    la s1, __init_array_end
7:  bgeu s0, s1, 8f
    lw t0, 0(s0)
    jalr t0
    addi s0, s0, 4
    j 7b
8:  call main
9:  j 9b

    // The stack may be what is broken: exceptions have their own. A second exception, while one is
    // being reported, stops here.
    .balign 4
TrapEntry:
    la t0, TrapAgain
    csrw mtvec, t0
    csrr a0, mcause
    csrr a1, mepc
    csrr a2, mtval
    mv a3, ra
    mv a4, sp
    la gp, __global_pointer$
    la sp, __trap_stack_top
    call HandleTrap
    .balign 4
TrapAgain:
    j TrapAgain

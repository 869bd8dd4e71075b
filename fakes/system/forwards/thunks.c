/* SPDX-License-Identifier: MIT */
/* One function for each that is recorded. What its arguments are is not known, so it leaves them
 * where they are, asks forward_begin() where to go on, and jumps there. */
#include "forwards.h"

#define FORWARD(number, name, kind) {#name, FORWARD_##kind},
const struct forward forwards[] = {
#include "forwards.inc"
};
#undef FORWARD

/* 32-bit Windows puts an underscore in front of the names of C. */
#ifdef _WIN64
#define SYMBOL(name) #name
#else
#define SYMBOL(name) "_" #name
#endif

#define FORWARD(number, name, kind)                                                                \
    __asm__(".text\n"                                                                              \
            ".globl " SYMBOL(forward_##name) "\n" SYMBOL(                                          \
                forward_##name) ":\n"                                                              \
                                "    movl $" #number ", %eax\n"                                    \
                                "    jmp " SYMBOL(forward_call) "\n");
#include "forwards.inc"
#undef FORWARD

/* The number is in eax. The registers that arguments come in are kept over the call; the stack is
 * as the caller has left it when the real function begins. */
#ifdef _WIN64
__asm__(".text\n"
        ".seh_proc forward_call\n"
        "forward_call:\n"
        "    subq $0x48, %rsp\n" /* 32 bytes for the callee, four registers, alignment */
        "    .seh_stackalloc 0x48\n"
        "    .seh_endprologue\n"
        "    movq %rcx, 0x20(%rsp)\n"
        "    movq %rdx, 0x28(%rsp)\n"
        "    movq %r8, 0x30(%rsp)\n"
        "    movq %r9, 0x38(%rsp)\n"
        "    movl %eax, %ecx\n"
        "    call forward_begin\n"
        "    movq 0x20(%rsp), %rcx\n"
        "    movq 0x28(%rsp), %rdx\n"
        "    movq 0x30(%rsp), %r8\n"
        "    movq 0x38(%rsp), %r9\n"
        "    addq $0x48, %rsp\n"
        "    jmp *%rax\n"
        ".seh_endproc\n");
#else
__asm__(".text\n"
        "_forward_call:\n"
        "    pushl %ecx\n"
        "    pushl %edx\n"
        "    pushl %eax\n"
        "    call _forward_begin\n"
        "    addl $4, %esp\n"
        "    popl %edx\n"
        "    popl %ecx\n"
        "    jmp *%eax\n");
#endif

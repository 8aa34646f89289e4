/* What differs between processors: system calls, registers of a stopped thread, and how a signal's handler is left. */
#ifndef DAYFLY_MACHINE_H
#define DAYFLY_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <ucontext.h>

/* The kernel's, of user space: https://www.kernel.org/doc/html/latest/core-api/ (include/uapi/asm/signal.h) */
struct kernel_action {
    void *handler;
    unsigned long flags;
    void (*restorer)(void);
    uint64_t mask;
};

/* Of the kernel; no header of the C library has it. */
enum { FLAG_RESTORER = 0x04000000 };

/* As long as a system call's error numbers are. */
enum { MAX_ERRNO = 4095 };

static inline bool is_error(long result) {
    return result < 0 && result >= -MAX_ERRNO;
}

#if defined(__x86_64__)

#define RSEQ_SIGNATURE 0x53053053u

static inline long call6(long number, long a, long b, long c, long d, long e, long f) {
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

static inline uintptr_t thread_pointer(void) {
    uintptr_t pointer;
    __asm__("mov %%fs:0, %0" : "=r"(pointer));
    return pointer;
}

/* clone(2) of this processor, as a fork and as a thread take its arguments. */
static inline long call_fork(unsigned long flags, int32_t *child_tid) {
    return call6(SYS_clone, (long)flags, 0, 0, (long)child_tid, 0, 0);
}

static inline uintptr_t context_pc(const ucontext_t *context) {
    return (uintptr_t)context->uc_mcontext.gregs[REG_RIP];
}

/* Number of the system call that a thread is about to make or was interrupted in, -1 where that is not known, -2 where it
 * stands at none. A restarted one stands at its instruction; one that was interrupted stands behind it with EINTR. */
static inline long context_call(const ucontext_t *context) {
    const uint8_t *pc = (const uint8_t *)context_pc(context); /* NOLINT: an address of code */
    if (pc[0] == 0x0f && pc[1] == 0x05)
        return (long)context->uc_mcontext.gregs[REG_RAX];
    if (pc[-2] == 0x0f && pc[-1] == 0x05 && context->uc_mcontext.gregs[REG_RAX] == -4)
        return -1;
    return -2;
}

/* The general registers of a stopped thread; the number of them. */
static inline size_t context_registers(ucontext_t *context, uint64_t **out) {
    *out = (uint64_t *)context->uc_mcontext.gregs;
    return REG_RIP;
}

/* The first argument of a system call that is to be made. */
static inline uintptr_t context_argument(const ucontext_t *context) {
    return (uintptr_t)context->uc_mcontext.gregs[REG_RDI];
}

static inline uintptr_t context_stack(const ucontext_t *context) {
    return (uintptr_t)context->uc_mcontext.gregs[REG_RSP];
}

/* Where rt_sigreturn expects the stack pointer: at the context, since the handler's return took the word before. */
static inline uintptr_t context_frame(const ucontext_t *context) {
    return (uintptr_t)context;
}

#elif defined(__aarch64__)

#define RSEQ_SIGNATURE 0xd428bc00u

static inline long call6(long number, long a, long b, long c, long d, long e, long f) {
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    register long x4 __asm__("x4") = e;
    register long x5 __asm__("x5") = f;
    __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
    return x0;
}

static inline uintptr_t thread_pointer(void) {
    uintptr_t pointer;
    __asm__("mrs %0, tpidr_el0" : "=r"(pointer));
    return pointer;
}

static inline long call_fork(unsigned long flags, int32_t *child_tid) {
    return call6(SYS_clone, (long)flags, 0, 0, 0, (long)child_tid, 0);
}

static inline uintptr_t context_pc(const ucontext_t *context) {
    return (uintptr_t)context->uc_mcontext.pc;
}

static inline long context_call(const ucontext_t *context) {
    const uint32_t *pc = (const uint32_t *)context_pc(context);
    enum { SVC_0 = 0xd4000001 };
    if (pc[0] == SVC_0)
        return (long)context->uc_mcontext.regs[8];
    if (pc[-1] == SVC_0 && (long)context->uc_mcontext.regs[0] == -4)
        return -1;
    return -2;
}

static inline size_t context_registers(ucontext_t *context, uint64_t **out) {
    enum { REGISTERS = 31 };
    *out = (uint64_t *)context->uc_mcontext.regs;
    return REGISTERS;
}

static inline uintptr_t context_argument(const ucontext_t *context) {
    return (uintptr_t)context->uc_mcontext.regs[0];
}

static inline uintptr_t context_stack(const ucontext_t *context) {
    return (uintptr_t)context->uc_mcontext.sp;
}

/* The frame begins with the siginfo; see struct rt_sigframe in the kernel's arch/arm64/kernel/signal.c. */
static inline uintptr_t context_frame(const ucontext_t *context) {
    enum { SIGINFO_BYTES = 128 };
    return (uintptr_t)context - SIGINFO_BYTES;
}

#else
#error "Lambda has two kinds of processors"
#endif

static inline long call3(long number, long a, long b, long c) {
    return call6(number, a, b, c, 0, 0, 0);
}

/* Ends a handler that has a restorer (x86-64 must have one). */
void machine_restorer(void);

/* Make a kernel thread on the stack below `stack`, which calls threads_revive(slot); its number or the error. */
long machine_spawn(unsigned long flags, uintptr_t stack, void *slot, int32_t *child_tid, uintptr_t tls);

/* Leave the handler whose frame is there: the thread goes on where the signal met it. */
__attribute__((noreturn)) void machine_leave(uintptr_t frame);

#endif

#include "arena.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

int arena_reserve(struct buffer *out, size_t size, struct fault *fault) {
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED)
        return fault_set(fault, "%zu bytes of address space cannot be reserved: %s", size, strerror(errno));
    *out = (struct buffer){at, 0, size};
    return 0;
}

void arena_empty(struct buffer *buffer, size_t keep) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t from = (keep + page - 1) / page * page;
    if (buffer->n > from) {
        size_t used = (buffer->n + page - 1) / page * page;
        if (used > buffer->size)
            used = buffer->size / page * page;
        /* Where it is refused the pages stay: memory, not safety. */
        if (used > from)
            (void)madvise(buffer->at + from, used - from, MADV_DONTNEED);
    }
    buffer->n = 0;
}

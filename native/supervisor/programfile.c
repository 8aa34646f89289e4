#include "programfile.h"

#include <elf.h>
#include <sys/stat.h>
#include <unistd.h>

/* Segments of a program are about a dozen, entries of its dynamic section about thirty. */
enum { MAX_SEGMENTS = 64, MAX_DYNAMIC = 256 };

#if defined(__x86_64__)
enum { OWN_MACHINE = EM_X86_64 };
#elif defined(__aarch64__)
enum { OWN_MACHINE = EM_AARCH64 };
#else
#error "another architecture: name its machine"
#endif

static int read_at(int descriptor, void *out, size_t n, uint64_t offset) {
    if (offset > INT64_MAX - n)
        return -1;
    return pread(descriptor, out, n, (off_t)offset) == (ssize_t)n ? 0 : -1;
}

/* Read the text at `offset`, ended by a null; -1 where it does not fit. */
static int read_text(int descriptor, char *out, size_t size, uint64_t offset) {
    if (offset > INT64_MAX - size)
        return -1;
    ssize_t n = pread(descriptor, out, size, (off_t)offset);
    if (n <= 0 || memchr(out, '\0', (size_t)n) == NULL)
        return -1;
    return 0;
}

/* Return where in the file an address lies that a segment loads; 0, where the header is, for none. */
static uint64_t offset_of(const Elf64_Phdr *segments, size_t count, uint64_t address) {
    for (size_t i = 0; i < count; i++) {
        const Elf64_Phdr *one = &segments[i];
        if (one->p_type == PT_LOAD && address >= one->p_vaddr && address - one->p_vaddr < one->p_filesz &&
            one->p_offset <= INT64_MAX)
            return one->p_offset + (address - one->p_vaddr);
    }
    return 0;
}

static int read_dynamic(int descriptor, const Elf64_Phdr *segments, size_t count, const Elf64_Phdr *dynamic,
                        struct program_file *out) {
    static const char python[] = "libpython";
    Elf64_Dyn entries[MAX_DYNAMIC];
    size_t n = dynamic->p_filesz / sizeof(entries[0]);
    if (n > MAX_DYNAMIC)
        n = MAX_DYNAMIC;
    if (read_at(descriptor, entries, n * sizeof(entries[0]), dynamic->p_offset) < 0)
        return -1;
    uint64_t strings = 0;
    for (size_t i = 0; i < n && entries[i].d_tag != DT_NULL; i++) {
        if (entries[i].d_tag == DT_STRTAB)
            strings = offset_of(segments, count, entries[i].d_un.d_ptr);
    }
    if (strings == 0)
        return 0;
    bool has_run_path = false;
    for (size_t i = 0; i < n && entries[i].d_tag != DT_NULL; i++) {
        int64_t tag = entries[i].d_tag;
        char text[PATH_MAX];
        if (tag != DT_NEEDED && tag != DT_RPATH && tag != DT_RUNPATH)
            continue;
        if (entries[i].d_un.d_val > INT64_MAX / 2 ||
            read_text(descriptor, text, sizeof(text), strings + entries[i].d_un.d_val) < 0)
            return -1;
        const char *name = strrchr(text, '/');
        name = name == NULL ? text : name + 1;
        if (tag == DT_NEEDED && strncmp(name, python, sizeof(python) - 1) == 0)
            memcpy(out->libpython, text, sizeof(text));
        /* A loader ignores DT_RPATH where there is a DT_RUNPATH. */
        if (tag == DT_RUNPATH || (tag == DT_RPATH && !has_run_path)) {
            memcpy(out->search_path, text, sizeof(text));
            out->is_first = tag == DT_RPATH;
            has_run_path = has_run_path || tag == DT_RUNPATH;
        }
    }
    return 0;
}

int program_file_read(int descriptor, struct program_file *out, struct fault *fault) {
    memset(out, 0, sizeof(*out));
    Elf64_Ehdr head;
    struct stat status;
    Elf64_Phdr segments[MAX_SEGMENTS];
    if (fstat(descriptor, &status) < 0 || read_at(descriptor, &head, sizeof(head), 0) < 0 ||
        memcmp(head.e_ident, ELFMAG, SELFMAG) != 0 || head.e_ident[EI_CLASS] != ELFCLASS64 ||
        head.e_ident[EI_DATA] != ELFDATA2LSB || head.e_phentsize != sizeof(segments[0]))
        return fault_set(fault, "it is no program of 64 bits");
    /* A kernel refuses it; a loader that is given it would say so in its own words. */
    if (head.e_machine != OWN_MACHINE)
        return fault_set(fault, "it is for another processor");
    if (head.e_phnum == 0 || head.e_phnum > MAX_SEGMENTS ||
        read_at(descriptor, segments, head.e_phnum * sizeof(segments[0]), head.e_phoff) < 0)
        return fault_set(fault, "its table of segments cannot be read");
    uint64_t size = (uint64_t)status.st_size;
    uint64_t end = head.e_phoff + head.e_phnum * sizeof(segments[0]);
    const Elf64_Phdr *dynamic = NULL;
    bool is_loaded = false;
    for (size_t i = 0; i < head.e_phnum; i++) {
        const Elf64_Phdr *one = &segments[i];
        if (one->p_offset > size || one->p_filesz > size - one->p_offset)
            return fault_set(fault, "a segment reaches past its end");
        if (one->p_offset + one->p_filesz > end)
            end = one->p_offset + one->p_filesz;
        is_loaded = is_loaded || one->p_type == PT_LOAD;
        if (one->p_type == PT_DYNAMIC)
            dynamic = one;
        if (one->p_type == PT_INTERP && read_text(descriptor, out->loader, sizeof(out->loader), one->p_offset) < 0)
            return fault_set(fault, "its loader has no name");
    }
    if (!is_loaded)
        return fault_set(fault, "it loads nothing");
    out->loaded_bytes = end < size ? end : size;
    if (dynamic != NULL && read_dynamic(descriptor, segments, head.e_phnum, dynamic, out) < 0)
        return fault_set(fault, "its dynamic section cannot be read");
    return 0;
}

/* SPDX-License-Identifier: MIT */
/* The mapping and its locks. */
#include "machine.h"

#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>

/* A file with another layout is populated afresh. */
static const uint64_t magic = 0x4D41434800000000u + sizeof(struct machine_image);

enum { SPINS_BEFORE_OWNER_CHECK = 2000 };

uint32_t machine_open(struct machine *machine, const wchar_t *folder, bool driver)
{
    *machine = (struct machine){.driver = driver};
    wchar_t path[MAX_PATH];
    if (wcslen(folder) + sizeof("\\machine.dat") > MAX_PATH)
        return ERROR_FILENAME_EXCED_RANGE;
    wcscpy(machine->folder, folder);
    wcscpy(path, folder);
    wcscat(path, L"\\machine.dat");

    HANDLE file = CreateFileW(path, GENERIC_READ | GENERIC_WRITE,
                              FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                              OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return GetLastError();
    HANDLE mapping =
        CreateFileMappingW(file, NULL, PAGE_READWRITE, 0, sizeof(struct machine_image), NULL);
    uint32_t error = mapping ? 0 : GetLastError();
    CloseHandle(file);
    if (error)
        return error;
    machine->image = MapViewOfFile(mapping, FILE_MAP_ALL_ACCESS, 0, 0, sizeof(*machine->image));
    error = machine->image ? 0 : GetLastError();
    CloseHandle(mapping);
    if (error)
        return error;

    machine_lock(machine);
    if (machine->image->magic != magic) {
        machine_populate(machine);
        InterlockedExchange64((int64_t *)&machine->image->magic, (int64_t)magic);
    }
    machine_unlock(machine);
    return 0;
}

void machine_close(struct machine *machine)
{
    if (machine->image)
        UnmapViewOfFile(machine->image);
    machine->image = NULL;
}

/* A process is identified by its id and creation time, because ids are reused. */
static int64_t process_mark(HANDLE process, DWORD pid)
{
    FILETIME created = {0}, other;
    GetProcessTimes(process, &created, &other, &other, &other);
    return (int64_t)((uint64_t)pid << 32 | (created.dwLowDateTime ^ created.dwHighDateTime));
}

bool machine_process_is_dead(int64_t owner)
{
    DWORD pid = (DWORD)((uint64_t)owner >> 32);
    HANDLE process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION | SYNCHRONIZE, FALSE, pid);
    if (!process)
        return GetLastError() == ERROR_INVALID_PARAMETER; /* no such process */
    bool dead =
        WaitForSingleObject(process, 0) == WAIT_OBJECT_0 || process_mark(process, pid) != owner;
    CloseHandle(process);
    return dead;
}

int64_t machine_process_mark(void)
{
    static int64_t self;
    if (!self)
        self = process_mark(GetCurrentProcess(), GetCurrentProcessId());
    return self;
}

/* Wine reports a death before the last system call of the dead process has finished, which may be
 * the write that it held the lock for. */
static bool take_over_lock(int64_t *word, int64_t owner, int64_t self)
{
    enum { LAST_CALL_MILLISECONDS = 20 };
    if (!machine_process_is_dead(owner))
        return false;
    Sleep(LAST_CALL_MILLISECONDS);
    return InterlockedCompareExchange64(word, self, owner) == owner;
}

bool machine_lock_word_within(int64_t *word, uint32_t milliseconds)
{
    int64_t self = machine_process_mark();
    ULONGLONG start = 0;
    for (unsigned spins = 1;; spins++) {
        int64_t owner = InterlockedCompareExchange64(word, self, 0);
        if (!owner)
            return true;
        if (spins % SPINS_BEFORE_OWNER_CHECK == 0) {
            if (owner != self && take_over_lock(word, owner, self))
                return true;
            if (!start)
                start = GetTickCount64();
            if (milliseconds != INFINITE && GetTickCount64() - start > milliseconds)
                return false;
            Sleep(1);
        } else if (spins % 64 == 0) {
            SwitchToThread();
        } else {
            YieldProcessor();
        }
    }
}

void machine_lock_word(int64_t *word)
{
    machine_lock_word_within(word, INFINITE);
}

void machine_unlock_word(int64_t *word)
{
    InterlockedExchange64(word, 0);
}

void machine_lock(struct machine *machine)
{
    struct machine_image *image = machine->image;
    machine_lock_word(&image->lock);
    if (image->is_deriving) {
        machine_derive_all_routes(machine);
        image->is_deriving = 0;
    }
}

void machine_unlock(struct machine *machine)
{
    machine_unlock_word(&machine->image->lock);
}

bool machine_ip_equal(const struct machine_ip *a, const struct machine_ip *b)
{
    return memcmp(a, b, sizeof(*a)) == 0;
}

void machine_ip_print(const struct machine_ip *ip, char text[MACHINE_IP_TEXT])
{
    if (!inet_ntop(ip->family, ip->bytes, text, MACHINE_IP_TEXT))
        strcpy(text, "?");
}

bool machine_ip_parse(const char *text, struct machine_ip *ip)
{
    *ip = (struct machine_ip){.family = strchr(text, ':') ? AF_INET6 : AF_INET};
    return inet_pton(ip->family, text, ip->bytes) == 1;
}

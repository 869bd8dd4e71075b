/* SPDX-License-Identifier: MIT */
/* Judges the profiles on its standard input, for tests in Python: each is its size (4 bytes, the
 * lowest first) and its bytes. Writes a line for each: its findings
 * (line:verdict:argument:name, with commas between them), the error code, and in hexadecimal digits
 * what is written anew, with blanks between the three; "-" is none. */
#include "policy/profile/profile.h"

#include <stdio.h>
#include <stdlib.h>

#ifdef _WIN32
#include <fcntl.h>
#include <io.h>
#endif

static void print_finding(void *context, const struct profile_finding *finding)
{
    size_t *count = context;
    printf("%s%zu:%d:%zu:%s", (*count)++ ? "," : "", finding->line, (int)finding->verdict,
           finding->argument, finding->name);
}

static void judge(const char *bytes, size_t size)
{
    struct profile_text text;
    size_t count = 0;
    const uint32_t error = profile_check(bytes, size, print_finding, &count, &text);
    printf("%s %u ", count ? "" : "-", error);
    for (size_t i = 0; i < text.size; i++)
        printf("%02x", (unsigned char)text.bytes[i]);
    printf("%s\n", text.size ? "" : "-");
    fflush(stdout);
    profile_text_free(&text);
}

int main(void)
{
    unsigned char head[4];
#ifdef _WIN32
    _setmode(_fileno(stdin), _O_BINARY);
    _setmode(_fileno(stdout), _O_BINARY);
#endif
    while (fread(head, 1, sizeof(head), stdin) == sizeof(head)) {
        const size_t size =
            head[0] | (size_t)head[1] << 8 | (size_t)head[2] << 16 | (size_t)head[3] << 24;
        char *bytes = malloc(size ? size : 1);
        if (!bytes || fread(bytes, 1, size, stdin) != size)
            return EXIT_FAILURE;
        judge(bytes, size);
        free(bytes);
    }
    return EXIT_SUCCESS;
}

/* SPDX-License-Identifier: MIT */
/* address.h: the address of an update server, as the setting update_url has it, and of the files on
 * it. Portable. */
#ifndef CLIENT_UPDATE_ADDRESS_H
#define CLIENT_UPDATE_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <uchar.h>

enum { ADDRESS_HOST_UNITS = 256, ADDRESS_PATH_UNITS = 1024 };

struct address {
    bool is_secure;                    /* https */
    uint16_t port;                     /* of the scheme, unless the text has one */
    char16_t host[ADDRESS_HOST_UNITS]; /* an address of IPv6 in its brackets */
    char16_t path[ADDRESS_PATH_UNITS]; /* of the folder: begins and ends with a slash */
};

/* Reads "https://host[:port][/folder]". Plain http is read for this computer alone (localhost,
 * 127.0.0.1, [::1]), where nobody listens in between. Returns NULL, or why it is no address of an
 * update server: the end of a sentence that begins with it, without a full stop. */
const char16_t *address_read(const char16_t *text, struct address *address);

/* The path of a file in the folder. Returns false if the name has another character than letters,
 * digits and "._-", begins with a point, or is too long. */
bool address_of_file(const struct address *address, const char16_t *name,
                     char16_t path[ADDRESS_PATH_UNITS]);

#endif

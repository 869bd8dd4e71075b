/* SPDX-License-Identifier: MIT */
/* update_url.h: from where updates may be fetched. */
#ifndef POLICY_UPDATE_URL_H
#define POLICY_UPDATE_URL_H

#include "base/text.h"

/* Whether it is the address of a folder on a web server: "https://", a host, maybe a port, maybe
 * folders; letters, digits and -._~/:[] only, so no query, no user name and nothing escaped. With
 * "http://" the host must be this computer (127.0.0.1, [::1] or localhost): others would learn what
 * is installed, and could keep updates away unseen, although they could forge none. */
bool update_url_is_valid(const char16_t *url);

#endif

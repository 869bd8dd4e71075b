/* SPDX-License-Identifier: MIT */
/* tcpip_registry.h: where the registry keeps what Windows knows of interfaces and name resolution,
 * and how these values are read and written. Facts: docs/protocol.md, "DNS". */
#ifndef RESOURCE_TCPIP_REGISTRY_H
#define RESOURCE_TCPIP_REGISTRY_H

#include "base/text.h"
#include "system/network.h"
#include "system/registry.h"
#include "undo/state.h"

#define TCPIP_KEY  u"SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters"
#define TCPIP6_KEY u"SYSTEM\\CurrentControlSet\\Services\\Tcpip6\\Parameters"
#define NETBT_KEY  u"SYSTEM\\CurrentControlSet\\Services\\NetBT\\Parameters"
#define POLICY_KEY u"SOFTWARE\\Policies\\Microsoft\\Windows NT\\DNSClient"
#define RULES_KEY  u"SYSTEM\\CurrentControlSet\\Services\\Dnscache\\Parameters\\DnsPolicyConfig"
#define INTERFACES u"\\Interfaces"

/* The class of network adapters: below ADAPTER_CLASS_KEY is a key for each that is or was
 * installed; below CONNECTIONS_KEY one for each that is installed, named by its GUID, with
 * CONNECTION in it. */
#define ADAPTER_CLASS     u"{4d36e972-e325-11ce-bfc1-08002be10318}"
#define ADAPTER_CLASS_KEY u"SYSTEM\\CurrentControlSet\\Control\\Class\\" ADAPTER_CLASS
#define CONNECTIONS_KEY   u"SYSTEM\\CurrentControlSet\\Control\\Network\\" ADAPTER_CLASS
#define CONNECTION        u"Connection"

/* Where group policy keeps NRPT rules; if this key exists, Windows ignores RULES_KEY. */
#define POLICY_RULES_KEY POLICY_KEY u"\\DnsPolicyConfig"

enum { PATH_UNITS = 224 }; /* room for each of these with two names below it */

/* path_join(path, part, ..., NULL): the parts in one. False when they do not fit. */
#define path_join(path, ...) path_join_parts((path), (const char16_t *const[]){__VA_ARGS__})
bool path_join_parts(char16_t path[PATH_UNITS], const char16_t *const parts[]);

/* The key of what is set for an interface in a family. */
void path_of_interface(char16_t path[PATH_UNITS], uint16_t family, const char16_t *guid);

bool path_is_policy(const char16_t *path);

/* Whether it is what path_of_interface() makes for the family, of a GUID as network.h has it. */
bool path_is_of_interface(const char16_t *path, uint16_t family);

/* Whether it is `above`, a backslash and one name, which starts at `*name`. */
bool path_is_child(const char16_t *path, const char16_t *above, const char16_t **name);

/* A path as the key of a resource: its units with their zero. path_describe() is kind->describe().
 */
struct bytes path_key(const char16_t *path);
void path_load(struct bytes key, char16_t path[PATH_UNITS]);
void path_describe(struct bytes key, char *text, size_t size);

/* A text among bytes that come from a file: with its zero at `*at`, which moves behind that. False
 * when it has no zero or does not fit. */
bool bytes_load_text(struct bytes bytes, size_t *at, char16_t *text, size_t capacity);

/* Whether bytes from a file can be given to registry_write_state(). */
bool registry_state_is_valid(struct bytes state);

/* A text value, terminated, on the heap: free() it. ERROR_FILE_NOT_FOUND: there is none, or it is
 * no text; `*value` is NULL then. */
uint32_t registry_read_text(struct registry *registry, const char16_t *path, const char16_t *name,
                            char16_t **value);
uint32_t registry_read_number(struct registry *registry, const char16_t *path, const char16_t *name,
                              uint32_t *value);

uint32_t registry_write_text(struct registry *registry, const char16_t *path, const char16_t *name,
                             const char16_t *value);

/* A value as a state: its type and bytes; absent when it is. */
uint32_t registry_read_state(struct registry *registry, const char16_t *path, const char16_t *name,
                             struct state *state);
uint32_t registry_write_state(struct registry *registry, const char16_t *path, const char16_t *name,
                              struct bytes state);

/* For half of a change that must be reverted after a failure, when an error could not be reported
 * any more: tries a few times. What is to be deleted may be gone already. */
void registry_retry_state(struct registry *registry, const char16_t *path, const char16_t *name,
                          struct bytes state);
void registry_retry_text(struct registry *registry, const char16_t *path, const char16_t *name,
                         const char16_t *value);
void registry_retry_delete_key(struct registry *registry, const char16_t *path);

/* The component id of the driver of the adapter with this GUID, on the heap: free() it. NULL and no
 * error when there is no such adapter, or when its key does not say. */
uint32_t registry_read_component(struct registry *registry, const char16_t *guid,
                                 char16_t **component);

#endif

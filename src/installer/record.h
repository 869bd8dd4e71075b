/* SPDX-License-Identifier: MIT */
/* record.h: what the package has written into the registry besides Windows Installer's own rows, so
 * that an uninstall deletes nothing else: the settings' key may be OpenVPN's, too.
 *
 *     <state key>\Setup\Properties   public properties with a value: an upgrade gets them again
 *     <state key>\Setup\Values       settings that we have written, as we have written them
 *     <state key>\Setup\Before       what was there before
 *     <state key>\SetupUndo          while Windows Installer runs: what a rollback puts back
 *
 * Only SYSTEM and administrators may write there. All functions return 0 or a Win32 error. */
#ifndef INSTALLER_RECORD_H
#define INSTALLER_RECORD_H

#include "installer/package.h"

/* The value of a property, or of a setting in the settings' key, as text. */
uint32_t record_read_property(const char16_t *name, char16_t value[PACKAGE_VALUE_UNITS]);
uint32_t record_read_setting(const char16_t *name, char16_t value[PACKAGE_VALUE_UNITS]);

/* Before the first change of an installation: what follows can be taken back. */
uint32_t record_begin(void);

uint32_t record_write_property(const char16_t *name, const char16_t *value);
/* `name` is empty for the key's own value. */
uint32_t record_write_setting(const char16_t *name, const char16_t *value);

/* At an uninstall: each setting that still is as we have written it gets its value from before, or
 * is deleted. The record is deleted. */
uint32_t record_remove(void);

/* At a rollback: everything since record_begin(). Does nothing without it. */
uint32_t record_take_back(void);

/* At the end of an installation: it can't be taken back any more. */
void record_commit(void);

#endif

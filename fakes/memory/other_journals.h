/* SPDX-License-Identifier: MIT */
/* other_journals.h: the fake behind struct other_journals: the folder with the journals of all
 * instances, in memory. */
#ifndef FAKES_MEMORY_OTHER_JOURNALS_H
#define FAKES_MEMORY_OTHER_JOURNALS_H

#include "fakes/memory/journal_file.h"
#include "undo/others.h"

struct fake_folder;

struct fake_folder *
fake_folder_create(void); /* aborts when there is no memory: this is test code */
void fake_folder_destroy(struct fake_folder *folder); /* the files stay */

/* Puts the file, which must outlive the folder, into it. Returns what its instance sees of the
 * others. Before any thread uses the folder. */
struct other_journals *fake_folder_add(struct fake_folder *folder, struct fake_file *file);

/* What all instances find in their journal_options; 1 at first. */
void fake_folder_set_boot(struct fake_folder *folder, uint64_t boot);

#endif

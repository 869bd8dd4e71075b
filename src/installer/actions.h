/* SPDX-License-Identifier: MIT */
/* actions.h: the custom actions of the package, called by Windows Installer; gatehouse.wxs says
 * when each runs. Each returns 0, or ERROR_INSTALL_FAILURE to end the installation. */
#ifndef INSTALLER_ACTIONS_H
#define INSTALLER_ACTIONS_H

#include <windows.h>
#include <msi.h>

#define ACTION __declspec(dllexport) UINT __stdcall

/* checks.c: before anything is changed */
ACTION RecallProperties(MSIHANDLE package);
ACTION CheckOpenVpn(MSIHANDLE package);
ACTION CheckService(MSIHANDLE package);
ACTION CheckInstances(MSIHANDLE package);

/* prepare.c: what the others get */
ACTION Prepare(MSIHANDLE package);

/* actions.c: as SYSTEM */
ACTION StopInstances(MSIHANDLE package);
ACTION UndoChanges(MSIHANDLE package);
ACTION StartInstances(MSIHANDLE package);
ACTION RemoveService(MSIHANDLE package);
ACTION InstallService(MSIHANDLE package);
ACTION WithdrawService(MSIHANDLE package);
ACTION WriteSettings(MSIHANDLE package);
ACTION RemoveSettings(MSIHANDLE package);
ACTION TakeBackSettings(MSIHANDLE package);
ACTION CommitSettings(MSIHANDLE package);
ACTION ForgetUpdates(MSIHANDLE package);
ACTION PutClientAside(MSIHANDLE package);
ACTION PutClientBack(MSIHANDLE package);

#endif

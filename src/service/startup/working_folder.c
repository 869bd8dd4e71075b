/* SPDX-License-Identifier: MIT */
#include "service/startup/working_folder.h"

#include "base/log.h"
#include "base/text.h"
#include "base/win32/handles.h"
#include "policy/path.h"
#include "service/startup/config_path.h"

#include <winioctl.h>
#include <winternl.h>

/* Of FILE_FS_DEVICE_INFORMATION.Characteristics: wdm.h of the Windows driver kit. */
enum { REMOTE_DEVICE = 0x10 };

static uint32_t open_folder(const struct caller *caller, const char16_t *path, HANDLE *folder,
                            BY_HANDLE_FILE_INFORMATION *information)
{
    uint32_t error =
        caller_open(caller, path, FILE_TRAVERSE | FILE_READ_ATTRIBUTES,
                    FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_FLAG_BACKUP_SEMANTICS, folder);
    if (error)
        return error;
    if (GetFileType(*folder) != FILE_TYPE_DISK ||
        !GetFileInformationByHandle(*folder, information) ||
        !(information->dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY))
        return ERROR_DIRECTORY;
    return 0;
}

static bool is_on_local_device(HANDLE file)
{
    IO_STATUS_BLOCK status;
    FILE_FS_DEVICE_INFORMATION device;
    if (NtQueryVolumeInformationFile(file, &status, &device, sizeof(device),
                                     FileFsDeviceInformation))
        return false;
    return !(device.Characteristics & REMOTE_DEVICE) &&
           (device.DeviceType == FILE_DEVICE_DISK || device.DeviceType == FILE_DEVICE_CD_ROM ||
            device.DeviceType == FILE_DEVICE_VIRTUAL_DISK ||
            device.DeviceType == FILE_DEVICE_DISK_FILE_SYSTEM);
}

/* The final path on a volume that the mount manager does not know, as RAM disks and some encrypted
 * ones are (GetFinalPathNameByHandle then has no name for the volume: rust-lang/rust#79449): that
 * within the volume, behind the drive that the client has named. It must lead to the same folder,
 * which it does not if the drive is a part of a volume only. */
static uint32_t path_on_unknown_volume(const struct caller *caller, const char16_t *directory,
                                       const BY_HANDLE_FILE_INFORMATION *information,
                                       struct working_folder *folder)
{
    enum { DRIVE_UNITS = 2 };
    CLEANUP_HANDLE HANDLE again = NULL;
    BY_HANDLE_FILE_INFORMATION other;
    const DWORD room = POLICY_PATH_UNITS - DRIVE_UNITS;
    if (!is_on_local_device(folder->handle))
        return ERROR_BAD_PATHNAME;
    DWORD length = GetFinalPathNameByHandleW(folder->handle, folder->path + DRIVE_UNITS, room,
                                             FILE_NAME_NORMALIZED | VOLUME_NAME_NONE);
    if (length == 0)
        return GetLastError();
    if (length >= room)
        return ERROR_FILENAME_EXCED_RANGE;
    folder->path[0] = directory[0];
    folder->path[1] = directory[1];
    uint32_t error = open_folder(caller, folder->path, &again, &other);
    if (!error && (other.dwVolumeSerialNumber != information->dwVolumeSerialNumber ||
                   other.nFileIndexHigh != information->nFileIndexHigh ||
                   other.nFileIndexLow != information->nFileIndexLow))
        error = ERROR_BAD_PATHNAME;
    return error;
}

static uint32_t open_local_folder(const struct caller *caller, const char16_t *directory,
                                  struct working_folder *folder)
{
    const char16_t *plain = path_without_prefix(directory);
    BY_HANDLE_FILE_INFORMATION information;
    if (!path_is_absolute(plain))
        return ERROR_BAD_PATHNAME;
    uint32_t error = open_folder(caller, directory, &folder->handle, &information);
    if (error)
        return error;
    error = final_path_of(folder->handle, folder->path);
    if (error && error != ERROR_FILENAME_EXCED_RANGE)
        error = path_on_unknown_volume(caller, plain, &information, folder);
    if (!error && !path_is_local(folder->path))
        error = ERROR_BAD_PATHNAME;
    return error;
}

struct failure working_folder_open(const struct caller *caller, const char16_t *directory,
                                   struct working_folder *folder)
{
    uint32_t error = open_local_folder(caller, directory, folder);
    if (!error)
        return NO_FAILURE;
    log_error_of(LOG_START_REFUSED, error,
                 "The working folder %s cannot be used: it must be a local folder that the "
                 "user may enter",
                 UTF8(directory));
    return failure_of(ERROR_DIRECTORY, u"CreateProcessAsUser");
}

void working_folder_close(struct working_folder *folder)
{
    close_handle(&folder->handle);
}

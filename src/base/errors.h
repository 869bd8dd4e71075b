/* SPDX-License-Identifier: MIT */
/* errors.h: the error codes that functions return: Win32 codes (uint32_t, 0 is success) and the
 * four codes of the interactive service protocol.
 *
 * Portable code uses Windows' names and values (winerror.h) on every platform. */
#ifndef BASE_ERRORS_H
#define BASE_ERRORS_H

#ifdef _WIN32
#include <winerror.h>
#else
#define ERROR_SUCCESS               0L
#define ERROR_FILE_NOT_FOUND        2L
#define ERROR_PATH_NOT_FOUND        3L
#define ERROR_ACCESS_DENIED         5L
#define ERROR_NOT_ENOUGH_MEMORY     8L
#define ERROR_INVALID_DATA          13L
#define ERROR_OUTOFMEMORY           14L
#define ERROR_NOT_READY             21L
#define ERROR_BAD_LENGTH            24L
#define ERROR_GEN_FAILURE           31L
#define ERROR_NOT_SUPPORTED         50L
#define ERROR_INVALID_PARAMETER     87L
#define ERROR_INSUFFICIENT_BUFFER   122L
#define ERROR_INVALID_NAME          123L
#define ERROR_DIR_NOT_EMPTY         145L
#define ERROR_BAD_PATHNAME          161L
#define ERROR_FILENAME_EXCED_RANGE  206L
#define ERROR_MORE_DATA             234L
#define ERROR_NOT_OWNER             288L
#define ERROR_NOT_FOUND             1168L
#define ERROR_INVALID_NETNAME       1214L
#define ERROR_UNSUPPORTED_TYPE      1630L
#define ERROR_NOT_ENOUGH_QUOTA      1816L
#define ERROR_OBJECT_ALREADY_EXISTS 5010L
#define WSAEADDRNOTAVAIL            10049L
#endif

/* Of updates. */
#ifndef _WIN32
#define ERROR_CRC                          23L
#define ERROR_HANDLE_EOF                   38L
#define ERROR_BAD_NETPATH                  53L
#define ERROR_BAD_DEV_TYPE                 66L
#define ERROR_DISK_FULL                    112L
#define ERROR_BUSY                         170L
#define ERROR_FILE_TOO_LARGE               223L
#define ERROR_DIRECTORY                    267L
#define ERROR_FILE_INVALID                 1006L
#define ERROR_OLD_WIN_VERSION              1150L
#define ERROR_ACCESS_DISABLED_BY_POLICY    1260L
#define ERROR_REVISION_MISMATCH            1306L
#define ERROR_FILE_CORRUPT                 1392L
#define ERROR_INSTALL_FAILURE              1603L
#define ERROR_UNKNOWN_PRODUCT              1605L
#define ERROR_INSTALL_ALREADY_RUNNING      1618L
#define ERROR_INSTALL_PLATFORM_UNSUPPORTED 1633L
#define ERROR_PRODUCT_VERSION              1638L
#define ERROR_CANT_ACCESS_FILE             1920L
#endif

/* Some MinGW headers lack these; the values are from winerror.h of the Windows SDK. */
#ifndef ERROR_CANT_WAIT
#define ERROR_CANT_WAIT 554L
#endif
#ifndef ERROR_DIRECTORY_NOT_SUPPORTED
#define ERROR_DIRECTORY_NOT_SUPPORTED 336L
#endif

/* Codes of the protocol; names and values are those of OpenVPN's openvpn-msg.h. */
#define ERROR_OPENVPN_STARTUP 0x20000000 /* openvpn.exe exited with an error */
#define ERROR_STARTUP_DATA    0x20000001 /* the start-up message is malformed or not allowed */
#define ERROR_MESSAGE_DATA    0x20000002 /* (acknowledgement) the message is malformed */
#define ERROR_MESSAGE_TYPE    0x20000003 /* (acknowledgement) the type is unknown */

#endif

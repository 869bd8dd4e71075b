/* SPDX-License-Identifier: MIT */
/* calls.h: the Windows functions that the fakes implement or watch. Each can be counted, recorded
 * and made to fail (faults.h). Recording is switched on and off by group. */
#ifndef FAKES_MACHINE_CALLS_H
#define FAKES_MACHINE_CALLS_H

#include <stdint.h>

enum call_group {
    GROUP_NETWORK,
    GROUP_QUERY, /* reads of the network model: frequent and seldom interesting */
    GROUP_PIPES,
    GROUP_IDENTITY,
    GROUP_FILES,
    GROUP_PROCESS,
    GROUP_SERVICE,
    GROUP_REGISTRY, /* changes of the keys of registry/places.h; reads are GROUP_QUERY */
    GROUP_DNS,
    GROUP_PROGRAMS, /* the fake programs themselves: the code of a fault is an exit code */
    GROUP_FIREWALL,
    GROUP_WRITES,  /* to files and pipes: recorded only on request */
    GROUP_UNKNOWN, /* functions that no fake has: neither counted nor made to fail */
    CALL_GROUP_COUNT
};

/* CALL(name, group). `Commit` is not a Windows function: it is the single store that makes a change
 * of the model current, inside its lock, so that tests can kill a process exactly there. */
#define CALLS(CALL)                                                                                \
    CALL(Commit, GROUP_QUERY)                                                                      \
    CALL(CreateUnicastIpAddressEntry, GROUP_NETWORK)                                               \
    CALL(DeleteUnicastIpAddressEntry, GROUP_NETWORK)                                               \
    CALL(SetUnicastIpAddressEntry, GROUP_NETWORK)                                                  \
    CALL(GetUnicastIpAddressEntry, GROUP_QUERY)                                                    \
    CALL(GetUnicastIpAddressTable, GROUP_QUERY)                                                    \
    CALL(CreateIpForwardEntry2, GROUP_NETWORK)                                                     \
    CALL(DeleteIpForwardEntry2, GROUP_NETWORK)                                                     \
    CALL(SetIpForwardEntry2, GROUP_NETWORK)                                                        \
    CALL(GetIpForwardEntry2, GROUP_QUERY)                                                          \
    CALL(GetIpForwardTable2, GROUP_QUERY)                                                          \
    CALL(GetBestRoute2, GROUP_QUERY)                                                               \
    CALL(GetIpInterfaceEntry, GROUP_QUERY)                                                         \
    CALL(SetIpInterfaceEntry, GROUP_NETWORK)                                                       \
    CALL(GetIpInterfaceTable, GROUP_QUERY)                                                         \
    CALL(GetIfEntry2, GROUP_QUERY)                                                                 \
    CALL(GetIfTable2, GROUP_QUERY)                                                                 \
    CALL(ConvertInterfaceIndexToLuid, GROUP_QUERY)                                                 \
    CALL(ConvertInterfaceLuidToIndex, GROUP_QUERY)                                                 \
    CALL(ConvertInterfaceAliasToLuid, GROUP_QUERY)                                                 \
    CALL(ConvertInterfaceLuidToAlias, GROUP_QUERY)                                                 \
    CALL(ConvertInterfaceLuidToGuid, GROUP_QUERY)                                                  \
    CALL(ConvertInterfaceGuidToLuid, GROUP_QUERY)                                                  \
    CALL(FlushIpNetTable, GROUP_NETWORK)                                                           \
    CALL(FlushIpNetTable2, GROUP_NETWORK)                                                          \
    CALL(NotifyIpInterfaceChange, GROUP_NETWORK)                                                   \
    CALL(NotifyRouteChange2, GROUP_NETWORK)                                                        \
    CALL(NotifyUnicastIpAddressChange, GROUP_NETWORK)                                              \
    CALL(CancelMibChangeNotify2, GROUP_NETWORK)                                                    \
    CALL(CreateNamedPipeW, GROUP_PIPES)                                                            \
    CALL(ConnectNamedPipe, GROUP_PIPES)                                                            \
    CALL(DisconnectNamedPipe, GROUP_PIPES)                                                         \
    CALL(SetNamedPipeHandleState, GROUP_PIPES)                                                     \
    CALL(FlushFileBuffers, GROUP_FILES)                                                            \
    CALL(CreateFileW, GROUP_FILES)                                                                 \
    CALL(WriteFile, GROUP_WRITES)                                                                  \
    CALL(SetEndOfFile, GROUP_WRITES)                                                               \
    CALL(SetFileInformationByHandle, GROUP_WRITES)                                                 \
    CALL(SetFilePointerEx, GROUP_WRITES)                                                           \
    CALL(MoveFileExW, GROUP_FILES)                                                                 \
    CALL(ReplaceFileW, GROUP_FILES)                                                                \
    CALL(DeleteFileW, GROUP_FILES)                                                                 \
    CALL(CreateDirectoryW, GROUP_FILES)                                                            \
    CALL(RemoveDirectoryW, GROUP_FILES)                                                            \
    CALL(ImpersonateNamedPipeClient, GROUP_IDENTITY)                                               \
    CALL(RevertToSelf, GROUP_IDENTITY)                                                             \
    CALL(SetThreadToken, GROUP_IDENTITY)                                                           \
    CALL(ImpersonateLoggedOnUser, GROUP_IDENTITY)                                                  \
    CALL(OpenProcessToken, GROUP_IDENTITY)                                                         \
    CALL(OpenThreadToken, GROUP_IDENTITY)                                                          \
    CALL(DuplicateTokenEx, GROUP_IDENTITY)                                                         \
    CALL(GetTokenInformation, GROUP_IDENTITY)                                                      \
    CALL(CheckTokenMembership, GROUP_IDENTITY)                                                     \
    CALL(LookupAccountSidW, GROUP_IDENTITY)                                                        \
    CALL(LookupAccountNameW, GROUP_IDENTITY)                                                       \
    CALL(WinVerifyTrust, GROUP_IDENTITY)                                                           \
    CALL(CertGetNameStringW, GROUP_IDENTITY)                                                       \
    CALL(CryptEncodeObject, GROUP_IDENTITY)                                                        \
    CALL(NetLocalGroupGetMembers, GROUP_IDENTITY)                                                  \
    CALL(CreateProcessAsUserW, GROUP_PROCESS)                                                      \
    CALL(UpdateProcThreadAttribute, GROUP_PROCESS)                                                 \
    CALL(CreateEnvironmentBlock, GROUP_PROCESS)                                                    \
    CALL(OpenProcess, GROUP_QUERY)                                                                 \
    CALL(GetProcessTimes, GROUP_QUERY)                                                             \
    CALL(LoadLibraryExW, GROUP_PROCESS)                                                            \
    CALL(TerminateProcess, GROUP_PROCESS)                                                          \
    CALL(TerminateJobObject, GROUP_PROCESS)                                                        \
    CALL(OpenEventW, GROUP_PROCESS)                                                                \
    CALL(CreateThread, GROUP_PROCESS)                                                              \
    CALL(_beginthreadex, GROUP_PROCESS)                                                            \
    CALL(CreateServiceW, GROUP_SERVICE)                                                            \
    CALL(ChangeServiceConfig2W, GROUP_SERVICE)                                                     \
    CALL(ReportEventW, GROUP_SERVICE)                                                              \
    CALL(RegisterEventSourceW, GROUP_SERVICE)                                                      \
    CALL(SetServiceStatus, GROUP_SERVICE)                                                          \
    CALL(StartServiceCtrlDispatcherW, GROUP_SERVICE)                                               \
    CALL(RegisterServiceCtrlHandlerExW, GROUP_SERVICE)                                             \
    CALL(ServiceControl, GROUP_SERVICE)                                                            \
    CALL(OpenSCManagerW, GROUP_SERVICE)                                                            \
    CALL(OpenServiceW, GROUP_SERVICE)                                                              \
    CALL(ControlService, GROUP_SERVICE)                                                            \
    CALL(NotifyServiceStatusChangeW, GROUP_SERVICE)                                                \
    CALL(RegOpenKeyExW, GROUP_QUERY)                                                               \
    CALL(RegQueryValueExW, GROUP_QUERY)                                                            \
    CALL(RegEnumKeyExW, GROUP_QUERY)                                                               \
    CALL(RegEnumValueW, GROUP_QUERY)                                                               \
    CALL(RegQueryInfoKeyW, GROUP_QUERY)                                                            \
    CALL(RegNotifyChangeKeyValue, GROUP_QUERY)                                                     \
    CALL(OpenEventLogW, GROUP_QUERY)                                                               \
    CALL(RegCreateKeyExW, GROUP_REGISTRY)                                                          \
    CALL(RegSetValueExW, GROUP_REGISTRY)                                                           \
    CALL(RegDeleteValueW, GROUP_REGISTRY)                                                          \
    CALL(RegDeleteKeyW, GROUP_REGISTRY)                                                            \
    CALL(RegDeleteTreeW, GROUP_REGISTRY)                                                           \
    CALL(RegFlushKey, GROUP_REGISTRY)                                                              \
    CALL(DnsFlushResolverCache, GROUP_DNS)                                                         \
    CALL(RtlPublishWnfStateData, GROUP_DNS)                                                        \
    CALL(CreateProcessW, GROUP_PROCESS)                                                            \
    CALL(ProgramStart, GROUP_PROGRAMS)                                                             \
    CALL(netsh, GROUP_PROGRAMS)                                                                    \
    CALL(ipconfig, GROUP_PROGRAMS)                                                                 \
    CALL(tapctl, GROUP_PROGRAMS)                                                                   \
    CALL(msiexec, GROUP_PROGRAMS)                                                                  \
    CALL(FwpmEngineOpen0, GROUP_FIREWALL)                                                          \
    CALL(FwpmEngineClose0, GROUP_FIREWALL)                                                         \
    CALL(FwpmTransactionBegin0, GROUP_FIREWALL)                                                    \
    CALL(FwpmTransactionCommit0, GROUP_FIREWALL)                                                   \
    CALL(FwpmTransactionAbort0, GROUP_FIREWALL)                                                    \
    CALL(FwpmProviderAdd0, GROUP_FIREWALL)                                                         \
    CALL(FwpmProviderDeleteByKey0, GROUP_FIREWALL)                                                 \
    CALL(FwpmProviderGetByKey0, GROUP_QUERY)                                                       \
    CALL(FwpmSubLayerAdd0, GROUP_FIREWALL)                                                         \
    CALL(FwpmSubLayerDeleteByKey0, GROUP_FIREWALL)                                                 \
    CALL(FwpmSubLayerGetByKey0, GROUP_QUERY)                                                       \
    CALL(FwpmFilterAdd0, GROUP_FIREWALL)                                                           \
    CALL(FwpmFilterDeleteById0, GROUP_FIREWALL)                                                    \
    CALL(FwpmFilterDeleteByKey0, GROUP_FIREWALL)                                                   \
    CALL(FwpmFilterGetById0, GROUP_QUERY)                                                          \
    CALL(FwpmFilterGetByKey0, GROUP_QUERY)                                                         \
    CALL(FwpmFilterCreateEnumHandle0, GROUP_QUERY)                                                 \
    CALL(FwpmFilterEnum0, GROUP_QUERY)                                                             \
    CALL(FwpmFilterDestroyEnumHandle0, GROUP_QUERY)                                                \
    CALL(FwpmProviderCreateEnumHandle0, GROUP_QUERY)                                               \
    CALL(FwpmProviderEnum0, GROUP_QUERY)                                                           \
    CALL(FwpmProviderDestroyEnumHandle0, GROUP_QUERY)                                              \
    CALL(FwpmSubLayerCreateEnumHandle0, GROUP_QUERY)                                               \
    CALL(FwpmSubLayerEnum0, GROUP_QUERY)                                                           \
    CALL(FwpmSubLayerDestroyEnumHandle0, GROUP_QUERY)                                              \
    CALL(FwpmSessionCreateEnumHandle0, GROUP_QUERY)                                                \
    CALL(FwpmSessionEnum0, GROUP_QUERY)                                                            \
    CALL(FwpmSessionDestroyEnumHandle0, GROUP_QUERY)                                               \
    CALL(FwpmGetAppIdFromFileName0, GROUP_FIREWALL)                                                \
    CALL(UnknownCall, GROUP_UNKNOWN)

enum call {
#define CALL(name, group) CALL_##name,
    CALLS(CALL)
#undef CALL
        CALL_COUNT
};

const char *call_name(enum call call);
enum call_group call_group(enum call call);

/* CALL_COUNT when there is no such function. */
enum call call_by_name(const char *name);
/* CALL_GROUP_COUNT when there is no such group. */
enum call_group call_group_by_name(const char *name);

#endif

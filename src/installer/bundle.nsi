; SPDX-License-Identifier: MIT
; The setup that carries OpenVPN's package and ours, and does nothing but have Windows Installer
; install them: no files of its own stay, and it has no uninstaller. ci/releasing/bundle.py gives
; the names.
Unicode true
Target ${TARGET}
ManifestSupportedOS Win10
ManifestDPIAware true
RequestExecutionLevel admin
; What is in packages is compressed already.
SetCompress off
CRCCheck force
AllowRootDirInstall false
ShowInstDetails show

Name "${NAME} ${VERSION}"
Caption "${NAME} ${VERSION} and OpenVPN"
BrandingText "${COMPANY}"
OutFile "${OUTPUT}"
!ifdef ICON
Icon "${ICON}"
!endif
VIProductVersion "${VERSION}.0"
VIAddVersionKey "ProductName" "${NAME}"
VIAddVersionKey "CompanyName" "${COMPANY}"
VIAddVersionKey "LegalCopyright" "${COPYRIGHT}"
VIAddVersionKey "FileDescription" "${NAME} setup with OpenVPN"
VIAddVersionKey "FileVersion" "${VERSION}"
VIAddVersionKey "ProductVersion" "${VERSION}"

Page instfiles

!include LogicLib.nsh

Var Level
Var Folder
Var Code

; What it found and what it did; a failure's text names the log and keeps the folder.
!macro install PACKAGE PROPERTIES
    DetailPrint "Installing ${PACKAGE}"
    ExecWait '"$SYSDIR\msiexec.exe" /i "$Folder\${PACKAGE}" ${PROPERTIES} REBOOT=ReallySuppress $Level /l*v "$Folder\${PACKAGE}.log"' $Code
    ${If} $Code != 0
    ${AndIf} $Code != 3010
        DetailPrint "${PACKAGE} is not installed: Windows Installer ended with $Code. Its log is $Folder\${PACKAGE}.log"
        SetErrorLevel $Code
        Abort
    ${EndIf}
    ${If} $Code == 3010
        SetErrorLevel 3010
    ${EndIf}
!macroend

Section
    StrCpy $Level "/passive"
    ${If} ${Silent}
        StrCpy $Level "/qn"
    ${EndIf}
    SetErrorLevel 0
    SetRegView ${VIEW}

    ; Only administrators can write below Program Files, so nobody can exchange the packages between
    ; here and Windows Installer.
    StrCpy $Folder "${PROGRAMFILES}\${NAME} setup"
    ClearErrors
    RMDir /r "$Folder"
    SetOutPath "$Folder"
    File "/oname=${OPENVPN_PACKAGE}" "openvpn.msi"
    File "/oname=${OUR_PACKAGE}" "ours.msi"
    SetOutPath "$SYSDIR"
    ${If} ${Errors}
        DetailPrint "$Folder can't be written"
        SetErrorLevel 1603
        Abort
    ${EndIf}

    ReadRegStr $0 HKLM "SOFTWARE\OpenVPN" ""
    ${If} $0 == ""
    ${OrIfNot} ${FileExists} "$0\bin\openvpn.exe"
        !insertmacro install "${OPENVPN_PACKAGE}" "ADDLOCAL=${FEATURES}"
    ${EndIf}
    !insertmacro install "${OUR_PACKAGE}" ""
    RMDir /r "$Folder"
SectionEnd

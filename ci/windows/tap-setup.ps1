# SPDX-License-Identifier: MIT
<#
.SYNOPSIS
Installs OpenVPN with its drivers and without its service, and sees that an adapter can be made.

.DESCRIPTION
For tests/hardware, as an administrator. The package, its address and its hash are those of
openvpn.json beside this script. OpenVPN's own service is left out: it owns the pipe that the
service under test wants. Ends with 0, or with 1 and a sentence that says what is missing.

.PARAMETER Package
The package, if it is here already. It must have the same hash.

.PARAMETER Folder
Where the package is kept, and the log of its installation.
#>
param([string]$Package = '', [string]$Folder = $env:TEMP)

$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'

$Name = 'Gatehouse test setup'
$TapDescription = 'TAP-Windows*'
$SecondsForAnAdapter = 30
$RestartWanted = 3010

# The path of the package. Throws when it is not the one that openvpn.json means.
function Receive-Installer {
    $pin = Get-Content -Raw -Path (Join-Path $PSScriptRoot 'openvpn.json') | ConvertFrom-Json
    $path = $Package
    if (-not $path) {
        $path = Join-Path $Folder "OpenVPN-$($pin.version)-amd64.msi"
    }
    if (-not (Test-Path $path)) {
        if ($Package) {
            throw "There is no package $path."
        }
        Write-Host "Downloading $($pin.url)"
        Invoke-WebRequest -UseBasicParsing -Uri $pin.url -OutFile $path
    }
    $hash = (Get-FileHash -Algorithm SHA256 -Path $path).Hash
    if ($hash -ne $pin.sha256) {
        throw "$path is not the package of openvpn.json: its SHA-256 is $hash. Delete it and try again."
    }
    $signature = Get-AuthenticodeSignature -FilePath $path
    if ($signature.Status -ne 'Valid') {
        throw "Windows does not accept the signature of ${path}: $($signature.StatusMessage)"
    }
    Write-Host "OpenVPN $($pin.version), signed by $($signature.SignerCertificate.Subject)"
    return $path
}

function Install-OpenVpn {
    param([string]$Path)
    $log = Join-Path $Folder 'openvpn-install.log'
    $features = 'OpenVPN,Drivers,Drivers.TAPWindows6,Drivers.OvpnDco'
    $words = "/i `"$Path`" /qn /norestart /l*v `"$log`" ADDLOCAL=$features"
    $done = Start-Process -FilePath msiexec.exe -ArgumentList $words -Wait -PassThru
    if ($done.ExitCode -eq $RestartWanted) {
        throw 'Windows wants to restart before the drivers can be used. Restart it and try again.'
    }
    if ($done.ExitCode -ne 0) {
        Get-Content -Path $log -Tail 60 | Write-Host
        throw "Windows Installer ended with $($done.ExitCode); its log is $log."
    }
}

# Makes an adapter, waits until Windows shows it, and removes it again: the tests make their own.
function Test-Adapter {
    param([string]$Tapctl)
    & $Tapctl create --hwid 'root\tap0901' --name $Name
    if ($LASTEXITCODE -ne 0) {
        throw "tapctl made no adapter: exit code $LASTEXITCODE. Is the driver signed for this Windows?"
    }
    $watch = [Diagnostics.Stopwatch]::StartNew()
    $adapter = $null
    while ((-not $adapter) -and ($watch.Elapsed.TotalSeconds -lt $SecondsForAnAdapter)) {
        Start-Sleep -Milliseconds 250
        $adapter = Get-NetAdapter -Name $Name -ErrorAction SilentlyContinue
    }
    $seconds = [Math]::Round($watch.Elapsed.TotalSeconds, 1)
    & $Tapctl delete $Name
    if (-not $adapter) {
        throw "Windows has shown no adapter for $SecondsForAnAdapter seconds."
    }
    if ($adapter.InterfaceDescription -notlike $TapDescription) {
        throw "The new adapter is no TAP adapter, but $($adapter.InterfaceDescription)."
    }
    Write-Host "An adapter can be made; Windows has shown it after $seconds s."
}

try {
    $tapctl = Join-Path $env:ProgramFiles 'OpenVPN\bin\tapctl.exe'
    if (Test-Path $tapctl) {
        Write-Host "There is a $tapctl already: nothing is installed."
    } else {
        $found = Receive-Installer
        Install-OpenVpn -Path $found
    }
    if (-not (Test-Path $tapctl)) {
        throw "There is no $tapctl after the installation."
    }
    Test-Adapter -Tapctl $tapctl
} catch {
    Write-Host "tap-setup.ps1: $($_.Exception.Message)"
    exit 1
}
exit 0

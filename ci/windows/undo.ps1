# SPDX-License-Identifier: MIT
<#
.SYNOPSIS
Undoes whatever tests on a real machine have changed. Windows runs it as SYSTEM when they hang.

.DESCRIPTION
tests/hardware/support/watchdog.py lays this script into a folder of its own, beside a copy of the
service's program and a list of the instances that the tests have installed. A failure does not
keep the rest from being undone. undo.log, in the same folder, says that it has run and what it did.
Only what the tests may touch is removed: their services, the networks of documentation (RFC 5737,
3849 and 2544), rules for names below gatehouse.test, and what has a name of theirs.
#>
param([string]$Tapctl = '')

$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'

$Log = Join-Path $PSScriptRoot 'undo.log'
$Program = Join-Path $PSScriptRoot 'gatehouse-service.exe'
$Instances = Join-Path $PSScriptRoot 'instances.txt'
$Networks = '^(198\.51\.100\.|203\.0\.113\.|198\.1[89]\.|2001:db8:)'
$OwnTask = 'Gatehouse hardware watchdog'

function Write-Line {
    param([string]$Text)
    Add-Content -Path $Log -Encoding UTF8 -Value "$(Get-Date -Format o) $Text"
}

# Runs one step. What it throws is written down.
function Invoke-Step {
    param([string]$What, [scriptblock]$Step)
    try {
        & $Step | Out-Null
        Write-Line -Text "done: $What"
    } catch {
        Write-Line -Text "failed: ${What}: $($_.Exception.Message)"
    }
}

# The program that undoes what an instance has changed, also when its service is gone.
function Invoke-Cleanup {
    param([string]$Instance, [string]$Verb)
    $words = "-instance interactive $Instance $Verb"
    $started = Start-Process -FilePath $Program -ArgumentList $words -WindowStyle Hidden -PassThru
    if (-not $started.WaitForExit(60000)) {
        $started.Kill()
        throw 'it did not end within 60 seconds'
    }
    if ($started.ExitCode -ne 0) {
        throw "exit code $($started.ExitCode)"
    }
}

function Stop-Instance {
    param([string]$Instance)
    $name = "OpenVPNServiceInteractive$Instance"
    $service = Get-CimInstance -ClassName Win32_Service | Where-Object Name -eq $name
    if ($service -and $service.ProcessId) {
        Stop-Process -Force -Id $service.ProcessId
    }
}

Write-Line -Text 'the tests have given no sign of life'
$names = @()
if (Test-Path $Instances) {
    $names = @(Get-Content -Path $Instances | Where-Object { $_ -match '^\$gh\w+$' } | Select-Object -Unique)
}

# The network first: whoever watches the tests may be cut off.
foreach ($name in $names) {
    Invoke-Step -What "open $name" -Step { Invoke-Cleanup -Instance $name -Verb '-unblock' }
}
foreach ($name in $names) {
    Invoke-Step -What "stop $name" -Step { Stop-Instance -Instance $name }
    Invoke-Step -What "clean up $name" -Step { Invoke-Cleanup -Instance $name -Verb '-cleanup' }
}
Invoke-Step -What 'rules' -Step {
    Get-DnsClientNrptRule | Where-Object { "$($_.Namespace)" -like '*gatehouse.test' } | ForEach-Object {
        Remove-DnsClientNrptRule -Force -Name $_.Name
    }
}
Invoke-Step -What 'routes' -Step {
    Get-NetRoute | Where-Object { $_.DestinationPrefix -match $Networks } | ForEach-Object {
        Remove-NetRoute -Confirm:$false -InputObject $_ -ErrorAction SilentlyContinue
    }
}
Invoke-Step -What 'addresses' -Step {
    Get-NetIPAddress | Where-Object { $_.IPAddress -match $Networks } | ForEach-Object {
        Remove-NetIPAddress -Confirm:$false -InputObject $_ -ErrorAction SilentlyContinue
    }
}
Invoke-Step -What 'rules of Windows Firewall' -Step {
    Remove-NetFirewallRule -Name 'gatehouse*' -ErrorAction SilentlyContinue
}
if ($Tapctl) {
    Invoke-Step -What 'adapters' -Step {
        Get-NetAdapter -IncludeHidden | Where-Object Name -like 'Gatehouse test*' | ForEach-Object {
            & $Tapctl delete $_.Name
        }
    }
}
Invoke-Step -What 'users' -Step {
    Get-LocalUser | Where-Object Name -like 'gh_hardware*' | ForEach-Object { Remove-LocalUser -InputObject $_ }
}
Invoke-Step -What 'tasks' -Step {
    Get-ScheduledTask | Where-Object TaskName -like 'Gatehouse hardware test*' | ForEach-Object {
        Unregister-ScheduledTask -Confirm:$false -InputObject $_
    }
    Unregister-ScheduledTask -Confirm:$false -TaskName $OwnTask
}

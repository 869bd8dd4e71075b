# SPDX-License-Identifier: MIT
<#
.SYNOPSIS
Prints, as JSON, what tests on a real machine could leave behind: lists of lines, by subject.

.DESCRIPTION
Two snapshots are equal when nothing was left. Left out is what changes by itself: addresses and
routes that Windows derives or learns from routers, metrics that it computes, and link states.
Packet filters are not here: netsh shows them (tests/hardware/support/filtering.py).
#>
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
[Console]::OutputEncoding = [Text.Encoding]::UTF8

function Get-InterfaceLine {
    Get-NetIPInterface | ForEach-Object {
        $metric = 'automatic'
        if ("$($_.AutomaticMetric)" -ne 'Enabled') {
            $metric = $_.InterfaceMetric
        }
        "$($_.InterfaceAlias) $($_.AddressFamily): MTU $($_.NlMtu), metric $metric, DHCP $($_.Dhcp)"
    }
}

function Get-AddressLine {
    Get-NetIPAddress | Where-Object { "$($_.PrefixOrigin)" -in @('Manual', 'Dhcp') } | ForEach-Object {
        "$($_.InterfaceAlias): $($_.IPAddress)/$($_.PrefixLength)"
    }
}

function Get-RouteLine {
    Get-NetRoute | Where-Object { "$($_.Protocol)" -in @('NetMgmt', 'Dhcp') } | ForEach-Object {
        "$($_.DestinationPrefix) via $($_.NextHop) on $($_.InterfaceAlias) metric $($_.RouteMetric)"
    }
}

function Get-DnsLine {
    Get-DnsClientServerAddress | ForEach-Object {
        "$($_.InterfaceAlias) $($_.AddressFamily): $($_.ServerAddresses -join ' ')"
    }
    Get-DnsClient | ForEach-Object {
        "$($_.InterfaceAlias): suffix $($_.ConnectionSpecificSuffix)"
    }
    "search list: $((Get-DnsClientGlobalSetting).SuffixSearchList -join ' ')"
}

function Get-RuleLine {
    Get-DnsClientNrptRule | ForEach-Object {
        "$($_.Name): $($_.Namespace -join ' ') to $($_.NameServers -join ' ')"
    }
}

# What the tests make besides: services, tasks, users, groups, rules of Windows Firewall.
function Get-MadeLine {
    Get-Service -Name 'OpenVPNServiceInteractive*' | ForEach-Object { "service $($_.Name)" }
    Get-ScheduledTask | Where-Object TaskName -like 'Gatehouse*' | ForEach-Object {
        "task $($_.TaskName)"
    }
    Get-LocalUser | Where-Object Name -like 'gh_hardware*' | ForEach-Object { "user $($_.Name)" }
    Get-LocalGroup | Where-Object Name -like 'OpenVPN*' | ForEach-Object { "group $($_.Name)" }
    Get-NetFirewallRule -Name 'gatehouse*' -ErrorAction SilentlyContinue | ForEach-Object {
        "firewall rule $($_.Name)"
    }
}

$adapters = Get-NetAdapter | ForEach-Object { "$($_.Name): $($_.InterfaceDescription)" }
$seen = [ordered]@{
    adapters = @($adapters | Sort-Object)
    interfaces = @(Get-InterfaceLine | Sort-Object)
    addresses = @(Get-AddressLine | Sort-Object)
    routes = @(Get-RouteLine | Sort-Object)
    dns = @(Get-DnsLine | Sort-Object)
    rules = @(Get-RuleLine | Sort-Object)
    made = @(Get-MadeLine | Sort-Object)
}
ConvertTo-Json -Depth 3 -InputObject $seen

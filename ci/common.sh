# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# What the commands of this folder share; they source it.

# about SCRIPT: its head comment, as help.
about() {
    sed -n '3,/^[^#]/s/^# \{0,1\}//p' "$1"
}

# takes_no_arguments SCRIPT ARGUMENT...: asked for help, it says what SCRIPT is about; other arguments
# are a mistake.
takes_no_arguments() {
    local script=$1
    shift
    case "${1:-}" in
    "") ;;
    -h | --help)
        about "$script"
        exit 0
        ;;
    *)
        echo "$script takes no arguments" >&2
        about "$script" >&2
        exit 2
        ;;
    esac
}

# as_root COMMAND...: runs it, through sudo where somebody else runs this.
as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

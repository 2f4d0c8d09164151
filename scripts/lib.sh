# shellcheck shell=bash
# What every script here shares: where things are, how a script speaks, stops, waits and logs.
# Sourced, never run. It must not do any work of its own: it only defines.
#
# How a script ends: 0 when everything is as asked, 2 when it is not, after ONE sentence on stderr
# (`glassbox: …`); 130 after Ctrl-C. Nothing is ever left half made under its final name: files and
# trees are made beside it and renamed into place.

set -euo pipefail
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES GNUMAKEFLAGS  # ours are not for upstream's make
export LC_ALL=C.UTF-8

# shellcheck disable=SC2034  # for those who source this
{
    gb_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
    gb_src=$gb_root/cpython/src
    gb_build=$gb_root/cpython/build
    gb_logs=$gb_root/build/log
    gb_cache=${GLASSBOX_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/glassbox}
    gb_jobs=${GLASSBOX_JOBS:-$(nproc 2>/dev/null || echo 2)}
}

# ------------------------------------------------------------------ speaking

gb_tty=0
if [[ -t 2 ]]; then gb_tty=1; fi
gb_line_open=0                          # a live progress line stands on the terminal

# One line for the person who waits.
say() {
    clear_line
    printf '%s\n' "$*" >&2
}

said_why=102                            # a subshell's way to say that the sentence is already out

# Why this stopped, in one sentence, and stop.
die() {
    clear_line
    printf 'glassbox: %s\n' "$*" >&2
    trap - ERR
    exit $((BASH_SUBSHELL ? said_why : 2))
}

# Replace the live line; without a terminal, say nothing.
live() {
    if ((gb_tty)); then
        printf '\r\033[K%s' "${1:0:$((${COLUMNS:-80} - 1))}" >&2
        gb_line_open=1
    fi
}

clear_line() {
    if ((gb_line_open)); then
        printf '\r\033[K' >&2
        gb_line_open=0
    fi
}

# A command that nobody looked after failed: say which, rather than stop in silence. A subshell
# leaves the saying to the shell that started it.
on_error() {
    local status=$1 line=$2 command=$3
    trap - ERR
    if ((BASH_SUBSHELL)); then exit "$status"; fi
    if ((status == said_why)); then exit 2; fi
    die "${0##*/} stopped at line $line: '${command%%$'\n'*}' ended with status $status"
}

on_interrupt() {
    trap - ERR
    trap '' INT TERM HUP
    if [[ -n ${gb_child:-} ]]; then
        kill -TERM "$gb_child" 2>/dev/null || true
        wait "$gb_child" 2>/dev/null || true
    fi
    clear_line
    printf 'glassbox: interrupted; the same command goes on where this one stopped\n' >&2
    exit 130
}

set -E
trap 'on_error $? $LINENO "$BASH_COMMAND"' ERR
trap on_interrupt INT TERM HUP

# Path of a file as a person in the project's root would type it.
shown() {
    printf '%s' "${1#"$gb_root"/}"
}

# Seconds as 0:07 or 12:34.
clock() {
    printf '%d:%02d' $(($1 / 60)) $(($1 % 60))
}

# ------------------------------------------------------------ facts and locks

# One value from a `key = value` file; empty when the key is missing or has none.
value_of() {
    local key=$1 file=$2 line
    while IFS= read -r line || [[ -n $line ]]; do
        if [[ $line =~ ^$key\ *=\ *(.*)$ ]]; then
            printf '%s' "${BASH_REMATCH[1]}"
            return 0
        fi
    done <"$file"
}

# One hash for many files, their names included. Files that are missing count as absent.
hash_of() {
    local -a there=()
    local file
    for file in "$@"; do
        if [[ -f $file ]]; then there+=("${file#"$gb_root"/}"); fi
    done
    (cd "$gb_root" && { ((${#there[@]} == 0)) || sha256sum -- "${there[@]}"; } | sha256sum | cut -c1-32)
}

hash_of_text() {
    printf '%s\n' "$@" | sha256sum | cut -c1-32
}

# Stop unless the file system that holds (or will hold) DIR has NEED_MB free for WHAT.
need_space() {
    local dir=$1 need_mb=$2 what=$3 free_mb
    while [[ ! -d $dir ]]; do dir=$(dirname "$dir"); done
    free_mb=$(df --output=avail -B1M -- "$dir" | tail -n1)
    ((free_mb >= need_mb)) ||
        die "$what needs $need_mb MB of free disk, but '$dir' has ${free_mb// /} MB"
}

# Make a directory, or say why not.
need_dir() {
    local why
    why=$(mkdir -p -- "$1" 2>&1) || die "cannot make the directory '$1': ${why##*: }"
}

# Hold the lock NAME [in DIR] until this script and all it started are gone. Says whom it waits for.
take_lock() {
    local dir=${2:-$gb_root/build/lock} holder=''
    local file=$dir/$1.lock
    need_dir "$dir"
    { exec 9<>"$file"; } 2>/dev/null || die "cannot open the lock '$(shown "$file")'"
    if ! flock -n 9; then
        read -r holder <"$file" || true
        say "waiting for another build of '$1' to end${holder:+ (process $holder)}"
        flock 9
    fi
    printf '%s\n' $$ >"$file"
}

# -------------------------------------------------------- commands with a log

gb_log=/dev/null                        # where the output of `logged` goes
gb_why=''                               # the most useful line that `logged` saw

# Is this line the reason why a command failed? Better reasons have higher ranks; 0 is none.
rank_of() {
    case $1 in
        *'No space left on device'*) echo 5 ;;
        *': fatal error:'* | *': error:'* | *'undefined reference to'* | E:\ *) echo 4 ;;
        *'error: '* | *'Error: '* | *'rror:'*) echo 3 ;;
        *'ould not resolve'* | *'onnection'* | *'FAILED'*) echo 2 ;;
        *) echo 0 ;;
    esac
}

# Keep the first line of the highest rank as the reason; with none, the last line that was not empty.
gb_why_rank=0
notice() {
    local line=$1 rank=0
    case $line in
        *rror* | *'No space'* | E:\ * | *undefined* | *'not resolve'* | *onnection* | *FAILED*)
            rank=$(rank_of "$line") ;;
    esac
    if ((rank > gb_why_rank)) || { ((gb_why_rank == 0)) && [[ -n ${line// /} ]]; }; then
        gb_why=$line
        gb_why_rank=$rank
    fi
}

start_log() {
    gb_log=$gb_logs/$1.log
    need_dir "$gb_logs"
    { : >"$gb_log"; } 2>/dev/null ||
        die "cannot write the log '$(shown "$gb_log")': no space, or not yours"
}

gb_child=                               # the process that `start_reading` started, while it runs

# Start a command whose output can be read from descriptor 8, line by line.
start_reading() {
    gb_why='' gb_why_rank=0
    exec 8< <(trap - ERR INT TERM HUP; set +eE; "$@" 2>&1 </dev/null)
    gb_child=$!
}

# Its end: the command's exit status.
end_reading() {
    local status=0
    exec 8<&-
    wait "$gb_child" || status=$?
    gb_child=
    return "$status"
}

# One line of output, for the log and for the reason.
take_line() {
    { printf '%s\n' "$1" >>"$gb_log"; } 2>/dev/null || true    # a full disk is somebody's reason, not this one's
    notice "$1"
}

# Run a command, its output in the log. Returns its status; gb_why then has the telling line.
logged() {
    local line
    start_reading "$@"
    while IFS= read -r line <&8 || [[ -n $line ]]; do take_line "$line"; done
    end_reading
}

# Stop because WHAT failed, with the telling line and the log.
die_of() {
    local why=$gb_why
    if ((gb_why_rank == 5)); then why='no space left on the disk'; fi
    why=${why//"$gb_root/"/}
    die "$1 failed: ${why:-it said nothing} (log: $(shown "$gb_log"))"
}

#!/usr/bin/env bash
# Tests of the set-up: what scripts/ do when something is wrong, and that they are written cleanly.
# Each test is a function named test_…, run in a scratch clone of its own; its name is the sentence
# that must hold. It must not touch this checkout, the machine's packages or the user's cache.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
tarball=$("$root/scripts/fetch" 2>/dev/null)
scratch=$(mktemp -d "${TMPDIR:-/tmp}/glassbox-setup.XXXXXX")
trap 'rm -rf -- "$scratch"' EXIT

# ------------------------------------------------------------------ the harness

skip() { echo "cannot run here: $1" >"$scratch/skip"; exit 0; }
fail() { echo "$*" >&2; exit 1; }

# Run a command that must end with STATUS; its stderr is in $scratch/err.
expect() {
    local want=$1 status=0
    shift
    "$@" >"$scratch/out" 2>"$scratch/err" </dev/null || status=$?
    ((status == want)) || fail "status $status, not $want: $* ($(tail -n3 "$scratch/err"))"
}

# What was said last must be one sentence that begins with `glassbox: ` and holds the words.
said() {
    local words
    (($(grep -c '^glassbox: ' "$scratch/err") == 1)) || fail "not one sentence: $(<"$scratch/err")"
    for words in "$@"; do
        [[ $(tail -n1 "$scratch/err") == *"$words"* ]] || fail "no '$words' in: $(tail -n1 "$scratch/err")"
    done
}

# A clone of what the scripts read, without a patch; of upstream's tree the part that is patched
# here, linked, so that it costs little.
clone() {
    mkdir -p "$scratch/clone"/{cpython/src,patches}
    cp -R "$root/scripts" "$scratch/clone"
    cp "$root"/cpython/{*.recipe,source.lock} "$scratch/clone/cpython"
    cd "$scratch/clone"
    export GLASSBOX_CACHE=$scratch/cache
}

with_upstream() {
    "$root/scripts/patch" upstream 2>/dev/null
    mkdir -p cpython/src/upstream
    (cd "$root/cpython/src/upstream" &&
        cp -al --parents -t "$scratch/clone/cpython/src/upstream" Include Python Tools/cases_generator Lib/_opcode_metadata.py)
    cp "$root/cpython/src/upstream.stamp" cpython/src
}

# A patch named FILE that replaces TEXT by OTHER in SOURCE, into the series.
add_patch() {
    local file=$1 source=$2 text=$3 other=$4
    mkdir -p "$scratch/edit/a/$(dirname "$source")" "$scratch/edit/b/$(dirname "$source")"
    cp "cpython/src/upstream/$source" "$scratch/edit/a/$source"
    python3 -c 'import sys; s = open(sys.argv[1]).read(); assert sys.argv[3] in s
open(sys.argv[2], "w").write(s.replace(sys.argv[3], sys.argv[4], 1))' \
        "$scratch/edit/a/$source" "$scratch/edit/b/$source" "$text" "$other"
    (cd "$scratch/edit" && diff -u "a/$source" "b/$source") >"patches/$file" || true
    echo "$file" >>patches/series
    rm -rf "$scratch/edit"
}

without_network() { unshare -rn "$@"; }
can_unshare() { unshare -rn true 2>/dev/null || skip 'no network namespaces'; }

# --------------------------------------------------------------------- the tests

test_every_shell_script_is_clean_under_shellcheck() {
    command -v shellcheck >/dev/null || skip 'no shellcheck'
    cd "$root"
    grep -lE '^#!.*bash|shellcheck shell' scripts/* .ci/run tests/*.sh | xargs shellcheck -x
}

test_fetch_takes_the_tarball_that_the_user_names() {
    clone
    expect 0 env GLASSBOX_TARBALL="$tarball" scripts/fetch
    cmp "$(<"$scratch/out")" "$tarball"
}

test_fetch_refuses_a_tarball_with_another_hash_and_keeps_nothing() {
    clone
    head -c 1000000 "$tarball" >"$scratch/wrong.tar.xz"
    expect 2 env GLASSBOX_TARBALL="$scratch/wrong.tar.xz" scripts/fetch
    said "'$scratch/wrong.tar.xz'" 'sha256'
    [[ -z $(find "$scratch/cache" -name '*.xz*') ]] || fail 'something was kept'
}

test_fetch_names_the_tarball_that_is_not_there() {
    clone
    expect 2 env GLASSBOX_TARBALL=/nonexistent scripts/fetch
    said "cannot read GLASSBOX_TARBALL '/nonexistent'"
}

test_fetch_without_a_network_says_so() {
    can_unshare
    clone
    expect 2 without_network scripts/fetch
    said 'is there a network?'
}

test_fetch_drops_a_spoilt_file_from_the_cache() {
    can_unshare
    clone
    mkdir -p "$scratch/cache"
    echo spoilt >"$scratch/cache/${tarball##*/}"
    expect 2 without_network scripts/fetch
    [[ ! -e $scratch/cache/${tarball##*/} ]] || fail 'the spoilt file is still there'
    expect 0 env GLASSBOX_TARBALL="$tarball" scripts/fetch
}

test_fetch_on_a_full_disk_names_the_need() {
    mkdir -p "$scratch/cache"
    mount -t tmpfs -o size=8M none "$scratch/cache" 2>/dev/null || skip 'no right to mount'
    trap 'umount "$scratch/cache"' EXIT
    clone
    expect 2 env GLASSBOX_TARBALL="$tarball" scripts/fetch
    said 'MB of free disk' "'$scratch/cache'"
}

test_build_without_a_compiler_says_so() {
    clone
    expect 2 env CC=no-such-compiler scripts/build gil
    said "cannot find the C compiler 'no-such-compiler'"
}

test_build_of_an_unknown_variant_says_so() {
    clone
    expect 2 scripts/build nonsense
    said "no such variant: 'nonsense'"
}

test_patch_without_patches_makes_upstreams_tree() {
    clone
    with_upstream
    expect 0 scripts/patch
    diff -rq --exclude=__pycache__ cpython/src/upstream cpython/src/glassbox
}

test_patch_that_does_not_apply_stops_and_the_tree_stays() {
    clone
    with_upstream
    add_patch 0001-good.patch Python/sysmodule.c '#include "Python.h"' '#include "Python.h"  // one'
    scripts/patch 2>/dev/null
    add_patch 0002-bad.patch Python/sysmodule.c '#include "Python.h"' '#include "Python.h"  // two'
    expect 2 scripts/patch
    said "patch 'patches/0002-bad.patch' does not apply"
    grep -q '// one' cpython/src/glassbox/Python/sysmodule.c
}

test_patch_outside_the_tree_is_refused() {
    clone
    with_upstream
    printf -- '--- a/../x\n+++ b/../x\n@@ -0,0 +1 @@\n+x\n' >patches/0001-out.patch
    echo 0001-out.patch >patches/series
    expect 2 scripts/patch
    said 'outside the tree'
    [[ ! -e cpython/src/x && ! -e cpython/x ]] || fail 'it was written'
}

test_patch_that_changes_the_opcodes_is_stopped() {
    clone
    with_upstream
    add_patch 0001-op.patch Python/bytecodes.c 'inst(NOP, (--)) {' 'inst(GLASS, (--)) { } inst(NOP, (--)) {'
    expect 2 scripts/patch
    said 'change what the cases generator derives'
}

test_regeneration_of_an_untouched_bytecodes_c_is_upstreams_own() {
    clone
    with_upstream
    add_patch 0001-comment.patch Python/bytecodes.c '#include "Python.h"' '#include  "Python.h"'
    expect 0 scripts/patch
    cmp cpython/src/{upstream,glassbox}/Python/generated_cases.c.h
    cmp cpython/src/{upstream,glassbox}/Python/executor_cases.c.h
    cmp cpython/src/{upstream,glassbox}/Python/optimizer_cases.c.h
}

test_patch_carries_over_only_what_changed_and_takes_back_what_left() {
    clone
    with_upstream
    mkdir -p cpython/new/Python
    echo '/* new */' >cpython/new/Python/new.c
    add_patch 0001-one.patch Python/sysmodule.c '#include "Python.h"' '#include "Python.h"  // one'
    scripts/patch 2>/dev/null
    touch -d '2001-01-01' cpython/src/glassbox/Python/{sysmodule,new}.c
    echo '/* newer */' >cpython/new/Python/new.c
    scripts/patch 2>/dev/null
    [[ cpython/src/glassbox/Python/sysmodule.c -ot scripts/patch ]] || fail 'an unchanged file was written'
    [[ $(<cpython/src/glassbox/Python/new.c) == '/* newer */' ]]
    rm -r patches/* cpython/new
    scripts/patch 2>/dev/null
    diff -rq --exclude=__pycache__ cpython/src/upstream cpython/src/glassbox
}

test_patch_killed_at_any_moment_is_made_good_by_the_next() {
    local n pid
    clone
    with_upstream
    add_patch 0001-one.patch Python/sysmodule.c '#include "Python.h"' '#include "Python.h"  // one'
    for n in 0.05 0.1 0.15 0.2 0.3 0.5; do
        scripts/patch 2>/dev/null &
        pid=$!
        sleep "$n"
        kill -KILL "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    expect 0 scripts/patch
    diff -rq --exclude=__pycache__ cpython/src/upstream cpython/src/glassbox >"$scratch/diff" || true
    [[ $(<"$scratch/diff") == *sysmodule.c* && $(wc -l <"$scratch/diff") == 1 ]] || fail "$(<"$scratch/diff")"
}

test_two_at_once_wait_for_each_other() {
    clone
    with_upstream
    scripts/patch 2>"$scratch/one" &
    scripts/patch 2>"$scratch/two" &
    wait -n && wait -n
    (($(cat "$scratch/one" "$scratch/two" | grep -c '^patched:') == 1)) || fail 'the work was done twice, or not at all'
    diff -rq --exclude=__pycache__ cpython/src/upstream cpython/src/glassbox
}

test_setup_without_root_prints_the_one_line_to_run() {
    ((EUID == 0)) || skip 'not root'
    [[ -r /var/lib/dpkg/status ]] || skip 'no dpkg'
    clone
    mkdir -p "$scratch/bin"
    printf '#!/bin/sh\nexit 1\n' >"$scratch/bin/sudo"
    printf '#!/bin/sh\nexit 0\n' >"$scratch/bin/dpkg-query"
    chmod -R a+rwX "$scratch"
    chmod a+x "$scratch"/bin/*
    expect 2 setpriv --reuid=65534 --clear-groups env PATH="$scratch/bin:/usr/bin:/bin" HOME=/nonexistent scripts/setup run
    said 'run: sudo apt-get install' 'libdw-dev' 'zlib1g-dev'
}

# -------------------------------------------------------------------------- main

passed=0 failed=0 skipped=0
for name in $(declare -F | awk '$3 ~ /^test_/ { print $3 }'); do
    if (($#)) && [[ " $* " != *" $name "* ]]; then continue; fi
    rm -rf -- "${scratch:?}"/*
    if (set -E; trap 'echo "line $LINENO: $BASH_COMMAND" >&2' ERR; "$name") >"$scratch/log" 2>&1; then
        if [[ -f $scratch/skip ]]; then
            skipped=$((skipped + 1))
            echo "skip $name: $(<"$scratch/skip")"
        else
            passed=$((passed + 1))
            echo "ok $name"
        fi
    else
        failed=$((failed + 1))
        printf 'FAIL %s\n%s\n' "$name" "$(sed 's/^/    /' "$scratch/log")"
    fi
done
echo "$passed passed, $failed failed, $skipped skipped"
((failed == 0 && passed > 0))

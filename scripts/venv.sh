# Sourced by the other scripts: makes .venv once, and again when what it is made from changes.
#
#   make_venv run    the program            make_venv dev    and what tests and checks need
#
# The stamp is written last, so an interrupted installation is begun anew; a lock keeps two calls apart.

root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
venv="$root/.venv"

find_python() {
    for name in "${NARRATE_PYTHON:-python3}" python3.14 python3.13 python3.12 python3.11 python3; do
        if command -v "$name" >/dev/null 2>&1 &&
            "$name" -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            printf '%s\n' "$name"
            return
        fi
    done
    echo "narrate needs Python 3.11 or later, with venv (on Debian: apt install python3 python3-venv)" >&2
    return 1
}

stamp_of() {
    printf '%s %s\n' "$root" "$(cat "$root/pyproject.toml" "$root/constraints.txt" | cksum)"
}

make_venv() {
    stamp="$venv/.made-for-$1"
    if [ -x "$venv/bin/python" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$(stamp_of)" ]; then
        return
    fi
    python=$(find_python) || exit 1
    mkdir -p "$venv"
    (
        if command -v flock >/dev/null 2>&1; then flock 9; fi
        if [ "$(cat "$stamp" 2>/dev/null)" = "$(stamp_of)" ]; then exit 0; fi
        echo "narrate: installing into $venv (once)" >&2
        rm -f "$venv"/.made-for-*
        "$python" -m venv "$venv" || exit 1
        extra=""
        if [ "$1" = dev ]; then extra="[dev]"; fi
        "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input \
            --constraint "$root/constraints.txt" --editable "$root$extra" >&2 || exit 1
        stamp_of >"$venv/.made-for-run"
        if [ "$1" = dev ]; then stamp_of >"$venv/.made-for-dev"; fi
    ) 9>"$venv/.lock" || exit 1
}

#!/usr/bin/env bash
# Installs what the test tiers need from the distribution, and only what is missing.
set -euo pipefail
declare -A programs=([amtool]=prometheus-alertmanager [chromium]=chromium [faketime]=faketime [nginx]=nginx [pgbouncer]=pgbouncer [promtool]=prometheus [wrk]=wrk)
missing=()
for program in "${!programs[@]}"; do
    command -v "$program" >/dev/null 2>&1 || [ -x "/usr/sbin/$program" ] || missing+=("${programs[$program]}")
done
if [ ${#missing[@]} -eq 0 ]; then
    exit 0
fi
if ! command -v apt-get >/dev/null 2>&1; then
    echo "Please install with your system's package manager: ${missing[*]}"
    [ -z "${CI:-}" ] || exit 1
    exit 0
fi
run=()
[ "$(id -u)" -eq 0 ] || run=(sudo)
"${run[@]}" apt-get update -qq
# Packages that start a service on installation must not: the tests start what they need themselves.
DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 "${run[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null

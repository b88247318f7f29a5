#!/bin/sh
# Does the emulator, and does the Lua client, speak as SAP's OpenAPI description of AI Core says, and can SAP's own
# JavaScript client work with the emulator?      spec/conformance/run.sh [path to AI_CORE_API.yaml]
# The description is SAP's and not in this tree: without argument its path is taken from $AI_CORE_API; without either
# only SAP's client runs. Needs Node.js 20+, npm (once), a built module ("make") and what the emulator needs.
#   main.mjs         runs the parts, counts, reports; the exit status is 1 on any violation
#   description.mjs  the validator: Ajv, and what Ajv does not know of OpenAPI
#   proxy.mjs        stands between client and emulator and lets the validator judge both directions
#   deviations.mjs   where AI Core itself differs from its description
#   plain.mjs client.lua sap.mjs   who sends: plain requests, our client, SAP's client
set -eu

description=${1:-${AI_CORE_API:-}}
if [ -n "$description" ]; then
  [ -r "$description" ] || { echo "conformance: cannot read $description" >&2; exit 2; }
  description=$(cd "$(dirname "$description")" && pwd)/$(basename "$description")
fi
cd "$(dirname "$0")/../.."

LUA=${LUA:-lua5.4}
command -v node >/dev/null || { echo "conformance: needs Node.js 20 or newer" >&2; exit 2; }
installed=spec/conformance/node_modules/.package-lock.json
if [ ! "$installed" -nt spec/conformance/package-lock.json ]; then
  (cd spec/conformance && npm ci --no-audit --no-fund --loglevel=error)
  touch "$installed"
fi
eval "$(sh tools/env.sh "$LUA")"
exec node spec/conformance/main.mjs "$description" "$LUA"

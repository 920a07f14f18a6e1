#!/bin/sh
# spec/proxy/tokens.sh [LUA]: tokens that expire, at a real LiteLLM proxy. Starts an issuer of
# tokens, and the proxy for tokens_spec.lua.
set -u
cd "$(dirname "$0")/../.." || exit 1
python=$(script/proxy --python) || exit 1
log=$(mktemp) || exit 1
issuer=
trap 'kill "$issuer" 2>/dev/null; rm -f "$log"' EXIT
trap 'exit 130' INT TERM

"$python" spec/proxy/token_issuer.py >"$log" 2>&1 &
issuer=$!
for _ in $(seq 100); do
  port=$(cat "$log")
  [ -n "$port" ] && break
  sleep 0.1
done
export ISSUER="http://127.0.0.1:$port" JWKS_URL="http://127.0.0.1:$port/jwks"
script/proxy spec/proxy/tokens.yaml script/busted "${1:-5.4}" spec/proxy/tokens_spec.lua

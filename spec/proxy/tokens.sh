#!/bin/sh
# spec/proxy/tokens.sh [LUA]: tokens that expire, at a real LiteLLM proxy. Starts an issuer of
# tokens, `litelua mock` as the provider, and the proxy of the virtual environment
# LITELLM_VENV; runs tokens_spec.lua against them; stops them.
set -u
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.." || exit 1
venv=${LITELLM_VENV:?names a virtual environment with litellm[proxy]}
logs=$(mktemp -d) || exit 1
pids=

stop() {
  for pid in $pids; do kill "$pid" 2>/dev/null; done
  for pid in $pids; do wait "$pid" 2>/dev/null; done
  rm -rf "$logs"
}
trap stop EXIT
trap 'exit 130' INT TERM

fail() {
  echo "tokens.sh: $1" >&2
  cat "$2" >&2
  exit 1
}

# The port that a server wrote down, once it has.
port_of() {
  for _ in $(seq 100); do
    port=$(grep -o '[0-9][0-9]*' "$1" | tail -n 1)
    [ -n "$port" ] && break
    sleep 0.1
  done
  [ -n "$port" ] || fail "no server" "$1"
}

free_port() {
  "$venv/bin/python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

unset DATABASE_URL REDIS_HOST REDIS_URL http_proxy https_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY all_proxy
"$venv/bin/python" "$here/token_issuer.py" >"$logs/issuer" 2>&1 &
pids="$pids $!"
./litelua mock --port 0 --key sk-provider >"$logs/mock" 2>&1 &
pids="$pids $!"
port_of "$logs/issuer"
export ISSUER="http://127.0.0.1:$port"
port_of "$logs/mock"
export UPSTREAM_ROOT="http://127.0.0.1:$port" UPSTREAM_BASE="http://127.0.0.1:$port/v1"
port=$(free_port)
export PROXY="http://127.0.0.1:$port"

# All that the proxy would fetch from elsewhere is read from its package.
LITELLM_LOCAL_MODEL_COST_MAP=True LITELLM_TELEMETRY=False DISABLE_ADMIN_UI=True JWKS_URL=$ISSUER/jwks PYTHONPATH=$here \
  "$venv/bin/litellm" --config "$here/tokens.yaml" --host 127.0.0.1 --port "$port" --telemetry False >"$logs/proxy" 2>&1 &
proxy=$!
pids="$pids $proxy"
for _ in $(seq 600); do
  "$venv/bin/python" -c "import urllib.request; urllib.request.urlopen('$PROXY/health/liveliness', timeout=2)" \
    2>/dev/null && break
  kill -0 "$proxy" 2>/dev/null || fail "the proxy died" "$logs/proxy"
  sleep 0.2
done
script/busted "${1:-5.4}" spec/proxy/tokens_spec.lua || { [ -z "${V:-}" ] || cat "$logs/proxy"; exit 1; }

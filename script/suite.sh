# shellcheck shell=sh
# To be sourced. Runs suites one after the other, a line each, and adds up what
# they say: `N passed, N failed`, or busted's own line. A suite that fails
# without saying how often counts as one failure. Logs are in $BUILD/log.

suite_passed=0 suite_failed=0 suite_skipped=0
suite_logs=${BUILD:-build}/log
suite_limit=$(command -v timeout || :)
mkdir -p "$suite_logs"

# The sums of the log: passed, failed.
suite_counts() {
  awk '
    match($0, /[0-9]+ passed, [0-9]+ failed/) {
      split(substr($0, RSTART, RLENGTH), w, /[ ,]+/)
      good = w[1]; bad = w[3]; plain = 1
    }
    /success(es)? \/ [0-9]+ failure/ && !plain {
      for (i = 1; i < NF; i++) {
        if ($(i + 1) ~ /^success/) good = $i
        if ($(i + 1) ~ /^failure/) bad = $i
        if ($(i + 1) ~ /^error/) bad += $i
      }
    }
    END { print good + 0, bad + 0 }' "$1"
}

# suite NAME SECONDS COMMAND...
suite() {
  suite_name=$1 suite_seconds=$2
  shift 2
  suite_log=$suite_logs/$(echo "$suite_name" | tr -c 'a-zA-Z0-9.\n' '-').log
  suite_start=$(date +%s)
  if [ -n "$suite_limit" ]; then
    "$suite_limit" -k 10 "$suite_seconds" "$@" >"$suite_log" 2>&1
  else
    "$@" >"$suite_log" 2>&1
  fi
  suite_status=$?
  # shellcheck disable=SC2046 # two numbers
  suite_result $suite_status $(suite_counts "$suite_log") $(($(date +%s) - suite_start))
}

# suite_result STATUS PASSED FAILED SECONDS: the line of the suite that ran.
suite_result() {
  if [ "$1" -eq 0 ] && [ "$2$3" = 00 ]; then set -- "$1" 1 0 "$4"; fi
  if [ "$1" -ne 0 ] && [ "$3" = 0 ]; then set -- "$1" "$2" 1 "$4"; fi
  suite_passed=$((suite_passed + $2)) suite_failed=$((suite_failed + $3))
  if [ "$3" = 0 ]; then
    printf '  ok    %-40s %5d passed %4d s\n' "$suite_name" "$2" "$4"
    return 0
  fi
  printf '  FAIL  %-40s %5d passed, %d failed %4d s\n' "$suite_name" "$2" "$3" "$4"
  [ "$1" -ne 124 ] || echo "        stopped after $suite_seconds s"
  grep -v '^  ok  ' "$suite_log" | tail -n "${SUITE_LINES:-40}" | awk '{ print "        | " $0 }'
  return 1
}

# suite_specs LUA [SPEC...]: a suite for each spec file, on this Lua.
suite_specs() {
  suite_lua=$1
  shift
  [ $# -gt 0 ] || set -- spec/*_spec.lua
  for suite_spec; do
    suite_name=${suite_spec##*/}
    suite "$suite_lua: ${suite_name%_spec.lua}" 300 script/busted "$suite_lua" "$suite_spec"
  done
}

# skip NAME REASON
skip() {
  suite_skipped=$((suite_skipped + 1))
  printf '  skip  %-40s %s\n' "$1" "$2"
}

# The last line, and the exit status.
suite_end() {
  if [ $suite_skipped -gt 0 ]; then
    echo "$suite_passed passed, $suite_failed failed, $suite_skipped skipped"
  else
    echo "$suite_passed passed, $suite_failed failed"
  fi
  [ $suite_failed -eq 0 ]
}

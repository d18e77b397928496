#!/usr/bin/env bash
# Run the EXAMPLES of the manual pages as a reader would paste them: the literal
# blocks (.Bd -literal ... .Ed) and one-liners (.Dl) of a page one after the other, in
# one shell, in a folder of their own. The line of a failed example is printed.
#
#   tests/manuals/examples.sh [PAGE...]    without PAGE: all of man/
#
# Comments in the page, which its readers do not see, give further instructions:
#
#   .\"$ COMMAND    also run COMMAND, which makes the input of the next example, or
#                   checks the output of the previous example. The command
#                   `ib_skip REASON` skips the rest of the page, for example because a
#                   program is not installed.
#   .\"| COMMAND    the next block is the standard input of COMMAND (python3 -)
#   .\"-            the next block is not run
#   .\"= NAME       the next block is the output of the previous block
#
# Environment: IB_BIN, the folder of the commands (default build/release).
set -u
here=$(cd "$(dirname "$0")/../.." && pwd)
IB_BIN=$(cd "${IB_BIN:-$here/build/release}" && pwd) || exit 2
export LC_ALL=C TZ=UTC
umask 022
unset SLURM_CPUS_PER_TASK SLURM_CPUS_ON_NODE
[ $# -gt 0 ] || set -- "$here"/man/*.[1-9]
top=$(mktemp -d) || exit 2
trap 'rm -rf "$top"' EXIT
mkdir "$top/bin"
ln -s /usr/bin/python3 "$top/bin/python3"

# Print the EXAMPLES of a page as a script, or nothing if the page has no examples.
script() {
  awk '
    function plain(s) {
      gsub(/\\&|\\%/, "", s); gsub(/\\\(aq/, "\047", s)
      gsub(/\\\(dq/, "\"", s); gsub(/\\-/, "-", s)
      gsub(/\\ /, " ", s); gsub(/\\\(ti/, "~", s); gsub(/\\\(ha/, "^", s)
      gsub(/\\e/, "\\", s)
      return s
    }
    /^\.Sh/ { on = /^\.Sh (EXAMPLES|A FIVE-MINUTE TOUR)/; next }
    !on { next }
    /^\.\\"\$ / { print "ib_at=" NR; print substr($0, 6); next }
    /^\.\\"\| / { into = substr($0, 6); next }
    /^\.\\"-/ { passed = 1; next }
    /^\.\\"= / { into = "ib_compare " substr($0, 6); next }
    /^\.Bd .*-literal/ {
      block = 1
      if (!passed) print "ib_at=" NR + 1
      if (!passed && into == "") print "exec >\"$ib_out\""
      if (into != "") print into " <<\"END OF EXAMPLE\""
      next
    }
    /^\.Ed/ && block {
      if (into != "") print "END OF EXAMPLE"
      block = passed = 0; into = ""
      next
    }
    block { if (!passed) print plain($0); next }
    /^\.Dl / {
      if (!passed) { print "ib_at=" NR; print plain(substr($0, 5)) }
      passed = 0
    }
  ' "$1"
}

run_page() { # PAGE: run the examples; messages go to $top/err
  local name=${1##*/} folder
  folder=$top/$name
  mkdir "$folder" || return
  {
    echo 'set -eE -o pipefail'
    echo 'ib_skip() { echo "$1" >"$ib_skipped"; trap - ERR; exit 0; }'
    # shellcheck disable=SC2016
    echo 'ib_compare() { diff "$ib_out" - >&2 || { echo "$1 prints otherwise" >&2; false; }; }'
    echo 'trap '\''echo "$ib_page:$ib_at: the example fails" >&2; exit 1'\'' ERR'
    script "$1"
  } >"$top/$name.sh"
  (cd "$folder" && PATH=$top/bin:$IB_BIN:$PATH ib_page=$1 \
    ib_root=$here ib_out=$top/printed ib_skipped=$top/skipped \
    timeout -k 5 1200 bash "$top/$name.sh" \
    </dev/null >"$top/out" 2>"$top/err")
}

passed=0 failed=0 skipped=0
for page; do
  [ -n "$(script "$page")" ] || continue
  rm -f "$top/skipped"
  if run_page "$page"; then
    if [ -e "$top/skipped" ]; then
      skipped=$((skipped + 1))
      echo "${page##*/}: skipped: $(cat "$top/skipped")"
    else
      passed=$((passed + 1))
    fi
  else
    failed=$((failed + 1))
    cat "$top/err" >&2
    tail -n 5 "$top/out" >&2
  fi
done
echo "$passed passed, $failed failed$([ $skipped = 0 ] || echo ", $skipped skipped")"
[ "$failed" = 0 ]

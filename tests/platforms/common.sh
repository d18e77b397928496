# Functions that the scripts in this folder share.

# Pass the input on, and add up the lines "N passed, N failed, N skipped".
add_up() {
  awk '/^[0-9]+ passed, [0-9]+ failed/ { passed += $1; failed += $3; skipped += $5; next }
    { print; fflush() }
    END {
      printf "%d passed, %d failed", passed, failed
      if (skipped) printf ", %d skipped", skipped
      print ""
      exit failed > 0
    }'
}

# Print the names of one third of the case folders, shuffled by SEED (default 1). With
# ALL=1, print the names of all case folders.
third_of_cases() { # 0, 1 or 2: which third
  printf '%s\n' tests/cli/*/cmd | cut -d / -f 3 |
    shuf --random-source=<(yes "${SEED:-1}") |
    awk -v third="$1" -v all="${ALL:-0}" 'all != 0 || NR % 3 == third'
}

#!/bin/sh
# Prints the completion script of a command for bash, zsh or fish, made from
# what its --help says. `make all` runs it.
#
#   cmd/completion.sh COMMAND bash|zsh|fish     COMMAND: a path
#
# An option of --help is a line "  -e, --epoch=N   text", its choices end the
# text, "auto (default), jsonl, json"; a rule is indented by four blanks, its
# parameters by six; a subcommand is a line "  list   text" after "Subcommands".
set -eu
command=$1 shell=$2

# One line per option: SUBCOMMAND TAB LETTER TAB NAME TAB ARG TAB CHOICES TAB TEXT
table() { # SUBCOMMAND: none without it
  "$command" ${1:+"$1"} --help | awk -v subcommand="${1-}" '
    function end(  t, words) {
      if (name == "") return
      t = text
      if (match(t, /[^ ]+ \(default\)(, [^ ,]+)+$/)) {
        words = substr(t, RSTART)
        sub(/ \(default\)/, "", words); gsub(/,/, "", words)
      }
      if (rules != "") words = substr(rules, 2)
      sub(/[ ,]*[(;].*/, "", t)
      if (t !~ /^with /) sub(/ *:.*/, "", t)
      gsub(/[\047"`$\\\[\]]/, "", t)
      if (text ~ /may be repeated/) arg = arg "*"
      print subcommand "\t" letter "\t" name "\t" arg "\t" words "\t" t
      name = letter = arg = text = rules = rule = ""
    }
    /^EXAMPLES/ { exit }
    /^$/ || /^[^ ]/ { end(); next }
    /^  -., --/ || /^      --/ {
      end()
      if ($1 ~ /^-.,$/) letter = substr($1, 2, 1)
      sub(/^  (-.,|   ) --/, "")
      name = $1
      if (match(name, /=/)) {
        arg = substr(name, RSTART + 1)
        name = substr(name, 1, RSTART - 1)
      }
      $1 = ""; sub(/^ +/, "")
      text = $0
      next
    }
    name == "rule" && /^    [a-z]/ { rule = $1; rules = rules " " rule; next }
    name == "rule" && /^      [A-Za-z]+=/ {
      sub(/=.*/, "=", $1)
      rules = rules " " rule ":" $1
      next
    }
    name != "" && rules == "" { sub(/^ +/, ""); text = text (text == "" ? "" : " ") $0 }
    END { end() }
  '
}

subcommands=$("$command" --help |
  awk '/^Subcommands/ { on = 1; next } /^$/ { on = 0 } on { printf "%s%s", sep, $1; sep = " " }')

{
  [ -n "$subcommands" ] || table
  for subcommand in $subcommands; do table "$subcommand"; done
} | awk -F '\t' -v command="${command##*/}" -v shell="$shell" -v subcommands="$subcommands" '
  function takes_file(arg) { return arg ~ /^(FILE|MANIFEST|IN:OUT)[*]?$/ }
  function plain(words,  n, i, w, out) { # without the parameters of rules
    n = split(words, w, " ")
    for (i = 1; i <= n; i++)
      if (w[i] !~ /:/) out = out (out == "" ? "" : " ") w[i]
    return out
  }
  { n++; subcommand[n] = $1; letter[n] = $2; name[n] = $3; arg[n] = $4
    words[n] = $5; text[n] = $6 }

  # ---- bash ----
  # "infobatch) words=..." for what follows "--rule infobatch:".
  function bash_parameters(list,  n, i, w, at, rule, of, rules) {
    n = split(list, w, " ")
    for (i = 1; i <= n; i++)
      if ((at = index(w[i], ":")) && w[i] !~ /:CUT=/) {
        rule = substr(w[i], 1, at - 1)
        of[rule] = of[rule] " " substr(w[i], at + 1)
        if (rules !~ " " rule " ") rules = rules " " rule " "
      }
    print "\tcase $rule in"
    n = split(rules, w, " ")
    for (i = 1; i <= n; i++)
      print "\t" w[i] ") words=\047" substr(of[w[i]], 2) "\047" \
        " && compopt -o nospace 2>/dev/null ;;"
    print "\tesac\n\t[[ -z $rule || -n $words ]] || words=@none"
  }
  function bash_function(v,  i, all, rules) {
    print function_name(v) "() {"
    print "\tlocal cur=${COMP_WORDS[COMP_CWORD]} rule="
    print "\tlocal prev=${COMP_WORDS[COMP_CWORD-1]} words="
    print "\t[[ $cur == : ]] && rule=$prev && cur="
    print "\t[[ $prev == : ]] && rule=${COMP_WORDS[COMP_CWORD-2]}"
    print "\t[[ $cur == = ]] && cur="
    print "\t[[ $prev == = ]] && prev=${COMP_WORDS[COMP_CWORD-2]}"
    print "\tcase $prev in"
    for (i = 1; i <= n; i++) {
      if (subcommand[i] != v) continue
      all = all " --" name[i]
      if (name[i] == "rule") rules = words[i]
      if (arg[i] == "") continue
      printf "\t%s--%s) words=", letter[i] == "" ? "" : "-" letter[i] "|", name[i]
      if (words[i] != "") print "\047" plain(words[i]) "\047 ;;"
      else print (takes_file(arg[i]) ? "@file" : "@none") " ;;"
    }
    print "\tesac"
    if (rules != "") bash_parameters(rules)
    print "\tif [[ -z $words && $cur == -* ]]; then\n\t\twords=\047" all "\047\n\tfi"
    print "\tcase $words in\n\t@none) COMPREPLY=() ;;"
    print "\t\047\047|@file) COMPREPLY=($(compgen -f -- \"$cur\")) ;;"
    print "\t*) COMPREPLY=($(compgen -W \"$words\" -- \"$cur\")) ;;\n\tesac\n}"
  }
  function function_name(v,  f) {
    f = "_" command; gsub(/-/, "_", f)
    return f (v == "" ? "" : "_" v)
  }
  function bash(  k, v, i) {
    k = split(subcommands, v, " ")
    for (i = 1; i <= k; i++) bash_function(v[i])
    if (k == 0) {
      bash_function("")
    } else {
      print function_name("") "() {\n\tlocal subcommands=\047" subcommands "\047"
      print "\tif ((COMP_CWORD == 1)); then"
      print "\t\tCOMPREPLY=($(compgen -W \"$subcommands help --help --version\" -- \"${COMP_WORDS[1]}\"))"
      print "\telif ((COMP_CWORD == 2)) && [[ ${COMP_WORDS[1]} == help ]]; then"
      print "\t\tCOMPREPLY=($(compgen -W \"$subcommands\" -- \"${COMP_WORDS[2]}\"))"
      print "\telif [[ \" $subcommands \" == *\" ${COMP_WORDS[1]} \"* ]]; then"
      print "\t\t" function_name("") "_${COMP_WORDS[1]}\n\tfi\n}"
    }
    print "complete -o filenames -F " function_name("") " " command
  }

  # ---- zsh ----
  function zsh_spec(i, dash,  s) {
    if (arg[i] ~ /[*]$/) s = "*"
    else if (letter[i] != "") s = "(-" letter[i] " --" name[i] ")"
    s = s dash "[" text[i] "]"
    if (arg[i] != "") {
      s = s ":VALUE:"
      if (words[i] != "") s = s "(" plain(words[i]) ")"
      else s = s (takes_file(arg[i]) ? "_files" : " ")
    }
    print "\t\047" s "\047 \\"
  }
  function zsh_options(v,  i) {
    print "_arguments -s -S \\"
    for (i = 1; i <= n; i++) {
      if (subcommand[i] != v) continue
      if (letter[i] != "") zsh_spec(i, "-" letter[i] (arg[i] == "" ? "" : "+"))
      zsh_spec(i, "--" name[i] (arg[i] == "" ? "" : "="))
    }
    print "\t\047*:FILE:_files\047"
  }
  function zsh(  k, v, i) {
    print "#compdef " command
    k = split(subcommands, v, " ")
    if (k == 0) { zsh_options(""); return }
    print "if ((CURRENT == 2)); then\n\tcompadd -- " subcommands " help --help --version\n\treturn\nfi"
    print "local subcommand=$words[2]\nshift words\n((CURRENT--))\ncase $subcommand in"
    print "help)\ncompadd -- " subcommands "\n;;"
    for (i = 1; i <= k; i++) { print v[i] ")"; zsh_options(v[i]); print ";;" }
    print "esac"
  }

  # ---- fish ----
  function fish(  i, seen) {
    if (subcommands != "") {
      print "complete -c " command " -n __fish_use_subcommand -x -a \047" subcommands " help\047"
      print "complete -c " command " -n \047__fish_seen_subcommand_from help\047 -x -a \047" subcommands "\047"
    }
    for (i = 1; i <= n; i++) {
      printf "complete -c %s", command
      if (subcommand[i] != "") printf " -n \047__fish_seen_subcommand_from %s\047", subcommand[i]
      if (letter[i] != "") printf " -s %s", letter[i]
      printf " -l %s", name[i]
      if (arg[i] != "") printf takes_file(arg[i]) ? " -r" : " -x"
      if (words[i] != "") printf " -a \047%s\047", words[i]
      print " -d \047" text[i] "\047"
    }
  }
  END { if (shell == "bash") bash(); else if (shell == "zsh") zsh(); else fish() }
'

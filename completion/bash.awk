# SPDX-License-Identifier: GPL-2.0-only
# Writes for bash: a function that looks at the word before, then at the verb.

# What gives the values of an option. An option whose value may be left out leaves "-..." to the rest.
function values(i,   guard, found) {
	guard = optional[i] ? "[[ $cur == -* ]] || " : ""
	if (kind[i] == "words") return guard "words='" argument[i] "'"
	if (kind[i] == "list") return guard "words=$(sh -c '" script[argument[i]] "')"
	if (kind[i] != "file" && kind[i] != "dir") return guard "return"
	found = "mapfile -t COMPREPLY < <(compgen -" substr(kind[i], 1, 1) " -- \"$cur\")"
	return guard "{ " found " && compopt -o filenames; return; }"
}

# Options with the same values share a case.
function write_values(   i, action, names, order, nr) {
	for (i = 1; i <= n; i++)
		if (takes_value(i)) {
			action = values(i)
			if (!(action in names)) order[++nr] = action
			names[action] = names[action] (names[action] ? " | " : "") join(name[i], " | ")
		}
	print "\tcase $prev in"
	for (i = 1; i <= nr; i++) print "\t" names[order[i]] ")\n\t\t" order[i] "\n\t\t;;"
	print "\tesac"
}

function write_verb() {
	print "\tlocal word verb=''"
	print "\tfor word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do"
	print "\t\tcase $word in"
	print "\t\t" join(verbs, " | ") ") verb=${verb:-$word} ;;"
	print "\t\tesac"
	print "\tdone"
}

function write_options(   i) {
	print "\tif [[ -z $words && $cur == -* ]]; then"
	print "\t\twords='" offered("", 0) "'"
	for (i = 1; i <= nr_own; i++)
		if (offered(own[i], 0))
			print "\t\t[[ $verb == " own[i] " ]] && words+=' " offered(own[i], 0) "'"
}

function write_words(   i) {
	if (verbs) print "\telif [[ -z $words && -z $verb ]]; then\n\t\twords='" verbs "'"
	for (i = 1; i <= nr_own; i++)
		if (offered(own[i], 1))
			print "\telif [[ -z $words && $verb == " own[i] " ]]; then\n\t\twords='" \
				offered(own[i], 1) "'"
	if (takes_files)
		print "\telif [[ -z $words ]]; then\n" \
			"\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$cur\") && compopt -o filenames\n\t\treturn"
	else if (!verbs)
		print "\telif [[ -z $words && -z $cur ]]; then\n\t\twords='" offered("", 0) "'"
	print "\tfi"
}

function write() {
	print "# bash completion for " program ", made by completion/make of the sources"
	print "# shellcheck shell=bash\n"
	print function_name "() {"
	print "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} words=''"
	if (verbs) write_verb()
	print "\t# readline breaks words at = as well."
	print "\t[[ $cur == = ]] && cur=''"
	print "\t[[ $prev == = ]] && prev=${COMP_WORDS[COMP_CWORD-2]}"
	write_values()
	write_options()
	write_words()
	print "\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")"
	print "\t# Names of targets and IPv6 addresses have colons, at which readline breaks words."
	print "\tdeclare -F __ltrim_colon_completions >/dev/null && __ltrim_colon_completions \"$cur\""
	print "}"
	print "complete -F " function_name " " program
}

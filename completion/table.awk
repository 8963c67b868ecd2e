# SPDX-License-Identifier: GPL-2.0-only
#
# Reads the table. What follows has the rows of one program by number, in the arrays name, in_verb,
# kind (file, dir, words, list, any, verb, word), argument, optional, again and text; the names of its
# verbs; and the scripts of lists by their names. It has to have a function write().

BEGIN {
	FS = " *[|] *"
	function_name = "_" program
	gsub(/-/, "_", function_name)
}

/^#/ || /^$/ { next }

{ sub(/ +$/, "") }

$1 == "list" {
	script[$2] = substr($0, index($0, $3))
	next
}

$1 == program {
	n++
	in_verb[n] = $2
	name[n] = $3
	kind[n] = $4
	text[n] = $5
	again[n] = sub(/[+]$/, "", kind[n])
	optional[n] = sub(/[?]$/, "", kind[n])
	argument[n] = kind[n]
	sub(/ .*/, "", kind[n])
	sub(/^[a-z]+ */, "", argument[n])
	if (kind[n] == "verb") verbs = verbs (verbs ? " " : "") name[n]
	if (kind[n] == "file" && !is_option(n)) takes_files = 1
	if ($2 != "") has_own[$2] = 1
	if (kind[n] == "list" && !(argument[n] in script)) {
		print "completion: no list " argument[n] " stands above its use" >"/dev/stderr"
		exit failed = 1
	}
}

END {
	if (failed || !n) exit 1
	nr_own = 0
	for (i = 1; i <= n; i++)
		if (kind[i] == "verb" && name[i] in has_own) own[++nr_own] = name[i]
	write()
}

function is_option(i) { return name[i] ~ /^-/ }

function takes_value(i) { return is_option(i) && kind[i] != "" }

# Names with another separator than a blank.
function join(names, with) {
	gsub(/ /, with, names)
	return names
}

# Names of the options, or of the words, that belong to the verb v; "": to all.
function offered(v, words,   i, all) {
	for (i = 1; i <= n; i++)
		if (in_verb[i] == v && (words ? kind[i] == "word" : is_option(i)))
			all = all (all ? " " : "") name[i]
	return all
}

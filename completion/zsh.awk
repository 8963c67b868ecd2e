# SPDX-License-Identifier: GPL-2.0-only
# Writes for zsh: specifications for its _arguments.

# For use between single quotes.
function quoted(t) {
	gsub(/'/, "'\\\\''", t)
	gsub(/[\[\]:]/, "\\\\&", t)
	return t
}

function values(i) {
	if (kind[i] == "file") return "file:_files"
	if (kind[i] == "dir") return "folder:_files -/"
	if (kind[i] == "words") return "word:(" argument[i] ")"
	if (kind[i] == "list") return argument[i] ":" function_name "_" argument[i]
	return "value: "
}

# The names of an option with the options that it excludes: itself, unless it may be given again.
function names_of(i,   nr, parts, j, all) {
	nr = split(name[i], parts, " ")
	for (j = 1; j <= nr; j++)
		all = all (j > 1 ? "," : "") parts[j] (takes_value(i) && parts[j] ~ /^--/ ? "=" : "")
	return (again[i] ? "'*'" : nr > 1 ? "'(" name[i] ")'" : "") (nr > 1 ? "{" all "}" : "'" all "'")
}

function specification(i,   value) {
	if (kind[i] == "word") return "'2:word:(" name[i] ")'"
	if (takes_value(i)) value = (optional[i] ? "::" : ":") values(i)
	return names_of(i) "'[" quoted(text[i]) "]" value "'"
}

function write_lists(   i, written) {
	for (i = 1; i <= n; i++)
		if (kind[i] == "list" && !written[argument[i]]++)
			print function_name "_" argument[i] "() {\n" \
				"\tlocal -a found\n" \
				"\tfound=(${(f)\"$(sh -c '" script[argument[i]] "')\"})\n" \
				"\tcompadd -a found\n}\n"
}

function write_verbs(   i, t) {
	printf "\t\t'1:verb:(("
	for (i = 1; i <= n; i++)
		if (kind[i] == "verb") {
			t = text[i]
			gsub(/[^A-Za-z0-9]/, "\\\\&", t)
			printf " %s\\:%s", name[i], t
		}
	print " ))'"
}

function write_own(   i, j) {
	print "\tcase ${words[(r)(" join(verbs, "|") ")]} in"
	for (j = 1; j <= nr_own; j++) {
		print "\t" own[j] ")\n\t\tspecs+=("
		for (i = 1; i <= n; i++)
			if (in_verb[i] == own[j]) print "\t\t\t" specification(i)
		print "\t\t)\n\t\t;;"
	}
	print "\tesac"
}

function write(   i) {
	print "#compdef " program
	print "# made by completion/make of the sources\n"
	write_lists()
	print function_name "() {\n\tlocal -a specs\n\tspecs=("
	for (i = 1; i <= n; i++)
		if (is_option(i) && in_verb[i] == "") print "\t\t" specification(i)
	if (verbs) write_verbs()
	if (takes_files) print "\t\t'*:file:_files'"
	print "\t)"
	if (nr_own) write_own()
	print "\t_arguments $specs\n}\n\n" function_name " \"$@\""
}

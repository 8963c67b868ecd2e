# SPDX-License-Identifier: GPL-2.0-only
# Writes for fish: one command for each row.

# For use between single quotes.
function quoted(t) {
	gsub(/'/, "\\'", t)
	return t
}

function names_of(i,   parts, j, nr, all) {
	nr = split(name[i], parts, " ")
	for (j = 1; j <= nr; j++)
		if (parts[j] ~ /^--/) all = all " -l " substr(parts[j], 3)
		else if (length(parts[j]) == 2) all = all " -s " substr(parts[j], 2)
		else all = all " -o " substr(parts[j], 2)
	return all
}

function values(i) {
	if (kind[i] == "file") return " -r -F"
	if (kind[i] == "dir") return " -x -a '(__fish_complete_directories)'"
	if (kind[i] == "words") return " -x -a '" argument[i] "'"
	if (kind[i] == "list") return " -x -a '(" function_name "_" argument[i] ")'"
	return kind[i] == "" ? "" : " -x"
}

function write_lists(   i, written) {
	for (i = 1; i <= n; i++)
		if (kind[i] == "list" && !written[argument[i]]++)
			print "function " function_name "_" argument[i] "\n    sh -c '" script[argument[i]] "'\nend\n"
}

function write_row(i,   what) {
	what = in_verb[i] == "" ? "" : " -n '__fish_seen_subcommand_from " in_verb[i] "'"
	if (kind[i] == "verb") what = " -n __fish_use_subcommand -a " name[i]
	else if (kind[i] == "word") what = what " -a " name[i]
	else if (is_option(i)) what = what names_of(i) values(i)
	else return
	print "complete -c " program what " -d '" quoted(text[i]) "'"
}

function write(   i) {
	print "# fish completion for " program ", made by completion/make of the sources\n"
	write_lists()
	if (!takes_files) print "complete -c " program " -f"
	for (i = 1; i <= n; i++) write_row(i)
}

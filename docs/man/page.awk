# SPDX-License-Identifier: Apache-2.0
#
# awk -v date=DATE -v version=VERSION -f page.awk PAGE.8.txt: a manual page in roff (man(7)) on standard output.
#   NAME(SECTION)      the first line
#   # HEADING          a section, ## of one in it
#   *bold* _italic_    within a line; \ before a character takes its meaning away
#   TERM, then a line that begins with a tab: an entry of a list; a second term may follow at once
#   ```                begins and ends what is shown as it is written
#   ; NOTE             is not in the page; tests read some of them

# The text of a line: its marks become fonts, and roff's own characters are hidden.
function formatted(text,    i, c, out, font, before, after) {
	out = font = ""
	for (i = 1; i <= length(text); i++) {
		c = substr(text, i, 1)
		before = i > 1 ? substr(text, i - 1, 1) : " "
		after = substr(text, i + 1, 1)
		if (c == "\\" && after != "") {
			out = out plain(after)
			i++
		} else if (c == "*" || (c == "_" && !(before ~ /[A-Za-z0-9]/ && after ~ /[A-Za-z0-9]/))) {
			font = font == c ? "" : c
			out = out (font == "" ? "\\fR" : c == "*" ? "\\fB" : "\\fI")
		} else
			out = out plain(c)
	}
	if (font != "")
		fail("'" font "' is not closed")
	return out
}

function plain(c) {
	return c in hidden ? hidden[c] : c
}

function fail(what) {
	print FILENAME ":" FNR ": " what >"/dev/stderr"
	failed = 1
	exit 1
}

# No line over 79 characters, and none that begins like a request.
function put(text,    n, i, words, line) {
	n = split(text, words, " ")
	line = ""
	for (i = 1; i <= n; i++) {
		if (line != "" && length(line) + 1 + length(words[i]) > 79) {
			print_line(line)
			line = ""
		}
		line = line (line == "" ? "" : " ") words[i]
	}
	if (line != "")
		print_line(line)
}

function print_line(line) {
	print (line ~ /^[.']/ ? "\\&" : "") line
}

function flush() {
	if (paragraph == "")
		return
	if (!fresh && !in_entry)
		print ".PP"
	put(formatted(paragraph))
	paragraph = ""
	fresh = 0
}

BEGIN {
	hidden["\\"] = "\\e"
	hidden["-"] = "\\-"
	hidden["'"] = "\\(aq"
	hidden["`"] = "\\(ga"
	hidden["^"] = "\\(ha"
	hidden["~"] = "\\(ti"
}

FNR == 1 {
	if (!match($0, /^[a-z-]+\([1-9]\)$/))
		fail("expected NAME(SECTION)")
	split($0, title, /[()]/)
	print ".\\\" Made by docs/man/page.awk: do not edit."
	printf ".TH %s %s \"%s\" \"orlop %s\" \"Manual of orlop\"\n", toupper(title[1]), title[2], date, version
	print ".nh\n.ad l"
	next
}

/^```$/ {
	flush()
	literal = !literal
	print literal ? ".IP\n.EX" : ".EE"
	fresh = in_entry = 0
	next
}

literal {
	line = ""
	for (i = 1; i <= length($0); i++)
		line = line plain(substr($0, i, 1))
	print_line(line)
	next
}

/^; / { next }

/^##? / {
	flush()
	print (/^## / ? ".SS " : ".SH ") formatted(substr($0, index($0, " ") + 1))
	fresh = 1
	in_entry = 0
	next
}

/^$/ {
	flush()
	in_entry = 0
	next
}

# What was read as a paragraph is the term of this entry.
/^\t/ && !in_entry {
	term = paragraph
	if (term == "")
		fail("an entry without a term")
	paragraph = ""
	print ".TP\n" formatted(term)
	in_entry = 1
	fresh = 0
}

{
	sub(/^\t/, "")
	paragraph = paragraph (paragraph == "" ? "" : " ") $0
}

END {
	if (failed)
		exit 1
	flush()
	if (literal)
		fail("``` is not closed")
}

# SPDX-License-Identifier: 0BSD
#
# list.awk - read fdferry.h; print what of it a program has in itself once
# it is compiled, a line each: NAME, a tab, and the expression of its value. Of
# a member there are two expressions, for offset and size. Whatever the header
# has is found by its form, so no list of names is to be kept anywhere; what
# has a form that is not known here gets a name that nobody records.

function item(name, value) {
	if (!(name in known))
		print name "\t" value
	known[name] = 1
}

# The index of the brace that ends what is open at the token I.
function closing(i,   deep) {
	for (deep = 1; i <= n; i++) {
		if (token[i] == "{")
			deep++
		if (token[i] == "}" && --deep == 0)
			break
	}
	return i
}

# The members of TYPE from the token I on, those of a union in it by PATH.
function members(i, type, path,   end, name, named, round, word, whole) {
	end = closing(i)
	for (; i < end; i++) {
		word = token[i]
		if (word == "{") {
			name = token[closing(i + 1) + 1]
			members(i + 1, type, name == ";" ? path : path name ".")
			i = closing(i + 1)
			name = ""
		} else if (word == "(")
			round++
		else if (word == ")") {
			round--
			named = 1
		} else if (word == "[" || word == ":")
			named = 1
		else if ((word == "," && !round) || word == ";") {
			whole = path name
			if (name != "")
				item(substr(type, index(type, " ") + 1) "." whole, \
				    "offsetof (" type ", " whole ")\t" \
				    "sizeof ((" type " *)0)->" whole)
			named = 0
		} else if (word ~ /^[A-Za-z_]/ && !named)
			name = word
	}
}

{
	code = ""
	for (rest = $0; rest != ""; ) {
		i = index(rest, comment ? "*/" : "/*")
		if (!comment)
			code = code (i ? substr(rest, 1, i - 1) " " : rest)
		rest = i ? substr(rest, i + 2) : ""
		if (i)
			comment = !comment
	}
	directive = continued || code ~ /^[ \t]*#/
	continued = directive && code ~ /\\[ \t]*$/
}
directive && code ~ /^[ \t]*#[ \t]*define[ \t]/ {
	sub(/^[ \t]*#[ \t]*define[ \t]+/, "", code)
	match(code, /^[A-Za-z0-9_]+/)
	name = substr(code, 1, RLENGTH)
	code = substr(code, RLENGTH + 1)
	# The guard; attributes; strings.
	if (name == "FDFERRY_H" || name == "FDFERRY_API" || code ~ /^[ \t]*"/)
		next
	if (code ~ /^\(/) {	# with arguments: for example of 3
		sub(/\).*/, ")", code)
		gsub(/[^(),]+/, "3", code)
		name = name code
	}
	item(name, name)
}
!directive { text = text " " code }

END {
	gsub(/[][{}();:,*=]/, " & ", text)
	n = split(text, token, " ")
	for (i = 1; i <= n; i++) {
		if (token[i] != "{" || token[i - 1] == "\"C\"")
			continue
		type = token[i - 2] " " token[i - 1]
		if (type ~ /^enum | enum$/) {
			for (i++; i <= n && token[i] != "}"; i++)
				if (token[i - 1] == "{" || token[i - 1] == ",")
					item(token[i], token[i])
		} else {
			if (type ~ /^(struct|union) /) {
				item(token[i - 1], "sizeof (" type ")")
				members(i + 1, type, "")
			} else
				item(token[i - 2] "_" token[i - 1] "_{", 0)
			i = closing(i + 1)
		}
	}
}

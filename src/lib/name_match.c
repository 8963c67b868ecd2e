// SPDX-License-Identifier: GPL-2.0-only
/* Initiator name patterns of ini_groups. */
#include "name_match.h"

static char sl_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Only the latest '*' needs to be revisited, so this is linear in space, quadratic in time. */
static bool sl_wildcard(const char *p, const char *s)
{
	const char *star = NULL, *mark = NULL;

	while (*s) {
		if (*p == '*') {
			star = p++;
			mark = s;
		} else if (*p && (*p == '?' || sl_lower(*p) == sl_lower(*s))) {
			p++;
			s++;
		} else if (star) {
			p = star + 1;
			s = ++mark;
		} else {
			return false;
		}
	}
	while (*p == '*')
		p++;
	return !*p;
}

bool sl_name_match(const char *pattern, const char *name)
{
	if (*pattern == '!')
		return !sl_wildcard(pattern + 1, name);
	return sl_wildcard(pattern, name);
}

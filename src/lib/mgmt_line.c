// SPDX-License-Identifier: GPL-2.0-only
/*
 * Grammar of sysfs mgmt writes. Every function moves one cursor forward over
 * the caller's line and puts NULs where a word ends; nothing is copied.
 */
#include "mgmt_line.h"

static bool mgmt_is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool mgmt_ends_param(char c)
{
	return c == ';' || c == '\n';
}

static void mgmt_skip_blanks(struct sl_mgmt_cursor *c)
{
	while (mgmt_is_blank(*c->pos))
		c->pos++;
}

/* Cuts blanks off the end of [start, end) and terminates it there. */
static void mgmt_cut(char *start, char *end)
{
	while (end > start && mgmt_is_blank(end[-1]))
		end--;
	*end = '\0';
}

void sl_mgmt_init(struct sl_mgmt_cursor *c, char *line)
{
	c->pos = line;
	mgmt_skip_blanks(c);
	mgmt_cut(c->pos, c->pos + strlen(c->pos));
}

bool sl_mgmt_at_end(struct sl_mgmt_cursor *c)
{
	mgmt_skip_blanks(c);
	return *c->pos == '\0';
}

char *sl_mgmt_word(struct sl_mgmt_cursor *c)
{
	char *word;

	if (sl_mgmt_at_end(c))
		return NULL;

	word = c->pos;
	while (*c->pos && !mgmt_is_blank(*c->pos))
		c->pos++;
	if (*c->pos)
		*c->pos++ = '\0';
	return word;
}

/* Cuts the next non-empty statement off; NULL when there is none. */
static char *mgmt_statement(struct sl_mgmt_cursor *c)
{
	char *start;

	while (mgmt_is_blank(*c->pos) || mgmt_ends_param(*c->pos))
		c->pos++;
	if (!*c->pos)
		return NULL;

	start = c->pos;
	while (*c->pos && !mgmt_ends_param(*c->pos))
		c->pos++;
	if (*c->pos)
		*c->pos++ = '\0';
	mgmt_cut(start, start + strlen(start));
	return start;
}

/* Is @text one word, with no blank and no second '=' in it? */
static bool mgmt_is_one_word(const char *text)
{
	const char *p;

	for (p = text; *p; p++)
		if (mgmt_is_blank(*p) || *p == '=')
			return false;
	return p != text;
}

int sl_mgmt_param(struct sl_mgmt_cursor *c, char **name, char **value)
{
	char *statement = mgmt_statement(c);
	char *eq;

	if (!statement)
		return 0;

	eq = strchr(statement, '=');
	if (!eq)
		return -EINVAL;

	*name = statement;
	*value = eq + 1;
	mgmt_cut(statement, eq);
	while (mgmt_is_blank(**value))
		(*value)++;

	if (!mgmt_is_one_word(*name) || !mgmt_is_one_word(*value))
		return -EINVAL;
	return 1;
}

/* Value of a digit in any base up to 16; 16 for anything else. */
static unsigned int mgmt_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

/* @limit is ~0ULL / @base: 32-bit kernels cannot divide u64 at run time. */
static int mgmt_digits(const char *text, unsigned int base, u64 limit, u64 *v)
{
	u64 sum = 0;

	if (!*text)
		return -EINVAL;
	for (; *text; text++) {
		unsigned int digit = mgmt_digit(*text);

		if (digit >= base)
			return -EINVAL;
		if (sum > limit || sum * base + digit < digit)
			return -ERANGE;
		sum = sum * base + digit;
	}
	*v = sum;
	return 0;
}

int sl_mgmt_u64(const char *text, u64 *v)
{
	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
		return mgmt_digits(text + 2, 16, ~0ULL / 16, v);
	if (text[0] == '0' && text[1])
		return mgmt_digits(text + 1, 8, ~0ULL / 8, v);
	return mgmt_digits(text, 10, ~0ULL / 10, v);
}

int sl_mgmt_bool(const char *text, bool *v)
{
	u64 number;

	if (sl_mgmt_u64(text, &number) || number > 1)
		return -EINVAL;
	*v = number;
	return 0;
}

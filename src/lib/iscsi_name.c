// SPDX-License-Identifier: GPL-2.0-only
/*
 * iSCSI names: which are well-formed, and their one normal form. They end up
 * as names of sysfs directories, hence nothing but the listed characters.
 */
#include "iscsi_text.h"

static char name_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static bool name_digits(const char *p, size_t count)
{
	for (; count; count--, p++)
		if (*p < '0' || *p > '9')
			return false;
	return true;
}

static bool name_hex(const char *p)
{
	return *p && p[strspn(p, "0123456789abcdef")] == '\0';
}

/*
 * Bytes of the well-formed UTF-8 sequence at @p, 0 if it is none. RFC 3722
 * also asks for NFKC, which is left to the initiator: equal names are then
 * equal bytes for everyone who follows it.
 */
static size_t name_utf8(const u8 *p)
{
	size_t len, i;

	if (p[0] >= 0xc2 && p[0] <= 0xdf)
		len = 2;
	else if (p[0] >= 0xe0 && p[0] <= 0xef)
		len = 3;
	else if (p[0] >= 0xf0 && p[0] <= 0xf4)
		len = 4;
	else
		return 0;
	for (i = 1; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	/* Overlong forms, surrogates, beyond U+10FFFF. */
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
	    (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return len;
}

/* RFC 3722 allows "-.:" and alphanumerics; '_' is common in the field. */
static bool name_characters(const char *p)
{
	while (*p) {
		size_t len = 1;

		if ((u8)*p >= 0x80)
			len = name_utf8((const u8 *)p);
		else if (!name_digits(p, 1) && !(*p >= 'a' && *p <= 'z') && !strchr("-.:_", *p))
			return false;
		if (!len)
			return false;
		p += len;
	}
	return true;
}

static bool name_month(const char *p)
{
	return name_digits(p, 2) && (p[0] == '0' ? p[1] != '0' : p[0] == '1' && p[1] <= '2');
}

/* "YYYY-MM.authority[:anything]", @len bytes. */
static bool name_iqn(const char *p, size_t len)
{
	return len > 8 && name_digits(p, 4) && p[4] == '-' && name_month(p + 5) &&
	       p[7] == '.' && p[8] != ':' && p[8] != '.';
}

int sl_iscsi_name_check(const char *name, char *out)
{
	size_t len = strlen(name);
	size_t i;
	bool ok = false;

	if (len < 5 || len > SL_ISCSI_NAME_MAX)
		return -EINVAL;
	for (i = 0; i <= len; i++)
		out[i] = name_lower(name[i]);

	if (!memcmp(out, "iqn.", 4))
		ok = name_iqn(out + 4, len - 4) && name_characters(out);
	else if (!memcmp(out, "eui.", 4))
		ok = len == 4 + 16 && name_hex(out + 4);
	else if (!memcmp(out, "naa.", 4))
		ok = (len == 4 + 16 || len == 4 + 32) && name_hex(out + 4);
	return ok ? 0 : -EINVAL;
}

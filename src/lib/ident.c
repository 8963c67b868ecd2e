// SPDX-License-Identifier: GPL-2.0-only
/* Identifying information (SPC-4 6.32, 6.43). */
#include "ident.h"

/* INFORMATION TYPE, byte 10 bits 7 to 1 (SPC-4 table 272) */
#define TYPE_SUPPORTED	0x7f

static const struct {
	u8 type;
	u16 max;
} kinds[SL_IDENT_KINDS] = {
	[SL_IDENT_BYTES] = { 0x00, 512 },
	[SL_IDENT_TEXT] = { 0x02, 256 },
};

static u8 type_of(const u8 *cdb)
{
	return cdb[10] >> 1;
}

/* SL_IDENT_KINDS if there is none. */
static enum sl_ident_kind kind_of(const u8 *cdb)
{
	unsigned int i;

	for (i = 0; i < SL_IDENT_KINDS; i++)
		if (kinds[i].type == type_of(cdb))
			break;
	return i;
}

static size_t report_supported(u8 *buf)
{
	u8 *d = buf + 4;
	unsigned int i;

	for (i = 0; i < SL_IDENT_KINDS; i++, d += 4) {
		d[0] = kinds[i].type << 1;
		d[1] = 0;
		sl_put_be16(kinds[i].max, d + 2);
	}
	return d - buf;
}

enum sl_sense sl_ident_report(const u8 *cdb, const struct sl_ident *ident, u8 *buf, size_t *len)
{
	enum sl_ident_kind kind = kind_of(cdb);

	if (type_of(cdb) == TYPE_SUPPORTED) {
		*len = report_supported(buf);
	} else if (kind != SL_IDENT_KINDS) {
		memcpy(buf + 4, ident->of[kind].bytes, ident->of[kind].len);
		*len = 4 + ident->of[kind].len;
	} else {
		return SL_INVALID_CDB_FIELD;
	}
	sl_put_be16(0, buf);
	sl_put_be16(*len - 4, buf + 2);
	return SL_OK;
}

enum sl_sense sl_ident_check(const u8 *cdb, u8 *bad_byte)
{
	enum sl_ident_kind kind = kind_of(cdb);

	*bad_byte = kind == SL_IDENT_KINDS ? 10 : 6;
	if (kind == SL_IDENT_KINDS || sl_get_be32(cdb + 6) > kinds[kind].max)
		return SL_INVALID_CDB_FIELD;
	return SL_OK;
}

enum sl_sense sl_ident_set(const u8 *cdb, const u8 *list, struct sl_ident *ident)
{
	enum sl_ident_kind kind = kind_of(cdb);
	u32 len = sl_get_be32(cdb + 6);

	if (kind == SL_IDENT_TEXT && len && list[len - 1])
		return SL_INVALID_PARAM_FIELD;
	memcpy(ident->of[kind].bytes, list, len);
	ident->of[kind].len = len;
	return SL_OK;
}

size_t sl_ident_store(const struct sl_ident *ident, u8 *buf)
{
	u8 *p = buf;
	unsigned int i;

	for (i = 0; i < SL_IDENT_KINDS; i++) {
		sl_put_be16(ident->of[i].len, p);
		memcpy(p + 2, ident->of[i].bytes, ident->of[i].len);
		p += 2 + ident->of[i].len;
	}
	return p - buf;
}

int sl_ident_load(const u8 *buf, size_t len, struct sl_ident *ident)
{
	const u8 *at[SL_IDENT_KINDS], *p = buf, *end = buf + len;
	unsigned int i;

	for (i = 0; i < SL_IDENT_KINDS; i++) {
		if (end - p < 2 || sl_get_be16(p) > kinds[i].max || end - p - 2 < sl_get_be16(p))
			return -1;
		at[i] = p;
		p += 2 + sl_get_be16(p);
	}
	if (p != end)
		return -1;
	for (i = 0; i < SL_IDENT_KINDS; i++) {
		ident->of[i].len = sl_get_be16(at[i]);
		memcpy(ident->of[i].bytes, at[i] + 2, ident->of[i].len);
	}
	return 0;
}

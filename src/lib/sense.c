// SPDX-License-Identifier: GPL-2.0-only
/* Sense data in fixed and descriptor form (SPC-4 4.5). */
#include "sense.h"

#define SKSV	0x80
#define SKS_CD	0x40
#define SKS_BPV	0x08

static void put_field_pointer(u8 *p, const struct sl_sense_info *more)
{
	p[0] = SKSV;
	if (more->field_in_cdb)
		p[0] |= SKS_CD;
	if (more->bit_valid)
		p[0] |= SKS_BPV | (more->field_bit & 7);
	sl_put_be16(more->field_byte, p + 1);
}

/* Sense key specific data, three bytes; false if there are none. */
static bool put_key_specific(u8 *p, const struct sl_sense_info *more)
{
	if (!more || !(more->field_valid || more->progress_valid))
		return false;
	if (more->field_valid) {
		put_field_pointer(p, more);
	} else {
		p[0] = SKSV;
		sl_put_be16(more->progress, p + 1);
	}
	return true;
}

static size_t build_fixed(u8 *b, enum sl_sense sense, const struct sl_sense_info *more)
{
	b[0] = 0x70;
	b[2] = (u8)SL_SENSE_KEY(sense);
	b[7] = 10;
	b[12] = (u8)(sense >> 8);
	b[13] = (u8)sense;
	if (more && more->info_valid && more->info <= 0xffffffffu) {
		b[0] |= 0x80;
		sl_put_be32((u32)more->info, b + 3);
	}
	put_key_specific(b + 15, more);
	return 18;
}

static size_t build_descriptor(u8 *b, enum sl_sense sense, const struct sl_sense_info *more)
{
	size_t len = 8;

	b[0] = 0x72;
	b[1] = (u8)SL_SENSE_KEY(sense);
	b[2] = (u8)(sense >> 8);
	b[3] = (u8)sense;
	if (more && more->info_valid) {
		b[len] = 0x00;
		b[len + 1] = 10;
		b[len + 2] = 0x80;
		sl_put_be64(more->info, b + len + 4);
		len += 12;
	}
	if (put_key_specific(b + len + 4, more)) {
		b[len] = 0x02;
		b[len + 1] = 6;
		len += 8;
	}
	b[7] = (u8)(len - 8);
	return len;
}

size_t sl_sense_build(u8 *buf, size_t size, bool descriptor, enum sl_sense sense,
		      const struct sl_sense_info *more)
{
	u8 b[SL_SENSE_LEN];
	size_t len;

	memset(b, 0, sizeof(b));
	if (descriptor)
		len = build_descriptor(b, sense, more);
	else
		len = build_fixed(b, sense, more);
	memcpy(buf, b, len < size ? len : size);
	return len;
}

u32 sl_sense_code(const u8 *sense, size_t len)
{
	/* CURRENT or DEFERRED, fixed or descriptor form (SPC-4 4.5.1). */
	switch (len ? sense[0] & 0x7f : 0) {
	case 0x70:
	case 0x71:
		return len < 14 ? 0 : SL_SENSE_CODE(sense[2] & 0xf, sense[12], sense[13]);
	case 0x72:
	case 0x73:
		return len < 4 ? 0 : SL_SENSE_CODE(sense[1] & 0xf, sense[2], sense[3]);
	default:
		return 0;
	}
}

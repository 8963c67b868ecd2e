// SPDX-License-Identifier: GPL-2.0-only
/* Table of contents, features, events of a drive with one data track. */
#include "mmc.h"

#define DATA_TRACK	0x14	/* ADR 1 (position), CONTROL 4 (data, no copy) */
#define LEAD_OUT	0xaa
#define FRAMES		75	/* a second */
#define PREGAP		150	/* frames in front of block 0 */

/* Minute, second and frame of a block (MMC-6 table 614). */
static void put_msf(u64 lba, u8 *p)
{
	u32 frames = (u32)lba + PREGAP;
	u32 minutes = frames / (60 * FRAMES);

	/* What does not fit in a byte has no such address. */
	p[0] = minutes > 255 ? 255 : (u8)minutes;
	p[1] = (u8)(frames / FRAMES % 60);
	p[2] = (u8)(frames % FRAMES);
}

static void put_address(u64 lba, bool msf, u8 *p)
{
	memset(p, 0, 4);
	if (msf)
		put_msf(lba, p + 1);
	else
		sl_put_be32((u32)lba, p);
}

static u8 *toc_track(u8 *p, u8 number, u64 lba, bool msf)
{
	memset(p, 0, 8);
	p[1] = DATA_TRACK;
	p[2] = number;
	put_address(lba, msf, p + 4);
	return p + 8;
}

/* An entry of the Q sub-channel of the lead-in (MMC-6 table 487). */
static u8 *toc_point(u8 *p, u8 point, u8 minute, u8 second, u8 frame)
{
	memset(p, 0, 11);
	p[0] = 1;			/* session */
	p[1] = DATA_TRACK;
	p[3] = point;
	p[8] = minute;
	p[9] = second;
	p[10] = frame;
	return p + 11;
}

static u8 *full_toc(const struct sl_mmc_drive *drive, u8 *p)
{
	u8 msf[3];

	p = toc_point(p, 0xa0, 1, 0, 0);	/* first track */
	p = toc_point(p, 0xa1, 1, 0, 0);	/* last track */
	put_msf(drive->blocks, msf);
	p = toc_point(p, 0xa2, msf[0], msf[1], msf[2]);
	put_msf(0, msf);
	return toc_point(p, 1, msf[0], msf[1], msf[2]);
}

enum sl_sense sl_mmc_toc(const u8 *cdb, const struct sl_mmc_drive *drive, u8 *buf, size_t *len,
			 struct sl_sense_info *more)
{
	bool msf = cdb[1] & 0x02;
	u8 format = cdb[2] & 0x0f, from = cdb[6], format_at = 2;
	u8 *p = buf + 4;

	/* Before MMC the format stood in the control byte (SFF-8020). */
	if (!format) {
		format = cdb[9] >> 6;
		format_at = format ? 9 : 2;
	}
	buf[2] = 1;			/* first track or session */
	buf[3] = 1;			/* and the last one */
	switch (format) {
	case 0:
		if (from > 1 && from != LEAD_OUT)
			return sl_bad_cdb(more, 6);
		if (from <= 1)
			p = toc_track(p, 1, 0, msf);
		p = toc_track(p, LEAD_OUT, drive->blocks, msf);
		break;
	case 1:
		p = toc_track(p, 1, 0, msf);
		break;
	case 2:
		p = full_toc(drive, p);
		break;
	default:
		return sl_bad_cdb_bit(more, format_at, format_at == 2 ? 3 : 7);
	}
	*len = (size_t)(p - buf);
	sl_put_be16((u16)(*len - 2), buf);
	return SL_OK;
}

/* --- GET CONFIGURATION --- */

#define PROFILE_NONE	0x0000
#define PROFILE_CD_ROM	0x0008
#define PROFILE_DVD_ROM	0x0010

#define FEATURE_PROFILES	0x0000
#define FEATURE_CD_READ		0x001e
#define FEATURE_DVD_READ	0x001f
#define FEATURE_REMOVABLE	0x0003
#define FEATURE_RANDOM_READ	0x0010
#define FEATURE_MULTI_READ	0x001d

static u16 profile(const struct sl_mmc_drive *drive)
{
	if (!drive->blocks)
		return PROFILE_NONE;
	return drive->blocks > SL_MMC_CD_BLOCKS ? PROFILE_DVD_ROM : PROFILE_CD_ROM;
}

/* What every such drive has; byte 2 of a descriptor is version, persistent, current. */
static const struct mmc_feature {
	u16 code;
	u8 flags;			/* version << 2 | persistent << 1 */
	u8 with;			/* bit: current with no disc, a CD, a DVD */
	u8 len;
	u8 data[8];
} mmc_features[] = {
#define WITH_ANY	0x07
#define WITH_DISC	0x06
#define WITH_CD		0x02
#define WITH_DVD	0x04
	{ FEATURE_PROFILES, 0x02, WITH_ANY, 8,
	  { PROFILE_DVD_ROM >> 8, PROFILE_DVD_ROM & 0xff, 0, 0,
	    PROFILE_CD_ROM >> 8, PROFILE_CD_ROM & 0xff, 0, 0 } },
	{ 0x0001, 0x0a, WITH_ANY, 8, { 0, 0, 0, 1, 0x01 } },	/* core: SCSI, DBE */
	{ 0x0002, 0x06, WITH_ANY, 4, { 0x02 } },		/* morphing: OCEvent */
	{ FEATURE_REMOVABLE, 0x0a, WITH_ANY, 4, { 0x29 } },	/* tray, eject, lock */
	{ FEATURE_RANDOM_READ, 0x00, WITH_DISC, 8, { 0, 0, 0x08, 0, 0, 1, 0 } },
	{ FEATURE_MULTI_READ, 0x00, WITH_CD, 0, { 0 } },
	{ FEATURE_CD_READ, 0x08, WITH_CD, 4, { 0 } },
	{ FEATURE_DVD_READ, 0x00, WITH_DVD, 0, { 0 } },
	{ 0x0100, 0x02, WITH_ANY, 0, { 0 } },			/* power management */
	{ 0x0105, 0x06, WITH_ANY, 4, { 0 } },			/* timeout */
};

static u8 *put_feature(const struct mmc_feature *f, const struct sl_mmc_drive *drive, u8 *p)
{
	u16 now = profile(drive);
	u8 state = now == PROFILE_NONE ? 0x01 : now == PROFILE_CD_ROM ? WITH_CD : WITH_DVD;
	bool current_now = f->with & state;
	unsigned int i;

	sl_put_be16(f->code, p);
	p[2] = (u8)(f->flags | current_now);
	p[3] = f->len;
	memcpy(p + 4, f->data, f->len);
	if (f->code == FEATURE_PROFILES)
		for (i = 4; i < 12; i += 4)
			p[i + 2] = sl_get_be16(p + i) == now;
	return p + 4 + f->len;
}

enum sl_sense sl_mmc_configuration(const u8 *cdb, const struct sl_mmc_drive *drive, u8 *buf,
				   size_t *len, struct sl_sense_info *more)
{
	u8 rt = cdb[1] & 0x03;
	u16 from = sl_get_be16(cdb + 2);
	u8 *p = buf + 8;
	size_t i;

	if (rt == 3)
		return sl_bad_cdb_bit(more, 1, 1);
	for (i = 0; i < ARRAY_SIZE(mmc_features); i++) {
		const struct mmc_feature *f = &mmc_features[i];
		u8 *next;

		if (rt == 2 ? f->code != from : f->code < from)
			continue;
		next = put_feature(f, drive, p);
		if (rt == 1 && !(p[2] & 0x01))
			continue;	/* only those that are current */
		p = next;
	}
	*len = (size_t)(p - buf);
	memset(buf, 0, 8);
	sl_put_be32((u32)(*len - 4), buf);
	sl_put_be16(profile(drive), buf + 6);
	return SL_OK;
}

/* --- GET EVENT STATUS NOTIFICATION --- */

#define CLASS_MEDIA	4

bool sl_mmc_wants_media_event(const u8 *cdb)
{
	return (cdb[1] & 0x01) && (cdb[4] & (1u << CLASS_MEDIA));
}

enum sl_sense sl_mmc_event_status(const u8 *cdb, const struct sl_mmc_drive *drive,
				  enum sl_media_event event, u8 *buf, size_t *len,
				  struct sl_sense_info *more)
{
	if (!(cdb[1] & 0x01))		/* not polled: queues asynchronous events */
		return sl_bad_cdb_bit(more, 1, 0);
	memset(buf, 0, 8);
	buf[3] = 1u << CLASS_MEDIA;	/* what there is */
	if (!sl_mmc_wants_media_event(cdb)) {
		buf[2] = 0x80;		/* NEA: no event of these classes */
		sl_put_be16(2, buf);
		*len = 4;
		return SL_OK;
	}
	buf[2] = CLASS_MEDIA;
	buf[4] = (u8)event;
	buf[5] = (u8)((drive->blocks && !drive->tray_open ? 0x02 : 0) |
		      (drive->tray_open ? 0x01 : 0));
	sl_put_be16(6, buf);
	*len = 8;
	return SL_OK;
}

/* --- READ DISC INFORMATION --- */

enum sl_sense sl_mmc_disc_information(const u8 *cdb, const struct sl_mmc_drive *drive, u8 *buf,
				      size_t *len, struct sl_sense_info *more)
{
	(void)drive;
	if (cdb[1] & 0x07)		/* resources of recorders */
		return sl_bad_cdb_bit(more, 1, 2);
	*len = 34;
	memset(buf, 0, *len);
	sl_put_be16((u16)(*len - 2), buf);
	buf[2] = 0x0e;			/* disc finalized, last session complete */
	buf[3] = 1;			/* first track */
	buf[4] = 1;			/* sessions */
	buf[5] = 1;			/* first and last track of the last session */
	buf[6] = 1;
	buf[7] = 0x20;			/* URU: no restriction of use */
	memset(buf + 16, 0xff, 8);	/* no further session, no place for one */
	return SL_OK;
}

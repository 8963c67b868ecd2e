// SPDX-License-Identifier: GPL-2.0-only
/* MODE SENSE and MODE SELECT data. */
#include "mode.h"

#define PC_CURRENT	0
#define PC_CHANGEABLE	1
#define PC_DEFAULT	2
#define PC_SAVED	3

#define ALL_PAGES	0x3f
#define PAGE_LEN_MAX	40
#define PAGE_CACHING	0x08
#define PAGE_CONTROL	0x0a

#define PAGE_PS		0x80	/* parameters savable */
#define PAGE_SPF	0x40	/* subpage format */
#define SELECT_SP	0x01	/* save pages */

#define CONTROL_TMF_ONLY 0x10		/* byte 2 */
#define CONTROL_D_SENSE	0x04
#define CONTROL_QAM	0xf0		/* byte 3 */
#define CONTROL_UNRESTRICTED 0x10
#define CONTROL_QERR	0x06
#define CONTROL_SWP	0x08		/* byte 4 */
#define CONTROL_TAS	0x40		/* byte 5 */
#define CACHING_WCE	0x04

/* Every builder fills in @p of its page length for page control @pc and leaves zeros else. */
static void page_error_recovery(u8 *p, u8 pc, const struct sl_unit *u, const struct sl_mode *m)
{
	(void)m;
	if (pc == PC_CHANGEABLE || u->device_type != SL_TYPE_DISK)
		return;
	p[2] = 0xc0;			/* AWRE, ARRE */
}

static void page_disconnect(u8 *p, u8 pc, const struct sl_unit *u, const struct sl_mode *m)
{
	(void)u;
	(void)m;
	if (pc == PC_CHANGEABLE)
		return;
	p[2] = 0x80;			/* buffer full ratio */
	p[3] = 0x80;			/* buffer empty ratio */
}

/* Nobody turns a disk of today by its geometry, but partition tools ask for one (SBC-2 6.3.3). */
#define GEOMETRY_HEADS	255u
#define GEOMETRY_SECTORS 56u
#define GEOMETRY_RPM	15000u

static void page_format(u8 *p, u8 pc, const struct sl_unit *u, const struct sl_mode *m)
{
	(void)m;
	if (pc == PC_CHANGEABLE)
		return;
	sl_put_be16(GEOMETRY_SECTORS, p + 10);
	sl_put_be16((u16)(1u << u->block_shift), p + 12);
	p[20] = 0x40;			/* HSEC: hard sectors */
}

static void page_geometry(u8 *p, u8 pc, const struct sl_unit *u, const struct sl_mode *m)
{
	u64 cylinders = u->blocks >> 3;	/* by 8 first: 7 sectors are left to divide by in 32 bits */

	(void)m;
	if (pc == PC_CHANGEABLE)
		return;
	if (cylinders > 0xffffffffu)
		cylinders = 0xffffffffu;
	cylinders = (u32)cylinders / (GEOMETRY_HEADS * GEOMETRY_SECTORS / 8);
	sl_put_be24(cylinders > 0xffffffu ? 0xffffffu : (u32)cylinders, p + 2);
	p[5] = GEOMETRY_HEADS;
	sl_put_be16(u->rotational ? GEOMETRY_RPM : 0, p + 20);
}

/* No idle or standby condition, no timer of one (SPC-4 7.5.13). */
static void page_power(u8 *p, u8 pc, const struct sl_unit *u, const struct sl_mode *m)
{
	(void)p;
	(void)pc;
	(void)u;
	(void)m;
}

static void page_caching(u8 *p, u8 pc, const struct sl_unit *u, const struct sl_mode *m)
{
	if (pc == PC_CHANGEABLE) {
		p[2] = m->wce_changeable ? CACHING_WCE : 0;
		return;
	}
	if (pc == PC_DEFAULT ? u->write_cache : m->write_cache)
		p[2] = CACHING_WCE;
	sl_put_be16(0xffff, p + 4);	/* disable pre-fetch above: never */
}

static void page_control(u8 *p, u8 pc, const struct sl_unit *u, const struct sl_mode *m)
{
	if (pc == PC_CHANGEABLE) {
		p[2] = CONTROL_TMF_ONLY | CONTROL_D_SENSE;
		p[3] = CONTROL_QAM | CONTROL_QERR;
		p[4] = CONTROL_SWP;
		p[5] = CONTROL_TAS;
		return;
	}
	p[2] = (u8)(u->tst << 5);
	p[3] = CONTROL_UNRESTRICTED;
	if (pc == PC_CURRENT) {
		p[2] |= (m->tmf_only ? CONTROL_TMF_ONLY : 0) |
			(m->descriptor_sense ? CONTROL_D_SENSE : 0);
		p[3] = (u8)((m->restricted ? 0 : CONTROL_UNRESTRICTED) | (m->qerr << 1));
		p[4] = m->swp ? CONTROL_SWP : 0;
		p[5] = m->tas ? CONTROL_TAS : 0;
	}
	sl_put_be16(0xffff, p + 8);	/* busy timeout: unlimited */
}

static void page_exceptions(u8 *p, u8 pc, const struct sl_unit *u, const struct sl_mode *m)
{
	(void)u;
	(void)m;
	if (pc == PC_CHANGEABLE)
		return;
	p[2] = 0x08;			/* DEXCPT: nothing to report */
}

/* MM capabilities and mechanical status (MMC-3 6.3.11; legacy in MMC-6, and still what is asked for) */
static void page_mm_capabilities(u8 *p, u8 pc, const struct sl_unit *u, const struct sl_mode *m)
{
	(void)u;
	(void)m;
	if (pc == PC_CHANGEABLE)
		return;
	p[2] = 0x0b;			/* reads CD-R, CD-RW, DVD-ROM */
	p[4] = 0x40;			/* multi-session */
	p[6] = 0x29;			/* tray, eject, lock */
}

#define FOR_ANY		0xff		/* no device type */

static const struct mode_page {
	u8 code;
	u8 len;				/* with the two header bytes */
	u8 only;			/* this device type, or FOR_ANY */
	bool savable;
	void (*build)(u8 *p, u8 pc, const struct sl_unit *u, const struct sl_mode *m);
} mode_pages[] = {
	{ 0x01, 12, FOR_ANY, false, page_error_recovery },
	{ 0x02, 16, SL_TYPE_DISK, false, page_disconnect },
	{ 0x03, 24, SL_TYPE_DISK, false, page_format },
	{ 0x04, 24, SL_TYPE_DISK, false, page_geometry },
	{ PAGE_CACHING, 20, SL_TYPE_DISK, true, page_caching },
	{ PAGE_CONTROL, 12, FOR_ANY, true, page_control },
	{ 0x1a, PAGE_LEN_MAX, SL_TYPE_DISK, false, page_power },
	{ 0x1c, 12, FOR_ANY, false, page_exceptions },
	{ 0x2a, 20, SL_TYPE_CDROM, false, page_mm_capabilities },
};

static size_t build_page(const struct mode_page *page, u8 pc, const struct sl_unit *u,
		       const struct sl_mode *m, u8 *p)
{
	memset(p, 0, page->len);
	page->build(p, pc, u, m);
	p[0] = page->code;
	p[1] = (u8)(page->len - 2);
	return page->len;
}

static bool page_applies(const struct mode_page *page, const struct sl_unit *u)
{
	return page->only == FOR_ANY || page->only == u->device_type;
}

static size_t put_pages(u8 code, u8 pc, const struct sl_unit *u, const struct sl_modes *modes, u8 *p)
{
	const struct sl_mode *m = pc == PC_SAVED ? &modes->saved : &modes->now;
	size_t n = 0, i;

	/* The builders know no saved values: they are what will be the current ones. */
	if (pc == PC_SAVED)
		pc = PC_CURRENT;

	for (i = 0; i < ARRAY_SIZE(mode_pages); i++) {
		const struct mode_page *page = &mode_pages[i];

		if ((code != ALL_PAGES && code != page->code) || !page_applies(page, u))
			continue;
		build_page(page, pc, u, m, p + n);
		if (modes->can_save && page->savable)
			p[n] |= PAGE_PS;
		n += page->len;
	}
	return n;
}

/* Short or, with LLBAA, long LBA mode parameter block descriptor (SBC-3 6.4.2). */
static size_t put_block_descriptor(bool llbaa, const struct sl_unit *u, u8 *d)
{
	if (llbaa) {
		memset(d, 0, 16);
		sl_put_be64(u->blocks, d);
		sl_put_be32(1u << u->block_shift, d + 12);
		return 16;
	}
	sl_put_be32(u->blocks > 0xffffffffu ? 0xffffffffu : (u32)u->blocks, d);
	sl_put_be32(1u << u->block_shift, d + 4);
	d[4] = 0;			/* the length has three bytes */
	return 8;
}

enum sl_sense sl_mode_sense(const u8 *cdb, const struct sl_unit *unit, const struct sl_modes *modes,
			    bool protect, u8 *buf, size_t *len, struct sl_sense_info *more)
{
	bool ten = cdb[0] == 0x5a;
	bool dbd = cdb[1] & 0x08;
	bool llbaa = ten && (cdb[1] & 0x10);
	u8 pc = cdb[2] >> 6, code = cdb[2] & 0x3f, subpage = cdb[3];
	size_t head = ten ? 8 : 4, descriptor = 0, pages;
	u8 device_specific = 0;

	memset(buf, 0, SL_MODE_MAX);
	if (subpage && !(subpage == 0xff && code == ALL_PAGES))
		return sl_bad_cdb(more, 3);
	if (pc == PC_SAVED && !modes->can_save)
		return SL_SAVING_UNSUPPORTED;

	if (unit->device_type == 0) {
		device_specific = 0x10;			/* DPOFUA */
		if (protect || modes->now.swp)
			device_specific |= 0x80;	/* WP */
		if (!dbd)
			descriptor = put_block_descriptor(llbaa, unit, buf + head);
	}
	pages = put_pages(code, pc, unit, modes, buf + head + descriptor);
	if (!pages)
		return sl_bad_cdb_bit(more, 2, 5);

	*len = head + descriptor + pages;
	if (ten) {
		sl_put_be16((u16)(*len - 2), buf);
		buf[3] = device_specific;
		buf[4] = llbaa && descriptor;
		sl_put_be16((u16)descriptor, buf + 6);
	} else {
		buf[0] = (u8)(*len - 1);
		buf[2] = device_specific;
		buf[3] = (u8)descriptor;
	}
	return SL_OK;
}

static const struct mode_page *find_mode_page(u8 code, const struct sl_unit *u)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(mode_pages); i++)
		if (mode_pages[i].code == code && page_applies(&mode_pages[i], u))
			return &mode_pages[i];
	return NULL;
}

/* What can be changed of the page at @p. */
static void take_page(const struct mode_page *page, const u8 *p, struct sl_mode *m)
{
	if (page->code == PAGE_CACHING && m->wce_changeable)
		m->write_cache = p[2] & CACHING_WCE;
	if (page->code == PAGE_CONTROL) {
		m->tmf_only = p[2] & CONTROL_TMF_ONLY;
		m->descriptor_sense = p[2] & CONTROL_D_SENSE;
		m->restricted = !(p[3] & CONTROL_QAM);
		m->qerr = (p[3] & CONTROL_QERR) >> 1;
		m->swp = p[4] & CONTROL_SWP;
		m->tas = p[5] & CONTROL_TAS;
	}
}

/* Fields of several bits, of which not every value means something (SPC-4 7.5.8). */
static bool page_is_meant(const struct mode_page *page, const u8 *p)
{
	return page->code != PAGE_CONTROL ||
	       ((p[3] & CONTROL_QAM) <= CONTROL_UNRESTRICTED && (p[3] & CONTROL_QERR) >> 1 != 2);
}

/*
 * A page may differ from the current one only in bits that are changeable. @at is
 * where it stands in the parameter list.
 */
static enum sl_sense select_page(const struct mode_page *page, const u8 *p, size_t at,
				 const struct sl_unit *u, struct sl_mode *m,
				 struct sl_sense_info *more)
{
	u8 current_page[PAGE_LEN_MAX], changeable[PAGE_LEN_MAX];
	u8 i;

	build_page(page, PC_CURRENT, u, m, current_page);
	build_page(page, PC_CHANGEABLE, u, m, changeable);
	/* Which field it is, and so which bit, is not known here. */
	for (i = 2; i < page->len; i++)
		if ((p[i] ^ current_page[i]) & ~changeable[i])
			return sl_bad_param(more, at + i);
	/* Of both fields byte 3 is the place. */
	if (!page_is_meant(page, p))
		return sl_bad_param(more, at + 3);
	take_page(page, p, m);
	return SL_OK;
}

/* The block descriptor of @n bytes that stands at @at of @list. */
static enum sl_sense check_descriptor(const struct sl_unit *u, const u8 *list, size_t at, size_t n,
				      struct sl_sense_info *more)
{
	bool is_long = n == 16;
	size_t len_at = at + (is_long ? 12 : 5);
	u32 block_len = is_long ? sl_get_be32(list + len_at) : sl_get_be24(list + len_at);

	return block_len == 1u << u->block_shift ? SL_OK : sl_bad_param(more, len_at);
}

/* The page at @at of @list; its length in *@page_len. */
static enum sl_sense check_page(const struct sl_unit *u, const u8 *list, size_t at, size_t len,
				struct sl_mode *m, size_t *page_len, struct sl_sense_info *more)
{
	const struct mode_page *page;
	const u8 *p = list + at;

	if (len - at < 2)
		return SL_PARAM_LIST_LENGTH;
	page = find_mode_page(p[0] & 0x3f, u);
	if (!page)
		return sl_bad_param_bit(more, at, 5);
	if (p[0] & PAGE_SPF)
		return sl_bad_param_bit(more, at, 6);
	if (p[1] != page->len - 2)
		return sl_bad_param(more, at + 1);
	if (len - at < page->len)
		return SL_PARAM_LIST_LENGTH;
	*page_len = page->len;
	return select_page(page, p, at, u, m, more);
}

bool sl_mode_saves(const u8 *cdb)
{
	return cdb[1] & SELECT_SP;
}

enum sl_sense sl_mode_select(const u8 *cdb, const struct sl_unit *unit, const u8 *list, size_t len,
			     struct sl_modes *modes, struct sl_sense_info *more)
{
	bool ten = cdb[0] == 0x55;
	size_t head = ten ? 8 : 4, descriptor, at, page_len = 0;
	struct sl_mode wanted = modes->now;
	enum sl_sense sense;

	if (!(cdb[1] & 0x10))		/* PF: vendor format is not known here */
		return sl_bad_cdb_bit(more, 1, 4);
	if (sl_mode_saves(cdb) && !modes->can_save)
		return sl_bad_cdb_bit(more, 1, 0);
	if (len && len < head)
		return SL_PARAM_LIST_LENGTH;
	if (!len)
		goto done;
	descriptor = ten ? sl_get_be16(list + 6) : list[3];
	if (descriptor != 0 && descriptor != 8 && !(ten && descriptor == 16 && (list[4] & 1)))
		return sl_bad_param(more, ten ? 6 : 3);
	if (len < head + descriptor)
		return SL_PARAM_LIST_LENGTH;
	if (descriptor) {
		sense = check_descriptor(unit, list, head, descriptor, more);
		if (sense)
			return sense;
	}
	for (at = head + descriptor; at < len; at += page_len) {
		sense = check_page(unit, list, at, len, &wanted, &page_len, more);
		if (sense)
			return sense;
	}
done:
	modes->now = wanted;
	/* All pages that can be saved, also those that were not sent (SPC-4 6.11). */
	if (sl_mode_saves(cdb))
		modes->saved = wanted;
	return SL_OK;
}

size_t sl_mode_store(const struct sl_unit *unit, const struct sl_mode *mode, u8 *buf)
{
	size_t n = 0, i;

	for (i = 0; i < ARRAY_SIZE(mode_pages); i++)
		if (mode_pages[i].savable && page_applies(&mode_pages[i], unit))
			n += build_page(&mode_pages[i], PC_CURRENT, unit, mode, buf + n);
	return n;
}

enum sl_sense sl_mode_load(const struct sl_unit *unit, const u8 *pages, size_t len,
			   struct sl_mode *mode)
{
	struct sl_mode wanted = *mode;
	const struct mode_page *page;

	for (; len; pages += page->len, len -= page->len) {
		page = find_mode_page(pages[0], unit);
		if (!page || !page->savable || len < page->len || pages[1] != page->len - 2 ||
		    !page_is_meant(page, pages))
			return SL_INVALID_PARAM_FIELD;
		take_page(page, pages, &wanted);
	}
	*mode = wanted;
	return SL_OK;
}

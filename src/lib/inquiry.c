// SPDX-License-Identifier: GPL-2.0-only
/* INQUIRY, vital product data, capacity. */
#include "dif.h"
#include "inquiry.h"
#include "rod.h"

#define VPD_HEADER	4

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int sl_id_parse(const char *text, size_t len, struct sl_id *id)
{
	struct sl_id read = { 0 };
	size_t i;

	if (len) {
		if (len < 4 || len > 2 + 2 * SL_ID_MAX || len % 2 || text[0] != '0' ||
		    (text[1] | 0x20) != 'x')
			return -1;
		for (i = 2; i < len; i++) {
			int digit = hex_digit(text[i]);

			if (digit < 0)
				return -1;
			read.bytes[i / 2 - 1] = (u8)(read.bytes[i / 2 - 1] << 4 | digit);
		}
		read.len = (u8)(len / 2 - 1);
	}
	*id = read;
	return 0;
}

bool sl_id_is_naa(const struct sl_id *id)
{
	switch (id->len ? id->bytes[0] >> 4 : 0) {
	case 2:
	case 3:
	case 5:
		return id->len == 8;
	case 6:
		return id->len == 16;
	default:
		return false;
	}
}

bool sl_id_is_eui64(const struct sl_id *id)
{
	return id->len == 8 || id->len == 12 || id->len == 16;
}

/* Left-aligned ASCII, padded with blanks (SPC-4 4.4.1). */
static void put_padded(u8 *dst, const char *src, size_t width)
{
	size_t n = strlen(src);

	if (n > width)
		n = width;
	memset(dst, ' ', width);
	memcpy(dst, src, n);
}

/* Qualifier 001b: known, but not to be reached through this port now (SPC-4 table 141). */
static u8 first_byte(const struct sl_unit *u, const struct sl_port_id *port)
{
	u8 qualifier = !u->qualifier && port->no_access ? 1 : u->qualifier;

	return (u8)((qualifier << 5) | u->device_type);
}

static bool has_block_pages(const struct sl_unit *u)
{
	return u->device_type == 0;
}

/* Vendor specific bytes (SPC-4 table 140): 36 to 55, or after all others where there are more. */
static size_t put_specific(const struct sl_unit *u, u8 *b)
{
	size_t n = strlen(u->inq_specific);

	memcpy(b + (n <= 20 ? 36 : 96), u->inq_specific, n);
	return n <= 20 ? 96 : 96 + n;
}

static size_t standard(const struct sl_unit *u, const struct sl_port_id *port, u8 *b)
{
	/* SAM-5, SPC-4, MMC-5 or SBC-3, then the transports' (SPC-4 table 143) */
	u16 versions[5] = { 0x00a0, 0x0460, u->device_type == SL_TYPE_CDROM ? 0x0420 : 0x04c0,
			    port->version_descriptor, port->phys_descriptor };
	size_t len = put_specific(u, b);
	unsigned int i;

	b[0] = first_byte(u, port);
	b[1] = u->removable ? 0x80 : 0;
	b[2] = 0x06;			/* SPC-4 */
	b[3] = 0x20 | 0x10 | 0x02;	/* NormACA, HiSup, response data format 2 */
	b[4] = (u8)(len - 5);
	b[5] = (u8)((port->tpgs << 4) | (has_block_pages(u) ? 0x08 : 0));	/* TPGS, 3PC */
	if (u->dif_type)
		b[5] |= 0x01;		/* PROTECT */
	b[6] = 0x10;			/* MultiP */
	b[7] = 0x02;			/* CmdQue */
	put_padded(b + 8, u->vendor, SL_VENDOR_LEN);
	put_padded(b + 16, u->product, SL_PRODUCT_LEN);
	put_padded(b + 32, u->revision, SL_REVISION_LEN);
	for (i = 0; i < ARRAY_SIZE(versions); i++)
		sl_put_be16(versions[i], b + 58 + 2 * i);
	return len;
}

static size_t vpd_supported(const struct sl_unit *u, const struct sl_port_id *port, u8 *b)
{
	size_t n = VPD_HEADER;

	(void)port;
	b[n++] = 0x00;
	b[n++] = 0x80;
	b[n++] = 0x83;
	b[n++] = 0x86;
	b[n++] = 0x87;
	if (has_block_pages(u)) {
		b[n++] = 0x8f;
		b[n++] = 0xb0;
		b[n++] = 0xb1;
		if (u->thin)
			b[n++] = 0xb2;
	}
	return n;
}

static size_t vpd_serial(const struct sl_unit *u, const struct sl_port_id *port, u8 *b)
{
	size_t n = strlen(u->serial);

	(void)port;
	memcpy(b + VPD_HEADER, u->serial, n);
	return VPD_HEADER + n;
}

/* Designation descriptor header (SPC-4 7.8.6.1): returns where the designator starts. */
static u8 *designator(u8 *d, u8 code_set, u8 association, u8 type, u8 len)
{
	d[0] = code_set;
	d[1] = (u8)((association << 4) | type);
	d[2] = 0;
	d[3] = len;
	return d + 4;
}

static size_t t10_vendor_id(const struct sl_unit *u, u8 *d)
{
	size_t n = strlen(u->vendor_specific);
	u8 *p = designator(d, 2, 0, 1, (u8)(SL_VENDOR_LEN + n));

	put_padded(p, u->vendor, SL_VENDOR_LEN);
	memcpy(p + SL_VENDOR_LEN, u->vendor_specific, n);
	return 4 + SL_VENDOR_LEN + n;
}

static size_t registered_id(const struct sl_id *id, u8 type, u8 *d)
{
	if (!id->len)
		return 0;
	memcpy(designator(d, 1, 0, type, id->len), id->bytes, id->len);
	return 4u + id->len;
}

static size_t vpd_identification(const struct sl_unit *u, const struct sl_port_id *port, u8 *b)
{
	u8 *d = b + VPD_HEADER;
	u8 *p;

	if (u->scsi_name[0]) {
		/* SPC-4 7.8.6.12: NUL-terminated, padded to a multiple of four, at most 255 */
		size_t n = (strlen(u->scsi_name) + 4) & ~(size_t)3;

		if (n > 252)
			n = 252;
		p = designator(d, 3, 2, 8, (u8)n);
		memset(p, 0, n);
		memcpy(p, u->scsi_name, strlen(u->scsi_name) < n ? strlen(u->scsi_name) : n - 1);
		d += 4 + n;
	}
	d += t10_vendor_id(u, d);
	if (port->rel_tgt_id) {
		p = designator(d, 1, 1, 4, 4);
		memset(p, 0, 4);
		sl_put_be16(port->rel_tgt_id, p + 2);
		d += 8;
	}
	if (port->group_id) {
		p = designator(d, 1, 1, 5, 4);
		memset(p, 0, 4);
		sl_put_be16(port->group_id, p + 2);
		d += 8;
	}
	d += registered_id(&u->naa, 3, d);
	d += registered_id(&u->eui64, 2, d);
	/* A well-known logical unit has no name of its own: the port tells whose it is. */
	if (!u->naa.len && !u->eui64.len && u->device_type != SL_TYPE_WELL_KNOWN) {
		/* Without an assigned name the first eight characters of the id have to do. */
		p = designator(d, 1, 0, 2, 8);
		put_padded(p, u->t10_dev_id, 8);
		d += 12;
	}
	return (size_t)(d - b);
}

static size_t vpd_extended(const struct sl_unit *u, const struct sl_port_id *port, u8 *b)
{
	(void)port;
	b[4] = (u8)(sl_dif_spt(u->dif_type) << 3);
	if (u->dif_checked)
		b[4] |= 0x04 | (u->dif_type != 3 ? 0x01 : 0);	/* GRD_CHK, REF_CHK */
	if (u->dif_app_checked)
		b[4] |= 0x02;		/* APP_CHK */
	b[5] = 0x07;			/* HEADSUP, ORDSUP, SIMPSUP */
	if (u->write_cache)
		b[6] = 0x01;		/* V_SUP */
	return 64;
}

/* Mode page policy: every page is shared by all nexuses (SPC-4 7.8.10). */
static size_t vpd_mode_policy(const struct sl_unit *u, const struct sl_port_id *port, u8 *b)
{
	(void)u;
	(void)port;
	b[4] = 0x3f;			/* all pages */
	b[5] = 0xff;			/* and subpages */
	return 8;
}

static size_t vpd_third_party(const struct sl_unit *u, const struct sl_port_id *port, u8 *b)
{
	(void)port;
	return sl_third_party_page(u, b);
}

static size_t vpd_block_limits(const struct sl_unit *u, const struct sl_port_id *port, u8 *b)
{
	(void)port;
	if (u->max_write_same)
		b[4] = 0x01;		/* WSNZ: WRITE SAME of 0 blocks is refused */
	b[5] = u->max_compare_write;
	sl_put_be16((u16)(1u << u->physical_exp), b + 6);
	sl_put_be32(u->max_transfer, b + 8);
	sl_put_be32(u->opt_transfer, b + 12);
	if (u->thin) {
		sl_put_be32(u->max_unmap, b + 20);
		sl_put_be32(u->max_unmap_descriptors, b + 24);
		sl_put_be32(1u << u->physical_exp, b + 28);
	}
	sl_put_be64(u->max_write_same, b + 36);
	sl_put_be32(u->max_atomic, b + 44);
	return 64;
}

static size_t vpd_block_characteristics(const struct sl_unit *u, const struct sl_port_id *port,
					u8 *b)
{
	(void)port;
	sl_put_be16(u->rotational ? 15000 : 1, b + 4);
	if (u->thin)
		b[7] = 0x40;		/* WABEREQ 01b: erased blocks can be read */
	return 64;
}

static size_t vpd_provisioning(const struct sl_unit *u, const struct sl_port_id *port, u8 *b)
{
	(void)port;
	b[5] = 0xe0;			/* LBPU, LBPWS, LBPWS10 */
	if (u->unmapped_is_zero)
		b[5] |= 0x04;		/* LBPRZ 001b */
	b[6] = 0x02;			/* thin provisioned */
	return 8;
}

static const struct vpd_page {
	u8 code;
	bool block_only;
	bool thin_only;
	size_t (*build)(const struct sl_unit *u, const struct sl_port_id *port, u8 *b);
} vpd_pages[] = {
	{ 0x00, false, false, vpd_supported },
	{ 0x80, false, false, vpd_serial },
	{ 0x83, false, false, vpd_identification },
	{ 0x86, false, false, vpd_extended },
	{ 0x87, false, false, vpd_mode_policy },
	{ 0x8f, true, false, vpd_third_party },
	{ 0xb0, true, false, vpd_block_limits },
	{ 0xb1, true, false, vpd_block_characteristics },
	{ 0xb2, true, true, vpd_provisioning },
};

static const struct vpd_page *find_page(u8 code, const struct sl_unit *u)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(vpd_pages); i++) {
		const struct vpd_page *p = &vpd_pages[i];

		if (p->code == code)
			return (p->block_only && !has_block_pages(u)) || (p->thin_only && !u->thin) ?
			       NULL : p;
	}
	return NULL;
}

u8 sl_inquiry_bad_byte(const u8 *cdb)
{
	return cdb[1] & ~0x01 ? 1 : 2;
}

enum sl_sense sl_inquiry(const u8 *cdb, const struct sl_unit *unit, const struct sl_port_id *port,
			 u8 *buf, size_t *len)
{
	const struct vpd_page *page;

	memset(buf, 0, SL_INQUIRY_MAX);
	if (cdb[1] & ~0x01)		/* CMDDT is obsolete, the rest reserved */
		return SL_INVALID_CDB_FIELD;
	if (!(cdb[1] & 0x01)) {
		if (cdb[2])
			return SL_INVALID_CDB_FIELD;
		*len = standard(unit, port, buf);
		return SL_OK;
	}
	page = find_page(cdb[2], unit);
	if (!page)
		return SL_INVALID_CDB_FIELD;
	*len = page->build(unit, port, buf);
	buf[0] = first_byte(unit, port);
	buf[1] = page->code;
	sl_put_be16((u16)(*len - VPD_HEADER), buf + 2);
	return SL_OK;
}

void sl_read_capacity_10(const struct sl_unit *unit, u8 *buf)
{
	u64 last = unit->blocks - 1;

	sl_put_be32(last > 0xfffffffe ? 0xffffffff : (u32)last, buf);
	sl_put_be32(1u << unit->block_shift, buf + 4);
}

void sl_read_capacity_16(const struct sl_unit *unit, u8 *buf)
{
	memset(buf, 0, 32);
	sl_put_be64(unit->blocks - 1, buf);
	sl_put_be32(1u << unit->block_shift, buf + 8);
	if (unit->dif_type)
		buf[12] = (u8)((unit->dif_type - 1) << 1 | 0x01);	/* P_TYPE, PROT_EN */
	buf[13] = unit->physical_exp & 0x0f;
	if (unit->thin)
		buf[14] = (u8)(0x80 | (unit->unmapped_is_zero ? 0x40 : 0));
}

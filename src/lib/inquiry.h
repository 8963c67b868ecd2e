/* SPDX-License-Identifier: GPL-2.0-only */
/* INQUIRY and vital product data (SPC-4 6.4, 7.8; SBC-3 6.5), READ CAPACITY(16) (SBC-3 5.16). */
#ifndef SL_INQUIRY_H
#define SL_INQUIRY_H

#include "port.h"
#include "sense.h"

#define SL_VENDOR_LEN		8
#define SL_PRODUCT_LEN		16
#define SL_REVISION_LEN		4
#define SL_SERIAL_LEN		64
#define SL_VENDOR_SPECIFIC_LEN	128
#define SL_T10_ID_LEN		64
#define SL_NAME_LEN		256

#define SL_ID_MAX		16
#define SL_INQ_SPECIFIC_LEN	160

#define SL_INQUIRY_MAX		640	/* enough for every page built here */

/* Peripheral device types (SPC-4 table 142) */
#define SL_TYPE_DISK	0x00
#define SL_TYPE_CDROM	0x05
#define SL_TYPE_WELL_KNOWN 0x1e	/* well-known logical unit */

/* An identifier of a registry: NAA (SPC-4 7.8.6.6) or EUI-64 based (7.8.6.5). */
struct sl_id {
	u8 len;			/* bytes, 0: none */
	u8 bytes[SL_ID_MAX];
};

/* What a logical unit is, as far as initiators can see it. Strings end with NUL. */
struct sl_unit {
	u8 device_type;		/* SL_TYPE_* */
	u8 qualifier;		/* peripheral qualifier */
	bool removable;
	bool rotational;
	bool read_only;
	bool write_cache;	/* volatile: WCE */
	bool thin;		/* UNMAP and friends work (LBPU, LBPWS) */
	bool unmapped_is_zero;	/* LBPRZ */
	u8 block_shift;		/* logical block: 1 << block_shift bytes */
	u8 physical_exp;	/* logical blocks per physical block exponent */
	u8 dif_type;		/* protection information of type 1 to 3, 0: none */
	bool dif_checked;	/* and it is checked (GRD_CHK, REF_CHK) */
	bool dif_app_checked;	/* its application tags too (APP_CHK) */
	u8 tst;			/* control mode page: 0 one task set, 1 one per nexus */
	u64 blocks;
	u32 max_transfer;	/* blocks, 0: no limit */
	u32 opt_transfer;	/* blocks */
	u32 max_unmap;		/* blocks per UNMAP */
	u32 max_unmap_descriptors;
	u8 max_compare_write;	/* blocks, 0: not supported */
	u32 max_atomic;		/* blocks of WRITE ATOMIC, 0: not supported */
	u64 max_write_same;	/* blocks; 0: no limit, and 0 blocks mean the rest of the disk */
	struct sl_id naa, eui64;
	char vendor[SL_VENDOR_LEN + 1];
	char product[SL_PRODUCT_LEN + 1];
	char revision[SL_REVISION_LEN + 1];
	char serial[SL_SERIAL_LEN + 1];
	char vendor_specific[SL_VENDOR_SPECIFIC_LEN + 1];
	char t10_dev_id[SL_T10_ID_LEN + 1];
	char scsi_name[SL_NAME_LEN + 1];
	char inq_specific[SL_INQ_SPECIFIC_LEN + 1];	/* of standard INQUIRY data */
};

/* The way a command came, as far as INQUIRY data tell of it. */
struct sl_port_id {
	u16 rel_tgt_id;		/* 0: none */
	u16 version_descriptor;	/* transport protocol (SPC-4 table 143), 0: none */
	u16 phys_descriptor;	/* physical transport, likewise */
	u16 group_id;		/* target port group, 0: in none */
	u8 tpgs;		/* TPGS: bit 0 implicit, bit 1 explicit ALUA */
	bool no_access;		/* the port is unavailable or offline for the unit */
};

/*
 * Reads "0x" and two hexadecimal digits for each byte, @len characters; none at
 * all mean none. 0, -1: it is something else, or too long; @id is unchanged.
 */
int sl_id_parse(const char *text, size_t len, struct sl_id *id);

/* Can it be an NAA identifier (NAA 2h, 3h, 5h: 8 bytes, 6h: 16), an EUI-64 based one? */
bool sl_id_is_naa(const struct sl_id *id);
bool sl_id_is_eui64(const struct sl_id *id);

/*
 * INQUIRY data for @cdb into @buf (SL_INQUIRY_MAX bytes). *@len is the length
 * of the data before it is cut to the allocation length.
 */
enum sl_sense sl_inquiry(const u8 *cdb, const struct sl_unit *unit, const struct sl_port_id *port,
			 u8 *buf, size_t *len);

/* Which byte of a CDB is wrong that sl_inquiry() has refused. */
u8 sl_inquiry_bad_byte(const u8 *cdb);

/* READ CAPACITY(10) data, 8 bytes. */
void sl_read_capacity_10(const struct sl_unit *unit, u8 *buf);

/* READ CAPACITY(16) data, 32 bytes. */
void sl_read_capacity_16(const struct sl_unit *unit, u8 *buf);

#endif

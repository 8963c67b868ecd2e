/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Protection information (SBC-3 4.22): eight bytes that go with a logical block, made and
 * checked. Knows no storage and no transport.
 */
#ifndef SL_DIF_H
#define SL_DIF_H

#include "port.h"
#include "sense.h"

/* Big-endian: guard (2 bytes), application tag (2), reference tag (4). */
#define SL_DIF_LEN	8
#define SL_DIF_NO_APP	0xffff		/* as application tag it disables checking */
#define SL_DIF_NO_REF	0xffffffffu

/* Where protection information comes from that a CDB's xxPROTECT field speaks of. */
enum sl_dif_from {
	SL_DIF_READ,		/* RDPROTECT: the medium, and it goes to the initiator */
	SL_DIF_WRITE,		/* WRPROTECT: the initiator */
	SL_DIF_VERIFY,		/* VRPROTECT with BYTCHK 0: the medium, and it stays here */
	SL_DIF_COMPARE,		/* VRPROTECT with BYTCHK 1 or 3: the medium; the initiator: as WRITE */
};

/* What is to be checked in which kind of protection information. */
struct sl_dif {
	u8 type;		/* 1 to 3 */
	bool guard;
	bool app;
	bool ref;
	u16 app_tag;		/* expected; that of what is made */
};

/* CRC-16/T10-DIF of a block: the guard. */
u16 sl_dif_crc(const u8 *data, size_t len);

/*
 * Sets what is to be checked as the field's value @protect says (SBC-3 5.8 table 70, 5.30,
 * 5.32). @app: the unit knows what application tags there are. False: a reserved value.
 */
bool sl_dif_protect(enum sl_dif_from from, u8 protect, bool app, struct sl_dif *dif);

/* The reference tag of the block @i after one that has @first. */
u32 sl_dif_ref(u8 type, u32 first, u32 i);

/* Makes the information for @data, with @ref as reference tag. */
void sl_dif_make(const struct sl_dif *dif, const u8 *data, size_t len, u32 ref, u8 *pi);

/* SL_OK, or the first check that fails. @ref: the expected reference tag. */
enum sl_sense sl_dif_check(const struct sl_dif *dif, const u8 *data, size_t len, u32 ref,
			   const u8 *pi);

/*
 * SPT (SPC-4 7.8.8) of a unit that is formatted with one type for good; the other way round
 * what FORMAT UNIT asks for by FMTPINFO and PROTECTION FIELD USAGE (SBC-3 table 33): a type, 0:
 * none, -1: reserved.
 */
u8 sl_dif_spt(u8 type);
int sl_dif_format_type(u8 fmtpinfo, u8 usage);

#endif

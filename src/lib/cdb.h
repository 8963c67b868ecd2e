/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a CDB says: opcode table (SPC-4, SBC-3) and its decoding into address,
 * length and direction. Knows no device state.
 */
#ifndef SL_CDB_H
#define SL_CDB_H

#include "port.h"
#include "sense.h"

#define SL_CDB_MAX	32	/* longest CDB decoded here */

enum sl_dir {
	SL_DIR_NONE,
	SL_DIR_OUT,		/* initiator to target */
	SL_DIR_IN,		/* target to initiator */
};

/* Operations with a common opcode stand together, in the order of their service actions. */
enum sl_op_id {
	SL_OP_NONE,
	SL_OP_TEST_UNIT_READY,
	SL_OP_REQUEST_SENSE,
	SL_OP_FORMAT_UNIT,
	SL_OP_READ_6,
	SL_OP_WRITE_6,
	SL_OP_RESERVE_6,
	SL_OP_RELEASE_6,
	SL_OP_INQUIRY,
	SL_OP_MODE_SELECT_6,
	SL_OP_MODE_SENSE_6,
	SL_OP_START_STOP_UNIT,
	SL_OP_SEND_DIAGNOSTIC,
	SL_OP_PREVENT_ALLOW,
	SL_OP_READ_CAPACITY_10,
	SL_OP_READ_10,
	SL_OP_WRITE_10,
	SL_OP_WRITE_VERIFY_10,
	SL_OP_VERIFY_10,
	SL_OP_PREFETCH_10,
	SL_OP_SYNC_CACHE_10,
	SL_OP_READ_DEFECT_10,
	SL_OP_WRITE_SAME_10,
	SL_OP_UNMAP,
	SL_OP_READ_TOC,
	SL_OP_GET_CONFIGURATION,
	SL_OP_SANITIZE_OVERWRITE,
	SL_OP_SANITIZE_BLOCK_ERASE,
	SL_OP_SANITIZE_CRYPTO_ERASE,
	SL_OP_SANITIZE_EXIT_FAILURE,
	SL_OP_EVENT_STATUS,
	SL_OP_LOG_SENSE,
	SL_OP_DISC_INFORMATION,
	SL_OP_MODE_SELECT_10,
	SL_OP_RESERVE_10,
	SL_OP_RELEASE_10,
	SL_OP_MODE_SENSE_10,
	SL_OP_PR_READ_KEYS,
	SL_OP_PR_READ_RESERVATION,
	SL_OP_PR_REPORT_CAPABILITIES,
	SL_OP_PR_READ_FULL_STATUS,
	SL_OP_PR_REGISTER,
	SL_OP_PR_RESERVE,
	SL_OP_PR_RELEASE,
	SL_OP_PR_CLEAR,
	SL_OP_PR_PREEMPT,
	SL_OP_PR_PREEMPT_ABORT,
	SL_OP_PR_REGISTER_IGNORE,
	SL_OP_PR_REGISTER_MOVE,
	SL_OP_EXTENDED_COPY,
	SL_OP_EXTENDED_COPY4,
	SL_OP_POPULATE_TOKEN,
	SL_OP_WRITE_USING_TOKEN,
	SL_OP_COPY_ABORT,
	SL_OP_COPY_STATUS,
	SL_OP_COPY_PARAMETERS,
	SL_OP_COPY_FAILURE,
	SL_OP_COPY_STATUS4,
	SL_OP_TOKEN_INFORMATION,
	SL_OP_REPORT_TOKENS,
	SL_OP_READ_16,
	SL_OP_COMPARE_WRITE,
	SL_OP_WRITE_16,
	SL_OP_ORWRITE_16,
	SL_OP_WRITE_VERIFY_16,
	SL_OP_VERIFY_16,
	SL_OP_PREFETCH_16,
	SL_OP_SYNC_CACHE_16,
	SL_OP_WRITE_SAME_16,
	SL_OP_WRITE_ATOMIC_16,
	SL_OP_READ_CAPACITY_16,
	SL_OP_GET_LBA_STATUS,
	SL_OP_REPORT_LUNS,
	SL_OP_REPORT_IDENT,
	SL_OP_REPORT_PORT_GROUPS,
	SL_OP_REPORT_OPCODES,
	SL_OP_REPORT_TMFS,
	SL_OP_SET_IDENT,
	SL_OP_SET_PORT_GROUPS,
	SL_OP_READ_12,
	SL_OP_WRITE_12,
	SL_OP_WRITE_VERIFY_12,
	SL_OP_VERIFY_12,
	SL_OP_READ_DEFECT_12,
	SL_OP_READ_32,
	SL_OP_VERIFY_32,
	SL_OP_WRITE_32,
	SL_OP_WRITE_VERIFY_32,
	SL_OP_WRITE_SAME_32,
	SL_OP_COUNT
};

enum sl_len_unit {
	SL_LEN_NONE,		/* no data */
	SL_LEN_BYTES,		/* the field counts bytes: allocation or parameter list length */
	SL_LEN_BLOCKS,		/* the field counts logical blocks, which are transferred */
	SL_LEN_TWICE_BLOCKS,	/* as many again: what to compare with, what to write */
	SL_LEN_ONE_BLOCK,	/* the field counts blocks, one is transferred (WRITE SAME) */
	SL_LEN_RANGE,		/* the field counts blocks, none is transferred */
	SL_LEN_VERIFY,		/* by BYTCHK: none, all, or one */
	SL_LEN_FIXED_8,		/* 8 bytes (READ CAPACITY(10)) */
	SL_LEN_FORMAT,		/* by FMTDATA and LONGLIST: none, or the header of the list */
};

#define SL_OPF_WRITES		0x01	/* changes the medium: refused when read-only */
#define SL_OPF_SKIP_UA		0x02	/* goes ahead of a pending unit attention (SAM-5 5.14) */
#define SL_OPF_SERVICE_ACTION	0x04	/* the low five bits of byte 1 choose the operation */
#define SL_OPF_MEDIUM		0x08	/* addresses logical blocks */
#define SL_OPF_FUA		0x10	/* byte 1: DPO bit 4, FUA bit 3 */
/* In the presence of a reservation of somebody else (SPC-4 table 66, SBC-3 table 13) */
#define SL_OPF_PR_FREE		0x20	/* no persistent reservation stands in its way */
#define SL_OPF_PR_READ		0x40	/* only an exclusive access one does */
#define SL_OPF_R6_FREE		0x80	/* allowed beside a RESERVE(6) (SPC-2 table 10) */
/* By the asymmetric access state of the port (SPC-4 5.15.2.4), each with those before it */
#define SL_OPF_ALWAYS		0x100	/* also while transitioning or offline */
#define SL_OPF_UNAVAILABLE	0x200
#define SL_OPF_STANDBY		0x400
#define SL_OPF_LONG		0x800	/* 32 bytes: bytes 8 and 9 choose the operation (SBC-3 5.13) */
#define SL_OPF_PROTECT		0x1000	/* has RDPROTECT, WRPROTECT, VRPROTECT or ORPROTECT */

struct sl_op {
	const char *name;
	u8 opcode;
	u8 service_action;
	u8 cdb_len;
	u8 dir;			/* enum sl_dir */
	u8 unit;		/* enum sl_len_unit */
	u16 flags;		/* SL_OPF_* */
	u8 lba_at, lba_len;	/* bytes; len 0: no address */
	u8 len_at, len_len;	/* bytes; len 0: no length */
	u8 usage[SL_CDB_MAX];	/* bits that are looked at, for REPORT SUPPORTED OPERATION CODES */
};

struct sl_cdb {
	const struct sl_op *op;
	enum sl_op_id id;
	enum sl_dir dir;	/* SL_DIR_NONE also when the length is 0 */
	bool fua;
	bool dpo;
	u8 options;		/* the byte that has FUA, BYTCHK, UNMAP and the like, and ... */
	u8 options_at;		/* ... where it is */
	u8 bytchk;		/* VERIFY, WRITE AND VERIFY */
	u8 protect;		/* xxPROTECT: what is done with protection information */
	u32 ref_tag;		/* expected in that of the first block (SBC-3 4.22.2.4) */
	u64 lba;
	u32 blocks;		/* logical blocks addressed */
	u64 data_len;		/* bytes to be transferred by what the CDB says */
	u8 bad_byte;		/* where it is wrong, for the field pointer of sense data; 0: unsaid */
};

/* The operation, SL_OP_NONE if unknown. @cdb has at least @cdb_len bytes. */
enum sl_op_id sl_op_find(const u8 *cdb, size_t cdb_len);

/* Table entry of a known operation. */
const struct sl_op *sl_op_get(enum sl_op_id id);

#define SL_CONTROL_NACA	0x04

/* Where the CONTROL byte stands (SAM-5 5.2), 0 where the CDB's form is not known. */
u8 sl_cdb_control_at(const u8 *cdb, size_t cdb_len);

/* Does the CDB ask for an ACA condition if it fails (SAM-5 5.9)? */
bool sl_cdb_naca(const u8 *cdb, size_t cdb_len);

/*
 * Does one change what the other reads or changes, so that their order matters? False while
 * one of them has no @op, and true where it can't be told.
 */
bool sl_cdb_conflict(const struct sl_cdb *a, const struct sl_cdb *b);

/*
 * Decodes @cdb for a unit with blocks of 1 << @block_shift bytes.
 * SL_INVALID_OPCODE: not in the table (or shorter than its length);
 * SL_INVALID_CDB_FIELD: the service action is not, and out->bad_byte says so.
 */
enum sl_sense sl_cdb_parse(const u8 *cdb, size_t cdb_len, unsigned int block_shift,
			   struct sl_cdb *out);

/* WRITE SAME: does it say that it brings no data? */
static inline bool sl_cdb_ndob(const struct sl_cdb *c)
{
	return (c->id == SL_OP_WRITE_SAME_16 || c->id == SL_OP_WRITE_SAME_32) &&
	       (c->options & 0x01);
}

#endif

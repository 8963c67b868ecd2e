/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * iSCSI basic header segments (RFC 7143 11): reading with every length check,
 * and writing. A BHS is an array of 48 bytes; fields are read where they stand.
 */
#ifndef SL_ISCSI_PDU_H
#define SL_ISCSI_PDU_H

#include "port.h"

#define SL_BHS_LEN		48
#define SL_ISCSI_NO_TAG		0xffffffffu

/* Initiator opcodes (RFC 7143 11.2.1.2) */
#define SL_ISCSI_NOP_OUT	0x00
#define SL_ISCSI_SCSI_CMD	0x01
#define SL_ISCSI_TASK_MGMT	0x02
#define SL_ISCSI_LOGIN		0x03
#define SL_ISCSI_TEXT		0x04
#define SL_ISCSI_DATA_OUT	0x05
#define SL_ISCSI_LOGOUT		0x06
#define SL_ISCSI_SNACK		0x10
/* Target opcodes */
#define SL_ISCSI_NOP_IN		0x20
#define SL_ISCSI_SCSI_RSP	0x21
#define SL_ISCSI_TASK_MGMT_RSP	0x22
#define SL_ISCSI_LOGIN_RSP	0x23
#define SL_ISCSI_TEXT_RSP	0x24
#define SL_ISCSI_DATA_IN	0x25
#define SL_ISCSI_LOGOUT_RSP	0x26
#define SL_ISCSI_R2T		0x31
#define SL_ISCSI_ASYNC		0x32
#define SL_ISCSI_REJECT		0x3f

#define SL_ISCSI_IMMEDIATE	0x40	/* byte 0 */
#define SL_ISCSI_FINAL		0x80	/* byte 1 */
#define SL_ISCSI_CMD_READ	0x40	/* byte 1 of a SCSI Command */
#define SL_ISCSI_CMD_WRITE	0x20
#define SL_ISCSI_CMD_ATTR	0x07
#define SL_ISCSI_CONTINUE	0x40	/* byte 1 of Text */

/* Byte 1 of Data-In and SCSI Response */
#define SL_ISCSI_RESIDUAL_OVER	0x04
#define SL_ISCSI_RESIDUAL_UNDER	0x02
#define SL_ISCSI_DATA_STATUS	0x01
#define SL_ISCSI_DATA_ACK	0x40	/* Data-In: say by SNACK that it has come */

/* Reject reasons (RFC 7143 11.17.1) */
enum sl_iscsi_reject {
	SL_REJECT_NONE			= 0x00,
	SL_REJECT_DATA_DIGEST		= 0x02,
	SL_REJECT_SNACK			= 0x03,
	SL_REJECT_PROTOCOL		= 0x04,
	SL_REJECT_NOT_SUPPORTED		= 0x05,
	SL_REJECT_IMMEDIATE		= 0x06,
	SL_REJECT_TASK_IN_PROGRESS	= 0x07,
	SL_REJECT_INVALID_FIELD		= 0x09,
	SL_REJECT_OUT_OF_RESOURCES	= 0x0a,
};

/* Task management functions and responses (RFC 7143 11.5.1, 11.6.1) */
enum sl_iscsi_tmf {
	SL_TMF_ABORT_TASK		= 1,
	SL_TMF_ABORT_TASK_SET		= 2,
	SL_TMF_CLEAR_ACA		= 3,
	SL_TMF_CLEAR_TASK_SET		= 4,
	SL_TMF_LUN_RESET		= 5,
	SL_TMF_TARGET_WARM_RESET	= 6,
	SL_TMF_TARGET_COLD_RESET	= 7,
	SL_TMF_TASK_REASSIGN		= 8,
};

enum sl_iscsi_tmf_rsp {
	SL_TMF_RSP_COMPLETE		= 0,
	SL_TMF_RSP_NO_TASK		= 1,
	SL_TMF_RSP_NO_LUN		= 2,
	SL_TMF_RSP_STILL_ALLEGIANT	= 3,
	SL_TMF_RSP_NO_REASSIGN		= 4,
	SL_TMF_RSP_UNSUPPORTED		= 5,
	SL_TMF_RSP_REJECTED		= 255,
};

/* Asynchronous events (RFC 7143 11.9.1) */
enum sl_iscsi_async {
	SL_ASYNC_SCSI			= 0,	/* sense data says what */
	SL_ASYNC_LOGOUT			= 1,	/* the initiator shall log out */
	SL_ASYNC_NEGOTIATE		= 4,	/* the initiator shall send a Text Request */
};

static inline u8 sl_bhs_opcode(const u8 *b)	{ return b[0] & 0x3f; }
static inline bool sl_bhs_immediate(const u8 *b) { return b[0] & SL_ISCSI_IMMEDIATE; }
static inline bool sl_bhs_final(const u8 *b)	{ return b[1] & SL_ISCSI_FINAL; }
static inline u32 sl_bhs_ahs_len(const u8 *b)	{ return (u32)b[4] * 4; }
static inline u32 sl_bhs_data_len(const u8 *b)	{ return sl_get_be24(b + 5); }
static inline const u8 *sl_bhs_lun(const u8 *b)	{ return b + 8; }
static inline u32 sl_bhs_itt(const u8 *b)	{ return sl_get_be32(b + 16); }
static inline u32 sl_bhs_ttt(const u8 *b)	{ return sl_get_be32(b + 20); }
static inline u32 sl_bhs_expected_len(const u8 *b) { return sl_get_be32(b + 20); }
static inline u32 sl_bhs_ref_tag(const u8 *b)	{ return sl_get_be32(b + 20); }
static inline u32 sl_bhs_cmd_sn(const u8 *b)	{ return sl_get_be32(b + 24); }
static inline u32 sl_bhs_exp_stat_sn(const u8 *b) { return sl_get_be32(b + 28); }
static inline u32 sl_bhs_ref_cmd_sn(const u8 *b) { return sl_get_be32(b + 32); }
static inline u32 sl_bhs_data_sn(const u8 *b)	{ return sl_get_be32(b + 36); }
static inline u32 sl_bhs_begin_run(const u8 *b)	{ return sl_get_be32(b + 40); }
static inline u32 sl_bhs_run_length(const u8 *b) { return sl_get_be32(b + 44); }
static inline u32 sl_bhs_offset(const u8 *b)	{ return sl_get_be32(b + 40); }

/* Bytes that fill a segment up to a multiple of four (RFC 7143 11.1). */
static inline u32 sl_iscsi_pad(u32 len)		{ return -len & 3; }

/* What was negotiated, as far as it bounds what may be received. */
struct sl_iscsi_limits {
	u32 max_recv_dsl;	/* our MaxRecvDataSegmentLength */
	u32 first_burst;
	bool immediate_data;
	bool initial_r2t;
	bool snack;		/* error recovery level 1 or 2 */
};

enum sl_iscsi_verdict {
	SL_PDU_OK,
	SL_PDU_REJECT,		/* answer Reject with *reason, skip the segment, go on */
	SL_PDU_FATAL,		/* lengths cannot be trusted: end the connection */
};

/*
 * Checks a received BHS in full feature phase against RFC 7143 and @lim.
 * A data segment over the limit is fatal: what follows cannot be delimited
 * without reading what the initiator had no right to send.
 */
enum sl_iscsi_verdict sl_iscsi_check(const u8 *bhs, const struct sl_iscsi_limits *lim,
				     enum sl_iscsi_reject *reason);

/*
 * Is the additional header segment (@len bytes at @ahs) well formed? Sets
 * *ext_cdb and *ext_cdb_len for an extended CDB (RFC 7143 11.2.2.3), and
 * *bidi_read_len for an expected bidirectional read length.
 */
bool sl_iscsi_check_ahs(const u8 *ahs, u32 len, const u8 **ext_cdb, u32 *ext_cdb_len,
			u32 *bidi_read_len);

/* Clears @bhs and writes what all target PDUs have. */
void sl_bhs_init(u8 *bhs, u8 opcode, u8 flags, u32 itt);

static inline void sl_bhs_set_data_len(u8 *b, u32 v)	{ sl_put_be24(v, b + 5); }
static inline void sl_bhs_set_ttt(u8 *b, u32 v)		{ sl_put_be32(v, b + 20); }

/* StatSN, ExpCmdSN, MaxCmdSN stand at the same place in every target PDU. */
static inline void sl_bhs_set_sn(u8 *b, u32 stat_sn, u32 exp_cmd_sn, u32 max_cmd_sn)
{
	sl_put_be32(stat_sn, b + 24);
	sl_put_be32(exp_cmd_sn, b + 28);
	sl_put_be32(max_cmd_sn, b + 32);
}

#endif

// SPDX-License-Identifier: GPL-2.0-only
/* iSCSI basic header segments: checks and writing. */
#include "iscsi_pdu.h"

static enum sl_iscsi_verdict reject(enum sl_iscsi_reject why, enum sl_iscsi_reject *reason)
{
	*reason = why;
	return SL_PDU_REJECT;
}

static enum sl_iscsi_verdict check_command(const u8 *bhs, const struct sl_iscsi_limits *lim,
					   enum sl_iscsi_reject *reason)
{
	bool write = bhs[1] & SL_ISCSI_CMD_WRITE;
	u32 data = sl_bhs_data_len(bhs);

	if (!write && (data || !sl_bhs_final(bhs)))
		return reject(SL_REJECT_PROTOCOL, reason);
	if (data > sl_bhs_expected_len(bhs))
		return reject(SL_REJECT_PROTOCOL, reason);
	if (data && !lim->immediate_data)
		return reject(SL_REJECT_PROTOCOL, reason);
	if (data > lim->first_burst)
		return reject(SL_REJECT_PROTOCOL, reason);
	/* F=0 announces unsolicited Data-Out, which InitialR2T=Yes forbids (RFC 7143 13.10). */
	if (!sl_bhs_final(bhs) && lim->initial_r2t)
		return reject(SL_REJECT_PROTOCOL, reason);
	return SL_PDU_OK;
}

static enum sl_iscsi_verdict check_no_data(const u8 *bhs, enum sl_iscsi_reject *reason)
{
	return sl_bhs_data_len(bhs) ? reject(SL_REJECT_PROTOCOL, reason) : SL_PDU_OK;
}

/* Its tag is what its answer is known by, and NO_TAG is none (RFC 7143 11.2.1.8). */
static bool starts_task(const u8 *bhs)
{
	switch (sl_bhs_opcode(bhs)) {
	case SL_ISCSI_SCSI_CMD:
	case SL_ISCSI_TASK_MGMT:
	case SL_ISCSI_TEXT:
	case SL_ISCSI_LOGOUT:
		return true;
	default:
		return false;
	}
}

enum sl_iscsi_verdict sl_iscsi_check(const u8 *bhs, const struct sl_iscsi_limits *lim,
				     enum sl_iscsi_reject *reason)
{
	if (sl_bhs_data_len(bhs) > lim->max_recv_dsl)
		return SL_PDU_FATAL;
	if (sl_bhs_ahs_len(bhs) && sl_bhs_opcode(bhs) != SL_ISCSI_SCSI_CMD)
		return reject(SL_REJECT_PROTOCOL, reason);
	if (starts_task(bhs) && sl_bhs_itt(bhs) == SL_ISCSI_NO_TAG)
		return reject(SL_REJECT_INVALID_FIELD, reason);

	switch (sl_bhs_opcode(bhs)) {
	case SL_ISCSI_SCSI_CMD:
		return check_command(bhs, lim, reason);
	case SL_ISCSI_NOP_OUT:
		/* An answer to our NOP-In has no initiator tag and must be immediate. */
		if (sl_bhs_itt(bhs) == SL_ISCSI_NO_TAG && !sl_bhs_immediate(bhs))
			return reject(SL_REJECT_PROTOCOL, reason);
		return SL_PDU_OK;
	case SL_ISCSI_TASK_MGMT:
	case SL_ISCSI_LOGOUT:
		return check_no_data(bhs, reason);
	case SL_ISCSI_TEXT:
	case SL_ISCSI_DATA_OUT:
		return SL_PDU_OK;
	case SL_ISCSI_LOGIN:
		return reject(SL_REJECT_PROTOCOL, reason);
	case SL_ISCSI_SNACK:
		return lim->snack ? check_no_data(bhs, reason) : reject(SL_REJECT_SNACK, reason);
	default:
		return reject(SL_REJECT_NOT_SUPPORTED, reason);
	}
}

bool sl_iscsi_check_ahs(const u8 *ahs, u32 len, const u8 **ext_cdb, u32 *ext_cdb_len,
			u32 *bidi_read_len)
{
	bool read_len_seen = false;

	*ext_cdb = NULL;
	*ext_cdb_len = 0;
	*bidi_read_len = 0;
	while (len) {
		u32 n, whole;

		if (len < 4)
			return false;
		n = sl_get_be16(ahs);		/* counts from byte 3 on */
		whole = 3 + n + sl_iscsi_pad(3 + n);
		if (whole > len)
			return false;
		/* Each once; other types are reserved. One more byte than a header has room for, at least. */
		if (ahs[2] == 1 && !*ext_cdb && n > 1) {
			*ext_cdb = ahs + 4;
			*ext_cdb_len = n - 1;
		} else if (ahs[2] == 2 && !read_len_seen && n == 5) {
			*bidi_read_len = sl_get_be32(ahs + 4);
			read_len_seen = true;
		} else {
			return false;
		}
		ahs += whole;
		len -= whole;
	}
	return true;
}

void sl_bhs_init(u8 *bhs, u8 opcode, u8 flags, u32 itt)
{
	memset(bhs, 0, SL_BHS_LEN);
	bhs[0] = opcode;
	bhs[1] = flags;
	sl_put_be32(itt, bhs + 16);
}

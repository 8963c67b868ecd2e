// SPDX-License-Identifier: GPL-2.0-only
/* Requests that are no SCSI commands: task management, NOP, logout; and Reject. */
#include <linux/mm.h>
#include <linux/slab.h>

#include "iscsi.h"

/* --- task management (RFC 7143 11.5) --- */

static const u8 isc_tm_results[] = {
	[SCST_TM_COMPLETE]	= SL_TMF_RSP_COMPLETE,
	[SCST_TM_NO_TASK]	= SL_TMF_RSP_NO_TASK,
	[SCST_TM_NO_LUN]	= SL_TMF_RSP_NO_LUN,
};

void isc_tm_done(struct scst_tm *tm)
{
	struct isc_cmd *cmd = container_of(tm, struct isc_cmd, tm);

	if (tm->result != SCST_TM_DROPPED)
		cmd->result = isc_tm_results[tm->result];
	isc_answer(cmd);
}

/* The function in the core's terms, or how to answer without it. */
static u8 isc_tm_translate(u8 function, enum scst_tm_fn *fn)
{
	switch (function) {
	case SL_TMF_ABORT_TASK:
		*fn = SCST_TM_ABORT_TASK;
		return SL_TMF_RSP_COMPLETE;
	case SL_TMF_ABORT_TASK_SET:
		*fn = SCST_TM_ABORT_TASK_SET;
		return SL_TMF_RSP_COMPLETE;
	case SL_TMF_CLEAR_TASK_SET:
		*fn = SCST_TM_CLEAR_TASK_SET;
		return SL_TMF_RSP_COMPLETE;
	case SL_TMF_CLEAR_ACA:
		*fn = SCST_TM_CLEAR_ACA;
		return SL_TMF_RSP_COMPLETE;
	case SL_TMF_LUN_RESET:
		*fn = SCST_TM_LUN_RESET;
		return SL_TMF_RSP_COMPLETE;
	case SL_TMF_TARGET_WARM_RESET:
	case SL_TMF_TARGET_COLD_RESET:
		*fn = SCST_TM_TARGET_RESET;
		return SL_TMF_RSP_COMPLETE;
	default:
		return SL_TMF_RSP_REJECTED;
	}
}

void isc_tm_begin(struct isc_cmd *cmd)
{
	struct isc_conn *conn = cmd->conn;

	cmd->kind = ISC_CMD_TASK_MGMT;
	cmd->tm.result = SCST_TM_COMPLETE;
	if ((cmd->bhs[1] & 0x7f) == SL_TMF_TASK_REASSIGN) {
		/* Said before the task goes on. */
		isc_tx_queue(conn, &cmd->tx);
		cmd->result = isc_reassign(conn, sl_bhs_ref_tag(cmd->bhs),
					   sl_bhs_data_sn(cmd->bhs));
		return;
	}
	cmd->result = isc_tm_translate(cmd->bhs[1] & 0x7f, &cmd->tm.fn);
	if (cmd->result || (cmd->tm.fn == SCST_TM_ABORT_TASK &&
			    isc_fill_gap(conn, sl_bhs_ref_cmd_sn(cmd->bhs),
					 sl_bhs_cmd_sn(cmd->bhs)))) {
		isc_complete(cmd);
		return;
	}
	cmd->tm.sess = conn->sess->scst;
	cmd->tm.lun_valid = sl_lun_unpack(sl_bhs_lun(cmd->bhs), &cmd->tm.lun);
	cmd->tm.tag = sl_bhs_ref_tag(cmd->bhs);
	scst_tm_start(&cmd->tm);
}

int isc_task_mgmt(struct isc_conn *conn)
{
	struct isc_cmd *cmd;
	int ret = isc_cmd_admit(conn, ISC_CMD_TASK_MGMT, &cmd);

	if (ret <= 0)
		return ret < 0 ? ret : 1;
	if (!isc_tm_wait(cmd))
		isc_tm_begin(cmd);
	return 1;
}

/* --- NOP (RFC 7143 11.18) --- */

static u32 isc_nop_len(const struct isc_conn *conn, u32 len)
{
	return min3(len, conn->max_xmit_dsl, ISC_MAX_PING + 0u);
}

void isc_nop_deliver(struct isc_cmd *cmd)
{
	u32 len;

	cmd->ping = isc_held_data(cmd, &len);
	cmd->ping_len = isc_nop_len(cmd->conn, len);
	cmd->kind = ISC_CMD_NOP;
	isc_complete(cmd);
}

int isc_nop_out(struct isc_conn *conn)
{
	struct isc_cmd *cmd;
	int ret;

	if (sl_bhs_itt(conn->rx_bhs) == SL_ISCSI_NO_TAG) {
		clear_bit(ISC_CONN_PING_SENT, &conn->flags);
		return 1;
	}
	ret = isc_cmd_admit(conn, ISC_CMD_NOP, &cmd);
	if (ret <= 0)
		return ret < 0 ? ret : 1;
	cmd->ping_len = isc_nop_len(conn, conn->rx_len);
	if (cmd->ping_len) {
		cmd->ping = kvmalloc(cmd->ping_len, GFP_KERNEL);
		if (!cmd->ping) {
			isc_cmd_free(cmd);
			return -ENOMEM;
		}
	}
	conn->rx_cmd = cmd;
	return 1;
}

void isc_send_ping(struct isc_conn *conn)
{
	struct isc_cmd *cmd = isc_cmd_alloc(conn, ISC_CMD_PING);

	if (!cmd)
		return;		/* the keepalive asks again */
	set_bit(ISC_CONN_PING_SENT, &conn->flags);
	/* Answers that wait for others do not hold it back. */
	isc_tx_queue(conn, &cmd->tx);
}

/* A unit attention tells as well, but only at the initiator's next command. */
void isc_send_async(struct isc_conn *conn, u8 event)
{
	struct isc_cmd *cmd = isc_cmd_alloc(conn, ISC_CMD_ASYNC);

	if (!cmd)
		return;
	cmd->result = event;
	isc_complete(cmd);
}

/* --- Logout (RFC 7143 11.14) --- */

#define LOGOUT_SESSION		0
#define LOGOUT_CONNECTION	1
#define LOGOUT_RECOVERY		2

#define LOGOUT_RSP_NO_CID	1
#define LOGOUT_RSP_NO_RECOVERY	2

static u8 isc_logout_reason(const struct isc_cmd *cmd)
{
	return cmd->bhs[1] & 0x7f;
}

static u16 isc_logout_cid(const struct isc_cmd *cmd)
{
	return sl_get_be16(cmd->bhs + 20);
}

bool isc_logout_ends(const struct isc_cmd *cmd)
{
	return !cmd->result && (isc_logout_reason(cmd) == LOGOUT_SESSION ||
				isc_logout_cid(cmd) == cmd->conn->cid);
}

void isc_logout_begin(struct isc_cmd *cmd)
{
	struct isc_conn *conn = cmd->conn;
	u16 cid = isc_logout_cid(cmd);

	cmd->kind = ISC_CMD_LOGOUT;
	switch (isc_logout_reason(cmd)) {
	case LOGOUT_SESSION:
		isc_sess_close_others(conn);
		break;
	case LOGOUT_CONNECTION:
		if (cid == conn->cid)
			break;
		/* Once it has ended, none of its commands does anything any more. */
		if (isc_sess_close_cid(cmd, cid, true))
			return;
		cmd->result = LOGOUT_RSP_NO_CID;
		break;
	default:
		if (conn->erl >= 2 && cid != conn->cid && isc_sess_close_cid(cmd, cid, false))
			return;
		cmd->result = conn->erl >= 2 ? LOGOUT_RSP_NO_CID : LOGOUT_RSP_NO_RECOVERY;
		break;
	}
	isc_complete(cmd);
}

bool isc_logout_ok(const u8 *bhs)
{
	return (bhs[1] & 0x7f) <= LOGOUT_RECOVERY;
}

int isc_logout(struct isc_conn *conn)
{
	struct isc_cmd *cmd;
	int ret = isc_cmd_admit(conn, ISC_CMD_LOGOUT, &cmd);

	if (ret <= 0)
		return ret < 0 ? ret : 1;
	isc_logout_begin(cmd);
	return 1;
}

/* --- Reject (RFC 7143 11.17) --- */

void isc_reject(struct isc_conn *conn, enum sl_iscsi_reject reason)
{
	struct isc_cmd *cmd = isc_cmd_alloc(conn, ISC_CMD_REJECT);

	if (!cmd)
		return;		/* no memory: the initiator's own timeout has to do */
	cmd->result = reason;
	/* Before what comes of it, which may be an R2T. */
	isc_tx_queue(conn, &cmd->tx);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Recovery within a connection, from level 1 on (RFC 7143 7.2, 7.7 to 7.9, 11.16):
 * what was sent is kept until the initiator has acknowledged its status, to be sent
 * again when it asks by SNACK; what came damaged or not at all is asked for by R2T.
 * All of it runs in the connection's work; level 0 keeps nothing.
 */
#include <linux/slab.h>

#include "iscsi.h"

#define ISC_MAX_KEPT	512		/* answers that are not acknowledged, per connection */
#define ISC_KEPT_BYTES	(4u << 20)	/* data of reads beside them */

/* --- what was sent --- */

static u32 isc_kept_len(const struct isc_cmd *cmd)
{
	return cmd->kind == ISC_CMD_SCSI && !cmd->data_gone ? cmd->scst.in_len : 0;
}

/* It is about to be sent again, or by somebody else. */
void isc_unkeep(struct isc_cmd *cmd)
{
	if (!cmd->kept)
		return;
	cmd->kept = false;
	list_del_init(&cmd->tx.entry);
	cmd->conn->nr_kept--;
	cmd->conn->kept_bytes -= isc_kept_len(cmd);
}

static void isc_forget_data(struct isc_cmd *cmd)
{
	if (cmd->kind != ISC_CMD_SCSI || cmd->data_gone)
		return;
	cmd->conn->kept_bytes -= isc_kept_len(cmd);
	cmd->data_gone = true;
	scst_cmd_drop_pages(&cmd->scst);
}

static void isc_forget(struct isc_cmd *cmd)
{
	isc_unkeep(cmd);
	isc_cmd_free(cmd);
}

/* By StatSN: one that was sent again comes back to where it was. */
static void isc_keep_sorted(struct isc_cmd *cmd)
{
	struct list_head *kept = &cmd->conn->kept;
	struct isc_cmd *before;

	list_for_each_entry_reverse(before, kept, tx.entry)
		if (sl_sn_before(before->stat_sn, cmd->stat_sn))
			break;
	list_add(&cmd->tx.entry, &before->tx.entry);
}

/* The oldest data goes first: whoever asks for it is told that it can't be had any more. */
static void isc_keep_within_bounds(struct isc_conn *conn)
{
	struct isc_cmd *cmd;

	list_for_each_entry(cmd, &conn->kept, tx.entry) {
		if (conn->kept_bytes <= ISC_KEPT_BYTES)
			return;
		isc_forget_data(cmd);
	}
}

/* @cmd was sent to its end: 0, -ENOBUFS: this initiator acknowledges nothing. */
int isc_keep(struct isc_cmd *cmd)
{
	struct isc_conn *conn = cmd->conn;

	if (!conn->erl || !cmd->numbered || cmd->kind == ISC_CMD_LOGOUT) {
		isc_cmd_free(cmd);
		return 0;
	}
	if (isc_replay_pending(cmd)) {		/* asked for while the rest was on its way */
		isc_tx_queue(conn, &cmd->tx);
		return 0;
	}
	if (cmd->kind == ISC_CMD_SCSI && cmd->scst.state != SCST_CMD_FREE)
		scst_cmd_retire(&cmd->scst);
	cmd->kept = true;
	conn->kept_bytes += isc_kept_len(cmd);
	if (!isc_kept_len(cmd))
		isc_forget_data(cmd);
	isc_keep_sorted(cmd);
	isc_keep_within_bounds(conn);
	if (++conn->nr_kept <= ISC_MAX_KEPT)
		return 0;
	isc_err("session %s: the initiator acknowledges no status, closing",
		conn->sess->scst->sysfs_name);
	return -ENOBUFS;
}

void isc_drop_kept(struct isc_conn *conn)
{
	struct isc_cmd *cmd, *next;

	list_for_each_entry_safe(cmd, next, &conn->kept, tx.entry)
		isc_forget(cmd);
}

/* Every PDU of the initiator says which statuses it has. */
void isc_acknowledge(struct isc_conn *conn, u32 exp_stat_sn)
{
	struct isc_cmd *cmd, *next;

	if (sl_sn_before(conn->stat_sn, exp_stat_sn))
		return;
	list_for_each_entry_safe(cmd, next, &conn->kept, tx.entry) {
		if (!sl_sn_before(cmd->stat_sn, exp_stat_sn))
			return;
		isc_forget(cmd);
	}
}

/* --- SNACK (RFC 7143 11.16) --- */

#define SNACK_DATA	0	/* or R2T */
#define SNACK_STATUS	1
#define SNACK_DATA_ACK	2
#define SNACK_R_DATA	3

static void isc_send_again(struct isc_cmd *cmd)
{
	struct isc_conn *conn = cmd->conn;

	if (!cmd->kept)
		return;			/* it is on its way, and looks by itself */
	isc_unkeep(cmd);
	isc_tx_queue(conn, &cmd->tx);
}

static bool isc_is_read(const struct isc_cmd *cmd, u32 itt)
{
	return cmd->kind == ISC_CMD_SCSI && sl_bhs_itt(cmd->bhs) == itt && cmd->data_sn;
}

/* A read, some data of which was sent: it is being sent, waits to go on, or is kept. */
static struct isc_cmd *isc_find_sent(struct isc_conn *conn, u32 itt)
{
	struct isc_tx *tx;

	if (conn->tx && isc_is_read(conn->tx->cmd, itt))
		return conn->tx->cmd;
	list_for_each_entry(tx, &conn->tx_queue, entry)
		if (!tx->r2t && isc_is_read(tx->cmd, itt))
			return tx->cmd;
	/* The newest: its tag may have been used before. */
	list_for_each_entry_reverse(tx, &conn->kept, entry)
		if (isc_is_read(tx->cmd, itt))
			return tx->cmd;
	return NULL;
}

static enum sl_iscsi_reject isc_snack_data(struct isc_cmd *cmd, u32 begin, u32 run)
{
	u32 end = run ? begin + run : cmd->data_sn;

	if (begin < cmd->data_acked || end < begin || end > cmd->data_sn)
		return SL_REJECT_PROTOCOL;
	/* In other pieces than before they would be no replicas. */
	if (cmd->data_gone || cmd->dsl != cmd->conn->max_xmit_dsl)
		return SL_REJECT_SNACK;
	if (begin == end)
		return SL_REJECT_NONE;
	if (isc_replay_pending(cmd)) {
		begin = min(begin, cmd->replay_sn);
		end = max(end, cmd->replay_end);
	}
	cmd->replay_sn = begin;
	cmd->replay_end = end;
	isc_send_again(cmd);
	return SL_REJECT_NONE;
}

/* All data once more, in pieces of the size that is agreed on now; then the status. */
static enum sl_iscsi_reject isc_snack_r_data(struct isc_conn *conn, u32 itt, u32 tag)
{
	struct isc_cmd *cmd = isc_find_sent(conn, itt);

	if (!cmd || cmd->data_acked || tag == 0 || tag == SL_ISCSI_NO_TAG)
		return SL_REJECT_PROTOCOL;
	if (cmd->data_gone)
		return SL_REJECT_SNACK;
	cmd->snack_tag = tag;
	cmd->restart = true;
	isc_send_again(cmd);
	return SL_REJECT_NONE;
}

static enum sl_iscsi_reject isc_snack_r2t(struct isc_cmd *cmd, u32 begin, u32 run)
{
	u32 end = run ? begin + run : cmd->write.next_r2t_sn, found = 0;
	struct isc_burst *b;

	if (end < begin || end > cmd->write.next_r2t_sn)
		return SL_REJECT_PROTOCOL;
	for (b = cmd->bursts; b < cmd->bursts + ISC_R2TS; b++) {
		if (!b->active || b->r2t_sn < begin || b->r2t_sn >= end)
			continue;
		found++;
		if (list_empty(&b->tx.entry))
			isc_tx_queue(cmd->conn, &b->tx);
	}
	/* One whose data has come was received, whatever is said now. */
	return found == end - begin ? SL_REJECT_NONE : SL_REJECT_PROTOCOL;
}

static enum sl_iscsi_reject isc_snack_either(struct isc_conn *conn, u32 itt, u32 begin, u32 run)
{
	struct isc_cmd *cmd = isc_find_waiting(conn, itt);

	if (cmd && cmd->kind == ISC_CMD_SCSI)
		return isc_snack_r2t(cmd, begin, run);
	cmd = isc_find_sent(conn, itt);
	return cmd ? isc_snack_data(cmd, begin, run) : SL_REJECT_PROTOCOL;
}

static enum sl_iscsi_reject isc_snack_status(struct isc_conn *conn, u32 begin, u32 run)
{
	u32 end = run ? begin + run : conn->stat_sn;
	struct isc_cmd *cmd, *next;
	u32 found = 0;

	if (sl_sn_before(end, begin) || sl_sn_before(conn->stat_sn, end))
		return SL_REJECT_PROTOCOL;
	list_for_each_entry_safe(cmd, next, &conn->kept, tx.entry) {
		if (sl_sn_before(cmd->stat_sn, begin) || !sl_sn_before(cmd->stat_sn, end))
			continue;
		found++;
		isc_send_again(cmd);
	}
	return found || begin == end ? SL_REJECT_NONE : SL_REJECT_PROTOCOL;
}

/* Data up to @end has come; when that is all, it need not be kept. */
static void isc_data_ack(struct isc_conn *conn, u32 tag, u32 end)
{
	struct isc_cmd *cmd;

	list_for_each_entry(cmd, &conn->kept, tx.entry) {
		if (cmd->kind != ISC_CMD_SCSI || cmd->ack_tag != tag || end > cmd->data_sn ||
		    end < cmd->data_acked)
			continue;
		cmd->data_acked = end;
		if (end == cmd->data_sn)
			isc_forget_data(cmd);
		return;
	}
}

void isc_snack(struct isc_conn *conn)
{
	const u8 *b = conn->rx_bhs;
	u32 itt = sl_bhs_itt(b), begin = sl_bhs_begin_run(b), run = sl_bhs_run_length(b);

	switch (b[1] & 0x0f) {
	case SNACK_DATA:
		conn->rx_reject = isc_snack_either(conn, itt, begin, run);
		break;
	case SNACK_STATUS:
		conn->rx_reject = isc_snack_status(conn, begin, run);
		break;
	case SNACK_DATA_ACK:
		isc_data_ack(conn, sl_bhs_ttt(b), begin);
		break;
	case SNACK_R_DATA:
		conn->rx_reject = isc_snack_r_data(conn, itt, sl_bhs_ttt(b));
		break;
	default:
		conn->rx_reject = SL_REJECT_PROTOCOL;
		break;
	}
}

/* --- what has not come --- */

/* The burst goes no further: what is missing of it is asked for once more. */
void isc_recover_burst(struct isc_cmd *cmd, struct isc_burst *burst)
{
	struct sl_r2t rest = {
		.offset = burst->seq.offset,
		.len = burst->seq.end - burst->seq.offset,
	};

	burst->active = false;
	burst->broken = false;
	cmd->active_bursts--;
	if (cmd->kind == ISC_CMD_HELD)
		return;				/* its turn will ask for the rest */
	if (burst == &cmd->unsolicited) {
		cmd->write.solicited = min(burst->seq.offset, cmd->write.total);
		return;
	}
	rest.sn = cmd->write.next_r2t_sn++;
	isc_send_r2t(cmd, &rest);
}

static void isc_recover_cmd(struct isc_cmd *cmd)
{
	struct isc_burst *b;

	cmd->asked_since = jiffies;
	for (b = cmd->bursts; b < cmd->bursts + ISC_R2TS; b++)
		if (b->active && list_empty(&b->tx.entry)) {
			isc_recover_burst(cmd, b);
			return;
		}
	if (!cmd->unsolicited.active)
		return;
	isc_recover_burst(cmd, &cmd->unsolicited);
	if (cmd->kind == ISC_CMD_SCSI)
		isc_write_continue(cmd);
	else
		set_bit(ISC_CONN_TURN, &cmd->conn->flags);
}

/* The last PDU of a burst may have been lost: nothing else would ever show that. */
void isc_recover_quiet(struct isc_conn *conn, unsigned long limit)
{
	struct hlist_node *next;
	struct isc_cmd *cmd;
	int bucket;

	if (!conn->erl)
		return;
	hash_for_each_safe(conn->waiting, bucket, next, cmd, waiting)
		if (cmd != conn->rx_cmd && time_before(cmd->waits_since, limit) &&
		    time_before(cmd->asked_since, limit))
			isc_recover_cmd(cmd);
}

// SPDX-License-Identifier: GPL-2.0-only
/* Sending: the state machine that turns answers into PDUs. */
#include <linux/slab.h>

#include "iscsi.h"

bool isc_tx_idle(const struct isc_conn *conn)
{
	return conn->tx_step == ISC_TX_IDLE && !conn->tx && list_empty(&conn->tx_queue);
}

void isc_tx_queue(struct isc_conn *conn, struct isc_tx *tx)
{
	if (isc_tx_idle(conn))
		conn->last_tx = jiffies;
	list_add_tail(&tx->entry, &conn->tx_queue);
}

/* Whoever sent it does not wait for an answer, or shall not get one. */
static bool isc_unanswered(struct isc_cmd *cmd)
{
	if (cmd->kind == ISC_CMD_TASK_MGMT)
		return cmd->tm.result == SCST_TM_DROPPED;
	return cmd->kind == ISC_CMD_SCSI && !scst_cmd_answer(&cmd->scst);
}

void isc_tx_answer(struct isc_conn *conn, struct isc_cmd *cmd)
{
	if (isc_unanswered(cmd)) {
		isc_cmd_free(cmd);
		return;
	}
	isc_task_enter(cmd);
	isc_tx_queue(conn, &cmd->tx);
}

/* Commands that were completed since, in the order of their completion. */
void isc_tx_collect(struct isc_conn *conn)
{
	struct llist_node *list = llist_reverse_order(llist_del_all(&conn->done));
	struct isc_cmd *cmd, *next;

	llist_for_each_entry_safe(cmd, next, list, done)
		isc_tx_answer(conn, cmd);
}

/* --- building PDUs --- */

/* Where a data segment that is sent along with the head begins. */
static u8 *isc_tx_small(struct isc_conn *conn)
{
	return conn->tx_head + SL_BHS_LEN + (conn->header_digest ? ISC_DIGEST_LEN : 0);
}

/*
 * Ends the head: BHS, its digest, and a data segment of @len bytes that stands
 * behind it in conn->tx_head already (at isc_tx_small()).
 */
static void isc_tx_seal(struct isc_conn *conn, u32 len)
{
	u8 *p = isc_tx_small(conn);
	u32 pad = sl_iscsi_pad(len);

	if (conn->header_digest)
		sl_put_le32(~scst_crc32c(~0u, conn->tx_head, SL_BHS_LEN),
			    conn->tx_head + SL_BHS_LEN);
	if (len) {
		memset(p + len, 0, pad);
		if (conn->data_digest)
			sl_put_le32(~scst_crc32c(~0u, p, len + pad), p + len + pad);
		p += len + pad + (conn->data_digest ? ISC_DIGEST_LEN : 0);
	}
	conn->tx_head_len = p - conn->tx_head;
	conn->tx_len = 0;
	conn->tx_trailer_len = 0;
}

/* A data segment that comes from pages or from a ping's buffer. */
static void isc_tx_attach(struct isc_conn *conn, u32 offset, u32 len)
{
	isc_tx_seal(conn, 0);
	conn->tx_offset = offset;
	conn->tx_len = len;
}

static void isc_tx_sn(struct isc_conn *conn, u32 stat_sn)
{
	const struct isc_sess *sess = conn->sess;

	sl_bhs_set_sn(conn->tx_head, stat_sn, READ_ONCE(sess->exp_cmd_sn),
		      READ_ONCE(sess->max_cmd_sn));
}

/* It carries status: one that is sent again has the StatSN that it had before. */
static void isc_tx_status(struct isc_conn *conn, struct isc_cmd *cmd)
{
	if (!cmd->numbered)
		cmd->stat_sn = conn->stat_sn++;
	cmd->numbered = true;
	isc_tx_sn(conn, cmd->stat_sn);
}

static u8 isc_residual(const struct scst_cmd *cmd, u8 *bhs)
{
	if (!cmd->residual)
		return 0;
	sl_put_be32(abs(cmd->residual), bhs + 44);
	return cmd->residual > 0 ? SL_ISCSI_RESIDUAL_UNDER : SL_ISCSI_RESIDUAL_OVER;
}

/* The end of a long read: its data is kept no longer than until the initiator says so. */
static void isc_ask_for_ack(struct isc_conn *conn, struct isc_cmd *cmd)
{
	if (cmd->ack_tag == SL_ISCSI_NO_TAG)
		cmd->ack_tag = conn->next_ttt++ & 0x7fffffff;
	conn->tx_head[1] |= SL_ISCSI_DATA_ACK;
	memcpy(conn->tx_head + 8, sl_bhs_lun(cmd->bhs), 8);
	sl_bhs_set_ttt(conn->tx_head, cmd->ack_tag);
}

static void isc_build_data(struct isc_conn *conn, struct isc_cmd *cmd,
			   const struct sl_data_in *d, u32 data_sn)
{
	u8 *b = conn->tx_head;

	sl_bhs_init(b, SL_ISCSI_DATA_IN, d->final ? SL_ISCSI_FINAL : 0, sl_bhs_itt(cmd->bhs));
	sl_bhs_set_data_len(b, d->len);
	sl_bhs_set_ttt(b, SL_ISCSI_NO_TAG);
	if (conn->erl && d->last && cmd->scst.in_len >= ISC_ACK_BYTES)
		isc_ask_for_ack(conn, cmd);
	sl_put_be32(data_sn, b + 36);
	sl_put_be32(d->offset, b + 40);
	isc_tx_sn(conn, 0);			/* StatSN is reserved without status */
}

static void isc_build_data_in(struct isc_conn *conn, struct isc_cmd *cmd)
{
	struct sl_data_in d = sl_data_in_next(cmd->data_sent, cmd->scst.in_len,
					      conn->max_xmit_dsl, conn->max_burst);
	u8 *b = conn->tx_head;

	/* Once the limit has changed, no DataSN tells where its data stands. */
	if (!cmd->data_sn)
		cmd->dsl = conn->max_xmit_dsl;
	else if (cmd->dsl != conn->max_xmit_dsl)
		cmd->dsl = 0;
	isc_build_data(conn, cmd, &d, cmd->data_sn++);
	cmd->data_sent += d.len;
	/* What may be asked for apart, data and status, is sent apart. */
	conn->tx_last = d.last && cmd->scst.status == SCST_GOOD && !conn->erl;
	if (conn->tx_last) {
		isc_cmd_leave(cmd);
		b[1] |= SL_ISCSI_DATA_STATUS | isc_residual(&cmd->scst, b);
		b[3] = cmd->scst.status;
		isc_tx_status(conn, cmd);
	}
	isc_tx_attach(conn, d.offset, d.len);
}

static void isc_build_replay(struct isc_conn *conn, struct isc_cmd *cmd)
{
	struct sl_data_in d = sl_data_in_at(cmd->replay_sn, cmd->scst.in_len, cmd->dsl,
					    conn->max_burst);

	isc_build_data(conn, cmd, &d, cmd->replay_sn++);
	isc_tx_attach(conn, d.offset, d.len);
	conn->tx_last = cmd->numbered && !isc_replay_pending(cmd);
}

static void isc_build_scsi_rsp(struct isc_conn *conn, struct isc_cmd *cmd)
{
	struct scst_cmd *sc = &cmd->scst;
	u8 *b = conn->tx_head;
	u32 len = 0;

	isc_cmd_leave(cmd);
	sl_bhs_init(b, SL_ISCSI_SCSI_RSP, SL_ISCSI_FINAL, sl_bhs_itt(cmd->bhs));
	b[1] |= isc_residual(sc, b);
	b[3] = sc->status;
	isc_tx_status(conn, cmd);
	sl_put_be32(cmd->snack_tag, b + 20);
	sl_put_be32(cmd->data_sn + cmd->write.next_r2t_sn, b + 36);
	if (sc->sense_len) {
		len = 2 + sc->sense_len;
		sl_bhs_set_data_len(b, len);
		sl_put_be16(sc->sense_len, isc_tx_small(conn));
		memcpy(isc_tx_small(conn) + 2, sc->sense, sc->sense_len);
	}
	isc_tx_seal(conn, len);
	conn->tx_last = true;
}

static void isc_build_scsi(struct isc_conn *conn, struct isc_cmd *cmd)
{
	if (cmd->restart) {
		cmd->restart = false;
		cmd->data_sent = 0;
		cmd->data_sn = 0;
		cmd->replay_sn = 0;
		cmd->replay_end = 0;
	}
	if (cmd->replay_sn != cmd->replay_end)
		isc_build_replay(conn, cmd);
	else if (cmd->data_sent < cmd->scst.in_len)
		isc_build_data_in(conn, cmd);
	else
		isc_build_scsi_rsp(conn, cmd);
}

static void isc_build_tm_rsp(struct isc_conn *conn, struct isc_cmd *cmd)
{
	isc_cmd_leave(cmd);
	sl_bhs_init(conn->tx_head, SL_ISCSI_TASK_MGMT_RSP, SL_ISCSI_FINAL, sl_bhs_itt(cmd->bhs));
	conn->tx_head[2] = cmd->result;
	isc_tx_status(conn, cmd);
	isc_tx_seal(conn, 0);
}

static void isc_build_nop_in(struct isc_conn *conn, struct isc_cmd *cmd)
{
	u8 *b = conn->tx_head;

	isc_cmd_leave(cmd);
	sl_bhs_init(b, SL_ISCSI_NOP_IN, SL_ISCSI_FINAL, sl_bhs_itt(cmd->bhs));
	memcpy(b + 8, sl_bhs_lun(cmd->bhs), 8);
	sl_bhs_set_ttt(b, SL_ISCSI_NO_TAG);
	sl_bhs_set_data_len(b, cmd->ping_len);
	isc_tx_status(conn, cmd);
	isc_tx_attach(conn, 0, cmd->ping_len);
}

/* No answer to anything: StatSN is shown, not used (RFC 7143 11.19.4). */
static void isc_build_ping(struct isc_conn *conn, struct isc_cmd *cmd)
{
	sl_bhs_init(conn->tx_head, SL_ISCSI_NOP_IN, SL_ISCSI_FINAL, SL_ISCSI_NO_TAG);
	sl_bhs_set_ttt(conn->tx_head, conn->next_ttt++ & 0x7fffffff);
	isc_tx_sn(conn, conn->stat_sn);
	isc_tx_seal(conn, 0);
}

static void isc_build_logout_rsp(struct isc_conn *conn, struct isc_cmd *cmd)
{
	isc_cmd_leave(cmd);
	sl_bhs_init(conn->tx_head, SL_ISCSI_LOGOUT_RSP, SL_ISCSI_FINAL, sl_bhs_itt(cmd->bhs));
	conn->tx_head[2] = cmd->result;
	if (conn->erl >= 2) {
		sl_put_be16(conn->sess->params[ISCSI_SCST_P_TIME2WAIT], conn->tx_head + 40);
		sl_put_be16(conn->sess->params[ISCSI_SCST_P_TIME2RETAIN], conn->tx_head + 42);
	}
	isc_tx_status(conn, cmd);
	isc_tx_seal(conn, 0);
}

static void isc_build_text_rsp(struct isc_conn *conn, struct isc_cmd *cmd)
{
	bool final = sl_bhs_final(cmd->bhs);
	u8 *b = conn->tx_head;

	isc_cmd_leave(cmd);
	sl_bhs_init(b, SL_ISCSI_TEXT_RSP, final ? SL_ISCSI_FINAL : 0, sl_bhs_itt(cmd->bhs));
	memcpy(b + 8, sl_bhs_lun(cmd->bhs), 8);
	sl_bhs_set_ttt(b, final ? SL_ISCSI_NO_TAG : conn->next_ttt++ & 0x7fffffff);
	sl_bhs_set_data_len(b, cmd->ping_len);
	isc_tx_status(conn, cmd);
	isc_tx_attach(conn, 0, cmd->ping_len);
}

/* The sense data of a SCSI event: that of the unit attention. */
static u32 isc_async_sense(u8 *data)
{
	u32 len = sl_sense_build(data + 2, SL_SENSE_LEN, false, SL_UA_LUNS_CHANGED, NULL);

	sl_put_be16(len, data);
	return 2 + len;
}

static void isc_build_async(struct isc_conn *conn, struct isc_cmd *cmd)
{
	u8 *b = conn->tx_head;
	u32 len = 0;

	sl_bhs_init(b, SL_ISCSI_ASYNC, SL_ISCSI_FINAL, SL_ISCSI_NO_TAG);
	b[36] = cmd->result;
	/* Parameter3: how long the initiator has for it. */
	if (cmd->result == SL_ASYNC_LOGOUT || cmd->result == SL_ASYNC_NEGOTIATE)
		sl_put_be16(ISC_LOGOUT_TIME, b + 42);
	else
		len = isc_async_sense(isc_tx_small(conn));
	sl_bhs_set_data_len(b, len);
	isc_tx_status(conn, cmd);
	isc_tx_seal(conn, len);
}

static void isc_build_reject(struct isc_conn *conn, struct isc_cmd *cmd)
{
	u8 *b = conn->tx_head;

	sl_bhs_init(b, SL_ISCSI_REJECT, SL_ISCSI_FINAL, SL_ISCSI_NO_TAG);
	b[2] = cmd->result;
	sl_bhs_set_data_len(b, SL_BHS_LEN);
	isc_tx_status(conn, cmd);
	memcpy(isc_tx_small(conn), cmd->bhs, SL_BHS_LEN);
	isc_tx_seal(conn, SL_BHS_LEN);
}

static void (*const isc_builders[])(struct isc_conn *conn, struct isc_cmd *cmd) = {
	[ISC_CMD_SCSI]		= isc_build_scsi,
	[ISC_CMD_TASK_MGMT]	= isc_build_tm_rsp,
	[ISC_CMD_NOP]		= isc_build_nop_in,
	[ISC_CMD_PING]		= isc_build_ping,
	[ISC_CMD_LOGOUT]	= isc_build_logout_rsp,
	[ISC_CMD_TEXT]		= isc_build_text_rsp,
	[ISC_CMD_REJECT]	= isc_build_reject,
	[ISC_CMD_ASYNC]		= isc_build_async,
};

static void isc_build_r2t(struct isc_conn *conn, struct isc_tx *tx)
{
	const struct isc_burst *r2t = tx->r2t;
	u8 *b = conn->tx_head;

	sl_bhs_init(b, SL_ISCSI_R2T, SL_ISCSI_FINAL, sl_bhs_itt(tx->cmd->bhs));
	memcpy(b + 8, sl_bhs_lun(tx->cmd->bhs), 8);
	sl_bhs_set_ttt(b, r2t->ttt);
	isc_tx_sn(conn, conn->stat_sn);
	sl_put_be32(r2t->r2t_sn, b + 36);
	sl_put_be32(r2t->seq.end - r2t->len, b + 40);
	sl_put_be32(r2t->len, b + 44);
	isc_tx_seal(conn, 0);
}

/* --- sending them --- */

static void isc_tx_go(struct isc_conn *conn, enum isc_tx_step step)
{
	conn->tx_step = step;
	conn->tx_done = 0;
}

static int isc_tx_next(struct isc_conn *conn)
{
	struct isc_tx *tx = conn->tx;

	if (!tx) {
		tx = list_first_entry_or_null(&conn->tx_queue, struct isc_tx, entry);
		if (!tx)
			return 0;
		list_del_init(&tx->entry);
	}
	conn->tx_last = true;
	if (tx->r2t) {
		/* All of it is in the head now: the command may be aborted meanwhile. */
		isc_build_r2t(conn, tx);
		conn->tx = NULL;
	} else {
		conn->tx = tx;
		isc_builders[tx->cmd->kind](conn, tx->cmd);
	}
	isc_tx_go(conn, ISC_TX_HEAD);
	return 1;
}

static int isc_tx_pdu_done(struct isc_conn *conn)
{
	struct isc_tx *tx = conn->tx;

	isc_tx_go(conn, ISC_TX_IDLE);
	if (!conn->tx_last)
		return 1;
	conn->tx = NULL;
	if (!tx)
		return 1;
	if (tx->cmd->kind == ISC_CMD_LOGOUT && isc_logout_ends(tx->cmd))
		set_bit(ISC_CONN_LOGGED_OUT, &conn->flags);
	return isc_keep(tx->cmd) ? : 1;
}

/* More follows at once: TCP may wait for it and send full segments. */
static int isc_tx_flags(const struct isc_conn *conn, bool pdu_continues)
{
	bool more = pdu_continues || !conn->tx_last || !list_empty(&conn->tx_queue);

	return MSG_DONTWAIT | MSG_NOSIGNAL | (more ? MSG_MORE : 0);
}

static int isc_tx_account(struct isc_conn *conn, int n)
{
	if (n == -EAGAIN)
		return 0;
	if (n <= 0)
		return n ? n : -EPIPE;
	conn->tx_done += n;
	conn->last_tx = jiffies;
	return 1;
}

static int isc_tx_bytes(struct isc_conn *conn, const u8 *buf, u32 len, bool continues)
{
	int ret = 1;

	while (conn->tx_done < len && ret > 0) {
		struct msghdr msg = { .msg_flags = isc_tx_flags(conn, continues) };
		struct kvec kvec = {
			.iov_base = (void *)(buf + conn->tx_done),
			.iov_len = len - conn->tx_done,
		};

		ret = isc_tx_account(conn, kernel_sendmsg(conn->sock, &msg, &kvec, 1,
							  kvec.iov_len));
	}
	return ret;
}

static int isc_tx_head(struct isc_conn *conn)
{
	int ret = isc_tx_bytes(conn, conn->tx_head, conn->tx_head_len, conn->tx_len);

	if (ret <= 0)
		return ret;
	if (!conn->tx_len)
		return isc_tx_pdu_done(conn);
	isc_tx_go(conn, ISC_TX_PAGES);
	return 1;
}

static u32 isc_tx_data_crc(const struct isc_conn *conn, const struct isc_cmd *cmd)
{
	if (cmd->kind != ISC_CMD_SCSI)
		return scst_crc32c(~0u, cmd->ping + conn->tx_offset, conn->tx_len);
	return isc_crc_pages(~0u, cmd->scst.bvec, conn->tx_offset, conn->tx_len);
}

static void isc_tx_make_trailer(struct isc_conn *conn)
{
	u32 pad = sl_iscsi_pad(conn->tx_len);

	memset(conn->tx_trailer, 0, sizeof(conn->tx_trailer));
	conn->tx_trailer_len = pad;
	if (conn->data_digest) {
		u32 crc = isc_tx_data_crc(conn, conn->tx->cmd);

		sl_put_le32(~scst_crc32c(crc, conn->tx_trailer, pad),
				   conn->tx_trailer + pad);
		conn->tx_trailer_len += ISC_DIGEST_LEN;
	}
}

static int isc_tx_piece(struct isc_conn *conn, struct isc_cmd *cmd, bool continues)
{
	u32 offset = conn->tx_offset + conn->tx_done, len = conn->tx_len - conn->tx_done;
	int flags = isc_tx_flags(conn, continues);

	if (cmd->kind != ISC_CMD_SCSI) {
		struct msghdr msg = { .msg_flags = flags };
		struct kvec kvec = { .iov_base = cmd->ping + offset, .iov_len = len };

		return kernel_sendmsg(conn->sock, &msg, &kvec, 1, len);
	}
	return scst_send_pages(conn->sock, cmd->scst.bvec, cmd->scst.nr_bvec, offset, len, flags);
}

static int isc_tx_pages(struct isc_conn *conn)
{
	int ret = 1;

	if (!conn->tx_done)
		isc_tx_make_trailer(conn);
	while (conn->tx_done < conn->tx_len && ret > 0)
		ret = isc_tx_account(conn, isc_tx_piece(conn, conn->tx->cmd,
							conn->tx_trailer_len));
	if (ret <= 0)
		return ret;
	if (!conn->tx_trailer_len)
		return isc_tx_pdu_done(conn);
	isc_tx_go(conn, ISC_TX_TRAILER);
	return 1;
}

static int isc_tx_trailer(struct isc_conn *conn)
{
	int ret = isc_tx_bytes(conn, conn->tx_trailer, conn->tx_trailer_len, false);

	return ret > 0 ? isc_tx_pdu_done(conn) : ret;
}

static int (*const isc_tx_steps[])(struct isc_conn *conn) = {
	[ISC_TX_IDLE]		= isc_tx_next,
	[ISC_TX_HEAD]		= isc_tx_head,
	[ISC_TX_PAGES]		= isc_tx_pages,
	[ISC_TX_TRAILER]	= isc_tx_trailer,
};

int isc_tx(struct isc_conn *conn)
{
	int ret;

	do {
		ret = isc_tx_steps[conn->tx_step](conn);
	} while (ret > 0);
	return ret;
}

/* The connection is closing: answers have nobody to go to. */
void isc_tx_drop(struct isc_conn *conn)
{
	struct isc_tx *tx, *next;

	if (conn->tx) {
		tx = conn->tx;
		conn->tx = NULL;
		conn->tx_step = ISC_TX_IDLE;
		isc_cmd_free(tx->cmd);
	}
	list_for_each_entry_safe(tx, next, &conn->tx_queue, entry) {
		list_del_init(&tx->entry);
		if (!tx->r2t)
			isc_cmd_free(tx->cmd);
	}
}

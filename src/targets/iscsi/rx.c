// SPDX-License-Identifier: GPL-2.0-only
/* Receiving: the state machine that turns a byte stream into requests. */
#include <linux/slab.h>

#include "iscsi.h"

#define ISC_SINK	512
#define ISC_MAX_SPOILED	2	/* headers in a row before the stream counts as lost */

/* 1 if @n more bytes came, 0 has to wait, -errno. */
static int isc_rx_account(struct isc_conn *conn, int n)
{
	if (n == -EAGAIN)
		return 0;
	if (n == 0)
		return -ECONNRESET;
	if (n < 0)
		return n;
	conn->rx_done += n;
	WRITE_ONCE(conn->last_rx, jiffies);
	return 1;
}

u32 isc_rx_lowat(const struct sock *sk, u32 len)
{
	return min_t(u32, len, READ_ONCE(sk->sk_rcvbuf) / 4);
}

bool isc_rx_at_header(const struct isc_conn *conn)
{
	return conn->rx_step == ISC_RX_BHS && !conn->rx_done;
}

/*
 * How much has to come before the work shall run again. Always set before
 * receiving is tried: what comes after a vain attempt then counts.
 */
static void isc_rx_want(struct isc_conn *conn, u32 len)
{
	struct sock *sk = conn->sock->sk;
	int want = isc_rx_lowat(sk, len);

	if (sk->sk_rcvlowat != want)
		WRITE_ONCE(sk->sk_rcvlowat, want);
}

/* Receives until conn->rx_done is @len; 1 it is. */
static int isc_rx_bytes(struct isc_conn *conn, void *buf, u32 len)
{
	int ret = 1;

	while (conn->rx_done < len && ret > 0) {
		struct kvec kvec = {
			.iov_base = (u8 *)buf + conn->rx_done,
			.iov_len = len - conn->rx_done,
		};
		struct msghdr msg = { .msg_flags = MSG_DONTWAIT };

		isc_rx_want(conn, kvec.iov_len);
		ret = isc_rx_account(conn, kernel_recvmsg(conn->sock, &msg, &kvec, 1, kvec.iov_len,
							  MSG_DONTWAIT));
	}
	return ret;
}

static void isc_rx_go(struct isc_conn *conn, enum isc_rx_step step)
{
	conn->rx_step = step;
	conn->rx_done = 0;
}

/* --- header --- */

/* What no CDB needs may come, but that is no matter of speed. */
static u8 *isc_rx_room_for_ahs(struct isc_conn *conn, u32 len)
{
	return len <= sizeof(conn->rx_ahs_room) ? conn->rx_ahs_room : kmalloc(len, GFP_KERNEL);
}

static void isc_rx_drop_ahs(struct isc_conn *conn)
{
	if (conn->rx_ahs != conn->rx_ahs_room)
		kfree(conn->rx_ahs);
	conn->rx_ahs = NULL;
}

/* What goes on in the AHS of a CDB of more than 16 bytes; false: it is not well formed. */
static bool isc_ahs_ok(const struct isc_conn *conn, const u8 **cdb_rest, u32 *rest_len)
{
	u32 len = sl_bhs_ahs_len(conn->rx_bhs), bidi_len;

	*rest_len = 0;
	return !len || sl_iscsi_check_ahs(conn->rx_ahs, len, cdb_rest, rest_len, &bidi_len);
}

static int isc_request(struct isc_conn *conn, const u8 *cdb_rest, u32 rest_len)
{
	switch (sl_bhs_opcode(conn->rx_bhs)) {
	case SL_ISCSI_SCSI_CMD:
		return isc_scsi_cmd(conn, cdb_rest, rest_len);
	case SL_ISCSI_DATA_OUT:
		isc_data_out(conn);
		return 1;
	case SL_ISCSI_NOP_OUT:
		return isc_nop_out(conn);
	case SL_ISCSI_TASK_MGMT:
		return isc_task_mgmt(conn);
	case SL_ISCSI_LOGOUT:
		return isc_logout(conn);
	case SL_ISCSI_TEXT:
		return isc_text(conn);
	case SL_ISCSI_SNACK:
		isc_snack(conn);
		return 1;
	default:
		conn->rx_reject = SL_REJECT_NOT_SUPPORTED;
		return 1;
	}
}

/* 1, -EAGAIN: not before there is room for it, -errno */
static int isc_dispatch(struct isc_conn *conn)
{
	const u8 *cdb_rest = NULL;
	u32 rest_len;
	int ret;

	switch (sl_iscsi_check(conn->rx_bhs, &conn->limits, &conn->rx_reject)) {
	case SL_PDU_FATAL:
		isc_err("session %s: data segment of %u bytes is over the limit",
			conn->sess->scst->sysfs_name, sl_bhs_data_len(conn->rx_bhs));
		return -EPROTO;
	case SL_PDU_REJECT:
		return 1;
	case SL_PDU_OK:
		break;
	}
	if (!isc_ahs_ok(conn, &cdb_rest, &rest_len)) {
		conn->rx_reject = SL_REJECT_PROTOCOL;
		return 1;
	}
	if (sl_bhs_opcode(conn->rx_bhs) == SL_ISCSI_TEXT && !isc_text_fits(conn->rx_bhs)) {
		conn->rx_reject = SL_REJECT_OUT_OF_RESOURCES;
		return 1;
	}
	if (sl_bhs_opcode(conn->rx_bhs) == SL_ISCSI_LOGOUT && !isc_logout_ok(conn->rx_bhs)) {
		conn->rx_reject = SL_REJECT_PROTOCOL;
		return 1;
	}
	switch (isc_sess_turn(conn)) {
	case ISC_TURN_PAST:
		return 1;
	case ISC_TURN_LATER:
		return isc_hold(conn, cdb_rest, rest_len);
	case ISC_TURN_NOW:
		break;
	}
	ret = isc_request(conn, cdb_rest, rest_len);
	isc_sess_delivered(conn);
	return ret;
}

static u32 isc_rx_trailer_len(const struct isc_conn *conn)
{
	if (!conn->rx_len)
		return 0;
	return sl_iscsi_pad(conn->rx_len) + (conn->data_digest ? ISC_DIGEST_LEN : 0);
}

/* The data segment of a held request: with a wrong digest it counts as never sent. */
static void isc_held_received(struct isc_cmd *cmd, bool digest_ok)
{
	if (digest_ok) {
		isc_held_ready(cmd);
		return;
	}
	isc_stop_waiting(cmd);
	isc_held_free(cmd);
}

static void isc_pdu_done(struct isc_conn *conn, bool digest_ok)
{
	struct isc_burst *burst = conn->rx_burst;
	struct isc_cmd *cmd = conn->rx_cmd;

	if (!digest_ok && !conn->rx_reject && !conn->rx_discard)
		conn->rx_reject = SL_REJECT_DATA_DIGEST;
	if (conn->rx_reject)
		isc_reject(conn, conn->rx_reject);
	conn->rx_cmd = NULL;
	conn->rx_burst = NULL;
	conn->rx_reject = SL_REJECT_NONE;
	conn->rx_discard = false;
	isc_rx_drop_ahs(conn);
	isc_rx_go(conn, ISC_RX_BHS);
	if (!cmd)
		return;
	if (burst)
		isc_data_out_done(cmd, burst, digest_ok);
	else if (cmd->kind == ISC_CMD_HELD)
		isc_held_received(cmd, digest_ok);
	else if (cmd->kind == ISC_CMD_SCSI)
		isc_scsi_cmd_data(cmd, digest_ok);
	else if (!digest_ok)
		isc_cmd_free(cmd);
	else if (cmd->kind == ISC_CMD_TEXT)
		isc_text_done(cmd);
	else
		isc_complete(cmd);
}

static void isc_data_segment(struct isc_conn *conn)
{
	if (conn->rx_len)
		isc_rx_go(conn, ISC_RX_DATA);
	else
		isc_pdu_done(conn, true);
}

/*
 * A header whose digest is wrong (RFC 7143 7.7): from level 1 on the PDU counts as
 * never sent. Where it ends is believed; if that was wrong, the next headers are too.
 */
static int isc_header_spoiled(struct isc_conn *conn)
{
	u32 len = sl_bhs_data_len(conn->rx_bhs);

	if (!conn->erl || len > conn->limits.max_recv_dsl || ++conn->spoiled > ISC_MAX_SPOILED) {
		isc_err("session %s: header digest error", conn->sess->scst->sysfs_name);
		return -EBADMSG;
	}
	conn->rx_discard = true;
	conn->rx_len = len;
	isc_data_segment(conn);
	return 1;
}

static void isc_note_acked(struct isc_conn *conn, u32 exp_stat_sn)
{
	if (!sl_sn_before(conn->stat_sn, exp_stat_sn) && sl_sn_before(conn->acked_sn, exp_stat_sn))
		conn->acked_sn = exp_stat_sn;
}

static int isc_header_done(struct isc_conn *conn)
{
	int ret;

	conn->rx_len = sl_bhs_data_len(conn->rx_bhs);
	conn->rx_crc = ~0u;
	conn->rx_offset = 0;
	conn->spoiled = 0;
	isc_note_acked(conn, sl_bhs_exp_stat_sn(conn->rx_bhs));
	if (conn->erl)
		isc_acknowledge(conn, sl_bhs_exp_stat_sn(conn->rx_bhs));
	ret = isc_dispatch(conn);
	if (ret == -EAGAIN) {
		isc_rx_go(conn, ISC_RX_STALLED);
		return 0;
	}
	if (ret < 0)
		return ret;
	isc_data_segment(conn);
	return 1;
}

static u32 isc_header_rest(const struct isc_conn *conn)
{
	return sl_bhs_ahs_len(conn->rx_bhs) + (conn->header_digest ? ISC_DIGEST_LEN : 0);
}

/* Nothing there and nothing wrong: saves a call that would find just that. */
static bool isc_rx_nothing(const struct isc_conn *conn)
{
	const struct sock *sk = conn->sock->sk;

	return !conn->rx_done && skb_queue_empty_lockless(&sk->sk_receive_queue) &&
	       !(sk->sk_shutdown & RCV_SHUTDOWN) && !sk->sk_err;
}

static int isc_rx_bhs(struct isc_conn *conn)
{
	int ret;

	isc_rx_want(conn, SL_BHS_LEN - conn->rx_done);
	if (isc_rx_nothing(conn))
		return 0;
	ret = isc_rx_bytes(conn, conn->rx_bhs, SL_BHS_LEN);
	if (ret <= 0)
		return ret;
	if (!isc_header_rest(conn))
		return isc_header_done(conn);
	if (sl_bhs_ahs_len(conn->rx_bhs)) {
		conn->rx_ahs = isc_rx_room_for_ahs(conn, isc_header_rest(conn));
		if (!conn->rx_ahs)
			return -ENOMEM;
	}
	isc_rx_go(conn, ISC_RX_AHS);
	return 1;
}

static int isc_rx_ahs(struct isc_conn *conn)
{
	u32 ahs_len = sl_bhs_ahs_len(conn->rx_bhs);
	u8 *buf = conn->rx_ahs ? conn->rx_ahs : conn->rx_small;
	int ret = isc_rx_bytes(conn, buf, isc_header_rest(conn));
	u32 crc;

	if (ret <= 0)
		return ret;
	if (conn->header_digest) {
		crc = scst_crc32c(~0u, conn->rx_bhs, SL_BHS_LEN);
		crc = ~scst_crc32c(crc, buf, ahs_len);
		if (crc != sl_get_le32(buf + ahs_len))
			return isc_header_spoiled(conn);
	}
	return isc_header_done(conn);
}

/* --- data segment --- */

/* Receives into the command's pages from @offset on, at most @len bytes. */
static int isc_rx_pages(struct isc_conn *conn, struct scst_cmd *cmd, u32 offset, u32 len)
{
	struct msghdr msg = { .msg_flags = MSG_DONTWAIT };
	int n;

	iov_iter_bvec(&msg.msg_iter, ITER_DEST, cmd->bvec, cmd->nr_bvec, cmd->buf_len);
	iov_iter_advance(&msg.msg_iter, offset);
	iov_iter_truncate(&msg.msg_iter, len);
	n = sock_recvmsg(conn->sock, &msg, MSG_DONTWAIT);
	if (n > 0 && conn->data_digest)
		conn->rx_crc = isc_crc_pages(conn->rx_crc, cmd->bvec, offset, n);
	return n;
}

static int isc_rx_memory(struct isc_conn *conn, void *buf, u32 len)
{
	struct msghdr msg = { .msg_flags = MSG_DONTWAIT };
	struct kvec kvec = { .iov_base = buf, .iov_len = len };
	int n = kernel_recvmsg(conn->sock, &msg, &kvec, 1, len, MSG_DONTWAIT);

	if (n > 0 && conn->data_digest)
		conn->rx_crc = scst_crc32c(conn->rx_crc, buf, n);
	return n;
}

/* The next piece of the data segment, to where it belongs or to nowhere. */
static int isc_rx_piece(struct isc_conn *conn)
{
	u32 at = conn->rx_offset + conn->rx_done, left = conn->rx_len - conn->rx_done;
	struct isc_cmd *cmd = conn->rx_cmd;
	u8 sink[ISC_SINK];

	if (cmd && cmd->kind == ISC_CMD_SCSI && at < cmd->scst.out_len)
		return isc_rx_pages(conn, &cmd->scst, at, min(left, cmd->scst.out_len - at));
	if (cmd && cmd->kind != ISC_CMD_SCSI && at < cmd->ping_len)
		return isc_rx_memory(conn, cmd->ping + at, min(left, cmd->ping_len - at));
	return isc_rx_memory(conn, sink, min_t(u32, left, ISC_SINK));
}

static int isc_rx_data(struct isc_conn *conn)
{
	int ret = 1;

	while (conn->rx_done < conn->rx_len && ret > 0) {
		isc_rx_want(conn, conn->rx_len - conn->rx_done);
		ret = isc_rx_account(conn, isc_rx_piece(conn));
	}
	if (ret <= 0)
		return ret;
	if (isc_rx_trailer_len(conn))
		isc_rx_go(conn, ISC_RX_TRAILER);
	else
		isc_pdu_done(conn, true);
	return 1;
}

static int isc_rx_trailer(struct isc_conn *conn)
{
	u32 pad = sl_iscsi_pad(conn->rx_len), crc;
	int ret = isc_rx_bytes(conn, conn->rx_small, isc_rx_trailer_len(conn));
	bool ok = true;

	if (ret <= 0)
		return ret;
	if (conn->data_digest) {
		crc = ~scst_crc32c(conn->rx_crc, conn->rx_small, pad);
		ok = crc == sl_get_le32(conn->rx_small + pad);
	}
	isc_pdu_done(conn, ok);
	return 1;
}

static int (*const isc_rx_steps[])(struct isc_conn *conn) = {
	[ISC_RX_BHS]		= isc_rx_bhs,
	[ISC_RX_AHS]		= isc_rx_ahs,
	[ISC_RX_STALLED]	= isc_header_done,
	[ISC_RX_DATA]		= isc_rx_data,
	[ISC_RX_TRAILER]	= isc_rx_trailer,
};

int isc_rx(struct isc_conn *conn)
{
	int ret;

	do {
		ret = isc_rx_steps[conn->rx_step](conn);
	} while (ret > 0 && conn->rx_step != ISC_RX_BHS);
	return ret;
}

/* The connection is closing: what was being received is not wanted any more. */
void isc_rx_drop(struct isc_conn *conn)
{
	struct isc_cmd *cmd = conn->rx_cmd;

	conn->rx_cmd = NULL;
	isc_rx_drop_ahs(conn);
	/* One that waits for more is found in conn->waiting. */
	if (!cmd || !hlist_unhashed(&cmd->waiting))
		return;
	if (cmd->kind == ISC_CMD_HELD)
		isc_held_free(cmd);
	else
		isc_cmd_free(cmd);
}

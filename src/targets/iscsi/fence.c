// SPDX-License-Identifier: GPL-2.0-only
/*
 * The response fence (RFC 7143 4.2.2.3): in a session of several connections some answers go out
 * alone. Whoever is told that tasks were aborted shall have seen what was said of them before on any
 * connection, and shall see nothing later before that.
 *
 * Every connection sends what there is and holds back the rest until the initiator has acknowledged
 * all of it; then the answer goes, and when it is acknowledged, too, the rest follows. An initiator
 * that has nothing to send acknowledges by answering a ping; one that does not answer loses the
 * connection by its own timeout, which ends the wait.
 */
#include "iscsi.h"

#define ASC_RESET		0x29
#define ASC_CLEARED		0x2f

static bool isc_tells_of_aborts(const struct scst_cmd *sc)
{
	u32 code = sl_sense_code(sc->sense, sc->sense_len);
	u8 asc = code >> 8;

	return SL_SENSE_KEY(code) == SL_SENSE_KEY(SL_UA_RESET) &&
	       (asc == ASC_RESET || asc == ASC_CLEARED);
}

/* RFC 7143 4.2.2.3.4 */
static bool isc_scsi_is_fenced(const struct scst_cmd *sc)
{
	if (sc->status == SCST_ACA_ACTIVE)
		return true;
	if (sc->status == SCST_CHECK_CONDITION)
		return sl_cdb_naca(sc->cdb_bytes, sc->cdb_len) || isc_tells_of_aborts(sc);
	return sc->cdb.op && sc->cdb.id == SL_OP_PR_PREEMPT_ABORT;
}

static bool isc_is_fenced(const struct isc_cmd *cmd)
{
	if (cmd->kind == ISC_CMD_SCSI)
		return isc_scsi_is_fenced(&cmd->scst);
	return cmd->tm.fn != SCST_TM_ABORT_TASK && cmd->tm.result != SCST_TM_DROPPED;
}

static bool isc_is_open(const struct isc_conn *conn)
{
	return READ_ONCE(conn->state) == ISC_CONN_OPEN;
}

static bool isc_is_alone(const struct isc_conn *conn)
{
	const struct isc_conn *c;

	list_for_each_entry(c, &conn->sess->conns, entry)
		if (c != conn && isc_is_open(c))
			return false;
	return true;
}

/* Under sess->lock, as all that follows. */
static void isc_answers(struct isc_sess *sess, enum isc_answers answers)
{
	struct isc_conn *c;

	list_for_each_entry(c, &sess->conns, entry) {
		WRITE_ONCE(c->answers, answers);
		if (isc_is_open(c))
			isc_conn_queue_io(c);
	}
}

static bool isc_all_stopped(const struct isc_sess *sess)
{
	const struct isc_conn *c;

	list_for_each_entry(c, &sess->conns, entry)
		if (isc_is_open(c) && c->answers != ISC_ANSWERS_STOPPED)
			return false;
	return true;
}

static void isc_fence_next(struct isc_sess *sess)
{
	bool more = !list_empty(&sess->fences);

	sess->fence = more ? ISC_FENCE_BEFORE : ISC_FENCE_NONE;
	isc_answers(sess, more ? ISC_ANSWERS_COLLECT : ISC_ANSWERS_GO);
}

static void isc_fence_advance(struct isc_sess *sess)
{
	struct isc_cmd *cmd = list_first_entry_or_null(&sess->fences, struct isc_cmd, held);

	if (sess->fence == ISC_FENCE_NONE || !isc_all_stopped(sess))
		return;
	/* The answer has arrived, or went with its connection. */
	if (sess->fence == ISC_FENCE_AFTER || !cmd) {
		isc_fence_next(sess);
		return;
	}
	list_del_init(&cmd->held);
	sess->fence = ISC_FENCE_AFTER;
	WRITE_ONCE(cmd->conn->fenced, cmd);
	WRITE_ONCE(cmd->conn->answers, ISC_ANSWERS_DRAIN);
	isc_conn_queue_io(cmd->conn);
}

bool isc_fence_hold(struct isc_cmd *cmd)
{
	struct isc_conn *conn = cmd->conn;
	struct isc_sess *sess = conn->sess;
	bool held;

	if (likely(sess->params[ISCSI_SCST_P_MAX_CONNECTIONS] == 1) || !isc_is_fenced(cmd))
		return false;
	spin_lock(&sess->lock);
	held = isc_is_open(conn) && !cmd->heir && !isc_is_alone(conn);
	if (held) {
		list_add_tail(&cmd->held, &sess->fences);
		if (sess->fence == ISC_FENCE_NONE)
			isc_fence_next(sess);
	}
	spin_unlock(&sess->lock);
	return held;
}

void isc_fence_join(struct isc_conn *conn)
{
	lockdep_assert_held(&conn->sess->lock);
	if (conn->sess->fence != ISC_FENCE_NONE)
		conn->answers = ISC_ANSWERS_COLLECT;
}

void isc_fence_collect(struct isc_conn *conn)
{
	struct isc_sess *sess = conn->sess;
	struct isc_cmd *cmd;
	bool collect;

	spin_lock(&sess->lock);
	cmd = conn->fenced;
	WRITE_ONCE(conn->fenced, NULL);
	collect = conn->answers == ISC_ANSWERS_COLLECT;
	if (collect)
		WRITE_ONCE(conn->answers, ISC_ANSWERS_DRAIN);
	spin_unlock(&sess->lock);
	if (collect)
		isc_tx_collect(conn);
	if (cmd)
		isc_tx_answer(conn, cmd);
}

void isc_fence_sent(struct isc_conn *conn)
{
	struct isc_sess *sess = conn->sess;

	if (!isc_tx_idle(conn))
		return;
	if (conn->acked_sn != conn->stat_sn) {
		if (!test_bit(ISC_CONN_PING_SENT, &conn->flags)) {
			isc_send_ping(conn);
			isc_conn_queue_io(conn);
		}
		return;
	}
	spin_lock(&sess->lock);
	if (conn->answers == ISC_ANSWERS_DRAIN && !conn->fenced) {
		WRITE_ONCE(conn->answers, ISC_ANSWERS_STOPPED);
		isc_fence_advance(sess);
	}
	spin_unlock(&sess->lock);
}

void isc_fence_leave(struct isc_conn *conn)
{
	struct isc_sess *sess = conn->sess;
	struct isc_cmd *cmd, *next;
	LIST_HEAD(back);

	spin_lock(&sess->lock);
	list_for_each_entry_safe(cmd, next, &sess->fences, held)
		if (cmd->conn == conn)
			list_move_tail(&cmd->held, &back);
	if (conn->fenced)
		list_add_tail(&conn->fenced->held, &back);
	conn->fenced = NULL;
	isc_fence_advance(sess);
	spin_unlock(&sess->lock);
	list_for_each_entry_safe(cmd, next, &back, held) {
		list_del_init(&cmd->held);
		isc_complete(cmd);
	}
}

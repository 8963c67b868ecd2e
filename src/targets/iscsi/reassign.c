// SPDX-License-Identifier: GPL-2.0-only
/*
 * Recovery of connections, level 2 (RFC 7143 7.1.4.1, 7.2.2, 11.5.2): one that is lost,
 * or logged out for recovery, is parked. Its tasks stay as they are, those that execute
 * go on, and another connection of the session takes them over one by one by TASK
 * REASSIGN. What nobody has taken in time is dropped, and the parked connection ends.
 *
 * A parked connection has no socket and no io work. Its close work and the io work of
 * whoever takes over a task meet at sess->park_lock.
 */
#include "iscsi.h"

/* How long tasks may be taken over: DefaultTime2Wait and DefaultTime2Retain, in jiffies. */
static unsigned long isc_park_time(const struct isc_sess *sess)
{
	return (sess->params[ISCSI_SCST_P_TIME2WAIT] + sess->params[ISCSI_SCST_P_TIME2RETAIN]) * HZ;
}

bool isc_may_park(const struct isc_conn *conn)
{
	return conn->erl >= 2 && conn->sess->params[ISCSI_SCST_P_TIME2RETAIN] && conn->served &&
	       !test_bit(ISC_CONN_FINAL, &conn->flags) &&
	       !test_bit(ISC_CONN_LOGGED_OUT, &conn->flags);
}

/* The answer that was just being sent begins anew, if anybody wants it. */
static void isc_park_tx(struct isc_conn *conn)
{
	if (conn->tx)
		list_add(&conn->tx->entry, &conn->tx_queue);
	conn->tx = NULL;
	conn->tx_step = ISC_TX_IDLE;
}

/* The command whose immediate data was just coming: all data is still to come. */
static void isc_park_rx(struct isc_conn *conn)
{
	struct isc_cmd *cmd = conn->rx_cmd;

	if (cmd && cmd->kind == ISC_CMD_HELD) {
		isc_stop_waiting(cmd);
		isc_held_free(cmd);
		cmd = NULL;
	}
	if (!cmd || cmd->kind != ISC_CMD_SCSI || !hlist_unhashed(&cmd->waiting)) {
		isc_rx_drop(conn);
		return;
	}
	conn->rx_cmd = NULL;
	isc_rx_drop(conn);
	if (cmd->scst.state == SCST_CMD_DONE) {
		isc_complete(cmd);
		return;
	}
	cmd->write.total = cmd->scst.out_len;
	hash_add(conn->waiting, &cmd->waiting, sl_bhs_itt(cmd->bhs));
}

void isc_park(struct isc_conn *conn)
{
	struct isc_sess *sess = conn->sess;

	isc_park_rx(conn);
	isc_park_tx(conn);
	mutex_lock(&sess->park_lock);
	conn->parked = true;
	mutex_unlock(&sess->park_lock);
	isc_conn_expire(conn, isc_park_time(sess));
	isc_info("session %s: connection %u is lost, its tasks wait for another one",
		 sess->scst->sysfs_name, conn->cid);
}

/* Nobody takes over anything any more. */
void isc_unpark(struct isc_conn *conn)
{
	mutex_lock(&conn->sess->park_lock);
	conn->parked = false;
	mutex_unlock(&conn->sess->park_lock);
}

/* --- taking over --- */

/* Into conn->tasks of who answers it; called where that one's commands are collected. */
void isc_task_enter(struct isc_cmd *cmd)
{
	struct isc_sess *sess = cmd->conn->sess;

	if (cmd->kind != ISC_CMD_SCSI || cmd->conn->erl < 2 || !list_empty(&cmd->task))
		return;
	spin_lock(&sess->lock);
	list_add_tail(&cmd->task, &cmd->conn->tasks);
	spin_unlock(&sess->lock);
}

void isc_task_leave(struct isc_cmd *cmd)
{
	struct isc_sess *sess = cmd->conn->sess;

	if (list_empty(&cmd->task))
		return;
	spin_lock(&sess->lock);
	list_del_init(&cmd->task);
	spin_unlock(&sess->lock);
}

static void isc_leave_conn(struct isc_cmd *cmd)
{
	struct isc_conn *old = cmd->conn;

	isc_task_leave(cmd);
	isc_stop_waiting(cmd);
	isc_unkeep(cmd);
	list_del_init(&cmd->tx.entry);
	atomic_dec(&old->cmds);
}

/* One that has executed since it was taken over: in the close work of the parked one. */
static void isc_give_to_heir(struct isc_cmd *cmd)
{
	struct isc_conn *heir = cmd->heir;

	isc_leave_conn(cmd);
	cmd->heir = NULL;
	cmd->conn = heir;		/* which has counted it already */
	isc_complete(cmd);
	isc_conn_put(heir);
}

/*
 * What the commands that have come back since mean: those that were taken over go to
 * their heirs, the others wait. Only SCSI commands are tasks.
 */
void isc_sort_parked(struct isc_conn *conn)
{
	struct isc_tx *tx, *next;

	mutex_lock(&conn->sess->park_lock);
	if (test_and_clear_bit(ISC_CONN_ABORTS, &conn->flags))
		isc_reap_aborted(conn);
	isc_tx_collect(conn);
	list_for_each_entry_safe(tx, next, &conn->tx_queue, entry) {
		if (tx->r2t)
			continue;
		if (tx->cmd->heir) {
			isc_give_to_heir(tx->cmd);
		} else if (tx->cmd->kind != ISC_CMD_SCSI) {
			list_del_init(&tx->entry);
			isc_cmd_free(tx->cmd);
		}
	}
	mutex_unlock(&conn->sess->park_lock);
}

/* The task with this tag of a parked connection, or else of another one. */
static struct isc_cmd *isc_find_task(struct isc_sess *sess, u32 itt, bool parked)
{
	struct isc_cmd *cmd, *found = NULL;
	struct isc_conn *c;

	spin_lock(&sess->lock);
	list_for_each_entry(c, &sess->conns, entry) {
		if (c->parked != parked)
			continue;
		list_for_each_entry(cmd, &c->tasks, task)
			if (sl_bhs_itt(cmd->bhs) == itt && !cmd->heir)
				found = cmd;
	}
	spin_unlock(&sess->lock);
	return found;
}

/* Where the data of a write goes on: before that nothing is missing. */
static u32 isc_first_missing(const struct isc_cmd *cmd)
{
	const struct isc_burst *b;
	u32 first = cmd->write.solicited;

	if (cmd->unsolicited.active)
		return cmd->unsolicited.seq.offset;
	for (b = cmd->bursts; b < cmd->bursts + ISC_R2TS; b++)
		if (b->active)
			first = min(first, b->seq.offset);
	return first;
}

/* R2Ts from the one that the initiator expects next on, for all that is missing. */
static void isc_take_write(struct isc_conn *conn, struct isc_cmd *cmd, u32 exp_r2t_sn)
{
	cmd->write.solicited = min(isc_first_missing(cmd), cmd->write.total);
	isc_leave_conn(cmd);
	isc_cmd_reset_bursts(cmd);
	cmd->write.next_r2t_sn = min(cmd->write.next_r2t_sn, exp_r2t_sn);
	cmd->conn = conn;
	atomic_inc(&conn->cmds);
	isc_task_enter(cmd);
	/* Who has aborted it just now may have told the old connection only. */
	set_bit(ISC_CONN_ABORTS, &conn->flags);
	isc_write_continue(cmd);
}

/* Can the answer go on with Data-In @exp_data_sn? */
static bool isc_can_go_on(const struct isc_conn *conn, const struct isc_cmd *cmd, u32 exp_data_sn)
{
	bool all = exp_data_sn == cmd->data_sn && cmd->data_sent == cmd->scst.in_len &&
		   !cmd->restart;

	if (exp_data_sn > cmd->data_sn || (cmd->data_gone && !all))
		return false;
	return all || !exp_data_sn || cmd->dsl == conn->max_xmit_dsl;
}

/* Data from the one that the initiator expects next on, then status with a new StatSN. */
static void isc_take_answer(struct isc_conn *conn, struct isc_cmd *cmd, u32 exp_data_sn)
{
	isc_leave_conn(cmd);
	cmd->replay_sn = 0;
	cmd->replay_end = 0;
	if (exp_data_sn < cmd->data_sn) {
		cmd->data_sent = sl_data_in_at(exp_data_sn, cmd->scst.in_len, conn->max_xmit_dsl,
					       conn->max_burst).offset;
		cmd->data_sn = exp_data_sn;
	}
	cmd->numbered = false;
	cmd->conn = conn;
	atomic_inc(&conn->cmds);
	isc_task_enter(cmd);
	isc_tx_queue(conn, &cmd->tx);
}

static void isc_take_executing(struct isc_conn *conn, struct isc_cmd *cmd)
{
	isc_conn_get(conn);
	atomic_inc(&conn->cmds);
	cmd->heir = conn;
}

static u8 isc_take(struct isc_conn *conn, struct isc_cmd *cmd, u32 exp_data_sn)
{
	bool write = !hlist_unhashed(&cmd->waiting);

	if (scst_cmd_aborted(&cmd->scst))
		return SL_TMF_RSP_NO_TASK;
	if (write)
		isc_take_write(conn, cmd, exp_data_sn);
	else if (list_empty(&cmd->tx.entry))
		isc_take_executing(conn, cmd);
	else if (!cmd->scst.in_len)
		isc_take_answer(conn, cmd, cmd->data_sn);
	else if (isc_can_go_on(conn, cmd, exp_data_sn))
		isc_take_answer(conn, cmd, exp_data_sn);
	else
		return SL_TMF_RSP_REJECTED;
	return SL_TMF_RSP_COMPLETE;
}

/* In the work of @conn: the task with this tag is its own from now on. */
u8 isc_reassign(struct isc_conn *conn, u32 itt, u32 exp_data_sn)
{
	struct isc_sess *sess = conn->sess;
	struct isc_cmd *cmd;
	u8 ret;

	if (conn->erl < 2)
		return SL_TMF_RSP_NO_REASSIGN;
	mutex_lock(&sess->park_lock);
	cmd = isc_find_task(sess, itt, true);
	if (cmd)
		ret = isc_take(conn, cmd, exp_data_sn);
	else
		ret = isc_find_task(sess, itt, false) ? SL_TMF_RSP_STILL_ALLEGIANT : SL_TMF_RSP_NO_TASK;
	mutex_unlock(&sess->park_lock);
	return ret;
}

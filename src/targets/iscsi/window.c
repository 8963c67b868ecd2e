// SPDX-License-Identifier: GPL-2.0-only
/*
 * The command window (RFC 7143 4.2.2.1): which request enters, and in what order.
 *
 * A session of one connection at recovery level 0 has all requests in order, and
 * its window is touched by the work of that connection only. Else requests may
 * overtake each other: one that is early is held, with its data beside it, until
 * it is its turn; the work of the connection that it came on hands it over then.
 * ExpCmdSN moves on when a request was handed over, so that the next one, on
 * whatever connection, cannot overtake it.
 */
#include <linux/mm.h>

#include "iscsi.h"

#define ISC_MAX_HELD	(4u << 20)	/* bytes beside held requests, per session */

static bool isc_is_numbered(const u8 *bhs)
{
	switch (sl_bhs_opcode(bhs)) {
	case SL_ISCSI_NOP_OUT:
	case SL_ISCSI_SCSI_CMD:
	case SL_ISCSI_TASK_MGMT:
	case SL_ISCSI_TEXT:
	case SL_ISCSI_LOGOUT:
		return !sl_bhs_immediate(bhs);
	default:
		return false;
	}
}

/* Is what came wrong to be discarded, to be sent again by the initiator? */
static bool isc_may_spoil(const struct isc_conn *conn)
{
	return conn->erl && conn->data_digest && sl_bhs_data_len(conn->rx_bhs);
}

enum isc_turn isc_sess_turn(struct isc_conn *conn)
{
	struct isc_sess *sess = conn->sess;
	enum isc_turn turn = ISC_TURN_NOW;

	if (!sess->unordered || !isc_is_numbered(conn->rx_bhs))
		return ISC_TURN_NOW;
	spin_lock(&sess->lock);
	switch (sl_cmdsn_check(sl_bhs_cmd_sn(conn->rx_bhs), sess->exp_cmd_sn, sess->max_cmd_sn)) {
	case SL_CMDSN_IGNORE:
		turn = ISC_TURN_PAST;
		break;
	case SL_CMDSN_EARLY:
		turn = ISC_TURN_LATER;
		break;
	case SL_CMDSN_NEXT:
		/* A copy of the one that is being handed over just now is too late. */
		if (sess->delivering)
			turn = ISC_TURN_PAST;
		else if (isc_may_spoil(conn))
			turn = ISC_TURN_LATER;
		break;
	}
	spin_unlock(&sess->lock);
	return turn;
}

/* --- entering and leaving --- */

static int isc_enter_immediate(struct isc_conn *conn)
{
	struct isc_sess *sess = conn->sess;

	if (sess->immediate >= ISC_MAX_IMMEDIATE) {
		conn->rx_reject = SL_REJECT_IMMEDIATE;
		return 0;
	}
	sess->immediate++;
	return 1;
}

static int isc_enter_in_order(struct isc_conn *conn, bool *in_window)
{
	struct isc_sess *sess = conn->sess;
	u32 sn = sl_bhs_cmd_sn(conn->rx_bhs);

	switch (sl_cmdsn_check(sn, sess->exp_cmd_sn, sess->max_cmd_sn)) {
	case SL_CMDSN_NEXT:
		WRITE_ONCE(sess->exp_cmd_sn, sess->exp_cmd_sn + 1);
		sess->in_window++;
		*in_window = true;
		return 1;
	case SL_CMDSN_IGNORE:
		return 0;
	default:
		/*
		 * With one connection, which TCP keeps in order, the missing
		 * command will never come: recovery level 0 starts over.
		 */
		isc_err("session %s: CmdSN %u came, %u was due", sess->scst->sysfs_name, sn,
			sess->exp_cmd_sn);
		return -EPROTO;
	}
}

/* It is the turn of a request of this connection, if of any. */
static void isc_begin_turn(struct isc_conn *conn)
{
	lockdep_assert_held(&conn->sess->lock);
	conn->sess->delivering = true;
	conn->sess->in_window++;
	conn->in_turn = true;
}

static int isc_enter_unordered(struct isc_conn *conn, bool *in_window)
{
	struct isc_sess *sess = conn->sess;
	int ret = 0;

	spin_lock(&sess->lock);
	if (sl_bhs_immediate(conn->rx_bhs)) {
		ret = isc_enter_immediate(conn);
	} else if (sl_bhs_cmd_sn(conn->rx_bhs) == sess->exp_cmd_sn && !sess->delivering) {
		isc_begin_turn(conn);
		*in_window = true;
		ret = 1;
	}
	spin_unlock(&sess->lock);
	return ret;
}

int isc_sess_admit(struct isc_conn *conn, bool *in_window)
{
	*in_window = false;
	if (conn->sess->unordered)
		return isc_enter_unordered(conn, in_window);
	if (sl_bhs_immediate(conn->rx_bhs))
		return isc_enter_immediate(conn);
	return isc_enter_in_order(conn, in_window);
}

static void isc_leave(struct isc_sess *sess, bool in_window)
{
	u32 depth = READ_ONCE(sess->tgt->params[ISC_P_QUEUED_COMMANDS]), max;

	if (in_window)
		sess->in_window--;
	else
		sess->immediate--;
	max = sess->exp_cmd_sn + depth - sess->in_window - 1;
	if (sl_sn_before(sess->max_cmd_sn, max))
		WRITE_ONCE(sess->max_cmd_sn, max);
}

/*
 * Called when the answer goes out: it carries the new MaxCmdSN, which never
 * shrinks. With a smaller QueuedCommands it stays until fewer are under way.
 */
void isc_sess_leave(struct isc_sess *sess, bool in_window)
{
	if (!sess->unordered) {
		isc_leave(sess, in_window);
		return;
	}
	spin_lock(&sess->lock);
	isc_leave(sess, in_window);
	spin_unlock(&sess->lock);
}

/* --- holding --- */

static void isc_wake_stalled(struct isc_sess *sess)
{
	struct isc_conn *conn;

	list_for_each_entry(conn, &sess->conns, entry)
		if (test_and_clear_bit(ISC_CONN_STALLED, &conn->flags))
			isc_conn_queue_io(conn);
}

/* Those that have waited for what was handed over last are served by their own connections. */
static void isc_wake_early_tms(struct isc_sess *sess)
{
	struct isc_cmd *cmd;

	list_for_each_entry(cmd, &sess->early_tms, held)
		if (!sl_sn_before(sess->exp_cmd_sn, sl_bhs_cmd_sn(cmd->bhs))) {
			set_bit(ISC_CONN_TURN, &cmd->conn->flags);
			isc_conn_queue_io(cmd->conn);
		}
}

/* The request that had its turn was handed over: the next one may go. */
void isc_sess_delivered(struct isc_conn *conn)
{
	struct isc_sess *sess = conn->sess;
	struct isc_cmd *next;

	if (!conn->in_turn)
		return;
	conn->in_turn = false;
	spin_lock(&sess->lock);
	sess->delivering = false;
	WRITE_ONCE(sess->exp_cmd_sn, sess->exp_cmd_sn + 1);
	next = list_first_entry_or_null(&sess->held, struct isc_cmd, held);
	if (next && sl_bhs_cmd_sn(next->bhs) == sess->exp_cmd_sn) {
		set_bit(ISC_CONN_TURN, &next->conn->flags);
		if (next->conn != conn)
			isc_conn_queue_io(next->conn);
	}
	isc_wake_early_tms(sess);
	isc_wake_stalled(sess);
	spin_unlock(&sess->lock);
}

/* The one with this number, or the first one after it, or the list's head. */
static struct list_head *isc_held_at(struct isc_sess *sess, u32 sn)
{
	struct isc_cmd *cmd;

	list_for_each_entry(cmd, &sess->held, held)
		if (!sl_sn_before(sl_bhs_cmd_sn(cmd->bhs), sn))
			return &cmd->held;
	return &sess->held;
}

static struct isc_cmd *isc_held_with(struct isc_sess *sess, u32 sn)
{
	struct list_head *at = isc_held_at(sess, sn);
	struct isc_cmd *cmd = list_entry(at, struct isc_cmd, held);

	return at != &sess->held && sl_bhs_cmd_sn(cmd->bhs) == sn ? cmd : NULL;
}

/* False: somebody has this number already, or it is too late for it. */
static bool isc_held_add(struct isc_cmd *cmd)
{
	struct isc_sess *sess = cmd->conn->sess;
	u32 sn = sl_bhs_cmd_sn(cmd->bhs);
	bool late;

	cmd->waits_since = jiffies;
	spin_lock(&sess->lock);
	late = sl_sn_before(sn, sess->exp_cmd_sn) || isc_held_with(sess, sn) ||
	       (sn == sess->exp_cmd_sn && sess->delivering);
	if (!late)
		list_add_tail(&cmd->held, isc_held_at(sess, sn));
	spin_unlock(&sess->lock);
	return !late;
}

static bool isc_held_account(struct isc_sess *sess, u32 len)
{
	bool fits;

	spin_lock(&sess->lock);
	fits = !sess->held_bytes || sess->held_bytes + len <= ISC_MAX_HELD;
	if (fits)
		sess->held_bytes += len;
	spin_unlock(&sess->lock);
	return fits;
}

static void isc_held_unaccount(struct isc_cmd *cmd)
{
	struct isc_sess *sess = cmd->conn->sess;

	spin_lock(&sess->lock);
	sess->held_bytes -= cmd->ping_len;
	isc_wake_stalled(sess);
	spin_unlock(&sess->lock);
	kvfree(cmd->ping);
	cmd->ping = NULL;
	cmd->ping_len = 0;
}

void isc_held_free(struct isc_cmd *cmd)
{
	isc_held_unaccount(cmd);
	isc_cmd_free(cmd);
}

/* All that may come with it without being asked for. */
static u32 isc_held_room(const struct isc_conn *conn)
{
	const u8 *b = conn->rx_bhs;

	if (sl_bhs_opcode(b) != SL_ISCSI_SCSI_CMD || sl_bhs_final(b))
		return sl_bhs_data_len(b);
	return max(sl_bhs_data_len(b), min(conn->limits.first_burst, sl_bhs_expected_len(b)));
}

/*
 * Takes the request of conn->rx_bhs aside: 1, -errno, or -EAGAIN: there is no room,
 * the connection waits with everything that is behind it.
 */
int isc_hold(struct isc_conn *conn, const u8 *cdb_rest, u32 rest_len)
{
	u32 room = isc_held_room(conn);
	struct isc_cmd *cmd;

	/* Set first: who makes room meanwhile shall find it. */
	set_bit(ISC_CONN_STALLED, &conn->flags);
	if (!isc_held_account(conn->sess, room))
		return -EAGAIN;
	clear_bit(ISC_CONN_STALLED, &conn->flags);
	cmd = isc_cmd_alloc(conn, ISC_CMD_HELD);
	if (!cmd)
		goto no_memory;
	isc_cmd_set_cdb(cmd, cdb_rest, rest_len);
	if (room) {
		cmd->ping = kvmalloc(room, GFP_KERNEL);
		if (!cmd->ping)
			goto no_memory;
	}
	cmd->ping_len = room;
	isc_expect_unsolicited(cmd, conn->rx_len);
	isc_wait_for_data(cmd);
	conn->rx_cmd = cmd;
	return 1;

no_memory:
	if (cmd)
		isc_cmd_free(cmd);
	spin_lock(&conn->sess->lock);
	conn->sess->held_bytes -= room;
	spin_unlock(&conn->sess->lock);
	return -ENOMEM;
}

/* Its own data segment is there. */
void isc_held_ready(struct isc_cmd *cmd)
{
	struct isc_conn *conn = cmd->conn;

	if (isc_held_add(cmd)) {
		set_bit(ISC_CONN_TURN, &conn->flags);
		return;
	}
	isc_stop_waiting(cmd);
	isc_held_free(cmd);
}

/* --- handing over what was held --- */

static struct isc_cmd *isc_held_take(struct isc_conn *conn)
{
	struct isc_sess *sess = conn->sess;
	struct isc_cmd *cmd;

	spin_lock(&sess->lock);
	cmd = list_first_entry_or_null(&sess->held, struct isc_cmd, held);
	/* One whose next data is just being received has to wait for the end of that. */
	if (cmd && cmd->conn == conn && cmd != conn->rx_cmd && !sess->delivering &&
	    sl_bhs_cmd_sn(cmd->bhs) == sess->exp_cmd_sn) {
		list_del_init(&cmd->held);
		isc_begin_turn(conn);
	} else {
		cmd = NULL;
	}
	spin_unlock(&sess->lock);
	return cmd;
}

static void isc_deliver(struct isc_cmd *cmd)
{
	cmd->admitted = true;
	cmd->in_window = true;
	if (cmd->abandoned) {
		isc_stop_waiting(cmd);
		isc_held_free(cmd);
		return;
	}
	switch (sl_bhs_opcode(cmd->bhs)) {
	case SL_ISCSI_SCSI_CMD:
		isc_scsi_deliver(cmd);
		break;
	case SL_ISCSI_TASK_MGMT:
		isc_held_unaccount(cmd);
		isc_tm_begin(cmd);
		break;
	case SL_ISCSI_LOGOUT:
		isc_held_unaccount(cmd);
		isc_logout_begin(cmd);
		break;
	case SL_ISCSI_TEXT:
		isc_text_deliver(cmd);
		break;
	default:
		isc_nop_deliver(cmd);
		break;
	}
}

/* --- task management of many tasks --- */

static bool isc_is_of_many(u8 function)
{
	switch (function & 0x7f) {
	case SL_TMF_ABORT_TASK_SET:
	case SL_TMF_CLEAR_TASK_SET:
	case SL_TMF_LUN_RESET:
	case SL_TMF_TARGET_WARM_RESET:
	case SL_TMF_TARGET_COLD_RESET:
		return true;
	default:
		return false;
	}
}

/* It concerns all that was sent before it, which has to come first (RFC 7143 4.2.3.3). */
bool isc_tm_wait(struct isc_cmd *cmd)
{
	struct isc_sess *sess = cmd->conn->sess;
	bool early;

	if (!sess->unordered || !sl_bhs_immediate(cmd->bhs) || !isc_is_of_many(cmd->bhs[1]))
		return false;
	cmd->waits_since = jiffies;
	spin_lock(&sess->lock);
	early = sl_sn_before(sess->exp_cmd_sn, sl_bhs_cmd_sn(cmd->bhs));
	if (early)
		list_add_tail(&cmd->held, &sess->early_tms);
	spin_unlock(&sess->lock);
	return early;
}

static struct isc_cmd *isc_early_tm_take(struct isc_conn *conn)
{
	struct isc_sess *sess = conn->sess;
	struct isc_cmd *cmd, *found = NULL;

	spin_lock(&sess->lock);
	list_for_each_entry(cmd, &sess->early_tms, held)
		if (cmd->conn == conn &&
		    !sl_sn_before(sess->exp_cmd_sn, sl_bhs_cmd_sn(cmd->bhs))) {
			found = cmd;
			list_del_init(&cmd->held);
			break;
		}
	spin_unlock(&sess->lock);
	return found;
}

void isc_deliver_held(struct isc_conn *conn)
{
	struct isc_cmd *cmd;

	while ((cmd = isc_early_tm_take(conn)))
		isc_tm_begin(cmd);
	while ((cmd = isc_held_take(conn))) {
		isc_deliver(cmd);
		isc_sess_delivered(conn);
	}
}

/* What a held request has received, now in memory of its own; freed by kvfree(). */
void *isc_held_data(struct isc_cmd *cmd, u32 *len)
{
	void *data = cmd->ping;

	*len = cmd->ping_len;
	cmd->ping = NULL;
	isc_held_unaccount(cmd);
	return data;
}

/* The connection is closing: its held requests were never received. */
void isc_drop_held(struct isc_conn *conn)
{
	struct isc_sess *sess = conn->sess;
	struct isc_cmd *cmd, *next;
	LIST_HEAD(gone);

	spin_lock(&sess->lock);
	list_for_each_entry_safe(cmd, next, &sess->held, held)
		if (cmd->conn == conn)
			list_move_tail(&cmd->held, &gone);
	list_for_each_entry_safe(cmd, next, &sess->early_tms, held)
		if (cmd->conn == conn)
			list_move_tail(&cmd->held, &gone);
	spin_unlock(&sess->lock);
	list_for_each_entry_safe(cmd, next, &gone, held) {
		list_del_init(&cmd->held);
		isc_stop_waiting(cmd);
		isc_held_free(cmd);
	}
}

/* Has a request of this connection been waiting for its turn since before @limit (jiffies)? */
bool isc_held_since(struct isc_conn *conn, unsigned long limit)
{
	struct isc_sess *sess = conn->sess;
	bool found = test_bit(ISC_CONN_STALLED, &conn->flags) &&
		     time_before(READ_ONCE(conn->last_rx), limit);
	struct isc_cmd *cmd;

	if (!sess->unordered)
		return false;
	spin_lock(&sess->lock);
	list_for_each_entry(cmd, &sess->held, held)
		if (cmd->conn == conn && time_before(cmd->waits_since, limit))
			found = true;
	list_for_each_entry(cmd, &sess->early_tms, held)
		if (cmd->conn == conn && time_before(cmd->waits_since, limit))
			found = true;
	spin_unlock(&sess->lock);
	return found;
}

/*
 * ABORT TASK of a request that has not come, or has come too early: its number
 * counts as received from now on (RFC 7143 11.6.1). False: it is none of those.
 */
bool isc_fill_gap(struct isc_conn *conn, u32 sn, u32 before)
{
	struct isc_cmd *hole, *cmd;
	struct isc_sess *sess = conn->sess;
	bool missing;

	if (!sess->unordered)
		return false;
	hole = isc_cmd_alloc(conn, ISC_CMD_HELD);
	if (!hole)
		return false;
	sl_put_be32(sn, hole->bhs + 24);
	hole->abandoned = true;
	spin_lock(&sess->lock);
	missing = !sl_sn_before(sn, sess->exp_cmd_sn) && sl_sn_before(sn, before) &&
		  !sl_sn_before(sess->max_cmd_sn, sn) &&
		  !(sn == sess->exp_cmd_sn && sess->delivering);
	cmd = missing ? isc_held_with(sess, sn) : NULL;
	if (cmd)
		cmd->abandoned = true;
	spin_unlock(&sess->lock);
	if (missing && !cmd && isc_held_add(hole))
		set_bit(ISC_CONN_TURN, &conn->flags);
	else
		isc_cmd_free(hole);
	return missing;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Copy operations of a session: their list identifiers, their progress, their end
 * (SPC-4 5.17.4), and the commands that ask for it.
 */
#include <linux/mm.h>
#include <linux/slab.h>

#include "copy.h"

#define COPY_RESULTS	16	/* of ended operations that a session keeps, at least */

/* --- looking --- */

static struct scst_copy_op *scst_op_find(struct scst_session *sess, u32 list_id)
{
	struct scst_copy_op *op;

	lockdep_assert_held(&sess->copies_lock);
	list_for_each_entry(op, &sess->copies, entry)
		if (op->listed && op->list_id == list_id)
			return op;
	return NULL;
}

static bool scst_op_runs(const struct scst_copy_op *op)
{
	return sl_copy_runs(&op->st);
}

static bool scst_op_must_stop(const struct scst_copy_op *op)
{
	return op->stop || (op->cmd && scst_cmd_aborted(op->cmd));
}

bool scst_op_stopped(struct scst_copy_op *op)
{
	bool stopped;

	spin_lock(&op->sess->copies_lock);
	stopped = scst_op_must_stop(op);
	spin_unlock(&op->sess->copies_lock);
	return stopped;
}

/* --- life --- */

static void scst_op_free(struct scst_copy_op *op)
{
	if (op->token)
		scst_token_put(op->token);
	kfree(op);
}

/* Old results make room; operations under way stay. */
static void scst_ops_trim(struct scst_session *sess)
{
	struct scst_copy_op *op, *next;
	unsigned int n = 0;

	list_for_each_entry_safe(op, next, &sess->copies, entry) {
		if (++n <= COPY_RESULTS || scst_op_runs(op))
			continue;
		list_del(&op->entry);
		scst_op_free(op);
	}
}

static unsigned int scst_ops_running(struct scst_session *sess)
{
	struct scst_copy_op *op;
	unsigned int n = 0;

	list_for_each_entry(op, &sess->copies, entry)
		n += scst_op_runs(op);
	return n;
}

static enum sl_sense scst_op_enlist(struct scst_copy_op *op)
{
	struct scst_session *sess = op->sess;
	struct scst_copy_op *old = op->listed ? scst_op_find(sess, op->list_id) : NULL;

	if (old && scst_op_runs(old))
		return SL_OPERATION_IN_PROGRESS;
	/* Those in the background are no commands, and nothing else would limit them. */
	if (scst_ops_running(sess) >= SL_XCOPY_AT_ONCE)
		return SL_INSUFFICIENT_RESOURCES;
	if (old) {
		list_del(&old->entry);
		scst_op_free(old);
	}
	list_add(&op->entry, &sess->copies);
	scst_ops_trim(sess);
	return SL_OK;
}

enum sl_sense scst_op_begin(struct scst_cmd *cmd, const u32 *list_id, u8 units,
			    struct scst_copy_op **op)
{
	struct scst_copy_op *new = kzalloc(sizeof(*new), GFP_KERNEL);
	struct scst_session *sess = cmd->sess;
	enum sl_sense sense;

	if (!new)
		return SL_INSUFFICIENT_RESOURCES;
	new->sess = sess;
	new->cmd = cmd;
	new->dev = cmd->dev;
	new->listed = list_id;
	new->list_id = list_id ? *list_id : 0;
	new->st.action = cmd->cdb.op->service_action;
	new->st.state = SL_COPY_FOREGROUND;
	new->st.units = units;
	spin_lock(&sess->copies_lock);
	sense = scst_op_enlist(new);
	spin_unlock(&sess->copies_lock);
	if (sense) {
		kfree(new);
		return sense;
	}
	scst_dev_get(new->dev);
	*op = new;
	return SL_OK;
}

void scst_op_to_background(struct scst_copy_op *op)
{
	struct scst_cmd *cmd = op->cmd;

	spin_lock(&op->sess->copies_lock);
	/* Aborted in time: it has never been a background operation. */
	op->stop |= scst_cmd_aborted(cmd);
	op->cmd = NULL;
	op->st.state = SL_COPY_BACKGROUND;
	spin_unlock(&op->sess->copies_lock);
	scst_cmd_complete(cmd);
}

void scst_op_advance(struct scst_copy_op *op, u16 segments, u64 count)
{
	spin_lock(&op->sess->copies_lock);
	op->st.segments += segments;
	op->st.count += count;
	spin_unlock(&op->sess->copies_lock);
}

bool scst_op_enter(struct scst_copy_op *op, struct scst_cmd *inner)
{
	bool stopped;

	spin_lock(&op->sess->copies_lock);
	stopped = scst_op_must_stop(op);
	if (!stopped)
		op->busy = inner;
	spin_unlock(&op->sess->copies_lock);
	return !stopped;
}

void scst_op_leave(struct scst_copy_op *op, bool good)
{
	spin_lock(&op->sess->copies_lock);
	op->busy = NULL;
	op->st.commands += good;
	spin_unlock(&op->sess->copies_lock);
}

static void scst_op_set_end(struct scst_copy_op *op, enum sl_sense sense)
{
	op->st.sense = sense;
	if (!sense) {
		op->st.state = SL_COPY_DONE;
	} else if (scst_op_must_stop(op)) {
		op->st.state = SL_COPY_TERMINATED;
		op->st.sense = SL_COPY_CLEARED;
	} else {
		op->st.state = sense == SL_COPY_UNDERRUN ? SL_COPY_PARTIAL : SL_COPY_FAILED;
	}
}

/* How far it has come is told with what has ended it (SBC-4 4.28.2). */
static void scst_op_answer(struct scst_cmd *cmd, const struct sl_copy_status *st)
{
	const struct sl_sense_info more = { .info_valid = true, .info = st->count };

	if (st->sense)
		scst_cmd_fail(cmd, st->sense, st->units == SL_COPY_COUNTS_BLOCKS ? &more : NULL);
	else
		scst_cmd_complete(cmd);
}

void scst_op_end(struct scst_copy_op *op, enum sl_sense sense, struct scst_token *token)
{
	struct scst_session *sess = op->sess;
	struct scst_device *dev = op->dev;
	struct sl_copy_status st;
	struct scst_cmd *cmd;
	bool listed;

	spin_lock(&sess->copies_lock);
	scst_op_set_end(op, sense);
	cmd = op->cmd;
	op->cmd = NULL;
	op->token = token;
	listed = op->listed;
	st = op->st;
	if (!listed)
		list_del(&op->entry);
	wake_up_all(&sess->copies_wait);
	spin_unlock(&sess->copies_lock);
	if (!listed)
		scst_op_free(op);
	if (cmd)
		scst_op_answer(cmd, &st);
	wake_up_all(&dev->tm_wait);
	scst_dev_put(dev);
}

/* --- stopping --- */

/* What it waits for may never come by itself. */
static void scst_op_stop(struct scst_copy_op *op)
{
	struct scst_cmd *inner = op->busy;

	lockdep_assert_held(&op->sess->copies_lock);
	op->stop = true;
	if (inner) {
		spin_lock(&inner->tgt_dev->tasks->lock);
		set_bit(SCST_CMD_ABORTED, &inner->flags);
		scst_order_abort(inner);
		spin_unlock(&inner->tgt_dev->tasks->lock);
		wake_up_all(&inner->dev->tm_wait);
	}
	/* A token that waits for writes waits there. */
	wake_up_all(&op->dev->tm_wait);
}

void scst_copy_stop_aborted(struct scst_session *sess)
{
	struct scst_copy_op *op;

	spin_lock(&sess->copies_lock);
	list_for_each_entry(op, &sess->copies, entry)
		if (scst_op_runs(op) && op->cmd && scst_cmd_aborted(op->cmd))
			scst_op_stop(op);
	spin_unlock(&sess->copies_lock);
}

void scst_copy_reset(struct scst_session *sess, const struct scst_device *dev)
{
	struct scst_copy_op *op, *next;

	spin_lock(&sess->copies_lock);
	list_for_each_entry_safe(op, next, &sess->copies, entry) {
		if (op->dev != dev)
			continue;
		if (scst_op_runs(op)) {
			scst_op_stop(op);
		} else {
			list_del(&op->entry);
			scst_op_free(op);
		}
	}
	spin_unlock(&sess->copies_lock);
}

bool scst_copy_stopping(struct scst_session *sess, const struct scst_device *dev)
{
	struct scst_copy_op *op;
	bool left = false;

	spin_lock(&sess->copies_lock);
	list_for_each_entry(op, &sess->copies, entry)
		left = left || (op->dev == dev && op->stop && scst_op_runs(op));
	spin_unlock(&sess->copies_lock);
	return left;
}

void scst_copy_init_session(struct scst_session *sess)
{
	spin_lock_init(&sess->copies_lock);
	INIT_LIST_HEAD(&sess->copies);
	init_waitqueue_head(&sess->copies_wait);
}

static bool scst_copies_ended(struct scst_session *sess)
{
	bool ended;

	spin_lock(&sess->copies_lock);
	ended = !scst_ops_running(sess);
	spin_unlock(&sess->copies_lock);
	return ended;
}

void scst_copy_end_session(struct scst_session *sess)
{
	struct scst_copy_op *op;

	spin_lock(&sess->copies_lock);
	list_for_each_entry(op, &sess->copies, entry)
		if (scst_op_runs(op))
			scst_op_stop(op);
	spin_unlock(&sess->copies_lock);
	wait_event(sess->copies_wait, scst_copies_ended(sess));
}

void scst_copy_free_session(struct scst_session *sess)
{
	struct scst_copy_op *op, *next;

	list_for_each_entry_safe(op, next, &sess->copies, entry)
		scst_op_free(op);
}

/* --- COPY OPERATION ABORT --- */

/* By its address: it is only compared. */
static bool scst_op_is_over(struct scst_session *sess, const struct scst_copy_op *which)
{
	struct scst_copy_op *op;
	bool runs = false;

	spin_lock(&sess->copies_lock);
	list_for_each_entry(op, &sess->copies, entry)
		runs = runs || (op == which && scst_op_runs(op));
	spin_unlock(&sess->copies_lock);
	return !runs;
}

static void scst_copy_abort_work(struct work_struct *work)
{
	struct scst_cmd *cmd = container_of(work, struct scst_cmd, work);
	struct scst_session *sess = cmd->sess;
	struct scst_copy_op *op;

	spin_lock(&sess->copies_lock);
	op = scst_op_find(sess, sl_get_be32(cmd->cdb_bytes + 2));
	if (op && scst_op_runs(op))
		scst_op_stop(op);
	else
		op = NULL;
	spin_unlock(&sess->copies_lock);
	if (!op) {
		scst_cmd_fail(cmd, scst_bad_cdb(cmd, 2), NULL);
		return;
	}
	wait_event(sess->copies_wait, scst_op_is_over(sess, op));
	scst_cmd_complete(cmd);
}

/* Waits for the copy, so not where copies are made. */
void scst_exec_copy_abort(struct scst_cmd *cmd)
{
	INIT_WORK(&cmd->work, scst_copy_abort_work);
	queue_work(scst_tm_wq, &cmd->work);
}

/* --- asking --- */

void scst_exec_copy_parameters(struct scst_cmd *cmd)
{
	u8 data[SL_XCOPY_PARAMETERS_LEN];

	sl_xcopy_parameters(data);
	scst_cmd_reply(cmd, data, sizeof(data));
}

/* What was asked for once has been told (SPC-4 6.25): of a copy that has ended it is forgotten. */
void scst_exec_copy_status(struct scst_cmd *cmd)
{
	struct scst_session *sess = cmd->sess;
	u8 data[SL_XCOPY_STATUS_LEN];
	struct scst_copy_op *op;
	bool found;

	spin_lock(&sess->copies_lock);
	op = scst_op_find(sess, cmd->cdb_bytes[2]);
	found = op && !op->told;
	if (found) {
		sl_xcopy_status(data, &op->st);
		op->told = !scst_op_runs(op);
	}
	spin_unlock(&sess->copies_lock);
	if (found)
		scst_cmd_reply(cmd, data, sizeof(data));
	else
		scst_cmd_fail(cmd, scst_bad_cdb(cmd, 2), NULL);
}

void scst_exec_copy_failure(struct scst_cmd *cmd)
{
	struct scst_session *sess = cmd->sess;
	u8 data[SL_XCOPY_FAILURE_MAX];
	struct scst_copy_op *op;
	size_t len = 0;

	spin_lock(&sess->copies_lock);
	op = scst_op_find(sess, cmd->cdb_bytes[2]);
	if (op && !scst_op_runs(op)) {
		len = sl_xcopy_failure(data, op->st.sense);
		list_del(&op->entry);
	} else {
		op = NULL;
	}
	spin_unlock(&sess->copies_lock);
	if (op)
		scst_op_free(op);
	if (len)
		scst_cmd_reply(cmd, data, len);
	else
		scst_cmd_fail(cmd, scst_bad_cdb(cmd, 2), NULL);
}

void scst_exec_copy_status4(struct scst_cmd *cmd)
{
	struct scst_session *sess = cmd->sess;
	u8 data[SL_COPY_STATUS_MAX];
	struct scst_copy_op *op;
	size_t len = 0;

	spin_lock(&sess->copies_lock);
	op = scst_op_find(sess, sl_get_be32(cmd->cdb_bytes + 2));
	if (op)
		len = sl_xcopy4_status(data, &op->st);
	spin_unlock(&sess->copies_lock);
	if (len)
		scst_cmd_reply(cmd, data, len);
	else
		scst_cmd_fail(cmd, scst_bad_cdb(cmd, 2), NULL);
}

/* A token that was told whole, or is not wanted, is kept here no longer (SPC-4 6.26). */
void scst_exec_token_information(struct scst_cmd *cmd)
{
	struct scst_session *sess = cmd->sess;
	u8 *data = kmalloc(SL_ROD_INFORMATION_MAX, GFP_KERNEL);
	struct scst_token *told = NULL;
	struct scst_copy_op *op;
	size_t len = 0;

	if (!data) {
		cmd->status = SCST_BUSY;
		scst_cmd_complete(cmd);
		return;
	}
	spin_lock(&sess->copies_lock);
	op = scst_op_find(sess, sl_get_be32(cmd->cdb_bytes + 2));
	if (op) {
		u64 room = min_t(u64, cmd->cdb.data_len, cmd->expected_len);

		len = sl_rod_information(data, &op->st,
					 op->token ? scst_token_bytes(op->token) : NULL);
		if (!cmd->cdb.data_len || room >= len)
			swap(told, op->token);
	}
	spin_unlock(&sess->copies_lock);
	if (told)
		scst_token_put(told);
	if (len)
		scst_cmd_reply(cmd, data, len);
	else
		scst_cmd_fail(cmd, scst_bad_cdb(cmd, 2), NULL);
	kfree(data);
}

/* --- parameter lists --- */

void scst_fail_list(struct scst_cmd *cmd, enum sl_sense sense, s32 bad_at)
{
	const struct sl_sense_info more = {
		.field_valid = true,
		.field_byte = bad_at,
	};

	scst_cmd_fail(cmd, sense, bad_at < 0 ? NULL : &more);
}

u8 *scst_copy_list(struct scst_cmd *cmd, u32 max, enum sl_sense *sense)
{
	u32 len = min(cmd->out_len, max);
	u8 *list;

	list = kvmalloc(max_t(u32, len, 1), GFP_KERNEL);
	*sense = list ? SL_OK : SL_INSUFFICIENT_RESOURCES;
	if (list)
		scst_cmd_copy_out(cmd, 0, list, len);
	return list;
}

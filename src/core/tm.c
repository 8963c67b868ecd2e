// SPDX-License-Identifier: GPL-2.0-only
/*
 * Task management (SAM-5 7). A function marks the commands it aborts, then
 * waits until they have gone: the initiator may reuse their tags and buffers
 * when it sees the response.
 */
#include "scst_priv.h"

LIST_HEAD(scst_tms);
DEFINE_SPINLOCK(scst_tms_lock);

static bool scst_tm_matches(const struct scst_tm *tm, const struct scst_tgt_dev *td,
			    const struct scst_cmd *cmd)
{
	if (cmd->tgt_dev != td)
		return false;
	switch (tm->fn) {
	case SCST_TM_ABORT_TASK:
		return cmd->tag == tm->tag;
	case SCST_TM_CLEAR_ACA:
		return cmd->attr == SCST_ACA;
	default:
		return true;
	}
}

/* @tell: by the status TASK ABORTED. Under the lock of the task set. */
static void scst_abort(struct scst_cmd *cmd, bool tell)
{
	if (!scst_cmd_aborted(cmd)) {
		if (tell)
			set_bit(SCST_CMD_TELL_ABORTED, &cmd->flags);
		/* Who sees it aborted sees what is to be told, too. */
		smp_mb__before_atomic();
		set_bit(SCST_CMD_ABORTED, &cmd->flags);
		if (READ_ONCE(cmd->state) == SCST_CMD_PARSED &&
		    !test_bit(SCST_CMD_INTERNAL, &cmd->flags))
			cmd->sess->tgt->driver->ops->abort_cmd(cmd);
	}
	scst_order_abort(cmd);
}

/*
 * Commands that another nexus has aborted: told each by its status (TAS), or else all
 * together by a unit attention, unless there is one that says more (SAM-5 5.6).
 */
static bool scst_tells_each(const struct scst_device *dev)
{
	return READ_ONCE(dev->mode.now.tas);
}

static unsigned int scst_abort_in(const struct scst_tm *tm, struct scst_tgt_dev *td)
{
	bool by_other = td->sess != tm->sess, tell = by_other && scst_tells_each(td->dev);
	unsigned int n = 0;
	struct scst_cmd *cmd;

	spin_lock(&td->tasks->lock);
	list_for_each_entry(cmd, &td->tasks->cmds, tgt_dev_entry) {
		if (!scst_tm_matches(tm, td, cmd))
			continue;
		n++;
		scst_abort(cmd, tell);
	}
	spin_unlock(&td->tasks->lock);
	if (n && by_other && !tell && tm->fn != SCST_TM_LUN_RESET && tm->fn != SCST_TM_TARGET_RESET)
		set_bit(SCST_UA_CLEARED_BY_OTHER, &td->ua);
	if (n)
		scst_copy_stop_aborted(td->sess);
	return n;
}

void scst_tm_abort_others(const struct scst_cmd *faulted, bool of_nexus)
{
	struct scst_tgt_dev *td = faulted->tgt_dev;
	bool tas = scst_tells_each(td->dev);
	struct scst_cmd *cmd;

	spin_lock(&td->tasks->lock);
	list_for_each_entry(cmd, &td->tasks->cmds, tgt_dev_entry) {
		bool by_other = cmd->tgt_dev != td;

		if (cmd == faulted || (of_nexus && by_other) ||
		    READ_ONCE(cmd->state) == SCST_CMD_DONE)
			continue;
		scst_abort(cmd, by_other && tas);
		if (by_other && !tas)
			set_bit(SCST_UA_CLEARED_BY_OTHER, &cmd->tgt_dev->ua);
	}
	spin_unlock(&td->tasks->lock);
	spin_lock(&faulted->dev->tgt_devs_lock);
	list_for_each_entry(td, &faulted->dev->tgt_devs, dev_entry)
		scst_copy_stop_aborted(td->sess);
	spin_unlock(&faulted->dev->tgt_devs_lock);
	wake_up_all(&faulted->dev->tm_wait);
}

/* No longer ours: how long its initiator takes to read that is nothing to wait for. */
static bool scst_is_others_answer(const struct scst_tm *tm, const struct scst_cmd *cmd)
{
	return cmd->sess != tm->sess && READ_ONCE(cmd->state) == SCST_CMD_DONE;
}

static bool scst_aborted_left(const struct scst_tm *tm, struct scst_tgt_dev *td)
{
	struct scst_cmd *cmd;
	bool left = false;

	spin_lock(&td->tasks->lock);
	list_for_each_entry(cmd, &td->tasks->cmds, tgt_dev_entry)
		if (scst_cmd_aborted(cmd) && scst_tm_matches(tm, td, cmd) &&
		    !scst_is_others_answer(tm, cmd))
			left = true;
	spin_unlock(&td->tasks->lock);
	return left;
}

static bool scst_dev_aborted_left(const struct scst_tm *tm, struct scst_device *dev)
{
	struct scst_tgt_dev *td;
	bool left = false;

	spin_lock(&dev->tgt_devs_lock);
	list_for_each_entry(td, &dev->tgt_devs, dev_entry)
		if (scst_aborted_left(tm, td) || scst_copy_stopping(td->sess, dev))
			left = true;
	spin_unlock(&dev->tgt_devs_lock);
	return left;
}

/* A command that has gone lets the function go on; one that waits for something may stop. */
void scst_tm_cmd_gone(struct scst_cmd *cmd)
{
	wake_up_all(&cmd->dev->tm_wait);
}

/* How many commands it concerned. */
static unsigned int scst_tm_one_nexus(struct scst_tm *tm, struct scst_tgt_dev *td)
{
	unsigned int n = scst_abort_in(tm, td);

	wake_up_all(&td->dev->tm_wait);
	wait_event(td->dev->tm_wait, !scst_aborted_left(tm, td));
	if (tm->fn == SCST_TM_CLEAR_ACA)
		scst_aca_clear(td);
	return n;
}

/* What was begun with another device under this number, the initiator takes for commands of this. */
static unsigned int scst_tm_departed(struct scst_tm *tm)
{
	struct scst_tgt_dev *td = NULL;
	unsigned int n = 0;

	while ((td = scst_departed_next(tm->sess, td)))
		if (tm->fn == SCST_TM_TARGET_RESET || td->lun == tm->lun)
			n += scst_tm_one_nexus(tm, td);
	return n;
}

static void scst_reset_nexuses(struct scst_device *dev)
{
	struct scst_tgt_dev *td;

	spin_lock(&dev->tgt_devs_lock);
	list_for_each_entry(td, &dev->tgt_devs, dev_entry) {
		td->prevents_removal = false;
		scst_aca_clear(td);
	}
	spin_unlock(&dev->tgt_devs_lock);
}

static void scst_tm_all_nexuses(struct scst_tm *tm, struct scst_device *dev)
{
	struct scst_tgt_dev *td;

	spin_lock(&dev->tgt_devs_lock);
	list_for_each_entry(td, &dev->tgt_devs, dev_entry) {
		scst_abort_in(tm, td);
		if (tm->fn != SCST_TM_CLEAR_TASK_SET)
			scst_copy_reset(td->sess, dev);
	}
	spin_unlock(&dev->tgt_devs_lock);
	wake_up_all(&dev->tm_wait);
	wait_event(dev->tm_wait, !scst_dev_aborted_left(tm, dev));

	if (tm->fn == SCST_TM_CLEAR_TASK_SET)
		return;
	spin_lock(&dev->lock);
	dev->mode.now = dev->mode.saved;
	spin_unlock(&dev->lock);
	scst_resv_reset(dev);
	scst_reset_nexuses(dev);
	scst_dev_raise_ua(dev, SCST_UA_RESET, NULL);
}

void scst_tm_abort_nexuses(struct scst_session *by, struct scst_tgt_dev **tds, u32 nr)
{
	const struct scst_tm tm = { .fn = SCST_TM_ABORT_TASK_SET, .sess = by };
	u32 i;

	for (i = 0; i < nr; i++)
		scst_abort_in(&tm, tds[i]);
	for (i = 0; i < nr; i++) {
		wake_up_all(&tds[i]->dev->tm_wait);
		wait_event(tds[i]->dev->tm_wait, !scst_aborted_left(&tm, tds[i]));
		scst_aca_clear(tds[i]);
		scst_tgt_dev_put(tds[i]);
	}
}

static unsigned int scst_abort_those(struct scst_tgt_dev *td,
				     bool (*which)(const struct scst_cmd *cmd, const void *arg),
				     const void *arg)
{
	unsigned int n = 0;
	struct scst_cmd *cmd;

	spin_lock(&td->tasks->lock);
	list_for_each_entry(cmd, &td->tasks->cmds, tgt_dev_entry) {
		if (cmd->tgt_dev != td)
			continue;
		/* The driver knows nothing of those of the copy manager. */
		if (which && (test_bit(SCST_CMD_INTERNAL, &cmd->flags) || !which(cmd, arg)))
			continue;
		n++;
		scst_abort(cmd, false);
	}
	spin_unlock(&td->tasks->lock);
	if (n)
		scst_copy_stop_aborted(td->sess);
	return n;
}

void scst_session_abort(struct scst_session *sess,
			bool (*which)(const struct scst_cmd *cmd, const void *arg), const void *arg)
{
	struct scst_tgt_dev *td;
	unsigned long lun;

	rcu_read_lock();
	xa_for_each(&sess->luns, lun, td) {
		if (!refcount_inc_not_zero(&td->refs))
			continue;
		rcu_read_unlock();
		if (scst_abort_those(td, which, arg))
			wake_up_all(&td->dev->tm_wait);
		scst_tgt_dev_put(td);
		rcu_read_lock();
	}
	rcu_read_unlock();
	td = NULL;
	while ((td = scst_departed_next(sess, td)))
		if (scst_abort_those(td, which, arg))
			wake_up_all(&td->dev->tm_wait);
}
EXPORT_SYMBOL_GPL(scst_session_abort);

static void scst_tm_target(struct scst_tm *tm)
{
	struct scst_tgt_dev *td;
	unsigned long lun = 0;

	/* A reference to each in turn: LUNs may come and go while this waits. */
	for (;;) {
		rcu_read_lock();
		td = xa_find(&tm->sess->luns, &lun, ULONG_MAX, XA_PRESENT);
		if (td && !refcount_inc_not_zero(&td->refs))
			td = NULL;
		rcu_read_unlock();
		if (!td)
			break;
		scst_tm_all_nexuses(tm, td->dev);
		scst_tgt_dev_put(td);
		lun++;
	}
	scst_tm_departed(tm);
}

static void scst_tm_lun(struct scst_tm *tm)
{
	/* Before those that have departed: it may become one. */
	struct scst_tgt_dev *td = scst_tgt_dev_get(tm->sess, tm->lun);
	unsigned int n = scst_tm_departed(tm);

	if (!td) {
		tm->result = n ? SCST_TM_COMPLETE : SCST_TM_NO_LUN;
		return;
	}
	/* With TST 001b every nexus has a task set of its own: CLEAR is ABORT (SPC-4 7.5.8). */
	if (tm->fn == SCST_TM_LUN_RESET ||
	    (tm->fn == SCST_TM_CLEAR_TASK_SET && td->dev->unit.tst == 0))
		scst_tm_all_nexuses(tm, td->dev);
	else
		n += scst_tm_one_nexus(tm, td);
	if (!n && tm->fn == SCST_TM_ABORT_TASK)
		tm->result = SCST_TM_NO_TASK;
	scst_tgt_dev_put(td);
}

static void scst_tm_work(struct work_struct *work)
{
	struct scst_tm *tm = container_of(work, struct scst_tm, work);

	tm->result = SCST_TM_COMPLETE;
	if (tm->fn == SCST_TM_TARGET_RESET)
		scst_tm_target(tm);
	else if (tm->lun_valid)
		scst_tm_lun(tm);
	else
		tm->result = SCST_TM_NO_LUN;
	spin_lock(&scst_tms_lock);
	list_del(&tm->entry);
	spin_unlock(&scst_tms_lock);
	tm->sess->tgt->driver->ops->tm_done(tm);
}

void scst_tm_start(struct scst_tm *tm)
{
	u8 hole = READ_ONCE(tm->sess->black_hole);

	if (hole == SCST_HOLE_CMDS_TM || hole == SCST_HOLE_DATA_TM) {
		tm->result = SCST_TM_DROPPED;
		tm->sess->tgt->driver->ops->tm_done(tm);
		return;
	}
	spin_lock(&scst_tms_lock);
	list_add_tail(&tm->entry, &scst_tms);
	spin_unlock(&scst_tms_lock);
	INIT_WORK(&tm->work, scst_tm_work);
	queue_work(scst_tm_wq, &tm->work);
}
EXPORT_SYMBOL_GPL(scst_tm_start);

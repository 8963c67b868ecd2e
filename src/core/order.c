// SPDX-License-Identifier: GPL-2.0-only
/*
 * Task attributes (SAM-5 8.6): a task set is that of one nexus, and as long as
 * all of it is SIMPLE, and nobody has blocked the device, nothing is looked at.
 * A command that may not begin yet is held; each one that goes lets those begin
 * that waited for nothing else.
 */
#include "scst_priv.h"

/* SAM-5 8.6.2 to 8.6.4: SIMPLE waits for older ORDERED, ORDERED for all that is older. */
static bool scst_must_wait(const struct scst_cmd *cmd)
{
	const struct scst_cmd *other;
	bool older = true;

	if (cmd->tgt_dev->blocked)
		return true;
	/* What the copy manager does is no task of the nexus. */
	if (test_bit(SCST_CMD_INTERNAL, &cmd->flags))
		return false;
	if (cmd->attr == SCST_HEAD_OF_QUEUE)
		return false;
	list_for_each_entry(other, &cmd->tgt_dev->cmds, tgt_dev_entry) {
		if (other == cmd)
			older = false;
		else if (other->attr == SCST_HEAD_OF_QUEUE)
			return true;
		else if (older && (cmd->attr == SCST_ORDERED || other->attr == SCST_ORDERED))
			return true;
	}
	return false;
}

static void scst_begin_work(struct work_struct *work)
{
	struct scst_cmd *cmd = container_of(work, struct scst_cmd, work);

	if (scst_cmd_aborted(cmd))
		scst_cmd_complete(cmd);
	else
		cmd->exec(cmd);
}

/* Not here: somebody else's command is just being given back. */
static void scst_begin(struct scst_cmd *cmd)
{
	list_del(&cmd->held_entry);
	clear_bit(SCST_CMD_HELD, &cmd->flags);
	set_bit(SCST_CMD_DEFERRED, &cmd->flags);
	INIT_WORK(&cmd->work, scst_begin_work);
	queue_work(scst_wq, &cmd->work);
}

void scst_order_enter(struct scst_cmd *cmd)
{
	lockdep_assert_held(&cmd->tgt_dev->lock);
	if (cmd->attr != SCST_SIMPLE)
		WRITE_ONCE(cmd->tgt_dev->nr_special, cmd->tgt_dev->nr_special + 1);
}

bool scst_order_hold(struct scst_cmd *cmd)
{
	struct scst_tgt_dev *td = cmd->tgt_dev;
	bool hold;

	/* A special one that comes from now on is newer: it waits, or waits for nothing. */
	if (!td || !READ_ONCE(td->nr_special))
		return false;
	spin_lock(&td->lock);
	/* Who aborts it from now on finds it held. */
	hold = !scst_cmd_aborted(cmd) && scst_must_wait(cmd);
	if (hold) {
		set_bit(SCST_CMD_HELD, &cmd->flags);
		list_add_tail(&cmd->held_entry, &td->held);
	}
	spin_unlock(&td->lock);
	return hold;
}

static void scst_let_go(struct scst_tgt_dev *td)
{
	struct scst_cmd *held, *next;

	list_for_each_entry_safe(held, next, &td->held, held_entry)
		if (!scst_must_wait(held))
			scst_begin(held);
}

void scst_order_leave(struct scst_cmd *cmd)
{
	struct scst_tgt_dev *td = cmd->tgt_dev;

	lockdep_assert_held(&td->lock);
	if (cmd->attr != SCST_SIMPLE)
		WRITE_ONCE(td->nr_special, td->nr_special - 1);
	scst_let_go(td);
}

void scst_order_abort(struct scst_cmd *cmd)
{
	lockdep_assert_held(&cmd->tgt_dev->lock);
	if (test_bit(SCST_CMD_HELD, &cmd->flags))
		scst_begin(cmd);
}

/* A block counts as special, so that the way of a command has one thing to look at. */
void scst_order_block(struct scst_tgt_dev *td)
{
	spin_lock(&td->lock);
	WRITE_ONCE(td->blocked, true);
	WRITE_ONCE(td->nr_special, td->nr_special + 1);
	spin_unlock(&td->lock);
}

void scst_order_unblock(struct scst_tgt_dev *td)
{
	spin_lock(&td->lock);
	if (td->blocked) {
		WRITE_ONCE(td->blocked, false);
		WRITE_ONCE(td->nr_special, td->nr_special - 1);
		scst_let_go(td);
	}
	spin_unlock(&td->lock);
}

bool scst_order_executing(struct scst_tgt_dev *td)
{
	const struct scst_cmd *cmd;
	bool executing = false;

	spin_lock(&td->lock);
	list_for_each_entry(cmd, &td->cmds, tgt_dev_entry)
		executing = executing || (READ_ONCE(cmd->state) == SCST_CMD_EXEC &&
					  !test_bit(SCST_CMD_HELD, &cmd->flags));
	spin_unlock(&td->lock);
	return executing;
}

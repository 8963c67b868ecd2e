// SPDX-License-Identifier: GPL-2.0-only
/*
 * When commands begin (SAM-5 8.6): as long as all of a task set is SIMPLE, in
 * any order, and nobody has blocked the device, nothing is looked at. A command
 * that may not begin yet is held; each one that goes lets those begin that
 * waited for nothing else.
 */
#include "scst_priv.h"

void scst_order_init(struct scst_task_set *set)
{
	spin_lock_init(&set->lock);
	INIT_LIST_HEAD(&set->cmds);
	INIT_LIST_HEAD(&set->held);
}

/* Queue algorithm modifier 0h: what a nexus reads must be what it wrote before (SPC-4 7.5.8). */
static bool scst_keeps_order(const struct scst_cmd *cmd, const struct scst_cmd *older)
{
	return READ_ONCE(cmd->dev->mode.now.restricted) && cmd->tgt_dev == older->tgt_dev &&
	       sl_cdb_conflict(&cmd->cdb, &older->cdb);
}

/* SAM-5 8.6.2 to 8.6.4: SIMPLE waits for older ORDERED, ORDERED for all that is older. */
static bool scst_must_wait(const struct scst_cmd *cmd)
{
	const struct scst_task_set *set = cmd->tgt_dev->tasks;
	const struct scst_cmd *other;
	bool older = true;

	if (set->blocked || test_bit(SCST_CMD_VANISHED, &cmd->flags))
		return true;
	/* What the copy manager does is no task of the nexus. */
	if (test_bit(SCST_CMD_INTERNAL, &cmd->flags))
		return false;
	if (set->faulted)
		return !scst_aca_passes(cmd);
	if (cmd->attr == SCST_HEAD_OF_QUEUE)
		return false;
	list_for_each_entry(other, &set->cmds, tgt_dev_entry) {
		if (other == cmd)
			older = false;
		else if (other->attr == SCST_HEAD_OF_QUEUE)
			return true;
		else if (older && (cmd->attr == SCST_ORDERED || other->attr == SCST_ORDERED ||
				   scst_keeps_order(cmd, other)))
			return true;
	}
	return false;
}

static void scst_begin_work(struct work_struct *work)
{
	struct scst_cmd *cmd = container_of(work, struct scst_cmd, work);

	if (scst_cmd_aborted(cmd)) {
		scst_cmd_complete(cmd);
		return;
	}
	rcu_read_lock();
	scst_token_begin(cmd);
	rcu_read_unlock();
	scst_cmd_run(cmd);
}

/* Not here: somebody else's command is just being given back. */
static void scst_begin(struct scst_cmd *cmd)
{
	list_del(&cmd->held_entry);
	clear_bit(SCST_CMD_HELD, &cmd->flags);
	scst_cmd_queue(cmd, scst_begin_work);
}

void scst_order_enter(struct scst_cmd *cmd)
{
	struct scst_task_set *set = cmd->tgt_dev->tasks;

	lockdep_assert_held(&set->lock);
	list_add_tail(&cmd->tgt_dev_entry, &set->cmds);
	cmd->tgt_dev->nr_cmds++;
	if (cmd->attr != SCST_SIMPLE)
		scst_order_special(set, 1);
}

bool scst_order_hold(struct scst_cmd *cmd)
{
	struct scst_task_set *set;
	bool hold;

	if (!cmd->tgt_dev)
		return false;
	set = cmd->tgt_dev->tasks;
	/* A special one that comes from now on is newer: it waits, or waits for nothing. */
	if (!READ_ONCE(set->nr_special) && !READ_ONCE(cmd->dev->mode.now.restricted) &&
	    !test_bit(SCST_CMD_VANISHED, &cmd->flags))
		return false;
	spin_lock(&set->lock);
	/* Who aborts it from now on finds it held. */
	hold = !scst_cmd_aborted(cmd) && scst_must_wait(cmd);
	if (hold) {
		set_bit(SCST_CMD_HELD, &cmd->flags);
		list_add_tail(&cmd->held_entry, &set->held);
	}
	spin_unlock(&set->lock);
	return hold;
}

void scst_order_let_go(struct scst_task_set *set)
{
	struct scst_cmd *held, *next;

	lockdep_assert_held(&set->lock);
	list_for_each_entry_safe(held, next, &set->held, held_entry)
		if (!scst_must_wait(held))
			scst_begin(held);
}

void scst_order_leave(struct scst_cmd *cmd)
{
	struct scst_task_set *set = cmd->tgt_dev->tasks;

	lockdep_assert_held(&set->lock);
	list_del(&cmd->tgt_dev_entry);
	cmd->tgt_dev->nr_cmds--;
	if (cmd->attr != SCST_SIMPLE)
		scst_order_special(set, -1);
	scst_order_let_go(set);
}

void scst_order_abort(struct scst_cmd *cmd)
{
	lockdep_assert_held(&cmd->tgt_dev->tasks->lock);
	if (test_bit(SCST_CMD_HELD, &cmd->flags))
		scst_begin(cmd);
}

void scst_order_drop_vanished(struct scst_task_set *set)
{
	struct scst_cmd *held, *next;

	spin_lock(&set->lock);
	list_for_each_entry_safe(held, next, &set->held, held_entry) {
		if (!test_bit(SCST_CMD_VANISHED, &held->flags))
			continue;
		set_bit(SCST_CMD_ABORTED, &held->flags);
		scst_begin(held);
	}
	spin_unlock(&set->lock);
}

/* A block counts as special, so that the way of a command has one thing to look at. */
void scst_order_block(struct scst_task_set *set)
{
	spin_lock(&set->lock);
	if (!set->blocked) {
		WRITE_ONCE(set->blocked, true);
		scst_order_special(set, 1);
	}
	spin_unlock(&set->lock);
}

void scst_order_unblock(struct scst_task_set *set)
{
	spin_lock(&set->lock);
	if (set->blocked) {
		WRITE_ONCE(set->blocked, false);
		scst_order_special(set, -1);
		scst_order_let_go(set);
	}
	spin_unlock(&set->lock);
}

bool scst_order_executing(struct scst_task_set *set)
{
	const struct scst_cmd *cmd;
	bool executing = false;

	spin_lock(&set->lock);
	list_for_each_entry(cmd, &set->cmds, tgt_dev_entry)
		executing = executing || (READ_ONCE(cmd->state) == SCST_CMD_EXEC &&
					  !test_bit(SCST_CMD_HELD, &cmd->flags));
	spin_unlock(&set->lock);
	return executing;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * EXTENDED COPY between LUNs of the session that asks. It reads and writes by commands of
 * that session, so that nothing is copied that the initiator could not have read and
 * written itself. What goes beyond that the admin has to allow (copy_manager.c).
 */
#include <linux/mm.h>
#include <linux/slab.h>

#include "copy.h"

struct workqueue_struct *scst_copy_wq;

/* An EXTENDED COPY under way. */
struct scst_copy {
	struct scst_cmd *cmd;		/* valid until its operation has begun */
	struct scst_copy_op *op;
	struct sl_xcopy list;
	struct scst_tgt_dev *units[SL_XCOPY_MAX_CSCDS];	/* with references */
	struct scst_tgt_dev *this_unit;			/* likewise */
	struct scst_mover mover;
	struct work_struct work;	/* in the background; the command's may be in use again */
};

/* --- which LUNs --- */

/* What INQUIRY would tell of the unit on page 83h. */
size_t scst_identification(struct scst_device *dev, u8 *page)
{
	static const u8 cdb[6] = { 0x12, 0x01, 0x83 };
	const struct sl_port_id port = { };
	size_t len = 0;

	if (dev->handler->ops->identification)
		return dev->handler->ops->identification(dev, page, SL_INQUIRY_MAX);
	spin_lock(&dev->lock);
	if (sl_inquiry(cdb, &dev->unit, &port, page, &len))
		len = 0;
	spin_unlock(&dev->lock);
	return len;
}

static struct scst_tgt_dev *scst_unit_named(struct scst_session *sess,
					    const struct sl_xcopy_cscd *cscd, u8 *page)
{
	struct scst_tgt_dev *td, *found = NULL;
	unsigned long lun;

	rcu_read_lock();
	xa_for_each(&sess->luns, lun, td) {
		if (!sl_xcopy_names(cscd, page, scst_identification(td->dev, page)))
			continue;
		if (!refcount_inc_not_zero(&td->refs))
			continue;
		found = td;
		break;
	}
	rcu_read_unlock();
	return found;
}

static bool scst_is_block_device(const struct scst_tgt_dev *td)
{
	return td->dev->unit.device_type == 0 && td->dev->unit.blocks;
}

static enum sl_sense scst_find_unit(struct scst_copy *c, u16 i, u8 *page)
{
	const struct sl_xcopy_cscd *cscd = &c->list.cscds[i];
	struct scst_session *beyond = scst_copy_manager_sess();
	struct scst_tgt_dev *td = scst_unit_named(c->cmd->sess, cscd, page);

	if (!td && beyond)
		td = scst_unit_named(beyond, cscd, page);
	c->units[i] = td;
	if (!td || !scst_is_block_device(td)) {
		c->list.bad_at = cscd->at;
		return SL_COPY_TARGET_UNREACHABLE;
	}
	if (cscd->block_len && cscd->block_len != 1u << td->dev->unit.block_shift) {
		c->list.bad_at = cscd->at + 29;
		return SL_INVALID_PARAM_FIELD;
	}
	return SL_OK;
}

static enum sl_sense scst_find_units(struct scst_copy *c)
{
	u8 *page = kmalloc(SL_INQUIRY_MAX, GFP_KERNEL);
	enum sl_sense sense = page ? SL_OK : SL_INSUFFICIENT_RESOURCES;
	u16 i;

	/* The command keeps it, but may end before the copy does. */
	c->this_unit = c->cmd->tgt_dev;
	refcount_inc(&c->this_unit->refs);
	for (i = 0; i < c->list.nr_cscds && !sense; i++)
		sense = scst_find_unit(c, i, page);
	kfree(page);
	return sense;
}

static void scst_put_units(struct scst_copy *c)
{
	u16 i;

	for (i = 0; i < c->list.nr_cscds; i++)
		if (c->units[i])
			scst_tgt_dev_put(c->units[i]);
	if (c->this_unit)
		scst_tgt_dev_put(c->this_unit);
}

static const struct scst_tgt_dev *scst_unit(const struct scst_copy *c, u16 cscd)
{
	return cscd == SL_XCOPY_THIS_UNIT ? c->this_unit : c->units[cscd];
}

static u8 scst_copy_shift(const struct scst_copy *c, u16 cscd)
{
	return scst_unit(c, cscd)->dev->unit.block_shift;
}

/* --- segments --- */

static u64 scst_segment_len(const struct scst_copy *c, const struct sl_xcopy_segment *seg)
{
	u16 counts = seg->counts_destination ? seg->to : seg->from;

	return (u64)seg->blocks << scst_copy_shift(c, counts);
}

static bool scst_in_range(const struct scst_tgt_dev *td, u64 lba, u64 len)
{
	u64 blocks = READ_ONCE(td->dev->unit.blocks);

	return lba <= blocks && len >> td->dev->unit.block_shift <= blocks - lba;
}

/* Before the first byte is copied. */
static enum sl_sense scst_check_segment(struct scst_copy *c, const struct sl_xcopy_segment *seg)
{
	u8 shift = max(scst_copy_shift(c, seg->from), scst_copy_shift(c, seg->to));
	u64 len = scst_segment_len(c, seg);

	/* A rest of a block would be left over, and nothing is kept for the next segment. */
	if (len & ((1u << shift) - 1)) {
		c->list.bad_at = seg->at + 10;
		return SL_INVALID_PARAM_FIELD;
	}
	if (!scst_in_range(scst_unit(c, seg->from), seg->from_lba, len)) {
		c->list.bad_at = seg->at + 12;
		return SL_COPY_ABORTED;
	}
	if (!scst_in_range(scst_unit(c, seg->to), seg->to_lba, len)) {
		c->list.bad_at = seg->at + 20;
		return SL_COPY_ABORTED;
	}
	return SL_OK;
}

static bool scst_copy_chunk(struct scst_copy *c, const struct sl_xcopy_segment *seg, u64 offset,
			    u32 len)
{
	const struct scst_tgt_dev *from = scst_unit(c, seg->from), *to = scst_unit(c, seg->to);
	u64 at = (seg->from_lba << scst_copy_shift(c, seg->from)) + offset;
	u64 lba = seg->to_lba + (offset >> scst_copy_shift(c, seg->to));
	bool good;

	good = scst_move_begin(&c->mover, to, lba, len) &&
	       scst_move_fill(&c->mover, from, at, 0, len);
	return scst_move_end(&c->mover, to, good);
}

static enum sl_sense scst_copy_segment(struct scst_copy *c, const struct sl_xcopy_segment *seg)
{
	u64 len = scst_segment_len(c, seg), done;

	scst_op_advance(c->op, 1, 0);
	for (done = 0; done < len; done += COPY_CHUNK) {
		u32 n = min_t(u64, COPY_CHUNK, len - done);

		if (!scst_copy_chunk(c, seg, done, n))
			return SL_COPY_THIRD_PARTY_FAILURE;
		scst_op_advance(c->op, 0, n);
	}
	return SL_OK;
}

/* --- the command --- */

static enum sl_sense scst_copy_read_list(struct scst_copy *c)
{
	struct scst_cmd *cmd = c->cmd;
	enum sl_sense sense;
	u8 *list;

	c->list.bad_at = -1;
	list = scst_copy_list(cmd, U16_MAX, &sense);
	if (sense)
		return sense;
	if (cmd->cdb.id == SL_OP_EXTENDED_COPY4)
		sense = sl_xcopy4_parse(list, cmd->out_len, &c->list);
	else
		sense = sl_xcopy_parse(list, cmd->out_len, &c->list);
	kvfree(list);
	return sense;
}

/* All that can be refused before anything is copied. */
static enum sl_sense scst_copy_begin(struct scst_copy *c)
{
	enum sl_sense sense = scst_copy_read_list(c);
	u16 i;

	if (!sense)
		sense = scst_find_units(c);
	for (i = 0; i < c->list.nr_segments && !sense; i++)
		sense = scst_check_segment(c, &c->list.segments[i]);
	if (sense)
		return sense;
	return scst_op_begin(c->cmd, c->list.has_list_id ? &c->list.list_id : NULL,
			     SL_COPY_COUNTS_BYTES, &c->op);
}

static void scst_copy_all(struct scst_copy *c)
{
	struct scst_copy_op *op = c->op;
	enum sl_sense sense = SL_OK;
	u16 i;

	scst_move_init(&c->mover, op);
	for (i = 0; i < c->list.nr_segments && !sense; i++)
		sense = scst_copy_segment(c, &c->list.segments[i]);
	scst_put_units(c);
	scst_op_end(op, sense, NULL);
	kvfree(c);
}

static void scst_copy_background(struct work_struct *work)
{
	scst_copy_all(container_of(work, struct scst_copy, work));
}

static void scst_copy_work(struct work_struct *work)
{
	struct scst_cmd *cmd = container_of(work, struct scst_cmd, work);
	struct scst_copy *c = kvzalloc(sizeof(*c), GFP_KERNEL);
	enum sl_sense sense;

	if (!c) {
		scst_cmd_fail(cmd, SL_INSUFFICIENT_RESOURCES, NULL);
		return;
	}
	c->cmd = cmd;
	sense = scst_copy_begin(c);
	if (sense) {
		scst_put_units(c);
		scst_fail_list(cmd, sense, c->list.bad_at);
		kvfree(c);
	} else if (c->list.immed) {
		INIT_WORK(&c->work, scst_copy_background);
		scst_op_to_background(c->op);
		queue_work(scst_copy_wq, &c->work);
	} else {
		scst_copy_all(c);
	}
}

void scst_exec_extended_copy(struct scst_cmd *cmd)
{
	if (!cmd->cdb.data_len) {
		scst_cmd_complete(cmd);
		return;
	}
	if (cmd->cdb.data_len > U16_MAX) {
		scst_cmd_fail(cmd, SL_PARAM_LIST_LENGTH, NULL);
		return;
	}
	/* Waits for other commands: these must not be queued behind it. */
	INIT_WORK(&cmd->work, scst_copy_work);
	queue_work(scst_copy_wq, &cmd->work);
}

int scst_copy_init(void)
{
	scst_copy_wq = alloc_workqueue("scst_copy", WQ_UNBOUND | WQ_MEM_RECLAIM, SL_XCOPY_AT_ONCE);
	return scst_copy_wq ? 0 : -ENOMEM;
}

void scst_copy_exit(void)
{
	destroy_workqueue(scst_copy_wq);
}

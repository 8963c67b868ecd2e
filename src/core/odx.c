// SPDX-License-Identifier: GPL-2.0-only
/*
 * POPULATE TOKEN and WRITE USING TOKEN (SBC-4 5.12, 5.59): offloaded data transfer. Who has
 * a token may have what it stands for written to a LUN that he can write; that he could
 * read it was checked of the one who had the token made, and handed it on.
 */
#include <linux/mm.h>
#include <linux/slab.h>

#include "copy.h"

#define REPORT_HEADER	8
#define REPORT_MAX	256	/* tokens */

/* A WRITE USING TOKEN under way. */
struct scst_odx {
	struct scst_copy_op *op;
	struct scst_token *token;	/* NULL: the one of zeros */
	struct scst_tgt_dev *from;	/* both with references */
	struct scst_tgt_dev *to;
	struct sl_rod_list list;
	u64 offset;			/* into the token, of what comes next */
	struct scst_mover mover;
	struct work_struct work;	/* in the background; the command's may be in use again */
};

/* --- POPULATE TOKEN --- */

static enum sl_sense scst_device_ready(struct scst_device *dev)
{
	struct sl_sense_info more = { };

	return dev->handler->ops->state ? dev->handler->ops->state(dev, &more) : SL_OK;
}

static bool scst_copy_manager_reaches(struct scst_device *dev)
{
	struct scst_tgt_dev *td = scst_copy_manager_unit(dev);

	if (td)
		scst_tgt_dev_put(td);
	return td;
}

static enum sl_sense scst_populate_begin(struct scst_cmd *cmd, struct sl_rod_list *list,
					 struct scst_copy_op **op)
{
	u32 list_id = sl_get_be32(cmd->cdb_bytes + 6);
	enum sl_sense sense;
	u8 *bytes;

	list->bad_at = -1;
	sense = scst_device_ready(cmd->dev);
	if (sense)
		return sense;
	if (!scst_copy_manager_reaches(cmd->dev))
		return SL_TOKEN_INVALID;
	bytes = scst_copy_list(cmd, SL_ROD_POPULATE_MAX, &sense);
	if (sense)
		return sense;
	sense = sl_populate_parse(bytes, min_t(u32, cmd->out_len, SL_ROD_POPULATE_MAX),
				  &cmd->dev->unit, list);
	kvfree(bytes);
	if (sense)
		return sense;
	return scst_op_begin(cmd, &list_id, SL_COPY_COUNTS_BLOCKS, op);
}

static void scst_populate(struct scst_copy_op *op, const struct sl_rod_list *list)
{
	struct scst_token *token = NULL;
	enum sl_sense sense = SL_OK;

	if (list->immed)
		scst_op_to_background(op);
	/* No blocks, no token, and no error (SBC-4 5.12.3). */
	if (list->ranges.blocks)
		sense = scst_token_create(op->dev, &list->ranges, list->timeout, &token);
	if (token && !sense) {
		scst_token_settle(token, op);
		if (scst_op_stopped(op)) {
			sense = SL_COPY_CLEARED;
			scst_token_put(token);
			token = NULL;
		}
	}
	if (!sense)
		scst_op_advance(op, 0, list->ranges.blocks);
	scst_op_end(op, sense, token);
}

static void scst_populate_work(struct work_struct *work)
{
	struct scst_cmd *cmd = container_of(work, struct scst_cmd, work);
	struct sl_rod_list *list = kmalloc(sizeof(*list), GFP_KERNEL);
	struct scst_copy_op *op;
	enum sl_sense sense;

	if (!list) {
		scst_cmd_fail(cmd, SL_INSUFFICIENT_RESOURCES, NULL);
		return;
	}
	sense = scst_populate_begin(cmd, list, &op);
	if (sense)
		scst_fail_list(cmd, sense, list->bad_at);
	else
		scst_populate(op, list);
	kfree(list);
}

void scst_exec_populate_token(struct scst_cmd *cmd)
{
	if (!cmd->cdb.data_len) {
		scst_cmd_complete(cmd);
		return;
	}
	/* Waits for writes, moves nothing. */
	INIT_WORK(&cmd->work, scst_populate_work);
	queue_work(scst_tm_wq, &cmd->work);
}

/* --- WRITE USING TOKEN --- */

static enum sl_sense scst_odx_take_token(struct scst_odx *o)
{
	enum sl_sense sense;

	if (sl_rod_type(o->list.token) == SL_ROD_ZERO)
		return SL_OK;
	sense = scst_token_use(o->list.token, &o->token);
	if (sense) {
		o->list.bad_at = 16;
		return sense;
	}
	if (o->offset >= scst_token_len(o->token)) {
		o->list.bad_at = 8;
		return SL_INVALID_PARAM_FIELD;
	}
	o->from = scst_token_unit(o->token);
	return o->from ? SL_OK : SL_TOKEN_INVALID;
}

static enum sl_sense scst_odx_begin(struct scst_odx *o, struct scst_cmd *cmd)
{
	u32 list_id = sl_get_be32(cmd->cdb_bytes + 6);
	enum sl_sense sense;
	u8 *bytes;

	o->list.bad_at = -1;
	bytes = scst_copy_list(cmd, SL_ROD_WRITE_MAX, &sense);
	if (sense)
		return sense;
	sense = sl_write_token_parse(bytes, min_t(u32, cmd->out_len, SL_ROD_WRITE_MAX),
				     &cmd->dev->unit, &o->list);
	o->offset = o->list.offset;
	if (!sense)
		sense = scst_odx_take_token(o);
	kvfree(bytes);
	if (sense)
		return sense;
	o->to = cmd->tgt_dev;
	refcount_inc(&o->to->refs);
	return scst_op_begin(cmd, &list_id, SL_COPY_COUNTS_BLOCKS, &o->op);
}

static void scst_odx_release(struct scst_odx *o, bool delete)
{
	if (o->from)
		scst_tgt_dev_put(o->from);
	if (o->token)
		scst_token_unuse(o->token, delete);
	if (o->to)
		scst_tgt_dev_put(o->to);
}

/* How much of @want bytes the token has from here on. */
static u64 scst_odx_has(const struct scst_odx *o, u64 want)
{
	u64 len;

	if (!o->token)
		return want;
	len = scst_token_len(o->token);
	return o->offset < len ? min(want, len - o->offset) : 0;
}

/* The room is filled from as many ranges as it takes, and the rest with zeros. */
static bool scst_odx_fill(struct scst_odx *o, u32 room)
{
	u32 len = o->token ? scst_odx_has(o, room) : 0, at = 0;

	while (at < len) {
		u64 left, where = scst_token_where(o->token, o->offset + at, &left);
		u32 n = min_t(u64, left, len - at);

		if (!scst_move_fill(&o->mover, o->from, where, at, n))
			return false;
		at += n;
	}
	scst_move_zeros(&o->mover, len, room - len);
	/* What was read is what it was made for, unless somebody has written meanwhile. */
	return !o->token || !scst_token_state(o->token);
}

static enum sl_sense scst_odx_chunk(struct scst_odx *o, u64 lba, u32 len)
{
	bool good;

	good = scst_move_begin(&o->mover, o->to, lba, len) && scst_odx_fill(o, len);
	if (scst_move_end(&o->mover, o->to, good))
		return SL_OK;
	if (o->token && scst_token_state(o->token))
		return scst_token_state(o->token);
	return SL_COPY_THIRD_PARTY_FAILURE;
}

/* A token that ends before the range does: whole blocks are written, the last with zeros. */
static enum sl_sense scst_odx_range(struct scst_odx *o, const struct sl_rod_range *r)
{
	u8 shift = o->to->dev->unit.block_shift;
	u64 want = (u64)r->blocks << shift, done, len;
	enum sl_sense sense;

	len = round_up(scst_odx_has(o, want), 1ull << shift);
	for (done = 0; done < len; ) {
		u32 n = min_t(u64, COPY_CHUNK, len - done);

		sense = scst_odx_chunk(o, r->lba + (done >> shift), n);
		if (sense)
			return sense;
		scst_op_advance(o->op, 0, n >> shift);
		o->offset += n;
		done += n;
	}
	return len < want ? SL_COPY_UNDERRUN : SL_OK;
}

static void scst_odx_all(struct scst_odx *o)
{
	const struct sl_rod_ranges *ranges = &o->list.ranges;
	enum sl_sense sense = SL_OK;
	u16 i;

	scst_move_init(&o->mover, o->op);
	o->mover.by_token = true;
	for (i = 0; i < ranges->nr && !sense; i++)
		sense = scst_odx_range(o, &ranges->range[i]);
	scst_odx_release(o, o->list.delete_token);
	scst_op_end(o->op, sense, NULL);
	kvfree(o);
}

static void scst_odx_background(struct work_struct *work)
{
	scst_odx_all(container_of(work, struct scst_odx, work));
}

static void scst_odx_work(struct work_struct *work)
{
	struct scst_cmd *cmd = container_of(work, struct scst_cmd, work);
	struct scst_odx *o = kvzalloc(sizeof(*o), GFP_KERNEL);
	enum sl_sense sense;

	if (!o) {
		scst_cmd_fail(cmd, SL_INSUFFICIENT_RESOURCES, NULL);
		return;
	}
	sense = scst_odx_begin(o, cmd);
	if (sense) {
		scst_odx_release(o, false);
		scst_fail_list(cmd, sense, o->list.bad_at);
		kvfree(o);
	} else if (o->list.immed) {
		INIT_WORK(&o->work, scst_odx_background);
		scst_op_to_background(o->op);
		queue_work(scst_copy_wq, &o->work);
	} else {
		scst_odx_all(o);
	}
}

void scst_exec_write_using_token(struct scst_cmd *cmd)
{
	if (!cmd->cdb.data_len) {
		scst_cmd_complete(cmd);
		return;
	}
	INIT_WORK(&cmd->work, scst_odx_work);
	queue_work(scst_copy_wq, &cmd->work);
}

/* --- REPORT ALL ROD TOKENS (SPC-4 6.31) --- */

/* Without what makes a token one: nobody can use it who did not get it. */
void scst_exec_report_tokens(struct scst_cmd *cmd)
{
	u8 *data = kvzalloc(REPORT_HEADER + REPORT_MAX * SL_ROD_MANAGEMENT_LEN, GFP_KERNEL);
	u32 len;

	if (!data) {
		cmd->status = SCST_BUSY;
		scst_cmd_complete(cmd);
		return;
	}
	len = REPORT_HEADER +
	      SL_ROD_MANAGEMENT_LEN * scst_token_report(cmd->dev, data + REPORT_HEADER, REPORT_MAX);
	sl_put_be32(len - 4, data);
	scst_cmd_reply(cmd, data, len);
	kvfree(data);
}

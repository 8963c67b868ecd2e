// SPDX-License-Identifier: GPL-2.0-only
/*
 * Moves data of a copy operation by commands like those of initiators, so that all that
 * stands before a command stands before these too: reservations, write protection, access
 * states, the end of a LUN.
 */
#include <linux/mm.h>

#include "copy.h"

static void scst_read_done(struct scst_cmd *cmd)
{
	complete(&container_of(cmd, struct scst_mover, read)->moved);
}

static void scst_write_done(struct scst_cmd *cmd)
{
	complete(&container_of(cmd, struct scst_mover, write)->moved);
}

void scst_move_init(struct scst_mover *m, struct scst_copy_op *op)
{
	m->op = op;
	m->by_token = false;
	init_completion(&m->moved);
}

/* READ(16) or WRITE(16) of @len bytes, parsed: in SCST_CMD_PARSED, or it has failed already. */
static void scst_move_prepare(struct scst_mover *m, enum sl_dir dir, const struct scst_tgt_dev *td,
			      u64 lba, u32 len)
{
	bool in = dir == SL_DIR_IN;
	struct scst_cmd *cmd = in ? &m->read : &m->write;
	u8 *cdb = in ? m->read_cdb : m->write_cdb;
	u8 lun[8];

	memset(cdb, 0, SL_CDB_MAX);
	cdb[0] = in ? 0x88 : 0x8a;
	sl_put_be64(lba, cdb + 2);
	sl_put_be32(len >> td->dev->unit.block_shift, cdb + 10);
	sl_lun_pack(SL_LUN_FLAT, td->lun, lun);
	scst_cmd_init(cmd, td->sess, lun, cdb, SL_CDB_MAX);
	cmd->tag = U64_MAX;
	cmd->expected_dir = dir;
	cmd->expected_len = len;
	cmd->done = in ? scst_read_done : scst_write_done;
	set_bit(SCST_CMD_INTERNAL, &cmd->flags);
	if (in && m->by_token)
		set_bit(SCST_CMD_BY_TOKEN, &cmd->flags);
	scst_cmd_parse(cmd);
}

/* Executes what was prepared; true if it ended well. */
static bool scst_move_run(struct scst_mover *m, struct scst_cmd *cmd, const struct scst_tgt_dev *td)
{
	bool good;

	if (cmd->state != SCST_CMD_PARSED)
		return false;
	/* The number may belong to another device by now. */
	if (cmd->tgt_dev != td)
		return false;
	if (!scst_op_enter(m->op, cmd))
		return false;
	reinit_completion(&m->moved);
	scst_cmd_exec(cmd);
	wait_for_completion(&m->moved);
	good = cmd->status == SCST_GOOD && !scst_cmd_aborted(cmd);
	scst_op_leave(m->op, good);
	return good;
}

/* A place in the pages of a command. */
struct scst_place {
	const struct bio_vec *bv;
	u32 left;		/* bytes of this one */
};

static struct scst_place scst_place_at(const struct scst_cmd *cmd, u32 offset)
{
	struct scst_place p = { .bv = cmd->bvec };

	while (offset >= p.bv->bv_len) {
		offset -= p.bv->bv_len;
		p.bv++;
	}
	p.left = p.bv->bv_len - offset;
	return p;
}

static u8 *scst_place_bytes(const struct scst_place *p)
{
	return page_address(p->bv->bv_page) + p->bv->bv_offset + p->bv->bv_len - p->left;
}

/* The next one may not exist, and is not looked at then. */
static void scst_place_skip(struct scst_place *p, u32 n, bool more)
{
	p->left -= n;
	if (!p->left && more) {
		p->bv++;
		p->left = p->bv->bv_len;
	}
}

static void scst_move_bytes(const struct scst_cmd *from, u32 skip, struct scst_cmd *to, u32 at,
			    u32 len)
{
	struct scst_place src = scst_place_at(from, skip), dst = scst_place_at(to, at);

	while (len) {
		u32 n = min3(len, src.left, dst.left);

		memcpy(scst_place_bytes(&dst), scst_place_bytes(&src), n);
		len -= n;
		scst_place_skip(&src, n, len);
		scst_place_skip(&dst, n, len);
	}
}

bool scst_move_begin(struct scst_mover *m, const struct scst_tgt_dev *to, u64 lba, u32 len)
{
	scst_move_prepare(m, SL_DIR_OUT, to, lba, len);
	return m->write.state == SCST_CMD_PARSED && m->write.out_len == len;
}

/* Blocks are read whole, though only a part of them may be wanted. */
bool scst_move_fill(struct scst_mover *m, const struct scst_tgt_dev *from, u64 offset, u32 at,
		    u32 len)
{
	u32 block = 1u << from->dev->unit.block_shift, skip = offset & (block - 1);
	u32 read = round_up(skip + len, block);
	bool good;

	if (!len)
		return true;
	scst_move_prepare(m, SL_DIR_IN, from, offset >> from->dev->unit.block_shift, read);
	good = scst_move_run(m, &m->read, from) && m->read.in_len == read;
	if (good)
		scst_move_bytes(&m->read, skip, &m->write, at, len);
	scst_cmd_free(&m->read);
	return good;
}

void scst_move_zeros(struct scst_mover *m, u32 at, u32 len)
{
	struct scst_place dst;

	if (!len)
		return;
	dst = scst_place_at(&m->write, at);
	while (len) {
		u32 n = min(len, dst.left);

		memset(scst_place_bytes(&dst), 0, n);
		len -= n;
		scst_place_skip(&dst, n, len);
	}
}

bool scst_move_end(struct scst_mover *m, const struct scst_tgt_dev *to, bool good)
{
	if (good)
		good = scst_move_run(m, &m->write, to);
	scst_cmd_free(&m->write);
	return good;
}

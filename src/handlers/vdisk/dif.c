// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands of a disk with protection information (SBC-3 4.22). What they do to the data is done
 * by fileio, through the page cache; here goes what goes along with it. All run in workers.
 *
 * A power cut can leave a block with the information of what was there before, or is to come:
 * reading it fails until it is written again.
 */
#include <linux/mm.h>
#include <linux/slab.h>

#include "dif.h"
#include "fileio.h"

struct sl_dif dif_rules(const struct scst_cmd *cmd, enum sl_dif_from from)
{
	const struct vdisk_dif *dif = dif_of(cmd);
	struct sl_dif rules = { .type = dif->type, .app_tag = dif->app_tag };

	/*
	 * The disk owns the application tags (ATO 0) if it has one for all blocks. What comes has
	 * another one as a rule: it is replaced.
	 */
	if (dif->mode & DIF_CHECKS)
		sl_dif_protect(from, cmd->cdb.protect, dif->app_tag && from != SL_DIF_WRITE,
			       &rules);
	return rules;
}

/* --- many blocks --- */

/* The data of one block after the other, of a buffer that is made of pieces of whole blocks. */
struct dif_walk {
	const struct bio_vec *bv;
	u32 at;
};

static const u8 *dif_next(struct dif_walk *w, u32 block)
{
	const u8 *data;

	if (w->at == w->bv->bv_len) {
		w->bv++;
		w->at = 0;
	}
	data = page_address(w->bv->bv_page) + w->bv->bv_offset + w->at;
	w->at += block;
	return data;
}

void dif_failed_at(const struct scst_cmd *cmd, u32 i, struct sl_sense_info *more)
{
	more->info_valid = true;
	more->info = cmd->cdb.lba + i;
}

enum sl_sense dif_check_buf(const struct scst_cmd *cmd, const struct sl_dif *rules, const u8 *pi,
			    u32 blocks, struct sl_sense_info *more)
{
	struct dif_walk w = { .bv = cmd->bvec };
	enum sl_sense sense = SL_OK;
	u32 i;

	for (i = 0; i < blocks && !sense; i++) {
		sense = sl_dif_check(rules, dif_next(&w, dif_block(cmd)), dif_block(cmd),
				     sl_dif_ref(rules->type, cmd->cdb.ref_tag, i),
				     pi + i * SL_DIF_LEN);
		if (sense)
			dif_failed_at(cmd, i, more);
	}
	return sense;
}

static void dif_make_buf(const struct scst_cmd *cmd, u8 *pi, u32 blocks)
{
	const struct sl_dif rules = dif_rules(cmd, SL_DIF_WRITE);
	struct dif_walk w = { .bv = cmd->bvec };
	u32 i;

	for (i = 0; i < blocks; i++)
		sl_dif_make(&rules, dif_next(&w, dif_block(cmd)), dif_block(cmd),
			    sl_dif_ref(rules.type, cmd->cdb.ref_tag, i), pi + i * SL_DIF_LEN);
}

/* The disk's own application tag goes where it has one, but not where nothing is to be checked. */
static void dif_own_tags(const struct scst_cmd *cmd, u8 *pi, u32 blocks)
{
	u16 tag = dif_of(cmd)->app_tag;
	u32 i;

	for (i = 0; tag && i < blocks; i++)
		if (sl_get_be16(pi + i * SL_DIF_LEN + 2) != SL_DIF_NO_APP)
			sl_put_be16(tag, pi + i * SL_DIF_LEN + 2);
}

void dif_end(struct scst_cmd *cmd, enum sl_sense sense, const struct sl_sense_info *more)
{
	if (sense)
		scst_cmd_fail(cmd, sense, more);
	else
		scst_cmd_complete(cmd);
}

/* --- READ --- */

/* Data is in the command's buffer; without a store its information is made of it. */
static int dif_fetch(struct scst_cmd *cmd, u8 *pi)
{
	if (dif_of(cmd)->file)
		return dif_store_read(dif_of(cmd), cmd->cdb.lba, cmd->cdb.blocks, pi);
	dif_make_buf(cmd, pi, cmd->cdb.blocks);
	return 0;
}

static enum sl_sense dif_read_checked(struct scst_cmd *cmd, u8 *pi, struct sl_sense_info *more)
{
	const struct sl_dif rules = dif_rules(cmd, SL_DIF_READ);
	u32 len = cmd->cdb.blocks << cmd->dev->unit.block_shift;
	struct dif_range range;
	bool good;

	dif_lock_cmd(cmd, &range, false);
	good = fileio_read_len(cmd, len) == len && !dif_fetch(cmd, pi);
	dif_unlock(dif_of(cmd), &range);
	return good ? dif_check_buf(cmd, &rules, pi, cmd->cdb.blocks, more) : SL_READ_ERROR;
}

static void dif_read(struct scst_cmd *cmd)
{
	struct sl_sense_info more = { };
	enum sl_sense sense;
	u8 *pi, *own = NULL;

	if (!fileio_enter_worker(cmd))
		return;
	if (!cmd->pi_len)
		own = dif_alloc(cmd->cdb.blocks);
	pi = own ? own : cmd->pi;
	if (!pi || scst_cmd_alloc_blocks(cmd)) {
		kvfree(own);
		cmd->status = SCST_BUSY;
		scst_cmd_complete(cmd);
		return;
	}
	sense = dif_read_checked(cmd, pi, &more);
	kvfree(own);
	if (!sense)
		scst_cmd_set_in_len(cmd, (u64)cmd->cdb.blocks << cmd->dev->unit.block_shift);
	dif_end(cmd, sense, &more);
}

/* --- WRITE --- */

/* Information for @blocks blocks of received data, checked: in *@pi, to be kvfreed if in *@own. */
static enum sl_sense dif_take(struct scst_cmd *cmd, u32 blocks, u8 **pi, u8 **own,
			      struct sl_sense_info *more)
{
	const struct sl_dif rules = dif_rules(cmd, SL_DIF_WRITE);
	enum sl_sense sense;

	*own = NULL;
	if (cmd->pi_len) {
		*pi = cmd->pi;
		sense = dif_check_buf(cmd, &rules, *pi, blocks, more);
		dif_own_tags(cmd, *pi, blocks);
		return sense;
	}
	*own = dif_alloc(blocks);
	*pi = *own;
	if (!*pi)
		return SL_INTERNAL_FAILURE;
	dif_make_buf(cmd, *pi, blocks);
	return SL_OK;
}

static ssize_t dif_put(struct scst_cmd *cmd, u32 blocks, u8 *pi, int flags)
{
	if (!dif_of(cmd)->file)
		return 0;
	return dif_store_write(dif_of(cmd), cmd->cdb.lba, blocks, pi, flags);
}

enum sl_sense dif_write_checked(struct scst_cmd *cmd, int flags, ssize_t *ret,
				struct sl_sense_info *more)
{
	u32 blocks = fileio_write_len(cmd) >> cmd->dev->unit.block_shift;
	struct dif_range range;
	enum sl_sense sense;
	u8 *pi, *own;

	*ret = 0;
	if (!blocks)
		return SL_OK;
	sense = dif_take(cmd, blocks, &pi, &own, more);
	if (!sense) {
		dif_lock_cmd(cmd, &range, true);
		*ret = fileio_write_buf(cmd, flags);
		if (*ret >= 0)
			*ret = dif_put(cmd, blocks, pi, flags);
		dif_unlock(dif_of(cmd), &range);
	}
	kvfree(own);
	return sense;
}

static void dif_write(struct scst_cmd *cmd)
{
	struct sl_sense_info more = { };
	enum sl_sense sense;
	ssize_t ret;

	if (!fileio_enter_worker(cmd))
		return;
	sense = dif_write_checked(cmd, fileio_write_flags(cmd), &ret, &more);
	if (sense)
		scst_cmd_fail(cmd, sense, &more);
	else
		fileio_finish_write(cmd, ret);
}

/* --- WRITE SAME, UNMAP --- */

/* One block's information for all of them: only the reference tag counts on (SBC-3 5.42). */
static ssize_t dif_put_same(struct scst_cmd *cmd, const u8 *one)
{
	struct vdisk_dif *dif = dif_of(cmd);
	u32 blocks = cmd->cdb.blocks, i;
	u8 *pi = dif_alloc(blocks);
	ssize_t ret;

	if (!pi)
		return -ENOMEM;
	for (i = 0; i < blocks; i++) {
		memcpy(pi + i * SL_DIF_LEN, one, SL_DIF_LEN);
		if (dif->type != 3)
			sl_put_be32(sl_get_be32(one + 4) + i, pi + i * SL_DIF_LEN + 4);
	}
	ret = dif_put(cmd, blocks, pi, fileio_write_flags(cmd));
	kvfree(pi);
	return ret;
}

static ssize_t dif_write_same_range(struct scst_cmd *cmd, const u8 *one)
{
	struct dif_range range;
	bool unmapped = false;
	ssize_t ret;

	dif_lock_cmd(cmd, &range, true);
	ret = fileio_do_write_same(cmd, &unmapped);
	if (ret >= 0 && dif_of(cmd)->file)
		ret = unmapped ? dif_store_forget(dif_of(cmd), cmd->cdb.lba, cmd->cdb.blocks) :
		      dif_put_same(cmd, one);
	dif_unlock(dif_of(cmd), &range);
	return ret;
}

static void dif_write_same(struct scst_cmd *cmd)
{
	struct sl_sense_info more = { };
	u8 *pi = NULL, *own = NULL;
	enum sl_sense sense = SL_OK;
	ssize_t ret = 0;

	if (!fileio_enter_worker(cmd))
		return;
	if (cmd->cdb.dir == SL_DIR_OUT) {
		if (fileio_write_len(cmd))
			sense = dif_take(cmd, 1, &pi, &own, &more);
		else
			sense = SL_INVALID_CDB_FIELD;
	} else {
		/* NDOB: zeros */
		own = kvzalloc(dif_block(cmd) + SL_DIF_LEN, GFP_KERNEL);
		pi = own ? own + dif_block(cmd) : NULL;
		if (!pi) {
			sense = SL_INTERNAL_FAILURE;
		} else {
			const struct sl_dif rules = dif_rules(cmd, SL_DIF_WRITE);

			sl_dif_make(&rules, own, dif_block(cmd),
				    sl_dif_ref(rules.type, cmd->cdb.ref_tag, 0), pi);
		}
	}
	if (!sense)
		ret = dif_write_same_range(cmd, pi);
	kvfree(own);
	if (sense)
		scst_cmd_fail(cmd, sense, &more);
	else
		fileio_finish_write(cmd, ret);
}

/* --- SYNCHRONIZE CACHE --- */

static void dif_sync(struct scst_cmd *cmd)
{
	struct vdisk_dif *dif = dif_of(cmd);

	if (!fileio_enter_worker(cmd))
		return;
	if (!vdisk_of(cmd->dev)->nv_cache && dif->file && vfs_fsync(dif->file, 1))
		scst_cmd_fail(cmd, SL_WRITE_ERROR, NULL);
	else
		fileio_sync(cmd);
}

const struct vdisk_io_ops dif_io = {
	.read = dif_read,
	.write = dif_write,
	.verify = dif_verify,
	.write_verify = dif_write_verify,
	.write_same = dif_write_same,
	.sync = dif_sync,
	.prefetch = fileio_prefetch,
	.unmap = fileio_unmap,
	.lba_status = fileio_lba_status,
	.compare_write = dif_compare_write,
	.orwrite = dif_orwrite,
	.write_atomic = dif_write_atomic,
	.erase = fileio_erase,
};

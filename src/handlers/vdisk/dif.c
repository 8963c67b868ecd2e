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

#define DIF_CHUNK	(64u << 10)	/* bytes of data at a time, where all at once may be too many */

static struct vdisk_dif *dif_of(const struct scst_cmd *cmd)
{
	return vdisk_of(cmd->dev)->dif;
}

static u32 dif_block(const struct scst_cmd *cmd)
{
	return 1u << cmd->dev->unit.block_shift;
}

static u8 *dif_alloc(u32 blocks)
{
	return kvmalloc((size_t)blocks * SL_DIF_LEN, GFP_KERNEL);
}

static void dif_lock_cmd(struct scst_cmd *cmd, struct dif_range *range, bool writes)
{
	dif_lock(dif_of(cmd), range, cmd->cdb.lba, cmd->cdb.blocks, writes);
}

/* What the disk's mode and the CDB have checked of information that comes @from there. */
static struct sl_dif dif_rules(const struct scst_cmd *cmd, enum sl_dif_from from)
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

static void dif_failed_at(const struct scst_cmd *cmd, u32 i, struct sl_sense_info *more)
{
	more->info_valid = true;
	more->info = cmd->cdb.lba + i;
}

/* The first @blocks blocks of the command's buffer. */
static enum sl_sense dif_check_buf(const struct scst_cmd *cmd, const struct sl_dif *rules,
				   const u8 *pi, u32 blocks, struct sl_sense_info *more)
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

static void dif_end(struct scst_cmd *cmd, enum sl_sense sense, const struct sl_sense_info *more)
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

/* SL_OK also if *@ret tells of an error that the disk has had. */
static enum sl_sense dif_write_checked(struct scst_cmd *cmd, int flags, ssize_t *ret,
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

/* --- VERIFY --- */

/* @n blocks from the @i-th of the command on: what is stored, by @rules. */
static enum sl_sense dif_check_chunk(struct scst_cmd *cmd, const struct sl_dif *rules, u64 i,
				     u32 n, u8 *data, u8 *pi, struct sl_sense_info *more)
{
	u32 block = dif_block(cmd), len = n * block, k;
	enum sl_sense sense = SL_OK;

	if (fileio_read_kvec(fileio_file(cmd), data, len, fileio_pos(cmd) + i * block) != len ||
	    dif_store_read(dif_of(cmd), cmd->cdb.lba + i, n, pi))
		return SL_READ_ERROR;
	for (k = 0; k < n && !sense; k++) {
		sense = sl_dif_check(rules, data + k * block, block,
				     sl_dif_ref(rules->type, cmd->cdb.ref_tag, i + k),
				     pi + k * SL_DIF_LEN);
		if (sense)
			dif_failed_at(cmd, i + k, more);
	}
	return sense;
}

/* What is on the medium, in pieces: VERIFY has no limit. */
static enum sl_sense dif_check_medium(struct scst_cmd *cmd, const struct sl_dif *rules,
				      struct sl_sense_info *more)
{
	u32 chunk = DIF_CHUNK >> cmd->dev->unit.block_shift, blocks = cmd->cdb.blocks;
	u8 *data = kvmalloc(DIF_CHUNK, GFP_KERNEL), *pi = dif_alloc(chunk);
	enum sl_sense sense = data && pi ? SL_OK : SL_INTERNAL_FAILURE;
	u64 i;

	for (i = 0; i < blocks && !sense && !scst_cmd_aborted(cmd); i += chunk)
		sense = dif_check_chunk(cmd, rules, i, min_t(u64, chunk, blocks - i), data, pi,
					more);
	kvfree(pi);
	kvfree(data);
	return sense;
}

static bool dif_checks_any(const struct sl_dif *rules)
{
	return rules->guard || rules->app || rules->ref;
}

/*
 * SBC-3 table 134: guard and reference tag are compared, the latter not of type 3, nor, for want
 * of ATO, are application tags. Of BYTCHK 3 one came for all.
 */
static bool dif_same(const struct scst_cmd *cmd, u32 i, const u8 *stored)
{
	const u8 *sent = cmd->pi + (cmd->cdb.bytchk == 3 ? 0 : i) * SL_DIF_LEN;
	u32 ref = sl_get_be32(sent + 4);

	if (cmd->cdb.bytchk == 3)
		ref = ref + i;
	return sl_get_be16(sent) == sl_get_be16(stored) &&
	       (dif_of(cmd)->type == 3 || ref == sl_get_be32(stored + 4));
}

static enum sl_sense dif_compare(struct scst_cmd *cmd)
{
	u32 blocks = cmd->cdb.bytchk == 3 ? cmd->cdb.blocks : cmd->pi_len / SL_DIF_LEN, i;
	enum sl_sense sense = SL_OK;
	u8 *pi;

	if (!cmd->pi_len || !dif_of(cmd)->file)
		return SL_OK;
	pi = dif_alloc(1);
	if (!pi)
		return SL_INTERNAL_FAILURE;
	for (i = 0; i < blocks && !sense && !scst_cmd_aborted(cmd); i++) {
		if (dif_store_read(dif_of(cmd), cmd->cdb.lba + i, 1, pi))
			sense = SL_READ_ERROR;
		else if (!dif_same(cmd, i, pi))
			sense = SL_MISCOMPARE;
	}
	kvfree(pi);
	return sense;
}

static enum sl_sense dif_verify_medium(struct scst_cmd *cmd, const struct sl_dif *rules,
				       struct sl_sense_info *more)
{
	struct dif_range range;
	enum sl_sense sense = SL_OK;

	dif_lock_cmd(cmd, &range, false);
	if (dif_of(cmd)->file && dif_checks_any(rules))
		sense = dif_check_medium(cmd, rules, more);
	if (!sense) {
		sense = fileio_compare(cmd, more);
		more->info_valid = sense == SL_MISCOMPARE;
	}
	if (!sense && cmd->cdb.bytchk)
		sense = dif_compare(cmd);
	dif_unlock(dif_of(cmd), &range);
	return sense;
}

static void dif_verify(struct scst_cmd *cmd)
{
	const struct sl_dif sent = dif_rules(cmd, SL_DIF_WRITE);
	const struct sl_dif stored = dif_rules(cmd, cmd->cdb.bytchk ? SL_DIF_COMPARE :
					       SL_DIF_VERIFY);
	struct sl_sense_info more = { };
	enum sl_sense sense = SL_OK;

	if (!fileio_enter_worker(cmd))
		return;
	if (cmd->pi_len)
		sense = dif_check_buf(cmd, &sent, cmd->pi, cmd->pi_len / SL_DIF_LEN, &more);
	if (!sense)
		sense = dif_verify_medium(cmd, &stored, &more);
	dif_end(cmd, sense, &more);
}

static void dif_write_verify(struct scst_cmd *cmd)
{
	const struct sl_dif stored = dif_rules(cmd, SL_DIF_VERIFY);
	struct sl_sense_info more = { };
	enum sl_sense sense;
	ssize_t ret;

	if (!fileio_enter_worker(cmd))
		return;
	sense = dif_write_checked(cmd, IOCB_DSYNC, &ret, &more);
	if (!sense && ret < 0) {
		fileio_finish_write(cmd, ret);
		return;
	}
	/* What came has been stored, and was turned over for that. */
	cmd->pi_len = 0;
	if (!sense)
		sense = dif_verify_medium(cmd, &stored, &more);
	dif_end(cmd, sense, &more);
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

/* --- commands that nobody comes between --- */

/* What was written is told by the medium: which of the data it was they decide themselves. */
static ssize_t dif_renew(struct scst_cmd *cmd)
{
	const struct sl_dif rules = dif_rules(cmd, SL_DIF_WRITE);
	u32 block = dif_block(cmd), chunk = DIF_CHUNK >> cmd->dev->unit.block_shift, i, k;
	u8 *data = kvmalloc(DIF_CHUNK, GFP_KERNEL), *pi = dif_alloc(chunk);
	ssize_t ret = data && pi ? 0 : -ENOMEM;

	for (i = 0; i < cmd->cdb.blocks && ret >= 0; i += chunk) {
		u32 n = min(chunk, cmd->cdb.blocks - i);

		if (fileio_read_kvec(fileio_file(cmd), data, n * block,
				     fileio_pos(cmd) + (u64)i * block) != n * block) {
			ret = -EIO;
			break;
		}
		for (k = 0; k < n; k++)
			sl_dif_make(&rules, data + k * block, block,
				    sl_dif_ref(rules.type, cmd->cdb.ref_tag, i + k),
				    pi + k * SL_DIF_LEN);
		ret = dif_store_write(dif_of(cmd), cmd->cdb.lba + i, n, pi,
				      fileio_write_flags(cmd));
	}
	kvfree(pi);
	kvfree(data);
	return ret;
}

/* @reads: what is there already counts, so it is checked. */
static void dif_atomic(struct scst_cmd *cmd, fileio_atomic_op op, bool reads)
{
	const struct sl_dif stored = dif_rules(cmd, SL_DIF_VERIFY);
	bool kept = dif_of(cmd)->file;
	struct sl_sense_info more = { };
	enum sl_sense sense = SL_OK;
	struct dif_range range;
	ssize_t ret = 0;

	if (!fileio_enter_worker(cmd))
		return;
	dif_lock_cmd(cmd, &range, true);
	if (kept && reads && dif_checks_any(&stored))
		sense = dif_check_medium(cmd, &stored, &more);
	if (!sense)
		sense = op(cmd, &more, &ret);
	if (!sense && ret >= 0 && kept)
		ret = dif_renew(cmd);
	dif_unlock(dif_of(cmd), &range);
	if (sense)
		scst_cmd_fail(cmd, sense, &more);
	else
		fileio_finish_write(cmd, ret);
}

static void dif_compare_write(struct scst_cmd *cmd)
{
	dif_atomic(cmd, fileio_do_compare_write, true);
}

static void dif_orwrite(struct scst_cmd *cmd)
{
	dif_atomic(cmd, fileio_do_orwrite, true);
}

static void dif_write_atomic(struct scst_cmd *cmd)
{
	dif_atomic(cmd, fileio_do_write_atomic, false);
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

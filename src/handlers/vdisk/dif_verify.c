// SPDX-License-Identifier: GPL-2.0-only
/*
 * Disks with protection information: commands that look at what is stored before they answer, or
 * before they write: VERIFY, COMPARE AND WRITE and the like.
 */
#include <linux/mm.h>
#include <linux/slab.h>

#include "dif.h"
#include "fileio.h"

#define DIF_CHUNK	(64u << 10)	/* bytes of data at a time, where all at once may be too many */

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

void dif_verify(struct scst_cmd *cmd)
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

void dif_write_verify(struct scst_cmd *cmd)
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

void dif_compare_write(struct scst_cmd *cmd)
{
	dif_atomic(cmd, fileio_do_compare_write, true);
}

void dif_orwrite(struct scst_cmd *cmd)
{
	dif_atomic(cmd, fileio_do_orwrite, true);
}

void dif_write_atomic(struct scst_cmd *cmd)
{
	dif_atomic(cmd, fileio_do_write_atomic, false);
}

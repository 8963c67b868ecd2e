// SPDX-License-Identifier: GPL-2.0-only
/*
 * vdisk_fileio: operations that nobody may come between. They have the medium
 * for themselves as far as writing goes: plain writes share it.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/uio.h>

#include "dif.h"
#include "fileio.h"

#define ERASE_CHUNK	(1u << 20)

/* Half of the data of COMPARE AND WRITE, all of the others'. */
static u32 atomic_len(const struct scst_cmd *cmd)
{
	return cmd->cdb.blocks << cmd->dev->unit.block_shift;
}

/* What is on the medium where @cmd is about to write; to be kvfreed, NULL: @sense tells why. */
static u8 *atomic_read_old(struct scst_cmd *cmd, enum sl_sense *sense)
{
	u32 len = atomic_len(cmd);
	u8 *old = kvmalloc(len, GFP_KERNEL);

	if (!old) {
		*sense = SL_INTERNAL_FAILURE;
		return NULL;
	}
	if (fileio_read_kvec(fileio_file(cmd), old, len, fileio_pos(cmd)) != len) {
		*sense = SL_READ_ERROR;
		kvfree(old);
		return NULL;
	}
	return old;
}

/* Received data from @offset on. */
static ssize_t atomic_write_received(struct scst_cmd *cmd, u32 offset)
{
	struct file *file = fileio_file(cmd);
	struct iov_iter iter;
	ssize_t ret;

	iov_iter_bvec(&iter, ITER_SOURCE, cmd->bvec, cmd->nr_bvec, offset + atomic_len(cmd));
	iov_iter_advance(&iter, offset);
	file_start_write(file);
	ret = fileio_write_iter(file, &iter, fileio_pos(cmd), fileio_write_flags(cmd));
	file_end_write(file);
	return ret;
}

static ssize_t atomic_write_buf(struct scst_cmd *cmd, u8 *buf)
{
	return fileio_write_kvec(fileio_file(cmd), buf, atomic_len(cmd), fileio_pos(cmd),
				 fileio_write_flags(cmd));
}

/* Calls @fn for each piece of the first @len received bytes, until it says no. */
static bool atomic_each(struct scst_cmd *cmd, u8 *old, u32 len,
			bool (*fn)(u8 *old, const u8 *received, u32 len, u64 *at), u64 *at)
{
	u32 i, done = 0;

	for (i = 0; i < cmd->nr_bvec && done < len; i++) {
		const struct bio_vec *bv = &cmd->bvec[i];
		u32 n = min(len - done, bv->bv_len);

		*at = done;
		if (!fn(old + done, page_address(bv->bv_page) + bv->bv_offset, n, at))
			return false;
		done += n;
	}
	return true;
}

static bool compare_piece(u8 *old, const u8 *received, u32 len, u64 *at)
{
	u32 i = 0;

	if (!memcmp(old, received, len))
		return true;
	while (old[i] == received[i])
		i++;
	*at += i;
	return false;
}

static bool or_piece(u8 *old, const u8 *received, u32 len, u64 *at)
{
	u32 i;

	for (i = 0; i < len; i++)
		old[i] |= received[i];
	return true;
}

/* SBC-3 5.2: on a miscompare INFORMATION has the offset of the first different byte. */
static enum sl_sense compare_write(struct scst_cmd *cmd, struct sl_sense_info *more, ssize_t *ret)
{
	enum sl_sense sense = SL_OK;
	u8 *old = atomic_read_old(cmd, &sense);

	if (!old)
		return sense;
	if (atomic_each(cmd, old, atomic_len(cmd), compare_piece, &more->info)) {
		*ret = atomic_write_received(cmd, atomic_len(cmd));
	} else {
		more->info_valid = true;
		sense = SL_MISCOMPARE;
	}
	kvfree(old);
	return sense;
}

enum sl_sense fileio_do_compare_write(struct scst_cmd *cmd, struct sl_sense_info *more,
				      ssize_t *ret)
{
	struct vdisk *vd = vdisk_of(cmd->dev);
	enum sl_sense sense;

	percpu_down_write(&vd->medium);
	sense = compare_write(cmd, more, ret);
	percpu_up_write(&vd->medium);
	return sense;
}

enum sl_sense fileio_do_orwrite(struct scst_cmd *cmd, struct sl_sense_info *more, ssize_t *ret)
{
	struct vdisk *vd = vdisk_of(cmd->dev);
	enum sl_sense sense = SL_OK;
	u64 at;
	u8 *old;

	if (cmd->out_len < atomic_len(cmd))
		return SL_INVALID_CDB_FIELD;
	percpu_down_write(&vd->medium);
	old = atomic_read_old(cmd, &sense);
	if (old) {
		atomic_each(cmd, old, atomic_len(cmd), or_piece, &at);
		*ret = atomic_write_buf(cmd, old);
	}
	percpu_up_write(&vd->medium);
	kvfree(old);
	return sense;
}

enum sl_sense fileio_do_write_atomic(struct scst_cmd *cmd, struct sl_sense_info *more,
				     ssize_t *ret)
{
	struct vdisk *vd = vdisk_of(cmd->dev);

	if (cmd->out_len < atomic_len(cmd))
		return SL_INVALID_CDB_FIELD;
	percpu_down_write(&vd->medium);
	*ret = atomic_write_received(cmd, 0);
	percpu_up_write(&vd->medium);
	return SL_OK;
}

static void atomic_run(struct scst_cmd *cmd, fileio_atomic_op op)
{
	struct sl_sense_info more = { };
	enum sl_sense sense;
	ssize_t ret = 0;

	if (!fileio_enter_worker(cmd))
		return;
	sense = op(cmd, &more, &ret);
	/* A bad field of the CDB is told by where it is. */
	if (sense)
		scst_cmd_fail(cmd, sense, more.info_valid ? &more : NULL);
	else
		fileio_finish_write(cmd, ret);
}

void fileio_compare_write(struct scst_cmd *cmd)
{
	atomic_run(cmd, fileio_do_compare_write);
}

void fileio_orwrite(struct scst_cmd *cmd)
{
	atomic_run(cmd, fileio_do_orwrite);
}

void fileio_write_atomic(struct scst_cmd *cmd)
{
	atomic_run(cmd, fileio_do_write_atomic);
}

/*
 * --- SANITIZE (SBC-4 5.36): OVERWRITE with a pattern, BLOCK ERASE by giving the blocks back;
 * FORMAT UNIT (SBC-3 5.3) by giving them back, or overwriting them with zeros ---
 *
 * It goes on whatever becomes of the command that started it (SBC-4 4.11.2), so
 * it belongs to a work of its own; the command only waits for that.
 */
struct erasure {
	struct work_struct work;
	refcount_t refs;	/* the work, the command that waits */
	bool done;
	int result;
	struct vdisk *vd;
	bool format;		/* FORMAT UNIT */
	bool immediate;		/* nobody waits */
	u8 *pattern;		/* ERASE_CHUNK bytes; NULL: erase */
	unsigned int passes;
	bool invert;
};

/* Pass @pass of all. */
static int erase_pass(const struct erasure *e, unsigned int pass)
{
	struct vdisk *vd = e->vd;
	u64 at;

	for (at = 0; at < vd->size; at += ERASE_CHUNK) {
		size_t n = min_t(u64, ERASE_CHUNK, vd->size - at);
		ssize_t ret = fileio_write_kvec(vd->file, e->pattern, n, at, 0);

		if (ret < 0)
			return ret;
		if (READ_ONCE(vd->dev->dead))
			return -EINTR;
		WRITE_ONCE(vd->progress, div64_u64((pass * vd->size + at) >> 4,
						   (e->passes * vd->size >> 20) + 1));
		cond_resched();
	}
	return vfs_fsync(vd->file, 1);
}

static void erase_invert(u8 *pattern)
{
	u32 i;

	for (i = 0; i < ERASE_CHUNK; i++)
		pattern[i] = ~pattern[i];
}

static int erase_overwrite(const struct erasure *e)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < e->passes && !ret; i++) {
		if (i && e->invert)
			erase_invert(e->pattern);
		ret = erase_pass(e, i);
	}
	return ret;
}

static int erase_unmap(const struct erasure *e)
{
	int ret = fileio_punch(e->vd, 0, e->vd->size);

	return ret ? ret : vfs_fsync(e->vd->file, 1);
}

static enum sl_sense erase_failure(const struct erasure *e)
{
	return e->format ? SL_FORMAT_FAILED : SL_SANITIZE_FAILED;
}

static enum sl_sense erase_in_progress(const struct erasure *e)
{
	return e->format ? SL_FORMAT_IN_PROGRESS : SL_SANITIZE_IN_PROGRESS;
}

/* SBC-3 5.3, SBC-4 4.11: no block is protected any more until it is written. */
static int erase_protection(const struct vdisk *vd)
{
	int ret = dif_forget(vd, 0, vd->size);

	return !ret && vd->dif && vd->dif->file ? vfs_fsync(vd->dif->file, 1) : ret;
}

static int erase_run(const struct erasure *e)
{
	struct vdisk *vd = e->vd;
	struct dif_range range;
	int ret;

	dif_lock_all(vd, &range);
	percpu_down_write(&vd->medium);
	ret = e->pattern ? erase_overwrite(e) : erase_unmap(e);
	percpu_up_write(&vd->medium);
	if (!ret)
		ret = erase_protection(vd);
	dif_unlock_all(vd, &range);
	if (ret)
		vdisk_err("device %s: %s failed (%d)", vd->dev->name,
			  e->format ? "formatting" : "sanitizing", ret);
	WRITE_ONCE(vd->erase_failed, ret ? erase_failure(e) : SL_OK);
	/* Whoever gets at the medium again sees how it went. */
	smp_store_release(&vd->erasing, SL_OK);
	return ret;
}

static void erase_put(struct erasure *e)
{
	if (!refcount_dec_and_test(&e->refs))
		return;
	kvfree(e->pattern);
	kfree(e);
}

static void erase_work(struct work_struct *work)
{
	struct erasure *e = container_of(work, struct erasure, work);
	struct scst_device *dev = e->vd->dev;

	e->result = erase_run(e);
	/* Who sees this sees the result too. */
	smp_store_release(&e->done, true);
	wake_up_all(&dev->tm_wait);
	erase_put(e);
	scst_dev_put(dev);
}

/* Passes, then the pattern and its length. */
enum sl_sense vdisk_sanitize_list(struct scst_cmd *cmd, u8 *head)
{
	u32 block = 1u << cmd->dev->unit.block_shift, len;

	if (!scst_cmd_copy_out(cmd, 0, head, 4))
		return SL_PARAM_LIST_LENGTH;
	len = sl_get_be16(head + 2);
	if (!(head[0] & 0x1f) || (head[0] & 0x60) || !len || len > block)
		return SL_INVALID_PARAM_FIELD;
	return len == cmd->cdb.data_len - 4 ? SL_OK : SL_INVALID_PARAM_FIELD;
}

static enum sl_sense erase_take_pattern(struct scst_cmd *cmd, struct erasure *e)
{
	u32 block = 1u << cmd->dev->unit.block_shift, len, at;
	u8 head[4];
	enum sl_sense sense = vdisk_sanitize_list(cmd, head);

	if (sense)
		return sense;
	len = sl_get_be16(head + 2);
	e->passes = head[0] & 0x1f;
	e->invert = head[0] & 0x80;
	e->pattern = kvmalloc(ERASE_CHUNK + block, GFP_KERNEL);
	if (!e->pattern)
		return SL_INTERNAL_FAILURE;
	/* The pattern starts anew with each block. */
	for (at = 0; at < block; at += len)
		if (!scst_cmd_copy_out(cmd, sizeof(head), e->pattern + at, min(len, block - at)))
			return SL_PARAM_LIST_LENGTH;
	for (at = block; at < ERASE_CHUNK; at += block)
		memcpy(e->pattern + at, e->pattern, block);
	return SL_OK;
}

/* IMMED, and bits that must be 0 for want of what they ask for (SBC-3 tables 34 to 36). */
enum sl_sense vdisk_format_list(struct scst_cmd *cmd, bool *immediate)
{
	bool is_long = cmd->cdb_bytes[1] & 0x20;
	u32 n = cmd->cdb.data_len;
	u8 head[8] = { };

	if (!scst_cmd_copy_out(cmd, 0, head, n))
		return SL_PARAM_LIST_LENGTH;
	*immediate = head[1] & 0x02;
	if (sl_dif_format_type(cmd->cdb_bytes[1] >> 6, head[0] & 0x07) != cmd->dev->unit.dif_type)
		return SL_INVALID_PARAM_FIELD;
	/* Options without FOV; IP: a pattern of the initiator's choice */
	if ((!(head[1] & 0x80) && (head[1] & 0x7c)) || (head[1] & 0x08))
		return SL_INVALID_PARAM_FIELD;
	/* P_I_INFORMATION, PROTECTION INTERVAL EXPONENT; DEFECT LIST LENGTH */
	if (is_long ? head[3] || sl_get_be32(head + 4) : sl_get_be16(head + 2))
		return SL_INVALID_PARAM_FIELD;
	return SL_OK;
}

static enum sl_sense erase_prepare_format(struct scst_cmd *cmd, struct erasure *e)
{
	enum sl_sense sense = vdisk_format_list(cmd, &e->immediate);

	if (sense || cmd->dev->unit.thin)
		return sense;
	e->passes = 1;
	e->pattern = kvzalloc(ERASE_CHUNK, GFP_KERNEL);
	return e->pattern ? SL_OK : SL_INTERNAL_FAILURE;
}

static enum sl_sense erase_prepare(struct scst_cmd *cmd, struct erasure *e)
{
	e->vd = vdisk_of(cmd->dev);
	e->format = cmd->cdb.id == SL_OP_FORMAT_UNIT;
	refcount_set(&e->refs, 1);
	INIT_WORK(&e->work, erase_work);
	if (e->format)
		return erase_prepare_format(cmd, e);
	e->immediate = cmd->cdb_bytes[1] & 0x80;
	return cmd->cdb.id == SL_OP_SANITIZE_OVERWRITE ? erase_take_pattern(cmd, e) : SL_OK;
}

static bool erase_done(const struct erasure *e)
{
	/* Goes with the release in erase_work(). */
	return smp_load_acquire(&e->done);
}

static void erase_start(struct scst_cmd *cmd, struct erasure *e)
{
	enum sl_sense failure = erase_failure(e);
	bool failed = false;

	scst_dev_get(cmd->dev);
	refcount_inc(&e->refs);
	queue_work(system_dfl_wq, &e->work);
	if (!e->immediate) {
		wait_event(cmd->dev->tm_wait, erase_done(e) || scst_cmd_aborted(cmd));
		failed = erase_done(e) && e->result;
	}
	erase_put(e);
	if (failed)
		scst_cmd_fail(cmd, failure, NULL);
	else
		scst_cmd_complete(cmd);
}

void fileio_erase(struct scst_cmd *cmd)
{
	enum sl_sense sense;
	struct erasure *e;

	if (!fileio_enter_worker(cmd))
		return;
	e = kzalloc(sizeof(*e), GFP_KERNEL);
	sense = e ? erase_prepare(cmd, e) : SL_INTERNAL_FAILURE;
	/* Two that came at once have both found the medium free. */
	if (!sense)
		sense = cmpxchg(&e->vd->erasing, SL_OK, erase_in_progress(e));
	if (!sense) {
		WRITE_ONCE(e->vd->progress, 0);
		e->vd->sanitize_unrestricted = !e->format && (cmd->cdb_bytes[1] & 0x20);
		erase_start(cmd, e);
		return;
	}
	if (e)
		erase_put(e);
	scst_cmd_fail(cmd, sense, NULL);
}

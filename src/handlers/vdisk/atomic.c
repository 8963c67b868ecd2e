// SPDX-License-Identifier: GPL-2.0-only
/*
 * vdisk_fileio: operations that nobody may come between. They have the medium
 * for themselves as far as writing goes: plain writes share it.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/uio.h>

#include "fileio.h"

#define SANITIZE_CHUNK	(1u << 20)

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

void fileio_compare_write(struct scst_cmd *cmd)
{
	struct vdisk *vd = vdisk_of(cmd->dev);
	struct sl_sense_info more = { };
	enum sl_sense sense;
	ssize_t ret = 0;

	if (!fileio_enter_worker(cmd))
		return;
	percpu_down_write(&vd->medium);
	sense = compare_write(cmd, &more, &ret);
	percpu_up_write(&vd->medium);
	if (sense)
		scst_cmd_fail(cmd, sense, &more);
	else
		fileio_finish_write(cmd, ret);
}

void fileio_orwrite(struct scst_cmd *cmd)
{
	struct vdisk *vd = vdisk_of(cmd->dev);
	enum sl_sense sense = SL_OK;
	ssize_t ret = 0;
	u64 at;
	u8 *old;

	if (!fileio_enter_worker(cmd))
		return;
	if (cmd->out_len < atomic_len(cmd)) {
		scst_cmd_fail(cmd, SL_INVALID_CDB_FIELD, NULL);
		return;
	}
	percpu_down_write(&vd->medium);
	old = atomic_read_old(cmd, &sense);
	if (old) {
		atomic_each(cmd, old, atomic_len(cmd), or_piece, &at);
		ret = atomic_write_buf(cmd, old);
	}
	percpu_up_write(&vd->medium);
	kvfree(old);
	if (sense)
		scst_cmd_fail(cmd, sense, NULL);
	else
		fileio_finish_write(cmd, ret);
}

void fileio_write_atomic(struct scst_cmd *cmd)
{
	struct vdisk *vd = vdisk_of(cmd->dev);
	ssize_t ret;

	if (!fileio_enter_worker(cmd))
		return;
	if (cmd->out_len < atomic_len(cmd)) {
		scst_cmd_fail(cmd, SL_INVALID_CDB_FIELD, NULL);
		return;
	}
	percpu_down_write(&vd->medium);
	ret = atomic_write_received(cmd, 0);
	percpu_up_write(&vd->medium);
	fileio_finish_write(cmd, ret);
}

/* --- SANITIZE (SBC-4 5.36): OVERWRITE with a pattern, BLOCK ERASE by giving the blocks back --- */

/*
 * It goes on whatever becomes of the command that started it (SBC-4 4.11.2), so
 * it belongs to a work of its own; the command only waits for that.
 */
struct sanitize {
	struct work_struct work;
	refcount_t refs;	/* the work, the command that waits */
	bool done;
	int result;
	struct vdisk *vd;
	u8 *pattern;		/* SANITIZE_CHUNK bytes; NULL: erase */
	unsigned int passes;
	bool invert;
};

static int sanitize_pass(struct vdisk *vd, u8 *pattern)
{
	u64 at;

	for (at = 0; at < vd->size; at += SANITIZE_CHUNK) {
		size_t n = min_t(u64, SANITIZE_CHUNK, vd->size - at);
		ssize_t ret = fileio_write_kvec(vd->file, pattern, n, at, 0);

		if (ret < 0)
			return ret;
		if (READ_ONCE(vd->dev->dead))
			return -EINTR;
		cond_resched();
	}
	return vfs_fsync(vd->file, 1);
}

static void sanitize_invert(u8 *pattern)
{
	u32 i;

	for (i = 0; i < SANITIZE_CHUNK; i++)
		pattern[i] = ~pattern[i];
}

static int sanitize_overwrite(const struct sanitize *s)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < s->passes && !ret; i++) {
		if (i && s->invert)
			sanitize_invert(s->pattern);
		ret = sanitize_pass(s->vd, s->pattern);
	}
	return ret;
}

static int sanitize_erase(const struct sanitize *s)
{
	int ret = fileio_punch(s->vd, 0, s->vd->size);

	return ret ? ret : vfs_fsync(s->vd->file, 1);
}

static int sanitize_run(const struct sanitize *s)
{
	struct vdisk *vd = s->vd;
	int ret;

	percpu_down_write(&vd->medium);
	ret = s->pattern ? sanitize_overwrite(s) : sanitize_erase(s);
	percpu_up_write(&vd->medium);
	if (ret)
		vdisk_err("device %s: sanitizing failed (%d)", vd->dev->name, ret);
	WRITE_ONCE(vd->sanitize_failed, ret);
	clear_bit(0, &vd->sanitizing);
	return ret;
}

static void sanitize_put(struct sanitize *s)
{
	if (!refcount_dec_and_test(&s->refs))
		return;
	kvfree(s->pattern);
	kfree(s);
}

static void sanitize_work(struct work_struct *work)
{
	struct sanitize *s = container_of(work, struct sanitize, work);
	struct scst_device *dev = s->vd->dev;

	s->result = sanitize_run(s);
	/* Who sees this sees the result too. */
	smp_store_release(&s->done, true);
	wake_up_all(&dev->tm_wait);
	sanitize_put(s);
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

static enum sl_sense sanitize_take_pattern(struct scst_cmd *cmd, struct sanitize *s)
{
	u32 block = 1u << cmd->dev->unit.block_shift, len, at;
	u8 head[4];
	enum sl_sense sense = vdisk_sanitize_list(cmd, head);

	if (sense)
		return sense;
	len = sl_get_be16(head + 2);
	s->passes = head[0] & 0x1f;
	s->invert = head[0] & 0x80;
	s->pattern = kvmalloc(SANITIZE_CHUNK + block, GFP_KERNEL);
	if (!s->pattern)
		return SL_INTERNAL_FAILURE;
	/* The pattern starts anew with each block. */
	for (at = 0; at < block; at += len)
		if (!scst_cmd_copy_out(cmd, sizeof(head), s->pattern + at, min(len, block - at)))
			return SL_PARAM_LIST_LENGTH;
	for (at = block; at < SANITIZE_CHUNK; at += block)
		memcpy(s->pattern + at, s->pattern, block);
	return SL_OK;
}

static enum sl_sense sanitize_prepare(struct scst_cmd *cmd, struct sanitize *s)
{
	s->vd = vdisk_of(cmd->dev);
	refcount_set(&s->refs, 1);
	INIT_WORK(&s->work, sanitize_work);
	return cmd->cdb.id == SL_OP_SANITIZE_OVERWRITE ? sanitize_take_pattern(cmd, s) : SL_OK;
}

static bool sanitize_done(const struct sanitize *s)
{
	/* Goes with the release in sanitize_work(). */
	return smp_load_acquire(&s->done);
}

static void sanitize_start(struct scst_cmd *cmd, struct sanitize *s)
{
	bool immediate = cmd->cdb_bytes[1] & 0x80, failed = false;

	s->vd->sanitize_unrestricted = cmd->cdb_bytes[1] & 0x20;
	scst_dev_get(cmd->dev);
	refcount_inc(&s->refs);
	queue_work(system_dfl_wq, &s->work);
	if (!immediate) {
		wait_event(cmd->dev->tm_wait, sanitize_done(s) || scst_cmd_aborted(cmd));
		failed = sanitize_done(s) && s->result;
	}
	sanitize_put(s);
	if (failed)
		scst_cmd_fail(cmd, SL_SANITIZE_FAILED, NULL);
	else
		scst_cmd_complete(cmd);
}

void fileio_sanitize(struct scst_cmd *cmd)
{
	enum sl_sense sense;
	struct sanitize *s;

	if (!fileio_enter_worker(cmd))
		return;
	s = kzalloc(sizeof(*s), GFP_KERNEL);
	sense = s ? sanitize_prepare(cmd, s) : SL_INTERNAL_FAILURE;
	/* Two that came at once have both found the medium free. */
	if (!sense && test_and_set_bit(0, &s->vd->sanitizing))
		sense = SL_SANITIZE_IN_PROGRESS;
	if (!sense) {
		sanitize_start(cmd, s);
		return;
	}
	if (s)
		sanitize_put(s);
	scst_cmd_fail(cmd, sense, NULL);
}

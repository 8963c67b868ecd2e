// SPDX-License-Identifier: GPL-2.0-only
/*
 * vdisk_fileio: a disk in a file or on a block device, through the page cache.
 *
 * A command is tried where it arrives, without waiting; what would wait (a
 * cache miss, a write that must be on disk) goes to a worker and runs there.
 */
#include <linux/fadvise.h>
#include <linux/falloc.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uio.h>

#include "../../lib/unmap.h"
#include "dif.h"
#include "fileio.h"

#define VERIFY_CHUNK	(64u << 10)	/* bytes read at a time to be compared */

static bool fileio_may_wait(const struct scst_cmd *cmd)
{
	return test_bit(SCST_CMD_DEFERRED, &cmd->flags);
}

bool fileio_enter_worker(struct scst_cmd *cmd)
{
	if (fileio_may_wait(cmd))
		return true;
	scst_cmd_defer(cmd);
	return false;
}

typedef ssize_t (*fileio_op)(struct kiocb *iocb, struct iov_iter *iter);

/* All of @iter at @pos; fewer bytes than asked for mean that the file ended. */
static ssize_t fileio_transfer(struct file *file, fileio_op op, struct iov_iter *iter, loff_t pos,
			       int flags)
{
	size_t want = iov_iter_count(iter);
	struct kiocb iocb;
	ssize_t ret;

	while (iov_iter_count(iter)) {
		init_sync_kiocb(&iocb, file);
		iocb.ki_pos = pos;
		iocb.ki_flags |= flags;
		ret = op(&iocb, iter);
		if (ret < 0)
			return ret;
		if (!ret)
			break;
		pos += ret;
	}
	return want - iov_iter_count(iter);
}

static ssize_t fileio_read_iter(struct file *file, struct iov_iter *iter, loff_t pos, int flags)
{
	return fileio_transfer(file, file->f_op->read_iter, iter, pos, flags);
}

ssize_t fileio_write_iter(struct file *file, struct iov_iter *iter, loff_t pos, int flags)
{
	size_t want = iov_iter_count(iter);
	ssize_t ret = fileio_transfer(file, file->f_op->write_iter, iter, pos, flags);

	return ret >= 0 && ret != want ? -EIO : ret;
}

ssize_t fileio_write_kvec(struct file *file, void *buf, size_t len, loff_t pos, int flags)
{
	struct kvec kvec = { .iov_base = buf, .iov_len = len };
	struct iov_iter iter;
	ssize_t ret;

	iov_iter_kvec(&iter, ITER_SOURCE, &kvec, 1, len);
	file_start_write(file);
	ret = fileio_write_iter(file, &iter, pos, flags);
	file_end_write(file);
	return ret;
}

static enum sl_sense fileio_write_sense(ssize_t error)
{
	if (error == -ENOMEM)
		return SL_INTERNAL_FAILURE;
	if (error == -ENOSPC || error == -EDQUOT)
		return SL_SPACE_EXHAUSTED;
	return SL_WRITE_ERROR;
}

/* --- READ --- */

static void fileio_finish_read(struct scst_cmd *cmd, ssize_t got)
{
	if (got != cmd->buf_len) {
		scst_cmd_fail(cmd, SL_READ_ERROR, NULL);
		return;
	}
	scst_cmd_set_in_len(cmd, cmd->cdb.data_len);
	scst_cmd_complete(cmd);
}

static ssize_t fileio_read_pages(struct scst_cmd *cmd, u32 len, int flags)
{
	struct iov_iter iter;

	iov_iter_bvec(&iter, ITER_DEST, cmd->bvec, cmd->nr_bvec, len);
	return fileio_read_iter(fileio_file(cmd), &iter, fileio_pos(cmd), flags);
}

ssize_t fileio_read_buf(struct scst_cmd *cmd, int flags)
{
	return fileio_read_pages(cmd, cmd->buf_len, flags);
}

ssize_t fileio_read_len(struct scst_cmd *cmd, u32 len)
{
	return fileio_read_pages(cmd, len, 0);
}

/*
 * Gives the pages of the page cache to the command, if it has them all: neither
 * memory nor a copy is needed then. What a later write does to them may be sent,
 * as it may be in any other order of two commands under way at once.
 */
static bool fileio_read_cached(struct scst_cmd *cmd)
{
	struct address_space *mapping = fileio_file(cmd)->f_mapping;
	u32 left = min_t(u64, cmd->cdb.data_len, cmd->expected_len);
	loff_t pos = fileio_pos(cmd);

	if (cmd->expected_dir != SL_DIR_IN || !left || vdisk_of(cmd->dev)->o_direct ||
	    test_bit(SCST_CMD_STABLE_IN, &cmd->flags) ||
	    scst_cmd_begin_pages(cmd, DIV_ROUND_UP(offset_in_page(pos) + left, PAGE_SIZE)))
		return false;
	while (left) {
		u32 offset = offset_in_page(pos), n = min_t(u32, left, PAGE_SIZE - offset);
		struct page *page = scst_cached_page(mapping, pos >> PAGE_SHIFT);

		if (!page) {
			scst_cmd_drop_pages(cmd);
			return false;
		}
		scst_cmd_add_page(cmd, page, offset, n);
		pos += n;
		left -= n;
	}
	return true;
}

void fileio_read(struct scst_cmd *cmd)
{
	ssize_t ret;

	if (!cmd->bvec && fileio_read_cached(cmd)) {
		fileio_finish_read(cmd, cmd->buf_len);
		return;
	}
	if (!cmd->bvec && scst_cmd_alloc_in(cmd, cmd->cdb.data_len)) {
		scst_cmd_busy(cmd);
		return;
	}
	if (fileio_may_wait(cmd)) {
		fileio_finish_read(cmd, fileio_read_buf(cmd, 0));
		return;
	}
	if (!(fileio_file(cmd)->f_mode & FMODE_NOWAIT)) {
		scst_cmd_defer(cmd);
		return;
	}
	ret = fileio_read_buf(cmd, IOCB_NOWAIT);
	if (ret != cmd->buf_len)
		scst_cmd_defer(cmd);
	else
		fileio_finish_read(cmd, ret);
}

/* --- WRITE --- */

int fileio_write_flags(const struct scst_cmd *cmd)
{
	const struct vdisk *vd = vdisk_of(cmd->dev);

	if (vd->nv_cache)
		return 0;
	return cmd->cdb.fua || !READ_ONCE(cmd->dev->mode.now.write_cache) ? IOCB_DSYNC : 0;
}

ssize_t fileio_write_buf(struct scst_cmd *cmd, int flags)
{
	struct file *file = fileio_file(cmd);
	struct iov_iter iter;
	ssize_t ret;

	iov_iter_bvec(&iter, ITER_SOURCE, cmd->bvec, cmd->nr_bvec, fileio_write_len(cmd));
	percpu_down_read(&vdisk_of(cmd->dev)->medium);
	file_start_write(file);
	ret = fileio_write_iter(file, &iter, fileio_pos(cmd), flags);
	file_end_write(file);
	percpu_up_read(&vdisk_of(cmd->dev)->medium);
	return ret;
}

void fileio_finish_write(struct scst_cmd *cmd, ssize_t ret)
{
	if (ret < 0)
		scst_cmd_fail(cmd, fileio_write_sense(ret), NULL);
	else
		scst_cmd_complete(cmd);
}

#define WRITE_HERE_MAX	(256u << 10)

/*
 * Whole pages go into the page cache without reading anything, so there is
 * nothing to wait for but memory: cheaper done here than handed over.
 */
static bool fileio_may_write_here(const struct scst_cmd *cmd)
{
	u32 len = fileio_write_len(cmd);

	return !vdisk_of(cmd->dev)->o_direct && !fileio_write_flags(cmd) &&
	       len <= WRITE_HERE_MAX && !offset_in_page(fileio_pos(cmd) | len);
}

static void fileio_write(struct scst_cmd *cmd)
{
	if (!fileio_write_len(cmd)) {
		scst_cmd_complete(cmd);
		return;
	}
	if (fileio_may_write_here(cmd) || fileio_enter_worker(cmd))
		fileio_finish_write(cmd, fileio_write_buf(cmd, fileio_write_flags(cmd)));
}

/* --- VERIFY, WRITE AND VERIFY --- */

ssize_t fileio_read_kvec(struct file *file, void *buf, size_t len, loff_t pos)
{
	struct kvec kvec = { .iov_base = buf, .iov_len = len };
	struct iov_iter iter;

	iov_iter_kvec(&iter, ITER_DEST, &kvec, 1, len);
	return fileio_read_iter(file, &iter, pos, 0);
}

/* Compares @len bytes at @buf, @offset into the command's range, with what was received. */
static bool fileio_same(struct scst_cmd *cmd, const u8 *buf, u8 *scratch, u32 len, u64 offset,
			u64 *miscompare)
{
	u32 block = 1u << cmd->dev->unit.block_shift;
	bool repeat = cmd->cdb.bytchk == 3;
	u32 at, n, i;

	for (at = 0; at < len; at += n) {
		n = min(block, len - at);
		if (!scst_cmd_copy_out(cmd, repeat ? 0 : offset + at, scratch, n))
			return true;	/* nothing was sent to compare with */
		if (!memcmp(buf + at, scratch, n))
			continue;
		for (i = 0; buf[at + i] == scratch[i];)
			i++;
		*miscompare = repeat ? i : offset + at + i;
		return false;
	}
	return true;
}

enum sl_sense fileio_compare(struct scst_cmd *cmd, struct sl_sense_info *more)
{
	u64 total = (u64)cmd->cdb.blocks << cmd->dev->unit.block_shift, done;
	enum sl_sense sense = SL_OK;
	u8 *buf = kvmalloc(VERIFY_CHUNK, GFP_KERNEL), *scratch = kmalloc(PAGE_SIZE, GFP_KERNEL);

	if (!buf || !scratch) {
		sense = SL_INTERNAL_FAILURE;
		goto out;
	}
	for (done = 0; done < total && !sense; done += VERIFY_CHUNK) {
		u32 n = min_t(u64, VERIFY_CHUNK, total - done);

		if (scst_cmd_aborted(cmd))
			break;
		if (fileio_read_kvec(fileio_file(cmd), buf, n, fileio_pos(cmd) + done) != n)
			sense = SL_READ_ERROR;
		else if (cmd->cdb.bytchk && !fileio_same(cmd, buf, scratch, n, done, &more->info))
			sense = SL_MISCOMPARE;
	}
out:
	kfree(scratch);
	kvfree(buf);
	return sense;
}

void fileio_verify(struct scst_cmd *cmd)
{
	struct sl_sense_info more = { };
	enum sl_sense sense;

	if (!fileio_enter_worker(cmd))
		return;
	sense = fileio_compare(cmd, &more);
	more.info_valid = sense == SL_MISCOMPARE;
	if (sense)
		scst_cmd_fail(cmd, sense, &more);
	else
		scst_cmd_complete(cmd);
}

void fileio_write_verify(struct scst_cmd *cmd)
{
	ssize_t ret;

	if (!fileio_enter_worker(cmd))
		return;
	if (!fileio_write_len(cmd)) {
		scst_cmd_complete(cmd);
		return;
	}
	ret = fileio_write_buf(cmd, IOCB_DSYNC);
	if (ret < 0)
		scst_cmd_fail(cmd, fileio_write_sense(ret), NULL);
	else
		fileio_verify(cmd);
}

/* --- WRITE SAME, UNMAP --- */

int fileio_punch(struct vdisk *vd, loff_t pos, loff_t len)
{
	/*
	 * A block device drops what its page cache has of the range only for who holds it
	 * exclusively; for another one it fails where a page is dirty.
	 */
	struct file *file = vd->direct ? vd->direct : vd->file;
	int mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, ret;

	if (!file->f_op->fallocate)
		return -EOPNOTSUPP;
	ret = vfs_fallocate(file, mode, pos, len);
	/* Linux 5.10 drops the pages once more in the end, and can't drop one whose rest is dirty. */
	if (ret == -EBUSY && !filemap_write_and_wait_range(file->f_mapping, pos, pos + len - 1))
		ret = vfs_fallocate(file, mode, pos, len);
	return ret;
}

/* A buffer full of copies of the one block that was sent. */
static u8 *fileio_repeat_block(struct scst_cmd *cmd, u32 len)
{
	u32 block = 1u << cmd->dev->unit.block_shift, at;
	u8 *buf = kvzalloc(len, GFP_KERNEL);

	if (!buf || cmd->cdb.dir != SL_DIR_OUT)
		return buf;
	if (!scst_cmd_copy_out(cmd, 0, buf, block)) {
		kvfree(buf);
		return NULL;
	}
	for (at = block; at < len; at += block)
		memcpy(buf + at, buf, block);
	return buf;
}

static ssize_t fileio_write_pattern(struct scst_cmd *cmd, u8 *buf, u32 len)
{
	u64 total = (u64)cmd->cdb.blocks << cmd->dev->unit.block_shift, done;
	ssize_t ret = 0;

	for (done = 0; done < total && ret >= 0; done += len) {
		if (scst_cmd_aborted(cmd))
			break;
		ret = fileio_write_kvec(fileio_file(cmd), buf, min_t(u64, len, total - done),
					fileio_pos(cmd) + done, fileio_write_flags(cmd));
	}
	return ret;
}

ssize_t fileio_do_write_same(struct scst_cmd *cmd, bool *unmapped)
{
	u64 total = (u64)cmd->cdb.blocks << cmd->dev->unit.block_shift;
	u32 block = 1u << cmd->dev->unit.block_shift;
	u32 len = min_t(u64, VERIFY_CHUNK, total);
	ssize_t ret = -EOPNOTSUPP;
	u8 *buf = fileio_repeat_block(cmd, len);

	if (!buf)
		return -ENOMEM;
	/* Unmapped blocks read as zeros, so only zeros may be unmapped (SBC-3 5.44). */
	percpu_down_read(&vdisk_of(cmd->dev)->medium);
	if ((cmd->cdb.options & 0x08) && !memchr_inv(buf, 0, block))
		ret = fileio_punch(vdisk_of(cmd->dev), fileio_pos(cmd), total);
	*unmapped = !ret;
	if (ret == -EOPNOTSUPP)
		ret = fileio_write_pattern(cmd, buf, len);
	percpu_up_read(&vdisk_of(cmd->dev)->medium);
	kvfree(buf);
	return ret;
}

void fileio_write_same(struct scst_cmd *cmd)
{
	u32 block = 1u << cmd->dev->unit.block_shift;
	bool unmapped;

	if (!fileio_enter_worker(cmd))
		return;
	if (cmd->cdb.dir == SL_DIR_OUT && cmd->out_len < block)
		scst_cmd_complete(cmd);
	else
		fileio_finish_write(cmd, fileio_do_write_same(cmd, &unmapped));
}

static ssize_t fileio_unmap_list(struct scst_cmd *cmd, const u8 *list, u32 nr)
{
	unsigned int shift = cmd->dev->unit.block_shift;
	struct vdisk *vd = vdisk_of(cmd->dev);
	struct dif_range range;
	ssize_t ret = 0;
	u32 i;

	dif_lock_all(vd, &range);
	percpu_down_read(&vd->medium);
	for (i = 0; i < nr && !ret; i++) {
		loff_t pos = sl_get_be64(list + 8 + i * 16) << shift;
		loff_t len = (loff_t)sl_get_be32(list + 16 + i * 16) << shift;

		if (len)
			ret = fileio_punch(vd, pos, len);
		if (len && !ret)
			ret = dif_forget(vd, pos, len);
	}
	percpu_up_read(&vd->medium);
	dif_unlock_all(vd, &range);
	return ret;
}

void fileio_unmap(struct scst_cmd *cmd)
{
	struct sl_sense_info more = { };
	enum sl_sense sense;
	ssize_t ret;
	u8 *list;
	u32 nr;

	if (!fileio_enter_worker(cmd))
		return;
	list = kvmalloc(max_t(u32, cmd->out_len, 1), GFP_KERNEL);
	if (!list) {
		scst_cmd_fail(cmd, SL_INTERNAL_FAILURE, NULL);
		return;
	}
	scst_cmd_copy_out(cmd, 0, list, cmd->out_len);
	sense = sl_unmap_check(list, cmd->out_len, &cmd->dev->unit, &nr, &more);
	if (sense) {
		scst_cmd_fail(cmd, sense, &more);
	} else {
		ret = fileio_unmap_list(cmd, list, nr);
		fileio_finish_write(cmd, ret);
	}
	kvfree(list);
}

/* --- SYNCHRONIZE CACHE, PRE-FETCH, GET LBA STATUS --- */

void fileio_sync(struct scst_cmd *cmd)
{
	const struct vdisk *vd = vdisk_of(cmd->dev);
	u64 len = (u64)cmd->cdb.blocks << cmd->dev->unit.block_shift;
	loff_t end = cmd->cdb.blocks ? fileio_pos(cmd) + len - 1 : LLONG_MAX;
	int ret;

	if (vd->nv_cache) {
		scst_cmd_complete(cmd);
		return;
	}
	if (!fileio_enter_worker(cmd))
		return;
	ret = vfs_fsync_range(vd->file, fileio_pos(cmd), end, 1);
	if (ret)
		scst_cmd_fail(cmd, SL_WRITE_ERROR, NULL);
	else
		scst_cmd_complete(cmd);
}

void fileio_prefetch(struct scst_cmd *cmd)
{
	u64 len = (u64)cmd->cdb.blocks << cmd->dev->unit.block_shift;

	/* Only advice: whether it helps is not reported. */
	if (fileio_enter_worker(cmd)) {
		vfs_fadvise(fileio_file(cmd), fileio_pos(cmd), len, POSIX_FADV_WILLNEED);
		scst_cmd_complete(cmd);
	}
}

/* Length in bytes of the extent at @pos, and whether it is mapped. */
static loff_t fileio_extent(struct scst_cmd *cmd, loff_t pos, bool *mapped)
{
	loff_t end = (loff_t)cmd->dev->unit.blocks << cmd->dev->unit.block_shift;
	struct file *file = fileio_file(cmd);
	loff_t next;

	*mapped = true;
	if (!cmd->dev->unit.thin)
		return end - pos;
	next = vfs_llseek(file, pos, SEEK_DATA);
	if (next == -ENXIO)
		next = end;
	if (next > pos) {
		*mapped = false;
		return min(next, end) - pos;
	}
	next = vfs_llseek(file, pos, SEEK_HOLE);
	return (next > pos ? min(next, end) : end) - pos;
}

void fileio_lba_status(struct scst_cmd *cmd)
{
	u8 data[24] = { };
	u64 blocks;
	bool mapped;

	if (!fileio_enter_worker(cmd))
		return;
	blocks = fileio_extent(cmd, fileio_pos(cmd), &mapped) >> cmd->dev->unit.block_shift;
	sl_put_be32(sizeof(data) - 4, data);
	sl_put_be64(cmd->cdb.lba, data + 8);
	/* A hole smaller than a block does not unmap the block. */
	sl_put_be32(clamp_t(u64, blocks, 1, U32_MAX), data + 16);
	data[20] = mapped || !blocks ? 0 : 1;
	scst_cmd_reply(cmd, data, sizeof(data));
}

static const struct vdisk_io_ops fileio_io = {
	.read = fileio_read,
	.write = fileio_write,
	.verify = fileio_verify,
	.write_verify = fileio_write_verify,
	.write_same = fileio_write_same,
	.sync = fileio_sync,
	.prefetch = fileio_prefetch,
	.unmap = fileio_unmap,
	.lba_status = fileio_lba_status,
	.compare_write = fileio_compare_write,
	.orwrite = fileio_orwrite,
	.write_atomic = fileio_write_atomic,
	.erase = fileio_erase,
};

/* --- opening and closing --- */

static int fileio_init(struct scst_device *dev)
{
	return vdisk_init(dev, &fileio_io);
}

static int fileio_set_param(struct scst_device *dev, const char *name, const char *value)
{
	if (!strcasecmp(name, "o_direct"))
		return vdisk_set_flag(value, &vdisk_of(dev)->o_direct);
	return backing_set_param(dev, name, value);
}

bool fileio_is_usable(const struct file *file)
{
	umode_t mode = file_inode(file)->i_mode;

	/* A read-only file system has no way to write. */
	return (S_ISREG(mode) || S_ISBLK(mode)) && file->f_op->read_iter &&
	       (file->f_op->write_iter || !(file->f_mode & FMODE_WRITE));
}

static int fileio_attach(struct scst_device *dev)
{
	struct vdisk *vd = vdisk_of(dev);
	struct file *file;
	int ret = backing_check_params(dev);

	if (ret)
		return ret;
	file = backing_open(dev, vd->o_direct ? O_DIRECT : 0);
	if (IS_ERR(file))
		return PTR_ERR(file);
	vd->file = file;
	if (!fileio_is_usable(file)) {
		vdisk_err("device %s: %s is neither a regular file nor a block device", dev->name,
			  vd->filename);
		return -EINVAL;
	}
	vd->size = i_size_read(file->f_mapping->host);
	if (dev->unit.thin && !vd->file->f_op->fallocate) {
		vdisk_warn("device %s: %s doesn't support thin provisioning, disabling it",
			   dev->name, vd->filename);
		dev->unit.thin = false;
	}
	return vdisk_finish(dev, "SCST_FIO");
}

static const char *const fileio_params[] = {
	"blocksize", "dif_filename", "dif_mode", "dif_static_app_tag", "dif_type", "filename",
	"lb_per_pb_exp", "nv_cache", "o_direct", "read_only", "removable", "rotational",
	"thin_provisioned", "tst", "write_through",
	NULL
};

const struct scst_handler_ops vdisk_fileio_ops = {
	.name = "vdisk_fileio",
	.owner = THIS_MODULE,
	.device_type = 0,
	.params = fileio_params,
	.dev_attrs = vdisk_attrs,
	.kind_attrs = vdisk_disk_attrs,
	.own_attrs = vdisk_fileio_attrs,
	.init = fileio_init,
	.set_param = fileio_set_param,
	.attach = fileio_attach,
	.detach = backing_detach,
	.parse = vdisk_parse,
	.state = vdisk_state,
};

// SPDX-License-Identifier: GPL-2.0-only
/*
 * vdisk_blockio: a block device without the page cache. READ and WRITE are
 * asynchronous direct I/O on the command's own pages: the block layer makes its
 * bios of them without a copy. Everything rarer goes the way of fileio, through
 * the page cache of the device, which direct I/O keeps in step; so does everything
 * on a disk with protection information (dif.c).
 */
#include <linux/uio.h>

#include "fileio.h"

/* One READ or WRITE under way, in the command's room for its handler. */
struct blockio {
	struct kiocb iocb;
	ssize_t result;
};

static bool blockio_is_write(const struct scst_cmd *cmd)
{
	return cmd->cdb.dir == SL_DIR_OUT;
}

/*
 * The medium is shared from submission to completion, which is elsewhere: tell
 * lockdep that the lock changes hands.
 */
static void blockio_share_medium(struct vdisk *vd)
{
	percpu_down_read(&vd->medium);
	rwsem_release(&vd->medium.dep_map, _THIS_IP_);
}

static void blockio_unshare_medium(struct vdisk *vd)
{
	rwsem_acquire_read(&vd->medium.dep_map, 0, 1, _THIS_IP_);
	percpu_up_read(&vd->medium);
}

static void blockio_finish(struct scst_cmd *cmd, ssize_t ret, u32 want)
{
	if (blockio_is_write(cmd)) {
		blockio_unshare_medium(vdisk_of(cmd->dev));
		fileio_finish_write(cmd, ret >= 0 && ret != want ? -EIO : ret);
	} else if (ret != want) {
		scst_cmd_fail(cmd, SL_READ_ERROR, NULL);
	} else {
		scst_cmd_set_in_len(cmd, cmd->cdb.data_len);
		scst_cmd_complete(cmd);
	}
}

static u32 blockio_len(const struct scst_cmd *cmd)
{
	return blockio_is_write(cmd) ? fileio_write_len(cmd) : cmd->buf_len;
}

/*
 * It failed because it was not to wait, maybe only when it was under way: there
 * was no request to be had, or the device can't do without waiting at all, as
 * most of the device mapper can't.
 */
static bool blockio_would_wait(const struct scst_cmd *cmd, ssize_t ret)
{
	if (ret == -EOPNOTSUPP)
		WRITE_ONCE(vdisk_of(cmd->dev)->always_waits, true);
	return !test_bit(SCST_CMD_DEFERRED, &cmd->flags) &&
	       (ret == -EAGAIN || ret == -EOPNOTSUPP);
}

static void blockio_done_work(struct work_struct *work)
{
	struct scst_cmd *cmd = container_of(work, struct scst_cmd, work);
	ssize_t ret = scst_handler_room(cmd, struct blockio)->result;

	if (blockio_would_wait(cmd, ret))
		scst_cmd_defer(cmd);
	else
		blockio_finish(cmd, ret, blockio_len(cmd));
}

/* Maybe in an interrupt. */
static void blockio_completed(scst_ki_complete_args(iocb, ret))
{
	struct blockio *io = container_of(iocb, struct blockio, iocb);
	struct scst_cmd *cmd = scst_handler_cmd(io);

	io->result = ret;
	scst_cmd_go_on(cmd, blockio_done_work);
}

/* -EIOCBQUEUED, or the result: then blockio_completed() will not be called. */
static ssize_t blockio_submit(struct scst_cmd *cmd, bool may_wait)
{
	struct blockio *io = scst_handler_room(cmd, struct blockio);
	struct file *file = vdisk_of(cmd->dev)->direct;
	bool write = blockio_is_write(cmd);
	struct iov_iter iter;

	iov_iter_bvec(&iter, write ? ITER_SOURCE : ITER_DEST, cmd->bvec, cmd->nr_bvec,
		      blockio_len(cmd));
	init_sync_kiocb(&io->iocb, file);
	io->iocb.ki_pos = fileio_pos(cmd);
	io->iocb.ki_complete = blockio_completed;
	if (write)
		io->iocb.ki_flags |= fileio_write_flags(cmd);
	if (!may_wait)
		io->iocb.ki_flags |= IOCB_NOWAIT;
	return write ? file->f_op->write_iter(&io->iocb, &iter) :
		       file->f_op->read_iter(&io->iocb, &iter);
}

static void blockio_rw(struct scst_cmd *cmd)
{
	bool may_wait = test_bit(SCST_CMD_DEFERRED, &cmd->flags);
	ssize_t ret;

	if (!may_wait && READ_ONCE(vdisk_of(cmd->dev)->always_waits)) {
		scst_cmd_defer(cmd);
		return;
	}
	ret = blockio_submit(cmd, may_wait);
	if (ret == -EIOCBQUEUED)
		return;
	if (blockio_would_wait(cmd, ret))
		scst_cmd_defer(cmd);
	else
		blockio_finish(cmd, ret, blockio_len(cmd));
}

static void blockio_read(struct scst_cmd *cmd)
{
	if (!cmd->bvec && scst_cmd_alloc_in(cmd, cmd->cdb.data_len)) {
		scst_cmd_busy(cmd);
		return;
	}
	if (round_down(cmd->buf_len, 1u << cmd->dev->unit.block_shift) != cmd->buf_len) {
		/* Announced less than it asks for, and no whole blocks. */
		fileio_read(cmd);
		return;
	}
	blockio_rw(cmd);
}

static void blockio_write(struct scst_cmd *cmd)
{
	if (!fileio_write_len(cmd)) {
		scst_cmd_complete(cmd);
		return;
	}
	/* Once: a command that was deferred comes back with blockio_rw() as what it does. */
	cmd->exec = blockio_rw;
	blockio_share_medium(vdisk_of(cmd->dev));
	blockio_rw(cmd);
}

static const struct vdisk_io_ops blockio_io = {
	.read = blockio_read,
	.write = blockio_write,
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

static int blockio_init(struct scst_device *dev)
{
	return vdisk_init(dev, &blockio_io);
}

static int blockio_open(struct scst_device *dev)
{
	struct vdisk *vd = vdisk_of(dev);
	struct file *file = backing_open(dev, 0);

	if (IS_ERR(file))
		return PTR_ERR(file);
	vd->file = file;
	if (!S_ISBLK(file_inode(file)->i_mode)) {
		vdisk_err("device %s: %s is NOT a block device", dev->name, vd->filename);
		return -EINVAL;
	}
	/* Ours alone: a mounted disk, or somebody else's, is refused with EBUSY. */
	file = backing_open(dev, O_DIRECT | O_EXCL);
	if (IS_ERR(file))
		return PTR_ERR(file);
	vd->direct = file;
	return 0;
}

static int blockio_check_blocksize(struct scst_device *dev)
{
	u32 least = bdev_logical_block_size(I_BDEV(vdisk_of(dev)->file->f_mapping->host));

	if (1u << dev->unit.block_shift >= least)
		return 0;
	vdisk_err("device %s: blocksize %u is less than the %u bytes of %s", dev->name,
		  1u << dev->unit.block_shift, least, vdisk_of(dev)->filename);
	return -EINVAL;
}

/*
 * Unmapped blocks are to read as zeros, and be given back: the device has to be
 * able to do both at once (REQ_OP_WRITE_ZEROES); to discard is not enough.
 */
static bool blockio_can_unmap(const struct vdisk *vd)
{
	struct block_device *bdev = I_BDEV(vd->file->f_mapping->host);

	return scst_bdev_can_discard(bdev) && bdev_write_zeroes_sectors(bdev);
}

/* Opens the device and looks at it; closed again if it will not do. */
static int blockio_take(struct scst_device *dev)
{
	struct vdisk *vd = vdisk_of(dev);
	bool can_unmap;
	int ret = blockio_open(dev);

	if (!ret)
		ret = blockio_check_blocksize(dev);
	if (ret) {
		backing_close(vd);
		return ret;
	}
	vd->always_waits = false;
	can_unmap = blockio_can_unmap(vd);
	if (vd->thin_explicit && vd->thin_wanted && !can_unmap)
		vdisk_warn("device %s: %s doesn't support thin provisioning, disabling it",
			   dev->name, vd->filename);
	dev->unit.thin = can_unmap && (vd->thin_wanted || !vd->thin_explicit);
	dev->unit.unmapped_is_zero = dev->unit.thin;
	return 0;
}

static int blockio_attach(struct scst_device *dev)
{
	struct vdisk *vd = vdisk_of(dev);
	int ret = backing_check_params(dev);

	vd->thin_wanted = dev->unit.thin;
	if (!ret && dev->inactive && vd->dif) {
		vdisk_err("device %s: one with protection information is always active",
			  dev->name);
		ret = -EINVAL;
	}
	if (!ret && !dev->inactive) {
		ret = blockio_take(dev);
		if (!ret)
			vd->size = i_size_read(vd->file->f_mapping->host);
	}
	return ret ? ret : vdisk_finish(dev, "SCST_BIO");
}

static int blockio_set_param(struct scst_device *dev, const char *name, const char *value)
{
	bool active;

	if (strcasecmp(name, "active"))
		return backing_set_param(dev, name, value);
	if (vdisk_set_flag(value, &active))
		return -EINVAL;
	dev->inactive = !active;
	return 0;
}

/* --- to be given free, and taken again --- */

/* What an initiator knew of it may be out of date. */
static int blockio_activate(struct scst_device *dev)
{
	struct vdisk *vd = vdisk_of(dev);
	int ret = blockio_take(dev);
	u64 size;

	if (ret)
		return ret;
	size = i_size_read(vd->file->f_mapping->host);
	if (!(size >> dev->unit.block_shift)) {
		vdisk_err("device %s: %s has less than one block", dev->name, vd->filename);
		backing_close(vd);
		return -EINVAL;
	}
	if (vd->size_explicit && vd->size <= size)
		size = vd->size;
	else
		vd->size_explicit = false;
	return backing_set_size(dev, size, vd->size_explicit);
}

static int blockio_deactivate(struct scst_device *dev)
{
	struct vdisk *vd = vdisk_of(dev);
	int ret;

	/* It goes on behind the command that began it. */
	if (READ_ONCE(vd->erasing))
		return -EBUSY;
	ret = backing_flush(dev);
	if (ret) {
		vdisk_err("device %s: %s can't be made safe (%d), it stays active", dev->name,
			  vd->filename, ret);
		return ret;
	}
	/* Others may write now. */
	scst_dev_revoke_tokens(dev);
	backing_close(vd);
	return 0;
}

/* The caller has vd->open_lock, and it is to become what it is not. */
static int blockio_switch(struct scst_device *dev, bool active)
{
	int ret = scst_dev_begin_change(dev);

	if (ret)
		return ret;
	ret = active ? blockio_activate(dev) : blockio_deactivate(dev);
	scst_dev_end_change(dev, ret ? active : !active);
	if (!ret && active)
		scst_dev_raise_ua(dev, SCST_UA_MEDIUM_CHANGED, NULL);
	return ret;
}

int blockio_set_active(struct scst_device *dev, bool active)
{
	struct vdisk *vd = vdisk_of(dev);
	int ret = 0;

	if (vd->dif)
		return active ? 0 : -EINVAL;
	mutex_lock(&vd->open_lock);
	if (active != !!vd->file)
		ret = blockio_switch(dev, active);
	mutex_unlock(&vd->open_lock);
	return ret;
}

int blockio_set_filename(struct scst_device *dev, char *name)
{
	struct vdisk *vd = vdisk_of(dev);
	int ret = 0;

	if (*name != '/')
		return -EINVAL;
	mutex_lock(&vd->open_lock);
	if (vd->file) {
		ret = -EBUSY;
	} else {
		spin_lock(&dev->lock);
		swap(vd->filename, name);
		spin_unlock(&dev->lock);
		kfree(name);
	}
	mutex_unlock(&vd->open_lock);
	return ret;
}

static const char *const blockio_params[] = {
	"active", "blocksize", "dif_filename", "dif_mode", "dif_static_app_tag", "dif_type", "filename",
	"lb_per_pb_exp", "nv_cache", "read_only", "removable", "rotational",
	"thin_provisioned", "tst", "write_through",
	NULL
};

const struct scst_handler_ops vdisk_blockio_ops = {
	.name = "vdisk_blockio",
	.owner = THIS_MODULE,
	.device_type = 0,
	.params = blockio_params,
	.dev_attrs = vdisk_attrs,
	.kind_attrs = vdisk_disk_attrs,
	.own_attrs = vdisk_blockio_attrs,
	.init = blockio_init,
	.set_param = blockio_set_param,
	.attach = blockio_attach,
	.detach = backing_detach,
	.parse = vdisk_parse,
	.state = vdisk_state,
	.needs_backing = vdisk_needs_backing,
};

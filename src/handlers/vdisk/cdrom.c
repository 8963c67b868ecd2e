// SPDX-License-Identifier: GPL-2.0-only
/*
 * vcdrom: a CD or DVD drive whose disc is an image file. Discs come and go while
 * it is served: a read holds the medium against that, so it always runs in a
 * worker.
 */
#include <linux/slab.h>

#include "fileio.h"

#define CDROM_SHIFT	11	/* 2,048 bytes */

static void cdrom_drive(struct scst_device *dev, struct sl_mmc_drive *drive)
{
	struct vdisk *vd = vdisk_of(dev);

	spin_lock(&dev->lock);
	drive->tray_open = vd->ejected;
	drive->blocks = vd->ejected ? 0 : dev->unit.blocks;
	spin_unlock(&dev->lock);
}

static void cdrom_answer(struct scst_cmd *cmd,
			 enum sl_sense (*build)(const u8 *cdb, const struct sl_mmc_drive *drive,
						u8 *buf, size_t *len,
						struct sl_sense_info *more))
{
	struct sl_sense_info more = { };
	struct sl_mmc_drive drive;
	u8 data[SL_MMC_MAX] = { };
	enum sl_sense sense;
	size_t len;

	cdrom_drive(cmd->dev, &drive);
	sense = build(cmd->cdb_bytes, &drive, data, &len, &more);
	if (sense)
		scst_cmd_fail(cmd, sense, &more);
	else
		scst_cmd_reply(cmd, data, len);
}

void vdisk_exec_read_toc(struct scst_cmd *cmd)
{
	cdrom_answer(cmd, sl_mmc_toc);
}

void vdisk_exec_configuration(struct scst_cmd *cmd)
{
	cdrom_answer(cmd, sl_mmc_configuration);
}

void vdisk_exec_disc_information(struct scst_cmd *cmd)
{
	cdrom_answer(cmd, sl_mmc_disc_information);
}

/* Every initiator is told an event once. */
void vdisk_exec_event_status(struct scst_cmd *cmd)
{
	enum sl_media_event event = SL_MEDIA_NO_CHANGE;
	struct sl_sense_info more = { };
	struct sl_mmc_drive drive;
	u8 data[SL_MMC_MAX];
	enum sl_sense sense;
	size_t len;

	if (sl_mmc_wants_media_event(cmd->cdb_bytes))
		event = xchg(&cmd->tgt_dev->media_event, SL_MEDIA_NO_CHANGE);
	cdrom_drive(cmd->dev, &drive);
	sense = sl_mmc_event_status(cmd->cdb_bytes, &drive, event, data, &len, &more);
	if (sense)
		scst_cmd_fail(cmd, sense, &more);
	else
		scst_cmd_reply(cmd, data, len);
}

void vdisk_media_event(struct scst_device *dev, enum sl_media_event event)
{
	struct vdisk *vd = vdisk_of(dev);
	struct scst_tgt_dev *td;

	spin_lock(&dev->tgt_devs_lock);
	if (event == SL_MEDIA_NEW)
		vd->disc++;
	list_for_each_entry(td, &dev->tgt_devs, dev_entry) {
		/* Asked twice it would eject twice, the second time maybe the next disc. */
		if (event == SL_MEDIA_EJECT_REQUEST) {
			if (td->asked_for_disc == vd->disc)
				continue;
			td->asked_for_disc = vd->disc;
		}
		xchg(&td->media_event, event);
	}
	spin_unlock(&dev->tgt_devs_lock);
}

/* --- READ --- */

/* The disc may be another one than when the command was checked. */
static enum sl_sense cdrom_read_disc(struct scst_cmd *cmd)
{
	const struct sl_unit *u = &cmd->dev->unit;
	struct vdisk *vd = vdisk_of(cmd->dev);

	if (vd->empty || vd->ejected)
		return SL_NOT_READY_NO_MEDIUM;
	if (cmd->cdb.lba > u->blocks || cmd->cdb.blocks > u->blocks - cmd->cdb.lba)
		return SL_LBA_OUT_OF_RANGE;
	return fileio_read_buf(cmd, 0) == cmd->buf_len ? SL_OK : SL_READ_ERROR;
}

static void cdrom_read(struct scst_cmd *cmd)
{
	struct vdisk *vd = vdisk_of(cmd->dev);
	enum sl_sense sense;

	if (!fileio_enter_worker(cmd))
		return;
	if (scst_cmd_alloc_in(cmd, cmd->cdb.data_len)) {
		scst_cmd_busy(cmd);
		return;
	}
	percpu_down_read(&vd->medium);
	sense = cdrom_read_disc(cmd);
	percpu_up_read(&vd->medium);
	if (sense) {
		scst_cmd_fail(cmd, sense, NULL);
		return;
	}
	scst_cmd_set_in_len(cmd, cmd->cdb.data_len);
	scst_cmd_complete(cmd);
}

static const struct vdisk_io_ops cdrom_io = {
	.read = cdrom_read,
	.sync = vdisk_exec_good,
};

/* --- putting discs in and taking them out --- */

/* A disc: what is in the drive, or is to be. */
struct cdrom_disc {
	char *filename;		/* NULL: none */
	struct file *file;
	u64 size;
};

static void cdrom_put_disc(struct cdrom_disc *disc)
{
	if (disc->file)
		filp_close(disc->file, NULL);
	kfree(disc->filename);
}

/* @name is taken over, also by a failure. */
static int cdrom_open_disc(struct scst_device *dev, char *name, struct cdrom_disc *disc)
{
	int ret = -EINVAL;

	disc->filename = name;
	if (*name != '/') {
		vdisk_err("device %s: Filename %s must be global", dev->name, name);
		goto out;
	}
	disc->file = filp_open(name, O_RDONLY | O_LARGEFILE, 0);
	if (IS_ERR(disc->file)) {
		ret = PTR_ERR(disc->file);
		disc->file = NULL;
		vdisk_err("device %s: filp_open(%s) failed: %d", dev->name, name, ret);
		goto out;
	}
	if (!fileio_is_usable(disc->file)) {
		vdisk_err("device %s: %s is neither a regular file nor a block device", dev->name,
			  name);
		goto out;
	}
	disc->size = i_size_read(disc->file->f_mapping->host);
	if (!(disc->size >> CDROM_SHIFT))
		vdisk_err("device %s: %s is less than one block", dev->name, name);
	else
		ret = 0;
out:
	if (ret)
		cdrom_put_disc(disc);
	return ret;
}

/* Leaves in *@disc what was in the drive. */
static void cdrom_exchange(struct scst_device *dev, struct cdrom_disc *disc)
{
	struct vdisk *vd = vdisk_of(dev);

	percpu_down_write(&vd->medium);
	spin_lock(&dev->lock);
	swap(vd->filename, disc->filename);
	swap(vd->file, disc->file);
	swap(vd->size, disc->size);
	WRITE_ONCE(dev->unit.blocks, vd->size >> CDROM_SHIFT);
	WRITE_ONCE(vd->empty, !vd->file);
	WRITE_ONCE(vd->ejected, !vd->file);
	spin_unlock(&dev->lock);
	percpu_up_write(&vd->medium);
}

/* Under the configuration lock. */
static int cdrom_change(struct scst_device *dev, struct cdrom_disc *disc)
{
	bool inserted = disc->file;

	if (!inserted && vdisk_of(dev)->empty)
		return 0;
	if (vdisk_removal_prevented(dev)) {
		/* As if the button had been pressed: they may set the disc free, and eject it. */
		vdisk_media_event(dev, SL_MEDIA_EJECT_REQUEST);
		return -EBUSY;
	}
	cdrom_exchange(dev, disc);
	vdisk_media_event(dev, inserted ? SL_MEDIA_NEW : SL_MEDIA_REMOVED);
	if (inserted)
		scst_dev_raise_ua(dev, SCST_UA_MEDIUM_CHANGED, NULL);
	return 0;
}

static int cdrom_set_filename(struct scst_device *dev, char *name)
{
	struct cdrom_disc disc = { };
	int ret = 0;

	if (*name)
		ret = cdrom_open_disc(dev, name, &disc);
	else
		kfree(name);
	if (ret)
		return ret;
	ret = scst_cfg_lock(&dev->dead);
	if (!ret) {
		ret = cdrom_change(dev, &disc);
		scst_cfg_unlock();
	}
	cdrom_put_disc(&disc);
	return ret;
}

static ssize_t filename_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	struct scst_device *dev = scst_dev_of(kobj);
	struct vdisk *vd = vdisk_of(dev);
	ssize_t n;

	spin_lock(&dev->lock);
	n = scst_show_text(buf, vd->filename ? vd->filename : "none", vd->filename);
	spin_unlock(&dev->lock);
	return n;
}

static ssize_t filename_store(struct kobject *kobj, struct kobj_attribute *attr, const char *buf,
			      size_t count)
{
	char *name;
	int ret;

	if (count && buf[count - 1] == '\n')
		name = kstrndup(buf, count - 1, GFP_KERNEL);
	else
		name = kstrndup(buf, count, GFP_KERNEL);
	if (!name)
		return -ENOMEM;
	ret = cdrom_set_filename(scst_dev_of(kobj), name);
	return ret ? ret : count;
}

static struct kobj_attribute filename_attr = __ATTR_RW(filename);

static const struct attribute *const cdrom_attrs[] = {
	&vdisk_size_attr.attr,
	&vdisk_size_mb_attr.attr,
	&filename_attr.attr,
	NULL
};

/* --- the drive --- */

static int cdrom_init(struct scst_device *dev)
{
	int ret = vdisk_init(dev, &cdrom_io);

	if (ret)
		return ret;
	vdisk_of(dev)->empty = true;
	vdisk_of(dev)->ejected = true;
	dev->unit.block_shift = CDROM_SHIFT;
	dev->unit.read_only = true;
	dev->unit.removable = true;
	return 0;
}

static int cdrom_set_param(struct scst_device *dev, const char *name, const char *value)
{
	return strcasecmp(name, "tst") ? -EINVAL : vdisk_set_common_param(dev, name, value);
}

static int cdrom_attach(struct scst_device *dev)
{
	return vdisk_finish(dev, "SCST_FIO");
}

static const char *const cdrom_params[] = {
	"tst",
	NULL
};

const struct scst_handler_ops vcdrom_ops = {
	.name = "vcdrom",
	.owner = THIS_MODULE,
	.device_type = SL_TYPE_CDROM,
	.params = cdrom_params,
	.dev_attrs = vdisk_attrs,
	.own_attrs = cdrom_attrs,
	.init = cdrom_init,
	.set_param = cdrom_set_param,
	.attach = cdrom_attach,
	.detach = backing_detach,
	.parse = vdisk_parse,
};

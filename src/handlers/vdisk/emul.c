// SPDX-License-Identifier: GPL-2.0-only
/* What a virtual disk answers without touching its medium. */
#include <linux/slab.h>

#include "../../lib/log.h"
#include "vdisk.h"

void vdisk_exec_good(struct scst_cmd *cmd)
{
	scst_cmd_complete(cmd);
}

void vdisk_exec_inquiry(struct scst_cmd *cmd)
{
	struct sl_port_id port;
	u8 data[SL_INQUIRY_MAX];
	enum sl_sense sense;
	size_t len;

	scst_cmd_port_id(cmd, &port);
	spin_lock(&cmd->dev->lock);
	sense = sl_inquiry(cmd->cdb_bytes, &cmd->dev->unit, &port, data, &len);
	spin_unlock(&cmd->dev->lock);
	if (sense)
		scst_cmd_fail(cmd, scst_bad_cdb(cmd, sl_inquiry_bad_byte(cmd->cdb_bytes)), NULL);
	else
		scst_cmd_reply(cmd, data, len);
}

void vdisk_exec_mode_sense(struct scst_cmd *cmd)
{
	bool protect = cmd->tgt_dev->read_only || cmd->dev->unit.read_only;
	struct sl_sense_info more = { };
	u8 data[SL_MODE_MAX];
	enum sl_sense sense;
	size_t len;

	spin_lock(&cmd->dev->lock);
	sense = sl_mode_sense(cmd->cdb_bytes, &cmd->dev->unit, &cmd->dev->mode, protect, data,
			      &len, &more);
	spin_unlock(&cmd->dev->lock);
	if (sense)
		scst_cmd_fail(cmd, sense, &more);
	else
		scst_cmd_reply(cmd, data, len);
}

/* Without a cache nothing is left in it (SBC-3 6.4.5, WCE): what is written from now on is not. */
static int vdisk_leave_cache(struct scst_device *dev)
{
	int ret;

	WRITE_ONCE(dev->mode.now.write_cache, false);
	ret = backing_flush(dev);
	if (ret)
		WRITE_ONCE(dev->mode.now.write_cache, true);
	return ret;
}

/* Nothing is changed that could not be saved, or made safe, as it was asked for. */
static enum sl_sense vdisk_select(struct scst_cmd *cmd, const u8 *list, u32 len,
				  struct sl_sense_info *more)
{
	struct scst_device *dev = cmd->dev;
	struct sl_modes wanted = dev->mode;
	enum sl_sense sense;

	sense = sl_mode_select(cmd->cdb_bytes, &dev->unit, list, len, &wanted, more);
	if (sense)
		return sense;
	if (dev->mode.now.write_cache && !wanted.now.write_cache && vdisk_leave_cache(dev))
		return SL_WRITE_ERROR;
	if (sl_mode_saves(cmd->cdb_bytes) && scst_mode_save(dev, &wanted.saved))
		return SL_INTERNAL_FAILURE;
	spin_lock(&dev->lock);
	dev->mode = wanted;
	spin_unlock(&dev->lock);
	return SL_OK;
}

void vdisk_exec_mode_select(struct scst_cmd *cmd)
{
	u32 len = min_t(u32, cmd->out_len, SL_MODE_MAX);
	struct sl_sense_info more = { };
	u8 list[SL_MODE_MAX];
	enum sl_sense sense;

	/* Others may be saving just now, and this one may have to. */
	if (!test_bit(SCST_CMD_DEFERRED, &cmd->flags)) {
		scst_cmd_defer(cmd);
		return;
	}
	if (!scst_cmd_copy_out(cmd, 0, list, len)) {
		scst_cmd_fail(cmd, SL_PARAM_LIST_LENGTH, NULL);
		return;
	}
	mutex_lock(&cmd->dev->mode_lock);
	sense = vdisk_select(cmd, list, len, &more);
	mutex_unlock(&cmd->dev->mode_lock);
	if (sense) {
		scst_cmd_fail(cmd, sense, &more);
		return;
	}
	if (len)
		scst_dev_raise_ua(cmd->dev, SCST_UA_MODE_CHANGED, cmd->sess);
	scst_cmd_complete(cmd);
}

void vdisk_exec_read_capacity_10(struct scst_cmd *cmd)
{
	u8 data[8];

	spin_lock(&cmd->dev->lock);
	sl_read_capacity_10(&cmd->dev->unit, data);
	spin_unlock(&cmd->dev->lock);
	scst_cmd_reply(cmd, data, sizeof(data));
}

void vdisk_exec_read_capacity_16(struct scst_cmd *cmd)
{
	u8 data[32];

	spin_lock(&cmd->dev->lock);
	sl_read_capacity_16(&cmd->dev->unit, data);
	spin_unlock(&cmd->dev->lock);
	scst_cmd_reply(cmd, data, sizeof(data));
}

void vdisk_exec_report_tmfs(struct scst_cmd *cmd)
{
	bool extended = cmd->cdb_bytes[2] & 0x80;
	u8 data[16] = { };

	data[0] = 0x80 | 0x40 | 0x20 | 0x10 | 0x08 | 0x02; /* ATS ATSS CACAS CTSS LURS TRS */
	if (extended)
		data[3] = 12;
	scst_cmd_reply(cmd, data, extended ? 16 : 4);
}

/* --- removable media --- */

/* Anybody's PREVENT holds the medium (SPC-4 6.20); one that has gone holds nothing. */
bool vdisk_removal_prevented(struct scst_device *dev)
{
	struct scst_tgt_dev *td;
	bool prevented = false;

	spin_lock(&dev->tgt_devs_lock);
	list_for_each_entry(td, &dev->tgt_devs, dev_entry)
		prevented |= td->prevents_removal;
	spin_unlock(&dev->tgt_devs_lock);
	return prevented;
}

void vdisk_exec_prevent_allow(struct scst_cmd *cmd)
{
	WRITE_ONCE(cmd->tgt_dev->prevents_removal, cmd->cdb_bytes[4] & 0x01);
	scst_cmd_complete(cmd);
}

void vdisk_exec_eject(struct scst_cmd *cmd)
{
	struct vdisk *vd = vdisk_of(cmd->dev);

	if (vdisk_removal_prevented(cmd->dev)) {
		scst_cmd_fail(cmd, SL_REMOVAL_PREVENTED, NULL);
		return;
	}
	WRITE_ONCE(vd->ejected, true);
	vdisk_media_event(cmd->dev, SL_MEDIA_REMOVED);
	/* What was written is safe before the answer. */
	vd->io->sync(cmd);
}

void vdisk_exec_load(struct scst_cmd *cmd)
{
	struct vdisk *vd = vdisk_of(cmd->dev);

	if (vdisk_removal_prevented(cmd->dev)) {
		scst_cmd_fail(cmd, SL_REMOVAL_PREVENTED, NULL);
		return;
	}
	if (vd->empty) {
		scst_cmd_fail(cmd, SL_NOT_READY_NO_MEDIUM, NULL);
		return;
	}
	if (vd->ejected) {
		WRITE_ONCE(vd->ejected, false);
		vdisk_media_event(cmd->dev, SL_MEDIA_NEW);
		scst_dev_raise_ua(cmd->dev, SCST_UA_MEDIUM_CHANGED, cmd->sess);
	}
	scst_cmd_complete(cmd);
}

/* --- what there never is to tell --- */

/* READ DEFECT DATA: empty lists in the form that was asked for (SBC-3 5.20, 5.21). */
void vdisk_exec_read_defect(struct scst_cmd *cmd)
{
	bool ten = cmd->cdb.id == SL_OP_READ_DEFECT_10;
	u8 wanted = cmd->cdb_bytes[ten ? 2 : 1] & 0x1f;
	u8 data[8] = { };

	data[1] = wanted;
	scst_cmd_reply(cmd, data, ten ? 4 : 8);
}

void vdisk_exec_log_sense(struct scst_cmd *cmd)
{
	struct sl_sense_info more = { };
	u8 data[SL_LOG_MAX];
	enum sl_sense sense;
	size_t len;

	sense = sl_log_sense(cmd->cdb_bytes, data, &len, &more);
	if (sense)
		scst_cmd_fail(cmd, sense, &more);
	else
		scst_cmd_reply(cmd, data, len);
}

/* SANITIZE EXIT FAILURE MODE (SBC-4 5.36.2): only out of a failure that was allowed to be left. */
void vdisk_exec_exit_failure(struct scst_cmd *cmd)
{
	struct vdisk *vd = vdisk_of(cmd->dev);

	if (vd->erase_failed != SL_SANITIZE_FAILED || !vd->sanitize_unrestricted) {
		scst_cmd_fail(cmd, scst_bad_cdb(cmd, 1), NULL);
		return;
	}
	WRITE_ONCE(vd->erase_failed, SL_OK);
	scst_cmd_complete(cmd);
}

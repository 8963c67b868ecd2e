// SPDX-License-Identifier: GPL-2.0-only
/* REPORT and SET IDENTIFYING INFORMATION (SPC-4 6.32, 6.43): what is set survives a reboot. */
#include <linux/mm.h>
#include <linux/slab.h>

#include "../lib/ident.h"
#include "scst_priv.h"

#define IDENT_DIR	"/var/lib/scst/vdev_ident"
#define IDENT_MAGIC	"SCSTID\r\n"

struct scst_ident {
	struct mutex lock;	/* changes, and what they are saved by */
	struct sl_ident now;
	struct scst_state_file *file;
};

static int scst_ident_load(struct scst_device *dev, struct scst_ident *ident)
{
	void *data;
	size_t len;
	int ret = scst_state_load(ident->file, &data, &len);

	if (!ret && data && sl_ident_load(data, len, &ident->now)) {
		scst_err("%s: this is no identifying information of device %s: move it away to do without",
			 scst_state_file_path(ident->file), dev->name);
		ret = -EINVAL;
	}
	kvfree(data);
	return ret;
}

static void scst_ident_free(struct scst_ident *ident)
{
	scst_state_file_free(ident->file);
	kfree(ident);
}

int scst_ident_open(struct scst_device *dev)
{
	struct scst_ident *ident;
	int ret = -ENOMEM;

	if (!scst_state_dir_exists(IDENT_DIR)) {
		scst_warn("device %s: no folder %s: initiators can't leave identifying information",
			  dev->name, IDENT_DIR);
		return 0;
	}
	ident = kzalloc(sizeof(*ident), GFP_KERNEL);
	if (!ident)
		return -ENOMEM;
	mutex_init(&ident->lock);
	ident->file = scst_state_file_create(IDENT_MAGIC, IDENT_DIR "/%s", dev->name);
	if (ident->file)
		ret = scst_ident_load(dev, ident);
	if (ret) {
		scst_ident_free(ident);
		return ret;
	}
	dev->ident = ident;
	return 0;
}
EXPORT_SYMBOL_GPL(scst_ident_open);

void scst_ident_close(struct scst_device *dev)
{
	if (dev->ident)
		scst_ident_free(dev->ident);
	dev->ident = NULL;
}
EXPORT_SYMBOL_GPL(scst_ident_close);

void scst_exec_report_ident(struct scst_cmd *cmd)
{
	struct scst_ident *ident = cmd->dev->ident;
	u8 *data = kmalloc(SL_IDENT_ANSWER_MAX, GFP_KERNEL);
	enum sl_sense sense;
	size_t len;

	if (!data) {
		scst_cmd_busy(cmd);
		return;
	}
	mutex_lock(&ident->lock);
	sense = sl_ident_report(cmd->cdb_bytes, &ident->now, data, &len);
	mutex_unlock(&ident->lock);
	if (sense)
		scst_cmd_fail(cmd, scst_bad_cdb(cmd, 10), NULL);
	else
		scst_cmd_reply(cmd, data, len);
	kfree(data);
}

/* Nothing is changed that could not be saved. */
static enum sl_sense scst_ident_change(struct scst_ident *ident, const u8 *cdb, const u8 *list)
{
	struct sl_ident *wanted = kmemdup(&ident->now, sizeof(ident->now), GFP_KERNEL);
	u8 *bytes = kmalloc(SL_IDENT_STORED_MAX, GFP_KERNEL);
	enum sl_sense sense = SL_INTERNAL_FAILURE;

	if (!wanted || !bytes)
		goto out;
	sense = sl_ident_set(cdb, list, wanted);
	if (sense)
		goto out;
	if (scst_state_save(ident->file, bytes, sl_ident_store(wanted, bytes)))
		sense = SL_INTERNAL_FAILURE;
	else
		ident->now = *wanted;
out:
	kfree(bytes);
	kfree(wanted);
	return sense;
}

static enum sl_sense scst_set_ident(struct scst_cmd *cmd, struct sl_sense_info *more)
{
	struct scst_ident *ident = cmd->dev->ident;
	u8 list[SL_IDENT_MAX], bad_byte;
	enum sl_sense sense;

	if (sl_ident_check(cmd->cdb_bytes, &bad_byte))
		return sl_bad_cdb(more, bad_byte);
	if (!scst_cmd_copy_out(cmd, 0, list, cmd->cdb.data_len))
		return SL_PARAM_LIST_LENGTH;
	mutex_lock(&ident->lock);
	sense = scst_ident_change(ident, cmd->cdb_bytes, list);
	mutex_unlock(&ident->lock);
	/* The only thing that can be wrong with it: what should be the NUL at its end. */
	return sense == SL_INVALID_PARAM_FIELD ? sl_bad_param(more, cmd->cdb.data_len - 1) : sense;
}

void scst_exec_set_ident(struct scst_cmd *cmd)
{
	struct sl_sense_info more = { };
	enum sl_sense sense;

	/* It is written to a file. */
	if (!test_bit(SCST_CMD_DEFERRED, &cmd->flags)) {
		scst_cmd_defer(cmd);
		return;
	}
	sense = scst_set_ident(cmd, &more);
	if (sense) {
		scst_cmd_fail(cmd, sense, &more);
		return;
	}
	scst_dev_raise_ua(cmd->dev, SCST_UA_IDENT_CHANGED, cmd->sess);
	scst_cmd_complete(cmd);
}

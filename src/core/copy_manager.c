// SPDX-License-Identifier: GPL-2.0-only
/*
 * The target driver copy_manager: built in, with one target and one session, through which
 * the copy manager reaches devices that no session of the one who asks has. Each disk gets
 * a LUN of it by itself; an admin who takes that away takes the device from it.
 */
#include "scst_priv.h"

#define COPY_MANAGER_TGT	"copy_manager_tgt"
#define COPY_MANAGER_SESS	"copy_manager_sess"

static struct scst_session *scst_cm_sess;
static bool scst_cm_not_connected;
static u32 scst_cm_next;		/* LUN to be tried first, under the configuration lock */

static ssize_t allow_not_connected_copy_show(struct kobject *kobj, struct kobj_attribute *attr,
					     char *buf)
{
	return scst_show_u64(buf, READ_ONCE(scst_cm_not_connected), 0);
}

static ssize_t allow_not_connected_copy_store(struct kobject *kobj, struct kobj_attribute *attr,
					      const char *buf, size_t count)
{
	bool on;
	int ret = scst_parse_bool(buf, count, &on);

	if (!ret)
		WRITE_ONCE(scst_cm_not_connected, on);
	return scst_mgmt_result(ret, count);
}

static struct kobj_attribute scst_cm_not_connected_attr = __ATTR_RW(allow_not_connected_copy);

static const struct attribute *const scst_cm_attrs[] = {
	&scst_cm_not_connected_attr.attr,
	NULL
};

static int scst_cm_add_target(struct scst_tgt *tgt)
{
	return 0;
}

static void scst_cm_free_target(struct scst_tgt *tgt)
{
}

/* A locally assigned name (NAA 3h), for reservations, that no initiator has. */
static u16 scst_cm_transport_id(const char *initiator_name, const void *priv, u8 *id)
{
	return sl_transport_id_sas(0x3ull << 60 | 1ull << 48, id);
}

/* Its commands are all internal ones, which end elsewhere. */
static void scst_cm_xmit_response(struct scst_cmd *cmd)
{
	WARN_ON_ONCE(1);
}

static void scst_cm_abort_cmd(struct scst_cmd *cmd)
{
}

static const struct scst_driver_ops scst_cm_ops = {
	.name = "copy_manager",
	.owner = THIS_MODULE,
	.built_in = true,
	.driver_attrs = scst_cm_attrs,
	.add_target = scst_cm_add_target,
	.free_target = scst_cm_free_target,
	.transport_id = scst_cm_transport_id,
	.xmit_response = scst_cm_xmit_response,
	.abort_cmd = scst_cm_abort_cmd,
};

/* --- its LUNs; the configuration lock is held --- */

static struct scst_lun *scst_cm_lun_of(struct scst_acg *acg, const struct scst_device *dev)
{
	struct scst_lun *lun;
	unsigned long nr;

	xa_for_each(&acg->luns, nr, lun)
		if (lun->dev == dev)
			return lun;
	return NULL;
}

static int scst_cm_add_anywhere(struct scst_acg *acg, struct scst_device *dev)
{
	u32 tries = 0, nr = scst_cm_next;

	while (xa_load(&acg->luns, nr)) {
		if (++tries > SL_LUN_MAX)
			return -ENOSPC;
		nr = nr < SL_LUN_MAX ? nr + 1 : 0;
	}
	scst_cm_next = nr < SL_LUN_MAX ? nr + 1 : 0;
	return scst_acg_add_lun(acg, dev, nr, false);
}

void scst_copy_manager_enter(struct scst_device *dev)
{
	if (!scst_cm_sess || dev->unit.device_type != SL_TYPE_DISK)
		return;
	if (scst_cm_add_anywhere(scst_cm_sess->acg, dev))
		scst_warn("device %s: the copy manager can't have it", dev->name);
}

int scst_copy_manager_add_lun(struct scst_acg *acg, struct scst_device *dev, u32 nr, bool read_only)
{
	struct scst_lun *own = scst_cm_lun_of(acg, dev), *there = xa_load(&acg->luns, nr);
	struct scst_device *other = there ? there->dev : NULL;
	int ret;

	if (there && there == own && own->read_only == read_only)
		return 0;
	if (own)
		scst_lun_remove(own);
	if (there && there != own)
		scst_lun_remove(there);
	ret = scst_acg_add_lun(acg, dev, nr, read_only);
	if (!ret && other && other != dev)
		ret = scst_cm_add_anywhere(acg, other);
	return ret;
}

/* --- what copies need of it --- */

struct scst_tgt_dev *scst_copy_manager_unit(struct scst_device *dev)
{
	struct scst_tgt_dev *td, *found = NULL;

	spin_lock(&dev->tgt_devs_lock);
	list_for_each_entry(td, &dev->tgt_devs, dev_entry)
		if (td->sess == scst_cm_sess && !found && refcount_inc_not_zero(&td->refs))
			found = td;
	spin_unlock(&dev->tgt_devs_lock);
	return found;
}

struct scst_session *scst_copy_manager_sess(void)
{
	return READ_ONCE(scst_cm_not_connected) ? scst_cm_sess : NULL;
}

int scst_copy_manager_init(void)
{
	struct scst_session *sess;
	struct scst_tgt *tgt;
	int ret;

	ret = scst_register_driver(&scst_cm_ops);
	if (ret)
		return ret;
	ret = scst_add_target(&scst_cm_ops, COPY_MANAGER_TGT, "");
	if (ret)
		goto out_driver;
	scst_cfg_lock_always();
	tgt = scst_tgt_find(COPY_MANAGER_TGT);
	scst_cfg_unlock();
	sess = scst_session_register(tgt, COPY_MANAGER_SESS, NULL);
	if (IS_ERR(sess)) {
		ret = PTR_ERR(sess);
		goto out_driver;
	}
	scst_cm_sess = sess;
	return 0;

out_driver:
	scst_unregister_driver(&scst_cm_ops);
	return ret;
}

void scst_copy_manager_exit(void)
{
	struct scst_session *sess = scst_cm_sess;

	scst_cm_sess = NULL;
	scst_session_unregister(sess);
	scst_unregister_driver(&scst_cm_ops);
}

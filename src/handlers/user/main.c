// SPDX-License-Identifier: GPL-2.0-only
/* scst_user.ko: the handler dev_user and its devices. */
#include <linux/ctype.h>
#include <linux/log2.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "user.h"

struct workqueue_struct *user_wq;
DEFINE_MUTEX(user_lock);
static LIST_HEAD(user_devs);

static void user_dev_release(struct kref *refs)
{
	struct user_dev *ud = container_of(refs, struct user_dev, refs);

	user_queue_exit(ud);
	/* Who has queued the last command may still be about to wake somebody. */
	kfree_rcu(ud, rcu);
}

void user_dev_put(struct user_dev *ud)
{
	kref_put(&ud->refs, user_dev_release);
}

/* Something of the device was aborted: it is looked for where one may sleep. */
static int user_abort_seen(struct wait_queue_entry *watch, unsigned int mode, int flags, void *key)
{
	struct user_dev *ud = container_of(watch, struct user_dev, abort_watch);

	kref_get(&ud->refs);
	if (!queue_work(user_wq, &ud->sweep))
		user_dev_put(ud);
	return 0;
}

static int user_init(struct scst_device *dev)
{
	struct user_dev *ud = kzalloc(sizeof(*ud), GFP_KERNEL);

	if (!ud)
		return -ENOMEM;
	ud->dev = dev;
	kref_init(&ud->refs);
	INIT_LIST_HEAD(&ud->entry);
	user_queue_init(ud);
	dev->priv = ud;
	dev->unit.block_shift = 9;
	strscpy(dev->unit.vendor, "SCST", sizeof(dev->unit.vendor));
	strscpy(dev->unit.product, dev->name, sizeof(dev->unit.product));
	strscpy(dev->unit.revision, SCST_REVISION, sizeof(dev->unit.revision));
	init_waitqueue_func_entry(&ud->abort_watch, user_abort_seen);
	add_wait_queue(&dev->tm_wait, &ud->abort_watch);
	return 0;
}

static int user_set_param(struct scst_device *dev, const char *name, const char *value)
{
	return -EINVAL;
}

static int user_attach(struct scst_device *dev)
{
	struct user_dev *ud = dev->priv;

	mutex_lock(&user_lock);
	list_add_tail(&ud->entry, &user_devs);
	mutex_unlock(&user_lock);
	return 0;
}

/* From now on it cannot be found, nor is ->dev looked at. */
static void user_stop(struct scst_device *dev)
{
	struct user_dev *ud = dev->priv;

	mutex_lock(&user_lock);
	list_del_init(&ud->entry);
	WRITE_ONCE(ud->stopped, true);
	mutex_unlock(&user_lock);
	user_queue_stop(ud);
}

static void user_detach(struct scst_device *dev)
{
	struct user_dev *ud = dev->priv;

	/* Not stopped yet where the device could not be added after all. */
	user_stop(dev);
	remove_wait_queue(&dev->tm_wait, &ud->abort_watch);
	user_dev_put(ud);
}

/* INQUIRY data without a program (SPC-4 6.4.2): what is here, and that it is not connected. */
static void user_exec_absent_inquiry(struct scst_cmd *cmd)
{
	struct sl_port_id port;
	u8 data[SL_INQUIRY_MAX];
	enum sl_sense sense;
	size_t len;

	scst_cmd_port_id(cmd, &port);
	port.no_access = true;
	spin_lock(&cmd->dev->lock);
	sense = sl_inquiry(cmd->cdb_bytes, &cmd->dev->unit, &port, data, &len);
	spin_unlock(&cmd->dev->lock);
	if (sense)
		scst_cmd_fail(cmd, scst_bad_cdb(cmd, sl_inquiry_bad_byte(cmd->cdb_bytes)), NULL);
	else
		scst_cmd_reply(cmd, data, len);
}

static enum sl_sense user_parse(struct scst_cmd *cmd)
{
	struct user_dev *ud = cmd->dev->priv;
	bool evpd = cmd->cdb_bytes[1] & 0x01;

	/* Pairs with user_dev_claim(): who sees it served sees what it is. */
	if (!smp_load_acquire(&ud->served)) {
		if (cmd->cdb.id != SL_OP_INQUIRY || evpd)
			return SL_NOT_READY_INTERVENTION;
		cmd->exec = user_exec_absent_inquiry;
		return SL_OK;
	}
	/* The program is told SCST_USER_CDB_LEN bytes. */
	if (cmd->cdb.op->flags & SL_OPF_LONG)
		return SL_INVALID_OPCODE;
	/* An allocation length is no promise to send as much. */
	if (cmd->cdb.data_len > READ_ONCE(ud->max_data) &&
	    !(cmd->cdb.dir == SL_DIR_IN && cmd->cdb.op->unit == SL_LEN_BYTES))
		return scst_bad_cdb(cmd, cmd->cdb.op->len_at);
	cmd->exec = user_exec;
	return SL_OK;
}

static ssize_t served_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	const struct user_dev *ud = scst_dev_of(kobj)->priv;

	return sysfs_emit(buf, "%d\n", READ_ONCE(ud->served));
}

static ssize_t blocksize_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", 1u << READ_ONCE(scst_dev_of(kobj)->unit.block_shift));
}

static struct kobj_attribute served_attr = __ATTR_RO(served);
static struct kobj_attribute blocksize_attr = __ATTR_RO(blocksize);

static const struct attribute *const user_attrs[] = {
	&served_attr.attr,
	&blocksize_attr.attr,
	NULL
};

static const struct scst_handler_ops user_ops = {
	.name = "dev_user",
	.owner = THIS_MODULE,
	.device_type = SL_TYPE_DISK,
	.dev_attrs = user_attrs,
	.init = user_init,
	.set_param = user_set_param,
	.attach = user_attach,
	.stop = user_stop,
	.detach = user_detach,
	.parse = user_parse,
	.identification = user_identification,
};

/* --- programs come and go --- */

static struct user_dev *user_dev_find(const char *name)
{
	struct user_dev *ud;

	list_for_each_entry(ud, &user_devs, entry)
		if (!strcmp(ud->dev->name, name))
			return ud;
	return NULL;
}

static bool user_name_ok(const char *name)
{
	const char *c;

	for (c = name; c < name + SCST_USER_NAME_LEN && *c; c++)
		if (!isascii(*c) || !isgraph(*c) || *c == '/')
			return false;
	/* The handler's folder has a link of this name, and files of its own. */
	return c > name && c < name + SCST_USER_NAME_LEN && *name != '.' &&
	       strcmp(name, "mgmt") && strcmp(name, "type");
}

static bool user_request_ok(const struct scst_user_device *req)
{
	return user_name_ok(req->name) && !(req->flags & ~SCST_USER_READ_ONLY) &&
	       (req->type == SCST_USER_DISK || req->type == SCST_USER_CDROM) &&
	       !memchr_inv(req->rsvd, 0, sizeof(req->rsvd)) && !req->rsvd2 &&
	       is_power_of_2(req->block_size) && req->block_size >= 512 &&
	       req->block_size <= 4096 && req->max_data >= req->block_size &&
	       req->max_data <= SCST_USER_MAX_DATA;
}

static int user_dev_claim(struct user_dev *ud, const struct scst_user_device *req)
{
	struct sl_unit *u = &ud->dev->unit;

	if (ud->served)
		return -EBUSY;
	if (ud->known && (u->device_type != req->type || u->block_shift != ilog2(req->block_size)))
		return -EEXIST;
	spin_lock(&ud->dev->lock);
	u->device_type = req->type;
	u->block_shift = ilog2(req->block_size);
	u->blocks = req->blocks;
	u->read_only = req->flags & SCST_USER_READ_ONLY;
	spin_unlock(&ud->dev->lock);
	ud->known = true;
	WRITE_ONCE(ud->max_data, req->max_data);
	kref_get(&ud->refs);
	spin_lock(&ud->lock);
	/* Pairs with user_parse(). */
	smp_store_release(&ud->served, true);
	spin_unlock(&ud->lock);
	/* Whatever initiators knew of it may have gone with the program before. */
	scst_dev_raise_ua(ud->dev, SCST_UA_RESET, NULL);
	return 0;
}

/* ERR_PTR(-ENOENT): there is no such device of ours. */
static struct user_dev *user_dev_try(const struct scst_user_device *req)
{
	struct user_dev *ud;
	int ret = -ENOENT;

	mutex_lock(&user_lock);
	ud = user_dev_find(req->name);
	if (ud)
		ret = user_dev_claim(ud, req);
	mutex_unlock(&user_lock);
	return ret ? ERR_PTR(ret) : ud;
}

struct user_dev *user_dev_serve(const struct scst_user_device *req)
{
	struct user_dev *ud;
	int ret;

	if (req->abi != SCST_USER_ABI)
		return ERR_PTR(-EPROTO);
	if (!user_request_ok(req))
		return ERR_PTR(-EINVAL);
	ud = user_dev_try(req);
	if (ud != ERR_PTR(-ENOENT))
		return ud;
	ret = scst_add_device(&user_ops, req->name, "");
	if (ret)
		return ERR_PTR(ret);
	ud = user_dev_try(req);
	/* Deleted again already. */
	return ud == ERR_PTR(-ENOENT) ? ERR_PTR(-ENODEV) : ud;
}

void user_dev_abandon(struct user_dev *ud)
{
	mutex_lock(&user_lock);
	if (!ud->stopped)
		user_warn("device %s: its program has gone, it is not ready until one is back",
			  ud->dev->name);
	mutex_unlock(&user_lock);
	user_queue_abandon(ud);
	user_dev_put(ud);
}

int user_dev_resize(struct user_dev *ud, u64 blocks)
{
	int ret = -ENODEV;

	mutex_lock(&user_lock);
	if (!ud->stopped) {
		spin_lock(&ud->dev->lock);
		WRITE_ONCE(ud->dev->unit.blocks, blocks);
		spin_unlock(&ud->dev->lock);
		scst_dev_raise_ua(ud->dev, SCST_UA_CAPACITY_CHANGED, NULL);
		ret = 0;
	}
	mutex_unlock(&user_lock);
	return ret;
}

static int __init user_module_init(void)
{
	int ret;

	user_wq = alloc_workqueue("scst_user", WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	if (!user_wq)
		return -ENOMEM;
	ret = scst_register_handler(&user_ops);
	if (ret)
		goto out_wq;
	ret = user_chardev_init();
	if (ret)
		goto out_handler;
	return 0;

out_handler:
	scst_unregister_handler(&user_ops);
out_wq:
	destroy_workqueue(user_wq);
	return ret;
}

static void __exit user_module_exit(void)
{
	user_chardev_exit();
	scst_unregister_handler(&user_ops);
	destroy_workqueue(user_wq);
	/* Those who woke somebody have left. */
	synchronize_rcu();
}

module_init(user_module_init);
module_exit(user_module_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("SCST handler for devices that are programs");
MODULE_VERSION(SCST_VERSION);

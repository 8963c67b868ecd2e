// SPDX-License-Identifier: GPL-2.0-only
/* Handlers and their devices. */
#include <linux/completion.h>
#include <linux/slab.h>

#include "../lib/mgmt_line.h"
#include "scst_priv.h"

/* How long del_device waits for commands under way; after that the rest ends by itself. */
#define RELEASE_DEADLINE	(30 * HZ)

LIST_HEAD(scst_handlers);
LIST_HEAD(scst_devices);

struct scst_device *scst_dev_find(const char *name)
{
	struct scst_device *dev;

	scst_cfg_assert_held();
	list_for_each_entry(dev, &scst_devices, entry)
		if (!strcmp(dev->name, name))
			return dev;
	return NULL;
}

bool scst_serial_in_use(const struct scst_device *self, const char *serial)
{
	struct scst_device *dev;

	scst_cfg_assert_held();
	list_for_each_entry(dev, &scst_devices, entry)
		if (dev != self && !strcmp(dev->unit.serial, serial))
			return true;
	return false;
}
EXPORT_SYMBOL_GPL(scst_serial_in_use);

void scst_dev_get(struct scst_device *dev)
{
	refcount_inc(&dev->refs);
}
EXPORT_SYMBOL_GPL(scst_dev_get);

void scst_dev_put(struct scst_device *dev)
{
	if (!refcount_dec_and_test(&dev->refs))
		return;
	scst_mode_free(dev);
	scst_resv_free(dev);
	dev->handler->ops->detach(dev);
	complete_all(&dev->released);
}
EXPORT_SYMBOL_GPL(scst_dev_put);

static void scst_dev_free(struct scst_device *dev)
{
	kfree(dev->name);
	kfree(dev);
}

static struct scst_device *scst_dev_alloc(struct scst_handler *handler, const char *name)
{
	struct scst_device *dev = kzalloc(sizeof(*dev), GFP_KERNEL);

	if (!dev)
		return NULL;
	dev->name = kstrdup(name, GFP_KERNEL);
	if (!dev->name) {
		kfree(dev);
		return NULL;
	}
	dev->handler = handler;
	dev->unit.device_type = handler->ops->device_type;
	dev->max_tgt_dev_commands = SCST_MAX_TGT_DEV_CMDS;
	spin_lock_init(&dev->lock);
	spin_lock_init(&dev->tgt_devs_lock);
	INIT_LIST_HEAD(&dev->luns);
	INIT_LIST_HEAD(&dev->tgt_devs);
	scst_order_init(&dev->tasks);
	scst_token_init_dev(dev);
	refcount_set(&dev->refs, 1);
	init_completion(&dev->released);
	init_waitqueue_head(&dev->tm_wait);
	return dev;
}

static int scst_dev_set_params(struct scst_device *dev, char *params)
{
	struct sl_mgmt_cursor c = { .pos = params };
	char *name, *value;
	int ret;

	while ((ret = sl_mgmt_param(&c, &name, &value)) > 0) {
		ret = dev->handler->ops->set_param(dev, name, value);
		if (ret) {
			scst_err("device %s: parameter %s=%s refused (%d)", dev->name, name, value,
				 ret);
			return ret;
		}
	}
	if (ret)
		scst_err("device %s: parameters are not of the form name=value; name=value",
			 dev->name);
	return ret;
}

static int scst_dev_publish(struct scst_device *dev)
{
	int ret = -ENOMEM;

	dev->dir = scst_dir_create(dev->name, scst_devices_dir, dev, scst_device_attrs);
	if (!dev->dir)
		return ret;
	dev->exported = scst_dir_create("exported", dev->dir, dev, NULL);
	if (!dev->exported)
		goto out_dir;
	ret = scst_dir_add_attrs(dev->dir, dev->handler->ops->dev_attrs);
	if (!ret)
		ret = scst_dir_add_attrs(dev->dir, dev->handler->ops->kind_attrs);
	if (!ret)
		ret = scst_dir_add_attrs(dev->dir, dev->handler->ops->own_attrs);
	if (!ret)
		ret = scst_dir_add_attrs(dev->dir, dev->extra_attrs);
	if (!ret && dev->unit.dif_type)
		ret = scst_dir_add_attrs(dev->dir, scst_dif_dev_attrs);
	if (ret)
		goto out_exported;
	ret = scst_link(dev->dir, dev->handler->dir, "handler");
	if (!ret && dev->scsi_device)
		ret = sysfs_create_link(&dev->dir->kobj, dev->scsi_device, "scsi_device");
	if (ret)
		goto out_exported;
	ret = scst_link(dev->handler->dir, dev->dir, dev->name);
	if (ret)
		goto out_exported;
	return 0;

out_exported:
	scst_dir_remove(dev->exported);
out_dir:
	scst_dir_remove(dev->dir);
	return ret;
}

int scst_dev_add(struct scst_handler *handler, const char *name, char *params)
{
	struct scst_device *dev;
	int ret;

	if (strlen(name) > SCST_NAME_MAX || strchr(name, '/')) {
		scst_err("device name %s is too long (over %d characters) or has a slash", name,
			 SCST_NAME_MAX);
		return -EINVAL;
	}
	if (scst_dev_find(name)) {
		scst_err("device %s exists already", name);
		return -EEXIST;
	}
	dev = scst_dev_alloc(handler, name);
	if (!dev)
		return -ENOMEM;
	ret = handler->ops->init(dev);
	if (ret)
		goto out_free;
	ret = scst_dev_set_params(dev, params);
	if (!ret)
		ret = handler->ops->attach(dev);
	if (!ret)
		ret = scst_resv_init(dev);
	if (ret)
		goto out_detach;
	ret = scst_mode_init(dev);
	if (ret)
		goto out_resv;
	ret = scst_dev_publish(dev);
	if (ret)
		goto out_mode;
	scst_block_enter_dev(dev);
	list_add_tail(&dev->entry, &scst_devices);
	list_add_tail(&dev->handler_entry, &handler->devices);
	scst_copy_manager_enter(dev);
	return 0;

out_mode:
	scst_mode_free(dev);
out_resv:
	scst_resv_free(dev);
out_detach:
	handler->ops->detach(dev);
out_free:
	scst_dev_free(dev);
	return ret;
}

static void scst_dev_remove_luns(struct scst_device *dev)
{
	struct scst_lun *lun, *next;

	list_for_each_entry_safe(lun, next, &dev->luns, dev_entry)
		scst_lun_remove(lun);
}

/* A last reference that comes back late frees a device nobody waits for any more. */
static void scst_dev_await_release(struct scst_device *dev)
{
	if (!wait_for_completion_timeout(&dev->released, RELEASE_DEADLINE)) {
		scst_err("device %s: commands are still under way, waiting for them", dev->name);
		wait_for_completion(&dev->released);
	}
	scst_dev_free(dev);
}

static void scst_dev_remove(struct scst_device *dev)
{
	dev->dead = true;
	scst_block_forget_dev(dev);
	scst_dev_remove_luns(dev);
	scst_dev_revoke_tokens(dev);
	scst_alua_forget_dev(dev);
	scst_cfg_announce_dead();
	scst_cfg_unlock();

	if (dev->handler->ops->stop)
		dev->handler->ops->stop(dev);
	scst_unlink(dev->handler->dir, dev->name);
	scst_dir_remove(dev->exported);
	scst_dir_remove(dev->dir);

	scst_cfg_lock_always();
	list_del(&dev->entry);
	list_del(&dev->handler_entry);
	scst_cfg_announce_removed();
	scst_cfg_unlock();

	scst_dev_put(dev);
	scst_dev_await_release(dev);
	scst_cfg_lock_always();
}

int scst_dev_del(struct scst_handler *handler, const char *name)
{
	struct scst_device *dev = scst_dev_find(name);

	if (!dev || dev->handler != handler || dev->dead) {
		scst_err("device %s not found in handler %s", name, handler->ops->name);
		return -EINVAL;
	}
	scst_dev_remove(dev);
	return 0;
}

static struct scst_handler *scst_handler_find(const char *name)
{
	struct scst_handler *h;

	list_for_each_entry(h, &scst_handlers, entry)
		if (!strcmp(h->ops->name, name))
			return h;
	return NULL;
}

int scst_register_handler(const struct scst_handler_ops *ops)
{
	struct scst_handler *h = kzalloc(sizeof(*h), GFP_KERNEL);
	int ret = 0;

	if (!h)
		return -ENOMEM;
	h->ops = ops;
	INIT_LIST_HEAD(&h->devices);
	scst_cfg_lock_always();
	if (scst_handler_find(ops->name))
		ret = -EEXIST;
	else
		h->dir = scst_dir_create(ops->name, scst_handlers_dir, h, scst_handler_attrs);
	if (h->dir)
		list_add_tail(&h->entry, &scst_handlers);
	scst_cfg_unlock();
	if (!h->dir) {
		kfree(h);
		return ret ? ret : -ENOMEM;
	}
	return 0;
}
EXPORT_SYMBOL_GPL(scst_register_handler);

int scst_add_device(const struct scst_handler_ops *ops, const char *name, const char *params)
{
	char *line = kstrdup(params, GFP_KERNEL);
	struct scst_handler *h;
	int ret;

	if (!line)
		return -ENOMEM;
	scst_cfg_lock_always();
	h = scst_handler_find(ops->name);
	ret = h && !h->dead ? scst_dev_add(h, name, line) : -ENODEV;
	scst_cfg_unlock();
	kfree(line);
	return ret;
}
EXPORT_SYMBOL_GPL(scst_add_device);

void scst_unregister_handler(const struct scst_handler_ops *ops)
{
	struct scst_handler *h;

	scst_cfg_lock_always();
	h = scst_handler_find(ops->name);
	if (WARN_ON(!h)) {
		scst_cfg_unlock();
		return;
	}
	h->dead = true;
	while (!list_empty(&h->devices)) {
		struct scst_device *dev = list_first_entry(&h->devices, struct scst_device,
							   handler_entry);

		if (dev->dead)
			scst_cfg_await_removal(&dev->handler_entry, &h->devices);
		else
			scst_dev_remove(dev);
	}
	scst_cfg_announce_dead();
	scst_cfg_unlock();

	scst_dir_remove(h->dir);

	scst_cfg_lock_always();
	list_del(&h->entry);
	scst_cfg_unlock();
	kfree(h);
	scst_pool_settle();
}
EXPORT_SYMBOL_GPL(scst_unregister_handler);

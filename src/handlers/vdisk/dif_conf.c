// SPDX-License-Identifier: GPL-2.0-only
/* dif_mode, dif_type, dif_static_app_tag, dif_filename: what is given, what follows, what is told. */
#include <linux/slab.h>

#include "../../lib/mgmt_line.h"
#include "dif.h"

#define DIF_DIR		"/var/lib/scst/dif_tags"

static const char *const dif_mode_names[] = { "tgt", "scst", "dev_check", "dev_store" };

static struct vdisk_dif *dif_get(struct vdisk *vd)
{
	struct vdisk_dif *dif = vd->dif;

	if (dif)
		return dif;
	dif = kzalloc(sizeof(*dif), GFP_KERNEL);
	if (!dif)
		return NULL;
	spin_lock_init(&dif->lock);
	INIT_LIST_HEAD(&dif->ranges);
	INIT_LIST_HEAD(&dif->entry);
	init_waitqueue_head(&dif->wait);
	vd->dif = dif;
	return dif;
}

/* --- parameters --- */

static int dif_mode_bit(const char *name, size_t len)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(dif_mode_names); i++)
		if (strlen(dif_mode_names[i]) == len && !strncasecmp(dif_mode_names[i], name, len))
			return BIT(i);
	return 0;
}

static int dif_set_mode(struct scst_device *dev, struct vdisk_dif *dif, const char *value)
{
	u8 mode = 0;

	if (strscpy(dif->mode_text, value, sizeof(dif->mode_text)) < 0)
		return -EINVAL;
	while (*value) {
		size_t len = strcspn(value, "|");
		int bit = dif_mode_bit(value, len);

		if (!bit) {
			vdisk_err("device %s: dif_mode is made of tgt, scst, dev_check and dev_store, with | between them",
				  dev->name);
			return -EINVAL;
		}
		mode |= bit;
		value += len;
		value += *value == '|';
	}
	dif->mode = mode;
	return mode ? 0 : -EINVAL;
}

static int dif_set_type(struct scst_device *dev, struct vdisk_dif *dif, const char *value)
{
	u64 v;

	if (sl_mgmt_u64(value, &v) || v < 1 || v > 3) {
		vdisk_err("device %s: dif_type is 1, 2 or 3", dev->name);
		return -EINVAL;
	}
	dif->type = v;
	return 0;
}

static int dif_set_app_tag(struct scst_device *dev, struct vdisk_dif *dif, const char *value)
{
	u64 v;

	/* The last one says of a block that it is not to be checked. */
	if (sl_mgmt_u64(value, &v) || v >= SL_DIF_NO_APP ||
	    strscpy(dif->app_tag_text, value, sizeof(dif->app_tag_text)) < 0) {
		vdisk_err("device %s: dif_static_app_tag is a number below 0xffff", dev->name);
		return -EINVAL;
	}
	dif->app_tag = v;
	return 0;
}

static int dif_set_filename(struct scst_device *dev, struct vdisk_dif *dif, const char *value)
{
	if (value[0] != '/' || dif->filename) {
		vdisk_err("device %s: dif_filename %s is no absolute path, or a second one",
			  dev->name, value);
		return -EINVAL;
	}
	dif->filename = kstrdup(value, GFP_KERNEL);
	dif->filename_explicit = true;
	return dif->filename ? 0 : -ENOMEM;
}

int dif_set_param(struct scst_device *dev, const char *name, const char *value)
{
	static const struct {
		const char *name;
		int (*set)(struct scst_device *dev, struct vdisk_dif *dif, const char *value);
	} params[] = {
		{ "dif_mode", dif_set_mode },
		{ "dif_type", dif_set_type },
		{ "dif_static_app_tag", dif_set_app_tag },
		{ "dif_filename", dif_set_filename },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(params); i++) {
		if (strcasecmp(name, params[i].name))
			continue;
		if (!dif_get(vdisk_of(dev)))
			return -ENOMEM;
		return params[i].set(dev, vdisk_of(dev)->dif, value);
	}
	return -ENOENT;
}

/* --- attributes --- */

static struct vdisk_dif *attr_dif(struct kobject *kobj)
{
	return vdisk_of(scst_dev_of(kobj))->dif;
}

static ssize_t dif_mode_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	const char *given = attr_dif(kobj)->mode_text;

	return scst_show_text(buf, *given ? given : "dev_check|dev_store", *given);
}

static ssize_t dif_type_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return scst_show_u64(buf, attr_dif(kobj)->type, 0);
}

static ssize_t dif_static_app_tag_show(struct kobject *kobj, struct kobj_attribute *attr,
				       char *buf)
{
	const char *given = attr_dif(kobj)->app_tag_text;

	return scst_show_text(buf, *given ? given : "0", *given);
}

static ssize_t dif_filename_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	const struct vdisk_dif *dif = attr_dif(kobj);

	return scst_show_text(buf, dif->filename ? dif->filename : "", dif->filename_explicit);
}

static struct kobj_attribute dif_mode_attr = __ATTR_RO(dif_mode);
static struct kobj_attribute dif_type_attr = __ATTR_RO(dif_type);
static struct kobj_attribute dif_static_app_tag_attr = __ATTR_RO(dif_static_app_tag);
static struct kobj_attribute dif_filename_attr = __ATTR_RO(dif_filename);

static const struct attribute *const dif_attrs[] = {
	&dif_mode_attr.attr,
	&dif_type_attr.attr,
	&dif_static_app_tag_attr.attr,
	&dif_filename_attr.attr,
	NULL
};

/* --- beginning and end --- */

/* What was not given, of what was. */
static int dif_complete(struct scst_device *dev, struct vdisk_dif *dif)
{
	if (!dif->type && !dif->mode) {
		vdisk_err("device %s: dif_type or dif_mode is needed with other dif parameters",
			  dev->name);
		return -EINVAL;
	}
	if (!dif->type)
		dif->type = 1;
	if (!dif->mode)
		dif->mode = DIF_DEV_CHECK | DIF_DEV_STORE;
	if (!(dif->mode & DIF_DEV_STORE)) {
		if (!dif->filename)
			return 0;
		vdisk_err("device %s: dif_filename is of no use without dev_store in dif_mode",
			  dev->name);
		return -EINVAL;
	}
	if (!dif->filename)
		dif->filename = kasprintf(GFP_KERNEL, DIF_DIR "/%s.dif", dev->name);
	return dif->filename ? 0 : -ENOMEM;
}

int dif_attach(struct scst_device *dev)
{
	struct vdisk *vd = vdisk_of(dev);
	struct vdisk_dif *dif = vd->dif;
	int ret = dif_complete(dev, dif);

	if (!ret && (dif->mode & DIF_DEV_STORE))
		ret = dif_store_open(dev);
	if (ret)
		return ret;
	dev->unit.dif_type = dif->type;
	dev->unit.dif_checked = dif->mode & DIF_CHECKS;
	dev->unit.dif_app_checked = dev->unit.dif_checked && dif->app_tag;
	dev->extra_attrs = dif_attrs;
	vd->io = &dif_io;
	return 0;
}

void dif_detach(struct vdisk *vd)
{
	if (!vd->dif)
		return;
	dif_store_close(vd->dif);
	kfree(vd->dif->filename);
	kfree(vd->dif);
}

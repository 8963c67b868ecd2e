// SPDX-License-Identifier: GPL-2.0-only
/* Attributes of virtual disks in devices/<name>/. */
#include <linux/slab.h>

#include "vdisk.h"

static struct vdisk *attr_vdisk(struct kobject *kobj)
{
	return vdisk_of(scst_dev_of(kobj));
}

/* --- flags and numbers that were given at creation --- */

#define VDISK_SHOW(_name, _expr, _default) \
static ssize_t _name##_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf) \
{ \
	struct vdisk *vd = attr_vdisk(kobj); \
\
	return scst_show_u64(buf, _expr, _default); \
} \
static struct kobj_attribute _name##_attr = __ATTR_RO(_name)

VDISK_SHOW(blocksize, 1u << vd->dev->unit.block_shift, 512);
VDISK_SHOW(read_only, vd->dev->unit.read_only, 0);
VDISK_SHOW(removable, vd->dev->unit.removable, 0);
VDISK_SHOW(rotational, vd->dev->unit.rotational, 1);
VDISK_SHOW(tst, vd->dev->unit.tst, 1);
VDISK_SHOW(write_through, vd->write_through, 0);
VDISK_SHOW(nv_cache, vd->nv_cache, 0);
VDISK_SHOW(o_direct, vd->o_direct, 0);
VDISK_SHOW(dummy, vd->dummy, 0);

static ssize_t thin_provisioned_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	struct vdisk *vd = attr_vdisk(kobj);

	return scst_show_text(buf, vd->dev->unit.thin ? "1" : "0", vd->thin_explicit);
}

static ssize_t size_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	struct vdisk *vd = attr_vdisk(kobj);

	return scst_show_u64(buf, vd->size, vd->size_explicit ? 0 : vd->size);
}

static ssize_t size_mb_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%llu\n", attr_vdisk(kobj)->size >> 20);
}

static ssize_t filename_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return scst_show_text(buf, attr_vdisk(kobj)->filename, true);
}

static ssize_t resync_size_store(struct kobject *kobj, struct kobj_attribute *attr,
				 const char *buf, size_t count)
{
	int ret = backing_resync(scst_dev_of(kobj));

	return ret ? ret : count;
}

static ssize_t sync_store(struct kobject *kobj, struct kobj_attribute *attr, const char *buf,
			  size_t count)
{
	int ret = backing_flush(scst_dev_of(kobj));

	return ret ? ret : count;
}

static struct kobj_attribute thin_provisioned_attr = __ATTR_RO(thin_provisioned);
static struct kobj_attribute size_attr = __ATTR_RO(size);
static struct kobj_attribute size_mb_attr = __ATTR_RO(size_mb);
static struct kobj_attribute filename_attr = __ATTR_RO(filename);
static struct kobj_attribute resync_size_attr = __ATTR(resync_size, 0200, NULL, resync_size_store);
static struct kobj_attribute sync_attr = __ATTR(sync, 0200, NULL, sync_store);

/* --- what can be changed at any time --- */

static ssize_t expl_alua_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return scst_show_u64(buf, READ_ONCE(scst_dev_of(kobj)->expl_alua), 0);
}

static ssize_t expl_alua_store(struct kobject *kobj, struct kobj_attribute *attr, const char *buf,
			       size_t count)
{
	struct scst_device *dev = scst_dev_of(kobj);
	bool on;

	if (scst_parse_bool(buf, count, &on))
		return -EINVAL;
	WRITE_ONCE(dev->expl_alua, on);
	/* TPGS in the standard INQUIRY data says so. */
	scst_dev_raise_ua(dev, SCST_UA_INQUIRY_CHANGED, NULL);
	return count;
}

static ssize_t opt_trans_len_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	struct vdisk *vd = attr_vdisk(kobj);
	const struct sl_unit *u = &vd->dev->unit;
	u64 len = (u64)READ_ONCE(u->opt_transfer) << u->block_shift;

	return scst_show_u64(buf, len, vd->opt_transfer_explicit ? 0 : len);
}

static ssize_t opt_trans_len_store(struct kobject *kobj, struct kobj_attribute *attr,
				   const char *buf, size_t count)
{
	struct vdisk *vd = attr_vdisk(kobj);
	struct sl_unit *u = &vd->dev->unit;
	u64 len;

	if (scst_parse_u64(buf, count, &len) || len > SCST_MAX_TRANSFER ||
	    len & ((1u << u->block_shift) - 1))
		return -EINVAL;
	spin_lock(&vd->dev->lock);
	WRITE_ONCE(u->opt_transfer, len >> u->block_shift);
	vd->opt_transfer_explicit = true;
	spin_unlock(&vd->dev->lock);
	scst_dev_raise_ua(vd->dev, SCST_UA_INQUIRY_CHANGED, NULL);
	return count;
}

static struct kobj_attribute expl_alua_attr = __ATTR_RW(expl_alua);
static struct kobj_attribute opt_trans_len_attr = __ATTR_RW(opt_trans_len);

/* --- identity --- */

struct vdisk_id_attr {
	struct kobj_attribute attr;
	enum vdisk_id id;
	size_t offset;		/* of the string in struct sl_unit */
	size_t max;
};

static ssize_t id_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	const struct vdisk_id_attr *a = container_of(attr, struct vdisk_id_attr, attr);
	struct vdisk *vd = attr_vdisk(kobj);
	ssize_t n;

	spin_lock(&vd->dev->lock);
	n = scst_show_text(buf, (const char *)&vd->dev->unit + a->offset,
			   test_bit(a->id, &vd->explicit_ids));
	spin_unlock(&vd->dev->lock);
	return n;
}

/* The serial number tells devices apart, so two may not share one. */
static int id_check(struct scst_device *dev, const struct vdisk_id_attr *a, const char *text)
{
	if (strlen(text) > a->max)
		return -EINVAL;
	if (a->id == VDISK_USN && scst_serial_in_use(dev, text))
		return -EEXIST;
	return 0;
}

static int id_set(struct scst_device *dev, const struct vdisk_id_attr *a, const char *text)
{
	int ret = scst_cfg_lock(&dev->dead);

	if (ret)
		return ret;
	ret = id_check(dev, a, text);
	if (!ret) {
		spin_lock(&dev->lock);
		strscpy((char *)&dev->unit + a->offset, text, a->max + 1);
		set_bit(a->id, &vdisk_of(dev)->explicit_ids);
		spin_unlock(&dev->lock);
	}
	scst_cfg_unlock();
	if (!ret)
		scst_dev_raise_ua(dev, SCST_UA_INQUIRY_CHANGED, NULL);
	return ret;
}

static ssize_t id_store(struct kobject *kobj, struct kobj_attribute *attr, const char *buf,
			size_t count)
{
	const struct vdisk_id_attr *a = container_of(attr, struct vdisk_id_attr, attr);
	char *text = kstrndup(buf, count, GFP_KERNEL);
	int ret;

	if (!text)
		return -ENOMEM;
	if (count && text[count - 1] == '\n')
		text[count - 1] = 0;
	ret = id_set(scst_dev_of(kobj), a, text);
	kfree(text);
	return ret ? ret : count;
}

#define VDISK_ID_ATTR_MAX(_name, _id, _field, _max) \
	static struct vdisk_id_attr _name##_attr = { \
		.attr = __ATTR(_name, 0644, id_show, id_store), \
		.id = _id, \
		.offset = offsetof(struct sl_unit, _field), \
		.max = _max, \
	}

#define VDISK_ID_ATTR(_name, _id, _field) \
	VDISK_ID_ATTR_MAX(_name, _id, _field, sizeof_field(struct sl_unit, _field) - 1)

VDISK_ID_ATTR(t10_vend_id, VDISK_T10_VEND_ID, vendor);
VDISK_ID_ATTR(prod_id, VDISK_PROD_ID, product);
VDISK_ID_ATTR(prod_rev_lvl, VDISK_PROD_REV_LVL, revision);
VDISK_ID_ATTR(vend_specific_id, VDISK_VEND_SPECIFIC_ID, vendor_specific);
/* What is generated from a long name may be longer than what may be written. */
VDISK_ID_ATTR_MAX(t10_dev_id, VDISK_T10_DEV_ID, t10_dev_id, 25);
VDISK_ID_ATTR(usn, VDISK_USN, serial);
VDISK_ID_ATTR(scsi_device_name, VDISK_SCSI_DEVICE_NAME, scsi_name);

static ssize_t naa_id_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	u64 id = READ_ONCE(scst_dev_of(kobj)->unit.naa_id);

	return id ? sysfs_emit(buf, "0x%016llx\n" SCST_KEY_MARK "\n", id) : sysfs_emit(buf, "\n");
}

/* NAA 2h, 3h or 5h (SPC-4 7.8.6.6); empty takes it away. */
static ssize_t naa_id_store(struct kobject *kobj, struct kobj_attribute *attr, const char *buf,
			    size_t count)
{
	struct scst_device *dev = scst_dev_of(kobj);
	u64 id = 0;

	if (count > 1) {
		if (scst_parse_u64(buf, count, &id) || strncasecmp(buf, "0x", 2))
			return -EINVAL;
		if (id >> 60 != 2 && id >> 60 != 3 && id >> 60 != 5)
			return -EINVAL;
	}
	spin_lock(&dev->lock);
	WRITE_ONCE(dev->unit.naa_id, id);
	spin_unlock(&dev->lock);
	scst_dev_raise_ua(dev, SCST_UA_INQUIRY_CHANGED, NULL);
	return count;
}

static struct kobj_attribute naa_id_attr = __ATTR_RW(naa_id);

const struct attribute *const vdisk_attrs[] = {
	&tst_attr.attr,
	&size_attr.attr,
	&size_mb_attr.attr,
	&t10_vend_id_attr.attr.attr,
	&prod_id_attr.attr.attr,
	&prod_rev_lvl_attr.attr.attr,
	&vend_specific_id_attr.attr.attr,
	&t10_dev_id_attr.attr.attr,
	&usn_attr.attr.attr,
	&scsi_device_name_attr.attr.attr,
	&naa_id_attr.attr,
	NULL
};

const struct attribute *const vdisk_disk_attrs[] = {
	&blocksize_attr.attr,
	&read_only_attr.attr,
	&removable_attr.attr,
	&rotational_attr.attr,
	&opt_trans_len_attr.attr,
	NULL
};

const struct attribute *const vdisk_fileio_attrs[] = {
	&filename_attr.attr,
	&expl_alua_attr.attr,
	&write_through_attr.attr,
	&nv_cache_attr.attr,
	&o_direct_attr.attr,
	&thin_provisioned_attr.attr,
	&resync_size_attr.attr,
	&sync_attr.attr,
	NULL
};

const struct attribute *const vdisk_blockio_attrs[] = {
	&filename_attr.attr,
	&expl_alua_attr.attr,
	&write_through_attr.attr,
	&nv_cache_attr.attr,
	&thin_provisioned_attr.attr,
	&resync_size_attr.attr,
	&sync_attr.attr,
	NULL
};

const struct attribute *const vdisk_nullio_attrs[] = {
	&dummy_attr.attr,
	&thin_provisioned_attr.attr,
	NULL
};

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
VDISK_SHOW(lb_per_pb_exp, vd->lb_per_pb_exp, 1);

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
	struct vdisk *vd = attr_vdisk(kobj);
	ssize_t n;

	spin_lock(&vd->dev->lock);
	n = scst_show_text(buf, vd->filename, true);
	spin_unlock(&vd->dev->lock);
	return n;
}

static ssize_t filename_store(struct kobject *kobj, struct kobj_attribute *attr, const char *buf,
			      size_t count)
{
	char *name = kstrndup(buf, count, GFP_KERNEL);
	int ret;

	if (!name)
		return -ENOMEM;
	if (count && name[count - 1] == '\n')
		name[count - 1] = 0;
	ret = blockio_set_filename(scst_dev_of(kobj), name);
	if (ret)
		kfree(name);
	return ret ? ret : count;
}

static ssize_t active_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return scst_show_u64(buf, !READ_ONCE(scst_dev_of(kobj)->inactive), 1);
}

static ssize_t active_store(struct kobject *kobj, struct kobj_attribute *attr, const char *buf,
			    size_t count)
{
	bool active;
	int ret = scst_parse_bool(buf, count, &active);

	if (!ret)
		ret = blockio_set_active(scst_dev_of(kobj), active);
	return ret ? ret : count;
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
	int ret = backing_sync(scst_dev_of(kobj));

	return ret ? ret : count;
}

static struct kobj_attribute thin_provisioned_attr = __ATTR_RO(thin_provisioned);
/* nullio can have any size that one likes, blockio any up to that of what is behind it. */
static ssize_t size_change(struct kobject *kobj, const char *buf, size_t count, unsigned int shift)
{
	struct scst_device *dev = scst_dev_of(kobj);
	u64 size;
	int ret = scst_parse_u64(buf, count, &size);

	if (ret || size > (U64_MAX >> 1) >> shift)
		return -EINVAL;
	size <<= shift;
	ret = dev->shared_buffers ? nullio_resize(dev, size) : backing_resize(dev, size);
	return ret ? ret : count;
}

static ssize_t size_store(struct kobject *kobj, struct kobj_attribute *attr, const char *buf,
			  size_t count)
{
	return size_change(kobj, buf, count, 0);
}

static ssize_t size_mb_store(struct kobject *kobj, struct kobj_attribute *attr, const char *buf,
			     size_t count)
{
	return size_change(kobj, buf, count, 20);
}

/* What is read there is zeros in any case. */
static ssize_t read_zero_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return scst_show_u64(buf, READ_ONCE(attr_vdisk(kobj)->read_zero), 0);
}

static ssize_t read_zero_store(struct kobject *kobj, struct kobj_attribute *attr, const char *buf,
			       size_t count)
{
	bool on;

	if (scst_parse_bool(buf, count, &on))
		return -EINVAL;
	WRITE_ONCE(attr_vdisk(kobj)->read_zero, on);
	return count;
}

static ssize_t thin_threshold_store(struct kobject *kobj, struct kobj_attribute *attr,
				    const char *buf, size_t count)
{
	struct scst_device *dev = scst_dev_of(kobj);

	if (!dev->unit.thin)
		return -EINVAL;
	scst_dev_raise_ua(dev, SCST_UA_THIN_THRESHOLD, NULL);
	return count;
}

struct kobj_attribute vdisk_size_attr = __ATTR_RO(size);
struct kobj_attribute vdisk_size_mb_attr = __ATTR_RO(size_mb);
static struct kobj_attribute settable_size_attr = __ATTR(size, 0644, size_show, size_store);
static struct kobj_attribute settable_size_mb_attr =
	__ATTR(size_mb, 0644, size_mb_show, size_mb_store);
static struct kobj_attribute read_zero_attr = __ATTR_RW(read_zero);
static struct kobj_attribute thin_threshold_attr =
	__ATTR(gen_tp_soft_threshold_reached_UA, 0200, NULL, thin_threshold_store);
static struct kobj_attribute filename_attr = __ATTR_RO(filename);
static struct kobj_attribute settable_filename_attr =
	__ATTR(filename, 0644, filename_show, filename_store);
static struct kobj_attribute active_attr = __ATTR_RW(active);
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
VDISK_ID_ATTR(inq_vend_specific, VDISK_INQ_VEND_SPECIFIC, inq_specific);

/* Identifiers of registries: hexadecimal, none if empty. */
struct vdisk_registered_attr {
	struct kobj_attribute attr;
	size_t offset;		/* of the struct sl_id in struct sl_unit */
	bool (*is_one)(const struct sl_id *id);
};

static const struct vdisk_registered_attr *registered_attr(const struct kobj_attribute *attr)
{
	return container_of(attr, struct vdisk_registered_attr, attr);
}

static struct sl_id *registered_id(struct scst_device *dev, const struct vdisk_registered_attr *a)
{
	return (void *)&dev->unit + a->offset;
}

static ssize_t registered_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	struct scst_device *dev = scst_dev_of(kobj);
	struct sl_id id;

	spin_lock(&dev->lock);
	id = *registered_id(dev, registered_attr(attr));
	spin_unlock(&dev->lock);
	return id.len ? sysfs_emit(buf, "0x%*phN\n" SCST_KEY_MARK "\n", id.len, id.bytes) :
	       sysfs_emit(buf, "\n");
}

static ssize_t registered_store(struct kobject *kobj, struct kobj_attribute *attr,
				const char *buf, size_t count)
{
	const struct vdisk_registered_attr *a = registered_attr(attr);
	struct scst_device *dev = scst_dev_of(kobj);
	size_t len = count && buf[count - 1] == '\n' ? count - 1 : count;
	struct sl_id id;

	if (sl_id_parse(buf, len, &id) || (id.len && !a->is_one(&id)))
		return -EINVAL;
	spin_lock(&dev->lock);
	*registered_id(dev, a) = id;
	spin_unlock(&dev->lock);
	scst_dev_raise_ua(dev, SCST_UA_INQUIRY_CHANGED, NULL);
	return count;
}

#define VDISK_REGISTERED_ATTR(_name, _field, _is_one) \
	static struct vdisk_registered_attr _name##_attr = { \
		.attr = __ATTR(_name, 0644, registered_show, registered_store), \
		.offset = offsetof(struct sl_unit, _field), \
		.is_one = _is_one, \
	}

VDISK_REGISTERED_ATTR(naa_id, naa, sl_id_is_naa);
VDISK_REGISTERED_ATTR(eui64_id, eui64, sl_id_is_eui64);

const struct attribute *const vdisk_attrs[] = {
	&tst_attr.attr,
	&t10_vend_id_attr.attr.attr,
	&prod_id_attr.attr.attr,
	&prod_rev_lvl_attr.attr.attr,
	&vend_specific_id_attr.attr.attr,
	&t10_dev_id_attr.attr.attr,
	&usn_attr.attr.attr,
	&scsi_device_name_attr.attr.attr,
	&inq_vend_specific_attr.attr.attr,
	&naa_id_attr.attr.attr,
	&eui64_id_attr.attr.attr,
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
	&vdisk_size_attr.attr,
	&vdisk_size_mb_attr.attr,
	&lb_per_pb_exp_attr.attr,
	&thin_threshold_attr.attr,
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
	&settable_filename_attr.attr,
	&active_attr.attr,
	&settable_size_attr.attr,
	&settable_size_mb_attr.attr,
	&lb_per_pb_exp_attr.attr,
	&thin_threshold_attr.attr,
	&expl_alua_attr.attr,
	&write_through_attr.attr,
	&nv_cache_attr.attr,
	&thin_provisioned_attr.attr,
	&resync_size_attr.attr,
	&sync_attr.attr,
	NULL
};

const struct attribute *const vdisk_nullio_attrs[] = {
	&settable_size_attr.attr,
	&settable_size_mb_attr.attr,
	&read_zero_attr.attr,
	&dummy_attr.attr,
	&thin_provisioned_attr.attr,
	NULL
};

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where protection information is kept: a file with a head of one page, and eight bytes for each
 * block, complemented. So a hole, or what lies behind the end, is all ones: never written.
 */
#include <linux/falloc.h>
#include <linux/mutex.h>
#include <linux/slab.h>

#include "dif.h"
#include "fileio.h"

#define HEAD_LEN	4096
#define MAGIC		"SCSTDIF1"
#define MAGIC_LEN	8

/* Big-endian: magic (8 bytes), type (4), bytes of a block (4), blocks (8), CRC-32C of these (4). */
#define AT_TYPE		8
#define AT_BLOCK	12
#define AT_BLOCKS	16
#define AT_CRC		24
#define HEAD_USED	28

static loff_t store_pos(u64 lba)
{
	return HEAD_LEN + lba * SL_DIF_LEN;
}

static void store_complement(u8 *pi, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		pi[i] = ~pi[i];
}

int dif_store_read(struct vdisk_dif *dif, u64 lba, u32 blocks, u8 *pi)
{
	size_t len = (size_t)blocks * SL_DIF_LEN;
	ssize_t got = fileio_read_kvec(dif->file, pi, len, store_pos(lba));

	if (got < 0)
		return got;
	memset(pi + got, 0, len - got);
	store_complement(pi, len);
	return 0;
}

int dif_store_write(struct vdisk_dif *dif, u64 lba, u32 blocks, u8 *pi, int flags)
{
	size_t len = (size_t)blocks * SL_DIF_LEN;
	ssize_t ret;

	store_complement(pi, len);
	ret = fileio_write_kvec(dif->file, pi, len, store_pos(lba), flags);
	return ret < 0 ? ret : 0;
}

/* A file system without holes. */
static int store_write_zeros(struct vdisk_dif *dif, loff_t pos, loff_t end)
{
	u8 *zeros = kvzalloc(SZ_64K, GFP_KERNEL);
	ssize_t ret = zeros ? 0 : -ENOMEM;

	for (; pos < end && ret >= 0; pos += SZ_64K) {
		ret = fileio_write_kvec(dif->file, zeros, min_t(loff_t, SZ_64K, end - pos), pos, 0);
		cond_resched();
	}
	kvfree(zeros);
	return ret < 0 ? ret : 0;
}

int dif_store_forget(struct vdisk_dif *dif, u64 lba, u64 blocks)
{
	loff_t pos = store_pos(lba), end = store_pos(lba + blocks);
	int ret = -EOPNOTSUPP;

	end = min(end, i_size_read(file_inode(dif->file)));
	if (pos >= end)
		return 0;
	if (dif->file->f_op->fallocate)
		ret = vfs_fallocate(dif->file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, pos,
				    end - pos);
	return ret == -EOPNOTSUPP ? store_write_zeros(dif, pos, end) : ret;
}

/* --- head --- */

static int store_write_head(struct scst_device *dev)
{
	struct vdisk_dif *dif = vdisk_of(dev)->dif;
	u8 *head = kzalloc(HEAD_LEN, GFP_KERNEL);
	ssize_t ret;

	if (!head)
		return -ENOMEM;
	memcpy(head, MAGIC, MAGIC_LEN);
	sl_put_be32(dif->type, head + AT_TYPE);
	sl_put_be32(1u << dev->unit.block_shift, head + AT_BLOCK);
	sl_put_be64(dev->unit.blocks, head + AT_BLOCKS);
	sl_put_be32(scst_crc32c(0, head, AT_CRC), head + AT_CRC);
	ret = fileio_write_kvec(dif->file, head, HEAD_LEN, 0, 0);
	kfree(head);
	return ret < 0 ? ret : vfs_fsync(dif->file, 0);
}

static bool store_is_ours(const u8 *head, ssize_t len)
{
	return len == HEAD_USED && !memcmp(head, MAGIC, MAGIC_LEN) &&
	       sl_get_be32(head + AT_CRC) == scst_crc32c(0, head, AT_CRC);
}

static int store_check_head(struct scst_device *dev, const u8 *head)
{
	struct vdisk_dif *dif = vdisk_of(dev)->dif;
	u32 type = sl_get_be32(head + AT_TYPE), block = sl_get_be32(head + AT_BLOCK);
	u64 blocks = sl_get_be64(head + AT_BLOCKS);

	if (type == dif->type && block == 1u << dev->unit.block_shift &&
	    blocks <= dev->unit.blocks)
		return 0;
	vdisk_err("device %s: %s belongs to a disk of type %u with %llu blocks of %u bytes, this one has type %u and %llu of %u: move it away, what was written will be unprotected",
		  dev->name, dif->filename, type, blocks, block, dif->type, dev->unit.blocks,
		  1u << dev->unit.block_shift);
	return -EINVAL;
}

static int store_check(struct scst_device *dev)
{
	struct vdisk_dif *dif = vdisk_of(dev)->dif;
	u8 head[HEAD_USED];
	ssize_t got;
	int ret;

	if (!S_ISREG(file_inode(dif->file)->i_mode) || !fileio_is_usable(dif->file)) {
		vdisk_err("device %s: %s is no regular file", dev->name, dif->filename);
		return -EINVAL;
	}
	/* Just made; or before, when the power went. */
	if (!i_size_read(file_inode(dif->file)))
		return store_write_head(dev);
	got = fileio_read_kvec(dif->file, head, sizeof(head), 0);
	if (got < 0)
		return got;
	if (!store_is_ours(head, got)) {
		vdisk_err("device %s: %s is not a file of ours: move it away, it will not be overwritten",
			  dev->name, dif->filename);
		return -EINVAL;
	}
	ret = store_check_head(dev, head);
	/* The disk may have grown. */
	if (!ret && sl_get_be64(head + AT_BLOCKS) != dev->unit.blocks)
		ret = store_write_head(dev);
	return ret;
}

int dif_store_resized(struct scst_device *dev)
{
	const struct vdisk_dif *dif = vdisk_of(dev)->dif;

	return dif && dif->file ? store_write_head(dev) : 0;
}

static LIST_HEAD(stores);
static DEFINE_MUTEX(stores_lock);

/* Two disks that keep theirs in one file would each take the other's for what it wrote. */
static int store_claim(struct scst_device *dev)
{
	struct vdisk_dif *dif = vdisk_of(dev)->dif, *other;
	int ret = 0;

	mutex_lock(&stores_lock);
	list_for_each_entry(other, &stores, entry)
		if (file_inode(other->file) == file_inode(dif->file))
			ret = -EBUSY;
	if (!ret)
		list_add_tail(&dif->entry, &stores);
	mutex_unlock(&stores_lock);
	if (ret)
		vdisk_err("device %s: %s holds the protection information of another device",
			  dev->name, dif->filename);
	return ret;
}

int dif_store_open(struct scst_device *dev)
{
	struct vdisk_dif *dif = vdisk_of(dev)->dif;
	struct file *file;
	int ret;

	file = filp_open(dif->filename, O_RDWR | O_CREAT | O_NOFOLLOW | O_LARGEFILE, 0600);
	if (IS_ERR(file)) {
		vdisk_err("device %s: %s for protection information can't be opened (%ld)%s",
			  dev->name, dif->filename, PTR_ERR(file),
			  PTR_ERR(file) == -ENOENT ? ": its directory does not exist" : "");
		return PTR_ERR(file);
	}
	dif->file = file;
	ret = store_claim(dev);
	return ret ? ret : store_check(dev);
}

void dif_store_close(struct vdisk_dif *dif)
{
	if (!dif->file)
		return;
	mutex_lock(&stores_lock);
	list_del_init(&dif->entry);
	mutex_unlock(&stores_lock);
	filp_close(dif->file, NULL);
}

/* --- who is where --- */

static bool range_conflicts(const struct dif_range *a, const struct dif_range *b)
{
	return (a->writes || b->writes) && a->lba < b->lba + b->blocks &&
	       b->lba < a->lba + a->blocks;
}

/* In the order in which they came, so that nobody waits for ever for a large range. */
static bool dif_has_range(struct vdisk_dif *dif, const struct dif_range *range)
{
	const struct dif_range *other;
	bool free = true;

	spin_lock(&dif->lock);
	list_for_each_entry(other, &dif->ranges, entry) {
		if (other == range)
			break;
		if (range_conflicts(range, other)) {
			free = false;
			break;
		}
	}
	spin_unlock(&dif->lock);
	return free;
}

void dif_lock(struct vdisk_dif *dif, struct dif_range *range, u64 lba, u64 blocks, bool writes)
{
	range->lba = lba;
	range->blocks = blocks;
	range->writes = writes;
	spin_lock(&dif->lock);
	list_add_tail(&range->entry, &dif->ranges);
	spin_unlock(&dif->lock);
	wait_event(dif->wait, dif_has_range(dif, range));
}

void dif_unlock(struct vdisk_dif *dif, struct dif_range *range)
{
	spin_lock(&dif->lock);
	list_del(&range->entry);
	spin_unlock(&dif->lock);
	wake_up_all(&dif->wait);
}

void dif_lock_all(const struct vdisk *vd, struct dif_range *range)
{
	if (vd->dif)
		dif_lock(vd->dif, range, 0, U64_MAX, true);
}

void dif_unlock_all(const struct vdisk *vd, struct dif_range *range)
{
	if (vd->dif)
		dif_unlock(vd->dif, range);
}

int dif_forget(const struct vdisk *vd, loff_t pos, loff_t len)
{
	u8 shift = vd->dev->unit.block_shift;

	if (!vd->dif || !vd->dif->file)
		return 0;
	return dif_store_forget(vd->dif, pos >> shift, len >> shift);
}

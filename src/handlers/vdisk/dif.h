/* SPDX-License-Identifier: GPL-2.0-only */
/* Disks with protection information: how they are set up, where the information lies. */
#ifndef DIF_H
#define DIF_H

#include <linux/mm.h>
#include <linux/slab.h>

#include "vdisk.h"

/* dif_mode */
#define DIF_TGT		BIT(0)
#define DIF_SCST	BIT(1)
#define DIF_DEV_CHECK	BIT(2)
#define DIF_DEV_STORE	BIT(3)
#define DIF_CHECKS	(DIF_TGT | DIF_SCST | DIF_DEV_CHECK)

/* Blocks that a command is busy with, data and information; on its stack. */
struct dif_range {
	struct list_head entry;
	u64 lba, blocks;
	bool writes;
};

struct vdisk_dif {
	u8 mode;		/* DIF_* */
	u8 type;
	u16 app_tag;		/* of all blocks; 0: theirs who write them */
	char mode_text[40];	/* as they were given, for a configuration to be found again */
	char app_tag_text[12];
	char *filename;
	bool filename_explicit;
	struct file *file;	/* NULL: nothing is stored, it is made of the data */
	struct list_head entry;	/* among all that have such a file */

	spinlock_t lock;	/* protects @ranges */
	struct list_head ranges;
	wait_queue_head_t wait;	/* one of them has gone */
};

/* dif_conf.c */
/* -ENOENT: no parameter of this. */
int dif_set_param(struct scst_device *dev, const char *name, const char *value);
/* The disk's size is known, and all else is fine. */
int dif_attach(struct scst_device *dev);
void dif_detach(struct vdisk *vd);

/* dif_store.c; all may wait */
int dif_store_open(struct scst_device *dev);
/* Writes down what the disk is now, which has another size. */
int dif_store_resized(struct scst_device *dev);
void dif_store_close(struct vdisk_dif *dif);
/* What goes with @blocks blocks: 0, -errno. Only if there is a file. @pi is changed by writing. */
int dif_store_read(struct vdisk_dif *dif, u64 lba, u32 blocks, u8 *pi);
int dif_store_write(struct vdisk_dif *dif, u64 lba, u32 blocks, u8 *pi, int flags);
/* Makes it all ones, which is for what was never written (SBC-3 4.22.2.2). */
int dif_store_forget(struct vdisk_dif *dif, u64 lba, u64 blocks);

/*
 * Waits until nobody else writes there, or uses what this one writes: data and information are
 * in two places, and who reads must not see one without the other.
 */
void dif_lock(struct vdisk_dif *dif, struct dif_range *range, u64 lba, u64 blocks, bool writes);
void dif_unlock(struct vdisk_dif *dif, struct dif_range *range);

/*
 * The whole of a disk that may have no such information; then these do nothing. Whoever takes
 * vd->medium too takes it after this.
 */
void dif_lock_all(const struct vdisk *vd, struct dif_range *range);
void dif_unlock_all(const struct vdisk *vd, struct dif_range *range);
/* As dif_store_forget(), in bytes of data; with the range locked. */
int dif_forget(const struct vdisk *vd, loff_t pos, loff_t len);

/* dif.c */
extern const struct vdisk_io_ops dif_io;

static inline struct vdisk_dif *dif_of(const struct scst_cmd *cmd)
{
	return vdisk_of(cmd->dev)->dif;
}

static inline u32 dif_block(const struct scst_cmd *cmd)
{
	return 1u << cmd->dev->unit.block_shift;
}

static inline u8 *dif_alloc(u32 blocks)
{
	return kvmalloc((size_t)blocks * SL_DIF_LEN, GFP_KERNEL);
}

static inline void dif_lock_cmd(struct scst_cmd *cmd, struct dif_range *range, bool writes)
{
	dif_lock(dif_of(cmd), range, cmd->cdb.lba, cmd->cdb.blocks, writes);
}

/* What the disk's mode and the CDB have checked of information that comes @from there. */
struct sl_dif dif_rules(const struct scst_cmd *cmd, enum sl_dif_from from);
/* The @i-th block of the command is the one that is wrong. */
void dif_failed_at(const struct scst_cmd *cmd, u32 i, struct sl_sense_info *more);
/* The first @blocks blocks of the command's buffer. */
enum sl_sense dif_check_buf(const struct scst_cmd *cmd, const struct sl_dif *rules, const u8 *pi,
			    u32 blocks, struct sl_sense_info *more);
/* Writes what came, unless it is wrong; SL_OK also if *@ret tells of an error of the disk's own. */
enum sl_sense dif_write_checked(struct scst_cmd *cmd, int flags, ssize_t *ret,
				struct sl_sense_info *more);
void dif_end(struct scst_cmd *cmd, enum sl_sense sense, const struct sl_sense_info *more);

/* dif_verify.c */
void dif_verify(struct scst_cmd *cmd);
void dif_write_verify(struct scst_cmd *cmd);
void dif_compare_write(struct scst_cmd *cmd);
void dif_orwrite(struct scst_cmd *cmd);
void dif_write_atomic(struct scst_cmd *cmd);

#endif

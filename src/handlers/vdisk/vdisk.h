/* SPDX-License-Identifier: GPL-2.0-only */
/* scst_vdisk.ko: disks made of files, or of nothing, and CD drives. */
#ifndef VDISK_H
#define VDISK_H

#include <linux/fs.h>
#include <linux/percpu-rwsem.h>

#include "../../include/scst.h"
#include "../../lib/mmc.h"

#define vdisk_err(fmt, ...)	pr_err("dev_vdisk: ***ERROR***: " fmt "\n", ##__VA_ARGS__)
#define vdisk_warn(fmt, ...)	pr_warn("dev_vdisk: ***WARNING***: " fmt "\n", ##__VA_ARGS__)

/* Identity strings that an admin can set: index into vdisk.explicit_ids. */
enum vdisk_id {
	VDISK_T10_VEND_ID,
	VDISK_PROD_ID,
	VDISK_PROD_REV_LVL,
	VDISK_VEND_SPECIFIC_ID,
	VDISK_T10_DEV_ID,
	VDISK_USN,
	VDISK_SCSI_DEVICE_NAME,
	VDISK_INQ_VEND_SPECIFIC,
	VDISK_ID_COUNT
};

struct vdisk_dif;
struct vdisk_io_ops;

struct vdisk {
	struct scst_device *dev;
	const struct vdisk_io_ops *io;
	/* Whoever changes the medium reads it; what must not be cut in two writes it. */
	struct percpu_rw_semaphore medium;
	bool ejected;			/* removable, and the medium is out */
	bool empty;			/* cdrom: no disc has been put in */
	u32 disc;			/* cdrom: counts insertions, under dev->tgt_devs_lock */
	enum sl_sense erasing;		/* SL_*_IN_PROGRESS: nobody gets at the medium (SBC-4 4.11) */
	u16 progress;			/* of it, in 65,536ths */
	enum sl_sense erase_failed;	/* until a success, or EXIT FAILURE MODE if ... */
	bool sanitize_unrestricted;	/* ... the last SANITIZE had AUSE set */
	char *filename;			/* fileio, blockio, cdrom */
	struct file *file;		/* fileio, blockio, cdrom: through the page cache */
	struct file *direct;		/* blockio: past it */
	struct mutex open_lock;		/* of who opens, closes and uses them, but for commands */
	bool thin_wanted;		/* blockio: if the device can, and thin_explicit */
	bool always_waits;		/* blockio: the device has no I/O that does not wait */
	struct vdisk_dif *dif;		/* fileio, blockio: NULL without protection information */
	u64 size;			/* bytes */
	bool size_explicit;		/* nullio, blockio: somebody has set it */
	bool write_through;
	bool nv_cache;
	bool o_direct;
	bool read_zero;			/* nullio: as was written to its attribute */
	bool dummy;			/* nullio: INQUIRY says that nothing is here */
	bool thin_explicit;
	bool opt_transfer_explicit;
	bool lb_per_pb_exp;		/* tells that physical blocks are of 4 KiB */
	unsigned long explicit_ids;	/* bits: enum vdisk_id */
};

/* What a kind of disk does; each ends the command. NULL: it is not to be had there. */
struct vdisk_io_ops {
	void (*read)(struct scst_cmd *cmd);
	void (*write)(struct scst_cmd *cmd);
	void (*verify)(struct scst_cmd *cmd);
	void (*write_verify)(struct scst_cmd *cmd);
	void (*write_same)(struct scst_cmd *cmd);
	void (*sync)(struct scst_cmd *cmd);
	void (*prefetch)(struct scst_cmd *cmd);
	void (*unmap)(struct scst_cmd *cmd);
	void (*lba_status)(struct scst_cmd *cmd);
	void (*compare_write)(struct scst_cmd *cmd);
	void (*orwrite)(struct scst_cmd *cmd);
	void (*write_atomic)(struct scst_cmd *cmd);
	void (*erase)(struct scst_cmd *cmd);	/* SANITIZE, FORMAT UNIT */
	void (*crypto_erase)(struct scst_cmd *cmd);
};

static inline struct vdisk *vdisk_of(const struct scst_device *dev)
{
	return dev->priv;
}

/* main.c: common part of the handlers' ops */
int vdisk_init(struct scst_device *dev, const struct vdisk_io_ops *io);
int vdisk_set_flag(const char *value, bool *flag);
int vdisk_set_common_param(struct scst_device *dev, const char *name, const char *value);
/* Names, ids and limits, once the size is known; -EEXIST: the usn is another's. */
int vdisk_finish(struct scst_device *dev, const char *vendor);
void vdisk_free(struct scst_device *dev);

/* ops.c */
enum sl_sense vdisk_parse(struct scst_cmd *cmd);
enum sl_sense vdisk_state(struct scst_device *dev, struct sl_sense_info *more);
bool vdisk_needs_backing(const struct scst_cmd *cmd);

/* emul.c: what is answered without the medium */
void vdisk_exec_good(struct scst_cmd *cmd);
void vdisk_exec_inquiry(struct scst_cmd *cmd);
void vdisk_exec_mode_sense(struct scst_cmd *cmd);
void vdisk_exec_mode_select(struct scst_cmd *cmd);
void vdisk_exec_read_capacity_10(struct scst_cmd *cmd);
void vdisk_exec_read_capacity_16(struct scst_cmd *cmd);
void vdisk_exec_report_tmfs(struct scst_cmd *cmd);
void vdisk_exec_prevent_allow(struct scst_cmd *cmd);
void vdisk_exec_eject(struct scst_cmd *cmd);
void vdisk_exec_load(struct scst_cmd *cmd);
void vdisk_exec_read_defect(struct scst_cmd *cmd);
void vdisk_exec_log_sense(struct scst_cmd *cmd);
void vdisk_exec_exit_failure(struct scst_cmd *cmd);

/* Does a PREVENT ALLOW MEDIUM REMOVAL hold the medium? */
bool vdisk_removal_prevented(struct scst_device *dev);

/* The parameter list of SANITIZE OVERWRITE (SBC-4 table 109): its head of 4 bytes, checked. */
enum sl_sense vdisk_sanitize_list(struct scst_cmd *cmd, u8 *head);

/* That of FORMAT UNIT (SBC-3 5.3.2). */
enum sl_sense vdisk_format_list(struct scst_cmd *cmd, bool *immediate);

/* cdrom.c */
void vdisk_exec_read_toc(struct scst_cmd *cmd);
void vdisk_exec_configuration(struct scst_cmd *cmd);
void vdisk_exec_event_status(struct scst_cmd *cmd);
void vdisk_exec_disc_information(struct scst_cmd *cmd);
/* GET EVENT STATUS NOTIFICATION will tell it to everybody, once; a request once for each disc. */
void vdisk_media_event(struct scst_device *dev, enum sl_media_event event);

/* attrs.c */
extern const struct attribute *const vdisk_attrs[];	/* of every virtual device */
extern const struct attribute *const vdisk_disk_attrs[];	/* of every virtual disk */
extern const struct attribute *const vdisk_fileio_attrs[];
extern const struct attribute *const vdisk_blockio_attrs[];
extern const struct attribute *const vdisk_nullio_attrs[];
extern struct kobj_attribute vdisk_size_attr, vdisk_size_mb_attr;	/* that can only be read */

/* blockio.c */
int blockio_set_active(struct scst_device *dev, bool active);
/* @name is taken over unless this fails. -EBUSY: only of one that is not active. */
int blockio_set_filename(struct scst_device *dev, char *name);

/* fileio.c, blockio.c, nullio.c, cdrom.c */
extern const struct scst_handler_ops vdisk_fileio_ops;
extern const struct scst_handler_ops vdisk_blockio_ops;
extern const struct scst_handler_ops vdisk_nullio_ops;
extern const struct scst_handler_ops vcdrom_ops;

/* nullio.c: -EINVAL if @size is no number of blocks */
int nullio_resize(struct scst_device *dev, u64 size);

/* backing.c */
int backing_resync(struct scst_device *dev);
/* blockio: -EINVAL if @size is no number of blocks, or more than there is. */
int backing_resize(struct scst_device *dev, u64 size);
/* For commands: what is behind the device is open. */
int backing_flush(struct scst_device *dev);
/* For anybody. */
int backing_sync(struct scst_device *dev);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the fileio and blockio handlers share. All but fileio_enter_worker() may wait. */
#ifndef FILEIO_H
#define FILEIO_H

#include "vdisk.h"

static inline struct file *fileio_file(const struct scst_cmd *cmd)
{
	return vdisk_of(cmd->dev)->file;
}

static inline loff_t fileio_pos(const struct scst_cmd *cmd)
{
	return (loff_t)cmd->cdb.lba << cmd->dev->unit.block_shift;
}

/* False: this had to wait and runs again in a worker; the caller is done. */
bool fileio_enter_worker(struct scst_cmd *cmd);

/* @len bytes at @pos: what was read, or -errno. */
ssize_t fileio_read_kvec(struct file *file, void *buf, size_t len, loff_t pos);

/* All of @iter at @pos, with IOCB_* in @flags; 0 or more, or -errno. */
ssize_t fileio_write_iter(struct file *file, struct iov_iter *iter, loff_t pos, int flags);
ssize_t fileio_write_kvec(struct file *file, void *buf, size_t len, loff_t pos, int flags);

/* IOCB_DSYNC if this write must be on disk when it is answered. */
int fileio_write_flags(const struct scst_cmd *cmd);

/* Ends a write with what it returned. */
void fileio_finish_write(struct scst_cmd *cmd, ssize_t ret);

/* Deallocates; -EOPNOTSUPP: the file system can't. */
int fileio_punch(struct vdisk *vd, loff_t pos, loff_t len);

/* A regular file or a block device that can be read and written through the page cache. */
bool fileio_is_usable(const struct file *file);

/* Reads what the command asks for into its pages: bytes, or -errno. IOCB_* in @flags. */
ssize_t fileio_read_buf(struct scst_cmd *cmd, int flags);

/* Those of its pages that hold the first @len bytes; waits. */
ssize_t fileio_read_len(struct scst_cmd *cmd, u32 len);

/* Writes received data: bytes, or -errno. IOCB_* in @flags. */
ssize_t fileio_write_buf(struct scst_cmd *cmd, int flags);

/* Reads the medium; compares it with received data if BYTCHK says so. */
enum sl_sense fileio_compare(struct scst_cmd *cmd, struct sl_sense_info *more);

/* WRITE SAME, up to its answer: what writing returned. */
ssize_t fileio_do_write_same(struct scst_cmd *cmd, bool *unmapped);

/* Operations that blockio has in common; they go through the page cache. */
void fileio_read(struct scst_cmd *cmd);
void fileio_verify(struct scst_cmd *cmd);
void fileio_write_verify(struct scst_cmd *cmd);
void fileio_write_same(struct scst_cmd *cmd);
void fileio_sync(struct scst_cmd *cmd);
void fileio_prefetch(struct scst_cmd *cmd);
void fileio_unmap(struct scst_cmd *cmd);
void fileio_lba_status(struct scst_cmd *cmd);

/* Bytes of received data that make whole blocks: what was announced may end inside of one. */
static inline u32 fileio_write_len(const struct scst_cmd *cmd)
{
	return round_down(cmd->out_len, 1u << cmd->dev->unit.block_shift);
}

/* backing.c */
int backing_set_param(struct scst_device *dev, const char *name, const char *value);
int backing_check_params(struct scst_device *dev);
struct file *backing_open(struct scst_device *dev, int flags);	/* ERR_PTR */
void backing_detach(struct scst_device *dev);
void backing_close(struct vdisk *vd);
/* Tells initiators, if it is another one: 0, -errno of what keeps protection information. */
int backing_set_size(struct scst_device *dev, u64 size, bool is_explicit);

/* atomic.c */
/* Up to its answer: sense, or SL_OK and what writing returned. */
typedef enum sl_sense (*fileio_atomic_op)(struct scst_cmd *cmd, struct sl_sense_info *more,
					  ssize_t *ret);
enum sl_sense fileio_do_compare_write(struct scst_cmd *cmd, struct sl_sense_info *more,
				      ssize_t *ret);
enum sl_sense fileio_do_orwrite(struct scst_cmd *cmd, struct sl_sense_info *more, ssize_t *ret);
enum sl_sense fileio_do_write_atomic(struct scst_cmd *cmd, struct sl_sense_info *more,
				     ssize_t *ret);
void fileio_compare_write(struct scst_cmd *cmd);
void fileio_orwrite(struct scst_cmd *cmd);
void fileio_write_atomic(struct scst_cmd *cmd);
void fileio_erase(struct scst_cmd *cmd);

#endif

// SPDX-License-Identifier: GPL-2.0-only
/*
 * A command becomes a request of the SCSI device's own queue, on the pages that the command
 * already has; its end brings back status, sense and residual as the device gave them. Nobody
 * waits for it: a request that can't be had at once is asked for again in a worker.
 */
#include <linux/blk-mq.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <scsi/scsi.h>
#include <scsi/scsi_cmnd.h>
#include <scsi/scsi_common.h>

#include "disk.h"

/* What may take longer than the timeout that the admin has set for the device's I/O. */
#define DISK_LONG_TIMEOUT	(3600 * HZ)

static struct workqueue_struct *disk_wq;

/* The length is what the initiator has room for, and less of it is as good. */
static bool disk_has_allocation_len(const struct scst_cmd *cmd)
{
	return cmd->cdb.dir == SL_DIR_IN && cmd->cdb.op->unit == SL_LEN_BYTES;
}

static u32 disk_data_len(const struct scst_cmd *cmd)
{
	u64 len = cmd->cdb.data_len;

	if (disk_has_allocation_len(cmd)) {
		len = min_t(u64, len, SCST_MAX_TRANSFER);
		len = min_t(u64, len, cmd->expected_dir == SL_DIR_IN ? cmd->expected_len : 0);
	}
	return len;
}

/* The device would move all that the CDB says, so there has to be a place for all of it. */
static bool disk_lengths_agree(const struct scst_cmd *cmd)
{
	if (cmd->cdb.dir == SL_DIR_NONE || disk_has_allocation_len(cmd))
		return true;
	return cmd->cdb.data_len <= SCST_MAX_TRANSFER && cmd->expected_dir == cmd->cdb.dir &&
	       cmd->expected_len >= cmd->cdb.data_len;
}

/* RDPROTECT and the like: then more goes along than is counted here (SBC-3 4.22). */
static bool disk_brings_protection(const struct scst_cmd *cmd)
{
	return cmd->cdb.protect;
}

static unsigned int disk_timeout(const struct scst_cmd *cmd)
{
	switch (cmd->cdb.id) {
	case SL_OP_FORMAT_UNIT:
	case SL_OP_START_STOP_UNIT:
	case SL_OP_SEND_DIAGNOSTIC:
	case SL_OP_VERIFY_10:
	case SL_OP_VERIFY_12:
	case SL_OP_VERIFY_16:
	case SL_OP_SYNC_CACHE_10:
	case SL_OP_SYNC_CACHE_16:
	case SL_OP_WRITE_SAME_10:
	case SL_OP_WRITE_SAME_16:
	case SL_OP_UNMAP:
	case SL_OP_SANITIZE_OVERWRITE:
	case SL_OP_SANITIZE_BLOCK_ERASE:
	case SL_OP_SANITIZE_CRYPTO_ERASE:
		return DISK_LONG_TIMEOUT;
	default:
		return disk_of(cmd->dev)->sdev->request_queue->rq_timeout;
	}
}

/* --- the end --- */

/*
 * For the device we are one initiator, so it tells only once what all of ours have to know
 * (SAM-5 5.14).
 */
static void disk_tell_others(const struct scst_cmd *cmd, const struct scsi_sense_hdr *sense)
{
	enum scst_ua ua;

	if (sense->sense_key != UNIT_ATTENTION)
		return;
	switch (sense->asc << 8 | sense->ascq) {
	case 0x2800:
		ua = SCST_UA_MEDIUM_CHANGED;
		break;
	case 0x2a01:
		ua = SCST_UA_MODE_CHANGED;
		break;
	case 0x2a09:
		ua = SCST_UA_CAPACITY_CHANGED;
		break;
	case 0x3f03:
		ua = SCST_UA_INQUIRY_CHANGED;
		break;
	default:
		if (sense->asc != 0x29)
			return;
		ua = SCST_UA_RESET;
	}
	scst_dev_raise_ua(cmd->dev, ua, cmd->sess);
}

/* The size that an initiator was told is what the core has to go by. */
static void disk_take_capacity(struct scst_cmd *cmd)
{
	bool ten = cmd->cdb.id == SL_OP_READ_CAPACITY_10;
	u32 block, len_at = ten ? 4 : 8;
	u64 last;
	const u8 *data;

	if ((!ten && cmd->cdb.id != SL_OP_READ_CAPACITY_16) || cmd->in_len < len_at + 4)
		return;
	data = page_address(cmd->bvec[0].bv_page) + cmd->bvec[0].bv_offset;
	last = ten ? sl_get_be32(data) : sl_get_be64(data);
	block = sl_get_be32(data + len_at);
	if (!is_power_of_2(block) || (ten && last == U32_MAX))
		return;
	spin_lock(&cmd->dev->lock);
	WRITE_ONCE(cmd->dev->unit.block_shift, ilog2(block));
	WRITE_ONCE(cmd->dev->unit.blocks, last + 1);
	spin_unlock(&cmd->dev->lock);
}

/* Nobody shall ask for protection information who can't get it here: PROTECT, P_TYPE, PROT_EN. */
static void disk_hide_protection(struct scst_cmd *cmd)
{
	bool inquiry = cmd->cdb.id == SL_OP_INQUIRY && !(cmd->cdb_bytes[1] & 0x01);
	u8 *data;

	if (!cmd->in_len || !(inquiry || cmd->cdb.id == SL_OP_READ_CAPACITY_16))
		return;
	data = page_address(cmd->bvec[0].bv_page) + cmd->bvec[0].bv_offset;
	if (inquiry && cmd->in_len > 5)
		data[5] &= ~0x01;
	if (!inquiry && cmd->in_len > 12)
		data[12] &= ~0x0f;
}

static void disk_good(struct scst_cmd *cmd, u32 moved)
{
	scst_cmd_set_in_len(cmd, moved);
	disk_take_capacity(cmd);
	disk_hide_protection(cmd);
	/* The device tells other initiators than us. */
	if (cmd->out_len && (cmd->cdb.id == SL_OP_MODE_SELECT_6 ||
			     cmd->cdb.id == SL_OP_MODE_SELECT_10))
		scst_dev_raise_ua(cmd->dev, SCST_UA_MODE_CHANGED, cmd->sess);
	scst_cmd_complete(cmd);
}

/* Data counts only where the device says that it could be saved. */
static void disk_check_condition(struct scst_cmd *cmd, u32 moved)
{
	struct scsi_sense_hdr sense;

	if (!scsi_normalize_sense(cmd->sense, cmd->sense_len, &sense)) {
		scst_cmd_fail(cmd, SL_INTERNAL_FAILURE, NULL);
		return;
	}
	disk_tell_others(cmd, &sense);
	scst_cmd_set_in_len(cmd, sense.sense_key == RECOVERED_ERROR ? moved : 0);
	scst_cmd_complete(cmd);
}

/* The command never came to its end at the device. */
static void disk_no_status(struct scst_cmd *cmd, u8 host_byte)
{
	switch (host_byte) {
	case DID_BUS_BUSY:
	case DID_RESET:
	case DID_SOFT_ERROR:
	case DID_IMM_RETRY:
	case DID_REQUEUE:
	case DID_TRANSPORT_DISRUPTED:
		scst_cmd_busy(cmd);
		break;
	case DID_TIME_OUT:
	case DID_ABORT:
		scst_cmd_fail(cmd, SL_ABORTED, NULL);
		break;
	default:
		scst_cmd_fail(cmd, SL_INTERNAL_FAILURE, NULL);
	}
}

static void disk_done_work(struct work_struct *work)
{
	struct scst_cmd *cmd = container_of(work, struct scst_cmd, work);
	struct request *rq = cmd->handler_priv;
	u32 resid = scst_scsi_rq(rq)->resid_len, len = disk_data_len(cmd);
	u8 host_byte = (u32)scst_scsi_rq(rq)->result >> 16;
	u32 moved = resid < len ? len - resid : 0;

	cmd->status = scst_scsi_rq(rq)->result & 0xff;
	cmd->sense_len = min_t(u32, scst_scsi_rq(rq)->sense_len, sizeof(cmd->sense));
	memcpy(cmd->sense, scst_rq_sense(rq), cmd->sense_len);
	blk_mq_free_request(rq);

	if (cmd->status == SCST_CHECK_CONDITION) {
		disk_check_condition(cmd, moved);
		return;
	}
	cmd->sense_len = 0;
	if (cmd->status) {
		scst_cmd_set_in_len(cmd, 0);
		scst_cmd_complete(cmd);
	} else if (host_byte != DID_OK) {
		disk_no_status(cmd, host_byte);
	} else {
		disk_good(cmd, moved);
	}
}

/* Maybe in an interrupt. */
static scst_end_io_result disk_end_io(scst_end_io_args(rq, error))
{
	struct scst_cmd *cmd = rq->end_io_data;

	if (error && !scst_scsi_rq(rq)->result)
		scst_scsi_rq(rq)->result = DID_ERROR << 16;
	INIT_WORK(&cmd->work, disk_done_work);
	queue_work(disk_wq, &cmd->work);
	return scst_end_io_none;
}

/* --- the way there --- */

/* Gives back a request that was never on its way. */
static void disk_drop_request(struct request *rq)
{
	struct bio *bio;

	while ((bio = rq->bio)) {
		rq->bio = bio->bi_next;
		bio->bi_next = NULL;
		bio_endio(bio);
	}
	blk_mq_free_request(rq);
}

static int disk_map(struct request *rq, const struct scst_cmd *cmd, u32 len)
{
	const struct bio_vec *bv;

	for (bv = cmd->bvec; len; bv++) {
		u32 n = min(len, bv->bv_len);
		int ret = scst_rq_map_kern(rq, page_address(bv->bv_page) + bv->bv_offset, n);

		if (ret)
			return ret;
		len -= n;
	}
	return 0;
}

static void disk_copy_cdb(u8 *to, const struct scst_cmd *cmd, u32 len)
{
	const struct sl_op *op = cmd->cdb.op;
	u8 i = sl_cdb_control_at(cmd->cdb_bytes, op->cdb_len);

	memcpy(to, cmd->cdb_bytes, op->cdb_len);
	/* The condition is that of one nexus here; to the disk all of them are one. */
	if (i)
		to[i] &= ~SL_CONTROL_NACA;
	if (!disk_has_allocation_len(cmd))
		return;
	for (i = op->len_len; i--; len >>= 8)
		to[op->len_at + i] = len & 0xff;
}

/* ERR_PTR: -EAGAIN, -EBUSY: not without waiting; -EINVAL: too much at once for the adapter. */
static struct request *disk_request(struct scst_cmd *cmd, u32 len, bool may_wait)
{
	struct request_queue *q = disk_of(cmd->dev)->sdev->request_queue;
	struct request *rq = scst_alloc_scsi_rq(q, cmd->cdb.dir == SL_DIR_OUT,
						may_wait ? 0 : BLK_MQ_REQ_NOWAIT);
	int ret;

	if (IS_ERR(rq))
		return rq;
	disk_copy_cdb(scst_rq_cdb(rq), cmd, len);
	scst_scsi_rq(rq)->cmd_len = cmd->cdb.op->cdb_len;
	scst_rq_retries(rq) = 0;
	rq->timeout = disk_timeout(cmd);
	rq->end_io_data = cmd;
	ret = disk_map(rq, cmd, len);
	if (ret) {
		disk_drop_request(rq);
		return ERR_PTR(ret);
	}
	return rq;
}

/* The data of a device that says it sent more than it did must not be somebody else's. */
static int disk_alloc_in(struct scst_cmd *cmd, u32 len)
{
	u32 i;

	if (cmd->cdb.dir != SL_DIR_IN || cmd->bvec)
		return 0;
	if (scst_cmd_alloc_in(cmd, len))
		return -ENOMEM;
	if (cmd->cdb.op->unit != SL_LEN_BLOCKS)
		for (i = 0; i < cmd->nr_bvec; i++)
			memset(page_address(cmd->bvec[i].bv_page), 0, cmd->bvec[i].bv_len);
	return 0;
}

static void disk_not_started(struct scst_cmd *cmd, int error, u32 len)
{
	switch (error) {
	case -ENOMEM:
		scst_cmd_busy(cmd);
		break;
	case -EINVAL:
		pr_warn_once("dev_disk: device %s: Unable to complete command due to SG IO count limitation: %u bytes are more than its adapter takes at once\n",
			     cmd->dev->name, len);
		cmd->cdb.bad_byte = cmd->cdb.op->len_at;
		scst_cmd_fail(cmd, SL_INVALID_CDB_FIELD, NULL);
		break;
	default:
		/* The device has gone. */
		scst_cmd_fail(cmd, SL_INTERNAL_FAILURE, NULL);
	}
}

static void disk_pass(struct scst_cmd *cmd)
{
	bool may_wait = test_bit(SCST_CMD_DEFERRED, &cmd->flags);
	u32 len = disk_data_len(cmd);
	struct request *rq;

	if (disk_alloc_in(cmd, len)) {
		disk_not_started(cmd, -ENOMEM, len);
		return;
	}
	rq = disk_request(cmd, len, may_wait);
	if (!IS_ERR(rq)) {
		cmd->handler_priv = rq;
		scst_execute_rq(rq, disk_end_io);
	} else if (!may_wait && (PTR_ERR(rq) == -EAGAIN || PTR_ERR(rq) == -EBUSY)) {
		scst_cmd_defer(cmd);
	} else {
		disk_not_started(cmd, PTR_ERR(rq), len);
	}
}

enum sl_sense disk_pass_parse(struct scst_cmd *cmd)
{
	/* Those belong to a type of protection that is not to be had here. */
	if (cmd->cdb.op->flags & SL_OPF_LONG)
		return SL_INVALID_OPCODE;
	if (disk_brings_protection(cmd))
		return scst_bad_cdb(cmd, 1);
	if (!disk_lengths_agree(cmd))
		return scst_bad_cdb(cmd, cmd->cdb.op->len_at);
	cmd->exec = disk_pass;
	return SL_OK;
}

int disk_pass_init(void)
{
	disk_wq = alloc_workqueue("scst_disk", WQ_HIGHPRI | WQ_MEM_RECLAIM | WQ_PERCPU, 0);
	return disk_wq ? 0 : -ENOMEM;
}

/* Waits for what still runs after the last command was given back. */
void disk_pass_exit(void)
{
	destroy_workqueue(disk_wq);
}

// SPDX-License-Identifier: GPL-2.0-only
/* A session as a SCSI host of this machine. */
#include <linux/completion.h>
#include <linux/device.h>
#include <linux/slab.h>
#include <scsi/scsi.h>
#include <scsi/scsi_cmnd.h>
#include <scsi/scsi_device.h>

#include "local.h"

#define LOCAL_QUEUE	64

static struct workqueue_struct *local_wq;
static DEFINE_PER_CPU(u64, local_commands);
static atomic64_t local_tms[SCST_TM_TARGET_RESET + 1];	/* by enum scst_tm_fn */

/* Lives in the SCSI command's private area. */
struct local_cmd {
	struct scst_cmd cmd;
	struct work_struct work;
	struct scsi_cmnd *sc;
	u8 lun[8];
};

struct local_tm {
	struct scst_tm tm;
	struct completion done;
};

static struct local_cmd *local_of(struct scst_cmd *cmd)
{
	return container_of(cmd, struct local_cmd, cmd);
}

static enum sl_dir local_dir(const struct scsi_cmnd *sc)
{
	switch (sc->sc_data_direction) {
	case DMA_TO_DEVICE:
		return SL_DIR_OUT;
	case DMA_FROM_DEVICE:
		return SL_DIR_IN;
	default:
		return SL_DIR_NONE;
	}
}

static void local_copy(struct local_cmd *lc, bool to_initiator, u32 len)
{
	struct scst_cmd *cmd = &lc->cmd;
	u32 i, done = 0;

	for (i = 0; i < cmd->nr_bvec && done < len; i++) {
		struct bio_vec *bv = &cmd->bvec[i];
		void *p = page_address(bv->bv_page) + bv->bv_offset;
		u32 n = min(bv->bv_len, len - done);

		if (to_initiator)
			sg_pcopy_from_buffer(scsi_sglist(lc->sc), scsi_sg_count(lc->sc), p, n,
					     done);
		else
			sg_pcopy_to_buffer(scsi_sglist(lc->sc), scsi_sg_count(lc->sc), p, n, done);
		done += n;
	}
}

/*
 * What the midlayer wants of its adapter: tuples in a list of their own; or none, whatever the CDB
 * says, which is to insert and to strip them; or, of who sends CDBs himself, nothing at all.
 */
static enum scst_pi_way local_pi_way(const struct scsi_cmnd *sc)
{
	switch (sc->prot_op) {
	case SCSI_PROT_READ_PASS:
	case SCSI_PROT_WRITE_PASS:
		return SCST_PI_APART;
	case SCSI_PROT_READ_STRIP:
	case SCSI_PROT_WRITE_INSERT:
		return SCST_PI_NONE;
	default:
		return SCST_PI_INLINE;
	}
}

static void local_copy_pi(struct local_cmd *lc, bool to_initiator)
{
	struct scsi_cmnd *sc = lc->sc;
	struct scst_cmd *cmd = &lc->cmd;

	if (!cmd->pi_len || cmd->pi_way != SCST_PI_APART)
		return;
	if (to_initiator)
		sg_copy_from_buffer(scsi_prot_sglist(sc), scsi_prot_sg_count(sc), cmd->pi,
				    cmd->pi_len);
	else
		sg_copy_to_buffer(scsi_prot_sglist(sc), scsi_prot_sg_count(sc), cmd->pi,
				  cmd->pi_len);
}

static void local_respond(struct local_cmd *lc)
{
	struct scsi_cmnd *sc = lc->sc;
	struct scst_cmd *cmd = &lc->cmd;

	sc->result = scst_cmd_answer(cmd) ? cmd->status : DID_ABORT << 16;
	if (cmd->sense_len)
		memcpy(sc->sense_buffer, cmd->sense,
		       min_t(u32, cmd->sense_len, SCSI_SENSE_BUFFERSIZE));
	local_copy(lc, true, cmd->in_len);
	if (cmd->in_len)
		local_copy_pi(lc, true);
	scsi_set_resid(sc, max(cmd->residual, 0));
	scst_cmd_free(cmd);
	scsi_done(sc);
}

void local_xmit_response(struct scst_cmd *cmd)
{
	local_respond(local_of(cmd));
}

static void local_run(struct local_cmd *lc)
{
	struct scst_cmd *cmd = &lc->cmd;

	scst_cmd_parse(cmd);
	if (cmd->state == SCST_CMD_DONE) {
		local_respond(lc);
		return;
	}
	/* Nobody looks at what is written into shared pages. */
	if (!test_bit(SCST_CMD_SHARED_BUF, &cmd->flags))
		local_copy(lc, false, cmd->out_len);
	if (cmd->out_len)
		local_copy_pi(lc, false);
	scst_cmd_exec(cmd);
}

static void local_work(struct work_struct *work)
{
	local_run(container_of(work, struct local_cmd, work));
}

/* Must not sleep. What need not either is answered before this returns. */
static scst_qc_status local_queue_command(struct Scsi_Host *host, struct scsi_cmnd *sc)
{
	struct local_sess *ls = *(struct local_sess **)shost_priv(host);
	struct local_cmd *lc = scsi_cmd_priv(sc);

	this_cpu_inc(local_commands);
	lc->sc = sc;
	int_to_scsilun(sc->device->lun, (struct scsi_lun *)lc->lun);
	scst_cmd_init(&lc->cmd, ls->sess, lc->lun, sc->cmnd, sc->cmd_len);
	lc->cmd.tag = (uintptr_t)sc;
	lc->cmd.expected_dir = local_dir(sc);
	lc->cmd.expected_len = scsi_bufflen(sc);
	lc->cmd.pi_way = local_pi_way(sc);
	if (scst_cmd_enter(&lc->cmd)) {
		local_run(lc);
		return 0;
	}
	INIT_WORK(&lc->work, local_work);
	queue_work_on(scst_cpu_among(ls->sess->cpus, raw_smp_processor_id()), local_wq, &lc->work);
	return 0;
}

/* The midlayer's number is that of the LUN's eight bytes, whatever their form. */
static bool local_lun(const struct scsi_device *sdev, u32 *lun)
{
	struct scsi_lun bytes;

	int_to_scsilun(sdev->lun, &bytes);
	return sl_lun_unpack(bytes.scsi_lun, lun);
}

static int local_task_mgmt(struct scsi_cmnd *sc, enum scst_tm_fn fn)
{
	struct local_sess *ls = *(struct local_sess **)shost_priv(sc->device->host);
	struct local_tm *t = kzalloc(sizeof(*t), GFP_NOIO);
	int ret;

	if (!t)
		return FAILED;
	atomic64_inc(&local_tms[fn]);
	t->tm.sess = ls->sess;
	t->tm.fn = fn;
	t->tm.lun_valid = local_lun(sc->device, &t->tm.lun);
	t->tm.tag = (uintptr_t)sc;
	init_completion(&t->done);
	scst_tm_start(&t->tm);
	wait_for_completion(&t->done);
	ret = t->tm.result == SCST_TM_NO_LUN || t->tm.result == SCST_TM_DROPPED ? FAILED : SUCCESS;
	kfree(t);
	return ret;
}

static int local_eh_abort(struct scsi_cmnd *sc)
{
	return local_task_mgmt(sc, SCST_TM_ABORT_TASK);
}

static int local_eh_device_reset(struct scsi_cmnd *sc)
{
	return local_task_mgmt(sc, SCST_TM_LUN_RESET);
}

static int local_eh_target_reset(struct scsi_cmnd *sc)
{
	return local_task_mgmt(sc, SCST_TM_TARGET_RESET);
}

void local_tm_done(struct scst_tm *tm)
{
	complete(&container_of(tm, struct local_tm, tm)->done);
}

/* Commands run at once: none waits for data. */
void local_abort_cmd(struct scst_cmd *cmd)
{
}

static scst_const_template struct scsi_host_template local_template = {
	.module = THIS_MODULE,
	.name = "scst_local",
	.proc_name = "scst_local",
	.queuecommand = local_queue_command,
	.eh_abort_handler = local_eh_abort,
	.eh_device_reset_handler = local_eh_device_reset,
	.eh_target_reset_handler = local_eh_target_reset,
	.can_queue = LOCAL_QUEUE,
	.cmd_per_lun = LOCAL_QUEUE,
	.this_id = -1,
	.sg_tablesize = 256,
	.sg_prot_tablesize = 256,
	.max_sectors = SCST_MAX_TRANSFER >> 9,
	.cmd_size = sizeof(struct local_cmd),
	.dma_boundary = -1UL,
};

struct Scsi_Host *local_host_add(struct local_sess *ls)
{
	struct Scsi_Host *host;

	host = scsi_host_alloc(&local_template, sizeof(struct local_sess *));
	if (!host)
		return NULL;
	*(struct local_sess **)shost_priv(host) = ls;
	/* One a CPU: then the midlayer ends a command where that is done, without a softirq. */
	host->nr_hw_queues = nr_cpu_ids;
	host->max_id = 1;
	host->max_lun = U16_MAX + 1;	/* of any form: the flat one begins with 40h */
	host->max_cmd_len = SL_CDB_MAX;
	host->max_channel = 0;
	scsi_host_set_prot(host, SHOST_DIF_TYPE1_PROTECTION | SHOST_DIF_TYPE2_PROTECTION |
			   SHOST_DIF_TYPE3_PROTECTION | SHOST_DIX_TYPE1_PROTECTION |
			   SHOST_DIX_TYPE2_PROTECTION | SHOST_DIX_TYPE3_PROTECTION);
	scsi_host_set_guard(host, SHOST_DIX_GUARD_CRC);
	if (scsi_add_host(host, local_root)) {
		scsi_host_put(host);
		return NULL;
	}
	return host;
}

static void local_forget_lost_luns(struct local_sess *ls)
{
	struct scsi_device *sdev;
	u32 lun;

	shost_for_each_device(sdev, ls->host)
		if (local_lun(sdev, &lun) && !scst_session_has_lun(ls->sess, lun))
			scsi_remove_device(sdev);
}

void local_host_remove(struct Scsi_Host *host)
{
	scsi_remove_host(host);
	scsi_host_put(host);
}

void local_host_scan(struct local_sess *ls)
{
	local_forget_lost_luns(ls);
	scsi_scan_target(&ls->host->shost_gendev, 0, 0, SCAN_WILD_CARD, SCSI_SCAN_INITIAL);
}

ssize_t local_host_stats(char *buf)
{
	u64 commands = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		commands += READ_ONCE(per_cpu(local_commands, cpu));
	return sysfs_emit(buf, "commands %llu\naborts %lld\nlun_resets %lld\ntarget_resets %lld\n",
			  commands, (s64)atomic64_read(&local_tms[SCST_TM_ABORT_TASK]),
			  (s64)atomic64_read(&local_tms[SCST_TM_LUN_RESET]),
			  (s64)atomic64_read(&local_tms[SCST_TM_TARGET_RESET]));
}

int local_host_init(void)
{
	local_wq = alloc_workqueue("scst_local", WQ_PERCPU | WQ_MEM_RECLAIM | WQ_HIGHPRI, 0);
	return local_wq ? 0 : -ENOMEM;
}

void local_host_exit(void)
{
	destroy_workqueue(local_wq);
}

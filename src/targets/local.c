// SPDX-License-Identifier: GPL-2.0-only
/*
 * scst_local.ko: a target whose only initiator is this machine. Each session
 * is a SCSI host, each LUN a SCSI device.
 */
#include <linux/completion.h>
#include <linux/device.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <scsi/scsi.h>
#include <scsi/scsi_cmnd.h>
#include <scsi/scsi_device.h>
#include <scsi/scsi_host.h>

#include "../include/scst.h"

#define LOCAL_QUEUE	64

static struct device *local_root;
static struct workqueue_struct *local_wq;	/* commands */
static struct workqueue_struct *local_admin_wq;	/* start, rescan, stop */
static const struct scst_driver_ops local_ops;
static DEFINE_PER_CPU(u64, local_commands);
static atomic64_t local_tms[SCST_TM_TARGET_RESET + 1];	/* by enum scst_tm_fn */
static bool add_default_tgt = true;
module_param(add_default_tgt, bool, 0444);
MODULE_PARM_DESC(add_default_tgt, "create scst_local_tgt at load (default: on)");

/*
 * One target with its session and host. Start, rescan and stop are works on
 * one ordered queue, so none of them meets another.
 */
struct local_tgt {
	struct scst_tgt *tgt;
	struct scst_session *sess;	/* NULL: not started */
	struct Scsi_Host *host;
	char *session_name;
	struct work_struct start;
	struct work_struct rescan;
	struct work_struct stop;
};

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

static void local_xmit_response(struct scst_cmd *cmd)
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
	struct local_tgt *lt = *(struct local_tgt **)shost_priv(host);
	struct local_cmd *lc = scsi_cmd_priv(sc);

	this_cpu_inc(local_commands);
	lc->sc = sc;
	int_to_scsilun(sc->device->lun, (struct scsi_lun *)lc->lun);
	scst_cmd_init(&lc->cmd, lt->sess, lc->lun, sc->cmnd, sc->cmd_len);
	lc->cmd.tag = (uintptr_t)sc;
	lc->cmd.expected_dir = local_dir(sc);
	lc->cmd.expected_len = scsi_bufflen(sc);
	lc->cmd.pi_way = local_pi_way(sc);
	if (scst_cmd_enter(&lc->cmd)) {
		local_run(lc);
		return 0;
	}
	INIT_WORK(&lc->work, local_work);
	queue_work(local_wq, &lc->work);
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
	struct local_tgt *lt = *(struct local_tgt **)shost_priv(sc->device->host);
	struct local_tm *t = kzalloc(sizeof(*t), GFP_NOIO);
	int ret;

	if (!t)
		return FAILED;
	atomic64_inc(&local_tms[fn]);
	t->tm.sess = lt->sess;
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

static void local_tm_done(struct scst_tm *tm)
{
	complete(&container_of(tm, struct local_tm, tm)->done);
}

/* Commands run at once: none waits for data. */
static void local_abort_cmd(struct scst_cmd *cmd)
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

static struct Scsi_Host *local_add_host(struct local_tgt *lt)
{
	struct Scsi_Host *host;

	host = scsi_host_alloc(&local_template, sizeof(struct local_tgt *));
	if (!host)
		return NULL;
	*(struct local_tgt **)shost_priv(host) = lt;
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

static void local_forget_lost_luns(struct local_tgt *lt)
{
	struct scsi_device *sdev;
	u32 lun;

	shost_for_each_device(sdev, lt->host)
		if (local_lun(sdev, &lun) && !scst_session_has_lun(lt->sess, lun))
			scsi_remove_device(sdev);
}

static void local_scan(struct local_tgt *lt)
{
	local_forget_lost_luns(lt);
	scsi_scan_target(&lt->host->shost_gendev, 0, 0, SCAN_WILD_CARD, SCSI_SCAN_INITIAL);
}

/* There is no such transport: a SAS address made of the name, NAA 3h (locally assigned). */
static u16 local_transport_id(const char *initiator_name, const void *priv, u8 *id)
{
	u32 crc = scst_crc32c(0, initiator_name, strlen(initiator_name));

	return sl_transport_id_sas(0x3ull << 60 | crc, id);
}

/* Only for show: a session without this link works as well. */
static void local_link_host(struct local_tgt *lt)
{
	if (sysfs_create_link(&lt->sess->dir->kobj, &lt->host->shost_gendev.kobj, "host"))
		pr_warn("scst_local: session %s has no link to its host\n",
			lt->sess->initiator_name);
}

static void local_start(struct work_struct *work)
{
	struct local_tgt *lt = container_of(work, struct local_tgt, start);
	const char *name = lt->session_name ? lt->session_name : lt->tgt->name;
	struct scst_session *sess;

	sess = scst_session_register(lt->tgt, name, lt);
	if (IS_ERR(sess))
		goto out;
	lt->sess = sess;
	lt->host = local_add_host(lt);
	if (!lt->host) {
		pr_err("scst_local: ***ERROR***: no SCSI host for session %s\n", name);
		lt->sess = NULL;
		scst_session_unregister(sess);
		goto out;
	}
	local_link_host(lt);
	local_scan(lt);
out:
	scst_tgt_put(lt->tgt);
}

static void local_rescan(struct work_struct *work)
{
	struct local_tgt *lt = container_of(work, struct local_tgt, rescan);

	if (lt->sess && lt->host)
		local_scan(lt);
	scst_tgt_put(lt->tgt);
}

static void local_stop(struct work_struct *work)
{
	struct local_tgt *lt = container_of(work, struct local_tgt, stop);
	struct scst_session *sess = lt->sess;

	if (sess) {
		sysfs_remove_link(&sess->dir->kobj, "host");
		scsi_remove_host(lt->host);
		scsi_host_put(lt->host);
		lt->host = NULL;
		lt->sess = NULL;
		scst_session_unregister(sess);
	}
	scst_tgt_put(lt->tgt);
}

/* A queued work keeps the target. */
static void local_queue(struct local_tgt *lt, struct work_struct *work)
{
	scst_tgt_get(lt->tgt);
	if (!queue_work(local_admin_wq, work))
		scst_tgt_put(lt->tgt);
}

static int local_add_target(struct scst_tgt *tgt)
{
	struct local_tgt *lt = kzalloc(sizeof(*lt), GFP_KERNEL);

	if (!lt)
		return -ENOMEM;
	lt->tgt = tgt;
	INIT_WORK(&lt->start, local_start);
	INIT_WORK(&lt->rescan, local_rescan);
	INIT_WORK(&lt->stop, local_stop);
	tgt->priv = lt;
	return 0;
}

static int local_set_param(struct scst_tgt *tgt, const char *name, const char *value)
{
	struct local_tgt *lt = tgt->priv;

	if (strcasecmp(name, "session_name") || lt->session_name)
		return -EINVAL;
	lt->session_name = kstrdup(value, GFP_KERNEL);
	return lt->session_name ? 0 : -ENOMEM;
}

static void local_free_target(struct scst_tgt *tgt)
{
	struct local_tgt *lt = tgt->priv;

	kfree(lt->session_name);
	kfree(lt);
}

/* Called once, when the target has been made: there is no switch here. */
static void local_enabled_changed(struct scst_tgt *tgt)
{
	struct local_tgt *lt = tgt->priv;

	local_queue(lt, &lt->start);
}

static void local_luns_changed(struct scst_session *sess)
{
	struct local_tgt *lt = sess->priv;

	local_queue(lt, &lt->rescan);
}

static void local_close_session(struct scst_session *sess)
{
	struct local_tgt *lt = sess->priv;

	local_queue(lt, &lt->stop);
}

static const char *const local_params[] = { "session_name", NULL };

/* What the machine has sent to all targets since the module was loaded. */
static ssize_t stats_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
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

static struct kobj_attribute stats_attr = __ATTR_RO(stats);
static const struct attribute *const local_attrs[] = { &stats_attr.attr, NULL };

static const struct scst_driver_ops local_ops = {
	.name = "scst_local",
	.owner = THIS_MODULE,
	.tgt_params = local_params,
	.driver_attrs = local_attrs,
	.add_target = local_add_target,
	.set_tgt_param = local_set_param,
	.free_target = local_free_target,
	.enabled_changed = local_enabled_changed,
	.luns_changed = local_luns_changed,
	.close_session = local_close_session,
	.transport_id = local_transport_id,
	.xmit_response = local_xmit_response,
	.abort_cmd = local_abort_cmd,
	.tm_done = local_tm_done,
};

static int __init local_init(void)
{
	int ret = -ENOMEM;

	local_root = root_device_register("scst_local");
	if (IS_ERR(local_root))
		return PTR_ERR(local_root);
	local_wq = alloc_workqueue("scst_local", WQ_PERCPU | WQ_MEM_RECLAIM | WQ_HIGHPRI, 0);
	local_admin_wq = alloc_ordered_workqueue("scst_local_admin", 0);
	if (!local_wq || !local_admin_wq)
		goto out_wq;
	ret = scst_register_driver(&local_ops);
	if (ret)
		goto out_wq;
	if (add_default_tgt) {
		ret = scst_add_target(&local_ops, "scst_local_tgt",
				      "session_name=scst_local_host");
		if (ret)
			goto out_driver;
	}
	return 0;

out_driver:
	scst_unregister_driver(&local_ops);
out_wq:
	if (local_admin_wq)
		destroy_workqueue(local_admin_wq);
	if (local_wq)
		destroy_workqueue(local_wq);
	root_device_unregister(local_root);
	return ret;
}

static void __exit local_exit(void)
{
	scst_unregister_driver(&local_ops);
	destroy_workqueue(local_admin_wq);
	destroy_workqueue(local_wq);
	root_device_unregister(local_root);
}

module_init(local_init);
module_exit(local_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("SCST target for the local machine");
MODULE_VERSION(SCST_VERSION);

// SPDX-License-Identifier: GPL-2.0-only
/* iscsi_scst.ko: start and end. */
#include <linux/module.h>
#include <linux/slab.h>

#include "iscsi.h"

struct workqueue_struct *isc_wq;
struct workqueue_struct *isc_close_wq;

const struct scst_driver_ops isc_ops = {
	.name = "iscsi",
	.owner = THIS_MODULE,
	.version_descriptor = 0x0960,
	.tgt_params = isc_tgt_param_names,
	.driver_attrs = isc_driver_attrs,
	.tgt_attrs = isc_tgt_attrs,
	.sess_attrs = isc_sess_attrs,
	.has_enabled = true,
	.driver_dyn_attrs = isc_driver_dyn_attrs,
	.tgt_dyn_attrs = isc_tgt_dyn_attrs,
	.change_attr = isc_change_attr,
	.driver_enabled = isc_driver_enabled,
	.add_target = isc_add_target,
	.set_tgt_param = isc_set_tgt_param,
	.free_target = isc_free_target,
	.enabled_changed = isc_enabled_changed,
	.close_session = isc_close_session,
	.luns_changed = isc_luns_changed,
	.transport_id = isc_transport_id,
	.go_on = isc_go_on,
	.xmit_response = isc_xmit_response,
	.abort_cmd = isc_abort_cmd,
	.tm_done = isc_tm_done,
};

static int __init isc_init(void)
{
	int ret;

	isc_attrs_init(&isc_discovery_attrs);
	ret = isc_cmd_init();
	if (ret)
		return ret;
	ret = -ENOMEM;
	isc_wq = alloc_workqueue("iscsi_scst", WQ_PERCPU | WQ_MEM_RECLAIM | WQ_HIGHPRI, 0);
	if (!isc_wq)
		goto out_cmd;
	isc_close_wq = alloc_workqueue("iscsi_scst_close", WQ_MEM_RECLAIM | WQ_UNBOUND, 0);
	if (!isc_close_wq)
		goto out_wq;
	ret = scst_register_driver(&isc_ops);
	if (ret)
		goto out_close_wq;
	ret = isc_ctl_init();
	if (ret)
		goto out_driver;
	return 0;

out_driver:
	scst_unregister_driver(&isc_ops);
out_close_wq:
	destroy_workqueue(isc_close_wq);
out_wq:
	destroy_workqueue(isc_wq);
out_cmd:
	isc_cmd_exit();
	return ret;
}

static void __exit isc_exit(void)
{
	isc_ctl_exit();
	scst_unregister_driver(&isc_ops);
	isc_attrs_free(&isc_discovery_attrs);
	destroy_workqueue(isc_close_wq);
	destroy_workqueue(isc_wq);
	isc_cmd_exit();
}

module_init(isc_init);
module_exit(isc_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("iSCSI target driver of SCST");
MODULE_VERSION(SCST_VERSION);

// SPDX-License-Identifier: GPL-2.0-only
/* scst.ko: start and end. */
#include <linux/module.h>

#include "scst_priv.h"

struct workqueue_struct *scst_tm_wq;

static int __init scst_init(void)
{
	int ret = scst_pool_init();

	if (ret)
		return ret;
	ret = -ENOMEM;
	scst_tm_wq = alloc_workqueue("scst_tm", WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	if (!scst_tm_wq)
		goto out_pool;
	ret = scst_copy_init();
	if (ret)
		goto out_tm_wq;
	ret = scst_mem_init();
	if (ret)
		goto out_copy;
	ret = scst_sysfs_init();
	if (ret)
		goto out_mem;
	ret = scst_copy_manager_init();
	if (ret)
		goto out_sysfs;
	return 0;

out_sysfs:
	scst_sysfs_exit();
out_mem:
	scst_mem_exit();
out_copy:
	scst_copy_exit();
out_tm_wq:
	destroy_workqueue(scst_tm_wq);
out_pool:
	scst_pool_exit();
	return ret;
}

static void __exit scst_exit(void)
{
	scst_copy_manager_exit();
	scst_token_exit();
	scst_sysfs_exit();
	scst_mem_exit();
	scst_copy_exit();
	scst_pool_settle();
	destroy_workqueue(scst_tm_wq);
	scst_pool_exit();
	rcu_barrier();
}

module_init(scst_init);
module_exit(scst_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("SCSI target core with the interface of SCST");
MODULE_VERSION(SCST_VERSION);

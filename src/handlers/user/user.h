/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * scst_user.ko: devices that are programs.
 *
 * A command waits, is fetched by the program, and ends by its reply, by an abort
 * or because the program has gone, whoever takes it out of the queue first; who
 * has taken it is the only one to touch it. The program's pages are copied from
 * and to only by one who has.
 */
#ifndef SCST_USER_PRIV_H
#define SCST_USER_PRIV_H

#include <linux/kref.h>

#include "../../include/scst.h"
#include "../../include/uapi/scst_user.h"

#define user_err(fmt, ...)	pr_err("dev_user: ***ERROR***: " fmt "\n", ##__VA_ARGS__)
#define user_warn(fmt, ...)	pr_warn("dev_user: ***WARNING***: " fmt "\n", ##__VA_ARGS__)
#define user_info(fmt, ...)	pr_info("dev_user: " fmt "\n", ##__VA_ARGS__)

#define USER_PAGE_MAX	256

/* A device; it outlives its struct scst_device as long as a file or a work knows it. */
struct user_dev {
	struct scst_device *dev;	/* there under user_lock and !stopped, or by a command */
	struct kref refs;
	struct rcu_head rcu;
	struct list_head entry;		/* user_devs */
	bool known;			/* type and block size were chosen by a program */
	u32 max_data;			/* of the program that serves it */

	spinlock_t lock;		/* protects what follows */
	bool served;			/* by a program */
	bool stopped;			/* it is being deleted */
	struct list_head waiting;	/* struct user_cmd */
	struct xarray fetched;		/* struct user_cmd; reserved: somebody has taken it */
	u32 sequence;			/* makes handles differ that have the same index */
	u16 page_len;
	u8 page[USER_PAGE_MAX];		/* VPD page 83h, as an initiator was told it last */

	wait_queue_head_t wait;		/* for commands, or the end */
	struct wait_queue_entry abort_watch;
	struct work_struct sweep;	/* ends what was aborted */
};

/* A command with the program. */
struct user_cmd {
	struct list_head entry;
	u64 handle;
};

/* main.c */
extern struct workqueue_struct *user_wq;
extern struct mutex user_lock;		/* protects the list of devices, and ->dev of each */
void user_dev_put(struct user_dev *ud);
/*
 * The device that @req names, created if need be, now served by the caller, who
 * has a reference; ERR_PTR as SCST_USER_REGISTER says.
 */
struct user_dev *user_dev_serve(const struct scst_user_device *req);
/* The program has gone. */
void user_dev_abandon(struct user_dev *ud);
int user_dev_resize(struct user_dev *ud, u64 blocks);

/* queue.c */
void user_queue_init(struct user_dev *ud);
void user_queue_exit(struct user_dev *ud);
void user_exec(struct scst_cmd *cmd);
/* Sets one of @served, @stopped to what ends all commands, and ends them. */
void user_queue_abandon(struct user_dev *ud);
void user_queue_stop(struct user_dev *ud);
bool user_queue_ready(struct user_dev *ud);	/* there is something to fetch, or no more */
/* As SCST_USER_GET; @to is where the answer goes. */
int user_queue_get(struct user_dev *ud, struct scst_user_cmd __user *to, bool wait);
int user_queue_reply(struct user_dev *ud, const struct scst_user_reply *reply);

/* As struct scst_handler_ops says. */
size_t user_identification(struct scst_device *dev, u8 *page, size_t size);

/* chardev.c */
int user_chardev_init(void);
void user_chardev_exit(void);

#endif

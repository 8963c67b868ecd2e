// SPDX-License-Identifier: GPL-2.0-only
/* /dev/scst_user: where programs come to serve. */
#include <linux/capability.h>
#include <linux/compat.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "user.h"

struct user_file {
	struct mutex lock;		/* one registration at a time */
	struct user_dev *ud;		/* set once */
};

static int user_file_open(struct inode *inode, struct file *file)
{
	struct user_file *uf;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	uf = kzalloc(sizeof(*uf), GFP_KERNEL);
	if (!uf)
		return -ENOMEM;
	mutex_init(&uf->lock);
	file->private_data = uf;
	return nonseekable_open(inode, file);
}

static int user_file_release(struct inode *inode, struct file *file)
{
	struct user_file *uf = file->private_data;

	if (uf->ud)
		user_dev_abandon(uf->ud);
	kfree(uf);
	return 0;
}

/* NULL: nothing is registered yet. */
static struct user_dev *user_of(const struct user_file *uf)
{
	/* Pairs with that of user_ioctl_register(). */
	return smp_load_acquire(&uf->ud);
}

static __poll_t user_file_poll(struct file *file, poll_table *wait)
{
	struct user_file *uf = file->private_data;
	struct user_dev *ud = user_of(uf);

	if (!ud)
		return EPOLLERR;
	poll_wait(file, &ud->wait, wait);
	if (READ_ONCE(ud->stopped))
		return EPOLLHUP | EPOLLERR;
	return user_queue_ready(ud) ? EPOLLIN | EPOLLRDNORM : 0;
}

static int user_ioctl_register(struct user_file *uf, const void __user *arg)
{
	struct scst_user_device req;
	struct user_dev *ud;
	int ret = -EBUSY;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (copy_from_user(&req, arg, sizeof(req)))
		return -EFAULT;
	mutex_lock(&uf->lock);
	if (!uf->ud) {
		ud = user_dev_serve(&req);
		ret = PTR_ERR_OR_ZERO(ud);
		if (!ret)
			/* Other threads see a device that is complete: user_of(). */
			smp_store_release(&uf->ud, ud);
	}
	mutex_unlock(&uf->lock);
	return ret;
}

static int user_ioctl_reply(struct user_dev *ud, const void __user *arg)
{
	struct scst_user_reply reply;

	if (copy_from_user(&reply, arg, sizeof(reply)))
		return -EFAULT;
	return user_queue_reply(ud, &reply);
}

static int user_ioctl_exchange(struct user_dev *ud, struct scst_user_exchange __user *arg,
			       bool wait)
{
	struct scst_user_reply reply;
	int ret = 0;

	if (copy_from_user(&reply, &arg->reply, sizeof(reply)))
		return -EFAULT;
	if (reply.handle) {
		ret = user_queue_reply(ud, &reply);
		if ((!ret || ret == -ESRCH) && put_user(0ull, &arg->reply.handle))
			return -EFAULT;
	}
	return ret ? ret : user_queue_get(ud, &arg->cmd, wait);
}

static int user_ioctl_capacity(struct user_dev *ud, const u64 __user *arg)
{
	u64 blocks;

	if (copy_from_user(&blocks, arg, sizeof(blocks)))
		return -EFAULT;
	return user_dev_resize(ud, blocks);
}

static long user_file_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct user_file *uf = file->private_data;
	struct user_dev *ud = user_of(uf);
	bool wait = !(file->f_flags & O_NONBLOCK);
	void __user *p = (void __user *)arg;

	if (cmd == SCST_USER_REGISTER)
		return user_ioctl_register(uf, p);
	if (!ud)
		return -ENOTCONN;
	switch (cmd) {
	case SCST_USER_GET:
		return user_queue_get(ud, p, wait);
	case SCST_USER_REPLY:
		return user_ioctl_reply(ud, p);
	case SCST_USER_REPLY_AND_GET:
		return user_ioctl_exchange(ud, p, wait);
	case SCST_USER_CAPACITY:
		return user_ioctl_capacity(ud, p);
	default:
		return -ENOTTY;
	}
}

static const struct file_operations user_fops = {
	.owner = THIS_MODULE,
	.open = user_file_open,
	.release = user_file_release,
	.poll = user_file_poll,
	.unlocked_ioctl = user_file_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static struct miscdevice user_miscdev = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = SCST_USER_DEV_NAME,
	.fops = &user_fops,
	.mode = 0600,
};

int user_chardev_init(void)
{
	return misc_register(&user_miscdev);
}

void user_chardev_exit(void)
{
	misc_deregister(&user_miscdev);
}
